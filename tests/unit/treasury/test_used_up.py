# SPDX-License-Identifier: MIT
"""A ceiling that is used up below the cap."""

CAP, CEILING = 10, 3


def test_reserve__ceiling_used_up_below_the_cap__answers_nothing(treasury, owner, tournament_account):
    treasury.authorise(tournament_account, CAP, CEILING, 0, sender=owner)
    treasury.reserve(1, CAP, sender=tournament_account)
    assert [treasury.reserve.call(round_id, 1, sender=tournament_account) for round_id in (1, 2)] == [0, 0]
