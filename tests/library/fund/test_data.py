# SPDX-License-Identifier: MIT
"""The shipped market data, and how they are made of their packages' files."""

import io
import lzma
import tarfile
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest

from fund.market import rebuild as rebuilding
from fund.market import sources
from fund.market.rebuild import SOURCES, RebuildError, futures_table, main, read_members, rebuild, stocks_table
from fund.market.sources import load_futures, load_stocks
from fund.market.store import MISSING, MarketError, Table, pack, read, unpack, write


def table(**changes):
    values = {"returns": np.array([[1, MISSING], [-3, 2**31 - 1], [0, 256]], dtype=np.int32)}
    return replace(Table(("2020-01-01", "2020-01-02", "2020-01-03"), ("A", "B"), values), **changes)


# the file


def test_unpack__what_pack_made__the_same_table():
    again = unpack(pack(table()))
    assert (again.dates, again.names, list(again.values)) == (table().dates, table().names, ["returns"])
    assert np.array_equal(again.values["returns"], table().values["returns"])


@pytest.mark.parametrize("changes", [{"dates": ("2020-01-02",) * 3}, {"names": ("A", "A")}])
def test_pack__days_or_names_that_repeat__refused(changes):
    with pytest.raises(MarketError, match=r"^The days of a table must ascend, and its names must differ\.$"):
        pack(table(**changes))


@pytest.mark.parametrize("array", [np.zeros((2, 2), np.int32), np.zeros((3, 2))])
def test_pack__another_shape_or_floats__refused(array):
    with pytest.raises(MarketError, match=r"^Each array of a table must be int32 of shape \(3, 2\)\.$"):
        pack(table(values={"returns": array}))


def test_unpack__a_byte_is_gone__refused():
    with pytest.raises(MarketError, match=r"^The table should hold 24 bytes of values but holds 23\.$"):
        unpack(pack(table())[:-1])


def test_read__no_file_damaged_or_changed__one_sentence_each(tmp_path):
    file, blob = tmp_path / "some.xz", pack(table())
    with pytest.raises(MarketError, match=r"^There is no file some\.xz: run python -m fund\.market\.rebuild\.$"):
        read(file, "")
    file.write_bytes(b"no xz")
    with pytest.raises(MarketError, match=r"^The file some\.xz is damaged: "):
        read(file, "")
    write(file, blob)
    with pytest.raises(MarketError, match=r"^The file some\.xz was changed: "):
        read(file, "0" * 64)
    assert read(file, sha256(blob).hexdigest()).names == ("A", "B")


# what is shipped


def test_load_stocks__shipped_file__431_survivors_of_2517_days_with_volumes():
    stocks = load_stocks()
    assert stocks.returns.shape == stocks.dollars.shape == (2_517, 431)
    assert (str(stocks.dates[0]), str(stocks.dates[-1])) == ("2007-01-04", "2016-12-30")
    assert np.isfinite(stocks.returns).all()
    unknown = [(str(stocks.dates[day]), stocks.names[stock]) for day, stock in np.argwhere(np.isnan(stocks.dollars))]
    assert unknown == [("2007-05-17", "WYN"), ("2011-04-28", "VRTX")]
    assert stocks.returns[list(stocks.dates.astype(str)).index("2008-10-13"), stocks.names.index("MS")] == 0.8698
    assert np.median(stocks.dollars[:, stocks.names.index("AAPL")]) > 3e9
    assert stocks.cash.sum() == pytest.approx(0.066, abs=0.001)


def test_load_futures__shipped_file__46_series_without_the_three_copies():
    futures = load_futures()
    assert futures.returns.shape == (8_693, 46)
    assert set(futures.names) == {f"F{number:02d}" for number in range(49)} - {"F42", "F37", "F38"}
    known = ~np.isnan(futures.returns)
    before = (known[futures.dates < np.datetime64("1998-01-01")]).sum(axis=0)
    assert ((before > 0).sum(), (before >= 250).sum()) == (40, 37)
    close = pd.DataFrame(futures.returns).corr().to_numpy() - np.eye(46)
    assert 0.95 < close.max() < 0.96


def test_load_futures__price_below_zero__is_no_price_of_that_day():
    futures = load_futures()
    days, oil = list(futures.dates.astype(str)), futures.returns[:, futures.names.index("F08")]
    assert np.isnan(oil[days.index("2020-04-20")])
    assert oil[days.index("2020-04-21")] == pytest.approx(10.35 / 16.34 - 1, abs=1e-6)


# the rebuild


def test_stocks_table__csv__steps_of_returns_cash_and_volumes():
    made = stocks_table(
        b"Date,A,B,USDOLLAR\n2020-01-02,0.012344,-0.5,0.0000012\n2020-01-03,0,0.25,0\n",
        b"Date,A,B\n2020-01-01,1,1\n2020-01-02,0,1000000\n2020-01-03,1,2\n",
    )
    assert (made.dates, made.names) == (("2020-01-02", "2020-01-03"), ("A", "B", "USDOLLAR"))
    assert made.values["returns"].tolist() == [[1234, -50_000, 120], [0, 25_000, 0]]
    assert made.values["volumes"].tolist() == [[MISSING, 1382, MISSING], [0, 69, MISSING]]


