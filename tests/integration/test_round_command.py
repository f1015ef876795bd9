# SPDX-License-Identifier: MIT
"""`ape run round …`, as operator, guardian and everybody use it: each command, and what it refuses."""

import json

import pytest
from eth_utils.crypto import keccak

from nmr.deploy.local import HOUR
from nmr.protocol.reference.rounds import Terms
from nmr.text.amounts import NMR
from tests.integration.round_walk import RoundWalk

OPERATOR, GUARDIAN, STAKER, STRANGER = "TEST::1", "TEST::2", "TEST::4", "TEST::11"
ZERO = "0x" + "0" * 40
MODELS = (0, 1, 5)
ROOT = "0x" + "ab" * 32

TERMS = """
primary = 0.5
contribution = 2
clip = 0.05
threshold = 1000.5
sealing_key = "0x{key}"
locks_at = "10m"
resolves_at = "50m"
expires_at = "5h"
window = "30m"
""".format(key="22" * 32)


@pytest.fixture
def tournament(local_suite):
    return local_suite.tournaments["classic"]


@pytest.fixture
def rounds(tournament, accounts, chain):
    return RoundWalk(tournament, accounts, chain)


@pytest.fixture
def staked(tournament, local_suite, accounts, rounds):
    """Round 0, open, with 100 NMR of each of `MODELS`."""
    staker = accounts[4]
    local_suite.numeraire.approve(tournament, 300 * NMR, sender=staker)
    encode = tournament.register.encode_input
    tournament.multicall([encode(f"model {i}", ZERO) for i in range(6)], sender=staker)
    rounds.open()
    encode = tournament.stake.encode_input
    tournament.multicall([encode(model, 100 * NMR) for model in MODELS], sender=staker)
    return 0


@pytest.fixture
def terms_file(tmp_path):
    path = tmp_path / "terms.toml"
    path.write_text(TERMS)
    return path


