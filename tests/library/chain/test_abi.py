# SPDX-License-Identifier: MIT
"""The contract ABI is written and read as `eth_abi` does it; what that refuses is refused."""

import pytest
from eth_abi.abi import decode as decode_by_others
from eth_abi.abi import encode as encode_by_others
from eth_abi.exceptions import DecodingError
from hypothesis import event, given
from hypothesis import strategies as st

from nmr.chain.abi import AbiError, canonical_type, codec, decode, encode, selector
from nmr.text.addresses import checksummed

NUMBERS = st.integers(0, 2**256 - 1)
HASHES = st.binary(min_size=32, max_size=32)
VALUES = {
    "uint256": NUMBERS,
    "uint8": st.integers(0, 255),
    "int256": st.integers(-(2**255), 2**255 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "bytes32": HASHES,
    "bytes4": st.binary(min_size=4, max_size=4),
    "bool": st.booleans(),
    "address": st.binary(min_size=20, max_size=20).map(lambda raw: checksummed(f"0x{raw.hex()}")),
    "string": st.text(max_size=70),
    "bytes": st.binary(max_size=70),
    "uint256[]": st.lists(NUMBERS, max_size=5).map(tuple),
    "bytes32[]": st.lists(HASHES, max_size=5).map(tuple),
    "bytes[]": st.lists(st.binary(max_size=40), max_size=3).map(tuple),
    "uint256[2]": st.tuples(NUMBERS, NUMBERS),
    "string[2]": st.tuples(st.text(max_size=40), st.text(max_size=40)),
    "(uint256,bytes32,uint256)": st.tuples(NUMBERS, HASHES, NUMBERS),
    "(uint256,(bool,string))": st.tuples(NUMBERS, st.tuples(st.booleans(), st.text(max_size=40))),
    "(uint256,bool)[]": st.lists(st.tuples(NUMBERS, st.booleans()), max_size=3).map(tuple),
}
TYPES = st.lists(st.sampled_from(list(VALUES)), max_size=6)


def lower(value):
    """`eth_abi` gives addresses without their checksum."""
    if isinstance(value, tuple | list):
        return tuple(map(lower, value))
    return value.lower() if isinstance(value, str) and len(value) == 42 and value.startswith("0x") else value


@given(st.data(), TYPES)
def test_encode_and_decode__any_values__as_eth_abi(data: st.DataObject, types: list[str]) -> None:
    values = tuple(data.draw(VALUES[kind]) for kind in types)
    raw = encode(types, values)
    assert raw == encode_by_others(types, values)
    assert decode(types, raw) == values


@given(st.data(), TYPES, st.binary(max_size=200), st.integers(0, 400))
def test_decode__any_bytes__as_eth_abi_or_refused(data: st.DataObject, types: list[str], raw: bytes, at: int) -> None:
    """Also data that is nearly right: some of its bytes changed, cut off, or followed by others."""
    good = encode(types, [data.draw(VALUES[kind]) for kind in types])
    tried = data.draw(st.sampled_from([raw, good[:at] + raw[:1] + good[at + 1 :], good[:at], good + raw]))
    try:
        found = decode(types, tried)
    except AbiError:
        event("refused")
        return
    event("decoded")
    try:
        expected = decode_by_others(types, tried, strict=False)
    except (DecodingError, UnicodeDecodeError, OverflowError):
        event("refused by eth_abi alone")
        return
    assert lower(found) == lower(expected)


def test_decode__list_longer_than_the_data__is_refused_before_it_is_made() -> None:
    raw = encode(["uint256[]"], [(1, 2)])
    with pytest.raises(AbiError, match="the data ends within a list of 3"):
        decode(["uint256[]"], raw[:32] + (3).to_bytes(32, "big") + raw[64:])
    with pytest.raises(AbiError, match="the data is shorter than it says"):
        decode(["uint256[]"], raw[:32] + (2**255).to_bytes(32, "big") + raw[64:])


def test_decode__string_that_is_no_text__shows_its_bytes() -> None:
    raw = encode(["bytes"], [b"\xffA"])
    assert decode(["string"], raw) == ("\\xffA",)


@pytest.mark.parametrize(
    ("kind", "word", "reason"),
    [
        ("bool", 2, "2 is neither true nor false"),
        ("address", 2**160, "an address has 20 bytes"),
        ("uint8", 256, "256 is not from 0 to 255"),
        ("bytes4", 1, "there is something behind 4 bytes"),
    ],
)
def test_decode__word_that_its_type_cannot_hold__is_refused(kind: str, word: int, reason: str) -> None:
    with pytest.raises(AbiError, match=reason):
        decode([kind], word.to_bytes(32, "big"))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint256", -1),
        ("uint256", 2**256),
        ("uint256", True),
        ("uint256", 1.0),
        ("bool", 1),
        ("bytes32", b"short"),
        ("address", "0x12"),
        ("string", b"bytes"),
        ("bytes", "text"),
        ("uint256[]", 3),
        ("(uint256,bool)", (1,)),
    ],
)
def test_encode__value_that_its_type_cannot_hold__is_refused(kind: str, value: object) -> None:
    with pytest.raises(AbiError):
        encode([kind], [value])


@pytest.mark.parametrize("kind", ["uint7", "uint264", "bytes33", "fixed", "function", "uint"])
def test_codec__no_such_type__is_refused(kind: str) -> None:
    with pytest.raises(AbiError, match=f"there is no type {kind}"):
        codec(kind)


def test_canonical_type__list_of_structs__spells_them_out() -> None:
    parts = [{"type": "uint256"}, {"type": "tuple", "components": [{"type": "bool"}]}]
    assert canonical_type({"type": "tuple[]", "components": parts}) == "(uint256,(bool))[]"


def test_selector__transfer__is_the_known_one() -> None:
    assert selector("transfer(address,uint256)").hex() == "a9059cbb"
