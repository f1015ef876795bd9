# SPDX-License-Identifier: MIT
"""The replay of pools: it rebuilds their books, and nothing that a pool logs can be changed without its noticing."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from nmr.errors import Mismatch
from nmr.protocol.reference import Event
from nmr.protocol.replay import Replay, replay
from nmr.text.amounts import GWEI, NMR
from tests.support.example_suite import STAKER, STRANGER
from tests.support.pool_scene import BACKER, FACTORY, MANAGER, OTHER, POOL, PoolScene

AMOUNTS = frozenset({"amount", "value", "paid", "manager_paid", "fee", "ordered", "used", "manager_ordered"})


@cache
def history() -> PoolScene:
    """A pool with every event: entries and exits of all, orders taken back, a fee, a sweep, and an epoch's end."""
    scene = PoolScene()
    pool, round_id = scene.pool, scene.opened(manager=100, backer=50)
    scene.enter(OTHER, 30)
    scene.enter(OTHER, 10)
    pool.cancel_entry(0, sender=OTHER, now=scene.now)
    scene.enter(OTHER, 2_000)
    scene.enter(MANAGER, 20)
    scene.fill()
    scene.resolve(round_id, 0.1)
    second = scene.open_at()
    scene.leave(BACKER, 3 * 10**18)
    pool.cancel_exit(0, sender=BACKER, now=scene.now)
    scene.leave(BACKER, 2 * 10**18)
    scene.leave(MANAGER, 10**18)
    scene.checkpoint()
    scene.claim(BACKER)
    scene.claim(MANAGER)
    scene.world.numeraire.transfer(POOL, NMR, sender=STAKER, now=scene.now)
    pool.sweep(sender=STRANGER, now=scene.now)
    scene.resolve(second, -0.05)
    scene.leave(MANAGER)
    scene.leave(BACKER)
    scene.leave(OTHER)
    scene.checkpoint()
    scene.claim(MANAGER)
    scene.claim(BACKER)
    scene.claim(OTHER)
    return scene


def events() -> list[Event]:
    return history().world.events


def replayed(changed: Mapping[int, Event | None]) -> Replay:
    told = [changed.get(index, event) for index, event in enumerate(events())]
    return replay([event for event in told if event is not None], history().deployment)


def told_by_the_pool() -> list[tuple[int, Event]]:
    return [(index, event) for index, event in enumerate(events()) if event.address == POOL]


def test_replay__whole_log_of_a_pool__has_its_books() -> None:
    assert replayed({}).pools[POOL].books == history().pool.books
    assert len({event.name for _, event in told_by_the_pool()}) == 11, "every event"


def figures() -> list[Any]:
    found = [(i, e) for i, e in enumerate(events()) if e.address in (POOL, FACTORY)]
    return [
        pytest.param(index, name, id=f"{index} {event.name} {name}")
        for index, event in found
        for name, value in event.args.items()
        if isinstance(value, int)
    ]


@pytest.mark.parametrize(("index", "name"), figures())
def test_replay__figure_of_an_event_is_another__is_found(index: int, name: str) -> None:
    event = events()[index]
    step = GWEI if name in AMOUNTS or name == "manager_used" else 1
    other = replace(event, args={**event.args, name: event.args[name] + step})
    with pytest.raises(Mismatch):
        replayed({index: other})


@pytest.mark.parametrize("index", [index for index, _ in told_by_the_pool()])
def test_replay__event_is_left_out__is_found(index: int) -> None:
    with pytest.raises(Mismatch):
        replayed({index: None})


@pytest.mark.parametrize("index", [index for index, event in told_by_the_pool() if "holder" in event.args])
def test_replay__event_names_somebody_else__is_found(index: int) -> None:
    event = events()[index]
    with pytest.raises(Mismatch):
        replayed({index: replace(event, args={**event.args, "holder": STRANGER})})
