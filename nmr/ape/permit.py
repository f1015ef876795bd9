# SPDX-License-Identifier: MIT
"""Permits of EIP-2612: an allowance that its giver signs, for whoever spends it to bring along."""

from dataclasses import dataclass
from typing import Any, Final

from ape.api import AccountAPI
from ape.exceptions import ApeException
from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data

_TYPES: Final = {
    "Permit": [
        {"name": "owner", "type": "address"},
        {"name": "spender", "type": "address"},
        {"name": "value", "type": "uint256"},
        {"name": "nonce", "type": "uint256"},
        {"name": "deadline", "type": "uint256"},
    ]
}


@dataclass(frozen=True)
class Permit:
    """A signed allowance, as `deposit_with_permit` takes it; wei and unix seconds."""

    value: int
    deadline: int
    v: int
    r: bytes
    s: bytes


def permit_message(
    token: str,
    name: str,
    version: str,
    chain_id: int,
    *,
    owner: str,
    spender: str,
    value: int,
    nonce: int,
    deadline: int,
) -> SignableMessage:
    """What the owner of tokens signs so that a spender may take `value` wei of them.

    Args:
        token: the token's address.
        name: its name in EIP-712.
        version: its version in EIP-712.
        chain_id: of the token's chain.
        owner: who signs.
        spender: who may take it.
        value: wei.
        nonce: of the owner at the token.
        deadline: unix seconds until which the permit can be used.
    """
    return encode_typed_data(
        domain_data={"name": name, "version": version, "chainId": chain_id, "verifyingContract": token},
        message_types=_TYPES,
        message_data={"owner": owner, "spender": spender, "value": value, "nonce": nonce, "deadline": deadline},
    )


def sign_permit(account: AccountAPI, token: Any, spender: str, value: int, deadline: int) -> Permit | None:
    """A permit for a token, signed by an account of Ape; None if that account signs no such messages.

    Args:
        account: who holds the tokens. One that has no key, or signs in the way of a smart wallet, signs no permit.
        token: a contract with EIP-2612 and EIP-5267.
        spender: who may take the tokens.
        value: wei.
        deadline: unix seconds.
    """
    _, name, version, chain_id, address, _, _ = token.eip712Domain()
    message = permit_message(
        address,
        name,
        version,
        chain_id,
        owner=account.address,
        spender=spender,
        value=value,
        nonce=token.nonces(account.address),
        deadline=deadline,
    )
    try:
        signature = account.sign_message(message)
    except (ApeException, NotImplementedError):
        return None
    if signature is None:
        return None
    # Signers differ in v, and Ape drops leading zeros of r and s.
    v = int(signature.v) + (27 if signature.v < 27 else 0)
    r, s = bytes(signature.r).rjust(32, b"\0"), bytes(signature.s).rjust(32, b"\0")
    signer = Account.recover_message(message, vrs=(v, int.from_bytes(r), int.from_bytes(s)))
    return Permit(value, deadline, v, r, s) if signer == account.address else None
