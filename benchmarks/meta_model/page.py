# SPDX-License-Identifier: MIT
"""The page of the meta model's experiment: its tables, and what they say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.meta_model.figures import (
    BLOCK,
    Interval,
    best_so_far,
    deviation,
    drawdown,
    interval,
    interval_of_difference,
    mean,
    sharpe,
)
from benchmarks.meta_model.history import USELESS
from benchmarks.meta_model.stakes import STAKE, Rules
from benchmarks.meta_model.variants import WIDE_CLIP, Cast, Played
from nmr.text.amounts import GWEI, RATIO, format_nmr

KNOWN_AFTER: Final = 2
"""Eras until an outcome can be used: the one right before is known at the close at which a prediction is due."""


@dataclass(frozen=True)
class Results:
    """What the page is made of.

    Attributes:
        eras: the eras played, ascending.
        played: all variants, the base first.
        corr: float64 of shape (eras, models): CORR of each model of the base.
        drawn: int64 of shape (resamples, eras): the resampled histories.
        drawn_late: the same of the second half of the eras.
    """

    eras: Sequence[int]
    played: Sequence[Played]
    corr: np.ndarray
    drawn: np.ndarray
    drawn_late: np.ndarray

    @property
    def base(self) -> Played:
        """The season that the others are variants of."""
        return self.played[0]

    @property
    def singles(self) -> dict[str, np.ndarray]:
        """CORR of each model that was ever scored, by name, the highest mean first."""
        scored = {
            name: np.nan_to_num(column)
            for name, column in zip(self.base.season.models, self.corr.T, strict=True)
            if not np.isnan(column).all()
        }
        return dict(sorted(scored.items(), key=lambda item: -item[1].mean()))

    @property
    def best(self) -> str:
        """The model with the highest mean CORR over all eras, which only hindsight knows."""
        return next(iter(self.singles))

    def follower(self) -> np.ndarray:
        """CORR of following the best model so far."""
        return best_so_far(self.corr, KNOWN_AFTER, self.base.equal)


def render(results: Results, picture_name: str | None = None) -> str:
    """The page, in Markdown; `picture_name` is the file of the picture, None leaves it out."""
    eras, drawn = results.eras, results.drawn
    parts = [
        "# Is the meta model better?",
        "",
        f"Written by `python -m benchmarks.meta_model`: {len(results.base.season.models)} models trained walk-forward "
        f"on the prices of 88 Toronto stocks, {len(eras)} weekly eras ({eras[0]} to {eras[-1]}), every model trained "
        "on what was known before. One round an era. Stakes begin equal and go on by the protocol's own payouts, in "
        "integers: a round pays or burns what its scores, multipliers, payout factor and clip give, once the round a "
        "ring later is open, and what is left is at stake there. Every era the meta model is weighted by the stakes at "
        "its lock. A bad model is not taken out, and nobody adds or withdraws.",
        "",
        f"The base is the demo's: a ring of 4, payout = 0.5 × CORR + 2 × MMC, clip 5%, {format_nmr(STAKE * GWEI)} NMR "
        "a model and round at first, a threshold of what all have at stake in the first round, all compounding. The "
        "treasury is taken to grant what a round asks for. Models and their settings were fixed before any of this was "
        "run. The variants below are all that were run; the last two, with models that are wrong together, were added "
        "when the others had been seen.",
        "",
        f"Brackets are 95% intervals of a circular block bootstrap over eras: blocks of {BLOCK} eras, "
        f"{len(drawn):,} resamples, percentiles. Resampled are CORRs as they came out; stakes are not played again. "
        "Differences see the same eras on both sides. Drawdown is the furthest that the sum of CORR fell below its "
        "highest value before.",
        "",
    ]
    if picture_name is not None:
        parts += [
            f"![Cumulated CORR, the difference to equal weights, and the concentration of stakes]({picture_name})",
            "",
        ]
    parts += ["## The meta model and its models", "", *_competitors(results), ""]
    parts += ["## Differences", "", *_differences(results), "", *_said_of_base(results), ""]
    parts += ["## What it depends on", "", *_variants(results), "", *_said_of_variants(results), ""]
    parts += ["## Concentration of stakes", "", *_concentration(results), ""]
    return "\n".join(parts)


def _competitors(results: Results) -> list[str]:
    singles, season = results.singles, results.base.season
    shares = dict(zip(season.models, season.shares()[-1], strict=True))
    series = {
        "**stake-weighted meta model**": season.meta,
        "equal-weighted mean": results.base.equal,
        "the best model so far": results.follower(),
    }
    lines = [
        "| | mean CORR | standard deviation | mean / deviation | max drawdown | share of stakes at the end |",
        "|---|---|---:|---|---|---:|",
    ]
    for name, corr in (series | singles).items():
        label = f"{name}, the best with hindsight" if name == results.best else name
        cells = [
            label,
            _bracketed(interval(mean, corr, results.drawn), 4),
            f"{float(deviation(corr)):.4f}",
            _bracketed(interval(sharpe, corr, results.drawn), 2),
            _bracketed(interval(drawdown, corr, results.drawn), 2),
            f"{shares[name]:.1%}" if name in shares else "",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    unscored = [name for name in season.models if name not in singles]
    if unscored:
        lines += ["", f"Refused in every era, and so without a score: {', '.join(unscored)}."]
    return lines


def _pairs(results: Results) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    meta, equal = results.base.season.meta, results.base.equal
    best = results.singles[results.best]
    return {
        "meta model − equal-weighted mean": (meta, equal),
        f"meta model − {results.best}, the best with hindsight": (meta, best),
        "meta model − the best model so far": (meta, results.follower()),
        f"equal-weighted mean − {results.best}": (equal, best),
    }


def _differences(results: Results) -> list[str]:
    lines = ["| | mean CORR | mean / deviation | eras in which it is higher |", "|---|---|---|---:|"]
    for name, (one, other) in _pairs(results).items():
        cells = [
            name,
            _bracketed(interval_of_difference(mean, one, other, results.drawn), 4),
            _bracketed(interval_of_difference(sharpe, one, other, results.drawn), 3),
            f"{(one > other).mean():.0%}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _said_of_base(results: Results) -> list[str]:
    season = results.base.season
    lines = []
    for name, (one, other) in _pairs(results).items():
        found = interval_of_difference(mean, one, other, results.drawn)
        first, second = name.split(" − ", 1)
        lines.append(f"- {first.capitalize()} against {second}: {_verdict(found)}.")
    ahead = [name for name, corr in results.singles.items() if season.meta.mean() > corr.mean()]
    surely = [
        name
        for name, corr in results.singles.items()
        if interval_of_difference(mean, season.meta, corr, results.drawn).low > 0
    ]
    steadier = [name for name, corr in results.singles.items() if sharpe(season.meta) > sharpe(corr)]
    lines.append(
        f"- Of the {len(results.singles)} models that were scored the meta model has a higher mean CORR than "
        f"{len(ahead)}, than {len(surely)} of them with an interval above zero, and a higher mean / deviation than "
        f"{len(steadier)}."
    )
    useless = _useless(season.shares(), season.models)
    effective = season.effective_models()
    lines.append(
        f"- Stakes that backed a prediction began as {effective[0]:.1f} equal shares and ended as concentrated as "
        f"{effective[-1]:.1f}. What plainly knows nothing ({', '.join(USELESS)}) went from {useless[0]:.1%} of them to "
        f"{useless[-1]:.1%}. The clip cut {season.clipped:.0%} of all payouts and burns: of these scores it left "
        "nothing but the sign."
    )
    return lines


def _variants(results: Results) -> list[str]:
    half = len(results.eras) // 2
    lines = [
        "| | mean CORR | equal-weighted | difference | difference in the second half | mean / deviation | "
        "equal-weighted | as concentrated as | of | largest share | knows nothing | cut by the clip | "
        "last round, of the first |",
        "|---|---:|---:|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for played in results.played:
        season, equal = played.season, played.equal
        shares = season.shares()[-1]
        cells = [
            played.variant.name,
            f"{season.meta.mean():.4f}",
            f"{equal.mean():.4f}",
            _bracketed(interval_of_difference(mean, season.meta, equal, results.drawn), 4),
            _bracketed(interval_of_difference(mean, season.meta[half:], equal[half:], results.drawn_late), 4),
            f"{float(sharpe(season.meta)):.3f}",
            f"{float(sharpe(equal)):.3f}",
            f"{season.effective_models()[-1]:.1f}",
            f"{int(season.valid[-1].sum())}",
            f"{shares.max():.1%}",
            f"{_useless(season.shares(), season.models)[-1]:.1%}",
            f"{season.clipped:.0%}",
            f"{season.stakes[-1].sum() / season.stakes[0].sum():.2f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _said_of_variants(results: Results) -> list[str]:
    found = {
        played.variant.name: interval_of_difference(mean, played.season.meta, played.equal, results.drawn)
        for played in results.played
    }
    above = [name for name, difference in found.items() if difference.low > 0]
    below = [name for name, difference in found.items() if difference.high < 0]
    highest = max(found, key=lambda name: found[name].value)
    lowest = min(found, key=lambda name: found[name].value)
    return [
        f"- Over these {len(found)} seasons the difference to equal weights runs from "
        f"{_signed(found[lowest].value, 4)} ({lowest}) to {_signed(found[highest].value, 4)} ({highest}).",
        f"- Its interval is above zero in: {_listed(above)}. It is below zero in: {_listed(below)}. One market and so "
        "many variants: an interval just beside zero proves little.",
        *_said_of_casts(results),
    ]


def _said_of_casts(results: Results) -> list[str]:
    """What equal weights and stakes lose to models that know nothing, by cast."""
    means: dict[Cast, dict[str, str]] = {}
    for played in results.played:
        cast = means.setdefault(played.variant.cast, {"equal weights": _signed(played.equal.mean(), 4)})
        if played.variant.rules in (Rules(), Rules(clip=WIDE_CLIP)):
            cast[f"stakes, clip {played.variant.rules.clip / RATIO:.0%}"] = _signed(played.season.meta.mean(), 4)
    return [
        f"- Mean CORR {cast}: " + "; ".join(f"{value} by {weights}" for weights, value in found.items()) + "."
        for cast, found in means.items()
    ]


def _concentration(results: Results) -> list[str]:
    season = results.base.season
    shares, effective = season.shares(), season.effective_models()
    useless = _useless(shares, season.models)
    largest = np.sort(shares, axis=1)
    lines = [
        "The base: all places of the ring at the lock of the era. As concentrated as so many models of equal stake: "
        "1 / sum of share². Shares are of stakes that back a prediction which can be scored.",
        "",
        "| era | as concentrated as | largest share | model | five largest | knows nothing |",
        "|---:|---:|---:|---|---:|---:|",
    ]
    for position in np.linspace(0, len(results.eras) - 1, 8).round().astype(int):
        lines.append(
            f"| {results.eras[position]} | {effective[position]:.1f} | {largest[position, -1]:.1%} | "
            f"{season.models[int(shares[position].argmax())]} | {largest[position, -5:].sum():.1%} | "
            f"{useless[position]:.1%} |"
        )
    return lines


def _useless(shares: np.ndarray, models: Sequence[str]) -> np.ndarray:
    """What models that know nothing have of the meta model, of shape (eras,)."""
    useless = [name.startswith((*USELESS, "more-noise")) for name in models]
    return np.asarray(shares[:, useless].sum(axis=1))


def _verdict(found: Interval) -> str:
    figures = f"{_signed(found.value, 4)}, {_signed(found.low, 4)} to {_signed(found.high, 4)}"
    if not found.sure:
        return f"{figures}, so these eras cannot tell them apart"
    return f"{figures}, so it is {'higher' if found.value > 0 else 'lower'} on these eras"


def _bracketed(found: Interval, places: int) -> str:
    return f"{_signed(found.value, places)} [{_signed(found.low, places)}, {_signed(found.high, places)}]"


def _signed(value: float, places: int) -> str:
    return f"{value:.{places}f}".replace("-", "−")


def _listed(names: Sequence[str]) -> str:
    return "; ".join(names) if names else "none"
