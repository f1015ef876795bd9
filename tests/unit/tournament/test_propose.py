# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.chunk_tree import MAX_CHUNKS
from nmr.protocol.reference.rounds import State
from nmr.text.amounts import NMR
from tests.support.refusals import reverts

HOUR = 3_600
WINDOW, SETTLING = 25 * HOUR, 24 * HOUR
ROOT, OTHER_ROOT = b"\x0c" * 32, b"\x0d" * 32
EVIDENCE, OTHER_EVIDENCE = b"\x0e" * 32, b"\x0f" * 32
NOT_WAITING = "rounds: not waiting for a root"


@pytest.fixture
def opened(tournament, team, walk, terms, staker):
    """A round with a stake and its opened list, and room for two windows."""
    round_id = walk.opened(window=WINDOW, expires_at=terms().expires_at + 24 * HOUR)
    tournament.stake(0, 2 * NMR, sender=staker)
    walk.listed(round_id)
    return round_id


@pytest.fixture
def due(tournament, walk, opened):
    """Such a round at the time it can be resolved."""
    walk.until(tournament.round_info(opened).terms.resolves_at)
    return opened


def proposal(tournament, round_id: int) -> tuple[bytes, int, bytes, int]:
    """The root that stands, with all that belongs to it."""
    info = tournament.round_info(round_id)
    return info.root, info.chunks, info.evidence, info.final_at


def test_propose__due__starts_the_window(tournament, walk, due, operator):
    receipt = tournament.propose(due, ROOT, 3, EVIDENCE, sender=operator)
    final_at = receipt.timestamp + WINDOW
    assert receipt.events == [tournament.Proposed(round=due, root=ROOT, chunks=3, evidence=EVIDENCE, final_at=final_at)]
    assert proposal(tournament, due) == (ROOT, 3, EVIDENCE, final_at)
    assert walk.state(due) == State.PROPOSED


def test_propose__before_resolves_at__reverts_to_the_second(tournament, walk, opened, operator):
    resolves_at = tournament.round_info(opened).terms.resolves_at
    walk.until(resolves_at - 1)
    with reverts("rounds: not resolved yet"):
        tournament.propose(opened, ROOT, 1, EVIDENCE, sender=operator)
    assert tournament.propose(opened, ROOT, 1, EVIDENCE, sender=operator).timestamp == resolves_at


def test_propose__too_late_to_settle__reverts_to_the_second(tournament, walk, opened, operator, undone):
    expires_at = tournament.round_info(opened).terms.expires_at
    latest = expires_at - WINDOW - SETTLING
    with undone():
        walk.until(latest)
        tournament.propose(opened, ROOT, 1, EVIDENCE, sender=operator)
        assert tournament.round_info(opened).final_at == expires_at - SETTLING
    walk.until(latest + 1)
    with reverts("rounds: too late to propose"):
        tournament.propose(opened, ROOT, 1, EVIDENCE, sender=operator)
    assert walk.state(opened) == State.OPENED


def test_propose__twice__reverts(tournament, due, operator):
    tournament.propose(due, ROOT, 1, EVIDENCE, sender=operator)
    before = proposal(tournament, due)
    with reverts(NOT_WAITING):
        tournament.propose(due, OTHER_ROOT, 2, OTHER_EVIDENCE, sender=operator)
    assert proposal(tournament, due) == before


def test_propose__most_chunks__is_taken(tournament, due, operator):
    tournament.propose(due, ROOT, MAX_CHUNKS, EVIDENCE, sender=operator)
    assert proposal(tournament, due)[:3] == (ROOT, MAX_CHUNKS, EVIDENCE)


def test_propose__no_evidence__reverts(tournament, due, operator):
    with reverts("rounds: hash is empty"):
        tournament.propose(due, ROOT, 1, bytes(32), sender=operator)


def test_propose__after_a_veto__has_a_whole_new_window(tournament, walk, due, operator, guardian):
    first = tournament.propose(due, ROOT, 3, EVIDENCE, sender=operator)
    walk.until(first.timestamp + WINDOW - 1)
    tournament.veto(due, ROOT, sender=guardian)
    second = tournament.propose(due, OTHER_ROOT, 5, OTHER_EVIDENCE, sender=operator)
    final_at = second.timestamp + WINDOW
    assert second.events == [
        tournament.Proposed(round=due, root=OTHER_ROOT, chunks=5, evidence=OTHER_EVIDENCE, final_at=final_at)
    ]
    assert proposal(tournament, due) == (OTHER_ROOT, 5, OTHER_EVIDENCE, final_at)
    walk.at(final_at - 1)
    assert walk.state(due) == State.PROPOSED
    walk.at(final_at)
    assert walk.state(due) == State.FINAL


def test_propose__same_root_after_a_veto__is_taken(tournament, walk, due, operator, guardian):
    tournament.propose(due, ROOT, 1, EVIDENCE, sender=operator)
    tournament.veto(due, ROOT, sender=guardian)
    receipt = tournament.propose(due, ROOT, 1, EVIDENCE, sender=operator)
    assert proposal(tournament, due) == (ROOT, 1, EVIDENCE, receipt.timestamp + WINDOW)


def test_propose__paused__still_works(tournament, walk, due, operator, guardian):
    tournament.pause(sender=guardian)
    tournament.propose(due, ROOT, 1, EVIDENCE, sender=operator)
    assert walk.state(due) == State.PROPOSED


@pytest.mark.parametrize(
    ("sender", "root", "chunks", "reason"),
    [
        *[
            (sender, ROOT, 1, "roles: not the operator")
            for sender in ("deployer", "guardian", "proposer", "staker", "stranger")
        ],
        ("operator", bytes(32), 1, "rounds: hash is empty"),
        ("operator", ROOT, 0, "rounds: chunks are out of range"),
        ("operator", ROOT, MAX_CHUNKS + 1, "rounds: chunks are out of range"),
        ("operator", ROOT, 2**256 - 1, "rounds: chunks are out of range"),
    ],
)
def test_propose__wrong__reverts(tournament, walk, due, who, sender, root, chunks, reason):
    with reverts(reason):
        tournament.propose(due, root, chunks, EVIDENCE, sender=who[sender])
    assert walk.state(due) == State.OPENED
