# SPDX-License-Identifier: MIT
"""What a service says: a line an event, for people or as JSON, without keys and passwords."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from nmr.text.foreign import plain, without_secrets

ALARM: Final = "alarm"
"""The event that somebody has to know of, which stands out in the lines for people."""


class ServiceLog:
    """Writes events."""

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float], *, as_json: bool) -> None:
        """
        Args:
            write: takes a line.
            clock: unix seconds.
            as_json: whether a line is an object of JSON.
        """
        self._write = write
        self._clock = clock
        self._as_json = as_json

    def tell(self, event: str, text: str, **facts: Any) -> None:
        """Say what happened.

        Args:
            event: a word for it, for programs.
            text: a sentence.
            facts: more of it, for programs.
        """
        at = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="seconds")
        if self._as_json:
            told = {"time": at, "event": event, "text": text, **facts}
            self._write(json.dumps({name: _clean(value) for name, value in told.items()}))
        else:
            self._write(f"{at} {'ALARM: ' if event == ALARM else ''}{_clean(text)}")


def _clean(value: Any) -> Any:
    return plain(without_secrets(value)) if isinstance(value, str) else value
