# SPDX-License-Identifier: MIT
"""Headers, transactions and receipts are serialised as py-evm and eth-account do it, whatever the fork or the type."""

from typing import Any

import pytest
from eth.rlp.headers import BlockHeader as FrontierHeader
from eth.rlp.logs import Log
from eth.rlp.receipts import Receipt as PyReceipt
from eth.vm.forks.cancun.blocks import CancunBlockHeader
from eth.vm.forks.london.blocks import LondonBlockHeader
from eth.vm.forks.prague.blocks import PragueBlockHeader
from eth.vm.forks.shanghai.blocks import ShanghaiBlockHeader
from eth_account import Account
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st
from rlp import encode as py_encode

from nmr.chain.headers import Header, Roots
from nmr.chain.receipts import receipt_of, transaction_of
from nmr.chain.words import Malformed

HASHES = st.binary(min_size=32, max_size=32)
ADDRESSES = st.binary(min_size=20, max_size=20)
NUMBERS = st.integers(0, 2**64 - 1)
FORKS = {
    FrontierHeader: {},
    LondonBlockHeader: {"base_fee_per_gas": NUMBERS},
    ShanghaiBlockHeader: {"withdrawals_root": HASHES},
    CancunBlockHeader: {"blob_gas_used": NUMBERS, "excess_blob_gas": NUMBERS, "parent_beacon_block_root": HASHES},
    PragueBlockHeader: {"requests_hash": HASHES},
}
NAMES = {
    "parent_hash": "parentHash",
    "uncles_hash": "sha3Uncles",
    "coinbase": "miner",
    "state_root": "stateRoot",
    "transaction_root": "transactionsRoot",
    "receipt_root": "receiptsRoot",
    "bloom": "logsBloom",
    "difficulty": "difficulty",
    "block_number": "number",
    "gas_limit": "gasLimit",
    "gas_used": "gasUsed",
    "timestamp": "timestamp",
    "extra_data": "extraData",
    "mix_hash": "mixHash",
    "nonce": "nonce",
    "base_fee_per_gas": "baseFeePerGas",
    "withdrawals_root": "withdrawalsRoot",
    "blob_gas_used": "blobGasUsed",
    "excess_blob_gas": "excessBlobGas",
    "parent_beacon_block_root": "parentBeaconBlockRoot",
    "requests_hash": "requestsHash",
}
"""By py-evm's names, those of JSON-RPC."""


def as_json(name: str, value: Any) -> str:
    if name == "bloom":
        return f"0x{value:0512x}"
    return hex(value) if isinstance(value, int) else f"0x{value.hex()}"


@st.composite
def blocks(draw: st.DrawFn) -> tuple[Any, dict[str, Any]]:
    """A header of some fork as py-evm has it, and as a node tells it."""
    forks = list(FORKS)
    fork = draw(st.sampled_from(forks))
    fields: dict[str, Any] = {
        "difficulty": draw(NUMBERS),
        "block_number": draw(NUMBERS),
        "gas_limit": draw(NUMBERS),
        "timestamp": draw(NUMBERS),
        "coinbase": draw(ADDRESSES),
        "parent_hash": draw(HASHES),
        "uncles_hash": draw(HASHES),
        "state_root": draw(HASHES),
        "transaction_root": draw(HASHES),
        "receipt_root": draw(HASHES),
        "bloom": draw(st.integers(0, 2**2048 - 1)),
        "gas_used": draw(NUMBERS),
        "extra_data": draw(st.binary(max_size=32)),
        "mix_hash": draw(HASHES),
        "nonce": draw(st.binary(min_size=8, max_size=8)),
    }
    for each in forks[: forks.index(fork) + 1]:
        fields |= {name: draw(values) for name, values in FORKS[each].items()}
    header = fork(**fields)
    block = {NAMES[name]: as_json(name, value) for name, value in fields.items()}
    return header, {**block, "hash": f"0x{header.hash.hex()}", "size": "0x1", "uncles": []}


