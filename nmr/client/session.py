# SPDX-License-Identifier: MIT
"""A recorded suite on a chain: what it says, and calls that are tried before they are sent."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol

from nmr.chain.abi import AbiError
from nmr.chain.builds import abi
from nmr.chain.contracts import Contract
from nmr.chain.logs import RawLog, decode_logs
from nmr.chain.node import (
    FINALIZED,
    LATEST,
    PENDING,
    NodeError,
    Rpc,
    content,
    data,
    number,
    pending_or_latest,
    quantity,
)
from nmr.deploy.record import LOCAL_CHAINS, Record, hash_of
from nmr.errors import NmrError
from nmr.protocol.reference.events import Event
from nmr.text.amounts import ETHER_PLACES, format_fixed
from nmr.text.reasons import explain
from nmr.text.selection import name_ids

BLOCK_TIME: Final = 12
"""Seconds between two blocks of a chain that is not local, about."""
MAX_CALLS: Final = 64
"""Calls that a tournament's multicall takes."""

_PRUNED: Final = re.compile(
    r"missing trie node|historical state|state.*(unavailable|not available)|no state available|pruned|out ?of ?range",
    re.IGNORECASE,
)
"""What nodes say about a block whose state they no longer have."""


class SuiteNotFound(NmrError, LookupError):
    """The connected chain, or the project, has no such suite."""


class Reverts(NmrError, RuntimeError):
    """A contract refuses a call: nothing was sent.

    Attributes:
        reason: the contract's own words.
    """

    def __init__(self, reason: str, about: str = "") -> None:
        super().__init__(f"{about}: {explain(reason)}" if about else explain(reason))
        self.reason = reason


class Stopped(NmrError, RuntimeError):
    """Some of several transactions went through, and then one did not.

    Attributes:
        done: what those were about that went through, such as ids of models.
        left: what the others are about, in their order.
        sent: whether the first of `left` may have been sent all the same, and may still go through.
        receipts: of the transactions that went through.
    """

    def __init__(
        self, why: str, what: str, done: Sequence[int], left: Sequence[int], receipts: Sequence["Receipt"], sent: bool
    ) -> None:
        count = len(receipts)
        went = f"{count} transaction{'' if count == 1 else 's'} went through"
        not_done = name_ids(left, what)
        told = f"{went}: {name_ids(done, what)} done; {not_done} not. {why}"
        if not done:
            told = f"{why} It is uncertain whether this was done for" if sent else f"{why} Nothing was sent for"
            told += f" {not_done}."
        hint = " Go on by typing the command again, or for those alone"
        hint += ", but not before the next transaction is in a block: it may still go through." if sent else "."
        super().__init__(f"{told}{hint}")
        self.done, self.left, self.receipts, self.sent = tuple(done), tuple(left), tuple(receipts), sent


class Interrupted(Stopped):
    """Somebody stopped it, by Ctrl-C or another signal."""


class ReadFailed(NmrError, RuntimeError):
    """A node that did not answer what it was asked."""


class StateGone(ReadFailed):
    """A block whose state the node keeps no more."""

    def __init__(self, block: int) -> None:
        super().__init__(f"The node no longer has the state of block {block}: ask an archive node, or a later block.")
        self.block = block


class NoEther(NmrError, RuntimeError):
    """An account that cannot pay for the gas of a transaction, which was not sent."""


class NoSuchTournament(NmrError, LookupError):
    """The record has no tournament of that name, or several and none was chosen."""


@dataclass(frozen=True)
class Receipt:
    """A transaction in a block.

    Attributes:
        transaction: its hash.
        gas_used: what it used.
        block: the number of its block.
        logs: what contracts logged in it.
    """

    transaction: str
    gas_used: int
    block: int
    logs: tuple[RawLog, ...]


@dataclass(frozen=True)
class Signature:
    """A signature of 65 bytes, `v` being 27 or 28."""

    v: int
    r: bytes
    s: bytes

    @property
    def rsv(self) -> bytes:
        """Its bytes, as contracts and reports take them."""
        return self.r + self.s + bytes([self.v])


