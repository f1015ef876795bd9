"""`ape run submit`: hashes of files for the open round, and what it refuses."""

import json

import pytest
from eth_utils.crypto import keccak

from tests.integration.round_walk import RoundWalk

STAKER, SUBMITTER, STRANGER = "TEST::4", "TEST::5", "TEST::11"
ZERO = "0x" + "0" * 40


@pytest.fixture
def tournament(local_suite):
    return local_suite.tournaments["classic"]


@pytest.fixture
def rounds(tournament, accounts, chain):
    return RoundWalk(tournament, accounts, chain)


@pytest.fixture
def models(tournament, accounts):
    """Models 0 to 2 of the staker, the last with a submitter, and 3 of a stranger."""
    for submitter in (ZERO, ZERO, accounts[5]):
        tournament.register("", submitter, sender=accounts[4])
    tournament.register("", ZERO, sender=accounts[11])


@pytest.fixture
def files(tmp_path):
    """A folder with predictions of models 0 to 2, named by their ids."""
    folder = tmp_path / "sent"
    folder.mkdir()
    for model in range(3):
        (folder / f"{model}.csv").write_text(f"id,prediction\nn{model},0.5\n")
    return folder


@pytest.fixture
def refuses(run, chain):
    """Runs `ape run submit …` that has to be refused in one sentence, with nothing sent."""

    def call(*arguments, code, message, account=STAKER):
        height = chain.blocks.height
        result = run("submit", *arguments, "--account", account)
        assert (result.exit_code, result.stdout) == (code, "")
        assert result.stderr.splitlines()[-1] == f"Error: {message}"
        assert chain.blocks.height == height

    return call


def committed(chain, tournament) -> dict[int, bytes]:
    """What the last block's transaction committed to."""
    [transaction] = chain.blocks.head.transactions
    [event] = tournament.Submitted.from_receipt(chain.provider.get_receipt(transaction.txn_hash.to_0x_hex()))
    return dict(zip(event.models, map(bytes, event.hashes), strict=True))


def test_submit__two_files__commits_to_keccak_of_each_in_one_transaction(run, chain, tournament, rounds, models, files):
    number = rounds.open()
    result = run("submit", f"1={files}/1.csv", f"0={files}/2.csv", "--account", STAKER, "--json")
    assert result.exit_code == 0, result.stderr
    [transaction] = chain.blocks.head.transactions
    first, second = (keccak((files / name).read_bytes()) for name in ("1.csv", "2.csv"))
    assert json.loads(result.stdout) == {
        "round": number,
        "models": [
            {"model": 1, "file": f"{files}/1.csv", "hash": f"0x{first.hex()}"},
            {"model": 0, "file": f"{files}/2.csv", "hash": f"0x{second.hex()}"},
        ],
        "transactions": [transaction.txn_hash.to_0x_hex()],
    }
    assert committed(chain, tournament) == {1: first, 0: second}
    assert [tournament.submitted(number, model) for model in range(3)] == [True, True, False]


def test_submit__folder__commits_to_every_file(run, chain, tournament, rounds, models, files):
    rounds.open()
    result = run("submit", "--folder", files, "--account", STAKER)
    assert result.exit_code == 0, result.stderr
    hashes = {model: keccak((files / f"{model}.csv").read_bytes()) for model in range(3)}
    assert committed(chain, tournament) == hashes
    assert result.stdout.splitlines()[:3] == [
        f"model {model}  0x{content.hex()}  {files}/{model}.csv" for model, content in hashes.items()
    ]
    assert "Submitted for round 0, which locks at " in result.stdout


def test_submit__submitter__may(run, tournament, rounds, models, files):
    number = rounds.open()
    assert run("submit", f"2={files}/2.csv", "--account", SUBMITTER).exit_code == 0
    assert tournament.submitted(number, 2)


