# SPDX-License-Identifier: MIT
"""Who takes part in the demo, how each of them stakes, and what befalls them."""

from dataclasses import dataclass
from typing import Final

from demo.market_data.models import MODELS
from nmr.text.amounts import NMR

DEPOSIT: Final = 1_000 * NMR
TARGET: Final = 200 * NMR
"""NMR a round, wei: with a ring of four, most of a deposit is at stake at once."""

COMPOUNDING: Final = frozenset(
    {"ridge", "boosted", "ensemble", "low-volatility", "noise", "inverse-ridge", "kernel", "naive-bayes", "alphabet"}
)
EXITING: Final = frozenset({"neighbours"})
JOINING_LATE: Final = frozenset({"elastic-net"})
FORGETFUL: Final = frozenset({"support-vectors"})
TARDY: Final = frozenset({"momentum"})
FORGOTTEN: Final = 3
"""Every so many rounds the forgetful one misses one."""
POOL: Final = "pool"
"""The policy of a model that a pool owns."""
FEWEST_ROUNDS: Final = 6
"""A season with fewer rounds has no incidents."""


@dataclass(frozen=True)
class Entrant:
    """A model with its staking policy and its habits.

    Attributes:
        name: of the model.
        policy: `compound`, `target` or `exit`, which is a target until half of the rounds are over; `pool` for the
            model of a pool.
        joins: the week in which it registers.
        forgetful: whether it misses submissions.
        tardy: whether its file of one round is delivered after the lock.
    """

    name: str
    policy: str
    joins: int
    forgetful: bool
    tardy: bool

    @property
    def compounds(self) -> bool:
        """Whether its stakes compound."""
        return self.policy == "compound"

    @property
    def pooled(self) -> bool:
        """Whether a pool owns it."""
        return self.policy == POOL

    def submits(self, week: int) -> bool:
        """Whether it takes part in a week's round."""
        return self.joins <= week and not (self.forgetful and week % FORGOTTEN == FORGOTTEN - 1)


@dataclass(frozen=True)
class Incidents:
    """What goes wrong in a season, by the week of the round; None where it does not.

    Attributes:
        lie: the operator proposes a false score, and the guardian vetoes it.
        silence: the operator publishes no opening list, so the round expires unscored.
        late_file: a file is delivered after the lock, when the opening list stands.
    """

    lie: int | None
    silence: int | None
    late_file: int | None

    @classmethod
    def of(cls, rounds: int) -> "Incidents":
        """Those of a season of so many rounds."""
        if rounds < FEWEST_ROUNDS:
            return cls(None, None, None)
        return cls(lie=rounds // 3, silence=rounds // 2, late_file=rounds * 2 // 3)


def entrants(count: int, rounds: int) -> list[Entrant]:
    """The first `count` models of the collection, each with its policy and habits, for a season of `rounds` rounds."""
    return [
        Entrant(
            name=spec.name,
            policy=_policy(spec.name),
            joins=rounds // 4 if spec.name in JOINING_LATE else 0,
            forgetful=spec.name in FORGETFUL,
            tardy=spec.name in TARDY,
        )
        for spec in MODELS[:count]
    ]


def pooled(name: str) -> Entrant:
    """The model of a pool that submits what the model of this name predicts."""
    return Entrant(name, POOL, joins=0, forgetful=False, tardy=False)


def _policy(name: str) -> str:
    if name in EXITING:
        return "exit"
    return "compound" if name in COMPOUNDING else "target"
