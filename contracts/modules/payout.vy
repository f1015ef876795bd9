# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title Payout
@author NMR contributors
@license AGPL-3.0-only
@notice The payout rule. All divisions round toward zero, so a reward never
        exceeds and a burn never exceeds the exact value.
@dev Stakes in gwei-NMR; scores with 8 decimals, multipliers with 4, so a
     weighted score has 12, as clips and ratios have; factors have 9.
"""


FACTOR_ONE: constant(uint256) = 10**9
RATIO_ONE: constant(uint256) = 10**12


@internal
@pure
def _factor(threshold: uint256, at_risk: uint256) -> uint256:
    """
    @notice The payout factor: how far a round's scores count when more is at
            risk than its stake threshold.
    @param threshold The stake threshold, gwei; 0 is none.
    @param at_risk What all models have at stake, gwei.
    @return min(1, threshold / at_risk), 9 decimals.
    """
    if threshold == 0 or at_risk <= threshold:
        return FACTOR_ONE
    return threshold * FACTOR_ONE // at_risk


@internal
@pure
def _reservation(at_risk: uint256, clip: uint256) -> uint256:
    """
    @return The largest sum of rewards that a round can come to, gwei, rounded
            up so that a full grant leaves the clip as it is.
    """
    return (at_risk * clip + RATIO_ONE - 1) // RATIO_ONE


@internal
@pure
def _effective_clip(clip: uint256, granted: uint256, at_risk: uint256) -> uint256:
    """
    @param granted What the treasury reserved for rewards, gwei.
    @param at_risk What all models have at stake, gwei, more than 0.
    @return min(clip, granted / at_risk), 12 decimals: what no stake can win or
            lose more than, so that rewards never exceed the grant.
    """
    return min(clip, granted * RATIO_ONE // at_risk)
