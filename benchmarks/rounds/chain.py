# SPDX-License-Identifier: MIT
"""An anvil with the suite on it, as the benchmark of whole rounds drives it: unlocked accounts and the bulk driver."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from ape import project
from ape.logging import LogLevel, logger
from ape.managers.project import LocalProject
from eth_abi.abi import decode, encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from benchmarks.rounds.bulk import BulkDriver, Call, CallsFailed, Span, UnlockedSender
from nmr.ape.project import compiled, contract_address
from nmr.chain.blueprints import blueprint_creation
from nmr.chain.node import data, quantity
from nmr.deploy.anvil import Anvil, find_anvil
from nmr.deploy.local import DEPLOYER, OPERATOR, RESERVE, TOURNAMENT, local_parameters
from nmr.deploy.suite import deploy_suite
from nmr.protocol.reference.rounds import SETTLING, SHORTEST_WINDOW, Terms
from nmr.text.amounts import RATIO, SUPPLY

FOLDER: Final = Path(__file__).parents[2]
RING: Final = 1
"""Rounds that are unresolved at once: with one place every round after the second finds all its words written."""
STAKERS: Final = range(8, 16)
"""Accounts of the chain that own the models."""
BLOCK_GAS: Final = 2 * 10**9
"""A block's gas limit: huge blocks, so that the time is the transactions' and not the blocks'."""
CALL_GAS: Final = 16_777_216
"""What a transaction may use on a public chain (EIP-7825)."""


@dataclass(frozen=True)
class Function:
    """How a function is called and what it returns."""

    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Contract:
    """A deployed contract: where it is and since when, its functions, and the topics of its events."""

    address: str
    transaction: str
    block: int
    functions: dict[str, Function]
    topics: dict[str, str]

    def encode(self, name: str, *arguments: Any) -> bytes:
        """The calldata of a call."""
        function = self.functions[name]
        return function.selector + encode(function.inputs, arguments)


