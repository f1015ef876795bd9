# SPDX-License-Identifier: MIT
"""What a history is made of: calls with the test's own account of every model, and weeks of the tournament."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from nmr.protocol.chunk_tree import ChunkTree
from nmr.protocol.lanes import LANES, MAX_LANE
from nmr.protocol.reference import ALL_IDLE, Bounds, Event, Round, State, Terms, Tournament
from nmr.protocol.reference.rounds import UNDECIDED
from nmr.protocol.score_words import GROUP_SHIFT, Score, lane_scores
from nmr.text.amounts import FACTOR, GWEI, NMR, RATIO
from tests.stateful.chain import Outcome
from tests.stateful.lockstep import Lockstep
from tests.stateful.plans import USUAL, Errand, Proposal, Week
from tests.stateful.stage import HOUR, STRANGER, WHALE
from tests.stateful.tally import TALLY

OPENED_LIST, EVIDENCE, SEALED = (bytes([fill]) * 32 for fill in (1, 2, 3))
NOTHING: Final = bytes(32)
ALIVE: Final = frozenset(State) - {State.UNKNOWN, State.CLOSED}

Everything = tuple[dict[int, tuple[int, int]], dict[str, int]]
"""What each model has idle and at stake, gwei, and what the contracts hold, wei."""


class Chunk(NamedTuple):
    """A chunk before it is settled: its scores, and what their models have in the round and in all, gwei."""

    round_id: int
    scores: dict[int, Score]
    stakes: dict[int, int]
    before: dict[int, int]


class Driver:
    """Drives a tournament in lockstep and follows every model's NMR by arithmetic of its own."""

    def __init__(self, lockstep: Lockstep) -> None:
        self.take(lockstep)
        # Wei that were given to the escrow, and gwei that each model should have.
        self.donated = 0
        self.submitted: set[tuple[int, int]] = set()
        # What was proposed last for a round: the chunks, and how many it was said to be.
        self.proposals: dict[int, tuple[list[list[int]], int]] = {}
        # Stake, change and effective clip of every lane that the last step settled.
        self.changes: list[tuple[int, int, int]] = []

    def take(self, lockstep: Lockstep) -> None:
        """Drive this tournament."""
        self.lockstep = lockstep
        self.should_have = {model: self.total(model) for model in lockstep.models}

    # what is known without asking a contract

    @property
    def tournament(self) -> Tournament:
        return self.lockstep.tournament

    @property
    def ring(self) -> int:
        return self.lockstep.cast.ring

    @property
    def now(self) -> int:
        return self.lockstep.chain.now

    @property
    def bounds(self) -> Bounds:
        bounds = self.tournament.books.bounds
        assert bounds is not None
        return bounds

    def to(self, time: int) -> None:
        """Let time pass, if that time is still to come."""
        self.lockstep.chain.now = max(self.now, time)

    def known(self) -> range:
        return range(self.lockstep.cast.first_round, self.tournament.next_round)

    def state(self, round_id: int) -> State:
        return self.tournament.state(round_id, self.now)

    def info(self, round_id: int) -> Round:
        return self.tournament.round_info(round_id)

    def rounds(self, *states: State) -> list[int]:
        return [round_id for round_id in self.known() if self.state(round_id) in states]

    def open_round(self) -> int | None:
        return next(iter(self.rounds(State.OPEN)), None)

    def round(self, pick: int) -> int:
        """A round, counted back from the one to come."""
        return max(self.tournament.next_round - pick, 0)

    def model(self, index: int) -> int:
        """An acting model, by its number among them."""
        return self.lockstep.models[index % len(self.lockstep.models)]

    def owner(self, model: int) -> str:
        return self.tournament.owner_of(model)

    def waiting(self, round_id: int) -> list[int]:
        """Groups with stakes that wait for a round."""
        stakes = self.tournament.books.stakes
        return [group for group in self.lockstep.groups if stakes.waits(round_id, group)]

    def total(self, model: int) -> int:
        """Gwei of a model, idle and at stake, as stored."""
        return sum(self.lockstep.amounts(model))

    def everything(self) -> Everything:
        """What could depend on the order of settlements, as stored."""
        storage = self.lockstep.storage["numeraire"]
        balances = {part: storage.get("erc20.balanceOf", address) for part, address in self.lockstep.address.items()}
        return {model: self.lockstep.amounts(model) for model in self.lockstep.models}, balances

    # calls, and what they do to each model

    def call(self, function: str, *arguments: Any, sender: str, **more: Any) -> Outcome:
        outcome = self.lockstep.call(function, *arguments, sender=sender, **more)
        TALLY[f"{function} {'done' if outcome.reason is None else 'refused'}"] += 1
        for event in outcome.events:
            self.account(event.name, event.args)
        return outcome

    def treasury(self, function: str, *arguments: Any, sender: str) -> Outcome:
        return self.call(function, *arguments, sender=sender, part="treasury")

    def token(self, function: str, *arguments: Any, sender: str) -> Outcome:
        return self.call(function, *arguments, sender=sender, part="numeraire")

    def account(self, name: str, args: Mapping[str, Any]) -> None:
        if name in ("Deposited", "Staked"):
            self.should_have[args["model"]] += args["amount"] // GWEI
        elif name == "Withdrawn":
            self.should_have[args["model"]] -= args["amount"] // GWEI
        elif name == "IdleMoved":
            self.should_have[args["source"]] -= args["amount"] // GWEI
            self.should_have[args["destination"]] += args["amount"] // GWEI

    def lock(self, round_id: int) -> None:
        wanted = self.tournament.books.wanted(round_id) * GWEI if round_id in self.known() else 0
        if self.call("lock", round_id, sender=STRANGER).reason is None:
            info = self.info(round_id)
            TALLY["locked with a short treasury"] += info.granted < wanted
            TALLY["locked with a factor below 1"] += info.factor < FACTOR

    def enter(self, groups: Sequence[int], sender: str = STRANGER) -> None:
        outcome = self.call("enter", groups, sender=sender)
        TALLY["enter raised a position"] += outcome.reason is None and outcome.events[-1].args["amount"] > 0

    def submit(self, mask: int, sender: str | None = None) -> None:
        """Submit for these models, each by its submitter, or all by one sender."""
        senders: dict[str, list[int]] = {}
        for index, model in enumerate(self.lockstep.models):
            if mask >> index & 1:
                senders.setdefault(sender or self.tournament.submitter_of(model), []).append(model)
        for each, models in senders.items():
            self.submit_models(models, [SEALED] * len(models), each)

    def submit_models(self, models: Sequence[int], hashes: Sequence[bytes], sender: str) -> None:
        if self.call("submit", models, hashes, sender=sender).reason is None:
            self.submitted |= {(self.tournament.next_round - 1, model) for model in models}

    def propose(self, round_id: int, proposal: Proposal, count: int | None = None) -> None:
        chunks = proposal.chunks(self.lockstep.models)
        count = len(chunks) if count is None else count
        root = ChunkTree.of(chunks).root
        outcome = self.call("propose", round_id, root, count, EVIDENCE, sender=self.tournament.operator)
        if outcome.reason is None:
            TALLY["proposed again after a veto"] += round_id in self.proposals
            self.proposals[round_id] = chunks, count

    def settle(self, round_id: int, index: int, words: Sequence[int], proof: Sequence[bytes]) -> None:
        """Settle, and pay every lane by the rule of the page as this test reads it."""
        chunk = self.chunk(round_id, words)
        outcome = self.call("settle", round_id, index, words, proof, sender=STRANGER)
        if outcome.reason is None:
            self.settled(chunk, outcome.events)

    def chunk(self, round_id: int, words: Sequence[int]) -> Chunk:
        """A chunk as it is about to be settled."""
        scores = {
            LANES * (word >> GROUP_SHIFT) + lane: score
            for word in words
            for lane, score in enumerate(lane_scores(word))
        }
        stakes = {model: self.stake_of(round_id, model) for model in scores}
        return Chunk(round_id, scores, stakes, {model: self.total(model) for model in scores})

    def settled(self, chunk: Chunk, events: Sequence[Event]) -> None:
        """Account for a chunk that was settled."""
        info = self.info(chunk.round_id)
        for model, stake in chunk.stakes.items():
            if stake:
                submitted = (chunk.round_id, model) in self.submitted
                change = payout(stake, chunk.scores[model], info) if submitted else 0
                self.should_have[model] += change
                self.changes.append((stake, self.total(model) - chunk.before[model], info.clip))
                TALLY["lanes settled at the clip"] += 0 < abs(change) == stake * info.clip // RATIO
                TALLY["lanes settled without a submission"] += not submitted
        args = next(event.args for event in events if event.name == "Settled")
        TALLY["chunks restaked" if args["restaked"] else "chunks sent to idle"] += 1
        TALLY["chunks restaked in part"] += args["restaked"] and args["idled"] > 0

    def stake_of(self, round_id: int, model: int) -> int:
        word, tag = self.lockstep.lanes(round_id, model // LANES)
        return word >> 60 * (model % LANES) & MAX_LANE if tag == round_id else 0

    def settle_chunk(self, round_id: int, index: int) -> None:
        """Settle a chunk as it was proposed."""
        self.settle(round_id, index, *self.proposed(round_id, index))

    def proposed(self, round_id: int, index: int) -> tuple[list[int], list[bytes]]:
        """Words and proof of a chunk as it was proposed."""
        chunks, _ = self.proposals[round_id]
        return chunks[index], ChunkTree.of(chunks).proof(index)

    def order(self, round_id: int, order: int) -> list[int]:
        """The chunks with stakes that wait, in one of their orders; none if their number was a lie."""
        chunks, count = self.proposals.get(round_id, ([], 0))
        if count != len(chunks):
            return []
        waiting = set(self.waiting(round_id))
        indices = [index for index, words in enumerate(chunks) if waiting & {word >> GROUP_SHIFT for word in words}]
        orders = list(itertools.permutations(indices))
        return list(orders[order % len(orders)])

    def clear(self, round_id: int, order: int = 0) -> None:
        """Bring a round to its close, or at least nearer to it."""
        if self.state(round_id) == State.FINAL:
            indices = self.order(round_id, order)
            if order % 2:
                self.settle_compared(round_id, indices)
            else:
                for index in indices:
                    self.settle_chunk(round_id, index)
        if self.state(round_id) in (State.VOID, State.EXPIRED):
            self.call("settle_expired", round_id, self.waiting(round_id), sender=STRANGER)

    def settle_compared(self, round_id: int, indices: Sequence[int]) -> None:
        """8: settle in this order, and aside in the reverse one, and aside at another time."""
        reverse = self.settled_aside(round_id, indices[::-1], self.now)
        info, successor = self.info(round_id), round_id + self.ring
        late = info.final_at + info.terms.grace
        if successor in self.known():
            late = self.info(successor).terms.locks_at
        later = self.settled_aside(round_id, indices, max(self.now, late))
        for index in indices:
            self.settle_chunk(round_id, index)
        after = self.everything()
        if reverse is not None and len(indices) > 1:
            TALLY["settled in two orders"] += 1
            assert after == reverse, "the order of the chunks makes a difference"
        if reverse is not None and later is not None:
            TALLY["settled with another destination"] += reverse != later
            one, other = ({model: sum(amounts) for model, amounts in found[0].items()} for found in (after, later))
            assert one == other, "where settled stakes go makes a difference to what they are"

    def settled_aside(self, round_id: int, indices: Iterable[int], time: int) -> Everything | None:
        """Everything after settling these chunks at that time, on a copy; None if that is refused."""
        chunks, _ = self.proposals.get(round_id, ([], 0))
        contract = self.lockstep.contracts["tournament"]
        with self.lockstep.chain.anchor():
            self.lockstep.chain.now = max(self.now, time)
            for index in indices:
                arguments = (round_id, index, chunks[index], ChunkTree.of(chunks).proof(index))
                if self.lockstep.chain.call(contract, "settle", *arguments, sender=STRANGER).reason is not None:
                    return None
            return self.everything()

    # weeks

    def play(self, week: Week) -> None:
        """One week as it should be, but for a hitch."""
        coming = self.tournament.next_round
        before = coming - self.ring
        if week.hitch == "short":
            self.leave_in_treasury(week.proposal.stride * 11 * NMR + week.order)
        elif not week.hitch:
            self.refill()
        if coming - 1 in self.known() and self.state(coming - 1) == State.OPEN:
            self.end(coming - 1, week)
        for round_id in range(max(before + 1, self.lockstep.cast.first_round), coming):
            self.lock_and_publish(round_id, week)
        if before in self.known():
            self.resolve(before, week)
        if before - self.ring in self.known():
            self.clear(before - self.ring, week.order)
            if self.state(before - self.ring) != State.CLOSED and week.order % 3:
                self.to(self.info(before - self.ring).terms.expires_at)
                self.clear(before - self.ring)
        if self.tournament.paused:
            self.call("unpause", sender=self.lockstep.owner)
        terms = week.shape.terms(self.now, self.bounds)
        if week.slips:
            self.call("open_round", terms._replace(sealing_key=NOTHING), sender=self.tournament.operator)
        if self.call("open_round", terms, sender=self.tournament.operator).reason is None:
            self.open_doors(coming, before, week)

    def open_doors(self, coming: int, before: int, week: Week) -> None:
        """While the new round is open, and until the old one is settled."""
        if week.enter == "opened":
            self.enter(self.lockstep.groups)
        self.submit(week.submitting)
        if week.slips:
            model = self.model(week.order)
            self.submit_models([model], [NOTHING], self.owner(model))
            self.submit_models([model], [], self.owner(model))
            self.submit_models([], [], self.owner(model))
            self.enter([2**24])
        if before in self.known():
            self.settle_in_time(before, coming, week)
        if week.enter == "settled" and self.open_round() is not None:
            self.enter(self.lockstep.groups)
        if week.hitch == "pause":
            self.call("pause", sender=self.tournament.guardian)
        for errand in week.errands:
            self.run(errand)
        if week.hitch == "void" and self.state(coming) in UNDECIDED and week.order % 2:
            self.call("void", coming, sender=self.tournament.guardian)
            self.submit(week.submitting)
            self.enter(self.lockstep.groups[:1])

    def end(self, round_id: int, week: Week) -> None:
        """Let the time pass in which a round is open."""
        locks_at = self.info(round_id).terms.locks_at
        if week.slips:
            self.to(locks_at - 1)
            self.lock(round_id)
            self.submit(1 << week.order)
            self.enter(self.lockstep.groups[:2])
            self.to(locks_at)
            self.submit(2 << week.order)
            self.enter(self.lockstep.groups[:2])
        self.to(locks_at)

    def lock_and_publish(self, round_id: int, week: Week = USUAL) -> None:
        """Lock, and commit to the list, in time or just not."""
        closes = self.info(round_id).terms.locks_at + 24 * HOUR
        if self.state(round_id) == State.ENDED:
            if week.hitch in ("late lock", "no lock"):
                self.to(closes - (week.hitch == "late lock"))
            self.lock(round_id)
        if self.state(round_id) == State.LOCKED:
            if week.slips:
                self.call("publish_opened", round_id, NOTHING, sender=self.tournament.operator)
            if week.hitch in ("late list", "no list"):
                self.to(closes - (week.hitch == "late list"))
            self.call("publish_opened", round_id, OPENED_LIST, sender=self.tournament.operator)

    def resolve(self, round_id: int, week: Week) -> None:
        """Bring a round to where the next of its place can be opened."""
        terms = self.info(round_id).terms
        self.lock_and_publish(round_id, week)
        if week.hitch == "void" and self.state(round_id) in UNDECIDED and not week.order % 2:
            self.call("void", round_id, sender=self.tournament.guardian)
        if self.state(round_id) == State.OPENED:
            last = terms.expires_at - terms.window - terms.grace - 24 * HOUR
            if week.slips:
                self.to(terms.resolves_at - 1)
                self.propose(round_id, week.proposal)
            self.to(terms.resolves_at)
            if week.slips:
                self.call("propose", round_id, NOTHING, 1, EVIDENCE, sender=self.tournament.operator)
                self.propose(round_id, week.proposal, 0)
            if week.hitch in ("last proposal", "no proposal"):
                self.to(last + (week.hitch == "no proposal"))
            self.propose(round_id, week.proposal)
        if self.state(round_id) == State.PROPOSED:
            self.watch(round_id, week)
        if week.hitch in ("expire", "last second"):
            self.to(terms.expires_at - (week.hitch == "last second"))
        if self.state(round_id) in (State.LOCKED, State.OPENED):
            self.to(terms.expires_at)

    def watch(self, round_id: int, week: Week) -> None:
        """Let a window pass, with or without a veto."""
        if week.hitch == "veto":
            root = self.info(round_id).root
            self.to(self.info(round_id).final_at - 1 - week.order)
            if week.slips:
                self.call("veto", round_id, EVIDENCE, sender=self.tournament.guardian)
            self.call("veto", round_id, root, sender=self.tournament.guardian)
            self.propose(round_id, week.proposal)
        info = self.info(round_id)
        if week.slips and info.final_at:
            self.to(info.final_at - 1)
            for index in self.order(round_id, week.order)[:1]:
                self.settle_chunk(round_id, index)
            self.to(info.final_at)
            self.call("veto", round_id, info.root, sender=self.tournament.guardian)
            self.call("void", round_id, sender=self.tournament.guardian)
        self.to(info.final_at)
        if week.slips or week.hitch == "no successor":
            indices = self.order(round_id, week.order)
            self.to(info.final_at + info.terms.grace - 1)
            for index in indices[:1]:
                self.settle_chunk(round_id, index)
        if week.hitch == "no successor":
            self.to(info.final_at + info.terms.grace)
            self.clear(round_id, week.order)

    def settle_in_time(self, round_id: int, coming: int, week: Week) -> None:
        """Settle a round while the next of its place is open, or not."""
        locks_at = self.info(coming).terms.locks_at
        indices = self.order(round_id, week.order)
        if week.settle_at == "compared" and self.state(round_id) == State.FINAL:
            self.settle_compared(round_id, indices)
        elif week.settle_at == "first half":
            for index in indices[: len(indices) // 2]:
                self.settle_chunk(round_id, index)
            self.to(locks_at)
        elif week.settle_at in ("last second", "locked"):
            self.to(locks_at - (week.settle_at == "last second"))
        if week.settle_at != "later":
            self.clear(round_id, week.order)

    def nudge(self, pick: int, order: int = 0, proposal: Proposal = USUAL.proposal) -> None:
        """The next step of a round that is not closed; without one, a new week."""
        alive = self.rounds(*ALIVE)
        if not alive:
            self.play(USUAL)
            return
        round_id = alive[pick % len(alive)]
        state, info = self.state(round_id), self.info(round_id)
        if state == State.OPEN:
            self.to(info.terms.locks_at)
        elif state in (State.ENDED, State.LOCKED):
            self.lock_and_publish(round_id)
        elif state == State.OPENED:
            self.to(info.terms.resolves_at)
            self.propose(round_id, proposal)
        elif state == State.PROPOSED:
            self.to(info.final_at)
        elif state == State.FINAL and round_id + self.ring == self.tournament.next_round:
            self.play(USUAL)
        else:
            self.clear(round_id, order)

    def refill(self) -> None:
        """Fresh NMR where burns and exits left little: who has nothing at stake cannot lose it."""
        if self.lockstep.world.treasury.free() < 1_000 * NMR:
            self.token("transfer", self.lockstep.address["treasury"], 100_000 * NMR, sender=WHALE)
        poor = [model for model in self.lockstep.models if self.total(model) < 20 * NMR // GWEI]
        for model in poor[:4]:
            self.call("deposit", model, 100 * NMR, sender=WHALE)

    def leave_in_treasury(self, amount: int) -> None:
        """The owner spends all that is free but this."""
        free = self.lockstep.world.treasury.free()
        if free > amount:
            self.treasury("spend", WHALE, free - amount, sender=self.lockstep.owner)

    # what stakers do, one by one and in weeks

    def run(self, errand: Errand) -> None:
        model, amount = self.model(errand.index), errand.gwei * GWEI
        owner = self.owner(model)
        match errand.what:
            case "stake":
                self.call("stake", model, amount, sender=owner)
            case "min_stake" | "less":
                self.call("stake", model, self.missing(model, -(errand.what == "less")), sender=owner)
            case "leave":
                self.call("leave", model, sender=owner)
            case "deposit":
                self.call("deposit", model, amount, sender=WHALE)
            case "withdraw":
                self.withdraw_some(model, self.tournament.idle_of(model) // 2, STRANGER)
            case "keep" | "compound":
                self.call("set_policy", model, amount, errand.what == "compound", sender=owner)
            case "move":
                self.call("move_idle", model, self.model(errand.index + 3), ALL_IDLE, sender=owner)
            case "exit":
                self.call("set_policy", model, 0, False, sender=owner)
                self.call("leave", model, sender=owner)

    def missing(self, model: int, off: int) -> int:
        """What a stake has to be so that the position ends next to min_stake; a gwei if it is there already."""
        round_id = self.tournament.next_round - 1
        missing = self.info(round_id).terms.min_stake - self.tournament.position(round_id, model)
        return max(missing + off * GWEI, GWEI)

    def withdraw_some(self, model: int, amount: int, receiver: str) -> None:
        """7: a withdrawal of what is idle by its owner succeeds, in every state, paused or not."""
        idle = self.tournament.idle_of(model)
        wanted = amount if amount == ALL_IDLE else amount // GWEI * GWEI
        outcome = self.call("withdraw", model, wanted, receiver, sender=self.owner(model))
        if idle and (wanted == ALL_IDLE or 0 < wanted <= idle):
            assert outcome.reason is None, f"7: a withdrawal was refused: {outcome.reason}"
            assert outcome.value == (idle if wanted == ALL_IDLE else wanted)
            TALLY["withdrawn while paused"] += self.tournament.paused

    # what has to hold, by arithmetic of the test's own

    def check_escrow(self) -> None:
        """2: the escrow holds what it owes and what it was given."""
        balance = self.lockstep.storage["numeraire"].get("erc20.balanceOf", self.lockstep.address["tournament"])
        staked = sum(self.lockstep.amounts(model)[1] for model in self.lockstep.models)
        idle = self.lockstep.storage["tournament"].get("ledger.idle_sum")
        assert balance == (idle + staked) * GWEI + self.donated

    def check_totals(self) -> None:
        """3: lanes add up to their running totals."""
        storage = self.lockstep.storage["tournament"]
        assert sum(self.lockstep.amounts(model)[0] for model in self.lockstep.models) == storage.get("ledger.idle_sum")
        staked = dict.fromkeys(range(self.lockstep.cast.first_round, self.tournament.next_round + self.ring), 0)
        for place in range(self.ring):
            for group in self.lockstep.groups:
                word, tag = self.lockstep.lanes(place, group)
                if word:
                    staked[tag] += sum(word >> 60 * lane & MAX_LANE for lane in range(LANES))
        for round_id, total in staked.items():
            assert storage.word(storage.slot("rounds.book", round_id) + len(Terms._fields)) == total

    def check_models(self) -> None:
        """4: a model has what it brought and won, to the gwei."""
        assert {model: self.total(model) for model in self.lockstep.models} == self.should_have

    def check_changes(self) -> None:
        """5: no settlement moved a stake by more than the effective clip."""
        for stake, change, clip in self.changes:
            assert abs(change) * RATIO <= stake * clip
        self.changes.clear()

    def check_reservations(self) -> None:
        """6: the treasury holds what it reserved, and no round drew more than it was granted."""
        storage, left = self.lockstep.storage["treasury"], 0
        for tournament, round_id in self.lockstep.world.treasury.books.reservations:
            slot = storage.slot("grants", tournament, round_id)
            granted, released, remaining = (storage.word(slot + index) for index in range(3))
            assert released + remaining <= granted
            left += remaining
        assert storage.get("reserved") == left
        assert self.lockstep.storage["numeraire"].get("erc20.balanceOf", self.lockstep.address["treasury"]) >= left

    def come_home(self) -> None:
        """10: time and anyone's calls bring every NMR to idle, and from there to its owner."""
        self.to(max((self.info(round_id).terms.expires_at for round_id in self.known()), default=self.now))
        for round_id in self.known():
            if self.waiting(round_id):
                self.call("settle_expired", round_id, self.waiting(round_id), sender=STRANGER)
            assert self.state(round_id) == State.CLOSED
        for model in self.lockstep.models:
            assert self.lockstep.amounts(model) == (self.should_have[model], 0)
            if self.should_have[model]:
                self.withdraw_some(model, ALL_IDLE, self.owner(model))
        balance = self.lockstep.storage["numeraire"].get("erc20.balanceOf", self.lockstep.address["tournament"])
        assert balance == self.donated


def payout(stake: int, score: Score, info: Round) -> int:
    """What a stake wins or loses by the page: stake x min(|weighted score| x factor, clip), rounded once."""
    weighted = (score[0] * info.terms.primary + score[1] * info.terms.contribution) * info.factor
    size = stake * min(abs(weighted), info.clip * 10**9) // 10**21
    return size if weighted > 0 else -size
