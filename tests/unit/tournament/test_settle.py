# SPDX-License-Identifier: MIT
"""
Where settled stakes go, and which chunks are taken. What a stake wins or loses is `test_settle_payout`.

The round of most tests has 220 NMR at stake under multipliers of 0.5 and 2 and a clip of 10%, and three chunks:

    chunk model submitted  at stake  primary contribution   delta  value  target
        0     0       yes       10     0.04         0.01    +0.4   10.4  10.2
        0     1       yes       20     0.10        -0.01    +0.6   20.6  1, compounding
        0     2       yes       30    -0.08        0.005    -0.9   29.1  40
        0     3       yes       40        0       -0.035    -2.8   37.2  0
        0     4        no       50     0.10            0       0     50  60
        0     5       yes        3    -0.12            0   -0.18   2.82  5
        0     6       yes        0     0.10            0       0      0  60
        0     8        no        0     0.10            0       0      0  60
        1  1200       yes        7     0.30            0    +0.7    7.7  0
        1  1202       yes       60        0        -0.20      -6     54  100
        1  2396       -          never registered
        2  2400       -          never registered
"""

from types import SimpleNamespace

import pytest
from eth_utils import keccak

from nmr.protocol.chunk_tree import MAX_CHUNKS, ChunkTree, encode, leaf, leaf_of
from nmr.protocol.reference.rounds import State
from nmr.protocol.score_words import encode_chunks, encode_word
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR, SUPPLY, parse_nmr
from tests.support.refusals import reverts
from tests.support.suite import HELD

HOUR = 3_600
EVIDENCE = b"\x33" * 32
FILE_HASH = b"\x44" * 32
GRANTED = 22 * NMR

STAKES = {0: 10, 1: 20, 2: 30, 3: 40, 4: 50, 5: 3, 1200: 7, 1202: 60}
SUBMITTED = [0, 1, 2, 3, 5, 6, 1200, 1202]
POLICIES = {
    0: ("10.2", False),
    1: ("1", True),
    2: ("40", False),
    4: ("60", False),
    5: ("5", False),
    6: ("60", False),
    8: ("60", False),
    1202: ("100", False),
}
SCORES = {
    0: (4_000_000, 1_000_000),
    1: (10_000_000, -1_000_000),
    2: (-8_000_000, 500_000),
    3: (0, -3_500_000),
    4: (10_000_000, 0),
    5: (-12_000_000, 0),
    6: (10_000_000, 0),
    8: (10_000_000, 0),
    1200: (30_000_000, 0),
    1202: (0, -20_000_000),
    2396: (10_000_000, 0),
    2400: (10_000_000, 0),
}
VALUES = {0: "10.4", 1: "20.6", 2: "29.1", 3: "37.2", 4: "50", 5: "2.82", 6: "0", 8: "0", 1200: "7.7", 1202: "54"}
# Of the values, what the policies keep at stake.
KEPT = {0: "10.2", 1: "20.6", 2: "29.1", 3: "0", 4: "50", 5: "2.82", 6: "0", 8: "0", 1200: "0", 1202: "54"}
NOT_IN_ROOT = "settlement: not in the root"
NOTHING = "settlement: nothing to settle"
MISPLACED = "settlement: not in the chunk"
MALFORMED = "settlement: malformed chunk"
NOT_FINAL = "settlement: round is not final"


@pytest.fixture(scope="module")
def resolved(tournament, many, walk, staker, submitter):
    """The round of all tests, opened list published, when it can be resolved; the round after it is void."""
    for _ in range(19):
        many(staker, *[("register", "", submitter)] * 64)
    many(
        staker, *[("set_policy", model, parse_nmr(amount), compound) for model, (amount, compound) in POLICIES.items()]
    )
    round_id = walk.opened(clip=10**11)
    many(staker, ("deposit", 0, 5 * NMR, staker), *[("stake", model, amount * NMR) for model, amount in STAKES.items()])
    tournament.submit(SUBMITTED, [FILE_HASH] * len(SUBMITTED), sender=submitter)
    walk.listed(round_id)
    walk.voided(walk.opened())
    walk.until(tournament.round_info(round_id).terms.resolves_at)
    return round_id


