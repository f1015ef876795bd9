# SPDX-License-Identifier: MIT
"""Whole rounds of a tournament on anvil, phase by phase; each is timed, and the gas of its transactions summed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from eth_utils.crypto import keccak

from benchmarks.rounds.bulk import Span, UnlockedSender
from benchmarks.rounds.chain import RoundsChain, Stopwatch, benchmark_terms
from nmr.errors import NmrError
from nmr.protocol.chunk_tree import ChunkTree, encode
from nmr.protocol.lanes import group_count, place_of, unpack
from nmr.protocol.payout import Rule, delta
from nmr.protocol.reference.rounds import Terms
from nmr.protocol.reference.views import IDLE_ROW
from nmr.protocol.score_words import Score, encode_chunks
from nmr.text.amounts import GWEI, NMR, SCORE

ROUNDS: Final = 3
"""The first finds every slot empty, the third finds all of them written: from then on nothing changes."""
DEPOSIT: Final = 10 * NMR
TARGET: Final = 8 * NMR
OPEN_HOURS: Final = 700
RESOLVE_HOURS: Final = 1_300
ENTERED: Final = 256
"""Groups that one call enters."""
WORDS: Final = 1_024
"""Words that a getter gives at once."""
ZERO: Final = "0x" + "00" * 20
ONCE: Final = 0
"""As a round: what is done once, before the first."""


class WrongBooks(NmrError, RuntimeError):
    """The chain's stakes are not those that the payout rule gives."""


@dataclass(frozen=True)
class Phase:
    """One phase of a round.

    Attributes:
        round: 1 for the first, `ONCE` for what precedes it.
        name: what was done.
        transactions: how many it took.
        gas: what they used.
        seconds: how long they took, from the first encoding to the last block and the look at their logs.
    """

    round: int
    name: str
    transactions: int
    gas: int
    seconds: float


