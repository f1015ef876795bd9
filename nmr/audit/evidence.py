# SPDX-License-Identifier: MIT
"""What an audit reads of a block and of the blocks before it, how much of that was proved, and what is believed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from eth_hash.auto import keccak

from nmr.audit.books import AuditBooks
from nmr.audit.chain import AccountProof, ChainReads
from nmr.audit.proving import (
    SAMPLE,
    WALK,
    WALKED,
    Linked,
    NotProved,
    compare_receipts,
    draw,
    prove_codes,
    prove_creation,
    prove_pairs,
    prove_state,
)
from nmr.chain.headers import FORMATS, Header
from nmr.chain.node import NodeError
from nmr.chain.trie import AccountState
from nmr.deploy.code import FACTORIES, LOCAL_ONLY, Creation, Facts, blueprints_of, pairs_of
from nmr.deploy.record import LOCAL_CHAINS, PartRecord, Record

NO_ROOTS: Final = "This node gives no roots of storage (eth_getProof): that nothing else is stored was not checked."
NEEDED: Final = frozenset({"Timelock", "Treasury", "Numeraire", "Lens"})
"""Contracts that every suite has."""


@dataclass
class AuditEvidence:
    """How far an audit proved what it read.

    Attributes:
        trusted: whether the auditor named the block by its hash.
        header: whether the block's header has its hash.
        state: whether code and roots of storage follow from that header.
        blocks: with logs of the suite.
        receipts: how many of them have the receipts that their headers commit to, with these logs and no other.
        linked: how many of these were linked to the block's hash.
        lowest: the earliest block that was linked, None if none was.
        creations: how many contracts were shown to have been created as recorded, by transactions of linked blocks.
        shown: how many were, by these or by the node's word.
        believed: what is not proved, a sentence each.
    """

    trusted: bool
    header: bool
    state: bool = False
    blocks: int = 0
    receipts: int = 0
    linked: int = 0
    lowest: int | None = None
    creations: int = 0
    shown: int = 0
    believed: list[str] = field(default_factory=list)


class SuiteState(NamedTuple):
    """What a node tells of a suite after a block.

    Attributes:
        codes: by the parts' names.
        roots: of the contracts' storage by their addresses; None from a node that gives none.
        facts: what constructors asked others for.
    """

    codes: dict[str, bytes]
    roots: dict[str, bytes] | None
    facts: Facts


def parts_after(record: Record, block: int) -> Record | None:
    """A record without the parts that were created after a block; None if what every suite has was not all there."""
    parts = {name: part for name, part in record.parts.items() if part.block <= block}
    if NEEDED - {part.contract for part in parts.values()}:
        return None
    return replace(record, parts=parts)


def read_state(chain: ChainReads, record: Record, header: Header, evidence: AuditEvidence) -> SuiteState:
    """Code, roots of storage and facts after a block, proved as far as the node gives proofs.

    Args:
        chain: where they are read.
        record: of the suite after that block.
        header: of the block.
        evidence: what is proved and believed is noted there.

    Raises:
        NotProved: the block is named by its hash, and the node gives no proofs.
        NodeError: a proof does not hold.
    """
    addresses = [part.address for part in record.parts.values()]
    codes = dict(zip(record.parts, chain.codes(addresses, header.number), strict=True))
    facts = chain.facts(record, header.number)
    proofs = chain.proofs(dict.fromkeys(addresses, ()), header.number)
    accounts = None if proofs is None or header.roots is None else _accounts(header, proofs, record, evidence)
    if accounts is None:
        if evidence.trusted:
            raise NotProved(
                f"The node gives no proofs (eth_getProof) of block {header.number}, so its hash proves nothing."
            )
        evidence.believed += _believed_state(header, proofs)
        roots = None if proofs is None else {address: proof.storage_root for address, proof in proofs.items()}
    else:
        for name, part in record.parts.items():
            if keccak(codes[name]) != accounts[part.address].code_hash:
                raise NodeError("eth_getCode", 0, f"the code of {name} is not the one that the state commits to")
        evidence.state = True
        roots = {address: account.storage_root for address, account in accounts.items()}
        facts = facts._replace(
            pairs=prove_pairs(chain, header, pairs_of(record)),
            blueprints=prove_codes(chain, header, blueprints_of(record)),
        )
    evidence.believed += _believed_of_others(record, facts)
    return SuiteState(codes, roots, facts)


def prove_history(
    chain: ChainReads,
    record: Record,
    header: Header,
    books: AuditBooks,
    evidence: AuditEvidence,
    *,
    every_receipt: bool,
) -> dict[str, Creation]:
    """The transactions that created a suite's parts, and how far its log follows from the block's hash.

    Args:
        chain: where they are read.
        record: of the suite after that block.
        header: of the block.
        books: they know which blocks have logs, and which.
        evidence: what is proved and believed is noted there.
        every_receipt: whether the receipts of all these blocks are compared, and not of a sample.

    Returns:
        The transactions by the parts' names, as far as they are known.

    Raises:
        NodeError: receipts, transactions or headers are not what they claim to be.
    """
    creations = chain.creations(record)
    parts = {name: part for name, part in record.parts.items() if part.contract not in LOCAL_ONLY}
    evidence.blocks = len(books.blocks)
    proved: set[str] = set()
    if header.roots is not None:
        linked = Linked(chain, header, None if every_receipt else WALK, kept=evidence.state)
        drawn = draw(books.blocks, header.hash, None if every_receipt else SAMPLE)
        linked.link([*drawn, *(part.block for part in parts.values())])
        evidence.lowest = linked.lowest.number if linked.hashes else None
        for start in range(0, len(drawn), WALKED):
            for block in chain.headers(drawn[start : start + WALKED]):
                if linked.hashes.get(block.number, block.hash) != block.hash:
                    raise NodeError("eth_getBlockByNumber", 0, f"block {block.number} is not before {header.hash}")
                if block.roots is not None:
                    compare_receipts(chain, block, books.names.keys(), books.blocks[block.number])
                    evidence.receipts += 1
                    evidence.linked += block.number in linked.hashes
        for name, part in parts.items():
            creation = _proved_creation(chain, part, linked)
            if creation is not None:
                if creations.get(name, creation) != creation:
                    what = f"what it tells of {part.transaction} is not the transaction that block {part.block} has"
                    raise NodeError("eth_getTransactionByHash", 0, what)
                creations[name] = creation
                proved.add(name)
    evidence.creations = len(proved)
    evidence.shown = sum(name in creations for name in parts)
    evidence.believed += _believed_history(record, header, evidence, proved, creations)
    return creations


def _accounts(
    header: Header, proofs: Mapping[str, AccountProof], record: Record, evidence: AuditEvidence
) -> dict[str, AccountState] | None:
    """The accounts that a header commits to; None on a local chain whose owner wrote to the state since that block."""
    try:
        return prove_state(header, proofs)
    except NodeError:
        if evidence.trusted or record.chain_id not in LOCAL_CHAINS:
            raise
        return None


def _proved_creation(chain: ChainReads, part: PartRecord, linked: Linked) -> Creation | None:
    """The transaction that created a part, if its block is linked, and it can be read there."""
    if part.block not in linked.hashes:
        return None
    header = chain.header_of(linked.hashes[part.block])
    if header is None or header.roots is None:
        return None
    creation = prove_creation(chain, header, part.transaction)
    if creation is None:
        raise NodeError(
            "eth_getTransactionByHash", 0, f"block {part.block} does not have the transaction {part.transaction}"
        )
    return creation


def _believed_state(header: Header, proofs: Mapping[str, AccountProof] | None) -> list[str]:
    if proofs is None:
        return ["The storage and the code: the node gives no proofs of them."]
    if header.roots is not None:
        return [f"The storage and the code: they are not those that block {header.number} commits to."]
    return [f"The header of block {header.number}, and so its state: its format is none of {FORMATS}."]


def _believed_of_others(record: Record, facts: Facts) -> list[str]:
    """What a buyback relies on that is not the suite's."""
    sentences = []
    if record.chain_id not in FACTORIES:
        sentences += [
            f"The factory {pair.factory}, which made the pool {address}: whose it is."
            for address, pair in facts.pairs.items()
        ]
    for name, part in record.parts.items():
        if part.contract == "Buyback":
            coin, feed = part.address_of("stablecoin"), part.address_of("feed")
            sentences.append(
                f"The stablecoin {coin} of {name}: that it is what it seems, its decimals, {facts.decimals[coin]}, "
                "and who holds it."
            )
            if feed not in {each.address for each in record.parts.values()}:
                sentences.append(f"The price feed {feed} of {name}, which is not the suite's.")
            elif any(each.contract == "UniswapV2TwapFeed" for each in record.parts.values()):
                sentences.append(f"What the pool's sum of prices was when the feed of {name} observed it.")
    return sentences


def _believed_history(
    record: Record, header: Header, evidence: AuditEvidence, proved: set[str], creations: Mapping[str, Creation]
) -> list[str]:
    sentences = []
    if not evidence.trusted:
        sentences.append(f"That block {header.hash} is the chain's: compare the hash, or name it with --block-hash.")
    rest = evidence.blocks - evidence.linked
    if rest:
        sentences.append(
            f"The logs of {rest:,} of {evidence.blocks:,} blocks, as far as storage does not show them: "
            "their receipts were not compared, or not linked to the block."
        )
    sentences.append("That no other block has a log of the suite, as far as storage does not show it.")
    told = [name for name in record.parts if name in creations and name not in proved]
    if told:
        sentences.append(f"The transactions that created {_listed(told)}: their blocks were not linked to the block.")
    unknown = [name for name, part in record.parts.items() if name not in creations and part.contract not in LOCAL_ONLY]
    if unknown:
        sentences.append(f"What ran when {_listed(unknown)} were created: the node does not tell the transactions.")
    return sentences


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
