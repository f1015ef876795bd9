# SPDX-License-Identifier: MIT
"""A random walk over the reference model: anyone calls anything at any time.

After each call the invariants of `docs/protocol.md` hold, by their numbers there, and what the page promises was not
refused. What cannot be seen from one state is tried on copies of it: that a settlement gives the same whenever it
comes, and that time and anyone's calls bring every NMR home.
"""

import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, Final, NamedTuple

from nmr.errors import Refused
from nmr.protocol.chunk_tree import ChunkTree, encode
from nmr.protocol.reference import (
    ALL_IDLE,
    UNLIMITED,
    Bounds,
    Deployment,
    Limits,
    ReferenceSuite,
    Roles,
    Setup,
    Signed,
    State,
    Terms,
    Tournament,
)
from nmr.protocol.reference.rounds import DONE, FREED, UNDECIDED
from nmr.protocol.replay import replay
from nmr.protocol.score_words import GROUPS_PER_CHUNK, MAX_SCORE, MIN_SCORE, Score, encode_chunks, lane_scores
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR, RATIO, SUPPLY
from tests.library.protocol.walk.page import DAY, HOUR, LAST_ID, Ceiling, Entry, Places, change_of, kept_of
from tests.support.actors import address
from tests.support.example_suite import (
    GUARDIAN,
    NUMERAIRE,
    OPERATOR,
    OWNER,
    RIVAL,
    STAKER,
    STRANGER,
    TOURNAMENT,
    TREASURY,
)

DEPUTY, WATCHER, MINNOW, SUBMITTER = (
    address(name).lower() for name in ("deputy operator", "deputy guardian", "minnow", "submitter")
)
OPERATORS: Final = (OPERATOR, DEPUTY)
GUARDIANS: Final = (GUARDIAN, WATCHER)
STAKERS: Final = (STAKER, RIVAL, MINNOW)
ANYONE: Final = (*STAKERS, STRANGER, SUBMITTER, OWNER, *OPERATORS, *GUARDIANS)

