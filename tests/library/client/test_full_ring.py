# SPDX-License-Identifier: MIT
"""A ring that is full: who opens a round learns which one has to end first."""

import pytest

from tests.support.evm_suite import DAY, OPERATOR, STAKER
from tests.support.terminal import open_round

RING = 4


@pytest.mark.parametrize(
    ("opened", "days", "message"),
    [
        (RING, 2, "The round one ring before has to be resolved first. (rounds: place is not resolved)"),
        (2 * RING, 4, "The round two rings before has to be settled first. (rounds: place is not settled)"),
    ],
)
def test_open__place_is_taken__names_the_round_and_the_command(terminal, monkeypatch, tmp_path, opened, days, message):
    monkeypatch.setenv("NMR_KEYS", str(tmp_path / "keys"))
    suite = terminal.suite
    classic = suite["classic"]
    terminal.do("stake register a")
    open_round(suite)
    terminal.do("stake now 0=1")
    suite.node.wait(2 * DAY)
    suite.call(classic, "lock", 0, sender=STAKER)
    suite.call(classic, "publish_opened", 0, b"\1" * 32, sender=OPERATOR)
    for _ in range(opened - 1):
        open_round(suite)
        suite.node.wait(days * DAY)
    suite.node.mine()
    assert terminal.refused("round open", "operator").splitlines()[-1] == (
        f"Error: The ring is full: {message} It is round 0, and nmr round status 0 says what comes next there."
    )
