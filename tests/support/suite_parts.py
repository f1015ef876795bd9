# SPDX-License-Identifier: MIT
"""Parts of the suite in `tests/conftest.py`, as fixtures."""

import pytest


@pytest.fixture(scope="session")
def timelock(suite):
    return suite.timelock


@pytest.fixture(scope="session")
def treasury(suite):
    return suite.treasury


@pytest.fixture(scope="session")
def numeraire(suite):
    return suite.numeraire
