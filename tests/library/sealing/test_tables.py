# SPDX-License-Identifier: MIT
"""Files of predictions, universes and targets, in any order and format, read strictly."""

import datetime
import decimal
import gzip
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from nmr.sealing.columns import ColumnsInvalid, open_columns
from nmr.sealing.parquet import ParquetInvalid
from nmr.sealing.predictions import values_refused
from nmr.sealing.tables import (
    LARGEST_TABLE,
    MOST_IDS,
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
from tests.support.bounded import run_bounded

CASES = Path(__file__).parent / "cases"
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
        ("\n \n", r"p\.csv is empty\.$"),
        ("id,target\na,1\n", r"p\.csv has the columns 'id,target', and has to have id,prediction\.$"),
        ("name,prediction\na,1\n", r"p\.csv has the columns 'name,prediction', and has to have id,prediction\.$"),
        ("id,prediction,id\na,1,b\n", r"p\.csv has more than one column 'id'\.$"),
        ("id,prediction,prediction\na,1,0\n", r"p\.csv has more than one column 'prediction'\.$"),
        ("id,prediction\na,0.1,2\n", r"p\.csv has 3 columns in line 2, and 2 in its header\.$"),
        ("id,prediction\n\na\n", r"p\.csv has 1 columns in line 3, and 2 in its header\.$"),
        ('id,prediction\n"a\nb",1\nc\n', r"p\.csv has 1 columns in line 4, and 2 in its header\.$"),
        ('id,prediction\n"a"b,1\n', r"p\.csv is no CSV: .*, in line 2\.$"),
        ("id,prediction\n,0.5\n", r"p\.csv has no id in line 2\.$"),
        ("PAR1 and no more", r"p\.csv is no Parquet file, or a damaged one\.$"),
    ],
)
def test_read_predictions__no_such_table__is_refused(tmp_path, content, message):
    (tmp_path / "p.csv").write_text(content)
    with refused(message):
        read_predictions(tmp_path / "p.csv")


@pytest.mark.parametrize(
    "number",
    [
        "high",
        "٠.١",
        "0.1_5",
        "1_0",
        " 0.5",
        "0.5 ",
        "0,5",
        "0x1p-1",
        "½",
        "1e",
        ".",
        "+",
        "--1",
        "NA",
        "None",
        "0.5\u200b",
        "0" * 401,
    ],
)
def test_read_predictions__no_plain_decimal_in_ascii__is_refused(tmp_path, number):
    (tmp_path / "p.csv").write_text(f'id,prediction\na,0.5\nb,"{number}"\n', "utf-8")
    with refused(r"p\.csv has '.*'…? for 'b', where a plain decimal number has to be\.$"):
        read_predictions(tmp_path / "p.csv")
    pl.DataFrame({"id": ["a", "b"], "prediction": ["0.5", number]}).write_parquet(tmp_path / "p.parquet")
    with refused(r"p\.parquet has '.*'…? for 'b', where a plain decimal number has to be\.$"):
        read_predictions(tmp_path / "p.parquet")


@pytest.mark.parametrize(
    ("text", "value"), [("1", 1.0), ("+.5", 0.5), ("5.", 5.0), ("1E-2", 0.01), ("-0.0", -0.0), ("INF", np.inf)]
)
def test_read_predictions__decimal_however_it_is_written__is_what_it_says(tmp_path, text, value):
    (tmp_path / "p.csv").write_text(f"id,prediction\na,{text}\n")
    assert repr(read_predictions(tmp_path / "p.csv").values.tolist()) == repr([value])


def test_read_predictions__no_file_or_a_folder_or_an_endless_one__is_refused(tmp_path):
    with pytest.raises(TableFileError, match=r"^There is no file .*p\.csv\.$"):
        read_predictions(tmp_path / "p.csv")
    with pytest.raises(TableFileError, match=r"cannot be read: Is a directory\.$"):
        read_predictions(tmp_path)
    with refused(r"^/dev/zero is larger than 64 MiB\.$"):
        read_predictions(Path("/dev/zero"))


# how files come


def predictions_of(name):
    table = read_predictions(CASES / name)
    return dict(zip(table.ids, table.values.tolist(), strict=True))


@pytest.mark.parametrize(
    "name",
    [
        "plain.parquet",
        "pandas_index.parquet",
        "pandas_order.parquet",
        "further.parquet",
        "dictionary_decimal.parquet",
        "blank_mid.csv",
        "blank_end.csv",
    ],
)
def test_read_predictions__same_table_in_another_form__is_the_same(name):
    assert predictions_of(name) == {"a1": 0.1, "a2": 0.5, "a3": 0.9}


