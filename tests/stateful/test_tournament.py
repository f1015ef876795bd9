# SPDX-License-Identifier: MIT
"""
Random histories of a tournament, played by the contracts and by the reference at once.

After every step each word of the contracts' books, each event and each round's state is what the
reference says, and the invariants of the protocol page hold, by arithmetic of the test's own.
"""

import pickle
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from nmr.protocol import chunk_tree
from nmr.protocol.chunk_tree import ChunkTree
from nmr.protocol.lanes import LANES
from nmr.protocol.reference import ALL_IDLE, State
from nmr.protocol.reference.rounds import UNDECIDED
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR, SUPPLY
from tests.stateful.chain import CHAIN_ID
from tests.stateful.driver import ALIVE, EVIDENCE, OPENED_LIST, SEALED, Driver
from tests.stateful.lockstep import Lockstep
from tests.stateful.plans import (
    GWEIS,
    LONGEST_AMOUNT,
    MESSES,
    ODD_AMOUNTS,
    PROPOSALS,
    SHAPES,
    USUAL,
    WEEKS,
    Proposal,
    Shape,
    Week,
    edges,
)
from tests.stateful.profiles import Machine, chosen
from tests.stateful.stage import (
    DEPUTY,
    GUARDIAN,
    HOUR,
    KEYS,
    LARGEST,
    LOOSE,
    MINNOW,
    OPERATOR,
    STAKER,
    STAKERS,
    STRANGER,
    SUBMITTER,
    TIGHT,
    WHALE,
    stage,
)
from tests.stateful.tally import TALLY
from tests.support.permits import numeraire_domain, sign_permit

MODELS = st.integers(0, 11)
ROUNDS = st.integers(0, 9)
ORDERS = st.integers(0, 5)
MASKS = st.integers(1, 4_095)
SENDERS = st.sampled_from([*STAKERS, SUBMITTER, OPERATOR, STRANGER])


REACHED = {
    "histories of 3 turns of the ring or more": 15,
    "chunks restaked": 150,
    "chunks restaked in part": 25,
    "chunks sent to idle": 15,
    "lanes settled at the clip": 300,
    "lanes settled without a submission": 30,
    "locked with a factor below 1": 25,
    "locked with a short treasury": 10,
    "enter raised a position": 100,
    "settle_expired done": 50,
    "stake done": 15,
    "leave done": 15,
    "multicall done": 5,
    "settled in two orders": 10,
    "settled with another destination": 10,
    "looks": 25,
    "tournament: trespasses": 25,
}
"""What a hundred histories have to come to: a machine that no longer gets anywhere finds nothing any more.

Which histories they are changes with the code, and so only what is frequent is asked for, with slack.
"""


