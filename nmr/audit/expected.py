# SPDX-License-Identifier: MIT
"""What the storage of a suite has to hold, word by word, by the books after the last event."""

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final, NamedTuple

from nmr.audit import layout
from nmr.audit.books import AuditBooks
from nmr.audit.layout import entry, number_of, packed, word_of_lanes
from nmr.audit.pools import factory_words, pool_words
from nmr.audit.roles import role_name
from nmr.deploy.check import ADMIN, ROLES
from nmr.deploy.record import PartRecord, Record
from nmr.protocol.lanes import COMPOUND_BITS, LANES, pack_compounding
from nmr.protocol.reference.books import Books
from nmr.protocol.reference.rounds import Bounds, Round, Terms
from nmr.protocol.reference.stakes import EMPTY
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI


class WordKind(Enum):
    """How a word is read."""

    NUMBER = "number"
    ADDRESS = "address"
    HASH = "hash"
    POSITION = "position"
    LANES = "lanes"
    COMPOUNDING = "compounding"
    SUBMITTED = "submitted"
    LOT = "lot"
    TOTALS = "totals"
    ANY = "any"
    """Read and not compared: the log does not tell it, and it is nothing of the suite's books."""


class Word(NamedTuple):
    """A word of storage as the books have it.

    Attributes:
        part: the contract's name in the record.
        address: its address.
        slot: where the word is.
        subject: what it counts as in the report's table.
        kind: how it is read.
        what: what it holds, for people.
        value: the word.
        first: the first model that it is about, or -1.
        touched: under which kinds and ids the books remember where the log last spoke of it.
    """

    part: str
    address: str
    slot: int
    subject: str
    kind: WordKind
    what: str
    value: int
    first: int = -1
    touched: tuple[tuple[str, int | str], ...] = ()


SUBJECTS: Final = {
    "positions": "positions at stake or settled, four models in a word",
    "idle": "idle of models, four in a word",
    "targets": "targets of models, four in a word",
    "compounding": "compounding bits, 240 models in a word",
    "owners": "owners, submitters and offers of models",
    "submissions": "submissions of the last rounds, 240 models in a word",
    "rounds": "terms, payout factors, clips, roots and stakes of rounds",
    "totals": "sums of stakes, number of models, turns of places",
    "bounds": "bounds of terms",
    "roles": "owners, operators, guardians, pauses, minters, members of the timelock",
    "operations": "operations of the timelock",
    "balances": "balances of NMR and its supply",
    "reservations": "the treasury's list, limits and reservations",
    "pools": "pools: shares, orders, batches, pots and money",
    "buyback": "the buyback's lot, totals and end",
    "feed": "the last observations of the buyback's feed",
}
"""What is compared, in the order of the table."""
OPTIONAL: Final = frozenset({"pools", "buyback", "feed"})
"""Subjects that a suite may lack."""
UNTOLD: Final = "untold"
"""The subject of words that are read only to know all that is stored."""


def expected_words(record: Record, books: AuditBooks) -> Iterator[Word]:
    """Every word that the books know of, of all contracts of the suite that keep books."""
    for name, part in record.parts.items():
        match part.contract:
            case "Timelock":
                yield from _timelock(name, part, books)
            case "Numeraire":
                yield from _numeraire(name, part, books)
            case "Treasury":
                yield from _treasury(name, part, books)
            case "Tournament":
                yield from _tournament(name, part, books)
            case "Buyback":
                yield from _buyback(name, part, books)
            case "PoolFactory":
                yield from _factory(name, part, books)
            case "Pool":
                yield from _pool(name, part, books)
            case "UniswapV2TwapFeed":
                yield from _feed(name, part, books)


def _owned(name: str, part: PartRecord, books: AuditBooks, slots: dict[str, int]) -> Iterator[Word]:
    for what, held in (("owner", books.roles.owners), ("pending_owner", books.roles.pending)):
        if what in slots:
            value = number_of(held[part.address])
            yield Word(name, part.address, slots[what], "roles", WordKind.ADDRESS, what.replace("_", " "), value)


