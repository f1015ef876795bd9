# SPDX-License-Identifier: MIT
"""A table of texts as HTML."""

from collections.abc import Sequence
from html import escape


def html_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int] = ()) -> str:
    """A table whose cells are all escaped: labels and roles come from strangers.

    Args:
        headings: of the columns; none if all are empty.
        rows: texts, one for each column.
        numbers: the columns of class `number`.
    """

    def cells(values: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=number' if i in numbers else ''}>{escape(value)}</{tag}>" for i, value in enumerate(values)
        )

    head = f"<thead><tr>{cells(headings, 'th')}</tr></thead>" if any(headings) else ""
    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<table>{head}<tbody>{body}</tbody></table>"
