# SPDX-License-Identifier: MIT
"""Where the machine of the whole suite plays: two tournaments, one treasury, a buyback, a timelock with a delay.

The actors that mean harm are contracts: a stablecoin that changes its ways or calls back, a filler that calls back,
and an executor of the timelock that does so when it is called.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from boa.contracts.vyper.vyper_contract import VyperContract

from nmr.text.amounts import NMR
from tests.stateful.chain import BoaDeployer, Chain
from tests.stateful.market_stage import MarketStage, open_market
from tests.stateful.stage import DEPLOYER, HOUR, START, Cast, set_up
from tests.support.actors import address

PROPOSER, EXECUTOR = map(address, ("proposer", "executor"))
DELAY: Final = 12 * HOUR
CASTS: Final = {
    # The last ids that a tag can hold: a history comes to where no round can be opened any more.
    "classic": Cast(2, 65_536 - 2 - 8, 1_204, (0, 1, 2, 3, 255, 1_199, 1_200, 1_203)),
    # The first round's tag is that of a word that was never written.
    "signals": Cast(3, 0, 244, (0, 1, 239, 240, 243), NMR),
}


@dataclass(frozen=True)
class SuiteStage(MarketStage):
    """A stage with a buyback, and with an executor that calls back."""

    reentrant: VyperContract


@cache
def suite_stage() -> SuiteStage:
    """Deploy all of it, once."""
    chain = Chain(START)
    reentrant = BoaDeployer(chain.env, DEPLOYER).deploy("Reentrant", [])
    stage = set_up(chain, CASTS, DELAY, (PROPOSER,), (EXECUTOR, str(reentrant.address)))
    world, traded = open_market(stage)
    return SuiteStage(chain, stage.suite, world, CASTS, traded, reentrant)
