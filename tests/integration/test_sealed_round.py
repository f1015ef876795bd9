# SPDX-License-Identifier: MIT
"""A round of sealed submissions by the commands alone: keys, submit, opening, resolve from the store, verify."""

import stat
from shutil import rmtree

import pytest

from nmr.sealing.documents import OpeningList
from nmr.sealing.keys import PrivateKey, write_key
from nmr.text.amounts import NMR
from tests.integration.round_walk import RoundWalk
from tests.integration.sealed_round import OPERATOR, STAKER, UNIVERSE, SealedRound, predictions_of

ZERO = "0x" + "0" * 40
MODELS = range(6)


@pytest.fixture
def tournament(local_suite, accounts):
    tournament = local_suite.tournaments["classic"]
    local_suite.numeraire.approve(tournament, 1_000 * NMR, sender=accounts[4])
    for _ in MODELS:
        tournament.register("", ZERO, sender=accounts[4])
    return tournament


@pytest.fixture
def sealed(run, tournament, accounts, chain, tmp_path):
    """A round, open, with 10 NMR and more of each model at stake."""
    round_ = SealedRound(run, RoundWalk(tournament, accounts, chain), tmp_path)
    round_.open()
    for model in MODELS:
        tournament.stake(model, (10 + model) * NMR, sender=accounts[4])
    return round_


@pytest.fixture
def closed(sealed):
    """The round, submitted, opened, resolved and closed; model 5 did not submit."""
    sealed.submit({model: predictions_of(model) for model in range(5)})
    sealed.lock()
    sealed.opening()
    sealed.propose()
    sealed.close()
    return sealed


@pytest.fixture
def refused(run, chain):
    """Runs a command that has to fail with a code and send nothing, and gives what it said."""

    def invoke(code, *arguments):
        height = chain.blocks.height
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (code, ""), result.stdout
        assert chain.blocks.height == height
        return result.stderr.strip().splitlines()[-1].removeprefix("Error: ")

    return invoke


# an honest round


def test_sealed_round__from_key_to_verification__agrees(closed, run):
    auditor = closed.hand_over()
    verified = closed.do("verify", closed.number, "--key", auditor, "--targets", closed.targets)
    assert verified["agrees"] and verified["findings"] == verified["notes"] == []
    assert verified["root"] == f"0x{closed.walk.tournament.round_info(closed.number).root.hex()}"
    assert [check["model"] for check in verified["models"]] == list(MODELS)
    assert all(check["right"] and check["computed"] == check["on_chain"] for check in verified["models"])
    assert [check["reason"] for check in verified["models"]] == [None] * 5 + ["It committed to no file."]
    scores = [check["computed"] for check in verified["models"]]
    assert scores[5] == ["0", "0"] and len({tuple(score) for score in scores}) == 6
    printed = run("verify", closed.number, "--key", auditor)
    assert printed.exit_code == 0
    assert printed.stdout.splitlines()[-1] == "Round 0 is right."


def test_sealed_round__before_its_window_is_over__the_guardian_can_check_it_with_the_rounds_key(sealed):
    sealed.submit({model: predictions_of(model) for model in range(6)})
    sealed.lock()
    sealed.opening()
    [key] = (sealed.folder / "keys").rglob("round-0.key")
    assert sealed.do("verify", 0, "--key", key)["notes"] == [
        "No scores stand proposed, so only the opening was checked."
    ]
    sealed.propose()
    assert sealed.do("verify", 0, "--key", key)["agrees"]


