# SPDX-License-Identifier: MIT
"""The picture of TVL over time: stacked areas of what makes it up."""

import io
from collections.abc import Sequence
from typing import Final

from nmr.text.amounts import NMR
from nmr.text.pictures import svg
from nmr.tvl.definitions import TvlError
from nmr.tvl.figures import Figures, PriceStatus

KINDS: Final = ("svg", "png")
"""By the ending of the file's name."""
_COLOURS: Final = ("#4269d0", "#97bbf5", "#6cc5b0", "#efb118", "#a463f2")


def series_picture(series: Sequence[Figures], kind: str) -> bytes:
    """At risk, waiting, idle, donations and reserved rewards of each block, one upon the other, in NMR.

    Args:
        series: at least two blocks, in their order.
        kind: one of `KINDS`.

    Raises:
        TvlError: fewer than two blocks, or another kind.
    """
    # Here and not above: it takes a second to import, which no other command should.
    from matplotlib.figure import Figure

    if kind not in KINDS:
        raise TvlError(f"A picture is one of {', '.join(KINDS)}, not {kind!r}: end the file's name so.")
    if len(series) < 2:
        raise TvlError("A picture needs two blocks at least: name a wider range.")
    # matplotlib counts days since 1970.
    times = [figures.timestamp / 86_400 for figures in series]
    layers = {
        "at risk": [figures.at_risk for figures in series],
        "waiting": [figures.waiting for figures in series],
        "idle": [figures.idle for figures in series],
        "donations": [figures.donations for figures in series],
        "reserved rewards (in the treasury)": [figures.reserved + figures.reserved_elsewhere for figures in series],
    }
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.add_subplot()
    # Only drawn: a float is exact enough for a pixel.
    heights = [[wei / NMR for wei in layer] for layer in layers.values()]
    axes.stackplot(times, heights, labels=list(layers), colors=_COLOURS, step="post")
    tvl = [figures.tvl / NMR for figures in series]
    axes.plot(times, tvl, color="black", linewidth=1.2, label="TVL", drawstyle="steps-post")
    last = series[-1]
    worth = f", ${last.dollars // 10**6:,}" if last.price.status is PriceStatus.KNOWN else ""
    axes.set_title(f"NMR in escrow and reserved; TVL at block {last.number}: {last.tvl // NMR:,} NMR{worth}")
    axes.set_ylabel("NMR")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value == int(value) else f"{value:,.2f}")
    axes.xaxis_date("UTC")
    axes.set_xlim(times[0], times[-1])
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=6)
    if kind == "svg":
        return svg(figure, "tvl").encode()
    content = io.BytesIO()
    figure.savefig(content, format=kind, dpi=150)
    return content.getvalue()
