# SPDX-License-Identifier: MIT
"""Key pairs: their texts and bytes, their files, and how they get to auditors."""

import os
import stat
from pathlib import Path

import pyrage
import pytest
from bech32 import CHARSET
from hypothesis import given
from hypothesis import strategies as st

from nmr.sealing.keys import (
    HandoverInvalid,
    KeyFileError,
    KeyFolder,
    KeyInvalid,
    PrivateKey,
    hand_over,
    is_exposed,
    public_bytes,
    read_key,
    read_recipients,
    recipient_of,
    recipient_text,
    take_over,
    write_key,
    write_recipient,
)
from nmr.text.amounts import shorten

TOURNAMENT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
CHAIN = "31337-164f52fd"
RECIPIENT = "age1g3nwzy285gs7zf7xd7jg5efny22pejw25g3m5tfjt0t0z7xrmguq0c8fkv"
REVOKED = "age1nmu2qle8f3tlkfln8eey8ls7rcm0qrquffkdk6c99czdsg56uc4s8ujayg"


# public keys


def test_public_key__bytes_and_text__are_what_age_says():
    for _ in range(20):
        identity = pyrage.x25519.Identity.generate()
        text = str(identity.to_public())
        public = public_bytes(text)
        assert recipient_text(public) == text == str(recipient_of(public))
        assert PrivateKey(identity).public == public


@given(st.binary(min_size=32, max_size=32), st.data())
def test_public_bytes__any_character_changed__is_refused(content, data):
    text = recipient_text(content)
    place = data.draw(st.integers(4, len(text) - 1))
    other = data.draw(st.sampled_from([character for character in CHARSET if character != text[place]]))
    with pytest.raises(KeyInvalid, match=r"is no public key of age's\. Its checksum is wrong\.$"):
        public_bytes(text[:place] + other + text[place + 1 :])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", " It is not Bech32."),
        ("age1", " It is not Bech32."),
        ("age1qqqqq", " It is not Bech32."),
        ("ssh-ed25519 AAAA", " It mixes upper and lower case."),
        (RECIPIENT.replace("g", "G", 1), " It mixes upper and lower case."),
        (RECIPIENT.replace("q", "b", 1), " It is not Bech32."),
        (RECIPIENT + "\n", " It is not Bech32."),
        (RECIPIENT.replace("age", "bc"), " Its checksum is wrong."),
        ("age1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc03q6rzrf", " Its padding is not zero."),
        ("age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqar9jk6", ""),
        ("bc1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqaj76hn", ""),
    ],
    ids=["empty", "prefix", "short", "ssh", "cases", "character", "end", "checksum", "padding", "31 bytes", "foreign"],
)
def test_public_bytes__no_key_of_ages__is_refused_with_the_reason(text, why):
    with pytest.raises(KeyInvalid) as caught:
        public_bytes(text)
    assert str(caught.value) == f"{shorten(text)} is no public key of age's.{why}"


def test_public_bytes__capitals__are_the_same_key():
    assert public_bytes(RECIPIENT.upper()) == public_bytes(RECIPIENT)


@pytest.mark.parametrize("low", [0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18, 2**255,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823])  # fmt: skip
def test_recipient_of__point_of_small_order__is_refused(low):
    with pytest.raises(KeyInvalid, match=r"is no sealing key: what is sealed to it is secret from nobody\.$"):
        recipient_of(low.to_bytes(32, "little"))


def test_recipient_of__not_32_bytes__is_refused():
    with pytest.raises(KeyInvalid, match=r"^A sealing key has 32 bytes, not 31\.$"):
        recipient_of(bytes(31))


# files


def test_key_folder__made_and_read__is_one_pair_in_files_for_the_owner_only(tmp_path):
    os.umask(0)
    folder = KeyFolder(tmp_path / "keys", CHAIN, TOURNAMENT)
    assert not folder.has(3)
    key = folder.make(3)
    assert folder.has(3)
    assert folder.read(3).public == key.public
    assert stat.S_IMODE(folder.path(3).stat().st_mode) == 0o600
    path = folder.path(3).parent
    while path != tmp_path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        path = path.parent
    assert folder.path(3) == tmp_path / "keys" / "31337-164f52fd" / TOURNAMENT.lower() / "round-3.key"


def test_key_folder__second_key_of_a_round__is_refused_and_the_first_stays(tmp_path):
    folder = KeyFolder(tmp_path, CHAIN, TOURNAMENT)
    key = folder.make(3)
    with pytest.raises(KeyFileError, match=r"There is a key file .*round-3\.key already, and none is written over\.$"):
        folder.make(3)
    assert folder.read(3).public == key.public


