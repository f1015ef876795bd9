# SPDX-License-Identifier: MIT
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmr.buyback.figures import BuybackFigures
from nmr.protocol.lanes import pack
from nmr.protocol.reference.rounds import State
from nmr.protocol.reference.treasury import Budget, Limits
from nmr.text.amounts import GWEI, NMR, SUPPLY
from nmr.text.times import parse_date
from nmr.tvl.definitions import TvlError, definitions, reasons, scenario_verdict
from nmr.tvl.figures import (
    Escrow,
    Figures,
    InPools,
    ModelStakes,
    Price,
    PriceError,
    PriceStatus,
    RoundAtStake,
    decode_page,
)
from nmr.tvl.picture import series_picture
from nmr.tvl.report import (
    breakdown,
    budget_rows,
    freed_sentence,
    plain_budgets,
    plain_figures,
    show_dollars,
    show_price,
    title,
)
from nmr.tvl.series import (
    COLUMNS,
    Prices,
    PricesInvalid,
    Sample,
    block_at,
    blocks_at,
    moments_between,
    series_csv,
)

CLASSIC, SIGNALS, WALLET = (f"0x{index:040x}" for index in (0xC1, 0x51, 0xE1))
TEN = Price.parse("10")


def figures(number: int = 100, price: Price = TEN) -> Figures:
    """Two tournaments: 60 NMR idle, 30 at risk and 10 waiting, 5 donated, 2 reserved and 1 of another."""
    escrows = (
        Escrow(CLASSIC, 3, 85 * NMR, 40 * NMR, 30 * NMR, 10 * NMR, 5 * NMR, 0, 2 * NMR, 8 * NMR),
        Escrow(SIGNALS, 1, 20 * NMR, 20 * NMR, 0, 0, 0, 0, 0, 0),
    )
    held, tvl = 3_000_000 * NMR, 100 * NMR
    return Figures(
        number=number,
        timestamp=1_700_000_000 + 12 * number,
        escrows=escrows,
        rounds=(
            RoundAtStake(CLASSIC, 7, State.LOCKED, 30 * NMR, 2 * NMR),
            RoundAtStake(CLASSIC, 11, State.UNKNOWN, 10 * NMR, 0),
        ),
        idle=60 * NMR,
        at_risk=30 * NMR,
        waiting=10 * NMR,
        donations=5 * NMR,
        shortfall=0,
        reserved=2 * NMR,
        reserved_elsewhere=NMR,
        treasury_balance=held,
        treasury_free=held - 3 * NMR,
        treasury_shortfall=0,
        supply=SUPPLY - NMR,
        burned=NMR,
        circulating=SUPPLY - NMR - held,
        tvl=tvl,
        price=price,
        dollars=price.dollars(tvl) or 0,
        agrees=True,
    )


# definitions


def test_definitions__no_wallets__are_six() -> None:
    assert {each.name: each.wei // NMR for each in definitions(figures())} == {
        "at risk only": 30,
        "at risk and waiting": 40,
        "everything in escrow": 100,
        "registry instances": 105,
        "escrow and reserved rewards": 103,
        "escrow and treasury": 3_000_100,
    }


