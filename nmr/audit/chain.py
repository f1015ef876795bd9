# SPDX-License-Identifier: MIT
"""What an audit reads of a chain, and how it reads it from a node by JSON-RPC, with patience and without trust.

An answer that has not the shape that JSON-RPC gives it is the node's error, in one sentence.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from nmr.chain.headers import Header
from nmr.chain.logs import RawLog
from nmr.chain.node import NO_SUCH_METHOD, NodeError, NodeUnreachable, Rpc, pauses, quantity
from nmr.chain.receipts import SerialisedReceipt, receipt_of, transaction_of
from nmr.chain.words import Malformed, data_of, hash_of, list_of, number_of, object_of
from nmr.deploy.code import Creation, Facts
from nmr.deploy.genuine import Unanswered, read_creations, read_facts
from nmr.deploy.record import Record
from nmr.errors import NmrError

KEYS: Final = 1_000
"""Words that one request asks to be proved."""

T = TypeVar("T")


class AccountProof(NamedTuple):
    """What a node tells of an account, and how it proves it.

    Attributes:
        storage_root: of the account's storage, as the node says.
        code_hash: of its code, as the node says.
        nodes: of the trie of the state, on the way to the account.
        words: by slot, the nodes of the trie of the storage on the way to it.
    """

    storage_root: bytes
    code_hash: bytes
    nodes: tuple[bytes, ...]
    words: Mapping[int, tuple[bytes, ...]]


class LogReads(Protocol):
    """The log of one chain. Every method may raise `NodeError` or `NodeUnreachable`."""

    def chain_id(self) -> int:
        """The chain's id, by eth_chainId."""

    def head(self) -> int:
        """The number of the latest block, by eth_blockNumber."""

    def headers(self, numbers: Sequence[int]) -> list[Header]:
        """Blocks by their numbers, by eth_getBlockByNumber."""

    def logs(self, addresses: Sequence[str], first: int, last: int) -> list[RawLog]:
        """The logs of contracts in blocks `first` to `last`, in the chain's order, by eth_getLogs; without patience."""

    def codes(self, addresses: Sequence[str], block: int) -> list[bytes]:
        """The runtime code at addresses after a block, by eth_getCode."""


class ChainReads(LogReads, Protocol):
    """One chain, read from one node. Every method may raise `NodeError` or `NodeUnreachable`."""

    def header_of(self, block_hash: str) -> Header | None:
        """The block of a hash, by eth_getBlockByHash; None if the node has none."""

    def words(self, slots: Sequence[tuple[str, int]], block: int) -> list[int]:
        """The words in storage slots, each of an address, after a block, by eth_getStorageAt."""

    def proofs(self, wanted: Mapping[str, Sequence[int]], block: int) -> dict[str, AccountProof] | None:
        """Proofs of accounts and of words in their storage after a block, by eth_getProof; None from a node without."""

    def receipts(self, block_hash: str) -> list[SerialisedReceipt]:
        """The receipts of a block, by eth_getBlockReceipts, or else eth_getTransactionReceipt for each."""

    def transactions(self, number: int) -> list[bytes]:
        """The serialised transactions of a block, by eth_getBlockByNumber."""

    def facts(self, record: Record, block: int) -> Facts:
        """What constructors asked other contracts, by eth_getCode, eth_getStorageAt and eth_call."""

    def creations(self, record: Record) -> dict[str, Creation]:
        """The transactions that created the parts of a record, by eth_getTransactionByHash or eth_getBlockByNumber."""