def _timelock(name: str, part: PartRecord, books: AuditBooks) -> Iterator[Word]:
    at, slots, roles = part.address, layout.TIMELOCK, books.roles
    # Whether anyone may execute: of a local chain the word is in the trie as soon as an execution has asked for it.
    members = {(ROLES["EXECUTOR_ROLE"], ZERO_ADDRESS): False}
    members |= {(role, account): held for (address, role, account), held in roles.members.items() if address == at}
    for (role, account), held in sorted(members.items()):
        slot = entry(slots["hasRole"], int.from_bytes(role, "big"), number_of(account))
        yield Word(name, at, slot, "roles", WordKind.NUMBER, f"hasRole({role_name(role)}, {account})", int(held))
    admins = dict.fromkeys(ROLES.values(), ADMIN)
    admins |= {role: admin for (address, role), admin in roles.admins.items() if address == at}
    for role, admin in sorted(admins.items()):
        slot = entry(slots["getRoleAdmin"], int.from_bytes(role, "big"))
        value = int.from_bytes(admin, "big")
        yield Word(name, at, slot, "roles", WordKind.HASH, f"getRoleAdmin({role_name(role)})", value)
    delay = roles.delays[at]
    yield Word(name, at, slots["get_minimum_delay"], "roles", WordKind.NUMBER, "minimum delay (seconds)", delay)
    operations = {key: time for (address, key), time in roles.operations.items() if address == at}
    for key, time in sorted(operations.items()):
        slot = entry(slots["get_timestamp"], int.from_bytes(key, "big"))
        yield Word(name, at, slot, "operations", WordKind.NUMBER, f"time of operation 0x{key.hex()}", time)


def _numeraire(name: str, part: PartRecord, books: AuditBooks) -> Iterator[Word]:
    at, slots = part.address, layout.NUMERAIRE
    yield from _owned(name, part, books, slots)
    for (address, minter), may in sorted(books.roles.minters.items()):
        if address == at:
            slot = entry(slots["is_minter"], number_of(minter))
            yield Word(name, at, slot, "roles", WordKind.NUMBER, f"is_minter({minter})", int(may))
    supply = books.balances.total_supply
    yield Word(name, at, slots["totalSupply"], "balances", WordKind.NUMBER, "total supply (wei)", supply)
    for holder in sorted(books.holders):
        slot, value = entry(slots["balanceOf"], number_of(holder)), books.balances.of(holder)
        what = f"balance of {books.names.get(holder, holder)} (wei)"
        yield Word(name, at, slot, "balances", WordKind.NUMBER, what, value, touched=(("holder", holder),))

    for owner, spender in sorted(books.approvals):
        slot = entry(slots["allowance"], number_of(owner), number_of(spender))
        yield Word(name, at, slot, UNTOLD, WordKind.ANY, f"allowance of {spender} from {owner}", 0)
    for owner in sorted({owner for owner, _ in books.approvals}):
        yield Word(name, at, entry(slots["nonces"], number_of(owner)), UNTOLD, WordKind.ANY, f"permits of {owner}", 0)


def _treasury(name: str, part: PartRecord, books: AuditBooks) -> Iterator[Word]:
    at, slots, reserves = part.address, layout.TREASURY, books.reserves
    yield from _owned(name, part, books, slots)
    running = Counter(tournament for (tournament, _), given in reserves.reservations.items() if given.left)
    for tournament in sorted(reserves.budgets.keys() | books.books.keys()):
        which, budget = books.names.get(tournament, tournament), reserves.budget(tournament)
        first = entry(slots["budgets"], number_of(tournament))
        fields = {**budget.limits._asdict(), "used": budget.used, "at": budget.at}
        for offset, (field, value) in enumerate(fields.items()):
            yield Word(name, at, first + offset, "reservations", WordKind.NUMBER, f"{field} of {which}", value)
        index = reserves.listed.index(tournament) + 1 if tournament in reserves.listed else 0
        slot = entry(slots["listed"], number_of(tournament))
        yield Word(name, at, slot, "reservations", WordKind.NUMBER, f"place of {which} in the list, from 1 on", index)
        slot = entry(slots["running"], number_of(tournament))
        yield Word(name, at, slot, "reservations", WordKind.NUMBER, f"reservations of {which}", running[tournament])
    yield Word(
        name, at, slots["tournament_count"], "reservations", WordKind.NUMBER, "tournaments", len(reserves.listed)
    )
    for index, tournament in enumerate(reserves.listed):
        slot, what = entry(slots["tournament_at"], index), f"tournament {index}"
        yield Word(name, at, slot, "reservations", WordKind.ADDRESS, what, number_of(tournament))
    yield Word(name, at, slots["reserved"], "reservations", WordKind.NUMBER, "reserved (wei)", reserves.reserved)
    rounds = {(address, round_id) for address, book in books.books.items() for round_id in book.rounds.records}
    for tournament, round_id in sorted(reserves.reservations.keys() | rounds):
        reservation = reserves.reservation(tournament, round_id)
        first = entry(slots["grants"], number_of(tournament), round_id)
        fields = {"granted": reservation.granted, "released": reservation.released, "left": reservation.left}
        for offset, (field, value) in enumerate(fields.items()):
            what = f"{field} of {books.names.get(tournament, tournament)} for round {round_id} (wei)"
            touched = (("round", round_id),)
            yield Word(name, at, first + offset, "reservations", WordKind.NUMBER, what, value, touched=touched)