class Signer(Protocol):
    """An account that signs."""

    @property
    def address(self) -> str:
        """Its address, with the checksum."""

    def send(self, rpc: Rpc, to: str, payload: bytes) -> str:
        """Sign and send a call, wait until it is in a block, and give the transaction's hash.

        Raises:
            NoEther: the account cannot pay for its gas.
            NodeError, NmrError: the node does not take it.
        """

    def sign_text(self, text: str) -> Signature | None:
        """The signature of a text (EIP-191); None if it signs none such."""

    def sign_typed(self, message: Mapping[str, Any]) -> Signature | None:
        """The signature of an EIP-712 message (types, primaryType, domain, message); None if it signs none such."""


@dataclass(frozen=True)
class MethodCall:
    """A call of a contract, and the id of what it is about, such as a model's."""

    about: int
    method: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Batch:
    """A transaction that does many things at once.

    Attributes:
        method, arguments: the call that does them all.
        alone: the calls that would do them one by one; they are tried to find out which is refused.
    """

    method: str
    arguments: tuple[Any, ...]
    alone: tuple[MethodCall, ...]


class Session:
    """A recorded suite on the chain that a node serves."""

    def __init__(self, record: Record, rpc: Rpc) -> None:
        """
        Args:
            record: of the suite.
            rpc: the node.
        """
        self.record = record
        self.rpc = rpc
        self._pending = PENDING
        self._contracts: dict[str, Contract] = {}

    def require_suite(self) -> None:
        """Make sure that the chain is the record's, and has the recorded code at every address.

        Raises:
            SuiteNotFound: it is another, or has other code.
        """
        chain_id = self.chain_id
        if chain_id != self.record.chain_id:
            raise SuiteNotFound(
                f"The suite was deployed on chain {self.record.chain_id}, and this is chain {chain_id}."
            )
        asked = [("eth_getCode", (part.address, LATEST)) for part in self.record.parts.values()]
        for (name, part), answer in zip(self.record.parts.items(), self.rpc.try_each(asked), strict=True):
            if isinstance(answer, NodeError):
                raise answer
            code = content("eth_getCode", answer)
            if hash_of(code) != part.code_hash:
                problem = "has other code than" if code else "has no code, unlike"
                raise SuiteNotFound(f"{part.address} {problem} the {part.contract} recorded as {name}.")

    @cached_property
    def chain_id(self) -> int:
        """The id of the chain."""
        return number("eth_chainId", self.rpc.ask("eth_chainId"))

    @property
    def local(self) -> bool:
        """Whether the chain is one for development."""
        return self.chain_id in LOCAL_CHAINS

    @property
    def block_time(self) -> int:
        """Seconds until a transaction is in a block, about."""
        return 0 if self.local else BLOCK_TIME

    # contracts

    def part(self, name: str) -> Contract:
        """A contract of the record, by its name there.

        Raises:
            KeyError: the record has none of that name.
        """
        if name not in self._contracts:
            part = self.record.parts[name]
            self._contracts[name] = Contract(part.contract, part.address, abi(part.contract))
        return self._contracts[name]

    def has(self, name: str) -> bool:
        """Whether the record has a contract of that name."""
        return name in self.record.parts

    def only(self, contract: str) -> Contract:
        """The one contract of a kind, such as the `Lens`."""
        return self.part(self.record.only(contract)[0])

    def tournament(self, name: str | None = None) -> Contract:
        """A tournament by its name; without one, the only tournament.

        Raises:
            NoSuchTournament: unknown, or not the only one.
        """
        tournaments = list(self.record.tournaments)
        if name is None and len(tournaments) == 1:
            return self.part(tournaments[0])
        if name is None or name not in tournaments:
            known = ", ".join(tournaments)
            what = "Which tournament?" if name is None else f"There is no tournament {name!r}."
            raise NoSuchTournament(f"{what} Name one with --tournament: {known}.")
        return self.part(name)

    # blocks

    @cached_property
    def chain(self) -> str:
        """A name for the chain that no other has: its id, and the beginning of the hash of its first block.

        Every devnet has the same id, and its contracts have the same addresses.
        """
        return f"{self.chain_id}-{self.block_hash(0).removeprefix('0x')[:8]}"

    @property
    def latest(self) -> int:
        """The number of the latest block."""
        return number("eth_blockNumber", self.rpc.ask("eth_blockNumber"))

    @property
    def finalized(self) -> int:
        """The number of the latest block that the chain's own rules call final."""
        return number("eth_getBlockByNumber", _block(self.rpc, FINALIZED).get("number"))

    @property
    def now(self) -> int:
        """Unix seconds of the next block, as the node sees it."""
        return self.timestamp(PENDING)

    def timestamp(self, block: int | str) -> int:
        """Unix seconds of a block."""
        return timestamp_of(self.rpc, block)

    def timestamps(self, blocks: Sequence[int]) -> dict[int, int]:
        """Unix seconds of blocks, by number."""
        method = "eth_getBlockByNumber"
        answers = self.rpc.try_each([(method, (quantity(block), False)) for block in blocks])
        found = {}
        for block, answer in zip(blocks, answers, strict=True):
            if isinstance(answer, NodeError):
                raise answer
            if not isinstance(answer, dict):
                raise NodeError(method, 0, f"the node does not have block {block}")
            found[block] = number(method, answer.get("timestamp"))
        return found

    def block_hash(self, block: int) -> str:
        """The hash of a block."""
        return str(_block(self.rpc, block)["hash"])

    # reading

    def read(self, contract: Contract, getter: str, *arguments: Any, block: int | str = PENDING) -> Any:
        """What a getter says. Raises as `read_many` does."""
        return self.read_many(contract, [(getter, *arguments)], block)[0]

    def read_many(self, contract: Contract, calls: Sequence[tuple[Any, ...]], block: int | str = PENDING) -> list[Any]:
        """What getters say, each call being a getter's name and arguments. Lists and structs are tuples.

        Raises:
            ReadFailed: the node could not answer, or answered something else than the getter's type.
            Reverts: the contract refused.
        """
        return self.read_each([(contract, *call) for call in calls], block)

    def read_each(self, calls: Sequence[tuple[Any, ...]], block: int | str = PENDING) -> list[Any]:
        """As `read_many`, of several contracts: each call begins with its own."""
        functions = [contract.function(name, len(arguments)) for contract, name, *arguments in calls]
        at = quantity(block) if isinstance(block, int) else self._pending if block == PENDING else block
        requests = [
            ("eth_call", ({"to": contract.address, "data": data(function.encode(arguments))}, at))
            for function, (contract, _, *arguments) in zip(functions, calls, strict=True)
        ]
        answers = []
        answered = zip(functions, calls, requests, self.rpc.try_each(requests), strict=True)
        for function, (contract, *_), request, answer in answered:
            found = self._retried(request, answer)
            try:
                answers.append(function.decode(content("eth_call", found)))
            except AbiError as error:
                raise ReadFailed(
                    f"{function.name} of {contract.name} at {contract.address} gave no proper answer: {error}."
                ) from error
        return answers

    def _retried(self, request: tuple[str, tuple[Any, ...]], answer: Any) -> Any:
        """The answer, or that of the latest block where the node knows no pending one."""
        method, (call, at) = request
        if isinstance(answer, NodeError):
            if answer.reverted:
                raise Reverts(answer.reason) from None
            if _PRUNED.search(answer.message) and at not in (PENDING, LATEST):
                raise StateGone(int(at, 16)) from answer
            if at != PENDING:
                raise ReadFailed(f"The node could not answer a call: {answer}") from answer
        elif answer is not None or at != PENDING:
            return answer
        try:
            found = self.rpc.ask(method, call, LATEST)
        except NodeError as error:
            if error.reverted:
                raise Reverts(error.reason) from None
            raise ReadFailed(f"The node could not answer a call: {error}") from error
        self._pending = LATEST
        return found

    # sending

    def try_call(self, contract: Contract, method: str, *arguments: Any, sender: str) -> None:
        """Make a call without sending it, on the state and at the time of the next block.

        Raises:
            Reverts: the contract refuses it.
        """
        call = {"to": contract.address, "from": sender, "data": data(contract.encode(method, *arguments))}
        request = ("eth_call", (call, self._pending))
        [answer] = self.rpc.try_each([request])
        self._retried(request, answer)

    def estimate(self, contract: Contract, method: str, *arguments: Any, sender: str) -> int:
        """Gas that a call would use, as the node sees it.

        Raises:
            Reverts: the contract refuses it.
            ReadFailed: the node could not tell.
        """
        call = {"to": contract.address, "from": sender, "data": data(contract.encode(method, *arguments))}
        name = "eth_estimateGas"
        try:
            return number(name, self.rpc.ask(name, call))
        except NodeError as error:
            if error.reverted:
                raise Reverts(error.reason) from None
            raise ReadFailed(f"The node could not estimate a call: {error}") from error

    def send(self, contract: Contract, method: str, *arguments: Any, sender: Signer) -> Receipt:
        """Try a call, and send it if the contract takes it.

        Raises:
            Reverts: the contract refuses it, and nothing was sent.
            KeyboardInterrupt: somebody stopped it, and the transaction may be on its way; says so.
        """
        self.try_call(contract, method, *arguments, sender=sender.address)
        try:
            return self._transact(contract, method, arguments, sender)
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt(
                "A transaction may have been sent: look whether it is in a block before you type the command again."
            ) from error

    def send_all(
        self, contract: Contract, calls: Sequence[MethodCall], *, sender: Signer, what: str = "model"
    ) -> list[Receipt]:
        """Send calls of a contract that has a `multicall`, many in a transaction, after all were tried.

        Args:
            contract: a tournament.
            calls: none of which depends on another.
            sender: who sends them.
            what: what the calls are about, for messages.

        Raises:
            Reverts: the contract refuses one, and nothing was sent.
            Stopped: some transactions went through, and then one did not.
        """
        batches = []
        for start in range(0, len(calls), MAX_CALLS):
            alone = tuple(calls[start : start + MAX_CALLS])
            if len(alone) == 1:
                batches.append(Batch(alone[0].method, alone[0].arguments, alone))
            else:
                payloads = [contract.encode(call.method, *call.arguments) for call in alone]
                batches.append(Batch("multicall", (payloads,), alone))
        return self.send_batches(contract, batches, sender=sender, what=what)

    def send_batches(
        self, contract: Contract, batches: Sequence[Batch], *, sender: Signer, what: str = "model"
    ) -> list[Receipt]:
        """Send transactions that do not depend on each other, after all were tried.

        Raises:
            Reverts: the contract refuses one, and nothing was sent.
            Stopped: some transactions went through, and then one did not.
            Interrupted: somebody stopped it.
        """
        left = [call.about for batch in batches for call in batch.alone]
        done: list[int] = []
        receipts: list[Receipt] = []
        try:
            self.try_batches(contract, batches, sender=sender.address, what=what)
        except KeyboardInterrupt as error:
            raise Interrupted("Interrupted.", what, done, left, receipts, sent=False) from error
        for batch in batches:
            sent = False
            try:
                if done:
                    self.try_call(contract, batch.method, *batch.arguments, sender=sender.address)
                sent = True
                receipts.append(self._transact(contract, batch.method, batch.arguments, sender))
            except NmrError as error:
                if not done:
                    raise
                raise Stopped(str(error), what, done, left, receipts, sent) from error
            except KeyboardInterrupt as error:
                raise Interrupted("Interrupted.", what, done, left, receipts, sent) from error
            done, left = done + left[: len(batch.alone)], left[len(batch.alone) :]
        return receipts

    def try_batches(self, contract: Contract, batches: Sequence[Batch], *, sender: str, what: str = "model") -> None:
        """Try transactions without sending them.

        Raises:
            Reverts: the contract refuses one; says what it is about.
        """
        for batch in batches:
            self._try_batch(contract, batch, sender, what)

    def receipt(self, transaction: str) -> Receipt:
        """The receipt of a transaction that is in a block.

        Raises:
            ReadFailed: it failed there, or the node does not know it.
        """
        method = "eth_getTransactionReceipt"
        found = self.rpc.ask(method, transaction)
        if not isinstance(found, dict):
            raise ReadFailed(f"The node does not know transaction {transaction}.")
        if number(method, found.get("status")) != 1:
            raise ReadFailed(
                f"Transaction {transaction} failed in its block, though it would have gone through before."
            )
        logs = tuple(RawLog.of_json(log) for log in found.get("logs") or ())
        return Receipt(
            transaction, number(method, found.get("gasUsed")), number(method, found.get("blockNumber")), logs
        )

    def events(self, contract: Contract, receipts: Sequence[Receipt], name: str) -> list[Event]:
        """The events of a name that a contract logged in transactions, in their order."""
        logs = (log for receipt in receipts for log in receipt.logs)
        events = decode_logs(logs, {contract.address: contract.events})
        return [event for event in events if event.name == name]

    def _try_batch(self, contract: Contract, batch: Batch, sender: str, what: str) -> None:
        try:
            self.try_call(contract, batch.method, *batch.arguments, sender=sender)
        except Reverts as error:
            refused: dict[str, list[int]] = {}
            for call in batch.alone:
                try:
                    self.try_call(contract, call.method, *call.arguments, sender=sender)
                except Reverts as alone:
                    refused.setdefault(alone.reason, []).append(call.about)
            if not refused:
                raise Reverts(error.reason) from None
            reason, about = next(iter(refused.items()))
            raise Reverts(reason, name_ids(about, what).capitalize()) from None

    def _transact(self, contract: Contract, method: str, arguments: Sequence[Any], sender: Signer) -> Receipt:
        return self.receipt(sender.send(self.rpc, contract.address, contract.encode(method, *arguments)))


