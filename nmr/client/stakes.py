# SPDX-License-Identifier: MIT
"""What anybody sees of models and their stakes, many at a time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

from nmr.chain.contracts import Contract
from nmr.chain.logs import EventAbi, decode_logs, read_logs, topic_of
from nmr.client.labels import read_labels
from nmr.client.session import Session
from nmr.errors import NmrError
from nmr.protocol.lanes import LANES, place_of, tag_of, unpack
from nmr.protocol.lifetimes import EVENTS, Lifetime, LogIncomplete, lifetimes
from nmr.protocol.reference.events import Event
from nmr.protocol.reference.rounds import FREED, Round, State, Terms
from nmr.protocol.reference.views import IDLE_ROW, POLICY_ROW
from nmr.rounds.status import STATE_WORDS
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, format_nmr
from nmr.text.selection import ModelName, SelectionError, are, name_ids, named_twice

MAX_READ: Final = 1_024
"""Words that one call of `words` gives."""
SEEN: Final = frozenset({"idle_of", "policy_of", "stakes_of"})
"""Views of a model that the lens has."""
_MODEL_FIELDS: Final = frozenset({"model", "source", "destination"})
"""Names under which an event of a tournament tells its model."""

T = TypeVar("T")


class NoSuchModel(NmrError, LookupError):
    """A model that was never registered."""


class CannotDo(NmrError, RuntimeError):
    """What was asked for cannot be done as things stand; nothing was sent."""


@dataclass(frozen=True)
class OpenRound:
    """The round that is open: until when, and its sealing key."""

    id: int
    locks_at: int
    sealing_key: bytes


@dataclass(frozen=True)
class AtRisk:
    """What a model has at stake in a round, or waiting for it to open: then its state is `UNKNOWN`.

    `free_from` and `free_by` are what the lens says of a stake.
    """

    round: int
    amount: int
    state: State
    free_from: int
    free_by: int


@dataclass(frozen=True)
class ModelHolding:
    """All there is to know of a model's stake; wei and unix seconds."""

    model: int
    owner: str
    submitter: str
    offered_to: str | None
    idle: int
    target: int
    compound: bool
    at_risk: tuple[AtRisk, ...]
    lifetime: Lifetime

    @property
    def staked(self) -> int:
        """What it has at stake in all rounds, or waiting."""
        return sum(stake.amount for stake in self.at_risk)

    @property
    def waiting(self) -> int:
        """What waits for rounds that are not opened, and is at no risk."""
        return sum(stake.amount for stake in self.at_risk if stake.state == State.UNKNOWN)


