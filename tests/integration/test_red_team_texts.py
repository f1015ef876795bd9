# SPDX-License-Identifier: MIT
"""Hostile text from every source of foreign text, as it reaches a terminal: nothing of it is obeyed or hidden."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from eth_account import Account

from nmr.audit.report import Report, sign_report, write_report
from nmr.chain.node import NodeError
from nmr.cli.main import cli, main
from nmr.cli.verify import show_verification
from nmr.client.auditing import audit_chain
from nmr.deploy.record import write_record
from nmr.sealing.documents import ListedSubmission
from nmr.sealing.verify import verify_round
from nmr.text.addresses import ZERO_ADDRESS
from tests.library.sealing.scene import KEY, Scene
from tests.support.evm_server import served
from tests.support.evm_suite import STAKER, EvmSuite

HOSTILE = "\x1b[2K\x9b1Aagrees\u202egnorw\u2066\u200b\x07\x08"
"""Takes back the line, rings, turns the rest around, and hides."""
ESCAPED = "\\x1b[2K\\x9b1Aagrees\\u202egnorw\\u2066\\u200b\\x07\\x08"


@pytest.fixture(scope="module")
def suite() -> EvmSuite:
    suite = EvmSuite()
    suite.call(suite["classic"], "register", HOSTILE, ZERO_ADDRESS, sender=STAKER)
    return suite


@pytest.fixture(scope="module")
def node(suite: EvmSuite) -> Iterator[str]:
    with served(suite.node) as url:
        yield url


@pytest.fixture
def record(suite: EvmSuite, tmp_path: Path) -> Path:
    path = tmp_path / "record.json"
    write_record(suite.record, path)
    return path


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands run in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def require_harmless(text: str) -> str:
    """Every line of what is shown is characters that one sees."""
    assert [line for line in text.split("\n") if not line.isprintable()] == []
    return text


def shown(*arguments: object, code: int = 0, as_json: bool = True) -> str:
    """What a command writes to the terminal, which is harmless; with --json as well."""
    result = CliRunner().invoke(cli, [*map(str, arguments)])
    assert result.exit_code == code, (result.output, result.exception)
    if as_json:
        require_harmless(CliRunner().invoke(cli, [*map(str, arguments), "--json"]).output)
    return require_harmless(result.output)


def test_label__of_a_model__is_shown_escaped(node: str, record: Path) -> None:
    assert ESCAPED in shown("stake", "show", "--all", "--node", node, "--record", record).replace("\n", "")


@pytest.mark.parametrize(
    "reason",
    [
        pytest.param(lambda: NodeError("", -32_000, HOSTILE), id="message of an error"),
        pytest.param(lambda: NodeError("", 3, f"execution reverted: {HOSTILE}"), id="reason of a revert"),
    ],
)
@pytest.mark.parametrize("method", ["eth_chainId", "eth_call"])
def test_node_error__any_text__is_shown_escaped(
    suite: EvmSuite, record: Path, method: str, reason: Callable[[], NodeError]
) -> None:
    def lie(asked: str, answer: Any) -> Any:
        if asked == method:
            raise reason()
        return answer

    with served(suite.node, lie) as node:
        result = CliRunner().invoke(cli, ["stake", "show", "--all", "--node", node, "--record", str(record)])
    assert result.exit_code != 0
    assert ESCAPED in require_harmless(result.output)


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        *product(
            ("eth_chainId", "eth_getCode", "eth_call", "eth_getBlockByNumber"),
            (HOSTILE, {HOSTILE: HOSTILE}, [HOSTILE]),
        ),
        # What is no list is asked for again, with pauses.
        ("eth_getLogs", [HOSTILE]),
        ("eth_getLogs", [{HOSTILE: HOSTILE}]),
    ],
)
def test_node_answer__any_text__is_shown_escaped(suite: EvmSuite, record: Path, method: str, answer: Any) -> None:
    with served(suite.node, lambda asked, true: answer if asked == method else true) as node:
        for command in (("stake", "show", "--all"), ("round", "list")):
            result = CliRunner().invoke(cli, [*command, "--node", node, "--record", str(record)])
            assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
            require_harmless(result.output)


def records_of(record: Path) -> Iterator[dict[str, Any]]:
    """Records that hold hostile text where one of the suite holds its own."""
    content = json.loads(record.read_text("utf-8"))
    for change in (
        lambda each: each.update({HOSTILE: 1}),
        lambda each: each.update({"version": HOSTILE}),
        lambda each: each.update({"network": HOSTILE}),
        lambda each: each["parts"].update({HOSTILE: each["parts"].pop("classic")}),
        lambda each: each["parts"]["classic"].update({"contract": HOSTILE}),
        lambda each: each["parts"]["classic"].update({"address": HOSTILE}),
        lambda each: each["parts"]["classic"]["arguments"].update({HOSTILE: HOSTILE}),
        lambda each: each["parts"]["classic"]["arguments"].update({"operator": HOSTILE}),
        lambda each: each["parts"]["treasury"].update({"code_hash": f"0x{'11' * 32}"}),
    ):
        changed = deepcopy(content)
        change(changed)
        yield changed


def test_record__any_text_of_it__is_shown_escaped(node: str, record: Path) -> None:
    changed = list(records_of(record))
    for content in changed:
        record.write_text(json.dumps(content), "utf-8")
        for command in (("audit",), ("stake", "show", "--all"), ("deploy", "check")):
            result = CliRunner().invoke(cli, [*command, "--node", node, "--record", str(record)])
            assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
            require_harmless(result.output)


def test_record__part_with_a_hostile_name__is_none(node: str, record: Path) -> None:
    content = json.loads(record.read_text("utf-8"))
    content["parts"][HOSTILE] = content["parts"].pop("classic")
    record.write_text(json.dumps(content), "utf-8")
    said = shown("audit", "--node", node, "--record", record, code=3)
    assert f"a part's name is no name: '{ESCAPED}'" in said


@pytest.mark.parametrize("place", ["block", "believed", "disagreements", "parts"])
def test_report_file__signed_by_whoever_wrote_it__is_shown_escaped(suite: EvmSuite, folder: Path, place: str) -> None:
    class Signer:
        address = STAKER.address

        def sign_typed(self, message: Any) -> bytes:
            return bytes(Account.sign_typed_data(STAKER.key, full_message=message).signature)

    content = deepcopy(audit_chain(suite.node, suite.record).content)
    match place:
        case "block":
            content["block"]["number"] = HOSTILE
        case "believed":
            content["believed"] = [HOSTILE]
        case "disagreements":
            content["disagreements"] = [dict.fromkeys(("source", "part", "what", "expected", "found"), HOSTILE)]
        case _:
            content["parts"][HOSTILE] = content["parts"].pop("classic")
    try:
        report = Report(content, ())
        write_report(report, folder / "report", sign_report(report, Signer()))
    except (LookupError, TypeError, ValueError):
        # No signature is possible over this, so nobody has one.
        (folder / "report").mkdir(exist_ok=True)
        for name in ("audit.json", "audit.html", "audit.signature.json"):
            (folder / "report" / name).write_text(json.dumps(content), "utf-8")
    result = CliRunner().invoke(cli, ["audit", "verify", str(folder / "report")])
    assert result.exit_code in (0, 1)
    require_harmless(result.output)
    page = folder / "report" / "audit.html"
    if result.exit_code == 0:
        require_harmless(page.read_text("utf-8"))


@pytest.mark.parametrize("content", [f'{json.dumps(HOSTILE)} = "1"', f"clip = {json.dumps(HOSTILE)}", f"a = {HOSTILE}"])
def test_toml__entries_and_what_is_none__are_shown_escaped(
    node: str, record: Path, folder: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    terms = folder / "terms.toml"
    terms.write_text(content, "utf-8")
    shown("round", "open", "--terms", terms, "--account", "x", "--node", node, "--record", record, code=2)
    (folder / "nmr.toml").write_text(content, "utf-8")
    with pytest.raises(SystemExit):
        main(["stake", "show"])
    assert require_harmless(capsys.readouterr().err)


def test_nmr_toml__without_end_or_bottom__is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content, problem in ((f"a = {'[' * 100_000}", "recursion"), (" " * (2**20 + 1), "it is larger than 1 MiB")):
        (folder / "nmr.toml").write_text(content, "utf-8")
        with pytest.raises(SystemExit):
            main(["stake", "show"])
        assert problem in capsys.readouterr().err


@pytest.mark.parametrize("inside", [False, True], ids=["argument", "folder"])
def test_file_name__of_predictions__is_shown_escaped(node: str, record: Path, folder: Path, inside: bool) -> None:
    path = folder / "in" / f"{HOSTILE}.csv"
    path.parent.mkdir()
    if inside:
        path.write_text("id,prediction\n", "utf-8")
    given = ("--folder", path.parent) if inside else (f"0={path}",)
    text = shown("submit", *given, "--account", "x", "--node", node, "--record", record, code=2)
    assert "\\x1b[2K" in text


@pytest.mark.parametrize("options", [("--record", HOSTILE), ("--node", HOSTILE), (f"--{HOSTILE}",)], ids=len)
def test_option__of_any_text__is_shown_escaped(options: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, ["stake", "show", "0", *options])
    assert result.exit_code != 0
    assert "\\x1b[2K" in require_harmless(result.output)


@pytest.mark.parametrize(
    "content", [f"id,prediction\n{HOSTILE},0.5\n", f"id,{HOSTILE}\na,0.5\n", f"id,prediction\na,{HOSTILE}\n"]
)
def test_table__ids_headings_and_numbers__are_shown_escaped(
    node: str, record: Path, folder: Path, content: str
) -> None:
    path = folder / "0.csv"
    path.write_text(content, "utf-8")
    universe = folder / "universe.csv"
    universe.write_text("id\na\nb\n", "utf-8")
    given = (f"0={path}", "--universe", universe, "--account", "x")
    shown("submit", *given, "--node", node, "--record", record, code=2)


def test_store__hostile_reasons_and_files__are_shown_escaped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scene = Scene(folder / "store")
    listing = scene.publish()
    told = []
    # A list with a hostile reason, announced by the operator; one that is hostile text itself; evidence likewise.
    first, *others = listing.entries
    scene.announce(replace(listing, entries=(ListedSubmission(first.model, first.file, HOSTILE), *others)))
    told.append(verify_round(scene.facts, scene.store, KEY))
    scene.facts = replace(scene.facts, opened_list=scene.store.put(HOSTILE.encode()))
    told.append(verify_round(scene.facts, scene.store, KEY))
    scene.announce(listing)
    scene.propose()
    scene.facts = replace(scene.facts, evidence=scene.store.put(json.dumps({HOSTILE: HOSTILE}).encode()))
    told.append(verify_round(scene.facts, scene.store, KEY))
    for each in told:
        assert not each.agrees
        show_verification(each)
        assert "WRONG" in require_harmless(capsys.readouterr().out)


def test_finding__whatever_it_holds__is_shown_escaped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scene = Scene(folder / "store")
    scene.publish()
    found = verify_round(scene.facts, scene.store, KEY)
    model = replace(found.models[0], reason=HOSTILE, problems=(HOSTILE,))
    show_verification(replace(found, models=(model,), problems=(HOSTILE,), notes=(HOSTILE,)))
    assert require_harmless(capsys.readouterr().out).replace("\n", "").count("\\x1b[2K") >= 4
