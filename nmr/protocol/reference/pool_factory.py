# SPDX-License-Identifier: MIT
"""The factory of a tournament's pools."""

from nmr.protocol.reference.events import transaction
from nmr.protocol.reference.pool import Pool
from nmr.protocol.reference.tournament import Tournament


class PoolFactory:
    """Creates pools, and knows them."""

    def __init__(self, address: str, tournament: Tournament) -> None:
        self.address = address
        self.tournament = tournament
        self.log = tournament.log
        self.pools: list[Pool] = []

    @transaction
    def create(self, at: str, fee: int, skin: int, submitter: str, label: str, *, sender: str, now: int) -> Pool:
        """Create a pool whose manager is the sender, at the address that the chain gives it."""
        pool = Pool(at, self.tournament, manager=sender, fee=fee, skin=skin, submitter=submitter, label=label, now=now)
        self.pools.append(pool)
        args = {"pool": at, "manager": sender, "model": pool.model, "fee": fee, "skin": skin, "label": label}
        self.log.emit(self.address, "PoolCreated", **args)
        return pool
