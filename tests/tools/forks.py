# SPDX-License-Identifier: MIT
"""Runs test files in children of one process that has collected them all: each begins with a fresh chain, at once."""

import gc
import hashlib
import inspect
import os
import pickle
import re
import select
import signal
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

CORES: Final = 2
_ADDRESS: Final = re.compile(r" at 0x[0-9a-f]+")


class Job(NamedTuple):
    """What a child does.

    Attributes:
        name: of the job, for whoever asked for it.
        work: gets the session, runs what it wants of it and returns what the parent wants to know.
        seconds: after which it is killed.
    """

    name: str
    work: Callable[["Session"], Any]
    seconds: int


class JobFailed(RuntimeError):
    """The work of a job raised something, or its process died of something else than of its time."""


class Verdict(NamedTuple):
    """How a file went: the first test that failed, if any did, and how many ran."""

    failed: str | None
    ran: int


@dataclass
class Session:
    """A pytest session whose tests are collected, by file."""

    session: pytest.Session

    def __post_init__(self) -> None:
        self.files: dict[str, list[pytest.Item]] = defaultdict(list)
        for item in self.session.items:
            self.files[str(item.path.relative_to(Path.cwd()))].append(item)

    def fingerprints(self) -> dict[str, str]:
        """By the id of each test, a hash of all that it asks: its file, its parameters, and the fixtures it uses."""
        return {item.nodeid: _fingerprint(item) for item in self.session.items}

    def run(self, files: Iterable[str]) -> Verdict:
        """Run files, which have tests, in this process until a test fails. To be called in a child, once."""
        items = [item for file in files for item in self.files[file]]
        assert items, "there are no tests to run"
        failures: list[str] = []
        self.session.config.pluginmanager.register(_Failures(failures))
        for index, item in enumerate(items):
            following = items[index + 1] if index + 1 < len(items) else None
            self.session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if failures:
                return Verdict(failures[0], index + 1)
        return Verdict(None, len(items))

    def children(self, jobs: Iterable[Job], cores: int = CORES) -> Iterator[tuple[str, Any]]:
        """Do each job in a child of its own, some at a time; tells the names with what came of it.

        None came of a job that took too long.

        Raises:
            JobFailed: what a job raised stands on standard error.
        """
        waiting, running = iter(jobs), dict[int, tuple[str, int, list[bytes]]]()
        try:
            while True:
                while len(running) < cores and (job := next(waiting, None)) is not None:
                    process, pipe = self._start(job)
                    running[pipe] = job.name, process, []
                if not running:
                    return
                for pipe in select.select(list(running), [], [])[0]:
                    name, process, parts = running[pipe]
                    if part := os.read(pipe, 1 << 16):
                        parts.append(part)
                        continue
                    os.close(pipe)
                    del running[pipe]
                    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
                    if code not in (0, -signal.SIGALRM):
                        raise JobFailed(f"{name}: the process ended with {code}")
                    yield name, pickle.loads(b"".join(parts)) if code == 0 else None
        finally:
            for _, process, _ in running.values():
                os.kill(process, signal.SIGKILL)

    def _start(self, job: Job) -> tuple[int, int]:
        pipe, end = os.pipe()
        process = os.fork()
        if process:
            os.close(end)
            return process, pipe
        # Whatever happens, a child ends here.
        errors, code = os.dup(2), 1
        try:
            # Short lives need no collector, which would look through all that the parent made.
            gc.disable()
            signal.alarm(job.seconds)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            with os.fdopen(end, "wb") as answer:
                answer.write(pickle.dumps(job.work(self)))
            code = 0
        finally:
            if code:
                os.write(errors, traceback.format_exc().encode())
            os._exit(code)


def _fingerprint(item: Any) -> str:
    """Of fixtures, those of this project count. A parameter counts as it prints, wherever in memory it is."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    fixtures = item._fixtureinfo.name2fixturedefs.items()
    parts = [
        _text(item.path),
        _ADDRESS.sub("", repr(sorted(parameters.items(), key=itemgetter(0)))),
        *(_source(each.func) for _, several in sorted(fixtures, key=itemgetter(0)) for each in several),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def _source(fixture: Callable[..., Any]) -> str:
    path = Path(inspect.getsourcefile(fixture) or "")
    ours = path.is_relative_to(Path.cwd()) and not any(part.startswith(".venv") for part in path.parts)
    return inspect.getsource(fixture) if ours else ""


@dataclass(eq=False)
class _Failures:
    found: list[str]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.found.append(report.nodeid)


@dataclass(eq=False)
class _Driver:
    work: Callable[[Session], int]
    code: int = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        # pytest says what it could not collect, and ends.
        if session.testsfailed:
            return None
        # From here on this session speaks for itself.
        session.config.pluginmanager.unregister(name="terminalreporter")
        self.code = self.work(Session(session))
        return True


def with_session(paths: Iterable[str], work: Callable[[Session], int]) -> int:
    """Collect the tests below some paths, do `work` instead of running them, and return what it returns.

    If something cannot be collected, nothing is done, and the exit code is that of pytest.
    """
    driver = _Driver(work)
    code = pytest.main(["-q", "--no-header", "-p", "no:cacheprovider", *paths], plugins=[driver])
    return driver.code or (int(code) if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) else 0)
