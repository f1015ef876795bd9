# SPDX-License-Identifier: MIT
"""The rounds of a tournament on a chain that Ape reaches: what is read to resolve them, and what is sent."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final, cast

from ape.api import AccountAPI, ReceiptAPI
from ape.contracts import ContractInstance
from eth_typing import BlockNumber, ChecksumAddress, HexStr
from eth_utils.abi import event_abi_to_log_topic
from hexbytes import HexBytes
from web3.types import FilterParams

from nmr.ape.session import Reverts, Session
from nmr.chain.logs import decode_logs
from nmr.errors import NmrError
from nmr.protocol.reference.events import Event
from nmr.protocol.reference.rounds import LONGEST_OPEN, Bounds, Round, Terms
from nmr.protocol.score_words import GROUP_SHIFT, Score
from nmr.rounds.resolution import CallRefused, Sent, Settled, read_positions
from nmr.sealing.facts import last_commitments, settled_scores
from nmr.sealing.keys import chain_name

LOG_BLOCKS: Final = 10_000
"""Blocks whose log is asked for at once: many nodes refuse more."""


EMBEDDED: Final = "test"
"""Ape's name for the chain in this process, where nobody types commands one after another."""
LOCAL_CHAINS: Final = (1_337, 31_337)
"""Ids of chains on which the contracts take an hour shorter than an hour, as they do."""


class NoSender(NmrError, ValueError):
    """Something has to be sent, and no account was chosen."""


