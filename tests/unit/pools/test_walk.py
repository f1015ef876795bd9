# SPDX-License-Identifier: MIT
"""The walk over pools on contracts: every call goes to both sides, which agree to the bit, events and views too.

The contracts are of the bytecode that Ape has, so that planted faults are in it, and run on titanoboa, which is quick.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

import pytest
from ape import project
from boa.contracts.vyper.vyper_contract import VyperContract
from boa.environment import Env

from nmr.audit.pools import pool_words
from nmr.chain.blueprints import blueprint_creation
from nmr.protocol.reference import Deployment, Event, ReferenceSuite, Roles, Setup
from nmr.protocol.reference.pool import Pool
from nmr.protocol.reference.pool_rules import CAP
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI
from tests.library.protocol.pool_walk.walker import (
    BACKERS,
    BOUNDS,
    GUARDIAN,
    HOUR,
    LIMITS,
    MANAGER,
    OPERATOR,
    OWNER,
    START,
    Target,
    Total,
    Walk,
    holders,
)
from tests.stateful.chain import BoaDeployer, Chain, compiled
from tests.support.actors import address

DEPLOYER: Final = address("deployer")
UNTOLD: Final = frozenset({"Approval", "OwnershipTransferred", "RoleMinterChanged"})
SEEDS: Final = 4
STEPS: Final = 250


@cache
def the_chain() -> Chain:
    return Chain(START)


class ApesDeployer(BoaDeployer):
    """Deploys what Ape would."""

    def deploy(self, name: str, arguments: Sequence[Any]) -> VyperContract:
        """Deploy a contract and return titanoboa's handle."""
        code = getattr(project, name)(*arguments, sender=None).data
        at, _ = self._env.deploy(sender=self.address, bytecode=bytes(code))
        return handle(self._env, name, str(at))

    def declare(self, name: str) -> str:
        """Deploy the blueprint of a contract."""
        code = getattr(project, name).contract_type.deployment_bytecode.bytecode
        at, _ = self._env.deploy(sender=self.address, bytecode=blueprint_creation(bytes.fromhex(code[2:])))
        return str(at)


def handle(env: Env, name: str, at: str) -> VyperContract:
    """Of a contract that is there."""
    contract = compiled(name).deploy(override_address=at, skip_initcode=True, env=env)
    env.register_contract(at, contract)
    return contract


class PairedWalk(Walk):
    """A walk whose suite and pools are contracts as well; only the real cap is played."""

    chain: Chain
    parts: dict[str, VyperContract]

    def deploy_suite(self, setup: Setup) -> ReferenceSuite:
        self.cap = CAP
        chain = self.chain = the_chain()
        chain.now = self.now
        deployer = ApesDeployer(chain.env, DEPLOYER)
        first = deployer.nonce
        treasury, numeraire, tournament = (deployer.predict(first + step) for step in (0, 1, 3))
        distribution = holders(treasury)
        contracts = [
            deployer.deploy("Treasury", (numeraire, OWNER, [tournament], [tuple(LIMITS)])),
            deployer.deploy("Numeraire", (list(distribution), list(distribution.values()))),
            deployer.deploy("TermsCheck", (HOUR,)),
        ]
        arguments = (numeraire, treasury, contracts[2].address, OWNER, OPERATOR, GUARDIAN)
        fixed = (setup.ring, setup.first_round, setup.hour, setup.min_stake, tuple(BOUNDS))
        contracts.append(deployer.deploy("Tournament", (*arguments, *fixed)))
        self.parts = {str(contract.address): contract for contract in contracts}
        self.maker = deployer.deploy("PoolFactory", (tournament, deployer.declare("Pool")))
        chain.events.clear()
        return ReferenceSuite.deploy(
            Deployment(numeraire, treasury, {tournament: setup}),
            roles=Roles(OWNER, OPERATOR, GUARDIAN),
            bounds=BOUNDS,
            distribution=distribution,
            limits={tournament: LIMITS},
            now=self.now,
        )

    def deploy_pool(self, number: int, fee: int, skin: int) -> Pool:
        chain = self.chain
        done = chain.call(self.maker, "create", fee, skin, ZERO_ADDRESS, f"pool {number}", sender=MANAGER)
        assert done.reason is None
        at = str(done.value)
        self.parts[at] = handle(chain.env, "Pool", at)
        pool = self.create(at, number, fee, skin)
        told = [_plain(event) for event in done.events if event.name not in UNTOLD]
        assert told == [_plain(event) for event in self.suite.log.events], "the logs differ"
        return pool

    def factory_address(self) -> str:
        return str(self.maker.address)

    def make(self, target: Target, name: str, args: tuple[Any, ...], sender: str) -> str | None:
        chain = self.chain
        chain.now = self.now
        reason = super().make(target, name, args, sender)
        given = tuple(tuple(each) if isinstance(each, tuple) else each for each in args)
        done = chain.call(self.parts[target.address], name, *given, sender=sender)
        assert done.reason == reason, f"the contract says {done.reason!r}, the reference {reason!r}"
        told = [_plain(event) for event in done.events if event.name not in UNTOLD]
        assert told == [_plain(event) for event in self.suite.log.events], "the logs differ"
        if isinstance(target, Pool) and self.random.random() < 0.2:
            self.compare(target)
        chain.forget_written()
        return reason

    def compare(self, pool: Pool) -> None:
        """What the views of a pool say."""
        contract = self.parts[pool.address]

        def view(name: str, *args: Any) -> Any:
            return self.chain.view(contract, name, *args)

        assert view("credit") == pool.books.credit * GWEI
        assert view("owed") == pool.books.owed * GWEI
        storage = self.chain.storage(contract)
        for slot, what, value, _ in pool_words(pool.books):
            assert storage.word(slot) == value, what
        for number in range(self.ring):
            assert view("place_view", number) == pool.place_view(number, self.now)
            for who in (MANAGER, *BACKERS):
                assert view("holding_view", number, who) == pool.holding_view(number, who, self.now)


