# SPDX-License-Identifier: MIT
"""Rebuild the shipped market data from the packages they were taken from: `python -m fund.market.rebuild`.

pip fetches each source distribution, from whatever index it is configured for, and refuses one with another sha256. It
asks the package's build backend for metadata before it hands the file over; a stand-in answers, so no code of the
package runs, and the package is never installed.
"""

import argparse
import gzip
import io
import lzma
import os
import subprocess
import sys
import tarfile
import venv
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from fund.market import sources
from fund.market.sources import CASH, CASH_RETURN, FINE_RETURN, LOG_VOLUME, RETURN
from fund.market.store import MISSING, MarketError, Table, pack, write
from nmr.errors import NmrError

FIRST_DAY: Final = "1990-01-01"
"""Of the futures: earlier prices teach a model of 1998 nothing."""
COPIES: Final = {16: 42, 31: 37, 8: 38}
"""Columns of the futures that are left out, by the one that they copy: daily returns correlate 1, 0.997 and 0.995."""

BACKEND: Final = """
from pathlib import Path

def get_requires_for_build_wheel(config_settings=None):
    return []

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    folder = Path(metadata_directory) / "{name}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
    return folder.name
"""


class RebuildError(NmrError, RuntimeError):
    """Market data that could not be rebuilt."""


@dataclass(frozen=True)
class Source:
    """A data set, and the source distribution that has it.

    Attributes:
        name, version: of the package.
        backend: dotted module of the package's build backend.
        sha256: of the source distribution.
        members: paths in it below its top folder.
        distil: makes the table from the members' bytes, in their order.
        output: the shipped file.
        content: sha256 of what the shipped file holds.
    """

    name: str
    version: str
    backend: str
    sha256: str
    members: tuple[str, ...]
    distil: Callable[..., Table]
    output: Path
    content: str


def stocks_table(returns_csv: bytes, volumes_csv: bytes) -> Table:
    """Distil returns and dollar volumes of stocks.

    Args:
        returns_csv: CSV of daily returns, a column a stock and one of cash.
        volumes_csv: CSV of dollars traded, a column a stock; 0 stands for unknown.

    Raises:
        MarketError: if the two do not fit together.
    """
    returns, volumes = (pd.read_csv(io.BytesIO(blob), index_col=0) for blob in (returns_csv, volumes_csv))
    if [*volumes.columns, CASH] != list(returns.columns) or not set(returns.index) <= set(volumes.index):
        raise MarketError("The stocks' returns and volumes do not have the same columns and days.")
    scale = np.where(returns.columns == CASH, CASH_RETURN, RETURN)
    traded = volumes.reindex(returns.index).assign(**{CASH: 0.0}).to_numpy()
    known = traded > 0
    logarithms = np.log(np.where(known, traded, 1.0)) * LOG_VOLUME
    return Table(
        dates=tuple(returns.index),
        names=tuple(returns.columns),
        values={
            "returns": np.rint(returns.to_numpy() * scale).astype(np.int32),
            "volumes": np.where(known, np.rint(logarithms), MISSING).astype(np.int32),
        },
    )


def futures_table(prices_csv: bytes) -> Table:
    """Distil returns of futures from 1990 on, without copies.

    A price that is not above zero gives no return: the next one is measured from the last good price.

    Args:
        prices_csv: CSV of daily prices, a column a series; empty where there is none.
    """
    prices = pd.read_csv(io.BytesIO(prices_csv), index_col=0)
    prices.columns = [f"F{number:02d}" for number in range(prices.shape[1])]
    good = prices.drop(columns=[f"F{number:02d}" for number in COPIES.values()]).where(lambda price: price > 0)
    last = good.ffill()
    returns = (last / last.shift() - 1).where(good.notna()).loc[FIRST_DAY:]
    values = returns.to_numpy() * FINE_RETURN
    kept = np.where(np.isnan(values), MISSING, np.rint(np.nan_to_num(values))).astype(np.int32)
    return Table(dates=tuple(returns.index), names=tuple(returns.columns), values={"returns": kept})


