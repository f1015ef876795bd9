# SPDX-License-Identifier: MIT
"""What a round costs those whose models lie beside a pool's, in one word of the ledger, and beside a person's."""

from collections.abc import Callable
from typing import Final

from benchmarks.backers.play import ALL, BLOCK, FEE, HASH, OPEN_HOURS, PLACE, RESOLVE_HOURS, SKIN, WON
from benchmarks.rounds.bulk import UnlockedSender
from benchmarks.rounds.chain import Contract, RoundsChain, benchmark_terms
from nmr.ape.project import contract_address
from nmr.deploy.local import TOURNAMENT
from nmr.protocol.chunk_tree import ChunkTree, encode
from nmr.protocol.reference.rounds import Terms
from nmr.protocol.score_words import encode_chunks
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR

STAKE: Final = 100 * NMR
TARGET: Final = 50 * NMR
OWN, BESIDE = 0, 1
"""The model of the pool or person, and that of somebody else."""


class Neighbours:
    """Two rounds of two models of one group: of the first the owner is a pool, or a person who keeps all at stake."""

    def __init__(self, chain: RoundsChain, pooled: bool) -> None:
        """
        Args:
            chain: fresh, with a ring of one.
            pooled: whether the first model is a pool's.
        """
        self._chain, self._pooled = chain, pooled
        self._owner, self._other, self._stranger = chain.stakers[:3]
        self.figures: dict[str, int] = {}

    def run(self) -> dict[str, int]:
        """Play both rounds; gives the gas of each call of the others."""
        chain, send = self._chain, self._chain.send
        stake = self._pool() if self._pooled else self._person()
        send(self._other, chain.tournament, "register", "beside", ZERO_ADDRESS)
        send(self._other, chain.token, "approve", chain.tournament.address, ALL)
        send(self._other, chain.tournament, "deposit", BESIDE, 2 * TARGET, self._other.address)
        send(self._other, chain.tournament, "set_policy", BESIDE, TARGET, False)
        for round_id in (0, 1):
            terms = benchmark_terms(chain.now, chain.hour, open_for=OPEN_HOURS, resolve=RESOLVE_HOURS)
            self._call(chain.operator, "open_round", round_id, tuple(terms), HASH)
            if round_id == 0:
                stake()
            self._resolve(round_id, terms)
        return self.figures

    def _pool(self) -> Callable[[], None]:
        chain = self._chain
        factory = chain.suite.factory(TOURNAMENT)
        span = chain.send(self._owner, factory, "create", FEE, SKIN, ZERO_ADDRESS, "pool")
        pool = chain.at("Pool", contract_address(factory.address, 1), span)
        chain.send(self._owner, chain.token, "approve", pool.address, ALL)

        def fill() -> None:
            chain.send(self._owner, pool, "enter_order", PLACE, STAKE)
            chain.move_to(chain.now + BLOCK)
            chain.receipt(chain.send(self._stranger, pool, "fill", PLACE))

        return fill

    def _person(self) -> Callable[[], None]:
        chain = self._chain
        tournament: Contract = chain.tournament
        chain.send(self._owner, tournament, "register", "person", ZERO_ADDRESS)
        chain.send(self._owner, tournament, "set_policy", OWN, GWEI, True)
        chain.send(self._owner, chain.token, "approve", tournament.address, ALL)

        def stake() -> None:
            chain.receipt(chain.send(self._owner, tournament, "stake", OWN, STAKE))

        return stake

    def _resolve(self, round_id: int, terms: Terms) -> None:
        chain, operator = self._chain, self._chain.operator
        self._call(self._stranger, "enter", [0], told=round_id)
        chain.send(self._owner, chain.tournament, "submit", [OWN], [HASH])
        self._call(self._other, "submit", [BESIDE], [HASH], told=round_id)
        chain.move_to(terms.locks_at)
        self._call(self._stranger, "lock", round_id, told=round_id)
        self._call(operator, "publish_opened", round_id, HASH)
        chain.move_to(terms.resolves_at)
        [words] = encode_chunks({OWN: (WON, 0), BESIDE: (-WON, 0)})
        tree = ChunkTree.of([words])
        self._call(operator, "propose", round_id, tree.root, tree.chunks, HASH)
        chain.move_to(chain.now + terms.window)
        self._call(self._stranger, "settle", round_id, 0, encode(words), tree.proof(0), told=round_id)
        self._call(self._other, "withdraw", BESIDE, NMR, self._other.address, told=round_id)

    def _call(self, sender: UnlockedSender, function: str, *arguments: object, told: int | None = None) -> None:
        chain = self._chain
        receipt = chain.receipt(chain.send(sender, chain.tournament, function, *arguments))
        if told is not None:
            self.figures[f"{function}, round {told}"] = int(receipt["gasUsed"], 16)
