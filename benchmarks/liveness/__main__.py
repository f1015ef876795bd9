# SPDX-License-Identifier: MIT
"""`python -m benchmarks.liveness`: writes docs/liveness.md."""

from pathlib import Path

from benchmarks.liveness.page import render
from benchmarks.liveness.play import DAILY, INCIDENTS, WEEKLY, Play

PAGE = Path(__file__).parents[2] / "docs" / "liveness.md"

if __name__ == "__main__":
    cadences = (WEEKLY, DAILY)
    PAGE.write_text(
        render({each: [Play(each, incident).run() for incident in INCIDENTS] for each in cadences}), "utf-8"
    )
