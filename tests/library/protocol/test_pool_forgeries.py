# SPDX-License-Identifier: MIT
"""What the replay says to a pool that logs what its rules refuse, or what nobody did: one forgery a refusal.

Behind a history that was played, the pool tells one thing more. No other event is needed: a refusal comes before what
would have to follow. Where stake moves, the pool really moves it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from nmr.errors import Mismatch
from nmr.protocol.reference import Event
from nmr.protocol.reference.pool_books import EntriesDue, ExitsDue, Pot
from nmr.protocol.reference.views import Policy
from nmr.protocol.replay import Replay, replay
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR
from tests.support.example_suite import GUARDIAN, STAKER, STRANGER, TOURNAMENT
from tests.support.pool_scene import BACKER, MANAGER, OTHER, POOL, PoolScene

ANOTHER = "0x00000000000000000000000000000000000000aa"
REFUSED = "what the books allow"
LAST_ROUND = 65_535

Found = tuple[str, object, object]


def replayed(scene: PoolScene, events: list[Event] | None = None) -> Replay:
    return replay(scene.world.events if events is None else events, scene.deployment)


def found(scene: PoolScene, events: list[Event] | None = None) -> Found:
    """What differs in the last transaction: what it is, what the books have, and what the log has."""
    told = scene.world.events if events is None else events
    with pytest.raises(Mismatch) as caught:
        replayed(scene, told)
    assert caught.value.transaction == told[-1].transaction
    return caught.value.what, caught.value.expected, caught.value.found


def refused(scene: PoolScene, name: str, **args: Any) -> str:
    """Why the books do not allow for one more event of the pool."""
    tell(scene, name, **args)
    return reason(scene, name)


def reason(scene: PoolScene, name: str, events: list[Event] | None = None) -> str:
    """Why the books do not allow for an event of the last transaction."""
    what, expected, error = found(scene, events)
    assert (what, expected) == (name, REFUSED)
    return str(error)


def tell(scene: PoolScene, name: str, **args: Any) -> None:
    """Have the pool log something, at place 0 unless told otherwise."""
    with at_once(scene):
        scene.pool.log.emit(POOL, name, **{"place": 0} | args)


@contextmanager
def at_once(scene: PoolScene) -> Iterator[None]:
    """One transaction."""
    with scene.pool.log.transaction(scene.now):
        yield


def agrees(scene: PoolScene) -> bool:
    return replayed(scene).pools[POOL].books == scene.pool.books


def until(scene: PoolScene, name: str, **changes: Any) -> list[Event]:
    """The log up to the last event of a name, with changes to its arguments."""
    events = scene.world.events
    index = max(index for index, event in enumerate(events) if event.name == name)
    return [*events[:index], replace(events[index], args={**events[index].args, **changes})]


def changed(scene: PoolScene, name: str, **changes: Any) -> list[Event]:
    """The whole log, with changes to the last event of a name."""
    begin = until(scene, name, **changes)
    return [*begin, *scene.world.events[len(begin) :]]


# what is there before


def empty() -> PoolScene:
    """A round is open, and nobody has ordered anything."""
    scene = PoolScene()
    scene.open_at()
    return scene


def filled() -> PoolScene:
    """An epoch with 100 NMR of the manager and 50 of a backer, in its first round; all is claimed."""
    scene = PoolScene()
    scene.opened(manager=100, backer=50)
    return scene


def waiting(score: float = 0.1) -> PoolScene:
    """The round of `filled` is settled, and its stake waits for the next of the place."""
    scene = PoolScene()
    scene.resolve(scene.opened(manager=100, backer=50), score)
    return scene


def second(score: float = 0) -> PoolScene:
    """The next round of the place is open."""
    scene = waiting(score)
    scene.open_at()
    return scene


def unclaimed() -> PoolScene:
    """A backer's exit ran, and its NMR is not claimed; other shares and an order of each kind are left."""
    scene = second()
    scene.leave(BACKER, 2 * 10**18)
    scene.checkpoint()
    return scene


# creation


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ({"manager": ZERO_ADDRESS}, "pool: no manager"),
        ({"fee": 3_001}, "pool: fee is too large"),
        ({"skin": 999}, "pool: skin is out of range"),
        ({"skin": 5_001}, "pool: skin is out of range"),
    ],
)
def test_created__with_what_no_pool_takes__is_refused(args: dict[str, Any], why: str) -> None:
    scene = PoolScene()
    assert reason(scene, "PoolCreated", until(scene, "PoolCreated", **args)) == why


