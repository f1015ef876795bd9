# SPDX-License-Identifier: MIT
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.market_data.prices import FILE, FILE_SHA256, MarketDataError, decode, encode, load_relatives
from nmr.errors import NmrError


@pytest.fixture(scope="module")
def relatives():
    return load_relatives()


def test_load_relatives__shipped_file__has_days_and_stocks(relatives):
    assert relatives.shape == (1259, 88)
    assert list(relatives.columns[[0, 1, -1]]) == ["TSE01", "TSE02", "TSE88"]
    assert relatives.columns.is_monotonic_increasing and relatives.columns.is_unique
    assert (relatives.index == range(1259)).all()
    assert relatives.to_numpy().dtype == np.int64


def test_load_relatives__shipped_file__holds_the_cells_of_the_source(relatives):
    # Typed from tse.csv: the first and last cell of its first row, and 0.98863868499 / 0.977273 in the second.
    assert relatives.loc[0, "TSE01"] == 977_273
    assert relatives.loc[0, "TSE88"] == 1_063_120
    assert relatives.loc[1, "TSE01"] == 1_011_630
    prices = (relatives / 1e6).prod()
    assert prices["TSE01"] == pytest.approx(1.7179577337647467, rel=1e-13)
    assert prices["TSE88"] == pytest.approx(0.8166852670257251, rel=1e-13)


def test_load_relatives__shipped_file__is_within_the_extremes_that_the_readme_names(relatives):
    assert relatives.min().min() == 368_538 == relatives.loc[813, "TSE67"]
    assert relatives.max().max() == 1_939_190 == relatives.loc[691, "TSE32"]


def test_readme__shipped_file__names_its_hash():
    assert sha256(FILE.read_bytes()).hexdigest() == FILE_SHA256
    assert FILE_SHA256 in (FILE.parent / "README.md").read_text(encoding="utf-8")


def test_load_relatives__one_bit_changed__refused(tmp_path):
    blob = bytearray(FILE.read_bytes())
    blob[1000] ^= 1
    changed = tmp_path / "changed.u24"
    changed.write_bytes(blob)
    with pytest.raises(MarketDataError, match=r"^The price file changed\.u24 was changed: run "):
        load_relatives(changed)


def test_load_relatives__no_file__refused(tmp_path):
    with pytest.raises(MarketDataError, match=r"^There is no price file gone\.u24: run "):
        load_relatives(tmp_path / "gone.u24")


def test_market_data_error__any__is_an_nmr_error_and_a_value_error():
    assert issubclass(MarketDataError, NmrError) and issubclass(MarketDataError, ValueError)


def test_encode__known_values__little_endian_three_bytes_day_after_day():
    assert encode(np.array([[1, 1_939_190], [2**24 - 1, 256]])) == bytes.fromhex("010000 f6961d ffffff 000100")


@given(st.lists(st.tuples(*[st.integers(1, 2**24 - 1)] * 3), max_size=20))
def test_decode__anything_encoded__comes_back(rows):
    values = np.array(rows, dtype=np.int64).reshape(-1, 3)
    assert (decode(encode(values), days=len(rows), stocks=3) == values).all()


@pytest.mark.parametrize("value", [0, -1, 2**24])
def test_encode__value_out_of_range__refused(value):
    with pytest.raises(MarketDataError, match=r"^A price relative must be from 1 to 16777215 parts per million\.$"):
        encode(np.array([[1, value]]))


@pytest.mark.parametrize("length", [0, 5, 7])
def test_decode__wrong_length__refused(length):
    with pytest.raises(MarketDataError, match=rf"^The price file should hold 6 bytes but holds {length}\.$"):
        decode(bytes(length), days=1, stocks=2)
