# SPDX-License-Identifier: MIT
"""
Walk over the reference of pools for so many calls, from another seed in every run, and say what was reached.

    python -m tests.library.protocol.pool_walk --calls 1000000
"""

import random
import sys
import time

import click
from rich.console import Console
from rich.table import Table

from tests.library.protocol.pool_walk.walker import walk


@click.command()
@click.option("--calls", type=click.IntRange(min=1), default=100_000, show_default=True, help="How many.")
@click.option("--seed", type=click.IntRange(min=0), help="The first deployment's; that of the clock by default.")
def cli(calls: int, seed: int | None) -> None:
    """Make random calls to pools, which the rules must allow for."""
    say = Console(soft_wrap=True)
    first = random.SystemRandom().randrange(10**9) if seed is None else seed
    began = time.monotonic()
    say.print(f"{calls:,} calls from seed {first}.", highlight=False)
    try:
        total = walk(first, calls)
    except AssertionError as error:
        say.print(f"Failed: {error}", *getattr(error, "__notes__", []), markup=False, highlight=False)
        sys.exit(1)
    made = Table("call", "made", "refused")
    for name in sorted(total.done):
        refused = sum(times for (call, _), times in total.refused.items() if call == name)
        made.add_row(name, f"{total.done[name]:,}", f"{refused:,}")
    reached = Table("reached", "times")
    for what, times in sorted(total.reached.items()):
        reached.add_row(what, f"{times:,}")
    for each in (made, reached):
        say.print(each, highlight=False)
    say.print(f"Another's value moved by {total.most_moved} gwei at most; {total.most_left} gwei were left in books.")
    say.print(f"{total.calls:,} calls in {time.monotonic() - began:.0f} s. Nothing failed.", highlight=False)


if __name__ == "__main__":
    cli()
