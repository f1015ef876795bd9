# SPDX-License-Identifier: MIT
"""What became of models' NMR over their whole life, from a tournament's log alone.

The log gives deposits, withdrawals and what every chunk paid and burned in sum; what a model won or lost follows from
the score words of each settlement. So the ledger of the models in question is played again: that of the reference
model, with every other lane left empty.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from nmr.errors import NmrError, Refused
from nmr.protocol import payout
from nmr.protocol.chunk_tree import decode
from nmr.protocol.commitments import Commitment
from nmr.protocol.lanes import LANES
from nmr.protocol.reference.events import Event
from nmr.protocol.reference.rounds import Terms
from nmr.protocol.reference.stakes import Stakes
from nmr.protocol.score_words import GROUP_SHIFT
from nmr.text.amounts import GWEI, to_gwei

EVENTS: Final = (
    "ModelRegistered",
    "PolicySet",
    "Deposited",
    "Withdrawn",
    "IdleMoved",
    "Staked",
    "Left",
    "Entered",
    "RoundOpened",
    "Submitted",
    "SubmittedSigned",
    "RoundLocked",
    "Settled",
    "SettledExpired",
)
"""The events of a tournament that a model's life is read from."""


class LogIncomplete(NmrError, RuntimeError):
    """A log that does not account for what it should."""


@dataclass
class Lifetime:
    """All that a model ever got and gave; wei.

    Attributes:
        label: its name for people.
        deposited: brought in from outside, to idle or straight to stake.
        received: moved in from other models' idle.
        given: moved to other models' idle.
        rewards: won in settled rounds.
        burns: lost in settled rounds.
        withdrawn: paid out.
    """

    label: str = ""
    deposited: int = 0
    received: int = 0
    given: int = 0
    rewards: int = 0
    burns: int = 0
    withdrawn: int = 0

    @property
    def left(self) -> int:
        """What has to be idle or at stake after all this."""
        return self.deposited + self.received - self.given + self.rewards - self.burns - self.withdrawn


def lifetimes(events: Iterable[Event], ring: int, min_stake: int, models: Collection[int]) -> dict[int, Lifetime]:
    """The lives of models, from the `EVENTS` of their tournament in the order of the chain.

    Args:
        events: of one tournament; events about other models alone may be missing.
        ring: how many rounds may be unresolved at once.
        min_stake: what every position is at least, wei.
        models: which models.

    Raises:
        LogIncomplete: an event that cannot follow what came before it.
    """
    lives = Lives(ring, min_stake, models)
    for event in events:
        lives.apply(event)
    return lives.lives


def stakes_at_lock(
    events: Iterable[Event], ring: int, min_stake: int, models: Collection[int], round_id: int
) -> dict[int, int]:
    """What models had at stake in a round when it was locked: model -> wei, for those that had a stake.

    Args:
        events: as `lifetimes` takes them.
        ring: how many rounds may be unresolved at once.
        min_stake: what every position is at least, wei.
        models: which models.
        round_id: the round.

    Raises:
        LogIncomplete: an event that cannot follow what came before it, or the round was never locked.
    """
    lives = Lives(ring, min_stake, models)
    for event in events:
        lives.apply(event)
        if event.name == "RoundLocked" and event.args["round"] == round_id:
            stakes = {model: lives.position(round_id, model) for model in models}
            return {model: stake for model, stake in stakes.items() if stake}
    raise LogIncomplete(f"The log does not tell that round {round_id} was locked.")


