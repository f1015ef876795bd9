# SPDX-License-Identifier: MIT
import pytest

from nmr.text.addresses import ZERO_ADDRESS
from tests.support.refusals import reverts

AMOUNT = 5 * 10**18
UNLIMITED = 2**256 - 1
# The order of secp256k1.
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture
def deadline(chain):
    return chain.pending_timestamp + 3_600


def test_permit__signed_by_the_owner__sets_the_allowance(numeraire, sign_permit, staker, spender, stranger, deadline):
    signature = sign_permit(staker, staker, spender, AMOUNT, 0, deadline)
    receipt = numeraire.permit(staker, spender, AMOUNT, deadline, *signature, sender=stranger)
    assert receipt.events == [numeraire.Approval(owner=staker, spender=spender, value=AMOUNT)]
    assert numeraire.allowance(staker, spender) == AMOUNT
    assert numeraire.nonces(staker) == 1
    assert numeraire.nonces(stranger) == 0


def test_permit__next_nonce__replaces_the_allowance(numeraire, sign_permit, staker, spender, deadline):
    for nonce, amount in enumerate((AMOUNT, 0)):
        signature = sign_permit(staker, staker, spender, amount, nonce, deadline)
        numeraire.permit(staker, spender, amount, deadline, *signature, sender=spender)
        assert numeraire.allowance(staker, spender) == amount
    assert numeraire.nonces(staker) == 2


def test_permit__no_deadline__sets_the_allowance(numeraire, sign_permit, staker, spender):
    signature = sign_permit(staker, staker, spender, UNLIMITED, 0, UNLIMITED)
    numeraire.permit(staker, spender, UNLIMITED, UNLIMITED, *signature, sender=spender)
    assert numeraire.allowance(staker, spender) == UNLIMITED


def test_permit__at_the_deadline__sets_the_allowance(numeraire, sign_permit, staker, spender, deadline, chain):
    signature = sign_permit(staker, staker, spender, AMOUNT, 0, deadline)
    chain.pending_timestamp = deadline
    receipt = numeraire.permit(staker, spender, AMOUNT, deadline, *signature, sender=spender)
    assert receipt.timestamp == deadline
    assert numeraire.allowance(staker, spender) == AMOUNT


def test_permit__after_the_deadline__reverts(numeraire, sign_permit, staker, spender, deadline, chain):
    signature = sign_permit(staker, staker, spender, AMOUNT, 0, deadline)
    chain.pending_timestamp = deadline + 1
    with reverts("erc20: expired deadline"):
        numeraire.permit(staker, spender, AMOUNT, deadline, *signature, sender=spender)


def test_permit__replayed__reverts(numeraire, sign_permit, staker, spender, deadline):
    signature = sign_permit(staker, staker, spender, AMOUNT, 0, deadline)
    numeraire.permit(staker, spender, AMOUNT, deadline, *signature, sender=spender)
    with reverts("erc20: invalid signature"):
        numeraire.permit(staker, spender, AMOUNT, deadline, *signature, sender=spender)


def test_permit__later_nonce__reverts(numeraire, sign_permit, staker, spender, deadline):
    signature = sign_permit(staker, staker, spender, AMOUNT, 1, deadline)
    with reverts("erc20: invalid signature"):
        numeraire.permit(staker, spender, AMOUNT, deadline, *signature, sender=spender)


def test_permit__wrong_signer__reverts(numeraire, sign_permit, staker, spender, stranger, deadline):
    signature = sign_permit(stranger, staker, spender, AMOUNT, 0, deadline)
    with reverts("erc20: invalid signature"):
        numeraire.permit(staker, spender, AMOUNT, deadline, *signature, sender=stranger)


def test_permit__another_amount__reverts(numeraire, sign_permit, staker, spender, deadline):
    signature = sign_permit(staker, staker, spender, AMOUNT, 0, deadline)
    with reverts("erc20: invalid signature"):
        numeraire.permit(staker, spender, AMOUNT + 1, deadline, *signature, sender=spender)


