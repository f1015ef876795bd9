"""How long the machine plays."""

import os
from typing import Any, Final

from hypothesis import HealthCheck, settings
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


def chosen() -> settings:
    """The larger profile if `NMR_FUZZ` is set, to a number of histories or just to something; else that of CI."""
    wanted = os.environ.get("NMR_FUZZ", "")
    if not wanted:
        return CI
    return settings(FUZZ, max_examples=int(wanted)) if wanted.isdecimal() else FUZZ


class Machine(RuleBasedStateMachine):
    """A machine that counts its histories and steps."""

    subject: str
    """What it plays, in a word."""

    def __init__(self) -> None:
        super().__init__()
        TALLY[f"{self.subject}: histories"] += 1
        self._begun = False

    def check_invariants(self, settings: Any, output: Any, runtimes: Any) -> None:
        # The invariants are checked once before the first step.
        TALLY[f"{self.subject}: steps"] += self._begun
        self._begun = True
        # A report of a failure lists the steps alone: which invariant broke is seen anyway.
        super().check_invariants(settings, lambda _: None, runtimes)
