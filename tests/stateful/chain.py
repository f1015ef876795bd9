# SPDX-License-Identifier: MIT
"""The contracts on titanoboa: deployed as everywhere else, called without ceremony, read to the bit.

Every call goes to py-evm in this process. An environment of its own keeps titanoboa's global one,
and what its pytest plugin does to it, out of the way.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, NamedTuple

import boa
from boa.contracts.vyper.vyper_contract import VyperContract, VyperDeployer
from boa.environment import Env
from boa.util.abi import Address, abi_decode
from eth.abc import ComputationAPI
from eth_utils.crypto import keccak
from rlp import encode as rlp_encode
from vyper.compiler.output import build_abi_output

from nmr.chain.blueprints import blueprint_creation
from nmr.protocol.reference import Event
from tests.stateful.tally import CALLS
from tests.support.contracts import source_path

CHAIN_ID: Final = 31_337
"""A local chain's: others refuse a short hour and a timelock without a delay."""

_REASON: Final = keccak(b"Error(string)")[:4]


@cache
def compiled(name: str) -> VyperDeployer:
    """A contract, compiled once a session."""
    # titanoboa's cache on disk takes a contract for unchanged when a module that its modules import was changed.
    boa.interpret.disable_cache()
    return boa.load_partial(str(source_path(name)))


class Outcome(NamedTuple):
    """What a call came to: `reason` is None if it was accepted, and empty if it was refused without one."""

    value: Any
    reason: str | None
    events: list[Event]


class BoaDeployer:
    """Deploys from an account of a titanoboa environment, for `deploy_suite`."""

    def __init__(self, env: Env, address: str) -> None:
        self._env = env
        self.address = address

    @property
    def nonce(self) -> int:
        """How many contracts the account has created."""
        return self._env.evm.vm.state.get_nonce(Address(self.address).canonical_address)

    def predict(self, nonce: int) -> str:
        """The address of the contract that the account's transaction `nonce` creates."""
        return str(Address(keccak(rlp_encode([Address(self.address).canonical_address, nonce]))[12:]))

    def deploy(self, name: str, arguments: Sequence[Any]) -> VyperContract:
        """Deploy a contract and return titanoboa's handle."""
        return compiled(name).deploy(*arguments, env=self._env, sender=self.address)

    def declare(self, name: str) -> str:
        """Deploy the blueprint of a contract."""
        code = blueprint_creation(compiled(name).compiler_data.bytecode)
        at, _ = self._env.deploy(sender=self.address, bytecode=code)
        return str(at)


class Chain:
    """One environment, the log of its contracts in the order of the chain, and its clock."""

    def __init__(self, now: int) -> None:
        self.env = Env()
        self.env.evm.patch.chain_id = CHAIN_ID
        self.now = now
        self.events: list[Event] = []
        self.transactions = 0
        self._read: dict[str, Storage] = {}

    @property
    def now(self) -> int:
        """Unix seconds of the next call."""
        return self.env.timestamp

    @now.setter
    def now(self, now: int) -> None:
        self.env.timestamp = now

    @contextmanager
    def anchor(self) -> Iterator[None]:
        """Undo at the end whatever happens within: state, clock and log."""
        kept, transactions = len(self.events), self.transactions
        try:
            with self.env.anchor():
                yield
        finally:
            for storage in self._read.values():
                storage.forget_all()
            del self.events[kept:]
            self.transactions = transactions

    def call(self, contract: VyperContract, function: str, *arguments: Any, sender: str) -> Outcome:
        """Send a transaction; what it logged joins the chain's log."""
        method = getattr(contract, function)
        done = self.env.execute_code(
            to_address=contract.address, sender=sender, data=method.prepare_calldata(*arguments), contract=contract
        )
        self.transactions += 1
        for address, slots in self.env.sstore_trace.items():
            if address in self._read:
                self._read[address].forget(slots)
        if done.is_error:
            reason = _reason(done.output)
            CALLS[contract.contract_name, function, reason or "no reason"] += 1
            return Outcome(None, reason, [])
        CALLS[contract.contract_name, function, ""] += 1
        value = contract.marshal_to_python(done, method.func_t.return_type)
        return Outcome(value, None, self._record(done))

    def ask(self, contract: VyperContract, function: str, *arguments: Any) -> Outcome:
        """What a view says, in plain values, or why it does not; no transaction."""
        method = getattr(contract, function)
        done = self.env.execute_code(
            to_address=contract.address, data=method.prepare_calldata(*arguments), is_modifying=False, contract=contract
        )
        if done.is_error:
            return Outcome(None, _reason(done.output), [])
        return Outcome(plain(contract.marshal_to_python(done, method.func_t.return_type)), None, [])

    def view(self, contract: VyperContract, function: str, *arguments: Any) -> Any:
        """What a view says that does not refuse, in plain values."""
        said = self.ask(contract, function, *arguments)
        assert said.reason is None, f"{function}{arguments}: {said.reason or 'no reason'}"
        return said.value

    def storage(self, contract: VyperContract) -> "Storage":
        """The words of a contract."""
        address = str(contract.address)
        if address not in self._read:
            self._read[address] = Storage(self.env, contract)
        return self._read[address]

    def written(self, contract: VyperContract) -> set[int]:
        """The storage slots that were written since `forget_written`, by refused calls and within anchors too."""
        return self.env.sstore_trace.get(contract.address, set())

    def forget_written(self) -> None:
        """Begin anew to note what is written."""
        self.env.sstore_trace.clear()
        # Preimages of hashes, which nobody needs.
        self.env.sha3_trace.clear()

    def collect(self, contract: VyperContract) -> None:
        """Put what a constructor logged into the chain's log."""
        self.transactions += 1
        self._record(contract._computation)

    def _record(self, done: ComputationAPI) -> list[Event]:
        before = len(self.events)
        for _, emitter, topics, data in done.get_raw_log_entries():
            self.events.append(self._event(emitter, topics, data))
        return self.events[before:]

    def _event(self, address: bytes, topics: Sequence[int], data: bytes) -> Event:
        contract = self.env.lookup_contract(address)
        name, indexed, rest = _event_abis(contract.contract_name)[topics[0]]
        args = {
            key: plain(abi_decode(kind, topic.to_bytes(32, "big")))
            for (key, kind), topic in zip(indexed, topics[1:], strict=True)
        }
        values = abi_decode(f"({','.join(kind for _, kind in rest)})", data)
        args |= {key: plain(value) for (key, _), value in zip(rest, values, strict=True)}
        number = self.transactions
        return Event(name, args, number, self.now, len(self.events), f"{number:#066x}", str(contract.address))


