# SPDX-License-Identifier: MIT
"""`ape run submit`: files sealed for the open round, stored and committed to, and what it refuses."""

import json
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from nmr.sealing.envelope import Purpose, open_sealed
from nmr.sealing.keys import PrivateKey
from nmr.sealing.store import Store
from nmr.sealing.tables import Universe
from tests.integration.round_walk import RoundWalk

STAKER, SUBMITTER, STRANGER = "TEST::4", "TEST::5", "TEST::11"
ZERO = "0x" + "0" * 40
UNIVERSE = Universe.of(["n1", "n2", "n3"])
VALUES = {0: [0.125, 0.5, 0.75], 1: [0.75, 0.25, 0.5], 2: [0.5, 0.25, 1.0]}


class SealingWalk(RoundWalk):
    """Rounds that are sealed to a key."""

    def __init__(self, tournament, accounts, chain, key):
        super().__init__(tournament, accounts, chain)
        self.key = key

    def open(self, **changes):
        return super().open(**{"sealing_key": self.key.public} | changes)


def text_of(values, ids=("n1", "n2", "n3")):
    """A file of predictions, last id first."""
    rows = [f"{identifier},{value}" for identifier, value in zip(ids, values, strict=True)]
    return "\n".join(["id,prediction", *reversed(rows), ""])


@pytest.fixture
def tournament(local_suite):
    return local_suite.tournaments["classic"]


@pytest.fixture
def key():
    """The round's."""
    return PrivateKey.generate()


@pytest.fixture
def rounds(tournament, accounts, chain, key):
    return SealingWalk(tournament, accounts, chain, key)


@pytest.fixture
def store(tmp_path):
    """Where the commands of this test put sealed files."""
    return Store(str(tmp_path / "store"))


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
        (folder / f"{model}.csv").write_text(text_of(VALUES[model]))
    return folder


@pytest.fixture
def universe(tmp_path):
    """The file of the round's ids."""
    path = tmp_path / "universe.csv"
    path.write_bytes(UNIVERSE.content)
    return path


@pytest.fixture
def opened(store, key, tournament, chain):
    """Opens the file that a model committed to in the last block."""

    def predictions(model, number=0):
        content = store.get(committed(chain, tournament)[model])
        purpose = Purpose(chain.provider.chain_id, tournament.address, number, model)
        return open_sealed(content, key, purpose, UNIVERSE).tolist()

    return predictions


@pytest.fixture
def refuses(run, chain, tmp_path):
    """Runs `ape run submit …` that has to be refused in one sentence, with nothing sent."""

    def call(*arguments, code, message, account=STAKER):
        height = chain.blocks.height
        result = run("submit", *arguments, "--account", account)
        assert (result.exit_code, result.stdout) == (code, "")
        assert result.stderr.splitlines()[-1] == f"Error: {message}"
        assert chain.blocks.height == height
        assert not (tmp_path / "store").exists()

    return call


def committed(chain, tournament) -> dict[int, bytes]:
    """What the last block's transaction committed to."""
    [transaction] = chain.blocks.head.transactions
    [event] = tournament.Submitted.from_receipt(chain.provider.get_receipt(transaction.txn_hash.to_0x_hex()))
    return dict(zip(event.models, map(bytes, event.hashes), strict=True))


def test_submit__two_files__seals_stores_and_commits_in_one_transaction(
    run, chain, tournament, rounds, models, files, universe, opened, tmp_path
):
    number = rounds.open()
    result = run(
        *("submit", f"1={files}/1.csv", f"0={files}/2.csv", "--universe", universe, "--account", STAKER, "--json")
    )
    assert result.exit_code == 0, result.stderr
    [transaction] = chain.blocks.head.transactions
    hashes = committed(chain, tournament)
    assert json.loads(result.stdout) == {
        "round": number,
        "models": [
            {"model": 1, "file": f"{files}/1.csv", "hash": f"0x{hashes[1].hex()}"},
            {"model": 0, "file": f"{files}/2.csv", "hash": f"0x{hashes[0].hex()}"},
        ],
        "store": str(tmp_path / "store"),
        "notes": [f"No stake in round {number} yet: models 0-1. A submission without one wins nothing."],
        "transactions": [transaction.txn_hash.to_0x_hex()],
    }
    assert (opened(1), opened(0)) == (VALUES[1], VALUES[2])
    assert [tournament.submitted(number, model) for model in range(3)] == [True, True, False]


def test_submit__folder__commits_to_every_file(run, chain, tournament, rounds, models, files, opened):
    rounds.open()
    result = run("submit", "--folder", files, "--account", STAKER)
    assert result.exit_code == 0, result.stderr
    assert {model: opened(model) for model in range(3)} == VALUES
    assert result.stdout.splitlines()[:3] == [
        f"model {model}  0x{digest.hex()}  {files}/{model}.csv"
        for model, digest in committed(chain, tournament).items()
    ]
    assert "Sealed for round 0, which locks at " in result.stdout
    assert "The ids were not checked: name the round's with --universe." in result.stderr


