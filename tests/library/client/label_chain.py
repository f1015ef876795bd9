# SPDX-License-Identifier: MIT
"""A chain on which models are registered and nothing else, and which may forget its newest blocks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from eth_abi.abi import encode
from eth_hash.auto import keccak

from nmr.chain.builds import abi
from nmr.chain.contracts import Contract
from nmr.chain.logs import topic_of
from nmr.client.session import Session
from nmr.deploy.record import Compiler, PartRecord, Record
from tests.support.actors import address

TOURNAMENT = Contract("Tournament", address("tournament"), abi("Tournament"))
OWNER, STRANGER = address("owner"), address("stranger")
FIRST = 1


class LabelChain:
    """A node; each registration is a block. `asked` are the ranges of blocks whose logs it gave."""

    def __init__(self, chain_id: int = 4_242) -> None:
        self.chain_id = chain_id
        self.blocks: list[tuple[str, str, bytes] | None] = [None]
        self.asked: list[tuple[int, int]] = []
        self.forgets: set[int] = set()
        """Models that the log lacks."""

    def register(self, *labels: str | bytes, owner: str = OWNER, submitter: str | None = None) -> None:
        for label in labels:
            self.blocks.append((owner, submitter or owner, label.encode() if isinstance(label, str) else label))

    def reorganise(self, length: int, *labels: str) -> None:
        """Put other blocks in place of the last ones."""
        del self.blocks[-length:]
        self.register(*labels, owner=STRANGER)

    def session(self) -> Session:
        part = PartRecord("Tournament", TOURNAMENT.address, "0x" + 64 * "1", FIRST, {}, "0x" + 64 * "2")
        compiler = Compiler("vyper", "0.4.3", "prague", "gas")
        parts = {"classic": part} | {
            name: PartRecord(contract, address(name), "0x" + 64 * "1", FIRST, {}, "0x" + 64 * "2")
            for name, contract in (
                ("timelock", "Timelock"),
                ("treasury", "Treasury"),
                ("numeraire", "Numeraire"),
                ("terms-check", "TermsCheck"),
                ("lens", "Lens"),
            )
        }
        return Session(Record(self.chain_id, "ethereum", "fake", OWNER, FIRST, compiler, parts), self)

    # a node's answers

    def ask(self, method: str, *parameters: Any) -> Any:
        return getattr(self, f"_{method}")(*parameters)

    def try_each(self, requests: Iterable[tuple[str, Sequence[Any]]]) -> Iterator[Any]:
        for method, parameters in requests:
            yield self.ask(method, *parameters)

    def ask_all(self, method: str, parameters: Sequence[Sequence[Any]]) -> list[Any]:
        return [self.ask(method, *each) for each in parameters]

    def _eth_chainId(self) -> str:  # noqa: N802 - as the method is called
        return hex(self.chain_id)

    def _eth_blockNumber(self) -> str:  # noqa: N802
        return hex(len(self.blocks) - 1)

    def _eth_getBlockByNumber(self, block: str, _: bool) -> Any:  # noqa: N802
        number = int(block, 16)
        content = repr(self.blocks[: number + 1]).encode()
        return {"timestamp": "0x1", "hash": f"0x{keccak(content).hex()}"} if number < len(self.blocks) else None

    def _eth_call(self, call: Mapping[str, str], block: str) -> str:
        last = len(self.blocks) - 1 if block == "pending" else int(block, 16)
        for getter, part in (("model_count", None), ("owner_of", 0), ("submitter_of", 1)):
            selector = f"0x{TOURNAMENT.function(getter, 0 if part is None else 1).selector.hex()}"
            if call["data"].startswith(selector):
                if part is None:
                    return f"0x{last:064x}"
                entry = self.blocks[1 + int(call["data"][10:], 16)]
                assert entry is not None
                return f"0x{entry[part][2:].lower():0>64}"
        raise AssertionError(call)

    def _eth_getLogs(self, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:  # noqa: N802
        first, last = int(wanted["fromBlock"], 16), int(wanted["toBlock"], 16)
        self.asked.append((first, last))
        assert wanted["topics"] == [f"0x{topic_of(TOURNAMENT.event('ModelRegistered')).hex()}"]
        return [self._log(number) for number in range(max(first, 1), last + 1) if number - 1 not in self.forgets]

    def _log(self, number: int) -> dict[str, Any]:
        entry = self.blocks[number]
        assert entry is not None
        owner, submitter, label = entry
        words = [number - 1, int(owner, 16), int(submitter, 16)]
        topics = [topic_of(TOURNAMENT.event("ModelRegistered")), *(word.to_bytes(32, "big") for word in words)]
        return {
            "address": TOURNAMENT.address,
            "topics": [f"0x{topic.hex()}" for topic in topics],
            "data": f"0x{encode(['bytes'], [label]).hex()}",
            "blockNumber": hex(number),
            "logIndex": "0x0",
            "transactionHash": f"0x{number:064x}",
            "blockHash": self._eth_getBlockByNumber(hex(number), False)["hash"],
        }
