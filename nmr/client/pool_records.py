# SPDX-License-Identifier: MIT
"""The leaderboard of pools, read from the logs of a tournament and its pools."""

from collections import defaultdict
from dataclasses import dataclass

from nmr.chain.builds import abi
from nmr.chain.contracts import Contract
from nmr.chain.logs import decode_logs, read_logs, topic_of
from nmr.client.pools import Pools, PoolView
from nmr.client.results import read_histories
from nmr.client.stakes import StakesOnChain
from nmr.rounds.pool_records import Growth, Opposites, drawdown, growth, opposites, rates


@dataclass(frozen=True)
class PoolRecord:
    """A pool with what it did so far.

    Attributes:
        view: what it holds.
        growth: what became of 1 NMR at each place, after fees.
        rounds: how many were settled with a stake of it.
        drawdown: the largest fall of a place from its peak, before fees; from 0 to 1.
        age: seconds since it was created.
    """

    view: PoolView
    growth: Growth
    rounds: int
    drawdown: float
    age: int


def read_records(pools: Pools) -> tuple[list[PoolRecord], list[Opposites]]:
    """All pools, those that brought the most first, and the pairs of them that offset each other.

    Raises:
        LogIncomplete: the node's log lacks something.
    """
    session = pools.session
    views = pools.views(pools.all())
    ended = _ended(pools, [view.pool.address for view in views])
    by_model = rates(
        read_histories(StakesOnChain(session, pools.tournament), [view.pool.model for view in views]) if views else []
    )
    created = session.timestamps([view.pool.block for view in views])
    records = []
    for view in views:
        running = [(place.value - place.fee_due, place.shares) for place in view.places]
        epochs = ended[view.pool.address]
        by_round = by_model.get(view.pool.model, {})
        records.append(
            PoolRecord(
                view,
                growth([epochs[place] for place in range(pools.ring)], running),
                len(by_round),
                drawdown(by_round, pools.ring),
                session.now - created[view.pool.block],
            )
        )
    records.sort(key=lambda each: (-(each.growth.total or 0), each.view.pool.model))
    return records, opposites(by_model)


def _ended(pools: Pools, addresses: list[str]) -> dict[str, defaultdict[int, list[tuple[int, int]]]]:
    """Value and shares of the epochs that ended, by pool and place."""
    session = pools.session
    found: dict[str, defaultdict[int, list[tuple[int, int]]]] = {address: defaultdict(list) for address in addresses}
    if addresses:
        event = Contract("Pool", addresses[0], abi("Pool")).event("EpochEnded")
        logs = read_logs(session.rpc, addresses, session.record.first_block, session.latest, [topic_of(event)])
        for each in decode_logs(logs, {address: [event] for address in addresses}):
            found[each.address][each.args["place"]].append((each.args["value"], each.args["shares"]))
    return found
