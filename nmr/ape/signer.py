# SPDX-License-Identifier: MIT
"""Ape's accounts as signers."""

import sys
from collections.abc import Mapping
from os import environ
from typing import Any

from ape import networks
from ape.api import AccountAPI, ProviderAPI
from ape.exceptions import ApeException
from ape_accounts.accounts import KeyfileAccount
from eth_account import Account
from eth_account.messages import SignableMessage, encode_defunct, encode_typed_data
from web3.exceptions import Web3Exception

from nmr.chain.node import Rpc, number
from nmr.client.session import Signature, require_ether
from nmr.errors import NmrError


class Locked(NmrError, ValueError):
    """An account whose key is behind a passphrase that nobody is there to type."""


class OtherNetwork(NmrError, ConnectionError):
    """Ape is connected to no network, or to that of another chain than the suite's."""


class ApeSigner:
    """An account of Ape's that signs what is sent. Ape has to be connected to the suite's chain for it."""

    def __init__(self, account: AccountAPI) -> None:
        self.account = account

    @property
    def address(self) -> str:
        """The account's address."""
        return str(self.account.address)

    def send(self, rpc: Rpc, to: str, payload: bytes) -> str:
        """Sign and send a call through Ape, which waits until it is in a block.

        Raises:
            OtherNetwork: Ape is connected to no network, or to that of another chain.
            Locked: nobody is there to type the passphrase.
            NoEther: the account cannot pay for its gas.
            ApeException: Ape, or its node, does not take it.
        """
        ecosystem = _connected(rpc).network.ecosystem
        account = unlocked(self.account)
        transaction = ecosystem.create_transaction(sender=account.address, receiver=to, data=payload)
        try:
            return str(account.call(transaction).txn_hash)
        except (ApeException, Web3Exception):
            require_ether(rpc, self.address, (transaction.gas_limit or 0) * (transaction.max_fee or 0))
            raise

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


def _connected(rpc: Rpc) -> ProviderAPI:
    """What Ape is connected to, which is the chain of a suite.

    Raises:
        OtherNetwork: nothing, or another chain.
    """
    provider = networks.active_provider
    if provider is None:
        raise OtherNetwork(
            "Ape is not connected, and an account of Ape's sends by its network: connect Ape to the suite's chain, "
            'such as in `with ape.networks.parse_network_choice("ethereum:local:foundry"):`.'
        )
    chain = number("eth_chainId", rpc.ask("eth_chainId"))
    if provider.chain_id != chain:
        raise OtherNetwork(
            f"Ape is connected to chain {provider.chain_id}, and the suite is on chain {chain}: connect Ape to that."
        )
    return provider


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
