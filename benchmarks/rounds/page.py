# SPDX-License-Identifier: MIT
"""The page of the benchmark of whole rounds: its tables."""

from collections.abc import Mapping, Sequence
from typing import Final

from benchmarks.rounds.play import ONCE, ROUNDS, Phase

WHAT: Final = {
    "register": "register a model",
    "deposit and policy": "deposit and set a policy, in one transaction",
    "enter": "enter, 256 groups a transaction",
    "submit": "submit a file, one model a transaction",
    "lock": "lock",
    "root": "scores to root, off chain",
    "settle": "settle, 300 groups a transaction",
    "read back": "read every stake and all that is idle",
}
"""By the name of each phase."""
SHOWN: Final = ((ONCE, "Before the first round"), (1, "The first round"), (ROUNDS, "A round on words that are written"))


def render(measured: Mapping[int, Sequence[Phase]], picture_name: str | None = None) -> str:
    """The page, in Markdown.

    Args:
        measured: the phases at each number of models.
        picture_name: the file of the picture; None leaves it out.
    """
    parts = [
        "# Whole rounds on anvil",
        "",
        "Written by `python -m benchmarks.rounds`: a fresh anvil for each number of models, three rounds on a ring of "
        "one, half of the models compounding. Registration, deposits and submissions are one transaction a model, as "
        "models of different owners need them; [gas.md](gas.md) has what they cost many at once. After every round "
        "all stakes were read back and compared with the payout rule, to the gwei.",
        "",
        "Times are of one run on one machine, with everything on it: encoding, anvil's signing, mining, and the look "
        "at the logs that shows that every call went through. Only how they grow means something. Gas is that of the "
        "blocks.",
        "",
    ]
    if picture_name is not None:
        parts += [f"![Seconds of each phase by number of models]({picture_name})", ""]
    for number, title in SHOWN:
        parts += [f"## {title}", "", *_table(measured, number), ""]
    return "\n".join(parts)


def _table(measured: Mapping[int, Sequence[Phase]], number: int) -> list[str]:
    sizes = list(measured)
    largest = sizes[-1]
    heads = ["phase", f"transactions at {largest:,}"]
    heads += [f"time at {size:,}" for size in sizes]
    heads.append(f"growth for {_ratio(largest / sizes[0])} times the models")
    heads += [f"gas a model at {size:,}" for size in sizes]
    heads.append(f"gas at {largest:,}")
    lines = [f"| {' | '.join(heads)} |", f"|---|{'---:|' * (len(heads) - 1)}"]
    total = "all of these"
    sums = {
        size: Phase(
            number,
            total,
            sum(phase.transactions for phase in measured[size] if phase.round == number),
            sum(phase.gas for phase in measured[size] if phase.round == number),
            sum(phase.seconds for phase in measured[size] if phase.round == number),
        )
        for size in sizes
    }
    for name in (*names_of(measured, number), total):
        phases = [sums[size] if name == total else phase_of(measured[size], number, name) for size in sizes]
        cells = [
            WHAT.get(name, name),
            f"{phases[-1].transactions:,}",
            *(as_seconds(phase.seconds) for phase in phases),
        ]
        cells.append(f"{_ratio(phases[-1].seconds / phases[0].seconds)} times")
        cells += [f"{phase.gas / size:,.0f}" for phase, size in zip(phases, sizes, strict=True)]
        cells.append(f"{phases[-1].gas:,}")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def as_seconds(seconds: float) -> str:
    """A time in seconds, or in milliseconds if it is less than one."""
    return f"{seconds:,.1f} s" if seconds >= 1 else f"{seconds * 1_000:,.0f} ms"


def names_of(measured: Mapping[int, Sequence[Phase]], number: int) -> list[str]:
    """The phases of a round, in their order."""
    return [phase.name for phase in next(iter(measured.values())) if phase.round == number]


def phase_of(phases: Sequence[Phase], number: int, name: str) -> Phase:
    [found] = [phase for phase in phases if phase.round == number and phase.name == name]
    return found


def _ratio(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"