class StakesOnChain:
    """The models of one tournament, as anybody sees them."""

    def __init__(self, session: Session, tournament: Contract) -> None:
        self.session = session
        self.tournament = tournament
        self.lens = session.only("Lens")

    @property
    def model_count(self) -> int:
        """How many models there are now."""
        return int(self.session.read(self.tournament, "model_count"))

    @cached_property
    def min_stake(self) -> int:
        """What every position is at least, wei."""
        return int(self.session.read(self.tournament, "MIN_STAKE"))

    def require_models(self, models: Sequence[int]) -> None:
        """Refuse models that were never registered.

        Raises:
            NoSuchModel: with their ids.
        """
        count = self.model_count
        unknown = [model for model in models if model >= count]
        if unknown:
            last = f"the last is {count - 1}" if count else "none was registered yet"
            raise NoSuchModel(f"There {are(unknown)} no {name_ids(unknown)}: {last}.")

    def each(self, getter: str, models: Sequence[int]) -> dict[int, Any]:
        """What a getter of the tournament, or a view of the lens in `SEEN`, says of each model."""
        if getter in SEEN:
            answers = self.session.read_many(self.lens, [(getter, self.tournament.address, model) for model in models])
        else:
            answers = self.session.read_many(self.tournament, [(getter, model) for model in models])
        return dict(zip(models, answers, strict=True))

    def positions(self, round_id: int, models: Sequence[int]) -> dict[int, int]:
        """What each model has at stake in a round, or waiting for it, wei."""
        calls = [("position", self.tournament.address, round_id, model) for model in models]
        return dict(zip(models, self.session.read_many(self.lens, calls), strict=True))

    def open_round(self) -> OpenRound:
        """The open round.

        Raises:
            CannotDo: none is.
        """
        latest = self.session.read(self.tournament, "last_opened")
        state, (terms, *_) = self.session.read_many(self.tournament, [("state", latest), ("round_info", latest)])
        if State(state) == State.UNKNOWN:
            raise CannotDo("No round is open: none was opened yet.")
        if State(state) != State.OPEN:
            raise CannotDo(f"No round is open: the latest, {latest}, is {STATE_WORDS[State(state)]}.")
        found = Terms(*terms)
        return OpenRound(latest, locks_at=found.locks_at, sealing_key=bytes(found.sealing_key))

    def owned_by(self, owner: str) -> list[int]:
        """The models of an owner, in rising order."""
        who = bytes.fromhex(owner[2:]).rjust(32, b"\0")
        candidates = set()
        for name, topics in (("ModelRegistered", (None, who)), ("OwnershipMoved", (None, None, who))):
            wanted = [topic_of(self.tournament.event(name)), *topics]
            first, last = self.session.record.first_block, self.session.latest
            logs = read_logs(self.session.rpc, [self.tournament.address], first, last, wanted)
            candidates |= {int.from_bytes(log.topics[1], "big") for log in logs}
        owners = self.each("owner_of", sorted(candidates))
        return [model for model, found in owners.items() if found == owner]

    def ids(self, names: Sequence[ModelName], owner: str | None = None, *, submits: bool = False) -> list[int]:
        """The ids of models, in order. An id stands for itself, whatever labels there are.

        Args:
            names: ids and labels.
            owner: look labels up among the models of this owner alone, so that nobody else's label stands in the way.
            submits: look a label that no model of the owner has up among those that it submits for.

        Raises:
            CannotDo: no model has a label, or several have.
            SelectionError: two names are of one model.
        """
        labels = self.labels() if any(isinstance(name, str) for name in names) else []
        found: dict[int, None] = {}
        for name in names:
            model = self._labelled(name, labels, owner, submits) if isinstance(name, str) else name
            if model in found:
                raise SelectionError(named_twice(model))
            found[model] = None
        return list(found)

    def by_id(self, by_name: Mapping[ModelName, T], owner: str | None = None, *, submits: bool = False) -> dict[int, T]:
        """What stands by ids and labels, by ids alone. Arguments and errors as of `ids`."""
        return dict(zip(self.ids(list(by_name), owner, submits=submits), by_name.values(), strict=True))

    def labels(self) -> list[str]:
        """The label of each model, by id. Raises `LogIncomplete`."""
        return read_labels(self.session, self.tournament)

    def _labelled(self, label: str, labels: Sequence[str], owner: str | None, submits: bool) -> int:
        found = with_label(labels, label)
        whose = "" if owner is None else f" of {owner}"
        if owner is not None and found:
            owners = self.each("owner_of", found)
            own = [model for model in found if owners[model] == owner]
            if submits and not own:
                submitters = self.each("submitter_of", found)
                own = [model for model in found if submitters[model] == owner]
            found = own
        if not found:
            raise CannotDo(f"No model{whose} has the label {label!r}.")
        if len(found) > 1:
            raise CannotDo(f"{name_ids(found).capitalize()} have the label {label!r}: name one by its id.")
        return found[0]

    def enterable(self, groups: Sequence[int]) -> list[int]:
        """Those of these groups that `enter` would raise now.

        Raises:
            CannotDo: no round is open.
        """
        opened = self.open_round()
        held = self._held_elsewhere(opened.id, groups)
        moving = self._moving(opened, [group for group in groups if group not in held])
        return sorted({model // LANES for model in moving})

    def holdings(self, models: Sequence[int]) -> list[ModelHolding]:
        """All there is to know of models, at one block.

        Raises:
            NoSuchModel: one was never registered.
            LogIncomplete: the node's log does not account for what a model has.
        """
        self.require_models(models)
        session, tournament = self.session, self.tournament
        block, now = session.latest, session.now
        getters = ("owner_of", "submitter_of", "offered_to")
        calls = [(getter, model) for model in models for getter in getters]
        ring, min_stake, *told = session.read_many(tournament, [("RING",), ("MIN_STAKE",), *calls], block)
        views = [
            (view, tournament.address, model) for model in models for view in ("policy_of", "idle_of", "stakes_of")
        ]
        seen = session.read_many(self.lens, views, block)
        events = self.events(EVENTS, block, frozenset(models))
        lives = lifetimes(events, ring, min_stake, models)
        rows = [(model, *told[3 * i : 3 * i + 3], *seen[3 * i : 3 * i + 3]) for i, model in enumerate(models)]
        rounds = self._rounds({stake[0] for *_, stakes in rows for stake in stakes}, now)
        holdings = []
        for model, owner, submitter, offered_to, (target, compound), idle, stakes in rows:
            at_risk = tuple(AtRisk(round_id, amount, *rounds[round_id]) for round_id, amount, *_ in sorted(stakes))
            offer = None if offered_to == ZERO_ADDRESS else offered_to
            holding = ModelHolding(model, owner, submitter, offer, idle, target, compound, at_risk, lives[model])
            if holding.lifetime.left != idle + holding.staked:
                raise LogIncomplete(
                    f"The node's log accounts for {format_nmr(holding.lifetime.left)} NMR of model {model}, "
                    f"which has {format_nmr(idle + holding.staked)}: ask a node that keeps all logs."
                )
            holdings.append(holding)
        return holdings

    def events(self, names: Sequence[str], last: int, models: Collection[int] | None = None) -> list[Event]:
        """The tournament's events of these names up to a block, in the order of the chain, without timestamps.

        Args:
            names: of the events.
            last: the block.
            models: leave out events about other models alone; None for all.
        """
        tournament, session = self.tournament, self.session
        abis = [tournament.event(name) for name in names]
        at = {topic_of(abi): _model_positions(abi) for abi in abis}
        logs = read_logs(session.rpc, [tournament.address], session.record.first_block, last, [sorted(at)])

        def concerns(topics: Sequence[bytes]) -> bool:
            places = at[topics[0]]
            return models is None or not places or any(int.from_bytes(topics[i], "big") in models for i in places)

        return list(decode_logs((log for log in logs if concerns(log.topics)), {tournament.address: abis}))

    def _rounds(self, rounds: set[int], now: int) -> dict[int, tuple[State, int, int]]:
        """State, free_from and free_by of rounds: those of `stakes_of`, at the time of the next block."""
        ids = sorted(rounds)
        calls = [call for round_id in ids for call in (("state", round_id), ("round_info", round_id))]
        answers = iter(self.session.read_many(self.tournament, calls))
        found = {}
        for round_id in ids:
            state, (terms, *progress) = State(next(answers)), next(answers)
            info = Round(Terms(*terms), *progress)
            if state in FREED | {State.UNKNOWN, State.OPEN}:
                found[round_id] = state, now, now
            else:
                free_by = info.terms.expires_at
                free_from = info.final_at or max(info.terms.resolves_at, now) + info.terms.window
                found[round_id] = state, min(free_from, free_by), free_by
        return found

    @cached_property
    def _ring(self) -> int:
        return int(self.session.read_many(self.tournament, [("RING",)])[0])

    def _moving(self, opened: OpenRound, groups: Sequence[int]) -> dict[int, int]:
        """What each model of these groups would bring from idle to the open round, if anything."""
        idle, targets = self._words(IDLE_ROW, groups), self._words(POLICY_ROW, groups)
        held = self._words(opened.id % self._ring, groups)
        count = self.model_count
        moving = {}
        for group in groups:
            there = held[group] if tag_of(held[group]) == opened.id else 0
            lanes = zip(unpack(idle[group]), unpack(targets[group]), unpack(there), strict=True)
            for model, (free, target, position) in enumerate(lanes, LANES * group):
                added = min(free, target - position)
                if model < count and added > 0 and (position + added) * GWEI >= self.min_stake:
                    moving[model] = added * GWEI
        return moving

    def _held_elsewhere(self, opened: int, groups: Sequence[int]) -> dict[int, int]:
        """The groups that have stakes of another round at the open round's place, and of which."""
        tags = ((group, tag_of(word)) for group, word in self._words(opened % self._ring, groups).items())
        return {group: tag for group, tag in tags if tag is not None and tag != opened}

    def _at_stake(self, round_id: int, models: Collection[int]) -> dict[int, int]:
        """What each model has at stake in a round, wei: as `positions`, in a hundredth of the calls for many."""
        words = self._words(round_id % self._ring, sorted({model // LANES for model in models}))
        found = {}
        for model in models:
            group, lane = place_of(model)
            found[model] = unpack(words[group])[lane] * GWEI if tag_of(words[group]) == round_id else 0
        return found

    def _words(self, row: int, groups: Sequence[int]) -> dict[int, int]:
        """The words of groups in a row of the ledger, a place of the ring, `IDLE_ROW` or `POLICY_ROW`."""
        ranges: list[tuple[int, int]] = []
        for group in sorted(groups):
            first, count = ranges[-1] if ranges else (group, 0)
            if group == first + count and count < MAX_READ:
                ranges[-1:] = [(first, count + 1)]
            else:
                ranges.append((group, 1))
        answers = self.session.read_many(self.tournament, [("words", row, *each) for each in ranges])
        words = zip(ranges, answers, strict=True)
        return {first + i: word for (first, _), found in words for i, word in enumerate(found)}


def _model_positions(abi: EventAbi) -> list[int]:
    """Where in an event's topics its models are."""
    indexed = [field["name"] for field in abi["inputs"] if field["indexed"]]
    return [place for place, name in enumerate(indexed, start=1) if name in _MODEL_FIELDS]


def with_label(labels: Sequence[str], label: str) -> list[int]:
    """The models that have a label."""
    return [model for model, each in enumerate(labels) if each == label]
