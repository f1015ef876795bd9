# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.chunk_tree import encode
from nmr.protocol.reference import ALL_IDLE
from nmr.protocol.reference.rounds import Bounds, State, Terms
from nmr.text.amounts import GWEI, NMR
from tests.support.refusals import reverts
from tests.support.suite import FIRST_ROUND
from tests.support.terms import terms
from tests.support.walk import PACKAGE

HOUR = 3_600
UNLIMITED = 2**256 - 1

# Each well inside the hard limits, so that the owner's bound is the one that is met.
NARROW = Bounds(
    max_primary=11_111,
    max_contribution=22_222,
    max_clip=300_000_000_003,
    min_threshold=1_234 * NMR,
    min_open=3 * HOUR + 3,
    max_open=100 * HOUR + 5,
    max_resolve=500 * HOUR + 7,
    max_expiry=400 * HOUR + 11,
    min_window=30 * HOUR + 13,
)
# All that an owner can allow: only the hard limits are left.
WIDE = Bounds(
    max_primary=UNLIMITED,
    max_contribution=UNLIMITED,
    max_clip=UNLIMITED,
    min_threshold=0,
    min_open=0,
    max_open=UNLIMITED,
    max_resolve=UNLIMITED,
    max_expiry=UNLIMITED,
    min_window=0,
)

MULTIPLIER = "terms: multiplier is too large"
CLIP = "terms: clip is out of range"
LOCKS = "terms: locks_at is out of range"
NOT_ITS_TURN = "rounds: not its turn"
RESOLVES = "terms: resolves_at out of range"
EXPIRES = "terms: expires_at out of range"


@pytest.fixture
def make(chain):
    """Terms within all bounds for a round opened in the next block or at another time, by what each step takes."""

    def made(*, now=None, opens_for=50 * HOUR, resolves_in=60 * HOUR, expires_in=200 * HOUR, **changes) -> Terms:
        usual = {"primary": 10_101, "contribution": 20_202, "clip": 123_456_789_012}
        times = {"opens_for": opens_for, "resolves_in": resolves_in, "expires_in": expires_in}
        return terms(now or chain.pending_timestamp, **usual, **times, window=31 * HOUR)._replace(**changes)

    return made


@pytest.fixture
def bring(chain, tournament, walk, staker):
    """Brings an open round with a stake of model 0 into a state."""

    def to(state: State, round_id: int) -> None:
        locks_at = tournament.round_info(round_id).terms.locks_at
        scores = {0: (1_000_000, 0)}
        steps = {
            State.ENDED: lambda: walk.at(locks_at),
            State.LOCKED: lambda: walk.locked(round_id),
            State.OPENED: lambda: walk.listed(round_id),
            State.PROPOSED: lambda: walk.proposed(round_id, scores),
            State.FINAL: lambda: walk.final(round_id, scores),
            State.VOID: lambda: walk.voided(round_id),
            State.EXPIRED: lambda: walk.at(locks_at + 24 * HOUR),
            State.CLOSED: lambda: (tournament.leave(0, round_id, ALL_IDLE, sender=staker), walk.voided(round_id)),
        }
        steps[state]()
        assert walk.state(round_id) == state

    return to


def assert_is_the_last(tournament, chain, make, operator, term, last, beyond, reason):
    """`last` opens a round at the last block's time, `beyond` does not."""
    now = chain.blocks.head.timestamp
    with reverts(reason):
        tournament.open_round.call(FIRST_ROUND, tuple(make(now=now, **{term: beyond})), PACKAGE, sender=operator)
    tournament.open_round.call(FIRST_ROUND, tuple(make(now=now, **{term: last})), PACKAGE, sender=operator)