@pytest.fixture
def finalise(tournament, resolved, walk, operator, stranger):
    """Makes a root over such chunks final, and gives what settles them."""

    def final(chunks: list[list[int]]) -> SimpleNamespace:
        tree = ChunkTree.of(chunks)
        tournament.propose(resolved, tree.root, len(chunks), EVIDENCE, sender=operator)
        final_at = tournament.round_info(resolved).final_at
        walk.at(final_at)

        def settle(index: int):
            return tournament.settle(resolved, index, encode(chunks[index]), tree.proof(index), sender=stranger)

        return SimpleNamespace(
            round=resolved, next=resolved + 2, chunks=chunks, tree=tree, final_at=final_at, settle=settle
        )

    return final


@pytest.fixture
def final(finalise):
    """The round with its final root."""
    return finalise(encode_chunks(SCORES))


@pytest.fixture
def following(final, walk):
    """The next round of the place, open."""
    round_id = walk.opened()
    assert round_id == final.next
    return round_id


@pytest.fixture
def assert_solvent(tournament, numeraire, treasury, owed):
    """Asserts that the escrow holds what it owes, and that nothing but burns left the supply."""

    def check(burned: str) -> None:
        assert numeraire.balanceOf(tournament) == owed()
        assert numeraire.totalSupply() == SUPPLY - parse_nmr(burned)
        assert numeraire.balanceOf(treasury) >= treasury.reserved()

    return check


@pytest.fixture
def ledger(tournament, lens, final):
    """All that settling can change, but for the treasury."""

    def read() -> dict:
        rounds = (final.round, final.next)
        return {
            "positions": {(r, model): lens.position(tournament, r, model) for r in rounds for model in VALUES},
            "idle": {model: lens.idle_of(tournament, model) for model in VALUES},
            "staked": [tournament.staked(r) for r in rounds],
            "idle_total": tournament.idle_total(),
        }

    return read


def idle_before(model: int) -> int:
    return 5 * NMR if model == 0 else 0


def assert_restaked(tournament, lens, final, models) -> None:
    """These models keep what their policy says in the next round, and the rest is idle."""
    for model in models:
        assert lens.position(tournament, final.round, model) == 0, model
        assert lens.position(tournament, final.next, model) == parse_nmr(KEPT[model]), model
        freed = parse_nmr(VALUES[model]) - parse_nmr(KEPT[model])
        assert lens.idle_of(tournament, model) == idle_before(model) + freed, model


def assert_idle(tournament, lens, final, models) -> None:
    """The whole values of these models are idle."""
    for model in models:
        assert lens.position(tournament, final.round, model) == 0, model
        assert lens.position(tournament, final.next, model) == 0, model
        assert lens.idle_of(tournament, model) == idle_before(model) + parse_nmr(VALUES[model]), model


# where the values go


def test_settle__next_round_open__keeps_what_policies_say(
    tournament, lens, treasury, numeraire, final, following, assert_solvent
):
    receipt = final.settle(0)
    assert receipt.events == [
        treasury.Drawn(tournament=tournament, round=final.round, amount=NMR),
        numeraire.Transfer(sender=treasury, receiver=tournament, value=NMR),
        numeraire.Transfer(sender=tournament, receiver=ZERO_ADDRESS, value=parse_nmr("3.88")),
        tournament.Settled(
            round=final.round,
            index=0,
            chunk=encode(final.chunks[0]),
            successor=final.next,
            staked=153 * NMR,
            rewards=NMR,
            burns=parse_nmr("3.88"),
            idled=parse_nmr("37.4"),
        ),
    ]
    assert_restaked(tournament, lens, final, [0, 1, 2, 3, 4, 5, 6, 8])
    assert tournament.staked(final.round) == 67 * NMR
    assert tournament.staked(following) == parse_nmr("112.72")
    assert tournament.idle_total() == parse_nmr("42.4")
    assert tuple(treasury.reservation(tournament, final.round)) == (GRANTED, NMR, 0)
    assert numeraire.balanceOf(treasury) == SUPPLY - HELD - NMR
    assert_solvent(burned="3.88")


def test_settle__next_round_open__tags_the_words_with_it(tournament, final, following):
    place = final.round % 2
    before = tournament.words(place, 0, 3)
    assert [word >> 240 for word in before] == [final.round, final.round, 0]
    final.settle(0)
    lanes = [10_200_000_000, 20_600_000_000, 29_100_000_000]
    assert tournament.words(place, 0, 3) == [
        lanes[0] | lanes[1] << 60 | lanes[2] << 120 | following << 240,
        50_000_000_000 | 2_820_000_000 << 60 | following << 240,
        0,
    ]


