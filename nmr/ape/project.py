# SPDX-License-Identifier: MIT
"""The suite on a chain that Ape reaches: compiled, deployed, recorded, and read again."""

import os
import sysconfig
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Protocol

from ape.api import AccountAPI, ProviderAPI
from ape.contracts import ContractInstance
from ape.managers.project import LocalProject
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from rlp import encode as rlp_encode

from nmr.client.session import SuiteNotFound
from nmr.deploy.record import Argument, Compiler, PartRecord, Record, hash_of
from nmr.deploy.suite import Deployed, DeploymentFailed, Suite

COMPILED_FROM: Final = ("vyper", "ape-vyper", "snekmate")
"""Packages whose version decides about the bytecode, as the sources do."""


class ApeDeployer:
    """Deploys the contracts of an Ape project from one of Ape's accounts."""

    def __init__(self, project: LocalProject, account: AccountAPI, **transaction: Any) -> None:
        self._project = project
        self._account = account
        self._transaction = transaction

    @property
    def address(self) -> str:
        """The account's address."""
        return str(self._account.address)

    @property
    def nonce(self) -> int:
        """How many transactions the account has sent."""
        return int(self._account.nonce)

    def predict(self, nonce: int) -> str:
        """The address of the contract that the account's transaction `nonce` creates."""
        return contract_address(self.address, nonce)

    def deploy(self, name: str, arguments: Sequence[Any]) -> Any:
        """Deploy a contract of the project and return Ape's instance of it."""
        return self._account.deploy(self._project.get_contract(name), *arguments, **self._transaction)

    def declare(self, name: str) -> str:
        """Deploy the blueprint of a contract of the project."""
        # Ape asks for a blueprint's gas before it names the sender: a node would answer for another account.
        named = {"sender": self.address, **self._transaction}
        receipt = self._account.declare(self._project.get_contract(name), **named)
        return str(to_checksum_address(receipt.contract_address))


class HasAddress(Protocol):
    """Somebody with an address: an account of Ape, or an `ApeDeployer`."""

    @property
    def address(self) -> str:
        """The account's address."""


def contract_address(sender: str, nonce: int) -> str:
    """The address of a contract created by transaction `nonce` of `sender`: the last 20 bytes of keccak(rlp)."""
    return str(to_checksum_address(keccak(rlp_encode([bytes.fromhex(sender[2:]), nonce]))[12:]))


def compiled(project: LocalProject) -> LocalProject:
    """The project, compiled afresh if anything changed that its bytecode comes from.

    Ape's own cache notices neither the change of a module or interface, nor that of a second contract since the last
    compilation: it would go on deploying the old bytecode, silently. So call this before anything is deployed.
    """
    _name_compiler(project.path)
    manifest = project.manifest_path
    stamp = manifest.with_name("sources.sha256")

    def written() -> int:
        return manifest.stat().st_mtime_ns if manifest.exists() else 0

    digest = _digest(project.path)
    if not stamp.exists() or stamp.read_text("utf-8") != f"{digest} {written()}":
        project.load_contracts(use_cache=False)
        stamp.write_text(f"{digest} {written()}", "utf-8")
    return project


def record_of(suite: Suite, project: LocalProject, deployer: HasAddress) -> Record:
    """The record of a suite on the connected chain, from the receipts of its creation and the code that is there.

    Raises:
        DeploymentFailed: a part was not created by the deployer, or is not where its receipt says; the contracts were
            compiled in different ways.
    """
    provider = project.provider
    parts = {name: _part_record(name, part, provider, deployer) for name, part in suite.parts.items()}
    return Record(
        chain_id=int(provider.chain_id),
        ecosystem=provider.network.ecosystem.name,
        network=provider.network.name,
        deployer=to_checksum_address(deployer.address),
        first_block=min(part.block for part in parts.values()),
        compiler=_compiler(project, {part.contract for part in parts.values()}),
        parts=parts,
    )


def with_parts(record: Record, parts: dict[str, Deployed], project: LocalProject, deployer: HasAddress) -> Record:
    """The record of a suite with more parts, which the deployer has just created. Raises as `record_of` does."""
    provider = project.provider
    added = {name: _part_record(name, part, provider, deployer) for name, part in parts.items()}
    return replace(record, parts={**record.parts, **added})


