# SPDX-License-Identifier: MIT
import pytest

from nmr.text.amounts import SUPPLY

CAP = 10_000 * 10**18
ROUND = 1


@pytest.fixture
def token(project, deployer, treasury, owner):
    """A token that calls back when it is called; the treasury takes it for a tournament."""
    token = deployer.deploy(project.Reentrant)
    treasury.authorise(token, CAP, SUPPLY, 0, sender=owner)
    return token


def calls(treasury, actor) -> dict[str, bytes]:
    """What a token that is a tournament, too, could try, by name."""
    return {
        "reserve": treasury.reserve.encode_input(ROUND, CAP),
        "draw": treasury.draw.encode_input(ROUND, 0),
        "release": treasury.release.encode_input(ROUND),
        "reserved": treasury.reserved.encode_input(),
        "free": treasury.free.encode_input(),
        "cap_of": treasury.cap_of.encode_input(actor),
        "reservation": treasury.reservation.encode_input(actor, ROUND),
    }


NAMES = ["reserve", "draw", "release", "reserved", "free", "cap_of", "reservation"]


@pytest.mark.parametrize("name", NAMES)
def test_allow__token_that_calls_back__is_locked_out(treasury, token, owner, spender, name):
    token.arm(treasury, calls(treasury, spender)[name], sender=owner)
    receipt = treasury.allow(token, spender, 1, sender=owner)
    assert receipt.events == [treasury.Allowed(token=token, spender=spender, amount=1)]
    assert token.called()
    assert not token.succeeded()
    assert treasury.reserved() == 0


@pytest.mark.parametrize("name", NAMES)
def test_allow__same_call_from_outside__goes_through(treasury, token, owner, spender, name):
    token.arm(treasury, calls(treasury, spender)[name], sender=owner)
    token(sender=owner)
    assert token.called()
    assert token.succeeded()
