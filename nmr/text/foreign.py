# SPDX-License-Identifier: MIT
"""Text that somebody else wrote, on its way to a terminal, a page or a sentence.

A label, a reason, an answer of a node, a name of a file may hold what a terminal obeys, what turns the rest of a line
around, or what nobody sees. Whatever prints such text prints `plain` of it; files for programs keep the text itself.
"""

import re
import unicodedata
from typing import Final
from urllib.parse import urlsplit

LONGEST: Final = 1_000
"""Characters of a foreign text that are shown."""
MARKS: Final = 3
"""Combining marks in a row that are shown as such: no script stacks more, and more cover other lines."""

_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Characters that show nothing and that `str.isprintable` lets pass."""
_URL: Final = re.compile(r"\b([A-Za-z][A-Za-z0-9+.-]*)://([^\s'\"<>]+)", re.ASCII)
_TRAILING: Final = ".,;:)]}"
_WEB: Final = frozenset({"http", "https", "ws", "wss"})
_REQUESTED: Final = re.compile(r"\b(with url: )[^\s'\"<>]+", re.ASCII)
"""How `urllib3` names the path of a request, which holds the key of most providers."""


def plain(text: str, longest: int = LONGEST) -> str:
    """A foreign text as one line that is safe to show: what is no visible character is written as Python escapes it.

    Escaped are control characters and escape sequences, ends of lines and paragraphs, what changes the direction of
    writing, what is invisible or has no width, lone surrogates, spaces other than the usual one, and combining marks
    beyond `MARKS` in a row or without a character before them.

    Args:
        text: what somebody wrote.
        longest: how many characters of it are shown; behind them stands how many more there are.
    """
    shown = text[:longest]
    if not (shown.isascii() and shown.isprintable()):
        shown = _escaped(shown)
    rest = len(text) - longest
    return shown if rest <= 0 else f"{shown}… (and {rest:,} characters more)"


def without_secrets(text: str) -> str:
    """A text in which no address of a server tells more than the server: passwords and keys stand in the rest.

    What follows the host of a web address is left out, for that is where providers of nodes have their keys; of other
    addresses, such as `s3://bucket/folder`, whatever stands before an `@` or behind a `?` or `#`.
    """
    return _REQUESTED.sub(r"\1/…", _URL.sub(_address_without_secrets, text))


def _escaped(text: str) -> str:
    written, marks = [], MARKS
    for character in text:
        is_mark = unicodedata.category(character).startswith("M")
        marks = marks + 1 if is_mark else 0
        visible = character.isprintable() and marks <= MARKS and not _INVISIBLE.match(character)
        written.append(character if visible else _escape(character))
        if not visible:
            # A mark behind an escape would be written on top of it.
            marks = MARKS
    return "".join(written)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _address_without_secrets(found: re.Match[str]) -> str:
    scheme, rest = found[1], found[2]
    shown = rest.rstrip(_TRAILING)
    trailing = rest[len(shown) :]
    whole = f"{scheme}://{shown}"
    try:
        parts = urlsplit(whole)
        host = parts.hostname or ""
        server = f"[{host}]" if ":" in host else host
        server += f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return f"{scheme}://…{trailing}"
    if "@" in shown.removeprefix(parts.netloc):
        # A password with a slash in it: where the host begins is anybody's guess.
        return f"{scheme}://…{trailing}"
    user = "…@" if "@" in parts.netloc else ""
    if scheme.lower() in _WEB:
        path = "" if whole.partition("://")[2].removeprefix(parts.netloc) in ("", "/") else "/…"
        return f"{scheme}://{user}{server}{path}{trailing}"
    hidden = "?…" if parts.query or parts.fragment else ""
    return f"{scheme}://{user}{parts.netloc.rpartition('@')[2]}{parts.path}{hidden}{trailing}"
