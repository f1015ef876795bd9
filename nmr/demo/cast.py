"""Who takes part in the demo, and how each of them stakes."""

from dataclasses import dataclass
from typing import Final

from nmr.market.models import MODELS, ModelSpec
from nmr.units import NMR

DEPOSIT: Final = 1_000 * NMR
TARGET: Final = 200 * NMR
"""NMR a round, wei: with a ring of four, most of a deposit is at stake at once."""

LARGEST: Final = 12
"""Models that take part: each has an account, and Ape has twenty test accounts."""

COMPOUNDING: Final = frozenset({"ridge", "boosted", "ensemble", "low-volatility", "noise", "inverse-ridge"})
EXITING: Final = frozenset({"neighbours"})


@dataclass(frozen=True)
class Entrant:
    """A model with its staking policy.

    Attributes:
        spec: the model.
        policy: `compound`, `target` or `exit`, which is a target until half of the rounds are over.
    """

    spec: ModelSpec
    policy: str

    @property
    def compounds(self) -> bool:
        """Whether its stakes compound."""
        return self.policy == "compound"


def entrants(count: int) -> list[Entrant]:
    """The first `count` models of the collection, each with its policy."""
    return [Entrant(spec, _policy(spec.name)) for spec in MODELS[:count]]


def _policy(name: str) -> str:
    if name in EXITING:
        return "exit"
    return "compound" if name in COMPOUNDING else "target"
