# SPDX-License-Identifier: MIT
"""
What walks the rounds of the suite in `tests/conftest.py`.

Its timelock, treasury and token take the place of those that other unit tests have.
"""

import pytest

from nmr.deploy.suite import HOUR
from tests.support.suite import FIRST_ROUND, MIN_STAKE, RING
from tests.support.suite_parts import numeraire, timelock, treasury
from tests.support.walk import many, owed, payer, states, team, terms, unsettled, walk, who

__all__ = ["many", "owed", "payer", "states", "team", "terms", "unsettled", "walk", "who"]
__all__ += ["numeraire", "timelock", "treasury"]


@pytest.fixture(scope="session")
def terms_check(suite):
    return suite.terms_check


@pytest.fixture(scope="session")
def deploy_owned(project, deployer, numeraire, treasury, terms_check, owner, operator, guardian, bounds):
    """Deploys one more tournament, owned by the plain account `owner`; `changes` replace arguments by name.

    The treasury has no cap for it, so it grants it nothing.
    """

    def deploy(**changes):
        if "hour" in changes and "terms_check" not in changes and 0 < changes["hour"] < HOUR:
            changes["terms_check"] = deployer.deploy(project.TermsCheck, changes["hour"])
        arguments = {
            "token": numeraire,
            "treasury": treasury,
            "terms_check": terms_check,
            "owner": owner,
            "operator": operator,
            "guardian": guardian,
            "ring": RING,
            "first_round": FIRST_ROUND,
            "hour": HOUR,
            "min_stake": MIN_STAKE,
            "bounds": tuple(bounds),
        }
        assert changes.keys() <= arguments.keys()
        return deployer.deploy(project.Tournament, *(arguments | changes).values())

    return deploy


@pytest.fixture(scope="session", autouse=True)
def cast(
    deployer, owner, operator, guardian, staker, submitter, receiver, spender, proposer, executor, stranger,
    as_owner, bounds, deploy_owned, many, owed, terms, undone, walk, who,
):  # fmt: skip
    """
    Sets every fixture of the session up first: ape builds those of a module again after a new one.

    It knows fixtures by name alone, so a name must not stand for different scopes in different files.
    """
