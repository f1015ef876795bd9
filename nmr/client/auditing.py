# SPDX-License-Identifier: MIT
"""The audit of a recorded suite through a node, by the builds of this package."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from nmr.audit.chain import RpcChain
from nmr.audit.checkpoint import Checkpoints
from nmr.audit.report import Report
from nmr.audit.run import AUDITED, Abis, Progress, audit_suite
from nmr.chain.builds import abi
from nmr.chain.node import Rpc
from nmr.client.session import Signer
from nmr.deploy.record import Record
from nmr.errors import NmrError


class Unsigned(NmrError, RuntimeError):
    """An account that did not sign."""


class ReportSigner:
    """An account that signs reports."""

    def __init__(self, account: Signer) -> None:
        self._account = account

    @property
    def address(self) -> str:
        """The account's address."""
        return self._account.address

    def sign_typed(self, message: Mapping[str, Any]) -> bytes:
        """The signature of typed data (EIP-712): 65 bytes.

        Raises:
            Unsigned: the account did not sign.
        """
        signature = self._account.sign_typed(message)
        if signature is None:
            raise Unsigned(f"The account {self.address} did not sign the report.")
        return signature.rsv


def audit_chain(
    rpc: Rpc,
    record: Record,
    *,
    block: int | None = None,
    block_hash: str | None = None,
    confirmations: int = 0,
    every_receipt: bool = False,
    checkpoints: Checkpoints | None = None,
    progress: Progress | None = None,
) -> Report:
    """Audit a recorded suite on the chain that a node serves; see `audit_suite`."""
    return audit_suite(
        RpcChain(rpc, time.sleep),
        record,
        suite_abis(),
        block=block,
        block_hash=block_hash,
        confirmations=confirmations,
        every_receipt=every_receipt,
        checkpoints=checkpoints,
        progress=progress,
    )


def suite_abis() -> Abis:
    """The events of the contracts that keep books, as this package has them."""
    return {name: _events(abi(name)) for name in AUDITED}


def _events(items: Iterable[Mapping[str, Any]]) -> list[Any]:
    return [item for item in items if item["type"] == "event"]
