# SPDX-License-Identifier: MIT
"""Accounts of Ape's that send for a suite: by the network that Ape is connected to, which has to be the suite's."""

import re

import pytest
from ape import networks

import nmr
from nmr.ape.rpc import rpc_of
from nmr.ape.signer import ApeSigner, OtherNetwork
from nmr.cli.command import REFUSED
from nmr.client.session import Session
from nmr.errors import ArgumentError
from nmr.text.amounts import format_nmr

TO = f"0x{'22' * 20}"


@pytest.fixture
def suite(local_deployment, local_suite, chain) -> nmr.Suite:
    return nmr.Suite(Session(local_deployment[1], rpc_of(chain.provider)))


def test_as__account_of_ape_in_its_signer__registers(suite, accounts):
    registered = suite.as_(ApeSigner(accounts[4])).register("ridge")
    assert registered.owner == accounts[4].address
    with pytest.raises(ArgumentError, match=r"nmr\.ape\.signer\.ApeSigner one of Ape's account$"):
        suite.as_(accounts[4])


def test_send__ape_is_not_connected__is_refused(suite, accounts, monkeypatch):
    me = suite.as_(ApeSigner(accounts[4]))
    monkeypatch.setattr(networks, "active_provider", None)
    with pytest.raises(OtherNetwork, match=r"^Ape is not connected, and .*: connect Ape to the suite's chain, such as"):
        me.register("ridge")


def test_send__ape_is_connected_to_another_chain__is_refused_and_nothing_sent(suite, accounts, chain):
    class Another:
        def ask(self, method: str) -> str:
            assert method == "eth_chainId"
            return "0x1"

    height, connected = chain.blocks.height, chain.provider.chain_id
    with pytest.raises(OtherNetwork) as refused:
        ApeSigner(accounts[4]).send(Another(), TO, b"")
    assert str(refused.value) == (
        f"Ape is connected to chain {connected}, and the suite is on chain 1: connect Ape to that."
    )
    assert chain.blocks.height == height


@pytest.mark.parametrize("balance", [0, 10**9])
def test_send__no_ether_for_gas__says_whose(live_devnet, accounts, balance):
    address = str(accounts[9].address)
    live_devnet.node.ask("anvil_setBalance", address, hex(balance))
    refused = live_devnet.run("stake", "register", "ridge", "--account", "TEST::9")
    assert (refused.returncode, refused.stdout) == (REFUSED, "")
    assert re.fullmatch(
        rf"Error: {address} has {format_nmr(balance)} ether, too little to pay for gas, which may cost "
        r"0\.0{0,6}[1-9]\d*: send ether to it first\.\n",
        refused.stderr,
    )
