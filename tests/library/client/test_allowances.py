# SPDX-License-Identifier: MIT
"""Nothing is allowed to a tournament of a suite that is not what its record claims; rounds know their owner's delay."""

import re
from dataclasses import replace

import pytest

from nmr.chain import builds
from nmr.client.rounds import Rounds
from nmr.client.session import Session
from nmr.client.staking import Staker
from nmr.deploy.genuine import NotGenuine
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from tests.support.evm_suite import MARKET, EvmSuite


class Account:
    """An account that must not be asked to sign or send."""

    address = MARKET.address


def forged(creation: bytes, arguments: bytes) -> bytes:
    """A tournament with another letter in a reason."""
    runtime = builds.build("Tournament").runtime_code
    reason = re.search(rb"[a-z0-9_]{4,}: ", runtime)
    assert reason is not None
    at = creation.index(runtime) + reason.start()
    return creation[:at] + bytes([creation[at] ^ 1]) + creation[at + 1 :] + arguments


def test_deposit__forged_tournament__nothing_is_signed_or_approved() -> None:
    suite = EvmSuite(buyback=False, forge={"Tournament": forged})
    suite.call(suite["classic"], "register", "alpha", ZERO_ADDRESS, sender=MARKET)
    session = Session(suite.record, suite.node)
    staker = Staker(session, session.tournament("classic"), Account())
    with pytest.raises(NotGenuine, match=r"classic: .* and nothing is signed for it"):
        staker.deposit({0: NMR})


def test_owner_delay__timelock_of_the_record_or_another__is_its_delay_or_none() -> None:
    suite = EvmSuite(buyback=False)
    record = suite.record
    session = Session(record, suite.node)
    assert Rounds(session, session.tournament("classic")).owner_delay() == record.parts["timelock"].number("delay")
    timelock, lens = record.parts["timelock"], record.parts["lens"]
    swapped = {"timelock": replace(timelock, address=lens.address), "lens": replace(lens, address=timelock.address)}
    session = Session(replace(record, parts={**record.parts, **swapped}), suite.node)
    assert Rounds(session, session.tournament("classic")).owner_delay() is None
