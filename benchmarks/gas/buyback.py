# SPDX-License-Identifier: MIT
"""The buyback's scene of the gas benchmark: lots that are kicked and taken from, and the end, with 6 decimals."""

from typing import Final

from benchmarks.gas.chain import GasChain
from benchmarks.gas.season import People
from nmr.deploy.suite import Suite
from nmr.protocol.reference.buyback import PRICE, Programme
from nmr.text.addresses import ZERO_ADDRESS

DOLLAR: Final = 10**6
BUDGET: Final = 1_000_000 * DOLLAR
FIFTEEN: Final = 15 * 10**8
TAKEN: Final = 1_234_567_891
"""Stablecoin units, an amount like any other."""
ALL: Final = 2**256 - 1
NOTHING: Final = bytes(32)
PROGRAMME: Final = Programme(
    lifetime_cap=BUDGET,
    lot_cap=20_000 * DOLLAR,
    min_lot=100 * DOLLAR,
    length=3_600,
    gap=3_600,
    discount=500,
    premium=100,
    max_price=50 * PRICE,
    max_age=48 * 3_600,
    restart_delay=0,
    burns=False,
)


def buyback(chain: GasChain, suite: Suite, people: People, figures: dict[str, int]) -> None:
    """The figures of kick, take, end and sweep, and nothing changed on the chain."""
    before = chain.snapshot()
    coin, _ = chain.create(people.creator, "Stablecoin", [6, suite.treasury.address, BUDGET])
    feed, _ = chain.create(people.creator, "SettableFeed", [ZERO_ADDRESS, 8, FIFTEEN])
    arguments = [suite.numeraire.address, suite.treasury.address, people.creator.address, people.guardian.address]
    arguments += [coin.address, feed.address, ZERO_ADDRESS, tuple(PROGRAMME)]
    contract, figures["deploy_Buyback"] = chain.create(people.creator, "Buyback", arguments)
    payload = suite.treasury.encode("allow", coin.address, contract.address, BUDGET)
    operation = suite.treasury.address, 0, payload, NOTHING, NOTHING
    chain.send(people.proposer, suite.timelock, "schedule", *operation, 0)
    chain.send(people.executor, suite.timelock, "execute", *operation)
    chain.send(people.staker, suite.numeraire, "approve", contract.address, ALL)
    figures["size_Buyback"] = chain.code_size(contract)
    for suffix in ("_first", ""):
        figures[f"kick{suffix}"] = chain.send(people.staker, contract, "kick")
        take = (TAKEN, 0, people.receiver.address, b"")
        figures[f"take{suffix}"] = chain.send(people.staker, contract, "take", *take)
        chain.warp(chain.now + PROGRAMME.length + PROGRAMME.gap)
    chain.send(people.staker, contract, "kick")
    figures["end"] = chain.send(people.creator, contract, "end")
    figures["sweep"] = chain.send(people.creator, contract, "sweep")
    chain.restore(before)
