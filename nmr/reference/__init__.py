"""The executable form of the protocol page, in integers: stateful tests, replay and audit share it."""

from nmr.errors import Refused
from nmr.reference.books import Books
from nmr.reference.events import ZERO_ADDRESS, Event, Log
from nmr.reference.numeraire import UNLIMITED, Numeraire
from nmr.reference.rounds import Bounds, Round, State, Terms
from nmr.reference.tournament import ALL_IDLE, Tournament
from nmr.reference.treasury import Reservation, Treasury
from nmr.reference.views import Policy, Stake, Views
from nmr.reference.world import Deployment, Roles, Setup, World

__all__ = [
    "ALL_IDLE",
    "UNLIMITED",
    "ZERO_ADDRESS",
    "Books",
    "Bounds",
    "Deployment",
    "Event",
    "Log",
    "Numeraire",
    "Policy",
    "Refused",
    "Reservation",
    "Roles",
    "Round",
    "Setup",
    "Stake",
    "State",
    "Terms",
    "Tournament",
    "Treasury",
    "Views",
    "World",
]