@pytest.fixture
def done(run):
    """Runs `ape run round … --json` and gives what it printed."""

    def invoke(*arguments):
        result = run("round", *arguments, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return invoke


@pytest.fixture
def refused(run, chain):
    """Runs `ape run round …`, which has to fail with a code and send nothing, and gives what it said."""

    def invoke(code, *arguments):
        height = chain.blocks.height
        result = run("round", *arguments)
        assert (result.exit_code, result.stdout) == (code, "")
        assert chain.blocks.height == height
        said = result.stderr.strip().splitlines()[-1]
        assert said.startswith("Error: ")
        return said.removeprefix("Error: ")

    return invoke


# open


def test_open__terms_file__is_frozen_as_written_and_printed(run, tournament, terms_file, chain):
    now = chain.pending_timestamp
    result = run("round", "open", "--terms", terms_file, "--account", OPERATOR)
    assert result.exit_code == 0, result.stderr
    assert Terms.of(tuple(tournament.round_info(0).terms)) == Terms(
        primary=5_000,
        contribution=20_000,
        clip=5 * 10**10,
        threshold=1_000 * NMR + NMR // 2,
        sealing_key=b"\x22" * 32,
        locks_at=now + 600,
        resolves_at=now + 3_000,
        expires_at=now + 5 * 3_600,
        window=1_800,
    )
    lines = result.stdout.splitlines()
    assert lines[0] == "Opened round 0 with these terms:"
    assert [line.split()[0] for line in lines[1:]] == [*Terms._fields, "package"]
    assert lines[4].split(maxsplit=1) == ["threshold", "1000.5 NMR"]


def test_open__options__override_the_file(done, tournament, terms_file):
    printed = done("open", "--terms", terms_file, "--clip", "0.1", "--locks-at", "12m", "--account", OPERATOR)
    info = tournament.round_info(0)
    assert (info.terms.clip, info.terms.primary) == (10**11, 5_000)
    assert printed["round"] == 0
    assert printed["terms"]["clip"] == "0.1"
    assert printed["terms"]["locks_at"] == info.terms.locks_at
    assert printed["terms"]["threshold"] == "1000.5"
    assert printed["transaction"].startswith("0x")


def test_open__no_terms_at_all__are_the_shortest_that_suit_the_hour(done, tournament):
    printed = done("open", "--account", OPERATOR)
    terms = tournament.round_info(0).terms
    assert terms.resolves_at - terms.locks_at == 24 * HOUR
    assert terms.window == 24 * HOUR
    assert printed["terms"]["window"] == 24 * HOUR


@pytest.mark.parametrize(
    ("option", "value", "problem"),
    [
        ("--primary", "10.1", "primary is 10.1: it has to be from 0 to 10."),
        ("--primary", "0.00001", "primary is '0.00001', with 5 decimals, and it can have 4."),
        ("--contribution", "nan", "contribution is 'nan', not a plain number such as 0.0125."),
        ("--clip", "0.21", "clip is 0.21: it has to be from 0.000000000001 to 0.2."),
        ("--threshold", "999", "threshold is 999 NMR: it is 0 for none, or at least 1000 NMR."),
        ("--threshold", "1000.0000000001", "threshold is wrong: 1000.0000000001 NMR is finer than the ledger's unit"),
        ("--sealing-key", "0x12", "sealing_key is '0x12', not 32 bytes as 64 hexadecimal digits."),
        ("--locks-at", "1m", "locks_at is "),
        ("--locks-at", "13h", "locks_at is "),
        ("--locks-at", "2001-01-01T00:00Z", "locks_at is 2001-01-01 00:00:00 UTC, "),
        ("--locks-at", "noon", "locks_at is 'noon', neither a time from now such as 2h nor a moment"),
        ("--resolves-at", "27m", "resolves_at is "),
        ("--expires-at", "30m", "expires_at is "),
        ("--window", "23m", "window is 23m: it has to be from 24m to 1d."),
    ],
)
def test_open__term_out_of_bounds__is_named_and_nothing_sent(refused, local_suite, option, value, problem):
    assert refused(2, "open", option, value, "--account", OPERATOR).startswith(problem)


def test_open__bad_file__is_one_sentence(refused, local_suite, terms_file):
    terms_file.write_text("multiplier = 1")
    said = refused(2, "open", "--terms", terms_file, "--account", OPERATOR)
    assert said.startswith(f"{terms_file}: there is no term 'multiplier'")
    assert "does not exist" in refused(2, "open", "--terms", "/nowhere/terms.toml", "--account", OPERATOR)


def test_open__not_the_operator__is_refused(refused, local_suite):
    assert refused(1, "open", "--account", STRANGER).endswith("(roles: not the operator)")


def test_open__previous_round_is_open__is_refused(refused, rounds):
    rounds.open()
    assert refused(1, "open", "--account", OPERATOR).endswith("(rounds: another round is open)")


@pytest.mark.parametrize(
    "command", ["open", "lock 0", "publish 0", f"veto 0 --root {ROOT}", "void 0", "settle-expired 0"]
)
def test_sending__no_account__is_refused(refused, local_suite, command):
    assert refused(2, *command.split()).startswith("Whose account? Choose one with --account")


# lock, publish, veto, void


def test_lock__ended__locks_and_says_what_comes_next(run, tournament, staked, rounds):
    rounds.until(tournament.round_info(staked).terms.locks_at)
    result = run("round", "lock", staked, "--account", STRANGER)
    assert result.exit_code == 0, result.stderr
    assert tournament.round_info(staked).at_risk == 300 * NMR
    assert result.stdout.splitlines()[0] == "Locked round 0."
    assert "ape run round opening 0 --universe FILE" in result.stdout


def test_lock__open_or_locked__is_refused(refused, tournament, staked, rounds):
    said = refused(1, "lock", staked, "--account", STRANGER)
    assert said == "Round 0 is open for submissions, and cannot be locked: that takes one that is past its deadline."
    rounds.lock(staked)
    assert refused(1, "lock", staked, "--account", STRANGER).startswith("Round 0 is unsealed, and cannot be locked")


def test_publish__file_or_hash__is_on_the_chain(done, tournament, staked, rounds, tmp_path, accounts):
    path = tmp_path / "opened.csv"
    path.write_text("model,hash,valid\n")
    rounds.until(tournament.round_info(staked).terms.locks_at)
    tournament.lock(staked, sender=accounts[1])
    printed = done("publish", staked, "--list", path, "--account", OPERATOR)
    assert tournament.round_info(staked).opened_list == keccak(path.read_bytes())
    assert (printed["state"], printed["next"]["step"]) == ("opened", "outcome")


def test_publish__hash__is_on_the_chain(done, tournament, staked, rounds, accounts):
    rounds.until(tournament.round_info(staked).terms.locks_at)
    tournament.lock(staked, sender=accounts[1])
    done("publish", staked, "--hash", ROOT, "--account", OPERATOR)
    assert tournament.round_info(staked).opened_list.hex() == ROOT[2:]


def test_publish__bad_input__is_refused(refused, tournament, staked, rounds, terms_file, accounts):
    for arguments, problem in (
        ([], "Name either the file with --list or its hash with --hash."),
        (["--hash", ROOT, "--list", terms_file], "Name either the file"),
        (["--hash", "0x12"], "Invalid value for '--hash': It is '0x12', not 32 bytes as 64 hexadecimal digits."),
        (["--list", "/nowhere"], "Invalid value for '--list': File '/nowhere' does not exist."),
    ):
        assert refused(2, "publish", staked, *arguments, "--account", OPERATOR).startswith(problem)
    said = refused(1, "publish", staked, "--hash", ROOT, "--account", OPERATOR)
    assert said.startswith("Round 0 is open for submissions, and cannot be given its list")
    rounds.until(tournament.round_info(staked).terms.locks_at)
    tournament.lock(staked, sender=accounts[1])
    said = refused(1, "publish", staked, "--hash", ROOT, "--account", STRANGER)
    assert said.endswith("(roles: not the operator)")
    said = refused(1, "publish", staked, "--hash", "00" * 32, "--account", OPERATOR)
    assert said.endswith("(rounds: hash is empty)")


@pytest.fixture
def proposed(tournament, staked, rounds, accounts):
    """Round 0 with `ROOT` in its window."""
    rounds.lock(staked)
    rounds.until(tournament.round_info(staked).terms.resolves_at)
    tournament.propose(staked, bytes.fromhex(ROOT[2:]), 1, b"\x01" * 32, sender=accounts[1])
    return staked


def test_veto__standing_root__is_turned_down(done, tournament, proposed):
    printed = done("veto", proposed, "--root", ROOT, "--account", GUARDIAN)
    assert tournament.round_info(proposed).root == bytes(32)
    assert (printed["state"], printed["next"]["step"]) == ("opened", "propose")


def test_veto__bad_input__is_refused(refused, proposed):
    assert "Missing option '--root'" in refused(2, "veto", proposed, "--account", GUARDIAN)
    said = refused(1, "veto", proposed, "--root", "cd" * 32, "--account", GUARDIAN)
    assert said.endswith("(rounds: another root stands)")
    assert refused(1, "veto", proposed, "--root", ROOT, "--account", STRANGER).endswith("(roles: not the guardian)")


def test_veto__own_root__is_the_operators_too(done, tournament, proposed):
    done("veto", proposed, "--root", ROOT, "--account", OPERATOR)
    assert tournament.round_info(proposed).root == bytes(32)


def test_veto__no_root__is_refused(refused, staked):
    said = refused(1, "veto", staked, "--root", ROOT, "--account", GUARDIAN)
    assert said == "Round 0 is open for submissions, and cannot be vetoed: that takes one that is proposed."


def test_void__pending__ends_it_and_stakes_come_home(run, done, refused, tournament, staked):
    assert refused(1, "void", staked, "--account", OPERATOR).endswith("(roles: not the guardian)")
    printed = done("void", staked, "--account", GUARDIAN)
    assert (printed["state"], printed["next"]["step"]) == ("void", "settle-expired")
    assert printed["next"]["command"] == "ape run round settle-expired 0 --account ALIAS"
    result = run("round", "settle-expired", staked, "--account", STRANGER)
    assert (result.exit_code, result.stdout) == (
        0,
        "Settled 2 groups without burns or rewards: 300 NMR at stake, 0 rewarded, 0 burned; all returned to the "
        "models' withdrawable balance.\nRound 0 is closed.\n",
    )
    assert [tournament.idle_of(model) for model in MODELS] == [100 * NMR] * 3
    assert run("round", "settle-expired", staked, "--account", STRANGER).stdout == "Round 0 is closed.\n"
    said = refused(1, "void", staked, "--account", GUARDIAN)
    assert said.startswith("Round 0 is closed, and cannot be voided")


def test_settle_expired__round_still_counts__is_refused(refused, staked):
    said = refused(1, "settle-expired", staked, "--account", STRANGER)
    assert said.startswith("The stakes of round 0 still count, and cannot be settled without scores: it is open")


def test_settle_expired__never_locked__brings_stakes_home(done, tournament, staked, rounds):
    rounds.until(tournament.round_info(staked).terms.locks_at + 24 * HOUR)
    printed = done("settle-expired", staked, "--account", STRANGER)
    assert (printed["state"], printed["next"]) == ("closed", None)
    assert [(step["action"], step["groups"]) for step in printed["done"]] == [("settle_expired", 2)]
    assert tournament.idle_of(5) == 100 * NMR


@pytest.mark.parametrize(
    "command", ["lock {}", "publish {} --hash " + ROOT, "veto {} --root " + ROOT, "void {}", "settle-expired {}"]
)
def test_sending__unknown_round__is_refused(refused, staked, command):
    for unknown in (1, 10**80):
        said = refused(1, *command.format(unknown).split(), "--account", OPERATOR)
        assert said == f"Round {unknown} is not open yet: the next round of its place is round {unknown % 4 or 4}."


# status and list


def test_status__through_a_round__says_what_the_contract_says(done, tournament, staked, rounds, chain, accounts):
    def seen():
        printed = done("status", staked)
        return printed["state"], printed["next"] and printed["next"]["step"]

    def asked():
        # The contract's own word at the time of the next block.
        return tournament.state(staked, block_id="pending")

    states = []
    terms = tournament.round_info(staked).terms
    for step in (
        lambda: None,
        lambda: rounds.until(terms.locks_at),
        lambda: tournament.lock(staked, sender=accounts[1]),
        lambda: tournament.publish_opened(staked, b"\x22" * 32, sender=accounts[1]),
        lambda: rounds.until(terms.resolves_at),
        lambda: tournament.propose(staked, b"\x33" * 32, 1, b"\x01" * 32, sender=accounts[1]),
        lambda: rounds.until(terms.resolves_at + 25 * HOUR),
        lambda: rounds.until(terms.resolves_at + 150 * HOUR),
        lambda: rounds.until(terms.expires_at),
        lambda: tournament.settle_expired(staked, [0, 1], sender=accounts[1]),
    ):
        step()
        states.append((*seen(), int(asked())))
    assert states == [
        ("open", "submit", 2),
        ("ended", "lock", 4),
        ("locked", "publish", 8),
        ("opened", "outcome", 16),
        ("opened", "propose", 16),
        ("proposed", "window", 32),
        ("final", "settle", 64),
        ("final", "settle", 64),
        ("expired", "settle-expired", 256),
        ("closed", None, 512),
    ]


def test_status__locked__has_all_that_is_fixed(run, done, staked, rounds):
    rounds.lock(staked)
    printed = done("status", staked)
    assert printed["waiting"] == {"nmr": "300", "models": 3, "groups": 2}
    assert (printed["at_risk"], printed["factor"], printed["clip"], printed["granted"]) == ("300", "1", "0.05", "15")
    assert printed["opened_list"] == "0x" + "22" * 32
    assert printed["root"] is None
    result = run("round", "status", staked)
    assert "waits           300 NMR of 3 models in 2 groups\n" in result.stdout
    assert "next            Its outcome is awaited until " in result.stdout


def test_status__unknown__is_refused(refused, staked):
    assert refused(1, "status", 7) == "Round 7 is not open yet: the next round of its place is round 3."
    assert refused(2, "status", "x").startswith("Invalid value for 'ROUND'")


def test_list__rounds__a_line_each(run, done, staked, rounds, tournament):
    rounds.lock(staked)
    rounds.open()
    printed = done("list")
    assert [(entry["round"], entry["state"], entry["staked"]) for entry in printed] == [
        (0, "opened", "300"),
        (1, "open", "0"),
    ]
    lines = run("round", "list").stdout.splitlines()
    assert lines[0].strip() == "Rounds 0 to 1"
    assert [[cell.strip() for cell in line.split("│")[1:4]] for line in lines[4:6]] == [
        ["0", "unsealed", "outcome"],
        ["1", "open for submissions", "submit"],
    ]


def test_list__none__says_so(run, done, refused, local_suite):
    assert run("round", "list").stdout == "No round was opened yet; the first will be 0.\n"
    assert done("list") == []
    assert refused(1, "status", 0) == "Round 0 is not open yet: the next round of its place is round 0."


def test_list__unknown_tournament__is_refused(refused, local_suite):
    said = refused(1, "list", "--tournament", "crypto")
    assert said == "There is no tournament 'crypto'. Name one with --tournament: classic."


def test_list__no_record__is_refused(refused, records):
    assert refused(3, "list") == f"There is no deployment record {records / 'ethereum' / 'local.json'}."


@pytest.mark.parametrize("command", ["open", "lock", "publish", "status", "list", "veto", "void", "settle-expired"])
def test_help__each_command__shows_an_example(run, command):
    result = run("round", command, "--help", network=None)
    assert result.exit_code == 0
    assert f"Example: ape run round {command}" in result.stdout


# packages and places


def test_open__package__is_logged_and_its_manifest_stored(run, done, refused, tournament, tmp_path):
    universe, features = tmp_path / "universe.csv", tmp_path / "features.csv"
    universe.write_text("id\nn1\n")
    features.write_text("id,one\nn1,0.5\n")
    printed = done("open", "--package", features, "--package", universe, "--account", OPERATOR)
    found = done("package", universe, features, "--of", 0)
    assert (found["package"], found["agrees"]) == (printed["package"], True)
    assert [each["name"] for each in found["files"]] == ["features.csv", "universe.csv"]
    digest = printed["package"].removeprefix("0x")
    manifest = (tmp_path / "store" / digest[:2] / digest).read_bytes()
    assert keccak(manifest).hex() == digest
    universe.write_text("id\nn2\n")
    result = run("round", "package", universe, features, "--of", 0)
    assert result.exit_code == 1
    assert f"Round 0 was opened with another package, {printed['package']}." in result.stderr


def test_open__two_files_of_one_name__is_refused(refused, local_suite, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").write_text(folder)
    files = ("--package", tmp_path / "one" / "a.csv", "--package", tmp_path / "two" / "a.csv")
    said = refused(2, "open", *files, "--account", OPERATOR)
    assert said == "Two files of the package are called a.csv: rename one."


def test_places__rounds_that_wait__say_why(done, rounds, staked, tournament):
    ring = tournament.RING()
    found = done("places")
    assert [each["round"] for each in found] == [1, 2, 3, ring]
    assert [each["status"] for each in found] == ["due", "later", "later", "unresolved"]
    assert {each["waiting"] for each in found} == {"0"}


def test_places__for_people__name_the_round_in_the_way(run, staked):
    result = run("round", "places")
    assert result.exit_code == 0
    assert "round 0 has to be resolved first" in result.stdout