def test_definitions__wallets__add_what_they_hold_alone_and_with_instances() -> None:
    found = definitions(figures(), {WALLET: 400 * NMR})
    assert [(each.name, each.wei // NMR) for each in found[-2:]] == [
        ("earmarked wallets", 400),
        ("instances and earmarked wallets", 505),
    ]
    assert found[-2].formula == "Σ NMR of 1 wallet"


def test_definitions__pools__add_what_waits_in_them() -> None:
    found = {each.name: each.wei // NMR for each in definitions(figures(), in_pools=InPools(2, 7 * NMR))}
    assert found.pop("escrow and pools") == 107
    assert found == {each.name: each.wei // NMR for each in definitions(figures())}


def test_reasons__nmr_waits_in_pools__is_said_with_its_amount() -> None:
    [said] = set(reasons(figures(), in_pools=InPools(2, 7 * NMR))) - set(reasons(figures()))
    assert said.startswith("In pools 7 NMR wait, as orders to enter and as claims: they are in no tournament.")


def test_breakdown__pools__are_a_line_of_their_own_and_no_part_of_tvl() -> None:
    names = {CLASSIC: "classic"}
    with_pools, without = breakdown(figures(), names, InPools(2, 7 * NMR)), breakdown(figures(), names)
    assert [row[:2] for row in with_pools if row not in without] == [("pools, 2 in all: orders and claims", "7")]
    told = plain_figures(figures(), names, InPools(2, 7 * NMR))
    assert (told["pools"], told["in_pools"], told["tvl"]) == (2, "7", plain_figures(figures(), names)["tvl"])


def test_definitions__tournament_as_a_wallet__is_refused() -> None:
    with pytest.raises(TvlError, match=f"^{SIGNALS} is a tournament of the suite, and counted already"):
        definitions(figures(), {SIGNALS: 1})


def test_reasons__each_difference__has_its_amount() -> None:
    texts = reasons(figures(), {WALLET: 400 * NMR})
    amounts = ["60 NMR", "10 NMR", "5 NMR", "3 NMR", "2,999,997 NMR", "400 NMR"]
    assert len(texts) == len(amounts)
    for text, amount in zip(texts, amounts, strict=True):
        assert f" {amount}" in f" {text}"


def test_reasons__shortfall__is_said() -> None:
    texts = reasons(figures()._replace(shortfall=9 * NMR))
    assert "Escrow is short: tournaments hold 9 NMR less than models own." in texts


def test_scenario_verdict__before_and_after__names_both_figures() -> None:
    before = figures()._replace(escrows=(Escrow(CLASSIC, 1, 400_000 * NMR, 400_000 * NMR, 0, 0, 0, 0, 0, 0),))
    after = figures()._replace(escrows=(Escrow(CLASSIC, 1, 2_000_000 * NMR, 2_000_000 * NMR, 0, 0, 0, 0, 0, 0),))
    assert scenario_verdict((before, {WALLET: 1_600_000 * NMR}), (after, {WALLET: 0})).startswith(
        "An adapter saw $4M where $20M was staked, since $16M lay in the operator's wallets."
    )


# price


@pytest.mark.parametrize(
    ("text", "wei", "dollars"),
    [
        ("12.50", 2 * NMR, 25_000_000),
        ("10", GWEI, 0),
        ("0.000001999", NMR, 1),
        ("19.999999", NMR // 10, 1_999_999),
        ("0.000000000000000001", SUPPLY, 0),
    ],
)
def test_dollars__amount__is_exact_and_rounded_down(text: str, wei: int, dollars: int) -> None:
    assert Price.parse(text).dollars(wei) == dollars


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "The price is empty."),
        ("1e3", "The price is '1e3', not a plain number such as 0.0125."),
        ("0.0", "The price is 0.0: it has to be positive."),
        ("-1", "The price is -1: it has to be positive."),
        ("1." + "1" * 19, f"The price is '1.{'1' * 19}', with 19 decimals, and it can have 18."),
    ],
)
def test_parse__no_price__is_refused(text: str, reason: str) -> None:
    with pytest.raises(PriceError) as caught:
        Price.parse(text)
    assert str(caught.value) == reason


def test_dollars__unknown_price__are_none() -> None:
    assert [Price(status).dollars(NMR) for status in PriceStatus if status is not PriceStatus.KNOWN] == [None] * 4


@pytest.mark.parametrize(
    ("price", "shown"),
    [
        (Price(PriceStatus.KNOWN, 1_250_000_000, 8, 1_700_000_000, 3_660), "$12.5, 1h 1m old"),
        (Price.parse("12.50"), "$12.5, as named"),
        (Price(PriceStatus.NOT_POSITIVE), "unknown: the feed's answer is not positive"),
        (Price(PriceStatus.INCOMPLETE), "unknown: the feed's answer is not of a finished round"),
        (Price(PriceStatus.UNANSWERED), "unknown: the feed gives no answer that is a price"),
        (Price(PriceStatus.UNASKED), "not asked: name a feed with --feed, or a price with --price"),
    ],
)
def test_show_price__each_status__says_which(price: Price, shown: str) -> None:
    assert show_price(price) == shown
    assert title(figures(price=price)).endswith(f"Price of an NMR: {shown}")


@pytest.mark.parametrize(
    ("amount", "shown"), [(0, "$0.00"), (9_999, "$0.00"), (1_239_999, "$1.23"), (10**12, "$1,000,000.00"), (None, "")]
)
def test_show_dollars__amount__has_cents_rounded_down(amount: int | None, shown: str) -> None:
    assert show_dollars(amount) == shown


# what is printed


def test_breakdown__figures__has_each_part_and_sum() -> None:
    assert breakdown(figures(), {CLASSIC: "classic"}) == [
        ("classic: idle", "40", "$400.00"),
        ("classic: at risk in round 7, locked", "30", "$300.00"),
        ("classic: waiting for round 11", "10", "$100.00"),
        ("classic: donations", "5", "$50.00"),
        ("classic: balance", "85", "$850.00"),
        (f"{SIGNALS}: idle", "20", "$200.00"),
        (f"{SIGNALS}: donations", "0", "$0.00"),
        (f"{SIGNALS}: balance", "20", "$200.00"),
        ("TVL: idle, at risk and waiting", "100", "$1,000.00"),
        ("treasury: reserved for rewards", "2", "$20.00"),
        ("treasury: reserved for others", "1", "$10.00"),
        ("treasury: free", "2,999,997", "$29,999,970.00"),
        ("treasury: balance", "3,000,000", "$30,000,000.00"),
        ("supply", "10,999,999", "$109,999,990.00"),
        ("circulating: supply without the treasury", "7,999,999", "$79,999,990.00"),
        ("burned so far", "1", "$10.00"),
    ]


def test_breakdown__shortfalls__are_lines_of_their_own() -> None:
    short = figures(price=Price(PriceStatus.UNASKED))._replace(treasury_shortfall=3 * NMR)
    escrow = short.escrows[1]._replace(balance=19 * NMR, shortfall=NMR)
    rows = breakdown(short._replace(escrows=(escrow,)), {SIGNALS: "signals"})
    assert ("signals: SHORTFALL", "-1", "") in rows
    assert ("treasury: SHORTFALL", "-3", "") in rows


def test_plain_figures__unknown_price__has_no_dollars() -> None:
    printed = plain_figures(figures(price=Price(PriceStatus.INCOMPLETE)), {})
    assert printed["price"] == {"status": "incomplete", "dollars": None, "age": None}
    assert printed["tvl_dollars"] is None
    assert printed["tournaments"][0]["name"] is None


# series


@pytest.mark.parametrize(
    ("arguments", "moments"),
    [
        ({"first": 5, "last": 5}, [5]),
        ({"first": 5, "last": 8}, [5, 6, 7, 8]),
        ({"first": 0, "last": 100, "points": 3}, [0, 50, 100]),
        ({"first": 0, "last": 10, "points": 4}, [0, 3, 6, 10]),
        ({"first": 0, "last": 10, "every": 4}, [0, 4, 8, 10]),
        ({"first": 0, "last": 8, "every": 4}, [0, 4, 8]),
        ({"first": 3, "last": 4, "every": 100}, [3, 4]),
    ],
)
def test_moments_between__ends_and_step__has_both_ends(arguments: dict[str, int], moments: list[int]) -> None:
    assert moments_between(**arguments) == moments


def test_moments_between__neither_given__are_fifty() -> None:
    moments = moments_between(1_000, 9_000)
    assert (len(moments), moments[0], moments[-1]) == (50, 1_000, 9_000)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            {"first": 6, "last": 5},
            "The range ends at 1970-01-01 00:00:05 UTC, before it begins at 1970-01-01 00:00:06 UTC.",
        ),
        ({"first": 0, "last": 10**6, "every": 1}, "A series has at most 10,000 points, and these are 1,000,002."),
        ({"first": 0, "last": 10**6, "points": 20_000}, "A series has at most 10,000 points, and these are 20,000."),
    ],
)
def test_moments_between__empty_or_too_many__is_refused(arguments: dict[str, int], reason: str) -> None:
    with pytest.raises(TvlError, match=f"^{reason}"):
        moments_between(**arguments)


