# SPDX-License-Identifier: MIT
"""The suite of a devnet, for tests of the commands: recorded on the embedded chain, and on a live anvil.

`run` is a command as a user types it, in this process and on the embedded chain; `live_devnet.run` is one in a process
of its own, on the devnet.
"""

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nmr.chain.node import Node
from nmr.deploy.anvil import free_port
from nmr.deploy.local import local_parameters
from nmr.deploy.record import FOLDER_VARIABLE, record_path, write_record
from nmr.deploy.suite import Suite, deploy_suite
from nmr.sealing.keys import FOLDER_VARIABLE as KEYS_VARIABLE
from nmr.sealing.store import STORE_VARIABLE
from tests.support.parts import no_search_for_prints

__all__ = ["no_search_for_prints"]

PROJECT = Path(__file__).parents[2]
EMBEDDED = "ethereum:local:test"
DEVNET = "ethereum:local:foundry"
READY = "Ctrl-C ends it."
"""What a devnet says last when it starts."""
VIEWS = ("idle_of", "policy_of", "position", "stakes_of", "waiting_groups")
"""What the lens says of a model; tests ask the tournament for it."""
PATIENCE = 180.0
"""Seconds that a devnet may take to start, which includes compiling, or to end."""
APE = [str(Path(sysconfig.get_path("scripts")) / "ape"), "run"]


@dataclass
class Devnet:
    """`ape run devnet` in a process of its own, with a folder of records of its own."""

    process: subprocess.Popen[bytes]
    port: int
    records: Path
    output: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def node(self) -> Node:
        """The chain itself."""
        return Node(self.url)

    @property
    def record(self) -> Path:
        return record_path(self.records, "ethereum", "local")

    @property
    def printed(self) -> str:
        return self.output.read_text()

    @property
    def environment(self) -> dict[str, str]:
        """What commands need to find it."""
        return {
            **os.environ,
            "APE_FOUNDRY_HOST": self.url,
            FOLDER_VARIABLE: str(self.records),
            KEYS_VARIABLE: str(self.records.parent / "keys"),
            STORE_VARIABLE: str(self.records.parent / "store"),
        }

    def run(self, *arguments: object, network: str | None = DEVNET) -> subprocess.CompletedProcess[str]:
        """A command in a process of its own: `live_devnet.run("stake", "show", 3)`."""
        chosen = [] if network is None else ["--network", network]
        return subprocess.run(
            [*APE, *map(str, arguments), *chosen],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=PATIENCE,
        )

    def pass_time(self, seconds: int) -> None:
        """Let a block be so much later."""
        self.node.ask("evm_increaseTime", seconds)
        self.node.ask("evm_mine")

    def wait_for(self, text: str) -> None:
        """Until it has printed a text, or has ended."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.printed:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"The devnet says: {self.printed}")
            time.sleep(0.05)

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        """End it as Ctrl-C does; gives its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(PATIENCE)


def pytest_runtest_setup() -> None:
    """Look for modules in this folder first, as at the beginning.

    When Ape ends it puts its project behind the packages, of which one is called benchmarks, too. Processes that a test
    begins then would find that one; a pool of them waits for ever.
    """
    root = str(PROJECT)
    if sys.path[0] != root:
        sys.path[:] = [root, *(path for path in sys.path if path != root)]


@pytest.fixture(scope="module")
def local_deployment(project, accounts):
    """The suite as on a devnet, on the embedded chain and for one file of tests, and its record.

    Not for all of them: what a file sets up for all its tests is not undone behind it.
    """
    from nmr.ape.project import ApeDeployer, record_of

    deployer = ApeDeployer(project, accounts[0])
    suite = deploy_suite(deployer, local_parameters([account.address for account in accounts]))
    for tournament in suite.tournaments.values():
        for view in VIEWS:
            setattr(tournament, view, partial(getattr(suite.lens, view), tournament.address))
    return suite, record_of(suite, project, deployer)


@pytest.fixture
def records(tmp_path, monkeypatch) -> Path:
    """A folder of records for the commands of one test, empty; beside it those of keys and of sealed files."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "deployments"))
    monkeypatch.setenv(KEYS_VARIABLE, str(tmp_path / "keys"))
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "store"))
    return tmp_path / "deployments"


@pytest.fixture
def local_suite(local_deployment, records) -> Suite:
    """The suite on the embedded chain, with its record where the commands of this test look for it."""
    suite, record = local_deployment
    write_record(record, record_path(records, record.ecosystem, record.network))
    return suite


@pytest.fixture
def run(project, chain) -> Callable[..., Result]:
    """Runs `ape run …` in this process on the embedded chain: `run("stake", "show", "3", "--json")`."""
    from ape._cli import cli

    def invoke(*arguments: object, network: str | None = EMBEDDED) -> Result:
        chosen = [] if network is None else ["--network", network]
        # To connect a second time makes ape forget the snapshots that it undoes each test with.
        snapshots = dict(chain._snapshots)
        runner = CliRunner(mix_stderr=False)
        try:
            return runner.invoke(cli, ["run", *map(str, arguments), *chosen], catch_exceptions=False)
        finally:
            chain._snapshots.update(snapshots)

    return invoke


@pytest.fixture(scope="session")
def start_devnet(project, tmp_path_factory) -> Iterator[Callable[..., Devnet]]:
    """Starts devnets, each on a port and with records of its own unless told otherwise; ends them after all tests."""
    started: list[Devnet] = []

    def start(*options: object, port: int = 0, records: Path | None = None, ready: str = READY) -> Devnet:
        folder = tmp_path_factory.mktemp("devnet")
        port = port or free_port()
        records = records or folder / "deployments"
        output = folder / "output"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [*APE, "devnet", "--port", str(port), *map(str, options)],
                cwd=PROJECT,
                env={
                    **os.environ,
                    FOLDER_VARIABLE: str(records),
                    KEYS_VARIABLE: str(records.parent / "keys"),
                    "PYTHONUNBUFFERED": "1",
                },
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        devnet = Devnet(process, port, records, output)
        started.append(devnet)
        devnet.wait_for(ready)
        return devnet

    yield start
    for devnet in started:
        devnet.end()


@pytest.fixture(scope="session")
def running_devnet(start_devnet) -> Devnet:
    """One devnet for all tests; see `live_devnet`."""
    return start_devnet()


@pytest.fixture
def live_devnet(running_devnet) -> Iterator[Devnet]:
    """A devnet as it is right after its start: what a test does there, to its record, with keys, is undone."""
    node, record = running_devnet.node, running_devnet.record.read_bytes()
    snapshot = node.ask("evm_snapshot")
    yield running_devnet
    running_devnet.record.write_bytes(record)
    for name in ("keys", "store"):
        shutil.rmtree(running_devnet.records.parent / name, ignore_errors=True)
    assert node.ask("evm_revert", snapshot)
    # anvil goes back in time, too.
    behind = int(time.time()) - int(node.ask("eth_getBlockByNumber", "pending", False)["timestamp"], 16)
    node.ask("evm_increaseTime", max(behind, 0))
