# SPDX-License-Identifier: MIT
"""Pools: back another's model, over one place of the ring or all, or have others back one's own."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from nmr.cli.again import again_option
from nmr.cli.command import (
    Amount,
    Door,
    Fixed,
    SuiteCommand,
    Whole,
    json_option,
    print_json,
    sender_option,
    tournament_option,
)
from nmr.cli.pool_tables import (
    plain_holding,
    plain_pair,
    plain_pool,
    plain_pool_record,
    plain_view,
    pool_facts,
    print_held,
    print_leaders,
    print_pools,
    print_view,
    show_done,
)
from nmr.cli.tables import print_facts, print_line, print_transactions
from nmr.client.arguments import pool_name
from nmr.client.pool_records import read_records
from nmr.client.pool_repeats import left_to_enter, left_to_exit, refuse_created
from nmr.client.pools import Backer, PoolOf, Pools
from nmr.protocol.reference.pool_rules import BASIS, LARGEST_FEE, LARGEST_SKIN, SMALLEST_SKIN
from nmr.text.amounts import PART_PLACES, format_fixed
from nmr.text.selection import SelectionError


class Part(Fixed):
    """A part such as 0.2, with 4 decimals, between two others."""

    name = "PART"

    def __init__(self, least: int, most: int) -> None:
        super().__init__(PART_PLACES)
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The part, times 10,000; defaults that are that already stay as they are."""
        part = super().convert(value, param, ctx)
        if not self.least <= part <= self.most:
            bounds = f"{format_fixed(self.least, PART_PLACES)} to {format_fixed(self.most, PART_PLACES)}"
            self.fail(f"{value} is out of range: it is {bounds}, 0.2 being 20%.", param, ctx)
        return part


@click.group()
def cli() -> None:
    """Back another's model: enter a pool, order out, claim, and run what is due.

    A POOL is named by its address, the id of its model, or its label. Each place of the tournament's ring has shares of
    its own. An order waits in the pool until anybody runs it: exits by `checkpoint` while a place's value is exact,
    entries by `fill` while its round is open; then claim. docs/pools.md says what a backer trusts whom with.
    """


def pool_argument() -> Callable[[Any], Any]:
    """The pool."""
    return click.argument("name", metavar="POOL")


def place_option(help_text: str = "Which place, again for each; all if left out.") -> Callable[[Any], Any]:
    """`--place`, for one place or several."""
    return click.option("--place", "places", type=Whole(0), multiple=True, metavar="PLACE", help=help_text)


