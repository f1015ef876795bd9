# SPDX-License-Identifier: MIT
"""A deployment from beginning to end, for the command and the devnet: deployed, read again, and only then recorded."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from ape.api import AccountAPI, ProviderAPI
from ape.managers.project import LocalProject

from nmr.ape.project import ApeDeployer, compiled, load_suite, record_of
from nmr.ape.rpc import rpc_of
from nmr.client.reader import SessionReader
from nmr.client.session import Session, SuiteNotFound
from nmr.deploy.check import Finding, check_record
from nmr.deploy.record import Record, RecordMissing, read_record, write_record
from nmr.deploy.suite import SuiteParameters, deploy_suite
from nmr.errors import NmrError

CREATION_GAS: Final = 500_000
"""What creating a contract of the suite takes beside its code: the transaction, and what its constructor writes."""
INIT_BYTE_GAS: Final = 17
CODE_BYTE_GAS: Final = 200


class AlreadyDeployed(NmrError, RuntimeError):
    """A record that a new deployment would replace."""


class TooLittleFunds(NmrError, RuntimeError):
    """A deployer that could not pay for the whole deployment."""


class NotAsDeployed(NmrError, RuntimeError):
    """The chain says something else than what was just deployed."""


def require_replaceable(path: Path, project: LocalProject, provider: ProviderAPI) -> None:
    """Make sure that no suite is lost with the record that a deployment would write.

    A record may be replaced if it is of a local chain that was started anew since.

    Raises:
        AlreadyDeployed: its suite is still there, or may still be.
        RecordFileError, RecordInvalid: it cannot be read.
    """
    try:
        record = read_record(path)
    except RecordMissing:
        return
    try:
        load_suite(record, compiled(project))
    except SuiteNotFound as error:
        if provider.network.is_local and record.chain_id == provider.chain_id:
            return
        raise AlreadyDeployed(
            f"{path} records another suite, which this chain does not have ({error}) "
            "Keep the file, or replace it with --force."
        ) from error
    raise AlreadyDeployed(f"The suite of {path} is there already; --force deploys another and replaces the record.")


def require_funds(project: LocalProject, account: AccountAPI, parameters: SuiteParameters) -> None:
    """Make sure that a deployment does not stop half way because the deployer can pay for no more.

    Raises:
        TooLittleFunds: it holds less than what the deployment takes at most, at the present price of gas.
    """
    provider = project.provider
    tournaments = ["Tournament" for _ in parameters.tournaments]
    factories = ["PoolFactory" for _ in parameters.tournaments]
    names = ["Timelock", "Treasury", "Numeraire", "TermsCheck", *tournaments, "Lens", *factories]
    contracts = compiled(project)
    kinds = [contracts.get_contract(name).contract_type for name in names]
    blueprint = bytes(contracts.get_contract("Pool").contract_type.get_deployment_bytecode())
    gas = CREATION_GAS + (INIT_BYTE_GAS + CODE_BYTE_GAS) * len(blueprint)
    gas += sum(
        CREATION_GAS
        + INIT_BYTE_GAS * len(bytes(kind.get_deployment_bytecode()))
        + CODE_BYTE_GAS * len(bytes(kind.get_runtime_bytecode()))
        for kind in kinds
    )
    needed, held = gas * int(provider.gas_price), int(provider.get_balance(account.address))
    if held < needed:
        symbol = provider.network.ecosystem.fee_token_symbol
        raise TooLittleFunds(
            f"{account.address} holds {held / 10**18:.6f} {symbol}, and a deployment takes up to {needed / 10**18:.6f} "
            "at the present price of gas."
        )


def deploy_and_record(
    project: LocalProject,
    account: AccountAPI,
    parameters: SuiteParameters,
    path: Path | None,
    announce: Callable[[str], None] = lambda _: None,
) -> Record:
    """Deploy a suite, read it again, and write its record once all of it is there.

    Args:
        project: with the contracts.
        account: who sends the transactions.
        parameters: what to deploy.
        path: of the record; None writes none.
        announce: told the name of each contract before it is deployed.

    Raises:
        DeploymentFailed: a contract is not where it was predicted.
        NotAsDeployed: the chain disagrees with the record; nothing is written.
    """
    contracts = compiled(project)
    suite = deploy_suite(ApeDeployer(contracts, account), parameters, announce)
    record = record_of(suite, contracts, account)
    faults = [finding for finding in check_on_chain(record, contracts) if not finding.agrees]
    if faults:
        raise NotAsDeployed(f"The chain does not have what was deployed: {faults[0]}.")
    if path is not None:
        write_record(record, path)
    return record


def check_on_chain(record: Record, project: LocalProject) -> list[Finding]:
    """Everything that a record says about the connected chain, beside what the chain says."""
    return check_record(record, SessionReader(Session(record, rpc_of(project.provider))))
