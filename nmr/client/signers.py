# SPDX-License-Identifier: MIT
"""Accounts that sign in this process: private keys, and encrypted files of them."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from getpass import getpass
from os import environ
from pathlib import Path
from typing import Any, Final

from nmr.chain.node import NodeError, Rpc, data, number, pending_or_latest
from nmr.client.session import Signature
from nmr.deploy.record import LOCAL_CHAINS
from nmr.errors import NmrError

TEST_MNEMONIC: Final = "test test test test test test test test test test test junk"
"""Whose accounts local chains fund: no secret."""
PASSPHRASE: Final = "NMR_PASSPHRASE"  # noqa: S105 - the name of a variable
"""The environment variable that has the passphrase of a key file."""

_TEST: Final = "TEST::"
_MARGIN: Final = 5
"""A transaction may use a fifth more gas than estimated: other transactions come first."""
_TIP: Final = 10**9
"""Wei of a gas for whoever builds the block, where the node does not say."""
_PATIENCE: Final = 600
"""Seconds that a transaction may wait for its block."""


class AccountError(NmrError, ValueError):
    """An account that cannot sign here."""


class NotMined(NmrError, RuntimeError):
    """A transaction that was sent, and is in no block yet."""


class KeySigner:
    """A private key, such as a `LocalAccount` of `eth_account`."""

    def __init__(
        self,
        account: Any,
        *,
        announce: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """
        Args:
            account: what has an `address`, `sign_transaction` and `sign_message`.
            announce: told the hash of each transaction before it is sent; until it is in a block the process may be
                stopped, and then somebody has to know what to look for.
            sleep: waits between two looks for the receipt.
        """
        self._account = account
        self._announce = announce
        self._sleep = sleep

    @property
    def address(self) -> str:
        """Its address."""
        return str(self._account.address)

    def send(self, rpc: Rpc, to: str, payload: bytes) -> str:
        """Sign and send a call, and wait until it is in a block.

        Raises:
            NotMined: it is in none after ten minutes.
            NodeError: the node does not take it.
        """
        call = {"from": self.address, "to": to, "data": data(payload)}
        chain_id = _ask(rpc, "eth_chainId")
        block = rpc.ask("eth_getBlockByNumber", "latest", False)
        base = number("eth_getBlockByNumber", block.get("baseFeePerGas", "0x0"))
        tip = self._tip(rpc)
        signed = self._account.sign_transaction(
            {
                "type": 2,
                "chainId": chain_id,
                "nonce": self._nonce(rpc),
                "to": to,
                "value": 0,
                "data": data(payload),
                "gas": self._gas(rpc, call, block),
                "maxPriorityFeePerGas": tip,
                "maxFeePerGas": 2 * base + tip,
            }
        )
        transaction = data(bytes(signed.hash))
        if chain_id not in LOCAL_CHAINS:
            self._announce(transaction)
        try:
            rpc.ask("eth_sendRawTransaction", data(bytes(signed.raw_transaction)))
        except NodeError:
            # A request that was made again, since its first answer was lost: the node has the transaction already.
            if rpc.ask("eth_getTransactionByHash", transaction) is None:
                raise
        self._wait(rpc, transaction)
        return transaction

    def sign_text(self, text: str) -> Signature | None:
        """The signature of a text (EIP-191)."""
        from eth_account.messages import encode_defunct

        return self._signature(encode_defunct(text=text))

    def sign_typed(self, message: Mapping[str, Any]) -> Signature | None:
        """The signature of an EIP-712 message."""
        from eth_account.messages import encode_typed_data

        return self._signature(encode_typed_data(full_message=dict(message)))

    def _signature(self, message: Any) -> Signature:
        signed = self._account.sign_message(message)
        return Signature(int(signed.v), int(signed.r).to_bytes(32, "big"), int(signed.s).to_bytes(32, "big"))

    def _nonce(self, rpc: Rpc) -> int:
        method = "eth_getTransactionCount"
        return number(method, pending_or_latest(lambda block: rpc.ask(method, self.address, block)))

    @staticmethod
    def _tip(rpc: Rpc) -> int:
        try:
            return _ask(rpc, "eth_maxPriorityFeePerGas")
        except NodeError:
            return _TIP

    @staticmethod
    def _gas(rpc: Rpc, call: Mapping[str, str], block: Mapping[str, Any]) -> int:
        estimate = _ask(rpc, "eth_estimateGas", call)
        limit = number("eth_getBlockByNumber", block.get("gasLimit", "0x0"))
        return max(estimate, min(estimate + estimate // _MARGIN, limit, 2**24))

    def _wait(self, rpc: Rpc, transaction: str) -> None:
        """Wait for the receipt, at first often and then every other second."""
        waited, pause = 0.0, 0.02
        while rpc.ask("eth_getTransactionReceipt", transaction) is None:
            if waited > _PATIENCE:
                raise NotMined(
                    f"Transaction {transaction} was sent, and is in no block after {_PATIENCE // 60} minutes."
                )
            self._sleep(pause)
            waited += pause
            pause = min(2.0, 2 * pause)


def load_account(name: str, *, local: bool, folders: tuple[Path, ...] = ()) -> Any:
    """The account of a name.

    Args:
        name: `TEST::4` and the like on a local chain; a key file of Ethereum (JSON, version 3); or the alias of a key
            file `<alias>.json` in one of the folders, such as Ape's.
        local: whether the chain is one for development.
        folders: where key files with an alias are.

    Raises:
        AccountError: there is none such, or its key stays closed.
    """
    from eth_account import Account

    if name.startswith(_TEST):
        index = name.removeprefix(_TEST)
        if not local:
            raise AccountError(f"{name} is an account that everybody has: it is for local chains.")
        if not (index.isascii() and index.isdigit() and len(index) < 4):
            raise AccountError(f"{name} is no test account: write TEST::0 to TEST::19.")
        Account.enable_unaudited_hdwallet_features()
        return Account.from_mnemonic(TEST_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
    paths = [Path(name), *(folder / f"{name}.json" for folder in folders)]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        raise AccountError(f"There is no account {name}: name a key file, or the alias of one.")
    try:
        keyfile = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise AccountError(f"{path} is no key file of Ethereum.") from None
    if not isinstance(keyfile, dict) or not {"crypto", "address"} <= {key.lower() for key in keyfile}:
        raise AccountError(f"{path} is no key file of Ethereum.")
    passphrase = _passphrase(path)
    try:
        return Account.from_key(Account.decrypt(keyfile, passphrase))
    except (ValueError, KeyError, TypeError):
        raise AccountError(f"{path} does not open with that passphrase.") from None


def _passphrase(path: Path) -> str:
    """A key file's passphrase, from `NMR_PASSPHRASE`, from where Ape looks for it, or typed at a terminal.

    Raises:
        AccountError: it comes from nowhere.
    """
    for variable in (PASSPHRASE, f"APE_ACCOUNTS_{path.stem}_PASSPHRASE"):
        if variable in environ:
            if not environ[variable]:
                raise AccountError(f"{variable} is empty: put the passphrase of {path} into it.")
            return environ[variable]
    if not sys.stdin.isatty():
        raise AccountError(f"{path} is locked: put its passphrase into {PASSPHRASE}.")
    return getpass(f"Passphrase of {path}: ")


def _ask(rpc: Rpc, method: str, *parameters: Any) -> int:
    return number(method, rpc.ask(method, *parameters))
