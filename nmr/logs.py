"""From a node's raw logs to the events that the reference model replays."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from eth_abi.codec import ABICodec
from eth_typing import ABIEvent
from eth_utils.abi import event_abi_to_log_topic
from web3._utils.abi import build_strict_registry
from web3._utils.events import get_event_data

from nmr.reference.events import Event

_CODEC = ABICodec(build_strict_registry())


def decode_logs(
    logs: Iterable[Mapping[str, Any]], abis: Mapping[str, Sequence[ABIEvent]], timestamp_of: Callable[[int], int]
) -> list[Event]:
    """Decode logs in the order of the chain. Logs of other addresses are skipped.

    Args:
        logs: as `eth_getLogs` gives them through web3.
        abis: the events in the ABI of each contract, by its checksum address.
        timestamp_of: unix seconds of a block by its number.

    Raises:
        KeyError: one of the contracts logged an event that its ABI does not have.
    """
    by_topic = {address: {event_abi_to_log_topic(event): event for event in events} for address, events in abis.items()}
    decoded = []
    for log in logs:
        if log["address"] not in by_topic:
            continue
        abi = by_topic[log["address"]][bytes(log["topics"][0])]
        data = get_event_data(_CODEC, abi, log)
        decoded.append(
            Event(
                name=data["event"],
                args=dict(data["args"]),
                block=data["blockNumber"],
                timestamp=timestamp_of(data["blockNumber"]),
                log_index=data["logIndex"],
                transaction=data["transactionHash"].to_0x_hex(),
                address=data["address"],
            )
        )
    return decoded
