# SPDX-License-Identifier: MIT
"""A suite with a buyback on the reference, and the node of `audit_scene` that serves its log and storage."""

import copy
from functools import cache
from typing import Any

from eth_utils.address import to_checksum_address

from nmr.protocol.reference import Setup
from nmr.protocol.reference.buyback import PRICE, UNLIMITED, Answer, Buyback, Programme, Tokens
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from tests.library.audit.scene import BUYBACK, FakeNode, deployed, slots
from tests.support.evm_suite import MARKET, EvmSuite
from tests.support.example_suite import GUARDIAN, OWNER, RIVAL, STAKER, TREASURY, ExampleSuite, created
from tests.support.programme import programme

STABLECOIN, FEED = created(8), created(9)
DECIMALS = 6
DOLLAR = 10**DECIMALS
LOT = 20_000 * DOLLAR


class BuybackScene(ExampleSuite):
    """A programme beside the tournament; the treasury has $1,000,000 and allows $60,000 of it."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(models=0)
        coin = Tokens({TREASURY: 10**6 * DOLLAR}, {TREASURY: 3 * LOT})
        terms = programme(DECIMALS, **changes)
        self.buyback = Buyback(terms, DECIMALS, BUYBACK, TREASURY, OWNER, GUARDIAN, coin, Tokens())
        with self.world.log.transaction(self.now):
            self.world.log.emit(BUYBACK, "OwnershipTransferred", previous_owner=STAKER, new_owner=OWNER)
            self.world.log.emit(BUYBACK, "GuardianSet", guardian=GUARDIAN)
        self.world.treasury.allow(STABLECOIN, BUYBACK, 3 * LOT, sender=OWNER, now=self.now)

    def fresh(self, price: int = 15) -> Answer:
        """What a feed says that is up to date."""
        return Answer(price * PRICE, 18, self.now)

    def act(self, name: str, *args: Any) -> None:
        """Call the buyback in a transaction of its own."""
        with self.world.log.transaction(self.now):
            getattr(self.buyback, name)(*args)
            self._log()

    def kick(self) -> None:
        """Start a lot at $15."""
        self.act("kick", self.fresh(), self.now)

    def take(self, *amounts: int, gift: int = 0, price: int = 15) -> None:
        """Fill these amounts in one transaction, and give NMR away in between, while the feed says a price."""
        world, nmr = self.world, self.buyback.nmr
        nmr.held[STAKER] = nmr.allowed[STAKER] = UNLIMITED
        with world.log.transaction(self.now):
            for amount in amounts:
                _, owed = self.buyback.take(self.fresh(price), self.now, STAKER, amount, 0, RIVAL)
                self._log()
                if gift:
                    world.numeraire.transfer(TREASURY, gift, sender=STAKER, now=self.now)
                if self.buyback.programme.burns:
                    world.numeraire.burn(owed, sender=STAKER, now=self.now)
                else:
                    world.numeraire.transfer(TREASURY, owed, sender=STAKER, now=self.now)

    def _log(self) -> None:
        for name, fields in self.buyback.events:
            self.world.log.emit(BUYBACK, name, **fields)
        self.buyback.events.clear()


class BuybackNode(FakeNode):
    """A node whose suite has a buyback."""

    def __init__(self, scene: BuybackScene) -> None:
        self.buyback = scene.buyback
        super().__init__(scene.world)
        at, state = slots("Buyback"), self.buyback
        lot = state.lot
        words = {
            "owner": int(OWNER, 16),
            "paused": int(state.paused),
            "guardian": int(GUARDIAN, 16),
            "ended": int(state.ended),
            "word": lot.left | lot.reference << 96 | lot.started_at << 192 | lot.number << 232,
            "totals": state.total_paid | state.total_bought << 96,
        }
        self.storage.update({(BUYBACK, at[name]): word for name, word in words.items()})

    def _deployed(self, setup: Setup) -> EvmSuite:
        return with_buyback(setup, self.buyback.programme)

    def _eth_call(self, call: dict[str, str], _: str) -> str:
        return str(self.deployed.node.ask("eth_call", call))


@cache
def with_buyback(setup: Setup, terms: Programme) -> EvmSuite:
    """The suite with a buyback, on a chain of its own."""
    suite = deployed.__wrapped__(setup)
    coin = suite.deployer.deploy("Stablecoin", (DECIMALS, MARKET.address, 10**6 * DOLLAR))
    feed = suite.deployer.deploy("SettableFeed", (ZERO_ADDRESS, 8, 15 * 10**8))
    owner, guardian = suite["timelock"].address, to_checksum_address(GUARDIAN)
    tokens = suite["numeraire"].address, suite["treasury"].address
    arguments = (*tokens, owner, guardian, coin.address, feed.address, ZERO_ADDRESS, tuple(terms))
    suite.handles["buyback"] = suite.deployer.deploy("Buyback", arguments)
    return suite


@cache
def _history() -> BuybackScene:
    scene = BuybackScene()
    scene.kick()
    scene.wait(0.5)
    scene.take(5_000 * DOLLAR)
    scene.wait(0.5)
    scene.take(1, 3_000 * DOLLAR, gift=NMR)
    scene.wait(2)
    scene.kick()
    scene.wait(0.25)
    scene.act("pause", GUARDIAN)
    scene.act("unpause", OWNER)
    scene.wait(3)
    scene.kick()
    scene.wait(1)
    scene.take(LOT, price=14)
    scene.wait(2)
    scene.kick()
    return scene


def node_of_buyback() -> BuybackNode:
    """Four lots, one stopped and one sold out at a lower price; a node that a test may change."""
    return BuybackNode(copy.deepcopy(_history()))
