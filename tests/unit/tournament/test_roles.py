# SPDX-License-Identifier: MIT
import pytest

from nmr.protocol.reference import ALL_IDLE
from nmr.protocol.reference.rounds import State
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from tests.support.refusals import reverts
from tests.support.suite import FIRST_ROUND, RING
from tests.support.walk import PACKAGE

NOT_THE_OWNER = "ownable: caller is not the owner"
FILE_HASH = b"\x44" * 32
HOUR = 3_600
TOO_LATELY = "roles: paused too lately"
RENOUNCE_OWNERSHIP = bytes.fromhex("715018a6")


@pytest.fixture(scope="module")
def owned(deploy_owned):
    """A tournament that belongs to the account `owner`, so that a test needs no timelock."""
    return deploy_owned()


# set_operator and set_guardian


def test_set_operator__by_the_owner__takes_over(owned, owner, operator, receiver, terms):
    receipt = owned.set_operator(receiver, sender=owner)
    assert receipt.events == [owned.OperatorSet(operator=receiver)]
    assert owned.operator() == receiver
    with reverts("roles: not the operator"):
        owned.open_round(FIRST_ROUND, tuple(terms()), PACKAGE, sender=operator)
    owned.open_round(FIRST_ROUND, tuple(terms()), PACKAGE, sender=receiver)
    assert owned.last_opened() == FIRST_ROUND


def test_set_guardian__by_the_owner__takes_over(owned, owner, guardian, receiver):
    receipt = owned.set_guardian(receiver, sender=owner)
    assert receipt.events == [owned.GuardianSet(guardian=receiver)]
    assert owned.guardian() == receiver
    with reverts("roles: not the guardian"):
        owned.pause(sender=guardian)
    owned.pause(sender=receiver)
    assert owned.paused()


def test_set_role__same_twice_and_paused__is_set_and_logged_again(owned, owner, guardian, receiver, spender):
    owned.pause(sender=guardian)
    for _ in range(2):
        receipt = owned.set_operator(receiver, sender=owner)
        assert receipt.events == [owned.OperatorSet(operator=receiver)]
        receipt = owned.set_guardian(spender, sender=owner)
        assert receipt.events == [owned.GuardianSet(guardian=spender)]
    assert [owned.operator(), owned.guardian()] == [receiver, spender]


def test_set_role__to_the_other_role__reverts(owned, owner, operator, guardian):
    for method, account in (("set_operator", guardian), ("set_guardian", operator)):
        with reverts("roles: operator is the guardian"):
            getattr(owned, method)(account, sender=owner)
    assert [owned.operator(), owned.guardian()] == [operator, guardian]


@pytest.mark.parametrize("method", ["set_operator", "set_guardian"])
def test_set_role__to_nobody__reverts(owned, owner, method):
    with reverts("roles: zero address"):
        getattr(owned, method)(ZERO_ADDRESS, sender=owner)


@pytest.mark.parametrize("actor", ["operator", "guardian", "deployer", "stranger"], indirect=True)
def test_set_role__not_the_owner__reverts(owned, operator, guardian, actor):
    for method in ("set_operator", "set_guardian"):
        with reverts(NOT_THE_OWNER):
            getattr(owned, method)(actor, sender=actor)
    assert [owned.operator(), owned.guardian()] == [operator, guardian]


def test_set_role__through_the_timelock__is_set(tournament, as_owner, operator, receiver):
    as_owner(tournament, "set_operator", receiver)
    as_owner(tournament, "set_guardian", operator)
    assert [tournament.operator(), tournament.guardian()] == [receiver, operator]


# pause and unpause


def test_pause__by_the_guardian__is_paused(owned, guardian):
    receipt = owned.pause(sender=guardian)
    until = receipt.timestamp + 720 * HOUR
    assert receipt.events == [owned.Paused(account=guardian, until=until)]
    assert owned.paused()
    assert owned.paused_until() == until


def test_pause__twice__reverts(owned, guardian):
    owned.pause(sender=guardian)
    with reverts("roles: paused"):
        owned.pause(sender=guardian)


