# SPDX-License-Identifier: MIT
"""Foreign text: nothing that a terminal obeys, nothing invisible, no secrets."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmr.text.foreign import LONGEST, MARKS, plain, without_secrets

ESCAPED = {
    "an escape sequence": ("\x1b[2Kagrees", "\\x1b[2Kagrees"),
    "the same in one byte": ("\x9b2K", "\\x9b2K"),
    "a bell": ("a\x07", "a\\x07"),
    "a backspace": ("no\x08\x08yes", "no\\x08\\x08yes"),
    "delete": ("\x7f", "\\x7f"),
    "the end of a line": ("one\ntwo\r\n", "one\\ntwo\\r\\n"),
    "the end of a line of Unicode": ("one\u2028two\u2029", "one\\u2028two\\u2029"),
    "next line": ("one\x85two", "one\\x85two"),
    "another direction": ("\u202egreat\u202c", "\\u202egreat\\u202c"),
    "an isolated direction": ("\u2067a\u2069", "\\u2067a\\u2069"),
    "a mark of direction": ("\u200e\u061c", "\\u200e\\u061c"),
    "no width": ("classic\u200b\u200d\ufeff\u2060", "classic\\u200b\\u200d\\ufeff\\u2060"),
    "a soft hyphen": ("a\xadb", "a\\xadb"),
    "a blank letter": ("\u3164\u115f\uffa0", "\\u3164\\u115f\\uffa0"),
    "a blank of Braille": ("a\u2800", "a\\u2800"),
    "a variant": ("a\ufe0f\U000e0100", "a\\ufe0f\\U000e0100"),
    "a tag": ("\U000e0041", "\\U000e0041"),
    "another space": ("a\xa0b\u3000", "a\\xa0b\\u3000"),
    "half a pair": ("\ud800", "\\ud800"),
    "a mark on nothing": ("\u0301a", "\\u0301a"),
    "a tower of marks": ("a" + "\u0300" * 5, "a" + "\u0300" * 3 + "\\u0300" * 2),
    "a mark on an escape": ("\x1b\u0338", "\\x1b\\u0338"),
}


@pytest.mark.parametrize(("text", "shown"), ESCAPED.values(), ids=ESCAPED)
def test_plain__a_text_that_misleads__is_escaped(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    "text", ["", "model 7", "Zürich", "Zu\u0308rich", "日本語", "ไม่", "العربية", "🙂", "a\\nb", "<b>&"]
)
def test_plain__a_text_of_some_script__stays_as_it_is(text: str) -> None:
    assert plain(text) == text


def test_plain__a_long_text__is_cut_and_says_so() -> None:
    assert plain("x" * LONGEST) == "x" * LONGEST
    assert plain("x" * (LONGEST + 1_234)) == "x" * LONGEST + "… (and 1,234 characters more)"
    assert plain("abc", 2) == "ab… (and 1 characters more)"


@given(st.text(st.characters(), max_size=50))
def test_plain__any_text__is_one_visible_line(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable()
    assert plain(shown) == shown
    shown.encode()
    categories = [unicodedata.category(character)[0] for character in shown]
    assert all(categories[i : i + MARKS + 1] != ["M"] * (MARKS + 1) for i in range(len(categories)))


SECRETS = {
    "a key in the path": (
        "No node answers at https://mainnet.example.org/v3/SECRET.",
        "https://mainnet.example.org/….",
    ),
    "a key behind it": ("at https://rpc.example.org/?apikey=SECRET", "at https://rpc.example.org/…"),
    "a password": ("https://user:SECRET@rpc.example.org:8545", "https://…@rpc.example.org:8545"),
    "a password with a slash": ("https://user:SEC/RET@rpc.example.org/x", "https://…"),
    "a socket": ("wss://rpc.example.org/ws/SECRET", "wss://rpc.example.org/…"),
    "a bucket": ("s3://ID:SECRET@bucket/folder?x=SECRET", "s3://…@bucket/folder?…"),
    "a chain of file systems": (
        "simplecache::https://u:SECRET@h/p in (https://h/SECRET)",
        "simplecache::https://…@h/… in (https://h/…)",
    ),
    "an error of urllib3": (
        "HTTPSConnectionPool(host='rpc.example.org'): Max retries exceeded with url: /v3/SECRET (Caused by x)",
        "HTTPSConnectionPool(host='rpc.example.org'): Max retries exceeded with url: /… (Caused by x)",
    ),
    "an address in capitals": ("HTTPS://EXAMPLE.ORG/SECRET", "HTTPS://example.org/…"),
    "no port": ("https://example.org:SECRET/x", "https://…"),
    "version 6": ("http://[::1]:8545/SECRET", "http://[::1]:8545/…"),
}


@pytest.mark.parametrize(("text", "shown"), SECRETS.values(), ids=SECRETS)
def test_without_secrets__an_address_with_a_secret__tells_the_server_only(text: str, shown: str) -> None:
    assert shown in without_secrets(text)
    assert "SEC" not in without_secrets(text) and "RET" not in without_secrets(text)


@pytest.mark.parametrize(
    "text", ["http://127.0.0.1:8545", "http://localhost:8545/", "s3://bucket/folder", "file:///srv/store", "no address"]
)
def test_without_secrets__an_address_without_one__stays_as_it_is(text: str) -> None:
    shown = without_secrets(text)
    assert shown.removesuffix("/") == text.removesuffix("/")
