# SPDX-License-Identifier: MIT
"""The page of a suite, written as a folder for any static host."""

from pathlib import Path

import click
from click.core import ParameterSource

from nmr.chain.node import Node
from nmr.cli.command import Door, SuiteCommand, Whole, from_option, print_json
from nmr.cli.progress import progress_bar
from nmr.cli.tables import print_line
from nmr.client.lens import LensReader
from nmr.client.session import Session
from nmr.deploy.record import Record
from nmr.tvl.figures import Price

FOLDER = click.Path(file_okay=False, path_type=Path)
EXAMPLE = """
Examples:

\b
  nmr page --out site --price 12.50
  nmr page --out site --node https://node.example/
  nmr page --out site --from past
"""


@click.command(cls=SuiteCommand, epilog=EXAMPLE)
@click.option("--out", type=FOLDER, required=True, help="The folder to write; an earlier page there is replaced.")
@click.option("--page-node", metavar="URL", help="The node that the page may ask; that of a typed --node if left out.")
@click.option("--any-node", is_flag=True, help="Let people type a node of their own into the page.")
@from_option()
@click.option("--block", type=Whole(0), help="The last block of the snapshot; the latest one if left out.")
@click.option("--no-snapshot", is_flag=True, help="Write none: the page then reads its node alone.")
@click.option("--feed", metavar="ADDRESS", help="A Chainlink feed of dollars for an NMR; the buyback's if left out.")
@click.option("--price", metavar="DOLLARS", help="The price of an NMR instead, such as 12.50.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def cli(
    door: Door,
    out: Path,
    page_node: str | None,
    any_node: bool,
    export_folder: Path | None,
    block: int | None,
    no_snapshot: bool,
    feed: str | None,
    price: str | None,
    as_json: bool,
) -> None:
    """Write the page with a snapshot of the suite, for any static host.

    The page shows TVL, rounds, models and every payout, and recomputes them from the log in the snapshot. It asks
    nobody but its own files and one node: --page-node, or else --node if that is typed. A node out of the environment
    or a file of defaults is not written into it. docs/page.md says how to serve and how to check the page.
    """
    node = page_node or _typed_node(door)
    if feed is not None and price is not None:
        raise click.UsageError("Name one of --feed and --price.")
    if no_snapshot and (node is None and not any_node):
        raise click.UsageError("Without a snapshot the page needs a node: --node, --page-node or --any-node.")
    if export_folder is not None and (no_snapshot or block is not None or feed is not None):
        raise click.UsageError("--from shows all that was exported: name no --block, --feed or --no-snapshot.")
    import time

    from nmr.audit.chain import LogReads, RpcChain
    from nmr.client.auditing import suite_abis
    from nmr.deploy.record import plain_record
    from nmr.page.export import take_snapshot
    from nmr.page.site import write_site

    record = door.record()
    named = None if price is None else Price.parse(price)
    if no_snapshot:
        write_site(out, [], record=plain_record(record), node=node, any_node=any_node)
        print_json({"folder": str(out)}) if as_json else print_line(f"The page is in {out}; it reads its node alone.")
        return
    address = None if feed is None else door.address(feed)
    chain: LogReads
    if export_folder is not None:
        from nmr.history.chain import KeptChain

        chain = KeptChain.of(export_folder, record)
    else:
        chain = RpcChain(door.rpc, time.sleep)
        if address is None and named is None:
            address = _feed_of_buyback(record)

    def price_at(number: int) -> Price | None:
        return named if address is None else LensReader(Session(record, door.rpc)).figures(number, address).price

    with progress_bar("replaying the log", None) as told:
        snapshot = take_snapshot(
            chain,
            record,
            suite_abis(),
            block=block,
            price_at=price_at,
            feed=address,
            told=lambda done, total: told(done),
        )
    size = write_site(out, snapshot.files(), record=plain_record(record), node=node, any_node=any_node)
    number = snapshot.summary["block"]["number"]
    if as_json:
        print_json({"folder": str(out), "block": number, "hash": snapshot.summary["block"]["hash"], "bytes": size})
    else:
        print_line(f"The page is in {out}, with a snapshot of block {number} of {size:,} bytes.")
        if node:
            print_line(f"It may ask {node}, which everybody who opens it can read.")
        print_line(f"Serve it with any static server: python3 -m http.server --directory {out}")


def _feed_of_buyback(record: Record) -> str | None:
    """The feed by which the recorded buyback trades, if there is one."""
    feeds = (part.address_of("feed") for part in record.parts.values() if part.contract == "Buyback")
    return next(feeds, None)


def _typed_node(door: Door) -> str | None:
    """The node that was typed as --node, and not found in the environment or a file of defaults."""
    typed = click.get_current_context().get_parameter_source("node") is ParameterSource.COMMANDLINE
    return door.rpc.url if typed and isinstance(door.rpc, Node) else None
