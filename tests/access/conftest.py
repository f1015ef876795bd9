# SPDX-License-Identifier: MIT
"""Tells at the end of a session how many cells were tried."""

from collections import Counter


def pytest_terminal_summary(terminalreporter):
    tried = Counter()
    for report in terminalreporter.stats.get("passed", []):
        tried.update(dict(report.user_properties))
    if tried:
        terminalreporter.section("who may do what")
        for what, count in tried.items():
            terminalreporter.write_line(f"{count:8,}  {what}")
