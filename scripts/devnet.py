# SPDX-License-Identifier: MIT
"""A chain that stays up, with the suite on it, for people to work on."""

import fcntl
import os
import shutil
import signal
import sysconfig
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn, Self

import click
from ape import accounts, networks, project
from ape.api import ProviderAPI

from nmr.ape.deploy import check_on_chain, deploy_and_record
from nmr.ape.front import ape_failures
from nmr.ape.project import compiled, load_suite
from nmr.chain.node import NodeUnreachable
from nmr.cli.command import Whole
from nmr.cli.tables import print_table
from nmr.client.session import Session
from nmr.deploy.anvil import LOOPBACK, Anvil, AnvilFailed, StateUnwritten, find_anvil
from nmr.deploy.local import DEPLOYER, account_names, local_parameters
from nmr.deploy.record import (
    FOLDER_VARIABLE,
    Record,
    RecordMissing,
    read_record,
    record_folder,
    record_path,
    write_record,
)
from nmr.errors import NmrError
from nmr.sealing.keys import key_root
from nmr.text.amounts import format_nmr
from nmr.text.files import make_folder

NETWORK: Final = "ethereum:local:foundry"
PORT: Final = 8545
SAVE_EVERY: Final = 10.0
"""Seconds between two savings of a chain that is kept; what a kill may cost. It is saved at the end in any case."""
HOST_VARIABLE: Final = "APE_FOUNDRY_HOST"
"""The environment variable by which Ape knows a devnet on another port."""
FIRST: Final = (
    "deploy check",
    "stake register alpha beta --account TEST::4",
    "stake deposit 0=100 1=50 --account TEST::4",
    "stake policy 0=100 1=50 --account TEST::4",
    "round open --account TEST::1",
    "stake enter 0-1 --account TEST::4",
    "stake show 0-1",
    "clock locks_at --round 0",
    "round status 0",
)
"""Commands that work on a new devnet, in this order."""
BACK: Final = ("deploy check", "round list", "stake show --all")
"""Commands that work on one that came back."""
EXAMPLE: Final = """
Examples:

\b
  ape run devnet
  ape run devnet --port 8546 --state .cache/devnet.json
"""


class DevnetRuns(NmrError, RuntimeError):
    """Another devnet has the record, or the file of the chain."""


class StateInvalid(NmrError, ValueError):
    """A state that is not of a devnet, or not as its record says."""


class Interrupts:
    """Ctrl-C and the like as a `KeyboardInterrupt`, once, and only where it can be handled."""

    def __init__(self) -> None:
        self._armed = False
        self._wanted = False

    @classmethod
    @contextmanager
    def watched(cls) -> Iterator[Self]:
        """Within this, signals that end a process are ours, but for those that whoever started it wants ignored."""
        interrupts = cls()
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.getsignal(number) for number in numbers}
        for number in numbers:
            if before[number] != signal.SIG_IGN:
                signal.signal(number, interrupts._interrupt)
        try:
            yield interrupts
        finally:
            for number in numbers:
                signal.signal(number, before[number])

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Within this, interrupts are raised; one that came before is raised at once."""
        self._armed = True
        try:
            if self._wanted:
                raise KeyboardInterrupt
            yield
        finally:
            self._armed = False

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self._wanted = True
        if self._armed:
            self._armed = False
            raise KeyboardInterrupt


@click.command(epilog=EXAMPLE)
@click.option("--port", type=Whole(1, 65_535), default=PORT, show_default=True, help="Where anvil listens.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Keep the chain in a file, and go on with the chain that is in it.",
)
def cli(port: int, state: Path | None) -> None:
    """Start anvil on loopback, deploy the suite, fund a few named accounts, and stay until Ctrl-C.

    Then nothing is left behind: neither its record nor the keys and sealed files of its rounds. With --state they stay,
    and so do the file of the chain and its record beside it.
    """
    with (
        ape_failures(),
        _only_devnet() as path,
        nullcontext() if state is None else _only_keeper(state),
        Interrupts.watched() as interrupts,
        suppress(KeyboardInterrupt),
        ExitStack() as leavings,
    ):
        kept = None if state is None else Kept(state)
        try:
            with Anvil(find_anvil(project.path), port=port, state=state) as anvil:
                os.environ[HOST_VARIABLE] = anvil.url
                with interrupts.armed(), networks.parse_network_choice(NETWORK) as provider:
                    if kept is None or kept.record is None:
                        record = _deploy()
                        if kept is None:
                            leavings.callback(_forget, Session(record, anvil.node).chain)
                        write_record(record, path)
                        if kept is not None:
                            kept.save(anvil, path)
                        _welcome(record, provider, port, FIRST)
                    else:
                        record = _resume(kept, kept.record)
                        write_record(record, path)
                        _welcome(record, provider, port, BACK)
                    _stay(anvil, kept, path)
        finally:
            path.unlink(missing_ok=True)


class Kept:
    """The file that keeps a chain, and the record beside it."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.path = state.with_name(f"{state.name}.record.json")
        self.record: Record | None = None
        if state.exists():
            try:
                self.record = read_record(self.path)
            except RecordMissing:
                raise StateInvalid(
                    f"{state} has no record {self.path.name} beside it, so it is no devnet's: name another file."
                ) from None
        else:
            self.path.unlink(missing_ok=True)

    def save(self, anvil: Anvil, path: Path) -> None:
        """Keep the chain, and its record: a buyback may have joined the suite, or another suite have replaced it.

        Whenever this is killed, a file of a chain has a record beside it, of a suite that is on it.
        """
        record = read_record(path)
        if self.record is None:
            write_record(record, self.path)
        anvil.save()
        write_record(record, self.path)
        self.record = record


