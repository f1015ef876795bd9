# SPDX-License-Identifier: MIT
"""An anvil of our own: started on loopback, and ended with everything it left."""

import ctypes
import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from eth_hash.auto import keccak

from nmr.chain.headers import serialise
from nmr.chain.node import Node, NodeError, NodeUnreachable
from nmr.chain.words import Malformed
from nmr.deploy.local import ACCOUNTS
from nmr.errors import NmrError
from nmr.text.files import write_whole

LOOPBACK: Final = "127.0.0.1"
MNEMONIC: Final = "test test test test test test test test test test test junk"
"""Of Ape's test accounts, so that `TEST::0` is the node's first account."""
CHAIN_ID: Final = 31_337
HARDFORK: Final = "prague"
STATES: Final = 64
"""Past states that can be asked for. Without a limit anvil writes all of them to the user's home, and leaves them."""
PATIENCE: Final = 30.0
"""Seconds that anvil may take to start, or to end."""
SAVING: Final = 900.0
"""Seconds that it may take to give its state, which grows with the chain."""
LARGEST_STATE: Final = 2**34
"""Bytes of its state as it gives it."""

_LIBC: Final = ctypes.CDLL(None)
_PR_SET_PDEATHSIG: Final = 1
"""Of `linux/prctl.h`."""


class AnvilMissing(NmrError, FileNotFoundError):
    """anvil is not installed."""


class PortTaken(NmrError, OSError):
    """Somebody else listens at the port."""


class AnvilFailed(NmrError, RuntimeError):
    """anvil did not start, or has ended."""


class StateUnwritten(NmrError, OSError):
    """The file of a chain cannot be written."""


class Anvil:
    """A running anvil, for a `with` statement: at its end the process is gone, and so it is if this process is killed.

    Args:
        program: the anvil to run; see `find_anvil`.
        port: where it listens on loopback; a free one if 0.
        state: the file that `save` keeps the chain in; a chain that is there already goes on, and so does its clock.
        chain_id: the id of the chain; that of local chains if left out.
        options: more of anvil's own command line.

    Raises:
        PortTaken: somebody else listens there.
        AnvilFailed: it does not start.
    """

    def __init__(
        self,
        program: Path,
        *,
        port: int = 0,
        state: Path | None = None,
        chain_id: int = CHAIN_ID,
        options: Sequence[str] = (),
    ) -> None:
        self.port = port or free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.node = Node(self.url)
        self._state = state
        self._command = [
            str(program),
            *("--host", LOOPBACK, "--port", str(self.port)),
            *("--hardfork", HARDFORK, "--chain-id", str(chain_id)),
            *("--mnemonic", MNEMONIC, "--accounts", str(ACCOUNTS)),
            *("--prune-history", str(STATES), "--silent"),
            *options,
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None

    def __enter__(self) -> Self:
        _require_free(self.port)
        self._output = tempfile.TemporaryFile()
        kept = []
        if self._state is not None and self._state.exists():
            _keep_one_beginning(self._state)
            kept = ["--load-state", str(self._state)]
        # In a session of its own, so that a Ctrl-C at the terminal does not reach it: it ends when we say so.
        self._process = subprocess.Popen(
            [*self._command, *kept],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
        try:
            self._wait_until_it_answers()
            self._catch_up()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process is not None, "it is not running"
        return self._process.pid

    def wait(self, seconds: float) -> bool:
        """Wait for it to end by itself, at most so long; whether it has."""
        assert self._process is not None, "it is not running"
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def save(self) -> None:
        """Keep the chain as it is now in its file, in place of what that held or not at all.

        anvil's own `--state` writes the file in place: if anvil is killed, the file holds half a chain.

        Raises:
            NodeUnreachable, NodeError: it does not give its state.
            StateUnwritten: the file cannot be written.
        """
        assert self._state is not None, "it has no file"
        node = Node(self.url, timeout=SAVING, largest=LARGEST_STATE)
        try:
            content = gzip.decompress(bytes.fromhex(node.ask("anvil_dumpState")[2:]))
        finally:
            node.close()
        try:
            write_whole(self._state, content)
        except OSError as error:
            raise StateUnwritten(f"The chain cannot be kept in {self._state}: {error.strerror}.") from error

    def stop(self) -> None:
        """End it, and wait until it is gone."""
        self.node.close()
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGINT)
            if not self.wait(PATIENCE):
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._output is not None:
            self._output.close()
            self._output = None

    def last_words(self) -> str:
        """The last line that it printed."""
        assert self._output is not None, "it is not running"
        self._output.seek(0)
        lines = self._output.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it says nothing")

    def _wait_until_it_answers(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise AnvilFailed(f"anvil ended at once: {self.last_words()}")
            try:
                self.node.ask("eth_chainId")
            except NodeUnreachable:
                time.sleep(0.05)
            else:
                return
        raise AnvilFailed(f"anvil does not answer at {self.url}.")

    def _catch_up(self) -> None:
        """Let the time of a chain that ran ahead of the clock go on where it was: anvil would go back to the clock."""
        try:
            ahead = int(self.node.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16) - int(time.time())
            if ahead > 0:
                self.node.ask("evm_increaseTime", ahead)
        except NodeError as error:
            raise AnvilFailed(f"anvil does not tell its time: {error}") from error


def _keep_one_beginning(path: Path) -> None:
    """Leave a kept chain the one block 0 that its block 1 follows.

    anvil makes a block 0 of its own at each start, and keeps it beside that of the chain it goes on with. After the
    second start it may tell any of them, and so another chain. A file that holds something else is left for anvil.
    """
    try:
        state = json.loads(path.read_bytes())
        headers = [block["header"] for block in state["blocks"]]
        following = {header["parentHash"] for header in headers if int(header["number"], 16) == 1}
        others = [
            int(header["number"], 16) == 0 and f"0x{keccak(serialise(header)).hex()}" not in following
            for header in headers
        ]
    except (OSError, ValueError, KeyError, TypeError, Malformed):
        return
    if following and any(others):
        state["blocks"] = [block for block, other in zip(state["blocks"], others, strict=True) if not other]
        write_whole(path, json.dumps(state).encode())


def find_anvil(project: Path) -> Path:
    """anvil as the project installs it, or as PATH names it.

    Raises:
        AnvilMissing: there is none.
    """
    # npm's own `anvil` is a script that starts the program; that one is taken, so that there is one process to end.
    for program in sorted(project.glob("node_modules/@foundry-rs/anvil-*/bin/anvil*")):
        if os.access(program, os.X_OK):
            return program
    found = shutil.which("anvil", path=os.pathsep.join([str(project / "node_modules" / ".bin"), os.environ["PATH"]]))
    if found is None:
        raise AnvilMissing("anvil is not installed: run `npm ci` in the project's folder.")
    return Path(found)


def free_port() -> int:
    """A port of loopback where nobody listens at the moment."""
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        return int(listener.getsockname()[1])


def _end_with_parent() -> None:
    """In the new process: be killed when the one that started it ends, however it does."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _require_free(port: int) -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError as error:
            raise PortTaken(f"Port {port} is taken: end what listens there, or name another with --port.") from error
