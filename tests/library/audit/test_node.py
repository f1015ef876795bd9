# SPDX-License-Identifier: MIT
"""The audit on a node that limits, fails, or changes its mind, and its checkpoints."""

import json
from pathlib import Path
from typing import Any

import pytest

from nmr.audit.chain import RpcChain
from nmr.audit.checkpoint import CheckpointInvalid, FileCheckpoints
from nmr.audit.fetch import read_ranges
from nmr.audit.report import Report
from nmr.audit.run import RESTARTS, Progress, Unsettled, audit_suite
from nmr.chain.node import ATTEMPTS, NodeError, NodeUnreachable
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from nmr.text.files import FileError
from tests.library.audit.scene import FakeNode, abis
from tests.support.example_suite import STAKER, ExampleSuite

SILENT = NodeUnreachable("No node answers.")
REFUSAL = NodeError("eth_getLogs", -32_005, "too many blocks")


@pytest.fixture(scope="module")
def scene() -> ExampleSuite:
    """A short history, to which a test can add."""
    scene = ExampleSuite(models=3)
    for model in range(3):
        scene.call("deposit", model, (model + 1) * NMR, STAKER)
    return scene


@pytest.fixture
def node(scene: ExampleSuite) -> FakeNode:
    return FakeNode(scene.world)


class Waits:
    """Notes how long somebody would have slept."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def audited(node: FakeNode, waits: Waits | None = None, **options: Any) -> Report:
    waits = waits or Waits()
    return audit_suite(RpcChain(node, waits), node.record, abis(), sleep=waits, **options)


class Told:
    """What an audit said."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    @property
    def progress(self) -> Progress:
        return Progress(said=self.sentences.append)


# ranges


def test_read_ranges__node_limits_blocks__every_block_once_and_in_order(node: FakeNode) -> None:
    node.limit = 3
    waits = Waits()
    addresses = [part.address for part in node.record.parts.values()]
    ranges = list(read_ranges(RpcChain(node, waits), addresses, 0, node.head, waits))
    logs = [log for span in ranges for log in span.logs]
    assert [(log.block, log.log_index) for log in logs] == [
        (int(log["blockNumber"], 16), int(log["logIndex"], 16)) for log in node.logs
    ]
    ends = [span.last for span in ranges]
    assert ends[-1] == node.head
    assert max(b - a for a, b in zip([-1, *ends], ends, strict=False)) == 3
    assert waits.seconds == []


def test_read_ranges__range_refused_once__grows_again(node: FakeNode) -> None:
    node.fail["eth_getLogs"] = [REFUSAL] * 5
    waits = Waits()
    addresses = [part.address for part in node.record.parts.values()]
    sizes, before = [], -1
    for span in read_ranges(RpcChain(node, waits), addresses, 0, node.head, waits):
        sizes.append(span.last - before)
        before = span.last
    assert len(sizes) > 1 and sizes[1] == 2 * sizes[0]
    assert before == node.head


def test_read_ranges__one_block_refused_again_and_again__gives_up_after_pauses_that_double(node: FakeNode) -> None:
    node.limit = 0
    waits = Waits()
    with pytest.raises(NodeError, match="query returned more than 10000 results"):
        audited(node, waits)
    assert waits.seconds == [0.5, 1.0, 2.0, 4.0, 8.0]


# time-outs


@pytest.mark.parametrize(
    "method",
    ["eth_chainId", "eth_blockNumber", "eth_getBlockByNumber", "eth_getLogs", "eth_getStorageAt", "eth_getCode"],
)
def test_audit__node_silent_for_a_while__same_report_after_pauses(node: FakeNode, method: str) -> None:
    expected = audited(node).canonical()
    node.fail[method] = [SILENT, SILENT]
    waits = Waits()
    assert audited(node, waits).canonical() == expected
    assert waits.seconds == [0.5, 1.0]


def test_audit__node_silent_at_each_length__single_block_has_all_its_attempts(node: FakeNode) -> None:
    expected = audited(node).canonical()
    node.fail["eth_getLogs"] = [SILENT] * (ATTEMPTS + 2)
    assert audited(node, Waits()).canonical() == expected


