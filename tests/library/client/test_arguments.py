# SPDX-License-Identifier: MIT
"""Wrong arguments of the package's calls: each is refused in one sentence, and nothing was asked of the node."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from eth_account import Account

import nmr
from nmr.client.arguments import part_of, whole
from nmr.client.session import Session
from nmr.errors import AmountTypeError, ArgumentError
from nmr.sealing.store import Store, StoreError
from nmr.text.addresses import AddressError
from nmr.text.selection import SelectionError
from tests.library.client.label_chain import OWNER, LabelChain

KEY = Account.from_key(b"\7" * 32)
MISTYPED = OWNER[:-1] + ("0" if OWNER[-1] != "0" else "1")
TYPE, ADDRESS, NAME, MONEY = ArgumentError, AddressError, SelectionError, AmountTypeError


class Asleep:
    """A node that may not be asked."""

    def ask(self, method: str, *_: object) -> Any:
        raise AssertionError(method)

    def try_each(self, requests: object) -> Any:
        raise AssertionError(requests)


@pytest.fixture
def suite() -> nmr.Suite:
    session = LabelChain(31_337).session()
    return nmr.Suite(Session(session.record, Asleep()))


@pytest.fixture
def me(suite: nmr.Suite) -> nmr.Account:
    return suite.as_(KEY)


READS = [
    ("figures", ("3",), TYPE, "block is a whole number, not '3'"),
    ("figures", (3.0,), TYPE, "block is a whole number, not 3.0"),
    ("figures", (-1,), NAME, "block is 0 or more, and not -1"),
    ("round", (None,), TYPE, "a round is a whole number, not None"),
    ("round", (True,), TYPE, "a round is a whole number, not True"),
    ("model", (None,), NAME, 'A model is its id or its label, such as 7 or "ridge", not None.'),
    ("model", (b"ridge",), NAME, "A model is its id or its label, such as 7 or \"ridge\", not b'ridge'."),
    ("models", (7,), TYPE, "owner is a string, not 7"),
    ("models", (MISTYPED,), ADDRESS, f"{MISTYPED!r} is no address: it has 40 hexadecimal digits"),
    ("id_of", ("ridge", "0x12"), ADDRESS, "'0x12' is no address"),
    ("history", ([1],), NAME, 'A model is its id or its label, such as 7 or "ridge", not [1].'),
    ("leaderboard", (0,), NAME, "last is 1 or more, and not 0"),
    ("leaderboard", ("20",), TYPE, "last is a whole number, not '20'"),
    ("verify", (3, 7), TYPE, "key is a path, not 7"),
    ("verify", ("3", "none.key"), TYPE, "a round is a whole number, not '3'"),
    ("audit", (None, -1), NAME, "confirmations is 0 or more, and not -1"),
    ("audit", ("5",), TYPE, "block is a whole number, not '5'"),
]


@pytest.mark.parametrize(("call", "arguments", "error", "message"), READS)
def test_suite__wrong_argument__is_refused(
    suite: nmr.Suite, call: str, arguments: tuple[Any, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        getattr(suite, call)(*arguments)
    assert str(caught.value).startswith(message)


WRITES = [
    ("register", (7,), TYPE, "label is a string, not 7"),
    ("register", ("ridge", MISTYPED), ADDRESS, f"{MISTYPED!r} is no address"),
    ("deposit", ("ridge", 1.5), MONEY, 'an amount is a string of NMR such as "12.5"'),
    ("stake", ("ridge", None), MONEY, 'an amount is a string of NMR such as "12.5"'),
    ("set_policy", ("ridge", 1.0), MONEY, 'an amount is a string of NMR such as "12.5"'),
    ("enter", (1.5,), NAME, 'A model is its id or its label, such as 7 or "ridge", not 1.5.'),
    ("leave", ("ridge", "1", "3"), TYPE, "a round is a whole number, not '3'"),
    ("leave", ("ridge", ["all"]), MONEY, "an amount is a string of NMR"),
    ("withdraw", ("ridge", "1", 7), TYPE, "receiver is a string, not 7"),
    ("withdraw", ("ridge", "1", MISTYPED), ADDRESS, f"{MISTYPED!r} is no address"),
    ("submit", ([1],), TYPE, "predictions is a mapping such as a dict, not list"),
    ("enter_pool", ("ridge", 1.5), MONEY, "an amount is a string of NMR"),
    ("enter_pool", ("ridge", "1", -1), NAME, "a place is 0 or more, and not -1"),
    ("exit_pool", ("ridge", "0"), TYPE, "a place is a whole number, not '0'"),
    ("exit_pool", ("ridge", 0, 0.5), TYPE, 'part is a string such as "0.2", not 0.5'),
    ("exit_pool", ("ridge", 0, "0"), NAME, "part is from 0.0001 to 1, 0.2 being 20%, and not 0"),
    ("cancel_pool_orders", ("ridge", 1.0), TYPE, "a place is a whole number, not 1.0"),
    ("claim_pool", ("ridge", True), TYPE, "a place is a whole number, not True"),
    ("checkpoint_pool", ("ridge", "1"), TYPE, "a place is a whole number, not '1'"),
    (
        "fill_pool",
        (None,),
        NAME,
        "A pool is its address, the id of its model, or its label, such as 7 or ridge, not None",
    ),
    ("set_pool_submitter", ("ridge", MISTYPED), ADDRESS, f"{MISTYPED!r} is no address"),
    ("create_pool", (7,), TYPE, "label is a string, not 7"),
]


@pytest.mark.parametrize(("call", "arguments", "error", "message"), WRITES)
def test_account__wrong_argument__is_refused(
    me: nmr.Account,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    arguments: tuple[Any, ...],
    error: type[Exception],
    message: str,
) -> None:
    monkeypatch.setattr(nmr.Account, "_backer", SimpleNamespace(ring=4))
    with pytest.raises(error) as caught:
        getattr(me, call)(*arguments)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"fee": 0.2}, 'fee is a string such as "0.2", not 0.2'),
        ({"fee": "0.31"}, "fee is from 0 to 0.3, 0.2 being 20%, and not 0.31"),
        ({"skin": "0.6"}, "skin is from 0.1 to 0.5, 0.2 being 20%, and not 0.6"),
        ({"submitter": "0x12"}, "'0x12' is no address"),
    ],
)
def test_create_pool__wrong_terms__are_refused(me: nmr.Account, terms: dict[str, Any], message: str) -> None:
    with pytest.raises(nmr.NmrError) as caught:
        me.create_pool("ridge", **terms)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("compound", ["yes", 1, None])
def test_set_policy__compound_is_no_flag__is_refused(me: nmr.Account, compound: Any) -> None:
    with pytest.raises(ArgumentError, match=f"^compound is True or False, not {compound!r}$"):
        me.set_policy("ridge", "1", compound=compound)


@pytest.mark.parametrize(
    ("name", "call"),
    [("part", lambda part: part_of(part, "fee", 0, 3_000)), ("number", lambda number: whole(number, "a place"))],
)
@pytest.mark.parametrize("given", [None, 0.5, b"1", [], True, np.float64(1), np.array([1])])
def test_arguments__another_type__is_refused(name: str, call: Any, given: Any) -> None:
    with pytest.raises(ArgumentError, match="^fee is a string" if name == "part" else "^a place is a whole number"):
        call(given)


@pytest.mark.parametrize("given", [3, np.int64(3), np.uint8(3)])
def test_whole__integers__are_an_int(given: Any) -> None:
    found = whole(given, "a place")
    assert (type(found), found) == (int, 3)


@pytest.mark.parametrize(("part", "message"), [("0.31", "fee is from 0 to 0.3, 0.2 being 20%, and not 0.31")])
def test_part_of__out_of_range__is_refused(part: str, message: str) -> None:
    with pytest.raises(SelectionError) as caught:
        part_of(part, "fee", 0, 3_000)
    assert str(caught.value) == message


@pytest.mark.parametrize("part", ["-0.1", "20%", "", "0.00001"])
def test_part_of__no_plain_decimal__is_refused(part: str) -> None:
    with pytest.raises(nmr.NmrError):
        part_of(part, "fee", 0, 3_000)


@pytest.mark.parametrize(
    ("account", "kind"), [("0x" + "7" * 64, "str"), (b"\7" * 32, "bytes"), (None, "NoneType"), (OWNER, "str")]
)
def test_as__no_account__says_what_makes_one_and_not_the_key(suite: nmr.Suite, account: Any, kind: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        suite.as_(account)
    assert str(caught.value) == (
        f"an account is what signs, such as a LocalAccount of eth_account, not {kind}: eth_account.Account makes one "
        "of a key, and nmr.ape.signer.ApeSigner one of Ape's account"
    )


def test_as__account_of_ape__says_how(suite: nmr.Suite) -> None:
    class AccountAPI:
        address, sign_transaction, sign_message = OWNER, None, None

    class TestAccount(AccountAPI):
        pass

    with pytest.raises(ArgumentError, match=r"not TestAccount: .* nmr\.ape\.signer\.ApeSigner one of Ape's account$"):
        suite.as_(TestAccount())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((7, "http://127.0.0.1:1"), "record is a path, not 7"),
        (("none.json", 8545), "node is a string, not 8545"),
        (("none.json", None), "node is a string, not None"),
    ],
)
def test_connect__another_type__is_refused(arguments: tuple[Any, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        nmr.connect(arguments[0], node=arguments[1])
    assert str(caught.value) == message


def test_store__is_a_file__is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(StoreError, match=r"is a file: a store is a folder, or a URL\.$"):
        Store(str(path))


@pytest.mark.parametrize("at", range(3))
def test_score_round__another_type__is_refused(at: int) -> None:
    given: list[Any] = [pd.DataFrame(), pd.Series(dtype=float), {}]
    name, kind = (("predictions", "DataFrame"), ("targets", "Series"), ("stakes", "Mapping"))[at]
    given[at] = [1]
    with pytest.raises(ArgumentError) as caught:
        nmr.score_round(*given)
    assert str(caught.value) == f"{name} are a {kind}, and not a list"
