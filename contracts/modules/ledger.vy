# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma nonreentrancy on
"""
@title Ledger
@author NMR contributors
@license AGPL-3.0-only
@notice The escrow's books. Every NMR of a model is either idle, free to its
        owner, or in a position, at stake in one unsettled round.
@dev Storage counts gwei-NMR, every argument and event wei. A round's positions
     stand at place `round % RING`.
"""


from . import guard
from . import lanes
from . import models
from . import roles
from . import rounds

from ..interfaces import INumeraire
from ..interfaces import ITournament


uses: models
uses: roles
uses: rounds



MAX_GROUPS: constant(uint256) = 2**24
MAX_ENTERED: constant(uint256) = 256
MAX_WORDS: constant(uint256) = 1_024

# Idle words keep this tag, since a slot that never returns to zero is cheaper
# to write again (5,000 gas against 22,100).
_IN_USE: constant(uint256) = 1

TOKEN: public(immutable(INumeraire))

# At index place × MAX_GROUPS + group.
positions: uint256[rounds.MAX_RING * MAX_GROUPS]
idle: uint256[MAX_GROUPS]
targets: uint256[MAX_GROUPS]
# Bit model % 256 of word model // 256.
compounding: uint256[MAX_GROUPS // 64]
idle_sum: uint256


@deploy
def __init__(token: address):
    guard._require(token.is_contract, "ledger: token has no code")
    TOKEN = INumeraire(token)


@external
def set_policy(model: uint256, target: uint256, compound: bool):
    """
    @notice Says what happens when stakes of a model settle: they stay at stake
            up to the target, or all of them when compounding; the rest comes
            home to idle. Its owner only. A target of 0 is a full exit.
    @param target NMR a round, wei.
    """
    models._only_owner_of(model)
    amount: uint256 = self._to_gwei(target)
    guard._require(amount <= lanes.MAX_AMOUNT, "ledger: target is too large")
    guard._require(amount > 0 or not compound, "ledger: compounds without target")
    self.targets[model // 4] = lanes._set(self.targets[model // 4], model, amount)
    bit: uint256 = 1 << (model % 256)
    if compound:
        self.compounding[model // 256] |= bit
    else:
        self.compounding[model // 256] &= ~bit
    log ITournament.PolicySet(model=model, target=target, compound=compound)


@external
def deposit(model: uint256, amount: uint256):
    """
    @notice Brings NMR of the caller into a model's idle. Anyone, unless paused.
    @param amount Wei.
    """
    self._deposit(model, amount)


@external
def deposit_with_permit(
    model: uint256, amount: uint256, allowance: uint256, deadline: uint256, v: uint8, r: bytes32, s: bytes32
):
    """
    @notice As `deposit`, with the caller's signature for an allowance. A permit
            that was used already falls through to the allowance it gave.
    @param allowance What the permit allows, wei.
    """
    success: bool = raw_call(
        TOKEN.address,
        abi_encode(
            msg.sender, self, allowance, deadline, v, r, s,
            method_id=method_id("permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"),
        ),
        revert_on_failure=False,
    )
    self._deposit(model, amount)


@external
def withdraw(model: uint256, amount: uint256, receiver: address) -> uint256:
    """
    @notice Pays idle NMR out. The model's owner only, in every state, paused or
            not.
    @param amount Wei; the largest number means all that is idle.
    @return What was paid, wei.
    """
    models._only_owner_of(model)
    # It would be nobody's there.
    guard._require(receiver != self, "ledger: receiver is the escrow")
    guard._require(receiver != TOKEN.address, "ledger: receiver is the token")
    paid: uint256 = amount
    if amount == max_value(uint256):
        paid = lanes._get(self.idle[model // 4], model) * rounds.UNIT
    taken: uint256 = self._positive_gwei(paid)
    self._take_idle(model, taken)
    self.idle_sum -= taken
    extcall TOKEN.transfer(receiver, paid)
    log ITournament.Withdrawn(model=model, receiver=receiver, amount=paid)
    return paid


@external
def move_idle(source: uint256, destination: uint256, amount: uint256):
    """
    @notice Moves idle NMR between two models of the caller.
    @param amount Wei; the largest number means all that is idle.
    """
    models._only_owner_of(source)
    models._only_owner_of(destination)
    guard._require(source != destination, "ledger: model moves to itself")
    moved: uint256 = amount
    if amount == max_value(uint256):
        moved = lanes._get(self.idle[source // 4], source) * rounds.UNIT
    taken: uint256 = self._positive_gwei(moved)
    self._take_idle(source, taken)
    self._add_idle(destination // 4, lanes._at(destination, taken))
    log ITournament.IdleMoved(source=source, destination=destination, amount=moved)


@external
def stake(model: uint256, amount: uint256):
    """
    @notice Brings NMR of the caller straight to stake in the open round. The
            model's owner only, unless paused.
    @param amount Wei; the position has to reach the round's min_stake.
    """
    models._only_owner_of(model)
    roles.pausable._require_not_paused()
    round: uint256 = rounds._open_round()
    added: uint256 = self._positive_gwei(amount)
    self._pull(amount)
    slot: uint256 = self._slot(round, model // 4)
    word: uint256 = self._settled_word(slot, round) + lanes._at(model, added)
    self._require_min_stake(round, lanes._get(word, model))
    self.positions[slot] = lanes._tagged(word, round)
    rounds.book[round].staked += added
    log ITournament.Staked(round=round, model=model, amount=amount)


@external
def leave(model: uint256):
    """
    @notice Takes a model's position of the open round back to idle. Its owner
            only, before the lock.
    """
    models._only_owner_of(model)
    round: uint256 = rounds._open_round()
    slot: uint256 = self._slot(round, model // 4)
    word: uint256 = self._settled_word(slot, round)
    left: uint256 = lanes._get(word, model)
    guard._require(left > 0, "ledger: no position to leave")
    self.positions[slot] = lanes._tagged(lanes._set(word, model, 0), round)
    self._add_idle(model // 4, lanes._at(model, left))
    rounds.book[round].staked -= left
    self.idle_sum += left
    log ITournament.Left(round=round, model=model, amount=left * rounds.UNIT)


@external
def enter(groups: DynArray[uint256, MAX_ENTERED]):
    """
    @notice Raises positions in the open round to their targets, out of idle, as
            far as it goes. A lane that would end below min_stake stays as it
            is. Anyone, unless paused.
    """
    roles.pausable._require_not_paused()
    round: uint256 = rounds._open_round()
    min_stakes: uint256 = lanes._same(rounds.book[round].terms.min_stake // rounds.UNIT)
    total: uint256 = 0
    for group: uint256 in groups:
        slot: uint256 = self._slot(round, group)
        word: uint256 = self._settled_word(slot, round)
        idle: uint256 = self.idle[group]
        moved: uint256 = self._entering(word, lanes._amounts(idle), self.targets[group], min_stakes)
        if moved != 0:
            self.positions[slot] = lanes._tagged(unsafe_add(word, moved), round)
            self.idle[group] = unsafe_sub(idle, moved)
            total = unsafe_add(total, moved)
    total = lanes._total(total)
    rounds.book[round].staked += total
    self.idle_sum -= total
    log ITournament.Entered(round=round, groups=groups, amount=total * rounds.UNIT)


@external
@view
def policy_of(model: uint256) -> ITournament.Policy:
    """
    @return The model's target in wei, and whether it compounds.
    """
    self._require_groups(model // 4, 1)
    return ITournament.Policy(
        target=lanes._get(self.targets[model // 4], model) * rounds.UNIT,
        compound=(self.compounding[model // 256] >> (model % 256)) & 1 == 1,
    )


@external
@view
def idle_of(model: uint256) -> uint256:
    """
    @return What the model's owner can withdraw now, wei.
    """
    self._require_groups(model // 4, 1)
    return lanes._get(self.idle[model // 4], model) * rounds.UNIT


@external
@view
def idle_total() -> uint256:
    """
    @return The idle NMR of all models, wei.
    """
    return self.idle_sum * rounds.UNIT


@external
@view
def position(round: uint256, model: uint256) -> uint256:
    """
    @return What the model has at stake in the round, wei; 0 once it settled.
    """
    word: uint256 = self.positions[self._slot(round, model // 4)]
    if not lanes._is_tagged(word, round):
        return 0
    return lanes._get(word, model) * rounds.UNIT


@external
@view
def stakes_of(model: uint256) -> DynArray[ITournament.Stake, rounds.MAX_RING]:
    """
    @return All that the model has at stake, and when each part comes free if
            the model leaves: when all goes to plan, and at the latest.
    """
    stakes: DynArray[ITournament.Stake, rounds.MAX_RING] = []
    for place: uint256 in range(rounds.RING, bound=rounds.MAX_RING):
        word: uint256 = self.positions[self._slot(place, model // 4)]
        amount: uint256 = lanes._get(word, model)
        if amount > 0:
            stakes.append(self._stake(lanes._tag(word), amount * rounds.UNIT))
    return stakes


@external
@view
def position_words(place: uint256, first: uint256, count: uint256) -> DynArray[uint256, MAX_WORDS]:
    """
    @return The packed position words of `count` groups at a place of the ring.
    """
    words: DynArray[uint256, MAX_WORDS] = []
    # Once, and not for each word: a page of the lens reads ten thousand.
    self._require_groups(first, count)
    start: uint256 = place % rounds.RING * MAX_GROUPS + first
    for slot: uint256 in range(start, start + count, bound=MAX_WORDS):
        words.append(self.positions[slot])
    return words


@external
@view
def idle_words(first: uint256, count: uint256) -> DynArray[uint256, MAX_WORDS]:
    """
    @return The packed idle lanes of `count` groups, gwei.
    """
    words: DynArray[uint256, MAX_WORDS] = []
    self._require_groups(first, count)
    for i: uint256 in range(count, bound=MAX_WORDS):
        words.append(lanes._amounts(self.idle[first + i]))
    return words


@internal
def _deposit(model: uint256, amount: uint256):
    roles.pausable._require_not_paused()
    models._require_exists(model)
    added: uint256 = self._positive_gwei(amount)
    self._pull(amount)
    self._add_idle(model // 4, lanes._at(model, added))
    self.idle_sum += added
    log ITournament.Deposited(model=model, payer=msg.sender, amount=amount)


@internal
def _pull(amount: uint256):
    """
    @dev Before the ledger is written, so that what is packed into a lane is
         known to exist. The token is the suite's own: it calls nobody and
         reverts when it cannot pay.
    """
    extcall TOKEN.transferFrom(msg.sender, self, amount)


@internal
def _add_idle(group: uint256, amounts: uint256):
    """
    @param amounts Four lanes.
    """
    self.idle[group] = lanes._tagged(self.idle[group] + amounts, _IN_USE)


@internal
def _take_idle(model: uint256, amount: uint256):
    word: uint256 = self.idle[model // 4]
    guard._require(amount <= lanes._get(word, model), "ledger: more than is idle")
    self.idle[model // 4] = word - lanes._at(model, amount)


@internal
@pure
def _entering(held: uint256, idle: uint256, targets: uint256, min_stakes: uint256) -> uint256:
    """
    @param min_stakes The round's min_stake in every lane.
    @return min(idle, target - position) of each lane that is below its target
            and ends at min_stake or above, zero of the others.
    """
    below: uint256 = lanes._at_least(targets, held)
    added: uint256 = lanes._lesser(idle, unsafe_sub(targets & below, held & below))
    return added & lanes._at_least(unsafe_add(held, added), min_stakes)


@internal
@pure
def _require_groups(first: uint256, count: uint256):
    """
    @dev That `count` groups from `first` on exist and fit one answer.
    """
    guard._require(count <= MAX_WORDS, "ledger: too many groups")
    guard._require(first <= MAX_GROUPS - count, "ledger: no such group")


@internal
@view
def _slot(round: uint256, group: uint256) -> uint256:
    guard._require(group < MAX_GROUPS, "ledger: no such group")
    return (round % rounds.RING) * MAX_GROUPS + group


@internal
@view
def _settled_word(slot: uint256, round: uint256) -> uint256:
    """
    @return The lanes of a position word that holds stakes of the open round or
            none; anything else has to be settled first.
    """
    word: uint256 = self.positions[slot]
    amounts: uint256 = lanes._amounts(word)
    guard._require(amounts == 0 or lanes._tag(word) == round, "ledger: settle first")
    return amounts


@internal
@view
def _require_min_stake(round: uint256, amount: uint256):
    guard._require(amount * rounds.UNIT >= rounds.book[round].terms.min_stake, "ledger: below min_stake")


@internal
@view
def _stake(round: uint256, amount: uint256) -> ITournament.Stake:
    if rounds._state(round) in (ITournament.State.VOID | ITournament.State.EXPIRED):
        return ITournament.Stake(round=round, amount=amount, free_from=block.timestamp, free_by=block.timestamp)
    terms: ITournament.Terms = rounds.book[round].terms
    free_from: uint256 = rounds.book[round].final_at
    if free_from == 0:
        free_from = max(terms.resolves_at, block.timestamp) + terms.window
    return ITournament.Stake(
        round=round, amount=amount, free_from=min(free_from, terms.expires_at), free_by=terms.expires_at
    )


@internal
@pure
def _to_gwei(amount: uint256) -> uint256:
    guard._require(amount % rounds.UNIT == 0, "ledger: amount finer than a gwei")
    return amount // rounds.UNIT


@internal
@pure
def _positive_gwei(amount: uint256) -> uint256:
    guard._require(amount > 0, "ledger: amount is zero")
    return self._to_gwei(amount)
