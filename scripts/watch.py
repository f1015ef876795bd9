# SPDX-License-Identifier: MIT
"""`ape run watch`: as `nmr watch`."""

from nmr.ape.front import for_ape
from nmr.cli.watch import cli as command

cli = for_ape(command)