@given(blocks())
def test_header__of_every_fork__is_what_its_hash_says(built: tuple[Any, dict[str, Any]]) -> None:
    header, block = built
    found = Header.of_json(block)
    roots = Roots(header.parent_hash, header.state_root, header.transaction_root, header.receipt_root)
    assert found == (header.block_number, block["hash"], header.timestamp, roots)


@given(blocks(), st.data())
def test_header__with_a_field_changed__is_not_shown(built: tuple[Any, dict[str, Any]], data: st.DataObject) -> None:
    _, block = built
    changed = data.draw(st.sampled_from([name for name in NAMES.values() if name in block]))
    last = block[changed][-1]
    other = f"{block[changed][:-1]}{'1' if last == '0' else '0'}" if len(block[changed]) > 2 else "0x01"
    assert Header.of_json({**block, changed: other}).roots is None


@given(blocks(), st.data())
def test_header__of_another_format__is_not_shown(built: tuple[Any, dict[str, Any]], data: st.DataObject) -> None:
    header, block = built
    serialised = [*(getattr(header, name) for name in NAMES if hasattr(header, name)), b"one more field"]
    serialised[6] = header.bloom.to_bytes(256, "big")
    found = Header.of_json({**block, "hash": f"0x{keccak(py_encode(serialised)).hex()}", "l1BlockNumber": "0x1"})
    assert found.roots is None
    assert found.number == header.block_number


@pytest.mark.parametrize(
    ("block", "problem"),
    [
        (None, "a block is no object"),
        ([], "a block is no object"),
        ({}, "nothing is no quantity"),
        ({"number": "0x1", "hash": "0x12", "timestamp": "0x0"}, "'0x12' is no hash"),
        ({"number": "0x1", "hash": f"0x{64 * '0'}"}, "nothing is no quantity"),
        ({"number": "1", "hash": f"0x{64 * '0'}", "timestamp": "0x0"}, "'1' is no quantity"),
        ({"number": 1, "hash": f"0x{64 * '0'}", "timestamp": "0x0"}, "a value of the type int is no quantity"),
        ({"number": f"0x{65 * '1'}", "hash": f"0x{64 * '0'}", "timestamp": "0x0"}, "is no quantity"),
    ],
)
def test_header__no_block__is_one_sentence(block: Any, problem: str) -> None:
    with pytest.raises(Malformed, match=problem):
        Header.of_json(block)


@given(
    st.integers(0, 4),
    st.integers(0, 1),
    NUMBERS,
    st.lists(
        st.tuples(ADDRESSES, st.lists(st.integers(0, 2**256 - 1), max_size=4), st.binary(max_size=80)), max_size=4
    ),
)
def test_receipt__of_every_type__as_py_evm(
    kind: int, status: int, gas: int, logs: list[tuple[bytes, list[int], bytes]]
) -> None:
    made = PyReceipt(b"\1" * status, gas, [Log(address, topics, data) for address, topics, data in logs])
    told = {
        "type": hex(kind),
        "status": hex(status),
        "cumulativeGasUsed": hex(gas),
        "logsBloom": f"0x{made.bloom:0512x}",
        "transactionHash": f"0x{64 * '5'}",
        "logs": [
            {
                "address": f"0x{address.hex()}",
                "topics": [f"{topic:#066x}" for topic in topics],
                "data": f"0x{data.hex()}",
            }
            for address, topics, data in logs
        ],
    }
    found = receipt_of(told)
    assert found.serialised == (bytes([kind]) if kind else b"") + py_encode(made)
    assert [
        (log.address, [int.from_bytes(topic, "big") for topic in log.topics], log.data) for log in found.logs
    ] == logs


def test_receipt__of_before_byzantium__has_a_root() -> None:
    made = PyReceipt(32 * b"\7", 21_000, [])
    told = {
        "root": f"0x{32 * '07'}",
        "cumulativeGasUsed": "0x5208",
        "logsBloom": f"0x{512 * '0'}",
        "transactionHash": f"0x{64 * '5'}",
        "logs": [],
    }
    assert receipt_of(told).serialised == py_encode(made)


