# SPDX-License-Identifier: MIT
"""A role that passes on passes on whole: who had it is told what a stranger is told, who has it now gets through."""

from typing import NamedTuple

import pytest

from tests.access import calls, rules
from tests.access.cells import SETTINGS, Setting
from tests.access.rules import DEPLOYER, RULES, STRANGER, expected
from tests.access.scenes import pause, reach
from tests.access.world import DELAY, world


class Passing(NamedTuple):
    """A role of a contract, who hands it over and how, and to whom."""

    contract: str
    role: str
    by: str
    function: str
    models: tuple[int, ...]
    to: str


PASSING = (
    *(
        Passing(contract, rules.OWNER, rules.NEXT_OWNER, "accept_ownership", (), rules.NEXT_OWNER)
        for contract in ("Tournament", "Treasury", "Buyback")
    ),
    Passing("Tournament", rules.OPERATOR, rules.OWNER, "set_operator", (), DEPLOYER),
    Passing("Tournament", rules.GUARDIAN, rules.OWNER, "set_guardian", (), DEPLOYER),
    Passing("Buyback", rules.BUYBACK_GUARDIAN, rules.OWNER, "set_guardian", (), DEPLOYER),
    Passing("Tournament", rules.SUBMITTER, rules.MODEL_OWNER, "set_submitter", (0,), DEPLOYER),
    Passing("Tournament", rules.MODEL_OWNER, rules.NEXT_MODEL_OWNER, "accept_model", (0,), rules.NEXT_MODEL_OWNER),
)


def first_settings(contract: str, role: str) -> dict[Setting, list[str]]:
    """The functions that the role gets through and a stranger does not, by the first setting where that is so."""
    found: dict[Setting, list[str]] = {}
    for rule in RULES[contract]:
        for setting in SETTINGS:
            if setting.home != contract:
                continue
            came = [expected(rule, caller, setting.scene, setting.paused) for caller in (role, STRANGER)]
            if came[0] is None and came[1] is not None:
                found.setdefault(setting, []).append(rule.function)
                break
    return found


def hand_over(here, passing: Passing) -> None:
    address = () if passing.function.startswith("accept") else (here.who[passing.to],)
    here.do(passing.by, passing.contract, passing.function, *passing.models, *address)


def reason_of(here, contract: str, function: str, caller: str, scene: str) -> str | None:
    data = calls.data(here, contract, function, caller, scene)
    with here.chain.anchor():
        return here.send(caller, contract, data).reason


@pytest.mark.parametrize("passing", PASSING, ids=lambda passing: f"{passing.contract}: {passing.role}")
def test_role__passed_on__is_the_new_ones_alone(passing):
    here, contract = world(), passing.contract
    tried = first_settings(contract, passing.role)
    assert tried
    for setting, functions in tried.items():
        with here.chain.anchor():
            reach(here, contract, setting.scene)
            if setting.paused:
                pause(here, contract)
            for function in functions:
                assert reason_of(here, contract, function, passing.role, setting.scene) is None
            hand_over(here, passing)
            for function in functions:
                strangers, before, now = (
                    reason_of(here, contract, function, caller, setting.scene)
                    for caller in (STRANGER, passing.role, passing.to)
                )
                assert strangers and before == strangers, function
                # The other of its two models has not passed on.
                assert now == ("models: not the owner" if function == "move_idle" else None), function


def test_model__accepted__leaves_the_old_submitter_nothing():
    here = world()
    with here.chain.anchor():
        reach(here, "Tournament", rules.OPEN)
        assert reason_of(here, "Tournament", "submit", rules.SUBMITTER, rules.OPEN) is None
        here.do(rules.NEXT_MODEL_OWNER, "Tournament", "accept_model", 0)
        assert reason_of(here, "Tournament", "submit", rules.SUBMITTER, rules.OPEN) == "submissions: not the submitter"


@pytest.mark.parametrize(
    ("name", "role", "function", "scene"),
    [
        ("PROPOSER_ROLE", rules.PROPOSER, "schedule", rules.UNSET),
        ("CANCELLER_ROLE", rules.CANCELLER, "cancel", rules.READY),
        ("EXECUTOR_ROLE", rules.EXECUTOR, "execute", rules.READY),
    ],
)
def test_timelock_role__granted_and_revoked__passes_on(name, role, function, scene):
    here = world()
    with here.chain.anchor():
        reach(here, "Timelock", scene)
        identifier = here.chain.view(here["Timelock"], name)
        missing = "access_control: account is missing role"
        assert reason_of(here, "Timelock", function, role, scene) is None
        assert reason_of(here, "Timelock", function, DEPLOYER, scene) == missing
        here.do(rules.OWNER, "Timelock", "grantRole", identifier, here.who[DEPLOYER])
        here.do(rules.OWNER, "Timelock", "revokeRole", identifier, here.who[role])
        assert reason_of(here, "Timelock", function, role, scene) == missing
        assert reason_of(here, "Timelock", function, DEPLOYER, scene) is None


def test_treasury__cap_taken_back__reserves_nothing_more_and_leaves_what_is_reserved():
    here = world()
    with here.chain.anchor():
        here.do(rules.OWNER, "Treasury", "authorise", here.who[rules.TOURNAMENT], 0, 0, 0)
        came = [
            reason_of(here, "Treasury", function, rules.TOURNAMENT, rules.SOME_FREE)
            for function in ("reserve", "draw", "release")
        ]
        assert came == [rules.NOTHING, None, None]


def test_timelock__its_only_executor_gone__nobody_acts_as_owner_any_more_and_stakes_leave():
    here = world()
    with here.chain.anchor():
        reach(here, "Tournament", rules.OPEN)
        role = here.chain.view(here["Timelock"], "EXECUTOR_ROLE")
        here.do(rules.EXECUTOR, "Timelock", "renounceRole", role, here.who[rules.EXECUTOR])
        for caller in rules.CALLERS:
            came = {reason_of(here, "Timelock", name, caller, rules.READY) for name in ("execute", "execute_batch")}
            assert came == {"access_control: account is missing role"}
        came = {
            name: reason_of(here, "Tournament", name, rules.MODEL_OWNER, rules.OPEN) for name in ("leave", "withdraw")
        }
        assert came == {"leave": None, "withdraw": None}


def test_timelock__a_canceller__cancels_its_own_removal():
    here = world()
    with here.chain.anchor():
        role = here.chain.view(here["Timelock"], "CANCELLER_ROLE")
        removal = here.data("Timelock", "revokeRole", (role, here.who[rules.CANCELLER]))
        operation = (here.address("Timelock"), 0, removal, bytes(32), bytes(32))
        here.do(rules.PROPOSER, "Timelock", "schedule", *operation, DELAY)
        identifier = here.chain.view(here["Timelock"], "hash_operation", *operation)
        here.do(rules.CANCELLER, "Timelock", "cancel", identifier)
        here.wait(DELAY)
        reply = here.send(rules.EXECUTOR, "Timelock", here.data("Timelock", "execute", operation))
        assert reply.reason == "timelock_controller: operation is not ready"
