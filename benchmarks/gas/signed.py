# SPDX-License-Identifier: MIT
"""The signed submissions of the gas benchmark: all models of an open round, brought by somebody else."""

from collections.abc import Sequence
from typing import Any, Final

from eth_account import Account
from eth_account.messages import encode_typed_data

from benchmarks.gas.chain import Actor
from benchmarks.gas.season import Season, file_hash
from nmr.chain.submission_message import signed_entry, submission_message
from nmr.protocol.reference.tournament import MAX_SIGNED

SIGNED_TOGETHER: Final = 4
"""Models of a signer, where signers have more than one."""


def signed(season: Season, round_id: int, models: Sequence[int], figures: dict[str, int]) -> dict[int, int]:
    """The figures of signed submissions, and nothing changed on the chain.

    Args:
        season: with the round open, and its words of the bitmap in use.
        round_id: the open round.
        models: all, in the order of their ids.
        figures: what is measured, by name.

    Returns:
        The gas of all submissions, by the number of models a signature.
    """
    people, count = season.people, len(models)
    whole = {}
    for key, signer, size in (
        ("signed", people.submitter, 1),
        ("signed_owner", people.staker, 1),
        ("signed_four", people.submitter, SIGNED_TOGETHER),
    ):
        before = season.snapshot()
        gas = [
            _bring(season, signer, round_id, models[start : start + MAX_SIGNED], size)
            for start in range(0, count, MAX_SIGNED)
        ]
        season.restore(before)
        figures[key] = -(-sum(gas) // count)
        if signer is people.submitter:
            whole[size] = sum(gas)
    before = season.snapshot()
    figures["signed_alone"] = _bring(season, people.submitter, round_id, models[:1], 1)
    season.restore(before)
    together = _bring(season, people.submitter, round_id, models[:MAX_SIGNED], MAX_SIGNED)
    season.restore(before)
    further = min(count, MAX_SIGNED) - 1
    figures["signed_next"] = -(-(together - figures["signed_alone"]) // further)
    return whole


def _bring(season: Season, signer: Actor, round_id: int, models: Sequence[int], size: int) -> int:
    """The gas of one call for these models, with one signature for every `size` of them."""
    entries = [_sign(season, signer, round_id, models[at : at + size]) for at in range(0, len(models), size)]
    return season.call(season.people.receiver, "submit_signed", entries, models, [file_hash(model) for model in models])


def _sign(season: Season, signer: Actor, round_id: int, models: Sequence[int]) -> tuple[Any, ...]:
    sequence = season.chain.now
    message = submission_message(
        chain_id=season.chain.chain_id,
        tournament=season.tournament.address,
        round_id=round_id,
        models=models,
        hashes=[file_hash(model) for model in models],
        sequence=sequence,
    )
    signature = Account.sign_message(encode_typed_data(full_message=message), signer.key)
    return signed_entry(len(models), sequence, signature.v, signature.r, signature.s)
