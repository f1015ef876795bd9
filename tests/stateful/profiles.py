# SPDX-License-Identifier: MIT
"""How long the machine plays."""

import math
import os
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from types import MappingProxyType
from typing import Any, ClassVar, Final

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.stateful import RuleBasedStateMachine

from tests.stateful.tally import TALLY

_COMMON: Final = {
    "deadline": None,
    "suppress_health_check": [
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
        HealthCheck.large_base_example,
    ],
}
# The same histories in every run: a red build is the fault of the change that it builds, and not of luck.
CI: Final = settings(max_examples=100, stateful_step_count=40, derandomize=True, **_COMMON)
# Other histories in every run: what is found is kept in `.hypothesis` and tried first the next time.
FUZZ: Final = settings(max_examples=2_000, stateful_step_count=80, derandomize=False, **_COMMON)


def chosen(histories: int = 100) -> settings:
    """The larger profile if `NMR_FUZZ` is set, to a number of histories or just to something; else so many as in CI."""
    wanted = os.environ.get("NMR_FUZZ", "")
    if not wanted:
        # hypothesis draws constants of the modules that are loaded, which differ with every change of the code and with
        # the folder of the checkout; histories that are the same in every run have to do without them.
        providers.is_local_module_file = lambda path: False
        return settings(CI, max_examples=histories)
    return settings(FUZZ, max_examples=int(wanted)) if wanted.isdecimal() else FUZZ


class Over(KeyboardInterrupt):
    """The time to play is over: of such an exception hypothesis ends, and takes it for no failure."""


class Machine(RuleBasedStateMachine):
    """A machine that counts its histories and steps, and stops when its time is over."""

    subject: str
    """What it plays, in a word."""
    reached: Mapping[str, int] = MappingProxyType({})
    """What its histories have to come to in CI, and how often at least."""
    until: ClassVar[float] = math.inf
    """Seconds of the monotonic clock, for all machines of the process."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        """What is undone when the history is over."""
        self._begun = False

    def finish(self) -> None:
        """What a history ends with."""

    def teardown(self) -> None:
        try:
            with self.stack:
                # A history that was broken off has no end worth looking at.
                if sys.exc_info()[0] is None:
                    self.finish()
                    TALLY[f"{self.subject}: histories"] += 1
        finally:
            if isinstance(sys.exc_info()[1], Exception):
                # What failed is made shorter now, and the clock does not stop that.
                Machine.until = math.inf

    def check_invariants(self, settings: Any, output: Any, runtimes: Any) -> None:
        if time.monotonic() >= Machine.until:
            raise Over
        # The invariants are checked once before the first step.
        TALLY[f"{self.subject}: steps"] += self._begun
        self._begun = True
        # A report of a failure lists the steps alone: which invariant broke is seen anyway.
        super().check_invariants(settings, lambda _: None, runtimes)
