# SPDX-License-Identifier: MIT
"""What the owner or submitter of models signs to let anyone bring their commitments: an EIP-712 message."""

from collections.abc import Sequence
from typing import Any, Final

from nmr.chain.permit_message import fields_of
from nmr.protocol.commitments import SEQUENCE_BITS

_DOMAIN: Final = {"name": "string", "version": "string", "chainId": "uint256", "verifyingContract": "address"}
_SUBMISSION: Final = {"round": "uint256", "models": "uint256[]", "hashes": "bytes32[]", "sequence": "uint256"}


def submission_message(
    *, chain_id: int, tournament: str, round_id: int, models: Sequence[int], hashes: Sequence[bytes], sequence: int
) -> dict[str, Any]:
    """The typed data that a wallet or eth_account (`full_message`) signs.

    Args:
        chain_id: of the tournament's chain.
        tournament: its address.
        round_id: the round that is open.
        models: whose files they are, all of the signer.
        hashes: keccak256 of each sealed file.
        sequence: what orders it among others of a model, unix seconds.
    """
    return {
        "types": {"EIP712Domain": fields_of(_DOMAIN), "Submission": fields_of(_SUBMISSION)},
        "primaryType": "Submission",
        "domain": {
            "name": "NMR Tournament",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": tournament,
        },
        "message": {"round": round_id, "models": list(models), "hashes": list(hashes), "sequence": sequence},
    }


def signed_entry(number: int, sequence: int, v: int, r: int, s: int) -> tuple[int, int, int]:
    """What `submit_signed` takes for a signature over so many models: `head`, `r` and `vs` of its struct.

    Args:
        number: how many models.
        sequence: as in the message.
        v: 27 or 28.
        r: of the signature.
        s: of the signature.
    """
    return number << SEQUENCE_BITS | sequence, r, s | v - 27 << 255
