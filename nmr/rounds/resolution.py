# SPDX-License-Identifier: MIT
"""Advances a round, from its lock to its close, as far as it can go now; anyone may.

It keeps nothing: each step is found from what the chain says and from the file of scores. So it can be stopped at any
point and run again, by anybody, and comes to the same end; what two do at once is done once, since the contract takes
each step once.

The words of a round are one for each group that had a stake in it at the lock, with the scores of the file for its
four models, and nothing for a model that the file leaves out. Stakes do not change between lock and settlement, and
what was settled is in the log; so the same file gives the same root before, while and after a round is settled.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from nmr.errors import NmrError
from nmr.protocol.chunk_tree import ChunkTree
from nmr.protocol.lanes import LANES, group_count, tag_of, unpack
from nmr.protocol.reference.rounds import FREED, State
from nmr.protocol.score_words import GROUPS_PER_CHUNK, encode_chunks
from nmr.rounds.scores_file import ScoresFile, ScoresInvalid
from nmr.rounds.status import STATE_WORDS, Next, RoundReads, RoundView, view_round, what_next
from nmr.text.amounts import GWEI, format_nmr
from nmr.text.selection import name_ids
from nmr.text.times import format_moment

PAGE: Final = 1_024
"""Groups that one call reads."""
BATCH: Final = 256
"""Groups that one call settles without scores."""


class ResolutionError(NmrError, RuntimeError):
    """A round that cannot be resolved as asked."""


class RootVetoed(ResolutionError):
    """The guardian turned down the root that these scores give."""


class CallRefused(ResolutionError):
    """The contract refuses a step, and nothing was sent."""


class MissingScores(NmrError, ValueError):
    """Models with a stake and a submission that a scores file leaves out."""


@dataclass(frozen=True)
class Sent:
    """A transaction that is in a block.

    Attributes:
        transaction: its hash.
        gas: what it used.
    """

    transaction: str
    gas: int


@dataclass(frozen=True)
class Settled:
    """What became of stakes, in wei; what was kept goes on into the round `successor`, 0 where nothing was."""

    sent: Sent
    staked: int
    rewards: int
    burns: int
    idled: int
    successor: int


class RoundAccess(RoundReads, Protocol):
    """A tournament on a chain, as it is needed to resolve a round. A write that is refused raises `CallRefused`."""

    def model_count(self) -> int:
        """How many models there are."""

    def position_words(self, place: int, first: int, count: int) -> Sequence[int]:
        """The position words of up to `PAGE` groups at a place of the ring."""

    def waiting_groups(self, round_id: int, first: int, count: int) -> Sequence[int]:
        """Those of up to `PAGE` groups whose stakes in a round wait."""

    def submitted(self, round_id: int, models: Sequence[int]) -> Sequence[bool]:
        """Whether each of these models submitted in a round."""

    def settled_groups(self, round_id: int) -> Sequence[int]:
        """The groups in all chunks of a round that were settled, from the log."""

    def vetoed(self, round_id: int) -> Sequence[bytes]:
        """The roots of a round that the guardian turned down, from the log."""

    def lock(self, round_id: int) -> Sent:
        """Lock a round."""

    def propose(self, round_id: int, root: bytes, chunks: int, evidence: bytes) -> Sent:
        """Propose a round's scores."""

    def settle(self, round_id: int, index: int, words: Sequence[int], proof: Sequence[bytes]) -> Settled:
        """Settle a chunk."""

    def settle_expired(self, round_id: int, groups: Sequence[int]) -> Settled:
        """Settle up to `BATCH` groups of a void or expired round."""


@dataclass(frozen=True)
class Lock:
    """The round is to be locked."""


@dataclass(frozen=True)
class Propose:
    """The root is to be proposed: `models` with a stake, `without_stake` in the file."""

    root: bytes
    chunks: int
    evidence: bytes
    models: int
    without_stake: int


@dataclass(frozen=True)
class Settle:
    """These chunks wait to be settled."""

    indices: tuple[int, ...]


@dataclass(frozen=True)
class SettleExpired:
    """These groups wait to be settled, without scores."""

    groups: tuple[int, ...]


