# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.score_words import MAX_GROUP
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR
from tests.support.refusals import reverts

MOST_CALLS = 64
LONGEST_CALL = 260
ALL = 2**256 - 1
FILE_HASH = b"\x44" * 32

CALLING_TOKEN = """
# pragma version 0.4.3
# A token that makes a call when it is paid with, and `poke` makes the same call from outside.

target: address
payload: Bytes[2_048]
called: public(bool)
succeeded: public(bool)

@external
def arm(target: address, payload: Bytes[2_048]):
    self.target = target
    self.payload = payload

@external
def poke():
    self.called = True
    self.succeeded = raw_call(self.target, self.payload, revert_on_failure=False)

@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    self.called = True
    self.succeeded = raw_call(self.target, self.payload, revert_on_failure=False)
    return True
"""


# many models in one call


def test_multicall__most_calls__do_to_many_models_what_one_call_does_to_one(
    tournament, lens, numeraire, team, many, walk, staker, submitter, receiver
):
    crowd = range(len(team), len(team) + MOST_CALLS)
    receipt = many(staker, *[("register", f"model {model}", submitter) for model in crowd])
    assert receipt.events == [
        tournament.ModelRegistered(model=model, owner=staker, submitter=submitter, label=f"model {model}")
        for model in crowd
    ]
    many(staker, *[("deposit", model, model * NMR, staker) for model in crowd])
    assert [lens.idle_of(tournament, model) for model in crowd] == [model * NMR for model in crowd]
    assert tournament.idle_total() == numeraire.balanceOf(tournament) == (500 + sum(crowd)) * NMR

    round_id = walk.opened()
    receipt = many(staker, *[("stake", model, NMR) for model in crowd])
    assert [log for log in receipt.events if log.event_name == "Staked"] == [
        tournament.Staked(round=round_id, model=model, amount=NMR) for model in crowd
    ]
    assert tournament.staked(round_id) == MOST_CALLS * NMR
    receipt = many(staker, *[("leave", model, round_id, ALL) for model in crowd])
    assert receipt.events == [tournament.Left(round=round_id, model=model, amount=NMR) for model in crowd]
    assert tournament.staked(round_id) == 0

    receipt = many(staker, *[("withdraw", model, ALL, receiver) for model in crowd])
    assert [log.amount for log in receipt.events if log.event_name == "Withdrawn"] == [
        (model + 1) * NMR for model in crowd
    ]
    assert numeraire.balanceOf(receiver) == (sum(crowd) + MOST_CALLS) * NMR
    assert tournament.idle_total() == numeraire.balanceOf(tournament) == 500 * NMR


def test_multicall__different_calls__happen_in_order(tournament, lens, numeraire, team, many, staker, receiver):
    receipt = many(
        staker,
        ("register", "new", ZERO_ADDRESS),
        ("deposit", 5, NMR, staker),
        ("move_idle", 0, 5, ALL),
        ("set_policy", 5, 2 * NMR, True),
        ("set_submitter", 5, receiver),
        ("withdraw", 5, ALL, receiver),
        ("offer_model", 5, receiver),
    )
    assert receipt.events == [
        tournament.ModelRegistered(model=5, owner=staker, submitter=staker, label="new"),
        numeraire.Transfer(sender=staker, receiver=tournament, value=NMR),
        tournament.Deposited(model=5, payer=staker, amount=NMR),
        tournament.IdleMoved(source=0, destination=5, amount=100 * NMR),
        tournament.PolicySet(model=5, target=2 * NMR, compound=True),
        tournament.SubmitterSet(model=5, submitter=receiver),
        numeraire.Transfer(sender=tournament, receiver=receiver, value=101 * NMR),
        tournament.Withdrawn(model=5, receiver=receiver, amount=101 * NMR),
        tournament.OwnershipOffered(model=5, owner=staker, to=receiver),
    ]
    assert lens.policy_of(tournament, 5) == (2 * NMR, True)
    assert lens.idle_of(tournament, 5) == lens.idle_of(tournament, 0) == 0


