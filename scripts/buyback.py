# SPDX-License-Identifier: MIT
"""`ape run buyback`: the buyback as `ape run buyback`, and how one is deployed."""

from pathlib import Path

import click
from ape import accounts, project
from ape.api import AccountAPI, ProviderAPI
from ape.cli import AccountAliasPromptChoice

from nmr.ape.buyback_setup import FEED_DECIMALS, create_buyback, create_local, decimals_of
from nmr.ape.front import ApeCommand, connected_record_path, for_ape, session_of
from nmr.ape.project import compiled
from nmr.ape.signer import ApeSigner
from nmr.buyback.programme import read_buyback
from nmr.cli.buyback import cli as command
from nmr.cli.buyback import tell
from nmr.cli.command import FILE, WRONG_INPUT, Failure
from nmr.cli.tables import print_table
from nmr.client.buyback import BuybackOnChain
from nmr.deploy.record import Record
from nmr.text.amounts import FixedPointError, parse_fixed

account_option = click.option(
    "--account", type=AccountAliasPromptChoice(), required=True, metavar="ALIAS", help="Who signs."
)
cli = for_ape(command)
assert isinstance(cli, click.Group), "it has commands"


@cli.command(cls=ApeCommand, epilog="Example: ape run buyback local")
def local(provider: ProviderAPI) -> None:
    """On a local chain: make a stablecoin, a feed, Uniswap V2 with a pool, and a buyback that may spend $1,000,000."""
    if not provider.network.is_local:
        raise Failure(f"{provider.network.name} is no local chain: use `ape run buyback create`.", WRONG_INPUT)
    session = session_of(provider)
    names = list(accounts.test_accounts)
    record, progress = create_local(session, compiled(project), names, connected_record_path(provider), _announce)
    _print_parts(record, "Made")
    tell(session, progress, "It may draw $1,000,000.00 of the treasury.")


@cli.command(
    cls=ApeCommand,
    epilog="Example: ape run buyback create --parameters buyback.toml --account deployer",
)
@click.option("--parameters", "parameters_file", type=FILE, required=True, help="See docs/buyback.example.toml.")
@account_option
def create(provider: ProviderAPI, parameters_file: Path, account: AccountAPI) -> None:
    """Deploy a buyback owned by the timelock, and record it. It can spend nothing before `allow`."""
    session, contracts = session_of(provider), compiled(project)
    parameters = read_buyback(parameters_file, lambda stablecoin: decimals_of(session, stablecoin))
    record = create_buyback(session, contracts, account, parameters, connected_record_path(provider), _announce)
    _print_parts(record, "Deployed and recorded; let the timelock allow its spending with `ape run buyback allow`")


@cli.command("set-price", cls=ApeCommand, epilog="Example: ape run buyback set-price 15.20 --account TEST::4")
@click.argument("price", metavar="DOLLARS")
@account_option
def set_price(provider: ProviderAPI, price: str, account: AccountAPI) -> None:
    """On a local chain: let the feed say another price for one NMR."""
    session = session_of(provider)
    buyback = BuybackOnChain(session)
    if buyback.feed is None or buyback.feed.name != "SettableFeed":
        raise Failure("This buyback's feed says what the market says, and nobody sets it.", WRONG_INPUT)
    try:
        answer = parse_fixed(price, FEED_DECIMALS)
    except FixedPointError as error:
        raise Failure(f"The price {error}.", WRONG_INPUT) from None
    if answer <= 0:
        raise Failure("The price has to be more than 0.", WRONG_INPUT)
    session.send(buyback.feed, "set", answer, sender=ApeSigner(account))
    click.echo(f"The feed says ${price} for one NMR.")


def _announce(contract: str) -> None:
    click.echo(f"deploying {contract}", err=True)


def _print_parts(record: Record, text: str) -> None:
    names = [name for name in record.parts if name.startswith("buyback") or name == "stablecoin"]
    rows = [[name, record.parts[name].contract, record.parts[name].address] for name in names]
    print_table("Buyback", ["part", "contract", "address"], rows, left=3, optional=("contract",))
    click.echo(f"{text}.")
