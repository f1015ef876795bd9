# SPDX-License-Identifier: MIT
"""How `nmr …` names a suite and an account: by a node's URL and the suite's record."""

from collections.abc import Sequence
from copy import copy
from os import environ
from pathlib import Path
from typing import Any, Final

import click

from nmr.chain.node import Node, NodeUnreachable, url_refused
from nmr.cli.command import NOT_THERE, WRONG_INPUT, Door, Failure, FrontCommand, SuiteCommand, one_sentence
from nmr.cli.tables import print_line
from nmr.client.session import Signer
from nmr.deploy.record import LOCAL_CHAINS

NODE: Final = "http://127.0.0.1:8545"
"""Where a devnet answers."""
RECORD: Final = Path("deployments", "ethereum", "local.json")
"""Where a devnet's record is, below the folder of a checkout."""
ACCOUNTS: Final = "NMR_ACCOUNTS"
"""The environment variable that names another folder of key files than Ape's."""

_OPTIONS: Final[Sequence[click.Parameter]] = (
    click.Option(["--node"], metavar="URL", envvar="NMR_NODE", help=f"The node; {NODE} if nothing says otherwise."),
    click.Option(
        ["--record"],
        metavar="FILE",
        envvar="NMR_RECORD",
        type=click.Path(path_type=Path),
        help="The suite's deployment record.",
    ),
)


class NodeCommand(FrontCommand):
    """A command of `nmr`, with the options that name a suite."""

    def run(self, ctx: click.Context) -> Any:
        """Run the command, on the suite that is named."""
        with one_sentence():
            node = ctx.params.pop("node")
            # What reads an export needs neither a node nor a record.
            ctx.params["door"] = _door(node, ctx.params.pop("record"), ctx.params.get("export_folder") is None)
            try:
                return super().run(ctx)
            except NodeUnreachable as error:
                if node:
                    raise
                raise Failure(f"{error} Name a node with --node, in NMR_NODE or in nmr.toml.", NOT_THERE) from error


def for_nodes(command: click.Command) -> click.Command:
    """A command or group, with the options that name a node and a record."""
    if isinstance(command, click.Group):
        group = copy(command)
        group.commands = {name: for_nodes(each) for name, each in command.commands.items()}
        return group
    suite = isinstance(command, SuiteCommand)
    return (NodeCommand if suite else FrontCommand)(
        command.name,
        callback=command.callback,
        params=[*command.params, *(_OPTIONS if suite else ())],
        help=command.help,
        epilog=command.epilog,
        short_help=command.short_help,
        hidden=command.hidden,
    )


def _door(node: str | None, record: Path | None, needs_record: bool) -> Door:
    url, path = node or NODE, record or RECORD
    if problem := url_refused(url):
        raise Failure(problem, WRONG_INPUT)
    if needs_record and record is None and not path.exists():
        raise Failure(
            f"Which suite? Name its deployment record with --record, in NMR_RECORD or in nmr.toml: there is no {path}.",
            WRONG_INPUT,
        )
    rpc = Node(url)

    def signer(name: str) -> Signer:
        from nmr.client.signers import KeySigner, load_account

        local = rpc.number("eth_chainId") in LOCAL_CHAINS
        account = load_account(name, local=local, folders=_folders())
        return KeySigner(account, announce=lambda transaction: print_line(f"Sending {transaction}", err=True))

    return Door(
        rpc=rpc,
        record_path=path,
        folder=Path(),
        program="nmr",
        options=f"{f' --node {node}' if node else ''}{f' --record {record}' if record else ''}",
        signer=signer,
        address_of=lambda name: signer(name).address,
        development=lambda: rpc.number("eth_chainId") in LOCAL_CHAINS,
    )


def _folders() -> tuple[Path, ...]:
    """Where key files with an alias are: those of Ape, unless another folder is named."""
    named = environ.get(ACCOUNTS)
    return (Path(named),) if named else (Path.home() / ".ape" / "accounts",)
