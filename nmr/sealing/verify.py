# SPDX-License-Identifier: MIT
"""A round checked from the chain and the store alone: opening, meta model, scores, words and root, all once more.

Nothing that the operator says is believed: not which submissions count, not the weights, not the scores. Where what is
found differs from what was published, it is named. Two things cannot be known afterwards, and are noted and not held
against a round: a file that the opening list calls missing and that is in the store by now came late, or was left out;
and the outcome itself, unless the auditor brings targets of their own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from nmr.errors import NmrError
from nmr.protocol.chunk_tree import ChunkTree
from nmr.protocol.lanes import LANES
from nmr.protocol.reference.rounds import EMPTY_BYTES32
from nmr.protocol.score_words import BLANK, Score, encode_chunks
from nmr.rounds.scores_file import LARGEST_SCORES, ScoresInvalid, parse_scores
from nmr.sealing.crew import Crew
from nmr.sealing.documents import DocumentInvalid, Evidence, ListedSubmission, OpeningList
from nmr.sealing.facts import RoundOnChain
from nmr.sealing.keys import PrivateKey
from nmr.sealing.opening import UNDELIVERED, Opened, open_submissions
from nmr.sealing.scores import RoundScores, score_submissions
from nmr.sealing.store import LARGEST_DOCUMENT, LARGEST_EVIDENCE, NotDelivered, Store
from nmr.sealing.tables import LARGEST_CANONICAL, TableInvalid, Targets, Universe, parse_targets, parse_universe
from nmr.text.amounts import GWEI, SCORE_PLACES, format_fixed, format_nmr

LATE: Final = "its file is in the store now, so it came late or was left out"


class NotVerifiable(NmrError, RuntimeError):
    """A round that has nothing to be verified yet."""


@dataclass(frozen=True)
class ModelCheck:
    """One model of a round.

    Attributes:
        model: its id.
        stake: gwei at the lock.
        reason: why its submission does not count; None if it does.
        computed: primary and contribution as they should be; None for what cannot be computed.
        stated: its scores on the chain, or in the file whose root is on the chain; None if none are.
        problems: what is wrong with it, each the end of a sentence that begins with the model.
    """

    model: int
    stake: int
    reason: str | None
    computed: tuple[int, int | None] | None
    stated: Score | None
    problems: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether all that was published about it is right."""
        return not self.problems


