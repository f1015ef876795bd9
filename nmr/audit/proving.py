# SPDX-License-Identifier: MIT
"""What follows from a block's hash and from no node's word: accounts, storage and code of a block, and the history.

The header has the hash; it commits to the state, and the state to each account with its code and its storage. By the
hashes of parents, and by the contract that keeps the last 8,191 of them in the state (EIP-2935), it commits to every
earlier block too, and these to their receipts and transactions.
"""

import heapq
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from eth_account import Account
from eth_hash.auto import keccak
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

from nmr.audit.chain import AccountProof, ChainReads
from nmr.chain import rlp
from nmr.chain.headers import FORMATS, Header
from nmr.chain.logs import RawLog
from nmr.chain.node import NodeError
from nmr.chain.trie import AccountState, ProofInvalid, account_of, list_root, word_of
from nmr.deploy.code import Creation, Pair
from nmr.deploy.genuine import PAIR_CODE_HASH, PAIR_SLOTS, pair_address, pair_in
from nmr.errors import NmrError
from nmr.text.addresses import checksummed

SAMPLE: Final = 32
"""Blocks with logs whose receipts are compared, drawn by the hash of the audited block."""
WALK: Final = 50_000
"""Headers that are read at most to link earlier blocks, where the state does not tell their hashes."""
WALKED: Final = 500
"""Headers in one request."""
RECEIPTS: Final = "eth_getBlockReceipts or eth_getTransactionReceipt"
"""What receipts are read by."""
HISTORY: Final = "0x0000F90827F1C53a10cb7A02335B175320002935"
"""The contract of EIP-2935."""
HISTORY_WINDOW: Final = 8_191
HISTORY_CODE_HASH: Final = bytes.fromhex("6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d")


class NotProved(NmrError, RuntimeError):
    """A block hash from which the state does not follow, since the node or the chain gives no proof."""


def prove_state(header: Header, proofs: Mapping[str, AccountProof]) -> dict[str, AccountState]:
    """The accounts at addresses by a header that has its hash.

    Raises:
        NodeError: a proof does not hold, or what the node tells beside it is something else.
    """
    assert header.roots is not None, "a header without roots proves nothing"
    accounts = {}
    for address, proof in proofs.items():
        try:
            account = account_of(header.roots.state, address, proof.nodes)
        except ProofInvalid as error:
            raise _false(f"the proof of {address} does not hold: {error}") from error
        if (account.storage_root, account.code_hash) != (proof.storage_root, proof.code_hash):
            raise _false(f"what it tells of {address} is not what it proves")
        accounts[address] = account
    return accounts


def prove_words(root: bytes, address: str, proof: AccountProof) -> dict[int, int | None]:
    """The words that a proof shows, by slot; None for a word that the trie does not have, and which so is 0.

    Args:
        root: of the storage of the account.
        address: the account's.
        proof: of its words.

    Raises:
        NodeError: a proof does not hold.
    """
    try:
        return {slot: word_of(root, slot, nodes) for slot, nodes in proof.words.items()}
    except ProofInvalid as error:
        raise _false(f"the proof of a word of {address} does not hold: {error}") from error


def prove_pairs(chain: ChainReads, header: Header, pairs: Sequence[str]) -> dict[str, Pair]:
    """Pairs of Uniswap V2 by their addresses; those that are none are left out.

    Raises:
        NodeError: a proof does not hold.
    """
    proofs = chain.proofs(dict.fromkeys(pairs, PAIR_SLOTS), header.number) or {}
    found = {}
    for address, account in prove_state(header, proofs).items():
        if f"0x{account.code_hash.hex()}" == PAIR_CODE_HASH:
            words = prove_words(account.storage_root, address, proofs[address])
            found[address] = pair_in([words[slot] or 0 for slot in PAIR_SLOTS])
    return {address: pair for address, pair in found.items() if pair_address(pair) == address}


def prove_codes(chain: ChainReads, header: Header, addresses: Sequence[str]) -> dict[str, str]:
    """The hashes of the code at addresses.

    Raises:
        NodeError: a proof does not hold.
    """
    proofs = chain.proofs(dict.fromkeys(addresses, ()), header.number) or {}
    accounts = prove_state(header, proofs)
    return {address: f"0x{account.code_hash.hex()}" for address, account in accounts.items()}


