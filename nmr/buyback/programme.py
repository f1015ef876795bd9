# SPDX-License-Identifier: MIT
"""What an owner decides before a buyback, as a TOML file; `docs/buyback.example.toml` shows one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, StrictBool, model_validator

from nmr.errors import NmrError
from nmr.protocol.reference.buyback import (
    LARGEST_DISCOUNT,
    LARGEST_LOT,
    LARGEST_PREMIUM,
    LARGEST_PRICE,
    LARGEST_PROGRAMME,
    LONGEST_AGE,
    LONGEST_GAP,
    LONGEST_LENGTH,
    LONGEST_RESTART_DELAY,
    SHORTEST_AGE,
    SHORTEST_GAP,
    SHORTEST_LENGTH,
    SHORTEST_RESTART_DELAY,
    SMALLEST_LOT,
    Programme,
)
from nmr.text.entries import Address, Entries, check_entries, duration, fixed, stablecoin
from nmr.text.toml import read_toml

BASIS_PLACES: Final = 4
"""Decimals of a ratio in basis points."""
PRICE_PLACES: Final = 18
SHORTEST_WINDOW: Final = 1_800
LONGEST_WINDOW: Final = 7 * 86_400
LARGEST_DEVIATION: Final = 1_000
"""Hard limits of the TWAP feed: seconds, and basis points."""
LARGEST_RESERVE: Final = 10**15
"""Whole stablecoins: no pool counts more of a coin of 18 decimals."""


class BuybackInvalid(NmrError, ValueError):
    """Parameters of a buyback that cannot be read, or that no buyback should have."""


class TwapParameters(Entries):
    """A feed of the pool's own average price; see `UniswapV2TwapFeed`. Seconds, basis points, stablecoin units."""

    window: Annotated[int, duration(SHORTEST_WINDOW, LONGEST_WINDOW // 2)]
    max_window: Annotated[int, duration(2 * SHORTEST_WINDOW, LONGEST_WINDOW)]
    max_deviation: Annotated[int, fixed(BASIS_PLACES, 1, LARGEST_DEVIATION)]
    min_reserve: Annotated[int, stablecoin(0, LARGEST_RESERVE), Field(gt=0)]

    @model_validator(mode="after")
    def _always_has_a_price(self) -> "TwapParameters":
        if self.max_window < 2 * self.window:
            raise ValueError("has a max_window below two windows: there would be moments without a price")
        return self


@dataclass(frozen=True)
class BuybackParameters:
    """A buyback.

    Attributes:
        guardian: who pauses it.
        stablecoin: what it pays with.
        feed: the price feed; None if it is the TWAP feed that is deployed with it.
        twap: what that one is deployed with.
        sequencer: the feed of an L2's sequencer; None for none.
        pair: of Uniswap V2, for the filler and the TWAP feed; None for neither.
        programme: what it may do.
    """

    guardian: str
    stablecoin: str
    feed: str | None
    twap: TwapParameters | None
    sequencer: str | None
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


class _Coin(BaseModel):
    """The first entry to read: the decimals of amounts are the stablecoin's."""

    stablecoin: Address


class _Sequencer(Entries):
    feed: Address
    restart_delay: Annotated[int, duration(SHORTEST_RESTART_DELAY, LONGEST_RESTART_DELAY)]


class _Programme(Entries):
    lifetime_cap: Annotated[int, stablecoin(1, LARGEST_PROGRAMME)]
    lot_cap: Annotated[int, stablecoin(SMALLEST_LOT, LARGEST_LOT)]
    min_lot: Annotated[int, stablecoin(SMALLEST_LOT, LARGEST_LOT)]
    length: Annotated[int, duration(SHORTEST_LENGTH, LONGEST_LENGTH)]
    gap: Annotated[int, duration(SHORTEST_GAP, LONGEST_GAP)]
    discount: Annotated[int, fixed(BASIS_PLACES, 1, LARGEST_DISCOUNT)]
    premium: Annotated[int, fixed(BASIS_PLACES, 0, LARGEST_PREMIUM)]
    max_price: Annotated[int, fixed(PRICE_PLACES, 1, LARGEST_PRICE)]
    max_age: Annotated[int, duration(SHORTEST_AGE, LONGEST_AGE)]
    burns: StrictBool

    @model_validator(mode="after")
    def _lots_fit(self) -> "_Programme":
        if self.lot_cap > self.lifetime_cap:
            raise ValueError("has a lot_cap above lifetime_cap")
        if self.min_lot > self.lot_cap:
            raise ValueError("has a min_lot above lot_cap")
        return self


class _Buyback(_Coin, Entries):
    feed: Address | None = None
    pair: Address | None = None
    twap: TwapParameters | None = None
    sequencer: _Sequencer | None = None
    guardian: Address
    programme: _Programme

    @model_validator(mode="after")
    def _has_one_price(self) -> "_Buyback":
        if (self.feed is None) == (self.twap is None):
            raise ValueError("a price is needed from one place: name either feed or a table twap")
        if self.twap is not None and self.pair is None:
            raise ValueError("twap is the average price of a pool: name its pair")
        return self


def _parameters(content: Mapping[str, Any], decimals_of: Callable[[str], int]) -> BuybackParameters:
    coin = check_entries(_Coin, content).stablecoin
    buyback = check_entries(_Buyback, content, decimals=decimals_of(coin))
    sequencer = buyback.sequencer
    delay = 0 if sequencer is None else sequencer.restart_delay
    return BuybackParameters(
        guardian=buyback.guardian,
        stablecoin=buyback.stablecoin,
        feed=buyback.feed,
        twap=buyback.twap,
        sequencer=None if sequencer is None else sequencer.feed,
        pair=buyback.pair,
        programme=Programme(**dict(buyback.programme), restart_delay=delay),
    )
