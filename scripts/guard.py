# SPDX-License-Identifier: MIT
"""`ape run guard`: as `nmr guard`."""

from nmr.ape.front import for_ape
from nmr.cli.guard import cli as command

cli = for_ape(command)
