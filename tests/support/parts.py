# SPDX-License-Identifier: MIT
"""Fixtures that several folders of tests share."""

import pytest

from nmr.text.addresses import ZERO_ADDRESS


@pytest.fixture(scope="session")
def who(
    treasury, numeraire, tournament_account, other_tournament_account, deployer, owner, operator, guardian, staker,
    submitter, receiver, spender, proposer, executor, stranger,
):  # fmt: skip
    """Actors and contracts by name, for tables of calls; `nobody` is the zero address."""
    return {**locals(), "nobody": ZERO_ADDRESS}


@pytest.fixture(scope="session", autouse=True)
def no_search_for_prints():
    """Ape traces each transaction for what contracts print. Vyper has no print, and that took a fifth of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ape_ethereum.provider._post_send_transaction", lambda transaction, receipt: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_caller(chain):
    """Views are called by the first account. web3 finds it for each call anew otherwise, a tenth of the time."""
    eth = chain.provider.web3.eth
    eth.default_account = eth.accounts[0]
