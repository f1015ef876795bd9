"""A whole season of the tournament on an embedded chain, with real models on real prices."""

import click
from ape import accounts, chain, project
from ape.api import ProviderAPI
from ape.cli import ConnectedProviderCommand
from ape.logging import LogLevel, logger
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from nmr.demo.cast import DEPOSIT, LARGEST, entrants
from nmr.demo.checks import check_season
from nmr.demo.report import show
from nmr.demo.season import RING, Crew, Season
from nmr.deploy.ape_chain import ApeDeployer, compiled
from nmr.deploy.ape_cli import wide_console
from nmr.deploy.ape_logs import suite_events
from nmr.deploy.suite import SuiteParameters, TournamentParameters, default_bounds, deploy_suite
from nmr.market.eras import build_eras
from nmr.market.models import FIRST_PREDICTABLE_ERA
from nmr.market.prices import load_relatives
from nmr.units import NMR, SUPPLY

RESERVE = 3_000_000 * NMR
CAP = 1_000 * NMR
CREW = 6
LAST_ERA = 250
EXAMPLE = """
Example: ape run demo --rounds 20 --models 12 --seed 7
"""


@click.command(cls=ConnectedProviderCommand, epilog=EXAMPLE)
@click.option("--rounds", type=click.IntRange(1, 174), default=12, show_default=True, help="Weekly rounds to play.")
@click.option(
    "--models", type=click.IntRange(1, LARGEST), default=LARGEST, show_default=True, help="Models that stake."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of every random choice.")
@click.option(
    "--first-era",
    type=click.IntRange(FIRST_PREDICTABLE_ERA, LAST_ERA),
    default=FIRST_PREDICTABLE_ERA,
    show_default=True,
    help="The week of the data that the first round predicts.",
)
def cli(provider: ProviderAPI, rounds: int, models: int, seed: int, first_era: int) -> None:
    """Play a season: deploy, register, stake, submit, lock, score, settle and withdraw, and check every balance.

    Models of different quality are trained week by week on the prices of 88 stocks, each on what was known before.
    """
    if not provider.network.is_local:
        raise click.UsageError(f"The demo turns the chain's clock, which {provider.network.name} does not let it do.")
    if first_era + rounds - 1 > LAST_ERA:
        raise click.UsageError(f"The data ends with week {LAST_ERA}: {rounds} rounds from week {first_era} go beyond.")
    console = wide_console()
    cast = entrants(models)
    deployer, operator, guardian, proposer, executor, anyone = (accounts.test_accounts[i] for i in range(CREW))
    owners = [accounts.test_accounts[CREW + i] for i in range(models)]
    with (
        logger.at_level(LogLevel.ERROR),
        Progress(
            TextColumn("{task.description}", table_column=None),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(),
            console=console,
        ) as progress,
    ):
        task = progress.add_task("compiling the contracts", total=rounds + 4)

        def announce(text: str) -> None:
            progress.update(task, advance=1, description=text)

        contracts = compiled(project)
        announce("deploying the suite")
        suite = deploy_suite(
            ApeDeployer(contracts, deployer),
            SuiteParameters(
                delay=0,
                proposers=(proposer.address,),
                executors=(executor.address,),
                holders=_holders([owner.address for owner in owners], anyone.address),
                tournaments={
                    "classic": TournamentParameters(
                        operator=operator.address,
                        guardian=guardian.address,
                        ring=RING,
                        cap=CAP,
                        bounds=default_bounds(),
                    )
                },
            ),
        )
        season = Season(
            suite,
            Crew(operator=operator, anyone=anyone),
            list(zip(cast, owners, strict=True)),
            chain,
            build_eras(load_relatives()),
            first_era,
            seed,
        )
        result = season.play(rounds, announce)
        announce("checking")
        checks = check_season(suite, result, suite_events(suite, provider), RESERVE)
    show(console, result, checks)
    if not all(check.holds for check in checks):
        raise click.ClickException("A check failed: see above.")


def _holders(owners: list[str], market: str) -> dict[str, int]:
    """Who holds what the treasury does not: a deposit for every owner, the rest with the market."""
    holders = dict.fromkeys(owners, DEPOSIT)
    holders[market] = SUPPLY - RESERVE - sum(holders.values())
    return holders
