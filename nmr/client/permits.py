# SPDX-License-Identifier: MIT
"""Permits of EIP-2612: an allowance that its giver signs, for whoever spends it to bring along."""

from dataclasses import dataclass

from nmr.chain.permit_message import numeraire_domain, permit_domain, permit_message
from nmr.client.session import Session, Signer
from nmr.errors import NmrError


@dataclass(frozen=True)
class Permit:
    """A signed allowance, as `deposit_with_permit` takes it; wei and unix seconds."""

    value: int
    deadline: int
    v: int
    r: bytes
    s: bytes


class PermitRefused(NmrError, RuntimeError):
    """A permit that must not be signed: the token is not what the record says."""


def sign_permit(session: Session, account: Signer, spender: str, value: int, deadline: int) -> Permit | None:
    """A permit for the suite's token; None if the account signs no such messages.

    What is signed names the token of the record on the record's chain, and nothing that a contract answers.

    Args:
        session: of the suite.
        account: who holds the tokens. One that has no key, or signs in the way of a smart wallet, signs no permit.
        spender: who may take the tokens.
        value: wei.
        deadline: unix seconds.

    Raises:
        PermitRefused: the token names another domain or an extension of it, so what is signed would be good elsewhere.
    """
    token = session.only("Numeraire")
    domain = numeraire_domain(token.address, session.record.chain_id)
    told, nonce = session.read_many(token, [("eip712Domain",), ("nonces", account.address)])
    found, extensions = permit_domain(told), list(told[-1])
    if found != domain or extensions:
        raise PermitRefused(
            f"The token at {token.address} takes signatures for another domain than the suite's, "
            f"{found} with extensions {extensions}: nothing was signed."
        )
    message = permit_message(
        domain,
        owner=account.address,
        spender=spender,
        value=value,
        nonce=nonce,
        deadline=deadline,
    )
    signature = account.sign_typed(message)
    return None if signature is None else Permit(value, deadline, signature.v, signature.r, signature.s)
