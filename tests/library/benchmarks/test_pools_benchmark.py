# SPDX-License-Identifier: MIT
"""What backers and managers of pools would have earned: the seasons, and the page."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from benchmarks.economics.market import STAKE, Entry, Outcome
from benchmarks.meta_model.figures import resampled_eras
from benchmarks.pools import __main__ as benchmark
from benchmarks.pools.page import ALONE, POOL, STAY, Results, render
from benchmarks.pools.play import (
    BACKED,
    FEES,
    ITS_OPPOSITE,
    MODELS,
    OWN,
    PUSHES,
    RATIOS,
    SKINS,
    Case,
    Second,
    alone,
    backers,
    better,
    by_weight,
    fees,
    grown,
    lottery,
    lottery_backers,
    manager,
    net,
    season,
    second_cases,
    second_models,
)
from tests.support.pool_scene import BACKER, PoolScene

ERAS = range(77, 101)
COIN = 10**9


def gains(seed: int, rounds: int = 40) -> list[int]:
    """What `STAKE` won or lost in some rounds."""
    return [int(each) for each in np.random.default_rng(seed).integers(-STAKE // 20, STAKE // 20, rounds)]


def test_season__one_round_won__fee_comes_out_of_the_gain():
    found = season([STAKE // 20], 2_000, ring=1)
    # 100 NMR won 5; a fee of 1 is new shares at the price after it: 104 of 105 are left to those before.
    assert found.backers == pytest.approx(BACKED * 1.05 * 104 / 105, abs=2)
    assert found.manager + found.backers == (BACKED + OWN) * 105 // 100
    assert found.fees == pytest.approx(COIN, abs=2)


def test_season__lost_and_won_back__owes_no_fee_below_the_mark():
    found = season([-STAKE // 20, STAKE // 20], 3_000, ring=1)
    assert found.fees == 0
    assert found.backers == BACKED * (10_000 - 25) // 10_000


@pytest.mark.parametrize("fee", FEES)
@pytest.mark.parametrize("ring", [1, 4])
def test_grown__same_rounds_as_a_season__agrees_with_its_integers(fee, ring):
    played = gains(3)
    found = season(played, fee, ring)
    value, held = grown(np.array(played) / STAKE, fee / 10_000, ring)
    assert held.sum() * BACKED == pytest.approx(found.backers, abs=200)
    assert value.sum() * (BACKED + OWN) == pytest.approx(found.backers + found.manager, abs=200)
    assert (value - held).sum() * (BACKED + OWN) == pytest.approx(found.fees, abs=200)


def test_season__beside_a_pool_of_the_reference__leaves_backers_as_much():
    scene, rounds = PoolScene(fee=2_000), (0.04, -0.03, 0.02, 0.05)
    round_id = scene.opened(10 * OWN // COIN, 10 * BACKED // COIN)
    for score in rounds:
        scene.resolve(round_id, score)
        if scene.value > scene.place.mark:
            scene.checkpoint()
        round_id = scene.open_at()
    found = season([round(STAKE * score) for score in rounds], 2_000, ring=1)
    held = scene.held(BACKER).shares * scene.value // scene.place.shares
    assert held == pytest.approx(10 * found.backers, abs=100)


def test_grown__many_histories_at_once__each_is_as_alone():
    returns = np.array([gains(1), gains(2)]) / STAKE
    together = grown(returns, 0.2)
    for index in range(2):
        alone = grown(returns[index], 0.2)
        assert all(np.allclose(both[index], one) for both, one in zip(together, alone, strict=True))


def test_figures__season_without_skill__fees_of_opposite_pools_need_none():
    returns = np.array(gains(5, 200)) / STAKE
    assert lottery(2_000)(returns) > 0.01
    assert lottery(0)(returns) == 0
    assert lottery_backers(2_000)(returns) < lottery_backers(0)(returns)
    assert better(returns) == better(-returns) > 0
    # A manager whose pool is full has the own gain, and the fees of nine times as much.
    gain, income = backers(0)(returns), fees(2_000)(returns)
    assert manager(2_000, 1_000)(returns) == pytest.approx(gain + 9 * income)


class Weeks:
    """A market that tells what was at stake: model and pool gain a hundredth and lose a fiftieth of it."""

    history = SimpleNamespace(predictions={1: {name: pd.Series([0.2, 0.9]) for name in ("forest", *PUSHES[1:])}})

    def __init__(self) -> None:
        self.played: list[tuple[tuple[Entry, ...], int | None]] = []

    def play(self, strategy, models, threshold):
        entries = strategy(1, None)
        assert len(entries) == models
        self.played.append((entries, threshold))
        changes = [each.stake // part for each, part in zip(entries, (100, -50), strict=False)]
        return {1: Outcome(tuple(changes), {}, {})}


def test_second_models__every_case__has_the_stakes_of_its_ratio_and_skin():
    weeks = Weeks()
    found = second_models(weeks)
    played = dict(zip(found, weeks.played, strict=True))
    assert len(found) == 4 * (1 + len(PUSHES) * len(SKINS))
    for case, (entries, threshold) in played.items():
        sizes = [case.ratio * STAKE, *([10_000 * STAKE // case.skin] if case.skin else [])]
        assert [each.stake for each in entries] == sizes
        assert threshold == (None if case.limited else 0)
        assert found[case].model.tolist() == [0.01]
        assert found[case].pool.tolist() == ([-0.02] if case.skin else [0])
    pushed = played[Case(ITS_OPPOSITE, 1_000, 4, limited=True)][0][1].prediction
    assert pushed.tolist() == pytest.approx([0.8, 0.1])


def second(by_skin: float) -> dict[Case, Second]:
    """A second model that gains more by so much for each 100% of a pool's weight, and half of it by the factor."""
    around = np.linspace(-0.001, 0.001, len(ERAS))
    return {
        case: Second(
            0.02 + around + (by_skin * 1_000 / case.skin if case.skin else 0) * (0.5 if case.limited else 1),
            np.full(len(ERAS), -0.01 if case.skin else 0.0),
        )
        for case in second_cases()
    }