def test_open_round__valid_terms__opens_the_first_id(tournament, make, operator):
    terms = make(threshold=1_000 * NMR + GWEI)
    receipt = tournament.open_round(FIRST_ROUND, tuple(terms), PACKAGE, sender=operator)
    # ape cannot build an expected event of an indexed field and a struct.
    (event,) = receipt.events
    assert event.contract_address == tournament.address
    assert event.event_name == "RoundOpened"
    assert event.event_arguments.keys() == {"round", "terms", "package"}
    assert (event.round, tuple(event.terms), event.package) == (FIRST_ROUND, terms, PACKAGE)
    assert tournament.due_round() == FIRST_ROUND + 1
    assert tournament.round_info(FIRST_ROUND).terms == terms
    assert State(int(tournament.state(FIRST_ROUND))) == State.OPEN
    assert State(int(tournament.state(FIRST_ROUND + 1))) == State.UNKNOWN


@pytest.mark.parametrize("actor", ["deployer", "guardian", "proposer", "staker", "stranger"], indirect=True)
def test_open_round__not_the_operator__reverts(tournament, make, actor):
    with reverts("roles: not the operator"):
        tournament.open_round(tournament.due_round(), tuple(make()), PACKAGE, sender=actor)


def test_open_round__by_the_owner__reverts(tournament, make, as_owner):
    with reverts("roles: not the operator"):
        as_owner(tournament, "open_round", FIRST_ROUND, tuple(make()), PACKAGE)


def test_open_round__paused__reverts_until_unpaused(tournament, make, operator, guardian, as_owner):
    tournament.pause(sender=guardian)
    with reverts("roles: paused"):
        tournament.open_round(tournament.due_round(), tuple(make()), PACKAGE, sender=operator)
    as_owner(tournament, "unpause")
    tournament.open_round(tournament.due_round(), tuple(make()), PACKAGE, sender=operator)
    assert tournament.due_round() == FIRST_ROUND + 1


@pytest.mark.parametrize(
    ("term", "last", "beyond", "reason"),
    [
        ("primary", 11_111, 11_112, MULTIPLIER),
        ("contribution", 22_222, 22_223, MULTIPLIER),
        ("clip", 300_000_000_003, 300_000_000_004, CLIP),
        ("threshold", 1_234 * NMR, 1_234 * NMR - GWEI, "terms: threshold is too small"),
        ("opens_for", 3 * HOUR + 3, 3 * HOUR + 2, LOCKS),
        ("opens_for", 100 * HOUR + 5, 100 * HOUR + 6, LOCKS),
        ("resolves_in", 500 * HOUR + 7, 500 * HOUR + 8, RESOLVES),
        ("window", 30 * HOUR + 13, 30 * HOUR + 12, "terms: window is too short"),
        ("expires_in", 400 * HOUR + 11, 400 * HOUR + 12, EXPIRES),
    ],
)
def test_open_round__owners_bound__is_met_and_not_passed(
    tournament, chain, make, operator, as_owner, term, last, beyond, reason
):
    as_owner(tournament, "set_bounds", tuple(NARROW))
    assert_is_the_last(tournament, chain, make, operator, term, last, beyond, reason)


@pytest.mark.parametrize(
    ("term", "last", "beyond", "reason"),
    [
        ("primary", 1_000_000, 1_000_001, MULTIPLIER),
        ("primary", 1_000_000, UNLIMITED, MULTIPLIER),
        ("contribution", 1_000_000, 1_000_001, MULTIPLIER),
        ("contribution", 1_000_000, UNLIMITED, MULTIPLIER),
        ("clip", 1, 0, CLIP),
        ("clip", 10**12, 10**12 + 1, CLIP),
        ("opens_for", 2 * HOUR, 2 * HOUR - 1, LOCKS),
        ("opens_for", 720 * HOUR, 720 * HOUR + 1, LOCKS),
        ("resolves_in", 24 * HOUR, 24 * HOUR - 1, RESOLVES),
        ("resolves_in", 2_880 * HOUR, 2_880 * HOUR + 1, RESOLVES),
        ("window", 24 * HOUR, 24 * HOUR - 1, "terms: window is too short"),
        # 31 hours of window and 24 to settle.
        ("expires_in", 55 * HOUR, 55 * HOUR - 1, EXPIRES),
        ("expires_in", 1_440 * HOUR, 1_440 * HOUR + 1, EXPIRES),
        # 200 hours until expiry, less 24 to settle.
        ("window", 176 * HOUR, 176 * HOUR + 1, EXPIRES),
    ],
)
def test_open_round__hard_limit__stands_whatever_the_owner_allows(
    tournament, chain, make, operator, as_owner, term, last, beyond, reason
):
    as_owner(tournament, "set_bounds", tuple(WIDE))
    assert_is_the_last(tournament, chain, make, operator, term, last, beyond, reason)


