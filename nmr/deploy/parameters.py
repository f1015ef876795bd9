# SPDX-License-Identifier: MIT
"""What an owner decides before a deployment, as a TOML file; `docs/deployment.example.toml` shows one.

Everything in it is checked before anything is sent, so that no deployment stops half way because of a value that a
contract refuses, or ends with one that makes it useless.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from nmr.deploy.suite import HOUR, OTHER_PARTS, SuiteParameters, TournamentParameters
from nmr.errors import NmrError
from nmr.protocol.reference.rounds import (
    LARGEST_MULTIPLIER,
    LONGEST_EXPIRY,
    LONGEST_OPEN,
    LONGEST_RESOLVE,
    MAX_RING,
    OPENING,
    ROUND_IDS,
    SETTLING,
    SHORTEST_OPEN,
    SHORTEST_WINDOW,
    Bounds,
)
from nmr.text.amounts import GWEI, MULTIPLIER_PLACES, RATIO, RATIO_PLACES, SUPPLY, WEI, format_nmr, shorten
from nmr.text.times import format_duration
from nmr.text.toml import EntryInvalid, Table, address, addresses, amount, duration, fixed, number, read_toml

LONGEST_DELAY: Final = 365 * 86_400
"""Of the timelock, in seconds: the contract's own limit."""
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


def _suite(content: Mapping[str, Any], local: bool) -> SuiteParameters:
    outer = Table("", content)
    hour = outer.take("hour", number(1, HOUR), HOUR)
    if hour != HOUR and not local:
        raise EntryInvalid(f"hour is {hour} seconds: only a local chain may have shorter hours than {HOUR}")
    timelock = outer.take("timelock", Table)
    delay = timelock.take("delay", duration(0, LONGEST_DELAY))
    if delay == 0 and not local:
        raise EntryInvalid("timelock.delay is 0: only a local chain may do without one")
    proposers = timelock.take("proposers", addresses)
    executors = timelock.take("executors", addresses)
    timelock.end()
    holders = _holders(outer.take("holders", Table))
    tables = outer.take("tournaments", Table).items()
    if not 1 <= len(tables) <= MAX_TOURNAMENTS:
        raise EntryInvalid(f"there are {len(tables)} tournaments: 1 to {MAX_TOURNAMENTS} can be deployed")
    tournaments = {}
    for name, table in tables:
        if _NAME.fullmatch(name) is None or name in OTHER_PARTS:
            raise EntryInvalid(f"a tournament cannot be called {shorten(name)}")
        tournaments[name] = _tournament(Table(f"tournaments.{name}", table), hour)
    outer.end()
    return SuiteParameters(delay, proposers, executors, holders, tournaments, hour)


def _holders(table: Table) -> dict[str, int]:
    holders = {}
    for holder, nmr in table.items():
        name = f"holders.{holder}"
        holders[address(name, holder)] = amount(1, SUPPLY, WEI)(name, nmr)
    if len(holders) > MAX_HOLDERS:
        raise EntryInvalid(f"there are {len(holders)} holders: at most {MAX_HOLDERS} can be given NMR")
    held = sum(holders.values())
    if held >= SUPPLY:
        raise EntryInvalid(
            f"the holders get {format_nmr(held)} NMR, which leaves nothing of the supply to the treasury"
        )
    return holders


def _tournament(table: Table, hour: int) -> TournamentParameters:
    ring = table.take("ring", number(1, MAX_RING))
    tournament = TournamentParameters(
        operator=table.take("operator", address),
        guardian=table.take("guardian", address),
        ring=ring,
        first_round=table.take("first_round", number(0, ROUND_IDS - ring - 1), 0),
        cap=table.take("cap", amount(GWEI, SUPPLY, WEI)),
        bounds=_bounds(table.take("bounds", Table), hour),
    )
    table.end()
    if tournament.operator == tournament.guardian:
        raise EntryInvalid(f"{table.name}: operator and guardian are the same account, and one is to watch the other")
    return tournament


def _bounds(table: Table, hour: int) -> Bounds:
    bounds = Bounds(
        max_primary=table.take("max_primary", fixed(MULTIPLIER_PLACES, LARGEST_MULTIPLIER)),
        max_contribution=table.take("max_contribution", fixed(MULTIPLIER_PLACES, LARGEST_MULTIPLIER)),
        max_clip=table.take("max_clip", fixed(RATIO_PLACES, RATIO)),
        min_threshold=table.take("min_threshold", amount(0, SUPPLY, GWEI)),
        max_min_stake=table.take("max_min_stake", amount(0, SUPPLY, GWEI)),
        min_open=table.take("min_open", duration(SHORTEST_OPEN * hour, LONGEST_OPEN * hour)),
        max_open=table.take("max_open", duration(SHORTEST_OPEN * hour, LONGEST_OPEN * hour)),
        max_resolve=table.take("max_resolve", duration(OPENING * hour, LONGEST_RESOLVE * hour)),
        max_expiry=table.take("max_expiry", duration(0, LONGEST_EXPIRY * hour)),
        min_window=table.take("min_window", duration(SHORTEST_WINDOW * hour, LONGEST_EXPIRY * hour)),
        min_grace=table.take("min_grace", duration(0, LONGEST_EXPIRY * hour)),
    )
    table.end()
    if bounds.max_primary == bounds.max_contribution == 0 or bounds.max_clip == 0:
        raise EntryInvalid(f"{table.name}: no round could pay anything: raise a multiplier, or max_clip")
    if bounds.min_open > bounds.max_open:
        raise EntryInvalid(f"{table.name}: min_open is longer than max_open, so no round could open")
    needed = bounds.min_window + bounds.min_grace + SETTLING * hour
    if needed > bounds.max_expiry:
        raise EntryInvalid(
            f"{table.name}: max_expiry is shorter than min_window, min_grace and {format_duration(SETTLING * hour)} "
            "for settling, so no round could open"
        )
    return bounds
