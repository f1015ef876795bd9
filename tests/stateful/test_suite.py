# SPDX-License-Identifier: MIT
"""
Random histories of the whole suite: two tournaments on one treasury, a buyback, and a timelock that owns them all.

Some of those who act mean harm: they call back in the midst of a call, run before and after a lock or a settlement,
give away NMR where nobody wants it, let deadlines pass. After every step the contracts are what the references say,
and what has to hold across contracts holds by arithmetic of the test's own; in the end everything comes home.
"""

import pickle
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from nmr.errors import require
from nmr.protocol.chunk_tree import encode
from nmr.protocol.reference import Event, State
from nmr.protocol.reference.buyback import UNLIMITED, Answer
from nmr.protocol.score_words import GROUP_SHIFT
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR, SUPPLY
from tests.stateful.chain import Outcome
from tests.stateful.driver import ALIVE, Chunk, Driver
from tests.stateful.governance import Governance, Operation
from tests.stateful.lockstep import Lockstep
from tests.stateful.market import Habit, Inner, Market, Within
from tests.stateful.market_stage import PROGRAMME, UNIT
from tests.stateful.plans import ERRANDS, GWEIS, MESSES, PROPOSALS, USUAL, WEEKS, Errand, Proposal, Week
from tests.stateful.profiles import Machine, chosen
from tests.stateful.stage import DEPUTY, GUARDIAN, HOUR, MINNOW, OPERATOR, STAKER, STRANGER, TIGHT, WHALE
from tests.stateful.suite_stage import CASTS, DELAY, EXECUTOR, PROPOSER, suite_stage
from tests.stateful.tally import TALLY

NAMES = st.sampled_from(sorted(CASTS))
PICKS = st.integers(0, 9)
PARTS = st.sampled_from([1, 500, 5_000, 10_000, 10_001])
"""Of ten thousand of a lot."""
INNER = st.sampled_from(
    [
        *("settle", "settle", "enter", "settle_expired", "multicall", "lock"),
        *("take", "take", "price", "price", "price", "kick", "end", "reserve", "draw"),
    ]
)
"""What is called in the midst of another call: first what goes through, for the simplest choice is frequent."""
RUN = {
    "name": NAMES,
    "what": st.sampled_from(["lock", "settle", "settle"]),
    "before": st.lists(ERRANDS, max_size=3),
    "after": st.lists(ERRANDS, max_size=3),
    "pick": PICKS,
}
BACK = {
    "through": st.sampled_from(["stablecoin at a kick", "stablecoin at a take", "filler", "filler"]),
    "what": INNER,
    "name": NAMES,
    "pick": PICKS,
    "part": PARTS,
}
BACK_FROM_THE_TIMELOCK = {
    "through": st.sampled_from(["execute", "execute", "allow"]),
    "what": st.one_of(INNER, st.sampled_from(["execute itself", "execute another"])),
    "name": NAMES,
    "pick": PICKS,
}
HARM = st.one_of(
    st.tuples(st.just("run_before_and_after"), st.fixed_dictionaries(RUN)),
    st.tuples(st.just("call_back"), st.fixed_dictionaries(BACK)),
    st.tuples(st.just("call_back_from_the_timelock"), st.fixed_dictionaries(BACK_FROM_THE_TIMELOCK)),
)
"""A rule and its arguments: what every history begins with some of, since many leave out a rule altogether."""


class Side(Driver):
    """A tournament of the suite: its owner is the timelock, and others go on with theirs while it lets time pass."""

    def __init__(
        self,
        lockstep: Lockstep,
        govern: Callable[["Side", str, str, tuple[Any, ...]], Outcome],
        wait: Callable[..., None],
    ) -> None:
        self._govern, self._wait = govern, wait
        super().__init__(lockstep)

    def call(self, function: str, *arguments: Any, sender: str, **more: Any) -> Outcome:
        if sender == self.lockstep.owner:
            outcome = self._govern(self, more.get("part", "tournament"), function, arguments)
            self.hear(outcome.events)
            return outcome
        return super().call(function, *arguments, sender=sender, **more)

    def to(self, time: int) -> None:
        self._wait(time, self)

    def chores(self, until: int) -> list[tuple[int, int, State]]:
        """What waits for anyone or the operator up to a time: since when, which round, and in which state it is."""
        found = []
        for round_id in self.rounds(State.OPEN, State.ENDED, State.LOCKED, State.OPENED):
            state, terms = self.state(round_id), self.info(round_id).terms
            since = terms.resolves_at if state == State.OPENED else terms.locks_at
            if since <= until:
                found.append((since, round_id, state))
        return found

    def do_chore(self, round_id: int) -> None:
        """The next step of a round whose time has come."""
        if self.state(round_id) == State.OPENED:
            self.propose(round_id, USUAL.proposal)
        else:
            self.lock_and_publish(round_id)


