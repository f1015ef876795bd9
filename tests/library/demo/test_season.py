# SPDX-License-Identifier: MIT
"""Seasons of several tournaments on one chain: the same days for all, and what has to hold of each and of all."""

from types import SimpleNamespace

import pytest

from demo.cast import Entrant
from demo.checks import check_seasons
from demo.results import ModelResult, RoundResult, SeasonResult
from demo.season import RING, WEEK, play
from nmr.deploy.suite import DAY, Deployed, Suite
from nmr.protocol.reference.rounds import State
from nmr.text.amounts import FACTOR, NMR, SUPPLY

START = 1_000


class NotedSeason:
    """Notes what it is told, and when."""

    def __init__(self, name, clock, noted):
        self._name = name
        self._clock = clock
        self._noted = noted

    def __getattr__(self, method):
        def note(*arguments, **named):
            self._noted.append((self._clock.pending_timestamp - START, method, self._name, *arguments, *named.values()))

        return note


def test_play__two_seasons__open_lock_and_end_on_the_same_days():
    clock, noted, announced = SimpleNamespace(pending_timestamp=START), [], []
    seasons = [NotedSeason(name, clock, noted) for name in ("one", "two")]
    play(seasons, clock, 2, lambda week, at: noted.append((at - START, "beside", week)), announced.append)
    week = [
        [
            *((first, "open", name, number, START + first, number == 1) for name in ("one", "two")),
            *((first + DAY, "lock", name, number) for name in ("one", "two")),
            (first + 3 * DAY, "beside", number),
            *((first + DAY, "look", name, number) for name in ("one", "two")),
        ]
        for number, first in enumerate((0, WEEK))
    ]
    end = 2 * WEEK
    assert noted == [
        *week[0],
        *week[1],
        *((end + DAY, "propose", name, 1) for name in ("one", "two")),
        *((end + 4 * DAY, "settle", name, 2) for name in ("one", "two")),
        # What the lens says of the suite is noted when all have settled and before anybody leaves.
        *((end + 4 * DAY, "look", name, 2) for name in ("one", "two")),
        *((end + 4 * DAY, "leave", name) for name in ("one", "two")),
    ]
    assert announced == ["round 1 of 2", "round 2 of 2", "the last settlements and all withdrawals"]


# what has to hold

RESERVE, BOUGHT = 100 * NMR, 7 * NMR


def made(rewards, burns):
    """A season of one model and one round, and the tournament as it left it."""
    entrant = Entrant("ridge", "compound", 0, forgetful=False, tardy=False)
    model = ModelResult(entrant, deposited=NMR, rewards=rewards, burns=burns, withdrawn=NMR + rewards - burns)
    verification = SimpleNamespace(agrees=True)
    season = SeasonResult([model], [RoundResult(0, 0, NMR, FACTOR, 1, 1, 0.1, 0, 0, 1, "settled", verification)])
    tournament = SimpleNamespace(
        FIRST_ROUND=lambda: 0,
        last_opened=lambda: 0,
        model_count=lambda: 1,
        RING=lambda: RING,
        staked=lambda number: 0,
        idle_total=lambda: 0,
        state=lambda number: State.CLOSED,
    )
    return season, tournament


def found(change=lambda stage: None):
    """The numbers of the checks that do not hold after a change."""
    stage = SimpleNamespace(
        one=made(3, 2), two=made(50, 40), supply=SUPPLY - 42, treasury=RESERVE - 53 + BOUGHT, reserved=0
    )
    change(stage)
    token = SimpleNamespace(
        totalSupply=lambda: stage.supply,
        balanceOf=lambda owner: stage.treasury if owner is treasury else 0,
    )
    treasury = SimpleNamespace(reserved=lambda: stage.reserved)
    parts = {"numeraire": token, "treasury": treasury, "one": stage.one[1], "two": stage.two[1]}
    suite = Suite(
        {name: Deployed("Tournament" if name in ("one", "two") else name, handle, ()) for name, handle in parts.items()}
    )
    checks = check_seasons(suite, {"one": stage.one[0], "two": stage.two[0]}, RESERVE, BOUGHT)
    assert [check.statement.split(": ")[0] for check in checks[3:]] == ["one"] * 4 + ["two"] * 4
    return [number for number, check in enumerate(checks) if not check.holds]


def test_check_seasons__two_tournaments__all_holds_of_each_and_of_both():
    assert found() == []


@pytest.mark.parametrize(
    ("change", "number"),
    [
        (lambda stage: setattr(stage, "supply", stage.supply - 1), 0),
        (lambda stage: setattr(stage, "treasury", stage.treasury - 1), 1),
        (lambda stage: setattr(stage, "reserved", 1), 2),
        (lambda stage: setattr(stage.one[1], "idle_total", lambda: 1), 3),
        (lambda stage: setattr(stage.two[1], "staked", lambda number: number == 2 * RING), 7),
        (lambda stage: setattr(stage.two[1], "state", lambda number: State.LOCKED), 8),
        (lambda stage: setattr(stage.two[0].models[0], "withdrawn", 0), 9),
        (lambda stage: setattr(stage.two[0].rounds[0].verification, "agrees", False), 10),
    ],
)
def test_check_seasons__one_thing_is_wrong__that_check_fails(change, number):
    assert found(change) == [number]


def test_check_seasons__one_tournament__is_not_named():
    season, tournament = made(3, 2)
    token = SimpleNamespace(totalSupply=lambda: SUPPLY - 2, balanceOf=lambda owner: 0)
    treasury = SimpleNamespace(reserved=lambda: 0)
    suite = Suite(
        {
            name: Deployed(contract, handle, ())
            for name, contract, handle in (
                ("numeraire", "Numeraire", token),
                ("treasury", "Treasury", treasury),
                ("classic", "Tournament", tournament),
            )
        }
    )
    statements = [check.statement for check in check_seasons(suite, {"classic": season}, 3, 0)]
    assert statements[3] == "escrow holds 0 NMR = idle + at stake"
    assert "1 of 1 rounds are closed" in statements
