# SPDX-License-Identifier: MIT
"""When rounds open: across changes of the clock, holidays, and expressions that say nothing."""

from calendar import isleap
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmr.operate.schedule import ScheduleInvalid, parse_schedule
from nmr.text.times import LATEST

ZONES = ["UTC", "America/New_York", "Europe/Zurich", "Australia/Lord_Howe", "Asia/Kolkata", "Antarctica/Troll"]
CRONS = ["0 13 * * *", "30 2 * * *", "30 1 * * MON-FRI", "15 3 1 * *", "*/30 2 * * SUN", "0 */6 * * *", "0 0 29 2 *"]


def at(text: str) -> int:
    """The moment of a time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def shown(moments, zone: str) -> list[str]:
    """Moments as the clock of a zone shows them."""
    return [f"{datetime.fromtimestamp(each, ZoneInfo(zone)):%Y-%m-%d %H:%M%z}" for each in moments]


def test_schedule__clock_is_moved_forward__opens_at_the_next_valid_minute():
    schedule = parse_schedule("30 2 * * *", "America/New_York")

    found = islice(schedule.after(at("2027-03-13T12:00")), 2)

    assert shown(found, "America/New_York") == ["2027-03-14 03:00-0400", "2027-03-15 02:30-0400"]


def test_schedule__every_half_hour_of_a_gap__opens_once_behind_it():
    schedule = parse_schedule("*/30 2 * * *", "America/New_York")

    found = islice(schedule.after(at("2027-03-14T05:00")), 3)

    assert shown(found, "America/New_York") == [
        "2027-03-14 03:00-0400",
        "2027-03-15 02:00-0400",
        "2027-03-15 02:30-0400",
    ]


def test_schedule__clock_is_moved_back__opens_once_at_the_first_of_two():
    schedule = parse_schedule("30 1 * * *", "America/New_York")

    found = islice(schedule.after(at("2027-11-06T12:00")), 2)

    assert shown(found, "America/New_York") == ["2027-11-07 01:30-0400", "2027-11-08 01:30-0500"]


def test_schedule__gap_of_half_an_hour__opens_at_its_end():
    schedule = parse_schedule("15 2 * * *", "Australia/Lord_Howe")

    found = islice(schedule.after(at("2027-10-02T10:00")), 1)

    assert shown(found, "Australia/Lord_Howe") == ["2027-10-03 02:30+1100"]


def test_schedule__day_that_a_zone_left_out__opens_the_day_after():
    schedule = parse_schedule("0 9 * * *", "Pacific/Apia")

    found = islice(schedule.after(at("2011-12-30T08:00")), 2)

    assert shown(found, "Pacific/Apia") == ["2011-12-31 00:00+1400", "2011-12-31 09:00+1400"]


def test_schedule__holidays__are_days_of_its_own_clock():
    schedule = parse_schedule("0 22 * * *", "America/New_York", [date(2027, 12, 25)])

    found = islice(schedule.after(at("2027-12-25T00:00")), 2)

    assert shown(found, "America/New_York") == ["2027-12-24 22:00-0500", "2027-12-26 22:00-0500"]


def test_schedule__moment_of_an_opening__is_its_latest_and_not_its_following():
    schedule = parse_schedule("0 13 * * *", "UTC")
    moment = at("2027-05-01T13:00")

    assert schedule.latest(moment) == moment
    assert schedule.latest(moment - 1) == moment - 86_400
    assert schedule.following(moment) == moment + 86_400
    assert schedule.following(moment - 1) == moment


def test_schedule__in_the_gap__the_opening_behind_it_is_not_the_latest_yet():
    schedule = parse_schedule("30 2 * * *", "America/New_York")
    behind = at("2027-03-14T07:00")

    assert shown([schedule.latest(behind - 1)], "America/New_York") == ["2027-03-13 02:30-0500"]
    assert schedule.latest(behind) == behind


def test_schedule__days_of_it__are_those_of_its_clock():
    schedule = parse_schedule("0 22 * * *", "America/New_York")

    assert schedule.day(at("2027-01-02T03:00")) == date(2027, 1, 1)


@given(st.sampled_from(CRONS), st.sampled_from(ZONES), st.integers(at("2026-01-01"), at("2040-01-01")))
def test_schedule__latest_and_following__enclose_every_moment(cron, zone, now):
    schedule = parse_schedule(cron, zone)

    latest, following = schedule.latest(now), schedule.following(now)

    assert latest <= now < following
    assert schedule.latest(following - 1) == latest
    assert schedule.following(latest) == following
    assert next(schedule.after(now)) == following
    assert not datetime.fromtimestamp(following, ZoneInfo(zone)).second


@given(st.sampled_from(ZONES), st.dates(date(2026, 1, 3), date(2040, 1, 1)), st.booleans())
def test_schedule__daily__opens_once_on_each_day_unless_it_is_a_holiday(zone, day, is_holiday):
    schedule = parse_schedule("30 2 * * *", zone, [day] if is_holiday else [])
    start = int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())

    days = [schedule.day(each) for each in islice(schedule.after(start - 1), 2)]

    assert days == [day + timedelta(days=number + is_holiday) for number in range(2)]


@pytest.mark.parametrize(
    ("cron", "reason"),
    [
        ("0 13 * *", "is '0 13 * *', and has to have 5 fields of cron, such as 0 13 * * MON-FRI"),
        ("0 0 13 * * *", "is '0 0 13 * * *', and has to have 5 fields of cron, such as 0 13 * * MON-FRI"),
        ("61 13 * * *", "is '61 13 * * *': Bad minute"),
        ("0 13 31 2 *", "is '0 13 31 2 *': Bad day-of-month"),
        ("0 13 * * XYZ", "is '0 13 * * XYZ': Bad day-of-week"),
    ],
)
def test_parse_schedule__no_expression__is_refused(cron, reason):
    with pytest.raises(ScheduleInvalid) as caught:
        parse_schedule(cron, "UTC")

    assert str(caught.value) == reason


@pytest.mark.parametrize("zone", ["Mars/Phobos", "", "../../etc/passwd", "x" * 300, "\0"])
def test_parse_schedule__no_zone__is_refused(zone):
    with pytest.raises(ScheduleInvalid, match="no time zone such as Europe/Zurich or UTC"):
        parse_schedule("0 13 * * *", zone)


def test_parse_schedule__too_many_holidays__are_refused():
    days = [date(2027, 1, 1) + timedelta(days=number) for number in range(5_001)]

    with pytest.raises(ScheduleInvalid, match=r"^has 5,001 holidays, and may have 5,000$"):
        parse_schedule("0 13 * * *", "UTC", days)


def test_parse_schedule__all_openings_on_holidays__never_opens():
    days = [date(year, 2, 29) for year in range(2024, 10_000, 4) if isleap(year)]

    with pytest.raises(ScheduleInvalid, match=r"^is '0 0 29 2 \*', which never comes$"):
        parse_schedule("0 0 29 2 *", "UTC", days)


@pytest.mark.parametrize("now", [0, LATEST, 10**18])
def test_schedule__time_at_an_end_of_the_calendar__has_an_answer(now):
    schedule = parse_schedule("0 13 * * *", "Pacific/Kiritimati")

    assert schedule.latest(now) is not None
    assert (schedule.following(now) is None) == (now > LATEST - 86_400)


@given(st.text("0123456789*/,-#LWMONJAN ", max_size=30))
def test_parse_schedule__any_text__is_a_schedule_or_refused_in_a_sentence(text):
    try:
        schedule = parse_schedule(text, "Europe/Zurich")
    except ScheduleInvalid as error:
        assert str(error)
    else:
        assert schedule.following(at("2027-01-01")) > at("2027-01-01")
