# SPDX-License-Identifier: MIT
"""The page and the picture of the meta model's experiment, and the eras it is played on."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.meta_model import history as meta_model_history
from benchmarks.meta_model.figures import resampled_eras
from benchmarks.meta_model.history import History, load_history
from benchmarks.meta_model.page import Results, render
from benchmarks.meta_model.stakes import Season
from benchmarks.meta_model.variants import VARIANTS, Cast, Played, casts
from demo.market_data.eras import build_eras
from demo.market_data.models import MODELS
from demo.market_data.prices import load_relatives

ERAS = range(77, 97)
NAMES = ("ridge", "noise", "inverse-ridge", "constant")


def results(meta_gain: float = 0.0) -> Results:
    """Made-up seasons of four models: ridge has 0.05 on average, noise 0, and constant is never scored."""
    random = np.random.default_rng(0)
    ridge = 0.05 + random.permutation(np.linspace(-0.1, 0.1, len(ERAS)))
    noise = random.permutation(np.linspace(-0.1, 0.1, len(ERAS)))
    corr = np.column_stack([ridge, noise, -ridge, np.full(len(ERAS), np.nan)])
    equal = 0.5 * ridge
    stakes = np.tile(np.array([4, 2, 2, 8]), (len(ERAS), 1))
    season = Season(
        models=NAMES,
        ring=4,
        meta=equal + meta_gain,
        stakes=stakes,
        valid=~np.isnan(corr),
        rewards=7,
        burns=5,
        clipped=0.5,
    )
    played = [Played(variant, season, equal) for variant in VARIANTS]
    return Results(ERAS, played, corr, resampled_eras(20, 0, resamples=200), resampled_eras(10, 0, resamples=200))


def rows(page: str, start: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith(f"| {start} |")]


def test_results__singles__scored_models_best_first():
    assert list(results().singles) == ["ridge", "noise", "inverse-ridge"]
    assert results().best == "ridge"


def test_render__models_and_variants__a_row_each():
    page = render(results(), "meta_model.svg")
    [ridge] = rows(page, "ridge, the best with hindsight")
    assert ridge.startswith("| ridge, the best with hindsight | 0.0500 [") and ridge.endswith("| 50.0% |")
    assert len(rows(page, "noise")) == len(rows(page, "inverse-ridge")) == 1
    assert "Refused in every era, and so without a score: constant." in page
    for variant in VARIANTS:
        assert len(rows(page, variant.name)) == 1


@pytest.mark.parametrize(
    ("gain", "said"),
    [
        (0.01, "0.0100, 0.0100 to 0.0100, so it is higher on these eras."),
        (-0.01, "−0.0100, −0.0100 to −0.0100, so it is lower on these eras."),
        (0.0, "0.0000, 0.0000 to 0.0000, so these eras cannot tell them apart."),
    ],
)
def test_render__meta_model_beside_equal_weights__says_what_the_interval_says(gain, said):
    assert f"- Meta model against equal-weighted mean: {said}" in render(results(gain)).splitlines()


def test_render__stakes_behind_what_knows_nothing__are_counted_without_the_refused():
    assert "went from 50.0% of them to 50.0%" in render(results())


# the eras


def small_history() -> History:
    index = [f"stock{number}" for number in range(6)]
    frame = pd.DataFrame({name: np.linspace(0.1, 0.9, 6) for name in (*NAMES, "alphabet")}, index=index)
    frame["inverse-ridge"] = 1 - frame["ridge"]
    target = pd.Series(np.linspace(0, 1, 6), index=index)
    return History({77: frame, 78: frame}, {77: target, 78: target})


def test_casts__each__has_whom_it_is_named_for():
    found = casts(small_history(), seed=0)
    assert found[Cast.ALL].models == (*NAMES, "alphabet")
    assert found[Cast.USEFUL].models == ("ridge",)
    assert len(found[Cast.NOISY].models) == len(found[Cast.WRONG].models) == 5 + 12
    wrong = found[Cast.WRONG].predictions[77]
    assert wrong["inverse-ridge-13"].equals(wrong["inverse-ridge"].rename("inverse-ridge-13"))
    assert all(cast.numbers == (77, 78) for cast in found.values())


def test_with_noise__seed_and_era__decide_and_values_are_ranks():
    one, again, other = (small_history().with_noise(3, seed).predictions for seed in (0, 0, 1))
    assert one[77].equals(again[77])
    assert not one[77].equals(other[77]) and not one[77].equals(one[78])
    assert sorted(one[77]["more-noise-2"]) == pytest.approx([(rank - 0.5) / 6 for rank in range(1, 7)])


def test_load_history__second_time__comes_from_the_cache_as_it_was(tmp_path, monkeypatch):
    eras = build_eras(load_relatives())
    predicted = []

    def random_numbers(eras, number, seed):
        predicted.append((number, seed))
        index = eras[number].features.sort_index().index
        numbers = np.random.default_rng([seed, number]).random((len(index), len(MODELS)))
        return pd.DataFrame(numbers, index=index, columns=[model.name for model in MODELS])

    monkeypatch.setattr(meta_model_history, "predict", random_numbers)
    told = []
    first = load_history(eras, range(77, 79), 3, tmp_path / "new", lambda: told.append(1))
    second = load_history(eras, range(77, 80), 3, tmp_path / "new", lambda: told.append(1))
    load_history(eras, range(77, 78), 4, tmp_path / "new", lambda: told.append(1))
    assert predicted == [(77, 3), (78, 3), (79, 3), (77, 4)]
    assert len(told) == 6
    assert second.predictions[78].equals(first.predictions[78])
    assert second.targets[79].equals(eras[79].target)
    assert {file.suffix for file in (tmp_path / "new").iterdir()} == {".npy"}
