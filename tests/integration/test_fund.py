# SPDX-License-Identifier: MIT
"""`ape run fund`, as a user types it, on the embedded chain."""

import re

import pytest


def test_fund__a_few_weeks_with_the_end_of_a_quarter__every_cent_is_reconciled_and_audited(run, tmp_path):
    # Solvers are imported with the first trade.
    result = run("fund", "--rounds", "2", "--since", "2012-06-25", "--seed", "3", "--report", tmp_path / "report")
    assert result.exit_code == 0, result.output
    told = " ".join(result.output.split())
    lines = result.output.splitlines()
    assert sum(line.startswith("holds ") for line in lines) == 25
    assert not any(line.startswith("FAILS") for line in lines)
    assert "chosen with hindsight" in told
    assert "that look like futures: chosen by somebody who knew" in told
    # One week before the quarter's end, and one after it, whose fees reach the treasury and are spent.
    fees, treasury = re.search(r"paid \$(\S+) = manager \S+ \+ treasury \$(\S+), a fifth", told).groups()
    cents = [int(re.sub(r"[,.]", "", amount)) for amount in (fees, treasury)]
    assert cents[0] // 5 == cents[1] > 0
    assert f"the treasury received ${treasury} in 1 transfers" in told
    assert re.search(rf"received \${treasury} = spent \$[1-9][\d,.]+ \+ unspent \$\d", told)
    for name in ("stocks", "futures"):
        assert f"holds {name}: 8 of 8 models took home deposit + rewards - burns, to the gwei" in told
        assert f"holds {name}: 2 of 2 rounds that were scored are right, says an auditor" in told
    assert "holds 4 of 4 meta models that were traded are those that were scored later" in told
    assert re.search(r"Everything agrees up to block \d+\.", told)
    page = (tmp_path / "report" / "fund.html").read_text()
    assert page.count("<svg") == 6
    assert "<h2>Trades of futures</h2>" in page
    assert "<h2>From fees to NMR</h2>" in page
    assert "Everything agrees" in page


@pytest.mark.parametrize(
    ("since", "reason"),
    [
        ("2016-12-20", "The prices end on 2016-12-30, before era 454 is over."),
        ("2008-01-07", "Era 1 has 0 eras to train on, fewer than 104."),
    ],
    ids=["more weeks than the prices have", "before there is enough to learn from"],
)
def test_fund__weeks_that_cannot_be_played__one_sentence(run, tmp_path, since, reason):
    result = run("fund", "--rounds", "3", "--since", since, "--report", tmp_path)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"Error: {reason}"


def test_fund__more_than_a_year__one_sentence(run):
    result = run("fund", "--rounds", "53")
    assert result.exit_code == 2
    assert "53 is not in the range 1<=x<=52" in result.stderr
