# SPDX-License-Identifier: MIT
"""A pool on the suite's tournament, its factory, and who acts in it."""

import pytest

from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR, RATIO
from tests.support.suite import MIN_STAKE, RING
from tests.support.suite_parts import numeraire, timelock, treasury
from tests.support.walk import terms, walk, who

__all__ = ["numeraire", "terms", "timelock", "treasury", "walk", "who"]

FEE, SKIN = 2_000, 1_000
FLOOR = 20 * MIN_STAKE
NMR_SHARES = 10**9 * (NMR // GWEI)
"""Those of one NMR, in an epoch that has just begun."""
TOTAL_LOSS = -100 * 10**6


def together(pool, sender, *calls):
    """Several calls of one account in one transaction, and so in one block."""
    return pool.multicall([getattr(pool, name).encode_input(*given) for name, *given in calls], sender=sender)


def reopened(walk, round_id):
    """Opens rounds until the place of this one has its next."""
    for _ in range(RING):
        last = walk.opened()
        if (last - round_id) % RING == 0:
            return last
        walk.voided(last)
    raise AssertionError("the ring has a round for each place")


@pytest.fixture(scope="session")
def manager(accounts):
    return accounts[14]


@pytest.fixture(scope="session")
def backer(accounts):
    return accounts[15]


@pytest.fixture(scope="session")
def other(accounts):
    return accounts[16]


@pytest.fixture(scope="session", autouse=True)
def pools_cast(timelock, treasury, numeraire, manager, backer, other, terms, walk, who):
    """Sets every fixture of the session up first, before snapshots are taken."""


@pytest.fixture
def blueprint(project, deployer):
    """The code of a pool, to be copied."""
    return deployer.declare(project.Pool).contract_address


@pytest.fixture
def factory(project, deployer, tournament, blueprint):
    return deployer.deploy(project.PoolFactory, tournament, blueprint)


@pytest.fixture
def pool(project, factory, numeraire, manager, backer, other, staker):
    """With a fee of 20% and a skin of 10%; everybody has 10,000 NMR and has allowed it all."""
    factory.create(FEE, SKIN, ZERO_ADDRESS, "pool", sender=manager)
    pool = project.Pool.at(factory.pool_at(factory.pool_count() - 1))
    for actor in (manager, backer, other):
        numeraire.transfer(actor, 10_000 * NMR, sender=staker)
        numeraire.approve(pool, 2**256 - 1, sender=actor)
    return pool


@pytest.fixture
def play(tournament, walk, manager, pool):
    """Takes the open round to its settlement, with a score for the pool's model; 10**8 doubles up to the clip."""

    def play(round_id: int, score: int) -> None:
        tournament.submit([pool.MODEL()], [b"\1" * 32], sender=manager)
        final = walk.final(round_id, {pool.MODEL(): (score, 0)})
        tournament.settle(round_id, 0, final.chunks[0], [], sender=manager)

    return play


@pytest.fixture
def opened(walk, pool, tournament, manager, backer):
    """An open round at whose place the manager has 100 NMR and the backer 50, all claimed."""
    round_id = walk.opened(primary=10_000, contribution=0, clip=RATIO // 5)
    place = round_id % tournament.RING()
    pool.enter_order(place, 100 * NMR, sender=manager)
    pool.enter_order(place, 50 * NMR, sender=backer)
    pool.fill(place, sender=backer)
    pool.claim(place, sender=backer)
    return round_id


@pytest.fixture
def place(opened, tournament):
    """The place of `opened`."""
    return opened % tournament.RING()


@pytest.fixture
def lost(walk, tournament, bounds, as_owner, pool, manager, backer, play):
    """The place of a resolved round that took all that the pool had at stake there; nobody has told the pool."""
    as_owner(tournament, "set_bounds", tuple(bounds._replace(max_clip=RATIO)))
    round_id = walk.opened(primary=10_000, contribution=0, clip=RATIO)
    place = round_id % RING
    pool.enter_order(place, 100 * NMR, sender=manager)
    pool.enter_order(place, 50 * NMR, sender=backer)
    pool.fill(place, sender=backer)
    pool.claim(place, sender=backer)
    play(round_id, TOTAL_LOSS)
    return place
