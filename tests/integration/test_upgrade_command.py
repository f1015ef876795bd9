# SPDX-License-Identifier: MIT
"""`ape run stake upgrade`: models that move to another tournament of the suite, as far as it goes."""

import json
from dataclasses import replace

import pytest

from nmr.ape.project import ApeDeployer, record_of
from nmr.deploy.local import STAKERS, local_parameters
from nmr.deploy.record import record_path, write_record
from nmr.deploy.suite import deploy_suite
from nmr.text.amounts import NMR
from tests.integration.round_walk import RoundWalk

STAKER = "TEST::4"
ZERO = "0x" + "0" * 40
COUNT = 64


@pytest.fixture(scope="module")
def deployment(project, accounts):
    """A suite with the tournaments `classic` and `next`, and its record."""
    parameters = local_parameters([account.address for account in accounts])
    classic = parameters.tournaments["classic"]
    deployer = ApeDeployer(project, accounts[0])
    suite = deploy_suite(deployer, replace(parameters, tournaments={"classic": classic, "next": classic}))
    return suite, record_of(suite, project, deployer)


@pytest.fixture
def suite(deployment, records):
    suite, record = deployment
    write_record(record, record_path(records, record.ecosystem, record.network))
    return suite


@pytest.fixture
def staker(accounts):
    return accounts[STAKERS[0]]


@pytest.fixture
def old(suite, staker):
    """The old tournament, with models 0 and 1 of the staker at targets of 50 and 100 NMR idle each."""
    tournament = suite.tournaments["classic"]
    suite.numeraire.approve(tournament, 10_000 * NMR, sender=staker)
    for model in range(2):
        tournament.register(f"model {model}", ZERO, sender=staker)
        tournament.deposit(model, 100 * NMR, staker, sender=staker)
        tournament.set_policy(model, 50 * NMR, model == 1, sender=staker)
    return tournament


@pytest.fixture
def upgrade(run):
    def call(*models, code=0):
        arguments = ("--tournament", "classic", "--into", "next", "--account", STAKER, "--json")
        result = run("stake", "upgrade", *models, *arguments)
        assert result.exit_code == code, result.stderr
        return json.loads(result.stdout)

    return call


def test_upgrade__stakes_that_can_be_left__move_at_once(suite, old, upgrade, accounts, chain, staker):
    walk = RoundWalk(old, accounts, chain)
    walk.open()
    old.enter([0], sender=staker)
    moved = upgrade("0-1")["models"]
    assert [(each["model"], each["into"], each["amount"], each["locked"]) for each in moved] == [
        (0, 0, "100", "0"),
        (1, 1, "100", "0"),
    ]
    following = suite.tournaments["next"]
    assert [following.owner_of(model) for model in range(2)] == [staker.address] * 2
    assert [tuple(suite.lens.policy_of(following, model)) for model in range(2)] == [
        (50 * NMR, False),
        (50 * NMR, True),
    ]
    assert [suite.lens.idle_of(following, model) for model in range(2)] == [100 * NMR] * 2
    assert suite.numeraire.balanceOf(old) == 0


def test_upgrade__locked_stakes__move_when_they_have_settled(suite, old, upgrade, accounts, chain, staker):
    walk = RoundWalk(old, accounts, chain)
    number = walk.open()
    old.enter([0], sender=staker)
    walk.lock(number)
    moved = upgrade("0-1")["models"]
    assert [(each["amount"], each["locked"]) for each in moved] == [("50", "50")] * 2
    walk.settle(number, walk.finalise(number, {0: (0, 0), 1: (0, 0)}))
    moved = upgrade("0-1")["models"]
    assert [(each["into"], each["amount"], each["locked"]) for each in moved] == [(0, "50", "0"), (1, "50", "0")]
    assert suite.numeraire.balanceOf(old) == 0
    assert suite.tournaments["next"].model_count() == 2


def test_upgrade__interrupted_before_the_deposit__names_what_is_in_the_wallet(suite, old, upgrade, staker):
    old.withdraw(0, 7 * NMR, staker, sender=staker)
    done = upgrade("0-1")
    assert [(each["amount"], each["in_wallet"]) for each in done["models"]] == [("93", "7"), ("100", "0")]
    (note,) = done["notes"]
    assert note == (
        "In the last 24 hours more was withdrawn here than deposited there. If the command was interrupted, go on "
        "with: nmr stake deposit 0=7 --tournament next --account TEST::4"
    )
    # What the command itself withdrew and deposited is not missing.
    suite.numeraire.approve(suite.tournaments["next"], 7 * NMR, sender=staker)
    suite.tournaments["next"].deposit(0, 7 * NMR, staker, sender=staker)
    done = upgrade("0-1")
    assert (done["notes"], [each["in_wallet"] for each in done["models"]]) == ([], ["0", "0"])


def test_upgrade__somebody_elses_model__is_refused(old, upgrade, accounts):
    old.register("rival", ZERO, sender=accounts[5])
    assert upgrade("0-2", code=1)["error"] == "Model 2: only the owner moves a model."


def test_upgrade__the_same_tournament__is_refused(old, run):
    result = run("stake", "upgrade", "0", "--tournament", "next", "--into", "next", "--account", STAKER)
    assert (result.exit_code, "are in next already" in result.stderr) == (2, True)


def test_upgrade__many_models__gas_a_model(suite, upgrade, staker):
    tournament = suite.tournaments["classic"]
    suite.numeraire.approve(tournament, 10_000 * NMR, sender=staker)
    first = tournament.model_count()
    encoded = tournament.register.encode_input
    tournament.multicall([encoded(f"many {model}", ZERO) for model in range(COUNT)], sender=staker)
    encoded = tournament.deposit.encode_input
    tournament.multicall([encoded(first + model, NMR, staker) for model in range(COUNT)], sender=staker)
    encoded = tournament.set_policy.encode_input
    tournament.multicall([encoded(first + model, NMR, True) for model in range(COUNT)], sender=staker)
    done = upgrade(f"{first}-{first + COUNT - 1}")
    assert {each["amount"] for each in done["models"]} == {"1"}
    print("gas a model", done["gas"] // COUNT)
    assert done["gas"] // COUNT < 200_000
