# SPDX-License-Identifier: MIT
"""What an account did lately with pools, so that a command that is typed again orders nothing twice: see `repeats`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from nmr.client.pools import Backer, PoolOf, contract_of
from nmr.client.repeats import lately, left_out, require_none_waits


def refuse_created(backer: Backer, label: str, fee: int, skin: int) -> None:
    """Refuse what the account created lately.

    Raises:
        CannotDo: a pool with that label, fee and skin; or a transaction of the account waits.
    """
    account = backer.account.address
    require_none_waits(backer.session, account)
    created = [event.args for event in lately(backer.session, backer.factory, "PoolCreated", None, account)]
    wanted = (label, fee, skin)
    same = [args["model"] for args in created if (args["label"], args["fee"], args["skin"]) == wanted]
    left_out(same, (), "exactly this was created", "the pool of model")


def left_to_enter(backer: Backer, pool: PoolOf, amounts: Mapping[int, int]) -> tuple[dict[int, int], tuple[str, ...]]:
    """The orders to enter that the account did not give lately, wei by place, and a sentence about the others.

    An order that was taken back counts as not given.

    Raises:
        CannotDo: there is none, or a transaction of the account waits.
    """
    session, account = backer.session, backer.account.address
    require_none_waits(session, account)
    paid = lately(session, session.only("Numeraire"), "Transfer", account, pool.address)
    orders = lately(session, contract_of(pool), ("EntryOrdered", "EntryCancelled"), None, account)
    given: defaultdict[int, set[int]] = defaultdict(set)
    latest = 0
    for event in sorted([*paid, *orders], key=lambda each: (each.block, each.log_index)):
        if event.name == "Transfer":
            # Of what an order adds the NMR comes first; the order's own event tells the sum with what stood before.
            latest = event.args["value"]
        elif event.name == "EntryOrdered":
            given[event.args["place"]].add(latest)
        else:
            given[event.args["place"]].clear()
    done = [place for place, amount in amounts.items() if amount in given[place]]
    left = {place: amount for place, amount in amounts.items() if place not in done}
    return left, left_out(done, left, "exactly this was ordered", "place")


def left_to_exit(backer: Backer, pool: PoolOf, places: Sequence[int]) -> tuple[list[int], tuple[str, ...]]:
    """The places at which the account ordered no shares out lately, and a sentence about the others.

    Raises:
        CannotDo: there is none, or a transaction of the account waits.
    """
    session, account = backer.session, backer.account.address
    require_none_waits(session, account)
    orders = lately(session, contract_of(pool), ("ExitOrdered", "ExitCancelled"), None, account)
    last = {event.args["place"]: event.name for event in orders}
    done = [place for place in places if last.get(place) == "ExitOrdered"]
    left = [place for place in places if place not in done]
    return left, left_out(done, left, "shares were ordered out", "place")
