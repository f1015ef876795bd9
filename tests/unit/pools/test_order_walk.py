# SPDX-License-Identifier: MIT
"""A walk over pools on contracts that is about orders: many a block, each kind by everybody, at all places alike."""

from typing import Any

import pytest

from nmr.protocol.reference.pool import Pool
from tests.library.protocol.pool_walk.walker import BACKERS, MANAGER, Target, Total
from tests.unit.pools.test_walk import PairedWalk, the_chain

SEEDS = (364, 373, 292)
"""Of hundreds, those in which the most orders are given, run and cancelled."""
STEPS = 160
CALLS = ("enter_order", "exit_order", "cancel_entry", "cancel_exit", "claim", "checkpoint", "fill")


class OrderWalk(PairedWalk):
    """Compares words and views after every call of a pool that goes through."""

    def step(self) -> None:
        dice = self.random
        if dice.random() < 0.3:
            self.now += 12
        if dice.random() < 0.25:
            self.round_step()
        else:
            self.order_step()

    def order_step(self) -> None:
        dice = self.random
        index, number = dice.randrange(2), dice.randrange(self.ring)
        who = MANAGER if dice.random() < 0.4 else dice.choice(BACKERS)
        name = dice.choices(
            ["enter_order", "exit_order", "cancel_entry", "cancel_exit", "claim", "checkpoint", "fill", "sweep"],
            [22, 22, 8, 14, 10, 10, 24, 1],
        )[0]
        self.order(index, name, number, who)

    def make(self, target: Target, name: str, args: tuple[Any, ...], sender: str) -> str | None:
        reason = super().make(target, name, args, sender)
        if reason is None and isinstance(target, Pool):
            self.compare(target)
        return reason


@pytest.mark.parametrize("seed", SEEDS)
def test_orders__walked_over_on_both_sides__agree(seed: int) -> None:
    total = Total()
    with the_chain().anchor():
        OrderWalk(seed, total).go(STEPS)
    assert min(total.done[f"pool.{name}"] for name in CALLS) > 0
