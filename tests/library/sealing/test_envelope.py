# SPDX-License-Identifier: MIT
"""The canonical form of a submission and its encryption: one form, one purpose, one key, and no byte changed."""

from base64 import b64encode
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numerai_tools.submissions import validate_values

from nmr.sealing.envelope import (
    ARMOURED,
    MALFORMED,
    NOT_OPENED,
    UNSORTED,
    Purpose,
    SealBroken,
    open_sealed,
    read_plain,
    seal,
    write_plain,
)
from nmr.sealing.keys import PrivateKey
from nmr.sealing.predictions import PredictionsInvalid, values_refused
from nmr.sealing.tables import Table, TableInvalid, Universe
from tests.support.bounded import run_bounded

IDS = tuple("abcdefgh")
UNIVERSE = Universe.of(IDS)
VALUES = [0.5, 0.25, 0.125, 0.75, 0.0, 1.0, 0.1, 0.3]
TABLE = Table(IDS, np.array(VALUES))
PURPOSE = Purpose(31_337, "0x5FbDB2315678afecb367f032d93F642f64180aa3", 3, 7)
SALT = bytes(range(32))
KEY = PrivateKey.generate()
SEALED = seal(TABLE, PURPOSE, KEY.public, salt=SALT, universe=UNIVERSE)
PLAIN = write_plain(TABLE, PURPOSE, SALT)
HEAD = PLAIN[: PLAIN.index(b"ids ")]


def broken(reason):
    return pytest.raises(SealBroken, match=f"^{reason}$")


def encrypted(plain):
    """Any bytes, encrypted to the round's key as a submission is."""
    return pyrage.encrypt(plain, [pyrage.x25519.Recipient.from_str(KEY.recipient)])


def plain_of(ids, values, count=None, head=HEAD):
    """A submission in its form, whatever is in it."""
    lines = b"".join(f"{identifier}\n".encode() for identifier in ids)
    return head + f"ids {len(ids) if count is None else count}\n".encode() + lines + np.array(values, "<f8").tobytes()


# the form


def test_write_plain__known_table__is_these_bytes():
    assert (
        b"nmr-submission 1\nchain 31337\ntournament 0x5fbdb2315678afecb367f032d93f642f64180aa3\nround 3\nmodel 7\n"
        b"salt 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\nids 8\n"
        b"a\nb\nc\nd\ne\nf\ng\nh\n"
    ) + np.array(VALUES, "<f8").tobytes() == PLAIN


@given(st.permutations(range(len(IDS))))
def test_write_plain__rows_in_any_order__are_the_same_bytes(order):
    shuffled = Table(tuple(IDS[row] for row in order), np.array([VALUES[row] for row in order]))
    assert write_plain(shuffled, PURPOSE, SALT) == write_plain(shuffled, PURPOSE, SALT, UNIVERSE) == PLAIN


def test_write_plain__negative_zero__is_zero():
    values = np.array(VALUES)
    values[4] = -0.0
    assert write_plain(Table(IDS, values), PURPOSE, SALT) == PLAIN


def test_seal__same_predictions_with_another_salt__are_other_bytes_inside_and_out():
    other = seal(TABLE, PURPOSE, KEY.public, salt=SALT[::-1], universe=UNIVERSE)
    assert other != SEALED
    assert open_sealed(other, KEY, PURPOSE, UNIVERSE).tolist() == VALUES
    assert write_plain(TABLE, PURPOSE, SALT[::-1]) != PLAIN


def test_open_sealed__by_ages_own_means__is_the_canonical_form():
    identity = pyrage.x25519.Identity.from_str(KEY.secret_text)
    assert pyrage.decrypt(SEALED, [identity]) == PLAIN


@given(st.lists(st.floats(0, 1), min_size=8, max_size=8).filter(lambda values: np.std(values) > 1e-6))
def test_open_sealed__any_valid_predictions__come_back_to_the_bit(values):
    sealed = seal(Table(IDS, np.array(values)), PURPOSE, KEY.public, salt=SALT, universe=UNIVERSE)
    assert open_sealed(sealed, KEY, PURPOSE, UNIVERSE).tolist() == [value + 0.0 for value in values]


# what is refused


