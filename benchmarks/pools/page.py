# SPDX-License-Identifier: MIT
"""The page of the pools' experiment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.economics.format import bracketed, nmr, percent, ratio, share
from benchmarks.economics.market import STAKE
from benchmarks.economics.scores import BEST
from benchmarks.economics.stage import CLIP
from benchmarks.meta_model.figures import BLOCK, Figure, Interval, interval, mean
from benchmarks.pools.play import (
    BACKED,
    FEE,
    FEES,
    MODELS,
    OWN,
    PAIRED,
    PUSHES,
    RING,
    SKINS,
    Gained,
    Second,
    backers,
    better,
    fees,
    gained,
    lottery,
    lottery_backers,
    manager,
    season,
)
from nmr.protocol.reference.pool_rules import BASIS
from nmr.text.amounts import GWEI, NMR

GWEI_A_GAS: Final = 2
NMR_AN_ETHER: Final = 200
"""What the costs are counted at: the price of gas, and that of ether."""
STAYS: Final = ("pool_enter", "pool_claim", "pool_exit", "pool_claim_exit")
"""What a backer calls at a place between coming and going."""
CAPITALS: Final = (100, 1_000, 10_000)
"""NMR that a backer divides among all places."""
COIN: Final = NMR // GWEI


@dataclass(frozen=True)
class Results:
    """What the page is made of.

    Attributes:
        eras: the weeks played, ascending.
        at_risk: what the crowd has at stake, gwei.
        crowd: what `STAKE` on each model gained in every round, int64 of shape (eras,), gwei.
        second: as of `second_models`.
        drawn: int64 of shape (resamples, eras): the resampled histories.
        gas: the figures of benchmarks/gas.json.
    """

    eras: Sequence[int]
    at_risk: int
    crowd: Mapping[str, np.ndarray]
    second: Mapping[tuple[str, int, bool], Second]
    drawn: np.ndarray
    gas: Mapping[str, int]

    def returns(self, name: str) -> np.ndarray:
        """What a model gained in every round, as a share of its stake."""
        return np.asarray(self.crowd[name] / STAKE)

    def figure(self, figure: Figure, name: str) -> Interval:
        """A figure of a model's rounds, with its interval."""
        return interval(figure, self.returns(name), self.drawn)

    @property
    def turns(self) -> float:
        """Rounds of a place."""
        return len(self.eras) / RING


def render(results: Results) -> str:
    """The page, in Markdown."""
    parts = [
        "# What pools would have earned",
        "",
        f"Written by `python -m benchmarks.pools`. Each pool has one of the models of "
        f"[the meta model's experiment](meta_model.md) and plays {len(results.eras)} weekly rounds "
        f"({results.eras[0]} to {results.eras[-1]}) on the prices of 88 Toronto stocks, beside the crowd of "
        f"[the economic attacks](economics.md): {nmr(STAKE)} NMR on each model, a threshold of "
        f"{nmr(results.at_risk)} NMR, 0.5 × CORR + 2 × MMC, clip {ratio(CLIP)}.",
        "",
        f"A ring of {RING} places takes turns, so each place plays {results.turns:g} rounds. At each, backers put in "
        f"{nmr(BACKED)} NMR and the manager {nmr(OWN)}, nobody comes or goes, and every turn has a checkpoint. A pool "
        "is taken to be small: what it wins is what the crowd's model wins, and its stake does not move the factor or "
        f"the meta model; the last part is about one that does. Brackets are 95% intervals: blocks of {BLOCK} weeks, "
        f"{len(results.drawn):,} resamples. One market and one crowd, whose best models only hindsight knows: the "
        "skilled ones earned more than could be counted on.",
        "",
        *_backers(results),
        *_managers(results),
        *_costs(results),
        *_lottery(results),
        *_second(results),
    ]
    return "\n".join(parts)


def _backers(results: Results) -> list[str]:
    titles = [f"fee {percent(fee / BASIS)}" for fee in FEES]
    rows = []
    for name in MODELS:
        cells = [_whole(results.figure(backers(fee), name)) for fee in FEES]
        rows.append(f"| {name} | {bracketed(results.figure(mean, name))} | {' | '.join(cells)} |")
    least, most = MODELS[-1], MODELS[0]
    kept = season(results.crowd[most].tolist(), FEE)
    worst = season(results.crowd[least].tolist(), FEE)
    return [
        "## Backers",
        "",
        "What backers gained over all rounds, of what they put in, by the model and the pool's fee, before gas.",
        "",
        f"| model | a round | {' | '.join(titles)} |",
        f"|---|---:|{'---:|' * len(FEES)}",
        *rows,
        "",
        f"In NMR, by the integers of the reference, at a fee of {percent(FEE / BASIS)}: backers of {most} had "
        f"{nmr(kept.backers)} of {nmr(RING * BACKED)} in the end, those of {least} {nmr(worst.backers)}. No fee is due "
        "below the mark. It takes more of a winner's gains than its part, since what it took no longer compounds for "
        "backers, and since what one place loses does not lower the fee of another.",
        "",
    ]


