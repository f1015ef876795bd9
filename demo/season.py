# SPDX-License-Identifier: MIT
"""A season: weekly rounds on a ring of four, from the first registration to the last withdrawal.

Several tournaments may play their seasons at once: their rounds open and lock on the same days.

Every week a round opens, what resolved a ring before is settled into it, stakes enter, models submit sealed files, and
a day later the round locks, its files are opened, and the list of what counts is published. Its outcome is known a week
after the lock; its scores stand a day before they are final. When a round is closed an auditor checks it.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from eth_utils.crypto import keccak

from demo.cast import DEPOSIT, TARGET, Entrant, Incidents, pooled
from demo.files import Files, Proposal
from demo.pools import PLANS, DemoPools
from demo.results import Incident, ModelResult, RoundResult, SeasonResult
from nmr.deploy.suite import DAY, HOUR, Suite
from nmr.protocol.chunk_tree import encode
from nmr.protocol.lanes import group_count
from nmr.protocol.reference import ALL_IDLE, Terms
from nmr.sealing.envelope import Purpose
from nmr.sealing.facts import RoundOnChain
from nmr.sealing.predictions import PredictionsInvalid
from nmr.sealing.publishing import Scored
from nmr.sealing.verify import Verification
from nmr.text.amounts import NMR, SCORE
from nmr.tvl.figures import Figures, ModelStakes

RING: Final = 4
WEEK: Final = 7 * DAY
PRIMARY: Final = 5_000
CONTRIBUTION: Final = 20_000
CLIP: Final = 5 * 10**10
THRESHOLD: Final = 2_000 * NMR
MIN_STAKE: Final = NMR // 100
"""What every position of the demo's tournament is at least."""


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
    guardian: Account
    anyone: Account


@dataclass(frozen=True)
class Staker:
    """A model with the account that owns it and the one that submits for it; of a pool's, its manager for both."""

    entrant: Entrant
    owner: Account
    submitter: Account


class Lens(Protocol):
    """The suite's lens, at the newest block."""

    def figures(self) -> Figures:
        """Every figure of the suite."""

    def models(self) -> list[ModelStakes]:
        """Every model of the tournament with its stakes."""


class LieMissed(AssertionError):
    """The auditor did not find a false score."""


