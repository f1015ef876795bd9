# SPDX-License-Identifier: MIT
"""`ape run demo`, as a user types it, on the embedded chain; and what it shares with `ape run fund`."""

import re

import pytest

from demo.cast import FEWEST_ROUNDS
from nmr.buyback.pool import UniswapMissing


def test_demo__short_season__everything_holds_is_audited_and_goes_into_a_page(run, tmp_path):
    result = run("demo", "--rounds", FEWEST_ROUNDS, "--models", "13", "--seed", "3", "--report", tmp_path / "report")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert sum(line.startswith("holds ") for line in lines) == 12
    assert not any(line.startswith("FAILS") for line in lines)
    assert "holds 6 of 6 rounds are closed" in lines
    assert "holds 15 of 15 models took home deposit + rewards - burns, to the gwei" in lines
    assert "holds 5 of 5 rounds that were scored are right, says an auditor" in lines
    assert re.findall(r"│ 12 │ ([a-z-]+) ", result.output) == ["constant"]
    assert re.search(r"Everything agrees up to block \d+\.", result.output)
    # The chapter of the pools: in each the manager, and two backers who came and left in the midst of it or not.
    held = re.findall(r"│ (woods|dice) +│.*│ (manager|first|second|third) +│ (\d to (?:\d|the end)) +│", result.output)
    assert held == [
        ("woods", "manager", "0 to the end"),
        ("woods", "second", "0 to 4"),
        ("woods", "first", "3 to the end"),
        ("dice", "manager", "0 to the end"),
        ("dice", "first", "0 to 3"),
        ("dice", "third", "1 to the end"),
    ]
    assert any(line.startswith("holds 2 pools paid out all shares and orders but 0") for line in lines)
    # The chapter of the buyback: some NMR from the pool in every season of so many lots, never above the caps.
    assert "A keeper takes with NMR from a Uniswap V2 pool" in result.output
    lots = re.findall(r"^│ +(\d) │ +(\d) │ +\$.*\$([\d,.]+) │ +[\d,.]+ │ (.*)│$", result.output, re.MULTILINE)
    assert [(int(lot), int(week)) for lot, week, _, _ in lots] == [(week + 1, week) for week in range(FEWEST_ROUNDS)]
    assert all(float(spent.replace(",", "")) <= 35_000 for _, _, spent, _ in lots)
    assert any("from the pool" in filled for *_, filled in lots)
    told = " ".join(result.output.split())
    assert re.search(r"holds treasury holds \S+ NMR = 3,000,000 - rewards \S+ \+ bought [1-9][\d,]*\.\d+ ", told)
    page = (tmp_path / "report" / "index.html").read_text()
    assert page.count("<svg") == 4
    assert "Everything agrees" in page
    assert "<h2>Buyback</h2>" in page


def test_demo__short_season__what_goes_wrong_is_told(run, tmp_path):
    result = run("demo", "--rounds", FEWEST_ROUNDS, "--models", "7", "--report", tmp_path)
    assert result.exit_code == 0, result.output
    told = " ".join(result.output.split())
    assert re.search(r"round 2: The operator proposed a false score, and the auditor found: model 0: its primary", told)
    assert "round 3: The operator published no opening list within a day" in told
    assert (
        "round 4: Model 6 delivered its file after the lock; the list says: The store does not have the file." in told
    )
    ends = re.findall(r"│ (settled|vetoed,|expired) +│ (right|-)", result.output)
    assert ends == [("settled", "right")] * 2 + [("vetoed,", "right"), ("expired", "-")] + [("settled", "right")] * 2


def test_demo__no_npm__holder_takes_every_lot(run, tmp_path, monkeypatch):
    def missing(*_):
        raise UniswapMissing("Uniswap V2 is not installed.")

    monkeypatch.setattr("demo.play_buyback.deploy_exchange", missing)
    result = run("demo", "--rounds", "2", "--models", "2", "--seed", "3", "--report", tmp_path)
    assert result.exit_code == 0, result.output
    assert "Uniswap V2 is not installed (npm ci): a holder of NMR takes every lot" in result.output
    assert result.output.count("100.0% by a holder") == 2
    assert "fill on the pool" not in result.output
    assert sum(line.startswith("holds ") for line in result.output.splitlines()) == 12


def test_demo__more_weeks_than_the_data_has__one_sentence(run, tmp_path):
    result = run("demo", "--rounds", "2", "--first-era", "250", "--report", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "Error: The data ends with week 250: 2 rounds from week 250 go beyond.\n"


def test_demo__too_many_models__one_sentence(run):
    result = run("demo", "--models", "29")
    assert result.exit_code == 2
    assert "29 is not in the range 1<=x<=28" in result.stderr


@pytest.mark.parametrize("command", ["demo", "fund"])
def test_demo_and_fund__report_is_a_file__one_sentence(run, tmp_path, command):
    (tmp_path / "report").write_text("")
    result = run(command, "--report", tmp_path / "report" / "here")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"Error: The report cannot be written into {tmp_path}/report/here: Not a directory.\n"
