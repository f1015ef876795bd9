# SPDX-License-Identifier: MIT
"""Commitments by EIP-712 signatures, which anyone brings: what counts, and what is skipped."""

from types import SimpleNamespace

import pytest
from eth_account import Account

from nmr.chain.submission_message import signed_entry, submission_message
from tests.support import actors
from tests.support.refusals import reverts

pytestmark = pytest.mark.contract

CHAIN = 1337
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of secp256k1."""
HASHES = [bytes([fill]) * 32 for fill in range(1, 130)]
NOTHING = "submissions: nothing counts"
SIGNER, OTHER = actors.account("signer"), actors.account("other signer")


@pytest.fixture(scope="module")
def signers(tournament, team, staker):
    """Models 0 to 3 are submitted for by SIGNER, model 4 by OTHER."""
    for model in team:
        tournament.set_submitter(model, OTHER.address if model == 4 else SIGNER.address, sender=staker)


@pytest.fixture
def opened(signers, walk):
    return walk.opened()


@pytest.fixture
def sign(tournament, opened, chain):
    """Signs for models of the open round; `changes` replace what the message says."""

    def made(models, hashes=None, *, key=SIGNER, **changes) -> SimpleNamespace:
        hashes = HASHES[: len(models)] if hashes is None else hashes
        said = {
            "chain_id": CHAIN,
            "tournament": tournament.address,
            "round_id": opened,
            "models": models,
            "hashes": hashes,
            "sequence": chain.blocks.head.timestamp,
        } | changes
        signature = key.sign_typed_data(full_message=submission_message(**said))
        return SimpleNamespace(
            models=models,
            hashes=hashes,
            sequence=said["sequence"],
            signature=signature,
            entry=signed_entry(len(models), said["sequence"], signature.v, signature.r, signature.s),
        )

    return made


@pytest.fixture
def bring(tournament, stranger):
    """Brings what was signed, in one call of a stranger."""

    def call(*signed):
        return tournament.submit_signed(
            [each.entry for each in signed],
            [model for each in signed for model in each.models],
            [digest for each in signed for digest in each.hashes],
            sender=stranger,
        )

    return call


@pytest.fixture
def counted(tournament, opened, team):
    """The models that have submitted."""
    return lambda: [model for model in team if tournament.submitted(opened, model)]


def commitments(*triples) -> list[tuple[int, bytes]]:
    return [(sequence << 64 | model, digest) for model, digest, sequence in triples]


def logged(tournament, receipt) -> list[tuple[int, bytes]]:
    (event,) = tournament.SubmittedSigned.from_receipt(receipt)
    return [tuple(each.values() if hasattr(each, "values") else each) for each in event.commitments]


def test_submit_signed__one_model__is_marked_and_logged(tournament, opened, sign, bring, counted):
    one = sign([2])
    receipt = bring(one)
    assert logged(tournament, receipt) == commitments((2, HASHES[0], one.sequence))
    (event,) = receipt.events
    assert event.round == opened
    assert counted() == [2]


def test_submit_signed__many_models_and_signers__are_marked_in_one_call(tournament, sign, bring, counted):
    first, second, third = sign([3, 0]), sign([4], HASHES[5:6], key=OTHER), sign([1], HASHES[7:8])
    receipt = bring(first, second, third)
    assert logged(tournament, receipt) == commitments(
        (3, HASHES[0], first.sequence),
        (0, HASHES[1], first.sequence),
        (4, HASHES[5], second.sequence),
        (1, HASHES[7], third.sequence),
    )
    assert counted() == [0, 1, 3, 4]


def test_submit_signed__by_the_owner__counts_too(tournament, numeraire, opened, accounts, stranger, sign, bring):
    """Ape's account registers for itself and names another submitter; its key signs."""
    owner = accounts[14]
    model = tournament.model_count()
    tournament.register("owned", OTHER.address, sender=owner)
    bring(sign([model], key=Account.from_key(owner.private_key)))
    assert tournament.submitted(opened, model)


