# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
# pragma nonreentrancy on
"""
@title Buyback
@author NMR contributors
@license AGPL-3.0-only
@notice A programme that buys NMR with the treasury's stablecoin, lot by lot. Each
        lot is a Dutch auction: anyone kicks it when it is due, the price offered
        for NMR rises from below a reference to a bounded premium above it, and
        anyone takes as much as is left. What nobody takes is offered again.
@custom:security What a programme may do is fixed when it is deployed. Stablecoin
                 leaves to fillers, each of whom pays in NMR at no more than the
                 bound, and to the treasury; NMR goes to the treasury or is
                 burned, and never stays here. The books are written before any
                 token or filler is called, and all functions share one lock, the
                 views too, but for those of ownership and of what never changes: a
                 filler's callback is told all it needs.
"""


from ethereum.ercs import IERC20
from ethereum.ercs import IERC20Detailed

from snekmate.auth import ownable
from snekmate.auth import ownable_2step
from snekmate.utils import pausable

from ..interfaces import IBuyback
from ..interfaces import IFiller
from ..interfaces import INumeraire

from .modules import auction
from .modules import lots
from .modules import programme_limits
from .modules import reference_price
from .modules import stablecoins
from .modules import uptime


implements: IBuyback


initializes: ownable
initializes: ownable_2step[ownable := ownable]
initializes: pausable


exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
    pausable.paused,
    # Withheld: `renounce_ownership`. Nobody could end the programme any more.
)


MAX_DATA: constant(uint256) = 1_024

# NMR, and the treasury that pays and may receive.
TOKEN: public(immutable(address))
TREASURY: public(immutable(address))
STABLECOIN: public(immutable(address))
DECIMALS: immutable(uint256)
FEED: public(immutable(address))
# Of an L2's sequencer; the zero address for none.
SEQUENCER: public(immutable(address))
PROGRAMME: immutable(IBuyback.Programme)


guardian: public(address)
# Whether the owner has ended the programme.
ended: public(bool)
# The last lot, and the totals of all fills; see `lots`.
word: uint256
totals: uint256


@deploy
def __init__(
    token: address,
    treasury: address,
    owner: address,
    guardian: address,
    stablecoin: address,
    feed: address,
    sequencer: address,
    programme: IBuyback.Programme,
):
    """
    @notice The deployer keeps no role.
    @param token NMR.
    @param treasury Who pays, by allowance, and gets back what is left.
    @param owner Who unpauses and ends the programme.
    @param guardian Who pauses.
    @param stablecoin What is paid with; at most 18 decimals.
    @param feed The price of one NMR in stablecoin, in Chainlink's interface.
    @param sequencer Chainlink's feed of an L2's sequencer; the zero address for none.
    @param programme What may be done.
    """
    assert token != empty(address), "buyback: token is the zero address"
    assert treasury != empty(address), "buyback: treasury is the zero address"
    assert owner != empty(address), "buyback: owner is the zero address"
    assert stablecoin.is_contract, "buyback: stablecoin is no contract"
    assert stablecoin != token, "buyback: stablecoin is NMR"
    assert feed.is_contract, "buyback: feed is no contract"
    has_sequencer: bool = sequencer != empty(address)
    assert not has_sequencer or sequencer.is_contract, "buyback: sequencer is no contract"
    decimals: uint256 = convert(staticcall IERC20Detailed(stablecoin).decimals(), uint256)
    assert decimals <= 18, "buyback: stablecoin has more than 18 decimals"

    programme_limits._check(programme, decimals, has_sequencer)

    TOKEN = token
    TREASURY = treasury
    STABLECOIN = stablecoin
    DECIMALS = decimals
    FEED = feed
    SEQUENCER = sequencer
    PROGRAMME = programme
    ownable.__init__()
    ownable_2step.__init__()
    ownable_2step._transfer_ownership(owner)
    pausable.__init__()
    self._set_guardian(guardian)


@external
def kick() -> uint256:
    """
    @notice Starts the next lot, once the last one and the gap after it are over.
            Draws from the treasury what is missing to a lot.
    @dev If the treasury is short of stablecoin or allowance the lot is smaller, but
         not below `min_lot`: otherwise a gift of one unit to an empty treasury could
         use up a lot's time.
    @return What the lot offers.
    """
    assert not pausable.paused, "buyback: programme is paused"
    assert not self.ended, "buyback: programme has ended"
    lot: IBuyback.Lot = lots._unpack(self.word)
    assert block.timestamp >= self._next_kick_at(lot), "buyback: next lot is not due"
    amount: uint256 = self._next_amount(lot)
    assert amount > 0, "buyback: nothing to spend"
    assert amount >= min(PROGRAMME.min_lot, self._most()), "buyback: lot is too small"
    # `_next_amount` is never below what is held.
    drawn: uint256 = amount - lot.left
    reference: uint256 = self._reference(block.timestamp)

    number: uint256 = lot.number + 1
    self.word = lots._pack(
        IBuyback.Lot(number=number, started_at=block.timestamp, reference=reference, left=amount)
    )
    log IBuyback.Kicked(
        lot=number,
        amount=amount,
        drawn=drawn,
        reference=reference,
        ends_at=block.timestamp + PROGRAMME.length,
    )
    if drawn > 0:
        stablecoins._pull(STABLECOIN, TREASURY, drawn)
    return amount


