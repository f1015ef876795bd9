"""Models and amounts as people type them: `0-9,12`, and `0-9=10 12=2.5`."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from nmr.errors import AmountError, NmrError
from nmr.protocol.lanes import LANES
from nmr.protocol.score_words import MAX_GROUP
from nmr.text.units import parse_nmr

ALL: Final = 2**256 - 1
"""As an amount: all that is idle. The contracts' own sign for it."""
EVERYTHING: Final = "all"
"""How people type it."""
MAX_MODEL: Final = LANES * (MAX_GROUP + 1) - 1
"""The last model that a tournament can have."""
MAX_SELECTED: Final = 100_000
"""Models of one command: a slip such as 0-9999999 is not taken for a wish."""

_PART: Final = re.compile(r"([0-9]+)(?:-([0-9]+))?", re.ASCII)


class SelectionError(NmrError, ValueError):
    """Models or amounts that cannot be meant."""


def parse_models(texts: Sequence[str], what: str = "model", largest: int = MAX_MODEL) -> list[int]:
    """Ids of models, in the order in which they were typed.

    Args:
        texts: each of ids and ranges of them with commas between, such as `0-9,12`.
        what: what has these ids, for messages.
        largest: the largest id that there can be.

    Raises:
        SelectionError: no id, a range backwards, one that cannot exist, one named twice, or too many.
    """
    found: dict[int, None] = {}
    for part in (part for text in texts for part in text.split(",")):
        match = _PART.fullmatch(part.strip())
        if match is None:
            raise SelectionError(f"{part!r} is no {what}: write ids and ranges, such as 0-9,12.")
        first = _number(match[1], what, largest)
        last = first if match[2] is None else _number(match[2], what, largest)
        if last < first:
            raise SelectionError(f"The range {part} runs backwards: write {last}-{first}.")
        if len(found) + last - first >= MAX_SELECTED:
            raise SelectionError(f"More than {MAX_SELECTED:,} {what}s at once: name fewer.")
        for number in range(first, last + 1):
            if number in found:
                raise SelectionError(f"{what.capitalize()} {number} is named twice.")
            found[number] = None
    return list(found)


def parse_amounts(
    texts: Sequence[str], common: str | None, *, option: str = "--amount", zero: bool = False, everything: bool = False
) -> dict[int, int]:
    """Wei by model.

    Args:
        texts: models, such as `0-9,12`, or models with an amount of NMR for each of them, such as `0-9=10`.
        common: the amount for the models that have none of their own.
        option: where that one is given, for messages.
        zero: whether an amount may be 0.
        everything: whether an amount may be `all`, which is `ALL`.

    Raises:
        SelectionError: as `parse_models`; a model without an amount, or an amount that nobody needs.
        AmountError: an amount that the ledger cannot count.
    """
    if not texts:
        raise SelectionError("Which models? Name some, such as 0-9,12.")
    amounts: dict[int, int] = {}
    common_used = False
    for text in texts:
        models, given, own = text.partition("=")
        if not given and common is None:
            raise SelectionError(f"How much for {text}? Write {text}=AMOUNT or add {option} AMOUNT.")
        common_used = common_used or not given
        amount = _amount(own if given else common or "", zero=zero, everything=everything)
        for model in parse_models([models]):
            if model in amounts:
                raise SelectionError(f"Model {model} is named twice.")
            amounts[model] = amount
    if common is not None and not common_used:
        raise SelectionError(f"Every model has an amount of its own: leave {option} out.")
    if len(amounts) > MAX_SELECTED:
        raise SelectionError(f"More than {MAX_SELECTED:,} models at once: name fewer.")
    return amounts


def name_ids(ids: Sequence[int], what: str = "model", most: int = 8) -> str:
    """Ids in a sentence: `model 3`, `models 0-4, 7`, with ranges, and at most so many of these."""
    parts: list[str] = []
    start = 0
    for i, number in enumerate(ids):
        if i + 1 == len(ids) or ids[i + 1] != number + 1:
            parts.append(str(number) if start == i else f"{ids[start]}-{number}")
            start = i + 1
    if len(parts) > most:
        parts = [*parts[:most], "…"]
    return f"{what}{'s' if len(ids) != 1 else ''} {', '.join(parts)}"


def total(amounts: Mapping[int, int]) -> int:
    """The sum of amounts by model, wei."""
    return sum(amounts.values())


def _number(digits: str, what: str, largest: int) -> int:
    if len(digits) > len(str(MAX_MODEL)) + 1 or int(digits) > largest:
        raise SelectionError(f"There can be no {what} {digits}: the last is {largest}.")
    return int(digits)


def _amount(text: str, *, zero: bool, everything: bool) -> int:
    if everything and text == EVERYTHING:
        return ALL
    amount = parse_nmr(text)
    if amount == 0 and not zero:
        raise AmountError("the amount is 0 NMR: there is nothing to do")
    return amount
