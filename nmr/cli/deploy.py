# SPDX-License-Identifier: MIT
"""A deployment read again and compared with its record."""

from typing import Any

import click

from nmr.cli.command import REFUSED, Door, SuiteCommand, json_option, print_json
from nmr.cli.tables import print_line, print_table
from nmr.client.reader import SessionReader
from nmr.client.session import Session
from nmr.deploy.check import Finding, check_record, shown


@click.group()
def cli() -> None:
    """Check a deployment. Deploying itself takes a checkout: `ape run deploy`."""


@click.command(cls=SuiteCommand, epilog="Example: nmr deploy check")
@json_option()
@click.option("--differences", is_flag=True, help="Show only what differs.")
def check(door: Door, as_json: bool, differences: bool) -> None:
    """Read the chain again and compare it with the record: code hashes, every getter, roles.

    Exits with 1 if anything disagrees that governance cannot have changed since.
    """
    session = Session(door.record(), door.rpc)
    findings = check_record(session.record, SessionReader(session))
    faults = sum(finding.is_fault for finding in findings)
    chosen = [finding for finding in findings if not differences or not finding.agrees]
    if as_json:
        print_json(
            {"record": str(door.record_path), "agrees": not faults, "findings": [_plain(finding) for finding in chosen]}
        )
    else:
        rows = [[each.part, each.what, shown(each.found), _verdict(each)] for each in chosen]
        if rows:
            print_table(f"{door.record_path}", ["part", "what", "on the chain", "beside the record"], rows, left=4)
        for finding in findings:
            if not finding.agrees:
                print_line(str(finding))
        governed = sum(finding.governed for finding in findings)
        print_line(
            f"{len(findings)} compared: {len(findings) - faults - governed} agree, "
            f"{governed} changed by governance, {faults} wrong."
        )
    if faults:
        raise SystemExit(REFUSED)


def _verdict(finding: Finding) -> str:
    if finding.agrees:
        return "agrees"
    return "changed by governance" if finding.governed else "WRONG"


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "part": finding.part,
        "what": finding.what,
        "recorded": shown(finding.expected),
        "found": shown(finding.found),
        "agrees": finding.agrees,
        "governed": finding.governed,
    }


cli.add_command(check)
