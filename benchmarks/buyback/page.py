# SPDX-License-Identifier: MIT
"""Page and picture of the buyback's simulation."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill

from matplotlib.figure import Figure

from nmr.text.pictures import svg


@dataclass(frozen=True)
class Line:
    """A line of a table: means over all walks.

    Attributes:
        name: of the strategy.
        depth: dollars in the pool at the beginning.
        size: dollars of a lot or an order.
        over: the average price paid over the market's, as a share.
        filler: what fillers kept of what was spent, gas included.
        lost: what fillers and arbitrage gained of what was spent.
        impact: the largest rise of the pool above the market, on any walk.
        spent: the share of the budget that was spent.
        a_day: dollars a day.
    """

    name: str
    depth: int
    size: int
    over: float
    filler: float
    lost: float
    impact: float
    spent: float
    a_day: float


def render(ways: Sequence[Line], sizes: Sequence[Line], walks: int, days: int) -> str:
    """The page as Markdown."""
    paragraphs = (
        "Made by `python -m benchmarks.buyback`, from pure arithmetic: the pool's and the auction's integers are those "
        "that the tests compare with the real pair and the contract.",
        f"$1,000,000 into NMR, {walks} random walks of the price with 4% a day from $15, {days} days at most. The pool "
        "begins at the market's price; arbitrage closes half of every gap in half an hour, up to the pool's fee of "
        "0.3%. Buying moves the pool and not the market beyond it. The feed follows when the market has moved by 1%, "
        "and once a day. A lot a day begins 5% below the feed; a filler takes as much as earns most as soon as $2 are "
        "left after $1 of gas.",
        "*Over market* is the average price paid over the market's at that moment. *Lost* is the part of what was "
        "spent that fillers and arbitrage gained; what remains of *over market* went to the pool as its fee. *Impact* "
        "is the largest rise of the pool above the market.",
    )
    lines = ["# The buyback, simulated"]
    for paragraph in paragraphs:
        lines += ["", fill(paragraph, 120, break_on_hyphens=False)]
    lines += ["", f"## How to spend it, beside a pool of ${ways[0].depth:,} and as much in NMR", ""]
    lines += ["| | each | over market | kept by fillers or a sandwich | lost | impact | spent | a day |"]
    lines += ["| --- |" + " ---: |" * 7]
    lines += [f"| {line.name} | ${line.size:,} | {_rest(line)} |" for line in ways]
    lines += ["", "## Lots of six hours with a premium of 2%, by the pool's depth", ""]
    lines += ["| dollars in the pool | lot | over market | kept by fillers | lost | impact | spent | a day |"]
    lines += ["| ---: |" + " ---: |" * 7]
    lines += [f"| ${line.depth:,} | ${line.size:,} | {_rest(line)} |" for line in sizes]
    lines += ["", "![Price paid and share spent, by the size of a lot and the depth of the pool](buyback.svg)"]
    return "\n".join(lines) + "\n"


def picture(sizes: Sequence[Line]) -> str:
    """Price over the market and share of the lots that is taken, by the lot's part of the pool."""
    figure = Figure(figsize=(10, 3.8))
    price, taken = figure.subplots(1, 2)
    for depth in sorted({line.depth for line in sizes}):
        lines = [line for line in sizes if line.depth == depth]
        shares = [100 * line.size / line.depth for line in lines]
        price.plot(shares, [100 * line.over for line in lines], marker="o", label=f"pool of ${depth:,}")
        taken.plot(shares, [100 * line.a_day / line.size for line in lines], marker="o")
    for axes, title in ((price, "price paid over the market, %"), (taken, "part of the lots that is taken, %")):
        axes.set_xscale("log")
        axes.set_xlabel("lot, % of the dollars in the pool")
        axes.set_title(title, fontsize=10)
        axes.grid(alpha=0.3)
        axes.set_ylim(bottom=0)
    price.legend(fontsize=8)
    figure.tight_layout()
    return svg(figure, "buyback")


def _rest(line: Line) -> str:
    shares = (line.over, line.filler, line.lost, line.impact, line.spent)
    return " | ".join([*(f"{share:.2%}" for share in shares), f"${line.a_day:,.0f}"])
