# SPDX-License-Identifier: MIT
"""A suite with a buyback on the reference, and the node of `audit_scene` that serves its log and storage."""

import copy
from dataclasses import replace
from functools import cache
from typing import Any

from eth_utils.address import to_checksum_address

from nmr.deploy.record import PartRecord, Record, hash_of
from nmr.protocol.reference.buyback import PRICE, UNLIMITED, Answer, Buyback, Tokens
from nmr.text.amounts import NMR
from tests.library.audit.scene import BUYBACK, DEPLOYED, FakeNode, slots
from tests.support.example_suite import GUARDIAN, NUMERAIRE, OWNER, RIVAL, STAKER, TREASURY, ExampleSuite
from tests.support.programme import programme

STABLECOIN, FEED = (f"0xb{index:039x}" for index in range(2))
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
        self.codes[BUYBACK] = b"\xfe" * 40 + b"".join(
            (int(value, 16) if isinstance(value, str) else value).to_bytes(32, "big")
            for value in (NUMERAIRE, TREASURY, STABLECOIN, DECIMALS, FEED, *self.buyback.programme)
        )
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

    @property
    def record(self) -> Record:
        """The suite's with the buyback."""
        record = super().record
        names = {"token": NUMERAIRE, "treasury": TREASURY, "owner": OWNER, "guardian": GUARDIAN}
        arguments: dict[str, Any] = {
            name: to_checksum_address(address)
            for name, address in {**names, "stablecoin": STABLECOIN, "feed": FEED}.items()
        }
        arguments["programme"] = self.buyback.programme._asdict()
        part = PartRecord("Buyback", to_checksum_address(BUYBACK), DEPLOYED, 0, arguments, hash_of(self.codes[BUYBACK]))
        return replace(record, parts={**record.parts, "buyback": part})


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
