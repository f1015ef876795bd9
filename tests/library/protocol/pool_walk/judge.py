# SPDX-License-Identifier: MIT
"""What everybody has in a pool, counted by arithmetic of its own, and what has to hold after every call.

Worth is what a person has: NMR in the wallet, in orders and to be claimed, and shares at the value of their place, less
the fee that is due. Invariants have names; a failure names one. Amounts are gwei.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from nmr.protocol.reference.pool import Pool
from nmr.text.amounts import GWEI

LEFT_A_CALL: Final = 4
"""Gwei by which one call may lift the books above the claims."""


@dataclass
class Judge:
    """Judges one pool.

    Attributes:
        people: whose worth is looked at.
        backers: everybody but the manager who may ever hold shares.
        cap: of shares and marks.
        calls: how many were made to the pool.
        managers_shares: by place, what the manager bought or got as fees, less what left, as the log tells.
        fees: by place, what the log told of, wei.
    """

    pool: Pool
    people: Sequence[str]
    backers: Sequence[str]
    cap: int = 2**127
    calls: int = 0
    most_moved: int = 0
    most_left: int = 0
    managers_shares: Counter[int] = field(default_factory=Counter)
    fees: Counter[int] = field(default_factory=Counter)

    def hear(self, name: str, args: Mapping[str, Any]) -> None:
        """Follow the manager's shares and fees by an event of the pool."""
        if name == "Booked":
            self.managers_shares[args["place"]] += args["shares"]
            self.fees[args["place"]] += args["fee"]
        elif name == "EntriesRun":
            self.managers_shares[args["place"]] += args["manager_shares"]
        elif name in ("ExitsRun", "EpochEnded"):
            self.managers_shares[args["place"]] -= args["manager_shares"]

    # worth

    def price(self, now: int) -> int:
        """What a share is worth at the place where it is dearest, rounded up."""
        return max(
            -(-self.pool.value(number, now) // place.shares) if place.shares else 0
            for number, place in enumerate(self.pool.places)
        )

    def bound(self, now: int) -> int:
        """By how much a call of one may move the worth of another: 3 gwei and the price of 3 shares."""
        return 3 + 3 * self.price(now)

    def worths(self, now: int) -> dict[str, int]:
        """What everybody has in the pool and in the wallet."""
        pool, numeraire = self.pool, self.pool.numeraire
        worth = {who: numeraire.balance_of(who) // GWEI for who in self.people}
        worth[pool.manager] += pool.books.credit
        for number, place in enumerate(pool.places):
            value = pool.value(number, now)
            fee = pool.rules.fee * max(0, value - place.mark) // 10_000 if place.shares else 0
            minted = fee * place.shares // (value - fee) if fee else 0
            if place.shares + minted > self.cap:
                minted = 0
            whole = place.shares + minted
            worth[pool.manager] += place.manager_entry.amount
            worth[pool.manager] += (place.manager_shares + minted) * value // whole if whole else 0
            for who in self.backers:
                held = pool.holding(number, who)
                worth[who] += pool.claimable(number, who) + held.entry.amount
                worth[who] += held.shares * value // whole if whole else 0
        return worth

    def compare(self, before: Mapping[str, int], after: Mapping[str, int], bound: int) -> None:
        """Judge a call that was made, by what everybody had before and after."""
        self.calls += 1
        for who in self.people:
            moved = abs(after[who] - before[who])
            assert moved <= bound, f"nobody's action moves another's value: {who} by {moved}, {bound} allowed"
            self.most_moved = max(self.most_moved, moved)

    # invariants

    def check(self, now: int) -> None:
        """Look at all books of the pool."""
        pool = self.pool
        claims = pool.books.credit
        for number, place in enumerate(pool.places):
            held = [pool.holding(number, who) for who in self.backers]
            shares = sum(each.shares for each in held)
            slack = place.shares - place.manager_shares - shares
            assert slack >= 0, "shares are backed by the place's"
            assert slack <= self.calls or not shares, f"shares are somebody's: {slack}"
            assert sum(each.exit.amount for each in held) == place.exits.total, "exit orders add up"
            assert sum(each.entry.amount for each in held) == place.entries.total, "entry orders add up"
            assert 0 <= place.exits.ready(now) <= place.exits.total, "ready orders are orders"
            assert place.manager_shares * 10_000 >= pool.rules.skin * place.shares, "the manager keeps SKIN"
            assert place.manager_exit.amount <= place.manager_shares, "the manager orders what he has"
            told = self.managers_shares[number], self.fees[number]
            assert told == (place.manager_shares, place.fees * GWEI), "fees are the manager's shares"
            for each in held:
                assert each.exit.amount <= each.shares, "a backer orders what he has"
            if place.shares:
                assert place.shares <= max(self.cap, 2**85) and place.mark <= max(self.cap, 2**60), "the cap holds"
            else:
                assert place.mark == 0 and pool.value(number, now) == 0, "no stake without shares"
            claims += place.manager_entry.amount + place.entries.total
            claims += sum(pool.claimable(number, who) for who in self.backers)
        assert claims <= pool.books.owed, "claims are backed"
        assert pool.books.owed - claims <= LEFT_A_CALL * self.calls, "claims equal holdings"
        assert pool.numeraire.balance_of(pool.address) >= pool.books.owed * GWEI, "books are backed"
        self.most_left = max(self.most_left, pool.books.owed - claims)
