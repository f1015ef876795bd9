# SPDX-License-Identifier: MIT
"""`ape run deploy` and `ape run deploy check`, as a user types them, and the clock of a local chain."""

import json
import time
from pathlib import Path

import pytest
from ape.utils import ZERO_ADDRESS

from nmr.ape import deploy as ape_deploy
from nmr.ape.deploy import AlreadyDeployed, NotAsDeployed, deploy_and_record, require_replaceable
from nmr.deploy.check import Finding
from nmr.deploy.local import HOUR, RING, local_parameters
from nmr.deploy.record import read_record, record_path

EXAMPLE = Path(__file__).parents[2] / "docs" / "deployment.example.toml"
SEPOLIA = "ethereum:sepolia:http://127.0.0.1:1"


@pytest.fixture
def parameters(accounts):
    return local_parameters([account.address for account in accounts])


@pytest.fixture
def refused(run, accounts):
    """The one sentence of a command that is refused, and its exit code; no account sends anything."""

    def refused(*arguments, **options) -> tuple[str, int]:
        before = [account.nonce for account in accounts]
        result = run(*arguments, **options)
        assert [account.nonce for account in accounts] == before
        assert result.stdout == ""
        return result.stderr.strip().splitlines()[-1], result.exit_code

    return refused


@pytest.fixture
def example(tmp_path):
    """The example of a parameters file, with parts of it replaced."""

    def write(*changes: tuple[str, str]) -> Path:
        text = EXAMPLE.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "parameters.toml"
        path.write_text(text)
        return path

    return write


# Deploying


def test_deploy__embedded_chain__deploys_and_records_nothing(run, records):
    result = run("deploy")
    assert result.exit_code == 0, result.stderr
    names = ("Timelock", "Treasury", "Numeraire", "TermsCheck", "Tournament", "Lens", "Pool", "PoolFactory")
    assert [line for line in result.stderr.splitlines() if line] == [f"deploying {name}" for name in names]
    assert "Not recorded: this chain is a fork, or ends with this command." in result.stdout
    assert not records.exists()


def test_deploy__json__has_every_address(run, records, project):
    answer = json.loads(run("deploy", "--json").stdout)
    assert answer["record"] is None
    names = ["timelock", "treasury", "numeraire", "terms-check", "classic", "lens", "classic-pools"]
    assert list(answer["parts"]) == names
    tournament = project.Tournament.at(answer["parts"]["classic"]["address"])
    assert (tournament.RING(), tournament.HOUR()) == (RING, HOUR)


def test_deploy__parameters_file__decides(run, records, project, example):
    path = example(("ring = 4 ", "ring = 3 "), ("first_round = 0", "first_round = 200"))
    result = run("deploy", "--parameters", path, "--account", "TEST::12", "--json")
    assert result.exit_code == 0, result.stderr
    parts = {name: part["address"] for name, part in json.loads(result.stdout)["parts"].items()}
    assert project.Tournament.at(parts["classic"]).RING() == 3
    assert project.Tournament.at(parts["classic"]).FIRST_ROUND() == 200
    assert project.Timelock.at(parts["timelock"]).get_minimum_delay() == 42 * 86_400


def test_deploy_and_record__done__is_recorded_and_agrees(run, records, project, accounts, parameters):
    path = record_path(records, "ethereum", "local")
    record = deploy_and_record(project, accounts[0], parameters, path)
    assert read_record(path) == record
    result = run("deploy", "check")
    assert result.exit_code == 0
    assert "0 changed by governance, 0 wrong." in result.stdout


def test_deploy_and_record__chain_disagrees__writes_nothing(project, accounts, parameters, tmp_path, monkeypatch):
    wrong = Finding("classic", "RING", 4, 5, agrees=False)
    monkeypatch.setattr(ape_deploy, "check_record", lambda *_: [wrong])
    with pytest.raises(NotAsDeployed, match="classic: RING should be 4 and is 5"):
        deploy_and_record(project, accounts[0], parameters, tmp_path / "local.json")
    assert list(tmp_path.iterdir()) == []


def test_deploy_and_record__stops_half_way__writes_nothing(project, accounts, parameters, tmp_path):
    def announce(contract: str) -> None:
        if contract == "Tournament":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deploy_and_record(project, accounts[0], parameters, tmp_path / "local.json", announce)
    assert list(tmp_path.iterdir()) == []


