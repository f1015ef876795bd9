# SPDX-License-Identifier: MIT
from dataclasses import replace
from itertools import chain
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmr.protocol import payout
from nmr.protocol.lifetimes import EVENTS, Lifetime, LogIncomplete, lifetimes, stakes_at_lock
from nmr.protocol.reference.numeraire import UNLIMITED
from nmr.protocol.reference.tournament import Signed
from nmr.protocol.score_words import Score, decode_words
from nmr.text.amounts import GWEI, NMR, SCORE
from tests.support.example_suite import (
    GUARDIAN,
    OPERATOR,
    RIVAL,
    SEALED,
    STAKER,
    STRANGER,
    TOURNAMENT,
    ExampleSuite,
)

MODELS = 9
RING = 2
UP, DOWN = (SCORE // 100, 0), (-SCORE // 100, 0)


def events_of(suite: ExampleSuite):
    return [event for event in suite.world.log.of(TOURNAMENT) if event.name in EVENTS]


def lives_of(suite: ExampleSuite, *models: int) -> dict[int, Lifetime]:
    return lifetimes(events_of(suite), RING, NMR, models)


@pytest.fixture
def suite() -> ExampleSuite:
    return ExampleSuite(models=MODELS)


def test_lifetimes__nothing_happened__is_all_zero(suite):
    assert lives_of(suite, 0, 8) == {0: Lifetime("model 0"), 8: Lifetime("model 8")}


def test_lifetimes__deposits_moves_and_withdrawals__are_counted(suite):
    suite.call("deposit", 0, 50 * NMR, STAKER)
    suite.call("deposit", 0, 5 * NMR, STAKER, sender=RIVAL)
    suite.call("move_idle", 0, 1, 7 * NMR)
    suite.call("withdraw", 1, 3 * NMR, STRANGER)
    assert lives_of(suite, 0, 1) == {
        0: Lifetime("model 0", deposited=55 * NMR, given=7 * NMR),
        1: Lifetime("model 1", received=7 * NMR, withdrawn=3 * NMR),
    }
    assert lives_of(suite, 0, 1)[1].left == 4 * NMR


def test_lifetimes__settled_round__splits_its_sums_by_model(suite):
    for model in (0, 1, 2):
        suite.call("deposit", model, 100 * NMR, STAKER)
        suite.call("set_policy", model, 100 * NMR, False)
    first = suite.open()
    suite.call("enter", [0])
    suite.call("stake", 4, 10 * NMR)
    suite.submit(0, 1, 4)
    chunks = suite.finalise(first, {0: UP, 1: DOWN, 2: UP, 4: UP})
    suite.wait(12)
    suite.settle(first, chunks)
    assert lives_of(suite, 0, 1, 2, 4) == {
        0: Lifetime("model 0", deposited=100 * NMR, rewards=2 * NMR),
        1: Lifetime("model 1", deposited=100 * NMR, burns=2 * NMR),
        2: Lifetime("model 2", deposited=100 * NMR),
        4: Lifetime("model 4", deposited=10 * NMR, rewards=NMR // 5),
    }


def test_lifetimes__idle_moved_away__enters_no_round(suite):
    suite.call("set_policy", 0, 10 * NMR, False)
    suite.call("deposit", 0, 10 * NMR, STAKER)
    suite.call("move_idle", 0, 1, 6 * NMR)
    first = suite.open()
    suite.call("enter", [0])
    suite.submit(0)
    chunks = suite.finalise(first, {0: UP})
    suite.wait(12)
    suite.settle(first, chunks)
    assert lives_of(suite, 0)[0] == Lifetime(
        "model 0", deposited=10 * NMR, given=6 * NMR, rewards=suite.last("Settled")["rewards"]
    )
    assert lives_of(suite, 0)[0].rewards == 4 * NMR // 50


def test_lifetimes__a_gwei_won__is_a_reward():
    suite = ExampleSuite(min_stake=2 * GWEI)
    first = suite.open()
    suite.call("stake", 0, 50 * GWEI)
    suite.submit(0)
    chunks = suite.finalise(first, {0: UP})
    suite.wait(12)
    suite.settle(first, chunks)
    lives = lifetimes(events_of(suite), RING, 2 * GWEI, [0])
    assert lives[0] == Lifetime("model 0", deposited=50 * GWEI, rewards=GWEI)


def test_lifetimes__what_compounds__wins_on_what_it_won(suite):
    for model, compounds in ((0, True), (1, False)):
        suite.call("deposit", model, 100 * NMR, STAKER)
        suite.call("set_policy", model, 100 * NMR, compounds)
    for enters in (True, False):
        round_id = suite.open()
        if enters:
            suite.call("enter", [0])
        suite.submit(0, 1)
        chunks = suite.finalise(round_id, {0: UP, 1: UP})
        suite.settle(round_id, chunks)
        suite.lock(suite.open())
    rewards = [life.rewards for life in lives_of(suite, 0, 1).values()]
    assert rewards == [4 * NMR + NMR // 25, 4 * NMR]


def test_lifetimes__submitted_by_a_signature__wins(suite):
    first = suite.open()
    for model in (0, 1, 2):
        suite.call("stake", model, 100 * NMR)
    signed = [Signed(2, suite.now, STAKER)]
    suite.call("submit_signed", signed, [0, 1], [SEALED] * 2, sender=STRANGER)
    chunks = suite.finalise(first, {0: UP, 1: UP, 2: UP})
    suite.settle(first, chunks)
    assert lives_of(suite, 0, 2) == {
        0: Lifetime("model 0", deposited=100 * NMR, rewards=2 * NMR),
        2: Lifetime("model 2", deposited=100 * NMR),
    }


def test_lifetimes__scored_in_a_round_and_staked_in_its_successor__wins_nothing(suite):
    first = suite.open()
    suite.call("stake", 0, 100 * NMR)
    suite.submit(0, 4)
    chunks = suite.finalise(first, {0: UP, 4: UP})
    suite.lock(suite.open())
    assert suite.open() == first + RING
    suite.call("stake", 4, 100 * NMR)
    suite.settle(first, chunks)
    assert suite.last("Settled")["rewards"] == 2 * NMR
    assert lives_of(suite, 0, 4) == {
        0: Lifetime("model 0", deposited=100 * NMR, rewards=2 * NMR),
        4: Lifetime("model 4", deposited=100 * NMR),
    }


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_lifetimes__any_history__is_what_the_payout_rule_says(seed):
    random = Random(seed)
    suite = ExampleSuite(models=MODELS, ring=RING)
    won, lost = [0] * MODELS, [0] * MODELS
    final: tuple[int, list[list[int]]] | None = None
    before: int | None = None
    for _ in range(5):
        if final is not None and random.random() < 0.2:
            suite.wait(12)
            settle(suite, *final, won, lost)
            final = None
        opened = suite.open(threshold=random.choice([0, 60 * NMR]))
        if final is not None:
            settle(suite, *final, won, lost)
        act(suite, opened, random)
        models = [model for model in range(MODELS) if random.random() < 0.7]
        if models:
            suite.submit(*models)
        if random.random() < 0.2:
            suite.now = suite.terms_of(opened).locks_at
            suite.call("void", opened, sender=GUARDIAN)
            if suite.tournament.staked(opened):
                suite.call("settle_expired", opened, [0, 1, 2])
        elif suite.tournament.staked(opened):
            suite.publish(opened)
        else:
            suite.lock(opened)
        final = None
        if before is not None and suite.tournament.staked(before):
            scores: dict[int, Score] = {
                model: (random.randint(-SCORE // 9, SCORE // 9), random.randint(-SCORE // 9, SCORE // 9))
                for model in range(MODELS)
            }
            final = before, suite.finalise(before, scores)
        before = opened
    lives = lives_of(suite, *range(MODELS))
    assert [life.rewards for life in lives.values()] == [amount * GWEI for amount in won]
    assert [life.burns for life in lives.values()] == [amount * GWEI for amount in lost]
    for model, life in lives.items():
        stakes = suite.tournament.stakes_of(model, suite.now)
        assert life.left == suite.tournament.idle_of(model) + sum(stake.amount for stake in stakes)
        assert lives_of(suite, model) == {model: life}


def settle(suite: ExampleSuite, round_id: int, chunks: list[list[int]], won: list[int], lost: list[int]) -> None:
    """Settle a round and note what the payout rule gives each model."""
    info = suite.tournament.round_info(round_id)
    rule = payout.Rule(info.terms.primary, info.terms.contribution, info.factor, info.clip)
    for model, (primary, contribution) in decode_words(chain.from_iterable(chunks)).items():
        if model < MODELS and suite.tournament.submitted(round_id, model):
            stake = suite.tournament.position(round_id, model) // GWEI
            change = payout.delta(stake, primary, contribution, rule)
            won[model] += max(change, 0)
            lost[model] -= min(change, 0)
    suite.settle(round_id, chunks)


def act(suite: ExampleSuite, opened: int, random: Random) -> None:
    """What stakers do while a round is open."""
    for _ in range(12):
        model, amount = random.randrange(MODELS), random.randrange(1, 50 * NMR, GWEI) // GWEI * GWEI + NMR
        idle = suite.tournament.idle_of(model)
        match random.randrange(7):
            case 0 | 1:
                suite.call("deposit", model, amount, STAKER)
            case 2:
                suite.call("set_policy", model, amount, random.random() < 0.5)
            case 3:
                suite.call("stake", model, amount)
            case 4 if idle > amount:
                suite.call("withdraw", model, amount, STAKER)
            case 5 if idle > amount and model:
                suite.call("move_idle", model, 0, amount)
            case 6:
                if random.random() < 0.5:
                    suite.call("enter", [model // 4])
                elif suite.tournament.position(opened, model):
                    suite.call("leave", model, opened, random.choice([UNLIMITED, NMR]))


def test_lifetimes__log_lacks_what_came_before__is_refused(suite):
    suite.call("deposit", 0, 5 * NMR, STAKER)
    suite.call("withdraw", 0, NMR, STRANGER)
    number = suite.open()
    suite.call("enter", [0], sender=OPERATOR)
    suite.lock(number)
    for lacking in ("Deposited", "RoundOpened"):
        events = [event for event in events_of(suite) if event.name != lacking]
        with pytest.raises(LogIncomplete, match="The log lacks something before"):
            lifetimes(events, RING, NMR, [0])


def test_stakes_at_lock__round_that_is_settled__are_those_of_its_lock(suite):
    for model in (0, 1, 2):
        suite.call("deposit", model, 100 * NMR, STAKER)
        suite.call("set_policy", model, 60 * NMR, True)
    first = suite.open()
    suite.call("enter", [0])
    suite.call("leave", 2, first, UNLIMITED)
    suite.call("stake", 4, 10 * NMR)
    suite.submit(0, 1, 4)
    chunks = suite.finalise(first, {0: UP, 1: DOWN, 4: UP})
    suite.wait(12)
    suite.settle(first, chunks)
    models = range(MODELS)
    assert stakes_at_lock(events_of(suite), RING, NMR, models, first) == {0: 60 * NMR, 1: 60 * NMR, 4: 10 * NMR}
    with pytest.raises(LogIncomplete, match=f"The log does not tell that round {first + 1} was locked"):
        stakes_at_lock(events_of(suite), RING, NMR, models, first + 1)


def test_lifetimes__unknown_event__is_refused(suite):
    events = [replace(event, name="Guessed") for event in events_of(suite)]
    with pytest.raises(LogIncomplete):
        lifetimes(events, RING, NMR, [0])
