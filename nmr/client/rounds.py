# SPDX-License-Identifier: MIT
"""The rounds of a tournament on a chain: what is read to resolve them, and what is sent."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final, cast

from nmr.chain.contracts import Contract
from nmr.chain.logs import decode_logs, read_logs, topic_of
from nmr.client.session import Receipt, Reverts, Session, Signer, StateGone
from nmr.client.stakes import StakesOnChain
from nmr.errors import NmrError
from nmr.protocol import chunk_tree
from nmr.protocol.commitments import Commitment, counting
from nmr.protocol.lifetimes import EVENTS, LogIncomplete, stakes_at_lock
from nmr.protocol.reference.events import Event
from nmr.protocol.reference.rounds import EMPTY_BYTES32, LONGEST_OPEN, Bounds, Round, Terms
from nmr.protocol.reference.views import Place, PlaceStatus
from nmr.protocol.score_words import GROUP_SHIFT, Score
from nmr.rounds.resolution import CallRefused, Sent, Settled, read_positions
from nmr.sealing.facts import RoundOnChain, ledgered, settled_scores
from nmr.text.amounts import GWEI

NONE_DUE: Final = 2**256 - 1
"""What the contract says where no round's turn has come."""


class NoSender(NmrError, ValueError):
    """Something has to be sent, and no account was chosen."""


