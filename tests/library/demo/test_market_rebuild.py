# SPDX-License-Identifier: MIT
import os

import numpy as np
import pytest

from demo.market_data import rebuild as rebuilding
from demo.market_data.prices import FILE, MarketDataError, load_relatives
from demo.market_data.rebuild import RebuildError, fetch_wheel, main, rebuild, relatives_from_table
from nmr.errors import NmrError


def test_relatives_from_table__cumulative_prices__quotients_in_millionths():
    table = b"A,B\n0.5,2.0\n0.75,1.0\n0.75000075,1.0\n"
    assert relatives_from_table(table).tolist() == [[500_000, 2_000_000], [1_500_000, 500_000], [1_000_001, 1_000_000]]


@pytest.mark.parametrize(
    "table, reason",
    [
        (b"A\n1.0\n0.3333333333\n", "The price table is not made of relatives with six decimals."),
        (b"A\n1.0000004\n", "The price table is not made of relatives with six decimals."),
        (b"A\n1.0\n0.0\n", "The price table holds a price that is not positive."),
        (b"A\n-1.0\n", "The price table holds a price that is not positive."),
        (b"A\nnan\n", "The price table holds a price that is not positive."),
        (b"A\n1.0\nhalf\n", "The price table holds a cell that is not a number."),
    ],
)
def test_relatives_from_table__bad_cell__refused(table, reason):
    with pytest.raises(MarketDataError) as raised:
        relatives_from_table(table)
    assert str(raised.value) == reason


@pytest.fixture
def table():
    """The source's table made again from the shipped file: running products, printed in full."""
    prices = np.cumprod(load_relatives().to_numpy() / 1e6, axis=0)
    rows = [",".join(f"S{column}" for column in range(88)), *(",".join(map(repr, row)) for row in prices.tolist())]
    return "\n".join(rows).encode()


def test_rebuild__prices_of_the_source__writes_the_shipped_bytes_once(table, tmp_path, monkeypatch):
    monkeypatch.setattr(rebuilding, "read_member", lambda wheel: table)
    output = tmp_path / "rebuilt.u24"
    assert rebuild(tmp_path / "any.whl", output) is True
    assert output.read_bytes() == FILE.read_bytes()
    assert rebuild(tmp_path / "any.whl", output) is False


def test_rebuild__another_table__refused_and_nothing_written(tmp_path, monkeypatch):
    monkeypatch.setattr(rebuilding, "read_member", lambda wheel: b"A\n0.5\n")
    with pytest.raises(RebuildError, match=r"^The rebuilt price file differs from the one this version was made with"):
        rebuild(tmp_path / "any.whl", tmp_path / "rebuilt.u24")
    assert not (tmp_path / "rebuilt.u24").exists()


def test_rebuild__one_price_relative_changed__refused(tmp_path, monkeypatch):
    prices = np.cumprod(load_relatives().to_numpy() / 1e6, axis=0)
    prices[:, 40] *= 0.5 / prices[0, 40]
    table = "\n".join([",".join(["S"] * 88), *(",".join(map(repr, row)) for row in prices.tolist())]).encode()
    monkeypatch.setattr(rebuilding, "read_member", lambda wheel: table)
    with pytest.raises(RebuildError, match=r"^The rebuilt price file differs from the one this version was made with"):
        rebuild(tmp_path / "any.whl", tmp_path / "rebuilt.u24")


def test_rebuild__folder_that_is_not_there__refused(table, tmp_path, monkeypatch):
    monkeypatch.setattr(rebuilding, "read_member", lambda wheel: table)
    with pytest.raises(RebuildError, match=r"^The file rebuilt\.u24 cannot be written there\.$"):
        rebuild(tmp_path / "any.whl", tmp_path / "gone" / "rebuilt.u24")


def test_main__a_wheel_with_another_hash__one_sentence_and_exit_code_1(tmp_path, capsys):
    wheel = tmp_path / "other.whl"
    wheel.write_bytes(b"not the wheel")
    assert main(["--wheel", str(wheel), "--output", str(tmp_path / "out")]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "rebuild: The wheel other.whl is not the published universal-portfolios==0.4.17: its sha256 differs.\n"
    )
    assert not (tmp_path / "out").exists()


def test_main__no_wheel__one_sentence_and_exit_code_1(tmp_path, capsys):
    assert main(["--wheel", str(tmp_path / "gone.whl"), "--output", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == "rebuild: The wheel gone.whl cannot be read.\n"


def test_fetch_wheel__no_index__refused(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    with pytest.raises(RebuildError, match=r"^pip could not download universal-portfolios==0\.4\.17: look at "):
        fetch_wheel(tmp_path)


def test_rebuild_error__any__is_an_nmr_error_and_a_runtime_error():
    assert issubclass(RebuildError, NmrError) and issubclass(RebuildError, RuntimeError)