class RoundsChain:
    """The chain, its accounts and the suite."""

    def __init__(self, anvil: Anvil, contracts: LocalProject, ring: int = RING) -> None:
        self.node = anvil.node
        self.contracts = contracts
        self._driver = BulkDriver(anvil.node)
        accounts = [to_checksum_address(account) for account in self.node.ask("eth_accounts")]
        self.deployer, self.operator = (UnlockedSender(accounts[i]) for i in (DEPLOYER, OPERATOR))
        self.stakers = [UnlockedSender(accounts[i]) for i in STAKERS]
        parameters = local_parameters(accounts, ring=ring)
        share = (SUPPLY - RESERVE) // len(self.stakers)
        parameters = replace(parameters, holders={staker.address: share for staker in self.stakers})
        suite = self.suite = deploy_suite(_Creator(self), parameters)
        self.hour = parameters.hour
        self.token: Contract = suite.numeraire
        self.tournament: Contract = suite.tournaments[TOURNAMENT]
        self.min_stake = parameters.tournaments[TOURNAMENT].min_stake

    @property
    def now(self) -> int:
        """The time of the latest block."""
        return int(self.node.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def move_to(self, timestamp: int) -> None:
        """Let the next block be at a time, unless that is past."""
        if timestamp > self.now:
            self.node.ask("evm_setNextBlockTimestamp", timestamp)

    def drive(
        self,
        calls: Sequence[tuple[UnlockedSender, bytes]],
        event: str,
        done: Callable[[int], None] = lambda _: None,
        of: Contract | None = None,
    ) -> Span:
        """Calls of a contract, the tournament if left out, each in a transaction, each of which leaves an event."""
        called = of or self.tournament
        made = [Call(sender, called.address, content, CALL_GAS) for sender, content in calls]
        return self._driver.drive(made, event=called.topics[event], done=done)

    def send(self, sender: UnlockedSender, contract: Contract, name: str, *arguments: Any) -> Span:
        """One call in a transaction."""
        return self._driver.drive([Call(sender, contract.address, contract.encode(name, *arguments), CALL_GAS)])

    def receipt(self, span: Span) -> dict[str, Any]:
        """The receipt of a call that was sent.

        Raises:
            CallsFailed: it was mined and reverted.
        """
        receipt: dict[str, Any] = self.node.ask("eth_getTransactionReceipt", span.hashes[0])
        if receipt["status"] != "0x1":
            raise CallsFailed({0: "it reverted"}, 1)
        return receipt

    def read(self, name: str, calls: Sequence[tuple[Any, ...]]) -> list[Any]:
        """What a getter of the tournament says for each of the arguments."""
        function = self.tournament.functions[name]
        requests = [
            ({"to": self.tournament.address, "data": data(self.tournament.encode(name, *arguments))}, "latest")
            for arguments in calls
        ]
        answers = self.node.ask_all("eth_call", requests)
        return [decode(function.outputs, bytes.fromhex(answer[2:]))[0] for answer in answers]

    def declare(self, name: str) -> str:
        """Deploy the blueprint of a contract of the project, and give its address."""
        kind = self.contracts.get_contract(name).contract_type
        receipt = self._create(blueprint_creation(bytes(kind.get_deployment_bytecode())))
        return str(to_checksum_address(receipt["contractAddress"]))

    def create(self, name: str, arguments: Sequence[Any]) -> Contract:
        """Deploy a contract of the project."""
        kind = self.contracts.get_contract(name).contract_type
        inputs = [item.canonical_type for item in kind.constructor.inputs]
        receipt = self._create(bytes(kind.get_deployment_bytecode()) + encode(inputs, arguments))
        address, block = to_checksum_address(receipt["contractAddress"]), int(receipt["blockNumber"], 16)
        return self._contract(name, address, receipt["transactionHash"], block)

    def at(self, name: str, address: str, span: Span) -> Contract:
        """A contract of the project that a transaction of another one created."""
        return self._contract(name, address, span.hashes[0], span.first_block)

    def _contract(self, name: str, address: str, transaction: str, block: int) -> Contract:
        kind = self.contracts.get_contract(name).contract_type
        functions = {
            method.name: Function(
                keccak(text=f"{method.name}({','.join(item.canonical_type for item in method.inputs)})")[:4],
                tuple(str(item.canonical_type) for item in method.inputs),
                tuple(str(item.canonical_type) for item in method.outputs),
            )
            for method in (*kind.mutable_methods, *kind.view_methods)
        }
        topics = {event.name: data(keccak(text=event.selector)) for event in kind.events}
        return Contract(address, transaction, block, functions, topics)

    def _create(self, content: bytes) -> dict[str, Any]:
        """Create a contract; gives the receipt."""
        transaction = {"from": self.deployer.address, "data": data(content), "gas": quantity(CALL_GAS)}
        transaction_hash = self.node.ask("eth_sendTransaction", transaction)
        while (receipt := self.node.ask("eth_getTransactionReceipt", transaction_hash)) is None:
            time.sleep(0.01)
        return dict(receipt)


class _Creator:
    """The `Deployer` of `deploy_suite` on this chain."""

    def __init__(self, chain: RoundsChain) -> None:
        self._chain = chain

    @property
    def address(self) -> str:
        return self._chain.deployer.address

    @property
    def nonce(self) -> int:
        return self._chain.node.number("eth_getTransactionCount", self.address, "latest")

    def predict(self, nonce: int) -> str:
        return contract_address(self.address, nonce)

    def deploy(self, name: str, arguments: Sequence[Any]) -> Contract:
        return self._chain.create(name, arguments)

    def declare(self, name: str) -> str:
        return self._chain.declare(name)


@contextmanager
def rounds_chain(ring: int = RING) -> Iterator[RoundsChain]:
    """A fresh anvil with the contracts as their sources are now."""
    with logger.at_level(LogLevel.ERROR):
        contracts = compiled(project)
        with Anvil(find_anvil(FOLDER), options=("--gas-limit", str(BLOCK_GAS))) as anvil:
            yield RoundsChain(anvil, contracts, ring)


@contextmanager
def watched_chain(what: str) -> Iterator[tuple[RoundsChain, Callable[[str, int], None]]]:
    """A `rounds_chain`, and who is told what happens on it and how often; standard error shows that after `what`."""
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"{what}: compiling, starting anvil", total=None)

        def told(step: str, count: int) -> None:
            progress.update(task, description=f"{what}: {step} ({count:,})")

        with rounds_chain() as chain:
            yield chain, told


class Stopwatch:
    """Seconds since it was last read."""

    def __init__(self) -> None:
        self._since = time.perf_counter()

    def lap(self) -> float:
        """Seconds since the last lap, or since it was made."""
        since, self._since = self._since, time.perf_counter()
        return self._since - since


def benchmark_terms(opens_at: int, hour: int, *, open_for: int, resolve: int) -> Terms:
    """Terms with the shortest window, and room to settle.

    Args:
        opens_at: when the round opens, unix seconds.
        hour: seconds in an hour of the hard limits.
        open_for: hours from the opening to the lock.
        resolve: hours from the lock to the outcome.
    """
    locks_at = opens_at + open_for * hour
    resolves_at = locks_at + resolve * hour
    window = SHORTEST_WINDOW * hour
    return Terms(
        primary=5_000,
        contribution=20_000,
        clip=RATIO // 20,
        threshold=0,
        sealing_key=keccak(text="sealing key"),
        locks_at=locks_at,
        resolves_at=resolves_at,
        expires_at=resolves_at + window + 4 * SETTLING * hour,
        window=window,
    )
