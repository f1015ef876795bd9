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
    parse_ids,
    parse_model,
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
        (["ridge"], ["ridge"]),
        (["0-1,ridge, my model", "7"], [0, 1, "ridge", "my model", 7]),
        (["0x1", "model-3", "2nd", "★", "é" * 16], ["0x1", "model-3", "2nd", "★", "é" * 16]),
        ([], []),
    ],
)
def test_parse_models__ids_ranges_and_labels__in_the_order_typed(texts, models):
    assert parse_models(texts, MAX_MODEL) == models


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is no model: write ids, ranges or labels, such as 0-9,12 or ridge."),
        ("3,", "'' is no model: write ids, ranges or labels, such as 0-9,12 or ridge."),
        ("-3", "'-3' is no model: write ids, ranges or labels, such as 0-9,12 or ridge."),
        ("1-2-3", "'1-2-3' is no model: write ids, ranges or labels, such as 0-9,12 or ridge."),
        ("1.5", "'1.5' is no model: write ids, ranges or labels, such as 0-9,12 or ridge."),
        ("ridge\x1b[2J", "'ridge\\x1b[2J' is no model: write ids, ranges or labels, such as 0-9,12 or ridge."),
        ("\udcff", "'\\udcff' is no model: write ids, ranges or labels, such as 0-9,12 or ridge."),
        ("é" * 17, "'ééééééééééééééééé' is no model: write ids, ranges or labels, such as 0-9,12 or ridge."),
        ("ridge,0,ridge", "Model ridge is named twice."),
        ("٣", "'٣' is no model: write ids, ranges or labels, such as 0-9,12 or ridge."),
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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("10", "There can be no group 10: the last is 9."),
        ("0,0", "Group 0 is named twice."),
        ("ridge", "'ridge' is no group: write ids and ranges, such as 0-9,12."),
    ],
)
def test_parse_ids__no_id_of_a_group__is_refused_by_that_word(text, message):
    assert parse_ids(["0-1", "4"], 9, "group") == [0, 1, 4]
    with pytest.raises(SelectionError) as caught:
        parse_ids([text], 9, "group")
    assert str(caught.value) == message


@pytest.mark.parametrize(("text", "model"), [("3", 3), ("007", 7), ("ridge", "ridge"), ("a,b=c", "a,b=c")])
def test_parse_model__id_or_label__an_id_wins(text, model):
    assert parse_model(text, MAX_MODEL) == model


@pytest.mark.parametrize("text", ["", "0-3", "67108864", "9" * 5_000, "a\nb"])
def test_parse_model__names_no_model__is_refused(text):
    with pytest.raises(SelectionError):
        parse_model(text, MAX_MODEL)


@pytest.mark.parametrize(
    ("texts", "common", "amounts"),
    [
        (["3=12.5"], None, {3: 25 * NMR // 2}),
        (["ridge=1", "0,lasso=2"], None, {"ridge": NMR, 0: 2 * NMR, "lasso": 2 * NMR}),
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
        (["ridge=1", "ridge=2"], None, "Model ridge is named twice."),
        (["=1"], None, "'' is no model: write ids, ranges or labels, such as 0-9,12 or ridge."),
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
