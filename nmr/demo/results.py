"""What became of a season, as plain values; amounts in wei."""

from collections import defaultdict
from dataclasses import dataclass, field

from nmr.demo.cast import Entrant
from nmr.lens import Figures
from nmr.sealing.verify import Verification


@dataclass
class ModelResult:
    """What became of a model.

    Attributes:
        entrant: who it is.
        deposited, rewards, burns, withdrawn: over the season.
        primary, contribution: CORR and MMC of its valid submissions.
        wealth: idle and at stake at the end of each week since it joined, by week.
        refused: why its predictions were refused before they were sealed, by week.
    """

    entrant: Entrant
    deposited: int = 0
    rewards: int = 0
    burns: int = 0
    withdrawn: int = 0
    primary: list[float] = field(default_factory=list)
    contribution: list[float] = field(default_factory=list)
    wealth: dict[int, int] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RoundResult:
    """What became of a round.

    Attributes:
        round, era: which.
        at_risk, factor: as the lock fixed them.
        staked, valid: models with a stake, and those whose submissions count.
        meta_model: CORR of the stake-weighted meta model; None if there is none.
        rewards, burns: what its settlement paid and burned.
        gas: of its settlement.
        end: `settled`, `vetoed, settled` or `expired`.
        verification: what an auditor found; None where nothing was scored.
    """

    round: int
    era: int
    at_risk: int
    factor: int
    staked: int
    valid: int
    meta_model: float | None
    rewards: int
    burns: int
    gas: int
    end: str
    verification: Verification | None


@dataclass(frozen=True)
class Incident:
    """Something that went wrong, in a sentence, and what the protocol made of it."""

    round: int
    what: str


@dataclass
class SeasonResult:
    """What became of all.

    Attributes:
        figures: of the whole suite, at the end of each week.
        gas: of each transaction, by function.
    """

    models: list[ModelResult] = field(default_factory=list)
    rounds: list[RoundResult] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    figures: list[Figures] = field(default_factory=list)
    gas: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
