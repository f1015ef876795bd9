# SPDX-License-Identifier: MIT
"""The audit on a chain that Ape reaches: how its log, storage and code are read, and who signs the report."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ape.api import AccountAPI, ProviderAPI
from ape.managers.project import LocalProject
from eth_utils.address import to_checksum_address
from web3 import HTTPProvider, Web3
from web3.exceptions import Web3RPCError
from web3.types import RPCEndpoint

from nmr.ape.command import NOT_THERE, UNFINISHED, Failure, print_table
from nmr.ape.project import SuiteNotFound
from nmr.ape.session import unlocked
from nmr.audit.chain import ChainReads, FoundLog, Header, RpcChain
from nmr.audit.checkpoint import Checkpoints
from nmr.audit.page import DISAGREEMENT_HEADINGS, compared_rows, disagreement_rows, verdict
from nmr.audit.report import Report
from nmr.audit.run import AUDITED, Abis, OtherChain, Progress, Unsettled, audit_suite
from nmr.chain.logs import RawLog
from nmr.chain.node import Node, NodeError, NodeUnreachable
from nmr.deploy.record import Record
from nmr.errors import NmrError

PATIENCE = 60.0
"""Seconds that one answer may take; the audit asks again after that."""
SHOWN = 20
"""Disagreements that are printed; a report lists more."""


class Unsigned(NmrError, RuntimeError):
    """An account that did not sign."""


@contextmanager
def node_failures() -> Iterator[None]:
    """What keeps an audit from its end, as a sentence and an exit code that is not that of a disagreement."""
    try:
        yield
    except NodeUnreachable as error:
        raise Failure(f"The node stopped answering: {error}", NOT_THERE) from error
    except NodeError as error:
        raise Failure(f"The node answers with an error: {error}", NOT_THERE) from error
    except OtherChain as error:
        raise Failure(str(error), NOT_THERE) from error
    except Unsettled as error:
        raise Failure(str(error), UNFINISHED) from error


class Web3Chain:
    """A chain through web3, one request at a time: for chains in this process, and nodes without HTTP."""

    def __init__(self, web3: Web3) -> None:
        self._web3 = web3

    def chain_id(self) -> int:
        """The chain's id."""
        return int(self._web3.eth.chain_id)

    def head(self) -> int:
        """The number of the latest block."""
        return int(self._web3.eth.block_number)

    def headers(self, numbers: Sequence[int]) -> list[Header]:
        """Blocks by their numbers."""
        blocks = [self._web3.eth.get_block(number) for number in numbers]
        return [Header(int(block["number"]), block["hash"].to_0x_hex(), int(block["timestamp"])) for block in blocks]

    def logs(self, addresses: Sequence[str], first: int, last: int) -> list[FoundLog]:
        """The logs of contracts in blocks `first` to `last`.

        Raises:
            NodeError: the node refuses the range.
        """
        wanted: Any = {"address": list(addresses), "fromBlock": first, "toBlock": last}
        try:
            found = self._web3.eth.get_logs(wanted)
        except Web3RPCError as error:
            raise NodeError("eth_getLogs", 0, str(error)) from error
        return [FoundLog(RawLog.of_web3(log), log["blockHash"].to_0x_hex()) for log in found]

    def codes(self, addresses: Sequence[str], block: int) -> list[bytes]:
        """The runtime code at addresses after a block."""
        return [bytes(self._web3.eth.get_code(to_checksum_address(address), block)) for address in addresses]

    def words(self, slots: Sequence[tuple[str, int]], block: int) -> list[int]:
        """The words in storage slots, each of an address, after a block."""
        # Past web3's own formatters, which the chain in this process does not understand for this method.
        ask = self._web3.manager.request_blocking
        method = RPCEndpoint("eth_getStorageAt")
        return [int(str(ask(method, [address, hex(slot), block])), 16) for address, slot in slots]

    def storage_roots(self, addresses: Sequence[str], block: int) -> list[str] | None:
        """None: the chain in this process gives no proofs."""
        return None


class ApeSigner:
    """An account of Ape's that signs reports."""

    def __init__(self, account: AccountAPI) -> None:
        self._account = account

    @property
    def address(self) -> str:
        """The account's address."""
        return str(self._account.address)

    def sign(self, text: str) -> bytes:
        """The signature of a text (EIP-191): 65 bytes.

        Raises:
            Unsigned: the account did not sign.
        """
        signature = unlocked(self._account).sign_message(text)
        if signature is None:
            raise Unsigned(f"The account {self.address} did not sign the report.")
        return bytes(signature.encode_rsv())


def audit_connected(
    sources: LocalProject,
    provider: ProviderAPI,
    record: Record,
    *,
    block: int | None = None,
    confirmations: int = 0,
    checkpoints: Checkpoints | None = None,
    progress: Progress | None = None,
) -> Report:
    """Audit a recorded suite on the connected chain, by a project that was compiled; see `audit_suite`."""
    return audit_suite(
        chain_of(provider, time.sleep),
        record,
        suite_abis(sources),
        builds=suite_builds(sources, record),
        block=block,
        confirmations=confirmations,
        checkpoints=checkpoints,
        progress=progress,
    )


def chain_of(provider: ProviderAPI, sleep: Callable[[float], None]) -> ChainReads:
    """The chain that Ape is connected to: by JSON-RPC in batches where its node speaks HTTP, or else through web3."""
    node = provider.web3.provider
    if isinstance(node, HTTPProvider):
        return RpcChain(Node(str(node.endpoint_uri), timeout=PATIENCE), sleep)
    return Web3Chain(provider.web3)


def suite_builds(project: LocalProject, record: Record) -> dict[str, bytes]:
    """The runtime code of a record's contracts as the project's sources give it, by the contracts' names.

    Raises:
        SuiteNotFound: the project lacks one of them.
    """
    builds = {}
    for name in {part.contract for part in record.parts.values()}:
        container = project.get_contract(name)
        if container is None:
            raise SuiteNotFound(f"This project has no contract {name}, which the record has.")
        builds[name] = bytes(container.contract_type.get_runtime_bytecode())
    return builds


def suite_abis(project: LocalProject) -> Abis:
    """The events of the contracts that keep books, as the project's sources have them."""
    contracts = {name: project.get_contract(name) for name in AUDITED}
    return {name: [event.model_dump() for event in each.contract_type.events] for name, each in contracts.items()}


def show_report(content: dict[str, Any]) -> None:
    """Print a report's content as tables: what was compared, and the first disagreements."""
    print_table(verdict(content), ("what was compared", "compared", "differ"), compared_rows(content))
    rows = disagreement_rows(content)
    if rows:
        title = "Disagreements" if len(rows) <= SHOWN else f"The first {SHOWN} disagreements"
        print_table(title, DISAGREEMENT_HEADINGS, rows[:SHOWN], left=len(DISAGREEMENT_HEADINGS))