@given(st.lists(st.integers(0, 1_000), min_size=2, max_size=60).map(sorted), st.data())
def test_block_at__any_times__is_the_latest_that_is_not_after(times: list[int], data: st.DataObject) -> None:
    moment = data.draw(st.integers(times[0], 1_100))
    expected = max(number for number, time in enumerate(times) if time <= moment)
    assert block_at(moment, 0, len(times) - 1, times.__getitem__) == expected


def test_blocks_at__even_blocks__takes_few_looks() -> None:
    looked = []

    def time_of(number: int) -> int:
        looked.append(number)
        return 1_000 + 12 * number

    assert blocks_at([1_000, 1_500_011, 2_000_000], 0, 10**6, time_of) == [0, 124_917, 166_583]
    assert len(set(looked)) < 60


def test_series_csv__two_blocks__are_exact() -> None:
    unknown = figures(101, Price(PriceStatus.UNANSWERED))
    buyback = BuybackFigures(6, 9, 9, 0, 0, 1_500_000, 10**7, 2 * NMR, burns=False, ended=False)
    assert series_csv(
        [Sample(1_700_000_000, figures(), buyback, InPools(3, 4 * NMR)), Sample(1_700_000_060, unknown)]
    ).splitlines() == [
        ",".join(COLUMNS),
        "100,2023-11-14T22:13:20Z,60,30,10,5,3,2999997,100,10999999,7999999,1,10,1000,1.5,2,4",
        "101,2023-11-14T22:14:20Z,60,30,10,5,3,2999997,100,10999999,7999999,1,,,,,0",
    ]


def samples(*numbers: int) -> list[Sample]:
    return [Sample(each.timestamp, each) for each in map(figures, numbers)]


