"""Which files are submitted for which models."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from nmr.errors import NmrError
from nmr.text.selection import MAX_MODEL

_ID: Final = re.compile(r"[0-9]{1,9}", re.ASCII)


class SubmissionError(NmrError, ValueError):
    """A file that cannot be submitted, or a model that would get none or several."""


def parse_files(texts: Sequence[str]) -> dict[int, Path]:
    """Files by model, from texts such as `3=predictions.csv`.

    Raises:
        SubmissionError: no such text, no such id, or a model named twice.
    """
    files: dict[int, Path] = {}
    for text in texts:
        model, given, path = text.partition("=")
        if not given or not path:
            raise SubmissionError(f"{text!r} is not MODEL=FILE, such as 3=predictions.csv.")
        _add(files, _model(model, text), Path(path))
    return files


def files_in(folder: Path) -> dict[int, Path]:
    """Files by model, from a folder where each is named by its model's id, such as `3.csv`; hidden ones do not count.

    Raises:
        SubmissionError: no such folder, nothing in it, something that is named by no id, or two files of a model.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise SubmissionError(f"The folder {folder} cannot be read: {error.strerror}.") from None
    files: dict[int, Path] = {}
    for path in paths:
        if not path.is_file():
            raise SubmissionError(f"{path} is not a file.")
        _add(files, _model(path.stem, str(path)), path)
    if not files:
        raise SubmissionError(f"There is no file in {folder}.")
    return dict(sorted(files.items()))


def _model(text: str, where: str) -> int:
    if _ID.fullmatch(text) is None or int(text) > MAX_MODEL:
        raise SubmissionError(f"{where} does not name a model: {text!r} is no id.")
    return int(text)


def _add(files: dict[int, Path], model: int, path: Path) -> None:
    if model in files:
        raise SubmissionError(f"Model {model} is named twice: {files[model]} and {path}.")
    files[model] = path
