# SPDX-License-Identifier: MIT
from typing import Any

import pytest

from nmr.errors import NeverOpened
from nmr.protocol.reference import Bounds, Round, State
from nmr.protocol.reference.rounds import EMPTY_BYTES32
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import FACTOR, GWEI, NMR, RATIO
from tests.support.example_suite import (
    BOUNDS,
    EVIDENCE,
    GUARDIAN,
    HOUR,
    OPENED_LIST,
    OPERATOR,
    OWNER,
    RIVAL,
    SEALED,
    STAKER,
    START,
    STRANGER,
    TOURNAMENT,
    ExampleSuite,
    terms,
)

ROOT = bytes([9]) * 32
UNBOUND = Bounds(2**255, 2**255, 2**255, 0, 2**255, 0, 2**255, 2**255, 2**255, 0, 0)


@pytest.fixture
def suite() -> ExampleSuite:
    return ExampleSuite()


# open_round


def test_open_round__operator__next_id_and_frozen_terms(suite: ExampleSuite) -> None:
    chosen = terms(suite.now)
    assert suite.tournament.next_round == 1
    assert suite.call("open_round", chosen, sender=OPERATOR) == 1
    assert suite.tournament.round_info(1) == Round(chosen)
    assert suite.tournament.next_round == 2
    assert suite.last("RoundOpened") == {"round": 1, "terms": chosen}
    assert suite.state(1) == State.OPEN
    assert suite.state(0) == suite.state(2) == State.UNKNOWN


def test_open_round__anyone_else_or_paused__refused(suite: ExampleSuite) -> None:
    for sender in (OWNER, GUARDIAN, STAKER, ZERO_ADDRESS):
        with suite.refuses("roles: not the operator"):
            suite.call("open_round", terms(suite.now), sender=sender)
    suite.call("pause", sender=GUARDIAN)
    with suite.refuses("pausable: contract is paused"):
        suite.open()


def test_open_round__last_one_still_open__refused_until_it_locks_or_is_void(suite: ExampleSuite) -> None:
    suite.open()
    with suite.refuses("rounds: previous round is open"):
        suite.open()
    suite.call("void", 1, sender=GUARDIAN)
    suite.open()
    suite.now = suite.terms_of(2).locks_at - 1
    with suite.refuses("rounds: previous round is open"):
        suite.open()
    suite.wait(1)
    suite.open()


def test_open_round__no_ids_left__refused() -> None:
    suite = ExampleSuite(first_round=65_533)
    assert suite.open() == 65_533
    suite.wait(24)
    with suite.refuses("rounds: no id is left"):
        suite.open()


def test_open_round__place_of_an_unresolved_round__refused(suite: ExampleSuite) -> None:
    first = suite.open()
    suite.call("stake", 0, NMR)
    suite.publish(first)
    suite.open()
    suite.wait(24)
    with suite.refuses("rounds: place is not resolved"):
        suite.open()
    suite.propose(first, {0: (0, 0)})
    with suite.refuses("rounds: place is not resolved"):
        suite.open()
    suite.now = suite.tournament.round_info(first).final_at
    assert suite.open() == first + 2


@pytest.mark.parametrize("end", ["void", "expired", "closed"])
def test_open_round__place_of_a_round_that_ended_otherwise__taken(suite: ExampleSuite, end: str) -> None:
    first = suite.open()
    if end != "closed":
        suite.call("stake", 0, NMR)
    if end == "void":
        suite.call("void", first, sender=GUARDIAN)
    elif end == "closed":
        suite.lock(first)
        assert suite.state(first) == State.CLOSED
    suite.now = suite.terms_of(first).locks_at
    suite.open()
    suite.wait(24)
    if end != "closed":
        assert suite.state(first) == State[end.upper()]
    assert suite.open() == first + 2


