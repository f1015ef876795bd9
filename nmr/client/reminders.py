# SPDX-License-Identifier: MIT
"""Sentences that remind people of what they may have forgotten: nothing is refused for it."""

from collections.abc import Sequence
from typing import Final

from nmr.client.stakes import OpenRound, StakesOnChain
from nmr.text.amounts import format_nmr
from nmr.text.selection import name_ids

NO_TARGET: Final = "no target"
AT_TARGET: Final = "at the target already"
NOTHING_IDLE: Final = "nothing is idle"


def without_submission(stakes: StakesOnChain, round_id: int, models: Sequence[int]) -> tuple[str, ...]:
    """About models with a stake in the open round that did not submit to it, if there are any."""
    answers = stakes.session.read_many(stakes.tournament, [("submitted", round_id, model) for model in models])
    missing = sorted(model for model, submitted in zip(models, answers, strict=True) if not submitted)
    if not missing:
        return ()
    return (f"No submission for round {round_id} yet: {name_ids(missing)}. A stake without one wins nothing.",)


def without_stake(stakes: StakesOnChain, round_id: int, models: Sequence[int]) -> tuple[str, ...]:
    """About models that submitted to the open round and have no stake in it, if there are any."""
    missing = sorted(model for model, stake in stakes.positions(round_id, models).items() if not stake)
    if not missing:
        return ()
    return (f"No stake in round {round_id} yet: {name_ids(missing)}. A submission without one wins nothing.",)


def not_entered(
    stakes: StakesOnChain, opened: OpenRound, models: Sequence[int], entered: Sequence[int], *, named: bool
) -> tuple[str, ...]:
    """Which models did not enter the open round, and why; none of those whose groups wait to be settled.

    Args:
        stakes: as they are after the others entered.
        opened: the round.
        models: that were meant.
        entered: those that did.
        named: whether somebody named them; otherwise nobody wants to know who has no target, or has reached it.
    """
    asked = sorted(set(models) - set(entered))
    idle, policies = stakes.each("idle_of", asked), stakes.each("policy_of", asked)
    held = stakes.positions(opened.id, asked)
    why: dict[str, list[int]] = {}
    for model in asked:
        target = policies[model][0]
        if not target or held[model] >= target:
            reason = AT_TARGET if target else NO_TARGET
            if named:
                why.setdefault(reason, []).append(model)
        elif not idle[model]:
            why.setdefault(NOTHING_IDLE, []).append(model)
        elif held[model] + min(idle[model], target - held[model]) < stakes.min_stake:
            why.setdefault(f"below the least stake, {format_nmr(stakes.min_stake)} NMR", []).append(model)
    if not why:
        return ()
    return (f"Left out: {'; '.join(f'{name_ids(models)}, {reason}' for reason, models in why.items())}.",)
