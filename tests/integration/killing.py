# SPDX-License-Identifier: MIT
"""Commands that are killed: at the k-th step that leaves something behind, for every k.

A `Stage` is an anvil and a folder of records, keys, sealed files and whatever else a command writes. A command runs in
a process of its own, which is forked from that of the tests, so that it need not import everything again. Before it
begins, what leaves something behind is wrapped there: sending a transaction, and creating, filling, renaming, linking
and removing a file below the stage's folder. Each of these is a step or two, and at the step that was chosen the
process kills itself with SIGKILL: nothing is flushed, closed or handled; or something else strikes. Nothing of this is
in the code that is tested.
"""

import builtins
import gzip
import io
import json
import os
import re
import shutil
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NoReturn

from click.testing import CliRunner
from web3 import HTTPProvider

from nmr.chain.node import Node
from nmr.deploy.anvil import Anvil
from nmr.deploy.record import FOLDER_VARIABLE, Record, read_record, record_path
from nmr.sealing.keys import FOLDER_VARIABLE as KEYS_VARIABLE
from nmr.sealing.store import STORE_VARIABLE

DEVNET: Final = "ethereum:local:foundry"
PATIENCE: Final = 180
"""Seconds that one command may take, far more than any needs."""
SENDING: Final = ("eth_sendRawTransaction", "eth_sendTransaction")
DRIVING: Final = (*SENDING, "evm_mine", "evm_setAutomine")
WRITING: Final = frozenset("wxa+")


@dataclass(frozen=True)
class Outcome:
    """What became of a command: its exit code, None if it was killed; what it printed; the steps that it took."""

    exit_code: int | None
    stdout: str
    stderr: str
    steps: tuple[str, ...]

    @property
    def killed(self) -> bool:
        return self.exit_code is None

    @property
    def answer(self) -> Any:
        """What it printed with `--json`."""
        return json.loads(self.stdout)


def end(process: int) -> None:
    """End a process at once."""
    os.kill(process, signal.SIGKILL)


class Steps:
    """Counts the steps of this process, tells each to a file, and ends the process at the chosen one."""

    def __init__(self, folder: Path, told: Path, last: int | None, strike: Callable[[], None] | None = None) -> None:
        """
        Args:
            folder: of the files that count.
            told: where each step is written.
            last: the number of the chosen step, None for none.
            strike: what happens there; if left out, this process is killed.
        """
        self._folder = folder
        self._told = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self._last = last
        self._strike = partial(end, os.getpid()) if strike is None else strike
        self._count = 0
        self._sent = 0

    def take(self, what: str) -> None:
        """A step: if it is the chosen one, it is the last thing that this process does, unless another strikes."""
        os.write(self._told, f"{what}\n".encode())
        self._count += 1
        if self._count - 1 == self._last:
            self._strike()

    def watch(self) -> None:
        """Wrap what leaves something behind."""
        self._watch_sending()
        self._watch_driving()
        self._watch_files()

    def _watch_sending(self) -> None:
        ask = HTTPProvider.make_request

        def make_request(provider: HTTPProvider, method: Any, parameters: Any) -> Any:
            if method not in SENDING:
                return ask(provider, method, parameters)
            self._sent += 1
            self.take(f"before transaction {self._sent}")
            answer = ask(provider, method, parameters)
            self.take(f"after transaction {self._sent}")
            return answer

        HTTPProvider.make_request = make_request  # type: ignore[method-assign]

    def _watch_driving(self) -> None:
        """The same of `nmr.chain.node`, by which batches are sent and blocks are mined."""
        post = Node._post

        def post_(node: Node, content: Any) -> Any:
            method = content[0]["method"] if isinstance(content, list) else content["method"]
            if method not in DRIVING:
                return post(node, content)
            self.take(f"before {method}")
            answer = post(node, content)
            self.take(f"after {method}")
            return answer

        Node._post = post_  # type: ignore[method-assign]

    def _watch_files(self) -> None:
        opened, replace, rename, link, unlink = io.open, os.replace, os.rename, os.link, os.unlink

        def open_(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
            result = opened(file, mode, *arguments, **options)
            name = self._name(f"/proc/self/fd/{file}" if isinstance(file, int) else file)
            if name is None or not WRITING & set(mode):
                return result
            self.take(f"{name} is empty")
            return _Torn(result, lambda: self.take(f"{name} is half written"))

        def moving(how: Callable[..., None], verb: str) -> Callable[..., None]:
            def move(source: Any, target: Any, *arguments: Any, **options: Any) -> None:
                name = self._name(target)
                if name is not None:
                    self.take(f"before {name} is {verb}")
                how(source, target, *arguments, **options)
                if name is not None:
                    self.take(f"after {name} is {verb}")

            return move

        def remove(path: Any, *arguments: Any, **options: Any) -> None:
            unlink(path, *arguments, **options)
            name = self._name(path)
            if name is not None:
                self.take(f"after {name} is removed")

        builtins.open = io.open = open_  # type: ignore[assignment]
        os.replace, os.rename = moving(replace, "renamed"), moving(rename, "renamed")  # type: ignore[assignment]
        os.link = moving(link, "linked")  # type: ignore[assignment]
        os.unlink = os.remove = remove  # type: ignore[assignment]

    def _name(self, path: Any) -> str | None:
        """A file below the folder as a step names it, without what is random in names of drafts and sealed files."""
        real = Path(os.readlink(path) if str(path).startswith("/proc/self/fd/") else os.fspath(path))
        if not real.is_relative_to(self._folder):
            return None
        name = re.sub("[0-9a-f]{2}/([.]?)[0-9a-f]{64}", r"\1…", str(real.relative_to(self._folder)))
        return f"draft of {name.rpartition('.')[0]}" if real.name.startswith(".") else name


class _Torn:
    """A file whose first half is in the file system before a step, and all of it after."""

    def __init__(self, file: Any, step: Callable[[], None]) -> None:
        self._file = file
        self._step = step

    def write(self, content: Any) -> int:
        half = len(content) // 2
        self._file.write(content[:half])
        self._file.flush()
        self._step()
        self._file.write(content[half:])
        return len(content)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> "_Torn":
        self._file.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._file.__exit__(*error)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._file)


