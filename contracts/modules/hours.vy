# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title Hours
@author NMR contributors
@license AGPL-3.0-only
@notice The hour that the hard limits are counted in. It has 3,600 seconds but on
        local chains, where time limits may run faster.
"""


from . import guard


HOUR: public(immutable(uint256))


@deploy
def __init__(hour: uint256):
    local: bool = chain.id == 1_337 or chain.id == 31_337
    guard._require(hour == 3_600 or (local and hour > 0 and hour < 3_600), "hours: an hour has 3600 seconds")
    HOUR = hour