@pytest.mark.parametrize("args", [{"fee": 3_000}, {"fee": 0}, {"skin": 1_000}, {"skin": 5_000}])
def test_created__with_the_most_or_least__agrees(args: dict[str, Any]) -> None:
    scene = PoolScene()
    terms = replayed(scene, until(scene, "PoolCreated", **args)).pools[POOL].terms
    assert terms._asdict().items() >= args.items()


def test_created__model_is_not_the_pools__differs() -> None:
    scene = PoolScene()
    assert found(scene, until(scene, "PoolCreated", pool=ANOTHER)) == ("owner of the model", ANOTHER, POOL)


@pytest.mark.parametrize(("target", "compound"), [(2 * GWEI, True), (GWEI, False)])
def test_created__model_goes_on_otherwise__differs(target: int, compound: bool) -> None:
    scene = PoolScene()
    log = changed(scene, "PolicySet", target=target, compound=compound)
    log = log[: 1 + next(index for index, event in enumerate(log) if event.name == "PoolCreated")]
    assert found(scene, log) == ("policy of the model", Policy(GWEI, True), Policy(target, compound))


# stake that moves without a word


def test_stake__left_and_the_pool_says_nothing__differs() -> None:
    scene = filled()
    round_id = scene.tournament.last_opened
    scene.tournament.leave(scene.pool.model, round_id, 5 * NMR, sender=POOL, now=scene.now)
    assert found(scene) == ("stake that left, and that no exit accounts for", None, (round_id, 5 * 10**9))


def test_stake__left_twice_in_a_transaction__differs() -> None:
    scene = filled()
    round_id = scene.tournament.last_opened
    with at_once(scene):
        for nmr in (5, 6):
            scene.tournament.leave(scene.pool.model, round_id, nmr * NMR, sender=POOL, now=scene.now)
    what = "stake that left before, and that no exit accounts for"
    assert found(scene) == (what, None, (round_id, 5 * 10**9))


def test_stake__entered_and_the_pool_says_nothing__differs() -> None:
    scene = filled()
    scene.enter(OTHER, 5)
    scene.tournament.stake(scene.pool.model, 5 * NMR, sender=POOL, now=scene.now)
    assert found(scene) == (f"NMR from {POOL} to {TOURNAMENT} beyond its events", 0, 5 * NMR)
    log = changed(scene, "Transfer", sender=STAKER)
    assert found(scene, log) == ("stake that no entry accounts for", 0, 5 * 10**9)


def test_stake__of_another_model__is_none_of_the_pools() -> None:
    scene = filled()
    scene.tournament.stake(0, 10 * NMR, sender=STAKER, now=scene.now)
    scene.tournament.leave(0, scene.tournament.last_opened, 5 * NMR, sender=STAKER, now=scene.now)
    assert agrees(scene)


def test_surplus__becomes_an_order_that_nobody_paid__differs() -> None:
    scene = empty()
    scene.world.numeraire.transfer(POOL, 5 * NMR, sender=STAKER, now=scene.now)
    tell(scene, "EntryOrdered", holder=BACKER, batch=0, amount=5 * NMR)
    assert found(scene) == ("surplus of the pool", f"at least {5 * NMR} wei", 0)


# orders


@pytest.mark.parametrize("name", ["EntryOrdered", "ExitOrdered", "EntryCancelled", "ExitCancelled", "Claimed"])
def test_order__at_a_place_that_is_not_there__is_refused(name: str) -> None:
    args = {"batch": 0, "amount": NMR, "shares": 1, "epoch": 0, "paid": 0}
    assert refused(filled(), name, place=2, holder=BACKER, **args) == "pool: no such place"


@pytest.mark.parametrize("name", ["Booked", "ExitsRun", "EpochEnded", "EntriesRun"])
def test_turn__at_a_place_that_is_not_there__is_refused(name: str) -> None:
    assert refused(filled(), name, place=2) == "pool: no such place"


