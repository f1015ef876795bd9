# SPDX-License-Identifier: MIT
"""The books of an audit as plain values of JSON, and back: what a checkpoint holds."""

from collections import Counter
from dataclasses import asdict
from typing import Any, Final

from nmr.audit.books import AuditBooks
from nmr.audit.findings import Disagreement, Touch
from nmr.audit.pools import dump_pool, load_pool, terms_in
from nmr.errors import NmrError
from nmr.protocol.reference.books import Books
from nmr.protocol.reference.events import Event
from nmr.protocol.reference.rounds import Bounds, Pause, Round, Terms
from nmr.protocol.reference.treasury import Budget, Limits, Reservation

_COUNTERS: Final = ("rewards", "burns")
_ROLES: Final = ("owners", "pending", "delays")


class StateInvalid(NmrError, ValueError):
    """Values that are no books."""


def dump_state(books: AuditBooks) -> dict[str, Any]:
    """The books after a whole block, as values of JSON."""
    last = books.position
    reserves, roles = books.reserves, books.roles
    return {
        "last": None if last is None else [last.block, last.timestamp, last.log_index, last.transaction, last.address],
        "balances": {"minted": books.balances.minted, "burned": books.balances.burned, "held": books.balances.held},
        "listed": reserves.listed,
        "budgets": {at: [*budget.limits, budget.used, budget.at] for at, budget in reserves.budgets.items()},
        "reserved": reserves.reserved,
        "reservations": [[*key, *value] for key, value in reserves.reservations.items()],
        "surplus": books.surplus,
        "leaves": [
            [*key, {str(index): leaf.hex() for index, leaf in leaves.items()}] for key, leaves in books.leaves.items()
        ],
        "tournaments": {address: _dump_books(each) for address, each in books.books.items()},
        "roles": {name: dict(getattr(roles, name)) for name in _ROLES},
        "minters": [[*key, value] for key, value in roles.minters.items()],
        "members": [[at, role.hex(), account, held] for (at, role, account), held in roles.members.items()],
        "admins": [[at, role.hex(), admin.hex()] for (at, role), admin in roles.admins.items()],
        "operations": [[at, key.hex(), value] for (at, key), value in roles.operations.items()],
        "buybacks": {address: buyback.dump() for address, buyback in books.buybacks.items()},
        "feeds": {address: feed.dump() for address, feed in books.feeds.items()},
        "pools": [[address, dump_pool(pool, books.created[address])] for address, pool in books.pools.items()],
        "events": [[*key, count] for key, count in books.events.items()],
        "settlements": books.settlements,
        **{name: getattr(books, name) for name in _COUNTERS},
        "holders": sorted(books.holders),
        "approvals": sorted(books.approvals),
        "voided_open": sorted(books.voided_open),
        "blocks": list(books.blocks.items()),
        "touches": [[*key, *touch] for key, touch in books.touches.items()],
        "disagreements": {"count": books.tally.count, "listed": [asdict(each) for each in books.tally.listed]},
    }


def load_state(books: AuditBooks, state: Any) -> None:
    """Fill empty books of the same deployment.

    Raises:
        StateInvalid: these are no books, or another deployment's; the books are not to be used then.
    """
    try:
        _load(books, state)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise StateInvalid(f"it holds no books ({type(error).__name__}: {error})") from error


