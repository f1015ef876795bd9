# SPDX-License-Identifier: MIT
"""`nmr watch`: the deadlines of rounds, told from the chain alone."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nmr.cli.command import FILE, Door, SuiteCommand, json_option, tournament_option
from nmr.cli.serving import Stay, alert_options, loop_options, serve
from nmr.client.rounds import Rounds

if TYPE_CHECKING:
    from nmr.operate.season import Alerts


@click.command(cls=SuiteCommand, epilog="Example: nmr watch --season season.toml --webhook https://alerts.example/nmr")
@click.option("--season", "season_file", type=FILE, help="A season's file, to watch that rounds open in time, too.")
@alert_options
@loop_options
@tournament_option()
@json_option()
def cli(
    door: Door,
    season_file: Path | None,
    rules: "Alerts",
    stay: Stay,
    tournament_name: str | None,
    as_json: bool,
) -> None:
    """Tell what is not done a while before its deadline, from the chain alone. It needs no key, and sends nothing.

    Run it on another machine than the operator's service, so that a dead service is noticed. With --once it ends with
    exit code 4 if there was something to tell.
    """
    from nmr.operate.season import read_season
    from nmr.operate.watching import Watch

    season = None if season_file is None else read_season(season_file)
    session = door.open()
    name = season.tournament if season is not None and tournament_name is None else tournament_name
    rounds = Rounds(session, session.tournament(name))
    watch = Watch(rounds, rules.within, season)
    serve(watch.run, rules, session, rounds, stay, as_json=as_json)
