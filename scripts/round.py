# SPDX-License-Identifier: MIT
"""`ape run round`: rounds, as `nmr round`."""

from nmr.ape.front import for_ape
from nmr.cli.round import cli as command

cli = for_ape(command)
