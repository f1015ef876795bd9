# SPDX-License-Identifier: MIT
"""Models, amounts and files as people type them: `0-9,ridge`, `0-9=10 ridge=2.5` and `ridge=predictions.csv`.

A model is named by its id or by its label. What is an id or a range of ids is no label, and a label with a comma or an
equals sign cannot be typed where these separate: such models are named by their ids.
"""

import re
from collections.abc import Mapping, Sequence, Sized
from pathlib import Path
from typing import Any, Final, TypeAlias

from nmr.errors import AmountError, NmrError
from nmr.text.amounts import parse_nmr, shorten

ALL: Final = 2**256 - 1
"""As an amount: all that is idle. The contracts' own sign for it."""
EVERYTHING: Final = "all"
"""How people type it."""
MAX_NAMED: Final = 8
"""Ids or ranges of them in a sentence."""
MAX_SELECTED: Final = 100_000
"""Models of one command: guards against typos such as 0-9999999."""
MAX_LABEL: Final = 32
"""Bytes of a label."""

ModelName: TypeAlias = int | str
"""What names a model: its id, or its label."""

_PART: Final = re.compile(r"([0-9]+)(?:-([0-9]+))?", re.ASCII)
_MISTYPED: Final = re.compile(r"[\d\s.-]*")
"""What is meant as an id or a range, and not as a label."""


class SelectionError(NmrError, ValueError):
    """Invalid models or amounts."""


def parse_ids(texts: Sequence[str], largest: int, what: str = "model") -> list[int]:
    """Ids, in the order in which they were typed.

    Args:
        texts: each of ids and ranges of them with commas between, such as `0-9,12`.
        largest: the largest id that there can be.
        what: what has these ids, for messages.

    Raises:
        SelectionError: no id, a range backwards, one that cannot exist, one named twice, or too many.
    """
    found: dict[int, None] = {}
    for part in _parts(texts):
        ids = _range(part, largest, what)
        if ids is None:
            raise SelectionError(f"{part!r} is no {what}: write ids and ranges, such as 0-9,12.")
        _take(found, ids, what)
    return list(found)


def parse_models(texts: Sequence[str], largest: int) -> list[ModelName]:
    """Ids and labels of models, in the order in which they were typed.

    Args:
        texts: each of ids, ranges of ids and labels with commas between, such as `0-9,ridge`.
        largest: the largest id that a model can have.

    Raises:
        SelectionError: neither, a range backwards, an id that cannot exist, a model named twice, or too many.
    """
    found: dict[ModelName, None] = {}
    for part in _parts(texts):
        ids = _range(part, largest, "model")
        _take(found, [_label(part)] if ids is None else ids, "model")
    return list(found)


def parse_model(text: str, largest: int) -> ModelName:
    """The id or the label of one model.

    Raises:
        SelectionError: neither, or an id that cannot exist.
    """
    return _number(text, "model", largest) if text.isascii() and text.isdigit() else _label(text)


def parse_amounts(
    texts: Sequence[str],
    common: str | None,
    *,
    largest: int,
    option: str = "--amount",
    zero: bool = False,
    everything: bool = False,
) -> dict[ModelName, int]:
    """Wei by model.

    Args:
        texts: models, such as `0-9,ridge`, or models with an amount of NMR for each of them, such as `0-9=10`.
        common: the amount for the models that have none of their own.
        largest: the largest id that a model can have.
        option: where that one is given, for messages.
        zero: whether an amount may be 0.
        everything: whether an amount may be `all`, which is `ALL`.

    Raises:
        SelectionError: as `parse_models`; a model without an amount, or an amount that nobody needs.
        AmountError: an amount that the ledger cannot count.
    """
    if not texts:
        raise SelectionError("Which models? Name some, such as 0-9,12.")
    amounts: dict[ModelName, int] = {}
    common_used = False
    for text in texts:
        models, given, own = text.partition("=")
        if not given and common is None:
            raise SelectionError(f"How much for {text}? Write {text}=AMOUNT or add {option} AMOUNT.")
        common_used = common_used or not given
        amount = _amount(own if given else common or "", zero=zero, everything=everything)
        for model in parse_models([models], largest):
            if model in amounts:
                raise SelectionError(named_twice(model))
            amounts[model] = amount
    if common is not None and not common_used:
        raise SelectionError(f"Every model has an amount of its own: leave {option} out.")
    if len(amounts) > MAX_SELECTED:
        raise SelectionError(f"More than {MAX_SELECTED:,} models at once: name fewer.")
    return amounts


def ranges(ids: Sequence[int]) -> list[str]:
    """Ids in rising order as people name them, such as `0-4` and `7`."""
    parts: list[str] = []
    start = 0
    for i, number in enumerate(ids):
        if i + 1 == len(ids) or ids[i + 1] != number + 1:
            parts.append(str(number) if start == i else f"{ids[start]}-{number}")
            start = i + 1
    return parts


