# SPDX-License-Identifier: MIT
"""The part of the contracts' ABIs that the page needs, for its build.

Run it by `python -m nmr.page.abi FILE`.
"""

import sys
from pathlib import Path
from typing import Any, Final

import orjson

from nmr.chain.builds import abi

CALLED: Final = {
    "Numeraire": ("totalSupply", "balanceOf", "allowance", "nonces", "approve"),
    "Treasury": ("reserved",),
    "Tournament": (
        *("register", "deposit", "deposit_with_permit", "withdraw", "set_policy", "stake", "leave"),
        *("owner_of", "model_count", "last_opened", "idle_total", "round_info", "words"),
    ),
    "Lens": ("figures_of",),
    "Buyback": (),
    "PoolFactory": ("is_pool",),
    "Pool": (
        "enter_order",
        "exit_order",
        "cancel_entry",
        "cancel_exit",
        "claim",
        "owed",
        "credit",
        "place_view",
        "holding_view",
    ),
}
"""Functions that the page calls, by contract."""


def page_abis() -> dict[str, list[Any]]:
    """By contract: all its events, and the functions of `CALLED`."""
    return {
        name: [
            item
            for item in abi(name)
            if item["type"] == "event" or (item["type"] == "function" and item["name"] in functions)
        ]
        for name, functions in CALLED.items()
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(orjson.dumps(page_abis()))