@pytest.mark.parametrize("actor", ["owner", "operator", "deployer", "stranger"], indirect=True)
def test_pause__not_the_guardian__reverts(owned, actor):
    with reverts("roles: not the guardian"):
        owned.pause(sender=actor)
    assert not owned.paused()


def test_pause__round_open__stops_entry(tournament, team, walk, terms, operator, guardian, staker):
    walk.opened()
    tournament.pause(sender=guardian)
    for method, *arguments in (
        ("register", "new", staker),
        ("deposit", 0, NMR, staker),
        ("deposit_with_permit", 0, NMR, staker, NMR, 0, 27, bytes(32), bytes(32)),
        ("stake", 0, NMR),
        ("enter", [0]),
    ):
        with reverts("roles: paused"):
            getattr(tournament, method)(*arguments, sender=staker)
    with reverts("roles: paused"):
        tournament.open_round(FIRST_ROUND + 1, tuple(terms()), PACKAGE, sender=operator)


def test_pause__round_open__stops_nothing_else(
    tournament, numeraire, team, walk, operator, guardian, staker, submitter, receiver, bounds, as_owner
):
    first = walk.opened()
    tournament.enter([0, 1], sender=staker)
    tournament.pause(sender=guardian)
    tournament.submit([0], [FILE_HASH], sender=submitter)
    tournament.leave(1, first, ALL_IDLE, sender=staker)
    tournament.set_policy(1, 0, False, sender=staker)
    tournament.move_idle(1, 2, NMR, sender=staker)
    tournament.set_submitter(1, receiver, sender=staker)
    tournament.offer_model(1, receiver, sender=staker)
    tournament.accept_model(1, sender=receiver)
    tournament.withdraw(1, 2**256 - 1, receiver, sender=receiver)
    as_owner(tournament, "set_bounds", tuple(bounds))
    rejected = walk.proposed(first, {0: (0, 0), 4: (0, 0)})
    tournament.veto(first, rejected.root, sender=guardian)
    tournament.propose(first, rejected.root, 1, FILE_HASH, sender=operator)
    walk.until(tournament.round_info(first).final_at)
    tournament.settle(first, 0, rejected.chunks[0], [], sender=receiver)
    assert walk.state(first) == State.CLOSED
    # Models 0, 2, 3 and 4 keep 10 each for the round after, which can be left, too.
    tournament.leave(0, first + RING, ALL_IDLE, sender=staker)
    assert numeraire.balanceOf(receiver) == 99 * NMR
    assert (tournament.idle_total(), numeraire.balanceOf(tournament)) == (371 * NMR, 401 * NMR)


def test_pause__round_void__stakes_come_home(tournament, lens, team, walk, guardian, staker):
    round_id = walk.opened()
    tournament.enter([0, 1], sender=staker)
    tournament.pause(sender=guardian)
    walk.voided(round_id)
    tournament.settle_expired(round_id, [0, 1], sender=staker)
    for model in team:
        tournament.leave(model, round_id + RING, ALL_IDLE, sender=staker)
    assert [lens.idle_of(tournament, model) for model in team] == 5 * [100 * NMR]


@pytest.mark.parametrize("actor", ["owner", "guardian"], indirect=True)
def test_unpause__by_owner_or_guardian__goes_on(owned, guardian, staker, actor):
    owned.pause(sender=guardian)
    receipt = owned.unpause(sender=actor)
    assert receipt.events == [owned.Unpaused(account=actor)]
    assert not owned.paused()
    assert owned.paused_until() == receipt.timestamp
    owned.register("first", staker, sender=staker)
    assert owned.model_count() == 1


@pytest.mark.parametrize("actor", ["owner", "guardian"], indirect=True)
def test_unpause__not_paused__is_no_error_and_changes_nothing(owned, guardian, actor):
    """Else a guardian who is faster breaks the owner's batch that replaces him."""
    assert owned.unpause(sender=actor).events == []
    owned.pause(sender=guardian)
    owned.unpause(sender=guardian)
    before = owned.paused_until(), owned.rested_at()
    assert owned.unpause(sender=actor).events == []
    assert (owned.paused_until(), owned.rested_at()) == before


