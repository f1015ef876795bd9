# SPDX-License-Identifier: MIT
"""The log of a suite on a chain that Ape reaches."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, Final

from ape.api import ProviderAPI
from ape.contracts import ContractInstance
from ape.exceptions import ProviderError
from eth_typing import BlockNumber
from eth_utils.abi import event_abi_to_log_topic
from web3 import HTTPProvider
from web3.exceptions import Web3RPCError

from nmr.chain.logs import RawLog, decode_logs, decode_raw
from nmr.deploy.suite import Suite
from nmr.protocol.reference.events import Event

_MODEL_FIELDS: Final = frozenset({"model", "source", "destination"})
"""Names under which an event of a tournament tells its model."""


def suite_events(suite: Suite, provider: ProviderAPI, first: int = 0) -> list[Event]:
    """Every event that the suite's contracts logged from block `first` on, in the order of the chain."""

    @cache
    def timestamp_of(block: int) -> int:
        return int(provider.get_block(block).timestamp)

    contracts = [part.handle for part in suite.parts.values()]
    abis = {contract.address: [event.model_dump() for event in contract.contract_type.events] for contract in contracts}
    logs = provider.web3.eth.get_logs({"fromBlock": BlockNumber(first), "toBlock": "latest", "address": list(abis)})
    return decode_logs(logs, abis, timestamp_of)


def model_events(
    tournament: ContractInstance,
    provider: ProviderAPI,
    names: Sequence[str],
    first: int,
    last: int,
    models: Collection[int],
) -> list[Event]:
    """The events of these names, from block `first` to `last`, but for those about other models alone.

    Their timestamps are left at 0.
    """
    abis = [event.model_dump() for event in tournament.contract_type.events if event.name in names]
    by_topic = {event_abi_to_log_topic(abi): abi for abi in abis}
    positions = {topic: _model_positions(abi) for topic, abi in by_topic.items()}

    def concerns(log: RawLog) -> bool:
        at = positions[log.topics[0]]
        return not at or any(int.from_bytes(log.topics[position]) in models for position in at)

    logs = logs_of(tournament.address, provider, [sorted(by_topic)], first, last)
    return decode_raw(filter(concerns, logs), abis)


def logs_of(
    address: str, provider: ProviderAPI, topics: Sequence[bytes | Sequence[bytes] | None], first: int, last: int
) -> list[RawLog]:
    """A contract's logs with these topics in blocks `first` to `last`, in as many requests as the node wants.

    Raises:
        ProviderError, Web3RPCError: the node gives them for no number of blocks.
    """
    web3 = provider.web3
    try:
        if isinstance(web3.provider, HTTPProvider):
            # web3 takes five times as long to make its own objects of them.
            in_json = {"address": address, "topics": _hexed(topics), "fromBlock": hex(first), "toBlock": hex(last)}
            return [RawLog.of_json(log) for log in provider.make_request("eth_getLogs", [in_json])]
        wanted: Any = {"address": address, "topics": _hexed(topics), "fromBlock": first, "toBlock": last}
        return [RawLog.of_web3(log) for log in web3.eth.get_logs(wanted)]
    except (ProviderError, Web3RPCError):
        # Nodes on the net limit how many blocks or logs they go through at once.
        if first >= last:
            raise
        middle = (first + last) // 2
        return [
            *logs_of(address, provider, topics, first, middle),
            *logs_of(address, provider, topics, middle + 1, last),
        ]


def _hexed(topics: Sequence[bytes | Sequence[bytes] | None]) -> list[Any]:
    return [
        f"0x{topic.hex()}" if isinstance(topic, bytes) else topic and [f"0x{choice.hex()}" for choice in topic]
        for topic in topics
    ]


def _model_positions(abi: Mapping[str, Any]) -> list[int]:
    """Where in an event's topics its models are."""
    indexed = [field["name"] for field in abi["inputs"] if field["indexed"]]
    return [position for position, name in enumerate(indexed, start=1) if name in _MODEL_FIELDS]