class Rounds:
    """A tournament as `nmr.rounds.resolution.RoundAccess`."""

    def __init__(self, session: Session, tournament: Contract, sender: Signer | None = None) -> None:
        """
        Args:
            session: of the suite.
            tournament: one of its tournaments.
            sender: who sends; None if nothing is to be sent.
        """
        self._session = session
        self._tournament = tournament
        self._lens = session.only("Lens")
        self._sender = sender
        self._block = session.latest

    @property
    def chain_id(self) -> int:
        """The id of the chain."""
        return self._session.chain_id

    @property
    def chain(self) -> str:
        """A name for the chain that no other has; see `Session.chain`."""
        return self._session.chain

    @property
    def tournament(self) -> Contract:
        """Whose rounds they are."""
        return self._tournament

    @property
    def address(self) -> str:
        """Of the tournament."""
        return self._tournament.address

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
        self._block = self._session.latest

    def at(self, block: int) -> "Rounds":
        """The same rounds as they were at a block, for somebody who sends nothing."""
        there = Rounds(self._session, self._tournament)
        there._block = block
        return there

    @property
    def block(self) -> int:
        """The number of the block that is looked at."""
        return self._block

    def now(self) -> int:
        """The time of the next block."""
        return self._session.now

    def operator(self) -> str:
        """Who opens rounds and proposes scores."""
        return str(self._read("operator"))

    def guardian(self) -> str:
        """Who vetoes, voids and pauses."""
        return str(self._read("guardian"))

    def paused(self) -> bool:
        """Whether no round is opened now."""
        return bool(self._read("paused"))

    def bounds(self) -> Bounds:
        """What the owner allows as terms."""
        return Bounds(*self._read("bounds"))

    def owner_delay(self) -> int | None:
        """Seconds before the timelock that owns the tournament acts; None if the record's timelock does not own it."""
        timelock = self._session.only("Timelock")
        if self._read("owner") != timelock.address:
            return None
        return int(self._session.read_many(timelock, [("get_minimum_delay",)], self._block)[0])

    def next_round(self, place: int) -> int:
        """The id that opens next at a place of the ring."""
        return int(self._read("next_round", place))

    def due_round(self) -> int | None:
        """The id whose turn it is to open; None while every place is blocked."""
        due = int(self._read("due_round"))
        return None if due == NONE_DUE else due

    def places(self) -> list[Place]:
        """What opens next at each place of the ring, in the order of their turns, and whether it can."""
        return [Place(opens, PlaceStatus(status)) for opens, status in self._seen("places")]

    def waiting(self, rounds: Sequence[int]) -> list[int]:
        """What is at stake in each of some rounds, or waits for it to open, wei."""
        calls = [("staked", round_id) for round_id in rounds]
        return [int(wei) for wei in self._session.read_many(self._tournament, calls, self._block)]

    def opened(self) -> list[int]:
        """The ids of all rounds that were opened, in rising order."""
        ring, first = self.ring, self.first_round
        return sorted(number for opens in self._following() for number in range(opens - ring, first - 1, -ring))

    def recent(self) -> list[int]:
        """The last two rounds of each place, in rising order: all before them are closed."""
        ring, first = self.ring, self.first_round
        last = (opens - step * ring for opens in self._following() for step in (1, 2))
        return sorted(number for number in last if number >= first)

    def last_opened(self) -> int | None:
        """The round that was opened last, which need not have the largest id; None before the first."""
        last = int(self._read("last_opened"))
        return last if last < self.next_round(last % self.ring) else None

    def package(self, round_id: int) -> bytes:
        """The hash of the package that a round was opened with, from the log."""
        return bytes(self._opening(round_id).args["package"])

    def opened_at(self, round_id: int) -> int:
        """When a round was opened, unix seconds, from the log."""
        return self._session.timestamp(self._opening(round_id).block)

    def round(self, round_id: int) -> Round:
        """Terms and progress of a round."""
        terms, *progress = self._read("round_info", round_id)
        return Round(Terms(*terms), *progress)

    def model_count(self) -> int:
        """How many models there are."""
        return int(self._read("model_count"))

    def position_words(self, place: int, first: int, count: int) -> Sequence[int]:
        """The position words of groups at a place of the ring."""
        return cast(Sequence[int], self._read("words", place, first, count))

    def waiting_groups(self, round_id: int, first: int, count: int) -> Sequence[int]:
        """Those of these groups whose stakes in a round wait."""
        return cast(Sequence[int], self._seen("waiting_groups", round_id, first, count))

    def submitted(self, round_id: int, models: Sequence[int]) -> Sequence[bool]:
        """Whether each of these models submitted in a round."""
        calls = [("submitted", round_id, model) for model in models]
        return [bool(did) for did in self._session.read_many(self._tournament, calls, self._block)]

    def settled_groups(self, round_id: int) -> Sequence[int]:
        """The groups in all chunks of a round that were settled, from the log."""
        since = self._first_block_at(self.round(round_id).final_at)
        events = self._events("Settled", round_id, since)
        return [word >> GROUP_SHIFT for event in events for word in chunk_tree.decode(event.args["chunk"])]

    def vetoed(self, round_id: int) -> Sequence[bytes]:
        """The roots of a round that were turned down, from the log."""
        since = self._first_block_at(self.round(round_id).terms.resolves_at)
        return [bytes(event.args["root"]) for event in self._events("Vetoed", round_id, since)]

    def settled_scores(self, round_id: int) -> dict[int, Score]:
        """The scores in all chunks of a round that were settled, blanks too, from the log."""
        since = self._first_block_at(self.round(round_id).final_at)
        return settled_scores(self._events("Settled", round_id, since))

    def commitments(self, round_id: int) -> dict[int, bytes]:
        """The hash of each model's file that counts, from the log."""
        return {model: commitment.hash for model, commitment in self._counting(round_id, timed=False).items()}

    def counting(self, round_id: int) -> dict[int, Commitment]:
        """The commitment of each model that counts so far, with its sequence, from the log."""
        return self._counting(round_id, timed=True)

    def _counting(self, round_id: int, *, timed: bool) -> dict[int, Commitment]:
        since = self._first_block_at(self.round(round_id).terms.locks_at - LONGEST_OPEN * self.hour)
        direct = self._events("Submitted", round_id, since)
        signed = self._events("SubmittedSigned", round_id, since)
        # A direct commitment's sequence is its block's time, which only a signed one competes with.
        times = {event.block: 0 for event in direct}
        if signed or timed:
            times = self._session.timestamps(list(times))
        return counting(ledgered([*direct, *signed], times))

    def stakes_at_lock(self, round_id: int) -> dict[int, int]:
        """What was at stake in a round at its lock: model -> gwei, for those that had a stake.

        Stakes do not change between lock and settlement. Once a chunk is settled they are those of the block of the
        lock; the log tells them where the node has that state no more.

        Raises:
            LogIncomplete: the node has neither.
        """
        info = self.round(round_id)
        if info.staked == info.at_risk:
            return read_positions(self, round_id)
        [event] = self._events("RoundLocked", round_id, self._first_block_at(info.terms.locks_at))
        try:
            return read_positions(self.at(event.block), round_id)
        except StateGone:
            return self._stakes_from_log(round_id, event.block, info.at_risk)

    def facts(self, round_id: int) -> RoundOnChain:
        """What the chain says about a round's submissions and scores."""
        info = self.round(round_id)
        settled = info.root != EMPTY_BYTES32 and info.staked != info.at_risk
        return RoundOnChain.of_round(
            self.chain_id,
            self.address,
            round_id,
            info,
            commitments=self.commitments(round_id),
            stakes=self.stakes_at_lock(round_id) if info.locked else {},
            settled=self.settled_scores(round_id) if settled else {},
        )

    def identity(self, round_id: int) -> RoundOnChain:
        """Which round it is and the key that its submissions are sealed to, without anything from the past."""
        info = self.round(round_id)
        nothing: dict[int, Any] = {}
        return RoundOnChain.of_round(
            self.chain_id, self.address, round_id, info, commitments=nothing, stakes=nothing, settled=nothing
        )

    def open_round(self, round_id: int, terms: Terms, package: bytes) -> Sent:
        """Open the round whose turn it is, with the hash of its package."""
        return _sent(self._send("open_round", round_id, tuple(terms), package))

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
        receipt = self._send("settle", round_id, index, chunk_tree.encode(words), list(proof))
        args = self._logged(receipt, "Settled").args
        amounts = {name: args[name] for name in ("staked", "rewards", "burns", "idled", "successor")}
        return Settled(sent=_sent(receipt), **amounts)

    def settle_expired(self, round_id: int, groups: Sequence[int]) -> Settled:
        """Settle groups of a void or expired round."""
        receipt = self._send("settle_expired", round_id, list(groups))
        args = self._logged(receipt, "SettledExpired").args
        amounts = {name: args[name] for name in ("staked", "idled", "successor")}
        return Settled(sent=_sent(receipt), rewards=0, burns=0, **amounts)

    def _send(self, method: str, *arguments: Any) -> Receipt:
        if self._sender is None:
            raise NoSender("A transaction is due: choose who sends it with --account, such as TEST::1 on a devnet.")
        try:
            return self._session.send(self._tournament, method, *arguments, sender=self._sender)
        except Reverts as error:
            raise CallRefused(str(error)) from error

    def _read(self, method: str, *arguments: Any) -> Any:
        return self._session.read(self._tournament, method, *arguments, block=self._block)

    def _seen(self, view: str, *arguments: Any) -> Any:
        """What the lens says of the tournament."""
        return self._session.read(self._lens, view, self.address, *arguments, block=self._block)

    def _stakes_from_log(self, round_id: int, lock: int, at_risk: int) -> dict[int, int]:
        models, stakes = range(self.model_count()), StakesOnChain(self._session, self._tournament)
        try:
            events = stakes.events(EVENTS, lock)
            found = stakes_at_lock(events, self.ring, stakes.min_stake, models, round_id)
            if sum(found.values()) == at_risk:
                return {model: stake // GWEI for model, stake in found.items()}
        except LogIncomplete:
            pass
        raise LogIncomplete(
            f"The node has neither the state of block {lock}, where round {round_id} was locked, nor all logs before "
            "it: ask an archive node."
        )

    def _following(self) -> Sequence[int]:
        """The id that opens next at each place."""
        calls = [("next_round", place) for place in range(self.ring)]
        return [int(opens) for opens in self._session.read_many(self._tournament, calls, self._block)]

    def _opening(self, round_id: int) -> Event:
        """The event of a round's opening."""
        since = self._first_block_at(self.round(round_id).terms.locks_at - LONGEST_OPEN * self.hour)
        [event] = self._events("RoundOpened", round_id, since)
        return event

    def _first_block_at(self, timestamp: int) -> int:
        """The first block of that time or later; the one after the newest if there is none."""
        low, high = self._session.record.first_block, self._block + 1
        while low < high:
            middle = (low + high) // 2
            if self._session.timestamp(middle) < timestamp:
                low = middle + 1
            else:
                high = middle
        return low

    def _events(self, name: str, round_id: int, since: int) -> list[Event]:
        """The tournament's events of a name about a round, from a block on."""
        topics = [topic_of(self._tournament.event(name)), round_id.to_bytes(32, "big")]
        logs = read_logs(self._session.rpc, [self._tournament.address], since, self._block, topics)
        return list(decode_logs(logs, {self._tournament.address: self._tournament.events}))

    def _logged(self, receipt: Receipt, name: str) -> Event:
        """The one event of a name that a transaction logged."""
        [event] = self._session.events(self._tournament, [receipt], name)
        return event


def _sent(receipt: Receipt) -> Sent:
    return Sent(receipt.transaction, receipt.gas_used)
