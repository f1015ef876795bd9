# SPDX-License-Identifier: MIT
"""TVL from the lens: at a block, over a range of blocks, and under each definition in use."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from nmr.buyback.figures import HEADINGS, BuybackFigures, buyback_rows, plain_buyback
from nmr.cli.command import FILE, REFUSED, WRONG_INPUT, Door, Failure, SuiteCommand, Whole, json_option, print_json
from nmr.cli.progress import progress_bar
from nmr.cli.tables import print_line, print_table
from nmr.client.lens import LensReader
from nmr.client.session import Session
from nmr.text.files import write_whole
from nmr.text.times import TimeError, parse_date, parse_duration
from nmr.tvl.definitions import definitions, reasons, scenario_verdict
from nmr.tvl.figures import NO_POOLS, Figures, InPools, Price
from nmr.tvl.picture import KINDS, series_picture
from nmr.tvl.report import (
    BUDGET_HEADINGS,
    breakdown,
    budget_rows,
    definition_rows,
    freed_sentence,
    plain_budgets,
    plain_definitions,
    plain_figures,
    title,
)
from nmr.tvl.series import Prices, Sample, check_count, check_range, moments_between, series_csv

WRITTEN = click.Path(dir_okay=False, path_type=Path)
EXPLAINED = ["definition", "formula", "used by", "answers", "NMR", "dollars"]
SPARE = ("used by",)
SPARE_OF_BUDGETS = ("used", "rate a day")
EXAMPLE = """
Examples:

\b
  nmr tvl --price 12.50
  nmr tvl --block 1000 --explain --earmarked 0x…
  nmr tvl --from 2027-01-01 --every 1d --csv tvl.csv --picture tvl.svg
"""


class Block(click.ParamType):
    """A block by its number or by a moment; None for `latest`."""

    name = "BLOCK"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> "int | Moment | None":
        """The number, or the moment."""
        if not isinstance(value, str) or value == "latest":
            return None if value == "latest" else value
        if value.isascii() and value.isdigit() and len(value) < 20:
            return int(value)
        try:
            return Moment(parse_date(value))
        except TimeError:
            problem = f"{value!r} is no block: name its number, a date such as 2027-01-31, a moment, or latest."
            self.fail(problem, param, ctx)


class Duration(click.ParamType):
    """A duration such as 12h, in seconds."""

    name = "DURATION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The seconds."""
        try:
            seconds = parse_duration(value)
        except TimeError as error:
            self.fail(f"It {error}.", param, ctx)
        if seconds == 0:
            self.fail("It is no time at all.", param, ctx)
        return seconds


class Moment(NamedTuple):
    """A moment that somebody named.

    Attributes:
        at: unix seconds.
    """

    at: int


@click.command(cls=SuiteCommand, epilog=EXAMPLE)
@click.option("--block", type=Block(), help="The block, by number, date or moment; the latest if left out.")
@click.option("--from", "first", type=Block(), help="Where a series begins; with the suite if left out.")
@click.option("--to", "last", type=Block(), help="Where it ends; with the latest block if left out.")
@click.option("--every", type=Duration(), help="The time between two points of it, such as 1d.")
@click.option("--points", type=Whole(2), help="How many points it has, even in time; 50 if left out.")
@click.option("--events", is_flag=True, help="A point at each block with an event of the suite: all that happened.")
@click.option("--csv", "csv_path", type=WRITTEN, metavar="FILE", help="Write the series into a CSV file.")
@click.option("--picture", type=WRITTEN, metavar="FILE", help="Draw the series, as .svg or .png.")
@click.option("--explain", is_flag=True, help="The figure under each definition of TVL, and why they differ.")
@click.option("--earmarked", metavar="ADDRESS", multiple=True, help="A wallet of the operator said to hold stakes.")
@click.option("--feed", metavar="ADDRESS", help="A Chainlink feed of dollars for an NMR.")
@click.option("--price", metavar="DOLLARS", help="The price of an NMR instead, such as 12.50.")
@click.option("--prices", type=FILE, help="Prices over time, for a series: CSV with the columns time and price.")
@json_option()
def cli(
    door: Door,
    block: int | Moment | None,
    first: int | Moment | None,
    last: int | Moment | None,
    every: int | None,
    points: int | None,
    events: bool,
    csv_path: Path | None,
    picture: Path | None,
    explain: bool,
    earmarked: tuple[str, ...],
    feed: str | None,
    price: str | None,
    prices: Path | None,
    as_json: bool,
) -> None:
    """Total value locked, read from the suite's lens by one call a block.

    With --from, --to, --every, --points, --events, --prices, --csv or --picture it tells a series, else one block. The
    registry counts every tournament on the treasury's list: each that it authorised, but for those taken off.
    docs/tvl.md has the definitions.
    """
    named = None if price is None else Price.parse(price)
    named_feed = None if feed is None else door.address(feed)
    wallets_named = tuple(map(door.address, earmarked))
    if sum(each is not None for each in (price, feed, prices)) > 1:
        raise click.UsageError("Name one of --feed, --price and --prices.")
    if earmarked and not explain:
        raise click.UsageError("--earmarked goes with --explain.")
    in_series = events or any(value is not None for value in (first, last, every, points, prices, csv_path, picture))
    if in_series and (block is not None or explain):
        raise click.UsageError("--block and --explain tell one block: leave out what makes a series.")
    if (every is not None) + (points is not None) + events > 1:
        raise click.UsageError("Say one of --every, --points and --events.")
    if picture is not None and picture.suffix.lower().lstrip(".") not in KINDS:
        raise Failure(f"{picture} is no picture: end its name with .svg or .png.", WRONG_INPUT)
    over_time = None if prices is None else Prices.read(prices)
    session = door.open()
    lens = LensReader(session)

    def figures_at(number: int) -> Figures:
        figures = lens.figures(number, named_feed)
        return figures if named is None else figures.priced(named)

    def sample(at: int, number: int) -> Sample:
        figures = figures_at(number)
        return Sample(
            at,
            figures if over_time is None else figures.priced(over_time.at(at)),
            lens.buyback(number),
            lens.in_pools(number),
        )

    if in_series:
        begin, end = _end(lens, first, lens.first_block), _end(lens, last, lens.latest)
        if events:
            chosen = _with_events(lens, begin, end)
        else:
            moments = moments_between(begin.at, end.at, every=every, points=points)
            chosen = list(zip(moments, lens.blocks_at(moments), strict=True))
        _show_series(session, _read(sample, chosen), csv_path, picture, as_json, steps=events)
        return
    number = lens.block_at(block.at) if isinstance(block, Moment) else lens.block(block)
    figures = figures_at(number)
    buyback, in_pools = lens.buyback(number), lens.in_pools(number)
    names = _names(session)
    listed = [escrow.tournament for escrow in figures.escrows]
    budgets, freed = lens.budgets(listed, number), lens.freed(listed, number)
    told = {
        **_plain(figures, buyback, names, in_pools),
        "budgets": plain_budgets(figures, budgets, names),
        "freed": [names.get(address, address) for address in freed],
    }
    if explain:
        wallets = lens.balances(_wallets(session, wallets_named), number)
        if as_json:
            print_json({**told, **_explained(figures, wallets, in_pools)})
        else:
            _print_explained(title(figures), figures, wallets, in_pools)
    elif as_json:
        print_json(told)
    else:
        print_table(title(figures), ["what", "NMR", "dollars"], breakdown(figures, names, in_pools))
        rows = budget_rows(figures, budgets, names)
        heading = "What the treasury may reserve for rewards, NMR"
        print_table(heading, BUDGET_HEADINGS, rows, optional=SPARE_OF_BUDGETS)
        if freed:
            print_line(freed_sentence(freed, names))
        if buyback is not None:
            print_table("The buyback at that block", HEADINGS, buyback_rows(buyback))
    if not figures.agrees:
        raise Failure("The parts do not add up to the balances: somebody owes more than it holds.", REFUSED)


