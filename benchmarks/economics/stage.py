# SPDX-License-Identifier: MIT
"""The tournament on which strategies are played: the reference ledger, with a clock of its own.

It refuses what the contract refuses, and every amount is an integer. Amounts here are gwei, unless a name says wei.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from nmr.protocol.chunk_tree import ChunkTree, encode
from nmr.protocol.lanes import group_count
from nmr.protocol.reference import (
    UNLIMITED,
    Bounds,
    Deployment,
    Limits,
    ReferenceSuite,
    Roles,
    Round,
    Setup,
    Terms,
    Tournament,
)
from nmr.protocol.score_words import Score, encode_chunks
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR, RATIO, SUPPLY

HOUR: Final = 3_600
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY
START: Final = 1_700_000_000

NUMERAIRE, TREASURY, TOURNAMENT = (f"0xc{index:039x}" for index in range(3))
OWNER, OPERATOR, GUARDIAN, STAKER, ANYONE = (f"0xa{index:039x}" for index in range(5))

PRIMARY: Final = 5_000
CONTRIBUTION: Final = 20_000
CLIP: Final = RATIO // 20
MIN_STAKE: Final = NMR // 100 // GWEI
"""The demo's terms, and those of docs/terms.example.toml: 0.5 × CORR + 2 × MMC, clip 5%, MIN_STAKE 0.01 NMR."""
MAX_CLIP: Final = RATIO // 5
CAP: Final = 100_000 * NMR // GWEI
"""Loose bounds: a clip above that of docs/deployment.example.toml, and its cap of what a round reserves."""
CAP_FILLS: Final = CAP * RATIO // MAX_CLIP
"""Gwei at stake in a round that ask for the whole cap at the largest clip."""
LONG_RING: Final = 28
"""The ring of docs/deployment.daily.toml."""
RESERVE: Final = 3_000_000 * NMR // GWEI
OUTSIDE: Final = SUPPLY // GWEI - RESERVE
"""All NMR that anybody but the treasury can have."""

BOUNDS: Final = Bounds(
    max_primary=100_000,
    max_contribution=100_000,
    max_clip=MAX_CLIP,
    min_threshold=0,
    min_open=2 * HOUR,
    max_open=10 * DAY,
    max_resolve=120 * DAY,
    max_expiry=60 * DAY,
    min_window=DAY,
)
DIGEST: Final = bytes(31) + b"x"
"""Of files, lists and evidence, whose content the ledger does not know."""


