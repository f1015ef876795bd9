# SPDX-License-Identifier: MIT
"""The service that leads a season's rounds through their lives.

It reads, asks `nmr.operate.duties` what is due, does the most pressing of it, and reads again. Between two looks it
remembers nothing that matters: what it does keep is what it would find out again, only slower. What somebody else did
first the chain refuses, and the next look shows it as done.
"""

from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from datetime import date
from typing import Final

from eth_hash.auto import keccak

from nmr.client.buyback import BuybackOnChain
from nmr.client.rounds import Rounds
from nmr.client.session import Session, Signer
from nmr.errors import NmrError
from nmr.operate.duties import Coming, Duty, DutyKind, Outcome, Plan, RoundSeen, Seen, Slot, finished, plan, slot_at
from nmr.operate.keeping import can_kick, enter_all, enterable, kick_buyback
from nmr.operate.keyring import KeyLost, Keyring
from nmr.operate.season import Season, fill_pattern
from nmr.operate.signer import OneAtATime
from nmr.operate.sources import SourceError, fetch, is_there, run_command
from nmr.operate.stored import stored_scores
from nmr.operate.working import Pass, ReportStep, Turn, resolve_step, work
from nmr.protocol.reference.rounds import EMPTY_BYTES32, State
from nmr.rounds.resolution import RootVetoed, Sent, StepTaken
from nmr.rounds.scores_file import ScoresFile
from nmr.rounds.status import RoundView, view_round
from nmr.rounds.terms import check_terms, plain_terms
from nmr.sealing.crew import Crew
from nmr.sealing.documents import Evidence, canonical_json
from nmr.sealing.keys import PrivateKey
from nmr.sealing.package import package_of_contents, read_package
from nmr.sealing.publishing import (
    is_handed_over,
    publish_key,
    publish_opening,
    publish_scores,
    published_opening,
)
from nmr.sealing.store import LARGEST_EVIDENCE, NotDelivered, Store, StoreError
from nmr.sealing.tables import LARGEST_CANONICAL, Universe, targets_of, universe_of

ROUND_FILE: Final = "round.json"
"""The file of a package that says the round's id, terms, sealing key and times."""


class PackageLost(NmrError, LookupError):
    """A round whose package is not in the store, or lacks its universe."""