def _tournament(name: str, part: PartRecord, books: AuditBooks) -> Iterator[Word]:
    at, slots, book = part.address, layout.TOURNAMENT, books.books[part.address]
    yield from _owned(name, part, books, slots)
    pause = {"paused_at": book.pause.since, "paused_until": book.pause.until, "rested_at": book.pause.rested_at}
    for field, value in pause.items():
        yield Word(name, at, slots[field], "roles", WordKind.NUMBER, field, value)
    for role, holder in (("operator", book.operator), ("guardian", book.guardian)):
        yield Word(name, at, slots[role], "roles", WordKind.ADDRESS, role, number_of(holder))
    for offset, field in enumerate(Bounds._fields):
        value = getattr(book.bounds, field)
        yield Word(name, at, slots["bounds"] + offset, "bounds", WordKind.NUMBER, f"bounds.{field}", value)
    totals = {
        "model_count": ("number of models", len(book.models)),
        "last_opened": ("round opened last", book.rounds.last_opened),
        "idle_sum": ("sum of what is idle (gwei)", book.stakes.idle_total),
    }
    for field, (what, value) in totals.items():
        yield Word(name, at, slots[field], "totals", WordKind.NUMBER, what, value)
    for place, latest in sorted(book.rounds.latest.items()):
        until = 0 if (at, latest) in books.voided_open else book.rounds[latest].terms.locks_at
        turn, touched = latest + book.rounds.ring | until << layout.UNTIL_SHIFT, (("round", latest),)
        yield Word(
            name, at, slots["turns"] + place, "totals", WordKind.NUMBER, f"turn of place {place}", turn, -1, touched
        )
    for round_id in sorted(book.rounds.records):
        first = entry(slots["book"], round_id)
        for offset, (field, kind, value) in enumerate(_round_fields(book, round_id)):
            what, touched = f"{field} of round {round_id}", (("round", round_id),)
            yield Word(name, at, first + offset, "rounds", kind, what, value, touched=touched)
    for round_id in sorted(book.stakes.staked.keys() - book.rounds.records.keys()):
        # What waits for a round that is not opened: the only word of it.
        slot, waiting = entry(slots["book"], round_id) + len(Terms._fields), book.staked(round_id)
        what, touched = f"waiting for round {round_id} (gwei)", (("round", round_id),)
        yield Word(name, at, slot, "rounds", WordKind.NUMBER, what, waiting, touched=touched)
    yield from _models(name, at, book)
    yield from _stakes(name, at, book)


def _buyback(name: str, part: PartRecord, books: AuditBooks) -> Iterator[Word]:
    at, slots, book = part.address, layout.BUYBACK, books.buybacks[part.address].reference
    yield from _owned(name, part, books, slots)
    yield Word(name, at, slots["paused"], "roles", WordKind.NUMBER, "paused", int(book.paused))
    yield Word(name, at, slots["guardian"], "roles", WordKind.ADDRESS, "guardian", number_of(book.guardian))
    touched = (("lot", ""),)
    yield Word(name, at, slots["ended"], "buyback", WordKind.NUMBER, "ended", int(book.ended), touched=touched)
    lot = packed(layout.LOT, book.lot._asdict())
    yield Word(name, at, slots["word"], "buyback", WordKind.LOT, "of the lot", lot, touched=touched)
    totals = packed(layout.TOTALS, {"total_paid": book.total_paid, "total_bought": book.total_bought})
    yield Word(name, at, slots["totals"], "buyback", WordKind.TOTALS, "of all fills", totals, touched=touched)


