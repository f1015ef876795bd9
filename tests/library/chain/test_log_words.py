# SPDX-License-Identifier: MIT
"""Plain data of logs is decoded as eth_abi does it, or not at all."""

import pytest
from eth_abi.abi import decode, encode
from hypothesis import event, given
from hypothesis import strategies as st

from nmr.chain.log_words import PlainData

NUMBERS = st.integers(0, 2**256 - 1)
HASHES = st.binary(min_size=32, max_size=32)
VALUES = {
    "uint256": NUMBERS,
    "bytes32": HASHES,
    "bool": st.booleans(),
    "address": st.binary(min_size=20, max_size=20).map(lambda raw: f"0x{raw.hex()}"),
    "uint256[]": st.lists(NUMBERS, max_size=5).map(tuple),
    "bytes32[]": st.lists(HASHES, max_size=5).map(tuple),
    "(uint256,bytes32,uint256)": st.tuples(NUMBERS, HASHES, NUMBERS),
}
TYPES = st.lists(st.sampled_from(list(VALUES)), max_size=6)


@given(st.data(), TYPES)
def test_decode__data_of_a_compiler__as_eth_abi(data: st.DataObject, types: list[str]) -> None:
    values = [data.draw(VALUES[kind]) for kind in types]
    raw = encode(types, values)
    assert PlainData(types).fits
    assert PlainData(types).decode(raw) == list(decode(types, raw)) == values


@given(st.data(), TYPES, st.binary(max_size=200), st.integers(0, 400))
def test_decode__any_bytes__as_eth_abi_or_nothing(data: st.DataObject, types: list[str], raw: bytes, at: int) -> None:
    """Also data that is nearly right: some of its bytes changed, cut off, or followed by others."""
    good = encode(types, [data.draw(VALUES[kind]) for kind in types])
    tried = data.draw(st.sampled_from([raw, good[:at] + raw[:1] + good[at + 1 :], good[:at], good + raw]))
    found = PlainData(types).decode(tried)
    event("decoded" if found is not None else "left to others")
    if found is not None:
        assert found == list(decode(types, tried))


@pytest.mark.parametrize(
    "kind", ["string", "bytes", "uint8", "address[]", "(uint256,string)", "(bool,uint256)", "uint256[2]"]
)
def test_fits__type_that_is_not_plain__left_to_others(kind: str) -> None:
    assert not PlainData(["uint256", kind]).fits


def test_decode__array_longer_than_the_data__nothing() -> None:
    raw = encode(["uint256[]"], [(1, 2)])
    assert PlainData(["uint256[]"]).decode(raw[:32] + (3).to_bytes(32, "big") + raw[64:]) is None


def test_decode__flag_that_is_no_flag__nothing() -> None:
    assert PlainData(["bool"]).decode((2).to_bytes(32, "big")) is None
