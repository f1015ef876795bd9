# SPDX-License-Identifier: MIT
"""Resolving a round on the reference, stopped after every step in turn."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from nmr.errors import Refused
from nmr.protocol.chunk_tree import ChunkTree, decode, encode
from nmr.protocol.reference import State
from nmr.protocol.reference.rounds import Round
from nmr.protocol.score_words import GROUP_SHIFT, Score, encode_chunks
from nmr.rounds.resolution import (
    BATCH,
    PAGE,
    Await,
    CallRefused,
    Closed,
    MissingScores,
    Resolution,
    ResolutionError,
    RoundAccess,
    Sent,
    Settled,
    StepTaken,
    check_complete,
    read_positions,
    resolve,
)
from nmr.rounds.scores_file import ScoresFile, ScoresInvalid, format_scores, parse_scores
from nmr.rounds.status import NoSuchRound
from nmr.text.amounts import NMR, SCORE
from tests.support.example_suite import EVIDENCE, GUARDIAN, HOUR, OPENED_LIST, OPERATOR, STRANGER, ExampleSuite

UP, DOWN, FLAT = (SCORE // 100, 0), (-SCORE // 100, SCORE // 50), (0, 0)


class Killed(Exception):
    """The process is gone."""


class ExampleChain:
    """The reference as a chain. Some sender's writes are counted, and the process may be killed around any of them."""

    def __init__(self, suite: ExampleSuite, sender: str = OPERATOR) -> None:
        self.suite = suite
        self.sender = sender
        self.writes: list[str] = []
        self.reads: list[tuple[Any, ...]] = []
        self.kill_after: int | None = None
        self.meanwhile: Callable[[str], None] | None = None

    @property
    def ring(self) -> int:
        return self.suite.tournament.books.rounds.ring

    @property
    def first_round(self) -> int:
        return self.suite.tournament.books.rounds.first_round

    @property
    def hour(self) -> int:
        return HOUR

    def refresh(self) -> None:
        pass

    def now(self) -> int:
        return self.suite.now

    def next_round(self, place: int) -> int:
        return self.suite.tournament.next_round(place)

    def round(self, round_id: int) -> Round:
        return self.suite.tournament.round_info(round_id)

    def model_count(self) -> int:
        return self.suite.tournament.model_count

    def position_words(self, place: int, first: int, count: int) -> Sequence[int]:
        self.reads.append(("position_words", first, count))
        return self.suite.tournament.words(place, first, count)

    def waiting_groups(self, round_id: int, first: int, count: int) -> Sequence[int]:
        self.reads.append(("waiting_groups", first, count))
        return self.suite.tournament.waiting_groups(round_id, first, count)

    def submitted(self, round_id: int, models: Sequence[int]) -> Sequence[bool]:
        self.reads.append(("submitted", *models))
        return [self.suite.tournament.submitted(round_id, model) for model in models]

    def settled_groups(self, round_id: int) -> Sequence[int]:
        self.reads.append(("settled_groups",))
        return [word >> GROUP_SHIFT for event in self.logged("Settled", round_id) for word in decode(event["chunk"])]

    def vetoed(self, round_id: int) -> Sequence[bytes]:
        return [event["root"] for event in self.logged("Vetoed", round_id)]

    def logged(self, name: str, round_id: int) -> list[Any]:
        events = self.suite.tournament.events
        return [event.args for event in events if event.name == name and event.args["round"] == round_id]

    def lock(self, round_id: int) -> Sent:
        return self.write("lock", round_id)

    def propose(self, round_id: int, root: bytes, chunks: int, evidence: bytes) -> Sent:
        return self.write("propose", round_id, root, chunks, evidence)

    def settle(self, round_id: int, index: int, words: Sequence[int], proof: Sequence[bytes]) -> Settled:
        sent = self.write("settle", round_id, index, encode(words), list(proof))
        args = self.suite.last("Settled")
        return Settled(sent, *(args[name] for name in ("staked", "rewards", "burns", "idled", "successor")))

    def settle_expired(self, round_id: int, groups: Sequence[int]) -> Settled:
        assert len(groups) <= BATCH
        sent = self.write("settle_expired", round_id, list(groups))
        args = self.suite.last("SettledExpired")
        return Settled(sent, args["staked"], 0, 0, args["idled"], args["successor"])

    def write(self, method: str, *arguments: Any) -> Sent:
        if self.meanwhile:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile(method)
        try:
            self.suite.call(method, *arguments, sender=self.sender)
        except Refused as error:
            raise CallRefused(str(error)) from error
        self.writes.append(method)
        if self.kill_after == len(self.writes):
            raise Killed
        return Sent(f"0x{len(self.writes):064x}", 21_000)


