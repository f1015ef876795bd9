# SPDX-License-Identifier: MIT
"""Random calls to pools on a small tournament, by hostile people, judged after every call."""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final
from unittest import mock

from nmr.errors import Refused
from nmr.protocol.chunk_tree import ChunkTree, encode
from nmr.protocol.reference import (
    UNLIMITED,
    Bounds,
    Deployment,
    Limits,
    Numeraire,
    ReferenceSuite,
    Roles,
    Setup,
    State,
    Terms,
    Tournament,
    pool_rules,
)
from nmr.protocol.reference.pool import ALL, Pool
from nmr.protocol.reference.pool_factory import PoolFactory
from nmr.protocol.reference.rounds import UNDECIDED
from nmr.protocol.replay import Replay
from nmr.protocol.score_words import Score, encode_chunks
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR, RATIO, SUPPLY
from tests.library.protocol.pool_walk.judge import Judge
from tests.support.actors import address
from tests.support.terms import terms as terms_of_tests

HOUR: Final = 3_600
START: Final = 1_700_000_000
NUMERAIRE, TREASURY, TOURNAMENT = (address(name) for name in ("numeraire", "treasury", "tournament"))
OWNER, OPERATOR, GUARDIAN, NEIGHBOUR, STRANGER, MANAGER = (
    address(name) for name in ("owner", "operator", "guardian", "neighbour", "stranger", "manager")
)
BACKERS: Final = tuple(address(f"backer {number}") for number in range(4))
PEOPLE: Final = (MANAGER, *BACKERS, STRANGER)
BOUNDS: Final = Bounds(1_000_000, 1_000_000, RATIO, 0, 2 * HOUR, 700 * HOUR, 2_000 * HOUR, 1_000 * HOUR, 24 * HOUR)
LIMITS: Final = Limits(cap=3_000_000 * NMR, ceiling=3_000_000 * NMR, rate=3_000_000 * NMR)
HASH: Final = b"\1" * 32
CALLS_A_SUITE: Final = 2_500
PENDING: Final = tuple(state for state in State if state not in (State.UNKNOWN, State.CLOSED))
ONE: Final = 2**27 - 1
"""The largest score."""

Target = Pool | Tournament | Numeraire


def holders(treasury: str) -> dict[str, int]:
    """Who gets how much of the supply."""
    parts = {treasury: 4_000_000 * NMR, NEIGHBOUR: 1_000_000 * NMR} | dict.fromkeys(PEOPLE, 500_000 * NMR)
    return parts | {OWNER: SUPPLY - sum(parts.values())}


@dataclass
class Total:
    """What walks did."""

    calls: int = 0
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    most_moved: int = 0
    most_left: int = 0


def walk(seed: int, calls: int) -> Total:
    """Make so many calls, on suites of a few thousand each.

    Raises:
        AssertionError: an invariant does not hold; its notes say where.
    """
    total = Total()
    while total.calls < calls:
        Walk(seed, total).go(min(CALLS_A_SUITE, calls - total.calls))
        seed += 1
    return total


