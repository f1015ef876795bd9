# SPDX-License-Identifier: MIT
"""Ape's accounts as signers, and the chain that Ape is connected to as JSON-RPC."""

import sys
from collections.abc import Mapping
from os import environ
from typing import Any

from ape.api import AccountAPI
from ape.exceptions import ApeException
from ape_accounts.accounts import KeyfileAccount
from eth_account import Account
from eth_account.messages import SignableMessage, encode_defunct, encode_typed_data

from nmr.chain.node import Rpc
from nmr.client.session import Signature
from nmr.errors import NmrError


class Locked(NmrError, ValueError):
    """An account whose key is behind a passphrase that nobody is there to type."""


class ApeSigner:
    """An account of Ape's that signs what is sent."""

    def __init__(self, account: AccountAPI) -> None:
        self.account = account

    @property
    def address(self) -> str:
        """The account's address."""
        return str(self.account.address)

    def send(self, rpc: Rpc, to: str, payload: bytes) -> str:
        """Sign and send a call through Ape, which waits until it is in a block."""
        account = unlocked(self.account)
        ecosystem = account.provider.network.ecosystem
        transaction = ecosystem.create_transaction(sender=account.address, receiver=to, data=payload)
        return str(account.call(transaction).txn_hash)

    def sign_text(self, text: str) -> Signature | None:
        """The signature of a text (EIP-191); None from an account that signs none such."""
        return self._signature(encode_defunct(text=text))

    def sign_typed(self, message: Mapping[str, Any]) -> Signature | None:
        """The signature of an EIP-712 message; None from an account that signs none such, as smart wallets."""
        return self._signature(encode_typed_data(full_message=dict(message)))

    def _signature(self, message: SignableMessage) -> Signature | None:
        try:
            signature = unlocked(self.account).sign_message(message)
        except (ApeException, NotImplementedError):
            return None
        if signature is None:
            return None
        # Signers differ in v, and Ape drops leading zeros of r and s.
        v = int(signature.v) + (27 if signature.v < 27 else 0)
        found = Signature(v, bytes(signature.r).rjust(32, b"\0"), bytes(signature.s).rjust(32, b"\0"))
        return found if Account.recover_message(message, signature=found.rsv) == self.address else None


def unlocked(account: AccountAPI) -> AccountAPI:
    """The account, ready to sign what this process sends.

    A keyfile's passphrase comes from where Ape looks for it, `APE_ACCOUNTS_<alias>_PASSPHRASE`, or, at a terminal, is
    asked for once.

    Raises:
        Locked: it comes from nowhere.
    """
    if isinstance(account, KeyfileAccount) and account.locked:
        variable = f"APE_ACCOUNTS_{account.alias}_PASSPHRASE"
        passphrase = environ.get(variable)
        if passphrase == "":
            raise Locked(f"The account {account.alias} is locked, and {variable} is set to nothing.")
        if passphrase is None and not sys.stdin.isatty():
            raise Locked(f"The account {account.alias} is locked: put its passphrase into {variable}.")
        account.set_autosign(True)
    return account