def scores_of(scores: dict[int, Score], name: str = "scores.csv") -> ScoresFile:
    return parse_scores(format_scores(scores).encode(), name)


def run(
    chain: RoundAccess, round_id: int, scores: ScoresFile | None, **options: Any
) -> tuple[Await | Closed, list[StepTaken]]:
    done: list[StepTaken] = []
    return resolve(Resolution(chain, round_id, scores, **options), done.append), done


MODELS = (0, 1, 2, 5, 1_200, 1_202)
"""In groups 0, 1 and 300: two chunks."""
SCORES = {0: UP, 1: DOWN, 2: FLAT, 5: UP, 1_200: DOWN, 1_202: UP}


@pytest.fixture
def suite() -> ExampleSuite:
    """Models up to 1,203, and round 1 with 100 NMR and a submission of each of `MODELS`."""
    suite = ExampleSuite(models=1_204)
    stake(suite)
    return suite


@pytest.fixture
def chain(suite: ExampleSuite) -> ExampleChain:
    return ExampleChain(suite)


def stake(suite: ExampleSuite, models: Sequence[int] = MODELS, *, submit: bool = True) -> int:
    round_id = suite.open()
    for model in models:
        suite.call("set_policy", model, 50 * NMR, False)
        suite.call("stake", model, 100 * NMR)
    if submit:
        suite.submit(*models)
    return round_id


def resolved(suite: ExampleSuite, round_id: int = 1) -> None:
    """Lock, publish, and let the outcome come."""
    suite.publish(round_id)
    suite.now = suite.terms_of(round_id).resolves_at


def windowed(suite: ExampleSuite, round_id: int = 1) -> None:
    """Let the window end."""
    suite.now = suite.tournament.round_info(round_id).final_at


def pause_of(chain: RoundAccess, scores: ScoresFile | None = None) -> tuple[State, str]:
    end, _ = run(chain, 1, scores or scores_of(SCORES))
    assert isinstance(end, Await)
    return end.state, end.following.step


# step by step


def test_resolve__each_run__goes_as_far_as_the_chain_lets_it(chain: ExampleChain, suite: ExampleSuite) -> None:
    assert (pause_of(chain), chain.writes) == ((State.OPEN, "submit"), [])
    suite.now = suite.terms_of(1).locks_at
    assert (pause_of(chain), chain.writes) == ((State.LOCKED, "publish"), ["lock"])
    suite.call("publish_opened", 1, OPENED_LIST, sender=OPERATOR)
    assert (pause_of(chain), chain.writes) == ((State.OPENED, "outcome"), ["lock"])
    suite.now = suite.terms_of(1).resolves_at
    assert (pause_of(chain), chain.writes) == ((State.PROPOSED, "window"), ["lock", "propose"])
    windowed(suite)
    end, done = run(chain, 1, scores_of(SCORES))
    assert (end, chain.writes) == (Closed(), ["lock", "propose", "settle", "settle"])
    assert [step.facts["action"] for step in done] == ["settle", "settle"]
    assert run(chain, 1, scores_of(SCORES)) == (Closed(), [])
    assert suite.state(1) == State.CLOSED
    assert chain.writes == ["lock", "propose", "settle", "settle"]


def test_resolve__waiting__comes_to_the_end_in_one_run(chain: ExampleChain, suite: ExampleSuite) -> None:
    paused = []

    def pause(step: Await) -> None:
        paused.append(step.following.step)
        if step.following.step == "publish":
            suite.call("publish_opened", 1, OPENED_LIST, sender=OPERATOR)
        else:
            assert step.following.until is not None
            suite.now = step.following.until

    done: list[StepTaken] = []
    assert resolve(Resolution(chain, 1, scores_of(SCORES)), done.append, pause) == Closed()
    assert paused == ["submit", "publish", "outcome", "window"]
    assert [step.facts["action"] for step in done] == ["lock", "propose", "settle", "settle"]