def test_key_folder__other_round_tournament_or_chain__has_none(tmp_path):
    KeyFolder(tmp_path, CHAIN, TOURNAMENT).make(3)
    another = "31337-00000000"
    for folder, number in ((KeyFolder(tmp_path, CHAIN, TOURNAMENT), 4), (KeyFolder(tmp_path, another, TOURNAMENT), 3)):
        with pytest.raises(KeyFileError, match=r"^There is no key file "):
            folder.read(number)


def test_read_key__file_of_age_keygen__is_taken(tmp_path):
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "own").write_text(f"# created: 2026-11-22\n# public key: {identity.to_public()}\n{identity}\n")
    assert read_key(tmp_path / "own").recipient == str(identity.to_public())


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", r"is no key file\. It holds 0 private keys of age's, and has to hold one\.$"),
        (b"AGE-SECRET-KEY-1QQQQ\n", r"is no key file\. It holds a private key that is damaged\.$"),
        (b"\xff", r"is no key file: it is not text in UTF-8\.$"),
        ("AGE-SECRET-KEY-1QQQQ\n".encode("utf-16"), r"is UTF-16, and a key file is text in UTF-8\.$"),
        (b"age-encryption.org/v1\n", r"is encrypted by age, and a key file is text in UTF-8\.$"),
        (b"-----BEGIN AGE ENCRYPTED FILE-----\n", r"is encrypted by age, and a key file is text in UTF-8\.$"),
        (RECIPIENT.encode(), r"is no key file\. It holds a public key, and has to hold the private one\.$"),
        (
            b"AGE-SECRET-KEY-1QQQQ\nQQQQ\n",
            r"It holds 1 private keys of age's and something else, and has to hold one\.$",
        ),
        (b"x" * 70_000, r"is too large for a key file\.$"),
    ],
)
def test_read_key__no_key_in_it__is_refused_without_a_word_of_it(tmp_path, content, problem):
    (tmp_path / "own").write_bytes(content)
    with pytest.raises(KeyInvalid, match=problem) as caught:
        read_key(tmp_path / "own")
    assert "QQQQ" not in str(caught.value)


def test_read_key__two_keys_in_it__is_refused(tmp_path):
    (tmp_path / "own").write_text("".join(f"{pyrage.x25519.Identity.generate()}\n" for _ in range(2)))
    with pytest.raises(KeyInvalid, match="It holds 2 private keys"):
        read_key(tmp_path / "own")


@pytest.mark.parametrize(
    ("before", "after"), [("\ufeff", "\n"), ("\r\n# an old one: AGE-SECRET-KEY-1QQQQ\r\n  ", "  \r\n\r\n"), ("", "")]
)
def test_read_key__mark_comments_blanks_and_either_line_ends__are_skipped(tmp_path, before, after):
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "own").write_bytes(f"{before}{identity}{after}".encode())
    assert read_key(tmp_path / "own").secret_text == str(identity)


def test_read_key__endless_or_missing_or_a_folder__is_refused(tmp_path):
    with pytest.raises(KeyInvalid, match=r"^/dev/zero is too large for a key file\.$"):
        read_key(Path("/dev/zero"))
    with pytest.raises(KeyFileError, match=r"cannot be read: Is a directory\.$"):
        read_key(tmp_path)


def test_is_exposed__file_that_others_may_read__says_so(tmp_path):
    write_key(tmp_path / "own", PrivateKey.generate(), "an auditor's")
    assert not is_exposed(tmp_path / "own")
    for mode in (0o640, 0o604):
        (tmp_path / "own").chmod(mode)
        assert is_exposed(tmp_path / "own")


@pytest.mark.parametrize("name", ["bom.pub", "commented_old.pub"])
def test_read_recipients__file_with_a_mark_or_a_revoked_key_in_a_comment__has_the_other_key(name):
    assert read_recipients(Path(__file__).parent / "cases" / name) == [RECIPIENT]


