# SPDX-License-Identifier: MIT
"""The file of a buyback's parameters, for the tests that set one up."""

PARAMETERS = """
guardian = "{guardian}"
stablecoin = "{stablecoin}"
pair = "{pair}"
{price}
[programme]
lifetime_cap = "50000.5"
lot_cap = 5000
min_lot = "12.5"
length = "1h"
gap = "2h"
discount = 0.05
premium = 0.015
max_price = "40"
max_age = "25h"
burns = true
"""
"""With `price` a feed or a table twap."""