def load_suite(record: Record, project: LocalProject) -> Suite:
    """Handles on a recorded suite.

    Raises:
        SuiteNotFound: the connected chain is another, or has other code at an address; the project lacks a contract.
    """
    chain_id = int(project.provider.chain_id)
    if chain_id != record.chain_id:
        raise SuiteNotFound(f"The suite was deployed on chain {record.chain_id}, and this is chain {chain_id}.")
    parts = {}
    for name, part in record.parts.items():
        code = bytes(project.provider.get_code(to_checksum_address(part.address)))
        if hash_of(code) != part.code_hash:
            problem = "has other code than" if code else "has no code, unlike"
            raise SuiteNotFound(f"{part.address} {problem} the {part.contract} recorded as {name}.")
        handle = instance_of(project, part.contract, part.address, part.transaction)
        parts[name] = Deployed(part.contract, handle, tuple(_positional(value) for value in part.arguments.values()))
    return Suite(parts)


def _name_compiler(path: Path) -> None:
    """Have ape-vyper run this environment's `vyper`, which it looks for on PATH, whatever the home and the locale are.

    It also looks for compilers of vvm, which makes a folder in the home for them; and vyper reads sources in the
    encoding of the locale.
    """
    os.environ.setdefault("VVM_BINARY_PATH", str(path / ".cache" / "vvm"))
    os.environ["PYTHONUTF8"] = "1"
    scripts = sysconfig.get_path("scripts")
    before = os.environ.get("PATH", "")
    if before.split(os.pathsep)[0] != scripts:
        os.environ["PATH"] = os.pathsep.join([scripts, before])


def _digest(path: Path) -> str:
    """A hash of all that the bytecode comes from."""
    content = sha256()
    for source in sorted([*path.glob("contracts/**/*.vy*"), path / "ape-config.yaml"]):
        if source.is_file():
            content.update(f"{source.relative_to(path)}\n{sha256(source.read_bytes()).hexdigest()}\n".encode())
    for package in COMPILED_FROM:
        content.update(f"{package} {version(package)}\n".encode())
    return content.hexdigest()


def instance_of(project: LocalProject, contract: str, address: str, transaction: str | None = None) -> ContractInstance:
    """A handle with the ABI of the project's contract and no other: no explorer, cache or proxy adds to it."""
    container = project.get_contract(contract)
    if container is None:
        raise SuiteNotFound(f"This project has no contract {contract}.")
    return project.chain_manager.contracts.instance_at(
        address,
        contract_type=container.contract_type,
        txn_hash=transaction,
        fetch_from_explorer=False,
        fetch_from_disk=False,
        detect_proxy=False,
        replace=True,
    )


def _part_record(name: str, part: Deployed, provider: ProviderAPI, deployer: HasAddress) -> PartRecord:
    handle: ContractInstance = part.handle
    if handle.txn_hash is None:
        raise DeploymentFailed(f"Nobody knows which transaction created {name}.")
    receipt = provider.get_receipt(handle.txn_hash)
    if receipt.contract_address != handle.address or receipt.sender != deployer.address:
        raise DeploymentFailed(
            f"{name} at {handle.address} should have been created by {deployer.address}, "
            f"but its transaction created {receipt.contract_address} by {receipt.sender}."
        )
    inputs = handle.contract_type.constructor.inputs
    return PartRecord(
        contract=part.contract,
        address=str(handle.address),
        transaction=receipt.txn_hash,
        block=int(receipt.block_number),
        arguments={
            str(item.name): _recorded(str(item.type), item.components, value)
            for item, value in zip(inputs, part.arguments, strict=True)
        },
        code_hash=hash_of(bytes(provider.get_code(handle.address))),
    )


def _recorded(kind: str, components: Sequence[Any] | None, value: Any) -> Argument:
    """A constructor argument of an ABI type as a record has it."""
    if kind.endswith("]"):
        return tuple(_recorded(kind.rpartition("[")[0], components, item) for item in value)
    if kind == "tuple":
        return {
            str(item.name): _recorded(str(item.type), item.components, field)
            for item, field in zip(components or (), value, strict=True)
        }
    if kind == "address":
        return str(to_checksum_address(value))
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    assert isinstance(value, bool | int | str), f"{kind} is no type of a constructor argument"
    return value


def _positional(value: Argument) -> Any:
    """The reverse of `_recorded`, as a constructor takes it: a struct in its order, a list as a list."""
    match value:
        case dict():
            return tuple(_positional(item) for item in value.values())
        case tuple():
            return [_positional(item) for item in value]
    return value


def _compiler(project: LocalProject, contracts: set[str]) -> Compiler:
    """What Ape compiled these contracts with."""
    found = set()
    for compiler in project.manifest.compilers or []:
        if contracts & set(compiler.contractTypes or []):
            settings = compiler.settings or {}
            optimisation, evm_version = str(settings.get("optimize")), str(settings.get("evmVersion"))
            found.add(Compiler(compiler.name, compiler.version, evm_version, optimisation))
    if len(found) != 1:
        raise DeploymentFailed(f"The contracts should be compiled in one way, and not in {len(found)}.")
    return found.pop()
