# SPDX-License-Identifier: MIT
"""The feed of an L2's sequencer: what it says keeps lots from being kicked and taken, and nothing else."""

import ape
import pytest
from ape.utils import ZERO_ADDRESS

from tests.support.programme import BUDGET, DOLLAR, FIFTEEN, HOUR, PROGRAMME, REFERENCE, fill_in

LOT = PROGRAMME.lot_cap
UP, DOWN = 0, 1
AGES = 1_000 * HOUR
CYCLE = PROGRAMME.length + PROGRAMME.gap


@pytest.fixture
def sequencer(project, deployer):
    """A feed that says since when the sequencer is up or down."""
    return deployer.deploy(project.SettableFeed, ZERO_ADDRESS, 0, UP)


@pytest.fixture
def on_l2(make_buyback, sequencer):
    """A buyback with a restart delay of an hour."""
    return make_buyback(sequencer=sequencer, restart_delay=HOUR)


@pytest.fixture
def tell(sequencer, chain, at, stranger):
    """Sets what the sequencer is, and for how long at the moment of the next call; None for a round never started."""

    def call(answer: int, age: int | None) -> None:
        now = chain.pending_timestamp + 100
        sequencer.set_round(7, answer, 0 if age is None else now - age, 7, sender=stranger)
        at(now)

    return call


@pytest.fixture
def kicked(on_l2, tell, stranger):
    """The first lot, with a sequencer that was up for ages; its start in unix seconds."""
    tell(UP, AGES)
    return on_l2.buyback.kick(sender=stranger).timestamp


FAULTS = [
    (DOWN, AGES, "sequencer: is down"),
    (DOWN, 0, "sequencer: is down"),
    (2, AGES, "sequencer: is down"),
    (-1, AGES, "sequencer: is down"),
    (FIFTEEN, AGES, "sequencer: is down"),
    (UP, None, "sequencer: round has not started"),
    (UP, 0, "sequencer: was down too recently"),
    (UP, HOUR - 1, "sequencer: was down too recently"),
    (UP, -1, "sequencer: was down too recently"),
]


@pytest.mark.parametrize(("answer", "age", "reason"), FAULTS)
def test_kick__sequencer_is_not_up_for_long_enough__reverts(on_l2, tell, stranger, answer, age, reason):
    tell(answer, age)
    with ape.reverts(reason):
        on_l2.buyback.kick(sender=stranger)


@pytest.mark.parametrize("age", [HOUR, HOUR + 1])
def test_kick__sequencer_is_up_for_the_delay__is_taken(on_l2, tell, stranger, age):
    tell(UP, age)
    on_l2.buyback.kick(sender=stranger)
    assert on_l2.buyback.lot().reference == REFERENCE


def test_kick__sequencer_is_up_since_the_first_second__is_taken(on_l2, sequencer, stranger):
    sequencer.set_round(7, UP, 1, 7, sender=stranger)
    on_l2.buyback.kick(sender=stranger)
    assert on_l2.buyback.lot().reference == REFERENCE


@pytest.mark.parametrize(("answer", "age", "reason"), FAULTS)
def test_take__sequencer_is_not_up_for_long_enough__reverts(on_l2, kicked, tell, filler, answer, age, reason):
    tell(answer, age)
    with ape.reverts(reason):
        on_l2.buyback.take(DOLLAR, 0, filler, sender=filler)
    with ape.reverts(reason):
        on_l2.buyback.price()
    with ape.reverts(reason):
        on_l2.buyback.quote(DOLLAR)


@pytest.mark.parametrize(("started", "is_taken"), [(-HOUR, True), (1 - HOUR, False), (0, False), (60, False)])
def test_take__sequencer_was_down_while_the_lot_ran__leaves_it_off_the_market(
    on_l2, sequencer, kicked, at, filler, started, is_taken
):
    """Also once the delay is over: the curve went on while nobody could take."""
    sequencer.set_round(8, UP, kicked + started, 8, sender=filler)
    at(kicked + HOUR)
    if is_taken:
        assert fill_in(on_l2.buyback.take(DOLLAR, 0, filler, sender=filler), on_l2.buyback).paid == DOLLAR
    else:
        with ape.reverts("sequencer: was down too recently"):
            on_l2.buyback.take(DOLLAR, 0, filler, sender=filler)


def test_kick__after_a_lot_that_the_sequencer_spoiled__offers_it_again(on_l2, sequencer, kicked, at, filler):
    sequencer.set_round(8, UP, kicked + 60, 8, sender=filler)
    at(kicked + CYCLE)
    on_l2.buyback.kick(sender=filler)
    assert fill_in(on_l2.buyback.take(LOT, 0, filler, sender=filler), on_l2.buyback).paid == LOT


def test_end__sequencer_is_down__pauses_ends_and_sweeps(on_l2, kicked, tell, treasury, guardian, owner):
    tell(DOWN, HOUR)
    on_l2.buyback.pause(sender=guardian)
    on_l2.buyback.end(sender=owner)
    on_l2.buyback.sweep(sender=owner)
    assert on_l2.stablecoin.balanceOf(treasury) == BUDGET * DOLLAR


# A feed that is broken


@pytest.fixture
def broken(project, deployer, make_buyback):
    """A buyback whose sequencer's feed may revert, or answer with too little."""
    feed = deployer.deploy(project.BrokenFeed)
    return make_buyback(sequencer=feed, restart_delay=HOUR).buyback, feed


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        (0, "sequencer: no answer"),
        (96, "sequencer: no answer"),
        (159, "sequencer: no answer"),
        (160, "sequencer: is down"),
    ],
)
def test_kick__broken_sequencer_feed__reverts_with_a_reason(broken, stranger, size, reason):
    buyback, feed = broken
    feed.behave(size, 32, 8, sender=stranger)
    with ape.reverts(reason):
        buyback.kick(sender=stranger)


def test_kick__sequencer_feed_is_gone__reverts(project, deployer, make_buyback, stranger):
    """A contract without such functions, as after a selfdestruct: it answers with nothing and does not revert."""
    scene = make_buyback(sequencer=deployer.deploy(project.Reentrant), restart_delay=HOUR)
    with ape.reverts("sequencer: no answer"):
        scene.buyback.kick(sender=stranger)


def test_take__sequencer_started_beyond_any_clock__reverts_without_an_overflow(on_l2, sequencer, kicked, filler):
    sequencer.set_round(8, UP, 2**256 - 1, 8, sender=filler)
    with ape.reverts("sequencer: was down too recently"):
        on_l2.buyback.take(DOLLAR, 0, filler, sender=filler)
