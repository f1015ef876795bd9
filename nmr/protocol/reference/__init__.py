# SPDX-License-Identifier: MIT
"""The executable form of the protocol page, in integers: stateful tests, replay and audit share it."""

from nmr.errors import Refused
from nmr.protocol.reference.books import Books
from nmr.protocol.reference.events import Event, Log
from nmr.protocol.reference.numeraire import UNLIMITED, Numeraire
from nmr.protocol.reference.rounds import Bounds, Round, State, Terms
from nmr.protocol.reference.suite import Deployment, ReferenceSuite, Roles, Setup
from nmr.protocol.reference.tournament import ALL_IDLE, Tournament
from nmr.protocol.reference.treasury import Reservation, Treasury
from nmr.protocol.reference.views import Policy, Stake, Views

__all__ = [
    "ALL_IDLE",
    "UNLIMITED",
    "Books",
    "Bounds",
    "Deployment",
    "Event",
    "Log",
    "Numeraire",
    "Policy",
    "ReferenceSuite",
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
]
