# SPDX-License-Identifier: MIT
"""The comparison of what the books say with what the chain keeps: every word, then code by its hash."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from nmr.audit.books import AuditBooks
from nmr.audit.chain import KEYS, ChainReads
from nmr.audit.expected import Word, WordKind
from nmr.audit.findings import Disagreement, Tally
from nmr.audit.layout import LOT, TOTALS, field_of
from nmr.audit.proving import prove_words
from nmr.chain.node import NodeError
from nmr.chain.trie import storage_root
from nmr.deploy.code import (
    IMMUTABLES,
    BuildOf,
    Creation,
    Facts,
    code_differences,
    creation_differences,
    reference_differences,
)
from nmr.deploy.record import LOCAL_CHAINS, Record
from nmr.protocol.lanes import COMPOUND_BITS, LANE_BITS, LANES, LANES_MASK, MAX_LANE, SUBMITTED_BITS, TAG_SHIFT

BATCH = 5_000
"""Words in memory at once."""
MOST_ZEROS = 20_000
"""Words of 0 of a contract whose place in a local chain's trie is asked for."""


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


def compare_roots(
    compared: Compared, chain: ChainReads, record: Record, block: int, roots: Mapping[str, bytes], *, proved: bool
) -> list[str]:
    """Make sure that the contracts store nothing but the words that were read, by the roots of their storage.

    If a root is another, either the contract stores more, or the node did not tell the words that it stores. Where the
    roots were proved, proofs of the words tell which.

    A local chain's tries may hold words of 0, which Ethereum's never do: there the node has to prove which, and they
    are taken into account. So whether a chain does that follows from its proofs, and from no name. It may hold others
    that were only read; so where it holds words of 0, a root that is still another is believed, and not a disagreement.

    Args:
        compared: what was read; what is found is added.
        chain: where words of 0 are proved.
        record: of the suite.
        block: after which block.
        roots: of the contracts' storage, by their addresses.
        proved: whether the roots follow from the block's header.

    Returns:
        What is believed, in sentences.

    Raises:
        NodeError: the node told a word that is not the contract's.
    """
    believed = []
    local = record.chain_id in LOCAL_CHAINS
    for name, part in record.parts.items():
        if part.contract not in IMMUTABLES:
            # What stands in for a contract of others on a local chain keeps books of its own.
            continue
        stored = compared.stored.get(part.address, {})
        root = roots[part.address]
        known = storage_root(stored)
        if known != root and local and (zeros := _zeros_in(chain, part.address, stored, root, block)):
            known = storage_root(stored, zeros)
            if known != root:
                believed.append(f"That {name} stores nothing else: the trie of this local chain holds words of 0.")
                continue
        compared.roots += 1
        if known != root:
            if proved:
                _require_words(chain, name, part.address, stored, root, block)
            compared.open_roots += 1
            what = "root of the storage: it holds words that no event accounts for"
            compared.tally.add(Disagreement("storage", name, what, f"0x{known.hex()}", f"0x{root.hex()}"))
    return believed


def compare_codes(
    record: Record, codes: Mapping[str, bytes], facts: Facts, creations: Mapping[str, Creation], build: BuildOf
) -> Tally:
    """Compare every contract of a record with what the sources and the record's arguments give, to the last byte.

    Args:
        record: of the suite.
        codes: what is at each part's address, by the part's name.
        facts: what constructors asked others for.
        creations: the transactions that created the parts, by the parts' names, as far as they are known.
        build: what a contract's sources compile to.
    """
    tally = Tally()
    differences = reference_differences(record, facts, build)
    for name in record.parts:
        differences += code_differences(record, name, codes[name], facts, build)
        if name in creations:
            differences += creation_differences(record, name, creations[name], build)
    for each in differences:
        tally.add(Disagreement("code", each.part, each.what, each.expected, each.found))
    return tally


def _zeros_in(chain: ChainReads, address: str, stored: Mapping[int, int], root: bytes, block: int) -> list[int]:
    """The slots of known words of 0 that the trie of a contract's storage holds, by proofs."""
    candidates = [slot for slot, word in stored.items() if not word][:MOST_ZEROS]
    proofs = chain.proofs({address: candidates}, block)
    if not candidates or not proofs or proofs[address].storage_root != root:
        return []
    return [slot for slot, word in prove_words(root, address, proofs[address]).items() if word == 0]


def _require_words(
    chain: ChainReads, name: str, address: str, stored: Mapping[int, int], root: bytes, block: int
) -> None:
    """Make sure that the words that a node told are those of a contract's storage, as far as it gives proofs of them.

    Raises:
        NodeError: one is not.
    """
    remaining = iter(stored)
    while slots := list(islice(remaining, KEYS)):
        proofs = chain.proofs({address: slots}, block)
        if not proofs:
            return
        for slot, word in prove_words(root, address, proofs[address]).items():
            if (word or 0) != stored[slot]:
                told = f"it tells the word {stored[slot]:#x} in slot {slot:#x} of {name}"
                raise NodeError("eth_getStorageAt", 0, f"{told}, and its block {block} commits to {word or 0:#x}")


def _kind_of(word: Word) -> str:
    return "submission" if word.kind is WordKind.SUBMITTED else "model"


def _differences(word: Word, found: int) -> Iterator[tuple[str, int | None, str, str]]:
    """What differs in a word, about which model, what was expected, and what was found."""
    expected = word.value
    match word.kind:
        case WordKind.ANY:
            return
        case WordKind.NUMBER:
            yield word.what, None, str(expected), str(found)
        case WordKind.ADDRESS:
            model = word.first if word.first >= 0 else None
            yield word.what, model, f"{expected:#042x}", f"{found:#042x}"
        case WordKind.HASH:
            yield word.what, None, f"{expected:#066x}", f"{found:#066x}"
        case WordKind.LANES:
            yield from _lanes(word.what, word.first, expected, found)
        case WordKind.POSITION:
            yield from _position(word, found)
        case WordKind.COMPOUNDING:
            for bit in _bits(expected ^ found, COMPOUND_BITS):
                yield word.what, word.first + bit, _flag(expected, bit), _flag(found, bit)
        case WordKind.LOT | WordKind.TOTALS:
            fields = LOT if word.kind is WordKind.LOT else TOTALS
            for name, place in fields.items():
                ours, theirs = field_of(expected, *place), field_of(found, *place)
                if ours != theirs:
                    yield f"{name} {word.what}", None, str(ours), str(theirs)
        case WordKind.SUBMITTED:
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
