# SPDX-License-Identifier: MIT
"""What a place of a pool holds with its fee paid, and why nothing runs there. Amounts are wei."""

from typing import Final, NamedTuple

from nmr.protocol.reference.pool import PlaceView
from nmr.protocol.reference.pool_books import over
from nmr.protocol.reference.pool_rules import BASIS, FLOOR, least_that_runs
from nmr.text.amounts import GWEI, format_nmr

LATER: Final = "Its orders are of the newest block: they run in a later one."


class Split(NamedTuple):
    """The shares of a place, and the manager's among them."""

    shares: int
    manager_shares: int


def with_fee(place: PlaceView) -> Split:
    """The shares of a place once the fee that is due is paid, as the next checkpoint pays it."""
    minted = place.fee_due * place.shares // (place.value - place.fee_due) if place.fee_due else 0
    return Split(place.shares + minted, place.manager_shares + minted)


def why_no_checkpoint(place: PlaceView, skin: int) -> str:
    """A sentence on a place at which a checkpoint has nothing to do.

    Args:
        place: which.
        skin: the manager's least part, 4 decimals.
    """
    if place.exit_orders:
        return LATER
    if not place.manager_exit:
        return "No fee and no order to leave is due."
    stay = place.shares - place.manager_shares
    if place.manager_shares <= over(skin * stay, BASIS - skin):
        return (
            "The manager's order to leave waits for others to leave: the least part is all that the manager has. "
            "180 days after the newest round expired, a checkpoint pays everybody out."
        )
    return LATER


def why_no_fill(place: PlaceView, skin: int, min_stake: int) -> str:
    """A sentence on a place at which a fill has nothing to do.

    Args:
        place: which.
        skin: the manager's least part, 4 decimals.
        min_stake: the tournament's smallest stake.
    """
    floor = FLOOR * min_stake
    if not place.shares and place.manager_entry < floor:
        return (
            f"Nobody has shares there, and orders wait until the manager's own is at least {format_nmr(floor)} NMR, "
            f"which opens the place: it is {format_nmr(place.manager_entry)}."
        )
    if place.manager_entry:
        return LATER
    if not place.entry_orders:
        why = why_no_checkpoint(place, skin)
        return why if why == LATER else f"No order to enter waits. {why}"
    room = _room(place, skin)
    least = least_that_runs(place.entry_orders // GWEI, place.value // GWEI, min_stake // GWEI)
    if room < least * GWEI:
        return (
            f"Beside the manager's shares there is room for {format_nmr(room)} NMR, less than the smallest stake or "
            "than 1% of the place: orders to enter wait until the manager enters with more, or others leave."
        )
    return LATER


def _room(place: PlaceView, skin: int) -> int:
    """What others may still enter with beside the manager's shares."""
    if not place.shares:
        return 0
    shares, manager = with_fee(place)
    most = manager * (BASIS - skin) // skin
    return max(0, most - (shares - manager)) * (place.value // GWEI) // shares * GWEI