def test_settle__last_chunk__closes_and_releases_the_rest_once(
    tournament, lens, treasury, numeraire, final, following, walk, assert_solvent
):
    final.settle(0)
    free = treasury.free()
    receipt = final.settle(1)
    assert receipt.events == [
        treasury.Drawn(tournament=tournament, round=final.round, amount=parse_nmr("0.7")),
        numeraire.Transfer(sender=treasury, receiver=tournament, value=parse_nmr("0.7")),
        numeraire.Transfer(sender=tournament, receiver=ZERO_ADDRESS, value=6 * NMR),
        tournament.Settled(
            round=final.round,
            index=1,
            chunk=encode(final.chunks[1]),
            successor=final.next,
            staked=67 * NMR,
            rewards=parse_nmr("0.7"),
            burns=6 * NMR,
            idled=parse_nmr("7.7"),
        ),
        treasury.Released(tournament=tournament, round=final.round, amount=parse_nmr("20.3")),
        tournament.RoundClosed(round=final.round, released=parse_nmr("20.3")),
    ]
    assert_restaked(tournament, lens, final, VALUES)
    assert walk.state(final.round) == State.CLOSED
    assert tuple(treasury.reservation(tournament, final.round)) == (GRANTED, parse_nmr("1.7"), parse_nmr("20.3"))
    assert treasury.reserved() == 0
    assert treasury.free() == free + parse_nmr("20.3")
    assert tournament.staked(following) == parse_nmr("166.72")
    assert_solvent(burned="9.88")


def test_settle__by_chunks_in_any_order__ends_the_same(treasury, final, following, ledger, assert_solvent, undone):
    ends = []
    for order in ((0, 1), (1, 0)):
        with undone():
            for index in order:
                final.settle(index)
            assert_solvent(burned="9.88")
            ends.append((ledger(), treasury.reserved(), treasury.free()))
    assert ends[0] == ends[1]
    assert ends[0][0]["staked"] == [0, parse_nmr("166.72")]


@pytest.mark.parametrize(
    ("moment", "later"),
    [
        ("not opened", False),
        ("not opened, long after", False),
        ("opened", False),
        ("open for the notice", False),
        ("open for less than the notice", True),
        ("the last second", True),
        ("at its lock", True),
        ("locked", True),
        ("void", True),
        ("expired", True),
    ],
)
def test_settle__next_round_in_any_state__keeps_the_same_for_the_successor(
    tournament, lens, numeraire, final, walk, assert_solvent, moment, later
):
    """Who settles, and when, decides for which round stakes wait, and nothing else."""
    at_times = {
        "open for the notice": lambda locks_at: walk.until(locks_at - HOUR),
        "open for less than the notice": lambda locks_at: walk.until(locks_at - HOUR + 1),
        "the last second": lambda locks_at: walk.until(locks_at - 1),
        "at its lock": walk.until,
        "locked": lambda _: walk.locked(final.next),
        "void": lambda _: walk.voided(final.next),
        "expired": lambda locks_at: walk.at(locks_at + 24 * HOUR),
    }
    if moment == "not opened, long after":
        walk.at(tournament.round_info(final.round).terms.expires_at - 10)
    elif moment != "not opened":
        assert walk.opened(opens_for=2 * HOUR) == final.next
        if moment in at_times:
            at_times[moment](tournament.round_info(final.next).terms.locks_at)
    successor = final.next + (2 if later else 0)
    receipt = final.settle(0)
    (settled,) = tournament.Settled.from_receipt(receipt)
    assert settled == tournament.Settled(
        round=final.round,
        index=0,
        chunk=encode(final.chunks[0]),
        successor=successor,
        staked=153 * NMR,
        rewards=NMR,
        burns=parse_nmr("3.88"),
        idled=parse_nmr("37.4"),
    )
    assert tournament.staked(successor) == parse_nmr("112.72")
    for model in (0, 1, 2, 3, 4, 5, 6, 8):
        kept = parse_nmr(KEPT[model])
        assert lens.position(tournament, successor, model) == kept, model
        assert lens.idle_of(tournament, model) == idle_before(model) + parse_nmr(VALUES[model]) - kept, model
    assert_solvent(burned="3.88")


