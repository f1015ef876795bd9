# SPDX-License-Identifier: MIT
from pathlib import Path

import pytest

from nmr.errors import NmrError
from nmr.protocol.score_words import MAX_MODEL
from nmr.text.selection import SubmissionError, files_in, parse_files


def refused(message: str):
    return pytest.raises(SubmissionError, match=f"^{message}$")


def test_submission_error__any__is_an_nmr_error_and_a_value_error():
    assert issubclass(SubmissionError, NmrError)
    assert issubclass(SubmissionError, ValueError)


def test_parse_files__model_and_file__by_model():
    assert parse_files(["3=a.csv", "0=b=c.csv"], MAX_MODEL) == {3: Path("a.csv"), 0: Path("b=c.csv")}
    assert parse_files(["ridge=a.csv"], MAX_MODEL) == {"ridge": Path("a.csv")}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["a.csv"], "'a.csv' is not MODEL=FILE, such as 3=predictions.csv."),
        (["3="], "'3=' is not MODEL=FILE, such as 3=predictions.csv."),
        (
            ["0-3=a.csv"],
            "0-3=a.csv: '0-3' is no model: write ids, ranges or labels, such as 0-9,12 or ridge.",
        ),
        (
            ["67108800=a.csv"],
            "67108800=a.csv: There can be no model 67108800: the last is 67108799.",
        ),
        (["ridge=a.csv", "ridge=b.csv"], "Model ridge is named twice: a.csv and b.csv."),
        (["3=a.csv", "03=b.csv"], "Model 3 is named twice: a.csv and b.csv."),
    ],
)
def test_parse_files__cannot_be_meant__is_refused(texts, message):
    with pytest.raises(SubmissionError) as caught:
        parse_files(texts, MAX_MODEL)
    assert str(caught.value) == message


def test_files_in__named_by_ids_and_labels__ids_first_in_rising_order(tmp_path):
    named = {0: "0", 3: "3.parquet", 12: "12.csv", "lasso": "lasso.csv", "ridge": "ridge.parquet"}
    for name in (*named.values(), ".DS_Store"):
        (tmp_path / name).touch()
    assert list(files_in(tmp_path, MAX_MODEL).items()) == [(model, tmp_path / name) for model, name in named.items()]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], r"There is no file in .*\."),
        ([".hidden"], r"There is no file in .*\."),
        (["3.csv", "3-5.txt"], r".*/3-5\.txt: '3-5' is no model: .*"),
        (["3.csv", "3.parquet"], r"Model 3 is named twice: .*/3\.csv and .*/3\.parquet\."),
    ],
)
def test_files_in__not_one_file_a_model__is_refused(tmp_path, names, message):
    for name in names:
        (tmp_path / name).touch()
    with refused(message):
        files_in(tmp_path, MAX_MODEL)


def test_files_in__folder_in_the_folder__is_refused(tmp_path):
    (tmp_path / "3").mkdir()
    with refused(f"{tmp_path}/3 is not a file\\."):
        files_in(tmp_path, MAX_MODEL)


def test_files_in__no_folder__is_refused(tmp_path):
    with refused(f"The folder {tmp_path}/none cannot be read: No such file or directory\\."):
        files_in(tmp_path / "none", MAX_MODEL)
