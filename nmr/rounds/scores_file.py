# SPDX-License-Identifier: MIT
"""The file of a round's scores: CSV with one line a model, read strictly, since it decides about money.

    model,primary,contribution
    0,0.01234567,-0.005
    3,-0.02,0

Scores are plain decimals with at most 8 places, from -1.34217728 to 1.34217727 (int28). Nothing is rounded, guessed
or left out: a file is taken as it is, or refused in one sentence with the number of the line that is wrong.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from eth_hash.auto import keccak

from nmr.errors import NmrError
from nmr.protocol.lanes import LANES
from nmr.protocol.score_words import MAX_GROUP, MAX_SCORE, MIN_SCORE, Score
from nmr.text.amounts import SCORE_PLACES, FixedPointError, format_fixed, parse_fixed, shorten
from nmr.text.files import known_format, read_up_to

COLUMNS: Final = ("model", "primary", "contribution")
LARGEST_SCORES: Final = 8 * 2**20
"""Bytes of a file: the scores of 200,000 models and more."""
LARGEST_MODEL: Final = LANES * (MAX_GROUP + 1) - 1

_MODEL: Final = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)


class ScoresInvalid(NmrError, ValueError):
    """A scores file that is refused, in one sentence.

    Attributes:
        line: the number of the line that is wrong, from 1; None if it is the file as a whole.
    """

    def __init__(self, name: str, line: int | None, problem: str) -> None:
        where = name if line is None else f"{name}, line {line}"
        super().__init__(f"{where}: {problem}.")
        self.line = line


class ScoresFileError(NmrError, OSError, ValueError):
    """A scores file that cannot be read."""


@dataclass(frozen=True)
class ScoresFile:
    """The scores of a round.

    Attributes:
        name: what messages call the file.
        scores: model -> (primary, contribution), 8 decimals.
        lines: model -> number of its line.
        digest: keccak of the file's bytes.
    """

    name: str
    scores: dict[int, Score]
    lines: dict[int, int]
    digest: bytes


def read_scores(path: Path) -> ScoresFile:
    """Read a file of scores.

    Raises:
        ScoresFileError: it cannot be read.
        ScoresInvalid: it is no valid file of scores.
    """
    try:
        content = read_up_to(path, LARGEST_SCORES)
    except OSError as error:
        raise ScoresFileError(f"{path} cannot be read: {error.strerror}.") from error
    if len(content) > LARGEST_SCORES:
        raise ScoresFileError(f"{path} is larger than {LARGEST_SCORES >> 20} MiB.")
    return parse_scores(content, str(path))


def parse_scores(content: bytes, name: str = "scores") -> ScoresFile:
    """The scores in the bytes of a file; a byte order mark and either kind of line ends are taken.

    Raises:
        ScoresInvalid: no text, another header, a line without three columns, no model id, a model twice, a score that
            is no plain number, has more than 8 decimals or does not fit.
    """
    what = known_format(content)
    if what is not None:
        raise ScoresInvalid(name, None, f"it is {what}, and has to be a CSV in UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ScoresInvalid(name, line, "it is not text in UTF-8") from None
    scores: dict[int, Score] = {}
    lines: dict[int, int] = {}
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = None
    end = 0
    while True:
        # A field in quotes may span lines: a row is where it begins.
        line = end + 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise ScoresInvalid(name, line, f"it is no CSV: {error}") from None
        end = rows.line_num
        if row is None:
            break
        if header is None:
            header = row
            if tuple(header) != COLUMNS:
                wrong = shorten(",".join(header))
                raise ScoresInvalid(name, line, f"the header is {wrong} and has to be {','.join(COLUMNS)}")
            continue
        try:
            model, score = _parse_row(row)
        except FixedPointError as error:
            raise ScoresInvalid(name, line, str(error)) from None
        if model in lines:
            raise ScoresInvalid(name, line, f"model {model} has a score already, in line {lines[model]}")
        scores[model] = score
        lines[model] = line
    if header is None:
        raise ScoresInvalid(name, None, f"it is empty, and has to begin with the header {','.join(COLUMNS)}")
    return ScoresFile(name, scores, lines, keccak(content))


def format_scores(scores: Mapping[int, Score]) -> str:
    """The text of a scores file, models in rising order."""
    lines = [",".join(COLUMNS)]
    for model in sorted(scores):
        primary, contribution = (format_fixed(score, SCORE_PLACES) for score in scores[model])
        lines.append(f"{model},{primary},{contribution}")
    return "\n".join(lines) + "\n"


def _parse_row(row: list[str]) -> tuple[int, Score]:
    """Model and scores of a line.

    Raises:
        FixedPointError: something is wrong with it; says what.
    """
    if not row:
        raise FixedPointError("it is blank")
    if len(row) != len(COLUMNS):
        raise FixedPointError(f"it has {len(row)} columns, not {len(COLUMNS)}")
    label = row[0]
    if _MODEL.fullmatch(label) is None:
        wrong = f"is {shorten(label)}, not the number of a model" if label else "is empty"
        raise FixedPointError(f"model {wrong}")
    model = int(label)
    if model > LARGEST_MODEL:
        raise FixedPointError(f"there is no model {model}")
    primary, contribution = (_parse_score(name, text) for name, text in zip(COLUMNS[1:], row[1:], strict=True))
    return model, (primary, contribution)


def _parse_score(name: str, text: str) -> int:
    try:
        score = parse_fixed(text, SCORE_PLACES)
    except FixedPointError as error:
        raise FixedPointError(f"{name} {error}") from None
    if not MIN_SCORE <= score <= MAX_SCORE:
        least, most = (format_fixed(limit, SCORE_PLACES) for limit in (MIN_SCORE, MAX_SCORE))
        raise FixedPointError(f"{name} is {text}, and scores go from {least} to {most}")
    return score
