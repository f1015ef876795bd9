# SPDX-License-Identifier: MIT
"""`ape run clock`: the clock of a local chain, as `nmr clock`."""

from nmr.ape.front import for_ape
from nmr.cli.clock import cli as command

cli = for_ape(command)
