# SPDX-License-Identifier: MIT
"""The chain that Ape is connected to, as JSON-RPC: a node by HTTP, or the chain in this process."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from ape.api import ProviderAPI
from ape.exceptions import ApeException
from web3.exceptions import Web3Exception

from nmr.chain.node import NO_SUCH_METHOD, Node, NodeError, Rpc, ask_all, data, quantity, try_each

EMBEDDED: Final = "test"
"""Ape's name for the chain in this process, where nobody types commands one after another."""

_REVERTED: Final = 3
_AT_BLOCK: Final = frozenset(
    {"eth_call", "eth_getCode", "eth_getStorageAt", "eth_getBalance", "eth_getTransactionCount"}
)
"""Methods whose last parameter is a block."""


def rpc_of(provider: ProviderAPI) -> Rpc:
    """What answers JSON-RPC for a provider."""
    if provider.name == EMBEDDED:
        return EmbeddedRpc(provider)
    uri = getattr(provider, "http_uri", None)
    return Node(str(uri)) if uri else ProviderRpc(provider)


class ProviderRpc:
    """A node that Ape reaches without HTTP, one request at a time."""

    def __init__(self, provider: ProviderAPI) -> None:
        self._provider = provider

    def ask(self, method: str, *parameters: Any) -> Any:
        """The answer to one request. Raises `NodeError`."""
        try:
            return self._provider.make_request(method, list(parameters))
        except (ApeException, Web3Exception, ValueError) as error:
            raise NodeError(method, 0, str(error)) from error

    def ask_all(self, method: str, parameters: Sequence[Sequence[Any]]) -> list[Any]:
        """The answers to many requests of a method, in their order. Raises `NodeError`."""
        return ask_all(self, method, parameters)

    def try_each(self, requests: Iterable[tuple[str, Sequence[Any]]]) -> Iterator[Any]:
        """The answers to many requests, in their order; an answer that is an error is a `NodeError`, not raised."""
        return try_each(self, requests)


class EmbeddedRpc(ProviderRpc):
    """The chain in this process, which answers in Python's own types.

    Its logs are read from py-evm's receipts: the chain itself would decode a whole block again for each of them.
    """

    def __init__(self, provider: ProviderAPI) -> None:
        super().__init__(provider)
        self._web3 = provider.web3
        # Who calls if nobody is named: it needs ether, and web3 would look all accounts up for each call.
        self._caller = provider.web3.eth.accounts[0]
        self._own: Mapping[str, Callable[..., Any]] = {
            "eth_getLogs": self._logs,
            "evm_setNextBlockTimestamp": lambda at: provider.set_timestamp(int(at, 16)),
            "evm_mine": provider.mine,
        }

    def ask(self, method: str, *parameters: Any) -> Any:
        """The answer to one request, as JSON-RPC has it. Raises `NodeError`."""
        from eth_tester.exceptions import (  # type: ignore[import-untyped]
            BlockNotFound,
            TransactionFailed,
            TransactionNotFound,
        )

        try:
            if method in self._own:
                return self._own[method](*parameters)
            if method in _AT_BLOCK and parameters[-1].startswith("0x"):
                # It takes no numbers of blocks in hexadecimal for these.
                parameters = (*parameters[:-1], int(parameters[-1], 16))
            if method == "eth_call":
                call, *at = parameters
                parameters = ({"from": self._caller, **call}, *at)
            return _json(self._web3.manager.request_blocking(method, list(parameters)))
        except TransactionFailed as error:
            # It ends with these letters where there is no reason.
            raise NodeError(method, _REVERTED, str(error).removesuffix(": b''")) from None
        except (BlockNotFound, TransactionNotFound):
            return None
        except Web3Exception as error:
            unknown = "not been implemented" in str(error)
            raise NodeError(method, NO_SUCH_METHOD if unknown else 1, str(error)) from None

    def _logs(self, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        chain = self._web3.provider.ethereum_tester.backend.chain
        head = chain.get_canonical_head().block_number
        addresses = wanted["address"] if isinstance(wanted["address"], list) else [wanted["address"]]
        among = {bytes.fromhex(address[2:]) for address in addresses}
        topics = [_choices(topic) for topic in wanted.get("topics", ())]
        found = []
        for block_number in range(int(wanted["fromBlock"], 16), min(int(wanted["toBlock"], 16), head) + 1):
            header = chain.get_canonical_block_header_by_number(block_number)
            if not header.bloom:
                continue
            block = chain.get_block_by_header(header)
            index = -1
            for transaction, receipt in zip(block.transactions, block.get_receipts(chain.chaindb), strict=True):
                for log in receipt.logs:
                    index += 1
                    words = [topic.to_bytes(32, "big") for topic in log.topics]
                    if log.address in among and _fits(words, topics):
                        found.append(
                            {
                                "address": data(log.address),
                                "topics": [data(word) for word in words],
                                "data": data(log.data),
                                "blockNumber": quantity(block_number),
                                "blockHash": data(header.hash),
                                "logIndex": quantity(index),
                                "transactionHash": data(transaction.hash),
                            }
                        )
        return found


def _choices(topic: str | Sequence[str] | None) -> frozenset[bytes] | None:
    if topic is None:
        return None
    return frozenset(bytes.fromhex(choice[2:]) for choice in ([topic] if isinstance(topic, str) else topic))


def _fits(words: Sequence[bytes], topics: Sequence[frozenset[bytes] | None]) -> bool:
    if len(words) < len(topics):
        return False
    return all(choices is None or word in choices for word, choices in zip(words, topics, strict=False))


def _json(value: Any) -> Any:
    """A value of the chain in this process as JSON has it."""
    match value:
        case bool() | str() | None:
            return value
        case int():
            return quantity(value)
        case bytes():
            return data(bytes(value))
        case Mapping():
            return {key: _json(each) for key, each in value.items()}
        case list() | tuple():
            return [_json(each) for each in value]
    return value
