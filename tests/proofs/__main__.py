# SPDX-License-Identifier: MIT
"""`python -m tests.proofs`: prove every claim, show that every mistake is found, and print the table.

Exit code 0: all is proved and all mistakes are found. 1: something is not; it says what. `--quick` leaves out the
claims about the whole tournament, `--markdown` prints the table for docs/proofs.md.
"""

import sys
from time import process_time
from typing import Final, NamedTuple

import click
from rich.console import Console
from rich.table import Table

from tests.proofs import (
    buyback_claims,
    lane_claims,
    ledger_claims,
    payout_claims,
    pool_claims,
    settlement_claims,
    treasury_claims,
)
from tests.proofs.claims import Claim
from tests.proofs.code import HARNESS, TOURNAMENT, TREASURY, compiled
from tests.proofs.machine import Beyond
from tests.proofs.solving import Misshapen, Refuted, Undecided

QUICK: Final = [
    *lane_claims.CLAIMS,
    *payout_claims.CLAIMS,
    *treasury_claims.CLAIMS,
    *buyback_claims.CLAIMS,
    *pool_claims.CLAIMS,
]
CLAIMS: Final = [*QUICK, *ledger_claims.CLAIMS, *settlement_claims.CLAIMS]


class Verdict(NamedTuple):
    """What became of a claim: how long its proof took, how many mistakes were refuted by values and how many were found
    by the shape of their code, and what is wrong, if anything is."""

    claim: Claim
    seconds: float
    refuted: int = 0
    misshapen: int = 0
    wrong: str = ""


def judged(claim: Claim) -> Verdict:
    """Prove a claim of the sources, and find it false of those with a mistake."""
    started = process_time()
    try:
        claim.check(None)
    except Refuted as refuted:
        return Verdict(claim, process_time() - started, wrong=f"refuted by {refuted}")
    except (Misshapen, Undecided, Beyond) as undecided:
        return Verdict(claim, process_time() - started, wrong=f"not decided: {undecided}")
    verdict = Verdict(claim, process_time() - started)
    for change in claim.controls:
        try:
            claim.check(change)
        except Refuted:
            verdict = verdict._replace(refuted=verdict.refuted + 1)
        except Misshapen:
            verdict = verdict._replace(misshapen=verdict.misshapen + 1)
        except (Undecided, Beyond) as undecided:
            return verdict._replace(wrong=f"not decided of {change.new}: {undecided}")
        else:
            return verdict._replace(wrong=f"proved of a mistake: {change.new}")
    return verdict


def _row(verdict: Verdict) -> list[str]:
    claim = verdict.claim
    found = [str(verdict.refuted), str(verdict.misshapen)]
    return [claim.where, claim.what, claim.bounds, claim.how, f"{verdict.seconds:.1f}", *found]


HEADINGS: Final = ("where", "what is proved", "of all inputs with", "how", "seconds", "refuted", "misshapen")


@click.command()
@click.option("--quick", is_flag=True, help="Without the claims about the whole tournament.")
@click.option("--markdown", is_flag=True, help="Print the table for docs/proofs.md.")
def main(quick: bool, markdown: bool) -> None:
    """Prove what docs/proofs.md says is proved."""
    errors = Console(stderr=True)
    claims = QUICK if quick else CLAIMS
    # So that no claim's time has the compiler's in it.
    for source in (HARNESS, TREASURY) if quick else (HARNESS, TREASURY, TOURNAMENT):
        compiled(source)
    verdicts = []
    for number, claim in enumerate(claims, 1):
        errors.print(f"{number} of {len(claims)}: {claim.where}", highlight=False)
        verdicts.append(judged(claim))
        if verdicts[-1].wrong:
            errors.print(f"{claim.where}: {verdicts[-1].wrong}", style="red", highlight=False)
    rows = [_row(verdict) for verdict in verdicts if not verdict.wrong]
    if markdown:
        for row in (HEADINGS, ["---", "---", "---", "---", "---:", "---:", "---:"], *rows):
            click.echo("| " + " | ".join(row) + " |")
    else:
        table = Table(*HEADINGS, title="Proved", title_justify="left")
        for row in rows:
            table.add_row(*row)
        Console().print(table)
    failed = len(verdicts) - len(rows)
    refuted = sum(verdict.refuted for verdict in verdicts)
    misshapen = sum(verdict.misshapen for verdict in verdicts)
    click.echo(f"{len(rows)} proved, {failed} failed; of the mistakes {refuted} refuted, {misshapen} misshapen")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
