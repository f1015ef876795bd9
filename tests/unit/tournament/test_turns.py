# SPDX-License-Identifier: MIT
"""The turns of a ring with more places than two."""


def test_places__ring_of_three__stand_in_the_order_of_their_turns(deploy_owned, lens):
    tournament = deploy_owned(ring=3, first_round=4)
    assert [place.next for place in lens.places(tournament)] == [4, 5, 6]
