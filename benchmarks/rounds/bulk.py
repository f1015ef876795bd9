# SPDX-License-Identifier: MIT
"""Many transactions at once: with explicit nonces, sent in batches, and judged by their logs.

One transaction a request, each followed until it has a receipt, is 25 to 100 a second on anvil. A driver that counts
the nonces itself and sends batches makes thousands on a free machine; `benchmarks/rounds.md` shows some. Two things
follow. Transactions are not simulated before they are sent; call `BulkDriver.refusals` first for those that do not
build on each other. And the receipts of a huge block are slow, so whether a call went through is read from the log: a
call says which event it leaves behind.

On a node that mines when told to, such as anvil, the driver turns automatic mining off meanwhile and mines; on any
other node it waits. A driver that is killed leaves it off, and transactions that no block holds: the next drive on that
node mines them first, and turns it on again. `BulkDriver.refusals` tells before which calls were made already, those
that wait included, and changes nothing.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from eth_utils.address import to_checksum_address

from nmr.chain.node import Node, NodeError, data, quantity
from nmr.errors import NmrError

POOL: Final = 500
"""Transactions that are sent before they are mined. What anvil takes to accept one grows with those that wait: 0.34 ms
of its time at 500, 0.44 ms at 1,000, 0.71 ms at 3,000."""
PATIENCE: Final = 300.0
"""Seconds without a new transaction in a block after which the driver gives up on a node that mines by itself."""
BLOCKS: Final = 5
"""Blocks that the gas of these transactions may fill: the base fee grows by an eighth with each, and anvil drops what
cannot pay it. So a part of few blocks is mined before the fee is looked at again."""
TIP: Final = 10**9
"""Wei for a unit of gas that whoever mines a block gets."""
_POLL: Final = 0.5


class Unsent(NmrError, RuntimeError):
    """The node did not take a transaction. Those of its batch that come after it may wait there for its nonce.

    Attributes:
        sent: how many it took before.
        reason: what it says.
    """

    def __init__(self, sent: int, reason: str) -> None:
        super().__init__(f"The node took {sent} transactions and not the next: {reason}.")
        self.sent = sent
        self.reason = reason


class Stuck(NmrError, RuntimeError):
    """Transactions that the node took, and that no block holds."""


class CallsFailed(NmrError, RuntimeError):
    """Transactions that were mined and left no event.

    Attributes:
        failures: the reason of each, by the number of its call.
    """

    def __init__(self, failures: dict[int, str], total: int) -> None:
        number, reason = next(iter(failures.items()))
        super().__init__(f"{len(failures)} of {total} calls failed, the first of them number {number}: {reason}.")
        self.failures = failures


class Sender(Protocol):
    """An account that signs transactions, or has its node sign them."""

    @property
    def address(self) -> str:
        """The account's address."""

    def request(self, transaction: dict[str, Any]) -> tuple[str, Any]:
        """Method and parameter of the request that sends a transaction of integers, bytes and addresses."""


@dataclass(frozen=True)
class UnlockedSender:
    """An account that the node itself signs for, as anvil does for its own."""

    address: str

    def request(self, transaction: dict[str, Any]) -> tuple[str, Any]:
        """A transaction that the node signs."""
        fields = {name: data(value) if isinstance(value, bytes) else value for name, value in transaction.items()}
        fields = {name: quantity(value) if isinstance(value, int) else value for name, value in fields.items()}
        return "eth_sendTransaction", {"from": self.address, **fields}


@dataclass(frozen=True)
class Call:
    """A call of a contract in a transaction of its own.

    Attributes:
        sender: who sends it.
        to: the contract.
        data: selector and arguments.
        gas: what it may use at most.
    """

    sender: Sender
    to: str
    data: bytes
    gas: int

    def request(self) -> dict[str, str]:
        """What `eth_call` takes, to try it."""
        return {"from": self.sender.address, "to": self.to, "data": data(self.data), "gas": quantity(self.gas)}


