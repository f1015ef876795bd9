# SPDX-License-Identifier: MIT
"""The pools' scene of the gas benchmark: each call of a manager and his backers, on a tournament with a ring of one."""

from typing import Any, Final

from benchmarks.gas.chain import Actor, GasChain
from benchmarks.gas.season import People, Proposal, Season
from nmr.ape.project import contract_address
from nmr.deploy.suite import HOUR, Suite, default_bounds
from nmr.protocol.lanes import LANES
from nmr.protocol.reference.treasury import Limits
from nmr.text.amounts import NMR

ALL: Final = 2**256 - 1
NOTHING: Final = bytes(32)
FEE, SKIN = 2_000, 1_000
SHARES: Final = 10**18
"""What an NMR buys in an epoch that has just begun."""
ALMOST_ALL: Final = 95_000 * NMR
"""What each of two backers orders of a pool that has room for less than both, and less than each has."""
MODELS: Final = (LANES, LANES + 1)
"""Those of the pools."""
POINT: Final = 10**6
"""A score of 1%."""
LIMITS: Final = Limits(100_000 * NMR, 600_000 * NMR, 100_000 * NMR)


def pools(chain: GasChain, suite: Suite, people: People, figures: dict[str, int]) -> None:
    """The figures of the calls of a pool, and nothing changed on the chain."""
    before = chain.snapshot()
    arguments = suite.numeraire.address, suite.treasury.address, suite.terms_check.address, suite.timelock.address
    roles = people.operator.address, people.guardian.address
    tournament, _ = chain.create(
        people.creator, "Tournament", [*arguments, *roles, 1, 2, HOUR, NMR, tuple(default_bounds())]
    )
    payload = suite.treasury.encode("authorise", tournament.address, *LIMITS)
    operation = suite.treasury.address, 0, payload, NOTHING, NOTHING
    chain.send(people.proposer, suite.timelock, "schedule", *operation, 0)
    chain.send(people.executor, suite.timelock, "execute", *operation)
    season = Season(chain, tournament, people, 1, 2)
    # Of somebody else, so that the tournament's sums are none that begin at 0: a group, beside that of the pools.
    for number in range(LANES):
        season.call(people.staker, "register", f"other {number}", people.submitter.address)
    chain.send(people.staker, suite.numeraire, "approve", tournament.address, ALL)
    season.call(people.staker, "deposit", 0, NMR, people.staker.address)
    _Scene(chain, suite, people, season, figures).play()
    chain.restore(before)


class _Scene:
    """Two pools of one manager, without a fee and with one."""

    def __init__(self, chain: GasChain, suite: Suite, people: People, season: Season, figures: dict[str, int]) -> None:
        self.chain, self.season, self.figures = chain, season, figures
        self.manager, self.backer, self.other = chain.actors[8:11]
        blueprint, figures["deploy_blueprint"] = chain.declare(people.creator, "Pool")
        factory, _ = chain.create(people.creator, "PoolFactory", [season.tournament.address, blueprint])
        self.pools = []
        for number, fee in enumerate((0, FEE), start=1):
            sent = fee, SKIN, people.submitter.address, "pool"
            figures["pool_create"] = chain.send(self.manager, factory, "create", *sent)
            self.pools.append(chain.at("Pool", contract_address(factory.address, number)))
        figures["size_Pool"] = chain.code_size(self.pools[0])
        for actor in (self.manager, self.backer, self.other):
            chain.send(people.staker, suite.numeraire, "transfer", actor.address, 100_000 * NMR)
            for pool in self.pools:
                chain.send(actor, suite.numeraire, "approve", pool.address, ALL)
        self.numeraire, self.donor = suite.numeraire, people.staker

    def call(self, actor: Actor, name: str, *arguments: Any, fee: bool = True) -> int:
        """A call of the pool with a fee, or of the other."""
        return self.chain.send(actor, self.pools[fee], name, *arguments)

    def won(self, round_id: int, points: int) -> None:
        """Take an open round to its settlement, which both pools win."""
        self.season.submit(MODELS)
        proposal = Proposal.of(dict.fromkeys(MODELS, (points * POINT, 0)))
        self.season.resolve(round_id, proposal)
        self.season.settle(round_id, proposal)

    def play(self) -> None:
        """Three rounds: entries, a fee and exits, and all of these at once."""
        figures, call, manager, backer, other = self.figures, self.call, self.manager, self.backer, self.other
        self.season.open(2)
        for fee in (False, True):
            call(manager, "enter_order", 0, 20_000 * NMR, fee=fee)
        figures["pool_enter_place"] = call(other, "enter_order", 0, 50 * NMR)
        figures["pool_enter_first"] = call(backer, "enter_order", 0, 50 * NMR)
        figures["pool_enter"] = call(backer, "enter_order", 0, 50 * NMR)
        figures["pool_fill_opening"] = call(other, "fill", 0)
        call(other, "fill", 0, fee=False)
        figures["pool_claim_first"] = call(backer, "claim", 0)
        call(other, "claim", 0)
        self.won(2, 1)

        self.season.open(3)
        figures["pool_checkpoint"] = call(other, "checkpoint", 0, fee=False)
        figures["pool_checkpoint_fee"] = call(other, "checkpoint", 0)
        figures["pool_exit_place"] = call(other, "exit_order", 0, SHARES)
        figures["pool_exit_first"] = call(backer, "exit_order", 0, SHARES)
        figures["pool_exit"] = call(backer, "exit_order", 0, SHARES)
        call(other, "enter_order", 0, 10 * NMR)
        figures["pool_checkpoint_group"] = call(other, "checkpoint", 0)
        call(other, "exit_order", 0, SHARES)
        figures["pool_checkpoint_exits"] = call(other, "checkpoint", 0)
        figures["pool_claim_exit"] = call(backer, "claim", 0)
        call(other, "fill", 0)
        # Else the claim leaves nothing in the pool, and words that become 0 make it cheaper.
        call(backer, "enter_order", 0, NMR)
        figures["pool_claim"] = call(other, "claim", 0)
        self.won(3, 2)

        self.season.open(4)
        figures["pool_exit_batch"] = call(other, "exit_order", 0, SHARES)
        call(manager, "exit_order", 0, SHARES)
        for actor in (other, manager):
            call(actor, "enter_order", 0, 100 * NMR)
        figures["pool_fill"] = call(other, "fill", 0)
        figures["pool_cancel_entry"] = self._cancelled()
        self.won(4, 2)

        self.season.open(5)
        for actor in (backer, manager):
            call(actor, "exit_order", 0, SHARES)
        figures["pool_checkpoint_all"] = call(other, "checkpoint", 0)
        self.chain.send(self.donor, self.numeraire, "transfer", self.pools[1].address, NMR)
        figures["pool_sweep"] = call(other, "sweep")
        self._partly_filled()

    def _partly_filled(self) -> None:
        """Entries of which the skin lets a part in: a claim brings shares and NMR, and an order claims first."""
        for actor in (self.other, self.backer):
            for amount in (ALMOST_ALL, NMR):
                self.call(actor, "enter_order", 0, amount, fee=False)
        self.call(self.donor, "fill", 0, fee=False)
        self.figures["pool_claim_both"] = self.call(self.other, "claim", 0, fee=False)
        self.figures["pool_enter_claim"] = self.call(self.backer, "enter_order", 0, NMR, fee=False)

    def _cancelled(self) -> int:
        """An entry that is taken back at once."""
        self.call(self.backer, "enter_order", 0, NMR)
        return self.call(self.backer, "cancel_entry", 0)
