# SPDX-License-Identifier: MIT
"""
Random histories of a buyback, played by the contract and by the reference at once.

After every step all that the contract says, holds and has logged is what the reference says, and what nobody may ever
break holds by arithmetic of the test's own.
"""

from fractions import Fraction

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from nmr.errors import Refused, require
from nmr.protocol.reference.buyback import (
    LARGEST_DISCOUNT,
    LARGEST_LOT,
    LARGEST_PREMIUM,
    LARGEST_PROGRAMME,
    LONGEST_AGE,
    LONGEST_GAP,
    LONGEST_LENGTH,
    LONGEST_RESTART_DELAY,
    PRICE,
    SHORTEST_AGE,
    SHORTEST_GAP,
    SHORTEST_LENGTH,
    SHORTEST_RESTART_DELAY,
    SMALLEST_LOT,
    UNLIMITED,
    Answer,
    Programme,
    Uptime,
)
from nmr.text.amounts import NMR, SUPPLY
from tests.stateful.buyback_stage import FILLERS, GETTERS, GUARDIAN, HELD, OWNER, POOR, RICH, STRANGER, BuybackLockstep
from tests.stateful.profiles import Machine, chosen
from tests.stateful.tally import TALLY

ACTORS = st.sampled_from([OWNER, GUARDIAN, STRANGER, *FILLERS])
PARTS = st.sampled_from([0, 1, 2, 500, 9_999, 10_000, 10_001])
"""Of ten thousand of a lot."""
OFFSETS = st.sampled_from([-1, 0, 1])


def within(least: int, most: int) -> st.SearchStrategy[int]:
    """A number within limits, now and then one of the two."""
    return st.one_of(st.sampled_from([least, most]), st.integers(least, most), st.integers(least, most))


@st.composite
def programmes(draw, decimals: int) -> Programme:
    """Any programme within the hard limits; often one at a limit, or one whose few lots can be played to the end."""
    unit = 10**decimals
    lot_cap = draw(within(SMALLEST_LOT * unit, LARGEST_LOT * unit))
    few = st.integers(lot_cap, 4 * lot_cap)
    return Programme(
        lifetime_cap=draw(st.one_of(few, few, within(lot_cap, LARGEST_PROGRAMME * unit))),
        lot_cap=lot_cap,
        min_lot=draw(st.one_of(st.just(SMALLEST_LOT * unit), within(SMALLEST_LOT * unit, lot_cap))),
        length=draw(within(SHORTEST_LENGTH, LONGEST_LENGTH)),
        gap=draw(within(SHORTEST_GAP, LONGEST_GAP)),
        discount=draw(within(1, LARGEST_DISCOUNT)),
        premium=draw(within(0, LARGEST_PREMIUM)),
        max_price=draw(st.one_of(st.sampled_from([15 * PRICE, 50 * PRICE]), st.integers(1, 2**256 - 1))),
        max_age=draw(within(SHORTEST_AGE, LONGEST_AGE)),
        restart_delay=draw(st.one_of(st.just(0), within(SHORTEST_RESTART_DELAY, LONGEST_RESTART_DELAY))),
        burns=draw(st.booleans()),
    )


REACHED = {
    "buyback.kick done": 40,
    "buyback.kick refused": 40,
    "buyback.take done": 10,
    "buyback.take refused": 40,
    "buyback.pause done": 3,
    "buyback.pause refused": 10,
    "buyback.unpause done": 2,
    "buyback.end done": 3,
    "buyback.end refused": 4,
    "buyback.sweep done": 1,
    "buyback.sweep refused": 10,
    "buyback.trespass refused": 20,
}
"""What the histories of CI have to come to, with slack: see `test_tournament.py`."""


