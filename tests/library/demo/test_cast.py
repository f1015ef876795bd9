# SPDX-License-Identifier: MIT
from demo.cast import FEWEST_ROUNDS, Incidents, entrants
from demo.market_data.models import MODELS
from scripts.demo import MODELS as OFFERED


def test_entrants__all_models__are_as_many_as_the_command_offers() -> None:
    assert len(entrants(OFFERED, 30)) == len(MODELS) == OFFERED


def test_entrants__whole_season__has_a_late_joiner_an_exit_and_a_forgetful_one() -> None:
    cast = entrants(24, 30)
    assert [entrant.joins for entrant in cast if entrant.joins] == [7]
    assert {entrant.policy for entrant in cast} == {"compound", "target", "exit"}
    [forgetful] = [entrant for entrant in cast if entrant.forgetful]
    assert [week for week in range(9) if not forgetful.submits(week)] == [2, 5, 8]
    [late] = [entrant for entrant in cast if entrant.joins]
    assert [week for week in range(9) if late.submits(week)] == [7, 8]


def test_incidents__long_season__are_in_rounds_of_their_own() -> None:
    for rounds in range(FEWEST_ROUNDS, 175):
        incidents = Incidents.of(rounds)
        weeks = {incidents.lie, incidents.silence, incidents.late_file}
        assert len(weeks) == 3
        assert weeks <= set(range(rounds))


def test_incidents__short_season__has_none() -> None:
    assert Incidents.of(FEWEST_ROUNDS - 1) == Incidents(None, None, None)
