# SPDX-License-Identifier: MIT
"""`ape run stake`: stakes, as `nmr stake`."""

from nmr.ape.front import for_ape
from nmr.cli.stake import cli as command

cli = for_ape(command)
