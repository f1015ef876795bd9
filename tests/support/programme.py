# SPDX-License-Identifier: MIT
"""The buyback programme of the tests: $100,000 in lots of $20,000, an hour each, from 5% below $15 to 1% above."""

from typing import Final

from nmr.protocol.reference.buyback import PRICE, Programme

DOLLAR: Final = 10**6
"""Of a stablecoin with 6 decimals."""
HOUR: Final = 3_600
FEED_DECIMALS: Final = 8
FIFTEEN: Final = 15 * 10**FEED_DECIMALS
"""$15 as the feed says it."""
REFERENCE: Final = 15 * PRICE
"""$15 as the contract says it."""
BUDGET: Final = 1_000_000
"""Whole stablecoins in the treasury."""

PROGRAMME: Final = Programme(
    lifetime_cap=100_000 * DOLLAR,
    lot_cap=20_000 * DOLLAR,
    min_lot=100 * DOLLAR,
    length=HOUR,
    gap=2 * HOUR,
    discount=500,
    premium=100,
    max_price=50 * PRICE,
    max_age=24 * HOUR,
    restart_delay=0,
    burns=False,
)


def programme(decimals: int = 6, **changes: object) -> Programme:
    """`PROGRAMME` for a stablecoin of so many decimals, with these fields instead."""
    unit = 10**decimals
    scaled = PROGRAMME._replace(lifetime_cap=100_000 * unit, lot_cap=20_000 * unit, min_lot=100 * unit)
    return scaled._replace(**changes)


def fill_in(receipt, buyback):
    """The one fill that a transaction logged."""
    [event] = receipt.events.filter(buyback.Filled)
    return event
