# SPDX-License-Identifier: MIT
"""What the commands have in common: how they reach a suite, their options and exit codes.

Exit codes: 0 done; 1 refused, by a contract or because something does not agree; 2 wrong input; 3 no node, no suite on
it, or contracts that cannot be compiled; 4 not finished, since time or somebody else comes first; 5 not proved;
6 interrupted, or the output was lost.
"""

import errno
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from nmr.chain.builds import NotCompiled
from nmr.chain.node import NodeError, Rpc
from nmr.client.session import Interrupted, Session, Signer, SuiteNotFound
from nmr.deploy.record import Record, RecordFileError, RecordInvalid, read_record
from nmr.errors import AmountError, Mismatch, NmrError
from nmr.text.addresses import AddressError, parse_address
from nmr.text.amounts import FixedPointError, parse_fixed, parse_nmr
from nmr.text.files import FileError
from nmr.text.foreign import plain, without_secrets

REFUSED: Final = 1
WRONG_INPUT: Final = 2
NOT_THERE: Final = 3
UNFINISHED: Final = 4
NOT_PROVED: Final = 5
LOST: Final = 6

JSON: Final = "--json"

_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_WHOLE: Final = re.compile(r"-?[0-9]{1,100}", re.ASCII)

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


class Failure(click.ClickException):
    """One sentence on standard error, and an exit code.

    Whatever somebody else wrote is escaped in it, and keys and passwords in addresses of servers are left out.
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(plain(without_secrets(message)))
        self.exit_code = exit_code


@dataclass(frozen=True)
class Door:
    """How a command reaches a suite.

    Attributes:
        rpc: the node.
        record_path: where the suite's record is.
        folder: where keys and store are unless they are named.
        program: how the command was called, `nmr` or `ape run`.
        options: what to type behind another command for the same suite.
        signer: gives the account of a name.
        address_of: gives the address of an account's name.
        development: tells whether the chain is one whose time may be moved: a local one, or a fork.
    """

    rpc: Rpc
    record_path: Path
    folder: Path
    program: str
    options: str
    signer: Callable[[str], Signer]
    address_of: Callable[[str], str]
    development: Callable[[], bool]

    def record(self) -> Record:
        """The suite's record.

        Raises:
            RecordFileError, RecordInvalid: there is none, or none that can be read.
        """
        return read_record(self.record_path)

    def open(self) -> Session:
        """The suite, which is there.

        Raises:
            RecordFileError, RecordInvalid: there is no record, or none that can be read.
            SuiteNotFound: the chain is another one, or has no such suite.
        """
        session = Session(self.record(), self.rpc)
        session.require_suite()
        return session

    def optional_signer(self, name: str | None) -> Signer | None:
        """The account of a name; None without one."""
        return None if name is None else self.signer(name)

    def typed(self, command: str) -> str:
        """What to type for another command on the same suite."""
        return f"{self.program} {command}{self.options}"

    def address(self, text: str) -> str:
        """An address, from itself or from the name of an account.

        Raises:
            AddressError: it is neither.
        """
        if text.startswith("0x"):
            return parse_address(text)
        if text.isnumeric():
            raise AddressError(f"{text!r} is no address.")
        return self.address_of(text)


class SuiteCommand(click.Command):
    """A command about a suite, whose function takes a `Door` first. Its failures are one sentence each.

    How the suite is named on the command line is its front's: `nmr.cli.front` for `nmr`, `nmr.ape.front` for `ape run`.
    """


class FrontCommand(click.Command):
    """A command as a front calls it. Wrong options are told as JSON, too, where that was asked for."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options."""
        with told(JSON in args and not ctx.resilient_parsing):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, to its end or to that of its output."""
        with unlost(), told(bool(ctx.params.get("as_json"))):
            return self.run(ctx)

    def run(self, ctx: click.Context) -> Any:
        """Run what the command does."""
        return super().invoke(ctx)


class DefaultGroup(click.Group):
    """A group whose first command needs no name, and whose options are then its own."""

    def __init__(self, *args: Any, default: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the name of the first command where there is none."""
        if not args or (args[0] not in self.commands and args[0] not in self.get_help_option_names(ctx)):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the first command's options as the group's own."""
        command = self.commands[self.default]
        with click.Context(command, parent=ctx, resilient_parsing=True) as context:
            command.parse_args(context, [])
            click.Command.format_options(command, context, formatter)
        self.format_commands(ctx, formatter)


@contextmanager
def one_sentence() -> Iterator[None]:
    """Every failure that can be foreseen becomes a `Failure`, whose exit code is that of its kind."""
    try:
        yield
    except NodeError as error:
        raise Failure(f"The node answers with an error: {error}", NOT_THERE) from error
    except NmrError as error:
        raise Failure(str(error), code_of(error)) from error


def code_of(error: NmrError) -> int:
    """What a command ends with that fails with an error: the same for the same kind of error in each command."""
    if isinstance(error.__cause__, OSError) and error.__cause__.errno in _FULL:
        return LOST
    match error:
        case Interrupted():
            return LOST
        case SuiteNotFound() | RecordFileError() | RecordInvalid() | ConnectionError() | NodeError() | NotCompiled():
            return NOT_THERE
        case Mismatch():
            return REFUSED
        case ValueError() | TypeError() | FileError():
            return WRONG_INPUT
    return REFUSED


@contextmanager
def unlost() -> Iterator[None]:
    """Signals that end a process interrupt the command; where its output has nowhere to go, it ends with `LOST`.

    Signals that whoever started the process wants ignored stay so.
    """
    # Before anything is done: what cannot be said should not be sent.
    if sys.stdout is None:
        click.echo("Error: The output would be lost: standard output is closed. Nothing was done.", err=True)
        raise SystemExit(LOST)
    here = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in _ENDING if here}
    for number, handler in before.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        if error.errno not in (errno.EPIPE, *_FULL):
            raise
        # Python itself would write what is left, and complain once more.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        with suppress(OSError):
            click.echo(f"Error: The output was lost: {os.strerror(error.errno)}.", err=True)
        raise SystemExit(LOST) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def told(as_json: bool) -> Iterator[None]:
    """A failure, wrong options and interrupts among them, goes to standard output as JSON where that was asked for."""
    try:
        try:
            yield
        except KeyboardInterrupt as error:
            raise Failure(" ".join(["Interrupted.", *map(str, error.args)]), LOST) from error
    except click.ClickException as error:
        error.message = plain(error.message)
        if not as_json:
            raise
        print_json({"error": error.format_message(), "exit_code": error.exit_code})
        raise SystemExit(error.exit_code) from error


class Amount(click.ParamType):
    """An amount of NMR such as 12.5, exact, in wei."""

    name = "NMR"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Wei of the amount; defaults that are wei already stay as they are."""
        if isinstance(value, int):
            return value
        try:
            return parse_nmr(value)
        except AmountError as error:
            self.fail(str(error), param, ctx)


