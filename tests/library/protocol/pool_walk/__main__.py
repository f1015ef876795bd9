# SPDX-License-Identifier: MIT
"""
Walk over the reference of pools for so many calls, from another seed in every run, and say what was reached.

    python -m tests.library.protocol.pool_walk --calls 1000000
"""

import click

from tests.library.protocol.pool_walk.walker import walk
from tests.library.protocol.walking import made, play, reached, walk_options


@click.command()
@walk_options
def cli(calls: int, seed: int | None) -> None:
    """Make random calls to pools, which the rules must allow for."""
    play(
        walk,
        calls,
        seed,
        lambda total: (
            made(total),
            reached(total),
            f"Another's value moved by {total.most_moved} gwei at most; {total.most_left} gwei were left in books.",
        ),
    )


if __name__ == "__main__":
    cli()
