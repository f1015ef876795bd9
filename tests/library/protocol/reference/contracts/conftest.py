# SPDX-License-Identifier: MIT
"""
The reference in the place of contracts: what a unit test asks of a contract, it asks of the reference too.

A folder's `chain` has the suite that its tests play on. As on Ape's chain, whatever a test does is undone.
"""

from pathlib import Path

import pytest

from tests.support.actors import address
from tests.support.reference_contracts import Account

START = 1_700_000_000
HERE = Path(__file__).parent


def pytest_collection_modifyitems(config, items):
    """Leave out what only a contract can be asked."""
    left_out = [item for item in items if item.path.is_relative_to(HERE) and item.get_closest_marker("contract")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def accounts():
    """In the place of Ape's test accounts."""
    return [Account(address(f"account {number}")) for number in range(20)]


@pytest.fixture(scope="module", autouse=True)
def undone_module(chain):
    """Undoes what the fixtures of a module do."""
    before = chain.snapshot()
    yield
    chain.restore(before)


@pytest.fixture(autouse=True)
def undone_test(chain):
    """Undoes what a test does."""
    before = chain.snapshot()
    yield
    chain.restore(before)
