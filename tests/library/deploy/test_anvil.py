# SPDX-License-Identifier: MIT
"""A chain that is kept in a file, over several starts of anvil."""

from pathlib import Path

import pytest

from nmr.deploy.anvil import Anvil, AnvilFailed, find_anvil

PROJECT = Path(__file__).parents[3]


def test_anvil__started_again_and_again__goes_on_with_the_same_chain(tmp_path):
    beginnings = []
    for number in range(1, 7):
        # Each start is at another second, so that each makes a block 0 of its own.
        at = ("--timestamp", str(1_700_000_000 + 60 * number))
        with Anvil(find_anvil(PROJECT), state=tmp_path / "chain.json", options=at) as anvil:
            anvil.node.ask("evm_mine")
            assert anvil.node.number("eth_blockNumber") == number
            beginnings.append(anvil.node.ask("eth_getBlockByNumber", "0x0", False)["hash"])
            anvil.save()

    assert set(beginnings) == {beginnings[0]}


def test_anvil__file_is_no_chain__says_so(tmp_path):
    path = tmp_path / "chain.json"
    path.write_text("[]")

    with pytest.raises(AnvilFailed, match="anvil ended at once"), Anvil(find_anvil(PROJECT), state=path):
        pass
    assert path.read_text() == "[]"
