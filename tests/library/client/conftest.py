# SPDX-License-Identifier: MIT
"""What the tests of the client's commands have in common."""

import pytest

from nmr.cli import front
from tests.support.evm_suite import EvmSuite
from tests.support.terminal import Terminal


@pytest.fixture
def terminal(tmp_path, monkeypatch) -> Terminal:
    """Where commands are typed, on a new suite."""
    monkeypatch.setenv("NMR_CACHE", str(tmp_path / "cache"))
    found = Terminal(EvmSuite(buyback=False, chain_id=31_337), tmp_path / "record.json")
    monkeypatch.setattr(front, "_door", lambda *_: found.door)
    return found
