# SPDX-License-Identifier: MIT
"""
Walk over the reference model for so many calls, from another seed in every run, and say what was reached.

    python -m tests.library.protocol.walk --calls 1000000
    python -m tests.library.protocol.walk --seed 17 --calls 2500
"""

import click
from rich.table import Table

from tests.library.protocol.walk.walker import walk
from tests.library.protocol.walking import Total, made, play, reached, walk_options


@click.command()
@walk_options
def cli(calls: int, seed: int | None) -> None:
    """Make random calls to the reference model, which the protocol page must allow for."""
    play(walk, calls, seed, lambda total: (made(total), _reasons(total), reached(total)))


def _reasons(total: Total) -> Table:
    """How often each reason was given."""
    table = Table("reason", "times")
    for reason in sorted({reason for _, reason in total.refused}):
        table.add_row(reason, f"{sum(n for (_, told), n in total.refused.items() if told == reason):,}")
    return table


if __name__ == "__main__":
    cli()
