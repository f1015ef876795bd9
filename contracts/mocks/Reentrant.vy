# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
"""
@title Reentrant
@author NMR contributors
@license AGPL-3.0-only
@notice For tests: calls back, once, when anything is called on it. As a token
        its functions return nothing.
"""


target: address
payload: Bytes[2_048]

# Whether a call back was made, and whether it went through.
called: public(bool)
succeeded: public(bool)


@external
def arm(target: address, payload: Bytes[2_048]):
    """
    @notice Sets the call that the next call from outside provokes.
    """
    self.target = target
    self.payload = payload
    self.called = False
    self.succeeded = False


@external
@payable
def __default__():
    target: address = self.target
    if target != empty(address):
        self.target = empty(address)
        self.called = True
        self.succeeded = raw_call(target, self.payload, revert_on_failure=False)