@pytest.mark.parametrize("actor", ["operator", "deployer", "stranger"], indirect=True)
def test_unpause__neither_owner_nor_guardian__reverts(owned, guardian, actor):
    owned.pause(sender=guardian)
    with reverts(NOT_THE_OWNER):
        owned.unpause(sender=actor)
    assert owned.paused()


# a pause lapses, and another takes rest


def test_pause__nobody_ends_it__lapses_to_the_second(owned, chain, guardian, staker):
    until = owned.pause(sender=guardian).timestamp + 720 * HOUR
    chain.pending_timestamp = until - 1
    with reverts("roles: paused"):
        owned.register("first", staker, sender=staker)
    assert owned.paused()
    owned.register("first", staker, sender=staker)
    assert not owned.paused()
    assert chain.blocks.head.timestamp == until


def test_pause__lapsed__rests_as_long_as_it_lasted(owned, chain, guardian):
    until = owned.pause(sender=guardian).timestamp + 720 * HOUR
    assert owned.rested_at() == until + 720 * HOUR
    for at in (until, until + 720 * HOUR - 1):
        chain.pending_timestamp = at
        with reverts(TOO_LATELY):
            owned.pause(sender=guardian)
    assert owned.pause(sender=guardian).timestamp == until + 720 * HOUR


@pytest.mark.parametrize(("lasted", "rest"), [(1, 24 * HOUR), (24 * HOUR, 24 * HOUR), (24 * HOUR + 1, 24 * HOUR + 1)])
@pytest.mark.parametrize("ended_by", ["guardian", "owner"])
def test_pause__ended__rests_as_long_as_it_lasted_and_a_day_at_least(
    owned, chain, who, guardian, owner, lasted, rest, ended_by
):
    began = owned.pause(sender=guardian).timestamp
    chain.pending_timestamp = began + lasted
    owned.unpause(sender=owner if ended_by == "owner" else guardian)
    assert owned.rested_at() == began + lasted + rest
    chain.pending_timestamp = began + lasted + rest - 1
    with reverts(TOO_LATELY):
        owned.pause(sender=guardian)
    owned.pause(sender=guardian)
    assert owned.paused()


def test_pause__by_a_new_guardian__need_not_wait(owned, owner, guardian, receiver):
    owned.pause(sender=guardian)
    owned.set_guardian(receiver, sender=owner)
    assert owned.paused()
    assert owned.rested_at() == 0
    with reverts("roles: paused"):
        owned.pause(sender=receiver)
    owned.unpause(sender=receiver)
    assert owned.rested_at() == 0
    owned.pause(sender=receiver)
    assert owned.rested_at() == owned.paused_until() + 720 * HOUR


def test_pause__same_guardian_named_again__changes_nothing(owned, owner, guardian):
    owned.pause(sender=guardian)
    owned.unpause(sender=guardian)
    before = owned.rested_at()
    owned.set_guardian(guardian, sender=owner)
    assert owned.rested_at() == before
    with reverts(TOO_LATELY):
        owned.pause(sender=guardian)


def test_pause__never_paused__has_no_rest(owned):
    assert (owned.paused(), owned.paused_until(), owned.rested_at()) == (False, 0, 0)


# ownership


@pytest.mark.contract
def test_ownership__offered_and_accepted__moves(owned, owner, receiver, stranger):
    receipt = owned.transfer_ownership(receiver, sender=owner)
    assert receipt.events == [owned.OwnershipTransferStarted(previous_owner=owner, new_owner=receiver)]
    assert [owned.owner(), owned.pending_owner()] == [owner, receiver]
    with reverts(NOT_THE_OWNER):
        owned.set_operator(receiver, sender=receiver)

    receipt = owned.accept_ownership(sender=receiver)
    assert receipt.events == [owned.OwnershipTransferred(previous_owner=owner, new_owner=receiver)]
    assert [owned.owner(), owned.pending_owner()] == [receiver, ZERO_ADDRESS]
    with reverts(NOT_THE_OWNER):
        owned.set_operator(stranger, sender=owner)
    owned.set_operator(stranger, sender=receiver)
    assert owned.operator() == stranger


