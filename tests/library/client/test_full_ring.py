# SPDX-License-Identifier: MIT
"""A ring that is full: who opens a round learns which one has to end first."""

from tests.support.evm_suite import DAY, OPERATOR, STAKER
from tests.support.terminal import open_round

RING = 4


def test_open__place_is_taken__names_the_round_and_the_command(terminal, monkeypatch, tmp_path):
    monkeypatch.setenv("NMR_KEYS", str(tmp_path / "keys"))
    suite = terminal.suite
    classic = suite["classic"]
    terminal.do("stake register a")
    for round_id in range(RING):
        open_round(suite)
        terminal.do("stake now 0=1")
        suite.node.wait(2 * DAY)
        suite.call(classic, "lock", round_id, sender=STAKER)
        suite.call(classic, "publish_opened", round_id, b"\1" * 32, sender=OPERATOR)
    assert terminal.refused("round open", "operator").splitlines()[-1] == (
        "Error: No round can open: every place is blocked. Round 4: round 0 has to be resolved first. "
        "nmr round status 0 says what comes next there."
    )
