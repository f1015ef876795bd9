# SPDX-License-Identifier: MIT
"""Pools: back another's model, over one place of the ring or all, or have others back one's own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import click

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
from nmr.cli.tables import print_facts, print_line, print_table
from nmr.client.pool_records import PoolRecord, read_records
from nmr.client.pools import ALL_SHARES, Backer, PoolChange, PoolOf, Pools, PoolView
from nmr.client.stakes import CannotDo
from nmr.protocol.reference.pool import HoldingView, PlaceView
from nmr.protocol.reference.pool_rules import BASIS, LARGEST_FEE, LARGEST_SKIN, SMALLEST_SKIN
from nmr.protocol.score_words import MAX_MODEL
from nmr.rounds.pool_records import Opposites
from nmr.text.amounts import GWEI, format_fixed, format_nmr
from nmr.text.selection import ModelName, SelectionError, parse_model
from nmr.text.times import format_duration

DAY: Final = 86_400
PLACES: Final = 4
"""Decimals of fee, skin and parts."""
POOLS: Final = ("model", "label", "fee", "skin", "at stake", "manager's", "waits", "pool", "manager")
SPARE: Final = ("manager", "pool", "waits")
STAKES: Final = ("place", "round", "at stake", "mark", "manager's", "to leave", "to enter", "free", "at the latest")
SPARE_OF_STAKES: Final = ("at the latest", "mark", "round")
LEADERS: Final = ("model", "label", "won", "by place", "fall", "rounds", "days", "fee", "manager's", "at stake")
SPARE_OF_LEADERS: Final = ("at stake", "days", "fee", "by place")
HELD: Final = ("place", "worth", "part", "to leave", "to enter", "to claim")
SPARE_OF_HELD: Final = ("part",)
DONE: Final = ("place", "what", "NMR", "shares")
WORDS: Final = {
    "EntryOrdered": "entry ordered",
    "ExitOrdered": "exit ordered",
    "EntryCancelled": "entry taken back",
    "ExitCancelled": "exit taken back",
    "Claimed": "claimed, and shares held now",
    "ManagerPaid": "claimed by the manager",
    "Booked": "fee paid to the manager in shares",
    "ExitsRun": "paid out for exits",
    "EpochEnded": "all paid out: the epoch ended",
    "EntriesRun": "entered",
    "Swept": "burned",
}
"""What a pool logs, for people."""


class Part(Fixed):
    """A part such as 0.2, with 4 decimals, between two others."""

    name = "PART"

    def __init__(self, least: int, most: int) -> None:
        super().__init__(PLACES)
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The part, times 10,000; defaults that are that already stay as they are."""
        part = super().convert(value, param, ctx)
        if not self.least <= part <= self.most:
            bounds = f"{format_fixed(self.least, PLACES)} to {format_fixed(self.most, PLACES)}"
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
@tournament_option()
@sender_option()
@json_option()
def create(
    door: Door,
    label: str,
    fee: int,
    skin: int,
    submitter: str | None,
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Create a pool with a model of its own, whose manager is the account. Nothing of it can be changed."""
    chosen = None if submitter is None else door.address(submitter)
    pool, done = backer(door, tournament_name, account).create(label, fee, skin, chosen)
    if as_json:
        print_json({**_plain_pool(pool), "transactions": done.transactions})
        return
    print_facts(_facts(pool))
    _print_transactions(done)


@cli.command(cls=SuiteCommand, epilog="Example: nmr pool enter ridge --amount 50 --place 1 --account TEST::5")
@pool_argument()
@click.option("--amount", type=Amount(), required=True, help="At each place.")
@place_option()
@tournament_option()
@sender_option()
@json_option()
def enter(
    door: Door,
    name: str,
    amount: int,
    places: tuple[int, ...],
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Order shares for NMR, which waits in the pool until a `fill` of its place, or until you cancel."""
    pools, pool = dealings(door, tournament_name, account, name)
    _show_done("Ordered", pool, pools.enter(pool, dict.fromkeys(_chosen(pools, places), amount)), as_json)


@cli.command(name="exit", cls=SuiteCommand, epilog="Example: nmr pool exit ridge --place 1 --account TEST::5")
@pool_argument()
@click.option(
    "--part", type=Part(1, BASIS), default=BASIS, help="Of your shares at each place, such as 0.5; all if left out."
)
@place_option()
@tournament_option()
@sender_option()
@json_option()
def exit_(
    door: Door,
    name: str,
    part: int,
    places: tuple[int, ...],
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Order shares to be paid out at the next `checkpoint` of their place; until then they stay at stake."""
    pools, pool = dealings(door, tournament_name, account, name)
    if not places and part == BASIS:
        done = pools.exit_all(pool)
    else:
        chosen = _chosen(pools, places)
        pools.require_places(chosen)
        held = pools.holdings(pool, pools.account.address)
        free = {place: held[place].shares - held[place].exit_order for place in chosen}
        shares = {
            place: ALL_SHARES if part == BASIS else free[place] * part // BASIS for place in chosen if free[place]
        }
        if not shares:
            raise CannotDo("The account has no shares there that are not on order.")
        done = pools.exit(pool, shares)
    _show_done("Ordered", pool, done, as_json)


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
    _show_done("Taken back", pool, done, as_json)


def turn(method: str, title: str, epilog: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command that makes one call wherever the pool takes it."""

    def command(function: Callable[..., None]) -> click.Command:
        def call(
            door: Door, name: str, places: tuple[int, ...], tournament_name: str | None, account: str, as_json: bool
        ) -> None:
            pools, pool = dealings(door, tournament_name, account, name)
            _show_done(title, pool, getattr(pools, method)(pool, _chosen(pools, places)), as_json)

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
    _show_done("Swept", pool, pools.sweep(pool), as_json)


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
    pools, pool = dealings(door, tournament_name, account, name)
    done = pools.set_submitter(pool, chosen)
    if as_json:
        print_json({"pool": pool.address, "submitter": chosen or pool.manager, "transactions": done.transactions})
        return
    print_line(f"{chosen or 'The manager'} submits for model {pool.model} {pool.label} now.")
    _print_transactions(done)


@cli.command(name="list", cls=SuiteCommand, epilog="Example: nmr pool list")
@tournament_option()
@json_option()
def list_(door: Door, tournament_name: str | None, as_json: bool) -> None:
    """All pools, with what is at stake in them, the manager's part of it, and what waits."""
    session = door.open()
    pools = Pools(session, session.tournament(tournament_name))
    views = pools.views(pools.all())
    if as_json:
        print_json({"pools": [_plain_view(view) for view in views]})
    elif views:
        rows = [_row(view) for view in views]
        print_table("Pools, in NMR", POOLS, rows, left=("label", "pool", "manager"), optional=SPARE)
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
        plain_pairs = [
            {"models": list(each.models), "rounds": each.rounds, "correlation": each.correlation} for each in pairs
        ]
        print_json({"pools": [_plain_record(each) for each in records], "offset": plain_pairs})
    elif records:
        rows = [_record_row(each) for each in records]
        print_table("Pools", LEADERS, rows, left=("label", "by place"), optional=SPARE_OF_LEADERS)
        labels = {each.view.pool.model: f"{each.view.pool.model} {each.view.pool.label}" for each in records}
        for pair in pairs:
            print_line(_opposite_line(pair, labels))
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
    held = [] if account is None else pools.holdings(view.pool, door.address(account))
    if as_json:
        own = [{"place": place, **_plain_holding(each)} for place, each in enumerate(held)]
        print_json({**_plain_view(view), "holding": own if account is not None else None})
        return
    print_facts(
        {
            **_facts(view.pool),
            "submitter": "the manager" if view.submitter == view.pool.manager else view.submitter,
            "at stake": f"{format_nmr(view.staked)} NMR",
            "waits": f"{format_nmr(view.owed)} NMR, in orders and claims",
        }
    )
    now = session.now
    rows = [_place_row(place, each, now) for place, each in enumerate(view.places)]
    print_table("Places, in NMR", STAKES, rows, left=("free", "at the latest"), optional=SPARE_OF_STAKES)
    if held:
        whole = [place.shares for place in view.places]
        own_rows = [_held_row(place, each, whole[place]) for place, each in enumerate(held)]
        print_table("What the account has, in NMR", HELD, own_rows, optional=SPARE_OF_HELD)


def backer(door: Door, tournament_name: str | None, account: str) -> Backer:
    """The account's dealings with the pools of the recorded suite."""
    session = door.open()
    return Backer(session, session.tournament(tournament_name), door.signer(account))


def dealings(door: Door, tournament_name: str | None, account: str, name: str) -> tuple[Backer, PoolOf]:
    """The account's dealings, and the pool of a name. Raises `SelectionError`, before the node is asked anything."""
    named = pool_name(name)
    pools = backer(door, tournament_name, account)
    return pools, pools.named(named)


def pool_name(text: str) -> ModelName:
    """What names a pool: its address, the id of its model, or its label. Raises `SelectionError`."""
    return text if text.startswith("0x") else parse_model(text, MAX_MODEL)


def _chosen(pools: Pools, places: Sequence[int]) -> list[int]:
    """The places that were named, each once, or all."""
    return list(dict.fromkeys(places)) or list(range(pools.ring))


def _facts(pool: PoolOf) -> dict[str, str]:
    return {
        "pool": pool.address,
        "model": f"{pool.model} {pool.label}",
        "manager": pool.manager,
        "fee": f"{_percent(pool.fee)} of what a place gains above its mark",
        "skin": f"the manager keeps {_percent(pool.skin)} of each place at least",
    }


def _show_done(title: str, pool: PoolOf, done: PoolChange, as_json: bool) -> None:
    """Print what a command did, by place."""
    if as_json:
        print_json(
            {
                "pool": pool.address,
                "events": [{"event": event.name, **_plain_args(event.args)} for event in done.events],
                "approved": None if done.approved is None else format_nmr(done.approved),
                "notes": list(done.notes),
                "transactions": done.transactions,
            }
        )
        return
    rows = [_event_row(event.name, event.args) for event in done.events]
    print_table(f"{title}, pool of model {pool.model} {pool.label}", DONE, rows, left=("what",))
    if done.approved is not None:
        print_line(f"The first transaction allowed the pool to take exactly {format_nmr(done.approved)} NMR.")
    _print_transactions(done)


def _print_transactions(done: PoolChange) -> None:
    for note in done.notes:
        print_line(note)
    for transaction in done.transactions:
        print_line(transaction)


def _event_row(name: str, args: Mapping[str, Any]) -> tuple[str, ...]:
    amounts = {
        "ExitsRun": ("paid", "manager_paid"),
        "EntriesRun": ("used", "manager_used"),
        "EpochEnded": ("value",),
        "Booked": ("fee",),
        "Claimed": ("paid",),
    }.get(name, ("amount",))
    wei = sum(args[amount] for amount in amounts if amount in args)
    nmr = "" if name in ("ExitOrdered", "ExitCancelled") else format_nmr(wei)
    shares = args.get("shares", 0) + args.get("manager_shares", 0) * (name != "EpochEnded")
    return str(args.get("place", "")), WORDS[name], nmr, str(shares) if "shares" in args else ""


def _plain_args(args: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an event: amounts are strings of NMR, shares strings of digits."""
    plain: dict[str, Any] = {}
    for name, value in args.items():
        if name in ("place", "epoch", "round", "batch", "holder"):
            plain[name] = value
        else:
            plain[name] = str(value) if name.endswith("shares") else format_nmr(value)
    return plain


def _plain_pool(pool: PoolOf) -> dict[str, Any]:
    return {
        "pool": pool.address,
        "model": pool.model,
        "label": pool.label,
        "manager": pool.manager,
        "fee": format_fixed(pool.fee, PLACES),
        "skin": format_fixed(pool.skin, PLACES),
        "block": pool.block,
    }


def _plain_view(view: PoolView) -> dict[str, Any]:
    return {
        **_plain_pool(view.pool),
        "submitter": view.submitter,
        "staked": format_nmr(view.staked),
        "manager_staked": format_nmr(view.manager_staked),
        "owed": format_nmr(view.owed),
        "credit": format_nmr(view.credit),
        "places": [{"place": place, **_plain_place(each)} for place, each in enumerate(view.places)],
    }


def _plain_place(place: PlaceView) -> dict[str, Any]:
    numbers = ("round", "free", "free_from", "free_by", "epoch", "exit_batch", "entry_batch")
    shares = ("shares", "manager_shares", "exit_orders", "manager_exit")
    amounts = ("value", "mark", "fee_due", "fees", "entry_orders", "manager_entry")
    return {
        **{name: getattr(place, name) for name in numbers},
        **{name: str(getattr(place, name)) for name in shares},
        **{name: format_nmr(getattr(place, name)) for name in amounts},
    }


def _plain_holding(held: HoldingView) -> dict[str, Any]:
    return {
        "epoch": held.epoch,
        "shares": str(held.shares),
        "value": format_nmr(held.value),
        "exit_order": str(held.exit_order),
        "exit_value": format_nmr(held.exit_value),
        "entry_order": format_nmr(held.entry_order),
        "entry_shares": str(held.entry_shares),
        "claimable": format_nmr(held.claimable),
        "bought_now": held.bought_now,
    }


def _row(view: PoolView) -> tuple[str, ...]:
    pool, staked = view.pool, view.staked
    sums = format_nmr(staked), _part_of(view.manager_staked, staked), format_nmr(view.owed)
    return (str(pool.model), pool.label, _percent(pool.fee), _percent(pool.skin), *sums, pool.address, pool.manager)


def _record_row(record: PoolRecord) -> tuple[str, ...]:
    pool, staked = record.view.pool, record.view.staked
    return (
        str(pool.model),
        pool.label,
        _gain(record.growth.total),
        " ".join(_gain(each) or "-" for each in record.growth.places),
        f"{record.drawdown:.2%}",
        str(record.rounds),
        str(record.age // DAY),
        _percent(pool.fee),
        _part_of(record.view.manager_staked, staked),
        format_nmr(staked),
    )


def _plain_record(record: PoolRecord) -> dict[str, Any]:
    gains = [None if each is None else each - 1 for each in (record.growth.total, *record.growth.places)]
    return {
        **_plain_pool(record.view.pool),
        "won": gains[0],
        "won_by_place": gains[1:],
        "fall": record.drawdown,
        "rounds": record.rounds,
        "age": record.age,
        "staked": format_nmr(record.view.staked),
        "manager_staked": format_nmr(record.view.manager_staked),
    }


def _opposite_line(pair: Opposites, labels: Mapping[int, str]) -> str:
    first, second = (labels[model] for model in pair.models)
    return (
        f"Pools {first} and {second} offset each other: over {pair.rounds} common rounds their payouts have a "
        f"correlation of {pair.correlation:.2f}. Whoever runs both earns fees without skill."
    )


def _gain(growth: float | None) -> str:
    return "" if growth is None else f"{growth - 1:+.2%}"


def _place_row(number: int, place: PlaceView, now: int) -> tuple[str, ...]:
    leaving, whole = place.exit_orders + place.manager_exit, place.shares
    return (
        str(number),
        str(place.round) if place.value else "",
        format_nmr(place.value),
        format_nmr(place.mark),
        _part_of(place.manager_shares, whole),
        format_nmr(leaving * place.value // whole // GWEI * GWEI) if whole else "0",
        format_nmr(place.entry_orders + place.manager_entry),
        "now" if place.free else "once settled" if place.free_from <= now else _in_minutes(place.free_from - now),
        "" if place.free else _in_minutes(place.free_by - now),
    )


def _in_minutes(seconds: int) -> str:
    """When that is from now, in whole minutes, rounded up."""
    return f"in {format_duration(-(-max(0, seconds) // 60) * 60)}"


def _held_row(number: int, held: HoldingView, whole: int) -> tuple[str, ...]:
    amounts = held.exit_value, held.entry_order, held.claimable
    return (str(number), format_nmr(held.value), _part_of(held.shares, whole), *map(format_nmr, amounts))


def _part_of(amount: int, whole: int) -> str:
    """A part of something as a percentage, to the nearest; nothing of nothing."""
    return _percent((2 * amount * BASIS + whole) // (2 * whole)) if whole else ""


def _percent(part: int) -> str:
    """A part with 4 decimals as a percentage."""
    return f"{format_fixed(part, PLACES - 2)}%"
