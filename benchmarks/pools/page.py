# SPDX-License-Identifier: MIT
"""The page of the pools' experiment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from benchmarks.economics.format import bracketed, nmr, percent, ratio, share
from benchmarks.economics.market import STAKE
from benchmarks.economics.scores import BEST
from benchmarks.economics.stage import CLIP
from benchmarks.meta_model.figures import BLOCK, COVERED, Figure, Interval, interval, mean
from benchmarks.pools.play import (
    BACKED,
    EQUAL,
    FEE,
    FEES,
    MODELS,
    OWN,
    PAIRED,
    PUSHES,
    RATIOS,
    RING,
    SKINS,
    Case,
    Second,
    alone,
    backers,
    better,
    by_weight,
    fees,
    lottery,
    lottery_backers,
    manager,
    net,
    season,
)
from nmr.protocol.reference.pool_rules import BASIS
from nmr.text.amounts import GWEI, NMR

GWEI_A_GAS: Final = 2
NMR_AN_ETHER: Final = 200
"""What the costs are counted at: the price of gas, and that of ether."""
COIN: Final = NMR // GWEI
CAPITAL: Final = 100 * COIN
"""What the backer has whose gas is counted, at all places."""


class Bill(NamedTuple):
    """Calls that somebody pays for, by their names in benchmarks/gas.json: once, at each place, and in every round."""

    once: tuple[str, ...]
    places: tuple[str, ...] = ()
    rounds: tuple[str, ...] = ()


STAY: Final = Bill(("approve",), ("pool_enter_first", "pool_claim_first", "pool_exit_first", "pool_claim_exit"))
POOL: Final = Bill(
    ("pool_create", "approve", "pool_claim_exit"),
    ("pool_enter_place", "pool_fill_opening", "pool_exit_first", "pool_checkpoint_all"),
    ("submit", "pool_checkpoint_fee"),
)
ALONE: Final = Bill(
    ("register", "approve", "deposit_first", "set_policy_first", "set_policy", "withdraw_all"), rounds=("submit",)
)


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
    second: Mapping[Case, Second]
    drawn: np.ndarray
    gas: Mapping[str, int]

    def returns(self, name: str) -> np.ndarray:
        """What a model gained in every round, as a share of its stake."""
        return np.asarray(self.crowd[name] / STAKE)

    def figure(self, figure: Figure, name: str) -> Interval:
        """A figure of a model's rounds, with its interval."""
        return interval(figure, self.returns(name), self.drawn)

    def mean(self, series: np.ndarray) -> Interval:
        """The mean of what something gained a round, with its interval."""
        return interval(mean, series, self.drawn)

    @property
    def turns(self) -> float:
        """Rounds of a place."""
        return len(self.eras) / RING

    def gas_of(self, bill: Bill) -> int:
        """What somebody pays for, from coming to going."""
        each = bill.once + RING * bill.places + len(self.eras) * bill.rounds
        return sum(self.gas[name] for name in each)

    def cost(self, bill: Bill) -> int:
        """The same in gwei of NMR."""
        return self.gas_of(bill) * GWEI_A_GAS * NMR_AN_ETHER

    def after(self, figure: Figure, name: str, bill: Bill, capital: int) -> str:
        """A figure of a model's rounds, less the gas, as a part of so many gwei."""
        found, part = self.figure(figure, name), self.cost(bill) / capital
        return _whole(Interval(*(each - part for each in found)))


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
        *_costs(results),
        *_backers(results),
        *_managers(results),
        *_lottery(results),
        *_second(results),
    ]
    return "\n".join(parts)


