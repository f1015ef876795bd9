# SPDX-License-Identifier: MIT
"""What the machine draws: terms of rounds, scores, and plans for a week."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from hypothesis import strategies as st

from nmr.protocol.reference import Bounds, Terms
from nmr.protocol.score_words import BLANK, GROUP_SHIFT, GROUPS_PER_CHUNK, MAX_SCORE, MIN_SCORE, Score, encode_chunks
from nmr.text.amounts import GWEI, NMR, RATIO
from tests.stateful.stage import HOUR, LARGEST

LONGEST_AMOUNT: Final = (2**59 - 1) * GWEI
"""The most that a lane takes, wei."""
LARGEST_MULTIPLIER: Final = 1_000_000

POINTS: Final = st.one_of(
    st.sampled_from([MIN_SCORE, MAX_SCORE, 0, 1, -1]),
    st.integers(-(10**7), 10**7),
    st.integers(MIN_SCORE, MAX_SCORE),
)
POOLS: Final = st.lists(st.tuples(POINTS, POINTS), min_size=1, max_size=4)
"""Scores that models share in turn, so that several have the same."""
GWEIS: Final = st.one_of(
    st.sampled_from([1, 10**9, 10**10, 10**10 - 1, 10**15]),
    st.integers(1, 200 * 10**9),
    st.integers(1, 200).map(lambda nmr: nmr * 10**9),
)
"""Amounts in gwei."""
ODD_AMOUNTS: Final = st.sampled_from(
    [0, 1, GWEI - 1, GWEI + 1, LONGEST_AMOUNT, LONGEST_AMOUNT + GWEI, LARGEST - LARGEST % GWEI, LARGEST]
)
"""Amounts in wei that are mostly refused."""


class Shape(NamedTuple):
    """Terms without a date: times are seconds from one step to the next, `slack` those beyond the earliest expiry."""

    primary: int
    contribution: int
    clip: int
    threshold: int
    open_for: int
    resolve: int
    window: int
    slack: int

    def terms(self, now: int, bounds: Bounds) -> Terms:
        """Terms of a round that is opened now, as near to this shape as the bounds allow."""
        locks_at = now + _within(self.open_for, max(bounds.min_open, 2 * HOUR), min(bounds.max_open, 720 * HOUR))
        resolves_at = locks_at + _within(self.resolve, 24 * HOUR, min(bounds.max_resolve, 2_880 * HOUR))
        window = max(self.window, bounds.min_window, 24 * HOUR)
        shortest = window + 24 * HOUR
        expiry = _within(shortest + self.slack, shortest, min(bounds.max_expiry, 1_440 * HOUR))
        return Terms(
            primary=min(self.primary, bounds.max_primary),
            contribution=min(self.contribution, bounds.max_contribution),
            clip=min(self.clip, bounds.max_clip),
            threshold=max(self.threshold, bounds.min_threshold) if self.threshold else 0,
            sealing_key=b"k" * 32,
            locks_at=locks_at,
            resolves_at=resolves_at,
            expires_at=resolves_at + expiry,
            window=window,
        )


SHAPES: Final = st.builds(
    Shape,
    primary=st.sampled_from([20_000, 10_000, 0, 1, LARGEST_MULTIPLIER]),
    contribution=st.sampled_from([10_000, 0, 25_000, LARGEST_MULTIPLIER]),
    clip=st.sampled_from([RATIO // 4, RATIO // 20, RATIO, RATIO - 1, RATIO // 3, 1]),
    threshold=st.sampled_from([0, 0, 10 * NMR, 200 * NMR, 77 * NMR + GWEI]),
    open_for=st.sampled_from([24 * HOUR, 2 * HOUR, 2 * HOUR + 1]),
    resolve=st.sampled_from([24 * HOUR, 24 * HOUR + 1, 48 * HOUR]),
    window=st.sampled_from([24 * HOUR, 24 * HOUR + 7]),
    slack=st.sampled_from([300 * HOUR, 300 * HOUR, 100 * HOUR, 1, 0]),
)


def edges(terms: Terms, now: int, bounds: Bounds) -> list[Terms]:
    """Terms that have one figure at a limit or just beyond it, and are as given otherwise."""
    resolve, expiry = terms.resolves_at - terms.locks_at, terms.expires_at - terms.resolves_at
    shortest = terms.window + 24 * HOUR
    found = []
    for name, limit, step in (
        ("primary", min(bounds.max_primary, LARGEST_MULTIPLIER), 1),
        ("contribution", min(bounds.max_contribution, LARGEST_MULTIPLIER), 1),
        ("clip", min(bounds.max_clip, RATIO), 1),
        ("threshold", bounds.min_threshold, -GWEI),
    ):
        found += [terms._replace(**{name: limit}), terms._replace(**{name: limit + step})]
    found += [
        terms._replace(clip=0),
        terms._replace(threshold=bounds.min_threshold + 1),
        terms._replace(threshold=LARGEST - LARGEST % GWEI),
        terms._replace(sealing_key=bytes(32)),
        terms._replace(locks_at=LARGEST),
        terms._replace(resolves_at=LARGEST),
        terms._replace(expires_at=LARGEST),
        terms._replace(expires_at=0),
        terms._replace(window=LARGEST),
    ]
    for opening in (max(bounds.min_open, 2 * HOUR), min(bounds.max_open, 720 * HOUR)):
        for locks_at in (now + opening - 1, now + opening, now + opening + 1):
            moved = terms._replace(locks_at=locks_at, resolves_at=locks_at + resolve)
            found.append(moved._replace(expires_at=moved.resolves_at + expiry))
    for after in (24 * HOUR, min(bounds.max_resolve, 2_880 * HOUR)):
        for resolves_at in (terms.locks_at + after - 1, terms.locks_at + after, terms.locks_at + after + 1):
            found.append(terms._replace(resolves_at=resolves_at, expires_at=resolves_at + expiry))
    for after in (shortest, min(bounds.max_expiry, 1_440 * HOUR)):
        for expires_at in (terms.resolves_at + after - 1, terms.resolves_at + after, terms.resolves_at + after + 1):
            found.append(terms._replace(expires_at=expires_at))
    window = max(bounds.min_window, 24 * HOUR)
    found += [terms._replace(window=window), terms._replace(window=window - 1)]
    return [Terms(*(min(max(x, 0), LARGEST) if isinstance(x, int) else x for x in each)) for each in found]


@dataclass(frozen=True)
class Proposal:
    """Scores by a pool that the acting models share in turn; groups that the operator leaves out, or messes up."""

    pool: tuple[Score, ...]
    stride: int
    withheld: int
    mess: str = ""

    def scores(self, acting: list[int]) -> dict[int, Score]:
        """What each model scores."""
        return {model: self.pool[index * self.stride % len(self.pool)] for index, model in enumerate(acting)}

    def chunks(self, acting: list[int]) -> list[list[int]]:
        """The words of every chunk."""
        scores = self.scores(acting)
        groups = {model // 4 for model in acting}
        if self.withheld < len(groups):
            groups -= {sorted(groups)[self.withheld]}
        if self.mess == "stranger":
            groups |= {7, 310}
        scores = {model: score for model, score in scores.items() if model // 4 in groups and score != BLANK}
        chunks = encode_chunks(scores, groups)
        first = chunks[0]
        if self.mess == "twice":
            # Other scores: the first word counts.
            first.append(first[-1] ^ 3)
        elif self.mess == "order":
            first.reverse()
        elif self.mess == "foreign":
            first.append(_elsewhere(first[0]))
        elif self.mess == "swapped":
            # The groups of another chunk, too if there is but one.
            chunks = [*chunks[1:], first] if len(chunks) > 1 else [[_elsewhere(first[0])]]
        elif self.mess == "empty":
            chunks.insert(0, [])
        return chunks


PROPOSALS: Final = st.builds(
    Proposal, pool=POOLS.map(tuple), stride=st.integers(1, 3), withheld=st.sampled_from([99, 99, 99, 0, 3])
)
MESSES: Final = st.sampled_from(["twice", "order", "foreign", "stranger", "swapped", "empty"])


class Errand(NamedTuple):
    """Something that a staker does while a round is open."""

    what: str
    index: int
    gwei: int


ERRANDS: Final = st.builds(
    Errand,
    what=st.sampled_from(
        ["stake", "min_stake", "less", "leave", "part", "deposit", "withdraw", "keep", "compound", "move", "exit"]
    ),
    index=st.integers(0, 11),
    gwei=GWEIS,
)


@dataclass(frozen=True)
class Week:
    """One week: open rounds are locked, the round of the place whose turn comes resolved, a new one opened.

    Attributes:
        shape: terms of the new round.
        proposal: the scores of the round that is resolved.
        submitting: a bit for each acting model.
        order: which of the chunks is settled first.
        settle_at: when the chunks are settled, in the life of the next round of their place.
        enter: when positions are raised to their targets.
        errands: what stakers do then.
        hitch: what goes wrong.
        slips: whether everyone tries everything a second too early, or with nothing in hand.
    """

    shape: Shape
    proposal: Proposal
    submitting: int
    order: int
    settle_at: str
    enter: str
    errands: tuple[Errand, ...]
    hitch: str
    slips: bool


HITCHES: Final = (
    *("", "", "", "", "", "", ""),
    *("short", "short", "veto", "veto", "void", "pause", "late lock", "no lock", "late list", "no list"),
    *("last proposal", "no proposal", "early", "early", "expire", "last second"),
)
"""The days on which nothing goes wrong, and the others."""

WEEKS: Final = st.builds(
    Week,
    shape=SHAPES,
    proposal=PROPOSALS,
    submitting=st.one_of(st.just(4_095), st.integers(1, 4_095)),
    order=st.integers(0, 5),
    settle_at=st.sampled_from(
        ["opened", "opened", "first half", "notice", "too late", "last second", "locked", "later"]
    ),
    enter=st.sampled_from(["settled", "settled", "opened", "never"]),
    errands=st.lists(ERRANDS, max_size=3).map(tuple),
    hitch=st.sampled_from(HITCHES),
    slips=st.sampled_from([False, False, True]),
)

USUAL: Final = Week(
    shape=Shape(20_000, 10_000, RATIO // 4, 0, 24 * HOUR, 24 * HOUR, 24 * HOUR, 300 * HOUR),
    proposal=Proposal(((10**6, -(10**5)), (-(10**6), 3)), 1, 99),
    submitting=4_095,
    order=0,
    settle_at="opened",
    enter="settled",
    errands=(),
    hitch="",
    slips=False,
)
"""A week without events."""


def _within(value: int, least: int, most: int) -> int:
    return max(least, min(value, most))


def _elsewhere(word: int) -> int:
    """The scores of a word for the first group of another chunk."""
    return GROUPS_PER_CHUNK << GROUP_SHIFT | word & (1 << GROUP_SHIFT) - 1