@pytest.mark.contract
def test_multicall__permit_inside__serves_the_deposits_after_it(
    tournament, lens, numeraire, team, many, payer, sign_permit, chain, staker
):
    deadline = chain.pending_timestamp + 3_600
    signature = sign_permit(payer, payer, tournament, 3 * NMR, 0, deadline)
    many(payer, ("deposit_with_permit", 0, NMR, staker, 3 * NMR, deadline, *signature), ("deposit", 1, 2 * NMR, staker))
    assert [lens.idle_of(tournament, model) for model in (0, 1)] == [101 * NMR, 102 * NMR]
    assert numeraire.balanceOf(payer) == 997 * NMR
    assert numeraire.allowance(payer, tournament) == 0


@pytest.mark.contract
def test_multicall__two_submissions__fit_into_one_call(tournament, team, many, walk, submitter):
    round_id = walk.opened()
    assert len(tournament.submit.encode_input([0, 1], [FILE_HASH, FILE_HASH])) == LONGEST_CALL
    many(submitter, ("submit", [0, 1], [FILE_HASH, FILE_HASH]), ("submit", [4], [FILE_HASH]))
    assert [tournament.submitted(round_id, model) for model in team] == [True, True, False, False, True]


def test_multicall__no_call__does_nothing(tournament, team, stranger):
    receipt = tournament.multicall([], sender=stranger)
    assert receipt.events == []


def test_multicall__too_many_calls__reverts(tournament, lens, team, many, staker):
    with reverts(""):
        many(staker, *(MOST_CALLS + 1) * [("deposit", 0, GWEI, staker)])
    many(staker, *MOST_CALLS * [("deposit", 0, GWEI, staker)])
    assert lens.idle_of(tournament, 0) == 100 * NMR + MOST_CALLS * GWEI


@pytest.mark.contract
def test_multicall__call_too_long__reverts(tournament, lens, team, staker):
    call = bytes(tournament.deposit.encode_input(0, NMR, staker))
    with reverts(""):
        tournament.multicall([call.ljust(LONGEST_CALL + 1, b"\0")], sender=staker)
    tournament.multicall([call.ljust(LONGEST_CALL, b"\0")], sender=staker)
    assert lens.idle_of(tournament, 0) == 101 * NMR


# the sender


def test_multicall__from_a_contract__acts_for_the_contract(tournament, lens, team, as_owner, timelock):
    calls = [
        tournament.register.encode_input("contract", ZERO_ADDRESS),
        tournament.set_policy.encode_input(len(team), NMR, True),
    ]
    as_owner(tournament, "multicall", calls)
    assert tournament.owner_of(len(team)) == timelock
    assert lens.policy_of(tournament, len(team)) == (NMR, True)


def test_multicall__nested__acts_for_the_sender(tournament, lens, numeraire, team, staker, stranger, receiver):
    inner = tournament.multicall.encode_input([tournament.withdraw.encode_input(0, NMR, receiver)])
    with reverts("models: not the owner"):
        tournament.multicall([inner], sender=stranger)
    tournament.multicall([inner, inner], sender=staker)
    assert numeraire.balanceOf(receiver) == 2 * NMR
    assert lens.idle_of(tournament, 0) == 98 * NMR


def test_multicall__escrow_itself__is_never_the_sender(tournament, team, many, staker):
    tournament.offer_model(0, tournament, sender=staker)
    with reverts("models: not offered to you"):
        many(staker, ("accept_model", 0))


def test_multicall__same_deposit_twice__is_paid_twice(tournament, lens, numeraire, team, many, payer, staker):
    numeraire.approve(tournament, 3 * NMR, sender=payer)
    many(payer, ("deposit", 0, NMR, staker), ("deposit", 0, NMR, staker))
    assert numeraire.balanceOf(payer) == 998 * NMR
    assert lens.idle_of(tournament, 0) == 102 * NMR
    with reverts("erc20: insufficient allowance"):
        many(payer, ("deposit", 0, NMR, staker), ("deposit", 0, NMR, staker))


