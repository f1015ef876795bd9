# SPDX-License-Identifier: MIT
"""The record of a deployment: what was deployed where, from what, and by which transactions.

A record is a JSON file, `deployments/<ecosystem>/<network>.json`. Integers beyond 2**53, which not every reader of
JSON takes exactly, are strings of decimal digits. It has no room for an address of an RPC server.
"""

import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

from eth_hash.auto import keccak

from nmr.errors import NmrError
from nmr.text.addresses import is_checksummed
from nmr.text.files import make_folder, read_up_to, write_whole

FORMAT: Final = "nmr deployment"
VERSION: Final = 1
LOCAL_CHAINS: Final = (1_337, 31_337)
"""Ids of chains on which nothing is at stake, and the contracts take an hour shorter than an hour."""
FOLDER_VARIABLE: Final = "NMR_DEPLOYMENTS"
"""The environment variable that names another folder of records."""
LARGEST_RECORD: Final = 4 * 2**20
"""Bytes of a record; one of a suite has 20,000."""
LARGEST_NUMBER: Final = 2**53
"""The largest integer that is written as a JSON number."""

Argument: TypeAlias = "bool | int | str | tuple[Argument, ...] | dict[str, Argument]"
"""A constructor argument: addresses and bytes are hex strings, a struct is a dict by its fields' names."""

_DIGITS: Final = re.compile(r"-?[1-9][0-9]*", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.+-]*", re.ASCII)
_HASH: Final = re.compile(r"0x[0-9a-f]{64}", re.ASCII)
_KINDS: Final[dict[str, Callable[[Any], bool]]] = {
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "positive integer": lambda value: _KINDS["integer"](value) and value > 0,
    "natural number": lambda value: _KINDS["integer"](value) and value >= 0,
    "name": lambda value: isinstance(value, str) and _NAME.fullmatch(value) is not None,
    "hash": lambda value: isinstance(value, str) and _HASH.fullmatch(value) is not None,
    "checksummed address": lambda value: isinstance(value, str) and is_checksummed(value),
    "list": lambda value: isinstance(value, tuple),
    "object": lambda value: isinstance(value, dict),
}
"""What a value may be, in the words of a message."""
Name: TypeAlias = Annotated[str, "name"]
Number: TypeAlias = Annotated[int, "natural number"]
Hash: TypeAlias = Annotated[str, "hash"]
Address: TypeAlias = Annotated[str, "checksummed address"]

_ONCE: Final = ("Timelock", "Treasury", "Numeraire", "TermsCheck", "Lens")


class RecordInvalid(NmrError, ValueError):
    """Not a deployment record, or one that contradicts itself."""


class RecordFileError(NmrError, OSError):
    """A record's file that cannot be read or written."""


class RecordMissing(RecordFileError, FileNotFoundError):
    """There is no file where the record should be."""


@dataclass(frozen=True)
class Compiler:
    """What compiled the contracts, all with the same settings."""

    name: Name
    version: Name
    evm_version: Name
    optimisation: Name


@dataclass(frozen=True)
class PartRecord:
    """One deployed contract.

    Attributes:
        contract: its name in the sources.
        address: where it is, checksummed.
        transaction: hash of the transaction that created it.
        block: number of the block of that transaction.
        arguments: what its constructor was given, by name and in order.
        code_hash: keccak of the runtime code on the chain, immutables included.
    """

    contract: Name
    address: Address
    transaction: Hash
    block: Number
    arguments: Annotated[dict[str, Argument], "object"]
    code_hash: Hash

    def number(self, argument: str) -> int:
        """A constructor argument that is an integer.

        Raises:
            RecordInvalid: there is none, or it is something else.
        """
        return int(self._given(argument, "integer"))

    def address_of(self, argument: str) -> str:
        """A constructor argument that is an address. Raises as `number` does."""
        return str(self._given(argument, "checksummed address"))

    def numbers(self, argument: str) -> tuple[int, ...]:
        """A constructor argument that is a list of integers. Raises as `number` does."""
        return self._items(argument, "integer")

    def addresses(self, argument: str) -> tuple[str, ...]:
        """A constructor argument that is a list of addresses. Raises as `number` does."""
        return self._items(argument, "checksummed address")

    def struct(self, argument: str) -> dict[str, Argument]:
        """A constructor argument that is a struct. Raises as `number` does."""
        return dict(self._given(argument, "object"))

    def structs(self, argument: str) -> tuple[dict[str, Argument], ...]:
        """A constructor argument that is a list of structs. Raises as `number` does."""
        return tuple(dict(item) for item in self._items(argument, "object"))

    def _items(self, argument: str, kind: str) -> tuple[Any, ...]:
        what = f"{argument} of {self.contract}"
        return tuple(_checked(item, kind, what) for item in self._given(argument, "list"))

    def _given(self, argument: str, kind: str) -> Any:
        if argument not in self.arguments:
            raise RecordInvalid(f"{self.contract} lacks the constructor argument {argument}")
        return _checked(self.arguments[argument], kind, f"{argument} of {self.contract}")


