# SPDX-License-Identifier: MIT
"""What a feed can do wrong: each keeps a lot from being kicked, and one that runs from being taken."""

import ape
import pytest
from ape.utils import ZERO_ADDRESS

from tests.support.programme import DOLLAR, FIFTEEN, PROGRAMME, REFERENCE, fill_in

LARGEST = 10**9 * 10**8
"""The largest price, with the feed's 8 decimals."""

ROUNDS = [
    # round, answer, seconds of age, answered in
    ((7, 0, 0, 7), "feed: price is not positive"),
    ((7, -FIFTEEN, 0, 7), "feed: price is not positive"),
    ((7, -(2**255), 0, 7), "feed: price is not positive"),
    ((7, FIFTEEN, None, 7), "feed: round is not complete"),
    ((7, FIFTEEN, 0, 6), "feed: answer of an earlier round"),
    ((7, FIFTEEN, PROGRAMME.max_age + 1, 7), "feed: answer is too old"),
    ((7, FIFTEEN, -1, 7), "feed: answer from the future"),
    ((7, LARGEST + 1, 0, 7), "feed: price is too large"),
    ((7, 2**255 - 1, 0, 7), "feed: price is too large"),
]


@pytest.fixture
def tell(feed, chain, at, stranger):
    """Sets a round; gives the moment from which the age counts."""

    def call(round_id, answer, age, answered_in) -> int:
        now = chain.pending_timestamp + 100
        updated_at = 0 if age is None else now - age
        feed.set_round(round_id, answer, updated_at, answered_in, sender=stranger)
        at(now)
        return now

    return call


@pytest.mark.parametrize(("told", "reason"), ROUNDS)
def test_kick__bad_answer__reverts(buyback, tell, stranger, told, reason):
    tell(*told)
    with ape.reverts(reason):
        buyback.kick(sender=stranger)


@pytest.mark.parametrize(("told", "reason"), ROUNDS)
def test_take__bad_answer__reverts(buyback, stablecoin, kicked, tell, filler, told, reason):
    tell(*told)
    with ape.reverts(reason):
        buyback.take(DOLLAR, 0, filler, sender=filler)
    assert stablecoin.balanceOf(filler) == 0


@pytest.mark.parametrize(
    "told", [(7, FIFTEEN, PROGRAMME.max_age, 7), (7, FIFTEEN, 0, 8), (2**80 - 1, FIFTEEN, 0, 2**80 - 1)]
)
def test_kick__answer_at_the_edge__is_taken(buyback, tell, stranger, told):
    tell(*told)
    buyback.kick(sender=stranger)
    assert buyback.lot().reference == REFERENCE


def test_kick__largest_price__is_taken(buyback, tell, stranger):
    tell(7, LARGEST, 0, 7)
    buyback.kick(sender=stranger)
    assert buyback.lot().reference == 10**9 * 10**18


@pytest.mark.parametrize(
    ("decimals", "answer", "price"),
    [
        (0, 15, REFERENCE),
        (8, 1, 10**10),
        (18, REFERENCE, REFERENCE),
        (18, 1, 1),
        (0, 10**9, 10**27),
        (18, 10**27, 10**27),
        (19, 10 * REFERENCE + 9, REFERENCE),
        (36, REFERENCE * 10**18, REFERENCE),
    ],
)
def test_kick__decimals_of_the_feed__are_read(buyback, feed, stranger, decimals, answer, price):
    feed.set_decimals(decimals, sender=stranger)
    feed.set(answer, sender=stranger)
    buyback.kick(sender=stranger)
    assert buyback.lot().reference == price


@pytest.mark.parametrize(
    ("decimals", "answer", "reason"),
    [
        (37, FIFTEEN, "feed: too many decimals"),
        (255, FIFTEEN, "feed: too many decimals"),
        (19, 9, "feed: price is zero"),
        (0, 10**9 + 1, "feed: price is too large"),
        (36, (10**27 + 1) * 10**18, "feed: price is too large"),
    ],
)
def test_kick__decimals_and_answer_do_not_fit__reverts(buyback, feed, stranger, decimals, answer, reason):
    feed.set_decimals(decimals, sender=stranger)
    feed.set(answer, sender=stranger)
    with ape.reverts(reason):
        buyback.kick(sender=stranger)


def test_take__price_rounds_to_nothing__reverts(buyback, feed, filler, stranger):
    """A reference of 10^-18 dollars, less the discount, is no price at all."""
    feed.set_decimals(18, sender=stranger)
    feed.set(1, sender=stranger)
    buyback.kick(sender=stranger)
    with ape.reverts("buyback: price is zero"):
        buyback.take(DOLLAR, 0, filler, sender=filler)


# A feed that is broken


@pytest.fixture
def broken(project, deployer, numeraire, treasury, owner, guardian, stablecoin):
    """A buyback with a feed that may revert, or answer with too little."""
    feed = deployer.deploy(project.BrokenFeed)
    arguments = (numeraire, treasury, owner, guardian, stablecoin, feed, ZERO_ADDRESS, tuple(PROGRAMME))
    buyback = deployer.deploy(project.Buyback, *arguments)
    treasury.allow(stablecoin, buyback, PROGRAMME.lifetime_cap, sender=owner)
    return buyback, feed


FAULTS = [
    ((0, 32, 8), "feed: no answer"),
    ((159, 32, 8), "feed: no answer"),
    ((160, 0, 8), "feed: no decimals"),
    ((160, 31, 8), "feed: no decimals"),
    ((160, 32, 2**256 - 1), "feed: too many decimals"),
]


@pytest.mark.parametrize(("fault", "reason"), FAULTS)
def test_kick__broken_feed__reverts_with_a_reason(broken, stranger, fault, reason):
    buyback, feed = broken
    feed.behave(*fault, sender=stranger)
    with ape.reverts(reason):
        buyback.kick(sender=stranger)


@pytest.mark.parametrize(("fault", "reason"), FAULTS)
def test_take__feed_breaks_after_the_kick__reverts_with_a_reason(broken, numeraire, filler, stranger, fault, reason):
    buyback, feed = broken
    feed.behave(160, 32, 8, sender=stranger)
    buyback.kick(sender=stranger)
    numeraire.approve(buyback, 2**256 - 1, sender=filler)
    feed.behave(*fault, sender=stranger)
    with ape.reverts(reason):
        buyback.take(DOLLAR, 0, filler, sender=filler)
    feed.behave(160, 32, 8, sender=stranger)
    assert fill_in(buyback.take(DOLLAR, 0, filler, sender=filler), buyback).paid == DOLLAR


def test_kick__feed_is_gone__reverts(project, deployer, numeraire, treasury, owner, guardian, stablecoin, stranger):
    """A contract without such functions, as after a selfdestruct: it answers with nothing and does not revert."""
    arguments = (numeraire, treasury, owner, guardian, stablecoin)
    feed = deployer.deploy(project.Reentrant)
    buyback = deployer.deploy(project.Buyback, *arguments, feed, ZERO_ADDRESS, tuple(PROGRAMME))
    treasury.allow(stablecoin, buyback, PROGRAMME.min_lot, sender=owner)
    with ape.reverts("feed: no answer"):
        buyback.kick(sender=stranger)
