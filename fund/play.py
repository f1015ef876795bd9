# SPDX-License-Identifier: MIT
"""The whole loop on the embedded chain: stakes, meta model, trades, fees, stablecoin in the treasury, NMR bought."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from ape.api import ProviderAPI
from ape.managers.project import LocalProject

from demo.cast import Incidents
from demo.checks import check_buyback, check_season
from demo.files import Files
from demo.market import quotes
from demo.play_buyback import DECIMALS, POOL_DOLLARS, PROGRAMME, DemoBuyback
from demo.stage import RESERVE, SEASON, SET_UP, Log, set_up, without_debug_logs
from fund.backtest import DELAY
from fund.crowd import FundCrowd, entrants, era_on
from fund.desk import CENTS, Desk
from fund.loop import (
    ChainBooks,
    Fill,
    Inflow,
    Payment,
    check_lots,
    check_traded,
    payment,
    reconcile,
    to_units,
    trace,
)
from fund.market.eras import stocks
from fund.results import LoopResult
from fund.settings import ASSETS, STOCKS
from nmr.chain.logs import decode_logs, read_logs
from nmr.client.auditing import audit_chain
from nmr.client.buyback import STABLECOIN
from nmr.client.lens import BUYBACK
from nmr.protocol.reference.buyback import BASIS, Programme

STEPS: Final = SET_UP + SEASON + 3
"""Announcements beside one for each round; three are of the markets, the buyback and the audit."""
LOTS: Final = 52
"""A programme a year, a lot a week."""
LOT: Final = POOL_DOLLARS * 50 // BASIS
"""Half a percent of what the pool begins with, so that a lot stays below 0.7% when the pool has a quarter less."""
YEARLY: Final[Programme] = PROGRAMME._replace(lifetime_cap=LOTS * LOT, lot_cap=LOT)


class _Loop:
    """What happens each week beside the round: the fund trades, pays fees, and the buyback plays a lot."""

    def __init__(self, files: Files, crowd: FundCrowd, log: Log, desk: Desk, buyback: DemoBuyback, first: int) -> None:
        self._files = files
        self._crowd = crowd
        self._log = log
        self._desk = desk
        self._buyback = buyback
        self._first = first
        self._metas: list[Any] = []
        self.payments: list[Payment] = []

    def play(self, week: int, at: int) -> None:
        """Trade by the meta model of a week's round, whose files are open and whose outcome nobody knows."""
        number = self._first + week
        era = self._crowd.era(number)
        meta = self._files.meta_model(self._log.facts(week))
        self._metas.append(meta)
        known = [self.corr(each) or 0.0 for each in range(max(0, week + 1 - DELAY))]
        ids = list(self._crowd.ids(number))
        opinion = np.zeros(len(ids)) if meta is None else meta.reindex(ids).to_numpy()
        self._desk.trade(era, opinion, known)
        self.pay(week)
        self._buyback.play(week, at)

    def pay(self, week: int) -> None:
        """Send the treasury its part of the fees that were paid since."""
        for fee in self._desk.accounts.paid[len(self.payments) :]:
            self.payments.append(payment(fee, week, self.payments))
            if self.payments[-1].treasury:
                self._buyback.pay_in(to_units(self.payments[-1].treasury, DECIMALS))

    def corr(self, week: int) -> float | None:
        """CORR of the meta model that was traded in a week, whose outcome is known."""
        return self._files.corr(self._metas[week], self._first + week)


@without_debug_logs()
def play_fund(
    project: LocalProject,
    provider: ProviderAPI,
    *,
    rounds: int,
    since: str,
    seed: int,
    announce: Callable[[str], None],
) -> LoopResult:
    """Play the loop, reconcile it to the cent, and audit the chain.

    Args:
        since: ISO date; the first round's features end on it or after it.
        announce: told what comes next, `rounds + STEPS` times.

    Raises:
        MarketError: the prices do not reach so far.
    """
    announce("the prices of 431 stocks")
    universe = stocks()
    first = era_on(universe, np.datetime64(since))
    crowd = FundCrowd(universe, first, rounds, seed)
    stage = set_up(project, provider, entrants(), announce)
    log = Log(stage.session)
    desk = Desk(universe.prices, STOCKS, ASSETS * CENTS)
    with TemporaryDirectory(prefix="nmr-fund-") as name:
        folder = Path(name)
        announce("setting up the buyback")
        buyback = DemoBuyback(stage, quotes(rounds, seed), folder, YEARLY)
        files = stage.files(folder, crowd)
        loop = _Loop(files, crowd, log, desk, buyback, first)
        season = stage.season(files, log.facts, first, Incidents(None, None, None), loop.play).play(rounds, announce)
    desk.close()
    loop.pay(rounds)
    buyback.end()
    announce("auditing")
    audit = audit_chain(stage.session.rpc, buyback.record)
    books = _chain_books(buyback)
    bought = buyback.result
    received = sum(inflow.amount for inflow in books.inflows)
    corr = [loop.corr(week) for week in range(rounds)]
    checks = [
        *reconcile(desk.accounts, loop.payments, books),
        check_traded(season, corr),
        *([check_lots(bought)] if bought.on_pool else []),
        *check_season(stage.suite, season, RESERVE, bought.bought),
        *check_buyback(buyback.suite, bought, received),
    ]
    return LoopResult(
        caution=universe.caution,
        season=season,
        corr=corr,
        weeks=desk.weeks,
        values=desk.values,
        accounts=desk.accounts,
        payments=loop.payments,
        traced=trace(books.inflows, books.fills),
        books=books,
        buyback=bought,
        checks=checks,
        audit=audit.content,
        agrees=audit.agrees,
    )


def _chain_books(buyback: DemoBuyback) -> ChainBooks:
    """What the log and the balances of the chain say of the money."""
    session = buyback.session
    numeraire, treasury = session.only("Numeraire"), session.only("Treasury").address
    coin, contract = session.part(STABLECOIN), session.part(BUYBACK)
    abis = {part.address: part.events for part in (coin, contract, numeraire)}
    events = list(decode_logs(read_logs(session.rpc, list(abis), 0, session.latest), abis))
    parts = {session.part(name).address for name in session.record.parts}
    filled = [event for event in events if event.name == "Filled"]
    transactions = {event.transaction for event in filled}
    to_treasury = [event for event in events if event.name == "Transfer" and event.args["receiver"] == treasury]
    return ChainBooks(
        decimals=DECIMALS,
        # What the buyback returns when it ends came in before.
        inflows=[
            Inflow(event.block, int(event.args["value"]))
            for event in to_treasury
            if event.address == coin.address and event.args["sender"] not in parts
        ],
        fills=[
            Fill(event.block, int(event.args["paid"]), int(event.args["bought"]), int(event.args["price"]))
            for event in filled
        ],
        brought=sum(
            int(event.args["value"])
            for event in to_treasury
            if event.address == numeraire.address and event.transaction in transactions
        ),
        unspent=buyback.held_by(treasury),
        inside=sum(buyback.held_by(address) for address in parts - {treasury}),
    )