class Season:
    """Plays a season on a tournament of a deployed suite."""

    def __init__(
        self,
        suite: Suite,
        name: str,
        crew: Crew,
        stakers: Sequence[Staker],
        clock: Clock,
        files: Files,
        lens: Lens,
        chain_id: int,
        facts_of: Callable[[int], RoundOnChain],
        first_era: int,
        incidents: Incidents,
        pools: DemoPools | None = None,
    ) -> None:
        """
        Args:
            suite: deployed.
            name: of the tournament, which is on a ring of four.
            crew: operator, guardian and passer-by.
            stakers: the models with their accounts; an owner holds NMR for all of their models.
            clock: the chain's.
            files: all that is off the chain.
            lens: reads the suite.
            chain_id: the chain's.
            facts_of: what the chain says about a round.
            first_era: the era of the first round.
            incidents: what goes wrong, and when.
            pools: what manager and backers do with pools, if there are any.
        """
        self._numeraire = suite.numeraire
        self._tournament = suite.tournaments[name]
        self._views = suite.lens
        self._crew = crew
        self._stakers = stakers
        self._clock = clock
        self._files = files
        self._lens = lens
        self._chain_id = chain_id
        self._facts_of = facts_of
        self._first_era = first_era
        self._incidents = incidents
        self._pools = pools
        # By model, in the order of registration.
        self._models: list[tuple[ModelResult, Staker]] = []
        self._scored: dict[int, Scored] = {}
        self._proposals: dict[int, Proposal] = {}
        self._valid: dict[int, int] = {}
        self._late: list[tuple[int, bytes]] = []
        self.result = SeasonResult()

    def open(self, week: int, opens_at: int, exiting: bool) -> None:
        """Open a week's round, settle the one whose place it takes, and submit.

        Args:
            opens_at: unix seconds, now.
            exiting: whether this is the week in which models leave that do.
        """
        self._register(week)
        sealing_key = self._files.make_key(week)
        terms, package = tuple(_terms(opens_at, sealing_key)), self._files.package(self._first_era + week)
        self._send("open_round", week, terms, package, sender=self._crew.operator)
        if week >= RING:
            self._close(week - RING)
        if self._pools is not None:
            self._pools.turn(week)
        if exiting:
            for model, (result, staker) in enumerate(self._models):
                if result.entrant.policy == "exit":
                    self._send("set_policy", model, 0, False, sender=staker.owner)
        self._send("enter", list(range(group_count(len(self._models)))), sender=self._crew.anyone)
        self._submit(week, sealing_key)

    def lock(self, week: int) -> None:
        """Lock a week's round, open its files, and score the round before."""
        self._send("lock", week, sender=self._crew.anyone)
        self._open(week)
        if week > 0:
            self.propose(week - 1)

    def settle(self, rounds: int) -> None:
        """Settle the last of so many rounds."""
        for week in range(max(0, rounds - RING), rounds):
            self._close(week)

    def leave(self) -> None:
        """Withdraw all NMR: what the last rounds kept waits for rounds that never open."""
        if self._pools is not None:
            self._pools.end()
            self.result.pools = self._pools.results
        owned = [(model, *each) for model, each in enumerate(self._models) if not each[1].entrant.pooled]
        positions = [stakes.positions for stakes in self._lens.models()]
        for model, _, staker in owned:
            for round_id in positions[model]:
                self._send("leave", model, round_id, ALL_IDLE, sender=staker.owner)
        for model, result, staker in owned:
            result.withdrawn = self._views.idle_of(self._tournament, model)
            if result.withdrawn:
                self._send("withdraw", model, ALL_IDLE, staker.owner.address, sender=staker.owner)

    def _register(self, week: int) -> None:
        """Register, fund and set up the models that join in a week."""
        for staker in self._stakers:
            entrant, owner = staker.entrant, staker.owner
            if entrant.joins != week:
                continue
            model, result = len(self._models), ModelResult(entrant, deposited=DEPOSIT)
            self._models.append((result, staker))
            self.result.models.append(result)
            self._send("register", entrant.name, staker.submitter.address, sender=owner)
            self._numeraire.approve(self._tournament, DEPOSIT, sender=owner)
            self._send("deposit", model, DEPOSIT, owner.address, sender=owner)
            self._send("set_policy", model, TARGET, entrant.compounds, sender=owner)
        if week == 0 and self._pools is not None:
            for plan in PLANS:
                result = ModelResult(pooled(plan.predicts))
                self._models.append((result, Staker(result.entrant, self._pools.manager, self._pools.manager)))
                self.result.models.append(result)
                self._pools.create(plan, result)

    def _submit(self, week: int, sealing_key: bytes) -> None:
        """Seal and store every model's predictions, and commit to them, each submitter in one transaction."""
        submitting = [model for model, (result, _) in enumerate(self._models) if result.entrant.submits(week)]
        names = [self._models[model][0].entrant.name for model in submitting]
        different = list(dict.fromkeys(names))
        predicted = dict(zip(different, self._files.predict(self._first_era + week, different), strict=True))
        commitments: defaultdict[str, dict[int, bytes]] = defaultdict(dict)
        senders = {staker.submitter.address: staker.submitter for _, staker in self._models}
        for model, name in zip(submitting, names, strict=True):
            result, staker = self._models[model]
            purpose = Purpose(self._chain_id, self._tournament.address, week, model)
            try:
                sealed = self._files.seal(predicted[name], purpose, sealing_key)
            except PredictionsInvalid as error:
                result.refused[week] = str(error)
                continue
            commitments[staker.submitter.address][model] = keccak(sealed)
            if result.entrant.tardy and week == self._incidents.late_file:
                self._late.append((model, sealed))
            else:
                self._files.deliver(sealed)
        for address, hashes in commitments.items():
            self._send("submit", list(hashes), list(hashes.values()), sender=senders[address])

    def _open(self, week: int) -> None:
        """Open what was submitted, and publish the list of what counts."""
        if week == self._incidents.silence:
            self._tell(week, "The operator published no opening list within a day: nothing can be scored any more.")
            return
        facts = self._facts_of(week)
        listing = self._files.open(facts, self._first_era + week)
        self._send("publish_opened", week, listing.digest, sender=self._crew.operator)
        self._valid[week] = len(listing.valid)
        for model, sealed in self._late:
            # The outcome of the round is not known yet, but the list stands.
            self._files.deliver(sealed)
            reason = next(entry.reason for entry in listing.entries if entry.model == model)
            self._tell(week, f"Model {model} delivered its file after the lock; the list says: {reason} It stays out.")
        self._late.clear()

    def propose(self, week: int) -> None:
        """Score a round whose outcome is known, and propose the scores."""
        if week == self._incidents.silence:
            return
        facts, era = self._facts_of(week), self._first_era + week
        scored = self._files.score(facts, era)
        self._scored[week] = scored
        self._files.hand_over(facts)
        if week == self._incidents.lie:
            self._lie(week, facts, scored)
        self._stand(week, self._files.proposal(facts, scored))
        for model, (primary, contribution) in scored.scored.scores.items():
            if model in scored.listing.valid:
                self.result.models[model].primary.append(primary / SCORE)
                self.result.models[model].contribution.append(contribution / SCORE)

    def _lie(self, week: int, facts: RoundOnChain, scored: Scored) -> None:
        """A false score stands until the guardian, who asked an auditor, vetoes it."""
        model = min(scored.scored.weights)
        false = self._files.lie(facts, scored, self._first_era + week, model)
        self._stand(week, false)
        verification = self._verify(week)
        wrong = [check for check in verification.models if not check.right]
        if [check.model for check in wrong] != [model]:
            raise LieMissed(f"A false score of model {model} was not found: {verification.findings}")
        self._clock.pending_timestamp += HOUR
        self._send("veto", week, false.tree.root, sender=self._crew.guardian)
        found = f"model {model}: {wrong[0].problems[0]}"
        self._tell(week, f"The operator proposed a false score, and the auditor found: {found}. Vetoed.")

    def _stand(self, week: int, proposal: Proposal) -> None:
        self._proposals[week] = proposal
        chunks = len(proposal.chunks)
        self._send("propose", week, proposal.tree.root, chunks, proposal.evidence, sender=self._crew.operator)

    def _close(self, week: int) -> None:
        """Settle a round, without burns and rewards if it expired, and have it audited."""
        before = self._lens.models()
        gas = self._settle_scored(week) if week in self._proposals else self._settle_expired(week)
        rewards = burns = 0
        for (result, _), earlier, later in zip(self._models, before, self._lens.models(), strict=True):
            delta = _wealth(later) - _wealth(earlier)
            result.rewards += max(delta, 0)
            result.burns += max(-delta, 0)
            rewards += max(delta, 0)
            burns += max(-delta, 0)
        info = self._tournament.round_info(week)
        scored = self._scored.pop(week, None)
        era = self._first_era + week
        self.result.rounds.append(
            RoundResult(
                round=week,
                era=era,
                at_risk=info.at_risk,
                factor=info.factor,
                staked=sum(week in model.positions for model in before),
                valid=self._valid.pop(week, 0),
                meta_model=None if scored is None else self._files.corr(scored.scored.meta_model, era),
                rewards=rewards,
                burns=burns,
                gas=gas,
                end="expired" if scored is None else "vetoed, settled" if week == self._incidents.lie else "settled",
                verification=None if scored is None else self._verify(week),
            )
        )

    def _settle_scored(self, week: int) -> int:
        proposal, anyone = self._proposals.pop(week), self._crew.anyone
        return sum(
            self._send("settle", week, index, encode(words), proposal.tree.proof(index), sender=anyone).gas_used
            for index, words in enumerate(proposal.chunks)
        )

    def _settle_expired(self, week: int) -> int:
        groups = self._views.waiting_groups(self._tournament, week, 0, group_count(len(self._models)))
        return int(self._send("settle_expired", week, groups, sender=self._crew.anyone).gas_used)

    def _verify(self, week: int) -> Verification:
        return self._files.verify(self._facts_of(week), self._first_era + week)

    def look(self, week: int) -> None:
        """Note what each model has, and the figures of the suite."""
        for (result, _), stakes in zip(self._models, self._lens.models(), strict=True):
            result.wealth[week] = _wealth(stakes)
        self.result.figures.append(self._lens.figures())

    def _tell(self, week: int, what: str) -> None:
        self.result.incidents.append(Incident(week, what))

    def _send(self, method: str, *arguments: Any, sender: Account) -> Any:
        receipt = getattr(self._tournament, method)(*arguments, sender=sender)
        self.result.gas[method].append(receipt.gas_used)
        return receipt


