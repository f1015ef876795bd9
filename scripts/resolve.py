# SPDX-License-Identifier: MIT
"""`ape run resolve`: a round to its close, as `nmr resolve`."""

from nmr.ape.front import for_ape
from nmr.cli.resolve import cli as command

cli = for_ape(command)
