# SPDX-License-Identifier: MIT
"""The benchmark of large rounds at a small size."""

from benchmarks.scoring import Measured, measure_all, render


def test_scoring__two_sizes__are_opened_and_scored_and_have_their_rows():
    measured = measure_all((3, 5), 12, sealed=3)

    assert [opening is None for opening, _ in measured.values()] == [False, True]
    for step in (measured[3][0], measured[3][1], measured[5][1]):
        assert step.peak > 2**20
        assert step.seconds > 0


def test_scoring_page__with_and_without_other_processes__tells_their_memory():
    scoring = Measured(3, 4_000, 2**31, 2**28)
    page = render({7: (Measured(1, 2, 2**30, 0), scoring), 9: (None, scoring)}, 12)

    assert "| 7 | open | 1 | 2 | 1,024 MiB |  |" in page
    assert "| 7 | score | 3 | 4,000 | 2,048 MiB | 256 MiB |" in page
    assert "| 9 | open" not in page
