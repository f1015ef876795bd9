# SPDX-License-Identifier: MIT
"""A pool and its backers on anvil, each of whom sends transactions of their own; what each call costs, by receipts."""

from collections.abc import Callable, Iterable
from typing import Final

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from benchmarks.rounds.bulk import UnlockedSender
from benchmarks.rounds.chain import Contract, RoundsChain, benchmark_terms
from nmr.ape.project import contract_address
from nmr.chain.node import quantity
from nmr.deploy.local import TOURNAMENT
from nmr.protocol.chunk_tree import ChunkTree, encode
from nmr.protocol.reference.rounds import Terms
from nmr.protocol.score_words import encode_chunks
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR, SCORE

ALL: Final = 2**256 - 1
PLACE: Final = 0
"""The only one: the ring is of one."""
FEE, SKIN = 2_000, 1_000
WON: Final = SCORE // 50
"""A score of 2%, which pays 1%."""
SHARES: Final = 10**18
"""What an NMR buys in an epoch that has just begun."""
EACH: Final = 10 * NMR
"""What each of the crowd enters with, once a round."""
OPEN_HOURS, RESOLVE_HOURS = 700, 24
BLOCK: Final = 12
"""Seconds."""
HASH: Final = keccak(text="submission")
ETHER: Final = 10**18