def _end(lens: LensReader, end: int | Moment | None, otherwise: int) -> Moment:
    """The moment at which a series begins or ends."""
    if isinstance(end, Moment):
        return end
    return Moment(lens.time_of(lens.block(otherwise if end is None else end)))


def _with_events(lens: LensReader, begin: Moment, end: Moment) -> list[tuple[int, int]]:
    """The moment and the block of each event."""
    check_range(begin.at, end.at)
    blocks = lens.blocks_with_events(lens.block_at(begin.at), lens.block_at(end.at))
    check_count(len(blocks))
    return [(lens.time_of(number), number) for number in blocks]


def _read(sample: Callable[[int, int], Sample], chosen: Sequence[tuple[int, int]]) -> list[Sample]:
    """The figures at each moment and block, with progress on standard error."""
    samples = []
    with progress_bar("reading blocks", len(chosen)) as progress:
        for at, number in chosen:
            samples.append(sample(at, number))
            progress(len(samples))
    return samples


def _show_series(
    session: Session,
    series: Sequence[Sample],
    csv_path: Path | None,
    picture: Path | None,
    as_json: bool,
    *,
    steps: bool,
) -> None:
    """Write the files that were asked for; print the series unless there is one."""
    drawn = None if picture is None else series_picture(series, picture.suffix.lower().lstrip("."), steps=steps)
    for path, content in ((csv_path, series_csv(series).encode()), (picture, drawn)):
        if path is not None and content is not None:
            try:
                write_whole(path, content)
            except OSError as error:
                raise Failure(f"{path} cannot be written: {error.strerror}.", WRONG_INPUT) from error
            print_line(f"Wrote {path}: {len(series)} moments.", err=True)
    if as_json:
        names = _names(session)
        print_json([_plain(each.figures, each.buyback, names, each.in_pools) | {"at": each.at} for each in series])
    elif csv_path is None and picture is None:
        click.echo(series_csv(series), nl=False)


def _plain(
    figures: Figures, buyback: BuybackFigures | None, names: dict[str, str], in_pools: InPools
) -> dict[str, Any]:
    return {**plain_figures(figures, names, in_pools), "buyback": None if buyback is None else plain_buyback(buyback)}


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


def _explained(figures: Figures, wallets: dict[str, int], in_pools: InPools = NO_POOLS) -> dict[str, Any]:
    return {
        "definitions": plain_definitions(definitions(figures, wallets, in_pools), figures.price),
        "reasons": reasons(figures, wallets, in_pools),
    }


def _print_explained(heading: str, figures: Figures, wallets: dict[str, int], in_pools: InPools = NO_POOLS) -> None:
    rows = definition_rows(definitions(figures, wallets, in_pools), figures.price)
    print_table(heading, EXPLAINED, rows, left=4, optional=SPARE)
    for reason in reasons(figures, wallets, in_pools):
        print_line(f"- {reason}")


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
    print_line(scenario_verdict(*((figures, wallets) for _, figures, wallets in acts)))
