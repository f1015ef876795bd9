# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma nonreentrancy on
"""
@title Rounds
@author NMR contributors
@license AGPL-3.0-only
@notice The round book: terms, the steps of a round from opening to a final
        root, and how much still waits at stake in it.
@dev Amounts in storage are gwei-NMR, but for `terms` and `granted`, which are
     wei as callers gave them.
"""


from . import chunk_tree
from . import guard
from . import lanes
from . import payout
from . import roles

from ..interfaces import ITournament
from ..interfaces import ITreasury


uses: roles


# A tag has 16 bits and has to hold the id of a round's successor too.
MAX_ROUND: constant(uint256) = 65_536
MAX_RING: constant(uint256) = 128
# Wei in the unit of the ledger.
UNIT: constant(uint256) = 10**9

# Hard limits, since an owner's bound is no safety. Times are in hours.
MAX_MULTIPLIER: constant(uint256) = 1_000_000
MIN_OPEN: constant(uint256) = 1
MAX_OPEN: constant(uint256) = 720
OPENING: constant(uint256) = 24
MAX_RESOLVE: constant(uint256) = 2_880
MIN_WINDOW: constant(uint256) = 24
SETTLING: constant(uint256) = 24
MAX_EXPIRY: constant(uint256) = 1_440

TREASURY: public(immutable(ITreasury))
RING: public(immutable(uint256))
FIRST_ROUND: public(immutable(uint256))
# Seconds in an hour of the limits above: fewer than 3,600 on local chains only.
HOUR: public(immutable(uint256))

bounds: public(ITournament.Bounds)
next_round: public(uint256)
book: HashMap[uint256, ITournament.Round]


@deploy
def __init__(treasury: address, ring: uint256, first_round: uint256, hour: uint256, bounds: ITournament.Bounds):
    guard._require(treasury.is_contract, "rounds: treasury has no code")
    guard._require(ring > 0 and ring <= MAX_RING, "rounds: ring is out of range")
    guard._require(first_round < MAX_ROUND - ring, "rounds: first round too large")
    local: bool = chain.id == 1_337 or chain.id == 31_337
    guard._require(hour == 3_600 or (local and hour > 0 and hour < 3_600), "rounds: an hour has 3600 seconds")
    TREASURY = ITreasury(treasury)
    RING = ring
    FIRST_ROUND = first_round
    HOUR = hour
    self.next_round = first_round
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
def open_round(terms: ITournament.Terms) -> uint256:
    """
    @notice Opens the next round under terms that nothing can change. Operator
            only, unless paused.
    @return The round's id.
    """
    roles._only_operator()
    roles.pausable._require_not_paused()
    round: uint256 = self.next_round
    guard._require(round < MAX_ROUND - RING, "rounds: no id is left")
    if round > FIRST_ROUND:
        previous: ITournament.State = self._state(round - 1)
        guard._require(previous != ITournament.State.OPEN, "rounds: previous round is open")
    if round >= FIRST_ROUND + RING:
        resolved: bool = self._state(round - RING) in (
            ITournament.State.FINAL
            | ITournament.State.VOID
            | ITournament.State.EXPIRED
            | ITournament.State.CLOSED
        )
        guard._require(resolved, "rounds: place is not resolved")
    if round >= FIRST_ROUND + 2 * RING:
        before: ITournament.State = self._state(round - 2 * RING)
        guard._require(before == ITournament.State.CLOSED, "rounds: place is not settled")
    self._check_terms(terms)
    self.book[round].terms = terms
    self.next_round = round + 1
    log ITournament.RoundOpened(round=round, terms=terms)
    return round


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
    guard._require(opened_list != empty(bytes32), "rounds: opened list is empty")
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
    settled_at: uint256 = final_at + self.book[round].terms.grace + SETTLING * HOUR
    guard._require(settled_at <= self.book[round].terms.expires_at, "rounds: too late to propose")
    guard._require(root != empty(bytes32), "rounds: root is empty")
    guard._require(chunks > 0 and chunks <= chunk_tree.MAX_CHUNKS, "rounds: chunks are out of range")
    self.book[round].root = root
    self.book[round].chunks = chunks
    self.book[round].evidence = evidence
    self.book[round].final_at = final_at
    log ITournament.Proposed(round=round, root=root, chunks=chunks, evidence=evidence, final_at=final_at)


