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
        0     5       yes        3    -0.12            0   -0.18   2.82  5, below the next min_stake of 2.9
        0     6       yes        0     0.10            0       0      0  60
        0     8        no        0     0.10            0       0      0  60
        1  1024       yes        7     0.30            0    +0.7    7.7  0
        1  1026       yes       60        0        -0.20      -6     54  100
        1  2000       -          never registered
        2  2048       -          never registered
"""

from types import SimpleNamespace

import pytest
from eth_utils import keccak

from nmr.protocol.chunk_tree import ChunkTree, leaf
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

STAKES = {0: 10, 1: 20, 2: 30, 3: 40, 4: 50, 5: 3, 1024: 7, 1026: 60}
SUBMITTED = [0, 1, 2, 3, 5, 6, 1024, 1026]
POLICIES = {
    0: ("10.2", False),
    1: ("1", True),
    2: ("40", False),
    4: ("60", False),
    5: ("5", False),
    6: ("60", False),
    8: ("60", False),
    1026: ("100", False),
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
    1024: (30_000_000, 0),
    1026: (0, -20_000_000),
    2000: (10_000_000, 0),
    2048: (10_000_000, 0),
}
VALUES = {0: "10.4", 1: "20.6", 2: "29.1", 3: "37.2", 4: "50", 5: "2.82", 6: "0", 8: "0", 1024: "7.7", 1026: "54"}
# Of the values, what the policies keep at stake.
KEPT = {0: "10.2", 1: "20.6", 2: "29.1", 3: "0", 4: "50", 5: "0", 6: "0", 8: "0", 1024: "0", 1026: "54"}
MIN_STAKE = parse_nmr("2.9")

NOT_IN_ROOT = "settlement: not in the root"
NOTHING = "settlement: nothing to settle"
OUT_OF_ORDER = "settlement: groups out of order"
NOT_FINAL = "settlement: round is not final"


@pytest.fixture(scope="module")
def resolved(tournament, many, walk, staker, submitter):
    """The round of all tests, opened list published, when it can be resolved; the round after it is void."""
    for _ in range(17):
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
            return tournament.settle(resolved, index, chunks[index], tree.proof(index), sender=stranger)

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
    round_id = walk.opened(min_stake=MIN_STAKE)
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
            words=final.chunks[0],
            restaked=True,
            staked=153 * NMR,
            rewards=NMR,
            burns=parse_nmr("3.88"),
            idled=parse_nmr("40.22"),
        ),
    ]
    assert_restaked(tournament, lens, final, [0, 1, 2, 3, 4, 5, 6, 8])
    assert tournament.staked(final.round) == 67 * NMR
    assert tournament.staked(following) == parse_nmr("109.9")
    assert tournament.idle_total() == parse_nmr("45.22")
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
        50_000_000_000 | following << 240,
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
            words=final.chunks[1],
            restaked=True,
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
    assert tournament.staked(following) == parse_nmr("163.9")
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
    assert ends[0][0]["staked"] == [0, parse_nmr("163.9")]


def test_settle__next_round_not_opened__waits_for_the_grace_period(
    tournament, lens, numeraire, final, walk, assert_solvent
):
    graced_until = final.final_at + 24 * HOUR
    with reverts("settlement: next round not open"):
        final.settle(0)
    walk.until(graced_until - 1)
    with reverts("settlement: next round not open"):
        final.settle(0)
    receipt = final.settle(0)
    assert receipt.timestamp == graced_until
    (settled,) = tournament.Settled.from_receipt(receipt)
    assert settled == tournament.Settled(
        round=final.round,
        index=0,
        words=final.chunks[0],
        restaked=False,
        staked=153 * NMR,
        rewards=NMR,
        burns=parse_nmr("3.88"),
        idled=parse_nmr("150.12"),
    )
    assert_idle(tournament, lens, final, [0, 1, 2, 3, 4, 5, 6, 8])
    assert tournament.idle_total() == parse_nmr("155.12")
    assert tournament.staked(final.next) == 0
    assert_solvent(burned="3.88")


def test_settle__next_round_opened_after_the_grace_period__keeps_stakes(tournament, lens, final, walk):
    walk.until(final.final_at + 24 * HOUR)
    walk.opened(min_stake=MIN_STAKE)
    final.settle(0)
    assert_restaked(tournament, lens, final, [0, 1, 2, 3, 4, 5])


def test_settle__next_round_open_to_the_second__then_all_goes_idle(
    tournament, lens, final, following, walk, staker, assert_solvent
):
    locks_at = tournament.round_info(following).terms.locks_at
    walk.until(locks_at - 1)
    assert final.settle(0).timestamp == locks_at - 1
    receipt = final.settle(1)
    assert receipt.timestamp == locks_at
    assert receipt.events[3] == tournament.Settled(
        round=final.round,
        index=1,
        words=final.chunks[1],
        restaked=False,
        staked=67 * NMR,
        rewards=parse_nmr("0.7"),
        burns=6 * NMR,
        idled=parse_nmr("61.7"),
    )
    assert_restaked(tournament, lens, final, [0, 1, 2, 3, 4, 5])
    assert_idle(tournament, lens, final, [1024, 1026])
    assert tournament.staked(following) == parse_nmr("109.9")
    assert_solvent(burned="9.88")


def test_settle__next_round_locked__sends_all_to_idle(tournament, lens, final, following, walk, staker, assert_solvent):
    final.settle(0)
    walk.locked(following)
    final.settle(1)
    assert_idle(tournament, lens, final, [1024, 1026])
    info = tournament.round_info(following)
    assert (info.staked, info.at_risk) == (parse_nmr("109.9"), parse_nmr("109.9"))
    assert_solvent(burned="9.88")


def test_settle__next_round_void__sends_all_to_idle_at_once(tournament, lens, final, following, walk, assert_solvent):
    walk.voided(following)
    final.settle(0)
    assert_idle(tournament, lens, final, [0, 1, 2, 3, 4, 5, 6, 8])
    assert_solvent(burned="3.88")


def test_settle__group_staked_in_the_next_round_already__is_left_alone(
    tournament, lens, final, following, staker, assert_solvent
):
    tournament.stake(8, 5 * NMR, sender=staker)
    final.settle(0)
    assert lens.position(tournament, following, 8) == 5 * NMR
    assert lens.idle_of(tournament, 8) == 0
    assert tournament.staked(following) == parse_nmr("114.9")
    assert_solvent(burned="3.88")


@pytest.mark.parametrize(
    ("target", "compound", "kept"),
    [
        (0, False, 0),
        (1, False, 0),
        (2_899_999_999, False, 0),
        (2_900_000_000, False, 2_900_000_000),
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
    """A value of 10.4 with a next min_stake of 2.9; amounts in gwei."""
    tournament.set_policy(0, target * GWEI, compound, sender=staker)
    final.settle(0)
    assert lens.position(tournament, following, 0) == kept * GWEI
    assert lens.idle_of(tournament, 0) == 5 * NMR + (10_400_000_000 - kept) * GWEI
    # The neighbours keep what they kept.
    assert_restaked(tournament, lens, final, [1, 2, 3, 4, 5])


@pytest.mark.parametrize(
    ("min_stake", "compound", "kept"),
    [
        ("0", False, "2.82"),
        ("2.82", False, "2.82"),
        ("2.820000001", False, "0"),
        ("2.82", True, "2.82"),
        ("2.820000001", True, "0"),
    ],
)
def test_settle__burned_below_the_next_min_stake__goes_idle(
    tournament, lens, final, walk, staker, min_stake, compound, kept
):
    """Model 5 burned down to 2.82."""
    tournament.set_policy(5, 5 * NMR, compound, sender=staker)
    following = walk.opened(min_stake=parse_nmr(min_stake))
    final.settle(0)
    assert lens.position(tournament, following, 5) == parse_nmr(kept)
    assert lens.idle_of(tournament, 5) == parse_nmr("2.82") - parse_nmr(kept)


# who, when, and how often


@pytest.mark.parametrize("actor", ["staker", "operator", "guardian", "stranger"], indirect=True)
def test_settle__by_anyone__settles(tournament, lens, final, following, actor):
    tournament.settle(final.round, 1, final.chunks[1], final.tree.proof(1), sender=actor)
    assert_restaked(tournament, lens, final, [1024, 1026])


def test_settle__paused__still_works(tournament, lens, final, following, guardian):
    tournament.pause(sender=guardian)
    final.settle(1)
    assert_restaked(tournament, lens, final, [1024, 1026])


def test_settle__any_other_state__reverts(tournament, final, following, walk, staker, operator, stranger, undone):
    def refused(round_id: int, state: State) -> None:
        assert walk.state(round_id) == state
        with reverts(NOT_FINAL):
            tournament.settle(round_id, 0, final.chunks[0], final.tree.proof(0), sender=stranger)

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
    assert lens.position(tournament, final.round, 1026) == 60 * NMR


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
    with reverts(NOT_FINAL):
        final.settle(1)


def test_settle__only_unregistered_groups__reverts(final, following):
    assert [word >> 224 for word in final.chunks[2]] == [512]
    with reverts(NOTHING):
        final.settle(2)


# which chunks are taken


@pytest.mark.parametrize("index", [1, 2, 3, 4, 2**16, 2**256 - 1])
def test_settle__wrong_index__reverts(tournament, final, following, stranger, index):
    with reverts(NOT_IN_ROOT):
        tournament.settle(final.round, index, final.chunks[0], final.tree.proof(0), sender=stranger)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_settle__number_of_chunks_as_index__reverts(tournament, finalise, walk, stranger, count):
    """Its lowest bits are those of the first chunk, where a power of two fills the tree."""
    [first] = encode_chunks({0: (0, 0)})
    final = finalise([first, *[[]] * (count - 1)])
    walk.opened()
    with reverts(NOT_IN_ROOT):
        tournament.settle(final.round, count, first, final.tree.proof(0), sender=stranger)
    final.settle(0)


def test_settle__padding_leaf__is_no_chunk(tournament, final, following, stranger):
    # The path of leaf 3, which is missing: its sibling is chunk 2.
    proof = [leaf(final.chunks[2]), final.tree.proof(2)[1]]
    with reverts(NOT_IN_ROOT):
        tournament.settle(final.round, 3, [], proof, sender=stranger)


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
        tournament.settle(final.round, 0, final.chunks[0], proof, sender=stranger)


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
        tournament.settle(final.round, 0, words, final.tree.proof(0), sender=stranger)


def test_settle__inner_node__does_not_pass_as_a_chunk(tournament, resolved, walk, operator, stranger):
    chunks = encode_chunks(SCORES)
    leaves = [leaf(words) for words in chunks]
    tree = ChunkTree.of(chunks)
    # The operator states two chunks too few, so that a proof of one step has the right length.
    tournament.propose(resolved, tree.root, 2, EVIDENCE, sender=operator)
    walk.at(tournament.round_info(resolved).final_at)
    pair = [int.from_bytes(node, "big") for node in leaves[:2]]
    with reverts(NOT_IN_ROOT):
        tournament.settle(resolved, 0, pair, tree.proof(0)[1:], sender=stranger)


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
        tournament.settle(resolved, 0, words, [sibling], sender=stranger)
        assert tournament.staked(resolved) == 67 * NMR
    else:
        with reverts(NOT_IN_ROOT):
            tournament.settle(resolved, 0, words, [sibling], sender=stranger)


@pytest.mark.parametrize(
    ("index", "groups"),
    [
        (0, [1, 0]),
        (0, [0, 0]),
        (0, [0, 1, 1]),
        (0, [0, 256]),
        (0, [2**32 - 1]),
        (1, [255]),
        (1, [0, 256]),
        (1, [256, 255]),
        (1, [256, 512]),
    ],
)
def test_settle__groups_out_of_place__revert(finalise, walk, index, groups):
    words = [group << 224 | 4_000_000 for group in groups]
    final = finalise([words if index == 0 else [], words if index == 1 else []])
    walk.opened()
    with reverts(OUT_OF_ORDER):
        final.settle(index)


def test_settle__one_chunk_alone__needs_no_proof(tournament, lens, finalise, walk, stranger):
    final = finalise(encode_chunks(SCORES)[:1])
    walk.opened(min_stake=MIN_STAKE)
    with reverts(NOT_IN_ROOT):
        tournament.settle(final.round, 0, final.chunks[0], [bytes(32)], sender=stranger)
    final.settle(0)
    assert_restaked(tournament, lens, final, [0, 1, 2, 3, 4, 5])


def test_settle__most_words_and_most_chunks__settle(tournament, lens, resolved, walk, operator, stranger):
    words = [group << 224 | 4_000_000 for group in range(256)]
    proof = [bytes([level]) * 32 for level in range(1, 17)]
    root = leaf(words)
    for sibling in proof:
        root = keccak(root + sibling)
    tournament.propose(resolved, root, 2**16, EVIDENCE, sender=operator)
    walk.at(tournament.round_info(resolved).final_at)
    following = walk.opened()
    # Refused while the arguments are read.
    with reverts(""):
        tournament.settle(resolved, 0, [*words, 256 << 224], proof, sender=stranger)
    with reverts(""):
        tournament.settle(resolved, 0, words, [*proof, bytes(32)], sender=stranger)
    tournament.settle(resolved, 0, words, proof, sender=stranger)
    # 2% for model 0, nothing for the others: 10.2 is its target.
    assert lens.position(tournament, following, 0) == parse_nmr("10.2")
    assert tournament.staked(resolved) == 67 * NMR


def test_settle__last_group_of_the_ledger__can_be_named(tournament, resolved, walk, operator, stranger):
    words = [(2**24 - 1) << 224]
    proof = [bytes([level]) * 32 for level in range(1, 17)]
    root = leaf(words)
    for sibling in proof:
        root = keccak(sibling + root)
    tournament.propose(resolved, root, 2**16, EVIDENCE, sender=operator)
    walk.at(tournament.round_info(resolved).final_at)
    walk.opened()
    with reverts(NOTHING):
        tournament.settle(resolved, 2**16 - 1, words, proof, sender=stranger)


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