def test_submit__same_file_for_two_models__nobody_can_tell(run, chain, tournament, rounds, models, files, opened):
    rounds.open()
    assert run("submit", f"0={files}/1.csv", f"1={files}/1.csv", "--account", STAKER).exit_code == 0
    first, second = committed(chain, tournament).values()
    assert first != second
    assert opened(0) == opened(1) == VALUES[1]


def test_submit__store_elsewhere__goes_there(run, chain, tournament, rounds, models, files, tmp_path):
    rounds.open()
    other = tmp_path / "other"
    assert run("submit", f"0={files}/0.csv", "--store", other, "--account", STAKER).exit_code == 0
    [digest] = committed(chain, tournament).values()
    assert keccak(Store(str(other)).get(digest)) == digest
    assert not (tmp_path / "store").exists()


def test_submit__submitter__may(run, tournament, rounds, models, files):
    number = rounds.open()
    assert run("submit", f"2={files}/2.csv", "--account", SUBMITTER).exit_code == 0
    assert tournament.submitted(number, 2)


def test_submit__label__is_of_a_model_that_the_account_owns_or_submits_for(
    run, chain, tournament, rounds, models, files, accounts
):
    for owner, submitter in ((4, ZERO), (11, accounts[5]), (11, ZERO)):
        tournament.register("ridge", submitter, sender=accounts[owner])
    rounds.open()
    for account, model in ((STAKER, 4), (SUBMITTER, 5)):
        assert run("submit", f"ridge={files}/2.csv", "--account", account).exit_code == 0
        assert list(committed(chain, tournament)) == [model]
    (files / "0.csv").rename(files / "ridge.csv")
    result = run("submit", "--folder", files, "--account", STAKER)
    assert list(committed(chain, tournament)) == [1, 2, 4]
    assert result.stdout.splitlines()[2].endswith(f"{files}/ridge.csv")


def test_submit__label_of_nobody__is_refused(refuses, rounds, models, files, accounts):
    rounds.open()
    message = f"No model of {accounts[4].address} has the label 'ridge'."
    refuses(f"ridge={files}/2.csv", code=1, message=message)


def test_submit__label_and_id_of_a_model__is_refused(refuses, tournament, rounds, models, files, accounts):
    tournament.register("ridge", ZERO, sender=accounts[4])
    rounds.open()
    refuses(f"4={files}/2.csv", f"ridge={files}/1.csv", code=2, message="Model 4 is named twice.")


def test_submit__more_than_fit_a_transaction__sends_several(run, tournament, rounds, accounts, tmp_path):
    files = tmp_path / "many"
    files.mkdir()
    encode = tournament.register.encode_input
    for count in (64, 64, 2):
        tournament.multicall([encode("", ZERO)] * count, sender=accounts[4])
    for model in range(130):
        (files / str(model)).write_text(text_of(VALUES[0]))
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


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (text_of([0.1, 0.2, 0.3], ("n1", "n2", "x")), "1 id is not in the round's universe, such as 'x': "
         "is it the file of another round?"),
        (text_of([0.1, 0.2], ("n1", "n2")), "1 of the universe's 3 ids is missing, such as 'n3'."),
        (text_of([0.1, 0.2, 0.3, 0.4], ("n1", "n2", "n3", "n1")), "The id 'n1' is there more than once."),
        (text_of([0.1, "", 0.3]), "1 of 3 predictions is not a number, such as that of 'n2'."),
        (text_of([0.1, "nan", "NaN"]), "2 of 3 predictions are not a number, such as that of 'n3'."),
        (text_of([0.1, 0.2, 1.5]), "1 of 3 predictions is not between 0 and 1, such as 1.5 for 'n3'."),
        (text_of([0.1, 0.2, "inf"]), "1 of 3 predictions is not between 0 and 1, such as inf for 'n3'."),
        (text_of([0.5, 0.5, 0.5]), "All predictions are the same, 0.5."),
    ],
)  # fmt: skip
def test_submit__predictions_not_valid__is_refused(refuses, rounds, models, files, universe, text, problem):
    rounds.open()
    (files / "1.csv").write_text(text)
    message = f"{files}/1.csv: {problem}"
    refuses("--folder", files, "--universe", universe, code=2, message=message)


def test_submit__no_table__is_refused(refuses, rounds, models, files):
    rounds.open()
    (files / "1.csv").write_text("name,value\na,1\n")
    message = f"{files}/1.csv has the columns 'name,value', and has to have id,prediction."
    refuses(f"1={files}/1.csv", code=2, message=message)
    (files / "1.csv").write_text("id,prediction\na,high\n")
    refuses(
        f"1={files}/1.csv", code=2, message=f"{files}/1.csv has 'high' for 'a', where a plain decimal number has to be."
    )