@cli.command(cls=SuiteCommand, epilog="Example: nmr pool create ridge --fee 0.2 --skin 0.1 --account TEST::4")
@click.argument("label", metavar="LABEL")
@click.option(
    "--fee",
    type=Part(0, LARGEST_FEE),
    default=0,
    help="Of what a place gains above its mark, such as 0.2; 0 if left out.",
)
@click.option(
    "--skin",
    type=Part(SMALLEST_SKIN, LARGEST_SKIN),
    default=SMALLEST_SKIN,
    help="Your least part of each place, from 0.1 to 0.5; 0.1 if left out.",
)
@click.option("--submitter", metavar="ADDRESS", help="Who submits for the pool's model; you, if left out.")
@again_option()
@tournament_option()
@sender_option()
@json_option()
def create(
    door: Door,
    label: str,
    fee: int,
    skin: int,
    submitter: str | None,
    again: bool,
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Create a pool with a model of its own, whose manager is the account. Nothing of it can be changed.

    Refused if the account created one with the same label, fee and skin in the last 24 hours, unless --again is given.
    """
    chosen = None if submitter is None else door.address(submitter)
    pools = backer(door, tournament_name, account)
    if not again:
        refuse_created(pools, label, fee, skin)
    pool, done = pools.create(label, fee, skin, chosen)
    if as_json:
        print_json({**plain_pool(pool), "notes": list(done.notes), "transactions": done.transactions})
        return
    print_facts(pool_facts(pool))
    print_transactions(done.notes, done.transactions)


@cli.command(cls=SuiteCommand, epilog="Example: nmr pool enter ridge --amount 50 --place 1 --account TEST::5")
@pool_argument()
@click.option("--amount", type=Amount(), required=True, help="At each place.")
@place_option()
@again_option()
@tournament_option()
@sender_option()
@json_option()
def enter(
    door: Door,
    name: str,
    amount: int,
    places: tuple[int, ...],
    again: bool,
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Order shares for NMR, which waits in the pool until a `fill` of its place, or until you cancel.

    Places at which the account ordered for the same amount in the last 24 hours, and did not cancel, are left out,
    unless --again is given.
    """
    pools, pool = dealings(door, tournament_name, account, name)
    amounts = dict.fromkeys(_chosen(pools, places), amount)
    notes: tuple[str, ...] = ()
    if not again:
        amounts, notes = left_to_enter(pools, pool, amounts)
    show_done("Ordered", pool, pools.enter(pool, amounts).noting(notes), as_json)


@cli.command(name="exit", cls=SuiteCommand, epilog="Example: nmr pool exit ridge --place 1 --account TEST::5")
@pool_argument()
@click.option(
    "--part",
    type=Part(1, BASIS),
    default=BASIS,
    help="Of your shares at each place that are not on order, such as 0.5; all if left out.",
)
@place_option()
@again_option()
@tournament_option()
@sender_option()
@json_option()
def exit_(
    door: Door,
    name: str,
    part: int,
    places: tuple[int, ...],
    again: bool,
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Order shares to be paid out at the next `checkpoint` of their place; until then they stay at stake.

    Places at which the account bought shares in the round that they are at stake in are left out. With --part, those at
    which it ordered shares out in the last 24 hours, and did not cancel, are left out, too, unless --again is given.
    """
    pools, pool = dealings(door, tournament_name, account, name)
    chosen = _chosen(pools, places)
    notes: tuple[str, ...] = ()
    if part < BASIS and not again:
        chosen, notes = left_to_exit(pools, pool, chosen)
    show_done("Ordered", pool, pools.exit_part(pool, chosen, part).noting(notes), as_json)


@cli.command(cls=SuiteCommand, epilog="Example: nmr pool cancel ridge --entries --account TEST::5")
@pool_argument()
@click.option("--entries", is_flag=True, help="Orders to enter only.")
@click.option("--exits", is_flag=True, help="Orders to leave only.")
@place_option()
@tournament_option()
@sender_option()
@json_option()
def cancel(
    door: Door,
    name: str,
    entries: bool,
    exits: bool,
    places: tuple[int, ...],
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Take orders back that did not run yet, whole: all of them, or those of one kind."""
    both = entries == exits
    pools, pool = dealings(door, tournament_name, account, name)
    done = pools.cancel(pool, _chosen(pools, places), entries=entries or both, exits=exits or both)
    show_done("Taken back", pool, done, as_json)


def turn(method: str, title: str, epilog: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command that makes one call wherever the pool takes it."""

    def command(function: Callable[..., None]) -> click.Command:
        def call(
            door: Door, name: str, places: tuple[int, ...], tournament_name: str | None, account: str, as_json: bool
        ) -> None:
            pools, pool = dealings(door, tournament_name, account, name)
            show_done(title, pool, getattr(pools, method)(pool, _chosen(pools, places)), as_json)

        call.__doc__ = function.__doc__
        for decorate in (json_option(), sender_option(), tournament_option(), place_option(), pool_argument()):
            call = decorate(call)
        made: click.Command = cli.command(method, cls=SuiteCommand, epilog=epilog)(call)
        return made

    return command


@turn("claim", "Claimed", "Example: nmr pool claim ridge --account TEST::5")
def claim() -> None:
    """Collect what ran: NMR of exits and of entries that did not fit, and shares of entries that did."""


@turn("checkpoint", "Checkpoint", "Example: nmr pool checkpoint ridge --account TEST::9")
def checkpoint() -> None:
    """Book the fee and run the exits of places whose value is exact. Anyone may."""


@turn("fill", "Filled", "Example: nmr pool fill ridge --account TEST::9")
def fill() -> None:
    """Do what `checkpoint` does, and then run the entries of the place whose round is open. Anyone may."""


@cli.command(cls=SuiteCommand, epilog="Example: nmr pool sweep ridge --account TEST::9")
@pool_argument()
@tournament_option()
@sender_option()
@json_option()
def sweep(door: Door, name: str, tournament_name: str | None, account: str, as_json: bool) -> None:
    """Burn the NMR of a pool that is nobody's, such as donations. Anyone may."""
    pools, pool = dealings(door, tournament_name, account, name)
    show_done("Swept", pool, pools.sweep(pool), as_json)


@cli.command(cls=SuiteCommand, epilog="Example: nmr pool submitter ridge --to TEST::9 --account TEST::4")
@pool_argument()
@click.option("--to", metavar="ADDRESS", help="Who submits for the pool's model.")
@click.option("--manager", "manager_alone", is_flag=True, help="You, the manager, from now on.")
@tournament_option()
@sender_option()
@json_option()
def submitter(
    door: Door,
    name: str,
    to: str | None,
    manager_alone: bool,
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Change who submits for the pool's model. Its manager alone may, and nothing else of it changes."""
    if (to is None) != manager_alone:
        raise SelectionError("Who submits? Give either --to or --manager.")
    chosen = None if to is None else door.address(to)
    named = pool_name(name)
    pools = backer(door, tournament_name, account)
    # What a manager alone can send looks a label up among the manager's own pools.
    pool = pools.named(named, pools.account.address)
    done = pools.set_submitter(pool, chosen)
    if as_json:
        print_json({"pool": pool.address, "submitter": chosen or pool.manager, "transactions": done.transactions})
        return
    print_line(f"{chosen or 'The manager'} submits for model {pool.model} {pool.label} now.")
    print_transactions(done.notes, done.transactions)


@cli.command(name="list", cls=SuiteCommand, epilog="Example: nmr pool list")
@tournament_option()
@json_option()
def list_(door: Door, tournament_name: str | None, as_json: bool) -> None:
    """All pools, with what is at stake in them, the manager's part of it, and what waits."""
    session = door.open()
    pools = Pools(session, session.tournament(tournament_name))
    views = pools.views(pools.all())
    if as_json:
        print_json({"pools": [plain_view(view) for view in views]})
    elif views:
        print_pools(views)
    else:
        print_line("There is no pool yet.")


@cli.command(cls=SuiteCommand, epilog="Example: nmr pool leaderboard")
@tournament_option()
@json_option()
def leaderboard(door: Door, tournament_name: str | None, as_json: bool) -> None:
    """What pools brought those who stayed in them since the beginning, after fees; and pools that offset each other.

    `won` is of equal amounts at all places that were opened, `fall` the largest fall of a place from its peak before
    fees, and `manager's` the manager's own part of what is at stake.
    """
    session = door.open()
    pools = Pools(session, session.tournament(tournament_name))
    records, pairs = read_records(pools)
    if as_json:
        print_json({"pools": list(map(plain_pool_record, records)), "offset": list(map(plain_pair, pairs))})
    elif records:
        print_leaders(records, pairs)
    else:
        print_line("There is no pool yet.")


@cli.command(cls=SuiteCommand, epilog="Example: nmr pool show ridge --account TEST::5")
@pool_argument()
@tournament_option()
@sender_option(required=False)
@json_option()
def show(door: Door, name: str, tournament_name: str | None, account: str | None, as_json: bool) -> None:
    """A pool, place by place: its value, when that is exact again, orders that wait, and what --account has in it."""
    named = pool_name(name)
    session = door.open()
    pools = Pools(session, session.tournament(tournament_name))
    view = pools.view(pools.named(named))
    holder = None if account is None else door.address(account)
    held = [] if holder is None else pools.holdings(view.pool, holder)
    manages = holder == view.pool.manager
    if as_json:
        own = [{"place": place, **plain_holding(each, manages)} for place, each in enumerate(held)]
        print_json({**plain_view(view), "holding": None if holder is None else own})
        return
    print_view(view, session.now)
    if held:
        print_held(view, held, manages)


def backer(door: Door, tournament_name: str | None, account: str) -> Backer:
    """The account's dealings with the pools of the recorded suite."""
    session = door.open()
    return Backer(session, session.tournament(tournament_name), door.signer(account))


def dealings(door: Door, tournament_name: str | None, account: str, name: str) -> tuple[Backer, PoolOf]:
    """The account's dealings, and the pool of a name. Raises `SelectionError`, before the node is asked anything."""
    named = pool_name(name)
    pools = backer(door, tournament_name, account)
    return pools, pools.named(named)


def _chosen(pools: Pools, places: Sequence[int]) -> list[int]:
    """The places that were named, each once, or all."""
    return list(dict.fromkeys(places)) or list(range(pools.ring))
