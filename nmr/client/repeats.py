# SPDX-License-Identifier: MIT
"""What an account did lately, so that a command that is typed again goes on where it ended and pays nobody twice.

The rule: what the log has of the last 24 hours, with the same model and the same amount, is not done again. It reads
the chain alone, so it holds as well after a kill, for a lost answer, and on another computer.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from nmr.chain.contracts import Contract
from nmr.chain.logs import decode_logs, read_logs, topic_of
from nmr.chain.node import LATEST, number, pending_or_latest
from nmr.client.session import Session
from nmr.client.stakes import CannotDo
from nmr.client.staking import Staker, StakesChange
from nmr.protocol.reference.events import Event
from nmr.text.selection import name_ids
from nmr.tvl.series import block_at

HOURS: Final = 24
"""For how long a command does not do the same again."""
AGAIN: Final = "--again"
"""The option that does it all the same."""


@dataclass(frozen=True)
class Left:
    """What is left to do of a command that may have been typed before.

    Attributes:
        amounts: wei by model.
        notes: a sentence about what is left out, if anything is.
    """

    amounts: dict[int, int]
    notes: tuple[str, ...] = ()

    def of(self, done: StakesChange) -> StakesChange:
        """What was done of it, with these notes."""
        return replace(done, notes=(*self.notes, *done.notes))


def left_to_deposit(staker: Staker, amounts: Mapping[int, int]) -> Left:
    """The deposits that the account did not make lately; `CannotDo` if there is none."""
    return _left(staker, amounts, "Deposited", "model", None, staker.account.address)


def left_to_stake(staker: Staker, amounts: Mapping[int, int]) -> Left:
    """The stakes in the open round that were not brought there lately; `CannotDo` if there is none."""
    return _left(staker, amounts, "Staked", "model", staker.open_round().id)


def left_to_leave(staker: Staker, amounts: Mapping[int, int], round_id: int | None) -> Left:
    """What did not leave a round lately, any round if none is named; `CannotDo` if there is nothing."""
    return _left(staker, amounts, "Left", "model", round_id)


def left_to_move(staker: Staker, amounts: Mapping[int, int], destination: int) -> Left:
    """What was not moved to a model lately; `CannotDo` if there is nothing."""
    return _left(staker, amounts, "IdleMoved", "source", None, destination)


def left_to_withdraw(staker: Staker, amounts: Mapping[int, int], receiver: str) -> Left:
    """What was not withdrawn to a receiver lately; `CannotDo` if there is nothing."""
    return _left(staker, amounts, "Withdrawn", "model", None, receiver)


def left_in_the_wallet(old: Staker, new: Staker, moves: Mapping[int, int]) -> dict[int, int]:
    """What an account withdrew from models of one tournament lately and did not deposit for those of another.

    Args:
        old, new: the account in both.
        moves: the models of the other tournament by those of the one.

    Returns:
        wei by model of the other tournament, where there is any.
    """
    address = old.account.address
    deposits = lately(new.session, new.tournament, "Deposited", None, address)
    back = Counter((event.args["model"], event.args["amount"]) for event in deposits)
    left: dict[int, int] = {}
    for event in lately(old.session, old.tournament, "Withdrawn", None, address):
        model, amount = moves.get(event.args["model"]), event.args["amount"]
        if model is None:
            continue
        if back[model, amount]:
            back[model, amount] -= 1
        else:
            left[model] = left.get(model, 0) + amount
    return left


def left_to_register(staker: Staker, labels: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """The labels under which the account did not register a model lately, each as often as it is missing.

    Returns:
        the labels, and a sentence about models that are there, if any are.

    Raises:
        CannotDo: no label is left, or a transaction of the account waits.
    """
    require_none_waits(staker.session, staker.account.address)
    there: dict[str, list[int]] = {}
    for event in lately(staker.session, staker.tournament, "ModelRegistered", None, staker.account.address):
        there.setdefault(event.args["label"], []).append(event.args["model"])
    left, found = [], []
    for label in labels:
        if there.get(label):
            found.append(there[label].pop(0))
        else:
            left.append(label)
    return left, left_out(found, left, "exactly this was registered")


def _left(staker: Staker, amounts: Mapping[int, int], event: str, by: str, *indexed: str | int | None) -> Left:
    """The amounts that no such event has of the same model lately."""
    require_none_waits(staker.session, staker.account.address)
    done = {
        logged.args[by]
        for logged in lately(staker.session, staker.tournament, event, *indexed)
        if amounts.get(logged.args[by]) == logged.args["amount"]
    }
    left = {model: amount for model, amount in amounts.items() if model not in done}
    return Left(left, left_out([model for model in amounts if model in done], left, "exactly this was done"))


def left_out(done: Sequence[int], left: Collection[object], what: str, kind: str = "model") -> tuple[str, ...]:
    """A sentence about what is left out.

    Args:
        done: what was done lately, such as ids of models.
        left: what is left to do.
        what: what was done, as a clause.
        kind: what `done` are.

    Raises:
        CannotDo: nothing is left.
    """
    if not done:
        return ()
    about = name_ids(sorted(done), kind)
    if not left:
        raise CannotDo(
            f"Nothing is left to do: {what} in the last {HOURS} hours, for {about}. Add {AGAIN} to do it once more."
        )
    return (f"Left out, since {what} in the last {HOURS} hours: {about}. {AGAIN} does it once more.",)


def lately(session: Session, contract: Contract, names: str | Sequence[str], *indexed: str | int | None) -> list[Event]:
    """A contract's events in the last hours, in the order of the chain.

    Args:
        session: of the suite.
        contract: which.
        names: of the events, one or several.
        indexed: what their indexed fields have to be, None being anything.
    """
    events = [contract.event(name) for name in ([names] if isinstance(names, str) else names)]
    since = session.now - HOURS * 3_600
    first, last = session.record.first_block, session.latest
    if session.timestamp(first) <= since:
        first = block_at(since, first, last, cache(session.timestamp)) + 1
    topics = [[topic_of(event) for event in events], *(None if field is None else _word(field) for field in indexed)]
    logs = read_logs(session.rpc, [contract.address], first, last, topics)
    return list(decode_logs(logs, {contract.address: events}))


def require_none_waits(session: Session, account: str) -> None:
    """Refuse while a transaction of the account is in no block: the log does not tell yet what it does."""
    method, rpc = "eth_getTransactionCount", session.rpc
    sent = number(method, pending_or_latest(lambda block: rpc.ask(method, account, block)))
    if sent > number(method, rpc.ask(method, account, LATEST)):
        raise CannotDo(
            f"A transaction of {account} waits for its block: type this again when it is in one. "
            f"{AGAIN} does not wait for it."
        )


def _word(value: str | int) -> bytes:
    """An address or a number as a topic."""
    return (int(value, 16) if isinstance(value, str) else value).to_bytes(32, "big")
