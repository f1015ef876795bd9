# SPDX-License-Identifier: MIT
"""Two pools beside the models of a season: a manager submits for them, and backers come and go.

One follows a model of some skill and the other noise. Every week whoever comes runs the orders of the place whose round
opens; an order that is given in a week runs at each place as its turn comes.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from demo.results import HolderResult, ModelResult, PoolResult
from nmr.client.pools import Backer, PoolChange, PoolOf
from nmr.client.session import Reverts
from nmr.client.stakes import CannotDo
from nmr.text.amounts import NMR

MANAGER: Final = "manager"
KEEPER: Final = "keeper"
BACKERS: Final = ("first", "second", "third")
A_PLACE: Final[Mapping[str, int]] = {MANAGER: 25 * NMR} | dict.fromkeys(BACKERS, 50 * NMR)
"""What each puts into each place of a pool, wei."""
SKIN: Final = 1_000


@dataclass(frozen=True)
class PoolPlan:
    """A pool: the label of its model, the model whose predictions it submits, and its fee with 4 decimals."""

    label: str
    predicts: str
    fee: int


PLANS: Final = (PoolPlan("woods", "forest", 2_000), PoolPlan("dice", "noise", 1_000))


@dataclass(frozen=True)
class Stay:
    """Who puts NMR into which pool, in which week, and in which week all is ordered out; None for the end."""

    who: str
    pool: int
    joins: int
    leaves: int | None = None


def stays(rounds: int) -> list[Stay]:
    """Those of a season of so many rounds: one changes the pool halfway, one stays for the middle, one comes late."""
    return [
        *(Stay(MANAGER, pool, 0) for pool in range(len(PLANS))),
        Stay("first", 1, 0, rounds // 2),
        Stay("first", 0, rounds // 2),
        Stay("second", 0, 0, rounds * 3 // 4),
        Stay("third", 1, rounds // 4),
    ]


class DemoPools:
    """Plays the pools of a season."""

    def __init__(
        self, hands: Mapping[str, Backer], people: Mapping[str, Any], numeraire: Any, market: Any, rounds: int
    ) -> None:
        """
        Args:
            hands: what manager, backers and a keeper do with pools, by their names here.
            people: the accounts of manager and backers, by these names.
            numeraire: the token.
            market: an account that holds NMR.
            rounds: of the season.
        """
        self._hands = hands
        self._people = people
        self._numeraire = numeraire
        self._market = market
        self._stays = stays(rounds)
        self._pools: list[tuple[PoolOf, ModelResult, PoolResult]] = []

    @property
    def results(self) -> list[PoolResult]:
        """What became of each."""
        return [result for *_, result in self._pools]

    @property
    def ring(self) -> range:
        """The places."""
        return range(self._hands[KEEPER].ring)

    @property
    def manager(self) -> Any:
        """The account that submits for all pools."""
        return self._people[MANAGER]

    def create(self, plan: PoolPlan, model: ModelResult) -> None:
        """Have the manager create a pool, and give everybody NMR for it."""
        number = len(self._pools)
        pool, _ = self._hands[MANAGER].create(plan.label, plan.fee, SKIN, None)
        result = PoolResult(plan.label, plan.predicts, plan.fee, pool.model)
        self._pools.append((pool, model, result))
        for who in dict.fromkeys(stay.who for stay in self._stays if stay.pool == number):
            self._numeraire.transfer(self._people[who], len(self.ring) * A_PLACE[who], sender=self._market)
            self._numeraire.approve(pool.address, 2**256 - 1, sender=self._people[who])

    def turn(self, week: int) -> None:
        """What people order in a week whose round is open, and then the orders of its place run."""
        for stay in self._stays:
            if stay.leaves == week:
                self._leave(stay.who, stay.pool)
                self._pools[stay.pool][-1].holders[stay.who].left = week
            if stay.joins == week:
                self._join(stay, week)
        for pool, model, result in self._pools:
            with suppress(CannotDo, Reverts):
                self._hear(model, result, self._hands[KEEPER].fill(pool, [week % len(self.ring)]))

    def end(self) -> None:
        """All is ordered out, runs at every place, and is claimed."""
        for number, (pool, model, result) in enumerate(self._pools):
            people = list(dict.fromkeys(stay.who for stay in self._stays if stay.pool == number))
            # A fee that a checkpoint books first is the manager's by then.
            for _ in range(2):
                with suppress(CannotDo, Reverts):
                    self._hear(model, result, self._hands[KEEPER].checkpoint(pool, self.ring))
                for who in people:
                    self._leave(who, number)
            with suppress(CannotDo, Reverts):
                self._hear(model, result, self._hands[KEEPER].checkpoint(pool, self.ring))
            for who in people:
                with suppress(CannotDo, Reverts):
                    self._take(result, who, self._hands[who].claim(pool, self.ring))
            view = self._hands[KEEPER].view(pool)
            result.fees = sum(place.fees for place in view.places)
            result.owed, result.held = view.owed, int(self._numeraire.balanceOf(pool.address))
            result.shares = sum(place.shares for place in view.places)

    def _join(self, stay: Stay, week: int) -> None:
        pool, _, result = self._pools[stay.pool]
        amounts = dict.fromkeys(self.ring, A_PLACE[stay.who])
        result.holders[stay.who] = HolderResult(week, sum(amounts.values()))
        self._take(result, stay.who, self._hands[stay.who].enter(pool, amounts))

    def _leave(self, who: str, number: int) -> None:
        """Order all out, and take back what was not bought yet."""
        pool, _, result = self._pools[number]
        hand = self._hands[who]
        with suppress(CannotDo, Reverts):
            self._take(result, who, hand.cancel(pool, self.ring, entries=True, exits=False))
        with suppress(CannotDo, Reverts):
            self._take(result, who, hand.exit_part(pool, self.ring))

    def _take(self, result: PoolResult, who: str, done: PoolChange) -> None:
        """Count what came back to somebody."""
        back = {"Claimed": "paid", "EntryCancelled": "amount", "ManagerPaid": "amount"}
        result.holders[who].back += sum(event.args[back[event.name]] for event in done.events if event.name in back)

    def _hear(self, model: ModelResult, result: PoolResult, done: PoolChange) -> None:
        """Count what went to stake and what came home from it."""
        for event in done.events:
            args = event.args
            if event.name == "EntriesRun":
                model.deposited += args["used"] + args["manager_used"]
            elif event.name == "ExitsRun":
                model.withdrawn += args["paid"] + args["manager_paid"]
            elif event.name == "EpochEnded":
                model.withdrawn += args["value"]
                result.ended += 1
