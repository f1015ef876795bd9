# SPDX-License-Identifier: MIT
"""What the recording of the coverage sees, on contracts that do little."""

import ape
import pytest

from nmr.text.amounts import NMR
from tests.tools.coverage.points import STATEMENT, Point, branches, covered, forks_untold, silent, statements
from tests.tools.coverage.recorder import Recorder, recording
from tests.tools.coverage.sources import CONTRACTS, codes


@pytest.fixture
def points():
    """What a call reaches in one source, by line of text: the kinds of the points."""

    def reached(source: str, call) -> dict[str, set[str]]:
        with recording() as recorder:
            call()
        lines = (CONTRACTS / source).read_text().splitlines()
        found: dict[str, set[str]] = {}
        for point in covered(recorder) & (statements() | branches()):
            if point.source == source:
                found.setdefault(lines[point.line - 1].strip(), set()).add(point.kind)
        return found

    return reached


def test_recording__constructor__reaches_its_checks_on_the_way_they_went(points, project, deployer, proposer, executor):
    found = points("Timelock.vy", lambda: deployer.deploy(project.Timelock, 1, [proposer], [executor]))
    check = 'assert delay <= LONGEST_DELAY, "timelock: delay is too long"'
    # Over the code that refuses.
    assert found[check] == {STATEMENT, "assert jumps"}
    assert "self._check_delay(delay)" in found
    assert "timelock_controller.get_minimum_delay = new_delay" not in found


def test_recording__check_that_refuses__is_told_from_one_that_holds(points, tournament_book, stranger):
    check = 'guard._require(msg.sender == self.offered_to[model], "models: not offered to you")'

    def refused() -> None:
        with ape.reverts("models: not offered to you"):
            tournament_book.accept_model(0, sender=stranger)

    found = points("modules/models.vy", refused)
    assert found[check] == {STATEMENT, "check refuses"}

    def holds() -> None:
        tournament_book.register("", stranger, sender=stranger)
        tournament_book.offer_model(0, stranger, sender=stranger)
        tournament_book.accept_model(0, sender=stranger)

    assert "check holds" in points("modules/models.vy", holds)[check]


def test_recording__view__counts_as_a_call_does(points, tournament_book):
    assert points("modules/rounds.vy", lambda: tournament_book.state(0))["return ITournament.State.UNKNOWN"] == {
        STATEMENT
    }


def test_points__forks_of_the_sources__are_known_but_for_one():
    assert [point[:2] for point in forks_untold()] == [("Treasury.vy", 192)]
    assert len(silent()) == 19


def test_covered__condition_to_leave_a_loop__reaches_the_leaving_only_if_it_holds():
    source = "modules/settlement.vy"
    lines = (CONTRACTS / source).read_text().splitlines()
    leaves = next(number for number, line in enumerate(lines, 1) if line.strip() == "continue")

    def reached(code, step, after) -> set[tuple[int, str]]:
        recorder = Recorder()
        # Where the jump leads is pushed three steps before it, whether it is taken or not.
        recorder.moves[code] = {(step - 3, step), (step, after)}
        found = [point for point in covered(recorder) if point.source == source]
        return {(point.line, point.kind) for point in found if point.line in (leaves - 1, leaves)}

    jumps = [(code, step) for code in codes() for step in code.jumps]
    [(code, step)] = [jump for jump in jumps if (leaves, STATEMENT) in reached(*jump, 0)]
    assert reached(code, step, step + 1) == {(leaves - 1, "if goes on")}
    assert reached(code, step, 0) == {(leaves - 1, "if jumps"), (leaves - 1, STATEMENT), (leaves, STATEMENT)}


def test_points__of_every_branch__come_in_pairs():
    by_place: dict[tuple[str, int, int, int], set[str]] = {}
    for point in branches():
        by_place.setdefault((*point[:4], point.kind.split()[0]), set()).add(point.kind.split(" ", 1)[1])
    assert all(ways in ({"jumps", "goes on"}, {"holds", "refuses"}) for ways in by_place.values())
    assert Point("modules/guard.vy", 16, 4, 0, STATEMENT) in statements()


@pytest.fixture(scope="module")
def tournament_book(project, deployer, numeraire, treasury, owner, operator, guardian, bounds):
    """A tournament that nobody has used."""
    terms_check = deployer.deploy(project.TermsCheck, 3_600)
    arguments = (numeraire, treasury, terms_check, owner, operator, guardian, 2, 0, 3_600, NMR, tuple(bounds))
    return deployer.deploy(project.Tournament, *arguments)
