# SPDX-License-Identifier: MIT
"""`ape run operate`: a season's service, as `nmr operate`."""

from nmr.ape.front import for_ape
from nmr.cli.operate import cli as command

cli = for_ape(command)
