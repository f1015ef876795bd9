# SPDX-License-Identifier: MIT
"""Permits of EIP-2612: an allowance that its giver signs, for whoever spends it to bring along."""

from dataclasses import dataclass
from typing import Any

from ape.api import AccountAPI
from ape.exceptions import ApeException
from eth_account import Account
from eth_account.messages import encode_typed_data

from nmr.chain.permit_message import permit_domain, permit_message


@dataclass(frozen=True)
class Permit:
    """A signed allowance, as `deposit_with_permit` takes it; wei and unix seconds."""

    value: int
    deadline: int
    v: int
    r: bytes
    s: bytes


def sign_permit(account: AccountAPI, token: Any, spender: str, value: int, deadline: int) -> Permit | None:
    """A permit for a token, signed by an account of Ape; None if that account signs no such messages.

    Args:
        account: who holds the tokens. One that has no key, or signs in the way of a smart wallet, signs no permit.
        token: a contract with EIP-2612 and EIP-5267.
        spender: who may take the tokens.
        value: wei.
        deadline: unix seconds.
    """
    message = permit_message(
        permit_domain(token.eip712Domain()),
        owner=account.address,
        spender=spender,
        value=value,
        nonce=token.nonces(account.address),
        deadline=deadline,
    )
    signable = encode_typed_data(full_message=message)
    try:
        signature = account.sign_message(signable)
    except (ApeException, NotImplementedError):
        return None
    if signature is None:
        return None
    # Signers differ in v, and Ape drops leading zeros of r and s.
    v = int(signature.v) + (27 if signature.v < 27 else 0)
    r, s = bytes(signature.r).rjust(32, b"\0"), bytes(signature.s).rjust(32, b"\0")
    signer = Account.recover_message(signable, vrs=(v, int.from_bytes(r), int.from_bytes(s)))
    return Permit(value, deadline, v, r, s) if signer == account.address else None
