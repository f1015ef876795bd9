# SPDX-License-Identifier: MIT
"""`ape run page`: the page, as `nmr page`."""

from nmr.ape.front import for_ape
from nmr.cli.page import cli as command

cli = for_ape(command)