def test_read_predictions__ids_that_look_like_something_else__stay_texts():
    assert list(predictions_of("sci_ids.csv")) == ["1e5", "00123", "1E5"]
    assert list(predictions_of("na_ids.csv")) == ["NA", "null", "nan", "None", "true"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("arabic.csv", r"arabic\.csv has '٠\.١' for 'a1', where a plain decimal number has to be\.$"),
        ("utf16.csv", r"utf16\.csv is UTF-16, and has to be a CSV in UTF-8 or a Parquet file\.$"),
        ("listpred.parquet", r"has the type List\(Float64\) in its column 'prediction', which is for numbers\.$"),
        ("pandas_unnamed_index.parquet", r"has the columns 'prediction,__index_level_0__', and has to have id,pred"),
        ("list_extra.parquet", r"has the columns 'id,f', and has to have id,prediction\.$"),
    ],
)
def test_read_predictions__file_that_is_no_such_table__is_refused(name, message):
    with refused(message):
        read_predictions(CASES / name)


def test_read_predictions__a_little_outside__is_taken_as_it_is_and_refused_with_its_row():
    table = read_predictions(CASES / "oneplus.csv")
    assert values_refused(table.values, table.ids) == (
        "2 of 3 predictions are not between 0 and 1, such as -1e-17 for 'a1'."
    )
    assert values_refused(table.values[1:], table.ids[1:]) == (
        "1 of 2 predictions is not between 0 and 1, such as 1.0000000000000002 for 'a3'."
    )


def test_read_universe__list_beside_the_ids__does_no_harm_and_as_ids_is_refused():
    assert read_universe(CASES / "list_extra.parquet").ids == ("a1", "a2", "a3")
    with refused(r"list_universe\.parquet has the type List\(String\) in its column 'id', which is for texts\.$"):
        read_universe(CASES / "list_universe.parquet")


def test_read_predictions__compressed__is_refused_and_said(tmp_path):
    content = b"id,prediction\na,0.5\n"
    (tmp_path / "p.gz").write_bytes(gzip.compress(content))
    with refused(r"p\.gz is compressed by gzip, and has to be a CSV in UTF-8 or a Parquet file\.$"):
        read_predictions(tmp_path / "p.gz")
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as file:
        file.writestr("p.csv", content)
    with refused(r"p\.zip is a ZIP archive, and has to be a CSV in UTF-8 or a Parquet file\.$"):
        read_predictions(tmp_path / "p.zip")


@pytest.mark.parametrize("content", [b"id,prediction\n\xe4,0.5\n", b"id,prediction\xe4\na,0.5\n"])
def test_read_predictions__another_encoding__is_refused(tmp_path, content):
    (tmp_path / "p.csv").write_bytes(content)
    with refused(r"p\.csv is not text in UTF-8\.$"):
        read_predictions(tmp_path / "p.csv")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_read_predictions__mark_and_any_line_ends_and_order__are_taken(tmp_path, end):
    rows = ["\ufeffera,prediction,id", "", "1,0.25,a", '"2,\n","0.5","b ""c"""', "  "]
    (tmp_path / "p.csv").write_bytes(end.join(rows).encode())
    table = read_predictions(tmp_path / "p.csv")
    assert (table.ids, table.values.tolist()) == (("a", 'b "c"'), [0.25, 0.5])


def test_read_targets__further_columns_and_another_order__do_no_harm(tmp_path):
    frame = pd.DataFrame({"era": 1, "target": [0, 0.25, 0.5, 0.75, 1], "target_other": None, "id": list("edcba")})
    frame.to_csv(tmp_path / "t.csv", index=False)
    assert read_targets(tmp_path / "t.csv", UNIVERSE).content == b"id,target\na,1.0\nb,0.75\nc,0.5\nd,0.25\ne,0.0\n"


# types of Parquet

IDS = ["a1", "a2"]
DAY = datetime.date(2026, 11, 22)


def parquet_of(path, identifiers, predictions):
    pl.DataFrame({"id": identifiers, "prediction": predictions}).write_parquet(path)
    return path


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([0.25, 0.5], dtype=pl.Float16),
        pl.Series([0.25, 0.5], dtype=pl.Float32),
        pl.Series([decimal.Decimal("0.25"), decimal.Decimal("0.5")]),
        pl.Series(["0.25", "0.5"]),
        pl.Series(["0.25", "0.5"], dtype=pl.Categorical),
    ],
    ids=lambda column: str(column.dtype),
)
def test_read_predictions__numbers_of_any_type__are_taken_exactly(tmp_path, column):
    assert read_predictions(parquet_of(tmp_path / "p", IDS, column)).values.tolist() == [0.25, 0.5]