@pytest.mark.parametrize(("before", "told"), [(0, NMR - GWEI), (5, 6 * NMR - GWEI), (5, 5 * NMR), (5, 4 * NMR)])
@pytest.mark.parametrize("who", [MANAGER, BACKER])
def test_entry_order__by_less_than_the_smallest_stake__is_refused(who: str, before: int, told: int) -> None:
    scene = empty()
    if before:
        scene.enter(who, before)
    assert refused(scene, "EntryOrdered", holder=who, batch=0, amount=told) == "pool: below the smallest stake"


@pytest.mark.parametrize("who", [MANAGER, BACKER])
def test_entry_order__by_the_smallest_stake__agrees(who: str) -> None:
    scene = empty()
    scene.enter(who, 1)
    scene.enter(who, 1)
    assert agrees(scene)


@pytest.mark.parametrize("told", [1, 2 * 10**9 - 1, 2 * 10**9, 50 * 10**18 + 1])
def test_exit_order__of_no_more_shares_or_too_many__is_refused(told: int) -> None:
    scene = second()
    scene.leave(BACKER, 2 * 10**9)
    assert refused(scene, "ExitOrdered", holder=BACKER, batch=0, shares=told) == "pool: more than you hold"


@pytest.mark.parametrize("told", [2 * 10**9, 100 * 10**18 + 1])
def test_exit_order__of_the_manager_of_no_more_or_too_many__is_refused(told: int) -> None:
    scene = second()
    scene.leave(MANAGER, 2 * 10**9)
    assert refused(scene, "ExitOrdered", holder=MANAGER, batch=0, shares=told) == "pool: more than you hold"


@pytest.mark.parametrize("who", [MANAGER, BACKER])
def test_exit_order__by_one_share_to_all__agrees(who: str) -> None:
    scene = second()
    scene.leave(who, 1)
    scene.leave(who, 1)
    scene.leave(who)
    assert agrees(scene)


def test_exit_order__in_the_round_of_the_purchase__is_refused_but_for_the_manager() -> None:
    assert refused(filled(), "ExitOrdered", holder=BACKER, batch=0, shares=1) == "pool: bought in this round"
    scene = filled()
    scene.leave(MANAGER, 1)
    assert agrees(scene)


def test_exit_order__of_shares_of_round_0_that_burned_whole__agrees() -> None:
    """A place without a stake is of round 0, in which its shares may have been bought all the same."""
    scene = PoolScene(first_round=0)
    assert scene.open_at() == 0
    scene.enter(MANAGER, 100)
    scene.enter(BACKER, 50)
    scene.fill()
    scene.claim(BACKER)
    scene.resolve(0, -1)
    assert scene.value == 0
    scene.leave(BACKER)
    assert agrees(scene)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("EntryOrdered", {"batch": 0, "amount": NMR}),
        ("ExitOrdered", {"batch": 1, "shares": 1}),
        ("EntryCancelled", {"amount": 5 * NMR}),
        ("ExitCancelled", {"shares": 1}),
    ],
)
def test_order__before_what_ran_is_claimed__differs(name: str, args: dict[str, int]) -> None:
    tell(scene := unclaimed(), name, holder=BACKER, **args)
    assert found(scene) == ("claim before the order", False, True)


@pytest.mark.parametrize("who", [MANAGER, BACKER])
@pytest.mark.parametrize(("name", "args"), [("EntryCancelled", {"amount": 0}), ("ExitCancelled", {"shares": 0})])
def test_cancelled__order_that_nobody_gave__is_refused(name: str, args: dict[str, int], who: str) -> None:
    assert refused(second(), name, holder=who, **args) == "pool: no such order"


def test_cancelled__order_of_a_share__agrees() -> None:
    scene = second()
    scene.leave(BACKER, 1)
    scene.pool.cancel_exit(0, sender=BACKER, now=scene.now)
    assert agrees(scene)


# claims


@pytest.mark.parametrize("who", [MANAGER, BACKER, STRANGER])
def test_claimed__by_whom_nothing_ran_for__is_refused(who: str) -> None:
    assert refused(second(), "Claimed", holder=who, epoch=0, shares=0, paid=0) == "pool: nothing to claim"


def test_claimed__by_the_manager_as_a_backer_would__is_refused() -> None:
    scene = second()
    scene.leave(MANAGER, 10**18)
    scene.checkpoint()
    assert refused(scene, "Claimed", holder=MANAGER, epoch=0, shares=0, paid=NMR) == "pool: nothing to claim"


