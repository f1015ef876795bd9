# SPDX-License-Identifier: MIT
"""The half of the demo that no chain sees: predictions, sealed files, keys, openings, scores and their verification."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from secrets import token_bytes

import numpy as np
from eth_hash.auto import keccak
from numerai_tools.scoring import numerai_corr

from demo.market_data.eras import Era
from demo.market_data.models import ModelSpec, predict
from nmr.protocol.chunk_tree import ChunkTree
from nmr.protocol.lanes import LANES
from nmr.protocol.score_words import Score, encode_chunks
from nmr.sealing.documents import OpeningList
from nmr.sealing.envelope import Purpose, seal
from nmr.sealing.facts import RoundOnChain
from nmr.sealing.keys import KeyFolder, PrivateKey
from nmr.sealing.package import Package, PackageFile
from nmr.sealing.publishing import Scored, publish_key, publish_opening, publish_scores, published_key
from nmr.sealing.scores import build_evidence
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


class Files:
    """Everybody's files: the stakers' predictions, the operator's keys, the store, the auditor's key."""

    def __init__(self, store: Store, keys: KeyFolder, eras: Mapping[int, Era], seed: int) -> None:
        """
        Args:
            store: for sealed files and what is published about them.
            keys: the operator's.
            eras: features and targets by era.
            seed: of the models' random choices.
        """
        self._store = store
        self._keys = keys
        self._eras = eras
        self._seed = seed
        self._auditor = PrivateKey.generate()

    def make_key(self, round_id: int) -> bytes:
        """Make the key pair of a round, and give its public half."""
        return self._keys.make(round_id).public

    def predict(self, era: int, specs: Sequence[ModelSpec]) -> list[Table]:
        """What these models predict for an era."""
        predictions = predict(self._eras, era, specs, self._seed)
        ids = tuple(predictions.index)
        return [Table(ids, predictions[spec.name].to_numpy()) for spec in specs]

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

    def meta_model_corr(self, scored: Scored, era: int) -> float | None:
        """CORR of a round's meta model, for reading only."""
        meta, target = scored.scored.meta_model, self._eras[era].target
        if meta is None or target is None:
            return None
        return float(numerai_corr(meta.to_frame(), target.reindex(meta.index)).iloc[0])

    def _universe(self, era: int) -> Universe:
        return Universe.of(tuple(self._eras[era].features.index))

    def _targets(self, era: int) -> Targets:
        target = self._eras[era].target
        assert target is not None, "the demo plays eras with an outcome"
        values = target.astype(np.float64)
        return Targets.of(Table(tuple(values.index), values.to_numpy()), self._universe(era))


def _proposal(facts: RoundOnChain, scores: Mapping[int, Score], evidence: bytes) -> Proposal:
    chunks = encode_chunks(scores, {model // LANES for model in facts.stakes})
    return Proposal(chunks, ChunkTree.of(chunks), evidence)
