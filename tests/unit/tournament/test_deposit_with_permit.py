# SPDX-License-Identifier: MIT
import pytest

from nmr.text.amounts import GWEI, NMR
from tests.support.refusals import reverts

UNLIMITED = 2**256 - 1


@pytest.fixture
def deadline(chain):
    return chain.pending_timestamp + 3_600


@pytest.fixture
def permit(sign_permit, tournament, payer, deadline):
    """What `payer` signs for the tournament: allowance, deadline and signature, as the call takes them."""

    def make(allowance: int, *, nonce: int = 0, deadline: int = deadline, signer=payer, spender=tournament) -> tuple:
        return allowance, deadline, *sign_permit(signer, payer, spender, allowance, nonce, deadline)

    return make


def test_deposit_with_permit__exact_allowance__uses_it_up(tournament, lens, numeraire, team, payer, permit, staker):
    receipt = tournament.deposit_with_permit(0, 5 * NMR, staker, *permit(5 * NMR), sender=payer)
    assert receipt.events == [
        numeraire.Approval(owner=payer, spender=tournament, value=5 * NMR),
        numeraire.Transfer(sender=payer, receiver=tournament, value=5 * NMR),
        tournament.Deposited(model=0, payer=payer, amount=5 * NMR),
    ]
    assert lens.idle_of(tournament, 0) == 105 * NMR
    assert tournament.idle_total() == 505 * NMR
    assert numeraire.balanceOf(tournament) == 505 * NMR
    assert numeraire.balanceOf(payer) == 995 * NMR
    assert numeraire.allowance(payer, tournament) == 0
    assert numeraire.nonces(payer) == 1


@pytest.mark.parametrize(("allowance", "left"), [(7 * NMR, 2 * NMR), (UNLIMITED, UNLIMITED)])
def test_deposit_with_permit__allowance_larger_than_the_amount__leaves_the_rest(
    tournament, lens, numeraire, team, payer, permit, allowance, left, staker
):
    tournament.deposit_with_permit(0, 5 * NMR, staker, *permit(allowance), sender=payer)
    assert lens.idle_of(tournament, 0) == 105 * NMR
    assert numeraire.balanceOf(payer) == 995 * NMR
    assert numeraire.allowance(payer, tournament) == left


def test_deposit_with_permit__larger_allowance_before__is_replaced(tournament, numeraire, team, payer, permit, staker):
    numeraire.approve(tournament, UNLIMITED, sender=payer)
    tournament.deposit_with_permit(0, 5 * NMR, staker, *permit(6 * NMR), sender=payer)
    assert numeraire.allowance(payer, tournament) == NMR


def test_deposit_with_permit__front_run__deposits_all_the_same(
    tournament, lens, numeraire, team, payer, permit, staker, stranger
):
    allowance, *rest = permit(5 * NMR)
    numeraire.permit(payer, tournament, allowance, *rest, sender=stranger)
    receipt = tournament.deposit_with_permit(0, 5 * NMR, staker, allowance, *rest, sender=payer)
    assert receipt.events == [
        numeraire.Transfer(sender=payer, receiver=tournament, value=5 * NMR),
        tournament.Deposited(model=0, payer=payer, amount=5 * NMR),
    ]
    assert lens.idle_of(tournament, 0) == 105 * NMR
    assert numeraire.nonces(payer) == 1


def test_deposit_with_permit__used_already__falls_through_to_what_is_left(
    tournament, lens, numeraire, team, payer, permit, staker
):
    signed = permit(8 * NMR)
    tournament.deposit_with_permit(0, 5 * NMR, staker, *signed, sender=payer)
    tournament.deposit_with_permit(1, 3 * NMR, staker, *signed, sender=payer)
    assert [lens.idle_of(tournament, model) for model in (0, 1)] == [105 * NMR, 103 * NMR]
    assert numeraire.balanceOf(payer) == 992 * NMR
    with reverts("erc20: insufficient allowance"):
        tournament.deposit_with_permit(0, GWEI, staker, *signed, sender=payer)


def test_deposit_with_permit__at_the_deadline__deposits(
    tournament, lens, numeraire, team, payer, permit, deadline, chain, staker
):
    signed = permit(NMR)
    chain.pending_timestamp = deadline
    receipt = tournament.deposit_with_permit(0, NMR, staker, *signed, sender=payer)
    assert receipt.timestamp == deadline
    assert numeraire.nonces(payer) == 1
    assert lens.idle_of(tournament, 0) == 101 * NMR


def test_deposit_with_permit__expired__reverts(tournament, numeraire, team, payer, permit, deadline, chain, staker):
    signed = permit(NMR)
    chain.pending_timestamp = deadline + 1
    with reverts("erc20: insufficient allowance"):
        tournament.deposit_with_permit(0, NMR, staker, *signed, sender=payer)
    assert numeraire.nonces(payer) == 0


