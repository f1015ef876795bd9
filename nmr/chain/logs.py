# SPDX-License-Identifier: MIT
"""From a node's raw logs to the events that the reference model replays."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from eth_abi.codec import ABICodec
from eth_abi.decoding import StringDecoder
from eth_abi.encoding import TextStringEncoder
from eth_typing import ABIEvent
from eth_utils.abi import collapse_if_tuple, event_abi_to_log_topic
from eth_utils.address import to_checksum_address
from web3._utils.abi import build_strict_registry
from web3._utils.events import get_event_data

from nmr.chain.log_words import PlainData
from nmr.protocol.reference.events import Event

UNDECODABLE: Final = "backslashreplace"
"""What becomes of bytes in a string that are no UTF-8, which the contracts let anybody log: 0xff reads as `\\xff`."""


class _AnyStringDecoder(StringDecoder):
    """Decodes every string, so that nobody's label can keep a log from being read."""

    def __init__(self) -> None:
        super().__init__(handle_string_errors=UNDECODABLE)  # type: ignore[no-untyped-call]


def _codec() -> ABICodec:
    registry = build_strict_registry()
    registry.unregister("string")
    registry.register("string", TextStringEncoder, _AnyStringDecoder, label="string")
    return ABICodec(registry)


_CODEC: Final = _codec()


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


class RawLog(NamedTuple):
    """A log as a node tells it, without the contract's ABI."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block: int
    log_index: int
    transaction: str

    @classmethod
    def of_json(cls, log: Mapping[str, Any]) -> "RawLog":
        """A log as `eth_getLogs` gives it in JSON."""
        return cls(
            _checksummed(log["address"]),
            tuple(bytes.fromhex(topic[2:]) for topic in log["topics"]),
            bytes.fromhex(log["data"][2:]),
            int(log["blockNumber"], 16),
            int(log["logIndex"], 16),
            log["transactionHash"],
        )

    @classmethod
    def of_web3(cls, log: Mapping[str, Any]) -> "RawLog":
        """A log as web3 gives it."""
        return cls(
            log["address"],
            tuple(map(bytes, log["topics"])),
            bytes(log["data"]),
            log["blockNumber"],
            log["logIndex"],
            log["transactionHash"].to_0x_hex(),
        )


def decode_raw(logs: Iterable[RawLog], abis: Sequence[ABIEvent]) -> list[Event]:
    """Decode logs of one contract, some twenty times as fast as `decode_logs`; structs are in order.

    Their timestamps are left at 0: a block more to read for each would take longer than all the rest.

    Raises:
        KeyError: a log is of none of these events.
    """
    decoders = {event_abi_to_log_topic(event): Decoder(event) for event in abis}
    return [decoders[log.topics[0]].decode(log) for log in logs]


class Decoder:
    """Decodes the logs of one event whose indexed fields are numbers, addresses or bytes32."""

    def __init__(self, event: ABIEvent) -> None:
        self.name = event["name"]
        self._indexed = [(field["name"], field["type"]) for field in event["inputs"] if field["indexed"]]
        plain = [field for field in event["inputs"] if not field["indexed"]]
        self._fields = [(field["name"], collapse_if_tuple(dict(field))) for field in plain]
        self._plain = PlainData([kind for _, kind in self._fields])
        self._plain_topics = PlainData([kind for _, kind in self._indexed])

    def decode(self, log: RawLog, timestamp: int = 0) -> Event:
        """The event of a log, whose topic is known to be this event's.

        Raises:
            DecodingError, ValueError: the log has another shape.
        """
        if len(log.topics) != 1 + len(self._indexed):
            raise ValueError(f"{self.name} has {len(self._indexed)} indexed fields")
        args: dict[str, Any] = {}
        topics = b"".join(log.topics[1:])
        for fields, data, plain in (
            (self._indexed, topics, self._plain_topics),
            (self._fields, log.data, self._plain),
        ):
            values: Sequence[Any] | None = plain.decode(data) if plain.fits else None
            if values is None:
                values = _CODEC.decode([kind for _, kind in fields], data)
            for (name, kind), value in zip(fields, values, strict=True):
                args[name] = _checksummed(value) if kind == "address" else value
        return Event(self.name, args, log.block, timestamp, log.log_index, log.transaction, log.address)


@lru_cache(maxsize=65_536)
def _checksummed(address: str) -> str:
    return str(to_checksum_address(address))