class RpcChain:
    """A chain as a node tells it by JSON-RPC; answers that fail to come are asked for again."""

    def __init__(self, rpc: Rpc, sleep: Callable[[float], None]) -> None:
        self._rpc = rpc
        self._sleep = sleep
        self._whole_blocks = True

    def chain_id(self) -> int:
        """The chain's id."""
        return self._number("eth_chainId")

    def head(self) -> int:
        """The number of the latest block."""
        return self._number("eth_blockNumber")

    def headers(self, numbers: Sequence[int]) -> list[Header]:
        """Blocks by their numbers.

        Raises:
            NodeError: the node has no such block, or gives another one.
        """
        method = "eth_getBlockByNumber"
        blocks = self.ask_all(method, [(quantity(number), False) for number in numbers])
        headers = []
        for number, block in zip(numbers, blocks, strict=True):
            if block is None:
                raise NodeError(method, 0, f"the node has no block {number}")
            with _well_formed(method):
                header = Header.of_json(block)
            if header.number != number:
                raise NodeError(method, 0, f"asked for block {number}, the node gives block {header.number}")
            headers.append(header)
        return headers

    def header_of(self, block_hash: str) -> Header | None:
        """The block of a hash.

        Raises:
            NodeError: the node gives another block.
        """
        method = "eth_getBlockByHash"
        block = self.ask(method, block_hash, False)
        if block is None:
            return None
        with _well_formed(method):
            header = Header.of_json(block)
        if header.hash != block_hash:
            raise NodeError(method, 0, f"asked for block {block_hash}, the node gives {header.hash}")
        return header

    def logs(self, addresses: Sequence[str], first: int, last: int) -> list[RawLog]:
        """The logs of contracts in blocks `first` to `last`.

        Raises:
            NodeError: a log is of another contract or block.
        """
        method = "eth_getLogs"
        scope = {"fromBlock": quantity(first), "toBlock": quantity(last), "address": list(addresses)}
        answer = self._rpc.ask(method, scope)
        with _well_formed(method):
            found = [_found_log(log) for log in list_of(answer)]
        wanted = set(addresses)
        for log in found:
            if log.address not in wanted or not first <= log.block <= last:
                raise NodeError(method, 0, f"a log of {log.address} in block {log.block} is none that was asked for")
        return found

    def codes(self, addresses: Sequence[str], block: int) -> list[bytes]:
        """The runtime code at addresses after a block."""
        answers = self.ask_all("eth_getCode", [(address, quantity(block)) for address in addresses])
        with _well_formed("eth_getCode"):
            return [data_of(answer) for answer in answers]

    def words(self, slots: Sequence[tuple[str, int]], block: int) -> list[int]:
        """The words in storage slots, each of an address, after a block."""
        at = quantity(block)
        answers = self.ask_all("eth_getStorageAt", [(address, f"{slot:#066x}", at) for address, slot in slots])
        with _well_formed("eth_getStorageAt"):
            return [number_of(answer) for answer in answers]

    def proofs(self, wanted: Mapping[str, Sequence[int]], block: int) -> dict[str, AccountProof] | None:
        """Proofs of accounts and of words in their storage; None from a node that gives none, or not of this block."""
        requests = [
            (address, [f"{slot:#066x}" for slot in slots[start : start + KEYS]], quantity(block))
            for address, slots in wanted.items()
            for start in range(0, max(1, len(slots)), KEYS)
        ]
        try:
            answers = self.ask_all("eth_getProof", requests)
        except NodeError:
            return None
        proofs: dict[str, AccountProof] = {}
        with _well_formed("eth_getProof"):
            for (address, slots, _), answer in zip(requests, answers, strict=True):
                proof = _account_proof(answer, slots)
                earlier = proofs.get(address, proof)
                proofs[address] = proof._replace(words={**earlier.words, **proof.words})
        return proofs

    def receipts(self, block_hash: str) -> list[SerialisedReceipt]:
        """The receipts of a block, in their order.

        Raises:
            NodeError: the node lacks the block, or a receipt.
        """
        answer = self._block_receipts(block_hash) if self._whole_blocks else None
        method = "eth_getBlockReceipts"
        if answer is None:
            block = self.ask("eth_getBlockByHash", block_hash, False)
            with _well_formed("eth_getBlockByHash"):
                hashes = [f"0x{hash_of(each).hex()}" for each in list_of(object_of(block).get("transactions"))]
            method = "eth_getTransactionReceipt"
            answer = self.ask_all(method, [(each,) for each in hashes])
        with _well_formed(method):
            return [receipt_of(each) for each in list_of(answer)]

    def transactions(self, number: int) -> list[bytes]:
        """The serialised transactions of a block, in their order."""
        method = "eth_getBlockByNumber"
        block = self.ask(method, quantity(number), True)
        with _well_formed(method):
            return [transaction_of(each) for each in list_of(object_of(block).get("transactions"))]

    def facts(self, record: Record, block: int) -> Facts:
        """What constructors asked other contracts, as it is after a block."""
        with _answers():
            return read_facts(self, record, quantity(block))

    def creations(self, record: Record) -> dict[str, Creation]:
        """The transactions that created the parts of a record, as far as the node has them."""
        with _answers():
            return read_creations(self, record)

    def ask(self, method: str, *parameters: Any) -> Any:
        """The answer to one request, with patience."""
        return patiently(lambda: self._rpc.ask(method, *parameters), self._sleep)

    def try_each(self, requests: Iterable[tuple[str, Sequence[Any]]]) -> Iterator[Any]:
        """The answers to many requests, as the node gives them."""
        return self._rpc.try_each(requests)

    def ask_all(self, method: str, parameters: Sequence[Sequence[Any]]) -> list[Any]:
        """The answers to many requests of a method, with patience."""
        return patiently(lambda: self._rpc.ask_all(method, parameters), self._sleep)

    def _number(self, method: str) -> int:
        answer = self.ask(method)
        with _well_formed(method):
            return number_of(answer)

    def _block_receipts(self, block_hash: str) -> Any:
        """The receipts of a block at once; None from a node that does not know how, which is not asked again."""
        try:
            return self._rpc.ask("eth_getBlockReceipts", block_hash)
        except NodeError:
            self._whole_blocks = False
            return None


def _found_log(value: Any) -> RawLog:
    log = object_of(value)
    hash_of(log.get("transactionHash"))
    hash_of(log.get("blockHash"))
    return RawLog.of_json(log)


def _account_proof(value: Any, slots: Sequence[str]) -> AccountProof:
    answer = object_of(value)
    words = [object_of(each) for each in list_of(answer.get("storageProof", []))]
    if len(words) != len(slots):
        raise Malformed(f"{len(words)} words are proved, and {len(slots)} were asked for")
    return AccountProof(
        hash_of(answer.get("storageHash")),
        hash_of(answer.get("codeHash")),
        _nodes(answer.get("accountProof")),
        {int(slot, 16): _nodes(word.get("proof")) for slot, word in zip(slots, words, strict=True)},
    )


def _nodes(value: Any) -> tuple[bytes, ...]:
    return tuple(data_of(each) for each in list_of(value))


@contextmanager
def _well_formed(method: str) -> Iterator[None]:
    """What makes no sense in an answer is the node's error.

    Raises:
        NodeError: it does not have the shape that JSON-RPC gives it.
    """
    try:
        yield
    except (NmrError, AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, NodeError | NodeUnreachable):
            raise
        raise NodeError(method, 0, f"the answer makes no sense: {error}") from error


@contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except Unanswered as error:
        raise NodeError("the node", 0, str(error)) from error


def patiently(request: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """The answer to a request that is made again, after a pause that doubles, when it fails.

    Raises:
        NodeUnreachable, NodeError: it failed `ATTEMPTS` times, or the node does not know the method.
    """
    for pause in pauses():
        try:
            return request()
        except NodeUnreachable:
            sleep(pause)
        except NodeError as error:
            if error.code == NO_SUCH_METHOD:
                raise
            sleep(pause)
    return request()
