# SPDX-License-Identifier: MIT
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nmr.errors import Mismatch, NmrError
from nmr.protocol.chunk_tree import decode, encode
from nmr.protocol.reference import Deployment, Event, Setup, State, Views
from nmr.protocol.reference.numeraire import UNLIMITED
from nmr.protocol.reference.tournament import Signed
from nmr.protocol.reference.treasury import Limits
from nmr.protocol.reference.views import IDLE_ROW, POLICY_ROW
from nmr.protocol.replay import Replay, replay
from nmr.protocol.score_words import encode_word
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR, RATIO, SCORE
from tests.support.example_suite import (
    GUARDIAN,
    NUMERAIRE,
    OWNER,
    RIVAL,
    SEALED,
    STAKER,
    STRANGER,
    TOURNAMENT,
    TREASURY,
    ExampleSuite,
)

UP, DOWN = (SCORE // 100, 0), (-SCORE // 100, 0)


@pytest.fixture(scope="module")
def suite() -> ExampleSuite:
    """A history in which every event of the suite occurs."""
    suite = ExampleSuite(models=1_201)
    call, treasury, numeraire = suite.call, suite.world.treasury, suite.world.numeraire
    call("set_submitter", 1, STRANGER)
    call("offer_model", 2, RIVAL)
    call("accept_model", 2, sender=RIVAL)
    call("set_operator", suite.tournament.operator, sender=OWNER)
    call("set_guardian", GUARDIAN, sender=OWNER)
    call("pause", sender=GUARDIAN)
    call("unpause", sender=OWNER)
    treasury.authorise(STRANGER, NMR, 2 * NMR, NMR, sender=OWNER, now=suite.now)
    treasury.allow("stablecoin", STRANGER, NMR, sender=OWNER, now=suite.now)
    treasury.spend(STRANGER, NMR, sender=OWNER, now=suite.now)
    treasury.authorise(STRANGER, 0, 0, 0, sender=OWNER, now=suite.now)
    treasury.unlist(STRANGER, sender=OWNER, now=suite.now)
    numeraire.transfer(TOURNAMENT, 7, sender=STRANGER, now=suite.now)
    for model in (0, 1, 1_200):
        call("deposit", model, 50 * NMR, STAKER)
        call("set_policy", model, 40 * NMR, model == 0)
    call("deposit", 2, 50 * NMR, RIVAL)
    call("move_idle", 0, 3, NMR)
    call("withdraw", 3, NMR, RIVAL)

    first = suite.open(threshold=100 * NMR)
    call("stake", 3, 10 * NMR)
    call("stake", 2, 10 * NMR, sender=RIVAL)
    call("leave", 3, first, UNLIMITED)
    call("enter", [0, 300])
    suite.submit(0, 1, 3, 1_200)
    call("submit_signed", [Signed(1, suite.now, STAKER)], [1], [SEALED], sender=STRANGER)
    scores = {0: UP, 1: DOWN, 2: UP, 1_200: UP}
    suite.propose(first, scores)
    suite.call("veto", first, suite.tournament.round_info(first).root, sender=GUARDIAN)
    suite.wait(1)
    chunks = suite.finalise(first, scores)
    second = suite.open()
    call("stake", 3, 10 * NMR)
    suite.lock(second)
    third = suite.open()
    suite.settle(first, chunks, 1)
    suite.settle(first, chunks, 0)
    call("void", second, sender=GUARDIAN)
    call("settle_expired", second, [0])
    assert suite.state(first) == suite.state(second) == State.CLOSED
    assert suite.tournament.staked(third) > 0
    return suite


def rebuilt(suite: ExampleSuite, events: list[Event]) -> Replay:
    return replay(events, suite.world.deployment)


def changed(events: list[Event], name: str, field: str, change: Callable[[Any], Any], nth: int = -1) -> list[Event]:
    """The log with one field of the last (or nth) event of a name changed."""
    found = [index for index, event in enumerate(events) if event.name == name]
    index = found[nth]
    event = events[index]
    args = {**event.args, field: change(event.args[field])}
    return [*events[:index], replace(event, args=args), *events[index + 1 :]]


# what it rebuilds


def test_replay__log_of_the_reference__rebuilds_it(suite: ExampleSuite) -> None:
    replayed = rebuilt(suite, suite.world.events)
    assert replayed.books == {TOURNAMENT: suite.tournament.books}
    assert replayed.balances == suite.world.numeraire.balances
    assert replayed.reserves == suite.world.treasury.books


def test_replay__any_number_of_whole_transactions__is_sound(suite: ExampleSuite) -> None:
    books = Replay(suite.world.deployment)
    last = ""
    for event in suite.world.events:
        if event.transaction != last:
            books.finish()
        books.apply(event)
        last = event.transaction
    books.finish()
    assert books.books == {TOURNAMENT: suite.tournament.books}


def test_replay__views__as_the_reference_tells_them(suite: ExampleSuite) -> None:
    views = Views(rebuilt(suite, suite.world.events).books[TOURNAMENT])
    assert views.round_info(1) == suite.tournament.round_info(1)
    for row in (0, 1, IDLE_ROW, POLICY_ROW):
        assert views.words(row, 0, 301) == suite.tournament.words(row, 0, 301)
    assert views.submitted(1, 1) and not views.submitted(1, 2)


def test_replay__structs_as_mappings__read_by_name(suite: ExampleSuite) -> None:
    events = []
    for event in suite.world.events:
        args = {name: value._asdict() if hasattr(value, "_asdict") else value for name, value in event.args.items()}
        events.append(replace(event, args=args))
    assert rebuilt(suite, events).books == {TOURNAMENT: suite.tournament.books}


def test_replay__events_of_other_contracts__skipped(suite: ExampleSuite) -> None:
    other = replace(suite.world.events[-1], address=STRANGER, name="Settled")
    assert rebuilt(suite, [other, *suite.world.events, other]).books == {TOURNAMENT: suite.tournament.books}


def test_replay__nothing__empty_books() -> None:
    books = replay([], Deployment(NUMERAIRE, TREASURY, {TOURNAMENT: Setup(2, 7, NMR)}))
    assert books.books[TOURNAMENT].rounds.next_round(1) == 7
    assert books.balances.total_supply == 0


# what it finds


@pytest.mark.parametrize(
    ("name", "field", "change", "what"),
    [
        ("ModelRegistered", "model", lambda model: model + 1, "model"),
        ("SubmitterSet", "model", lambda _: 1_201, "SubmitterSet"),
        ("OwnershipOffered", "owner", lambda _: STRANGER, "owner"),
        ("OwnershipMoved", "previous", lambda _: STRANGER, "previous owner"),
        ("OwnershipMoved", "owner", lambda _: STRANGER, "offered to"),
        ("PolicySet", "target", lambda target: target + 1, "PolicySet"),
        ("PolicySet", "target", lambda target: target - GWEI, "amount entered"),
        ("Deposited", "amount", lambda amount: amount + GWEI, f"surplus of {TOURNAMENT}"),
        ("Deposited", "amount", lambda amount: amount + 1, "Deposited"),
        ("Deposited", "model", lambda _: 1_201, "Deposited"),
        ("Withdrawn", "amount", lambda amount: amount - GWEI, f"NMR from {TOURNAMENT} to {RIVAL} beyond its events"),
        ("Withdrawn", "amount", lambda amount: amount + GWEI, "Withdrawn"),
        ("Withdrawn", "receiver", lambda _: STRANGER, f"NMR from {TOURNAMENT} to {RIVAL} beyond its events"),
        ("Withdrawn", "model", lambda _: 4, "Withdrawn"),
        ("IdleMoved", "source", lambda _: 4, "IdleMoved"),
        ("IdleMoved", "destination", lambda _: 4, "Withdrawn"),
        ("Staked", "amount", lambda amount: amount + GWEI, f"surplus of {TOURNAMENT}"),
        ("Staked", "round", lambda round_id: round_id - 1, "state of round 1"),
        ("Staked", "model", lambda _: 1_201, "Staked"),
        ("Left", "amount", lambda amount: amount - GWEI, "amount left"),
        ("Left", "model", lambda _: 5, "Left"),
        ("Entered", "amount", lambda amount: amount - GWEI, "amount entered"),
        ("Entered", "groups", lambda groups: groups[1:], "amount entered"),
        ("RoundOpened", "round", lambda round_id: round_id + 1, "RoundOpened"),
        ("RoundOpened", "terms", lambda terms: terms._replace(clip=0), "RoundOpened"),
        ("Submitted", "models", lambda models: [*models, 1_201], "Submitted"),
        ("Submitted", "models", lambda models: models[1:], "rewards"),
        ("Submitted", "round", lambda _: 2, "state of round 2"),
        ("SubmittedSigned", "commitments", lambda told: [(told[0][0] + (1 << 64), told[0][1])], "sequence"),
        ("RoundLocked", "at_risk", lambda amount: amount + GWEI, "at risk"),
        ("RoundLocked", "factor", lambda factor: factor - 1, "factor"),
        ("RoundLocked", "clip", lambda clip: clip + 1, "clip"),
        ("RoundLocked", "granted", lambda granted: granted - GWEI, "granted"),
        ("RoundLocked", "round", lambda _: 1, "state of round 1"),
        ("SubmissionsOpened", "round", lambda _: 2, "state of round 2"),
        ("Proposed", "final_at", lambda final_at: final_at + 1, "final at"),
        ("Proposed", "root", lambda _: bytes([7]) * 32, "root"),
        ("Proposed", "chunks", lambda _: 1, "Settled"),
        ("Vetoed", "root", lambda _: bytes(32), "vetoed root"),
        ("Voided", "round", lambda _: 7, "state of round 7"),
        ("Settled", "successor", lambda successor: successor + 2, "successor"),
        ("Settled", "staked", lambda amount: amount + GWEI, "staked"),
        ("Settled", "rewards", lambda amount: amount + GWEI, "rewards"),
        ("Settled", "burns", lambda amount: amount - GWEI, "burns"),
        ("Settled", "idled", lambda amount: amount + GWEI, "idled"),
        ("Settled", "index", lambda _: 1, "Settled"),
        ("Settled", "chunk", lambda chunk: encode([word + (300 << 224) for word in decode(chunk)]), "Settled"),
        ("Settled", "chunk", lambda _: encode([encode_word(0, [UP, UP, UP, UP])]), "rewards"),
        ("Settled", "chunk", lambda chunk: encode([decode(chunk)[0] + (1 << 28 * 4)]), "root"),
        ("SettledExpired", "staked", lambda amount: amount - GWEI, "staked"),
        ("SettledExpired", "groups", lambda _: [1], "staked"),
        ("RoundClosed", "released", lambda amount: amount + 1, "released"),
        ("RoundClosed", "round", lambda _: 3, "state of round 3"),
        ("Paused", "until", lambda until: until + 1, "paused until"),
        ("Reserved", "amount", lambda amount: amount - GWEI, "granted"),
        ("Reserved", "amount", lambda amount: amount + 10**30, "grantable"),
        ("Drawn", "amount", lambda amount: amount - GWEI, "released"),
        ("Drawn", "amount", lambda amount: amount + 100 * NMR, "Drawn"),
        ("Drawn", "round", lambda _: 2, "Drawn"),
        ("Released", "amount", lambda amount: amount + 1, "released"),
        ("Spent", "receiver", lambda _: OWNER, f"NMR from {TREASURY} to {OWNER} beyond its events"),
        ("Transfer", "value", lambda value: value + 10**30, "Transfer"),
    ],
)
def test_replay__field_changed__mismatch(
    suite: ExampleSuite, name: str, field: str, change: Callable[[Any], Any], what: str
) -> None:
    with pytest.raises(Mismatch) as caught:
        rebuilt(suite, changed(suite.world.events, name, field, change))
    assert caught.value.what == what


def paused_again(early: int) -> tuple[ExampleSuite, list[Event]]:
    """A log with a second pause, so many seconds before the guardian may."""
    suite = ExampleSuite()
    suite.call("pause", sender=GUARDIAN)
    suite.now = suite.tournament.books.pause.rested_at
    suite.call("pause", sender=GUARDIAN)
    last = suite.world.events[-1]
    args = {**last.args, "until": last.args["until"] - early}
    return suite, [*suite.world.events[:-1], replace(last, args=args, timestamp=last.timestamp - early)]


def test_replay__pause_a_second_too_early__mismatch() -> None:
    with pytest.raises(Mismatch, match="roles: paused too lately"):
        rebuilt(*paused_again(1))


def test_replay__pause_as_early_as_allowed__taken() -> None:
    suite, events = paused_again(0)
    assert rebuilt(suite, events).books == {TOURNAMENT: suite.tournament.books}


@pytest.mark.parametrize(
    "name",
    [
        "Authorised",
        "BoundsSet",
        "Transfer",
        "ModelRegistered",
        "PolicySet",
        "Deposited",
        "Withdrawn",
        "IdleMoved",
        "Staked",
        "Left",
        "Entered",
        "RoundOpened",
        "Submitted",
        "RoundLocked",
        "SubmissionsOpened",
        "Proposed",
        "Vetoed",
        "Settled",
        "SettledExpired",
        "Reserved",
        "Drawn",
        "Spent",
    ],
)
def test_replay__first_event_of_a_kind_missing__mismatch(suite: ExampleSuite, name: str) -> None:
    events = list(suite.world.events)
    del events[next(index for index, event in enumerate(events) if event.name == name)]
    with pytest.raises(Mismatch):
        rebuilt(suite, events)


def test_replay__log_out_of_order_or_twice__mismatch(suite: ExampleSuite) -> None:
    events = suite.world.events
    for wrong in ([events[1], events[0], *events[2:]], [*events, events[-1]], [events[0], events[0]]):
        with pytest.raises(Mismatch, match="order of the log"):
            rebuilt(suite, wrong)


def test_replay__unknown_event_of_the_suite__mismatch(suite: ExampleSuite) -> None:
    events = suite.world.events
    with pytest.raises(Mismatch, match="event: expected one of"):
        rebuilt(suite, [*events[:-1], replace(events[-1], name="Surprise")])


def test_replay__events_that_say_nothing_of_the_books__skipped(suite: ExampleSuite) -> None:
    last = suite.world.events[-1]
    events = [*suite.world.events, replace(last, name="Approval", log_index=last.log_index + 1)]
    assert rebuilt(suite, events).books == {TOURNAMENT: suite.tournament.books}


def told(suite: ExampleSuite, name: str, contract: str = TOURNAMENT, **args: Any) -> list[Event]:
    """The log and one more event, in a transaction of its own."""
    last = suite.world.events[-1]
    block = last.block + 1
    return [*suite.world.events, Event(name, args, block, last.timestamp, 0, f"{block:#066x}", contract)]


def moved(suite: ExampleSuite, sender: str, receiver: str, amount: int) -> list[Event]:
    """The log and a transfer after it."""
    return told(suite, "Transfer", NUMERAIRE, sender=sender, receiver=receiver, value=amount)


def test_replay__escrow_or_treasury_leaks__mismatch(suite: ExampleSuite) -> None:
    for sender in (TOURNAMENT, TREASURY):
        for receiver in (STRANGER, ZERO_ADDRESS):
            with pytest.raises(Mismatch, match=f"NMR from {sender} to {receiver} beyond its events"):
                rebuilt(suite, moved(suite, sender, receiver, 1))


def test_replay__burn_that_goes_to_somebody__mismatch(suite: ExampleSuite) -> None:
    events = suite.world.events
    burns = [
        index
        for index, event in enumerate(events)
        if event.name == "Transfer" and event.args["sender"] == TOURNAMENT and event.args["receiver"] == ZERO_ADDRESS
    ]
    event = events[burns[-1]]
    stolen = replace(event, args={**event.args, "receiver": STRANGER})
    with pytest.raises(Mismatch, match=f"NMR from {TOURNAMENT} to {STRANGER} beyond its events"):
        rebuilt(suite, [*events[: burns[-1]], stolen, *events[burns[-1] + 1 :]])


def test_replay__mint_after_the_constructor__mismatch(suite: ExampleSuite) -> None:
    with pytest.raises(Mismatch, match="numeraire: more than the supply"):
        rebuilt(suite, moved(suite, ZERO_ADDRESS, STRANGER, 1))


def test_replay__donation__is_none_of_the_models(suite: ExampleSuite) -> None:
    assert rebuilt(suite, moved(suite, STAKER, TOURNAMENT, 1)).books == {TOURNAMENT: suite.tournament.books}


def test_replay__deposit_out_of_a_donation__mismatch() -> None:
    suite = ExampleSuite()
    suite.world.numeraire.transfer(TOURNAMENT, 5 * GWEI, sender=STAKER, now=suite.now)
    with pytest.raises(Mismatch, match=f"surplus of {TOURNAMENT}: expected at least {5 * GWEI} wei, found {2 * GWEI}"):
        rebuilt(suite, told(suite, "Deposited", model=0, amount=3 * GWEI))


def test_replay__stake_that_left_a_locked_round__mismatch() -> None:
    suite = ExampleSuite()
    suite.open()
    suite.call("stake", 0, 2 * NMR)
    suite.lock(1)
    with pytest.raises(Mismatch, match="state of round 1: expected OPEN or UNKNOWN, found LOCKED"):
        rebuilt(suite, told(suite, "Left", round=1, model=0, amount=NMR))


def test_replay__treasury_grants_the_last_it_has__agrees() -> None:
    suite = ExampleSuite(limits=Limits(100 * NMR, 100 * NMR, 0))
    suite.world.treasury.spend(STRANGER, (3_000_000 - 3) * NMR, sender=OWNER, now=suite.now)
    granted = []
    for _ in range(2):
        round_id = suite.open(clip=RATIO // 4)
        suite.call("stake", 0, 8 * NMR)
        suite.publish(round_id)
        granted.append(suite.last("RoundLocked")["granted"])
    assert granted == [2 * NMR, NMR]
    assert rebuilt(suite, suite.world.events).reserves == suite.world.treasury.books


def test_replay__settled_rewards_not_drawn__mismatch(suite: ExampleSuite) -> None:
    events = suite.world.events
    drawn = next(index for index, event in enumerate(events) if event.name == "Drawn")
    amount = events[drawn].args["amount"]
    # Both the event and the transfer that belongs to it are gone.
    with pytest.raises(Mismatch, match=f"in round 1 that were not drawn: expected 0, found {amount}"):
        rebuilt(suite, [*events[:drawn], *events[drawn + 2 :]])


def test_replay__more_paid_than_drawn__mismatch(suite: ExampleSuite) -> None:
    events = changed(suite.world.events, "Drawn", "amount", lambda amount: amount - GWEI, nth=0)
    with pytest.raises(
        Mismatch, match=f"NMR from {TREASURY} to {TOURNAMENT} beyond its events: expected 0, found {GWEI}"
    ):
        rebuilt(suite, events)


def test_replay__stake_on_a_word_that_was_not_settled__mismatch() -> None:
    suite = ExampleSuite()
    suite.open()
    suite.call("stake", 0, NMR)
    suite.finalise(1, {0: UP})
    suite.open()
    suite.wait(24)
    suite.open()
    suite.call("deposit", 1, NMR, STAKER)
    *events, event = suite.world.events
    staked = replace(event, name="Staked", args={"round": 3, "model": 1, "amount": NMR})
    with pytest.raises(Mismatch, match="Staked: expected what the books allow, found ledger: settle first"):
        rebuilt(suite, [*events, staked])


def test_replay__treasury_below_its_reservations__mismatch() -> None:
    suite = ExampleSuite(limits=Limits(100 * NMR, 100 * NMR, 0))
    suite.open()
    suite.call("stake", 0, 40 * NMR)
    suite.lock(1)
    suite.world.treasury.spend(STRANGER, NMR, sender=OWNER, now=suite.now)
    events = suite.world.events
    everything = 3_000_000 * NMR
    events = changed(events, "Spent", "amount", lambda _: everything)
    events = changed(events, "Transfer", "value", lambda _: everything)
    with pytest.raises(
        Mismatch, match="treasury: expected at least 2000000000000000000 wei that are reserved, found 0"
    ):
        rebuilt(suite, events)


def test_replay__treasury_grants_less_than_it_has_to__mismatch(suite: ExampleSuite) -> None:
    events = changed(suite.world.events, "Reserved", "amount", lambda amount: amount - GWEI)
    events = changed(events, "RoundLocked", "granted", lambda granted: granted - GWEI)
    with pytest.raises(Mismatch, match="granted: expected 500000000000000000, found 499999999000000000"):
        rebuilt(suite, events)


def test_replay__round_opened_while_another_is_open__mismatch(suite: ExampleSuite) -> None:
    last = suite.world.events[-1]
    opened = [event for event in suite.world.events if event.name == "RoundOpened"][-1]
    second = replace(opened, args={**opened.args, "round": 4}, block=last.block + 1, transaction="next")
    with pytest.raises(
        Mismatch, match="RoundOpened: expected what the books allow, found rounds: another round is open"
    ):
        rebuilt(suite, [*suite.world.events, second])


def test_replay__chunk_settled_early__mismatch(suite: ExampleSuite) -> None:
    events = suite.world.events
    index = next(index for index, event in enumerate(events) if event.name == "Settled")
    early = replace(events[index], timestamp=suite.tournament.round_info(1).final_at - 1)
    with pytest.raises(Mismatch, match="state of round 1: expected FINAL, found PROPOSED"):
        rebuilt(suite, [*events[:index], early, *events[index + 1 :]])


def test_mismatch__fields__tell_where_and_what(suite: ExampleSuite) -> None:
    events = changed(suite.world.events, "Settled", "burns", lambda amount: amount - GWEI)
    with pytest.raises(Mismatch) as caught:
        rebuilt(suite, events)
    event = [event for event in events if event.name == "Settled"][-1]
    error = caught.value
    assert (error.block, error.transaction, error.what) == (event.block, event.transaction, "burns")
    assert isinstance(error.expected, int) and isinstance(error.found, int)
    assert error.expected == error.found + GWEI
    assert str(error) == (
        f"block {event.block}, transaction {event.transaction}: burns: expected {error.expected}, found {error.found}"
    )
    assert isinstance(error, NmrError) and isinstance(error, ValueError)


def test_mismatch__pickled__the_same() -> None:
    error = Mismatch(1, "0x2", "burns", 3, 4)
    copied = pickle.loads(pickle.dumps(error))
    assert (str(copied), copied.what) == (str(error), "burns")


# one that goes on


class Noted(Replay):
    """Notes what differs, and goes on."""

    def __init__(self, deployment: Deployment) -> None:
        super().__init__(deployment)
        self.found: list[str] = []

    def disagree(self, mismatch: Mismatch) -> None:
        self.found.append(mismatch.what)


def noted(deployment: Deployment, events: list[Event]) -> list[str]:
    books = Noted(deployment)
    for event in events:
        books.apply(event)
    books.finish()
    return books.found


def test_replay__two_events_out_of_order__both_are_noted(suite: ExampleSuite) -> None:
    """The second comes behind the first, and still before the one that was applied last."""
    *events, before, after, last = suite.world.events[:-1]
    assert before.log_index < after.log_index < last.log_index
    assert noted(suite.world.deployment, [*events, before, after, last, before, after]) == 2 * ["order of the log"]


def test_replay__rewards_not_drawn__noted_once(suite: ExampleSuite) -> None:
    events = suite.world.events
    drawn = next(index for index, event in enumerate(events) if event.name == "Drawn")
    found = noted(suite.world.deployment, [*events[:drawn], *events[drawn + 2 :]])
    assert sum("not drawn" in what for what in found) == 1
