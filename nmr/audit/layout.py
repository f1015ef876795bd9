# SPDX-License-Identifier: MIT
"""Where the contracts keep what they keep: storage slots, as the compiler lays them out, and the words in them.

A test compares these numbers with the compiler's. An entry of a HashMap is at keccak(slot ++ key), both of 32 bytes;
of nested ones, the outer key comes first. A struct takes a slot for each field, an array one for each item.
"""

from collections.abc import Mapping
from typing import Final

from eth_hash.auto import keccak

from nmr.protocol.lanes import LANE_BITS, LANES

TIMELOCK: Final = {"hasRole": 0, "getRoleAdmin": 1, "get_timestamp": 2, "get_minimum_delay": 3}
TREASURY: Final = {
    "owner": 0,
    "pending_owner": 1,
    "budgets": 2,
    "tournament_count": 3,
    "tournament_at": 4,
    "listed": 5,
    "reserved": 6,
    "running": 7,
    "grants": 8,
}
FEED: Final = {"round": 0, "newer": 1, "older": 3}
FACTORY: Final = {"pool_count": 0, "pool_at": 1, "is_pool": 2}
POOL: Final = {"places": 0, "holdings": 640, "exit_batches": 641, "entry_batches": 642, "pots": 643, "money": 644}
BUYBACK: Final = {"owner": 0, "pending_owner": 1, "paused": 2, "guardian": 3, "ended": 4, "word": 5, "totals": 6}
NUMERAIRE: Final = {"owner": 0, "balanceOf": 1, "allowance": 2, "totalSupply": 3, "is_minter": 4, "nonces": 5}
TOURNAMENT: Final = {
    "owner": 0,
    "pending_owner": 1,
    "operator": 2,
    "guardian": 3,
    "paused_at": 4,
    "paused_until": 5,
    "rested_at": 6,
    "model_count": 7,
    "owner_of": 8,
    "submitter_of": 9,
    "offered_to": 10,
    "bounds": 11,
    "last_opened": 20,
    "turns": 21,
    "book": 149,
    "positions": 150,
    "idle": 2_147_481_750,
    "targets": 2_164_258_950,
    "compounding": 2_181_036_150,
    "idle_sum": 2_181_315_770,
    "words": 2_181_315_771,
}
MAX_GROUPS: Final = 16_777_200
"""Words of positions at one place of the ring."""
PAGES: Final = 279_620
"""Words of submissions at one place of them."""
UNTIL_SHIFT: Final = 32
"""Where in the word of a place's turn the end of its latest round is; its next id is below."""

LOT: Final = {"left": (0, 96), "reference": (96, 96), "started_at": (192, 40), "number": (232, 24)}
"""Where the fields of a lot are in its word: first bit and size."""
TOTALS: Final = {"total_paid": (0, 96), "total_bought": (96, 160)}
"""Where a buyback's totals are in their word."""


def entry(slot: int, *keys: int) -> int:
    """The slot of an entry of a HashMap, or of nested ones."""
    for key in keys:
        slot = int.from_bytes(keccak(slot.to_bytes(32, "big") + key.to_bytes(32, "big")), "big")
    return slot


def number_of(address: str) -> int:
    """An address as the word that holds it."""
    return int(address, 16)


def word_of_lanes(lanes: list[int], tag: int = 0) -> int:
    """Four lanes and a tag in a word, as `nmr.protocol.lanes.pack`, but of any amounts: wrong ones can be compared."""
    word = tag << LANES * LANE_BITS
    for lane, amount in enumerate(lanes):
        word += amount << LANE_BITS * lane
    return word


def packed(fields: Mapping[str, tuple[int, int]], values: Mapping[str, int]) -> int:
    """The word that holds values at the places of `LOT` or `TOTALS`."""
    return sum(values[name] << first for name, (first, _) in fields.items())


def field_of(word: int, first: int, size: int) -> int:
    """A field of such a word."""
    return word >> first & (1 << size) - 1
