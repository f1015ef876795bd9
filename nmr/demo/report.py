"""The demo's tables."""

from collections.abc import Sequence
from statistics import fmean

from rich.console import Console
from rich.table import Table

from nmr.demo.checks import Check
from nmr.demo.season import SeasonResult
from nmr.units import FACTOR, NMR

CENTI: int = NMR // 100


def show(console: Console, result: SeasonResult, checks: Sequence[Check]) -> None:
    """Print what became of models, rounds and gas, and the checks."""
    console.print(_models(result))
    console.print(_rounds(result))
    console.print(_gas(result))
    for check in checks:
        console.print("[green]holds[/]" if check.holds else "[bold red]FAILS[/]", check.statement, highlight=False)


def _models(result: SeasonResult) -> Table:
    table = Table(title="Models, amounts in NMR", title_justify="left")
    for heading in ("id", "model", "policy"):
        table.add_column(heading, justify="right" if heading == "id" else "left")
    for heading in ("mean CORR", "mean MMC", "deposit", "rewards", "burns", "home with", "return"):
        table.add_column(heading, justify="right")
    for model, row in sorted(enumerate(result.models), key=lambda item: -item[1].withdrawn):
        table.add_row(
            str(model),
            row.entrant.spec.name,
            row.entrant.policy,
            f"{fmean(row.primary):+.4f}" if row.primary else "-",
            f"{fmean(row.contribution):+.4f}" if row.contribution else "-",
            _nmr(row.deposited),
            _nmr(row.rewards),
            _nmr(row.burns),
            _nmr(row.withdrawn),
            f"{(row.withdrawn - row.deposited) * 10_000 // row.deposited / 100:+.2f}%",
        )
    return table


def _rounds(result: SeasonResult) -> Table:
    table = Table(title="Rounds, amounts in NMR", title_justify="left")
    for heading in ("round", "era", "models", "at risk", "payout factor", "rewards", "burns", "gas to settle a model"):
        table.add_column(heading, justify="right")
    for row in result.rounds:
        table.add_row(
            str(row.round),
            str(row.era),
            str(row.models),
            _nmr(row.at_risk),
            f"{row.factor / FACTOR:.4f}",
            _nmr(row.rewards),
            _nmr(row.burns),
            f"{row.gas // row.models:,}" if row.models else "-",
        )
    return table


def _gas(result: SeasonResult) -> Table:
    table = Table(title="Gas of a call", title_justify="left")
    table.add_column("call")
    for heading in ("calls", "lowest", "mean", "highest"):
        table.add_column(heading, justify="right")
    for call, figures in result.gas.items():
        mean = sum(figures) // len(figures)
        table.add_row(call, str(len(figures)), f"{min(figures):,}", f"{mean:,}", f"{max(figures):,}")
    return table


def _nmr(wei: int) -> str:
    """NMR to two decimals, for reading only: the rest is cut off."""
    cents = wei // CENTI
    return f"{cents // 100:,}.{cents % 100:02d}"