@settings(max_examples=400)
@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_open_sealed__any_byte_changed__is_refused(place, change):
    altered = bytearray(SEALED)
    altered[place] ^= change
    with broken(NOT_OPENED):
        open_sealed(bytes(altered), KEY, PURPOSE, UNIVERSE)


@given(st.integers(0, len(SEALED) - 1))
def test_open_sealed__cut_short__is_refused(length):
    with broken(NOT_OPENED):
        open_sealed(SEALED[:length], KEY, PURPOSE, UNIVERSE)


@given(st.binary(min_size=1, max_size=40))
def test_open_sealed__something_appended__is_refused(more):
    with broken(NOT_OPENED):
        open_sealed(SEALED + more, KEY, PURPOSE, UNIVERSE)


@given(st.binary(max_size=300).filter(lambda content: not content.startswith(b"-----BEGIN")))
def test_open_sealed__any_other_file__is_refused(content):
    with broken(NOT_OPENED):
        open_sealed(content, KEY, PURPOSE, UNIVERSE)
    with broken(NOT_OPENED):
        open_sealed(b"age-encryption.org/v1\n" + content, KEY, PURPOSE, UNIVERSE)


def test_open_sealed__another_key__is_refused():
    with broken(NOT_OPENED):
        open_sealed(SEALED, PrivateKey.generate(), PURPOSE, UNIVERSE)


def test_open_sealed__sealed_by_a_passphrase__is_refused():
    with broken(NOT_OPENED):
        open_sealed(pyrage.passphrase.encrypt(PLAIN, "secret"), KEY, PURPOSE, UNIVERSE)


def test_open_sealed__thousands_of_recipients__is_refused_before_any_is_tried():
    everybody = [pyrage.x25519.Recipient.from_str(KEY.recipient)] * 100
    with broken(NOT_OPENED):
        open_sealed(pyrage.encrypt(PLAIN, everybody), KEY, PURPOSE, UNIVERSE)


HOSTILE = """
key = PrivateKey.generate()
purpose = Purpose(1, "0x" + "0" * 40, 0, 0)
universe = Universe.of(["a", "b"])
magic = b"age-encryption.org/v1" + bytes([10])
to_key = pyrage.x25519.Recipient.from_str(key.recipient)
lines = FORMAT, "chain 1", "tournament 0x" + "0" * 40, "round 0", "model 0", "salt " + "0" * 64, "ids 20000", ""
head = chr(10).join(lines)
for content in (
    magic + b"-> X25519 " * 200_000,
    magic + (b"-> X25519 " + b"A" * 43 + bytes([10]) + b"A" * 43 + bytes([10])) * 20_000,
    magic + b"-> a" + bytes([10]) + b"--- " + b"A" * 2_000_000,
    magic * 90_000,
    pyrage.encrypt(bytes(LARGEST_FILE - 1_000), [to_key]),
    pyrage.encrypt(head.encode() + bytes([10]) * (LARGEST_FILE - 2_000), [to_key]),
    pyrage.encrypt(head.encode() + ("x" * 85 + chr(10)).encode() * 20_000 + bytes(160_000), [to_key]),
    pyrage.encrypt(head.replace("20000", "9" * 10).encode() + bytes(LARGEST_FILE - 2_000), [to_key]),
):
    assert len(content) <= LARGEST_FILE
    try:
        open_sealed(content, key, purpose, universe)
    except SealBroken as error:
        print(error)
"""


def test_open_sealed__made_to_cost__is_refused_in_little_memory():
    setup = """
import pyrage
from nmr.sealing.envelope import *
from nmr.sealing.store import LARGEST_FILE
"""
    said = run_bounded(setup, HOSTILE, memory=48 * 2**20).splitlines()
    assert said[:6] == [NOT_OPENED] * 4 + [MALFORMED] * 2
    assert said[6].startswith("1 id is not in the round's universe, such as 'xxx")
    assert said[7] == MALFORMED


