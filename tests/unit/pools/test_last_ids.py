# SPDX-License-Identifier: MIT
"""A pool whose tournament comes to its last ids: with less than eight turns left it pays everybody out."""

import pytest

from nmr.deploy.suite import HOUR
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from tests.support.refusals import reverts
from tests.support.suite import MIN_STAKE
from tests.support.walk import PACKAGE

LAST = 65_535 - 8
"""The last round of a ring of one that has eight turns behind it."""


@pytest.fixture
def ending(project, deployer, suite, numeraire, treasury, operator, guardian, owner, bounds):
    """A tournament of one place, whose next round is that one."""
    roles = owner, operator, guardian
    fixed = 1, LAST, HOUR, MIN_STAKE, tuple(bounds)
    return deployer.deploy(project.Tournament, numeraire, treasury, suite.terms_check, *roles, *fixed)


@pytest.fixture
def last_pool(project, deployer, ending, blueprint, numeraire, staker, manager, backer):
    """A pool of it; manager and backer have allowed it all."""
    factory = deployer.deploy(project.PoolFactory, ending, blueprint)
    factory.create(0, 1_000, ZERO_ADDRESS, "last", sender=manager)
    pool = project.Pool.at(factory.pool_at(0))
    for actor in (manager, backer):
        numeraire.transfer(actor, 1_000 * NMR, sender=staker)
        numeraire.approve(pool, 2**256 - 1, sender=actor)
    return pool


def test_pool__too_few_ids_are_left__takes_nothing_and_pays_everybody_out(
    ending, last_pool, terms, operator, guardian, manager, backer
):
    ending.open_round(LAST, tuple(terms()), PACKAGE, sender=operator)
    last_pool.enter_order(0, 100 * NMR, sender=manager)
    last_pool.enter_order(0, 50 * NMR, sender=backer)
    last_pool.fill(0, sender=backer)
    with reverts("pool: nothing to do"):
        last_pool.checkpoint(0, sender=backer)
    ending.void(LAST, sender=guardian)
    ending.settle_expired(LAST, [0], sender=backer)
    # What is at stake waits for a round with seven turns behind it: a checkpoint ends the epoch, though nobody ordered.
    assert last_pool.place_view(0).round == LAST + 1
    receipt = last_pool.checkpoint(0, sender=backer)
    assert [(event.value, event.manager_paid) for event in last_pool.EpochEnded.from_receipt(receipt)] == [
        (150 * NMR, 100 * NMR)
    ]
    assert last_pool.claim.call(0, sender=backer) == 50 * NMR
    ending.open_round(LAST + 1, tuple(terms()), PACKAGE, sender=operator)
    last_pool.enter_order(0, 100 * NMR, sender=manager)
    with reverts("pool: too few ids are left"):
        last_pool.fill(0, sender=backer)
    last_pool.cancel_entry(0, sender=manager)
