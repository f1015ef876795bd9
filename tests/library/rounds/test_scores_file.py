# SPDX-License-Identifier: MIT
import os
from pathlib import Path

import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from nmr.errors import NmrError
from nmr.protocol.score_words import MAX_SCORE, MIN_SCORE
from nmr.rounds.scores_file import (
    LARGEST_MODEL,
    ScoresFileError,
    ScoresInvalid,
    format_scores,
    parse_scores,
    read_scores,
)
from tests.support.bounded import run_bounded

HEADER = "model,primary,contribution\n"


def parsed(text: str) -> dict[int, tuple[int, int]]:
    return parse_scores(text.encode()).scores


def test_parse_scores__plain_file__gives_scores_of_8_decimals() -> None:
    content = f"{HEADER}0,0.01234567,-0.005\n3,-1.34217728,1.34217727\n".encode()
    file = parse_scores(content, "scores.csv")
    assert file.scores == {0: (1_234_567, -500_000), 3: (MIN_SCORE, MAX_SCORE)}
    assert file.lines == {0: 2, 3: 3}
    assert (file.name, file.digest) == ("scores.csv", keccak(content))


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}5,0.5,-0",
        f"{HEADER.strip()}\r\n5,0.5,0\r\n",
        f"\ufeff{HEADER}5,0.5,0\n",
        f'{HEADER}"5","0.50000000","0.0"\n',
    ],
)
def test_parse_scores__other_line_ends_quotes_or_mark__are_the_same(text: str) -> None:
    assert parsed(text) == {5: (50_000_000, 0)}


def test_parse_scores__header_alone__has_no_scores() -> None:
    assert parsed(HEADER) == {}


def test_parse_scores__any_order__is_taken() -> None:
    assert parsed(f"{HEADER}9,1,0\n2,0,1\n") == {9: (10**8, 0), 2: (0, 10**8)}


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", None, "it is empty, and has to begin with the header model,primary,contribution"),
        ("0,0.1,0.2\n", 1, "the header is '0,0.1,0.2' and has to be model,primary,contribution"),
        ("model;primary;contribution\n", 1, "the header is 'model;primary;contribution' and has to be"),
        ("model,contribution,primary\n", 1, "the header is 'model,contribution,primary' and has to be"),
        ("\n" + HEADER, 1, "the header is '' and has to be"),
        (f"{HEADER}0,0.1,0\n\n1,0,0\n", 3, "it is blank"),
        (f"{HEADER}0,0.1,0\n\n", 3, "it is blank"),
        (f"{HEADER}0,0.1\n", 2, "it has 2 columns, not 3"),
        (f"{HEADER}0,0.1,0,x\n", 2, "it has 4 columns, not 3"),
        (f"{HEADER}0,0,1,0\n", 2, "it has 4 columns, not 3"),
        (f"{HEADER},0.1,0\n", 2, "model is empty"),
        (f"{HEADER}x,0.1,0\n", 2, "model is 'x', not the number of a model"),
        (f"{HEADER}-1,0.1,0\n", 2, "model is '-1', not the number of a model"),
        (f"{HEADER}1.0,0.1,0\n", 2, "model is '1.0', not the number of a model"),
        (f"{HEADER}01,0.1,0\n", 2, "model is '01', not the number of a model"),
        (f"{HEADER} 1,0.1,0\n", 2, "model is ' 1', not the number of a model"),
        (f"{HEADER}{LARGEST_MODEL + 1},0.1,0\n", 2, f"there is no model {LARGEST_MODEL + 1}"),
        (f"{HEADER}0,0.1,0\n1,0,0\n0,0.1,0\n", 4, "model 0 has a score already, in line 2"),
        (f"{HEADER}0,,0\n", 2, "primary is empty"),
        (f"{HEADER}0,0,\n", 2, "contribution is empty"),
        (f"{HEADER}0,nan,0\n", 2, "primary is 'nan', not a plain number"),
        (f"{HEADER}0,0,-inf\n", 2, "contribution is '-inf', not a plain number"),
        (f"{HEADER}0,1e-05,0\n", 2, "primary is '1e-05', not a plain number"),
        (f"{HEADER}0,0.123456789,0\n", 2, "primary is '0.123456789', with 9 decimals, and it can have 8"),
        (f"{HEADER}0,1.34217728,0\n", 2, "primary is 1.34217728, and scores go from -1.34217728 to 1.34217727"),
        (f"{HEADER}0,0,-1.34217729\n", 2, "contribution is -1.34217729, and scores go from"),
        (f'{HEADER}0,"0.1\n",0\n1,x,0\n', 2, "primary is '0.1\\n', not a plain number"),
        (f'{HEADER}0,"0.1,0\n', 2, "it is no CSV: unexpected end of data"),
        (f'{HEADER}0,"0.1"x,0\n', 2, "it is no CSV: "),
        (f"{HEADER}0,0.1\0,0\n", 2, ""),
    ],
)
def test_parse_scores__bad_file__is_one_sentence_with_its_line(text: str, line: int | None, problem: str) -> None:
    with pytest.raises(ScoresInvalid) as caught:
        parse_scores(text.encode(), "s.csv")
    where = "s.csv: " if line is None else f"s.csv, line {line}: "
    assert str(caught.value).startswith(where + problem)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
    assert caught.value.line == line


