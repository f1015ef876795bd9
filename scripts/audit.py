# SPDX-License-Identifier: MIT
"""`ape run audit`: the audit, as `nmr audit`."""

from nmr.ape.front import for_ape
from nmr.cli.audit import cli as command

cli = for_ape(command)
