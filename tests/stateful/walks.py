# SPDX-License-Identifier: MIT
"""The walks of `tests/library` over the reference model as machines, for `make fuzz`: longer ones, from other seeds."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.library.audit.test_stateful import audit_agrees
from tests.library.protocol.walk.walker import Walk
from tests.stateful.profiles import FUZZ, Machine

STEPS = 20
PLAYED = settings(FUZZ, stateful_step_count=STEPS)


class Walks(Machine):
    """A walk in parts; after each of them time and anyone's calls bring all home, and the log rebuilds the books."""

    subject = "walk"

    @initialize(seed=st.integers(0, 2**32 - 1))
    def deploy(self, seed: int) -> None:
        self.walk = Walk(seed)

    @rule(calls=st.integers(1, 60))
    def go_on(self, calls: int) -> None:
        self.walk.play(calls)


class AuditedWalks(Walks):
    """A walk that is audited at its end."""

    subject = "audit"

    def finish(self) -> None:
        audit_agrees(self.walk)


Walks.TestCase.settings = PLAYED
AuditedWalks.TestCase.settings = PLAYED
