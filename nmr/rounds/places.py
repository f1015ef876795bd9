# SPDX-License-Identifier: MIT
"""Which rounds can open next, why others cannot, and what waits for each."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol

from nmr.errors import NmrError
from nmr.protocol.reference.views import Place, PlaceStatus
from nmr.text.amounts import format_nmr

PLACE_HEADINGS: Final = ("round", "status", "why", "waiting NMR")


class NoneDue(NmrError, RuntimeError):
    """Every place of the ring is blocked: no round can open.

    Attributes:
        earlier: the round that has to end before the next one can open; None if the place has no id left.
    """

    def __init__(self, first: Place, ring: int) -> None:
        rings = {PlaceStatus.UNRESOLVED: 1, PlaceStatus.UNSETTLED: 2}.get(first.status)
        self.earlier = None if rings is None else first.next - rings * ring
        super().__init__(f"No round can open: every place is blocked. Round {first.next}: {_why(first, ring)}.")


class PlaceReads(Protocol):
    """What is read of a tournament to say what opens next."""

    @property
    def ring(self) -> int:
        """Rounds that may be unresolved at once."""

    def due_round(self) -> int | None:
        """The id whose turn it is; None while every place is blocked."""

    def places(self) -> Sequence[Place]:
        """What opens next at each place, in the order of their turns."""

    def waiting(self, rounds: Sequence[int]) -> Sequence[int]:
        """What is at stake in each of some rounds, or waits for it to open, wei."""


class NextOfPlace(NamedTuple):
    """What opens next at a place.

    Attributes:
        round: its id.
        status: whether it can.
        waiting: wei that waits for it to open.
    """

    round: int
    status: PlaceStatus
    waiting: int


def due_round(chain: PlaceReads) -> int:
    """The id whose turn it is to open.

    Raises:
        NoneDue: every place is blocked; says by what.
    """
    due = chain.due_round()
    if due is None:
        raise NoneDue(chain.places()[0], chain.ring)
    return due


def read_places(chain: PlaceReads) -> list[NextOfPlace]:
    """What opens next at each place, in the order of their turns."""
    places = chain.places()
    waiting = chain.waiting([place.next for place in places])
    return [NextOfPlace(place.next, place.status, wei) for place, wei in zip(places, waiting, strict=True)]


def place_row(place: NextOfPlace, ring: int) -> Sequence[str]:
    """A place in a line, below `PLACE_HEADINGS`."""
    return (
        str(place.round),
        place.status.name.lower(),
        _why(Place(place.round, place.status), ring),
        format_nmr(place.waiting),
    )


def plain_place(place: NextOfPlace) -> dict[str, Any]:
    """A place for programs."""
    return {"round": place.round, "status": place.status.name.lower(), "waiting": format_nmr(place.waiting)}


def _why(place: Place, ring: int) -> str:
    match place.status:
        case PlaceStatus.DUE:
            return "opens next, once no round is open"
        case PlaceStatus.LATER:
            return "can open, and comes after those above"
        case PlaceStatus.UNRESOLVED:
            return f"round {place.next - ring} has to be resolved first"
        case PlaceStatus.UNSETTLED:
            return f"round {place.next - 2 * ring} has to be settled to its end first"
        case PlaceStatus.ENDED:
            return "the place has no id left"
