# SPDX-License-Identifier: MIT
from typing import Any

import pytest

from nmr.errors import NeverOpened
from nmr.protocol.reference import Bounds, Round, State
from nmr.protocol.reference.rounds import EMPTY_BYTES32
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import FACTOR, GWEI, NMR, RATIO
from tests.library.protocol.reference.scene import (
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
    Scene,
    terms,
)

ROOT = bytes([9]) * 32
UNBOUND = Bounds(2**255, 2**255, 2**255, 0, 2**255, 0, 2**255, 2**255, 2**255, 0, 0)


@pytest.fixture
def scene() -> Scene:
    return Scene()


# open_round


def test_open_round__operator__next_id_and_frozen_terms(scene: Scene) -> None:
    chosen = terms(scene.now)
    assert scene.tournament.next_round == 1
    assert scene.call("open_round", chosen, sender=OPERATOR) == 1
    assert scene.tournament.round_info(1) == Round(chosen)
    assert scene.tournament.next_round == 2
    assert scene.last("RoundOpened") == {"round": 1, "terms": chosen}
    assert scene.state(1) == State.OPEN
    assert scene.state(0) == scene.state(2) == State.UNKNOWN


def test_open_round__anyone_else_or_paused__refused(scene: Scene) -> None:
    for sender in (OWNER, GUARDIAN, STAKER, ZERO_ADDRESS):
        with scene.refuses("roles: not the operator"):
            scene.call("open_round", terms(scene.now), sender=sender)
    scene.call("pause", sender=GUARDIAN)
    with scene.refuses("pausable: contract is paused"):
        scene.open()


def test_open_round__last_one_still_open__refused_until_it_locks_or_is_void(scene: Scene) -> None:
    scene.open()
    with scene.refuses("rounds: previous round is open"):
        scene.open()
    scene.call("void", 1, sender=GUARDIAN)
    scene.open()
    scene.now = scene.terms_of(2).locks_at - 1
    with scene.refuses("rounds: previous round is open"):
        scene.open()
    scene.wait(1)
    scene.open()


def test_open_round__no_ids_left__refused() -> None:
    scene = Scene(first_round=65_533)
    assert scene.open() == 65_533
    scene.wait(24)
    with scene.refuses("rounds: no id is left"):
        scene.open()


def test_open_round__place_of_an_unresolved_round__refused(scene: Scene) -> None:
    first = scene.open()
    scene.call("stake", 0, NMR)
    scene.publish(first)
    scene.open()
    scene.wait(24)
    with scene.refuses("rounds: place is not resolved"):
        scene.open()
    scene.propose(first, {0: (0, 0)})
    with scene.refuses("rounds: place is not resolved"):
        scene.open()
    scene.now = scene.tournament.round_info(first).final_at
    assert scene.open() == first + 2


@pytest.mark.parametrize("end", ["void", "expired", "closed"])
def test_open_round__place_of_a_round_that_ended_otherwise__taken(scene: Scene, end: str) -> None:
    first = scene.open()
    if end != "closed":
        scene.call("stake", 0, NMR)
    if end == "void":
        scene.call("void", first, sender=GUARDIAN)
    elif end == "closed":
        scene.lock(first)
        assert scene.state(first) == State.CLOSED
    scene.now = scene.terms_of(first).locks_at
    scene.open()
    scene.wait(24)
    if end != "closed":
        assert scene.state(first) == State[end.upper()]
    assert scene.open() == first + 2


def test_open_round__round_two_rings_back_not_closed__refused(scene: Scene) -> None:
    first = scene.open()
    scene.call("stake", 0, NMR)
    for _ in range(3):
        scene.wait(24)
        scene.open()
    scene.wait(24)
    assert scene.tournament.next_round == first + 4
    assert scene.state(first) == State.EXPIRED
    with scene.refuses("rounds: place is not settled"):
        scene.open()
    scene.call("settle_expired", first, [0])
    assert scene.open() == first + 4


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
def test_open_round__term_out_of_bounds__refused(scene: Scene, changes: dict[str, Any], reason: str) -> None:
    with scene.refuses(reason):
        scene.open(**changes)


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
def test_open_round__term_at_its_bound__taken(scene: Scene, changes: dict[str, Any]) -> None:
    assert scene.open(**changes) == 1


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
    scene: Scene, changes: dict[str, Any], reason: str
) -> None:
    scene.call("set_bounds", UNBOUND, sender=OWNER)
    with scene.refuses(reason):
        scene.open(**changes)


