# SPDX-License-Identifier: MIT
"""The demo's buyback on the embedded chain: a programme of a million dollars, its market, and a lot a week."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from ape.api import AccountAPI

from demo.buyback import Lots
from demo.market import FEED_DECIMALS, START, Quote, Trade
from demo.results import BuybackResult
from demo.stage import Stage
from nmr.ape.buyback_setup import create_buyback
from nmr.ape.project import ApeDeployer, load_suite
from nmr.ape.signer import ApeSigner
from nmr.ape.uniswap import create_pool, deploy_exchange
from nmr.buyback.pool import Pool, UniswapMissing
from nmr.buyback.programme import BuybackParameters
from nmr.client.buyback import FEED, STABLECOIN, BuybackOnChain, pair_contract, read_pair
from nmr.client.session import Session
from nmr.client.timelock import carry_out
from nmr.deploy.suite import Deployed
from nmr.protocol.reference.buyback import PRICE, Programme
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR

DECIMALS: Final = 6
_DOLLAR: Final = 10**DECIMALS
SUPPLY: Final = 100_000_000 * _DOLLAR
BUDGET: Final = 1_000_000 * _DOLLAR
"""What the treasury gets of the stablecoin."""
POOL_NMR: Final = 300_000 * NMR
POOL_DOLLARS: Final = 4_500_000 * _DOLLAR
PROGRAMME: Final = Programme(
    lifetime_cap=BUDGET,
    lot_cap=35_000 * _DOLLAR,
    min_lot=1_000 * _DOLLAR,
    length=3_600,
    gap=6 * 86_400,
    discount=500,
    premium=200,
    max_price=150 * PRICE,
    max_age=48 * 3_600,
    restart_delay=0,
    burns=False,
)
"""What `docs/buyback.md` calls sensible beside such a pool, with a lot a week."""


class DemoBuyback:
    """A buyback that the timelock has allowed to spend the treasury's stablecoin, until the timelock ends it."""

    def __init__(self, stage: Stage, quotes: Sequence[Quote], folder: Path, programme: Programme) -> None:
        """Set it up; with a pool if Uniswap V2 is installed.

        Args:
            stage: the suite, and who plays; its passer-by holds NMR, all of the stablecoin, and the pool.
            quotes: the market's prices, by week.
            folder: for the record, which is nobody else's.
            programme: what it may do.
        """
        session, project, market = stage.session, stage.project, stage.crew.anyone
        self._governor, self._market = ApeSigner(stage.governor), market
        suite = load_suite(session.record, project)
        numeraire = suite.numeraire
        supply, told = (DECIMALS, market.address, SUPPLY), (ZERO_ADDRESS, FEED_DECIMALS, _answer(START))
        ape_deployer = ApeDeployer(project, stage.deployer)
        coin = Deployed("Stablecoin", ape_deployer.deploy("Stablecoin", supply), supply)
        feed = Deployed("SettableFeed", ape_deployer.deploy("SettableFeed", told), told)
        pair: ApePair | None = None
        with suppress(UniswapMissing):
            exchange = deploy_exchange(project, stage.deployer)
            contract = create_pool(exchange, market, numeraire, POOL_NMR, coin.handle, POOL_DOLLARS)
            pair = ApePair(session, contract, numeraire, coin.handle, market)
        parameters = BuybackParameters(
            guardian=str(stage.crew.guardian.address),
            stablecoin=str(coin.handle.address),
            feed=str(feed.handle.address),
            twap=None,
            sequencer=None,
            pair=None if pair is None else str(pair.contract.address),
            programme=programme,
        )
        made = {STABLECOIN: coin, FEED: feed}
        self.record = create_buyback(session, project, stage.deployer, parameters, folder / "record.json", more=made)
        self.suite = load_suite(self.record, project)
        self.session = Session(self.record, session.rpc)
        self._buyback = BuybackOnChain(self.session)
        carry_out(self.session, self._buyback.allow_calls(programme.lifetime_cap), self._governor)
        numeraire.approve(self._buyback.contract.address, 2**256 - 1, sender=market)
        self._lots = Lots(
            self._buyback,
            pair,
            ApeSigner(stage.keeper),
            ApeSigner(market),
            stage.clock,
            quotes,
            tell_feed=lambda answer: feed.handle.set(answer, sender=market),
            reserve=lambda: int(numeraire.balanceOf(suite.treasury)),
        )
        self.play = self._lots.play

    def pay_in(self, amount: int) -> None:
        """Send the treasury stablecoin, in its smallest unit."""
        self.suite["stablecoin"].transfer(self.suite.treasury, amount, sender=self._market)

    def held_by(self, address: str) -> int:
        """The stablecoin that somebody holds, in its smallest unit."""
        return int(self.suite["stablecoin"].balanceOf(address))

    @property
    def result(self) -> BuybackResult:
        """What became of it so far."""
        return self._lots.result

    def end(self) -> None:
        """Let the timelock end it, and return what is left to the treasury."""
        carry_out(self.session, self._buyback.end_calls(), self._governor)
        carry_out(self.session, self._buyback.sweep_calls(), self._governor)


class ApePair:
    """A pair of NMR and the stablecoin, and an account that trades with it."""

    def __init__(self, session: Session, contract: Any, numeraire: Any, stablecoin: Any, trader: AccountAPI) -> None:
        self._session = session
        self.contract = contract
        self._numeraire = numeraire
        self._stablecoin = stablecoin
        self._trader = trader

    def read(self) -> Pool:
        """What it holds."""
        return read_pair(self._session, pair_contract(str(self.contract.address)), str(self._numeraire.address))

    def trade(self, trade: Trade) -> None:
        """Pay in one token and take the other out."""
        if trade.buys:
            self._stablecoin.transfer(self.contract, trade.stablecoin, sender=self._trader)
        else:
            self._numeraire.transfer(self.contract, trade.nmr, sender=self._trader)
        amounts = (trade.nmr, 0) if trade.buys else (0, trade.stablecoin)
        if str(self.contract.token0()) != str(self._numeraire.address):
            amounts = amounts[1], amounts[0]
        self.contract.swap(*amounts, self._trader, b"", sender=self._trader)


def _answer(price: int) -> int:
    """A price as the feed tells it."""
    return int(price // 10 ** (18 - FEED_DECIMALS))