class Histories(Driver, Machine):
    """What anyone may do to a tournament, and what nobody may."""

    subject = "tournament"
    reached = REACHED

    def __init__(self) -> None:
        Machine.__init__(self)
        self.stack.enter_context(stage().chain.anchor())
        Driver.__init__(self, Lockstep(stage(), pickle.loads(stage().world), "classic"))

    @initialize(
        name=st.sampled_from(["classic", "signals"]),
        weeks=st.lists(WEEKS, min_size=2, max_size=5),
        reserve=st.sampled_from([None, None, 0, 1, 7 * NMR + 1, 100 * NMR]),
    )
    def begin(self, name: str, weeks: list[Week], reserve: int | None) -> None:
        """The first weeks of a tournament."""
        self.take(Lockstep(stage(), self.lockstep.world, name))
        if reserve is not None:
            self.leave_in_treasury(reserve)
        for week in weeks:
            self.play(week)

    # time goes on

    @rule(week=WEEKS)
    def next_week(self, week: Week) -> None:
        self.play(week)

    @rule(week=WEEKS)
    def another_week(self, week: Week) -> None:
        """The same once more: as likely as two other steps, since it takes many weeks to turn the ring."""
        self.play(week)

    @rule(pick=ROUNDS, order=ORDERS, proposal=PROPOSALS, steps=st.integers(1, 4))
    def advance(self, pick: int, order: int, proposal: Proposal, steps: int) -> None:
        """A round's next steps, while others stand where they are."""
        for _ in range(steps):
            self.nudge(pick, order, proposal)

    @rule(pick=st.integers(0, 5), off=st.sampled_from([-1, 0, 1]))
    def wait_for_a_deadline(self, pick: int, off: int) -> None:
        """Times at which something changes are where mistakes live."""
        times = set()
        for round_id in self.rounds(*ALIVE):
            info = self.info(round_id)
            terms = info.terms
            times |= {terms.locks_at, terms.locks_at + 24 * HOUR, terms.resolves_at, terms.expires_at}
            times |= {info.final_at, info.final_at + terms.grace}
            times.add(terms.expires_at - terms.window - terms.grace - 24 * HOUR)
        ahead = sorted(time + off for time in times if time + off > self.now)
        if ahead:
            self.to(ahead[pick % len(ahead)])

    # rounds

    @rule(pick=st.integers(0, 11), shape=SHAPES, change_bounds=st.booleans())
    def open_at_a_limit(self, pick: int, shape: Shape, change_bounds: bool) -> None:
        """Terms at a limit or just beyond it; when no round can be opened, that comes out."""
        if change_bounds:
            self.call("set_bounds", TIGHT if self.bounds == LOOSE else LOOSE, sender=self.lockstep.owner)
        if self.open_round() is not None:
            self.to(self.info(self.tournament.next_round - 1).terms.locks_at)
        for terms in edges(shape.terms(self.now, self.bounds), self.now, self.bounds)[pick::12]:
            self.call("open_round", terms, sender=self.tournament.operator)

    @rule(
        pick=ROUNDS,
        function=st.sampled_from(["lock", "publish_opened", "propose", "veto", "void", "settle_expired"]),
    )
    def poke(self, pick: int, function: str) -> None:
        """The right role at any time, whether or not it is the time for it."""
        round_id = self.round(pick)
        match function:
            case "lock":
                self.lock(round_id)
            case "publish_opened":
                self.call(function, round_id, OPENED_LIST, sender=self.tournament.operator)
            case "propose":
                self.propose(round_id, USUAL.proposal)
            case "veto":
                root = self.info(round_id).root if round_id in self.known() else EVIDENCE
                self.call(function, round_id, root, sender=self.tournament.guardian)
            case "void":
                self.call(function, round_id, sender=self.tournament.guardian)
            case "settle_expired":
                self.call(function, round_id, self.lockstep.groups, sender=STRANGER)

    @rule(
        pick=ROUNDS,
        proposal=PROPOSALS,
        mess=MESSES,
        count=st.sampled_from([None, None, None, 1, 2, 4, 5, 65_536, 65_537]),
    )
    def propose_a_mess(self, pick: int, proposal: Proposal, mess: str, count: int | None) -> None:
        """Chunks that no honest operator would put under a root."""
        waiting = self.rounds(State.OPENED)
        if not waiting:
            self.nudge(pick)
            return
        round_id = waiting[pick % len(waiting)]
        self.to(self.info(round_id).terms.resolves_at)
        self.propose(round_id, Proposal(proposal.pool, proposal.stride, proposal.withheld, mess), count)
        if self.state(round_id) == State.PROPOSED:
            info = self.info(round_id)
            self.to(info.final_at + info.terms.grace * (pick % 2))
            for index in range(len(self.proposals[round_id][0])):
                self.settle_chunk(round_id, index)

    @rule(pick=ROUNDS, order=ORDERS, one_first=st.booleans())
    def settle_in_any_order(self, pick: int, order: int, one_first: bool) -> None:
        final = self.rounds(State.FINAL)
        if not final:
            self.nudge(0)
            return
        round_id = final[pick % len(final)]
        if one_first:
            self.settle_chunk(round_id, order % len(self.proposals[round_id][0]))
        self.settle_compared(round_id, self.order(round_id, order))

    @rule(
        pick=ROUNDS,
        index=st.integers(0, 3),
        fault=st.sampled_from(
            ["bit", "short proof", "long proof", "proof", "index", "cut", "empty", "again", "round", "inner node"]
        ),
    )
    def settle_badly(self, pick: int, index: int, fault: str) -> None:
        """A chunk that is not what was proposed, or not any more."""
        proposed = [round_id for round_id in self.known() if round_id in self.proposals]
        if not proposed:
            self.nudge(pick)
            return
        round_id = proposed[-1 - pick % min(3, len(proposed))]
        chunks, _ = self.proposals[round_id]
        index %= len(chunks)
        words, proof = list(chunks[index]), ChunkTree.of(chunks).proof(index)
        match fault:
            case "bit":
                words[0] ^= 1
            case "short proof":
                proof = proof[:-1]
            case "long proof":
                proof = [*proof, bytes(32)]
            case "proof":
                proof = [bytes(32), *proof[1:]]
            case "index":
                index += 1
            case "cut":
                words = words[:-1]
            case "empty":
                words = []
            case "round":
                round_id += 1
            case "inner node":
                # The hash one step up as a chunk, its two halves as words, and the path from there.
                halves = [chunk_tree.leaf(words), *(proof[:1] or [bytes(32)])]
                words = [int.from_bytes(half, "big") for half in (halves[::-1] if index % 2 else halves)]
                index, proof = index // 2, proof[1:]
        self.settle(round_id, index, words, proof)

    @rule(pick=ROUNDS, mask=MASKS, repeat=st.booleans())
    def settle_expired(self, pick: int, mask: int, repeat: bool) -> None:
        """Some groups, perhaps twice, and one that does not wait or does not exist."""
        freed = self.rounds(State.VOID, State.EXPIRED)
        if not freed:
            self.nudge(pick)
            return
        groups = [group for index, group in enumerate(self.lockstep.groups) if mask >> index & 1]
        strange = 2**24 if mask % 7 == 0 else 9
        round_id = freed[pick % len(freed)]
        self.call("settle_expired", round_id, groups * (1 + repeat) + [strange], sender=STRANGER)

    # stakers

    @rule(index=MODELS, gwei=GWEIS, payer=st.sampled_from([WHALE, STAKER, MINNOW]))
    def deposit(self, index: int, gwei: int, payer: str) -> None:
        self.call("deposit", self.model(index), gwei * GWEI, sender=payer)

    @rule(
        index=MODELS,
        gwei=GWEIS,
        owner=st.sampled_from(STAKERS),
        fault=st.sampled_from(["", "", "used", "late", "another's", "too little"]),
    )
    def deposit_with_permit(self, index: int, gwei: int, owner: str, fault: str) -> None:
        """A permit that is no good falls through to the allowance that there is."""
        amount = gwei * GWEI
        allowance = amount - (fault == "too little")
        deadline = self.now - (fault == "late")
        nonce = self.lockstep.nonces[owner] + (fault == "used") * -1
        signer = STAKERS[STAKERS.index(owner) - 1] if fault == "another's" else owner
        signature = sign_permit(
            KEYS[signer],
            numeraire_domain(CHAIN_ID, self.lockstep.address["numeraire"]),
            owner=signer,
            spender=self.lockstep.address["tournament"],
            value=allowance,
            nonce=max(nonce, 0),
            deadline=deadline,
        )
        valid = fault in ("", "too little") or nonce < 0
        outcome = self.call(
            "deposit_with_permit",
            *(self.model(index), amount, allowance, deadline, *signature),
            sender=owner,
            like=(self.model(index), amount, allowance, valid),
        )
        if outcome.reason is None and valid:
            self.lockstep.nonces[owner] += 1
            TALLY["permits used"] += 1

    @rule(index=MODELS, part=st.sampled_from(["all", "all", "one", "half", "more"]), receiver=SENDERS)
    def withdraw(self, index: int, part: str, receiver: str) -> None:
        model = self.model(index)
        idle = self.tournament.idle_of(model)
        amount = {"all": ALL_IDLE, "one": GWEI, "half": idle // 2, "more": idle + GWEI}[part]
        self.withdraw_some(model, amount, receiver)

    @rule(index=MODELS, offset=st.sampled_from([3, 6, 9, 1, 0]), part=st.sampled_from(["all", "half", "more"]))
    def move_idle(self, index: int, offset: int, part: str) -> None:
        """Between models of one owner, or not."""
        model = self.model(index)
        idle = self.tournament.idle_of(model)
        amount = {"all": ALL_IDLE, "half": idle // 2 // GWEI * GWEI, "more": idle + GWEI}[part]
        self.call("move_idle", model, self.model(index + offset), amount, sender=self.owner(model))

    @rule(
        index=MODELS,
        keep=st.one_of(
            st.sampled_from([0, GWEI, NMR, 10 * NMR, LONGEST_AMOUNT, LONGEST_AMOUNT + GWEI, NMR + 1]),
            st.integers(0, 80).map(lambda nmr: nmr * NMR),
        ),
        compound=st.booleans(),
    )
    def set_policy(self, index: int, keep: int, compound: bool) -> None:
        model = self.model(index)
        self.call("set_policy", model, keep, compound, sender=self.owner(model))

    @rule(index=MODELS, gwei=GWEIS, edge=st.sampled_from([None, None, None, -1, 0, 1]), ready=st.booleans())
    def stake(self, index: int, gwei: int, edge: int | None, ready: bool) -> None:
        """Any amount, or one that ends next to min_stake."""
        self.make_ready(ready)
        model = self.model(index)
        amount = gwei * GWEI if edge is None else self.missing(model, edge)
        self.call("stake", model, amount, sender=self.owner(model))

    @rule(index=MODELS, ready=st.booleans())
    def leave(self, index: int, ready: bool) -> None:
        self.make_ready(ready)
        model = self.model(index)
        self.call("leave", model, sender=self.owner(model))

    def make_ready(self, ready: bool) -> None:
        """See to it that a round is open, or leave it to chance."""
        if ready and self.open_round() is None:
            self.play(USUAL)

    @rule(groups=st.lists(st.integers(0, 8), min_size=1, max_size=5), sender=SENDERS)
    def enter_some(self, groups: list[int], sender: str) -> None:
        """Some groups, perhaps twice; the last one is nobody's."""
        known = [*self.lockstep.groups, 600]
        self.enter([known[group % len(known)] for group in groups], sender)

    @rule(mask=MASKS, sender=st.one_of(st.none(), SENDERS))
    def submit_some(self, mask: int, sender: str | None) -> None:
        if sender == SUBMITTER:
            registry = self.tournament.books.models
            mask = (
                sum(1 << i for i, model in enumerate(self.lockstep.models) if registry.submitters[model] == sender) or 1
            )
        self.submit(mask, sender)

    @rule(
        index=MODELS,
        what=st.sampled_from(["offer", "accept", "give", "give", "submitter", "register"]),
        to=st.sampled_from([*STAKERS, SUBMITTER, ZERO_ADDRESS]),
    )
    def change_hands(self, index: int, what: str, to: str) -> None:
        """What is registered: owners, submitters and, now and then, a new model."""
        model = self.model(index)
        if what in ("offer", "give"):
            receiver = STAKERS[index % 3] if what == "give" else to
            self.call("offer_model", model, receiver, sender=self.owner(model))
        if what in ("accept", "give"):
            offered = self.tournament.offered_to(model)
            self.call("accept_model", model, sender=STRANGER if offered == ZERO_ADDRESS else offered)
        if what == "submitter":
            self.call("set_submitter", model, to, sender=self.owner(model))
        if what == "register":
            outcome = self.call("register", "one more", to, sender=WHALE)
            if outcome.reason is None:
                self.lockstep.models.append(outcome.value)
                self.should_have[outcome.value] = 0

    @rule(index=MODELS, gwei=GWEIS, last=st.sampled_from(["enter", "withdraw", "leave"]), ready=st.booleans())
    def multicall(self, index: int, gwei: int, last: str, ready: bool) -> None:
        """A new policy, fresh NMR and a step more in one transaction: all of it or none."""
        self.make_ready(ready)
        model, amount = self.model(index), gwei * GWEI
        step: dict[str, dict[str, Any]] = {
            "enter": {"groups": [model // LANES]},
            "withdraw": {"model": model, "amount": ALL_IDLE, "receiver": STRANGER},
            "leave": {"model": model},
        }
        calls: list[tuple[str, dict[str, Any]]] = [
            ("set_policy", {"model": model, "target": amount, "compound": True}),
            ("deposit", {"model": model, "amount": amount}),
            (last, step[last]),
        ]
        contract = self.lockstep.contracts["tournament"]
        encoded = [getattr(contract, name).prepare_calldata(*arguments.values()) for name, arguments in calls]
        self.call("multicall", encoded, sender=self.owner(model), like=(calls,))

    # those who run it, and others

    @rule(
        what=st.sampled_from(["veto", "void", "pause", "unpause", "operator", "guardian", "cap", "spend", "fill"]),
        gwei=GWEIS,
        pick=ROUNDS,
    )
    def intervene(self, what: str, gwei: int, pick: int) -> None:
        """What owner and guardian may do."""
        tournament, owner, amount = self.tournament, self.lockstep.owner, gwei * GWEI + pick
        match what:
            case "veto":
                for round_id in self.rounds(State.PROPOSED):
                    root = self.info(round_id).root if pick % 3 else EVIDENCE
                    self.call("veto", round_id, root, sender=tournament.guardian)
            case "void":
                undecided = self.rounds(*UNDECIDED) or [tournament.next_round]
                self.call("void", undecided[pick % len(undecided)], sender=tournament.guardian)
            case "pause":
                self.call("pause", sender=tournament.guardian)
            case "unpause":
                self.call("unpause", sender=owner)
            case "operator":
                self.call("set_operator", DEPUTY if tournament.operator == OPERATOR else OPERATOR, sender=owner)
            case "guardian":
                self.call("set_guardian", DEPUTY if tournament.guardian == GUARDIAN else GUARDIAN, sender=owner)
            case "cap":
                self.treasury("authorise", self.lockstep.address["tournament"], amount * (pick > 1), sender=owner)
            case "spend":
                free = self.lockstep.world.treasury.free()
                self.treasury("spend", WHALE, free + 1 if pick == 1 else free * pick // 9, sender=owner)
            case "fill":
                self.token("transfer", self.lockstep.address["treasury"], amount, sender=WHALE)

    @rule(
        what=st.sampled_from(["donate", "burn", "burn too much", "approve", "reserve", "release"]),
        gwei=GWEIS,
        pick=ROUNDS,
    )
    def meddle(self, what: str, gwei: int, pick: int) -> None:
        """What holders may do with their own, and what a second tournament does to the reserve of the first."""
        amount, escrow = gwei * GWEI + pick, self.lockstep.address["tournament"]
        match what:
            case "donate":
                self.token("transfer", escrow, amount, sender=WHALE)
                self.donated += amount
            case "burn":
                self.token("burn", amount % (10 * NMR), sender=MINNOW)
            case "burn too much":
                self.token("burn", self.lockstep.world.numeraire.balance_of(MINNOW) + 1, sender=MINNOW)
            case "approve":
                self.token("approve", escrow, amount, sender=MINNOW if pick % 2 else STAKER)
            case "reserve":
                self.treasury("reserve", pick, amount, sender=self.lockstep.neighbour)
            case "release":
                self.treasury("release", pick, sender=self.lockstep.neighbour)

    @rule(
        function=st.sampled_from(["deposit", "withdraw", "move_idle", "stake", "set_policy", "spend", "draw"]),
        index=MODELS,
        amount=ODD_AMOUNTS,
        receiver=st.sampled_from(["escrow", "token", "nobody", "treasury"]),
    )
    def ask_for_odd_amounts(self, function: str, index: int, amount: int, receiver: str) -> None:
        """None, finer than a gwei, or more than there is; to where nothing should go."""
        model, address = self.model(index), self.lockstep.address
        owner = self.owner(model)
        places = {"escrow": "tournament", "token": "numeraire", "treasury": "treasury"}
        to = address[places[receiver]] if receiver in places else ZERO_ADDRESS
        match function:
            case "deposit" | "stake":
                self.call(function, model, amount, sender=owner)
            case "withdraw":
                self.call(function, model, amount, STRANGER, sender=owner)
                self.call(function, model, ALL_IDLE, to, sender=owner)
            case "move_idle":
                self.call(function, model, self.model(index + 3), amount, sender=owner)
            case "set_policy":
                self.call(function, model, amount, bool(index % 2), sender=owner)
            case "spend":
                self.treasury(function, STRANGER if receiver == "escrow" else to, amount, sender=self.lockstep.owner)
            case "draw":
                self.treasury(function, index, amount, sender=STRANGER)

    @rule(
        sender=st.sampled_from([STRANGER, SUBMITTER, OPERATOR, GUARDIAN, WHALE, MINNOW]),
        index=MODELS,
        pick=ROUNDS,
        which=st.integers(0, 27),
    )
    def trespass(self, sender: str, index: int, pick: int, which: int) -> None:
        """What is somebody else's to do, and what does not exist."""
        model, other, round_id = self.model(index), self.model(index + 1), self.round(pick)
        nothing = self.tournament.model_count + index
        calls: list[tuple[str, tuple[Any, ...]]] = [
            ("withdraw", (model, ALL_IDLE, sender)),
            ("move_idle", (model, other, GWEI)),
            ("stake", (model, 50 * NMR)),
            ("leave", (model,)),
            ("set_policy", (model, NMR, False)),
            ("set_submitter", (model, sender)),
            ("offer_model", (model, sender)),
            ("accept_model", (model,)),
            ("deposit", (nothing, NMR)),
            ("withdraw", (nothing, ALL_IDLE, sender)),
            ("move_idle", (model, nothing, GWEI)),
            ("stake", (nothing, 50 * NMR)),
            ("accept_model", (nothing,)),
            ("set_policy", (nothing, NMR, False)),
            ("open_round", (USUAL.shape.terms(self.now, self.bounds),)),
            ("publish_opened", (round_id, OPENED_LIST)),
            ("propose", (round_id, EVIDENCE, 1, EVIDENCE)),
            ("veto", (round_id, EVIDENCE)),
            ("void", (round_id,)),
            ("pause", ()),
            ("unpause", ()),
            ("set_operator", (sender,)),
            ("set_guardian", (sender,)),
            ("set_bounds", (LOOSE,)),
        ]
        treasury: list[tuple[str, tuple[Any, ...]]] = [
            ("authorise", (sender, LARGEST)),
            ("spend", (sender, 1)),
            ("reserve", (round_id, NMR)),
            ("release", (round_id,)),
        ]
        TALLY["tournament: trespasses"] += 1
        if which < len(calls):
            self.call(calls[which][0], *calls[which][1], sender=sender)
        else:
            function, arguments = treasury[which - len(calls)]
            self.treasury(function, *arguments, sender=sender)
            self.call("set_operator", ZERO_ADDRESS, sender=self.lockstep.owner)
            self.call("set_guardian", ZERO_ADDRESS, sender=self.lockstep.owner)
        self.submit_models([model, other], [SEALED] * 2, sender)

    @rule(index=MODELS, pick=ROUNDS)
    def look(self, index: int, pick: int) -> None:
        """All that can be asked about a model and a round, and about the suite."""
        self.lockstep.compare_views(self.model(index), self.round(pick))
        self.lockstep.compare_figures()
        TALLY["looks"] += 1

    # invariants, which only read: first that both sides are the same, then those of the protocol page by their numbers

    @invariant()
    def the_contracts_are_what_the_reference_says(self) -> None:
        """Bit by bit: lanes, idle, policies, rounds, models, reservations, balances, allowances."""
        self.lockstep.compare()

    @invariant()
    def every_round_is_in_the_state_that_the_reference_says(self) -> None:
        self.lockstep.compare_states()
        self.lockstep.look()

    @invariant()
    def invariant_1_supply_plus_burned_is_all_that_was_minted(self) -> None:
        transfers = [event for event in self.lockstep.history if event.name == "Transfer"]
        burned = sum(event.args["value"] for event in transfers if event.args["receiver"] == ZERO_ADDRESS)
        assert self.lockstep.storage["numeraire"].get("erc20.totalSupply") + burned == SUPPLY

    @invariant()
    def invariant_2_the_escrow_holds_what_it_owes_and_donations(self) -> None:
        self.check_escrow()

    @invariant()
    def invariant_3_lanes_add_up_to_their_running_totals(self) -> None:
        self.check_totals()

    @invariant()
    def invariant_4_a_model_has_what_it_brought_and_won_to_the_gwei(self) -> None:
        self.check_models()

    @invariant()
    def invariant_5_no_settlement_moves_a_stake_by_more_than_the_effective_clip(self) -> None:
        self.check_changes()

    @invariant()
    def invariant_6_the_treasury_holds_what_it_reserved(self) -> None:
        self.check_reservations()

    # 7 is asked of every withdrawal (`withdraw_some`), 8 when a round is settled (`settle_compared`), and at the end:

    def finish(self) -> None:
        opened = self.tournament.next_round - self.lockstep.cast.first_round
        TALLY["histories of 3 turns of the ring or more"] += opened >= 3 * self.ring
        TALLY["rounds opened"] += opened
        self.lockstep.compare_figures()
        self.lockstep.compare_replay()
        self.invariant_7_what_is_idle_can_be_withdrawn_now()
        self.invariant_10_time_and_anyone_bring_every_nmr_home_and_the_ring_turns_on()

    def invariant_7_what_is_idle_can_be_withdrawn_now(self) -> None:
        for model in self.lockstep.models[::2]:
            self.withdraw_some(model, ALL_IDLE, STRANGER)

    def invariant_10_time_and_anyone_bring_every_nmr_home_and_the_ring_turns_on(self) -> None:
        self.come_home()
        if self.tournament.paused:
            self.call("unpause", sender=self.lockstep.owner)
        terms = USUAL.shape.terms(self.now, self.bounds)
        assert self.call("open_round", terms, sender=self.tournament.operator).reason is None
        self.lockstep.compare()
        self.lockstep.compare_states()


Histories.TestCase.settings = chosen()
TestHistories = Histories.TestCase


@pytest.mark.skipif("TALLY['tournament: histories'] < 100", reason="too few histories were played in this process")
def test_histories__of_ci__get_to_where_something_can_go_wrong() -> None:
    assert {what: TALLY[what] for what, least in REACHED.items() if TALLY[what] < least} == {}
