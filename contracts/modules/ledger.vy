# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma nonreentrancy on
"""
@title Ledger
@author NMR contributors
@license AGPL-3.0-only
@notice The escrow's books. Every NMR of a model is either idle, free to its
        owner, or in a position: at stake in one round that is not settled, or
        waiting for one that is not opened.
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


MAX_GROUPS: constant(uint256) = models.MAX_GROUPS
MAX_ENTERED: constant(uint256) = 256
MAX_WORDS: constant(uint256) = 1_024

# Idle words keep this tag, since a slot that never returns to zero is cheaper
# to write again (5,000 gas against 22,100).
_IN_USE: constant(uint256) = 1

# A group has as many flags in a word of `compounding` as models in one of
# `submissions`, so that a settlement changes both words at once.
_MODELS_A_WORD: constant(uint256) = 240

TOKEN: public(immutable(INumeraire))
# Every position is 0 or at least this, wei.
MIN_STAKE: public(immutable(uint256))

# At index place × MAX_GROUPS + group.
positions: uint256[rounds.MAX_RING * MAX_GROUPS]
idle: uint256[MAX_GROUPS]
targets: uint256[MAX_GROUPS]
# Bit model % 240 of word model // 240.
compounding: uint256[MAX_GROUPS // 60]
idle_sum: uint256


@deploy
def __init__(token: address, min_stake: uint256):
    guard._require(token.is_contract, "ledger: token has no code")
    sound: bool = min_stake >= 2 * rounds.UNIT and min_stake <= 10**18 and min_stake % rounds.UNIT == 0
    guard._require(sound, "ledger: min_stake out of range")
    TOKEN = INumeraire(token)
    MIN_STAKE = min_stake


@external
def set_policy(model: uint256, target: uint256, compound: bool):
    """
    @notice Says what happens when stakes of a model settle: they stay at stake
            up to the target, or all of them when compounding; the rest comes
            home to idle. Its owner only. With a target of 0 all comes home; what
            waits already for a round to open takes a `leave`.
    @param target NMR a round, wei.
    """
    models._only_owner_of(model)
    amount: uint256 = self._to_gwei(target)
    guard._require(amount <= lanes.MAX_AMOUNT, "ledger: target is too large")
    guard._require(amount > 0 or not compound, "ledger: compounds without target")
    self.targets[model // 4] = lanes._set(self.targets[model // 4], model, amount)
    bit: uint256 = 1 << (model % _MODELS_A_WORD)
    if compound:
        self.compounding[model // _MODELS_A_WORD] |= bit
    else:
        self.compounding[model // _MODELS_A_WORD] &= ~bit
    log ITournament.PolicySet(model=model, target=target, compound=compound)


@external
def deposit(model: uint256, amount: uint256, owner: address):
    """
    @notice Brings NMR of the caller into a model's idle. Anyone, unless paused.
    @param amount Wei.
    @param owner Whom the model is taken for, lest a guessed id be another's.
    """
    self._deposit(model, amount, owner)


@external
def deposit_with_permit(
    model: uint256,
    amount: uint256,
    owner: address,
    allowance: uint256,
    deadline: uint256,
    v: uint8,
    r: bytes32,
    s: bytes32,
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
    self._deposit(model, amount, owner)


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
    @param amount Wei; the position has to reach `MIN_STAKE`.
    """
    models._only_owner_of(model)
    roles._require_running()
    round: uint256 = rounds._open_round()
    added: uint256 = self._positive_gwei(amount)
    self._pull(amount)
    slot: uint256 = self._slot(round, model // 4)
    word: uint256 = self._settled_word(slot, round) + lanes._at(model, added)
    guard._require(lanes._get(word, model) >= MIN_STAKE // rounds.UNIT, "ledger: below min_stake")
    self.positions[slot] = lanes._tagged(word, round)
    rounds.book[round].staked += added
    log ITournament.Staked(round=round, model=model, amount=amount)


@external
def leave(model: uint256, round: uint256, amount: uint256) -> uint256:
    """
    @notice Takes a model's stake back to idle until the round's `locks_at`,
            whether it is opened or not. Its owner only, paused or not. Stakes of
            a void round come home by `settle_expired`.
    @param amount Wei; the largest number means all, and what would stay below
           `MIN_STAKE` leaves too.
    @return What left, wei.
    """
    models._only_owner_of(model)
    guard._require(rounds._time_left(round) > 0, "ledger: round is locked or void")
    slot: uint256 = self._slot(round, model // 4)
    word: uint256 = self._settled_word(slot, round)
    held: uint256 = lanes._get(word, model)
    left: uint256 = self._positive_gwei(held * rounds.UNIT if amount == max_value(uint256) else amount)
    guard._require(left <= held, "ledger: more than is at stake")
    if unsafe_sub(held, left) < MIN_STAKE // rounds.UNIT:
        left = held
    self.positions[slot] = lanes._tagged(word - lanes._at(model, left), round)
    self._add_idle(model // 4, lanes._at(model, left))
    rounds.book[round].staked -= left
    self.idle_sum += left
    log ITournament.Left(round=round, model=model, amount=left * rounds.UNIT)
    return left * rounds.UNIT


@external
def enter(groups: DynArray[uint256, MAX_ENTERED]):
    """
    @notice Raises positions in the open round to their targets, out of idle, as
            far as it goes. A lane that would end below `MIN_STAKE` stays as it
            is. Anyone, unless paused.
    """
    roles._require_running()
    round: uint256 = rounds._open_round()
    least: uint256 = self._least()
    tag: uint256 = round << lanes.TAG_SHIFT
    total: uint256 = 0
    for group: uint256 in groups:
        slot: uint256 = self._slot(round, group)
        word: uint256 = self._settled_word(slot, round)
        idle: uint256 = self.idle[group]
        moved: uint256 = self._entering(word, lanes._amounts(idle), self.targets[group], least)
        if moved != 0:
            self.positions[slot] = unsafe_add(word, moved) | tag
            self.idle[group] = unsafe_sub(idle, moved)
            total = unsafe_add(total, moved)
    total = lanes._total(total)
    rounds.book[round].staked += total
    self.idle_sum -= total
    log ITournament.Entered(round=round, groups=groups, amount=total * rounds.UNIT)


@external
@view
def idle_total() -> uint256:
    """
    @return The idle NMR of all models, wei.
    """
    return self.idle_sum * rounds.UNIT


@external
@view
def place_of(model: uint256, place: uint256) -> ITournament.Position:
    """
    @return What the model has at a place of the ring, in two reads.
    """
    word: uint256 = self.positions[self._slot(place, model // 4)]
    amount: uint256 = lanes._get(word, model) * rounds.UNIT
    if amount == 0:
        return empty(ITournament.Position)
    round: uint256 = lanes._tag(word)
    return ITournament.Position(round=round, amount=amount, open=rounds._is_open(round))


@external
@view
def words(row: uint256, first: uint256, count: uint256) -> DynArray[uint256, MAX_WORDS]:
    """
    @notice The packed words of `count` groups, lanes in gwei.
    @param row A place of the ring for positions; 128 for idle NMR; 129 for
           targets, with a flag a model that compounds in bits 240 to 243.
    """
    words: DynArray[uint256, MAX_WORDS] = []
    # Once, and not for each word: a page of the lens reads ten thousand.
    exist: bool = count <= MAX_WORDS and first <= MAX_GROUPS - count
    guard._require(exist, "ledger: no such groups")
    for group: uint256 in range(first, first + count, bound=MAX_WORDS):
        word: uint256 = 0
        if row < rounds.MAX_RING:
            word = self.positions[row * MAX_GROUPS + group]
        elif row == rounds.MAX_RING:
            word = lanes._amounts(self.idle[group])
        else:
            word = (self.compounding[group // 60] >> (4 * (group % 60))) & 15
            word = self.targets[group] | (word << lanes.TAG_SHIFT)
        words.append(word)
    return words


@internal
def _deposit(model: uint256, amount: uint256, owner: address):
    roles._require_running()
    models._require_owner(model, owner)
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
    @dev No lane overflows: all NMR fit one.
    """
    self.idle[group] = unsafe_add(self.idle[group], amounts) | (_IN_USE << lanes.TAG_SHIFT)


@internal
def _take_idle(model: uint256, amount: uint256):
    word: uint256 = self.idle[model // 4]
    guard._require(amount <= lanes._get(word, model), "ledger: more than is idle")
    self.idle[model // 4] = word - lanes._at(model, amount)


@internal
@pure
def _entering(held: uint256, idle: uint256, targets: uint256, least: uint256) -> uint256:
    """
    @param least `MIN_STAKE` in every lane.
    @return min(idle, target - position) of each lane that is below its target
            and ends at `least` or above, zero of the others.
    """
    below: uint256 = lanes._at_least(targets, held)
    added: uint256 = lanes._lesser(idle, unsafe_sub(targets & below, held & below))
    return added & lanes._at_least(unsafe_add(held, added), least)


@internal
@view
def _slot(round: uint256, group: uint256) -> uint256:
    guard._require(group < MAX_GROUPS, "ledger: no such group")
    return (round % rounds.RING) * MAX_GROUPS + group


@internal
@view
def _settled_word(slot: uint256, round: uint256) -> uint256:
    """
    @return The lanes of a position word that holds stakes of the round or none.
            Those of an earlier round have to be settled first; a group that was
            settled too late for this round waits for the next of the place.
    """
    word: uint256 = self.positions[slot]
    amounts: uint256 = lanes._amounts(word)
    if amounts != 0:
        tag: uint256 = lanes._tag(word)
        guard._require(tag >= round, "ledger: settle first")
        guard._require(tag == round, "ledger: waits for a later round")
    return amounts


@internal
@view
def _least() -> uint256:
    """
    @return `MIN_STAKE` in every lane, gwei.
    """
    return lanes._same(MIN_STAKE // rounds.UNIT)


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
