# SPDX-License-Identifier: MIT
"""What a staker does: many models at a time, checked before anything is sent."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from nmr.chain.contracts import Contract
from nmr.chain.node import NodeError
from nmr.client.permits import Permit, sign_permit
from nmr.client.session import MAX_CALLS, Batch, MethodCall, Receipt, Reverts, Session, Signer
from nmr.client.stakes import CannotDo, OpenRound, StakesOnChain, with_label
from nmr.deploy.genuine import require_genuine
from nmr.errors import NmrError
from nmr.protocol.lanes import LANES
from nmr.protocol.lifetimes import LogIncomplete
from nmr.protocol.reference.rounds import NOTICE, State
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import format_nmr
from nmr.text.selection import ALL, MAX_LABEL, ModelName, are, is_unnameable, name_ids, total

MAX_ENTERED: Final = 256
"""Groups that one call of `enter` takes."""
MAX_SUBMITTED: Final = 128
"""Models that one call of `submit` takes."""
PERMIT_TIME: Final = 3_600
"""Seconds that a permit can be used."""

T = TypeVar("T")


class LabelError(NmrError, ValueError):
    """A label that a model cannot have."""


@dataclass(frozen=True)
class StakesChange:
    """What a command did.

    Attributes:
        receipts: of its transactions.
        amounts: wei by model, as the contract logged them.
        notes: what else a person wants to know.
        approved: wei that the tournament was allowed to take before, in the first of the transactions.
    """

    receipts: list[Receipt]
    amounts: dict[int, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    approved: int | None = None

    @property
    def transactions(self) -> list[str]:
        """The hashes of its transactions."""
        return [receipt.transaction for receipt in self.receipts]


@dataclass(frozen=True)
class Registered:
    """A new model."""

    model: int
    label: str
    owner: str
    submitter: str


@dataclass(frozen=True)
class Leaving:
    """Wei that a model took back from a round that was not locked."""

    model: int
    round: int
    amount: int


class Staker(StakesOnChain):
    """One account's dealings with the models of one tournament."""

    def __init__(self, session: Session, tournament: Contract, account: Signer) -> None:
        super().__init__(session, tournament)
        self.account = account

    def own(self, names: Sequence[ModelName]) -> list[int]:
        """The ids of models, labels looked up among the account's own. Raises as `ids` does."""
        return self.ids(names, self.account.address)

    def own_by_id(self, by_name: Mapping[ModelName, T]) -> dict[int, T]:
        """What stands by ids and labels, by ids alone, labels looked up as in `own`. Raises as `ids` does."""
        return self.by_id(by_name, self.account.address)

    # models

    def register(self, labels: Sequence[str], submitter: str | None) -> tuple[list[Registered], StakesChange]:
        """Register models. A note warns of each label that a model has already.

        Args:
            labels: of the models, for people.
            submitter: who may submit for them; None for the owner alone.

        Raises:
            LabelError: too long, empty or with something that no terminal shows.
        """
        for label in labels:
            require_label(label)
        chosen = submitter or ZERO_ADDRESS
        calls = [MethodCall(i, "register", (label, chosen)) for i, label in enumerate(labels)]
        notes = self._taken(labels)
        done = replace(self._send(calls, what="label"), notes=notes)
        registered = [
            Registered(*(event.args[name] for name in ("model", "label", "owner", "submitter")))
            for event in self.session.events(self.tournament, done.receipts, "ModelRegistered")
        ]
        return registered, done

    def set_submitter(self, models: Sequence[int], submitter: str | None) -> StakesChange:
        """Change who submits for models; None for the owner alone."""
        self.require_models(models)
        return self._send([MethodCall(model, "set_submitter", (model, submitter or ZERO_ADDRESS)) for model in models])

    def offer(self, models: Sequence[int], to: str | None) -> StakesChange:
        """Offer models to a new owner; None takes an offer back."""
        self.require_models(models)
        return self._send([MethodCall(model, "offer_model", (model, to or ZERO_ADDRESS)) for model in models])

    def accept(self, models: Sequence[int]) -> StakesChange:
        """Accept models that were offered."""
        self.require_models(models)
        return self._send([MethodCall(model, "accept_model", (model,)) for model in models])

    def set_policy(self, models: Sequence[int], targets: Mapping[int, int], compound: bool | None) -> StakesChange:
        """Say what happens to models' stakes when they settle; what is left out stays as it is.

        Args:
            models: which.
            targets: wei a round, by model.
            compound: whether all stays at stake; None leaves it, but a target of 0 ends it.
        """
        self.require_models(models)
        policies = self.each("policy_of", models) if compound is None or len(targets) < len(models) else {}
        calls = []
        for model in models:
            target = targets[model] if model in targets else policies[model][0]
            compounds = (policies[model][1] and target > 0) if compound is None else compound
            calls.append(MethodCall(model, "set_policy", (model, target, compounds)))
        return self._send(calls)

    # NMR in

    def deposit(self, amounts: Mapping[int, int], *, for_others: bool = False) -> StakesChange:
        """Deposit NMR of the account for models, in one transaction if it signs a permit.

        Args:
            amounts: wei by model.
            for_others: whether models may be somebody else's.

        Raises:
            CannotDo: a model is somebody else's, or the account holds too little.
        """
        self.require_models(list(amounts))
        if not for_others:
            self._require_own(
                list(amounts), "its owner alone can take the NMR out again. Add --for-others if it is meant."
            )
        needed = total(amounts)
        allowance = self._require_balance(needed)
        owners = self.each("owner_of", list(amounts))
        calls = [MethodCall(model, "deposit", (model, wei, owners[model])) for model, wei in amounts.items()]
        if allowance >= needed:
            return self._logged(self._send(calls), "Deposited")
        self._require_running()
        permit = self._permit(needed)
        if permit is None:
            return self._after_approval(calls, needed, "Deposited")
        return self._logged(self._send(_with_permit(calls, permit)), "Deposited")

    def stake_now(self, amounts: Mapping[int, int]) -> tuple[OpenRound, StakesChange]:
        """Bring NMR of the account straight into positions of the open round.

        Args:
            amounts: wei by model.

        Raises:
            CannotDo: no round is open, the account does not own a model or holds too little, or a position would end
                below MIN_STAKE, waits to be settled, or waits for a later round.
        """
        models = list(amounts)
        self.require_models(models)
        opened = self.open_round()
        needed = total(amounts)
        calls = [MethodCall(model, "stake", (model, wei)) for model, wei in amounts.items()]
        if self._require_balance(needed) >= needed:
            return opened, self._logged(self._send(calls), "Staked")
        # What the contract would check only after it was paid.
        self._require_running()
        self._require_own(models, "only the owner stakes on it.")
        held = self._held_elsewhere(opened.id, sorted({model // LANES for model in models}))
        for round_id in sorted(set(held.values())):
            stuck = [model for model in models if held.get(model // LANES) == round_id]
            raise CannotDo(f"{name_ids(stuck).capitalize()}: {_elsewhere(opened.id, round_id)}")
        positions = self.positions(opened.id, models)
        small = [model for model in models if positions[model] + amounts[model] < self.min_stake]
        if small:
            raise CannotDo(
                f"{name_ids(small).capitalize()}: the position would end below {format_nmr(self.min_stake)} NMR, "
                "what every position is at least."
            )
        self._require_genuine()
        return opened, self._after_approval(calls, needed, "Staked")

    def enter(self, groups: Sequence[int], *, skip: bool) -> tuple[OpenRound, StakesChange]:
        """Raise positions in the open round to their targets, out of idle; anyone may.

        Args:
            groups: of models.
            skip: whether groups that wait to be settled are left out instead of refused.

        Raises:
            CannotDo: no round is open, or nothing would move.
        """
        self.require_models([LANES * group for group in groups])
        self._require_running()
        opened = self.open_round()
        held = self._held_elsewhere(opened.id, groups)
        notes = []
        for round_id in sorted(set(held.values())):
            stuck = [group for group in groups if held.get(group) == round_id]
            notes.append(f"{name_ids(stuck, 'group').capitalize()}: {_elsewhere(opened.id, round_id)}")
        if notes and not skip:
            raise CannotDo(notes[0])
        moving = self._moving(opened, [group for group in groups if group not in held])
        moved = sorted({model // LANES for model in moving})
        if not moved:
            raise CannotDo(
                " ".join(["Nothing to enter: no idle NMR is below its target, or it is too little.", *notes])
            )
        before = self._at_stake(opened.id, moving)
        batches = []
        for start in range(0, len(moved), MAX_ENTERED):
            part = moved[start : start + MAX_ENTERED]
            alone = tuple(MethodCall(group, "enter", ([group],)) for group in part)
            batches.append(Batch("enter", (part,), alone))
        receipts = self.session.send_batches(self.tournament, batches, sender=self.account, what="group")
        after = self._at_stake(opened.id, moving)
        amounts = {model: after[model] - before[model] for model in moving}
        return opened, StakesChange(receipts, amounts, tuple(notes))

    # NMR out

    def leave(self, amounts: Mapping[int, int], round_id: int | None = None) -> tuple[list[Leaving], StakesChange]:
        """Take stakes back to idle from rounds that are open, or not opened yet.

        Args:
            amounts: wei by model, or `ALL`. What would stay below MIN_STAKE leaves, too.
            round_id: from which round; None for all that a model can leave, which is one where an amount is given.

        Raises:
            NoSuchModel, Reverts: a model is unknown or somebody else's, or the round is locked or void.
            CannotDo: a model can leave no round, or several.
        """
        self.require_models(list(amounts))
        rounds = {model: [round_id] for model in amounts} if round_id is not None else self._can_leave(list(amounts))
        several = [model for model, amount in amounts.items() if amount != ALL and len(rounds[model]) > 1]
        if several:
            names = ", ".join(map(str, rounds[several[0]]))
            raise CannotDo(f"Model {several[0]} can leave the rounds {names}: name one with --round.")
        calls = [
            MethodCall(model, "leave", (model, each, amount))
            for model, amount in amounts.items()
            for each in rounds[model]
        ]
        done = self._send(calls)
        logged = self.session.events(self.tournament, done.receipts, "Left")
        left = [Leaving(event.args["model"], event.args["round"], event.args["amount"]) for event in logged]
        small = [each.model for each in left if amounts[each.model] not in (ALL, each.amount)]
        notes = (
            [f"{name_ids(small).capitalize()}: what would have stayed was too little, and left, too."] if small else []
        )
        return left, self._logged(done, "Left", notes=notes)

    def move(self, amounts: Mapping[int, int], destination: int) -> StakesChange:
        """Move idle NMR of models to another model of the same owner.

        Args:
            amounts: wei by model, or `ALL`.
            destination: where to.
        """
        self.require_models([*amounts, destination])
        amounts, notes = self._without_empty(amounts)
        calls = [MethodCall(model, "move_idle", (model, destination, amount)) for model, amount in amounts.items()]
        return self._logged(self._send(calls), "IdleMoved", by="source", notes=notes)

    def withdraw(self, amounts: Mapping[int, int], receiver: str) -> StakesChange:
        """Pay idle NMR out.

        Args:
            amounts: wei by model, or `ALL`.
            receiver: who gets it.
        """
        self.require_models(list(amounts))
        amounts, notes = self._without_empty(amounts)
        calls = [MethodCall(model, "withdraw", (model, amount, receiver)) for model, amount in amounts.items()]
        return self._logged(self._send(calls), "Withdrawn", notes=notes)

    # submissions

    def submit(self, opened: OpenRound, hashes: Mapping[int, bytes], deliver: Callable[[], None]) -> StakesChange:
        """Commit to models' files for the open round, given the hash of each.

        Args:
            opened: the round, as `open_round` says.
            hashes: by model.
            deliver: puts the files where they will be looked for; called when nothing speaks against the commitments,
                and before they are sent.

        Raises:
            NoSuchModel, Reverts: a model is unknown, or is not the sender's to submit for.
            CannotDo: the round locks before the next block.
        """
        models = list(hashes)
        self.require_models(models)
        left = opened.locks_at - self.session.now
        if left <= self.session.block_time:
            raise CannotDo(f"Round {opened.id} locks in {left} s, before the next block: too late.")
        batches = []
        for start in range(0, len(models), MAX_SUBMITTED):
            part = models[start : start + MAX_SUBMITTED]
            alone = tuple(MethodCall(model, "submit", ([model], [hashes[model]])) for model in part)
            batches.append(Batch("submit", (part, [hashes[model] for model in part]), alone))
        self.session.try_batches(self.tournament, batches, sender=self.account.address)
        deliver()
        return StakesChange(self.session.send_batches(self.tournament, batches, sender=self.account))

    # internal

    @property
    def _token(self) -> Contract:
        return self.session.only("Numeraire")

    def _taken(self, labels: Sequence[str]) -> tuple[str, ...]:
        """A note about each label that is not new."""
        try:
            known = self.labels()
        except (LogIncomplete, NodeError):
            return ("The node's log does not tell whether a label is taken.",)
        notes = []
        for label in dict.fromkeys(labels):
            models = with_label(known, label)
            if models:
                has = "has" if len(models) == 1 else "have"
                taken = f"{name_ids(models).capitalize()} {has} the label {label!r} already"
                notes.append(f"{taken}: others have to name your model by its id.")
            elif list(labels).count(label) > 1:
                notes.append(f"Several new models have the label {label!r}: name them by their ids.")
        return tuple(notes)

    def _send(self, calls: Sequence[MethodCall], what: str = "model") -> StakesChange:
        return StakesChange(self.session.send_all(self.tournament, calls, sender=self.account, what=what))

    def _logged(self, done: StakesChange, event: str, *, by: str = "model", notes: Sequence[str] = ()) -> StakesChange:
        """What was done, with the amounts that the contract logged."""
        amounts: defaultdict[int, int] = defaultdict(int)
        for logged in self.session.events(self.tournament, done.receipts, event):
            amounts[logged.args[by]] += logged.args["amount"]
        return StakesChange(done.receipts, dict(amounts), tuple(notes))

    def _require_running(self) -> None:
        """Refuse what a pause stops, before anything is approved or read for it."""
        if self.session.read_many(self.tournament, [("paused",)])[0]:
            raise Reverts("roles: paused")

    def _require_own(self, models: Sequence[int], why: str) -> None:
        owners = self.each("owner_of", models)
        others = [model for model in models if owners[model] != self.account.address]
        if others:
            raise CannotDo(f"{name_ids(others).capitalize()} {are(others)} somebody else's: {why}")

    def _require_balance(self, needed: int) -> int:
        """Refuse more NMR than the account holds, and return what the tournament may take of it already."""
        token, account = self._token, self.account.address
        calls = [("balanceOf", account), ("allowance", account, self.tournament.address)]
        balance, allowance = self.session.read_many(token, calls)
        if balance < needed:
            raise CannotDo(f"The account holds {format_nmr(balance)} NMR, and {format_nmr(needed)} are needed.")
        return int(allowance)

    def _require_genuine(self) -> None:
        """Refuse a suite that is not what its record claims, before the tournament is allowed to take anything."""
        require_genuine(self.session.rpc, self.session.record, self.tournament.address)

    def _permit(self, amount: int) -> Permit | None:
        self._require_genuine()
        deadline = self.session.now + PERMIT_TIME
        return sign_permit(self.session, self.account, self.tournament.address, amount, deadline)

    def _after_approval(self, calls: Sequence[MethodCall], needed: int, event: str) -> StakesChange:
        """Let the tournament take exactly so much as is needed, and then do what needs it."""
        approval = self.session.send(self._token, "approve", self.tournament.address, needed, sender=self.account)
        done = self._logged(self._send(calls), event)
        return replace(done, receipts=[approval, *done.receipts], approved=needed)

    def _without_empty(self, amounts: Mapping[int, int]) -> tuple[dict[int, int], tuple[str, ...]]:
        """The amounts without models that should give all and have nothing; refuse what a model does not have."""
        idle = self.each("idle_of", list(amounts))
        empty = [model for model, amount in amounts.items() if amount == ALL and not idle[model]]
        if len(empty) == len(amounts):
            raise CannotDo(f"Nothing is idle in {name_ids(empty)}.")
        notes = (f"Nothing is idle in {name_ids(empty)}.",) if empty else ()
        short = [model for model, amount in amounts.items() if amount != ALL and amount > idle[model]]
        if len(short) == 1:
            raise CannotDo(f"Model {short[0]} has {format_nmr(idle[short[0]])} NMR idle, less than that.")
        return {model: amount for model, amount in amounts.items() if model not in empty}, notes

    def _can_leave(self, models: Sequence[int]) -> dict[int, list[int]]:
        """The rounds that each model has stakes in and can leave: open ones, and those that are not opened yet."""
        stakes = self.each("stakes_of", models)
        rounds = sorted({stake[0] for each in stakes.values() for stake in each})
        states = self.session.read_many(self.tournament, [("state", round_id) for round_id in rounds])
        free = {
            round_id for round_id, state in zip(rounds, states, strict=True) if state in (State.UNKNOWN, State.OPEN)
        }
        found = {model: sorted(stake[0] for stake in each if stake[0] in free) for model, each in stakes.items()}
        stuck = [model for model, each in found.items() if not each]
        if stuck:
            raise CannotDo(
                f"{name_ids(stuck).capitalize()}: no stake waits for a round or is in the open one. What is locked "
                "stays until its round settles, and with a target of 0 all goes to idle then."
            )
        return found


def require_label(label: str) -> None:
    """Refuse what no model can be called.

    Raises:
        LabelError: too long, empty, with something that no terminal shows, or not to be told from ids and lists.
    """
    if not label.strip() or not label.isprintable():
        raise LabelError(f"{label!r} is no label: write some printable characters.")
    if is_unnameable(label):
        raise LabelError(
            f"The label {label!r} could not be typed for its model: begin and end without a space, use no comma and no "
            "equals sign, and nothing like an id."
        )
    if len(label.encode()) > MAX_LABEL:
        raise LabelError(f"The label {label!r} has {len(label.encode())} bytes, and {MAX_LABEL} is the most.")


def _with_permit(deposits: Sequence[MethodCall], permit: Permit) -> list[MethodCall]:
    """Deposits, the first of each transaction with the permit: once used, it falls through to what it allowed."""
    signature = (permit.value, permit.deadline, permit.v, permit.r, permit.s)
    return [
        MethodCall(call.about, "deposit_with_permit", (*call.arguments, *signature)) if i % MAX_CALLS == 0 else call
        for i, call in enumerate(deposits)
    ]


def _elsewhere(opened: int, held: int) -> str:
    """Why a group that has stakes of another round of the place can neither stake nor enter."""
    if held < opened:
        return f"round {held} of the same place waits to be settled: resolve it first."
    hours = "hour" if NOTICE == 1 else f"{NOTICE} hours"
    return (
        f"the stakes were settled in the last {hours} before round {opened} locks and wait for round {held}: the group "
        f"can neither stake nor enter round {opened}."
    )
