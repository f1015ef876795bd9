# SPDX-License-Identifier: MIT
"""What the commands of pools print."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from nmr.cli.command import print_json
from nmr.cli.tables import print_facts, print_line, print_table, print_transactions
from nmr.client.pool_records import PoolRecord
from nmr.client.pools import PoolChange, PoolOf, PoolView
from nmr.protocol.reference.pool import HoldingView, PlaceView
from nmr.protocol.reference.pool_rules import BASIS
from nmr.rounds.pool_places import with_fee
from nmr.rounds.pool_records import Opposites
from nmr.text.amounts import GWEI, PART_PLACES, format_fixed, format_nmr
from nmr.text.times import format_duration

DAY: Final = 86_400
POOLS: Final = ("model", "label", "fee", "skin", "at stake", "manager's", "waits", "pool", "manager")
SPARE: Final = ("waits", "pool", "skin", "fee")
ADDRESSES: Final = ("pool", "manager")
STAKES: Final = ("place", "round", "at stake", "mark", "manager's", "to leave", "to enter", "free", "at the latest")
SPARE_OF_STAKES: Final = ("at the latest", "mark", "round")
LEADERS: Final = ("model", "label", "won", "by place", "fall", "rounds", "days", "fee", "manager's", "at stake")
SPARE_OF_LEADERS: Final = ("at stake", "days", "fee", "by place")
HELD: Final = ("place", "worth", "part", "to leave", "to enter", "to claim")
SPARE_OF_HELD: Final = ("part",)
DONE: Final = ("place", "what", "NMR", "shares")
WORDS: Final = {
    "EntryOrdered": "on order to enter now, in all",
    "ExitOrdered": "on order to leave now, in all",
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


def print_pools(views: Sequence[PoolView]) -> None:
    """A row for each pool."""
    rows = [_pool_row(view) for view in views]
    print_table("Pools, in NMR", POOLS, rows, left=("label", "pool", "manager"), optional=SPARE, short=ADDRESSES)


def print_leaders(records: Sequence[PoolRecord], pairs: Sequence[Opposites]) -> None:
    """A row for each pool, and a line for each pair that offset each other."""
    rows = [_record_row(each) for each in records]
    print_table("Pools", LEADERS, rows, left=("label", "by place"), optional=SPARE_OF_LEADERS)
    labels = {each.view.pool.model: f"{each.view.pool.model} {each.view.pool.label}" for each in records}
    for pair in pairs:
        print_line(_opposite_line(pair, labels))


def print_view(view: PoolView, now: int) -> None:
    """All of a pool at a moment in unix seconds, place by place."""
    print_facts(
        {
            **pool_facts(view.pool),
            "submitter": "the manager" if view.submitter == view.pool.manager else view.submitter,
            "at stake": f"{format_nmr(view.staked)} NMR",
            "waits": f"{format_nmr(view.owed)} NMR, in orders and claims",
        }
    )
    rows = [_place_row(place, each, now) for place, each in enumerate(view.places)]
    print_table("Places, in NMR", STAKES, rows, left=("free", "at the latest"), optional=SPARE_OF_STAKES)
    for number, place in enumerate(view.places):
        if place.fee_due:
            fee = f"A fee of {format_nmr(place.fee_due)} NMR is due to the manager at place {number}"
            print_line(f"{fee}: all parts and worths here count it as paid.")


def print_held(view: PoolView, held: Sequence[HoldingView], manages: bool) -> None:
    """What an account has in each place, and what it can claim; the manager, once for all places."""
    rows = [_held_row(place, each, view.places[place], manages) for place, each in enumerate(held)]
    print_table("What the account has, in NMR", HELD, rows, optional=SPARE_OF_HELD)
    if manages:
        print_line(f"To claim, of all places: {format_nmr(view.credit)} NMR.")


def pool_facts(pool: PoolOf) -> dict[str, str]:
    """What a pool is and never changes, for people."""
    return {
        "pool": pool.address,
        "model": f"{pool.model} {pool.label}",
        "manager": pool.manager,
        "fee": f"{_percent(pool.fee)} of what a place gains above its mark",
        "skin": f"the manager keeps {_percent(pool.skin)} of each place at least",
    }


def show_done(title: str, pool: PoolOf, done: PoolChange, as_json: bool) -> None:
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
    print_transactions(done.notes, done.transactions)


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
    words = WORDS[name]
    if name == "EntriesRun" and (back := args["ordered"] + args["manager_ordered"] - wei):
        words = f"{words}; {format_nmr(back)} did not fit, to claim"
    return str(args.get("place", "")), words, nmr, str(shares) if "shares" in args else ""


def _plain_args(args: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an event: amounts are strings of NMR, shares strings of digits."""
    plain: dict[str, Any] = {}
    for name, value in args.items():
        if name in ("place", "epoch", "round", "batch", "holder"):
            plain[name] = value
        else:
            plain[name] = str(value) if name.endswith("shares") else format_nmr(value)
    return plain


