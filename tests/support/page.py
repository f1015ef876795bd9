# SPDX-License-Identifier: MIT
"""Looks at an HTML page as one with weak eyes or a small telephone would: its colours, its title, what may be wide."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

MARK, TEXT = 3.0, 4.5
"""The contrast that WCAG 2.2 asks of marks (1.4.11) and of text (1.4.3)."""

_COLOURS = re.compile(r":root \{([^}]*)\}")
_COLOUR = re.compile(r"--(\w+): (#[0-9a-f]{6})")


def contrast(one: str, other: str) -> float:
    """The contrast of two colours such as `#1a1a1a`, from 1 to 21, as WCAG 2.2 defines it."""
    darker, lighter = sorted(map(_luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def schemes(page: str) -> list[dict[str, str]]:
    """The named colours of a page: in light, and in dark."""
    return [dict(_COLOUR.findall(colours)) for colours in _COLOURS.findall(page)]


def unwrapped(page: str) -> list[str]:
    """The tables and pictures of a page that do not scroll in a box of their own."""
    return list(_Wide.of(page))


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


class _Wide(HTMLParser):
    """Keeps the elements that are open, and notes what is wide outside of a box."""

    def __init__(self) -> None:
        super().__init__()
        self.boxes: list[bool] = []
        self.found: list[str] = []

    @classmethod
    def of(cls, page: str) -> Iterator[str]:
        parser = cls()
        parser.feed(page)
        yield from parser.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "div":
            self.boxes.append("wide" in (dict(attrs).get("class") or "").split())
        if tag in ("table", "svg") and True not in self.boxes:
            self.found.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "div":
            self.boxes.pop()
