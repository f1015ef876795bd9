# SPDX-License-Identifier: MIT
"""What participants need before the lock: the round's files, what they submitted, and what their stakes may bring."""

from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from nmr.sealing.keys import PrivateKey
from nmr.sealing.package import package_of_contents
from nmr.sealing.store import Store
from tests.support.evm_suite import OPERATOR, terms
from tests.support.terminal import Terminal

FILES = {"universe.csv": b"id\na\nb\n", "terms.md": b"What counts.\n"}


@pytest.fixture
def opened(terminal, tmp_path, monkeypatch) -> Terminal:
    """A round that was opened with a package, which is in the store, and models 0 to 2 of the staker."""
    monkeypatch.chdir(tmp_path)
    suite, store = terminal.suite, Store("store")
    package = package_of_contents(FILES)
    for content in (*FILES.values(), package.manifest):
        store.put(content)
    given = terms(suite.node.now)._replace(sealing_key=PrivateKey.generate().public)
    suite.call(suite["classic"], "open_round", 0, tuple(given), package.digest, sender=OPERATOR)
    terminal.do("stake register a b c")
    Path("p.csv").write_bytes(b"id,prediction\na,0.25\nb,0.75\n")
    return terminal


def test_data__round_with_a_package__writes_its_files(opened):
    answer = opened.do("data 0 --store store", None)

    assert answer["package"] == f"0x{package_of_contents(FILES).digest.hex()}"
    assert {path.name: path.read_bytes() for path in Path("round-0").iterdir()} == FILES
    result = opened.type("data 0 --store store --output elsewhere", None)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == f"Round 0 was opened with these 2 files: {answer['package']}."
    assert {path.name for path in Path("elsewhere").iterdir()} == {*FILES}


def test_data__store_has_another_file_in_the_place_of_one__is_refused(opened):
    digest = keccak(FILES["terms.md"])
    Path(Store("store").path_of(digest)).write_bytes(b"What I like.\n")

    said = opened.refused("data 0 --store store", None)

    assert said == f"Error: 0x{digest.hex()}: The store has another file in its place.\n"


def test_data__round_that_was_never_opened__is_refused(opened):
    assert (
        opened.refused("data 1 --store store", None)
        == "Error: Round 1 is not open yet: the next round of its place is round 1.\n"
    )


def test_status__staked_and_submitted__says_what_and_forecasts(opened):
    opened.do("stake now 0=10 1=5")
    opened.do("submit 0=p.csv --store store")

    first, second = opened.do("status 0-2 --corr 0.02 --mmc 0.005 --store store", None)

    assert (first["model"], first["round"], first["state"]) == (0, 0, "open")
    assert first["missing"] is None
    assert Store("store").get(bytes.fromhex(first["file"][2:]))
    assert abs(first["submitted_at"] - opened.suite.node.now) < 60
    assert (first["stake"], first["forecast"]) == ("10", "0.2")
    assert first["next"]["step"] == "submit"
    assert (second["model"], second["file"], second["stake"], second["forecast"]) == (1, None, "5", "0")


def test_status__file_is_not_in_the_store__says_so(opened):
    opened.do("submit 0=p.csv --store store")

    [entry] = opened.do("status 0 --store another", None)
    assert entry["missing"] == "The store does not have the file."
    assert "│ no " in opened.type("status 0 --store another", None).stdout


def test_status__model_is_in_no_round__says_so(opened):
    result = opened.type("status 1-2 --store store", None)

    said = "Models 1-2 have no stake and no submission in a round that is not closed.\n"
    assert (result.exit_code, result.stdout) == (0, said)
    assert opened.do("status 1-2 --store store", None) == []


def test_status__no_such_model__is_refused(opened):
    assert "3" in opened.refused("status 3 --store store", None)
