# SPDX-License-Identifier: MIT
"""The payout rule, in integers: stakes are gwei-NMR and every division rounds a magnitude down.

With `at_risk` the sum of all stakes of a round at its lock:

    factor = min(1, threshold / at_risk)
    clip   = min(the terms' clip, granted / at_risk)
    delta  = +- stake * min(|primary * m_primary + contribution * m_contribution| * factor, clip),
             by the sign of the score; 0 without a submission

Delta is one product with one rounding, so a reward or a burn is the exact value less a fraction of a gwei, and the
rewards of a round are never more than what the treasury granted. The rule is that of `docs/protocol.md`, payout.
"""

from typing import NamedTuple

from nmr.text.amounts import FACTOR, RATIO


class Rule(NamedTuple):
    """What a round pays by: multipliers of 4 decimals, factor of 9, effective clip of 12."""

    primary: int
    contribution: int
    factor: int
    clip: int


def factor(threshold: int, at_risk: int) -> int:
    """The payout factor, 9 decimals, from the stake threshold (0: none) and the stake at risk, both gwei."""
    if threshold == 0 or at_risk == 0:
        return FACTOR
    return min(FACTOR, threshold * FACTOR // at_risk)


def wanted(at_risk: int, clip: int) -> int:
    """Gwei to reserve so that every stake could be paid the whole clip: at_risk * clip, rounded up."""
    return -(-at_risk * clip // RATIO)


def effective_clip(clip: int, granted: int, at_risk: int) -> int:
    """The largest ratio, 12 decimals, that `granted` gwei can pay on every gwei at risk."""
    if at_risk == 0:
        return clip
    return min(clip, granted * RATIO // at_risk)


def delta(stake: int, primary: int, contribution: int, rule: Rule) -> int:
    """Gwei that a stake of a model that submitted gains (> 0) or burns (< 0); scores have 8 decimals."""
    weighted = (primary * rule.primary + contribution * rule.contribution) * rule.factor  # 8 + 4 + 9 decimals
    change = stake * min(abs(weighted), rule.clip * FACTOR) // (RATIO * FACTOR)
    return change if weighted > 0 else -change


def kept(value: int, target: int, compound: bool, min_stake: int) -> int:
    """Gwei of a settled value that stay at stake for the round's successor; the rest goes to idle."""
    keeps = value if compound else min(value, target)
    return keeps if keeps >= min_stake else 0