def plain_pool(pool: PoolOf) -> dict[str, Any]:
    """What a pool is and never changes, for JSON."""
    return {
        "pool": pool.address,
        "model": pool.model,
        "label": pool.label,
        "manager": pool.manager,
        "fee": format_fixed(pool.fee, PART_PLACES),
        "skin": format_fixed(pool.skin, PART_PLACES),
        "block": pool.block,
    }


def plain_view(view: PoolView) -> dict[str, Any]:
    """All of a pool, for JSON: amounts are strings of NMR, shares strings of digits."""
    return {
        **plain_pool(view.pool),
        "submitter": view.submitter,
        "staked": format_nmr(view.staked),
        "manager_staked": format_nmr(view.manager_staked),
        "owed": format_nmr(view.owed),
        "credit": format_nmr(view.credit),
        "places": [{"place": place, **_plain_place(each)} for place, each in enumerate(view.places)],
    }


def _plain_place(place: PlaceView) -> dict[str, Any]:
    numbers = ("free", "free_from", "free_by", "epoch", "exit_batch", "entry_batch")
    shares = ("shares", "manager_shares", "exit_orders", "manager_exit")
    amounts = ("value", "mark", "fee_due", "fees", "entry_orders", "manager_entry")
    return {
        "round": place.round if place.value else None,
        **{name: getattr(place, name) for name in numbers},
        **{name: str(getattr(place, name)) for name in shares},
        **{name: format_nmr(getattr(place, name)) for name in amounts},
    }


def plain_holding(held: HoldingView, manages: bool) -> dict[str, Any]:
    """What an account has in a place, for JSON; what the manager can claim is the pool's `credit`."""
    return {
        "epoch": held.epoch,
        "shares": str(held.shares),
        "value": format_nmr(held.value),
        "exit_order": str(held.exit_order),
        "exit_value": format_nmr(held.exit_value),
        "entry_order": format_nmr(held.entry_order),
        "entry_shares": str(held.entry_shares),
        "claimable": None if manages else format_nmr(held.claimable),
        "bought_now": held.bought_now,
    }


def _pool_row(view: PoolView) -> tuple[str, ...]:
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


def plain_pool_record(record: PoolRecord) -> dict[str, Any]:
    """A pool's record, for JSON; gains are parts of 1."""
    gains = [None if each is None else each - 1 for each in (record.growth.total, *record.growth.places)]
    return {
        **plain_pool(record.view.pool),
        "won": gains[0],
        "won_by_place": gains[1:],
        "fall": record.drawdown,
        "rounds": record.rounds,
        "age": record.age,
        "staked": format_nmr(record.view.staked),
        "manager_staked": format_nmr(record.view.manager_staked),
    }


def plain_pair(pair: Opposites) -> dict[str, Any]:
    """Two pools that offset each other, for JSON."""
    return {"models": list(pair.models), "rounds": pair.rounds, "correlation": pair.correlation}


def _opposite_line(pair: Opposites, labels: Mapping[int, str]) -> str:
    first, second = (labels[model] for model in pair.models)
    return (
        f"Pools {first} and {second} offset each other: over {pair.rounds} common rounds their payouts have a "
        f"correlation of {pair.correlation:.2f}. Whoever runs both earns fees without skill."
    )


def _gain(growth: float | None) -> str:
    return "" if growth is None else f"{growth - 1:+.2%}"


def _place_row(number: int, place: PlaceView, now: int) -> tuple[str, ...]:
    leaving, (whole, managers) = place.exit_orders + place.manager_exit, with_fee(place)
    return (
        str(number),
        str(place.round) if place.value else "",
        format_nmr(place.value),
        format_nmr(place.mark),
        _part_of(managers, whole),
        format_nmr(leaving * place.value // whole // GWEI * GWEI) if whole else "0",
        format_nmr(place.entry_orders + place.manager_entry),
        "now" if place.free else "once settled" if place.free_from <= now else _in_minutes(place.free_from - now),
        "" if place.free else _in_minutes(place.free_by - now),
    )


def _in_minutes(seconds: int) -> str:
    """When that is from now, in whole minutes, rounded up."""
    return f"in {format_duration(-(-max(0, seconds) // 60) * 60)}"


def _held_row(number: int, held: HoldingView, place: PlaceView, manages: bool) -> tuple[str, ...]:
    part = _part_of(held.shares, with_fee(place).shares)
    orders = format_nmr(held.exit_value), format_nmr(held.entry_order)
    return (str(number), format_nmr(held.value), part, *orders, "" if manages else format_nmr(held.claimable))


def _part_of(amount: int, whole: int) -> str:
    """A part of something as a percentage, to the nearest; nothing of nothing."""
    return _percent((2 * amount * BASIS + whole) // (2 * whole)) if whole else ""


def _percent(part: int) -> str:
    """A part with 4 decimals as a percentage."""
    return f"{format_fixed(part, PART_PLACES - 2)}%"
