# SPDX-License-Identifier: MIT
"""Which reasons of the contracts and of the reference mean the same."""

from typing import Final

MEANS: Final = {
    "erc20: insufficient allowance": {"numeraire: more than the allowance"},
    "erc20: transfer amount exceeds balance": {"numeraire: more than the balance"},
    "erc20: burn amount exceeds balance": {"numeraire: more than the balance"},
    "erc20: transfer to the zero address": {"stakes: no receiver", "numeraire: transfer to the zero address"},
    "ownable: caller is not the owner": {"roles: not the owner", "treasury: not the owner"},
    "pausable: contract is paused": {"roles: paused"},
    "pausable: contract is not paused": {"roles: not paused"},
    "roles: zero address": {"roles: no operator", "roles: no guardian"},
    # A model that does not exist has no owner.
    "models: not the owner": {"models: no such model"},
    "models: not the submitter": {"models: no such model", "submissions: not the owner or submitter"},
    "models: not offered to you": {"models: no such model", "models: not offered to the sender"},
    "ledger: amount finer than a gwei": {"units: finer than a gwei"},
    "ledger: amount is zero": {"units: no amount"},
    "ledger: below min_stake": {"stakes: below the min stake"},
    "ledger: compounds without target": {"stakes: nothing to compound"},
    "ledger: model moves to itself": {"stakes: one and the same model"},
    "ledger: more than is idle": {"stakes: more than is idle"},
    "ledger: no position to leave": {"stakes: nothing at stake"},
    "ledger: no such group": {"groups: no such group"},
    "ledger: receiver is the escrow": {"stakes: the tournament is no receiver"},
    "ledger: receiver is the token": {"stakes: the token is no receiver"},
    "ledger: settle first": {"stakes: settle first"},
    "ledger: target is too large": {"stakes: target too large"},
    "rounds: another root stands": {"rounds: another root"},
    "rounds: chunks are out of range": {"rounds: no such number of chunks"},
    "rounds: no id is left": {"rounds: no ids left"},
    "rounds: no opened list is due": {"rounds: not to be published"},
    "rounds: no root in its window": {"rounds: nothing to veto"},
    "rounds: no round is open": {"rounds: none is open"},
    "rounds: not due to be locked": {"rounds: not to be locked"},
    "rounds: not waiting for a root": {"rounds: not to be proposed"},
    "rounds: opened list is empty": {"rounds: no list"},
    "rounds: place is not resolved": {"rounds: the place is not resolved"},
    "rounds: place is not settled": {"rounds: the place is not settled"},
    "rounds: previous round is open": {"rounds: the last one is open"},
    "rounds: root is empty": {"rounds: no root"},
    "rounds: too late to void": {"rounds: not to be voided"},
    "terms: amount finer than a gwei": {"terms: threshold finer than a gwei", "terms: min stake finer than a gwei"},
    "terms: clip is out of range": {"terms: clip out of range"},
    "terms: expires_at out of range": {"terms: expires too early", "terms: expires too late"},
    "terms: locks_at is out of range": {"terms: locks too early", "terms: locks too late"},
    "terms: min_stake is too large": {"terms: min stake too large"},
    "terms: multiplier is too large": {"terms: primary too large", "terms: contribution too large"},
    "terms: resolves_at out of range": {"terms: resolves too early", "terms: resolves too late"},
    "terms: sealing key is empty": {"terms: no sealing key"},
    "terms: threshold is too small": {"terms: threshold too small"},
    "terms: window is too short": {"terms: window too short"},
    "submissions: hash is empty": {"submissions: no hash"},
    "submissions: no model": {"submissions: none or too many"},
    "submissions: one hash a model": {"submissions: lengths differ"},
    "settlement: groups out of order": {"settlement: not this chunk's groups"},
    "settlement: next round not open": {"settlement: the next round may still open"},
    "settlement: not in the root": {"settlement: not a chunk of the root"},
    "settlement: round is not final": {"settlement: not final"},
    "treasury: amount is zero": {"treasury: no amount"},
    "treasury: more than is reserved": {"treasury: more than reserved"},
    "treasury: receiver is the token": {"treasury: no receiver"},
    "treasury: receiver is the treasury": {"treasury: no receiver"},
    "treasury: receiver is the zero address": {"treasury: no receiver"},
}
"""By the contract's reason, the reference's; where both say the same nothing stands here."""

CROSSED: Final = frozenset(
    {
        ("settlement: next round not open", "settlement: not this chunk's groups"),
        ("settlement: not in the root", "settlement: not this chunk's groups"),
        ("erc20: insufficient allowance", "stakes: below the min stake"),
        ("erc20: insufficient allowance", "stakes: settle first"),
        ("erc20: transfer amount exceeds balance", "stakes: below the min stake"),
        ("erc20: transfer amount exceeds balance", "stakes: settle first"),
        ("ledger: amount is zero", "stakes: no receiver"),
    }
)
"""Of calls with two faults, for which the two sides look in another order: the contract's reason, the reference's."""


def same_reason(contract: str, reference: str) -> bool:
    """Whether both sides refused a call for the same fault, or for either of two."""
    same = reference == contract or reference in MEANS.get(contract, ())
    return same or (contract, reference) in CROSSED
