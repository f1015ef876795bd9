# SPDX-License-Identifier: MIT
"""Every backtest of the page, by its name: who decides, with how much money, at what costs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from fund import settings
from fund.backtest import Setting
from fund.settings import ASSETS, FUTURES_DOLLARS

STOCKS, FUTURES = "stocks", "futures"
ARRIVAL, CLOSE = "$500M more after two years", "trades on the features' own close"
META, PLAIN, SINGLE = "stake-weighted meta model", "plain mean", "best single model before"
BASE: Final = float(ASSETS)
SMALL, LARGE = "$50M", "$5bn"
SIZES: Final[Mapping[str, str]] = {SMALL: SMALL, META: "$500M", LARGE: LARGE}
"""What the variants that differ by assets alone are called."""
ARRIVES: Final = 104
"""Trades after which $500M more arrive."""
ASSUMED: Final = float(FUTURES_DOLLARS)
SETTINGS: Final = settings.SETTINGS


@dataclass(frozen=True)
class Variant:
    """A backtest of both sleeves in the years that both have.

    Attributes:
        name: of its row.
        by: who decides: META, PLAIN or SINGLE.
        assets: net assets in dollars at each trade, by its number.
        arrivals: as of `fund.backtest.run`.
        settings: by sleeve.
    """

    name: str
    by: str = META
    assets: Callable[[int], float] = lambda number: BASE
    arrivals: Mapping[int, float] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=lambda: SETTINGS)


def _changed(change: Callable[[Setting], Setting]) -> Mapping[str, Setting]:
    return {sleeve: change(setting) for sleeve, setting in SETTINGS.items()}


def _futures(dollars: float) -> Mapping[str, Setting]:
    return {**SETTINGS, FUTURES: replace(SETTINGS[FUTURES], dollars=dollars)}


def _arriving(number: int) -> float:
    return BASE if number < ARRIVES else 2 * BASE


VARIANTS: Final = (
    Variant(META),
    Variant(PLAIN, PLAIN),
    Variant(SINGLE, SINGLE),
    Variant(SMALL, assets=lambda number: BASE / 10),
    Variant(LARGE, assets=lambda number: 10 * BASE),
    Variant(ARRIVAL, assets=_arriving, arrivals={ARRIVES: 2.0}),
    Variant("costs doubled", settings=_changed(lambda each: replace(each, costs=each.costs.doubled()))),
    Variant(CLOSE, settings=_changed(lambda each: replace(each, gap=0))),
    Variant("futures of a third of the dollars", settings=_futures(ASSUMED / 3)),
    Variant("futures of three times the dollars", settings=_futures(3 * ASSUMED)),
)
"""All that are played; the first is the fund."""
FORMER: Final[Mapping[str, float]] = {"$5bn that trades nothing where it cannot be neutral": 0.70}
"""Sharpe ratios of what was tried and is played no more."""
