# SPDX-License-Identifier: MIT
"""The stake ledger in gwei-NMR: what each model has idle and at stake in every place of the ring.

Lanes are flat lists by model, and tags and bitmaps by word, so that a chunk is settled in one
pass over integers. A tag is the round that a group's stakes are in or wait for, `EMPTY` for four zero lanes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from nmr.errors import require
from nmr.protocol import lanes, payout
from nmr.protocol.lanes import LANES, SUBMITTED_BITS
from nmr.protocol.score_words import GROUP_SHIFT, MAX_GROUP, lane_scores

EMPTY: Final = -1


class Settlement(NamedTuple):
    """What a settlement did, in gwei: staked + rewards - burns = kept + idled.

    `successor` is the round that the rest is kept for, 0 where that is nothing.
    """

    successor: int
    staked: int
    rewards: int
    burns: int
    idled: int


def require_group(group: int) -> None:
    """Refuse a group that no tournament can have.

    Raises:
        Refused: no such group.
    """
    require(group <= MAX_GROUP, "ledger: no such group")


@dataclass
class Stakes:
    """Idle, targets, positions and submissions of all models, with their running totals."""

    ring: int
    min_stake: int
    idle: list[int] = field(default_factory=list)
    target: list[int] = field(default_factory=list)
    compound: list[bool] = field(default_factory=list)
    positions: list[list[int]] = field(init=False)
    tags: list[list[int]] = field(init=False)
    submissions: list[list[int]] = field(init=False)
    staked: dict[int, int] = field(default_factory=dict)
    idle_total: int = 0

    def __post_init__(self) -> None:
        self.positions = [[] for _ in range(self.ring)]
        self.tags = [[] for _ in range(self.ring)]
        self.submissions = [[] for _ in range(2 * self.ring)]

    def make_room(self, models: int) -> None:
        """Grow the lists to hold so many models, in whole groups."""
        while len(self.idle) < models:
            self.idle.extend(LANES * (0,))
            self.target.extend(LANES * (0,))
            self.compound.extend(LANES * (False,))
            for positions, tags in zip(self.positions, self.tags, strict=True):
                positions.extend(LANES * (0,))
                tags.append(EMPTY)
        for words in self.submissions:
            words.extend((0,) * (-(-len(self.idle) // SUBMITTED_BITS) - len(words)))

    # what is where

    def waits(self, round_id: int, group: int) -> bool:
        """Whether a group has stakes in this round, or waiting for it."""
        tags = self.tags[round_id % self.ring]
        return group < len(tags) and tags[group] == round_id

    def position(self, round_id: int, model: int) -> int:
        """What a model has at stake in a round, or waiting for it."""
        if not self.waits(round_id, model // LANES):
            return 0
        return self.positions[round_id % self.ring][model]

    def position_word(self, place: int, group: int) -> int:
        """The canonical word of a group at a place: 0 if its lanes are."""
        tag = self.tags[place][group]
        if tag == EMPTY:
            return 0
        return lanes.pack(self.positions[place][LANES * group : LANES * (group + 1)], tag)

    def policy_word(self, group: int) -> int:
        """The targets of a group, and a bit on top for each model that compounds."""
        models = range(LANES * group, LANES * (group + 1))
        flags = sum(self.compound[model] << lane for lane, model in enumerate(models))
        return lanes.pack([self.target[model] for model in models], flags)

    def idle_word(self, group: int) -> int:
        """The idle lanes of a group."""
        return lanes.pack(self.idle[LANES * group : LANES * (group + 1)])

    def submitted(self, round_id: int, model: int) -> bool:
        """Whether a model submitted in a round whose bitmap still stands."""
        words = self.submissions[round_id % (2 * self.ring)]
        index, bit = divmod(model, SUBMITTED_BITS)
        if index >= len(words) or words[index] >> SUBMITTED_BITS != round_id:
            return False
        return bool(words[index] >> bit & 1)

    # idle

    def credit(self, model: int, amount: int) -> None:
        """Add to a model's idle."""
        self.idle[model] += amount
        self.idle_total += amount

    def debit(self, model: int, amount: int) -> None:
        """Take from a model's idle.

        Raises:
            Refused: more than is idle.
        """
        self.require_idle(model, amount)
        self.idle[model] -= amount
        self.idle_total -= amount

    def require_idle(self, model: int, amount: int) -> None:
        """Refuse an amount that is not idle.

        Raises:
            Refused: more than is idle.
        """
        require(amount <= self.idle[model], "ledger: more than is idle")

    # positions

    def require_settled(self, round_id: int, group: int) -> None:
        """Refuse to touch a group that cannot exist, or whose stakes at the place are another round's.

        Raises:
            Refused: no such group, settle first, or it was settled too late for this round.
        """
        require_group(group)
        tags = self.tags[round_id % self.ring]
        tag = tags[group] if group < len(tags) else EMPTY
        require(tag == EMPTY or tag >= round_id, "ledger: settle first")
        require(tag in (EMPTY, round_id), "ledger: waits for a later round")

    def stake(self, round_id: int, model: int, amount: int) -> None:
        """Raise a position from outside.

        Raises:
            Refused: settle first, or below the smallest stake.
        """
        self.require_settled(round_id, model // LANES)
        require(self.position(round_id, model) + amount >= self.min_stake, "ledger: below min_stake")
        place = round_id % self.ring
        self.positions[place][model] += amount
        self.tags[place][model // LANES] = round_id
        self._add_staked(round_id, amount)

    def leave(self, round_id: int, model: int, amount: int) -> int:
        """Take some of a position back to idle, or all that would stay below the smallest stake; return how much.

        Raises:
            Refused: settle first, or more than there is.
        """
        group = model // LANES
        self.require_settled(round_id, group)
        held = self.position(round_id, model)
        require(amount <= held, "ledger: more than is at stake")
        left = amount if held - amount >= self.min_stake else held
        place = round_id % self.ring
        self.positions[place][model] -= left
        self._tag(place, group, round_id)
        self._add_staked(round_id, -left)
        self.credit(model, left)
        return left

    def enter(self, round_id: int, groups: Sequence[int]) -> int:
        """Raise positions to their targets out of idle and return what moved.

        Raises:
            Refused: no such group, or settle first, for any of the groups.
        """
        for group in groups:
            self.require_settled(round_id, group)
        place = round_id % self.ring
        positions = self.positions[place]
        moved = 0
        for group in groups:
            for model in range(LANES * group, min(LANES * (group + 1), len(self.idle))):
                add = min(self.idle[model], self.target[model] - positions[model])
                if add <= 0 or positions[model] + add < self.min_stake:
                    continue
                positions[model] += add
                self.idle[model] -= add
                self.tags[place][group] = round_id
                moved += add
        self.idle_total -= moved
        self._add_staked(round_id, moved)
        return moved

    def submit(self, round_id: int, models: Iterable[int]) -> None:
        """Mark models as having submitted; a word of an earlier round starts afresh."""
        words = self.submissions[round_id % (2 * self.ring)]
        for model in models:
            index, bit = divmod(model, SUBMITTED_BITS)
            word = words[index]
            if word >> SUBMITTED_BITS != round_id:
                word = round_id << SUBMITTED_BITS
            words[index] = word | 1 << bit

    # settlement

    def settle(self, round_id: int, words: Sequence[int], rule: payout.Rule, successor: int) -> Settlement:
        """Pay or burn the groups of score words that are in the round, and return the sums.

        Args:
            round_id: the round.
            words: score words; groups that are not in the round are skipped, so of two words for one the first counts.
            rule: what the round pays by.
            successor: the round that what each policy keeps goes on into; 0 if all goes to idle.
        """
        place = round_id % self.ring
        positions = self.positions[place]
        idle, target, compound = self.idle, self.target, self.compound
        submissions = self.submissions[round_id % (2 * self.ring)]
        staked = rewards = burns = idled = 0
        for word in words:
            group = word >> GROUP_SHIFT
            if not self.waits(round_id, group):
                continue
            first = LANES * group
            index, bit = divmod(first, SUBMITTED_BITS)
            submitted = submissions[index] >> bit if submissions[index] >> SUBMITTED_BITS == round_id else 0
            staking = [(model, scores) for model, scores in enumerate(lane_scores(word), first) if positions[model]]
            for model, (primary, contribution) in staking:
                stake = positions[model]
                change = 0
                if submitted >> model - first & 1:
                    change = payout.delta(stake, primary, contribution, rule)
                value = stake + change
                kept = payout.kept(value, target[model], compound[model], self.min_stake) if successor else 0
                positions[model] = kept
                idle[model] += value - kept
                staked += stake
                idled += value - kept
                if change > 0:
                    rewards += change
                else:
                    burns -= change
            self._tag(place, group, successor)
        self.idle_total += idled
        self._add_staked(round_id, -staked)
        self._add_staked(successor, staked + rewards - burns - idled)
        return Settlement(successor, staked, rewards, burns, idled)

    def _tag(self, place: int, group: int, round_id: int) -> None:
        waiting = any(self.positions[place][LANES * group : LANES * (group + 1)])
        self.tags[place][group] = round_id if waiting else EMPTY

    def _add_staked(self, round_id: int, amount: int) -> None:
        total = self.staked.get(round_id, 0) + amount
        if total:
            self.staked[round_id] = total
        else:
            self.staked.pop(round_id, None)
