# SPDX-License-Identifier: MIT
"""Headers of blocks as a node tells them, and whether they are what their hash says.

Supported are the formats of Ethereum up to Prague, which most other chains use too: a header of London and before has
15 or 16 fields, of Shanghai 17, of Cancun 20, of Prague 21. A header of any other format has another hash than the one
computed here, and so is not shown to be true.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from eth_hash.auto import keccak

from nmr.chain import rlp
from nmr.chain.words import Malformed, data_of, hash_of, number_of

FORMATS: Final = "Ethereum's up to Prague"
"""The formats of headers that are supported, for a sentence."""

_Reader: TypeAlias = Callable[[Any], bytes | int]
_FIELDS: Final[dict[str, _Reader]] = {
    "parentHash": data_of,
    "sha3Uncles": data_of,
    "miner": data_of,
    "stateRoot": data_of,
    "transactionsRoot": data_of,
    "receiptsRoot": data_of,
    "logsBloom": data_of,
    "difficulty": number_of,
    "number": number_of,
    "gasLimit": number_of,
    "gasUsed": number_of,
    "timestamp": number_of,
    "extraData": data_of,
    "mixHash": data_of,
    "nonce": data_of,
}
_LATER: Final[tuple[dict[str, _Reader], ...]] = (
    {"baseFeePerGas": number_of},
    {"withdrawalsRoot": data_of},
    {"blobGasUsed": number_of, "excessBlobGas": number_of, "parentBeaconBlockRoot": data_of},
    {"requestsHash": data_of},
)
"""What London, Shanghai, Cancun and Prague added, in their order."""


class Roots(NamedTuple):
    """What a header commits to beside its number and time; all are 32 bytes."""

    parent: bytes
    state: bytes
    transactions: bytes
    receipts: bytes


class Header(NamedTuple):
    """A block as a node tells it.

    Attributes:
        number: the block's.
        hash: its hash as hex.
        timestamp: unix seconds.
        roots: what the header commits to, if the header has this hash; None if that was not shown.
    """

    number: int
    hash: str
    timestamp: int
    roots: Roots | None = None

    @classmethod
    def of_json(cls, block: Any) -> "Header":
        """A block as JSON-RPC has it.

        Raises:
            Malformed: number, hash or time are missing, or are none.
        """
        if not isinstance(block, Mapping):
            raise Malformed("a block is no object")
        number, hashed, timestamp = (
            number_of(block.get("number")),
            hash_of(block.get("hash")),
            number_of(block.get("timestamp")),
        )
        try:
            serialised = serialise(block)
        except Malformed:
            return cls(number, f"0x{hashed.hex()}", timestamp)
        if keccak(serialised) != hashed:
            return cls(number, f"0x{hashed.hex()}", timestamp)
        fields = ("parentHash", "stateRoot", "transactionsRoot", "receiptsRoot")
        return cls(number, f"0x{hashed.hex()}", timestamp, Roots(*(hash_of(block[name]) for name in fields)))


def serialise(block: Mapping[str, Any]) -> bytes:
    """The bytes whose hash is that of a block, from JSON; with as many of the later fields as it has.

    Raises:
        Malformed: a field is missing, or is none of its kind.
    """
    fields = dict(_FIELDS)
    for added in _LATER:
        if not all(block.get(name) is not None for name in added):
            break
        fields |= added
    values = [read(block.get(name)) for name, read in fields.items()]
    return rlp.encode([value if isinstance(value, bytes) else rlp.minimal(value) for value in values])
