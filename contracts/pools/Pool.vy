# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma nonreentrancy on
# pragma optimize gas
"""
@title Pool
@author NMR contributors
@license AGPL-3.0-only
@notice Backing another's model. The pool owns the model; its manager may name who
        submits for it, and nothing more. Backers hold shares, place by place of
        the tournament's ring, since what a place holds is exact from the
        settlement of its round until the lock of the next, and at no other time:
        orders given at any time run then, by anyone's `checkpoint` and `fill`.
@custom:security No role takes or stops anything, and nothing can be changed. Exits
                 depend on no `stake`, no open round and no pause. An order runs in
                 a later block than its own, so nobody fills a place for one
                 transaction. The token and the tournament are of the suite and call
                 nobody.
"""


from ethereum.ercs import IERC20

from ..interfaces import INumeraire
from ..interfaces import IPool
from ..interfaces import ITournament
from ..modules import guard
from .modules import records
from .modules import shares as arithmetic


implements: IPool


initializes: records


interface Escrow:
    def MIN_STAKE() -> uint256: view
    def RING() -> uint256: view
    def TOKEN() -> address: view


UNIT: constant(uint256) = 10**9
MAX_ROUND: constant(uint256) = 65_535
MAX_FEE: constant(uint256) = 3_000
MIN_SKIN: constant(uint256) = 1_000
MAX_SKIN: constant(uint256) = 5_000
# Smallest stakes that an epoch opens and goes on with, at least.
_FLOOR: constant(uint256) = 20
# Turns before the last id from which on a place takes nothing and pays all out.
_LAST_TURNS: constant(uint256) = 8
# Seconds, 180 days, from the expiry of the tournament's newest round until no skin
# keeps a manager any more.
_DORMANT: constant(uint256) = 15_552_000
# Entries that do not fit all come back only if this part of a place fits: else a few
# shares that leave would throw them out.
_PART: constant(uint256) = 100
# The row of the tournament's words with what is idle.
_IDLE_ROW: constant(uint256) = 128

TOURNAMENT: public(immutable(ITournament))
TOKEN: public(immutable(INumeraire))
MODEL: public(immutable(uint256))
MANAGER: public(immutable(address))
FEE: public(immutable(uint256))
SKIN: public(immutable(uint256))
RING: immutable(uint256)
LEAST: immutable(uint256)

# Gwei: what the manager can claim in the lowest 128 bits, and above them all that
# the pool owes to anyone.
money: uint256


@deploy
def __init__(
    tournament: address, manager: address, fee: uint256, skin: uint256, submitter: address, label: String[32]
):
    """
    @notice Registers the pool's model, which keeps all it wins at stake.
    @param manager Gets the fee, has to hold `skin` of all shares, and names the
           submitter.
    @param fee Of what a place is worth above its mark, 4 decimals.
    @param skin The manager's least part of each place, 4 decimals.
    @param submitter Who submits; the zero address for the manager.
    @param label The model's name for people.
    """
    guard._require(manager != empty(address), "pool: no manager")
    guard._require(fee <= MAX_FEE, "pool: fee is too large")
    guard._require(skin >= MIN_SKIN and skin <= MAX_SKIN, "pool: skin is out of range")
    TOURNAMENT = ITournament(tournament)
    token: address = staticcall Escrow(tournament).TOKEN()
    TOKEN = INumeraire(token)
    MANAGER = manager
    FEE = fee
    SKIN = skin
    RING = staticcall Escrow(tournament).RING()
    LEAST = staticcall Escrow(tournament).MIN_STAKE() // UNIT
    model: uint256 = extcall ITournament(tournament).register(label, submitter if submitter != empty(address) else manager)
    MODEL = model
    extcall ITournament(tournament).set_policy(model, UNIT, True)
    assert extcall IERC20(token).approve(tournament, max_value(uint256))


@external
def enter_order(place: uint256, amount: uint256):
    """
    @notice Orders shares of a place for NMR of the caller, which waits here. All of
            a standing order is of this block then. Anyone, for themselves.
    @param amount Wei, at least the smallest stake.
    """
    self._require_place(place)
    guard._require(amount % UNIT == 0, "pool: amount finer than a gwei")
    added: uint256 = amount // UNIT
    guard._require(added >= LEAST, "pool: below the smallest stake")
    extcall TOKEN.transferFrom(msg.sender, self, amount)
    self.money += added << 128
    order: records.Order = empty(records.Order)
    if msg.sender == MANAGER:
        orders: records.Manager = records._manager(place)
        order = records.Order(amount=orders.entry.amount + added, at=block.timestamp, batch=0)
        orders.entry = order
        records._store_manager(place, orders)
    else:
        held: records.Holding = self._claimed(place)
        entries: records.Queue = empty(records.Queue)
        entries, order = records._raised(records._entries(place), held.entry, added, block.timestamp)
        held.entry = order
        records._store_entries(place, entries)
        records._store_holding(place, msg.sender, held)
    log IPool.EntryOrdered(place=place, holder=msg.sender, batch=order.batch, amount=order.amount * UNIT)