@pytest.mark.parametrize("kind", [pl.Int8, pl.UInt64, pl.Int128])
def test_read_predictions__integers__are_numbers(tmp_path, kind):
    path = parquet_of(tmp_path / "p", IDS, pl.Series([0, 1], dtype=kind))
    assert read_predictions(path).values.tolist() == [0.0, 1.0]


def test_read_predictions__decimals_of_many_digits__are_rounded_once(tmp_path):
    texts = ["0.100000000000000005551115123125782", "0.99999999999999994448884876874217"]
    path = parquet_of(tmp_path / "p", IDS, pl.Series(list(map(decimal.Decimal, texts))))
    assert read_predictions(path).values.tolist() == list(map(float, texts))


@pytest.mark.parametrize("kind", [pl.Float16, pl.Int8, pl.Decimal(4, 2), pl.String, pl.Categorical, pl.Null])
def test_read_predictions__gaps_of_any_type__are_no_numbers(tmp_path, kind):
    path = parquet_of(tmp_path / "p", IDS, pl.Series([None, None], dtype=kind))
    assert np.isnan(read_predictions(path).values).all()


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([True, False]),
        pl.Series([[0.25], [0.5]]),
        pl.Series([[0.25], [0.5]], dtype=pl.Array(pl.Float64, 1)),
        pl.Series([{"x": 0.25}, {"x": 0.5}]),
        pl.Series([b"0.25", b"0.5"]),
        pl.Series([DAY, DAY]),
        pl.Series([datetime.timedelta(1)] * 2),
    ],
    ids=lambda column: str(column.dtype),
)
def test_read_predictions__column_of_no_numbers__is_refused_with_its_type(tmp_path, column):
    with refused(r" has the type \w+.* in its column 'prediction', which is for numbers\.$"):
        read_predictions(parquet_of(tmp_path / "p", IDS, column))


@pytest.mark.parametrize(
    ("column", "ids"),
    [
        (pl.Series(["a1", "a2"], dtype=pl.Categorical), ("a1", "a2")),
        (pl.Series(["a1", "a2"], dtype=pl.Enum(["a2", "a1"])), ("a1", "a2")),
        (pl.Series([7, 8]), ("7", "8")),
    ],
)
def test_read_predictions__ids_as_categories_or_whole_numbers__are_their_texts(tmp_path, column, ids):
    assert read_predictions(parquet_of(tmp_path / "p", column, [0.25, 0.5])).ids == ids


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([["a1"], ["a2"]]),
        pl.Series([["a1"], ["a2"]], dtype=pl.Array(pl.String, 1)),
        pl.Series([{"x": "a1"}, {"x": "a2"}]),
        pl.Series([b"a1", b"a2"]),
        pl.Series([DAY, DAY]),
        pl.Series([datetime.datetime(2026, 11, 22)] * 2),
        pl.Series([0.5, 1.5]),
        pl.Series([True, False]),
        pl.Series([decimal.Decimal(1), decimal.Decimal(2)]),
        pl.Series([None, None], dtype=pl.Null),
    ],
    ids=lambda column: str(column.dtype),
)
def test_read_predictions__ids_that_are_no_texts__are_refused_with_their_type(tmp_path, column):
    for read in (read_predictions, read_universe):
        with refused(r" has the type \w+.* in its column 'id', which is for texts\.$"):
            read(parquet_of(tmp_path / "p", column, [0.25, 0.5]))


@pytest.mark.parametrize("kind", [pl.String, pl.Categorical])
def test_read_predictions__row_without_an_id__is_refused(tmp_path, kind):
    for gap in (None, ""):
        with refused(r" has no id in row 2\.$"):
            read_predictions(parquet_of(tmp_path / "p", pl.Series(["a1", gap], dtype=kind), [0.25, 0.5]))


# files that are made to cost

