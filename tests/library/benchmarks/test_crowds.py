# SPDX-License-Identifier: MIT
"""The study of crowds on two universes: scores, seasons, weights, chances, and the page."""

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from benchmarks.crowds import __main__ as benchmark
from benchmarks.crowds import chances
from benchmarks.crowds.chances import holm, one_sided
from benchmarks.crowds.crowd import BAD, LATE_COPIES, SYBILS, Crowd, Entrant, honest, hostile
from benchmarks.crowds.page import Results, find, render
from benchmarks.crowds.picture import POINTS, line, picture
from benchmarks.crowds.scores import INVERSE, NOISE, Scored, corr, meta_corr, mmc, weighted
from benchmarks.crowds.season import Season, play
from benchmarks.crowds.variants import BASE, every_other_on_target, sized
from benchmarks.crowds.weights import bayesian, fund_corr, mean_variance, unlike
from benchmarks.meta_model.figures import resampled_eras
from benchmarks.meta_model.history import History
from benchmarks.meta_model.stakes import STAKE, Field, Ledger, Rules
from benchmarks.meta_model.stakes import play as play_by_name
from fund.market.eras import BINS, Era, binned
from fund.market.models import MODELS
from fund.market.walk import Walk
from nmr.sealing.scoring import gaussian_ranks, score_with_meta_model
from nmr.text.amounts import RATIO

MODELS_HERE = ("ridge", "fair", "overfitted", "constant")
MARKETS = 30


def walked(eras=24, seed=5):
    """A good model, a fair one, one that knows nothing, and a constant."""
    rng = np.random.default_rng(seed)
    made, predictions = [], []
    for number in range(eras):
        target = binned(rng.normal(size=MARKETS))
        empty = np.zeros((MARKETS, 0))
        day = np.datetime64("2001-01-01") + 7 * number
        made.append(Era(number, number, day, np.arange(MARKETS), empty, empty, target, target))
        raw = np.column_stack([target + rng.normal(0, size, MARKETS) for size in (0.4, 1.5, 9.0)])
        predictions.append(np.hstack([1 / (1 + np.exp(-raw)), np.full((MARKETS, 1), 0.5)]))
    return Walk(tuple(made), tuple(predictions), MODELS_HERE)


@pytest.fixture(scope="module")
def scored():
    return Scored.of(walked(), 3, 0)


# scores


def test_scores__of_an_era__are_those_that_settle(scored):
    gaussian, target = scored.gaussian[0][:, :3], scored.targets[0]
    ids = [f"m{number:02d}" for number in range(MARKETS)]
    frame = pd.DataFrame(walked().predictions[0][:, :3], index=ids, columns=MODELS_HERE[:3])
    stakes = dict(zip(MODELS_HERE, (5, 3, 2), strict=False))
    scores, meta = score_with_meta_model(frame, pd.Series(target, index=ids), stakes)
    mine = weighted(gaussian, np.array([5, 3, 2]))
    assert np.allclose(mine, meta.to_numpy(), rtol=0, atol=1e-11)
    assert np.allclose(corr(gaussian, target), [scores[name].primary / 1e8 for name in frame], rtol=0, atol=6e-9)
    expected = [scores[name].contribution / 1e8 for name in frame]
    assert np.allclose(mmc(gaussian, mine, target), expected, rtol=0, atol=6e-9)


def test_scored__columns__models_their_inverses_and_noise(scored):
    assert scored.columns[:5] == (*MODELS_HERE, INVERSE + "ridge")
    assert scored.columns[-1] == NOISE + "3"
    assert np.allclose(scored.corr[:, 4], -scored.corr[:, 0])
    assert np.isnan(scored.corr[:, 3]).all()
    assert len(scored.since(4).targets) == 20


def test_weighted__nothing_at_stake_or_opposites__no_meta_model_and_a_score_of_0():
    gaussian = gaussian_ranks(np.column_stack([np.arange(9.0), -np.arange(9.0)]))
    assert weighted(gaussian, np.zeros(2)) is None
    assert weighted(gaussian, np.ones(2)) is None
    assert meta_corr(gaussian, np.ones(2), binned(np.arange(9.0))) == 0.0


# seasons


