"""The log of a suite on a chain that Ape reaches."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, Final

from ape.api import ProviderAPI
from ape.contracts import ContractInstance
from eth_utils.abi import event_abi_to_log_topic
from web3.exceptions import Web3RPCError

from nmr.deploy.suite import Suite
from nmr.logs import decode_logs
from nmr.reference.events import Event

_MODEL_FIELDS: Final = frozenset({"model", "source", "destination"})
"""Names under which an event of a tournament tells its model."""


def suite_events(suite: Suite, provider: ProviderAPI) -> list[Event]:
    """Every event that the suite's contracts ever logged, in the order of the chain."""

    @cache
    def timestamp_of(block: int) -> int:
        return int(provider.get_block(block).timestamp)

    contracts = [part.handle for part in suite.parts.values()]
    abis = {contract.address: [event.model_dump() for event in contract.contract_type.events] for contract in contracts}
    logs = provider.web3.eth.get_logs({"fromBlock": 0, "toBlock": "latest", "address": list(abis)})
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

    Their timestamps are left at 0: a block more to read for each would take longer than all the rest.
    """
    abis = {event.name: event.model_dump() for event in tournament.contract_type.events if event.name in names}
    by_topic = {event_abi_to_log_topic(abi): abi for abi in abis.values()}
    positions = {topic: _model_positions(abi) for topic, abi in by_topic.items()}

    def concerns(log: Mapping[str, Any]) -> bool:
        at = positions[bytes(log["topics"][0])]
        return not at or any(int.from_bytes(log["topics"][position]) in models for position in at)

    logs = logs_of(tournament.address, provider, [sorted(by_topic)], first, last)
    told = [log for log in logs if concerns(log)]
    return decode_logs(told, {tournament.address: list(abis.values())}, lambda _: 0)


def logs_of(
    address: str, provider: ProviderAPI, topics: Sequence[bytes | Sequence[bytes] | None], first: int, last: int
) -> list[Mapping[str, Any]]:
    """A contract's raw logs with these topics in blocks `first` to `last`, in as many requests as the node wants."""
    hexed: list[Any] = [
        f"0x{topic.hex()}" if isinstance(topic, bytes) else topic and [f"0x{choice.hex()}" for choice in topic]
        for topic in topics
    ]
    wanted: dict[str, Any] = {"address": address, "topics": hexed, "fromBlock": first, "toBlock": last}
    try:
        return list(provider.web3.eth.get_logs(wanted))
    except Web3RPCError:
        # Nodes on the net limit how many blocks or logs they go through at once.
        if first >= last:
            raise
        middle = (first + last) // 2
        return [
            *logs_of(address, provider, topics, first, middle),
            *logs_of(address, provider, topics, middle + 1, last),
        ]


def _model_positions(abi: Mapping[str, Any]) -> list[int]:
    """Where in an event's topics its models are."""
    indexed = [field["name"] for field in abi["inputs"] if field["indexed"]]
    return [position for position, name in enumerate(indexed, start=1) if name in _MODEL_FIELDS]
