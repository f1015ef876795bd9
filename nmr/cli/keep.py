# SPDX-License-Identifier: MIT
"""`nmr keep`: what anybody can do for a tournament."""

from typing import TYPE_CHECKING

import click

from nmr.cli.command import Door, Fixed, SuiteCommand, json_option, sender_option, tournament_option
from nmr.cli.sealing import open_store, store_option
from nmr.cli.serving import Seconds, Stay, alert_options, insistent, loop_options, serve
from nmr.client.buyback import BuybackOnChain
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
@click.option("--coin-price", type=Fixed(2), metavar="DOLLARS", default="0", help="What the chain's own coin costs.")
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
    coin_price: int,
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

    Nobody pays for it but --take, which takes from the buyback where that leaves enough after gas. The budget of a day
    counts from the start of the command.
    """
    from nmr.operate.keeping import Keeper, Rules
    from nmr.operate.signer import OneAtATime

    session = door.open()
    signer = OneAtATime(insistent(door.signer(account)), key_root(door.folder / "keys"))
    scale = 10 ** (BuybackOnChain(session).decimals - 2) if take is not None else 1
    chosen = Rules(
        enter=enter,
        kick=kick,
        min_profit=None if take is None else take * scale,
        coin_price=coin_price * scale,
        gas_price=max_gas_price,
        budget=budget,
    )
    rounds = Rounds(session, session.tournament(tournament_name), signer)
    keeper = Keeper(chosen, session, rounds, open_store(door, session, store_url), signer)
    serve(keeper.run, rules, session, rounds, stay, as_json=as_json)
