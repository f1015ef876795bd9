# SPDX-License-Identifier: MIT
"""Files of predictions, universes and targets, in any order and format, read strictly."""

import numpy as np
import polars as pl
import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from nmr.sealing.tables import (
    Table,
    TableFileError,
    TableInvalid,
    Targets,
    Universe,
    parse_targets,
    parse_universe,
    read_predictions,
    read_targets,
    read_universe,
)

UNIVERSE = Universe.of(["b", "a", "c", "d", "e"])
FLOATS = st.floats(0, 1, allow_nan=False)


def targets_of(values, ids=UNIVERSE.ids):
    return Targets.of(Table(tuple(ids), np.array(values, dtype=np.float64)), UNIVERSE)


def refused(message):
    return pytest.raises(TableInvalid, match=message)


# predictions


@pytest.mark.parametrize("column", ["prediction", "probability"])
def test_read_predictions__csv__is_taken_as_it_is(tmp_path, column):
    path = tmp_path / "p.csv"
    path.write_text(f"id,{column}\n007,0.25\nb,1e-1\n")
    table = read_predictions(path)
    assert table.ids == ("007", "b")
    assert table.values.tolist() == [0.25, 0.1]


def test_read_predictions__parquet__is_taken(tmp_path):
    path = tmp_path / "p.parquet"
    pl.DataFrame({"id": ["b", "a"], "prediction": [0.75, 0.5]}).write_parquet(path)
    table = read_predictions(path)
    assert (table.ids, table.values.tolist()) == (("b", "a"), [0.75, 0.5])


def test_read_predictions__parquet_of_32_bits__is_widened_exactly(tmp_path):
    path = tmp_path / "p.parquet"
    frame = pl.DataFrame(
        {"id": ["b", "a"], "prediction": [0.1, 0.5]}, schema={"id": pl.String, "prediction": pl.Float32}
    )
    frame.write_parquet(path)
    assert read_predictions(path).values.tolist() == [float(np.float32(0.1)), 0.5]


@given(values=st.lists(FLOATS, min_size=1, max_size=30))
def test_read_predictions__any_numbers_written_in_full__come_back_to_the_bit(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("csv") / "p.csv"
    path.write_text("id,prediction\n" + "".join(f"n{row},{value!r}\n" for row, value in enumerate(values)))
    assert read_predictions(path).values.tolist() == values


def test_read_predictions__gaps__are_no_numbers(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("id,prediction\na,\nb,nan\nc,0.5\n")
    assert np.isnan(read_predictions(path).values).tolist() == [True, True, False]
    path = tmp_path / "p.parquet"
    pl.DataFrame({"id": ["a", "b"], "prediction": [None, 0.5]}).write_parquet(path)
    assert np.isnan(read_predictions(path).values).tolist() == [True, False]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"p\.csv is empty\.$"),
        ("id,target\na,1\n", r"p\.csv has the columns 'id,target', and has to have id,prediction\.$"),
        ("prediction,id\n1,a\n", r"has to have id,prediction\.$"),
        ("id,prediction\na,0.1,2\n", r"p\.csv is no CSV: "),
        ("id,prediction\na,high\n", r"p\.csv has 'high' where a number has to be\.$"),
        ("id,prediction\n,0.5\n", r"p\.csv has a row without an id\.$"),
        ("PAR1 and no more", r"p\.csv is no Parquet file: "),
    ],
)
def test_read_predictions__no_such_table__is_refused(tmp_path, content, message):
    (tmp_path / "p.csv").write_text(content)
    with refused(message):
        read_predictions(tmp_path / "p.csv")


def test_read_predictions__no_file_or_a_folder__is_refused(tmp_path):
    with pytest.raises(TableFileError, match=r"^There is no file .*p\.csv\.$"):
        read_predictions(tmp_path / "p.csv")
    with pytest.raises(TableFileError, match=r"cannot be read: Is a directory\.$"):
        read_predictions(tmp_path)


def test_read_predictions__parquet_of_texts__is_refused(tmp_path):
    pl.DataFrame({"id": ["a"], "prediction": [True]}).write_parquet(tmp_path / "p")
    with refused(r"has 'True' where a number has to be\.$"):
        read_predictions(tmp_path / "p")