@external
def exit_order(place: uint256, shares: uint256):
    """
    @notice Orders shares of the caller to be paid out; until then they stay at
            stake and the caller's. Not while the position's round is the one in
            which the caller bought shares last; the manager always.
    @param shares How many more; the largest number for all that are not on order.
    """
    self._require_place(place)
    guard._require(shares > 0, "pool: no shares")
    here: records.Place = records._place(place)
    order: records.Order = empty(records.Order)
    if msg.sender == MANAGER:
        orders: records.Manager = records._manager(place)
        added: uint256 = self._ordered(shares, here.manager_shares, orders.exit.amount)
        order = records.Order(amount=orders.exit.amount + added, at=block.timestamp, batch=0)
        orders.exit = order
        records._store_manager(place, orders)
    else:
        held: records.Holding = self._claimed(place)
        added: uint256 = self._ordered(shares, held.shares, held.exit.amount)
        guard._require(not self._bought_now(place, held), "pool: bought in this round")
        exits: records.Queue = empty(records.Queue)
        exits, order = records._raised(records._exits(place), held.exit, added, block.timestamp)
        held.exit = order
        records._store_exits(place, exits)
        records._store_holding(place, msg.sender, held)
    if not here.leaving:
        here.leaving = True
        records._store_place(place, here)
    log IPool.ExitOrdered(place=place, holder=msg.sender, batch=order.batch, shares=order.amount)


@external
def cancel_entry(place: uint256):
    """
    @notice Takes the caller's entry order back, whole, before it ran.
    """
    self._require_place(place)
    order: records.Order = empty(records.Order)
    if msg.sender == MANAGER:
        orders: records.Manager = records._manager(place)
        order = orders.entry
        orders.entry = empty(records.Order)
        records._store_manager(place, orders)
    else:
        held: records.Holding = self._claimed(place)
        order = held.entry
        held.entry = empty(records.Order)
        records._store_entries(place, records._cancelled(records._entries(place), order, block.timestamp))
        records._store_holding(place, msg.sender, held)
    guard._require(order.amount > 0, "pool: no such order")
    log IPool.EntryCancelled(place=place, holder=msg.sender, amount=order.amount * UNIT)
    self._pay(msg.sender, order.amount)


@external
def cancel_exit(place: uint256):
    """
    @notice Takes the caller's exit order back, whole, before it ran.
    """
    self._require_place(place)
    exits: records.Queue = records._exits(place)
    orders: records.Manager = records._manager(place)
    order: records.Order = empty(records.Order)
    if msg.sender == MANAGER:
        order = orders.exit
        orders.exit = empty(records.Order)
        records._store_manager(place, orders)
    else:
        held: records.Holding = self._claimed(place)
        order = held.exit
        held.exit = empty(records.Order)
        exits = records._cancelled(exits, order, block.timestamp)
        records._store_exits(place, exits)
        records._store_holding(place, msg.sender, held)
    guard._require(order.amount > 0, "pool: no such order")
    if exits.total == 0 and orders.exit.amount == 0:
        here: records.Place = records._place(place)
        here.leaving = False
        records._store_place(place, here)
    log IPool.ExitCancelled(place=place, holder=msg.sender, shares=order.amount)


@external
def claim(place: uint256) -> uint256:
    """
    @notice Collects what batches and ended epochs of a place gave the caller, at any
            time; the manager, what those of all places did.
    @return What was paid, wei.
    """
    self._require_place(place)
    paid: uint256 = 0
    if msg.sender == MANAGER:
        paid = self.money & (2**128 - 1)
        guard._require(paid > 0, "pool: nothing to claim")
        self.money -= paid
        self._pay(msg.sender, paid)
        log IPool.ManagerPaid(amount=paid * UNIT)
    else:
        before: records.Holding = records._holding(place, msg.sender)
        held: records.Holding = before
        held, paid = records._collected(place, records._epoch(place), before)
        guard._require(self._differ(before, held), "pool: nothing to claim")
        self._settle_claim(place, held, paid)
        records._store_holding(place, msg.sender, held)
    return paid * UNIT


