# SPDX-License-Identifier: MIT
"""`nmr`: the command with all the others below it, each imported when it is called."""

from importlib import import_module
from os import environ
from pathlib import Path
from typing import Any, Final

import click

from nmr.cli.config import read_config
from nmr.cli.front import for_nodes

COMMANDS: Final = {
    "audit": "Audit the suite with nothing but a node.",
    "buyback": "Keep the treasury's buyback.",
    "clock": "Tell or move the time of a local chain.",
    "data": "Fetch a round's files, and check them.",
    "deploy": "Compare a deployment with its record.",
    "export": "Write a tournament's past as Parquet.",
    "guard": "Check each proposed root in its window.",
    "history": "What each round brought models.",
    "keep": "Do what anybody can for a tournament.",
    "keys": "Make key pairs, and hand them over.",
    "leaderboard": "Models over the last settled rounds.",
    "operate": "Lead a season's rounds unattended.",
    "page": "Write the page of the suite.",
    "pool": "Back another's model, or have yours backed.",
    "relay": "Bring submissions that others signed.",
    "resolve": "Lead a round to its close.",
    "round": "Open rounds, and see where they are.",
    "rounds": "What became of each round.",
    "stake": "Stake NMR on models.",
    "status": "What models have in open rounds.",
    "submit": "Submit sealed predictions.",
    "tvl": "Total value locked, at any block.",
    "verify": "Compute a round's scores once more.",
    "watch": "Tell deadlines, from the chain alone.",
}
"""The commands, and a line about each: with their own words each would have to be imported for `nmr --help`."""
_VARIABLES: Final = {
    "node": "NMR_NODE",
    "record": "NMR_RECORD",
    "store": "NMR_STORE",
    "keys": "NMR_KEYS",
    "account": "NMR_ACCOUNT",
}


class Commands(click.Group):
    """Imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command, with the options that name a suite."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"nmr.cli.{cmd_name}").cli
        return for_nodes(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Their names, and a line about each."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Commands, epilog="Example: nmr tvl --node http://127.0.0.1:8545 --record deployments/ethereum/local.json"
)
@click.version_option(package_name="nmr-suite", message="%(version)s")
def cli() -> None:
    """The NMR suite through a node: stake, submit, lead rounds, read TVL, audit.

    Options may stand in nmr.toml, in [tool.nmr] of pyproject.toml, or in the environment: NMR_NODE, NMR_RECORD,
    NMR_STORE, NMR_KEYS, NMR_ACCOUNT. Deploying, the devnet and the demo take a checkout: `ape run --help` there.
    """


def main(arguments: list[str] | None = None) -> Any:
    """Run the command; defaults come from the nearest file of them."""
    from nmr.cli.command import one_sentence

    try:
        with one_sentence():
            config = read_config(Path.cwd())
    except click.ClickException as error:
        error.show()
        raise SystemExit(error.exit_code) from error
    for name, variable in _VARIABLES.items():
        value = getattr(config, name)
        if value is not None:
            environ.setdefault(variable, str(value))
    return cli.main(args=arguments, prog_name="nmr")


if __name__ == "__main__":
    main()
