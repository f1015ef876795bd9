# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
"""
@title OddStablecoin
@author NMR contributors
@license AGPL-3.0-only
@notice For tests: a token that may keep a fee, charge the sender on top, return
        false, or revert, from the moment that it is told to, and that makes a
        call of somebody's choice in the midst of its next transfer.
"""


flag Habit:
    FEE
    SURCHARGE
    REFUSE
    REVERT


CHARGE: constant(uint256) = 1

decimals: public(constant(uint8)) = 6


balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
habit: Habit

target: address
payload: Bytes[2_048]

# Whether it made its call in a transfer that stood, and whether that went through.
called: public(bool)
succeeded: public(bool)


@deploy
def __init__(holder: address, amount: uint256):
    self.balanceOf[holder] = amount


@external
def behave(habit: Habit):
    """
    @param habit 0 for none, else FEE 1, SURCHARGE 2, REFUSE 4 or REVERT 8.
    """
    self.habit = habit


@external
def arm(target: address, payload: Bytes[2_048]):
    """
    @notice Sets the call that the next transfer makes before anything moves.
    """
    self.target = target
    self.payload = payload
    self.called = False
    self.succeeded = False


@external
def approve(spender: address, amount: uint256) -> bool:
    self.allowance[msg.sender][spender] = amount
    return True


@external
def transfer(to: address, amount: uint256) -> bool:
    return self._move(msg.sender, to, amount)


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    assert amount <= self.allowance[owner][msg.sender], "odd: more than is allowed"
    self.allowance[owner][msg.sender] -= amount
    return self._move(owner, to, amount)


@internal
def _move(owner: address, to: address, amount: uint256) -> bool:
    assert self.habit != Habit.REVERT, "odd: no transfers today"
    target: address = self.target
    if target != empty(address):
        self.target = empty(address)
        self.called = True
        self.succeeded = raw_call(target, self.payload, revert_on_failure=False)
    if self.habit == Habit.REFUSE:
        return False
    surcharge: uint256 = CHARGE if self.habit == Habit.SURCHARGE else 0
    fee: uint256 = CHARGE if self.habit == Habit.FEE else 0
    assert amount + surcharge <= self.balanceOf[owner], "odd: more than the balance"
    self.balanceOf[owner] -= amount + surcharge
    self.balanceOf[to] += amount - fee
    return True