WIDE = "\U0001f600\n".encode()
NO_TABLE = "and has to be a CSV in UTF-8 or a Parquet file"
COSTLY = {
    "commas.csv": (b"," * 3_000_000, "has a line of more than 262,144 characters"),
    "lines of commas.csv": ((b"," * 250_000 + b"\n") * 260, "has the columns ',+'…, and has to have id,prediction"),
    "columns.csv": (
        b"id,prediction" + b",x" * 100_000 + b"\n" + b"," * 200_000,
        "has 200001 columns in line 2, and 100002",
    ),
    "quote.csv": (b'id,prediction\n"' + b"x\n" * 8_000_000, "is no CSV: field larger than field limit .*, in line 2"),
    "blank lines.csv": (b"id,prediction\n" + b"\n" * 8_000_000, "has more than 200,010 lines"),
    "rows.csv": (b"id,prediction\n" + b"a,0.5\n" * 8_000_000, "has more than 20,000 rows"),
    "wide characters.csv": (b"id,prediction\n" + WIDE * 8_000_000, "has 1 columns in line 2, and 2 in its header"),
    "digits.csv": (b"id,prediction\na," + b"1" * 130_000, "has '1+'… for 'a', where a plain decimal number has to be"),
    "gzip": (gzip.compress(b"id\n" + b"a\n" * 50_000_000, 1), f"is compressed by gzip, {NO_TABLE}"),
    "zstd": (b"\x28\xb5\x2f\xfd" + bytes(1_000), f"is compressed by zstd, {NO_TABLE}"),
}
"""Each of at most 64 MiB, and why it is refused."""
COSTLY_CASES = {
    "rows_bomb.parquet": "has 5,000,000 rows, more than 20,000",
    "text_bomb.parquet": "has more than 6 MiB in its column 'id'",
    "dictionary_bomb.parquet": "has 'y+'… in its column 'id', which is too long",
    "category_bomb.parquet": "has 'y+'… in its column 'id', which is too long",
    "delta_bomb.parquet": "has a column encoded as DELTA_BYTE_ARRAY: write it plainly",
}
"""Each of less than 20 kB: they unpack to 200 MB and more, or have a text of a megabyte in each of 20,000 rows."""
SETUP = """
from pathlib import Path
from nmr.sealing.tables import TableInvalid, parse_universe, read_predictions, read_universe
# What polars reserves for its threads is no part of a file's cost.
read_universe(Path("tests/library/sealing/cases/plain.parquet"))
"""
READ_ALL = """
def parse(path):
    return parse_universe(path.read_bytes())

for path in map(Path, sys.argv[1:]):
    for read in (read_universe,) if path.suffix == ".parquet" else (read_predictions, parse):
        try:
            print(read(path))
        except TableInvalid as error:
            print(error)
"""


@pytest.fixture(scope="module")
def said_of_costly(tmp_path_factory):
    """What readers say of all of these files, one after the other in little memory."""
    folder = tmp_path_factory.mktemp("costly")
    for name, (content, _) in COSTLY.items():
        assert len(content) <= LARGEST_TABLE
        (folder / name).write_bytes(content)
    files = [*(folder / name for name in COSTLY), *(CASES / name for name in COSTLY_CASES)]
    return run_bounded(SETUP, READ_ALL, *files).splitlines()


def test_costly__read_in_little_memory__are_all_refused(said_of_costly):
    lines = iter(said_of_costly)
    for name, (_, reason) in COSTLY.items():
        assert re.search(rf"/{name} {reason}", next(lines))
        assert next(lines).startswith("The universe ")
    for name, reason in COSTLY_CASES.items():
        assert re.search(rf"/{name} {reason}\.$", next(lines))
        assert (CASES / name).stat().st_size < 20_000


def test_parquet__footer_that_lies_about_rows__is_refused_by_its_pages():
    content = (CASES / "rows_bomb.parquet").read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    stated = content[footer:]
    # 5,000,000 in all, 805,696 in the last of five groups and 1,048,576 in the others, as varints.
    for true, lie in ((b"\x80\xad\xe2\x04", 5), (b"\x80\xad\x62", 1), (b"\x80\x80\x80\x01", 1)):
        assert true in stated
        stated = stated.replace(true, bytes([lie << 1 | 0x80, *[0x80] * (len(true) - 2), 0]))
    with pytest.raises(ParquetInvalid, match=r"^is no Parquet file, or a damaged one\.$"):
        open_columns(content[:footer] + stated, MOST_IDS).texts("id")


@given(st.data())
def test_parquet__any_bytes_changed__is_read_or_refused(data):
    content = bytearray((CASES / data.draw(st.sampled_from(["plain.parquet", "further.parquet"]))).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(4, len(content) - 9))] = data.draw(st.integers(0, 255))
    try:
        frame = open_columns(bytes(content), MOST_IDS)
        frame.texts_and_numbers("id", "prediction")
    except (ColumnsInvalid, ParquetInvalid):
        pass
    except KeyError as error:
        assert str(error) in ("'id'", "'prediction'")


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
        ("abcde", [0, 1, 0, 1, 1.1], r"^The targets have 1\.1 for 'e', and values go from 0 to 1\.$"),
        ("abcde", [0, 1, 0, 1, np.nan], r"^The targets have nan for 'e', and values go from 0 to 1\.$"),
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
