# SPDX-License-Identifier: MIT
"""`ape run resolve …`, by the operator and by anybody: step by step, stopped and run again, and what it refuses."""

import json

import pytest
from eth_utils.crypto import keccak

from nmr.chain.node import NodeError, NodeUnreachable
from nmr.client.session import Session
from nmr.deploy.local import HOUR
from nmr.protocol.chunk_tree import ChunkTree, encode
from nmr.protocol.score_words import encode_chunks
from nmr.rounds.scores_file import format_scores
from nmr.text.amounts import NMR, SCORE
from tests.integration.round_walk import RoundWalk

OPERATOR, GUARDIAN, STAKER, STRANGER = "TEST::1", "TEST::2", "TEST::4", "TEST::11"
ZERO = "0x" + "0" * 40
REGISTERED = 1_204
MODELS = (0, 1, 2, 5, 1_200, 1_202)
"""In groups 0, 1 and 300: two chunks. Model 3 has a stake, too, but no submission."""
UP, DOWN, FLAT = (SCORE // 25, 0), (-SCORE // 25, 0), (0, 0)
"""Under the usual terms, of 0.5 for the primary score, 2% of the stake up and down."""
SCORES = {0: UP, 1: DOWN, 2: FLAT, 5: UP, 1_200: DOWN, 1_202: UP}
IDLE = [102, 98, 100, 102, 98, 102, 100]
"""NMR of `MODELS` and model 3 when all is settled to idle."""
IDLED = "all returned to the models' withdrawable balance"


@pytest.fixture(scope="module")
def registered(local_deployment, accounts):
    """`REGISTERED` models of the staker."""
    suite, _ = local_deployment
    tournament = suite.tournaments["classic"]
    staker = accounts[4]
    suite.numeraire.approve(tournament, 10_000 * NMR, sender=staker)
    encode = tournament.register.encode_input
    for first in range(0, REGISTERED, 64):
        labels = [f"model {i}" for i in range(first, min(first + 64, REGISTERED))]
        tournament.multicall([encode(label, ZERO) for label in labels], sender=staker)


@pytest.fixture
def tournament(registered, local_suite):
    return local_suite.tournaments["classic"]


@pytest.fixture
def rounds(tournament, accounts, chain):
    return RoundWalk(tournament, accounts, chain)


@pytest.fixture
def staked(tournament, rounds, accounts):
    """Round 0, open, with 100 NMR of each of `MODELS`, which submitted, and of model 3, which did not."""
    rounds.open()
    encode = tournament.stake.encode_input
    tournament.multicall([encode(model, 100 * NMR) for model in (*MODELS, 3)], sender=accounts[4])
    tournament.submit(list(MODELS), [b"\x44" * 32] * len(MODELS), sender=accounts[4])
    return 0


@pytest.fixture
def due(tournament, staked, rounds):
    """Round 0, locked and published, when its outcome is known."""
    rounds.lock(staked)
    rounds.until(tournament.round_info(staked).terms.resolves_at)
    return staked


@pytest.fixture
def write(tmp_path):
    """Writes a scores file."""

    def written(scores=SCORES, name="scores.csv"):
        path = tmp_path / name
        path.write_text(scores if isinstance(scores, str) else format_scores(scores))
        return path

    return written


@pytest.fixture
def resolve(run):
    """Runs `ape run resolve … --json` and gives its exit code and what it printed."""

    def invoke(*arguments, account=OPERATOR):
        chosen = ["--account", account] if account else []
        result = run("resolve", *arguments, *chosen, "--json")
        assert result.exit_code in (0, 4), result.stderr
        printed = json.loads(result.stdout)
        assert (result.exit_code == 0) == (printed["state"] == "closed")
        return [step["action"] for step in printed["done"]], printed["next"] and printed["next"]["step"]

    return invoke


@pytest.fixture
def refused(run, chain):
    """Runs `ape run resolve …`, which has to fail with a code and send nothing, and gives what it said."""

    def invoke(code, *arguments, account=OPERATOR):
        height = chain.blocks.height
        chosen = ["--account", account] if account else []
        result = run("resolve", *arguments, *chosen)
        assert (result.exit_code, result.stdout) == (code, "")
        assert chain.blocks.height == height
        return result.stderr.strip().splitlines()[-1].removeprefix("Error: ")

    return invoke


def final(rounds, tournament, round_id=0):
    """Let the window end."""
    rounds.until(tournament.round_info(round_id).final_at)
    rounds.chain.mine()


def idle(tournament):
    return [tournament.idle_of(model) / NMR for model in (*MODELS, 3)]


# step by step


def test_resolve__run_again_and_again__leads_to_the_close(resolve, tournament, staked, rounds, write, accounts):
    scores = write()
    terms = tournament.round_info(staked).terms
    assert resolve(staked, "--scores", scores) == ([], "submit")
    rounds.until(terms.locks_at)
    assert resolve(staked, "--scores", scores, account=STRANGER) == (["lock"], "publish")
    tournament.publish_opened(staked, b"\x22" * 32, sender=accounts[1])
    assert resolve(staked, "--scores", scores) == ([], "outcome")
    rounds.until(terms.resolves_at)
    assert resolve(staked, "--scores", scores) == (["propose"], "window")
    assert resolve(staked, "--scores", scores) == ([], "window")
    final(rounds, tournament)
    assert resolve(staked, "--scores", scores, account=STRANGER) == (["settle", "settle"], None)
    assert idle(tournament) == IDLE
    assert resolve(staked, "--scores", scores, account=None) == ([], None)


def test_resolve__for_people__says_what_it_did_and_what_comes_next(run, tournament, due, rounds, write):
    scores = write()
    result = run("resolve", due, "--scores", scores, "--account", OPERATOR)
    assert result.exit_code == 4
    first, second = result.stdout.splitlines()
    root = tournament.round_info(due).root.hex()
    assert first == (
        f"Proposed scores for round 0, 7 models at stake in 2 chunks: root 0x{root}, "
        f"evidence 0x{keccak(scores.read_bytes()).hex()}."
    )
    assert second.startswith("Round 0 is proposed. The guardian can veto the root until ")
    final(rounds, tournament)
    result = run("resolve", due, "--scores", scores, "--account", STRANGER)
    assert result.stdout.splitlines() == [
        f"Settled chunk 1 of 2: 500 NMR at stake, 4 rewarded, 2 burned; {IDLED}.",
        f"Settled chunk 2 of 2: 200 NMR at stake, 2 rewarded, 2 burned; {IDLED}.",
        "Round 0 is closed.",
    ]
    assert result.exit_code == 0


def test_resolve__opened_list_missing__says_which_command(run, tournament, staked, rounds, write):
    rounds.until(tournament.round_info(staked).terms.locks_at)
    result = run("resolve", staked, "--scores", write(), "--account", OPERATOR)
    assert result.exit_code == 4
    lines = result.stdout.splitlines()
    assert lines[0] == "Locked round 0 with 700 NMR at risk."
    assert lines[1].startswith(
        "Round 0 is locked. Its submissions have to be opened, and the list of them published (operator) until "
    )
    assert lines[1].endswith(": ape run round opening 0 --universe FILE --account ALIAS")


def test_resolve__evidence__is_its_files_hash(run, tournament, due, write, tmp_path):
    evidence = tmp_path / "evidence.tar"
    evidence.write_bytes(b"all of it")
    run("resolve", due, "--scores", write(), "--evidence", evidence, "--account", OPERATOR)
    assert tournament.round_info(due).evidence == keccak(b"all of it")


@pytest.fixture
def followed(tournament, due, rounds, resolve, write, accounts):
    """Round 0, final with its scores, with rounds 1 to 3 behind it; models 0 and 1 stay in."""
    tournament.set_policy(0, 100 * NMR, False, sender=accounts[4])
    tournament.set_policy(1, 100 * NMR, True, sender=accounts[4])
    resolve(due, "--scores", write())
    for _ in range(3):
        locks_at = rounds.chain.pending_timestamp + 2 * HOUR
        rounds.open(locks_at=locks_at)
        rounds.until(locks_at)
    final(rounds, tournament)
    return due


@pytest.mark.parametrize(("moment", "successor"), [("unopened", 4), ("open", 4), ("last hour", 8), ("locked", 8)])
def test_resolve__any_moment__the_same_goes_on_and_to_idle(run, tournament, followed, rounds, write, moment, successor):
    if moment != "unopened":
        locks_at = tournament.round_info(rounds.open()).terms.locks_at
        if moment != "open":
            rounds.until(locks_at - HOUR + 5 if moment == "last hour" else locks_at)
    result = run("resolve", followed, "--scores", write(), "--account", STRANGER)
    assert f"4 rewarded, 2 burned; 198 go on into round {successor}, 304 to idle." in result.stdout
    assert [tournament.position(successor, model) / NMR for model in (0, 1)] == [100, 98]


def test_resolve__wait__polls_the_chain_to_the_end(run, tournament, due, rounds, write, monkeypatch):
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        rounds.until(rounds.chain.pending_timestamp + 20 * HOUR)

    monkeypatch.setattr("nmr.cli.resolving.sleep", sleep)
    result = run("resolve", due, "--scores", write(), "--account", OPERATOR, "--wait")
    assert result.exit_code == 0, result.stderr
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["Proposed", "Settled", "Settled", "Round"]
    said = result.stderr.splitlines()
    assert said[0].startswith("Waiting. Round 0 is proposed. The guardian can veto the root until ")
    assert len(said) == 1
    assert set(slept) == {1}


def test_resolve__only_to_propose__is_done_when_the_scores_are_proposed(run, tournament, staked, rounds, write):
    proposing = ("resolve", staked, "--scores", write(), "--propose", "--account", OPERATOR, "--json")

    def proposed() -> tuple[int, list[str], str]:
        result = run(*proposing)
        printed = json.loads(result.stdout)
        return result.exit_code, [step["action"] for step in printed["done"]], printed["state"]

    rounds.until(tournament.round_info(staked).terms.locks_at)
    assert proposed() == (4, ["lock"], "locked")
    tournament.publish_opened(staked, b"\x22" * 32, sender=rounds.operator)
    rounds.until(tournament.round_info(staked).terms.resolves_at)
    assert proposed() == (0, ["propose"], "proposed")
    final(rounds, tournament)
    assert proposed() == (0, [], "final")
    assert tournament.staked(staked) == 700 * NMR


def test_resolve__only_to_propose_and_wait__does_not_wait_for_the_window(run, due, write):
    result = run("resolve", due, "--scores", write(), "--propose", "--wait", "--account", OPERATOR)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["Proposed", "Round"]


# stopped and run again


def test_resolve__stopped_after_a_chunk__settles_the_other(resolve, refused, tournament, due, rounds, write, accounts):
    scores = write()
    resolve(due, "--scores", scores)
    final(rounds, tournament)
    # Somebody settles one chunk, and is gone.
    groups = {model // 4 for model in MODELS}
    chunks = encode_chunks(SCORES, groups)
    tournament.settle(due, 1, encode(chunks[1]), ChunkTree.of(chunks).proof(1), sender=accounts[11])
    other = write(SCORES | {1_200: UP}, "other.csv")
    assert refused(1, due, "--scores", other).startswith(f"{other} does not give the root of round 0: it gives 0x")
    assert resolve(due, "--scores", scores, account=STRANGER) == (["settle"], None)
    assert idle(tournament) == IDLE


def test_resolve__stopped_before_every_transaction_in_turn__comes_to_the_same_end(
    run, tournament, staked, rounds, write, accounts, monkeypatch
):
    scores = write()
    send = Session.send
    sent = []

    def stopped_before(self, contract, method, *arguments, sender):
        if method not in stops:
            stops.append(method)
            raise KeyboardInterrupt
        return sent_by(self, contract, method, *arguments, sender=sender)

    def stopped_after(self, contract, method, *arguments, sender):
        sent_by(self, contract, method, *arguments, sender=sender)
        raise KeyboardInterrupt

    def sent_by(self, contract, method, *arguments, sender):
        sent.append(method)
        return send(self, contract, method, *arguments, sender=sender)

    stops = []
    terms = tournament.round_info(staked).terms
    for moment in (terms.locks_at, terms.resolves_at, None):
        if moment is None:
            final(rounds, tournament)
        else:
            rounds.until(moment)
        for way in (stopped_before, stopped_after, stopped_after, sent_by):
            monkeypatch.setattr(Session, "send", way)
            run("resolve", staked, "--scores", scores, "--account", OPERATOR)
        monkeypatch.setattr(Session, "send", send)
        if moment == terms.locks_at:
            tournament.publish_opened(staked, b"\x22" * 32, sender=accounts[1])
    assert stops == ["lock", "propose", "settle"]
    assert sent == ["lock", "propose", "settle", "settle"]
    assert idle(tournament) == IDLE


# what it refuses


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("1202,0.01,0", "line 8: model 1202 has a score already, in line 7."),
        ("1204,0.01,0", "line 8: there is no model 1204, the last is 1203."),
        ("3,nan,0", "line 8: primary is 'nan', not a plain number such as 0.0125."),
        ("3,0,inf", "line 8: contribution is 'inf', not a plain number such as 0.0125."),
        ("3,,0", "line 8: primary is empty."),
        ("3,0.01", "line 8: it has 2 columns, not 3."),
        ("3,0.01,0,0", "line 8: it has 4 columns, not 3."),
        ("3,0.123456789,0", "line 8: primary is '0.123456789', with 9 decimals, and it can have 8."),
        ("3,1.34217728,0", "line 8: primary is 1.34217728, and scores go from -1.34217728 to 1.34217727."),
        ("3,0,-1.34217729", "line 8: contribution is -1.34217729, and scores go from"),
        ("3,1e-5,0", "line 8: primary is '1e-5', not a plain number such as 0.0125."),
        ("three,0,0", "line 8: model is 'three', not the number of a model."),
        ("", "line 8: it is blank."),
    ],
)
def test_resolve__bad_line__is_one_sentence_and_nothing_sent(refused, due, write, line, problem):
    path = write(format_scores(SCORES) + line + "\n")
    assert refused(2, due, "--scores", path).startswith(f"{path}, {problem}")


