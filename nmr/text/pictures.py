# SPDX-License-Identifier: MIT
"""Pictures by matplotlib, as SVG that is the same for the same figures."""

import re
from io import StringIO
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_POINT: Final = re.compile(r"(?<=^[ML] )(\S+) (\S+)", re.MULTILINE)
"""A corner of a path, in matplotlib's lines."""


def svg(figure: "Figure", salt: str) -> str:
    """A figure as SVG without a date, its corners rounded to a tenth of a point, which is finer than a screen.

    Args:
        figure: the figure.
        salt: what the ids in it are made from; another for each picture, so that a page can hold several.
    """
    # Here and not above: it takes a second to import, which no other command should wait for.
    from matplotlib import rc_context

    text = StringIO()
    with rc_context({"svg.hashsalt": salt, "svg.fonttype": "none"}):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    rounded = _POINT.sub(lambda point: f"{float(point[1]):.1f} {float(point[2]):.1f}", text.getvalue())
    # matplotlib leaves spaces at the ends of lines.
    return "\n".join(line.rstrip() for line in rounded.splitlines()) + "\n"
