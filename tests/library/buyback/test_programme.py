# SPDX-License-Identifier: MIT
"""The parameters file of a buyback."""

from pathlib import Path

import pytest

from nmr.buyback.programme import BuybackInvalid, read_buyback
from nmr.protocol.reference.buyback import PRICE, Programme

EXAMPLE = (Path(__file__).parents[3] / "docs" / "buyback.example.toml").read_text()
FEED = 'feed = "0x5FC8d32690cc91D4c39d9d3abcBD16989F875707"'
TWAP = EXAMPLE[EXAMPLE.index("# [twap]") :]
SEQUENCER = EXAMPLE[EXAMPLE.index("# [sequencer]") : EXAMPLE.index("# [twap]")]
DOLLAR = 10**6


@pytest.fixture
def read(tmp_path):
    """The parameters in a text, of a stablecoin with 6 decimals."""

    def parameters(text: str):
        path = tmp_path / "buyback.toml"
        path.write_text(text)
        return read_buyback(path, lambda stablecoin: 6)

    return parameters


def changed(old: str, new: str) -> str:
    assert old in EXAMPLE
    return EXAMPLE.replace(old, new)


def with_twap() -> str:
    """The example with a TWAP feed in place of the other."""
    return changed(FEED, "").replace(TWAP, TWAP.replace("\n# ", "\n").removeprefix("# "))


def with_sequencer() -> str:
    """The example with the feed of a sequencer."""
    return changed(SEQUENCER, SEQUENCER.replace("\n# ", "\n").removeprefix("# "))


def test_read_buyback__example__is_what_it_says(read):
    buyback = read(EXAMPLE)
    assert buyback.guardian == "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
    assert buyback.stablecoin == "0xDc64a140Aa3E981100a9becA4E685f962f0cF6C9"
    assert (buyback.feed, buyback.pair) == (FEED[8:-1], "0x2279B7A0a67DB372996a5FaB50D91eAA73d2eBe6")
    assert (buyback.twap, buyback.sequencer) == (None, None)
    assert buyback.programme == Programme(
        lifetime_cap=1_000_000 * DOLLAR,
        lot_cap=5_000 * DOLLAR,
        min_lot=500 * DOLLAR,
        length=3_600,
        gap=82_800,
        discount=500,
        premium=200,
        max_price=40 * PRICE,
        max_age=90_000,
        restart_delay=0,
        burns=False,
    )


def test_read_buyback__twap__is_what_it_says(read):
    buyback = read(with_twap())
    assert buyback.feed is None
    assert dict(buyback.twap) == {
        "window": 1_800,
        "max_window": 86_400,
        "max_deviation": 300,
        "min_reserve": 200_000 * DOLLAR,
    }


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('stablecoin = "0xDc', 'stablecoin = "0xdc', "stablecoin is '0xdc64a140Aa3E981100a9becA4E685f962f0cF6'"),
        ('stablecoin = "', 'coin = "', "stablecoin is missing."),
        (
            'lot_cap = "5000"',
            "lot_cap = 250001",
            "programme.lot_cap is $250,001.00: it has to be between $1.00 and $250,000.00.",
        ),
        ('lot_cap = "5000"', 'lot_cap = "0.0000001"', "programme.lot_cap is '0.0000001', with 7 decimals, and it"),
        ('min_lot = "500"', "min_lot = 5000.01", "programme has a min_lot above lot_cap."),
        (
            'min_lot = "500"',
            "min_lot = 0.99",
            "programme.min_lot is $0.99: it has to be between $1.00 and $250,000.00.",
        ),
        ('min_lot = "500"', "", "programme.min_lot is missing."),
        ("burns = false", 'burns = true\nrestart_delay = "1h"', "programme.restart_delay is unknown."),
        ('lifetime_cap = "1000000"', "lifetime_cap = 4999", "programme has a lot_cap above lifetime_cap."),
        ("premium = 0.02", "premium = 0.0501", "programme.premium is 0.0501: it has to be between 0 and 0.05."),
        ("discount = 0.05", "discount = 0", "programme.discount is 0: it has to be between 0.0001 and 0.2."),
        ('length = "1h"', 'length = "9m"', "programme.length is 9m: it has to be between 10m and 7d."),
        ("burns = false", 'burns = "yes"', "programme.burns is 'yes': it has to be true or false."),
        ("burns = false", "burns = 1", "programme.burns is 1: it has to be true or false."),
        ("burns = false", "", "programme.burns is missing."),
        ("burns = false", "burns = true\nsize = 1", "programme.size is unknown."),
        ('max_price = "40"', 'max_price = "dear"', "programme.max_price is 'dear', not a plain number"),
        (FEED, "", "a price is needed from one place: name either feed or a table twap."),
    ],
)
def test_read_buyback__wrong_entry__is_named_in_one_sentence(read, old, new, problem):
    with pytest.raises(BuybackInvalid) as error:
        read(changed(old, new))
    assert problem in str(error.value)
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)


def test_read_buyback__sequencer__is_what_it_says(read):
    buyback = read(with_sequencer())
    assert buyback.sequencer == "0x8A791620dd6260079BF849Dc5567aDC3F2FdC318"
    assert buyback.programme.restart_delay == 3_600


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"1h"    #', '"9m"    #', "sequencer.restart_delay is 9m: it has to be between 10m and 1d."),
        ('restart_delay = "1h"', "", "sequencer.restart_delay is missing."),
        (
            'feed = "0x8A',
            'feed = "0x8a',
            "sequencer.feed is '0x8a791620dd6260079BF849Dc5567aDC3F2FdC3'…, not an address",
        ),
        ('feed = "0x8A', '# feed = "0x8A', "sequencer.feed is missing."),
    ],
)
def test_read_buyback__wrong_sequencer__is_named_in_one_sentence(read, old, new, problem):
    assert old in with_sequencer()
    with pytest.raises(BuybackInvalid) as error:
        read(with_sequencer().replace(old, new, 1))
    assert problem in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[programme]", FEED + "\n[programme]", "a price is needed from one place: name either feed or a table twap."),
        ("pair = ", "# pair = ", "twap is the average price of a pool: name its pair."),
        ('window = "30m"', 'window = "13h"', "twap has a max_window below two windows: there would be moments without"),
        ("max_deviation = 0.03", "max_deviation = 0", "twap.max_deviation is 0: it has to be between 0.0001 and 0.1."),
        ('min_reserve = "200000"', "min_reserve = 0", "twap.min_reserve is 0: it has to be above 0."),
    ],
)
def test_read_buyback__wrong_twap__is_named_in_one_sentence(read, old, new, problem):
    assert old in with_twap()
    with pytest.raises(BuybackInvalid) as error:
        read(with_twap().replace(old, new, 1))
    assert problem in str(error.value)
