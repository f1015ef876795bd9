"""A season: weekly rounds on a ring of four, from the first registration to the last withdrawal.

Every week a round opens, what resolved a ring before is settled into it, stakes enter, models submit, and a day later
the round locks. Its outcome is known a week after the lock; its scores stand a day before they are final.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import pandas as pd  # type: ignore[import-untyped]
from eth_utils.crypto import keccak

from nmr.chunk_tree import ChunkTree
from nmr.demo.cast import DEPOSIT, TARGET, Entrant
from nmr.deploy.suite import DAY, Suite
from nmr.market.eras import Era
from nmr.market.models import predict
from nmr.reference.rounds import Terms
from nmr.score_words import encode_chunks
from nmr.scoring import DECIMALS, ModelScore, score_round
from nmr.units import GWEI, NMR

RING: Final = 4
WEEK: Final = 7 * DAY
ALL: Final = 2**256 - 1
PRIMARY: Final = 5_000
CONTRIBUTION: Final = 20_000
CLIP: Final = 5 * 10**10
THRESHOLD: Final = 2_000 * NMR
MIN_STAKE: Final = NMR // 100
# Submissions are sealed to this key in the terms; the demo's files stay in the open.
SEALING_KEY: Final = keccak(text="demo")


class Clock(Protocol):
    """The chain's clock, which the demo turns."""

    pending_timestamp: int


class Account(Protocol):
    """Somebody who signs."""

    address: str


@dataclass(frozen=True)
class Crew:
    """Who runs the tournament, and a stranger who does what anyone may do."""

    operator: Account
    anyone: Account


@dataclass
class ModelResult:
    """What became of a model; amounts in wei."""

    entrant: Entrant
    deposited: int = 0
    rewards: int = 0
    burns: int = 0
    withdrawn: int = 0
    primary: list[float] = field(default_factory=list)
    contribution: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class RoundResult:
    """What became of a round; amounts in wei, `gas` of its settlement."""

    round: int
    era: int
    at_risk: int
    factor: int
    rewards: int
    burns: int
    models: int
    gas: int


@dataclass
class SeasonResult:
    """What became of all."""

    models: list[ModelResult]
    rounds: list[RoundResult] = field(default_factory=list)
    gas: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))