def _factory(name: str, part: PartRecord, books: AuditBooks) -> Iterator[Word]:
    tournament = part.address_of("tournament")
    own = [address for address, pool in books.pools.items() if pool.terms.tournament == tournament]
    for slot, what, value, _ in factory_words(own):
        yield Word(name, part.address, slot, "pools", WordKind.HASH if value > 2**64 else WordKind.NUMBER, what, value)


def _pool(name: str, part: PartRecord, books: AuditBooks) -> Iterator[Word]:
    for slot, what, value, place in pool_words(books.pools[part.address].books):
        where = what if place is None else f"{what}, place {place}"
        touched = () if place is None else (("place", place),)
        yield Word(name, part.address, slot, "pools", WordKind.HASH, where, value, touched=touched)


def _feed(name: str, part: PartRecord, books: AuditBooks) -> Iterator[Word]:
    at, slots, book = part.address, layout.FEED, books.feeds[part.address]
    yield Word(name, at, slots["round"], "feed", WordKind.NUMBER, "number of observations", book.round)
    for which, observation in (("newer", book.newer), ("older", book.older)):
        for offset, what in enumerate(("time", "sum of prices")):
            slot = slots[which] + offset
            yield Word(
                name, at, slot, "feed", WordKind.NUMBER, f"{what} of the {which} observation", observation[offset]
            )


def _round_fields(book: Books, round_id: int) -> Iterator[tuple[str, WordKind, int]]:
    """The fields of a round in the order of the contract's struct, which counts what is at stake in gwei."""
    info: Round = book.round_info(round_id)
    in_gwei = {"staked", "at_risk"}
    terms, rest = info.terms._asdict(), info._asdict()
    del rest["terms"]
    # Two lists, for both have a clip: that of the terms, and the effective one.
    for field, value in [*((f"{field} of the terms", value) for field, value in terms.items()), *rest.items()]:
        if isinstance(value, bytes):
            yield field, WordKind.HASH, int.from_bytes(value, "big")
        elif field in in_gwei:
            yield f"{field} (gwei)", WordKind.NUMBER, value // GWEI
        else:
            yield field, WordKind.NUMBER, int(value)


def _models(name: str, at: str, book: Books) -> Iterator[Word]:
    slots, models = layout.TOURNAMENT, book.models
    for field, what, held in (
        ("owner_of", "owner", models.owners),
        ("submitter_of", "submitter", models.submitters),
        ("offered_to", "offered to", models.offers),
    ):
        for model, address in enumerate(held):
            slot, touched = entry(slots[field], model), (("model", model),)
            yield Word(name, at, slot, "owners", WordKind.ADDRESS, what, number_of(address), model, touched)


def _stakes(name: str, at: str, book: Books) -> Iterator[Word]:
    slots, stakes = layout.TOURNAMENT, book.stakes
    groups = range(len(stakes.idle) // LANES)
    places: Sequence[list[int]] = stakes.positions
    for place, positions in enumerate(places):
        for group in groups:
            tag = stakes.tags[place][group]
            word = 0 if tag == EMPTY else word_of_lanes(positions[LANES * group : LANES * (group + 1)], tag)
            slot = slots["positions"] + place * layout.MAX_GROUPS + group
            what = f"position at place {place}"
            yield Word(name, at, slot, "positions", WordKind.POSITION, what, word, LANES * group, _of_group(group))
    for field, subject, what, lanes in (
        ("idle", "idle", "idle (gwei)", stakes.idle),
        ("targets", "targets", "target (gwei)", stakes.target),
    ):
        for group in groups:
            word = word_of_lanes(lanes[LANES * group : LANES * (group + 1)])
            slot, first = slots[field] + group, LANES * group
            yield Word(name, at, slot, subject, WordKind.LANES, what, word, first, _of_group(group))
    for first in range(0, len(stakes.compound), COMPOUND_BITS):
        chosen = stakes.compound[first : first + COMPOUND_BITS]
        word = pack_compounding(first + bit for bit, compound in enumerate(chosen) if compound)
        slot = slots["compounding"] + first // COMPOUND_BITS
        yield Word(name, at, slot, "compounding", WordKind.COMPOUNDING, "compounds", word, first)
    for place, words in enumerate(stakes.submissions):
        for page, word in enumerate(words):
            slot, what = slots["words"] + place * layout.PAGES + page, f"submitted, word {page} of place {place}"
            yield Word(name, at, slot, "submissions", WordKind.SUBMITTED, what, word, page)


def _of_group(group: int) -> tuple[tuple[str, int | str], ...]:
    return (("group", group),)
