# SPDX-License-Identifier: MIT
"""The treasury's buyback: set up by its owner, kept by anyone."""

import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import click
from ape import accounts, project
from ape.api import AccountAPI, ProviderAPI

from nmr.ape.buyback import ApeBuyback
from nmr.ape.buyback_setup import FEED_DECIMALS, create_buyback, create_local, decimals_of
from nmr.ape.command import (
    UNFINISHED,
    WRONG_INPUT,
    Failure,
    SuiteCommand,
    json_option,
    open_session,
    print_facts,
    print_json,
    print_table,
    sender_option,
)
from nmr.ape.project import compiled
from nmr.ape.session import Reverts, Session, path_of
from nmr.ape.timelock import OwnerCall, Progress, carry_out
from nmr.buyback.keeper import NotYet, describe, plain, plan_fill, require_kick
from nmr.buyback.programme import read_buyback
from nmr.deploy.record import Record
from nmr.text.amounts import FixedPointError, format_nmr, format_price, format_stablecoin, parse_fixed, parse_stablecoin
from nmr.text.times import format_moment

EVERY: Final = 12.0
"""Seconds between two looks of `run`: about a block."""
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Dollars(click.ParamType):
    """An amount of dollars such as 12.5, in millionths."""

    name = "DOLLARS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Millionths of a dollar; a default that is that already stays as it is."""
        if isinstance(value, int):
            return value
        try:
            return parse_stablecoin(value, MILLIONTHS)
        except ValueError as error:
            self.fail(f"It {error}.", param, ctx)


MILLIONTHS: Final = 6


def profit_options(function: Any) -> Any:
    """What a keeper wants to be left."""
    coin = click.option(
        "--coin-price",
        type=Dollars(),
        default="3000",
        show_default=True,
        help="What one ether costs, for the gas.",
    )
    least = click.option(
        "--min-profit", type=Dollars(), default="1", show_default=True, help="What has to be left after gas."
    )
    return coin(least(function))


@click.group()
def cli() -> None:
    """Turn the treasury's stablecoin into NMR: set a programme up, kick its lots, and fill them from a pool."""


# Setting up


@cli.command(cls=SuiteCommand, epilog="Example: ape run buyback local --network ethereum:local:foundry")
def local(provider: ProviderAPI) -> None:
    """On a local chain: make a stablecoin, a feed, Uniswap V2 with a pool, and a buyback that may spend $1,000,000."""
    if not provider.network.is_local:
        raise Failure(f"{provider.network.name} is no local chain: use `ape run buyback create`.", WRONG_INPUT)
    session = open_session(provider)
    names = list(accounts.test_accounts)
    record, progress = create_local(session, compiled(project), names, path_of(project, provider), _announce)
    _print_parts(record, "Made")
    _tell(session, progress, "It may draw $1,000,000.00 of the treasury.")


@cli.command(
    cls=SuiteCommand,
    epilog="Example: ape run buyback create --parameters buyback.toml --account deployer",
)
@click.option("--parameters", "parameters_file", type=FILE, required=True, help="See docs/buyback.example.toml.")
@sender_option()
def create(provider: ProviderAPI, parameters_file: Path, account: AccountAPI) -> None:
    """Deploy a buyback owned by the timelock, and record it. It can spend nothing before `allow`."""
    session, contracts = open_session(provider), compiled(project)
    parameters = read_buyback(parameters_file, lambda stablecoin: decimals_of(contracts, stablecoin))
    record = create_buyback(session, contracts, account, parameters, path_of(project, provider), _announce)
    _print_parts(record, "Deployed and recorded; let the timelock allow its spending with `ape run buyback allow`")


@cli.command(cls=SuiteCommand, epilog="Example: ape run buyback allow --account TEST::3")
@click.option("--amount", metavar="DOLLARS", help="All that it may draw from now on; the lifetime cap if left out.")
@sender_option()
def allow(provider: ProviderAPI, amount: str | None, account: AccountAPI) -> None:
    """Through the timelock: allow the buyback to draw the treasury's stablecoin. A proposer's, then an executor's.

    Type it once to schedule, and again after the delay to execute.
    """
    session, buyback = _open(provider)
    units = buyback.programme.lifetime_cap if amount is None else _amount(amount, buyback.decimals)
    shown = format_stablecoin(units, buyback.decimals)
    _carry_out(session, buyback.allow_calls(units), account, f"The buyback may draw {shown} of the treasury.")


@cli.command(cls=SuiteCommand, epilog="Example: ape run buyback end --account TEST::3")
@sender_option()
def end(provider: ProviderAPI, account: AccountAPI) -> None:
    """Through the timelock: end the programme for ever, and return its stablecoin to the treasury."""
    session, buyback = _open(provider)
    _carry_out(session, buyback.end_calls(), account, "The programme has ended, and its allowance is taken back.")