class Walk:
    """One suite with two pools of the same manager."""

    def __init__(self, seed: int, total: Total) -> None:
        self.seed, self.total = seed, total
        self.random = dice = random.Random(seed)
        self.now = START
        self.ring = dice.choice([1, 2, 2, 3])
        self.min_stake = dice.choice([2, 3, 10**6, 10**9])
        last_ids = dice.random() < 0.25
        first = 65_535 - dice.randrange(9, 14) * self.ring if last_ids else dice.randrange(3)
        self.cap = 2**127 if dice.random() < 0.7 else 2 ** dice.randrange(40, 110)
        self.clip = dice.choice([RATIO // 20, RATIO // 2, RATIO])
        self.suite = self.deploy_suite(Setup(self.ring, first, self.min_stake * GWEI))
        [self.tournament] = self.suite.tournaments.values()
        self.numeraire = self.suite.numeraire
        self.factory = PoolFactory(self.factory_address(), self.tournament)
        self.judges: dict[str, Judge] = {}
        factories = {self.factory.address: self.tournament.address}
        self.replay = Replay(self.suite.deployment._replace(factories=factories))
        self.learn()
        self.suite.log.events.clear()
        for who in (NEIGHBOUR, *PEOPLE):
            self.prepare(self.numeraire, "approve", (self.tournament.address, UNLIMITED), who)
        self.prepare(self.tournament, "register", ("neighbour", ZERO_ADDRESS), NEIGHBOUR)
        self.pools = [self.deploy(number) for number in range(2)]
        self.scores: dict[int, tuple[list[list[int]], bytes]] = {}
        self.trail: list[str] = []

    def prepare(self, target: Target, name: str, args: tuple[Any, ...], sender: str) -> None:
        """Make a call that goes through."""
        assert self.make(target, name, args, sender) is None

    def deploy_suite(self, setup: Setup) -> ReferenceSuite:
        """The suite that is walked over."""
        return ReferenceSuite.deploy(
            Deployment(NUMERAIRE, TREASURY, {TOURNAMENT: setup}),
            roles=Roles(OWNER, OPERATOR, GUARDIAN),
            bounds=BOUNDS,
            distribution=holders(TREASURY),
            limits={TOURNAMENT: LIMITS},
            now=self.now,
        )

    def deploy(self, number: int) -> Pool:
        """One of the pools."""
        dice = self.random
        pool = self.deploy_pool(number, dice.choice([0, 1, 2_000, 3_000]), dice.choice([1_000, 2_500, 5_000]))
        self.judges[pool.address] = Judge(pool, PEOPLE, BACKERS, self.cap)
        for who in PEOPLE:
            self.prepare(self.numeraire, "approve", (pool.address, UNLIMITED), who)
        return pool

    def deploy_pool(self, number: int, fee: int, skin: int) -> Pool:
        """A pool with these terms."""
        return self.create(address(f"pool {number}"), number, fee, skin)

    def create(self, at: str, number: int, fee: int, skin: int) -> Pool:
        """Have the factory create a pool at an address."""
        self.suite.log.events.clear()
        terms = fee, skin, ZERO_ADDRESS, f"pool {number}"
        pool = self.factory.create(at, *terms, sender=MANAGER, now=self.now)
        self.learn()
        return pool

    def factory_address(self) -> str:
        """Where the factory is."""
        return address("factory")

    def learn(self) -> None:
        """Replay what was logged: it says nothing that cannot be computed from before."""
        for event in self.suite.log.events:
            self.replay.apply(event)
            if event.address in self.judges:
                self.judges[event.address].hear(event.name, event.args)
        self.replay.finish()

    def go(self, calls: int) -> None:
        with mock.patch.object(pool_rules, "CAP", self.cap):
            try:
                end = self.total.calls + calls
                while self.total.calls < end:
                    self.step()
                self.everybody_leaves()
                self.the_log_tells_all()
            except Exception as error:
                error.add_note(f"seed {self.seed}, after: " + "; ".join(self.trail[-12:]))
                raise

    # steps

    def step(self) -> None:
        dice = self.random
        if dice.random() < 0.45:
            self.now += dice.choice([1, 12, 12, 600])
        roll = dice.random()
        if roll < 0.62:
            self.pool_step()
        elif roll < 0.94:
            self.round_step()
        elif roll < 0.96:
            self.neighbour_step()
        elif roll < 0.975:
            self.guardian_step()
        else:
            self.donate()

    def pool_step(self) -> None:
        dice = self.random
        index = dice.randrange(2)
        number = self.tournament.last_opened % self.ring if dice.random() < 0.6 else dice.randrange(self.ring)
        if dice.random() < 0.01:
            number = self.ring
        who = MANAGER if dice.random() < 0.3 else dice.choice(BACKERS)
        name = dice.choices(
            ["enter_order", "exit_order", "cancel_entry", "cancel_exit", "claim", "checkpoint", "fill", "sweep", "set"],
            [16, 14, 2, 2, 8, 20, 35, 0.5, 0.2],
        )[0]
        self.order(index, name, number, who)

    def order(self, index: int, name: str, number: int, who: str) -> None:
        """Call a function of a pool, with some argument if it takes one more than the place."""
        dice, pool = self.random, self.pools[index]
        if name == "enter_order":
            self.pool_call(index, name, number, self.amount(pool, who) * GWEI, sender=who)
        elif name == "exit_order":
            self.pool_call(index, name, number, self.shares(pool, number, who), sender=who)
        elif name in ("checkpoint", "fill"):
            self.turn(index, name, number)
        elif name == "sweep":
            self.pool_call(index, name, sender=STRANGER)
        elif name == "set":
            self.pool_call(index, "set_submitter", dice.choice([ZERO_ADDRESS, STRANGER]), sender=who)
        else:
            self.pool_call(index, name, number, sender=who)

    def amount(self, pool: Pool, who: str) -> int:
        dice, least = self.random, self.min_stake
        if who == MANAGER and dice.random() < 0.5:
            return pool.rules.floor * dice.randrange(1, 20)
        return dice.choice(
            [least, least, least + 1, 2 * least - 1, least - 1, dice.randrange(1, 60 * least), 1_000 * least, 10**14]
        )

    def shares(self, pool: Pool, number: int, who: str) -> int:
        if number >= self.ring:
            return 1
        held = pool.places[number].manager_shares if who == MANAGER else pool.holding(number, who).shares
        near = max(1, held - self.random.randrange(1, 10**9))
        return self.random.choice([1, ALL, ALL, max(1, held // 2), held + 1, near, max(1, held * 97 // 100)])

    def turn(self, index: int, name: str, number: int) -> None:
        """A checkpoint or fill: never while the value is not exact; exits need nobody."""
        pool = self.pools[index]
        if number >= self.ring:
            self.pool_call(index, name, number, sender=STRANGER)
            return
        exact = self.is_exact(pool, number)
        place = pool.places[number]
        ready, before = place.exits.ready(self.now), (place.epoch, place.shares)
        staked = pool.value(number, self.now)
        made = self.pool_call(index, name, number, sender=STRANGER)
        if not exact:
            assert not made, "no entry or exit while a place is not exact"
            assert before == (place.epoch, place.shares) and staked == pool.value(number, self.now)
        if exact and ready and name == "checkpoint":
            assert made, "exits need nobody"
        if made:
            assert place.exits.ready(self.now) == 0, "exits run whole"
            if place.epoch > before[0]:
                self.total.reached["epochs ended"] += 1
                self.total.reached["epochs ended at 0"] += staked == 0

    def is_exact(self, pool: Pool, number: int) -> bool:
        """Whether nothing of what a place holds is at risk, by the state of its round."""
        position = self.tournament.place_of(pool.model, number, self.now)
        state = self.tournament.state(position.round, self.now)
        return position.amount == 0 or state in (State.OPEN, State.UNKNOWN)

    def donate(self) -> None:
        """NMR from nowhere moves nobody's worth."""
        dice = self.random
        index = dice.randrange(2)
        pool, amount = self.pools[index], dice.choice([1, GWEI, NMR // 3, 100 * NMR])
        to = dice.choice(["pool", "tournament", "model"])
        before = self.worths()
        if to == "model":
            whole = max(GWEI, amount - amount % GWEI)
            self.call("deposit", pool.model, whole, pool.address, sender=NEIGHBOUR)
        else:
            receiver = pool.address if to == "pool" else self.tournament.address
            self.attempt(self.numeraire, "transfer", (receiver, amount), NEIGHBOUR)
        assert before == self.worths(), "donations move nothing"
        self.total.reached[f"donated to {to}"] += 1
        if dice.random() < 0.3:
            self.call("enter", [0], sender=STRANGER)
            assert before == self.worths(), "donations move nothing"

    def worths(self) -> list[dict[str, int]]:
        """What everybody has, by pool."""
        return [judge.worths(self.now) for judge in self.judges.values()]

    # rounds

    def rounds(self) -> list[int]:
        records = self.tournament.books.rounds.records
        return [round_id for round_id in records if self.tournament.state(round_id, self.now) in PENDING]

    def round_step(self) -> None:
        dice = self.random
        pending = self.rounds()
        due = self.tournament.due_round(self.now)
        last = self.tournament.last_opened
        may_open = due is not None and not self.tournament.books.rounds.is_open(last, self.now)
        if may_open and (not pending or dice.random() < 0.6):
            opens = dice.choice([2, 3, 30, 100])
            terms = terms_of_tests(
                self.now,
                HOUR,
                primary=dice.choice([10_000, 1_000_000]),
                contribution=0,
                clip=self.clip,
                opens_for=opens * HOUR,
                expires_in=300 * HOUR,
            )
            self.call("open_round", due, terms, HASH, sender=OPERATOR)
        elif pending:
            self.go_on_with(dice.choice(pending[:3]))
        else:
            self.now += HOUR

    def go_on_with(self, round_id: int) -> None:
        dice = self.random
        terms: Terms = self.tournament.round_info(round_id).terms
        state = self.tournament.state(round_id, self.now)
        if state == State.OPEN:
            for pool in self.pools:
                if dice.random() < 0.8:
                    self.call("submit", [pool.model], [HASH], sender=MANAGER)
            if dice.random() < 0.15:
                self.now = max(self.now, terms.locks_at - dice.choice([0, 0, 0, 1, HOUR, HOUR + 1]))
        elif state == State.ENDED:
            self.call("lock", round_id, sender=STRANGER)
        elif state == State.LOCKED:
            if dice.random() < 0.05:
                self.now = terms.locks_at + 24 * HOUR
            else:
                self.call("publish_opened", round_id, HASH, sender=OPERATOR)
        elif state == State.OPENED:
            if dice.random() < 0.05:
                self.now = terms.expires_at
            self.now = max(self.now, terms.resolves_at)
            self.propose(round_id)
        elif state == State.PROPOSED:
            if dice.random() < 0.5:
                self.now = self.tournament.round_info(round_id).final_at
        elif state == State.FINAL:
            if dice.random() < 0.05:
                self.now = terms.expires_at
            else:
                chunks, _ = self.scores[round_id]
                proof = ChunkTree.of(chunks).proof(0)
                self.call("settle", round_id, 0, encode(chunks[0]), proof, sender=STRANGER)
        else:
            self.call("settle_expired", round_id, [0], sender=STRANGER)

    def propose(self, round_id: int) -> None:
        dice = self.random
        kind = dice.choice(["small", "small", "small", "large", "win", "lose", "opposite"])
        first = dice.randrange(-(10**7), 10**7) if kind == "small" else dice.randrange(-ONE, ONE)
        if kind == "win":
            first = ONE
        if kind == "lose":
            first = -ONE
        scores: dict[int, Score] = {0: (dice.randrange(-ONE, ONE), 0)}
        for pool in self.pools:
            own = -first if kind == "opposite" and pool is self.pools[1] else first
            scores[pool.model] = (own, 0)
        chunks = encode_chunks(scores)
        root = ChunkTree.of(chunks).root
        self.scores[round_id] = chunks, root
        self.call("propose", round_id, root, len(chunks), HASH, sender=OPERATOR)

    def neighbour_step(self) -> None:
        """Who shares the group stakes, leaves, and goes home or on."""
        dice = self.random
        if dice.random() < 0.3:
            self.call("set_policy", 0, NMR, dice.random() < 0.7, sender=NEIGHBOUR)
        elif dice.random() < 0.6:
            self.call("stake", 0, 10**9 * GWEI, sender=NEIGHBOUR)
        else:
            self.call("submit", [0], [HASH], sender=NEIGHBOUR)

    def guardian_step(self) -> None:
        dice = self.random
        undecided = [round_id for round_id in self.rounds() if self.tournament.state(round_id, self.now) in UNDECIDED]
        if undecided and dice.random() < 0.3:
            self.call("void", dice.choice(undecided), sender=GUARDIAN)
        elif self.tournament.paused(self.now):
            self.call("unpause", sender=GUARDIAN)
        elif dice.random() < 0.5:
            self.call("pause", sender=GUARDIAN)

    # calls

    def call(self, name: str, *args: Any, sender: str) -> bool:
        """Call the tournament."""
        return self.attempt(self.tournament, name, args, sender)

    def pool_call(self, index: int, name: str, *args: Any, sender: str) -> bool:
        """Call a pool: nobody's worth moves beyond the bound, and the invariants hold."""
        judge = self.judges[self.pools[index].address]
        before, bound = judge.worths(self.now), judge.bound(self.now)
        made = self.attempt(judge.pool, name, args, sender)
        after = judge.worths(self.now)
        if not made:
            assert before == after, "a refused call changes nothing"
            return False
        judge.compare(before, after, max(bound, judge.bound(self.now)))
        judge.check(self.now)
        self.total.most_moved = max(self.total.most_moved, judge.most_moved)
        self.total.most_left = max(self.total.most_left, judge.most_left)
        return True

    def attempt(self, target: Target, name: str, args: tuple[Any, ...], sender: str) -> bool:
        """Call something, and tell whether it was made or refused."""
        self.total.calls += 1
        title = f"pool.{name}" if isinstance(target, Pool) else name
        plain = [each for each in args if not isinstance(each, list | bytes | Terms)]
        self.trail.append(f"{self.now - START} {target.address[:6]} {name} {plain}")
        del self.trail[:-40]
        reason = self.make(target, name, args, sender)
        if reason is not None:
            self.total.refused[title, reason] += 1
            return False
        self.total.done[title] += 1
        return True

    def make(self, target: Target, name: str, args: tuple[Any, ...], sender: str) -> str | None:
        """Make a call; gives why it was refused. The log keeps what it told until the next one."""
        self.suite.log.events.clear()
        try:
            getattr(target, name)(*args, sender=sender, now=self.now)
        except Refused as refused:
            return str(refused)
        self.learn()
        return None

    def everybody_leaves(self) -> None:
        """From whatever state: time and anyone's calls bring every place to where its backers get out, all of them."""
        for _ in range(3):
            self.now += 3_000 * HOUR
            for round_id in self.rounds():
                if self.tournament.state(round_id, self.now) in (State.VOID, State.EXPIRED):
                    self.call("settle_expired", round_id, [0], sender=STRANGER)
        for index, pool in enumerate(self.pools):
            for number, place in enumerate(pool.places):
                assert self.is_exact(pool, number)
                if (index + number) % 2:
                    self.manager_leaves(index, number)
                for who in BACKERS:
                    held = pool.holding(number, who)
                    if held.shares > held.exit.amount:
                        assert self.pool_call(index, "exit_order", number, ALL, sender=who), "exits need nobody"
                self.now += 12
                if place.exits.total:
                    self.turn(index, "checkpoint", number)
                for who in BACKERS:
                    if pool.holding(number, who).entry.amount:
                        assert self.pool_call(index, "cancel_entry", number, sender=who)
                    self.pool_call(index, "claim", number, sender=who)
                    held = pool.holding(number, who)
                    assert (held.shares, held.entry.amount, pool.claimable(number, who)) == (0, 0, 0), "all are out"

    def manager_leaves(self, index: int, number: int) -> None:
        """No round opened for long, so no backer who does nothing keeps the manager in a place."""
        place = self.pools[index].places[number]
        # An order does not have the shares of a fee that its own checkpoint books.
        for _ in range(2):
            if place.manager_shares > place.manager_exit.amount:
                assert self.pool_call(index, "exit_order", number, ALL, sender=MANAGER), "exits need nobody"
            self.now += 12
            if place.manager_exit.amount:
                backers = place.shares - place.manager_shares
                self.turn(index, "checkpoint", number)
                self.total.reached["managers left backers who did nothing"] += backers > 0
        assert place.manager_shares == 0, "the manager is out"

    def the_log_tells_all(self) -> None:
        """What a pool logged rebuilds its books."""
        for pool in self.pools:
            assert self.replay.pools[pool.address].books == pool.books, "the log tells all"