def require_ether(rpc: Rpc, address: str, cost: int) -> None:
    """Tell why a node refused a transaction, if it is that the sender has too little ether for its gas.

    Nodes have many words for it, so the balance is compared.

    Args:
        rpc: the node.
        address: of the sender.
        cost: wei that the transaction may cost; 0 if nobody knows.

    Raises:
        NoEther: the sender has less, or nothing at all.
    """
    method = "eth_getBalance"
    try:
        balance = number(method, rpc.ask(method, address, LATEST))
    except NodeError:
        return
    if balance < max(cost, 1):
        has = f"{address} has {format_fixed(balance, ETHER_PLACES)} ether, too little to pay for gas"
        needed = f", which may cost {format_fixed(cost, ETHER_PLACES)}" if cost else ""
        raise NoEther(f"{has}{needed}: send ether to it first.")


def timestamp_of(rpc: Rpc, block: int | str) -> int:
    """Unix seconds of a block; of the latest one where the node knows no pending block."""
    return number("eth_getBlockByNumber", _block(rpc, block)["timestamp"])


def _block(rpc: Rpc, block: int | str) -> Mapping[str, Any]:
    method = "eth_getBlockByNumber"
    if block == PENDING:
        found = pending_or_latest(lambda at: rpc.ask(method, at, False))
    else:
        found = rpc.ask(method, quantity(block) if isinstance(block, int) else block, False)
    if not isinstance(found, dict) or not {"timestamp", "hash"} <= set(found):
        raise NodeError(method, 0, f"the node does not have block {block}")
    return found
