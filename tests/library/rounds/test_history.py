# SPDX-License-Identifier: MIT
from dataclasses import replace

import pytest

from nmr.protocol.lifetimes import EVENTS, LogIncomplete
from nmr.protocol.reference.numeraire import UNLIMITED
from nmr.protocol.reference.rounds import State
from nmr.protocol.score_words import BLANK
from nmr.rounds.history import History, Played, Standing
from nmr.text.amounts import FACTOR, NMR, SCORE
from tests.support.example_suite import GUARDIAN, STAKER, TOURNAMENT, ExampleSuite

MODELS = 6
RING = 2
CENT = SCORE // 100
"""A score of 0.01; the rounds pay twice the first score and once the second, up to 5% of the stake."""


@pytest.fixture
def suite() -> ExampleSuite:
    """Models 0 to 5 with 100 NMR idle each, of which they stake 10 a round."""
    suite = ExampleSuite(models=MODELS, ring=RING)
    for model in range(MODELS):
        suite.call("deposit", model, 100 * NMR, STAKER)
        suite.call("set_policy", model, 10 * NMR, False)
    return suite


def history_of(suite: ExampleSuite, *models: int, lacking: str = "") -> History:
    history = History(RING, NMR, models)
    for event in suite.world.log.of(TOURNAMENT):
        if event.name in EVENTS and event.name != lacking:
            history.apply(event)
    return history


def states_of(suite: ExampleSuite) -> dict[int, State]:
    return {number: suite.state(number) for number in sorted(suite.tournament.books.rounds.records)}


def rounds_of(suite: ExampleSuite, *models: int) -> list[Played]:
    return history_of(suite, *models).rounds(states_of(suite))


def opened(suite: ExampleSuite, *submit: int) -> int:
    """A round that everybody has a stake in and these submit to."""
    number = suite.open()
    suite.call("enter", [0, 1])
    if submit:
        suite.submit(*submit)
    return number


def settled(suite: ExampleSuite, scores: dict[int, tuple[int, int]]) -> int:
    """A round that was settled by these scores."""
    number = opened(suite, *scores)
    chunks = suite.finalise(number, dict.fromkeys(range(MODELS), BLANK) | scores)
    suite.wait(12)
    suite.settle(number, chunks)
    return number


def test_rounds__settled__have_stake_scores_payout_and_rank(suite):
    number = settled(suite, {0: (CENT, 0), 1: (-CENT, CENT), 2: (0, 3 * CENT), 4: (CENT, 0)})
    known = {"round": number, "state": State.CLOSED, "stake": 10 * NMR, "factor": FACTOR, "scored": 4}
    one = NMR // 10
    assert rounds_of(suite, 0, 1, 2, 4) == [
        Played(model=0, submitted=True, score=(CENT, 0), payout=2 * one, rank=2, **known),
        Played(model=1, submitted=True, score=(-CENT, CENT), payout=-one, rank=4, **known),
        Played(model=2, submitted=True, score=(0, 3 * CENT), payout=3 * one, rank=1, **known),
        Played(model=4, submitted=True, score=(CENT, 0), payout=2 * one, rank=2, **known),
    ]


def test_rounds__no_submission__has_no_score_and_no_rank(suite):
    number = settled(suite, {0: (CENT, 0)})
    assert rounds_of(suite, 3) == [
        Played(number, 3, State.CLOSED, 10 * NMR, submitted=False, factor=FACTOR, payout=0, scored=1)
    ]