def test_submit__more_than_fit_a_transaction__sends_several(run, tournament, rounds, accounts, tmp_path):
    files = tmp_path / "many"
    files.mkdir()
    encode = tournament.register.encode_input
    for count in (64, 64, 2):
        tournament.multicall([encode("", ZERO)] * count, sender=accounts[4])
    for model in range(130):
        (files / str(model)).write_text(str(model))
    number = rounds.open()
    result = run("submit", "--folder", files, "--account", STAKER, "--json")
    assert result.exit_code == 0, result.stderr
    assert len(json.loads(result.stdout)["transactions"]) == 2
    assert all(tournament.submitted(number, model) for model in (0, 127, 128, 129))


def test_submit__paused__works(run, tournament, rounds, models, files, accounts):
    rounds.open()
    tournament.pause(sender=accounts[2])
    assert run("submit", f"0={files}/0.csv", "--account", STAKER).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Which files? Write MODEL=FILE, or name a folder with --folder."),
        (["0={files}/0.csv", "--folder", "{files}"], "Which files? Write MODEL=FILE, or name a folder with --folder."),
        (["{files}/0.csv"], "'{files}/0.csv' is not MODEL=FILE, such as 3=predictions.csv."),
        (["0={files}/0.csv", "0={files}/1.csv"], "Model 0 is named twice: {files}/0.csv and {files}/1.csv."),
        (["0={files}/9.csv"], "There is no file {files}/9.csv."),
        (["0={files}"], "{files} cannot be read: Is a directory."),
        (["--folder", "{files}/none"], "The folder {files}/none cannot be read: No such file or directory."),
    ],
)
def test_submit__bad_files__is_refused(refuses, rounds, models, files, arguments, message):
    rounds.open()
    named = [argument.format(files=files) for argument in arguments]
    refuses(*named, code=2, message=message.format(files=files))


def test_submit__empty_file__is_refused(refuses, rounds, models, files):
    rounds.open()
    (files / "1.csv").write_text("")
    refuses("--folder", files, code=2, message=f"{files}/1.csv is empty.")


def test_submit__unknown_model__is_refused(refuses, rounds, models, files):
    rounds.open()
    message = "There is no model 4: the last is 3."
    refuses(f"0={files}/0.csv", f"4={files}/1.csv", code=1, message=message)


def test_submit__neither_owner_nor_submitter__is_refused_by_the_models_id(refuses, rounds, models, files):
    rounds.open()
    message = "Model 3: Only the model's owner or submitter may submit for it. (models: not the submitter)"
    refuses(f"0={files}/0.csv", f"3={files}/1.csv", code=1, message=message)
    message = "Models 0-1: Only the model's owner or submitter may submit for it. (models: not the submitter)"
    refuses("--folder", files, code=1, message=message, account=SUBMITTER)


def test_submit__no_round__is_refused(refuses, models, files):
    refuses(f"0={files}/0.csv", code=1, message="No round is open: none was opened yet.")


def test_submit__window_closed__is_refused(refuses, rounds, models, files):
    number = rounds.open()
    rounds.lock(number)
    refuses(f"0={files}/0.csv", code=1, message="No round is open: the latest, 0, is closed.")


def test_submit__locks_before_the_next_block__is_refused(
    refuses, rounds, models, files, tournament, monkeypatch, chain
):
    number = rounds.open()
    monkeypatch.setattr(type(chain.provider.network), "block_time", 12)
    rounds.until(tournament.round_info(number).terms.locks_at - 10)
    chain.mine()
    refuses(f"0={files}/0.csv", code=1, message="Round 0 locks in 9 s, before the next block: too late.")


def test_submit__no_account__is_refused(run, rounds, models, files):
    result = run("submit", f"0={files}/0.csv")
    assert result.exit_code == 2
    assert result.stderr.endswith(
        "Error: Whose account? Choose one with --account, such as TEST::4 on a local chain.\n"
    )


def test_submit__no_record__is_refused(refuses, records, files):
    message = f"There is no deployment record {records}/ethereum/local.json."
    refuses(f"0={files}/0.csv", code=3, message=message)


def test_submit__help__shows_an_example(run):
    result = run("submit", "--help", network=None)
    assert result.exit_code == 0
    assert "Example: ape run submit 3=predictions.csv 4=other.csv" in result.stdout
