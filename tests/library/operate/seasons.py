# SPDX-License-Identifier: MIT
"""A season to be tried without a chain, as its file says it."""

from pathlib import Path

from nmr.operate.season import Season, read_season

DAILY = """
[opening]
cron = "0 13 * * *"
zone = "UTC"
late = "2h"
prepare = "6h"

[terms]
primary = 0.5
contribution = 2
clip = 0.05
threshold = 10000
window = "1d"
open = "22h"
resolve = "2d"
expire = "4d"

[package]
files = ["data/{round}/universe.csv", "terms.md"]
universe = "universe.csv"

[targets]
file = "https://data.example/{date}/targets.csv"
done = "https://data.example/{date}/done"

[keys]
backup = "second"
hand_over = ["age1auditor", "guardian.pub"]

[enter]
before = "30m"

[buyback]
kick = true

[alerts]
webhook = "https://user:secret@alerts.example/hook"
heartbeat = "https://alerts.example/heart"
command = ["notify", "--now"]
"""


def season(folder: Path, text: str = DAILY) -> Season:
    """The season of a text."""
    path = folder / "season.toml"
    path.write_text(text, encoding="utf-8")
    return read_season(path)