def test_rounds__some_stakes_are_not_settled__have_no_rank_yet(suite):
    settled(suite, {0: (CENT, 0)})
    events = [event for event in suite.world.log.of(TOURNAMENT) if event.name in EVENTS]
    history = History(RING, NMR, [0])
    for event in events:
        # As if another chunk had as much.
        history.apply(replace(event, args=event.args | {"at_risk": 2 * event.args.get("at_risk", 0)}))
    [row] = history.rounds({1: State.FINAL})
    assert (row.payout, row.score, row.rank, row.scored) == (NMR // 5, (CENT, 0), None, None)
    assert history.settled() == []


def test_rounds__open__has_what_is_at_stake_now(suite):
    number = opened(suite, 0)
    assert rounds_of(suite, 0, 1) == [
        Played(number, 0, State.OPEN, 10 * NMR, submitted=True),
        Played(number, 1, State.OPEN, 10 * NMR, submitted=False),
    ]


def test_rounds__left_without_submission__is_no_round_of_the_model(suite):
    number = opened(suite)
    suite.call("leave", 0, number, UNLIMITED)
    assert rounds_of(suite, 0) == []


def test_rounds__void_before_the_lock__keeps_its_stake_when_that_is_home(suite):
    number = opened(suite, 0)
    suite.call("void", number, sender=GUARDIAN)
    before = rounds_of(suite, 0)
    suite.call("settle_expired", number, [0, 1])
    assert before == [Played(number, 0, State.VOID, 10 * NMR, submitted=True)]
    assert rounds_of(suite, 0) == [replace(before[0], state=State.CLOSED)]


def test_rounds__void_after_the_lock__has_a_factor_and_no_rank(suite):
    number = opened(suite, 0)
    suite.lock(number)
    suite.call("void", number, sender=GUARDIAN)
    suite.call("settle_expired", number, [0, 1])
    assert rounds_of(suite, 0) == [Played(number, 0, State.CLOSED, 10 * NMR, submitted=True, factor=FACTOR)]


def test_rounds__places_of_the_ring_used_again__are_rounds_of_their_own(suite):
    numbers = [settled(suite, {0: (CENT * i, 0)}) for i in range(1, 6)]
    rows = rounds_of(suite, 0)
    assert [row.round for row in rows] == numbers
    assert [row.payout for row in rows] == [NMR * tenths // 10 for tenths in (2, 4, 5, 5, 5)]
    life = history_of(suite, 0).lives[0]
    assert sum(row.payout for row in rows) == life.rewards - life.burns


def test_standings__last_rounds__are_summed_and_ranked_by_the_mean_score(suite):
    settled(suite, {0: (-5 * CENT, 0), 1: (5 * CENT, 0)})
    settled(suite, {0: (3 * CENT, 0), 1: (CENT, 0)})
    settled(suite, {0: (CENT, 2 * CENT), 2: (0, CENT)})
    standings = history_of(suite, 0, 1, 2, 3).standings(2)
    tenth = NMR // 10
    assert standings == [
        Standing(0, 2, 20 * NMR, 9 * tenth, primary=0.02, contribution=0.01, rank=1),
        Standing(1, 1, 20 * NMR, 2 * tenth, primary=0.01, contribution=0.0, rank=2),
        Standing(2, 1, 20 * NMR, 1 * tenth, primary=0.0, contribution=0.01, rank=3),
        Standing(3, 0, 20 * NMR, 0, primary=None, contribution=None, rank=None),
    ]
    assert [each.rate for each in standings] == [0.045, 0.01, 0.005, 0.0]


def test_standings__void_and_open_rounds__do_not_count(suite):
    number = settled(suite, {0: (CENT, 0)})
    void = opened(suite, 0)
    suite.call("void", void, sender=GUARDIAN)
    suite.call("settle_expired", void, [0, 1])
    opened(suite, 0)
    history = history_of(suite, 0)
    assert states_of(suite)[void] == State.CLOSED
    assert history.settled() == [number]
    assert history.standings(1) == history.standings(20) == [Standing(0, 1, 10 * NMR, NMR // 5, 0.01, 0.0, 1)]


def test_standings__nothing_settled_or_no_round_wanted__is_empty(suite):
    settled(suite, {0: (CENT, 0)})
    assert history_of(suite, 0).standings(0) == []
    assert History(RING, NMR, [0]).standings(20) == []


def test_standing__no_stake__has_no_rate():
    assert Standing(0, 1, 0, 0, 0.01, 0.0, 1).rate is None


@pytest.mark.parametrize("lacking", ["RoundOpened", "RoundLocked"])
def test_history__log_lacks_something__is_refused(suite, lacking):
    settled(suite, {0: (CENT, 0)})
    with pytest.raises(LogIncomplete, match=r"^The log lacks something before"):
        history_of(suite, 0, lacking=lacking)
