# SPDX-License-Identifier: MIT
"""The audit of a recorded suite through a node, by the builds of this package."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from nmr.audit.chain import RpcChain
from nmr.audit.checkpoint import Checkpoints
from nmr.audit.report import Report
from nmr.audit.run import AUDITED, Abis, Progress, audit_suite
from nmr.chain.builds import abi, build, names
from nmr.chain.node import Rpc
from nmr.client.session import Signer, SuiteNotFound
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

    def sign(self, text: str) -> bytes:
        """The signature of a text (EIP-191): 65 bytes.

        Raises:
            Unsigned: the account did not sign.
        """
        signature = self._account.sign_text(text)
        if signature is None:
            raise Unsigned(f"The account {self.address} did not sign the report.")
        return signature.rsv


def audit_chain(
    rpc: Rpc,
    record: Record,
    *,
    block: int | None = None,
    confirmations: int = 0,
    checkpoints: Checkpoints | None = None,
    progress: Progress | None = None,
) -> Report:
    """Audit a recorded suite on the chain that a node serves; see `audit_suite`."""
    return audit_suite(
        RpcChain(rpc, time.sleep),
        record,
        suite_abis(),
        builds=suite_builds(record),
        block=block,
        confirmations=confirmations,
        checkpoints=checkpoints,
        progress=progress,
    )


def suite_builds(record: Record) -> dict[str, bytes]:
    """The runtime code of a record's contracts as this package was built from the sources, by the contracts' names.

    Raises:
        SuiteNotFound: this package lacks one of them.
    """
    wanted = {part.contract for part in record.parts.values()}
    unknown = wanted - set(names())
    if unknown:
        raise SuiteNotFound(f"This package has no contract {min(unknown)}, which the record has.")
    return {name: build(name).runtime_code for name in wanted}


def suite_abis() -> Abis:
    """The events of the contracts that keep books, as this package has them."""
    return {name: _events(abi(name)) for name in AUDITED}


def _events(items: Iterable[Mapping[str, Any]]) -> list[Any]:
    return [item for item in items if item["type"] == "event"]
