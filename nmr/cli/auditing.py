# SPDX-License-Identifier: MIT
"""An audit's report and its failures, for people."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from nmr.chain.node import NodeError, NodeUnreachable
from nmr.cli.command import NOT_PROVED, NOT_THERE, UNFINISHED, Failure
from nmr.cli.tables import print_facts, print_line, print_table

SHOWN: Final = 20
"""Disagreements that are printed; a report lists more."""


@contextmanager
def node_failures() -> Iterator[None]:
    """What keeps an audit from its end, as a sentence and an exit code that is not that of a disagreement."""
    from nmr.audit.proving import NotProved
    from nmr.audit.run import OtherChain, Unsettled

    try:
        yield
    except NodeUnreachable as error:
        raise Failure(f"The node stopped answering: {error}", NOT_THERE) from error
    except NodeError as error:
        raise Failure(f"The node answers with an error: {error}", NOT_THERE) from error
    except OtherChain as error:
        raise Failure(str(error), NOT_THERE) from error
    except Unsettled as error:
        raise Failure(str(error), UNFINISHED) from error
    except NotProved as error:
        raise Failure(str(error), NOT_PROVED) from error


def show_report(content: dict[str, Any]) -> None:
    """Print a report's content: what was compared, proved and believed, and the first disagreements."""
    from nmr.audit.page import DISAGREEMENT_HEADINGS, build_rows, compared_rows, disagreement_rows, proof_rows, verdict
    from nmr.chain.sources import checkout

    print_table(verdict(content), ("what was compared", "compared", "differ"), compared_rows(content))
    sha256, compiler = build_rows(content)
    where = "in the installed package" if checkout() is None else "from contracts/ of this checkout"
    print_facts(dict([sha256, (compiler[0], f"{compiler[1]}; {where}")]))
    print_facts(dict(proof_rows(content)))
    print_line("Believed, and not proved:")
    for sentence in content["believed"]:
        print_line(f"- {sentence}")
    rows = disagreement_rows(content)
    if rows:
        title = "Disagreements" if len(rows) <= SHOWN else f"The first {SHOWN} disagreements"
        print_table(title, DISAGREEMENT_HEADINGS, rows[:SHOWN], left=len(DISAGREEMENT_HEADINGS))
