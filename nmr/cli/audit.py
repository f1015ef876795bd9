# SPDX-License-Identifier: MIT
"""A suite audited from its log and storage alone, and signed reports of audits checked."""

import json
from pathlib import Path

import click

from nmr.chain.words import Malformed, hash_of
from nmr.cli.auditing import node_failures, show_report
from nmr.cli.command import (
    NOT_PROVED,
    REFUSED,
    DefaultGroup,
    Door,
    SuiteCommand,
    Whole,
    one_sentence,
    sender_option,
)
from nmr.cli.tables import print_facts
from nmr.client.auditing import ReportSigner, audit_chain
from nmr.text.addresses import parse_address
from nmr.text.foreign import plain

FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
DEFAULT = "run"


def _hash(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """A block's hash in lower case, as nodes tell it."""
    if value is None:
        return None
    try:
        return f"0x{hash_of(value.lower()).hex()}"
    except Malformed as error:
        raise click.BadParameter(f"{error}: it has 64 hexadecimal digits behind 0x.", context, parameter) from None


@click.group(cls=DefaultGroup, default=DEFAULT, epilog="Example: nmr audit --report audit")
def cli() -> None:
    """Audit the recorded suite with nothing but a node, or check somebody's signed report.

    Without a command it audits; `nmr audit run --help` has the options.
    """


@cli.command(DEFAULT, cls=SuiteCommand, epilog="Example: nmr audit --report audit --checkpoint audit.checkpoint")
@click.option("--block", type=Whole(0), help="The last block to look at; the latest one if left out.")
@click.option(
    "--block-hash", metavar="HASH", callback=_hash, help="The last block by its hash: trust that, and no node."
)
@click.option("--confirmations", type=Whole(0), default=0, help="Stop so many blocks before the latest.")
@click.option("--every-receipt", is_flag=True, help="Compare the receipts of all blocks, not only of a sample.")
@click.option("--report", "folder", type=FOLDER, help="A folder for the report: JSON, and a page for people.")
@click.option("--checkpoint", "checkpoint", type=FILE, help="A file to go on from, and to save how far it came.")
@click.option("--sign", is_flag=True, help="Sign the report with --account.")
@sender_option(required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the report; amounts are strings of wei.")
def audit(
    door: Door,
    block: int | None,
    block_hash: str | None,
    confirmations: int,
    every_receipt: bool,
    folder: Path | None,
    checkpoint: Path | None,
    sign: bool,
    account: str | None,
    as_json: bool,
) -> None:
    """Replay the whole log of the suite through the reference model, and compare the books with storage and code.

    It ends with exit code 0 if everything agrees, with 1 if anything does not, with 3 or 4 if the node or the chain did
    not let it come to an end, and with 5 if nothing disagrees, but the node did not prove what it has to on a public
    chain. Every disagreement is named with block, transaction, model, what was expected and what was found.
    """
    if sum((block is not None, block_hash is not None, confirmations > 0)) > 1:
        raise click.UsageError("Choose the last block with one of --block, --block-hash and --confirmations.")
    if sign and (account is None or folder is None):
        raise click.UsageError("--sign takes an --account to sign with, and a --report folder to write to.")
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    from nmr.audit.checkpoint import FileCheckpoints
    from nmr.audit.report import sign_report, write_report
    from nmr.audit.run import Progress

    record = door.record()
    checkpoints = None if checkpoint is None else FileCheckpoints(checkpoint, record)
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TimeElapsedColumn()
    unseen = not console.is_terminal
    with node_failures(), Bar(*columns, console=console, transient=True, disable=unseen) as bar:
        task = bar.add_task("reading the chain", total=None)

        def told(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        def said(sentence: str) -> None:
            console.print(plain(sentence), markup=False, highlight=False, soft_wrap=True)

        report = audit_chain(
            door.rpc,
            record,
            block=block,
            block_hash=block_hash,
            confirmations=confirmations,
            every_receipt=every_receipt,
            checkpoints=checkpoints,
            progress=Progress(told, said),
        )
    if folder is not None:
        write_report(
            report, folder, sign_report(report, ReportSigner(door.signer(account))) if sign and account else None
        )
    if as_json:
        click.echo(json.dumps(report.content, indent=2, sort_keys=True))
    else:
        show_report(report.content)
    if not report.agrees:
        raise SystemExit(REFUSED if report.count else NOT_PROVED)


@cli.command(epilog="Example: nmr audit verify audit --signer 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
@click.argument("folder", metavar="REPORT", type=FOLDER)
@click.option("--signer", metavar="ADDRESS", help="Who has to have signed.")
def verify(folder: Path, signer: str | None) -> None:
    """Check that a report is what was signed, and by whom. No node is needed.

    It ends with exit code 0 if so, and with 1 if the report was changed or somebody else signed it.
    """
    from nmr.audit.page import verdict
    from nmr.audit.report import verify_report

    with one_sentence():
        content, found = verify_report(folder, None if signer is None else parse_address(signer))
        print_facts(
            {
                "signed by": found,
                "chain": str(content.get("chain_id")),
                "block": f"{content['block'].get('number')} {content['block'].get('hash')}",
                "verdict": verdict(content),
            }
        )