def test_play__honest_crowd__as_the_benchmark_that_scores_by_name(scored):
    """The other benchmark scores with numerai-tools, so scores may differ in their eighth decimal."""
    walk = walked()
    ids = [f"m{number:02d}" for number in range(MARKETS)]
    history = History(
        {
            era.number: pd.DataFrame(values, index=ids, columns=MODELS_HERE)
            for era, values in zip(walk.eras, walk.predictions, strict=True)
        },
        {era.number: pd.Series(era.target, index=ids, name="target") for era in walk.eras},
    )
    other = play_by_name(Field.of(history, lambda: None), Rules(), lambda: None)
    season = play(scored, honest(MODELS_HERE), Rules())
    assert np.allclose(season.meta, other.meta, rtol=0, atol=1e-6)
    stakes = np.where(other.valid, other.stakes, 0)
    assert np.allclose(season.shares, stakes / stakes.sum(axis=1, keepdims=True), rtol=0, atol=1e-6)
    assert season.clipped == pytest.approx(other.clipped, abs=0.05)


def test_play__season__moves_stakes_to_the_good_and_beats_the_plain_mean_against_copies(scored):
    crowd = Crowd("bad", honest(MODELS_HERE).entrants + (Entrant(BAD),) * 10)
    season = play(scored, crowd, Rules(clip=RATIO // 4))
    assert season.shares[0, 0] == pytest.approx(1 / 13)
    assert season.shares[-1, 0] > 0.15
    assert season.meta[8:].mean() > season.plain[8:].mean() + 0.02


def test_play__sybils__the_plain_mean_hears_each_and_stakes_do_not(scored):
    """A model that is split into many with its stake in total weighs what it weighed."""
    names = MODELS_HERE[:3]
    whole = play(scored, honest(names), BASE)
    split = Crowd("split", (Entrant("ridge"), Entrant("fair"), *(Entrant(BAD, STAKE // SYBILS),) * SYBILS))
    season = play(scored, split, BASE)
    assert season.shares[0].tolist()[:2] == pytest.approx([1 / 3, 1 / 3])
    assert season.meta[:4] == pytest.approx(whole.meta[:4])
    assert season.plain.mean() < whole.plain.mean() - 0.1


def test_play__late_crowd__counts_from_its_round_on(scored):
    late = Crowd("late", honest(MODELS_HERE).entrants + (Entrant(BAD, joins=12),) * 20)
    season, before = play(scored, late, BASE), play(scored, honest(MODELS_HERE), BASE)
    assert np.array_equal(season.meta[:12], before.meta[:12])
    assert np.array_equal(season.plain[:12], before.plain[:12])
    assert (season.shares[:12, 4:] == 0).all()
    assert season.shares[12, 4:].sum() > 0.8
    assert not np.array_equal(season.plain[12:], before.plain[12:])


def test_ledger__a_model_that_joins_late__has_its_stake_in_each_of_its_first_rounds():
    ledger = Ledger(Rules(ring=2), 2, [STAKE, STAKE // 2], [0, 3])
    seen = []
    for round_id in range(6):
        seen.append(ledger.open(round_id)[1])
        ledger.resolve(round_id, {0: (0, 0), 1: (0, 0)})
    assert seen == [0, 0, 0, STAKE // 2, STAKE // 2, STAKE // 2]


def test_hostile__crowds__have_the_mixes_that_the_page_names():
    names = tuple(model.name for model in MODELS)
    crowds = {crowd.name: crowd for crowd in hostile(names, "ridge", 50)}
    assert [len(crowd.entrants) for crowd in crowds.values()] == [38, 128, 38, 58, 58, 128, 58, 227]
    late = crowds[f"{LATE_COPIES} late copies of the leader"].entrants[28:]
    assert set(late) == {Entrant("ridge", joins=50)}
    sybils = crowds[f"a bad model split into {SYBILS}"].entrants
    assert sum(entrant.stake for entrant in sybils if entrant.column == BAD) == STAKE
    assert len({entrant.column for entrant in crowds["100 more of noise"].entrants}) == 128


def test_sized__scores_so_far__stakes_between_a_tenth_and_twice():
    crowd = sized(honest(("a", "b", "c", "d")), np.array([[0.1, -0.2, 0.01, 0.0], [0.3, 0.1, 0.01, np.nan]]))
    assert [entrant.stake for entrant in crowd.entrants] == [2 * STAKE, STAKE // 10, 190 * STAKE // 1000, STAKE // 10]
    none = sized(honest(("a", "b")), -np.ones((3, 2)))
    assert [entrant.stake for entrant in none.entrants] == [STAKE, STAKE]


def test_every_other_on_target__crowd__gains_of_each_second_go_home(scored):
    crowd = every_other_on_target(honest(MODELS_HERE))
    assert [entrant.compound for entrant in crowd.entrants] == [True, False, True, False]
    assert not np.array_equal(play(scored, crowd, BASE).shares, play(scored, honest(MODELS_HERE), BASE).shares)


# weights


def test_mean_variance__two_alike_and_one_better__more_of_the_better():
    rng = np.random.default_rng(1)
    common = rng.normal(size=400)
    history = np.column_stack([common + 0.1, common + 0.1, rng.normal(size=400) + 0.3, rng.normal(size=400) - 5])
    weights = mean_variance(history)
    assert weights[2] > weights[0] > 0 or weights[0] == weights[1] == 0
    assert weights[3] == 0


def test_bayesian__a_short_history__stays_near_the_stakes():
    shares = np.array([0.5, 0.5])
    short = bayesian(np.array([[0.2, 0.0]]), shares)
    long = bayesian(np.tile([0.2, 0.0], (5_200, 1)), shares)
    assert short[0] / short[1] < 1.1
    assert long[0] / long[1] > 50
    assert bayesian(-np.ones((3, 2)), shares).tolist() == [0, 0]


def test_unlike__copies__share_one_weight():
    likeness = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert unlike(likeness).tolist() == [0.5, 0.5, 1.0]


def test_fund_corr__later_targets__change_nothing_before_they_are_known(scored):
    """An era's own score depends on its target; the weights of the next era must not."""
    long = Scored.of(walked(80), 0, 0)
    shares = np.full((20, 4), 0.25)
    changed = long.corr.copy()
    changed[78:] = -changed[78:]
    one = fund_corr(long, 60, shares)
    two = fund_corr(replace(long, corr=changed), 60, shares)
    assert set(one) == {"mean-variance", "Bayesian on stakes", "by unlikeness"}
    assert all(np.array_equal(one[name], two[name]) for name in one)
    changed[77:] = -long.corr[77:]
    three = fund_corr(replace(long, corr=changed), 60, shares)
    assert all(np.array_equal(one[name][:-1], three[name][:-1]) for name in one)
    assert one["mean-variance"][-1] != three["mean-variance"][-1]


# chances


def test_one_sided__of_nothing_and_of_something__is_uniform_or_small():
    rng = np.random.default_rng(3)
    drawn = resampled_eras(200, 0, resamples=500)
    nothing = [one_sided(rng.normal(size=200), drawn) for _ in range(200)]
    assert 0.4 < np.mean(nothing) < 0.6
    assert np.mean(np.array(nothing) < 0.05) < 0.11
    assert one_sided(rng.normal(0.5, 1, 200), drawn) < 0.01
    assert one_sided(rng.normal(-0.5, 1, 200), drawn) > 0.99


def test_holm__three_chances__each_times_how_many_are_left_never_falling():
    assert holm({"a": 0.04, "b": 0.01, "c": 0.03}) == pytest.approx({"b": 0.03, "c": 0.06, "a": 0.06})
    assert holm({"a": 0.9, "b": 0.8}) == {"b": 1.0, "a": 1.0}


def test_tested__differences__keep_their_order_with_intervals():
    rng = np.random.default_rng(3)
    drawn = resampled_eras(100, 0, resamples=200)
    found = chances.tested({"none": rng.normal(size=100), "much": rng.normal(3, 1, 100)}, drawn)
    assert list(found) == ["none", "much"]
    assert found["much"].low > 0 and found["much"].holm < 0.05
    assert found["none"].low < found["none"].value < found["none"].high
    assert found["none"].holm >= found["none"].p


# the page


@pytest.fixture(scope="module")
def made_up():
    names = tuple(model.name for model in MODELS)
    rng = np.random.default_rng(8)
    eras = 60

    def season(crowd, over):
        plain = rng.normal(0.02, 0.1, eras)
        size = len(crowd.entrants)
        return Season(plain + over + rng.normal(0, 0.001, eras), plain, np.full((eras, size), 1 / size), 0.8)

    results = Results(
        name="futures",
        caution="somebody chose them",
        dates=tuple(str(np.datetime64("2001-01-01") + 7 * number) for number in range(eras)),
        markets=(37, *(46,) * (eras - 1)),
        models=names,
        corr=rng.normal(0, 0.1, (eras, 28)),
        honest=season(honest(names), 0.0),
        hostile={crowd.name: season(crowd, 0.05) for crowd in hostile(names, "ridge", 30)},
        attempts={"better": rng.normal(0.5, 0.1, eras), "worse": rng.normal(-0.5, 0.1, eras)},
        leader="ridge",
    )
    return {"futures": (results, find(results, 200, 0))}


def test_render__made_up_figures__says_what_holds(made_up):
    page = render(made_up, "picture.svg")
    assert "- **H1, futures: does not hold.**" in page
    assert "- **H2, futures: holds.** It is significantly above the plain mean in 8 of 8 hostile crowds." in page
    assert "- **H3, futures:** among honest models it differs from the plain mean by " in page
    assert "Of 2 attempts to make it better, 1 are significantly above" in page
    assert "The best of the first half, better, has " in page
    assert "Somebody chose them." in page
    assert "37 to 46 markets" in page
    assert "](picture.svg)" in page
    assert "![" not in render(made_up)
    assert all(f"| {model.name} |" in page for model in MODELS)


def test_render__a_sybil_crowd__counts_all_its_shares_as_hostile(made_up):
    page = render(made_up)
    row = next(line for line in page.splitlines() if line.startswith("| a bad model split"))
    assert row.endswith("| 88.1% |")
    row = next(line for line in page.splitlines() if line.startswith("| 100 copies"))
    assert row.endswith("| 78.1% |")


def test_picture__same_results__same_svg(made_up):
    drawn = picture(made_up)
    assert drawn == picture(made_up)
    assert ElementTree.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own
    assert all(word in drawn for word in ("stake-weighted", "plain mean", "late copies"))


def test_picture__a_long_season__draws_so_many_points_and_the_last(made_up):
    results, _ = made_up["futures"]
    corr = np.arange(1_000.0)
    dates = tuple(str(np.datetime64("2001-01-01") + 7 * number) for number in range(1_000))
    days, total = line(replace(results, dates=dates), corr)
    assert POINTS // 2 < len(days) == len(total) <= POINTS
    assert (str(days[-1]), total[-1]) == (dates[-1], corr.sum())
    assert len(line(results, corr[:60])[0]) == 60


def test_bins__of_targets__are_numerai_s():
    assert BINS == (0.0, 0.25, 0.5, 0.75, 1.0)


# the command


@pytest.fixture
def command(made_up, tmp_path, monkeypatch):
    """Runs the command on made-up results; its files go to a folder of their own."""
    results, found = made_up["futures"]
    monkeypatch.setattr(benchmark, "play_universe", lambda name, said: replace(results, name=name))
    monkeypatch.setattr(benchmark, "find", lambda results, resamples, seed: found)
    monkeypatch.setattr(benchmark, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(benchmark, "PICTURE", tmp_path / "picture.svg")
    return lambda *options: CliRunner().invoke(benchmark.cli, options)


def test_command__no_options__writes_both_universes_and_the_picture(command, tmp_path):
    result = command()
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert result.exit_code == 0
    assert page.index("## Futures") < page.index("## Stocks")
    assert "](picture.svg)" in page
    assert (tmp_path / "picture.svg").exists()


@pytest.mark.parametrize("options", [["--only", "stocks"], ["--resamples", "200"]])
def test_command__an_option__prints_the_page_and_writes_nothing(command, tmp_path, options):
    result = command(*options)
    assert result.exit_code == 0
    assert "## Stocks" in result.stdout
    assert ("## Futures" in result.stdout) == ("stocks" not in options)
    assert list(tmp_path.iterdir()) == []


def test_command__another_universe__one_sentence(command):
    result = command("--only", "bonds")
    assert result.exit_code == 2
    assert "'bonds' is not one of 'futures', 'stocks'" in result.output


def test_season__again__is_taken_from_the_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark, "CACHE", tmp_path / "cache")
    made = Season(np.array([0.1, 0.2]), np.array([0.0, 0.1]), np.ones((2, 3)) / 3, 0.5)
    first = benchmark._kept("key", lambda: made)
    again = benchmark._kept("key", lambda: pytest.fail("played twice"))
    assert (again.meta.tolist(), again.clipped, again.shares.shape) == ([0.1, 0.2], 0.5, (2, 3))
    assert np.array_equal(first.plain, again.plain)
    assert benchmark._kept("other", lambda: replace(made, clipped=0.1)).clipped == 0.1


def test_season__code_that_it_depends_on__is_that_of_the_ledger_too():
    there = [[file.name for file in benchmark.FOLDER.parent.glob(source)] for source in benchmark.SOURCES]
    assert all(there)
    assert {"payout.py", "stakes.py", "score_words.py", "scoring.py"} <= {name for names in there for name in names}
