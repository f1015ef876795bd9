# SPDX-License-Identifier: MIT
"""`ape run verify`: a round computed once more, as `nmr verify`."""

from nmr.ape.front import for_ape
from nmr.cli.verify import cli as command

cli = for_ape(command)
