# pragma version 0.4.3
# pragma optimize gas
"""
@title OddStablecoin
@author NMR contributors
@license MIT
@notice For tests: a token that may keep a fee, charge the sender on top, return
        false, or revert, from the moment that it is told to.
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
    if self.habit == Habit.REFUSE:
        return False
    surcharge: uint256 = CHARGE if self.habit == Habit.SURCHARGE else 0
    fee: uint256 = CHARGE if self.habit == Habit.FEE else 0
    assert amount + surcharge <= self.balanceOf[owner], "odd: more than the balance"
    self.balanceOf[owner] -= amount + surcharge
    self.balanceOf[to] += amount - fee
    return True
