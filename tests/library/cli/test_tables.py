# SPDX-License-Identifier: MIT
"""Tables on narrow terminals: no word is broken, whatever they hold, and all tables of the project are such tables."""

import ast
import io
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from demo import buyback_tables
from demo import tables as demo
from fund import report as fund
from nmr.cli import history, leaderboard, pool_tables, rounds, stake_tables, status, tables, tvl, verify
from nmr.cli import round as round_commands
from nmr.cli.tables import print_table
from nmr.rounds import places, report
from nmr.tvl import report as tvl_report

ROOT = Path(__file__).parents[3]
SOURCES = [path for folder in ("nmr", "demo", "fund", "scripts") for path in sorted((ROOT / folder).rglob("*.py"))]
ADDRESS = f"0x{'aB' * 20}"
HASH = f"0x{'5c' * 32}"
WORDS = st.sampled_from(
    ["7", "1234567.890123456", "at", "risk", "2027-01-31", "12:00:00", "UTC", ADDRESS, HASH, "ridge"]
)
CELLS = st.lists(WORDS, min_size=0, max_size=4).map(" ".join)


def printed(*arguments: Any, width: int = 80, **options: Any) -> list[str]:
    """The lines that `print_table` prints on a terminal of that many columns, or to a pipe if that is 0."""
    output = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(output):
        if width:
            terminal = Console(width=width, force_terminal=True, color_system=None)
            patch.setattr(tables, "wide_console", lambda: terminal)
        print_table(*arguments, **options)
    return output.getvalue().splitlines()


def is_table(lines: list[str]) -> bool:
    return any(line.startswith("┏") for line in lines)


@given(st.integers(1, 8).flatmap(lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=1, max_size=4)))
def test_print_table__any_cells_at_80_columns__breaks_no_word(rows: list[list[str]]) -> None:
    headings = [f"column {number}" for number in range(len(rows[0]))]
    lines = printed("A table", headings, rows, optional=headings[-2:])
    found = Counter("\n".join(lines).replace("│", " ").split())
    left_out = {name for line in lines if line.startswith("Left out") for name in headings if name in line}
    shown = [cell for row in rows for name, cell in zip(headings, row, strict=True) if name not in left_out]
    assert Counter(" ".join(shown).split()) <= found
    assert not is_table(lines) or max(map(len, lines)) <= 80


def test_print_table__fits__is_as_wide_as_its_cells() -> None:
    assert printed("Two", ("model", "NMR"), [("0", "1.5"), ("1", "20")]) == [
        "Two",
        "┏━━━━━━━┳━━━━━┓",
        "┃ model ┃ NMR ┃",
        "┡━━━━━━━╇━━━━━┩",
        "│ 0     │ 1.5 │",
        "│ 1     │  20 │",
        "└───────┴─────┘",
    ]


def test_print_table__too_wide__wraps_sentences_then_leaves_columns_out() -> None:
    rows = [("0", "no more than a sentence that can be wrapped " * 2, ADDRESS)]
    lines = printed("Wrapped", ("model", "why", "address"), rows, optional=("why",))
    assert max(map(len, lines)) == 80
    assert any(ADDRESS in line for line in lines)
    lines = printed("Without", ("model", "hash", "address"), [("0", HASH, ADDRESS)], optional=("hash",))
    assert any(ADDRESS in line for line in lines)
    assert lines[-1] == "Left out, as 80 columns are too few: hash."


def test_print_table__addresses_may_be_short__are_before_a_column_is_left_out() -> None:
    table = ("Short", ("model", "pool", "manager"), [("0", ADDRESS, ADDRESS)])
    options: dict[str, Any] = {"optional": ("pool",), "short": ("pool", "manager")}
    assert printed(*table, **options)[4].split() == ["│", "0", "│", "0xaBaB…aBaB", "│", "0xaBaB…aBaB", "│"]
    assert printed(*table, width=102, **options)[4].count(ADDRESS) == 2
    assert printed(*table, width=30, **options)[-1] == "Left out, as 30 columns are too few: pool."
    assert "manager  " + ADDRESS in printed(*table, width=16, **options)


def test_print_table__into_a_pipe__leaves_nothing_out() -> None:
    row = ("0", *[ADDRESS] * 4, "a sentence that is not wrapped")
    headings = ("model", "first", "second", "third", "fourth", "why")
    options: dict[str, Any] = {"optional": ("first", "why"), "short": ("second",)}
    lines = printed("Piped", headings, [row], width=0, **options)
    assert [cell.strip() for cell in lines[4].split("│")[1:-1]] == list(row)
    assert len(lines) == 6


def test_print_table__no_column_may_go__is_a_paragraph_for_each_row() -> None:
    rows = [("0", HASH, ADDRESS), ("1", "", ADDRESS)]
    assert printed("Rows", ("model", "hash", "address"), rows) == [
        "Rows",
        "model    0",
        f"hash     {HASH}",
        f"address  {ADDRESS}",
        "",
        "model    1",
        f"address  {ADDRESS}",
    ]