def test_open_round__terms_at_every_hard_limit__taken(scene: Scene) -> None:
    scene.call("set_bounds", UNBOUND, sender=OWNER)
    locks_at = START + 720 * HOUR
    resolves_at = locks_at + 2_880 * HOUR
    scene.open(
        primary=1_000_000,
        contribution=1_000_000,
        clip=RATIO,
        locks_at=locks_at,
        resolves_at=resolves_at,
        expires_at=resolves_at + 1_440 * HOUR,
    )


def test_open_round__bounds_changed__hold_for_the_next_round_only(scene: Scene) -> None:
    scene.open(clip=RATIO // 2)
    scene.call("set_bounds", BOUNDS._replace(max_clip=RATIO // 100), sender=OWNER)
    assert scene.terms_of(1).clip == RATIO // 2
    scene.wait(24)
    with scene.refuses("terms: clip is out of range"):
        scene.open()


# submit


def test_submit__owner_or_submitter__recorded(scene: Scene) -> None:
    scene.call("set_submitter", 1, RIVAL)
    round_id = scene.open()
    assert not scene.tournament.submitted(round_id, 0)
    scene.call("pause", sender=GUARDIAN)
    scene.submit(0, 1)
    scene.submit(1, sender=RIVAL)
    assert [scene.tournament.submitted(round_id, model) for model in range(4)] == [True, True, False, False]
    assert scene.last("Submitted") == {"round": round_id, "models": [1], "hashes": [SEALED]}
    assert not scene.tournament.submitted(round_id, 240)


def test_submit__wrong__refused(scene: Scene) -> None:
    with scene.refuses("rounds: no round is open"):
        scene.submit(0)
    scene.call("set_submitter", 1, RIVAL)
    round_id = scene.open()
    with scene.refuses("models: not the submitter"):
        scene.submit(0, sender=RIVAL)
    with scene.refuses("models: not the submitter"):
        scene.submit(1, 0, sender=RIVAL)
    with scene.refuses("models: not the submitter"):
        scene.submit(4)
    with scene.refuses("submissions: hash is empty"):
        scene.call("submit", [0, 1], [SEALED, EMPTY_BYTES32])
    with scene.refuses("submissions: one hash a model"):
        scene.call("submit", [0, 1], [SEALED])
    with scene.refuses("submissions: no model"):
        scene.submit()
    scene.submit(*[0] * 128)
    with scene.refuses(""):
        scene.submit(*[0] * 129)
    scene.now = scene.terms_of(round_id).locks_at
    with scene.refuses("rounds: no round is open"):
        scene.submit(0)


def test_submitted__bitmap_of_a_later_round__starts_afresh() -> None:
    scene = Scene(ring=1, models=241)
    first = scene.open()
    scene.submit(0, 1, 240)
    scene.lock(first)
    second = scene.open()
    scene.submit(1)
    scene.lock(second)
    third = scene.open()
    # Round `third` uses the words of `first`: each tells of the older round until it is written.
    assert scene.tournament.submitted(first, 0) and not scene.tournament.submitted(third, 0)
    scene.submit(2)
    assert [scene.tournament.submitted(third, model) for model in (0, 1, 2, 240)] == [False, False, True, False]
    assert [scene.tournament.submitted(first, model) for model in (0, 1, 2, 240)] == [False, False, False, True]
    assert scene.tournament.submitted(second, 1)


# lock


def test_lock__anyone__fixes_what_the_round_pays_by(scene: Scene) -> None:
    round_id = scene.open(threshold=10 * NMR)
    scene.call("stake", 0, 40 * NMR)
    scene.lock(round_id)
    info = scene.tournament.round_info(round_id)
    assert (info.locked, info.at_risk, info.factor, info.clip) == (True, 40 * NMR, FACTOR // 4, RATIO // 20)
    assert info.granted == 2 * NMR
    assert scene.world.treasury.reservation(TOURNAMENT, round_id) == (2 * NMR, 0, 0)
    assert scene.state(round_id) == State.LOCKED
    assert scene.last("RoundLocked") == {
        "round": round_id,
        "at_risk": 40 * NMR,
        "factor": FACTOR // 4,
        "clip": RATIO // 20,
        "granted": 2 * NMR,
    }


def test_lock__cap_below_the_clip__shrinks_the_clip() -> None:
    scene = Scene(cap=NMR)
    round_id = scene.open()
    scene.call("stake", 0, 40 * NMR)
    scene.lock(round_id)
    info = scene.tournament.round_info(round_id)
    assert (info.granted, info.clip) == (NMR, RATIO // 40)


def test_lock__treasury_that_knows_no_such_tournament__no_burns_and_no_rewards() -> None:
    scene = Scene(cap=0)
    round_id = scene.open()
    scene.call("stake", 0, 40 * NMR)
    scene.lock(round_id)
    info = scene.tournament.round_info(round_id)
    assert (info.granted, info.clip) == (0, 0)


def test_lock__nothing_at_risk__closed_at_once(scene: Scene) -> None:
    round_id = scene.open()
    scene.lock(round_id)
    assert scene.state(round_id) == State.CLOSED
    info = scene.tournament.round_info(round_id)
    assert (info.at_risk, info.factor, info.clip, info.granted) == (0, FACTOR, RATIO // 20, 0)
    assert scene.last("RoundClosed") == {"round": round_id, "released": 0}


def test_lock__wrong_state__refused(scene: Scene) -> None:
    with scene.refuses("rounds: not due to be locked"):
        scene.call("lock", 1)
    round_id = scene.open()
    scene.call("stake", 0, NMR)
    scene.now = scene.terms_of(round_id).locks_at - 1
    with scene.refuses("rounds: not due to be locked"):
        scene.call("lock", round_id)
    scene.lock(round_id)
    with scene.refuses("rounds: not due to be locked"):
        scene.call("lock", round_id)


def test_lock__void_or_expired__refused(scene: Scene) -> None:
    first = scene.open()
    scene.call("stake", 0, NMR)
    scene.call("void", first, sender=GUARDIAN)
    second = scene.open()
    scene.call("stake", 0, NMR)
    scene.now = scene.terms_of(second).locks_at + 24 * HOUR
    for round_id in (first, second):
        with scene.refuses("rounds: not due to be locked"):
            scene.call("lock", round_id)


# publish_opened


def test_publish_opened__operator__opened(scene: Scene) -> None:
    round_id = scene.open()
    scene.call("stake", 0, NMR)
    scene.publish(round_id)
    assert scene.tournament.round_info(round_id).opened_list == OPENED_LIST
    assert scene.state(round_id) == State.OPENED
    assert scene.last("SubmissionsOpened") == {"round": round_id, "opened_list": OPENED_LIST}


def test_publish_opened__wrong__refused(scene: Scene) -> None:
    round_id = scene.open()
    scene.call("stake", 0, NMR)
    scene.now = scene.terms_of(round_id).locks_at
    with scene.refuses("rounds: no opened list is due"):
        scene.call("publish_opened", round_id, OPENED_LIST, sender=OPERATOR)
    scene.lock(round_id)
    with scene.refuses("roles: not the operator"):
        scene.call("publish_opened", round_id, OPENED_LIST, sender=GUARDIAN)
    with scene.refuses("rounds: opened list is empty"):
        scene.call("publish_opened", round_id, EMPTY_BYTES32, sender=OPERATOR)
    scene.call("publish_opened", round_id, OPENED_LIST, sender=OPERATOR)
    with scene.refuses("rounds: no opened list is due"):
        scene.call("publish_opened", round_id, SEALED, sender=OPERATOR)


def test_publish_opened__a_day_after_the_lock__too_late(scene: Scene) -> None:
    round_id = scene.open()
    scene.call("stake", 0, NMR)
    scene.lock(round_id)
    scene.wait(24)
    assert scene.state(round_id) == State.EXPIRED
    with scene.refuses("rounds: no opened list is due"):
        scene.call("publish_opened", round_id, OPENED_LIST, sender=OPERATOR)


# propose, veto, void


def proposed(scene: Scene) -> int:
    """A round with a stake and a root in its window."""
    round_id = scene.open()
    scene.call("stake", 0, NMR)
    scene.propose(round_id, {0: (0, 0)})
    return round_id


def test_propose__operator__a_window_begins(scene: Scene) -> None:
    round_id = scene.open()
    scene.call("stake", 0, NMR)
    scene.publish(round_id)
    scene.now = scene.terms_of(round_id).resolves_at
    scene.call("propose", round_id, ROOT, 2**16, EVIDENCE, sender=OPERATOR)
    final_at = scene.now + 24 * HOUR
    assert scene.tournament.round_info(round_id)[-4:] == (ROOT, 2**16, EVIDENCE, final_at)
    assert scene.last("Proposed") == {
        "round": round_id,
        "root": ROOT,
        "chunks": 2**16,
        "evidence": EVIDENCE,
        "final_at": final_at,
    }
    assert scene.state(round_id) == State.PROPOSED
    scene.now = final_at - 1
    assert scene.state(round_id) == State.PROPOSED
    scene.now = final_at
    assert scene.state(round_id) == State.FINAL


def test_propose__wrong__refused(scene: Scene) -> None:
    round_id = scene.open()
    scene.call("stake", 0, NMR)
    scene.lock(round_id)
    arguments = (round_id, ROOT, 1, EVIDENCE)
    with scene.refuses("rounds: not waiting for a root"):
        scene.call("propose", *arguments, sender=OPERATOR)
    scene.call("publish_opened", round_id, OPENED_LIST, sender=OPERATOR)
    scene.now = scene.terms_of(round_id).resolves_at - 1
    with scene.refuses("rounds: not resolved yet"):
        scene.call("propose", *arguments, sender=OPERATOR)
    scene.now += 1
    with scene.refuses("roles: not the operator"):
        scene.call("propose", *arguments, sender=GUARDIAN)
    with scene.refuses("rounds: root is empty"):
        scene.call("propose", round_id, EMPTY_BYTES32, 1, EVIDENCE, sender=OPERATOR)
    for chunks in (0, 2**16 + 1):
        with scene.refuses("rounds: chunks are out of range"):
            scene.call("propose", round_id, ROOT, chunks, EVIDENCE, sender=OPERATOR)
    scene.now = scene.terms_of(round_id).expires_at - 60 * HOUR + 1
    with scene.refuses("rounds: too late to propose"):
        scene.call("propose", *arguments, sender=OPERATOR)
    scene.now -= 1
    scene.call("propose", *arguments, sender=OPERATOR)
    with scene.refuses("rounds: not waiting for a root"):
        scene.call("propose", *arguments, sender=OPERATOR)


def test_veto__in_the_window__back_to_opened_and_a_whole_new_window(scene: Scene) -> None:
    round_id = proposed(scene)
    root = scene.tournament.round_info(round_id).root
    scene.wait(23)
    scene.call("veto", round_id, root, sender=GUARDIAN)
    assert scene.last("Vetoed") == {"round": round_id, "root": root}
    assert scene.state(round_id) == State.OPENED
    assert scene.tournament.round_info(round_id)[-4:] == (EMPTY_BYTES32, 0, EMPTY_BYTES32, 0)
    scene.propose(round_id, {0: (1, 1)})
    assert scene.tournament.round_info(round_id).final_at == scene.now + 24 * HOUR


def test_veto__wrong__refused(scene: Scene) -> None:
    round_id = proposed(scene)
    root = scene.tournament.round_info(round_id).root
    with scene.refuses("rounds: another root stands"):
        scene.call("veto", round_id, ROOT, sender=GUARDIAN)
    for sender in (OPERATOR, OWNER, STAKER):
        with scene.refuses("roles: not the guardian"):
            scene.call("veto", round_id, root, sender=sender)
    scene.now = scene.tournament.round_info(round_id).final_at
    with scene.refuses("rounds: no root in its window"):
        scene.call("veto", round_id, root, sender=GUARDIAN)
    with scene.refuses("rounds: no root in its window"):
        scene.call("veto", 7, EMPTY_BYTES32, sender=GUARDIAN)


@pytest.mark.parametrize("state", [State.OPEN, State.ENDED, State.LOCKED, State.OPENED, State.PROPOSED])
def test_void__until_a_root_is_final__void(scene: Scene, state: State) -> None:
    round_id = scene.open()
    scene.call("stake", 0, NMR)
    if state == State.ENDED:
        scene.now = scene.terms_of(round_id).locks_at
    elif state == State.LOCKED:
        scene.lock(round_id)
    elif state == State.OPENED:
        scene.publish(round_id)
    elif state == State.PROPOSED:
        scene.propose(round_id, {0: (0, 0)})
    assert scene.state(round_id) == state
    scene.call("void", round_id, sender=GUARDIAN)
    info = scene.tournament.round_info(round_id)
    assert (info.void, info.root, info.chunks, info.evidence, info.final_at) == (
        True,
        EMPTY_BYTES32,
        0,
        EMPTY_BYTES32,
        0,
    )
    assert scene.state(round_id) == State.VOID
    assert scene.last("Voided") == {"round": round_id}


def test_void__nothing_at_stake__closed_at_once(scene: Scene) -> None:
    round_id = scene.open()
    scene.call("void", round_id, sender=GUARDIAN)
    assert scene.state(round_id) == State.CLOSED
    assert scene.last("RoundClosed") == {"round": round_id, "released": 0}


def test_void__wrong__refused(scene: Scene) -> None:
    with scene.refuses("rounds: too late to void"):
        scene.call("void", 1, sender=GUARDIAN)
    round_id = proposed(scene)
    for sender in (OPERATOR, OWNER, STRANGER):
        with scene.refuses("roles: not the guardian"):
            scene.call("void", round_id, sender=sender)
    scene.now = scene.tournament.round_info(round_id).final_at
    with scene.refuses("rounds: too late to void"):
        scene.call("void", round_id, sender=GUARDIAN)
    scene.now = scene.terms_of(round_id).expires_at
    with scene.refuses("rounds: too late to void"):
        scene.call("void", round_id, sender=GUARDIAN)


def test_void__void_or_closed__refused(scene: Scene) -> None:
    first = scene.open()
    scene.call("stake", 0, NMR)
    scene.call("void", first, sender=GUARDIAN)
    with scene.refuses("rounds: too late to void"):
        scene.call("void", first, sender=GUARDIAN)
    scene.call("settle_expired", first, [0])
    with scene.refuses("rounds: too late to void"):
        scene.call("void", first, sender=GUARDIAN)


# state by time


def test_state__never_locked__expires_a_day_after_locks_at(scene: Scene) -> None:
    round_id = scene.open()
    scene.call("stake", 0, NMR)
    locks_at = scene.terms_of(round_id).locks_at
    state = scene.tournament.state
    assert state(round_id, locks_at - 1) == State.OPEN
    assert state(round_id, locks_at) == state(round_id, locks_at + 24 * HOUR - 1) == State.ENDED
    assert state(round_id, locks_at + 24 * HOUR) == State.EXPIRED


def test_state__opened_or_final__expires_at_expires_at(scene: Scene) -> None:
    round_id = scene.open()
    scene.call("stake", 0, NMR)
    expires_at = scene.terms_of(round_id).expires_at
    scene.publish(round_id)
    assert scene.tournament.state(round_id, expires_at - 1) == State.OPENED
    assert scene.tournament.state(round_id, expires_at) == State.EXPIRED
    scene.finalise(round_id, {0: (0, 0)})
    assert scene.tournament.state(round_id, expires_at - 1) == State.FINAL
    assert scene.tournament.state(round_id, expires_at) == State.EXPIRED


def test_state__nobody_staked_and_never_locked__closed_by_time_alone(scene: Scene) -> None:
    round_id = scene.open()
    assert scene.tournament.state(round_id, scene.terms_of(round_id).locks_at + 24 * HOUR) == State.CLOSED


def test_round_info__never_opened__no_such_round(scene: Scene) -> None:
    with pytest.raises(NeverOpened, match=r"^round 1 was never opened$"):
        scene.tournament.round_info(1)


def test_state__values__those_of_the_contracts_flag() -> None:
    names = ["UNKNOWN", "OPEN", "ENDED", "LOCKED", "OPENED", "PROPOSED", "FINAL", "VOID", "EXPIRED", "CLOSED"]
    assert [State(2**index).name for index in range(10)] == names