@external
def veto(round: uint256, root: bytes32):
    """
    @notice Turns a proposed root down; the operator may propose again. Guardian
            only, before the window ends.
    @param root The root that is meant, lest a newer one be hit.
    """
    roles._only_guardian()
    guard._require(self._state(round) == ITournament.State.PROPOSED, "rounds: no root in its window")
    guard._require(root == self.book[round].root, "rounds: another root stands")
    self._drop_root(round)
    log ITournament.Vetoed(round=round, root=root)


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
    @return Where the round is at this block's time.
    """
    return self._state(round)


@external
@view
def staked(round: uint256) -> uint256:
    """
    @return What still waits at stake in the round, wei.
    """
    return self.book[round].staked * UNIT


@internal
@view
def _state(round: uint256) -> ITournament.State:
    if round < FIRST_ROUND or round >= self.next_round:
        return ITournament.State.UNKNOWN
    locks_at: uint256 = self.book[round].terms.locks_at
    void: bool = self.book[round].void
    locked: bool = self.book[round].locked
    opened: bool = self.book[round].opened_list != empty(bytes32)
    expired: bool = block.timestamp >= self.book[round].terms.expires_at
    if not opened and block.timestamp >= locks_at + OPENING * HOUR:
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
def _is_open(round: uint256) -> bool:
    """
    @dev What `_state` says of a round that exists, in two reads: neither lock
         nor expiry comes before `locks_at`.
    """
    return block.timestamp < self.book[round].terms.locks_at and not self.book[round].void


@internal
@view
def _open_round() -> uint256:
    """
    @return The id of the open round; there is at most one.
    """
    round: uint256 = self.next_round
    guard._require(round > FIRST_ROUND, "rounds: no round is open")
    round -= 1
    guard._require(self._is_open(round), "rounds: no round is open")
    return round


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


@internal
@view
def _check_terms(terms: ITournament.Terms):
    """
    @dev Each term within the owner's bounds and within the hard limits.
    """
    bounds: ITournament.Bounds = self.bounds
    guard._require(
        terms.primary <= min(bounds.max_primary, MAX_MULTIPLIER)
        and terms.contribution <= min(bounds.max_contribution, MAX_MULTIPLIER),
        "terms: multiplier is too large",
    )
    guard._require(
        terms.clip > 0 and terms.clip <= min(bounds.max_clip, payout.RATIO_ONE), "terms: clip is out of range"
    )
    guard._require(terms.threshold == 0 or terms.threshold >= bounds.min_threshold, "terms: threshold is too small")
    # Four lanes are compared with it at once, so it has to fit one.
    guard._require(
        terms.min_stake <= min(bounds.max_min_stake, lanes.MAX_AMOUNT * UNIT), "terms: min_stake is too large"
    )
    guard._require(
        terms.threshold % UNIT == 0 and terms.min_stake % UNIT == 0, "terms: amount finer than a gwei"
    )
    guard._require(terms.sealing_key != empty(bytes32), "terms: sealing key is empty")
    shortest: uint256 = max(bounds.min_open, MIN_OPEN * HOUR)
    longest: uint256 = min(bounds.max_open, MAX_OPEN * HOUR)
    guard._require(
        self._takes(block.timestamp, terms.locks_at, shortest, longest), "terms: locks_at is out of range"
    )
    longest = min(bounds.max_resolve, MAX_RESOLVE * HOUR)
    guard._require(
        self._takes(terms.locks_at, terms.resolves_at, OPENING * HOUR, longest), "terms: resolves_at out of range"
    )
    guard._require(terms.window >= max(bounds.min_window, MIN_WINDOW * HOUR), "terms: window is too short")
    guard._require(terms.grace >= bounds.min_grace, "terms: grace is too short")
    longest = min(bounds.max_expiry, MAX_EXPIRY * HOUR)
    guard._require(terms.window <= longest and terms.grace <= longest, "terms: expires_at out of range")
    shortest = terms.window + terms.grace + SETTLING * HOUR
    guard._require(
        self._takes(terms.resolves_at, terms.expires_at, shortest, longest), "terms: expires_at out of range"
    )


@internal
@pure
def _takes(start: uint256, end: uint256, shortest: uint256, longest: uint256) -> bool:
    """
    @return Whether from `start` to `end` takes `shortest` to `longest` seconds.
    """
    return end >= start and unsafe_sub(end, start) >= shortest and unsafe_sub(end, start) <= longest