@contextmanager
def _only_devnet() -> Iterator[Path]:
    """Where the record belongs, while no other devnet writes there; folders that this creates are removed again."""
    folder = record_folder(project.path)
    path = record_path(folder, "ethereum", "local")
    created = [each for each in (path.parent, folder) if not each.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path.parent, os.O_RDONLY)
    try:
        if not _locks(lock):
            raise DevnetRuns(
                f"Another devnet has the record {path}: end it, or set {FOLDER_VARIABLE} to another folder."
            )
        yield path
    finally:
        os.close(lock)
        for each in created:
            with suppress(OSError):
                each.rmdir()


@contextmanager
def _only_keeper(state: Path) -> Iterator[None]:
    """While no other devnet keeps its chain in the file, whatever records that one has; folders are made for it."""
    path = state.with_name(f"{state.name}.lock")
    try:
        make_folder(state.parent)
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StateUnwritten(f"The chain cannot be kept in {state}: {error.strerror}.") from error
    try:
        # A devnet that ends removes the lock that another may just have opened: it would keep nobody else out.
        if not _locks(lock) or os.fstat(lock).st_nlink == 0:
            raise DevnetRuns(f"Another devnet keeps its chain in {state}: end it, or name another file with --state.")
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
    finally:
        os.close(lock)


def _locks(descriptor: int) -> bool:
    """Whether nobody else has locked a file, which is locked from now on."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stay(anvil: Anvil, kept: Kept | None, path: Path) -> NoReturn:
    """Stay, and save the chain now and then, until an interrupt; then save it once more.

    Raises:
        AnvilFailed: anvil has ended. What is kept is the chain as it was saved last.
    """
    saved = time.monotonic()
    try:
        while not anvil.wait(1.0):
            if kept is not None and time.monotonic() - saved > SAVE_EVERY:
                # If anvil is dying, the next look tells.
                with suppress(NodeUnreachable):
                    kept.save(anvil, path)
                saved = time.monotonic()
    except KeyboardInterrupt:
        if kept is not None:
            kept.save(anvil, path)
        raise
    raise AnvilFailed(f"anvil has ended by itself: {anvil.last_words()}")


def _forget(chain: str) -> None:
    """Remove the keys and sealed files of a chain that is gone, where commands put them by themselves."""
    for folder in (key_root(project.path / "keys"), project.path / "store"):
        shutil.rmtree(folder / chain, ignore_errors=True)
        # Another chain's may be there.
        with suppress(OSError):
            folder.rmdir()


def _deploy() -> Record:
    """A new suite."""
    click.echo("Deploying the suite.")
    parameters = local_parameters([account.address for account in accounts.test_accounts])
    return deploy_and_record(project, accounts.test_accounts[DEPLOYER], parameters, None)


def _resume(kept: Kept, record: Record) -> Record:
    """The suite on the chain that a file kept."""
    click.echo(f"Going on with the chain in {kept.state}.")
    for finding in check_on_chain(record, project):
        if finding.is_fault:
            raise StateInvalid(f"{kept.state} is not the chain that {kept.path.name} records: {finding}.")
    return record


def _welcome(record: Record, provider: ProviderAPI, port: int, commands: Sequence[str]) -> None:
    """Who is there, and what to type next."""
    token = load_suite(record, compiled(project)).numeraire
    rows = []
    for name, number in account_names().items():
        address = accounts.test_accounts[number].address
        ether = f"{provider.get_balance(address) / 10**18:,.0f}"
        rows.append([name, f"TEST::{number}", address, format_nmr(token.balanceOf(address)), ether])
    print_table("Accounts", ["name", "--account", "address", "NMR", "ETH"], rows, left=3, optional=("ETH", "NMR"))
    [tournament] = record.tournaments.values()
    click.echo(
        f"Chain {record.chain_id} at http://{LOOPBACK}:{port}. "
        f"Time limits run {3600 // tournament.number('hour')} times faster here; the clock itself does not.\n\n"
        "Next, in another terminal:\n"
    )
    scripts = Path(sysconfig.get_path("scripts"))
    shown = scripts.relative_to(Path.cwd()) if scripts.is_relative_to(Path.cwd()) else scripts
    click.echo(f"  source {shown / 'activate'}")
    if port != PORT:
        click.echo(f"  export {HOST_VARIABLE}=http://{LOOPBACK}:{port}")
    if folder := os.environ.get(FOLDER_VARIABLE):
        click.echo(f"  export {FOLDER_VARIABLE}={folder}")
    for command in commands:
        click.echo(f"  ape run {command} --network {NETWORK}")
    click.echo("\nCtrl-C ends it.")