@dataclass(frozen=True)
class Await:
    """Time, or somebody else, comes first.

    Attributes:
        state: the round's.
        following: what comes first.
        enough: whether all that was asked for is done.
    """

    state: State
    following: Next
    enough: bool = False


@dataclass(frozen=True)
class Closed:
    """Nothing is left to do."""


Step: TypeAlias = Lock | Propose | Settle | SettleExpired | Await | Closed


@dataclass(frozen=True)
class StepTaken:
    """A step that was taken, for people in a sentence and for programs as a dict."""

    text: str
    facts: dict[str, str | int | bool]


class Resolution:
    """The way of one round to its close."""

    def __init__(
        self,
        chain: RoundAccess,
        round_id: int,
        scores: ScoresFile | Callable[[], tuple[ScoresFile, bytes]] | None,
        *,
        evidence: bytes | None = None,
        again: bool = False,
        only_propose: bool = False,
    ) -> None:
        """
        Args:
            chain: the tournament.
            round_id: the round.
            scores: its scores, or what gives them and their evidence as soon as they are needed; None only settles
                stakes that need none.
            evidence: the hash of what is needed to check the scores, if not the file's own.
            again: propose even a root that the guardian turned down.
            only_propose: settle nothing: it is enough that the scores are proposed.
        """
        self._chain = chain
        self.round = round_id
        self._scores = scores
        self._evidence = evidence
        self._again = again
        self._only_propose = only_propose
        self._chunks: list[list[int]] | None = None
        self._tree: ChunkTree | None = None

    def step(self) -> Step:
        """What is to be done now, by what the chain says.

        Raises:
            NoSuchRound: the round was never opened.
            ResolutionError: it cannot be resolved, or not with this file.
            ScoresInvalid, MissingScores: the file is not a complete one for this round.
        """
        self._chain.refresh()
        view = view_round(self._chain, self.round)
        if view.state == State.CLOSED:
            return Closed()
        if self._scores is None:
            return self._settle_expired(view)
        match view.state:
            case State.ENDED:
                return Lock()
            case State.OPENED if view.info.terms.resolves_at <= view.now:
                return self._propose(view, self._needed())
            case State.PROPOSED:
                self._check_root(view, self._needed())
            case State.FINAL:
                self._check_root(view, self._needed())
                if not self._only_propose:
                    return self._settle(view)
            case state if state in FREED:
                what = "void" if state == State.VOID else "expired"
                raise ResolutionError(
                    f"Round {view.id} is {what}, so no scores count: settle its stakes with "
                    f"`resolve {view.id} --expired`."
                )
        following = what_next(view)
        assert following is not None, "only a closed round waits for nothing"
        return Await(view.state, following, self._only_propose and view.state in (State.PROPOSED, State.FINAL))

    def take(self, step: Step, report: Callable[[StepTaken], None]) -> None:
        """Do what `step` says; of several transactions each is reported once it is in a block.

        Raises:
            CallRefused: the contract refuses it.
        """
        chain, round_id = self._chain, self.round
        match step:
            case Lock():
                sent = chain.lock(round_id)
                chain.refresh()
                at_risk = format_nmr(chain.round(round_id).at_risk)
                text = f"Locked round {round_id} with {at_risk} NMR at risk."
                report(StepTaken(text, {"action": "lock", "at_risk": at_risk, **_facts(sent)}))
            case Propose():
                sent = chain.propose(round_id, step.root, step.chunks, step.evidence)
                chain.refresh()
                report(_proposed(round_id, step, chain.round(round_id).final_at, sent))
            case Settle():
                assert self._chunks is not None and self._tree is not None, "the root was checked before"
                for index in step.indices:
                    settled = chain.settle(round_id, index, self._chunks[index], self._tree.proof(index))
                    done = f"Settled chunk {index + 1} of {self._tree.chunks}"
                    report(_settled(done, {"action": "settle", "chunk": index}, settled))
            case SettleExpired():
                for start in range(0, len(step.groups), BATCH):
                    groups = step.groups[start : start + BATCH]
                    settled = chain.settle_expired(round_id, groups)
                    done = f"Settled {_count(len(groups), 'group')} without burns or rewards"
                    report(_settled(done, {"action": "settle_expired", "groups": len(groups)}, settled))
            case Await() | Closed():
                pass

    def _needed(self) -> ScoresFile:
        """The scores, from now on at hand."""
        assert self._scores is not None, "without scores nothing is proposed"
        if not isinstance(self._scores, ScoresFile):
            self._scores, self._evidence = self._scores()
        return self._scores

    def _propose(self, view: RoundView, scores: ScoresFile) -> Propose:
        if view.now > view.proposed_by:
            raise ResolutionError(
                f"It is too late to propose scores for round {view.id}: too little time is left to settle before it "
                f"expires, {format_moment(view.info.terms.expires_at, view.now)}."
            )
        positions = self._positions(view)
        without_stake = check_complete(
            scores,
            positions,
            self._chain.model_count(),
            lambda models: self._chain.submitted(view.id, models),
            view.id,
        )
        tree = self._build({model // LANES for model in positions}, scores)
        if tree.root in self._chain.vetoed(view.id) and not self._again:
            raise RootVetoed(
                f"The guardian vetoed the root that these scores give for round {view.id}: correct them, or propose "
                "the same root once more with --again."
            )
        evidence = scores.digest if self._evidence is None else self._evidence
        return Propose(tree.root, tree.chunks, evidence, len(positions), without_stake)

    def _check_root(self, view: RoundView, scores: ScoresFile) -> None:
        """Refuse a file that does not give the root on the chain."""
        if self._tree is None:
            groups = set(self._waiting(view))
            # Until the first chunk is settled the log has nothing to tell.
            if view.info.staked != view.info.at_risk:
                groups |= set(self._chain.settled_groups(view.id))
            self._build(groups, scores)
        assert self._tree is not None
        if (self._tree.root, self._tree.chunks) != (view.info.root, view.info.chunks):
            tree, self._tree = self._tree, None
            raise ResolutionError(
                f"{scores.name} does not give the root of round {view.id}: it gives 0x{tree.root.hex()}, and "
                f"0x{view.info.root.hex()} was proposed."
            )

    def _build(self, groups: set[int], scores: ScoresFile) -> ChunkTree:
        self._chunks = encode_chunks(scores.scores, groups)
        self._tree = ChunkTree.of(self._chunks)
        return self._tree

    def _settle(self, view: RoundView) -> Settle:
        waiting = {group // GROUPS_PER_CHUNK for group in self._waiting(view)}
        return Settle(tuple(sorted(waiting)))

    def _settle_expired(self, view: RoundView) -> SettleExpired:
        if view.state not in FREED:
            raise ResolutionError(
                f"The stakes of round {view.id} still count, and cannot be settled without scores: it is "
                f"{STATE_WORDS[view.state]}, and expires {format_moment(view.info.terms.expires_at, view.now)}."
            )
        return SettleExpired(tuple(self._waiting(view)))

    def _waiting(self, view: RoundView) -> list[int]:
        waiting: list[int] = []
        for first, count in _pages(self._chain.model_count()):
            waiting += self._chain.waiting_groups(view.id, first, count)
        if not waiting:
            raise ResolutionError(
                f"The node names no stake of round {view.id} that waits, and {format_nmr(view.info.staked)} NMR do: "
                "it does not answer from one block. Run the command again."
            )
        return waiting

    def _positions(self, view: RoundView) -> dict[int, int]:
        positions = read_positions(self._chain, view.id)
        total = sum(positions.values()) * GWEI
        if total != view.info.staked:
            raise ResolutionError(
                f"The node names {format_nmr(total)} NMR at stake in round {view.id}, and "
                f"{format_nmr(view.info.staked)} NMR are: it does not answer from one block. Run the command again."
            )
        return positions


def resolve(
    resolution: Resolution, report: Callable[[StepTaken], None], pause: Callable[[Await], None] | None = None
) -> Await | Closed:
    """Go on with a round as far as it goes.

    Args:
        resolution: the round's.
        report: told each step that was taken.
        pause: called when the round waits for time or for somebody else; returns when it is worth looking again. None
            stops there, as an `Await` does that is enough.

    Returns:
        where it stopped.

    Raises:
        NmrError: as `Resolution.step` and `Resolution.take` do.
    """
    while True:
        step = resolution.step()
        if isinstance(step, Closed):
            return step
        if isinstance(step, Await):
            if pause is None or step.enough:
                return step
            pause(step)
            continue
        try:
            resolution.take(step, report)
        except CallRefused:
            # Somebody else may have done it meanwhile; if the chain still asks for the same, the refusal is meant.
            if resolution.step() == step:
                raise


def read_positions(chain: RoundAccess, round_id: int) -> dict[int, int]:
    """The stakes that wait in a round: model -> gwei, for those that have one."""
    positions = {}
    for first, count in _pages(chain.model_count()):
        for group, word in enumerate(chain.position_words(round_id % chain.ring, first, count), start=first):
            if tag_of(word) == round_id:
                for lane, stake in enumerate(unpack(word)):
                    if stake:
                        positions[LANES * group + lane] = stake
    return positions


def check_complete(
    scores: ScoresFile,
    positions: Mapping[int, int],
    model_count: int,
    submitted: Callable[[Sequence[int]], Sequence[bool]],
    round_id: int,
) -> int:
    """Refuse a file that leaves out a model with a stake and a submission, or names one that does not exist.

    A model without a submission may be left out, and one without a stake may be there: the contract pays by neither.

    Args:
        scores: the file.
        positions: model -> stake in the round.
        model_count: how many models there are.
        submitted: whether each of some models submitted in the round.
        round_id: for messages.

    Returns:
        how many models of the file have no stake in the round.

    Raises:
        ScoresInvalid: an unknown model.
        MissingScores: a model is missing.
    """
    for model, line in scores.lines.items():
        if model >= model_count:
            last = f"the last is {model_count - 1}" if model_count else "none is registered"
            raise ScoresInvalid(scores.name, line, f"there is no model {model}, {last}")
    unscored = sorted(set(positions) - set(scores.scores))
    missing = [model for model, did in zip(unscored, submitted(unscored), strict=True) if did]
    if missing:
        raise MissingScores(
            f"{scores.name} has no score for {name_ids(missing)}: {_count(len(missing), 'model')} with a stake and a "
            f"submission in round {round_id}."
        )
    return len(set(scores.scores) - set(positions))


def _pages(model_count: int) -> list[tuple[int, int]]:
    """First group and number of groups of each page that reads all groups."""
    groups = group_count(model_count)
    return [(first, min(PAGE, groups - first)) for first in range(0, groups, PAGE)]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _facts(sent: Sent) -> dict[str, str | int | bool]:
    return {"transaction": sent.transaction, "gas": sent.gas}


def _proposed(round_id: int, step: Propose, final_at: int, sent: Sent) -> StepTaken:
    models, chunks = _count(step.models, "model"), _count(step.chunks, "chunk")
    text = (
        f"Proposed scores for round {round_id}, {models} at stake in {chunks}: "
        f"root 0x{step.root.hex()}, evidence 0x{step.evidence.hex()}."
    )
    if step.without_stake:
        text += f" {_count(step.without_stake, 'model')} of the file without a stake: their scores change nothing."
    facts: dict[str, str | int | bool] = {
        "action": "propose",
        "root": f"0x{step.root.hex()}",
        "chunks": step.chunks,
        "evidence": f"0x{step.evidence.hex()}",
        "models": step.models,
        "without_stake": step.without_stake,
        "final_at": final_at,
    }
    return StepTaken(text, facts | _facts(sent))


def _settled(done: str, known: dict[str, str | int | bool], settled: Settled) -> StepTaken:
    names = ("staked", "rewards", "burns", "idled")
    amounts = {name: format_nmr(getattr(settled, name)) for name in names}
    kept = settled.staked + settled.rewards - settled.burns - settled.idled
    goes = "all returned to the models' withdrawable balance"
    if kept:
        goes = f"{format_nmr(kept)} go on into round {settled.successor}, {amounts['idled']} to idle"
    text = (
        f"{done}: {amounts['staked']} NMR at stake, {amounts['rewards']} rewarded, {amounts['burns']} burned; {goes}."
    )
    facts: dict[str, str | int | bool] = {**known, **amounts, "kept": format_nmr(kept), "successor": settled.successor}
    return StepTaken(text, facts | _facts(settled.sent))
