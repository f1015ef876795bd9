# SPDX-License-Identifier: MIT
"""The log of a TWAP feed: its observations, of which the contract keeps the last two.

What the pool's sum of prices was at an observation, no log of the suite tells: it is believed.
"""

from collections.abc import Callable
from typing import Any

from nmr.errors import Mismatch
from nmr.protocol.reference.events import Event


class FeedBooks:
    """The books of one feed.

    Attributes:
        round: how many observations there were.
        newer: time and sum of prices of the last one; zeros if there was none.
        older: of the one before.
    """

    def __init__(self, window: int, disagree: Callable[[Mismatch], None]) -> None:
        """
        Args:
            window: seconds between two observations, at least.
            disagree: told what does not agree.
        """
        self.round = 0
        self.newer = (0, 0)
        self.older = (0, 0)
        self._window = window
        self._disagree = disagree

    def apply(self, event: Event) -> None:
        """Apply the feed's next event."""
        if event.name != "Observed":
            return
        if event.args["round"] != self.round + 1:
            self._differ(event, "number of the observation", self.round + 1, event.args["round"])
        if self.round and event.timestamp < self.newer[0] + self._window:
            self._differ(event, "time of the observation", f"{self.newer[0] + self._window} or later", event.timestamp)
        self.round += 1
        self.older, self.newer = self.newer, (event.timestamp, event.args["cumulative"])

    def dump(self) -> dict[str, Any]:
        """The books as values of JSON."""
        return {"round": self.round, "newer": list(self.newer), "older": list(self.older)}

    def load(self, state: Any) -> None:
        """Take over what `dump` gave. Raises KeyError, TypeError or ValueError for anything else."""
        self.round = int(state["round"])
        self.newer, self.older = ((int(made_at), int(total)) for made_at, total in (state["newer"], state["older"]))

    def _differ(self, event: Event, what: str, expected: object, found: object) -> None:
        self._disagree(Mismatch(event.block, event.transaction, what, expected, found))