def test_resolve__settled_chunks__are_what_the_reference_pays(chain: ExampleChain, suite: ExampleSuite) -> None:
    resolved(suite)
    run(chain, 1, scores_of(SCORES))
    windowed(suite)
    _, done = run(chain, 1, scores_of(SCORES))
    # 2 × 1% of 100 NMR for UP; DOWN is 2 × -1% + 2% = 0. All above the target of 50 NMR goes to idle.
    assert [suite.tournament.idle_of(model) // NMR for model in MODELS] == [52, 50, 50, 52, 50, 52]
    assert done[0].facts == {
        "action": "settle",
        "chunk": 0,
        "staked": "400",
        "rewards": "4",
        "burns": "0",
        "idled": "204",
        "kept": "200",
        "successor": 3,
        "transaction": f"0x{2:064x}",
        "gas": 21_000,
    }
    where = "100 go on into round 3, 102 to idle"
    assert done[1].text == f"Settled chunk 2 of 2: 200 NMR at stake, 2 rewarded, 0 burned; {where}."


def test_resolve__targets_of_nothing__returns_all(chain: ExampleChain, suite: ExampleSuite) -> None:
    for model in MODELS:
        suite.call("set_policy", model, 0, False)
    resolved(suite)
    run(chain, 1, scores_of(SCORES))
    windowed(suite)
    _, done = run(chain, 1, scores_of(SCORES))
    assert done[1].text.endswith("2 rewarded, 0 burned; all returned to the models' withdrawable balance.")


def test_resolve__next_round_of_the_place_is_open__restakes(chain: ExampleChain, suite: ExampleSuite) -> None:
    resolved(suite)
    suite.open()
    suite.wait(24)
    run(chain, 1, scores_of(SCORES))
    suite.now = suite.tournament.round_info(1).final_at
    suite.open()
    end, done = run(chain, 1, scores_of(SCORES))
    assert end == Closed()
    assert suite.tournament.position(3, 0) == 50 * NMR
    assert done[1].text.endswith("2 rewarded, 0 burned; 100 go on into round 3, 102 to idle.")


def test_resolve__stakes_without_submissions_or_scores__go_on_unchanged(suite: ExampleSuite) -> None:
    suite.wait(24)
    stake(suite, (8, 9, 1_201), submit=False)
    resolved(suite, 2)
    chain = ExampleChain(suite)
    _, done = run(chain, 2, scores_of({}))
    assert done[0].facts["models"] == 3
    windowed(suite, 2)
    assert run(chain, 2, scores_of({}))[0] == Closed()
    assert [suite.tournament.position(4, model) for model in (8, 9, 1_201)] == [50 * NMR] * 3
    assert [suite.tournament.idle_of(model) for model in (8, 9, 1_201)] == [50 * NMR] * 3


def test_resolve__nothing_at_stake__is_closed_by_its_lock(suite: ExampleSuite) -> None:
    suite.wait(24)
    round_id = suite.open()
    suite.now = suite.terms_of(round_id).locks_at
    end, done = run(ExampleChain(suite), round_id, scores_of({}))
    assert (end, [step.facts["action"] for step in done]) == (Closed(), ["lock"])


def test_resolve__anybody_with_the_scores__settles(suite: ExampleSuite) -> None:
    resolved(suite)
    run(ExampleChain(suite), 1, scores_of(SCORES))
    windowed(suite)
    assert run(ExampleChain(suite, STRANGER), 1, scores_of(SCORES))[0] == Closed()


# stopped at any point


def played(suite: ExampleSuite, kills: Sequence[int | None], sender: str = OPERATOR) -> tuple[list[str], object]:
    """Run again and again, each time killed after so many writes, with time passing between; what came of it."""
    writes: list[str] = []
    scores = scores_of(SCORES)
    for kill_after in [*kills, None]:
        for _ in range(8):
            chain = ExampleChain(suite, sender)
            chain.kill_after = kill_after
            try:
                end, _ = run(chain, 1, scores)
            except Killed:
                writes += chain.writes
                break
            writes += chain.writes
            if isinstance(end, Closed):
                break
            if end.following.step == "publish":
                suite.call("publish_opened", 1, OPENED_LIST, sender=OPERATOR)
            else:
                assert end.following.until is not None
                suite.now = end.following.until
    tournament = suite.tournament
    return writes, ([tournament.idle_of(model) for model in MODELS], suite.state(1), tournament.round_info(1))


@pytest.mark.parametrize(
    "kills", [[1], [2], [3], [4], [1, 1], [1, 2], [2, 1], [1, 1, 1], [3, 1], [1, 1, 1, 1], [1, 1, 1, 1, 1]]
)
def test_resolve__killed_after_any_write_and_run_again__comes_to_the_same_end(kills: list[int]) -> None:
    outcomes = []
    for way in ([], kills):
        suite = ExampleSuite(models=1_204)
        stake(suite)
        outcomes.append(played(suite, way))
    assert outcomes[0] == outcomes[1]
    assert outcomes[1][0] == ["lock", "propose", "settle", "settle"]


def test_resolve__half_settled__reads_the_settled_groups_from_the_log(chain: ExampleChain, suite: ExampleSuite) -> None:
    resolved(suite)
    run(chain, 1, scores_of(SCORES))
    windowed(suite)
    chain.kill_after = 2
    with pytest.raises(Killed):
        run(chain, 1, scores_of(SCORES))
    assert ("settled_groups",) not in chain.reads
    again = ExampleChain(suite, STRANGER)
    assert run(again, 1, scores_of(SCORES))[0] == Closed()
    assert ("settled_groups",) in again.reads
    assert again.writes == ["settle"]


def test_resolve__half_settled__another_file_is_refused(chain: ExampleChain, suite: ExampleSuite) -> None:
    resolved(suite)
    run(chain, 1, scores_of(SCORES))
    windowed(suite)
    chain.kill_after = 2
    with pytest.raises(Killed):
        run(chain, 1, scores_of(SCORES))
    again = ExampleChain(suite)
    for model in MODELS:
        with pytest.raises(ResolutionError, match="does not give the root of round 1"):
            run(again, 1, scores_of(SCORES | {model: (7, 7)}))
    assert again.writes == []


def test_resolve__somebody_else_settles_a_chunk_meanwhile__goes_on_with_the_others(
    chain: ExampleChain, suite: ExampleSuite
) -> None:
    resolved(suite)
    run(chain, 1, scores_of(SCORES))
    windowed(suite)
    chain.meanwhile = lambda _: suite.settle(1, encode_chunks(SCORES))
    end, done = run(chain, 1, scores_of(SCORES))
    assert end == Closed()
    assert [step.facts["chunk"] for step in done] == [1]


@pytest.mark.parametrize("method", ["lock", "propose"])
def test_resolve__somebody_else_does_it_meanwhile__is_done_once(
    chain: ExampleChain, suite: ExampleSuite, method: str
) -> None:
    suite.now = suite.terms_of(1).locks_at
    if method == "propose":
        resolved(suite)
    chain.meanwhile = lambda _: (
        suite.call("lock", 1, sender=STRANGER) if method == "lock" else run(ExampleChain(suite), 1, scores_of(SCORES))
    )
    end, done = run(chain, 1, scores_of(SCORES))
    assert (done, chain.writes) == ([], [])
    assert isinstance(end, Await)
    assert end.following.step == ("publish" if method == "lock" else "window")


def test_resolve__not_the_operator__says_what_the_contract_says(suite: ExampleSuite) -> None:
    resolved(suite)
    with pytest.raises(CallRefused, match=r"^roles: not the operator$"):
        run(ExampleChain(suite, STRANGER), 1, scores_of(SCORES))


# a root is complete, or it is not proposed


@pytest.mark.parametrize("missing", [(0,), (1_202,), (1, 2, 5), MODELS])
def test_resolve__a_model_has_no_score__is_not_proposed(
    chain: ExampleChain, suite: ExampleSuite, missing: tuple[int, ...]
) -> None:
    resolved(suite)
    scores = {model: score for model, score in SCORES.items() if model not in missing}
    with pytest.raises(MissingScores, match=f"scores.csv has no score for models? {missing[0]}"):
        run(chain, 1, scores_of(scores))
    assert chain.writes == []


def test_resolve__a_model_that_did_not_submit_has_no_score__is_proposed(
    chain: ExampleChain, suite: ExampleSuite
) -> None:
    suite.call("stake", 3, 10 * NMR)
    resolved(suite)
    run(chain, 1, scores_of(SCORES))
    assert chain.writes == ["propose"]
    assert ("submitted", 3) in chain.reads


def test_resolve__scores_of_models_without_a_stake__change_nothing(chain: ExampleChain, suite: ExampleSuite) -> None:
    resolved(suite)
    # Of a group with stakes and of one without.
    scores = scores_of(SCORES | {4: UP, 900: DOWN})
    _, done = run(chain, 1, scores)
    assert done[0].facts["without_stake"] == 2
    assert "2 models of the file without a stake: their scores change nothing." in done[0].text
    windowed(suite)
    chain.kill_after = 2
    with pytest.raises(Killed):
        run(chain, 1, scores)
    assert run(ExampleChain(suite), 1, scores)[0] == Closed()
    assert [suite.tournament.idle_of(model) for model in (4, 900)] == [0, 0]


def test_resolve__unknown_model__is_not_proposed(chain: ExampleChain, suite: ExampleSuite) -> None:
    resolved(suite)
    with pytest.raises(ScoresInvalid, match=r"^scores\.csv, line 8: there is no model 1204, the last is 1203\.$"):
        run(chain, 1, scores_of(SCORES | {1_204: UP}))
    assert chain.writes == []


def test_resolve__node_leaves_stakes_out__is_not_proposed(
    chain: ExampleChain, suite: ExampleSuite, monkeypatch: Any
) -> None:
    resolved(suite)
    monkeypatch.setattr(chain, "position_words", lambda place, first, count: [0] * count)
    with pytest.raises(ResolutionError, match="names 0 NMR at stake in round 1, and 600 NMR are: it does not answer"):
        run(chain, 1, scores_of(SCORES))
    assert chain.writes == []


def test_resolve__too_late_to_propose__is_refused(chain: ExampleChain, suite: ExampleSuite) -> None:
    resolved(suite)
    terms = suite.terms_of(1)
    suite.now = terms.expires_at - terms.window - 24 * HOUR
    suite.now += 1
    with pytest.raises(ResolutionError, match="It is too late to propose scores for round 1: too little time"):
        run(chain, 1, scores_of(SCORES))
    assert chain.writes == []
    suite.now -= 1
    run(chain, 1, scores_of(SCORES))
    assert chain.writes == ["propose"]


def test_resolve__evidence__is_the_files_hash_or_what_is_given(chain: ExampleChain, suite: ExampleSuite) -> None:
    resolved(suite)
    scores = scores_of(SCORES)
    run(chain, 1, scores)
    assert suite.tournament.round_info(1).evidence == scores.digest
    suite.call("veto", 1, suite.tournament.round_info(1).root, sender=GUARDIAN)
    run(chain, 1, scores, evidence=EVIDENCE, again=True)
    assert suite.tournament.round_info(1).evidence == EVIDENCE


def test_resolve__vetoed_root__is_proposed_again_only_if_asked_to(chain: ExampleChain, suite: ExampleSuite) -> None:
    resolved(suite)
    run(chain, 1, scores_of(SCORES))
    suite.call("veto", 1, suite.tournament.round_info(1).root, sender=GUARDIAN)
    with pytest.raises(ResolutionError, match=r"The guardian vetoed the root .* with --again\.$"):
        run(chain, 1, scores_of(SCORES))
    assert chain.writes == ["propose"]
    run(chain, 1, scores_of(SCORES), again=True)
    assert chain.writes == ["propose", "propose"]


def test_resolve__corrected_after_a_veto__is_proposed(chain: ExampleChain, suite: ExampleSuite) -> None:
    resolved(suite)
    run(chain, 1, scores_of(SCORES))
    suite.call("veto", 1, suite.tournament.round_info(1).root, sender=GUARDIAN)
    run(chain, 1, scores_of(SCORES | {0: DOWN}))
    assert chain.writes == ["propose", "propose"]


def test_resolve__root_proposed_and_another_file__is_refused_before_anything_is_sent(
    chain: ExampleChain, suite: ExampleSuite
) -> None:
    resolved(suite)
    run(chain, 1, scores_of(SCORES))
    other = scores_of(SCORES | {0: DOWN}, "other.csv")
    expected = ChunkTree.of(encode_chunks(SCORES)).root.hex()
    for _ in range(2):
        with pytest.raises(ResolutionError, match=rf"^other.csv does not give the root of round 1: .*0x{expected} was"):
            run(chain, 1, other)
        windowed(suite)
    assert chain.writes == ["propose"]


# rounds without scores


def expired(suite: ExampleSuite) -> None:
    suite.now = suite.terms_of(1).expires_at


@pytest.mark.parametrize("way", ["void", "expired"])
def test_resolve__void_or_expired__settles_without_scores(chain: ExampleChain, suite: ExampleSuite, way: str) -> None:
    resolved(suite)
    if way == "void":
        suite.call("void", 1, sender=GUARDIAN)
    else:
        expired(suite)
    with pytest.raises(ResolutionError, match=f"Round 1 is {way}, so no scores count: .* `resolve 1 --expired`"):
        run(chain, 1, scores_of(SCORES))
    end, done = run(ExampleChain(suite, STRANGER), 1, None)
    assert end == Closed()
    assert [step.text for step in done] == [
        "Settled 3 groups without burns or rewards: 600 NMR at stake, 0 rewarded, 0 burned; "
        "300 go on into round 3, 300 to idle."
    ]
    assert [suite.tournament.idle_of(model) for model in MODELS] == [50 * NMR] * 6
    assert run(chain, 1, None) == (Closed(), [])


def test_resolve__many_groups_expired__are_settled_in_batches_and_after_a_kill() -> None:
    suite = ExampleSuite(models=4 * 600)
    suite.open()
    for group in range(600):
        suite.call("stake", 4 * group, NMR)
    expired(suite)
    chain = ExampleChain(suite, STRANGER)
    chain.kill_after = 2
    with pytest.raises(Killed):
        run(chain, 1, None)
    again = ExampleChain(suite, STRANGER)
    end, done = run(again, 1, None)
    assert (end, [step.facts["groups"] for step in done]) == (Closed(), [600 - 2 * BATCH])


def test_resolve__partly_settled_and_expired__settles_the_rest(chain: ExampleChain, suite: ExampleSuite) -> None:
    resolved(suite)
    run(chain, 1, scores_of(SCORES))
    windowed(suite)
    chain.kill_after = 2
    with pytest.raises(Killed):
        run(chain, 1, scores_of(SCORES))
    expired(suite)
    _, done = run(ExampleChain(suite), 1, None)
    assert [step.facts["groups"] for step in done] == [1]


def test_resolve__round_still_counts__settles_nothing(chain: ExampleChain, suite: ExampleSuite) -> None:
    message = r"^The stakes of round 1 still count, and .*: it is open for submissions, and expires"
    with pytest.raises(ResolutionError, match=message):
        run(chain, 1, None)
    assert chain.writes == []


@pytest.mark.parametrize(
    ("round_id", "why"),
    [
        (0, "There is no round 0: the first is 1."),
        (2, "Round 2 is not open yet: the next round of its place is round 2."),
        (10**9 + 1, "Round 1000000001 is not open yet: the next round of its place is round 3."),
    ],
)
def test_resolve__no_such_round__is_refused(chain: ExampleChain, round_id: int, why: str) -> None:
    with pytest.raises(NoSuchRound, match=f"^{why}$"):
        run(chain, round_id, scores_of({}))


def test_resolve__no_round_at_all__is_refused() -> None:
    with pytest.raises(NoSuchRound, match=r"^Round 1 is not open yet: the next round of its place is round 1\.$"):
        run(ExampleChain(ExampleSuite()), 1, scores_of({}))


# reading


def test_read_positions__many_groups__are_read_in_pages() -> None:
    suite = ExampleSuite(models=4 * PAGE + 5)
    suite.open()
    staked = (0, 3, 4 * PAGE - 1, 4 * PAGE, 4 * PAGE + 4)
    for model in staked:
        suite.call("stake", model, (model + 1) * NMR)
    chain = ExampleChain(suite)
    assert read_positions(chain, 1) == {model: (model + 1) * 10**9 for model in staked}
    assert chain.reads == [("position_words", 0, PAGE), ("position_words", PAGE, 2)]


def test_read_positions__words_of_another_round_of_the_place__are_left_out(suite: ExampleSuite) -> None:
    assert read_positions(ExampleChain(suite), 3) == {}


def test_check_complete__nobody_left_out__asks_nothing() -> None:
    asked: list[Sequence[int]] = []

    def submitted(models: Sequence[int]) -> Sequence[bool]:
        asked.append(models)
        return [True for _ in models]

    assert check_complete(scores_of({3: UP}), {3: 1}, 4, submitted, 1) == 0
    assert asked == [[]]


def test_check_complete__many_left_out__are_counted_and_some_are_named() -> None:
    positions = {3 * model: 1 for model in range(100)}
    with pytest.raises(MissingScores) as caught:
        check_complete(scores_of({0: UP}), positions, 1_000, lambda models: [True for _ in models], 4)
    assert str(caught.value) == (
        "scores.csv has no score for models 3, 6, 9, 12, 15, 18, 21, 24, …: 99 models with a stake and a submission in "
        "round 4."
    )