def test_submit__sealing_key_that_keeps_nothing_secret__is_refused(refuses, rounds, models, files):
    rounds.open(sealing_key=b"\x01" + bytes(31))
    message = f"0x01{'00' * 31} is no sealing key: what is sealed to it is secret from nobody."
    refuses(f"0={files}/0.csv", code=2, message=message)


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
    message = "Model 3: Only the model's owner or submitter may submit for it. (submissions: not the submitter)"
    refuses(f"0={files}/0.csv", f"3={files}/1.csv", code=1, message=message)
    message = "Models 0-1: Only the model's owner or submitter may submit for it. (submissions: not the submitter)"
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
    monkeypatch.setattr("nmr.client.session.Session.block_time", 12)
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
    assert "Example: ape run submit 3=predictions.csv --universe universe.csv" in result.stdout


# signed, and brought by somebody else


@pytest.fixture
def signed(run, rounds, models, files, universe, tmp_path):
    """The file of a signature of the staker's over the files of models 0 and 1, for round 0."""
    rounds.open()
    folder = tmp_path / "signed"
    folder.mkdir()
    named = [f"{model}={files / f'{model}.csv'}" for model in (0, 1)]
    result = run("submit", *named, "--universe", universe, "--sign-only", folder, "--account", STAKER, "--json")
    assert result.exit_code == 0, result.stderr
    [path] = json.loads(result.stdout)["signed"]
    return Path(path)


def test_sign_only__files__are_sealed_beside_the_signature_and_nothing_is_sent(signed, tournament, tmp_path):
    facts = json.loads(signed.read_text())
    assert [each["model"] for each in facts["submissions"]] == [0, 1]
    for each in facts["submissions"]:
        content = (signed.parent / f"{each['hash'][2:]}.sealed").read_bytes()
        assert f"0x{keccak(content).hex()}" == each["hash"]
    assert not tournament.submitted(0, 0)
    assert not (tmp_path / "store").exists()


def test_relay__by_a_stranger__stores_and_commits(run, signed, store, tournament):
    result = run("relay", signed, "--account", STRANGER, "--json")
    assert result.exit_code == 0, result.stderr
    printed = json.loads(result.stdout)
    assert (printed["round"], printed["commitments"], printed["notes"]) == (0, 2, [])
    assert [tournament.submitted(0, model) for model in (0, 1, 2)] == [True, True, False]
    for each in json.loads(signed.read_text())["submissions"]:
        assert store.get(bytes.fromhex(each["hash"][2:]))


def test_relay__later_commitment_is_logged__says_so(run, signed, files, tournament, chain, accounts):
    chain.pending_timestamp += 60
    tournament.submit([0], [b"\x55" * 32], sender=accounts[4])
    result = run("relay", signed, "--account", STRANGER, "--json")
    assert result.exit_code == 0, result.stderr
    [note] = json.loads(result.stdout)["notes"]
    assert note.endswith("model 0: a commitment with a higher sequence is logged, and counts.")


def test_relay__submitter_changed_after_signing__skips_that_model(run, signed, tournament, accounts):
    tournament.offer_model(1, accounts[11], sender=accounts[4])
    tournament.accept_model(1, sender=accounts[11])
    result = run("relay", signed, "--account", STRANGER, "--json")
    assert json.loads(result.stdout)["commitments"] == 1
    assert [tournament.submitted(0, model) for model in (0, 1)] == [True, False]


def test_relay__altered_signature__is_refused(run, signed, chain):
    facts = json.loads(signed.read_text())
    signed.write_text(json.dumps(facts | {"sequence": facts["sequence"] - 1}))
    height = chain.blocks.height
    result = run("relay", signed, "--account", STRANGER)
    assert (result.exit_code, chain.blocks.height) == (1, height)
    assert "(submissions: nothing counts)" in result.stderr


def test_relay__sealed_file_is_gone__is_refused(run, signed):
    for path in signed.parent.glob("*.sealed"):
        path.unlink()
    result = run("relay", signed, "--account", STRANGER)
    assert result.exit_code == 1
    assert "The sealed file of model 0 is neither" in result.stderr


def test_relay__another_round__is_refused(run, signed, rounds, tournament):
    rounds.until(tournament.round_info(0).terms.locks_at)
    rounds.open()
    result = run("relay", signed, "--account", STRANGER)
    assert result.exit_code == 1
    assert "is for round 0, and round 1 is open." in result.stderr


@pytest.mark.parametrize("content", ["", "{}", "[" * 9999, '{"format": "nmr-signed 1"}'])
def test_relay__no_signature__is_one_sentence(run, signed, content):
    signed.write_text(content)
    result = run("relay", signed, "--account", STRANGER)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, f"Error: {signed} holds no signed commitments.")
