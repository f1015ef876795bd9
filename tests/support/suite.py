# SPDX-License-Identifier: MIT
"""What the tests deploy as a suite: one tournament on a ring of two, owned by a timelock without a delay."""

from typing import Final

from nmr.deploy.suite import SuiteParameters, TournamentParameters, default_bounds
from nmr.protocol.reference.treasury import Limits
from nmr.text.amounts import NMR

RING: Final = 2
FIRST_ROUND: Final = 7
CAP: Final = 1_000 * NMR
LIMITS: Final = Limits(cap=CAP, ceiling=20 * CAP, rate=CAP)
MIN_STAKE: Final = NMR // 100
HELD: Final = 5_500_000 * NMR
"""What the staker gets; the rest goes to the treasury."""


def suite_parameters(operator: str, guardian: str, staker: str, proposer: str, executor: str) -> SuiteParameters:
    """The parameters, with these addresses in their roles."""
    return SuiteParameters(
        delay=0,
        proposers=(proposer,),
        executors=(executor,),
        holders={staker: HELD},
        tournaments={
            "classic": TournamentParameters(
                operator=operator,
                guardian=guardian,
                ring=RING,
                min_stake=MIN_STAKE,
                limits=LIMITS,
                bounds=default_bounds(),
                first_round=FIRST_ROUND,
            )
        },
    )
