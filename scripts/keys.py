# SPDX-License-Identifier: MIT
"""`ape run keys`: key pairs, as `nmr keys`."""

from nmr.ape.front import for_ape
from nmr.cli.keys import cli as command

cli = for_ape(command)