def _costs(results: Results) -> list[str]:
    rows = []
    for who, bill, capital in (
        ("a backer", STAY, CAPITAL),
        ("a pool", POOL, RING * (BACKED + OWN)),
        ("a model alone", ALONE, RING * OWN),
    ):
        gas, cost = results.gas_of(bill), results.cost(bill)
        rows.append(f"| {who} of {nmr(capital)} NMR | {gas:,} | {nmr(cost)} | {share(cost / capital)} |")
    return [
        "## Costs",
        "",
        f"Gas by [the gas table](gas.md), at {GWEI_A_GAS} gwei, an ether being {NMR_AN_ETHER} NMR; both are "
        "assumptions, and the cost is proportional to each. A backer approves, and at each place orders in, claims, "
        "orders out and claims. For a pool somebody, here the manager, pays for its creation, an approval and a claim; "
        "at each place for an order in, the first `fill`, an order out and its checkpoint; and in every round for a "
        "submission and a checkpoint with a fee. A model without a pool takes a registration, an approval, a deposit, "
        "a policy and its end, a withdrawal, and a submission in every round.",
        "",
        "| who | gas | NMR | of the capital |",
        "|---|---:|---:|---:|",
        *rows,
        "",
        "No call costs more with more NMR, so ten times the NMR pays a tenth of the part. The next two tables are "
        "after these costs, at these sizes.",
        "",
    ]


def _backers(results: Results) -> list[str]:
    titles = [f"fee {percent(fee / BASIS)}" for fee in FEES]
    rows = []
    for name in MODELS:
        cells = [results.after(backers(fee), name, STAY, CAPITAL) for fee in FEES]
        rows.append(f"| {name} | {bracketed(results.figure(mean, name))} | {' | '.join(cells)} |")
    least, most = MODELS[-1], MODELS[0]
    kept = season(results.crowd[most].tolist(), FEE)
    worst = season(results.crowd[least].tolist(), FEE)
    return [
        "## Backers",
        "",
        "What the model gained a round; and what a backer had gained in the end, of what was put in, by the pool's "
        f"fee, after the gas of a backer of {nmr(CAPITAL)} NMR, {share(results.cost(STAY) / CAPITAL)} of it.",
        "",
        f"| model | a round | {' | '.join(titles)} |",
        f"|---|---:|{'---:|' * len(FEES)}",
        *rows,
        "",
        f"In NMR and before gas, by the integers of the reference, at a fee of {percent(FEE / BASIS)}: backers of "
        f"{most} had {nmr(kept.backers)} of {nmr(RING * BACKED)} in the end, those of {least} {nmr(worst.backers)}. No "
        "fee is due below the mark. It takes more of a winner's gains than its part, since what it took no longer "
        "compounds for backers, and since what one place loses does not lower the fee of another.",
        "",
    ]


