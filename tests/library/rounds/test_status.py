# SPDX-License-Identifier: MIT
import re
from collections.abc import Callable
from itertools import pairwise

import pytest

from nmr.protocol.reference import State
from nmr.protocol.reference.rounds import UNDECIDED
from nmr.rounds.report import describe_round, list_entry, list_row, plain_round
from nmr.rounds.status import (
    STATE_WORDS,
    Next,
    RoundView,
    WrongState,
    describe_next,
    require_state,
    view_round,
    what_next,
    what_was_missed,
)
from nmr.text.amounts import NMR
from tests.library.rounds.test_resolution import ExampleChain
from tests.support.example_suite import GUARDIAN, HOUR, ExampleSuite

MODELS = (0, 1, 7)


def at(hours: float) -> Callable[[ExampleSuite], None]:
    return lambda suite: suite.wait(hours)


def view_after(*steps: Callable[[ExampleSuite], object]) -> RoundView:
    suite = ExampleSuite(models=8)
    suite.open()
    for model in MODELS:
        suite.call("stake", model, 100 * NMR)
    for step in steps:
        step(suite)
    view = view_round(ExampleChain(suite), 1)
    assert view.state == suite.state(1)
    return view


def lock(suite: ExampleSuite) -> None:
    suite.lock(1)


def publish(suite: ExampleSuite) -> None:
    suite.publish(1)


def propose(suite: ExampleSuite) -> None:
    suite.propose(1, dict.fromkeys(MODELS, (0, 0)))


def finalise(suite: ExampleSuite) -> None:
    suite.finalise(1, dict.fromkeys(MODELS, (0, 0)))


def follow(suite: ExampleSuite) -> None:
    """Open the rounds up to the next of the place."""
    suite.open()
    suite.wait(24)
    suite.open()


def void(suite: ExampleSuite) -> None:
    suite.call("void", 1, sender=GUARDIAN)


def come_home(suite: ExampleSuite) -> None:
    suite.call("settle_expired", 1, [0, 1])


WAYS = [
    ((), State.OPEN, "submit", "stakers", 24),
    ((at(24),), State.ENDED, "lock", "anyone", 48),
    ((lock,), State.LOCKED, "publish", "operator", 48),
    ((publish,), State.OPENED, "outcome", None, 72),
    ((publish, at(48)), State.OPENED, "propose", "operator", 72 + 200 - 48),
    ((publish, at(48 + 152)), State.OPENED, "propose", "operator", 72 + 200 - 48),
    ((publish, at(48 + 153)), State.OPENED, "expiry", None, 272),
    ((propose,), State.PROPOSED, "window", None, 96),
    ((finalise,), State.FINAL, "settle", "anyone", 272),
    # Round 3 is open from hour 120 to hour 144.
    ((finalise, follow), State.FINAL, "settle", "anyone", 143),
    ((finalise, follow, at(23)), State.FINAL, "settle", "anyone", 272),
    ((void, follow), State.VOID, "settle-expired", "anyone", 47),
    ((void,), State.VOID, "settle-expired", "anyone", None),
    ((at(48),), State.EXPIRED, "settle-expired", "anyone", None),
    ((propose, at(200)), State.EXPIRED, "settle-expired", "anyone", None),
]


@pytest.mark.parametrize(("steps", "state", "step", "who", "until"), WAYS)
def test_what_next__every_state__says_who_does_what_until_when(
    steps: tuple[Callable[[ExampleSuite], None], ...], state: State, step: str, who: str | None, until: int | None
) -> None:
    view = view_after(*steps)
    following = what_next(view)
    assert following is not None
    start = view.info.terms.locks_at - 24 * HOUR
    assert (view.state, following.step, following.who) == (state, step, who)
    assert following.until == (None if until is None else start + until * HOUR)


def test_what_next__closed__is_nothing() -> None:
    view = view_after(void, come_home)
    assert (view.state, what_next(view)) == (State.CLOSED, None)
    assert describe_next(None, str) == "The round is closed: nothing is left to do."


def test_what_next__final__says_where_stakes_go() -> None:
    for more, successor in (((), 3), ((follow,), 3), ((follow, at(23)), 3), ((follow, at(23.01)), 5)):
        following = what_next(view_after(finalise, *more))
        assert following is not None
        assert following.what == f"Its stakes have to be settled and go on into round {successor}"
    following = what_next(view_after(void))
    assert following is not None
    assert following.what == "Its stakes have to be settled, without burns or rewards, and go on into round 3"


