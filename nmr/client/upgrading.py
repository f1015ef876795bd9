# SPDX-License-Identifier: MIT
"""A staker's models, moved from one tournament of a suite to another: contracts are immutable, and round ids end."""

from collections.abc import Sequence
from dataclasses import dataclass

from nmr.client.repeats import left_in_the_wallet
from nmr.client.session import Receipt
from nmr.client.stakes import CannotDo, ModelHolding
from nmr.client.staking import Staker
from nmr.protocol.reference.rounds import State
from nmr.text.selection import ALL, name_ids


@dataclass(frozen=True)
class Moved:
    """A model that moved.

    Attributes:
        label: of both models.
        old, new: their ids.
        amount: wei that moved now.
        locked: wei that stay until their rounds settle; the same command moves them then.
        in_wallet: wei that an earlier run withdrew in the last 24 hours and did not deposit, as if it was interrupted.
    """

    label: str
    old: int
    new: int
    amount: int
    locked: int
    in_wallet: int


def move_models(old: Staker, new: Staker, models: Sequence[int]) -> tuple[list[Moved], list[Receipt]]:
    """Move an account's models, as far as it goes: run it again when what is locked has settled.

    A model of the same label is registered in the new tournament, unless the account has one, with the policy and the
    submitter of the old. The old one's target becomes 0, so that all goes to idle as it settles; what can be left is
    left; what is idle is withdrawn and deposited for the new model.

    Args:
        old, new: the same account in both tournaments.
        models: in the old one.

    Raises:
        NoSuchModel: one was never registered.
        CannotDo: a model is somebody else's, or two have one label.
    """
    address = old.account.address
    holdings = old.holdings(models)
    others = [holding.model for holding in holdings if holding.owner != address]
    if others:
        raise CannotDo(f"{name_ids(others).capitalize()}: only the owner moves a model.")
    labels = [holding.lifetime.label for holding in holdings]
    if len(set(labels)) < len(labels):
        raise CannotDo("Two of the models have one label: move them by hand.")
    receipts: list[Receipt] = []
    ids = _registered(new, holdings, receipts)
    old_models = {holding.model: ids[holding.lifetime.label] for holding in holdings}
    in_wallet = left_in_the_wallet(old, new, old_models)

    draining = [holding.model for holding in holdings if holding.target]
    if draining:
        receipts += old.set_policy(draining, dict.fromkeys(draining, 0), False).receipts
    free = (State.OPEN, State.UNKNOWN)
    leaving = [holding.model for holding in holdings if any(stake.state in free for stake in holding.at_risk)]
    if leaving:
        receipts += old.leave(dict.fromkeys(leaving, ALL))[1].receipts
    idle = {model: ALL for model, wei in old.each("idle_of", list(old_models)).items() if wei}
    amounts: dict[int, int] = {}
    if idle:
        withdrawn = old.withdraw(idle, address)
        amounts = withdrawn.amounts
        receipts += withdrawn.receipts
        receipts += new.deposit({old_models[model]: wei for model, wei in amounts.items()}).receipts
    moved = [
        Moved(
            label=holding.lifetime.label,
            old=holding.model,
            new=old_models[holding.model],
            amount=amounts.get(holding.model, 0),
            locked=sum(stake.amount for stake in holding.at_risk if stake.state not in free),
            in_wallet=in_wallet.get(old_models[holding.model], 0),
        )
        for holding in holdings
    ]
    return moved, receipts


def _registered(new: Staker, holdings: Sequence[ModelHolding], receipts: list[Receipt]) -> dict[str, int]:
    """The ids of the account's models in the new tournament by label, each of which is there afterwards."""
    registered = new.events(("ModelRegistered",), new.session.latest)
    owners = new.each("owner_of", [event.args["model"] for event in registered])
    address = new.account.address
    ids = {event.args["label"]: event.args["model"] for event in registered if owners[event.args["model"]] == address}
    missing = [holding for holding in holdings if holding.lifetime.label not in ids]
    if missing:
        made, done = new.register([holding.lifetime.label for holding in missing], None)
        receipts += done.receipts
        ids |= {each.label: each.model for each in made}
        for compound in (False, True):
            chosen = [holding for holding in missing if holding.target and holding.compound == compound]
            targets = {ids[holding.lifetime.label]: holding.target for holding in chosen}
            if targets:
                receipts += new.set_policy(list(targets), targets, compound).receipts
        for submitter in sorted({holding.submitter for holding in missing} - {address}):
            theirs = [ids[holding.lifetime.label] for holding in missing if holding.submitter == submitter]
            receipts += new.set_submitter(theirs, submitter).receipts
    return ids