def test_multicall__same_idle_twice__is_paid_once(tournament, lens, numeraire, team, many, staker, receiver):
    for second, reason in (
        (("withdraw", 0, 100 * NMR, receiver), "ledger: more than is idle"),
        (("withdraw", 0, ALL, receiver), "ledger: amount is zero"),
        (("move_idle", 0, 1, GWEI), "ledger: more than is idle"),
    ):
        with reverts(reason):
            many(staker, ("withdraw", 0, ALL, receiver), second)
    assert numeraire.balanceOf(receiver) == 0
    assert lens.idle_of(tournament, 0) == 100 * NMR


@pytest.mark.parametrize(
    ("reason", "call"),
    [
        ("models: not the owner", ("withdraw", 0, NMR, ZERO_ADDRESS)),
        ("models: not the owner", ("set_policy", 0, 0, False)),
        ("models: not the owner", ("set_submitter", 0, ZERO_ADDRESS)),
        ("models: not the owner", ("offer_model", 0, ZERO_ADDRESS)),
        ("models: not the owner", ("move_idle", 0, 1, NMR)),
        ("models: not the owner", ("stake", 0, NMR)),
        ("models: not the owner", ("leave", 0, 7, ALL)),
        ("models: not offered to you", ("accept_model", 0)),
        ("submissions: not the submitter", ("submit", [0], [FILE_HASH])),
        ("roles: not the guardian", ("pause",)),
        ("roles: not the guardian", ("void", 7)),
        ("roles: not the operator", ("publish_opened", 7, FILE_HASH)),
        ("ownable: caller is not the owner", ("set_operator", ZERO_ADDRESS)),
        pytest.param(
            "ownable: caller is not the owner", ("transfer_ownership", ZERO_ADDRESS), marks=pytest.mark.contract
        ),
        pytest.param("ownable_2step: caller is not the new owner", ("accept_ownership",), marks=pytest.mark.contract),
        ("rounds: not due to be locked", ("lock", 7)),
        ("settlement: round is not final", ("settle", 7, 0, b"", [])),
        ("ledger: no such group", ("enter", [MAX_GROUP + 1])),
        ("models: another owner", ("deposit", 0, NMR, ZERO_ADDRESS)),
    ],
)
def test_multicall__call_that_reverts_alone__reverts_with_its_reason(
    tournament, team, many, walk, stranger, reason, call
):
    walk.opened()
    with reverts(reason):
        many(stranger, ("register", "mine", ZERO_ADDRESS), call)
    assert tournament.model_count() == len(team)


@pytest.mark.parametrize(
    "call", [("register", "new", ZERO_ADDRESS), ("deposit", 0, NMR, ZERO_ADDRESS), ("stake", 0, NMR), ("enter", [0])]
)
def test_multicall__paused__is_no_way_around_it(tournament, lens, team, many, walk, guardian, staker, receiver, call):
    walk.opened()
    tournament.pause(sender=guardian)
    with reverts("roles: paused"):
        many(staker, ("withdraw", 0, NMR, receiver), call)
    assert lens.idle_of(tournament, 0) == 100 * NMR
    many(staker, ("withdraw", 0, NMR, receiver))
    assert lens.idle_of(tournament, 0) == 99 * NMR


# all or nothing


@pytest.mark.parametrize("position", [0, 1, 2])
def test_multicall__one_call_reverts__none_happened(
    tournament, lens, numeraire, team, many, staker, receiver, position
):
    calls = [("deposit", 0, NMR, staker), ("set_policy", 1, NMR, True)]
    calls.insert(position, ("withdraw", 2, 100 * NMR + GWEI, receiver))
    held = numeraire.balanceOf(staker)
    with reverts("ledger: more than is idle"):
        many(staker, *calls)
    assert numeraire.balanceOf(staker) == held
    assert lens.idle_of(tournament, 0) == 100 * NMR
    assert lens.policy_of(tournament, 1) == (10 * NMR, False)


