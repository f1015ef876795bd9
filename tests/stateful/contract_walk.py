# SPDX-License-Identifier: MIT
"""The walk of `tests/library/protocol/walk`, over the contracts and the reference at once."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from boa.contracts.vyper.vyper_contract import VyperContract
from eth_utils.address import to_checksum_address

from nmr.errors import Refused
from nmr.protocol.reference import Event, Limits
from tests.library.protocol.walk.page import HOUR
from tests.library.protocol.walk.walker import GUARDIANS, LOOSE, OPERATORS, OWNER, START, Walk
from tests.stateful.chain import CHAIN_ID, Chain, Outcome, compiled
from tests.stateful.lockstep import Lockstep
from tests.stateful.signatures import entries
from tests.stateful.stage import Cast
from tests.support import actors
from tests.support.example_suite import NUMERAIRE, TERMS_CHECK, TOURNAMENT, TREASURY
from tests.support.permits import numeraire_domain, sign_permit

KEYS = {
    actors.address(name).lower(): actors.account(name)
    for name in ("owner", "stranger", "submitter", "staker", "rival", "minnow")
}
LENS = actors.address("lens").lower()
STORAGE_EVERY, VIEWS_EVERY = 5, 25
"""Calls from one comparison of all words to the next, and of the views."""


class LowerLockstep(Lockstep):
    """A lockstep whose addresses are in lower case, as those of the walk."""

    holders = ()

    @staticmethod
    def spelled(contract: VyperContract) -> str:
        return str(contract.address).lower()

    @staticmethod
    def told(value: Any) -> Any:
        return lower(value)

    def _compare_events(self, found: Sequence[Event], expected: Sequence[Event]) -> None:
        super()._compare_events([lower(event) for event in found], expected)


class ContractWalk(Walk):
    """Contracts at the addresses of the reference; what one side does, the other has to do."""

    chain: Chain
    lockstep: LowerLockstep

    def set_up(self, limits: Limits) -> None:
        self.chain = Chain(START)
        held = self.suite.numeraire.balances.held

        def deploy(name: str, at: str, *arguments: Any) -> Any:
            return compiled(name).deploy(*arguments, env=self.chain.env, sender=OWNER, override_address=at)

        numeraire = deploy("Numeraire", NUMERAIRE, list(held), list(held.values()))
        treasury = deploy("Treasury", TREASURY, NUMERAIRE, OWNER, [TOURNAMENT], [tuple(limits)])
        deploy("TermsCheck", TERMS_CHECK, HOUR)
        tournament = deploy(
            "Tournament", TOURNAMENT, NUMERAIRE, TREASURY, TERMS_CHECK, OWNER, OPERATORS[0], GUARDIANS[0],
            self.ring, self.first_round, HOUR, self.min_stake * 10**9, tuple(LOOSE),
        )  # fmt: skip
        lens = deploy("Lens", LENS, NUMERAIRE, TREASURY)
        parts = {"classic": tournament, "treasury": treasury, "numeraire": numeraire}
        cast = Cast(self.ring, self.first_round, 0, tuple(self.models), self.min_stake * 10**9)
        stage: Any = SimpleNamespace(
            chain=self.chain,
            casts={"classic": cast, "treasury": cast},
            suite=SimpleNamespace(lens=lens),
            contract=lambda name: parts.get(name, treasury),
        )
        self.lockstep = LowerLockstep(stage, self.suite, "classic")

    def __getstate__(self) -> dict[str, Any]:
        # A copy is of the reference alone.
        return {name: value for name, value in vars(self).items() if name not in ("chain", "lockstep")}

    def send(self, name: str, *arguments: Any, sender: str, part: str = "tournament") -> Any:
        if "lockstep" not in vars(self):
            return super().send(name, *arguments, sender=sender, part=part)
        self.chain.now = self.now
        given = self.given(name, arguments, sender)
        outcome: Outcome = self.lockstep.call(name, *given, sender=sender, part=part, like=arguments)
        if name == "deposit_with_permit" and arguments[4] and outcome.reason is None:
            self.lockstep.nonces[sender] += 1
        if name == "register":
            # Not all models play.
            self.chain.forget_written()
        if self.calls and self.calls % STORAGE_EVERY == 0:
            self.lockstep.compare()
        if self.calls and self.calls % VIEWS_EVERY == 0:
            self.lockstep.compare_states()
            self.lockstep.compare_views(self.model(), self.some_round())
        if outcome.reason is not None:
            raise Refused(outcome.reason)
        return outcome.value

    def given(self, name: str, arguments: tuple[Any, ...], sender: str) -> tuple[Any, ...]:
        """What the contract takes, where that is something else."""
        if name == "deposit_with_permit":
            *first, allowance, valid = arguments
            if not valid:
                return (*first, allowance, self.now, 27, bytes(32), bytes(32))
            domain = numeraire_domain(CHAIN_ID, to_checksum_address(NUMERAIRE))
            signature = sign_permit(
                KEYS[sender], domain, owner=actors_of(sender), spender=to_checksum_address(TOURNAMENT), value=allowance,
                nonce=self.lockstep.nonces[sender], deadline=self.now,
            )  # fmt: skip
            return (*first, allowance, self.now, *signature)
        if name == "submit_signed":
            tournament, last = to_checksum_address(TOURNAMENT), self.tournament.last_opened
            return entries(*arguments, tournament=tournament, round_id=last, keys=KEYS), *arguments[1:]
        if name == "multicall":
            contract = self.lockstep.contracts["tournament"]
            [calls] = arguments
            return ([getattr(contract, each).prepare_calldata(*values.values()) for each, values in calls],)
        return tuple(tuple(each) if name in ("open_round", "set_bounds") and isinstance(each, tuple) else each
                     for each in arguments)  # fmt: skip


def actors_of(address: str) -> str:
    """An address of a key, as the wallet spells it."""
    return str(KEYS[address].address)


def lower(value: Any) -> Any:
    """A value with every address in lower case."""
    if isinstance(value, Event):
        return Event(value.name, {key: lower(each) for key, each in value.args.items()}, *value_place(value))
    if isinstance(value, tuple | list):
        return tuple(lower(each) for each in value)
    return value.lower() if isinstance(value, str) and value.startswith("0x") else value


def value_place(event: Event) -> tuple[int, int, int, str, str]:
    """Where an event is, with its emitter in lower case."""
    return event.block, event.timestamp, event.log_index, event.transaction, event.address.lower()