class Play:
    """A tournament of so many models through its rounds."""

    def __init__(self, chain: RoundsChain, models: int, told: Callable[[str, int], None]) -> None:
        self._chain = chain
        self._told = told
        self._models = range(models)
        self._groups = range(group_count(models))
        self._owner: dict[int, UnlockedSender] = {}
        self._stakes: dict[int, int] = dict.fromkeys(self._models, 0)
        self._idle: dict[int, int] = dict.fromkeys(self._models, 0)
        self.phases: list[Phase] = []

    def run(self) -> list[Phase]:
        """All rounds; gives their phases in the order of the first."""
        self._register()
        self._deposit()
        self._open(0)
        for number in range(1, ROUNDS + 1):
            self._play(number)
        return self.phases

    def _play(self, number: int) -> None:
        round_id = number - 1
        self._enter(number)
        self._submit(number)
        terms, rule = self._lock(number, round_id)
        random = Random(number)  # noqa: S311 - no secret is made of it
        scores = {model: random_score(random) for model in self._models}
        words, tree = self._root(number, scores)
        self._propose(round_id, terms, tree)
        self._open(number)
        self._settle(number, round_id, words, tree)
        self._pay(scores, rule)
        self._read(number, round_id)

    def _register(self) -> None:
        chain, stakers = self._chain, self._chain.stakers
        calls = (
            (stakers[model % len(stakers)], chain.tournament.encode("register", f"model {model}", ZERO))
            for model in self._models
        )
        span = self._phase(ONCE, "register", "ModelRegistered", calls)
        by_address = {staker.address.lower(): staker for staker in stakers}
        for log in span.logs:
            self._owner[int(log["topics"][1], 16)] = by_address["0x" + log["topics"][2][-40:]]

    def _deposit(self) -> None:
        chain = self._chain
        for staker in chain.stakers:
            chain.send(staker, chain.token, "approve", chain.tournament.address, 2**256 - 1)

        def both(model: int) -> bytes:
            deposit = chain.tournament.encode("deposit", model, DEPOSIT, self._owner[model].address)
            policy = chain.tournament.encode("set_policy", model, TARGET, _compounds(model))
            return chain.tournament.encode("multicall", [deposit, policy])

        self._phase(
            ONCE, "deposit and policy", "PolicySet", ((self._owner[model], both(model)) for model in self._models)
        )
        self._idle = dict.fromkeys(self._models, DEPOSIT // GWEI)

    def _open(self, round_id: int) -> None:
        chain = self._chain
        terms = benchmark_terms(chain.now, chain.hour, open_for=OPEN_HOURS, resolve=RESOLVE_HOURS)
        self._terms = terms
        chain.send(chain.operator, chain.tournament, "open_round", round_id, tuple(terms), keccak(text="package"))

    def _enter(self, number: int) -> None:
        chain = self._chain
        parts = [self._groups[i : i + ENTERED] for i in range(0, len(self._groups), ENTERED)]
        calls = ((chain.stakers[0], chain.tournament.encode("enter", list(part))) for part in parts)
        self._phase(number, "enter", "Entered", calls)
        for model in self._models:
            added = max(min(self._idle[model], TARGET // GWEI - self._stakes[model]), 0)
            self._idle[model] -= added
            self._stakes[model] += added

    def _submit(self, number: int) -> None:
        chain = self._chain
        calls = (
            (self._owner[model], chain.tournament.encode("submit", [model], [keccak(text=f"{number} {model}")]))
            for model in self._models
        )
        self._phase(number, "submit", "Submitted", calls)

    def _lock(self, number: int, round_id: int) -> tuple[Terms, Rule]:
        chain, terms = self._chain, self._terms
        chain.move_to(terms.locks_at)
        calls = [(chain.operator, chain.tournament.encode("lock", round_id))]
        self._phase(number, "lock", "RoundLocked", calls)
        [info] = chain.read("round_info", [(round_id,)])
        factor, clip = info[5], info[6]
        chain.send(chain.operator, chain.tournament, "publish_opened", round_id, keccak(text="opened"))
        return terms, Rule(terms.primary, terms.contribution, factor, clip)

    def _root(self, number: int, scores: dict[int, Score]) -> tuple[list[list[int]], ChunkTree]:
        watch = Stopwatch()
        self._told(f"round {number}: root", len(scores))
        words = encode_chunks(scores)
        tree = ChunkTree.of(words)
        self.phases.append(Phase(number, "root", 0, 0, watch.lap()))
        return words, tree

    def _propose(self, round_id: int, terms: Terms, tree: ChunkTree) -> None:
        chain = self._chain
        chain.move_to(terms.resolves_at)
        evidence = keccak(text="evidence")
        chain.send(chain.operator, chain.tournament, "propose", round_id, tree.root, tree.chunks, evidence)
        chain.move_to(chain.now + terms.window)

    def _settle(self, number: int, round_id: int, words: Sequence[Sequence[int]], tree: ChunkTree) -> None:
        chain = self._chain
        calls = (
            (chain.stakers[0], chain.tournament.encode("settle", round_id, i, encode(chunk), tree.proof(i)))
            for i, chunk in enumerate(words)
        )
        self._phase(number, "settle", "Settled", calls)

    def _pay(self, scores: dict[int, Score], rule: Rule) -> None:
        """What the payout rule makes of the stakes."""
        for model, stake in self._stakes.items():
            value = stake + delta(stake, *scores[model], rule)
            keeps = value if _compounds(model) else min(value, TARGET // GWEI)
            keeps = keeps if keeps >= self._chain.min_stake // GWEI else 0
            self._stakes[model] = keeps
            self._idle[model] += value - keeps

    def _read(self, number: int, round_id: int) -> None:
        """Read every stake and all that is idle, and compare them with what the rule makes of them."""
        watch = Stopwatch()
        self._told(f"round {number}: read back", len(self._models))
        pages = [(first, min(WORDS, len(self._groups) - first)) for first in range(0, len(self._groups), WORDS)]
        positions = self._chain.read("words", [(0, *page) for page in pages])
        idle = self._chain.read("words", [(IDLE_ROW, *page) for page in pages])
        found = [[unpack(word) for page in part for word in page] for part in (positions, idle)]
        self.phases.append(Phase(number, "read back", 0, 0, watch.lap()))
        for words, expected, what in zip(found, (self._stakes, self._idle), ("at stake", "idle"), strict=True):
            for model in self._models:
                group, lane = place_of(model)
                if words[group][lane] != expected[model]:
                    raise WrongBooks(
                        f"Model {model} has {words[group][lane]} gwei {what} after round {round_id}, "
                        f"and the payout rule gives {expected[model]}."
                    )

    def _phase(self, number: int, name: str, event: str, calls: Iterable[tuple[UnlockedSender, bytes]]) -> Span:
        """A phase of transactions, each of which leaves an event; the calls are encoded while the time runs."""
        watch = Stopwatch()
        encoded = list(calls)
        self._told(f"round {number}: {name}" if number else name, len(encoded))
        span = self._chain.drive(encoded, event)
        self.phases.append(Phase(number, name, len(encoded), span.gas, watch.lap()))
        return span


def _compounds(model: int) -> bool:
    """Every other model compounds."""
    return model % 2 == 1


def random_score(random: Random) -> Score:
    """Both scores of a model, of the size that real ones have."""
    return round(random.gauss(0, 0.02) * SCORE), round(random.gauss(0, 0.005) * SCORE)
