# SPDX-License-Identifier: MIT
"""The walk of docs/buyback.md on a live anvil: each command in a process of its own, through the real Uniswap V2."""

import json
import signal
import subprocess
from decimal import Decimal

import pytest

from tests.integration.conftest import APE, DEVNET, PATIENCE, PROJECT

KEEPER, GOVERNOR = "TEST::4", "TEST::3"


@pytest.fixture
def devnet(live_devnet):
    """A devnet whose record is as before afterwards, as its chain is."""
    before = live_devnet.record.read_text()
    yield live_devnet
    live_devnet.record.write_text(before)


def test_buyback__page_walked_on_a_devnet__fills_a_lot_and_ends(devnet):
    def run(*arguments):
        return devnet.run("buyback", *arguments)

    assert run("local").returncode == 0
    assert run("kick", "--account", KEEPER).stdout.startswith("Kicked lot 1: $10,000.00 at a reference of $15.0000")
    refused = run("take", "--account", KEEPER)
    assert (refused.returncode, refused.stdout) == (4, "")
    assert "the first on the pool costs $15.0451, fee included" in refused.stderr
    devnet.pass_time(25 * 60)
    filled = json.loads(run("take", "--account", KEEPER, "--json").stdout)
    assert Decimal(filled["profit"]) > 5
    assert filled["gas"] < 250_000
    status = json.loads(run("status", "--json").stdout)
    assert status["total_paid"] == filled["paid"]
    assert status["total_bought"] == filled["bought"]
    assert run("end", "--account", GOVERNOR).returncode == 0
    assert run("sweep", "--account", GOVERNOR).returncode == 0
    assert json.loads(run("status", "--json").stdout)["state"] == "ended"


def test_run__ctrl_c__ends_without_a_trace(devnet):
    assert devnet.run("buyback", "local").returncode == 0
    keeper = subprocess.Popen(
        [*APE, "buyback", "run", "--every", "0.2", "--account", KEEPER, "--network", DEVNET],
        cwd=PROJECT,
        env={**devnet.environment, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert keeper.stdout.readline().startswith("Kicked lot 1: ")
    assert "wait until the offer rises" in keeper.stdout.readline()
    keeper.send_signal(signal.SIGINT)
    _, errors = keeper.communicate(timeout=PATIENCE)
    assert (keeper.returncode, errors) == (0, "")
