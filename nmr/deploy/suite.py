# SPDX-License-Identifier: MIT
"""What a suite is made of, and the one function that deploys it.

The contracts name each other in their constructors, so the addresses of those that come later are predicted from the
deployer's nonce. Nothing is left to be set afterwards, and the deployer never has a role.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from nmr.errors import NmrError
from nmr.protocol.reference.rounds import Bounds
from nmr.protocol.reference.treasury import Limits
from nmr.text.amounts import NMR, SUPPLY, format_nmr

HOUR: Final = 3_600
"""Seconds in an hour of the contracts' hard limits, but for local chains."""
DAY: Final = 24 * HOUR


_NAME: Final = re.compile(r"[a-z][a-z0-9-]*", re.ASCII)
OTHER_PARTS: Final = frozenset(
    {
        "timelock",
        "treasury",
        "numeraire",
        "terms-check",
        "lens",
        "stablecoin",
        "buyback",
        "buyback-feed",
        "buyback-filler",
    }
)
"""Names in a record that no tournament can have."""
_POOLS: Final = "-pools"
"""How the name of a tournament's factory of pools ends in a record, and that of no tournament."""


class DeploymentFailed(NmrError, RuntimeError):
    """A contract is not where it was predicted."""


class Deployer(Protocol):
    """An account that deploys contracts by name on some chain."""

    @property
    def address(self) -> str:
        """The account's address."""

    @property
    def nonce(self) -> int:
        """How many transactions the account has sent."""

    def predict(self, nonce: int) -> str:
        """The address of the contract that the account's transaction `nonce` creates."""

    def deploy(self, name: str, arguments: Sequence[Any]) -> Any:
        """Deploy a contract and return a handle on it that has an `address`."""

    def declare(self, name: str) -> str:
        """Deploy the blueprint of a contract and return its address."""


@dataclass(frozen=True)
class TournamentParameters:
    """One tournament.

    Attributes:
        operator: opens rounds and proposes scores; not the guardian.
        guardian: vetoes, voids and pauses.
        ring: how many rounds may be unresolved at once.
        min_stake: what every position is at least, wei.
        limits: what it may reserve in the treasury, wei.
        bounds: what the terms of rounds may be, to begin with.
        first_round: the lowest id.
    """

    operator: str
    guardian: str
    ring: int
    min_stake: int
    limits: Limits
    bounds: Bounds
    first_round: int = 0


@dataclass(frozen=True)
class SuiteParameters:
    """What the owner decides before a deployment.

    Attributes:
        delay: seconds between scheduling and executing in the timelock; less than a day on local chains only.
        proposers: who may schedule and cancel in the timelock.
        executors: who may execute in the timelock.
        holders: what each holder gets of the supply, wei; the treasury gets the rest.
        tournaments: by name.
        hour: seconds in an hour of the hard limits; fewer than 3,600 on local chains only.
    """

    delay: int
    proposers: tuple[str, ...]
    executors: tuple[str, ...]
    holders: dict[str, int]
    tournaments: dict[str, TournamentParameters]
    hour: int = HOUR


@dataclass(frozen=True)
class Deployed:
    """A deployed contract with what it was built from."""

    contract: str
    handle: Any
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Suite:
    """Handles on a deployed suite, by part; a tournament's part is its name."""

    parts: dict[str, Deployed]

    def __getitem__(self, part: str) -> Any:
        return self.parts[part].handle

    @property
    def timelock(self) -> Any:
        """The owner of the others."""
        return self["timelock"]

    @property
    def treasury(self) -> Any:
        """The NMR reserve."""
        return self["treasury"]

    @property
    def numeraire(self) -> Any:
        """The token."""
        return self["numeraire"]

    @property
    def terms_check(self) -> Any:
        """What the terms of a round may be."""
        return self["terms-check"]

    @property
    def lens(self) -> Any:
        """Every figure of the suite at one block."""
        return self["lens"]

    def factory(self, tournament: str) -> Any:
        """The factory of a tournament's pools."""
        return self[pools_of(tournament)]

    @property
    def tournaments(self) -> dict[str, Any]:
        """The tournaments by name."""
        return {name: part.handle for name, part in self.parts.items() if part.contract == "Tournament"}