REACHED = {
    "histories in which both tournaments reserved": 3,
    "run before and after a lock": 3,
    "run before and after a settle": 1,
    "inner calls done": 1,
    "inner calls refused": 6,
    "called back by execute done": 1,
    "called back by allow done": 1,
    "suite: trespasses": 6,
    "stablecoin spent": UNIT,
    "classic ran out of ids": 1,
}
"""What the histories of CI have to come to, with slack: see `test_tournament.py`."""


class Histories(Machine):
    """What anyone may do to the suite, and what nobody may."""

    subject = "suite"
    reached = REACHED

    def __init__(self) -> None:
        super().__init__()
        self.stage = suite_stage()
        self.chain = self.stage.chain
        self.stack.enter_context(self.chain.anchor())
        self.world = pickle.loads(self.stage.world)
        locksteps = {name: Lockstep(self.stage, self.world, name) for name in CASTS}
        # One history: the nonces of the token and the latest calls are both tournaments'.
        self.lockstep = locksteps["classic"]
        locksteps["signals"].nonces, locksteps["signals"].last_calls = self.lockstep.nonces, self.lockstep.last_calls
        self.sides = {name: Side(lockstep, self.govern_part, self.wait) for name, lockstep in locksteps.items()}
        self.market = Market(self.lockstep, self.stage)
        executors = (EXECUTOR, str(self.stage.reentrant.address))
        self.governance = Governance(self.lockstep, self.stage.suite.timelock, DELAY, (PROPOSER,), executors)
        self.attentive = True
        self.looked = 0
        # What the log tells, read as it grows.
        self.read = len(self.chain.events)
        self.burned = 0
        self.grants: Counter[tuple[str, int]] = Counter()
        self.holders = {*self.world.numeraire.balances.held}

    @initialize(
        weeks=st.lists(st.tuples(NAMES, WEEKS), min_size=3, max_size=7),
        reserve=st.sampled_from([None, None, 0, 1, 7 * NMR + 1, 60 * NMR]),
        allowance=st.sampled_from([UNLIMITED, PROGRAMME.lifetime_cap, PROGRAMME.lot_cap + 1]),
        attentive=st.booleans(),
        harm=st.lists(HARM, min_size=2, max_size=4),
    )
    def begin(
        self,
        weeks: list[tuple[str, Week]],
        reserve: int | None,
        allowance: int,
        attentive: bool,
        harm: list[tuple[str, dict[str, Any]]],
    ) -> None:
        """The timelock lets the buyback spend; then the first weeks of both tournaments, and who means harm."""
        self.carry_out(self.allow(allowance))
        if reserve is not None:
            self.sides["classic"].leave_in_treasury(reserve)
        self.attentive = attentive
        for name, week in weeks:
            self.sides[name].play(week)
        for rule_name, arguments in harm:
            getattr(self, rule_name)(**arguments)

    # time goes on

    @property
    def now(self) -> int:
        return self.chain.now

    def wait(self, time: int, waiting: Side | None = None) -> None:
        """Let time pass, if that time is still to come; the other tournaments' people do meanwhile what is due."""
        tried = set()
        while self.attentive:
            due = [
                (max(since, self.now), name, round_id, state)
                for name, side in self.sides.items()
                if side is not waiting
                for since, round_id, state in side.chores(time)
                if (name, round_id, state) not in tried
            ]
            if not due:
                break
            moment, name, round_id, state = min(due)
            if moment > max(time, self.now):
                break
            tried.add((name, round_id, state))
            self.chain.now = moment
            self.sides[name].do_chore(round_id)
        self.chain.now = max(self.now, time)

    @rule(name=NAMES, week=WEEKS)
    def next_week(self, name: str, week: Week) -> None:
        self.sides[name].play(week)

    @rule(first=WEEKS, second=WEEKS)
    def next_week_of_both(self, first: Week, second: Week) -> None:
        self.sides["classic"].play(first)
        self.sides["signals"].play(second)

    @rule(name=NAMES, pick=PICKS, order=st.integers(0, 5), proposal=PROPOSALS, steps=st.integers(1, 4))
    def advance(self, name: str, pick: int, order: int, proposal: Proposal, steps: int) -> None:
        """A round's next steps, while others stand where they are."""
        for _ in range(steps):
            self.sides[name].nudge(pick, order, proposal)

    @rule(pick=st.integers(0, 12), off=st.sampled_from([-1, 0, 1]), attentive=st.booleans())
    def wait_for_a_deadline(self, pick: int, off: int, attentive: bool) -> None:
        """Of a round, a lot, or an operation of the timelock."""
        lot = self.market.reference.lot
        times = {lot.started_at + PROGRAMME.length, self.market.reference.next_kick_at}
        times |= {self.governance.ready_at(operation) for operation in self.governance.pending}
        for side in self.sides.values():
            for round_id in side.rounds(*ALIVE):
                info = side.info(round_id)
                terms = info.terms
                times |= {terms.locks_at, terms.locks_at + 24 * HOUR, terms.resolves_at, terms.expires_at}
                times |= {info.final_at, terms.locks_at - HOUR}
            times |= {side.tournament.paused_until, side.tournament.rested_at}
        ahead = sorted(time + off for time in times if time + off > self.now)
        self.attentive = attentive
        if ahead:
            self.wait(ahead[pick % len(ahead)])

    @rule(days=st.sampled_from([1, 30, 400]))
    def everybody_sleeps(self, days: int) -> None:
        """Past every deadline there is; nobody does anything."""
        attentive, self.attentive = self.attentive, False
        self.wait(self.now + days * 24 * HOUR)
        self.attentive = attentive

    # the treasury's stablecoin

    @rule(
        cents=st.one_of(st.just(1_500), st.integers(1, 6_000)),
        age=st.sampled_from([0, 0, 0, PROGRAMME.max_age, PROGRAMME.max_age + 1, -1]),
    )
    def price_moves(self, cents: int, age: int) -> None:
        self.market.tell(Answer(cents * 10**6, 8, self.now - age))

    @rule(sender=st.sampled_from([STRANGER, WHALE]), fresh=st.booleans(), due=st.booleans())
    def kick(self, sender: str, fresh: bool, due: bool) -> None:
        self.make_ready(fresh, due)
        self.count("kick", self.market.kick(sender))

    @rule(
        filler=st.sampled_from([WHALE, WHALE, STAKER, STRANGER]),
        part=PARTS,
        above=st.sampled_from([None, None, 0, 1]),
        kicked=st.booleans(),
    )
    def take(self, filler: str, part: int, above: int | None, kicked: bool) -> None:
        """A part of a lot, at any price or just at that of the moment, or more."""
        if kicked:
            self.make_ready(True, True)
            self.market.kick(STRANGER)
        min_price = 0 if above is None else self.market.reference.lot.reference + above
        self.count("take", self.market.take(filler, self.part(part), min_price))

    @rule(habit=st.sampled_from([*Habit, Habit.NONE, Habit.NONE]))
    def stablecoin_changes_its_ways(self, habit: Habit) -> None:
        self.market.behave(habit)

    def make_ready(self, fresh: bool, due: bool) -> None:
        """End a pause, wait until a lot is due, and have the feed say something new."""
        if due and self.market.reference.paused:
            self.carry_out(self.unpause())
        if due:
            self.wait(self.market.reference.next_kick_at)
        if fresh:
            self.market.tell(Answer(self.market.answer.answer, 8, self.now))

    def make_final(self, side: Side) -> None:
        """Bring a round to where its chunks can be settled, if that takes no more than its next steps."""
        for _ in range(6):
            if not side.rounds(State.FINAL):
                side.nudge(0)

    def part(self, part: int) -> int:
        return max(1, PROGRAMME.lot_cap * part // 10_000)

    # those who mean harm

    @rule(**RUN)
    def run_before_and_after(self, name: str, what: str, before: list[Errand], after: list[Errand], pick: int) -> None:
        """Stakers in the block before, and in that after, a lock or a settlement: no stake at risk gets away."""
        side = self.sides[name]
        if what == "lock":
            round_id = side.open_round()
            if round_id is None:
                side.play(USUAL)
                round_id = side.open_round()
            if round_id is None:
                return
            side.to(side.info(round_id).terms.locks_at - 1)
            self.run(side, before)
            self.chain.now = max(self.now, side.info(round_id).terms.locks_at)
            at_risk = side.info(round_id).staked
            self.run(side, after)
            side.lock(round_id)
            assert side.info(round_id).at_risk == at_risk
            self.run(side, before)
        else:
            self.make_final(side)
            final = side.rounds(State.FINAL)
            if not final:
                return
            round_id = final[pick % len(final)]
            at_risk = side.info(round_id).staked
            self.run(side, before)
            assert side.info(round_id).staked == at_risk
            side.clear(round_id, pick)
            self.run(side, after)
        TALLY[f"run before and after a {what}"] += 1

    @rule(**BACK)
    def call_back(self, through: str, what: str, name: str, pick: int, part: int) -> None:
        """In the midst of a kick or a take: whatever the buyback locks is refused, and the rest is a call as any."""
        if what == "settle":
            self.make_final(self.sides[name])
        self.make_ready(True, True)
        if through != "stablecoin at a kick":
            self.market.kick(STRANGER)
        caller = str((self.stage.traded.filler if through == "filler" else self.stage.traded.coin).address)
        within = Within(self.inner(what, self.sides[name], pick, caller), locked=[self.market.address])
        self.look()
        if through == "stablecoin at a kick":
            outcome = self.market.kick(STRANGER, within)
        elif through == "filler":
            outcome = self.market.take_with_callback(self.part(part), within)
        else:
            outcome = self.market.take(WHALE, self.part(part), 0, within)
        self.look()
        self.count(through, outcome)
        self.count_inner(outcome, within)

    @rule(**BACK_FROM_THE_TIMELOCK)
    def call_back_from_the_timelock(self, through: str, what: str, name: str, pick: int) -> None:
        """A target of the timelock, or a token that the treasury allows, that calls on."""
        reentrant, caller = self.stage.reentrant, str(self.stage.reentrant.address)
        within, treasury = Within(), self.lockstep.address["treasury"]
        if through == "allow":
            # What calls the treasury's views or functions in turn meets its lock.
            what = what if what in ("take", "price", "kick", "end", "enter", "reserve", "draw") else "reserve"
            operation = self.treasury_operation("allow", caller, STRANGER, pick, then=within)
        else:
            operation = self.governance.operation(reentrant, "", (), within)
        self.schedule_and_wait(operation)
        if what == "settle":
            self.make_final(self.sides[name])
        if what.startswith("execute"):
            another = [other for other in self.governance.pending if other is not operation]
            inner = self.inner_execution(operation if what == "execute itself" or not another else another[0], caller)
        else:
            inner = self.inner(what, self.sides[name], pick, caller)
        within.inner, within.locked = inner, [treasury] if through == "allow" else []
        self.send(reentrant, "arm", inner.target, inner.data)
        self.look()
        outcome = self.governance.execute(operation, EXECUTOR)
        self.look()
        if outcome.reason is None:
            found = tuple(self.chain.view(reentrant, name) for name in ("called", "succeeded"))
            assert found == (within.called, within.succeeded)
            if within.succeeded:
                inner.after(outcome.events)
        self.send(reentrant, "arm", ZERO_ADDRESS, b"")
        self.count(f"called back by {through}", outcome)
        self.count_inner(outcome, within)

    def inner(self, what: str, side: Side, pick: int, caller: str) -> Inner:
        """A call that somebody makes in the midst of another."""
        contracts, now = side.lockstep.contracts, self.now
        tournament = side.tournament
        more = {"sender": caller, "now": now}
        round_id = next(iter(side.rounds(State.ENDED)), side.round(pick))

        def of_tournament(function: str, *arguments: Any, like: Sequence[Any] | None = None) -> Inner:
            expected = arguments if like is None else like
            return Inner(
                contracts["tournament"],
                function,
                arguments,
                lambda: getattr(tournament, function)(*expected, **more),
                side.hear,
            )

        match what:
            case "take":
                reference = lambda: self.market.take_on_reference(caller, UNIT, 0, caller)  # noqa: E731
                return Inner(self.stage.traded.buyback, "take", (UNIT, 0, caller), reference)
            case "price":
                # A view, which the lock covers, too.
                reference = lambda: self.market.reference.price(self.market.answer, self.now)  # noqa: E731
                return Inner(self.stage.traded.buyback, "price", (), reference)
            case "kick":
                return Inner(self.stage.traded.buyback, "kick", (), self.market.kick_on_reference)
            case "end":
                return Inner(self.stage.traded.buyback, "end", (), lambda: self.market.reference.end(caller))
            case "lock":
                return of_tournament("lock", round_id)
            case "enter":
                return of_tournament("enter", side.lockstep.groups)
            case "settle_expired":
                freed = side.rounds(State.VOID, State.EXPIRED)
                return self.inner_expiry(side, freed[0] if freed else round_id, of_tournament)
            case "multicall":
                calls: list[tuple[str, dict[str, Any]]] = [
                    ("enter", {"groups": side.lockstep.groups[:2]}),
                    ("multicall", {"calls": [("lock", {"round_id": round_id})]}),
                ]
                encode = contracts["tournament"]
                lock = encode.multicall.prepare_calldata([encode.lock.prepare_calldata(round_id)])
                encoded = [encode.enter.prepare_calldata(side.lockstep.groups[:2]), lock]
                return of_tournament("multicall", encoded, like=(calls,))
            case "settle":
                return self.inner_settlement(side, pick, of_tournament)
            case "reserve" | "draw":
                treasury = self.world.treasury
                arguments = (round_id, NMR)
                call = getattr(treasury, what)
                return Inner(contracts["treasury"], what, arguments, lambda: call(*arguments, **more))
            case _:
                raise AssertionError(what)

    def inner_settlement(self, side: Side, pick: int, of_tournament: Callable[..., Inner]) -> Inner:
        """A chunk that waits, of a final round if there is one."""
        waiting = ((round_id, side.order(round_id, pick)) for round_id in side.rounds(State.FINAL))
        round_id, order = next(((round_id, order) for round_id, order in waiting if order), (0, []))
        if not order:
            return of_tournament("enter", side.lockstep.groups)
        words, proof = side.proposed(round_id, order[0])
        plain = of_tournament("settle", round_id, order[0], encode(words), proof)
        return self.watched(side, plain, side.chunk(round_id, words))

    def inner_expiry(self, side: Side, round_id: int, of_tournament: Callable[..., Inner]) -> Inner:
        """All groups of a void or expired round, if it is one."""
        groups = side.lockstep.groups
        plain = of_tournament("settle_expired", round_id, groups)
        return self.watched(side, plain, side.chunk(round_id, [group << GROUP_SHIFT for group in groups]))

    def watched(self, side: Side, plain: Inner, chunk: Chunk) -> Inner:
        """A settlement whose stakes are followed."""

        def after(events: Sequence[Event]) -> None:
            side.hear(events)
            side.settled(chunk, [event for event in events if event.address == plain.target])
            TALLY["settled in the midst of another call"] += 1

        return Inner(plain.contract, plain.function, plain.arguments, plain.reference, after)

    def inner_execution(self, operation: Operation, caller: str) -> Inner:
        """An operation of the timelock that its executor makes from within another, or from within itself."""
        arguments = (*operation.call, operation.predecessor, operation.salt)
        return Inner(
            self.governance.timelock,
            "execute",
            arguments,
            lambda: self.governance.execute_on_reference(operation, caller),
        )

    @rule(
        coin=st.booleans(),
        to=st.sampled_from(["classic", "signals", "treasury", "buyback", "timelock", "lens", "numeraire", "filler"]),
        gwei=GWEIS,
        odd=st.integers(0, 1),
    )
    def donate(self, coin: bool, to: str, gwei: int, odd: int) -> None:
        """NMR and stablecoin to contracts, which nobody asked for."""
        contract = getattr(self.stage.traded, to) if to in ("buyback", "filler") else self.stage.contract(to)
        receiver = str(contract.address)
        if coin:
            self.market.donate(receiver, gwei)
            return
        amount = gwei * GWEI + odd
        if to in self.sides:
            self.sides[to].donated += amount
        self.sides["classic"].token("transfer", receiver, amount, sender=WHALE)

    @rule(what=st.sampled_from(["approve", "transferFrom", "burnFrom", "burn"]), gwei=GWEIS, odd=st.integers(0, 1))
    def spend_of_another(self, what: str, gwei: int, odd: int) -> None:
        """What a holder allowed a stranger of its NMR, and what it did not."""
        amount, side = gwei * GWEI // 10 + odd, self.sides["classic"]
        match what:
            case "approve":
                side.token("approve", STRANGER, amount, sender=MINNOW)
            case "transferFrom":
                side.token("transferFrom", MINNOW, STAKER, amount, sender=STRANGER)
            case "burnFrom":
                side.token("burnFrom", MINNOW, amount, sender=STRANGER)
            case "burn":
                side.token("burn", amount, sender=MINNOW)

    @rule(name=NAMES, pick=PICKS, proposal=PROPOSALS, mess=MESSES, index=st.integers(0, 2))
    def propose_a_mess(self, name: str, pick: int, proposal: Proposal, mess: str, index: int) -> None:
        """Chunks that no honest operator would put under a root, one of which somebody settles."""
        side = self.sides[name]
        waiting = side.rounds(State.OPENED)
        if not waiting:
            side.nudge(pick)
            return
        round_id = waiting[pick % len(waiting)]
        side.to(side.info(round_id).terms.resolves_at)
        side.propose(round_id, Proposal(proposal.pool, proposal.stride, proposal.withheld, mess))
        if side.state(round_id) == State.PROPOSED:
            side.to(side.info(round_id).final_at)
            side.settle_chunk(round_id, index % len(side.proposals[round_id][0]))

    @rule(
        what=st.sampled_from(
            [
                *("buyback.end", "buyback.sweep", "buyback.pause", "buyback.unpause", "buyback.set_guardian"),
                *("treasury.allow", "treasury.spend", "treasury.authorise", "treasury.unlist", "treasury.draw"),
                *("timelock.schedule", "timelock.execute", "timelock.cancel", "timelock.update_delay"),
                *("buyback.ownership", "treasury.ownership", "classic.ownership", "signals.ownership"),
                *("timelock.grantRole", "timelock.revokeRole", "timelock.set_role_admin", "timelock.schedule_batch"),
            ]
        ),
        sender=st.sampled_from([STRANGER, OPERATOR, GUARDIAN, WHALE, EXECUTOR]),
        amount=GWEIS,
    )
    def trespass(self, what: str, sender: str, amount: int) -> None:
        """What is for the timelock and its proposers and executors."""
        part, _, function = what.partition(".")
        nothing = bytes(32)
        batch = ([], [], [], nothing, nothing, DELAY)
        of_roles = {
            "grantRole": (nothing, sender),
            "revokeRole": (nothing, sender),
            "set_role_admin": (nothing, nothing),
            "schedule_batch": batch,
        }
        TALLY["suite: trespasses"] += 1
        if what == "buyback.pause":
            self.count("pause", self.market.pause(sender))
        elif function == "ownership":
            contract = self.stage.traded.buyback if part == "buyback" else self.stage.contract(part)
            self.refused(contract, "transfer_ownership", (sender,), sender, "ownable: caller is not the owner")
            self.refused(contract, "accept_ownership", (), sender, "ownable_2step: caller is not the new owner")
        elif function in of_roles:
            reason = "access_control: account is missing role"
            self.refused(self.governance.timelock, function, of_roles[function], sender, reason)
        elif part == "buyback":
            arguments = (sender,) if function == "set_guardian" else ()
            self.refused(self.stage.traded.buyback, function, arguments, sender, "ownable: caller is not the owner")
        elif part == "treasury":
            coin = str(self.stage.traded.coin.address)
            amounts = {
                "allow": (coin, sender, amount),
                "spend": (sender, amount),
                "authorise": (sender, amount, amount, amount),
                "unlist": (self.sides["classic"].lockstep.address["tournament"],),
                "draw": (self.sides["classic"].round(1), amount),
            }
            self.sides["classic"].treasury(function, *amounts[function], sender=sender)
        elif function == "update_delay":
            reason = "timelock_controller: caller must be timelock"
            self.refused(self.governance.timelock, function, (0,), sender, reason)
        else:
            pending = self.governance.pending
            operation = pending[amount % len(pending)] if pending else self.allow(amount)
            outcome = getattr(self.governance, function)(operation, sender)
            self.count(function, outcome)

    # the owner

    @rule(
        what=st.sampled_from(
            [
                *("allow", "allow", "spend", "spend", "cap", "unlist", "operator", "guardian", "bounds", "unpause"),
                *("buyback unpause", "buyback unpause", "buyback end", "buyback sweep", "buyback guardian", "delay"),
            ]
        ),
        how=st.sampled_from(["now", "now", "leave", "leave", "early", "twice", "cancel", "impatient", "stranger"]),
        name=NAMES,
        pick=PICKS,
    )
    def govern(self, what: str, how: str, name: str, pick: int) -> None:
        """The timelock makes what was scheduled, when its time has come and not before."""
        operation = self.operation(what, self.sides[name], pick)
        if how == "impatient":
            self.count("schedule", self.governance.schedule(operation, PROPOSER, self.governance.delay - 1))
            return
        self.count("schedule", self.governance.schedule(operation, STRANGER if how == "stranger" else PROPOSER))
        if how in ("leave", "stranger"):
            return
        if how == "cancel":
            ready_at = self.governance.ready_at(operation)
            self.count("cancel", self.governance.cancel(operation, PROPOSER))
            # By then it would be made, had it not been cancelled.
            self.wait(ready_at)
            self.count("execute", self.governance.execute(operation, EXECUTOR))
            return
        if how == "early":
            self.count("execute", self.governance.execute(operation, EXECUTOR))
            self.wait(self.governance.ready_at(operation) - 1)
            self.count("execute", self.governance.execute(operation, EXECUTOR))
        self.wait(self.governance.ready_at(operation))
        self.count("execute", self.governance.execute(operation, EXECUTOR))
        if how == "twice":
            self.count("execute", self.governance.execute(operation, EXECUTOR))
            self.count("schedule", self.governance.schedule(operation, PROPOSER))

    @precondition(lambda self: self.governance.pending)
    @rule(pick=PICKS, patient=st.booleans(), sender=st.sampled_from([EXECUTOR, EXECUTOR, PROPOSER]))
    def execute_what_waits(self, pick: int, patient: bool, sender: str) -> None:
        """What was right when it was scheduled may not be any more."""
        operation = self.governance.pending[pick % len(self.governance.pending)]
        if patient:
            self.wait(self.governance.ready_at(operation))
        self.count("execute", self.governance.execute(operation, sender))

    @rule(name=NAMES, what=st.sampled_from(["pause", "buyback pause", "void", "veto"]), pick=PICKS)
    def guard(self, name: str, what: str, pick: int) -> None:
        """What the guardian may do at once."""
        side = self.sides[name]
        match what:
            case "pause":
                side.call("pause", sender=side.tournament.guardian)
            case "buyback pause":
                self.count("pause", self.market.pause(self.market.reference.guardian))
            case "void":
                side.call("void", side.round(1 + pick % 4), sender=side.tournament.guardian)
            case "veto":
                for round_id in side.rounds(State.PROPOSED):
                    side.call("veto", round_id, side.info(round_id).root, sender=side.veto_by(pick))

    def operation(self, what: str, side: Side, pick: int) -> Operation:
        """Something that the owner decides."""
        free = self.world.treasury.free()
        match what:
            case "allow":
                return self.allow([0, 1, UNIT, PROGRAMME.lot_cap, UNLIMITED][pick % 5])
            case "spend":
                return self.treasury_operation("spend", WHALE, max(1, free * (9 - pick) // 9))
            case "cap":
                limits = (50 * NMR * pick, 80 * NMR * (pick % 4), 20 * NMR * (pick % 3))
                return self.treasury_operation("authorise", side.lockstep.address["tournament"], *limits)
            case "unlist":
                return self.treasury_operation("unlist", side.lockstep.address["tournament"])
            case "operator" | "guardian":
                known = (OPERATOR, DEPUTY) if what == "operator" else (GUARDIAN, DEPUTY)
                return self.part_operation(side, "tournament", f"set_{what}", (known[pick % 2],))
            case "bounds":
                return self.part_operation(side, "tournament", "set_bounds", (TIGHT,))
            case "unpause":
                return self.part_operation(side, "tournament", "unpause", ())
            case "buyback unpause":
                return self.unpause()
            case "buyback end":
                # Once at most, and then there is no buyback any more: rarely.
                if pick % 3:
                    return self.operation("buyback unpause", side, pick)
                return self.end()
            case "buyback sweep":
                return self.sweep()
            case "buyback guardian":
                guardian = (GUARDIAN, DEPUTY)[pick % 2]
                reference = lambda: setattr(self.market.reference, "guardian", guardian)  # noqa: E731
                return self.governance.operation(self.stage.traded.buyback, "set_guardian", (guardian,), reference)
            case "delay":
                delay = (DELAY, 4 * HOUR)[pick % 2]
                reference = lambda: setattr(self.governance, "delay", delay)  # noqa: E731
                return self.governance.operation(self.governance.timelock, "update_delay", (delay,), reference)
            case _:
                raise AssertionError(what)

    def allow(self, amount: int) -> Operation:
        """The treasury lets the buyback spend."""
        allowed = self.market.coin.allowed

        def then() -> None:
            allowed[self.lockstep.address["treasury"]] = amount

        coin = str(self.stage.traded.coin.address)
        return self.treasury_operation("allow", coin, self.market.address, amount, then=then)

    def unpause(self) -> Operation:
        """The buyback goes on."""
        reference = lambda: self.market.reference.unpause(self.lockstep.owner)  # noqa: E731
        return self.governance.operation(self.stage.traded.buyback, "unpause", (), reference)

    def end(self) -> Operation:
        """The buyback ends."""
        reference = lambda: self.market.reference.end(self.lockstep.owner)  # noqa: E731
        return self.governance.operation(self.stage.traded.buyback, "end", (), reference)

    def sweep(self) -> Operation:
        """What an ended buyback holds goes back."""
        return self.governance.operation(self.stage.traded.buyback, "sweep", (), self.market.sweep_on_reference)

    def treasury_operation(self, function: str, *arguments: Any, then: Callable[[], None] = lambda: None) -> Operation:
        """The treasury does something, and what it calls something more."""

        def reference() -> None:
            call = getattr(self.world.treasury, function)
            call(*arguments, sender=self.lockstep.owner, now=self.now)
            then()

        return self.governance.operation(self.lockstep.contracts["treasury"], function, arguments, reference)

    def part_operation(self, side: Side, part: str, function: str, arguments: tuple[Any, ...]) -> Operation:
        """Something of a tournament, the treasury or the token, made by their owner."""
        reference = side.tournament if part == "tournament" else getattr(self.world, part)
        call = getattr(reference, function)
        return self.governance.operation(
            side.lockstep.contracts[part],
            function,
            arguments,
            lambda: call(*arguments, sender=self.lockstep.owner, now=self.now),
        )

    def govern_part(self, side: Side, part: str, function: str, arguments: tuple[Any, ...]) -> Outcome:
        """What a driver wants of the owner, by way of the timelock."""
        return self.carry_out(self.part_operation(side, part, function, arguments))

    def carry_out(self, operation: Operation) -> Outcome:
        """Schedule, wait, execute."""
        self.schedule_and_wait(operation)
        return self.governance.execute(operation, EXECUTOR)

    def schedule_and_wait(self, operation: Operation) -> None:
        assert self.governance.schedule(operation, PROPOSER).reason is None
        self.wait(self.governance.ready_at(operation))

    # what steps are made of

    def run(self, side: Side, errands: Sequence[Errand]) -> None:
        for errand in errands:
            side.run(errand)

    def look(self) -> None:
        for side in self.sides.values():
            side.lockstep.look()

    def send(self, contract: Any, function: str, *arguments: Any) -> None:
        outcome = self.chain.call(contract, function, *arguments, sender=STRANGER)
        assert outcome.reason is None, f"{function}{arguments}: {outcome.reason}"

    def refused(self, contract: Any, function: str, arguments: tuple[Any, ...], sender: str, reason: str) -> None:
        """A call that is always refused."""
        reference = lambda: require(False, reason)  # noqa: E731
        self.count(function, self.lockstep.both(contract, function, *arguments, sender=sender, reference=reference))

    def count(self, what: str, outcome: Outcome) -> None:
        TALLY[f"{what} {'done' if outcome.reason is None else 'refused'}"] += 1

    def count_inner(self, outcome: Outcome, within: Within) -> None:
        if outcome.reason is None and within.called:
            TALLY[f"inner calls {'done' if within.succeeded else 'refused'}"] += 1

    # invariants

    @invariant()
    def the_contracts_are_what_the_references_say(self) -> None:
        """Bit by bit: both tournaments, treasury, token, buyback, stablecoin and timelock."""
        for name, side in self.sides.items():
            side.lockstep.compare(forget=name == "signals")
            side.lockstep.compare_states()
        self.look()
        self.market.check()
        self.governance.check()

    @invariant()
    def invariant_1_supply_plus_burned_is_all_that_was_minted_and_holders_have_it(self) -> None:
        self.read_the_log()
        storage = self.lockstep.storage["numeraire"]
        supply = storage.get("erc20.totalSupply")
        assert supply + self.burned == SUPPLY
        assert sum(storage.get("erc20.balanceOf", holder) for holder in self.holders) == supply

    @invariant()
    def invariants_2_to_5_hold_for_each_tournament(self) -> None:
        for side in self.sides.values():
            side.check_escrow()
            side.check_totals()
            side.check_models()
            side.check_changes()

    @invariant()
    def invariant_6_the_treasury_holds_what_it_reserved(self) -> None:
        self.sides["classic"].check_reservations()

    @invariant()
    def invariant_7_what_is_idle_or_not_at_risk_comes_out_at_once(self) -> None:
        """Tried aside for one model after the other; and what was kept had its notice."""
        self.looked += 1
        for side in self.sides.values():
            side.check_free(side.model(self.looked))
            side.check_notice()

    @invariant()
    def invariant_8_a_round_is_resolved_the_same_by_anyone_in_any_order_at_any_time(self) -> None:
        for side in self.sides.values():
            for round_id in side.rounds(State.FINAL, State.VOID, State.EXPIRED):
                side.check_any_time(round_id)

    @invariant()
    def invariant_10_nobody_but_its_owner_lowers_what_a_compounding_model_has_at_stake(self) -> None:
        for side in self.sides.values():
            side.check_compounding()

    @invariant()
    def a_reservation_is_moved_by_its_own_tournament_alone(self) -> None:
        """What a grant has left is what its tournament's events say: nobody else's took or gave."""
        self.read_the_log()
        storage = self.lockstep.storage["treasury"]
        for (tournament, round_id), left in self.grants.items():
            assert storage.word(storage.slot("grants", tournament, round_id) + 2) == left >= 0
        assert storage.get("reserved") == self.grants.total()

    @invariant()
    def what_was_at_risk_at_the_lock_stays_so_until_it_is_settled(self) -> None:
        for side in self.sides.values():
            for round_id in side.rounds(State.LOCKED, State.OPENED, State.PROPOSED):
                staked = sum(side.stake_of(round_id, model) for model in side.lockstep.models)
                assert staked * GWEI == side.info(round_id).at_risk

    @invariant()
    def the_buyback_stays_within_its_caps(self) -> None:
        self.market.check_spending()

    def read_the_log(self) -> None:
        treasury, numeraire = self.lockstep.address["treasury"], self.lockstep.address["numeraire"]
        for event in self.chain.events[self.read :]:
            args = event.args
            if event.address == numeraire and event.name == "Transfer":
                self.burned += args["value"] * (args["receiver"] == ZERO_ADDRESS)
                self.holders |= {args["receiver"]} - {ZERO_ADDRESS}
            elif event.address == treasury and event.name in ("Reserved", "Drawn", "Released"):
                sign = 1 if event.name == "Reserved" else -1
                self.grants[args["tournament"], args["round"]] += sign * args["amount"]
        self.read = len(self.chain.events)

    # and in the end

    def finish(self) -> None:
        TALLY["histories in which both tournaments reserved"] += len({grant[0] for grant in self.grants}) == 2
        TALLY["stablecoin spent"] += sum(self.market.taken.values())
        self.lockstep.compare_figures()
        self.lockstep.compare_replay()
        self.every_nmr_comes_home()
        self.the_stablecoin_comes_back()
        self.the_ring_turns_on()
        self.the_contracts_are_what_the_references_say()

    def every_nmr_comes_home(self) -> None:
        """9: time passes, anyone cranks and owners leave; escrows hold donations alone, and nothing is reserved."""
        self.attentive = False
        for side in self.sides.values():
            # What can still be settled by its scores is, by anyone.
            for round_id in side.rounds(State.FINAL):
                side.clear(round_id)
        for side in self.sides.values():
            side.come_home()
        storage = self.lockstep.storage["treasury"]
        assert storage.get("reserved") == 0
        for tournament, round_id in self.world.treasury.books.reservations:
            assert storage.word(storage.slot("grants", tournament, round_id) + 2) == 0

    def the_stablecoin_comes_back(self) -> None:
        """The owner ends the buyback: what is left of the stablecoin is the treasury's, if the coin lets it go."""
        self.market.behave(Habit.NONE)
        buyback = self.market.address
        if not self.market.reference.ended:
            outcome = self.carry_out(self.end())
            assert outcome.reason is None
        if self.market.coin.balance(buyback):
            outcome = self.carry_out(self.sweep())
            assert outcome.reason is None
        assert self.chain.view(self.stage.traded.coin, "balanceOf", buyback) == 0
        assert self.chain.view(self.stage.traded.buyback, "next_amount") == 0

    def the_ring_turns_on(self) -> None:
        """9: the next round can be opened, as long as there are ids."""
        for name, side in self.sides.items():
            TALLY[f"{name} ran out of ids"] += not side.turn_on()


# Two tournaments and a market: a step costs about twice what it costs one tournament.
PLAYED = chosen()
Histories.TestCase.settings = settings(
    PLAYED, max_examples=max(1, PLAYED.max_examples // 6), stateful_step_count=PLAYED.stateful_step_count * 5 // 8
)
TestSuite = Histories.TestCase


@pytest.mark.skipif("TALLY['suite: histories'] < 16", reason="too few histories were played in this process")
def test_histories__of_ci__get_to_where_something_can_go_wrong() -> None:
    assert {what: TALLY[what] for what, least in REACHED.items() if TALLY[what] < least} == {}