class Stage:
    """An anvil, and a folder for all that commands write."""

    def __init__(self, anvil: Anvil, folder: Path) -> None:
        """
        Args:
            anvil: the chain; on a new one a block is a second later than the one before, however long that took.
            folder: for the stage's own and for all that a test of it needs.
        """
        self.anvil = anvil
        self.node = anvil.node
        if not self.node.number("eth_blockNumber"):
            self.node.ask("anvil_setBlockTimestampInterval", 1)
        self.folder = folder / "stage"
        self.folder.mkdir(exist_ok=True)
        self._kept = folder

    def on(self, anvil: Anvil) -> "Stage":
        """The same folder, beside another chain."""
        return Stage(anvil, self._kept)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "APE_FOUNDRY_HOST": self.anvil.url,
            FOLDER_VARIABLE: str(self.folder / "deployments"),
            KEYS_VARIABLE: str(self.folder / "keys"),
            STORE_VARIABLE: str(self.folder / "store"),
        }

    @property
    def record_path(self) -> Path:
        return record_path(self.folder / "deployments", "ethereum", "local")

    @property
    def record(self) -> Record:
        return read_record(self.record_path)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What happens within this is undone: the chain, and the folder."""
        snapshot = self.node.ask("evm_snapshot")
        before = self._kept / snapshot
        shutil.copytree(self.folder, before)
        try:
            yield
        finally:
            assert self.node.ask("evm_revert", snapshot)
            shutil.rmtree(self.folder)
            before.rename(self.folder)

    def run(self, *arguments: object, kill: int | None = None, strike: Callable[[], None] | None = None) -> Outcome:
        """A command, killed at its k-th step, or not at all; something else may happen there instead."""

        def command() -> list[object]:
            os.environ.update(self.environment)
            name, *rest = map(str, arguments)
            network = [] if arguments[:2] == ("keys", "auditor") else ["--network", DEVNET]
            # What `ape run` does, but for reading all the other scripts before.
            cli = import_module(f"scripts.{name}").cli
            result = CliRunner(mix_stderr=False).invoke(cli, [*rest, *network], catch_exceptions=False)
            return [result.exit_code, result.stdout, result.stderr]

        answer, steps = self.fork(command, kill, strike)
        return Outcome(*(answer or (None, "", "")), steps)

    def fork(
        self, work: Callable[[], list[Any]], kill: int | None, strike: Callable[[], None] | None = None
    ) -> tuple[list[Any] | None, tuple[str, ...]]:
        """What a piece of work gives that is done in a process of its own, None if that was killed, and its steps."""
        output, told = self._kept / "output", self._kept / "steps"
        output.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            self._be_child(work, Steps(self.folder, told, kill, strike), output)
        _, status = os.waitpid(child, 0)
        steps = tuple(told.read_text().splitlines())
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            assert kill is not None
            return None, steps
        assert os.WEXITSTATUS(status) == 0, output.read_text()
        return json.loads(output.read_text()), steps

    def do(self, *arguments: object, code: int = 0) -> Outcome:
        """A command that has to end with a code."""
        outcome = self.run(*arguments)
        assert outcome.exit_code == code, f"{arguments}: {outcome.stdout}{outcome.stderr}"
        return outcome

    def until(self, moment: int) -> None:
        """A block of that time."""
        self.node.ask("evm_setNextBlockTimestamp", moment)
        self.node.ask("evm_mine")

    def words(self) -> dict[str, dict[str, str]]:
        """Every word in the storage of every contract of the suite, by part."""
        state = json.loads(gzip.decompress(bytes.fromhex(self.node.ask("anvil_dumpState")[2:])))
        return {
            name: {at: word for at, word in state["accounts"][part.address.lower()]["storage"].items() if int(word, 16)}
            for name, part in self.record.parts.items()
        }

    def events(self) -> Counter[tuple[str, str]]:
        """How often each contract logged each event, by address and first topic."""
        logs = self.node.ask("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})
        return Counter((log["address"], log["topics"][0]) for log in logs)

    def files(self) -> dict[str, bytes]:
        """Every file below the folder, but for drafts."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }

    def _be_child(self, work: Callable[[], list[Any]], steps: Steps, output: Path) -> NoReturn:
        """Do the work and end with it: this process has nothing to do with the tests."""
        code = 1
        try:
            # Of what waits for ever nobody learns otherwise.
            signal.alarm(PATIENCE)
            steps.watch()
            output.write_text(json.dumps(work()), encoding="utf-8")
            code = 0
        finally:
            if code:
                output.write_text(traceback.format_exc(), encoding="utf-8")
            os._exit(code)
