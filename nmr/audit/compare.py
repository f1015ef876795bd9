# SPDX-License-Identifier: MIT
"""The comparison of what the books say with what the chain keeps: every word, then code by its hash."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from nmr.audit.books import AuditBooks
from nmr.audit.chain import ChainReads
from nmr.audit.expected import Kind, Word
from nmr.audit.findings import Disagreement, Tally
from nmr.audit.layout import IMMUTABLES, LOT, NO_ARGUMENT, TOTALS, field_of, number_of
from nmr.chain.trie import storage_root
from nmr.deploy.record import PartRecord, Record, hash_of
from nmr.protocol.lanes import COMPOUND_BITS, LANE_BITS, LANES, LANES_MASK, MAX_LANE, SUBMITTED_BITS, TAG_SHIFT

BATCH = 5_000
"""Words in memory at once."""


@dataclass
class Compared:
    """How many words of each subject were compared, how many of them differ, and the disagreements.

    Attributes:
        stored: the words that were read, by the address of their contract and their slot.
        roots: how many contracts' storage was shown to hold nothing else.
        open_roots: how many hold something else.
    """

    words: Counter[str] = field(default_factory=Counter)
    differ: Counter[str] = field(default_factory=Counter)
    tally: Tally = field(default_factory=Tally)
    stored: dict[str, dict[int, int]] = field(default_factory=dict)
    roots: int = 0
    open_roots: int = 0


def compare_words(
    words: Iterable[Word], chain: ChainReads, block: int, books: AuditBooks, told: Callable[[int], None]
) -> Compared:
    """Read each word from storage after a block, and compare.

    Args:
        words: what is expected.
        chain: where it is read.
        block: after which block.
        books: they know where the log last spoke of what differs.
        told: told how many words were read since it was last told.
    """
    compared = Compared()
    remaining = iter(words)
    while part := list(islice(remaining, BATCH)):
        found = chain.words([(word.address, word.slot) for word in part], block)
        for word, value in zip(part, found, strict=True):
            compared.words[word.subject] += 1
            compared.stored.setdefault(word.address, {})[word.slot] = value
            differences = list(_differences(word, value)) if word.value != value else []
            compared.differ[word.subject] += bool(differences)
            for what, model, expected, is_found in differences:
                kinds = [*word.touched, *([] if model is None else [(_kind_of(word), model)])]
                touch = books.last(word.address, *kinds)
                block_of, transaction = touch if touch is not None else (None, None)
                compared.tally.add(
                    Disagreement("storage", word.part, what, expected, is_found, block_of, transaction, model)
                )
        told(len(part))
    return compared


def compare_roots(compared: Compared, chain: ChainReads, block: int, names: Mapping[str, str]) -> bool:
    """Make sure that the contracts store nothing but the words that were read, by the roots of their storage.

    Args:
        compared: what was read; what is found is added.
        chain: where the roots are read.
        block: after which block.
        names: the names of parts by their addresses.

    Returns:
        Whether the node gives roots.
    """
    addresses = list(compared.stored)
    roots = chain.storage_roots(addresses, block)
    for address, root in zip(addresses, roots or [], strict=False):
        compared.roots += 1
        known = f"0x{storage_root(compared.stored[address]).hex()}"
        if known != root:
            compared.open_roots += 1
            what = "root of the storage: it holds words that no event accounts for"
            compared.tally.add(Disagreement("storage", names[address], what, known, root))
    return roots is not None


def compare_codes(record: Record, builds: Mapping[str, bytes], chain: ChainReads, block: int) -> Tally:
    """Compare the code of every part with what was recorded and what was built.

    Args:
        record: the hash of each part's code, and the constructor arguments that it holds.
        builds: the runtime code, without what a constructor adds, that the sources give for contracts by their names.
        chain: where the code is read.
        block: after which block.
    """
    tally = Tally()
    codes = chain.codes([part.address for part in record.parts.values()], block)
    for (name, part), code in zip(record.parts.items(), codes, strict=True):
        if not code and part.block > block:
            # A part that was deployed later, such as a buyback. Were there code, it would be compared all the same.
            continue
        found = hash_of(code) if code else "no code"
        if found != part.code_hash:
            tally.add(Disagreement("code", name, "hash of the code", part.code_hash, found))
        built = builds.get(part.contract, b"")
        begins = code[: len(built)]
        if begins != built:
            tally.add(Disagreement("code", name, "hash of the code as built", hash_of(built), hash_of(begins)))
        for what, expected, held in _immutables(part, code):
            if expected != held:
                tally.add(Disagreement("code", name, f"{what} in the code", str(expected), str(held)))
    return tally


def _kind_of(word: Word) -> str:
    return "submission" if word.kind is Kind.SUBMITTED else "model"


def _immutables(part: PartRecord, code: bytes) -> Iterator[tuple[str, int, int]]:
    """What a constructor fixed in the code of a part, by the record and by the code."""
    names = IMMUTABLES.get(part.contract, ())
    tail = code[len(code) - 32 * len(names) :]
    for i, name in enumerate(names):
        if name == NO_ARGUMENT:
            continue
        outer, _, field = name.lower().partition(".")
        argument = part.struct(outer).get(field, -1) if field else part.arguments.get(outer, -1)
        expected = number_of(argument) if isinstance(argument, str) else argument
        assert isinstance(expected, int), "a record holds addresses and numbers under these names"
        yield name, int(expected), int.from_bytes(tail[32 * i : 32 * (i + 1)], "big")


def _differences(word: Word, found: int) -> Iterator[tuple[str, int | None, str, str]]:
    """What differs in a word, about which model, what was expected, and what was found."""
    expected = word.value
    match word.kind:
        case Kind.ANY:
            return
        case Kind.NUMBER:
            yield word.what, None, str(expected), str(found)
        case Kind.ADDRESS:
            model = word.first if word.first >= 0 else None
            yield word.what, model, f"{expected:#042x}", f"{found:#042x}"
        case Kind.HASH:
            yield word.what, None, f"{expected:#066x}", f"{found:#066x}"
        case Kind.LANES:
            yield from _lanes(word.what, word.first, expected, found)
        case Kind.POSITION:
            yield from _position(word, found)
        case Kind.COMPOUNDING:
            for bit in _bits(expected ^ found, COMPOUND_BITS):
                yield word.what, word.first + bit, _flag(expected, bit), _flag(found, bit)
        case Kind.LOT | Kind.TOTALS:
            fields = LOT if word.kind is Kind.LOT else TOTALS
            for name, place in fields.items():
                ours, theirs = field_of(expected, *place), field_of(found, *place)
                if ours != theirs:
                    yield f"{name} {word.what}", None, str(ours), str(theirs)
        case Kind.SUBMITTED:
            rounds = expected >> SUBMITTED_BITS, found >> SUBMITTED_BITS
            if rounds[0] != rounds[1]:
                yield f"round of {word.what}", None, str(rounds[0]), str(rounds[1])
            for bit in _bits(expected ^ found, SUBMITTED_BITS):
                model = SUBMITTED_BITS * word.first + bit
                yield f"submitted in round {rounds[0]}", model, _flag(expected, bit), _flag(found, bit)


def _position(word: Word, found: int) -> Iterator[tuple[str, int | None, str, str]]:
    """What differs in a position word; the tag of a word of zero lanes says nothing."""
    expected = word.value
    yield from _lanes(f"{word.what} (gwei)", word.first, expected, found)
    tags = expected >> TAG_SHIFT, found >> TAG_SHIFT
    if expected & LANES_MASK and found & LANES_MASK and tags[0] != tags[1]:
        for lane in range(LANES):
            if expected >> LANE_BITS * lane & MAX_LANE:
                yield f"round of the {word.what}", word.first + lane, str(tags[0]), str(tags[1])


def _lanes(what: str, first: int, expected: int, found: int) -> Iterator[tuple[str, int | None, str, str]]:
    for lane in range(LANES):
        ours, theirs = (word >> LANE_BITS * lane & MAX_LANE for word in (expected, found))
        if ours != theirs:
            yield what, first + lane, str(ours), str(theirs)


def _bits(word: int, size: int) -> list[int]:
    return [bit for bit in range(size) if word >> bit & 1]


def _flag(word: int, bit: int) -> str:
    return "yes" if word >> bit & 1 else "no"