class Season:
    """Plays a season on a deployed suite whose tournament is called `classic`."""

    def __init__(
        self,
        suite: Suite,
        crew: Crew,
        entrants: Sequence[tuple[Entrant, Account]],
        clock: Clock,
        eras: Mapping[int, Era],
        first_era: int,
        seed: int,
    ) -> None:
        """
        Args:
            suite: deployed, with a tournament `classic` on a ring of four.
            crew: operator and passer-by.
            entrants: models with the accounts that own them; each holds NMR.
            clock: the chain's.
            eras: features and targets by era.
            first_era: the era of the first round.
            seed: of every random choice.
        """
        self._numeraire = suite.numeraire
        self._tournament = suite.tournaments["classic"]
        self._crew = crew
        self._accounts = [account for _, account in entrants]
        self._clock = clock
        self._eras = eras
        self._first_era = first_era
        self._seed = seed
        self._scores: dict[int, dict[int, tuple[int, int]]] = {}
        self._chunks: dict[int, list[list[int]]] = {}
        self.result = SeasonResult([ModelResult(entrant) for entrant, _ in entrants])

    @property
    def models(self) -> range:
        """The ids of the models, which are the entrants' numbers."""
        return range(len(self.result.models))

    def play(self, rounds: int, announce: Callable[[str], None]) -> SeasonResult:
        """Play `rounds` rounds and bring all NMR home.

        Args:
            announce: told what comes next, `rounds + 2` times.
        """
        announce("registering and depositing")
        self._register()
        start = self._clock.pending_timestamp
        for week in range(rounds):
            announce(f"round {week + 1} of {rounds}")
            self._play_week(week, start + week * WEEK, exiting=week == rounds // 2)
        announce("the last settlements and all withdrawals")
        self._finish(rounds, start)
        return self.result

    def _register(self) -> None:
        for model, (result, account) in enumerate(zip(self.result.models, self._accounts, strict=True)):
            entrant = result.entrant
            self._send("register", entrant.spec.name, account.address, sender=account)
            self._numeraire.approve(self._tournament, DEPOSIT, sender=account)
            self._send("deposit", model, DEPOSIT, sender=account)
            self._send("set_policy", model, TARGET, entrant.compounds, sender=account)
            result.deposited = DEPOSIT

    def _play_week(self, week: int, opens_at: int, exiting: bool) -> None:
        self._clock.pending_timestamp = opens_at
        self._send("open_round", tuple(self._terms()), sender=self._crew.operator)
        if week >= RING:
            self._settle(week - RING)
        if exiting:
            for model in self.models:
                if self.result.models[model].entrant.policy == "exit":
                    self._send("set_policy", model, 0, False, sender=self._accounts[model])
        self._send("enter", self._groups(), sender=self._crew.anyone)
        specs = [result.entrant.spec for result in self.result.models]
        predictions = predict(self._eras, self._first_era + week, specs, self._seed)
        predictions.columns = list(self.models)
        hashes = self._submit(predictions)

        self._clock.pending_timestamp = opens_at + DAY
        self._send("lock", week, sender=self._crew.anyone)
        opened_list = json.dumps([[model, file, "valid"] for model, file in hashes.items()])
        self._send("publish_opened", week, keccak(text=opened_list), sender=self._crew.operator)
        self._score(week, predictions)
        if week > 0:
            self._propose(week - 1)

    def _finish(self, rounds: int, start: int) -> None:
        self._clock.pending_timestamp = start + rounds * WEEK + DAY
        self._propose(rounds - 1)
        # No round comes after these: once the grace period is over all stakes go home.
        self._clock.pending_timestamp = start + rounds * WEEK + 3 * DAY
        for week in range(max(0, rounds - RING), rounds):
            self._settle(week)
        for model in self.models:
            idle = self._tournament.idle_of(model)
            if idle > 0:
                account = self._accounts[model]
                self._send("withdraw", model, ALL, account.address, sender=account)
                self.result.models[model].withdrawn = idle

    def _terms(self) -> Terms:
        now = self._clock.pending_timestamp
        return Terms(
            primary=PRIMARY,
            contribution=CONTRIBUTION,
            clip=CLIP,
            threshold=THRESHOLD,
            min_stake=MIN_STAKE,
            sealing_key=SEALING_KEY,
            locks_at=now + DAY,
            resolves_at=now + DAY + WEEK,
            expires_at=now + 2 * DAY + WEEK + 30 * DAY,
            window=DAY,
            grace=DAY,
        )

    def _groups(self) -> list[int]:
        return list(range(-(-len(self.models) // 4)))

    def _submit(self, predictions: pd.DataFrame) -> dict[int, str]:
        hashes = {}
        for model in self.models:
            file_hash = keccak(text=predictions[model].to_csv(float_format="%.17g"))
            self._send("submit", [model], [file_hash], sender=self._accounts[model])
            hashes[model] = file_hash.hex()
        return hashes

    def _score(self, week: int, predictions: pd.DataFrame) -> None:
        target = self._eras[self._first_era + week].target
        stakes = {model: self._tournament.position(week, model) // GWEI for model in self.models}
        scores = score_round(predictions, target, stakes)
        self._scores[week] = {model: (score.primary or 0, score.contribution or 0) for model, score in scores.items()}
        for model, score in scores.items():
            self._note(self.result.models[model], score)

    def _note(self, result: ModelResult, score: ModelScore) -> None:
        if score.primary is not None:
            result.primary.append(score.primary / 10**DECIMALS)
        if score.contribution is not None:
            result.contribution.append(score.contribution / 10**DECIMALS)

    def _propose(self, week: int) -> None:
        chunks = encode_chunks(self._scores[week])
        evidence = keccak(text=json.dumps(self._scores[week]))
        root = ChunkTree.of(chunks).root
        self._chunks[week] = chunks
        self._send("propose", week, root, len(chunks), evidence, sender=self._crew.operator)

    def _settle(self, week: int) -> None:
        before = [self._tournament.idle_of(model) for model in self.models]
        staked = [self._tournament.position(week, model) for model in self.models]
        chunks = self._chunks.pop(week)
        tree = ChunkTree.of(chunks)
        gas = 0
        for index, words in enumerate(chunks):
            receipt = self._send("settle", week, index, words, tree.proof(index), sender=self._crew.anyone)
            gas += receipt.gas_used
        rewards = burns = 0
        for model in self.models:
            value = self._tournament.position(week + RING, model) + self._tournament.idle_of(model) - before[model]
            delta = value - staked[model]
            self.result.models[model].rewards += max(delta, 0)
            self.result.models[model].burns += max(-delta, 0)
            rewards += max(delta, 0)
            burns += max(-delta, 0)
        info = self._tournament.round_info(week)
        self.result.rounds.append(
            RoundResult(
                round=week,
                era=self._first_era + week,
                at_risk=info.at_risk,
                factor=info.factor,
                rewards=rewards,
                burns=burns,
                models=sum(amount > 0 for amount in staked),
                gas=gas,
            )
        )

    def _send(self, method: str, *arguments: Any, sender: Account) -> Any:
        receipt = getattr(self._tournament, method)(*arguments, sender=sender)
        self.result.gas[method].append(receipt.gas_used)
        return receipt
