# SPDX-License-Identifier: MIT
"""`nmr keep`: what anybody can do for a tournament."""

from typing import TYPE_CHECKING

import click

from nmr.cli.command import Door, Fixed, SuiteCommand, json_option, sender_option, tournament_option
from nmr.cli.sealing import open_store, store_option
from nmr.cli.serving import Seconds, Stay, alert_options, insistent, loop_options, serve
from nmr.client.arguments import pool_name
from nmr.client.buyback import BuybackOnChain
from nmr.client.pools import Backer
from nmr.client.rounds import Rounds
from nmr.sealing.keys import key_root

if TYPE_CHECKING:
    from nmr.operate.season import Alerts


@click.command(
    cls=SuiteCommand, epilog="Example: nmr keep --enter 30m --max-gas-price 20 --budget 0.05 --account TEST::6"
)
@click.option("--enter", type=Seconds(), help="Raise positions to their targets so long before a lock.")
@click.option("--kick", is_flag=True, help="Start lots of the buyback when they are due.")
@click.option("--take", type=Fixed(2), metavar="DOLLARS", help="Take from the buyback where at least so much is left.")
@click.option("--pools", is_flag=True, help="Make checkpoints that bring the account's own shares more than their gas.")
@click.option(
    "--pool",
    "pool_names",
    multiple=True,
    metavar="POOL",
    help="Make checkpoints of this pool that bring everybody in it more than their gas; name each.",
)
@click.option("--coin-price", type=Fixed(2), metavar="DOLLARS", default="0", help="What the chain's own coin costs.")
@click.option("--nmr-price", type=Fixed(2), metavar="DOLLARS", help="What an NMR costs; for checkpoints.")
@click.option("--max-gas-price", type=Fixed(9), metavar="GWEI", help="Send nothing while gas costs more.")
@click.option("--budget", type=Fixed(18), metavar="COINS", help="What gas may cost in a day, in the chain's own coin.")
@alert_options
@loop_options
@store_option()
@tournament_option()
@sender_option()
@json_option()
def cli(
    door: Door,
    enter: int | None,
    kick: bool,
    take: int | None,
    pools: bool,
    pool_names: tuple[str, ...],
    coin_price: int,
    nmr_price: int | None,
    max_gas_price: int | None,
    budget: int | None,
    rules: "Alerts",
    stay: Stay,
    store_url: str | None,
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Lock rounds, settle them, bring stakes home: what anybody can do for a tournament, when it is due.

    Each call costs the account gas, and only --take pays it: it takes from the buyback where that leaves enough after
    gas. A checkpoint pays out exits, and books a manager's fee: it is made where that is worth more than its gas at the
    prices that are named.
    The budget of a day counts from the start of the command.
    """
    from nmr.operate.keeping import Keeper, Rules
    from nmr.operate.pooling import PoolKeeper
    from nmr.operate.signer import OneAtATime

    names = [pool_name(name) for name in pool_names]
    if (pools or names) and coin_price and nmr_price is None:
        raise click.UsageError("What does an NMR cost? Say it with --nmr-price: a checkpoint has to bring its gas.")
    session = door.open()
    signer = OneAtATime(insistent(door.signer(account)), key_root(door.folder / "keys"))
    scale = 10 ** (BuybackOnChain(session).decimals - 2) if take is not None else 1
    chosen = Rules(
        enter=enter,
        kick=kick,
        min_profit=None if take is None else take * scale,
        coin_price=coin_price * scale,
        nmr_price=(nmr_price or 0) * scale,
        gas_price=max_gas_price,
        budget=budget,
    )
    tournament = session.tournament(tournament_name)
    rounds = Rounds(session, tournament, signer)
    kept = PoolKeeper(Backer(session, tournament, signer), names, own=pools) if pools or names else None
    keeper = Keeper(chosen, session, rounds, open_store(door, session, store_url), signer, kept)
    serve(keeper.run, rules, session, rounds, stay, as_json=as_json)
