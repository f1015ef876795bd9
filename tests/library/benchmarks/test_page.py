# SPDX-License-Identifier: MIT
"""The long history that the page is measured with, and the page of figures."""

import gzip
import json

import pytest

from benchmarks.page.__main__ import PAGE, render
from benchmarks.page.history import RING, LongHistory, snapshot_of
from nmr.chain.builds import abi
from nmr.chain.logs import decode_logs
from nmr.page.export import SUMMARY
from nmr.text.amounts import GWEI

MODELS, STAKING, ROUNDS = 12, 9, 6


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def history():
    return LongHistory(MODELS, STAKING, ROUNDS)


@pytest.fixture(scope="module")
def suite(history, told):
    return history.play(told.append)


@pytest.fixture(scope="module")
def snapshot(history, suite):
    return snapshot_of(history, suite, lambda _: None)


def test_history__played__settles_all_that_stake_in_every_round(snapshot, told):
    files = {name: json.loads(gzip.decompress(content)) for name, content in snapshot.files()}
    tournament = files[SUMMARY]["books"]["tournaments"]["classic"]

    assert told == [f"playing round {number} of {ROUNDS}" for number in range(1, ROUNDS + 1)]
    assert len(tournament["models"]["label"]) == MODELS
    assert tournament["settlements"] == STAKING * ROUNDS
    assert [round_["models"] for round_ in tournament["rounds"]] == [STAKING] * ROUNDS
    assert {0 < round_["factor"] < 10**9 for round_ in tournament["rounds"]} == {True}
    assert int(tournament["rewards"]) > GWEI < int(tournament["burns"])
    assert sorted(name for name in files if name.startswith("classic/round-")) == [
        f"classic/round-{RING + number}.json.gz" for number in range(ROUNDS)
    ]


def test_snapshot__of_a_history__has_the_log_that_was_played(history, suite, snapshot):
    record = history.record
    abis = {
        part.address: [item for item in abi(part.contract) if item["type"] == "event"] for part in record.parts.values()
    }
    [span] = snapshot.ranges
    decoded = list(decode_logs(span.logs, abis, lambda number: span.headers[number].timestamp))

    assert [(event.name, event.block, event.timestamp) for event in decoded] == [
        (event.name, event.block, event.timestamp) for event in suite.events
    ]
    assert len(decoded) > 100


def measured(verdict="The snapshot is consistent with itself."):
    view = {"milliseconds": 1_234, "bytes": 567_890, "requests": 5}
    facts = {"differences": "0"}
    return {
        "views": {"overview": view},
        "browser": "1.2",
        "recompute": {"seconds": 9.87, "worked": 8.76, "verdict": verdict, "facts": facts},
    }


def test_render__of_a_run__has_its_figures():
    sizes = {"log-0.json.gz": 1_000, "log-1.json.gz": 2_000, SUMMARY: 4_000}
    page = render((15_000, 5_000, 250), sizes, {"index.js": 70_000, "worker.js": 1}, measured(), {"performance": 97})

    assert "15,000 models, 5,000 of which stake and submit in each of 250 settled rounds" in page
    for row in (
        "| the built page, compressed, with its worker | 70,001 bytes |",
        "| summary of the snapshot | 4,000 bytes |",
        "| its log | 3,000 bytes in 2 files |",
        "| all of it | 7,000 bytes in 3 files |",
        "| first view: overview | 1.23 s, 567,890 bytes |",
        "| recompute | 9.9 s |",
        "| processor time of Chromium meanwhile | 8.8 s |",
        "| differences | 0 |",
        "| lighthouse: performance | 97 |",
    ):
        assert row in page.splitlines()
    assert page.endswith("The verdict: The snapshot is consistent with itself.\n")


def test_render__without_lighthouse__has_none_of_its_figures():
    assert "lighthouse:" not in render((1, 1, 1), {SUMMARY: 1}, {}, measured(), None)


def test_page__as_it_is_committed__is_of_the_full_size():
    assert "15,000 models, 5,000 of which stake and submit in each of 250 settled rounds" in PAGE.read_text()