def test_settle__next_round_locks_between_two_chunks__each_goes_where_it_still_can(
    tournament, lens, final, following, walk, assert_solvent
):
    final.settle(0)
    walk.locked(following)
    final.settle(1)
    assert_restaked(tournament, lens, final, [0, 1, 2, 3, 4, 5])
    assert lens.position(tournament, following, 1202) == 0
    assert lens.position(tournament, following + 2, 1202) == 54 * NMR
    info = tournament.round_info(following)
    assert (info.staked, info.at_risk) == (parse_nmr("112.72"), parse_nmr("112.72"))
    assert_solvent(burned="9.88")


@pytest.mark.parametrize(("first_round", "successor"), [(65_532, 0), (65_531, 65_533)])
@pytest.mark.parametrize("opened", [False, True])
def test_settle__no_id_left_two_turns_on__sends_all_to_idle_whatever_is_open(
    deploy_owned, lens, numeraire, chain, terms, operator, staker, stranger, first_round, successor, opened
):
    tournament = deploy_owned(first_round=first_round)
    numeraire.approve(tournament, NMR, sender=staker)
    tournament.register("last", staker, sender=staker)
    tournament.set_policy(0, NMR, True, sender=staker)

    def opening() -> int:
        round_id, agreed = tournament.due_round(), terms(opens_for=2 * HOUR)
        tournament.open_round(round_id, tuple(agreed), EVIDENCE, sender=operator)
        return round_id

    round_id = opening()
    assert round_id == first_round
    tournament.stake(0, NMR, sender=staker)
    agreed = tournament.round_info(round_id).terms
    chain.pending_timestamp = agreed.locks_at
    tournament.lock(round_id, sender=stranger)
    tournament.publish_opened(round_id, EVIDENCE, sender=operator)
    chain.pending_timestamp = agreed.resolves_at
    chunk = encode([0])
    tournament.propose(round_id, leaf_of(chunk), 1, EVIDENCE, sender=operator)
    chain.pending_timestamp = tournament.round_info(round_id).final_at
    if opened:
        assert opening() == round_id + 1
        chain.pending_timestamp = tournament.round_info(round_id + 1).terms.locks_at
        assert opening() == round_id + 2
    receipt = tournament.settle(round_id, 0, chunk, [], sender=stranger)
    (event,) = tournament.Settled.from_receipt(receipt)
    assert event.successor == successor
    assert lens.idle_of(tournament, 0) == (0 if successor else NMR)
    assert tournament.staked(round_id + 2) == (NMR if successor else 0)


def test_settle__group_staked_in_the_next_round_already__is_left_alone(
    tournament, lens, final, following, staker, assert_solvent
):
    tournament.stake(8, 5 * NMR, sender=staker)
    final.settle(0)
    assert lens.position(tournament, following, 8) == 5 * NMR
    assert lens.idle_of(tournament, 8) == 0
    assert tournament.staked(following) == parse_nmr("117.72")
    assert_solvent(burned="3.88")


@pytest.mark.parametrize(
    ("target", "compound", "kept"),
    [
        (0, False, 0),
        (1, False, 0),
        (9_999_999, False, 0),
        (10_000_000, False, 10_000_000),
        (10_399_999_999, False, 10_399_999_999),
        (10_400_000_000, False, 10_400_000_000),
        (10_400_000_001, False, 10_400_000_000),
        (2**59 - 1, False, 10_400_000_000),
        (1, True, 10_400_000_000),
    ],
)
def test_settle__policy__keeps_up_to_the_target_from_min_stake_on(
    tournament, lens, final, following, staker, target, compound, kept
):
    """A value of 10.4 and a MIN_STAKE of 0.01; amounts in gwei."""
    tournament.set_policy(0, target * GWEI, compound, sender=staker)
    final.settle(0)
    assert lens.position(tournament, following, 0) == kept * GWEI
    assert lens.idle_of(tournament, 0) == 5 * NMR + (10_400_000_000 - kept) * GWEI
    # The neighbours keep what they kept.
    assert_restaked(tournament, lens, final, [1, 2, 3, 4, 5])


# who, when, and how often