class Stage:
    """One tournament whose models all belong to `STAKER`, with the treasury that pays it."""

    def __init__(
        self,
        models: int,
        *,
        ring: int = 1,
        threshold: int = 0,
        clip: int = CLIP,
        cap: int = CAP,
        reserve: int = RESERVE,
        ceiling: int = SUPPLY // GWEI,
    ) -> None:
        self.now = START
        self.threshold = threshold
        self.clip = clip
        self.world = ReferenceSuite.deploy(
            Deployment(NUMERAIRE, TREASURY, {TOURNAMENT: Setup(ring, 0, MIN_STAKE * GWEI)}),
            roles=Roles(OWNER, OPERATOR, GUARDIAN),
            bounds=BOUNDS,
            distribution={TREASURY: reserve * GWEI, STAKER: SUPPLY - reserve * GWEI},
            limits={TOURNAMENT: Limits(cap * GWEI, ceiling * GWEI, ceiling * GWEI)},
            now=self.now,
        )
        self.world.numeraire.approve(TOURNAMENT, UNLIMITED, sender=STAKER, now=self.now)
        for model in range(models):
            self.call("register", f"model {model}", ZERO_ADDRESS)

    @property
    def tournament(self) -> Tournament:
        """The tournament."""
        return self.world.tournaments[TOURNAMENT]

    def call(self, name: str, *args: Any, sender: str = STAKER) -> Any:
        """Call the tournament now."""
        return getattr(self.tournament, name)(*args, sender=sender, now=self.now)

    def wait_until(self, moment: int) -> None:
        """Let time pass; it does not go back."""
        self.now = max(self.now, moment)

    def info(self, round_id: int) -> Round:
        """A round as the contract returns it, in wei."""
        return self.tournament.round_info(round_id)

    def worth(self, model: int) -> int:
        """What a model has, idle and at stake."""
        at_stake = sum(stake.amount for stake in self.tournament.stakes_of(model, self.now))
        return (self.tournament.idle_of(model) + at_stake) // GWEI

    def treasury(self) -> int:
        """What the treasury has."""
        return self.world.numeraire.balance_of(TREASURY) // GWEI

    # a round, step by step

    def open(self) -> int:
        """Open the round whose turn it is: a day until the lock, a week until the outcome, as in the demo."""
        terms = Terms(
            primary=PRIMARY,
            contribution=CONTRIBUTION,
            clip=self.clip,
            threshold=self.threshold * GWEI,
            sealing_key=DIGEST,
            locks_at=self.now + DAY,
            resolves_at=self.now + DAY + WEEK,
            expires_at=self.now + DAY + 6 * WEEK,
            window=DAY,
        )
        due = self.tournament.due_round(self.now)
        # Where every place is blocked the ledger refuses any id.
        round_id = self.tournament.last_opened + 1 if due is None else due
        self.call("open_round", round_id, terms, DIGEST, sender=OPERATOR)
        return round_id

    def enter(self, stakes: Mapping[int, int], compound: bool = False) -> None:
        """Make these the targets of models, bring what is missing, and enter them into the open round."""
        for model, stake in stakes.items():
            missing = stake - self.tournament.idle_of(model) // GWEI
            if missing > 0:
                self.call("deposit", model, missing * GWEI, STAKER)
            if self.tournament.policy_of(model) != (stake * GWEI, compound and stake > 0):
                self.call("set_policy", model, stake * GWEI, compound and stake > 0)
        self.enter_all()

    def enter_all(self) -> None:
        """Enter every model into the open round by the policy it has."""
        groups = group_count(self.tournament.model_count)
        for first in range(0, groups, 256):
            self.call("enter", list(range(first, min(first + 256, groups))), sender=ANYONE)

    def submit(self, models: Collection[int]) -> None:
        """Commit to a file for each of these models."""
        ordered = sorted(models)
        for first in range(0, len(ordered), 128):
            some = ordered[first : first + 128]
            self.call("submit", some, [DIGEST] * len(some))

    def lock(self, round_id: int) -> Round:
        """Lock a round when it is due, and return it."""
        self.wait_until(self.info(round_id).terms.locks_at)
        self.call("lock", round_id, sender=ANYONE)
        return self.info(round_id)

    def publish(self, round_id: int) -> None:
        """Publish the list of what was opened."""
        self.call("publish_opened", round_id, DIGEST, sender=OPERATOR)

    def propose(self, round_id: int, scores: Mapping[int, Score]) -> list[list[int]]:
        """Propose scores when the outcome is known, and return their chunks."""
        self.wait_until(self.info(round_id).terms.resolves_at)
        chunks = encode_chunks(scores)
        self.call("propose", round_id, ChunkTree.of(chunks).root, len(chunks), DIGEST, sender=OPERATOR)
        return chunks

    def finalise(self, round_id: int, scores: Mapping[int, Score]) -> list[list[int]]:
        """Publish, propose, wait until the window is over, and return the chunks."""
        self.publish(round_id)
        chunks = self.propose(round_id, scores)
        self.wait_until(self.info(round_id).final_at)
        return chunks

    def settle(self, round_id: int, chunks: Sequence[Sequence[int]], index: int = 0) -> None:
        """Settle one chunk of a final round."""
        proof = ChunkTree.of(chunks).proof(index)
        self.call("settle", round_id, index, encode(chunks[index]), proof, sender=ANYONE)

    def settle_home(self, round_id: int, chunks: Sequence[Sequence[int]]) -> None:
        """Settle all chunks of a final round, and take back what waits for the next, so that everything is idle."""
        self.wait_until(self.info(round_id).final_at)
        for index in range(len(chunks)):
            self.settle(round_id, chunks, index)
        for model in range(self.tournament.model_count):
            for stake in self.tournament.stakes_of(model, self.now):
                if stake.waiting:
                    self.call("leave", model, stake.round, UNLIMITED)

    # all of it

    def play(
        self, stakes: Mapping[int, int], submitted: Collection[int], scores: Mapping[int, Score]
    ) -> dict[int, int]:
        """Play a whole round with these stakes, all of which come home after it, and return each model's change."""
        round_id = self.open()
        self.enter(stakes)
        before = {model: self.worth(model) for model in stakes}
        self.submit(submitted)
        self.lock(round_id)
        self.settle_home(round_id, self.finalise(round_id, scores))
        return {model: self.worth(model) - before[model] for model in stakes}