@external
def take(
    amount: uint256, min_price: uint256, receiver: address, data: Bytes[MAX_DATA] = b""
) -> (uint256, uint256):
    """
    @notice Pays stablecoin to `receiver` and takes the NMR for it from the caller,
            who has allowed it to this contract.
    @dev With `data` the caller is called back in between, as `IFiller`, when
         `receiver` has the stablecoin and the NMR is not yet due.
    @param amount How much stablecoin; less is paid if less is left.
    @param min_price The lowest price that the caller accepts, 18 decimals.
    @param receiver Who gets the stablecoin.
    @param data For the callback; empty for none.
    @return The stablecoin paid and the NMR taken.
    """
    assert amount > 0, "buyback: amount is zero"
    assert receiver != empty(address), "buyback: receiver is the zero address"
    assert receiver != self, "buyback: receiver is the buyback"
    lot: IBuyback.Lot = lots._unpack(self.word)
    price: uint256 = self._price(lot)
    assert price >= min_price, "buyback: price is below the caller's"
    paid: uint256 = min(amount, lot.left)
    assert paid > 0, "buyback: nothing is left"
    owed: uint256 = auction._owed(paid, price, DECIMALS)

    lot.left -= paid
    total_paid: uint256 = 0
    total_bought: uint256 = 0
    total_paid, total_bought = lots._unpack_totals(self.totals)
    total_paid += paid
    total_bought += owed
    self.word = lots._pack(lot)
    self.totals = lots._pack_totals(total_paid, total_bought)
    log IBuyback.Filled(
        lot=lot.number,
        filler=msg.sender,
        receiver=receiver,
        paid=paid,
        bought=owed,
        price=price,
        left=lot.left,
        total_paid=total_paid,
        total_bought=total_bought,
    )
    stablecoins._send(STABLECOIN, receiver, paid)
    # A token that charges the sender on top would eat what others are offered.
    assert staticcall IERC20(STABLECOIN).balanceOf(self) >= lot.left, "buyback: stablecoin is missing"
    if len(data) > 0:
        extcall IFiller(msg.sender).on_buyback(paid, owed, data)
    self._collect(owed)
    return paid, owed


@external
def pause():
    """
    @notice Stops kick and take, and the lot that runs: its curve would go on, and
            whoever comes first after the pause would get its highest price.
            Guardian only.
    """
    assert msg.sender == self.guardian, "buyback: not the guardian"
    pausable._pause()
    self._stop()


@external
def unpause():
    """
    @notice Ends a pause. Owner only.
    """
    ownable._check_owner()
    pausable._unpause()


@external
def end():
    """
    @notice Ends the programme permanently, paused or not. It calls no other contract,
            so that none can prevent it; `sweep` returns the stablecoin. Owner only.
    """
    ownable._check_owner()
    assert not self.ended, "buyback: programme has ended"
    self.ended = True
    self._stop()
    lot: IBuyback.Lot = lots._unpack(self.word)
    left: uint256 = lot.left
    lot.left = 0
    self.word = lots._pack(lot)
    total_paid: uint256 = 0
    total_bought: uint256 = 0
    total_paid, total_bought = lots._unpack_totals(self.totals)
    log IBuyback.Ended(left=left, total_paid=total_paid, total_bought=total_bought)


@external
def sweep() -> uint256:
    """
    @notice Returns all stablecoin to the treasury once the programme has ended,
            donations too. Owner only.
    @return How much was returned.
    """
    ownable._check_owner()
    # While it runs, the books say that the lot is held.
    assert self.ended, "buyback: programme has not ended"
    amount: uint256 = staticcall IERC20(STABLECOIN).balanceOf(self)
    assert amount > 0, "buyback: nothing to sweep"
    log IBuyback.Swept(amount=amount)
    stablecoins._send(STABLECOIN, TREASURY, amount)
    return amount


@external
def set_guardian(guardian: address):
    """
    @notice Appoints the guardian. Owner only.
    """
    ownable._check_owner()
    self._set_guardian(guardian)