def _managers(results: Results) -> list[str]:
    titles = [f"fee {percent(fee / BASIS)}" for fee in FEES[1:]]
    rows = []
    for name in MODELS:
        cells = [_whole(results.figure(fees(fee), name)) for fee in FEES[1:]]
        own = [_whole(results.figure(manager(FEE, skin), name)) for skin in (SKINS[0], SKINS[-1])]
        alone = _whole(results.figure(backers(0), name))
        rows.append(f"| {name} | {' | '.join(cells)} | {alone} | {' | '.join(own)} |")
    skins = [f"full pool, skin {percent(skin / BASIS)}" for skin in (SKINS[0], SKINS[-1])]
    return [
        "## Managers",
        "",
        "First what a manager had by fees in the end, as a part of what the backers put in; fee shares stay at stake "
        "and win and lose with the rest. Then what the manager's own NMR gained: alone, and with the fees of a pool "
        f"that is full, at a fee of {percent(FEE / BASIS)}.",
        "",
        f"| model | {' | '.join(titles)} | own NMR alone | {' | '.join(skins)} |",
        f"|---|{'---:|' * (len(titles) + 1 + len(skins))}",
        *rows,
        "",
    ]


def _costs(results: Results) -> list[str]:
    stay = RING * sum(results.gas[name] for name in STAYS)
    run = results.gas["pool_create"] + len(results.eras) * results.gas["pool_checkpoint_fee"]
    rows = [
        f"| a backer of {capital:,} NMR, all places, once | {stay:,} | {_part(stay, capital)} |" for capital in CAPITALS
    ]
    capital = RING * (BACKED + OWN) // COIN
    return [
        "## Costs",
        "",
        f"Gas at {GWEI_A_GAS} gwei, an ether being {NMR_AN_ETHER} NMR; both are assumptions, and the cost is "
        "proportional to each. A stay is an order in, a claim, an order out and a claim at each place. Who looks after "
        "a pool pays for its creation and a checkpoint with a fee in every round.",
        "",
        "| who | gas | of the capital |",
        "|---|---:|---:|",
        *rows,
        f"| who looks after a pool of {capital:,} NMR, {len(results.eras)} rounds | {run:,} | {_part(run, capital)} |",
        "",
        f"After costs a backer of {CAPITALS[0]} NMR has {_part(stay, CAPITALS[0])} less than the first table says, one "
        f"of {CAPITALS[-1]:,} NMR {_part(stay, CAPITALS[-1])}. What looks after the pool costs {_cost(run):.2f} NMR, "
        "whoever pays it.",
        "",
    ]


def _lottery(results: Results) -> list[str]:
    rows, noise = [], share(results.figure(lottery(FEE), "noise").value / results.turns)
    for name in PAIRED:
        income = results.figure(lottery(FEE), name)
        a_round = Interval(*(part / results.turns for part in income))
        lost = _whole(results.figure(lottery_backers(FEE), name))
        shown = _whole(results.figure(better, name))
        rows.append(f"| {name} | {_whole(income)} | {bracketed(a_round)} | {lost} | {shown} |")
    return [
        "## Two opposite pools",
        "",
        "One manager runs a pool and another with the opposite predictions, with as much at stake in each, at a fee of "
        f"{percent(FEE / BASIS)}. One of them always wins. What the manager has by fees in the end and a round, and "
        "what the backers of both gained, all as parts of what they put in; and what the better pool shows in the end, "
        "before fees.",
        "",
        "| a model and its opposite | fees | a round | backers | the better one |",
        "|---|---:|---:|---:|---:|",
        *rows,
        "",
        f"The fees come out of the backers' part and need no skill: noise and its opposite bring {noise} a round of "
        "what backers put into both, and the better of the two shows a record that is worth nothing. `nmr pool "
        "leaderboard` names such a pair once it has 20 rounds in common.",
        "",
    ]


def _second(results: Results) -> list[str]:
    rows = []
    found: list[Gained] = []
    for push in PUSHES:
        for skin in SKINS:
            each = gained(results.second, push, skin, results.drawn)
            found.append(each)
            size = nmr(STAKE * BASIS // skin)
            cells = (each.by_mmc, each.by_factor, each.skin, each.net)
            rows.append(f"| {push} | {percent(skin / BASIS)} | {size} | {' | '.join(map(bracketed, cells))} |")
    alone = interval(mean, results.second[PUSHES[0], 0, True].model, results.drawn)
    pays = sum(each.net.low > 0 for each in found)
    costs = sum(each.net.high < 0 for each in found)
    return [
        "## A manager's second model",
        "",
        "MMC is what a model adds to the stake-weighted mean, so whoever moves that mean away from a model raises its "
        f"MMC. A manager has {nmr(STAKE)} NMR on {BEST}, the best model of these weeks, and {nmr(STAKE)} in a pool "
        "that backers fill, so that its weight is what the skin makes of it. The pool predicts something that pushes "
        "the mean away. All figures are a round, of the second model's stake: what MMC brings it where no threshold "
        "limits payouts; what the factor takes from it where the pool's stake comes on top of the threshold; what the "
        "manager's own part of the pool gains; and the sum, less what the same model gains without the pool, "
        f"{bracketed(alone)}. Fees are left out: a pool that loses brings none.",
        "",
        "| the pool predicts | skin | at stake in it, NMR | by MMC | by the factor | own part | net |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *rows,
        "",
        f"The manager gains in {pays} of {len(found)} cases and loses in {costs}, by intervals that leave out zero. "
        "The pool's weight helps the second model little, if at all, and the manager's own part of a pool that pushes "
        "the mean away loses more. The backers lose beside it: what they can do is look at the record, and leave.",
        "",
    ]


def _whole(found: Interval) -> str:
    return f"{percent(found.value)} [{percent(found.low)}, {percent(found.high)}]"


def _cost(gas: int) -> float:
    return gas * GWEI_A_GAS / 10**9 * NMR_AN_ETHER


def _part(gas: int, capital: int) -> str:
    return share(_cost(gas) / capital, 3)