def test_open_round__round_two_rings_back_not_closed__refused(suite: ExampleSuite) -> None:
    first = suite.open()
    suite.call("stake", 0, NMR)
    for _ in range(3):
        suite.wait(24)
        suite.open()
    suite.wait(24)
    assert suite.tournament.next_round == first + 4
    assert suite.state(first) == State.EXPIRED
    with suite.refuses("rounds: place is not settled"):
        suite.open()
    suite.call("settle_expired", first, [0])
    assert suite.open() == first + 4


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"primary": 50_001}, "terms: multiplier is too large"),
        ({"contribution": 50_001}, "terms: multiplier is too large"),
        ({"clip": 0}, "terms: clip is out of range"),
        ({"clip": RATIO // 2 + 1}, "terms: clip is out of range"),
        ({"threshold": 10 * NMR - GWEI}, "terms: threshold is too small"),
        ({"threshold": 10 * NMR + 1}, "terms: amount finer than a gwei"),
        ({"min_stake": 10 * NMR + GWEI}, "terms: min_stake is too large"),
        ({"min_stake": NMR + 1}, "terms: amount finer than a gwei"),
        ({"sealing_key": EMPTY_BYTES32}, "terms: sealing key is empty"),
        ({"locks_at": START + 2 * HOUR - 1}, "terms: locks_at is out of range"),
        ({"locks_at": START + 100 * HOUR + 1}, "terms: locks_at is out of range"),
        ({"resolves_at": START + 48 * HOUR - 1}, "terms: resolves_at out of range"),
        ({"resolves_at": START + 1_024 * HOUR + 1}, "terms: resolves_at out of range"),
        ({"window": 24 * HOUR - 1}, "terms: window is too short"),
        ({"grace": 2 * HOUR - 1}, "terms: grace is too short"),
        ({"expires_at": START + 132 * HOUR - 1}, "terms: expires_at out of range"),
        ({"expires_at": START + 572 * HOUR + 1}, "terms: expires_at out of range"),
    ],
)
def test_open_round__term_out_of_bounds__refused(suite: ExampleSuite, changes: dict[str, Any], reason: str) -> None:
    with suite.refuses(reason):
        suite.open(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"primary": 50_000, "contribution": 50_000},
        {"primary": 0, "contribution": 0},
        {"clip": RATIO // 2},
        {"clip": 1},
        {"threshold": 10 * NMR},
        {"min_stake": 10 * NMR},
        {"min_stake": 0},
        {"locks_at": START + 2 * HOUR},
        {"locks_at": START + 100 * HOUR},
        {"resolves_at": START + 48 * HOUR},
        {"resolves_at": START + 1_024 * HOUR},
        {"grace": 2 * HOUR},
        {"expires_at": START + 132 * HOUR},
        {"expires_at": START + 572 * HOUR},
    ],
)
def test_open_round__term_at_its_bound__taken(suite: ExampleSuite, changes: dict[str, Any]) -> None:
    assert suite.open(**changes) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"primary": 1_000_001}, "terms: multiplier is too large"),
        ({"contribution": 1_000_001}, "terms: multiplier is too large"),
        ({"clip": RATIO + 1}, "terms: clip is out of range"),
        ({"min_stake": 2**59 * GWEI}, "terms: min_stake is too large"),
        ({"locks_at": START + HOUR - 1}, "terms: locks_at is out of range"),
        ({"locks_at": START + 720 * HOUR + 1}, "terms: locks_at is out of range"),
        ({"resolves_at": START + 48 * HOUR - 1}, "terms: resolves_at out of range"),
        ({"resolves_at": START + 2_904 * HOUR + 1}, "terms: resolves_at out of range"),
        ({"window": 24 * HOUR - 1}, "terms: window is too short"),
        ({"grace": 0, "expires_at": START + 120 * HOUR - 1}, "terms: expires_at out of range"),
        ({"expires_at": START + 1_512 * HOUR + 1}, "terms: expires_at out of range"),
    ],
)
def test_open_round__term_beyond_a_hard_limit__refused_whatever_the_bounds(
    suite: ExampleSuite, changes: dict[str, Any], reason: str
) -> None:
    suite.call("set_bounds", UNBOUND, sender=OWNER)
    with suite.refuses(reason):
        suite.open(**changes)


def test_open_round__terms_at_every_hard_limit__taken(suite: ExampleSuite) -> None:
    suite.call("set_bounds", UNBOUND, sender=OWNER)
    locks_at = START + 720 * HOUR
    resolves_at = locks_at + 2_880 * HOUR
    suite.open(
        primary=1_000_000,
        contribution=1_000_000,
        clip=RATIO,
        locks_at=locks_at,
        resolves_at=resolves_at,
        expires_at=resolves_at + 1_440 * HOUR,
    )


