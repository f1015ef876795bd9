# SPDX-License-Identifier: MIT
"""What a history is made of: calls with the test's own account of every model, and weeks of the tournament."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from nmr.protocol.chunk_tree import ChunkTree, encode
from nmr.protocol.lanes import LANES, MAX_LANE
from nmr.protocol.reference import ALL_IDLE, Bounds, Event, Limits, Round, Signed, State, Terms, Tournament
from nmr.protocol.reference.rounds import FREED, MAX_ROUND, UNDECIDED
from nmr.protocol.score_words import GROUP_SHIFT, Score, lane_scores
from nmr.text.amounts import FACTOR, GWEI, NMR, RATIO
from tests.library.protocol.walk.page import Ceiling, kept_of
from tests.stateful.chain import Outcome
from tests.stateful.lockstep import Lockstep
from tests.stateful.plans import USUAL, Errand, Proposal, Week
from tests.stateful.signatures import entries
from tests.stateful.stage import HOUR, KEYS, LIMITS, STRANGER, WHALE
from tests.stateful.tally import TALLY

OPENED_LIST, EVIDENCE, SEALED, PACKAGE = (bytes([fill]) * 32 for fill in (1, 2, 3, 4))
NOTHING: Final = bytes(32)
SETTLING: Final = ("settle", "settle_expired")
ALIVE: Final = frozenset(State) - {State.UNKNOWN, State.CLOSED}

Resolution = tuple[dict[int, tuple[int, int]], list[str | None]]
"""What each model has idle and at a place once a round is settled, gwei; and what of it was refused, and why."""


class Chunk(NamedTuple):
    """What is about to be settled: scores, and what their models have in the round, idle and at stake, gwei."""

    round_id: int
    scores: dict[int, Score]
    stakes: dict[int, int]
    before: dict[int, tuple[int, int]]


class Driver:
    """Drives a tournament in lockstep and follows every model's NMR by arithmetic of its own."""

    def __init__(self, lockstep: Lockstep) -> None:
        # When stakes were kept for a round last.
        self.kept_at: dict[int, int] = {}
        # What was found to break invariant 10.
        self.lowered: list[str] = []
        # Rounds that were tried at any time, with what their resolution depends on.
        self.tried: set[tuple[Any, ...]] = set()
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
        self.ceiling = Ceiling(LIMITS, at=self.now)

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

    def known(self) -> list[int]:
        return sorted(self.tournament.books.rounds.records)

    def coming(self) -> int:
        """The next id of the place whose turn comes, blocked or not."""
        return self.tournament.next_round(self.tournament.last_opened + 1)

    def due(self) -> int:
        """The id that can be opened, or the next of the place whose turn comes while all are blocked."""
        due = self.tournament.due_round(self.now)
        return self.coming() if due is None else due

    def state(self, round_id: int) -> State:
        return self.tournament.state(round_id, self.now)

    def info(self, round_id: int) -> Round:
        return self.tournament.round_info(round_id)

    def rounds(self, *states: State) -> list[int]:
        return [round_id for round_id in self.known() if self.state(round_id) in states]

    def open_round(self) -> int | None:
        return next(iter(self.rounds(State.OPEN)), None)

    def round(self, pick: int) -> int:
        """A round, counted back from one to come."""
        return max(max(self.tournament.last_opened + self.ring, self.coming()) - pick, 0)

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

    def stakes(self, model: int) -> dict[int, int]:
        """Gwei of a model by the round that they are at stake in or wait for, as stored."""
        found, shift = {}, 60 * (model % LANES)
        for place in range(self.ring):
            word, tag = self.lockstep.lanes(place, model // LANES)
            if word >> shift & MAX_LANE:
                found[tag] = word >> shift & MAX_LANE
        return found

    def can_leave(self, round_id: int) -> bool:
        """Whether stakes of a round are free: it is not opened, or open and not void."""
        return round_id not in self.known() or self.state(round_id) == State.OPEN

    # calls, and what they do to each model

    def call(self, function: str, *arguments: Any, sender: str, **more: Any) -> Outcome:
        compounding = self.compounding()
        outcome = self.lockstep.call(function, *arguments, sender=sender, **more)
        TALLY[f"{function} {'done' if outcome.reason is None else 'refused'}"] += 1
        self.hear(outcome.events)
        if function not in SETTLING:
            for model, (owner, staked) in compounding.items():
                if sender != owner and self.lockstep.amounts(model)[1] < staked:
                    self.lowered.append(f"{function} of {sender} lowered what model {model} has at stake")
        return outcome

    def compounding(self) -> dict[int, tuple[str, int]]:
        """Owner and gwei at stake of each model that compounds."""
        return {
            model: (self.owner(model), self.lockstep.amounts(model)[1])
            for model in self.lockstep.models
            if self.tournament.policy_of(model).compound
        }

    def hear(self, events: Sequence[Event]) -> None:
        """Follow what models have, and what the treasury granted."""
        for event in events:
            if event.address == self.lockstep.address["tournament"]:
                self.account(event.name, event.args)
            elif event.args.get("tournament") == self.lockstep.address["tournament"]:
                self.account_grant(event.name, event.args)

    def account_grant(self, name: str, args: Mapping[str, Any]) -> None:
        self.ceiling.pass_time(self.now)
        if name == "Reserved":
            self.ceiling.grant(args["amount"])
        elif name == "Released":
            self.ceiling.release(args["amount"])
        elif name == "Authorised":
            self.ceiling.limits = Limits(*(args[limit] for limit in Limits._fields))

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
            self.submitted |= {(self.tournament.last_opened, model) for model in models}

    def submit_signed(self, signed: Sequence[Signed], models: Sequence[int], hashes: Sequence[bytes]) -> None:
        """Bring signatures, of which some may count."""
        address, last = self.lockstep.address["tournament"], self.tournament.last_opened
        made = entries(signed, models, hashes, tournament=address, round_id=last, keys=KEYS)
        arguments = signed, models, hashes
        outcome = self.call("submit_signed", made, models, hashes, sender=STRANGER, like=arguments)
        if outcome.reason is None:
            counted = [stamp & 2**64 - 1 for stamp, _ in outcome.events[-1].args["commitments"]]
            self.submitted |= {(last, model) for model in counted}
            TALLY["signed commitments"] += len(counted)

    def propose(self, round_id: int, proposal: Proposal, count: int | None = None) -> None:
        chunks = proposal.chunks(self.lockstep.models)
        count = len(chunks) if count is None else count
        root = ChunkTree.of(chunks).root
        outcome = self.call("propose", round_id, root, count, EVIDENCE, sender=self.tournament.operator)
        if outcome.reason is None:
            TALLY["proposed again after a veto"] += round_id in self.proposals
            self.proposals[round_id] = chunks, count

    def open(self, round_id: int, terms: Terms, package: bytes = PACKAGE, sender: str | None = None) -> bool:
        """Open a round, or try to."""
        before = self.tournament.last_opened
        turn = self.coming()
        outcome = self.call("open_round", round_id, terms, package, sender=sender or self.tournament.operator)
        if outcome.reason is None:
            first = before not in self.tournament.books.rounds.records
            TALLY["places passed over"] += not first and round_id != turn
        return outcome.reason is None

    def settle(self, round_id: int, index: int, words: Sequence[int], proof: Sequence[bytes]) -> None:
        """Settle, and pay every lane by the rule of the page as this test reads it."""
        chunk = self.chunk(round_id, words)
        outcome = self.call("settle", round_id, index, encode(words), proof, sender=STRANGER)
        if outcome.reason is None:
            self.settled(chunk, outcome.events)

    def settle_expired(self, round_id: int, groups: Sequence[int]) -> None:
        """Send stakes of a void or expired round where their policies say, as this test reads the page."""
        chunk = self.chunk(round_id, [group << GROUP_SHIFT for group in groups if group in self.lockstep.groups])
        outcome = self.call("settle_expired", round_id, groups, sender=STRANGER)
        if outcome.reason is None:
            self.settled(chunk, outcome.events)

    def chunk(self, round_id: int, words: Sequence[int]) -> Chunk:
        """What is about to be settled; of two words for a group the first counts."""
        scores = {
            LANES * (word >> GROUP_SHIFT) + lane: score
            for word in reversed(words)
            for lane, score in enumerate(lane_scores(word))
            if word >> GROUP_SHIFT in self.lockstep.groups
        }
        stakes = {model: self.stake_of(round_id, model) for model in scores}
        return Chunk(round_id, scores, stakes, {model: self.lockstep.amounts(model) for model in scores})

    def settled(self, chunk: Chunk, events: Sequence[Event]) -> None:
        """Account for what was settled: each stake is where its owner's policy says."""
        info = self.info(chunk.round_id)
        [event] = [event for event in events if event.name in ("Settled", "SettledExpired")]
        successor, staked = self.successor(chunk.round_id), sum(chunk.stakes.values()) * GWEI
        assert (event.args["successor"], event.args["staked"]) == (successor, staked)
        kept_in_all = 0
        for model, stake in chunk.stakes.items():
            if stake:
                submitted = event.name == "Settled" and (chunk.round_id, model) in self.submitted
                change = payout(stake, chunk.scores[model], info) if submitted else 0
                policy = self.tournament.policy_of(model)
                # Every model's MIN_STAKE, or more than there is at the last ids.
                least = self.lockstep.cast.min_stake // GWEI if successor else MAX_LANE
                kept = kept_of(stake + change, policy.target // GWEI, policy.compound, least)
                idle, at_stake = chunk.before[model]
                found = self.lockstep.amounts(model)
                if found != (idle + stake + change - kept, at_stake - stake + kept):
                    self.lowered.append(f"model {model} has {found} after round {chunk.round_id}")
                self.should_have[model] += change
                self.changes.append((stake, sum(found) - idle - at_stake, info.clip))
                kept_in_all += kept
                TALLY["lanes settled at the clip"] += 0 < abs(change) == stake * info.clip // RATIO
                TALLY["lanes settled without a submission"] += not submitted
                TALLY["kept below MIN_STAKE"] += policy.compound and not kept and successor > 0
        if not kept_in_all:
            TALLY["chunks sent to idle"] += 1
            return
        self.kept_at[successor] = self.now
        TALLY["chunks kept in part"] += event.args["idled"] > 0
        if successor not in self.known():
            TALLY["chunks kept for a round not opened"] += 1
        elif successor == chunk.round_id + self.ring:
            TALLY["chunks kept for the open round"] += 1
        TALLY["chunks kept for the round after the next"] += successor == chunk.round_id + 2 * self.ring

    def successor(self, round_id: int) -> int:
        """Where stakes that are settled now are kept; 0 where the place has no id left."""
        following = round_id + self.ring
        if following + self.ring > MAX_ROUND:
            return 0
        if following not in self.known():
            return following
        in_time = not self.info(following).void and self.info(following).terms.locks_at - self.now >= HOUR
        return following if in_time else following + self.ring

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
        state = self.state(round_id)
        if state in {State.FINAL, *FREED} and order % 2:
            self.check_any_time(round_id)
        if state == State.FINAL:
            for index in self.order(round_id, order):
                self.settle_chunk(round_id, index)
        elif state in FREED:
            self.settle_expired(round_id, self.waiting(round_id))

    # what a settlement would come to at other times, on a copy of the chain

    def check_any_time(self, round_id: int) -> None:
        """8: whoever resolves a round, in any order, at any time before expiry: the same idle, the same kept."""
        policies = tuple(self.tournament.policy_of(model) for model in self.lockstep.models)
        amounts = tuple(self.lockstep.amounts(model) for model in self.lockstep.models)
        key = (round_id, self.state(round_id), policies, amounts, round_id + self.ring in self.known())
        if key in self.tried or not self.waiting(round_id):
            return
        self.tried.add(key)
        found = {moment: resolution for moment, resolution in self.resolutions(round_id).items() if resolution}
        first = found["now"]
        for moment, resolution in found.items():
            TALLY[f"tried {moment}"] += 1
            told = f"now {first}, {moment} {resolution}"
            assert resolution == first, f"8: round {round_id} gives other idle or other stakes: {told}"

    def resolutions(self, round_id: int) -> dict[str, Resolution | None]:
        """What settling a round comes to in each state that the next round of its place can come to."""
        chain, following, was = self.lockstep.chain, round_id + self.ring, self.state(round_id)

        def resolved(at: int = 0, reverse: bool = False) -> Resolution | None:
            return self.resolved_aside(round_id, was, at, reverse)

        found = {"now": resolved()}
        if was == State.FINAL:
            found["in the last second"] = resolved(self.info(round_id).terms.expires_at - 1, True)
        with chain.anchor():
            if not self.open_aside(following):
                return found
            found["after the next opened"] = resolved()
            terms = Terms(*self.view("round_info", following)[0])
            if self.view("state", following) == State.OPEN:
                for moment, before in (("notice", HOUR), ("too late", HOUR - 1), ("last second", 1)):
                    if terms.locks_at - before >= self.now:
                        moment = f"at the {moment}" if moment == "notice" else moment
                        found[moment] = resolved(terms.locks_at - before, before != HOUR)
                with chain.anchor():
                    self.aside("void", following, sender=self.tournament.guardian)
                    found["after the next was voided"] = resolved()
                self.lockstep.chain.now = terms.locks_at
            found["at the lock"] = resolved(reverse=True)
            if self.view("state", following) == State.ENDED:
                self.aside("lock", following, sender=STRANGER)
                found["after the lock"] = resolved()
            chain.now = max(self.now, terms.expires_at)
            found["after the next expired"] = resolved(reverse=True)
        return found

    def resolved_aside(self, round_id: int, was: State, time: int, reverse: bool) -> Resolution | None:
        """Settle what waits of a round at a time, and undo it; None if the round is no longer in this state."""
        chain = self.lockstep.chain
        step = -1 if reverse else 1
        with chain.anchor():
            chain.now = max(self.now, time)
            if self.view("state", round_id) != was:
                return None
            refused = []
            sender = WHALE if reverse else STRANGER
            if was == State.FINAL:
                for index in sorted(self.order(round_id, 0))[::step]:
                    words, proof = self.proposed(round_id, index)
                    refused.append(self.tried_aside("settle", round_id, index, encode(words), proof, sender=sender))
            else:
                for group in self.waiting(round_id)[::step]:
                    refused.append(self.tried_aside("settle_expired", round_id, [group], sender=sender))
            shift = {model: 60 * (model % LANES) for model in self.lockstep.models}
            held = {
                model: (
                    self.lockstep.amounts(model)[0],
                    self.lockstep.lanes(round_id, model // LANES)[0] >> shift[model] & MAX_LANE,
                )
                for model in self.lockstep.models
            }
            return held, refused[::step]

    def open_aside(self, round_id: int) -> bool:
        """Have a round opened, if time and the operator alone can bring that about; without the reference."""
        chain = self.lockstep.chain
        if self.tournament.paused(self.now):
            self.aside("unpause", sender=self.tournament.guardian)
        for _ in range(2 * self.ring):
            if self.view("state", round_id) != State.UNKNOWN:
                return True
            last = self.view("last_opened")
            if self.view("state", last) == State.OPEN:
                chain.now = self.view("round_info", last)[0][Terms._fields.index("locks_at")]
            due = self.view("due_round")
            if due > MAX_ROUND:
                return False
            terms = USUAL.shape.terms(chain.now, self.bounds)
            self.aside("open_round", due, terms, PACKAGE, sender=self.tournament.operator)
        return bool(self.view("state", round_id) != State.UNKNOWN)

    def view(self, function: str, *arguments: Any) -> Any:
        """What the contract says, wherever the chain stands."""
        return self.lockstep.chain.view(self.lockstep.contracts["tournament"], function, *arguments)

    def tried_aside(self, function: str, *arguments: Any, sender: str) -> str | None:
        """Call the contract alone; gives why it refuses."""
        contract = self.lockstep.contracts["tournament"]
        return self.lockstep.chain.call(contract, function, *arguments, sender=sender).reason

    def aside(self, function: str, *arguments: Any, sender: str) -> None:
        """Call the contract alone, which does not refuse."""
        assert (reason := self.tried_aside(function, *arguments, sender=sender)) is None, f"{function}: {reason}"

    def check_free(self, model: int) -> None:
        """7: what is idle, and what is not at risk, is its owner's at once, paused or not; tried on a copy."""
        owner, chain = self.owner(model), self.lockstep.chain
        with chain.anchor():
            if self.lockstep.amounts(model)[0]:
                self.aside("withdraw", model, ALL_IDLE, STRANGER, sender=owner)
            for round_id, amount in self.stakes(model).items():
                if self.can_leave(round_id):
                    TALLY["left while waiting, aside"] += round_id not in self.known()
                    self.aside("leave", model, round_id, amount * GWEI, sender=owner)

    def check_notice(self) -> None:
        """7: between a settlement and the lock of a stake that it kept is at least NOTICE."""
        for round_id, at in self.kept_at.items():
            if round_id in self.known():
                assert self.info(round_id).terms.locks_at - at >= HOUR

    def check_compounding(self) -> None:
        """10: nobody but its owner lowers what a compounding model has, but a burn, MIN_STAKE or the last ids."""
        assert self.lowered == []

    # weeks

    def play(self, week: Week) -> None:
        """One week as it should be, but for a hitch."""
        coming = self.coming()
        before = coming - self.ring
        if week.hitch == "short":
            self.leave_in_treasury(week.proposal.stride * 11 * NMR + week.order)
        elif not week.hitch:
            self.refill()
        opened = self.open_round()
        if opened is not None:
            self.end(opened, week)
        for round_id in self.rounds(State.ENDED, State.LOCKED):
            if round_id != before:
                self.lock_and_publish(round_id, week)
        if before in self.known():
            self.resolve(before, week)
        if before - self.ring in self.known():
            self.clear(before - self.ring, week.order)
            if self.state(before - self.ring) != State.CLOSED and week.order % 3:
                self.to(self.info(before - self.ring).terms.expires_at)
                self.clear(before - self.ring)
        if self.tournament.paused(self.now) and week.order:
            self.call("unpause", sender=self.lockstep.owner)
        terms = week.shape.terms(self.now, self.bounds)
        if week.slips:
            self.open(self.due(), terms._replace(sealing_key=NOTHING))
            self.open(self.due(), terms, NOTHING)
            self.open(self.due() + 1, terms)
            self.open(self.due() + self.ring, terms)
        due = self.due()
        if self.open(due, terms):
            self.open_doors(due, before, week)

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
        if before in self.known() and self.state(coming) == State.OPEN:
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
            last = terms.expires_at - terms.window - 24 * HOUR
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
            # The operator takes its own root back.
            self.call("veto", round_id, root, sender=self.veto_by(week.order))
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
        if week.hitch == "early":
            self.clear(round_id, week.order)

    def settle_in_time(self, round_id: int, coming: int, week: Week) -> None:
        """Settle a round while the next of its place is open, or not."""
        locks_at = self.info(coming).terms.locks_at
        indices = self.order(round_id, week.order)
        before = {"notice": HOUR, "too late": HOUR - 1, "last second": 1}
        if week.settle_at == "first half":
            for index in indices[: len(indices) // 2]:
                self.settle_chunk(round_id, index)
            self.to(locks_at)
        elif week.settle_at in before or week.settle_at == "locked":
            self.to(locks_at - before.get(week.settle_at, 0))
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
        elif state == State.FINAL and round_id + self.ring not in self.known() and order % 2:
            self.play(USUAL)
        else:
            self.clear(round_id, order)

    def refill(self) -> None:
        """Fresh NMR where burns and exits left little: who has nothing at stake cannot lose it."""
        if self.lockstep.world.treasury.free() < 1_000 * NMR:
            self.token("transfer", self.lockstep.address["treasury"], 100_000 * NMR, sender=WHALE)
        poor = [model for model in self.lockstep.models if self.total(model) < 20 * NMR // GWEI]
        for model in poor[:4]:
            self.call("deposit", model, 100 * NMR, self.owner(model), sender=WHALE)

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
            case "leave" | "part":
                self.leave(model, errand.gwei, amount if errand.what == "part" else ALL_IDLE)
            case "deposit":
                self.call("deposit", model, amount, owner, sender=WHALE)
            case "withdraw":
                self.withdraw_some(model, self.tournament.idle_of(model) // 2, STRANGER)
            case "keep" | "compound":
                self.call("set_policy", model, amount, errand.what == "compound", sender=owner)
            case "move":
                self.call("move_idle", model, self.model(errand.index + 3), ALL_IDLE, sender=owner)
            case "exit":
                self.call("set_policy", model, 0, False, sender=owner)
                for round_id in self.stakes(model):
                    self.leave_round(model, round_id, ALL_IDLE)

    def veto_by(self, pick: int) -> str:
        """Who takes a root back: the guardian, or the operator its own."""
        return self.tournament.operator if pick % 2 else self.tournament.guardian

    def missing(self, model: int, off: int) -> int:
        """What a stake has to be so that the position ends next to MIN_STAKE; a gwei if it is there already."""
        held = self.tournament.position(self.tournament.last_opened, model)
        return max(self.lockstep.cast.min_stake - held + off * GWEI, GWEI)

    def leave(self, model: int, pick: int, amount: int) -> None:
        """Leave one of the rounds that a model has stakes in or waiting for, or one where it has none."""
        rounds = [*self.stakes(model)] or [self.coming()]
        self.leave_round(model, rounds[pick % len(rounds)], amount)

    def leave_round(self, model: int, round_id: int, amount: int) -> None:
        """7: its owner's leave succeeds while the round is not opened, or open and not void, paused or not."""
        held, idle = self.stakes(model).get(round_id, 0), self.lockstep.amounts(model)[0]
        wanted = held if amount == ALL_IDLE else amount // GWEI
        outcome = self.call("leave", model, round_id, amount, sender=self.owner(model))
        exact = amount == ALL_IDLE or amount % GWEI == 0
        if exact and 0 < wanted <= held and self.can_leave(round_id):
            assert outcome.reason is None, f"7: a leave was refused: {outcome.reason}"
            stays = held - wanted if (held - wanted) * GWEI >= self.lockstep.cast.min_stake else 0
            assert outcome.value == (held - stays) * GWEI
            assert self.stakes(model).get(round_id, 0) == stays
            assert self.lockstep.amounts(model)[0] == idle + held - stays
            TALLY["left in part"] += stays > 0
            TALLY["left while waiting"] += round_id not in self.known()
            TALLY["left while paused"] += self.tournament.paused(self.now)

    def withdraw_some(self, model: int, amount: int, receiver: str) -> None:
        """7: a withdrawal of what is idle by its owner succeeds, in every state, paused or not."""
        idle = self.tournament.idle_of(model)
        wanted = amount if amount == ALL_IDLE else amount // GWEI * GWEI
        outcome = self.call("withdraw", model, wanted, receiver, sender=self.owner(model))
        if idle and (wanted == ALL_IDLE or 0 < wanted <= idle):
            assert outcome.reason is None, f"7: a withdrawal was refused: {outcome.reason}"
            assert outcome.value == (idle if wanted == ALL_IDLE else wanted)
            TALLY["withdrawn while paused"] += self.tournament.paused(self.now)

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
        staked = Counter[int]()
        for place in range(self.ring):
            for group in self.lockstep.groups:
                word, tag = self.lockstep.lanes(place, group)
                if word:
                    assert tag % self.ring == place
                    staked[tag] += sum(word >> 60 * lane & MAX_LANE for lane in range(LANES))
        known = self.known()
        coming = [self.tournament.next_round(place) for place in range(self.ring)]
        # Three rounds of a place can hold stakes: its latest, the one before, and the next.
        assert staked.keys() <= {*coming, *known}
        for round_id in {*coming, *known}:
            assert storage.word(storage.slot("rounds.book", round_id) + len(Terms._fields)) == staked[round_id]

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
        """9: time, anyone's calls and each owner's leave bring every NMR to idle, and from there to its owner."""
        self.to(max((self.info(round_id).terms.expires_at for round_id in self.known()), default=self.now))
        for round_id in self.known():
            if self.waiting(round_id):
                self.settle_expired(round_id, self.waiting(round_id))
            assert self.state(round_id) == State.CLOSED
        for model in self.lockstep.models:
            for round_id in self.stakes(model):
                self.leave_round(model, round_id, ALL_IDLE)
            assert self.lockstep.amounts(model) == (self.should_have[model], 0)
            if self.should_have[model]:
                self.withdraw_some(model, ALL_IDLE, self.owner(model))
        balance = self.lockstep.storage["numeraire"].get("erc20.balanceOf", self.lockstep.address["tournament"])
        assert balance == self.donated

    def turn_on(self) -> bool:
        """9: once all is at home the ring opens its next round, unless it has no id left; gives whether it does."""
        if self.tournament.paused(self.now):
            assert self.call("unpause", sender=self.lockstep.owner).reason is None
        ids_left = any(self.tournament.next_round(place) <= MAX_ROUND for place in range(self.ring))
        opened = self.open(self.due(), USUAL.shape.terms(self.now, self.bounds))
        assert opened == ids_left
        return opened


def payout(stake: int, score: Score, info: Round) -> int:
    """What a stake wins or loses by the page: stake x min(|weighted score| x factor, clip), rounded once."""
    weighted = (score[0] * info.terms.primary + score[1] * info.terms.contribution) * info.factor
    size = stake * min(abs(weighted), info.clip * 10**9) // 10**21
    return size if weighted > 0 else -size
