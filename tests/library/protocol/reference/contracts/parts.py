# SPDX-License-Identifier: MIT
"""Fixtures of a treasury and a token whose tournaments are plain accounts, as the unit tests of both have them."""

import pytest

from nmr.protocol.reference import Deployment, Limits, Log, Numeraire, ReferenceSuite, Treasury
from nmr.text.amounts import NMR, SUPPLY
from tests.library.protocol.reference.contracts.conftest import START
from tests.support.actors import address
from tests.support.reference_contracts import Contract, ReferenceChain

NUMERAIRE, TREASURY = map(address, ("numeraire", "treasury"))
RESERVE = 3_000_000 * NMR
CAP = 10_000 * NMR


@pytest.fixture(scope="session")
def tournament_account(accounts):
    return accounts[11]


@pytest.fixture(scope="session")
def other_tournament_account(accounts):
    return accounts[12]


@pytest.fixture(scope="session")
def chain(owner, staker, tournament_account, other_tournament_account):
    log = Log()
    limits = dict.fromkeys(map(str, (tournament_account, other_tournament_account)), Limits(CAP, SUPPLY, 0))
    numeraire = Numeraire(NUMERAIRE, log, {TREASURY: RESERVE, str(staker): SUPPLY - RESERVE}, now=START)
    treasury = Treasury(TREASURY, log, numeraire, str(owner), limits, now=START)
    return ReferenceChain(ReferenceSuite(Deployment(NUMERAIRE, TREASURY, {}), log, numeraire, treasury, {}), START)


@pytest.fixture(scope="session")
def treasury(chain):
    return Contract(chain, TREASURY)


@pytest.fixture(scope="session")
def numeraire(chain):
    return Contract(chain, NUMERAIRE)