def prove_creation(chain: ChainReads, header: Header, transaction: str) -> Creation | None:
    """The transaction of a block whose header has its hash, as it was signed; None if the block does not have it.

    Raises:
        NodeError: the transactions that the node gives are not the block's.
    """
    assert header.roots is not None, "a header without roots proves nothing"
    transactions = chain.transactions(header.number)
    if list_root(transactions) != header.roots.transactions:
        raise NodeError("eth_getBlockByNumber", 0, f"the transactions of block {header.number} are not its own")
    for raw in transactions:
        if f"0x{keccak(raw).hex()}" == transaction:
            return _signed(raw)
    return None


@dataclass
class Linked:
    """Earlier blocks that follow from a header, found step by step from it backwards.

    Attributes:
        chain: where headers are read.
        trusted: a header that has its hash.
        walk: how many headers may be read for it; None for any number.
        kept: whether the header's state may be asked for hashes of earlier blocks: not where the owner of a local chain
            wrote to it since.
        lowest: the earliest block that was linked.
        hashes: of the linked blocks that were asked for, by number.
    """

    chain: ChainReads
    trusted: Header
    walk: int | None = WALK
    kept: bool = True
    hashes: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lowest = self.trusted
        self._anchor: Header | None = self.trusted if self.kept else None

    def link(self, numbers: Sequence[int]) -> None:
        """Link blocks by their numbers, as far as that goes.

        Raises:
            NodeError: a header has another hash than its successor, or the state, says.
        """
        for number in sorted(set(numbers), reverse=True):
            if number > self.trusted.number:
                continue
            if not self._reach(number):
                return
            self.hashes[number] = self.lowest.hash

    def _reach(self, number: int) -> bool:
        while self.lowest.number > number:
            if (self.lowest.number - 1 == number or not self._hop(number)) and not self._step(number):
                return False
        return True

    def _hop(self, number: int) -> bool:
        """Go to a block, or nearer to it, by the hashes that the state of a block keeps; whether that was possible."""
        if self._anchor is None:
            return False
        if self._anchor.number - number > HISTORY_WINDOW:
            if self.lowest.number > self._anchor.number - HISTORY_WINDOW:
                farther = self._kept(self._anchor, self._anchor.number - HISTORY_WINDOW)
                if farther is None:
                    self._anchor = None
                    return False
                self.lowest = farther
            self._anchor = self.lowest
            return True
        found = self._kept(self._anchor, number)
        if found is None:
            self._anchor = None
            return False
        self.lowest = found
        return True

    def _kept(self, anchor: Header, number: int) -> Header | None:
        """An earlier block by the hash that the state of a block keeps; None if there is no such state, or hash."""
        slot = number % HISTORY_WINDOW
        proofs = self.chain.proofs({HISTORY: [slot]}, anchor.number)
        if not proofs:
            return None
        account = prove_state(anchor, proofs)[HISTORY]
        if account.code_hash != HISTORY_CODE_HASH:
            return None
        word = prove_words(account.storage_root, HISTORY, proofs[HISTORY])[slot]
        header = None if word is None else self.chain.header_of(f"{word:#066x}")
        if header is None or header.number != number:
            return None
        return _shown(header)

    def _step(self, number: int) -> bool:
        """Go back by parents, one request; whether that was allowed."""
        count = min(WALKED, self.lowest.number - number)
        if self.walk is not None:
            count = min(count, self.walk)
            self.walk -= count
        if count == 0:
            return False
        wanted = range(self.lowest.number - 1, self.lowest.number - 1 - count, -1)
        for header in self.chain.headers(wanted):
            assert self.lowest.roots is not None, "only headers that have their hash are linked"
            if header.hash != f"0x{self.lowest.roots.parent.hex()}":
                raise NodeError(
                    "eth_getBlockByNumber",
                    0,
                    f"block {header.number} is given as {header.hash}, which is not the parent of the next",
                )
            self.lowest = _shown(header)
        return True