def may_be_called(name: str) -> bool:
    """Whether no other part of a record can have this name, so that a tournament may."""
    return name not in OTHER_PARTS and not name.endswith(_POOLS)


def pools_of(tournament: str) -> str:
    """The name in a record of the factory of a tournament's pools."""
    return tournament + _POOLS


def default_bounds(hour: int = HOUR) -> Bounds:
    """Wide bounds for trying things out: multipliers to 10, clip to 20%, a day's window at least.

    `docs/deployment.example.toml` has those that one would want where NMR is worth something.

    Args:
        hour: seconds in an hour of the hard limits.
    """
    return Bounds(
        max_primary=100_000,
        max_contribution=100_000,
        max_clip=2 * 10**11,
        min_threshold=1_000 * NMR,
        min_open=2 * hour,
        max_open=240 * hour,
        max_resolve=2_880 * hour,
        max_expiry=1_440 * hour,
        min_window=24 * hour,
    )


def deploy_suite(
    deployer: Deployer, parameters: SuiteParameters, announce: Callable[[str], None] = lambda _: None
) -> Suite:
    """Deploy timelock, treasury, token, terms check, tournaments, lens and factories of pools, in this order.

    Args:
        deployer: who sends the transactions; it ends with no role anywhere.
        parameters: what to deploy.
        announce: told the name of each contract before it is deployed.

    Raises:
        DeploymentFailed: when a tournament has no proper name, the holders get more than the supply, or a contract is
            not where it was predicted.
    """
    for name in parameters.tournaments:
        if _NAME.fullmatch(name) is None or not may_be_called(name):
            raise DeploymentFailed(f"No tournament can be called {name!r}: take lower-case letters and digits.")
    held = sum(parameters.holders.values())
    if held > SUPPLY:
        raise DeploymentFailed(f"The holders get {format_nmr(held)} NMR, more than the supply of 11,000,000.")
    names = list(parameters.tournaments)
    first = deployer.nonce
    treasury = deployer.predict(first + 1)
    numeraire = deployer.predict(first + 2)
    predicted = {name: deployer.predict(first + 4 + i) for i, name in enumerate(names)}
    parts: dict[str, Deployed] = {}

    def deploy(part: str, contract: str, expected: str | None, *arguments: Any) -> str:
        announce(contract)
        handle = deployer.deploy(contract, arguments)
        address = str(handle.address)
        if expected is not None and address != expected:
            raise DeploymentFailed(
                f"{contract} was deployed at {address} and not at {expected} as predicted: "
                "the deployer sent another transaction meanwhile. Deploy again."
            )
        parts[part] = Deployed(contract, handle, arguments)
        return address

    proposers, executors = list(parameters.proposers), list(parameters.executors)
    owner = deploy("timelock", "Timelock", None, parameters.delay, proposers, executors)
    limits = [tuple(parameters.tournaments[name].limits) for name in names]
    deploy("treasury", "Treasury", treasury, numeraire, owner, [predicted[name] for name in names], limits)
    receivers = [*parameters.holders, treasury]
    amounts = [*parameters.holders.values(), SUPPLY - held]
    deploy("numeraire", "Numeraire", numeraire, receivers, amounts)
    terms_check = deploy("terms-check", "TermsCheck", None, parameters.hour)
    for name, tournament in parameters.tournaments.items():
        deploy(
            name,
            "Tournament",
            predicted[name],
            numeraire,
            treasury,
            terms_check,
            owner,
            tournament.operator,
            tournament.guardian,
            tournament.ring,
            tournament.first_round,
            parameters.hour,
            tournament.min_stake,
            tuple(tournament.bounds),
        )
    deploy("lens", "Lens", None, numeraire, treasury)
    announce("Pool")
    blueprint = deployer.declare("Pool")
    for name in names:
        deploy(pools_of(name), "PoolFactory", None, predicted[name], blueprint)
    return Suite(parts)
