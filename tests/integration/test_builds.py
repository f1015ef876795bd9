# SPDX-License-Identifier: MIT
"""The contracts that the package carries are those that Ape compiles and deploys."""

import pytest

from nmr.chain.builds import build, names
from tests.support.suite import FIRST_ROUND, RING


@pytest.mark.parametrize("name", names())
def test_build__any_contract__is_what_ape_compiles(project, name):
    built, compiled = build(name), project.get_contract(name).contract_type

    assert built.creation_code == compiled.get_deployment_bytecode()
    assert built.runtime_code == compiled.get_runtime_bytecode()
    assert built.source == compiled.source_id
    ours = sorted((entry["type"], entry.get("name", "")) for entry in built.abi)
    assert ours == sorted((entry.type, getattr(entry, "name", "")) for entry in compiled.abi)


def test_names__sources_of_the_project__are_all_but_mocks_and_what_a_devnet_has(project):
    sources = {name: kind.source_id for name, kind in project.load_contracts().items()}
    suite = {name for name, source in sources.items() if not source.startswith("contracts/mocks/")}

    assert set(names()) == suite | {"SettableFeed", "Stablecoin"}


def test_immutables__deployed_tournament__lie_behind_the_code(project, suite):
    built = build("Tournament")
    code = bytes(project.provider.get_code(suite.tournaments["classic"].address))
    behind = code.removeprefix(built.runtime_code)
    found = {each.name: behind[each.offset : each.offset + each.size] for each in built.immutables}

    assert len(behind) == sum(each.size for each in built.immutables) < len(code)
    assert int.from_bytes(found["rounds.RING"]) == RING
    assert int.from_bytes(found["rounds.FIRST_ROUND"]) == FIRST_ROUND
    assert found["rounds.TREASURY"] == bytes(12) + bytes.fromhex(suite.treasury.address[2:])
    assert found["ledger.TOKEN"] == bytes(12) + bytes.fromhex(suite.numeraire.address[2:])
