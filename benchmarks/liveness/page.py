# SPDX-License-Identifier: MIT
"""The page of what becomes of compounding stakes when people are late, silent or hostile."""

from collections.abc import Mapping, Sequence
from typing import Final

from benchmarks.liveness.play import INCIDENTS, ROUNDS, Cadence, Outcome

BEFORE: Final = "6609452"
"""The commit whose reference gave `EARLIER`."""
EARLIER: Final[Mapping[int, Sequence[tuple[int, int, int, int, int, int]]]] = {
    4: (
        (60, 118, 112, 1_000_000, 28, 0),
        (60, 118, 110, 1_000_000, 28, 0),
        (60, 118, 92, 1_000_000, 28, 0),
        (60, 118, 112, 1_000_000, 28, 0),
        (60, 116, 110, 1_000_000, 28, 0),
        (60, 116, 112, 1_000_000, 28, 0),
    ),
    28: (
        (60, 118, 72, 1_000_000, 34, 0),
        (60, 118, 66, 1_000_000, 34, 2),
        (60, 118, 66, 1_000_000, 34, 26),
        (60, 118, 72, 1_000_000, 34, 0),
        (60, 116, 72, 1_000_000, 34, 0),
        (60, 116, 72, 1_000_000, 34, 0),
    ),
}
"""By ring and incident, what the same play came to there: the fields of `Outcome` in their order."""


def render(outcomes: Mapping[Cadence, Sequence[Outcome]]) -> str:
    """The page, in Markdown, from an outcome of each cadence and incident."""
    lines = [
        "# When people are late, silent or hostile",
        "",
        "Written by `python -m benchmarks.liveness`, which plays the reference model hour by hour. Two models with 100 "
        f"NMR in each place of the ring compound, submit and win a little in each of {ROUNDS} rounds. Anyone enters "
        "what is idle when a round opens. A stranger settles as soon as the contract lets it, the most hostile moment "
        f"under the earlier rule. *Before* is the same play on the reference of commit {BEFORE}, measured once, with "
        "two days for a round to wait for the next of its place. Each incident strikes the eleventh round.",
        "",
    ]
    for cadence, found in outcomes.items():
        lines += [
            f"## {cadence.name[0].upper()}{cadence.name[1:]}",
            "",
            "| incident | | at risk at a lock | sent to idle unasked | gains that lie idle | last round late | "
            "everybody out after |",
            "|---|---|---:|---:|---:|---:|---:|",
        ]
        for incident, earlier, outcome in zip(INCIDENTS, EARLIER[cadence.ring], found, strict=True):
            lines += [_row(incident.name, "before", *earlier), _row("", "after", *outcome.figures)]
        lines.append("")
    lines += [
        "*At risk at a lock*: of two models in as many rounds as were locked; the last is still open. *Sent to idle "
        "unasked*: settlements that sent NMR of a compounding model to idle. *Gains that lie idle*: of all that the "
        "two models gained, the part that compounds no more. *Everybody out after*: owners set targets of 0, take back "
        "what waits, and the operator does nothing any more, so the last rounds expire.",
        "",
        "Before, every settlement came before the next round of the place was open and sent all home; `enter` brought "
        "back the target and no gain. Now a stake goes on into the next round of its place, opened or not. A "
        "pause delays daily rounds, which catch up by two hours a day, and keeps nobody from leaving.",
        "",
    ]
    return "\n".join(lines)


def _row(name: str, when: str, opened: int, at_risk: int, home: int, idle: int, left_in: int, late: int) -> str:
    cells = (name, when, f"{at_risk} of {2 * opened - 2}", str(home), f"{idle / 10**4:g}%", f"{late} d", f"{left_in} d")
    return f"| {' | '.join(cells)} |"
