# SPDX-License-Identifier: MIT
from eth_abi import encode
from eth_utils import keccak

TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


def separator(token, chain_id: int) -> bytes:
    """The EIP-712 domain separator of `token`, computed off the chain."""
    return keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [keccak(text=TYPE), keccak(text="Numeraire"), keccak(text="1"), chain_id, token.address],
        )
    )


def test_domain_separator__always__is_that_of_eip712(numeraire):
    assert numeraire.DOMAIN_SEPARATOR() == separator(numeraire, 1337)


def test_domain_separator__chain_split_off__follows_the_chain(numeraire, main_chain):
    assert numeraire.DOMAIN_SEPARATOR() == separator(numeraire, 1)


def test_eip712_domain__always__describes_the_separator(numeraire):
    assert tuple(numeraire.eip712Domain()) == (b"\x0f", "Numeraire", "1", 1337, numeraire.address, bytes(32), [])


def test_eip712_domain__chain_split_off__follows_the_chain(numeraire, main_chain):
    assert numeraire.eip712Domain()[3] == 1
