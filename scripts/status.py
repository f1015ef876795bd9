# SPDX-License-Identifier: MIT
"""`ape run status`: as `nmr status`."""

from nmr.ape.front import for_ape
from nmr.cli.status import cli as command

cli = for_ape(command)