def test_sealed_round__every_fault__is_listed_and_scores_nothing(sealed, run, accounts):
    tournament = sealed.walk.tournament
    hashes = sealed.submit({model: predictions_of(model) for model in range(5)})
    sealed.path_of(hashes[0]).unlink()
    sealed.path_of(hashes[1]).write_bytes(sealed.path_of(hashes[2]).read_bytes())
    tournament.submit([3], [hashes[2]], sender=accounts[4])
    opposite = predictions_of(4)
    opposite["prediction"] = 1 - opposite["prediction"]
    last = sealed.submit({4: opposite})
    sealed.lock()
    opened = sealed.opening()
    assert opened["valid"] == [2, 4]
    assert opened["refused"] == [
        {"model": 0, "reason": "The store does not have the file."},
        {"model": 1, "reason": "The store has another file in its place."},
        {"model": 3, "reason": "It was sealed for model 2, not 3."},
    ]
    listing = OpeningList.parse(sealed.path_of(bytes(tournament.round_info(0).opened_list)).read_bytes())
    assert listing.entries[4].file == last[4] != hashes[4]
    assert (listing.universe, listing.digest.hex()) == (UNIVERSE.digest, opened["opened_list"][2:])
    sealed.propose()
    sealed.close()
    checks = {check["model"]: check for check in sealed.do("verify", 0, "--key", sealed.hand_over())["models"]}
    assert [model for model in MODELS if checks[model]["computed"] != ["0", "0"]] == [2, 4]
    assert all(check["right"] for check in checks.values())
    assert [tournament.idle_of(model) for model in (0, 1, 3, 5)] == [(10 + model) * NMR for model in (0, 1, 3, 5)]


def test_sealed_round__file_shown_after_the_outcome_is_known__stays_out(sealed):
    """The selective reveal: commit to a file, keep it back, and deliver it if the outcome is kind to it."""
    hashes = sealed.submit({model: predictions_of(model) for model in range(3)})
    path = sealed.path_of(hashes[0])
    kept = path.read_bytes()
    path.unlink()
    sealed.lock()
    assert sealed.opening()["valid"] == [1, 2]
    path.write_bytes(kept)
    sealed.propose()
    sealed.close()
    assert sealed.walk.tournament.idle_of(0) == 10 * NMR
    verified = sealed.do("verify", 0, "--key", sealed.hand_over())
    assert verified["agrees"]
    assert verified["notes"] == [
        "Model 0: the opening list calls its submission not valid (The store does not have the file), and its file is "
        "in the store now, so it came late or was left out."
    ]


# lies


def test_verify__score_that_the_operator_made_up__is_named_and_ends_with_1(sealed, run):
    sealed.submit({model: predictions_of(model) for model in range(6)})
    sealed.lock()
    sealed.opening()
    tournament = sealed.walk.tournament
    sealed.walk.until(tournament.round_info(0).terms.resolves_at)
    lie = sealed.folder / "lie.csv"
    rows = [f"{model},{'0.5' if model == 3 else '0'},0" for model in MODELS]
    lie.write_text("\n".join(["model,primary,contribution", *rows, ""]))
    sealed.do("resolve", 0, "--scores", lie, "--account", OPERATOR, code=4)
    info = tournament.round_info(0)
    sealed.walk.until(info.final_at)
    sealed.do("resolve", 0, "--scores", lie, "--account", OPERATOR)
    auditor = sealed.hand_over()
    verified = sealed.do("verify", 0, "--key", auditor, "--targets", sealed.targets, code=1)
    assert not verified["agrees"]
    assert any(finding.startswith("The evidence on the chain cannot be read: ") for finding in verified["findings"])
    assert any(
        finding.startswith("Model 3: its primary score is 0.5 on the chain, and has to be ")
        for finding in verified["findings"]
    )
    printed = run("verify", 0, "--key", auditor, "--targets", sealed.targets)
    assert printed.exit_code == 1
    assert "WRONG" in printed.stdout and "Model 3: its primary score is 0.5 on the chain" in printed.stdout


def test_verify__file_swapped_in_the_store__is_named(closed):
    listing = OpeningList.parse(closed.path_of(bytes(closed.walk.tournament.round_info(0).opened_list)).read_bytes())
    files = {entry.model: closed.path_of(entry.file) for entry in listing.entries}
    files[2].write_bytes(files[1].read_bytes())
    verified = closed.do("verify", 0, "--key", closed.hand_over(), code=1)
    assert verified["findings"] == [
        "Model 2: the opening list calls its submission valid, and now: The store has another file in its place."
    ]


# keys


