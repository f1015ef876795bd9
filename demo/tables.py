# SPDX-License-Identifier: MIT
"""The demo's tables."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Final

from rich.console import Console
from rich.table import Table

from demo.checks import Check
from demo.results import ModelResult, RoundResult, SeasonResult
from nmr.text.amounts import FACTOR, NMR, format_nmr

CENTI: Final = NMR // 100


MODELS: Final = (
    "id", "model", "policy", "mean CORR", "mean MMC", "submitted", "rewards", "burns", "home with", "return"
)  # fmt: skip
ROUNDS: Final = (
    "round", "era", "staked", "valid", "at risk", "factor", "meta CORR", "rewards", "burns",
    "gas a model", "end", "audit",
)  # fmt: skip
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
TEXT: Final = frozenset({"model", "policy", "end", "audit", "what", "filled"})


def show(console: Console, result: SeasonResult) -> None:
    """Print what became of models, rounds and gas, and what went wrong."""
    console.print(table("Models, amounts in NMR", MODELS, model_rows(result)))
    console.print(table("Rounds, amounts in NMR", ROUNDS, round_rows(result)))
    console.print(table("TVL, exact, in NMR", TVL, tvl_rows(result)))
    console.print(gas_table("Gas of a call", result.gas))
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


def tvl_rows(result: SeasonResult) -> list[list[str]]:
    """A row of `TVL` for each figure of the lens, halfway through the season and at its end."""
    middle, end = result.figures[len(result.figures) // 2], result.figures[-1]
    return [
        [name, *(format_nmr(getattr(figures, field)) for figures in (middle, end))] for name, field in FIGURES.items()
    ]


def _model_row(model: int, row: ModelResult) -> list[str]:
    return [
        str(model),
        row.entrant.spec.name,
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


def table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table to print."""
    printed = Table(title=title, title_justify="left")
    for heading in headings:
        printed.add_column(heading, justify="left" if heading in TEXT else "right")
    for row in rows:
        printed.add_row(*row)
    return printed


def gas_table(title: str, gas: Mapping[str, Sequence[int]]) -> Table:
    """What transactions cost, by function."""
    table = Table(title=title, title_justify="left")
    table.add_column("call")
    for heading in ("calls", "lowest", "mean", "highest"):
        table.add_column(heading, justify="right")
    for call, figures in gas.items():
        mean = sum(figures) // len(figures)
        table.add_row(call, str(len(figures)), f"{min(figures):,}", f"{mean:,}", f"{max(figures):,}")
    return table


def nmr(wei: int) -> str:
    """NMR to two decimals, for reading only: the rest is cut off."""
    cents = wei // CENTI
    return f"{cents // 100:,}.{cents % 100:02d}"
