# SPDX-License-Identifier: MIT
"""Pictures as SVG."""

from xml.etree import ElementTree

from matplotlib.figure import Figure

from nmr.text.pictures import svg


def drawn(salt: str) -> str:
    figure = Figure()
    figure.subplots().plot([1, 2], [0.12345, 3], marker="o", label="<&>")
    figure.legend()
    return svg(figure, salt)


def test_svg__same_figure__the_same_text_without_a_date():
    picture = drawn("one")
    assert picture == drawn("one") != drawn("another")
    assert "date" not in picture
    assert not any(line.endswith(" ") for line in picture.splitlines())


def test_svg__foreign_texts__are_texts():
    picture = ElementTree.fromstring(drawn("one"))  # noqa: S314 - made here
    assert "<&>" in [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