SOURCES: Final = {
    "stocks": Source(
        name="cvxportfolio",
        version="1.5.1",
        backend="setuptools.build_meta",
        sha256="d62b3663da9634d92fdfbe78f31bbfbdd6313237d7600d6a86adf4862d1a9378",
        members=("examples/paper_examples/returns.csv.gz", "examples/paper_examples/volumes.csv.gz"),
        distil=stocks_table,
        output=sources.STOCKS_FILE,
        content=sources.STOCKS_SHA256,
    ),
    "futures": Source(
        name="tinycta",
        version="0.14.0",
        backend="hatchling.build",
        sha256="926e589800bf32dee0f70ce11d6138b5db808883433c1f232f894a4b803571e8",
        members=("tests/tinycta/resources/prices_hashed.csv",),
        distil=futures_table,
        output=sources.FUTURES_FILE,
        content=sources.FUTURES_SHA256,
    ),
}


def fetch(source: Source, folder: Path) -> Path:
    """Download a source distribution into `folder`, without running anything of it, and return its path.

    A throw-away virtual environment supplies pip, since an environment made by uv has none.

    Raises:
        RebuildError: if the environment or the download fails, or pip finds another sha256.
    """
    package = f"{source.name}=={source.version}"
    environment, stand_in, files = folder / "pip", folder / "backend", folder / source.name
    try:
        venv.create(environment, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise RebuildError(
            f"This Python cannot make a virtual environment with pip: download the sdist of {package} and name it."
        ) from error
    parent, _, module = source.backend.partition(".")
    (stand_in / parent).mkdir(parents=True)
    (stand_in / parent / "__init__.py").touch()
    backend = BACKEND.format(name=source.name, version=source.version)
    (stand_in / parent / f"{module}.py").write_text(backend, encoding="utf-8")
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{package} --hash=sha256:{source.sha256}\n", encoding="utf-8")
    python = environment / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", ":all:", "--no-build-isolation"]
    result = subprocess.run(
        [python, "-m", "pip", "download", *options, "--require-hashes", "--dest", files, "--requirement", wanted],
        env=os.environ | {"PYTHONPATH": str(stand_in)},
        capture_output=True,
        text=True,
        check=False,
    )
    found = sorted(files.glob("*.tar.gz"))
    if result.returncode != 0 or len(found) != 1:
        raise RebuildError(f"pip could not download {package}: look at the network and at pip's configuration.")
    return found[0]


def read_members(source: Source, sdist: Path) -> list[bytes]:
    """Return the bytes of a source's members, after checking its sha256; .gz ones as they unpack.

    Raises:
        RebuildError: if the file is missing, or its sha256 differs.
    """
    try:
        blob = sdist.read_bytes()
    except OSError as error:
        raise RebuildError(f"The file {sdist.name} cannot be read.") from error
    if sha256(blob).hexdigest() != source.sha256:
        raise RebuildError(f"The file {sdist.name} is not {source.name} {source.version}: its sha256 differs.")
    contents = []
    with tarfile.open(fileobj=io.BytesIO(blob)) as archive:
        for member in source.members:
            file = archive.extractfile(f"{source.name}-{source.version}/{member}")
            content = file.read() if file else b""
            contents.append(gzip.decompress(content) if member.endswith(".gz") else content)
    return contents


def rebuild(source: Source, sdist: Path, output: Path) -> bool:
    """Write a data set from the source distribution and tell whether that changed `output`.

    Raises:
        RebuildError: if the distribution is another, the result is not what this version expects, or it cannot be
            written.
    """
    blob = pack(source.distil(*read_members(source, sdist)))
    if sha256(blob).hexdigest() != source.content:
        raise RebuildError(f"The rebuilt {output.name} differs from the one this version was made with.")
    try:
        changed = not output.exists() or lzma.decompress(output.read_bytes()) != blob
    except lzma.LZMAError:
        changed = True
    if changed:
        try:
            write(output, blob)
        except OSError as error:
            raise RebuildError(f"The file {output.name} cannot be written there.") from error
    return changed


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 failed with one sentence on standard error."""
    parser = argparse.ArgumentParser(
        prog="python -m fund.market.rebuild", description="Rebuild the market data of the fund from their packages."
    )
    for key, source in SOURCES.items():
        parser.add_argument(f"--{key}", type=Path, help=f"use this sdist of {source.name} instead of downloading it")
    parser.add_argument("--output", type=Path, help="folder to write into (default: where the shipped ones are)")
    options = parser.parse_args(arguments)
    try:
        for key, source in SOURCES.items():
            output = options.output / source.output.name if options.output else source.output
            with TemporaryDirectory() as folder:
                changed = rebuild(source, getattr(options, key) or fetch(source, Path(folder)), output)
            print(f"{output.name}: {'written' if changed else 'unchanged'}, content sha256 {source.content}")
    except NmrError as error:
        print(f"rebuild: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
