# SPDX-License-Identifier: MIT
"""Where the machine of pools plays: two tournaments on one treasury with a buyback, each with two pools of one manager.

The models of a tournament's pools are in a group with two of other stakers, who can be in the way of a `stake`. The
buyback's filler is a backer, too, who can call pools in the midst of a fill.
"""

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from boa.contracts.vyper.vyper_contract import VyperContract
from boa.environment import Env

from nmr.audit.pools import pool_words
from nmr.protocol.reference import UNLIMITED, Deployment, ReferenceSuite
from nmr.protocol.reference.pool import Pool
from nmr.protocol.reference.pool_factory import PoolFactory
from nmr.protocol.replay import Replay
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR
from tests.stateful.chain import Chain, Outcome, compiled
from tests.stateful.lockstep import Lockstep, Slots
from tests.stateful.market_stage import MarketStage, open_market
from tests.stateful.stage import START, STRANGER, WHALE, Cast, set_up
from tests.support.actors import address

MANAGER, BUYER = map(address, ("manager", "buyer"))
"""Who runs all pools, and who buys the key to submit for one."""
JOINER, HOLDER, DUSTY, BORROWER = map(address, ("joiner", "holder", "dusty", "borrower"))
BACKERS: Final = (HOLDER, JOINER, DUSTY, BORROWER)
PEOPLE: Final = (MANAGER, *BACKERS, STRANGER)
"""Whose worth is looked at, beside the filler's, whose address only a stage tells."""
HELD: Final = 200_000 * NMR
"""What each of them holds in the beginning."""
TERMS: Final = ((2_000, 1_000), (3_000, 2_500))
"""Fee and skin of a tournament's pools."""
CASTS: Final = {
    # Its places come to where pools pay everybody out, eight turns before the last ids.
    "classic": Cast(2, 65_535 - 8 * 2 - 9, 6, (0, 1, 2, 3, 4, 5), NMR // 100),
    # The first round's tag is that of a word that was never written.
    "signals": Cast(3, 0, 6, (0, 1, 2, 3, 4, 5), NMR),
}

Pools = dict[str, list[Pool]]


@dataclass(frozen=True)
class PoolStage(MarketStage):
    """A stage with pools; `world` has them, too, by tournament."""

    pools: Mapping[str, Sequence[VyperContract]]


class PoolLockstep(Lockstep):
    """A tournament and its pools, on both sides."""

    def __init__(self, stage: PoolStage, world: ReferenceSuite, name: str, pools: Sequence[Pool]) -> None:
        super().__init__(stage, world, name)
        self.pools, self.pool_stage = list(pools), stage
        self.of_pool = {pool.address: contract for pool, contract in zip(pools, stage.pools[name], strict=True)}
        self.factory = str(stage.suite.factory(name).address)
        self.filler = str(stage.traded.filler.address)
        self.backers = (*BACKERS, self.filler)
        self.models = [*self.cast.acting, *(pool.model for pool in pools)]

    def logging(self) -> set[str]:
        """Addresses whose events both sides have."""
        return super().logging() | self.of_pool.keys()

    def call_pool(self, pool: Pool, function: str, *arguments: Any, sender: str) -> Outcome:
        """Call a pool on both sides; compare as `call` does."""
        return self.both(
            self.of_pool[pool.address],
            function,
            *arguments,
            sender=sender,
            reference=lambda: getattr(pool, function)(*arguments, sender=sender, now=self.chain.now),
        )

    def compare(self, forget: bool = True) -> None:
        """Compare every word, those of the pools too. Raises as of `Lockstep`."""
        for pool in self.pools:
            self._compare_pool(pool)
        super().compare(forget)

    def _compare_pool(self, pool: Pool) -> None:
        contract = self.of_pool[pool.address]
        storage = self.chain.storage(contract)
        slots: Slots = {word.slot: (word.what, word.value) for word in pool_words(pool.books)}
        for slot, (what, expected) in slots.items():
            if storage.word(slot) != expected:
                raise self.disagreement(f"pool of model {pool.model}: {what}", hex(storage.word(slot)), hex(expected))
        strange = self.chain.written(contract) - slots.keys()
        if any(storage.word(slot) for slot in strange):
            raise self.disagreement("pool: words that nobody should write", sorted(strange), [])

    def compare_pool_views(self, pool: Pool, number: int, who: str) -> None:
        """Compare what a pool says of a place, a holder there, and all that it owes."""
        now = self.chain.now
        expected = {
            ("credit",): pool.books.credit * GWEI,
            ("owed",): pool.books.owed * GWEI,
            ("place_view", number): pool.place_view(number, now),
            ("holding_view", number, who): pool.holding_view(number, who, now),
        }
        self._compare_answers(self.of_pool[pool.address], expected)

    def deployment(self) -> Deployment:
        """What a replay has to know."""
        return super().deployment()._replace(factories={self.factory: self.address["tournament"]})

    def compare_replay(self) -> Replay:
        """What the log alone rebuilds, beside the reference's books."""
        replayed = super().compare_replay()
        for pool in self.pools:
            assert replayed.pools[pool.address].books == pool.books, "the log tells all"
        return replayed


@cache
def pool_stage() -> PoolStage:
    """Deploy all of it, once."""
    chain = Chain(START)
    stage = set_up(chain, CASTS)
    opened, traded = open_market(stage)
    world: ReferenceSuite = pickle.loads(opened)
    people = (*PEOPLE, str(traded.filler.address))
    pools: Pools = {}
    handles = {}

    def call(contract: VyperContract, function: str, *arguments: Any, sender: str) -> Any:
        outcome = chain.call(contract, function, *arguments, sender=sender)
        assert outcome.reason is None, f"{function}{arguments}: {outcome.reason}"
        return outcome.value

    numeraire = stage.suite.numeraire
    for who in PEOPLE:
        call(numeraire, "transfer", who, HELD, sender=WHALE)
        world.numeraire.transfer(who, HELD, sender=WHALE, now=chain.now)
    for name in CASTS:
        maker = stage.suite.factory(name)
        factory = PoolFactory(str(maker.address), world.tournaments[str(stage.suite[name].address)])
        pools[name], handles[name] = [], []
        for number, (fee, skin) in enumerate(TERMS):
            terms = fee, skin, ZERO_ADDRESS, f"{name} pool {number}"
            at = str(call(maker, "create", *terms, sender=MANAGER))
            pools[name].append(factory.create(at, *terms, sender=MANAGER, now=chain.now))
            handles[name].append(_handle(chain.env, at))
            for who in people:
                call(numeraire, "approve", at, UNLIMITED, sender=who)
                world.numeraire.approve(at, UNLIMITED, sender=who, now=chain.now)
    world.log.events.clear()
    return PoolStage(chain, stage.suite, pickle.dumps((world, pools)), CASTS, traded, handles)


def _handle(env: Env, at: str) -> VyperContract:
    """Of a pool that the factory made."""
    contract = compiled("Pool").deploy(override_address=at, skip_initcode=True, env=env)
    env.register_contract(at, contract)
    return contract
