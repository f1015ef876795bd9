# SPDX-License-Identifier: MIT
"""A pool on the small reference suite, its people, and the usual ways through its orders."""

from typing import Final

from nmr.protocol.reference import UNLIMITED, Deployment, Limits
from nmr.protocol.reference.pool import ALL
from nmr.protocol.reference.pool_books import Holding, PlaceBooks
from nmr.protocol.reference.pool_factory import PoolFactory
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR, RATIO
from tests.support.actors import address
from tests.support.example_suite import BOUNDS, OWNER, SEALED, STAKER, STRANGER, ExampleSuite

POOL, FACTORY, MANAGER, BACKER, OTHER = (address(name) for name in ("pool", "factory", "manager", "backer", "other"))
SCORE: Final = 10**8
"""1.0 as a score: at a multiplier of 1 and a clip of 100% it doubles a stake."""


class PoolScene(ExampleSuite):
    """A pool with a smallest stake of 1 NMR, so a floor of 20: its model is 1, beside one of STAKER's."""

    def __init__(self, *, ring: int = 2, first_round: int = 1, fee: int = 2_000, skin: int = 1_000) -> None:
        vast = Limits(3_000_000 * NMR, 3_000_000 * NMR, 3_000_000 * NMR)
        super().__init__(ring=ring, first_round=first_round, models=1, limits=vast)
        self.call("set_bounds", BOUNDS._replace(max_clip=RATIO), sender=OWNER)
        self.factory = PoolFactory(FACTORY, self.tournament)
        self.pool = self.factory.create(POOL, fee, skin, ZERO_ADDRESS, "pool", sender=MANAGER, now=self.now)
        for who in (MANAGER, BACKER, OTHER):
            self.world.numeraire.transfer(who, 500_000 * NMR, sender=STAKER, now=self.now)
            self.world.numeraire.approve(POOL, UNLIMITED, sender=who, now=self.now)

    # orders, in NMR

    def enter(self, who: str, nmr: int, number: int = 0) -> None:
        """Order shares for NMR."""
        self.pool.enter_order(number, nmr * NMR, sender=who, now=self.now)

    def leave(self, who: str, shares: int = ALL, number: int = 0) -> None:
        """Order shares out."""
        self.pool.exit_order(number, shares, sender=who, now=self.now)

    def block(self) -> None:
        """The next block."""
        self.now += 12

    def checkpoint(self, number: int = 0) -> None:
        """In the next block."""
        self.block()
        self.pool.checkpoint(number, sender=STRANGER, now=self.now)

    def fill(self, number: int = 0) -> None:
        """In the next block."""
        self.block()
        self.pool.fill(number, sender=STRANGER, now=self.now)

    def claim(self, who: str, number: int = 0) -> int:
        """What a claim pays, gwei."""
        return self.pool.claim(number, sender=who, now=self.now) // GWEI

    # rounds

    def open_at(self, number: int = 0) -> int:
        """Open rounds until one is open at a place, and return it."""
        while True:
            round_id = self.open(primary=10_000, contribution=0, clip=RATIO)
            if round_id % self.pool.ring == number:
                return round_id
            self.now = self.terms_of(round_id).locks_at
            self.lock(round_id)

    def resolve(self, round_id: int, score: float = 0) -> None:
        """Take a round to its end, with a score for the pool's model, and settle what is there."""
        if self.now < self.terms_of(round_id).locks_at:
            self.call("submit", [self.pool.model], [SEALED], sender=MANAGER)
        chunks = self.finalise(round_id, {self.pool.model: (round(score * SCORE), 0)})
        if self.tournament.staked(round_id):
            self.settle(round_id, chunks)

    def opened(self, manager: int = 100, backer: int = 0) -> int:
        """An epoch at place 0, with so many NMR of manager and backer; its round, which is open."""
        round_id = self.open_at()
        self.enter(MANAGER, manager)
        if backer:
            self.enter(BACKER, backer)
        self.fill()
        if backer:
            assert self.claim(BACKER) == 0
        return round_id

    # what there is

    @property
    def deployment(self) -> Deployment:
        """The suite with the factory of the pool."""
        return self.world.deployment._replace(factories={FACTORY: self.tournament.address})

    @property
    def place(self) -> PlaceBooks:
        """Place 0."""
        return self.pool.places[0]

    @property
    def value(self) -> int:
        """At stake at place 0, gwei."""
        return self.pool.value(0, self.now)

    def held(self, who: str) -> Holding:
        """Of a backer at place 0."""
        return self.pool.holding(0, who)