class Backers:
    """Two pools of one manager, without a fee and with one; the second has so many backers."""

    def __init__(self, chain: RoundsChain, backers: int, told: Callable[[str, int], None]) -> None:
        """
        Args:
            chain: fresh, with a ring of one.
            backers: who orders in every batch, beside the manager.
            told: gets what is done next, and by how many.
        """
        self._chain, self._told = chain, told
        self._manager, self._backer, self._other, self._rich, self._stranger = chain.stakers[:5]
        self._crowd = [UnlockedSender(_address(f"backer {number}")) for number in range(backers - 1)]
        self._terms: Terms | None = None
        self.figures: dict[str, int] = {}

    def run(self) -> dict[str, int]:
        """Play four rounds; gives the gas of each kind of call."""
        self._free, self._pool = self._create(0), self._create(FEE)
        self._endow()
        self._enter_first()
        self._won(0)
        self._leave()
        self._won(1)
        self._come_and_go()
        self._won(2)
        self._leave_with_the_manager()
        return self.figures

    # rounds

    def _enter_first(self) -> None:
        """Everybody orders, anyone fills, everybody claims."""
        self._open(0)
        for pool in (self._free, self._pool):
            self._call(self._manager, "enter_order", PLACE, 20_000 * NMR, pool=pool)
        self._call(self._other, "enter_order", PLACE, 50 * NMR, name="enter_order, the first of a place")
        self._call(self._backer, "enter_order", PLACE, 50 * NMR, name="enter_order, the first of a backer")
        self._call(self._backer, "enter_order", PLACE, 50 * NMR, name="enter_order, raised")
        self._crowd_calls("enter_order", "EntryOrdered", PLACE, EACH)
        self._call(self._stranger, "fill", PLACE, name="fill, the first of a place")
        self._call(self._stranger, "fill", PLACE, pool=self._free)
        self._call(self._backer, "claim", PLACE, name="claim of shares, the first of a backer")
        self._call(self._other, "claim", PLACE)
        self._crowd_calls("claim", "Claimed", PLACE)

    def _leave(self) -> None:
        """A fee is due, a part of everybody's shares leaves, and everybody enters again."""
        self._open(1)
        name = "checkpoint of an open round without orders and fee"
        self._call(self._stranger, "checkpoint", PLACE, pool=self._free, name=name)
        self._call(self._stranger, "checkpoint", PLACE, name="checkpoint, a fee booked")
        self._call(self._other, "exit_order", PLACE, SHARES, name="exit_order, the first of a place")
        self._call(self._backer, "exit_order", PLACE, SHARES, name="exit_order, a later one of a batch")
        self._call(self._backer, "exit_order", PLACE, SHARES, name="exit_order, raised")
        self._crowd_calls("exit_order", "ExitOrdered", PLACE, SHARES)
        self._call(self._other, "enter_order", PLACE, 10 * NMR)
        self._crowd_calls("enter_order", "EntryOrdered", PLACE, EACH)
        self._call(self._stranger, "checkpoint", PLACE, name="checkpoint, exits of backers")
        self._call(self._backer, "claim", PLACE, name="claim of an exit")
        self._call(self._stranger, "fill", PLACE)
        # Else the claim of a single backer leaves nothing in the pool, and words that become 0 make it cheaper.
        self._call(self._backer, "enter_order", PLACE, NMR)
        self._call(self._other, "claim", PLACE, name="claim of shares, a later one")

    def _come_and_go(self) -> None:
        """A fee, exits and entries of everybody and the manager, all in one call."""
        self._open(2)
        self._orders_out()
        for sender in (self._other, self._manager):
            self._call(sender, "enter_order", PLACE, 100 * NMR)
        self._crowd_calls("enter_order", "EntryOrdered", PLACE, EACH)
        name = "fill, a fee, exits and entries of manager and backers"
        self._call(self._stranger, "fill", PLACE, name=name)
        self._call(self._backer, "enter_order", PLACE, NMR)
        self._call(self._backer, "cancel_entry", PLACE, name="cancel_entry")

    def _leave_with_the_manager(self) -> None:
        """A fee, and exits of everybody and the manager."""
        self._open(3)
        self._orders_out()
        name = "checkpoint, a fee, exits of manager and backers"
        self._call(self._stranger, "checkpoint", PLACE, name=name)
        self._chain.send(self._rich, self._chain.token, "transfer", self._pool.address, NMR)
        self._call(self._stranger, "sweep", name="sweep of a donation to the pool")

    def _orders_out(self) -> None:
        for sender in (self._backer, self._manager):
            self._call(sender, "exit_order", PLACE, SHARES)
        self._crowd_calls("exit_order", "ExitOrdered", PLACE, SHARES)

    # what rounds are made of

    def _create(self, fee: int) -> Contract:
        chain = self._chain
        factory = chain.suite.factory(TOURNAMENT)
        if not fee:
            # Of somebody else, so that the tournament's sums are none that begin at 0.
            chain.send(self._rich, chain.tournament, "register", "other", ZERO_ADDRESS)
            chain.send(self._rich, chain.token, "approve", chain.tournament.address, ALL)
            chain.send(self._rich, chain.tournament, "deposit", 0, NMR, self._rich.address)
        number = 2 if fee else 1
        span = chain.send(self._manager, factory, "create", fee, SKIN, ZERO_ADDRESS, "pool")
        return chain.at("Pool", contract_address(factory.address, number), span)

    def _endow(self) -> None:
        """Everybody has NMR, and has allowed it to the pools."""
        chain, token, node = self._chain, self._chain.token, self._chain.node
        for sender in (self._manager, self._backer, self._other):
            for pool in (self._free, self._pool):
                chain.send(sender, token, "approve", pool.address, ALL)
        if not self._crowd:
            return
        # Nobody has the crowd's keys: the node takes their transactions unsigned.
        node.ask("anvil_autoImpersonateAccount", True)
        node.ask_all("anvil_setBalance", [(sender.address, quantity(ETHER)) for sender in self._crowd])
        self._told("transfer", len(self._crowd))
        given = [(self._rich, token.encode("transfer", sender.address, 4 * EACH)) for sender in self._crowd]
        chain.drive(given, "Transfer", of=token)
        self._told("approve", len(self._crowd))
        allowed = token.encode("approve", self._pool.address, ALL)
        chain.drive([(sender, allowed) for sender in self._crowd], "Approval", of=token)

    def _open(self, round_id: int) -> None:
        chain = self._chain
        terms = self._terms = benchmark_terms(chain.now, chain.hour, open_for=OPEN_HOURS, resolve=RESOLVE_HOURS)
        chain.send(chain.operator, chain.tournament, "open_round", round_id, tuple(terms), HASH)

    def _won(self, round_id: int) -> None:
        """Take the open round to its settlement, which both pools win."""
        chain, terms = self._chain, self._terms
        assert terms is not None
        send, tournament, operator = chain.send, chain.tournament, chain.operator
        send(self._manager, tournament, "submit", [1, 2], [HASH] * 2)
        chain.move_to(terms.locks_at)
        send(self._stranger, tournament, "lock", round_id)
        send(operator, tournament, "publish_opened", round_id, HASH)
        chain.move_to(terms.resolves_at)
        [words] = encode_chunks({0: (0, 0), 1: (WON, 0), 2: (WON, 0)})
        tree = ChunkTree.of([words])
        send(operator, tournament, "propose", round_id, tree.root, tree.chunks, HASH)
        chain.move_to(chain.now + terms.window)
        send(self._stranger, tournament, "settle", round_id, 0, encode(words), tree.proof(0))

    def _call(
        self,
        sender: UnlockedSender,
        function: str,
        *arguments: int,
        pool: Contract | None = None,
        name: str | None = None,
    ) -> None:
        """Call a pool, that with the fee if left out; keep the gas of the receipt under a name if there is one.

        Each call is in a block of a later time, for no order runs in its own.
        """
        self._chain.move_to(self._chain.now + BLOCK)
        span = self._chain.send(sender, pool or self._pool, function, *arguments)
        receipt = self._chain.receipt(span)
        if name is not None:
            self.figures[name] = int(receipt["gasUsed"], 16)

    def _crowd_calls(self, function: str, event: str, *arguments: int) -> None:
        """The same call by each of the crowd, in a transaction of their own."""
        if self._crowd:
            self._told(function, len(self._crowd))
            content = self._pool.encode(function, *arguments)
            self._chain.drive([(sender, content) for sender in self._crowd], event, of=self._pool)


def differing(measured: Iterable[dict[str, int]]) -> list[str]:
    """Names of calls that do not cost the same in all of these."""
    first, *others = measured
    return [name for name, gas in first.items() if any(other[name] != gas for other in others)]


def _address(text: str) -> str:
    return str(to_checksum_address(keccak(text=text)[12:]))
