# SPDX-License-Identifier: MIT
"""Figures of the economic attacks as the page writes them."""

from benchmarks.economics.ledger import COIN
from benchmarks.meta_model.figures import Interval
from nmr.text.amounts import RATIO


def nmr(gwei: int) -> str:
    """NMR with as many decimals as an amount of this size needs."""
    amount = gwei / COIN
    places = 0 if abs(amount) >= 100 or gwei % COIN == 0 else 2
    return _minus(f"{amount:,.{places}f}")


def signed(gwei: int) -> str:
    """A number of gwei."""
    return _minus(f"{gwei:,}")


def ratio(decimals: int) -> str:
    """A ratio of 12 decimals, such as a clip, as a percentage."""
    return f"{100 * decimals / RATIO:.3g}%"


def share(part: float, places: int = 2) -> str:
    """A share as a percentage."""
    rounded = round(part, places + 2) + 0.0  # no zero has a sign
    return _minus(f"{rounded:.{places}%}")


def percent(part: float) -> str:
    """A share as a whole percentage."""
    return share(part, 0)


def bracketed(found: Interval) -> str:
    """A share with its interval."""
    return f"{share(found.value)} [{share(found.low)}, {share(found.high)}]"


def _minus(figure: str) -> str:
    return figure.replace("-", "−")
