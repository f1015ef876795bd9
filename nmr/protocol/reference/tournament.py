# SPDX-License-Identifier: MIT
"""The executable form of the protocol page: a tournament that refuses what the contract refuses.

Every state-changing function of ITournament takes its arguments, `sender` and `now` (unix
seconds); amounts are wei here and gwei-NMR inside. A refused call raises `Refused` and changes
nothing. `Tournament.events` is what the contract would have logged.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Final

from nmr.errors import AmountError, Refused, ScoreError, require
from nmr.protocol import chunk_tree
from nmr.protocol.lanes import MAX_AMOUNT, place_of
from nmr.protocol.reference.books import Books
from nmr.protocol.reference.events import Event, Log, transaction
from nmr.protocol.reference.numeraire import Numeraire
from nmr.protocol.reference.rounds import (
    EMPTY_BYTES32,
    FREED,
    MAX_RING,
    ROUND_IDS,
    SETTLING,
    UNDECIDED,
    Bounds,
    State,
    Terms,
)
from nmr.protocol.reference.treasury import Treasury
from nmr.protocol.reference.views import Views
from nmr.protocol.score_words import GROUPS_PER_CHUNK, check_chunk
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, to_gwei

ALL_IDLE: Final = 2**256 - 1
"""As an amount of `withdraw` or `move_idle`: all that is idle."""
MAX_MODELS: Final = 2**26
MAX_LABEL: Final = 32
MAX_SUBMISSIONS: Final = 128
MAX_CALLS: Final = 64
LONGEST_HOUR: Final = 3_600
UNREADABLE: Final = ""
"""In place of a reason where an argument is beyond its type: the contract refuses it while it reads the call."""


class Tournament(Views):
    """One tournament: its guards around its books, and its events."""

    def __init__(
        self,
        address: str,
        log: Log,
        numeraire: Numeraire,
        treasury: Treasury,
        *,
        owner: str,
        operator: str,
        guardian: str,
        bounds: Bounds,
        ring: int,
        first_round: int,
        hour: int = LONGEST_HOUR,
        now: int,
    ) -> None:
        require(ZERO_ADDRESS not in (owner, operator, guardian), "roles: zero address")
        require(1 <= ring <= MAX_RING, "rounds: ring is out of range")
        require(first_round < ROUND_IDS - ring, "rounds: first round too large")
        require(0 < hour <= LONGEST_HOUR, "rounds: an hour has 3600 seconds")
        super().__init__(Books.empty(ring, first_round, hour))
        self.address = address
        self.log = log
        self.numeraire = numeraire
        self.treasury = treasury
        self.owner = owner
        self.paused = False
        with log.transaction(now):
            self._set_operator(operator)
            self._set_guardian(guardian)
            self._set_bounds(bounds)

    @property
    def events(self) -> list[Event]:
        """What the contract would have logged, in order."""
        return self.log.of(self.address)

    # models

    @transaction
    def register(self, label: str, submitter: str, *, sender: str, now: int) -> int:
        """Register a model of the sender and return its id."""
        require(len(label.encode()) <= MAX_LABEL, UNREADABLE)
        self._require_running()
        require(len(self.books.models) < MAX_MODELS, "models: no id is left")
        submitter = sender if submitter == ZERO_ADDRESS else submitter
        model = self.books.register(sender, submitter)
        self._emit("ModelRegistered", model=model, owner=sender, submitter=submitter, label=label)
        return model

    @transaction
    def set_submitter(self, model: int, submitter: str, *, sender: str, now: int) -> None:
        """Name who may submit for a model besides its owner; the zero address stands for the owner."""
        self.books.models.require_owner(model, sender)
        submitter = sender if submitter == ZERO_ADDRESS else submitter
        self.books.models.submitters[model] = submitter
        self._emit("SubmitterSet", model=model, submitter=submitter)

    @transaction
    def offer_model(self, model: int, to: str, *, sender: str, now: int) -> None:
        """Offer a model to a new owner; the zero address takes an offer back."""
        self.books.models.require_owner(model, sender)
        self.books.models.offers[model] = to
        self._emit("OwnershipOffered", model=model, owner=sender, to=to)

    @transaction
    def accept_model(self, model: int, *, sender: str, now: int) -> None:
        """Take over a model that was offered to the sender."""
        models = self.books.models
        require(sender == models.offered_to(model), "models: not offered to you")
        previous = models.owners[model]
        models.move(model, sender)
        self._emit("OwnershipMoved", model=model, previous=previous, owner=sender)

    # stakes

    @transaction
    def set_policy(self, model: int, target: int, compound: bool, *, sender: str, now: int) -> None:
        """Set what a model keeps at stake in every round."""
        self.books.models.require_owner(model, sender)
        gwei = _gwei(target)
        require(gwei <= MAX_AMOUNT, "ledger: target is too large")
        require(target > 0 or not compound, "ledger: compounds without target")
        self.books.stakes.target[model] = gwei
        self.books.stakes.compound[model] = compound
        self._emit("PolicySet", model=model, target=target, compound=compound)

    @transaction
    def deposit(self, model: int, amount: int, *, sender: str, now: int) -> None:
        """Pay NMR of the sender into the idle of any model."""
        self._require_running()
        self.books.models.require_exists(model)
        gwei = _some_gwei(amount)
        self._pull(sender, amount, now)
        self.books.stakes.credit(model, gwei)
        self._emit("Deposited", model=model, payer=sender, amount=amount)

    @transaction
    def deposit_with_permit(
        self, model: int, amount: int, allowance: int, valid: bool, *, sender: str, now: int
    ) -> None:
        """Deposit after the sender's permit; one that is not `valid`, or used up, falls through to the allowance."""
        before = self.numeraire.allowance(sender, self.address)
        if valid:
            self.numeraire.approve(self.address, allowance, sender=sender, now=now)
        try:
            self.deposit(model, amount, sender=sender, now=now)
        except Refused:
            self.numeraire.allowances[sender, self.address] = before
            raise

    @transaction
    def withdraw(self, model: int, amount: int, receiver: str, *, sender: str, now: int) -> int:
        """Send idle NMR, or with `ALL_IDLE` all of it, to a receiver and return how much, in wei."""
        self.books.models.require_owner(model, sender)
        require(receiver != self.address, "ledger: receiver is the escrow")
        require(receiver != self.numeraire.address, "ledger: receiver is the token")
        if amount == ALL_IDLE:
            amount = self.idle_of(model)
        gwei = _some_gwei(amount)
        self.books.stakes.require_idle(model, gwei)
        self.numeraire.transfer(receiver, amount, sender=self.address, now=now)
        self.books.stakes.debit(model, gwei)
        self._emit("Withdrawn", model=model, receiver=receiver, amount=amount)
        return amount

    @transaction
    def move_idle(self, source: int, destination: int, amount: int, *, sender: str, now: int) -> None:
        """Move idle NMR, or with `ALL_IDLE` all of it, between two models of the sender."""
        self.books.models.require_owner(source, sender)
        self.books.models.require_owner(destination, sender)
        require(source != destination, "ledger: model moves to itself")
        if amount == ALL_IDLE:
            amount = self.idle_of(source)
        gwei = _some_gwei(amount)
        self.books.stakes.debit(source, gwei)
        self.books.stakes.credit(destination, gwei)
        self._emit("IdleMoved", source=source, destination=destination, amount=amount)

    @transaction
    def stake(self, model: int, amount: int, *, sender: str, now: int) -> None:
        """Pull NMR of the sender straight into a model's position of the open round."""
        self.books.models.require_owner(model, sender)
        self._require_running()
        round_id = self._open_round(now)
        gwei = _some_gwei(amount)
        self.numeraire.require_transfer_from(sender, self.address, amount, self.address)
        stakes = self.books.stakes
        stakes.require_settled(round_id, place_of(model)[0])
        end = stakes.position(round_id, model) + gwei
        require(end * GWEI >= self.books.rounds[round_id].terms.min_stake, "ledger: below min_stake")
        self._pull(sender, amount, now)
        stakes.stake(round_id, model, gwei)
        self._emit("Staked", round=round_id, model=model, amount=amount)

    @transaction
    def leave(self, model: int, *, sender: str, now: int) -> None:
        """Take a model's whole position of the open round back to idle."""
        self.books.models.require_owner(model, sender)
        round_id = self._open_round(now)
        gwei = self.books.stakes.leave(round_id, model)
        self._emit("Left", round=round_id, model=model, amount=gwei * GWEI)

    @transaction
    def enter(self, groups: Sequence[int], *, sender: str, now: int) -> None:
        """Raise the positions of groups in the open round to their targets, out of idle; moving none is no fault."""
        require(len(groups) <= GROUPS_PER_CHUNK, UNREADABLE)
        self._require_running()
        round_id = self._open_round(now)
        min_stake = self.books.rounds[round_id].terms.min_stake // GWEI
        gwei = self.books.stakes.enter(round_id, groups, min_stake)
        self._emit("Entered", round=round_id, groups=list(groups), amount=gwei * GWEI)

    # rounds

    @transaction
    def open_round(self, terms: Terms, *, sender: str, now: int) -> int:
        """Open the next round and return its id."""
        require(sender == self.operator, "roles: not the operator")
        self._require_running()
        self.books.require_place(now)
        self.books.require_terms(terms, now)
        round_id = self.books.rounds.open(terms)
        self._emit("RoundOpened", round=round_id, terms=terms)
        return round_id

    @transaction
    def submit(self, models: Sequence[int], hashes: Sequence[bytes], *, sender: str, now: int) -> None:
        """Record the hashes of sealed files for models of the open round."""
        require(max(len(models), len(hashes)) <= MAX_SUBMISSIONS, UNREADABLE)
        require(len(models) == len(hashes), "submissions: one hash a model")
        require(len(models) > 0, "submissions: no model")
        round_id = self._open_round(now)
        for model, digest in zip(models, hashes, strict=True):
            self.books.models.require_submitter(model, sender)
            require(digest != EMPTY_BYTES32, "submissions: hash is empty")
        self.books.stakes.submit(round_id, models)
        self._emit("Submitted", round=round_id, models=list(models), hashes=list(hashes))

    @transaction
    def lock(self, round_id: int, *, sender: str, now: int) -> None:
        """Fix what a round pays by and reserve its rewards."""
        require(self.state(round_id, now) == State.ENDED, "rounds: not due to be locked")
        wanted = self.books.wanted(round_id) * GWEI
        granted = self.treasury.reserve(round_id, wanted, sender=self.address, now=now)
        record = self.books.lock(round_id, granted)
        self._emit(
            "RoundLocked",
            round=round_id,
            at_risk=record.at_risk,
            factor=record.factor,
            clip=record.clip,
            granted=granted,
        )
        self._close(round_id, now)

    @transaction
    def publish_opened(self, round_id: int, opened_list: bytes, *, sender: str, now: int) -> None:
        """Commit to the list of valid submissions, before the outcome is known."""
        require(sender == self.operator, "roles: not the operator")
        require(self.state(round_id, now) == State.LOCKED, "rounds: no opened list is due")
        require(opened_list != EMPTY_BYTES32, "rounds: opened list is empty")
        self.books.rounds.change(round_id, opened_list=opened_list)
        self._emit("SubmissionsOpened", round=round_id, opened_list=opened_list)

    @transaction
    def propose(self, round_id: int, root: bytes, chunks: int, evidence: bytes, *, sender: str, now: int) -> None:
        """Propose the scores of a round; a window for a veto begins."""
        require(sender == self.operator, "roles: not the operator")
        require(self.state(round_id, now) == State.OPENED, "rounds: not waiting for a root")
        rounds = self.books.rounds
        terms = rounds[round_id].terms
        require(now >= terms.resolves_at, "rounds: not resolved yet")
        final_at = now + terms.window
        settled_by = final_at + terms.grace + SETTLING * rounds.hour
        require(settled_by <= terms.expires_at, "rounds: too late to propose")
        require(root != EMPTY_BYTES32, "rounds: root is empty")
        require(1 <= chunks <= chunk_tree.MAX_CHUNKS, "rounds: chunks are out of range")
        rounds.change(round_id, root=root, chunks=chunks, evidence=evidence, final_at=final_at)
        self._emit("Proposed", round=round_id, root=root, chunks=chunks, evidence=evidence, final_at=final_at)

    @transaction
    def veto(self, round_id: int, root: bytes, *, sender: str, now: int) -> None:
        """Take back a root within its window."""
        require(sender == self.guardian, "roles: not the guardian")
        require(self.state(round_id, now) == State.PROPOSED, "rounds: no root in its window")
        require(root == self.books.rounds[round_id].root, "rounds: another root stands")
        self.books.rounds.drop_root(round_id)
        self._emit("Vetoed", round=round_id, root=root)

    @transaction
    def void(self, round_id: int, *, sender: str, now: int) -> None:
        """End a round without burns and rewards."""
        require(sender == self.guardian, "roles: not the guardian")
        require(self.state(round_id, now) in UNDECIDED, "rounds: too late to void")
        self.books.void(round_id)
        self._emit("Voided", round=round_id)
        self._close(round_id, now)

    # settlement

    @transaction
    def settle(
        self, round_id: int, index: int, words: Sequence[int], proof: Sequence[bytes], *, sender: str, now: int
    ) -> None:
        """Pay, burn and restake one chunk of a final round."""
        require(len(words) <= GROUPS_PER_CHUNK and len(proof) <= chunk_tree.MAX_DEPTH, UNREADABLE)
        require(self.state(round_id, now) == State.FINAL, "settlement: round is not final")
        record = self.books.rounds[round_id]
        proven = chunk_tree.verify(record.root, record.chunks, index, words, proof)
        require(proven, "settlement: not in the root")
        if not self.books.rounds.opened(round_id + self.books.rounds.ring):
            require(now >= record.final_at + record.terms.grace, "settlement: next round not open")
        try:
            check_chunk(index, words)
        except ScoreError as error:
            raise Refused("settlement: groups out of order") from error
        restaked = self.books.restakes(round_id, now)
        done = self.books.settle(round_id, words, restaked)
        require(done.staked > 0, "settlement: nothing to settle")
        if done.rewards:
            self.treasury.draw(round_id, done.rewards * GWEI, sender=self.address, now=now)
        if done.burns:
            self.numeraire.burn(done.burns * GWEI, sender=self.address, now=now)
        sums = {name: gwei * GWEI for name, gwei in done._asdict().items()}
        self._emit("Settled", round=round_id, index=index, words=list(words), restaked=restaked, **sums)
        self._close(round_id, now)

    @transaction
    def settle_expired(self, round_id: int, groups: Sequence[int], *, sender: str, now: int) -> None:
        """Take the stakes of a void or expired round to idle, as they are."""
        require(len(groups) <= GROUPS_PER_CHUNK, UNREADABLE)
        require(self.state(round_id, now) in FREED, "settlement: not void or expired")
        gwei = self.books.stakes.send_home(round_id, groups)
        require(gwei > 0, "settlement: nothing to settle")
        self._emit("SettledExpired", round=round_id, groups=list(groups), amount=gwei * GWEI)
        self._close(round_id, now)

    # roles and bounds

    @transaction
    def set_operator(self, operator: str, *, sender: str, now: int) -> None:
        """Name who opens rounds and proposes scores."""
        self._require_owner(sender)
        self._set_operator(operator)

    @transaction
    def set_guardian(self, guardian: str, *, sender: str, now: int) -> None:
        """Name who vetoes, voids and pauses."""
        self._require_owner(sender)
        self._set_guardian(guardian)

    @transaction
    def set_bounds(self, bounds: Bounds, *, sender: str, now: int) -> None:
        """Set what the terms of rounds to come may be."""
        self._require_owner(sender)
        self._set_bounds(bounds)

    @transaction
    def pause(self, *, sender: str, now: int) -> None:
        """Stop what brings NMR or models in, and new rounds."""
        require(sender == self.guardian, "roles: not the guardian")
        self._require_running()
        self.paused = True
        self._emit("Paused", account=sender)

    @transaction
    def unpause(self, *, sender: str, now: int) -> None:
        """Lift the pause."""
        self._require_owner(sender)
        require(self.paused, "pausable: contract is not paused")
        self.paused = False
        self._emit("Unpaused", account=sender)

    # many calls in one

    @transaction
    def multicall(self, calls: Sequence[tuple[str, Mapping[str, Any]]], *, sender: str, now: int) -> None:
        """Make many calls, by name and arguments, of one sender; if one is refused, none was made."""
        require(len(calls) <= MAX_CALLS, UNREADABLE)
        parts: list[Any] = [self, self.numeraire, self.treasury, self.log]
        shared = {id(part): part for part in parts}
        before = [copy.deepcopy(vars(part), dict(shared)) for part in parts]
        try:
            for name, arguments in calls:
                getattr(self, name)(**arguments, sender=sender, now=now)
        except Refused:
            for part, state in zip(parts, before, strict=True):
                vars(part).update(state)
            raise

    # internal

    def _require_running(self) -> None:
        require(not self.paused, "pausable: contract is paused")

    def _require_owner(self, sender: str) -> None:
        require(sender == self.owner, "ownable: caller is not the owner")

    def _open_round(self, now: int) -> int:
        round_id = self.next_round - 1
        require(self.state(round_id, now) == State.OPEN, "rounds: no round is open")
        return round_id

    def _pull(self, owner: str, amount: int, now: int) -> None:
        self.numeraire.transfer_from(owner, self.address, amount, sender=self.address, now=now)

    def _close(self, round_id: int, now: int) -> None:
        if self.state(round_id, now) == State.CLOSED:
            released = self.treasury.release(round_id, sender=self.address, now=now)
            self._emit("RoundClosed", round=round_id, released=released)

    def _set_operator(self, operator: str) -> None:
        require(operator != ZERO_ADDRESS, "roles: zero address")
        self.books.operator = operator
        self._emit("OperatorSet", operator=operator)

    def _set_guardian(self, guardian: str) -> None:
        require(guardian != ZERO_ADDRESS, "roles: zero address")
        self.books.guardian = guardian
        self._emit("GuardianSet", guardian=guardian)

    def _set_bounds(self, bounds: Bounds) -> None:
        self.books.bounds = bounds
        self._emit("BoundsSet", bounds=bounds)

    def _emit(self, name: str, **args: Any) -> None:
        self.log.emit(self.address, name, **args)


def _gwei(amount: int) -> int:
    try:
        return to_gwei(amount)
    except AmountError as error:
        raise Refused("ledger: amount finer than a gwei") from error


def _some_gwei(amount: int) -> int:
    require(amount > 0, "ledger: amount is zero")
    return _gwei(amount)
