# SPDX-License-Identifier: MIT
from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmr.text.times import LATEST, TimeError, format_duration, format_local, format_moment, parse_duration, parse_moment

NOW = 1_700_000_000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0s", 0), ("90s", 90), ("2h", 7_200), ("20d", 1_728_000), ("1w1d1h1m1s", 694_861), ("1d12h", 129_600)],
)
def test_parse_duration__units__are_added(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "2", "h", "2 h", "-2h", "1.5h", "1h1d", "1h1h", "2H", "2y", "1h ", "\u0661h", "9" * 11 + "s"]
)
def test_parse_duration__anything_else__is_refused(text: str) -> None:
    with pytest.raises(TimeError, match=r"^is '.*', not a duration such as 90s, 2h or 1d12h$"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2h", NOW + 7_200),
        ("0s", NOW),
        ("2023-11-14T22:13:20Z", NOW),
        ("2023-11-14T23:13:20+01:00", NOW),
        ("2023-11-14 22:13:20+00:00", NOW),
        ("1970-01-01T00:00Z", 0),
    ],
)
def test_parse_moment__duration_or_timestamp__is_a_moment(text: str, at: int) -> None:
    assert parse_moment(text, NOW) == at


@pytest.mark.parametrize("text", ["", "soon", "1700000000", "2023-13-01T00:00Z", "-2h"])
def test_parse_moment__anything_else__is_refused(text: str) -> None:
    with pytest.raises(TimeError, match=r"^is '.*', neither a time from now such as 2h nor a moment such as 2027-"):
        parse_moment(text, NOW)


@pytest.mark.parametrize("text", ["2027-01-31", "2027-01-31T12:00"])
def test_parse_moment__no_time_zone__is_refused(text: str) -> None:
    with pytest.raises(TimeError, match=f"^is '{text}' without a time zone: write Z behind it for UTC$"):
        parse_moment(text, NOW)


@pytest.mark.parametrize(
    "text", ["9999999999w", "1969-12-31T23:59:59Z", "0001-01-01T00:00+23:59", "9999-12-31T23:59-23:00"]
)
def test_parse_moment__beyond_the_calendar__is_refused(text: str) -> None:
    with pytest.raises(TimeError, match=r"^is '.*', beyond the calendar$"):
        parse_moment(text, NOW)


def test_format_duration__seconds__in_the_units_they_need() -> None:
    shown = [format_duration(seconds) for seconds in (0, 59, 5_400, 86_400, 694_861, -61)]
    assert shown == ["0s", "59s", "1h 30m", "1d", "8d 1h 1m 1s", "-1m 1s"]


@given(st.integers(0, 10**9))
def test_format_duration__without_spaces__is_read_back(seconds: int) -> None:
    assert parse_duration(format_duration(seconds).replace(" ", "")) == seconds


def test_format_moment__moment__in_utc_and_how_far_away() -> None:
    assert format_moment(NOW) == "2023-11-14 22:13:20 UTC"
    assert format_moment(NOW + 90, NOW) == "2023-11-14 22:14:50 UTC (in 1m 30s)"
    assert format_moment(NOW, NOW) == "2023-11-14 22:13:20 UTC (now)"
    assert format_moment(NOW - 90, NOW) == "2023-11-14 22:11:50 UTC (1m 30s ago)"


def test_format_moment__beyond_the_calendar__is_a_number() -> None:
    assert format_moment(LATEST + 1) == f"second {LATEST + 1}"


def test_format_local__moment__on_a_clock_and_from_now():
    zone = timezone(timedelta(hours=2), "EET")
    assert format_local(0, 0, zone) == "1970-01-01 02:00:00 EET (now)"
    assert format_local(3_600, 0, zone) == "1970-01-01 03:00:00 EET (in 1h)"
    assert format_local(0, 90, zone) == "1970-01-01 02:00:00 EET (1m 30s ago)"
    assert format_local(2**256 - 1, 2**256 - 2, zone) == f"second {2**256 - 1} (in 1s)"
