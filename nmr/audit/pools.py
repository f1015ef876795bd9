# SPDX-License-Identifier: MIT
"""Pools in an audit: where a factory's are, what their code and storage hold, and their books in a checkpoint."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from eth_hash.auto import keccak

from nmr.audit.chain import LogReads
from nmr.audit.fetch import read_ranges
from nmr.audit.findings import Touch
from nmr.audit.layout import FACTORY, POOL, entry, number_of
from nmr.chain.logs import RawLog
from nmr.deploy.code import BuildOf, made_code
from nmr.deploy.record import PartRecord, Record, hash_of
from nmr.protocol.pool_replay import PoolReplay, PoolTerms
from nmr.protocol.reference.pool_books import (
    EntryBatch,
    ExitBatch,
    Holding,
    Order,
    PlaceBooks,
    PoolBooks,
    Pot,
    Queue,
)
from nmr.text.addresses import checksummed

PLACE_WORDS: Final = 5
CREATED: Final = keccak(b"PoolCreated(address,address,uint256,uint256,uint256,string)")


class PoolWord(NamedTuple):
    """A word of a pool's storage: where it is, what it holds, for people, and of which place."""

    slot: int
    what: str
    value: int
    place: int | None


def find_pools(
    chain: LogReads, factories: Sequence[str], first: int, last: int, sleep: Callable[[float], None]
) -> list[str]:
    """The pools that factories created in some blocks, in their order. Raises as `read_ranges` does."""
    ranges = read_ranges(chain, factories, first, last, sleep) if factories else ()
    return created_pools(log for span in ranges for log in span.logs)


def created_pools(logs: Iterable[RawLog]) -> list[str]:
    """The pools that are created in the logs of a suite, in their order."""
    # What else is in a log is looked at when it is replayed.
    created = (log.topics[1] for log in logs if len(log.topics) > 1 and log.topics[0] == CREATED)
    return list(dict.fromkeys(checksummed(f"0x{topic[-20:].hex()}") for topic in created))


def with_pools(
    record: Record, pools: dict[str, PoolReplay], names: dict[str, str], created: dict[str, Touch], build: BuildOf
) -> Record:
    """A record with the pools that its factories created as further parts, each with the code that it has to have."""
    parts = dict(record.parts)
    for address, pool in pools.items():
        terms = pool.terms
        arguments = {name: value for name, value in terms._asdict().items() if name != "label"}
        block, transaction = created[address]
        part = PartRecord("Pool", address, transaction, block, arguments, "0x" + 64 * "0")
        parts[names[address]] = replace(part, code_hash=hash_of(made_code(record, part, build)))
    return replace(record, parts=parts)


def factory_words(pools: Sequence[str]) -> Iterator[PoolWord]:
    """What a factory stores of its pools."""
    yield PoolWord(FACTORY["pool_count"], "number of pools", len(pools), None)
    for index, address in enumerate(pools):
        yield PoolWord(entry(FACTORY["pool_at"], index), f"pool {index}", number_of(address), None)
        yield PoolWord(entry(FACTORY["is_pool"], number_of(address)), f"is_pool({address})", 1, None)


def pool_words(books: PoolBooks) -> Iterator[PoolWord]:
    """Every word that a pool ever wrote, as its books have it."""
    money = books.credit | books.owed << 128
    yield PoolWord(POOL["money"], "what the manager and all can claim (gwei)", money, None)
    for number, place in enumerate(books.places):
        for offset, word in enumerate(_place_words(place)):
            yield PoolWord(POOL["places"] + PLACE_WORDS * number + offset, f"word {offset} of the place", word, number)
    for (number, holder), held in sorted(books.holdings.items()):
        first = entry(POOL["holdings"], number, number_of(holder))
        for offset, word in enumerate(_holding_words(held)):
            yield PoolWord(first + offset, f"word {offset} of {holder}", word, number)
    for (number, batch), left in sorted(books.exit_batches.items()):
        word = left.shares | left.paid << 128 | left.at << 188
        yield PoolWord(entry(POOL["exit_batches"], number, batch), f"exit batch {batch}", word, number)
    for (number, batch), done in sorted(books.entry_batches.items()):
        first = entry(POOL["entry_batches"], number, batch)
        words = done.shares | done.ordered << 128 | done.used << 188, done.epoch | done.round << 44 | done.at << 60
        for offset, word in enumerate(words):
            yield PoolWord(first + offset, f"word {offset} of entry batch {batch}", word, number)
    for (number, epoch), pot in sorted(books.pots.items()):
        word = pot.shares | pot.value << 128
        yield PoolWord(entry(POOL["pots"], number, epoch), f"pot of epoch {epoch}", word, number)


