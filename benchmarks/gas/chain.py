# SPDX-License-Identifier: MIT
"""The embedded chain as the gas benchmark drives it.

It is Ape's eth-tester provider. What Ape adds to a transaction, an estimate of its gas and a second run in search of
debug output, takes two thirds of the time; so transactions are signed here and sent to the provider's chain, and a
figure is the `gas_used` of a receipt.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from ape import networks, project
from ape.contracts import ContractContainer
from ape.logging import LogLevel, logger
from ape.managers.project import LocalProject
from eth_abi.abi import encode
from eth_account import Account
from eth_utils.crypto import keccak

from nmr.ape.project import compiled, contract_address
from nmr.chain.blueprints import blueprint_creation
from nmr.errors import NmrError

START: Final = 4_102_444_800
"""The time of the first block, 2100-01-01: ahead of every clock, so that each next block is one second later."""
GAS_LIMIT: Final = 16_777_216
"""What a transaction may use (EIP-7825). Each has this limit here, so none that went through needs more."""
FEE: Final = 10**9
"""Wei for a unit of gas: enough, and no figure depends on it."""


class TransactionFailed(NmrError, RuntimeError):
    """A transaction of the benchmark reverted: the benchmark does not fit the contracts."""


@dataclass(frozen=True)
class Handle:
    """A deployed contract: where it is and how its functions are called."""

    address: str
    functions: dict[str, tuple[bytes, tuple[str, ...]]]

    def encode(self, name: str, *arguments: Any) -> bytes:
        """The calldata of a call."""
        selector, types = self.functions[name]
        return selector + encode(types, arguments)


@dataclass(frozen=True)
class Actor:
    """An account of the chain."""

    address: str
    key: bytes


class GasChain:
    """The chain, its actors, and the contracts of the project."""

    def __init__(self, provider: Any, contracts: LocalProject, sent: Callable[[], None]) -> None:
        self._tester = provider.tester.ethereum_tester
        self._backend = provider.evm_backend
        self._contracts = contracts
        self._sent = sent
        self._nonces: dict[str, int] = {}
        keys = self._backend.account_keys
        self.actors = [Actor(key.public_key.to_checksum_address(), key.to_bytes()) for key in keys]
        self.warp(START)

    @property
    def chain_id(self) -> int:
        """The chain's id."""
        return int(self._backend.chain.chain_id)

    @property
    def now(self) -> int:
        """The time that the next block will have."""
        return int(self._backend.chain.header.timestamp)

    def warp(self, timestamp: int) -> None:
        """Let the next block be at a time, unless that is past."""
        if timestamp > self.now:
            self._backend.chain.set_header_timestamp(timestamp)

    def send(self, sender: Actor, contract: Handle, name: str, *arguments: Any) -> int:
        """Call a contract in a transaction, and give the gas that its receipt says."""
        return int(self._send(sender, contract.address, contract.encode(name, *arguments))["gas_used"])

    def create(self, creator: Actor, name: str, arguments: Sequence[Any]) -> tuple[Handle, int]:
        """Deploy a contract of the project, and give it with the gas that the receipt says."""
        container = self._container(name)
        data = container.contract_type.get_deployment_bytecode() + container.constructor.encode_input(*arguments)
        receipt = self._send(creator, None, bytes(data))
        return Handle(receipt["contract_address"], _functions_of(container)), int(receipt["gas_used"])

    def at(self, name: str, address: str) -> Handle:
        """A contract that another one created."""
        return Handle(address, _functions_of(self._container(name)))

    def declare(self, creator: Actor, name: str) -> tuple[str, int]:
        """Deploy the blueprint of a contract, and give its address with the gas that the receipt says."""
        code = bytes(self._container(name).contract_type.get_deployment_bytecode())
        receipt = self._send(creator, None, blueprint_creation(code))
        return str(receipt["contract_address"]), int(receipt["gas_used"])

    @property
    def evm_version(self) -> str:
        """What the contracts were compiled for."""
        return str(self._contracts.config.vyper.evm_version)

    @property
    def deployables(self) -> list[str]:
        """The names of the contracts that are not modules, interfaces or mocks."""
        return sorted(
            source.stem
            for folder in (self._contracts.contracts_folder / each for each in ("", "buyback", "pools"))
            for source in folder.glob("*.vy")
        )

    def code_size(self, contract: Handle) -> int:
        """The bytes of a contract's code on the chain."""
        return len(self._backend.get_code(bytes.fromhex(contract.address[2:])))

    def compiled_size(self, name: str) -> int:
        """The bytes of a contract's code without its immutables."""
        return len(self._container(name).contract_type.get_runtime_bytecode())

    def init_code_size(self, name: str) -> int:
        """The bytes of a contract's init code, without the arguments of its constructor."""
        return len(self._container(name).contract_type.get_deployment_bytecode())

    def nonce(self, actor: Actor) -> int:
        """How many transactions an actor has sent."""
        return self._nonces.get(actor.address, 0)

    def snapshot(self) -> Any:
        """What `restore` goes back to."""
        return self._backend.take_snapshot(), dict(self._nonces), self.now

    def restore(self, snapshot: Any) -> None:
        """Undo everything since a snapshot."""
        block, nonces, now = snapshot
        self._backend.revert_to_snapshot(block)
        self._nonces = dict(nonces)
        self.warp(now)

    def _container(self, name: str) -> ContractContainer:
        return self._contracts.get_contract(name)

    def _send(self, sender: Actor, to: str | None, data: bytes) -> dict[str, Any]:
        nonce = self.nonce(sender)
        transaction = {
            "chainId": self.chain_id,
            "nonce": nonce,
            "gas": GAS_LIMIT,
            "maxFeePerGas": FEE,
            "maxPriorityFeePerGas": 0,
            "value": 0,
            "data": data,
            **({} if to is None else {"to": to}),
        }
        signed = Account.sign_transaction(transaction, sender.key)
        receipt = self._tester.get_transaction_receipt(
            self._tester.send_raw_transaction(f"0x{signed.raw_transaction.hex()}")
        )
        self._nonces[sender.address] = nonce + 1
        self._sent()
        if receipt["status"] != 1:
            raise TransactionFailed(f"A transaction of the benchmark reverted: {self._reason(sender, to, data)}.")
        return dict(receipt)

    def _reason(self, sender: Actor, to: str | None, data: bytes) -> str:
        """Why a transaction reverted, as its repetition tells."""
        call = {"from": sender.address, "to": to or "", "data": f"0x{data.hex()}", "gas": GAS_LIMIT}
        try:
            self._tester.call(call)
        except Exception as error:  # whatever eth-tester or py-evm raises: its text is wanted
            return str(error)
        return "nobody knows why"