def test_submit_signed__brought_again__is_logged_again_and_changes_nothing(tournament, sign, bring, counted):
    """A replay brings what counts or counted already."""
    one = sign([0])
    assert logged(tournament, bring(one)) == logged(tournament, bring(one))
    assert counted() == [0]


def test_submit_signed__sequence__up_to_the_blocks_time(tournament, chain, sign, bring, counted):
    soon = sign([0], sequence=chain.blocks.head.timestamp + 100)
    with reverts(NOTHING):
        bring(soon)
    chain.pending_timestamp = soon.sequence - 1
    with reverts(NOTHING):
        bring(soon)
    # The next block is a second later.
    assert bring(soon).timestamp == soon.sequence
    assert counted() == [0]


def test_submit_signed__oldest_sequence__counts_too(tournament, sign, bring):
    assert logged(tournament, bring(sign([0], sequence=0))) == commitments((0, HASHES[0], 0))


@pytest.mark.parametrize(
    ("models", "hashes", "changes"),
    [
        ([0], HASHES[:1], {"chain_id": 1}),
        ([0], HASHES[:1], {"tournament": "0x0000000000000000000000000000000000000001"}),
        ([0], HASHES[:1], {"round_id": 6}),
        ([0], HASHES[:1], {"round_id": 8}),
        ([0], HASHES[:1], {"sequence": 5}),
        ([1], HASHES[:1], {}),
        ([0, 0], HASHES[:1] * 2, {}),
        ([0], HASHES[9:10], {}),
    ],
    ids=["chain", "tournament", "round before", "round to come", "sequence", "model", "models", "hash"],
)
def test_submit_signed__signed_for_something_else__does_not_count(sign, bring, models, hashes, changes):
    truth, signature = sign([0]), sign(models, hashes, **changes).signature
    entry = signed_entry(1, truth.sequence, signature.v, signature.r, signature.s)
    with reverts(NOTHING):
        bring(SimpleNamespace(models=[0], hashes=HASHES[:1], entry=entry))
    bring(truth)


def test_submit_signed__one_model_sold_or_of_another_submitter__the_others_count(
    tournament, staker, receiver, sign, bring, counted
):
    signed = sign([0, 1, 2, 3])
    tournament.set_submitter(1, receiver, sender=staker)
    tournament.offer_model(2, receiver, sender=staker)
    tournament.accept_model(2, sender=receiver)
    receipt = bring(signed)
    assert logged(tournament, receipt) == commitments((0, HASHES[0], signed.sequence), (3, HASHES[3], signed.sequence))
    assert counted() == [0, 3]


def test_submit_signed__empty_hash__is_skipped(tournament, sign, bring, counted):
    bring(sign([0, 1], [bytes(32), HASHES[1]]))
    assert counted() == [1]


@pytest.mark.parametrize("model", [5, 2**26, 2**256 - 1])
def test_submit_signed__model_that_does_not_exist__is_nobodys(tournament, sign, bring, counted, model):
    """A zero signer would equal its owner."""
    with reverts(NOTHING):
        bring(sign([model]))
    bad = SimpleNamespace(models=[model], hashes=HASHES[:1], entry=signed_entry(1, 0, 27, 0, 0))
    with reverts(NOTHING):
        bring(bad)
    bring(sign([model, 0]))
    assert counted() == [0]


@pytest.mark.parametrize("fault", ["zero", "r", "s", "order", "parity", "high s"])
def test_submit_signed__malformed_signature__is_skipped_alone(sign, bring, counted, fault):
    one, two = sign([0]), sign([1])
    head, r, vs = one.entry
    one.entry = {
        "zero": (head, 0, 0),
        "r": (head, r ^ 1, vs),
        "s": (head, r, vs ^ 1),
        "order": (head, ORDER, vs),
        "parity": (head, r, vs ^ 1 << 255),
        "high s": (head, r, 2**256 - 1),
    }[fault]
    bring(one, two)
    assert counted() == [1]


