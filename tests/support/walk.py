# SPDX-License-Identifier: MIT
"""Fixtures that lead a tournament through its rounds, whether it is a contract on Ape's chain or the reference.

They need `tournament`, `numeraire`, `chain` and the actors.
"""

from types import SimpleNamespace

import pytest

from nmr.deploy.suite import HOUR
from nmr.protocol.chunk_tree import ChunkTree, encode
from nmr.protocol.reference import Round, State, Terms
from nmr.protocol.score_words import encode_chunks
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from tests.support import terms as support
from tests.support.suite import FIRST_ROUND, RING

OPENED_LIST = b"\x22" * 32
EVIDENCE = b"\x33" * 32
PACKAGE = b"\x55" * 32


@pytest.fixture(scope="session")
def who(
    tournament, numeraire, deployer, owner, operator, guardian, staker, submitter, receiver, spender, proposer,
    executor, stranger,
):  # fmt: skip
    """Actors and contracts by name, for tables of calls; `nobody` is the zero address."""
    return {**locals(), "nobody": ZERO_ADDRESS}


@pytest.fixture(scope="session")
def many(tournament):
    """Makes calls of one sender in one transaction: `many(staker, ("register", "one", staker), ("stake", 1, NMR))`."""

    def call(sender, *calls: tuple):
        return tournament.multicall(
            [getattr(tournament, method).encode_input(*arguments) for method, *arguments in calls], sender=sender
        )

    return call


@pytest.fixture(scope="module")
def team(many, staker, submitter):
    """Five models of `staker`, two groups, each with 100 NMR idle, a target of 10 and no compounding."""
    many(staker, *[("register", f"model {model}", submitter) for model in range(5)])
    many(staker, *[("deposit", model, 100 * NMR, staker) for model in range(5)])
    many(staker, *[("set_policy", model, 10 * NMR, False) for model in range(5)])
    return list(range(5))


@pytest.fixture(scope="session")
def owed(tournament):
    """What the escrow owes its models: all that is idle, and all that is at stake in any round."""

    def total() -> int:
        rounds = range(FIRST_ROUND, max(map(tournament.next_round, range(RING))) + RING)
        return tournament.idle_total() + sum(tournament.staked(round_id) for round_id in rounds)

    return total


@pytest.fixture(scope="module")
def payer(accounts, numeraire, staker):
    """Holds 1,000 NMR, owns no model and has allowed nothing."""
    numeraire.transfer(accounts[13], 1_000 * NMR, sender=staker)
    return accounts[13]


@pytest.fixture(scope="session")
def terms(chain):
    """Terms of a round opened in the next block; `changes` replace some of them, see `tests.support.terms`."""
    return lambda **changes: support.terms(chain.pending_timestamp, **changes)


@pytest.fixture(scope="session")
def walk(chain, tournament, operator, guardian, staker, terms):
    """Steps of a round, each from where the one before it ended."""

    def until(timestamp: int) -> None:
        """Let the next block have this time, if it is not past already."""
        chain.pending_timestamp = max(timestamp, chain.pending_timestamp)

    def at(timestamp: int) -> None:
        """Mine a block of this time, if it is not past already, so that views see it."""
        until(timestamp)
        chain.mine()

    def opened(**changes) -> int:
        """Open the round whose turn it is and give its id."""
        round_id = tournament.due_round()
        tournament.open_round(round_id, tuple(terms(**changes)), PACKAGE, sender=operator)
        return round_id

    def locked(round_id: int):
        """Lock the round when it is due, and give the receipt."""
        until(tournament.round_info(round_id).terms.locks_at)
        return tournament.lock(round_id, sender=staker)

    def listed(round_id: int):
        """Lock it and publish the opened list."""
        locked(round_id)
        return tournament.publish_opened(round_id, OPENED_LIST, sender=operator)

    def proposed(round_id: int, scores: dict[int, tuple[int, int]]) -> SimpleNamespace:
        """Go on from an open round to a proposed root over `scores`; gives tree, chunks and their words."""
        listed(round_id)
        until(tournament.round_info(round_id).terms.resolves_at)
        chunks = encode_chunks(scores)
        tree = ChunkTree.of(chunks)
        tournament.propose(round_id, tree.root, len(chunks), EVIDENCE, sender=operator)
        return SimpleNamespace(chunks=[encode(words) for words in chunks], words=chunks, tree=tree, root=tree.root)

    def final(round_id: int, scores: dict[int, tuple[int, int]]) -> SimpleNamespace:
        """Go on from an open round until a root over `scores` is final; gives tree, chunks and their words."""
        proposal = proposed(round_id, scores)
        until(tournament.round_info(round_id).final_at)
        chain.mine()
        return proposal

    def voided(round_id: int):
        """Void the round."""
        return tournament.void(round_id, sender=guardian)

    def info(round_id: int) -> Round:
        """The round in the reference's struct, which can be compared and changed."""
        terms, *rest = tuple(tournament.round_info(round_id))
        return Round(Terms(*terms), *rest)

    def state(round_id: int) -> State:
        """The round's state at the last block."""
        return State(int(tournament.state(round_id)))

    return SimpleNamespace(
        until=until,
        at=at,
        opened=opened,
        locked=locked,
        listed=listed,
        proposed=proposed,
        final=final,
        voided=voided,
        info=info,
        state=state,
    )


@pytest.fixture
def unsettled(tournament, team, walk, staker):
    """An open round in the place of a void one, where model 0 has 10 NMR that nobody has settled yet."""
    before = walk.opened()
    tournament.stake(0, 10 * NMR, sender=staker)
    walk.voided(before)
    for _ in range(RING - 1):
        walk.voided(walk.opened())
    return walk.opened()


@pytest.fixture
def states(tournament, team, walk, staker, operator):
    """Leads rounds in which model 4 has 1 NMR at stake through every state; yields state and round at each."""

    def opened() -> int:
        round_id = walk.opened()
        tournament.stake(4, NMR, sender=staker)
        return round_id

    def lead():
        yield State.UNKNOWN, tournament.due_round()
        round_id = opened()
        terms = tournament.round_info(round_id).terms
        yield State.OPEN, round_id
        walk.at(terms.locks_at)
        yield State.ENDED, round_id
        tournament.lock(round_id, sender=staker)
        yield State.LOCKED, round_id
        tournament.publish_opened(round_id, OPENED_LIST, sender=operator)
        yield State.OPENED, round_id
        walk.at(terms.resolves_at)
        chunks = encode_chunks({4: (0, 0)})
        tournament.propose(round_id, ChunkTree.of(chunks).root, 1, EVIDENCE, sender=operator)
        yield State.PROPOSED, round_id
        final_at = tournament.round_info(round_id).final_at
        walk.at(final_at)
        yield State.FINAL, round_id
        tournament.settle(round_id, 0, encode(chunks[0]), [], sender=staker)
        yield State.CLOSED, round_id
        round_id = opened()
        walk.voided(round_id)
        yield State.VOID, round_id
        round_id = opened()
        walk.at(tournament.round_info(round_id).terms.locks_at + 24 * HOUR)
        yield State.EXPIRED, round_id

    def checked():
        for state, round_id in lead():
            assert walk.state(round_id) == state
            yield state, round_id

    return checked