def test_manager_paid__nothing_is_to_be_paid__is_refused() -> None:
    assert refused(second(), "ManagerPaid", amount=0) == "pool: nothing to claim"


def test_manager_paid__a_gwei__agrees() -> None:
    scene = second()
    scene.leave(MANAGER, 10**9)
    scene.checkpoint()
    assert scene.claim(MANAGER) == 1
    assert agrees(scene)


# a fee that is booked


def test_booked__while_the_round_is_locked__is_refused() -> None:
    scene = second(0.1)
    scene.now = scene.terms_of(scene.tournament.last_opened).locks_at
    assert refused(scene, "Booked") == "pool: value is not exact"


def test_booked__after_the_settlement_and_before_the_next_round__agrees() -> None:
    scene = waiting()
    scene.checkpoint()
    assert scene.last("Booked")["fee"] == 3 * NMR
    assert agrees(scene)


@pytest.mark.parametrize("score", [0, -0.1])
def test_booked__of_a_value_at_the_mark_or_below__is_refused(score: float) -> None:
    assert refused(second(score), "Booked") == "pool: nothing to do"


def test_booked__of_stake_without_shares__is_refused() -> None:
    scene = empty()
    scene.enter(MANAGER, 100)
    with at_once(scene):
        scene.tournament.stake(scene.pool.model, 100 * NMR, sender=POOL, now=scene.now)
        tell(scene, "Booked")
    assert reason(scene, "Booked") == "pool: nothing to do"


