# SPDX-License-Identifier: MIT
"""The treasury's buyback: set up by its owner, kept by anyone."""

import time
from contextlib import suppress
from typing import Any, Final

import click

from nmr.buyback.keeper import NotYet, describe_programme, plain_programme, plan_fill, require_kick
from nmr.cli.command import (
    UNFINISHED,
    WRONG_INPUT,
    Door,
    Failure,
    SuiteCommand,
    json_option,
    print_json,
    sender_option,
)
from nmr.cli.tables import print_facts, print_line
from nmr.client.buyback import BuybackOnChain
from nmr.client.session import Receipt, Reverts, Session, Signer
from nmr.client.timelock import OperationProgress, OwnerCall, carry_out
from nmr.text.amounts import (
    NMR_PLACES,
    PRICE_PLACES,
    format_fixed,
    format_nmr,
    format_price,
    format_stablecoin,
    parse_stablecoin,
)
from nmr.text.times import format_moment

EVERY: Final = 12.0
"""Seconds between two looks of `run`: about a block."""


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


@cli.command(cls=SuiteCommand, epilog="Example: nmr buyback allow --account TEST::3")
@click.option("--amount", metavar="DOLLARS", help="All that it may draw from now on; the lifetime cap if left out.")
@sender_option()
def allow(door: Door, amount: str | None, account: str) -> None:
    """Through the timelock: allow the buyback to draw the treasury's stablecoin. A proposer's, then an executor's.

    Type it once to schedule, and again after the delay to execute.
    """
    session, buyback = _open(door)
    units = buyback.programme.lifetime_cap if amount is None else _amount(amount, buyback.decimals)
    shown = format_stablecoin(units, buyback.decimals)
    _carry_out(
        session, buyback.allow_calls(units), door.signer(account), f"The buyback may draw {shown} of the treasury."
    )


@cli.command(cls=SuiteCommand, epilog="Example: nmr buyback end --account TEST::3")
@sender_option()
def end(door: Door, account: str) -> None:
    """Through the timelock: end the programme permanently. `sweep` returns its stablecoin."""
    session, buyback = _open(door)
    done = "The programme has ended; return its stablecoin to the treasury with `sweep`."
    _carry_out(session, buyback.end_calls(), door.signer(account), done)


@cli.command(cls=SuiteCommand, epilog="Example: nmr buyback sweep --account TEST::3")
@sender_option()
def sweep(door: Door, account: str) -> None:
    """Through the timelock: return an ended programme's stablecoin to the treasury, and take its allowance back."""
    session, buyback = _open(door)
    try:
        calls = buyback.sweep_calls()
    except NotYet as error:
        raise Failure(str(error), UNFINISHED) from error
    done = "The treasury has what the buyback held, and the allowance is taken back."
    _carry_out(session, calls, door.signer(account), done)


@cli.command(cls=SuiteCommand, epilog="Example: nmr buyback pause --account TEST::2")
@sender_option()
def pause(door: Door, account: str) -> None:
    """Stop kicks and takes, and the lot that runs. The guardian's."""
    _, buyback = _open(door)
    buyback.pause(door.signer(account))
    print_line("The programme is paused; what the lot offered is offered again after the next kick.")


@cli.command(cls=SuiteCommand, epilog="Example: nmr buyback unpause --account TEST::3")
@sender_option()
def unpause(door: Door, account: str) -> None:
    """Through the timelock: end a pause."""
    session, buyback = _open(door)
    _carry_out(session, buyback.unpause_calls(), door.signer(account), "The programme is not paused.")


# Keeping


@cli.command(cls=SuiteCommand, epilog="Example: nmr buyback status")
@json_option()
def status(door: Door, as_json: bool) -> None:
    """Show what is spent and bought, the lot and its price, the pool's price, and when the next kick is due."""
    _, buyback = _open(door)
    if as_json:
        print_json(plain_programme(buyback.read()))
    else:
        print_facts(describe_programme(buyback.read()))


@cli.command(cls=SuiteCommand, epilog="Example: nmr buyback kick --account TEST::4")
@sender_option()
@json_option()
def kick(door: Door, account: str, as_json: bool) -> None:
    """Start the next lot, once it is due. Anyone."""
    _, buyback = _open(door)
    try:
        kicked, receipt = _kick(buyback, door.signer(account))
    except NotYet as error:
        raise Failure(str(error), UNFINISHED) from error
    if as_json:
        print_json(_plain(kicked, buyback.decimals, receipt))
    else:
        print_line(_kicked_line(buyback, kicked, receipt))


@cli.command(cls=SuiteCommand, epilog="Example: nmr buyback take --account TEST::4")
@profit_options
@sender_option()
@json_option()
def take(door: Door, coin_price: int, min_profit: int, account: str, as_json: bool) -> None:
    """Take from the lot with NMR from the pool, as much as earns most; or say why it does not pay. Anyone."""
    _, buyback = _open(door)
    try:
        filled, receipt = _take(buyback, door.signer(account), coin_price, min_profit)
    except NotYet as error:
        raise Failure(str(error), UNFINISHED) from error
    if as_json:
        print_json(_plain(filled, buyback.decimals, receipt))
    else:
        print_line(_filled_line(buyback, filled, receipt))


