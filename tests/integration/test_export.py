# SPDX-License-Identifier: MIT
"""`nmr export` of a season on a live anvil: read on, after a reorganisation too, and asked without a node."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from nmr.client.results import read_history, read_leaderboard
from nmr.client.stakes import StakesOnChain
from nmr.client.staking import Staker
from nmr.deploy.anvil import Anvil, find_anvil
from nmr.history.export import export
from nmr.history.frames import SCHEMAS
from nmr.history.kept import ExportInvalid, read_mark
from nmr.history.reading import kept_histories, kept_leaderboard, kept_models
from nmr.protocol.reference.rounds import State
from nmr.text.amounts import GWEI, NMR
from tests.integration.conftest import PROJECT
from tests.integration.season_stage import MODELS, SeasonStage

ROUNDS = 2
PAGE = (PROJECT / "docs" / "export.md").read_text()
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def season(tmp_path_factory) -> Iterator[SeasonStage]:
    """A season that is over, exported after each of its moments, and once before a reorganisation."""
    folder = tmp_path_factory.mktemp("season")
    with Anvil(find_anvil(PROJECT)) as anvil:
        stage = SeasonStage(anvil, folder, rounds=ROUNDS)
        for moment in stage.moments():
            if moment == 2:
                _reorganise(stage)
            assert stage.operate().exit_code == 0
            _export(stage)
        yield stage


def _export(stage: SeasonStage, name: str = "past") -> Path:
    export(stage.session, stage.tournament, stage.folder / name)
    return stage.folder / name


def _reorganise(stage: SeasonStage) -> None:
    """Export what is gone afterwards, and let something else be there as far as that went."""
    before = stage.node.ask("evm_snapshot")
    staker = Staker(stage.session, stage.tournament, stage.staker)
    staker.deposit({0: 7 * NMR})
    staker.register(["gone"], None)
    gone = pl.read_parquet(_export(stage) / "models.parquet")
    assert "gone" in set(gone["label"])
    assert stage.node.ask("evm_revert", before)
    for amount in (1, 2, 3):
        staker.deposit({1: amount * NMR})


def test_export__went_on_after_each_moment__equals_one_at_once(season):
    anew = _export(season, "anew")

    for name, schema in SCHEMAS.items():
        frame = pl.read_parquet(anew / f"{name}.parquet")
        assert frame.schema == schema
        assert_frame_equal(frame, pl.read_parquet(season.folder / "past" / f"{name}.parquet"))
    assert read_mark(anew) == read_mark(season.folder / "past")
    assert "gone" not in set(pl.read_parquet(anew / "models.parquet")["label"])


def test_export__nothing_happened_since__reads_no_log(season):
    assert export(season.session, season.tournament, season.folder / "past").read == 0


def test_export__tables__say_what_the_chain_says(season):
    past, stakes = _export(season), StakesOnChain(season.session, season.tournament)
    frames = {name: pl.read_parquet(past / f"{name}.parquet") for name in SCHEMAS}

    assert frames["rounds"]["state"].to_list() == ["closed"] * ROUNDS
    assert frames["submissions"].height == ROUNDS * (MODELS - 1)
    assert [held * GWEI for held in frames["models"]["held"]] == [
        each.idle + each.staked for each in stakes.holdings(range(MODELS))
    ]
    last = frames["tvl"].row(-1, named=True)
    assert last["idle"] + last["staked"] == frames["models"]["held"].sum()
    assert frames["positions"]["payout"].sum() == (frames["rounds"]["rewards"] - frames["rounds"]["burns"]).sum()


def test_kept__history_and_leaderboard__are_those_of_the_node(season):
    past, stakes = _export(season), StakesOnChain(season.session, season.tournament)

    for model in range(MODELS):
        assert kept_histories(past, [model]) == read_history(stakes, model)
    assert kept_leaderboard(past, 20) == read_leaderboard(stakes, 20)
    assert kept_leaderboard(past, 1) == read_leaderboard(stakes, 1)
    assert kept_models(past, ["model-3", 3, "model-0"]) == [3, 3, 0]
    assert {row.state for row in kept_histories(past, [0])} == {State.CLOSED}


def test_kept__no_such_model_or_export__is_refused(season, tmp_path):
    with pytest.raises(ExportInvalid, match="No model has the label nobody in"):
        kept_models(season.folder / "past", ["nobody"])
    with pytest.raises(ExportInvalid, match="holds no export"):
        kept_leaderboard(tmp_path, 20)


def test_kept__table_is_damaged_or_another__is_refused(season, tmp_path):
    for name in ("export.json", "rounds.parquet"):
        (tmp_path / name).write_bytes((season.folder / "past" / name).read_bytes())
    pl.DataFrame({"model": [1]}).write_parquet(tmp_path / "models.parquet")
    with pytest.raises(ExportInvalid, match="has other columns"):
        kept_models(tmp_path, [1])
    (tmp_path / "models.parquet").write_bytes(b"PAR1")
    with pytest.raises(ExportInvalid, match="cannot be read"):
        kept_models(tmp_path, [1])


@pytest.mark.parametrize("name", ["notes.txt", "rounds.parquet", "log.parquet"])
def test_export__folder_of_somebody_else__is_refused_and_left_as_it_was(season, tmp_path, name):
    (tmp_path / name).write_text("my own")

    with pytest.raises(ExportInvalid, match="holds something else than an export: name another folder"):
        export(season.session, season.tournament, tmp_path)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "my own")]


def test_export__ended_before_its_first_mark__begins_again(season, tmp_path):
    past = season.folder / "past"
    (tmp_path / "log.parquet").write_bytes((past / "log.parquet").read_bytes())
    (tmp_path / ".export.json.0123456789abcdef").write_text("{")

    export(season.session, season.tournament, tmp_path)
    assert_frame_equal(pl.read_parquet(tmp_path / "rounds.parquet"), pl.read_parquet(past / "rounds.parquet"))


def test_export__folder_of_another_chain__is_refused(season, tmp_path):
    _export(season)
    mark = (season.folder / "past" / "export.json").read_text()
    (tmp_path / "export.json").write_text(mark.replace('"chain_id": 31337', '"chain_id": 1'))
    (tmp_path / "log.parquet").write_bytes((season.folder / "past" / "log.parquet").read_bytes())

    with pytest.raises(ExportInvalid, match="another tournament or chain"):
        export(season.session, season.tournament, tmp_path)


def test_page__columns__are_those_of_the_tables():
    told = {}
    for name, table in re.findall(r"### (\w+)\.parquet\n(.*?)(?=\n#|\Z)", PAGE, re.DOTALL):
        cells = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        told[name] = [column for cell in cells for column in re.findall(r"`(\w+)`", cell)]

    assert told == {name: [*schema] for name, schema in SCHEMAS.items()}


@pytest.mark.parametrize("number", range(10))
def test_page__question__has_an_answer(season, monkeypatch, number):
    assert len(QUERIES) == 10
    monkeypatch.chdir(_export(season))

    rows = duckdb.sql(QUERIES[number]).fetchall()

    assert rows or "fills" in QUERIES[number]