def test_resolve__bad_file__is_one_sentence_and_nothing_sent(refused, due, write):
    path = write("")
    assert refused(2, due, "--scores", path).startswith(f"{path}: it is empty, and has to begin with the header")
    path = write("0,0.01,0\n")
    assert refused(2, due, "--scores", path).startswith(f"{path}, line 1: the header is '0,0.01,0' and has to be")
    assert refused(2, due, "--scores", "/nowhere").endswith("File '/nowhere' does not exist.")
    assert "--scores" in refused(2, due)
    assert "--scores" in refused(2, due, "--scores", path, "--expired")
    for option in ("--again", "--propose"):
        for where in ((), ("--expired",), ("--store", "store")):
            assert f"{option} goes with --scores or --targets." in refused(2, due, *where, option)
    assert "--evidence goes with --scores." in refused(2, due, "--expired", "--evidence", path)
    assert "--key goes with --targets." in refused(2, due, "--scores", path, "--key", path)


@pytest.mark.parametrize("missing", [0, 2, 1_202])
def test_resolve__model_left_out__is_never_proposed(refused, due, write, missing):
    path = write({model: score for model, score in SCORES.items() if model != missing})
    assert refused(2, due, "--scores", path) == (
        f"{path} has no score for model {missing}: 1 model with a stake and a submission in round 0."
    )


