# SPDX-License-Identifier: MIT
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmr.protocol import payout
from nmr.protocol.lifetimes import EVENTS, Lifetime, LogIncomplete, lifetimes
from nmr.protocol.score_words import Score, decode_chunks
from nmr.text.amounts import GWEI, NMR, SCORE
from tests.library.protocol.reference.scene import GUARDIAN, OPERATOR, RIVAL, STAKER, STRANGER, TOURNAMENT, Scene

MODELS = 9
RING = 2
UP, DOWN = (SCORE // 100, 0), (-SCORE // 100, 0)


def events_of(scene: Scene):
    return [event for event in scene.world.log.of(TOURNAMENT) if event.name in EVENTS]


def lives_of(scene: Scene, *models: int) -> dict[int, Lifetime]:
    return lifetimes(events_of(scene), RING, models)


@pytest.fixture
def scene() -> Scene:
    return Scene(models=MODELS)


def test_lifetimes__nothing_happened__is_all_zero(scene):
    assert lives_of(scene, 0, 8) == {0: Lifetime("model 0"), 8: Lifetime("model 8")}


def test_lifetimes__deposits_moves_and_withdrawals__are_counted(scene):
    scene.call("deposit", 0, 50 * NMR)
    scene.call("deposit", 0, 5 * NMR, sender=RIVAL)
    scene.call("move_idle", 0, 1, 7 * NMR)
    scene.call("withdraw", 1, 3 * NMR, STRANGER)
    assert lives_of(scene, 0, 1) == {
        0: Lifetime("model 0", deposited=55 * NMR, given=7 * NMR),
        1: Lifetime("model 1", received=7 * NMR, withdrawn=3 * NMR),
    }
    assert lives_of(scene, 0, 1)[1].left == 4 * NMR


def test_lifetimes__settled_round__splits_its_sums_by_model(scene):
    for model in (0, 1, 2):
        scene.call("deposit", model, 100 * NMR)
        scene.call("set_policy", model, 100 * NMR, False)
    first = scene.open()
    scene.call("enter", [0])
    scene.call("stake", 4, 10 * NMR)
    scene.submit(0, 1, 4)
    chunks = scene.finalise(first, {0: UP, 1: DOWN, 2: UP, 4: UP})
    scene.wait(12)
    scene.settle(first, chunks)
    assert lives_of(scene, 0, 1, 2, 4) == {
        0: Lifetime("model 0", deposited=100 * NMR, rewards=2 * NMR),
        1: Lifetime("model 1", deposited=100 * NMR, burns=2 * NMR),
        2: Lifetime("model 2", deposited=100 * NMR),
        4: Lifetime("model 4", deposited=10 * NMR, rewards=NMR // 5),
    }


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_lifetimes__any_history__is_what_the_payout_rule_says(seed):
    random = Random(seed)
    scene = Scene(models=MODELS, ring=RING)
    won, lost = [0] * MODELS, [0] * MODELS
    final: tuple[int, list[list[int]]] | None = None
    before: int | None = None
    for _ in range(5):
        if final is not None and random.random() < 0.2:
            scene.wait(12)
            settle(scene, *final, won, lost)
            final = None
        opened = scene.open(threshold=random.choice([0, 60 * NMR]))
        if final is not None:
            settle(scene, *final, won, lost)
        act(scene, random)
        models = [model for model in range(MODELS) if random.random() < 0.7]
        if models:
            scene.submit(*models)
        if random.random() < 0.2:
            scene.now = scene.terms_of(opened).locks_at
            scene.call("void", opened, sender=GUARDIAN)
            if scene.tournament.staked(opened):
                scene.call("settle_expired", opened, [0, 1, 2])
        elif scene.tournament.staked(opened):
            scene.publish(opened)
        else:
            scene.lock(opened)
        final = None
        if before is not None and scene.tournament.staked(before):
            scores: dict[int, Score] = {
                model: (random.randint(-SCORE // 9, SCORE // 9), random.randint(-SCORE // 9, SCORE // 9))
                for model in range(MODELS)
            }
            final = before, scene.finalise(before, scores)
        before = opened
    lives = lives_of(scene, *range(MODELS))
    assert [life.rewards for life in lives.values()] == [amount * GWEI for amount in won]
    assert [life.burns for life in lives.values()] == [amount * GWEI for amount in lost]
    for model, life in lives.items():
        stakes = scene.tournament.stakes_of(model, scene.now)
        assert life.left == scene.tournament.idle_of(model) + sum(stake.amount for stake in stakes)
        assert lives_of(scene, model) == {model: life}


def settle(scene: Scene, round_id: int, chunks: list[list[int]], won: list[int], lost: list[int]) -> None:
    """Settle a round and note what the payout rule gives each model."""
    info = scene.tournament.round_info(round_id)
    rule = payout.Rule(info.terms.primary, info.terms.contribution, info.factor, info.clip)
    for model, (primary, contribution) in decode_chunks(chunks).items():
        if model < MODELS and scene.tournament.submitted(round_id, model):
            stake = scene.tournament.position(round_id, model) // GWEI
            change = payout.delta(stake, primary, contribution, rule)
            won[model] += max(change, 0)
            lost[model] -= min(change, 0)
    scene.settle(round_id, chunks)


def act(scene: Scene, random: Random) -> None:
    """What stakers do while a round is open."""
    for _ in range(12):
        model, amount = random.randrange(MODELS), random.randrange(1, 50 * NMR, GWEI) // GWEI * GWEI + NMR
        idle = scene.tournament.idle_of(model)
        match random.randrange(7):
            case 0 | 1:
                scene.call("deposit", model, amount)
            case 2:
                scene.call("set_policy", model, amount, random.random() < 0.5)
            case 3:
                scene.call("stake", model, amount)
            case 4 if idle > amount:
                scene.call("withdraw", model, amount, STAKER)
            case 5 if idle > amount and model:
                scene.call("move_idle", model, 0, amount)
            case 6:
                if random.random() < 0.5:
                    scene.call("enter", [model // 4])
                elif scene.tournament.position(scene.tournament.next_round - 1, model):
                    scene.call("leave", model)


def test_lifetimes__log_lacks_what_came_before__is_refused(scene):
    scene.call("deposit", 0, 5 * NMR)
    scene.call("withdraw", 0, NMR, STRANGER)
    scene.open()
    scene.call("enter", [0], sender=OPERATOR)
    for lacking in ("Deposited", "RoundOpened"):
        events = [event for event in events_of(scene) if event.name != lacking]
        with pytest.raises(LogIncomplete, match="The log lacks something before"):
            lifetimes(events, RING, [0])


def test_lifetimes__unknown_event__is_refused(scene):
    events = [replace(event, name="Guessed") for event in events_of(scene)]
    with pytest.raises(LogIncomplete):
        lifetimes(events, RING, [0])
