# SPDX-License-Identifier: MIT
"""`ape run relay`: signed submissions, as `nmr relay`."""

from nmr.ape.front import for_ape
from nmr.cli.relay import cli as command

cli = for_ape(command)
