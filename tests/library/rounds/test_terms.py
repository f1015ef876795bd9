# SPDX-License-Identifier: MIT
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmr.deploy.local import local_bounds
from nmr.deploy.suite import default_bounds
from nmr.errors import Refused
from nmr.protocol.reference.rounds import Bounds, Terms
from nmr.rounds.terms import (
    TermError,
    TermsFileError,
    build_terms,
    check_terms,
    describe_terms,
    plain_terms,
    read_terms,
)
from nmr.text.amounts import GWEI, NMR, RATIO

HOUR = 3_600
NOW = 1_700_000_000
KEY = b"\x11" * 32
BOUNDS = default_bounds()

FULL = """
primary = 0.5
contribution = 2
clip = 0.05
threshold = 72000
sealing_key = "0x1111111111111111111111111111111111111111111111111111111111111111"
locks_at = 2023-11-15T22:13:20Z
resolves_at = "21d"
expires_at = "2023-12-31T00:00:00+01:00"
window = "1d"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "terms.toml"
    path.write_text(text)
    return path


def built(given: dict[str, str] | None = None, bounds: Bounds = BOUNDS, hour: int = HOUR) -> Terms:
    return build_terms(given or {}, bounds, hour=hour, now=NOW, sealing_key=KEY)


def test_read_terms__full_file__is_taken_exactly(tmp_path: Path) -> None:
    given = read_terms(written(tmp_path, FULL))
    assert build_terms(given, BOUNDS, hour=HOUR, now=NOW) == Terms(
        primary=5_000,
        contribution=20_000,
        clip=RATIO // 20,
        threshold=72_000 * NMR,
        sealing_key=KEY,
        locks_at=NOW + 24 * HOUR,
        resolves_at=NOW + 21 * 24 * HOUR,
        expires_at=1_703_977_200,
        window=24 * HOUR,
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("primary 1", "is not TOML: "),
        ("primary = 1\nprimary = 2", "is not TOML: "),
        ("multiplier = 1", "there is no term 'multiplier'; terms are primary, contribution, clip, "),
        ("[primary]\nx = 1", "primary is neither a number, a text nor a moment."),
        ("primary = true", "primary is neither a number, a text nor a moment."),
        ("locks_at = 2027-01-31", "locks_at is neither a number, a text nor a moment."),
    ],
)
def test_read_terms__bad_file__is_one_sentence(tmp_path: Path, text: str, problem: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(TermsFileError) as caught:
        read_terms(path)
    assert str(caught.value).startswith(f"{path}")
    assert problem in str(caught.value)


def test_read_terms__no_file_or_no_text__is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TermsFileError, match="cannot be read: No such file"):
        read_terms(tmp_path / "terms.toml")
    (tmp_path / "terms.toml").write_bytes(b"\xff")
    with pytest.raises(TermsFileError, match="is not text in UTF-8"):
        read_terms(tmp_path / "terms.toml")


@pytest.mark.parametrize(
    ("term", "text", "problem"),
    [
        ("primary", "0.00001", "primary is '0.00001', with 5 decimals, and it can have 4."),
        ("contribution", "1e0", "contribution is '1e0', not a plain number such as 0.0125."),
        ("clip", "5%", "clip is '5%', not a plain number such as 0.0125."),
        ("threshold", "0.0000000001", "threshold is wrong: 0.0000000001 NMR is finer than the ledger's unit"),
        ("sealing_key", "0x11", "sealing_key is '0x11', not 32 bytes as 64 hexadecimal digits."),
        ("locks_at", "tomorrow", "locks_at is 'tomorrow', neither a time from now such as 2h nor"),
        ("resolves_at", "2027-01-31T12:00", "resolves_at is '2027-01-31T12:00' without a time zone"),
        ("expires_at", "", "expires_at is '', neither a time from now"),
        ("window", "2027-01-31T12:00Z", "window is '2027-01-31T12:00Z', not a duration"),
    ],
)
def test_build_terms__unreadable__names_the_term(term: str, text: str, problem: str) -> None:
    with pytest.raises(TermError) as caught:
        built({term: text})
    assert str(caught.value).startswith(problem)
    assert caught.value.term == term


def test_build_terms__no_sealing_key__is_refused() -> None:
    with pytest.raises(TermError, match=r"^sealing_key is missing: make the key pair with `keys new`"):
        build_terms({}, BOUNDS, hour=HOUR, now=NOW)


@pytest.mark.parametrize(("bounds", "hour"), [(BOUNDS, HOUR), (local_bounds(), 60), (local_bounds(2), 2)])
def test_build_terms__defaults__are_allowed_with_time_to_send_them(bounds: Bounds, hour: int) -> None:
    terms = built({}, bounds, hour)
    check_terms(terms, bounds, hour=hour, now=NOW, ahead=hour // 30)
    assert terms.locks_at == NOW + 4 * hour
    assert terms.resolves_at == terms.locks_at + 24 * hour


LIMITS = st.builds(
    Bounds,
    max_primary=st.integers(0, 1_000_000),
    max_contribution=st.integers(0, 1_000_000),
    max_clip=st.integers(1, RATIO),
    min_threshold=st.integers(0, 10**6).map(lambda nmr: nmr * NMR),
    min_open=st.integers(1, 100).map(lambda hours: hours * HOUR),
    max_open=st.integers(200, 1_000).map(lambda hours: hours * HOUR),
    max_resolve=st.integers(24, 5_000).map(lambda hours: hours * HOUR),
    max_expiry=st.integers(200, 5_000).map(lambda hours: hours * HOUR),
    min_window=st.integers(0, 80).map(lambda hours: hours * HOUR),
)


@given(LIMITS)
def test_build_terms__defaults_under_any_bounds__are_allowed(bounds: Bounds) -> None:
    terms = built({}, bounds)
    check_terms(terms, bounds, hour=HOUR, now=NOW)
    terms.check(bounds, NOW, HOUR)


def test_build_terms__later_lock__moves_what_is_not_given() -> None:
    usual, later = built(), built({"locks_at": "2d"})
    assert later.resolves_at - later.locks_at == usual.resolves_at - usual.locks_at
    assert later.expires_at - later.resolves_at == usual.expires_at - usual.resolves_at


WRONG = [
    ({"primary": 100_001}, "primary is 10.0001: it has to be from 0 to 10."),
    ({"contribution": 100_001}, "contribution is 10.0001: it has to be from 0 to 10."),
    ({"clip": 0}, "clip is 0: it has to be from 0.000000000001 to 0.2."),
    ({"clip": RATIO // 5 + 1}, "clip is 0.200000000001: it has to be"),
    ({"threshold": 1_000 * NMR - GWEI}, "threshold is 999.999999999 NMR: it is 0 for none, or at least 1000 NMR."),
    ({"threshold": 2_000 * NMR + 1}, "threshold is 2000.000000000000000001 NMR, finer than the ledger's unit"),
    ({"sealing_key": bytes(32)}, "sealing_key is zero: name the public key"),
    ({"locks_at": NOW - 1}, "locks_at is 2023-11-14 22:13:19 UTC, 1s before now: it has to be 2h to 10d after it."),
    ({"locks_at": NOW + 2 * HOUR - 1}, "locks_at is 2023-11-15 00:13:19 UTC, 1h 59m 59s after now: it has to be 2h"),
    ({"locks_at": NOW + 240 * HOUR + 1}, "locks_at is 2023-11-24 22:13:21 UTC, 10d 1s after now: it has to be"),
    ({"resolves_at": NOW + 28 * HOUR - 1}, "resolves_at is 2023-11-16 02:13:19 UTC, 23h 59m 59s after locks_at"),
    ({"resolves_at": NOW + 2_884 * HOUR + 1}, "resolves_at is 2024-03-14 02:13:21 UTC, 120d 1s after locks_at"),
    ({"window": 24 * HOUR - 1}, "window is 23h 59m 59s: it has to be from 1d to 60d."),
    ({"window": 1_440 * HOUR + 1}, "window is 60d 1s: it has to be from 1d to 60d."),
    ({"expires_at": NOW}, "expires_at is 2023-11-14 22:13:20 UTC, 1d 4h before resolves_at: it has to be 2d to 60d"),
    ({"expires_at": NOW + 76 * HOUR - 1}, "expires_at is 2023-11-18 02:13:19 UTC, 1d 23h 59m 59s after resolves_at"),
    ({"expires_at": NOW + 1_468 * HOUR + 1}, "expires_at is 2024-01-15 02:13:21 UTC, 60d 1s after resolves_at"),
]


@pytest.mark.parametrize(("change", "problem"), WRONG)
def test_check_terms__wrong_term__is_named_as_the_chain_would_refuse_it(change: dict[str, int], problem: str) -> None:
    terms = built()._replace(**change)
    with pytest.raises(TermError) as caught:
        check_terms(terms, BOUNDS, hour=HOUR, now=NOW)
    assert str(caught.value).startswith(problem)
    with pytest.raises(Refused):
        terms.check(BOUNDS, NOW, HOUR)


MOMENTS = st.integers(NOW - HOUR, NOW + 3_000 * HOUR)
SPANS = st.integers(0, 2_000 * HOUR)


@given(MOMENTS, MOMENTS, MOMENTS, SPANS, st.integers(0, 200_000), st.integers(0, RATIO))
def test_check_terms__any_terms__are_refused_where_the_reference_refuses(
    locks_at: int, resolves_at: int, expires_at: int, window: int, multiplier: int, clip: int
) -> None:
    terms = built()._replace(
        locks_at=locks_at,
        resolves_at=resolves_at,
        expires_at=expires_at,
        window=window,
        primary=multiplier,
        clip=clip,
    )

    def refused(check) -> bool:
        try:
            check()
        except (TermError, Refused):
            return True
        return False

    expected = refused(lambda: terms.check(BOUNDS, NOW, HOUR))
    assert refused(lambda: check_terms(terms, BOUNDS, hour=HOUR, now=NOW)) == expected


def test_check_terms__shortest_open_time__leaves_no_moment_to_send_it() -> None:
    terms = built({"locks_at": "2h"})
    check_terms(terms, BOUNDS, hour=HOUR, now=NOW)
    with pytest.raises(TermError, match="2h after now: it has to be 2h 2m to 10d after it"):
        check_terms(terms, BOUNDS, hour=HOUR, now=NOW, ahead=120)


def test_describe_terms__for_people_and_programs__names_every_term() -> None:
    terms = built({"threshold": "1000"})
    assert list(describe_terms(terms)) == list(plain_terms(terms)) == list(Terms._fields)
    assert describe_terms(terms, NOW)["locks_at"] == "2023-11-15 02:13:20 UTC (in 4h)"
    assert describe_terms(terms)["threshold"] == "1000 NMR"
    assert describe_terms(built())["threshold"] == "none"
    assert plain_terms(terms)["locks_at"] == NOW + 4 * HOUR
    assert plain_terms(terms)["clip"] == "0.05"


@pytest.mark.parametrize("name", ["terms.example.toml", "terms.daily.toml"])
def test_example_terms__with_a_key__are_allowed_by_the_usual_bounds(name: str) -> None:
    given = read_terms(Path(__file__).parents[3] / "docs" / name)
    assert set(given) == set(Terms._fields) - {"sealing_key"}
    check_terms(built(given), BOUNDS, hour=HOUR, now=NOW)
