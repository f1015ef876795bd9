# SPDX-License-Identifier: MIT
"""
Walk over the reference model for so many calls, from another seed in every run, and say what was reached.

    python -m tests.library.protocol.walk --calls 1000000
    python -m tests.library.protocol.walk --seed 17 --calls 2500
"""

import random
import sys
import time

import click
from rich.console import Console
from rich.table import Table

from tests.library.protocol.walk.walker import walk


@click.command()
@click.option("--calls", type=click.IntRange(min=1), default=100_000, show_default=True, help="How many.")
@click.option("--seed", type=click.IntRange(min=0), help="The first deployment's; that of the clock by default.")
def cli(calls: int, seed: int | None) -> None:
    """Make random calls to the reference model, which the protocol page must allow for."""
    say = Console(soft_wrap=True)
    first = random.SystemRandom().randrange(10**9) if seed is None else seed
    began = time.monotonic()
    say.print(f"{calls:,} calls from seed {first}.", highlight=False)
    try:
        total = walk(first, calls)
    except AssertionError as error:
        say.print(f"Failed: {error}", *getattr(error, "__notes__", []), markup=False, highlight=False)
        sys.exit(1)
    table = Table("call", "made", "refused")
    for name in sorted(total.done):
        refused = sum(times for (call, _), times in total.refused.items() if call == name)
        table.add_row(name, f"{total.done[name]:,}", f"{refused:,}")
    reached = Table("reached", "times")
    for what, times in sorted(total.reached.items()):
        reached.add_row(what, f"{times:,}")
    reasons = Table("reason", "times")
    for reason in sorted({reason for _, reason in total.refused}):
        reasons.add_row(reason, f"{sum(n for (_, told), n in total.refused.items() if told == reason):,}")
    for each in (table, reasons, reached):
        say.print(each, highlight=False)
    say.print(f"{total.calls:,} calls in {time.monotonic() - began:.0f} s. Nothing failed.", highlight=False)


if __name__ == "__main__":
    cli()