# What is refused before anything is sent


def test_deploy__deployer_has_a_role__is_refused(refused, records, accounts):
    assert refused("deploy", "--account", "TEST::1") == (
        f"Error: {accounts[1].address} would be operator of classic: let an account deploy that has no role.",
        2,
    )


def test_deploy__parameters_are_wrong__is_refused(refused, records, example):
    path = example(("ring = 4 ", "ring = 1000 "))
    sentence = f"Error: {path}: tournaments.classic.ring is 1000: it has to be at most 128."
    assert refused("deploy", "--parameters", path) == (sentence, 2)


def test_deploy__parameters_are_not_there__is_refused(refused, records, tmp_path):
    sentence = f"Error: {tmp_path / 'none.toml'} cannot be read: No such file or directory."
    assert refused("deploy", "--parameters", tmp_path / "none.toml") == (sentence, 2)


def test_deploy__no_node__is_refused(refused, records):
    sentence, code = refused("deploy", network=SEPOLIA)
    assert sentence.startswith("Error: No node answers at the chosen network: ")
    assert code == 3


def test_require_replaceable__no_record__may_be_written(project, chain, tmp_path):
    require_replaceable(tmp_path / "local.json", project, chain.provider)


def test_require_replaceable__suite_is_there__is_refused(local_suite, records, project, chain):
    path = record_path(records, "ethereum", "local")
    with pytest.raises(AlreadyDeployed, match=r"local\.json is there already; --force deploys another and replaces"):
        require_replaceable(path, project, chain.provider)


def test_require_replaceable__local_chain_was_started_anew__may_be_written(local_suite, records, project, chain):
    path = record_path(records, "ethereum", "local")
    record = read_record(path)
    path.write_text(path.read_text().replace(record.parts["classic"].address, ZERO_ADDRESS))
    require_replaceable(path, project, chain.provider)


def test_require_replaceable__record_of_another_chain__is_refused(local_suite, records, project, chain):
    path = record_path(records, "ethereum", "local")
    path.write_text(path.read_text().replace('"chain_id": 1337', '"chain_id": 31337'))
    with pytest.raises(AlreadyDeployed, match=r"deployed on chain 31337, and this is chain 1337\.\) Keep the file"):
        require_replaceable(path, project, chain.provider)


# Checking


def test_check__as_deployed__agrees(run, local_suite, records):
    result = run("deploy", "check")
    assert result.exit_code == 0
    assert "89 compared: 89 agree, 0 changed by governance, 0 wrong." in result.stdout


def test_check__json__has_every_finding(run, local_suite, records):
    record = read_record(record_path(records, "ethereum", "local"))
    answer = json.loads(run("deploy", "check", "--json").stdout)
    assert answer["agrees"] is True
    assert len(answer["findings"]) == 89
    codes = {finding["part"]: finding["found"] for finding in answer["findings"] if finding["what"] == "code"}
    assert codes == {name: part.code_hash for name, part in record.parts.items()}
    assert {
        "part": "classic",
        "what": "RING",
        "recorded": "4",
        "found": "4",
        "agrees": True,
        "governed": False,
    } in answer["findings"]


def test_check__governance_changed_a_role__says_so_and_agrees(run, local_suite, accounts):
    timelock, tournament, governor = local_suite.timelock, local_suite.tournaments["classic"], accounts[3]
    payload = tournament.set_operator.encode_input(accounts[15])
    operation = (tournament.address, 0, payload, b"\x00" * 32, b"\x00" * 32)
    timelock.schedule(*operation, 0, sender=governor)
    timelock.execute(*operation, sender=governor)
    result = run("deploy", "check", "--differences", "--json")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert [finding["what"] for finding in answer["findings"]] == ["operator"]
    assert answer["findings"][0]["found"] == accounts[15].address
    sentence = (
        f"classic: operator was {accounts[1].address} when deployed and is {accounts[15].address} now, "
        "which governance may change"
    )
    assert sentence in run("deploy", "check").stdout.splitlines()


def test_check__record_says_something_else__fails(run, local_suite, records):
    path = record_path(records, "ethereum", "local")
    path.write_text(path.read_text().replace('"ring": 4', '"ring": 5'))
    result = run("deploy", "check", "--differences")
    assert result.exit_code == 1
    assert "classic: RING should be 5 and is 4" in result.stdout.splitlines()
    assert "89 compared: 88 agree, 0 changed by governance, 1 wrong." in result.stdout
    assert json.loads(run("deploy", "check", "--json").stdout)["agrees"] is False