def test_resolve__no_scores_at_all__is_never_proposed(refused, due, write):
    path = write({})
    assert refused(2, due, "--scores", path) == (
        f"{path} has no score for models 0-2, 5, 1200, 1202: 6 models with a stake and a submission in round 0."
    )


def test_resolve__scores_without_a_stake_or_a_submission__change_nothing(run, resolve, tournament, due, rounds, write):
    scores = write(SCORES | {3: DOWN, 4: UP, 600: DOWN})
    result = run("resolve", due, "--scores", scores, "--account", OPERATOR)
    assert "2 models of the file without a stake: their scores change nothing." in result.stdout
    final(rounds, tournament)
    assert resolve(due, "--scores", scores) == (["settle", "settle"], None)
    assert idle(tournament) == IDLE


def test_resolve__not_the_operator__proposes_nothing(refused, due, write):
    assert refused(1, due, "--scores", write(), account=STRANGER).endswith("(roles: not the operator)")


def test_resolve__no_account__sends_nothing(refused, due, write):
    said = refused(2, due, "--scores", write(), account=None)
    assert said == "A transaction is due: choose who sends it with --account, such as TEST::1 on a devnet."


def test_resolve__other_file_than_was_proposed__is_refused(refused, resolve, tournament, due, rounds, write):
    resolve(due, "--scores", write())
    other = write(SCORES | {0: DOWN}, "other.csv")
    short = write({model: score for model, score in SCORES.items() if model != 0}, "short.csv")
    for path in (other, short):
        assert refused(1, due, "--scores", path).startswith(f"{path} does not give the root of round 0: it gives 0x")
    final(rounds, tournament)
    for path in (other, short):
        assert refused(1, due, "--scores", path, account=STRANGER).startswith(f"{path} does not give the root")


