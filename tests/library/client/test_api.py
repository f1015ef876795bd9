# SPDX-License-Identifier: MIT
"""The API of the package where it needs no suite: names of models, amounts, and frames."""

import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import nmr
from nmr.chain.node import NodeUnreachable
from nmr.client.api import wei_of
from nmr.client.frames import history_frame, leaderboard_frame
from nmr.client.results import LeaderboardPlace
from nmr.client.stakes import CannotDo
from nmr.errors import AmountError, AmountTypeError
from nmr.protocol.reference.rounds import State
from nmr.rounds.history import Played, Standing
from nmr.sealing.store import STORE_VARIABLE
from nmr.text.amounts import FACTOR, NMR, SCORE
from nmr.text.selection import SelectionError
from tests.library.client.label_chain import OWNER, STRANGER, LabelChain

WEI = 1
LARGE = 10_999_999 * NMR + 999_999_999_000_000_001


@pytest.fixture
def suite() -> nmr.Suite:
    chain = LabelChain(31_337)
    chain.register("ridge", "7", "lasso")
    chain.register("lasso", owner=STRANGER)
    return nmr.Suite(chain.session())


@pytest.mark.parametrize("name", sorted(nmr.__all__))
def test_package__each_name__is_there_and_documented(name):
    assert getattr(nmr, name).__doc__


def test_package__another_name__is_not_there():
    with pytest.raises(AttributeError, match=r"^module 'nmr' has no attribute 'score'$"):
        nmr.score  # noqa: B018


@pytest.mark.parametrize(("name", "model"), [(3, 3), ("3", 3), (np.int64(3), 3), ("ridge", 0), ("7", 7)])
def test_id_of__id_or_label__an_id_wins(suite, name, model):
    assert suite.id_of(name) == model


def test_package__names_that_a_notebook_offers__are_its_own():
    assert dir(nmr) == sorted(nmr.__all__)


def test_register__label_that_a_model_has__warns(terminal):
    me = nmr.Suite(terminal.door.open()).as_(terminal.door.signer("staker"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert me.register("ridge").model == 0
    with pytest.warns(nmr.NmrWarning) as caught:
        assert me.register("ridge").model == 1
    [warned] = caught
    assert str(warned.message) == "Model 0 has the label 'ridge' already: others have to name your model by its id."
    assert warned.filename == __file__


def test_create_pool__label_that_a_pool_has__warns(terminal):
    me = nmr.Suite(terminal.door.open()).as_(terminal.door.signer("staker"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        me.create_pool("ridge")
    with pytest.warns(nmr.NmrWarning) as caught:
        assert me.create_pool("ridge").model == 1
    [warned] = caught
    assert str(warned.message).startswith("The pool of model 0 has the label 'ridge' already")
    assert warned.filename == __file__


def test_id_of__label_of_an_owner__is_among_theirs(suite):
    assert suite.id_of("lasso", OWNER) == 2
    with pytest.raises(CannotDo, match=r"^Models 2-3 have the label 'lasso': name one by its id\.$"):
        suite.id_of("lasso")


@pytest.mark.parametrize("name", [-1, 3.0, "", "0-3", 2**26])
def test_id_of__names_no_model__is_refused(suite, name):
    with pytest.raises(SelectionError):
        suite.id_of(name)


def test_sealed_files__no_store_is_named__are_in_the_chains_own_folder(suite, tmp_path, monkeypatch):
    monkeypatch.delenv(STORE_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    genesis = suite.session.block_hash(0)
    digest = suite.sealed_files().put(b"sealed")
    [chain] = (tmp_path / "store").iterdir()
    assert chain.name == suite.session.chain == f"31337-{genesis[2:10]}"
    assert (chain / digest.hex()[:2] / digest.hex()).read_bytes() == b"sealed"


def test_sealed_files__store_is_named__are_there(suite, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "set"))
    suite.sealed_files().put(b"sealed")
    nmr.Suite(suite.session, store=str(tmp_path / "named")).sealed_files().put(b"sealed")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["named", "set"]


def test_chain__another_with_the_same_id__has_another_name(suite):
    another = LabelChain(31_337)
    another.blocks[0] = (OWNER, OWNER, b"another")
    assert another.session().chain != suite.session.chain


@pytest.mark.parametrize(
    ("amount", "wei"),
    [
        ("12.5", 25 * NMR // 2),
        (12 * 10**9, 12 * 10**9),
        (np.int64(12 * 10**9), 12 * 10**9),
        (np.uint64(10**19), 10**19),
        ("0.000000001", 10**9),
        (0, 0),
    ],
)
def test_wei_of__text_of_nmr_or_wei__is_exact(amount, wei):
    found = wei_of(amount)
    assert type(found) is int
    assert found == wei


@pytest.mark.parametrize(
    "amount", [12.5, 1.0, True, None, np.float64(1), np.float32(1), np.bool_(True), np.array([10**9])]
)
def test_wei_of__no_exact_amount__is_refused(amount):
    with pytest.raises(AmountTypeError, match=r"^an amount is a string of NMR such as"):
        wei_of(amount)


@pytest.mark.parametrize("amount", ["0.0000000001", "-1", 1, -(10**9)])
def test_wei_of__nothing_that_the_ledger_counts__is_refused(amount):
    with pytest.raises(AmountError):
        wei_of(amount)


def test_history_frame__rounds__money_is_exact_and_gaps_are_gaps():
    score = (SCORE // 4, -SCORE // 8)
    settled = Played(3, 0, State.CLOSED, LARGE, True, score, FACTOR // 2, -WEI, 2, 5)
    frame = history_frame([settled, Played(4, 0, State.OPEN, NMR, submitted=False)])

    assert list(frame.index) == [3, 4]
    assert list(frame.loc[3]) == ["closed", True, Decimal(LARGE) / NMR, 0.25, -0.125, 0.5, Decimal("-1e-18"), 2, 5]
    assert frame["stake"].sum() == Decimal("11000000.999999999000000001")
    assert list(frame.loc[4, ["state", "submitted", "payout"]]) == ["open", False, None]
    assert frame.loc[4, ["corr", "mmc", "factor", "rank", "scored"]].isna().all()
    assert [str(frame[name].dtype) for name in ("corr", "rank", "submitted")] == ["float64", "Int64", "bool"]


def test_leaderboard_frame__places__money_is_exact_and_gaps_are_gaps():
    first = LeaderboardPlace(Standing(7, 2, 2 * NMR, -WEI, 0.5, 0.25, 1), "ridge", OWNER)
    last = LeaderboardPlace(Standing(9, 0, 0, 0, None, None, None), "lasso", STRANGER)
    frame = leaderboard_frame([first, last])

    assert list(frame.index) == [7, 9]
    assert list(frame.loc[7]) == ["ridge", OWNER, Decimal(2), 2, 0.5, 0.25, Decimal("-1e-18"), -0.5e-18, 1]
    assert frame.loc[9, ["corr", "mmc", "return", "rank"]].isna().all()


@pytest.mark.parametrize("make", [history_frame, leaderboard_frame])
def test_frame__nothing__has_its_columns(make):
    frame = make([])
    assert isinstance(frame, pd.DataFrame)
    assert len(frame) == 0
    assert {"stake", "payout", "corr", "mmc", "rank"} <= set(frame.columns)


def test_connect__no_url__is_refused():
    with pytest.raises(NodeUnreachable, match="'foo' is no URL of a node: write http"):
        nmr.connect("deployments/ethereum/local.json", node="foo")
