# SPDX-License-Identifier: MIT
"""The suite as it is deployed on a local chain, where an hour of the hard limits is a minute.

Devnet, tests and benchmarks deploy with these parameters, so that what holds for one holds for the others.
"""

from collections.abc import Sequence
from typing import Final

from nmr.deploy.suite import SuiteParameters, TournamentParameters, default_bounds
from nmr.errors import NmrError
from nmr.protocol.reference.rounds import Bounds
from nmr.protocol.reference.treasury import Limits
from nmr.text.amounts import NMR, SUPPLY

HOUR: Final = 60
"""Seconds in an hour of the hard limits: a round is over within the hour, and its steps can still be typed by hand."""
RING: Final = 4
"""Rounds that are unresolved at once."""
TOURNAMENT: Final = "classic"
"""The only tournament."""

DEPLOYER: Final = 0
OPERATOR: Final = 1
GUARDIAN: Final = 2
GOVERNOR: Final = 3
"""Proposes and executes in the timelock, which has no delay."""
STAKERS: Final = range(4, 10)
MARKET: Final = 10
"""Holds what neither the treasury nor a staker does."""
ACCOUNTS: Final = 20
"""Accounts of a local chain; those without a name have no role and no NMR."""

RESERVE: Final = 3_000_000 * NMR
"""What the treasury holds."""
STAKER_NMR: Final = 10_000 * NMR
"""What each staker holds."""
LIMITS: Final = Limits(cap=100_000 * NMR, ceiling=600_000 * NMR, rate=100_000 * NMR)
"""What the tournament may reserve for rewards: a round, at once of all rounds, and anew each day."""
MIN_STAKE: Final = NMR // 10
"""What every position is at least."""


class TooFewAccounts(NmrError, ValueError):
    """A local chain with fewer accounts than there are roles."""


def account_names() -> dict[str, int]:
    """The numbers of the accounts that have a name, by it: `TEST::4` is the first staker."""
    roles = {"deployer": DEPLOYER, "operator": OPERATOR, "guardian": GUARDIAN, "governor": GOVERNOR}
    stakers = {f"staker {n}": account for n, account in enumerate(STAKERS, start=1)}
    return {**roles, **stakers, "market": MARKET}


def local_bounds(hour: int = HOUR) -> Bounds:
    """Wide bounds for people who try things: open as long as the hard limits let it be.

    Args:
        hour: seconds in an hour of the hard limits.
    """
    return default_bounds(hour)._replace(max_open=720 * hour)


def local_parameters(accounts: Sequence[str], *, ring: int = RING) -> SuiteParameters:
    """What a local chain's suite is deployed with.

    Args:
        accounts: addresses of the chain's accounts in their order, at least up to `MARKET`.
        ring: rounds that are unresolved at once.

    Raises:
        TooFewAccounts: a role would be nobody's.
    """
    if len(accounts) <= MARKET:
        raise TooFewAccounts(f"A local chain needs {MARKET + 1} accounts, and this one has {len(accounts)}.")
    holders = {accounts[number]: STAKER_NMR for number in STAKERS}
    holders[accounts[MARKET]] = SUPPLY - RESERVE - sum(holders.values())
    return SuiteParameters(
        delay=0,
        proposers=(accounts[GOVERNOR],),
        executors=(accounts[GOVERNOR],),
        holders=holders,
        tournaments={
            TOURNAMENT: TournamentParameters(
                operator=accounts[OPERATOR],
                guardian=accounts[GUARDIAN],
                ring=ring,
                min_stake=MIN_STAKE,
                limits=LIMITS,
                bounds=local_bounds(),
            )
        },
        hour=HOUR,
    )