def test_audit__node_silent_for_good__gives_up(node: FakeNode) -> None:
    node.fail["eth_getStorageAt"] = [SILENT] * ATTEMPTS
    waits = Waits()
    with pytest.raises(NodeUnreachable):
        audited(node, waits)
    assert len(waits.seconds) == ATTEMPTS - 1


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("eth_getLogs", [{"address": "0x1"}]),
        ("eth_getLogs", None),
        ("eth_getBlockByNumber", {"number": "0x1"}),
        ("eth_getStorageAt", "zero"),
        ("eth_getCode", 5),
    ],
)
def test_audit__answer_that_makes_no_sense__error_of_the_node(node: FakeNode, method: str, answer: Any) -> None:
    setattr(node, f"_{method}", lambda *_: answer)
    with pytest.raises(NodeError, match=f"{method}: the answer makes no sense"):
        audited(node)


def test_audit__method_that_the_node_lacks__gives_up_at_once(node: FakeNode) -> None:
    node.fail["eth_getStorageAt"] = [NodeError("eth_getStorageAt", -32_601, "not supported")]
    waits = Waits()
    with pytest.raises(NodeError, match="not supported"):
        audited(node, waits)
    assert waits.seconds == []


# reorganisations


class Reorganising(FakeNode):
    """A node whose last block is another one after each of so many reads of storage."""

    times_left = 1

    def ask_all(self, method: str, parameters: Any) -> list[Any]:
        answers = super().ask_all(method, parameters)
        if method == "eth_getStorageAt" and self.times_left:
            self.times_left -= 1
            self.reorganise(self.head)
        return answers


def test_audit__reorganised_while_read__starts_again_and_says_so(scene: ExampleSuite) -> None:
    node, told = Reorganising(scene.world), Told()
    report = audited(node, progress=told.progress)
    assert report.agrees
    assert report.content["block"]["hash"] == node.hash_of(node.head)
    [sentence] = told.sentences
    assert sentence.startswith(f"The chain was reorganised while it was read: block {node.head} was 0x")
    assert sentence.endswith("The audit starts again.")


def test_audit__reorganised_again_and_again__gives_up(scene: ExampleSuite) -> None:
    node, told = Reorganising(scene.world), Told()
    node.times_left = 100
    with pytest.raises(Unsettled, match="reorganised 4 times while it was read: audit an older block"):
        audited(node, progress=told.progress)
    assert len(told.sentences) == RESTARTS + 1


def test_audit__log_of_a_block_that_is_gone__starts_again(node: FakeNode) -> None:
    told = Told()
    headers, block_of_log = node._eth_getBlockByNumber, node.logs[-1]["blockNumber"]
    wrong = [True]

    def once_wrong(number: str, full: bool) -> Any:
        block = headers(number, full)
        if number == block_of_log and wrong:
            wrong.pop()
            return {**block, "hash": f"0x{1:064x}"}
        return block

    node._eth_getBlockByNumber = once_wrong
    assert audited(node, progress=told.progress).agrees
    assert [sentence.split(":")[0] for sentence in told.sentences] == ["The chain was reorganised while it was read"]


# checkpoints


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "audit" / "checkpoint.json"


def with_checkpoint(node: FakeNode, file: Path, told: Told | None = None) -> Report:
    told = told or Told()
    return audited(node, checkpoints=FileCheckpoints(file, node.record), progress=told.progress)


def grown(blocks: int) -> tuple[FakeNode, FakeNode]:
    """A node, and the same chain with more blocks."""
    scene = ExampleSuite(models=3, ring=1)
    for _ in range(10):
        scene.call("deposit", 0, NMR, STAKER)
    before = FakeNode(scene.world)
    first = scene.open()
    scene.call("stake", 0, 5 * NMR)
    scene.submit(0)
    for _ in range(blocks):
        scene.call("deposit", 1, NMR, STAKER)
    chunks = scene.finalise(first, {0: (10**6, 0)})
    scene.open()
    scene.settle(first, chunks)
    scene.call("offer_model", 1, ZERO_ADDRESS)
    return before, FakeNode(scene.world)