@cli.command(cls=SuiteCommand, epilog="Example: ape run buyback pause --account TEST::2")
@sender_option()
def pause(provider: ProviderAPI, account: AccountAPI) -> None:
    """Stop kicks and takes, and the lot that runs. The guardian's."""
    _, buyback = _open(provider)
    buyback.pause(account)
    click.echo("The programme is paused; what the lot offered is offered again after the next kick.")


@cli.command(cls=SuiteCommand, epilog="Example: ape run buyback unpause --account TEST::3")
@sender_option()
def unpause(provider: ProviderAPI, account: AccountAPI) -> None:
    """Through the timelock: end a pause."""
    session, buyback = _open(provider)
    _carry_out(session, buyback.unpause_calls(), account, "The programme is not paused.")


@cli.command("set-price", cls=SuiteCommand, epilog="Example: ape run buyback set-price 15.20 --account TEST::4")
@click.argument("price", metavar="DOLLARS")
@sender_option()
def set_price(provider: ProviderAPI, price: str, account: AccountAPI) -> None:
    """On a local chain: let the feed say another price for one NMR."""
    session, buyback = _open(provider)
    if buyback.feed is None or buyback.feed.contract_type.name != "SettableFeed":
        raise Failure("This buyback's feed says what the market says, and nobody sets it.", WRONG_INPUT)
    try:
        answer = parse_fixed(price, FEED_DECIMALS)
    except FixedPointError as error:
        raise Failure(f"The price {error}.", WRONG_INPUT) from None
    if answer <= 0:
        raise Failure("The price has to be more than 0.", WRONG_INPUT)
    session.send(buyback.feed, "set", answer, sender=account)
    click.echo(f"The feed says ${price} for one NMR.")


# Keeping


@cli.command(cls=SuiteCommand, epilog="Example: ape run buyback status")
@json_option()
def status(provider: ProviderAPI, as_json: bool) -> None:
    """Show what is spent and bought, the lot and its price, the pool's price, and when the next kick is due."""
    _, buyback = _open(provider)
    if as_json:
        print_json(plain(buyback.read()))
    else:
        print_facts(describe(buyback.read()))


@cli.command(cls=SuiteCommand, epilog="Example: ape run buyback kick --account TEST::4")
@sender_option()
@json_option()
def kick(provider: ProviderAPI, account: AccountAPI, as_json: bool) -> None:
    """Start the next lot, once it is due. Anyone."""
    _, buyback = _open(provider)
    try:
        kicked, receipt = _kick(buyback, account)
    except NotYet as error:
        raise Failure(str(error), UNFINISHED) from error
    if as_json:
        print_json({**kicked, "transaction": str(receipt.txn_hash), "gas": int(receipt.gas_used)})
    else:
        click.echo(_kicked_line(buyback, kicked, receipt))


@cli.command(cls=SuiteCommand, epilog="Example: ape run buyback take --account TEST::4")
@profit_options
@sender_option()
@json_option()
def take(provider: ProviderAPI, coin_price: int, min_profit: int, account: AccountAPI, as_json: bool) -> None:
    """Take from the lot with NMR from the pool, as much as earns most; or say why it does not pay. Anyone."""
    _, buyback = _open(provider)
    try:
        filled, receipt = _take(buyback, account, coin_price, min_profit)
    except NotYet as error:
        raise Failure(str(error), UNFINISHED) from error
    if as_json:
        print_json({**filled, "transaction": str(receipt.txn_hash), "gas": int(receipt.gas_used)})
    else:
        click.echo(_filled_line(buyback, filled, receipt))


@cli.command(cls=SuiteCommand, epilog="Example: ape run buyback run --account TEST::4")
@click.option("--once", is_flag=True, help="Do what is to be done now, and end.")
@click.option(
    "--every", type=click.FloatRange(min=0.1), default=EVERY, show_default=True, help="Seconds between two looks."
)
@profit_options
@sender_option()
def run(provider: ProviderAPI, once: bool, every: float, coin_price: int, min_profit: int, account: AccountAPI) -> None:
    """Kick and take whenever it is time and pays, until Ctrl-C. Says why it waits whenever the reason changes."""
    _, buyback = _open(provider)
    said = ""
    # Ape's handler would end this with an exit code of its own.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        while True:
            for line in _look(buyback, account, coin_price, min_profit):
                if line != said:
                    click.echo(line)
                said = line
            if once or buyback.read().ended:
                return
            time.sleep(every)


