# SPDX-License-Identifier: MIT
"""A small suite on the reference, and the usual ways through a round."""

import copy
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from eth_hash.auto import keccak
from rlp import encode as rlp_encode

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
from nmr.protocol.score_words import Score, encode_chunks
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR, RATIO, SUPPLY
from tests.support.actors import address
from tests.support.terms import terms as terms_of_tests

HOUR = 3_600
START = 1_700_000_000

# In lower case, as raw logs have them.
OPERATOR, GUARDIAN, STAKER, RIVAL, STRANGER = (
    address(name).lower() for name in ("operator", "guardian", "staker", "rival", "stranger")
)
DEPLOYER = "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"
"""Whose key is 1."""


def created(nonce: int) -> str:
    """Where the deployer's transaction of a nonce creates a contract."""
    return f"0x{keccak(rlp_encode([bytes.fromhex(DEPLOYER[2:]), nonce]))[12:].hex()}"


# The owner is the timelock.
OWNER, TREASURY, NUMERAIRE, TERMS_CHECK, TOURNAMENT = map(created, range(5))

BOUNDS = Bounds(
    max_primary=50_000,
    max_contribution=50_000,
    max_clip=RATIO // 2,
    min_threshold=10 * NMR,
    min_open=2 * HOUR,
    max_open=100 * HOUR,
    max_resolve=1_000 * HOUR,
    max_expiry=500 * HOUR,
    min_window=24 * HOUR,
)

OPENED_LIST, EVIDENCE, SEALED, PACKAGE = (bytes([fill]) * 32 for fill in (1, 2, 3, 4))
LIMITS = Limits(cap=1_000 * NMR, ceiling=20_000 * NMR, rate=1_000 * NMR)


def terms(now: int, **changes: Any) -> Terms:
    """Terms within `BOUNDS` of a round that is opened now: CORR × 2 + MMC, and long to settle."""
    usual = {"primary": 20_000, "contribution": 10_000, "expires_in": 200 * HOUR}
    return terms_of_tests(now, HOUR, **usual | changes)


class ExampleSuite:
    """One tournament at a time of its own, with stakers that approved everything."""

    def __init__(
        self,
        *,
        ring: int = 2,
        first_round: int = 1,
        models: int = 4,
        limits: Limits | None = LIMITS,
        min_stake: int = NMR,
    ) -> None:
        self.now = START
        self.world = ReferenceSuite.deploy(
            Deployment(NUMERAIRE, TREASURY, {TOURNAMENT: Setup(ring, first_round, min_stake)}),
            roles=Roles(OWNER, OPERATOR, GUARDIAN),
            bounds=BOUNDS,
            distribution={
                TREASURY: 3_000_000 * NMR,
                STAKER: 4_000_000 * NMR,
                RIVAL: 3_000_000 * NMR,
                OWNER: SUPPLY - 10_000_000 * NMR,
            },
            limits={TOURNAMENT: limits} if limits else {},
            now=self.now,
        )
        for staker in (STAKER, RIVAL):
            self.world.numeraire.approve(TOURNAMENT, UNLIMITED, sender=staker, now=self.now)
        for index in range(models):
            self.tournament.register(f"model {index}", ZERO_ADDRESS, sender=STAKER, now=self.now)

    @property
    def tournament(self) -> Tournament:
        return self.world.tournaments[TOURNAMENT]

    def call(self, name: str, *args: Any, sender: str = STAKER) -> Any:
        """Call the tournament now."""
        return getattr(self.tournament, name)(*args, sender=sender, now=self.now)

    def wait(self, hours: float) -> None:
        self.now += int(hours * HOUR)

    def state(self, round_id: int) -> State:
        return self.tournament.state(round_id, self.now)

    def terms_of(self, round_id: int) -> Terms:
        return self.tournament.round_info(round_id).terms

    # ways through a round

    def open(self, **changes: Any) -> int:
        """Open the round whose turn it is, and return its id."""
        round_id = self.tournament.due_round(self.now)
        assert round_id is not None, "every place is blocked"
        self.call("open_round", round_id, terms(self.now, **changes), PACKAGE, sender=OPERATOR)
        return round_id

    def submit(self, *models: int, sender: str = STAKER) -> None:
        self.call("submit", list(models), [SEALED] * len(models), sender=sender)

    def lock(self, round_id: int) -> None:
        self.now = max(self.now, self.terms_of(round_id).locks_at)
        self.call("lock", round_id, sender=STRANGER)

    def publish(self, round_id: int) -> None:
        self.lock(round_id)
        self.call("publish_opened", round_id, OPENED_LIST, sender=OPERATOR)

    def propose(self, round_id: int, scores: Mapping[int, Score]) -> list[list[int]]:
        """Lock if need be, publish and propose; return the chunks."""
        if self.state(round_id) in (State.OPEN, State.ENDED):
            self.publish(round_id)
        self.now = max(self.now, self.terms_of(round_id).resolves_at)
        chunks = encode_chunks(scores)
        self.call("propose", round_id, ChunkTree.of(chunks).root, len(chunks), EVIDENCE, sender=OPERATOR)
        return chunks

    def finalise(self, round_id: int, scores: Mapping[int, Score]) -> list[list[int]]:
        """Propose and wait for the window to end; return the chunks."""
        chunks = self.propose(round_id, scores)
        self.now = self.tournament.round_info(round_id).final_at
        return chunks

    def settle(self, round_id: int, chunks: list[list[int]], index: int = 0) -> None:
        self.call("settle", round_id, index, encode(chunks[index]), ChunkTree.of(chunks).proof(index), sender=STRANGER)

    # checks

    def books(self) -> tuple[object, ...]:
        """A copy of everything that a refused call must leave alone."""
        numeraire, treasury = self.world.numeraire, self.world.treasury
        return copy.deepcopy(
            (
                self.tournament.books,
                numeraire.balances,
                {pair: amount for pair, amount in numeraire.allowances.items() if amount},
                treasury.books,
                self.world.events,
            )
        )

    @contextmanager
    def refuses(self, reason: str) -> Iterator[None]:
        """Expect a refusal for exactly this reason that changes nothing."""
        before = self.books()
        with pytest.raises(Refused, match=f"^{re.escape(reason)}$"):
            yield
        assert self.books() == before

    def last(self, name: str) -> Mapping[str, Any]:
        """The arguments of the last event of this name."""
        return next(event.args for event in reversed(self.world.events) if event.name == name)


def owed(tournament: Tournament) -> int:
    """Wei that a tournament owes its models."""
    return tournament.idle_total() + tournament.staked_total()


def worth(tournament: Tournament, model: int) -> int:
    """Gwei of a model, idle and at stake."""
    return tournament.idle_of(model) // GWEI + sum(stake.amount // GWEI for stake in tournament.stakes_of(model, START))
