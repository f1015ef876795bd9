# SPDX-License-Identifier: MIT
"""A chain on py-evm that answers JSON-RPC as a node does: real blocks, receipts and proofs, by code that is not ours.

Each transaction is a block. Time goes on by itself by a second a block, and by `wait`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from eth import constants
from eth.chains.base import MiningChain
from eth.consensus import ConsensusApplier, NoProofConsensus
from eth.db.atomic import AtomicDB
from eth.vm.forks import PragueVM
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address
from rlp import decode as rlp_decode
from rlp import encode as rlp_encode
from rlp.sedes import List as RlpList
from rlp.sedes import big_endian_int, binary
from trie import HexaryTrie
from trie.constants import BLANK_NODE

from nmr.chain.node import NodeError, try_each

START = 1_700_000_000
GAS_LIMIT = 60_000_000
ETHER = 10**18
_REVERT = 3
_NO_SUCH_METHOD = -32_601
_ACCOUNT = RlpList([big_endian_int, big_endian_int, binary, binary])
_HISTORY = bytes.fromhex("0000F90827F1C53a10cb7A02335B175320002935")
_HISTORY_CODE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff"
    "9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500"
)
"""Of EIP-2935."""


class EvmNode:
    """One chain. Accounts sign with their own keys; see `send`."""

    def __init__(self, chain_id: int, accounts: Iterable[LocalAccount]) -> None:
        ((_, vm),) = ConsensusApplier(NoProofConsensus).amend_vm_configuration(((0, PragueVM),))
        configured = type("Chain", (MiningChain,), {"chain_id": chain_id, "vm_configuration": ((0, vm),)})
        rich = {"balance": 10**6 * ETHER, "nonce": 0, "code": b"", "storage": {}}
        state = {bytes.fromhex(account.address[2:]): rich for account in accounts}
        state[_HISTORY] = {"balance": 0, "nonce": 1, "code": _HISTORY_CODE, "storage": {}}
        self.chain: Any = configured.from_genesis(
            AtomicDB(),
            {
                "coinbase": constants.ZERO_ADDRESS,
                "difficulty": 0,
                "extra_data": b"",
                "gas_limit": GAS_LIMIT,
                "mix_hash": constants.ZERO_HASH32,
                "nonce": bytes(8),
                "receipt_root": constants.BLANK_ROOT_HASH,
                "timestamp": START,
                "transaction_root": constants.BLANK_ROOT_HASH,
            },
            state,
        )
        self.chain_id = chain_id
        self._next = START
        self._at: dict[str, int] = {}

    # what a user does

    @property
    def now(self) -> int:
        """The time of the next block, unless `wait` moves it."""
        return max(self._next, int(self.chain.get_canonical_head().timestamp) + 1)

    def wait(self, seconds: int) -> None:
        """Let the next block be so much later."""
        self._next = self.now + seconds

    def send(self, account: LocalAccount, to: str | None, data: bytes, *, refused: bool = False) -> dict[str, Any]:
        """Put a transaction of an account into a block of its own, and give its receipt."""
        head = self.chain.get_canonical_head()
        transaction = {
            "chainId": self.chain_id,
            "nonce": self._nonce(account.address),
            "gas": 16_000_000,
            "maxFeePerGas": 10 * int(head.base_fee_per_gas) + 10,
            "maxPriorityFeePerGas": 1,
            "value": 0,
            "data": data,
            "type": 2,
            **({} if to is None else {"to": to}),
        }
        raw = bytes(account.sign_transaction(transaction).raw_transaction)
        self._mine([raw])
        receipt: dict[str, Any] = self.ask("eth_getTransactionReceipt", f"0x{keccak(raw).hex()}")
        assert (receipt["status"] == "0x0") == refused, receipt
        return receipt

    def mine(self, count: int = 1) -> None:
        """Add empty blocks."""
        for _ in range(count):
            self._mine([])

    # what a node answers

    def ask(self, method: str, *parameters: Any) -> Any:
        """The answer to one request."""
        answer = getattr(self, f"_{method}", None)
        if answer is None:
            raise NodeError(method, _NO_SUCH_METHOD, "the method does not exist")
        return answer(*parameters)

    def try_each(self, requests: Iterable[tuple[str, Sequence[Any]]]) -> Iterator[Any]:
        """The answers to many requests; an error is not raised."""
        return try_each(self, requests)

    def ask_all(self, method: str, parameters: Sequence[Sequence[Any]]) -> list[Any]:
        """The answers to many requests of a method."""
        return [self.ask(method, *each) for each in parameters]

    def _web3_clientVersion(self) -> str:  # noqa: N802 - as the method is called
        return "py-evm"

    def _eth_chainId(self) -> str:  # noqa: N802
        return hex(self.chain_id)

    def _eth_blockNumber(self) -> str:  # noqa: N802
        return hex(self.chain.get_canonical_head().block_number)

    def _eth_getBlockByNumber(self, number: str, full: bool) -> Any:  # noqa: N802
        header = self._header(number)
        return None if header is None else self._block(header, full)

    def _eth_getBlockByHash(self, block_hash: str, full: bool) -> Any:  # noqa: N802
        number = self._at.get(block_hash)
        return None if number is None else self._eth_getBlockByNumber(hex(number), full)

    def _eth_getTransactionCount(self, address: str, _: str = "latest") -> str:  # noqa: N802
        return hex(self._nonce(address))

    def _eth_getCode(self, address: str, block: str) -> str:  # noqa: N802
        return f"0x{self._state(block).get_code(bytes.fromhex(address[2:])).hex()}"

    def _eth_getStorageAt(self, address: str, slot: str, block: str) -> str:  # noqa: N802
        return f"{self._state(block).get_storage(bytes.fromhex(address[2:]), int(slot, 16)):#066x}"

    def _eth_call(self, call: Mapping[str, str], block: str = "latest") -> str:
        vm = self.chain.get_vm(self._header(block))
        computation = vm.execute_bytecode(
            origin=constants.ZERO_ADDRESS,
            gas_price=0,
            gas=30_000_000,
            to=bytes.fromhex(call["to"][2:]),
            sender=bytes.fromhex(call.get("from", "0x" + 40 * "0")[2:]),
            value=0,
            data=bytes.fromhex(call["data"][2:]),
            code=vm.state.get_code(bytes.fromhex(call["to"][2:])),
        )
        if computation.is_error:
            raise NodeError("eth_call", _REVERT, "execution reverted", f"0x{computation.output.hex()}")
        return f"0x{computation.output.hex()}"

    def _eth_getProof(self, address: str, slots: Sequence[str], block: str) -> dict[str, Any]:  # noqa: N802
        state = HexaryTrie(self.chain.chaindb.db, self._header(block).state_root)
        key = keccak(bytes.fromhex(address[2:]))
        value = state.get(key)
        empty = (0, 0, constants.BLANK_ROOT_HASH, constants.EMPTY_SHA3)
        nonce, balance, storage_root, code_hash = rlp_decode(value, _ACCOUNT) if value else empty
        storage = HexaryTrie(self.chain.chaindb.db, storage_root)
        return {
            "address": address,
            "nonce": hex(nonce),
            "balance": hex(balance),
            "codeHash": f"0x{code_hash.hex()}",
            "storageHash": f"0x{storage_root.hex()}",
            "accountProof": _nodes(state, key),
            "storageProof": [
                {
                    "key": slot,
                    "value": hex(rlp_decode(word, big_endian_int) if (word := storage.get(at)) else 0),
                    "proof": _nodes(storage, at),
                }
                for slot in slots
                for at in (keccak(int(slot, 16).to_bytes(32, "big")),)
            ],
        }

    def _eth_getLogs(self, scope: Mapping[str, Any]) -> list[dict[str, Any]]:  # noqa: N802
        wanted = {address.lower() for address in scope["address"]}
        first, last = int(scope["fromBlock"], 16), int(scope["toBlock"], 16)
        topics = [[topic] if isinstance(topic, str) else topic for topic in scope.get("topics", ())]
        return [
            log
            for number in range(first, last + 1)
            for receipt in self._receipts(number)
            for log in receipt["logs"]
            if log["address"].lower() in wanted
            and len(log["topics"]) >= len(topics)
            and all(not choices or topic in choices for topic, choices in zip(log["topics"], topics, strict=False))
        ]

    def _eth_getBlockReceipts(self, block: str) -> list[dict[str, Any]] | None:  # noqa: N802
        number = self._at.get(block) if len(block) == 66 else int(block, 16)
        return None if number is None else self._receipts(number)

    def _eth_getTransactionReceipt(self, transaction: str) -> dict[str, Any] | None:  # noqa: N802
        for number in range(self.chain.get_canonical_head().block_number, 0, -1):
            for receipt in self._receipts(number):
                if receipt["transactionHash"] == transaction:
                    return receipt
        return None

    def _eth_getTransactionByHash(self, transaction: str) -> dict[str, Any] | None:  # noqa: N802
        for number in range(self.chain.get_canonical_head().block_number, 0, -1):
            for told in self._block(self._header(hex(number)), full=True)["transactions"]:
                if told["hash"] == transaction:
                    return dict(told)
        return None

    # the chain

    def _mine(self, raw: Sequence[bytes]) -> None:
        chain = self.chain
        builder = chain.get_vm().get_transaction_builder()
        # Pending transactions see the time of the block, too. The gas limit would sink with every block.
        limit = int(chain.get_canonical_head().gas_limit)
        chain.header = chain.header.copy(timestamp=self.now, gas_limit=limit)
        # py-evm writes the hash of the parent (EIP-2935) into blocks that it imports, and not into those that it mines.
        vm = chain.get_vm()
        vm.block_preprocessing(vm.get_block())
        chain.header = chain.header.copy(state_root=vm.state.make_state_root())
        vm.state.persist()
        for each in raw:
            chain.apply_transaction(builder.decode(each))
        block = chain.mine_block()
        self._at[f"0x{block.hash.hex()}"] = int(block.number)

    def _header(self, block: str) -> Any:
        head = self.chain.get_canonical_head()
        if block in ("latest", "pending"):
            return head
        number = int(block, 16)
        return None if number > head.block_number else self.chain.get_canonical_block_header_by_number(number)

    def _state(self, block: str) -> Any:
        return self.chain.get_vm(self._header(block)).state

    def _nonce(self, address: str) -> int:
        return int(self._state("latest").get_nonce(bytes.fromhex(address[2:])))

    def _block(self, header: Any, full: bool) -> dict[str, Any]:
        block = self.chain.get_block_by_header(header)
        at = {"blockNumber": hex(header.block_number), "blockHash": f"0x{header.hash.hex()}"}
        return {
            "number": hex(header.block_number),
            "hash": f"0x{header.hash.hex()}",
            "parentHash": f"0x{header.parent_hash.hex()}",
            "sha3Uncles": f"0x{header.uncles_hash.hex()}",
            "miner": f"0x{header.coinbase.hex()}",
            "stateRoot": f"0x{header.state_root.hex()}",
            "transactionsRoot": f"0x{header.transaction_root.hex()}",
            "receiptsRoot": f"0x{header.receipt_root.hex()}",
            "logsBloom": f"0x{header.bloom:0512x}",
            "difficulty": hex(header.difficulty),
            "gasLimit": hex(header.gas_limit),
            "gasUsed": hex(header.gas_used),
            "timestamp": hex(header.timestamp),
            "extraData": f"0x{header.extra_data.hex()}",
            "mixHash": f"0x{header.mix_hash.hex()}",
            "nonce": f"0x{header.nonce.hex()}",
            "baseFeePerGas": hex(header.base_fee_per_gas),
            "withdrawalsRoot": f"0x{header.withdrawals_root.hex()}",
            "blobGasUsed": hex(header.blob_gas_used),
            "excessBlobGas": hex(header.excess_blob_gas),
            "parentBeaconBlockRoot": f"0x{header.parent_beacon_block_root.hex()}",
            "requestsHash": f"0x{header.requests_hash.hex()}",
            "transactions": [
                {**_transaction(each), **at} if full else f"0x{each.hash.hex()}" for each in block.transactions
            ],
        }

    def _receipts(self, number: int) -> list[dict[str, Any]]:
        header = self._header(hex(number))
        block = self.chain.get_block_by_header(header)
        at = {"blockNumber": hex(number), "blockHash": f"0x{header.hash.hex()}"}
        receipts, index, used = [], 0, 0
        for transaction, receipt in zip(block.transactions, block.get_receipts(self.chain.chaindb), strict=True):
            logs = []
            for log in receipt.logs:
                logs.append(
                    {
                        "address": f"0x{log.address.hex()}",
                        "topics": [f"{topic:#066x}" for topic in log.topics],
                        "data": f"0x{log.data.hex()}",
                        "logIndex": hex(index),
                        "transactionHash": f"0x{transaction.hash.hex()}",
                        **at,
                    }
                )
                index += 1
            receipts.append(
                {
                    "type": hex(transaction.type_id),
                    "status": hex(int.from_bytes(receipt.state_root, "big")),
                    "cumulativeGasUsed": hex(receipt.gas_used),
                    "gasUsed": hex(receipt.gas_used - used),
                    "logsBloom": f"0x{receipt.bloom:0512x}",
                    "logs": logs,
                    "transactionHash": f"0x{transaction.hash.hex()}",
                    "contractAddress": None if transaction.to else _created(transaction),
                    **at,
                }
            )
            used = receipt.gas_used
        return receipts


def account(number: int) -> LocalAccount:
    """An account whose key is its number."""
    signer: LocalAccount = Account.from_key(number.to_bytes(32, "big"))
    return signer


def _transaction(transaction: Any) -> dict[str, Any]:
    """A transaction of EIP-1559, such as `send` signs, as a node tells it."""
    return {
        "hash": f"0x{transaction.hash.hex()}",
        "type": hex(transaction.type_id),
        "chainId": hex(transaction.chain_id),
        "from": to_checksum_address(transaction.sender),
        "nonce": hex(transaction.nonce),
        "gas": hex(transaction.gas),
        "maxFeePerGas": hex(transaction.max_fee_per_gas),
        "maxPriorityFeePerGas": hex(transaction.max_priority_fee_per_gas),
        "to": to_checksum_address(transaction.to) if transaction.to else None,
        "value": hex(transaction.value),
        "input": f"0x{transaction.data.hex()}",
        "accessList": [],
        "yParity": hex(transaction.y_parity),
        "v": hex(transaction.y_parity),
        "r": hex(transaction.r),
        "s": hex(transaction.s),
    }


def _created(transaction: Any) -> str:
    serialised = rlp_encode([transaction.sender, transaction.nonce])
    return str(to_checksum_address(keccak(serialised)[12:]))


def _nodes(trie: HexaryTrie, key: bytes) -> list[str]:
    return [f"0x{rlp_encode(node).hex()}" for node in trie.get_proof(key) if node != BLANK_NODE]
