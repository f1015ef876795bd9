# SPDX-License-Identifier: MIT
"""Tells alarms to a webhook and a command, and a heartbeat to a URL."""

import json

import urllib3

from nmr.errors import NmrError
from nmr.operate.alarms import Alarm
from nmr.operate.season import Alerts
from nmr.text.foreign import without_secrets

TIMEOUT = 10.0
"""Seconds that somebody may take to hear."""


class NotTold(NmrError, OSError):
    """Nobody heard."""


def tell_alarm(rules: Alerts, alarm: Alarm) -> None:
    """Tell an alarm to all who are named.

    Raises:
        NotTold: one of them did not hear; the others were told all the same.
    """
    content = json.dumps(alarm.facts).encode()
    problems = []
    if rules.webhook is not None:
        problems += _post(rules.webhook, content)
    if rules.command:
        from nmr.operate.sources import tell_command

        try:
            tell_command(rules.command, content, TIMEOUT)
        except NmrError as error:
            problems.append(str(error).removesuffix("."))
    if problems:
        raise NotTold(f"{'; '.join(problems)}.")


def beat(rules: Alerts) -> None:
    """Let whoever watches over the service know that it lives.

    Raises:
        NotTold: they did not hear.
    """
    if rules.heartbeat is not None and (problems := _post(rules.heartbeat, None)):
        raise NotTold(f"{problems[0]}.")


def _post(url: str, content: bytes | None) -> list[str]:
    """What went wrong, if anything."""
    shown = without_secrets(url)
    headers = {"Content-Type": "application/json"} if content is not None else {}
    try:
        answer = urllib3.request(
            "GET" if content is None else "POST", url, body=content, headers=headers, timeout=TIMEOUT, retries=False
        )
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        return [f"{shown} does not answer ({type(error).__name__})"]
    return [] if answer.status < 400 else [f"{shown} answers with HTTP {answer.status}"]