def results(by_skin: float = 0.01) -> Results:
    crowd = {name: np.array(gains(number, len(ERAS))) for number, name in enumerate(MODELS)}
    gas = {name: 60_000 for bill in (STAY, POOL, ALONE) for part in bill for name in part}
    drawn = resampled_eras(len(ERAS), 0, resamples=100)
    return Results(ERAS, 5_600 * COIN, crowd, second(by_skin), drawn, gas)


@pytest.mark.parametrize("times", RATIOS)
def test_net__own_part_that_loses__weighs_less_beside_a_larger_model(times):
    played, case = second(0.04), Case(PUSHES[0], 1_000, times, limited=True)
    assert by_weight(played, case) == pytest.approx(0.02)
    assert net(played, case) == pytest.approx(0.02 - 0.01 / times)


def test_by_weight__no_threshold__is_what_mmc_brings():
    played, case = second(0.04), Case(PUSHES[0], 1_000, 1, limited=False)
    assert by_weight(played, case) == pytest.approx(0.04)
    assert by_weight(played, alone(1, limited=False)) == pytest.approx(0)


def test_gas_of__each_bill__counts_places_and_rounds():
    found, rounds = results(), len(ERAS)
    assert found.gas_of(STAY) == (1 + 4 * 4) * 60_000
    assert found.gas_of(POOL) == (3 + 4 * 4 + 2 * rounds) * 60_000
    assert found.gas_of(ALONE) == (6 + rounds) * 60_000
    # 1,020,000 gas at 2 gwei, and 200 NMR an ether.
    assert found.cost(STAY) == 408_000_000


def test_bills__figures_of_the_gas_table__are_all_measured():
    figures = json.loads(benchmark.GAS.read_text(encoding="utf-8"))["figures"]
    assert all(figures[name] > 0 for bill in (STAY, POOL, ALONE) for part in bill for name in part)


def test_after__costs_of_a_tenth__take_it_from_the_figure_and_its_interval():
    found = results()
    before = found.figure(backers(0), "noise")
    shown = found.after(backers(0), "noise", STAY, 10 * found.cost(STAY))
    expected = [f"{100 * part - 10:.0f}%".replace("-", "−") for part in before]
    assert shown == "{} [{}, {}]".format(*expected)


def test_render__every_part__has_its_rows():
    page = render(results())
    assert page.startswith("# What pools would have earned\n")
    assert page.count(f"| {MODELS[1]} |") == 2
    assert page.count(f"| {ITS_OPPOSITE} |") == 2 * len(SKINS)
    assert "| a backer of 100 NMR | 1,020,000 | 0.41 | 0.41% |" in page


def test_render__own_part_of_every_ratio__says_where_the_manager_gains():
    # By a skin of 10, 25 and 50% the model gains 0.5, 0.2 and 0.1%; the own part takes 1, 0.25 and 0.1% of its stake.
    assert "gains at 1 : 1 in 0 of 9 cases, and loses in 9; at 4 : 1 in 3 of 9 cases" in render(results())
    assert "gains at 1 : 1 in 3 of 9 cases, and loses in 6" in render(results(0.04))


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Runs the command on made-up results; its page goes to a folder of its own."""
    monkeypatch.setattr(benchmark, "_results", lambda *options: results())
    monkeypatch.setattr(benchmark, "PAGE", tmp_path / "page.md")
    return lambda *options: CliRunner().invoke(benchmark.cli, options)


def test_command__no_options__writes_the_page(command, tmp_path):
    assert command().exit_code == 0
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == render(results())


def test_command__another_seed__prints_the_page_alone(command, tmp_path):
    found = command("--seed", "1")
    assert (found.exit_code, found.stdout) == (0, render(results()) + "\n")
    assert list(tmp_path.iterdir()) == []


def test_command__week_beyond_the_data__one_sentence(command):
    found = command("--last-era", "251")
    assert found.exit_code == 2
    assert "251 is not in the range 92<=x<=250" in found.output
