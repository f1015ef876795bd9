# SPDX-License-Identifier: MIT
"""The benchmark of a pool at one backer and at many, on a live anvil with few of them."""

import pytest

from benchmarks.backers.__main__ import PERSONS, POOLS, render
from benchmarks.backers.neighbours import Neighbours
from benchmarks.backers.play import Backers, differing
from benchmarks.rounds.chain import BLOCK_GAS, CallsFailed, RoundsChain
from nmr.deploy.anvil import Anvil, find_anvil
from tests.integration.conftest import PROJECT

LIMITS = {
    "checkpoint of an open round without orders and fee": 45_000,
    "checkpoint, a fee booked": 60_000,
    "checkpoint, exits of backers": 150_000,
    "checkpoint, a fee, exits of manager and backers": 150_000,
    "fill, a fee, exits and entries of manager and backers": 240_000,
    "enter_order, the first of a backer": 90_000,
    "exit_order, a later one of a batch": 90_000,
    "claim of an exit": 70_000,
}


@pytest.fixture(scope="module")
def played(project):
    """The figures at one backer and at nine, each on a chain of its own."""
    found = {}
    for backers in (1, 9):
        with Anvil(find_anvil(PROJECT), options=("--gas-limit", str(BLOCK_GAS))) as anvil:
            found[backers] = Backers(RoundsChain(anvil, project), backers, lambda *_: None).run()
    return found


@pytest.fixture(scope="module")
def beside(project):
    """What others' calls cost beside a pool's model, and beside a person's."""
    found = {}
    for whose, pooled in ((POOLS, True), (PERSONS, False)):
        with Anvil(find_anvil(PROJECT), options=("--gas-limit", str(BLOCK_GAS))) as anvil:
            found[whose] = Neighbours(RoundsChain(anvil, project), pooled).run()
    return found


def test_calls_of_others__beside_a_pool_or_a_person__have_the_same_receipts(beside):
    assert differing(beside.values()) == [] and len(beside[POOLS]) == 10


def test_calls__one_backer_or_nine__have_the_same_receipts_within_the_limits(played):
    assert differing(played.values()) == []
    assert {name: played[9][name] for name, limit in LIMITS.items() if played[9][name] > limit} == {}


def test_differing__another_figure__is_named(played):
    assert differing([played[1], played[9] | {"cancel_entry": 1}]) == ["cancel_entry"]


def test_page__figures__are_all_in_it(played, beside):
    page = render(played, beside)
    assert all(f"| {name} | {gas:,} | {gas:,} |" in page for name, gas in beside[POOLS].items())
    assert "| call | one backer | 9 backers |" in page
    assert all(f"| {name} | {gas:,} | {gas:,} |" in page for name, gas in played[1].items())


def test_receipt__call_reverted__is_a_failure(project):
    with Anvil(find_anvil(PROJECT), options=("--gas-limit", str(BLOCK_GAS))) as anvil:
        chain = RoundsChain(anvil, project)
        span = chain.send(chain.operator, chain.tournament, "lock", 7)
        with pytest.raises(CallsFailed, match="it reverted"):
            chain.receipt(span)