@external
def checkpoint(place: uint256):
    """
    @notice Books the fee of a place and runs its exits, while its value is exact.
            Anyone.
    """
    position: ITournament.Position = self._free_position(place)
    here: records.Place = records._place(place)
    changed: bool = False
    rest: uint256 = 0
    changed, here, rest = self._checkpoint(place, here, position)
    guard._require(changed, "pool: nothing to do")
    records._store_place(place, here)


@external
def fill(place: uint256):
    """
    @notice As `checkpoint`, and then runs the entries, while the round of the place
            is open. Anyone, unless the tournament is paused.
    """
    position: ITournament.Position = self._free_position(place)
    round: uint256 = position.round
    if position.amount == 0:
        round = staticcall TOURNAMENT.last_opened()
        open: bool = staticcall TOURNAMENT.state(round) == ITournament.State.OPEN
        guard._require(open and round % RING == place, "pool: round is not open")
    else:
        guard._require(position.open, "pool: round is not open")
    guard._require(not self._is_last(round), "pool: too few ids are left")
    paused: bool = staticcall TOURNAMENT.paused()
    guard._require(not paused, "pool: tournament is paused")
    here: records.Place = records._place(place)
    changed: bool = False
    entered: bool = False
    rest: uint256 = 0
    changed, here, rest = self._checkpoint(place, here, position)
    entered, here = self._enter(place, here, rest, round)
    guard._require(changed or entered, "pool: nothing to do")
    records._store_place(place, here)


