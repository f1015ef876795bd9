# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title Programme limits
@author NMR contributors
@license AGPL-3.0-only
@notice Hard limits of a buyback, since an owner's word is no safety.
"""


from ...interfaces import IBuyback


# Whole stablecoins.
LARGEST_PROGRAMME: constant(uint256) = 10_000_000
LARGEST_LOT: constant(uint256) = 250_000
SMALLEST_LOT: constant(uint256) = 1
# Seconds.
SHORTEST_LENGTH: constant(uint256) = 600
LONGEST_LENGTH: constant(uint256) = 7 * 86_400
SHORTEST_GAP: constant(uint256) = 600
LONGEST_GAP: constant(uint256) = 90 * 86_400
SHORTEST_AGE: constant(uint256) = 60
LONGEST_AGE: constant(uint256) = 48 * 3_600
SHORTEST_RESTART_DELAY: constant(uint256) = 600
LONGEST_RESTART_DELAY: constant(uint256) = 86_400
# Basis points.
LARGEST_DISCOUNT: constant(uint256) = 2_000
LARGEST_PREMIUM: constant(uint256) = 500


@internal
@pure
def _check(programme: IBuyback.Programme, decimals: uint256, has_sequencer: bool):
    """
    @param decimals Of the stablecoin.
    @param has_sequencer Whether there is a feed of the sequencer's uptime.
    """
    whole: uint256 = 10**decimals
    assert programme.lifetime_cap <= LARGEST_PROGRAMME * whole, "programme: lifetime cap too large"
    assert programme.lot_cap <= LARGEST_LOT * whole, "programme: lot cap too large"
    assert programme.lot_cap <= programme.lifetime_cap, "programme: lot cap above lifetime cap"
    assert programme.min_lot >= SMALLEST_LOT * whole, "programme: min lot too small"
    assert programme.min_lot <= programme.lot_cap, "programme: min lot above lot cap"
    assert programme.length >= SHORTEST_LENGTH, "programme: length too short"
    assert programme.length <= LONGEST_LENGTH, "programme: length too long"
    assert programme.gap >= SHORTEST_GAP, "programme: gap too short"
    assert programme.gap <= LONGEST_GAP, "programme: gap too long"
    assert programme.discount > 0, "programme: discount is zero"
    assert programme.discount <= LARGEST_DISCOUNT, "programme: discount too large"
    assert programme.premium <= LARGEST_PREMIUM, "programme: premium too large"
    assert programme.max_price > 0, "programme: max price is zero"
    assert programme.max_age >= SHORTEST_AGE, "programme: max age too short"
    assert programme.max_age <= LONGEST_AGE, "programme: max age too long"
    if has_sequencer:
        assert programme.restart_delay >= SHORTEST_RESTART_DELAY, "programme: restart delay too short"
        assert programme.restart_delay <= LONGEST_RESTART_DELAY, "programme: restart delay too long"
    else:
        assert programme.restart_delay == 0, "programme: restart delay without a sequencer"
