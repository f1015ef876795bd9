# SPDX-License-Identifier: MIT
"""What README.md, docs/devnet.md and docs/sealing.md say to type on a devnet, typed there."""

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.integration.conftest import DEVNET, PROJECT

WALK = "## A round, step by step"
SHORT = "/tmp/short.csv"  # noqa: S108 - as the page has it; the test writes beside its records
BUYBACK = "## The buyback"
REPORT = "## What the report says"
AUDIT = "ape run audit $N"
TYPED = re.compile(r"```console\n(.*?)```", re.DOTALL)
PRINTED = re.compile(r"```\n(.*?)```", re.DOTALL)
CODE = re.compile(r"```python\n(.*?)```", re.DOTALL)
HASH = re.compile(r"0x[0-9a-f]{64}")
"""What differs between two runs of the same walk."""
BEGINNING = ["source .venv/bin/activate", f'N="--network {DEVNET}"']


def section(heading: str, page: str = "docs/devnet.md") -> str:
    """A section of a page."""
    page = (PROJECT / page).read_text(encoding="utf-8")
    return page[page.index(heading) :].split("\n## ", 1)[0]


def lines_of(heading: str, page: str = "docs/devnet.md") -> list[str]:
    """The lines that a section has to be typed."""
    typed = "".join(TYPED.findall(section(heading, page)))
    return [line.removeprefix("$ ") for line in typed.splitlines() if line.startswith(("$ ", ">>> "))]


def words_of(text: str) -> list[str]:
    """The words of an output, whatever the width of its terminal, without hashes."""
    return HASH.sub("0x", text).split()


@contextmanager
def changed_storage(devnet) -> Iterator[None]:
    """The devnet after the code of docs/audit.md, which is undone behind the block."""
    [code] = CODE.findall(section(REPORT, "docs/audit.md"))
    for written, there in {
        "deployments/ethereum/local.json": str(devnet.record),
        "http://127.0.0.1:8545": devnet.url,
    }.items():
        code = code.replace(written, there)
    snapshot = devnet.node.ask("evm_snapshot")
    exec(compile(code, "docs/audit.md", "exec"), {})  # noqa: S102 - the page's own code
    yield
    assert devnet.node.ask("evm_revert", snapshot)


@pytest.fixture
def type_line(live_devnet, tmp_path):
    """Types a line on the devnet, its files beside its records, and gives what was printed."""

    def type_it(line: str) -> str:
        local = line.endswith(" $N")
        words = shlex.split(line.removeprefix("ape run ").removesuffix(" $N"))
        assert line == f"ape run {shlex.join(words)}{' $N' if local else ''}"
        at = [
            re.sub(r"^(auditor\.\w+)$", rf"{tmp_path}/\1", word).replace(SHORT, f"{tmp_path}/short.csv")
            for word in words
        ]
        result = live_devnet.run(*at, network=DEVNET if local else None)
        assert result.returncode == 0, f"{line}: {result.stderr}"
        return result.stdout

    return type_it


def test_devnet_page__round_step_by_step__prints_what_it_and_the_page_of_audits_say(type_line, live_devnet):
    lines = lines_of(WALK)
    assert lines[:2] == BEGINNING
    printed = {line: type_line(line) for line in lines[2 : lines.index(AUDIT) + 1]}
    with changed_storage(live_devnet):
        disagreeing = live_devnet.run("audit")
    printed |= {line: type_line(line) for line in lines[lines.index(AUDIT) + 1 :]}
    shown = [
        text for line, text in printed.items() if "resolve 0 --account" in line or "verify" in line or " show" in line
    ]
    expected = PRINTED.findall(TYPED.sub("", section(WALK)))
    assert [text.split() for text in shown] == [text.split() for text in expected]
    about = section(REPORT, "docs/audit.md")
    command, report = TYPED.findall(about)[0].split("\n", 1)
    assert command.removesuffix(" --report audit") == f"$ {AUDIT.replace('$N', f'--network {DEVNET}')}"
    assert words_of(printed[AUDIT]) == words_of(report)
    assert disagreeing.returncode == 1
    [disagreements] = PRINTED.findall(TYPED.sub("", CODE.sub("", about)))
    assert words_of(disagreeing.stdout)[-len(words_of(disagreements)) :] == words_of(disagreements)


def test_devnet_page__buyback__fills_a_lot_through_the_pool(type_line):
    printed = [type_line(line) for line in lines_of(BUYBACK)]
    assert re.search(r"Filled \$[\d,.]+ of lot 1 with [\d.]+ NMR", printed[-2])
    assert "lot 1 is on offer" in printed[-1]


def test_readme__three_ways_in__go_through(type_line):
    lines = lines_of("## Three ways in", "README.md")
    assert lines[:2] == BEGINNING
    typed = [line for line in lines[2:] if line.startswith("ape run ")]
    # docs/python.md and its test have the rest.
    assert [line for line in lines[2:] if line not in typed] == [
        "nmr stake show 0-2",
        "python",
        ">>> import nmr",
        '>>> nmr.connect("deployments/ethereum/local.json", node="http://127.0.0.1:8545").figures().tvl',
    ]
    assert "Round 0 is right." in [type_line(line) for line in typed][-1]


def test_sealing_page__round_step_by_step__goes_through(type_line, tmp_path):
    lines = lines_of(WALK, "docs/sealing.md")
    assert lines[:2] == BEGINNING
    shortened = f"head -10 docs/example/third.csv > {SHORT}"
    third = (PROJECT / "docs/example/third.csv").read_text().splitlines(keepends=True)
    (tmp_path / "short.csv").write_text("".join(third[:10]))
    assert shortened in lines
    printed = {line: type_line(line) for line in lines[2:] if line != shortened}
    opened = next(text for line, text in printed.items() if "round opening" in line)
    assert opened.startswith("model 2: 3 of the universe's 12 ids are missing, such as 'n10'.\n")
    assert printed[lines[-1]].endswith("Round 0 is right.\n")
