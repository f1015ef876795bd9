# SPDX-License-Identifier: MIT
"""
Actors for all tests, and the suite as it is really deployed, on ape's embedded chain.

The actors are plain accounts named for their role. The timelock owns the suite and
has no delay: `as_owner` schedules and executes in one go.
"""

from contextlib import contextmanager
from itertools import count

import pytest
from hypothesis import settings

from nmr.deploy.suite import default_bounds, deploy_suite
from nmr.protocol.reference.rounds import Bounds
from tests.support.suite import suite_parameters
from tests.support.suite_parts import numeraire, timelock, treasury

__all__ = ["numeraire", "timelock", "treasury"]

# A deadline would measure how busy the machine is.
settings.register_profile("nmr", deadline=None)
settings.load_profile("nmr")


@pytest.fixture(scope="session")
def project(project):
    """ape's project, compiled afresh after any change of a source."""
    # Here and not above: most tests of the library go without ape, which takes seconds to import.
    from nmr.ape.project import compiled

    return compiled(project)


@pytest.fixture(scope="session")
def deployer(accounts):
    """Deploys everything and has no role afterwards."""
    return accounts[0]


@pytest.fixture(scope="session")
def owner(accounts):
    return accounts[1]


@pytest.fixture(scope="session")
def operator(accounts):
    return accounts[2]


@pytest.fixture(scope="session")
def guardian(accounts):
    return accounts[3]


@pytest.fixture(scope="session")
def staker(accounts):
    """Holds all NMR that the treasury does not."""
    return accounts[4]


@pytest.fixture(scope="session")
def submitter(accounts):
    return accounts[5]


@pytest.fixture(scope="session")
def receiver(accounts):
    """Holds nothing."""
    return accounts[6]


@pytest.fixture(scope="session")
def spender(accounts):
    """Somebody who may be given an allowance."""
    return accounts[7]


@pytest.fixture(scope="session")
def proposer(accounts):
    return accounts[8]


@pytest.fixture(scope="session")
def executor(accounts):
    return accounts[9]


@pytest.fixture(scope="session")
def stranger(accounts):
    """Has no role and holds nothing."""
    return accounts[10]


@pytest.fixture
def actor(request):
    """
    The account whose fixture a test's parameter names: `parametrize("actor", [...], indirect=True)`.

    Not `request.getfixturevalue` in a test: titanoboa's plugin cannot undo a fixture of the
    session that is set up while a test runs.
    """
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def undone(chain):
    """Undoes what happens within it. Not `chain.isolate`: that one swallows every exception, failed assertions too."""

    @contextmanager
    def scope():
        snapshot = chain.snapshot()
        try:
            yield
        finally:
            chain.restore(snapshot)

    return scope


@pytest.fixture(scope="session")
def parameters(operator, guardian, staker, proposer, executor):
    """What the suite is deployed with."""
    return suite_parameters(
        operator=operator.address,
        guardian=guardian.address,
        staker=staker.address,
        proposer=proposer.address,
        executor=executor.address,
    )


@pytest.fixture(scope="session")
def suite(project, deployer, parameters):
    """Half of the supply with `staker`, the rest in the treasury."""
    from nmr.ape.project import ApeDeployer

    return deploy_suite(ApeDeployer(project, deployer), parameters)


@pytest.fixture(scope="session")
def lens(suite):
    return suite.lens


@pytest.fixture(scope="session")
def tournament(suite, staker):
    """`staker` has allowed it everything."""
    tournament = suite.tournaments["classic"]
    suite.numeraire.approve(tournament, 2**256 - 1, sender=staker)
    return tournament


@pytest.fixture(scope="session")
def bounds() -> Bounds:
    return default_bounds()


@pytest.fixture(scope="session")
def as_owner(timelock, proposer, executor):
    """Calls a contract's method as its owner, the timelock; gives the receipt of the execution."""
    salts = count()

    def call(contract, method: str, *arguments):
        payload = getattr(contract, method).encode_input(*arguments)
        operation = (contract.address, 0, payload, b"\x00" * 32, next(salts).to_bytes(32, "big"))
        timelock.schedule(*operation, 0, sender=proposer)
        return timelock.execute(*operation, sender=executor)

    return call
