# SPDX-License-Identifier: MIT
"""`ape run history`: as `nmr history`."""

from nmr.ape.front import for_ape
from nmr.cli.history import cli as command

cli = for_ape(command)
