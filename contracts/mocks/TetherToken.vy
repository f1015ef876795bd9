# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
"""
@title TetherToken
@author NMR contributors
@license AGPL-3.0-only
@notice For tests: a token with USDT's habits. Nothing is returned, and an
        allowance that is not 0 changes to 0 first only.
"""


decimals: public(constant(uint8)) = 6


balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])


@deploy
def __init__(holder: address, amount: uint256):
    self.balanceOf[holder] = amount


@external
def approve(spender: address, amount: uint256):
    assert amount == 0 or self.allowance[msg.sender][spender] == 0, "tether: allowance is not zero"
    self.allowance[msg.sender][spender] = amount


@external
def transfer(to: address, amount: uint256):
    self._move(msg.sender, to, amount)


@external
def transferFrom(owner: address, to: address, amount: uint256):
    assert amount <= self.allowance[owner][msg.sender], "tether: more than is allowed"
    self.allowance[owner][msg.sender] -= amount
    self._move(owner, to, amount)


@internal
def _move(owner: address, to: address, amount: uint256):
    assert amount <= self.balanceOf[owner], "tether: more than the balance"
    self.balanceOf[owner] -= amount
    self.balanceOf[to] += amount
