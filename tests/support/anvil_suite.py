# SPDX-License-Identifier: MIT
"""The suite of a devnet on an anvil, deployed from the builds of this package: without Ape, in a second."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eth_account.signers.local import LocalAccount

from nmr.chain.node import Node
from nmr.client.signers import load_account
from nmr.deploy.local import ACCOUNTS, GUARDIAN, local_parameters
from nmr.deploy.record import Record, write_record
from nmr.deploy.suite import SuiteParameters, deploy_suite
from nmr.text.addresses import ZERO_ADDRESS
from tests.support.evm_suite import EvmDeployer, Handle, record_of_handles
from tests.support.programme import BUDGET, DOLLAR, FEED_DECIMALS, FIFTEEN, PROGRAMME


class AnvilChain:
    """An anvil as `EvmDeployer` takes a chain."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def ask(self, method: str, *parameters: Any) -> Any:
        """The answer to one request."""
        # It takes no count without a block.
        return self.node.ask(method, *parameters, *["latest"] * (method == "eth_getTransactionCount"))

    def send(self, account: LocalAccount, to: str | None, data: bytes) -> dict[str, Any]:
        """Send a transaction of one of anvil's own accounts, and give its receipt."""
        wanted = {"from": account.address, "data": f"0x{data.hex()}", **({} if to is None else {"to": to})}
        transaction = self.ask("eth_sendTransaction", wanted)
        receipt: dict[str, Any] | None = None
        while receipt is None:
            receipt = self.ask("eth_getTransactionReceipt", transaction)
        assert receipt["status"] == "0x1", receipt
        return receipt


def local_accounts() -> list[LocalAccount]:
    """The accounts of a local chain, `TEST::0` first."""
    return [load_account(f"TEST::{i}", local=True) for i in range(ACCOUNTS)]


def deploy_on_anvil(node: Node, path: Path, decided: SuiteParameters | None = None, *, buyback: bool = False) -> Record:
    """Deploy a suite, that of a devnet if left out, with a buyback if wanted, and write its record."""
    accounts = local_accounts()
    deployer = EvmDeployer(AnvilChain(node), accounts[0])
    suite = deploy_suite(deployer, decided or local_parameters([account.address for account in accounts]))
    handles = {name: part.handle for name, part in suite.parts.items()}
    if buyback:
        handles |= _buyback(deployer, handles)
    record = record_of_handles(deployer, handles, node.number("eth_chainId"), "local")
    write_record(record, path)
    return record


def _buyback(deployer: EvmDeployer, handles: Mapping[str, Handle]) -> dict[str, Handle]:
    """A buyback of the treasury's, with a feed that says $15 until anyone sets it."""
    numeraire, treasury = handles["numeraire"].address, handles["treasury"].address
    guardian = local_accounts()[GUARDIAN].address
    coin = deployer.deploy("Stablecoin", (6, treasury, BUDGET * DOLLAR))
    feed = deployer.deploy("SettableFeed", (ZERO_ADDRESS, FEED_DECIMALS, FIFTEEN))
    roles = (handles["timelock"].address, guardian)
    arguments = (numeraire, treasury, *roles, coin.address, feed.address, ZERO_ADDRESS, tuple(PROGRAMME))
    return {"stablecoin": coin, "buyback-feed": feed, "buyback": deployer.deploy("Buyback", arguments)}
