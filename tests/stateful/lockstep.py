# SPDX-License-Identifier: MIT
"""Contracts and reference side by side: every call goes to both, and both have to agree to the bit."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from boa.contracts.vyper.vyper_contract import VyperContract

from nmr.protocol.lanes import COMPOUND_BITS, LANES, LANES_MASK, MAX_LANE, SUBMITTED_BITS, canonical
from nmr.protocol.reference import ALL_IDLE, Deployment, Event, ReferenceSuite, Refused, Round, State, Terms, Tournament
from nmr.protocol.reference.views import IDLE_ROW, POLICY_ROW
from nmr.protocol.replay import Replay, replay
from nmr.protocol.score_words import MAX_GROUP
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI
from nmr.tvl.figures import Figures
from tests.stateful.chain import Chain, Outcome, plain
from tests.stateful.lens_reference import figures_of
from tests.stateful.stage import HOLDINGS, Stage
from tests.stateful.tally import CALLS, Watch

UNTOLD: Final = frozenset({"Approval", "OwnershipTransferStarted", "OwnershipTransferred", "RoleMinterChanged"})
"""Events that the reference leaves out: they say nothing about its books."""
LOGGED: Final = {"Reserved": "reserve", "Drawn": "draw", "Released": "release"}
"""What a tournament has the treasury do in the course of its own work, by the event that tells of it."""
PAGES: Final = (MAX_GROUP + 1) * LANES // SUBMITTED_BITS
"""Words of a submitted bitmap."""
CALLED: Final = {"transferFrom": "transfer_from", "burnFrom": "burn_from"}
"""Functions that the reference calls by another name."""

Slots = dict[int, tuple[str, int]]
"""What should stand where: a name for people, and the word."""


class Disagreement(AssertionError):
    """Contracts and reference differ."""


class Lockstep:
    """A tournament of the stage with treasury and token, on both sides.

    Attributes:
        holders: who held NMR in the beginning.
    """

    holders: tuple[str, ...] = tuple(HOLDINGS)

    def __init__(self, stage: Stage, world: ReferenceSuite, name: str) -> None:
        self.stage = stage
        self.chain: Chain = stage.chain
        self.world = world
        self.name = name
        self.cast = stage.casts[name]
        self.contracts: dict[str, VyperContract] = {
            "tournament": stage.contract(name),
            "treasury": stage.contract("treasury"),
            "numeraire": stage.contract("numeraire"),
        }
        self.address = {part: self.spelled(contract) for part, contract in self.contracts.items()}
        self.owner = str(stage.contract("timelock").address)
        self.neighbour = next(str(stage.contract(other).address) for other in stage.casts if other != name)
        self.storage = {part: self.chain.storage(contract) for part, contract in self.contracts.items()}
        self.models = list(self.cast.acting)
        self.last_calls: list[str] = []
        self.nonces = Counter[str]()
        self._seen: dict[int, tuple[int, Round, State]] = {}
        self._opened = 0
        self._begun = len(self.chain.events)
        self._watch = Watch(self.tournament, self.chain.now)
        self.chain.forget_written()

    @staticmethod
    def spelled(contract: VyperContract) -> str:
        """A contract's address, as the reference has it."""
        return str(contract.address)

    @staticmethod
    def told(value: Any) -> Any:
        """What a contract tells, as the reference would."""
        return value

    @property
    def tournament(self) -> Tournament:
        """The reference of the tournament."""
        return self.world.tournaments[self.address["tournament"]]

    @property
    def groups(self) -> list[int]:
        """Groups that may ever hold anything."""
        return sorted({model // LANES for model in self.models})

    @property
    def history(self) -> list[Event]:
        """What was logged since the stage was set up."""
        return self.chain.events[self._begun :]

    # calls

    def call(
        self, function: str, *arguments: Any, sender: str, part: str = "tournament", like: Sequence[Any] | None = None
    ) -> Outcome:
        """Call both sides, compare what comes of it and return the contract's outcome.

        Args:
            function: the contract's name of it.
            arguments: for the contract.
            sender: who calls.
            part: which contract.
            like: the arguments for the reference if they differ.

        Raises:
            Disagreement: one side refuses, or they refuse, return or log different things.
        """
        reference = self.tournament if part == "tournament" else getattr(self.world, part)
        method = getattr(reference, CALLED.get(function, function))
        expected = arguments if like is None else like
        # A function of the token returns true, which the reference leaves out.
        return self.both(
            self.contracts[part],
            function,
            *arguments,
            sender=sender,
            reference=lambda: method(*expected, sender=sender, now=self.chain.now),
            returns=part != "numeraire",
        )

    def both(
        self,
        contract: VyperContract,
        function: str,
        *arguments: Any,
        sender: str,
        reference: Callable[[], Any],
        returns: bool = True,
    ) -> Outcome:
        """Call a contract, and what stands for the call on the reference; compare as `call` does.

        Args:
            returns: whether the returned values are compared, too.

        Raises:
            Disagreement: as of `call`.
        """
        chain, log = self.chain, self.world.log
        self.last_calls.append(f"{chain.now}: {contract.contract_name}.{function}{arguments} by {sender}")
        self._watch.look(chain.now)
        outcome = chain.call(contract, function, *arguments, sender=sender)
        before = len(log.events)
        value, reason = None, None
        try:
            value = reference()
        except Refused as refusal:
            reason = refusal.reason
        if outcome.reason != reason:
            raise self.disagreement("reason to refuse", outcome.reason, reason)
        if reason is not None:
            return outcome
        if returns and plain(outcome.value) != value:
            raise self.disagreement("returned value", outcome.value, value)
        self._compare_events(outcome.events, log.events[before:])
        if contract is not self.contracts["treasury"]:
            for event in outcome.events:
                if event.address == self.address["treasury"] and event.name in LOGGED:
                    CALLS["Treasury", LOGGED[event.name], ""] += 1
        self._watch.look(chain.now)
        return outcome

    def look(self) -> None:
        """Note in which states the rounds are by now."""
        self._watch.look(self.chain.now)

    def disagreement(self, what: str, contract: object, reference: object) -> Disagreement:
        """The error, with the latest calls."""
        calls = "\n    ".join(self.last_calls[-12:])
        return Disagreement(
            f"{what}:\n  contract:  {contract}\n  reference: {reference}\n  now {self.chain.now}, after\n    {calls}"
        )

    def logging(self) -> set[str]:
        """Addresses whose events both sides have."""
        deployment = self.world.deployment
        return {deployment.numeraire, deployment.treasury, *deployment.tournaments}

    def _compare_events(self, found: Sequence[Event], expected: Sequence[Event]) -> None:
        told = self.logging()
        contract = [
            (event.address, event.name, event.args)
            for event in found
            if event.name not in UNTOLD and event.address in told
        ]
        reference = [
            (event.address, event.name, {key: plain(value) for key, value in event.args.items()}) for event in expected
        ]
        if contract != reference:
            raise self.disagreement("events", contract, reference)

    def compare_figures(self) -> None:
        """Every figure of the lens beside the reference's.

        Raises:
            Disagreement: they differ.
        """
        lens = self.stage.suite.lens
        found = Figures.decode(self.chain.view(lens, "figures", ZERO_ADDRESS))
        expected = figures_of(self.world, found.number, self.chain.now)
        if found != expected:
            raise self.disagreement("figures of the lens", found, expected)

    def deployment(self) -> Deployment:
        """What a replay has to know."""
        return self.world.deployment

    def compare_replay(self) -> Replay:
        """What the log alone rebuilds, beside the reference's books."""
        world = self.world
        replayed = replay(self.chain.events, self.deployment())
        for address, tournament in world.tournaments.items():
            assert replayed.books[address] == tournament.books
        assert replayed.balances == world.numeraire.balances
        assert replayed.reserves.reserved == world.treasury.books.reserved
        assert replayed.reserves.listed == world.treasury.books.listed
        assert replayed.reserves.budgets == world.treasury.books.budgets
        # A draw of nothing leaves no event, and an empty reservation in the reference.
        for key, reservation in world.treasury.books.reservations.items():
            assert replayed.reserves.reservation(*key) == reservation
        return replayed

    # what stands in storage

    def lanes(self, round_id: int, group: int) -> tuple[int, int]:
        """Position lanes and tag of a group at a round's place, as stored; no tag, -1, without lanes."""
        slot = self.position_slot(round_id % self.cast.ring, group)
        word = canonical(self.storage["tournament"].word(slot))
        return word & LANES_MASK, word >> SUBMITTED_BITS if word else -1

    def amounts(self, model: int) -> tuple[int, int]:
        """What a model has idle and at stake in all places, gwei, as stored."""
        storage, shift = self.storage["tournament"], 60 * (model % LANES)
        idle = storage.word(self.idle_slot(model // LANES)) >> shift & MAX_LANE
        staked = sum(self.lanes(place, model // LANES)[0] >> shift & MAX_LANE for place in range(self.cast.ring))
        return idle, staked

    def position_slot(self, place: int, group: int) -> int:
        """Where a position word is stored."""
        return self.storage["tournament"].slot("ledger.positions") + place * (MAX_GROUP + 1) + group

    def idle_slot(self, group: int) -> int:
        """Where an idle word is stored."""
        return self.storage["tournament"].slot("ledger.idle") + group

    def compare(self, forget: bool = True) -> None:
        """Compare every word of the three contracts' books, and that nothing was written elsewhere.

        Args:
            forget: whether to begin anew to note what is written; not while another of the chain has to compare.

        Raises:
            Disagreement: a word differs.
        """
        books = {
            "tournament": dict(self._tournament_slots()),
            "treasury": dict(self._treasury_slots()),
            "numeraire": dict(self._numeraire_slots()),
        }
        for part, slots in books.items():
            storage = self.storage[part]
            for slot, (name, expected) in slots.items():
                found = storage.word(slot)
                if found != expected and _meaning(name, found, self.chain.now) != expected:
                    raise self.disagreement(f"{part} {name}", hex(found), hex(expected))
            strange = self.chain.written(self.contracts[part]) - slots.keys()
            if any(storage.word(slot) for slot in strange):
                raise self.disagreement(f"{part}: words that nobody should write", sorted(strange), [])
        if forget:
            self.chain.forget_written()

    def compare_states(self) -> None:
        """Compare in which state every round is now that can still change, and the one to come.

        Raises:
            Disagreement: a state differs.
        """
        now, tournament = self.chain.now, self.tournament
        for round_id in sorted(tournament.books.rounds.records):
            info, state = tournament.round_info(round_id), tournament.state(round_id, now)
            then, before, was = self._seen.get(round_id, (0, None, None))
            self._seen[round_id] = now, info, state
            # Time changes nothing of what is closed.
            if before != info or (then != now and (state, was) != (State.CLOSED, State.CLOSED)):
                self._compare_state(round_id, state)
        if self._opened != len(tournament.books.rounds.records):
            self._opened = len(tournament.books.rounds.records)
            for place in range(self.cast.ring):
                self._compare_state(tournament.next_round(place), State.UNKNOWN)

    def _compare_state(self, round_id: int, state: State) -> None:
        found = self.chain.view(self.contracts["tournament"], "state", round_id)
        if found != state:
            raise self.disagreement(f"state of round {round_id}", State(found).name, state.name)

    def compare_views(self, model: int, round_id: int) -> None:
        """Compare all that a staker and an operator can ask about a model and a round.

        Raises:
            Disagreement: an answer differs.
        """
        tournament, now = self.tournament, self.chain.now
        group, place = model // LANES, round_id % self.cast.ring
        treasury, address = self.world.treasury, self.address["tournament"]
        lens, expected = self.stage.suite.lens, {}
        due = tournament.due_round(now)
        expected = {
            ("owner_of", model): tournament.owner_of(model),
            ("submitter_of", model): tournament.submitter_of(model),
            ("offered_to", model): tournament.offered_to(model),
            ("place_of", model, place): tournament.place_of(model, place, now),
            ("idle_total",): tournament.idle_total(),
            ("model_count",): tournament.model_count,
            ("last_opened",): tournament.last_opened,
            ("next_round", place): tournament.next_round(place),
            ("due_round",): ALL_IDLE if due is None else due,
            ("paused",): tournament.paused(now),
            ("paused_until",): tournament.paused_until,
            ("rested_at",): tournament.rested_at,
            ("bounds",): tournament.books.bounds,
            ("operator",): tournament.operator,
            ("guardian",): tournament.guardian,
            ("staked", round_id): tournament.staked(round_id),
            ("state", round_id): tournament.state(round_id, now),
            ("submitted", round_id, model): tournament.submitted(round_id, model),
        }
        if tournament.books.rounds.opened(round_id):
            expected["round_info", round_id] = tournament.round_info(round_id)
        self._compare_answers(self.contracts["tournament"], expected)
        for row in (place, IDLE_ROW, POLICY_ROW):
            words = self.chain.view(self.contracts["tournament"], "words", row, group, 2)
            if [canonical(word) for word in words] != tournament.words(row, group, 2):
                raise self.disagreement(f"words({row}, {group}, 2)", words, tournament.words(row, group, 2))
        self._compare_answers(
            lens,
            {
                ("policy_of", address, model): tournament.policy_of(model),
                ("idle_of", address, model): tournament.idle_of(model),
                ("stakes_of", address, model): tuple(tournament.stakes_of(model, now)),
                ("position", address, round_id, model): tournament.position(round_id, model),
                ("waiting_groups", address, round_id, group, 2): tuple(tournament.waiting_groups(round_id, group, 2)),
                ("places", address): tuple(tournament.places(now)),
            },
        )
        self._compare_answers(
            self.contracts["treasury"],
            {
                ("reservation", address, round_id): treasury.reservation(address, round_id),
                ("cap_of", address): treasury.cap_of(address),
                ("budget_of", address): treasury.budget_of(address),
                ("room_of", address): treasury.room_of(address, now),
                ("reserved",): treasury.reserved(),
                ("free",): treasury.free(),
            },
        )

    def _compare_answers(self, contract: VyperContract, expected: Mapping[tuple[Any, ...], Any]) -> None:
        for (function, *arguments), answer in expected.items():
            found = self.told(self.chain.view(contract, function, *arguments))
            if found != answer:
                raise self.disagreement(f"{function}{tuple(arguments)}", found, answer)

    def _tournament_slots(self) -> Iterator[tuple[int, tuple[str, int]]]:
        storage, books, tournament = self.storage["tournament"], self.tournament.books, self.tournament
        stakes, models = books.stakes, books.models
        for group in self.groups:
            for place in range(self.cast.ring):
                word = stakes.position_word(place, group)
                yield self.position_slot(place, group), (f"position of group {group} at place {place}", word)
            yield self.idle_slot(group), (f"idle of group {group}", stakes.idle_word(group))
            target = sum(stakes.target[LANES * group + lane] << 60 * lane for lane in range(LANES))
            yield storage.slot("ledger.targets") + group, (f"targets of group {group}", target)
        for page in {model // COMPOUND_BITS for model in self.models}:
            bits = sum(
                stakes.compound[model] << model % COMPOUND_BITS
                for model in self.models
                if model // COMPOUND_BITS == page
            )
            yield storage.slot("ledger.compounding") + page, (f"compounding bits {page}", bits)
        for page in {model // SUBMITTED_BITS for model in self.models}:
            for place, words in enumerate(stakes.submissions):
                slot = storage.slot("submissions.words") + place * PAGES + page
                yield slot, (f"submitted bits {page} at place {place}", words[page])
        yield storage.slot("ledger.idle_sum"), ("idle total", stakes.idle_total)
        for model in self.models:
            yield storage.slot("models.owner_of", model), (f"owner of model {model}", _number(models.owners[model]))
            submitter = _number(models.submitters[model])
            yield storage.slot("models.submitter_of", model), (f"submitter of model {model}", submitter)
            yield storage.slot("models.offered_to", model), (f"offer of model {model}", _number(models.offers[model]))
        yield storage.slot("models.model_count"), ("model count", len(models))
        yield storage.slot("rounds.last_opened"), ("last opened", tournament.last_opened)
        for place in range(self.cast.ring):
            yield storage.slot("rounds.turns") + place, (f"turn of place {place}", self._turn(place))
        for round_id in sorted(books.rounds.records):
            info = tournament.round_info(round_id)
            words = (*info.terms, info.staked // GWEI, info.locked, info.void, info.at_risk // GWEI, *info[5:])
            first = storage.slot("rounds.book", round_id)
            for index, word in enumerate(words):
                name = f"word {index} of round {round_id}"
                yield first + index, (name, int.from_bytes(word, "big") if isinstance(word, bytes) else int(word))
        assert books.bounds is not None
        for index, (name, bound) in enumerate(books.bounds._asdict().items()):
            yield storage.slot("rounds.bounds") + index, (name, bound)
        for place in range(self.cast.ring):
            round_id = tournament.next_round(place)
            slot = storage.slot("rounds.book", round_id) + len(Terms._fields)
            yield slot, (f"staked of round {round_id}, to come", tournament.staked(round_id) // GWEI)
        yield storage.slot("roles.operator"), ("operator", _number(tournament.operator))
        yield storage.slot("roles.guardian"), ("guardian", _number(tournament.guardian))
        pause = books.pause
        for name, moment in (
            ("paused_at", pause.since),
            ("paused_until", pause.until),
            ("rested_at", pause.rested_at),
        ):
            yield storage.slot(f"roles.{name}"), (name, moment)
        yield storage.slot("roles.ownable.owner"), ("owner", _number(tournament.owner))

    def _turn(self, place: int) -> int:
        """What opens next at a place, and until when its latest round is open; 0 if it is not."""
        rounds = self.tournament.books.rounds
        if place not in rounds.latest:
            return 0
        latest = rounds.latest[place]
        until = rounds[latest].terms.locks_at if rounds.is_open(latest, self.chain.now) else 0
        return rounds.next_round(place) | until << 32

    def _treasury_slots(self) -> Iterator[tuple[int, tuple[str, int]]]:
        storage, books = self.storage["treasury"], self.world.treasury.books
        yield storage.slot("reserved"), ("reserved", books.reserved)
        for tournament in self.world.tournaments:
            budget = books.budget(tournament)
            for index, word in enumerate((*budget.limits, budget.used, budget.at)):
                slot = storage.slot("budgets", tournament) + index
                yield slot, (f"word {index} of the budget of {tournament}", word)
            place = books.listed.index(tournament) + 1 if tournament in books.listed else 0
            yield storage.slot("listed", tournament), (f"{tournament} listed", place)
            left = [given.left for (owner, _), given in books.reservations.items() if owner == tournament]
            yield storage.slot("running", tournament), (f"grants of {tournament}", sum(map(bool, left)))
        yield storage.slot("tournament_count"), ("tournaments", len(books.listed))
        for index, tournament in enumerate(books.listed):
            yield storage.slot("tournament_at", index), (f"tournament {index}", int(tournament, 16))
        for (tournament, round_id), reservation in books.reservations.items():
            words = {"granted": reservation.granted, "released": reservation.released, "left": reservation.left}
            for index, (name, word) in enumerate(words.items()):
                yield storage.slot("grants", tournament, round_id) + index, (f"{name} for round {round_id}", word)

    def _numeraire_slots(self) -> Iterator[tuple[int, tuple[str, int]]]:
        storage, token = self.storage["numeraire"], self.world.numeraire
        yield storage.slot("erc20.totalSupply"), ("total supply", token.total_supply)
        for holder in {*token.balances.held, *self.address.values(), *self.holders}:
            yield storage.slot("erc20.balanceOf", holder), (f"balance of {holder}", token.balance_of(holder))
            yield storage.slot("erc20.nonces", holder), (f"nonce of {holder}", self.nonces[holder])
        for (owner, spender), amount in token.allowances.items():
            yield storage.slot("erc20.allowance", owner, spender), (f"allowance of {owner} for {spender}", amount)


def _meaning(name: str, word: int, now: int) -> int:
    """A stored word without the bits that mean nothing, and without the time in a turn that is past."""
    if name.startswith("turn"):
        return word if word >> 32 > now else word & 2**32 - 1
    if name.startswith("position"):
        return canonical(word)
    return word & LANES_MASK if name.startswith("idle of group") else word


def _number(address: str) -> int:
    return int(address, 16)