@pytest.mark.parametrize("actor", ["staker", "operator", "guardian", "stranger"], indirect=True)
def test_settle__by_anyone__settles(tournament, lens, final, following, actor):
    tournament.settle(final.round, 1, encode(final.chunks[1]), final.tree.proof(1), sender=actor)
    assert_restaked(tournament, lens, final, [1200, 1202])


def test_settle__paused__still_works(tournament, lens, final, following, guardian):
    tournament.pause(sender=guardian)
    final.settle(1)
    assert_restaked(tournament, lens, final, [1200, 1202])


def test_settle__any_other_state__reverts(tournament, final, following, walk, staker, operator, stranger, undone):
    def refused(round_id: int, state: State) -> None:
        assert walk.state(round_id) == state
        with reverts(NOT_FINAL):
            tournament.settle(round_id, 0, encode(final.chunks[0]), final.tree.proof(0), sender=stranger)

    refused(0, State.UNKNOWN)
    refused(following + 1, State.UNKNOWN)
    refused(following - 1, State.CLOSED)
    tournament.stake(8, 5 * NMR, sender=staker)
    refused(following, State.OPEN)
    terms = tournament.round_info(following).terms
    walk.at(terms.locks_at)
    refused(following, State.ENDED)
    walk.locked(following)
    refused(following, State.LOCKED)
    tournament.publish_opened(following, EVIDENCE, sender=operator)
    refused(following, State.OPENED)
    with undone():
        walk.voided(following)
        refused(following, State.VOID)
    walk.until(terms.resolves_at)
    tournament.propose(following, final.tree.root, 3, EVIDENCE, sender=operator)
    refused(following, State.PROPOSED)


def test_settle__until_it_expires__works_to_the_last_second(tournament, lens, final, walk):
    expires_at = tournament.round_info(final.round).terms.expires_at
    walk.until(expires_at - 1)
    assert final.settle(0).timestamp == expires_at - 1
    with reverts(NOT_FINAL):
        final.settle(1)
    assert walk.state(final.round) == State.EXPIRED
    assert lens.position(tournament, final.round, 1202) == 60 * NMR


def test_settle__twice__reverts_and_changes_nothing(final, following, ledger, assert_solvent):
    final.settle(0)
    before = ledger()
    with reverts(NOTHING):
        final.settle(0)
    assert ledger() == before
    assert_solvent(burned="3.88")


def test_settle__closed__reverts(final, following):
    final.settle(0)
    final.settle(1)
    with reverts(NOTHING):
        final.settle(1)


def test_settle__only_unregistered_groups__reverts(final, following):
    assert [word >> 224 for word in final.chunks[2]] == [600]
    with reverts(NOTHING):
        final.settle(2)


# which chunks are taken


@pytest.mark.parametrize("index", [1, 2, 3, 4, MAX_CHUNKS, 2**256 - 1])
def test_settle__wrong_index__reverts(tournament, final, following, stranger, index):
    with reverts(NOT_IN_ROOT):
        tournament.settle(final.round, index, encode(final.chunks[0]), final.tree.proof(0), sender=stranger)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_settle__number_of_chunks_as_index__reverts(tournament, finalise, walk, stranger, count):
    """Its lowest bits are those of the first chunk, where a power of two fills the tree."""
    [first] = encode_chunks({0: (0, 0)})
    final = finalise([first, *[[]] * (count - 1)])
    walk.opened()
    with reverts(NOT_IN_ROOT):
        tournament.settle(final.round, count, encode(first), final.tree.proof(0), sender=stranger)
    final.settle(0)


def test_settle__padding_leaf__is_no_chunk(tournament, final, following, stranger):
    # The path of leaf 3, which is missing: its sibling is chunk 2.
    proof = [leaf(final.chunks[2]), final.tree.proof(2)[1]]
    with reverts(NOT_IN_ROOT):
        tournament.settle(final.round, 3, encode([]), proof, sender=stranger)


@pytest.mark.parametrize(
    "change",
    [
        lambda proof: [],
        lambda proof: proof[:1],
        lambda proof: proof[1:],
        lambda proof: [*proof, bytes(32)],
        lambda proof: proof[::-1],
        lambda proof: [proof[0], bytes(32)],
    ],
    ids=["none", "truncated", "beheaded", "extended", "reversed", "changed"],
)
def test_settle__wrong_proof__reverts(tournament, final, following, stranger, change):
    proof = change(final.tree.proof(0))
    with reverts(NOT_IN_ROOT):
        tournament.settle(final.round, 0, encode(final.chunks[0]), proof, sender=stranger)


