# SPDX-License-Identifier: MIT
"""`nmr keep` makes checkpoints of pools, on a live anvil."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nmr.cli.front import for_nodes
from nmr.cli.keep import cli as keep_command
from nmr.client.pools import Backer
from nmr.client.rounds import Rounds
from nmr.client.session import Session
from nmr.client.signers import KeySigner
from nmr.deploy.anvil import Anvil, find_anvil
from nmr.deploy.local import OPERATOR, STAKERS
from nmr.rounds.terms import build_terms
from nmr.sealing.keys import FOLDER_VARIABLE as KEYS_VARIABLE
from nmr.sealing.keys import PrivateKey
from nmr.sealing.store import STORE_VARIABLE
from nmr.text.amounts import NMR
from tests.integration.conftest import PROJECT
from tests.support.anvil_suite import deploy_on_anvil, local_accounts

MANAGER, BACKER, STRANGER = STAKERS[0], STAKERS[1], 11
LABEL = "ridge"


class Place:
    """The place of an open round in a pool with 100 NMR of its manager and 50 of a backer, on a new chain."""

    def __init__(self, anvil: Anvil, folder: Path) -> None:
        self.url = anvil.url
        self.record_path = folder / "record.json"
        anvil.node.ask("anvil_setBlockTimestampInterval", 1)
        record = deploy_on_anvil(anvil.node, self.record_path)
        self.session = Session(record, anvil.node)
        self.accounts = local_accounts()
        self.number = self._open() % self.backer(MANAGER).ring
        self.pool, _ = self.backer(MANAGER).create(LABEL, 2_000, 1_000, None)
        for account, amount in ((MANAGER, 100), (BACKER, 50)):
            self.backer(account).enter(self.pool, {self.number: amount * NMR})
        self.backer(STRANGER).fill(self.pool, [self.number])

    def backer(self, account: int) -> Backer:
        return Backer(self.session, self.session.tournament(), KeySigner(self.accounts[account]))

    def _open(self) -> int:
        rounds = Rounds(self.session, self.session.tournament(), KeySigner(self.accounts[OPERATOR]))
        key = PrivateKey.generate().public
        terms = build_terms({}, rounds.bounds(), hour=rounds.hour, now=rounds.now(), sealing_key=key)
        rounds.open_round(rounds.first_round, terms, bytes(31) + b"\1")
        return rounds.first_round

    def leave(self, nmr: int) -> None:
        """Let the manager order so many NMR out."""
        view = self.backer(MANAGER).view(self.pool).places[self.number]
        shares = view.shares * nmr * NMR // view.value
        self.backer(MANAGER).exit(self.pool, {self.number: shares})

    def waits(self) -> int:
        """Shares of the manager that wait to leave."""
        return self.backer(MANAGER).view(self.pool).places[self.number].manager_exit


@pytest.fixture
def place(tmp_path) -> Iterator[Place]:
    with Anvil(find_anvil(PROJECT)) as anvil:
        yield Place(anvil, tmp_path)


@pytest.fixture
def keep(place, tmp_path, monkeypatch) -> Callable[..., Result]:
    """`nmr keep --once` of an account."""
    monkeypatch.setenv(KEYS_VARIABLE, str(tmp_path / "keys"))
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "store"))
    (tmp_path / "store").mkdir()

    def run(account: int, *options: object) -> Result:
        told = ["--once", "--json", "--node", place.url, "--record", place.record_path, "--account", f"TEST::{account}"]
        return CliRunner().invoke(for_nodes(keep_command), [str(each) for each in (*told, *options)])

    return run


def said(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [json.loads(line)["text"] for line in result.output.splitlines()]


def test_keep__shares_of_its_account_wait_to_leave__makes_the_checkpoint_where_it_pays(place, keep):
    place.leave(5)
    prices = ("--nmr-price", 10, "--coin-price")

    # 1 gwei and some 100,000 of gas: a ten thousandth of the coin, which here costs more than 5 NMR.
    assert said(keep(MANAGER, "--pools", *prices, 10_000_000)) == []
    assert place.waits() > 0
    done = f"Made a checkpoint: pool of model {place.pool.model} at place {place.number}, 5 NMR."
    assert said(keep(MANAGER, "--pools", *prices, 3_000)) == [done]
    assert place.waits() == 0
    assert said(keep(MANAGER, "--pools")) == []


def test_keep__shares_of_others_wait_to_leave__are_kept_where_the_pool_is_named(place, keep):
    place.leave(5)

    for account in (BACKER, STRANGER):
        assert said(keep(account, "--pools")) == []
    assert place.waits() > 0
    [text] = said(keep(STRANGER, "--pool", LABEL))
    assert text.endswith(", 5 NMR.") and place.waits() == 0


def test_keep__gas_above_its_limit__leaves_the_order_and_says_so(place, keep):
    place.leave(5)

    [text] = said(keep(STRANGER, "--pool", LABEL, "--max-gas-price", "0.000000001"))

    assert text.startswith("make checkpoints of pools: Gas costs ")
    assert text.endswith(" gwei, and the limit is 0.000000001.")
    assert place.waits() > 0


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--pools", "--coin-price", 3_000), "What does an NMR cost? Say it with --nmr-price"),
        (("--pool", "nobody"), "No pool is 'nobody', by its label or address: see pool list."),
    ],
)
def test_keep__pools_that_cannot_be_kept__are_refused_at_once(place, keep, options, why):
    result = keep(STRANGER, *options)

    assert result.exit_code != 0 and "Traceback" not in result.output
    assert why in result.output
