# SPDX-License-Identifier: MIT
"""`ape run submit`: sealed predictions, as `nmr submit`."""

from nmr.ape.front import for_ape
from nmr.cli.submit import cli as command

cli = for_ape(command)
