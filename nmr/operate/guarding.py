# SPDX-License-Identifier: MIT
"""The guardian's half: each proposed root computed once more within its window, without any key of the operator's."""

from collections.abc import Iterator
from dataclasses import dataclass
from string import Formatter
from typing import Final

from nmr.client.rounds import Rounds
from nmr.errors import NmrError
from nmr.operate.alarms import Alarm
from nmr.operate.duties import Duty, DutyKind, Plan, Wait
from nmr.operate.sources import fetch
from nmr.operate.working import Pass, ReportStep, Trouble
from nmr.protocol.reference.rounds import State
from nmr.rounds.resolution import StepTaken
from nmr.rounds.status import RoundView, view_round
from nmr.sealing.crew import Crew
from nmr.sealing.keys import PrivateKey
from nmr.sealing.publishing import published_key, published_opening
from nmr.sealing.store import Store
from nmr.sealing.tables import LARGEST_CANONICAL, targets_of
from nmr.sealing.verify import verify_round
from nmr.text.times import format_duration

SHOWN: Final = 3
"""Findings that an alarm repeats."""


@dataclass(frozen=True)
class Verdict:
    """What a root was found to be.

    Attributes:
        findings: what is wrong with it, as sentences; empty if nothing is.
        own: whether it was compared with targets of one's own.
    """

    findings: tuple[str, ...]
    own: bool

    @property
    def wrong(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.findings)

    @property
    def told(self) -> str:
        """The findings, as far as an alarm repeats them."""
        more = len(self.findings) - SHOWN
        return " ".join(self.findings[:SHOWN]) + (f" And {more} more." if more > 0 else "")


class Guard:
    """Checks the rounds of a tournament."""

    def __init__(
        self,
        rounds: Rounds,
        store: Store,
        own: PrivateKey,
        *,
        targets: str | None = None,
        veto: bool = False,
        crew: Crew | None = None,
    ) -> None:
        """
        Args:
            rounds: of the tournament; with a sender if it is to veto.
            store: where the rounds' files are.
            own: the key to which the rounds' keys are handed over.
            targets: a pattern of a path or URL of the outcomes as the guardian knows them, with `{round}` in it; None
                to take the operator's.
            veto: whether a root that is found wrong is vetoed.
            crew: who looks at predictions and computes scores; this process if left out.
        """
        self._rounds = rounds
        self._store = store
        self._own = own
        self._targets = targets
        self._veto = veto
        self._crew = crew
        self._verdicts: dict[tuple[int, bytes, bytes], Verdict] = {}
        """By round, root and evidence."""

    def run(self, report: ReportStep) -> Pass:
        """Check each root that can still be vetoed.

        Args:
            report: told each verdict, and each veto.

        Raises:
            NmrError: the node does not answer.
        """
        rounds = self._rounds
        rounds.refresh()
        troubles, waits, alarms, done = [], [], [], 0
        for view in self._proposed():
            duty = Duty(DutyKind.CHECK, view.id, view.info.final_at)
            try:
                verdict = self._judge(view, report)
            except NmrError as error:
                waits.append(Wait(duty, f"Its root cannot be checked: {str(error).removesuffix('.')}"))
                continue
            if not verdict.wrong:
                continue
            alarms.append(_alarm(view, verdict))
            if self._veto:
                try:
                    sent = rounds.veto(view.id, view.info.root)
                except NmrError as error:
                    troubles.append(Trouble(duty, f"Its root cannot be vetoed: {error}"))
                    continue
                done += 1
                facts: dict[str, str | int | bool] = {"action": "veto", "round": view.id}
                text = f"Vetoed root 0x{view.info.root.hex()} of round {view.id}."
                report(StepTaken(text, {**facts, "transaction": sent.transaction, "gas": sent.gas}))
        return Pass(rounds.now(), Plan((), tuple(waits)), tuple(troubles), done, alarms=tuple(alarms))

    def _proposed(self) -> Iterator[RoundView]:
        """The rounds whose root can still be vetoed."""
        for number in self._rounds.recent():
            view = view_round(self._rounds, number)
            if view.state == State.PROPOSED:
                yield view

    def _judge(self, view: RoundView, report: ReportStep) -> Verdict:
        key = (view.id, view.info.root, view.info.evidence)
        if key not in self._verdicts:
            self._verdicts[key] = verdict = self._verify(view.id)
            compared = "the guardian's own targets" if verdict.own else "the operator's targets"
            said = f"WRONG. {verdict.told}" if verdict.wrong else "right."
            text = f"Round {view.id}, root 0x{view.info.root.hex()}, by {compared}: {said}"
            report(StepTaken(text, {"action": "check", "round": view.id, "right": not verdict.wrong}))
        return self._verdicts[key]

    def _verify(self, number: int) -> Verdict:
        facts = self._rounds.facts(number)
        key = published_key(facts, self._own, self._store)
        outcome = None
        if self._targets is not None:
            _, universe = published_opening(facts, self._store)
            content = fetch(self._targets.format(round=number), LARGEST_CANONICAL)
            outcome = targets_of(content, f"The guardian's targets of round {number}", universe)
        found = verify_round(facts, self._store, key, targets=outcome, crew=self._crew)
        return Verdict(found.findings, outcome is not None)


def check_targets(pattern: str) -> bool:
    """Whether a pattern has `{round}` in braces, and nothing else."""
    try:
        return all(name in (None, "round") and not form for _, name, form, _ in Formatter().parse(pattern))
    except ValueError:
        return False


def _alarm(view: RoundView, verdict: Verdict) -> Alarm:
    left = view.info.final_at - view.now
    text = f"Round {view.id} has a WRONG root, which becomes final in {format_duration(left)}. {verdict.told}"
    return Alarm(f"round {view.id}: wrong root", text, view.id, view.info.final_at, left)
