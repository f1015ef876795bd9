# SPDX-License-Identifier: MIT
"""The page of the benchmark of whole rounds: its tables, and its picture."""

from collections.abc import Mapping, Sequence
from math import log
from typing import Final

from benchmarks.rounds.play import ONCE, ROUNDS, Phase

WHAT: Final = {
    "register": "register a model",
    "deposit and policy": "deposit and set a policy, in one transaction",
    "enter": "enter, 256 groups a transaction",
    "submit": "submit a file, one model a transaction",
    "lock": "lock",
    "root": "scores to root, off chain",
    "settle": "settle, 256 groups a transaction",
    "read back": "read every stake and all that is idle",
}
"""By the name of each phase."""
SHOWN: Final = ((ONCE, "Before the first round"), (1, "The first round"), (ROUNDS, "A round on words that are written"))
COLOURS: Final = ("#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5")

WIDTH: Final = 570
HEIGHT: Final = 360
LEFT: Final = 70
TOP: Final = 50
PLOT_WIDTH: Final = 400
PLOT_HEIGHT: Final = 250


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


def picture(measured: Mapping[int, Sequence[Phase]]) -> str:
    """Seconds of each phase of the last round by number of models, both axes logarithmic, as SVG."""
    names = _names(measured, ROUNDS)
    sizes = list(measured)
    seconds = {name: [max(_phase(measured[size], ROUNDS, name).seconds, 1e-3) for size in sizes] for name in names}
    lowest, highest = 1e-3, 10.0
    while highest < max(max(times) for times in seconds.values()):
        highest *= 10

    def x(size: float) -> float:
        return LEFT + PLOT_WIDTH * _share(size, sizes[0], sizes[-1])

    def y(time: float) -> float:
        return TOP + PLOT_HEIGHT * (1 - _share(time, lowest, highest))

    marks = []
    tick = lowest
    while tick <= highest * 1.01:
        marks.append(
            f'<line x1="{LEFT}" x2="{LEFT + PLOT_WIDTH}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="#8884"/>'
            f'<text x="{LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:g} s</text>'
        )
        tick *= 10
    for size in sizes:
        marks.append(f'<text x="{x(size):.1f}" y="{TOP + PLOT_HEIGHT + 22}" text-anchor="middle">{size:,}</text>')
    # Names stand beside the ends of their lines, moved apart where they would cover each other.
    labels = sorted(names, key=lambda name: y(seconds[name][-1]))
    below = 0.0
    for name in labels:
        colour = COLOURS[list(WHAT).index(name) % len(COLOURS)]
        points = " ".join(f"{x(size):.1f},{y(time):.1f}" for size, time in zip(sizes, seconds[name], strict=True))
        below = max(y(seconds[name][-1]) + 4, below + 16)
        marks.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        marks += [
            f'<circle cx="{x(size):.1f}" cy="{y(time):.1f}" r="3" fill="{colour}"/>'
            for size, time in zip(sizes, seconds[name], strict=True)
        ]
        marks.append(f'<text x="{LEFT + PLOT_WIDTH + 12}" y="{below:.1f}" fill="{colour}">{name}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="sans-serif" font-size="13" fill="#777">\n'
        f'<text x="{LEFT}" y="24" font-size="15">Seconds of each phase of a round, by number of models</text>\n'
        + "\n".join(marks)
        + f'\n<text x="{LEFT + PLOT_WIDTH / 2}" y="{TOP + PLOT_HEIGHT + 46}" text-anchor="middle">models</text>'
        "\n</svg>\n"
    )


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
    for name in (*_names(measured, number), total):
        phases = [sums[size] if name == total else _phase(measured[size], number, name) for size in sizes]
        cells = [WHAT.get(name, name), f"{phases[-1].transactions:,}", *(_seconds(phase.seconds) for phase in phases)]
        cells.append(f"{_ratio(phases[-1].seconds / phases[0].seconds)} times")
        cells += [f"{phase.gas / size:,.0f}" for phase, size in zip(phases, sizes, strict=True)]
        cells.append(f"{phases[-1].gas:,}")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _seconds(seconds: float) -> str:
    return f"{seconds:,.1f} s" if seconds >= 1 else f"{seconds * 1000:,.0f} ms"


def _names(measured: Mapping[int, Sequence[Phase]], number: int) -> list[str]:
    """The phases of a round, in their order."""
    return [phase.name for phase in next(iter(measured.values())) if phase.round == number]


def _phase(phases: Sequence[Phase], number: int, name: str) -> Phase:
    [found] = [phase for phase in phases if phase.round == number and phase.name == name]
    return found


def _ratio(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def _share(value: float, lowest: float, highest: float) -> float:
    """Where a value stands between two others, on a logarithmic scale."""
    return log(value / lowest) / log(highest / lowest) if highest > lowest else 0.5
