# SPDX-License-Identifier: MIT
import pytest

from tests.support.refusals import reverts

CAP = 10_000 * 10**18
ROUND = 1


@pytest.fixture
def refused_treasury(project, deployer, owner, tournament_account):
    """A treasury whose token returns false. NMR never does."""
    token = deployer.deploy(project.RefusingToken)
    treasury = deployer.deploy(project.Treasury, token, owner, [tournament_account], [(CAP, CAP, 0)])
    treasury.reserve(ROUND, CAP, sender=tournament_account)
    return treasury


def test_spend__token_returns_false__reverts(refused_treasury, owner, receiver):
    with reverts("treasury: transfer failed"):
        refused_treasury.spend(receiver, 1, sender=owner)


def test_draw__token_returns_false__reverts(refused_treasury, tournament_account):
    with reverts("treasury: transfer failed"):
        refused_treasury.draw(ROUND, 1, sender=tournament_account)