@pytest.mark.parametrize(
    "change",
    [
        lambda words: [],
        lambda words: words[:-1],
        lambda words: [*words, encode_word(3, [(0, 0)] * 4)],
        lambda words: words[::-1],
        lambda words: [words[0] ^ 1, *words[1:]],
        lambda words: [words[0] ^ 1 << 223, *words[1:]],
    ],
    ids=["none", "one fewer", "one more", "reversed", "lowest bit", "highest bit"],
)
def test_settle__changed_words__revert(tournament, final, following, stranger, change):
    words = change(final.chunks[0])
    with reverts(NOT_IN_ROOT):
        tournament.settle(final.round, 0, encode(words), final.tree.proof(0), sender=stranger)


def test_settle__inner_node__does_not_pass_as_a_chunk(tournament, resolved, walk, operator, stranger):
    chunks = encode_chunks(SCORES)
    leaves = [leaf(words) for words in chunks]
    tree = ChunkTree.of(chunks)
    # The operator states two chunks too few, so that a proof of one step has the right length.
    tournament.propose(resolved, tree.root, 2, EVIDENCE, sender=operator)
    walk.at(tournament.round_info(resolved).final_at)
    pair = [int.from_bytes(node, "big") for node in leaves[:2]]
    with reverts(NOT_IN_ROOT):
        tournament.settle(resolved, 0, encode(pair), tree.proof(0)[1:], sender=stranger)


@pytest.mark.parametrize(("chunks", "taken"), [(1, False), (2, True), (3, False)])
def test_settle__path_of_one_step__is_for_two_chunks_only(
    tournament, resolved, walk, operator, stranger, chunks, taken
):
    """A root that an operator made up under another number of chunks than its tree has."""
    words, sibling = encode_chunks(SCORES)[0], b"\x07" * 32
    tournament.propose(resolved, keccak(leaf(words) + sibling), chunks, EVIDENCE, sender=operator)
    walk.at(tournament.round_info(resolved).final_at)
    walk.opened()
    if taken:
        tournament.settle(resolved, 0, encode(words), [sibling], sender=stranger)
        assert tournament.staked(resolved) == 67 * NMR
    else:
        with reverts(NOT_IN_ROOT):
            tournament.settle(resolved, 0, encode(words), [sibling], sender=stranger)


@pytest.mark.parametrize(
    ("index", "groups"),
    [
        (0, [300]),
        (0, [0, 300]),
        (0, [300, 0]),
        (0, [2**32 - 1]),
        (1, [299]),
        (1, [300, 299]),
        (1, [0, 300]),
        (1, [300, 600]),
    ],
)
def test_settle__groups_of_another_chunk__revert(finalise, walk, index, groups):
    words = [group << 224 | 4_000_000 for group in groups]
    final = finalise([words if index == 0 else [], words if index == 1 else []])
    with reverts(MISPLACED):
        final.settle(index)


@pytest.mark.parametrize("order", [[0, 1, 0], [1, 0, 0], [0, 0, 1]])
def test_settle__a_group_twice_or_out_of_order__the_first_word_counts(tournament, lens, finalise, order):
    """Proposer and verifiers ask for rising groups; the contract takes what was proven."""
    seen, words = set(), []
    for group in order:
        lane = (-8_000_000 if group in seen else 4_000_000) & 2**28 - 1
        words.append(group << 224 | lane)
        seen.add(group)
    final = finalise([words])
    final.settle(0)
    # 2% for model 0, whose target is 10.2; model 4 did not submit.
    assert lens.position(tournament, final.next, 0) == parse_nmr("10.2")
    assert lens.idle_of(tournament, 0) == 5 * NMR
    assert tournament.staked(final.round) == 67 * NMR


