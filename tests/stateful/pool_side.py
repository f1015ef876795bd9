# SPDX-License-Identifier: MIT
"""A tournament with pools, driven in lockstep: every call to a pool is judged, and every place is tried aside."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import astuple
from typing import Any

from nmr.protocol.reference import UNLIMITED, State, Terms
from nmr.protocol.reference.pool import ALL, Pool
from nmr.protocol.score_words import MAX_SCORE, Score
from nmr.text.amounts import GWEI, NMR
from tests.library.protocol.pool_walk.judge import Judge
from tests.stateful.chain import Outcome
from tests.stateful.driver import PACKAGE, Driver
from tests.stateful.market import Inner, Market, Within
from tests.stateful.market_stage import PROGRAMME
from tests.stateful.plans import Proposal
from tests.stateful.pool_stage import PEOPLE, PoolLockstep
from tests.stateful.stage import STRANGER, WHALE
from tests.stateful.tally import TALLY

PoolCall = tuple[str, tuple[int, ...]]
"""A function of a pool, and its arguments."""
FREE = (State.OPEN, State.UNKNOWN)
"""States of a round in which nothing of it is at risk."""


class Opposed(Proposal):
    """Scores of which the second pool's are the first's with the other sign."""

    def scores(self, acting: list[int]) -> dict[int, Score]:
        """What each model scores."""
        scores = super().scores(acting)
        *_, first, second = acting
        primary, contribution = (min(-part, MAX_SCORE) for part in scores[first])
        return scores | {second: (primary, contribution)}


class PoolSide(Driver):
    """A tournament whose last models are its pools'."""

    lockstep: PoolLockstep

    def __init__(self, lockstep: PoolLockstep) -> None:
        people = *PEOPLE, lockstep.filler
        self.judges = {pool.address: Judge(pool, people, lockstep.backers) for pool in lockstep.pools}
        self.market = Market(lockstep, lockstep.pool_stage)
        # Whether the scores of the two pools are opposite, whether somebody fills what opens, and the last look aside.
        self.opposed, self.attended, self.looked = False, True, 0
        super().__init__(lockstep)

    @property
    def pools(self) -> list[Pool]:
        return self.lockstep.pools

    @property
    def backers(self) -> tuple[str, ...]:
        return self.lockstep.backers

    # the tournament's people leave the models of pools alone, and others resolve rounds at any time

    def model(self, index: int) -> int:
        acting = self.lockstep.cast.acting
        return acting[index % len(acting)]

    def refill(self) -> None:
        if self.lockstep.world.treasury.free() < 1_000 * NMR:
            self.token("transfer", self.lockstep.address["treasury"], 100_000 * NMR, sender=WHALE)

    def check_any_time(self, round_id: int) -> None:
        """What the machine of a tournament asks, whoever owns its models."""

    def propose(self, round_id: int, proposal: Proposal, count: int | None = None) -> None:
        super().propose(round_id, Opposed(*astuple(proposal)) if self.opposed else proposal, count)

    def open(self, round_id: int, terms: Terms, package: bytes = PACKAGE, sender: str | None = None) -> bool:
        opened = super().open(round_id, terms, package, sender)
        if opened and self.attended:
            self.block()
            self.turn_all(self.tournament.last_opened % self.ring)
        return opened

    def block(self) -> None:
        """The next block."""
        self.to(self.now + 1)

    # calls to pools

    def pool_call(self, pool: Pool, function: str, *arguments: Any, sender: str) -> Outcome:
        """Call a pool: nobody's worth moves beyond the bound, and a refused call changes nothing."""
        return self.judged(pool, lambda: self.lockstep.call_pool(pool, function, *arguments, sender=sender), function)

    def judged(self, pool: Pool, call: Any, function: str) -> Outcome:
        judge = self.judges[pool.address]
        before, bound = judge.worths(self.now), judge.bound(self.now)
        outcome: Outcome = call()
        after = judge.worths(self.now)
        TALLY[f"pool.{function} {'done' if outcome.reason is None else 'refused'}"] += 1
        if outcome.reason is not None:
            assert before == after, "a refused call changes nothing"
            return outcome
        self.hear(outcome.events)
        for event in outcome.events:
            if event.address == pool.address:
                judge.hear(event.name, event.args)
        # What the filler paid to the buyback is nobody's doing but its own.
        filled = [event.args for event in outcome.events if event.name == "Filled"]
        filler = self.lockstep.filler
        after[filler] += sum(args["bought"] for args in filled if args["filler"] == filler) // GWEI
        judge.compare(before, after, max(bound, judge.bound(self.now)))
        judge.check(self.now)
        return outcome

    def multicall(self, pool: Pool, calls: Sequence[PoolCall], sender: str) -> Outcome:
        """Calls of one person in one transaction, and a call back into it that does nothing: all of them or none."""
        inner = self.many(pool, calls, sender)
        return self.judged(
            pool,
            lambda: self.lockstep.both(
                inner.contract, inner.function, *inner.arguments, sender=sender, reference=inner.reference
            ),
            "multicall",
        )

    def many(self, pool: Pool, calls: Sequence[PoolCall], sender: str) -> Inner:
        """Several calls of a pool by its `multicall`, with one of itself inside."""
        contract = self.lockstep.of_pool[pool.address]
        encoded = [getattr(contract, name).prepare_calldata(*arguments) for name, arguments in calls]
        encoded.append(contract.multicall.prepare_calldata([]))

        def reference() -> None:
            # A trial on a copy, since one that is refused undoes those before it.
            index = self.pools.index(pool)
            for each in (pickle.loads(pickle.dumps(self.pools))[index], pool):
                for name, arguments in calls:
                    getattr(each, name)(*arguments, sender=sender, now=self.now)

        return Inner(contract, "multicall", (encoded,), reference)

    # calls to pools in the midst of the buyback's work

    def let_buy(self) -> None:
        """The owner lets the buyback spend the treasury's stablecoin, and it starts a lot."""
        market, owner = self.market, self.lockstep.owner
        coin = str(self.lockstep.pool_stage.traded.coin.address)
        assert self.treasury("allow", coin, market.address, UNLIMITED, sender=owner).reason is None
        market.coin.allowed[market.treasury] = UNLIMITED
        assert market.kick(STRANGER).reason is None

    def offer(self, due: bool) -> None:
        """The feed says the same once more, and a lot is offered; if `due`, the next one can be started."""
        market = self.market
        lot, over = market.reference.lot, market.reference.lot.started_at + PROGRAMME.length < self.now
        if due or over or not lot.left:
            self.to(market.reference.next_kick_at)
        market.tell(market.answer._replace(updated_at=self.now))
        if not due and (over or not lot.left):
            market.kick(STRANGER)

    def call_back(self, pool: Pool, through: str, calls: Sequence[PoolCall], amount: int) -> Within:
        """Let the buyback's filler or its stablecoin call a pool while the buyback works: a call as any other."""
        market, traded = self.market, self.lockstep.pool_stage.traded
        caller = str((traded.filler if through == "filler" else traded.coin).address)
        (name, arguments), *more = calls
        contract, make = self.lockstep.of_pool[pool.address], getattr(pool, name)
        alone = Inner(contract, name, arguments, lambda: make(*arguments, sender=caller, now=self.now))
        within = Within(self.many(pool, calls, caller) if more else alone)
        filling = {
            "filler": lambda: market.take_with_callback(amount, within),
            "stablecoin at a take": lambda: market.take(WHALE, amount, 0, within),
            "stablecoin at a kick": lambda: market.kick(STRANGER, within),
        }
        inexact = {number for number in range(self.ring) if not self.is_exact(pool, number)}
        self.judged(pool, filling[through], "call_back")
        turned = {number for name, (number, *_) in calls if name in ("checkpoint", "fill")}
        assert not (within.succeeded and turned & inexact), "no entry or exit while a place is not exact"
        return within

    def turn(self, pool: Pool, name: str, number: int) -> bool:
        """A checkpoint or fill by a stranger: never while the value is not exact; exits need nobody."""
        exact, place = self.is_exact(pool, number), pool.places[number]
        ready, before = place.exits.ready(self.now), (place.epoch, place.shares)
        staked = pool.value(number, self.now)
        outcome = self.pool_call(pool, name, number, sender=STRANGER)
        made = outcome.reason is None
        if not exact:
            assert outcome.reason == "pool: value is not exact", "no entry or exit while a place is not exact"
            assert before == (place.epoch, place.shares) and staked == pool.value(number, self.now)
        if exact and ready and name == "checkpoint":
            assert made, "exits need nobody"
        if made:
            assert place.exits.ready(self.now) == 0, "exits run whole"
            ended = place.epoch > before[0]
            TALLY["pools: epochs ended"] += ended
            TALLY["pools: epochs ended at 0"] += ended and staked == 0
            TALLY["pools: exits run while paused"] += ready > 0 and self.tournament.paused(self.now)
        return made

    def turn_all(self, number: int) -> None:
        """What somebody does who looks after all pools: fill a place, and claim for the backers."""
        for pool in self.pools:
            if not self.turn(pool, "fill", number):
                self.turn(pool, "checkpoint", number)
            for who in self.backers:
                self.claim(pool, number, who)

    def claim(self, pool: Pool, number: int, who: str) -> None:
        """Claim, if there is anything."""
        if pool.books.has_claim(number, who):
            assert self.pool_call(pool, "claim", number, sender=who).reason is None

    def is_exact(self, pool: Pool, number: int, later: int = 0) -> bool:
        """Whether nothing of what a place holds is at risk, by the state of its round; in some seconds, too."""
        position = self.tournament.place_of(pool.model, number, self.now)
        return position.amount == 0 or self.tournament.state(position.round, self.now + later) in FREE

    def worth(self, pool: Pool, who: str) -> int:
        """What somebody has in a pool and in the wallet, gwei."""
        return self.judges[pool.address].worths(self.now)[who]

    def worths(self) -> list[dict[str, int]]:
        """What everybody has, by pool."""
        return [judge.worths(self.now) for judge in self.judges.values()]

    # tried on the chain alone, and undone

    def look_aside(self) -> None:
        """One backer of one place after the other gets out, whoever stands by; where it is not exact, nobody does."""
        self.looked += 1
        pool = self.pools[self.looked % len(self.pools)]
        number, who = self.looked // 2 % self.ring, self.backers[self.looked // 3 % len(self.backers)]
        self.lockstep.compare_pool_views(pool, number, who)
        if self.is_exact(pool, number):
            self.leave_aside(pool, number, who)
        else:
            for name in ("checkpoint", "fill"):
                reason = self.aside_pool(pool, name, number, sender=STRANGER)
                assert reason == "pool: value is not exact", "no entry or exit while a place is not exact"
            TALLY["pools: kept closed, aside"] += 1

    def leave_aside(self, pool: Pool, number: int, who: str) -> None:
        """Exits need nobody: what a backer holds is in the wallet after an order, a block and anyone's call."""
        held, chain = pool.holding(number, who), self.lockstep.chain
        view = pool.holding_view(number, who, self.now)
        if held.shares == 0 or view.bought_now or not self.is_exact(pool, number, 1):
            return
        numeraire, bound = self.lockstep.storage["numeraire"], self.judges[pool.address].bound(self.now)
        due = view.value + view.claimable
        with chain.anchor():
            before = numeraire.get("erc20.balanceOf", who)
            if held.shares > held.exit.amount:
                assert self.aside_pool(pool, "exit_order", number, ALL, sender=who) is None, "exits need nobody"
            chain.now += 1
            assert self.aside_pool(pool, "checkpoint", number, sender=STRANGER) is None, "exits need nobody"
            self.aside_pool(pool, "claim", number, sender=who)
            got = numeraire.get("erc20.balanceOf", who) - before
            assert abs(got - due) <= bound * GWEI, f"claims equal holdings: {got} of {due}"
        TALLY["pools: left, aside"] += 1

    def aside_pool(self, pool: Pool, function: str, *arguments: Any, sender: str) -> str | None:
        """Call the contract alone, and undo it unless within an anchor of the caller's; gives why it refuses."""
        contract = self.lockstep.of_pool[pool.address]
        return self.lockstep.chain.call(contract, function, *arguments, sender=sender).reason

    # and in the end

    def come_home(self) -> None:
        """From whatever state: time and anyone's calls bring every backer out, and then every other."""
        self.to(max((self.info(round_id).terms.expires_at for round_id in self.known()), default=self.now))
        for round_id in self.known():
            if self.waiting(round_id):
                self.settle_expired(round_id, self.waiting(round_id))
        for pool in self.pools:
            for number in range(self.ring):
                self.everybody_leaves(pool, number)
            assert not any(place.shares for place in pool.places)
            if pool.books.credit:
                assert self.pool_call(pool, "claim", 0, sender=pool.manager).reason is None
            if pool.books.owed * GWEI < pool.numeraire.balance_of(pool.address) or self.tournament.idle_of(pool.model):
                assert self.pool_call(pool, "sweep", sender=STRANGER).reason is None
            assert pool.numeraire.balance_of(pool.address) == pool.books.owed * GWEI, "claims equal holdings"
        super().come_home()
        self.end_buyback()

    def end_buyback(self) -> None:
        """The owner ends the buyback, and all of its stablecoin is in the treasury."""
        market, owner, buyback = self.market, self.lockstep.owner, self.lockstep.pool_stage.traded.buyback
        end: Callable[[], Any] = lambda: market.reference.end(owner)  # noqa: E731
        assert self.lockstep.both(buyback, "end", sender=owner, reference=end).reason is None
        self.lockstep.both(buyback, "sweep", sender=owner, reference=market.sweep_on_reference)
        assert market.coin.balance(market.address) == 0

    def everybody_leaves(self, pool: Pool, number: int) -> None:
        """All shares of a place are paid out, the manager's too, and all orders come back."""
        assert self.is_exact(pool, number)
        place = pool.places[number]
        if place.shares:
            # What a fee brings the manager has to be there when the order is given.
            self.turn(pool, "checkpoint", number)
        for who in self.backers:
            held = pool.holding(number, who)
            if held.shares > held.exit.amount:
                assert self.pool_call(pool, "exit_order", number, ALL, sender=who).reason is None, "exits need nobody"
        if place.manager_shares > place.manager_exit.amount:
            assert self.pool_call(pool, "exit_order", number, ALL, sender=pool.manager).reason is None
        self.block()
        if place.shares:
            assert self.turn(pool, "checkpoint", number), "exits need nobody"
        for who in (pool.manager, *self.backers):
            if pool.books.entry_of(number, who):
                assert self.pool_call(pool, "cancel_entry", number, sender=who).reason is None
        for who in self.backers:
            self.claim(pool, number, who)
            held = pool.holding(number, who)
            assert (held.shares, held.entry.amount, pool.claimable(number, who)) == (0, 0, 0), "all are out"
