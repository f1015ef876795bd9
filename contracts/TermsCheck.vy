# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
"""
@title Terms check
@author NMR contributors
@license AGPL-3.0-only
@notice What the terms of a round may be: each within the owner's bounds and
        within hard limits. A tournament asks it before it opens a round.
@dev A contract of its own since the tournament's code has a size limit. It has
     no storage, and nobody has a role.
"""


from .interfaces import ITermsCheck
from .interfaces import ITournament
from .modules import hours
from .modules import payout


implements: ITermsCheck


initializes: hours


exports: hours.HOUR


# Wei in the unit of the ledger.
UNIT: constant(uint256) = 10**9

# Hard limits, since an owner's bounds alone do not protect users. Times are in
# hours.
MAX_MULTIPLIER: constant(uint256) = 1_000_000
MIN_OPEN: constant(uint256) = 2
MAX_OPEN: constant(uint256) = 720
OPENING: constant(uint256) = 24
MAX_RESOLVE: constant(uint256) = 2_880
MIN_WINDOW: constant(uint256) = 24
SETTLING: constant(uint256) = 24
MAX_EXPIRY: constant(uint256) = 1_440


@deploy
def __init__(hour: uint256):
    """
    @param hour Seconds in an hour of the hard limits: 3,600, or fewer on a local
           chain.
    """
    hours.__init__(hour)


@external
@view
def check(terms: ITournament.Terms, bounds: ITournament.Bounds) -> bool:
    """
    @notice Reverts, with what is wrong, unless a round may open under these terms
            now.
    @return True.
    """
    assert (
        terms.primary <= min(bounds.max_primary, MAX_MULTIPLIER)
        and terms.contribution <= min(bounds.max_contribution, MAX_MULTIPLIER)
    ), "terms: multiplier is too large"
    assert terms.clip > 0 and terms.clip <= min(bounds.max_clip, payout.RATIO_ONE), "terms: clip is out of range"
    assert terms.threshold == 0 or terms.threshold >= bounds.min_threshold, "terms: threshold is too small"
    assert terms.threshold % UNIT == 0, "terms: amount finer than a gwei"
    assert terms.sealing_key != empty(bytes32), "terms: sealing key is empty"
    shortest: uint256 = max(bounds.min_open, MIN_OPEN * hours.HOUR)
    longest: uint256 = min(bounds.max_open, MAX_OPEN * hours.HOUR)
    assert self._takes(block.timestamp, terms.locks_at, shortest, longest), "terms: locks_at is out of range"
    shortest = OPENING * hours.HOUR
    longest = min(bounds.max_resolve, MAX_RESOLVE * hours.HOUR)
    assert self._takes(terms.locks_at, terms.resolves_at, shortest, longest), "terms: resolves_at out of range"
    assert terms.window >= max(bounds.min_window, MIN_WINDOW * hours.HOUR), "terms: window is too short"
    longest = min(bounds.max_expiry, MAX_EXPIRY * hours.HOUR)
    assert terms.window <= longest, "terms: expires_at out of range"
    shortest = terms.window + SETTLING * hours.HOUR
    assert self._takes(terms.resolves_at, terms.expires_at, shortest, longest), "terms: expires_at out of range"
    return True


@internal
@pure
def _takes(start: uint256, end: uint256, shortest: uint256, longest: uint256) -> bool:
    """
    @return Whether from `start` to `end` takes `shortest` to `longest` seconds.
    """
    return end >= start and unsafe_sub(end, start) >= shortest and unsafe_sub(end, start) <= longest
