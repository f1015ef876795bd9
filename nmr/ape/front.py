# SPDX-License-Identifier: MIT
"""How `ape run …` names a suite and an account: by one of Ape's networks, and by its accounts."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any, Final

import click
from ape import project
from ape.api import ProviderAPI
from ape.cli import AccountAliasPromptChoice, ConnectedProviderCommand
from ape.exceptions import ApeException, ProviderError, ProviderNotConnectedError
from ape.logging import LogLevel, logger
from eth_hash.auto import keccak
from hexbytes import HexBytes
from requests.exceptions import RequestException
from web3.exceptions import Web3Exception
from web3.middleware import Web3Middleware
from web3.types import RPCEndpoint

from nmr.ape.rpc import EMBEDDED, rpc_of
from nmr.ape.signer import ApeSigner
from nmr.cli.command import NOT_THERE, REFUSED, Door, Failure, FrontCommand, SuiteCommand, one_sentence
from nmr.cli.main import COMMANDS
from nmr.client.session import Session, SuiteNotFound
from nmr.deploy.record import RecordMissing, record_folder, record_path

RAW_TRANSACTION: Final = "eth_sendRawTransaction"
NETWORK: Final = "--network ethereum:local:foundry"
"""Of the examples."""

_NAMED: Final = "nmr.ape.front.named"
"""Whether somebody named a network."""
_NMR: Final = re.compile(rf"(?<![\w/`-])nmr (?=(?:{'|'.join(COMMANDS)})\b)")


class ApeCommand(FrontCommand, ConnectedProviderCommand):
    """A command on the network of `--network` whose failures are one sentence each."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options."""
        ctx.meta[_NAMED] = any(each.startswith("--network") for each in args)
        return super().parse_args(ctx, args)

    def run(self, ctx: click.Context) -> Any:
        """Run the command."""
        with ape_failures():
            try:
                return super().run(ctx)
            except (RecordMissing, SuiteNotFound) as error:
                if ctx.meta[_NAMED]:
                    raise
                raise Failure(f"{error} Which network? Name it, such as {NETWORK}.", NOT_THERE) from error


def for_ape(command: click.Command) -> click.Command:
    """A command or group of `nmr` as one of `ape run`."""
    if isinstance(command, click.Group):
        group = copy(command)
        group.commands = {name: for_ape(each) for name, each in command.commands.items()}
        group.help, group.epilog = _renamed(command.help), _renamed(command.epilog)
        return group
    if not isinstance(command, SuiteCommand):
        return FrontCommand(
            command.name,
            callback=command.callback,
            params=list(command.params),
            help=_renamed(command.help),
            epilog=_renamed(command.epilog),
            short_help=command.short_help,
        )
    callback = command.callback
    assert callback is not None, "a command does something"

    def connected(provider: ProviderAPI, **arguments: Any) -> Any:
        return callback(door=door_of(provider), **arguments)

    return ApeCommand(  # type: ignore[no-untyped-call]
        command.name,
        callback=connected,
        params=list(command.params),
        help=_renamed(command.help),
        epilog=_renamed(command.epilog, NETWORK),
        short_help=command.short_help,
        hidden=command.hidden,
    )


@contextmanager
def ape_failures() -> Iterator[None]:
    """Ape's own chatter off, and every failure that can be foreseen a `Failure`."""
    try:
        with logger.at_level(LogLevel.ERROR), one_sentence():
            yield
    except (ProviderError, ProviderNotConnectedError) as error:
        raise Failure(f"No node answers at the chosen network: {error}", NOT_THERE) from error
    except RequestException as error:
        raise Failure(f"The node at the chosen network does not answer ({type(error).__name__}).", NOT_THERE) from error
    except Web3Exception as error:
        raise Failure(f"The node answers with an error: {error}", NOT_THERE) from error
    except ApeException as error:
        raise Failure(str(error), REFUSED) from error


def door_of(provider: ProviderAPI) -> Door:
    """The recorded suite on the connected network, where transactions are announced if they take time."""
    announce_transactions(provider)
    return Door(
        rpc=rpc_of(provider),
        record_path=connected_record_path(provider),
        # As short as it can be shown.
        folder=project.path.relative_to(Path.cwd()) if project.path.is_relative_to(Path.cwd()) else project.path,
        program="ape run",
        options="" if provider.name == EMBEDDED else f" --network {provider.network_choice}",
        signer=lambda name: ApeSigner(_account(name)),
        address_of=lambda name: str(_account(name).address),
        development=lambda: bool(provider.network.is_local or provider.network.is_fork),
    )


def session_of(provider: ProviderAPI) -> Session:
    """The recorded suite on the connected network. Raises as `Door.open` does."""
    return door_of(provider).open()


def connected_record_path(provider: ProviderAPI) -> Path:
    """Where the record of the connected network is: below `deployments`, or below the folder that is set instead."""
    network = provider.network
    return record_path(record_folder(project.path), network.ecosystem.name, network.name.removesuffix("-fork"))


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


def _account(name: str) -> Any:
    try:
        account = AccountAliasPromptChoice().convert(name, None, None)
    except click.BadParameter as error:
        raise click.UsageError(error.message) from error
    assert account is not None, "an alias that is unknown fails"
    return account


def _renamed(text: str | None, network: str = "") -> str | None:
    """A help text for `ape run`; each example gets the network."""
    if text is None:
        return None
    lines = []
    for line in text.splitlines():
        renamed = _NMR.sub("ape run ", line)
        lines.append(f"{renamed.rstrip()} {network}" if network and renamed != line else renamed)
    return "\n".join(lines)
