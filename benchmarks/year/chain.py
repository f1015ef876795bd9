# SPDX-License-Identifier: MIT
"""A kept anvil with the suite on it, for the year's benchmark: deployed from the package's builds, driven in bulk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from rlp import encode as rlp_encode

from benchmarks.rounds.bulk import BulkDriver, Call, Span, UnlockedSender
from benchmarks.rounds.chain import CALL_GAS
from nmr.chain.abi import canonical_type
from nmr.chain.blueprints import blueprint_creation
from nmr.chain.builds import build
from nmr.chain.contracts import Contract
from nmr.chain.logs import topic_of
from nmr.chain.node import Node, data, quantity
from nmr.client.session import Session
from nmr.client.signers import load_account
from nmr.deploy.local import ACCOUNTS, DEPLOYER, OPERATOR, RESERVE, local_parameters
from nmr.deploy.record import Argument, Compiler, PartRecord, Record, hash_of, read_record, write_record
from nmr.deploy.suite import Suite, deploy_suite
from nmr.text.amounts import SUPPLY

OWNERS: Final = range(8, 16)
"""Accounts of the chain that own the models."""
LARGE: Final = 40
"""Transactions of many calls in one batch of requests: anvil takes two megabytes."""


@dataclass(frozen=True)
class Handle:
    """A contract that was deployed."""

    address: str
    transaction: str
    block: int


class YearChain:
    """The chain, its accounts and the suite, which is deployed where its record is not there yet."""

    def __init__(self, node: Node, record_path: Path, ring: int) -> None:
        self.node = node
        self.record_path = record_path
        self.accounts = [load_account(f"TEST::{i}", local=True) for i in range(ACCOUNTS)]
        # A block is a second later than the one before, however long that took.
        node.ask("anvil_setBlockTimestampInterval", 1)
        if not record_path.exists():
            write_record(self._deploy(ring), record_path)
        self.session = Session(read_record(record_path), node)
        self.tournament = self.session.tournament()
        self._driver = BulkDriver(node)
        self.operator = UnlockedSender(self.accounts[OPERATOR].address)
        self.owners = [UnlockedSender(self.accounts[number].address) for number in OWNERS]

    @property
    def now(self) -> int:
        """The time of the latest block."""
        return int(self.node.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    @property
    def block(self) -> int:
        """The number of the latest block."""
        return self.node.number("eth_blockNumber")

    def move_to(self, timestamp: int) -> None:
        """A block of that time, unless it is past."""
        if timestamp > self.now:
            self.node.ask("evm_setNextBlockTimestamp", timestamp)
            self.node.ask("evm_mine")

    def drive(self, calls: Sequence[tuple[UnlockedSender, bytes]], event: str) -> list[Span]:
        """Calls of the tournament, each in a transaction, each of which leaves an event."""
        topic = data(topic_of(self.tournament.event(event)))
        made = [Call(sender, self.tournament.address, content, CALL_GAS) for sender, content in calls]
        return [self._driver.drive(made[i : i + LARGE], event=topic) for i in range(0, len(made), LARGE)]

    def send(self, sender: UnlockedSender, contract: Contract, name: str, *arguments: Any) -> Span:
        """One call in a transaction."""
        return self._driver.drive([Call(sender, contract.address, contract.encode(name, *arguments), CALL_GAS)])

    def _deploy(self, ring: int) -> Record:
        parameters = local_parameters([account.address for account in self.accounts], ring=ring)
        share = (SUPPLY - RESERVE) // len(OWNERS)
        holders: dict[str, int] = {self.accounts[number].address: share for number in OWNERS}
        creator = _Creator(self.node, self.accounts[DEPLOYER].address)
        return _record(self.node, creator.address, deploy_suite(creator, replace(parameters, holders=holders)))


class _Creator:
    """The `Deployer` of `deploy_suite`: an account that the node signs for."""

    def __init__(self, node: Node, address: str) -> None:
        self._node = node
        self.address = address

    @property
    def nonce(self) -> int:
        return self._node.number("eth_getTransactionCount", self.address, "latest")

    def predict(self, nonce: int) -> str:
        return str(to_checksum_address(keccak(rlp_encode([bytes.fromhex(self.address[2:]), nonce]))[12:]))

    def deploy(self, name: str, arguments: Sequence[Any]) -> Handle:
        kinds = [canonical_type(each) for each in _inputs(name)]
        return self._create(build(name).creation_code + encode(kinds, arguments))

    def declare(self, name: str) -> str:
        return self._create(blueprint_creation(build(name).creation_code)).address

    def _create(self, content: bytes) -> Handle:
        wanted = {"from": self.address, "data": data(content), "gas": quantity(CALL_GAS)}
        transaction = self._node.ask("eth_sendTransaction", wanted)
        receipt = None
        while receipt is None:
            receipt = self._node.ask("eth_getTransactionReceipt", transaction)
        address = str(to_checksum_address(receipt["contractAddress"]))
        return Handle(address, str(transaction), int(receipt["blockNumber"], 16))


def _inputs(name: str) -> Sequence[Mapping[str, Any]]:
    """What a contract's constructor takes."""
    return next((each["inputs"] for each in build(name).abi if each["type"] == "constructor"), ())


def _record(node: Node, deployer: str, suite: Suite) -> Record:
    parts = {}
    for name, part in suite.parts.items():
        code = bytes.fromhex(node.ask("eth_getCode", part.handle.address, "latest")[2:])
        arguments = {
            each["name"]: _recorded(each, value)
            for each, value in zip(_inputs(part.contract), part.arguments, strict=True)
        }
        handle = part.handle
        parts[name] = PartRecord(
            part.contract, handle.address, handle.transaction, handle.block, arguments, hash_of(code)
        )
    return Record(
        chain_id=node.number("eth_chainId"),
        ecosystem="ethereum",
        network="local",
        deployer=deployer,
        first_block=min(part.block for part in parts.values()),
        compiler=Compiler("vyper", "0.4.3", "prague", "gas"),
        parts=parts,
    )


def _recorded(field: Mapping[str, Any], value: Any) -> Argument:
    if field["type"] == "tuple":
        return {part["name"]: each for part, each in zip(field["components"], value, strict=True)}
    return tuple(value) if isinstance(value, list | tuple) else value