def test_deposit_with_permit__expired_but_allowed__deposits(
    tournament, lens, numeraire, team, payer, permit, deadline, chain, staker
):
    signed = permit(UNLIMITED)
    numeraire.approve(tournament, NMR, sender=payer)
    chain.pending_timestamp = deadline + 1
    tournament.deposit_with_permit(0, NMR, staker, *signed, sender=payer)
    assert lens.idle_of(tournament, 0) == 101 * NMR
    assert numeraire.allowance(payer, tournament) == 0
    assert numeraire.nonces(payer) == 0


def test_deposit_with_permit__smaller_than_the_amount__reverts(tournament, numeraire, team, payer, permit, staker):
    with reverts("erc20: insufficient allowance"):
        tournament.deposit_with_permit(0, NMR, staker, *permit(NMR - 1), sender=payer)
    assert numeraire.nonces(payer) == 0
    assert numeraire.balanceOf(payer) == 1_000 * NMR


def test_deposit_with_permit__for_another_spender__reverts(tournament, team, payer, permit, spender, staker):
    with reverts("erc20: insufficient allowance"):
        tournament.deposit_with_permit(0, NMR, staker, *permit(NMR, spender=spender), sender=payer)


def test_deposit_with_permit__for_another_tournament__reverts(
    tournament, numeraire, team, payer, permit, deploy_owned, staker
):
    other = deploy_owned()
    other.register("model 0", payer, sender=payer)
    signed = permit(5 * NMR)
    with reverts("erc20: insufficient allowance"):
        other.deposit_with_permit(0, 5 * NMR, payer, *signed, sender=payer)
    assert numeraire.nonces(payer) == 0
    tournament.deposit_with_permit(0, 5 * NMR, staker, *signed, sender=payer)
    with reverts("erc20: insufficient allowance"):
        other.deposit_with_permit(0, 5 * NMR, payer, *signed, sender=payer)
    assert other.idle_total() == 0
    assert numeraire.nonces(payer) == 1


def test_deposit_with_permit__later_nonce__reverts(tournament, team, payer, permit, staker):
    with reverts("erc20: insufficient allowance"):
        tournament.deposit_with_permit(0, NMR, staker, *permit(NMR, nonce=1), sender=payer)


def test_deposit_with_permit__signed_by_another__reverts(tournament, team, payer, permit, stranger, staker):
    with reverts("erc20: insufficient allowance"):
        tournament.deposit_with_permit(0, NMR, staker, *permit(NMR, signer=stranger), sender=payer)


def test_deposit_with_permit__sent_by_another__takes_nothing_of_the_signer(
    tournament, numeraire, team, payer, permit, stranger, staker
):
    with reverts("erc20: insufficient allowance"):
        tournament.deposit_with_permit(0, NMR, staker, *permit(NMR), sender=stranger)
    assert numeraire.nonces(payer) == 0
    assert numeraire.balanceOf(payer) == 1_000 * NMR


def test_deposit_with_permit__no_signature_but_allowed__deposits(tournament, lens, team, staker):
    tournament.deposit_with_permit(0, NMR, staker, 0, 0, 0, bytes(32), bytes(32), sender=staker)
    assert lens.idle_of(tournament, 0) == 101 * NMR


def test_deposit_with_permit__contract_that_allowed__deposits(
    tournament, lens, numeraire, team, as_owner, timelock, staker
):
    numeraire.transfer(timelock, NMR, sender=staker)
    as_owner(numeraire, "approve", tournament, NMR)
    receipt = as_owner(tournament, "deposit_with_permit", 0, NMR, staker, NMR, UNLIMITED, 27, bytes(32), bytes(32))
    assert tournament.Deposited(model=0, payer=timelock, amount=NMR) in receipt.events
    assert lens.idle_of(tournament, 0) == 101 * NMR


@pytest.mark.parametrize(
    ("model", "amount", "reason"),
    [
        (0, 0, "ledger: amount is zero"),
        (0, GWEI + 1, "ledger: amount finer than a gwei"),
        (0, 1_000 * NMR + GWEI, "erc20: transfer amount exceeds balance"),
        (5, NMR, "models: another owner"),
    ],
)
def test_deposit_with_permit__wrong_deposit__leaves_the_permit_unused(
    tournament, numeraire, team, payer, permit, model, amount, reason, staker
):
    with reverts(reason):
        tournament.deposit_with_permit(model, amount, staker, *permit(UNLIMITED), sender=payer)
    assert numeraire.nonces(payer) == 0
    assert numeraire.allowance(payer, tournament) == 0


def test_deposit_with_permit__paused__leaves_the_permit_unused(
    tournament, numeraire, team, payer, permit, guardian, staker
):
    tournament.pause(sender=guardian)
    with reverts("roles: paused"):
        tournament.deposit_with_permit(0, NMR, staker, *permit(NMR), sender=payer)
    assert numeraire.nonces(payer) == 0
