# SPDX-License-Identifier: MIT
"""The same walks over pools in every run."""

from typing import Final

from tests.library.protocol.pool_walk.walker import walk

CALLS: Final = 15_000
MADE: Final = {
    "pool.checkpoint": 100,
    "pool.claim": 150,
    "pool.cancel_entry": 50,
    "pool.cancel_exit": 10,
    "pool.enter_order": 800,
    "pool.exit_order": 200,
    "pool.fill": 200,
    "pool.sweep": 20,
}
REACHED: Final = {
    "donated to model": 50,
    "donated to pool": 50,
    "epochs ended": 20,
    "epochs ended at 0": 10,
    "managers left backers who did nothing": 2,
}
"""What these walks have to come to: one that no longer gets anywhere finds nothing any more."""


def test_pool_walk__random_calls_by_hostile_people__the_invariants_hold() -> None:
    total = walk(seed=1, calls=CALLS)
    assert {name: total.done[name] for name, least in MADE.items() if total.done[name] < least} == {}
    assert {what: total.reached[what] for what, least in REACHED.items() if total.reached[what] < least} == {}