@pytest.mark.parametrize("steps", [True, False])
def test_series_picture__svg__names_every_layer(steps: bool) -> None:
    picture = series_picture(samples(100, 200), "svg", steps=steps)
    assert picture.startswith(b"<?xml")
    for text in (b"at risk", b"idle", b"donations", b"reserved rewards (in the treasury)", b"TVL"):
        assert b">" + text + b"</text>" in picture
    assert picture == series_picture(samples(100, 200), "svg", steps=steps)


@pytest.mark.parametrize(
    ("numbers", "kind", "reason"),
    [([1], "svg", "A picture needs two moments at least"), ([1, 2], "jpg", "A picture is one of svg, png, not 'jpg'")],
)
def test_series_picture__cannot_be_drawn__is_refused(numbers: list[int], kind: str, reason: str) -> None:
    with pytest.raises(TvlError, match=reason):
        series_picture(samples(*numbers), kind)


# prices


def test_prices__of_a_file__each_holds_until_the_next(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("time,price\n2027-01-01,12.50\n\n2027-01-01T12:00Z,13\n")
    prices = Prices.read(path)
    midnight = parse_date("2027-01-01")
    noon = midnight + 12 * 3_600
    assert prices.at(midnight - 1).status is PriceStatus.UNANSWERED
    found = [prices.at(at) for at in (midnight, noon - 1, noon, noon + 10**6)]
    assert [show_price(price) for price in found] == [f"${price}, as named" for price in ("12.5", "12.5", "13", "13")]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", " has to begin with the line time,price."),
        ("price,time\n", " has to begin with the line time,price."),
        ("time,price\n", " has no price."),
        ("time,price\n2027-01-01,1,2\n", ", line 2: it has 3 columns instead of 2."),
        ("time,price\nsoon,1\n", ", line 2: the time is 'soon', neither a date such as 2027-01-31 nor a moment"),
        ("time,price\n2h,1\n", ", line 2: the time is '2h', neither a date such as 2027-01-31 nor a moment"),
        ("time,price\n2027-01-01T12:00,1\n", ", line 2: the time is '2027-01-01T12:00' without a time zone"),
        ("time,price\n2027-13-01,1\n", ", line 2: the time is '2027-13-01T00:00Z', neither"),
        ("time,price\n2027-01-01,0\n", ", line 2: The price is 0: it has to be positive."),
        ("time,price\n2027-01-01,\u0663\n", ", line 2: The price is '\u0663', not a plain number"),
        ("time,price\n2027-01-02,1\n2027-01-02,1\n", ", line 3: its time is not after that of the line before."),
    ],
)
def test_prices__bad_file__is_one_sentence(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(PricesInvalid, match=f"^{re.escape(f'{path}{problem}')}"):
        Prices.read(path)


def test_prices__unreadable_file__is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(PricesInvalid, match=r"none\.csv cannot be read: No such file or directory\.$"):
        Prices.read(tmp_path / "none.csv")
    path = tmp_path / "prices.csv"
    path.write_text("time,price\n", "utf-16")
    with pytest.raises(PricesInvalid, match=r"prices\.csv is no text in UTF-8\.$"):
        Prices.read(path)


# pages


def test_decode_page__words_of_two_places__are_positions_by_round() -> None:
    models = [(CLASSIC, index, 2 * index, index == 1) for index in range(5)]
    words = [[pack([1, 0, 3, 0], 64), pack([5, 9, 0, 0], 64)], [pack([7, 0, 0, 0], 1), pack([0, 0, 0, 0], 65)]]
    found = decode_page(8, (models, words))
    assert [model.model for model in found] == [8, 9, 10, 11, 12]
    assert [model.positions for model in found] == [{64: GWEI, 1: 7 * GWEI}, {}, {64: 3 * GWEI}, {}, {64: 5 * GWEI}]
    assert found[1]._replace(owner="", positions={}) == ModelStakes(9, "", 1, 2, True, {})


def test_decode_page__empty__is_empty() -> None:
    assert decode_page(0, ([], [])) == []


# what may still be reserved


def test_budget_rows__used_before__falls_by_the_rate() -> None:
    seen = figures()
    day_before = seen.timestamp - 86_400
    budgets = {
        CLASSIC: Budget(Limits(4 * NMR, 10 * NMR, NMR), 3 * NMR, day_before),
        SIGNALS: Budget(),
    }
    names = {CLASSIC: "classic"}
    assert budget_rows(seen, budgets, names) == [
        ("classic", "4", "10", "1", "2", "8"),
        (SIGNALS, "0", "0", "0", "0", "0"),
    ]
    assert plain_budgets(seen, budgets, names)[0]["used"] == "2"


def test_freed_sentence__tournaments__are_named() -> None:
    said = freed_sentence([CLASSIC, SIGNALS], {CLASSIC: "classic"})
    assert said == f"Taken off the treasury's list, and not counted here: classic, {SIGNALS}."
