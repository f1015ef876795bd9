# SPDX-License-Identifier: MIT
"""Fees over many rounds: what was booked is what the manager got, to the share."""

import random
from typing import Any

import pytest

from nmr.protocol.reference import Event
from nmr.text.amounts import GWEI
from tests.support.pool_scene import BACKER, OTHER, PoolScene

ROUNDS = 40


def events_of(scene: PoolScene, name: str) -> list[dict[str, Any]]:
    log: list[Event] = scene.world.log.events
    return [event.args for event in log if event.address == scene.pool.address and event.name == name]


@pytest.mark.parametrize("fee", [1, 2_000, 3_000])
@pytest.mark.parametrize("seed", [1, 2])
def test_fees__booked_over_many_rounds__are_the_managers_new_shares_exactly(fee: int, seed: int) -> None:
    dice = random.Random(seed)
    scene = PoolScene(fee=fee)
    round_id = scene.opened(1_000, 2_000)
    bought = scene.place.manager_shares
    for _ in range(ROUNDS):
        scene.resolve(round_id, dice.uniform(-0.05, 0.07))
        if dice.random() < 0.5 and scene.held(BACKER).shares > scene.place.shares // 5:
            scene.leave(BACKER, scene.held(BACKER).shares // 7)
        round_id = scene.open_at()
        scene.enter(OTHER, dice.randrange(1, 50))
        mark, shares, before = scene.place.mark, scene.place.shares, len(events_of(scene, "Booked"))
        value = scene.value
        scene.fill()
        scene.claim(OTHER)
        booked = events_of(scene, "Booked")[before:]
        assert len(booked) == (value > mark)
        for each in booked:
            due = fee * (value - mark) // 10_000
            assert each["fee"] == due * GWEI
            # New shares that are worth the fee at the price after them, short of it by less than a share.
            worth, whole = each["shares"] * value, shares + each["shares"]
            assert due * whole - value < worth <= due * whole
    booked = events_of(scene, "Booked")
    assert len(booked) > ROUNDS // 4
    assert scene.place.manager_shares == bought + sum(each["shares"] for each in booked)
    assert scene.place.fees * GWEI == sum(each["fee"] for each in booked)