@dataclass(frozen=True)
class Record:
    """A deployed suite: one timelock, treasury, token, terms check and lens, any number of tournaments, and others.

    Attributes:
        chain_id: the chain's id (EIP-155).
        ecosystem: Ape's name of the ecosystem, such as `ethereum`.
        network: Ape's name of the network, such as `mainnet`.
        deployer: who sent the transactions.
        first_block: the first block that can hold an event of the suite.
        compiler: what compiled it.
        parts: by name, in the order of deployment.

    Raises:
        RecordInvalid: a value that a record cannot have.
    """

    chain_id: Annotated[int, "positive integer"]
    ecosystem: Name
    network: Name
    deployer: Address
    first_block: Number
    compiler: Compiler
    parts: dict[str, PartRecord]

    def __post_init__(self) -> None:
        _check_fields(self, "the record")
        _check_fields(self.compiler, "the compiler")
        for name, part in self.parts.items():
            _checked(name, "name", "a part's name")
            _check_fields(part, name)
            for argument, value in part.arguments.items():
                _check_argument(value, f"{argument} of {name}")
        for contract in _ONCE:
            count = sum(part.contract == contract for part in self.parts.values())
            _require(count == 1, f"it has {count} parts that are a {contract}, not one")
        different = len({part.address for part in self.parts.values()})
        _require(different == len(self.parts), "two parts have the same address")
        first = min(part.block for part in self.parts.values())
        _require(self.first_block == first, f"the first block is not {first}, of its first part")

    def only(self, contract: str) -> tuple[str, PartRecord]:
        """Name and record of the one part that is a Timelock, Treasury, Numeraire, TermsCheck or Lens."""
        [(name, part)] = [(name, part) for name, part in self.parts.items() if part.contract == contract]
        return name, part

    @property
    def tournaments(self) -> dict[str, PartRecord]:
        """The tournaments by name."""
        return {name: part for name, part in self.parts.items() if part.contract == "Tournament"}


def hash_of(code: bytes) -> str:
    """The hash by which a record knows runtime code: keccak, as hex."""
    return "0x" + keccak(code).hex()


def record_folder(project: Path) -> Path:
    """Where records are: `deployments` in the project, unless the environment variable `NMR_DEPLOYMENTS` says other."""
    return Path(os.environ.get(FOLDER_VARIABLE) or project / "deployments")


def record_path(folder: Path, ecosystem: str, network: str) -> Path:
    """Where the record of a network belongs below the folder `deployments`."""
    return folder / ecosystem / f"{network}.json"


def write_record(record: Record, path: Path) -> None:
    """Write a record, in place of what the file held before or not at all. Folders are created.

    Raises:
        RecordInvalid: it would not be read back as it is.
        RecordFileError: the file cannot be written.
    """
    text = json.dumps(plain_record(record), indent=2) + "\n"
    _require(_decode(text) == record, "the record would not be read back as it is")
    try:
        make_folder(path.parent)
        write_whole(path, text.encode())
    except OSError as error:
        raise RecordFileError(f"The deployment record {path} cannot be written: {error.strerror}.") from error


def plain_record(record: Record) -> dict[str, Any]:
    """A record as its file has it, as values of JSON."""
    content: dict[str, Any] = _encode({"format": FORMAT, "version": VERSION, **asdict(record)})
    return content


