# SPDX-License-Identifier: MIT
"""A suite of two tournaments on short hours, where the lens has something to see.

Its accounts are those of a devnet, so its fixtures have names of their own.
"""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from nmr.deploy.local import HOUR, MARKET, OPERATOR, STAKERS, local_parameters
from nmr.deploy.suite import deploy_suite
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from nmr.tvl.figures import Figures
from tests.integration.round_walk import RoundWalk


@pytest.fixture(scope="session")
def seen_suite(project, accounts):
    """Tournaments `classic`, on a ring of 4, and `signals`, on a ring of 2 from round 30 on."""
    from nmr.ape.project import ApeDeployer

    parameters = local_parameters([account.address for account in accounts])
    classic = parameters.tournaments["classic"]
    signals = replace(classic, ring=2, first_round=30)
    both = replace(parameters, tournaments={"classic": classic, "signals": signals})
    return deploy_suite(ApeDeployer(project, accounts[0]), both)


@pytest.fixture(scope="session")
def lens(seen_suite):
    return seen_suite.lens


@pytest.fixture
def seen(seen_suite, project, accounts, chain):
    """What tests do to the suite: `seen.walk` a round of classic, `seen.deposit`, `seen.give`, and look."""
    market, staker = accounts[MARKET], accounts[STAKERS[0]]
    classic, signals = seen_suite["classic"], seen_suite["signals"]

    def deposit(tournament, amount: int) -> int:
        """A new model of the staker with so much idle."""
        model = tournament.model_count()
        seen_suite.numeraire.approve(tournament, 2**255, sender=staker)
        tournament.register("seen", ZERO_ADDRESS, sender=staker)
        tournament.deposit(model, amount, staker, sender=staker)
        return model

    def give(receiver, amount: int) -> None:
        """NMR from the market, as anybody can send it anywhere."""
        seen_suite.numeraire.transfer(receiver, amount, sender=market)

    def figures(feed=ZERO_ADDRESS, tournaments=None) -> Figures:
        if tournaments is None:
            return plain(seen_suite.lens.figures(feed))
        return plain(seen_suite.lens.figures_of(tournaments, feed))

    def authorise(address, cap: int) -> None:
        """By the timelock."""
        payload = seen_suite.treasury.authorise.encode_input(address, cap, cap, 0)
        operation = (seen_suite.treasury.address, 0, payload, bytes(32), bytes(32))
        seen_suite.timelock.schedule(*operation, 0, sender=accounts[3])
        seen_suite.timelock.execute(*operation, sender=accounts[3])

    def another(token, ring: int):
        """A tournament that the treasury does not know."""
        roles = [accounts[19], accounts[18], accounts[17]]
        arguments = [seen_suite.treasury, seen_suite.terms_check, *roles, ring, 0, HOUR, NMR, tuple(classic.bounds())]
        return accounts[19].deploy(project.Tournament, token, *arguments)

    return SimpleNamespace(
        classic=classic,
        signals=signals,
        treasury=seen_suite.treasury,
        numeraire=seen_suite.numeraire,
        staker=staker,
        operator=accounts[OPERATOR],
        guardian=accounts[2],
        anybody=accounts[19],
        walk=RoundWalk(classic, accounts, chain),
        other_walk=RoundWalk(signals, accounts, chain),
        deposit=deposit,
        give=give,
        figures=figures,
        authorise=authorise,
        another=another,
        hour=HOUR,
        nmr=NMR,
    )


def plain(answer) -> Figures:
    """Ape's structs as figures."""

    def tuples(value):
        if isinstance(value, list | tuple):
            return tuple(tuples(item) for item in value)
        return value if not hasattr(value, "items") else tuple(tuples(item) for _, item in value.items())

    return Figures.decode(tuples(answer))