class Lives:
    """The ledger of some models, and what it came from so far: `apply` the `EVENTS` in the order of the chain.

    Attributes:
        lives: what each of the models got and gave so far.
        terms: of each round that was opened.
        rules: what each round that was locked pays by.
    """

    def __init__(self, ring: int, min_stake: int, models: Collection[int]) -> None:
        self.lives = {model: Lifetime() for model in models}
        self._handlers: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "ModelRegistered": self._registered,
            "PolicySet": self._policy_set,
            "Deposited": self._deposited,
            "Withdrawn": self._withdrawn,
            "IdleMoved": self._idle_moved,
            "Staked": self._staked,
            "Left": self._left,
            "Entered": self._entered,
            "RoundOpened": self._round_opened,
            "Submitted": self._submitted,
            "SubmittedSigned": self._submitted_signed,
            "RoundLocked": self._round_locked,
            "Settled": self._settled,
            "SettledExpired": self._settled_expired,
        }
        self._stakes = Stakes(ring, to_gwei(min_stake))
        self._stakes.make_room(max(models, default=0) + 1)
        self._groups = {model // LANES for model in models}
        self.terms: dict[int, Terms] = {}
        self.rules: dict[int, payout.Rule] = {}

    def apply(self, event: Event) -> None:
        """Apply the next event.

        Raises:
            LogIncomplete: it cannot follow what came before it.
        """
        try:
            self._handlers[event.name](event.args)
        except (KeyError, Refused) as error:
            raise LogIncomplete(
                f"The log lacks something before {event.name} in transaction {event.transaction}: {error}"
            ) from error

    def position(self, round_id: int, model: int) -> int:
        """What a model has at stake in a round that is not settled for it, wei."""
        return self._stakes.position(round_id, model) * GWEI

    def submitted(self, round_id: int, model: int) -> bool:
        """Whether a model submitted in a round; of the last 2 * ring rounds."""
        return self._stakes.submitted(round_id, model)

    def _registered(self, args: Mapping[str, Any]) -> None:
        if args["model"] in self.lives:
            self.lives[args["model"]].label = args["label"]

    def _policy_set(self, args: Mapping[str, Any]) -> None:
        if args["model"] in self.lives:
            self._stakes.target[args["model"]] = to_gwei(args["target"])
            self._stakes.compound[args["model"]] = args["compound"]

    def _deposited(self, args: Mapping[str, Any]) -> None:
        if args["model"] in self.lives:
            self._stakes.credit(args["model"], to_gwei(args["amount"]))
            self.lives[args["model"]].deposited += args["amount"]

    def _withdrawn(self, args: Mapping[str, Any]) -> None:
        if args["model"] in self.lives:
            self._stakes.debit(args["model"], to_gwei(args["amount"]))
            self.lives[args["model"]].withdrawn += args["amount"]

    def _idle_moved(self, args: Mapping[str, Any]) -> None:
        if args["source"] in self.lives:
            self._stakes.debit(args["source"], to_gwei(args["amount"]))
            self.lives[args["source"]].given += args["amount"]
        if args["destination"] in self.lives:
            self._stakes.credit(args["destination"], to_gwei(args["amount"]))
            self.lives[args["destination"]].received += args["amount"]

    def _staked(self, args: Mapping[str, Any]) -> None:
        if args["model"] in self.lives:
            self._stakes.stake(args["round"], args["model"], to_gwei(args["amount"]))
            self.lives[args["model"]].deposited += args["amount"]

    def _left(self, args: Mapping[str, Any]) -> None:
        if args["model"] in self.lives:
            self._stakes.leave(args["round"], args["model"], to_gwei(args["amount"]))

    def _entered(self, args: Mapping[str, Any]) -> None:
        self._stakes.enter(args["round"], [group for group in args["groups"] if group in self._groups])

    def _round_opened(self, args: Mapping[str, Any]) -> None:
        self.terms[args["round"]] = Terms.of(args["terms"])

    def _submitted(self, args: Mapping[str, Any]) -> None:
        self._stakes.submit(args["round"], [model for model in args["models"] if model in self.lives])

    def _submitted_signed(self, args: Mapping[str, Any]) -> None:
        models = [Commitment.of(commitment).model for commitment in args["commitments"]]
        self._stakes.submit(args["round"], [model for model in models if model in self.lives])

    def _round_locked(self, args: Mapping[str, Any]) -> None:
        terms = self.terms[args["round"]]
        self.rules[args["round"]] = payout.Rule(terms.primary, terms.contribution, args["factor"], args["clip"])

    def _settled(self, args: Mapping[str, Any]) -> None:
        round_id = args["round"]
        words = [word for word in decode(args["chunk"]) if word >> GROUP_SHIFT in self._groups]
        models = [
            model
            for group in {word >> GROUP_SHIFT for word in words}
            for model in range(LANES * group, LANES * (group + 1))
            if model in self.lives and self._stakes.position(round_id, model)
        ]
        before = {model: self._stakes.idle[model] + self._stakes.position(round_id, model) for model in models}
        self._stakes.settle(round_id, words, self.rules[round_id], args["successor"])
        for model in models:
            kept = self._stakes.position(args["successor"], model)
            change = self._stakes.idle[model] + kept - before[model]
            if change > 0:
                self.lives[model].rewards += change * GWEI
            else:
                self.lives[model].burns -= change * GWEI

    def _settled_expired(self, args: Mapping[str, Any]) -> None:
        words = [group << GROUP_SHIFT for group in args["groups"] if group in self._groups]
        self._stakes.settle(args["round"], words, payout.Rule(0, 0, 0, 0), args["successor"])
