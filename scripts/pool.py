# SPDX-License-Identifier: MIT
"""`ape run pool`: pools, as `nmr pool`."""

from nmr.ape.front import for_ape
from nmr.cli.pool import cli as command

cli = for_ape(command)
