# SPDX-License-Identifier: MIT
import pytest

from nmr.errors import AmountError, NmrError
from nmr.protocol.score_words import MAX_MODEL
from nmr.text.amounts import NMR
from nmr.text.selection import (
    ALL,
    MAX_SELECTED,
    SelectionError,
    name_ids,
    parse_amounts,
    parse_models,
    total,
)


@pytest.mark.parametrize(
    ("texts", "models"),
    [
        (["3"], [3]),
        (["0-3"], [0, 1, 2, 3]),
        (["5-5"], [5]),
        (["0-2,12"], [0, 1, 2, 12]),
        (["7,0-1", "4"], [7, 0, 1, 4]),
        (["0-1, 4"], [0, 1, 4]),
        (["007"], [7]),
        ([str(MAX_MODEL)], [MAX_MODEL]),
        ([f"1-{MAX_SELECTED}"], list(range(1, MAX_SELECTED + 1))),
        ([], []),
    ],
)
def test_parse_models__ids_and_ranges__in_the_order_typed(texts, models):
    assert parse_models(texts, MAX_MODEL) == models


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is no model: write ids and ranges, such as 0-9,12."),
        ("3,", "'' is no model: write ids and ranges, such as 0-9,12."),
        ("-3", "'-3' is no model: write ids and ranges, such as 0-9,12."),
        ("1-2-3", "'1-2-3' is no model: write ids and ranges, such as 0-9,12."),
        ("0x1", "'0x1' is no model: write ids and ranges, such as 0-9,12."),
        ("٣", "'٣' is no model: write ids and ranges, such as 0-9,12."),
        ("9-0", "The range 9-0 runs backwards: write 0-9."),
        ("3,0-4", "Model 3 is named twice."),
        ("0-9999999", "More than 100,000 models at once: name fewer."),
        ("0,1-100000", "More than 100,000 models at once: name fewer."),
        ("67108800", "There can be no model 67108800: the last is 67108799."),
        ("0-" + "9" * 5_000, f"There can be no model {'9' * 5_000}: the last is 67108799."),
    ],
)
def test_parse_models__cannot_be_meant__is_refused(text, message):
    with pytest.raises(SelectionError) as caught:
        parse_models([text], MAX_MODEL)
    assert str(caught.value) == message
    assert isinstance(caught.value, NmrError)


def test_parse_models__groups__are_called_so():
    assert parse_models(["0-1"], 9, "group") == [0, 1]
    with pytest.raises(SelectionError, match=r"^There can be no group 10: the last is 9\.$"):
        parse_models(["10"], 9, "group")


@pytest.mark.parametrize(
    ("texts", "common", "amounts"),
    [
        (["3=12.5"], None, {3: 25 * NMR // 2}),
        (["0-1=10", "4=2"], None, {0: 10 * NMR, 1: 10 * NMR, 4: 2 * NMR}),
        (["0-1"], "10", {0: 10 * NMR, 1: 10 * NMR}),
        (["0", "1=2"], "10", {0: 10 * NMR, 1: 2 * NMR}),
    ],
)
def test_parse_amounts__own_or_common__wei_by_model(texts, common, amounts):
    assert parse_amounts(texts, common, largest=MAX_MODEL) == amounts


def test_parse_amounts__all__only_where_it_can_be():
    assert parse_amounts(["0=all", "1=2"], None, largest=MAX_MODEL, everything=True) == {0: ALL, 1: 2 * NMR}
    with pytest.raises(AmountError, match="'all' is not an amount of NMR"):
        parse_amounts(["0=all"], None, largest=MAX_MODEL)


def test_parse_amounts__zero__only_where_it_can_be():
    assert parse_amounts(["0=0"], None, largest=MAX_MODEL, zero=True) == {0: 0}
    with pytest.raises(AmountError, match=r"^the amount is 0 NMR: there is nothing to do$"):
        parse_amounts(["0=0.000"], None, largest=MAX_MODEL)


@pytest.mark.parametrize(
    ("texts", "common", "message"),
    [
        ([], "1", "Which models? Name some, such as 0-9,12."),
        (["0-9"], None, "How much for 0-9? Write 0-9=AMOUNT or add --amount AMOUNT."),
        (["0=1"], "2", "Every model has an amount of its own: leave --amount out."),
        (["0=1", "0-3=2"], None, "Model 0 is named twice."),
        (["=1"], None, "'' is no model: write ids and ranges, such as 0-9,12."),
    ],
)
def test_parse_amounts__cannot_be_meant__is_refused(texts, common, message):
    with pytest.raises(SelectionError) as caught:
        parse_amounts(texts, common, largest=MAX_MODEL)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["0=", "0=-1", "0=1=2", "0=1e3", "0=nan", "0=0.0000000001", "0=12000000"])
def test_parse_amounts__no_amount_that_the_ledger_counts__is_refused(text):
    with pytest.raises(AmountError):
        parse_amounts([text], None, largest=MAX_MODEL)


def test_parse_amounts__many_lists_of_models__are_counted_together():
    with pytest.raises(SelectionError, match=r"^More than 100,000 models at once: name fewer\.$"):
        parse_amounts(["0-99999=1", "100000=1"], None, largest=MAX_MODEL)


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ([3], "model 3"),
        ([0, 1, 2, 4], "models 0-2, 4"),
        ([5, 4], "models 5, 4"),
        (list(range(0, 40, 2)), "models 0, 2, 4, 6, 8, 10, 12, 14, …"),
    ],
)
def test_name_ids__in_a_sentence__has_ranges_and_an_end(ids, text):
    assert name_ids(ids) == text


def test_total__amounts__is_their_sum():
    assert total({0: 1, 5: 2}) == 3