@external
def sweep() -> uint256:
    """
    @notice Burns what is nobody's: idle NMR of the model, and NMR of the pool above
            what it owes. Anyone.
    @return What was burned, wei.
    """
    idle: uint256 = (staticcall TOURNAMENT.words(_IDLE_ROW, MODEL // 4, 1))[0]
    if (idle >> (60 * (MODEL % 4))) & (2**60 - 1) > 0:
        extcall TOURNAMENT.withdraw(MODEL, max_value(uint256), self)
    burned: uint256 = staticcall TOKEN.balanceOf(self) - (self.money >> 128) * UNIT
    guard._require(burned > 0, "pool: nothing to sweep")
    extcall TOKEN.burn(burned)
    log IPool.Swept(amount=burned)
    return burned


@external
def set_submitter(submitter: address):
    """
    @notice Changes who submits for the model. Manager only.
    @param submitter The zero address for the manager.
    """
    guard._require(msg.sender == MANAGER, "pool: not the manager")
    extcall TOURNAMENT.set_submitter(MODEL, submitter if submitter != empty(address) else MANAGER)


@external
@reentrant
def multicall(calls: DynArray[Bytes[100], 128]):
    """
    @notice Makes many calls of one caller in one transaction: all of them or none.
            Each is a call of this contract's own, with its own lock.
    @param calls Encoded calls of this contract.
    """
    for data: Bytes[100] in calls:
        raw_call(self, data, is_delegate_call=True)


@external
@view
def place_view(place: uint256) -> IPool.PlaceView:
    """
    @return What a place holds, owes and waits for.
    """
    self._require_place(place)
    here: records.Place = records._place(place)
    position: ITournament.Position = staticcall TOURNAMENT.place_of(MODEL, place)
    free: bool = self._is_free(place, position)
    free_from: uint256 = block.timestamp
    free_by: uint256 = block.timestamp
    if not free:
        free_from, free_by = self._next_free(position.round)
    exits: records.Queue = records._exits(place)
    entries: records.Queue = records._entries(place)
    orders: records.Manager = records._manager(place)
    fee: uint256 = 0
    if here.shares > 0:
        fee = arithmetic._fee(position.amount // UNIT, here.mark, here.shares, FEE)[0]
    return IPool.PlaceView(
        round=position.round,
        value=position.amount,
        free=free,
        free_from=free_from,
        free_by=free_by,
        epoch=here.epoch,
        shares=here.shares,
        manager_shares=here.manager_shares,
        mark=here.mark * UNIT,
        fee_due=fee * UNIT,
        fees=here.fees * UNIT,
        exit_orders=exits.total,
        entry_orders=entries.total * UNIT,
        exit_batch=exits.batch,
        entry_batch=entries.batch,
        manager_exit=orders.exit.amount,
        manager_entry=orders.entry.amount * UNIT,
    )


@external
@view
def holding_view(place: uint256, holder: address) -> IPool.HoldingView:
    """
    @return What a holder has at a place, with all claimed that can be; the manager's
            entries and exits need no claim.
    """
    self._require_place(place)
    here: records.Place = records._place(place)
    held: records.Holding = records._holding(place, holder)
    paid: uint256 = 0
    if holder == MANAGER:
        held.shares = here.manager_shares
        held.epoch = here.epoch
        orders: records.Manager = records._manager(place)
        held.exit = orders.exit
        held.entry = orders.entry
        paid = self.money & (2**128 - 1)
    else:
        held, paid = records._collected(place, here.epoch, held)
    position: ITournament.Position = staticcall TOURNAMENT.place_of(MODEL, place)
    value: uint256 = position.amount // UNIT
    shares: uint256 = here.shares
    bought: uint256 = held.entry.amount * arithmetic.PER_GWEI
    if shares > 0:
        minted: uint256 = arithmetic._fee(value, here.mark, shares, FEE)[1]
        shares += minted
        if holder == MANAGER:
            held.shares += minted
        bought = held.entry.amount * shares // value if value > 0 else 0
    return IPool.HoldingView(
        epoch=held.epoch,
        shares=held.shares,
        value=held.shares * value // shares * UNIT if shares > 0 else 0,
        exit_order=held.exit.amount,
        exit_value=held.exit.amount * value // shares * UNIT if shares > 0 else 0,
        entry_order=held.entry.amount * UNIT,
        entry_shares=bought,
        claimable=paid * UNIT,
        bought_now=holder != MANAGER and held.shares > 0 and self._bought_now(place, held),
    )


@external
@view
def exit_batch(place: uint256, batch: uint256) -> IPool.ExitBatch:
    """
    @return What an exit batch gave, wei for all its shares; `at` is 0 where it did
            not run.
    """
    done: IPool.ExitBatch = records._exit_batch(place, batch)
    done.paid *= UNIT
    return done


@external
@view
def entry_batch(place: uint256, batch: uint256) -> IPool.EntryBatch:
    """
    @return What an entry batch gave, shares for all that was used of what was
            ordered, wei; `at` is 0 where it did not run.
    """
    done: IPool.EntryBatch = records._entry_batch(place, batch)
    done.ordered *= UNIT
    done.used *= UNIT
    return done


@external
@view
def pot(place: uint256, epoch: uint256) -> IPool.Pot:
    """
    @return What the backers' shares of an ended epoch redeem, wei.
    """
    left: IPool.Pot = records._pot(place, epoch)
    left.value *= UNIT
    return left


@external
@view
def credit() -> uint256:
    """
    @return What the manager can claim, wei.
    """
    return (self.money & (2**128 - 1)) * UNIT


@external
@view
def owed() -> uint256:
    """
    @return What the pool holds for anyone, wei: orders and claims.
    """
    return (self.money >> 128) * UNIT


@internal
def _checkpoint(
    number: uint256, before: records.Place, position: ITournament.Position
) -> (bool, records.Place, uint256):
    """
    @return Whether anything changed, the place after it, and the gwei that stay at
            stake there.
    """
    place: records.Place = before
    value: uint256 = position.amount // UNIT
    if place.shares == 0:
        return False, place, 0
    if value == 0:
        return True, self._ended(number, place, position.round, 0), 0

    changed: bool = value > place.mark
    if changed:
        fee: uint256 = 0
        minted: uint256 = 0
        fee, minted = arithmetic._fee(value, place.mark, place.shares, FEE)
        place.shares += minted
        place.manager_shares += minted
        place.fees += fee
        place.mark = value
        log IPool.Booked(place=number, epoch=place.epoch, value=value * UNIT, fee=fee * UNIT, shares=minted)

    exits: records.Queue = empty(records.Queue)
    orders: records.Manager = empty(records.Manager)
    if place.leaving:
        exits = records._exits(number)
        orders = records._manager(number)
    others: uint256 = exits.total - records._fresh(exits, block.timestamp)
    stay: uint256 = place.shares - place.manager_shares - others
    manager: uint256 = 0
    if orders.exit.at < block.timestamp:
        manager = orders.exit.amount
    thin: bool = False
    if stay * value // place.shares < _FLOOR * LEAST:
        kept: uint256 = place.manager_shares - manager
        thin = manager > 0 and kept * arithmetic.BASIS < SKIN * (kept + stay)
    else:
        needed: uint256 = arithmetic._needed(stay, SKIN)
        most: uint256 = place.manager_shares - needed if place.manager_shares > needed else 0
        if manager > most:
            # The rest waits for others to leave, but not for rounds that nobody opens.
            thin = self._is_dormant()
            manager = most
    rest: uint256 = place.shares - others - manager
    paid: uint256 = others * value // place.shares
    manager_paid: uint256 = manager * value // place.shares
    after: uint256 = value - paid - manager_paid
    if rest == 0 or after < _FLOOR * LEAST or thin or self._is_last(position.round):
        return True, self._ended(number, place, position.round, value), 0
    if others == 0 and manager == 0:
        return changed, place, value

    self._take(position.round, paid + manager_paid, manager_paid)
    place.shares = rest
    place.mark = arithmetic._scaled(place.mark, value, after)
    log IPool.ExitsRun(
        place=number,
        epoch=place.epoch,
        batch=exits.batch,
        value=value * UNIT,
        shares=others,
        paid=paid * UNIT,
        manager_shares=manager,
        manager_paid=manager_paid * UNIT,
    )
    if others > 0:
        records._store_exit_batch(number, exits.batch, others, paid)
        exits = records._run(exits, block.timestamp)
        records._store_exits(number, exits)
    if manager > 0:
        place.manager_shares -= manager
        orders.exit.amount -= manager
        records._store_manager(number, orders)
    place.leaving = exits.total > 0 or orders.exit.amount > 0
    return True, place, after


@internal
def _ended(number: uint256, before: records.Place, round: uint256, worth: uint256) -> records.Place:
    """
    @return The place, empty, after everybody was paid out.
    """
    place: records.Place = before
    manager_paid: uint256 = worth * place.manager_shares // place.shares
    self._take(round, worth, manager_paid)
    records._store_pot(number, place.epoch, worth - manager_paid, place.shares - place.manager_shares)
    log IPool.EpochEnded(
        place=number,
        epoch=place.epoch,
        value=worth * UNIT,
        shares=place.shares,
        manager_shares=place.manager_shares,
        manager_paid=manager_paid * UNIT,
    )
    place.epoch += 1
    place.shares = 0
    place.manager_shares = 0
    place.mark = 0
    if place.leaving:
        # No order goes on into another epoch.
        exits: records.Queue = records._exits(number)
        if exits.total > 0:
            records._store_exits(number, records.Queue(total=0, fresh=exits.fresh, at=0, batch=exits.batch + 1))
        orders: records.Manager = records._manager(number)
        orders.exit = empty(records.Order)
        records._store_manager(number, orders)
        place.leaving = False
    return place


@internal
def _enter(
    number: uint256, before: records.Place, worth: uint256, round: uint256
) -> (bool, records.Place):
    """
    @param worth Gwei at stake at the place.
    @return Whether any order ran, and the place after it.
    """
    place: records.Place = before
    orders: records.Manager = records._manager(number)
    own: uint256 = 0
    if orders.entry.at < block.timestamp:
        own = orders.entry.amount
    if place.shares == 0 and own < _FLOOR * LEAST:
        return False, place
    done: IPool.EntryBatch = IPool.EntryBatch(
        at=block.timestamp, ordered=0, used=0, shares=0, epoch=place.epoch, round=round
    )
    at_stake: uint256 = worth
    entered: uint256 = 0
    manager_used: uint256 = 0
    if own > 0:
        if place.shares == 0:
            entered = own * arithmetic.PER_GWEI
            place.mark = own
        else:
            entered = arithmetic._minted(own, worth, place.shares, place.mark)
        if entered > 0:
            manager_used = own
            if place.shares > 0:
                place.mark = arithmetic._scaled(place.mark, worth, worth + own)
            place.shares += entered
            place.manager_shares += entered
            at_stake += own
        else:
            self.money += own
        orders.entry = empty(records.Order)
        records._store_manager(number, orders)

    entries: records.Queue = records._entries(number)
    ready: uint256 = entries.total - records._fresh(entries, block.timestamp)
    room: uint256 = arithmetic._room(place.manager_shares, place.shares - place.manager_shares, SKIN)
    fits: uint256 = min(ready, room * at_stake // place.shares)
    if fits >= max(LEAST, min(ready, at_stake // _PART)):
        done.ordered = ready
        done.shares = arithmetic._minted(fits, at_stake, place.shares, place.mark)
        if done.shares > 0:
            done.used = fits
            place.mark = arithmetic._scaled(place.mark, at_stake, at_stake + fits)
            place.shares += done.shares
        records._store_entry_batch(number, entries.batch, done)
        records._store_entries(number, records._run(entries, block.timestamp))
    elif own == 0:
        return False, place

    staked: uint256 = manager_used + done.used
    if staked > 0:
        self.money -= staked << 128
        extcall TOURNAMENT.stake(MODEL, staked * UNIT)
    log IPool.EntriesRun(
        place=number,
        epoch=place.epoch,
        round=round,
        batch=entries.batch,
        value=worth * UNIT,
        ordered=done.ordered * UNIT,
        used=done.used * UNIT,
        shares=done.shares,
        manager_ordered=own * UNIT,
        manager_used=manager_used * UNIT,
        manager_shares=entered,
    )
    return True, place


@internal
def _take(round: uint256, amount: uint256, manager_paid: uint256):
    """
    @notice Brings NMR of the model home to the pool, where part of it is the
            manager's. All that stays is 0 or at least the floor, so exactly this
            leaves.
    """
    if amount > 0:
        extcall TOURNAMENT.leave(MODEL, round, amount * UNIT)
        extcall TOURNAMENT.withdraw(MODEL, amount * UNIT, self)
        self.money += (amount << 128) + manager_paid


@internal
def _claimed(number: uint256) -> records.Holding:
    """
    @return The caller's holding, with all that ran paid out; not stored yet.
    """
    before: records.Holding = records._holding(number, msg.sender)
    held: records.Holding = before
    paid: uint256 = 0
    held, paid = records._collected(number, records._epoch(number), before)
    if self._differ(before, held):
        self._settle_claim(number, held, paid)
    return held


@internal
def _settle_claim(number: uint256, held: records.Holding, paid: uint256):
    log IPool.Claimed(place=number, holder=msg.sender, epoch=held.epoch, shares=held.shares, paid=paid * UNIT)
    self._pay(msg.sender, paid)


@internal
def _pay(receiver: address, amount: uint256):
    if amount > 0:
        self.money -= amount << 128
        extcall TOKEN.transfer(receiver, amount * UNIT)


@internal
@pure
def _differ(before: records.Holding, after: records.Holding) -> bool:
    """
    @dev An order that ran is gone, and so are shares of an epoch that ended.
    """
    return (
        before.shares != after.shares
        or before.exit.amount != after.exit.amount
        or before.entry.amount != after.entry.amount
    )


@internal
@pure
def _ordered(shares: uint256, held: uint256, on_order: uint256) -> uint256:
    free: uint256 = held - on_order
    added: uint256 = free if shares == max_value(uint256) else shares
    guard._require(added > 0 and added <= free, "pool: more than you hold")
    return added


@internal
@view
def _bought_now(number: uint256, held: records.Holding) -> bool:
    position: ITournament.Position = staticcall TOURNAMENT.place_of(MODEL, number)
    return position.amount > 0 and position.round == held.bought_in


@internal
@view
def _require_place(number: uint256):
    guard._require(number < RING, "pool: no such place")


@internal
@view
def _free_position(number: uint256) -> ITournament.Position:
    self._require_place(number)
    position: ITournament.Position = staticcall TOURNAMENT.place_of(MODEL, number)
    guard._require(self._is_free(number, position), "pool: value is not exact")
    return position


@internal
@view
def _is_free(number: uint256, position: ITournament.Position) -> bool:
    if position.amount == 0 or position.open:
        return True
    return position.round >= staticcall TOURNAMENT.next_round(number)


@internal
@view
def _is_last(round: uint256) -> bool:
    return round + _LAST_TURNS * RING > MAX_ROUND


@internal
@view
def _is_dormant() -> bool:
    """
    @return Whether the tournament's newest round expired long ago. Something is at
            stake, so there was one.
    """
    newest: uint256 = staticcall TOURNAMENT.last_opened()
    info: ITournament.Round = staticcall TOURNAMENT.round_info(newest)
    return info.terms.expires_at + _DORMANT <= block.timestamp


@internal
@view
def _next_free(round: uint256) -> (uint256, uint256):
    """
    @return From when on, and by when, anyone can settle what is at stake in a round.
    """
    state: ITournament.State = staticcall TOURNAMENT.state(round)
    if state in (ITournament.State.VOID | ITournament.State.EXPIRED):
        return block.timestamp, block.timestamp
    info: ITournament.Round = staticcall TOURNAMENT.round_info(round)
    free_from: uint256 = info.final_at
    if free_from == 0:
        free_from = max(info.terms.resolves_at, block.timestamp) + info.terms.window
    return min(free_from, info.terms.expires_at), info.terms.expires_at
