# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.reference.rounds import State
from nmr.protocol.score_words import MAX_GROUP
from nmr.text.amounts import NMR, SUPPLY, parse_nmr
from tests.support.refusals import reverts
from tests.support.suite import RING

HOUR = 3_600
FILE_HASH = b"\x44" * 32
STILL_COUNTS = "settlement: not void or expired"
NOTHING = "settlement: nothing to settle"
UNLIMITED = 2**256 - 1

# Groups 0, 1 and 3. Model 0 keeps all, model 1 its target, the others nothing.
STAKES = {0: "11", 1: "5.000000001", 3: "7", 4: "13", 12: "17"}
POLICIES = {0: ("100", True), 1: ("2", False)}
KEPT = {0: "11", 1: "2"}
TOTAL, ALL_KEPT = parse_nmr("53.000000001"), parse_nmr("13")
GRANTED = parse_nmr("2.650000001")
SCORES = {0: (4_000_000, 0), 1: (-4_000_000, 0), 4: (4_000_000, 0)}


@pytest.fixture(scope="module")
def doomed(tournament, many, walk, staker, submitter):
    """An open round with stakes of groups 0, 1 and 3; its models have 2 NMR idle each."""
    many(staker, *[("register", "", submitter)] * 16)
    many(staker, *[("deposit", model, 2 * NMR, staker) for model in STAKES])
    many(staker, *[("set_policy", model, parse_nmr(target), bit) for model, (target, bit) in POLICIES.items()])
    round_id = walk.opened()
    many(staker, *[("stake", model, parse_nmr(amount)) for model, amount in STAKES.items()])
    tournament.submit(list(STAKES), [FILE_HASH] * len(STAKES), sender=submitter)
    return round_id


@pytest.fixture
def ways(tournament, doomed, walk):
    """Ways in which a round comes to nothing, by name."""
    terms = tournament.round_info(doomed).terms

    def void_open() -> None:
        walk.voided(doomed)

    def void_proposed() -> None:
        walk.proposed(doomed, SCORES)
        walk.voided(doomed)

    def never_locked() -> None:
        walk.at(terms.locks_at + 24 * HOUR)

    def never_listed() -> None:
        walk.locked(doomed)
        walk.at(terms.locks_at + 24 * HOUR)

    def never_proposed() -> None:
        walk.listed(doomed)
        walk.at(terms.expires_at)

    def never_settled() -> None:
        walk.final(doomed, SCORES)
        walk.at(terms.expires_at)

    return {
        "void open": void_open,
        "void proposed": void_proposed,
        "never locked": never_locked,
        "never listed": never_listed,
        "never proposed": never_proposed,
        "never settled": never_settled,
    }


@pytest.fixture
def void(doomed, walk):
    """The round, void."""
    walk.voided(doomed)
    return doomed


def assert_resolved(tournament, lens, round_id: int, models) -> None:
    """The stakes of these models went where their policies say, beside the 2 NMR idle; the others' did not."""
    for model, amount in STAKES.items():
        stake, kept = parse_nmr(amount), parse_nmr(KEPT.get(model, "0"))
        done = model in models
        assert lens.position(tournament, round_id, model) == (0 if done else stake), model
        assert lens.position(tournament, round_id + RING, model) == (kept if done else 0), model
        assert lens.idle_of(tournament, model) == 2 * NMR + (stake - kept if done else 0), model


@pytest.mark.parametrize(
    ("way", "state", "granted"),
    [
        ("void open", State.VOID, 0),
        ("void proposed", State.VOID, GRANTED),
        ("never locked", State.EXPIRED, 0),
        ("never listed", State.EXPIRED, GRANTED),
        ("never proposed", State.EXPIRED, GRANTED),
        ("never settled", State.EXPIRED, GRANTED),
    ],
)
def test_settle_expired__come_to_nothing__sends_all_where_policies_say_and_closes(
    tournament, lens, treasury, numeraire, doomed, walk, ways, stranger, owed, way, state, granted
):
    ways[way]()
    assert walk.state(doomed) == state
    assert tuple(treasury.reservation(tournament, doomed)) == (granted, 0, 0)
    receipt = tournament.settle_expired(doomed, [0, 1, 3], sender=stranger)
    released = [treasury.Released(tournament=tournament, round=doomed, amount=granted)] if granted else []
    assert receipt.events == [
        tournament.SettledExpired(
            round=doomed, groups=[0, 1, 3], successor=doomed + RING, staked=TOTAL, idled=TOTAL - ALL_KEPT
        ),
        *released,
        tournament.RoundClosed(round=doomed, released=granted),
    ]
    assert_resolved(tournament, lens, doomed, STAKES)
    assert tournament.staked(doomed) == 0
    assert tournament.staked(doomed + RING) == ALL_KEPT
    assert tournament.idle_total() == TOTAL + 10 * NMR - ALL_KEPT
    assert walk.state(doomed) == State.CLOSED
    assert tuple(treasury.reservation(tournament, doomed)) == (granted, 0, granted)
    assert treasury.reserved() == 0
    assert numeraire.totalSupply() == SUPPLY
    assert numeraire.balanceOf(tournament) == owed() == TOTAL + 10 * NMR


