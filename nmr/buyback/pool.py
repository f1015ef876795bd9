# SPDX-License-Identifier: MIT
"""The arithmetic of a Uniswap V2 pair, to the unit, and what its published packages hold.

Formulas: UniswapV2Library.sol and UniswapV2Pair.sol of v2-periphery and v2-core 1.0.1. Amounts are in the smallest unit
of their token.
"""

import json
from dataclasses import dataclass, replace
from math import isqrt
from pathlib import Path
from typing import Any, Final

from nmr.errors import NmrError, require

FEE_BASE: Final = 1_000
FEE_LEFT: Final = 997
"""Of 1,000 paid in, what is traded: the pool keeps 3."""
_FOLDERS: Final = {
    "UniswapV2Factory": "v2-core",
    "UniswapV2Pair": "v2-core",
    "UniswapV2Router02": "v2-periphery",
    "WETH9": "v2-periphery",
}


class UniswapMissing(NmrError, FileNotFoundError):
    """The packages of Uniswap V2 are not installed."""


@dataclass(frozen=True)
class Artifact:
    """A compiled contract of a package: its ABI and the code that creates it."""

    name: str
    abi: list[dict[str, Any]]
    creation_code: bytes


@dataclass(frozen=True)
class Pool:
    """What a pair holds."""

    stablecoin: int
    nmr: int

    def cost_of(self, nmr: int) -> int:
        """The stablecoin that buys exactly so much NMR, rounded up.

        Raises:
            Refused: the pool has no more than that.
        """
        require(nmr < self.nmr, "the pool has too little NMR")
        return self.stablecoin * nmr * FEE_BASE // ((self.nmr - nmr) * FEE_LEFT) + 1

    def bought_with(self, stablecoin: int) -> int:
        """The NMR that so much stablecoin buys, rounded down."""
        return _out(stablecoin, self.stablecoin, self.nmr)

    def sold_for(self, nmr: int) -> int:
        """The stablecoin that so much NMR brings, rounded down."""
        return _out(nmr, self.nmr, self.stablecoin)

    def after_purchase(self, cost: int, nmr: int) -> "Pool":
        """The pool when so much was paid in and taken out."""
        return replace(self, stablecoin=self.stablecoin + cost, nmr=self.nmr - nmr)

    def after_sale(self, nmr: int, proceeds: int) -> "Pool":
        """The pool when so much was brought and paid out."""
        return replace(self, stablecoin=self.stablecoin - proceeds, nmr=self.nmr + nmr)

    def best_purchase(self, numerator: int, denominator: int) -> int:
        """The NMR whose purchase earns most if each unit is sold elsewhere for `numerator / denominator` stablecoin.

        Where the cost of one more unit, S·N / (0.997 · (N − n)²) for reserves S and N, is that price; 0 if already the
        first unit costs more. Rounded down.
        """
        rest = isqrt(self.stablecoin * self.nmr * FEE_BASE * denominator // (FEE_LEFT * numerator))
        return max(self.nmr - rest - 1, 0)

    def best_sale(self, numerator: int, denominator: int) -> int:
        """The NMR whose sale earns most if each unit costs `numerator / denominator` stablecoin elsewhere.

        The reverse of `best_purchase`: it is sold until one more unit brings that price; 0 if already the first brings
        less. Rounded down.
        """
        target = isqrt(self.stablecoin * self.nmr * FEE_LEFT * denominator // (FEE_BASE * numerator))
        return max((target - self.nmr) * FEE_BASE // FEE_LEFT, 0)


def read_artifact(project: Path, name: str) -> Artifact:
    """A contract of Uniswap V2 as npm installs it in the project.

    Raises:
        UniswapMissing: it is not installed.
    """
    path = project / "node_modules" / "@uniswap" / _FOLDERS[name] / "build" / f"{name}.json"
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise UniswapMissing("Uniswap V2 is not installed: run `npm ci` in the project's folder.") from error
    return Artifact(name, content["abi"], bytes.fromhex(content["bytecode"].removeprefix("0x")))


def _out(paid: int, reserve_in: int, reserve_out: int) -> int:
    """UniswapV2Library.getAmountOut."""
    traded = paid * FEE_LEFT
    return traded * reserve_out // (reserve_in * FEE_BASE + traded)
