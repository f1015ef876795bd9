# SPDX-License-Identifier: MIT
"""The NMR reserve: what each tournament earmarked a round, drew and gave back. All amounts are wei."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from nmr.errors import require
from nmr.protocol.reference.events import Log, transaction
from nmr.protocol.reference.numeraire import Numeraire
from nmr.text.addresses import ZERO_ADDRESS


class Reservation(NamedTuple):
    """What a tournament may draw for a round, and what became of it."""

    granted: int = 0
    drawn: int = 0
    released: int = 0

    @property
    def left(self) -> int:
        """Wei that are still reserved."""
        return self.granted - self.drawn - self.released


MAX_LISTED: Final = 32
"""Tournaments that ever get a cap."""


@dataclass
class Reserves:
    """The books of the treasury: caps a round by tournament, and reservations by tournament and round.

    Caps stand in the order of the first for each tournament, also those that fell to 0.
    """

    caps: dict[str, int] = field(default_factory=dict)
    reservations: dict[tuple[str, int], Reservation] = field(default_factory=dict)
    reserved: int = 0

    def authorise(self, tournament: str, cap: int) -> None:
        """Set what a tournament may be granted for a round.

        Raises:
            Refused: there are too many.
        """
        require(tournament in self.caps or len(self.caps) < MAX_LISTED, "treasury: too many tournaments")
        self.caps[tournament] = cap

    def reservation(self, tournament: str, round_id: int) -> Reservation:
        """A tournament's reservation for a round."""
        return self.reservations.get((tournament, round_id), Reservation())

    def grantable(self, tournament: str, round_id: int, amount: int, balance: int) -> int:
        """The part of `amount` that cap and balance leave room for."""
        room = self.caps.get(tournament, 0) - self.reservation(tournament, round_id).granted
        return max(0, min(amount, room, balance - self.reserved))

    def grant(self, tournament: str, round_id: int, amount: int) -> None:
        """Earmark an amount that is grantable."""
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

    def release(self, tournament: str, round_id: int) -> int:
        """Give back what is left of a reservation."""
        before = self.reservation(tournament, round_id)
        left = before.left
        if left:
            self.reservations[tournament, round_id] = before._replace(released=before.released + left)
            self.reserved -= left
        return left


class Treasury:
    """The treasury's guards around its books, and its events. An event is emitted only for what changed."""

    def __init__(
        self, address: str, log: Log, numeraire: Numeraire, owner: str, caps: Mapping[str, int], *, now: int
    ) -> None:
        require(owner != ZERO_ADDRESS, "treasury: owner is the zero address")
        self.address = address
        self.log = log
        self.numeraire = numeraire
        self.owner = owner
        self.books = Reserves()
        with log.transaction(now):
            for tournament, cap in caps.items():
                self._authorise(tournament, cap)

    def cap_of(self, tournament: str) -> int:
        """The most that a tournament may be granted for a round."""
        return self.books.caps.get(tournament, 0)

    def tournaments(self) -> tuple[str, ...]:
        """Every tournament that was ever authorised, the first one first."""
        return tuple(self.books.caps)

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
    def authorise(self, tournament: str, cap: int, *, sender: str, now: int) -> None:
        """Set what a tournament may be granted for a round; 0 ends it for rounds to come."""
        self._require_owner(sender)
        self._authorise(tournament, cap)

    @transaction
    def reserve(self, round_id: int, amount: int, *, sender: str, now: int) -> int:
        """Earmark up to `amount` for a round of the sender and return what was granted; never refuses."""
        granted = self.books.grantable(sender, round_id, amount, self.numeraire.balance_of(self.address))
        if granted:
            self.books.grant(sender, round_id, granted)
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
        released = self.books.release(sender, round_id)
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

    def _authorise(self, tournament: str, cap: int) -> None:
        require(tournament != ZERO_ADDRESS, "treasury: tournament is the zero address")
        self.books.authorise(tournament, cap)
        self.log.emit(self.address, "Authorised", tournament=tournament, cap=cap)
