# SPDX-License-Identifier: MIT
"""What an owner decides before a deployment, as a TOML file; `docs/deployment.example.toml` shows one.

Everything in it is checked before anything is sent, so that no deployment stops half way because of a value that a
contract refuses, or ends with one that makes it useless.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, Field, StrictInt, ValidationInfo, model_validator

from nmr.deploy.suite import HOUR, SuiteParameters, TournamentParameters, may_be_called
from nmr.errors import NmrError
from nmr.protocol.reference.rounds import (
    LARGEST_MULTIPLIER,
    LONGEST_EXPIRY,
    LONGEST_OPEN,
    LONGEST_RESOLVE,
    MAX_RING,
    MAX_ROUND,
    OPENING,
    SETTLING,
    SHORTEST_OPEN,
    SHORTEST_WINDOW,
    Bounds,
)
from nmr.protocol.reference.treasury import Limits
from nmr.text.amounts import GWEI, MULTIPLIER_PLACES, NMR, RATIO, RATIO_PLACES, SUPPLY, WEI, format_nmr
from nmr.text.entries import Address, Addresses, Entries, amount, check_entries, duration, fixed, given
from nmr.text.times import format_duration
from nmr.text.toml import EntryInvalid, read_toml

SHORTEST_DELAY: Final = 86_400
LONGEST_DELAY: Final = 365 * 86_400
"""Of the timelock, in seconds: the contract's own limits, the shorter one but for local chains."""
MAX_HOLDERS: Final = 127
"""Receivers that the token's constructor takes, but for the treasury."""
MAX_TOURNAMENTS: Final = 8

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", re.ASCII)


class ParametersInvalid(NmrError, ValueError):
    """Parameters of a deployment that cannot be read, or that no deployment should have."""


def read_parameters(path: Path, *, local: bool) -> SuiteParameters:
    """The parameters in a file.

    Args:
        path: the file.
        local: whether they are for a local chain, which may have no delay and short hours.

    Raises:
        ParametersInvalid: it cannot be read, or what it says is not allowed; one sentence that names the entry.
    """
    return read_toml(path, lambda content: _suite(content, local), ParametersInvalid)


def require_no_role(parameters: SuiteParameters, deployer: str) -> None:
    """Make sure that the deployer ends with no role.

    Raises:
        ParametersInvalid: the parameters give it one.
    """
    for role, member in _members(parameters):
        if member == deployer:
            raise ParametersInvalid(f"{deployer} would be {role}: let an account deploy that has no role.")


def require_private(parameters: SuiteParameters, public: Collection[str]) -> None:
    """Make sure that nobody is in them whose key everybody has.

    Args:
        parameters: what is to be deployed.
        public: addresses of test accounts.

    Raises:
        ParametersInvalid: one of them has a role or gets NMR.
    """
    for role, member in _members(parameters):
        if member in public:
            raise ParametersInvalid(f"{member} would be {role}, and is a test account whose key everybody has.")


def _members(parameters: SuiteParameters) -> Iterator[tuple[str, str]]:
    """Every role with an address that has it."""
    yield from (("a proposer", member) for member in parameters.proposers)
    yield from (("an executor", member) for member in parameters.executors)
    for name, tournament in parameters.tournaments.items():
        yield f"operator of {name}", tournament.operator
        yield f"guardian of {name}", tournament.guardian
    yield from (("a holder", member) for member in parameters.holders)


def _name(name: str) -> str:
    if _NAME.fullmatch(name) is None or not may_be_called(name):
        raise ValueError("is no name that a tournament can have")
    return name


def _less_than_all(holders: dict[str, int]) -> dict[str, int]:
    if (held := sum(holders.values())) >= SUPPLY:
        raise ValueError(f"get {format_nmr(held)} NMR, which leaves nothing of the supply to the treasury")
    return holders


class _Hour(BaseModel):
    hour: Annotated[StrictInt, Field(ge=1, le=HOUR)] = HOUR


class _Timelock(Entries):
    delay: Annotated[int, duration(0, LONGEST_DELAY)]
    proposers: Addresses
    executors: Addresses


