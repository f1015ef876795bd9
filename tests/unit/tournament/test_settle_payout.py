# SPDX-License-Identifier: MIT
"""What a stake wins or loses in `settle`: its score under multipliers, factor and clip, and what the treasury has."""

from fractions import Fraction
from math import floor
from types import SimpleNamespace

import pytest

from nmr.protocol.score_words import MAX_SCORE, MIN_SCORE
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR, SUPPLY, parse_nmr
from tests.support.refusals import reverts
from tests.support.suite import MIN_STAKE

FILE_HASH = b"\x44" * 32


@pytest.fixture(scope="module")
def compounders(many, staker, submitter):
    """320 models of `staker`, of which 0 to 7 compound from any value on."""
    for _ in range(5):
        many(staker, *[("register", "", submitter)] * 64)
    many(staker, *[("set_policy", model, GWEI, True) for model in range(8)])


@pytest.fixture
def play(tournament, many, compounders, walk, staker, submitter, stranger):
    """
    Plays a round of these terms up to a final root, with the next round of the place open.

    `stakes` are NMR by model, all of which submit but for `silent`; gives what settles the only chunk.
    """

    def played(stakes: dict[int, str], scores: dict[int, tuple[int, int]], silent=(), **terms) -> SimpleNamespace:
        round_id = walk.opened(**terms)
        many(staker, *[("stake", model, parse_nmr(amount)) for model, amount in stakes.items()])
        tournament.submit(*zip(*((m, FILE_HASH) for m in stakes if m not in silent), strict=True), sender=submitter)
        final = walk.final(round_id, scores)
        walk.voided(walk.opened())
        following = walk.opened()

        def settle():
            return tournament.settle(round_id, 0, final.chunks[0], [], sender=stranger)

        return SimpleNamespace(round=round_id, next=following, chunk=final.chunks[0], settle=settle)

    return played


@pytest.fixture
def settled(tournament, lens, numeraire, owed, play):
    """Plays and settles a round; gives the values that the stakes of compounding models came to."""

    def values(stakes: dict[int, str], scores: dict[int, tuple[int, int]], **terms) -> dict[int, int]:
        played = play(stakes, scores, **terms)
        (event,) = tournament.Settled.from_receipt(played.settle())
        reached = {model: lens.position(tournament, played.next, model) for model in stakes}
        assert event.staked == sum(parse_nmr(amount) for amount in stakes.values())
        assert event.staked + event.rewards - event.burns == sum(reached.values())
        assert numeraire.totalSupply() == SUPPLY - event.burns
        assert numeraire.balanceOf(tournament) == owed()
        return reached

    return values


def nmr(**amounts: str) -> dict[int, int]:
    """Wei by model: `nmr(m0="1.5")`."""
    return {int(model[1:]): parse_nmr(amount) for model, amount in amounts.items()}


@pytest.fixture
def leave_in_treasury(treasury, as_owner, receiver):
    """Spends all but this much of the treasury."""
    return lambda amount: as_owner(treasury, "spend", receiver, treasury.free() - amount)


def test_settle__scores_at_the_ends_of_int28__count_in_full(settled):
    # 0.03 and 0.05 times 1.34217727 or -1.34217728.
    terms = {"primary": 300, "contribution": 500, "clip": 2 * 10**11}
    scores = {
        0: (MAX_SCORE, MAX_SCORE),
        1: (MIN_SCORE, MIN_SCORE),
        2: (MAX_SCORE, MIN_SCORE),
        3: (MIN_SCORE, MAX_SCORE),
    }
    assert settled(dict.fromkeys(range(4), "10"), scores, **terms) == nmr(
        m0="11.073741816", m1="8.926258176", m2="9.731564541", m3="10.268435451"
    )


def test_settle__largest_multipliers_and_clip__double_or_burn_it_all(settled, as_owner, tournament, bounds):
    wide = bounds._replace(max_primary=1_000_000, max_contribution=1_000_000, max_clip=10**12)
    as_owner(tournament, "set_bounds", tuple(wide))
    terms = {"primary": 1_000_000, "contribution": 1_000_000, "clip": 10**12}
    scores = {
        0: (MAX_SCORE, MAX_SCORE),
        1: (MIN_SCORE, MIN_SCORE),
        # 100 times 0.00999999 and 0.01, of opposite signs.
        2: (999_999, -1_000_000),
        3: (-500_000, 999_999),
    }
    stakes = {0: "30", 1: "40", 2: "7", 3: "9"}
    assert settled(stakes, scores, **terms) == nmr(m0="60", m1="0", m2="6.999993", m3="13.499991")