class Histories(Machine):
    """What anyone may do to a buyback, and what nobody may."""

    subject = "buyback"
    reached = REACHED

    @initialize(data=st.data(), decimals=st.sampled_from([0, 6, 18]), rich=st.booleans())
    def begin(self, data: st.DataObject, decimals: int, rich: bool) -> None:
        programme = data.draw(programmes(decimals))
        budget = programme.lifetime_cap * 2 if rich else programme.lot_cap + programme.lot_cap // 3
        self.lockstep = BuybackLockstep(programme, decimals, budget, 10 * programme.lot_cap)
        self.programme = programme
        self.lockstep.allow(programme.lifetime_cap)
        self.lockstep.approve(RICH, UNLIMITED)
        self.taken: dict[int, int] = {}
        """Stablecoin by lot."""

    # time and prices

    @rule(seconds=st.integers(0, 5_000))
    def wait(self, seconds: int) -> None:
        self.lockstep.chain.now += seconds

    @rule(which=st.sampled_from(["end", "next"]), off=OFFSETS)
    def wait_for_a_deadline(self, which: str, off: int) -> None:
        lot = self.lockstep.reference.lot
        at = (lot.started_at + self.programme.length if which == "end" else self.lockstep.reference.next_kick_at) + off
        self.lockstep.chain.now = max(self.lockstep.now, at)

    @rule(cents=st.integers(1, 6_000))
    def price_moves(self, cents: int) -> None:
        self.lockstep.tell(Answer(cents * 10**6, 8, self.lockstep.now))

    @rule(
        answer=st.sampled_from([0, -1, 1, 15 * 10**8, 2**255 - 1]),
        decimals=st.sampled_from([0, 8, 18, 36, 37]),
        age=st.sampled_from(["now", "future", "oldest", "too old"]),
        rounds=st.sampled_from([(1, 1), (2, 1), (1, 2)]),
        complete=st.booleans(),
    )
    def feed_is_odd(self, answer: int, decimals: int, age: str, rounds: tuple[int, int], complete: bool) -> None:
        ages = {"now": 0, "future": -1, "oldest": self.programme.max_age, "too old": self.programme.max_age + 1}
        updated_at = self.lockstep.now - ages[age] if complete else 0
        self.lockstep.tell(Answer(answer, decimals, updated_at, *rounds))

    @rule()
    def feed_is_fresh(self) -> None:
        self.lockstep.tell(Answer(15 * 10**8, 8, self.lockstep.now))

    @precondition(lambda self: self.programme.restart_delay)
    @rule(answer=st.sampled_from([0, 0, 0, 1, -1]), off=OFFSETS, age=st.sampled_from(["delay", "now", "never"]))
    def sequencer_restarts(self, answer: int, off: int, age: str) -> None:
        ages = {"delay": self.programme.restart_delay, "now": 0}
        started_at = 0 if age == "never" else self.lockstep.now - ages[age] + off
        self.lockstep.tell_of_sequencer(Uptime(answer, started_at))

    # the auction

    @rule(sender=ACTORS)
    def kick(self, sender: str) -> None:
        lockstep = self.lockstep
        reason = lockstep.both(
            "kick",
            sender=sender,
            reference=lambda: lockstep.reference.kick(lockstep.answer, lockstep.now, lockstep.uptime),
        )
        self.count("kick", reason)

    @rule(sender=ACTORS, waits=st.lists(st.tuples(st.integers(0, 4), PARTS), max_size=4))
    def sell_a_lot(self, sender: str, waits: list[tuple[int, int]]) -> None:
        """As it is meant: kicked when due, and taken from now and then until it is over."""
        if self.lockstep.reference.paused:
            self.unpause(OWNER)
        self.lockstep.chain.now = max(self.lockstep.now, self.lockstep.reference.next_kick_at)
        self.feed_is_fresh()
        if self.programme.restart_delay:
            self.lockstep.tell_of_sequencer(Uptime(0, self.lockstep.now - self.programme.restart_delay))
        self.kick(sender)
        for quarters, part in waits:
            self.lockstep.chain.now += self.programme.length * quarters // 4
            self.take(RICH, part, 0)

    @rule(filler=st.sampled_from([RICH, RICH, POOR, STRANGER]), part=PARTS, above=st.sampled_from([None, 0, 1]))
    def take(self, filler: str, part: int, above: int | None) -> None:
        """A part of a lot, at any price or at just that of the moment, or more."""
        lockstep, reference = self.lockstep, self.lockstep.reference
        amount = self.programme.lot_cap * part // 10_000 if part > 2 else part
        (offered, fresh), kicked = self.offered(), reference.lot.reference
        min_price = 0 if above is None or offered is None else offered + above
        reason = lockstep.both(
            "take", amount, min_price, filler, sender=filler,
            reference=lambda: reference.take(
                lockstep.answer, lockstep.now, filler, amount, min_price, filler, lockstep.uptime
            ),
        )  # fmt: skip
        self.count("take", reason)
        if reason is None:
            assert offered is not None and fresh is not None
            fill = lockstep.logged()[-1].args
            self.taken[fill["lot"]] = self.taken.get(fill["lot"], 0) + fill["paid"]
            # What was paid for each NMR, exactly, and not as the contract rounds it.
            paid = Fraction(fill["paid"] * 10 ** (36 - reference.decimals), fill["bought"])
            assert paid <= min(fresh, kicked) * (10_000 + self.programme.premium) / 10_000
            assert paid <= self.programme.max_price
            assert fill["price"] >= min_price

    def offered(self) -> tuple[int | None, Fraction | None]:
        """What the contract offers, and the exact fresh reference."""
        outcome = self.lockstep.chain.ask(self.lockstep.buyback, "price")
        if outcome.reason is not None:
            return None, None
        return outcome.value, Fraction(self.lockstep.answer.answer * PRICE, 10**self.lockstep.answer.decimals)

    # roles and money

    @rule(sender=st.sampled_from([GUARDIAN, OWNER, STRANGER]))
    def pause(self, sender: str) -> None:
        self.count(
            "pause", self.lockstep.both("pause", sender=sender, reference=lambda: self.lockstep.reference.pause(sender))
        )

    @rule(sender=st.sampled_from([OWNER, OWNER, GUARDIAN]))
    def unpause(self, sender: str) -> None:
        reason = self.lockstep.both("unpause", sender=sender, reference=lambda: self.lockstep.reference.unpause(sender))
        self.count("unpause", reason)

    @precondition(lambda self: self.lockstep.reference.lot.number > 1)
    @rule(sender=st.sampled_from([OWNER, OWNER, STRANGER, GUARDIAN]), sweepers=st.sampled_from([2, 0, 1, 3]))
    def end(self, sender: str, sweepers: int) -> None:
        """Also a second time, and with sweeps right after it: by a stranger, by the owner, and once more."""
        left = self.lockstep.reference.lot.left
        reason = self.lockstep.both("end", sender=sender, reference=lambda: self.lockstep.reference.end(sender))
        self.count("end", reason)
        if reason is None:
            self.lockstep.donated += left
            self.end(sender, 0)
            for sweeper in (STRANGER, OWNER, OWNER)[:sweepers]:
                self.sweep(sweeper)

    @precondition(lambda self: self.lockstep.reference.lot.number > 1)
    @rule(sender=st.sampled_from([OWNER, OWNER, STRANGER]))
    def sweep(self, sender: str) -> None:
        reason = self.lockstep.both("sweep", sender=sender, reference=lambda: self.lockstep.reference.sweep(sender))
        self.count("sweep", reason)
        if reason is None:
            self.lockstep.donated = 0

    @rule(sender=st.sampled_from([GUARDIAN, STRANGER, RICH]), function=st.sampled_from(["guardian", "ownership"]))
    def trespass(self, sender: str, function: str) -> None:
        """Whom the owner appoints, and who is owner."""
        name = "set_guardian" if function == "guardian" else "transfer_ownership"
        reference = lambda: require(False, "ownable: caller is not the owner")  # noqa: E731
        self.count("trespass", self.lockstep.both(name, sender, sender=sender, reference=reference))

    @rule(part=PARTS)
    def allow(self, part: int) -> None:
        self.lockstep.allow(self.programme.lifetime_cap * part // 10_000)

    @rule(amount=st.sampled_from([0, NMR, UNLIMITED]))
    def approve(self, amount: int) -> None:
        self.lockstep.approve(POOR, amount)

    @rule(part=PARTS, to_treasury=st.booleans())
    def donate(self, part: int, to_treasury: bool) -> None:
        amount = min(self.programme.lot_cap * part // 10_000, self.lockstep.reference.stablecoin.balance(STRANGER))
        self.lockstep.give(self.lockstep.treasury_address if to_treasury else self.lockstep.address, amount)

    # what holds after every step

    @invariant()
    def contract_says_what_the_reference_says(self) -> None:
        lockstep, reference = self.lockstep, self.lockstep.reference
        expected = {getter: getattr(reference, getter) for getter in GETTERS}
        assert lockstep.seen()[0] == expected
        value, reason = None, None
        try:
            value = reference.price(lockstep.answer, lockstep.now, lockstep.uptime)
        except Refused as refusal:
            reason = refusal.reason
        assert lockstep.chain.ask(lockstep.buyback, "price") == (value, reason, [])

    @invariant()
    def log_is_what_the_reference_emits(self) -> None:
        assert [(event.name, dict(event.args)) for event in self.lockstep.logged()] == self.lockstep.reference.events

    @invariant()
    def spending_stays_below_every_cap(self) -> None:
        assert sum(self.taken.values()) <= self.programme.lifetime_cap
        assert all(paid <= self.programme.lot_cap for paid in self.taken.values())
        assert sum(self.taken.values()) == self.lockstep.reference.total_paid

    @invariant()
    def every_stablecoin_is_accounted_for(self) -> None:
        lockstep = self.lockstep
        _, balances, _ = lockstep.seen()
        assert sum(balances.values()) == lockstep.supply
        assert balances == {holder: lockstep.reference.stablecoin.balance(holder) for holder in balances}
        assert balances[lockstep.address] == lockstep.reference.lot.left + lockstep.donated
        assert lockstep.reference.lot.left <= self.programme.lot_cap

    @invariant()
    def nmr_received_is_what_the_fills_say(self) -> None:
        lockstep = self.lockstep
        _, _, balances = lockstep.seen()
        bought = sum(event.args["bought"] for event in lockstep.logged() if event.name == "Filled")
        before = SUPPLY - sum(HELD.values())
        assert sum(balances[filler] for filler in FILLERS) == sum(HELD.values()) - bought
        assert balances[lockstep.address] == balances[STRANGER] == 0
        assert balances[lockstep.treasury_address] == before + (0 if self.programme.burns else bought)

    @invariant()
    def nmr_is_burned_only_by_a_burning_programme(self) -> None:
        lockstep = self.lockstep
        burned = lockstep.reference.total_bought if self.programme.burns else 0
        assert sum(lockstep.seen()[2].values()) == SUPPLY - burned

    def count(self, what: str, reason: str | None) -> None:
        TALLY[f"buyback.{what} {'done' if reason is None else 'refused'}"] += 1


# Each history deploys its own programme, and reads all that it holds after every step.
PLAYED = chosen()
Histories.TestCase.settings = settings(
    PLAYED, max_examples=PLAYED.max_examples * 6 // 5, stateful_step_count=PLAYED.stateful_step_count * 5 // 8
)
TestBuyback = Histories.TestCase


@pytest.mark.skipif("TALLY['buyback: histories'] < 80", reason="too few histories were played in this process")
def test_histories__of_ci__get_to_where_something_can_go_wrong() -> None:
    assert {what: TALLY[what] for what, least in REACHED.items() if TALLY[what] < least} == {}
