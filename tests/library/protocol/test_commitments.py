# SPDX-License-Identifier: MIT
"""Commitments: the contract's word for them, and which one counts."""

from itertools import permutations

import pytest

from nmr.protocol.commitments import Commitment, Ledgered, counting

LOW, HIGH = b"\1" * 32, b"\2" * 32


def signed(sequence: int, digest: bytes, model: int = 7) -> Ledgered:
    return Ledgered(Commitment(model, digest, sequence), True)


def direct(sequence: int, digest: bytes, model: int = 7) -> Ledgered:
    return Ledgered(Commitment(model, digest, sequence), False)


def hash_that_counts(*entries: Ledgered) -> bytes:
    return counting(entries)[7].hash


@pytest.mark.parametrize("model", [0, 7, 2**64 - 1])
@pytest.mark.parametrize("sequence", [0, 1, 2**64 - 1])
def test_commitment__struct__has_the_sequence_above_64_bits_of_the_model(model: int, sequence: int) -> None:
    commitment = Commitment(model, LOW, sequence)
    assert commitment.struct() == (sequence * 2**64 + model, LOW)
    assert Commitment.of(commitment.struct()) == commitment
    assert Commitment.of({"hash": LOW, "stamp": sequence * 2**64 + model}) == commitment


@pytest.mark.parametrize("entries", permutations([signed(1, HIGH), direct(2, HIGH), signed(3, LOW)]))
def test_counting__highest_sequence__counts_in_any_order(entries: tuple[Ledgered, ...]) -> None:
    assert counting(entries) == {7: Commitment(7, LOW, 3)}


@pytest.mark.parametrize("entries", permutations([signed(3, HIGH), direct(3, LOW)]))
def test_counting__tie_with_one_sent_directly__is_won_by_that(entries: tuple[Ledgered, ...]) -> None:
    assert hash_that_counts(*entries) == LOW


@pytest.mark.parametrize("entries", permutations([signed(3, HIGH), signed(3, LOW)]))
def test_counting__tie_of_signed_ones__is_won_by_the_larger_hash(entries: tuple[Ledgered, ...]) -> None:
    assert hash_that_counts(*entries) == HIGH


@pytest.mark.parametrize("entries", permutations([direct(3, HIGH), direct(3, LOW)]))
def test_counting__tie_of_direct_ones__is_won_by_the_later(entries: tuple[Ledgered, ...]) -> None:
    assert hash_that_counts(*entries) == entries[-1].commitment.hash


def test_counting__several_models__each_has_its_own() -> None:
    assert counting([signed(1, LOW, 7), signed(2, HIGH, 8)]) == {
        7: Commitment(7, LOW, 1),
        8: Commitment(8, HIGH, 2),
    }
    assert counting([]) == {}
