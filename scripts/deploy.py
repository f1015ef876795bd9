# SPDX-License-Identifier: MIT
"""Deploy the suite and record it, or read a recorded one again."""

from pathlib import Path
from typing import Any

import click
from ape import accounts, project
from ape.api import AccountAPI, ProviderAPI
from ape.cli import AccountAliasPromptChoice

from nmr.ape.deploy import deploy_and_record, require_funds, require_replaceable
from nmr.ape.front import ApeCommand, announce_transactions, connected_record_path, for_ape
from nmr.ape.signer import unlocked
from nmr.cli.command import WRONG_INPUT, DefaultGroup, Failure, json_option, print_json
from nmr.cli.deploy import check
from nmr.cli.tables import print_line, print_table
from nmr.deploy.local import DEPLOYER, local_parameters
from nmr.deploy.parameters import read_parameters, require_no_role, require_private
from nmr.deploy.record import Record
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


@click.group(
    cls=DefaultGroup, default=DEFAULT, epilog=EXAMPLE, options_metavar="[OPTIONS]", subcommand_metavar="[check]"
)
def cli() -> None:
    """Deploy the suite: timelock, treasury, token, tournaments and lens; write its record once all of it is there.

    A local chain needs neither parameters nor an account: every role is one of the test accounts. For any other network
    a file names them; docs/deployment.example.toml shows one. Nothing is recorded for a fork, or for a chain that ends
    with the command.
    """


@cli.command(DEFAULT, cls=ApeCommand, hidden=True, epilog=EXAMPLE)
@click.option("--account", type=AccountAliasPromptChoice(), metavar="ALIAS", help="Who deploys.")
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
    path = connected_record_path(provider) if not provider.network.is_fork and provider.name != "test" else None
    if path is not None and not force:
        require_replaceable(path, project, provider)
    if not local:
        require_funds(project, account, parameters)
        for caution in deployment_cautions(parameters):
            print_line(f"Warning: {caution.sentence}", err=True)
    announce_transactions(provider)
    record = deploy_and_record(
        project,
        unlocked(account),
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
        print_line(f"Recorded in {path}.")


cli.add_command(for_ape(check))


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
