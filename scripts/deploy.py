# SPDX-License-Identifier: MIT
"""Deploy the suite and record it, or read a recorded one again."""

from pathlib import Path
from typing import Any

import click
from ape import accounts, project
from ape.api import AccountAPI, ProviderAPI

from nmr.ape import session as ape_session
from nmr.ape.command import (
    REFUSED,
    WRONG_INPUT,
    Failure,
    SuiteCommand,
    announce_transactions,
    json_option,
    print_json,
    print_table,
    sender_option,
)
from nmr.ape.deploy import check as check_deployment
from nmr.ape.deploy import deploy_and_record, require_funds, require_replaceable
from nmr.deploy.check import Finding, shown
from nmr.deploy.local import DEPLOYER, local_parameters
from nmr.deploy.parameters import read_parameters, require_no_role, require_private
from nmr.deploy.record import Record, read_record
from nmr.deploy.suite import SuiteParameters
from nmr.deploy.warnings import deployment_cautions

DEFAULT = "suite"
EXAMPLE = """
Examples:

\b
  ape run deploy --network ethereum:local:foundry
  ape run deploy --network ethereum:sepolia:node --account deployer --parameters sepolia.toml
  ape run deploy check --network ethereum:local:foundry
"""
CHECK_EXAMPLE = """
Example: ape run deploy check --network ethereum:local:foundry
"""


class DeployGroup(click.Group):
    """A group that deploys unless a command is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command that deploys before options that are its own."""
        if not args or (args[0].startswith("-") and args[0] not in self.get_help_option_names(ctx)):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the options of deploying as the group's own."""
        command = self.commands[DEFAULT]
        with click.Context(command, parent=ctx, resilient_parsing=True) as context:
            command.parse_args(context, [])
            click.Command.format_options(command, context, formatter)
        self.format_commands(ctx, formatter)


@click.group(cls=DeployGroup, epilog=EXAMPLE, options_metavar="[OPTIONS]", subcommand_metavar="[check]")
def cli() -> None:
    """Deploy the suite: timelock, treasury, token, tournaments and lens; write its record once all of it is there.

    A local chain needs neither parameters nor an account: every role is one of the test accounts. For any other network
    a file names them; docs/deployment.example.toml shows one. Nothing is recorded for a fork, or for a chain that ends
    with the command.
    """


@cli.command(DEFAULT, cls=SuiteCommand, hidden=True, epilog=EXAMPLE)
@sender_option(required=False)
@click.option(
    "--parameters",
    "parameters_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="What to deploy, in TOML; see docs/deployment.example.toml.",
)
@click.option("--force", is_flag=True, help="Deploy another suite beside one that is there, and replace its record.")
@json_option()
def deploy(
    provider: ProviderAPI, account: AccountAPI | None, parameters_file: Path | None, force: bool, as_json: bool
) -> None:
    """Deploy the suite and record it."""
    local = provider.network.is_local
    if account is None:
        if not local:
            raise Failure("Whose account deploys? Choose one with --account.", WRONG_INPUT)
        account = accounts.test_accounts[DEPLOYER]
    parameters = _parameters(parameters_file, local)
    require_no_role(parameters, account.address)
    # The embedded chain ends with this process, and a fork is not the network that it forks.
    path = ape_session.path_of(project, provider) if not provider.network.is_fork and provider.name != "test" else None
    if path is not None and not force:
        require_replaceable(path, project, provider)
    if not local:
        require_funds(project, account, parameters)
        for caution in deployment_cautions(parameters):
            click.echo(f"Warning: {caution.sentence}", err=True)
    announce_transactions(provider)
    record = deploy_and_record(
        project,
        ape_session.unlocked(account),
        parameters,
        path,
        lambda contract: click.echo(f"deploying {contract}", err=True),
    )
    if as_json:
        print_json({"record": None if path is None else str(path), **_addresses(record)})
        return
    rows = [[name, part.contract, part.address, str(part.block)] for name, part in record.parts.items()]
    print_table(
        f"Deployed on {record.network}, chain {record.chain_id}", ["part", "contract", "address", "block"], rows
    )
    if path is None:
        click.echo("Not recorded: this chain is a fork, or ends with this command.")
    else:
        click.echo(f"Recorded in {path}.")


@cli.command(cls=SuiteCommand, epilog=CHECK_EXAMPLE)
@json_option()
@click.option("--differences", is_flag=True, help="Show only what differs.")
def check(provider: ProviderAPI, as_json: bool, differences: bool) -> None:
    """Read the chain again and compare it with the record: code hashes, every getter, roles.

    Exits with 1 if anything disagrees that governance cannot have changed since.
    """
    path = ape_session.path_of(project, provider)
    findings = check_deployment(read_record(path), project)
    faults = sum(finding.is_fault for finding in findings)
    chosen = [finding for finding in findings if not differences or not finding.agrees]
    if as_json:
        print_json({"record": str(path), "agrees": not faults, "findings": [_plain(finding) for finding in chosen]})
    else:
        rows = [[each.part, each.what, shown(each.found), _verdict(each)] for each in chosen]
        if rows:
            print_table(f"{path}", ["part", "what", "on the chain", "beside the record"], rows, left=4)
        for finding in findings:
            if not finding.agrees:
                click.echo(str(finding))
        governed = sum(finding.governed for finding in findings)
        click.echo(
            f"{len(findings)} compared: {len(findings) - faults - governed} agree, "
            f"{governed} changed by governance, {faults} wrong."
        )
    if faults:
        raise SystemExit(REFUSED)


def _parameters(file: Path | None, local: bool) -> SuiteParameters:
    public = [account.address for account in accounts.test_accounts]
    if file is None:
        if not local:
            raise Failure(
                "What is to be deployed? Name a file with --parameters; docs/deployment.example.toml shows one.",
                WRONG_INPUT,
            )
        return local_parameters(public)
    parameters = read_parameters(file, local=local)
    if not local:
        require_private(parameters, public)
    return parameters


def _addresses(record: Record) -> dict[str, Any]:
    return {
        "chain_id": record.chain_id,
        "deployer": record.deployer,
        "parts": {name: {"contract": part.contract, "address": part.address} for name, part in record.parts.items()},
    }


def _verdict(finding: Finding) -> str:
    if finding.agrees:
        return "agrees"
    return "changed by governance" if finding.governed else "WRONG"


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "part": finding.part,
        "what": finding.what,
        "recorded": shown(finding.expected),
        "found": shown(finding.found),
        "agrees": finding.agrees,
        "governed": finding.governed,
    }
