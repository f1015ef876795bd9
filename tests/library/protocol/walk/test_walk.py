# SPDX-License-Identifier: MIT
"""The same walks in every run; `make fuzz` makes longer ones, from other seeds."""

from typing import Final

from tests.library.protocol.walk.walker import walk

CALLS: Final = 12_000
REACHED: Final = {
    "came home": 20,
    "kept for a round not opened": 1_000,
    "kept for the next of the place": 1_000,
    "kept for the one after": 200,
    "left in part": 10,
    "left while waiting": 30,
    "places passed over": 20,
    "settle: successor there": 100,
    "settle_expired: successor there": 100,
    "tried at the notice": 30,
    "tried within the notice": 30,
    "tried before the lock": 30,
    "tried at the lock": 30,
    "tried after the next of the place was voided": 30,
    "tried after the next of the place expired": 30,
}
"""What these walks have to come to: one that no longer gets anywhere finds nothing any more."""


def test_walk__random_calls_at_random_times__the_page_holds() -> None:
    total = walk(seed=1, calls=CALLS)
    assert {what: total.reached[what] for what, least in REACHED.items() if total.reached[what] < least} == {}
    assert len(total.done) > 30 and len({reason for _, reason in total.refused}) > 40
