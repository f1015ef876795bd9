# SPDX-License-Identifier: MIT
"""The gas table: what it shows, and what a new measurement says of it."""

import json

import pytest

from benchmarks.gas.table import HASH_SLACK, SECTIONS, GasTable, compare, over_limit, render, sections

CONTRACT = {"size_Tournament": 23_000, "init_Tournament": 24_000, "deploy_Tournament": 5_000_000}


@pytest.fixture
def figures() -> dict[str, int]:
    """Every figure, each within its limit."""
    return {row.key: row.most or 1_000 for section in SECTIONS for row in section.rows} | CONTRACT


def table(figures: dict[str, int], **changes) -> GasTable:
    """A table of 5,000 models."""
    return GasTable(
        **({"compiler": "Vyper 0.4.3", "evm_version": "prague", "models": 5_000, "figures": figures} | changes)
    )


def test_compare__equal__nothing_to_say(figures):
    found = compare(table(figures), table(figures))
    assert found.problems == ()
    assert found.notes == ()


def test_compare__grown__says_by_how_much_and_what_to_do(figures):
    found = compare(table(figures | {"leave": 1_001}), table(figures))
    assert found.problems == (
        "Stakers, a transaction each: leave, all of it takes 1,001 gas, 1 more than in the table: if that is what the "
        "change is worth, run `make bench` and commit benchmarks/gas.md and benchmarks/gas.json in the same change.",
    )
    assert found.notes == ()


def test_compare__shrunk__passes_with_a_note(figures):
    found = compare(table(figures | {"leave": 999}), table(figures))
    assert found.problems == ()
    assert found.notes == (
        "Stakers, a transaction each: leave, all of it takes 999 gas, 1 less than in the table: "
        "run `make bench` and commit benchmarks/gas.md and benchmarks/gas.json in the same change.",
    )


def test_compare__over_limit__is_a_problem_even_if_committed(figures):
    figures["settle_compounding"] = 1_891
    found = compare(table(figures), table(figures))
    assert found.problems == (
        "A model's share of a round: settle and restake, all compounding takes 1,891 gas and its limit is ≤ 1,890: "
        "make it smaller.",
    )


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("deposit", 60_000, True),
        ("deposit", 60_001, False),
        ("enter_dearest", 16_777_215, True),
        ("enter_dearest", 16_777_216, False),
        ("size_Tournament", 24_575, True),
        ("size_Tournament", 24_576, False),
        ("init_Tournament", 49_152, True),
        ("init_Tournament", 49_153, False),
        ("lock", 10**9, True),
    ],
)
def test_over_limit__at_the_limit__is_exact(figures, key, value, allowed):
    assert (over_limit(figures | {key: value}) == ()) is allowed


@pytest.mark.parametrize(("change", "problems"), [(HASH_SLACK, 0), (HASH_SLACK + 1, 1), (-HASH_SLACK, 0)])
def test_compare__hash_of_sources_changed__deployment_may_move_a_little(figures, change, problems):
    moved = figures | {"deploy_Tournament": figures["deploy_Tournament"] + change}
    found = compare(table(moved), table(figures))
    assert len(found.problems) == problems
    assert found.notes == ()


def test_compare__new_contract__has_to_be_in_the_table(figures):
    found = compare(table(figures | {"size_Lens": 9_000, "init_Lens": 9_100}), table(figures))
    assert [problem.split(" is not in the table")[0] for problem in found.problems] == [
        "Size: Lens",
        "Init code without the constructor's arguments: Lens",
    ]


def test_compare__figure_no_longer_measured__is_a_problem(figures):
    measured = {key: value for key, value in figures.items() if not key.endswith("_Tournament")}
    found = compare(table(measured), table(figures))
    assert len(found.problems) == len(CONTRACT)
    assert all("was not measured" in problem for problem in found.problems)


def test_compare__other_compiler__is_a_problem(figures):
    [problem] = compare(table(figures, compiler="Vyper 0.4.4"), table(figures)).problems
    assert problem.startswith(
        "The table is of Vyper 0.4.3 for prague, this is Vyper 0.4.4 for prague: run `make bench`"
    )


def test_render__every_figure__stands_in_a_row_with_its_limit(figures):
    numbered = {key: 100_000 + i for i, key in enumerate(figures)}
    page = render(table(numbered)).splitlines()
    for section in sections(numbered):
        for row in section.rows:
            cells = f"| {row.what} | {numbered[row.key]:,} |" + (f" {row.limit} |" if row.limit else "")
            assert [line for line in page if line.startswith(cells)], row.key


def test_render__after_json__is_the_same(figures):
    there_and_back = GasTable(**json.loads(json.dumps(vars(table(figures)))))
    assert render(there_and_back) == render(table(figures))


def test_render__figure_of_a_later_version_missing__shows_the_rest(figures):
    del figures["leave"]
    assert "| leave |" not in render(table(figures))


def test_sections__keys__are_unique(figures):
    keys = [row.key for section in sections(figures) for row in section.rows]
    assert len(keys) == len(set(keys))
    assert set(keys) == set(figures)