def _load(books: AuditBooks, state: Any) -> None:
    if state["tournaments"].keys() != books.books.keys():
        raise StateInvalid("it holds other tournaments")
    if state["last"] is not None:
        block, timestamp, log_index, transaction, address = state["last"]
        books.position = Event("", {}, int(block), int(timestamp), int(log_index), str(transaction), str(address))
    books.balances.minted = int(state["balances"]["minted"])
    books.balances.burned = int(state["balances"]["burned"])
    books.balances.held = _numbers(state["balances"]["held"])
    reserves, roles = books.reserves, books.roles
    reserves.listed, reserves.reserved = list(map(str, state["listed"])), int(state["reserved"])
    for tournament, (cap, ceiling, rate, used, at) in state["budgets"].items():
        reserves.budgets[str(tournament)] = Budget(Limits(int(cap), int(ceiling), int(rate)), int(used), int(at))
    for tournament, round_id, *values in state["reservations"]:
        reserves.reservations[str(tournament), int(round_id)] = Reservation(*map(int, values))
    books.surplus = _numbers(state["surplus"])
    for tournament, round_id, leaves in state["leaves"]:
        books.leaves[tournament, int(round_id)] = {int(i): bytes.fromhex(leaf) for i, leaf in leaves.items()}
    for address, values in state["tournaments"].items():
        _load_books(books.books[address], values)
    for name in _ROLES:
        getattr(roles, name).update(state["roles"][name])
    roles.minters = {(at, minter): bool(may) for at, minter, may in state["minters"]}
    roles.members = {(at, bytes.fromhex(role), account): bool(held) for at, role, account, held in state["members"]}
    roles.admins = {(at, bytes.fromhex(role)): bytes.fromhex(admin) for at, role, admin in state["admins"]}
    roles.operations = {(at, bytes.fromhex(key)): int(time) for at, key, time in state["operations"]}
    if state["buybacks"].keys() != books.buybacks.keys():
        raise StateInvalid("it holds other buybacks")
    for address, values in state["buybacks"].items():
        books.buybacks[address].load(values)
    if state["feeds"].keys() != books.feeds.keys():
        raise StateInvalid("it holds other feeds")
    for address, values in state["feeds"].items():
        books.feeds[address].load(values)
    for address, values in state["pools"]:
        terms = terms_in(values)
        if terms.tournament not in books.books:
            raise StateInvalid("it holds other pools")
        block, transaction = values["created"]
        books.created[str(address)] = Touch(int(block), str(transaction))
        load_pool(books.add_pool(str(address), terms), values)
    books.events = Counter({(part, name): int(count) for part, name, count in state["events"]})
    books.settlements = int(state["settlements"])
    for name in _COUNTERS:
        setattr(books, name, Counter(_numbers(state[name])))
    books.holders = set(state["holders"])
    books.approvals = {(owner, spender) for owner, spender in state["approvals"]}
    books.voided_open = {(str(at), int(number)) for at, number in state["voided_open"]}
    books.blocks = {int(number): str(digest) for number, digest in state["blocks"]}
    books.touches = {(at, kind, which): Touch(int(block), tx) for at, kind, which, block, tx in state["touches"]}
    books.tally.count = int(state["disagreements"]["count"])
    books.tally.listed = [Disagreement(**each) for each in state["disagreements"]["listed"]]


def _dump_books(books: Books) -> dict[str, Any]:
    models, stakes, rounds = books.models, books.stakes, books.rounds
    return {
        "models": asdict(models),
        "idle": stakes.idle,
        "target": stakes.target,
        "compound": stakes.compound,
        "positions": stakes.positions,
        "tags": stakes.tags,
        "submissions": stakes.submissions,
        "staked": list(stakes.staked.items()),
        "idle_total": stakes.idle_total,
        "last_opened": rounds.last_opened,
        "latest": list(rounds.latest.items()),
        "rounds": [[number, _texts(record.terms), _texts(record[1:])] for number, record in rounds.records.items()],
        "operator": books.operator,
        "guardian": books.guardian,
        "bounds": list(books.bounds),
        "pause": asdict(books.pause),
    }


def _load_books(books: Books, state: Any) -> None:
    models, stakes, rounds = books.models, books.stakes, books.rounds
    models.owners, models.submitters, models.offers = (
        list(map(str, state["models"][name])) for name in ("owners", "submitters", "offers")
    )
    stakes.idle, stakes.target = list(map(int, state["idle"])), list(map(int, state["target"]))
    stakes.compound = list(map(bool, state["compound"]))
    for name in ("positions", "tags", "submissions"):
        lists = [list(map(int, each)) for each in state[name]]
        if len(lists) != len(getattr(stakes, name)):
            raise StateInvalid("it is of another ring")
        setattr(stakes, name, lists)
    stakes.staked = {int(number): int(amount) for number, amount in state["staked"]}
    stakes.idle_total = int(state["idle_total"])
    rounds.last_opened = int(state["last_opened"])
    rounds.latest = {int(place): int(number) for place, number in state["latest"]}
    rounds.records = {
        int(number): Round(Terms(*map(_value, terms)), *map(_value, rest)) for number, terms, rest in state["rounds"]
    }
    books.operator, books.guardian = str(state["operator"]), str(state["guardian"])
    books.bounds = Bounds(*map(int, state["bounds"]))
    books.pause = Pause(**{name: int(state["pause"][name]) for name in ("since", "until", "rested_at")})


def _texts(values: tuple[Any, ...]) -> list[Any]:
    """Values with bytes as hex."""
    return [value.hex() if isinstance(value, bytes) else value for value in values]


def _value(value: Any) -> Any:
    """The reverse of `_texts`, for one value."""
    return bytes.fromhex(value) if isinstance(value, str) else value


def _numbers(values: Any) -> dict[str, int]:
    return {str(key): int(value) for key, value in values.items()}
