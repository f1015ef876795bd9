# SPDX-License-Identifier: MIT
"""Tells at the end of a session what the histories reached."""

from tests.stateful.tally import TALLY


def pytest_terminal_summary(terminalreporter):
    if not TALLY:
        return
    terminalreporter.section("reached by the histories")
    calls: dict[str, list[int]] = {}
    for what, times in sorted(TALLY.items()):
        function, _, outcome = what.partition(" ")
        if outcome in ("done", "refused"):
            calls.setdefault(function, [0, 0])[outcome == "refused"] = times
        else:
            terminalreporter.write_line(f"{times:8,}  {what}")
    terminalreporter.write_line("    done   refused")
    for function, (done, refused) in calls.items():
        terminalreporter.write_line(f"{done:8,}  {refused:8,}  {function}")