@dataclass(frozen=True)
class Span:
    """Where the transactions of a drive are.

    Attributes:
        hashes: of each call's transaction, in the order of the calls.
        first_block, last_block: the blocks that hold them.
        gas: used by all transactions of these blocks, those of others included.
        logs: of the contract that was asked about, as the node gives them.
    """

    hashes: list[str]
    first_block: int
    last_block: int
    gas: int
    logs: list[dict[str, Any]]


class BulkDriver:
    """Drives many calls on one node.

    Transactions of one sender are mined in their order; those of several senders in any.

    Args:
        node: where they are sent.
        fee: wei for a unit of gas at most; twice the present base fee and a tip if left out.
        pool: transactions that are sent before they are mined or waited for.
    """

    def __init__(self, node: Node, *, fee: int | None = None, pool: int = POOL) -> None:
        self._node = node
        self._fee = fee
        self._pool = pool
        self._chain_id = node.number("eth_chainId")

    def refusals(self, calls: Sequence[Call]) -> dict[int, str]:
        """Which calls would revert if each was the next transaction, and the contract's reason, by their number."""
        return {i: reason for i, reason in enumerate(self._try(calls, "pending")) if reason is not None}

    def drive(
        self,
        calls: Sequence[Call],
        *,
        event: str | None = None,
        of: str | None = None,
        done: Callable[[int], None] = lambda _: None,
    ) -> Span:
        """Send calls and see them through; before that, what a driver that was killed left on the node.

        Args:
            calls: what to send.
            event: the first topic of an event that each call leaves behind if it goes through; nothing is judged
                without one.
            of: the address of the contract that logs it; the calls' own contract if left out.
            done: told how many transactions were mined since it was last told.

        Raises:
            Unsent: the node did not take one of them; those before it were mined.
            Stuck: no block takes them.
            CallsFailed: some left no such event.
        """
        self._take_over()
        if not calls:
            here = self._node.number("eth_blockNumber")
            return Span([], here + 1, here, 0, [])
        before = self._node.number("eth_blockNumber")
        hashes: list[str] = []
        nonces = self._nonces(calls)
        with self._mining() as mine:
            for part in self._parts(calls):
                sent, failure = self._send(part, nonces)
                hashes += sent
                self._settle(nonces, mine)
                done(len(sent))
                if failure is not None:
                    raise Unsent(len(hashes), failure.reason)
        after = self._node.number("eth_blockNumber")
        gas = sum(int(block["gasUsed"], 16) for block in self._blocks(before + 1, after))
        logs = []
        if event is not None:
            logs = self._logs(before + 1, after, of or calls[0].to, event)
            left = {log["transactionHash"] for log in logs}
            missing = {i: calls[i] for i, each in enumerate(hashes) if each not in left}
            if missing:
                raise CallsFailed(self._reasons(missing, after), len(calls))
        return Span(hashes, before + 1, after, gas, logs)

    def _parts(self, calls: Sequence[Call]) -> Iterator[Sequence[Call]]:
        """The calls in parts that are mined before the next is sent."""
        room = BLOCKS * int(self._node.ask("eth_getBlockByNumber", "pending", False)["gasLimit"], 16)
        first = gas = 0
        for i, call in enumerate(calls):
            if i > first and (i - first == self._pool or gas + call.gas > room):
                yield calls[first:i]
                first, gas = i, 0
            gas += call.gas
        yield calls[first:]

    def _nonces(self, calls: Sequence[Call]) -> dict[str, int]:
        """The next nonce of each sender."""
        senders = list({call.sender.address for call in calls})
        counts = self._node.ask_all("eth_getTransactionCount", [(sender, "pending") for sender in senders])
        return {sender: int(count, 16) for sender, count in zip(senders, counts, strict=True)}

    def _send(self, calls: Sequence[Call], nonces: dict[str, int]) -> tuple[list[str], NodeError | None]:
        """Send calls and count up the nonces of those taken; gives their hashes, and the error that ended it."""
        hashes: list[str] = []
        for call, answer in zip(calls, self._node.try_each(self._requests(calls, nonces)), strict=True):
            if isinstance(answer, NodeError):
                return hashes, answer
            hashes.append(str(answer))
            nonces[call.sender.address] += 1
        return hashes, None

    def _requests(self, calls: Sequence[Call], nonces: Mapping[str, int]) -> Iterator[tuple[str, list[Any]]]:
        """The request that sends each call."""
        fee = self._fee if self._fee is not None else self._fee_now()
        following = dict(nonces)
        for call in calls:
            method, parameter = call.sender.request(
                {
                    "chainId": self._chain_id,
                    "nonce": following[call.sender.address],
                    "to": to_checksum_address(call.to),
                    "gas": call.gas,
                    "maxFeePerGas": fee,
                    "maxPriorityFeePerGas": min(fee, TIP),
                    "value": 0,
                    "data": call.data,
                }
            )
            following[call.sender.address] += 1
            yield method, [parameter]

    def _fee_now(self) -> int:
        block = self._node.ask("eth_getBlockByNumber", "pending", False)
        return 2 * int(block["baseFeePerGas"], 16) + TIP

    def _take_over(self) -> None:
        """Let anvil mine by itself if it mines neither so nor by the clock, as a driver that is killed leaves it."""
        try:
            if self._node.ask("anvil_getAutomine") or self._node.ask("anvil_getIntervalMining"):
                return
        except NodeError:
            return
        waiting, before = self._waiting(), 0
        while waiting and waiting != before:
            self._node.ask("evm_mine")
            waiting, before = self._waiting(), waiting
        self._node.ask("evm_setAutomine", True)

    def _waiting(self) -> int:
        """Transactions that the node took, and that the next blocks could hold."""
        return int(self._node.ask("txpool_status")["pending"], 16)

    @contextmanager
    def _mining(self) -> Iterator[bool]:
        """Whether blocks are ours to mine; the node's own mining of each transaction is off meanwhile."""
        try:
            automatic = bool(self._node.ask("anvil_getAutomine"))
        except NodeError:
            yield False
            return
        if automatic:
            self._node.ask("evm_setAutomine", False)
        try:
            yield True
        finally:
            if automatic:
                self._node.ask("evm_setAutomine", True)

    def _settle(self, nonces: dict[str, int], mine: bool) -> None:
        """Until the blocks hold every transaction below these nonces."""
        parameters = [(sender, "latest") for sender in nonces]
        mined, since = -1, time.monotonic()
        while True:
            counts = [int(count, 16) for count in self._node.ask_all("eth_getTransactionCount", parameters)]
            if all(count >= nonce for count, nonce in zip(counts, nonces.values(), strict=True)):
                return
            moved = sum(counts) > mined
            if moved:
                mined, since = sum(counts), time.monotonic()
            if mine and moved:
                self._node.ask("evm_mine")
            elif mine or time.monotonic() - since > PATIENCE:
                raise Stuck(f"No block takes {sum(nonces.values()) - mined} transactions that the node took.")
            else:
                time.sleep(_POLL)

    def _blocks(self, first: int, last: int) -> list[dict[str, Any]]:
        parameters = [(quantity(number), False) for number in range(first, last + 1)]
        return self._node.ask_all("eth_getBlockByNumber", parameters)

    def _logs(self, first: int, last: int, address: str, topic: str) -> list[dict[str, Any]]:
        """The logs of these blocks; anvil gives 5,000 in a tenth of a second."""
        scope = {"fromBlock": quantity(first), "toBlock": quantity(last), "address": address, "topics": [topic]}
        return list(self._node.ask("eth_getLogs", scope))

    def _reasons(self, calls: dict[int, Call], block: int) -> dict[int, str]:
        """Why calls failed, as their repetition on a block tells."""
        reasons = self._try(calls.values(), quantity(block))
        return {
            number: reason if reason is not None else "it left no such event, and would go through now"
            for number, reason in zip(calls, reasons, strict=True)
        }

    def _try(self, calls: Iterable[Call], block: str) -> Iterator[str | None]:
        """Why each call would revert on a block, or None."""
        for answer in self._node.try_each(("eth_call", [call.request(), block]) for call in calls):
            yield answer.reason if isinstance(answer, NodeError) else None
