# SPDX-License-Identifier: MIT
"""The scene of the largest ring: a round opens after all other places were looked at and found blocked."""

from typing import Final

from benchmarks.gas.chain import GasChain
from benchmarks.gas.season import People, Proposal, Season, scores_of
from nmr.deploy.suite import HOUR, Suite, default_bounds
from nmr.protocol.lanes import LANES
from nmr.protocol.reference.rounds import MAX_RING
from nmr.text.amounts import NMR

ALL: Final = 2**256 - 1
OPEN: Final = 2
"""Hours that a round is open: two turns of the ring are over before the first round expires."""


def largest_ring(chain: GasChain, suite: Suite, people: People, figures: dict[str, int]) -> None:
    """The figure of `open_round` at its dearest, and nothing changed on the chain.

    In the second turn every round is final, which takes the most reads to find out. In the first turn it is, too, and
    not settled; so each place is blocked but the one that is looked at last, of which the first round had no stakes.
    """
    before = chain.snapshot()
    arguments = suite.numeraire.address, suite.treasury.address, suite.terms_check.address, suite.timelock.address
    rest = MAX_RING, 0, HOUR, NMR, tuple(default_bounds())
    roles = people.operator.address, people.guardian.address
    tournament, _ = chain.create(people.creator, "Tournament", [*arguments, *roles, *rest])
    chain.send(people.staker, suite.numeraire, "approve", tournament.address, ALL)
    season = Season(chain, tournament, people, MAX_RING, 0, OPEN)
    # A model of another group for each turn, since a group settles before it is staked again.
    season.each("register", [("", people.submitter.address)] * (LANES + 1))
    unstaked = MAX_RING - 1
    for model, first in ((0, 0), (LANES, MAX_RING)):
        rounds = range(first, first + MAX_RING)
        for round_id in rounds:
            season.open(round_id)
            if round_id != unstaked:
                season.call(people.staker, "stake", model, NMR)
            season.lock(round_id)
            if round_id != unstaked:
                season.publish(round_id)
        proposal = Proposal.of(scores_of([model], first))
        for round_id in rounds:
            if round_id != unstaked:
                season.propose(round_id, proposal)
        season.stand(rounds[-1])
    figures["open_round_dearest"] = season.open_due(unstaked + 2 * MAX_RING)
    chain.restore(before)
