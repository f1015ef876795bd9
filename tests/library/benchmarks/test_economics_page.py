# SPDX-License-Identifier: MIT
"""The page and the picture of the economic attacks."""

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.economics import __main__ as economics
from benchmarks.economics.ledger import COIN, Drained, Hoarded, Lied, Settled, Split, Starved, Tried
from benchmarks.economics.market import STAKE
from benchmarks.economics.page import render
from benchmarks.economics.results import Gas, Results
from benchmarks.economics.scores import (
    BEST,
    DAYS,
    HANDED_OVER,
    LAGS,
    LEADERS,
    LOSER,
    PARKED,
    SIZES,
    TWINNED,
    WAYS,
    WHALES,
    Played,
    by_gains,
)
from benchmarks.economics.stage import CAP, CLIP, MAX_CLIP
from benchmarks.economics.table import HARMS, NO_GAIN, PAYS
from benchmarks.meta_model.figures import resampled_eras

ERAS = range(77, 97)
NAMES = (*LEADERS, "noise", LOSER)


def played(mean: float, capital: int = STAKE, left: float = 1.0) -> Played:
    """A strategy with this mean gain, whose crowd has so much of what it won and lost."""
    around = np.linspace(-0.005, 0.005, len(ERAS)) + mean
    crowd = (left * STAKE / 20 * np.array([[1, 1, 1, -1, -1], 5 * [1]] * (len(ERAS) // 2))).astype(np.int64)
    gains = (around * capital).astype(np.int64)
    return Played(capital, gains, np.maximum(gains, 0), crowd)


def results(
    late: float = 0.01,
    unsettled: int = 10 * COIN,
    changed: int = 0,
    twins: float = 0.0,
    best: float = 0.02,
    refused: int = COIN,
    earlier: int = 10 * COIN,
    names: tuple[str, ...] = NAMES,
) -> Results:
    """Made-up results: late files gain `late` a round when a day is known, equal twins `twins`, and so on.

    The models of `names` gained less and less.
    """
    series = (STAKE / 20 * np.array([1, -1] * (len(ERAS) // 2))).astype(np.int64)
    return Results(
        eras=ERAS,
        names=names,
        drawn=resampled_eras(20, 0, resamples=200),
        drawn_copies=resampled_eras(20 - max(LAGS), 0, resamples=200),
        largest=0.75,
        crowd={name: series - STAKE // 100 * place for place, name in enumerate(names)},
        twins={way: dict.fromkeys(TWINNED, played(0.01 if place else twins)) for place, way in enumerate(WAYS)},
        drained=[Drained(STAKE, STAKE, COIN, 0, COIN), Drained(9 * STAKE, 0, 45 * COIN, 0, 50 * COIN)],
        late_files={
            "pairs": {days: played(late if days else 0.0) for days in DAYS},
            BEST: {days: played(best) for days in DAYS},
        },
        sitting_out={"always": series / STAKE, "recent": series / STAKE, "hindsight": abs(series) / STAKE},
        copies={lag: np.full(20 - max(LAGS), 0.01 / (1 + lag)) for lag in LAGS},
        small_copy=played(0.01),
        refusals=dict.fromkeys(names, np.full(len(ERAS), refused)),
        whales={
            way: {size: played(0.02 - 0.005 * place, round(3 * size * STAKE)) for size in SIZES}
            for place, way in enumerate(WHALES)
        },
        factor={size: played(0.0, 3 * STAKE, 1 / (1 + size / 2)) for size in PARKED},
        cap={size: played(0.0, 3 * STAKE, 1 / (1 + size)) for size in PARKED},
        splits=[Split(2, 1, 1), Split(20_000, 19_000, 18_999)],
        lies=[
            Lied(clip, threshold, STAKE, 52, 4 * STAKE, 4 * STAKE, STAKE, 4 * STAKE)
            for clip, threshold in ((CLIP, 3 * STAKE), (MAX_CLIP, 0))
        ],
        forged=(CAP, 2 * COIN),
        starved=[Starved(0, 30 * COIN, CLIP), Starved(20_000 * COIN, 0, 0)],
        hoarded=[
            Hoarded(False, (600 * COIN, 400 * COIN), 10_000 * COIN, 0),
            Hoarded(True, (600 * COIN, 600 * COIN), 10_000 * COIN, 30 * COIN),
        ],
        moments=[Tried("open", "nothing", 240, 100, 40, COIN), Tried("locked", "risk", 240, 30, changed, 0)],
        settlements=[
            Settled("early", earlier, 5 * COIN, 2, 305 * COIN, 0),
            Settled("late", 10 * COIN, 5 * COIN, 4, 305 * COIN, 0),
            Settled("never", 0, 0, 4, 300 * COIN, 0),
        ],
        owners=(unsettled, 0),
        undone=(0, 0),
        gas=Gas(register=50_000, settle=2_000, chunk=8_000_000),
    )


def row(page: str, start: str) -> list[str]:
    [line] = [line for line in page.splitlines() if line.startswith(f"| {start}")]
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_render__table__every_attack_has_all_its_cells_and_a_verdict():
    lines = render(results()).splitlines()
    start = lines.index("| attack | who | needs | played on | measured | bound | verdict |")
    rows = [line.strip("| ").split(" | ") for line in lines[start + 2 : lines.index("", start)]]
    assert len(rows) == 17
    assert all(len(cells) == 7 and all(cells) for cells in rows)
    assert {NO_GAIN, PAYS, HARMS} <= {cells[-1] for cells in rows}
    assert "17 attacks, 10 of them played on all 20 rounds; 5 pay." in lines
    assert [cells[3] for cells in rows].count("20 rounds") == 10
    assert [cells[-1] for cells in rows].count(PAYS) == 5


@pytest.mark.parametrize(("late", "verdict"), [(0.01, PAYS), (0.0, NO_GAIN), (-0.01, NO_GAIN)])
def test_render__late_files__the_verdict_is_that_of_the_interval(late, verdict):
    cells = row(render(results(late=late)), "commit to a file and its opposite")
    assert cells[-1] == verdict
    assert cells[4].startswith(f"{late:.2%} [".replace("-", "−"))


def test_render__late_files__a_year_is_what_a_ring_lets_the_same_stake_do():
    cells = row(render(results()), "1 | 1.00% [")
    assert cells[2:4] == ["40%", "13%"]
    assert cells[5:] == ["40%", "26%"]


def test_render__late_files__what_perfect_withholding_gains_is_told():
    page = render(results(best=0.0))
    gained = np.maximum(played(0.0).returns, 0).mean()
    assert f"{gained:.2%} [" in row(page, "commit to a file and its opposite")[4]
    assert f"would gain {gained:.2%} [" in page


@pytest.mark.parametrize(("refused", "verdict"), [(COIN, PAYS), (0, HARMS), (-COIN, HARMS)])
def test_render__refused_rivals__pay_if_the_interval_says_so(refused, verdict):
    cells = row(render(results(refused=refused)), "rivals' files called invalid")
    assert cells[-1] == verdict
    assert f"mean of 5 models, of which {5 if refused > 0 else 0} gain" in cells[4]


def test_render__settled_early_or_late__what_the_ledger_said():
    cells = row(render(results()), "settle early or late")
    assert cells[4:] == [
        "rewards 10 and burns 5 NMR at 2 moments before `expires_at`",
        "0; only the coming round that stakes wait for differs",
        NO_GAIN,
    ]
    cells = row(render(results(earlier=11 * COIN)), "settle early or late")
    assert cells[4].startswith("rewards 10 and burns 5 NMR or rewards 11 and burns 5 NMR at ") and cells[-1] == PAYS


def test_render__copies__the_soonest_is_what_is_told():
    assert row(render(results()), "copying what a leader sent")[4].startswith("0.33% [0.33%, 0.33%] 2 rounds old")
    assert HANDED_OVER in LAGS


@pytest.mark.parametrize(("gain", "verdict"), [(0.0, HARMS), (-0.01, HARMS), (0.01, PAYS)])
def test_render__equal_twins__harm_the_treasury_or_pay(gain, verdict):
    cells = row(render(results(twins=gain)), "a model and its opposite")
    assert cells[-1] == verdict
    assert "Alone: 1 a round for 200 on each, 45 for 1,800 on each and no threshold" in cells[4]


def test_render__equal_twins__a_line_each_with_what_the_treasury_paid():
    assert row(render(results()), "1,800 | none") == ["1,800", "none", "45", "0", "50"]


def test_render__a_call_that_changes_something__is_told():
    assert row(render(results()), "any call, or two")[-1] == NO_GAIN
    cells = row(render(results(changed=3)), "any call, or two")
    assert cells[-1] == PAYS and cells[4].startswith("3 of 240 ")


def test_render__unsettled_chunk__pays_only_what_it_pays():
    assert row(render(results()), "twins in two chunks")[-1] == PAYS
    assert row(render(results(unsettled=0)), "twins in two chunks")[-1] == NO_GAIN


def test_render__parked_stakes__a_line_each_with_what_is_left():
    page = render(results())
    cells = row(page, "1 | 0.500 |")
    assert len(cells) == 10
    assert row(page, "a stake that never submits, to lower the factor")[4].startswith(
        "rewards 67% and burns 67% of what they were, net "
    )


def test_render__forged_scores__the_terms_are_told():
    page = render(results())
    assert row(page, "5% | 600") == ["5%", "600", "800", "100%", "800", "25%"]
    assert row(page, "20% | none")[:2] == ["20%", "none"]
    assert "30 such rounds without one empty a treasury of 3,000,000." in page


def test_render__reservations__what_waits_and_what_was_settled():
    page = render(results())
    assert row(page, "left waiting") == ["left waiting", "600, 400", "10,000", "0"]
    assert row(page, "settled by anyone")[-1] == "30"


def test_by_gains__the_most_first():
    assert by_gains({"low": np.array([-1, 0]), "high": np.array([3, -1]), "middle": np.array([1, 0])}) == [
        "high",
        "middle",
        "low",
    ]


@pytest.mark.parametrize("names", [(*LEADERS[::-1], "noise", LOSER), (*LEADERS, LOSER, "noise")])
def test_command__other_models_are_the_best_or_the_worst__writes_nothing(tmp_path, monkeypatch, names):
    monkeypatch.setattr(economics, "PAGE", tmp_path / "economics.md")
    monkeypatch.setattr(economics, "PICTURE", tmp_path / "economics.svg")
    monkeypatch.setattr(economics, "_results", lambda *options: results(names=names))
    result = CliRunner().invoke(economics.cli)
    assert result.exit_code == 1
    assert result.output == f"Error: LEADERS and LOSER are not those of these weeks: {', '.join(names)}.\n"
    assert not list(tmp_path.iterdir())
    assert CliRunner().invoke(economics.cli, ["--seed", "1"]).exit_code == 0
