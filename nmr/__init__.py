# SPDX-License-Identifier: MIT
"""A prediction tournament on a chain: read its suite through a node, stake, submit, score, verify, audit.

    suite = nmr.connect("deployments/ethereum/local.json", node="http://127.0.0.1:8545")
    suite.figures().tvl
    me = suite.as_(account)  # a LocalAccount of eth_account
    me.deposit("ridge", "400")

Names are imported when they are first used. Amounts are wei as integers, or decimal strings of NMR; floats are refused.
Every error derives from `NmrError` and from the builtin that fits; every warning is an `NmrWarning`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nmr.client.api import Account, Suite, connect
    from nmr.errors import NmrError, NmrWarning
    from nmr.sealing.scoring import score_round
    from nmr.text.amounts import format_nmr, parse_nmr

_HOMES = {
    "Account": "nmr.client.api",
    "NmrError": "nmr.errors",
    "NmrWarning": "nmr.errors",
    "Suite": "nmr.client.api",
    "connect": "nmr.client.api",
    "format_nmr": "nmr.text.amounts",
    "parse_nmr": "nmr.text.amounts",
    "score_round": "nmr.sealing.scoring",
}

__all__ = ["Account", "NmrError", "NmrWarning", "Suite", "connect", "format_nmr", "parse_nmr", "score_round"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nmr' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