def test_submit_signed__the_other_root_of_a_signature__has_no_form(sign):
    """EIP-2098 has a bit for the parity where a high `s` would need it, so a signature has one form."""
    signature = sign([0]).signature
    assert ORDER - signature.s >= 2**255


def test_submit_signed__entries_beyond_the_models__are_cut(tournament, sign, bring, counted):
    """A number of models that goes beyond the call's signs for those that are there."""
    one = sign([0])
    one.entry = (one.entry[0] + (5 << 64), *one.entry[1:])
    bring(one)
    assert counted() == [0]
    beyond = SimpleNamespace(models=[], hashes=[], entry=sign([1]).entry)
    with reverts(NOTHING):
        bring(one_less(sign([1])), beyond)


def one_less(signed: SimpleNamespace) -> SimpleNamespace:
    """An entry for no model, though its signature is for one."""
    return SimpleNamespace(models=[], hashes=[], entry=(signed.entry[0] - (1 << 64), *signed.entry[1:]))


def test_submit_signed__lists_of_different_length__takes_pairs(tournament, sign, stranger, counted):
    one = sign([0])
    tournament.submit_signed([one.entry], [0, 1, 2], one.hashes, sender=stranger)
    assert counted() == [0]
    with reverts(NOTHING):
        tournament.submit_signed([one.entry], [0], [], sender=stranger)
    with reverts(NOTHING):
        tournament.submit_signed([], [], [], sender=stranger)


def test_submit_signed__locked__reverts(tournament, opened, walk, sign, bring):
    one = sign([0])
    locks_at = walk.info(opened).terms.locks_at
    walk.until(locks_at - 1)
    bring(one)
    with reverts("rounds: no round is open"):
        bring(one)


def test_submit_signed__next_round_open__expired(tournament, opened, walk, sign, bring):
    one = sign([0])
    walk.voided(opened)
    walk.opened()
    with reverts(NOTHING):
        bring(one)


def test_submit_signed__paused__still_works(tournament, sign, bring, guardian, counted):
    tournament.pause(sender=guardian)
    bring(sign([0]))
    assert counted() == [0]


def test_submit_signed__contract_wallet__has_no_signature(tournament, numeraire, staker, sign, bring):
    """EIP-1271 is not asked: a contract submits itself, or names a submitter with a key."""
    tournament.set_submitter(0, numeraire, sender=staker)
    with reverts(NOTHING):
        bring(sign([0]))


def test_submit_signed__another_chain_id_at_the_call__another_domain(tournament, anvil_chain, sign, bring, counted):
    with reverts(NOTHING):
        bring(sign([0]))
    bring(sign([0], chain_id=31_337))
    assert counted() == [0]


def test_submit_signed__direct_submission_in_between__both_are_logged(tournament, sign, bring, submitter, staker):
    """Which of them counts is said by the sequence: see `nmr.protocol.commitments`."""
    one = sign([0])
    direct = tournament.submit([0], HASHES[3:4], sender=staker)
    later = bring(one)
    assert logged(tournament, later) == commitments((0, HASHES[0], one.sequence))
    assert one.sequence <= direct.timestamp


def test_submit_signed__most_in_a_call__is_256(tournament, signers, many, staker, sign, bring, opened):
    for _ in range(4):
        many(staker, *[("register", "", SIGNER.address)] * 63)
    models = [*range(5, 257), 0, 1, 2, 3]
    hashes = [bytes([1 + at % 255]) * 32 for at in range(256)]
    receipt = bring(sign(models, hashes))
    assert len(logged(tournament, receipt)) == 256
    assert all(tournament.submitted(opened, model) for model in (0, 3, 5, 239, 240, 256))
    # Refused while the arguments are read.
    with reverts(""):
        bring(sign([*models, 0], [*hashes, HASHES[0]]))