def test_parse_scores__not_utf_8__is_refused_with_its_line() -> None:
    with pytest.raises(ScoresInvalid, match=r"^s.csv, line 3: it is not text in UTF-8\.$"):
        parse_scores(HEADER.encode() + b"0,0.1,0\n1,\xff,0\n", "s.csv")


def test_parse_scores__huge_field__is_one_short_sentence() -> None:
    with pytest.raises(ScoresInvalid) as caught:
        parsed(f"{HEADER}0,{'1' * 200_000},0\n")
    assert len(str(caught.value)) < 150


@given(st.binary())
def test_parse_scores__any_bytes__gives_scores_or_one_sentence(content: bytes) -> None:
    for start in (b"", HEADER.encode()):
        try:
            file = parse_scores(start + content)
        except NmrError as error:
            assert "\n" not in str(error)
        else:
            assert parse_scores(format_scores(file.scores).encode()).scores == file.scores


@given(
    st.dictionaries(st.integers(0, LARGEST_MODEL), st.tuples(*(2 * [st.integers(MIN_SCORE, MAX_SCORE)])), max_size=20)
)
def test_format_scores__any_scores__are_read_back(scores: dict[int, tuple[int, int]]) -> None:
    assert parsed(format_scores(scores)) == scores


def test_read_scores__file__is_read(tmp_path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text(f"{HEADER}1,0.5,0\n")
    assert read_scores(path).scores == {1: (50_000_000, 0)}
    assert read_scores(path).name == str(path)


def test_read_scores__no_file__is_one_sentence(tmp_path) -> None:
    with pytest.raises(ScoresFileError, match=r"cannot be read: No such file or directory\.$"):
        read_scores(tmp_path / "scores.csv")


def test_read_scores__endless__is_one_sentence() -> None:
    with pytest.raises(ScoresFileError, match=r"^/dev/zero is larger than 8 MiB\.$"):
        read_scores(Path("/dev/zero"))


def test_parse_scores__made_to_cost__takes_bounded_memory() -> None:
    work = """
rows = "".join(f"{model},0,0" + chr(10) for model in range(10**5, 10**6))
for text in ("," * LARGEST_SCORES, chr(34) * LARGEST_SCORES, "model,primary,contribution" + chr(10) + rows):
    try:
        print(len(parse_scores(text[:LARGEST_SCORES].encode()).scores))
    except ScoresInvalid as error:
        print(str(error)[:40])
"""
    said = run_bounded("from nmr.rounds.scores_file import *", work, memory=400 * 2**20).splitlines()
    assert said[0].startswith("scores, line 1: the header is ',,,,")
    assert said[1].startswith("scores, line 1: ")
    assert len(said) == 3


@pytest.mark.parametrize(
    ("content", "what"),
    [(HEADER.encode("utf-16"), "UTF-16"), (b"PK\x03\x04", "a ZIP archive"), (b"PAR1", "a Parquet file")],
)
def test_parse_scores__another_format__is_named(content, what) -> None:
    with pytest.raises(ScoresInvalid, match=rf"^scores: it is {what}, and has to be a CSV in UTF-8\.$"):
        parse_scores(content)


@pytest.mark.skipif(os.name != "posix", reason="a folder read as a file")
def test_read_scores__folder__is_one_sentence(tmp_path) -> None:
    with pytest.raises(ScoresFileError, match=r"cannot be read: Is a directory\.$"):
        read_scores(tmp_path)
