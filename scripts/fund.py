# SPDX-License-Identifier: MIT
"""The whole loop on an embedded chain: staked crowds, a fund that trades their meta models, and fees that buy NMR."""

from datetime import datetime
from pathlib import Path
from typing import Final

import click
from ape import project
from ape.api import ProviderAPI

import fund  # noqa: F401 - its modules are found later by it: Ape takes this folder from the path once it read the file
from demo.command import make_report_folder, require_own_clock, season_progress
from nmr.ape.front import ApeCommand
from nmr.cli.command import REFUSED, WRONG_INPUT, Failure, Whole
from nmr.cli.tables import wide_console

MOST: Final = 52
"""Rounds: the buyback's programme is of a year."""
SINCE: Final = "2012-06-04"
"""In the middle of the years that can be traded, and so that thirty weeks see the end of a year."""
EXAMPLE: Final = """
Example: ape run fund --rounds 12 --since 2014-01-06 --seed 7 --report report
"""


@click.command(cls=ApeCommand, epilog=EXAMPLE)
@click.option("--rounds", type=Whole(1, MOST), default=30, show_default=True, help="Weekly rounds to play.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    default=SINCE,
    show_default=True,
    help="The first round knows the prices up to this day, or up to at most a week later.",
)
@click.option("--seed", type=Whole(0), default=0, show_default=True, help="Seed of the models and of the price of NMR.")
@click.option(
    "--report",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("report"),
    show_default=True,
    help="Where the page with tables and pictures goes.",
)
def cli(provider: ProviderAPI, rounds: int, since: datetime, seed: int, folder: Path) -> None:
    """Play the loop: stakes, meta models, weekly trades at $500M, fees, stablecoin in the treasury, NMR bought.

    Two tournaments share a treasury. In one eight models are trained on the prices of 431 stocks, in the other on those
    of 46 futures, each on what was known before. A fifth of the fund's fees buys NMR beside a pool of Uniswap V2. In
    the end every cent is reconciled and the chain is audited.
    """
    # Every command of `ape run` imports this file, and these take seconds.
    from fund.market.store import MarketError
    from fund.play import STEPS, play_fund
    from fund.report import show, write_page
    from nmr.cli.auditing import show_report

    require_own_clock(provider.network, "The fund")
    make_report_folder(folder)
    console = wide_console()
    with season_progress(console) as progress:
        task = progress.add_task("beginning", total=rounds + STEPS)
        try:
            result = play_fund(
                project,
                provider,
                rounds=rounds,
                since=since.date().isoformat(),
                seed=seed,
                announce=lambda text: progress.update(task, advance=1, description=text),
            )
        except MarketError as error:
            raise Failure(str(error), WRONG_INPUT) from None
    show(console, result)
    show_report(result.audit)
    page = write_page(folder, result)
    console.print(f"The page with the pictures: {page}", highlight=False)
    if not (all(check.holds for check in result.checks) and result.agrees):
        raise Failure("A check failed: see above.", REFUSED)