def dump_pool(pool: PoolReplay, created: Touch) -> dict[str, Any]:
    """A pool after a whole block, as values of JSON."""
    books = pool.books
    return {
        "terms": list(pool.terms),
        "created": list(created),
        "surplus": pool.surplus,
        "places": [_dump_place(place) for place in books.places],
        "holdings": [
            [*key, held.epoch, held.shares, held.bought_in, list(held.exit), list(held.entry)]
            for key, held in books.holdings.items()
        ],
        "exit_batches": [[*key, *done] for key, done in books.exit_batches.items()],
        "entry_batches": [[*key, *done] for key, done in books.entry_batches.items()],
        "pots": [[*key, *pot] for key, pot in books.pots.items()],
        "credit": books.credit,
        "owed": books.owed,
    }


def terms_in(state: Any) -> PoolTerms:
    """The terms of a dumped pool."""
    tournament, manager, model, fee, skin, label = state["terms"]
    return PoolTerms(str(tournament), str(manager), int(model), int(fee), int(skin), str(label))


def load_pool(pool: PoolReplay, state: Any) -> None:
    """Fill the empty books of a pool. Raises ValueError, KeyError or TypeError where these are no books."""
    books = pool.books
    if len(state["places"]) != len(books.places):
        raise ValueError("a pool is of another ring")
    pool.surplus = int(state["surplus"])
    books.places = [_load_place(place) for place in state["places"]]
    for number, holder, epoch, shares, bought_in, exit_order, entry_order in state["holdings"]:
        bought = None if bought_in is None else int(bought_in)
        orders = Order(*map(int, exit_order)), Order(*map(int, entry_order))
        books.holdings[int(number), str(holder)] = Holding(int(epoch), int(shares), bought, *orders)
    for number, batch, *values in state["exit_batches"]:
        books.exit_batches[int(number), int(batch)] = ExitBatch(*map(int, values))
    for number, batch, *values in state["entry_batches"]:
        books.entry_batches[int(number), int(batch)] = EntryBatch(*map(int, values))
    for number, epoch, *values in state["pots"]:
        books.pots[int(number), int(epoch)] = Pot(*map(int, values))
    books.credit, books.owed = int(state["credit"]), int(state["owed"])


def _place_words(place: PlaceBooks) -> tuple[int, ...]:
    exits, entries = place.exits, place.entries
    leaving, entering = place.manager_exit, place.manager_entry
    return (
        place.shares | place.manager_shares << 128,
        place.mark | place.epoch << 128 | place.fees << 172 | place.leaving << 232,
        exits.total | exits.fresh << 128,
        entries.total
        | entries.fresh << 60
        | entries.at << 120
        | entries.batch << 154
        | exits.at << 188
        | exits.batch << 222,
        leaving.amount | leaving.at << 128 | entering.amount << 162 | entering.at << 222,
    )


def _holding_words(held: Holding) -> tuple[int, int]:
    bought_in = held.bought_in or 0
    leaving, entering = held.exit, held.entry
    return (
        held.shares | held.epoch << 128 | bought_in << 172 | leaving.batch << 188 | leaving.at << 222,
        leaving.amount | entering.amount << 128 | entering.batch << 188 | entering.at << 222,
    )


def _dump_place(place: PlaceBooks) -> list[Any]:
    queues = [[queue.batch, queue.total, queue.fresh, queue.at] for queue in (place.exits, place.entries)]
    orders = [list(place.manager_exit), list(place.manager_entry)]
    return [place.epoch, place.shares, place.manager_shares, place.mark, place.fees, *queues, *orders]


def _load_place(state: Any) -> PlaceBooks:
    epoch, shares, manager_shares, mark, fees, exits, entries, leaving, entering = state
    queues = Queue(*map(int, exits)), Queue(*map(int, entries))
    orders = Order(*map(int, leaving)), Order(*map(int, entering))
    return PlaceBooks(int(epoch), int(shares), int(manager_shares), int(mark), int(fees), *queues, *orders)
