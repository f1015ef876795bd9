# SPDX-License-Identifier: MIT
"""What somebody with a model of his own tries on that of another; and what is refused without a reason."""

import pytest
from boa.util.abi import Address, abi_encode
from eth_utils.crypto import keccak

from nmr.protocol.reference import UNLIMITED
from nmr.text.amounts import NMR
from tests.access import calls, rules
from tests.access.belongings import belongings, offences
from tests.access.rules import CONTRACT, FOLLOWS, MODEL_OWNER, OTHER_MODEL_OWNER, RULES, SCENES, SILENT, STRANGER, VIEWS
from tests.access.scenes import FILE_HASH, ROUND, reach
from tests.access.world import world

MINE, YOURS = 1, 0
"""Models of the other model owner and of the model owner."""
LONGEST_CALL = 260
"""Bytes of a call that fits a multicall."""
NOT_OWNER = "models: not the owner"
ATTEMPTS = {
    "idle of another to one's own": ("move_idle", (YOURS, MINE, UNLIMITED), NOT_OWNER),
    "one's own idle to another": ("move_idle", (MINE, YOURS, UNLIMITED), NOT_OWNER),
    "all of another": ("withdraw", (YOURS, UNLIMITED, None), NOT_OWNER),
    "nothing of another": ("withdraw", (YOURS, 0, None), NOT_OWNER),
    "a model that nobody has": ("withdraw", (99, UNLIMITED, None), NOT_OWNER),
    "an offer to oneself": ("offer_model", (YOURS, None), NOT_OWNER),
    "a model that was offered to somebody else": ("accept_model", (YOURS,), "models: not offered to you"),
    "a model that was offered to nobody": ("accept_model", (2,), "models: not offered to you"),
    "to submit for another": ("submit", ([YOURS], [FILE_HASH]), "submissions: not the submitter"),
    "to submit for another after one's own": (
        "submit",
        ([MINE, YOURS], [FILE_HASH] * 2),
        "submissions: not the submitter",
    ),
    "to compound another": ("set_policy", (YOURS, 200 * NMR, True), NOT_OWNER),
    "to stop another's policy": ("set_policy", (YOURS, 0, False), NOT_OWNER),
    "to stake for another": ("stake", (YOURS, 10 * NMR), NOT_OWNER),
    "to take another out": ("leave", (YOURS, ROUND, UNLIMITED), NOT_OWNER),
}
SERVICES = {
    "a group twice": ("enter", ([0, 0],)),
    "many groups that hold nothing": ("enter", ([1, 2, 3],)),
    "a deposit": ("deposit", (YOURS, NMR, MODEL_OWNER)),
}


@pytest.fixture
def here():
    """A round is open, and both models are in it."""
    ready = world()
    with ready.chain.anchor():
        reach(ready, "Tournament", rules.OPEN)
        yield ready


def call(here, function, arguments, caller=OTHER_MODEL_OWNER):
    """Send it with the caller's own address for None, and that of a caller for its name."""
    filled = [here.who[argument or caller] if argument in (None, MODEL_OWNER) else argument for argument in arguments]
    return here.send(caller, "Tournament", here.data("Tournament", function, filled))


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_theft__from_a_model_beside_ones_own__is_refused_directly_and_in_multicalls(here, attempt):
    function, arguments, reason = attempt
    before = belongings(here)
    filled = [here.who[OTHER_MODEL_OWNER] if argument is None else argument for argument in arguments]
    data = here.data("Tournament", function, filled)
    for _ in range(3):
        assert here.send(OTHER_MODEL_OWNER, "Tournament", data).reason == reason
        assert belongings(here) == before
        if len(data) <= LONGEST_CALL:
            data = here.data("Tournament", "multicall", ([data],))


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)
@pytest.mark.parametrize("caller", [STRANGER, OTHER_MODEL_OWNER, CONTRACT])
def test_service__for_a_model_of_another__touches_nothing_else(here, service, caller):
    function, arguments = service
    before = belongings(here)
    for _ in range(2):
        assert call(here, function, arguments, caller).reason is None
        after = belongings(here)
        assert list(offences(before, after, here, caller, function)) == []
        before = after