class Service:
    """Leads the rounds of one season."""

    def __init__(
        self,
        season: Season,
        session: Session,
        store: Store,
        keyring: Callable[[Rounds], Keyring],
        *,
        recipients: Iterable[str] = (),
        signer: OneAtATime | None = None,
        confirmations: int | None = None,
        clock: Callable[[], float],
        crew: Crew | None = None,
    ) -> None:
        """
        Args:
            season: its rules.
            session: of the suite.
            store: where sealed files are, and what is published about them goes.
            keyring: the keys of a tournament's rounds.
            recipients: public keys of those who check the rounds, `age1…`.
            signer: the operator; None to look only.
            confirmations: blocks on top of one that stays; None for what the chain itself calls final.
            clock: seconds, of a clock that only goes forward.
            crew: who looks at predictions and computes scores; this process if left out.
        """
        self._season = season
        self._session = session
        self._store = store
        self._tournament = session.tournament(season.tournament)
        self._rounds = Rounds(session, self._tournament, signer)
        self._keyring = keyring(self._rounds)
        self._recipients = list(recipients)
        self._signer = signer
        self._turn: Turn = nullcontext if signer is None else signer.turn
        self._confirmations = confirmations
        self._clock = clock
        self._crew = crew
        self._opened_at: dict[int, int] = {}
        self._over: set[int] = set()
        """Rounds of which nothing is left to do, by blocks that stay."""
        self._fetched: dict[int, tuple[bytes, float]] = {}
        """By round, the hash of the targets that were fetched first, and when."""
        self._compared: dict[int, tuple[bool, float]] = {}
        """By round, whether its targets changed after they were proposed, and when that was looked at."""
        self._turned_down: set[tuple[int, bytes]] = set()
        """Rounds and hashes of targets whose root the guardian vetoed."""

    @property
    def rounds(self) -> Rounds:
        """The tournament's rounds."""
        return self._rounds

    def read(self) -> Seen:
        """What the chain, the store, the key files and the sources say now.

        Raises:
            NmrError: the node or the store does not answer, or a key file cannot be read.
        """
        rounds = self._rounds
        rounds.refresh()
        now, safe = rounds.now(), rounds.at(self._safe_block())
        views = [view_round(rounds, number) for number in rounds.recent() if number not in self._over]
        seen = []
        for view in views:
            each = self._round(view, safe)
            if view.state != State.CLOSED or not each.handed_over:
                seen.append(each)
            elif each.confirmed:
                self._over.add(view.id)
        last = rounds.last_opened()
        opened_at = None if last is None else self._opened(last)
        slot = slot_at(self._season, now, opened_at)
        coming = Coming(None) if slot is None else self._coming(slot, now)
        return Seen(now, tuple(seen), opened_at, coming, paused=rounds.paused(), kick=self._can_kick())

    def look(self) -> tuple[Seen, Plan]:
        """What is due now, and nothing done. Raises as `read` does."""
        seen = self.read()
        return seen, plan(self._season, seen)

    def run(self, report: ReportStep) -> Pass:
        """Do all that is due now, the most pressing first.

        Args:
            report: told each step that was taken.

        Raises:
            NmrError: as `read` does.
        """
        seen, due, troubles, done = work(self.look, lambda duty, seen: self._do(duty, seen, report), self._turn)
        waits_for_targets = any(each.outcome == Outcome.ONCE for each in seen.rounds)
        return Pass(
            seen.now,
            due,
            troubles,
            done,
            over=finished(self._season, seen),
            again=self._season.targets.again if waits_for_targets else None,
        )

    # reading

    def _safe_block(self) -> int:
        """The newest block that stays."""
        if self._confirmations is None:
            return self._session.finalized
        return max(self._session.record.first_block, self._rounds.block - self._confirmations)

    def _round(self, view: RoundView, safe: Rounds) -> RoundSeen:
        number, info = view.id, view.info
        before = safe.round(number) if safe.block < self._rounds.block else info
        outcome, missing = Outcome.ABSENT, ""
        turned_down = False
        if view.state == State.OPENED and info.terms.resolves_at <= view.now <= view.proposed_by:
            outcome, missing = self._outcome(number)
            turned_down = (number, self._fetched.get(number, (b"", 0.0))[0]) in self._turned_down
        return RoundSeen(
            view,
            confirmed=before.locked or before.void,
            has_key=self._keyring.has(number, info.terms.sealing_key),
            handed_over=self._is_checked(view),
            outcome=outcome,
            missing=missing,
            enterable=len(self._enterable(view)),
            turned_down=turned_down,
            changed=view.state == State.PROPOSED and self._has_changed(number),
        )

    def _is_checked(self, view: RoundView) -> bool:
        """Whether nobody waits for the key of a round."""
        if not self._recipients or not view.info.locked or view.info.at_risk == 0:
            return True
        if view.state == State.CLOSED and view.info.root == EMPTY_BYTES32:
            return True
        try:
            return is_handed_over(self._rounds.identity(view.id), self._store)
        except StoreError:
            # Whoever hands it over is told; all else goes on.
            return False

    def _enterable(self, view: RoundView) -> list[int]:
        before = self._season.enter
        if before is None or view.state != State.OPEN or view.now < view.info.terms.locks_at - before:
            return []
        return enterable(self._session, self._tournament)

    def _opened(self, round_id: int) -> int:
        """When a round was opened."""
        if round_id not in self._opened_at:
            self._opened_at[round_id] = self._rounds.opened_at(round_id)
        return self._opened_at[round_id]

    def _coming(self, slot: Slot, now: int) -> Coming:
        due = self._rounds.due_round()
        if due is None or now < slot.at - self._season.opening.prepare:
            return Coming(due)
        key = self._keyring.prepared(due)
        return Coming(
            due,
            has_key=key is not None,
            backed_up=key is not None and self._keyring.is_backed_up(due, key),
            missing=self._missing_files(due, slot.day),
        )

    def _missing_files(self, round_id: int, day: date) -> str:
        """What of a package is not there, in a sentence without its end."""
        for pattern in self._season.files:
            url = fill_pattern(pattern, round_id, day)
            try:
                if not is_there(url):
                    return f"Of the package there is no {url.rpartition('/')[2]} yet"
            except SourceError as error:
                return str(error).removesuffix(".")
        return ""

    def _outcome(self, round_id: int) -> tuple[Outcome, str]:
        """How far a round's targets are, and what is missing."""
        first, since = self._fetched.get(round_id, (b"", self._clock()))
        if first and self._clock() - since < self._season.targets.again:
            return Outcome.ONCE, ""
        try:
            content = self._targets(round_id)
        except SourceError as error:
            self._fetched.pop(round_id, None)
            return Outcome.ABSENT, str(error).removesuffix(".")
        if content is None:
            self._fetched.pop(round_id, None)
            return Outcome.ABSENT, "There is no marker that its targets are complete"
        digest = bytes(keccak(content))
        if first == digest:
            return Outcome.THERE, ""
        self._fetched[round_id] = digest, self._clock()
        return Outcome.ONCE, ""

    def _has_changed(self, round_id: int) -> bool:
        """Whether a round's targets are others than those that were proposed; looked at once in a while.

        What cannot be read now says nothing: that is for whoever proposes or verifies.
        """
        before = self._compared.get(round_id)
        now = self._clock()
        if before is not None and now - before[1] < self._season.alerts.repeat:
            return before[0]
        changed = False
        with suppress(NmrError):
            facts = self._rounds.facts(round_id)
            proposed = Evidence.parse(self._store.get(facts.evidence, LARGEST_EVIDENCE)).targets
            content = self._targets(round_id)
            if content is not None:
                _, universe = published_opening(facts, self._store)
                changed = targets_of(content, f"The targets of round {round_id}", universe).digest != proposed
        self._compared[round_id] = changed, now
        return changed

    def _targets(self, round_id: int) -> bytes | None:
        """The file of a round's targets; None before it is complete."""
        targets, day = self._season.targets, self._day(round_id)
        if targets.source.pattern is None:
            return run_command(
                [fill_pattern(each, round_id, day) for each in targets.source.command], LARGEST_CANONICAL
            )
        if targets.done is not None and not is_there(fill_pattern(targets.done, round_id, day)):
            return None
        return fetch(fill_pattern(targets.source.pattern, round_id, day), LARGEST_CANONICAL)

    def _day(self, round_id: int) -> date:
        """The day for which a round was opened, on the schedule's clock."""
        at, schedule = self._opened(round_id), self._season.opening.schedule
        return schedule.day(schedule.latest(at) or at)

    def _can_kick(self) -> bool:
        return self._season.kick and can_kick(BuybackOnChain(self._session).read())

    # doing

    def _do(self, duty: Duty, seen: Seen, report: ReportStep) -> None:
        number = duty.round
        if duty.kind == DutyKind.KICK:
            report(kick_buyback(self._session, self._sender))
            return
        assert number is not None, "only the buyback has no round"
        match duty.kind:
            case DutyKind.MAKE_KEY:
                key = self._keyring.make(number)
                report(_told("make_key", f"Made the key of round {number}, 0x{key.public.hex()}.", number))
            case DutyKind.BACK_UP:
                key = self._prepared(number)
                self._keyring.back_up(number, key)
                report(_told("back_up", f"Wrote the key of round {number} to its second place.", number))
            case DutyKind.OPEN:
                report(self._open(number, seen))
            case DutyKind.HAND_OVER:
                key = self._key(number)
                publish_key(self._rounds.identity(number), key, self._recipients, self._store)
                count = len(self._recipients)
                text = f"Handed the key of round {number} to {count} {'key' if count == 1 else 'keys'}."
                report(_told("hand_over", text, number))
            case DutyKind.ENTER:
                report(enter_all(self._session, self._tournament, self._sender, number))
            case DutyKind.LIST:
                report(self._publish_list(number))
            case DutyKind.LOCK | DutyKind.PROPOSE | DutyKind.SETTLE | DutyKind.FREE:
                self._resolve(duty.kind, number, report)

    def _open(self, number: int, seen: Seen) -> StepTaken:
        rounds, key = self._rounds, self._prepared(number)
        # The file may have gone since it was read.
        if not self._keyring.is_backed_up(number, key):
            raise KeyLost(f"The key of round {number} is no longer in its second place.")
        slot = slot_at(self._season, seen.now, seen.opened_at)
        assert slot is not None, "a round opens at a slot"
        bounds, hour, now = rounds.bounds(), rounds.hour, rounds.now()
        ahead = hour // 30
        terms = self._season.terms.at(slot.at, key.public, bounds, hour=hour, now=now, ahead=ahead)
        check_terms(terms, bounds, hour=hour, now=now, ahead=ahead)
        contents = {url.rpartition("/")[2]: fetch(url) for url in self._urls(number, slot.day)}
        universe_of(contents[self._season.universe], self._season.universe)
        about = {"chain": rounds.chain_id, "tournament": rounds.address.lower(), "round": number}
        contents[ROUND_FILE] = canonical_json({**about, "terms": plain_terms(terms)})
        package = package_of_contents(contents)
        for content in (*contents.values(), package.manifest):
            self._store.put(content)
        sent = rounds.open_round(number, terms, package.digest)
        return _told("open", f"Opened round {number}, package 0x{package.digest.hex()}.", number, sent)

    def _urls(self, number: int, day: date) -> list[str]:
        return [fill_pattern(pattern, number, day) for pattern in self._season.files]

    def _publish_list(self, number: int) -> StepTaken:
        facts = self._rounds.at(self._safe_block()).facts(number)
        key, crew = self._key(number), self._crew
        listing = publish_opening(facts, self._universe(number), key, self._store, crew=crew)
        sent = self._rounds.publish_opened(number, listing.digest)
        counts = f"{len(listing.valid)} of {len(listing.entries)} submissions are valid"
        return _told("list", f"Published the opening list of round {number}: {counts}.", number, sent)

    def _universe(self, number: int) -> Universe:
        """A round's universe, from its package in the store.

        Raises:
            PackageLost: the store has it not.
        """
        name = self._season.universe
        try:
            package = read_package(self._rounds.package(number), self._store)
            digest = next((each.digest for each in package.files if each.name == name), None)
            if digest is None:
                raise PackageLost(f"The package of round {number} has no {name}.")
            return universe_of(self._store.get(digest, LARGEST_CANONICAL), name)
        except NotDelivered as error:
            raise PackageLost(f"The package of round {number} cannot be had: {error}") from None

    def _resolve(self, kind: DutyKind, number: int, report: ReportStep) -> None:
        def source() -> tuple[ScoresFile, bytes]:
            propose = kind == DutyKind.PROPOSE
            return self._score(number) if propose else stored_scores(self._rounds, number, self._store)

        try:
            resolve_step(self._rounds, number, None if kind == DutyKind.FREE else source, report)
        except RootVetoed:
            self._turned_down.add((number, self._fetched[number][0]))
            raise

    def _score(self, number: int) -> tuple[ScoresFile, bytes]:
        content = self._targets(number)
        if content is None or keccak(content) != self._fetched[number][0]:
            raise SourceError(f"The targets of round {number} have changed since they were fetched twice.")
        name = f"The targets of round {number}"
        scored = publish_scores(
            self._rounds.facts(number),
            lambda universe: targets_of(content, name, universe),
            self._key(number),
            self._store,
            crew=self._crew,
        )
        return scored.file, scored.evidence.digest

    @property
    def _sender(self) -> Signer:
        assert self._signer is not None, "who does something has an account"
        return self._signer

    def _prepared(self, number: int) -> PrivateKey:
        key = self._keyring.prepared(number)
        if key is None:
            raise KeyLost(f"The key that was made for round {number} is gone.")
        return key

    def _key(self, number: int) -> PrivateKey:
        return self._keyring.of(number, self._rounds.round(number).terms.sealing_key)


def _told(action: str, text: str, number: int, sent: Sent | None = None) -> StepTaken:
    facts: dict[str, str | int | bool] = {"action": action, "round": number}
    if sent is not None:
        facts |= {"transaction": sent.transaction, "gas": sent.gas}
    return StepTaken(text, facts)