def test_resolve__vetoed__is_proposed_again_only_if_asked_to(run, refused, resolve, tournament, due, write):
    scores = write()
    resolve(due, "--scores", scores)
    root = tournament.round_info(due).root
    run("round", "veto", due, "--root", root.hex(), "--account", GUARDIAN)
    assert refused(1, due, "--scores", scores).startswith("The guardian vetoed the root that these scores give")
    assert resolve(due, "--scores", scores, "--again") == (["propose"], "window")
    assert tournament.round_info(due).root == root


def test_resolve__too_late__is_refused(refused, tournament, due, rounds, write):
    terms = tournament.round_info(due).terms
    rounds.until(terms.expires_at - terms.window - 24 * HOUR + 1)
    assert refused(1, due, "--scores", write()).startswith("It is too late to propose scores for round 0")


def test_resolve__unknown_round__is_refused(refused, due, write):
    for unknown in (1, 10**80):
        said = refused(1, unknown, "--scores", write())
        assert said == f"Round {unknown} is not open yet: the next round of its place is round {unknown % 4 or 4}."


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (NodeUnreachable("No node answers at http://there."), "No node answers at http://there."),
        (NodeError("eth_call", -1, "header not found"), "The node answers with an error: eth_call: header not found"),
    ],
)
def test_resolve__node_fails_on_the_way__is_one_sentence(refused, due, write, monkeypatch, error, problem):
    def fails(*arguments):
        raise error

    monkeypatch.setattr(Session, "read_many", fails)
    assert refused(3, due, "--scores", write()) == problem


