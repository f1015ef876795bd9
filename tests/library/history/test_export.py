# SPDX-License-Identifier: MIT
"""The export of a history of two pools on a chain in this process, and what is read from it without a node."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from nmr.audit.chain import RpcChain
from nmr.audit.pools import created_pools
from nmr.chain.logs import RawLog, topic_of
from nmr.client.auditing import suite_abis
from nmr.client.results import read_histories, read_leaderboard
from nmr.client.session import Session
from nmr.client.stakes import StakesOnChain
from nmr.history.chain import KeptChain
from nmr.history.export import export
from nmr.history.frames import SCHEMAS, frames_of
from nmr.history.kept import ExportInvalid, keep_log, read_log
from nmr.history.log import KeptLog, Mark
from nmr.history.past import read_past
from nmr.history.reading import kept_histories, kept_leaderboard, kept_models, read_table
from nmr.page.export import take_snapshot
from nmr.protocol.lifetimes import LogIncomplete
from tests.library.audit.history import unslept
from tests.library.audit.pool_history import played

MODELS = [0, 1, 2]


@pytest.fixture(scope="module")
def stakes() -> StakesOnChain:
    chain, *_ = played()
    session = Session(chain.suite.record, chain.node)
    return StakesOnChain(session, session.tournament())


@pytest.fixture(scope="module")
def past(stakes, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("past")
    assert export(stakes.session, stakes.tournament, folder).read > 0
    return folder


def test_export__tables__have_their_columns_and_agree_with_each_other(past):
    frames = {name: read_table(past, name).collect() for name in SCHEMAS}

    assert frames["rounds"]["state"].to_list() == ["closed", "closed"]
    assert frames["rounds"]["settled"].to_list() == frames["rounds"]["at_risk"].to_list()
    paid = frames["rounds"]["rewards"] - frames["rounds"]["burns"]
    by_round = frames["positions"].group_by("round", maintain_order=True).agg(pl.col("payout").sum())
    assert by_round["payout"].to_list() == paid.to_list() == [0, -1_904_920_000]
    last = frames["tvl"].row(-1, named=True)
    assert last["idle"] + last["staked"] == frames["models"]["held"].sum()
    assert frames["submissions"].height == 4 and frames["fills"].is_empty()


def test_export__nothing_happened_since__reads_no_log(past, stakes):
    assert export(stakes.session, stakes.tournament, past).read == 0


def test_read_past__without_a_folder__equals_what_was_written(past, stakes):
    found = read_past(stakes.session, stakes.tournament)

    assert found.log.known == 0
    for name, frame in frames_of(found).items():
        assert frame.equals(read_table(past, name).collect())


def test_export__log_lacks_an_event__is_refused(stakes, tmp_path, monkeypatch):
    read = read_past.__globals__["follow"]

    def lacking(*arguments) -> KeptLog:
        log = read(*arguments)
        topic = topic_of(stakes.tournament.event("Staked"))
        kept = [each for each in log.logs if each.topics[0] != topic]
        assert len(kept) < len(log.logs)
        return KeptLog(log.mark, kept, log.times)

    monkeypatch.setitem(read_past.__globals__, "follow", lacking)
    with pytest.raises(LogIncomplete):
        export(stakes.session, stakes.tournament, tmp_path)
    assert [*tmp_path.iterdir()] == []


def test_kept__history_and_leaderboard__are_those_of_the_node(past, stakes):
    for models in ([1], MODELS):
        assert kept_histories(past, models) == read_histories(stakes, models)
    for last in (1, 2, 20):
        assert kept_leaderboard(past, last) == read_leaderboard(stakes, last)


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["other", 7], "No model has the id 7 in"),
        (["nobody"], "No model has the label nobody in"),
        (["pool"], "Several models have the label pool in"),
    ],
)
def test_kept_models__no_or_several__is_refused(past, names, why):
    with pytest.raises(ExportInvalid, match=why):
        kept_models(past, names)


def test_kept_models__ids_and_labels__are_ids_in_their_order(past):
    assert kept_models(past, [2, "other", 1]) == [2, 0, 1]


def test_kept_log__until_an_earlier_block__has_what_came_before():
    logs = [RawLog("0x1", (), b"", block, 0, "0xt", f"0x{block}") for block in (3, 5, 8)]
    log = KeptLog(Mark(1, ("0x1",), 4, 1, 9, "0x9", 90, {}), logs, {3: 30, 5: 50, 8: 80})

    earlier = log.until(5, "0x5")

    assert [each.block for each in earlier.logs] == [3, 5]
    assert earlier.times == {3: 30, 5: 50}
    assert (earlier.mark.block, earlier.mark.block_hash, earlier.mark.timestamp) == (5, "0x5", 50)


# in place of a node


def snapshot_from(folder: Path) -> list[tuple[str, bytes]]:
    record = played()[0].suite.record
    return list(take_snapshot(KeptChain.of(folder, record), record, suite_abis(), sleep=unslept).files())


def test_kept_chain__page__has_the_bytes_of_the_page_from_the_node(past):
    chain, *_ = played()
    of_node = take_snapshot(RpcChain(chain.node, unslept), chain.suite.record, suite_abis(), sleep=unslept)

    assert snapshot_from(past) == list(of_node.files())


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_kept_chain__export_that_went_on__has_the_pools_that_were_made_before_and_since(past, stakes, tmp_path, part):
    log = read_log(past)
    pools = created_pools(log.logs)
    last = log.logs[int(part * len(log.logs))]
    keep_log(tmp_path, log.until(last.block, last.block_hash))
    assert len(read_log(tmp_path).logs) < len(log.logs)

    export(stakes.session, stakes.tournament, tmp_path)

    assert len(pools) == 2
    assert {each.address for each in log.logs} >= set(pools)
    assert read_log(tmp_path) == KeptLog(log.mark, log.logs, log.times)
    assert snapshot_from(tmp_path) == snapshot_from(past)


def test_kept_chain__export_of_another_suite__is_refused(past):
    record = played()[0].suite.record
    parts = {name: part for name, part in record.parts.items() if part.contract != "PoolFactory"}

    for other in (replace(record, chain_id=1), replace(record, parts=parts)):
        with pytest.raises(ExportInvalid, match=r"holds the export of another suite or chain: export this one\."):
            KeptChain.of(past, other)


def test_read_past__without_a_folder__reads_the_logs_of_the_tables_alone(stakes):
    log = read_past(stakes.session, stakes.tournament).log

    assert {each.address for each in log.logs} == {stakes.tournament.address}
