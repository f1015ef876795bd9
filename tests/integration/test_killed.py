# SPDX-License-Identifier: MIT
"""Commands killed at every step and run again: the chain and the files end as if nobody had killed them.

`killing.py` says what a step is, and how a command is killed there.
"""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from eth_abi import decode, encode
from eth_utils.crypto import keccak

from benchmarks.rounds.bulk import BulkDriver, Call, UnlockedSender
from nmr.ape.buyback_setup import LOCAL_PROGRAMME
from nmr.audit.layout import TREASURY, entry
from nmr.audit.report import verify_report
from nmr.chain.node import Node, data
from nmr.client.session import MAX_CALLS
from nmr.deploy.anvil import Anvil, find_anvil
from nmr.deploy.local import HOUR
from nmr.deploy.record import read_record
from nmr.protocol import chunk_tree
from nmr.protocol.chunk_tree import ChunkTree
from nmr.protocol.score_words import GROUPS_PER_CHUNK, Score, encode_chunks
from nmr.rounds.scores_file import format_scores
from nmr.sealing.keys import PrivateKey, read_key, take_over
from nmr.text.amounts import SCORE
from tests.integration.buyback_file import PARAMETERS
from tests.integration.conftest import PROJECT
from tests.integration.killing import Outcome, Stage, end
from tests.integration.sealed_round import OPERATOR, STAKER, STRANGER, UNIVERSE, predictions_of, targets

