# SPDX-License-Identifier: MIT
"""The page of the fund's figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.fund import treasury_page
from benchmarks.fund.runway import Runway
from benchmarks.fund.variants import (
    ARRIVAL,
    ARRIVES,
    ASSUMED,
    BASE,
    CLOSE,
    FORMER,
    FUTURES,
    META,
    PLAIN,
    SINGLE,
    SIZES,
    STOCKS,
    VARIANTS,
)
from benchmarks.meta_model.figures import Figure, interval, resampled_eras
from fund.accounts import Accounts
from fund.administration import Days, administer, together
from fund.backtest import Run
from fund.figures import by_week, deflated_sharpe, drawdown, romad, sharpe, volatility, yearly
from fund.market.eras import DAYS
from fund.market.past import SMALLEST
from fund.market.sources import Prices

CENTS: Final = 100
MONTHS: Final = 12
BILLION: Final = 1e9
COMPONENTS: Final = 8
SLIGHT: Final = 0.001
"""A share of the variance that is no exposure: a solver's inaccuracy is far below it."""
SHOWN: Final[Mapping[str, Figure]] = {
    "return": yearly,
    "volatility": volatility,
    "Sharpe": sharpe,
    "drawdown": drawdown,
    "RoMaD": romad,
}


@dataclass(frozen=True, eq=False)
class Results:
    """All backtests.

    Attributes:
        variants: runs of both sleeves in the years that both have, by the variant's name and the sleeve's.
        alone: runs of each sleeve over all its years, by the sleeve's name and who decides.
        prices: by sleeve.
        singles: the best single model before, by sleeve.
        cautions: what has to be said beside each figure, by sleeve.
        runway: what the fees of funds of these sizes buy, and how long the treasury lasts.
    """

    variants: Mapping[str, Mapping[str, Run]]
    alone: Mapping[str, Mapping[str, Run]]
    prices: Mapping[str, Prices]
    singles: Mapping[str, str]
    cautions: Mapping[str, str]
    runway: Runway


def books_of(runs: Mapping[str, Run], assets: float) -> tuple[Days, Accounts]:
    """Both sleeves as one fund, and its books when it begins with so many dollars."""
    days = together(list(runs.values()))
    return days, administer(days, int(assets) * CENTS)[0]


def render(results: Results, resamples: int, seed: int, picture_name: str | None = None) -> str:
    """The page, in Markdown; `picture_name` None leaves the picture out."""
    days = {name: together(list(runs.values())) for name, runs in results.variants.items()}
    weeks = {name: by_week(each.dates, each.net) for name, each in days.items()}
    drawn = resampled_eras(len(weeks[META]), seed, resamples=resamples)
    alone = {
        f"{sleeve}, {who}, {run.dates[0]} to {run.dates[-1]}": by_week(run.dates, run.net)
        for sleeve, runs in results.alone.items()
        for who, run in runs.items()
    }
    tried = np.array([*(float(sharpe(each)) for each in (*weeks.values(), *alone.values())), *FORMER.values()])
    _, accounts = books_of(results.variants[META], BASE)
    parts = [
        "# The fund: what the crowd's meta model earns after costs and fees",
        "",
        "Written by `python -m benchmarks.fund`. A trade a week, one close after the features, neutral in dollars and "
        "to the exposures that the targets are neutral to. Returns are above what cash earns, after spread, "
        "square-root impact, borrow and financing, before fees unless said. Brackets are 95% intervals of a block "
        "bootstrap of weeks. Settings were fixed before the first backtest.",
        "",
        "One thing was changed after it. Exposures change by the week, and a large fund cannot always trade enough in "
        "one to be neutral again. At first it then traded nothing, was further from neutral a week later, and never "
        "traded again: so the futures at $5bn. Now it becomes as neutral as its limits allow. The deflated Sharpe "
        "ratio counts both.",
        "",
        *(f"- {name.capitalize()}: {caution}." for name, caution in results.cautions.items()),
        f"- Volumes of the futures are unknown: ${ASSUMED / 1e9:.0f}bn a day in each is an assumption.",
        f"- The best single models before the first trade: {results.singles[STOCKS]} (stocks), "
        f"{results.singles[FUTURES]} (futures).",
        "",
    ]
    if picture_name is not None:
        parts += [f"![Value of the fund by who decides, and of each sleeve]({picture_name})", ""]
    parts += ["## What came out", "", *_verdicts(days[META], weeks, drawn, tried, accounts, results), ""]
    first, last = days[META].dates[[0, -1]]
    parts += [f"## Both sleeves, {first} to {last}, {len(VARIANTS)} variants: all that are played", ""]
    parts += [
        "The last column is the deflated Sharpe ratio: the chance that a variant is above the best of all that were "
        "tried, here and below, without skill.",
        "",
        *_figures(weeks, drawn, tried),
    ]
    parts += ["", "## What a month of trading takes", "", *_trading(results), ""]
    parts += ["## $500M more in one week", "", *_arrival(results), ""]
    parts += ["## From gross to net at $500M", "", *_waterfall(accounts), ""]
    parts += ["## Exposure", "", *_exposure(days[META], results), ""]
    parts += ["## Each sleeve over all its years", ""]
    parts += [
        *_heads(),
        *(_row(name, each, resampled_eras(len(each), seed, resamples=resamples)) for name, each in alone.items()),
    ]
    parts += ["", *treasury_page.sections(results.runway, SIZES[META])]
    return "\n".join([*parts, ""])