@pytest.mark.parametrize(
    ("content", "recipients"),
    [
        (f"{RECIPIENT}\n", [RECIPIENT]),
        (f"\ufeff{RECIPIENT}\r\n", [RECIPIENT]),
        (f"# lost laptop, revoked: {REVOKED}\n{RECIPIENT}\n", [RECIPIENT]),
        (f"{RECIPIENT}\n\n  # the second one\n {REVOKED} ", [RECIPIENT, REVOKED]),
    ],
    ids=["one", "mark", "comment", "several"],
)
def test_read_recipients__lines_of_keys__are_all_taken_and_comments_none(tmp_path, content, recipients):
    (tmp_path / "own.pub").write_bytes(content.encode())
    assert read_recipients(tmp_path / "own.pub") == recipients


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", r"own\.pub has no public key of age's \(age1…\) in it\.$"),
        (f"# {REVOKED}\n".encode(), r"own\.pub has no public key of age's \(age1…\) in it\.$"),
        (
            f"{RECIPIENT}\nssh-ed25519 AAAA\n".encode(),
            r"own\.pub, line 2: 'ssh-ed25519 AAAA' is no public key of age's",
        ),
        (f"{RECIPIENT} {REVOKED}\n".encode(), r"own\.pub, line 1: '.* is no public key of age's"),
        (f"{RECIPIENT}\n".encode("utf-16"), r"own\.pub is UTF-16, and a key file is text in UTF-8\.$"),
        (f"# {RECIPIENT}\nAGE-SECRET-KEY-1QQQQ\n".encode(), r"own\.pub holds a private key: name the public one"),
        (b"key: age-secret-key-1QQQQ\n", r"own\.pub holds a private key: name the public one"),
    ],
    ids=["empty", "comment", "ssh", "two in a line", "UTF-16", "private", "private, in lower case"],
)
def test_read_recipients__anything_else__is_refused(tmp_path, content, problem):
    (tmp_path / "own.pub").write_bytes(content)
    with pytest.raises(KeyInvalid, match=problem) as caught:
        read_recipients(tmp_path / "own.pub")
    assert "QQQQ" not in str(caught.value)


def test_read_recipients__no_file__is_refused(tmp_path):
    with pytest.raises(KeyFileError, match=r"^There is no key file .*own\.pub\.$"):
        read_recipients(tmp_path / "own.pub")


def test_write_recipient__again__stays_as_it_is_and_nothing_else_is_written_over(tmp_path):
    key, path = PrivateKey.generate(), tmp_path / "own.pub"
    write_recipient(path, key)
    write_recipient(path, key)
    assert path.read_text() == f"{key.recipient}\n"
    with pytest.raises(KeyFileError, match=r"^There is a file .*own\.pub already, and it is not written over\.$"):
        write_recipient(path, PrivateKey.generate())
    assert path.read_text() == f"{key.recipient}\n"
    with pytest.raises(KeyFileError, match=r"none/own cannot be written: No such file or directory\.$"):
        write_recipient(tmp_path / "none" / "own", key)


def test_private_key__shown__is_its_public_half():
    key = PrivateKey.generate()
    assert repr(key) == str(key) == f"PrivateKey({key.recipient})"
    assert "SECRET" not in repr(vars(key))


# handing over


def test_hand_over__to_two_auditors__both_have_the_key():
    key, first, second = (PrivateKey.generate() for _ in range(3))
    content = hand_over(key, [first.recipient, second.recipient])
    assert take_over(content, first, key.public).public == key.public
    assert take_over(content, second, key.public).secret_text == key.secret_text


def test_take_over__by_a_stranger__is_refused():
    key, auditor, stranger = (PrivateKey.generate() for _ in range(3))
    with pytest.raises(HandoverInvalid, match=f"^The round's key was not handed over to {stranger.recipient}\\.$"):
        take_over(hand_over(key, [auditor.recipient]), stranger, key.public)


def test_take_over__key_of_another_round__is_refused():
    key, other, auditor = (PrivateKey.generate() for _ in range(3))
    with pytest.raises(HandoverInvalid, match="is not the round's: its public half is not on the chain"):
        take_over(hand_over(other, [auditor.recipient]), auditor, key.public)


def test_hand_over__nobody_or_no_key__is_refused():
    with pytest.raises(KeyInvalid, match=r"^Nobody is named"):
        hand_over(PrivateKey.generate(), [])
    with pytest.raises(KeyInvalid, match="is no public key of age's"):
        hand_over(PrivateKey.generate(), ["age1nobody"])


def test_write_key__no_folder__is_refused(tmp_path):
    with pytest.raises(KeyFileError, match=r"none/own cannot be written: No such file or directory\.$"):
        write_key(tmp_path / "none" / "own", PrivateKey.generate(), "an auditor's")


def test_key_folder__cannot_be_made__is_refused(tmp_path):
    (tmp_path / "keys").touch()
    with pytest.raises(KeyFileError, match=r"^The folder .*keys cannot be made: File exists\.$"):
        KeyFolder(tmp_path / "keys", CHAIN, TOURNAMENT).make(3)


def test_key_folder__there_for_all_to_read__is_closed(tmp_path):
    (tmp_path / "keys").mkdir(mode=0o777)
    KeyFolder(tmp_path / "keys", CHAIN, TOURNAMENT).make(3)
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