SOME: Final = b"\1" * 32
NONE: Final = bytes(32)
START: Final = 1_700_000_000
MANY: Final = 4 * GROUPS_PER_CHUNK + 4
"""Models of a tournament with two chunks."""
HISTORY: Final = 2_500
"""Calls from one deployment to the next."""
LOOSE: Final = Bounds(*(UNLIMITED,) * 3, 10 * NMR, 0, *(UNLIMITED,) * 3, 0)
TIGHT: Final = Bounds(30_000, 10_000, RATIO // 4, 100 * NMR, 3 * HOUR, *(400 * HOUR,) * 3, 25 * HOUR)


class Holding(NamedTuple):
    """What a model has, gwei: idle, and kept at its place."""

    idle: int
    kept: int


class Walk:
    """One deployment and what became of it.

    Attributes:
        done: calls that were made, by name.
        refused: calls that were refused, by name and reason.
        reached: what else happened, and how often.
    """

    def __init__(self, seed: int) -> None:
        self.draw = draw = Random(seed)
        self.ring = draw.choice([1, 2, 2, 3, 4])
        late = LAST_ID + 1 - self.ring - draw.randrange(8 * self.ring)
        self.first_round = draw.choice([0, 1, draw.randrange(100), late])
        self.min_stake = draw.choice([2, 5, 10**8, 10**9])
        many = draw.random() < 0.1
        limits = Limits(*(draw.choice([0, 3 * NMR, 200 * NMR, 20_000 * NMR]) for _ in range(3)))
        self.now = START
        self.suite = ReferenceSuite.deploy(
            Deployment(NUMERAIRE, TREASURY, {TOURNAMENT: Setup(self.ring, self.first_round, self.min_stake * GWEI)}),
            roles=Roles(OWNER, OPERATORS[0], GUARDIANS[0]),
            bounds=LOOSE,
            distribution={TREASURY: 3_000_000 * NMR, **dict.fromkeys(STAKERS, 2_000_000 * NMR), OWNER: 2_000_000 * NMR},
            limits={TOURNAMENT: limits},
            now=self.now,
        )
        self.done: Counter[str] = Counter()
        self.refused: Counter[tuple[str, str]] = Counter()
        self.reached: Counter[str] = Counter()
        self.calls = 0
        self.places = Places(self.ring, self.first_round)
        self.entry = Entry()
        self.ceiling = Ceiling(limits, at=self.now)
        self.heard = len(self.suite.events)
        self.donated = 0
        self.worth: dict[int, int] = {}
        self.submitted: dict[int, set[int]] = {}
        self.scores: dict[int, list[list[int]]] = {}
        self.kept_at: dict[int, int] = {}
        self.models = [*range(6), 8, *([1_199, 1_200, 1_203] if many else [])]
        self.groups = sorted({model // 4 for model in self.models})
        self.set_up(limits)
        for staker in STAKERS:
            self.send("approve", TOURNAMENT, UNLIMITED, sender=staker, part="numeraire")
        for index in range(MANY if many else 9):
            self.send("register", "", SUBMITTER, sender=STAKERS[index // 3 % 3])
        self.worth = dict.fromkeys(self.models, 0)
        for model in self.models:
            self.deposit(model, draw.randrange(20, 200) * 10**9)
            self.set_policy(model, draw.choice([0, 20, 50]) * NMR, draw.random() < 0.6)

    def set_up(self, limits: Limits) -> None:
        """What there is beside the reference, for walks over something else as well."""

    @property
    def tournament(self) -> Tournament:
        """The tournament that is walked over."""
        return self.suite.tournaments[TOURNAMENT]

    def play(self, calls: int) -> None:
        """Make so many calls, or as many as the last ids allow, and end the history."""
        end = self.calls + calls
        while self.calls < end and (self.alive() or min(self.next_rounds()) <= LAST_ID):
            self.pass_time()
            made = self.done.total()
            self.pick()()
            if self.done.total() != made:
                self.check()
        self.come_home()
        self.rebuild()

    # calls

    def send(self, name: str, *arguments: Any, sender: str, part: str = "tournament") -> Any:
        """Make a call, without any look at it.

        Raises:
            Refused: it is refused.
        """
        reference = self.tournament if part == "tournament" else getattr(self.suite, part)
        return getattr(reference, name)(*arguments, sender=sender, now=self.now)

    def call(
        self, name: str, *arguments: Any, sender: str, expected: bool | None = None, part: str = "tournament"
    ) -> tuple[bool, Any]:
        """Make a call, look at what it must not have done, and tell whether it was made, and what it returned.

        Args:
            name: the function.
            arguments: what it takes.
            sender: who calls.
            expected: whether the page says that it is made, None where it leaves that open here.
            part: whose function it is.
        """
        self.calls += 1
        compounding = self.compounding()
        before = self.everything() if self.draw.random() < 0.05 else None
        try:
            value = self.send(name, *arguments, sender=sender, part=part)
        except Refused as refused:
            self.refused[name, refused.reason] += 1
            assert expected is not True, f"{name}{arguments} of {sender} was refused: {refused.reason}"
            assert before is None or self.everything() == before, "a refused call changes nothing"
            return False, refused.reason
        assert expected is not False, f"{name}{arguments} of {sender} was not refused"
        self.done[name] += 1
        self.hear()
        if name not in ("settle", "settle_expired"):
            for model, amount in compounding.items():
                lowered = sum(self.stakes_of(model).values()) < amount
                owned = sender == self.tournament.owner_of(model)
                assert not lowered or owned, "10: nobody but its owner lowers what a compounding model has at stake"
        return True, value

    def made(
        self, name: str, *arguments: Any, sender: str, expected: bool | None = None, part: str = "tournament"
    ) -> bool:
        """As `call`, of which only whether it was made is asked."""
        return self.call(name, *arguments, sender=sender, expected=expected, part=part)[0]

    def pick(self) -> Callable[[], None]:
        """What is tried next."""
        if self.draw.random() < 0.55:
            return self.go_on
        choices = (
            (self.some_deposit, 6),
            (self.some_withdrawal, 4),
            (self.some_move, 2),
            (self.some_policy, 5),
            (self.some_stake, 6),
            (self.some_leave, 14),
            (self.some_enter, 8),
            (self.some_submission, 6),
            (self.some_signed, 5),
            (self.some_model, 3),
            (self.some_opening, 6),
            (self.some_step, 12),
            (self.some_settlement, 12),
            (self.some_role, 4),
            (self.some_pause, 5),
            (self.some_budget, 4),
            (self.some_batch, 2),
            (self.some_trespass, 5),
            (self.some_copy, 2),
        )
        return self.draw.choices([each for each, _ in choices], [weight for _, weight in choices])[0]

    # time

    def pass_time(self) -> None:
        """Let nothing pass, a moment, or what is left to a time at which something changes."""
        kind = self.draw.random()
        if kind < 0.7:
            return
        if kind < 0.78:
            self.now += self.draw.choice([1, HOUR // 2, HOUR, 5 * HOUR])
            return
        times = [self.entry.until, self.tournament.rested_at]
        for round_id in self.alive():
            info = self.tournament.round_info(round_id)
            terms = info.terms
            times += [terms.locks_at, terms.locks_at - HOUR, terms.locks_at + DAY, terms.resolves_at, info.final_at]
            if self.draw.random() < 0.05:
                times += [terms.expires_at, terms.expires_at - terms.window - DAY]
        ahead = sorted(at for at in times if at > self.now)
        if ahead:
            self.now = max(
                self.now, self.draw.choice([ahead[0], ahead[0], *ahead[:3]]) + self.draw.choice([-1, 0, 0, 1])
            )

    # what the walk knows

    def state(self, round_id: int) -> State:
        """A round's state now."""
        return self.tournament.state(round_id, self.now)

    def alive(self) -> list[int]:
        """Rounds that are not closed."""
        return [each for each in list(self.places.locks)[-4 * self.ring :] if self.state(each) != State.CLOSED]

    def some_round(self) -> int:
        """A round that is not closed, or any."""
        alive = self.alive()
        if alive and self.draw.random() < 0.8:
            return self.draw.choice(alive)
        return self.draw.choice([*list(self.places.locks)[-6:], self.first_round, *self.next_rounds(), LAST_ID, 70_000])

    def next_rounds(self) -> list[int]:
        """The next id of each place."""
        return [self.places.next_of(place) for place in range(self.ring)]

    def blocked(self, round_id: int) -> bool:
        """Whether the next id of a place cannot open yet."""
        before, earlier = round_id - self.ring, round_id - 2 * self.ring
        unresolved = before in self.places.locks and self.state(before) not in DONE
        unsettled = earlier in self.places.locks and self.state(earlier) != State.CLOSED
        return unresolved or unsettled or round_id > LAST_ID

    def due(self) -> int | None:
        """The id whose turn it is."""
        return self.places.turn({place: self.blocked(each) for place, each in enumerate(self.next_rounds())})

    def model(self) -> int:
        """A model that plays."""
        return self.draw.choice(self.models)

    def owner(self, model: int) -> str:
        """Who owns it."""
        return self.tournament.owner_of(model)

    def stakes_of(self, model: int) -> dict[int, int]:
        """Gwei by the round that they are at stake in or wait for."""
        stakes, found = self.tournament.books.stakes, {}
        for place in range(self.ring):
            amount = stakes.positions[place][model]
            if amount:
                found[stakes.tags[place][model // 4]] = amount
        return found

    def idle(self, model: int) -> int:
        """Gwei."""
        return self.tournament.books.stakes.idle[model]

    def holding(self, model: int, place: int) -> Holding:
        """Gwei idle and at a place."""
        stakes = self.tournament.books.stakes
        return Holding(stakes.idle[model], stakes.positions[place][model])

    def compounding(self) -> dict[int, int]:
        """Gwei at stake of each model that compounds."""
        compound = self.tournament.books.stakes.compound
        return {model: sum(self.stakes_of(model).values()) for model in self.models if compound[model]}

    def waiting(self, round_id: int) -> list[int]:
        """Groups with stakes in a round."""
        tags = self.tournament.books.stakes.tags[round_id % self.ring]
        return [group for group in self.groups if tags[group] == round_id]

    def in_the_way(self, groups: Sequence[int], round_id: int) -> bool:
        """Whether any of the groups has stakes of another round at the place."""
        tags = self.tournament.books.stakes.tags[round_id % self.ring]
        return any(tags[group] not in (-1, round_id) for group in groups)

    def amount(self, there_is: int) -> int:
        """Some gwei of what there is, or more, or none."""
        some = (1, there_is, there_is + 1, there_is // 2, there_is - self.min_stake, there_is - self.min_stake + 1)
        return max(0, self.draw.choice([*some, self.min_stake, self.draw.randrange(1, 10**11), 0]))

    def everything(self) -> bytes:
        """All books, but for the log."""
        suite = self.suite
        allowed = {pair: amount for pair, amount in suite.numeraire.allowances.items() if amount}
        return pickle.dumps((self.tournament.books, suite.numeraire.balances, allowed, suite.treasury.books))

    def hear(self) -> None:
        """Follow what the treasury granted."""
        self.ceiling.pass_time(self.now)
        for event in self.suite.events[self.heard :]:
            if event.args.get("tournament") != TOURNAMENT:
                continue
            if event.name == "Reserved":
                self.ceiling.grant(event.args["amount"])
            elif event.name == "Released":
                self.ceiling.release(event.args["amount"])
            elif event.name == "Authorised":
                self.ceiling.limits = Limits(*(event.args[name] for name in Limits._fields))
        self.heard = len(self.suite.events)

    # a good day

    def go_on(self) -> None:
        """The next step of a round that is not closed, or a new one."""
        alive = self.alive()
        opened = self.places.open_at(self.now)
        if opened is None and (not alive or self.draw.random() < 0.4):
            self.open(self.due(), self.tournament.operator)
            return
        if not alive:
            return
        urgent = [each for each in alive if self.state(each) in (State.ENDED, State.LOCKED)]
        round_id = self.draw.choice(urgent or alive[:3])
        info, state = self.tournament.round_info(round_id), self.state(round_id)
        if state == State.OPEN:
            self.enter(self.groups)
            self.submit(self.draw.sample(self.models, self.draw.randrange(1, len(self.models) + 1)))
            if self.draw.random() < 0.5:
                self.now = max(self.now, info.terms.locks_at)
        elif state == State.OPENED:
            self.now = max(self.now, info.terms.resolves_at)
            self.propose(round_id)
        elif state == State.PROPOSED:
            if self.draw.random() < 0.1:
                self.oppose(round_id, "veto")
            self.now = info.final_at
        elif state == State.FINAL:
            if self.draw.random() < 0.6:
                self.settle_all(round_id)
        elif state in FREED:
            self.settle_expired(round_id, self.waiting(round_id))
        else:
            self.step(round_id)

    # stakers

    def some_deposit(self) -> None:
        model, owner = self.model(), None
        if self.draw.random() < 0.1:
            owner = self.draw.choice([*ANYONE, ZERO_ADDRESS])
            model = self.draw.choice([model, 10**6])
        self.deposit(model, self.amount(10**10), owner)

    def deposit(self, model: int, gwei: int, owner: str | None = None) -> None:
        named = self.owner(model) if owner is None else owner
        right = named == self.owner(model) != ZERO_ADDRESS
        expected = right and gwei > 0 and self.entry.running(self.now)
        form = self.draw.choice([("deposit", ()), ("deposit_with_permit", (gwei * GWEI, self.draw.random() < 0.5))])
        sender = self.draw.choice(STAKERS)
        sure = None if form[1] or self.suite.numeraire.balance_of(sender) < gwei * GWEI else expected
        if self.call(form[0], model, gwei * GWEI, named, *form[1], sender=sender, expected=sure)[0]:
            assert expected, "a deposit for the wrong owner, of nothing or while paused"
            self.worth[model] += gwei
        # A permit may have left less than everything allowed.
        self.send("approve", TOURNAMENT, UNLIMITED, sender=sender, part="numeraire")

    def some_withdrawal(self) -> None:
        model = self.model()
        gwei, sender = self.amount(self.idle(model)), self.draw.choice([self.owner(model)] * 3 + [STRANGER])
        everything = self.draw.random() < 0.3
        receiver = self.draw.choice([STRANGER] * 8 + [TOURNAMENT, NUMERAIRE])
        there_is = self.idle(model) > 0 if everything else 0 < gwei <= self.idle(model)
        # 7: a withdrawal of what is idle by its owner succeeds, in every state, paused or not.
        expected = sender == self.owner(model) and there_is and receiver == STRANGER
        amount = ALL_IDLE if everything else gwei * GWEI
        made, paid = self.call("withdraw", model, amount, receiver, sender=sender, expected=expected)
        if made:
            self.worth[model] -= paid // GWEI
            self.reached["withdrawn while paused"] += not self.entry.running(self.now)

    def some_move(self) -> None:
        source, destination = self.model(), self.model()
        gwei = self.amount(self.idle(source))
        if self.call("move_idle", source, destination, gwei * GWEI, sender=self.owner(source))[0]:
            self.worth[source] -= gwei
            self.worth[destination] += gwei

    def some_policy(self) -> None:
        target = self.draw.choice([0, self.min_stake - 1, self.min_stake, 10**10, self.draw.randrange(10**11)])
        self.set_policy(self.model(), target * GWEI, self.draw.random() < 0.6)

    def set_policy(self, model: int, target: int, compound: bool) -> None:
        expected = target > 0 or not compound
        self.made("set_policy", model, target, compound, sender=self.owner(model), expected=expected)

    def some_stake(self) -> None:
        model, opened = self.model(), self.places.open_at(self.now)
        gwei = self.amount(self.draw.choice([10**10, self.min_stake]))
        expected = self.entry.running(self.now) and opened is not None and gwei > 0
        if expected:
            held = self.stakes_of(model).get(opened, 0)
            expected = not self.in_the_way([model // 4], opened) and held + gwei >= self.min_stake
        sure = expected if self.suite.numeraire.balance_of(self.owner(model)) >= gwei * GWEI else None
        if self.call("stake", model, gwei * GWEI, sender=self.owner(model), expected=sure)[0]:
            self.worth[model] += gwei

    def some_leave(self) -> None:
        model = self.model()
        stakes = self.stakes_of(model)
        round_id = self.draw.choice(list(stakes)) if stakes and self.draw.random() < 0.9 else self.some_round()
        sender = self.owner(model) if self.draw.random() < 0.95 else self.draw.choice(ANYONE)
        self.leave(model, round_id, self.draw.choice([ALL_IDLE, self.amount(stakes.get(round_id, 0)) * GWEI]), sender)

    def leave(self, model: int, round_id: int, amount: int, sender: str) -> None:
        """7: of a round that is not opened, or open and not void, it always succeeds."""
        held = self.stakes_of(model).get(round_id, 0)
        latest = self.places.next_of(round_id % self.ring) - self.ring
        free = round_id > latest or round_id == self.places.open_at(self.now)
        wanted = held if amount == ALL_IDLE else amount // GWEI
        expected = sender == self.owner(model) and free and 0 < wanted <= held
        others = {each: gwei for each, gwei in self.stakes_of(model).items() if each != round_id}
        idle = self.idle(model)
        made, left = self.call("leave", model, round_id, amount, sender=sender, expected=expected)
        if not made:
            return
        stays = held - wanted if held - wanted >= self.min_stake else 0
        assert left == (held - stays) * GWEI
        assert self.stakes_of(model) == others | ({round_id: stays} if stays else {})
        assert self.idle(model) == idle + held - stays
        self.reached["left in part"] += stays > 0
        self.reached["left while waiting"] += round_id > latest
        self.reached["left while paused"] += not self.entry.running(self.now)

    def some_enter(self) -> None:
        groups = self.draw.choices([*self.groups, 7], k=self.draw.randrange(1, 5))
        self.enter([*groups, *([2**24] if self.draw.random() < 0.03 else [])])

    def enter(self, groups: list[int]) -> None:
        opened = self.places.open_at(self.now)
        known = [group for group in groups if group in self.groups]
        expected = self.entry.running(self.now) and opened is not None and 2**24 not in groups
        expected = expected and not self.in_the_way(known, opened)
        after = {}
        for model in self.models:
            if model // 4 in groups and expected:
                held, target = self.stakes_of(model).get(opened, 0), self.tournament.policy_of(model).target // GWEI
                raised = held + max(0, min(self.idle(model), target - held))
                after[model] = raised if raised >= self.min_stake else held
        if self.made("enter", groups, sender=self.draw.choice(ANYONE), expected=expected):
            assert {model: self.stakes_of(model).get(opened, 0) for model in after} == after

    def some_submission(self) -> None:
        self.submit(self.draw.choices(self.models, k=self.draw.randrange(1, 4)))

    def submit(self, models: list[int]) -> None:
        opened = self.places.open_at(self.now)
        sender = SUBMITTER if self.draw.random() < 0.8 else self.owner(models[0])
        if self.draw.random() < 0.8:
            own = [model for model in models if sender in (self.owner(model), self.tournament.submitter_of(model))]
            models = own or models
        allowed = all(sender in (self.owner(model), self.tournament.submitter_of(model)) for model in models)
        hashes = [SOME if self.draw.random() < 0.98 else NONE for _ in models]
        expected = opened is not None and allowed and NONE not in hashes
        if self.made("submit", models, hashes, sender=sender, expected=expected):
            self.submitted.setdefault(opened, set()).update(models)

    def some_signed(self) -> None:
        """Signatures of which some count: a wrong signer, a sequence to come and an empty hash do not."""
        opened, models, signed, hashes, counts = self.places.open_at(self.now), [], [], [], set()
        for _ in range(self.draw.randrange(1, 4)):
            signer = self.draw.choice([SUBMITTER, *STAKERS, STRANGER, ZERO_ADDRESS])
            sequence = self.now + self.draw.choice([-HOUR, 0, 0, 1])
            some = [*self.draw.choices(self.models, k=self.draw.randrange(4)), *self.draw.choices([10**6], k=1)]
            for model in some:
                digest = self.draw.choice([SOME, SOME, NONE])
                may = signer != ZERO_ADDRESS and signer in (self.owner(model), self.tournament.submitter_of(model))
                if may and digest == SOME and sequence <= self.now:
                    counts.add(model)
                models.append(model)
                hashes.append(digest)
            signed.append(Signed(len(some), sequence, signer))
        expected = opened is not None and bool(counts)
        if self.made("submit_signed", signed, models, hashes, sender=STRANGER, expected=expected):
            self.submitted.setdefault(opened, set()).update(counts)

    def some_model(self) -> None:
        """A model changes hands or its submitter."""
        model = self.model()
        what = self.draw.choice(["sell", "submitter", "accept"])
        if what == "submitter":
            chosen = self.draw.choice([SUBMITTER, SUBMITTER, STRANGER, ZERO_ADDRESS])
            self.made("set_submitter", model, chosen, sender=self.owner(model), expected=True)
        elif what == "sell":
            self.made("offer_model", model, self.draw.choice(STAKERS), sender=self.owner(model), expected=True)
        else:
            buyer = self.draw.choice(STAKERS)
            expected = self.tournament.offered_to(model) == buyer
            self.made("accept_model", model, sender=buyer, expected=expected)

    # rounds

    def terms(self) -> Terms:
        """Terms within the bounds of a round that opens now."""
        bounds, draw = self.tournament.books.bounds, self.draw
        locks_at = self.now + max(bounds.min_open, 2 * HOUR) + draw.choice([0, 1, 20 * HOUR, 100 * HOUR])
        resolves_at = locks_at + draw.choice([24, 24, 40, 150]) * HOUR
        window = max(bounds.min_window, 24 * HOUR) + draw.choice([0, HOUR])
        expires_at = resolves_at + window + draw.choice([24, 100, 300]) * HOUR
        return Terms(
            primary=min(bounds.max_primary, draw.choice([0, 5_000, 20_000, 1_000_000])),
            contribution=min(bounds.max_contribution, draw.choice([0, 10_000, 1_000_000])),
            clip=min(bounds.max_clip, draw.choice([1, RATIO // 20, RATIO // 4, RATIO])),
            threshold=draw.choice([0, 0, max(bounds.min_threshold, 30 * NMR)]),
            sealing_key=SOME,
            locks_at=locks_at,
            resolves_at=resolves_at,
            expires_at=expires_at,
            window=window,
        )

    def some_opening(self) -> None:
        """Any id, by anyone."""
        ids = [*self.next_rounds(), *self.places.locks, LAST_ID + 1]
        round_id = self.due() if self.draw.random() < 0.5 else self.draw.choice(ids)
        self.open(round_id, self.tournament.operator if self.draw.random() < 0.9 else self.draw.choice(ANYONE))

    def open(self, round_id: int | None, sender: str) -> None:
        due = self.due()
        assert self.tournament.due_round(self.now) == due, "places take turns, and only blocked ones are passed over"
        if round_id is None:
            round_id = self.draw.choice(self.next_rounds())
        expected = (
            sender == self.tournament.operator
            and self.entry.running(self.now)
            and self.places.open_at(self.now) is None
            and round_id == due
        )
        package = SOME if self.draw.random() < 0.97 else NONE
        terms = self.terms()
        if self.draw.random() < 0.04:
            terms, expected = terms._replace(locks_at=self.now + 2 * HOUR - 1), False
        expected = expected and package == SOME
        if not self.made("open_round", round_id, terms, package, sender=sender, expected=expected):
            return
        assert round_id not in self.places.locks, "a round opens once"
        self.reached["places passed over"] += (
            self.places.last is not None and (round_id - self.places.last) % self.ring != 1 % self.ring
        )
        self.places.open(round_id, terms.locks_at)
        notice = terms.locks_at - self.kept_at.get(round_id, 0)
        assert notice >= HOUR, "7: from a settlement to the lock of what it keeps there is an hour at least"

    def some_step(self) -> None:
        """A step of a round, whether or not it is the time for it, by whoever may or not."""
        round_id = self.some_round()
        step = self.draw.choice(["step", "publish", "propose", "veto", "void", "step"])
        if step == "step":
            self.step(round_id)
        elif step == "publish":
            self.publish(round_id)
        elif step == "propose":
            self.propose(round_id)
        elif self.draw.random() < 0.5:
            self.oppose(round_id, step)

    def step(self, round_id: int) -> None:
        """Lock a round, or publish its opened list."""
        if self.state(round_id) != State.LOCKED:
            expected = self.state(round_id) == State.ENDED
            self.made("lock", round_id, sender=self.draw.choice(ANYONE), expected=expected)
        else:
            self.publish(round_id)

    def publish(self, round_id: int) -> None:
        sender = self.tournament.operator if self.draw.random() < 0.95 else STRANGER
        expected = self.state(round_id) == State.LOCKED and sender != STRANGER
        self.made("publish_opened", round_id, SOME, sender=sender, expected=expected)

    def propose(self, round_id: int) -> None:
        """Propose scores of which some may be missing, repeated or out of order."""
        draw = self.draw
        pool: list[Score] = [
            (draw.choice([MIN_SCORE, MAX_SCORE, 0, *(draw.randrange(-(10**7), 10**7) for _ in range(3))]), 0)
            for _ in range(3)
        ]
        pool = [(score, draw.choice([0, score, -score // 2])) for score, _ in pool]
        groups = [group for group in self.groups if draw.random() < 0.9]
        chunks = encode_chunks(
            {model: draw.choice(pool) for model in self.models if model // 4 in groups}, groups or self.groups
        )
        if draw.random() < 0.1:
            [chunk] = draw.choices([chunk for chunk in chunks if chunk], k=1)
            again = chunk[0] ^ draw.randrange(2**20)
            chunk.append(again)
            if draw.random() < 0.3:
                draw.shuffle(chunk)
        sender = self.tournament.operator if draw.random() < 0.98 else draw.choice(ANYONE)
        evidence = SOME if draw.random() < 0.98 else NONE
        expected = False
        if self.state(round_id) == State.OPENED:
            terms = self.tournament.round_info(round_id).terms
            in_time = self.now >= terms.resolves_at and self.now + terms.window + DAY <= terms.expires_at
            expected = in_time and sender == self.tournament.operator and evidence != NONE
        root = ChunkTree.of(chunks).root
        if self.made("propose", round_id, root, len(chunks), evidence, sender=sender, expected=expected):
            self.scores[round_id] = chunks

    def oppose(self, round_id: int, step: str) -> None:
        """Veto or void."""
        sender = self.draw.choice([self.tournament.guardian, self.tournament.guardian, self.tournament.operator])
        sender = sender if self.draw.random() < 0.9 else self.draw.choice(ANYONE)
        state = self.state(round_id)
        if step == "veto":
            root = self.tournament.round_info(round_id).root if round_id in self.places.locks else SOME
            may = sender in (self.tournament.guardian, self.tournament.operator)
            self.made("veto", round_id, root, sender=sender, expected=may and state == State.PROPOSED)
            return
        expected = sender == self.tournament.guardian and state in UNDECIDED
        if self.made("void", round_id, sender=sender, expected=expected):
            self.places.void.add(round_id)

    # settlement

    def some_settlement(self) -> None:
        round_id = self.some_round()
        if self.state(round_id) in FREED or round_id not in self.scores:
            groups = self.draw.choices([*self.groups, 7], k=self.draw.randrange(1, 4))
            self.settle_expired(round_id, groups)
            return
        self.settle(round_id, self.draw.randrange(len(self.scores[round_id])))

    def settle_all(self, round_id: int) -> None:
        """All chunks of a round, in any order."""
        if round_id in self.scores:
            for index in self.draw.sample(range(len(self.scores[round_id])), len(self.scores[round_id])):
                self.settle(round_id, index)

    def settle(self, round_id: int, index: int) -> None:
        """At any time between final and expiry, by anyone."""
        chunks = self.scores[round_id]
        words = {word >> 224: lane_scores(word) for word in reversed(chunks[index])}
        waiting = self.waiting(round_id)
        expected = self.state(round_id) == State.FINAL and any(group in words for group in waiting)
        if expected and self.draw.random() < 0.15:
            self.try_at_any_time(round_id)
        info = self.tournament.round_info(round_id)
        submitted = self.submitted.get(round_id, set())
        changes = {}
        for model in self.models:
            if model // 4 in words and model // 4 in waiting:
                stake = self.stakes_of(model).get(round_id, 0)
                change = change_of(stake, words[model // 4][model % 4], info) if stake and model in submitted else 0
                assert abs(change) * RATIO <= stake * info.clip, "5: no stake changes by more than the effective clip"
                changes[model] = change
        proof = ChunkTree.of(chunks).proof(index)
        arguments = (round_id, index, encode(chunks[index]), proof)
        self.resolve("settle", arguments, round_id, changes, expected)

    def settle_expired(self, round_id: int, groups: Sequence[int]) -> None:
        """Send the stakes of a void or expired round where their policies say."""
        waiting = set(groups) & set(self.waiting(round_id))
        expected = self.state(round_id) in FREED and bool(waiting)
        if expected and self.draw.random() < 0.15:
            self.try_at_any_time(round_id)
        changes = {model: 0 for model in self.models if model // 4 in waiting}
        self.resolve("settle_expired", (round_id, list(groups)), round_id, changes, expected)

    def resolve(
        self, name: str, arguments: tuple[Any, ...], round_id: int, changes: dict[int, int], expected: bool
    ) -> None:
        """Settle, and see that each stake went where its owner's policy says."""
        place, books = round_id % self.ring, self.tournament.books.stakes
        successor = self.places.successor(round_id, self.now)
        before = {model: self.holding(model, place) for model in changes}
        burned = self.suite.numeraire.burned
        if not self.call(name, *arguments, sender=self.draw.choice(ANYONE), expected=expected)[0]:
            return
        for model, change in changes.items():
            value = before[model].kept + change
            kept = kept_of(value, books.target[model], books.compound[model], self.min_stake)
            kept = kept if successor is not None else 0
            assert self.holding(model, place) == (before[model].idle + value - kept, kept)
            assert not kept or books.tags[place][model // 4] == successor
            if books.compound[model] and value:
                small = value < self.min_stake or successor is None
                assert kept == value or small, "10: all that a compounding model has stays at stake"
            self.worth[model] += change
            if kept:
                self.kept_at[successor] = self.now
                locks_at = self.places.locks.get(successor, self.now + HOUR)
                assert locks_at - self.now >= HOUR, "7: there is an hour to leave"
                self.reached["kept for the next of the place"] += successor == round_id + self.ring
                self.reached["kept for the one after"] += successor == round_id + 2 * self.ring
                self.reached["kept for a round not opened"] += successor not in self.places.locks
        assert self.suite.numeraire.burned - burned == -sum(min(0, change) for change in changes.values()) * GWEI
        self.reached[f"{name}: successor {'none' if successor is None else 'there'}"] += 1

    # roles

    def some_role(self) -> None:
        sender = OWNER if self.draw.random() < 0.9 else STRANGER
        what = self.draw.choice(["set_operator", "set_guardian", "set_bounds"])
        if what == "set_bounds":
            bounds = self.draw.choice([LOOSE, LOOSE, TIGHT])
            self.made(what, bounds, sender=sender, expected=sender == OWNER)
            return
        chosen = self.draw.choice([*OPERATORS, *OPERATORS, *GUARDIANS, *GUARDIANS, ZERO_ADDRESS])
        other = self.tournament.guardian if what == "set_operator" else self.tournament.operator
        same = chosen == self.tournament.guardian
        expected = sender == OWNER and chosen not in (ZERO_ADDRESS, other)
        if self.made(what, chosen, sender=sender, expected=expected) and what == "set_guardian" and not same:
            self.entry.own = False

    def some_pause(self) -> None:
        running = self.entry.running(self.now)
        what = "pause" if running and self.draw.random() < 0.3 else "unpause"
        sender = self.draw.choice([self.tournament.guardian] * 5 + [OWNER, STRANGER])
        if what == "pause":
            expected = sender == self.tournament.guardian and self.entry.may_pause(self.now)
            if self.made(what, sender=sender, expected=expected):
                self.entry.pause(self.now)
        elif self.made(what, sender=sender, expected=sender in (self.tournament.guardian, OWNER)):
            self.entry.unpause(self.now)

    def some_budget(self) -> None:
        """The treasury's owner, and a stranger who takes itself for a tournament."""
        draw = self.draw
        what = draw.choice(["authorise", "authorise", "unlist", "spend", "reserve", "donate"])
        if what == "authorise":
            some = [0, 3 * NMR, 200 * NMR, 20_000 * NMR, SUPPLY, SUPPLY + 1]
            limits = [draw.choice(some) for _ in range(3)]
            sender = OWNER if draw.random() < 0.9 else STRANGER
            expected = sender == OWNER and max(limits) <= SUPPLY
            self.made(what, TOURNAMENT, *limits, sender=sender, expected=expected, part="treasury")
        elif what == "unlist":
            self.made(what, TOURNAMENT, sender=OWNER, part="treasury")
        elif what == "spend":
            if draw.random() < 0.2:
                self.made(what, OWNER, draw.randrange(1, 10**6 * NMR), sender=OWNER, part="treasury")
        elif what == "reserve":
            _, granted = self.call(what, 1, NMR, sender=STRANGER, expected=True, part="treasury")
            assert granted == 0, "only who is authorised is granted anything"
        else:
            wei = draw.randrange(1, NMR)
            if self.call("transfer", TOURNAMENT, wei, sender=OWNER, part="numeraire")[0]:
                self.donated += wei

    def some_batch(self) -> None:
        """All calls or none: an exact leave and the withdrawal of it, which nobody can come between."""
        model = self.model()
        opened, owner = self.places.open_at(self.now), self.owner(model)
        held = self.stakes_of(model).get(opened, 0)
        if not held or self.idle(model):
            return
        calls = [
            ("leave", {"model": model, "round_id": opened, "amount": ALL_IDLE}),
            ("withdraw", {"model": model, "amount": ALL_IDLE, "receiver": owner}),
        ]
        spoilt = self.draw.random() < 0.3
        calls += [("leave", {"model": model, "round_id": opened, "amount": ALL_IDLE})] * spoilt
        if self.made("multicall", calls, sender=owner, expected=not spoilt) and not spoilt:
            self.worth[model] -= held

    def some_trespass(self) -> None:
        """What only an owner or a role may do, by somebody else."""
        model, round_id = self.model(), self.some_round()
        sender = self.draw.choice([STRANGER, SUBMITTER])
        what, *arguments = self.draw.choice(
            [
                ("withdraw", model, ALL_IDLE, sender),
                ("leave", model, round_id, ALL_IDLE),
                ("move_idle", model, self.model(), 1),
                ("set_policy", model, 0, False),
                ("stake", model, NMR),
                ("set_submitter", model, sender),
                ("offer_model", model, sender),
                ("void", round_id),
                ("veto", round_id, SOME),
                ("propose", round_id, SOME, 1, SOME),
                ("publish_opened", round_id, SOME),
                ("pause",),
                ("unpause",),
                ("set_operator", sender),
                ("set_guardian", sender),
                ("set_bounds", LOOSE),
            ]
        )
        self.made(what, *arguments, sender=sender, expected=False)

    # copies

    def some_copy(self) -> None:
        """Now and then, what a copy of this state comes to."""
        if self.draw.random() < 0.3:
            self.come_home()

    def copy(self) -> "Walk":
        """This walk as it is, with an empty log."""
        events, self.suite.log.events = self.suite.log.events, []
        heard, self.heard = self.heard, 0
        twin: Walk = pickle.loads(pickle.dumps(self))
        self.suite.log.events, self.heard = events, heard
        return twin

    def try_at_any_time(self, round_id: int) -> None:
        """8: resolved by anyone, in any order, at any time before expiry: the same idle and the same kept amount."""
        outcomes = {}
        for moment, twin in self.moments(round_id):
            if self.state(round_id) == State.FINAL:
                if twin.state(round_id) != State.FINAL:
                    continue
                for index in twin.draw.sample(range(len(self.scores[round_id])), len(self.scores[round_id])):
                    if any(word >> 224 in twin.waiting(round_id) for word in self.scores[round_id][index]):
                        arguments = index, encode(self.scores[round_id][index])
                        proof = ChunkTree.of(self.scores[round_id]).proof(index)
                        twin.tournament.settle(round_id, *arguments, proof, sender=STRANGER, now=twin.now)
            else:
                groups = twin.waiting(round_id)
                for group in twin.draw.sample(groups, len(groups)):
                    twin.tournament.settle_expired(round_id, [group], sender=STRANGER, now=twin.now)
            outcomes[moment] = [twin.holding(model, round_id % self.ring) for model in self.models]
            self.reached[f"tried {moment}"] += 1
        first = next(iter(outcomes.values()))
        for moment, outcome in outcomes.items():
            assert outcome == first, f"8: settled {moment}, round {round_id} gives other idle or other stakes"

    def moments(self, round_id: int) -> Iterator[tuple[str, "Walk"]]:
        """States that the next round of the place can come to while this one can be settled."""
        following = round_id + self.ring
        yield "now", self.copy()
        if self.state(round_id) == State.FINAL:
            last = self.copy()
            last.now = self.tournament.round_info(round_id).terms.expires_at - 1
            yield "in the last second", last
        opened = self.copy()
        if following not in self.places.locks:
            opened.entry.until = 0
            opened.tournament.books.pause.until = 0
            for _ in range(2 * self.ring):
                if following in opened.places.locks:
                    break
                if opened.places.open_at(opened.now) is not None:
                    opened.now = max(opened.places.locks.values())
                due = opened.due()
                if due is None:
                    return
                terms = opened.terms()
                opened.tournament.open_round(due, terms, SOME, sender=opened.tournament.operator, now=opened.now)
                opened.places.open(due, terms.locks_at)
        if following not in opened.places.locks:
            return
        yield "after the next of the place opened", opened.copy()
        if opened.places.open_at(opened.now) == following:
            locks_at = opened.places.locks[following]
            for moment, at in (("at the notice", -HOUR), ("within the notice", 1 - HOUR), ("before the lock", -1)):
                if locks_at + at >= opened.now:
                    twin = opened.copy()
                    twin.now = locks_at + at
                    yield moment, twin
            void = opened.copy()
            void.tournament.void(following, sender=void.tournament.guardian, now=void.now)
            yield "after the next of the place was voided", void
            opened.now = locks_at
        yield "at the lock", opened.copy()
        if opened.state(following) == State.ENDED:
            opened.tournament.lock(following, sender=STRANGER, now=opened.now)
            yield "after the lock", opened.copy()
        opened.now = max(opened.now, opened.tournament.round_info(following).terms.expires_at)
        yield "after the next of the place expired", opened

    def come_home(self) -> None:
        """9: time, anyone's calls and each owner's leave bring every NMR to idle, and the ring goes on."""
        twin = self.copy()
        tournament = twin.tournament
        twin.now = max([twin.now, *(tournament.round_info(each).terms.expires_at for each in twin.places.locks)])
        for round_id in sorted(twin.places.locks):
            if twin.waiting(round_id):
                tournament.settle_expired(round_id, twin.waiting(round_id), sender=STRANGER, now=twin.now)
            assert twin.state(round_id) == State.CLOSED
        due = twin.due()
        assert due is not None or min(twin.next_rounds()) > LAST_ID, "9: a place is blocked for ever"
        for model in twin.models:
            for round_id in twin.stakes_of(model):
                owner = tournament.owner_of(model)
                tournament.leave(model, round_id, ALL_IDLE, sender=owner, now=twin.now)
        assert {model: twin.idle(model) for model in twin.models} == twin.worth
        assert not tournament.staked_total() and not twin.suite.treasury.reserved()
        twin.now = max(twin.now, tournament.paused_until)
        if due is not None:
            operator = tournament.operator
            tournament.open_round(due, twin.terms(), SOME, sender=operator, now=twin.now)
        for model, gwei in twin.worth.items():
            if gwei:
                tournament.withdraw(model, ALL_IDLE, STRANGER, sender=tournament.owner_of(model), now=twin.now)
        assert twin.suite.numeraire.balance_of(TOURNAMENT) == twin.donated
        self.reached["came home"] += 1
        self.reached["came home at the last ids"] += due is None

    def rebuild(self) -> None:
        """The log alone tells it all."""
        replayed = replay(self.suite.events, self.suite.deployment)
        assert replayed.books[TOURNAMENT] == self.tournament.books
        assert replayed.balances == self.suite.numeraire.balances
        assert replayed.reserves == self.suite.treasury.books

    # invariants

    def check(self) -> None:
        """1 to 4 and 6, and what a place and the words of a round may hold."""
        numeraire, treasury, books = self.suite.numeraire, self.suite.treasury, self.tournament.books
        stakes = books.stakes
        assert (
            numeraire.total_supply + numeraire.burned
            == SUPPLY
            == sum(numeraire.balances.held.values()) + (numeraire.burned)
        ), "1: supply and burned are all that was minted"
        owed = (stakes.idle_total + sum(stakes.staked.values())) * GWEI
        assert numeraire.balance_of(TOURNAMENT) == owed + self.donated, "2: the escrow holds what it owes"
        assert sum(stakes.idle) == stakes.idle_total, "3: lanes add up"
        staked: Counter[int] = Counter()
        for place in range(self.ring):
            for group in self.groups:
                amount, tag = sum(stakes.positions[place][4 * group : 4 * group + 4]), stakes.tags[place][group]
                assert (tag == -1) == (amount == 0) and (tag == -1 or tag % self.ring == place), "a tag is of its place"
                if amount:
                    staked[tag] += amount
            lanes = stakes.positions[place]
            small = [lane for model in self.models if 0 < (lane := lanes[model]) < self.min_stake]
            assert not small, "a position is 0 or at least MIN_STAKE"
        assert staked == stakes.staked, "3: lanes add up"
        latest = {each % self.ring: each for each in sorted(self.places.locks)}
        for round_id in staked:
            there = latest.get(round_id % self.ring, round_id)
            assert abs(round_id - there) <= self.ring, "three rounds of a place hold stakes"
        for model in self.models:
            has = stakes.idle[model] + sum(lanes[model] for lanes in stakes.positions)
            assert has == self.worth[model], "4: a model has what it brought and won"
        assert treasury.reserved() == sum(each.left for each in treasury.books.reservations.values()), "6"
        assert all(each.left >= 0 for each in treasury.books.reservations.values()), "6"
        assert numeraire.balance_of(TREASURY) >= treasury.reserved(), "6: the treasury holds what it reserved"
        assert self.tournament.paused(self.now) != self.entry.running(self.now)
        if self.calls % 16 == 0:
            self.check_rounds()

    def check_rounds(self) -> None:
        """No bitmap of a round that is not closed was written over, and what is closed holds nothing."""
        for round_id in list(self.places.locks)[-5 * self.ring :]:
            if self.state(round_id) == State.CLOSED:
                assert self.tournament.staked(round_id) == 0
                assert self.suite.treasury.reservation(TOURNAMENT, round_id).left == 0
            else:
                told = {model for model in self.models if self.tournament.submitted(round_id, model)}
                assert told == self.submitted.get(round_id, set()), "a bitmap stands until its round is closed"
        for place in range(self.ring):
            ids = sorted(each for each in self.places.locks if each % self.ring == place)
            assert ids == list(range(ids[0], ids[-1] + 1, self.ring)) if ids else True, "no id is skipped"


def walk(seed: int, calls: int, history: int = HISTORY) -> Walk:
    """Walk over as many deployments as it takes for so many calls, and give the last one with all counts.

    Raises:
        AssertionError: the page is broken; its notes name the deployment's seed.
    """
    total = None
    while total is None or total.calls < calls:
        one = Walk(seed)
        try:
            one.play(min(history, calls - (total.calls if total else 0)))
        except Exception as error:
            error.add_note(f"seed {seed}, call {one.calls}")
            raise
        if total is not None:
            one.calls += total.calls
            for counts, more in ((one.done, total.done), (one.refused, total.refused), (one.reached, total.reached)):
                counts.update(more)  # type: ignore[arg-type]
        total = one
        seed += 1
    return total
