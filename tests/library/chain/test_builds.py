# SPDX-License-Identifier: MIT
"""What the package says of its contracts without a compiler."""

import subprocess
import sys

import pytest

from nmr.chain import builds
from nmr.chain.builds import BuildNotFound, Immutable, Variable, abi, build, names


def test_build__struct_among_the_immutables__takes_a_word_a_field():
    programme = next(each for each in build("Buyback").immutables if each.name == "PROGRAMME")

    assert programme == Immutable("PROGRAMME", "Programme", 192, 11 * 32)


@pytest.mark.parametrize("name", names())
def test_build__any_contract__immutables_and_storage_lie_without_gaps(name):
    built = build(name)

    for places in ([each[2:] for each in built.immutables], [each[2:] for each in built.storage]):
        ends = [0, *(place + size for place, size in places)]
        assert [place for place, _ in places] == ends[:-1]


def test_build__variable_of_a_module__is_named_with_its_module():
    assert Variable("roles.ownable.owner", "address", 0, 1) in build("Tournament").storage


def test_build__any_contract__names_what_compiled_it():
    assert all(build(name).compiler["vyper"] == "0.4.3" for name in names())
    assert all(build(name).compiler["settings"]["evm_version"] == "prague" for name in names())


def test_abi__treasury__is_that_of_its_build():
    assert abi("Treasury") is build("Treasury").abi
    assert sum(entry["type"] == "constructor" for entry in abi("Treasury")) == 1


def test_build__no_such_contract__is_refused_with_those_there_are():
    known = "Lens, Numeraire, TermsCheck, Timelock, Tournament, Treasury, Buyback, UniswapV2Filler, UniswapV2TwapFeed, "
    known += "SettableFeed, Stablecoin, Pool, PoolFactory"
    with pytest.raises(BuildNotFound, match=f"^The suite has no contract 'Tresury', only {known}.$"):
        build("Tresury")


def test_names__not_built__says_what_builds(monkeypatch, tmp_path):
    monkeypatch.setattr(builds, "BUILDS", tmp_path / "builds.json")
    builds._contracts.cache_clear()
    with pytest.raises(BuildNotFound, match=r"builds.json is missing: `make install` writes it.$"):
        names()


def test_builds__imported__bring_neither_compiler_nor_web3():
    code = "import sys, nmr.chain.builds; print({'vyper', 'web3', 'eth_utils', 'numpy'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout == "set()\n"
