# SPDX-License-Identifier: MIT
"""The buyback as people run it: its programme, its pool and when a fill pays."""
