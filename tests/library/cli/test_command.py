# SPDX-License-Identifier: MIT
"""What the commands of `nmr` have in common: numbers as they are typed, failures for programs, exit codes."""

import ast
import errno
import json
import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import nmr.cli
from nmr.chain.builds import NotCompiled
from nmr.chain.node import NodeError, NodeUnreachable
from nmr.cli import front
from nmr.cli.command import LOST, NOT_THERE, REFUSED, WRONG_INPUT, Failure, Fixed, FrontCommand, Whole, one_sentence
from nmr.cli.main import COMMANDS, cli
from nmr.client.session import NoSuchTournament, SuiteNotFound
from nmr.client.stakes import NoSuchModel
from nmr.deploy.anvil import free_port
from nmr.errors import AmountError, Mismatch, Refused
from nmr.rounds.status import NoSuchRound, WrongState
from nmr.text.files import FileError


def parameters(command: click.Command):
    yield from command.params
    if isinstance(command, click.Group):
        for each in command.commands.values():
            yield from parameters(each)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_whole_numbers__any_command__are_in_ascii_digits(name):
    for parameter in parameters(import_module(f"nmr.cli.{name}").cli):
        kind = parameter.type
        assert not isinstance(kind, click.types.IntParamType) or isinstance(kind, Whole), parameter.name


def test_commands__lines_for_people__go_through_the_one_place_that_escapes_them():
    folder = Path(nmr.cli.__file__).parent
    raw = {"tables.py", "command.py"}
    for path in sorted(folder.glob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if path.name in raw or not isinstance(call, ast.Call) or ast.unparse(call.func) != "click.echo":
                continue
            # What is left is for programs, or says nothing.
            programs = ("json.dumps(", "series_csv(", "csv_of(")
            assert ast.unparse(call).startswith(("click.echo()", *(f"click.echo({each}" for each in programs)))


@pytest.mark.parametrize("text", ["٣", "３", "1_0", "+3", " 3", "0x3", "3.0", ""])
def test_whole_number__in_other_characters__is_refused(text):
    with pytest.raises(click.BadParameter, match="is no whole number: write plain digits, such as 12"):
        Whole(0).convert(text, None, None)


def test_whole_number__plain__is_taken_within_its_range():
    assert Whole(0).convert("12", None, None) == 12
    with pytest.raises(click.BadParameter, match="-1 is not in the range x>=0"):
        Whole(0).convert("-1", None, None)


@pytest.mark.parametrize("text", ["abc", "1e3", "0.123", ""])
def test_decimal__none_or_too_fine__is_refused(text):
    with pytest.raises(click.BadParameter, match=r"^It (is|has) "):
        Fixed(2).convert(text, None, None)


def test_decimal__plain__is_of_its_smallest_unit():
    assert [Fixed(2).convert(text, None, None) for text in ("12", "0.5", "-0.01")] == [1_200, 50, -1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("round", "status", "٣"), "Invalid value for 'ROUND': '٣' is no whole number"),
        (("round", "status", "3", "--node", "nowhere"), "'nowhere' is no URL of a node"),
        (("stake", "show", "--nothing"), "No such option"),
        (("tvl", "--price", "1", "--feed", f"0x{'11' * 20}", "--record", "none.json"), "Name one of --feed, --price"),
    ],
)
def test_failure__json__is_json_with_the_exit_code(arguments, message):
    result = CliRunner().invoke(cli, [*arguments, "--json"])
    told = json.loads(result.stdout)
    assert told["exit_code"] == result.exit_code == WRONG_INPUT
    assert message in told["error"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NoSuchModel("There is no model 3."), REFUSED),
        (NoSuchRound("There is no round 3."), REFUSED),
        (NoSuchTournament("There is no tournament x."), REFUSED),
        (WrongState("Round 3 is closed."), REFUSED),
        (Refused("tournament: paused"), REFUSED),
        (Mismatch(3, "0x…", "burns", 1, 2), REFUSED),
        (AmountError("1e3 is not an amount"), WRONG_INPUT),
        (FileError("x cannot be written."), WRONG_INPUT),
        (SuiteNotFound("No suite is there."), NOT_THERE),
        (NotCompiled("They cannot be compiled."), NOT_THERE),
        (NodeUnreachable("It does not answer."), NOT_THERE),
        (NodeError("eth_call", 1, "x"), NOT_THERE),
    ],
)
def test_exit_code__kind_of_error__is_the_same_everywhere(error, code):
    with pytest.raises(Failure) as caught, one_sentence():
        raise error
    assert caught.value.exit_code == code


@pytest.fixture
def heard():
    """SIGHUP is not ignored, as it is below nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("heard")
def test_command__signal__ends_with_a_code_of_its_own(capsys):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        before = signal.getsignal(number)
        command = FrontCommand("x", callback=lambda number=number: os.kill(os.getpid(), number) or time.sleep(5))
        with pytest.raises(Failure, match="Interrupted") as caught:
            command.main([], standalone_mode=False)
        assert caught.value.exit_code == LOST
        assert signal.getsignal(number) == before


def test_command__ignored_signal__goes_on():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        FrontCommand("x", callback=lambda: os.kill(os.getpid(), signal.SIGHUP)).main([], standalone_mode=False)
    finally:
        signal.signal(signal.SIGHUP, before)


def typed(output, folder, *shell):
    """A command that prints, in a process of its own; behind the words of a shell if need be."""
    return subprocess.run(
        [*shell, sys.executable, "-m", "nmr.cli.main", "keys", "auditor", folder / "own.key"],
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )


def test_command__full_disk__ends_with_a_code_of_its_own(tmp_path):
    with Path("/dev/full").open("wb") as full:
        done = typed(full, tmp_path)
    assert (done.returncode, done.stderr) == (LOST, "Error: The output was lost: No space left on device.\n")


def test_command__closed_pipe__ends_with_a_code_of_its_own(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    done = typed(writing, tmp_path)
    os.close(writing)
    assert (done.returncode, done.stderr) == (LOST, "Error: The output was lost: Broken pipe.\n")


def test_command__closed_output__is_refused_before_anything_is_done(tmp_path):
    done = typed(None, tmp_path, "/bin/sh", "-c", 'exec "$@" >&-', "sh")
    said = "Error: The output would be lost: standard output is closed. Nothing was done.\n"
    assert (done.returncode, done.stderr) == (LOST, said)
    assert not any(tmp_path.iterdir())


def test_exit_code__file_on_a_full_disk__is_that_of_lost_output():
    with pytest.raises(Failure) as caught, one_sentence():
        raise FileError("x cannot be written.") from OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.exit_code == LOST


def test_command__nobody_at_the_usual_node__names_the_option(monkeypatch, tmp_path):
    monkeypatch.delenv("NMR_NODE", raising=False)
    usual, other = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    monkeypatch.setattr(front, "NODE", usual)
    (tmp_path / "record.json").write_text("{}")
    typed = ["clock", "--record", str(tmp_path / "record.json")]
    result = CliRunner(mix_stderr=False).invoke(cli, typed)
    assert (result.exit_code, result.stdout) == (NOT_THERE, "")
    assert result.stderr == (
        f"Error: No node answers at {usual}. Name a node with --node, in NMR_NODE or in nmr.toml.\n"
    )
    result = CliRunner(mix_stderr=False).invoke(cli, [*typed, "--node", other])
    assert (result.exit_code, result.stderr) == (NOT_THERE, f"Error: No node answers at {other}.\n")
