# SPDX-License-Identifier: MIT
"""Addresses as text."""

import pytest
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from nmr.text.addresses import AddressError, checksummed, is_checksummed


@given(st.binary(min_size=20, max_size=20))
def test_checksummed__any_address__is_what_eth_utils_says(address):
    text = to_checksum_address(address)
    assert checksummed(f"0x{address.hex()}") == checksummed(text) == text
    assert is_checksummed(text)
    assert is_checksummed(text.lower()) == (text == text.lower())


@pytest.mark.parametrize("text", ["", "0x", "0x" + 39 * "1", "0x" + 41 * "1", "0x" + 39 * "1" + "g", 42 * "1"])
def test_checksummed__no_address__is_refused(text):
    assert not is_checksummed(text)
    with pytest.raises(AddressError, match=rf"^'{text}' is no address$"):
        checksummed(text)