@cli.command(cls=SuiteCommand, epilog="Example: nmr buyback run --account TEST::4")
@click.option("--once", is_flag=True, help="Do what is to be done now, and end.")
@click.option(
    "--every", type=click.FloatRange(min=0.1), default=EVERY, show_default=True, help="Seconds between two looks."
)
@profit_options
@sender_option()
def run(door: Door, once: bool, every: float, coin_price: int, min_profit: int, account: str) -> None:
    """Kick and take whenever it is time and pays, until Ctrl-C. Says why it waits whenever the reason changes."""
    (_, buyback), signer = _open(door), door.signer(account)
    said = ""
    with suppress(KeyboardInterrupt):
        while True:
            for line in _look(buyback, signer, coin_price, min_profit):
                if line != said:
                    print_line(line)
                said = line
            if once or buyback.read().ended:
                return
            time.sleep(every)


def _look(buyback: BuybackOnChain, signer: Signer, coin_price: int, min_profit: int) -> list[str]:
    """Observe, kick and take as far as it is time; what was done, and why no more."""
    lines = []
    try:
        if buyback.observe(signer) is not None:
            lines.append("Observed the pool for the average price.")
        if buyback.read().is_due:
            kicked, receipt = _kick(buyback, signer)
            lines.append(_kicked_line(buyback, kicked, receipt))
        filled, receipt = _take(buyback, signer, coin_price, min_profit)
        lines.append(_filled_line(buyback, filled, receipt))
    except (NotYet, Reverts) as error:
        # Somebody else may have been first: the next look tells.
        lines.append(str(error))
    return lines


def _kick(buyback: BuybackOnChain, signer: Signer) -> tuple[dict[str, int], Receipt]:
    """What the event says, in its units."""
    require_kick(buyback.read())
    receipt = buyback.kick(signer)
    event = buyback.kicked(receipt)
    return {name: int(event[name]) for name in ("lot", "amount", "drawn", "reference", "ends_at")}, receipt


def _take(buyback: BuybackOnChain, signer: Signer, coin_price: int, min_profit: int) -> tuple[dict[str, int], Receipt]:
    """What the event says, in its units, and what was earned, in the stablecoin's."""
    gas = buyback.gas(_scaled(coin_price, buyback.decimals))
    least = _scaled(min_profit, buyback.decimals)
    plan = plan_fill(buyback.read(), gas, least)
    # Until the transaction is in a block the offer rises, and others may trade: what has to be left is certain.
    receipt = buyback.fill(plan, least + plan.gas, signer)
    event = buyback.filled(receipt)
    margin, cost = int(buyback.margin(receipt)), gas.cost(receipt.gas_used)
    filled = {name: int(event[name]) for name in ("lot", "paid", "bought", "price")}
    return {**filled, "margin": margin, "gas_cost": cost, "profit": margin - cost}, receipt


def _plain(event: dict[str, int], decimals: int, receipt: Receipt) -> dict[str, Any]:
    """What was done for programs: amounts and prices are strings, of whole dollars and of NMR."""
    places = dict.fromkeys(("amount", "drawn", "paid", "margin", "gas_cost", "profit"), decimals)
    places |= {"reference": PRICE_PLACES, "price": PRICE_PLACES, "bought": NMR_PLACES}
    told = {name: format_fixed(value, places[name]) if name in places else value for name, value in event.items()}
    return {**told, "transaction": receipt.transaction, "gas": receipt.gas_used}


def _kicked_line(buyback: BuybackOnChain, kicked: dict[str, int], receipt: Receipt) -> str:
    amount = format_stablecoin(kicked["amount"], buyback.decimals)
    return (
        f"Kicked lot {kicked['lot']}: {amount} at a reference of {format_price(kicked['reference'])}, until "
        f"{format_moment(kicked['ends_at'])} ({receipt.gas_used:,} gas)."
    )


def _filled_line(buyback: BuybackOnChain, filled: dict[str, int], receipt: Receipt) -> str:
    amounts = ("paid", "margin", "gas_cost", "profit")
    shown = {name: format_stablecoin(filled[name], buyback.decimals) for name in amounts}
    return (
        f"Filled {shown['paid']} of lot {filled['lot']} with {format_nmr(filled['bought'])} NMR at "
        f"{format_price(filled['price'])}: {shown['margin']} left, gas {shown['gas_cost']} "
        f"({receipt.gas_used:,}), profit {shown['profit']}."
    )


def _open(door: Door) -> tuple[Session, BuybackOnChain]:
    session = door.open()
    return session, BuybackOnChain(session)


def _carry_out(session: Session, calls: list[OwnerCall], signer: Signer, done: str) -> None:
    """Let the timelock make calls, and say how far it is."""
    if not calls:
        print_line(done)
        return
    tell(session, carry_out(session, calls, signer), done)


def tell(session: Session, progress: OperationProgress, done: str) -> None:
    """Say what the timelock has done, or when it will."""
    if not progress.executed:
        at = format_moment(progress.ready_at, session.now)
        raise Failure(f"Scheduled in the timelock: type this again from {at} on, as an executor.", UNFINISHED)
    print_line(done)


def _amount(text: str, decimals: int) -> int:
    try:
        return parse_stablecoin(text, decimals)
    except ValueError as error:
        raise Failure(f"The amount {error}.", WRONG_INPUT) from None


def _scaled(millionths: int, decimals: int) -> int:
    """Millionths of a dollar in the stablecoin's smallest unit, rounded up."""
    unit: int = 10**decimals
    return -(-millionths * unit // 10**MILLIONTHS)
