# SPDX-License-Identifier: MIT
"""Commitments that actors sign, as `submit_signed` takes them and as the reference does."""

from collections.abc import Mapping, Sequence

from eth_account.signers.local import LocalAccount

from nmr.chain.submission_message import signed_entry, submission_message
from nmr.protocol.reference import Signed
from nmr.text.addresses import ZERO_ADDRESS
from tests.stateful.chain import CHAIN_ID

Entries = list[tuple[int, int, int]]


def entries(
    signed: Sequence[Signed],
    models: Sequence[int],
    hashes: Sequence[bytes],
    *,
    tournament: str,
    round_id: int,
    keys: Mapping[str, LocalAccount],
) -> Entries:
    """Real signatures for each of the reference's, and none for the zero address.

    Args:
        signed, models, hashes: what the reference takes.
        tournament: the contract's address.
        round_id: the round that they are for.
        keys: of every signer, by the address that the reference knows.
    """
    made, start = [], 0
    for number, sequence, signer in signed:
        end = start + number
        if signer == ZERO_ADDRESS:
            made.append(signed_entry(number, sequence, 27, 0, 0))
        else:
            message = submission_message(
                chain_id=CHAIN_ID,
                tournament=tournament,
                round_id=round_id,
                models=models[start:end],
                hashes=hashes[start:end],
                sequence=sequence,
            )
            signature = keys[signer].sign_typed_data(full_message=message)
            made.append(signed_entry(number, sequence, signature.v, signature.r, signature.s))
        start = end
    return made
