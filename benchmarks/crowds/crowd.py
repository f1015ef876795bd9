# SPDX-License-Identifier: MIT
"""Who takes part: the honest crowd, and hostile ones that are a fixed mix."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.crowds.scores import INVERSE, NOISE
from benchmarks.meta_model.stakes import STAKE

BAD: Final = "overfitted"
"""The model that hostile crowds copy and split, chosen before any was scored on these data."""
WRONG: Final = INVERSE + "ridge"
NOISES: Final = 100
SYBILS: Final = 200
LATE_COPIES: Final = 30


@dataclass(frozen=True)
class Entrant:
    """One who stakes.

    Attributes:
        column: of `Scored` that it submits.
        stake: gwei in each of its first rounds.
        joins: its first round.
        compound: whether its gains stay at stake; None: as the season's rules say.
    """

    column: str
    stake: int = STAKE
    joins: int = 0
    compound: bool | None = None


@dataclass(frozen=True)
class Crowd:
    """Everybody who stakes in a season."""

    name: str
    entrants: tuple[Entrant, ...]


def honest(models: Sequence[str]) -> Crowd:
    """Each model once, at equal stakes."""
    return Crowd("honest", tuple(Entrant(name) for name in models))


def hostile(models: Sequence[str], leader: str, half: int) -> tuple[Crowd, ...]:
    """The honest crowd with each hostile mix.

    Args:
        leader: the model with the most at stake in the honest crowd at round `half`: who comes late copies it.
        half: the round at which they come.
    """
    crowd = honest(models).entrants
    others = tuple(entrant for entrant in crowd if entrant.column != BAD)
    return (
        *(Crowd(f"{count} copies of a bad model", crowd + (Entrant(BAD),) * count) for count in (10, 100)),
        *(Crowd(f"{count} inverted copies of a good model", crowd + (Entrant(WRONG),) * count) for count in (10, 30)),
        *(
            Crowd(f"{count} more of noise", crowd + tuple(Entrant(f"{NOISE}{number + 1}") for number in range(count)))
            for count in (30, NOISES)
        ),
        Crowd(f"{LATE_COPIES} late copies of the leader", crowd + (Entrant(leader, joins=half),) * LATE_COPIES),
        Crowd(f"a bad model split into {SYBILS}", others + (Entrant(BAD, STAKE // SYBILS),) * SYBILS),
    )
