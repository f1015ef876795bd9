# SPDX-License-Identifier: MIT
"""The demo's tables."""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Final

from rich.console import Console

from demo.checks import Check
from demo.pools import MANAGER
from demo.results import ModelResult, RoundResult, SeasonResult
from nmr.cli.tables import print_table
from nmr.text.amounts import FACTOR, NMR, show_nmr

CENTI: Final = NMR // 100


MODELS: Final = (
    "id", "model", "policy", "mean CORR", "mean MMC", "submitted", "rewards", "burns", "home with", "return"
)  # fmt: skip
ROUNDS: Final = (
    "round", "era", "staked", "valid", "at risk", "factor", "meta CORR", "rewards", "burns",
    "gas a model", "end", "audit",
)  # fmt: skip
POOLS: Final = ("pool", "predicts", "fee", "who", "weeks", "put in", "took out", "gained", "fees booked")
SPARE: Final = ("id", "submitted", "mean MMC", "home with", "policy")
SPARE_OF_ROUNDS: Final = ("era", "valid", "gas a model", "audit", "meta CORR", "staked")
"""Columns that a narrow terminal does without."""
TVL: Final = ("what", "halfway", "when all is settled")
FIGURES: Final = {
    "TVL: idle, at risk and waiting": "tvl",
    "idle": "idle",
    "at risk in unsettled rounds": "at_risk",
    "donations": "donations",
    "reserved for rewards, in the treasury": "reserved",
    "free in the treasury": "treasury_free",
    "supply": "supply",
    "circulating: supply without the treasury": "circulating",
    "burned so far": "burned",
}
"""What the lens says, by its name there."""
TEXT: Final = frozenset({"model", "policy", "end", "audit", "what", "filled", "pool", "predicts", "who", "weeks"})


def show(console: Console, result: SeasonResult) -> None:
    """Print what became of models, rounds and gas, and what went wrong."""
    print_table("Models, amounts in NMR", MODELS, model_rows(result), left=TEXT, optional=SPARE)
    print_table("Rounds, amounts in NMR", ROUNDS, round_rows(result), left=TEXT, optional=SPARE_OF_ROUNDS)
    if result.pools:
        print_table("Pools, amounts in NMR", POOLS, pool_rows(result), left=TEXT, optional=("predicts", "fee"))
    print_table("TVL, exact, in NMR", TVL, tvl_rows(result))
    print_gas("Gas of a call", result.gas)
    for incident in result.incidents:
        console.print(f"round {incident.round}: {incident.what}", highlight=False, markup=False)


def show_checks(console: Console, checks: Sequence[Check]) -> None:
    """Print what has to be true, and whether it is."""
    for check in checks:
        console.print("[green]holds[/]" if check.holds else "[bold red]FAILS[/]", check.statement, highlight=False)


def model_rows(result: SeasonResult) -> list[list[str]]:
    """A row of `MODELS` for each model, the richest first."""
    return [_model_row(*item) for item in sorted(enumerate(result.models), key=lambda item: -_return(item[1]))]


def round_rows(result: SeasonResult) -> list[list[str]]:
    """A row of `ROUNDS` for each round."""
    return [_round_row(row) for row in sorted(result.rounds, key=lambda row: row.round)]


def pool_rows(result: SeasonResult) -> list[list[str]]:
    """A row of `POOLS` for each manager and backer of a pool."""
    rows = []
    for pool in result.pools:
        for who, holder in pool.holders.items():
            until = "the end" if holder.left is None else str(holder.left)
            gained = f"{(holder.back - holder.put) * 10_000 // holder.put / 100:+.2f}%"
            amounts = nmr(holder.put), nmr(holder.back), gained, nmr(pool.fees) if who == MANAGER else ""
            rows.append(
                [pool.label, pool.predicts, f"{pool.fee / 100:g}%", who, f"{holder.joined} to {until}", *amounts]
            )
    return rows


def tvl_rows(result: SeasonResult, shown: Callable[[int], str] = show_nmr) -> list[list[str]]:
    """A row of `TVL` for each figure of the lens, halfway through the season and at its end.

    Args:
        shown: writes an amount of wei.
    """
    middle, end = result.figures[len(result.figures) // 2], result.figures[-1]
    return [[name, *(shown(getattr(figures, field)) for figures in (middle, end))] for name, field in FIGURES.items()]


def _model_row(model: int, row: ModelResult) -> list[str]:
    return [
        str(model),
        row.entrant.name,
        row.entrant.policy if row.entrant.joins == 0 else f"{row.entrant.policy}, from {row.entrant.joins}",
        f"{fmean(row.primary):+.4f}" if row.primary else "-",
        f"{fmean(row.contribution):+.4f}" if row.contribution else "-",
        str(len(row.primary)),
        nmr(row.rewards),
        nmr(row.burns),
        nmr(row.withdrawn),
        f"{_return(row) / 100:+.2f}%",
    ]


def _return(row: ModelResult) -> int:
    """What a deposit earned, in hundredths of a percent, rounded down; for reading only."""
    return (row.withdrawn - row.deposited) * 10_000 // row.deposited


def _round_row(row: RoundResult) -> list[str]:
    verification = row.verification
    return [
        str(row.round),
        str(row.era),
        str(row.staked),
        str(row.valid),
        nmr(row.at_risk),
        f"{row.factor / FACTOR:.4f}",
        "-" if row.meta_model is None else f"{row.meta_model:+.4f}",
        nmr(row.rewards),
        nmr(row.burns),
        f"{row.gas // row.staked:,}" if row.staked else "-",
        row.end,
        "-" if verification is None else "right" if verification.agrees else "WRONG",
    ]


def print_gas(title: str, gas: Mapping[str, Sequence[int]]) -> None:
    """Print what transactions cost, by function."""
    rows = []
    for call, figures in gas.items():
        mean = sum(figures) // len(figures)
        rows.append((call, str(len(figures)), f"{min(figures):,}", f"{mean:,}", f"{max(figures):,}"))
    print_table(title, ("call", "calls", "lowest", "mean", "highest"), rows)


def nmr(wei: int) -> str:
    """NMR to two decimals, for reading only: the rest is cut off."""
    cents = wei // CENTI
    return f"{cents // 100:,}.{cents % 100:02d}"
