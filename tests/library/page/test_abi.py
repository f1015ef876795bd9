# SPDX-License-Identifier: MIT
"""What the page takes from the builds of the contracts."""

import re
from pathlib import Path

from nmr.chain.builds import build
from nmr.page.abi import CALLED, page_abis

WALLET = Path(__file__).parents[3] / "page/src/wallet.ts"


def test_abis__of_the_page__have_every_function_that_it_calls():
    for name, items in page_abis().items():
        assert sorted(item["name"] for item in items if item["type"] == "function") == sorted(CALLED[name])


def test_slot__of_allowances__is_that_of_the_build():
    [slot] = [variable.slot for variable in build("Numeraire").storage if variable.name == "erc20.allowance"]

    assert re.findall(r"const ALLOWANCE_SLOT = (\d+)n;", WALLET.read_text()) == [str(slot)]