def test_caution__last_two_hours_of_the_next_round__says_that_stakes_miss_it() -> None:
    def caution(*more: Callable[[ExampleSuite], None]) -> str | None:
        return view_after(finalise, *more).caution

    assert caution() is None
    assert caution(follow) is None
    assert caution(follow, at(21.99)) is None
    assert caution(follow, at(22)) == "Settle within 1h: later, stakes go on into round 5 and miss round 3."
    missed = caution(follow, at(23.5))
    assert missed is not None
    assert missed.startswith(
        "Round 3 locks in 30m: what is settled now goes on into round 5 and misses it, and a group"
    )
    assert caution(follow, at(24)) is None


MISSED = [
    ((at(48),), "no lock", 48, "settle without rewards and burns"),
    ((lock, at(24)), "no opening list", 48, "settle without rewards and burns"),
    ((publish, at(48 + 153)), "no scores", 72 + 200 - 48, "The round will expire, without rewards and burns"),
    ((publish, at(24 + 248)), "no scores", 72 + 200 - 48, "settle without rewards and burns"),
    ((propose, at(200)), "not all chunks settled", 272, "settle without rewards and burns"),
]


@pytest.mark.parametrize(("steps", "what", "by", "cost"), MISSED)
def test_what_was_missed__too_late__says_what_by_when_and_what_it_costs(
    steps: tuple[Callable[[ExampleSuite], None], ...], what: str, by: int, cost: str
) -> None:
    view = view_after(*steps)
    missed = what_was_missed(view)
    assert missed is not None
    start = view.info.terms.locks_at - 24 * HOUR
    assert (missed.what, missed.by) == (what, start + by * HOUR)
    assert cost in missed.cost
    assert describe_round(view, {})["missed"].startswith(f"{what} by ")
    told = plain_round(view, {})["missed"]
    assert told == {"what": missed.what, "by": missed.by, "cost": missed.cost}


@pytest.mark.parametrize(
    "steps", [(), (at(24),), (lock,), (publish,), (propose,), (finalise,), (void,), (void, come_home)]
)
def test_what_was_missed__in_time__is_nothing(steps: tuple[Callable[[ExampleSuite], None], ...]) -> None:
    view = view_after(*steps)
    assert what_was_missed(view) is None
    assert "missed" not in describe_round(view, {})
    assert plain_round(view, {})["missed"] is None


def test_words_of_states__for_people__differ() -> None:
    assert set(STATE_WORDS) == set(State)
    words = sorted(STATE_WORDS.values())
    assert not any(later.startswith(word) for word, later in pairwise(words))


def test_describe_next__all_parts__are_one_line() -> None:
    following = Next("lock", "It has to be locked", "anyone", 5, "round lock 1")
    assert describe_next(following, lambda at: f"second {at}", lambda command: f"ape run {command}") == (
        "It has to be locked (anyone) until second 5: ape run round lock 1"
    )
    assert describe_next(Next("x", "Time passes", None, None), str) == "Time passes."


def test_require_state__another_state__is_refused() -> None:
    view = view_after()
    require_state(view, {State.OPEN}, "locked")
    problem = "Round 1 is open for submissions, and cannot be locked: that takes one that is past its deadline."
    with pytest.raises(WrongState, match=f"^{re.escape(problem)}$"):
        require_state(view, {State.ENDED}, "locked")
    problem = (
        "Round 1 is closed, and cannot be voided: that takes one that is open for submissions, past its deadline, "
        "locked, unsealed or proposed."
    )
    with pytest.raises(WrongState, match=f"^{re.escape(problem)}$"):
        require_state(view_after(void, come_home), UNDECIDED, "voided")


@pytest.mark.parametrize("steps", [steps for steps, *_ in WAYS])
def test_reports__every_state__tell_the_same(steps: tuple[Callable[[ExampleSuite], None], ...]) -> None:
    view = view_after(*steps)
    positions = dict.fromkeys(MODELS, 100 * 10**9)
    facts, plain = describe_round(view, positions), plain_round(view, positions)
    assert plain["state"] == view.state.name.lower()
    assert facts["state"].startswith(f"{STATE_WORDS[view.state]}: ")
    assert facts["waits"] == "300 NMR of 3 models in 2 groups"
    assert plain["waiting"] == {"nmr": "300", "models": 3, "groups": 2}
    assert list_entry(view)["next"] == plain["next"]
    assert list_row(view)[:3] == ("1", STATE_WORDS[view.state], plain["next"]["step"])
    assert ("at risk" in facts) == plain["locked"]
    assert ("root" in facts) == (plain["root"] is not None)


def test_describe_round__final__has_all_that_is_fixed() -> None:
    facts = describe_round(view_after(finalise), {})
    assert facts["at risk"] == "300 NMR"
    assert facts["factor"] == "1"
    assert facts["effective clip"] == "0.05"
    assert facts["granted"] == "15 NMR"
    assert facts["chunks"] == "1"
    assert facts["opened list"] == "0x" + 32 * "01"
    assert facts["evidence"] == "0x" + 32 * "02"