def test_keys__new_and_show__print_the_public_half_only(run, tournament, sealed, chain):
    made = run("keys", "new")
    shown = run("keys", "show", 1)
    assert made.exit_code == shown.exit_code == 0
    assert made.stdout == shown.stdout
    facts = dict(line.split(None, 1) for line in made.stdout.splitlines()[:3])
    assert facts["round"] == "1" and facts["recipient"].startswith("age1")
    [path] = (sealed.folder / "keys").rglob("round-1.key")
    genesis = chain.provider.web3.eth.get_block(0)["hash"]
    assert path.parts[-3:-1] == (f"1337-{genesis.hex()[:8]}", tournament.address.lower())
    assert made.stdout.splitlines()[3].endswith(str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "SECRET" in path.read_text() and "SECRET" not in made.stdout + made.stderr
    sealed.walk.until(tournament.round_info(0).terms.locks_at)
    sealed.open()
    assert f"0x{bytes(tournament.round_info(1).terms.sealing_key).hex()}" == facts["sealing_key"]


def test_keys__again_or_too_late__is_refused(refused, sealed):
    assert refused(2, "keys", "new", 0) == "Round 0 was opened already: its sealing key cannot be another any more."
    sealed.run("keys", "new", 1)
    said = refused(2, "keys", "new", 1)
    assert said.startswith("There is a key file ") and said.endswith(" already, and none is written over.")
    assert refused(2, "keys", "show", 7).startswith("There is no key file ")


def test_keys__auditor_again__prints_the_same_key_and_writes_over_nothing(run, tmp_path):
    path, public = tmp_path / "auditor.key", tmp_path / "auditor.pub"
    made = run("keys", "auditor", path, network=None)
    assert made.exit_code == 0 and made.stdout.startswith("age1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    for _ in range(2):
        again = run("keys", "auditor", path, "--output", public, network=None)
        assert (again.exit_code, again.stdout) == (0, made.stdout)
        assert again.stderr.splitlines() == [f"{path} has a key already, which stays as it is."]
        assert (path.read_bytes(), public.read_text()) == (before, made.stdout)


def test_keys__auditor_where_something_else_is__is_refused_and_nothing_made(run, tmp_path):
    path, public = tmp_path / "auditor.key", tmp_path / "auditor.pub"
    public.write_text("of another")
    refused = run("keys", "auditor", path, "--output", public, network=None)
    assert (refused.exit_code, refused.stdout, path.exists()) == (2, "", False)
    assert refused.stderr == f"Error: There is a file {public} already, and it is not written over.\n"
    path.write_text("nothing")
    refused = run("keys", "auditor", path, network=None)
    assert (refused.exit_code, refused.stdout, path.read_text()) == (2, "", "nothing")
    assert refused.stderr.startswith(f"Error: {path} is no key file. ")


def test_keys__public_key_cannot_be_written__leaves_no_key_behind(run, tmp_path):
    path, public = tmp_path / "auditor.key", tmp_path / "none" / "auditor.pub"
    refused = run("keys", "auditor", path, "--output", public, network=None)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == f"Error: {public} cannot be written: No such file or directory.\n"
    assert not any(tmp_path.iterdir())


def test_keys__file_that_others_may_read__is_taken_and_said(run, tmp_path):
    path = tmp_path / "auditor.key"
    run("keys", "auditor", path, network=None)
    path.chmod(0o644)
    said = run("keys", "auditor", path, network=None).stderr.splitlines()
    assert said[0] == f"Others may read {path}: chmod 600 keeps it to yourself."


def test_hand_over__before_the_lock__is_refused(refused, sealed):
    to = PrivateKey.generate().recipient
    said = refused(1, "keys", "hand-over", 0, "--to", to)
    assert said == (
        "Round 0 is open for submissions, and cannot be handed to auditors: that takes one that is locked, unsealed, "
        "proposed, final or closed."
    )


def test_hand_over__from_the_lock_on__lets_a_guardian_verify_within_the_window(sealed):
    sealed.submit({0: predictions_of(0)})
    sealed.lock()
    guardian = sealed.hand_over()
    sealed.opening()
    sealed.propose()
    verified = sealed.do("verify", 0, "--key", guardian, "--targets", sealed.targets)
    assert verified["agrees"]


def test_hand_over__to_nobody_known__is_refused(refused, closed, tmp_path):
    assert (
        refused(2, "keys", "hand-over", 0, "--to", "age1nobody")
        == "'age1nobody' is no public key of age's. It is not Bech32."
    )
    missing = tmp_path / "nobody.pub"
    assert refused(2, "keys", "hand-over", 0, "--to", missing) == f"There is no key file {missing}."
    missing.write_text("# nothing")
    assert refused(2, "keys", "hand-over", 0, "--to", missing) == f"{missing} has no public key of age's (age1…) in it."


def test_verify__key_that_it_was_not_handed_to__is_refused(refused, closed, run):
    other = closed.folder / "other.key"
    recipient = run("keys", "auditor", other, network=None).stdout.strip()
    said = refused(2, "verify", 0, "--key", other)
    assert said == f"The key of round 0 was not handed over: there is none in {closed.store}."
    closed.hand_over()
    assert refused(2, "verify", 0, "--key", other) == f"The round's key was not handed over to {recipient}."


# the rest of what is refused


def test_opening__not_locked_or_twice__is_refused(refused, sealed):
    opening = ("round", "opening", 0, "--universe", sealed.universe, "--account", OPERATOR)
    sealed.submit({0: predictions_of(0)})
    message = "Round 0 is {}, and cannot be given its list of opened submissions: that takes one that is locked."
    assert refused(1, *opening) == message.format("open for submissions")
    sealed.lock()
    sealed.opening()
    assert refused(1, *opening) == message.format("unsealed")


def test_opening__without_key_store_or_universe__is_refused(refused, sealed):
    sealed.lock()
    opening = ("round", "opening", 0, "--account", OPERATOR, "--universe")
    # The package's manifest made it.
    rmtree(sealed.store)
    assert refused(2, *opening, sealed.universe) == f"There is no store {sealed.store}."
    sealed.store.mkdir()
    other = sealed.folder / "other.key"
    write_key(other, PrivateKey.generate(), "another")
    assert refused(2, *opening, sealed.universe, "--key", other).startswith("The key is not that of round 0: ")
    wrong = sealed.folder / "wrong.csv"
    wrong.write_text("name\na\n")
    assert refused(2, *opening, wrong) == f"{wrong} has the columns 'name', and has to have id."


def test_resolve__from_the_store_too_early_or_with_other_targets__is_refused(refused, sealed):
    sealed.submit({0: predictions_of(0)})
    sealed.lock()
    sealed.opening()
    sealed.walk.until(sealed.walk.tournament.round_info(0).terms.resolves_at)
    resolve = ("resolve", 0, "--account", OPERATOR)
    said = "No scores are proposed for round 0: name its outcome with --targets, or its scores with --scores."
    assert refused(2, *resolve, "--store", sealed.store) == said
    wrong = sealed.folder / "wrong.csv"
    wrong.write_text("id,target\nn0000,0.5\nn0001,1\n")
    said = f"{wrong} cover 2 of the universe's 40 ids, fewer than 80%."
    assert refused(2, *resolve, "--targets", wrong) == said


def test_submit__after_the_lock__is_refused(refused, sealed):
    path = sealed.folder / "0.csv"
    predictions_of(0).to_csv(path, index=False)
    sealed.lock()
    assert refused(1, "submit", f"0={path}", "--account", STAKER) == "No round is open: the latest, 0, is locked."


def test_open__sealing_key_by_itself_and_in_a_file__is_refused(refused, tmp_path, local_suite):
    key = tmp_path / "own.key"
    write_key(key, PrivateKey.generate(), "own")
    said = refused(2, "round", "open", "--sealing-key", "11" * 32, "--key", key, "--account", OPERATOR)
    assert said == "Name the sealing key either by itself or with --key."


COMMANDS = ("keys new", "keys show", "keys auditor", "keys hand-over", "verify", "round opening")


@pytest.mark.parametrize("command", COMMANDS)
def test_help__sealing__shows_an_example(run, command):
    result = run(*command.split(), "--help", network=None)
    assert result.exit_code == 0
    assert f"Example: ape run {command} " in " ".join(result.stdout.split()) + " "
