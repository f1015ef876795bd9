# SPDX-License-Identifier: MIT
"""What `nmr round open` warns of on a chain that is not local, sentence by sentence, before it opens the round."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from eth_account import Account

from nmr.chain.node import Node
from nmr.cli.main import cli
from nmr.client.signers import PASSPHRASE
from nmr.deploy.anvil import Anvil, find_anvil
from nmr.deploy.parameters import read_parameters
from nmr.deploy.record import Record, write_record
from nmr.deploy.suite import HOUR, SuiteParameters
from nmr.text.amounts import NMR, RATIO
from tests.integration.conftest import PROJECT
from tests.support.anvil_suite import deploy_on_anvil

CHAIN_ID = 4_242
DOCS = PROJECT / "docs"
TERMS = DOCS / "terms.example.toml"
OPERATOR = Account.from_key("0x" + "55" * 32)
OF_DEPLOYMENTS = {
    *("one executor", "operator proposes", "ceilings above the treasury"),
    *("ceiling bounds nothing", "tight ceiling", "no rate"),
}
"""Warnings that no round has."""


class Case(NamedTuple):
    """Options that undo a protection, under a timelock of some delay, and what is said."""

    options: tuple[str, ...]
    delay: str
    says: tuple[str, ...]


SHORT_FOR_ROUND = (
    "The timelock's delay of {} is shorter than the round may hold stakes, 33d: operator and guardian could change "
    "before a staker can leave."
)
WARNINGS = {
    "delay below the window": Case(
        ("--window", "2d"),
        "1d",
        (
            "The timelock's delay of 1d is shorter than the window of the round, 2d: the guardian could be replaced "
            "before it vetoes a root.",
            SHORT_FOR_ROUND.format("1d"),
        ),
    ),
    "delay below the round": Case((), "32d", (SHORT_FOR_ROUND.format("32d"),)),
    "loose clip": Case(
        ("--clip", "0.06"),
        "42d",
        ("The clip is 6%: one false root can pay or burn so much of a stake, above 5%.",),
    ),
    "short open time": Case(
        ("--locks-at", "23h"),
        "42d",
        ("The round is open for 23h, less than 1d: who does not look in time cannot leave before the lock.",),
    ),
    "no threshold": Case(
        ("--threshold", "0"),
        "42d",
        ("There is no threshold: payouts do not shrink, however much is at stake.",),
    ),
    "owner without a delay": Case(
        (),
        "none",
        ("No timelock owns the tournament: operator and guardian can change at once.",),
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records, by the delay of their timelock, and the operator's key file."""
    folder = tmp_path_factory.mktemp("warnings")
    keystore = Account.encrypt(OPERATOR.key, "correct horse", kdf="pbkdf2", iterations=2)
    (folder / "operator.json").write_text(json.dumps(keystore))
    return folder


@pytest.fixture(scope="module")
def node(folder: Path) -> Iterator[Node]:
    """A chain that is not local, with a suite for each delay."""
    with Anvil(find_anvil(PROJECT), chain_id=CHAIN_ID) as anvil:
        anvil.node.ask("anvil_setBalance", OPERATOR.address, hex(NMR))
        records = {
            delay: deploy_on_anvil(anvil.node, folder / f"{delay}.json", loose(seconds))
            for delay, seconds in {"1d": 24 * HOUR, "32d": 32 * 24 * HOUR, "42d": 42 * 24 * HOUR}.items()
        }
        write_record(owned_by_another(records["42d"], records["32d"]), folder / "none.json")
        yield anvil.node


def loose(delay: int) -> SuiteParameters:
    """The shipped example under another delay, with bounds that let a round undo what it can."""
    example = read_parameters(DOCS / "deployment.example.toml", local=False)
    classic = example.tournaments["classic"]
    bounds = classic.bounds._replace(max_clip=RATIO // 5, min_open=2 * HOUR, min_threshold=0)
    tournament = replace(classic, operator=OPERATOR.address, bounds=bounds)
    return replace(example, delay=delay, tournaments={"classic": tournament})


def owned_by_another(record: Record, other: Record) -> Record:
    """A record whose timelock is not the one that owns its tournament."""
    return replace(record, first_block=other.first_block, parts={**record.parts, "timelock": other.parts["timelock"]})


@pytest.fixture
def opened(node: Node, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Opens a first round with the shipped terms and some options, and gives the warnings."""
    monkeypatch.setenv(PASSPHRASE, "correct horse")
    monkeypatch.chdir(folder)

    def opened(delay: str, *options: str) -> list[str]:
        arguments = ["round", "open", "--terms", str(TERMS), "--sealing-key", "11" * 32, "--package", str(TERMS)]
        suite = ["--node", node.url, "--record", f"{delay}.json", "--account", "operator.json"]
        result = CliRunner(mix_stderr=False).invoke(
            cli, [*arguments, *options, *suite, "--json"], catch_exceptions=False
        )
        assert result.exit_code == 0, result.stdout + result.stderr
        *warnings, sent = result.stderr.splitlines()
        assert sent == f"Sending {json.loads(result.stdout)['transaction']}"
        return warnings

    before = node.ask("evm_snapshot")
    yield opened
    node.ask("evm_revert", before)


def test_round_open__shipped_terms_under_the_shipped_delay__warns_of_nothing(opened: Any) -> None:
    assert opened("42d") == []


@pytest.mark.parametrize("name", WARNINGS)
def test_round_open__protection_undone__says_which_and_opens_the_round(opened: Any, name: str) -> None:
    case = WARNINGS[name]
    assert opened(case.delay, *case.options) == [f"Warning: {sentence}" for sentence in case.says]


def test_round_open__local_chain__warns_of_nothing(tmp_path: Path) -> None:
    with Anvil(find_anvil(PROJECT)) as anvil:
        deploy_on_anvil(anvil.node, tmp_path / "record.json")
        options = ["--threshold", "0", "--sealing-key", "11" * 32, "--account", "TEST::1"]
        suite = ["--node", anvil.url, "--record", str(tmp_path / "record.json")]
        result = CliRunner(mix_stderr=False).invoke(cli, ["round", "open", *options, *suite], catch_exceptions=False)
    assert (result.exit_code, result.stderr) == (0, "")


def test_warnings__table_of_the_page__has_a_row_for_each() -> None:
    section = (DOCS / "networks.md").read_text().partition("## Warnings")[2].partition("\n## ")[0]
    rows = set(re.findall(r"^\| ([^|]*?) \|", section, re.MULTILINE)) - {"warning", "---"}
    assert rows == {*WARNINGS, *OF_DEPLOYMENTS}