class Fixed(click.ParamType):
    """A plain decimal, as an integer of its smallest unit."""

    name = "DECIMAL"

    def __init__(self, places: int) -> None:
        self._places = places

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The integer."""
        if isinstance(value, int):
            return value
        try:
            return parse_fixed(str(value), self._places)
        except FixedPointError as error:
            self.fail(f"It {error}.", param, ctx)


class Whole(click.IntRange):
    """A whole number in ASCII digits. `int` would also take Arabic digits, spaces and 1_000, which are typos here."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number."""
        if isinstance(value, str) and _WHOLE.fullmatch(value) is None:
            self.fail(f"{value!r} is no whole number: write plain digits, such as 12.", param, ctx)
        return super().convert(value, param, ctx)


def tournament_option() -> Callable[[Any], Any]:
    """`--tournament NAME`; unneeded where there is one."""
    return click.option(
        "--tournament", "tournament_name", metavar="NAME", help="Which tournament; the only one if left out."
    )


def from_option() -> Callable[[Any], Any]:
    """`--from`: read an export in place of a node."""
    return click.option(
        "--from",
        "export_folder",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        help="Read what nmr export wrote there, without a node.",
    )


def sender_option(*, required: bool = True) -> Callable[[Any], Any]:
    """`--account NAME`; a `Door` makes a signer of it."""

    def chosen(context: click.Context, _: click.Parameter, value: str | None) -> str | None:
        if value is None and required and not context.resilient_parsing:
            raise click.UsageError("Whose account? Choose one with --account, such as TEST::4 on a local chain.")
        return value

    return click.option(
        "--account",
        envvar="NMR_ACCOUNT",
        callback=chosen,
        metavar="NAME",
        help="Who signs: a key file, the alias of one, or TEST::4 and the like on a local chain.",
    )


def json_option() -> Callable[[Any], Any]:
    """`--json`, for programs."""
    return click.option(JSON, "as_json", is_flag=True, help="Print JSON; amounts are strings of NMR or dollars.")


def print_json(value: Any) -> None:
    """Print a value for programs."""
    click.echo(json.dumps(value, indent=2))