def test_open_round__least_of_every_term__opens(tournament, make, operator, as_owner):
    as_owner(tournament, "set_bounds", tuple(WIDE))
    terms = make(primary=0, contribution=0, threshold=GWEI)
    tournament.open_round(tournament.due_round(), tuple(terms), PACKAGE, sender=operator)
    assert tournament.round_info(FIRST_ROUND).terms == terms


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sealing_key": bytes(32)}, "terms: sealing key is empty"),
        ({"threshold": 2_000 * NMR + 1}, "terms: amount finer than a gwei"),
        ({"threshold": 1}, "terms: threshold is too small"),
        ({"locks_at": 0}, LOCKS),
        ({"opens_for": -1}, LOCKS),
        ({"locks_at": UNLIMITED}, LOCKS),
        ({"resolves_at": 0}, RESOLVES),
        ({"resolves_in": -1}, RESOLVES),
        ({"resolves_at": UNLIMITED}, RESOLVES),
        ({"expires_at": 0}, EXPIRES),
        ({"expires_in": -1}, EXPIRES),
        ({"expires_at": UNLIMITED}, EXPIRES),
        # Sums that would overflow.
        ({"window": UNLIMITED}, EXPIRES),
    ],
)
def test_open_round__malformed_terms__revert(tournament, chain, make, operator, changes, reason):
    with reverts(reason):
        given = make(now=chain.blocks.head.timestamp, **changes)
        tournament.open_round.call(FIRST_ROUND, tuple(given), PACKAGE, sender=operator)


def test_open_round__previous_open__reverts_until_its_lock(tournament, walk, make, operator):
    locks_at = tournament.round_info(walk.opened()).terms.locks_at
    with reverts("rounds: another round is open"):
        tournament.open_round(tournament.due_round(), tuple(make()), PACKAGE, sender=operator)
    walk.until(locks_at - 1)
    with reverts("rounds: another round is open"):
        tournament.open_round(tournament.due_round(), tuple(make()), PACKAGE, sender=operator)
    receipt = tournament.open_round(tournament.due_round(), tuple(make()), PACKAGE, sender=operator)
    assert receipt.timestamp == locks_at
    assert tournament.last_opened() == FIRST_ROUND + 1


def test_open_round__previous_void__opens_at_once(tournament, team, walk, staker):
    first = walk.opened()
    tournament.stake(0, 5 * NMR, sender=staker)
    walk.voided(first)
    assert walk.state(first) == State.VOID
    assert walk.opened() == FIRST_ROUND + 1


@pytest.mark.parametrize(
    "state", [State.ENDED, State.LOCKED, State.OPENED, State.PROPOSED], ids=lambda state: state.name
)
def test_open_round__place_unresolved__reverts(tournament, team, walk, bring, make, operator, staker, state):
    first = walk.opened()
    tournament.stake(0, 5 * NMR, sender=staker)
    bring(state, first)
    walk.voided(walk.opened())
    with reverts(NOT_ITS_TURN):
        tournament.open_round(FIRST_ROUND + 2, tuple(make()), PACKAGE, sender=operator)
    assert walk.state(first) == state
    assert tournament.due_round() == FIRST_ROUND + 3


