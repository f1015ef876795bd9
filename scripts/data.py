# SPDX-License-Identifier: MIT
"""`ape run data`: as `nmr data`."""

from nmr.ape.front import for_ape
from nmr.cli.data import cli as command

cli = for_ape(command)
