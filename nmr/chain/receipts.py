# SPDX-License-Identifier: MIT
"""Transactions and receipts as a node tells them, serialised as a block's roots commit to them.

Supported are the types of Ethereum up to Prague, 0 to 4; those that other chains add are refused.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from nmr.chain import rlp
from nmr.chain.words import Malformed, address_of, data_of, hash_of, list_of, number_of, object_of

TYPES: Final = range(5)
"""Legacy, EIP-2930, EIP-1559, EIP-4844, EIP-7702."""


class ReceiptLog(NamedTuple):
    """A log of a receipt: address and topics as bytes, and its data."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


class SerialisedReceipt(NamedTuple):
    """What became of a transaction.

    Attributes:
        transaction: the transaction's hash, as the node says: the receipt does not commit to it.
        logs: in their order.
        serialised: what the receipts' root of the block commits to.
    """

    transaction: bytes
    logs: tuple[ReceiptLog, ...]
    serialised: bytes


def receipt_of(value: Any) -> SerialisedReceipt:
    """A receipt as JSON-RPC has it.

    Raises:
        Malformed: it is none, or of a type that is not supported.
    """
    receipt = object_of(value)
    kind = _type_of(receipt)
    logs = tuple(_log(each) for each in list_of(receipt.get("logs")))
    fields: list[object] = [
        data_of(receipt["root"]) if receipt.get("root") is not None else rlp.minimal(number_of(receipt.get("status"))),
        rlp.minimal(number_of(receipt.get("cumulativeGasUsed"))),
        data_of(receipt.get("logsBloom")),
        [[log.address, list(log.topics), log.data] for log in logs],
    ]
    return SerialisedReceipt(hash_of(receipt.get("transactionHash")), logs, _typed(kind, fields))


def transaction_of(value: Any) -> bytes:
    """A signed transaction as JSON-RPC has it, serialised: its hash is the transaction's.

    Raises:
        Malformed: it is none, or of a type that is not supported.
    """
    transaction = object_of(value)
    kind = _type_of(transaction)

    def numbers(*names: str) -> list[object]:
        return [rlp.minimal(number_of(transaction.get(name))) for name in names]

    to = transaction.get("to")
    receiver = b"" if to is None else address_of(to)
    call: list[object] = [receiver, *numbers("value"), data_of(transaction.get("input"))]
    if kind == 0:
        return _typed(kind, [*numbers("nonce", "gasPrice", "gas"), *call, *numbers("v", "r", "s")])
    fees = ("gasPrice",) if kind == 1 else ("maxPriorityFeePerGas", "maxFeePerGas")
    fields = [*numbers("chainId", "nonce", *fees, "gas"), *call, _access_list(transaction)]
    if kind == 3:
        hashes: list[object] = [hash_of(each) for each in list_of(transaction.get("blobVersionedHashes"))]
        fields += [*numbers("maxFeePerBlobGas"), hashes]
    if kind == 4:
        fields.append([_authorisation(each) for each in list_of(transaction.get("authorizationList"))])
    parity = "yParity" if transaction.get("yParity") is not None else "v"
    return _typed(kind, [*fields, *numbers(parity, "r", "s")])


def _log(value: Any) -> ReceiptLog:
    log = object_of(value)
    topics = tuple(hash_of(topic) for topic in list_of(log.get("topics")))
    return ReceiptLog(address_of(log.get("address")), topics, data_of(log.get("data")))


def _access_list(transaction: Mapping[str, Any]) -> list[object]:
    return [
        [
            address_of(object_of(entry).get("address")),
            [hash_of(key) for key in list_of(object_of(entry).get("storageKeys"))],
        ]
        for entry in list_of(transaction.get("accessList"))
    ]


def _authorisation(value: Any) -> list[object]:
    entry = object_of(value)

    def number(name: str) -> bytes:
        return rlp.minimal(number_of(entry.get(name)))

    parity = "yParity" if entry.get("yParity") is not None else "v"
    return [number("chainId"), address_of(entry.get("address")), number("nonce"), *map(number, (parity, "r", "s"))]


def _type_of(value: Mapping[str, Any]) -> int:
    kind = number_of(value.get("type", "0x0"))
    if kind not in TYPES:
        raise Malformed(f"type {kind:#x} of a transaction is none of Ethereum's up to Prague")
    return kind


def _typed(kind: int, fields: Sequence[object]) -> bytes:
    return (bytes([kind]) if kind else b"") + rlp.encode(fields)
