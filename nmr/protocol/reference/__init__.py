# SPDX-License-Identifier: MIT
"""The executable form of the protocol page, in integers: stateful tests, replay and audit share it."""

from nmr.errors import Refused
from nmr.protocol.reference.books import Books
from nmr.protocol.reference.events import Event, Log
from nmr.protocol.reference.numeraire import UNLIMITED, Numeraire
from nmr.protocol.reference.rounds import Bounds, Round, State, Terms
from nmr.protocol.reference.suite import Deployment, ReferenceSuite, Roles, Setup
from nmr.protocol.reference.tournament import ALL_IDLE, Signed, Tournament
from nmr.protocol.reference.treasury import Budget, Limits, Reservation, Treasury
from nmr.protocol.reference.views import Place, PlaceStatus, Policy, Position, Stake, Views

__all__ = [
    "ALL_IDLE",
    "UNLIMITED",
    "Books",
    "Bounds",
    "Budget",
    "Deployment",
    "Event",
    "Limits",
    "Log",
    "Numeraire",
    "Place",
    "PlaceStatus",
    "Policy",
    "Position",
    "ReferenceSuite",
    "Refused",
    "Reservation",
    "Roles",
    "Round",
    "Setup",
    "Signed",
    "Stake",
    "State",
    "Terms",
    "Tournament",
    "Treasury",
    "Views",
]