def _managers(results: Results) -> list[str]:
    titles = [f"fee {percent(fee / BASIS)}" for fee in FEES[1:]]
    own = RING * OWN
    rows = []
    for name in MODELS:
        cells = [results.after(fees(fee), name, POOL, RING * BACKED) for fee in FEES[1:]]
        kept = results.after(backers(0), name, ALONE, own)
        full = [results.after(manager(FEE, skin), name, POOL, own) for skin in (SKINS[0], SKINS[-1])]
        rows.append(f"| {name} | {' | '.join(cells)} | {kept} | {' | '.join(full)} |")
    skins = [f"full pool, skin {percent(skin / BASIS)}" for skin in (SKINS[0], SKINS[-1])]
    cost = results.cost(POOL)
    return [
        "## Managers",
        "",
        "First what a manager had by fees in the end, as a part of what the backers put in; fee shares stay at stake "
        f"and win and lose with the rest. All gas of the pool is off, {share(cost / (RING * BACKED))} of "
        f"{nmr(RING * BACKED)} NMR: below zero the fees did not pay it. Then what the manager's own {nmr(own)} NMR "
        f"gained: alone, after {share(results.cost(ALONE) / own)} for the gas of a model; and with the fees of a pool "
        f"that backers fill, at a fee of {percent(FEE / BASIS)}, after {share(cost / own)} for that of the pool.",
        "",
        f"| model | {' | '.join(titles)} | own NMR alone | {' | '.join(skins)} |",
        f"|---|{'---:|' * (len(titles) + 1 + len(skins))}",
        *rows,
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
        f"before fees. All are before gas: that of a pool is {share(results.cost(POOL) / (RING * BACKED))} of "
        f"{nmr(RING * BACKED)} NMR that backers put in.",
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
    rows, others = [], []
    for push in PUSHES:
        for skin in SKINS:
            case = Case(push, skin, EQUAL, limited=True)
            by_mmc = by_weight(results.second, case._replace(limited=False))
            series = by_mmc, by_weight(results.second, case) - by_mmc, results.second[case].pool
            cells = [*(results.mean(each) for each in series), results.mean(net(results.second, case))]
            size = nmr(STAKE * BASIS // skin)
            rows.append(f"| {push} | {percent(skin / BASIS)} | {size} | {' | '.join(map(bracketed, cells))} |")
            cells = []
            for times in RATIOS[1:]:
                case = case._replace(ratio=times)
                cells += [results.mean(figure(results.second, case)) for figure in (by_weight, net)]
            others.append(f"| {push} | {percent(skin / BASIS)} | {' | '.join(map(bracketed, cells))} |")
    titles = " | ".join(f"{times} : 1, the model | {times} : 1, net" for times in RATIOS[1:])
    without = [bracketed(results.mean(results.second[alone(times, limited=True)].model)) for times in RATIOS]
    return [
        "## A manager's second model",
        "",
        "MMC is what a model adds to the stake-weighted mean, so whoever moves that mean away from a model raises its "
        f"MMC. A manager has {nmr(STAKE)} NMR in a pool that backers fill, so that its weight is what the skin makes "
        f"of it, and {RATIOS[0]}, {RATIOS[1]} or {RATIOS[2]} times as much on {BEST}, the best model of these weeks. "
        "The pool predicts something that pushes the mean away. All figures are a round, of the second model's stake: "
        "what MMC brings it where no threshold limits payouts; what the factor takes from it where the pool's stake "
        "comes on top of the threshold; what the manager's own part of the pool gains; and the sum, less what the same "
        f"model gains without the pool, {without[0]}. First with as much on the model as in the pool.",
        "",
        "| the pool predicts | skin | at stake in it, NMR | by MMC | by the factor | own part | net |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *rows,
        "",
        f"Then with more on the model, {RATIOS[1]} : 1 and {RATIOS[2]} : 1, in the same pools: what MMC and factor "
        "bring the model together, and the same with the own part. "
        f"Without the pool it gains {without[1]} and {without[2]}.",
        "",
        f"| the pool predicts | skin | {titles} |",
        f"|---|---:|{'---:|' * (2 * len(RATIOS[1:]))}",
        *others,
        "",
        *_verdict(results),
    ]


def _verdict(results: Results) -> list[str]:
    told, most, helped = [], [], 0
    for times in RATIOS:
        cases = [Case(push, skin, times, limited=True) for push in PUSHES for skin in SKINS]
        found = [results.mean(net(results.second, case)) for case in cases]
        gains, loses = sum(each.low > 0 for each in found), sum(each.high < 0 for each in found)
        told.append(f"at {times} : 1 in {gains} of {len(cases)} cases, and loses in {loses}")
        most.append(share(max(_fees(results, case) for case in cases)))
        helped += sum(results.mean(by_weight(results.second, case)).low > 0 for case in cases)
    every = len(RATIOS) * len(PUSHES) * len(SKINS)
    gas = share(results.cost(POOL) / len(results.eras) / STAKE)
    chance = (1 - COVERED) / 2
    return [
        f"By intervals that leave out zero, the manager gains {'; '.join(told)}. The others show neither. By MMC and "
        f"factor the model itself gains in {helped} of {every}, where chance would bring {every * chance:.1f}. The "
        "more the manager has on the model, the less counts what the own part loses, and the less a pool of this size "
        "moves the mean; larger pools were not played.",
        "",
        f"Fees and gas are left out: fees of {percent(FEE / BASIS)} would add at most {most[0]}, {most[1]} and "
        f"{most[2]} at these ratios, and the pool's gas is {gas} a round of {nmr(STAKE)} NMR. The backers lose beside "
        "it: what they can do is look at the record, and leave.",
        "",
    ]


def _fees(results: Results, case: Case) -> float:
    """What a manager would have by fees of a pool that pushes, a round, of the second model's stake."""
    income = float(fees(FEE)(results.second[case].pool)) / results.turns
    return income * (BASIS - case.skin) / case.skin / case.ratio


def _whole(found: Interval) -> str:
    return f"{percent(found.value)} [{percent(found.low)}, {percent(found.high)}]"
