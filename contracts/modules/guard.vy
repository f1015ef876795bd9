# pragma version 0.4.3
"""
@title Guard
@author NMR contributors
@license MIT
@notice One place for reverting with a reason: an `assert` of its own takes 123
        bytes of code, a call of this 71, and the size limit decides. Loops use
        `assert`, which costs 60 gas less.
"""


@internal
@pure
def _require(condition: bool, reason: String[32]):
    assert condition, reason