def worth(one: np.ndarray, other: np.ndarray, drawn: np.ndarray) -> tuple[float, float, float]:
    """Dollars a year that one's weeks have over the other's at $500M, with the interval."""
    found = interval(yearly, one - other, drawn)
    return found.value * BASE, found.low * BASE, found.high * BASE


def _verdicts(
    fund: Days,
    weeks: Mapping[str, np.ndarray],
    drawn: np.ndarray,
    tried: np.ndarray,
    accounts: Accounts,
    results: Results,
) -> list[str]:
    base = weeks[META]
    books = accounts.waterfall
    runs = results.variants[META].values()
    span = (fund.dates[-1] - fund.dates[0]).astype(int) / 365.25
    monthly = sum(run.traded.sum() for run in runs) * BASE / span / MONTHS
    leverage = sum(run.leverage.mean() for run in runs)
    times = BILLION / monthly
    return [
        f"- At $500M the fund has a Sharpe ratio of {_bracketed(sharpe, base, drawn, 2)}; the chance that it is above "
        f"the best of {len(tried)} variants without skill is {deflated_sharpe(base, tried):.0%} (deflated Sharpe).",
        f"- After fees of {_dollars(books.management + books.performance)} its investors have "
        f"{_dollars(books.net)} on $500M.",
        f"- The crowd's worth: against the plain mean {_worth(base, weeks[PLAIN], drawn)} a year, against the best "
        f"single model before {_worth(base, weeks[SINGLE], drawn)} a year.",
        f"- It trades ${monthly / 1e6:,.0f}M a month at a leverage of {leverage:.1f} on average. $1bn a month, at the "
        f"same pace, takes a leverage of {leverage * times:.1f}, or assets of ${BASE * times / 1e6:,.0f}M.",
        treasury_page.verdict(results.runway, SIZES[META]),
        f"- With costs doubled its Sharpe ratio is {float(sharpe(weeks['costs doubled'])):.2f}, on the features' own "
        f"close {float(sharpe(weeks[CLOSE])):.2f}.",
    ]


def _heads(*more: str) -> list[str]:
    return [f"| | {' | '.join([*SHOWN, *more])} |", "|---|" + "---|" * len(SHOWN) + "---:|" * len(more)]


def _row(name: str, returns: np.ndarray, drawn: np.ndarray, *more: str) -> str:
    cells = [
        _bracketed(figure, returns, drawn, 2) if figure in (sharpe, romad) else _percent(figure, returns, drawn)
        for figure in SHOWN.values()
    ]
    return f"| {' | '.join([name, *cells, *more])} |"


def _figures(weeks: Mapping[str, np.ndarray], drawn: np.ndarray, tried: np.ndarray) -> list[str]:
    rows = []
    for name, returns in weeks.items():
        # Without the day between, a week more or less.
        chance = f"{deflated_sharpe(returns, tried):.0%}"
        rows.append(_row(name, returns, drawn[:, : len(returns)] % len(returns), chance))
    return [*_heads("deflated"), *rows]