@pytest.mark.contract
@pytest.mark.parametrize("call", [b"", b"\x71\x50\x18\xa6", b"\xff\xff\xff"])
def test_multicall__no_such_function__reverts_without_a_reason(tournament, lens, team, staker, call):
    with reverts(""):
        tournament.multicall([tournament.deposit.encode_input(0, NMR, staker), call], sender=staker)
    assert lens.idle_of(tournament, 0) == 100 * NMR


@pytest.mark.contract
def test_multicall__ether_sent__reverts(tournament, team, staker):
    before = tournament.balance
    with reverts(""):
        tournament.multicall([tournament.deposit.encode_input(0, NMR, staker)], sender=staker, value=1)
    assert tournament.balance == before == 0


# the lock


@pytest.fixture(scope="module")
def calling_token(project, deployer):
    """A token that calls somebody when it is paid with."""
    from ape import compilers

    return deployer.deploy(compilers.compile_source("vyper", CALLING_TOKEN, project=project))


@pytest.fixture(scope="module")
def exposed(deploy_owned, calling_token, staker):
    """A tournament with that token, which registered model 0 there; no suite would have it."""
    tournament = deploy_owned(token=calling_token)
    calling_token.arm(tournament, tournament.register.encode_input("token's", ZERO_ADDRESS), sender=staker)
    calling_token.poke(sender=staker)
    return tournament


def inner_call(exposed, name: str) -> bytes:
    """What the token calls, by name; it may do each of these from outside."""
    register = exposed.register.encode_input("again", ZERO_ADDRESS)
    return {
        "register": register,
        "set_policy": exposed.set_policy.encode_input(0, NMR, True),
        "multicall": exposed.multicall.encode_input([register]),
        "place_of": exposed.place_of.encode_input(0, 0),
        "words": exposed.words.encode_input(128, 0, 1),
        "owner_of": exposed.owner_of.encode_input(0),
        "idle_total": exposed.idle_total.encode_input(),
    }[name]


INNER_CALLS = ["register", "set_policy", "multicall", "place_of", "words", "owner_of", "idle_total"]


@pytest.mark.contract
@pytest.mark.parametrize("outer", ["deposit", "multicall"])
@pytest.mark.parametrize("name", INNER_CALLS)
def test_multicall__token_calls_back_during_a_deposit__is_locked_out(exposed, calling_token, staker, name, outer):
    calling_token.arm(exposed, inner_call(exposed, name), sender=staker)
    if outer == "deposit":
        exposed.deposit(0, NMR, calling_token, sender=staker)
    else:
        exposed.multicall([exposed.deposit.encode_input(0, NMR, calling_token)], sender=staker)
    assert calling_token.called()
    assert not calling_token.succeeded()
    assert exposed.model_count() == 1
    assert exposed.words(129, 0, 1) == [0]
    assert exposed.words(128, 0, 1) == [NMR // GWEI]


@pytest.mark.contract
@pytest.mark.parametrize("name", INNER_CALLS)
def test_multicall__token_calls_from_outside__goes_through(exposed, calling_token, staker, name):
    calling_token.arm(exposed, inner_call(exposed, name), sender=staker)
    calling_token.poke(sender=staker)
    assert calling_token.succeeded()


@pytest.mark.contract
def test_multicall__lock_of_the_call_before__is_open_again(exposed, calling_token, staker):
    deposit = exposed.deposit.encode_input(0, NMR, calling_token)
    exposed.multicall([deposit, deposit, exposed.register.encode_input("free", ZERO_ADDRESS)], sender=staker)
    assert exposed.words(128, 0, 1) == [2 * NMR // GWEI]
    assert exposed.model_count() == 2
