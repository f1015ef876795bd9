# SPDX-License-Identifier: MIT
"""The page of the year's benchmark."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from benchmarks.rounds.page import as_seconds
from benchmarks.year.measure import Answered, Audited, Exported
from benchmarks.year.play import Progress, Size, Step

YEAR = Size(models=15_000, staked=5_000, ring=28, rounds=250, led=25)
BULK = ("open", "enter", "submit", "lock", "list", "propose", "settle")
SERVICE = ("open", "enter", "lock and list", "score and propose", "settle")
WHAT = {
    "open": "open",
    "enter": "enter, 256 groups a transaction",
    "submit": "submit, 64 signed commitments a transaction",
    "lock": "lock",
    "list": "publish the hash of the opening list",
    "propose": "scores to root, and propose",
    "settle": "settle, 300 groups a transaction",
}


@dataclass(frozen=True)
class Measured:
    """A year that is over.

    Attributes:
        node_peak: bytes of memory of anvil at its peak.
    """

    size: Size
    progress: Progress
    audited: Audited
    exported: Exported
    answered: Answered
    node_peak: int


def render(measured: Measured) -> str:
    """The page, in Markdown."""
    size, steps = measured.size, measured.progress.steps
    share = f"`nmr operate` led {size.led} of them whole, in accelerated time; the bulk driver led the rest."
    lines = [
        "# A year of daily rounds",
        "",
        f"Written by `python -m benchmarks.year`: {size.models:,} models, {size.staked:,} of them staked, a ring of "
        f"{size.ring}, {size.rounds} rounds on anvil. {share} In every round all staked models submit, each with a "
        "signature of its own, 64 in a transaction. In rounds that the service leads the files are sealed, of "
        "20 ids, in a store that is not synced to the disk, and are removed when the round is closed; in the others "
        "hashes stand for files, and scores are drawn.",
        "",
        *_part(size),
        "Times are of one run on a machine of two cores with other work on them: look at what dominates. A day is half "
        "an hour of the chain's time.",
        "",
        "## A round in bulk",
        "",
        f"{_median(size.rounds - size.led)} Gas and bytes are a staked model's.",
        "",
        "| step | transactions | time | of the round | gas a model | calldata a model, bytes |",
        "|---|---:|---:|---:|---:|---:|",
        *_bulk(steps, size),
        "",
        "## A round by the service",
        "",
        f"{_median(size.led)} Each step is a run of `nmr operate --once` in a process that has imported it already.",
        "",
        "| step | time | of processors | memory |",
        "|---|---:|---:|---:|",
        *_service(steps),
        "",
        *_sealed(measured),
        "## The whole of it",
        "",
        "| | time | of processors | memory |",
        "|---|---:|---:|---:|",
        f"| the audit, of {measured.audited.settlements:,} settlements | {as_seconds(measured.audited.seconds)} | "
        f"{as_seconds(measured.audited.processor)} | {_memory(measured.audited.peak)} |",
        f"| the export, {measured.exported.positions:,} positions and {measured.exported.points:,} points of TVL | "
        f"{as_seconds(measured.exported.seconds)} | {as_seconds(measured.exported.processor)} | "
        f"{_memory(measured.exported.peak)} |",
        f"| the leaderboard of all rounds, from the export | {as_seconds(measured.answered.leaderboard)} | | |",
        f"| the history of a model, from the export | {as_seconds(measured.answered.history)} | | |",
        f"| all rounds, from the export | {as_seconds(measured.answered.rounds)} | | |",
        f"| the series of TVL, from the export | {as_seconds(measured.answered.series)} | | |",
        f"| the node, anvil | | | {_memory(measured.node_peak)} |",
        "",
        f"The audit found {measured.audited.disagreements} disagreements. The export takes "
        f"{_memory(measured.exported.size)} on disk.",
    ]
    return "\n".join(lines) + "\n"


def _part(size: Size) -> list[str]:
    """That it is no whole year, if it is none."""
    if (size.rounds, size.led) == (YEAR.rounds, YEAR.led):
        return []
    whole = (
        f"A whole year has {YEAR.rounds} rounds, {YEAR.led} of them led by the service, and is what the command plays"
    )
    return [f"{whole} unless it is told otherwise; this page is of `--rounds {size.rounds} --led {size.led}`.", ""]


def _median(rounds: int) -> str:
    return "One round." if rounds == 1 else f"The median of {rounds} rounds."


def _bulk(steps: Iterable[Step], size: Size) -> list[str]:
    found = {name: [each for each in steps if each.name == name and not size.is_led(each.round)] for name in BULK}
    seconds = {name: median(each.seconds for each in of) for name, of in found.items()}
    whole = sum(seconds.values())
    rows = []
    for name, of in found.items():
        gas, calldata = (median(each.gas for each in of), median(each.calldata for each in of))
        cells = (
            WHAT[name],
            f"{median(each.transactions for each in of):,.0f}",
            as_seconds(seconds[name]),
            f"{seconds[name] / whole:.0%}",
            f"{gas / size.staked:,.0f}",
            f"{calldata / size.staked:,.0f}",
        )
        rows.append(f"| {' | '.join(cells)} |")
    gas, calldata = (
        sum(median(getattr(each, what) for each in of) for of in found.values()) for what in ("gas", "calldata")
    )
    total = f"{as_seconds(whole)} | | {gas / size.staked:,.0f} | {calldata / size.staked:,.0f}"
    return [*rows, f"| all of these | | {total} |"]


def _service(steps: Iterable[Step]) -> list[str]:
    rows = []
    for name in SERVICE:
        of = [each for each in steps if each.name == f"operate: {name}"]
        figures = (
            as_seconds(median(each.seconds for each in of)),
            as_seconds(median(each.processor for each in of)),
            _memory(max(each.memory for each in of)),
        )
        rows.append(f"| {name} | {' | '.join(figures)} |")
    return rows


def _sealed(measured: Measured) -> list[str]:
    size, count = measured.progress.sealed
    seconds = median(each.seconds for each in measured.progress.steps if each.name == "seal")
    return [
        f"A sealed file has {size / count:,.0f} bytes; all of a round are sealed and stored in {as_seconds(seconds)}.",
        "",
    ]


def _memory(size: float) -> str:
    return f"{size / 2**20:,.0f} MiB"
