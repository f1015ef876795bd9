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


# What the constructor takes, and what is listed at most: as many as the lens
# reads in one call.
MAX_TOURNAMENTS: constant(uint256) = 8
MAX_LISTED: constant(uint256) = 32

# All NMR there ever was, wei. No cap, ceiling or rate is more, so that no product
# of one overflows: that would stop a tournament's `lock`.
SUPPLY: constant(uint256) = 11_000_000 * 10**18
DAY: constant(uint256) = 86_400

# The token, NMR. It may be deployed after the treasury.
TOKEN: public(immutable(address))


# What each tournament may reserve, and how much of its ceiling is used.
budgets: HashMap[address, ITreasury.Budget]
# Every address that ever got a cap and was not taken off, also after the cap fell
# to 0: stakes may still be there.
tournament_count: public(uint256)
tournament_at: public(HashMap[uint256, address])
# By tournament, one more than its index in the list; 0 if it is not listed.
listed: HashMap[address, uint256]
# The sum of `left` over all grants, and by tournament the grants with some left.
reserved: public(uint256)
running: HashMap[address, uint256]
grants: HashMap[address, HashMap[uint256, Grant]]


@deploy
def __init__(
    token: address,
    owner: address,
    tournaments: DynArray[address, MAX_TOURNAMENTS],
    limits: DynArray[ITreasury.Limits, MAX_TOURNAMENTS],
):
    """
    @notice The deployer keeps no role. Tournaments are named here, before they
            are deployed, so that nobody needs a role to name them.
    @param token NMR.
    @param owner Who owns the treasury.
    @param tournaments Who may reserve.
    @param limits What each of them may reserve.
    """
    assert token != empty(address), "treasury: token is the zero address"
    assert owner != empty(address), "treasury: owner is the zero address"
    assert len(tournaments) == len(limits), "treasury: lengths differ"
    TOKEN = token
    ownable.__init__()
    ownable_2step.__init__()
    ownable_2step._transfer_ownership(owner)
    for i: uint256 in range(len(tournaments), bound=MAX_TOURNAMENTS):
        self._authorise(tournaments[i], limits[i])


@external
def authorise(tournament: address, cap: uint256, ceiling: uint256, rate: uint256):
    """
    @notice Sets what `tournament` may reserve. Owner only.
    @dev Lower limits take nothing back: what is granted stays drawable. What is
         used of the ceiling stays used, and fell at the old rate until now. The
         first call for a tournament lists it.
    @param tournament Who may reserve.
    @param cap How much for one round, in wei; 0 for nothing more.
    @param ceiling How much, in wei, of all that is granted, less what is given
           back and what the time frees.
    @param rate How much the time frees in a day, in wei.
    """
    ownable._check_owner()
    self._authorise(tournament, ITreasury.Limits(cap=cap, ceiling=ceiling, rate=rate))


@external
def unlist(tournament: address):
    """
    @notice Takes a tournament off the list, which makes room for another. Owner
            only, while its cap is 0 and nothing is reserved for it. It keeps what
            it used of its ceiling.
    @dev The last of the list gets its index.
    """
    ownable._check_owner()
    index: uint256 = self.listed[tournament]
    assert index > 0, "treasury: not listed"
    assert self.budgets[tournament].limits.cap == 0, "treasury: cap is not 0"
    assert self.running[tournament] == 0, "treasury: something is reserved"
    count: uint256 = self.tournament_count
    last: address = self.tournament_at[count - 1]
    self.tournament_at[index - 1] = last
    self.listed[last] = index
    self.tournament_at[count - 1] = empty(address)
    self.listed[tournament] = 0
    self.tournament_count = count - 1
    log ITreasury.Unlisted(tournament=tournament)