class _Bounds(Entries):
    max_primary: Annotated[int, fixed(MULTIPLIER_PLACES, 0, LARGEST_MULTIPLIER)]
    max_contribution: Annotated[int, fixed(MULTIPLIER_PLACES, 0, LARGEST_MULTIPLIER)]
    max_clip: Annotated[int, fixed(RATIO_PLACES, 0, RATIO)]
    min_threshold: Annotated[int, amount(0, SUPPLY, GWEI)]
    min_open: Annotated[int, duration(SHORTEST_OPEN, LONGEST_OPEN, "hour")]
    max_open: Annotated[int, duration(SHORTEST_OPEN, LONGEST_OPEN, "hour")]
    max_resolve: Annotated[int, duration(OPENING, LONGEST_RESOLVE, "hour")]
    max_expiry: Annotated[int, duration(0, LONGEST_EXPIRY, "hour")]
    min_window: Annotated[int, duration(SHORTEST_WINDOW, LONGEST_EXPIRY, "hour")]

    @model_validator(mode="after")
    def _let_rounds_open_and_pay(self, info: ValidationInfo) -> "_Bounds":
        if self.max_primary == self.max_contribution == 0 or self.max_clip == 0:
            raise ValueError("let no round pay anything: raise a multiplier, or max_clip")
        if self.min_open > self.max_open:
            raise ValueError("let no round open: min_open is longer than max_open")
        settling = SETTLING * given(info, "hour")
        if self.min_window + settling > self.max_expiry:
            needed = f"min_window and {format_duration(settling)} for settling"
            raise ValueError(f"let no round open: max_expiry is shorter than {needed}")
        return self


class _Tournament(Entries):
    operator: Address
    guardian: Address
    ring: Annotated[StrictInt, Field(ge=1, le=MAX_RING)]
    first_round: Annotated[StrictInt, Field(ge=0)] = 0
    min_stake: Annotated[int, amount(2 * GWEI, NMR, GWEI)]
    cap: Annotated[int, amount(GWEI, SUPPLY, WEI)]
    ceiling: Annotated[int, amount(GWEI, SUPPLY, WEI)]
    rate: Annotated[int, amount(0, SUPPLY, WEI)]
    bounds: _Bounds

    @model_validator(mode="after")
    def _fit_together(self) -> "_Tournament":
        if self.first_round + self.ring > MAX_ROUND + 1:
            raise ValueError(
                f"has the first_round {self.first_round}: it can be at most {MAX_ROUND + 1 - self.ring}, "
                "so that each place of the ring has an id"
            )
        if self.operator == self.guardian:
            raise ValueError("has one account as operator and guardian, and one is to watch the other")
        return self

    def parameters(self) -> TournamentParameters:
        """What is deployed."""
        return TournamentParameters(
            operator=self.operator,
            guardian=self.guardian,
            ring=self.ring,
            min_stake=self.min_stake,
            limits=Limits(self.cap, self.ceiling, self.rate),
            bounds=Bounds(**dict(self.bounds)),
            first_round=self.first_round,
        )


class _Suite(_Hour, Entries):
    timelock: _Timelock
    holders: Annotated[
        dict[Address, Annotated[int, amount(1, SUPPLY, WEI)]],
        Field(max_length=MAX_HOLDERS),
        AfterValidator(_less_than_all),
    ]
    tournaments: Annotated[
        dict[Annotated[str, AfterValidator(_name)], _Tournament], Field(min_length=1, max_length=MAX_TOURNAMENTS)
    ]


def _suite(content: Mapping[str, Any], local: bool) -> SuiteParameters:
    # Other entries' limits count in hours.
    hour = check_entries(_Hour, content).hour
    if hour != HOUR and not local:
        raise EntryInvalid(f"hour is {hour} seconds: only a local chain may have shorter hours than {HOUR}")
    suite = check_entries(_Suite, content, hour=hour)
    if suite.timelock.delay < SHORTEST_DELAY and not local:
        raise EntryInvalid(
            f"timelock.delay is {format_duration(suite.timelock.delay)}: only a local chain may have less than "
            f"{format_duration(SHORTEST_DELAY)}"
        )
    tournaments = {name: tournament.parameters() for name, tournament in suite.tournaments.items()}
    return SuiteParameters(**dict(suite.timelock), holders=suite.holders, tournaments=tournaments, hour=hour)
