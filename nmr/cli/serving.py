# SPDX-License-Identifier: MIT
"""What the commands that stay have in common: how often they look, when they end, and whom they tell."""

import shlex
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from nmr.cli.command import UNFINISHED, Whole
from nmr.cli.resolving import LOCAL_POLL, POLL
from nmr.cli.tables import print_line
from nmr.client.rounds import Rounds
from nmr.client.session import Session, Signer
from nmr.client.signers import KeySigner
from nmr.deploy.record import LOCAL_CHAINS
from nmr.errors import NmrError
from nmr.text.times import TimeError, parse_duration, parse_moment

if TYPE_CHECKING:
    from nmr.operate.season import Alerts
    from nmr.operate.working import Pass, ReportStep


@dataclass(frozen=True)
class Stay:
    """How a command stays, as its options say.

    Attributes:
        once: whether it ends when what is due is done.
        until: when it ends, as it was typed.
        every: seconds between two looks.
        port: of its metrics.
    """

    once: bool
    until: str | None
    every: float | None
    port: int | None


def loop_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--once`, `--until`, `--every`, `--metrics`: the command gets them as `stay`."""

    @wraps(command)
    def staying(*args: Any, once: bool, until: str | None, every: float | None, port: int | None, **named: Any) -> Any:
        return command(*args, stay=Stay(once, until, every, port), **named)

    decorated: Callable[..., Any] = staying
    options = (
        click.option("--once", is_flag=True, help="Do what is due now, and end; for cron."),
        click.option("--until", metavar="TIME", help="End at this time of the chain, such as 2h or 2027-01-31T12:00Z."),
        click.option(
            "--every", type=click.FloatRange(0.1, 3_600), metavar="SECONDS", help="Between two looks at the chain."
        ),
        click.option(
            "--metrics",
            "port",
            type=Whole(1, 65_535),
            metavar="PORT",
            help="Serve /metrics for Prometheus and /health there, on loopback.",
        ),
    )
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


class Seconds(click.ParamType):
    """A duration such as 6h, in seconds."""

    name = "DURATION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The seconds."""
        if isinstance(value, int):
            return value
        try:
            return parse_duration(value)
        except TimeError as error:
            self.fail(f"It {error}.", param, ctx)


def alert_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--webhook`, `--alert`, `--heartbeat`, `--within`: the command gets them as `rules`."""

    @wraps(command)
    def telling(
        *args: Any, webhook: str | None, alert: str | None, heartbeat: str | None, within: int, **named: Any
    ) -> Any:
        return command(*args, rules=alerts_of(webhook, alert, heartbeat, within), **named)

    decorated: Callable[..., Any] = telling
    options = (
        click.option("--webhook", envvar="NMR_WEBHOOK", metavar="URL", help="Gets each alarm as JSON."),
        click.option("--alert", metavar="COMMAND", help="Gets each alarm as JSON on its standard input."),
        click.option("--heartbeat", envvar="NMR_HEARTBEAT", metavar="URL", help="Asked after a look without trouble."),
        click.option(
            "--within",
            type=Seconds(),
            default="6h",
            show_default=True,
            help="How long before a deadline it is told.",
        ),
    )
    for option in reversed(options):
        decorated = option(decorated)
    return decorated


def alerts_of(webhook: str | None, alert: str | None, heartbeat: str | None, within: int) -> "Alerts":
    """Whom the options name, and when.

    Raises:
        click.UsageError: a URL is none, or the command has an open quote.
    """
    from nmr.operate.season import Alerts

    for name, url in (("--webhook", webhook), ("--heartbeat", heartbeat)):
        if url is not None and not url.startswith(("https://", "http://")):
            raise click.UsageError(f"{name} has to be a URL: http://… or https://….")
    try:
        command = tuple(shlex.split(alert or ""))
    except ValueError:
        raise click.UsageError("--alert has a quote that is not closed.") from None
    return Alerts(within=within, webhook=webhook, command=command, heartbeat=heartbeat)


def insistent(signer: Signer) -> Signer:
    """The account, whose transactions are sent again for more while they are stuck; Ape's own accounts as they are."""
    return signer.insistent() if isinstance(signer, KeySigner) else signer


def serve(
    run: "Callable[[ReportStep], Pass]",
    rules: "Alerts",
    session: Session,
    rounds: Rounds,
    stay: Stay,
    *,
    as_json: bool,
) -> None:
    """Look again and again, until the end that was asked for.

    Exits with `UNFINISHED` if something was left undone.
    """
    from nmr.operate.log import ServiceLog
    from nmr.operate.loop import Loop, Ways
    from nmr.operate.telling import beat, tell_alarm

    with ExitStack() as stack:
        measured: Callable[[Pass | None], None] = lambda done: None  # noqa: E731 - replaced where metrics are asked for
        if stay.port is not None:
            from nmr.operate.metrics import Metrics, serve_metrics

            metrics = Metrics(session, rounds, time.time)
            stack.enter_context(serve_metrics(metrics, stay.port))
            measured = metrics.take

        def seen(done: "Pass | None") -> None:
            measured(done)
            if done is not None and not done.troubles:
                with suppress(NmrError):
                    beat(rules)

        loop = Loop(
            rules,
            run,
            ServiceLog(click.echo if as_json else print_line, time.time, as_json=as_json),
            lambda alarm: tell_alarm(rules, alarm),
            clock=time.monotonic,
            sleep=time.sleep,
            seen=seen,
        )
        end = None if stay.until is None else parse_moment(stay.until, rounds.now())
        poll = stay.every or (LOCAL_POLL if rounds.chain_id in LOCAL_CHAINS else POLL)
        finished = loop.run(Ways(stay.once, end, poll))
    if not finished:
        click.get_current_context().exit(UNFINISHED)