def test_settle__multipliers_of_zero__pay_nothing(settled):
    stakes = {0: "30", 1: "40"}
    scores = {0: (MAX_SCORE, MIN_SCORE), 1: (MIN_SCORE, MAX_SCORE)}
    assert settled(stakes, scores, primary=0, contribution=0) == nmr(m0="30", m1="40")


def test_settle__one_multiplier_of_zero__leaves_the_other_score(settled):
    stakes = {0: "30", 1: "40"}
    scores = {0: (3_000_000, MIN_SCORE), 1: (-2_000_000, MAX_SCORE)}
    assert settled(stakes, scores, primary=10_000, contribution=0) == nmr(m0="30.9", m1="39.2")


def test_settle__blank_scores__move_no_token(tournament, lens, play):
    played = play({0: "30", 5: "40"}, {0: (0, 0), 5: (4_000, -1_000)})
    receipt = played.settle()
    # 0.5 × 4 - 2 × 1 is a blank as well.
    assert [event.event_name for event in receipt.events] == ["Settled", "Released", "RoundClosed"]
    assert lens.position(tournament, played.next, 0) == 30 * NMR
    assert lens.position(tournament, played.next, 5) == 40 * NMR


def test_settle__beyond_the_clip__is_clipped_on_both_sides(settled):
    scores = {
        0: (9_999_999, 0),
        1: (10_000_000, 0),
        2: (10_000_001, 0),
        3: (MAX_SCORE, 0),
        4: (-9_999_999, 0),
        5: (-10_000_000, 0),
        6: (-10_000_001, 0),
        7: (MIN_SCORE, 0),
    }
    terms = {"primary": 10_000, "contribution": 0, "clip": 10**11}
    assert settled(dict.fromkeys(range(8), "20"), scores, **terms) == nmr(
        m0="21.9999998", m1="22", m2="22", m3="22", m4="18.0000002", m5="18", m6="18", m7="18"
    )


def test_settle__more_at_risk_than_the_threshold__scales_scores_before_the_clip(settled):
    """1,500 NMR at risk and a threshold of 1,000 make a factor of 0.666666666."""
    scores = {
        # 0.14 is scaled below the clip of 0.1, 0.2 is not.
        0: (0, 7_000_000),
        1: (-6_000_000, 0),
        2: (0, 10_000_000),
    }
    stakes = {0: "600", 1: "850", 2: "50"}
    assert settled(stakes, scores, threshold=1_000 * NMR, clip=10**11) == nmr(
        m0="655.999999944", m1="833.000000017", m2="55"
    )


@pytest.mark.parametrize(
    ("stake", "primary", "contribution"),
    [
        ("1.000000001", 3_000_000, 0),
        ("1234.567890123", 1_234_567, -765_432),
        ("0.010000007", 1, 1),
        ("777.777777777", -1, 1),
        ("999.999999999", 5_555_555, 1_111_111),
    ],
)
def test_settle__fractions_of_a_gwei__round_toward_zero(settled, stake, primary, contribution):
    """Awkward multipliers and factor; a win and a loss of the same score are the same amount."""
    stakes = {0: stake, 1: stake, 2: "1111.111111111"}
    scores = {0: (primary, contribution), 1: (-primary, -contribution)}
    terms = {"primary": 12_345, "contribution": 6_789, "clip": 123_456_789_012, "threshold": 1_000 * NMR}
    values = settled(stakes, scores, **terms)

    at_stake = parse_nmr(stake) // GWEI
    at_risk = Fraction(2 * parse_nmr(stake) + parse_nmr("1111.111111111"), NMR)
    factor = Fraction(floor(min(1, 1_000 / at_risk) * 10**9), 10**9)
    weighted = Fraction(primary * 12_345 + contribution * 6_789, 10**12) * factor
    assert abs(weighted) < Fraction(123_456_789_012, 10**12)
    # int() cuts toward zero.
    delta = int(at_stake * weighted)
    assert values[0] == (at_stake + delta) * GWEI
    assert values[1] == (at_stake - delta) * GWEI


def test_settle__chunk_that_wins_one_gwei__draws_it(tournament, lens, treasury, numeraire, play):
    """One NMR at a score of 0.00000001 and a multiplier of 0.1."""
    played = play({0: "1"}, {0: (1, 0)}, primary=1_000)
    receipt = played.settle()
    assert receipt.events[:2] == [
        treasury.Drawn(tournament=tournament, round=played.round, amount=GWEI),
        numeraire.Transfer(sender=treasury, receiver=tournament, value=GWEI),
    ]
    assert numeraire.balanceOf(tournament) == lens.position(tournament, played.next, 0) == NMR + GWEI