def draw(blocks: Collection[int], block_hash: str, size: int | None = SAMPLE) -> list[int]:
    """Blocks drawn by the hash of the audited one, which nobody knows before it; the latest first.

    Args:
        blocks: among which to draw, by their numbers.
        block_hash: of the audited block.
        size: how many to draw; None for all.
    """
    if size is None:
        return sorted(blocks, reverse=True)
    seed = bytes.fromhex(block_hash[2:])
    drawn = heapq.nsmallest(size, blocks, key=lambda number: keccak(seed + number.to_bytes(32, "big")))
    return sorted(drawn, reverse=True)


def digest_of_logs(logs: Iterable[RawLog]) -> str:
    """What tells the logs of a block from any others, and their order: half a hash, as hex."""
    return _digest((log.address, log.topics, log.data, log.log_index, log.transaction) for log in logs)


def compare_receipts(chain: ChainReads, header: Header, audited: Collection[str], digest: str) -> None:
    """Make sure that the logs of some contracts in a block are all that its receipts have of them, in their order.

    Args:
        chain: where receipts are read.
        header: of the block.
        audited: the addresses of the contracts.
        digest: of the logs.

    Raises:
        NodeError: the receipts are not the block's, or have other logs.
    """
    assert header.roots is not None, "a header without roots proves nothing"
    receipts = chain.receipts(header.hash)
    if list_root([receipt.serialised for receipt in receipts]) != header.roots.receipts:
        raise NodeError(RECEIPTS, 0, f"the receipts of block {header.number} are not its own")
    logs = ((receipt, log) for receipt in receipts for log in receipt.logs)
    held = (
        (address, log.topics, log.data, index, f"0x{receipt.transaction.hex()}")
        for index, (receipt, log) in enumerate(logs)
        if (address := checksummed(f"0x{log.address.hex()}")) in audited
    )
    if _digest(held) != digest:
        raise NodeError("eth_getLogs", 0, f"the logs of block {header.number} are not those of its receipts")


def _digest(logs: Iterable[tuple[str, Sequence[bytes], bytes, int, str]]) -> str:
    written = [
        rlp.encode([bytes.fromhex(address[2:]), list(topics), data, rlp.minimal(index), transaction.encode()])
        for address, topics, data, index, transaction in logs
    ]
    return str(keccak(rlp.encode_list(written))[:16].hex())


def require_header(chain: ChainReads, block_hash: str) -> Header:
    """The header of a hash that is trusted.

    Raises:
        NotProved: the node has no such block, or gives a header that has another hash.
    """
    header = chain.header_of(block_hash)
    if header is None:
        raise NotProved(f"The node has no block {block_hash}.")
    if header.roots is None:
        raise NotProved(
            f"The header that the node gives for block {block_hash} has another hash: it is false, or of a format that "
            f"is not {FORMATS}."
        )
    return header


def _shown(header: Header) -> Header:
    """A header that has the hash it was asked for by.

    Raises:
        NodeError: it has not.
    """
    if header.roots is None:
        raise NodeError("eth_getBlockByNumber", 0, f"the header of block {header.number} has another hash than it says")
    return header


def _signed(raw: bytes) -> Creation:
    """A serialised transaction: who signed it, and what it does."""
    kind = raw[0] if raw[0] < 0x80 else 0
    fields = rlp.decode(raw[1:] if kind else raw)
    first = 1 if kind else 0
    receiver_at = {0: 3, 1: 4}.get(kind, 5)
    assert isinstance(fields, list), "a transaction that was serialised here is a list"
    nonce, receiver, data = fields[first], fields[receiver_at], fields[receiver_at + 2]
    assert isinstance(nonce, bytes) and isinstance(receiver, bytes) and isinstance(data, bytes)
    try:
        sender = checksummed(str(Account.recover_transaction(raw)))
    except (ValueError, TypeError, BadSignature, ValidationError) as error:
        raise NodeError("eth_getBlockByNumber", 0, "a transaction has no signature") from error
    to = checksummed(f"0x{receiver.hex()}") if receiver else None
    return Creation(sender, int.from_bytes(nonce, "big"), to, data)


def _false(reason: str) -> NodeError:
    return NodeError("eth_getProof", 0, reason)
