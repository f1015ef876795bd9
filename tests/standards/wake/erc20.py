# SPDX-License-Identifier: MIT
"""Ackee's ERC-20 suite on Numeraire: `wake test erc20.py`, after `python -m tests.standards.prepare`."""

import json
from pathlib import Path
from typing import Annotated

from eth_utils import event_abi_to_log_topic, function_abi_to_4byte_selector
from wake.development import core
from wake.development.primitive_types import ValueRange
from wake.testing import default_chain
from wake.testing.fuzzing import flow
from wake_tests.erc20 import (
    ERC20Abi,
    ERC20Desirable,
    ERC20Fingerprint,
    ERC20FuzzTest,
    ERC20Minimal,
    ERC20Recommended,
)
from wake_tests.erc20.differential import ERC20DifferentialTest
from wake_tests.erc20.IERC20 import IERC20
from wake_tests.erc20.mock import ERC20Mock

TOKEN = json.loads((Path(__file__).parents[3] / ".build" / "standards" / "numeraire.json").read_text())
SUPPLY = TOKEN["supply"]
SHARE = SUPPLY // 10
Amount = Annotated[int, ValueRange(0, SHARE)]


def abi_of(entries):
    """An ABI as wake keeps it: by selector, topic or kind. Vyper names no internal types."""
    abi = {}
    for entry in entries:
        for argument in (*entry.get("inputs", ()), *entry.get("outputs", ())):
            argument["internalType"] = argument["type"]
        if entry["type"] == "function":
            abi[function_abi_to_4byte_selector(entry)] = entry
        elif entry["type"] == "event":
            abi[event_abi_to_log_topic(entry)] = entry
        else:
            abi[entry["type"]] = entry
    return abi


class Numeraire(core.Contract):
    """The token as wake wants it: what it would write itself from Solidity."""

    _abi = abi_of(TOKEN["abi"])
    _creation_code = TOKEN["creation_code"][2:]


for topic, entry in Numeraire._abi.items():
    if entry["type"] == "event":
        setattr(Numeraire, entry["name"], type(entry["name"], (), {"_abi": entry, "selector": topic}))

# wake decodes the logs by the suite's own interface.
core.events = {
    event.selector: {"": ("wake_tests.erc20.IERC20", ("IERC20", event.__name__))}
    for event in (IERC20.Transfer, IERC20.Approval)
}


def holder():
    """Who holds the whole supply at first: the last account, which no test of the suite uses."""
    return default_chain.accounts[-1]


def deploy():
    """A new token."""
    arguments = [[holder().address], [SUPPLY]]
    deployer, libraries = default_chain.accounts[0], {}
    return Numeraire._deploy("tx", arguments, False, Numeraire, deployer, 0, None, libraries, *[None] * 8)


class Hooks:
    """What the suite asks for. Nobody mints Numeraire, so what it calls minting is a transfer."""

    initial_supply = SUPPLY

    @classmethod
    def deploy_token(cls):
        cls.initial_balances = {holder(): SUPPLY}
        return deploy()

    def mint(self, to, amount):
        self.assert_transfer_succeeds(holder(), to, amount)


class TestAbi(Hooks, ERC20Abi):
    pass


class TestMinimal(Hooks, ERC20Minimal):
    pass


class TestRecommended(Hooks, ERC20Recommended):
    pass


class TestDesirable(Hooks, ERC20Desirable):
    pass


class TestFingerprint(Hooks, ERC20Fingerprint):
    pass


class Fuzz(ERC20FuzzTest):
    """The suite's fuzz test, with holders and amounts that can succeed, and its comparison of everything at the end."""

    changed = 0

    def pre_sequence(self):
        self.erc20_mock = ERC20Mock(SUPPLY, {holder(): SUPPLY})
        self.test_wrapper = ERC20DifferentialTest(self.erc20, self.erc20_mock)
        for account in default_chain.accounts[:-1]:
            self.test_wrapper.assert_transfer_succeeds(holder(), account, SHARE)

    @flow()
    def flow_approve(self, amount: Amount):
        super().flow_approve(amount)

    @flow()
    def flow_transfer(self, amount: Amount):
        super().flow_transfer(amount)

    @flow()
    def flow_transferFrom(self, amount: Amount):  # noqa: N802
        super().flow_transferFrom(amount)

    def post_sequence(self):
        self.changed += sum(balance != SHARE for balance in self.erc20_mock.balances.values())
        self.test_wrapper.assert_balances_match_expected()
        self.test_wrapper.assert_allowances_match_expected()
        self.test_wrapper.assert_total_supply_matches_expected()


@default_chain.connect()
def test_fuzz():
    fuzz = Fuzz(deploy())
    fuzz.run(sequences_count=20, flows_count=100)
    # Most of the ten balances of a sequence did change.
    assert fuzz.changed > 100
