# SPDX-License-Identifier: MIT
"""The suite's ledger as it is deployed: token, treasury and tournaments that share one log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from nmr.protocol.reference.events import Event, Log
from nmr.protocol.reference.numeraire import Numeraire
from nmr.protocol.reference.rounds import Bounds
from nmr.protocol.reference.tournament import LONGEST_HOUR, Tournament
from nmr.protocol.reference.treasury import Limits, Treasury


class Setup(NamedTuple):
    """What a tournament's constructor fixes permanently."""

    ring: int
    first_round: int
    min_stake: int
    hour: int = LONGEST_HOUR


class Deployment(NamedTuple):
    """The addresses of a suite, what each tournament's constructor fixed, and the tournaments of factories of pools."""

    numeraire: str
    treasury: str
    tournaments: Mapping[str, Setup]
    factories: Mapping[str, str] = {}


class Roles(NamedTuple):
    """Who runs a suite."""

    owner: str
    operator: str
    guardian: str


@dataclass
class ReferenceSuite:
    """Token, treasury and tournaments; copy it deeply to try what would happen."""

    deployment: Deployment
    log: Log
    numeraire: Numeraire
    treasury: Treasury
    tournaments: dict[str, Tournament]

    @classmethod
    def deploy(
        cls,
        deployment: Deployment,
        *,
        roles: Roles,
        bounds: Bounds,
        distribution: Mapping[str, int],
        limits: Mapping[str, Limits],
        now: int,
    ) -> "ReferenceSuite":
        """Create the suite at these addresses, every tournament with the same roles and bounds.

        Args:
            deployment: the addresses.
            roles: who runs the tournaments; the owner is the treasury's too.
            bounds: what the terms of rounds may be.
            distribution: wei of the whole supply by address, the treasury's among them.
            limits: what each tournament may be granted.
            now: unix seconds.
        """
        log = Log()
        numeraire = Numeraire(deployment.numeraire, log, distribution, now=now)
        treasury = Treasury(deployment.treasury, log, numeraire, roles.owner, limits, now=now)
        tournaments = {
            address: Tournament(
                address,
                log,
                numeraire,
                treasury,
                owner=roles.owner,
                operator=roles.operator,
                guardian=roles.guardian,
                bounds=bounds,
                ring=setup.ring,
                first_round=setup.first_round,
                min_stake=setup.min_stake,
                hour=setup.hour,
                now=now,
            )
            for address, setup in deployment.tournaments.items()
        }
        return cls(deployment, log, numeraire, treasury, tournaments)

    @property
    def events(self) -> list[Event]:
        """Everything that was logged, in order."""
        return self.log.events
