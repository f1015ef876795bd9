# SPDX-License-Identifier: MIT
"""A recorded suite on the connected chain, as its users meet it: calls are tried before they are sent."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from os import environ
from pathlib import Path
from typing import Any, Final

from ape.api import AccountAPI, ProviderAPI, ReceiptAPI
from ape.contracts import ContractInstance
from ape.exceptions import ApeException
from ape.managers.project import LocalProject
from ape_accounts.accounts import KeyfileAccount
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_typing import HexStr
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from ethpm_types.abi import MethodABI
from hexbytes import HexBytes
from web3 import HTTPProvider
from web3.exceptions import ContractLogicError
from web3.types import RPCEndpoint

from nmr.ape.project import compiled, load_suite
from nmr.deploy.record import Record, read_record, record_folder, record_path
from nmr.deploy.suite import Suite
from nmr.errors import NmrError
from nmr.text.reasons import explain
from nmr.text.selection import name_ids

_ERROR_SELECTOR: Final = bytes.fromhex("08c379a0")
"""Of `Error(string)`, which a revert with a reason returns."""
MAX_CALLS: Final = 64
"""Calls that a tournament's multicall takes."""
MAX_READS: Final = 500
"""Calls in one request to a node."""


class Reverts(NmrError, RuntimeError):
    """A contract refuses a call: nothing was sent.

    Attributes:
        reason: the contract's own words.
    """

    def __init__(self, reason: str, about: str = "") -> None:
        super().__init__(f"{about}: {explain(reason)}" if about else explain(reason))
        self.reason = reason


class Stopped(NmrError, RuntimeError):
    """Some of several transactions went through, and then one did not."""


class ReadFailed(NmrError, RuntimeError):
    """A node that did not answer what it was asked."""


class Locked(NmrError, ValueError):
    """An account whose key is behind a passphrase that nobody is there to type."""


class NoSuchTournament(NmrError, LookupError):
    """The record has no tournament of that name, or several and none was chosen."""


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


class _Getter:
    """Encodes the calls of a view and decodes what it says, by its ABI."""

    def __init__(self, abi: MethodABI) -> None:
        self._selector = keccak(text=abi.selector)[:4]
        self._inputs = [str(field.canonical_type) for field in abi.inputs]
        self._outputs = [str(field.canonical_type) for field in abi.outputs]

    def encode(self, arguments: Sequence[Any]) -> str:
        """The data of a call."""
        return f"0x{(self._selector + encode(self._inputs, arguments)).hex()}"

    def decode(self, answer: bytes) -> Any:
        """The value, or the values in order if there are several; addresses with their checksum."""
        values = tuple(
            _checksummed(value) if kind == "address" else value
            for kind, value in zip(self._outputs, decode(self._outputs, answer), strict=True)
        )
        return values[0] if len(values) == 1 else values


@lru_cache(maxsize=65_536)
def _checksummed(address: str) -> str:
    return str(to_checksum_address(address))


