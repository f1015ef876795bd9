# SPDX-License-Identifier: MIT
"""Permits of Ape's accounts, as the token takes them, and accounts behind a passphrase."""

import json

import pytest
from ape.api.accounts import ImpersonatedAccount
from ape_accounts.accounts import KeyfileAccount
from eth_account import Account

from nmr.ape.rpc import rpc_of
from nmr.ape.signer import ApeSigner, Locked, unlocked
from nmr.client.permits import Permit, PermitRefused, sign_permit
from nmr.client.session import Session

VARIABLE = "APE_ACCOUNTS_hot_PASSPHRASE"
LATEST = 2**256 - 1


@pytest.fixture
def keyfile(tmp_path, monkeypatch):
    """An account of Ape's in a file, behind the passphrase `secret`."""
    monkeypatch.delenv(VARIABLE, raising=False)
    path = tmp_path / "hot.json"
    path.write_text(json.dumps(Account.encrypt(b"\x11" * 32, "secret", kdf="pbkdf2", iterations=2)))
    return KeyfileAccount(keyfile_path=path)


def use(permit: Permit, token, owner, spender, sender) -> None:
    token.permit(owner, spender, permit.value, permit.deadline, permit.v, permit.r, permit.s, sender=sender)


@pytest.fixture
def session(local_deployment, chain):
    return Session(local_deployment[1], rpc_of(chain.provider))


def test_sign_permit__test_account__is_taken_by_the_token(session, local_suite, accounts):
    token, owner, spender = local_suite.numeraire, accounts[4], accounts[11]
    for amount in (5, 7):
        permit = sign_permit(session, ApeSigner(owner), spender.address, amount, LATEST)
        use(permit, token, owner, spender, accounts[12])
        assert token.allowance(owner, spender) == amount


def test_sign_permit__keyfile_with_its_passphrase__is_taken_by_the_token(
    session, local_suite, accounts, keyfile, monkeypatch
):
    monkeypatch.setenv(VARIABLE, "secret")
    token, spender = local_suite.numeraire, accounts[11]
    permit = sign_permit(session, ApeSigner(keyfile), spender.address, 5, LATEST)
    use(permit, token, keyfile, spender, accounts[12])
    assert token.allowance(keyfile, spender) == 5


def test_sign_permit__account_without_a_key__is_none(session, accounts):
    account = ImpersonatedAccount(raw_address=accounts[4].address)
    assert sign_permit(session, ApeSigner(account), accounts[11].address, 5, LATEST) is None


@pytest.mark.parametrize(
    ("place", "other"),
    [(0, b"\x07"), (0, b"\x1f"), (1, "Dai"), (2, "2"), (3, 1), (4, "0x" + "11" * 20), (6, [1])],
    ids=["no address", "salt", "name", "version", "chain", "address", "extension"],
)
def test_sign_permit__token_names_another_domain__is_refused_and_nothing_signed(
    session, accounts, monkeypatch, place, other
):
    told, nonce = session.read_many(session.only("Numeraire"), [("eip712Domain",), ("nonces", accounts[4].address)])
    changed = [*told[:place], other, *told[place + 1 :]]
    monkeypatch.setattr(Session, "read_many", lambda *_: [changed, nonce])
    monkeypatch.setattr(ApeSigner, "sign_typed", lambda *_: pytest.fail("it was signed"))
    with pytest.raises(PermitRefused, match="takes signatures for another domain than the suite's"):
        sign_permit(session, ApeSigner(accounts[4]), accounts[11].address, 5, LATEST)


def test_unlocked__no_passphrase_and_nobody_to_ask__is_refused(keyfile):
    with pytest.raises(Locked, match=rf"^The account hot is locked: put its passphrase into {VARIABLE}\.$"):
        unlocked(keyfile)


@pytest.mark.parametrize("somebody_is_there", [False, True])
def test_unlocked__variable_set_to_nothing__is_refused_and_nobody_asked(keyfile, monkeypatch, somebody_is_there):
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.setattr("sys.stdin.isatty", lambda: somebody_is_there)
    with pytest.raises(Locked, match=rf"^The account hot is locked, and {VARIABLE} is set to nothing\.$"):
        unlocked(keyfile)


def test_unlocked__test_account__is_as_it_was(accounts):
    assert unlocked(accounts[0]) is accounts[0]
