# SPDX-License-Identifier: MIT
"""The NMR reserve: what each tournament earmarked a round, drew and gave back. All amounts are wei."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from nmr.errors import require
from nmr.protocol.reference.events import Log, transaction
from nmr.protocol.reference.numeraire import Numeraire
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import SUPPLY


class Reservation(NamedTuple):
    """What a tournament may draw for a round, and what became of it."""

    granted: int = 0
    drawn: int = 0
    released: int = 0

    @property
    def left(self) -> int:
        """Wei that are still reserved."""
        return self.granted - self.drawn - self.released


class Limits(NamedTuple):
    """The contract's struct: what a tournament may be granted a round, at once of all rounds, and anew each day."""

    cap: int = 0
    ceiling: int = 0
    rate: int = 0


class Budget(NamedTuple):
    """The contract's struct: a tournament's limits, and what it had used of the ceiling at a time."""

    limits: Limits = Limits()
    used: int = 0
    at: int = 0

    def used_at(self, now: int) -> int:
        """What is used of the ceiling now: time frees at the rate, and never more than was used."""
        return max(0, self.used - self.limits.rate * (now - self.at) // DAY)


MAX_LISTED: Final = 32
"""Tournaments that are listed at once."""
DAY: Final = 86_400


@dataclass
class Reserves:
    """The books of the treasury: what each tournament may be granted, and reservations by tournament and round.

    Attributes:
        listed: tournaments that were authorised and not taken off, in the contract's order.
        budgets: of every tournament that was ever authorised.
    """

    listed: list[str] = field(default_factory=list)
    budgets: dict[str, Budget] = field(default_factory=dict)
    reservations: dict[tuple[str, int], Reservation] = field(default_factory=dict)
    reserved: int = 0

    def authorise(self, tournament: str, limits: Limits, now: int) -> None:
        """Set what a tournament may be granted; what it used stays used, and fell at the old rate until now.

        Raises:
            Refused: more than the supply, or there are too many.
        """
        require(limits.cap <= SUPPLY, "treasury: cap is above the supply")
        require(limits.ceiling <= SUPPLY, "treasury: ceiling is above the supply")
        require(limits.rate <= SUPPLY, "treasury: rate is above the supply")
        if tournament not in self.listed:
            require(len(self.listed) < MAX_LISTED, "treasury: too many tournaments")
            self.listed.append(tournament)
        self.budgets[tournament] = Budget(limits, self.used(tournament, now), now)

    def unlist(self, tournament: str) -> None:
        """Take a tournament off the list; the last one gets its place, and its budget stays.

        Raises:
            Refused: it is not listed, or may still be granted or draw something.
        """
        require(tournament in self.listed, "treasury: not listed")
        require(self.budget(tournament).limits.cap == 0, "treasury: cap is not 0")
        reserves = any(given.left for (owner, _), given in self.reservations.items() if owner == tournament)
        require(not reserves, "treasury: something is reserved")
        self.listed[self.listed.index(tournament)] = self.listed[-1]
        self.listed.pop()

    def budget(self, tournament: str) -> Budget:
        """What a tournament may be granted, and what it used."""
        return self.budgets.get(tournament, Budget())

    def used(self, tournament: str, now: int) -> int:
        """What is used of a tournament's ceiling now."""
        return self.budget(tournament).used_at(now)

    def room(self, tournament: str, now: int) -> int:
        """What a tournament's ceiling leaves to be granted now."""
        return max(0, self.budget(tournament).limits.ceiling - self.used(tournament, now))

    def reservation(self, tournament: str, round_id: int) -> Reservation:
        """A tournament's reservation for a round."""
        return self.reservations.get((tournament, round_id), Reservation())

    def grantable(self, tournament: str, round_id: int, amount: int, balance: int, now: int) -> int:
        """The part of `amount` that cap, ceiling and balance leave room for."""
        room = self.budget(tournament).limits.cap - self.reservation(tournament, round_id).granted
        return max(0, min(amount, room, self.room(tournament, now), balance - self.reserved))

    def grant(self, tournament: str, round_id: int, amount: int, now: int) -> None:
        """Earmark an amount that is grantable."""
        self._use(tournament, self.used(tournament, now) + amount, now)
        before = self.reservation(tournament, round_id)
        self.reservations[tournament, round_id] = before._replace(granted=before.granted + amount)
        self.reserved += amount

    def draw(self, tournament: str, round_id: int, amount: int) -> None:
        """Take rewards out of a reservation.

        Raises:
            Refused: more than is left of it.
        """
        before = self.reservation(tournament, round_id)
        require(amount <= before.left, "treasury: more than is reserved")
        self.reservations[tournament, round_id] = before._replace(drawn=before.drawn + amount)
        self.reserved -= amount

    def release(self, tournament: str, round_id: int, now: int) -> int:
        """Give back what is left of a reservation."""
        before = self.reservation(tournament, round_id)
        left = before.left
        if left:
            self._use(tournament, max(0, self.used(tournament, now) - left), now)
            self.reservations[tournament, round_id] = before._replace(released=before.released + left)
            self.reserved -= left
        return left

    def _use(self, tournament: str, used: int, now: int) -> None:
        self.budgets[tournament] = self.budget(tournament)._replace(used=used, at=now)


class Treasury:
    """The treasury's guards around its books, and its events. An event is emitted only for what changed."""

    def __init__(
        self, address: str, log: Log, numeraire: Numeraire, owner: str, limits: Mapping[str, Limits], *, now: int
    ) -> None:
        require(owner != ZERO_ADDRESS, "treasury: owner is the zero address")
        self.address = address
        self.log = log
        self.numeraire = numeraire
        self.owner = owner
        self.books = Reserves()
        with log.transaction(now):
            for tournament, limit in limits.items():
                self._authorise(tournament, limit, now)

    def cap_of(self, tournament: str) -> int:
        """The most that a tournament may be granted for a round."""
        return self.books.budget(tournament).limits.cap

    def budget_of(self, tournament: str) -> Budget:
        """What a tournament may be granted, and what it used."""
        return self.books.budget(tournament)

    def room_of(self, tournament: str, now: int) -> int:
        """What a tournament's ceiling leaves to be granted now."""
        return self.books.room(tournament, now)

    def tournaments(self) -> tuple[str, ...]:
        """Every tournament on the list, in the contract's order."""
        return tuple(self.books.listed)

    def reservation(self, tournament: str, round_id: int) -> Reservation:
        """A tournament's reservation for a round."""
        return self.books.reservation(tournament, round_id)

    def reserved(self) -> int:
        """What all rounds of all tournaments still hold."""
        return self.books.reserved

    def free(self) -> int:
        """What the owner may spend and a tournament may still be granted."""
        return self.numeraire.balance_of(self.address) - self.books.reserved

    @transaction
    def authorise(self, tournament: str, cap: int, ceiling: int, rate: int, *, sender: str, now: int) -> None:
        """Set what a tournament may be granted; a cap of 0 ends it for rounds to come."""
        self._require_owner(sender)
        self._authorise(tournament, Limits(cap, ceiling, rate), now)

    @transaction
    def unlist(self, tournament: str, *, sender: str, now: int) -> None:
        """Take a tournament off the list."""
        self._require_owner(sender)
        self.books.unlist(tournament)
        self.log.emit(self.address, "Unlisted", tournament=tournament)

    @transaction
    def reserve(self, round_id: int, amount: int, *, sender: str, now: int) -> int:
        """Earmark up to `amount` for a round of the sender and return what was granted; never refuses."""
        granted = self.books.grantable(sender, round_id, amount, self.numeraire.balance_of(self.address), now)
        if granted:
            self.books.grant(sender, round_id, granted, now)
            self.log.emit(self.address, "Reserved", tournament=sender, round=round_id, amount=granted)
        return granted

    @transaction
    def draw(self, round_id: int, amount: int, *, sender: str, now: int) -> None:
        """Pay rewards out of the sender's reservation for a round to the sender; nothing is no fault."""
        self.books.draw(sender, round_id, amount)
        if amount:
            self.log.emit(self.address, "Drawn", tournament=sender, round=round_id, amount=amount)
            self.numeraire.transfer(sender, amount, sender=self.address, now=now)

    @transaction
    def release(self, round_id: int, *, sender: str, now: int) -> int:
        """Give back what is left of the sender's reservation for a round and return it; never refuses."""
        released = self.books.release(sender, round_id, now)
        if released:
            self.log.emit(self.address, "Released", tournament=sender, round=round_id, amount=released)
        return released

    @transaction
    def spend(self, receiver: str, amount: int, *, sender: str, now: int) -> None:
        """Send what is not reserved."""
        self._require_owner(sender)
        require(receiver != ZERO_ADDRESS, "treasury: receiver is the zero address")
        require(receiver != self.address, "treasury: receiver is the treasury")
        require(receiver != self.numeraire.address, "treasury: receiver is the token")
        require(amount > 0, "treasury: amount is zero")
        require(amount <= self.free(), "treasury: more than is free")
        self.log.emit(self.address, "Spent", receiver=receiver, amount=amount)
        self.numeraire.transfer(receiver, amount, sender=self.address, now=now)

    @transaction
    def allow(self, token: str, spender: str, amount: int, *, sender: str, now: int) -> None:
        """Let a spender pull a token other than NMR, such as the buyback's stablecoin."""
        self._require_owner(sender)
        require(token != self.numeraire.address, "treasury: token is NMR")
        require(spender != ZERO_ADDRESS, "treasury: spender is the zero address")
        self.log.emit(self.address, "Allowed", token=token, spender=spender, amount=amount)

    def _require_owner(self, sender: str) -> None:
        require(sender == self.owner, "ownable: caller is not the owner")

    def _authorise(self, tournament: str, limits: Limits, now: int) -> None:
        require(tournament != ZERO_ADDRESS, "treasury: tournament is the zero address")
        self.books.authorise(tournament, limits, now)
        self.log.emit(self.address, "Authorised", tournament=tournament, **limits._asdict())