@pytest.mark.contract
def test_ownership__accepted_twice__reverts(owned, owner, receiver):
    owned.transfer_ownership(receiver, sender=owner)
    owned.accept_ownership(sender=receiver)
    with reverts("ownable_2step: caller is not the new owner"):
        owned.accept_ownership(sender=receiver)


@pytest.mark.contract
@pytest.mark.parametrize("another", ["stranger", None])
def test_ownership__offered_to_another_or_nobody_then__takes_the_offer_back(owned, owner, receiver, stranger, another):
    owned.transfer_ownership(receiver, sender=owner)
    owned.transfer_ownership(stranger if another else ZERO_ADDRESS, sender=owner)
    with reverts("ownable_2step: caller is not the new owner"):
        owned.accept_ownership(sender=receiver)
    assert owned.owner() == owner


@pytest.mark.contract
@pytest.mark.parametrize("actor", ["operator", "guardian", "deployer", "stranger"], indirect=True)
def test_ownership__not_the_owner__reverts(owned, owner, actor):
    with reverts(NOT_THE_OWNER):
        owned.transfer_ownership(actor, sender=actor)
    with reverts("ownable_2step: caller is not the new owner"):
        owned.accept_ownership(sender=actor)
    assert owned.owner() == owner


@pytest.mark.contract
def test_ownership__renounced_by_its_selector__reverts(owned, owner):
    with reverts(""):
        owner.transfer(owned, 0, data=RENOUNCE_OWNERSHIP)
    assert owned.owner() == owner


@pytest.mark.contract
def test_abi__always__has_these_ways_to_change_something_and_no_other(tournament):
    assert {method.name for method in tournament.contract_type.mutable_methods} == {
        *("register", "set_submitter", "offer_model", "accept_model"),
        *("set_policy", "deposit", "deposit_with_permit", "withdraw", "move_idle", "stake", "leave", "enter"),
        *(
            "open_round",
            "submit",
            "submit_signed",
            "lock",
            "publish_opened",
            "propose",
            "veto",
            "void",
            "settle",
            "settle_expired",
        ),
        *("set_operator", "set_guardian", "set_bounds", "pause", "unpause", "transfer_ownership", "accept_ownership"),
        "multicall",
    }
    assert not any(method.is_payable for method in tournament.contract_type.mutable_methods)


# the deployer


@pytest.mark.contract
def test_deployer__suite_deployed__does_not_own_it(tournament, deployer):
    for method, *arguments, reason in (
        ("transfer_ownership", deployer, NOT_THE_OWNER),
        ("accept_ownership", "ownable_2step: caller is not the new owner"),
    ):
        with reverts(reason):
            getattr(tournament, method)(*arguments, sender=deployer)


def test_deployer__suite_deployed__has_no_role(tournament, team, walk, deployer, bounds, terms):
    round_id = walk.opened()
    for reason, calls in {
        NOT_THE_OWNER: (
            ("set_operator", deployer),
            ("set_guardian", deployer),
            ("set_bounds", tuple(bounds)),
            ("unpause",),
        ),
        "roles: not the operator": (
            ("open_round", round_id + 1, tuple(terms()), PACKAGE),
            ("publish_opened", round_id, FILE_HASH),
            ("propose", round_id, FILE_HASH, 1, FILE_HASH),
        ),
        "roles: not the guardian": (("pause",), ("void", round_id), ("veto", round_id, FILE_HASH)),
        "models: not the owner": (("withdraw", 0, NMR, deployer), ("set_policy", 0, 0, False)),
        "submissions: not the submitter": (("submit", [0], [FILE_HASH]),),
    }.items():
        for method, *arguments in calls:
            with reverts(reason):
                getattr(tournament, method)(*arguments, sender=deployer)
