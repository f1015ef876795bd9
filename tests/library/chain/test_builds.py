# SPDX-License-Identifier: MIT
"""What the package says of its contracts without a compiler."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from nmr.chain import builds
from nmr.chain.builds import BuildNotFound, Immutable, NotCompiled, Variable, abi, build, names
from nmr.chain.sources import RECIPE, digest_of


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


# of a checkout whose sources change

COMPILES = """
import json
from pathlib import Path
from nmr.chain.sources import digest_of

root = Path(__file__).parent
names = sorted(path.stem for path in root.glob("contracts/*.vy"))
content = {"sources": digest_of(root), "contracts": dict.fromkeys(names)}
(root / "builds.json").write_text(json.dumps(content))
"""
FAILS = "raise SystemExit('there is no compiler')"


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A checkout with a contract, an interface, and in place of the compiler what lists the contracts' names."""
    (tmp_path / "contracts/interfaces").mkdir(parents=True)
    (tmp_path / "contracts/Treasury.vy").write_text("# pragma version 0.4.3")
    (tmp_path / "contracts/interfaces/ITreasury.vyi").write_text("# pragma version 0.4.3")
    (tmp_path / RECIPE).write_text(COMPILES)
    monkeypatch.setattr(builds, "BUILDS", tmp_path / "builds.json")
    monkeypatch.setattr(builds, "checkout", lambda: tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(builds.__file__).parents[2]))
    builds._content.cache_clear()
    yield tmp_path
    builds._content.cache_clear()


def test_names__sources_changed_since_they_were_compiled__compiled_anew_and_said(root, capsys):
    assert names() == ("Treasury",)
    (root / "contracts/Pool.vy").write_text("# pragma version 0.4.3")
    capsys.readouterr()
    builds._content.cache_clear()

    assert names() == ("Pool", "Treasury")
    said = "The contracts are not compiled as they stand: compiling them takes a minute.\n"
    assert capsys.readouterr() == ("", said)
    assert builds.sources() == digest_of(root)


def test_names__sources_as_they_were_compiled__nothing_is_compiled(root, capsys):
    (root / RECIPE).write_text(FAILS)
    content = {"sources": digest_of(root), "contracts": {"Lens": None}}
    (root / "builds.json").write_bytes(orjson.dumps(content))

    assert names() == ("Lens",)
    assert capsys.readouterr() == ("", "")


def test_build__changed_sources_that_cannot_be_compiled__refused_with_what_says_why(root):
    content = {"sources": digest_of(root), "contracts": {"Treasury": None}}
    (root / "builds.json").write_bytes(orjson.dumps(content))
    (root / RECIPE).write_text(FAILS)
    build.cache_clear()

    wanted = f"^The contracts in {root} are not compiled as they stand, and compiling them failed: "
    with pytest.raises(NotCompiled, match=f"{wanted}`python {RECIPE}` there says why.$"):
        build("Treasury")


def test_names__source_changed_while_they_were_compiled__refused(root):
    changes = '(root / "contracts/Pool.vy").write_text("")'
    (root / RECIPE).write_text(f"{COMPILES}{changes}\n".replace("digest_of(root)", '"of before"'))

    with pytest.raises(NotCompiled, match=r"^A contract was changed while they were compiled: start again.$"):
        names()


def test_names__installed_from_a_wheel__are_those_it_carries(root, monkeypatch):
    (root / "builds.json").write_bytes(orjson.dumps({"sources": "of the wheel", "contracts": {"Lens": None}}))
    (root / RECIPE).write_text(FAILS)
    monkeypatch.setattr(builds, "checkout", lambda: None)

    assert (names(), builds.sources()) == (("Lens",), "of the wheel")


def test_names__wheel_without_builds__says_what_to_do(root, monkeypatch):
    monkeypatch.setattr(builds, "checkout", lambda: None)
    with pytest.raises(BuildNotFound, match=r"builds.json is missing: install the package again.$"):
        names()


@pytest.mark.parametrize("content", [b'{"sources": "of the', b"", b"{}", b"[]"])
def test_names__wheel_with_damaged_builds__says_what_to_do(root, monkeypatch, content):
    (root / "builds.json").write_bytes(content)
    monkeypatch.setattr(builds, "checkout", lambda: None)
    with pytest.raises(BuildNotFound, match=r"builds.json is damaged: install the package again.$"):
        names()


@pytest.mark.parametrize("content", [b'{"sources": "of the', b"", b"{}", b"[]"])
def test_names__damaged_builds_of_a_checkout__compiled_anew(root, content):
    (root / "builds.json").write_bytes(content)

    assert names() == ("Treasury",)


@pytest.mark.parametrize("name", ["contracts/Treasury.vy", "contracts/interfaces/ITreasury.vyi", RECIPE])
def test_digest__source_or_recipe_changed__is_another(root, name):
    before = digest_of(root)
    (root / name).write_text("# pragma version 0.4.2")

    assert digest_of(root) != before


def test_digest__source_moved__is_another(root):
    before = digest_of(root)
    (root / "contracts/Treasury.vy").rename(root / "contracts/interfaces/Treasury.vy")

    assert digest_of(root) != before


def test_digest__draft_of_an_editor__is_the_same(root):
    before = digest_of(root)
    (root / "contracts/.Treasury.vy.swp").write_bytes(b"\xff")
    (root / "contracts/.#Treasury.vy").symlink_to("nobody@nowhere")

    assert digest_of(root) == before


def test_builds__imported__bring_neither_compiler_nor_web3():
    code = "import sys, nmr.chain.builds; print({'vyper', 'web3', 'eth_utils', 'numpy'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout == "set()\n"
