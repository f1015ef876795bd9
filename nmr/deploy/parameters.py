"""What an owner decides before a deployment, as a TOML file; `docs/deployment.example.toml` shows one.

Everything in it is checked before anything is sent, so that no deployment stops half way because of a value that a
contract refuses, or ends with one that makes it useless.
"""

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from eth_utils.address import is_checksum_address

from nmr.deploy.suite import HOUR, OTHER_PARTS, SuiteParameters, TournamentParameters
from nmr.errors import AmountError, NmrError
from nmr.fixed import MULTIPLIER_PLACES, RATIO_PLACES, FixedPointError, parse_fixed, shorten
from nmr.reference.events import ZERO_ADDRESS
from nmr.reference.rounds import (
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
from nmr.times import TimeError, format_duration, parse_duration
from nmr.units import GWEI, RATIO, SUPPLY, WEI, format_nmr, parse_nmr

LONGEST_DELAY: Final = 365 * 86_400
"""Of the timelock, in seconds: the contract's own limit."""
MAX_MEMBERS: Final = 32
"""Proposers, and executors, of the timelock."""
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
    try:
        # Numbers stay the text that they are: a float would not be exact.
        content = tomllib.loads(path.read_bytes().decode("utf-8"), parse_float=str)
        return _suite(content, local)
    except OSError as error:
        raise ParametersInvalid(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ParametersInvalid(f"{path} is not text in UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise ParametersInvalid(f"{path} is not TOML: {error}.") from error
    except _Wrong as error:
        raise ParametersInvalid(f"{path}: {error}.") from error


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


class _Wrong(Exception):
    """What is wrong with an entry; the sentence lacks its file and its full stop."""


class _Table:
    """A table of the file, whose entries are taken out one by one."""

    def __init__(self, name: str, content: Any) -> None:
        self.name = name
        if not isinstance(content, dict):
            raise _Wrong(f"{name} is no table")
        self._left = dict(content)

    def take(self, key: str, parse: Callable[[str, Any], Any], default: Any = None) -> Any:
        """An entry; without a default it has to be there."""
        name = f"{self.name}.{key}" if self.name else key
        if key not in self._left:
            if default is None:
                raise _Wrong(f"{name} is missing")
            return default
        return parse(name, self._left.pop(key))

    def items(self) -> list[tuple[str, Any]]:
        """All entries that are left."""
        items, self._left = list(self._left.items()), {}
        return items

    def end(self) -> None:
        """Make sure that no entry is left."""
        for key in self._left:
            raise _Wrong(f"{self.name + '.' if self.name else ''}{key} is unknown")


def _suite(content: Mapping[str, Any], local: bool) -> SuiteParameters:
    outer = _Table("", content)
    hour = outer.take("hour", _number(1, HOUR), HOUR)
    if hour != HOUR and not local:
        raise _Wrong(f"hour is {hour} seconds: only a local chain may have shorter hours than {HOUR}")
    timelock = outer.take("timelock", _Table)
    delay = timelock.take("delay", _duration(0, LONGEST_DELAY))
    if delay == 0 and not local:
        raise _Wrong("timelock.delay is 0: only a local chain may do without one")
    proposers = timelock.take("proposers", _addresses)
    executors = timelock.take("executors", _addresses)
    timelock.end()
    holders = _holders(outer.take("holders", _Table))
    tables = outer.take("tournaments", _Table).items()
    if not 1 <= len(tables) <= MAX_TOURNAMENTS:
        raise _Wrong(f"there are {len(tables)} tournaments: 1 to {MAX_TOURNAMENTS} can be deployed")
    tournaments = {}
    for name, table in tables:
        if _NAME.fullmatch(name) is None or name in OTHER_PARTS:
            raise _Wrong(f"a tournament cannot be called {shorten(name)}")
        tournaments[name] = _tournament(_Table(f"tournaments.{name}", table), hour)
    outer.end()
    return SuiteParameters(delay, proposers, executors, holders, tournaments, hour)


def _holders(table: _Table) -> dict[str, int]:
    holders = {}
    for address, amount in table.items():
        name = f"holders.{address}"
        holders[_address(name, address)] = _amount(1, SUPPLY, WEI)(name, amount)
    if len(holders) > MAX_HOLDERS:
        raise _Wrong(f"there are {len(holders)} holders: at most {MAX_HOLDERS} can be given NMR")
    held = sum(holders.values())
    if held >= SUPPLY:
        raise _Wrong(f"the holders get {format_nmr(held)} NMR, which leaves nothing of the supply to the treasury")
    return holders


def _tournament(table: _Table, hour: int) -> TournamentParameters:
    ring = table.take("ring", _number(1, MAX_RING))
    tournament = TournamentParameters(
        operator=table.take("operator", _address),
        guardian=table.take("guardian", _address),
        ring=ring,
        first_round=table.take("first_round", _number(0, ROUND_IDS - ring - 1), 0),
        cap=table.take("cap", _amount(GWEI, SUPPLY, WEI)),
        bounds=_bounds(table.take("bounds", _Table), hour),
    )
    table.end()
    if tournament.operator == tournament.guardian:
        raise _Wrong(f"{table.name}: operator and guardian are the same account, and one is to watch the other")
    return tournament


def _bounds(table: _Table, hour: int) -> Bounds:
    bounds = Bounds(
        max_primary=table.take("max_primary", _fixed(MULTIPLIER_PLACES, LARGEST_MULTIPLIER)),
        max_contribution=table.take("max_contribution", _fixed(MULTIPLIER_PLACES, LARGEST_MULTIPLIER)),
        max_clip=table.take("max_clip", _fixed(RATIO_PLACES, RATIO)),
        min_threshold=table.take("min_threshold", _amount(0, SUPPLY, GWEI)),
        max_min_stake=table.take("max_min_stake", _amount(0, SUPPLY, GWEI)),
        min_open=table.take("min_open", _duration(SHORTEST_OPEN * hour, LONGEST_OPEN * hour)),
        max_open=table.take("max_open", _duration(SHORTEST_OPEN * hour, LONGEST_OPEN * hour)),
        max_resolve=table.take("max_resolve", _duration(OPENING * hour, LONGEST_RESOLVE * hour)),
        max_expiry=table.take("max_expiry", _duration(0, LONGEST_EXPIRY * hour)),
        min_window=table.take("min_window", _duration(SHORTEST_WINDOW * hour, LONGEST_EXPIRY * hour)),
        min_grace=table.take("min_grace", _duration(0, LONGEST_EXPIRY * hour)),
    )
    table.end()
    if bounds.max_primary == bounds.max_contribution == 0 or bounds.max_clip == 0:
        raise _Wrong(f"{table.name}: no round could pay anything: raise a multiplier, or max_clip")
    if bounds.min_open > bounds.max_open:
        raise _Wrong(f"{table.name}: min_open is longer than max_open, so no round could open")
    needed = bounds.min_window + bounds.min_grace + SETTLING * hour
    if needed > bounds.max_expiry:
        raise _Wrong(
            f"{table.name}: max_expiry is shorter than min_window, min_grace and {format_duration(SETTLING * hour)} "
            "for settling, so no round could open"
        )
    return bounds


def _number(least: int, most: int) -> Callable[[str, Any], int]:
    def parse(name: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _Wrong(f"{name} is {shorten(str(value))}, not a whole number")
        if not least <= value <= most:
            raise _Wrong(f"{name} is {value}: it has to be between {least} and {most}")
        return value

    return parse


def _fixed(places: int, most: int) -> Callable[[str, Any], int]:
    def parse(name: str, value: Any) -> int:
        try:
            number = parse_fixed(_text(name, value), places)
        except FixedPointError as error:
            raise _Wrong(f"{name} {error}") from None
        if not 0 <= number <= most:
            raise _Wrong(f"{name} is {value}: it has to be between 0 and {most // 10**places}")
        return number

    return parse


def _amount(least: int, most: int, unit: int) -> Callable[[str, Any], int]:
    def parse(name: str, value: Any) -> int:
        try:
            amount = parse_nmr(_text(name, value), unit)
        except AmountError as error:
            raise _Wrong(f"{name} is wrong: {error}") from None
        if not least <= amount <= most:
            raise _Wrong(f"{name} is {value} NMR: it has to be at least {format_nmr(least)} NMR")
        return amount

    return parse


def _duration(least: int, most: int) -> Callable[[str, Any], int]:
    def parse(name: str, value: Any) -> int:
        try:
            seconds = 0 if value in (0, "0") else parse_duration(_text(name, value))
        except TimeError as error:
            raise _Wrong(f"{name} {error}") from None
        if not least <= seconds <= most:
            limits = f"{format_duration(least)} and {format_duration(most)}"
            raise _Wrong(f"{name} is {format_duration(seconds)}: it has to be between {limits}")
        return seconds

    return parse


def _address(name: str, value: Any) -> str:
    if not isinstance(value, str) or not is_checksum_address(value):
        raise _Wrong(f"{name} is {shorten(str(value))}, not an address with its checksum: the case of letters counts")
    if value == ZERO_ADDRESS:
        raise _Wrong(f"{name} is the zero address, which is nobody's")
    return value


def _addresses(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise _Wrong(f"{name} is no list of addresses")
    if not 1 <= len(value) <= MAX_MEMBERS:
        raise _Wrong(f"{name} has {len(value)} addresses: it has to have 1 to {MAX_MEMBERS}")
    addresses = tuple(_address(name, item) for item in value)
    if len(set(addresses)) != len(addresses):
        raise _Wrong(f"{name} has an address twice")
    return addresses


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _Wrong(f"{name} is neither a number nor a text")
    return str(value)
