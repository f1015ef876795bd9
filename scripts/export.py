# SPDX-License-Identifier: MIT
"""`ape run export`: as `nmr export`."""

from nmr.ape.front import for_ape
from nmr.cli.export import cli as command

cli = for_ape(command)
