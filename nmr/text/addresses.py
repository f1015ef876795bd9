# SPDX-License-Identifier: MIT
"""Addresses as plain text."""

from typing import Final

ZERO_ADDRESS: Final = "0x" + 40 * "0"
"""Nobody's address."""
