# SPDX-License-Identifier: MIT
"""
Random histories of the suite with its pools: a tournament, the two pools of one manager, their backers and their foes.

Who joins knows the scores, holders of dust and of vast sums order, orders come and go around a checkpoint or within a
block, a backer calls while the buyback waits for its NMR, NMR is given to whom nobody asked, the manager leaves, sells
the key, submits nothing and wins in one pool what the other loses; rounds are void, expire, are settled late or burn
all. After every step the contracts are what the
references say, and a backer of one place after the other could get out.
"""

import pickle
from typing import Any, Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from nmr.protocol.reference import State
from nmr.protocol.reference.pool import ALL, Pool
from nmr.protocol.reference.rounds import UNDECIDED
from nmr.protocol.score_words import MAX_SCORE, MIN_SCORE
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR, RATIO, SUPPLY
from tests.stateful.driver import ALIVE
from tests.stateful.market_stage import PROGRAMME
from tests.stateful.plans import PROPOSALS, USUAL, WEEKS, Proposal, Shape, Week
from tests.stateful.pool_side import PoolSide
from tests.stateful.pool_stage import (
    BACKERS,
    BORROWER,
    BUYER,
    CASTS,
    DUSTY,
    HOLDER,
    JOINER,
    MANAGER,
    PoolLockstep,
    pool_stage,
)
from tests.stateful.profiles import Machine, chosen
from tests.stateful.stage import GUARDIAN, HOUR, STRANGER, WHALE
from tests.stateful.tally import TALLY

POOLS = st.integers(0, 1)
PLACES = st.sampled_from(["here", "here", "here", "next", 0, 1, 2, 3])
"""That of the latest round, the next one, or any, and one that a ring may not have."""
WHO = st.sampled_from([*BACKERS, MANAGER])
AMOUNTS = st.sampled_from(["least", "less", "odd", "floor", "some", "some", "vast"])
CALLS: Final = {
    "enter_order": (20 * NMR,),
    "exit_order": (ALL,),
    "cancel_entry": (),
    "cancel_exit": (),
    "claim": (),
    "checkpoint": (),
    "fill": (),
}
"""What is called many at once, or in the midst of another call, and its arguments after the place."""
SHARES = st.sampled_from(["all", "all", "half", "one", "but dust", "but the floor", "too many"])
BACK: Final = {
    "which": POOLS,
    "place": PLACES,
    "through": st.sampled_from([*["filler"] * 6, "stablecoin at a take", "stablecoin at a kick"]),
    "names": st.sampled_from(
        [
            *(["enter_order"], ["enter_order", "cancel_entry"], ["cancel_entry", "enter_order"], ["claim"], ["fill"]),
            *(["enter_order", "fill"], ["fill", "claim"], ["claim", "exit_order"], ["exit_order", "checkpoint"]),
            *(["checkpoint"], ["exit_order"], ["cancel_exit"], ["enter_order", "fill", "checkpoint", "claim"]),
        ]
    ),
    "block": st.booleans(),
    "part": st.sampled_from([1, 50, 1_000]),
}
LOSS: Final = Week(
    shape=Shape(1_000_000, 0, RATIO, 0, 24 * HOUR, 24 * HOUR, 24 * HOUR, 300 * HOUR),
    proposal=Proposal(((MIN_SCORE, 0),), 1, 99),
    submitting=4_095,
    order=0,
    settle_at="opened",
    enter="settled",
    errands=(),
    hitch="",
    slips=False,
)
"""A week whose round takes all that is at stake in it."""
GAIN: Final = Proposal(((MAX_SCORE, 0),), 1, 99)

REACHED = {
    "pool.checkpoint done": 10,
    "pool.fill done": 20,
    "pool.enter_order done": 60,
    "pool.exit_order done": 20,
    "pool.claim done": 15,
    "pool.sweep done": 4,
    "pool.multicall done": 1,
    "pools: epochs ended": 6,
    "pools: epochs ended at 0": 1,
    "pools: kept closed, aside": 20,
    "pools: left, aside": 10,
    "pools: kept out who knew the scores": 2,
    "pools: lent for a block": 1,
    "pools: first shares were worth their price": 1,
    "pools: donated": 3,
    "pools: cancelled around a checkpoint": 1,
    "pools: wins and losses were opposite": 2,
    "pools: called in the midst of a call, done": 3,
    "pools: called in the midst of a call, refused": 3,
    "pools: trespasses": 2,
}
"""What the histories of CI have to come to, with slack: see `test_tournament.py`."""


