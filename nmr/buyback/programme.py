# SPDX-License-Identifier: MIT
"""What an owner decides before a buyback, as a TOML file; `docs/buyback.example.toml` shows one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nmr.errors import AmountError, NmrError
from nmr.protocol.reference.buyback import (
    LARGEST_DISCOUNT,
    LARGEST_LOT,
    LARGEST_PREMIUM,
    LARGEST_PRICE,
    LARGEST_PROGRAMME,
    LONGEST_AGE,
    LONGEST_GAP,
    LONGEST_LENGTH,
    SHORTEST_AGE,
    SHORTEST_GAP,
    SHORTEST_LENGTH,
    SMALLEST_LOT,
    Programme,
)
from nmr.text.amounts import parse_stablecoin
from nmr.text.toml import EntryInvalid, Table, address, boolean, duration, fixed, read_toml, text

BASIS_PLACES: Final = 4
"""Decimals of a ratio in basis points."""
PRICE_PLACES: Final = 18
SHORTEST_WINDOW: Final = 1_800
LONGEST_WINDOW: Final = 7 * 86_400
LARGEST_DEVIATION: Final = 1_000
"""Hard limits of the TWAP feed: seconds, and basis points."""


class BuybackInvalid(NmrError, ValueError):
    """Parameters of a buyback that cannot be read, or that no buyback should have."""


@dataclass(frozen=True)
class TwapParameters:
    """A feed of the pool's own average price; see `UniswapV2TwapFeed`. Seconds, basis points, stablecoin units."""

    window: int
    max_window: int
    max_deviation: int
    min_reserve: int


@dataclass(frozen=True)
class BuybackParameters:
    """A buyback.

    Attributes:
        guardian: who pauses it.
        stablecoin: what it pays with.
        feed: the price feed; None if it is the TWAP feed that is deployed with it.
        twap: what that one is deployed with.
        pair: of Uniswap V2, for the filler and the TWAP feed; None for neither.
        programme: what it may do.
    """

    guardian: str
    stablecoin: str
    feed: str | None
    twap: TwapParameters | None
    pair: str | None
    programme: Programme


def read_buyback(path: Path, decimals_of: Callable[[str], int]) -> BuybackParameters:
    """The parameters in a file.

    Args:
        path: the file.
        decimals_of: the decimals of the stablecoin at an address.

    Raises:
        BuybackInvalid: it cannot be read, or what it says is not allowed; one sentence that names the entry.
    """
    return read_toml(path, lambda content: _parameters(content, decimals_of), BuybackInvalid)


def _parameters(content: Mapping[str, Any], decimals_of: Callable[[str], int]) -> BuybackParameters:
    outer = Table("", content)
    stablecoin = outer.take("stablecoin", address)
    decimals = decimals_of(stablecoin)
    feed = outer.take("feed", address, "") or None
    pair = outer.take("pair", address, "") or None
    table = outer.take("twap", Table, {}) or None
    parameters = BuybackParameters(
        guardian=outer.take("guardian", address),
        stablecoin=stablecoin,
        feed=feed,
        twap=_twap(table, decimals) if table else None,
        pair=pair,
        programme=_programme(outer.take("programme", Table), decimals),
    )
    outer.end()
    if (feed is None) == (table is None):
        raise EntryInvalid("a price is needed from one place: name either feed or a table twap")
    if table is not None and pair is None:
        raise EntryInvalid("twap is the average price of a pool: name its pair")
    return parameters


def _programme(table: Table, decimals: int) -> Programme:
    unit = 10**decimals
    programme = Programme(
        lifetime_cap=table.take("lifetime_cap", _stablecoin(decimals, unit, LARGEST_PROGRAMME * unit)),
        lot_cap=table.take("lot_cap", _stablecoin(decimals, SMALLEST_LOT * unit, LARGEST_LOT * unit)),
        length=table.take("length", duration(SHORTEST_LENGTH, LONGEST_LENGTH)),
        gap=table.take("gap", duration(SHORTEST_GAP, LONGEST_GAP)),
        discount=table.take("discount", _share(LARGEST_DISCOUNT)),
        premium=table.take("premium", _share(LARGEST_PREMIUM)),
        max_price=table.take("max_price", _stablecoin(PRICE_PLACES, 1, LARGEST_PRICE)),
        max_age=table.take("max_age", duration(SHORTEST_AGE, LONGEST_AGE)),
        burns=table.take("burns", boolean),
    )
    table.end()
    if programme.discount == 0:
        raise EntryInvalid(f"{table.name}.discount is 0: a lot has to begin below the reference price")
    if programme.lot_cap > programme.lifetime_cap:
        raise EntryInvalid(f"{table.name}.lot_cap is above lifetime_cap")
    return programme


def _twap(table: Table, decimals: int) -> TwapParameters:
    twap = TwapParameters(
        window=table.take("window", duration(SHORTEST_WINDOW, LONGEST_WINDOW // 2)),
        max_window=table.take("max_window", duration(2 * SHORTEST_WINDOW, LONGEST_WINDOW)),
        max_deviation=table.take("max_deviation", _share(LARGEST_DEVIATION)),
        min_reserve=table.take("min_reserve", _stablecoin(decimals, 1, 2**112)),
    )
    table.end()
    if twap.max_window < 2 * twap.window:
        raise EntryInvalid(f"{table.name}.max_window is below two windows: there would be moments without a price")
    if twap.max_deviation == 0:
        raise EntryInvalid(f"{table.name}.max_deviation is 0: no price would ever do")
    return twap


def _share(most: int) -> Callable[[str, Any], int]:
    """A part such as 0.05, in basis points."""
    parse = fixed(BASIS_PLACES, 10**BASIS_PLACES)

    def share(name: str, value: Any) -> int:
        basis = parse(name, value)
        if basis > most:
            raise EntryInvalid(f"{name} is {value}: it has to be between 0 and {most / 10**BASIS_PLACES:g}")
        return int(basis)

    return share


def _stablecoin(decimals: int, least: int, most: int) -> Callable[[str, Any], int]:
    def parse(name: str, value: Any) -> int:
        try:
            amount = parse_stablecoin(text(name, value), decimals)
        except AmountError as error:
            raise EntryInvalid(f"{name} {error}") from None
        if not least <= amount <= most:
            limits = f"{least / 10**decimals:g} and {most / 10**decimals:,.0f}"
            raise EntryInvalid(f"{name} is {value}: it has to be between {limits}")
        return amount

    return parse