@pytest.mark.parametrize("volumes", [b"Date,A\n2020-01-01,1\n", b"Date,A,B\n2020-01-01,1,1\n"])
def test_stocks_table__volumes_of_other_stocks_or_days__refused(volumes):
    with pytest.raises(MarketError, match=r"^The stocks' returns and volumes do not have the same columns and days\.$"):
        stocks_table(b"Date,A,USDOLLAR\n2020-01-02,0,0\n", volumes)


def test_futures_table__gaps_prices_below_zero_and_copies__returns_since_the_last_good_price():
    rows = [
        ("1989-12-29", {0: 8.0}),
        ("1990-01-01", {0: 10.0}),
        ("1990-01-02", {}),
        ("1990-01-03", {0: 11.0, 1: 5.0}),
        ("1990-01-04", {0: -3.0, 1: 4.0}),
        ("1990-01-05", {0: 5.5, 1: 5.0}),
    ]
    lines = [",".join(f"h{number}" for number in range(-1, 49))]
    lines += [",".join([day, *(str(cells.get(number, "")) for number in range(49))]) for day, cells in rows]
    made = futures_table("\n".join(lines).encode())
    assert made.dates == ("1990-01-01", "1990-01-02", "1990-01-03", "1990-01-04", "1990-01-05")
    assert len(made.names) == 46
    assert made.values["returns"][:, 0].tolist() == [250_000, MISSING, 100_000, MISSING, -500_000]
    assert made.values["returns"][:, 1].tolist() == [MISSING, MISSING, MISSING, -200_000, 250_000]


@pytest.fixture
def source(tmp_path):
    """A source whose distribution stands in the folder, and its path."""
    content, sdist = b"content", tmp_path / "thing-1.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        info = tarfile.TarInfo("thing-1/inside.csv")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    digest = sha256(sdist.read_bytes()).hexdigest()
    expected = sha256(pack(table())).hexdigest()
    return replace(
        SOURCES["stocks"],
        name="thing",
        version="1",
        sha256=digest,
        members=("inside.csv",),
        distil=lambda blob: table() if blob == content else None,
        output=tmp_path / "out.xz",
        content=expected,
    ), sdist


def test_rebuild__the_expected_distribution__writes_once(source):
    source, sdist = source
    assert rebuild(source, sdist, source.output) is True
    assert lzma.decompress(source.output.read_bytes()) == pack(table())
    assert rebuild(source, sdist, source.output) is False
    source.output.write_bytes(b"damaged")
    assert rebuild(source, sdist, source.output) is True


def test_rebuild__another_result__refused_and_nothing_written(source):
    source, sdist = source
    with pytest.raises(RebuildError, match=r"^The rebuilt out\.xz differs from the one this version was made with\.$"):
        rebuild(replace(source, content="0" * 64), sdist, source.output)
    assert not source.output.exists()


def test_rebuild__folder_that_is_not_there__refused(source, tmp_path):
    source, sdist = source
    with pytest.raises(RebuildError, match=r"^The file out\.xz cannot be written there\.$"):
        rebuild(source, sdist, tmp_path / "gone" / "out.xz")


def test_read_members__another_distribution__refused_unopened(source, tmp_path):
    source, _ = source
    other = tmp_path / "other.tar.gz"
    other.write_bytes(b"no archive")
    with pytest.raises(RebuildError, match=r"^The file other\.tar\.gz is not thing 1: its sha256 differs\.$"):
        read_members(source, other)
    with pytest.raises(RebuildError, match=r"^The file gone\.tar\.gz cannot be read\.$"):
        read_members(source, tmp_path / "gone.tar.gz")


def test_main__a_file_that_is_no_distribution__one_sentence_and_exit_code_1(tmp_path, capsys):
    other = tmp_path / "other.tar.gz"
    other.write_bytes(b"no archive")
    assert main(["--stocks", str(other), "--futures", str(other), "--output", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "rebuild: The file other.tar.gz is not cvxportfolio 1.5.1: its sha256 differs.\n"


def test_fetch__pip_finds_nothing__one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(RebuildError, match=r"^pip could not download tinycta==0\.14\.0: look at the network"):
        rebuilding.fetch(SOURCES["futures"], tmp_path)


@pytest.mark.parametrize(
    ("folder", "digest"),
    [("stocks", sources.STOCKS_SHA256), ("futures", sources.FUTURES_SHA256)],
)
def test_note__beside_the_data__names_the_hashes_and_the_licence(folder, digest):
    note = (sources.DATA / folder / "README.md").read_text(encoding="utf-8")
    source = SOURCES[folder]
    assert f"`{digest}`" in note
    assert f"`{source.sha256}`" in note
    assert f"`LICENSE.{source.name}`" in note
    assert (sources.DATA / folder / f"LICENSE.{source.name}").exists()