@dataclass(frozen=True)
class Verification:
    """What came of it.

    Attributes:
        round: which.
        models: each that committed to a file, had a stake or is in what was published.
        problems: what is wrong with the round, as sentences; those of single models are with them.
        notes: what an auditor should know and cannot be told right or wrong.
        root: over the scores as they should be; None if they cannot all be computed.
    """

    round: int
    models: tuple[ModelCheck, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    root: bytes | None

    @property
    def agrees(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems and all(check.right for check in self.models)

    @property
    def findings(self) -> tuple[str, ...]:
        """All that is wrong, as sentences."""
        of_models = (f"Model {check.model}: {problem}." for check in self.models for problem in check.problems)
        return (*self.problems, *of_models)


@dataclass
class _Findings:
    """What was found so far."""

    round: list[str] = field(default_factory=list)
    models: dict[int, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    late: dict[int, str] = field(default_factory=dict)
    """Model -> why its submission does not count, though its file is in the store by now."""
    lost: set[int] = field(default_factory=set)
    """Models whose submissions count, and whose files are not there any more."""

    def about(self, model: int, problem: str) -> None:
        self.models.setdefault(model, []).append(problem)


def verify_round(
    facts: RoundOnChain,
    store: Store,
    key: PrivateKey,
    *,
    targets: Targets | None = None,
    progress: Callable[[int], None] = lambda done: None,
    crew: Crew | None = None,
) -> Verification:
    """Check a round.

    Args:
        facts: what the chain says about it.
        store: where its files are.
        key: its private key.
        targets: the outcome as the auditor knows it; without it the operator's is taken.
        progress: told how many submissions were looked at.
        crew: who looks at the predictions and computes the scores; this process if left out.

    Raises:
        NotVerifiable: it has no opening list yet.
        OpeningError: the key is not the round's.
        StoreError: the store cannot be read.
    """
    if facts.opened_list == EMPTY_BYTES32:
        raise NotVerifiable(f"Round {facts.round} has no opening list on the chain yet.")
    found = _Findings()
    published = _published_opening(facts, store, found)
    if published is None:
        return Verification(facts.round, (), tuple(found.round), (), None)
    listing, universe = published
    opened = open_submissions(facts, universe, key, store, progress, crew)
    counted = _check_opening(facts, listing, opened, found)
    computed: RoundScores | None = None
    stated: Mapping[int, Score] = {}
    root = None
    if facts.root == EMPTY_BYTES32:
        found.notes.append("No scores stand proposed, so only the opening was checked.")
    else:
        evidence = _published_evidence(facts, store, found)
        outcome = _outcome(evidence, targets, universe, store, found)
        if outcome is not None:
            computed = score_submissions(opened.ranks[counted], outcome, facts, crew)
        if evidence is not None:
            _check_evidence(facts, evidence, listing, None if found.lost else computed, found)
        stated = _stated_scores(facts, evidence, store, found)
        if computed is not None and not found.lost:
            root = _check_root(facts, computed.scores, found)
    return _verification(facts, opened.entries, computed, stated, found, root)


def _published_opening(facts: RoundOnChain, store: Store, found: _Findings) -> tuple[OpeningList, Universe] | None:
    """The opening list on the chain and the universe that it names, if the store has them."""
    try:
        listing = OpeningList.parse(store.get(facts.opened_list, LARGEST_DOCUMENT))
    except (NotDelivered, DocumentInvalid) as error:
        found.round.append(f"The opening list on the chain cannot be read: {error}")
        return None
    for what, expected, stated in (
        ("chain", facts.chain_id, listing.chain_id),
        ("tournament", facts.tournament.lower(), listing.tournament),
        ("round", facts.round, listing.round),
        ("sealing key", f"0x{facts.sealing_key.hex()}", f"0x{listing.sealing_key.hex()}"),
    ):
        if expected != stated:
            found.round.append(f"The opening list is for {what} {stated}, not {expected}.")
    try:
        return listing, parse_universe(store.get(listing.universe, LARGEST_CANONICAL))
    except (NotDelivered, TableInvalid) as error:
        found.round.append(f"The universe that the opening list names cannot be read: {error}")
        return None


def _check_opening(facts: RoundOnChain, listing: OpeningList, opened: Opened, found: _Findings) -> list[int]:
    """The models that should count, as far as their files are there."""
    listed = {entry.model: entry for entry in listing.entries}
    counted = []
    for model in sorted(listed.keys() - facts.commitments.keys()):
        found.about(model, "the opening list names it, and it committed to no file before the lock")
    for entry in opened.entries:
        stated = listed.get(entry.model)
        if stated is None:
            found.about(entry.model, "the opening list leaves it out, and it committed to a file before the lock")
        elif stated.file != entry.file:
            other = f"0x{stated.file.hex()}, and it committed to 0x{entry.file.hex()}"
            found.about(entry.model, f"the opening list has another file of it, {other}")
        elif stated.reason == entry.reason or {stated.reason, entry.reason} <= UNDELIVERED:
            pass
        elif stated.reason in UNDELIVERED:
            found.notes.append(f"Model {entry.model}: {_listed(stated)}, and {LATE}.")
            found.late[entry.model] = stated.reason
            continue
        elif entry.reason in UNDELIVERED:
            found.lost.add(entry.model)
            found.about(entry.model, f"{_listed(stated)}, and now: {entry.reason.rstrip('.')}")
        else:
            found.about(entry.model, f"{_listed(stated)}, and it is {_validity(entry)}")
        if entry.reason is None:
            counted.append(entry.model)
    return counted


def _listed(entry: ListedSubmission) -> str:
    return f"the opening list calls its submission {_validity(entry)}"


def _validity(entry: ListedSubmission) -> str:
    return "valid" if entry.reason is None else f"not valid ({entry.reason.rstrip('.')})"


def _published_evidence(facts: RoundOnChain, store: Store, found: _Findings) -> Evidence | None:
    try:
        return Evidence.parse(store.get(facts.evidence, LARGEST_EVIDENCE))
    except (NotDelivered, DocumentInvalid) as error:
        found.round.append(f"The evidence on the chain cannot be read: {error}")
        return None


def _outcome(
    evidence: Evidence | None, own: Targets | None, universe: Universe, store: Store, found: _Findings
) -> Targets | None:
    """The targets to score with: the auditor's own, or else the published ones."""
    if evidence is not None and own is not None and own.digest != evidence.targets:
        found.round.append(f"The evidence has other targets than yours: 0x{evidence.targets.hex()}.")
    if own is not None or evidence is None:
        return own
    try:
        return parse_targets(store.get(evidence.targets, LARGEST_CANONICAL), universe)
    except (NotDelivered, TableInvalid) as error:
        found.round.append(f"The targets that the evidence names cannot be read: {error}")
        return None


def _check_evidence(
    facts: RoundOnChain,
    evidence: Evidence,
    listing: OpeningList,
    computed: RoundScores | None,
    found: _Findings,
) -> None:
    for what, expected, stated in (
        ("chain", facts.chain_id, evidence.chain_id),
        ("tournament", facts.tournament.lower(), evidence.tournament),
        ("round", facts.round, evidence.round),
        ("opening list", f"0x{facts.opened_list.hex()}", f"0x{evidence.opening.hex()}"),
        ("universe", f"0x{listing.universe.hex()}", f"0x{evidence.universe.hex()}"),
    ):
        if expected != stated:
            found.round.append(f"The evidence is for {what} {stated}, not {expected}.")
    if computed is None:
        return
    for model in sorted(computed.weights.keys() | evidence.weights.keys()):
        expected_weight, stated_weight = computed.weights.get(model, 0), evidence.weights.get(model, 0)
        if expected_weight != stated_weight:
            weights = f"{format_nmr(stated_weight * GWEI)} NMR, and it is {format_nmr(expected_weight * GWEI)} NMR"
            found.about(model, f"its weight in the meta model is stated as {weights}")
    if computed.meta_model_digest != evidence.meta_model:
        found.round.append("The meta model of the evidence is another one.")
    elif computed.meta_model_corr != evidence.meta_model_corr:
        stated, right = (
            "none" if corr is None else format_fixed(corr, SCORE_PLACES)
            for corr in (evidence.meta_model_corr, computed.meta_model_corr)
        )
        found.round.append(f"The meta model's CORR is stated as {stated}, and it is {right}.")


def _stated_scores(
    facts: RoundOnChain, evidence: Evidence | None, store: Store, found: _Findings
) -> Mapping[int, Score]:
    """The scores that the chain stands for: those in settled chunks, else those of the published file."""
    if evidence is None:
        return facts.settled
    try:
        file = parse_scores(store.get(evidence.scores, LARGEST_SCORES))
        root, chunks = _root_of(facts, file.scores)
    except (NotDelivered, ScoresInvalid) as error:
        found.round.append(f"The scores file that the evidence names cannot be read: {error}")
        return facts.settled
    if (root, chunks) != (facts.root, facts.chunks):
        found.round.append(
            f"The published scores file does not give the root on the chain: it gives 0x{root.hex()}, and "
            f"0x{facts.root.hex()} was proposed."
        )
    groups = {model // LANES for model in facts.stakes}
    of_file = {model: score for model, score in file.scores.items() if model // LANES in groups}
    return of_file | dict(facts.settled)


def _check_root(facts: RoundOnChain, scores: Mapping[int, Score], found: _Findings) -> bytes:
    root, chunks = _root_of(facts, scores)
    if (root, chunks) != (facts.root, facts.chunks):
        found.round.append(
            f"The root on the chain is wrong: it is 0x{facts.root.hex()} over {facts.chunks} chunks, and has to be "
            f"0x{root.hex()} over {chunks}."
        )
    return root


def _root_of(facts: RoundOnChain, scores: Mapping[int, Score]) -> tuple[bytes, int]:
    chunks = encode_chunks(scores, {model // LANES for model in facts.stakes})
    tree = ChunkTree.of(chunks)
    return tree.root, tree.chunks


def _verification(
    facts: RoundOnChain,
    entries: tuple[ListedSubmission, ...],
    computed: RoundScores | None,
    stated: Mapping[int, Score],
    found: _Findings,
    root: bytes | None,
) -> Verification:
    """Every model's scores beside those stated."""
    reasons = {entry.model: entry.reason for entry in entries} | found.late
    named = {model for model, score in stated.items() if score != BLANK}
    checks = []
    for model in sorted(reasons.keys() | facts.stakes.keys() | named | found.models.keys()):
        expected = None
        if computed is not None and model not in found.lost:
            primary, contribution = computed.scores.get(model, BLANK)
            # Each contributes to a meta model of which all submissions are a part.
            expected = primary, None if found.lost else contribution
        shown = stated.get(model)
        if expected is not None and shown is not None:
            _compare(model, expected, shown, found)
        checks.append(
            ModelCheck(
                model=model,
                stake=facts.stakes.get(model, 0),
                reason=reasons.get(model, "It committed to no file."),
                computed=expected,
                stated=shown,
                problems=tuple(found.models.get(model, ())),
            )
        )
    if computed is not None and found.lost:
        found.notes.append("Without all submissions there is no meta model, so contributions were not computed.")
    return Verification(facts.round, tuple(checks), tuple(found.round), tuple(found.notes), root)


def _compare(model: int, expected: tuple[int, int | None], stated: Score, found: _Findings) -> None:
    for name, right, figure in zip(("primary", "contribution"), expected, stated, strict=True):
        if right is not None and right != figure:
            found.about(
                model,
                f"its {name} score is {format_fixed(figure, SCORE_PLACES)} on the chain, and has to be "
                f"{format_fixed(right, SCORE_PLACES)}",
            )