def name_ids(ids: Sequence[int], what: str = "model") -> str:
    """Ids in a sentence: `model 3`, `models 0-4, 7`, with ranges, and at most 8 of these."""
    parts = ranges(ids)
    if len(parts) > MAX_NAMED:
        parts = [*parts[:MAX_NAMED], "…"]
    return f"{what}{'s' if len(ids) != 1 else ''} {', '.join(parts)}"


def are(things: Sized) -> str:
    """The verb of a sentence about so many."""
    return "is" if len(things) == 1 else "are"


def named_twice(model: ModelName, what: str = "model") -> str:
    """The sentence about a model that a command names twice."""
    return f"{what.capitalize()} {model} is named twice."


def total(amounts: Mapping[int, int]) -> int:
    """The sum of amounts by model, wei."""
    return sum(amounts.values())


def _parts(texts: Sequence[str]) -> list[str]:
    return [part.strip() for text in texts for part in text.split(",")]


def _range(part: str, largest: int, what: str) -> range | None:
    """The ids of an id or a range; None if it is something else."""
    match = _PART.fullmatch(part)
    if match is None:
        return None
    first = _number(match[1], what, largest)
    last = first if match[2] is None else _number(match[2], what, largest)
    if last < first:
        raise SelectionError(f"The range {part} runs backwards: write {last}-{first}.")
    return range(first, last + 1)


def _take(found: dict[Any, None], names: Sequence[ModelName], what: str) -> None:
    if len(found) + len(names) > MAX_SELECTED:
        raise SelectionError(f"More than {MAX_SELECTED:,} {what}s at once: name fewer.")
    for name in names:
        if name in found:
            raise SelectionError(named_twice(name, what))
        found[name] = None


def is_unnameable(label: str) -> bool:
    """Whether no selection names a model by that label: it looks like an id, or has a sign that parts selections."""
    return _MISTYPED.fullmatch(label) is not None or label != label.strip() or any(sign in label for sign in ",=")


def _label(text: str) -> str:
    """A text that may be a label.

    Raises:
        SelectionError: it is meant as an id, or no model can have it as a label.
    """
    if _MISTYPED.fullmatch(text) is not None or not text.isprintable() or len(text.encode()) > MAX_LABEL:
        raise SelectionError(f"{shorten(text)} is no model: write ids, ranges or labels, such as 0-9,12 or ridge.")
    return text


def _number(digits: str, what: str, largest: int) -> int:
    if len(digits) > len(str(largest)) + 1 or int(digits) > largest:
        raise SelectionError(f"There can be no {what} {digits}: the last is {largest}.")
    return int(digits)


def _amount(text: str, *, zero: bool, everything: bool) -> int:
    if everything and text == EVERYTHING:
        return ALL
    amount = parse_nmr(text)
    if amount == 0 and not zero:
        raise AmountError("the amount is 0 NMR: there is nothing to do")
    return amount


class SubmissionError(NmrError, ValueError):
    """A file that cannot be submitted, or a model that would get none or several."""


def parse_files(texts: Sequence[str], largest: int) -> dict[ModelName, Path]:
    """Files by model, from texts such as `3=predictions.csv` or `ridge=predictions.csv`.

    Raises:
        SubmissionError: no such text, no such id, or a model named twice.
    """
    files: dict[ModelName, Path] = {}
    for text in texts:
        model, given, path = text.partition("=")
        if not given or not path:
            raise SubmissionError(f"{text!r} is not MODEL=FILE, such as 3=predictions.csv.")
        _add(files, _model(model, text, largest), Path(path))
    return files


def files_in(folder: Path, largest: int) -> dict[ModelName, Path]:
    """Files by model, from a folder where each is named by its model's id or label; hidden ones do not count.

    Raises:
        SubmissionError: no such folder, nothing in it, something that names no model, or two files of a model.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise SubmissionError(f"The folder {folder} cannot be read: {error.strerror}.") from None
    files: dict[ModelName, Path] = {}
    for path in paths:
        if not path.is_file():
            raise SubmissionError(f"{path} is not a file.")
        _add(files, _model(path.stem, str(path), largest), path)
    if not files:
        raise SubmissionError(f"There is no file in {folder}.")
    # Ids first, in rising order, then labels.
    return dict(sorted(files.items(), key=lambda item: (isinstance(item[0], str), item[0])))


def _model(text: str, where: str, largest: int) -> ModelName:
    try:
        return parse_model(text, largest)
    except SelectionError as error:
        raise SubmissionError(f"{where}: {error}") from None


def _add(files: dict[ModelName, Path], model: ModelName, path: Path) -> None:
    if model in files:
        raise SubmissionError(f"Model {model} is named twice: {files[model]} and {path}.")
    files[model] = path
