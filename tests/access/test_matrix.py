# SPDX-License-Identifier: MIT
"""Each cell of the matrix on the compiled contracts, against the declaration."""

from dataclasses import replace

import pytest
from eth_utils.crypto import keccak
from vyper.compiler.output import build_abi_output

from tests.access.belongings import offences
from tests.access.calls import ARGUMENTS
from tests.access.cells import SETTINGS, Cell, cells, state_of
from tests.access.page import PATH, page
from tests.access.rules import CALLERS, NOTHING, OWNER, RULES, SCENES, SILENT, STATES, VIEWS, Rule
from tests.access.scenes import REACH, ROUND, reach
from tests.access.trial import trial
from tests.access.world import Reply, World, world
from tests.stateful.chain import compiled
from tests.support.contracts import deployable_paths

EACH = [pytest.param(setting, id=str(setting), marks=pytest.mark.xdist_group(str(setting))) for setting in SETTINGS]


# the product


@pytest.mark.parametrize("setting", EACH)
def test_matrix__every_cell__comes_to_what_is_declared(setting, record_property):
    came = trial(setting)
    assert came.otherwise == []
    assert came.cells == sum(1 for _ in cells(setting)) > 0
    record_property("cells tried", came.cells)
    record_property("of these went through and did something", came.allowed)
    record_property("of these were called again", came.again)


@pytest.mark.parametrize("setting", EACH)
def test_matrix__whatever_goes_through__touches_nothing_of_anybody_else(setting):
    came = trial(setting)
    assert came.offences == []
    # So that there was something to look at.
    assert came.allowed > 0 or setting.home in ("Lens", "TermsCheck", "UniswapV2TwapFeed")


# that it is whole


@pytest.mark.parametrize("contract", RULES)
def test_rules__functions_of_the_abi__have_a_row_each(contract):
    changing, viewing = set(), set()
    for entry in build_abi_output(compiled(contract).compiler_data):
        if entry["type"] == "function":
            names = viewing if entry["stateMutability"] in ("view", "pure") else changing
            name = entry["name"]
            # The second of two of a name has one argument more.
            names.add(f"{name}+{entry['inputs'][-1]['name']}" if name in names else name)
    assert sorted(rule.function for rule in RULES[contract]) == sorted(changing)
    assert sorted(rule.function for rule in VIEWS[contract]) == sorted(viewing)
    assert set(ARGUMENTS.get(contract, ())) <= changing | viewing


def test_rules__deployable_contracts__are_all_there():
    sources = {path.stem for path in deployable_paths()}
    assert set(RULES) == set(VIEWS) == sources


def test_rules__every_function__goes_through_for_somebody_and_somewhere():
    allowed = {
        (cell.contract, cell.rule.function) for setting in SETTINGS for cell in cells(setting) if cell.wanted is None
    }
    rows = {(contract, rule.function) for table in (RULES, VIEWS) for contract in table for rule in table[contract]}
    assert rows - allowed == {("UniswapV2TwapFeed", "getRoundData")}


def test_rules__every_reason__is_told_to_somebody():
    told = {
        (cell.contract, cell.rule.function, cell.wanted)
        for setting in SETTINGS
        for cell in cells(setting)
        if cell.wanted is not None
    }
    for table in (RULES, VIEWS):
        for contract, rules in table.items():
            for rule in rules:
                assert {(contract, rule.function, check.reason) for check in rule.checks} <= told


def test_rules__refusals_without_a_reason__are_those_that_are_known():
    silent = {
        (cell.rule.function, cell.in_multicall)
        for setting in SETTINGS
        for cell in cells(setting)
        if cell.wanted == SILENT
    }
    assert silent == {
        ("take+data", False),
        *((name, True) for name in ("open_round", "set_bounds", "settle", "submit_signed")),
    }


# that the scenes are what they are called


def test_scenes__of_the_tournament__are_in_the_state_that_they_are_called_by():
    names = STATES
    here = world()
    for scene in SCENES["Tournament"]:
        with here.chain.anchor():
            reach(here, "Tournament", scene)
            state = here.chain.view(here["Tournament"], "state", ROUND)
            assert names[state.bit_length() - 1] == state_of(scene)
    assert {state_of(scene) for scene in SCENES["Tournament"]} == set(names)


def test_scenes__declared__can_all_be_reached():
    assert {contract: tuple(scenes) for contract, scenes in REACH.items()} == SCENES


# the comparison itself


def test_trial__a_rule_that_is_wrong__is_found(monkeypatch):
    [setting] = [setting for setting in SETTINGS if setting.home == "UniswapV2TwapFeed" and "younger" in setting.scene]
    lenient = {**RULES, "UniswapV2TwapFeed": (Rule("update"),)}
    monkeypatch.setattr("tests.access.cells.RULES", lenient)
    came = trial.__wrapped__(setting)
    assert len(came.otherwise) == len(CALLERS)
    assert came.otherwise[0] == "UniswapV2TwapFeed.update by owner: 'twap: window is not over' instead of allowed"


def test_trial__a_call_that_only_writes__is_not_taken_for_one_that_does_nothing(monkeypatch):
    [setting] = [setting for setting in SETTINGS if (setting.scene, setting.paused) == ("all NMR is reserved", False)]
    cell = next(cell for cell in cells(setting) if (cell.rule.function, cell.caller) == ("authorise", OWNER))
    monkeypatch.setattr("tests.access.trial.cells", lambda _: iter([replace(cell, wanted=NOTHING)]))
    selector = keccak(b"authorise(address,uint256,uint256,uint256)")[:4]

    def send(world: World, caller: str, contract: str, data: bytes, send=World.send) -> Reply:
        reply = send(world, caller, contract, data)
        # What logs is taken for what does not.
        return reply._replace(reason=NOTHING) if data.startswith(selector) else reply

    monkeypatch.setattr(World, "send", send)
    assert trial.__wrapped__(setting).otherwise == ["Treasury.authorise by owner: changes storage"]


def test_trial__a_call_that_takes_from_another__is_found(monkeypatch):
    """What the model owner itself does is an offence if it is taken for a stranger's."""
    [setting] = [setting for setting in SETTINGS if (setting.scene, setting.paused) == ("OPEN", False)]
    own = {"withdraw", "set_policy", "leave", "set_submitter", "offer_model", "move_idle", "stake"}
    only_own = [
        cell
        for cell in cells(setting)
        if cell.rule.function in own and cell.caller == "model owner" and not cell.in_multicall
    ]
    monkeypatch.setattr("tests.access.trial.cells", lambda _: iter(only_own))
    monkeypatch.setattr("tests.access.trial.offences", lambda b, a, w, _, f: offences(b, a, w, "stranger", f))
    came = trial.__wrapped__(setting)
    assert came.otherwise == []
    assert {offence.partition(" by ")[0].partition(".")[2] for offence in came.offences} == own


# the page


def test_page__docs__are_what_the_declaration_says():
    assert PATH.read_text() == page(), "docs/access.md is stale: run `python -m tests.access.page`"


def test_cell__says_who_calls_what_and_how():
    cell = Cell("Tournament", Rule("lock"), "stranger", "ENDED", None, in_multicall=True)
    assert str(cell) == "Tournament.lock by stranger in a multicall"
