# SPDX-License-Identifier: MIT
"""Random histories of a small tournament: the invariants of the protocol page hold, and the log tells it all."""

import copy
from fractions import Fraction
from math import floor

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from nmr.protocol.chunk_tree import ChunkTree
from nmr.protocol.reference import ALL_IDLE, State
from nmr.protocol.reference.rounds import DONE, UNDECIDED
from nmr.protocol.replay import replay
from nmr.protocol.score_words import Score, encode_chunks
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import FACTOR, GWEI, NMR, RATIO, SUPPLY
from tests.support.example_suite import (
    EVIDENCE,
    GUARDIAN,
    HOUR,
    OPENED_LIST,
    OPERATOR,
    OWNER,
    RIVAL,
    STAKER,
    STRANGER,
    TOURNAMENT,
    TREASURY,
    ExampleSuite,
    owed,
    terms,
    worth,
)

MODELS = st.integers(0, 8)
GROUPS = st.lists(st.integers(0, 3), min_size=1, max_size=4)
AMOUNTS = st.one_of(st.integers(1, 5 * 10**9), st.integers(1, 200).map(lambda nmr: nmr * 10**9))
"""Gwei."""
CLIP = RATIO // 4
POINTS = st.one_of(st.integers(-(2**27), 2**27 - 1), st.integers(-(10**6), 10**6))

SCORES = st.lists(st.tuples(POINTS, POINTS), min_size=5, max_size=9).map(lambda scores: dict(enumerate(scores)))
NOT_CLOSED = tuple(state for state in State if state not in (State.UNKNOWN, State.CLOSED))


