# SPDX-License-Identifier: MIT
"""Where the machine of the whole suite plays: two tournaments, one treasury, a buyback, a timelock with a delay.

The actors that mean harm are contracts: a stablecoin that changes its ways or calls back, a filler that calls back,
and an executor of the timelock that does so when it is called.
"""

import pickle
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from boa.contracts.vyper.vyper_contract import VyperContract

from nmr.protocol.reference import UNLIMITED
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from tests.stateful.chain import BoaDeployer, Chain
from tests.stateful.stage import DEPLOYER, GUARDIAN, HOUR, START, STRANGER, WHALE, Cast, Stage, set_up
from tests.support.actors import address
from tests.support.programme import programme

PROPOSER, EXECUTOR = map(address, ("proposer", "executor"))
DELAY: Final = 12 * HOUR
CASTS: Final = {
    # The last ids that a tag can hold: a history comes to where no round can be opened any more.
    "classic": Cast(2, 65_536 - 2 - 8, 1_204, (0, 1, 2, 3, 255, 1_199, 1_200, 1_203)),
    # The first round's tag is that of a word that was never written.
    "signals": Cast(3, 0, 244, (0, 1, 239, 240, 243), NMR),
}

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


@dataclass(frozen=True)
class SuiteStage(Stage):
    """A stage with a buyback, and with those who mean harm."""

    buyback: VyperContract
    coin: VyperContract
    feed: VyperContract
    filler: VyperContract
    reentrant: VyperContract


@cache
def suite_stage() -> SuiteStage:
    """Deploy all of it, once."""
    chain = Chain(START)
    deployer = BoaDeployer(chain.env, DEPLOYER)
    reentrant = deployer.deploy("Reentrant", [])
    stage = set_up(chain, CASTS, DELAY, (PROPOSER,), (EXECUTOR, str(reentrant.address)))
    suite = stage.suite
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
    world, numeraire = pickle.loads(stage.world), suite.numeraire
    spender, holder = str(buyback.address), str(filler.address)
    send(numeraire, "transfer", holder, FILLER_HOLDS, sender=WHALE)
    world.numeraire.transfer(holder, FILLER_HOLDS, sender=WHALE, now=chain.now)
    send(numeraire, "approve", spender, UNLIMITED, sender=WHALE)
    world.numeraire.approve(spender, UNLIMITED, sender=WHALE, now=chain.now)
    approval = numeraire.approve.prepare_calldata(spender, UNLIMITED)
    send(filler, "call", numeraire.address, approval, sender=STRANGER)
    world.numeraire.approve(spender, UNLIMITED, sender=holder, now=chain.now)
    world.log.events.clear()
    return SuiteStage(chain, suite, pickle.dumps(world), CASTS, buyback, coin, feed, filler, reentrant)
