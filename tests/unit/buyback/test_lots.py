# SPDX-License-Identifier: MIT
"""The two words of a buyback, at values that it never comes to."""

import ape
import pytest

from nmr.protocol.reference.buyback import Lot

LEFT, REFERENCE, TIME, NUMBER = 2**96 - 1, 2**96 - 1, 2**40 - 1, 2**24 - 1
PAID, BOUGHT = 2**96 - 1, 2**160 - 1


@pytest.fixture(scope="module")
def lots(project, deployer):
    return deployer.deploy(project.Lots)


@pytest.mark.parametrize(
    "lot",
    [
        Lot(0, 0, 0, 0),
        Lot(1, 2, 3, 4),
        Lot(NUMBER, 0, 0, 0),
        Lot(0, TIME, 0, 0),
        Lot(0, 0, REFERENCE, 0),
        Lot(0, 0, 0, LEFT),
        Lot(NUMBER, TIME, REFERENCE, LEFT),
    ],
)
def test_pack__whatever_fits__stands_in_its_bits_and_comes_back(lots, lot):
    word = lot.left | lot.reference << 96 | lot.started_at << 192 | lot.number << 232
    assert lots.pack(tuple(lot)) == word
    assert tuple(lots.unpack(word)) == lot


@pytest.mark.parametrize(
    ("lot", "reason"),
    [
        (Lot(NUMBER + 1, 0, 0, 0), "lots: number does not fit"),
        (Lot(0, TIME + 1, 0, 0), "lots: time does not fit"),
        (Lot(0, 0, REFERENCE + 1, 0), "lots: reference does not fit"),
        (Lot(0, 0, 0, LEFT + 1), "lots: left does not fit"),
        (Lot(2**256 - 1, 0, 0, 0), "lots: number does not fit"),
        (Lot(0, 0, 0, 2**256 - 1), "lots: left does not fit"),
    ],
)
def test_pack__one_too_many__reverts(lots, lot, reason):
    with ape.reverts(reason):
        lots.pack(tuple(lot))


@pytest.mark.parametrize(("paid", "bought"), [(0, 0), (5, 7), (PAID, 0), (0, BOUGHT), (PAID, BOUGHT)])
def test_pack_totals__whatever_fits__stands_in_its_bits_and_comes_back(lots, paid, bought):
    word = paid | bought << 96
    assert lots.pack_totals(paid, bought) == word
    assert tuple(lots.unpack_totals(word)) == (paid, bought)


@pytest.mark.parametrize(
    ("paid", "bought", "reason"),
    [(PAID + 1, 0, "lots: total paid does not fit"), (0, BOUGHT + 1, "lots: total bought does not fit")],
)
def test_pack_totals__one_too_many__reverts(lots, paid, bought, reason):
    with ape.reverts(reason):
        lots.pack_totals(paid, bought)
