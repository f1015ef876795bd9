# SPDX-License-Identifier: MIT
"""The report of an audit: its bytes, its page, and its signature."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import orjson
import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from nmr.audit.chain import RpcChain
from nmr.audit.findings import LISTED, Disagreement, Tally
from nmr.audit.page import render_page
from nmr.audit.report import (
    PAGE_FILE,
    REPORT_FILE,
    SIGNATURE_FILE,
    Report,
    ReportInvalid,
    canonical_content,
    digest,
    sign_report,
    signed_message,
    verify_report,
    write_report,
)
from nmr.audit.run import audit_suite
from nmr.chain import builds
from nmr.chain.builds import Build
from nmr.cli.auditing import show_report
from nmr.text.amounts import NMR
from tests.library.audit.scene import FakeNode, abis, slots
from tests.support.example_suite import STAKER, TOURNAMENT, ExampleSuite


class Keyed:
    """Somebody with a key."""

    def __init__(self, key: int) -> None:
        self._account = Account.from_key(key.to_bytes(32, "big"))
        self.address = str(self._account.address)

    def sign_typed(self, message: Mapping[str, Any]) -> bytes:
        return bytes(self._account.sign_message(encode_typed_data(full_message=dict(message))).signature)


AUDITOR, STRANGER = Keyed(7), Keyed(8)


@pytest.fixture(scope="module")
def node() -> FakeNode:
    scene = ExampleSuite(models=3)
    scene.call("deposit", 1, 5 * NMR, STAKER)
    return FakeNode(scene.world)


def audited(node: FakeNode) -> Report:
    return audit_suite(RpcChain(node, node.sleepless), node.record, abis(), sleep=node.sleepless)


@pytest.fixture
def report(node: FakeNode) -> Report:
    return audited(node)


@pytest.fixture
def differing(node: FakeNode, monkeypatch: pytest.MonkeyPatch) -> Report:
    at = TOURNAMENT, slots("Tournament")["idle"]
    monkeypatch.setitem(node.storage, at, node.storage[at] + 1)
    return audited(node)


def test_report__canonical__sorted_keys_and_amounts_as_strings(report: Report) -> None:
    raw = report.canonical()
    content = orjson.loads(raw)
    assert raw == orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    assert content["figures"]["tournaments"]["classic"]["idle"] == str(5 * NMR)
    assert content["agrees"] is True


def test_report__builds__hashes_of_each_contracts_codes_and_of_all(report: Report) -> None:
    found = report.content["builds"]
    treasury = {
        name: sha256(code).hexdigest()
        for name, code in (
            ("creation_code", builds.build("Treasury").creation_code),
            ("runtime_code", builds.build("Treasury").runtime_code),
        )
    }
    assert found["contracts"].keys() == set(builds.names())
    assert found["contracts"]["Treasury"] == treasury
    assert found["sha256"] == sha256(canonical_content(found["contracts"])).hexdigest()
    assert found["compiler"] == {"vyper": "0.4.3", "snekmate": "0.1.2"}
    assert found["sources"] == builds.sources()


def test_report__other_code_of_a_contract__is_another_hash_of_the_builds(node: FakeNode, report: Report) -> None:
    def forged(name: str) -> Build:
        built = builds.build(name)
        return replace(built, runtime_code=built.runtime_code + b"\0") if name == "Lens" else built

    other = audit_suite(RpcChain(node, node.sleepless), node.record, abis(), build=forged, sleep=node.sleepless)
    assert other.content["builds"]["sha256"] != report.content["builds"]["sha256"]
    assert not other.agrees


@pytest.mark.parametrize(
    ("root", "where"), [(Path(), "from contracts/ of this checkout"), (None, "in the installed package")]
)
def test_show_report__builds__in_80_columns_and_where_they_are(
    report: Report,
    root: Path | None,
    where: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("nmr.chain.sources.checkout", lambda: root)
    show_report(report.content)
    lines = capsys.readouterr().out.splitlines()
    first = lines.index(f"builds sha256  {report.content['builds']['sha256']}")
    assert lines[first + 1] == f"compiled by    vyper 0.4.3, snekmate 0.1.2; {where}"
    assert all(len(line) <= 80 for line in lines[first : first + 2])


def test_report__disagreement__has_all_it_names(differing: Report) -> None:
    [entry] = differing.content["disagreements"]
    assert entry.keys() == {"source", "part", "what", "expected", "found", "block", "transaction", "model"}
    assert (entry["what"], entry["model"], entry["expected"], entry["found"]) == ("idle (gwei)", 0, "0", "1")


def test_tally__more_than_a_report_lists__counted_all_the_same() -> None:
    tally = Tally()
    for model in range(LISTED + 5):
        tally.add(Disagreement("storage", "classic", "owner", "0x1", "0x2", model=model))
    assert tally.count == LISTED + 5
    assert [each.model for each in tally.listed] == list(range(LISTED))


# signed


@pytest.fixture
def folder(report: Report, tmp_path: Path) -> Path:
    """A signed report."""
    write_report(report, tmp_path / "audit", sign_report(report, AUDITOR))
    return tmp_path / "audit"


def test_verify__signed_report__tells_who_signed(folder: Path, report: Report) -> None:
    content, signer = verify_report(folder)
    assert (content, signer) == (report.content, AUDITOR.address)
    assert verify_report(folder, AUDITOR.address.lower())[1] == AUDITOR.address


def test_verify__somebody_else_was_asked_for__refused(folder: Path) -> None:
    with pytest.raises(ReportInvalid, match=f"signed by {AUDITOR.address}, and not by {STRANGER.address}"):
        verify_report(folder, STRANGER.address)


def test_verify__no_address_asked_for__refused(folder: Path) -> None:
    with pytest.raises(ReportInvalid, match="'auditor' is no address"):
        verify_report(folder, "auditor")


def test_verify__report_changed__refused(folder: Path) -> None:
    raw = (folder / REPORT_FILE).read_bytes()
    (folder / REPORT_FILE).write_bytes(raw.replace(str(5 * NMR).encode(), str(6 * NMR).encode()))
    with pytest.raises(ReportInvalid, match="The report was changed: its hash is not the one that was signed"):
        verify_report(folder)


def test_verify__report_spelled_in_another_way__refused(folder: Path) -> None:
    content = orjson.loads((folder / REPORT_FILE).read_bytes())
    (folder / REPORT_FILE).write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    with pytest.raises(ReportInvalid, match="was written again since it was signed: its spelling differs"):
        verify_report(folder)


def test_verify__report_and_hash_changed__signature_is_of_somebody_else(folder: Path, differing: Report) -> None:
    signature = orjson.loads((folder / SIGNATURE_FILE).read_bytes())
    hashes = {name: sign_report(differing, STRANGER)[name] for name in ("report", "page")}
    write_report(differing, folder, {**signature, **hashes})
    with pytest.raises(ReportInvalid, match=r"The signature is of 0x.*, and not of whom its file names"):
        verify_report(folder)


def test_verify__page_changed__refused(folder: Path) -> None:
    page = (folder / PAGE_FILE).read_bytes()
    (folder / PAGE_FILE).write_bytes(page.replace(b"Everything agrees", b"Everything is fine"))
    with pytest.raises(ReportInvalid, match="The page was changed: its hash is not the one that was signed"):
        verify_report(folder)


def test_verify__page_is_missing__refused(folder: Path) -> None:
    (folder / PAGE_FILE).unlink()
    with pytest.raises(ReportInvalid, match=f"There is no .*{PAGE_FILE}"):
        verify_report(folder)


def sign_files(folder: Path, raw: bytes, page: bytes) -> None:
    """Sign whatever is given as a report and its page."""
    content = orjson.loads(raw)
    signature = AUDITOR.sign_typed(signed_message(content, raw, page))
    (folder / REPORT_FILE).write_bytes(raw)
    (folder / PAGE_FILE).write_bytes(page)
    hashes = {"report": digest(raw), "page": digest(page)}
    (folder / SIGNATURE_FILE).write_bytes(
        orjson.dumps({**hashes, "signature": f"0x{signature.hex()}", "signer": AUDITOR.address})
    )


def test_verify__page_that_says_something_else_is_signed__refused(folder: Path, differing: Report) -> None:
    page = (folder / PAGE_FILE).read_bytes()
    sign_files(folder, differing.canonical(), page)
    with pytest.raises(ReportInvalid, match="The page does not say what the report does"):
        verify_report(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"figures": {}},
        {"figures": []},
        {"compared": None},
        {"proof": 7},
        {"believed": 7},
        {"parts": [1]},
        {"agrees": 0},
    ],
    ids=str,
)
def test_verify__signed_report_of_another_shape__is_one_sentence(
    folder: Path, report: Report, changes: dict[str, Any]
) -> None:
    sign_files(folder, canonical_content({**report.content, **changes}), b"")
    with pytest.raises(ReportInvalid, match=r"no audit report all the same\.|The page does not say"):
        verify_report(folder)


@pytest.mark.parametrize(
    ("name", "value"),
    [("chain_id", "one"), ("chain_id", -1), ("block", {}), ("block", None), ("block", {"number": 1, "hash": "0x12"})],
)
def test_verify__report_of_no_block__is_one_sentence(folder: Path, report: Report, name: str, value: Any) -> None:
    raw = canonical_content({**report.content, name: value})
    (folder / REPORT_FILE).write_bytes(raw)
    signature = orjson.loads((folder / SIGNATURE_FILE).read_bytes())
    (folder / SIGNATURE_FILE).write_bytes(orjson.dumps({**signature, "report": digest(raw)}))
    with pytest.raises(ReportInvalid, match=r"names no block of a chain|not of whom its file names"):
        verify_report(folder)


def test_signed_message__names__project_chain_block_report_and_page(report: Report) -> None:
    message = signed_message(report.content, b"report", b"page")
    assert message["domain"] == {"name": "NMR suite audit", "version": "4", "chainId": report.content["chain_id"]}
    block = report.content["block"]
    assert message["message"] == {
        "block": block["number"],
        "blockHash": block["hash"],
        "report": digest(b"report"),
        "page": digest(b"page"),
    }
    assert [field["name"] for field in message["types"]["AuditReport"]] == list(message["message"])


def test_verify__signature_over_another_block__is_of_somebody_else(folder: Path, report: Report) -> None:
    raw, page = report.canonical(), (folder / PAGE_FILE).read_bytes()
    other = {**report.content, "block": {**report.content["block"], "number": 1}}
    signature = orjson.loads((folder / SIGNATURE_FILE).read_bytes())
    signed = AUDITOR.sign_typed(signed_message(other, raw, page))
    (folder / SIGNATURE_FILE).write_bytes(orjson.dumps({**signature, "signature": f"0x{signed.hex()}"}))
    with pytest.raises(ReportInvalid, match="not of whom its file names"):
        verify_report(folder)


def test_verify__file_beyond_all_reports__refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nmr.audit.report.LARGEST", 100)
    with pytest.raises(ReportInvalid, match="which no report is"):
        verify_report(folder)


@pytest.mark.parametrize("signature", ["0x", "0x12", "nonsense", f"0x{'00' * 65}", None, 5])
def test_verify__no_signature__refused(folder: Path, signature: object) -> None:
    content = orjson.loads((folder / SIGNATURE_FILE).read_bytes())
    (folder / SIGNATURE_FILE).write_bytes(orjson.dumps({**content, "signature": signature}))
    with pytest.raises(ReportInvalid, match="holds no signature"):
        verify_report(folder)


def test_verify__unsigned_report__refused(folder: Path, report: Report) -> None:
    write_report(report, folder)
    with pytest.raises(ReportInvalid, match=f"There is no .*{SIGNATURE_FILE}"):
        verify_report(folder)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"{", "is no JSON"), (b"[]", "is no audit report"), (b"{}", "is no audit report of version 4")],
)
def test_verify__some_other_file__refused(folder: Path, content: bytes, sentence: str) -> None:
    (folder / REPORT_FILE).write_bytes(content)
    with pytest.raises(ReportInvalid, match=sentence):
        verify_report(folder)


# the page


class Tags(HTMLParser):
    """The tags and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_page__agreeing_report__says_so_and_has_every_figure(folder: Path, report: Report) -> None:
    page = Tags((folder / PAGE_FILE).read_text())
    assert f"Everything agrees up to block {report.content['block']['number']}." in page.texts
    assert "Disagreements" not in page.texts
    assert page.texts[page.texts.index("classic: idle") + 1] == "5"
    assert report.content["parts"]["treasury"]["address"] in page.texts
    assert page.texts[page.texts.index("builds sha256") + 1] == report.content["builds"]["sha256"]


def test_page__disagreement__is_a_row(differing: Report) -> None:
    page = Tags(render_page(differing.content, "0x00"))
    assert f"1 figure disagrees up to block {differing.content['block']['number']}." in page.texts
    row = page.texts[page.texts.index("storage, classic") :]
    assert row[3:6] == ["0", "idle (gwei)", "0"]


def test_page__hostile_texts__are_texts(report: Report) -> None:
    hostile = "</td><script>alert(1)</script>"
    entry = dict.fromkeys(("source", "part", "what", "expected", "found", "transaction"), hostile)
    content = {
        **report.content,
        "agrees": False,
        "disagreement_count": 1,
        "disagreements": [{**entry, "block": 1, "model": None}],
    }
    page = Tags(render_page(content, hostile))
    assert "script" not in page.tags
    assert hostile in page.texts


def test_write_report__again_without_a_signature__the_old_signature_is_gone(folder: Path, report: Report) -> None:
    write_report(report, folder)
    assert sorted(path.name for path in folder.iterdir()) == [PAGE_FILE, REPORT_FILE]