class Histories(Machine):
    """What anyone may do to pools and to the tournament below them, and what nobody may."""

    subject = "pools"
    reached = REACHED

    def __init__(self) -> None:
        super().__init__()
        self.stage = pool_stage()
        self.stack.enter_context(self.stage.chain.anchor())
        self.world, self.all_pools = pickle.loads(self.stage.world)
        self.take("classic")

    def take(self, name: str) -> None:
        """Play this tournament; the other stands by."""
        self.side = PoolSide(PoolLockstep(self.stage, self.world, name, self.all_pools[name]))

    @initialize(
        name=st.sampled_from(sorted(CASTS)),
        attended=st.sampled_from([True, True, False]),
        opposed=st.booleans(),
        weeks=st.lists(WEEKS, min_size=1, max_size=3),
        called=st.lists(st.fixed_dictionaries(BACK), min_size=2, max_size=3),
    )
    def begin(self, name: str, attended: bool, opposed: bool, weeks: list[Week], called: dict[str, Any]) -> None:
        """Manager and backers order everywhere; then the first weeks, and somebody calls back."""
        self.take(name)
        self.side.attended, self.side.opposed = attended, opposed
        for pool in self.side.pools:
            for number in range(self.side.ring):
                for who, nmr in ((MANAGER, 200), (HOLDER, 90), (DUSTY, 3)):
                    self.enter_order(pool, number, who, nmr * NMR)
            self.enter_order(pool, 0, self.side.lockstep.filler, 40 * NMR)
        self.side.let_buy()
        for week in weeks:
            self.next_week(week)
        for arguments in called:
            self.call_back(**arguments)

    # time goes on

    @rule(week=WEEKS)
    def next_week(self, week: Week) -> None:
        self.side.play(week)
        if self.side.opposed:
            TALLY["pools: wins and losses were opposite"] += 1

    @rule(gain=st.booleans())
    def all_or_nothing(self, gain: bool) -> None:
        """A week after which a place holds nothing any more, or twice as much."""
        self.side.play(LOSS if not gain else Week(**{**vars(LOSS), "proposal": GAIN}))

    @rule(pick=st.integers(0, 9), order=st.integers(0, 5), proposal=PROPOSALS, steps=st.integers(1, 4))
    def advance(self, pick: int, order: int, proposal: Proposal, steps: int) -> None:
        """A round's next steps, while others stand where they are: settled late, if at all."""
        for _ in range(steps):
            self.side.nudge(pick, order, proposal)

    @rule(pick=st.integers(0, 9), off=st.sampled_from([-1, 0, 1]))
    def wait_for_a_deadline(self, pick: int, off: int) -> None:
        side, times = self.side, set[int]()
        for round_id in side.rounds(*ALIVE):
            info = side.info(round_id)
            terms = info.terms
            times |= {terms.locks_at, terms.locks_at - HOUR, terms.resolves_at, terms.expires_at, info.final_at}
        ahead = sorted(time + off for time in times if time + off > side.now)
        if ahead:
            side.to(ahead[pick % len(ahead)])

    @rule(what=st.sampled_from(["pause", "unpause", "void"]), pick=st.integers(0, 3))
    def guard(self, what: str, pick: int) -> None:
        side = self.side
        undecided = side.rounds(*UNDECIDED)
        if what == "void":
            if undecided:
                side.call("void", undecided[pick % len(undecided)], sender=GUARDIAN)
        else:
            side.call(what, sender=GUARDIAN)

    # what backers and the manager do

    @rule(which=POOLS, place=PLACES, who=WHO, amount=AMOUNTS, block=st.booleans())
    def enter(self, which: int, place: str | int, who: str, amount: str, block: bool) -> None:
        pool = self.side.pools[which]
        least = pool.min_stake
        gwei = {
            "least": least,
            "less": least - 1,
            "odd": 2 * least - 1,
            "floor": pool.rules.floor,
            "some": 50 * NMR // GWEI,
            "vast": 150_000 * NMR // GWEI,
        }[amount]
        self.enter_order(pool, self.place(place), who, gwei * GWEI)
        self.pass_block(block)

    @rule(which=POOLS, place=PLACES, who=WHO, amount=SHARES, block=st.booleans())
    def leave(self, which: int, place: str | int, who: str, amount: str, block: bool) -> None:
        self.exit_order(self.side.pools[which], self.place(place), who, amount)
        self.pass_block(block)

    @rule(which=POOLS, place=PLACES, who=WHO, entry=st.booleans())
    def cancel(self, which: int, place: str | int, who: str, entry: bool) -> None:
        name = "cancel_entry" if entry else "cancel_exit"
        self.side.pool_call(self.side.pools[which], name, self.place(place), sender=who)

    @rule(which=POOLS, place=PLACES, who=WHO)
    def claim(self, which: int, place: str | int, who: str) -> None:
        self.side.pool_call(self.side.pools[which], "claim", self.place(place), sender=who)

    @rule(which=POOLS, place=PLACES, fill=st.booleans())
    def turn(self, which: int, place: str | int, fill: bool) -> None:
        number = self.place(place)
        if number < self.side.ring:
            self.side.turn(self.side.pools[which], "fill" if fill else "checkpoint", number)
        else:
            self.side.pool_call(self.side.pools[which], "checkpoint", number, sender=STRANGER)

    @rule(which=POOLS)
    def sweep(self, which: int) -> None:
        self.side.pool_call(self.side.pools[which], "sweep", sender=STRANGER)

    # those who mean harm

    @rule(which=POOLS, place=PLACES, early=st.booleans())
    def join_knowing_the_scores(self, which: int, place: str | int, early: bool) -> None:
        """Scores are known, their round is not settled, and somebody wants in or out: not before it is."""
        side, pool = self.side, self.side.pools[which]
        known = side.rounds(State.OPENED, State.PROPOSED, State.FINAL)
        number = known[0] % side.ring if known else self.place(place) % side.ring
        before = side.worth(pool, JOINER)
        self.enter_order(pool, number, JOINER, 1_000 * NMR)
        self.exit_order(pool, number, HOLDER, "all")
        side.block()
        for name in ("fill", "checkpoint"):
            exact = side.is_exact(pool, number)
            side.turn(pool, name, number)
            TALLY["pools: kept out who knew the scores"] += not exact
        if early:
            side.pool_call(pool, "cancel_entry", number, sender=JOINER)
        assert abs(side.worth(pool, JOINER) - before) <= 4 * side.judges[pool.address].bound(side.now)

    @rule(which=POOLS, place=PLACES)
    def lend_for_a_block(self, which: int, place: str | int) -> None:
        """In, a turn and out again in one block, as with borrowed NMR: nothing is bought, and all comes back."""
        side, pool, number = self.side, self.side.pools[which], self.place(place) % self.side.ring
        side.claim(pool, number, BORROWER)
        held, worth = pool.holding(number, BORROWER), side.worth(pool, BORROWER)
        self.enter_order(pool, number, BORROWER, 100_000 * NMR)
        for name in ("fill", "checkpoint"):
            side.turn(pool, name, number)
        self.exit_order(pool, number, BORROWER, "all")
        for name in ("checkpoint", "fill"):
            side.turn(pool, name, number)
        after = pool.holding(number, BORROWER)
        assert after.shares == held.shares, "an order does not run in its own block"
        if after.entry.amount:
            assert side.pool_call(pool, "cancel_entry", number, sender=BORROWER).reason is None
        assert abs(side.worth(pool, BORROWER) - worth) <= 8 * side.judges[pool.address].bound(side.now)
        TALLY["pools: lent for a block"] += 1

    @rule(which=POOLS, nmr=st.sampled_from([1, 1_000]))
    def inflate_the_first_share(self, which: int, nmr: int) -> None:
        """The first holder gives NMR to pool and model before the next buys: his shares are worth what they cost."""
        side, pool = self.side, self.side.pools[which]
        number = self.emptied(pool)
        if number is None:
            return
        self.enter_order(pool, number, MANAGER, pool.rules.floor * GWEI)
        side.block()
        side.turn(pool, "fill", number)
        side.claim(pool, number, DUSTY)
        if not pool.places[number].shares or pool.holding(number, DUSTY).shares:
            return
        side.token("transfer", pool.address, nmr * NMR, sender=WHALE)
        side.call("deposit", pool.model, nmr * NMR, pool.address, sender=WHALE)
        side.call("enter", [pool.model // 4], sender=STRANGER)
        self.enter_order(pool, number, DUSTY, pool.min_stake * GWEI)
        side.block()
        side.turn(pool, "fill", number)
        held, there = pool.holding(number, DUSTY), pool.places[number]
        if held.shares:
            worth = held.shares * pool.value(number, side.now) // there.shares + pool.claimable(number, DUSTY)
            assert worth >= pool.min_stake - side.judges[pool.address].bound(side.now)
            TALLY["pools: first shares were worth their price"] += 1

    @rule(
        which=POOLS,
        to=st.sampled_from(["pool", "model", "tournament"]),
        amount=st.sampled_from([1, GWEI, NMR // 3, 2_000 * NMR]),
        enter=st.booleans(),
    )
    def donate(self, which: int, to: str, amount: int, enter: bool) -> None:
        """NMR from nowhere moves nobody's worth."""
        side, pool = self.side, self.side.pools[which]
        before = side.worths()
        if to == "model":
            side.call("deposit", pool.model, -(-amount // GWEI) * GWEI, pool.address, sender=WHALE)
        elif to == "pool":
            side.token("transfer", pool.address, amount, sender=WHALE)
        else:
            side.donated += amount
            side.token("transfer", side.lockstep.address["tournament"], amount, sender=WHALE)
        if enter:
            side.call("enter", [pool.model // 4], sender=STRANGER)
        assert before == side.worths(), "nobody's action moves another's value"
        TALLY["pools: donated"] += 1

    @rule(which=POOLS, place=PLACES, who=st.sampled_from(BACKERS), late=st.booleans())
    def cancel_around_a_checkpoint(self, which: int, place: str | int, who: str, late: bool) -> None:
        """An order is taken back just before others run, or just after it ran itself."""
        side, pool, number = self.side, self.side.pools[which], self.place(place) % self.side.ring
        self.exit_order(pool, number, who, "half")
        self.exit_order(pool, number, MANAGER, "half")
        side.block()
        if late:
            side.turn(pool, "checkpoint", number)
        waits = pool.books.exit_of(number, who)
        outcome = side.pool_call(pool, "cancel_exit", number, sender=who)
        assert (outcome.reason is None) == (waits > 0)
        if not late:
            side.turn(pool, "checkpoint", number)
        TALLY["pools: cancelled around a checkpoint"] += outcome.reason is None or late

    @rule(which=POOLS, place=PLACES, who=st.sampled_from(BACKERS))
    def pause_before_exits(self, which: int, place: str | int, who: str) -> None:
        """The guardian pauses the tournament between an order and its turn."""
        side, pool, number = self.side, self.side.pools[which], self.place(place) % self.side.ring
        self.exit_order(pool, number, who, "half")
        side.call("pause", sender=GUARDIAN)
        side.block()
        side.turn(pool, "checkpoint", number)
        side.turn(pool, "fill", number)
        side.call("unpause", sender=GUARDIAN)

    @rule(what=st.sampled_from(["leaves", "sells", "opposes", "submits nothing"]), which=POOLS)
    def manager_turns_bad(self, what: str, which: int) -> None:
        """The manager orders all out, lets another submit, submits nothing, or bets on both sides."""
        side, pool = self.side, self.side.pools[which]
        match what:
            case "leaves":
                for number in range(side.ring):
                    self.exit_order(pool, number, MANAGER, "all")
            case "sells":
                side.pool_call(pool, "set_submitter", BUYER, sender=MANAGER)
            case "opposes":
                side.opposed = True
            case "submits nothing":
                # The bits of all models but those of pools.
                side.play(Week(**{**vars(USUAL), "submitting": 2 ** len(side.lockstep.cast.acting) - 1}))

    @rule(
        which=POOLS,
        place=PLACES,
        who=WHO,
        names=st.lists(st.sampled_from(sorted(CALLS)), max_size=4),
    )
    def many_at_once(self, which: int, place: str | int, who: str, names: list[str]) -> None:
        """Calls in one transaction, with one more of itself inside: all of them or none."""
        pool, number = self.side.pools[which], self.place(place)
        self.side.multicall(pool, [(name, (number, *CALLS[name])) for name in ("enter_order", *names)], who)

    @rule(**BACK)
    def call_back(self, which: int, place: str | int, through: str, names: list[str], block: bool, part: int) -> None:
        """The buyback's filler, who is a backer and has not paid yet, or its stablecoin calls a pool: a call as any."""
        side, pool = self.side, self.side.pools[which]
        side.offer(due=through == "stablecoin at a kick")
        number = self.place(place) % side.ring
        if block:
            # What the filler ordered before runs now, if anything does.
            self.enter_order(pool, number, side.lockstep.filler, 20 * NMR)
            side.block()
        within = side.call_back(
            pool, through, [(name, (number, *CALLS[name])) for name in names], PROGRAMME.lot_cap * part // 10_000
        )
        TALLY[f"pools: called in the midst of a call, {'done' if within.succeeded else 'refused'}"] += within.called

    @rule(which=POOLS, sender=st.sampled_from([*BACKERS, STRANGER, BUYER]))
    def trespass(self, which: int, sender: str) -> None:
        """What is the manager's, and what is the owner's of a model: the pool's alone."""
        side, pool = self.side, self.side.pools[which]
        refusals = [side.pool_call(pool, "set_submitter", sender, sender=sender)]
        for function, arguments in (
            ("withdraw", (pool.model, ALL, sender)),
            ("leave", (pool.model, side.tournament.last_opened, GWEI)),
            ("set_policy", (pool.model, 0, False)),
            ("offer_model", (pool.model, sender)),
        ):
            for who in (sender, MANAGER):
                refusals.append(side.call(function, *arguments, sender=who))
        assert all(outcome.reason is not None for outcome in refusals)
        TALLY["pools: trespasses"] += 1

    # what rules are made of

    def place(self, pick: str | int) -> int:
        here = self.side.tournament.last_opened % self.side.ring
        if isinstance(pick, int):
            return min(pick, self.side.ring)
        return here if pick == "here" else (here + 1) % self.side.ring

    def emptied(self, pool: Pool) -> int | None:
        """The place of the open round, once nobody has shares or orders there; None where somebody has them still."""
        side = self.side
        round_id = side.open_round()
        if round_id is None:
            side.attended, attended = False, side.attended
            side.play(USUAL)
            side.attended, round_id = attended, side.open_round()
        if round_id is None:
            return None
        number = round_id % side.ring
        for who in (*side.backers, MANAGER):
            side.pool_call(pool, "cancel_entry", number, sender=who)
            self.exit_order(pool, number, who, "all")
        side.block()
        side.turn(pool, "checkpoint", number)
        return None if pool.places[number].shares else number

    def pass_block(self, block: bool) -> None:
        if block:
            self.side.block()

    def enter_order(self, pool: Pool, number: int, who: str, amount: int) -> None:
        self.side.pool_call(pool, "enter_order", number, amount, sender=who)

    def exit_order(self, pool: Pool, number: int, who: str, amount: str) -> None:
        """A part of what somebody holds."""
        if number >= self.side.ring:
            self.side.pool_call(pool, "exit_order", number, 1, sender=who)
            return
        place = pool.places[number]
        held = place.manager_shares if who == MANAGER else pool.holding(number, who).shares
        worth = pool.value(number, self.side.now)
        floor = pool.rules.floor * place.shares // worth if worth else 0
        shares = {
            "all": ALL,
            "half": max(1, held // 2),
            "one": 1,
            "but dust": max(1, held - 1),
            "but the floor": max(1, held - floor),
            "too many": held + 1,
        }[amount]
        self.side.pool_call(pool, "exit_order", number, shares, sender=who)

    # invariants

    @invariant()
    def the_contracts_are_what_the_references_say(self) -> None:
        """Bit by bit: the tournament, the treasury, the token, both pools."""
        self.side.lockstep.compare()
        self.side.lockstep.compare_states()
        self.side.lockstep.look()

    @invariant()
    def supply_plus_burned_is_all_that_was_minted(self) -> None:
        transfers = [event for event in self.side.lockstep.history if event.name == "Transfer"]
        burned = sum(event.args["value"] for event in transfers if event.args["receiver"] == ZERO_ADDRESS)
        assert self.side.lockstep.storage["numeraire"].get("erc20.totalSupply") + burned == SUPPLY

    @invariant()
    def the_tournament_holds_what_it_owes(self) -> None:
        side = self.side
        side.check_escrow()
        side.check_totals()
        side.check_models()
        side.check_changes()
        side.check_reservations()
        side.check_notice()
        side.check_compounding()

    @invariant()
    def the_buyback_keeps_its_books(self) -> None:
        self.side.market.check()
        self.side.market.check_spending()

    @invariant()
    def claims_equal_holdings(self) -> None:
        """Shares, orders and claims add up to what a pool holds, but for 4 gwei a call; the manager keeps SKIN."""
        for judge in self.side.judges.values():
            judge.check(self.side.now)

    @invariant()
    def exits_need_nobody_and_nothing_moves_while_a_place_is_not_exact(self) -> None:
        """Tried aside for one place and backer after the other."""
        self.side.look_aside()

    # and in the end

    def finish(self) -> None:
        side = self.side
        side.lockstep.compare_figures()
        side.lockstep.compare_replay()
        side.attended = False
        side.come_home()
        side.turn_on()
        side.lockstep.compare()
        side.lockstep.compare_states()
        TALLY["pools: paid out near the last ids"] += side.tournament.last_opened + 8 * side.ring > 65_535


PLAYED = chosen()
Histories.TestCase.settings = settings(
    PLAYED, max_examples=max(1, PLAYED.max_examples // 8), stateful_step_count=PLAYED.stateful_step_count * 3 // 4
)
TestPools = Histories.TestCase


@pytest.mark.skipif("TALLY['pools: histories'] < 12", reason="too few histories were played in this process")
def test_histories__of_ci__get_to_where_something_can_go_wrong() -> None:
    assert {what: TALLY[what] for what, least in REACHED.items() if TALLY[what] < least} == {}
