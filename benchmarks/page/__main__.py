# SPDX-License-Identifier: MIT
"""The page of a large tournament in Chromium: bytes, the time of its first view, and of a recomputation.

Run it by `make page-build` and `python -m benchmarks.page`.
"""

import gzip
import json
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import click
from rich.console import Console
from rich.markdown import Markdown

from benchmarks.page.history import LongHistory, snapshot_of
from benchmarks.page.serving import served
from nmr.cli.command import Whole
from nmr.deploy.record import plain_record
from nmr.page.export import SUMMARY
from nmr.page.site import BUILT, SNAPSHOT, write_site

MODELS: Final = 15_000
STAKING: Final = 5_000
ROUNDS: Final = 250
PROJECT: Final = Path(__file__).parents[2]
MEASURE: Final = PROJECT / "page/bench/measure.mjs"
PAGE: Final = Path(__file__).parents[1] / "page.md"
LIGHTHOUSE: Final = "12.8.2"
CATEGORIES: Final = ("performance", "accessibility", "best-practices")


@click.command(epilog="Example: python -m benchmarks.page --models 600 --staking 200 --rounds 20")
@click.option("--models", type=Whole(8, 15_000), default=MODELS, show_default=True, help="Models that register.")
@click.option("--staking", type=Whole(8, 15_000), default=STAKING, show_default=True, help="Of them, those that stake.")
@click.option("--rounds", type=Whole(12, 1_000), default=ROUNDS, show_default=True, help="Settled rounds.")
@click.option(
    "--site", type=click.Path(file_okay=False, path_type=Path), help="Where the page stays, to measure again."
)
def cli(models: int, staking: int, rounds: int, site: Path | None) -> None:
    """Play a history on the reference model, open its page, and write benchmarks/page.md.

    It takes Node, the page's packages and Chromium. With other numbers the page is printed and not written. A --site
    that an earlier run with the same numbers left is measured again, with the page as it is built now.
    """
    console = Console(stderr=True)
    history = LongHistory(models, min(staking, models), rounds)
    with TemporaryDirectory() as folder, console.status("playing") as status:
        built = site or Path(folder) / "site"
        if (built / SNAPSHOT / SUMMARY).is_file():
            shutil.copytree(BUILT, built, dirs_exist_ok=True)
        else:
            snapshot = snapshot_of(history, history.play(status.update), status.update)
            write_site(built, snapshot.files(), record=plain_record(history.record))
            del snapshot
        files = (path for path in (built / SNAPSHOT).rglob("*.gz"))
        sizes = {path.relative_to(built / SNAPSHOT).as_posix(): path.stat().st_size for path in files}
        with served(built) as url:
            status.update("opening the page")
            measured = _measured(url)
            status.update("asking lighthouse")
            scores = _lighthouse(url, Path(folder))
    page = render((models, min(staking, models), rounds), sizes, _bundle(), measured, scores)
    if (models, staking, rounds) == (MODELS, STAKING, ROUNDS):
        PAGE.write_text(page, encoding="utf-8")
    Console().print(Markdown(page))


def render(
    counts: tuple[int, int, int],
    sizes: Mapping[str, int],
    bundle: Mapping[str, int],
    measured: Mapping[str, Any],
    scores: Mapping[str, int] | None,
) -> str:
    """The page of one run.

    Args:
        counts: models, those that stake, rounds.
        sizes: bytes of the snapshot's files, by name.
        bundle: bytes of the built files as a browser loads them, compressed, by name.
        measured: what `measure.mjs` printed.
        scores: of lighthouse, by category, where it ran.
    """
    models, staking, rounds = counts
    views, recompute = measured["views"], measured["recompute"]
    logs = [size for name, size in sizes.items() if name.startswith("log-")]
    rows = [
        ("the built page, compressed, with its worker", f"{sum(bundle.values()):,} bytes"),
        ("summary of the snapshot", f"{sizes[SUMMARY]:,} bytes"),
        ("its log", f"{sum(logs):,} bytes in {len(logs):,} files"),
        ("all of it", f"{sum(sizes.values()):,} bytes in {len(sizes):,} files"),
        *(
            (f"first view: {name}", f"{view['milliseconds'] / 1_000:.2f} s, {view['bytes']:,} bytes")
            for name, view in views.items()
        ),
        ("recompute", f"{recompute['seconds']:.1f} s"),
        ("processor time of Chromium meanwhile", f"{recompute['worked']:.1f} s"),
        *((name, figure) for name, figure in recompute["facts"].items()),
        *((f"lighthouse: {name}", str(score)) for name, score in (scores or {}).items()),
    ]
    lines = [
        "# The page of a large tournament",
        "",
        f"Written by `python -m benchmarks.page`: {models:,} models, {staking:,} of which stake and submit in each of "
        f"{rounds:,} settled rounds. The history is played by the reference model and exported as a snapshot. Then "
        f"Chromium {measured['browser']} opens its page from a server on the same machine: each view five times with "
        "nothing kept from before, of which the median counts, and the view that recomputes everything once. "
        f"Lighthouse is {LIGHTHOUSE} with its settings for desktops.",
        "",
        f"The machine has {os.cpu_count()} cores ({platform.machine()}), and a load of {os.getloadavg()[1]:.0f} "
        "while it is measured: times by the clock are with that beside it. The processor time is Chromium's own, of "
        "all its processes.",
        "",
        "| | |",
        "|---|---:|",
        *(f"| {name} | {figure} |" for name, figure in rows),
        "",
        f"The verdict: {recompute['verdict']}",
    ]
    return "\n".join(lines) + "\n"


def _bundle() -> dict[str, int]:
    """Bytes of each built file, compressed."""
    files = [path for path in sorted(BUILT.rglob("*")) if path.is_file()]
    return {path.relative_to(BUILT).as_posix(): len(gzip.compress(path.read_bytes())) for path in files}


def _measured(url: str) -> dict[str, Any]:
    node = shutil.which("node")
    if node is None:
        raise click.ClickException("Node is missing: the page is measured by it.")
    result = subprocess.run([node, str(MEASURE), url], capture_output=True, text=True, check=False)
    if result.returncode:
        raise click.ClickException(f"The page could not be measured: {result.stderr.strip()}")
    measured: dict[str, Any] = json.loads(result.stdout)
    return measured


def _lighthouse(url: str, folder: Path) -> dict[str, int] | None:
    """Its scores, of 100; None where it does not run."""
    out = folder / "lighthouse.json"
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
    command = [
        *(shutil.which("npx") or "npx", "--yes", f"lighthouse@{LIGHTHOUSE}", url, "--quiet", "--preset=desktop"),
        *("--output=json", f"--output-path={out}", f"--only-categories={','.join(CATEGORIES)}"),
        "--chrome-flags=--headless=new --no-sandbox --disable-dev-shm-usage",
    ]
    began = time.monotonic()
    result = subprocess.run(
        command, env={**os.environ, "CHROME_PATH": chromium}, capture_output=True, text=True, check=False
    )
    if result.returncode or not out.is_file():
        Console(stderr=True).print(f"lighthouse did not run ({time.monotonic() - began:.0f} s): {result.stderr[-300:]}")
        return None
    categories = json.loads(out.read_bytes())["categories"]
    return {name: round(100 * categories[name]["score"]) for name in CATEGORIES}


if __name__ == "__main__":
    cli()
