# SPDX-License-Identifier: MIT
"""The buyback's owner is a timelock with a delay, on a live anvil: scheduled by one, executed by another after it."""

import re
from importlib import import_module

import pytest
from eth_utils.address import to_checksum_address

from nmr.ape.buyback_setup import LOCAL_PROGRAMME
from nmr.deploy.anvil import Anvil, find_anvil
from tests.integration.conftest import PROJECT
from tests.integration.killing import Stage

PROPOSER, EXECUTOR, KEEPER = "TEST::3", "TEST::6", "TEST::4"
DELAY = 600
CYCLE = LOCAL_PROGRAMME.length + LOCAL_PROGRAMME.gap
PLACES = {
    'delay = "42d"': f'delay = "{DELAY}s"',
    'proposers = ["0x70997970C51812dc3A010C7d01b50e0d17dc79C8"]': "proposers = [{3}]",
    'executors = ["0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"]': (
        "executors = [{3}, {6}]"
    ),
    "0x90F79bf6EB2c4f870365E785982E1f101E93b906 =": "{10} =",
    '"0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"': "{1}",
    '"0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc"': "{2}",
}
"""What the example of a deployment's parameters has, and the devnet's accounts instead."""


class Owner:
    """The commands of the buyback, and the chain's time."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def say(self, code: int, *arguments: object) -> str:
        """What a command says that ends with a code."""
        outcome = self.stage.do("buyback", *arguments, code=code)
        return (outcome.stdout if code == 0 else outcome.stderr).strip().splitlines()[-1]

    def sends(self, count: int, code: int, *arguments: object) -> str:
        """The same, of a command that sends so many transactions."""
        before = self.stage.node.number("eth_blockNumber")
        said = self.say(code, *arguments)
        assert self.stage.node.number("eth_blockNumber") - before == count, said
        return said

    def wait(self, seconds: int) -> None:
        """Let the next block but one be so much later."""
        latest = self.stage.node.ask("eth_getBlockByNumber", "latest", False)
        self.stage.until(int(latest["timestamp"], 16) + seconds)

    @property
    def allowed(self) -> int:
        """What the buyback may draw, in whole dollars."""
        [found] = re.findall(r"of which \$([\d,]+)\.00 allowed", self.stage.do("buyback", "status").stdout)
        return int(found.replace(",", ""))


@pytest.fixture(scope="module")
def bought(project, tmp_path_factory):
    """A suite whose timelock has a delay, and a buyback that it has not allowed anything yet."""
    for script in ("audit", "buyback", "deploy"):
        import_module(f"scripts.{script}")
    folder = tmp_path_factory.mktemp("delay")
    with Anvil(find_anvil(PROJECT)) as anvil:
        accounts = [f'"{to_checksum_address(address)}"' for address in anvil.node.ask("eth_accounts")]
        text = (PROJECT / "docs" / "deployment.example.toml").read_text()
        for old, new in PLACES.items():
            assert text.count(old) == 1
            text = text.replace(old, new.format(*accounts))
        (folder / "parameters.toml").write_text(text)
        stage = Stage(anvil, folder)
        stage.do("deploy", "--parameters", folder / "parameters.toml")
        owner = Owner(stage)
        assert owner.sends(12, 4, "local").startswith("Error: Scheduled in the timelock: type this again from ")
        yield owner


@pytest.fixture
def owner(bought):
    with bought.stage.undone():
        yield bought


@pytest.fixture
def allowed(owner):
    """The delay is over, and the executor has allowed it what it may spend."""
    owner.wait(DELAY)
    assert owner.sends(1, 0, "allow", "--account", EXECUTOR) == "The buyback may draw $1,000,000.00 of the treasury."
    return owner


def test_allow__before_the_delay_is_over__sends_nothing_and_says_when(owner):
    for _ in range(2):
        said = owner.sends(0, 4, "allow", "--account", EXECUTOR)
        assert said.startswith("Error: Scheduled in the timelock: type this again from ")
    assert owner.sends(0, 4, "local") == said
    assert owner.allowed == 0


def test_allow__delay_is_over__is_executed_once(allowed):
    assert allowed.allowed == 1_000_000
    assert allowed.sends(0, 0, "allow", "--account", EXECUTOR).startswith("The buyback may draw $1,000,000.00")
    assert allowed.sends(1, 0, "kick", "--account", KEEPER).startswith("Kicked lot 1: $10,000.00 ")


def test_local__delay_is_over__goes_on_where_it_was(owner):
    owner.wait(DELAY)
    assert owner.sends(1, 0, "local") == "It may draw $1,000,000.00 of the treasury."
    assert owner.allowed == 1_000_000


def test_allow__account_without_the_role__is_refused(allowed):
    refusal = "Error: The contract refuses: access_control: account is missing role."
    assert allowed.sends(0, 1, "allow", "--amount", 5, "--account", EXECUTOR) == refusal
    allowed.sends(1, 4, "allow", "--amount", 5, "--account", PROPOSER)
    allowed.wait(DELAY)
    assert allowed.sends(0, 1, "allow", "--amount", 5, "--account", KEEPER) == refusal


def test_allow__used_up_meanwhile__is_executed_and_not_scheduled_anew(allowed):
    allowed.sends(1, 4, "allow", "--amount", 10_000, "--account", PROPOSER)
    allowed.wait(DELAY)
    allowed.sends(1, 0, "allow", "--amount", 10_000, "--account", EXECUTOR)
    allowed.sends(1, 4, "allow", "--amount", 20_000, "--account", PROPOSER)
    allowed.sends(1, 0, "kick", "--account", KEEPER)
    assert allowed.allowed == 0
    allowed.wait(DELAY)
    said = allowed.sends(1, 0, "allow", "--amount", 20_000, "--account", EXECUTOR)
    assert said == "The buyback may draw $20,000.00 of the treasury."
    assert allowed.allowed == 20_000


def test_end_and_sweep__after_the_delay__take_everything_back_and_the_audit_agrees(allowed):
    allowed.sends(1, 0, "kick", "--account", KEEPER)
    assert allowed.sends(0, 4, "sweep", "--account", PROPOSER).endswith("The programme has not ended: end it first.")
    allowed.sends(1, 4, "end", "--account", PROPOSER)
    allowed.wait(DELAY)
    said = allowed.sends(1, 0, "end", "--account", EXECUTOR)
    assert said == "The programme has ended; return its stablecoin to the treasury with `sweep`."
    assert allowed.sends(0, 0, "end", "--account", EXECUTOR) == said
    allowed.sends(1, 4, "sweep", "--account", PROPOSER)
    allowed.wait(DELAY)
    said = allowed.sends(1, 0, "sweep", "--account", EXECUTOR)
    assert said == "The treasury has what the buyback held, and the allowance is taken back."
    assert allowed.sends(0, 0, "sweep", "--account", EXECUTOR) == said
    assert allowed.allowed == 0
    assert allowed.stage.do("audit").stdout.startswith("Everything agrees ")
