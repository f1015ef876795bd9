# SPDX-License-Identifier: MIT
"""The reference of the suite that the unit tests of a tournament deploy."""

from itertools import count

import pytest

from nmr.deploy.suite import HOUR
from nmr.protocol.reference import UNLIMITED, Deployment, ReferenceSuite, Roles, Setup, Tournament
from nmr.text.amounts import SUPPLY
from tests.library.protocol.reference.contracts.conftest import START
from tests.support.actors import address
from tests.support.reference_contracts import Account, Contract, Lens, ReferenceChain, plain
from tests.support.suite import FIRST_ROUND, HELD, LIMITS, MIN_STAKE, RING
from tests.support.walk import many, owed, payer, states, team, terms, unsettled, walk, who

__all__ = ["many", "owed", "payer", "states", "team", "terms", "unsettled", "walk", "who"]

NUMERAIRE, TREASURY, TOURNAMENT, TIMELOCK = map(address, ("numeraire", "treasury", "tournament", "timelock"))


@pytest.fixture(scope="session")
def chain(accounts, operator, guardian, staker, bounds):
    suite = ReferenceSuite.deploy(
        Deployment(NUMERAIRE, TREASURY, {TOURNAMENT: Setup(RING, FIRST_ROUND, MIN_STAKE)}),
        roles=Roles(TIMELOCK, str(operator), str(guardian)),
        bounds=bounds,
        distribution={str(staker): HELD, TREASURY: SUPPLY - HELD},
        limits={TOURNAMENT: LIMITS},
        now=START,
    )
    suite.numeraire.approve(TOURNAMENT, UNLIMITED, sender=str(staker), now=START)
    return ReferenceChain(suite, START)


@pytest.fixture(scope="session")
def timelock():
    return Account(TIMELOCK)


@pytest.fixture(scope="session")
def treasury(chain):
    return Contract(chain, TREASURY)


@pytest.fixture(scope="session")
def numeraire(chain):
    return Contract(chain, NUMERAIRE)


@pytest.fixture(scope="session")
def lens():
    return Lens()


@pytest.fixture(scope="session")
def tournament(chain):
    return Contract(chain, TOURNAMENT)


@pytest.fixture(scope="session")
def as_owner(timelock):
    """Calls a part's method as its owner."""
    return lambda contract, method, *arguments: getattr(contract, method)(*arguments, sender=timelock)


@pytest.fixture(scope="session")
def deploy_owned(chain, owner, operator, guardian, bounds):
    """Deploys one more tournament, owned by the plain account `owner`; `changes` replace arguments by name."""
    numbers = count()

    def deploy(**changes):
        arguments = {
            "owner": owner,
            "operator": operator,
            "guardian": guardian,
            "ring": RING,
            "first_round": FIRST_ROUND,
            "hour": HOUR,
            "min_stake": MIN_STAKE,
            "bounds": bounds,
        }
        assert changes.keys() <= arguments.keys()
        given = {name: value if name == "bounds" else plain(value) for name, value in (arguments | changes).items()}
        suite, now, at = chain.suite, chain.mine(), address(f"tournament {next(numbers)}")
        suite.tournaments[at] = Tournament(at, suite.log, suite.numeraire, suite.treasury, **given, now=now)
        return Contract(chain, at)

    return deploy
