# SPDX-License-Identifier: MIT
"""`ape run leaderboard`: as `nmr leaderboard`."""

from nmr.ape.front import for_ape
from nmr.cli.leaderboard import cli as command

cli = for_ape(command)
