# SPDX-License-Identifier: MIT
"""The console command `nmr`, which an editable installation may lack."""

import sys

NMR = (sys.executable, "-c", "from nmr.cli.main import main; main()")
"""The beginning of a command line."""