# without scores


@pytest.mark.parametrize("way", ["void", "expired"])
def test_resolve__void_or_expired__brings_stakes_home_only_without_scores(
    refused, resolve, tournament, due, rounds, write, accounts, way
):
    assert refused(1, due, "--expired").startswith("The stakes of round 0 still count, and cannot be settled")
    if way == "void":
        tournament.void(due, sender=accounts[2])
    else:
        rounds.until(tournament.round_info(due).terms.expires_at)
    said = refused(1, due, "--scores", write())
    assert said == f"Round 0 is {way}, so no scores count: settle its stakes with `resolve 0 --expired`."
    assert resolve(due, "--expired", account=STRANGER) == (["settle_expired"], None)
    assert idle(tournament) == [100.0] * 7
    assert resolve(due, "--expired", account=None) == ([], None)


def test_resolve__expired_in_the_middle_of_settling__brings_the_rest_home(
    resolve, tournament, due, rounds, write, accounts
):

    resolve(due, "--scores", write())
    final(rounds, tournament)
    chunks = encode_chunks(SCORES)
    tournament.settle(due, 0, encode(chunks[0]), ChunkTree.of(chunks).proof(0), sender=accounts[11])
    rounds.until(tournament.round_info(due).terms.expires_at)
    assert resolve(due, "--expired", account=STRANGER) == (["settle_expired"], None)
    assert idle(tournament) == [102, 98, 100, 102, 100, 100, 100]


def test_help__resolve__shows_an_example(run):
    result = run("resolve", "--help", network=None)
    assert result.exit_code == 0
    assert "Example: ape run resolve 3 --targets targets.csv --account TEST::1 --wait" in result.stdout
