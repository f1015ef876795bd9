# SPDX-License-Identifier: MIT
"""What rounds brought models, from a tournament's log alone: stakes, scores, payouts, ranks."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from nmr.protocol.chunk_tree import decode
from nmr.protocol.lifetimes import Lifetime, Lives
from nmr.protocol.reference.events import Event
from nmr.protocol.reference.rounds import State
from nmr.protocol.score_words import BLANK, Score, decode_words
from nmr.text.amounts import SCORE


@dataclass(frozen=True)
class Played:
    """A round of a model.

    Attributes:
        round, model: which.
        state: of the round.
        stake: wei at the lock; before it, as things stand.
        submitted: whether the model committed to a file.
        score: CORR and MMC, 8 decimals; None before the settlement, and where the model has no score.
        factor: the payout factor, 9 decimals; None before the lock.
        payout: wei won (> 0) or burned (< 0); None before the settlement.
        rank: among the scored models of the round, by CORR and MMC times the round's multipliers; 1 is the best, and
            models with equal scores share a rank. None without a score, and until all stakes of the round are settled.
        scored: how many models have a score; None as long as there are no ranks.
    """

    round: int
    model: int
    state: State
    stake: int
    submitted: bool
    score: Score | None = None
    factor: int | None = None
    payout: int | None = None
    rank: int | None = None
    scored: int | None = None


@dataclass(frozen=True)
class Standing:
    """A model over several settled rounds.

    Attributes:
        model: which.
        rounds: in how many of them it has a score.
        stake: wei, the sum of its stakes at their locks.
        payout: wei, rewards less burns.
        primary, contribution: mean CORR and MMC of the rounds with a score; None without one.
        rank: by the mean of CORR and MMC times the multipliers; 1 is the best. None without a score.
    """

    model: int
    rounds: int
    stake: int
    payout: int
    primary: float | None
    contribution: float | None
    rank: int | None

    @property
    def rate(self) -> float | None:
        """Payout by stake; None without a stake."""
        return self.payout / self.stake if self.stake else None


class History:
    """The rounds of some models: `apply` the `EVENTS` of `nmr.protocol.lifetimes` in the order of the chain."""

    def __init__(self, ring: int, min_stake: int, models: Collection[int]) -> None:
        """
        Args:
            ring: how many rounds may be unresolved at once.
            min_stake: what every position is at least, wei.
            models: which models; the scores of all others are kept as well, for the ranks.
        """
        self._lives = Lives(ring, min_stake, models)
        self._models = models
        self._played: dict[int, dict[int, tuple[int, bool]]] = {}
        self._payouts: defaultdict[int, dict[int, int]] = defaultdict(dict)
        self._scores: defaultdict[int, dict[int, Score]] = defaultdict(dict)
        self._waiting: dict[int, int] = {}
        """Wei at risk in each locked round that no scores settled so far."""

    @property
    def lives(self) -> Mapping[int, Lifetime]:
        """All that each of the models got and gave so far."""
        return self._lives.lives

    def apply(self, event: Event) -> None:
        """Apply the next event.

        Raises:
            LogIncomplete: it cannot follow what came before it.
        """
        if event.name == "Settled":
            self._settle(event)
            return
        if event.name == "SettledExpired" and event.args["round"] not in self._played:
            self._played[event.args["round"]] = self._now(event.args["round"])
        self._lives.apply(event)
        if event.name == "RoundLocked":
            self._played[event.args["round"]] = self._now(event.args["round"])
            self._waiting[event.args["round"]] = event.args["at_risk"]

    def rounds(self, states: Mapping[int, State]) -> list[Played]:
        """The rounds that each model had a stake in, submitted to or has a score of, by round and model.

        Args:
            states: of every round that was opened.
        """
        found = []
        for number, state in sorted(states.items()):
            played = self._played.get(number) or self._now(number)
            rule = self._lives.rules.get(number)
            ranks = self._ranks(number) if self._is_settled(number) else None
            for model, (stake, submitted) in sorted(played.items()):
                row = Played(number, model, state, stake, submitted, factor=rule.factor if rule else None)
                row = replace(row, score=self._scores[number].get(model), payout=self._payouts[number].get(model))
                if ranks is not None:
                    row = replace(row, rank=ranks.get(model), scored=len(ranks))
                found.append(row)
        return found

    def settled(self) -> list[int]:
        """The rounds whose stakes are all settled by scores, in rising order."""
        return [number for number in sorted(self._waiting) if self._is_settled(number)]

    def standings(self, last: int) -> list[Standing]:
        """The models over the last of the `settled` rounds: those with a stake or a score in them, the best first."""
        chosen = self.settled()[-last:] if last > 0 else []
        terms = {
            number: (self._lives.terms[number].primary, self._lives.terms[number].contribution) for number in chosen
        }
        return rank_models(self.rounds(dict.fromkeys(chosen, State.CLOSED)), terms)

    def _settle(self, event: Event) -> None:
        round_id = event.args["round"]
        # Of two words for a group the first counts.
        scores = decode_words(reversed(decode(event.args["chunk"])))
        staked = [model for model in scores if model in self.lives and self._lives.position(round_id, model)]
        before = {model: _won(self.lives[model]) for model in staked}
        self._lives.apply(event)
        self._waiting[round_id] -= event.args["staked"]
        self._payouts[round_id] |= {model: _won(self.lives[model]) - before[model] for model in staked}
        known = self._scores[round_id]
        known |= {model: score for model, score in scores.items() if score != BLANK and model not in known}

    def _now(self, round_id: int) -> dict[int, tuple[int, bool]]:
        """What each model has at stake in a round, and whether it submitted, without those that do neither."""
        lives = self._lives
        found = {model: (lives.position(round_id, model), lives.submitted(round_id, model)) for model in self._models}
        return {model: entry for model, entry in found.items() if any(entry)}

    def _is_settled(self, round_id: int) -> bool:
        """Whether all stakes of a round are settled by scores; without a stake none are."""
        return round_id in self._payouts and self._waiting[round_id] == 0

    def _ranks(self, round_id: int) -> dict[int, int]:
        return _ranked({model: self._weighted(round_id, score) for model, score in self._scores[round_id].items()})

    def _weighted(self, round_id: int, score: Score) -> int:
        """What a score is worth in a round before factor and clip, 12 decimals."""
        terms = self._lives.terms[round_id]
        return _weigh(score, (terms.primary, terms.contribution))


@dataclass(frozen=True)
class Sums:
    """What a model comes to over several settled rounds.

    Attributes:
        model: which.
        rounds: in how many of them it has a score.
        stake, payout: wei.
        primary, contribution: CORR and MMC, 8 decimals.
        weighted: CORR and MMC times the multipliers of their rounds, 12 decimals.
    """

    model: int
    rounds: int
    stake: int
    payout: int
    primary: int
    contribution: int
    weighted: int


def rank_models(rows: Iterable[Played], multipliers: Mapping[int, tuple[int, int]]) -> list[Standing]:
    """Models over some settled rounds, the best first.

    Args:
        rows: of these rounds.
        multipliers: of CORR and MMC in each of the rounds.
    """
    by_model: defaultdict[int, list[Played]] = defaultdict(list)
    for row in rows:
        by_model[row.model].append(row)
    return rank_sums([_sums(model, played, multipliers) for model, played in by_model.items()])


def rank_sums(sums: Collection[Sums]) -> list[Standing]:
    """Models by what they come to, the best first."""
    ranks = _ranked({each.model: Fraction(each.weighted, each.rounds) for each in sums if each.rounds})
    standings = [_standing(each, ranks.get(each.model)) for each in sums]
    return sorted(standings, key=lambda each: (each.rank is None, each.rank, each.model))


def _weigh(score: Score, multipliers: tuple[int, int]) -> int:
    return score[0] * multipliers[0] + score[1] * multipliers[1]


def _ranked(values: Mapping[int, int] | Mapping[int, Fraction]) -> dict[int, int]:
    """The rank of each model by its value, the largest first."""
    rising = sorted(-value for value in values.values())
    return {model: 1 + bisect_left(rising, -value) for model, value in values.items()}


def _sums(model: int, played: list[Played], multipliers: Mapping[int, tuple[int, int]]) -> Sums:
    scored = [(row.round, row.score) for row in played if row.score]
    return Sums(
        model=model,
        rounds=len(scored),
        stake=sum(row.stake for row in played),
        payout=sum(row.payout or 0 for row in played),
        primary=sum(score[0] for _, score in scored),
        contribution=sum(score[1] for _, score in scored),
        weighted=sum(_weigh(score, multipliers[number]) for number, score in scored),
    )


def _standing(sums: Sums, rank: int | None) -> Standing:
    primary, contribution = (
        each / sums.rounds / SCORE if sums.rounds else None for each in (sums.primary, sums.contribution)
    )
    return Standing(sums.model, sums.rounds, sums.stake, sums.payout, primary, contribution, rank)


def _won(life: Lifetime) -> int:
    return life.rewards - life.burns
