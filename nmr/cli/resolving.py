# SPDX-License-Identifier: MIT
"""What the commands that resolve rounds have in common: they run, wait, and say what they did."""

from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Final

import click
from eth_hash.auto import keccak

from nmr.cli.command import UNFINISHED, Door, print_json
from nmr.cli.tables import print_line
from nmr.client.rounds import Rounds
from nmr.deploy.record import LOCAL_CHAINS
from nmr.errors import NmrError
from nmr.rounds.report import plain_next, state_word
from nmr.rounds.resolution import Await, Resolution, StepTaken, resolve
from nmr.rounds.status import STATE_WORDS, Next, describe_next
from nmr.text.times import format_duration, format_moment

if TYPE_CHECKING:
    from rich.status import Status

LOCAL_POLL: Final = 1
POLL: Final = 12
"""Seconds between two looks at the chain: those of a block."""


class FileUnreadable(NmrError, OSError, ValueError):
    """A file that cannot be read."""


class Waiting:
    """Waits for what has to come first, and says so on standard error."""

    def __init__(self, door: Door, rounds: Rounds, round_id: int) -> None:
        self._door = door
        self._rounds = rounds
        self._round = round_id
        from rich.console import Console

        self._console = Console(stderr=True)
        self._poll = LOCAL_POLL if rounds.chain_id in LOCAL_CHAINS else POLL
        self._said: Next | None = None
        self._status: Status | None = None

    def __call__(self, awaited: Await) -> None:
        """Wait until the chain is worth another look."""
        now = self._rounds.now()
        following = awaited.following
        if following != self._said:
            self.stop()
            self._said = following
            print_line(f"Waiting. {_explain(self._door, self._rounds, self._round, awaited)}", err=True)
        left = self._poll if following.until is None else following.until - now
        if self._console.is_terminal:
            self._status = self._status or self._console.status("")
            self._status.start()
            self._status.update(f"{following.step}: {format_duration(max(left, 0))} left")
        sleep(max(1, min(self._poll, left)))

    def stop(self) -> None:
        """Take the progress off the terminal."""
        if self._status is not None:
            self._status.stop()
            self._status = None


def run_resolution(door: Door, rounds: Rounds, resolution: Resolution, *, wait: bool, as_json: bool) -> None:
    """Go on with a round as far as it goes, and print what was done and where it is now.

    Exits with `UNFINISHED` if something has to come first.
    """
    done: list[StepTaken] = []
    waiting = Waiting(door, rounds, resolution.round)

    def report(step: StepTaken) -> None:
        waiting.stop()
        done.append(step)
        if not as_json:
            print_line(step.text)

    try:
        end = resolve(resolution, report, waiting if wait else None)
    finally:
        waiting.stop()
    awaited = end if isinstance(end, Await) else None
    if as_json:
        print_json(
            {
                "round": resolution.round,
                "state": state_word(awaited.state) if awaited else "closed",
                "done": [step.facts for step in done],
                "next": plain_next(awaited.following, door.typed) if awaited else None,
            }
        )
    else:
        number = resolution.round
        print_line(_explain(door, rounds, number, awaited) if awaited else f"Round {number} is closed.")
    if awaited and not awaited.enough:
        click.get_current_context().exit(UNFINISHED)


def read_file_hash(path: Path) -> bytes:
    """The keccak hash of a file's bytes.

    Raises:
        FileUnreadable: it cannot be read.
    """
    try:
        return keccak(path.read_bytes())
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read: {error.strerror}.") from error


def _explain(door: Door, rounds: Rounds, round_id: int, awaited: Await) -> str:
    now = rounds.now()
    following = describe_next(awaited.following, lambda at: format_moment(at, now), door.typed)
    return f"Round {round_id} is {STATE_WORDS[awaited.state]}. {following}"
