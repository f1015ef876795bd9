# SPDX-License-Identifier: MIT
"""Attacks by who calls what when, played on the reference ledger; amounts are gwei."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.economics.market import STAKE
from benchmarks.economics.stage import (
    ANYONE,
    BOUNDS,
    CAP,
    CLIP,
    CONTRIBUTION,
    DAY,
    GUARDIAN,
    MAX_CLIP,
    PRIMARY,
    STAKER,
    Stage,
)
from nmr.errors import Refused
from nmr.protocol import payout
from nmr.protocol.lanes import LANES
from nmr.protocol.reference import ALL_IDLE, UNLIMITED, Signed, State
from nmr.protocol.score_words import GROUPS_PER_CHUNK, MAX_SCORE, MIN_SCORE, Score
from nmr.text.amounts import GWEI, NMR, RATIO

COIN: Final = NMR // GWEI
"""One NMR."""
YEAR: Final = 52
"""Weekly rounds."""
RING: Final = 4
"""The demo's."""
PARTS: Final = (2, 10, 100, 1_000, 20_000)
"""Accounts that a stake is split over; 20,000 of MIN_STAKE are what a model of the crowd has."""
SPLIT: Final = STAKE + 123_456_789
"""Gwei that are split, an odd amount, so that there is something to round."""
FREE: Final = 1_000 * COIN
"""A treasury that is almost empty."""
HOARD: Final = 10_000 * COIN
STRAGGLER: Final = COIN
"""What a whale has at stake in a round that is settled but for one group, and in that group."""
CHUNK: Final = 4 * GROUPS_PER_CHUNK
"""Models in a chunk."""
TWIN_SCORE: Final = (10_000_000, 5_000_000)
"""0.1 and 0.05, where equal twins are played alone."""


# equal twins


@dataclass(frozen=True)
class Drained:
    """What a round pays to twins of the same stake, whose scores differ in their sign only.

    Attributes:
        stake: gwei on each.
        threshold: gwei; 0 is none.
        paid: gwei out of the treasury, as much as the other twin burns.
        gained: gwei that the owner of both has more than before.
        bound: the most gwei that such stakes are paid.
    """

    stake: int
    threshold: int
    paid: int
    gained: int
    bound: int


def drained(stake: int, threshold: int) -> Drained:
    """Play a round of twins alone, at scores of `TWIN_SCORE` and the opposite."""
    stage = Stage(2, threshold=threshold)
    before = stage.treasury()
    changes = stage.play({0: stake, 1: stake}, [0, 1], {0: TWIN_SCORE, 1: (-TWIN_SCORE[0], -TWIN_SCORE[1])})
    return Drained(
        stake=stake,
        threshold=threshold,
        paid=before - stage.treasury(),
        gained=sum(changes.values()),
        bound=most_drained(2 * stake, threshold, weighted(TWIN_SCORE), CLIP, CAP),
    )


