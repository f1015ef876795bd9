# SPDX-License-Identifier: MIT
"""What backers and managers of pools would have earned: the seasons, and the page."""

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.economics.market import STAKE
from benchmarks.meta_model.figures import resampled_eras
from benchmarks.pools import __main__ as benchmark
from benchmarks.pools.page import Results, render
from benchmarks.pools.play import (
    BACKED,
    FEES,
    MODELS,
    OWN,
    PUSHES,
    SKINS,
    Second,
    backers,
    better,
    fees,
    gained,
    grown,
    lottery,
    lottery_backers,
    manager,
    season,
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
    alone, income = backers(0)(returns), fees(2_000)(returns)
    assert manager(2_000, 1_000)(returns) == pytest.approx(alone + 9 * income)


def second(by_skin: float) -> dict[tuple[str, int, bool], Second]:
    """A second model that gains more by so much for each 100% of a pool's weight, and half of it by the factor."""
    around = np.linspace(-0.001, 0.001, len(ERAS))
    return {
        (push, skin, limited): Second(
            0.02 + around + (by_skin * 1_000 / skin if skin else 0) * (0.5 if limited else 1),
            np.full(len(ERAS), -0.01 if skin else 0.0),
        )
        for push in PUSHES
        for skin in (0, *SKINS)
        for limited in (True, False)
    }


def results(by_skin: float = 0.01) -> Results:
    crowd = {name: np.array(gains(number, len(ERAS))) for number, name in enumerate(MODELS)}
    gas = dict.fromkeys(
        ("pool_enter", "pool_claim", "pool_exit", "pool_claim_exit", "pool_create", "pool_checkpoint_fee"), 60_000
    )
    drawn = resampled_eras(len(ERAS), 0, resamples=100)
    return Results(ERAS, 5_600 * COIN, crowd, second(by_skin), drawn, gas)


def test_gained__weight_that_helps_half_as_much_with_a_factor__is_told_apart():
    found = gained(second(0.04), PUSHES[0], 1_000, resampled_eras(len(ERAS), 0, resamples=100))
    assert found.by_mmc.value == pytest.approx(0.04)
    assert found.by_factor.value == pytest.approx(-0.02)
    assert found.skin.value == pytest.approx(-0.01)
    assert found.net.value == pytest.approx(0.01)


def test_render__every_part__has_its_rows():
    page = render(results())
    assert page.startswith("# What pools would have earned\n")
    assert page.count(f"| {MODELS[1]} |") == 2
    # 4 × 4 × 60,000 gas at 2 gwei, and 200 NMR an ether, are 0.384 NMR.
    assert "| a backer of 100 NMR, all places, once | 960,000 | 0.384% |" in page
    assert f"The manager gains in 0 of {len(PUSHES) * len(SKINS)} cases" in page
    assert f"The manager gains in {len(PUSHES)} of" in render(results(0.04))


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
