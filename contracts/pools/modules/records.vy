# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title Records
@author NMR contributors
@license AGPL-3.0-only
@notice The storage of a pool: how places, holdings and batches lie in words.
@dev Shares and marks have 128 bits, gwei 60, times and batches 34, epochs 44,
     rounds 16. A time and a batch that pass that are 500 years away.
"""


from ...interfaces import IPool
from . import shares as arithmetic


# The orders of a kind that wait for the open batch: their sum, and how much of it
# was ordered at the time `at`. After that time `fresh` counts nothing, see `_fresh`;
# it stays, so that the first order of a later batch does not pay for a new word.
struct Queue:
    total: uint256
    fresh: uint256
    at: uint256
    batch: uint256


struct Order:
    amount: uint256
    at: uint256
    batch: uint256


# `leaving` is true while an exit order stands, the manager's or another's; else a
# checkpoint need not look for any.
struct Place:
    shares: uint256
    manager_shares: uint256
    mark: uint256
    epoch: uint256
    fees: uint256
    leaving: bool


# The manager's orders at a place.
struct Manager:
    exit: Order
    entry: Order


struct Holding:
    shares: uint256
    epoch: uint256
    # The round in which the last shares were bought.
    bought_in: uint256
    exit: Order
    entry: Order


MAX_RING: constant(uint256) = 128

_M16: constant(uint256) = 2**16 - 1
_M34: constant(uint256) = 2**34 - 1
_M44: constant(uint256) = 2**44 - 1
_M60: constant(uint256) = 2**60 - 1
_M128: constant(uint256) = 2**128 - 1
_LEAVING: constant(uint256) = 2**232

# Five words a place.
places: uint256[5 * MAX_RING]
holdings: HashMap[uint256, HashMap[address, uint256[2]]]
exit_batches: HashMap[uint256, HashMap[uint256, uint256]]
entry_batches: HashMap[uint256, HashMap[uint256, uint256[2]]]
pots: HashMap[uint256, HashMap[uint256, uint256]]


@internal
@view
def _place(number: uint256) -> Place:
    word0: uint256 = self.places[5 * number]
    word1: uint256 = self.places[5 * number + 1]
    return Place(
        shares=word0 & _M128,
        manager_shares=word0 >> 128,
        mark=word1 & _M128,
        epoch=(word1 >> 128) & _M44,
        fees=(word1 >> 172) & _M60,
        leaving=word1 >> 232 != 0,
    )


@internal
def _store_place(number: uint256, place: Place):
    self.places[5 * number] = place.shares | (place.manager_shares << 128)
    word1: uint256 = place.mark | (place.epoch << 128) | (place.fees << 172)
    self.places[5 * number + 1] = word1 | (_LEAVING if place.leaving else 0)


@internal
@view
def _epoch(number: uint256) -> uint256:
    """
    @return The epoch of a place, in one read.
    """
    return (self.places[5 * number + 1] >> 128) & _M44


@internal
@view
def _exits(number: uint256) -> Queue:
    word2: uint256 = self.places[5 * number + 2]
    word3: uint256 = self.places[5 * number + 3]
    return Queue(total=word2 & _M128, fresh=word2 >> 128, at=(word3 >> 188) & _M34, batch=word3 >> 222)


@internal
def _store_exits(number: uint256, exits: Queue):
    self.places[5 * number + 2] = exits.total | (exits.fresh << 128)
    word3: uint256 = self.places[5 * number + 3] & (2**188 - 1)
    self.places[5 * number + 3] = word3 | (exits.at << 188) | (exits.batch << 222)


@internal
@view
def _entries(number: uint256) -> Queue:
    word3: uint256 = self.places[5 * number + 3]
    return Queue(
        total=word3 & _M60, fresh=(word3 >> 60) & _M60, at=(word3 >> 120) & _M34, batch=(word3 >> 154) & _M34
    )


@internal
def _store_entries(number: uint256, entries: Queue):
    word3: uint256 = (self.places[5 * number + 3] >> 188) << 188
    word3 |= entries.total | (entries.fresh << 60) | (entries.at << 120) | (entries.batch << 154)
    self.places[5 * number + 3] = word3


@internal
@view
def _manager(number: uint256) -> Manager:
    word4: uint256 = self.places[5 * number + 4]
    return Manager(
        exit=Order(amount=word4 & _M128, at=(word4 >> 128) & _M34, batch=0),
        entry=Order(amount=(word4 >> 162) & _M60, at=word4 >> 222, batch=0),
    )


@internal
def _store_manager(number: uint256, orders: Manager):
    self.places[5 * number + 4] = (
        orders.exit.amount | (orders.exit.at << 128) | (orders.entry.amount << 162) | (orders.entry.at << 222)
    )


@internal
@view
def _holding(number: uint256, holder: address) -> Holding:
    word0: uint256 = self.holdings[number][holder][0]
    word1: uint256 = self.holdings[number][holder][1]
    return Holding(
        shares=word0 & _M128,
        epoch=(word0 >> 128) & _M44,
        bought_in=(word0 >> 172) & _M16,
        exit=Order(amount=word1 & _M128, at=word0 >> 222, batch=(word0 >> 188) & _M34),
        entry=Order(amount=(word1 >> 128) & _M60, at=word1 >> 222, batch=(word1 >> 188) & _M34),
    )


@internal
def _store_holding(number: uint256, holder: address, holding: Holding):
    self.holdings[number][holder][0] = (
        holding.shares
        | (holding.epoch << 128)
        | (holding.bought_in << 172)
        | (holding.exit.batch << 188)
        | (holding.exit.at << 222)
    )
    self.holdings[number][holder][1] = (
        holding.exit.amount
        | (holding.entry.amount << 128)
        | (holding.entry.batch << 188)
        | (holding.entry.at << 222)
    )


@internal
@view
def _exit_batch(number: uint256, batch: uint256) -> IPool.ExitBatch:
    """
    @return `at` is 0 where it did not run; `paid` is gwei.
    """
    word: uint256 = self.exit_batches[number][batch]
    return IPool.ExitBatch(at=word >> 188, shares=word & _M128, paid=(word >> 128) & _M60)


@internal
def _store_exit_batch(number: uint256, batch: uint256, shares: uint256, paid: uint256):
    self.exit_batches[number][batch] = shares | (paid << 128) | (block.timestamp << 188)


@internal
@view
def _entry_batch(number: uint256, batch: uint256) -> IPool.EntryBatch:
    """
    @return `at` is 0 where it did not run; amounts are gwei.
    """
    word0: uint256 = self.entry_batches[number][batch][0]
    word1: uint256 = self.entry_batches[number][batch][1]
    return IPool.EntryBatch(
        at=word1 >> 60,
        ordered=(word0 >> 128) & _M60,
        used=word0 >> 188,
        shares=word0 & _M128,
        epoch=word1 & _M44,
        round=(word1 >> 44) & _M16,
    )


@internal
def _store_entry_batch(number: uint256, batch: uint256, done: IPool.EntryBatch):
    self.entry_batches[number][batch][0] = done.shares | (done.ordered << 128) | (done.used << 188)
    self.entry_batches[number][batch][1] = done.epoch | (done.round << 44) | (done.at << 60)


@internal
@view
def _pot(number: uint256, epoch: uint256) -> IPool.Pot:
    """
    @return `value` is gwei.
    """
    word: uint256 = self.pots[number][epoch]
    return IPool.Pot(value=word >> 128, shares=word & _M128)


@internal
def _store_pot(number: uint256, epoch: uint256, worth: uint256, shares: uint256):
    self.pots[number][epoch] = shares | (worth << 128)


@internal
@view
def _collected(number: uint256, epoch: uint256, before: Holding) -> (Holding, uint256):
    """
    @param epoch That of the place.
    @return What a holding becomes by what ran since, and the gwei that are paid
            out. Costs are rounded up, shares and payments down.
    """
    held: Holding = before
    paid: uint256 = 0
    if held.exit.amount > 0:
        left: IPool.ExitBatch = self._exit_batch(number, held.exit.batch)
        if left.at == held.exit.at:
            # Ordered in the block in which that batch ran, and so not in it.
            left = self._exit_batch(number, held.exit.batch + 1)
        if left.at > 0:
            paid += held.exit.amount * left.paid // left.shares
            held.shares -= held.exit.amount
            held.exit = empty(Order)
    if held.entry.amount > 0:
        done: IPool.EntryBatch = self._entry_batch(number, held.entry.batch)
        if done.at == held.entry.at:
            done = self._entry_batch(number, held.entry.batch + 1)
        if done.at > 0:
            if held.epoch < done.epoch:
                paid += self._redeemed(number, held)
                held.shares = 0
                held.exit = empty(Order)
                held.epoch = done.epoch
            bought: uint256 = held.entry.amount * done.shares // done.ordered
            paid += held.entry.amount - arithmetic._over(held.entry.amount * done.used, done.ordered)
            held.shares += bought
            if bought > 0:
                held.bought_in = done.round
            held.entry = empty(Order)
    if held.epoch < epoch:
        paid += self._redeemed(number, held)
        held.shares = 0
        held.exit = empty(Order)
        held.epoch = epoch
    return held, paid


@internal
@view
def _redeemed(number: uint256, held: Holding) -> uint256:
    """
    @return What the shares of an ended epoch bring, gwei.
    """
    if held.shares == 0:
        return 0
    pot: IPool.Pot = self._pot(number, held.epoch)
    return held.shares * pot.value // pot.shares


@internal
@pure
def _fresh(queue: Queue, now: uint256) -> uint256:
    return queue.fresh if queue.at == now else 0


@internal
@pure
def _raised(queue: Queue, order: Order, amount: uint256, now: uint256) -> (Queue, Order):
    """
    @return Queue and order after adding to the order, all of which is of this block
            then.
    """
    moved: uint256 = amount
    if order.at != now:
        moved += order.amount
    raised: Queue = Queue(
        total=queue.total + amount, fresh=self._fresh(queue, now) + moved, at=now, batch=queue.batch
    )
    return raised, Order(amount=order.amount + amount, at=now, batch=queue.batch)


@internal
@pure
def _cancelled(queue: Queue, order: Order, now: uint256) -> Queue:
    """
    @return The queue without the order.
    """
    left: Queue = queue
    left.total -= order.amount
    if order.at == now:
        left.fresh -= order.amount
    return left


@internal
@pure
def _run(queue: Queue, now: uint256) -> Queue:
    """
    @return The queue of the next batch, with what was ordered in this block.
    """
    return Queue(total=self._fresh(queue, now), fresh=queue.fresh, at=queue.at, batch=queue.batch + 1)