def test_open_round__bounds_changed__hold_for_the_next_round_only(suite: ExampleSuite) -> None:
    suite.open(clip=RATIO // 2)
    suite.call("set_bounds", BOUNDS._replace(max_clip=RATIO // 100), sender=OWNER)
    assert suite.terms_of(1).clip == RATIO // 2
    suite.wait(24)
    with suite.refuses("terms: clip is out of range"):
        suite.open()


# submit


def test_submit__owner_or_submitter__recorded(suite: ExampleSuite) -> None:
    suite.call("set_submitter", 1, RIVAL)
    round_id = suite.open()
    assert not suite.tournament.submitted(round_id, 0)
    suite.call("pause", sender=GUARDIAN)
    suite.submit(0, 1)
    suite.submit(1, sender=RIVAL)
    assert [suite.tournament.submitted(round_id, model) for model in range(4)] == [True, True, False, False]
    assert suite.last("Submitted") == {"round": round_id, "models": [1], "hashes": [SEALED]}
    assert not suite.tournament.submitted(round_id, 240)


def test_submit__wrong__refused(suite: ExampleSuite) -> None:
    with suite.refuses("rounds: no round is open"):
        suite.submit(0)
    suite.call("set_submitter", 1, RIVAL)
    round_id = suite.open()
    with suite.refuses("models: not the submitter"):
        suite.submit(0, sender=RIVAL)
    with suite.refuses("models: not the submitter"):
        suite.submit(1, 0, sender=RIVAL)
    with suite.refuses("models: not the submitter"):
        suite.submit(4)
    with suite.refuses("submissions: hash is empty"):
        suite.call("submit", [0, 1], [SEALED, EMPTY_BYTES32])
    with suite.refuses("submissions: one hash a model"):
        suite.call("submit", [0, 1], [SEALED])
    with suite.refuses("submissions: no model"):
        suite.submit()
    suite.submit(*[0] * 128)
    with suite.refuses(""):
        suite.submit(*[0] * 129)
    suite.now = suite.terms_of(round_id).locks_at
    with suite.refuses("rounds: no round is open"):
        suite.submit(0)


def test_submitted__bitmap_of_a_later_round__starts_afresh() -> None:
    suite = ExampleSuite(ring=1, models=241)
    first = suite.open()
    suite.submit(0, 1, 240)
    suite.lock(first)
    second = suite.open()
    suite.submit(1)
    suite.lock(second)
    third = suite.open()
    # Round `third` uses the words of `first`: each tells of the older round until it is written.
    assert suite.tournament.submitted(first, 0) and not suite.tournament.submitted(third, 0)
    suite.submit(2)
    assert [suite.tournament.submitted(third, model) for model in (0, 1, 2, 240)] == [False, False, True, False]
    assert [suite.tournament.submitted(first, model) for model in (0, 1, 2, 240)] == [False, False, False, True]
    assert suite.tournament.submitted(second, 1)


# lock


def test_lock__anyone__fixes_what_the_round_pays_by(suite: ExampleSuite) -> None:
    round_id = suite.open(threshold=10 * NMR)
    suite.call("stake", 0, 40 * NMR)
    suite.lock(round_id)
    info = suite.tournament.round_info(round_id)
    assert (info.locked, info.at_risk, info.factor, info.clip) == (True, 40 * NMR, FACTOR // 4, RATIO // 20)
    assert info.granted == 2 * NMR
    assert suite.world.treasury.reservation(TOURNAMENT, round_id) == (2 * NMR, 0, 0)
    assert suite.state(round_id) == State.LOCKED
    assert suite.last("RoundLocked") == {
        "round": round_id,
        "at_risk": 40 * NMR,
        "factor": FACTOR // 4,
        "clip": RATIO // 20,
        "granted": 2 * NMR,
    }


def test_lock__cap_below_the_clip__shrinks_the_clip() -> None:
    suite = ExampleSuite(cap=NMR)
    round_id = suite.open()
    suite.call("stake", 0, 40 * NMR)
    suite.lock(round_id)
    info = suite.tournament.round_info(round_id)
    assert (info.granted, info.clip) == (NMR, RATIO // 40)


def test_lock__treasury_that_knows_no_such_tournament__no_burns_and_no_rewards() -> None:
    suite = ExampleSuite(cap=0)
    round_id = suite.open()
    suite.call("stake", 0, 40 * NMR)
    suite.lock(round_id)
    info = suite.tournament.round_info(round_id)
    assert (info.granted, info.clip) == (0, 0)


def test_lock__nothing_at_risk__closed_at_once(suite: ExampleSuite) -> None:
    round_id = suite.open()
    suite.lock(round_id)
    assert suite.state(round_id) == State.CLOSED
    info = suite.tournament.round_info(round_id)
    assert (info.at_risk, info.factor, info.clip, info.granted) == (0, FACTOR, RATIO // 20, 0)
    assert suite.last("RoundClosed") == {"round": round_id, "released": 0}


def test_lock__wrong_state__refused(suite: ExampleSuite) -> None:
    with suite.refuses("rounds: not due to be locked"):
        suite.call("lock", 1)
    round_id = suite.open()
    suite.call("stake", 0, NMR)
    suite.now = suite.terms_of(round_id).locks_at - 1
    with suite.refuses("rounds: not due to be locked"):
        suite.call("lock", round_id)
    suite.lock(round_id)
    with suite.refuses("rounds: not due to be locked"):
        suite.call("lock", round_id)


def test_lock__void_or_expired__refused(suite: ExampleSuite) -> None:
    first = suite.open()
    suite.call("stake", 0, NMR)
    suite.call("void", first, sender=GUARDIAN)
    second = suite.open()
    suite.call("stake", 0, NMR)
    suite.now = suite.terms_of(second).locks_at + 24 * HOUR
    for round_id in (first, second):
        with suite.refuses("rounds: not due to be locked"):
            suite.call("lock", round_id)


# publish_opened


def test_publish_opened__operator__opened(suite: ExampleSuite) -> None:
    round_id = suite.open()
    suite.call("stake", 0, NMR)
    suite.publish(round_id)
    assert suite.tournament.round_info(round_id).opened_list == OPENED_LIST
    assert suite.state(round_id) == State.OPENED
    assert suite.last("SubmissionsOpened") == {"round": round_id, "opened_list": OPENED_LIST}


def test_publish_opened__wrong__refused(suite: ExampleSuite) -> None:
    round_id = suite.open()
    suite.call("stake", 0, NMR)
    suite.now = suite.terms_of(round_id).locks_at
    with suite.refuses("rounds: no opened list is due"):
        suite.call("publish_opened", round_id, OPENED_LIST, sender=OPERATOR)
    suite.lock(round_id)
    with suite.refuses("roles: not the operator"):
        suite.call("publish_opened", round_id, OPENED_LIST, sender=GUARDIAN)
    with suite.refuses("rounds: opened list is empty"):
        suite.call("publish_opened", round_id, EMPTY_BYTES32, sender=OPERATOR)
    suite.call("publish_opened", round_id, OPENED_LIST, sender=OPERATOR)
    with suite.refuses("rounds: no opened list is due"):
        suite.call("publish_opened", round_id, SEALED, sender=OPERATOR)


def test_publish_opened__a_day_after_the_lock__too_late(suite: ExampleSuite) -> None:
    round_id = suite.open()
    suite.call("stake", 0, NMR)
    suite.lock(round_id)
    suite.wait(24)
    assert suite.state(round_id) == State.EXPIRED
    with suite.refuses("rounds: no opened list is due"):
        suite.call("publish_opened", round_id, OPENED_LIST, sender=OPERATOR)


# propose, veto, void


def proposed(suite: ExampleSuite) -> int:
    """A round with a stake and a root in its window."""
    round_id = suite.open()
    suite.call("stake", 0, NMR)
    suite.propose(round_id, {0: (0, 0)})
    return round_id


def test_propose__operator__a_window_begins(suite: ExampleSuite) -> None:
    round_id = suite.open()
    suite.call("stake", 0, NMR)
    suite.publish(round_id)
    suite.now = suite.terms_of(round_id).resolves_at
    suite.call("propose", round_id, ROOT, 2**16, EVIDENCE, sender=OPERATOR)
    final_at = suite.now + 24 * HOUR
    assert suite.tournament.round_info(round_id)[-4:] == (ROOT, 2**16, EVIDENCE, final_at)
    assert suite.last("Proposed") == {
        "round": round_id,
        "root": ROOT,
        "chunks": 2**16,
        "evidence": EVIDENCE,
        "final_at": final_at,
    }
    assert suite.state(round_id) == State.PROPOSED
    suite.now = final_at - 1
    assert suite.state(round_id) == State.PROPOSED
    suite.now = final_at
    assert suite.state(round_id) == State.FINAL


def test_propose__wrong__refused(suite: ExampleSuite) -> None:
    round_id = suite.open()
    suite.call("stake", 0, NMR)
    suite.lock(round_id)
    arguments = (round_id, ROOT, 1, EVIDENCE)
    with suite.refuses("rounds: not waiting for a root"):
        suite.call("propose", *arguments, sender=OPERATOR)
    suite.call("publish_opened", round_id, OPENED_LIST, sender=OPERATOR)
    suite.now = suite.terms_of(round_id).resolves_at - 1
    with suite.refuses("rounds: not resolved yet"):
        suite.call("propose", *arguments, sender=OPERATOR)
    suite.now += 1
    with suite.refuses("roles: not the operator"):
        suite.call("propose", *arguments, sender=GUARDIAN)
    with suite.refuses("rounds: root is empty"):
        suite.call("propose", round_id, EMPTY_BYTES32, 1, EVIDENCE, sender=OPERATOR)
    for chunks in (0, 2**16 + 1):
        with suite.refuses("rounds: chunks are out of range"):
            suite.call("propose", round_id, ROOT, chunks, EVIDENCE, sender=OPERATOR)
    suite.now = suite.terms_of(round_id).expires_at - 60 * HOUR + 1
    with suite.refuses("rounds: too late to propose"):
        suite.call("propose", *arguments, sender=OPERATOR)
    suite.now -= 1
    suite.call("propose", *arguments, sender=OPERATOR)
    with suite.refuses("rounds: not waiting for a root"):
        suite.call("propose", *arguments, sender=OPERATOR)


def test_veto__in_the_window__back_to_opened_and_a_whole_new_window(suite: ExampleSuite) -> None:
    round_id = proposed(suite)
    root = suite.tournament.round_info(round_id).root
    suite.wait(23)
    suite.call("veto", round_id, root, sender=GUARDIAN)
    assert suite.last("Vetoed") == {"round": round_id, "root": root}
    assert suite.state(round_id) == State.OPENED
    assert suite.tournament.round_info(round_id)[-4:] == (EMPTY_BYTES32, 0, EMPTY_BYTES32, 0)
    suite.propose(round_id, {0: (1, 1)})
    assert suite.tournament.round_info(round_id).final_at == suite.now + 24 * HOUR


def test_veto__wrong__refused(suite: ExampleSuite) -> None:
    round_id = proposed(suite)
    root = suite.tournament.round_info(round_id).root
    with suite.refuses("rounds: another root stands"):
        suite.call("veto", round_id, ROOT, sender=GUARDIAN)
    for sender in (OPERATOR, OWNER, STAKER):
        with suite.refuses("roles: not the guardian"):
            suite.call("veto", round_id, root, sender=sender)
    suite.now = suite.tournament.round_info(round_id).final_at
    with suite.refuses("rounds: no root in its window"):
        suite.call("veto", round_id, root, sender=GUARDIAN)
    with suite.refuses("rounds: no root in its window"):
        suite.call("veto", 7, EMPTY_BYTES32, sender=GUARDIAN)


@pytest.mark.parametrize("state", [State.OPEN, State.ENDED, State.LOCKED, State.OPENED, State.PROPOSED])
def test_void__until_a_root_is_final__void(suite: ExampleSuite, state: State) -> None:
    round_id = suite.open()
    suite.call("stake", 0, NMR)
    if state == State.ENDED:
        suite.now = suite.terms_of(round_id).locks_at
    elif state == State.LOCKED:
        suite.lock(round_id)
    elif state == State.OPENED:
        suite.publish(round_id)
    elif state == State.PROPOSED:
        suite.propose(round_id, {0: (0, 0)})
    assert suite.state(round_id) == state
    suite.call("void", round_id, sender=GUARDIAN)
    info = suite.tournament.round_info(round_id)
    assert (info.void, info.root, info.chunks, info.evidence, info.final_at) == (
        True,
        EMPTY_BYTES32,
        0,
        EMPTY_BYTES32,
        0,
    )
    assert suite.state(round_id) == State.VOID
    assert suite.last("Voided") == {"round": round_id}


def test_void__nothing_at_stake__closed_at_once(suite: ExampleSuite) -> None:
    round_id = suite.open()
    suite.call("void", round_id, sender=GUARDIAN)
    assert suite.state(round_id) == State.CLOSED
    assert suite.last("RoundClosed") == {"round": round_id, "released": 0}


def test_void__wrong__refused(suite: ExampleSuite) -> None:
    with suite.refuses("rounds: too late to void"):
        suite.call("void", 1, sender=GUARDIAN)
    round_id = proposed(suite)
    for sender in (OPERATOR, OWNER, STRANGER):
        with suite.refuses("roles: not the guardian"):
            suite.call("void", round_id, sender=sender)
    suite.now = suite.tournament.round_info(round_id).final_at
    with suite.refuses("rounds: too late to void"):
        suite.call("void", round_id, sender=GUARDIAN)
    suite.now = suite.terms_of(round_id).expires_at
    with suite.refuses("rounds: too late to void"):
        suite.call("void", round_id, sender=GUARDIAN)


def test_void__void_or_closed__refused(suite: ExampleSuite) -> None:
    first = suite.open()
    suite.call("stake", 0, NMR)
    suite.call("void", first, sender=GUARDIAN)
    with suite.refuses("rounds: too late to void"):
        suite.call("void", first, sender=GUARDIAN)
    suite.call("settle_expired", first, [0])
    with suite.refuses("rounds: too late to void"):
        suite.call("void", first, sender=GUARDIAN)


# state by time


def test_state__never_locked__expires_a_day_after_locks_at(suite: ExampleSuite) -> None:
    round_id = suite.open()
    suite.call("stake", 0, NMR)
    locks_at = suite.terms_of(round_id).locks_at
    state = suite.tournament.state
    assert state(round_id, locks_at - 1) == State.OPEN
    assert state(round_id, locks_at) == state(round_id, locks_at + 24 * HOUR - 1) == State.ENDED
    assert state(round_id, locks_at + 24 * HOUR) == State.EXPIRED


def test_state__opened_or_final__expires_at_expires_at(suite: ExampleSuite) -> None:
    round_id = suite.open()
    suite.call("stake", 0, NMR)
    expires_at = suite.terms_of(round_id).expires_at
    suite.publish(round_id)
    assert suite.tournament.state(round_id, expires_at - 1) == State.OPENED
    assert suite.tournament.state(round_id, expires_at) == State.EXPIRED
    suite.finalise(round_id, {0: (0, 0)})
    assert suite.tournament.state(round_id, expires_at - 1) == State.FINAL
    assert suite.tournament.state(round_id, expires_at) == State.EXPIRED


def test_state__nobody_staked_and_never_locked__closed_by_time_alone(suite: ExampleSuite) -> None:
    round_id = suite.open()
    assert suite.tournament.state(round_id, suite.terms_of(round_id).locks_at + 24 * HOUR) == State.CLOSED


def test_round_info__never_opened__no_such_round(suite: ExampleSuite) -> None:
    with pytest.raises(NeverOpened, match=r"^round 1 was never opened$"):
        suite.tournament.round_info(1)


def test_state__values__those_of_the_contracts_flag() -> None:
    names = ["UNKNOWN", "OPEN", "ENDED", "LOCKED", "OPENED", "PROPOSED", "FINAL", "VOID", "EXPIRED", "CLOSED"]
    assert [State(2**index).name for index in range(10)] == names