def test_check__no_code_there__fails(run, local_suite, records, accounts):
    path = record_path(records, "ethereum", "local")
    path.write_text(path.read_text().replace(local_suite.timelock.address, accounts[15].address))
    result = run("deploy", "check", "--json")
    assert result.exit_code == 1
    assert [finding["found"] for finding in json.loads(result.stdout)["findings"] if finding["what"] == "code"] == [
        "missing",
        *(part.code_hash for name, part in read_record(path).parts.items() if name != "timelock"),
    ]


def test_check__no_record__is_refused(refused, records):
    path = record_path(records, "ethereum", "local")
    assert refused("deploy", "check") == (f"Error: There is no deployment record {path}.", 3)


def test_check__record_is_no_record__is_refused(refused, records):
    path = record_path(records, "ethereum", "local")
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    sentence = f"Error: {path} is not a valid deployment record: it is some other file."
    assert refused("deploy", "check") == (sentence, 3)


def test_check__record_of_another_chain__fails(run, local_suite, records):
    path = record_path(records, "ethereum", "local")
    path.write_text(path.read_text().replace('"chain_id": 1337', '"chain_id": 1'))
    result = run("deploy", "check")
    assert result.exit_code == 1
    assert "1 compared: 0 agree, 0 changed by governance, 1 wrong." in result.stdout


@pytest.mark.parametrize("command", [["deploy", "--help"], ["deploy", "check", "--help"], ["clock", "--help"]])
def test_help__always__shows_an_example(run, command):
    result = run(*command, network=None)
    assert result.exit_code == 0
    assert f"ape run {command[0]}" in result.stdout
    assert "--network" in result.stdout
    assert "Example" in result.stdout


# The clock


def test_clock__duration__moves_on(run, chain):
    before = chain.provider.get_block("pending").timestamp
    answer = json.loads(run("clock", "+1d2h", "--json").stdout)
    assert answer["time"] - before in range(93_600, 93_660)
    assert chain.blocks.head.timestamp == answer["time"]
    assert abs(answer["time"] - time.time() - answer["ahead"]) < 5


def test_clock__nothing__tells_the_time(run, chain):
    block = chain.blocks.height
    result = run("clock")
    assert result.exit_code == 0
    assert " UTC" in result.stdout
    assert chain.blocks.height == block


@pytest.mark.parametrize("moment", ["locks_at", "resolves_at", "expires_at"])
def test_clock__moment_of_a_round__moves_there(run, local_suite, chain, moment):
    assert run("round", "open", "--account", "TEST::1").exit_code == 0
    result = run("clock", moment, "--round", 0)
    assert result.exit_code == 0, result.stderr
    terms = local_suite.tournaments["classic"].round_info(0).terms
    assert chain.blocks.head.timestamp == getattr(terms, moment)


def test_clock__moment_of_a_round_has_come__stays_where_it_is(run, local_suite, chain):
    assert run("round", "open", "--account", "TEST::1").exit_code == 0
    assert run("clock", "resolves_at", "--round", 0).exit_code == 0
    block = chain.blocks.height
    result = run("clock", "locks_at", "--round", 0)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.endswith("ahead of this computer, locks_at of round 0 has come\n")
    assert chain.blocks.height == block


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["soon"], "Error: The time to move to is 'soon', neither a time from now such as 2h nor a moment such as"),
        (["2020-01-01T00:00Z"], "already: a chain's time does not go back."),
        (["+0s"], "already: a chain's time does not go back."),
        (["locks_at"], "Error: locks_at of which round? Name it with --round."),
        (["+2h", "--round", "0"], "Error: '+2h' is no moment of a round: name one of locks_at,"),
        (
            ["--round", "0"],
            "Error: Which moment of the round? Name one of locks_at, resolves_at, final_at, expires_at.",
        ),
        (["final_at", "--round", "0"], "Error: Round 0 has no final_at yet."),
    ],
)
def test_clock__wrong_wish__is_refused(refused, local_suite, chain, arguments, sentence):
    block = chain.blocks.height
    said, code = refused("clock", *arguments)
    assert sentence in said
    assert code == 2
    assert chain.blocks.height == block