def test_booked__and_the_exits_that_were_due_did_not_run__differs() -> None:
    scene = second(0.1)
    scene.leave(BACKER, 10**18)
    scene.checkpoint()
    due = ExitsDue(False, 10**18, scene.last("ExitsRun")["paid"] // GWEI, 0, 0)
    assert found(scene, until(scene, "Booked")) == ("exits that were due, and did not run", {}, {0: due})


def test_booked__and_an_order_of_the_same_block_waits__agrees() -> None:
    scene = second(0.1)
    scene.block()
    scene.leave(BACKER, 10**18)
    scene.pool.checkpoint(0, sender=STRANGER, now=scene.now)
    assert agrees(scene)


# exits


@pytest.mark.parametrize("name", ["ExitsRun", "EntriesRun"])
def test_run__before_the_fee_is_booked__is_refused(name: str) -> None:
    assert refused(second(0.1), name) == "pool: the fee is not booked"


def test_exits_run__without_an_order__is_refused() -> None:
    assert refused(second(), "ExitsRun") == "pool: nothing to do"


def test_exits_run__where_the_epoch_ends__is_refused() -> None:
    scene = second()
    scene.leave(BACKER)
    scene.leave(MANAGER)
    scene.block()
    assert refused(scene, "ExitsRun") == "pool: nothing to do"


def test_exits_run__with_more_stake_than_was_due__differs() -> None:
    scene = unclaimed()
    paid = scene.last("ExitsRun")["paid"]
    log = changed(scene, "Left", amount=paid + GWEI)
    assert found(scene, log) == ("stake that left", paid // GWEI, paid // GWEI + 1)


def test_exits_run__with_stake_of_another_place__differs() -> None:
    scene = second()
    scene.leave(BACKER, 10**18)
    scene.now = scene.terms_of(scene.tournament.last_opened).locks_at
    scene.lock(scene.tournament.last_opened)
    round_id = scene.open_at(1)
    scene.enter(MANAGER, 100, 1)
    scene.fill(1)
    with at_once(scene):
        scene.tournament.leave(scene.pool.model, round_id, NMR, sender=POOL, now=scene.now)
        tell(scene, "ExitsRun")
    assert found(scene) == ("place of the round that was left", 0, 1)


def test_epoch_ended__with_a_stake_left__differs() -> None:
    tell(scene := second(), "EpochEnded")
    assert found(scene) == ("at stake", 0, 150 * NMR)


def test_epoch_ended__where_none_began__is_refused() -> None:
    assert refused(empty(), "EpochEnded") == "pool: nothing to do"


def test_epoch_ended__while_it_goes_on__is_refused() -> None:
    scene = second()
    scene.leave(BACKER, 10**18)
    scene.block()
    with at_once(scene):
        scene.tournament.leave(scene.pool.model, scene.tournament.last_opened, 150 * NMR, sender=POOL, now=scene.now)
        tell(scene, "EpochEnded")
    assert reason(scene, "EpochEnded") == "pool: nothing to do"


def test_epoch_ended__after_the_last_unit_burned__has_a_pot_of_nothing() -> None:
    scene = waiting(-1)
    scene.checkpoint()
    assert replayed(scene).pools[POOL].books.pots == {(0, 0): Pot(0, 50 * 10**18)}
    assert agrees(scene)


# entries


def test_entries_run__while_the_places_round_is_not_open__is_refused() -> None:
    scene = filled()
    scene.enter(OTHER, 5)
    scene.now = scene.terms_of(scene.tournament.last_opened).locks_at
    assert refused(scene, "EntriesRun") == "pool: round is not open"


def test_entries_run__while_the_round_of_another_place_is_open__is_refused() -> None:
    scene = empty()
    scene.enter(MANAGER, 100)
    scene.lock(scene.tournament.last_opened)
    scene.open_at(1)
    scene.block()
    assert refused(scene, "EntriesRun") == "pool: round is not open"


@pytest.mark.parametrize(("turns", "last"), [(8, False), (7, True)])
def test_entries_run__near_the_last_ids__are_refused_in_the_last_eight_turns(turns: int, last: bool) -> None:
    scene = PoolScene(first_round=LAST_ROUND - 2 * turns)
    round_id = scene.open_at(1)
    assert round_id == LAST_ROUND - 2 * turns
    scene.enter(MANAGER, 100, 1)
    scene.block()
    if last:
        assert refused(scene, "EntriesRun", place=1) == "pool: too few ids are left"
    else:
        scene.fill(1)
        assert agrees(scene)


def test_entries_run__while_paused__is_refused() -> None:
    scene = empty()
    scene.enter(MANAGER, 100)
    scene.block()
    scene.call("pause", sender=GUARDIAN)
    assert refused(scene, "EntriesRun") == "pool: tournament is paused"


def test_entries_run__before_the_exits__differs() -> None:
    scene = second()
    scene.leave(BACKER, 10**18)
    scene.enter(OTHER, 5)
    scene.block()
    tell(scene, "EntriesRun")
    due = ExitsDue(False, 10**18, 10**9, 0, 0)
    assert found(scene) == ("exits that were due, and did not run", None, due)


def test_entries_run__without_an_order__is_refused() -> None:
    assert refused(filled(), "EntriesRun") == "pool: nothing to do"


@pytest.mark.parametrize("more", [1, -1])
def test_entries_run__with_other_stake_than_was_due__differs(more: int) -> None:
    scene = filled()
    scene.enter(OTHER, 5)
    scene.enter(MANAGER, 7)
    scene.fill()
    due = EntriesDue(5 * 10**9, 5 * 10**9, 5 * 10**18, 7 * 10**9, 7 * 10**9, 7 * 10**18)
    assert scene.last("EntriesRun")["used"] == due.used * GWEI
    log = changed(scene, "Staked", amount=12 * NMR + more * GWEI)
    assert found(scene, log) == ("stake that entered", due.used + due.manager_used, 12 * 10**9 + more)


# sweeps


def test_swept__nothing__is_refused() -> None:
    assert refused(filled(), "Swept", amount=0) == "pool: nothing to sweep"


@pytest.mark.parametrize("more", [GWEI, -1])
def test_swept__other_than_what_is_nobodys__differs(more: int) -> None:
    scene = filled()
    scene.enter(OTHER, 5)
    scene.world.numeraire.transfer(POOL, NMR, sender=STAKER, now=scene.now)
    with at_once(scene):
        scene.world.numeraire.burn(NMR + more, sender=POOL, now=scene.now)
        tell(scene, "Swept", amount=NMR + more)
    assert found(scene) == ("balance", 5 * NMR, 5 * NMR - more)


def test_swept__a_wei__agrees() -> None:
    scene = filled()
    scene.world.numeraire.transfer(POOL, 1, sender=STAKER, now=scene.now)
    scene.pool.sweep(sender=STRANGER, now=scene.now)
    assert agrees(scene)
