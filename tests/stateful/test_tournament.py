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
from nmr.protocol.reference import ALL_IDLE, Signed, State
from nmr.protocol.reference.rounds import UNDECIDED
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR, SUPPLY
from tests.stateful.chain import CHAIN_ID
from tests.stateful.driver import ALIVE, EVIDENCE, OPENED_LIST, PACKAGE, SEALED, Driver
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
    "histories of 3 turns of the ring or more": 3,
    "chunks kept for a round not opened": 24,
    "chunks kept for the open round": 7,
    "chunks kept for the round after the next": 7,
    "chunks kept in part": 5,
    "kept below MIN_STAKE": 1,
    "lanes settled at the clip": 70,
    "lanes settled without a submission": 7,
    "locked with a factor below 1": 5,
    "locked with a short treasury": 2,
    "enter raised a position": 24,
    "settle_expired done": 12,
    "stake done": 3,
    "leave done": 3,
    "multicall done": 2,
    "left in part": 1,
    "left while waiting": 2,
    "left while waiting, aside": 24,
    "places passed over": 2,
    "tried now": 24,
    "tried at the notice": 7,
    "tried too late": 7,
    "tried last second": 7,
    "tried after the next was voided": 7,
    "tried after the next expired": 7,
    "looks": 6,
    "tournament: trespasses": 6,
}
"""What two dozen histories have to come to: a machine that no longer gets anywhere finds nothing any more.

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
        self.looked = 0

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
            times |= {info.final_at, terms.locks_at - HOUR, terms.expires_at - terms.window - 24 * HOUR}
        times |= {self.tournament.paused_until, self.tournament.rested_at}
        ahead = sorted(time + off for time in times if time + off > self.now)
        if ahead:
            self.to(ahead[pick % len(ahead)])

    # rounds

    @rule(pick=st.integers(0, 11), shape=SHAPES, change_bounds=st.booleans())
    def open_at_a_limit(self, pick: int, shape: Shape, change_bounds: bool) -> None:
        """Terms at a limit or just beyond it; when no round can be opened, that comes out."""
        if change_bounds:
            self.call("set_bounds", TIGHT if self.bounds == LOOSE else LOOSE, sender=self.lockstep.owner)
        opened = self.open_round()
        if opened is not None:
            self.to(self.info(opened).terms.locks_at)
        for terms in edges(shape.terms(self.now, self.bounds), self.now, self.bounds)[pick::12]:
            self.open(self.due(), terms)

    @rule(
        pick=ROUNDS, sender=st.sampled_from([None, None, STRANGER, WHALE]), empty=st.sampled_from([False, False, True])
    )
    def open_out_of_turn(self, pick: int, sender: str | None, empty: bool) -> None:
        """Any id: of another place, opened before, of the turn after next, or beyond the last."""
        ids = [*(self.tournament.next_round(place) for place in range(self.ring)), self.coming() + self.ring]
        ids += [*self.known()[-2:], 65_536, LARGEST, self.due(), self.due()]
        terms = USUAL.shape.terms(self.now, self.bounds)
        self.open(ids[pick % len(ids)], terms, bytes(32) if empty else PACKAGE, sender)

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
                self.call(function, round_id, root, sender=self.veto_by(pick))
            case "void":
                self.call(function, round_id, sender=self.tournament.guardian)
            case "settle_expired":
                self.settle_expired(round_id, self.lockstep.groups)

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
            self.to(self.info(round_id).final_at)
            if pick % 2:
                self.check_any_time(round_id)
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
        self.check_any_time(round_id)
        for index in self.order(round_id, order):
            self.settle_chunk(round_id, index)

    @rule(
        pick=ROUNDS,
        index=st.integers(0, 3),
        fault=st.sampled_from(
            [
                *("bit", "short proof", "long proof", "proof", "index", "cut", "empty", "again", "round"),
                *("inner node", "trailing bytes", "salted"),
            ]
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
        chunk = None
        match fault:
            case "trailing bytes":
                chunk = chunk_tree.encode(words) + bytes(32)
            case "salted":
                chunk = chunk_tree.encode(words) + b"\1"
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
        if chunk is None:
            self.settle(round_id, index, words, proof)
        else:
            self.call("settle", round_id, index, chunk, proof, sender=STRANGER)

    @rule(pick=ROUNDS, mask=MASKS, repeat=st.booleans())
    def settle_some_expired(self, pick: int, mask: int, repeat: bool) -> None:
        """Some groups, perhaps twice, and one that does not wait or does not exist."""
        freed = self.rounds(State.VOID, State.EXPIRED)
        if not freed:
            self.nudge(pick)
            return
        groups = [group for index, group in enumerate(self.lockstep.groups) if mask >> index & 1]
        strange = 2**24 if mask % 7 == 0 else 9
        round_id = freed[pick % len(freed)]
        self.settle_expired(round_id, groups * (1 + repeat) + [strange])

    # stakers

    @rule(
        index=MODELS,
        gwei=GWEIS,
        payer=st.sampled_from([WHALE, STAKER, MINNOW]),
        named=st.sampled_from([None, None, None, WHALE, ZERO_ADDRESS]),
    )
    def deposit(self, index: int, gwei: int, payer: str, named: str | None) -> None:
        """For the model's owner, or somebody who may not be it."""
        model = self.model(index)
        self.call("deposit", model, gwei * GWEI, self.owner(model) if named is None else named, sender=payer)

    @rule(
        index=MODELS,
        gwei=GWEIS,
        owner=st.sampled_from(STAKERS),
        fault=st.sampled_from(["", "", "used", "late", "another's", "too little"]),
    )
    def deposit_with_permit(self, index: int, gwei: int, owner: str, fault: str) -> None:
        """A permit that is no good falls through to the allowance that there is."""
        model, amount = self.model(index), gwei * GWEI
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
            *(model, amount, self.owner(model), allowance, deadline, *signature),
            sender=owner,
            like=(model, amount, self.owner(model), allowance, valid),
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

    @rule(
        index=MODELS,
        pick=ROUNDS,
        part=st.sampled_from(["all", "all", "half", "half", "dust stays", "more", "none", "odd"]),
        ready=st.booleans(),
    )
    def leave_some(self, index: int, pick: int, part: str, ready: bool) -> None:
        """Of any round that the model has stakes in, opened or not, and of one where it has none."""
        self.make_ready(ready)
        model = self.model(index)
        rounds = [*self.stakes(model), self.round(pick)]
        round_id = rounds[pick % len(rounds)]
        held = self.stakes(model).get(round_id, 0) * GWEI
        least = self.lockstep.cast.min_stake
        amounts = {"half": held // 2 // GWEI * GWEI, "dust stays": max(GWEI, held - least + GWEI), "more": held + GWEI}
        self.leave_round(model, round_id, {"all": ALL_IDLE, "none": 0, "odd": held + 1, **amounts}[part])

    def make_ready(self, ready: bool) -> None:
        """See to it that a round is open, or leave it to chance."""
        if ready and self.open_round() is None:
            self.play(USUAL)

    @rule(groups=st.lists(st.integers(0, 8), min_size=1, max_size=5), sender=SENDERS)
    def enter_some(self, groups: list[int], sender: str) -> None:
        """Some groups, perhaps twice; the last one is nobody's."""
        known = [*self.lockstep.groups, 700]
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
        entries=st.lists(
            st.tuples(
                st.sampled_from([SUBMITTER, SUBMITTER, *STAKERS, STRANGER, ZERO_ADDRESS]),
                st.lists(st.tuples(MODELS, st.sampled_from([SEALED, SEALED, SEALED, bytes(32)])), max_size=3),
                st.sampled_from([-1, 0, 0, 1]),
            ),
            max_size=3,
        ),
        strange=st.booleans(),
        ready=st.booleans(),
    )
    def submit_signed_some(
        self, entries: list[tuple[str, list[tuple[int, bytes]], int]], strange: bool, ready: bool
    ) -> None:
        """Signatures of who may and who may not, with sequences to come, empty hashes and models that are none."""
        self.make_ready(ready)
        models = [self.model(index) for _, some, _ in entries for index, _ in some] + [10**6] * strange
        hashes = [sealed for _, some, _ in entries for _, sealed in some] + [SEALED] * strange
        signed = [Signed(len(some), self.now + ahead, signer) for signer, some, ahead in entries]
        if strange:
            signed.append(Signed(1, self.now, SUBMITTER))
        self.submit_signed(signed, models, hashes)

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
            "leave": {"model": model, "round_id": self.tournament.last_opened, "amount": ALL_IDLE},
        }
        calls: list[tuple[str, dict[str, Any]]] = [
            ("set_policy", {"model": model, "target": amount, "compound": True}),
            ("deposit", {"model": model, "amount": amount, "owner": self.owner(model)}),
            (last, step[last]),
        ]
        contract = self.lockstep.contracts["tournament"]
        encoded = [getattr(contract, name).prepare_calldata(*arguments.values()) for name, arguments in calls]
        self.call("multicall", encoded, sender=self.owner(model), like=(calls,))

    # those who run it, and others

    @rule(
        what=st.sampled_from(
            ["veto", "void", "pause", "unpause", "operator", "guardian", "cap", "unlist", "spend", "fill"]
        ),
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
                    self.call("veto", round_id, root, sender=self.veto_by(pick))
            case "void":
                undecided = self.rounds(*UNDECIDED) or [self.coming()]
                self.call("void", undecided[pick % len(undecided)], sender=tournament.guardian)
            case "pause":
                self.call("pause", sender=tournament.guardian)
            case "unpause":
                self.call("unpause", sender=tournament.guardian if pick % 2 else owner)
            case "operator":
                self.call("set_operator", DEPUTY if tournament.operator == OPERATOR else OPERATOR, sender=owner)
            case "guardian":
                self.call("set_guardian", DEPUTY if tournament.guardian == GUARDIAN else GUARDIAN, sender=owner)
            case "cap":
                limits = (amount * (pick > 1), 2 * amount * (pick != 2), amount * (pick % 3))
                self.treasury("authorise", self.lockstep.address["tournament"], *limits, sender=owner)
            case "unlist":
                which = self.lockstep.neighbour if pick % 2 else self.lockstep.address["tournament"]
                if pick % 3:
                    self.treasury("authorise", which, 0, amount, amount, sender=owner)
                self.treasury("unlist", which, sender=owner)
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
            case "deposit":
                self.call(function, model, amount, owner, sender=owner)
            case "stake":
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
        which=st.integers(0, 28),
    )
    def trespass(self, sender: str, index: int, pick: int, which: int) -> None:
        """What is somebody else's to do, and what does not exist."""
        model, other, round_id = self.model(index), self.model(index + 1), self.round(pick)
        nothing = self.tournament.model_count + index
        calls: list[tuple[str, tuple[Any, ...]]] = [
            ("withdraw", (model, ALL_IDLE, sender)),
            ("move_idle", (model, other, GWEI)),
            ("stake", (model, 50 * NMR)),
            ("leave", (model, self.tournament.last_opened, ALL_IDLE)),
            ("set_policy", (model, NMR, False)),
            ("set_submitter", (model, sender)),
            ("offer_model", (model, sender)),
            ("accept_model", (model,)),
            ("deposit", (nothing, NMR, ZERO_ADDRESS)),
            ("withdraw", (nothing, ALL_IDLE, sender)),
            ("move_idle", (model, nothing, GWEI)),
            ("stake", (nothing, 50 * NMR)),
            ("accept_model", (nothing,)),
            ("set_policy", (nothing, NMR, False)),
            ("open_round", (self.due(), USUAL.shape.terms(self.now, self.bounds), PACKAGE)),
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
            ("authorise", (sender, NMR, NMR, NMR)),
            ("unlist", (self.lockstep.neighbour,)),
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
            self.call("set_guardian", self.tournament.operator, sender=self.lockstep.owner)
            limits = [SUPPLY + (which % 3 == index) for index in range(3)]
            self.treasury("authorise", self.lockstep.neighbour, *limits, sender=self.lockstep.owner)
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

    @invariant()
    def invariant_6_what_is_granted_over_any_time_is_at_most_the_ceiling_and_what_the_rate_freed(self) -> None:
        # Every grant was counted when it was made; what the contract counts is never less.
        self.ceiling.pass_time(self.now)
        used = self.lockstep.world.treasury.books.used(self.lockstep.address["tournament"], self.now)
        assert self.ceiling.beyond <= used * 86_400

    @invariant()
    def invariant_7_what_is_idle_or_not_at_risk_comes_out_at_once(self) -> None:
        """Withdrawal and leave of one model after the other, tried aside; every call of them is looked at, too."""
        self.looked += 1
        self.check_free(self.model(self.looked))

    @invariant()
    def invariant_7_between_a_settlement_and_the_lock_of_what_it_kept_is_the_notice(self) -> None:
        self.check_notice()

    @invariant()
    def invariant_8_a_round_is_resolved_the_same_by_anyone_in_any_order_at_any_time(self) -> None:
        """Tried aside in each state that the successor can come to."""
        for round_id in self.rounds(State.FINAL, State.VOID, State.EXPIRED):
            self.check_any_time(round_id)

    @invariant()
    def invariant_10_nobody_but_its_owner_lowers_what_a_compounding_model_has_at_stake(self) -> None:
        self.check_compounding()

    # 9 is asked of the state that each history comes to:

    def finish(self) -> None:
        opened = len(self.known())
        TALLY["histories of 3 turns of the ring or more"] += opened >= 3 * self.ring
        TALLY["rounds opened"] += opened
        self.lockstep.compare_figures()
        self.lockstep.compare_replay()
        self.invariant_9_time_anyone_and_each_owner_bring_every_nmr_home_and_the_ring_turns_on()

    def invariant_9_time_anyone_and_each_owner_bring_every_nmr_home_and_the_ring_turns_on(self) -> None:
        self.come_home()
        self.turn_on()
        self.lockstep.compare()
        self.lockstep.compare_states()


Histories.TestCase.settings = chosen(24)
TestHistories = Histories.TestCase


@pytest.mark.skipif("TALLY['tournament: histories'] < 24", reason="too few histories were played in this process")
def test_histories__of_ci__get_to_where_something_can_go_wrong() -> None:
    assert {what: TALLY[what] for what, least in REACHED.items() if TALLY[what] < least} == {}
