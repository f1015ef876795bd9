# SPDX-License-Identifier: MIT
"""Typed data of permits, beside the hashes that EIP-712 and EIP-2612 write out."""

import pytest
from eth_abi import encode
from eth_account.messages import encode_typed_data
from eth_utils import keccak

from nmr.chain.permit_message import permit_domain, permit_message

TOKEN, OWNER, SPENDER = (f"0x{number:040x}" for number in (1, 2, 3))
ANSWER = (b"\x0f", "Numeraire", "1", 31_337, TOKEN, bytes(32), ())
DOMAIN = {"name": "Numeraire", "version": "1", "chainId": 31_337, "verifyingContract": TOKEN}
# Both as the proposals print them.
DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
PERMIT_TYPE = b"Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"


def test_permit_message__full__hashes_to_what_the_proposals_say() -> None:
    message = permit_message(DOMAIN, owner=OWNER, spender=SPENDER, value=2**255, nonce=7, deadline=2**64)
    signable = encode_typed_data(full_message=message)
    head = ["bytes32", "bytes32", "bytes32", "uint256", "address"]
    domain = [keccak(DOMAIN_TYPE), keccak(text="Numeraire"), keccak(text="1"), 31_337, TOKEN]
    assert signable.header == keccak(encode(head, domain))
    kinds = ["bytes32", "address", "address", "uint256", "uint256", "uint256"]
    assert signable.body == keccak(encode(kinds, [keccak(PERMIT_TYPE), OWNER, SPENDER, 2**255, 7, 2**64]))


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        (0b01111, ["name", "version", "chainId", "verifyingContract"]),
        (0b01101, ["name", "chainId", "verifyingContract"]),
        (0b11000, ["verifyingContract", "salt"]),
        (0, []),
    ],
)
def test_permit_domain__fields__name_the_entries_that_count(fields: int, names: list[str]) -> None:
    domain = permit_domain((bytes([fields]), *ANSWER[1:]))
    assert domain == {name: value for name, value in (DOMAIN | {"salt": bytes(32)}).items() if name in names}
    message = permit_message(domain, owner=OWNER, spender=SPENDER, value=1, nonce=0, deadline=1)
    assert [field["name"] for field in message["types"]["EIP712Domain"]] == names