def test_settle_expired__in_parts__closes_with_the_last(
    tournament, lens, treasury, numeraire, doomed, ways, stranger, owed
):
    ways["never proposed"]()
    receipt = tournament.settle_expired(doomed, [1], sender=stranger)
    assert receipt.events == [
        tournament.SettledExpired(round=doomed, groups=[1], successor=doomed + RING, staked=13 * NMR, idled=13 * NMR)
    ]
    assert_resolved(tournament, lens, doomed, [4])
    assert tournament.staked(doomed) == TOTAL - 13 * NMR
    assert treasury.reserved() == GRANTED
    assert numeraire.balanceOf(tournament) == owed()
    # Groups 1 and 2 have nothing that waits, group 0 counts once.
    receipt = tournament.settle_expired(doomed, [3, 0, 1, 0, 2], sender=stranger)
    assert receipt.events == [
        tournament.SettledExpired(
            round=doomed,
            groups=[3, 0, 1, 0, 2],
            successor=doomed + RING,
            staked=TOTAL - 13 * NMR,
            idled=TOTAL - 13 * NMR - ALL_KEPT,
        ),
        treasury.Released(tournament=tournament, round=doomed, amount=GRANTED),
        tournament.RoundClosed(round=doomed, released=GRANTED),
    ]
    assert_resolved(tournament, lens, doomed, STAKES)
    assert treasury.reserved() == 0
    assert numeraire.balanceOf(tournament) == owed()


def test_settle_expired__group_again__reverts(tournament, lens, void, stranger):
    tournament.settle_expired(void, [0, 1], sender=stranger)
    with reverts(NOTHING):
        tournament.settle_expired(void, [0, 1], sender=stranger)
    assert_resolved(tournament, lens, void, [0, 1, 3, 4])


@pytest.mark.parametrize("groups", [[], [2], [2, 4, MAX_GROUP]])
def test_settle_expired__nothing_waits__reverts(tournament, void, stranger, groups):
    with reverts(NOTHING):
        tournament.settle_expired(void, groups, sender=stranger)


@pytest.mark.parametrize("group", [MAX_GROUP + 1, UNLIMITED])
def test_settle_expired__no_such_group__reverts(tournament, lens, void, stranger, group):
    with reverts("ledger: no such group"):
        tournament.settle_expired(void, [0, group], sender=stranger)
    assert_resolved(tournament, lens, void, [])


def test_settle_expired__closed__reverts(tournament, void, stranger):
    tournament.settle_expired(void, [0, 1, 3], sender=stranger)
    with reverts(STILL_COUNTS):
        tournament.settle_expired(void, [0, 1, 3], sender=stranger)


def test_settle_expired__most_groups_in_a_call__is_256(tournament, lens, void, stranger):
    tournament.settle_expired(void, [*range(2, 257), 1], sender=stranger)
    assert_resolved(tournament, lens, void, [4, 12])
    # Refused while the arguments are read.
    with reverts(""):
        tournament.settle_expired(void, list(range(257)), sender=stranger)


def test_settle_expired__any_other_state__reverts(tournament, doomed, walk, operator, stranger):
    def refused(round_id: int, state: State) -> None:
        assert walk.state(round_id) == state
        with reverts(STILL_COUNTS):
            tournament.settle_expired(round_id, [0, 1, 3], sender=stranger)

    terms = tournament.round_info(doomed).terms
    refused(doomed + 1, State.UNKNOWN)
    refused(doomed, State.OPEN)
    walk.at(terms.locks_at)
    refused(doomed, State.ENDED)
    walk.locked(doomed)
    refused(doomed, State.LOCKED)
    tournament.publish_opened(doomed, FILE_HASH, sender=operator)
    refused(doomed, State.OPENED)
    walk.until(terms.resolves_at)
    tournament.propose(doomed, FILE_HASH, 1, FILE_HASH, sender=operator)
    refused(doomed, State.PROPOSED)
    walk.at(tournament.round_info(doomed).final_at)
    refused(doomed, State.FINAL)
    walk.at(terms.expires_at - 2)
    refused(doomed, State.FINAL)


def test_settle_expired__expiry__comes_to_the_second(tournament, doomed, walk, stranger):
    walk.listed(doomed)
    expires_at = tournament.round_info(doomed).terms.expires_at
    walk.until(expires_at - 1)
    with reverts(STILL_COUNTS):
        tournament.settle_expired(doomed, [0], sender=stranger)
    assert tournament.settle_expired(doomed, [0], sender=stranger).timestamp == expires_at


def test_settle_expired__opening_period__ends_to_the_second(tournament, doomed, walk, stranger):
    walk.locked(doomed)
    expires_at = tournament.round_info(doomed).terms.locks_at + 24 * HOUR
    walk.until(expires_at - 1)
    with reverts(STILL_COUNTS):
        tournament.settle_expired(doomed, [0], sender=stranger)
    assert tournament.settle_expired(doomed, [0], sender=stranger).timestamp == expires_at