class Storage:
    """The words of one contract, by the names of its variables; keys of nested maps follow."""

    def __init__(self, env: Env, contract: VyperContract) -> None:
        self._state = env.evm.vm.state
        self._address = Address(contract.address).canonical_address
        self._slots = _flat(contract.compiler_data.storage_layout["storage_layout"])
        self._known: dict[tuple[str, tuple[int | str, ...]], int] = {}
        self._words: dict[int, int] = {}

    def slot(self, name: str, *keys: int | str) -> int:
        """The slot of a variable, or of the first word of an entry of a map."""
        known = self._known.get((name, keys))
        if known is None:
            known = self._slots[name]
            for key in keys:
                number = int(key, 16) if isinstance(key, str) else key
                known = int.from_bytes(keccak(known.to_bytes(32, "big") + number.to_bytes(32, "big")), "big")
            self._known[name, keys] = known
        return known

    def word(self, slot: int) -> int:
        """The word at a slot."""
        word = self._words.get(slot)
        if word is None:
            word = self._words[slot] = self._state.get_storage(self._address, slot)
        return word

    def forget(self, slots: Iterable[int]) -> None:
        """Read these slots afresh: they were written."""
        for slot in slots:
            self._words.pop(slot, None)

    def forget_all(self) -> None:
        """Read every slot afresh."""
        self._words.clear()

    def get(self, name: str, *keys: int | str) -> int:
        """The word of a variable, or of an entry of a map."""
        return self.word(self.slot(name, *keys))


def plain(value: Any) -> Any:
    """A value of titanoboa in tuples, bytes, numbers and checksummed addresses."""
    if isinstance(value, list | tuple):
        return tuple(plain(item) for item in value)
    return str(value) if isinstance(value, str) else value


def _flat(layout: Mapping[str, Any], prefix: str = "") -> dict[str, int]:
    slots: dict[str, int] = {}
    for name, entry in layout.items():
        if "slot" in entry:
            slots[prefix + name] = entry["slot"]
        else:
            slots |= _flat(entry, f"{prefix}{name}.")
    return slots


@cache
def _event_abis(name: str) -> dict[int, tuple[str, list[tuple[str, str]], list[tuple[str, str]]]]:
    """By topic: the event's name, its indexed arguments and the others, each by name and type."""
    abis = {}
    for abi in build_abi_output(compiled(name).compiler_data):
        if abi["type"] == "event":
            arguments = [(item["indexed"], item["name"], _selector(item)) for item in abi["inputs"]]
            topic = keccak(f"{abi['name']}({','.join(kind for _, _, kind in arguments)})".encode())
            indexed = [(key, kind) for is_indexed, key, kind in arguments if is_indexed]
            rest = [(key, kind) for is_indexed, key, kind in arguments if not is_indexed]
            abis[int.from_bytes(topic, "big")] = abi["name"], indexed, rest
    return abis


def _selector(item: Mapping[str, Any]) -> str:
    if not item["type"].startswith("tuple"):
        return str(item["type"])
    return f"({','.join(_selector(part) for part in item['components'])}){item['type'].removeprefix('tuple')}"


def _reason(output: bytes) -> str:
    if output[:4] != _REASON:
        return ""
    return str(abi_decode("(string)", output[4:])[0])
