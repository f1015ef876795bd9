# SPDX-License-Identifier: MIT
"""Total value locked: figures, definitions, reports and pictures."""
