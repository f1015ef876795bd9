# SPDX-License-Identifier: MIT
"""`--again`, of commands that do nothing twice unless they are told to."""

from collections.abc import Callable
from typing import Any

import click

from nmr.client.repeats import AGAIN, HOURS


def again_option() -> Callable[[Any], Any]:
    """`--again`, where a command that is typed again would do something twice."""
    return click.option(AGAIN, is_flag=True, help=f"Repeat calls that were already made in the last {HOURS} hours.")