# universe


def test_universe__any_order_and_other_columns__is_one_file_and_hash(tmp_path):
    (tmp_path / "one.csv").write_text("id\na\nb\nc\nd\ne\n")
    (tmp_path / "two.csv").write_text("era,id\n1,e\n1,c\n1,d\n1,a\n1,b\n")
    one, two = read_universe(tmp_path / "one.csv"), read_universe(tmp_path / "two.csv")
    assert one == two == UNIVERSE
    assert one.content == b"id\na\nb\nc\nd\ne\n"
    assert one.digest == keccak(one.content)
    assert parse_universe(one.content) == one


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["a"], r"^The universe has 1 ids, and has to have from 2 to 20,000\.$"),
        (["a", "b", "a"], r"^The universe has 'a' more than once\.$"),
        (["a", ""], r"^The universe has '' as an id, which cannot be one\.$"),
        (["a", "b\nc"], r"as an id, which cannot be one\.$"),
        (["a", "b,c"], r"as an id, which cannot be one\.$"),
        (["a", "b" * 65], r"as an id, which cannot be one\.$"),
    ],
)
def test_universe__no_such_ids__is_refused(ids, message):
    with refused(message):
        Universe.of(ids)


@pytest.mark.parametrize("content", [b"id\nb\na\n", b"id\na\nb", b"id\r\na\r\nb\r\n", b'id\n"a"\nb\n'])
def test_parse_universe__not_in_its_canonical_form__is_refused(content):
    with refused(r"^The universe is not in its canonical form\.$"):
        parse_universe(content)


def test_parse_universe__no_ids__is_refused():
    with refused(r"^The universe has the columns 'name', and has to have id\.$"):
        parse_universe(b"name\na\n")


# targets


def test_targets__any_order__is_one_file_and_hash(tmp_path):
    (tmp_path / "t.csv").write_text("id,target\ne,1\na,0.0\nb,0.25\nc,0.50\nd,-0.0\n")
    targets = read_targets(tmp_path / "t.csv", UNIVERSE)
    assert targets.content == b"id,target\na,0.0\nb,0.25\nc,0.5\nd,0.0\ne,1.0\n"
    assert targets.digest == keccak(targets.content)
    assert parse_targets(targets.content, UNIVERSE).series.equals(targets.series)


@given(st.lists(FLOATS, min_size=5, max_size=5).filter(lambda values: len(set(values)) > 1))
def test_targets__any_values__come_back_to_the_bit(values):
    targets = targets_of(values)
    assert parse_targets(targets.content, UNIVERSE).series.tolist() == targets.series.tolist()


def test_targets__four_fifths_of_the_universe__are_enough():
    assert targets_of([0, 0.5, 1, 0.5], "abcd").series.index.tolist() == list("abcd")


@pytest.mark.parametrize(
    ("ids", "values", "message"),
    [
        ("abcdea", [0, 1, 0, 1, 0, 1], r"^The targets have 'a' more than once\.$"),
        ("abcdx", [0, 1, 0, 1, 0], r"^The targets have an id that is not in the round's universe, such as 'x'\.$"),
        ("abcxy", [0, 1, 0, 1, 0], r"^The targets have 2 ids that are not in the round's universe, such as 'x'\.$"),
        ("abc", [0, 1, 0], r"^The targets cover 3 of the universe's 5 ids, fewer than 80%\.$"),
        ("abcde", [0, 1, 0, 1, 1.1], r"^The targets have a value that is not from 0 to 1\.$"),
        ("abcde", [0, 1, 0, 1, np.nan], r"^The targets have a value that is not from 0 to 1\.$"),
        ("abcde", [0.5] * 5, r"^The targets are all the same\.$"),
    ],
)
def test_targets__not_valid__are_refused(ids, values, message):
    with refused(message):
        targets_of(values, ids)


@pytest.mark.parametrize("rows", [b"b,0.5\na,0.0\nc,1.0\nd,1.0\ne,1.0\n", b"a,0\nb,1\nc,1\nd,1\ne,1\n"])
def test_parse_targets__not_in_their_canonical_form__are_refused(rows):
    with refused(r"^The targets are not in their canonical form\.$"):
        parse_targets(b"id,target\n" + rows, UNIVERSE)
