# SPDX-License-Identifier: MIT
"""Exit orders of the manager and of others at one place, of which one is cancelled."""

import pytest

from tests.unit.pools.conftest import NMR_SHARES


@pytest.mark.parametrize("first", ["manager", "backer"])
def test_cancel_exit__while_another_waits__leaves_the_others_order_to_run(
    pool, opened, place, play, request, first, manager, backer
):
    play(opened, 0)
    held = {actor: pool.holding_view(place, actor).shares for actor in (manager, backer)}
    for actor in held:
        pool.exit_order(place, 9 * NMR_SHARES, sender=actor)
    cancels = request.getfixturevalue(first)
    pool.cancel_exit(place, sender=cancels)
    pool.checkpoint(place, sender=cancels)
    left = {actor: pool.holding_view(place, actor).shares for actor in held}
    assert left == {actor: shares - (0 if actor == cancels else 9 * NMR_SHARES) for actor, shares in held.items()}