def _plain(event: Event) -> tuple[str, str, dict[str, Any]]:
    return event.address, event.name, {name: _flat(value) for name, value in event.args.items()}


def _flat(value: Any) -> Any:
    return tuple(_flat(each) for each in value) if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("seed", range(SEEDS))
def test_pool__walked_over_on_both_sides__agree(seed: int) -> None:
    chain = the_chain()
    with chain.anchor():
        PairedWalk(seed, Total()).go(STEPS)


# the caps, which no walk gets to: books and storage are set to just below them


class Edge:
    """A place of an open round, held by the manager alone, whose shares and mark can be set on both sides."""

    def __init__(self) -> None:
        # A ring of two, a smallest stake of 10**6 gwei, and ids that do not end.
        self.walk = PairedWalk(5, Total())
        self.pool = next(pool for pool in self.walk.pools if pool.rules.fee)
        while not self.walk.tournament.books.rounds.records:
            self.walk.round_step()
        self.number = self.walk.tournament.last_opened % self.walk.ring
        self.make("enter_order", self.number, 100 * self.pool.rules.floor * GWEI, sender=MANAGER)
        self.walk.now += 12
        self.make("fill", self.number)
        self.place = self.pool.places[self.number]
        self.value = self.pool.value(self.number, self.walk.now)

    def make(self, name: str, *args: Any, sender: str = BACKERS[0]) -> None:
        """Make a call on both sides, which agree and do not refuse."""
        assert self.walk.make(self.pool, name, args, sender) is None
        self.walk.compare(self.pool)

    def set(self, shares: int, mark: int) -> None:
        """Let the place have so many shares, all of the manager's, and this mark; in the books of the replay, too."""
        for place in (self.place, self.walk.replay.pools[self.pool.address].books.places[self.number]):
            place.shares = place.manager_shares = shares
            place.mark = mark
        contract, chain = self.walk.parts[self.pool.address], self.walk.chain
        for word in pool_words(self.pool.books):
            chain.env.evm.vm.state.set_storage(bytes.fromhex(self.pool.address[2:]), word.slot, word.value)
        chain.storage(contract).forget_all()


@pytest.fixture
def edge() -> Iterator[Edge]:
    with the_chain().anchor():
        yield Edge()


@pytest.mark.parametrize("beyond", [0, 1])
def test_fee__shares_come_to_the_cap_or_pass_it__are_minted_or_not(edge: Edge, beyond: int) -> None:
    mark = edge.value * 9 // 10
    fee = edge.pool.rules.fee * (edge.value - mark) // 10_000

    def after(shares: int) -> int:
        return shares + fee * shares // (edge.value - fee)

    near = CAP * (edge.value - fee) // edge.value
    shares = max(each for each in range(near - 4, near + 5) if after(each) <= CAP) + beyond
    edge.set(shares, mark)
    edge.make("checkpoint", edge.number)
    assert (edge.place.shares == shares) == bool(beyond)
    assert edge.place.shares <= CAP and edge.place.mark == edge.value


@pytest.mark.parametrize("beyond", [0, 1])
def test_entry__shares_come_to_the_cap_or_pass_it__is_taken_or_comes_back(edge: Edge, beyond: int) -> None:
    # An order of as much as is at stake doubles the shares.
    edge.set(CAP // 2 + beyond, edge.value)
    edge.make("enter_order", edge.number, edge.value * GWEI, sender=MANAGER)
    edge.walk.now += 12
    edge.make("fill", edge.number)
    assert edge.place.shares == (CAP // 2 + 1 if beyond else CAP)
    assert edge.pool.books.credit == (edge.value if beyond else 0)


@pytest.mark.parametrize("beyond", [0, 1])
def test_entry__mark_comes_to_the_cap_or_passes_it__is_taken_or_comes_back(edge: Edge, beyond: int) -> None:
    edge.set(10**20, CAP // 2 + beyond)
    edge.make("enter_order", edge.number, edge.value * GWEI, sender=MANAGER)
    edge.walk.now += 12
    edge.make("fill", edge.number)
    assert edge.place.mark == (CAP // 2 + 1 if beyond else CAP)
    assert edge.pool.books.credit == (edge.value if beyond else 0)