def test_checkpoint__chain_went_on__same_report_and_only_new_logs_are_read(file: Path) -> None:
    before, after = grown(5)
    # Blocks without a log come after the last one, and would not be on the longer chain.
    before.head = max(before.times)
    with_checkpoint(before, file)
    told = Told()
    resumed = with_checkpoint(after, file, told)
    assert resumed.canonical() == audited(after).canonical()
    assert told.sentences == [f"The audit goes on after block {before.head}."]


def test_checkpoint__disagreement_before_it__still_reported(file: Path) -> None:
    before, after = grown(5)
    before.head = max(before.times)
    for node in (before, after):
        del node.logs[node.log_index("ModelRegistered", 0)]
    assert not with_checkpoint(before, file).agrees
    resumed = with_checkpoint(after, file)
    assert resumed.canonical() == audited(after).canonical()
    assert resumed.disagreements[0].source == "log"


def test_checkpoint__its_block_was_reorganised__starts_over_and_says_so(node: FakeNode, file: Path) -> None:
    with_checkpoint(node, file)
    node.reorganise(node.head)
    told = Told()
    assert with_checkpoint(node, file, told).agrees
    assert told.sentences == [
        f"Block {node.head} of the checkpoint is not on the chain any more: the audit starts over."
    ]


def test_checkpoint__its_block_was_reorganised__goes_back_to_an_older_one(file: Path) -> None:
    before, after = grown(80)
    before.head = max(before.times)
    with_checkpoint(before, file)
    with_checkpoint(after, file)
    after.reorganise(after.head)
    told = Told()
    resumed = with_checkpoint(after, file, told)
    assert resumed.canonical() == audited(after).canonical()
    assert told.sentences == [
        f"Block {after.head} of the checkpoint is not on the chain any more: the audit goes back further.",
        f"The audit goes on after block {before.head}.",
    ]


def test_checkpoint__of_a_later_block__starts_over(node: FakeNode, file: Path) -> None:
    with_checkpoint(node, file)
    told = Told()
    options = {"checkpoints": FileCheckpoints(file, node.record), "block": node.head - 1}
    audited(node, progress=told.progress, **options)
    assert told.sentences == [
        f"The checkpoint is of block {node.head}, beyond the one to audit: the audit starts over."
    ]


def test_checkpoint__saved_while_the_log_is_read__as_often_as_the_clock_says(node: FakeNode, file: Path) -> None:
    node.limit = 4
    saved: list[int] = []

    class Noting(FileCheckpoints):
        def save(self, books: Any, header: Any) -> None:
            super().save(books, header)
            saved.append(json.loads(file.read_bytes())["snapshots"][0]["block"])

    seconds = iter(range(0, 100_000, 15))
    progress = Progress(clock=lambda: float(next(seconds)))
    assert audited(node, checkpoints=Noting(file, node.record), progress=progress).agrees
    assert len(saved) > 2
    assert saved == sorted(saved) and saved[-1] == node.head


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda content: content.update(format="other"), "is no checkpoint of an audit"),
        (lambda content: content.update(version=0), "is a checkpoint of an older or newer release"),
        (lambda content: content.update(chain_id=1), "is a checkpoint of another chain id"),
        (lambda content: content.update(deployment="00"), "is a checkpoint of another deployment"),
        (lambda content: content["snapshots"][0].update(block=1), "was changed since it was written"),
        (lambda content: content["snapshots"][0]["state"].update(settlements=9), "was changed since it was written"),
    ],
)
def test_checkpoint__not_of_this_audit__refused(node: FakeNode, file: Path, change: Any, sentence: str) -> None:
    with_checkpoint(node, file)
    content = json.loads(file.read_bytes())
    change(content)
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(CheckpointInvalid, match=sentence):
        with_checkpoint(node, file)


def test_checkpoint__no_json__refused(node: FakeNode, file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"\x80\x04\x95")
    with pytest.raises(CheckpointInvalid, match=r"it is no JSON\. Remove it to start over"):
        with_checkpoint(node, file)


def test_checkpoint__folder_in_its_place__one_sentence_and_nothing_left(node: FakeNode, file: Path) -> None:
    file.mkdir(parents=True)
    with pytest.raises(FileError, match="cannot be read"):
        with_checkpoint(node, file)
    assert list(file.parent.iterdir()) == [file]
