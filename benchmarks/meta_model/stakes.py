# SPDX-License-Identifier: MIT
"""Seasons of the meta model's experiment: stakes that the protocol's own ledger pays and burns, round after round.

One round an era. Round n is settled when round n + RING is open, as on chain, so what decides the weights of an era are
the outcomes up to RING eras before it. The ledger, the payout rule and the scores are those of `nmr`, in integers; the
treasury is taken to grant what a round asks for. Nobody deposits, withdraws or leaves on the way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
from numerai_tools.scoring import correlation_contribution, numerai_corr

from benchmarks.meta_model.history import History
from nmr.protocol import payout
from nmr.protocol.lanes import group_count
from nmr.protocol.reference.stakes import Stakes
from nmr.protocol.score_words import Score, encode_chunks
from nmr.sealing.scoring import meta_model, score_round, to_fixed
from nmr.text.amounts import GWEI, NMR, RATIO, SCORE

STAKE: Final = 200 * NMR // GWEI
"""Gwei that every model has at stake in each of the first RING rounds."""
MIN_STAKE: Final = NMR // 100 // GWEI


@dataclass(frozen=True)
class Rules:
    """What a season is played by.

    Attributes:
        ring: rounds that are unresolved at once.
        primary: multiplier of CORR, 4 decimals.
        contribution: multiplier of MMC, 4 decimals.
        clip: largest ratio that a round pays or burns, 12 decimals.
        threshold: of the payout factor, in percent of what all models have at stake in the first round; 0: none.
        compound: whether gains stay at stake; otherwise they go home, and top a burned stake up.
    """

    ring: int = 4
    primary: int = 5_000
    contribution: int = 20_000
    clip: int = RATIO // 20
    threshold: int = 100
    compound: bool = True


@dataclass(frozen=True)
class Season:
    """What came of a season.

    Attributes:
        models: their names.
        ring: rounds that are unresolved at once.
        meta: float64 of shape (eras,): CORR of the stake-weighted meta model.
        stakes: int64 of shape (eras, models): gwei at stake in the round of each era at its lock.
        valid: bool of shape (eras, models): whose predictions could be scored.
        rewards: gwei paid by all rounds.
        burns: gwei burned by all rounds.
        clipped: share of the payouts and burns that the clip cut.
    """

    models: tuple[str, ...]
    ring: int
    meta: np.ndarray
    stakes: np.ndarray
    valid: np.ndarray
    rewards: int
    burns: int
    clipped: float

    def shares(self) -> np.ndarray:
        """Shares of the models in all that backs a prediction, float64 of shape (eras, models).

        Counted are all places of the ring at the lock of each era, as far as they are filled by then. What could not
        be scored backs nothing.
        """
        total = np.cumsum(np.where(self.valid, self.stakes, 0).astype(np.float64), axis=0)
        weights = total.copy()
        weights[self.ring :] -= total[: -self.ring]
        shares: np.ndarray = weights / weights.sum(axis=1, keepdims=True)
        return shares

    def effective_models(self) -> np.ndarray:
        """How many models of equal stake would be as concentrated, float64 of shape (eras,): 1 / sum of share²."""
        effective: np.ndarray = 1 / (self.shares() ** 2).sum(axis=1)
        return effective


class Ledger:
    """The stakes of a season, as the contract keeps them."""

    def __init__(
        self, rules: Rules, models: int, stakes: Sequence[int] | None = None, joins: Sequence[int] | None = None
    ) -> None:
        """Begin a season.

        Args:
            stakes: gwei that each model has at stake in each of its first RING rounds; STAKE for all by default.
            joins: the first round of each model; 0 for all by default. The threshold counts those that are there then.
        """
        self.rules = rules
        self.stakes = Stakes(rules.ring, MIN_STAKE)
        self.stakes.make_room(models)
        self.rewards = self.burns = self.clipped = self.paid = 0
        self._models = range(models)
        self._first = [STAKE] * models if stakes is None else list(stakes)
        self._joins = [0] * models if joins is None else list(joins)
        begin = sum(stake for stake, joined in zip(self._first, self._joins, strict=True) if joined == 0)
        self._threshold = rules.threshold * begin // 100
        self._rule: dict[int, payout.Rule] = {}
        self._scores: dict[int, dict[int, Score]] = {}
        for model, stake in enumerate(self._first):
            self.stakes.target[model] = stake
            self.stakes.compound[model] = rules.compound

    def open(self, round_id: int) -> list[int]:
        """Open a round, settle the one a ring before into it, and give what each model has at stake at its lock."""
        before = round_id - self.rules.ring
        if before >= 0:
            self._settle(before)
            groups = group_count(len(self._models))
            self.stakes.enter(round_id, range(groups))
        for model in self._models:
            if self._joins[model] <= round_id < self._joins[model] + self.rules.ring:
                self.stakes.stake(round_id, model, self._first[model])
        self.stakes.submit(round_id, self._models)
        at_risk = self.stakes.staked.get(round_id, 0)
        granted = payout.wanted(at_risk, self.rules.clip)
        self._rule[round_id] = payout.Rule(
            self.rules.primary,
            self.rules.contribution,
            payout.factor(self._threshold, at_risk),
            payout.effective_clip(self.rules.clip, granted, at_risk),
        )
        return [self.stakes.position(round_id, model) for model in self._models]

    def resolve(self, round_id: int, scores: dict[int, Score]) -> None:
        """Note the scores of a round; they are paid when its place is opened again."""
        self._scores[round_id] = scores

    def _settle(self, round_id: int) -> None:
        rule, scores = self._rule.pop(round_id), self._scores.pop(round_id)
        unclipped = rule._replace(clip=2**63)
        for model, score in scores.items():
            stake = self.stakes.position(round_id, model)
            change = payout.delta(stake, *score, rule)
            self.paid += change != 0
            self.clipped += change != payout.delta(stake, *score, unclipped)
        for words in encode_chunks(scores):
            done = self.stakes.settle(round_id, words, rule, round_id + self.rules.ring)
            self.rewards += done.rewards
            self.burns += done.burns


@dataclass(frozen=True)
class Field:
    """Models that compete, with what does not depend on stakes.

    Attributes:
        history: what they predict.
        primary: by era and model: CORR as `score_round` gives it, 8 decimals, or None for what cannot be scored.
        equal: float64 of shape (eras,): CORR of the meta model of equal weights.
    """

    history: History
    primary: Mapping[int, Mapping[str, int | None]]
    equal: np.ndarray

    @classmethod
    def of(cls, history: History, told: Callable[[], None]) -> Self:
        """Score every model of a history and their equal-weighted mean; `told` is called after each era."""
        weights = dict.fromkeys(history.models, STAKE)
        primary, equal = {}, []
        for era in history.numbers:
            predictions, target = history.predictions[era], history.targets[era]
            scores = score_round(predictions, target, weights)
            primary[era] = {name: score.primary for name, score in scores.items()}
            valid = predictions[[name for name, score in primary[era].items() if score is not None]]
            equal.append(_corr(meta_model(valid, weights), target))
            told()
        return cls(history, primary, np.array(equal))

    @property
    def corr(self) -> np.ndarray:
        """CORR of each model, float64 of shape (eras, models), not a number where it was not scored."""
        rows = [[np.nan if score is None else score / SCORE for score in era.values()] for era in self.primary.values()]
        return np.array(rows)


def play(field: Field, rules: Rules, told: Callable[[], None]) -> Season:
    """Play one round an era, from equal stakes; `told` is called after each era."""
    names = field.history.models
    ledger = Ledger(rules, len(names))
    metas, stakes = [], []
    for round_id, era in enumerate(field.history.numbers):
        at_stake = ledger.open(round_id)
        scores, meta = scores_at(field, era, dict(zip(names, at_stake, strict=True)))
        ledger.resolve(round_id, dict(enumerate(scores.values())))
        metas.append(_corr(meta, field.history.targets[era]))
        stakes.append(at_stake)
        told()
    return Season(
        models=names,
        ring=rules.ring,
        meta=np.array(metas),
        stakes=np.array(stakes, dtype=np.int64),
        valid=~np.isnan(field.corr),
        rewards=ledger.rewards,
        burns=ledger.burns,
        clipped=ledger.clipped / max(ledger.paid, 1),
    )


def scores_at(field: Field, era: int, stakes: Mapping[str, int]) -> tuple[dict[str, Score], pd.Series | None]:
    """Score an era at these stakes: what `score_round` gives, without its CORR, which stakes do not change.

    Returns:
        primary and contribution of every model, 0 for what cannot be scored, and the meta model.
    """
    primary = field.primary[era]
    valid = field.history.predictions[era][[name for name, score in primary.items() if score is not None]]
    meta = meta_model(valid, stakes)
    mmc = {} if meta is None else correlation_contribution(valid, meta, field.history.targets[era])
    return {name: (score or 0, to_fixed(mmc[name]) if name in mmc else 0) for name, score in primary.items()}, meta


def _corr(meta: pd.Series | None, target: pd.Series) -> float:
    """CORR of a meta model; 0 if there is none."""
    return 0.0 if meta is None else float(numerai_corr(meta.to_frame(), target).iloc[0])
