# SPDX-License-Identifier: MIT
"""Jobs in children: what they give, and that one that breaks is not taken for an answer."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.tools.forks import Job, JobFailed, Session

ROOT = Path(__file__).parents[3]
DRIVER = (
    "import sys; from tests.tools.forks import with_session; "
    "sys.exit(with_session(['.'], lambda _: print('done') or 3))"
)


@pytest.fixture
def session():
    """A session without tests."""
    return Session(SimpleNamespace(items=[]))  # type: ignore[arg-type]


def test_children__two_jobs__tell_what_they_gave(session):
    jobs = [Job(str(number), lambda _, number=number: number**2, 60) for number in (3, 4)]
    assert dict(session.children(jobs)) == {"3": 9, "4": 16}


def test_children__job_takes_too_long__gives_none(session):
    assert list(session.children([Job("slow", lambda _: time.sleep(60), 1)])) == [("slow", None)]


def test_children__job_raises__ends_it_all_and_is_shown(session, capfd):
    with pytest.raises(JobFailed, match="broken: the process ended with 1"):
        list(session.children([Job("broken", lambda _: 1 // 0, 60)]))
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_children__process_is_killed__ends_it_all(session):
    with pytest.raises(JobFailed, match=f"dead: the process ended with -{int(signal.SIGKILL)}"):
        list(session.children([Job("dead", lambda _: os.kill(os.getpid(), signal.SIGKILL), 60)]))


def test_run__no_tests__raises(session):
    with pytest.raises(AssertionError, match="there are no tests to run"):
        session.run([])


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [("def test_holds(): pass", 3, "done"), ("import nothing_of_that_name", 2, "ModuleNotFoundError")],
)
def test_with_session__file_cannot_be_collected__does_nothing_and_says_why(tmp_path, text, code, told):
    (tmp_path / "test_one.py").write_text("def test_holds(): pass")
    (tmp_path / "test_two.py").write_text(text)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "-p no:ape_test -p no:boa"}
    done = subprocess.run([sys.executable, "-c", DRIVER], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == code
    assert told in done.stdout
    assert ("done" in done.stdout) == (code == 3)
