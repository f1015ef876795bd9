# SPDX-License-Identifier: MIT
"""Is the meta model of a staked crowd better, on two wide universes? Run it by `python -m benchmarks.crowds`."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Final

import click
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.crowds.crowd import NOISES, Crowd, honest, hostile
from benchmarks.crowds.page import Found, Results, find, render
from benchmarks.crowds.picture import picture
from benchmarks.crowds.scores import Scored
from benchmarks.crowds.season import Season, play
from benchmarks.crowds.variants import BASE, RULES, every_other_on_target, sized
from benchmarks.crowds.weights import fund_corr
from benchmarks.meta_model.figures import RESAMPLES
from benchmarks.meta_model.stakes import Rules
from fund.market.eras import Universe, futures, stocks
from fund.market.walk import Plan, Walk, walk
from nmr.cli.command import Whole

PLANS: Final = {
    "futures": Plan(futures, "1997-01-01", shortest=104, longest=260),
    "stocks": Plan(stocks, "2009-03-01", shortest=52, longest=104),
}
"""The confirmatory universe first."""
HISTORY: Final = 52
"""Eras that are predicted to have a history, and not played."""
SEED: Final = 0
FOLDER: Final = Path(__file__).parents[1]
CACHE: Final = FOLDER.parent / ".cache" / "crowds"
SOURCES: Final = (
    "benchmarks/crowds/crowd.py",
    "benchmarks/crowds/scores.py",
    "benchmarks/crowds/season.py",
    "benchmarks/crowds/variants.py",
    "benchmarks/meta_model/stakes.py",
    "nmr/sealing/scoring.py",
    "nmr/protocol/**/*.py",
)
"""Code that a season depends on, besides its predictions."""
PAGE: Final = FOLDER / "crowds.md"
PICTURE: Final = FOLDER / "crowds.svg"
EXAMPLE: Final = """
Example: python -m benchmarks.crowds --only futures --resamples 1000
"""


@click.command(epilog=EXAMPLE)
@click.option("--only", type=click.Choice(list(PLANS)), help="Play one universe alone and print its page.")
@click.option(
    "--resamples", type=Whole(100), default=RESAMPLES, show_default=True, help="Histories that the bootstrap draws."
)
def cli(only: str | None, resamples: int) -> None:
    """Train the crowd on two universes, play its seasons, and write benchmarks/crowds.md with its picture.

    It takes about half an hour of one core. Predictions and seasons are kept in .cache, so that it goes on where it was
    stopped. With an option the page is printed and not written.
    """
    found: dict[str, tuple[Results, Found]] = {}
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        for name in PLANS if only is None else [only]:

            def said(what: str, universe: str = name) -> None:
                progress.update(task, description=f"{universe}: {what}")

            results = play_universe(name, said)
            said("resampling the eras")
            found[name] = results, find(results, resamples, SEED)
    if only is not None or resamples != RESAMPLES:
        click.echo(render(found))
        return
    PAGE.write_text(render(found, PICTURE.name), encoding="utf-8")
    PICTURE.write_text(picture(found), encoding="utf-8")
    Console().print(f"Wrote {FOLDER.name}/{PAGE.name} and {PICTURE.name}.")


def honest_season(name: str, said: Callable[[str], None]) -> tuple[Universe, Walk, Scored, Season]:
    """Train the crowd on a universe, and play the honest crowd's season.

    Args:
        said: called with what is done, before it is.
    """
    universe, walked, whole = trained(name, said)
    said("season, honest")
    return universe, walked, whole, _season(whole, honest(walked.models), BASE)


def trained(name: str, said: Callable[[str], None]) -> tuple[Universe, Walk, Scored]:
    """A universe, what its crowd predicts, and all scores of that."""
    plan = PLANS[name]
    universe = plan.universe()
    said("eras and models")
    walked = walk(universe, plan, CACHE, lambda done, of: said(f"models, {done} of {of} trainings"), seed=SEED)
    said("scores")
    return universe, walked, Scored.of(walked, NOISES, SEED)


def _season(whole: Scored, crowd: Crowd, rules: Rules) -> Season:
    """A season from the cache, or played and put there."""
    key = sha256(np.nan_to_num(whole.corr).tobytes())
    for source in SOURCES:
        for file in sorted(FOLDER.parent.glob(source)):
            key.update(file.read_bytes())
    return _kept(key.hexdigest() + repr((crowd, rules)), lambda: play(whole.since(HISTORY), crowd, rules))


def play_universe(name: str, said: Callable[[str], None]) -> Results:
    """Train the crowd on a universe and play all that the page of hypotheses names.

    Args:
        said: called with what is done, before it is.
    """
    universe, walked, whole = trained(name, said)
    scored = whole.since(HISTORY)

    def season(crowd: Crowd, rules: Rules = BASE) -> Season:
        said(f"season, {crowd.name}")
        return _season(whole, crowd, rules)

    crowd = honest(walked.models)
    base = season(crowd)
    half = len(scored.targets) // 2
    leader = walked.models[int(base.shares[half].argmax())]
    attempts = {each: season(crowd, rules).meta for each, rules in RULES.items()}
    for changed in (every_other_on_target(crowd), sized(crowd, whole.corr[:HISTORY, : whole.models])):
        attempts[changed.name] = season(changed).meta
    said("weights of the fund")
    attempts |= fund_corr(whole, HISTORY, base.shares)
    eras = walked.eras[HISTORY:]
    return Results(
        name=name,
        caution=universe.caution,
        dates=tuple(str(era.date) for era in eras),
        markets=tuple(len(era.members) for era in eras),
        models=walked.models,
        corr=np.nan_to_num(scored.corr[:, : scored.models]),
        honest=base,
        hostile={each.name: season(each) for each in hostile(walked.models, leader, half)},
        attempts=attempts,
        leader=leader,
    )


def _kept(key: str, played: Callable[[], Season]) -> Season:
    """A season from the cache, or played and put there."""
    file = CACHE / f"season-{sha256(key.encode()).hexdigest()[:24]}.npz"
    if not file.exists():
        made = played()
        CACHE.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".part")
        with unfinished.open("wb") as handle:
            np.savez(handle, meta=made.meta, plain=made.plain, shares=made.shares, clipped=np.array(made.clipped))
        unfinished.replace(file)
    with np.load(file) as saved:
        return Season(saved["meta"], saved["plain"], saved["shares"], float(saved["clipped"]))


if __name__ == "__main__":
    cli()
