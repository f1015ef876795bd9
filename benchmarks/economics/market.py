# SPDX-License-Identifier: MIT
"""Who competes with an attacker, on which weeks: the models and outcomes of the meta model's experiment.

Every model of the crowd has `STAKE` at stake in every round, and the stake threshold is what the crowd has. A ring of 1
and one round a week: an attacker knows every outcome before the next stake, which is more than on a longer ring.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Self

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from benchmarks.economics.stage import Stage
from benchmarks.meta_model.history import History, load_history
from demo.market_data.eras import DAYS_PER_ERA, build_eras
from demo.market_data.prices import SCALE, load_relatives
from nmr.protocol.score_words import Score
from nmr.sealing.scoring import score_round
from nmr.text.amounts import GWEI, NMR

STAKE: Final = 200 * NMR // GWEI
"""Gwei that each model of the crowd has at stake."""


@dataclass(frozen=True)
class Entry:
    """What an attacker's model does in a round.

    Attributes:
        stake: gwei; 0 takes no part.
        prediction: float64 series of shape (stocks,); None if nothing is delivered.
    """

    stake: int
    prediction: pd.Series | None


@dataclass(frozen=True)
class Outcome:
    """What came of a round.

    Attributes:
        attacker: gwei that each of the attacker's entries gained, burns negative.
        crowd: gwei that each model of the crowd gained, by name.
        scores: primary and contribution of each model of the crowd, 8 decimals.
    """

    attacker: tuple[int, ...]
    crowd: Mapping[str, int]
    scores: Mapping[str, Score]


Strategy = Callable[[int, Outcome | None], tuple[Entry, ...]]
"""What an attacker does in an era, who knows the outcome of the round before."""


@dataclass(frozen=True)
class Market:
    """The weeks, and the crowd's rounds when nobody attacks.

    Attributes:
        history: what the crowd predicts, and the outcomes.
        relatives: daily price relatives, int64 of shape (days, stocks), parts per million.
        told: called after every round that is played.
    """

    history: History
    relatives: pd.DataFrame
    told: Callable[[], None]

    @classmethod
    def trained(cls, numbers: range, seed: int, cache: Path, told: Callable[[], None]) -> Self:
        """The weeks of the data, with the crowd's models trained on them.

        Args:
            numbers: the eras.
            seed: of the models.
            cache: the folder where their predictions are kept.
            told: called after every era that is trained, and after every round that is played.
        """
        relatives = load_relatives()
        return cls(load_history(build_eras(relatives), numbers, seed, cache, told), relatives, told)

    @property
    def names(self) -> tuple[str, ...]:
        """The models of the crowd."""
        return self.history.models

    @property
    def at_risk(self) -> int:
        """What the crowd has at stake in a round, gwei."""
        return len(self.names) * STAKE

    @cached_property
    def scored(self) -> tuple[str, ...]:
        """The models whose predictions count: not those that are refused for being constant."""
        first = self.history.predictions[self.history.numbers[0]]
        return tuple(name for name in self.names if first[name].nunique() > 1)

    @cached_property
    def quiet(self) -> Mapping[int, Outcome]:
        """The crowd's rounds, by era."""
        return self.play(lambda era, last: (), 0)

    def crowd(self, name: str) -> np.ndarray:
        """What a model of the crowd gained, int64 of shape (eras,), gwei."""
        return np.array([outcome.crowd[name] for outcome in self.quiet.values()])

    def play(
        self,
        strategy: Strategy,
        models: int,
        refused: Callable[[int], Collection[str]] = lambda era: (),
        threshold: int | None = None,
        **stage: int,
    ) -> dict[int, Outcome]:
        """Play a round in every era.

        Args:
            strategy: what the attacker does.
            models: how many the attacker has.
            refused: models of the crowd whose submissions the operator calls invalid.
            threshold: gwei; None for what the crowd has at stake.
            stage: clip, cap or reserve, if they are not the usual ones.
        """
        limit = self.at_risk if threshold is None else threshold
        ledger = Stage(len(self.names) + models, threshold=limit, **stage)
        outcomes: dict[int, Outcome] = {}
        last = None
        for era in self.history.numbers:
            outcomes[era] = last = self._round(ledger, era, strategy(era, last), refused(era))
            self.told()
        return outcomes

    def _round(self, ledger: Stage, era: int, entries: tuple[Entry, ...], refused: Collection[str]) -> Outcome:
        first = len(self.names)
        crowd = dict.fromkeys(range(first), STAKE)
        stakes = crowd | {first + place: entry.stake for place, entry in enumerate(entries)}
        columns = {place: self.history.predictions[era][name] for place, name in enumerate(self.names)}
        columns = {place: column for place, column in columns.items() if self.names[place] not in refused}
        delivered = {
            first + place: entry.prediction
            for place, entry in enumerate(entries)
            if entry.prediction is not None and entry.stake
        }
        found = score_round(pd.DataFrame(columns | delivered), self.history.targets[era], stakes)
        scores = dict.fromkeys(stakes, (0, 0))
        scores |= {model: (score.primary or 0, score.contribution or 0) for model, score in found.items()}
        changes = ledger.play(stakes, {*crowd, *delivered}, scores)
        return Outcome(
            attacker=tuple(changes[first + place] for place in range(len(entries))),
            crowd={name: changes[place] for place, name in enumerate(self.names)},
            scores={name: scores[place] for place, name in enumerate(self.names)},
        )


def gains(outcomes: Mapping[int, Outcome]) -> np.ndarray:
    """What an attacker gained with all entries, int64 of shape (eras,), gwei."""
    return np.array([sum(outcome.attacker) for outcome in outcomes.values()], dtype=np.int64)


def rewards(outcomes: Mapping[int, Outcome]) -> np.ndarray:
    """What the treasury paid to an attacker's entries, int64 of shape (eras,), gwei."""
    paid = [sum(max(0, change) for change in outcome.attacker) for outcome in outcomes.values()]
    return np.array(paid, dtype=np.int64)


def opposite(prediction: pd.Series) -> pd.Series:
    """The twin of a prediction, whose scores are the same with the other sign."""
    return 1 - prediction


def grown(relatives: pd.DataFrame, era: int, days: int) -> pd.Series:
    """Price after the first days of a week over price before, float64 of shape (stocks,)."""
    first = era * DAYS_PER_ERA
    return (relatives.iloc[first : first + days] / SCALE).prod()


def goes_with(prediction: pd.Series, growth: pd.Series) -> bool:
    """Whether a prediction has a positive rank correlation with what happened so far."""
    ranks = prediction.rank().to_numpy(), growth.reindex(prediction.index).rank().to_numpy()
    return bool(np.corrcoef(*ranks)[0, 1] > 0)