def _look(buyback: ApeBuyback, account: AccountAPI, coin_price: int, min_profit: int) -> list[str]:
    """Observe, kick and take as far as it is time; what was done, and why no more."""
    lines = []
    try:
        if buyback.observe(account) is not None:
            lines.append("Observed the pool for the average price.")
        if buyback.read().is_due:
            kicked, receipt = _kick(buyback, account)
            lines.append(_kicked_line(buyback, kicked, receipt))
        filled, receipt = _take(buyback, account, coin_price, min_profit)
        lines.append(_filled_line(buyback, filled, receipt))
    except (NotYet, Reverts) as error:
        # Somebody else may have been first: the next look tells.
        lines.append(str(error))
    return lines


def _kick(buyback: ApeBuyback, account: AccountAPI) -> tuple[dict[str, Any], Any]:
    require_kick(buyback.read())
    receipt = buyback.kick(account)
    event = buyback.kicked(receipt)
    return {
        "lot": int(event.lot),
        "amount": str(event.amount),
        "drawn": str(event.drawn),
        "reference": str(event.reference),
        "ends_at": int(event.ends_at),
    }, receipt


def _take(buyback: ApeBuyback, account: AccountAPI, coin_price: int, min_profit: int) -> tuple[dict[str, Any], Any]:
    gas = buyback.gas(_scaled(coin_price, buyback.decimals))
    least = _scaled(min_profit, buyback.decimals)
    plan = plan_fill(buyback.read(), gas, least)
    # Until the transaction is in a block the offer rises, and others may trade: what has to be left is certain.
    receipt = buyback.fill(plan, least + plan.gas, account)
    event = buyback.filled(receipt)
    margin = int(buyback.margin(receipt))
    cost = gas.cost(int(receipt.gas_used))
    return {
        "lot": int(event.lot),
        "paid": str(event.paid),
        "bought": format_nmr(event.bought),
        "price": str(event.price),
        "margin": str(margin),
        "gas_cost": str(cost),
        "profit": str(margin - cost),
    }, receipt


def _kicked_line(buyback: ApeBuyback, kicked: dict[str, Any], receipt: Any) -> str:
    amount = format_stablecoin(int(kicked["amount"]), buyback.decimals)
    return (
        f"Kicked lot {kicked['lot']}: {amount} at a reference of {format_price(int(kicked['reference']))}, until "
        f"{format_moment(kicked['ends_at'])} ({receipt.gas_used:,} gas)."
    )


def _filled_line(buyback: ApeBuyback, filled: dict[str, Any], receipt: Any) -> str:
    amounts = ("paid", "margin", "gas_cost", "profit")
    shown = {name: format_stablecoin(int(filled[name]), buyback.decimals) for name in amounts}
    return (
        f"Filled {shown['paid']} of lot {filled['lot']} with {filled['bought']} NMR at "
        f"{format_price(int(filled['price']))}: {shown['margin']} left, gas {shown['gas_cost']} "
        f"({receipt.gas_used:,}), profit {shown['profit']}."
    )


def _open(provider: ProviderAPI) -> tuple[Session, ApeBuyback]:
    session = open_session(provider)
    return session, ApeBuyback(session, compiled(project))


def _carry_out(session: Session, calls: list[OwnerCall], account: AccountAPI, done: str) -> None:
    """Let the timelock make calls, and say how far it is."""
    if not calls:
        click.echo(done)
        return
    _tell(session, carry_out(session, calls, account), done)


def _tell(session: Session, progress: Progress, done: str) -> None:
    """Say what the timelock has done, or when it will."""
    if not progress.executed:
        at = format_moment(progress.ready_at, session.now)
        raise Failure(f"Scheduled in the timelock: type this again from {at} on, as an executor.", UNFINISHED)
    click.echo(done)


def _amount(text: str, decimals: int) -> int:
    try:
        return parse_stablecoin(text, decimals)
    except ValueError as error:
        raise Failure(f"The amount {error}.", WRONG_INPUT) from None


def _scaled(millionths: int, decimals: int) -> int:
    """Millionths of a dollar in the stablecoin's smallest unit, rounded up."""
    unit: int = 10**decimals
    return -(-millionths * unit // 10**MILLIONTHS)


def _announce(contract: str) -> None:
    click.echo(f"deploying {contract}", err=True)


def _print_parts(record: Record, text: str) -> None:
    names = [name for name in record.parts if name.startswith("buyback") or name == "stablecoin"]
    rows = [[name, record.parts[name].contract, record.parts[name].address] for name in names]
    print_table("Buyback", ["part", "contract", "address"], rows, left=3)
    click.echo(f"{text}.")
