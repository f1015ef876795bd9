# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
# pragma nonreentrancy on
"""
@title Treasury
@author NMR contributors
@license AGPL-3.0-only
@notice The NMR reserve that funds rewards, and the stablecoin that buys NMR
        back. A tournament reserves before an outcome is known, draws what was
        won and releases the rest. The owner spends what nobody has reserved.
@custom:security NMR leaves through `draw` and `spend` alone, and `allow` takes
                 every token but NMR, so the balance never falls below what is
                 reserved. The views take part in the lock: while a token of
                 `allow` is being called, they revert.
"""


from ethereum.ercs import IERC20

from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from .interfaces import INumeraire
from .interfaces import ITreasury


implements: ITreasury


initializes: ownable
initializes: ownable_2step[ownable := ownable]


exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
    # Withheld: `renounce_ownership`. Without an owner nobody could ever move the free
    # NMR and the stablecoin, or authorise a tournament.
)


# What a tournament has of a round. What it drew is `granted - released - left`:
# so a draw, the call that is made most, touches one slot of the three.
struct Grant:
    granted: uint256
    released: uint256
    left: uint256


# What the constructor takes, and what is ever listed: as many as the lens reads
# in one call.
MAX_TOURNAMENTS: constant(uint256) = 8
MAX_LISTED: constant(uint256) = 32

# The token, NMR. It may be deployed after the treasury.
TOKEN: public(immutable(address))


# What a tournament may reserve for one round, in wei. A cap of 0 is no tournament.
cap_of: public(HashMap[address, uint256])
# Every address that ever got a cap, in the order of the first, also after the
# cap fell to 0: stakes may still be there.
tournament_count: public(uint256)
tournament_at: public(HashMap[uint256, address])
listed: HashMap[address, bool]
# The sum of `left` over all grants.
reserved: public(uint256)
grants: HashMap[address, HashMap[uint256, Grant]]


@deploy
def __init__(
    token: address,
    owner: address,
    tournaments: DynArray[address, MAX_TOURNAMENTS],
    caps: DynArray[uint256, MAX_TOURNAMENTS],
):
    """
    @notice The deployer keeps no role. Tournaments are named here, before they
            are deployed, so that nobody needs a role to name them.
    @param token NMR.
    @param owner Who owns the treasury.
    @param tournaments Who may reserve.
    @param caps What each of them may reserve for one round, in wei.
    """
    assert token != empty(address), "treasury: token is the zero address"
    assert owner != empty(address), "treasury: owner is the zero address"
    assert len(tournaments) == len(caps), "treasury: lengths differ"
    TOKEN = token
    ownable.__init__()
    ownable_2step.__init__()
    ownable_2step._transfer_ownership(owner)
    for i: uint256 in range(len(tournaments), bound=MAX_TOURNAMENTS):
        self._authorise(tournaments[i], caps[i])


@external
def authorise(tournament: address, cap: uint256):
    """
    @notice Sets what `tournament` may reserve for one round. Owner only.
    @dev A lower cap takes nothing back: what is granted stays drawable. The
         first call for a tournament lists it for good.
    @param tournament Who may reserve.
    @param cap How much for one round, in wei; 0 for nothing more.
    """
    ownable._check_owner()
    self._authorise(tournament, cap)


@external
def reserve(round: uint256, amount: uint256) -> uint256:
    """
    @notice Sets NMR aside for a round of the caller, as much of `amount` as the
            caller's cap and the free balance allow.
    @dev Never reverts, so a short treasury delays no lock. A stranger's cap is 0.
    @param round The caller's round.
    @param amount What is wanted, in wei.
    @return What is granted by this call, in wei.
    """
    grant: Grant = self.grants[msg.sender][round]
    cap: uint256 = self.cap_of[msg.sender]
    if cap <= grant.granted:
        return 0
    amount_granted: uint256 = min(amount, min(cap - grant.granted, self._free()))
    if amount_granted == 0:
        return 0

    self.grants[msg.sender][round].granted = grant.granted + amount_granted
    self.grants[msg.sender][round].left = grant.left + amount_granted
    self.reserved += amount_granted
    log ITreasury.Reserved(tournament=msg.sender, round=round, amount=amount_granted)
    return amount_granted


