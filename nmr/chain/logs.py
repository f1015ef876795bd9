# SPDX-License-Identifier: MIT
"""A chain's logs: fetched in as many requests as the node wants, and decoded into the events that the model replays."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from eth_hash.auto import keccak

from nmr.chain.abi import AbiError, canonical_type, codec, decode
from nmr.chain.node import NodeError, NodeUnreachable, Rpc, data, pauses, quantity
from nmr.protocol.reference.events import Event
from nmr.text.addresses import checksummed

EventAbi: TypeAlias = Mapping[str, Any]
"""An event as an ABI in JSON has it."""
Topics: TypeAlias = Sequence[bytes | Sequence[bytes] | None]
"""What each topic has to be: these bytes, one of several, or anything."""

_METHOD: Final = "eth_getLogs"


class RawLog(NamedTuple):
    """A log as a node tells it, without the contract's ABI."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block: int
    log_index: int
    transaction: str
    block_hash: str

    @classmethod
    def of_json(cls, log: Mapping[str, Any]) -> "RawLog":
        """A log as `eth_getLogs` gives it in JSON.

        Raises:
            NodeError: it makes no sense.
        """
        try:
            return cls(
                checksummed(log["address"]),
                tuple([bytes.fromhex(topic[2:]) for topic in log["topics"]]),
                bytes.fromhex(log["data"][2:]),
                int(log["blockNumber"], 16),
                int(log["logIndex"], 16),
                str(log["transactionHash"]),
                str(log["blockHash"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise NodeError(_METHOD, 0, f"the answer makes no sense ({type(error).__name__}: {error})") from None


def read_logs(
    rpc: Rpc,
    addresses: Sequence[str],
    first: int,
    last: int,
    topics: Topics = (),
    progress: Callable[[int], None] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> list[RawLog]:
    """The logs of contracts in blocks `first` to `last`, in the order of the chain.

    A range that the node refuses, whatever its words, is asked for in halves, down to single blocks; a range that went
    well is followed by one of twice the length.

    Args:
        rpc: the node.
        addresses: of the contracts.
        first, last: the blocks.
        topics: what the logs' topics have to be.
        progress: is told the last block of each part that was read.
        sleep: waits so many seconds before a single block is asked for again.

    Raises:
        NodeError, NodeUnreachable: the node gives not even the logs of one block, after all attempts, or gives a log
            that was not asked for.
    """
    found: list[RawLog] = []
    length = last - first + 1
    waits = pauses()
    while first <= last:
        end = min(first + length - 1, last)
        wanted: dict[str, Any] = {"address": list(addresses), "fromBlock": quantity(first), "toBlock": quantity(end)}
        if topics:
            wanted["topics"] = _hexed(topics)
        try:
            answer = rpc.ask(_METHOD, wanted)
            if not isinstance(answer, list):
                raise NodeError(_METHOD, 0, "the answer is no list")
        except (NodeError, NodeUnreachable):
            if end == first:
                if not waits:
                    raise
                sleep(waits.pop(0))
            length = max(1, (end - first + 1) // 2)
            continue
        found += _asked_for([RawLog.of_json(log) for log in answer], addresses, range(first, end + 1), topics)
        if progress is not None:
            progress(end)
        first, length, waits = end + 1, 2 * length, pauses()
    return sorted(found, key=lambda log: (log.block, log.log_index))


def topic_of(event: EventAbi) -> bytes:
    """The first topic of an event's logs: the hash of its signature."""
    signature = f"{event['name']}({','.join(canonical_type(field) for field in event['inputs'])})"
    digest: bytes = keccak(signature.encode())
    return digest


class Decoder:
    """Decodes the logs of one event whose indexed fields are of one word each."""

    def __init__(self, event: EventAbi) -> None:
        self.name = str(event["name"])
        self._indexed = [(field["name"], codec(canonical_type(field))) for field in event["inputs"] if field["indexed"]]
        plain = [field for field in event["inputs"] if not field["indexed"]]
        self._names = [str(field["name"]) for field in plain]
        self._kinds = [canonical_type(field) for field in plain]

    def decode(self, log: RawLog, timestamp: int = 0) -> Event:
        """The event of a log, whose first topic is known to be this event's; structs are tuples in order.

        Raises:
            AbiError: the log has another shape.
        """
        if len(log.topics) != 1 + len(self._indexed):
            raise AbiError(f"{self.name} has {len(self._indexed)} indexed fields, and a log has {len(log.topics) - 1}")
        args = {name: kind.decode(topic, 0) for (name, kind), topic in zip(self._indexed, log.topics[1:], strict=True)}
        args |= zip(self._names, decode(self._kinds, log.data), strict=True)
        return Event(self.name, args, log.block, timestamp, log.log_index, log.transaction, log.address)


def decoders_of(events: Iterable[EventAbi]) -> dict[bytes, Decoder]:
    """What decodes each of these events, by its topic."""
    return {topic_of(event): Decoder(event) for event in events}


def decode_logs(
    logs: Iterable[RawLog],
    abis: Mapping[str, Sequence[EventAbi]],
    timestamp_of: Callable[[int], int] = lambda block: 0,
) -> Iterator[Event]:
    """Decode logs in their order. Logs of other addresses are skipped.

    Args:
        logs: of any contracts.
        abis: the events in the ABI of each contract, by its checksum address.
        timestamp_of: unix seconds of a block by its number; 0 if left out, since each costs a request more.

    Raises:
        NodeError: a log of one of the contracts is no event of its ABI.
        AbiError: a log has another shape than its event.
    """
    decoders = {address: decoders_of(events) for address, events in abis.items()}
    for log in logs:
        if log.address in decoders:
            decoder = decoders[log.address].get(log.topics[0] if log.topics else b"")
            if decoder is None:
                raise NodeError(_METHOD, 0, f"a log of {log.address} in block {log.block} is no event of its contract")
            yield decoder.decode(log, timestamp_of(log.block))


def _asked_for(logs: list[RawLog], addresses: Sequence[str], blocks: range, topics: Topics) -> list[RawLog]:
    """The logs, if each is one that was asked for.

    Raises:
        NodeError: one is not.
    """
    choices = [None if topic is None else {topic} if isinstance(topic, bytes) else set(topic) for topic in topics]
    for log in logs:
        has_topics = len(log.topics) >= len(choices) and all(
            choice is None or topic in choice for topic, choice in zip(log.topics, choices, strict=False)
        )
        if log.address not in addresses or log.block not in blocks or not has_topics:
            raise NodeError(_METHOD, 0, f"a log of {log.address} in block {log.block} is none that was asked for")
    return logs


def _hexed(topics: Topics) -> list[Any]:
    return [
        topic if topic is None else data(topic) if isinstance(topic, bytes) else [data(choice) for choice in topic]
        for topic in topics
    ]