def misencoded() -> dict[str, bytes]:
    """Encodings of the first chunk's words that a decoder takes, or not, and that are not the one of `encode`."""
    words = encode_chunks(SCORES)[0]
    head, length, body = (32).to_bytes(32), len(words).to_bytes(32), encode(words)[64:]
    return {
        "trailing byte": encode(words) + b"\0",
        "trailing word": encode(words) + bytes(32),
        "another offset": (64).to_bytes(32) + bytes(32) + length + body,
        "one fewer than there are": head + (len(words) - 1).to_bytes(32) + body,
        "one more than there are": head + (len(words) + 1).to_bytes(32) + body,
        "huge length": head + (2**256 - 1).to_bytes(32) + body,
        "no length": head,
        "nothing": b"",
        "offset of nothing": bytes(32) + length + body,
    }


@pytest.mark.parametrize("fault", list(misencoded()))
def test_settle__another_encoding_of_the_words__reverts(tournament, resolved, walk, operator, stranger, fault):
    """Or a salted leaf would keep words private that the log of a settlement shows."""
    chunk = misencoded()[fault]
    tournament.propose(resolved, leaf_of(chunk), 1, EVIDENCE, sender=operator)
    walk.at(tournament.round_info(resolved).final_at)
    with reverts(MALFORMED):
        tournament.settle(resolved, 0, chunk, [], sender=stranger)


def test_settle__one_chunk_alone__needs_no_proof(tournament, lens, finalise, walk, stranger):
    final = finalise(encode_chunks(SCORES)[:1])
    walk.opened()
    with reverts(NOT_IN_ROOT):
        tournament.settle(final.round, 0, encode(final.chunks[0]), [bytes(32)], sender=stranger)
    final.settle(0)
    assert_restaked(tournament, lens, final, [0, 1, 2, 3, 4, 5])


def test_settle__most_words_and_most_chunks__settle(tournament, lens, resolved, walk, operator, stranger):
    words = [group << 224 | 4_000_000 for group in range(300)]
    proof = [bytes([level]) * 32 for level in range(1, 17)]
    root = leaf(words)
    for sibling in proof:
        root = keccak(root + sibling)
    tournament.propose(resolved, root, MAX_CHUNKS, EVIDENCE, sender=operator)
    walk.at(tournament.round_info(resolved).final_at)
    # Refused while the arguments are read.
    with reverts(""):
        tournament.settle(resolved, 0, encode([*words, 300 << 224]), proof, sender=stranger)
    with reverts(""):
        tournament.settle(resolved, 0, encode(words), [*proof, bytes(32)], sender=stranger)
    tournament.settle(resolved, 0, encode(words), proof, sender=stranger)
    # 2% for model 0, nothing for the others: 10.2 is its target.
    assert lens.position(tournament, resolved + 2, 0) == parse_nmr("10.2")
    assert tournament.staked(resolved) == 67 * NMR


def test_settle__last_group_of_the_ledger__can_be_named(tournament, resolved, walk, operator, stranger):
    index = MAX_CHUNKS - 1
    words = [(300 * MAX_CHUNKS - 1) << 224]
    proof = [bytes([level]) * 32 for level in range(1, 17)]
    root = leaf(words)
    for level, sibling in enumerate(proof):
        root = keccak(sibling + root) if index >> level & 1 else keccak(root + sibling)
    tournament.propose(resolved, root, MAX_CHUNKS, EVIDENCE, sender=operator)
    walk.at(tournament.round_info(resolved).final_at)
    with reverts(NOTHING):
        tournament.settle(resolved, index, encode(words), proof, sender=stranger)


# what the roles' calls in between do not change


def test_settle__bounds_changed_after_opening__terms_stand(
    tournament, lens, final, following, as_owner, assert_solvent
):
    as_owner(tournament, "set_bounds", (0,) * 9)
    final.settle(0)
    assert_restaked(tournament, lens, final, [0, 1, 2, 3, 4, 5])
    assert_solvent(burned="3.88")


def test_settle__treasury_spent_to_its_reservations__still_pays(
    tournament, lens, treasury, numeraire, final, following, as_owner, receiver, assert_solvent
):
    as_owner(treasury, "spend", receiver, treasury.free())
    as_owner(treasury, "authorise", tournament, 0, 0, 0)
    assert numeraire.balanceOf(treasury) == GRANTED
    final.settle(0)
    final.settle(1)
    assert_restaked(tournament, lens, final, VALUES)
    assert numeraire.balanceOf(treasury) == parse_nmr("20.3")
    assert_solvent(burned="9.88")
