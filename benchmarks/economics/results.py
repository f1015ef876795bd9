# SPDX-License-Identifier: MIT
"""What the page and the picture of the economic attacks are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.economics.ledger import Drained, Hoarded, Lied, Settled, Split, Starved, Tried
from benchmarks.economics.market import STAKE
from benchmarks.economics.scores import LOSER, Played
from benchmarks.meta_model.figures import Interval, interval, mean


@dataclass(frozen=True)
class Gas:
    """Gas of what attacks need, from benchmarks/gas.json."""

    register: int
    settle: int
    chunk: int


@dataclass(frozen=True)
class Results:
    """What the page is made of: each field is what the function of its name gives.

    Attributes:
        eras: the weeks played, ascending.
        names: the models of the crowd.
        drawn: int64 of shape (resamples, eras): the resampled histories.
        drawn_copies: the same for the weeks of the copies.
        largest: the largest |weighted score| of the crowd when nobody attacks.
        crowd: what each scored model gained when nobody attacks, int64 of shape (eras,), gwei.
        forged: what one forged round pays for `CAP_FILLS` at stake, without a threshold and with the crowd's.
        owners: what the owner of twins in two chunks gained, of which one was left unsettled or not.
        undone: what a losing model has lost when the guardian voids, and when the operator is silent.
    """

    eras: Sequence[int]
    names: Sequence[str]
    drawn: np.ndarray
    drawn_copies: np.ndarray
    largest: float
    crowd: Mapping[str, np.ndarray]
    twins: Mapping[str, Mapping[str, Played]]
    drained: Sequence[Drained]
    late_files: Mapping[str, Mapping[int, Played]]
    sitting_out: Mapping[str, np.ndarray]
    copies: Mapping[int, np.ndarray]
    small_copy: Played
    refusals: Mapping[str, np.ndarray]
    whales: Mapping[str, Mapping[float, Played]]
    factor: Mapping[float, Played]
    cap: Mapping[float, Played]
    splits: Sequence[Split]
    lies: Sequence[Lied]
    forged: tuple[int, int]
    starved: Sequence[Starved]
    hoarded: Sequence[Hoarded]
    moments: Sequence[Tried]
    settlements: Sequence[Settled]
    owners: tuple[int, int]
    undone: tuple[int, int]
    gas: Gas

    @property
    def at_risk(self) -> int:
        """What the crowd has at stake, gwei."""
        return len(self.names) * STAKE

    def sure(self, returns: np.ndarray) -> Interval:
        """The mean of a series over all eras, with its interval."""
        return interval(mean, returns, self.drawn)

    def gained(self, played: Played, name: str = LOSER) -> int:
        """What a model of the crowd gained in all rounds of a strategy, gwei."""
        return int(played.crowd[:, self.names.index(name)].sum())