def test_submit_signed__by_the_owner_of_another_model__counts_for_its_own_alone(here):
    """Whoever brings it, a signature commits only the models of who signed it."""
    signed = calls.signed_submission(here, OTHER_MODEL_OWNER, ROUND, [YOURS], here.chain.now)
    reply = call(here, "submit_signed", ([signed], [YOURS], [FILE_HASH]))
    assert reply.reason == "submissions: nothing counts"
    both = calls.signed_submission(here, OTHER_MODEL_OWNER, ROUND, [2, 3], here.chain.now)
    assert call(here, "submit_signed", ([both], [2, 3], [FILE_HASH] * 2), STRANGER).reason is None
    assert [here.chain.view(here["Tournament"], "submitted", ROUND, model) for model in (2, 3)] == [False, True]


def test_multicall__a_theft_after_a_deposit__undoes_the_deposit(here):
    before = belongings(here)
    deposit = here.data("Tournament", "deposit", (YOURS, NMR, here.who[MODEL_OWNER]))
    theft = here.data("Tournament", "withdraw", (YOURS, UNLIMITED, here.who[STRANGER]))
    reply = call(here, "multicall", ([deposit, theft],), STRANGER)
    assert reply.reason == NOT_OWNER
    assert belongings(here) == before


def test_withdraw__by_its_owner_while_paused__takes_all_that_is_idle(here):
    here.do(rules.GUARDIAN, "Tournament", "pause")
    before = belongings(here)
    assert call(here, "withdraw", (YOURS, UNLIMITED, None), MODEL_OWNER).reason is None
    after = belongings(here)
    assert after.models[YOURS] == before.models[YOURS]._replace(idle=0)
    assert after.wallets[MODEL_OWNER] - before.wallets[MODEL_OWNER] == before.models[YOURS].idle * 10**9


# refused without a reason


@pytest.mark.parametrize("contract", RULES)
def test_call__of_a_function_that_there_is_not__is_refused_without_a_reason(contract):
    here = world()
    assert here.send(STRANGER, contract, b"\xde\xad\xbe\xef").reason == SILENT
    assert here.send(STRANGER, contract, b"").reason == SILENT


@pytest.mark.parametrize("contract", RULES)
def test_ether__with_any_call_but_execute_of_the_timelock__is_refused_without_a_reason(contract):
    here, told = world(), {}
    with here.chain.anchor():
        here.env.set_balance(Address(here.who[STRANGER]), 10)
        for rule in (*RULES[contract], *VIEWS[contract]):
            data = calls.data(here, contract, rule.function, STRANGER, SCENES[FOLLOWS.get(contract, contract)][0])
            told[rule.function] = here.transact(here.who[STRANGER], here.address(contract), data, value=1).reason
        assert here.env.get_balance(here[contract].address) == 0
    payable = {function for function, reason in told.items() if reason != SILENT}
    assert payable == ({"execute", "execute_batch"} if contract == "Timelock" else set())


LISTS = {
    "enter(uint256[])": (256, lambda here, count: ([0] * count,)),
    "submit(uint256[],bytes32[])": (128, lambda here, count: ([MINE] * count, [FILE_HASH] * count)),
    "multicall(bytes[])": (
        64,
        lambda here, count: ([here.data("Tournament", "deposit", (MINE, NMR, here.who[OTHER_MODEL_OWNER]))] * count,),
    ),
    "submit_signed((uint256,uint256,uint256)[],uint256[],bytes32[])": (
        256,
        lambda here, count: (
            [calls.signed_submission(here, OTHER_MODEL_OWNER, ROUND, [MINE], here.chain.now)] * count,
            [MINE] * count,
            [FILE_HASH] * count,
        ),
    ),
}


@pytest.mark.parametrize("signature", LISTS)
def test_call__with_more_than_a_list_may_hold__is_refused_without_a_reason(here, signature):
    most, items = LISTS[signature]
    told = []
    for count in (most, most + 1):
        # Not by the contract's own ABI, which knows the limit.
        data = keccak(signature.encode())[:4] + abi_encode(signature[signature.index("(") :], items(here, count))
        with here.chain.anchor():
            told.append(here.send(OTHER_MODEL_OWNER, "Tournament", data).reason)
    assert told == [None, SILENT]
