# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma nonreentrancy on
"""
@title Rounds
@author NMR contributors
@license AGPL-3.0-only
@notice The round book: the places of the ring, terms, the steps of a round from
        opening to a final root, and how much waits at stake in it.
@dev Amounts in storage are gwei-NMR, but for `terms` and `granted`, which are
     wei as callers gave them.
"""


from . import chunk_tree
from . import guard
from . import hours
from . import payout
from . import roles

from ..interfaces import ITermsCheck
from ..interfaces import ITournament
from ..interfaces import ITreasury


uses: hours
uses: roles


# The last id that the tag of a position can hold.
MAX_ROUND: constant(uint256) = 65_535
MAX_RING: constant(uint256) = 128
# Wei in the unit of the ledger.
UNIT: constant(uint256) = 10**9

# Hard limits, in hours; those of the terms are `TermsCheck`'s.
OPENING: constant(uint256) = 24
SETTLING: constant(uint256) = 24

_ID: constant(uint256) = 2**32 - 1
_UNTIL_SHIFT: constant(uint256) = 32

TREASURY: public(immutable(ITreasury))
TERMS_CHECK: public(immutable(ITermsCheck))
RING: public(immutable(uint256))
FIRST_ROUND: public(immutable(uint256))

bounds: public(ITournament.Bounds)
# The round opened last. Before any was, the id in front of whose place the first
# turn begins; it is not opened then.
last_opened: public(uint256)
# By place, the id that opens next in the lowest 32 bits, 0 in the first turn, and
# above them the time until which the place's latest round is open, 0 once void.
turns: uint256[MAX_RING]
book: HashMap[uint256, ITournament.Round]


@deploy
def __init__(
    treasury: address, terms_check: address, ring: uint256, first_round: uint256, bounds: ITournament.Bounds
):
    guard._require(treasury.is_contract, "rounds: treasury has no code")
    guard._require(terms_check.is_contract, "rounds: terms check has no code")
    hour: uint256 = staticcall ITermsCheck(terms_check).HOUR()
    guard._require(hour == hours.HOUR, "rounds: hours differ")
    guard._require(ring > 0 and ring <= MAX_RING, "rounds: ring is out of range")
    guard._require(first_round <= MAX_ROUND + 1 - ring, "rounds: first round too large")
    TREASURY = ITreasury(treasury)
    TERMS_CHECK = ITermsCheck(terms_check)
    RING = ring
    FIRST_ROUND = first_round
    self.last_opened = first_round + ring - 1
    self._set_bounds(bounds)


@external
def set_bounds(bounds: ITournament.Bounds):
    """
    @notice Sets what the terms of rounds not yet opened may be. Owner only.
            Where a bound allows more than the hard limits, those stand.
    """
    roles.ownable._check_owner()
    self._set_bounds(bounds)


@external
def open_round(round: uint256, terms: ITournament.Terms, package: bytes32):
    """
    @notice Opens a round under terms that nothing can change. Operator only,
            unless paused, and while no other round is open.
    @param round The id whose turn it is, as in `due_round`.
    @param package The hash of the manifest of the round's files.
    """
    roles._only_operator()
    roles._require_running()
    guard._require(not self._is_open(self.last_opened), "rounds: another round is open")
    # While all are blocked, no number is due.
    guard._require(round <= MAX_ROUND and round == self._due_round(), "rounds: not its turn")
    self._require_hash(package)
    # Reverts with what is wrong.
    accepted: bool = staticcall TERMS_CHECK.check(terms, self.bounds)
    self.book[round].terms = terms
    self.last_opened = round
    # At most `MAX_ROUND + MAX_RING`.
    self.turns[round % RING] = unsafe_add(round, RING) | (terms.locks_at << _UNTIL_SHIFT)
    log ITournament.RoundOpened(round=round, terms=terms, package=package)


