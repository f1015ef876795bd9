# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title Guard
@author NMR contributors
@license AGPL-3.0-only
@notice One place for reverting with a reason: an `assert` of its own takes 123
        bytes of code, a call of this 71, and the size limit decides. Loops use
        `assert`, which costs 60 gas less.
"""


@internal
@pure
def _require(condition: bool, reason: String[32]):
    assert condition, reason
