# SPDX-License-Identifier: MIT
"""A pool whose shares and orders are one backer's, or 10,000 people's: a turn costs the same gas.

The crowd is written into the pool's storage, word by word as its books have it: it is here in no time, and every word
is compared. `python -m benchmarks.backers` has 10,000 people come by transactions of their own, and compares receipts.
"""

import pickle
from typing import Final

import pytest
from eth_utils.address import to_checksum_address

from nmr.audit.pools import pool_words
from nmr.protocol.reference.pool import Pool
from nmr.protocol.reference.pool_books import Holding, Order
from nmr.text.amounts import GWEI, NMR
from tests.stateful.plans import USUAL, Proposal, Week
from tests.stateful.pool_side import PoolSide
from tests.stateful.pool_stage import HOLDER, MANAGER, PoolLockstep, pool_stage
from tests.stateful.stage import STRANGER, WHALE

CROWD: Final = 10_000
EACH: Final = 10 * NMR // GWEI
"""What each of them has at stake, and half of what each orders, gwei."""
ALL: Final = CROWD * EACH
WON: Final = Week(**{**vars(USUAL), "proposal": Proposal(((10**6, 0),), 1, 99)})
CALLS: Final = ("checkpoint", "fill", "exit_order")


def person(number: int) -> str:
    return to_checksum_address(f"0x{number + 1:040x}")


def crowded(side: PoolSide, pool: Pool, number: int, backers: int) -> None:
    """Give the backer's shares to so many, who each order a tenth of them out and half as much NMR in."""
    place, books = pool.places[number], pool.books
    held = books.holdings[number, HOLDER]
    part, ordered, before = held.shares // backers, ALL // backers // 2, side.now - 1
    people = [HOLDER, *(person(index) for index in range(backers - 1))]
    for who in people:
        exit_order, entry_order = (
            Order(part // 10, place.exits.batch, before),
            Order(ordered, place.entries.batch, before),
        )
        books.holdings[number, who] = Holding(held.epoch, part, held.bought_in, exit_order, entry_order)
    place.exits.total, place.entries.total = backers * (part // 10), backers * ordered
    assert side.token("transfer", pool.address, ALL // 2 * GWEI, sender=WHALE).reason is None
    books.owed += ALL // 2
    contract, state = side.lockstep.of_pool[pool.address], side.lockstep.chain.env.evm.vm.state
    for word in pool_words(books):
        state.set_storage(bytes.fromhex(pool.address[2:]), word.slot, word.value)
    side.lockstep.chain.storage(contract).forget_all()


def gas_of(side: PoolSide, pool: Pool, name: str, arguments: tuple[int, ...], sender: str) -> int:
    """What a call takes, tried and undone before it is made on both sides.

    titanoboa keeps warm what earlier calls read: as much for one backer as for many, since an anchor undoes that, too.
    """
    chain, contract = side.lockstep.chain, side.lockstep.of_pool[pool.address]
    with chain.anchor():
        data = getattr(contract, name).prepare_calldata(*arguments)
        done = chain.env.execute_code(to_address=contract.address, sender=sender, data=data, contract=contract)
        assert not done.is_error, name
        gas = int(done.get_gas_used())
    assert side.lockstep.call_pool(pool, name, *arguments, sender=sender).reason is None
    return gas


@pytest.fixture(scope="module")
def figures() -> dict[int, dict[str, int]]:
    """Gas by the number of backers and the call."""
    stage, found = pool_stage(), {}
    for backers in (1, CROWD):
        with stage.chain.anchor():
            world, pools = pickle.loads(stage.world)
            side = PoolSide(PoolLockstep(stage, world, "signals", pools["signals"]))
            found[backers] = played(side, side.pools[0], backers)
    return found


def played(side: PoolSide, pool: Pool, backers: int) -> dict[str, int]:
    """A round that is won; then everybody orders, and all calls are made at the place."""
    number = side.coming() % side.ring
    side.pool_call(pool, "enter_order", number, 200_000 * NMR, sender=MANAGER)
    side.pool_call(pool, "enter_order", number, 100_000 * NMR, sender=HOLDER)
    for _ in range(side.ring + 1):
        side.attended = not pool.places[number].shares
        side.play(WON)
    assert side.tournament.last_opened % side.ring == number and pool.value(number, side.now) > pool.places[number].mark
    crowded(side, pool, number, backers)
    side.lockstep.compare()
    gas = {"checkpoint": gas_of(side, pool, "checkpoint", (number,), STRANGER)}
    gas["fill"] = gas_of(side, pool, "fill", (number,), STRANGER)
    # What was bought now cannot be ordered out before another round, but by the manager.
    gas["exit_order"] = gas_of(side, pool, "exit_order", (number, 10**9), MANAGER)
    for who in (HOLDER, *(person(index) for index in (0, CROWD // 2, CROWD - 2) if backers > 1)):
        assert side.lockstep.call_pool(pool, "claim", number, sender=who).reason is None
    side.lockstep.compare()
    return gas


@pytest.mark.parametrize("name", CALLS)
def test_call__one_backer_or_ten_thousand__takes_the_same_gas(figures: dict[int, dict[str, int]], name: str) -> None:
    assert figures[1][name] == figures[CROWD][name] > 20_000