KEY = "0x" + 64 * "1"
TO = "0x" + 40 * "2"
ACCESS = [{"address": TO, "storageKeys": [f"0x{63 * '0'}7"]}]
COMMON = {"nonce": 7, "gas": 100_000, "to": TO, "value": 5, "data": "0x00ff", "chainId": 31_337}
FEES = {"maxFeePerGas": 2 * 10**9, "maxPriorityFeePerGas": 1}
DELEGATED = Account.sign_authorization({"chainId": 31_337, "address": TO, "nonce": 0}, KEY)
TRANSACTIONS = {
    "legacy": {**COMMON, "gasPrice": 10**9},
    "legacy, any chain": {**{name: each for name, each in COMMON.items() if name != "chainId"}, "gasPrice": 10**9},
    "creation": {**{name: each for name, each in COMMON.items() if name != "to"}, "gasPrice": 10**9, "to": ""},
    "EIP-2930": {**COMMON, "gasPrice": 10**9, "accessList": ACCESS, "type": 1},
    "EIP-1559": {**COMMON, **FEES, "type": 2},
    "EIP-1559, access": {**COMMON, **FEES, "accessList": ACCESS, "type": 2},
    "EIP-4844": {**COMMON, **FEES, "maxFeePerBlobGas": 3, "blobVersionedHashes": [f"0x01{62 * '3'}"], "type": 3},
    "EIP-7702": {**COMMON, **FEES, "authorizationList": [DELEGATED], "type": 4},
}


def told_of(transaction: dict[str, Any], signed: Any) -> dict[str, Any]:
    """A transaction as a node tells it."""
    told: dict[str, Any] = {
        "hash": f"0x{signed.hash.hex()}",
        "type": hex(transaction.get("type", 0)),
        "to": transaction["to"] or None,
        "input": transaction["data"],
        "v": hex(signed.v),
        "r": hex(signed.r),
        "s": hex(signed.s),
    }
    for name in ("nonce", "gas", "value", "gasPrice", "chainId", "maxFeePerBlobGas", *FEES):
        if name in transaction:
            told[name] = hex(transaction[name])
    if "type" in transaction:
        told["yParity"] = hex(signed.v)
        told["accessList"] = transaction.get("accessList", [])
        told["blobVersionedHashes"] = transaction.get("blobVersionedHashes", [])
    if transaction.get("type") == 4:
        told["authorizationList"] = [
            {
                "chainId": hex(each.chain_id),
                "address": f"0x{each.address.hex()}",
                "nonce": hex(each.nonce),
                "yParity": hex(each.y_parity),
                "r": hex(each.r),
                "s": hex(each.s),
            }
            for each in transaction["authorizationList"]
        ]
    return told


@pytest.mark.parametrize("transaction", TRANSACTIONS.values(), ids=TRANSACTIONS)
def test_transaction__of_every_type__is_what_its_hash_says(transaction: dict[str, Any]) -> None:
    signed = Account.sign_transaction(transaction, KEY)
    serialised = transaction_of(told_of(transaction, signed))
    assert serialised == bytes(signed.raw_transaction)
    assert keccak(serialised) == bytes(signed.hash)


def test_transaction__of_another_chains_type__is_refused() -> None:
    with pytest.raises(Malformed, match="type 0x7e of a transaction is none of Ethereum's up to Prague"):
        transaction_of({"type": "0x7e"})
    with pytest.raises(Malformed, match="type 0x7e of a transaction"):
        receipt_of({"type": "0x7e", "logs": []})


@pytest.mark.parametrize("value", [None, 7, "0x", [], {}, {"logs": 1}, {"logs": [1]}, {"logs": [{"topics": ["0x1"]}]}])
def test_receipt__no_receipt__is_one_sentence(value: Any) -> None:
    with pytest.raises(Malformed):
        receipt_of(value)
    with pytest.raises(Malformed):
        transaction_of(value)
