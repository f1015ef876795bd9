# SPDX-License-Identifier: MIT
"""What can a colluding operator, a staker with many accounts, a copier or a whale gain?

Run it by `python -m benchmarks.economics`.
"""

import json
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.economics.ledger import (
    COIN,
    MOMENTS,
    drained,
    forged,
    hoarded,
    lies,
    moments,
    settlements,
    splits,
    starved,
    unproposed,
    voided,
    weighted,
    withheld,
)
from benchmarks.economics.market import STAKE, Market
from benchmarks.economics.page import render
from benchmarks.economics.picture import picture
from benchmarks.economics.results import Gas, Results
from benchmarks.economics.scores import (
    DAYS,
    LAGS,
    LEADERS,
    LOSER,
    PARKED,
    SIZES,
    TWINNED,
    WAYS,
    WHALES,
    by_gains,
    copies,
    late_files,
    parked,
    refusals,
    sitting_out,
    small_copy,
    twins,
    whales,
)
from benchmarks.economics.stage import CAP_FILLS, CLIP, CONTRIBUTION, MAX_CLIP, PRIMARY
from benchmarks.meta_model.__main__ import CACHE, LAST_ERA, SEED, last_era_option, seed_option
from benchmarks.meta_model.figures import RESAMPLES, resampled_eras
from demo.market_data.training import FIRST_PREDICTABLE_ERA
from nmr.protocol import payout
from nmr.text.amounts import RATIO

FOLDER: Final = Path(__file__).parents[1]
PAGE: Final = FOLDER / "economics.md"
PICTURE: Final = FOLDER / "economics.svg"
GAS: Final = FOLDER / "gas.json"
GAS_ROWS: Final = {"register": "register_many", "settle": "settle_compounding", "chunk": "settle_dearest"}
"""Where the gas figures of the page stand."""
EARLIER: Final = tuple(size * COIN for size in (0, 10_000, 14_400, 16_000, 18_000, 20_000))
"""Stakes, gwei, that are locked before the crowd's where the treasury is almost empty."""
EQUAL_TWINS: Final = ((2_800 * COIN, 5_600 * COIN), (2_000_000 * COIN, 5_600 * COIN), (2_000_000 * COIN, 0))
"""Gwei on each of two twins that are alone in a round, with its threshold."""
EXAMPLE: Final = """
Example: python -m benchmarks.economics --last-era 100 --seed 1
"""


@click.command(epilog=EXAMPLE)
@seed_option
@last_era_option
def cli(seed: int, last_era: int) -> None:
    """Play every attack on all weeks of the data and write benchmarks/economics.md with its picture.

    It takes a minute or two of one core, and two more for the models if their predictions are not in .cache yet.
    With an option changed the page is printed and not written.
    """
    results = _results(seed, last_era)
    committed = (seed, last_era) == (SEED, LAST_ERA)
    ranked = by_gains(results.crowd)
    if committed and (*ranked[: len(LEADERS)], ranked[-1]) != (*LEADERS, LOSER):
        raise click.ClickException(f"LEADERS and LOSER are not those of these weeks: {', '.join(ranked)}.")
    with Console(stderr=True).status("resampling the eras"):
        page = render(results, PICTURE.name if committed else None)
    if not committed:
        click.echo(page)
        return
    PAGE.write_text(page, encoding="utf-8")
    PICTURE.write_text(picture(results), encoding="utf-8")
    Console().print(f"Wrote {FOLDER.name}/{PAGE.name} and {PICTURE.name}.")


def _results(seed: int, last_era: int) -> Results:
    numbers = range(FIRST_PREDICTABLE_ERA, last_era + 1)
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("training the models", total=len(numbers))
        market = Market.trained(numbers, seed, CACHE, lambda: progress.advance(task))

        def plays(what: str, seasons: int) -> None:
            progress.reset(task, description=what, total=seasons * len(numbers))

        plays("the crowd alone", 1)
        crowd = {name: market.crowd(name) for name in market.scored}
        plays("twins", len(TWINNED) * len(WAYS))
        found_twins = twins(market)
        plays("late files", 2 * len(DAYS))
        found_late = late_files(market, seed)
        plays("copies", len(LEADERS) * len(LAGS) + 1)
        found_copies, found_copy = copies(market), small_copy(market)
        plays("refused rivals", len({*LEADERS, *TWINNED}))
        found_refusals = refusals(market)
        plays("whales", len(WHALES) * len(SIZES))
        found_whales = whales(market)
        plays("parked stakes", 2 * len(PARKED))
        by_factor, by_cap = parked(market, capped=False), parked(market, capped=True)
        progress.reset(task, description="every call at every moment", total=len(MOMENTS))
        found_moments = moments(lambda: progress.advance(task))
    rule = payout.Rule(PRIMARY, CONTRIBUTION, payout.factor(2, 3), CLIP)
    scores = [score for outcome in market.quiet.values() for score in outcome.scores.values()]
    gas = json.loads(GAS.read_text(encoding="utf-8"))["figures"]
    losing = (-10_000_000, 0)
    return Results(
        eras=numbers,
        names=market.names,
        drawn=resampled_eras(len(numbers), seed, resamples=RESAMPLES),
        drawn_copies=resampled_eras(len(numbers) - max(LAGS), seed, resamples=RESAMPLES),
        largest=max(map(weighted, scores)) / RATIO,
        crowd=crowd,
        twins=found_twins,
        drained=[drained(stake, threshold) for stake, threshold in EQUAL_TWINS],
        late_files=found_late,
        sitting_out=sitting_out(market),
        copies=found_copies,
        small_copy=found_copy,
        refusals=found_refusals,
        whales=found_whales,
        factor=by_factor,
        cap=by_cap,
        splits=splits(scores, rule),
        lies=[
            lies(len(market.names) + 1, STAKE, clip, threshold)
            for clip, threshold in ((CLIP, market.at_risk), (MAX_CLIP, 0))
        ],
        forged=(forged(CAP_FILLS, 0), forged(CAP_FILLS, market.at_risk)),
        starved=[starved(whale, market.at_risk) for whale in EARLIER],
        hoarded=[hoarded(market.at_risk, settled) for settled in (False, True)],
        moments=found_moments,
        settlements=settlements(),
        owners=withheld((10_000_000, 0)),
        undone=(voided(losing), unproposed()),
        gas=Gas(**{key: gas[name] for key, name in GAS_ROWS.items()}),
    )


if __name__ == "__main__":
    cli()
