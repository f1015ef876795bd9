# SPDX-License-Identifier: MIT
"""Who acts in the tests, named for their roles: the same keys and addresses in every run."""

from functools import cache

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak


@cache
def account(name: str) -> LocalAccount:
    """The account of an actor."""
    return Account.from_key(keccak(name.encode()))


def address(name: str) -> str:
    """The address of an actor."""
    return str(account(name).address)