def read_record(path: Path) -> Record:
    """Read a record.

    Raises:
        RecordMissing: there is no such file.
        RecordFileError: the file cannot be read.
        RecordInvalid: it is not a record, or one that contradicts itself.
    """
    try:
        content = read_up_to(path, LARGEST_RECORD)
    except FileNotFoundError as error:
        raise RecordMissing(f"There is no deployment record {path}.") from error
    except OSError as error:
        raise RecordFileError(f"The deployment record {path} cannot be read: {error.strerror}.") from error
    if len(content) > LARGEST_RECORD:
        raise RecordInvalid(f"{path} is not a deployment record: it is larger than {LARGEST_RECORD >> 20} MiB.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RecordInvalid(f"{path} is not a deployment record: it is not text.") from error
    try:
        return _decode(text)
    except RecordInvalid as error:
        raise RecordInvalid(f"{path} is not a valid deployment record: {error}.") from error


def _encode(value: Any) -> Any:
    """The same, with integers that not every reader of JSON takes as strings."""
    if isinstance(value, dict):
        return {name: _encode(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    return str(value) if isinstance(value, int) and abs(value) > LARGEST_NUMBER else value


def _decode(text: str) -> Record:
    try:
        content = _argument(json.loads(text, object_pairs_hook=_pairs, parse_float=_no_float, parse_constant=_no_float))
    except RecordInvalid:
        raise
    except (ValueError, RecursionError) as error:
        raise RecordInvalid("it is not JSON") from error
    if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
        raise RecordInvalid("it is some other file")
    version = _checked(content.pop("version", None), "integer", "its version")
    _require(version == VERSION, f"its version is {version}, and this release reads {VERSION}")
    record = _fields(Record, content, "the record")
    parts = _checked(record["parts"], "object", "the value of parts")
    record["compiler"] = Compiler(**_fields(Compiler, record["compiler"], "the compiler"))
    record["parts"] = {
        name: PartRecord(**_fields(PartRecord, part, f"the part {name!r}")) for name, part in parts.items()
    }
    return Record(**record)


def _argument(value: Any) -> Argument:
    """The value of parsed JSON, with lists as tuples and long decimal strings as the integers they stand for."""
    match value:
        case dict():
            return {name: _argument(item) for name, item in value.items()}
        case list():
            return tuple(_argument(item) for item in value)
        case str() if _DIGITS.fullmatch(value) and abs(int(value)) > LARGEST_NUMBER:
            return int(value)
        case str() | int():
            return value
    raise RecordInvalid("it holds null")


def _fields(kind: type, value: Any, what: str) -> dict[str, Any]:
    """The fields of a dataclass out of an object of JSON, all of them and no other."""
    names = {field.name for field in fields(kind)}
    for name in sorted(names - set(_checked(value, "object", what))):
        raise RecordInvalid(f"{what} lacks {name!r}")
    for name in sorted(set(value) - names):
        raise RecordInvalid(f"{what} has {name!r}, which is unknown")
    return dict(value)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    for name in names:
        _require(names.count(name) == 1, f"it has {name!r} twice")
    return dict(pairs)


def _no_float(text: str) -> None:
    raise RecordInvalid(f"it holds {text}, which is no integer")


def _check_fields(value: Any, what: str) -> None:
    """Make sure that the fields of a dataclass are of the kinds that their types are annotated with."""
    for field in fields(value):
        for kind in getattr(field.type, "__metadata__", ()):
            _checked(getattr(value, field.name), kind, f"the {field.name.replace('_', ' ')} of {what}")


def _check_argument(value: object, what: str) -> None:
    match value:
        case bool() | int():
            pass
        case str():
            _checked(value, "name", what)
        case tuple():
            for item in value:
                _check_argument(item, what)
        case dict():
            for name, item in value.items():
                _check_argument(item, f"{name} of {what}")
        case _:
            raise RecordInvalid(f"{what} is of the type {type(value).__name__}, which a record cannot hold")


def _checked(value: Any, kind: str, what: str) -> Any:
    """The value, if it is of a kind."""
    _require(_KINDS[kind](value), f"{what} is no {kind}: {value!r}")
    return value


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise RecordInvalid(reason)