POINTS = {
    "deploy": 20,
    "buyback local": 18,
    "buyback kick": 2,
    "buyback take": 2,
    "buyback pause": 2,
    "buyback unpause": 3,
    "buyback end": 3,
    "buyback sweep": 3,
    "buyback create": 7,
    "buyback allow": 3,
    "keys new": 5,
    "keys auditor": 10,
    "keys hand-over": 4,
    "round open --contribution": 6,
    "round lock": 2,
    "round opening": 10,
    "round publish": 2,
    "round veto": 2,
    "round void": 2,
    "round settle-expired": 2,
    "submit": 14,
    "resolve 0 --targets": 14,
    "resolve 0 --store": 6,
    "stake register": 4,
    "stake deposit": 4,
    "stake now": 4,
    "stake policy": 4,
    "stake enter": 2,
    "stake leave": 4,
    "stake move 0=": 2,
    "stake move 0-": 4,
    "stake withdraw 0=": 2,
    "stake withdraw 0-": 4,
    "audit": 17,
}
"""At how many steps each command is killed, by how it begins."""
GUARDIAN, GOVERNOR = "TEST::2", "TEST::3"
ZERO = "0x" + "0" * 40
SOMEBODY = "0x" + "ab" * 20
SPREAD = 4 * GROUPS_PER_CHUNK
"""Models of a chunk."""
MODELS = (0, SPREAD, 2 * SPREAD + 1)
"""With a stake in a round, each in a chunk of its own."""
MANY = 66
"""Models that take two transactions."""
SCORES: dict[int, Score] = dict(zip(MODELS, [(SCORE // 25, 0), (-SCORE // 25, 0), (SCORE // 50, 0)], strict=True))


LOADED = (
    *(f"scripts.{script}" for script in ("audit", "buyback", "deploy", "keys", "resolve", "round", "stake", "submit")),
    *("eth_tester.exceptions", "numerai_tools.scoring", "numerai_tools.submissions", "polars", "scipy.stats"),
)
"""What commands import when they need it: here it is loaded once, and not by every process that is forked."""


@pytest.fixture(scope="module", autouse=True)
def loaded():
    for name in LOADED:
        import_module(name)


@pytest.fixture(scope="module")
def stage(project, tmp_path_factory):
    """A new chain, on which nothing is yet."""
    with Anvil(find_anvil(PROJECT)) as anvil:
        yield Stage(anvil, tmp_path_factory.mktemp("killed"))


@pytest.fixture
def deployed(stage):
    """The suite is there, for one test."""
    with stage.undone():
        stage.do("deploy")
        yield stage


@pytest.fixture
def file_of(tmp_path) -> Callable[[str, pd.DataFrame], Path]:
    """A CSV file of a table."""

    def write(name: str, table: pd.DataFrame) -> Path:
        table.to_csv(tmp_path / name, index=False)
        return tmp_path / name

    return write


class Ending:
    """Chain and files after a command, or two."""

    def __init__(self, stage: Stage) -> None:
        self.words = stage.words()
        for tournament in stage.record.tournaments.values():
            # When the treasury last counted what is used of a ceiling is the time of a block.
            counted = entry(TREASURY["budgets"], int(tournament.address, 16)) + 4
            self.words["treasury"].pop(f"{counted:#066x}", None)
        self.events = stage.events()
        self.files = stage.files()


@dataclass(frozen=True)
class Rerun:
    """A command that was killed, and run again.

    Attributes:
        sent: how many transactions it had sent when it was killed.
        found: what was read between the two runs.
        again: what the second run said.
        ending: how it ended.
        expected: how the uninterrupted run did.
    """

    sent: int
    found: Any
    again: Outcome
    ending: Ending
    expected: Ending


Judge = Callable[[Rerun], None]


def kill_everywhere(
    stage: Stage,
    *command: object,
    judge: Judge,
    between: Callable[[], object] = lambda: None,
    folded: bool = False,
) -> None:
    """Run a command uninterrupted, and then, killed at each of its steps, twice; all of it is undone.

    Args:
        stage: where it runs.
        command: what to type.
        judge: asserts that the endings are the same.
        between: what to read after the command was killed.
        folded: leave out steps before a transaction that come right after another: they leave the same behind.
    """
    typed = " ".join(map(str, command))
    with stage.undone():
        whole = stage.run(*command)
        assert whole.exit_code in (0, 4), whole.stderr
        expected = Ending(stage)
    count = 0
    for number, step in enumerate(whole.steps):
        if folded and number and step.startswith("before transaction"):
            continue
        with stage.undone():
            killed = stage.run(*command, kill=number)
            assert killed.steps == whole.steps[: number + 1]
            require_whole(stage)
            sent = sum(each.startswith("after transaction") for each in killed.steps)
            found = between()
            again = stage.run(*command)
            try:
                judge(Rerun(sent, found, again, Ending(stage), expected))
            except AssertionError as error:
                raise AssertionError(f"{command[:2]} killed at this step: {step}. {again.stderr}") from error
        count += 1
    [(name, points)] = [(name, points) for name, points in POINTS.items() if typed.startswith(name)]
    assert count == points, name


def require_whole(stage: Stage) -> None:
    """Nothing is half written."""
    for name, content in stage.files().items():
        kind, path = name.partition("/")[0], stage.folder / name
        if kind == "deployments":
            read_record(path)
        elif name.endswith(".key"):
            read_key(path)
        elif kind == "store" and "named" not in name:
            assert keccak(content).hex() == path.name


def same(*codes: int, files: Callable[[Mapping[str, bytes]], object] = dict) -> Judge:
    """The same ending, to the word and to the byte, and one of these exit codes.

    Args:
        codes: of the second run.
        files: what is compared of the files, where a part is random.
    """

    def judge(rerun: Rerun) -> None:
        assert rerun.again.exit_code in codes
        assert rerun.ending.words == rerun.expected.words
        assert rerun.ending.events == rerun.expected.events
        assert files(rerun.ending.files) == files(rerun.expected.files)

    return judge


def names(files: Mapping[str, bytes]) -> list[str]:
    return sorted(files)


def settle_calls(stage: Stage) -> list[Call]:
    """The calls that settle the chunks of round 0, by `SCORES`."""
    chunks = encode_chunks(SCORES)
    tree = ChunkTree.of(chunks)
    sender = UnlockedSender(stage.node.ask("eth_accounts")[11])
    tournament = stage.record.parts["classic"].address
    selector = keccak(text="settle(uint256,uint256,bytes,bytes32[])")[:4]
    kinds = ["uint256", "uint256", "bytes", "bytes32[]"]
    return [
        Call(sender, tournament, selector + encode(kinds, [0, i, chunk_tree.encode(words), tree.proof(i)]), 1_000_000)
        for i, words in enumerate(chunks)
    ]


def audit(stage: Stage) -> None:
    """The books, the log and the storage agree."""
    assert stage.do("audit").stdout.startswith("Everything agrees ")


def test_points__all_commands__are_those_that_the_documents_name():
    commands = {tuple(name.split()[:2]) for name in POINTS}
    said = f"{len(commands)} commands killed at {sum(POINTS.values())} points"
    assert said in (PROJECT / "SECURITY.md").read_text()


# Setting up


def test_deploy__killed_at_every_step__records_a_whole_suite_or_none(stage):
    def judge(rerun):
        if rerun.again.exit_code:
            assert "is there already" in rerun.again.stderr
        assert names(rerun.ending.files) == names(rerun.expected.files)
        # Those of a suite that lies elsewhere: addresses differ, and what hangs on them.
        assert {part: len(words) for part, words in rerun.ending.words.items()} == {
            part: len(words) for part, words in rerun.expected.words.items()
        }

    kill_everywhere(stage, "deploy", judge=judge)


def recreated(rerun: Rerun) -> None:
    """The buyback is there, at whatever address."""
    assert rerun.again.exit_code == 0 or "runs: end it first" in rerun.again.stderr
    assert names(rerun.ending.files) == names(rerun.expected.files)
    assert rerun.ending.words.keys() == rerun.expected.words.keys()


def test_buyback_local__killed_at_every_step__ends_recorded_and_allowed(deployed):
    def judge(rerun):
        recreated(rerun)
        record = deployed.record
        coin, treasury, buyback = (record.parts[name].address for name in ("stablecoin", "treasury", "buyback"))
        call = keccak(text="allowance(address,address)")[:4] + encode(["address", "address"], [treasury, buyback])
        allowed = deployed.node.ask("eth_call", {"to": coin, "data": data(call)}, "latest")
        assert int(allowed, 16) == LOCAL_PROGRAMME.lifetime_cap

    kill_everywhere(deployed, "buyback", "local", judge=judge, folded=True)


def test_buyback__killed_at_every_step_of_every_command__comes_to_the_same_end(deployed, tmp_path):
    stage = deployed
    stage.do("buyback", "local")
    parts = stage.record.parts

    def walk(*command, judge, **options):
        kill_everywhere(stage, "buyback", *command, judge=judge, **options)
        stage.do("buyback", *command)

    walk("kick", "--account", STAKER, judge=same(0, 4))
    stage.until(int(stage.node.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16) + 25 * 60)
    walk("take", "--account", STAKER, judge=same(0, 4))
    walk("pause", "--account", GUARDIAN, judge=same(0, 1))
    walk("unpause", "--account", GOVERNOR, judge=same(0), folded=True)
    walk("end", "--account", GOVERNOR, judge=same(0), folded=True)
    walk("sweep", "--account", GOVERNOR, judge=same(0), folded=True)
    parameters = tmp_path / "buyback.toml"
    parameters.write_text(
        PARAMETERS.format(
            guardian=parts["buyback"].address_of("guardian"),
            stablecoin=parts["stablecoin"].address,
            pair=parts["buyback-filler"].address_of("pair"),
            price=f'feed = "{parts["buyback-feed"].address}"',
        )
    )
    walk("create", "--parameters", parameters, "--account", "TEST::0", judge=recreated, folded=True)
    walk("allow", "--account", GOVERNOR, judge=same(0), folded=True)
    audit(stage)


def test_keys__killed_at_every_step__are_whole_or_not_there(deployed):
    def judge(rerun):
        assert rerun.again.exit_code == 0 or "already, and none is written over" in rerun.again.stderr
        assert names(rerun.ending.files) == names(rerun.expected.files)
        require_whole(deployed)

    kill_everywhere(deployed, "keys", "new", judge=judge)
    own = (deployed.folder / "auditor.key", "--output", deployed.folder / "auditor.pub")
    kill_everywhere(deployed, "keys", "auditor", *own, judge=judge)


# A round


def register_many(stage: Stage) -> None:
    """Models of one staker, so many that their stakes can be in three chunks."""
    content = keccak(text="register(string,address)")[:4] + encode(["string", "address"], ["", ZERO])
    staker = UnlockedSender(stage.node.ask("eth_accounts")[4])
    tournament = stage.record.parts["classic"].address
    BulkDriver(stage.node).drive([Call(staker, tournament, content, 200_000)] * (2 * SPREAD + 2))


def last_commitments(stage: Stage) -> dict[int, str]:
    """The hashes that were submitted last, by model."""
    topic = data(keccak(text="Submitted(uint256,uint256[],bytes32[])"))
    scope = {"fromBlock": "0x0", "address": stage.record.parts["classic"].address, "topics": [topic]}
    *_, last = stage.node.ask("eth_getLogs", scope)
    models, hashes = decode(["uint256[]", "bytes32[]"], bytes.fromhex(last["data"][2:]))
    return {model: digest.hex() for model, digest in zip(models, hashes, strict=True)}


@pytest.fixture
def models(deployed) -> Stage:
    """Many models, and the key of the next round."""
    register_many(deployed)
    deployed.do("keys", "new")
    return deployed


def test_round__killed_at_every_step_of_every_command__comes_to_the_same_end(models, file_of):
    stage = models
    universe = file_of("universe.csv", pd.DataFrame({"id": UNIVERSE.ids}))
    outcome = file_of("targets.csv", targets())
    predictions = [f"{model}={file_of(f'{model}.csv', predictions_of(model))}" for model in MODELS]
    own = PrivateKey.generate()

    def moment(name):
        return stage.do("round", "status", 0, "--json").answer["terms"][name]

    def walk(*command, judge, code=0):
        kill_everywhere(stage, *command, judge=judge)
        return stage.do(*command, code=code)

    # Run again it makes the key of the round after, and is refused.
    opened = ("round", "open", "--contribution", 2, "--account", OPERATOR)
    walk(*opened, judge=same(0, 1, files=lambda files: [name for name in files if "round-1" not in name]))
    stage.do("stake", "now", f"{','.join(map(str, MODELS))}=100", "--account", STAKER)

    def submitted(rerun):
        # Sealed anew, with another salt: the last commitment counts.
        assert rerun.again.exit_code == 0
        assert rerun.ending.words == rerun.expected.words
        require_whole(stage)
        answer = {one["model"]: one["hash"][2:] for one in rerun.again.answer["models"]}
        assert last_commitments(stage) == answer
        for digest in answer.values():
            assert f"store/{digest[:2]}/{digest}" in rerun.ending.files

    walk("submit", *predictions, "--universe", universe, "--account", STAKER, "--json", judge=submitted)
    stage.until(moment("locks_at"))
    walk("round", "lock", 0, "--account", STRANGER, judge=same(0, 1))
    walk("round", "opening", 0, "--universe", universe, "--account", OPERATOR, judge=same(0, 1))
    stage.until(moment("resolves_at"))
    walk("resolve", 0, "--targets", outcome, "--account", OPERATOR, judge=same(4), code=4)
    stage.until(stage.do("round", "status", 0, "--json").answer["final_at"] + 2 * HOUR)
    walk("resolve", 0, "--store", stage.folder / "store", "--account", STRANGER, judge=same(0))

    def handed_over(rerun):
        assert rerun.again.exit_code == 0
        assert names(rerun.ending.files) == names(rerun.expected.files)
        [content] = [content for name, content in rerun.ending.files.items() if name.endswith(".age")]
        [key] = stage.folder.rglob("round-0.key")
        assert take_over(content, own, read_key(key).public).public == read_key(key).public

    walk("keys", "hand-over", 0, "--to", own.recipient, judge=handed_over)
    audit(stage)


def test_round__killed_at_every_step_of_what_a_guardian_does__comes_to_the_same_end(deployed, tmp_path):
    stage = deployed
    scores = tmp_path / "scores.csv"
    scores.write_text(format_scores({0: (SCORE // 25, 0)}))
    stage.do("stake", "register", "a", "--account", STAKER)
    stage.do("round", "open", "--account", OPERATOR)
    stage.do("stake", "now", "0=100", "--account", STAKER)
    (tmp_path / "0.csv").write_text("id,prediction\na,0.25\nb,0.75\n")
    stage.do("submit", f"0={tmp_path / '0.csv'}", "--account", STAKER)
    terms = stage.do("round", "status", 0, "--json").answer["terms"]

    def walk(*command, judge):
        kill_everywhere(stage, "round", *command, judge=judge)
        stage.do("round", *command)

    stage.until(terms["locks_at"])
    stage.do("round", "lock", 0, "--account", STRANGER)
    walk("publish", 0, "--list", scores, "--account", OPERATOR, judge=same(0, 1))
    stage.until(terms["resolves_at"])
    stage.do("resolve", 0, "--scores", scores, "--account", OPERATOR, code=4)
    root = ChunkTree.of(encode_chunks({0: (SCORE // 25, 0)})).root.hex()
    walk("veto", 0, "--root", root, "--account", GUARDIAN, judge=same(0, 1))
    walk("void", 0, "--account", GUARDIAN, judge=same(0, 1))
    walk("settle-expired", 0, "--account", STRANGER, judge=same(0))
    audit(stage)


# Stakes, of which nothing is done once more when it is run once more


def first(count: int) -> list[int]:
    """One of each of the first models, none of the others."""
    return [1] * count + [0] * (MANY - count)


def test_stake__killed_at_every_step__goes_on_and_pays_nobody_twice(deployed):
    labels = [f"model {number}" for number in range(MANY)]
    stage, everyone, own = deployed, f"0-{MANY - 1}", ("--account", STAKER)

    def shown():
        return stage.do("stake", "show", "--all", "--json").answer["models"]

    def lives(what):
        return [int(model["lifetime"][what]) for model in shown()]

    def goes_on(what, *reached):
        """What shows it in models' lives, and how many models have it after each number of transactions."""

        def judge(rerun):
            assert rerun.found == first(reached[rerun.sent])
            same(0, 1)(rerun)
            assert lives(what) == first(reached[-1])

        return {"judge": judge, "between": lambda: lives(what)}

    def registered(rerun):
        same(0, 1)(rerun)
        assert [model["label"] for model in shown()] == labels

    def left(rerun):
        if rerun.sent == 1:
            # Whose position is gone is named: the command is typed for the others.
            assert rerun.again.exit_code == 1
            assert f"Models 0-{MAX_CALLS - 1}: no stake waits for a round" in rerun.again.stderr
            stage.do("stake", "leave", f"{MAX_CALLS}-{MANY - 1}", *own)
        ending = Ending(stage)
        assert (ending.words, ending.events) == (rerun.expected.words, rerun.expected.events)

    def set_again(rerun):
        assert rerun.again.exit_code == 0
        assert rerun.ending.words == rerun.expected.words

    kill_everywhere(stage, "stake", "register", *labels, *own, "--json", judge=registered)
    stage.do("stake", "register", *labels, *own)
    kill_everywhere(stage, "stake", "deposit", f"{everyone}=1", *own, **goes_on("deposited", 0, MAX_CALLS, MANY))
    stage.do("round", "open", "--account", OPERATOR)
    # The first transaction is the approval.
    reached = goes_on("deposited", 0, 0, MAX_CALLS, MANY)
    kill_everywhere(stage, "stake", "now", f"{everyone}=1", *own, **reached, folded=True)

    def walk(*command, **options):
        kill_everywhere(stage, "stake", *command, *own, **options)
        stage.do("stake", *command, *own)

    stage.do("stake", "deposit", f"{everyone}=3", *own)
    walk("policy", f"{everyone}=3", judge=set_again)
    walk("enter", everyone, judge=same(0, 1))
    walk("leave", everyone, judge=left)
    walk("move", "0=1", "--to", 1, **goes_on("given", 0, 1))
    walk("withdraw", "0=1", **goes_on("withdrawn", 0, 1))
    walk("move", f"0-{MANY - 2}=all", "--to", MANY - 1, judge=same(0, 1))
    stage.do("stake", "deposit", f"{everyone}=3", "--again", *own)
    walk("withdraw", f"{everyone}=all", judge=same(0, 1))
    audit(stage)


def test_stake__killed_while_no_block_has_its_transaction__second_run_does_not_come_on_top(deployed):
    def register(kill=None):
        return deployed.run("stake", "register", "a", "--account", STAKER, kill=kill)

    deployed.node.ask("evm_setAutomine", False)
    try:
        assert register(1).steps == ("before transaction 1", "after transaction 1")
        again = register()
        assert again.exit_code == 1
        assert "waits for its block: type this again when it is in one" in again.stderr
    finally:
        deployed.node.ask("evm_setAutomine", True)
    deployed.node.ask("evm_mine")
    assert len(deployed.do("stake", "show", "--all", "--json").answer["models"]) == 1


# An auditor's files


def test_audit__killed_at_every_step__its_files_are_whole_and_the_next_one_goes_on(deployed):
    stage, folder, checkpoint = deployed, deployed.folder / "audit", deployed.folder / "audit.checkpoint"

    def judge(rerun):
        assert rerun.again.exit_code == 0
        assert names(rerun.ending.files) == names(rerun.expected.files)
        assert rerun.ending.files["audit.checkpoint"] == rerun.expected.files["audit.checkpoint"]
        assert verify_report(folder)[0]["agrees"] is True

    signed = ("--report", folder, "--checkpoint", checkpoint, "--sign", "--account", STRANGER)
    stage.do("audit", *signed)
    stage.do("stake", "register", "a", "--account", STAKER)
    kill_everywhere(stage, "audit", *signed, judge=judge)


# A devnet that is kept


def test_kept__killed_at_every_step_of_a_saving__is_a_chain_with_its_suite_or_nothing(project, tmp_path):
    from scripts.devnet import Kept

    state = tmp_path / "stage" / "kept.json"
    with Anvil(find_anvil(PROJECT), state=state) as anvil:
        stage = Stage(anvil, tmp_path)
        stage.do("deploy")
        parts = [part.address for part in stage.record.parts.values()]

        def save():
            Kept(state).save(anvil, stage.record_path)
            return []

        def killed_everywhere(before, now):
            """Somebody's balance in the file so far, None if there is no file, and on the chain."""
            with stage.undone():
                _, steps = stage.fork(save, None)
            renamed = steps.index("after kept.json is renamed")
            for number, step in enumerate(steps):
                with stage.undone():
                    stage.fork(save, number)
                    kept, expected = Kept(state), before if number < renamed else now
                    assert (kept.record is not None) == state.exists() == (expected is not None), step
                    if expected is not None:
                        with Anvil(find_anvil(PROJECT), state=state) as back:
                            assert back.node.ask("eth_getBalance", SOMEBODY, "latest") == expected, step
                            assert all(len(back.node.ask("eth_getCode", part, "latest")) > 2 for part in parts), step
            return len(steps)

        stage.node.ask("anvil_setBalance", SOMEBODY, "0x1")
        assert killed_everywhere(None, "0x1") == 12
        stage.fork(save, None)
        stage.node.ask("anvil_setBalance", SOMEBODY, "0x2")
        assert killed_everywhere("0x1", "0x2") == 8


# A node that dies


@pytest.fixture(scope="module")
def final(project, tmp_path_factory):
    """A round whose stakes wait to be settled in three chunks, as a file of its chain, and the folder beside it."""
    folder = tmp_path_factory.mktemp("final")
    scores = folder / "scores.csv"
    scores.write_text(format_scores(SCORES))
    with Anvil(find_anvil(PROJECT), state=folder / "chain.json") as anvil:
        stage = Stage(anvil, folder)
        stage.do("deploy")
        register_many(stage)
        stage.do("round", "open", "--account", OPERATOR)
        stage.do("stake", "now", f"{','.join(map(str, MODELS))}=100", "--account", STAKER)
        for model in MODELS:
            (folder / f"{model}.csv").write_text("id,prediction\na,0.25\nb,0.75\n")
        files = [f"{model}={folder / f'{model}.csv'}" for model in MODELS]
        stage.do("submit", *files, "--account", STAKER)
        terms = stage.do("round", "status", 0, "--json").answer["terms"]
        stage.until(terms["locks_at"])
        stage.do("round", "lock", 0, "--account", STRANGER)
        stage.do("round", "publish", 0, "--list", scores, "--account", OPERATOR)
        stage.until(terms["resolves_at"])
        stage.do("resolve", 0, "--scores", scores, "--account", OPERATOR, code=4)
        stage.until(stage.do("round", "status", 0, "--json").answer["final_at"] + 2 * HOUR)
        anvil.save()
        yield stage


def settle(stage: Stage) -> tuple[object, ...]:
    return ("resolve", 0, "--scores", stage.folder.parent / "scores.csv", "--account", STRANGER)


@pytest.mark.parametrize("lost", ["all", "the last"])
def test_resolve__anvil_is_killed_at_every_step__goes_on_where_the_chain_is(final, lost):
    saved = final.folder.parent / "chain.json"
    with final.undone():
        whole = final.do(*settle(final))
        expected = Ending(final)
    sent = [number for number, step in enumerate(whole.steps) if step.startswith("after transaction")]
    assert len(sent) == len(MODELS)
    for number in sent:
        state = final.folder.parent / f"{lost}-{number}.json"
        shutil.copy(saved, state)
        with Anvil(find_anvil(PROJECT), state=state) as anvil:
            dying = final.on(anvil)
            if lost == "the last":
                # What was sent so far is saved, and what the next run sends first is not.
                dying.run(*settle(dying), kill=number)
                # anvil answers before it mines.
                dying.node.ask("evm_mine")
                anvil.save()
            kept = dying.node.number("eth_blockNumber")
            last = number if lost == "all" else sent[0]
            failed = dying.run(*settle(dying), kill=last, strike=partial(end, anvil.pid))
            if lost == "all" or number != sent[-1]:
                assert whole.steps[last] in failed.steps
                assert failed.exit_code == 3
                assert len(failed.stderr.strip().splitlines()) == 1
        with Anvil(find_anvil(PROJECT), state=state) as anvil:
            again = final.on(anvil)
            assert again.node.number("eth_blockNumber") == kept
            assert again.do(*settle(again), "--json").answer["state"] == "closed"
            ending = Ending(again)
            assert (ending.words, ending.events, ending.files) == (expected.words, expected.events, expected.files)


def test_drive__killed_at_every_step__the_next_driver_takes_over(final):
    with final.undone():
        final.do(*settle(final))
        expected = Ending(final)
    calls = settle_calls(final)

    def drive():
        driver = BulkDriver(Node(final.anvil.url))
        refused = driver.refusals(calls)
        driver.drive([call for number, call in enumerate(calls) if number not in refused])
        return []

    with final.undone():
        _, steps = final.fork(drive, None)
    assert "after eth_sendTransaction" in steps
    for number in range(len(steps)):
        with final.undone():
            final.fork(drive, number)
            final.fork(drive, None)
            ending = Ending(final)
            assert (ending.words, ending.events) == (expected.words, expected.events), steps[number]
            assert final.node.ask("anvil_getAutomine") is True