def test_settle__chunk_that_loses_one_gwei__burns_it(tournament, lens, numeraire, play):
    played = play({0: "1"}, {0: (-1, 0)}, primary=1_000)
    receipt = played.settle()
    assert receipt.events[0] == numeraire.Transfer(sender=tournament, receiver=ZERO_ADDRESS, value=GWEI)
    assert numeraire.totalSupply() == SUPPLY - GWEI
    assert numeraire.balanceOf(tournament) == lens.position(tournament, played.next, 0) == NMR - GWEI


def test_settle__short_treasury__shrinks_burns_and_rewards_alike(tournament, treasury, settled, leave_in_treasury):
    """250 NMR at risk and a clip of 10% want 25 NMR; the 5 that are there make a clip of 2%."""
    leave_in_treasury(5 * NMR)
    scores = {0: (8_000_000, 0), 1: (-8_000_000, 0), 2: (2_000_000, 0), 3: (-1_000_000, 0)}
    stakes = {0: "120", 1: "80", 2: "30", 3: "20"}
    assert settled(stakes, scores, clip=10**11) == nmr(m0="122.4", m1="78.4", m2="30.3", m3="19.9")
    assert tuple(treasury.reservation(tournament, 7)) == (5 * NMR, parse_nmr("2.7"), parse_nmr("2.3"))
    assert treasury.free() == parse_nmr("2.3")


def test_settle__all_win_what_a_short_treasury_has__leaves_nothing(
    tournament, lens, treasury, numeraire, play, leave_in_treasury
):
    leave_in_treasury(5 * NMR)
    played = play({0: "120", 1: "130"}, {0: (MAX_SCORE, 0), 1: (MAX_SCORE, 0)}, clip=10**11)
    receipt = played.settle()
    assert receipt.events == [
        treasury.Drawn(tournament=tournament, round=played.round, amount=5 * NMR),
        numeraire.Transfer(sender=treasury, receiver=tournament, value=5 * NMR),
        tournament.Settled(
            round=played.round,
            index=0,
            chunk=played.chunk,
            successor=played.next,
            staked=250 * NMR,
            rewards=5 * NMR,
            burns=0,
            idled=0,
        ),
        tournament.RoundClosed(round=played.round, released=0),
    ]
    assert lens.position(tournament, played.next, 0) == parse_nmr("122.4")
    assert numeraire.balanceOf(treasury) == 0


def test_settle__all_lose_to_a_short_treasury__burn_within_its_clip(
    tournament, lens, treasury, numeraire, play, leave_in_treasury
):
    leave_in_treasury(5 * NMR)
    played = play({0: "120", 1: "130"}, {0: (MIN_SCORE, 0), 1: (MIN_SCORE, 0)}, clip=10**11)
    receipt = played.settle()
    assert receipt.events == [
        numeraire.Transfer(sender=tournament, receiver=ZERO_ADDRESS, value=5 * NMR),
        tournament.Settled(
            round=played.round,
            index=0,
            chunk=played.chunk,
            successor=played.next,
            staked=250 * NMR,
            rewards=0,
            burns=5 * NMR,
            idled=0,
        ),
        treasury.Released(tournament=tournament, round=played.round, amount=5 * NMR),
        tournament.RoundClosed(round=played.round, released=5 * NMR),
    ]
    assert lens.position(tournament, played.next, 1) == parse_nmr("127.4")
    assert treasury.free() == 5 * NMR


def test_settle__empty_treasury__pays_and_burns_nothing(tournament, lens, play, leave_in_treasury):
    leave_in_treasury(0)
    played = play({0: "120", 1: "130"}, {0: (MAX_SCORE, 0), 1: (MIN_SCORE, 0)})
    receipt = played.settle()
    assert receipt.events == [
        tournament.Settled(
            round=played.round,
            index=0,
            chunk=played.chunk,
            successor=played.next,
            staked=250 * NMR,
            rewards=0,
            burns=0,
            idled=0,
        ),
        tournament.RoundClosed(round=played.round, released=0),
    ]
    assert lens.position(tournament, played.next, 0) == 120 * NMR
    assert lens.position(tournament, played.next, 1) == 130 * NMR


def test_settle__reservation_rounded_up__gives_the_gwei_back(tournament, lens, treasury, play):
    # 10% of 7,000,000,007 gwei: 700,000,001 are reserved, 700,000,000 won.
    played = play({0: "7.000000007"}, {0: (MAX_SCORE, 0)}, clip=10**11)
    receipt = played.settle()
    assert receipt.events[-2:] == [
        treasury.Released(tournament=tournament, round=played.round, amount=GWEI),
        tournament.RoundClosed(round=played.round, released=GWEI),
    ]
    assert lens.position(tournament, played.next, 0) == parse_nmr("7.700000007")


