# SPDX-License-Identifier: MIT
"""What only the reference can be asked; what a contract can be asked too is in `contracts`."""

import pickle
import re
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nmr.errors import NeverOpened, Refused
from nmr.protocol.reference import Deployment, Event, Limits, Log, Numeraire, ReferenceSuite, Roles, Setup, State
from nmr.protocol.reference.events import transaction
from nmr.protocol.reference.tournament import MAX_MODELS, Signed
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR, SCORE, SUPPLY
from tests.support.example_suite import (
    BOUNDS,
    GUARDIAN,
    NUMERAIRE,
    OPERATOR,
    OWNER,
    RIVAL,
    SEALED,
    STAKER,
    START,
    STRANGER,
    TOURNAMENT,
    TREASURY,
    ExampleSuite,
    owed,
)
from tests.support.refusals import reverts


@pytest.fixture
def suite() -> ExampleSuite:
    return ExampleSuite()


# constructors


def test_suite__deployed__logs_roles_bounds_and_limits() -> None:
    world = ReferenceSuite.deploy(
        Deployment(NUMERAIRE, TREASURY, {TOURNAMENT: Setup(128, 5, NMR, 60)}),
        roles=Roles(OWNER, OPERATOR, GUARDIAN),
        bounds=BOUNDS,
        distribution={STAKER: SUPPLY},
        limits={TOURNAMENT: Limits(7, 8, 9)},
        now=START,
    )
    tournament = world.tournaments[TOURNAMENT]
    assert (tournament.owner, tournament.next_round(5), tournament.books.rounds.hour) == (OWNER, 5, 60)
    assert [(event.name, event.args) for event in tournament.events] == [
        ("OperatorSet", {"operator": OPERATOR}),
        ("GuardianSet", {"guardian": GUARDIAN}),
        ("BoundsSet", {"bounds": BOUNDS}),
    ]
    assert [event.args for event in world.log.of(TREASURY)] == [
        {"tournament": TOURNAMENT, "cap": 7, "ceiling": 8, "rate": 9}
    ]


@pytest.mark.parametrize(
    ("roles", "reason"),
    [
        (Roles(ZERO_ADDRESS, OPERATOR, GUARDIAN), "treasury: owner is the zero address"),
        (Roles(OWNER, OPERATOR, OPERATOR), "roles: operator is the guardian"),
    ],
)
def test_suite__roles_that_cannot_be__refused(roles: Roles, reason: str) -> None:
    with reverts(reason):
        ReferenceSuite.deploy(
            Deployment(NUMERAIRE, TREASURY, {TOURNAMENT: Setup(2, 1, NMR)}),
            roles=roles,
            bounds=BOUNDS,
            distribution={STAKER: SUPPLY},
            limits={},
            now=START,
        )


def test_numeraire__whole_supply__minted_to_the_receivers() -> None:
    log = Log()
    numeraire = Numeraire(NUMERAIRE, log, {STAKER: SUPPLY - 1, RIVAL: 1}, now=START)
    assert numeraire.total_supply == SUPPLY
    assert (numeraire.balance_of(STAKER), numeraire.balance_of(RIVAL), numeraire.burned) == (SUPPLY - 1, 1, 0)
    assert [event.args for event in log.of(NUMERAIRE)] == [
        {"sender": ZERO_ADDRESS, "receiver": STAKER, "value": SUPPLY - 1},
        {"sender": ZERO_ADDRESS, "receiver": RIVAL, "value": 1},
    ]


@pytest.mark.parametrize(
    ("distribution", "reason"),
    [
        ({STAKER: SUPPLY - 1}, "numeraire: less than the supply"),
        ({STAKER: SUPPLY, RIVAL: 1}, "numeraire: more than the supply"),
        ({}, "numeraire: less than the supply"),
        ({STAKER: SUPPLY, RIVAL: 0}, "numeraire: amount is zero"),
        ({ZERO_ADDRESS: SUPPLY}, "numeraire: receiver is the zero address"),
        ({NUMERAIRE: SUPPLY}, "numeraire: receiver is the token"),
    ],
)
def test_numeraire__wrong_distribution__refused(distribution: dict[str, int], reason: str) -> None:
    with pytest.raises(Refused, match=f"^{re.escape(reason)}$"):
        Numeraire(NUMERAIRE, Log(), distribution, now=START)


