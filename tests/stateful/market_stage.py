# SPDX-License-Identifier: MIT
"""A stage's buyback, with those around it who mean harm: a stablecoin and a filler that call back."""

import pickle
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from boa.contracts.vyper.vyper_contract import VyperContract

from nmr.protocol.reference import UNLIMITED, ReferenceSuite
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from tests.stateful.chain import BoaDeployer
from tests.stateful.stage import DEPLOYER, GUARDIAN, STRANGER, WHALE, Stage
from tests.support.programme import programme

UNIT: Final = 10**6
"""Of the stablecoin, which has 6 decimals."""
PROGRAMME: Final = programme(
    lifetime_cap=90_000 * UNIT + 1, lot_cap=40_000 * UNIT, length=1_800, gap=900, premium=200, max_age=6 * 3_600
)
BUDGET: Final = 200_000 * UNIT
"""What the treasury holds of the stablecoin."""
DONOR: Final = 10_000 * UNIT
"""What the stranger holds of it."""
FILLER_HOLDS: Final = 300_000 * NMR


class Traded(NamedTuple):
    """What a buyback is made of here."""

    buyback: VyperContract
    coin: VyperContract
    feed: VyperContract
    filler: VyperContract


@dataclass(frozen=True)
class MarketStage(Stage):
    """A stage with a buyback."""

    traded: Traded


def open_market(stage: Stage) -> tuple[bytes, Traded]:
    """Deploy a buyback and those around it; gives the world in which the filler has NMR, pickled, too."""
    chain, suite = stage.chain, stage.suite
    deployer = BoaDeployer(chain.env, DEPLOYER)
    coin = deployer.deploy("OddStablecoin", [STRANGER, BUDGET + DONOR])
    feed = deployer.deploy("SettableFeed", [ZERO_ADDRESS, 8, 15 * 10**8])
    filler = deployer.deploy("CallingFiller", [])
    roles = [suite.timelock.address, GUARDIAN]
    owned = [suite.numeraire.address, suite.treasury.address, *roles, coin.address, feed.address]
    buyback = deployer.deploy("Buyback", [*owned, ZERO_ADDRESS, tuple(PROGRAMME)])

    def send(contract: VyperContract, function: str, *arguments: Any, sender: str) -> None:
        outcome = chain.call(contract, function, *arguments, sender=sender)
        assert outcome.reason is None, f"{function}{arguments}: {outcome.reason}"

    send(coin, "transfer", suite.treasury.address, BUDGET, sender=STRANGER)
    world: ReferenceSuite = pickle.loads(stage.world)
    numeraire = suite.numeraire
    spender, holder = str(buyback.address), str(filler.address)
    send(numeraire, "transfer", holder, FILLER_HOLDS, sender=WHALE)
    world.numeraire.transfer(holder, FILLER_HOLDS, sender=WHALE, now=chain.now)
    for who in (WHALE, holder):
        send(numeraire, "approve", spender, UNLIMITED, sender=who)
        world.numeraire.approve(spender, UNLIMITED, sender=who, now=chain.now)
    world.log.events.clear()
    return pickle.dumps(world), Traded(buyback, coin, feed, filler)
