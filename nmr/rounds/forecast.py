# SPDX-License-Identifier: MIT
"""What a stake would win or lose at given scores, before anybody knows them."""

from nmr.protocol import payout
from nmr.protocol.reference.rounds import Round
from nmr.protocol.score_words import Score
from nmr.text.amounts import GWEI


def forecast(info: Round, stake: int, score: Score) -> int:
    """Wei that a stake wins (> 0) or burns (< 0) in a round if its model submitted and has these scores.

    From the lock on it is exact. Before it, factor and clip are those of what is at stake now: further stakes lower the
    factor, and the treasury may grant less than the clip.

    Args:
        info: the round.
        stake: wei.
        score: CORR and MMC, 8 decimals.
    """
    terms = info.terms
    factor, clip = info.factor, info.clip
    if not info.locked:
        factor, clip = payout.factor(terms.threshold, info.staked), terms.clip
    rule = payout.Rule(terms.primary, terms.contribution, factor, clip)
    return GWEI * payout.delta(stake // GWEI, *score, rule)