class Creator:
    """The `Deployer` of `deploy_suite` on this chain; keeps the gas of each deployment by contract."""

    def __init__(self, chain: GasChain, actor: Actor) -> None:
        self._chain = chain
        self._actor = actor
        self.gas: dict[str, int] = {}

    @property
    def address(self) -> str:
        """The account's address."""
        return self._actor.address

    @property
    def nonce(self) -> int:
        """How many transactions the account has sent."""
        return self._chain.nonce(self._actor)

    def predict(self, nonce: int) -> str:
        """The address of the contract that the account's transaction `nonce` creates."""
        return contract_address(self.address, nonce)

    def deploy(self, name: str, arguments: Sequence[Any]) -> Handle:
        """Deploy a contract of the project."""
        handle, self.gas[name] = self._chain.create(self._actor, name, arguments)
        return handle

    def declare(self, name: str) -> str:
        """Deploy the blueprint of a contract of the project."""
        address, self.gas[f"blueprint of {name}"] = self._chain.declare(self._actor, name)
        return address


@contextmanager
def gas_chain(sent: Callable[[], None]) -> Iterator[GasChain]:
    """A fresh chain with the contracts as their sources are now; `sent` is told of each transaction."""
    with logger.at_level(LogLevel.ERROR), networks.ethereum.local.use_provider("test") as provider:
        yield GasChain(provider, compiled(project), sent)


def _functions_of(container: ContractContainer) -> dict[str, tuple[bytes, tuple[str, ...]]]:
    """Selector and argument types of each function that a transaction calls, by name."""
    functions = {}
    for method in container.contract_type.mutable_methods:
        types = tuple(str(item.canonical_type) for item in method.inputs)
        functions[method.name] = keccak(text=f"{method.name}({','.join(types)})")[:4], types
    return functions
