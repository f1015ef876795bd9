# SPDX-License-Identifier: MIT
"""TVL from the lens: at a block, over a range of blocks, and under each definition in use."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from nmr.buyback.figures import HEADINGS, buyback_rows, plain_buyback
from nmr.cli.command import REFUSED, WRONG_INPUT, Door, Failure, SuiteCommand, Whole, json_option, print_json
from nmr.cli.tables import print_table
from nmr.client.lens import LensReader
from nmr.client.session import Session
from nmr.text.files import write_whole
from nmr.tvl.definitions import definitions, reasons, verdict
from nmr.tvl.figures import Figures, Price
from nmr.tvl.picture import KINDS, series_picture
from nmr.tvl.report import breakdown, definition_rows, plain, plain_definitions, title
from nmr.tvl.series import blocks_between, series_csv

FILE = click.Path(dir_okay=False, path_type=Path)
EXPLAINED = ["definition", "formula", "used by", "answers", "NMR", "dollars"]
EXAMPLE = """
Examples:

\b
  nmr tvl --price 12.50
  nmr tvl --block 1000 --explain --earmarked 0x…
  nmr tvl --from 1000 --to 9000 --points 200 --csv tvl.csv --picture tvl.svg
"""


class Block(click.ParamType):
    """The number of a block; None for `latest`."""

    name = "N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """The number."""
        if isinstance(value, int) or value == "latest":
            return value if isinstance(value, int) else None
        if not (value.isascii() and value.isdigit() and len(value) < 20):
            self.fail(f"{value!r} is no block: name its number, or latest.", param, ctx)
        return int(value)


@click.command(cls=SuiteCommand, epilog=EXAMPLE)
@click.option("--block", type=Block(), help="The block, by its number; the latest if left out.")
@click.option("--from", "first", type=Block(), help="Where a series begins; the suite's first block if left out.")
@click.option("--to", "last", type=Block(), help="Where it ends; the latest block if left out.")
@click.option("--every", type=Whole(1), metavar="BLOCKS", help="Blocks between two points of it.")
@click.option("--points", type=Whole(2), help="How many points it has; 50 if left out.")
@click.option("--csv", "csv_path", type=FILE, metavar="FILE", help="Write the series into a CSV file.")
@click.option("--picture", type=FILE, metavar="FILE", help="Draw the series, as .svg or .png.")
@click.option("--explain", is_flag=True, help="The figure under each definition of TVL, and why they differ.")
@click.option("--earmarked", metavar="ADDRESS", multiple=True, help="A wallet of the operator said to hold stakes.")
@click.option("--feed", metavar="ADDRESS", help="A Chainlink feed of dollars for an NMR.")
@click.option("--price", metavar="DOLLARS", help="The price of an NMR instead, such as 12.50.")
@json_option()
def cli(
    door: Door,
    block: int | None,
    first: int | None,
    last: int | None,
    every: int | None,
    points: int | None,
    csv_path: Path | None,
    picture: Path | None,
    explain: bool,
    earmarked: tuple[str, ...],
    feed: str | None,
    price: str | None,
    as_json: bool,
) -> None:
    """Total value locked, read from the suite's lens by one call a block.

    Without --from, --to, --every, --points, --csv and --picture it tells one block; with any of them, a series. The
    registry counts every tournament that the treasury ever authorised. docs/tvl.md has the definitions.
    """
    named = None if price is None else Price.parse(price)
    named_feed = None if feed is None else door.address(feed)
    wallets_named = tuple(map(door.address, earmarked))
    if named is not None and feed is not None:
        raise click.UsageError("Name a feed or a price, not both.")
    if earmarked and not explain:
        raise click.UsageError("--earmarked goes with --explain.")
    in_series = any(value is not None for value in (first, last, every, points, csv_path, picture))
    if in_series and (block is not None or explain):
        raise click.UsageError("--block and --explain tell one block: leave out what makes a series.")
    if every is not None and points is not None:
        raise click.UsageError("Say --every or --points, not both.")
    if picture is not None and picture.suffix.lower().lstrip(".") not in KINDS:
        raise Failure(f"{picture} is no picture: end its name with .svg or .png.", WRONG_INPUT)
    session = door.open()
    lens = LensReader(session)

    def figures_at(number: int) -> Figures:
        figures = lens.figures(number, named_feed)
        return figures if named is None else figures.priced(named)

    if in_series:
        begin, end = lens.block(lens.first_block if first is None else first), lens.block(last)
        blocks = blocks_between(begin, end, every=every, points=points)
        _show_series(session, _read(figures_at, blocks), csv_path, picture, as_json)
        return
    number = lens.block(block)
    figures = figures_at(number)
    buyback = lens.buyback(number)
    told = {**plain(figures, _names(session)), "buyback": None if buyback is None else plain_buyback(buyback)}
    if explain:
        wallets = lens.balances(_wallets(session, wallets_named), number)
        if as_json:
            print_json({**told, **_explained(figures, wallets)})
        else:
            _print_explained(title(figures), figures, wallets)
    elif as_json:
        print_json(told)
    else:
        print_table(title(figures), ["what", "NMR", "dollars"], breakdown(figures, _names(session)))
        if buyback is not None:
            print_table("The buyback at that block", HEADINGS, buyback_rows(buyback))
    if not figures.agrees:
        raise Failure("The parts do not add up to the balances: somebody owes more than it holds.", REFUSED)


def _read(figures_at: Callable[[int], Figures], blocks: Sequence[int]) -> list[Figures]:
    """The figures of each block, with progress on standard error."""
    from rich.console import Console
    from rich.progress import track

    shown = track(blocks, "reading blocks", console=Console(stderr=True), transient=True)
    return [figures_at(number) for number in shown]


def _show_series(
    session: Session, series: Sequence[Figures], csv_path: Path | None, picture: Path | None, as_json: bool
) -> None:
    """Write the files that were asked for; print the series unless there is one."""
    drawn = None if picture is None else series_picture(series, picture.suffix.lower().lstrip("."))
    for path, content in ((csv_path, series_csv(series).encode()), (picture, drawn)):
        if path is not None and content is not None:
            try:
                write_whole(path, content)
            except OSError as error:
                raise Failure(f"{path} cannot be written: {error.strerror}.", WRONG_INPUT) from error
            click.echo(f"Wrote {path}: {len(series)} blocks.", err=True)
    if as_json:
        names = _names(session)
        print_json([plain(figures, names) for figures in series])
    elif csv_path is None and picture is None:
        click.echo(series_csv(series), nl=False)


def _wallets(session: Session, earmarked: Sequence[str]) -> list[str]:
    """The wallets of the operator, none twice, and none that is counted already."""
    for address in earmarked:
        for name, part in session.record.parts.items():
            if part.address == address:
                raise Failure(f"{address} is the suite's {name}, and no wallet of the operator.", WRONG_INPUT)
        if earmarked.count(address) > 1:
            raise Failure(f"{address} is named twice.", WRONG_INPUT)
    return list(earmarked)


def _names(session: Session) -> dict[str, str]:
    return {part.address: name for name, part in session.record.tournaments.items()}


def _explained(figures: Figures, wallets: dict[str, int]) -> dict[str, Any]:
    return {
        "definitions": plain_definitions(definitions(figures, wallets), figures.price),
        "reasons": reasons(figures, wallets),
    }


def _print_explained(heading: str, figures: Figures, wallets: dict[str, int]) -> None:
    print_table(heading, EXPLAINED, definition_rows(definitions(figures, wallets), figures.price), left=4)
    for reason in reasons(figures, wallets):
        click.echo(f"- {reason}")


def show_acts(acts: Sequence[tuple[str, Figures, dict[str, int]]], as_json: bool) -> None:
    """Print the figures of a chain at several moments under every definition, and what tells them apart.

    Args:
        acts: title, figures and what wallets of the operator hold, in wei, of each.
        as_json: for programs.
    """
    if as_json:
        print_json([{"act": name, **_explained(figures, wallets)} for name, figures, wallets in acts])
        return
    for number, (name, figures, wallets) in enumerate(acts, start=1):
        _print_explained(f"{number}. {name}. {title(figures)}", figures, wallets)
        click.echo()
    click.echo(verdict(*((figures, wallets) for _, figures, wallets in acts)))
