# SPDX-License-Identifier: MIT
"""What is due: state by state, slot by slot, and over whole seasons that are interrupted at random."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmr.operate.duties import (
    Coming,
    Duty,
    DutyKind,
    Outcome,
    RoundSeen,
    Seen,
    Wait,
    describe_duty,
    finished,
    plan,
    slot_at,
)
from nmr.operate.season import Season
from nmr.protocol.reference.rounds import Round, RoundBook, State
from nmr.rounds.status import RoundView
from tests.library.operate.seasons import DAILY, season
from tests.library.operate.views import DAY, HOUR, LOCKS_AT, NOON, RING, ROOT, view
from tests.support.terms import terms

READY = Coming(9, has_key=True, backed_up=True)


@pytest.fixture(scope="module")
def daily(tmp_path_factory) -> Season:
    """Rounds each day at 13:00, open for 22 hours."""
    return season(tmp_path_factory.mktemp("season"))


def round_seen(state: State, *, now: int = NOON, following: Round | None = None, **changes: object) -> RoundSeen:
    """A round in a state."""
    return RoundSeen(view(state, now=now, following=following), **changes)


def seen(*rounds: RoundSeen, now: int = NOON, opened_at: int | None = NOON, coming: Coming = READY, **more) -> Seen:
    """What was read; by default no round is to be opened."""
    return Seen(now, rounds, opened_at, coming, **more)


def due(season: Season, what: Seen) -> list[DutyKind]:
    """The kinds of what is due."""
    return [duty.kind for duty in plan(season, what).duties]


def whys(season: Season, what: Seen) -> list[str]:
    """Why something waits."""
    return [wait.why for wait in plan(season, what).waits]


def test_plan__slot_has_come__opens(daily):
    [duty] = plan(daily, seen(opened_at=NOON - DAY)).duties

    assert duty == Duty(DutyKind.OPEN, 9, NOON + 2 * HOUR)


@pytest.mark.parametrize(
    ("now", "opened_at", "kinds"),
    [
        (NOON - 1, NOON - DAY, []),
        (NOON, NOON - 1, [DutyKind.OPEN]),
        (NOON, NOON, []),
        (NOON + 2 * HOUR, NOON - DAY, [DutyKind.OPEN]),
        (NOON + 2 * HOUR + 1, NOON - DAY, []),
        (NOON, None, [DutyKind.OPEN]),
    ],
)
def test_plan__around_a_slot__opens_once_and_not_too_late(daily, now, opened_at, kinds):
    assert due(daily, seen(now=now, opened_at=opened_at)) == kinds


def test_plan__slots_were_missed__opens_one_round_for_the_last(daily):
    assert slot_at(daily, NOON + HOUR, NOON - 5 * DAY).at == NOON


def test_plan__season_is_over__opens_none(tmp_path):
    ended = season(tmp_path, DAILY.replace('zone = "UTC"', 'until = "2027-03-01T13:00Z"'))

    assert due(ended, seen(opened_at=NOON - DAY)) == []
    assert slot_at(ended, NOON - 1, NOON - DAY) is None
    assert slot_at(ended, NOON - DAY, NOON - 2 * DAY).at == NOON - DAY


def test_plan__no_key__makes_it_then_backs_it_up_and_does_not_open(daily):
    before = NOON - 6 * HOUR

    assert due(daily, seen(now=before, opened_at=NOON - DAY, coming=Coming(9))) == [DutyKind.MAKE_KEY]
    assert due(daily, seen(now=before - 1, opened_at=NOON - DAY, coming=Coming(9))) == []
    assert due(daily, seen(opened_at=NOON - DAY, coming=Coming(9, has_key=True))) == [DutyKind.BACK_UP]


def test_plan__package_is_not_there__waits_and_says_so(daily):
    what = seen(now=NOON - HOUR, opened_at=NOON - DAY, coming=replace(READY, missing="universe.csv is not there"))

    assert plan(daily, what) == plan(daily, what)
    assert plan(daily, what).duties == ()
    assert plan(daily, what).waits == (Wait(Duty(DutyKind.OPEN, 9, NOON + 2 * HOUR), "universe.csv is not there"),)


def test_plan__paused_blocked_or_open__does_not_open(daily):
    late = {"opened_at": NOON - DAY}

    assert whys(daily, seen(paused=True, **late)) == ["The tournament is paused"]
    assert whys(daily, seen(coming=Coming(None), **late)) == [
        "Every place of the ring is blocked by a round that is not settled"
    ]
    assert whys(daily, seen(round_seen(State.OPEN), **late)) == ["A round is still open"]
    assert due(daily, seen(round_seen(State.OPEN), paused=True, coming=Coming(None), **late)) == []


@pytest.mark.parametrize(
    ("what", "duties"),
    [
        (round_seen(State.OPEN), []),
        (round_seen(State.OPEN, now=LOCKS_AT - 1_801, enterable=2), []),
        (round_seen(State.OPEN, now=LOCKS_AT - 1_800), []),
        (round_seen(State.OPEN, now=LOCKS_AT - 1_800, enterable=2), [Duty(DutyKind.ENTER, 5, LOCKS_AT)]),
        (round_seen(State.ENDED), [Duty(DutyKind.LOCK, 5, LOCKS_AT + DAY)]),
        (round_seen(State.LOCKED), [Duty(DutyKind.LIST, 5, LOCKS_AT + DAY)]),
        (round_seen(State.LOCKED, confirmed=False), []),
        (round_seen(State.LOCKED, has_key=False), []),
        (round_seen(State.OPENED, outcome=Outcome.THERE), []),
        (round_seen(State.OPENED, now=LOCKS_AT + 2 * DAY, outcome=Outcome.ABSENT), []),
        (round_seen(State.OPENED, now=LOCKS_AT + 2 * DAY, outcome=Outcome.ONCE), []),
        (
            round_seen(State.OPENED, now=LOCKS_AT + 2 * DAY, outcome=Outcome.THERE),
            [Duty(DutyKind.PROPOSE, 5, LOCKS_AT + 4 * DAY)],
        ),
        (round_seen(State.OPENED, now=LOCKS_AT + 2 * DAY, outcome=Outcome.THERE, has_key=False), []),
        (round_seen(State.OPENED, now=LOCKS_AT + 2 * DAY, outcome=Outcome.THERE, turned_down=True), []),
        (round_seen(State.OPENED, now=LOCKS_AT + 4 * DAY + 1, outcome=Outcome.THERE), []),
        (round_seen(State.PROPOSED), []),
        (round_seen(State.FINAL), [Duty(DutyKind.SETTLE, 5, LOCKS_AT + 6 * DAY)]),
        (round_seen(State.VOID), [Duty(DutyKind.FREE, 5)]),
        (round_seen(State.EXPIRED), [Duty(DutyKind.FREE, 5)]),
        (round_seen(State.CLOSED), []),
        (
            round_seen(State.LOCKED, handed_over=False),
            [Duty(DutyKind.LIST, 5, LOCKS_AT + DAY), Duty(DutyKind.HAND_OVER, 5)],
        ),
        (round_seen(State.PROPOSED, handed_over=False), [Duty(DutyKind.HAND_OVER, 5, NOON + DAY)]),
        (round_seen(State.PROPOSED, handed_over=False, confirmed=False), []),
        (round_seen(State.PROPOSED, handed_over=False, has_key=False), []),
        (round_seen(State.CLOSED, handed_over=False), [Duty(DutyKind.HAND_OVER, 5)]),
        (round_seen(State.OPEN, handed_over=False), []),
        (round_seen(State.VOID, handed_over=False), [Duty(DutyKind.FREE, 5)]),
    ],
)
def test_plan__round_in_a_state__has_its_duties(daily, what, duties):
    assert list(plan(daily, seen(what)).duties) == duties


def test_plan__successor_is_open__settles_before_its_last_hour(daily):
    following = Round(terms(NOON - 20 * HOUR))
    what = round_seen(State.FINAL, following=following)

    [duty] = plan(daily, seen(what)).duties

    assert duty.until == following.terms.locks_at - HOUR


def test_plan__successor_is_about_to_lock__settles_until_it_expires(daily):
    following = Round(terms(NOON - 24 * HOUR))
    what = round_seen(State.FINAL, following=following)

    [duty] = plan(daily, seen(what)).duties

    assert duty.until == what.view.info.terms.expires_at


@pytest.mark.parametrize(
    ("what", "why", "patient"),
    [
        (round_seen(State.LOCKED, has_key=False), "The round's private key is in neither place", False),
        (round_seen(State.LOCKED, confirmed=False), "The block of the lock is not final yet", True),
        (round_seen(State.OPENED, now=LOCKS_AT + 2 * DAY, missing="No marker"), "No marker", True),
        (
            round_seen(State.PROPOSED, changed=True),
            "Its targets are others than when its scores were proposed: if those were wrong, veto the root",
            False,
        ),
        (
            round_seen(State.OPENED, now=LOCKS_AT + 2 * DAY, outcome=Outcome.ONCE),
            "Its targets were fetched once, and have to come out the same again",
            True,
        ),
        (
            round_seen(State.OPENED, now=LOCKS_AT + 2 * DAY, outcome=Outcome.THERE, turned_down=True),
            "The guardian turned down what these targets give: correct them",
            False,
        ),
        (
            round_seen(State.OPENED, now=LOCKS_AT + 4 * DAY + 1),
            "It is too late to propose scores, so the round expires",
            False,
        ),
        (
            round_seen(State.PROPOSED, handed_over=False, has_key=False),
            "The round's private key is in neither place",
            False,
        ),
    ],
)
def test_plan__something_is_missing__says_what(daily, what, why, patient):
    [wait] = plan(daily, seen(what)).waits

    assert (wait.why, wait.patient) == (why, patient)


def test_plan__many_duties__the_nearest_deadline_comes_first(daily):
    what = seen(
        round_seen(State.FINAL), round_seen(State.LOCKED), round_seen(State.VOID), opened_at=NOON - DAY, kick=True
    )

    assert due(daily, what) == [DutyKind.OPEN, DutyKind.LIST, DutyKind.SETTLE, DutyKind.FREE, DutyKind.KICK]


def test_plan__nobody_to_hand_keys_to_and_nothing_to_kick__does_neither(tmp_path):
    text = DAILY.replace('hand_over = ["age1auditor", "guardian.pub"]', "").replace("kick = true", "")
    text = text.replace('before = "30m"', "")
    bare = season(tmp_path, text)
    what = seen(round_seen(State.PROPOSED, handed_over=False), round_seen(State.OPEN, enterable=3), kick=True)

    assert due(bare, what) == []


def test_finished__season_is_over_and_all_is_closed__says_so(tmp_path):
    ended = season(tmp_path, DAILY.replace('zone = "UTC"', 'until = "2027-03-01T13:00Z"'))

    assert finished(ended, seen())
    assert not finished(ended, seen(round_seen(State.VOID)))
    assert not finished(season(tmp_path), seen())


def test_describe_duty__a_duty__says_what_is_left_of_the_time():
    assert describe_duty(Duty(DutyKind.LOCK, 5, NOON + HOUR), NOON) == "round 5: lock (1h left)"
    assert describe_duty(Duty(DutyKind.LOCK, 5, NOON - HOUR), NOON) == "round 5: lock (1h too late)"
    assert describe_duty(Duty(DutyKind.KICK, None), NOON) == "kick the buyback"


@dataclass
class World:
    """A chain, key files and a store, as far as duties change them. What was done already is refused."""

    season: Season
    now: int
    stakes: bool = True
    book: RoundBook = field(default_factory=lambda: RoundBook(RING, 0, HOUR))
    staked: dict[int, int] = field(default_factory=dict)
    opened_at: list[int] = field(default_factory=list)
    keys: set[int] = field(default_factory=set)
    backups: set[int] = field(default_factory=set)
    handed: set[int] = field(default_factory=set)

    def read(self) -> Seen:
        rounds = []
        for number, info in sorted(self.book.records.items()):
            state = self.book.state(number, self.staked[number], self.now)
            if state == State.CLOSED and (number in self.handed or info.root != ROOT):
                continue
            later = number + RING
            following = self.book.records[later] if self.book.is_open(later, self.now) else None
            found = RoundView(number, state, info, later, following, RING, HOUR, self.now)
            key = number in self.keys | self.backups
            rounds.append(RoundSeen(found, has_key=key, handed_over=number in self.handed, outcome=Outcome.THERE))
        last = self.opened_at[-1] if self.opened_at else None
        return Seen(self.now, tuple(rounds), last, self._coming())

    def do(self, duty: Duty) -> bool:
        """Whether it was done; False where it is refused, since it was done before."""
        number = duty.round
        assert number is not None
        match duty.kind:
            case DutyKind.MAKE_KEY:
                self.keys.add(number)
                return True
            case DutyKind.BACK_UP:
                self.backups.add(number)
                return True
            case DutyKind.HAND_OVER:
                self.handed.add(number)
                return True
            case DutyKind.OPEN:
                return self._open(number)
        wanted = {
            DutyKind.LOCK: State.ENDED,
            DutyKind.LIST: State.LOCKED,
            DutyKind.PROPOSE: State.OPENED,
            DutyKind.SETTLE: State.FINAL,
        }
        state = self.book.state(number, self.staked[number], self.now)
        if state != wanted.get(duty.kind, state):
            return False
        match duty.kind:
            case DutyKind.LOCK:
                self.book.change(number, locked=True)
            case DutyKind.LIST:
                self.book.change(number, opened_list=ROOT)
            case DutyKind.PROPOSE:
                final_at = self.now + self.book[number].terms.window
                self.book.change(number, root=ROOT, final_at=final_at)
            case DutyKind.SETTLE | DutyKind.FREE:
                self.staked[number] = 0
        return True

    def _open(self, number: int) -> bool:
        coming = self._coming().round
        if number != coming or any(self.book.is_open(each, self.now) for each in self.book.records):
            return False
        assert number in self.keys & self.backups, "a round was opened without a key in two places"
        slot = slot_at(self.season, self.now, self.opened_at[-1] if self.opened_at else None)
        locks_at = max(slot.at + self.season.terms.open, self.now + 2 * HOUR)
        resolves_at = locks_at + self.season.terms.resolve
        self.book.open(
            number,
            terms(
                self.now, locks_at=locks_at, resolves_at=resolves_at, expires_at=resolves_at + self.season.terms.expire
            ),
        )
        self.staked[number] = 10**18 if self.stakes else 0
        self.opened_at.append(self.now)
        return True

    def _coming(self) -> Coming:
        number = len(self.opened_at)
        blocked = number >= RING and self.book.state(number - RING, self.staked[number - RING], self.now) not in {
            State.FINAL,
            State.CLOSED,
            State.EXPIRED,
        }
        blocked |= number >= 2 * RING and self.staked[number - 2 * RING] > 0
        if blocked:
            return Coming(None)
        return Coming(number, number in self.keys, number in self.backups)


SHORT = DAILY.replace('expire = "4d"', 'expire = "3d"').replace('resolve = "2d"', 'resolve = "1d"')


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(60, 1_800), st.integers(0, 4), st.booleans()), min_size=400, max_size=400))
def test_plan__a_season_killed_and_run_twice_at_random__opens_each_day_and_closes_all(tmp_path_factory, looks):
    world = World(season(tmp_path_factory.mktemp("season"), SHORT), NOON - 3 * HOUR)
    start = world.now
    for seconds, killed_after, twice in looks:
        found = plan(world.season, world.read()).duties
        done = [world.do(duty) for duty in found[:killed_after]]
        assert all(done)
        if twice:
            # Another process read the same, and does all of it: what the first did is refused, or changes nothing.
            for duty in found:
                world.do(duty)
        world.now += seconds
    days = (world.now - NOON) // DAY
    states = [world.book.state(number, staked, world.now) for number, staked in world.staked.items()]
    assert State.EXPIRED not in states
    assert len(world.opened_at) >= days
    for at in world.opened_at:
        assert 0 <= (at - NOON) % DAY <= 2 * HOUR
    assert world.now > start


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 23), st.integers(1, 12))
def test_plan__service_is_away_for_hours_each_day__no_round_is_opened_twice_or_out_of_time(
    tmp_path_factory, hour, away
):
    world = World(season(tmp_path_factory.mktemp("season"), SHORT), NOON - 2 * HOUR)
    for _ in range(24 * 8):
        of_day = world.now // HOUR % 24
        if not hour <= of_day < hour + away:
            while duties := plan(world.season, world.read()).duties:
                assert all(world.do(duty) for duty in duties)
        world.now += HOUR
    for earlier, later in zip(world.opened_at, world.opened_at[1:], strict=False):
        assert later // DAY > earlier // DAY
    assert all((at - NOON) % DAY <= 2 * HOUR for at in world.opened_at)