@external
def reserve(round: uint256, amount: uint256) -> uint256:
    """
    @notice Sets NMR aside for a round of the caller, as much of `amount` as the
            caller's cap and ceiling and the free balance allow.
    @dev Never reverts, so a short treasury delays no lock. A stranger's cap is 0.
         Over any time, grants less what is given back are at most the ceiling and
         what the rate comes to.
    @param round The caller's round.
    @param amount What is wanted, in wei.
    @return What is granted by this call, in wei.
    """
    grant: Grant = self.grants[msg.sender][round]
    limits: ITreasury.Limits = self.budgets[msg.sender].limits
    if limits.cap <= grant.granted:
        return 0
    used: uint256 = self._used(msg.sender)
    if limits.ceiling <= used:
        return 0
    room: uint256 = min(limits.cap - grant.granted, limits.ceiling - used)
    amount_granted: uint256 = min(amount, min(room, self._free()))
    if amount_granted == 0:
        return 0

    self.budgets[msg.sender].used = used + amount_granted
    self.budgets[msg.sender].at = block.timestamp
    self.grants[msg.sender][round].granted = grant.granted + amount_granted
    self.grants[msg.sender][round].left = grant.left + amount_granted
    self.reserved += amount_granted
    if grant.left == 0:
        self.running[msg.sender] += 1
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
    if amount == left:
        self.running[msg.sender] -= 1
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

    used: uint256 = self._used(msg.sender)
    self.budgets[msg.sender].used = self._beyond(used, left)
    self.budgets[msg.sender].at = block.timestamp
    self.grants[msg.sender][round].left = 0
    self.grants[msg.sender][round].released += left
    self.reserved -= left
    self.running[msg.sender] -= 1
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
def cap_of(tournament: address) -> uint256:
    """
    @return What `tournament` may reserve for one round, in wei; 0 is none.
    """
    return self.budgets[tournament].limits.cap


@external
@view
def budget_of(tournament: address) -> ITreasury.Budget:
    """
    @return What `tournament` may reserve, and what it had used of its ceiling at
            the time `at`.
    """
    return self.budgets[tournament]


@external
@view
def room_of(tournament: address) -> uint256:
    """
    @return What the ceiling of `tournament` leaves to be granted now, in wei.
    """
    return self._beyond(self.budgets[tournament].limits.ceiling, self._used(tournament))


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
def _authorise(tournament: address, limits: ITreasury.Limits):
    assert tournament != empty(address), "treasury: tournament is the zero address"
    assert limits.cap <= SUPPLY, "treasury: cap is above the supply"
    assert limits.ceiling <= SUPPLY, "treasury: ceiling is above the supply"
    assert limits.rate <= SUPPLY, "treasury: rate is above the supply"
    if self.listed[tournament] == 0:
        count: uint256 = self.tournament_count
        assert count < MAX_LISTED, "treasury: too many tournaments"
        self.tournament_at[count] = tournament
        self.tournament_count = count + 1
        self.listed[tournament] = count + 1
    self.budgets[tournament] = ITreasury.Budget(
        limits=limits, used=self._used(tournament), at=block.timestamp
    )
    log ITreasury.Authorised(
        tournament=tournament, cap=limits.cap, ceiling=limits.ceiling, rate=limits.rate
    )


@internal
@view
def _used(tournament: address) -> uint256:
    """
    @return What is used of a tournament's ceiling now. Time frees at the rate,
            and never more than was used: it is no credit.
    """
    budget: ITreasury.Budget = self.budgets[tournament]
    return self._beyond(budget.used, budget.limits.rate * (block.timestamp - budget.at) // DAY)


@internal
def _pay(receiver: address, amount: uint256):
    assert extcall INumeraire(TOKEN).transfer(receiver, amount), "treasury: transfer failed"


@internal
@view
def _free() -> uint256:
    # The balance is never below what is reserved: see `@custom:security`.
    return staticcall INumeraire(TOKEN).balanceOf(self) - self.reserved


@internal
@pure
def _beyond(one: uint256, other: uint256) -> uint256:
    """
    @return By how much one exceeds the other, and 0 if it does not.
    """
    return unsafe_sub(one, other) if one > other else 0