@pytest.mark.parametrize("state", [State.FINAL, State.VOID, State.EXPIRED, State.CLOSED], ids=lambda state: state.name)
def test_open_round__place_resolved__opens(tournament, team, walk, bring, staker, state):
    first = walk.opened()
    tournament.stake(0, 5 * NMR, sender=staker)
    bring(state, first)
    walk.voided(walk.opened())
    assert walk.opened() == FIRST_ROUND + 2
    assert walk.state(first) == state


@pytest.mark.parametrize("state", [State.FINAL, State.VOID, State.EXPIRED], ids=lambda state: state.name)
def test_open_round__two_rings_ago_unsettled__reverts_until_closed(
    tournament, team, walk, bring, make, operator, staker, stranger, state
):
    first = walk.opened()
    tournament.stake(0, 5 * NMR, sender=staker)
    bring(state, first)
    for _ in range(3):
        walk.voided(walk.opened())
    with reverts(NOT_ITS_TURN):
        tournament.open_round(FIRST_ROUND + 4, tuple(make()), PACKAGE, sender=operator)
    if state == State.FINAL:
        # The only chunk of the only group, so its word is all that the root is made of.
        tournament.settle(first, 0, encode([1_000_000]), [], sender=stranger)
    else:
        tournament.settle_expired(first, [0], sender=stranger)
    assert walk.state(first) == State.CLOSED
    assert walk.opened() == FIRST_ROUND + 4


def test_open_round__ring_of_one__waits_for_the_round_before(deploy_owned, numeraire, chain, make, operator, staker):
    tournament = deploy_owned(ring=1, first_round=0)
    numeraire.approve(tournament, 5 * NMR, sender=staker)
    tournament.register("alone", staker, sender=staker)
    terms = make()
    tournament.open_round(0, tuple(terms), PACKAGE, sender=operator)
    tournament.stake(0, 5 * NMR, sender=staker)
    chain.pending_timestamp = terms.locks_at
    with reverts(NOT_ITS_TURN):
        tournament.open_round(1, tuple(make()), PACKAGE, sender=operator)
    chain.pending_timestamp = terms.locks_at + 24 * HOUR
    tournament.open_round(1, tuple(make()), PACKAGE, sender=operator)
    assert tournament.last_opened() == 1


def test_open_round__last_id__is_the_end(deploy_owned, make, operator, guardian):
    tournament = deploy_owned(ring=2, first_round=65_532)
    for last in range(65_532, 65_536):
        tournament.open_round(last, tuple(make()), PACKAGE, sender=operator)
        tournament.void(last, sender=guardian)
    with reverts(NOT_ITS_TURN):
        tournament.open_round(65_536, tuple(make()), PACKAGE, sender=operator)
    assert tournament.due_round() == UNLIMITED


@pytest.mark.parametrize("round_id", [0, FIRST_ROUND - 1, FIRST_ROUND + 1, FIRST_ROUND + 2, UNLIMITED])
def test_open_round__another_id_than_the_due_one__reverts(tournament, make, operator, round_id):
    with reverts(NOT_ITS_TURN):
        tournament.open_round(round_id, tuple(make()), PACKAGE, sender=operator)


def test_open_round__no_package__reverts(tournament, make, operator):
    with reverts("rounds: hash is empty"):
        tournament.open_round(FIRST_ROUND, tuple(make()), bytes(32), sender=operator)


def test_open_round__stakes_wait_for_it__they_are_in_it(tournament, team, walk, staker, stranger):
    """Opening writes the terms alone, and the lock takes the sum as it stands."""
    first = walk.opened()
    tournament.enter([0, 1], sender=staker)
    walk.voided(first)
    tournament.settle_expired(first, [0, 1], sender=stranger)
    assert tournament.staked(first + 2) == 50 * NMR
    walk.voided(walk.opened())
    second = walk.opened()
    assert second == first + 2
    assert walk.info(second).staked == 50 * NMR
    tournament.stake(0, NMR, sender=staker)
    walk.locked(second)
    assert walk.info(second).at_risk == 51 * NMR