def test_balances__another_holder_or_another_thing__differ() -> None:
    balances = Numeraire(NUMERAIRE, Log(), {STAKER: SUPPLY}, now=START).balances
    assert balances == Numeraire(NUMERAIRE, Log(), {STAKER: SUPPLY}, now=START).balances
    assert balances != Numeraire(NUMERAIRE, Log(), {RIVAL: SUPPLY}, now=START).balances
    assert balances != "balances"


# limits that no test of a contract reaches


def test_models__as_many_as_chunks_have_words_for() -> None:
    assert MAX_MODELS == 55_924 * 300 * 4


def test_register__no_ids_left__refused(suite: ExampleSuite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nmr.protocol.reference.tournament.MAX_MODELS", 5)
    suite.call("register", "last", ZERO_ADDRESS)
    with suite.refuses("models: no id is left"):
        suite.call("register", "too many", ZERO_ADDRESS)


@pytest.mark.parametrize(("models", "hashes"), [(129, 128), (128, 129)])
def test_submit__beyond_the_lists__refused(suite: ExampleSuite, models: int, hashes: int) -> None:
    suite.open()
    with suite.refuses(""):
        suite.call("submit", [0] * models, [SEALED] * hashes)
    suite.call("submit", [0] * 128, [SEALED] * 128)


@pytest.mark.parametrize("lengths", [(257, 256, 256), (256, 257, 256), (256, 256, 257)])
def test_submit_signed__beyond_the_lists__refused(suite: ExampleSuite, lengths: tuple[int, int, int]) -> None:
    suite.open()
    signed = Signed(1, suite.now, STAKER)
    with suite.refuses(""):
        suite.call(
            "submit_signed", *(length * [each] for length, each in zip(lengths, (signed, 0, SEALED), strict=True))
        )
    suite.call("submit_signed", [signed] * 256, [0] * 256, [SEALED] * 256)
    assert len(suite.last("SubmittedSigned")["commitments"]) == 256


def test_spend__a_wei__sent(suite: ExampleSuite) -> None:
    suite.world.treasury.spend(STRANGER, 1, sender=OWNER, now=suite.now)
    assert suite.world.numeraire.balance_of(STRANGER) == 1


def test_register__label__counts_bytes(suite: ExampleSuite) -> None:
    suite.call("register", 16 * "é", ZERO_ADDRESS)
    with suite.refuses(""):
        suite.call("register", 16 * "é" + "e", ZERO_ADDRESS)


# what the reference is told and a contract finds out: whether a permit is valid, whether a token is one


def test_deposit_with_permit__valid__allows_and_deposits(suite: ExampleSuite) -> None:
    suite.call("deposit_with_permit", 0, 2 * NMR, STAKER, 3 * NMR, True, sender=OWNER)
    assert suite.tournament.idle_of(0) == 2 * NMR
    assert suite.world.numeraire.allowance(OWNER, TOURNAMENT) == NMR


def test_deposit_with_permit__used_already__falls_through_to_the_allowance(suite: ExampleSuite) -> None:
    suite.world.numeraire.approve(TOURNAMENT, 2 * NMR, sender=OWNER, now=suite.now)
    suite.call("deposit_with_permit", 0, NMR, STAKER, 5 * NMR, False, sender=OWNER)
    assert suite.tournament.idle_of(0) == NMR
    assert suite.world.numeraire.allowance(OWNER, TOURNAMENT) == NMR


@pytest.mark.parametrize(("amount", "valid"), [(NMR, False), (2 * NMR, True)])
def test_deposit_with_permit__no_deposit__leaves_no_allowance(suite: ExampleSuite, amount: int, valid: bool) -> None:
    with suite.refuses("erc20: insufficient allowance"):
        suite.call("deposit_with_permit", 0, amount, STAKER, NMR, valid, sender=OWNER)


@pytest.mark.parametrize(
    ("token", "spender", "sender", "reason"),
    [
        (NUMERAIRE, STRANGER, OWNER, "treasury: token is NMR"),
        ("stablecoin", STRANGER, STRANGER, "ownable: caller is not the owner"),
        ("stablecoin", ZERO_ADDRESS, OWNER, "treasury: spender is the zero address"),
    ],
)
def test_allow__owner__any_token_but_nmr(
    suite: ExampleSuite, token: str, spender: str, sender: str, reason: str
) -> None:
    with suite.refuses(reason):
        suite.world.treasury.allow(token, spender, 7, sender=sender, now=suite.now)
    suite.world.treasury.allow("stablecoin", STRANGER, 7, sender=OWNER, now=suite.now)
    assert suite.last("Allowed") == {"token": "stablecoin", "spender": STRANGER, "amount": 7}


# the log


def test_log__calls_within_a_call__one_transaction_in_order(suite: ExampleSuite) -> None:
    events = len(suite.world.events)
    suite.call("deposit", 0, 10**18, STAKER)
    suite.call("deposit", 1, 10**18, STAKER)
    emitted = suite.world.events[events:]
    assert [event.name for event in emitted] == ["Transfer", "Deposited"] * 2
    assert [event.log_index for event in emitted] == list(range(events, events + 4))
    assert emitted[0].transaction == emitted[1].transaction != emitted[2].transaction == emitted[3].transaction
    assert {event.timestamp for event in emitted} == {suite.now}


def test_log__call_that_is_refused_after_an_event__nothing_is_logged() -> None:
    class Careless:
        log = Log()

        @transaction
        def call(self, *, now: int) -> None:
            self.log.emit("here", "Done")
            raise Refused("too late")

    careless = Careless()
    with pytest.raises(Refused, match="too late"):
        careless.call(now=1)
    assert careless.log.events == []
    with careless.log.transaction(2):
        careless.log.emit("here", "Done", what=1)
    with careless.log.transaction(3):
        careless.log.emit("here", "Done", what=2)
    assert careless.log.events == [
        Event("Done", {"what": 1}, 0, 2, 0, f"{0:#066x}", "here"),
        Event("Done", {"what": 2}, 1, 3, 1, f"{1:#066x}", "here"),
    ]


# states and rounds


def test_state__values__those_of_the_contracts_flag() -> None:
    names = ["UNKNOWN", "OPEN", "ENDED", "LOCKED", "OPENED", "PROPOSED", "FINAL", "VOID", "EXPIRED", "CLOSED"]
    assert [State(2**index).name for index in range(10)] == names


def test_round_info__never_opened__no_such_round(suite: ExampleSuite) -> None:
    with pytest.raises(NeverOpened, match=r"^round 1 was never opened$"):
        suite.tournament.round_info(1)


# the order of chunks, of which a chain tries two

CHUNKED = (0, 3, 600, 1_200, 1_206, 2_400, 2_403)
UP, DOWN = (SCORE // 100, 0), (-SCORE // 100, 0)
"""Scores that gain and burn 2% under the usual terms."""


@pytest.fixture(scope="module")
def chunked() -> tuple[ExampleSuite, list[list[int]]]:
    """A final round with stakes in three chunks and the next of its place open, and the chunks."""
    suite = ExampleSuite(models=2_404)
    round_id = suite.open()
    for model in CHUNKED:
        suite.call("stake", model, 100 * NMR)
        suite.call("set_policy", model, (90 + model % 20) * NMR, model % 3 == 0)
    suite.submit(*CHUNKED)
    chunks = suite.finalise(round_id, {model: UP if model % 2 else DOWN for model in CHUNKED})
    suite.open()
    suite.wait(24)
    suite.open()
    return suite, chunks


def test_settle__chunks_in_any_order__same_books(chunked: tuple[ExampleSuite, list[list[int]]]) -> None:
    prepared, chunks = chunked
    books = []
    for order in permutations(range(3)):
        suite: ExampleSuite = pickle.loads(pickle.dumps(prepared))
        for index in order:
            suite.settle(1, chunks, index)
        assert suite.state(1) == State.CLOSED
        books.append((suite.tournament.books, suite.world.numeraire.balances, suite.world.treasury.books))
    assert all(other == books[0] for other in books[1:])


@settings(max_examples=10)
@given(order=st.permutations(range(3)), waits=st.lists(st.sampled_from([0, 11, 12, 13]), min_size=3, max_size=3))
def test_settle__chunks_at_any_time__same_idle_and_same_kept(
    chunked: tuple[ExampleSuite, list[list[int]]], order: list[int], waits: list[int]
) -> None:
    prepared, chunks = chunked
    suite: ExampleSuite = pickle.loads(pickle.dumps(prepared))
    for index, hours in zip(order, waits, strict=True):
        suite.wait(hours)
        suite.settle(1, chunks, index)
    tournament = suite.tournament
    for model in CHUNKED:
        value = (102 if model % 2 else 98) * NMR
        kept = value if model % 3 == 0 else min(value, (90 + model % 20) * NMR)
        stakes = [stake.amount for stake in tournament.stakes_of(model, suite.now)]
        assert (tournament.idle_of(model), stakes) == (value - kept, [kept])
    assert tournament.staked(3) + tournament.staked(5) + tournament.idle_total() == owed(tournament)
