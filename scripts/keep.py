# SPDX-License-Identifier: MIT
"""`ape run keep`: as `nmr keep`."""

from nmr.ape.front import for_ape
from nmr.cli.keep import cli as command

cli = for_ape(command)
