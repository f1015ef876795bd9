"""
Random histories of a buyback, played by the contract and by the reference at once.

After every step all that the contract says, holds and has logged is what the reference says, and what nobody may ever
break holds by arithmetic of the test's own.
"""

from fractions import Fraction

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from nmr.reference.buyback import PRICE, UNLIMITED, Answer, Programme
from nmr.units import NMR, SUPPLY
from tests.stateful.buyback_stage import FILLERS, GETTERS, GUARDIAN, HELD, OWNER, POOR, RICH, STRANGER, BuybackPair
from tests.stateful.profiles import Machine, chosen
from tests.stateful.tally import TALLY

ACTORS = st.sampled_from([OWNER, GUARDIAN, STRANGER, *FILLERS])
PARTS = st.sampled_from([0, 1, 2, 500, 9_999, 10_000, 10_001])
"""Of ten thousand of a lot."""
OFFSETS = st.sampled_from([-1, 0, 1])


@st.composite
def programmes(draw, decimals: int) -> Programme:
    """Any programme within the hard limits, small ones and such with odd numbers more often."""
    unit = 10**decimals
    lot_cap = draw(st.sampled_from([unit, 10 * unit + 7 % unit, 20_000 * unit, 250_000 * unit]))
    lots = draw(st.sampled_from([1, 2, 3]))
    return Programme(
        lifetime_cap=lot_cap * lots + draw(st.sampled_from([0, 1, lot_cap // 2])),
        lot_cap=lot_cap,
        length=draw(st.sampled_from([600, 3_601, 86_400])),
        gap=draw(st.sampled_from([600, 7_201])),
        discount=draw(st.sampled_from([1, 500, 1_999, 2_000])),
        premium=draw(st.sampled_from([0, 1, 100, 500])),
        max_price=draw(st.sampled_from([15 * PRICE, 50 * PRICE, 10**30])),
        max_age=draw(st.sampled_from([3_600, 48 * 3_600])),
        burns=draw(st.booleans()),
    )


class Histories(Machine):
    """What anyone may do to a buyback, and what nobody may."""

    subject = "buyback"

    @initialize(data=st.data(), decimals=st.sampled_from([0, 6, 18]), rich=st.booleans())
    def begin(self, data: st.DataObject, decimals: int, rich: bool) -> None:
        programme = data.draw(programmes(decimals))
        budget = programme.lifetime_cap * 2 if rich else programme.lot_cap + programme.lot_cap // 3
        self.pair = BuybackPair(programme, decimals, budget, 10 * programme.lot_cap)
        self.programme = programme
        self.pair.allow(programme.lifetime_cap)
        self.pair.approve(RICH, UNLIMITED)
        self.taken: dict[int, int] = {}
        """Stablecoin by lot."""

    # time and prices

    @rule(seconds=st.integers(0, 5_000))
    def wait(self, seconds: int) -> None:
        self.pair.chain.now += seconds

    @rule(which=st.sampled_from(["end", "next"]), off=OFFSETS)
    def wait_for_a_deadline(self, which: str, off: int) -> None:
        lot = self.pair.reference.lot
        at = (lot.started_at + self.programme.length if which == "end" else self.pair.reference.next_kick_at) + off
        self.pair.chain.now = max(self.pair.now, at)

    @rule(cents=st.integers(1, 6_000))
    def price_moves(self, cents: int) -> None:
        self.pair.tell(Answer(cents * 10**6, 8, self.pair.now))

    @rule(
        answer=st.sampled_from([0, -1, 1, 15 * 10**8, 2**255 - 1]),
        decimals=st.sampled_from([0, 8, 18, 36, 37]),
        age=st.sampled_from([0, -1, 3_600, 3_601, 48 * 3_600 + 1]),
        rounds=st.sampled_from([(1, 1), (2, 1), (1, 2)]),
        complete=st.booleans(),
    )
    def feed_is_odd(self, answer: int, decimals: int, age: int, rounds: tuple[int, int], complete: bool) -> None:
        updated_at = self.pair.now - age if complete else 0
        self.pair.tell(Answer(answer, decimals, updated_at, *rounds))

    @rule()
    def feed_is_fresh(self) -> None:
        self.pair.tell(Answer(15 * 10**8, 8, self.pair.now))

    # the auction

    @rule(sender=ACTORS)
    def kick(self, sender: str) -> None:
        reference = self.pair.reference
        reason = self.pair.both(
            "kick", sender=sender, reference=lambda: reference.kick(self.pair.answer, self.pair.now)
        )
        self.count("kick", reason)

    @rule(sender=ACTORS, waits=st.lists(st.tuples(st.integers(0, 4), PARTS), max_size=4))
    def sell_a_lot(self, sender: str, waits: list[tuple[int, int]]) -> None:
        """As it is meant: kicked when due, and taken from now and then until it is over."""
        if self.pair.reference.paused:
            self.unpause(OWNER)
        self.pair.chain.now = max(self.pair.now, self.pair.reference.next_kick_at)
        self.feed_is_fresh()
        self.kick(sender)
        for quarters, part in waits:
            self.pair.chain.now += self.programme.length * quarters // 4
            self.take(RICH, part, 0)

    @rule(filler=st.sampled_from([RICH, RICH, POOR, STRANGER]), part=PARTS, above=st.sampled_from([None, 0, 1]))
    def take(self, filler: str, part: int, above: int | None) -> None:
        """A part of a lot, at any price or at just that of the moment, or more."""
        pair, reference = self.pair, self.pair.reference
        amount = self.programme.lot_cap * part // 10_000 if part > 2 else part
        offered, fresh = self.offered()
        min_price = 0 if above is None or offered is None else offered + above
        reason = pair.both(
            "take", amount, min_price, filler, sender=filler,
            reference=lambda: reference.take(pair.answer, pair.now, filler, amount, min_price, filler),
        )  # fmt: skip
        self.count("take", reason)
        if reason is None:
            assert offered is not None and fresh is not None
            fill = pair.logged()[-1].args
            self.taken[fill["lot"]] = self.taken.get(fill["lot"], 0) + fill["paid"]
            # What was paid for each NMR, exactly, and not as the contract rounds it.
            paid = Fraction(fill["paid"] * 10 ** (36 - reference.decimals), fill["bought"])
            assert paid <= fresh * (10_000 + self.programme.premium) / 10_000
            assert paid <= self.programme.max_price
            assert fill["price"] >= min_price

    def offered(self) -> tuple[int | None, Fraction | None]:
        """What the contract offers, and the exact fresh reference."""
        outcome = self.pair.chain.call(self.pair.buyback, "price", sender=STRANGER)
        if outcome.reason is not None:
            return None, None
        return outcome.value, Fraction(self.pair.answer.answer * PRICE, 10**self.pair.answer.decimals)

    # roles and money

    @rule(sender=st.sampled_from([GUARDIAN, OWNER, STRANGER]))
    def pause(self, sender: str) -> None:
        self.count("pause", self.pair.both("pause", sender=sender, reference=lambda: self.pair.reference.pause(sender)))

    @rule(sender=st.sampled_from([OWNER, OWNER, GUARDIAN]))
    def unpause(self, sender: str) -> None:
        reason = self.pair.both("unpause", sender=sender, reference=lambda: self.pair.reference.unpause(sender))
        self.count("unpause", reason)

    @precondition(lambda self: self.pair.reference.lot.number > 1)
    @rule(sender=st.sampled_from([STRANGER, GUARDIAN, OWNER]))
    def end(self, sender: str) -> None:
        reason = self.pair.both("end", sender=sender, reference=lambda: self.pair.reference.end(sender))
        self.count("end", reason)
        if reason is None:
            self.pair.donated = 0

    @rule(part=PARTS)
    def allow(self, part: int) -> None:
        self.pair.allow(self.programme.lifetime_cap * part // 10_000)

    @rule(amount=st.sampled_from([0, NMR, UNLIMITED]))
    def approve(self, amount: int) -> None:
        self.pair.approve(POOR, amount)

    @rule(part=PARTS, to_treasury=st.booleans())
    def donate(self, part: int, to_treasury: bool) -> None:
        amount = min(self.programme.lot_cap * part // 10_000, self.pair.reference.stablecoin.balance(STRANGER))
        self.pair.give(self.pair.treasury_address if to_treasury else self.pair.address, amount)

    # what holds after every step

    @invariant()
    def contract_says_what_the_reference_says(self) -> None:
        pair, reference = self.pair, self.pair.reference
        expected = {getter: getattr(reference, getter) for getter in GETTERS}
        assert pair.seen()[0] == expected
        pair.both("price", sender=STRANGER, reference=lambda: reference.price(pair.answer, pair.now))

    @invariant()
    def log_is_what_the_reference_emits(self) -> None:
        assert [(event.name, dict(event.args)) for event in self.pair.logged()] == self.pair.reference.events

    @invariant()
    def spending_stays_below_every_cap(self) -> None:
        assert sum(self.taken.values()) <= self.programme.lifetime_cap
        assert all(paid <= self.programme.lot_cap for paid in self.taken.values())
        assert sum(self.taken.values()) == self.pair.reference.total_paid

    @invariant()
    def every_stablecoin_is_accounted_for(self) -> None:
        pair = self.pair
        _, balances, _ = pair.seen()
        assert sum(balances.values()) == pair.supply
        assert balances == {holder: pair.reference.stablecoin.balance(holder) for holder in balances}
        assert balances[pair.address] == pair.reference.lot.left + pair.donated
        assert pair.reference.lot.left <= self.programme.lot_cap

    @invariant()
    def nmr_received_is_what_the_fills_say(self) -> None:
        pair = self.pair
        _, _, balances = pair.seen()
        bought = sum(event.args["bought"] for event in pair.logged() if event.name == "Filled")
        before = SUPPLY - sum(HELD.values())
        assert sum(balances[filler] for filler in FILLERS) == sum(HELD.values()) - bought
        assert balances[pair.address] == balances[STRANGER] == 0
        assert balances[pair.treasury_address] == before + (0 if self.programme.burns else bought)

    @invariant()
    def nmr_is_burned_only_by_a_burning_programme(self) -> None:
        pair = self.pair
        burned = pair.reference.total_bought if self.programme.burns else 0
        assert sum(pair.seen()[2].values()) == SUPPLY - burned

    def count(self, what: str, reason: str | None) -> None:
        TALLY[f"{what} {'done' if reason is None else 'refused'}"] += 1


# Each history deploys its own programme, and reads all that it holds after every step.
PLAYED = chosen()
Histories.TestCase.settings = settings(
    PLAYED, max_examples=PLAYED.max_examples * 4 // 5, stateful_step_count=PLAYED.stateful_step_count * 5 // 8
)
TestBuyback = Histories.TestCase