class Session:
    """A recorded suite on the chain that Ape is connected to."""

    def __init__(self, record: Record, suite: Suite, provider: ProviderAPI) -> None:
        self.record = record
        self.suite = suite
        self.provider = provider

    @classmethod
    def open(cls, project: LocalProject, provider: ProviderAPI) -> "Session":
        """Read the record of the connected network and make sure that its suite is there.

        Raises:
            RecordFileError, RecordInvalid: there is no record, or none that can be read.
            SuiteNotFound: the chain is another one, or has no such suite.
        """
        record = read_record(path_of(project, provider))
        return cls(record, load_suite(record, compiled(project)), provider)

    def tournament(self, name: str | None) -> ContractInstance:
        """A tournament by its name; without one, the only tournament.

        Raises:
            NoSuchTournament: unknown, or not the only one.
        """
        tournaments = self.suite.tournaments
        if name is None and len(tournaments) == 1:
            return next(iter(tournaments.values()))
        if name is None or name not in tournaments:
            known = ", ".join(tournaments)
            what = "Which tournament?" if name is None else f"There is no tournament {name!r}."
            raise NoSuchTournament(f"{what} Name one with --tournament: {known}.")
        return tournaments[name]

    def try_call(self, contract: ContractInstance, method: str, *arguments: Any, sender: str) -> None:
        """Make a call without sending it, on the state and at the time of the next block.

        Raises:
            Reverts: the contract refuses it.
        """
        data = getattr(contract, method).encode_input(*arguments)
        try:
            self.provider.web3.eth.call(
                {"to": contract.address, "from": sender, "data": HexStr(HexBytes(data).to_0x_hex())}, "pending"
            )
        except (ContractLogicError, failed_on_the_embedded_chain()) as error:
            raise Reverts(_reason(error)) from None

    def send(self, contract: ContractInstance, method: str, *arguments: Any, sender: AccountAPI) -> ReceiptAPI:
        """Try a call, and send it if the contract takes it.

        Raises:
            Reverts: the contract refuses it, and nothing was sent.
        """
        self.try_call(contract, method, *arguments, sender=sender.address)
        return _transact(contract, method, arguments, sender)

    def send_all(
        self, contract: ContractInstance, calls: Sequence[MethodCall], *, sender: AccountAPI, what: str = "model"
    ) -> list[ReceiptAPI]:
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
                data = [getattr(contract, call.method).encode_input(*call.arguments) for call in alone]
                batches.append(Batch("multicall", (data,), alone))
        return self.send_batches(contract, batches, sender=sender, what=what)

    def send_batches(
        self, contract: ContractInstance, batches: Sequence[Batch], *, sender: AccountAPI, what: str = "model"
    ) -> list[ReceiptAPI]:
        """Send transactions that do not depend on each other, after all were tried.

        Raises:
            Reverts: the contract refuses one, and nothing was sent.
            Stopped: some transactions went through, and then one did not.
        """
        self.try_batches(contract, batches, sender=sender.address, what=what)
        receipts = [_transact(contract, batch.method, batch.arguments, sender) for batch in batches[:1]]
        for batch in batches[1:]:
            try:
                receipts.append(self.send(contract, batch.method, *batch.arguments, sender=sender))
            except (NmrError, ApeException) as error:
                raise Stopped(f"{len(receipts)} of {len(batches)} transactions went through, then: {error}") from error
        return receipts

    def try_batches(
        self, contract: ContractInstance, batches: Sequence[Batch], *, sender: str, what: str = "model"
    ) -> None:
        """Try transactions without sending them.

        Raises:
            Reverts: the contract refuses one; says what it is about.
        """
        for batch in batches:
            self._try_batch(contract, batch, sender, what)

    def read_many(
        self, contract: ContractInstance, calls: Sequence[tuple[Any, ...]], block: int | str = "pending"
    ) -> list[Any]:
        """What getters say, in plain values, each call being a getter's name and arguments.

        A list or a struct is a tuple. Over HTTP many calls are one request.
        """
        getters = {getter.name: _Getter(getter) for getter in contract.contract_type.view_methods}
        at = hex(block) if isinstance(block, int) else block
        requests = [{"to": contract.address, "data": getters[name].encode(arguments)} for name, *arguments in calls]
        answers: list[bytes] = []
        for start in range(0, len(requests), MAX_READS):
            answers += self._eth_calls(requests[start : start + MAX_READS], at)
        return [getters[name].decode(answer) for (name, *_), answer in zip(calls, answers, strict=True)]

    def _eth_calls(self, requests: Sequence[dict[str, str]], block: str) -> list[bytes]:
        node = self.provider.web3.provider
        if len(requests) == 1 or not isinstance(node, HTTPProvider):
            identifier: Any = int(block, 16) if block.startswith("0x") else block
            return [bytes(self.provider.web3.eth.call(request, identifier)) for request in requests]
        replies = node.make_batch_request([(RPCEndpoint("eth_call"), [request, block]) for request in requests])
        if not isinstance(replies, list):
            raise ReadFailed(f"The node does not take many calls at once: {replies.get('error')}")
        failed = [reply["error"] for reply in replies if "error" in reply]
        if failed:
            raise ReadFailed(f"The node could not answer a call: {failed[0]}")
        return [bytes(HexBytes(reply["result"])) for reply in sorted(replies, key=lambda reply: int(reply["id"] or 0))]

    def _try_batch(self, contract: ContractInstance, batch: Batch, sender: str, what: str) -> None:
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

    @property
    def now(self) -> int:
        """Unix seconds of the next block, as the node sees it."""
        return int(self.provider.get_block("pending").timestamp)


def unlocked(account: AccountAPI) -> AccountAPI:
    """The account, ready to sign what this process sends.

    A keyfile's passphrase comes from where Ape looks for it, `APE_ACCOUNTS_<alias>_PASSPHRASE`, or, at a terminal, is
    asked for once.

    Raises:
        Locked: it comes from nowhere.
    """
    if isinstance(account, KeyfileAccount) and account.locked:
        variable = f"APE_ACCOUNTS_{account.alias}_PASSPHRASE"
        passphrase = environ.get(variable)
        if passphrase == "":
            raise Locked(f"The account {account.alias} is locked, and {variable} is set to nothing.")
        if passphrase is None and not sys.stdin.isatty():
            raise Locked(f"The account {account.alias} is locked: put its passphrase into {variable}.")
        account.set_autosign(True)
    return account


def _transact(contract: ContractInstance, method: str, arguments: Sequence[Any], sender: AccountAPI) -> ReceiptAPI:
    receipt: ReceiptAPI = getattr(contract, method)(*arguments, sender=unlocked(sender))
    return receipt


def path_of(project: LocalProject, provider: ProviderAPI) -> Path:
    """Where the record of the connected network is: below `deployments`, or below the folder that is set instead."""
    network = provider.network
    folder = record_folder(project.path)
    return record_path(folder, network.ecosystem.name, network.name.removesuffix("-fork"))


def failed_on_the_embedded_chain() -> type[Exception]:
    """The embedded chain's own error for a revert, which takes half a second to import."""
    from eth_tester.exceptions import TransactionFailed  # type: ignore[import-untyped]

    return TransactionFailed  # type: ignore[no-any-return]


def _reason(error: Exception) -> str:
    """The reason of a revert, whichever way the node tells it."""
    data = getattr(error, "data", None)
    if isinstance(data, str) and data.startswith("0x"):
        raw = bytes.fromhex(data[2:])
        if raw[:4] == _ERROR_SELECTOR:
            try:
                return str(decode(["string"], raw[4:])[0])
            except DecodingError:
                return str(error)
    return str(error).removeprefix("execution reverted: ")
