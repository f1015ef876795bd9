# SPDX-License-Identifier: MIT
"""The page of results: what became of each hypothesis, and every attempt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.crowds.chances import Tested, one_sided, tested
from benchmarks.crowds.season import Season
from benchmarks.meta_model.figures import interval, mean, resampled_eras

LEVEL: Final = 0.05
HYPOTHESES: Final = "crowds_hypotheses.md"


@dataclass(frozen=True, eq=False)
class Results:
    """A universe's figures.

    Attributes:
        name: of the universe.
        caution: what has to be said beside each figure.
        dates: the close that each era knows, as ISO dates.
        markets: of each era.
        models: their names.
        corr: float64 of shape (eras, models), 0 for what could not be scored.
        honest: the base season.
        hostile: the seasons with hostile mixes, by name.
        attempts: CORR of each attempt among honest models, by name.
        leader: whom the late crowd copies.
    """

    name: str
    caution: str
    dates: tuple[str, ...]
    markets: tuple[int, ...]
    models: tuple[str, ...]
    corr: np.ndarray
    honest: Season
    hostile: Mapping[str, Season]
    attempts: Mapping[str, np.ndarray]
    leader: str


@dataclass(frozen=True, eq=False)
class Found:
    """What the tests say of a universe.

    Attributes:
        singles: meta model less each model, the highest mean CORR first.
        hostile: meta model less plain mean, by crowd.
        attempts: each attempt less the plain mean of the honest crowd.
        against_mean: meta model less plain mean among honest models.
        best: the attempt with the highest mean difference in the first half.
        late: its difference in the second half, one-sided.
    """

    singles: Mapping[str, Tested]
    hostile: Mapping[str, Tested]
    attempts: Mapping[str, Tested]
    against_mean: tuple[float, float, float]
    best: str
    late: Tested


def find(results: Results, resamples: int, seed: int) -> Found:
    """Run the tests that the page of hypotheses names."""
    drawn = resampled_eras(len(results.dates), seed, resamples=resamples)
    honest = results.honest
    order = np.argsort(-results.corr.mean(axis=0), kind="stable")
    singles = {results.models[model]: honest.meta - results.corr[:, model] for model in order}
    attempts = {name: corr - honest.plain for name, corr in results.attempts.items()}
    half = len(results.dates) // 2
    best = max(attempts, key=lambda name: attempts[name][:half].mean())
    drawn_late = resampled_eras(len(results.dates) - half, seed, resamples=resamples)
    late = attempts[best][half:]
    value, low, high = interval(mean, late, drawn_late)
    chance = one_sided(late, drawn_late)
    return Found(
        singles=tested(singles, drawn),
        hostile=tested({name: season.meta - season.plain for name, season in results.hostile.items()}, drawn),
        attempts=tested(attempts, drawn),
        against_mean=interval(mean, honest.meta - honest.plain, drawn),
        best=best,
        late=Tested(value, low, high, chance, chance),
    )


def render(found: Mapping[str, tuple[Results, Found]], picture_name: str | None = None) -> str:
    """The page, in Markdown, the confirmatory universe first; `picture_name` None leaves the picture out."""
    parts = [
        "# Is the meta model better? Results on two universes",
        "",
        f"Written by `python -m benchmarks.crowds`. [The hypotheses]({HYPOTHESES}), the settings and the tests were "
        "committed before anything was run. The futures are confirmatory, the stocks descriptive.",
        "",
        "Brackets are 95% intervals of the block bootstrap; p is one-sided, after Holm's adjustment. t is mean over "
        "standard error, blind to what lasts from era to era.",
        "",
    ]
    if picture_name is not None:
        parts += [f"![Cumulated CORR of meta model, plain mean and models, and of hostile crowds]({picture_name})", ""]
    parts += ["## What came out", ""]
    for results, of_it in found.values():
        parts += _verdicts(results, of_it)
    parts += [""]
    for results, of_it in found.values():
        parts += [f"## {results.name.capitalize()}", "", *_universe(results, of_it)]
    return "\n".join(parts)


def _verdicts(results: Results, found: Found) -> list[str]:
    above = [name for name, one in found.singles.items() if one.value > 0]
    surely = [name for name, one in found.singles.items() if _holds(one)]
    beaten = [name for name, one in found.hostile.items() if _holds(one)]
    all_above, most = len(above) == len(found.singles), len(surely) > len(found.singles) // 2
    helped = [name for name, one in found.attempts.items() if _holds(one)]
    return [
        f"- **H1, {results.name}: {_word(all_above and most)}.** The meta model has a higher mean CORR than "
        f"{len(above)} of {len(found.singles)} models, significantly than {len(surely)}.",
        f"- **H2, {results.name}: {_word(len(beaten) == len(found.hostile))}.** It is significantly above the plain "
        f"mean in {len(beaten)} of {len(found.hostile)} hostile crowds.",
        f"- **H3, {results.name}:** among honest models it differs from the plain mean by "
        f"{_bracketed(*found.against_mean)}.",
        f"- Of {len(found.attempts)} attempts to make it better, {len(helped)} are significantly above the plain mean "
        f"over all eras. The best of the first half, {found.best}, has {_bracketed(*_three(found.late))} in the second "
        f"(p {found.late.p:.3f}).",
    ]


def _universe(results: Results, found: Found) -> list[str]:
    honest = results.honest
    plain, meta = honest.plain, honest.meta
    lines = [
        f"{len(results.dates)} eras, {results.dates[0]} to {results.dates[-1]}, {_range(results.markets)} markets. "
        f"{results.caution[0].upper()}{results.caution[1:]}. The clip cut "
        f"{honest.clipped:.0%} of the payouts and burns. At the end stakes are as concentrated as "
        f"{1 / (honest.shares[-1] ** 2).sum():.1f} equal ones of {len(results.models)}.",
        "",
        "| | mean CORR | t | first half | second half | meta model less it | p | stakes at the end |",
        "|---|---:|---:|---:|---:|---|---:|---:|",
        _row("**stake-weighted meta model**", meta, "", "", ""),
        _row("plain mean", plain, _bracketed(*found.against_mean), "", ""),
    ]
    for name, one in found.singles.items():
        model = results.models.index(name)
        share = f"{honest.shares[-1, model]:.1%}"
        lines.append(_row(name, results.corr[:, model], _bracketed(*_three(one)), f"{one.holm:.3f}", share))
    lines += ["", "### Hostile crowds", ""]
    lines += [
        "| | meta model | plain mean | difference | p | hostile stakes at the end |",
        "|---|---:|---:|---|---:|---:|",
    ]
    for name, one in found.hostile.items():
        season = results.hostile[name]
        hostile = season.shares[-1, len(results.models) - name.startswith("a bad model split") :].sum()
        cells = [name, _signed(season.meta.mean()), _signed(season.plain.mean()), _bracketed(*_three(one))]
        lines.append(f"| {' | '.join([*cells, f'{one.holm:.3f}', f'{hostile:.1%}'])} |")
    lines += ["", f"The late crowd copies {results.leader}.", "", "### Attempts to make it better", ""]
    lines += ["| | mean CORR | less the plain mean | p |", "|---|---:|---|---:|"]
    for name, one in found.attempts.items():
        corr = results.attempts[name]
        lines.append(f"| {name} | {_signed(corr.mean())} | {_bracketed(*_three(one))} | {one.holm:.3f} |")
    return [*lines, ""]


def _row(name: str, corr: np.ndarray, difference: str, chance: str, share: str) -> str:
    half = len(corr) // 2
    t = corr.mean() / (corr.std(ddof=1) / np.sqrt(len(corr)))
    cells = [name, _signed(corr.mean()), _signed(t, 1), _signed(corr[:half].mean()), _signed(corr[half:].mean())]
    return f"| {' | '.join([*cells, difference, chance, share])} |"


def _range(counts: tuple[int, ...]) -> str:
    least, most = min(counts), max(counts)
    return f"{most}" if least == most else f"{least} to {most}"


def _holds(one: Tested) -> bool:
    return one.value > 0 and one.holm < LEVEL


def _word(holds: bool) -> str:
    return "holds" if holds else "does not hold"


def _three(one: Tested) -> tuple[float, float, float]:
    return one.value, one.low, one.high


def _bracketed(value: float, low: float, high: float) -> str:
    return f"{_signed(value)} [{_signed(low)}, {_signed(high)}]"


def _signed(value: float, places: int = 4) -> str:
    # No zero has a sign.
    return f"{round(value, places) + 0.0:.{places}f}".replace("-", "−")
