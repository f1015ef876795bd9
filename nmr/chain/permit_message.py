# SPDX-License-Identifier: MIT
"""What an owner of tokens signs to allow somebody to spend them: the EIP-712 message of EIP-2612's permit."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

NUMERAIRE_NAME: Final = "Numeraire"
NUMERAIRE_VERSION: Final = "1"
_DOMAIN: Final = {
    "name": "string",
    "version": "string",
    "chainId": "uint256",
    "verifyingContract": "address",
    "salt": "bytes32",
}
"""In the order of the bits of EIP-5267's `fields`."""
_PERMIT: Final = {
    "owner": "address",
    "spender": "address",
    "value": "uint256",
    "nonce": "uint256",
    "deadline": "uint256",
}


def numeraire_domain(token: str, chain_id: int) -> dict[str, Any]:
    """The domain of NMR's permits, which the token's constructor fixed.

    Args:
        token: the token's address.
        chain_id: of its chain.
    """
    return {"name": NUMERAIRE_NAME, "version": NUMERAIRE_VERSION, "chainId": chain_id, "verifyingContract": token}


def permit_domain(answer: Sequence[Any]) -> dict[str, Any]:
    """The domain of a token's permits, from what its `eip712Domain` returns: the entries that its `fields` name."""
    fields, *entries, _ = answer
    named = zip(_DOMAIN, entries, strict=True)
    return {name: entry for bit, (name, entry) in enumerate(named) if fields[0] >> bit & 1}


def permit_message(
    domain: Mapping[str, Any], *, owner: str, spender: str, value: int, nonce: int, deadline: int
) -> dict[str, Any]:
    """The typed data that a wallet or eth_account (`full_message`) signs.

    Args:
        domain: of the token, see `permit_domain`.
        owner: who signs.
        spender: who may take the tokens.
        value: wei.
        nonce: of the owner at the token.
        deadline: unix seconds until which the permit can be used.
    """
    return {
        "types": {"EIP712Domain": fields_of({name: _DOMAIN[name] for name in domain}), "Permit": fields_of(_PERMIT)},
        "primaryType": "Permit",
        "domain": dict(domain),
        "message": {"owner": owner, "spender": spender, "value": value, "nonce": nonce, "deadline": deadline},
    }


def fields_of(types: Mapping[str, str]) -> list[dict[str, str]]:
    """The fields of a struct as typed data lists them, from their types by their names."""
    return [{"name": name, "type": kind} for name, kind in types.items()]
