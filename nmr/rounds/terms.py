# SPDX-License-Identifier: MIT
"""A round's terms as an operator writes them, in a TOML file or as options, and what a chain allows.

    primary = 0.5                  # multipliers, at most 4 decimals
    contribution = 2
    clip = 0.05                    # at most 12 decimals
    threshold = 72000              # NMR; 0 is none
    sealing_key = "0x…"            # 32 bytes
    locks_at = "1d"                # from now, or a moment such as 2027-01-31T12:00Z
    resolves_at = "21d"
    expires_at = "51d"
    window = "1d"

What is left out gets a default that the chain's bounds allow; only the sealing key has none on a public chain.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from nmr.errors import NmrError
from nmr.protocol.reference.rounds import (
    EMPTY_BYTES32,
    LARGEST_MULTIPLIER,
    LONGEST_EXPIRY,
    LONGEST_OPEN,
    LONGEST_RESOLVE,
    OPENING,
    SETTLING,
    SHORTEST_OPEN,
    SHORTEST_WINDOW,
    Bounds,
    Terms,
)
from nmr.text.amounts import (
    GWEI,
    MULTIPLIER,
    MULTIPLIER_PLACES,
    RATIO,
    RATIO_PLACES,
    format_fixed,
    format_nmr,
    parse_fixed,
    parse_nmr,
    shorten,
)
from nmr.text.times import format_duration, format_moment, parse_duration, parse_moment
from nmr.text.toml import EntryInvalid, read_toml

OPEN_HOURS: Final = 4
"""Hours of the chain's own that a round is open by default, if it may be so short and so long."""
SPARE_HOURS: Final = 48
"""Hours by default between a proposal in time and the last that leaves room to settle, if it may be so long."""
DEFAULT_CLIP: Final = RATIO // 20

_HEX32: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{64})", re.ASCII)


class TermError(NmrError, ValueError):
    """A term that is missing, cannot be read, or is not allowed.

    Attributes:
        term: its name.
    """

    def __init__(self, term: str, problem: str) -> None:
        super().__init__(f"{term} {problem}.")
        self.term = term


class Bytes32Error(NmrError, ValueError):
    """A text that is not 32 bytes. The message is a predicate; callers prepend the field's name."""


class TermsFileError(NmrError, ValueError):
    """A file that holds no terms."""


def parse_bytes32(text: str) -> bytes:
    """32 bytes from 64 hexadecimal digits.

    Raises:
        Bytes32Error: anything else.
    """
    match = _HEX32.fullmatch(text)
    if match is None:
        raise Bytes32Error(f"is {shorten(text)}, not 32 bytes as 64 hexadecimal digits")
    return bytes.fromhex(match[1])


def read_terms(path: Path) -> dict[str, str]:
    """The terms in a TOML file, each as the text that an option would take.

    Raises:
        TermsFileError: it cannot be read, is no TOML, or holds something else than terms.
    """
    return read_toml(path, _texts, TermsFileError)


def build_terms(
    given: Mapping[str, str], bounds: Bounds, *, hour: int, now: int, sealing_key: bytes | None = None
) -> Terms:
    """Terms from texts; what is not given gets the shortest times that the bounds allow, with some room to act.

    Args:
        given: by the name of the term.
        bounds: the owner's.
        hour: seconds in an hour of the hard limits.
        now: the chain's time, from which durations count.
        sealing_key: the default; without one it has to be given.

    Raises:
        TermError: a term cannot be read, or there is no sealing key.
    """

    def term(name: str, parse: Callable[[str], int], default: int) -> int:
        return _parse(name, parse, given[name]) if name in given else default

    def multiplier(text: str) -> int:
        return parse_fixed(text, MULTIPLIER_PLACES)

    def moment(text: str) -> int:
        return parse_moment(text, now)

    if "sealing_key" in given:
        sealing_key = _parse("sealing_key", parse_bytes32, given["sealing_key"])
    if sealing_key is None:
        raise TermError("sealing_key", "is missing: make the key pair with `keys new`, or name a public key")
    open_for = _clamp(OPEN_HOURS * hour, 2 * max(bounds.min_open, SHORTEST_OPEN * hour), bounds.max_open)
    window = term("window", parse_duration, max(bounds.min_window, SHORTEST_WINDOW * hour))
    locks_at = term("locks_at", moment, now + open_for)
    resolves_at = term("resolves_at", moment, locks_at + OPENING * hour)
    settling = window + SETTLING * hour
    longest = min(bounds.max_expiry, LONGEST_EXPIRY * hour)
    expires_at = term("expires_at", moment, resolves_at + _clamp(settling + SPARE_HOURS * hour, settling, longest))
    return Terms(
        primary=term("primary", multiplier, min(MULTIPLIER, bounds.max_primary)),
        contribution=term("contribution", multiplier, 0),
        clip=term("clip", lambda text: parse_fixed(text, RATIO_PLACES), min(DEFAULT_CLIP, bounds.max_clip)),
        threshold=term("threshold", parse_nmr, 0),
        sealing_key=sealing_key,
        locks_at=locks_at,
        resolves_at=resolves_at,
        expires_at=expires_at,
        window=window,
    )


