# SPDX-License-Identifier: MIT
"""The replay of an audit: it goes on after a disagreement, remembers where the log last spoke of what, and counts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from nmr.audit.buyback import BuybackBooks, BuybackSetup
from nmr.audit.feed import FeedBooks
from nmr.audit.findings import Disagreement, Tally, Touch
from nmr.audit.roles import RoleBooks
from nmr.errors import ChunkError, Mismatch
from nmr.protocol.chunk_tree import decode
from nmr.protocol.commitments import Commitment
from nmr.protocol.lanes import LANES
from nmr.protocol.pool_replay import PoolReplay, PoolTerms
from nmr.protocol.reference.events import Event
from nmr.protocol.reference.suite import Deployment
from nmr.protocol.replay import Replay
from nmr.protocol.score_words import GROUP_SHIFT

Key = tuple[str, str, int | str]
"""An address, a kind of thing that its contract keeps, and which of these."""

MODEL_EVENTS: Final = frozenset(
    {"ModelRegistered", "SubmitterSet", "OwnershipOffered", "OwnershipMoved", "PolicySet", "Deposited", "Withdrawn"}
    | {"Staked", "Left"}
)
"""Events about one model."""
LOT_EVENTS: Final = frozenset({"Kicked", "Filled", "Stopped", "Ended"})
"""Events about a lot of a buyback."""
GROUP_EVENTS: Final = frozenset({"Entered", "SettledExpired"})


class AuditBooks(Replay):
    """All books of a suite, and what in its log disagrees with them.

    Attributes:
        roles: who has which role.
        buybacks: the books of each buyback, by its address.
        feeds: the books of each TWAP feed, by its address.
        tally: what the log disagrees with.
        events: how many events there were, by part and name.
        settlements: how many positions of models were settled with a score word.
        rewards, burns: wei, by tournament.
        holders: every address that ever got or gave NMR.
        approvals: every owner and spender of an allowance that ever was.
        voided_open: rounds that were voided while they were open, by tournament and id.
        created: where each pool was, by its address.
        blocks: those that have logs by their numbers, each with what tells its logs from any others.
    """

    def __init__(
        self,
        deployment: Deployment,
        names: Mapping[str, str],
        buybacks: Mapping[str, BuybackSetup] | None = None,
        feeds: Mapping[str, int] | None = None,
    ) -> None:
        """Empty books.

        Args:
            deployment: the suite.
            names: the names of its parts by their addresses.
            buybacks: what their constructors fixed, by their addresses.
            feeds: the windows of TWAP feeds in seconds, by their addresses.
        """
        super().__init__(deployment)
        self.deployment = deployment
        self.names = dict(names)
        self.roles = RoleBooks()
        self.buybacks = {at: self._buyback(at, setup) for at, setup in (buybacks or {}).items()}
        self.feeds = {at: self._feed(at, window) for at, window in (feeds or {}).items()}
        self.tally = Tally()
        self.events: Counter[tuple[str, str]] = Counter()
        self.settlements = 0
        self.rewards: Counter[str] = Counter()
        self.burns: Counter[str] = Counter()
        self.holders: set[str] = set()
        self.approvals: set[tuple[str, str]] = set()
        self.voided_open: set[tuple[str, int]] = set()
        self.blocks: dict[int, str] = {}
        self.created: dict[str, Touch] = {}
        self.touches: dict[Key, Touch] = {}
        self._event: Event | None = None
        # Block and index of the last log, of whatever contract.
        self._at = (-1, -1)

    def apply(self, event: Event) -> None:
        """Apply the next event, whatever it says."""
        self._event = event
        self.events[self.names[event.address], event.name] += 1
        at = event.block, event.log_index
        if at <= self._at:
            expected = f"after log {self._at[1]} of block {self._at[0]}"
            found = f"log {event.log_index} of block {event.block}"
            self.disagree(Mismatch(event.block, event.transaction, "order of the log", expected, found))
            return
        self._at = at
        words = _words_of(event)
        settled = self._settled_positions(event, words)
        super().apply(event)
        if settled and self._last is event:
            self.settlements += settled
            self.rewards[event.address] += event.args["rewards"]
            self.burns[event.address] += event.args["burns"]
        for buyback in self.buybacks.values():
            buyback.apply(event)
        if event.address in self.feeds:
            self.feeds[event.address].apply(event)
        self.roles.apply(event)
        if event.name == "Voided" and self._was_open(event):
            self.voided_open.add((event.address, event.args["round"]))
        self._touch(event, words)

    def add_pool(self, address: str, terms: PoolTerms) -> PoolReplay:
        """Know a pool, and give it a name behind its tournament's."""
        index = sum(pool.terms.tournament == terms.tournament for pool in self.pools.values())
        self.names[address] = f"{self.names[terms.tournament]}-pool-{index}"
        if self._event is not None:
            self.created[address] = Touch(self._event.block, self._event.transaction)
        return super().add_pool(address, terms)

    @property
    def position(self) -> Event | None:
        """The last event that moved the books."""
        return self._last

    @position.setter
    def position(self, event: Event) -> None:
        self._last = event

    def finish(self) -> None:
        """Check what has to hold after a whole transaction."""
        event, self._event = self._event, None
        super().finish()
        self._event = event

    def close(self) -> None:
        """Check what has to hold after a whole block."""
        self.finish()
        for buyback in self.buybacks.values():
            buyback.finish()

    def disagree(self, mismatch: Mismatch) -> None:
        """Note a disagreement and go on."""
        event = self._event
        part = "suite" if event is None else self.names[event.address]
        model = None if event is None else event.args.get("model")
        self._note(part, mismatch, model)

    def last(self, address: str, *kinds: tuple[str, int | str]) -> Touch | None:
        """Where the log last spoke of any of these things of a contract, or else of the contract at all."""
        touches = [touch for kind in kinds if (touch := self.touches.get((address, *kind))) is not None]
        return max(touches, default=self.touches.get((address, "", "")))

    def _buyback(self, address: str, setup: BuybackSetup) -> BuybackBooks:
        return BuybackBooks(address, setup, lambda mismatch: self._note(self.names[address], mismatch))

    def _feed(self, address: str, window: int) -> FeedBooks:
        return FeedBooks(window, lambda mismatch: self._note(self.names[address], mismatch))

    def _note(self, part: str, mismatch: Mismatch, model: int | None = None) -> None:
        expected, found = str(mismatch.expected), str(mismatch.found)
        block, transaction = mismatch.block, mismatch.transaction
        self.tally.add(Disagreement("log", part, mismatch.what, expected, found, block, transaction, model))

    def _settled_positions(self, event: Event, words: Sequence[int]) -> int:
        """How many positions an event with these score words settles."""
        if not words:
            return 0
        stakes, round_id = self.books[event.address].stakes, event.args["round"]
        positions, tags = stakes.positions[round_id % stakes.ring], stakes.tags[round_id % stakes.ring]
        groups = {word >> GROUP_SHIFT for word in words}
        return sum(
            LANES - positions[LANES * group : LANES * (group + 1)].count(0)
            for group in groups
            if group < len(tags) and tags[group] == round_id
        )

    def _was_open(self, event: Event) -> bool:
        """Whether the round of an event was open but for the event itself."""
        record = self.books[event.address].rounds.records.get(event.args["round"])
        return record is not None and event.timestamp < record.terms.locks_at

    def _touch(self, event: Event, words: Sequence[int]) -> None:
        address, args, name = event.address, event.args, event.name
        touch = Touch(event.block, event.transaction)
        touches = self.touches
        touches[address, "", ""] = touch
        if name in MODEL_EVENTS:
            touches[address, "model", args["model"]] = touch
        elif name == "IdleMoved":
            touches[address, "model", args["source"]] = touch
            touches[address, "model", args["destination"]] = touch
        elif name in LOT_EVENTS:
            touches[address, "lot", ""] = touch
        elif name in GROUP_EVENTS:
            for group in args["groups"]:
                touches[address, "group", group] = touch
        elif name == "Settled":
            for word in words:
                touches[address, "group", word >> GROUP_SHIFT] = touch
        elif name == "Submitted":
            for model in args["models"]:
                touches[address, "submission", model] = touch
        elif name == "SubmittedSigned":
            for commitment in args["commitments"]:
                touches[address, "submission", Commitment.of(commitment).model] = touch
        elif name == "Transfer":
            for holder in (args["sender"], args["receiver"]):
                self.holders.add(holder)
                touches[address, "holder", holder] = touch
        elif name == "Approval":
            self.approvals.add((args["owner"], args["spender"]))
        elif "place" in args:
            touches[address, "place", args["place"]] = touch
        if "round" in args:
            touches[address, "round", args["round"]] = touch


def _words_of(event: Event) -> list[int]:
    """The score words of a settlement; none of another event, or where the chunk has no proper encoding."""
    if event.name != "Settled":
        return []
    try:
        return decode(event.args["chunk"])
    except ChunkError:
        return []
