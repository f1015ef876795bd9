# SPDX-License-Identifier: MIT
"""A whole season of the tournament on an embedded chain, with real models on real prices."""

from pathlib import Path

import click
from ape import project
from ape.api import ProviderAPI

from demo.command import make_report_folder, require_own_clock, season_progress
from nmr.ape.front import ApeCommand
from nmr.cli.command import REFUSED, WRONG_INPUT, Failure, Whole
from nmr.cli.tables import wide_console

MODELS = 28
FIRST_ERA, LAST_ERA = 77, 250
"""The weeks of the data that can be predicted and have an outcome."""
EXAMPLE = """
Example: ape run demo --rounds 12 --models 12 --seed 7 --report report
"""


@click.command(cls=ApeCommand, epilog=EXAMPLE)
@click.option("--rounds", type=Whole(1, 174), default=30, show_default=True, help="Weekly rounds to play.")
@click.option("--models", type=Whole(1, MODELS), default=24, show_default=True, help="Models that stake.")
@click.option("--seed", type=Whole(0), default=0, show_default=True, help="Seed of every random choice.")
@click.option(
    "--first-era",
    type=Whole(FIRST_ERA, LAST_ERA),
    default=FIRST_ERA,
    show_default=True,
    help="The week of the data that the first round predicts.",
)
@click.option(
    "--report",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("report"),
    show_default=True,
    help="Where the page with tables and pictures goes.",
)
def cli(provider: ProviderAPI, rounds: int, models: int, seed: int, first_era: int, folder: Path) -> None:
    """Play a season: deploy, stake, seal, lock, open, score, settle, verify, withdraw and audit.

    Models of different quality are trained week by week on the prices of 88 stocks, each on what was known before.
    Beside the rounds a buyback turns dollars of the treasury into NMR, a lot a week.
    """
    # Every command of `ape run` imports this file, and these take seconds.
    from demo.buyback_tables import show_buyback
    from demo.page import write_page
    from demo.play import STEPS, play_demo
    from demo.tables import show, show_checks
    from nmr.cli.auditing import show_report

    require_own_clock(provider.network, "The demo")
    if first_era + rounds - 1 > LAST_ERA:
        raise Failure(
            f"The data ends with week {LAST_ERA}: {rounds} rounds from week {first_era} go beyond.", WRONG_INPUT
        )
    make_report_folder(folder)
    console = wide_console()
    with season_progress(console) as progress:
        task = progress.add_task("beginning", total=rounds + STEPS)
        played = play_demo(
            project,
            provider,
            rounds=rounds,
            models=models,
            seed=seed,
            first_era=first_era,
            announce=lambda text: progress.update(task, advance=1, description=text),
        )
    show(console, played.result)
    show_buyback(console, played.buyback)
    show_checks(console, played.checks)
    show_report(played.audit.content)
    page = write_page(folder, played.result, played.buyback, played.checks, played.audit.content)
    console.print(f"The page with the pictures: {page}", highlight=False)
    if not (all(check.holds for check in played.checks) and played.audit.agrees):
        raise Failure("A check failed: see above.", REFUSED)
