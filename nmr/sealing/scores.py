# SPDX-License-Identifier: MIT
"""CORR and MMC of a round from its opened submissions, and the evidence for them.

The formulas and the rounding to 8 decimals are those of `nmr.sealing.scoring`. A model whose submission does not count
scores 0 and 0, as does one with a contribution but no meta model to contribute to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import pandas as pd  # type: ignore[import-untyped]
from eth_hash.auto import keccak

from nmr.protocol.score_words import BLANK, Score
from nmr.rounds.scores_file import ScoresFile, format_scores, parse_scores
from nmr.sealing.crew import Crew
from nmr.sealing.documents import Evidence, OpeningList
from nmr.sealing.facts import RoundOnChain
from nmr.sealing.scoring import META_MODEL_DECIMALS, corr_of, score_with_meta_model
from nmr.sealing.tables import Targets

COMPUTED_BY: Final = ("numerai-tools", "numpy", "pandas", "scipy")


@dataclass(frozen=True, eq=False)
class RoundScores:
    """The scores of a round and what they were computed from.

    Attributes:
        scores: model -> (primary, contribution), 8 decimals, for every model that committed to a file.
        meta_model: float64 series of shape (ids,); None if there is none.
        meta_model_corr: its CORR, 8 decimals; None if there is none.
        weights: model -> gwei, for the models with a stake whose submissions count.
    """

    scores: dict[int, Score]
    meta_model: pd.Series | None
    meta_model_corr: int | None
    weights: dict[int, int]

    @property
    def content(self) -> bytes:
        """The scores file."""
        return format_scores(self.scores).encode()

    def file(self, name: str = "scores") -> ScoresFile:
        """The scores file as `resolve` takes it."""
        return parse_scores(self.content, name)

    @property
    def meta_model_digest(self) -> bytes | None:
        """The hash of the meta model: a line `id,value` for each id, 12 decimals. It is not published itself."""
        if self.meta_model is None:
            return None
        rows = (
            f"{identifier},{value:.{META_MODEL_DECIMALS}f}"
            for identifier, value in self.meta_model.sort_index().items()
        )
        return bytes(keccak("\n".join((*rows, "")).encode()))


def score_submissions(
    ranks: pd.DataFrame, targets: Targets, facts: RoundOnChain, crew: Crew | None = None
) -> RoundScores:
    """Score every model that committed to a file.

    Args:
        ranks: of the predictions that count, as `Opened.ranks`.
        targets: the outcome; its ids are what is scored.
        facts: the round's, for the stakes at its lock.
        crew: who computes; this process if left out.

    Raises:
        ScoringError: a score does not fit a score word.
        CrewError: the crew did not compute it.
    """
    weights = {model: facts.stakes[model] for model in ranks.columns if facts.stakes.get(model, 0) > 0}
    found, meta = score_with_meta_model(ranks, targets.series, weights, crew)
    scores = dict.fromkeys(sorted(facts.commitments), BLANK)
    for model, score in found.items():
        scores[model] = (score.primary or 0, score.contribution or 0)
    return RoundScores(scores, meta, None if meta is None else corr_of(meta, targets.series), weights)


def build_evidence(facts: RoundOnChain, listing: OpeningList, targets: Targets, scored: RoundScores) -> Evidence:
    """The evidence for a round's scores, to be stored and proposed with its hash."""
    return Evidence(
        chain_id=facts.chain_id,
        tournament=facts.tournament.lower(),
        round=facts.round,
        opening=listing.digest,
        universe=listing.universe,
        targets=targets.digest,
        scores=bytes(keccak(scored.content)),
        meta_model=scored.meta_model_digest,
        meta_model_corr=scored.meta_model_corr,
        weights=scored.weights,
        versions=versions(),
    )


def versions() -> Mapping[str, str]:
    """What computes scores here, and in which version."""
    return {name: version(name) for name in COMPUTED_BY}
