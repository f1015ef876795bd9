# SPDX-License-Identifier: MIT
"""The suite deployed, recorded, read again and checked, on ape's embedded chain."""

import os
from dataclasses import replace
from pathlib import Path

import ape
import pytest
from ape.utils import ZERO_ADDRESS
from eth_utils.crypto import keccak

from nmr.ape.project import ApeDeployer, compiled, contract_address, load_suite, record_of
from nmr.ape.rpc import rpc_of
from nmr.client.reader import SessionReader
from nmr.client.session import Session, SuiteNotFound
from nmr.deploy.check import CallFailed, check_record
from nmr.deploy.record import Compiler, hash_of, read_record, record_path, write_record
from nmr.deploy.suite import HOUR, DeploymentFailed, deploy_suite
from nmr.text.amounts import NMR, SUPPLY
from tests.support.suite import CAP, FIRST_ROUND, HELD, LIMITS, MIN_STAKE, RING

HALF = LIMITS._replace(cap=CAP // 2)
ROLES = [bytes(32), *(keccak(text=f"{name}_ROLE") for name in ("PROPOSER", "CANCELLER", "EXECUTOR"))]
PARTS = {
    "timelock": "Timelock",
    "treasury": "Treasury",
    "numeraire": "Numeraire",
    "terms-check": "TermsCheck",
    "classic": "Tournament",
    "lens": "Lens",
    "classic-pools": "PoolFactory",
}


@pytest.fixture
def record(suite, project, deployer):
    return record_of(suite, project, deployer)


@pytest.fixture
def reader(record, chain):
    return SessionReader(Session(record, rpc_of(chain.provider)))


@pytest.fixture
def two_tournaments(parameters):
    """The parameters, with a second tournament."""
    classic = parameters.tournaments["classic"]
    return replace(parameters, tournaments={"classic": classic, "signals": replace(classic, ring=4, limits=HALF)})


def differences(findings):
    return [finding for finding in findings if not finding.agrees]


# deploy_suite


def test_deploy_suite__always__every_part_names_the_others(suite, operator, guardian, bounds):
    assert list(suite.parts) == list(PARTS)
    assert suite.treasury.TOKEN() == suite.numeraire
    tournament = suite["classic"]
    assert tournament.TOKEN() == suite.numeraire
    assert tournament.TREASURY() == suite.treasury
    assert tournament.TERMS_CHECK() == suite.terms_check
    assert tuple(suite.treasury.budget_of(tournament).limits) == LIMITS
    assert suite.lens.instances() == [tournament]
    assert (suite.lens.TOKEN(), suite.lens.TREASURY()) == (suite.numeraire, suite.treasury)
    assert (tournament.RING(), tournament.FIRST_ROUND(), tournament.HOUR()) == (RING, FIRST_ROUND, HOUR)
    assert (tournament.operator(), tournament.guardian()) == (operator, guardian)
    assert tournament.bounds() == bounds


def test_deploy_suite__always__timelock_owns_all_that_has_an_owner(suite):
    for contract in (suite.treasury, suite["classic"]):
        assert contract.owner() == suite.timelock
        assert contract.pending_owner() == ZERO_ADDRESS
    assert not hasattr(suite.numeraire, "owner")
    assert suite.timelock.hasRole(bytes(32), suite.timelock)


def test_deploy_suite__always__leaves_the_deployer_nothing(suite, deployer):
    assert [suite.timelock.hasRole(role, deployer) for role in ROLES] == [False] * 4
    for contract in (suite.treasury, suite["classic"]):
        assert deployer not in (contract.owner(), contract.pending_owner())
    assert deployer not in (suite["classic"].operator(), suite["classic"].guardian())
    assert suite.treasury.cap_of(deployer) == 0
    assert suite.numeraire.balanceOf(deployer) == 0


def test_deploy_suite__deployer_acts_as_owner__reverts(suite, deployer, bounds):
    with ape.reverts("ownable: caller is not the owner"):
        suite.treasury.spend(deployer, 1, sender=deployer)
    with ape.reverts("ownable: caller is not the owner"):
        suite["classic"].set_bounds(tuple(bounds), sender=deployer)
    with ape.reverts("access_control: account is missing role"):
        suite.timelock.grantRole(ROLES[1], deployer, sender=deployer)


def test_deploy_suite__always__treasury_gets_what_the_holders_do_not(project, deployer, parameters):
    suite = deploy_suite(ApeDeployer(project, deployer), parameters)
    assert suite.numeraire.totalSupply() == SUPPLY
    assert suite.numeraire.balanceOf(suite.treasury) == SUPPLY - HELD


def test_deploy_suite__two_tournaments__both_are_known_to_the_treasury(project, deployer, two_tournaments):
    suite = deploy_suite(ApeDeployer(project, deployer), two_tournaments)
    assert list(suite.tournaments) == ["classic", "signals"]
    assert tuple(suite.treasury.budget_of(suite["classic"]).limits) == LIMITS
    assert tuple(suite.treasury.budget_of(suite["signals"]).limits) == HALF
    assert suite["signals"].RING() == 4


def test_deploy_suite__always__announces_each_contract(project, deployer, two_tournaments):
    announced = []
    deploy_suite(ApeDeployer(project, deployer), two_tournaments, announced.append)
    each = ["Timelock", "Treasury", "Numeraire", "TermsCheck", "Tournament", "Tournament", "Lens", "Pool"]
    assert announced == [*each, "PoolFactory", "PoolFactory"]


@pytest.mark.parametrize("contract", ["Treasury", "Numeraire", "Tournament"])
def test_deploy_suite__deployer_sends_something_else_meanwhile__fails(
    project, deployer, receiver, parameters, contract
):
    def announce(name):
        if name == contract:
            deployer.transfer(receiver, 1)

    with pytest.raises(DeploymentFailed, match=f"{contract} was deployed at 0x.* and not at 0x.* as predicted"):
        deploy_suite(ApeDeployer(project, deployer), parameters, announce)


def test_deploy_suite__holders_get_more_than_the_supply__fails_before_anything_is_sent(
    project, deployer, parameters, staker, receiver
):
    nonce = deployer.nonce
    holders = {staker.address: SUPPLY, receiver.address: 1}
    with pytest.raises(DeploymentFailed, match=r"The holders get 11000000\.000000000000000001 NMR, more than"):
        deploy_suite(ApeDeployer(project, deployer), replace(parameters, holders=holders))
    assert deployer.nonce == nonce


@pytest.mark.parametrize("name", ["treasury", "timelock", "numeraire", "lens", "", "Classic", "a/b", "../x", "2nd"])
def test_deploy_suite__name_of_another_part_or_none__refused(project, deployer, parameters, name):
    named = replace(parameters, tournaments={name: parameters.tournaments["classic"]})
    nonce = deployer.nonce
    with pytest.raises(DeploymentFailed, match=f"No tournament can be called '{name}'"):
        deploy_suite(ApeDeployer(project, deployer), named)
    assert deployer.nonce == nonce


def test_contract_address__of_a_deployment__is_where_the_contract_is(project, deployer, parameters):
    address = contract_address(deployer.address, deployer.nonce)
    assert deploy_suite(ApeDeployer(project, deployer), parameters).timelock == address


# The record


def test_record_of__always__says_what_was_deployed_where(record, suite, chain, deployer):
    assert (record.chain_id, record.ecosystem, record.network) == (1337, "ethereum", "local")
    assert record.deployer == deployer
    assert record.compiler == Compiler("vyper", "0.4.3", "prague", "gas")
    assert {name: part.contract for name, part in record.parts.items()} == PARTS
    for name, part in record.parts.items():
        assert part.address == suite[name].address
        receipt = chain.provider.get_receipt(part.transaction)
        assert (receipt.contract_address, receipt.block_number) == (part.address, part.block)
        assert part.code_hash == hash_of(chain.provider.get_code(part.address))
    assert record.first_block == record.parts["timelock"].block


def test_record_of__always__names_the_constructor_arguments(
    record, suite, operator, guardian, staker, proposer, executor, bounds
):
    token, treasury, owner = suite.numeraire.address, suite.treasury.address, suite.timelock.address
    assert record.parts["timelock"].arguments == {
        "delay": 0,
        "proposers": (proposer.address,),
        "executors": (executor.address,),
    }
    assert record.parts["treasury"].arguments == {
        "token": token,
        "owner": owner,
        "tournaments": (suite["classic"].address,),
        "limits": (LIMITS._asdict(),),
    }
    assert record.parts["numeraire"].arguments == {
        "receivers": (staker.address, treasury),
        "amounts": (HELD, SUPPLY - HELD),
    }
    assert record.parts["classic"].arguments == {
        "token": token,
        "treasury": treasury,
        "terms_check": suite.terms_check.address,
        "owner": owner,
        "operator": operator.address,
        "guardian": guardian.address,
        "ring": RING,
        "first_round": FIRST_ROUND,
        "hour": HOUR,
        "min_stake": MIN_STAKE,
        "bounds": bounds._asdict(),
    }
    assert record.parts["lens"].arguments == {"token": token, "treasury": treasury}


def test_record_of__written__reads_back_the_same(record, tmp_path):
    path = record_path(tmp_path, record.ecosystem, record.network)
    write_record(record, path)
    assert read_record(path) == record
    assert "://" not in path.read_text()


def test_record_of__deployer_of_ape_or_of_the_library__is_the_same(record, suite, project, deployer):
    assert record_of(suite, project, ApeDeployer(project, deployer)) == record


def test_record_of__another_deployer__fails(suite, project, stranger):
    with pytest.raises(DeploymentFailed, match=f"timelock at .* should have been created by {stranger.address}"):
        record_of(suite, project, stranger)


def test_record_of__handle_without_its_transaction__fails(suite, project, deployer):
    timelock = replace(suite.parts["timelock"], handle=project.Timelock.at(deployer.address))
    with pytest.raises(DeploymentFailed, match="Nobody knows which transaction created timelock"):
        record_of(replace(suite, parts={**suite.parts, "timelock": timelock}), project, deployer)


def test_load_suite__recorded__is_the_suite(record, suite, project, deployer):
    loaded = load_suite(record, project)
    assert {name: part.handle.address for name, part in loaded.parts.items()} == {
        name: part.handle.address for name, part in suite.parts.items()
    }
    assert [part.arguments for part in loaded.parts.values()] == [part.arguments for part in suite.parts.values()]
    assert loaded.tournaments["classic"].RING() == RING
    assert record_of(loaded, project, deployer) == record


def test_load_suite__handles__send_transactions_and_decode_events(record, project, staker, receiver):
    token = load_suite(record, project).numeraire
    receipt = token.transfer(receiver, NMR, sender=staker)
    assert receipt.events == [token.Transfer(sender=staker, receiver=receiver, value=NMR)]


def test_load_suite__another_chain__is_refused(record, project):
    with pytest.raises(SuiteNotFound, match=r"deployed on chain 1, and this is chain 1337\."):
        load_suite(replace(record, chain_id=1), project)


def test_load_suite__no_code_at_an_address__is_refused(record, project, stranger):
    parts = {**record.parts, "classic": replace(record.parts["classic"], address=stranger.address)}
    with pytest.raises(SuiteNotFound, match=f"{stranger.address} has no code, unlike the Tournament recorded as"):
        load_suite(replace(record, parts=parts), project)


def test_load_suite__other_code_at_an_address__is_refused(record, project):
    parts = {**record.parts, "classic": replace(record.parts["classic"], code_hash=hash_of(b""))}
    with pytest.raises(SuiteNotFound, match="has other code than the Tournament recorded as classic"):
        load_suite(replace(record, parts=parts), project)


def test_load_suite__contract_that_the_project_lacks__is_refused(record, project):
    parts = {**record.parts, "classic": replace(record.parts["classic"], contract="Contest")}
    with pytest.raises(SuiteNotFound, match=r"This project has no contract Contest\."):
        load_suite(replace(record, parts=parts), project)


# The check


def test_check_record__as_deployed__agrees_in_everything(record, reader):
    findings = check_record(record, reader)
    assert [str(f) for f in differences(findings)] == []
    assert {finding.part for finding in findings} == {"chain", *PARTS}


def test_check_record__two_tournaments_and_a_round_trip__agrees(project, deployer, two_tournaments, reader, tmp_path):
    suite = deploy_suite(ApeDeployer(project, deployer), two_tournaments)
    write_record(record_of(suite, project, deployer), tmp_path / "local.json")
    assert differences(check_record(read_record(tmp_path / "local.json"), reader)) == []


def test_check_record__governance_changed_the_operator__is_worded_so(
    record, reader, as_owner, tournament, operator, stranger
):
    as_owner(tournament, "set_operator", stranger)
    [finding] = differences(check_record(record, reader))
    assert not finding.is_fault
    assert str(finding) == (
        f"classic: operator was {operator.address} when deployed and is {stranger.address} now, "
        "which governance may change"
    )


def test_check_record__governance_changed_bounds_cap_delay_and_members__none_is_a_fault(
    record, reader, as_owner, suite, tournament, bounds, stranger
):
    as_owner(tournament, "set_bounds", tuple(bounds._replace(max_clip=1)))
    as_owner(suite.treasury, "authorise", tournament, 2 * CAP, 20 * CAP, CAP)
    as_owner(suite.timelock, "grantRole", ROLES[3], ZERO_ADDRESS)
    as_owner(suite.timelock, "update_delay", 1)
    findings = differences(check_record(record, reader))
    assert [(finding.part, finding.what, finding.found) for finding in findings] == [
        ("timelock", "get_minimum_delay", 1),
        ("timelock", "hasRole(EXECUTOR_ROLE, anyone)", True),
        ("treasury", "cap of classic", 2 * CAP),
        ("classic", "bounds.max_clip", 1),
    ]
    assert not any(finding.is_fault for finding in findings)


def test_check_record__ownership_offered_to_the_deployer__is_a_fault(record, reader, as_owner, suite, deployer):
    as_owner(suite.treasury, "transfer_ownership", deployer)
    findings = differences(check_record(record, reader))
    assert all(finding.is_fault for finding in findings)
    assert [finding.what for finding in findings] == ["pending_owner", "deployer as pending_owner"]


def test_check_record__second_admin__is_a_fault(record, reader, as_owner, suite, proposer):
    as_owner(suite.timelock, "grantRole", ROLES[0], proposer)
    [finding] = differences(check_record(record, reader))
    assert finding.is_fault
    assert finding.what == f"hasRole(DEFAULT_ADMIN_ROLE, {proposer.address})"


def test_check_record__address_of_another_contract__is_found_and_does_not_raise(record, reader, suite):
    parts = {
        **record.parts,
        "classic": replace(record.parts["classic"], address=suite.treasury.address),
        "treasury": replace(record.parts["treasury"], address=suite["classic"].address),
    }
    findings = differences(check_record(replace(record, parts=parts), reader))
    assert ("classic", "code") in [(finding.part, finding.what) for finding in findings]
    [ring] = [finding for finding in findings if finding.what == "RING"]
    assert isinstance(ring.found, CallFailed)
    assert ring.is_fault


def test_check_record__nobody_at_an_address__is_found(record, reader, stranger):
    parts = {**record.parts, "numeraire": replace(record.parts["numeraire"], address=stranger.address)}
    findings = check_record(replace(record, parts=parts), reader)
    assert [finding.found for finding in findings if finding.part == "numeraire"] == ["missing"]


def test_session_reader__values__are_plain(reader, suite, bounds):
    tournament = suite["classic"].address
    assert reader.call(tournament, "Tournament", "bounds") == tuple(bounds)
    assert type(reader.call(tournament, "Tournament", "bounds")) is tuple
    assert type(reader.call(tournament, "Tournament", "RING")) is int
    assert type(reader.call(tournament, "Tournament", "owner")) is str
    assert reader.call(tournament, "Tournament", "paused") is False
    assert reader.call(suite.timelock.address, "Timelock", "getRoleAdmin", ROLES[1]) == bytes(32)
    assert type(reader.call(suite.timelock.address, "Timelock", "PROPOSER_ROLE")) is bytes
    assert reader.call(tournament, "Tournament", "words", 128, 0, 1) == (0,)


def test_session_reader__unknown_getter__has_no_answer(reader, suite):
    with pytest.raises(CallFailed, match="nobody of Treasury at 0x"):
        reader.call(suite.treasury.address, "Treasury", "nobody")


def test_session_reader__no_code__has_no_answer(reader, stranger):
    assert reader.code(stranger.address) == b""
    with pytest.raises(CallFailed, match="RING of Tournament at 0x"):
        reader.call(stranger.address, "Tournament", "RING")


# Compiling

MODULE = """# pragma version 0.4.3


@internal
@pure
def _answer() -> uint256:
    return {answer}
"""
CONTRACT = """# pragma version 0.4.3


from .modules import oracle


@external
@view
def answer() -> uint256:
    return oracle._answer()
"""


@pytest.fixture
def small_project(tmp_path):
    """A project of one contract and the module that it imports; a function that opens it anew."""
    (tmp_path / "contracts" / "modules").mkdir(parents=True)
    (tmp_path / "contracts" / "Answer.vy").write_text(CONTRACT)
    (tmp_path / "contracts" / "modules" / "oracle.vy").write_text(MODULE.format(answer=1))
    (tmp_path / "ape-config.yaml").write_text("name: small\ncompile:\n  exclude:\n    - 'contracts/modules/*'\n")
    return lambda: ape.Project(tmp_path)


def answer_of(project, account) -> int:
    return account.deploy(project.get_contract("Answer")).answer()


def test_compiled__module_changed__deploys_the_new_code(small_project, deployer):
    project = compiled(small_project())
    assert answer_of(project, deployer) == 1
    (project.path / "contracts" / "modules" / "oracle.vy").write_text(MODULE.format(answer=2))
    assert answer_of(compiled(small_project()), deployer) == 2


def test_compiled__nothing_changed__compiles_once(small_project):
    project = compiled(small_project())
    written = project.manifest_path.stat().st_mtime_ns
    again = compiled(small_project())
    assert again.manifest_path.stat().st_mtime_ns == written


def test_compiled__environment_is_not_active__finds_its_compiler(small_project, monkeypatch, deployer):
    monkeypatch.setenv("PATH", os.defpath)
    project = compiled(small_project())
    assert answer_of(project, deployer) == 1
    assert (Path(os.environ["PATH"].split(os.pathsep)[0]) / "vyper").exists()