@external
def draw(round: uint256, amount: uint256):
    """
    @notice Pays NMR out of the caller's reservation to the caller.
    @dev 0 is no error, so a settlement without rewards may draw them.
    @param round The caller's round.
    @param amount How much, in wei.
    """
    left: uint256 = self.grants[msg.sender][round].left
    assert amount <= left, "treasury: more than is reserved"
    if amount == 0:
        return

    self.grants[msg.sender][round].left = left - amount
    self.reserved -= amount
    log ITreasury.Drawn(tournament=msg.sender, round=round, amount=amount)
    self._pay(msg.sender, amount)


@external
def release(round: uint256) -> uint256:
    """
    @notice Gives back what is left of the caller's reservation.
    @dev Never reverts, so it delays no closing.
    @param round The caller's round.
    @return What was left, in wei.
    """
    left: uint256 = self.grants[msg.sender][round].left
    if left == 0:
        return 0

    self.grants[msg.sender][round].left = 0
    self.grants[msg.sender][round].released += left
    self.reserved -= left
    log ITreasury.Released(tournament=msg.sender, round=round, amount=left)
    return left


@external
def spend(receiver: address, amount: uint256):
    """
    @notice Pays NMR that nobody has reserved. Owner only.
    @param receiver Who gets it.
    @param amount How much, in wei.
    """
    ownable._check_owner()
    assert receiver != empty(address), "treasury: receiver is the zero address"
    assert receiver != self, "treasury: receiver is the treasury"
    assert receiver != TOKEN, "treasury: receiver is the token"
    assert amount > 0, "treasury: amount is zero"
    assert amount <= self._free(), "treasury: more than is free"
    log ITreasury.Spent(receiver=receiver, amount=amount)
    self._pay(receiver, amount)


@external
def allow(token: address, spender: address, amount: uint256):
    """
    @notice Lets `spender` take up to `amount` of a token other than NMR; 0
            revokes. Owner only.
    @dev A token may return nothing. Some, like USDT, change an allowance to 0
         first only: then allow 0 before.
    @param token Which token.
    @param spender Who may take it.
    @param amount How much, in the token's smallest unit.
    """
    ownable._check_owner()
    assert token != TOKEN, "treasury: token is NMR"
    assert token.is_contract, "treasury: token is no contract"
    assert spender != empty(address), "treasury: spender is the zero address"
    log ITreasury.Allowed(token=token, spender=spender, amount=amount)
    approved: bool = extcall IERC20(token).approve(spender, amount, default_return_value=True)
    assert approved, "treasury: token refuses"


@external
@view
def reservation(tournament: address, round: uint256) -> ITreasury.Reservation:
    """
    @notice What `tournament` was granted, has drawn and has given back for
            `round`. The rest is still reserved.
    """
    grant: Grant = self.grants[tournament][round]
    return ITreasury.Reservation(
        granted=grant.granted, drawn=grant.granted - grant.released - grant.left, released=grant.released
    )


@external
@view
def free() -> uint256:
    """
    @notice The NMR that nobody has reserved, in wei.
    """
    return self._free()


@internal
def _authorise(tournament: address, cap: uint256):
    assert tournament != empty(address), "treasury: tournament is the zero address"
    if not self.listed[tournament]:
        count: uint256 = self.tournament_count
        assert count < MAX_LISTED, "treasury: too many tournaments"
        self.listed[tournament] = True
        self.tournament_at[count] = tournament
        self.tournament_count = count + 1
    self.cap_of[tournament] = cap
    log ITreasury.Authorised(tournament=tournament, cap=cap)


@internal
def _pay(receiver: address, amount: uint256):
    assert extcall INumeraire(TOKEN).transfer(receiver, amount), "treasury: transfer failed"


@internal
@view
def _free() -> uint256:
    # The balance is never below what is reserved: see `@custom:security`.
    return staticcall INumeraire(TOKEN).balanceOf(self) - self.reserved
