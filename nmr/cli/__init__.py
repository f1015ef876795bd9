# SPDX-License-Identifier: MIT
"""The commands, as `nmr …` and `ape run …` have them. Nothing here imports Ape."""
