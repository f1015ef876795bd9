# SPDX-License-Identifier: MIT
"""`ape run rounds`: as `nmr rounds`."""

from nmr.ape.front import for_ape
from nmr.cli.rounds import cli as command

cli = for_ape(command)