def test_settle_expired__settled_in_part_before__brings_the_rest_home(
    tournament, lens, treasury, numeraire, doomed, walk, stranger, owed
):
    """The root leaves group 3 out, so its chunk settles without it."""
    final = walk.final(doomed, SCORES)
    assert len(final.words[0]) == 2
    terms = tournament.round_info(doomed).terms
    walk.voided(walk.opened())
    following = walk.opened()
    tournament.settle(doomed, 0, final.chunks[0], [], sender=stranger)
    # 2% of 11 and 13 won and of 5.000000001 burned; model 0 compounds, model 1 has a target of 2.
    assert lens.position(tournament, following, 0) == parse_nmr("11.22")
    assert lens.position(tournament, following, 1) == 2 * NMR
    assert tournament.staked(doomed) == 17 * NMR
    walk.at(terms.expires_at)
    receipt = tournament.settle_expired(doomed, [0, 1, 3], sender=stranger)
    drawn = parse_nmr("0.48")
    assert receipt.events == [
        tournament.SettledExpired(
            round=doomed, groups=[0, 1, 3], successor=doomed + 2 * RING, staked=17 * NMR, idled=17 * NMR
        ),
        treasury.Released(tournament=tournament, round=doomed, amount=GRANTED - drawn),
        tournament.RoundClosed(round=doomed, released=GRANTED - drawn),
    ]
    assert tuple(treasury.reservation(tournament, doomed)) == (GRANTED, drawn, GRANTED - drawn)
    assert lens.position(tournament, following, 0) == parse_nmr("11.22")
    assert lens.position(tournament, following, 1) == 2 * NMR
    assert lens.idle_of(tournament, 12) == 19 * NMR
    assert numeraire.totalSupply() == SUPPLY - parse_nmr("0.1")
    assert numeraire.balanceOf(tournament) == owed()


def test_settle_expired__settled__frees_the_place_for_stakes(tournament, lens, void, walk, staker, stranger):
    walk.voided(walk.opened())
    following = walk.opened()
    with reverts("ledger: settle first"):
        tournament.stake(0, NMR, sender=staker)
    tournament.settle_expired(void, [0], sender=stranger)
    tournament.stake(0, NMR, sender=staker)
    assert lens.position(tournament, following, 0) == 12 * NMR
    assert lens.position(tournament, void, 0) == 0
    assert tournament.staked(void) == TOTAL - parse_nmr("23.000000001")


@pytest.mark.parametrize("actor", ["staker", "operator", "guardian"], indirect=True)
def test_settle_expired__by_anyone__settles(tournament, lens, void, actor):
    tournament.settle_expired(void, [3], sender=actor)
    assert_resolved(tournament, lens, void, [12])


def test_settle_expired__paused__still_works(tournament, lens, void, guardian, stranger):
    tournament.pause(sender=guardian)
    tournament.settle_expired(void, [3], sender=stranger)
    assert_resolved(tournament, lens, void, [12])


@pytest.mark.parametrize(
    ("moment", "turns"),
    [
        ("not opened", 1),
        ("open", 1),
        ("an hour before its lock", 1),
        ("within the hour", 2),
        ("locked", 2),
        ("void", 2),
    ],
)
def test_settle_expired__next_round_in_any_state__keeps_the_same(tournament, lens, void, walk, stranger, moment, turns):
    if moment != "not opened":
        walk.voided(walk.opened())
        following = walk.opened()
        locks_at = walk.info(following).terms.locks_at
        if moment == "an hour before its lock":
            walk.until(locks_at - HOUR)
        elif moment == "within the hour":
            walk.until(locks_at - HOUR + 1)
        elif moment == "locked":
            walk.locked(following)
        elif moment == "void":
            walk.voided(following)
    receipt = tournament.settle_expired(void, [0, 1, 3], sender=stranger)
    (event,) = tournament.SettledExpired.from_receipt(receipt)
    successor = void + turns * RING
    assert (event.successor, event.idled) == (successor, TOTAL - ALL_KEPT)
    assert tournament.staked(successor) == ALL_KEPT
    assert [lens.position(tournament, successor, model) for model in (0, 1, 3)] == [11 * NMR, 2 * NMR, 0]
    assert [lens.idle_of(tournament, model) for model in (0, 1, 3)] == [2 * NMR, parse_nmr("5.000000001"), 9 * NMR]


def test_settle_expired__of_kept_stakes__keeps_them_again(tournament, lens, void, walk, stranger):
    tournament.settle_expired(void, [0, 1, 3], sender=stranger)
    walk.voided(walk.opened())
    following = walk.opened()
    walk.at(walk.info(following).terms.locks_at + 24 * HOUR)
    assert walk.state(following) == State.EXPIRED
    tournament.settle_expired(following, [0], sender=stranger)
    assert tournament.staked(following + RING) == ALL_KEPT
    assert walk.state(following) == State.CLOSED
