# SPDX-License-Identifier: MIT
"""The clock of a local chain."""

import time
from typing import Final

import click

from nmr.chain.node import PENDING, Rpc, quantity
from nmr.cli.command import WRONG_INPUT, Door, Failure, SuiteCommand, Whole, json_option, print_json, tournament_option
from nmr.cli.tables import print_line
from nmr.client.session import timestamp_of
from nmr.protocol.reference.rounds import Terms
from nmr.text.times import LATEST, TimeError, format_duration, format_moment, parse_moment

MOMENTS: Final = ("locks_at", "resolves_at", "final_at", "expires_at")
"""Of a round."""
EXAMPLE: Final = """
Examples:

\b
  nmr clock +2h
  nmr clock resolves_at --round 0
"""


@click.command(cls=SuiteCommand, epilog=EXAMPLE)
@click.argument("to", metavar="[+DURATION | MOMENT]", required=False)
@click.option("--round", "round_id", type=Whole(0), help="The round whose moment is meant.")
@tournament_option()
@json_option()
def cli(door: Door, to: str | None, round_id: int | None, tournament_name: str | None, as_json: bool) -> None:
    """Tell the time of a local chain, or move it on.

    It moves by a duration such as +90s or +1d12h, to a moment such as 2027-01-31T12:00Z, or with --round to locks_at,
    resolves_at, final_at or expires_at; it stays where it is if that has come already. Other chains have clocks that
    nobody moves.
    """
    now = timestamp_of(door.rpc, PENDING)
    come = ""
    if to is not None and not door.development():
        raise Failure("The time of this chain is everybody's, and moves by itself.", WRONG_INPUT)
    if to is not None:
        at = _moment(door, to, now, round_id, tournament_name)
        if to in MOMENTS and at <= now:
            come = f", {to} of round {round_id} has come"
        else:
            now = _move(door.rpc, now, at)
    elif round_id is not None:
        raise Failure(f"Which moment of the round? Name one of {', '.join(MOMENTS)}.", WRONG_INPUT)
    ahead = now - int(time.time())
    if as_json:
        print_json({"time": now, "ahead": ahead})
        return
    moved = f", {format_duration(ahead)} ahead of this computer" if ahead > 1 else ""
    print_line(f"{format_moment(now)}{moved}{come}")


def _moment(door: Door, to: str, now: int, round_id: int | None, tournament_name: str | None) -> int:
    """The moment that is meant, in unix seconds."""
    if to in MOMENTS:
        if round_id is None:
            raise Failure(f"{to} of which round? Name it with --round.", WRONG_INPUT)
        session = door.open()
        info = session.read(session.tournament(tournament_name), "round_info", round_id)
        moments = {**dict(zip(Terms._fields, info[0], strict=True)), "final_at": info[-1]}
        if not moments[to]:
            raise Failure(f"Round {round_id} has no {to} yet.", WRONG_INPUT)
        return int(moments[to])
    if round_id is not None:
        raise Failure(f"{to!r} is no moment of a round: name one of {', '.join(MOMENTS)}.", WRONG_INPUT)
    try:
        return parse_moment(to.removeprefix("+"), now)
    except TimeError as error:
        raise Failure(f"The time to move to {error}.", WRONG_INPUT) from None


def _move(rpc: Rpc, now: int, at: int) -> int:
    """Let a block be at a moment, and give it."""
    if not now < at <= LATEST:
        raise Failure(f"It is {format_moment(now)} already: a chain's time does not go back.", WRONG_INPUT)
    rpc.ask("evm_setNextBlockTimestamp", quantity(at))
    rpc.ask("evm_mine")
    return at
