# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
"""
@title CallingFiller
@author NMR contributors
@license AGPL-3.0-only
@notice For tests: a filler with NMR of its own that makes a call of somebody's
        choice when the buyback calls it back.
"""


from ..interfaces import IBuyback
from ..interfaces import IFiller


implements: IFiller


target: address
payload: Bytes[2_048]

# Whether it was called back, how its own call ended, and what it was told.
called: public(bool)
succeeded: public(bool)
response: public(Bytes[256])
paid: public(uint256)
owed: public(uint256)
data: public(Bytes[1_024])


@external
def arm(target: address, payload: Bytes[2_048]):
    """
    @notice Sets the call that the callback makes.
    """
    self.target = target
    self.payload = payload


@external
def call(target: address, payload: Bytes[2_048]):
    """
    @notice Makes a call at once.
    """
    self._call(target, payload)


@external
def take(buyback: address, amount: uint256, data: Bytes[1_024]):
    """
    @notice Takes, with this contract as the receiver.
    """
    extcall IBuyback(buyback).take(amount, 0, self, data)


@external
def on_buyback(paid: uint256, owed: uint256, data: Bytes[1_024]):
    self.called = True
    self.paid = paid
    self.owed = owed
    self.data = data
    if self.target != empty(address):
        self._call(self.target, self.payload)


@internal
def _call(target: address, payload: Bytes[2_048]):
    self.succeeded, self.response = raw_call(
        target, payload, max_outsize=256, revert_on_failure=False
    )