def most_drained(stakes: int, threshold: int, score: int, clip: int, cap: int) -> int:
    """Half of the least of clip × stakes, cap, and threshold × |weighted score|; gwei, and ratios of 12 decimals."""
    limits = [stakes * clip // RATIO, cap]
    if threshold:
        limits.append(threshold * score // RATIO)
    return min(limits) // 2


def weighted(score: Score) -> int:
    """The size of a score by the multipliers, 12 decimals."""
    return abs(score[0] * PRIMARY + score[1] * CONTRIBUTION)


# splitting


@dataclass(frozen=True)
class Split:
    """What a stake loses less and wins less when it is split over many accounts, at the most of all rounds.

    Attributes:
        parts: accounts.
        saved: gwei of a burn that are not burned.
        lost: gwei of a reward that are not paid.
    """

    parts: int
    saved: int
    lost: int


def splits(scores: Sequence[Score], rule: payout.Rule) -> list[Split]:
    """Split a stake, and pay and burn the parts in one round of each score."""
    found = []
    for parts in PARTS:
        share, rest = divmod(SPLIT, parts)
        saved, lost = 0, 0
        for score in scores:
            whole = payout.delta(SPLIT, *score, rule)
            split = (parts - rest) * payout.delta(share, *score, rule) + rest * payout.delta(share + 1, *score, rule)
            saved, lost = max(saved, split - whole), max(lost, whole - split)
        found.append(Split(parts, saved, lost))
    return found


# an operator and a guardian who collude


@dataclass(frozen=True)
class Lied:
    """What forged scores did.

    Attributes:
        clip: of the terms, 12 decimals.
        threshold: of the terms, gwei; 0 is none.
        stake: the colluder's in each place of the ring at first, gwei.
        rounds: rounds that were settled by forged scores.
        gained: the colluder's gain.
        drained: what the treasury paid.
        burned: of the crowd.
        crowd: what the crowd had at first, in all places.
    """

    clip: int
    threshold: int
    stake: int
    rounds: int
    gained: int
    drained: int
    burned: int
    crowd: int


def lies(models: int, stake: int, clip: int, threshold: int, rounds: int = YEAR) -> Lied:
    """Let an operator forge every score while nobody vetoes: all for model 0, against all others.

    A round a week on the demo's ring; everybody compounds, so what a round adds is at stake a ring later.
    """
    stage = Stage(models, ring=RING, threshold=threshold, clip=clip)
    stakes = {0: stake} | dict.fromkeys(range(1, models), STAKE)
    scores = {0: (MAX_SCORE, MAX_SCORE)} | dict.fromkeys(range(1, models), (MIN_SCORE, MIN_SCORE))
    reserve = stage.treasury()
    chunks: dict[int, list[list[int]]] = {}
    for step in range(rounds + RING):
        if step >= RING:
            stage.wait_until(stage.info(step - RING).final_at)
        round_id = stage.open()
        if round_id < RING:
            stage.enter(stakes, compound=True)
        else:
            stage.settle(round_id - RING, chunks.pop(round_id - RING))
        stage.submit(range(models))
        stage.lock(round_id)
        stage.publish(round_id)
        behind = round_id - 1
        if behind >= 0:
            chunks[behind] = stage.propose(behind, scores)
    crowd = RING * (models - 1) * STAKE
    return Lied(
        clip=clip,
        threshold=threshold,
        stake=stake,
        rounds=rounds,
        gained=stage.worth(0) - RING * stake,
        drained=reserve - stage.treasury(),
        burned=crowd - sum(stage.worth(model) for model in range(1, models)),
        crowd=crowd,
    )


def forged(stake: int, threshold: int) -> int:
    """What one forged round at the largest clip pays to a colluder who has so much at stake in it."""
    stage = Stage(1, threshold=threshold, clip=MAX_CLIP)
    return stage.play({0: stake}, [0], {0: (MAX_SCORE, MAX_SCORE)})[0]


def voided(change: Score) -> int:
    """What a model has gained when the guardian voids the round after its scores were proposed."""
    stage = Stage(1)
    round_id = stage.open()
    stage.enter({0: STAKE})
    stage.submit([0])
    stage.lock(round_id)
    stage.publish(round_id)
    stage.propose(round_id, {0: change})
    stage.call("void", round_id, sender=GUARDIAN)
    stage.call("settle_expired", round_id, [0])
    return stage.worth(0) - STAKE


def unproposed() -> int:
    """What a model has gained when the operator never proposes scores."""
    stage = Stage(1)
    round_id = stage.open()
    stage.enter({0: STAKE})
    stage.submit([0])
    stage.lock(round_id)
    stage.publish(round_id)
    stage.wait_until(stage.info(round_id).terms.expires_at)
    stage.call("settle_expired", round_id, [0])
    return stage.worth(0) - STAKE


# reservations


@dataclass(frozen=True)
class Starved:
    """What is left for a round when a whale locked one before.

    Attributes:
        whale: gwei at stake in the earlier round.
        granted: gwei reserved for the crowd's round.
        clip: the effective clip of the crowd's round, 12 decimals.
    """

    whale: int
    granted: int
    clip: int


def starved(whale: int, crowd: int, free: int = FREE, clip: int = CLIP) -> Starved:
    """Lock a whale's round and then the crowd's, from a treasury that has so much."""
    stage = Stage(2, ring=2, reserve=free, clip=clip)
    first = stage.open()
    if whale:
        stage.enter({0: whale})
    stage.lock(first)
    second = stage.open()
    stage.enter({0: 0, 1: crowd})
    info = stage.lock(second)
    return Starved(whale, info.granted // GWEI, info.clip)


@dataclass(frozen=True)
class Hoarded:
    """What is left for the crowd's round when a whale's stake was reserved for again and again.

    Attributes:
        settled: whether somebody settles all groups of the whale's rounds, and not its own only.
        granted: gwei reserved for the whale's rounds.
        home: gwei that came back to the whale's wallet from the last of them.
        left: gwei reserved for the crowd's round, the next.
    """

    settled: bool
    granted: tuple[int, ...]
    home: int
    left: int


def hoarded(crowd: int, settled: bool, rounds: int = 2, ring: int = RING) -> Hoarded:
    """Lock a whale's rounds one after the other, while the operator publishes nothing, and then the crowd's.

    Each of the whale's rounds has `HOARD` in one group and `STRAGGLER` in another. When the round has expired the first
    group is settled, its stake is withdrawn and staked in the next round.
    """
    stage = Stage(LANES * (rounds + 2), ring=ring, reserve=FREE)
    granted, home = [], HOARD
    for group in range(1, rounds + 1):
        round_id = stage.open()
        stage.call("stake", 0, home * GWEI)
        stage.call("stake", LANES * group, STRAGGLER * GWEI)
        info = stage.lock(round_id)
        granted.append(info.granted // GWEI)
        stage.wait_until(info.terms.locks_at + DAY)
        stage.call("settle_expired", round_id, [0, group] if settled else [0])
        home = stage.call("withdraw", 0, ALL_IDLE, STAKER) // GWEI
    round_id = stage.open()
    stage.call("stake", LANES * (rounds + 1), crowd * GWEI)
    return Hoarded(settled, tuple(granted), home, stage.lock(round_id).granted // GWEI)


def starving_stake(free: int, crowd: int, clip: int) -> tuple[int, int]:
    """What a whale needs at stake before a round of the crowd feels it, and until nothing is left for it."""
    return max(0, (free - payout.wanted(crowd, clip)) * RATIO // clip), free * RATIO // clip


# what can be known when


@dataclass(frozen=True)
class Tried:
    """What a staker tried at a moment of a round.

    Attributes:
        moment: when.
        known: what everybody knows by then.
        sequences: calls, alone and two in a row, that were tried.
        allowed: those that no call of was refused.
        changed: those of them that changed what the staker has when the round is settled.
        best: the most that one of them gained over doing nothing, gwei.
    """

    moment: str
    known: str
    sequences: int
    allowed: int
    changed: int
    best: int


LOSING, WINNING, RIVAL = 0, 1, 4
"""The staker's two models, and somebody else's."""
SCORES: Final = {LOSING: (-10_000_000, 0), WINNING: (10_000_000, 0), RIVAL: (10_000_000, 0)}
AT_STAKE: Final = 100 * COIN
MORE: Final = 50 * COIN * GWEI
"""What a staker brings or takes in one call, wei."""


class Scene(Stage):
    """A round in which one model of a staker wins and the other loses; a ring of 2."""

    def __init__(self) -> None:
        super().__init__(5, ring=2)
        self.chunks: list[list[int]] = []
        self.settled = False

    def begin(self) -> None:
        """Open the round, and let everybody stake, keep something idle and submit."""
        self.open()
        self.enter({LOSING: AT_STAKE, WINNING: AT_STAKE, RIVAL: AT_STAKE})
        for model in (LOSING, WINNING):
            self.call("deposit", model, MORE, STAKER)
        self.submit(SCORES)

    def due(self) -> None:
        """Wait until the round can be locked."""
        self.wait_until(self.info(0).terms.locks_at)

    def locked(self) -> None:
        """Lock the round, unless the staker did."""
        if self.tournament.state(0, self.now) == State.ENDED:
            self.lock(0)

    def next_open(self) -> None:
        """Publish the list of what was opened, and open another round."""
        self.publish(0)
        self.open()

    def known(self) -> None:
        """Wait until the outcome is known."""
        self.wait_until(self.info(0).terms.resolves_at)

    def proposed(self) -> None:
        """Propose the scores."""
        self.chunks = self.propose(0, SCORES)

    def final(self) -> None:
        """Wait until the window is over."""
        self.wait_until(self.info(0).final_at)

    def restaking(self) -> None:
        """Open the round of the same place."""
        self.open()

    def finish(self) -> None:
        """Settle, unless the staker did."""
        if self.tournament.staked(0):
            self.settle(0, self.chunks)

    def owned(self) -> int:
        """What the staker has: in the wallet, idle and at stake."""
        wallet = self.world.numeraire.balance_of(STAKER) // GWEI
        return wallet + self.worth(LOSING) + self.worth(WINNING)


MOMENTS: Final[Sequence[tuple[str, str, Callable[[Scene], None]]]] = (
    ("open", "nothing", Scene.begin),
    ("locks_at is over, not locked yet", "nothing", Scene.due),
    ("locked", "what is at risk, factor and clip", Scene.locked),
    ("the opened list is published", "whose files count", Scene.next_open),
    ("the outcome is known", "everybody's own scores", Scene.known),
    ("scores are proposed", "all scores", Scene.proposed),
    ("final", "all scores, for good", Scene.final),
    ("final, and the round of the place is open", "all scores, for good", Scene.restaking),
)

CALLS: Final[Mapping[str, Callable[[Scene], Any]]] = {
    "register": lambda scene: scene.call("register", "another", STAKER),
    "set the submitter": lambda scene: scene.call("set_submitter", LOSING, ANYONE),
    "offer the loser": lambda scene: scene.call("offer_model", LOSING, STAKER),
    "accept the loser": lambda scene: scene.call("accept_model", LOSING),
    "deposit": lambda scene: scene.call("deposit", LOSING, MORE, STAKER),
    "deposit with a permit": lambda scene: scene.call("deposit_with_permit", WINNING, MORE, STAKER, UNLIMITED, True),
    "withdraw": lambda scene: scene.call("withdraw", WINNING, ALL_IDLE, STAKER),
    "stake": lambda scene: scene.call("stake", WINNING, MORE),
    "leave with the loser": lambda scene: scene.call("leave", LOSING, 0, UNLIMITED),
    "leave with the winner": lambda scene: scene.call("leave", WINNING, 0, UNLIMITED),
    "leave the round to come": lambda scene: scene.call("leave", WINNING, 2, UNLIMITED),
    "enter": lambda scene: scene.call("enter", [0]),
    "exit": lambda scene: scene.call("set_policy", LOSING, 0, False),
    "compound more": lambda scene: scene.call("set_policy", WINNING, 4 * MORE, True),
    "move idle": lambda scene: scene.call("move_idle", LOSING, WINNING, ALL_IDLE),
    "submit again": lambda scene: scene.call("submit", [LOSING], [bytes(31) + b"y"]),
    "bring a signature": lambda scene: scene.call(
        "submit_signed", [Signed(1, scene.now, STAKER)], [LOSING], [bytes(31) + b"y"]
    ),
    "lock": lambda scene: scene.call("lock", 0),
    "settle": lambda scene: scene.settle(0, scene.chunks) if scene.chunks else _refuse(),
    "settle as expired": lambda scene: scene.call("settle_expired", 0, [0]),
    "many in one": lambda scene: scene.call(
        "multicall", [("leave", {"model": LOSING, "round_id": 0, "amount": UNLIMITED})]
    ),
    "open a round": lambda scene: scene.call("open_round", 2, scene.info(0).terms, bytes(31) + b"y"),
    "publish": lambda scene: scene.call("publish_opened", 0, bytes(31) + b"y"),
    "propose": lambda scene: scene.call("propose", 0, bytes(31) + b"y", 1, bytes(31) + b"y"),
    "veto": lambda scene: scene.call("veto", 0, scene.info(0).root),
    "void": lambda scene: scene.call("void", 0),
    "be operator": lambda scene: scene.call("set_operator", STAKER),
    "be guardian": lambda scene: scene.call("set_guardian", STAKER),
    "set the bounds": lambda scene: scene.call("set_bounds", BOUNDS),
    "pause": lambda scene: scene.call("pause"),
    "unpause": lambda scene: scene.call("unpause"),
}
"""What a staker can try: every function of the ledger that changes something, those of roles among them."""


def moments(told: Callable[[], None], longest: int = 2) -> list[Tried]:
    """Try every call, and up to `longest` calls in a row, at every moment of a round, and settle it."""
    untouched = _rest(_at(len(MOMENTS) - 1), len(MOMENTS) - 1)
    found = []
    sequences = sum(len(CALLS) ** length for length in range(1, longest + 1))
    for place, (moment, known, _) in enumerate(MOMENTS):
        ends = [end - untouched for end in _ends(_at(place), place, longest)]
        changed = [end for end in ends if end]
        found.append(Tried(moment, known, sequences, len(ends), len(changed), max([0, *changed])))
        told()
    return found


def _ends(scene: Scene, place: int, longest: int) -> Iterator[int]:
    """What the staker has in the end, after each sequence of calls that is not refused."""
    for call in CALLS.values():
        tried = copy.deepcopy(scene)
        try:
            call(tried)
        except Refused:
            continue
        yield _rest(copy.deepcopy(tried), place)
        if longest > 1:
            yield from _ends(tried, place, longest - 1)


def _at(place: int) -> Scene:
    scene = Scene()
    for _, _, step in MOMENTS[: place + 1]:
        step(scene)
    return scene


def _rest(scene: Scene, place: int) -> int:
    for _, _, step in MOMENTS[place + 1 :]:
        step(scene)
    scene.finish()
    return scene.owned()


def _refuse() -> None:
    raise Refused("there are no words to settle with")


# who settles, and when


@dataclass(frozen=True)
class Settled:
    """Where a round's value went.

    Attributes:
        when: it was settled.
        rewards: gwei.
        burns: gwei.
        successor: the round that stakes go on into.
        kept: gwei at stake there.
        idle: gwei that went to idle.
    """

    when: str
    rewards: int
    burns: int
    successor: int
    kept: int
    idle: int


def settlements() -> list[Settled]:
    """Settle the same round at every moment at which it goes, compounding models on a ring of 2."""

    def at_once(scene: Scene) -> None:
        pass

    def early(scene: Scene) -> None:
        scene.restaking()

    def last_hour(scene: Scene) -> None:
        scene.restaking()
        scene.wait_until(scene.info(2).terms.locks_at - 1)

    def late(scene: Scene) -> None:
        scene.restaking()
        scene.wait_until(scene.info(2).terms.locks_at)

    def never(scene: Scene) -> None:
        scene.wait_until(scene.info(0).terms.expires_at)

    ways = {
        "before the next round of the place opens": at_once,
        "while that one is open": early,
        "in the last hour of that one": last_hour,
        "after that one's lock": late,
        "by nobody until expires_at": never,
    }
    return [_settled(label, way) for label, way in ways.items()]


def _settled(label: str, way: Callable[[Scene], None]) -> Settled:
    scene = _at(len(MOMENTS) - 2)
    for model in SCORES:
        scene.call("set_policy", model, AT_STAKE * GWEI, True)
    supply = scene.world.numeraire.total_supply
    treasury = scene.treasury()
    idle = scene.tournament.idle_total()
    way(scene)
    if scene.tournament.state(0, scene.now) == State.EXPIRED:
        scene.call("settle_expired", 0, [0, 1])
    else:
        scene.finish()
    [successor] = [number for number in (2, 4) if scene.tournament.staked(number)]
    return Settled(
        when=label,
        rewards=treasury - scene.treasury(),
        burns=(supply - scene.world.numeraire.total_supply) // GWEI,
        successor=successor,
        kept=scene.tournament.staked(successor) // GWEI,
        idle=(scene.tournament.idle_total() - idle) // GWEI,
    )


def withheld(score: Score) -> tuple[int, int]:
    """Twins in two chunks, of which only the winner's is ever settled.

    Returns:
        what the owner gained when nobody settled the loser's chunk, and when somebody did, gwei.
    """
    found = []
    for everybody in (False, True):
        stage = Stage(CHUNK + 1)
        round_id = stage.open()
        loses, wins = 0, CHUNK
        stage.enter({loses: STAKE, wins: STAKE})
        stage.submit([loses, wins])
        stage.lock(round_id)
        chunks = stage.finalise(round_id, {loses: (-score[0], -score[1]), wins: score})
        stage.wait_until(stage.now + DAY)
        stage.settle(round_id, chunks, 1)
        if everybody:
            stage.settle(round_id, chunks, 0)
        else:
            stage.wait_until(stage.info(round_id).terms.expires_at)
            stage.call("settle_expired", round_id, [0])
        found.append(stage.worth(loses) + stage.worth(wins) - 2 * STAKE)
    return found[0], found[1]
