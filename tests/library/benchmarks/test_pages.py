# SPDX-License-Identifier: MIT
"""What holds for every page of a benchmark that has a picture, and for the command that writes both."""

from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from benchmarks.economics import __main__ as economics
from benchmarks.meta_model import __main__ as meta_model
from tests.library.benchmarks.test_economics_page import results as economics_results
from tests.library.benchmarks.test_meta_model_page import results as meta_model_results

pytestmark = pytest.mark.parametrize(
    ("benchmark", "results", "labels", "beyond"),
    [
        (economics, economics_results(), ["Whales"], "80"),
        (meta_model, meta_model_results(), ["ridge, with hindsight", "stake-weighted", "equal-weighted"], "251"),
    ],
    ids=["economics", "meta model"],
)


@pytest.fixture
def command(benchmark, results, tmp_path, monkeypatch):
    """Runs the command on made-up results; its files go to a folder of their own."""
    monkeypatch.setattr(benchmark, "_results", lambda *options: results)
    monkeypatch.setattr(benchmark, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(benchmark, "PICTURE", tmp_path / "picture.svg")
    return lambda *options: CliRunner().invoke(benchmark.cli, options)


def test_render__picture__is_shown_where_there_is_one(benchmark, results, labels, beyond):
    assert "](picture.svg)" in benchmark.render(results, "picture.svg")
    assert "![" not in benchmark.render(results)


def test_picture__same_results__same_svg_without_a_date(benchmark, results, labels, beyond):
    drawn = benchmark.picture(results)
    assert drawn == benchmark.picture(results)
    assert ElementTree.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own
    assert "date" not in drawn.lower()
    assert all(label in drawn for label in labels)


def test_command__no_options__writes_page_and_picture(benchmark, results, labels, beyond, command, tmp_path):
    assert command().exit_code == 0
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == benchmark.render(results, "picture.svg")
    assert (tmp_path / "picture.svg").read_text(encoding="utf-8") == benchmark.picture(results)


def test_command__another_seed__prints_the_page_alone(benchmark, results, labels, beyond, command, tmp_path):
    result = command("--seed", "1")
    assert (result.exit_code, result.stdout) == (0, benchmark.render(results) + "\n")
    assert list(tmp_path.iterdir()) == []


def test_command__week_beyond_the_data__one_sentence(benchmark, results, labels, beyond, command):
    result = command("--last-era", beyond)
    assert result.exit_code == 2
    assert f"{beyond} is not in the range 92<=x<=250" in result.output
