# SPDX-License-Identifier: MIT
"""Checkpoints of pools: at which places one can be made, what it brings, and whether that pays its gas."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nmr.buyback.keeper import Gas
from nmr.client.pools import Backer, PoolOf, contract_of
from nmr.client.session import Reverts
from nmr.protocol.reference.pool import HoldingView, PlaceView
from nmr.rounds.resolution import StepTaken
from nmr.text.amounts import NMR, format_nmr
from nmr.text.selection import ModelName, name_ids


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that a pool takes now.

    Attributes:
        pool: which.
        place: of the ring.
        brings: wei of NMR that it books or pays out, to those for whom it would be made.
        gas: what it would use.
    """

    pool: PoolOf
    place: int
    brings: int
    gas: int


def brings(view: PlaceView, held: HoldingView | None, *, manages: bool) -> int:
    """Wei of NMR that a checkpoint of a place books as a fee or pays out.

    Args:
        view: of the place.
        held: what the account has there, which alone counts then; None counts what everybody gets.
        manages: whether the account is the manager, whose fee then counts.
    """
    if not view.free or not view.shares:
        return 0
    if held is not None:
        return held.exit_value + (view.fee_due if manages else 0)
    # The fee's shares are new, so those that leave are worth a part of what the fee leaves.
    return view.fee_due + (view.exit_orders + view.manager_exit) * (view.value - view.fee_due) // view.shares


def paying(found: Iterable[Checkpoint], gas: Gas, nmr_price: int) -> tuple[Checkpoint, ...]:
    """Those that bring more than their gas costs.

    Args:
        found: all that can be made.
        gas: what gas costs.
        nmr_price: what an NMR costs, in the stablecoin's smallest unit; used only where gas costs something.
    """
    return tuple(
        each
        for each in found
        if each.brings > 0 and (gas.coin_price == 0 or each.brings * nmr_price > gas.cost(each.gas) * NMR)
    )


class PoolKeeper:
    """Finds and makes checkpoints of a tournament's pools."""

    def __init__(self, backer: Backer, named: Sequence[ModelName], *, own: bool) -> None:
        """
        Args:
            backer: the account's dealings with the pools.
            named: pools that are kept for everybody in them.
            own: whether all pools are looked at for shares of the account.

        Raises:
            NoSuchPool: one that is named is none.
        """
        self._backer = backer
        self._own = own
        self._pools = backer.all()
        self._named = {backer.named(name).address for name in named}

    def look(self) -> tuple[Checkpoint, ...]:
        """What can be made now, and would bring something."""
        backer, account = self._backer, self._backer.account.address
        if backer.session.read(backer.factory, "pool_count") != len(self._pools):
            self._pools = backer.all()
        pools = [pool for pool in self._pools if self._own or pool.address in self._named]
        spots = [(pool, place) for pool in pools for place in range(backer.ring)]
        holdings = [
            HoldingView(*answer)
            for answer in backer.session.read_each(
                [(contract_of(pool), "holding_view", place, account) for pool, place in spots]
            )
        ]
        wanted = [
            (pool, place, None if pool.address in self._named else held)
            for (pool, place), held in zip(spots, holdings, strict=True)
            if pool.address in self._named or held.exit_order or pool.manager == account
        ]
        views = backer.session.read_each([(contract_of(pool), "place_view", place) for pool, place, _ in wanted])
        found = []
        for (pool, place, held), view in zip(wanted, views, strict=True):
            amount = brings(PlaceView(*view), held, manages=pool.manager == account)
            gas = self._gas(pool, place) if amount else None
            if gas is not None:
                found.append(Checkpoint(pool, place, amount, gas))
        return tuple(found)

    def make(self, chosen: Iterable[Checkpoint]) -> StepTaken:
        """Make checkpoints, pool by pool. Raises as `Backer.checkpoint` does."""
        by_pool: dict[PoolOf, list[Checkpoint]] = {}
        for each in chosen:
            by_pool.setdefault(each.pool, []).append(each)
        gas, told = 0, []
        for pool, checkpoints in by_pool.items():
            places = [each.place for each in checkpoints]
            change = self._backer.checkpoint(pool, places)
            gas += sum(receipt.gas_used for receipt in change.receipts)
            amount = format_nmr(sum(each.brings for each in checkpoints))
            told.append(f"pool of model {pool.model} at {name_ids(places, 'place')}, {amount} NMR")
        return StepTaken(f"Made a checkpoint: {'; '.join(told)}.", {"action": "checkpoint", "gas": gas})

    def _gas(self, pool: PoolOf, place: int) -> int | None:
        """What a checkpoint would use; None where the pool has nothing to do, such as for an order of this block."""
        account = self._backer.account.address
        try:
            return self._backer.session.estimate(contract_of(pool), "checkpoint", place, sender=account)
        except Reverts:
            return None
