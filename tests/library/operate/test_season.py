# SPDX-License-Identifier: MIT
"""A season's file: what it says, and in which sentence a wrong one is refused."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from nmr.deploy.suite import default_bounds
from nmr.operate.season import SeasonInvalid, fill_pattern
from nmr.protocol.reference.rounds import Terms
from nmr.rounds.terms import check_terms
from nmr.text.amounts import NMR, RATIO
from tests.library.operate.seasons import DAILY, season

HOUR = 3_600
DAY = 24 * HOUR
OPENS = int(datetime(2027, 3, 1, 13, tzinfo=UTC).timestamp())


def test_read_season__whole_file__says_it_all(tmp_path: Path) -> None:
    found = season(tmp_path)

    assert found.tournament is None
    assert (found.opening.late, found.opening.prepare, found.opening.until) == (2 * HOUR, 6 * HOUR, None)
    assert found.files == (f"{tmp_path}/data/{{round}}/universe.csv", f"{tmp_path}/terms.md")
    assert found.universe == "universe.csv"
    assert found.targets.source.pattern == "https://data.example/{date}/targets.csv"
    assert found.targets.done == "https://data.example/{date}/done"
    assert found.targets.again == 60
    assert found.backup == tmp_path / "second"
    assert found.hand_over == ("age1auditor", f"{tmp_path}/guardian.pub")
    assert (found.enter, found.kick) == (1_800, True)
    assert found.alerts.command == ("notify", "--now")
    assert found.alerts.within == 6 * HOUR


def test_read_season__secrets_of_urls__are_not_shown(tmp_path: Path) -> None:
    assert "user:" not in repr(season(tmp_path))


def test_read_season__dates_and_end__are_those_of_toml(tmp_path: Path) -> None:
    text = DAILY.replace('zone = "UTC"', 'zone = "UTC"\nholidays = [2027-12-25]\nuntil = 2027-12-31')

    opening = season(tmp_path, text).opening

    assert opening.schedule.holidays == {date(2027, 12, 25)}
    assert opening.until == int(datetime(2027, 12, 31, tzinfo=UTC).timestamp())


def test_read_season__folder_with_braces__is_no_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "{odd} {round}"
    folder.mkdir()

    [universe, _] = season(folder).files

    assert fill_pattern(universe, 7, date(2027, 3, 1)) == f"{folder}/data/7/universe.csv"


def test_terms__opened_in_time__count_from_the_scheduled_opening(tmp_path: Path) -> None:
    bounds = default_bounds(HOUR)

    terms = season(tmp_path).terms.at(OPENS, b"\x11" * 32, bounds, hour=HOUR, now=OPENS + 40, ahead=120)

    assert terms == Terms(
        primary=5_000,
        contribution=20_000,
        clip=RATIO // 20,
        threshold=10_000 * NMR,
        sealing_key=b"\x11" * 32,
        locks_at=OPENS + 22 * HOUR,
        resolves_at=OPENS + 22 * HOUR + 2 * DAY,
        expires_at=OPENS + 22 * HOUR + 6 * DAY,
        window=DAY,
    )


def test_terms__opened_too_late_for_the_scheduled_lock__are_open_as_long_as_the_chain_asks(tmp_path: Path) -> None:
    bounds = default_bounds(HOUR)._replace(min_open=20 * HOUR)
    now = OPENS + 3 * HOUR

    terms = season(tmp_path).terms.at(OPENS, b"\x11" * 32, bounds, hour=HOUR, now=now, ahead=120)

    assert terms.locks_at == now + 20 * HOUR + 120
    check_terms(terms, bounds, hour=HOUR, now=now, ahead=120)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ('cron = "0 13 * * *"', "", "opening.cron is missing"),
        ('cron = "0 13 * * *"', "cron = 13", "opening.cron is '13', and has to be a text"),
        (
            'cron = "0 13 * * *"',
            'cron = "0 13 * *"',
            "opening.cron or opening.zone is '0 13 * *', and has to have 5 fields of cron, such as 0 13 * * MON-FRI",
        ),
        (
            'zone = "UTC"',
            'zone = "Mars"',
            "opening.cron or opening.zone is 'Mars', and no time zone such as Europe/Zurich or UTC",
        ),
        (
            'zone = "UTC"',
            "holidays = [2027-01-01T00:00:00]",
            "opening.holidays has '2027-01-01 00:00:00', and has to be dates such as 2027-01-01",
        ),
        (
            'zone = "UTC"',
            'until = "soon"',
            "opening.until is 'soon', neither a date such as 2027-01-31 nor a moment such as 2027-01-31T12:00Z",
        ),
        ('late = "2h"', 'late = "2 h"', "opening.late is '2 h', not a duration such as 90s, 2h or 1d12h"),
        ('late = "2h"', 'late = "1s"', "opening.late is 1s, and has to be 1m to 366d"),
        ('zone = "UTC"', "sundays = true", "there is no entry opening.sundays"),
        ("primary = 0.5", "primary = true", "terms.primary is neither a number nor a text"),
        ("primary = 0.5", "primary = 0.00001", "terms.primary is '0.00001', with 5 decimals, and it can have 4"),
        ('open = "22h"', "", "terms.open is missing"),
        (
            'open = "22h"',
            'open = "25h"',
            "terms.open is 1d 1h, and rounds open as near as 1d after each other by opening.cron: only one can be open",
        ),
        ('"terms.md"]', '"other/universe.csv"]', "package.files has two files of one name"),
        (
            'universe = "universe.csv"',
            'universe = "u.csv"',
            "package.universe is 'u.csv', and no file of package.files",
        ),
        ("data/{round}/", "data/{week}/", "package.files is {}: in braces it may have {{round}} and {{date}} only"),
        ("data/{round}/", "data/{round/", "package.files is {}: in braces it may have {{round}} and {{date}} only"),
        (
            "data/{round}/",
            "data/{round!r:>9}/",
            "package.files is {}: in braces it may have {{round}} and {{date}} only",
        ),
        (
            'files = ["data/{round}/universe.csv", "terms.md"]',
            "files = []",
            "package.files has to be a list of 1 to 100 texts",
        ),
        (
            'done = "https',
            'command = ["fetch"]\ndone = "https',
            "targets.file or targets.command has to say where outcomes come from, and not both",
        ),
        ('done = "https://data.example/{date}/done"', "", "targets.done is missing"),
        ('backup = "second"', "", "keys.backup is missing"),
        ('before = "30m"', 'before = "0s"', "enter.before is 0s, and has to be 1s to 366d"),
        ("kick = true", "kick = 1", "buyback.kick is '1', and has to be true or false"),
        ('heartbeat = "https:', 'heartbeat = "ftp:', "alerts.heartbeat has to be a URL: http://… or https://…"),
        ("[alerts]", "[alarms]", "there is no entry alarms"),
    ],
)
def test_read_season__wrong_entry__is_named(tmp_path: Path, before: str, after: str, reason: str) -> None:
    assert before in DAILY
    shown = repr(f"{after}universe.csv") if "{}" in reason else ""

    with pytest.raises(SeasonInvalid) as caught:
        season(tmp_path, DAILY.replace(before, after))

    assert str(caught.value) == f"{tmp_path}/season.toml: {reason.format(shown) if shown else reason}."


def test_read_season__command_for_targets__needs_no_marker(tmp_path: Path) -> None:
    text = DAILY.replace('file = "https://data.example/{date}/targets.csv"', 'command = ["fetch", "{round}"]')
    text = text.replace('done = "https://data.example/{date}/done"', "")

    found = season(tmp_path, text).targets

    assert (found.source.command, found.source.pattern, found.done) == (("fetch", "{round}"), None, None)