def check_terms(terms: Terms, bounds: Bounds, *, hour: int, now: int, ahead: int = 0) -> None:
    """Find what a chain would refuse about terms.

    Args:
        terms: to be checked.
        bounds: the owner's.
        hour: seconds in an hour of the hard limits.
        now: the chain's time.
        ahead: seconds that may pass until the transaction is in a block.

    Raises:
        TermError: names the first term that is not allowed, and what is.
    """
    for name, most in (("primary", bounds.max_primary), ("contribution", bounds.max_contribution)):
        _check_range(name, getattr(terms, name), 0, min(most, LARGEST_MULTIPLIER), _multiplier)
    _check_range("clip", terms.clip, 1, min(bounds.max_clip, RATIO), _ratio)
    if terms.threshold % GWEI:
        raise TermError("threshold", f"is {_nmr(terms.threshold)}, finer than the ledger's unit, 0.000000001 NMR")
    if 0 < terms.threshold < bounds.min_threshold or terms.threshold < 0:
        problem = f"is {_nmr(terms.threshold)}: it is 0 for none, or at least {_nmr(bounds.min_threshold)}"
        raise TermError("threshold", problem)
    if terms.sealing_key == EMPTY_BYTES32:
        raise TermError("sealing_key", "is zero: name the public key that submissions are encrypted to")
    shortest = max(bounds.min_open, SHORTEST_OPEN * hour) + ahead
    _check_span("locks_at", now, "now", terms.locks_at, shortest, min(bounds.max_open, LONGEST_OPEN * hour))
    longest = min(bounds.max_resolve, LONGEST_RESOLVE * hour)
    _check_span("resolves_at", terms.locks_at, "locks_at", terms.resolves_at, OPENING * hour, longest)
    longest = min(bounds.max_expiry, LONGEST_EXPIRY * hour)
    _check_range("window", terms.window, max(bounds.min_window, SHORTEST_WINDOW * hour), longest, format_duration)
    shortest = terms.window + SETTLING * hour
    _check_span("expires_at", terms.resolves_at, "resolves_at", terms.expires_at, shortest, longest)


def describe_terms(terms: Terms, now: int | None = None) -> dict[str, str]:
    """The terms for people, by name."""
    return {
        "primary": _multiplier(terms.primary),
        "contribution": _multiplier(terms.contribution),
        "clip": _ratio(terms.clip),
        "threshold": _nmr(terms.threshold) if terms.threshold else "none",
        "sealing_key": f"0x{terms.sealing_key.hex()}",
        "locks_at": format_moment(terms.locks_at, now),
        "resolves_at": format_moment(terms.resolves_at, now),
        "expires_at": format_moment(terms.expires_at, now),
        "window": format_duration(terms.window),
    }


def plain_terms(terms: Terms) -> dict[str, str | int]:
    """The terms for programs: decimals and NMR as strings, times in unix seconds."""
    return {
        "primary": _multiplier(terms.primary),
        "contribution": _multiplier(terms.contribution),
        "clip": _ratio(terms.clip),
        "threshold": format_nmr(terms.threshold),
        "sealing_key": f"0x{terms.sealing_key.hex()}",
        **{name: getattr(terms, name) for name in ("locks_at", "resolves_at", "expires_at", "window")},
    }


def _texts(content: Mapping[str, Any]) -> dict[str, str]:
    unknown = [name for name in content if name not in Terms._fields]
    if unknown:
        raise EntryInvalid(f"there is no term {unknown[0]!r}; terms are {', '.join(Terms._fields)}")
    return {name: _text(name, value) for name, value in content.items()}


def _text(name: str, value: Any) -> str:
    match value:
        case bool():
            pass
        case str() | int():
            return str(value)
        case datetime():
            return value.isoformat()
    raise EntryInvalid(f"{name} is neither a number, a text nor a moment")


def _parse(name: str, parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        problem = str(error)
        # What `parse_nmr` says is a sentence of its own.
        raise TermError(name, problem if problem.startswith("is ") else f"is wrong: {problem}") from None


def _clamp(value: int, least: int, most: int) -> int:
    return min(max(value, least), most)


def _multiplier(value: int) -> str:
    return format_fixed(value, MULTIPLIER_PLACES)


def _ratio(value: int) -> str:
    return format_fixed(value, RATIO_PLACES)


def _nmr(wei: int) -> str:
    return f"{format_nmr(wei)} NMR"


def _check_range(name: str, value: int, least: int, most: int, show: Callable[[int], str]) -> None:
    if not least <= value <= most:
        raise TermError(name, f"is {show(value)}: it has to be from {show(least)} to {show(most)}")


def _check_span(name: str, start: int, origin: str, end: int, shortest: int, longest: int) -> None:
    """Refuse a moment that is less than `shortest` or more than `longest` seconds after another."""
    if not shortest <= end - start <= longest:
        after = f"{format_duration(end - start)} after" if end >= start else f"{format_duration(start - end)} before"
        allowed = f"{format_duration(shortest)} to {format_duration(longest)} after it"
        raise TermError(name, f"is {format_moment(end)}, {after} {origin}: it has to be {allowed}")