AMOUNT = "1234.123456789"
LABEL = "ridge-and-trees-2"
STATE = "open for submissions"
WHEN = "2027-01-31 12:00:00 UTC"
SCORE = "-0.0278"
LOOKS: dict[str, tuple[Sequence[str], Sequence[str], Sequence[str]]] = {
    "('model', 'label', 'submitter')": (("model", "label", "submitter"), ("499", LABEL, ADDRESS), ()),
    "('model', 'target, NMR a round', 'compounds')": (
        ("model", "target, NMR a round", "compounds"),
        ("0-499", AMOUNT, "yes"),
        (),
    ),
    "history HEADINGS": (
        history.HEADINGS,
        ("499", "120", STATE, "yes", AMOUNT, SCORE, SCORE, "0.8123", AMOUNT, "12 of 500"),
        history.SPARE,
    ),
    "leaderboard HEADINGS": (
        leaderboard.HEADINGS,
        ("500", "1499", LABEL, "120", AMOUNT, SCORE, SCORE, AMOUNT, "-12.34%"),
        leaderboard.SPARE,
    ),
    "rounds HEADINGS": (
        rounds.HEADINGS,
        ("120", STATE, WHEN, WHEN, AMOUNT, "0.8123", AMOUNT, AMOUNT, AMOUNT, "12"),
        rounds.SPARE,
    ),
    "week_heads(result)": (
        ("week", "trade on", "classic", "signals", "traded", "leverage", "cost", "NAV"),
        ("120", "2016-12-30", "-0.0278", "-0.0278", "1,234.5", "3.00", "0.345", "101.234"),
        (),
    ),
    "WATERFALL": (fund.WATERFALL, ("management fee, accrued or paid", "-$1,234,567,890.12"), ()),
    "FEES": (
        fund.FEES,
        ("2016-12-30", *["$12,345,678.90"] * 2, *["$1,234,567.89"] * 3, "12,345.123456789012345678"),
        fund.SPARE,
    ),
    "('model', 'NMR')": (("model", "NMR"), ("0-499", AMOUNT), ()),
    "('model', title)": (("model", "submitter"), ("0-499", ADDRESS), ()),
    "('model', 'round', 'NMR')": (("model", "round", "NMR"), ("499", "120", AMOUNT), ()),
    "('model', 'label', 'is now', 'moved', 'locked here')": (
        ("model", "label", "is now", "moved", "locked here"),
        ("499", LABEL, "1499", AMOUNT, AMOUNT),
        (),
    ),
    "PLACE_HEADINGS": (
        places.PLACE_HEADINGS,
        ("65535", "unsettled", "round 65279 has to be settled to its end first", "1,234,567.12"),
        (),
    ),
    "BUDGET_HEADINGS": (
        tvl_report.BUDGET_HEADINGS,
        ("classic", *["100,000"] * 3, *["1,234,567.123456789"] * 2),
        tvl.SPARE_OF_BUDGETS,
    ),
    "AT_RISK": (stake_tables.AT_RISK, ("499", "120", STATE, AMOUNT, "now, once settled", WHEN), ()),
    "OVERVIEW": (
        stake_tables.OVERVIEW,
        ("499", LABEL, *[AMOUNT] * 3, f"{AMOUNT} + all", *[AMOUNT] * 5),
        stake_tables.SPARE_OF_ALL,
    ),
    "verify HEADINGS": (
        verify.HEADINGS,
        ("499", "valid", AMOUNT, *["-0.012345"] * 4, "right"),
        verify.SPARE,
    ),
    "['what', 'NMR', 'dollars']": (
        ("what", "NMR", "dollars"),
        ("classic: at risk in round 120, open for submissions", "1,234,567.123456789", "$12,345,678.90"),
        (),
    ),
    "tvl HEADINGS": (tvl.HEADINGS, ("spent of the lifetime cap", "$1,234,567.89 of $2,000,000.00"), ()),
    "EXPLAINED": (
        tvl.EXPLAINED,
        ("idle and at risk", "idle + at risk", "DefiLlama", "What do models hold?", "1,234,567.12", "$12,345,678.90"),
        tvl.SPARE,
    ),
    "LIST_HEADINGS": (
        report.LIST_HEADINGS,
        ("120", STATE, "submit", "anybody", AMOUNT, WHEN, WHEN),
        round_commands.SPARE_OF_LIST,
    ),
    "['part', 'what', 'on the chain', 'beside the record']": (
        ("part", "what", "on the chain", "beside the record"),
        ("classic", "treasury", ADDRESS, "agrees"),
        (),
    ),
    "('what was compared', 'compared', 'differ')": (
        ("what was compared", "compared", "differ"),
        ("books of models after the last event", "1,234,567", "0"),
        (),
    ),
    "MODELS": (
        demo.MODELS,
        ("23", LABEL, "compound, from 12", SCORE, SCORE, "120", "1,234.56", "1,234.56", "12,345.67", "+12.34%"),
        demo.SPARE,
    ),
    "ROUNDS": (
        demo.ROUNDS,
        (
            "120",
            "250",
            "24",
            "24",
            "12,345.67",
            "0.8123",
            SCORE,
            *["1,234.56"] * 2,
            "12,345",
            "vetoed, settled",
            "right",
        ),
        demo.SPARE_OF_ROUNDS,
    ),
    "TVL": (demo.TVL, ("owed to stakers and locked", "1,234,567.123456789", "1,234,567.123456789"), ()),
    "('call', 'calls', 'lowest', 'mean', 'highest')": (
        ("call", "calls", "lowest", "mean", "highest"),
        ("request_withdrawal_many", "1,234", "1,234,567", "1,234,567", "1,234,567"),
        (),
    ),
    "POOLS": (
        pool_tables.POOLS,
        ("499", LABEL, "20%", "10%", AMOUNT, "55.55%", AMOUNT, ADDRESS, f"{ADDRESS[:6]}…{ADDRESS[-4:]}"),
        pool_tables.SPARE,
    ),
    "STAKES": (
        pool_tables.STAKES,
        ("27", "120", AMOUNT, AMOUNT, "55.55%", AMOUNT, AMOUNT, "now", WHEN),
        pool_tables.SPARE_OF_STAKES,
    ),
    "LEADERS": (
        pool_tables.LEADERS,
        ("499", LABEL, "-12.34%", "-12.34% to +12.34%", "-12.34%", "120", "1,234", "20%", "55.55%", AMOUNT),
        pool_tables.SPARE_OF_LEADERS,
    ),
    "HELD": (pool_tables.HELD, ("27", AMOUNT, "55.55%", *[AMOUNT] * 3), pool_tables.SPARE_OF_HELD),
    "DONE": (pool_tables.DONE, ("27", "fee paid to the manager in shares", AMOUNT, AMOUNT), ()),
    "(*HEADINGS, *more)": (
        (*status.HEADINGS, "forecast NMR"),
        ("499", "120", STATE, WHEN, f"{HASH[:10]}…", "yes", AMOUNT, "nmr submit", WHEN, "-12.34"),
        status.SPARE,
    ),
    "('table', 'rows')": (("table", "rows"), ("submissions", "1,234,567"), ()),
    "LOTS": (
        buyback_tables.LOTS,
        ("12", "120", *["$12.345678"] * 3, "+0.12%", "12,345.67", "1,234.56", "55.5% from the pool, 44.5% by a holder"),
        buyback_tables.SPARE,
    ),
    "TOTALS": (buyback_tables.TOTALS, ("taken from the pool", "12,345.123456"), ()),
    "['name', '--account', 'address', 'NMR', 'ETH']": (
        ("name", "--account", "address", "NMR", "ETH"),
        ("governance", "TEST::12", ADDRESS, "10,000,000", "10,000"),
        ("ETH", "NMR"),
    ),
    "['part', 'contract', 'address']": (
        ("part", "contract", "address"),
        ("buyback_filler", "UniswapV2Filler", ADDRESS),
        ("contract",),
    ),
    "['part', 'contract', 'address', 'block']": (
        ("part", "contract", "address", "block"),
        ("classic", "Tournament", ADDRESS, "12345678"),
        (),
    ),
}
"""What each table of the project may hold: headings, a row that is as long as rows get, columns to leave out."""
PARAGRAPHS = {"DISAGREEMENT_HEADINGS", "('file', 'bytes', 'hash')"}
"""Tables with hashes beside sentences or names: a paragraph each on a narrow terminal."""


@pytest.mark.parametrize("table", LOOKS)
def test_table__of_the_project_at_80_columns__is_a_table(table: str) -> None:
    headings, row, optional = LOOKS[table]
    lines = printed(table, headings, [row], optional=optional)
    assert is_table(lines)
    assert all(len(line) <= 80 for line in lines if not line.startswith("Left out"))
    for heading, cell in zip(headings, row, strict=True):
        assert heading in optional or set(cell.split()) <= set(" ".join(lines).split())


def test_tables__of_commands_and_demo__are_all_looked_at() -> None:
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "print_table":
                found.add((path.stem, ast.unparse(node.args[1])))
    names = {f"{stem} {headings}" if f"{stem} {headings}" in LOOKS else headings for stem, headings in found}
    assert names == LOOKS.keys() | PARAGRAPHS


def test_tables__of_commands_and_demo__are_all_printed_so() -> None:
    assert [path.name for path in SOURCES if "rich.table" in path.read_text("utf-8")] == ["tables.py"]
