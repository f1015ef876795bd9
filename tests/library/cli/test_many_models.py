# SPDX-License-Identifier: MIT
"""What commands print of 500 models: what they have in common, and no row for each."""

import io
from contextlib import redirect_stdout

import pytest

from nmr.cli import stake_tables, tables
from nmr.client.stakes import AtRisk, ModelHolding
from nmr.client.staking import Registered, StakesChange
from nmr.protocol.lifetimes import Lifetime
from nmr.protocol.reference.rounds import State
from nmr.text.amounts import NMR

OWNER = f"0x{'aB' * 20}"
NOW = 1_800_000_000


@pytest.fixture
def lines(monkeypatch):
    """Calls what prints, and gives the lines."""
    monkeypatch.setattr(tables, "WIDTH", 80)

    def call(function, *arguments, **options):
        output = io.StringIO()
        with redirect_stdout(output):
            function(*arguments, **options)
        return output.getvalue().splitlines()

    return call


def holdings(number):
    """Models with 2 NMR idle, and 1 NMR at risk in round 7; model 0 also in round 6."""
    return [
        ModelHolding(
            model,
            OWNER,
            OWNER,
            None,
            2 * NMR,
            0,
            False,
            tuple(
                AtRisk(round_id, NMR, State.OPENED, NOW + 60, NOW + 120)
                for round_id in ((7, 6) if model == 0 else (7,))
            ),
            Lifetime(label=f"model-{model}", deposited=3 * NMR),
        )
        for model in range(number)
    ]


def cells(lines):
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if line.startswith("│")]


def test_show__500_models__are_sums_and_a_row_for_each_round(lines):
    shown = lines(stake_tables.print_holdings, holdings(500), NOW, compact=True)
    assert len(shown) < 24
    assert "models     500 in all: 0-499" in shown
    assert "idle       1000 NMR" in shown
    assert "at risk    501 NMR" in shown
    assert "A row for each model: --each." in shown
    rows = [row for row in cells(shown) if row[0]]
    assert [(row[0], row[1], row[3]) for row in rows] == [("1 in all", "6", "1"), ("500 in all", "7", "500")]


def test_show__each_of_500_models__has_its_row(lines):
    shown = cells(lines(stake_tables.print_holdings, holdings(500), NOW, compact=False))
    assert len([row for row in shown if row[1].startswith("model-")]) == 500
    assert len([row for row in shown if row[1] in ("6", "7")]) == 501


def test_amounts__of_500_models__share_a_row_where_they_are_alike(lines):
    amounts = dict.fromkeys(range(500), NMR) | {7: 2 * NMR}
    shown = cells(lines(stake_tables.print_amounts, "Deposited", StakesChange([], amounts), False))
    assert shown == [["0-6, 8-499", "1"], ["7", "2"], ["all", "501"]]


def test_amounts__of_few_models__have_a_row_each(lines):
    amounts = dict.fromkeys(range(stake_tables.MANY - 1), NMR)
    shown = cells(lines(stake_tables.print_amounts, "Deposited", StakesChange([], amounts), False))
    assert len(shown) == stake_tables.MANY


def test_register__of_500_models__is_what_they_have_in_common(lines):
    new = [Registered(100 + i, f"model-{i}", OWNER, OWNER) for i in range(500)]
    assert lines(stake_tables.print_registered, new) == [
        "registered  500 in all: 100-599",
        "labels      model-0 … model-499",
        f"submitter   {OWNER}",
        "A row for each model: stake show --mine --each.",
    ]
