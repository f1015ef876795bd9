# SPDX-License-Identifier: MIT
"""`nmr page` on a chain of py-evm with pools: what it writes and prints, and what it refuses."""

import gzip
import json
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner

from nmr.cli.command import Door, FrontCommand, one_sentence
from nmr.cli.page import cli
from nmr.client.session import Session
from nmr.deploy.record import write_record
from nmr.history.export import export
from nmr.page.site import write_site
from tests.library.audit.pool_history import played
from tests.support.evm_suite import STAKER, EvmSuite

PAGE = "<meta content=\"default-src 'none'; connect-src 'self'; base-uri 'none'\">"
NODE = "https://node.example/"


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Runs the command, whose page is as good as built, on a suite with pools."""
    return runner(played()[0].suite, tmp_path, monkeypatch)


@pytest.fixture
def page_of_buyback(tmp_path, monkeypatch):
    """The same on a suite whose buyback goes by the average of a pool at $15, an hour after it began."""
    suite = EvmSuite()
    suite.node.wait(3_600)
    suite.call(suite["numeraire"], "approve", suite["classic"].address, 0, sender=STAKER)
    return runner(suite, tmp_path, monkeypatch)


def runner(suite, tmp_path, monkeypatch):
    built = tmp_path / "built"
    built.mkdir()
    (built / "index.html").write_text(PAGE)
    monkeypatch.setitem(write_site.__kwdefaults__, "built", built)
    write_record(suite.record, tmp_path / "record.json")
    door = Door(
        rpc=suite.node,
        record_path=tmp_path / "record.json",
        folder=tmp_path,
        program="nmr",
        options="",
        signer=lambda _: pytest.fail("nobody signs"),
        address_of=lambda name: name,
        development=lambda: True,
    )

    class Front(FrontCommand):
        def run(self, ctx: click.Context) -> Any:
            with one_sentence():
                return ctx.invoke(self.callback, door=door, **ctx.params)

    command = Front("page", callback=cli.callback, params=cli.params)
    return lambda *options: CliRunner().invoke(command, ["--out", str(tmp_path / "site"), *options])


def test_page__with_a_price_and_a_node__writes_both_and_says_so(page, tmp_path):
    result = page("--price", "12.50", "--page-node", NODE)
    folder = tmp_path / "site"
    size = sum(path.stat().st_size for path in (folder / "snapshot").rglob("*.gz"))
    [block] = {int(word) for word in result.stdout.split() if word.isdigit()}

    assert result.exit_code == 0
    assert " ".join(result.stdout.split()) == (
        f"The page is in {folder}, with a snapshot of block {block} of {size:,} bytes. "
        f"It may ask {NODE}, which everybody who opens it can read. "
        f"Serve it with any static server: python3 -m http.server --directory {folder}"
    )
    assert f"connect-src 'self' {NODE};" in (folder / "index.html").read_text()
    config = json.loads((folder / "config.json").read_bytes())
    assert (config["node"], config["any_node"], config["snapshot"]) == (NODE, False, "snapshot")
    assert {part["contract"] for part in config["record"]["parts"].values()} >= {"Tournament", "PoolFactory"}


def price_of(folder):
    return json.loads(gzip.decompress((folder / "site/snapshot/summary.json.gz").read_bytes()))["price"]


def test_page__of_a_suite_with_a_buyback__has_the_price_of_its_feed(page_of_buyback, tmp_path):
    result = page_of_buyback()
    record = json.loads((tmp_path / "site/config.json").read_bytes())["record"]
    answer, decimals, updated_at, feed = price_of(tmp_path)

    assert result.exit_code == 0, result.output
    assert (15 * 10**18 - 10**6 <= int(answer) <= 15 * 10**18, decimals) == (True, 18)
    assert updated_at > 0
    assert feed == record["parts"]["buyback-feed"]["address"]


def test_page__with_a_named_price__does_not_ask_the_buyback(page_of_buyback, tmp_path):
    assert page_of_buyback("--price", "12.50").exit_code == 0
    assert price_of(tmp_path) == [str(12_500_000_000_000_000_000), 18, 0, ""]


def test_page__of_a_suite_without_a_buyback__has_no_price(page, tmp_path):
    assert page().exit_code == 0
    assert price_of(tmp_path) is None


def snapshot_of(folder):
    root = folder / "site/snapshot"
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.gz")}


@pytest.mark.parametrize("suite", [lambda: played()[0].suite, EvmSuite])
def test_page__from_an_export__is_the_page_from_the_node_and_asks_none(suite, tmp_path, monkeypatch):
    live = suite()
    past, online, offline = (tmp_path / name for name in ("past", "online", "offline"))
    online.mkdir(), offline.mkdir()
    session = Session(live.record, live.node)
    export(session, session.tournament(), past)
    assert runner(live, online, monkeypatch)("--price", "12.50").exit_code == 0
    kept = SimpleNamespace(record=live.record, node=None)
    result = runner(kept, offline, monkeypatch)("--price", "12.50", "--from", str(past))

    assert result.exit_code == 0, result.output
    assert snapshot_of(offline) == snapshot_of(online)
    assert "summary.json.gz" in snapshot_of(offline)


def test_page__from_an_export_without_a_price__has_none(page_of_buyback, tmp_path):
    suite = EvmSuite()
    session = Session(suite.record, suite.node)
    export(session, session.tournament(), tmp_path / "past")

    assert page_of_buyback("--from", str(tmp_path / "past")).exit_code == 0
    assert price_of(tmp_path) is None


def test_page__as_json__has_block_and_bytes(page, tmp_path):
    told = json.loads(page("--json").stdout)
    size = sum(path.stat().st_size for path in (tmp_path / "site/snapshot").rglob("*.gz"))

    assert told["folder"] == str(tmp_path / "site")
    assert told["bytes"] == size
    assert told["hash"].startswith("0x")


def test_page__without_a_snapshot__reads_its_node_alone(page, tmp_path):
    result = page("--no-snapshot", "--page-node", NODE)

    assert result.exit_code == 0
    assert " ".join(result.stdout.split()) == f"The page is in {tmp_path / 'site'}; it reads its node alone."
    assert not (tmp_path / "site/snapshot").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--no-snapshot"], "Without a snapshot the page needs a node: --node, --page-node or --any-node."),
        (["--feed", "0x" + 40 * "1", "--price", "1"], "Name one of --feed and --price."),
        (
            ["--page-node", "https://u:p@x"],
            "The page's policy cannot name this node: write its URL without user, query or",
        ),
        (
            ["--from", ".", "--block", "3"],
            "--from shows all that was exported: name no --block, --feed or --no-snapshot.",
        ),
        (["--from", "."], ". holds no export."),
        (["--block", "999999"], "There is no block 999999 yet: the chain's latest is"),
    ],
)
def test_page__asked_for_what_cannot_be__says_why(page, tmp_path, options, sentence):
    result = page(*options)

    assert result.exit_code != 0
    assert sentence in " ".join(result.output.split())
    assert "Traceback" not in result.output
    assert not (tmp_path / "site").exists()