class Tournaments(RuleBasedStateMachine):
    """What the page allows is never refused; balances are followed by arithmetic of the test's own."""

    def __init__(self) -> None:
        super().__init__()
        self.suite = ExampleSuite()
        # Gwei that each model should have, and wei that came in from nowhere.
        self.should_have: dict[int, int] = {}
        self.donated = 0
        self.submissions: set[tuple[int, int]] = set()
        self.chunks: dict[int, list[list[int]]] = {}
        self.scores: dict[int, dict[int, Score]] = {}

    @initialize(ring=st.integers(1, 3), first_round=st.integers(0, 3), cap=st.sampled_from([1_000, 2, 0]))
    def deploy(self, ring: int, first_round: int, cap: int) -> None:
        self.suite = ExampleSuite(ring=ring, first_round=first_round, models=6, cap=cap * NMR)
        for _ in range(3):
            self.suite.call("register", "rival", ZERO_ADDRESS, sender=RIVAL)
        self.should_have = dict.fromkeys(range(9), 0)
        for model in (0, 1, 4, 8):
            self.deposit(model, 100 * 10**9)
            self.set_policy(model, 20 + model, model % 2 == 0)

    # what the test knows without asking

    @property
    def tournament(self):
        return self.suite.tournament

    @property
    def ring(self) -> int:
        return self.tournament.books.rounds.ring

    def running(self) -> bool:
        return not self.tournament.paused

    def rounds(self, *states: State) -> list[int]:
        known = range(self.tournament.books.rounds.first_round, self.tournament.next_round)
        return [round_id for round_id in known if self.suite.state(round_id) in states]

    def open_round_id(self) -> int | None:
        return next(iter(self.rounds(State.OPEN)), None)

    def settled_for_open(self, group: int) -> bool:
        """Whether the group may be touched in the open round: nothing waits for the round a ring before."""
        before = self.open_round_id() - self.ring
        return before < 0 or not self.tournament.waiting_groups(before, group, 1)

    # time

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self.suite.wait(hours)

    @rule(data=st.data(), off=st.sampled_from([-1, 0]))
    def wait_for_a_deadline(self, data: st.DataObject, off: int) -> None:
        """Times at which something changes are where mistakes live."""
        deadlines = set()
        for round_id in self.rounds(*NOT_CLOSED):
            info = self.tournament.round_info(round_id)
            deadlines |= {info.terms.locks_at, info.terms.locks_at + 24 * HOUR, info.terms.resolves_at}
            deadlines |= {info.final_at, info.final_at + info.terms.grace, info.terms.expires_at}
        ahead = sorted(time + off for time in deadlines if time + off > self.suite.now)
        if ahead:
            self.suite.now = data.draw(st.sampled_from(ahead[:3]))

    @rule(data=st.data(), steps=st.integers(1, 9))
    def go_on(self, data: st.DataObject, steps: int) -> None:
        """Take a round through its next steps, as on a good day."""
        for _ in range(steps):
            rounds = self.rounds(*NOT_CLOSED)
            if self.running() and self.can_open() and (not rounds or data.draw(st.booleans())):
                self.open_round(data.draw(st.sampled_from([0, 0, 30])), data.draw(st.sampled_from([0, 1, 10])), CLIP)
            elif rounds:
                self.go_on_with(data.draw(st.sampled_from(rounds[:2])), data)

    def go_on_with(self, round_id: int, data: st.DataObject) -> None:
        info, state = self.tournament.round_info(round_id), self.suite.state(round_id)
        if state == State.OPEN:
            if self.running() and all(self.settled_for_open(group) for group in range(3)):
                self.enter([0, 1, 2])
            self.submit([data.draw(MODELS), *range(data.draw(MODELS))])
            self.suite.now = info.terms.locks_at
        elif state == State.ENDED:
            self.suite.call("lock", round_id, sender=STRANGER)
        elif state == State.LOCKED:
            self.suite.call("publish_opened", round_id, OPENED_LIST, sender=OPERATOR)
        elif state == State.OPENED:
            self.suite.now = max(self.suite.now, info.terms.resolves_at)
            if self.suite.state(round_id) == State.OPENED:
                self.propose(round_id, data.draw(SCORES), data.draw(st.sampled_from([{0, 1, 2}, {0, 1, 2}, {0, 2}])))
        elif state == State.PROPOSED:
            self.suite.now = info.final_at
        elif state == State.FINAL:
            self.settle(round_id)
        else:
            self.settle_expired(round_id, data.draw(GROUPS))

    # stakers

    @rule(model=MODELS, nmr=st.integers(0, 60), compound=st.booleans())
    def set_policy(self, model: int, nmr: int, compound: bool) -> None:
        owner = self.tournament.owner_of(model)
        self.suite.call("set_policy", model, nmr * NMR, compound and nmr > 0, sender=owner)

    @precondition(lambda self: self.running())
    @rule(model=MODELS, amount=AMOUNTS)
    def deposit(self, model: int, amount: int) -> None:
        self.suite.call("deposit", model, amount * GWEI, sender=RIVAL)
        self.should_have[model] += amount

    @rule(model=MODELS, share=st.fractions(0, 1))
    def withdraw(self, model: int, share: Fraction) -> None:
        """A withdrawal of existing idle by its owner always succeeds, in every state, paused or not."""
        idle = self.tournament.idle_of(model) // GWEI
        amount = max(1, floor(idle * share))
        if idle:
            paid = ALL_IDLE if share == 1 else amount * GWEI
            paid = self.suite.call("withdraw", model, paid, STRANGER, sender=self.tournament.owner_of(model))
            self.should_have[model] -= paid // GWEI

    @rule(source=MODELS, destination=MODELS, share=st.fractions(0, 1))
    def move_idle(self, source: int, destination: int, share: Fraction) -> None:
        amount = floor(self.tournament.idle_of(source) // GWEI * share)
        owner = self.tournament.owner_of(source)
        if amount and source != destination and owner == self.tournament.owner_of(destination):
            self.suite.call("move_idle", source, destination, amount * GWEI, sender=owner)
            self.should_have[source] -= amount
            self.should_have[destination] += amount

    def give_away(self, model: int) -> None:
        owner = self.tournament.owner_of(model)
        self.suite.call("offer_model", model, RIVAL if owner == STAKER else STAKER, sender=owner)
        self.suite.call("accept_model", model, sender=self.tournament.offered_to(model))

    @precondition(lambda self: self.running() and self.open_round_id() is not None)
    @rule(model=MODELS, amount=AMOUNTS)
    def stake(self, model: int, amount: int) -> None:
        round_id = self.open_round_id()
        end = self.tournament.position(round_id, model) + amount * GWEI
        if self.settled_for_open(model // 4) and end >= self.suite.terms_of(round_id).min_stake:
            self.suite.call("stake", model, amount * GWEI, sender=self.tournament.owner_of(model))
            self.should_have[model] += amount

    @precondition(lambda self: self.open_round_id() is not None)
    @rule(model=MODELS)
    def leave(self, model: int) -> None:
        if self.settled_for_open(model // 4) and self.tournament.position(self.open_round_id(), model):
            self.suite.call("leave", model, sender=self.tournament.owner_of(model))

    @precondition(lambda self: self.running() and self.open_round_id() is not None)
    @rule(groups=GROUPS)
    def enter(self, groups: list[int]) -> None:
        if not all(self.settled_for_open(group) for group in groups):
            return
        round_id = self.open_round_id()
        min_stake = self.suite.terms_of(round_id).min_stake
        expected = {}
        for model in {4 * group + lane for group in groups for lane in range(4)} & set(range(9)):
            before, target = self.tournament.position(round_id, model), self.tournament.policy_of(model).target
            after = before + max(0, min(self.tournament.idle_of(model), target - before))
            expected[model] = after if after >= min_stake else before
        self.suite.call("enter", groups, sender=STRANGER)
        assert {model: self.tournament.position(round_id, model) for model in expected} == expected

    @precondition(lambda self: self.open_round_id() is not None)
    @rule(models=st.lists(MODELS, min_size=1, max_size=5))
    def submit(self, models: list[int]) -> None:
        for owner in (STAKER, RIVAL):
            own = [model for model in models if self.tournament.owner_of(model) == owner]
            if own:
                self.suite.submit(*own, sender=owner)
        self.submissions |= {(self.open_round_id(), model) for model in models}

    # those who run it

    def can_open(self) -> bool:
        coming = self.tournament.next_round
        first = self.tournament.books.rounds.first_round
        before, earlier = coming - self.ring, coming - 2 * self.ring
        return (
            self.open_round_id() is None
            and (before < first or self.suite.state(before) in DONE)
            and (earlier < first or self.suite.state(earlier) == State.CLOSED)
        )

    def open_round(self, threshold: int, min_stake: int, clip: int) -> None:
        self.suite.open(threshold=threshold * NMR, min_stake=min_stake * NMR, clip=clip)

    def propose(self, round_id: int, scores: dict[int, Score], groups: set[int]) -> None:
        """Some groups may be left out, and there is a chunk without any stake."""
        terms = self.suite.terms_of(round_id)
        if self.suite.now > terms.expires_at - 24 * HOUR - terms.grace - terms.window:
            return
        chunks = encode_chunks(scores, groups | {300})
        self.chunks[round_id], self.scores[round_id] = chunks, scores
        self.suite.call("propose", round_id, ChunkTree.of(chunks).root, 2, EVIDENCE, sender=OPERATOR)

    @rule(data=st.data(), what=st.sampled_from(["veto", "void", "pause", "cap", "spend", "donate", "give away"]))
    def intervene(self, data: st.DataObject, what: str) -> None:
        """What owner and guardian may do, and strangers."""
        treasury, now = self.suite.world.treasury, self.suite.now
        undecided = self.rounds(*UNDECIDED)
        if what == "veto" and self.rounds(State.PROPOSED):
            round_id = data.draw(st.sampled_from(self.rounds(State.PROPOSED)))
            self.suite.call("veto", round_id, self.tournament.round_info(round_id).root, sender=GUARDIAN)
        elif what == "void" and undecided:
            self.suite.call("void", data.draw(st.sampled_from(undecided)), sender=GUARDIAN)
        elif what == "pause" or self.tournament.paused:
            paused = self.tournament.paused
            self.suite.call("unpause" if paused else "pause", sender=OWNER if paused else GUARDIAN)
        elif what == "cap":
            treasury.authorise(TOURNAMENT, data.draw(st.integers(0, 20)) * NMR + 1, sender=OWNER, now=now)
        elif what == "spend" and treasury.free():
            treasury.spend(OWNER, data.draw(st.integers(1, treasury.free())), sender=OWNER, now=now)
        elif what == "donate":
            wei = data.draw(st.integers(1, NMR))
            self.suite.world.numeraire.transfer(TOURNAMENT, wei, sender=STAKER, now=now)
            self.donated += wei
        elif what == "give away":
            self.give_away(data.draw(MODELS))

    # settlement

    def settle(self, round_id: int) -> None:
        groups = self.tournament.waiting_groups(round_id, 0, 3)
        groups = [group for group in groups if group in [word >> 224 for word in self.chunks[round_id][0]]]
        info = self.tournament.round_info(round_id)
        following = round_id + self.ring
        waits = following >= self.tournament.next_round and self.suite.now < info.final_at + info.terms.grace
        if not groups or waits:
            return
        restaked = self.suite.state(following) == State.OPEN
        burned = self.suite.world.numeraire.burned
        before = {model: self.tournament.position(round_id, model) // GWEI for model in range(12)}
        idle = {model: self.tournament.idle_of(model) // GWEI for model in range(9)}
        self.suite.settle(round_id, self.chunks[round_id])
        burns = 0
        for model in {4 * group + lane for group in groups for lane in range(4)} & set(range(9)):
            change = self.change(round_id, model, before[model])
            # No settlement changes a position by more than the effective clip.
            assert abs(change) <= Fraction(before[model] * info.clip, RATIO)
            burns -= min(0, change)
            self.should_have[model] += change
            policy, value = self.tournament.policy_of(model), before[model] + change
            kept = value if policy.compound else min(value, policy.target // GWEI)
            if not restaked or kept * GWEI < self.suite.terms_of(following).min_stake:
                kept = 0
            assert self.tournament.position(following, model) == kept * GWEI
            assert self.tournament.idle_of(model) // GWEI == idle[model] + value - kept
            assert self.tournament.position(round_id, model) == 0
        assert self.suite.world.numeraire.burned == burned + burns * GWEI

    def change(self, round_id: int, model: int, stake: int) -> int:
        """What the page says a stake gains or loses, in gwei, by fractions."""
        if (round_id, model) not in self.submissions:
            return 0
        info = self.tournament.round_info(round_id)
        primary, contribution = self.scores[round_id].get(model, (0, 0))
        raw = primary * info.terms.primary + contribution * info.terms.contribution
        at_risk, threshold = Fraction(info.at_risk), info.terms.threshold
        factor = floor(min(1, threshold / at_risk) * FACTOR) if threshold else FACTOR
        clip = min(info.terms.clip, floor(info.granted // GWEI * GWEI / at_risk * RATIO))
        size = floor(stake * min(Fraction(abs(raw) * factor, FACTOR), Fraction(clip)) / RATIO)
        return size if raw > 0 else -size

    def settle_expired(self, round_id: int, groups: list[int]) -> None:
        if set(groups) & set(self.tournament.waiting_groups(round_id, 0, 3)):
            self.suite.call("settle_expired", round_id, groups, sender=STRANGER)

    # invariants, by their numbers on the page

    @invariant()
    def supply_plus_burned_is_all_that_was_minted(self) -> None:
        """1."""
        numeraire = self.suite.world.numeraire
        assert numeraire.total_supply + numeraire.burned == SUPPLY
        assert sum(numeraire.balances.held.values()) == numeraire.total_supply

    @invariant()
    def the_tournament_holds_what_it_owes_and_donations(self) -> None:
        """2."""
        assert self.suite.world.numeraire.balance_of(TOURNAMENT) == owed(self.tournament) + self.donated

    @invariant()
    def lanes_add_up_to_the_running_totals(self) -> None:
        """3."""
        tournament = self.tournament
        for round_id in range(tournament.next_round):
            assert sum(tournament.position(round_id, model) for model in range(12)) == tournament.staked(round_id)
        assert sum(tournament.idle_of(model) for model in range(9)) == tournament.idle_total()

    @invariant()
    def every_model_has_what_it_brought_and_won(self) -> None:
        """4."""
        assert {model: worth(self.tournament, model) for model in self.should_have} == self.should_have

    @invariant()
    def the_treasury_holds_what_it_reserved(self) -> None:
        """6."""
        treasury = self.suite.world.treasury
        reservations = treasury.books.reservations.values()
        assert treasury.reserved() == sum(each.left for each in reservations)
        assert all(each.left >= 0 for each in reservations)
        assert self.suite.world.numeraire.balance_of(TREASURY) >= treasury.reserved()

    @invariant()
    def what_is_closed_holds_nothing(self) -> None:
        for round_id in self.rounds(State.CLOSED):
            assert self.tournament.staked(round_id) == 0
            assert self.suite.world.treasury.reservation(TOURNAMENT, round_id).left == 0

    @invariant()
    def a_word_is_of_the_round_of_its_place(self) -> None:
        for place, tags in enumerate(self.tournament.books.stakes.tags):
            for group, tag in enumerate(tags):
                lanes = self.tournament.books.stakes.positions[place][4 * group : 4 * group + 4]
                assert (tag == -1) == (not any(lanes))
                assert tag == -1 or tag % self.ring == place

    def teardown(self) -> None:
        self.the_log_alone_rebuilds_it()
        self.time_and_anyone_bring_all_home()

    def the_log_alone_rebuilds_it(self) -> None:
        world = self.suite.world
        replayed = replay(world.events, world.deployment)
        assert replayed.books[TOURNAMENT] == self.tournament.books
        assert replayed.balances == world.numeraire.balances
        assert replayed.reserves == world.treasury.books

    def time_and_anyone_bring_all_home(self) -> None:
        """7 and 10, from whatever state this history came to."""
        suite = copy.deepcopy(self.suite)
        tournament = suite.tournament
        known = range(tournament.books.rounds.first_round, tournament.next_round)
        suite.now = max([suite.now, *(suite.terms_of(round_id).expires_at for round_id in known)])
        for round_id in known:
            if tournament.staked(round_id):
                suite.call("settle_expired", round_id, [0, 1, 2], sender=STRANGER)
            assert suite.state(round_id) == State.CLOSED
        assert {model: tournament.idle_of(model) // GWEI for model in self.should_have} == self.should_have
        assert tournament.staked_total() == 0 and suite.world.treasury.reserved() == 0
        for model, amount in self.should_have.items():
            if amount:
                suite.call("withdraw", model, ALL_IDLE, STRANGER, sender=tournament.owner_of(model))
        assert suite.world.numeraire.balance_of(TOURNAMENT) == self.donated
        if tournament.paused:
            suite.call("unpause", sender=OWNER)
        tournament.open_round(terms(suite.now), sender=OPERATOR, now=suite.now)


Tournaments.TestCase.settings = settings(max_examples=200, stateful_step_count=40)
TestTournaments = Tournaments.TestCase


def test_change__product_just_above_a_gwei__is_rounded_once():
    """20.000001025 of 93.000001025 NMR under a threshold of 30: two roundings lose a gwei of 3,367,484."""
    machine = Tournaments()
    machine.deploy(ring=1, first_round=0, cap=1_000)
    machine.open_round(threshold=30, min_stake=1, clip=CLIP)
    machine.enter([0, 1, 2])
    machine.stake(0, 1_025)
    machine.submit([0])
    machine.suite.publish(0)
    machine.suite.now = machine.suite.terms_of(0).resolves_at
    machine.propose(0, {0: (40_073, -27_950)}, {0, 1, 2})
    machine.suite.now = machine.tournament.round_info(0).final_at + machine.suite.terms_of(0).grace
    assert machine.tournament.round_info(0).factor == 322_580_641
    assert machine.change(0, 0, 20_000_001_025) == 3_367_484
    machine.settle(0)
    machine.every_model_has_what_it_brought_and_won()
    assert machine.should_have[0] == 100 * 10**9 + 1_025 + 3_367_484