def test_permit__another_spender__reverts(numeraire, sign_permit, staker, spender, stranger, deadline):
    signature = sign_permit(staker, staker, spender, AMOUNT, 0, deadline)
    with reverts("erc20: invalid signature"):
        numeraire.permit(staker, stranger, AMOUNT, deadline, *signature, sender=stranger)


def test_permit__another_deadline__reverts(numeraire, sign_permit, staker, spender, deadline):
    signature = sign_permit(staker, staker, spender, AMOUNT, 0, deadline)
    with reverts("erc20: invalid signature"):
        numeraire.permit(staker, spender, AMOUNT, deadline + 1, *signature, sender=spender)


def test_permit__another_chain__reverts(numeraire, sign_permit, staker, spender, deadline):
    signature = sign_permit(staker, staker, spender, AMOUNT, 0, deadline, chainId=1)
    with reverts("erc20: invalid signature"):
        numeraire.permit(staker, spender, AMOUNT, deadline, *signature, sender=spender)


def test_permit__chain_split_off__takes_the_new_chain_only(
    numeraire, sign_permit, staker, spender, deadline, main_chain
):
    signature = sign_permit(staker, staker, spender, AMOUNT, 0, deadline)
    with reverts("erc20: invalid signature"):
        numeraire.permit(staker, spender, AMOUNT, deadline, *signature, sender=spender)
    signature = sign_permit(staker, staker, spender, AMOUNT, 0, deadline, chainId=1)
    numeraire.permit(staker, spender, AMOUNT, deadline, *signature, sender=spender)
    assert numeraire.allowance(staker, spender) == AMOUNT


def test_permit__another_contract__reverts(numeraire, sign_permit, staker, spender, deadline, treasury):
    signature = sign_permit(staker, staker, spender, AMOUNT, 0, deadline, verifyingContract=treasury.address)
    with reverts("erc20: invalid signature"):
        numeraire.permit(staker, spender, AMOUNT, deadline, *signature, sender=spender)


@pytest.mark.parametrize("entry", [{"name": "NMR"}, {"version": "2"}])
def test_permit__another_domain__reverts(numeraire, sign_permit, staker, spender, deadline, entry):
    signature = sign_permit(staker, staker, spender, AMOUNT, 0, deadline, **entry)
    with reverts("erc20: invalid signature"):
        numeraire.permit(staker, spender, AMOUNT, deadline, *signature, sender=spender)


def test_permit__malleable_s__reverts(numeraire, sign_permit, staker, spender, deadline):
    v, r, s = sign_permit(staker, staker, spender, AMOUNT, 0, deadline)
    other_s = (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
    with reverts("ecdsa: invalid signature `s` value"):
        numeraire.permit(staker, spender, AMOUNT, deadline, 55 - v, r, other_s, sender=spender)


def test_permit__no_signature_for_zero__reverts(numeraire, spender, deadline):
    with reverts("ecdsa: invalid signature"):
        numeraire.permit(ZERO_ADDRESS, spender, AMOUNT, deadline, 27, bytes(32), bytes(32), sender=spender)


def test_permit__unknown_v__reverts(numeraire, sign_permit, staker, spender, deadline):
    v, r, s = sign_permit(staker, staker, spender, AMOUNT, 0, deadline)
    with reverts("ecdsa: invalid signature"):
        numeraire.permit(staker, spender, AMOUNT, deadline, v - 27, r, s, sender=spender)


def test_permit__zero_spender__reverts(numeraire, sign_permit, staker, deadline, spender):
    class Nobody:
        address = ZERO_ADDRESS

    signature = sign_permit(staker, staker, Nobody, AMOUNT, 0, deadline)
    with reverts("erc20: approve to the zero address"):
        numeraire.permit(staker, ZERO_ADDRESS, AMOUNT, deadline, *signature, sender=spender)
