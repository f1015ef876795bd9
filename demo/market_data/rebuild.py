# SPDX-License-Identifier: MIT
"""Rebuild the shipped price file from the Python package it was taken from: `python -m demo.market_data.rebuild`.

The package itself is never installed (its dependencies are heavy): its wheel is fetched into a temporary folder with
pip, from whatever index pip is configured for, and checked against a fixed sha256 before it is opened.
"""

import argparse
import io
import subprocess
import sys
import venv
import zipfile
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from demo.market_data.prices import DAYS, FILE, FILE_SHA256, SCALE, STOCKS, MarketDataError, encode
from nmr.errors import NmrError

PACKAGE: Final = "universal-portfolios==0.4.17"
WHEEL_SHA256: Final = "5da294f188c08a911815f5e406907563fbdf0319890da47aaf4134473845ac67"
MEMBER: Final = "universal/data/tse.csv"
MEMBER_SHA256: Final = "07bb28c765ec7a156fbbe3003c4b02267aa55a7f20a3d0424c487cd79f277d34"

# In millionths. Prices in the source are products of relatives with six decimals, so a quotient of two prices misses a
# whole number of millionths only by the rounding of float64: at most 3.3e-9, measured.
LARGEST_DISTANCE: Final = 1e-6


class RebuildError(NmrError, RuntimeError):
    """The price file could not be rebuilt."""


def fetch_wheel(folder: Path) -> Path:
    """Download the wheel, without its dependencies, into `folder` and return its path.

    A throw-away virtual environment supplies pip, since an environment made by uv has none.

    Raises:
        RebuildError: if the environment or the download fails.
    """
    environment = folder / "pip"
    try:
        venv.create(environment, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise RebuildError(
            f"This Python cannot make a virtual environment with pip: download the wheel of {PACKAGE} "
            "and name it with --wheel."
        ) from error
    python = environment / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    wheels = folder / "wheels"
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary", ":all:", "--dest", str(wheels)]
    result = subprocess.run(
        [python, "-m", "pip", "download", *options, PACKAGE], capture_output=True, text=True, check=False
    )
    found = sorted(wheels.glob("*.whl"))
    if result.returncode != 0 or len(found) != 1:
        raise RebuildError(f"pip could not download {PACKAGE}: look at the network and at pip's configuration.")
    return found[0]


def read_member(wheel: Path) -> bytes:
    """Return the bytes of the price table inside the wheel, after checking both against their sha256.

    Raises:
        RebuildError: if the wheel is missing, or either hash differs.
    """
    try:
        blob = wheel.read_bytes()
    except OSError as error:
        raise RebuildError(f"The wheel {wheel.name} cannot be read.") from error
    if sha256(blob).hexdigest() != WHEEL_SHA256:
        raise RebuildError(f"The wheel {wheel.name} is not the published {PACKAGE}: its sha256 differs.")
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        table = archive.read(MEMBER)
    if sha256(table).hexdigest() != MEMBER_SHA256:
        raise RebuildError(f"{MEMBER} in {wheel.name} is not the expected table: its sha256 differs.")
    return table


def relatives_from_table(table: bytes) -> np.ndarray:
    """Turn the table of cumulative prices into daily price relatives.

    Args:
        table: UTF-8 CSV, a header of one column per stock, then one row per day; a cell is the price of the day when
            the price before the first day is 1.

    Returns:
        int64 of shape (days, stocks), parts per million.

    Raises:
        MarketDataError: if a cell is not a positive number, or a quotient of two prices is not a whole number of
            millionths: then the table is no product of six-decimal relatives, and rounding would lose data.
    """
    try:
        prices = np.loadtxt(io.BytesIO(table), delimiter=",", skiprows=1, ndmin=2, encoding="utf-8")
    except ValueError as error:
        raise MarketDataError("The price table holds a cell that is not a number.") from error
    if not (np.isfinite(prices).all() and (prices > 0).all()):
        raise MarketDataError("The price table holds a price that is not positive.")
    quotients = prices / np.vstack([np.ones_like(prices[:1]), prices[:-1]]) * SCALE
    relatives = np.rint(quotients)
    if np.abs(quotients - relatives).max() > LARGEST_DISTANCE:
        raise MarketDataError("The price table is not made of relatives with six decimals.")
    return relatives.astype(np.int64)


def rebuild(wheel: Path, output: Path) -> bool:
    """Write the price file from the wheel and tell whether that changed `output`.

    Raises:
        RebuildError: if the wheel is not the published one, the result is not the file this version expects, or it
            cannot be written.
    """
    relatives = relatives_from_table(read_member(wheel))
    blob = encode(relatives)
    if relatives.shape != (DAYS, STOCKS) or sha256(blob).hexdigest() != FILE_SHA256:
        raise RebuildError("The rebuilt price file differs from the one this version was made with.")
    changed = not output.exists() or output.read_bytes() != blob
    if changed:
        try:
            output.write_bytes(blob)
        except OSError as error:
            raise RebuildError(f"The file {output.name} cannot be written there.") from error
    return changed


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 failed with one sentence on standard error."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.market_data.rebuild", description=f"Rebuild {FILE.name} from the wheel of {PACKAGE}."
    )
    parser.add_argument("--wheel", type=Path, help="use this wheel instead of downloading it")
    parser.add_argument("--output", type=Path, default=FILE, help="file to write (default: the shipped one)")
    options = parser.parse_args(arguments)
    try:
        with TemporaryDirectory() as folder:
            changed = rebuild(options.wheel or fetch_wheel(Path(folder)), options.output)
    except NmrError as error:
        print(f"rebuild: {error}", file=sys.stderr)
        return 1
    print(f"{options.output.name}: {'written' if changed else 'unchanged'}, sha256 {FILE_SHA256}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
