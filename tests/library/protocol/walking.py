# SPDX-License-Identifier: MIT
"""What the commands that walk over a reference have in common: their options, their tables, and how they end."""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

import click
from rich.console import Console
from rich.table import Table


class Total(Protocol):
    """What a walk came to.

    Attributes:
        calls: how many were made or refused.
        done: calls that were made, by name.
        refused: those that were refused, by name and reason.
        reached: what happened, and how often.
    """

    calls: int
    done: Counter[str]
    refused: Counter[tuple[str, str]]
    reached: Counter[str]


T = TypeVar("T", bound=Total)


def walk_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--calls`, `--seed`."""
    options = (
        click.option("--calls", type=click.IntRange(min=1), default=100_000, show_default=True, help="How many."),
        click.option(
            "--seed", type=click.IntRange(min=0), help="The first deployment's; that of the clock by default."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def play(
    walk: Callable[[int, int], T], calls: int, seed: int | None, told: Callable[[T], Iterable[Table | str]]
) -> None:
    """Walk, and print what came of it. Ends the process with 1 if a rule does not hold.

    Args:
        walk: makes so many calls from a seed.
        calls: how many.
        seed: the first; None for another in every run.
        told: what to print of the total.
    """
    say = Console(soft_wrap=True)
    first = random.SystemRandom().randrange(10**9) if seed is None else seed
    began = time.monotonic()
    say.print(f"{calls:,} calls from seed {first}.", highlight=False)
    try:
        total = walk(first, calls)
    except AssertionError as error:
        say.print(f"Failed: {error}", *getattr(error, "__notes__", []), markup=False, highlight=False)
        sys.exit(1)
    for each in told(total):
        say.print(each, highlight=False)
    say.print(f"{total.calls:,} calls in {time.monotonic() - began:.0f} s. Nothing failed.", highlight=False)


def made(total: Total) -> Table:
    """How often each call was made, and refused."""
    table = Table("call", "made", "refused")
    for name in sorted(total.done):
        refused = sum(times for (call, _), times in total.refused.items() if call == name)
        table.add_row(name, f"{total.done[name]:,}", f"{refused:,}")
    return table


def reached(total: Total) -> Table:
    """What happened, and how often."""
    table = Table("reached", "times")
    for what, times in sorted(total.reached.items()):
        table.add_row(what, f"{times:,}")
    return table
