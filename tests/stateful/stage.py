# SPDX-License-Identifier: MIT
"""Where the machine plays: a suite with two tournaments, its actors and thousands of models, set up once.

Models that act lie where the words of the ledger meet: four in one group, and neighbours across the
edge of a page of 240 models, of the submitted and the compounding bitmap, and of a chunk (1,200). All others only make
the ids reach that far.
"""

import gc
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from boa.contracts.vyper.vyper_contract import VyperContract

from nmr.deploy.suite import Suite, SuiteParameters, TournamentParameters, deploy_suite
from nmr.protocol.reference import UNLIMITED, Bounds, Deployment, Limits, ReferenceSuite, Roles, Setup
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR, SUPPLY
from tests.stateful.chain import BoaDeployer, Chain
from tests.support import actors

START: Final = 1_700_000_000
HOUR: Final = 60
"""Seconds in an hour of the contracts' hard limits."""
LARGEST: Final = 2**256 - 1

LOOSE: Final = Bounds(
    max_primary=LARGEST,
    max_contribution=LARGEST,
    max_clip=LARGEST,
    min_threshold=10 * NMR,
    min_open=0,
    max_open=LARGEST,
    max_resolve=LARGEST,
    max_expiry=LARGEST,
    min_window=0,
)
"""Bounds that leave it to the hard limits."""
TIGHT: Final = Bounds(
    max_primary=20_000,
    max_contribution=10_000,
    max_clip=10**12 // 4,
    min_threshold=100 * NMR,
    min_open=3 * HOUR,
    max_open=100 * HOUR,
    max_resolve=100 * HOUR,
    max_expiry=300 * HOUR,
    min_window=25 * HOUR,
)


OPERATOR, DEPUTY, GUARDIAN, SUBMITTER, STRANGER, DEPLOYER = (
    actors.address(name) for name in ("operator", "deputy", "guardian", "submitter", "stranger", "deployer")
)
KEYS: Final = {
    actors.address(name): actors.account(name) for name in ("whale", "staker", "minnow", "submitter", "stranger")
}
STAKERS: Final = tuple(KEYS)[:3]
"""The whale has allowed its tournaments everything, the staker a part of what it holds, the minnow nothing."""
WHALE, STAKER, MINNOW = STAKERS
HOLDINGS: Final = {WHALE: 6_000_000 * NMR, STAKER: 500_000 * NMR, MINNOW: 3_000 * NMR}
ALLOWED: Final = {WHALE: UNLIMITED, STAKER: 20_000 * NMR}


@dataclass(frozen=True)
class Cast:
    """A tournament: its ring and first round, how many models it has, and which of them act."""

    ring: int
    first_round: int
    models: int
    acting: tuple[int, ...]
    min_stake: int = 5 * GWEI

    def owner(self, model: int) -> str:
        """Who registers a model."""
        return STAKERS[self.acting.index(model) % 3 if model in self.acting else 0]

    def submitter(self, model: int) -> str:
        """Whom the owner lets submit."""
        return SUBMITTER if model in self.acting and self.acting.index(model) % 5 else ZERO_ADDRESS


CASTS: Final = {
    # Its tags use all their bits.
    "classic": Cast(2, 65_301, 2_404, (0, 1, 2, 3, 239, 240, 255, 256, 1_199, 1_200, 1_202, 2_402)),
    "signals": Cast(3, 1, 1_204, (0, 1, 2, 3, 239, 240, 255, 256, 1_198, 1_199, 1_200, 1_203), NMR),
}
LIMITS: Final = Limits(5_000 * NMR, 9_000 * NMR, 3_000 * NMR)
POLICIES: Final = ((50, True), (20, False), (0, False), (60, True), (30, False))
"""Target in NMR and whether to compound, for the acting models in turn."""


@dataclass(frozen=True)
class Stage:
    """What every history starts from. The world is pickled: a copy is faster that way than any other."""

    chain: Chain
    suite: Suite
    world: bytes
    casts: Mapping[str, Cast]

    def contract(self, name: str) -> VyperContract:
        """A part of the suite."""
        return self.suite[name]


@cache
def stage() -> Stage:
    """The stage of a tournament's machine."""
    return set_up(Chain(START), CASTS)


def set_up(
    chain: Chain,
    casts: Mapping[str, Cast],
    delay: int = 0,
    proposers: tuple[str, ...] = (STRANGER,),
    executors: tuple[str, ...] = (STRANGER,),
) -> Stage:
    """Deploy, register the models, and give the acting ones something idle and a policy.

    Args:
        chain: where nothing of a suite is yet.
        casts: the tournaments by name.
        delay, proposers, executors: of the timelock; seconds, and addresses.
    """
    suite = deploy_suite(
        BoaDeployer(chain.env, DEPLOYER),
        SuiteParameters(
            delay=delay,
            proposers=proposers,
            executors=executors,
            holders=HOLDINGS,
            tournaments={
                name: TournamentParameters(
                    OPERATOR, GUARDIAN, cast.ring, cast.min_stake, LIMITS, LOOSE, cast.first_round
                )
                for name, cast in casts.items()
            },
            hour=HOUR,
        ),
    )
    for part in suite.parts.values():
        chain.collect(part.handle)
    world = _world(suite, casts)
    for name, cast in casts.items():
        tournament, reference = suite[name], world.tournaments[address(suite[name])]

        def call(function: str, *arguments: Any, sender: str, to: VyperContract = tournament, like: Any = reference):
            outcome = chain.call(to, function, *arguments, sender=sender)
            assert outcome.reason is None, f"{function}{arguments}: {outcome.reason}"
            getattr(like, function)(*arguments, sender=sender, now=chain.now)

        for staker, allowed in ALLOWED.items():
            call("approve", tournament.address, allowed, sender=staker, to=suite.numeraire, like=world.numeraire)
        for model in range(cast.models):
            call("register", f"{name} {model}", cast.submitter(model), sender=cast.owner(model))
        for index, model in enumerate(cast.acting):
            call("deposit", model, (100 + index) * NMR + index * GWEI, cast.owner(model), sender=WHALE)
            target, compound = POLICIES[index % len(POLICIES)]
            call("set_policy", model, target * NMR, compound, sender=cast.owner(model))
    world.log.events.clear()
    # The compiler leaves millions of objects that the collector need not look through again and again.
    gc.collect()
    gc.freeze()
    return Stage(chain, suite, pickle.dumps(world), casts)


def address(contract: VyperContract) -> str:
    """A contract's address as a plain string."""
    return str(contract.address)


def _world(suite: Suite, casts: Mapping[str, Cast]) -> ReferenceSuite:
    """The reference at the same addresses, from the arguments that the contracts were deployed with."""
    setups = {
        address(suite[name]): Setup(cast.ring, cast.first_round, cast.min_stake, HOUR) for name, cast in casts.items()
    }
    receivers, amounts = suite.parts["numeraire"].arguments
    assert sum(amounts) == SUPPLY
    return ReferenceSuite.deploy(
        Deployment(address(suite.numeraire), address(suite.treasury), setups),
        roles=Roles(address(suite.timelock), OPERATOR, GUARDIAN),
        bounds=LOOSE,
        distribution=dict(zip(receivers, amounts, strict=True)),
        limits=dict.fromkeys(setups, LIMITS),
        now=START,
    )