def test_open_sealed__armoured__is_said_to_be_text():
    text = b64encode(SEALED)
    armoured = b"-----BEGIN AGE ENCRYPTED FILE-----\n" + text + b"\n-----END AGE ENCRYPTED FILE-----\n"
    with broken(ARMOURED):
        open_sealed(armoured, KEY, PURPOSE, UNIVERSE)


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"model": 8}, "It was sealed for model 7, not 8."),
        ({"round": 4}, "It was sealed for round 3, not 4."),
        ({"chain_id": 1}, "It was sealed for chain 31337, not 1."),
        (
            {"tournament": "0x" + "22" * 20},
            "It was sealed for tournament 0x5fbdb2315678afecb367f032d93f642f64180aa3, not 0x" + "22" * 20 + ".",
        ),
    ],
)
def test_open_sealed__for_another_purpose__is_refused(other, reason):
    with broken(reason):
        open_sealed(SEALED, KEY, replace(PURPOSE, **other), UNIVERSE)


def test_open_sealed__tournament_in_another_case__is_the_same():
    assert len(open_sealed(SEALED, KEY, replace(PURPOSE, tournament=PURPOSE.tournament.upper()), UNIVERSE)) == 8


@pytest.mark.parametrize(
    ("ids", "values", "reason"),
    [
        ("abcdefgx", VALUES, "1 id is not in the round's universe, such as 'x': is it the file of another round\\?"),
        ("abcdexyz", VALUES, "3 ids are not in the round's universe, such as 'x': is it the file of another round\\?"),
        ("abcdefg", VALUES[:7], "1 of the universe's 8 ids is missing, such as 'h'."),
        ("abcdef", VALUES[:6], "2 of the universe's 8 ids are missing, such as 'g'."),
        ("aabcdefgh", [0.5, *VALUES], "The id 'a' is there more than once."),
        ("bacdefgh", VALUES, UNSORTED),
        ("abcdefgh", [np.nan, *VALUES[1:]], "1 of 8 predictions is not a number, such as that of 'a'."),
        ("abcdefgh", [np.inf, *VALUES[1:]], "1 of 8 predictions is not between 0 and 1, such as inf for 'a'."),
        ("abcdefgh", [-0.5, *VALUES[1:]], "1 of 8 predictions is not between 0 and 1, such as -0.5 for 'a'."),
        ("abcdefgh", [0.5] * 8, "All predictions are the same, 0.5."),
        (
            "abcdefgh",
            [0.5, *[0.5 + 1e-9] * 7],
            "All predictions are as good as the same: their standard deviation is 0.",
        ),
    ],
)
def test_open_sealed__predictions_not_valid__is_refused_with_the_reason(ids, values, reason):
    with broken(reason):
        open_sealed(encrypted(plain_of(ids, values)), KEY, PURPOSE, UNIVERSE)


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"id,prediction\na,0.5\n",
        PLAIN.replace(b"submission 1", b"submission 2"),
        PLAIN.replace(b"round 3", b"round 03"),
        PLAIN.replace(b"0x5fbd", b"0x5FBD"),
        PLAIN.replace(b"chain 31337", b"chain \xd9\xa3"),
        PLAIN.replace(b"ids 8", b"ids 9"),
        PLAIN.replace(b"ids 8", b"ids 7"),
        PLAIN.replace(b"ids 8", b"ids 9999999999"),
        PLAIN[:-1],
        plain_of("abc\xff", VALUES[:4]).replace(b"\xc3", b"\xff"),
        plain_of(["a\nb", "c"], VALUES[:2]),
        HEAD + b"ids 8\n" + b"\n" * 1_000_000 + np.array(VALUES, "<f8").tobytes(),
    ],
)
def test_open_sealed__not_the_form__is_refused(plain):
    with broken(MALFORMED):
        open_sealed(encrypted(plain), KEY, PURPOSE, UNIVERSE)


@given(st.binary(max_size=200))
def test_read_plain__any_bytes_behind_the_head__are_refused_in_one_sentence(content):
    with pytest.raises(SealBroken):
        read_plain(HEAD + content, PURPOSE, UNIVERSE)


def test_write_plain__salt_of_another_length__is_refused():
    with broken("A salt has 32 bytes, not 31."):
        write_plain(TABLE, PURPOSE, bytes(31))


@pytest.mark.parametrize(
    ("table", "error", "message"),
    [
        (Table(IDS[:7], np.array(VALUES[:7])), PredictionsInvalid, "1 of the universe's 8 ids is missing"),
        (Table((*IDS, "a"), np.array([*VALUES, 0.5])), PredictionsInvalid, "The id 'a' is there more than once"),
        (Table((), np.array([])), PredictionsInvalid, "8 of the universe's 8 ids are missing"),
        (Table(IDS, np.array([0.5] * 8)), PredictionsInvalid, "All predictions are the same"),
    ],
)
def test_seal__not_valid__is_refused(table, error, message):
    with pytest.raises(error, match=f"^{message}"):
        seal(table, PURPOSE, KEY.public, salt=SALT, universe=UNIVERSE)


