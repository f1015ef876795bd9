# SPDX-License-Identifier: MIT
"""The loop of a service: it goes on whatever fails, tells it once, and ends when it was asked to."""

import pytest

from nmr.chain.node import NodeUnreachable
from nmr.errors import NmrError
from nmr.operate.alarms import Alarm
from nmr.operate.duties import Duty, DutyKind, Plan, Wait
from nmr.operate.loop import Loop, Ways
from nmr.operate.season import Alerts
from nmr.operate.telling import NotTold
from nmr.operate.working import MOST_STEPS, Endless, Pass, Trouble, work
from nmr.rounds.resolution import StepTaken

NOW = 1_800_000_000
IDLE = Pass(NOW, Plan((), ()))
LOCK = Duty(DutyKind.LOCK, 5, NOW + 60)
LIST = Duty(DutyKind.LIST, 5, NOW + 60)


class Stage:
    """A loop over looks that were chosen before, and what it said and told."""

    def __init__(self, *looks: Pass | NmrError, untold: bool = False, repeat: int = 600) -> None:
        self.looks = list(looks)
        self.said: list[str] = []
        self.told: list[Alarm] = []
        self.slept: list[float] = []
        self.seen: list[Pass | None] = []
        self.untold = untold
        self.loop = Loop(
            Alerts(within=3_600, repeat=repeat),
            self.run,
            self,
            self.tell,
            clock=lambda: sum(self.slept),
            sleep=self.slept.append,
            seen=self.seen.append,
        )

    def run(self, report):
        look = self.looks.pop(0)
        if isinstance(look, NmrError):
            raise look
        for number in range(look.done):
            report(StepTaken(f"Step {number}.", {"gas": 100}))
        return look

    def tell(self, what, text=None, **facts):
        """Both the log's and what tells alarms."""
        if text is not None:
            self.said.append(f"{what}: {text}")
        elif self.untold:
            raise NotTold("The hook does not answer.")
        else:
            self.told.append(what)


def ways(**changes) -> Ways:
    return Ways(**{"once": False, "until": None, "poll": 12.0} | changes)


def test_loop__node_is_gone_for_a_day__tells_it_again_only_after_a_while_and_goes_on():
    gone = NodeUnreachable("No node answers at http://node.example.")
    stage = Stage(*[gone] * 7_200, Pass(NOW, Plan((), ()), over=True), repeat=3_600)

    assert stage.loop.run(ways())

    assert stage.slept == [12.0] * 7_200
    assert len(stage.told) == 24
    assert {alarm.text for alarm in stage.told} == {"Nothing can be read: No node answers at http://node.example."}
    assert stage.seen.count(None) == 7_200


def test_loop__something_waits__says_it_once_and_again_when_it_comes_back():
    waits = Pass(NOW, Plan((), (Wait(LIST, "The block of the lock is not final yet"),)))
    stage = Stage(waits, waits, IDLE, waits, Pass(NOW, Plan((), ()), over=True))

    stage.loop.run(ways())

    line = "waits: round 5: publish the opening list (1m left): The block of the lock is not final yet."
    assert [said for said in stage.said if said.startswith("waits")] == [line, line]


@pytest.mark.parametrize(
    ("look", "finished"),
    [
        (IDLE, True),
        (Pass(NOW, Plan((LOCK,), ()), (Trouble(LOCK, "The disk is full."),)), False),
        (Pass(NOW, Plan((), ()), alarms=(Alarm("round 5: wrong root", "WRONG."),)), False),
        (NodeUnreachable("No node answers."), False),
    ],
)
def test_loop__once__ends_after_one_look_and_says_whether_something_is_left(look, finished):
    stage = Stage(look)

    assert stage.loop.run(ways(once=True)) == finished
    assert stage.slept == []
    assert bool(stage.told) != finished


def test_loop__once_and_another_look_brings_more__looks_again():
    stage = Stage(Pass(NOW, Plan((), ()), again=60.0), IDLE)

    assert stage.loop.run(ways(once=True))
    assert stage.slept == [60.0]


def test_loop__until_a_moment__ends_there():
    stage = Stage(IDLE, Pass(NOW + 12, Plan((), ())))

    assert stage.loop.run(ways(until=NOW + 1))
    assert stage.slept == [12.0]


def test_loop__nobody_hears_an_alarm__says_so_and_goes_on():
    stage = Stage(NodeUnreachable("No node answers."), Pass(NOW, Plan((), ()), over=True), untold=True)

    assert stage.loop.run(ways())
    assert "untold: Nobody was told: The hook does not answer." in stage.said


def test_loop__steps_of_a_look__are_said_and_their_gas_is_counted():
    stage = Stage(Pass(NOW, Plan((), ()), done=2, over=True))

    stage.loop.run(ways())

    assert stage.said[:2] == ["done: Step 0.", "done: Step 1."]
    assert stage.seen[0].gas == 200


def test_work__duty_fails__does_the_others_and_gives_why():
    left, tried = [LOCK, LIST], []

    def do(duty, seen):
        tried.append(duty)
        if duty is LOCK:
            raise NotTold("The disk is full.")
        left.remove(duty)

    _, due, troubles, done = work(lambda: (None, Plan(tuple(left), ())), do)

    assert tried == [LOCK, LIST]
    assert troubles == (Trouble(LOCK, "The disk is full."),)
    assert (due.duties, done) == ((LOCK,), 1)


def test_work__somebody_else_did_it_first__is_no_trouble():
    left = [LOCK]

    def do(duty, seen):
        left.clear()
        raise NotTold("rounds: not ended")

    _, due, troubles, done = work(lambda: (None, Plan(tuple(left), ())), do)

    assert (due.duties, troubles, done) == ((), (), 0)


def test_work__stays_due_although_it_was_done__ends():
    with pytest.raises(Endless, match=f"{MOST_STEPS:,} times"):
        work(lambda: (None, Plan((LOCK,), ())), lambda duty, seen: None)
