# SPDX-License-Identifier: MIT
"""The demo on the embedded chain: its suite, a season played on it, and what is checked when it is over."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from ape.api import ProviderAPI
from ape.managers.project import LocalProject

from demo.cast import Incidents, entrants
from demo.checks import Check, check_buyback, check_pools, check_seasons
from demo.crowd import DemoCrowd
from demo.market import quotes
from demo.play_buyback import BUDGET, PROGRAMME, DemoBuyback
from demo.results import BuybackResult, SeasonResult
from demo.season import play
from demo.stage import RESERVE, SEASON, SET_UP, Log, set_up, without_debug_logs
from nmr.audit.report import Report
from nmr.client.auditing import audit_chain

TOURNAMENT: Final = "classic"
STEPS: Final = SET_UP + SEASON + 2
"""Announcements beside one for each round; two are of the buyback and the audit."""


@dataclass(frozen=True)
class Played:
    """A season, and what was checked when it was over: balances, and everything by an audit of the chain's log."""

    result: SeasonResult
    buyback: BuybackResult
    checks: list[Check]
    audit: Report


@without_debug_logs()
def play_demo(
    project: LocalProject,
    provider: ProviderAPI,
    *,
    rounds: int,
    models: int,
    seed: int,
    first_era: int,
    announce: Callable[[str], None],
) -> Played:
    """Deploy a suite, play a season on it, check every balance, and audit all.

    Args:
        announce: told what comes next, `rounds + STEPS` times.
    """
    stage = set_up(project, provider, {TOURNAMENT: entrants(models, rounds)}, announce)
    log = Log(stage.session)
    with TemporaryDirectory(prefix="nmr-demo-") as name:
        folder = Path(name)
        announce("setting up the buyback")
        buyback = DemoBuyback(stage, quotes(rounds, seed), folder, PROGRAMME)
        buyback.pay_in(BUDGET)
        files = stage.files(TOURNAMENT, folder, DemoCrowd(seed))
        facts, pools = partial(log.facts, TOURNAMENT), stage.pools(TOURNAMENT, rounds)
        season = stage.season(TOURNAMENT, files, facts, first_era, Incidents.of(rounds), pools)
        play([season], stage.clock, rounds, buyback.play, announce)
    buyback.end()
    announce("auditing")
    report = audit_chain(stage.session.rpc, buyback.record)
    result, bought = season.result, buyback.result
    checks = [
        *check_seasons(stage.suite, {TOURNAMENT: result}, RESERVE, bought.bought),
        check_pools(result.pools),
        *check_buyback(buyback.suite, bought, BUDGET),
    ]
    return Played(result, bought, checks, report)
