# SPDX-License-Identifier: MIT
"""Sixty rounds on the reference, hour by hour: an operator, a guardian, and a stranger who settles."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from nmr.errors import Refused
from nmr.protocol.chunk_tree import ChunkTree, encode
from nmr.protocol.reference import (
    UNLIMITED,
    Bounds,
    Deployment,
    Limits,
    ReferenceSuite,
    Roles,
    Setup,
    State,
    Terms,
    Tournament,
)
from nmr.protocol.reference.rounds import FREED
from nmr.protocol.score_words import encode_chunks
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR, RATIO, SCORE, SUPPLY

HOUR: Final = 3_600
DAY: Final = 24 * HOUR
START: Final = 1_700_000_000
ROUNDS: Final = 60
STAKE: Final = 100 * NMR
MODELS: Final = (0, 1_200)
"""Two compounding models, in two chunks."""
SCORE_OF_ALL: Final = (SCORE // 1_000, 0)
DIGEST: Final = bytes(31) + b"x"

NUMERAIRE, TREASURY, TOURNAMENT = (f"0xc{index:039x}" for index in range(3))
OWNER, OPERATOR, GUARDIAN, STAKER, STRANGER = (f"0xa{index:039x}" for index in range(5))


@dataclass(frozen=True)
class Cadence:
    """How rounds follow each other; seconds, and what the treasury may grant."""

    name: str
    ring: int
    every: int
    open_for: int
    resolves_in: int
    expires_in: int
    window: int
    limits: Limits


WEEKLY: Final = Cadence(
    "weekly, ring of 4",
    4,
    7 * DAY,
    2 * DAY,
    21 * DAY,
    35 * DAY,
    DAY,
    Limits(50_000 * NMR, 300_000 * NMR, 7_500 * NMR),
)
DAILY: Final = Cadence(
    "daily, ring of 28", 28, DAY, 22 * HOUR, 21 * DAY, 35 * DAY, DAY, Limits(7_500 * NMR, 300_000 * NMR, 7_500 * NMR)
)
"""The shipped examples: docs/deployment.example.toml and docs/deployment.daily.toml with their terms."""


@dataclass(frozen=True)
class Incident:
    """What goes wrong in round `round`, counted from the first.

    Attributes:
        name: for people.
        sleeps: seconds for which the operator does nothing.
        pauses: whether the guardian pauses for as long as a pause lasts.
        vetoes: roots in a row that the guardian turns down.
        withholds: whether chunk 1 is settled by nobody before it expires.
        voids: whether the guardian voids it.
    """

    name: str
    round: int = 10
    sleeps: int = 0
    pauses: bool = False
    vetoes: int = 0
    withholds: bool = False
    voids: bool = False


INCIDENTS: Final = (
    Incident("nothing"),
    Incident("the operator sleeps for a week", sleeps=7 * DAY),
    Incident("the guardian pauses for 30 days", pauses=True),
    Incident("two vetoes in a row", vetoes=2),
    Incident("a chunk withheld to its expiry", withholds=True),
    Incident("a void", voids=True),
)


@dataclass
class Outcome:
    """What came of the stakes.

    Attributes:
        opened: rounds that were opened in the time of sixty.
        at_risk: of the two models' stakes, how many stood at a lock, of `opened` times two.
        home: how often a compounding stake was sent to idle though its owner did not ask for it.
        idle: millionths of what the two models gained that lay idle in the end, and compounded no more.
        left_in: days from the end until everything was idle.
        late: days by which the last round opened later than planned.
    """

    opened: int = 0
    at_risk: int = 0
    home: int = 0
    idle: int = 0
    left_in: int = 0
    late: int = 0
    opened_at: dict[int, int] = field(default_factory=dict)

    @property
    def figures(self) -> tuple[int, int, int, int, int, int]:
        """All but `opened_at`, in their order."""
        return self.opened, self.at_risk, self.home, self.idle, self.left_in, self.late


class Play:
    """A tournament, and the people around it."""

    def __init__(
        self, cadence: Cadence, incident: Incident, rounds: int = ROUNDS, settles: "Settles | None" = None
    ) -> None:
        """
        Args:
            cadence: of the rounds.
            incident: what goes wrong.
            rounds: how many are to be opened.
            settles: whether the stranger settles a round now; as soon as it goes if left out.
        """
        self.cadence = cadence
        self.rounds = rounds
        self.settles = settles or (lambda play, round_id: True)
        self.incident = incident
        self.now = START
        self.outcome = Outcome()
        self.world = self.deploy()
        self.world.numeraire.approve(TOURNAMENT, UNLIMITED, sender=STAKER, now=self.now)
        for model in range(MODELS[-1] + 1):
            self.call("register", f"model {model}", ZERO_ADDRESS)
        self.live: list[int] = []
        self.chunks: dict[int, list[list[int]]] = {}
        self.proposed: dict[int, int] = {}
        self.awake_at = 0
        self.struck: int | None = None
        self.leaving = False

    def deploy(self) -> ReferenceSuite:
        """The suite with its bounds as wide as the hard limits."""
        bounds = Bounds(100_000, 100_000, RATIO // 20, 0, 2 * HOUR, 10 * DAY, 120 * DAY, 60 * DAY, DAY)
        return ReferenceSuite.deploy(
            Deployment(NUMERAIRE, TREASURY, {TOURNAMENT: Setup(self.cadence.ring, 0, NMR // 10)}),
            roles=Roles(OWNER, OPERATOR, GUARDIAN),
            bounds=bounds,
            distribution={TREASURY: 3_000_000 * NMR, STAKER: SUPPLY - 3_000_000 * NMR},
            limits={TOURNAMENT: self.cadence.limits},
            now=self.now,
        )

    @property
    def tournament(self) -> Tournament:
        """The tournament."""
        return self.world.tournaments[TOURNAMENT]

    def call(self, name: str, *args: Any, sender: str = STAKER) -> Any:
        """Call the tournament now."""
        return getattr(self.tournament, name)(*args, sender=sender, now=self.now)

    def tried(self, name: str, *args: Any, sender: str = STRANGER) -> bool:
        """Call it, and say whether it took the call."""
        try:
            self.call(name, *args, sender=sender)
        except Refused:
            return False
        return True

    def run(self) -> Outcome:
        """Play the rounds, and then let everybody leave."""
        slot = 0
        while slot < self.rounds:
            if self.now >= START + slot * self.cadence.every and self._opens(slot):
                slot += 1
            self._hour()
        planned = START + (self.rounds - 1) * self.cadence.every
        idle, gained = sum(self._idle().values()), self._worth() - len(MODELS) * self.cadence.ring * STAKE
        self.outcome.idle = min(10**6, idle * 10**6 // gained)
        self.outcome.late = -((planned - self.outcome.opened_at[self.rounds - 1]) // DAY)
        self._exit()
        return self.outcome

    def open_round(self) -> int | None:
        """Open the round whose turn it is; None if it does not go."""
        round_id = self.tournament.due_round(self.now)
        opened = round_id is not None and self.tried("open_round", round_id, self.terms(), DIGEST, sender=OPERATOR)
        return round_id if opened else None

    def terms(self) -> Terms:
        """Terms of a round that opens now."""
        at, cadence = self.now, self.cadence
        return Terms(
            primary=5_000,
            contribution=0,
            clip=RATIO // 20,
            threshold=0,
            sealing_key=DIGEST,
            locks_at=at + cadence.open_for,
            resolves_at=at + cadence.resolves_in,
            expires_at=at + cadence.expires_in,
            window=cadence.window,
        )

    def settle(self, round_id: int, index: int) -> bool:
        """Settle a chunk."""
        chunks = self.chunks[round_id]
        proof = ChunkTree.of(chunks).proof(index)
        return self.tried("settle", round_id, index, encode(chunks[index]), proof)

    def leave(self) -> None:
        """Let the owner take back what goes."""
        for model in MODELS:
            for stake in self.tournament.stakes_of(model, self.now):
                self.tried("leave", model, stake.round, UNLIMITED, sender=STAKER)

    def _opens(self, slot: int) -> bool:
        if self.now < self.awake_at:
            return False
        round_id = self.open_round()
        if round_id is None:
            return False
        self.live.append(round_id)
        self.outcome.opened += 1
        self.outcome.opened_at[slot] = self.now
        if slot < self.cadence.ring:
            for model in MODELS:
                self.call("stake", model, STAKE)
                self.call("set_policy", model, STAKE, True)
        self.tried("enter", [model // 4 for model in MODELS])
        self.tried("submit", list(MODELS), [DIGEST] * len(MODELS), sender=STAKER)
        if slot == self.incident.round:
            self._incident(round_id)
        return True

    def _incident(self, round_id: int) -> None:
        self.struck = round_id
        if self.incident.sleeps:
            self.awake_at = self.now + self.incident.sleeps
        if self.incident.pauses:
            self.call("pause", sender=GUARDIAN)
        if self.incident.voids:
            self.call("void", round_id, sender=GUARDIAN)

    def unpause(self) -> None:
        """A pause lapses by itself."""

    def _hour(self) -> None:
        for round_id in list(self.live):
            self._step(round_id)
        self.unpause()
        self.now += HOUR

    def _step(self, round_id: int) -> None:
        state, awake = self.tournament.state(round_id, self.now), self.now >= self.awake_at
        info = self.tournament.round_info(round_id)
        if state == State.ENDED:
            self.tried("lock", round_id)
            self.outcome.at_risk += sum(self.tournament.position(round_id, model) > 0 for model in MODELS)
        elif state == State.LOCKED and awake:
            self.tried("publish_opened", round_id, DIGEST, sender=OPERATOR)
        elif state == State.OPENED and awake and self.now >= info.terms.resolves_at:
            self.chunks[round_id] = encode_chunks(dict.fromkeys(MODELS, SCORE_OF_ALL))
            root = ChunkTree.of(self.chunks[round_id]).root
            count = len(self.chunks[round_id])
            if self.tried("propose", round_id, root, count, DIGEST, sender=OPERATOR):
                self.proposed[round_id] = self.proposed.get(round_id, 0) + 1
        elif state == State.PROPOSED:
            honest = round_id != self.struck or self.proposed[round_id] > self.incident.vetoes
            if not honest and info.final_at - self.now <= 2 * HOUR:
                self.call("veto", round_id, info.root, sender=GUARDIAN)
        elif state in {State.FINAL, *FREED} and not self.leaving and not self.settles(self, round_id):
            return
        elif state == State.FINAL:
            for index in range(len(self.chunks[round_id])):
                if index == 0 or round_id != self.struck or not self.incident.withholds:
                    self._counted(partial(self.settle, round_id, index))
        elif state in FREED:
            groups = [model // 4 for model in MODELS]
            self._counted(partial(self.tried, "settle_expired", round_id, groups))
        elif state == State.CLOSED:
            self.live.remove(round_id)

    def _counted(self, settle: Callable[[], bool]) -> None:
        """Settle, and count what goes to idle."""
        before = self._idle()
        settle()
        after = self._idle()
        if not self.leaving:
            self.outcome.home += sum(after[model] > before[model] for model in MODELS)

    def _idle(self) -> Mapping[int, int]:
        return {model: self.tournament.idle_of(model) for model in MODELS}

    def _worth(self) -> int:
        stakes = [stake.amount for model in MODELS for stake in self.tournament.stakes_of(model, self.now)]
        return sum(stakes) + sum(self._idle().values())

    def _exit(self) -> None:
        """Let everybody leave, without the operator: the last rounds expire."""
        self.leaving, begun = True, self.now
        self.awake_at = 2**63
        for model in MODELS:
            self.call("set_policy", model, 0, False)
        while any(self.tournament.stakes_of(model, self.now) for model in MODELS):
            self.leave()
            self._hour()
        self.outcome.left_in = -((begun - self.now) // DAY)


Settles = Callable[[Play, int], bool]
