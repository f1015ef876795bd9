# SPDX-License-Identifier: MIT
"""
A buyback whose owner is the plain account `owner`, and whose treasury that of the other unit tests.

The treasury holds $1,000,000 of a stablecoin with 6 decimals and allows it all to the buyback; the feed says $15.
"""

from types import SimpleNamespace

import pytest
from ape.utils import ZERO_ADDRESS

from nmr.protocol.reference.buyback import Programme
from nmr.text.amounts import NMR
from tests.support.programme import BUDGET, FEED_DECIMALS, FIFTEEN, programme

UNLIMITED = 2**256 - 1


@pytest.fixture(scope="session")
def filler(accounts, numeraire, staker):
    """Holds 100,000 NMR."""
    numeraire.transfer(accounts[14], 100_000 * NMR, sender=staker)
    return accounts[14]


@pytest.fixture(scope="session")
def make_buyback(project, deployer, treasury, numeraire, owner, guardian, filler):
    """
    Deploys a stablecoin, a feed and a buyback of a programme, its allowances given; tells them by name.

    `coin` takes the place of the stablecoin: whoever made it gave it to the treasury.
    """

    def make(
        terms: Programme | None = None, decimals: int = 6, coin=None, sequencer=ZERO_ADDRESS, **changes
    ) -> SimpleNamespace:
        terms = terms or programme(decimals, **changes)
        supply = BUDGET * 10**decimals
        coin = coin or deployer.deploy(project.Stablecoin, decimals, treasury, supply)
        feed = deployer.deploy(project.SettableFeed, ZERO_ADDRESS, FEED_DECIMALS, FIFTEEN)
        arguments = (numeraire, treasury, owner, guardian, coin, feed, sequencer, tuple(terms))
        buyback = deployer.deploy(project.Buyback, *arguments)
        treasury.allow(coin, buyback, supply, sender=owner)
        numeraire.approve(buyback, UNLIMITED, sender=filler)
        return SimpleNamespace(buyback=buyback, stablecoin=coin, feed=feed, terms=terms, unit=10**decimals)

    return make


@pytest.fixture(scope="session")
def scene(make_buyback):
    """The programme of `tests.support.programme`."""
    return make_buyback()


@pytest.fixture(scope="session")
def buyback(scene):
    return scene.buyback


@pytest.fixture(scope="session")
def stablecoin(scene):
    return scene.stablecoin


@pytest.fixture(scope="session")
def feed(scene):
    return scene.feed


@pytest.fixture(scope="session")
def burning(make_buyback):
    """A programme that burns what it buys."""
    return make_buyback(burns=True)


@pytest.fixture(scope="session", autouse=True)
def buyback_cast(scene, buyback, stablecoin, feed, burning, stranger, receiver):
    """Sets every fixture of the session up first, before snapshots are taken."""


@pytest.fixture
def kicked(buyback, stranger, chain):
    """The first lot, of $20,000, at $15; its start in unix seconds."""
    receipt = buyback.kick(sender=stranger)
    return receipt.timestamp


@pytest.fixture
def at(chain):
    """Lets the next block be at a moment."""

    def set_time(moment: int) -> None:
        chain.pending_timestamp = moment

    return set_time