@external
def lock(round: uint256):
    """
    @notice Fixes a round's stakes, payout factor and clip, and reserves its
            rewards in the treasury. Anyone, from `locks_at` on.
    """
    guard._require(self._state(round) == ITournament.State.ENDED, "rounds: not due to be locked")
    at_risk: uint256 = self.book[round].staked
    factor: uint256 = payout._factor(self.book[round].terms.threshold // UNIT, at_risk)
    clip: uint256 = self.book[round].terms.clip
    granted: uint256 = 0
    if at_risk > 0:
        granted = extcall TREASURY.reserve(round, payout._reservation(at_risk, clip) * UNIT)
        clip = payout._effective_clip(clip, granted // UNIT, at_risk)
    self.book[round].locked = True
    self.book[round].at_risk = at_risk
    self.book[round].factor = factor
    self.book[round].clip = clip
    self.book[round].granted = granted
    log ITournament.RoundLocked(round=round, at_risk=at_risk * UNIT, factor=factor, clip=clip, granted=granted)
    self._close_if_empty(round)


@external
def publish_opened(round: uint256, opened_list: bytes32):
    """
    @notice Commits to which submissions were opened and found valid, before the
            outcome is known. Operator only, once, on a locked round, within
            the opening period after `locks_at`.
    @param opened_list The hash of the list (model, file hash, valid or why not).
    """
    roles._only_operator()
    guard._require(self._state(round) == ITournament.State.LOCKED, "rounds: no opened list is due")
    self._require_hash(opened_list)
    self.book[round].opened_list = opened_list
    log ITournament.SubmissionsOpened(round=round, opened_list=opened_list)


@external
def propose(round: uint256, root: bytes32, chunks: uint256, evidence: bytes32):
    """
    @notice Proposes a round's scores. Operator only, from `resolves_at` on,
            while no root stands and time is left to settle.
    @param root The root of the chunk tree over the score words.
    @param chunks The number of its chunks.
    @param evidence The hash of what is needed to check the scores.
    """
    roles._only_operator()
    guard._require(self._state(round) == ITournament.State.OPENED, "rounds: not waiting for a root")
    guard._require(block.timestamp >= self.book[round].terms.resolves_at, "rounds: not resolved yet")
    final_at: uint256 = block.timestamp + self.book[round].terms.window
    settled_at: uint256 = final_at + SETTLING * hours.HOUR
    guard._require(settled_at <= self.book[round].terms.expires_at, "rounds: too late to propose")
    self._require_hash(root)
    guard._require(chunks > 0 and chunks <= chunk_tree.MAX_CHUNKS, "rounds: chunks are out of range")
    self._require_hash(evidence)
    self.book[round].root = root
    self.book[round].chunks = chunks
    self.book[round].evidence = evidence
    self.book[round].final_at = final_at
    log ITournament.Proposed(round=round, root=root, chunks=chunks, evidence=evidence, final_at=final_at)


@external
def veto(round: uint256, root: bytes32):
    """
    @notice Turns a proposed root down; the operator may propose again. Guardian,
            or whoever is operator now, before the window ends.
    @param root The root that is meant, lest a newer one be hit.
    """
    if msg.sender != roles.operator:
        roles._only_guardian()
    guard._require(self._state(round) == ITournament.State.PROPOSED, "rounds: no root in its window")
    guard._require(root == self.book[round].root, "rounds: another root stands")
    self._drop_root(round)
    log ITournament.Vetoed(round=round, root=root, account=msg.sender)


@external
def void(round: uint256):
    """
    @notice Ends a round without burns or rewards. Guardian only, until a root
            has stood through its window.
    """
    roles._only_guardian()
    pending: bool = self._state(round) in (
        ITournament.State.OPEN
        | ITournament.State.ENDED
        | ITournament.State.LOCKED
        | ITournament.State.OPENED
        | ITournament.State.PROPOSED
    )
    guard._require(pending, "rounds: too late to void")
    self._drop_root(round)
    self.book[round].void = True
    if self._is_open(round):
        self.turns[round % RING] = round + RING
    log ITournament.Voided(round=round)
    self._close_if_empty(round)


@external
@view
def round_info(round: uint256) -> ITournament.Round:
    """
    @return Terms and progress of a round; amounts in wei.
    """
    info: ITournament.Round = self.book[round]
    info.staked *= UNIT
    info.at_risk *= UNIT
    return info


@external
@view
def state(round: uint256) -> ITournament.State:
    """
    @return Where the round is at this block's time; `UNKNOWN` before it opens.
    """
    return self._state(round)


@external
@view
def staked(round: uint256) -> uint256:
    """
    @return What is at stake in the round and not settled, or waits for it to
            open, wei.
    """
    return self.book[round].staked * UNIT


@external
@view
def next_round(place: uint256) -> uint256:
    """
    @return The id that opens next at a place of the ring. The place's latest
            round is `RING` below that, if one was opened.
    """
    return self._next_round(place % RING)


@external
@view
def due_round() -> uint256:
    """
    @return The id whose turn it is to open: the next one of the first place, round
            the ring from the place opened last, that is not blocked; the largest
            number while all are. A place is blocked while the round before is not
            resolved or the one before that not closed, or where no id is left.
    """
    return self._due_round()


@internal
@view
def _due_round() -> uint256:
    place: uint256 = self.last_opened
    for i: uint256 in range(RING, bound=MAX_RING):
        place = (place + 1) % RING
        round: uint256 = self._next_round(place)
        if not self._is_blocked(round):
            return round
    return max_value(uint256)


@internal
@pure
def _require_hash(hash: bytes32):
    guard._require(hash != empty(bytes32), "rounds: hash is empty")


@internal
@view
def _next_round(place: uint256) -> uint256:
    next: uint256 = self.turns[place] & _ID
    if next == 0:
        # The first turn goes from FIRST_ROUND on.
        next = FIRST_ROUND + (place + RING - FIRST_ROUND % RING) % RING
    return next


@internal
@view
def _is_blocked(round: uint256) -> bool:
    """
    @param round The next one of its place.
    """
    if round > MAX_ROUND:
        return True
    if round < FIRST_ROUND + RING:
        return False
    resolved: bool = self._state(round - RING) in (
        ITournament.State.FINAL | ITournament.State.VOID | ITournament.State.EXPIRED | ITournament.State.CLOSED
    )
    if not resolved or round < FIRST_ROUND + 2 * RING:
        return not resolved
    return self._state(round - 2 * RING) != ITournament.State.CLOSED


@internal
@view
def _time_left(round: uint256) -> uint256:
    """
    @return The seconds until the round's `locks_at`; 0 where it is locked or
            void, the largest number where it is not opened yet.
    """
    turn: uint256 = self.turns[round % RING]
    next: uint256 = turn & _ID
    if round >= next:
        return max_value(uint256)
    until: uint256 = turn >> _UNTIL_SHIFT
    if round + RING < next or block.timestamp >= until:
        return 0
    return unsafe_sub(until, block.timestamp)


@internal
@view
def _is_open(round: uint256) -> bool:
    left: uint256 = self._time_left(round)
    return left > 0 and left < max_value(uint256)


@internal
@view
def _open_round() -> uint256:
    """
    @return The id of the open round; there is at most one.
    """
    round: uint256 = self.last_opened
    guard._require(self._is_open(round), "rounds: no round is open")
    return round


@internal
@view
def _state(round: uint256) -> ITournament.State:
    locks_at: uint256 = self.book[round].terms.locks_at
    if locks_at == 0:
        return ITournament.State.UNKNOWN
    void: bool = self.book[round].void
    locked: bool = self.book[round].locked
    opened: bool = self.book[round].opened_list != empty(bytes32)
    expired: bool = block.timestamp >= self.book[round].terms.expires_at
    if not opened and block.timestamp >= locks_at + OPENING * hours.HOUR:
        expired = True
    if (void or expired or locked) and self.book[round].staked == 0:
        return ITournament.State.CLOSED
    if void:
        return ITournament.State.VOID
    if expired:
        return ITournament.State.EXPIRED
    if not locked:
        if block.timestamp < locks_at:
            return ITournament.State.OPEN
        return ITournament.State.ENDED
    if not opened:
        return ITournament.State.LOCKED
    final_at: uint256 = self.book[round].final_at
    if final_at == 0:
        return ITournament.State.OPENED
    if block.timestamp < final_at:
        return ITournament.State.PROPOSED
    return ITournament.State.FINAL


@internal
@view
def _is_final(round: uint256) -> bool:
    """
    @dev What `_state` says of a round with stakes, in two reads: only a round
         that is locked and opened gets a root, and voiding drops it.
    """
    final_at: uint256 = self.book[round].final_at
    return final_at != 0 and block.timestamp >= final_at and block.timestamp < self.book[round].terms.expires_at


@internal
def _close_if_empty(round: uint256):
    """
    @dev For a round that is locked, void or expired. No stake comes to such a
         round, so it empties once and what is left of its reservation is
         released once.
    """
    if self.book[round].staked == 0:
        released: uint256 = extcall TREASURY.release(round)
        log ITournament.RoundClosed(round=round, released=released)


@internal
def _drop_root(round: uint256):
    self.book[round].root = empty(bytes32)
    self.book[round].chunks = 0
    self.book[round].evidence = empty(bytes32)
    self.book[round].final_at = 0


@internal
def _set_bounds(bounds: ITournament.Bounds):
    self.bounds = bounds
    log ITournament.BoundsSet(bounds=bounds)
