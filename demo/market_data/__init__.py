# SPDX-License-Identifier: MIT
"""Real market data for the demo: prices, weekly eras, and models that predict them."""
