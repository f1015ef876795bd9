# SPDX-License-Identifier: MIT
import re

import pytest

from nmr.errors import Refused
from nmr.protocol.reference import UNLIMITED, Log, Numeraire
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR, SUPPLY
from tests.support.example_suite import NUMERAIRE, OWNER, RIVAL, STAKER, START, STRANGER, ExampleSuite


@pytest.fixture
def suite() -> ExampleSuite:
    return ExampleSuite(models=0)


def test_constructor__whole_supply__minted_to_the_receivers() -> None:
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
def test_constructor__wrong_distribution__refused(distribution: dict[str, int], reason: str) -> None:
    with pytest.raises(Refused, match=f"^{re.escape(reason)}$"):
        Numeraire(NUMERAIRE, Log(), distribution, now=START)


def test_transfer__own_balance__moves(suite: ExampleSuite) -> None:
    numeraire = suite.world.numeraire
    numeraire.transfer(STRANGER, NMR, sender=STAKER, now=suite.now)
    assert numeraire.balance_of(STRANGER) == NMR
    assert suite.last("Transfer") == {"sender": STAKER, "receiver": STRANGER, "value": NMR}
    numeraire.transfer(STRANGER, 0, sender=RIVAL, now=suite.now)
    with suite.refuses("erc20: transfer amount exceeds balance"):
        numeraire.transfer(STAKER, NMR + 1, sender=STRANGER, now=suite.now)
    with suite.refuses("erc20: transfer to the zero address"):
        numeraire.transfer(ZERO_ADDRESS, 1, sender=STRANGER, now=suite.now)


def test_transfer__to_oneself__nothing_changes(suite: ExampleSuite) -> None:
    before = suite.world.numeraire.balance_of(STAKER)
    suite.world.numeraire.transfer(STAKER, NMR, sender=STAKER, now=suite.now)
    assert suite.world.numeraire.balance_of(STAKER) == before


def test_transfer_from__allowance__used_up_unless_unlimited(suite: ExampleSuite) -> None:
    numeraire = suite.world.numeraire
    numeraire.approve(STRANGER, 3 * NMR, sender=STAKER, now=suite.now)
    numeraire.transfer_from(STAKER, RIVAL, 2 * NMR, sender=STRANGER, now=suite.now)
    assert numeraire.allowance(STAKER, STRANGER) == NMR
    with suite.refuses("erc20: insufficient allowance"):
        numeraire.transfer_from(STAKER, RIVAL, NMR + 1, sender=STRANGER, now=suite.now)
    with suite.refuses("erc20: transfer to the zero address"):
        numeraire.transfer_from(STAKER, ZERO_ADDRESS, NMR, sender=STRANGER, now=suite.now)
    numeraire.transfer_from(STAKER, RIVAL, NMR, sender=STRANGER, now=suite.now)
    assert numeraire.allowance(STAKER, STRANGER) == 0
    numeraire.approve(STRANGER, UNLIMITED, sender=STAKER, now=suite.now)
    numeraire.transfer_from(STAKER, RIVAL, 2 * NMR, sender=STRANGER, now=suite.now)
    assert numeraire.allowance(STAKER, STRANGER) == UNLIMITED
    with suite.refuses("erc20: transfer amount exceeds balance"):
        numeraire.transfer_from(STAKER, RIVAL, SUPPLY, sender=STRANGER, now=suite.now)
    with suite.refuses("erc20: approve to the zero address"):
        numeraire.approve(ZERO_ADDRESS, 1, sender=STAKER, now=suite.now)


def test_burn__own_balance__supply_falls(suite: ExampleSuite) -> None:
    numeraire = suite.world.numeraire
    numeraire.burn(NMR, sender=OWNER, now=suite.now)
    assert (numeraire.total_supply, numeraire.burned) == (SUPPLY - NMR, NMR)
    assert suite.last("Transfer") == {"sender": OWNER, "receiver": ZERO_ADDRESS, "value": NMR}
    with suite.refuses("erc20: burn amount exceeds balance"):
        numeraire.burn(1, sender=STRANGER, now=suite.now)


def test_burn_from__allowance__used_up(suite: ExampleSuite) -> None:
    numeraire = suite.world.numeraire
    numeraire.approve(STRANGER, NMR, sender=STAKER, now=suite.now)
    numeraire.burn_from(STAKER, NMR, sender=STRANGER, now=suite.now)
    assert numeraire.burned == NMR
    with suite.refuses("erc20: insufficient allowance"):
        numeraire.burn_from(STAKER, 1, sender=STRANGER, now=suite.now)