def test_settle__not_submitted__neither_wins_nor_loses(tournament, lens, play):
    scores = {0: (MAX_SCORE, 0), 1: (MAX_SCORE, 0), 2: (MIN_SCORE, 0), 3: (MIN_SCORE, 0)}
    played = play({0: "10", 1: "20", 2: "30", 3: "40"}, scores, silent=[1, 3])
    played.settle()
    reached = [lens.position(tournament, played.next, model) for model in range(4)]
    assert reached == [parse_nmr(amount) for amount in ("10.5", "20", "28.5", "40")]


def test_settle__submitted_in_another_round_only__neither_wins_nor_loses(
    tournament, lens, many, compounders, walk, staker, submitter, stranger
):
    walk.voided(walk.opened())
    round_id = walk.opened()
    many(staker, ("stake", 0, 10 * NMR), ("stake", 1, 20 * NMR))
    tournament.submit([1], [FILE_HASH], sender=submitter)
    final = walk.final(round_id, {0: (4_000_000, 0), 1: (4_000_000, 0)})
    following = walk.opened()
    tournament.submit([0], [FILE_HASH], sender=submitter)
    walk.voided(following)
    again = walk.opened()
    tournament.submit([0], [FILE_HASH], sender=submitter)
    tournament.settle(round_id, 0, final.chunks[0], [], sender=stranger)
    assert lens.position(tournament, again, 0) == 10 * NMR
    assert lens.position(tournament, again, 1) == parse_nmr("20.4")


def test_settle__groups_of_several_bitmap_words__read_their_own(tournament, lens, many, play, staker, submitter):
    """
    A word tells of 240 submissions, another of 256 models that compound; this chunk crosses both ends.

    Models 0 to 19 would answer for those of the second words, if the first were read for them.
    """
    many(
        staker,
        *[("set_policy", model, 4 * NMR, False) for model in (1, 239, 241, 256)],
        *[("set_policy", model, NMR, True) for model in (240, 255, 257)],
    )
    stakes = {0: "1", 1: "1", 239: "10", 240: "20", 241: "30", 255: "40", 256: "50", 257: "60"}
    scores = dict.fromkeys(stakes, (4_000_000, 0))
    played = play(stakes, scores, silent=[1, 240, 255, 257])
    played.settle()
    # 2% for those that submitted.
    reached = {model: lens.position(tournament, played.next, model) for model in stakes}
    assert reached == nmr(m0="1.02", m1="1", m239="4", m240="20", m241="4", m255="40", m256="4", m257="60")
    idle = {model: lens.idle_of(tournament, model) for model in (239, 240, 241, 255, 256, 257)}
    assert idle == nmr(m239="6.2", m240="0", m241="26.6", m255="0", m256="47", m257="0")


def test_settle__second_round_of_a_place__goes_on_from_the_first(
    tournament, lens, numeraire, play, walk, submitter, stranger, owed
):
    first = play({0: "100", 1: "50"}, {0: (4_000_000, 0), 1: (-4_000_000, 0)})
    first.settle()
    tournament.submit([0, 1], [FILE_HASH] * 2, sender=submitter)
    second = walk.final(first.next, {0: (-4_000_000, 0), 1: (4_000_000, 0)})
    assert tournament.round_info(first.next).at_risk == 151 * NMR
    walk.voided(walk.opened())
    third = walk.opened()
    tournament.settle(first.next, 0, second.chunks[0], [], sender=stranger)
    assert lens.position(tournament, third, 0) == parse_nmr("99.96")
    assert lens.position(tournament, third, 1) == parse_nmr("49.98")
    assert numeraire.totalSupply() == SUPPLY - parse_nmr("3.04")
    assert numeraire.balanceOf(tournament) == owed() == parse_nmr("149.94")
    with reverts("settlement: round is not final"):
        first.settle()


@pytest.mark.parametrize("compound", [True, False])
@pytest.mark.parametrize(("score", "kept"), [(-1_000_000, "0"), (0, "0.01"), (1_000_000, "0.01")])
def test_settle__smallest_stake__goes_home_once_it_burned(tournament, lens, play, staker, score, kept, compound):
    """Nothing below MIN_STAKE is ever kept; 0.5% of 0.01 are won or burned."""
    played = play({0: "0.01"}, {0: (score, 0)})
    tournament.set_policy(0, MIN_STAKE, compound, sender=staker)
    played.settle()
    value = parse_nmr("0.01") + score // 200 * 10**10
    stays = parse_nmr(kept) if not compound or score <= 0 else value
    assert lens.position(tournament, played.next, 0) == stays
    assert lens.idle_of(tournament, 0) == value - stays
