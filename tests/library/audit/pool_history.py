# SPDX-License-Identifier: MIT
"""Histories of pools on a chain with proofs: two with a bit of everything, and one in a tournament that ended."""

from functools import cache

from nmr.text.amounts import NMR
from tests.support.pool_node import BACKER, HOLDER, MANAGER, OTHER, PoolNode

ALL = 2**256 - 1
POINT = 10**6
"""A score of 1%."""
SHARES = 10**18
"""Those of one NMR, in an epoch that has just begun."""
DAY = 86_400


@cache
def played() -> tuple[PoolNode, str, str]:
    """Two pools; one whose backers entered, won, left in part, ordered and cancelled, and one that was paid out."""
    chain = PoolNode()
    first, second = chain.create(2_000), chain.create(0)
    locks_at = chain.open(2)
    for pool in (first, second):
        chain.pool(pool, "enter_order", 0, 100 * NMR, sender=MANAGER)
        chain.pool(pool, "enter_order", 0, 50 * NMR, sender=BACKER)
        chain.pool(pool, "fill", 0)
    chain.pool(first, "claim", 0, sender=BACKER)
    chain.resolve(2, locks_at, {1: POINT, 2: -POINT})
    locks_at = chain.open(3)
    chain.pool(first, "exit_order", 0, 10**18, sender=BACKER)
    chain.pool(first, "enter_order", 0, 40 * NMR, sender=OTHER)
    chain.pool(second, "exit_order", 0, ALL, sender=MANAGER)
    chain.pool(second, "exit_order", 0, 10**18, sender=BACKER)
    chain.pool(first, "fill", 0)
    chain.pool(second, "checkpoint", 0)
    chain.pool(second, "claim", 0, sender=MANAGER)
    chain.pool(first, "enter_order", 0, 7 * NMR, sender=BACKER)
    chain.pool(first, "cancel_entry", 0, sender=BACKER)
    chain.pool(first, "exit_order", 0, 10**18, sender=MANAGER)
    chain.pool(first, "cancel_exit", 0, sender=MANAGER)
    chain.call("Numeraire", chain.numeraire, "transfer", first, 3, sender=HOLDER)
    chain.pool(first, "sweep")
    chain.call("Numeraire", chain.numeraire, "transfer", first, 5, sender=HOLDER)
    chain.pool(first, "enter_order", 0, 3 * NMR, sender=OTHER)
    chain.resolve(3, locks_at, {1: -POINT, 2: 0})
    chain.pool(second, "exit_order", 0, ALL, sender=BACKER)
    chain.pool(second, "checkpoint", 0)
    return chain, first, second


@cache
def deserted() -> tuple[PoolNode, str]:
    """A full pool: an entry waits for more room than there is, no further round opens, and the manager leaves."""
    chain = PoolNode()
    pool = chain.create(0)
    locks_at = chain.open(2)
    for who, amount in ((MANAGER, 100), (BACKER, 50), (OTHER, 2_000)):
        chain.pool(pool, "enter_order", 0, amount * NMR, sender=who)
    chain.pool(pool, "fill", 0)
    chain.resolve(2, locks_at, {1: POINT})
    locks_at = chain.open(3)
    chain.pool(pool, "enter_order", 0, 100 * NMR, sender=OTHER)
    chain.pool(pool, "exit_order", 0, 2 * SHARES, sender=BACKER)
    chain.pool(pool, "fill", 0)
    chain.resolve(3, locks_at, {1: 0})
    chain.pool(pool, "exit_order", 0, ALL, sender=MANAGER)
    chain.pool(pool, "checkpoint", 0)
    chain.node.wait(400 * DAY)
    chain.pool(pool, "checkpoint", 0)
    chain.pool(pool, "claim", 0, sender=MANAGER)
    chain.pool(pool, "claim", 0, sender=BACKER)
    return chain, pool