def _trading(results: Results) -> list[str]:
    lines = [
        "Exposed is the share of the variance that trades left in the exposures, on average, as if all markets moved "
        f"on their own, and in how many trades it was above {SLIGHT:.1%}: there limits were too tight to be neutral. "
        "Skipped are trades that no portfolio within the limits allowed.",
        "",
        "| | sleeve | bought and sold a month | leverage | largest participation, mean | costs a year | exposed "
        "| skipped |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for variant in VARIANTS:
        for sleeve, run in results.variants[variant.name].items():
            span = (run.dates[-1] - run.dates[0]).astype(int) / 365.25
            traded = np.sum(run.traded * [variant.assets(number) for number in range(len(run.traded))])
            cells = [
                variant.name,
                sleeve,
                f"${traded / span / MONTHS / 1e6:,.0f}M",
                f"{run.leverage.mean():.1f}",
                f"{run.participation.mean():.1%}",
                f"{(run.trading.sum() + run.financing.sum()) / span:.2%}",
                f"{run.exposed.mean():.1%} ({(run.exposed > SLIGHT).sum()} of {len(run.exposed)})",
                str(run.skipped),
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


def _arrival(results: Results) -> list[str]:
    lines = [
        "| | sleeve | trades in a month | their costs | costs in a quarter | net in a quarter |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for name, assets in ((META, BASE), (ARRIVAL, 2 * BASE)):
        for sleeve, run in results.variants[name].items():
            month, quarter = (slice(ARRIVES * DAYS, (ARRIVES + weeks) * DAYS) for weeks in (4, 13))
            costs = [run.trading[rows].sum() for rows in (month, quarter)]
            cells = [
                name,
                sleeve,
                f"${run.traded[ARRIVES : ARRIVES + 4].sum() * assets / 1e6:,.0f}M",
                *(f"${cost * assets / 1e6:,.2f}M, {cost:.3%}" for cost in costs),
                f"{_signed(100 * run.net[quarter].sum(), 2)}%",
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return [
        "Cash comes in before a trade, and positions become half of what they were as a share of the assets: what is "
        "missing is bought as far as limits and costs allow. Costs are spread and impact, in dollars and in percent of "
        "all assets.",
        "",
        *lines,
    ]


def _waterfall(accounts: Accounts) -> list[str]:
    books = accounts.waterfall
    rows = [
        ("gross profit", books.gross),
        ("spread and impact", -books.trading),
        ("borrow and financing", -books.financing),
        ("management fee", -books.management),
        ("performance fee", -books.performance),
        ("net profit", books.net),
    ]
    return ["| | |", "|---|---:|", *(f"| {name} | {_dollars(cents)} |" for name, cents in rows)]


def _exposure(fund: Days, results: Results) -> list[str]:
    lines = [
        f"| | beta | correlation | explained by {COMPONENTS} principal components |",
        "|---|---:|---:|---:|",
    ]
    for sleeve, prices in results.prices.items():
        rows = np.searchsorted(prices.dates, fund.dates)
        there = (rows < len(prices.dates)) & (prices.dates[np.minimum(rows, len(prices.dates) - 1)] == fund.dates)
        returns, net = np.nan_to_num(prices.returns[rows[there]]), fund.net[there]
        market = returns.mean(axis=1)
        beta = np.cov(net, market)[0, 1] / market.var(ddof=1)
        cells = [
            f"the {sleeve}",
            _signed(beta, 3),
            _signed(np.corrcoef(net, market)[0, 1], 2),
            f"{explained(net, returns):.1%}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return [
        "Daily returns of the fund on those of the equal-weighted markets, and the share of their variance that the "
        f"first {COMPONENTS} principal components of all markets' returns explain, adjusted for their number. They are "
        "of the same days, so the fund could not know them.",
        "",
        *lines,
    ]


def explained(net: np.ndarray, returns: np.ndarray) -> float:
    """The share of variance that the first principal components of returns explain, adjusted for their number.

    Args:
        net: float64 of shape (days,).
        returns: float64 of shape (days, markets).
    """
    centred = returns - returns.mean(axis=0)
    scaled = centred / (centred.std(axis=0) + SMALLEST)
    components = np.linalg.svd(scaled, full_matrices=False)[0][:, :COMPONENTS]
    own = net - net.mean()
    left = own - components @ (components.T @ own)
    return float(1 - (left @ left) / (own @ own) * (len(net) - 1) / (len(net) - 1 - components.shape[1]))


def _percent(figure: Figure, returns: np.ndarray, drawn: np.ndarray) -> str:
    found = interval(figure, returns, drawn)
    return f"{_signed(100 * found.value, 1)}% [{_signed(100 * found.low, 1)}, {_signed(100 * found.high, 1)}]"


def _bracketed(figure: Figure, returns: np.ndarray, drawn: np.ndarray, places: int) -> str:
    found = interval(figure, returns, drawn)
    return f"{_signed(found.value, places)} [{_signed(found.low, places)}, {_signed(found.high, places)}]"


def _worth(one: np.ndarray, other: np.ndarray, drawn: np.ndarray) -> str:
    value, low, high = (_signed(each / 1e6, 1) for each in worth(one, other, drawn))
    return f"${value}M [{low}, {high}]"


def _dollars(cents: int) -> str:
    return f"{'−' if cents < 0 else ''}${abs(cents) / CENTS / 1e6:,.2f}M"


def _signed(value: float, places: int) -> str:
    # No zero has a sign.
    return f"{round(float(value), places) + 0.0:.{places}f}".replace("-", "−")
