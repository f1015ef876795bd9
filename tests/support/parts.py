# SPDX-License-Identifier: MIT
"""A fixture for tests of the treasury and the token, whether they are contracts or the reference."""

import pytest

from nmr.text.addresses import ZERO_ADDRESS


@pytest.fixture(scope="session")
def who(
    treasury, numeraire, tournament_account, other_tournament_account, deployer, owner, operator, guardian, staker,
    submitter, receiver, spender, proposer, executor, stranger,
):  # fmt: skip
    """Actors and contracts by name, for tables of calls; `nobody` is the zero address."""
    return {**locals(), "nobody": ZERO_ADDRESS}
