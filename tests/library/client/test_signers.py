# SPDX-License-Identifier: MIT
"""Key files that stay closed, and why."""

import json

import pytest
from eth_account import Account

from nmr.client.signers import PASSPHRASE, AccountError, load_account

OF_APE = "APE_ACCOUNTS_hot_PASSPHRASE"
RIGHT, WRONG = "correct horse", "wrong"


@pytest.fixture
def accounts(tmp_path, monkeypatch):
    """A folder with the key file `hot.json`, whose passphrase is `RIGHT`, and no variable that names one."""
    for variable in (PASSPHRASE, OF_APE):
        monkeypatch.delenv(variable, raising=False)
    keyfile = Account.encrypt("0x" + "11" * 32, RIGHT, kdf="pbkdf2", iterations=2)
    (tmp_path / "hot.json").write_text(json.dumps(keyfile))
    return tmp_path


@pytest.mark.parametrize("variable", [PASSPHRASE, OF_APE])
def test_load_account__passphrase_in_a_variable__opens(accounts, monkeypatch, variable):
    monkeypatch.setenv(variable, RIGHT)
    account = load_account("hot", local=False, folders=(accounts,))
    assert account.address == Account.from_key("0x" + "11" * 32).address


@pytest.mark.parametrize(
    ("set_to", "problem"),
    [
        ({PASSPHRASE: ""}, "NMR_PASSPHRASE is empty: put the passphrase of {} into it."),
        ({OF_APE: ""}, "APE_ACCOUNTS_hot_PASSPHRASE is empty: put the passphrase of {} into it."),
        ({PASSPHRASE: WRONG, OF_APE: RIGHT}, "{} does not open with that passphrase."),
        ({}, "{} is locked: put its passphrase into NMR_PASSPHRASE."),
    ],
)
def test_load_account__no_passphrase_or_a_wrong_one__is_one_sentence(accounts, monkeypatch, set_to, problem):
    for variable, value in set_to.items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(AccountError) as refused:
        load_account("hot", local=False, folders=(accounts,))
    assert str(refused.value) == problem.format(accounts / "hot.json")
