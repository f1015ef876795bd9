"""Jobs in children: what they give, and that one that breaks is not taken for an answer."""

import os
import signal
import time
from types import SimpleNamespace

import pytest

from tests.forks import Job, JobFailed, Session


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
