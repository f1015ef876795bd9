# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
"""
@title CallingEscrow
@author NMR contributors
@license AGPL-3.0-only
@notice For tests: a tournament and its token in one, which call back, once, when
        the token is moved. It holds nothing and counts nothing.
"""


from ..interfaces import ITournament


MIN_STAKE: public(immutable(uint256))
RING: public(constant(uint256)) = 2

target: address
payload: Bytes[512]

# Whether a call back was made, and whether it went through.
called: public(bool)
succeeded: public(bool)


@deploy
def __init__(min_stake: uint256):
    MIN_STAKE = min_stake


@external
def arm(target: address, payload: Bytes[512]):
    """
    @notice Sets the call that the next movement provokes.
    """
    self.target = target
    self.payload = payload
    self.called = False
    self.succeeded = False


@external
@view
def TOKEN() -> address:
    return self


@external
@view
def place_of(model: uint256, place: uint256) -> ITournament.Position:
    return empty(ITournament.Position)


@external
def register(label: String[32], submitter: address) -> uint256:
    return 0


@external
def set_policy(model: uint256, target: uint256, compound: bool):
    pass


@external
def approve(spender: address, amount: uint256) -> bool:
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    self._call_back()
    return True


@external
def transfer(to: address, amount: uint256) -> bool:
    self._call_back()
    return True


@internal
def _call_back():
    target: address = self.target
    if target != empty(address):
        self.target = empty(address)
        self.called = True
        self.succeeded = raw_call(target, self.payload, revert_on_failure=False)