def play(
    seasons: Sequence[Season],
    clock: Clock,
    rounds: int,
    beside: Callable[[int, int], None],
    announce: Callable[[str], None],
) -> None:
    """Play `rounds` rounds of each season, and withdraw all NMR.

    Args:
        seasons: of tournaments of one suite.
        clock: the chain's.
        beside: what else happens in a week; told its number and a time at which nothing of the rounds happens.
        announce: told what comes next, `rounds + 1` times.
    """
    start = clock.pending_timestamp
    for week in range(rounds):
        announce(f"round {week + 1} of {rounds}")
        opens_at = start + week * WEEK
        clock.pending_timestamp = opens_at
        for season in seasons:
            season.open(week, opens_at, exiting=week == rounds // 2)
        clock.pending_timestamp = opens_at + DAY
        for season in seasons:
            season.lock(week)
        beside(week, opens_at + 3 * DAY)
        for season in seasons:
            season.look(week)
    announce("the last settlements and all withdrawals")
    clock.pending_timestamp = start + rounds * WEEK + DAY
    for season in seasons:
        season.propose(rounds - 1)
    clock.pending_timestamp = start + rounds * WEEK + 4 * DAY
    for season in seasons:
        season.settle(rounds)
    for season in seasons:
        season.look(rounds)
    for season in seasons:
        season.leave()


def _wealth(model: ModelStakes) -> int:
    """Wei of a model, idle and at stake."""
    return model.idle + sum(model.positions.values())


def _terms(opens_at: int, sealing_key: bytes) -> Terms:
    return Terms(
        primary=PRIMARY,
        contribution=CONTRIBUTION,
        clip=CLIP,
        threshold=THRESHOLD,
        sealing_key=sealing_key,
        locks_at=opens_at + DAY,
        resolves_at=opens_at + DAY + WEEK,
        expires_at=opens_at + DAY + 5 * WEEK,
        window=DAY,
    )
