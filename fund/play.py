# SPDX-License-Identifier: MIT
"""The whole loop on the embedded chain: stakes, meta model, trades, fees, stablecoin in the treasury, NMR bought."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
from ape.api import ProviderAPI
from ape.managers.project import LocalProject

from demo.cast import Incidents
from demo.checks import check_buyback, check_seasons
from demo.market import quotes
from demo.play_buyback import DECIMALS, POOL_DOLLARS, PROGRAMME, DemoBuyback
from demo.results import SeasonResult
from demo.season import play
from demo.stage import RESERVE, SEASON, SET_UP, Log, Stage, set_up, without_debug_logs
from fund.backtest import DELAY
from fund.crowd import FundCrowd, calendar, entrants, era_on
from fund.desk import CENTS, Desk, Order
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
from fund.market.eras import DAYS, GAP, Universe, futures, stocks
from fund.results import LoopResult, SleeveResult
from fund.settings import ASSETS, SETTINGS
from nmr.chain.logs import decode_logs, read_logs
from nmr.client.auditing import audit_chain
from nmr.client.buyback import STABLECOIN
from nmr.client.lens import BUYBACK
from nmr.protocol.reference.buyback import BASIS, Programme

STEPS: Final = SET_UP + SEASON + 3
"""Announcements beside one for each round; three are of the prices, the buyback and the audit."""
CALENDAR: Final = "stocks"
"""The universe whose weeks all play."""
LOTS: Final = 52
"""A programme a year, a lot a week."""
LOT: Final = POOL_DOLLARS * 50 // BASIS
"""Half a percent of what the pool begins with, so that a lot stays below 0.7% when the pool has a quarter less."""
YEARLY: Final[Programme] = PROGRAMME._replace(lifetime_cap=LOTS * LOT, lot_cap=LOT)


class _Sleeve:
    """A tournament on a universe, by whose meta model the fund trades it."""

    def __init__(self, stage: Stage, log: Log, folder: Path, universe: Universe, crowd: FundCrowd, first: int) -> None:
        name = universe.name
        facts, nothing_wrong = partial(log.facts, name), Incidents(None, None, None)
        self._files = stage.files(name, folder, crowd)
        self._facts = facts
        self._crowd = crowd
        self._first = first
        self._metas: list[Any] = []
        self.caution = universe.caution
        self.season = stage.season(name, self._files, facts, first, nothing_wrong)

    def order(self, week: int) -> Order:
        """What to trade by the meta model of a week's round, whose files are open and whose outcome nobody knows."""
        number = self._first + week
        meta = self._files.meta_model(self._facts(week))
        self._metas.append(meta)
        known = [self.corr(each) or 0.0 for each in range(max(0, week + 1 - DELAY))]
        ids = list(self._crowd.ids(number))
        opinion = np.zeros(len(ids)) if meta is None else meta.reindex(ids).to_numpy()
        return Order(self._crowd.era(number), opinion, known)

    def corr(self, week: int) -> float | None:
        """CORR of the meta model that was traded in a week, whose outcome is known."""
        return self._files.corr(self._metas[week], self._first + week)


class _Loop:
    """What happens each week beside the rounds: the fund trades, pays fees, and the buyback plays a lot."""

    def __init__(self, sleeves: Mapping[str, _Sleeve], desk: Desk, buyback: DemoBuyback) -> None:
        self._sleeves = sleeves
        self._desk = desk
        self._buyback = buyback
        self.payments: list[Payment] = []

    def play(self, week: int, at: int) -> None:
        """Trade a week, pay the treasury's part of the fees, and play a lot."""
        self._desk.trade({name: sleeve.order(week) for name, sleeve in self._sleeves.items()})
        self.pay(week)
        self._buyback.play(week, at)

    def pay(self, week: int) -> None:
        """Send the treasury its part of the fees that were paid since."""
        for fee in self._desk.accounts.paid[len(self.payments) :]:
            self.payments.append(payment(fee, week, self.payments))
            if self.payments[-1].treasury:
                self._buyback.pay_in(to_units(self.payments[-1].treasury, DECIMALS))


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
    announce("the prices of 431 stocks and 46 futures")
    universes = {universe.name: universe for universe in (stocks(), futures())}
    # The weeks of all are those of the first.
    days = calendar(universes[CALENDAR])
    first = era_on(days, np.datetime64(since))
    crowds = {name: FundCrowd(universe, days, first, rounds, seed) for name, universe in universes.items()}
    stage = set_up(project, provider, {name: entrants() for name in universes}, announce)
    log = Log(stage.session)
    desk = Desk({name: (universe.prices, SETTINGS[name]) for name, universe in universes.items()}, ASSETS * CENTS)
    with TemporaryDirectory(prefix="nmr-fund-") as path:
        folder = Path(path)
        announce("setting up the buyback")
        buyback = DemoBuyback(stage, quotes(rounds, seed), folder, YEARLY)
        sleeves = {
            name: _Sleeve(stage, log, folder / name, universe, crowds[name], first)
            for name, universe in universes.items()
        }
        loop = _Loop(sleeves, desk, buyback)
        play([sleeve.season for sleeve in sleeves.values()], stage.clock, rounds, loop.play, announce)
    last = crowds[CALENDAR].era(first + rounds - 1)
    desk.close(universes[CALENDAR].prices.dates[last.known + GAP + DAYS].item())
    loop.pay(rounds)
    buyback.end()
    announce("auditing")
    audit = audit_chain(stage.session.rpc, buyback.record)
    books, bought = _chain_books(buyback), buyback.result
    results = {
        name: SleeveResult(
            caution=sleeve.caution,
            season=sleeve.season.result,
            corr=[sleeve.corr(week) for week in range(rounds)],
            weeks=desk.weeks[name],
            share=desk.shares[name],
        )
        for name, sleeve in sleeves.items()
    }
    checks = [
        *reconcile(desk.accounts, desk.shares, loop.payments, books),
        check_traded(pair for each in results.values() for pair in zip(each.corr, _scored(each.season), strict=True)),
        *([check_lots(bought)] if bought.on_pool else []),
        *check_seasons(stage.suite, {name: each.season for name, each in results.items()}, RESERVE, bought.bought),
        *check_buyback(buyback.suite, bought, sum(inflow.amount for inflow in books.inflows)),
    ]
    return LoopResult(
        sleeves=results,
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


def _scored(season: SeasonResult) -> list[float | None]:
    """CORR of each round's meta model as it was scored."""
    return [row.meta_model for row in sorted(season.rounds, key=lambda row: row.round)]


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
