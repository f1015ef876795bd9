# SPDX-License-Identifier: MIT
"""Accounts that sign in this process: private keys, and encrypted files of them."""

import json
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from getpass import getpass
from os import environ
from pathlib import Path
from typing import Any, Final

from nmr.chain.node import LATEST, NodeError, Rpc, data, number, pending_or_latest
from nmr.client.session import Signature, require_ether
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
_LOCAL_PATIENCE: Final = 4.0
"""Seconds on a local chain, which mines at once: an anvil under load drops what comes while it mines."""
_OFFERS: Final = 10
"""How often an insistent account offers a transaction: the last time for at least seven times as much."""
_RAISE: Final = 4
"""Each further offer is a quarter more."""
_UNDERPRICED: Final = re.compile("underpriced|less than block base fee", re.IGNORECASE)


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
        self._insistent = False
        self._patience: float = _PATIENCE

    @property
    def address(self) -> str:
        """Its address."""
        return str(self._account.address)

    def send(self, rpc: Rpc, to: str, payload: bytes) -> str:
        """Sign and send a call, and wait until it is in a block.

        Raises:
            NotMined: it is in none after ten minutes.
            NoEther: the account cannot pay for its gas.
            NodeError: the node does not take it.
        """
        call = {"from": self.address, "to": to, "data": data(payload)}
        chain_id = _ask(rpc, "eth_chainId")
        block = rpc.ask("eth_getBlockByNumber", LATEST, False)
        wanted: dict[str, Any] = {
            "type": 2,
            "chainId": chain_id,
            "nonce": self._nonce(rpc),
            "to": to,
            "value": 0,
            "data": data(payload),
            "gas": self._gas(rpc, call, block),
            **self._fees(rpc, block),
        }
        local = self._insistent and chain_id in LOCAL_CHAINS
        patience = min(self._patience, _LOCAL_PATIENCE) if local else self._patience
        sent: list[str] = []
        for _ in range(_OFFERS if self._insistent else 1):
            found = self._wait(rpc, sent, patience) if self._offer(rpc, wanted, sent) else None
            if found is not None:
                return found
            if self._insistent and _nonce_at(rpc, self.address, LATEST) > wanted["nonce"]:
                raise NotMined(f"Another transaction of {self.address} took the nonce of {sent[-1]}.")
            # A node takes a transaction in another's place for a tenth more of both.
            for name, fee in self._fees(rpc, rpc.ask("eth_getBlockByNumber", LATEST, False)).items():
                wanted[name] = max(fee, wanted[name] + wanted[name] // _RAISE + 1)
        raise NotMined(f"Transaction {sent[-1]} was sent, and is in no block after {self._patience // 60} minutes.")

    def insistent(self, patience: float = 60) -> "KeySigner":
        """The same account, whose transactions are sent again for more while they are in no block.

        It takes the first free nonce, so that a transaction that is stuck there is replaced. Nobody else may send for
        the account at the same time.

        Args:
            patience: seconds before a transaction is sent again; at most four on a local chain.
        """
        other = copy(self)
        other._insistent, other._patience = True, patience
        return other

    def _offer(self, rpc: Rpc, wanted: Mapping[str, Any], sent: list[str]) -> bool:
        """Sign a transaction and send it; False if the node wants more for it and the account is insistent."""
        signed = self._account.sign_transaction(dict(wanted))
        transaction = data(bytes(signed.hash))
        if wanted["chainId"] not in LOCAL_CHAINS:
            self._announce(transaction)
        sent.append(transaction)
        try:
            rpc.ask("eth_sendRawTransaction", data(bytes(signed.raw_transaction)))
        except NodeError as error:
            # A request that was made again, since its first answer was lost: the node has the transaction already.
            if rpc.ask("eth_getTransactionByHash", transaction) is None:
                if self._insistent and _UNDERPRICED.search(error.message):
                    return False
                require_ether(rpc, self.address, wanted["gas"] * wanted["maxFeePerGas"])
                raise
        return True

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
        if self._insistent:
            return _nonce_at(rpc, self.address, LATEST)
        return int(pending_or_latest(lambda block: _nonce_at(rpc, self.address, block)))

    def _fees(self, rpc: Rpc, block: Mapping[str, Any]) -> dict[str, int]:
        """What is offered for a unit of gas after a block, as a transaction has it."""
        tip = self._tip(rpc)
        base = number("eth_getBlockByNumber", block.get("baseFeePerGas", "0x0"))
        return {"maxPriorityFeePerGas": tip, "maxFeePerGas": 2 * base + tip}

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

    def _wait(self, rpc: Rpc, sent: Sequence[str], patience: float) -> str | None:
        """Wait for a receipt of one of these, at first often and then every other second; None if there is none."""
        waited, pause = 0.0, 0.02
        while True:
            for transaction in sent:
                if rpc.ask("eth_getTransactionReceipt", transaction) is not None:
                    return transaction
            if waited > patience:
                return None
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
            raise AccountError(f"{name} is no test account: write TEST:: and a number, such as TEST::4.")
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


def _nonce_at(rpc: Rpc, address: str, block: str) -> int:
    method = "eth_getTransactionCount"
    return number(method, rpc.ask(method, address, block))


def _ask(rpc: Rpc, method: str, *parameters: Any) -> int:
    return number(method, rpc.ask(method, *parameters))
