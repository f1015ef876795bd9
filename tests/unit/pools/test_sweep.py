# SPDX-License-Identifier: MIT
"""A sweep looks at the idle of the pool's own model, in whichever lane that is."""

import pytest

from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI
from tests.support.refusals import reverts


@pytest.fixture
def five(project, factory, manager):
    """Pools whose models are in each lane of a group, and in another group."""
    for _ in range(5):
        factory.create(0, 1_000, ZERO_ADDRESS, "pool", sender=manager)
    pools = [project.Pool.at(factory.pool_at(index)) for index in range(5)]
    assert {pool.MODEL() % 4 for pool in pools} == {0, 1, 2, 3}
    return pools


def test_sweep__idle_of_one_model__burned_by_its_pool_alone(five, tournament, numeraire, staker, other):
    for pool in five:
        tournament.deposit(pool.MODEL(), GWEI, pool, sender=staker)
        for another in five:
            if another.address != pool.address:
                with reverts("pool: nothing to sweep"):
                    another.sweep(sender=other)
        supply = numeraire.totalSupply()
        pool.sweep(sender=other)
        assert supply - numeraire.totalSupply() == GWEI


def test_sweep__a_wei_that_somebody_sent__burned(five, numeraire, staker, other):
    numeraire.transfer(five[0], 1, sender=staker)
    supply = numeraire.totalSupply()
    five[0].sweep(sender=other)
    assert (supply - numeraire.totalSupply(), numeraire.balanceOf(five[0])) == (1, 0)
