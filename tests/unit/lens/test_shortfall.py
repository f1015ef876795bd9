# SPDX-License-Identifier: MIT
"""What the lens says of books that are not backed. The suite's own always are, so these are told to be short."""

from types import SimpleNamespace

import ape
import pytest

from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from tests.unit.lens.conftest import plain


@pytest.fixture(scope="module")
def short(seen_suite, project, accounts):
    """A treasury and tournaments that say what they are told to, and a lens that believes them."""
    anybody = accounts[19]
    numeraire = seen_suite.numeraire
    treasury = anybody.deploy(project.SettableTreasury)
    lens = anybody.deploy(project.Lens, numeraire, treasury)
    tournaments = [anybody.deploy(project.SettableTournament, numeraire, 1) for _ in range(2)]
    holder = next(account for account in accounts if numeraire.balanceOf(account) >= NMR)

    def give(receiver, amount: int) -> None:
        numeraire.transfer(receiver, amount, sender=holder)

    def figures(*chosen):
        return plain(lens.figures_of(list(chosen), ZERO_ADDRESS))

    return SimpleNamespace(
        anybody=anybody, treasury=treasury, lens=lens, tournaments=tournaments, give=give, figures=figures
    )


def test_figures__escrow_holds_less_than_it_owes__tells_by_how_much_and_counts_what_is_there(short):
    poor, rich = short.tournaments[:2]
    for tournament in (poor, rich):
        tournament.set(10, 2, 3, sender=short.anybody)
    short.give(poor, 9)
    short.give(rich, 20)
    figures = short.figures(poor, rich)
    assert [(escrow.idle, escrow.at_risk, escrow.waiting) for escrow in figures.escrows] == [(10, 6, 3)] * 2
    assert [(escrow.balance, escrow.shortfall, escrow.donations) for escrow in figures.escrows] == [
        (9, 10, 0),
        (20, 0, 1),
    ]
    # A donation to one does not make up for what another lacks.
    assert (figures.shortfall, figures.donations) == (10, 1)
    assert figures.tvl == 9 + 19
    assert not figures.agrees
    assert short.figures(rich).agrees


def test_figures__escrow_holds_exactly_what_it_owes__agrees(short):
    [tournament] = short.tournaments[:1]
    tournament.set(10, 1, 5, sender=short.anybody)
    short.give(tournament, 20)
    figures = short.figures(tournament)
    assert (figures.tvl, figures.shortfall, figures.donations) == (20, 0, 0)
    assert figures.agrees


def test_figures__round_settled_in_part__has_reserved_what_is_not_drawn(short):
    [tournament] = short.tournaments[:1]
    tournament.set(0, 1, 5, sender=short.anybody)
    short.treasury.set(14, 10, 3, sender=short.anybody)
    figures = short.figures(tournament)
    assert [part.reserved for part in figures.rounds] == [7, 7]
    assert (figures.reserved, figures.reserved_elsewhere) == (14, 0)


def test_figures__treasury_holds_less_than_it_reserved__tells_by_how_much(short):
    short.treasury.set(NMR, 0, 0, sender=short.anybody)
    short.give(short.treasury, NMR - 1)
    figures = short.figures()
    assert (figures.treasury_balance, figures.treasury_shortfall, figures.treasury_free) == (NMR - 1, 1, 0)
    assert (figures.reserved, figures.reserved_elsewhere) == (0, NMR)
    assert not figures.agrees
    short.give(short.treasury, 1)
    backed = short.figures()
    assert (backed.treasury_shortfall, backed.treasury_free) == (0, 0)
    assert backed.agrees


def test_figures__rounds_were_granted_more_than_the_treasury_reserved__do_not_agree(short):
    [tournament] = short.tournaments[:1]
    tournament.set(0, 1, 1, sender=short.anybody)
    short.give(tournament, 2)
    short.give(short.treasury, 100)
    short.treasury.set(9, 5, 0, sender=short.anybody)
    figures = short.figures(tournament)
    assert (figures.reserved, figures.reserved_elsewhere, figures.treasury_shortfall) == (10, 0, 0)
    assert not figures.agrees
    short.treasury.set(10, 5, 0, sender=short.anybody)
    assert short.figures(tournament).agrees


def test_figures__more_rounds_than_fit_an_answer__reverts(short, seen_suite, project):
    def full(turns: int):
        tournament = short.anybody.deploy(project.SettableTournament, seen_suite.numeraire, 128)
        tournament.set(0, turns, 1, sender=short.anybody)
        return tournament

    most = [*(full(2) for _ in range(5)), full(0)]
    assert len(short.figures(*most).rounds) == 2_048
    with ape.reverts("lens: too many rounds"):
        short.figures(*most, full(0))


@pytest.mark.parametrize(
    ("turns", "rounds"), [(0, [2, 1]), (1, [2, 4, 1, 3]), (2, [2, 4, 6, 1, 3, 5]), (3, [4, 6, 8, 3, 5, 7])]
)
def test_figures__rounds_opened__are_told_two_turns_of_each_place_back_and_the_next(
    short, seen_suite, project, turns, rounds
):
    tournament = short.anybody.deploy(project.SettableTournament, seen_suite.numeraire, 2)
    tournament.set(0, turns, 1, sender=short.anybody)
    figures = short.figures(tournament)
    assert [entry.round for entry in figures.rounds] == rounds
    assert (figures.at_risk, figures.waiting) == (len(rounds) - 2, 2)


def test_figures__ring_that_no_tournament_can_have__reverts(short, seen_suite, project):
    ring = short.anybody.deploy(project.SettableTournament, seen_suite.numeraire, 129)
    ring.set(0, 1, 0, sender=short.anybody)
    with ape.reverts():
        short.figures(ring)
