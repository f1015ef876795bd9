# SPDX-License-Identifier: MIT
"""What the commands of `ape run` have in common: options, exit codes, tables for people and JSON for programs.

Exit codes: 0 done; 1 refused, by a contract or because something does not agree; 2 wrong input; 3 no node, or no suite
on it; 4 not finished, since time or somebody else comes first.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import click
from ape import project
from ape.api import AccountAPI, ProviderAPI
from ape.cli import AccountAliasPromptChoice, ConnectedProviderCommand
from ape.exceptions import ApeException, ProviderError, ProviderNotConnectedError
from ape.logging import LogLevel, logger
from eth_utils.address import is_address, to_checksum_address
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from requests.exceptions import RequestException
from rich.console import Console
from rich.table import Table
from rich.text import Text
from web3.exceptions import Web3Exception
from web3.middleware import Web3Middleware
from web3.types import RPCEndpoint

from nmr.ape.project import SuiteNotFound
from nmr.ape.session import Session
from nmr.deploy.record import RecordFileError, RecordInvalid
from nmr.errors import AmountError, NmrError
from nmr.text.amounts import parse_nmr

REFUSED: Final = 1
WRONG_INPUT: Final = 2
NOT_THERE: Final = 3
UNFINISHED: Final = 4
RAW_TRANSACTION: Final = "eth_sendRawTransaction"
WIDTH: Final = 120
"""Columns of a table where the terminal does not say."""


class Failure(click.ClickException):
    """One sentence on standard error, and an exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class SuiteCommand(ConnectedProviderCommand):
    """A command on the network of `--network` whose failures are one sentence each."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with one_sentence():
            return super().invoke(ctx)


@contextmanager
def one_sentence() -> Iterator[None]:
    """Ape's own chatter off, and every failure that can be foreseen a `Failure`."""
    try:
        with logger.at_level(LogLevel.ERROR):
            yield
    except (SuiteNotFound, RecordFileError, RecordInvalid) as error:
        raise Failure(str(error), NOT_THERE) from error
    except NmrError as error:
        code = WRONG_INPUT if isinstance(error, ValueError | TypeError) else REFUSED
        raise Failure(str(error), code) from error
    except (ProviderError, ProviderNotConnectedError) as error:
        raise Failure(f"No node answers at the chosen network: {error}", NOT_THERE) from error
    except RequestException as error:
        raise Failure(f"The node at the chosen network does not answer ({type(error).__name__}).", NOT_THERE) from error
    except Web3Exception as error:
        raise Failure(f"The node answers with an error: {error}", NOT_THERE) from error
    except ApeException as error:
        raise Failure(str(error), REFUSED) from error


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


class Address(click.ParamType):
    """Somebody's address: as such, or by the alias of an account of Ape's."""

    name = "ADDRESS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The address with its checksum; one that has a wrong one is refused, and so is the zero address."""
        text = str(value)
        if text.startswith("0x"):
            if not is_address(text):
                self.fail(
                    f"{text!r} is no address: it has 40 hexadecimal digits, and the case of each counts.", param, ctx
                )
            if int(text, 16) == 0:
                self.fail("The zero address is nobody's.", param, ctx)
            return str(to_checksum_address(text))
        if text.isnumeric():
            self.fail(f"{text!r} is no address.", param, ctx)
        account = AccountAliasPromptChoice().convert(text, param, ctx)
        assert account is not None, "an alias that is unknown fails"
        return str(account.address)


def tournament_option() -> Callable[[Any], Any]:
    """`--tournament NAME`; unneeded where there is one."""
    return click.option(
        "--tournament", "tournament_name", metavar="NAME", help="Which tournament; the only one if left out."
    )


def sender_option(*, required: bool = True) -> Callable[[Any], Any]:
    """`--account ALIAS`, in Ape's usual way, such as TEST::4 on a local chain."""

    def chosen(context: click.Context, _: click.Parameter, value: AccountAPI | None) -> AccountAPI | None:
        if value is None and required and not context.resilient_parsing:
            raise click.UsageError("Whose account? Choose one with --account, such as TEST::4 on a local chain.")
        return value

    return click.option(
        "--account",
        type=AccountAliasPromptChoice(),
        callback=chosen,
        metavar="ALIAS",
        help="Who signs: an account of Ape's, or TEST::4 and the like on a local chain.",
    )


def json_option() -> Callable[[Any], Any]:
    """`--json`, for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON; amounts are strings of NMR.")


class _Announced(Web3Middleware):
    """Says the hash of a transaction before it is sent."""

    def request_processor(self, method: RPCEndpoint, params: Any) -> Any:
        """What web3 asks of a node, as it is."""
        if method == RAW_TRANSACTION:
            click.echo(f"Sending 0x{keccak(HexBytes(params[0])).hex()}", err=True)
        return method, params


def announce_transactions(provider: ProviderAPI) -> None:
    """From now on the hash of each transaction goes to standard error before it is sent.

    Until it is in a block time passes, in which the command may be stopped; who did that has to know what to look for.
    On a local chain there is no such time.
    """
    onion = provider.web3.middleware_onion
    if not provider.network.is_local and _Announced.__name__ not in onion:
        onion.add(_Announced, _Announced.__name__)


def open_session(provider: ProviderAPI) -> Session:
    """The recorded suite on the connected network, where transactions are announced if they take time."""
    announce_transactions(provider)
    return Session.open(project, provider)


def print_json(value: Any) -> None:
    """Print a value for programs."""
    click.echo(json.dumps(value, indent=2))


def print_table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> None:
    """Print a table for people; all columns but the first `left` are aligned to the right."""
    table = Table()
    for number, heading in enumerate(headings):
        # Folded and not cut: an address or a hash of which a part is missing is none.
        table.add_column(heading, justify="left" if number < left else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    console = wide_console()
    console.print(Text(title, style="table.title"), soft_wrap=True)
    console.print(table)


def print_facts(facts: Mapping[str, str]) -> None:
    """Print names and values, a line each."""
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        click.echo(f"{name:<{width}}  {plain(value)}")


def plain(text: str) -> str:
    """A text without anything that a terminal would obey, such as in a label that anybody may have chosen."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def wide_console() -> Console:
    """A console that is wide enough for a table where the terminal does not say."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=WIDTH)
