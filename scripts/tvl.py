# SPDX-License-Identifier: MIT
"""`ape run tvl`: TVL as `nmr tvl`, and a scenario on a chain of its own."""

from typing import Any

import click
from ape import accounts, project
from ape.api import ProviderAPI

from demo.tvl_scenario import play
from nmr.ape.front import for_ape
from nmr.ape.rpc import EMBEDDED
from nmr.cli.command import WRONG_INPUT, Failure
from nmr.cli.tvl import cli as command
from nmr.cli.tvl import show_acts

cli = for_ape(command)
_told = cli.callback


def _tvl(provider: ProviderAPI, scenario: bool, as_json: bool, **options: Any) -> None:
    if not scenario:
        assert _told is not None
        _told(provider=provider, as_json=as_json, **options)
        return
    if provider.name != EMBEDDED:
        raise Failure("The scenario builds a chain of its own: leave --network out.", WRONG_INPUT)
    if any(options.values()):
        raise click.UsageError("--scenario goes with --json and nothing else.")
    click.echo("building the chain", err=True)
    acts = play(project, provider, list(accounts.test_accounts))
    show_acts([(act.title, act.figures, act.earmarked) for act in acts], as_json)


cli.callback = _tvl
cli.params.append(
    click.Option(["--scenario"], is_flag=True, help="Show on a chain of its own how the same stakes are $4M and $20M.")
)
