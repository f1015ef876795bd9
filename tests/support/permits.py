# SPDX-License-Identifier: MIT
"""Signed permits of the token, as its `permit` takes them."""

from collections.abc import Mapping
from typing import Any

from eth_account.messages import SignableMessage, encode_typed_data

from nmr.chain.permit_message import permit_message


def typed_permit(domain: Mapping[str, Any], *, kind: str = "Permit", **values: Any) -> SignableMessage:
    """What is signed for these values of `permit_message`; another `kind` is a type that the token does not know."""
    message = permit_message(domain, **values)
    message["types"][kind] = message["types"].pop("Permit")
    return encode_typed_data(full_message=message | {"primaryType": kind})


def sign_permit(signer: Any, domain: Mapping[str, Any], **values: Any) -> tuple[int, bytes, bytes]:
    """`(v, r, s)` by an account of eth_account or of Ape."""
    signature = signer.sign_message(typed_permit(domain, **values))
    # eth_account has numbers; Ape drops leading zeros of its bytes.
    r, s = (int.from_bytes(part) if isinstance(part, bytes) else part for part in (signature.r, signature.s))
    return signature.v, r.to_bytes(32, "big"), s.to_bytes(32, "big")


def numeraire_domain(chain_id: int, address: str, **changes: Any) -> dict[str, Any]:
    """The domain of NMR at an address; `changes` replace entries, for signatures that belong elsewhere."""
    return {"name": "Numeraire", "version": "1", "chainId": chain_id, "verifyingContract": address} | changes