@external
@view
def programme() -> IBuyback.Programme:
    """
    @notice What the programme may do.
    """
    return PROGRAMME


@external
@view
def lot() -> IBuyback.Lot:
    """
    @notice The lot that was kicked last.
    """
    return lots._unpack(self.word)


@external
@view
def total_paid() -> uint256:
    """
    @notice All the stablecoin that was spent.
    """
    return lots._unpack_totals(self.totals)[0]


@external
@view
def total_bought() -> uint256:
    """
    @notice All the NMR that was bought.
    """
    return lots._unpack_totals(self.totals)[1]


@external
@view
def next_kick_at() -> uint256:
    """
    @notice When the next lot is due, in unix seconds; 0 before the first.
    """
    return self._next_kick_at(lots._unpack(self.word))


@external
@view
def next_amount() -> uint256:
    """
    @notice What a lot would offer that was kicked now, were it due and not smaller
            than lots may be.
    """
    return self._next_amount(lots._unpack(self.word))


@external
@view
def price() -> uint256:
    """
    @notice What is offered for one NMR at this moment, 18 decimals.
    """
    return self._price(lots._unpack(self.word))


@external
@view
def quote(amount: uint256) -> (uint256, uint256):
    """
    @notice The stablecoin that a `take` of `amount` would pay at this moment, and
            the NMR that it would want.
    """
    lot: IBuyback.Lot = lots._unpack(self.word)
    paid: uint256 = min(amount, lot.left)
    return paid, auction._owed(paid, self._price(lot), DECIMALS)


@internal
@view
def _next_kick_at(lot: IBuyback.Lot) -> uint256:
    if lot.number == 0:
        return 0
    return lot.started_at + PROGRAMME.length + PROGRAMME.gap


@internal
@view
def _next_amount(lot: IBuyback.Lot) -> uint256:
    if self.ended:
        return 0
    # Kick and take keep both subtractions above zero: `left` never exceeds the lot
    # cap, nor what the lifetime cap leaves.
    most: uint256 = self._most()
    funds: uint256 = min(
        staticcall IERC20(STABLECOIN).allowance(TREASURY, self),
        staticcall IERC20(STABLECOIN).balanceOf(TREASURY),
    )
    return lot.left + min(most - lot.left, funds)


@internal
@view
def _most() -> uint256:
    """
    @notice What the programme lets the next lot offer.
    """
    return min(PROGRAMME.lot_cap, PROGRAMME.lifetime_cap - lots._unpack_totals(self.totals)[0])


@internal
@view
def _reference(moment: uint256) -> uint256:
    """
    @notice The price of one NMR now. On an L2, only if its sequencer was up for a
            while before `moment` and ever since: whoever could not send transactions
            meanwhile could not compete.
    """
    if SEQUENCER != empty(address):
        uptime._check(SEQUENCER, PROGRAMME.restart_delay, moment)
    return reference_price._read(FEED, PROGRAMME.max_age)


@internal
@view
def _price(lot: IBuyback.Lot) -> uint256:
    """
    @notice What the lot on offer pays for one NMR now.
    """
    assert not pausable.paused, "buyback: programme is paused"
    assert lot.reference > 0, "buyback: no lot is on offer"
    # A lot starts at its kick.
    elapsed: uint256 = block.timestamp - lot.started_at
    assert elapsed <= PROGRAMME.length, "buyback: lot is over"
    # The curve goes on while the sequencer is down: such a lot stays off the market.
    fresh: uint256 = self._reference(lot.started_at)
    price: uint256 = auction._price(PROGRAMME, lot.reference, fresh, elapsed)
    assert price > 0, "buyback: price is zero"
    return price


@internal
def _stop():
    """
    @notice Takes the lot off the market if it is on it. What is left stays held.
    """
    lot: IBuyback.Lot = lots._unpack(self.word)
    if lot.reference > 0:
        lot.reference = 0
        self.word = lots._pack(lot)
        log IBuyback.Stopped(lot=lot.number, left=lot.left)


@internal
def _collect(amount: uint256):
    """
    @notice Takes NMR from the caller to where the programme wants it.
    """
    if PROGRAMME.burns:
        extcall INumeraire(TOKEN).burnFrom(msg.sender, amount)
    else:
        collected: bool = extcall INumeraire(TOKEN).transferFrom(msg.sender, TREASURY, amount)
        assert collected, "buyback: NMR refuses"


@internal
def _set_guardian(guardian: address):
    assert guardian != empty(address), "buyback: guardian is the zero address"
    self.guardian = guardian
    log IBuyback.GuardianSet(guardian=guardian)
