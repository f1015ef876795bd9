# SPDX-License-Identifier: MIT
"""The executable form of the protocol page: a tournament that refuses what the contract refuses.

Every state-changing function of ITournament takes its arguments, `sender` and `now` (unix
seconds); amounts are wei here and gwei-NMR inside. A refused call raises `Refused` and changes
nothing. `Tournament.events` is what the contract would have logged.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from nmr.errors import AmountError, ChunkError, Refused, require
from nmr.protocol import chunk_tree
from nmr.protocol.commitments import Commitment
from nmr.protocol.lanes import LANES, MAX_AMOUNT, place_of
from nmr.protocol.reference.books import Books
from nmr.protocol.reference.events import Event, Log, transaction
from nmr.protocol.reference.numeraire import Numeraire
from nmr.protocol.reference.rounds import (
    EMPTY_BYTES32,
    FREED,
    MAX_RING,
    MAX_ROUND,
    SETTLING,
    UNDECIDED,
    Bounds,
    State,
    Terms,
)
from nmr.protocol.reference.stakes import require_group
from nmr.protocol.reference.treasury import Treasury
from nmr.protocol.reference.views import Views
from nmr.protocol.score_words import MAX_GROUP, in_chunk
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR, to_gwei

ALL_IDLE: Final = 2**256 - 1
"""As an amount of `withdraw` or `move_idle`: all that is idle; of `leave`: all that is at stake."""
MAX_MODELS: Final = LANES * (MAX_GROUP + 1)
MAX_ENTERED: Final = 256
MAX_LABEL: Final = 32
MAX_SUBMISSIONS: Final = 128
MAX_SIGNED: Final = 256
MAX_CALLS: Final = 64
LONGEST_HOUR: Final = 3_600
UNREADABLE: Final = ""
"""In place of a reason where an argument is beyond its type: the contract refuses it while it reads the call."""


class Signed(NamedTuple):
    """Commitments by one signature, to the next `number` of a call's models.

    Attributes:
        number: how many models.
        sequence: what orders them among others, unix seconds.
        signer: whose signature it is, for the open round and exactly these models, files and sequence; the zero
            address if it is nobody's.
    """

    number: int
    sequence: int
    signer: str


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
        min_stake: int,
        hour: int = LONGEST_HOUR,
        now: int,
    ) -> None:
        require(0 < hour <= LONGEST_HOUR, "hours: an hour has 3600 seconds")
        require(ZERO_ADDRESS not in (owner, operator, guardian), "roles: zero address")
        require(1 <= ring <= MAX_RING, "rounds: ring is out of range")
        require(first_round + ring - 1 <= MAX_ROUND, "rounds: first round too large")
        sound = 2 * GWEI <= min_stake <= NMR and min_stake % GWEI == 0
        require(sound, "ledger: min_stake out of range")
        super().__init__(Books.empty(ring, first_round, hour, min_stake // GWEI))
        self.address = address
        self.log = log
        self.numeraire = numeraire
        self.treasury = treasury
        self.owner = owner
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
        self._require_running(now)
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
        require(gwei > 0 or not compound, "ledger: compounds without target")
        self.books.stakes.target[model] = gwei
        self.books.stakes.compound[model] = compound
        self._emit("PolicySet", model=model, target=target, compound=compound)

    @transaction
    def deposit(self, model: int, amount: int, owner: str, *, sender: str, now: int) -> None:
        """Pay NMR of the sender into the idle of any model of this owner."""
        self._require_running(now)
        self.books.models.require_owned_by(model, owner)
        gwei = _some_gwei(amount)
        self._pull(sender, amount, now)
        self.books.stakes.credit(model, gwei)
        self._emit("Deposited", model=model, payer=sender, amount=amount)

    @transaction
    def deposit_with_permit(
        self, model: int, amount: int, owner: str, allowance: int, valid: bool, *, sender: str, now: int
    ) -> None:
        """Deposit after the sender's permit; one that is not `valid`, or used up, falls through to the allowance."""
        before = self.numeraire.allowance(sender, self.address)
        if valid:
            self.numeraire.approve(self.address, allowance, sender=sender, now=now)
        try:
            self.deposit(model, amount, owner, sender=sender, now=now)
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
        self._require_running(now)
        round_id = self._open_round(now)
        gwei = _some_gwei(amount)
        self.numeraire.require_transfer_from(sender, self.address, amount, self.address)
        self.books.stakes.stake(round_id, model, gwei)
        self._pull(sender, amount, now)
        self._emit("Staked", round=round_id, model=model, amount=amount)

    @transaction
    def leave(self, model: int, round_id: int, amount: int, *, sender: str, now: int) -> int:
        """Take a stake of a round that is open, or not opened yet, back to idle: `ALL_IDLE` means all of it."""
        self.books.models.require_owner(model, sender)
        require(self.books.rounds.can_leave(round_id, now), "ledger: round is locked or void")
        self.books.stakes.require_settled(round_id, place_of(model)[0])
        if amount == ALL_IDLE:
            amount = self.position(round_id, model)
        left = self.books.stakes.leave(round_id, model, _some_gwei(amount)) * GWEI
        self._emit("Left", round=round_id, model=model, amount=left)
        return left

    @transaction
    def enter(self, groups: Sequence[int], *, sender: str, now: int) -> None:
        """Raise the positions of groups in the open round to their targets, out of idle; moving none is no fault."""
        require(len(groups) <= MAX_ENTERED, UNREADABLE)
        self._require_running(now)
        round_id = self._open_round(now)
        gwei = self.books.stakes.enter(round_id, groups)
        self._emit("Entered", round=round_id, groups=list(groups), amount=gwei * GWEI)

    # rounds

    @transaction
    def open_round(self, round_id: int, terms: Terms, package: bytes, *, sender: str, now: int) -> None:
        """Open the round whose turn it is."""
        require(sender == self.operator, "roles: not the operator")
        self._require_running(now)
        self.books.require_turn(round_id, now)
        require(package != EMPTY_BYTES32, "rounds: hash is empty")
        self.books.require_terms(terms, now)
        self.books.rounds.open(round_id, terms)
        self._emit("RoundOpened", round=round_id, terms=terms, package=package)

    @transaction
    def submit(self, models: Sequence[int], hashes: Sequence[bytes], *, sender: str, now: int) -> None:
        """Record the hashes of sealed files for models of the open round."""
        require(max(len(models), len(hashes)) <= MAX_SUBMISSIONS, UNREADABLE)
        require(len(models) == len(hashes), "submissions: one hash a model")
        require(len(models) > 0, "submissions: no model")
        round_id = self._open_round(now)
        allowed = all(self.books.models.may_submit(model, sender) for model in models)
        require(allowed, "submissions: not the submitter")
        require(EMPTY_BYTES32 not in hashes, "submissions: hash is empty")
        self.books.stakes.submit(round_id, models)
        self._emit("Submitted", round=round_id, models=list(models), hashes=list(hashes))

    @transaction
    def submit_signed(
        self, signed: Sequence[Signed], models: Sequence[int], hashes: Sequence[bytes], *, sender: str, now: int
    ) -> None:
        """Record commitments that owners or submitters signed, as many of them as count."""
        require(max(len(signed), len(models), len(hashes)) <= MAX_SIGNED, UNREADABLE)
        round_id = self._open_round(now)
        pairs = list(zip(models, hashes, strict=False))
        counting = []
        end = 0
        for number, sequence, signer in signed:
            start, end = end, min(end + number, len(pairs))
            if signer == ZERO_ADDRESS or sequence > now:
                continue
            for model, digest in pairs[start:end]:
                if digest != EMPTY_BYTES32 and self.books.models.may_submit(model, signer):
                    counting.append(Commitment(model, digest, sequence))
        require(len(counting) > 0, "submissions: nothing counts")
        self.books.stakes.submit(round_id, [commitment.model for commitment in counting])
        commitments = [commitment.struct() for commitment in counting]
        self._emit("SubmittedSigned", round=round_id, commitments=commitments)

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
        require(opened_list != EMPTY_BYTES32, "rounds: hash is empty")
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
        settled_by = final_at + SETTLING * rounds.hour
        require(settled_by <= terms.expires_at, "rounds: too late to propose")
        require(root != EMPTY_BYTES32, "rounds: hash is empty")
        require(1 <= chunks <= chunk_tree.MAX_CHUNKS, "rounds: chunks are out of range")
        require(evidence != EMPTY_BYTES32, "rounds: hash is empty")
        rounds.change(round_id, root=root, chunks=chunks, evidence=evidence, final_at=final_at)
        self._emit("Proposed", round=round_id, root=root, chunks=chunks, evidence=evidence, final_at=final_at)

    @transaction
    def veto(self, round_id: int, root: bytes, *, sender: str, now: int) -> None:
        """Take back a root within its window: the guardian any, the operator its own."""
        require(sender in (self.guardian, self.operator), "roles: not the guardian")
        require(self.state(round_id, now) == State.PROPOSED, "rounds: no root in its window")
        require(root == self.books.rounds[round_id].root, "rounds: another root stands")
        self.books.rounds.drop_root(round_id)
        self._emit("Vetoed", round=round_id, root=root, account=sender)

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
    def settle(self, round_id: int, index: int, chunk: bytes, proof: Sequence[bytes], *, sender: str, now: int) -> None:
        """Pay, burn and restake one chunk of a final round."""
        require(len(chunk) <= chunk_tree.MAX_BYTES and len(proof) <= chunk_tree.MAX_DEPTH, UNREADABLE)
        require(self.books.rounds.is_final(round_id, now), "settlement: round is not final")
        record = self.books.rounds[round_id]
        proven = chunk_tree.verify(record.root, record.chunks, index, chunk, proof)
        require(proven, "settlement: not in the root")
        try:
            words = chunk_tree.decode(chunk)
        except ChunkError as error:
            raise Refused("settlement: malformed chunk") from error
        require(in_chunk(index, words), "settlement: not in the chunk")
        done = self.books.settle(round_id, words, now)
        require(done.staked > 0, "settlement: nothing to settle")
        if done.rewards:
            self.treasury.draw(round_id, done.rewards * GWEI, sender=self.address, now=now)
        if done.burns:
            self.numeraire.burn(done.burns * GWEI, sender=self.address, now=now)
        self._emit(
            "Settled",
            round=round_id,
            index=index,
            chunk=chunk,
            successor=done.successor,
            staked=done.staked * GWEI,
            rewards=done.rewards * GWEI,
            burns=done.burns * GWEI,
            idled=done.idled * GWEI,
        )
        self._close(round_id, now)

    @transaction
    def settle_expired(self, round_id: int, groups: Sequence[int], *, sender: str, now: int) -> None:
        """Send the stakes of a void or expired round where their policies say, as they are."""
        require(len(groups) <= MAX_ENTERED, UNREADABLE)
        require(self.state(round_id, now) in FREED, "settlement: not void or expired")
        for group in groups:
            require_group(group)
        done = self.books.settle_expired(round_id, groups, now)
        require(done.staked > 0, "settlement: nothing to settle")
        self._emit(
            "SettledExpired",
            round=round_id,
            groups=list(groups),
            successor=done.successor,
            staked=done.staked * GWEI,
            idled=done.idled * GWEI,
        )
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
        """Stop what brings NMR or models in, and new rounds, until the pause is ended or lapses."""
        require(sender == self.guardian, "roles: not the guardian")
        self._require_running(now)
        require(now >= self.books.pause.rested_at, "roles: paused too lately")
        self.books.pause.begin(now, self.books.rounds.hour)
        self._emit("Paused", account=sender, until=self.books.pause.until)

    @transaction
    def unpause(self, *, sender: str, now: int) -> None:
        """End the pause; without one nothing happens."""
        if sender != self.guardian:
            self._require_owner(sender)
        if self.paused(now):
            self.books.pause.end(now, self.books.rounds.hour)
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

    def _require_running(self, now: int) -> None:
        require(not self.paused(now), "roles: paused")

    def _require_owner(self, sender: str) -> None:
        require(sender == self.owner, "ownable: caller is not the owner")

    def _open_round(self, now: int) -> int:
        require(self.books.rounds.is_open(self.last_opened, now), "rounds: no round is open")
        return self.last_opened

    def _pull(self, owner: str, amount: int, now: int) -> None:
        self.numeraire.transfer_from(owner, self.address, amount, sender=self.address, now=now)

    def _close(self, round_id: int, now: int) -> None:
        if self.state(round_id, now) == State.CLOSED:
            released = self.treasury.release(round_id, sender=self.address, now=now)
            self._emit("RoundClosed", round=round_id, released=released)

    def _set_operator(self, operator: str) -> None:
        require(operator != ZERO_ADDRESS, "roles: zero address")
        require(operator != self.guardian, "roles: operator is the guardian")
        self.books.operator = operator
        self._emit("OperatorSet", operator=operator)

    def _set_guardian(self, guardian: str) -> None:
        require(guardian != ZERO_ADDRESS, "roles: zero address")
        require(guardian != self.operator, "roles: operator is the guardian")
        self.books.appoint_guardian(guardian)
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
