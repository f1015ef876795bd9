# SPDX-License-Identifier: MIT
"""What a pool decides: its arithmetic, and nothing that changes anything. Amounts are gwei.

`Pool` does what they say, and a replay compares what the contract did.
"""

from dataclasses import dataclass
from typing import Final

from nmr.protocol.reference.pool_books import PER_GWEI, EntriesDue, ExitsDue, PlaceBooks, over, scaled
from nmr.protocol.reference.rounds import MAX_ROUND, RoundBook

BASIS: Final = 10_000
"""1.0 of a fee and of SKIN."""
LARGEST_FEE: Final = 3_000
SMALLEST_SKIN: Final = 1_000
LARGEST_SKIN: Final = 5_000
FLOOR: Final = 20
"""Smallest stakes that an epoch opens with and goes on with, at least."""
CAP: Final = 2**127
"""What neither shares nor mark exceed, so that no product passes 256 bits."""
LAST_TURNS: Final = 8
"""Turns before the last id at which a place takes no entries and pays everybody out."""
DORMANT: Final = 180 * 86_400
"""Seconds from the expiry of the tournament's newest round until no skin keeps a manager any more."""
PART: Final = 100
"""Entries that do not fit all run, and come back, only if this part of what is at stake fits."""


@dataclass(frozen=True)
class PoolRules:
    """What a pool's constructor fixed: fee and skin with 4 decimals, and its tournament's ring and smallest stake."""

    fee: int
    skin: int
    ring: int
    min_stake: int

    @property
    def floor(self) -> int:
        """What an epoch holds at least."""
        return FLOOR * self.min_stake

    def is_last(self, round_id: int) -> bool:
        """Whether too few ids are left behind a round."""
        return round_id + LAST_TURNS * self.ring > MAX_ROUND

    def is_dormant(self, rounds: RoundBook, now: int) -> bool:
        """Whether the newest round of the tournament expired long ago."""
        newest = rounds.records.get(rounds.last_opened)
        return newest is not None and newest.terms.expires_at + DORMANT <= now

    def fee_due(self, place: PlaceBooks, value: int) -> tuple[int, int]:
        """What is due of a value above the mark, and the new shares that pay it."""
        if place.shares == 0 or value <= place.mark:
            return 0, 0
        fee = self.fee * (value - place.mark) // BASIS
        minted = fee * place.shares // (value - fee)
        return (fee, minted) if place.shares + minted <= CAP else (0, 0)

    def exits_due(self, place: PlaceBooks, value: int, round_id: int, now: int, *, dormant: bool) -> ExitsDue | None:
        """What a checkpoint pays out once the fee is booked; None for nothing.

        Args:
            place: which.
            value: at stake there.
            round_id: the round in which that is.
            now: unix seconds.
            dormant: as `is_dormant` says.
        """
        if place.shares == 0:
            return None
        if value == 0:
            return ExitsDue(True, 0, 0, place.manager_shares, 0)
        others = place.exits.ready(now)
        stay = place.shares - place.manager_shares - others
        manager = place.manager_exit.amount if place.manager_exit.at < now else 0
        thin = False
        if stay * value // place.shares < self.floor:
            kept = place.manager_shares - manager
            thin = manager > 0 and kept * BASIS < self.skin * (kept + stay)
        else:
            needed = over(self.skin * stay, BASIS - self.skin)
            most = max(0, place.manager_shares - needed)
            thin = manager > most and dormant
            manager = min(manager, most)
        paid = others * value // place.shares
        manager_paid = manager * value // place.shares
        if value - paid - manager_paid < self.floor or thin or self.is_last(round_id):
            backers = place.shares - place.manager_shares
            manager_paid = value * place.manager_shares // place.shares
            return ExitsDue(True, backers, value - manager_paid, place.manager_shares, manager_paid)
        if others == 0 and manager == 0:
            return None
        return ExitsDue(False, others, paid, manager, manager_paid)

    def entries_due(self, place: PlaceBooks, value: int, now: int) -> EntriesDue | None:
        """What runs of the entries of a place after its exits; None for nothing.

        Args:
            place: which.
            value: at stake there.
            now: unix seconds.
        """
        own = place.manager_entry.amount if place.manager_entry.at < now else 0
        if place.shares == 0 and own < self.floor:
            return None
        entered = _minted(place.shares, place.mark, value, own)
        manager_used = own if entered else 0
        mark = scaled(place.mark, value, value + manager_used) if place.shares else own
        shares, manager = place.shares + entered, place.manager_shares + entered
        at_stake = value + manager_used

        ordered = place.entries.ready(now)
        room = max(0, manager * (BASIS - self.skin) // self.skin - (shares - manager))
        fits = min(ordered, room * at_stake // shares)
        if fits < least_that_runs(ordered, at_stake, self.min_stake):
            return EntriesDue(0, 0, 0, own, manager_used, entered) if own else None
        bought = _minted(shares, mark, at_stake, fits)
        return EntriesDue(ordered, fits if bought else 0, bought, own, manager_used, entered)


def least_that_runs(ordered: int, at_stake: int, min_stake: int) -> int:
    """What has to fit of the entries on order beside what is at stake, gwei: else all of them wait on."""
    return max(min_stake, min(ordered, at_stake // PART))


def _minted(shares: int, mark: int, value: int, amount: int) -> int:
    """The shares for an amount; 0 where it has to come back."""
    if shares == 0:
        return amount * PER_GWEI
    minted = amount * shares // value
    if shares + minted > CAP or scaled(mark, value, value + amount) > CAP:
        return 0
    return minted