def test_seal__without_a_universe__checks_what_it_can():
    for ids, message in (((*IDS[:7], "x,y"), "cannot be one"), ((*IDS[:7], "a"), "more than once")):
        with pytest.raises((PredictionsInvalid, TableInvalid), match=message):
            seal(Table(ids, np.array(VALUES)), PURPOSE, KEY.public, salt=SALT)
    with pytest.raises(PredictionsInvalid, match=r"^There is no prediction in it\.$"):
        seal(Table((), np.array([])), PURPOSE, KEY.public, salt=SALT)


# programs that have their predictions in other shapes and types


@pytest.mark.parametrize(
    "values",
    [
        VALUES,
        np.array(VALUES)[:, np.newaxis],
        [Decimal(str(value)) for value in VALUES],
        pd.Series(VALUES),
        pd.DataFrame({"prediction": VALUES}),
    ],
    ids=["list", "(n, 1)", "Decimal", "Series", "DataFrame"],
)
def test_write_plain__values_of_any_shape_and_type_that_holds_them__are_the_same_bytes(values):
    assert write_plain(Table(IDS, values), PURPOSE, SALT) == PLAIN


def test_write_plain__float16_and_integers__are_taken_exactly():
    halves = np.array(VALUES, dtype=np.float16)
    plain = write_plain(Table(IDS, halves), PURPOSE, SALT)
    assert plain == write_plain(Table(IDS, halves.astype(np.float64)), PURPOSE, SALT)
    bits = np.array([0, 1] * 4)
    assert write_plain(Table(IDS, bits), PURPOSE, SALT) == write_plain(Table(IDS, bits / 1), PURPOSE, SALT)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ones((8, 2)), r"^The predictions have the shape \(8, 2\), and there are 8 ids\.$"),
        (np.ones(7), r"^The predictions have the shape \(7,\), and there are 8 ids\.$"),
        ([True, False] * 4, r"^The predictions are not real numbers\.$"),
        (["0.5"] * 8, r"^The predictions are not real numbers\.$"),
        ([1j] * 8, r"^The predictions are not real numbers\.$"),
        (np.array([[0.5], [0.5, 0.25]] * 4, dtype=object), r"^The predictions are not real numbers\.$"),
    ],
    ids=["two columns", "fewer", "truth values", "texts", "complex", "lists"],
)
def test_write_plain__values_that_are_no_column_of_numbers__are_refused(values, message):
    with pytest.raises(PredictionsInvalid, match=message):
        write_plain(Table(IDS, values), PURPOSE, SALT)


@pytest.mark.parametrize("universe", [None, UNIVERSE])
def test_write_plain__ids_that_are_no_texts__are_refused(universe):
    with pytest.raises((PredictionsInvalid, TableInvalid), match=r"7"):
        write_plain(Table((*IDS[:7], 7), np.array(VALUES)), PURPOSE, SALT, universe)


# numerai-tools decides what is too much alike

NEAR = st.sampled_from([0.0, 1.0, -1e-9, 1 + 1e-9, -1e-8, -1.1e-8, 1 + 1e-5, -0.1, 1.1, np.nan, np.inf, 0.5 + 1e-9])
SPREAD = st.floats(0, 5e-8).map(lambda width: [0.5, 0.5 + width])


@pytest.mark.filterwarnings("error")
def test_values_refused__one_value__is_refused_without_a_warning():
    assert values_refused(np.array([0.5]), ["a"]) == "All predictions are the same, 0.5."


@given(st.lists(NEAR | st.floats(-0.1, 1.1), min_size=2, max_size=6) | SPREAD)
def test_values_refused__any_values__are_refused_if_outside_or_if_numerai_tools_refuses_them(values):
    try:
        validate_values(pd.DataFrame({"prediction": values}), "prediction")
        refused = len(set(values)) == 1 or min(values) < 0 or max(values) > 1
    except AssertionError:
        refused = True
    assert (values_refused(np.array(values), "abcdef") is not None) == refused
