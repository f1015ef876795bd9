# SPDX-License-Identifier: MIT
"""What an operator does with a round's submissions: open them, score them, and put into the store what others check."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from nmr.protocol.reference.rounds import EMPTY_BYTES32
from nmr.rounds.scores_file import LARGEST_SCORES, ScoresFile, parse_scores
from nmr.sealing.crew import Crew
from nmr.sealing.documents import Evidence, OpeningList
from nmr.sealing.facts import RoundOnChain
from nmr.sealing.keys import KeyInvalid, PrivateKey, hand_over, take_over
from nmr.sealing.opening import OpeningError, open_submissions, opening_list, reopen
from nmr.sealing.scores import RoundScores, build_evidence, score_submissions
from nmr.sealing.store import LARGEST_DOCUMENT, LARGEST_EVIDENCE, MISSING, NotDelivered, Store, StoreError
from nmr.sealing.tables import LARGEST_CANONICAL, Targets, Universe, parse_universe

LARGEST_HANDOVER: Final = 2**16
"""Bytes of a key that is handed over: to 500 auditors and more."""


@dataclass(frozen=True, eq=False)
class Scored:
    """A round's scores, and the evidence whose hash is proposed with them."""

    listing: OpeningList
    scored: RoundScores
    evidence: Evidence

    @property
    def file(self) -> ScoresFile:
        """The scores as `resolve` takes them."""
        return self.scored.file(f"The scores of round {self.evidence.round}")


def publish_opening(
    facts: RoundOnChain,
    universe: Universe,
    key: PrivateKey,
    store: Store,
    progress: Callable[[int], None] = lambda done: None,
    crew: Crew | None = None,
) -> OpeningList:
    """Open a round's submissions, and store the list and the universe; the list's hash is what goes on the chain.

    Args:
        facts: the round's.
        universe: its ids.
        key: its private key.
        store: where its files are, and what is published goes.
        progress: told how many submissions were opened.
        crew: who looks at the predictions; this process if left out.

    Raises:
        CrewError: the crew did not do it.
        OpeningError: the key is not the round's.
        StoreError: the store is not there, has none of the files, or cannot be read or written.
    """
    opened = open_submissions(facts, universe, key, store, progress, crew)
    if opened.entries and all(entry.reason == MISSING for entry in opened.entries):
        # A folder that was not mounted looks the same, and what is called missing once stays so.
        raise StoreError(
            f"The store {store.url} has none of the {len(opened.entries):,} files of round {facts.round}, so nothing "
            "is published: is it the right store?"
        )
    listing = opening_list(facts, universe, opened.entries)
    store.put(universe.content)
    store.put(listing.content)
    return listing


def published_opening(facts: RoundOnChain, store: Store) -> tuple[OpeningList, Universe]:
    """The opening list on the chain, and its universe, from the store.

    Raises:
        OpeningError: there is none yet, or the store does not have them.
        DocumentInvalid, TableInvalid: what was published is no list or no universe.
        StoreError: the store cannot be read.
    """
    if facts.opened_list == EMPTY_BYTES32:
        raise OpeningError(f"Round {facts.round} has no opening list yet: publish it with `round opening`.")
    try:
        listing = OpeningList.parse(store.get(facts.opened_list, LARGEST_DOCUMENT))
        return listing, parse_universe(store.get(listing.universe, LARGEST_CANONICAL))
    except NotDelivered as error:
        raise OpeningError(f"The opening list of round {facts.round} or its universe cannot be had: {error}") from None


def publish_scores(
    facts: RoundOnChain,
    read_targets: Callable[[Universe], Targets],
    key: PrivateKey,
    store: Store,
    progress: Callable[[int], None] = lambda done: None,
    crew: Crew | None = None,
) -> Scored:
    """Score a round by its published opening, and store targets, scores and evidence.

    Args:
        facts: the round's, with its opening list.
        read_targets: the outcome for a universe.
        key: its private key.
        store: where its files are, and what is published goes.
        progress: told how many submissions were opened.
        crew: who looks at the predictions and computes the scores; this process if left out.

    Raises:
        NmrError: as `published_opening`, `reopen`, `score_submissions` and `read_targets` do.
    """
    listing, universe = published_opening(facts, store)
    targets = read_targets(universe)
    ranks = reopen(facts, listing, universe, key, store, progress, crew)
    scored = score_submissions(ranks, targets, facts, crew)
    evidence = build_evidence(facts, listing, targets, scored)
    for content in (targets.content, scored.content, evidence.content):
        store.put(content)
    return Scored(listing, scored, evidence)


def published_scores(facts: RoundOnChain, store: Store) -> ScoresFile:
    """The scores file that stands behind the root on the chain, for whoever settles.

    Raises:
        OpeningError: no root stands, or the store does not have the file.
        DocumentInvalid, ScoresInvalid: what was published is no evidence, or no file of scores.
    """
    if facts.evidence == EMPTY_BYTES32:
        raise OpeningError(
            f"No scores are proposed for round {facts.round}: name its outcome with --targets, or its scores with "
            "--scores."
        )
    try:
        evidence = Evidence.parse(store.get(facts.evidence, LARGEST_EVIDENCE))
        return parse_scores(store.get(evidence.scores, LARGEST_SCORES), f"The scores of round {facts.round}")
    except NotDelivered as error:
        raise OpeningError(f"The scores of round {facts.round} cannot be had: {error}") from None


def publish_key(facts: RoundOnChain, key: PrivateKey, recipients: list[str], store: Store) -> None:
    """Hand a round's private key to auditors, encrypted to theirs, by way of the store.

    Raises:
        OpeningError: the key is not the round's.
        KeyInvalid: nobody is named, too many are, or one is no public key.
        StoreError: the store cannot be written.
    """
    if key.public != facts.sealing_key:
        raise OpeningError(f"The key is not that of round {facts.round}: its public half is not on the chain.")
    content = hand_over(key, recipients)
    if len(content) > LARGEST_HANDOVER:
        raise KeyInvalid(f"{len(recipients):,} keys are named, too many for one file.")
    store.put_named(_handover(facts), content)


def published_key(facts: RoundOnChain, own: PrivateKey, store: Store) -> PrivateKey:
    """A round's private key: `own` if that is it, else what was handed over to `own`.

    Raises:
        OpeningError: nothing was handed over.
        HandoverInvalid: not to this key, or not the round's.
    """
    if own.public == facts.sealing_key:
        return own
    content = store.get_named(_handover(facts), LARGEST_HANDOVER)
    if content is None:
        raise OpeningError(f"The key of round {facts.round} was not handed over: there is none in {store.url}.")
    return take_over(content, own, facts.sealing_key)


def is_handed_over(facts: RoundOnChain, store: Store) -> bool:
    """Whether a round's private key is in the store, encrypted to whoever it was handed to.

    Raises:
        StoreError: the store cannot be read.
    """
    return store.get_named(_handover(facts), LARGEST_HANDOVER) is not None


def _handover(facts: RoundOnChain) -> str:
    # No two rounds have the same key, on whatever chain.
    return f"keys/{facts.sealing_key.hex()}.age"