class ApeRounds:
    """A tournament as `nmr.rounds.resolution.RoundAccess`."""

    def __init__(self, session: Session, tournament: ContractInstance, sender: AccountAPI | None = None) -> None:
        """
        Args:
            session: of the suite.
            tournament: one of its tournaments.
            sender: who sends; None if nothing is to be sent.
        """
        self._session = session
        self._tournament = tournament
        self._sender = sender
        self._web3 = session.provider.web3
        self._block = BlockNumber(int(self._web3.eth.block_number))

    @property
    def chain_id(self) -> int:
        """The id of the chain."""
        return int(self._session.provider.chain_id)

    @cached_property
    def chain(self) -> str:
        """A name for the chain that no other has, not even another devnet."""
        return chain_name(self.chain_id, bytes(self._web3.eth.get_block(0)["hash"]))

    @property
    def address(self) -> str:
        """Of the tournament."""
        return str(self._tournament.address)

    @property
    def options(self) -> str:
        """What to type behind a command that is meant for the same network."""
        provider = self._session.provider
        return "" if provider.name == EMBEDDED else f" --network {provider.network_choice}"

    @cached_property
    def ring(self) -> int:
        """Rounds that may be unresolved at once."""
        return int(self._read("RING"))

    @cached_property
    def first_round(self) -> int:
        """The id of the first round."""
        return int(self._read("FIRST_ROUND"))

    @cached_property
    def hour(self) -> int:
        """Seconds in an hour of the hard limits."""
        return int(self._read("HOUR"))

    def refresh(self) -> None:
        """Look at the newest block."""
        self._block = BlockNumber(int(self._web3.eth.block_number))

    def now(self) -> int:
        """The time of the next block."""
        return self._session.now

    def bounds(self) -> Bounds:
        """What the owner allows as terms."""
        return Bounds(*self._read("bounds"))

    def next_round(self) -> int:
        """The id of the round that is opened next."""
        return int(self._read("next_round"))

    def round(self, round_id: int) -> Round:
        """Terms and progress of a round."""
        terms, *progress = self._read("round_info", round_id)
        return Round(Terms(*terms), *progress)

    def model_count(self) -> int:
        """How many models there are."""
        return int(self._read("model_count"))

    def position_words(self, place: int, first: int, count: int) -> Sequence[int]:
        """The position words of groups at a place of the ring."""
        return cast(Sequence[int], self._read("position_words", place, first, count))

    def waiting_groups(self, round_id: int, first: int, count: int) -> Sequence[int]:
        """Those of these groups whose stakes in a round wait."""
        return cast(Sequence[int], self._read("waiting_groups", round_id, first, count))

    def submitted(self, round_id: int, models: Sequence[int]) -> Sequence[bool]:
        """Whether each of these models submitted in a round."""
        calls = [("submitted", round_id, model) for model in models]
        return [bool(did) for did in self._session.read_many(self._tournament, calls, self._block)]

    def settled_groups(self, round_id: int) -> Sequence[int]:
        """The groups in all chunks of a round that were settled, from the log."""
        since = self._first_block_at(self.round(round_id).final_at)
        events = self._events("Settled", round_id, since)
        return [word >> GROUP_SHIFT for event in events for word in event.args["words"]]

    def vetoed(self, round_id: int) -> Sequence[bytes]:
        """The roots of a round that the guardian turned down, from the log."""
        since = self._first_block_at(self.round(round_id).terms.resolves_at)
        return [bytes(event.args["root"]) for event in self._events("Vetoed", round_id, since)]

    def settled_scores(self, round_id: int) -> dict[int, Score]:
        """The scores in all chunks of a round that were settled, blanks too, from the log."""
        since = self._first_block_at(self.round(round_id).final_at)
        return settled_scores(self._events("Settled", round_id, since))

    def commitments(self, round_id: int) -> dict[int, bytes]:
        """The hash of each model's file, the last one before the lock, from the log."""
        earliest = self.round(round_id).terms.locks_at - LONGEST_OPEN * self.hour
        return last_commitments(self._events("Submitted", round_id, self._first_block_at(earliest)))

    def stakes_at_lock(self, round_id: int) -> dict[int, int]:
        """What was at stake in a round at its lock: model -> gwei, for those that had a stake.

        Stakes do not change between lock and settlement; once a chunk is settled the node has to know the state of
        the block of the lock.
        """
        info = self.round(round_id)
        if info.staked == info.at_risk:
            return read_positions(self, round_id)
        [event] = self._events("RoundLocked", round_id, self._first_block_at(info.terms.locks_at))
        there = ApeRounds(self._session, self._tournament)
        there._block = BlockNumber(event.block)
        return read_positions(there, round_id)

    def open_round(self, terms: Terms) -> tuple[int, Sent]:
        """Open the next round, and say its id."""
        receipt = self._send("open_round", tuple(terms))
        return int(self._logged(receipt, "RoundOpened").args["round"]), _sent(receipt)

    def lock(self, round_id: int) -> Sent:
        """Lock a round."""
        return _sent(self._send("lock", round_id))

    def publish_opened(self, round_id: int, opened_list: bytes) -> Sent:
        """Publish the hash of a round's list of opened submissions."""
        return _sent(self._send("publish_opened", round_id, opened_list))

    def propose(self, round_id: int, root: bytes, chunks: int, evidence: bytes) -> Sent:
        """Propose a round's scores."""
        return _sent(self._send("propose", round_id, root, chunks, evidence))

    def veto(self, round_id: int, root: bytes) -> Sent:
        """Turn a round's root down."""
        return _sent(self._send("veto", round_id, root))

    def void(self, round_id: int) -> Sent:
        """End a round without burns and rewards."""
        return _sent(self._send("void", round_id))

    def settle(self, round_id: int, index: int, words: Sequence[int], proof: Sequence[bytes]) -> Settled:
        """Settle a chunk."""
        receipt = self._send("settle", round_id, index, list(words), list(proof))
        args = self._logged(receipt, "Settled").args
        return Settled(
            sent=_sent(receipt),
            staked=args["staked"],
            rewards=args["rewards"],
            burns=args["burns"],
            idled=args["idled"],
            restaked=args["restaked"],
        )

    def settle_expired(self, round_id: int, groups: Sequence[int]) -> Sent:
        """Bring the stakes of groups home."""
        return _sent(self._send("settle_expired", round_id, list(groups)))

    def _send(self, method: str, *arguments: Any) -> ReceiptAPI:
        if self._sender is None:
            raise NoSender("A transaction is due: choose who sends it with --account, such as TEST::1 on a devnet.")
        try:
            return self._session.send(self._tournament, method, *arguments, sender=self._sender)
        except Reverts as error:
            raise CallRefused(str(error)) from error

    def _read(self, method: str, *arguments: Any) -> Any:
        return self._session.read_many(self._tournament, [(method, *arguments)], self._block)[0]

    def _first_block_at(self, timestamp: int) -> int:
        """The first block of that time or later; the one after the newest if there is none."""
        low, high = self._session.record.first_block, self._block + 1
        while low < high:
            middle = (low + high) // 2
            if int(self._web3.eth.get_block(middle)["timestamp"]) < timestamp:
                low = middle + 1
            else:
                high = middle
        return low

    def _events(self, name: str, round_id: int, since: int) -> list[Event]:
        """The tournament's events of a name about a round, from a block on."""
        abi = next(event for event in self._abis if event["name"] == name)
        topics = [HexBytes(event_abi_to_log_topic(abi)), HexBytes(round_id.to_bytes(32, "big"))]
        logs: list[Any] = []
        for first in range(since, self._block + 1, LOG_BLOCKS):
            wanted: FilterParams = {
                "address": cast(ChecksumAddress, self._tournament.address),
                "topics": [HexStr(topic.to_0x_hex()) for topic in topics],
                "fromBlock": BlockNumber(first),
                "toBlock": BlockNumber(min(first + LOG_BLOCKS - 1, self._block)),
            }
            logs += self._web3.eth.get_logs(wanted)
        return self._decoded(logs)

    def _logged(self, receipt: ReceiptAPI, name: str) -> Event:
        """The one event of a name that a transaction logged."""
        logs = self._web3.eth.get_transaction_receipt(cast(Any, HexBytes(receipt.txn_hash)))["logs"]
        [event] = [event for event in self._decoded(logs) if event.name == name]
        return event

    def _decoded(self, logs: Sequence[Any]) -> list[Event]:
        return decode_logs(logs, {self._tournament.address: self._abis}, lambda _: 0)

    @cached_property
    def _abis(self) -> list[Any]:
        return [event.model_dump() for event in self._tournament.contract_type.events]


def _sent(receipt: ReceiptAPI) -> Sent:
    return Sent(str(receipt.txn_hash), int(receipt.gas_used))
