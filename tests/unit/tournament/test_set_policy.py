# SPDX-License-Identifier: MIT
import pytest

from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR
from tests.support.refusals import reverts

# 59 bits of gwei: the highest bit of a lane stays free.
LARGEST = (2**59 - 1) * GWEI
UNLIMITED = 2**256 - 1


@pytest.mark.parametrize("compound", [False, True])
@pytest.mark.parametrize("target", [GWEI, LARGEST])
def test_set_policy__smallest_and_largest_target__is_set(tournament, lens, team, staker, target, compound):
    receipt = tournament.set_policy(0, target, compound, sender=staker)
    assert receipt.events == [tournament.PolicySet(model=0, target=target, compound=compound)]
    assert lens.policy_of(tournament, 0) == (target, compound)


def test_set_policy__another_target__leaves_the_other_lanes(tournament, lens, team, many, staker):
    many(staker, *[("set_policy", model, LARGEST, True) for model in team])
    tournament.set_policy(1, 3 * NMR, True, sender=staker)
    tournament.set_policy(2, LARGEST, False, sender=staker)
    assert [lens.policy_of(tournament, model) for model in team] == [
        (LARGEST, True),
        (3 * NMR, True),
        (LARGEST, False),
        (LARGEST, True),
        (LARGEST, True),
    ]


def test_set_policy__page_of_the_bitmap_ends__next_page_is_its_own(tournament, lens, team, many, staker):
    for start in range(5, 257, 63):
        many(staker, *[("register", "", ZERO_ADDRESS) for _ in range(start, min(start + 63, 257))])
    assert tournament.model_count() == 257
    for model in (255, 256):
        tournament.set_policy(model, NMR, True, sender=staker)
    tournament.set_policy(256, 2 * NMR, False, sender=staker)
    assert [lens.policy_of(tournament, model) for model in (0, 254, 255, 256)] == [
        (10 * NMR, False),
        (0, False),
        (NMR, True),
        (2 * NMR, False),
    ]


def test_set_policy__same_twice__is_set_and_logged_again(tournament, lens, team, staker):
    for _ in range(2):
        receipt = tournament.set_policy(0, NMR, True, sender=staker)
        assert receipt.events == [tournament.PolicySet(model=0, target=NMR, compound=True)]
        assert lens.policy_of(tournament, 0) == (NMR, True)


def test_set_policy__target_of_zero__is_a_full_exit(tournament, lens, team, staker):
    tournament.set_policy(0, NMR, True, sender=staker)
    receipt = tournament.set_policy(0, 0, False, sender=staker)
    assert receipt.events == [tournament.PolicySet(model=0, target=0, compound=False)]
    assert lens.policy_of(tournament, 0) == (0, False)


def test_set_policy__position_in_the_open_round__stays(tournament, lens, numeraire, team, walk, staker):
    round_id = walk.opened()
    tournament.stake(0, 20 * NMR, sender=staker)
    tournament.set_policy(0, NMR, False, sender=staker)
    assert lens.position(tournament, round_id, 0) == 20 * NMR
    assert tournament.staked(round_id) == 20 * NMR
    assert lens.idle_of(tournament, 0) == 100 * NMR
    assert tournament.idle_total() == 500 * NMR
    assert numeraire.balanceOf(tournament) == 520 * NMR


def test_set_policy__in_every_state_of_a_round__is_set(tournament, lens, states, staker):
    for target, _ in enumerate(states(), start=1):
        tournament.set_policy(0, target * NMR, True, sender=staker)
        assert lens.policy_of(tournament, 0) == (target * NMR, True)


def test_set_policy__paused__still_works(tournament, lens, team, guardian, staker):
    tournament.pause(sender=guardian)
    tournament.set_policy(0, 0, False, sender=staker)
    assert lens.policy_of(tournament, 0) == (0, False)


def test_set_policy__owner_is_a_contract__is_set(tournament, lens, team, as_owner):
    as_owner(tournament, "register", "contract", ZERO_ADDRESS)
    as_owner(tournament, "set_policy", len(team), NMR, True)
    assert lens.policy_of(tournament, len(team)) == (NMR, True)


@pytest.mark.parametrize(
    ("sender", "model", "target", "compound", "reason"),
    [
        ("staker", 0, 0, True, "ledger: compounds without target"),
        *[
            ("staker", 0, target, False, "ledger: target is too large")
            for target in (LARGEST + GWEI, UNLIMITED - UNLIMITED % GWEI)
        ],
        *[
            ("staker", 0, target, False, "ledger: amount finer than a gwei")
            for target in (1, GWEI - 1, NMR + 1, UNLIMITED)
        ],
        *[
            (sender, 0, 0, False, "models: not the owner")
            for sender in ("submitter", "operator", "guardian", "stranger")
        ],
        ("staker", 5, NMR, False, "models: not the owner"),
    ],
)
def test_set_policy__wrong__reverts(tournament, lens, team, who, sender, model, target, compound, reason):
    with reverts(reason):
        tournament.set_policy(model, target, compound, sender=who[sender])
    assert lens.policy_of(tournament, 0) == (10 * NMR, False)
