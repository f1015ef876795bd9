# SPDX-License-Identifier: MIT
"""The half of the demo that no chain sees: predictions, sealed files, keys, openings, scores and their verification."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from secrets import token_bytes
from typing import Protocol

import pandas as pd  # type: ignore[import-untyped]
from eth_hash.auto import keccak
from numerai_tools.scoring import numerai_corr

from nmr.protocol.chunk_tree import ChunkTree
from nmr.protocol.lanes import LANES
from nmr.protocol.score_words import Score, encode_chunks
from nmr.sealing.documents import OpeningList
from nmr.sealing.envelope import Purpose, seal
from nmr.sealing.facts import RoundOnChain
from nmr.sealing.keys import KeyFolder, PrivateKey
from nmr.sealing.opening import reopen
from nmr.sealing.package import Package, PackageFile
from nmr.sealing.publishing import (
    Scored,
    publish_key,
    publish_opening,
    publish_scores,
    published_key,
    published_opening,
)
from nmr.sealing.scores import build_evidence
from nmr.sealing.scoring import meta_model
from nmr.sealing.store import Store
from nmr.sealing.tables import Table, Targets, Universe
from nmr.sealing.verify import Verification, verify_round
from nmr.text.amounts import SCORE


@dataclass(frozen=True)
class Proposal:
    """What the operator proposes: chunks of score words, and the hash of the evidence for them."""

    chunks: list[list[int]]
    tree: ChunkTree
    evidence: bytes


class Crowd(Protocol):
    """What is predicted of a universe, era by era, and what became of it."""

    def ids(self, era: int) -> tuple[str, ...]:
        """What is predicted."""

    def target(self, era: int) -> pd.Series:
        """What became of it: float64 series, index: the ids."""

    def predict(self, era: int, models: Sequence[str]) -> pd.DataFrame:
        """What these models predict: float64 frame of shape (ids, models)."""


class Files:
    """Everybody's files: the stakers' predictions, the operator's keys, the store, the auditor's key."""

    def __init__(self, store: Store, keys: KeyFolder, crowd: Crowd) -> None:
        """
        Args:
            store: for sealed files and what is published about them.
            keys: the operator's.
            crowd: the models, and the outcomes.
        """
        self._store = store
        self._keys = keys
        self._crowd = crowd
        self._auditor = PrivateKey.generate()

    def make_key(self, round_id: int) -> bytes:
        """Make the key pair of a round, and give its public half."""
        return self._keys.make(round_id).public

    def predict(self, era: int, models: Sequence[str]) -> list[Table]:
        """What these models predict for an era."""
        predictions = self._crowd.predict(era, models)
        ids = tuple(predictions.index)
        return [Table(ids, predictions[name].to_numpy()) for name in models]

    def package(self, era: int) -> bytes:
        """The hash of what everybody gets for a round of an era, its universe; the manifest goes into the store."""
        content = self._universe(era).content
        package = Package((PackageFile("universe.csv", len(content), bytes(keccak(content))),))
        self._store.put(package.manifest)
        return package.digest

    def seal(self, table: Table, purpose: Purpose, sealing_key: bytes) -> bytes:
        """Seal predictions.

        Raises:
            PredictionsInvalid: they are no valid submission.
        """
        return seal(table, purpose, sealing_key, salt=token_bytes(32), universe=Universe.of(table.ids))

    def deliver(self, sealed: bytes) -> None:
        """Put a file into the store."""
        self._store.put(sealed)

    def open(self, facts: RoundOnChain, era: int) -> OpeningList:
        """Open what was submitted to a round, and store the list of what counts."""
        return publish_opening(facts, self._universe(era), self._keys.read(facts.round), self._store)

    def score(self, facts: RoundOnChain, era: int) -> Scored:
        """Score a round by its opening list, and store the evidence."""
        return publish_scores(facts, lambda _: self._targets(era), self._keys.read(facts.round), self._store)

    def proposal(self, facts: RoundOnChain, scored: Scored) -> Proposal:
        """The scores of a round as the chain takes them."""
        return _proposal(facts, scored.scored.scores, scored.evidence.digest)

    def lie(self, facts: RoundOnChain, scored: Scored, era: int, model: int) -> Proposal:
        """The same with a better score for one model, and with evidence made to fit."""
        primary, contribution = scored.scored.scores[model]
        false = replace(scored.scored, scores=scored.scored.scores | {model: (primary + SCORE // 50, contribution)})
        evidence = build_evidence(facts, scored.listing, self._targets(era), false)
        for content in (false.content, evidence.content):
            self._store.put(content)
        return _proposal(facts, false.scores, evidence.digest)

    def hand_over(self, facts: RoundOnChain) -> None:
        """Give a round's key to the auditor, encrypted to theirs."""
        publish_key(facts, self._keys.read(facts.round), [self._auditor.recipient], self._store)

    def verify(self, facts: RoundOnChain, era: int) -> Verification:
        """Check a round as the auditor, who knows the outcome."""
        key = published_key(facts, self._auditor, self._store)
        return verify_round(facts, self._store, key, targets=self._targets(era))

    def meta_model(self, facts: RoundOnChain) -> pd.Series | None:
        """The meta model of an opened round by its stakes, before its outcome is known; None if there is none."""
        listing, universe = published_opening(facts, self._store)
        ranks = reopen(facts, listing, universe, self._keys.read(facts.round), self._store)
        return meta_model(ranks, facts.stakes)

    def corr(self, meta: pd.Series | None, era: int) -> float | None:
        """CORR of a meta model, for reading only; None if there is none."""
        if meta is None:
            return None
        return float(numerai_corr(meta.to_frame(), self._crowd.target(era).reindex(meta.index)).iloc[0])

    def _universe(self, era: int) -> Universe:
        return Universe.of(self._crowd.ids(era))

    def _targets(self, era: int) -> Targets:
        values = self._crowd.target(era)
        return Targets.of(Table(tuple(values.index), values.to_numpy()), self._universe(era))


def _proposal(facts: RoundOnChain, scores: Mapping[int, Score], evidence: bytes) -> Proposal:
    chunks = encode_chunks(scores, {model // LANES for model in facts.stakes})
    return Proposal(chunks, ChunkTree.of(chunks), evidence)
