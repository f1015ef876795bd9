# SPDX-License-Identifier: MIT
"""The benchmark of large rounds at a small size."""

from benchmarks.scoring import Measured, measure_all, render


def test_scoring__two_sizes__are_opened_and_scored_and_have_their_rows():
    measured = measure_all((3, 5), 12)

    assert list(measured) == [3, 5]
    assert all(step.peak > 2**20 and step.processor >= 0 for steps in measured.values() for step in steps)


def test_scoring_page__with_and_without_other_processes__tells_their_memory():
    page = render({7: (Measured(1, 2, 2**30, 0), Measured(3, 4_000, 2**31, 2**28))}, 12)

    assert "| 7 | open | 1 | 2 | 1,024 MiB |  |" in page
    assert "| 7 | score | 3 | 4,000 | 2,048 MiB | 256 MiB |" in page
