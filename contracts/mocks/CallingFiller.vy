# pragma version 0.4.3
# pragma optimize gas
"""
@title CallingFiller
@author NMR contributors
@license MIT
@notice For tests: a filler with NMR of its own that makes a call of somebody's
        choice when the buyback calls it back.
"""


from ethereum.ercs import IERC20

from ..interfaces import IBuyback
from ..interfaces import IFiller


implements: IFiller


target: address
payload: Bytes[2_048]

# How the call ended, what it returned, and what the callback was told.
called: public(bool)
succeeded: public(bool)
response: public(Bytes[256])
paid: public(uint256)
owed: public(uint256)
data: public(Bytes[1_024])


@external
def arm(target: address, payload: Bytes[2_048]):
    self.target = target
    self.payload = payload


@external
def take(buyback: address, amount: uint256, data: Bytes[1_024]):
    """
    @notice Takes, with this contract as the receiver.
    """
    extcall IERC20(staticcall IBuyback(buyback).TOKEN()).approve(buyback, max_value(uint256))
    extcall IBuyback(buyback).take(amount, 0, self, data)


@external
def on_buyback(paid: uint256, owed: uint256, data: Bytes[1_024]):
    self.called = True
    self.paid = paid
    self.owed = owed
    self.data = data
    if self.target != empty(address):
        self.succeeded, self.response = raw_call(
            self.target, self.payload, max_outsize=256, revert_on_failure=False
        )
