# SPDX-License-Identifier: MIT
from tests.library.protocol.reference.contracts.parts import (
    chain,
    numeraire,
    other_tournament_account,
    tournament_account,
    treasury,
)
from tests.support.parts import who

__all__ = ["chain", "numeraire", "other_tournament_account", "tournament_account", "treasury", "who"]
