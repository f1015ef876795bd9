# SPDX-License-Identifier: MIT
"""What belongs to whom, and what of it a call of somebody else must not touch."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from nmr.protocol.lanes import LANES_MASK, unpack
from nmr.text.amounts import GWEI, NMR
from tests.access import rules
from tests.access.rules import CALLERS, MORE_CALLERS
from tests.access.world import MODELS, World

CLIP: Final = 10
"""A round pays and burns a tenth of a stake at most."""
DEPOSITS: Final = frozenset({"deposit", "deposit_with_permit", "multicall"})
SPENDING: Final = frozenset({"transferFrom", "burnFrom"})


class Model(NamedTuple):
    """A model: whose it is and what is told to happen with its NMR; what it has, gwei."""

    owner: int
    submitter: int
    offered_to: int
    target: int
    compound: int
    idle: int
    position: int


class Belongings(NamedTuple):
    """Models by id; wallets by caller, wei; what the model owner has allowed the spender."""

    models: tuple[Model, ...]
    wallets: dict[str, int]
    allowance: int


def belongings(world: World) -> Belongings:
    """What everybody has, from storage."""
    token, book = world.chain.storage(world["Numeraire"]), world.chain.storage(world["Tournament"])
    token.forget_all()
    book.forget_all()
    idle, positions, targets = (
        unpack(book.word(book.slot(f"ledger.{name}")) & LANES_MASK) for name in ("idle", "positions", "targets")
    )
    compounding = book.get("ledger.compounding")
    models = tuple(
        Model(
            book.get("models.owner_of", model),
            book.get("models.submitter_of", model),
            book.get("models.offered_to", model),
            targets[model],
            compounding >> model & 1,
            idle[model],
            positions[model],
        )
        for model in MODELS
    )
    wallets = {caller: token.get("erc20.balanceOf", world.who[caller]) for caller in (*CALLERS, *MORE_CALLERS["Pool"])}
    allowance = token.get("erc20.allowance", world.who[rules.MODEL_OWNER], world.who[rules.SPENDER])
    return Belongings(models, wallets, allowance)


def offences(before: Belongings, after: Belongings, world: World, caller: str, function: str) -> Iterator[str]:
    """What a call did to what is not the caller's, other than what anybody may do for somebody else.

    Anybody may add to a model's idle out of his own wallet, enter it up to its policy, settle what is due, and spend
    what he was allowed to. Who was offered a model may accept it.
    """
    me = int(world.who[caller], 16)
    paid = before.wallets.get(caller, 0) - after.wallets.get(caller, 0)
    for model, (was, now) in enumerate(zip(before.models, after.models, strict=True)):
        if was.owner == me:
            continue
        if function == "accept_model" and was.offered_to == me:
            was = was._replace(owner=me, submitter=me, offered_to=0)
        if was[:5] != now[:5]:
            yield f"model {model} is directed otherwise: {was[:5]} became {now[:5]}"
        if not _is_service(function, was, now, paid):
            yield f"model {model} has {now.idle} idle and {now.position} at stake instead of {was.idle}, {was.position}"
    for holder, had in before.wallets.items():
        lost = had - after.wallets[holder]
        spent = before.allowance - after.allowance
        is_allowed = (holder, caller) == (rules.MODEL_OWNER, rules.SPENDER) and function in SPENDING and lost == spent
        # The tournament and the buyback, which are allowed everything, are no callers but of the token.
        is_contract = caller in (rules.TOURNAMENT, rules.BUYBACK) and function in SPENDING
        if holder != caller and lost > 0 and not is_allowed and not is_contract:
            yield f"{holder} has lost {lost} wei"


def _is_service(function: str, was: Model, now: Model, paid: int) -> bool:
    idle, position = now.idle - was.idle, now.position - was.position
    if function in DEPOSITS:
        return position == 0 and (idle == 0 or (idle == NMR // GWEI and paid == NMR))
    if function == "enter":
        return idle == -position <= 0 and now.position <= max(was.position, was.target)
    if function == "settle":
        return idle >= 0 and abs(idle + position) <= was.position // CLIP
    if function == "settle_expired":
        return idle == -position and now.position == min(was.position, was.target)
    return idle == position == 0
