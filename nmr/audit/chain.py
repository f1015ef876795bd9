# SPDX-License-Identifier: MIT
"""What an audit reads of a chain, and how it reads it from a node by JSON-RPC, with patience."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from nmr.chain.logs import RawLog
from nmr.chain.node import NodeError, NodeUnreachable, quantity

ATTEMPTS: Final = 6
"""How often a request is made before the audit gives up."""
FIRST_PAUSE: Final = 0.5
"""Seconds before the second attempt; each further pause is twice as long."""
_NO_SUCH_METHOD: Final = -32_601

T = TypeVar("T")


class Header(NamedTuple):
    """A block: its number, its hash as hex, and its time in unix seconds."""

    number: int
    hash: str
    timestamp: int


class FoundLog(NamedTuple):
    """A log and the hash of the block that the node found it in."""

    log: RawLog
    block_hash: str


class ChainReads(Protocol):
    """One chain, read from one node. Every method may raise `NodeError` or `NodeUnreachable`."""

    def chain_id(self) -> int:
        """The chain's id."""

    def head(self) -> int:
        """The number of the latest block."""

    def headers(self, numbers: Sequence[int]) -> list[Header]:
        """Blocks by their numbers."""

    def logs(self, addresses: Sequence[str], first: int, last: int) -> list[FoundLog]:
        """The logs of contracts in blocks `first` to `last`, in the chain's order; asked for once, without patience."""

    def codes(self, addresses: Sequence[str], block: int) -> list[bytes]:
        """The runtime code at addresses after a block."""

    def words(self, slots: Sequence[tuple[str, int]], block: int) -> list[int]:
        """The words in storage slots, each of an address, after a block."""

    def storage_roots(self, addresses: Sequence[str], block: int) -> list[str] | None:
        """The root of the storage trie at addresses after a block, as hex; None from a node that gives none."""


class Rpc(Protocol):
    """A node by JSON-RPC, such as `nmr.chain.node.Node`."""

    def ask(self, method: str, *parameters: Any) -> Any:
        """The answer to one request."""

    def ask_all(self, method: str, parameters: Sequence[Sequence[Any]]) -> list[Any]:
        """The answers to many requests, in their order."""


class RpcChain:
    """A chain as a node tells it by JSON-RPC; answers that fail to come are asked for again."""

    def __init__(self, rpc: Rpc, sleep: Callable[[float], None]) -> None:
        self._rpc = rpc
        self._sleep = sleep

    def chain_id(self) -> int:
        """The chain's id."""
        return int(self._ask("eth_chainId"), 16)

    def head(self) -> int:
        """The number of the latest block."""
        return int(self._ask("eth_blockNumber"), 16)

    def headers(self, numbers: Sequence[int]) -> list[Header]:
        """Blocks by their numbers.

        Raises:
            NodeError: the node has no such block.
        """
        blocks = self._ask_all("eth_getBlockByNumber", [(quantity(number), False) for number in numbers])
        for number, block in zip(numbers, blocks, strict=True):
            if block is None:
                raise NodeError("eth_getBlockByNumber", 0, f"the node has no block {number}")
        with _well_formed("eth_getBlockByNumber"):
            return [Header(int(block["number"], 16), block["hash"], int(block["timestamp"], 16)) for block in blocks]

    def logs(self, addresses: Sequence[str], first: int, last: int) -> list[FoundLog]:
        """The logs of contracts in blocks `first` to `last`."""
        scope = {"fromBlock": quantity(first), "toBlock": quantity(last), "address": list(addresses)}
        answer = self._rpc.ask("eth_getLogs", scope)
        with _well_formed("eth_getLogs"):
            return [FoundLog(RawLog.of_json(log), log["blockHash"]) for log in answer]

    def codes(self, addresses: Sequence[str], block: int) -> list[bytes]:
        """The runtime code at addresses after a block."""
        answers = self._ask_all("eth_getCode", [(address, quantity(block)) for address in addresses])
        with _well_formed("eth_getCode"):
            return [bytes.fromhex(answer[2:]) for answer in answers]

    def words(self, slots: Sequence[tuple[str, int]], block: int) -> list[int]:
        """The words in storage slots, each of an address, after a block."""
        at = quantity(block)
        answers = self._ask_all("eth_getStorageAt", [(address, f"{slot:#066x}", at) for address, slot in slots])
        with _well_formed("eth_getStorageAt"):
            return [int(answer, 16) for answer in answers]

    def storage_roots(self, addresses: Sequence[str], block: int) -> list[str] | None:
        """The root of the storage trie at addresses after a block; None from a node that gives none, and from anvil.

        anvil 1.7.1 counts words that were written and are zero, which Ethereum's trie does not have.
        """
        try:
            if str(self._ask("web3_clientVersion")).startswith("anvil"):
                return None
            answers = self._ask_all("eth_getProof", [(address, [], quantity(block)) for address in addresses])
        except NodeError:
            return None
        return [str(answer["storageHash"]) for answer in answers]

    def _ask(self, method: str, *parameters: Any) -> Any:
        return patiently(lambda: self._rpc.ask(method, *parameters), self._sleep)

    def _ask_all(self, method: str, parameters: Sequence[Sequence[Any]]) -> list[Any]:
        return patiently(lambda: self._rpc.ask_all(method, parameters), self._sleep)


@contextmanager
def _well_formed(method: str) -> Iterator[None]:
    """What makes no sense in an answer is the node's error.

    Raises:
        NodeError: it does not have the shape that JSON-RPC gives it.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        raise NodeError(method, 0, f"the answer makes no sense ({type(error).__name__}: {error})") from error


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
            if error.code == _NO_SUCH_METHOD:
                raise
            sleep(pause)
    return request()


def pauses() -> list[float]:
    """Seconds to wait before each attempt after the first."""
    return [FIRST_PAUSE * 2**i for i in range(ATTEMPTS - 1)]
