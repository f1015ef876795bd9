# SPDX-License-Identifier: MIT
"""Commitments that a data scientist signs, and that anyone brings: no ether is needed to submit.

A signature cannot be revoked: until the lock anyone may bring it. Of a model's commitments the one with the highest
sequence counts. Contract wallets cannot sign, since the tournament recovers a key and asks no contract (EIP-1271).
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from eth_hash.auto import keccak

from nmr.chain.submission_message import signed_entry, submission_message
from nmr.client.rounds import Rounds
from nmr.client.session import Batch, Session, Signer
from nmr.client.stakes import CannotDo, OpenRound
from nmr.client.staking import Staker, StakesChange
from nmr.errors import NmrError
from nmr.protocol.commitments import Commitment
from nmr.protocol.score_words import MAX_MODEL
from nmr.sealing.store import NotDelivered, Store
from nmr.text.files import read_up_to, write_whole
from nmr.text.selection import name_ids

FORMAT: Final = "nmr-signed 1"
MAX_SIGNED: Final = 256
"""Models, and signatures, that one call brings."""
FARTHEST: Final = 300
"""Seconds that this computer's clock and the latest block may differ."""
LARGEST: Final = 2**20
"""Bytes of a file of signatures."""

_HASH: Final = re.compile("0x[0-9a-f]{64}", re.ASCII)
_SIGNATURE: Final = re.compile("0x[0-9a-f]{130}", re.ASCII)


class SignedInvalid(NmrError, OSError, ValueError):
    """A file that holds no signed commitments, or cannot be read or written."""


class ClockWrong(NmrError, RuntimeError):
    """A clock too far from the chain's: what it signs could win over a later commitment, or count for nothing."""


@dataclass(frozen=True)
class SignedCommitments:
    """A signature over the files of some models.

    Attributes:
        chain_id, tournament, round: what it is for.
        hashes: of each model's sealed file, in the order that was signed.
        sequence: unix seconds, which order it among others of a model.
        signature: r, s and v.
    """

    chain_id: int
    tournament: str
    round: int
    hashes: Mapping[int, bytes]
    sequence: int
    signature: bytes

    @property
    def message(self) -> dict[str, Any]:
        """What was signed."""
        return submission_message(
            chain_id=self.chain_id,
            tournament=self.tournament,
            round_id=self.round,
            models=list(self.hashes),
            hashes=list(self.hashes.values()),
            sequence=self.sequence,
        )

    @property
    def signer(self) -> str | None:
        """Whose signature it is; None if it is nobody's."""
        from eth_account import Account
        from eth_account.messages import encode_typed_data
        from eth_keys.exceptions import BadSignature

        try:
            return str(Account.recover_message(encode_typed_data(full_message=self.message), signature=self.signature))
        except (BadSignature, ValueError):
            return None

    @property
    def entry(self) -> tuple[int, int, int]:
        """The contract's struct."""
        r, s, v = self.signature[:32], self.signature[32:64], self.signature[64]
        return signed_entry(len(self.hashes), self.sequence, v, int.from_bytes(r, "big"), int.from_bytes(s, "big"))

    def write(self, path: Path) -> None:
        """Write a file of it.

        Raises:
            SignedInvalid: the file cannot be written.
        """
        content = {
            "format": FORMAT,
            "chain": self.chain_id,
            "tournament": self.tournament,
            "round": self.round,
            "sequence": self.sequence,
            "submissions": [{"model": model, "hash": f"0x{digest.hex()}"} for model, digest in self.hashes.items()],
            "signature": f"0x{self.signature.hex()}",
        }
        _write(path, (json.dumps(content, indent=2) + "\n").encode())

    @classmethod
    def read(cls, path: Path) -> "SignedCommitments":
        """Read a file of it.

        Raises:
            SignedInvalid: it cannot be read, or holds something else.
        """
        try:
            content = read_up_to(path, LARGEST)
        except OSError as error:
            raise SignedInvalid(f"{path} cannot be read: {error.strerror}.") from error
        try:
            facts = json.loads(content)
            numbers = [facts[name] for name in ("chain", "round", "sequence")]
            pairs = [(each["model"], each["hash"]) for each in facts["submissions"]]
            sound = (
                facts["format"] == FORMAT
                and all(type(number) is int and 0 <= number < 2**64 for number in numbers)
                and all(type(model) is int and 0 <= model <= MAX_MODEL for model, _ in pairs)
                and all(_HASH.fullmatch(digest) for _, digest in pairs)
                and 0 < len({model for model, _ in pairs}) == len(pairs) <= MAX_SIGNED
                and _SIGNATURE.fullmatch(facts["signature"]) is not None
            )
            hashes = {model: bytes.fromhex(digest[2:]) for model, digest in pairs} if sound else {}
            found = cls(
                numbers[0],
                str(facts["tournament"]),
                numbers[1],
                hashes,
                numbers[2],
                bytes.fromhex(facts["signature"][2:]),
            )
        except (KeyError, TypeError, ValueError, RecursionError):
            sound = False
        if not sound or found.signature[64] not in (27, 28):
            raise SignedInvalid(f"{path} holds no signed commitments.")
        return found


def sequence_of(session: Session, clock: Callable[[], float] = time.time) -> int:
    """The sequence of what is signed now: the larger of clock and latest block.

    On a local chain, whose clock is turned by hand, it is the latest block's time.

    Raises:
        ClockWrong: they differ by more than `FARTHEST` seconds.
    """
    block = session.timestamp("latest")
    if session.local:
        return block
    now = int(clock())
    if abs(now - block) > FARTHEST:
        raise ClockWrong(
            f"This computer's clock and the latest block are {abs(now - block)} seconds apart, more than {FARTHEST}: "
            "set the clock, or ask a node that is up to date."
        )
    return max(now, block)


def sign(
    session: Session,
    signer: Signer,
    tournament: str,
    opened: OpenRound,
    sealed: Mapping[int, bytes],
    folder: Path,
    clock: Callable[[], float] = time.time,
) -> list[Path]:
    """Sign commitments to sealed files for the open round, and write both into a folder.

    Args:
        session: of the suite.
        signer: owns the models, or submits for them.
        tournament: its address.
        opened: the round.
        sealed: the sealed file of each model.
        folder: where signatures go, and beside them the sealed files, named by their hashes.
        clock: this computer's.

    Returns:
        the files of signatures.

    Raises:
        ClockWrong: as `sequence_of`.
        CannotDo: the account signs no such messages.
        SignedInvalid: a file cannot be written.
    """
    sequence = sequence_of(session, clock)
    paths = []
    models = list(sealed)
    for start in range(0, len(models), MAX_SIGNED):
        part = models[start : start + MAX_SIGNED]
        hashes = {model: bytes(keccak(sealed[model])) for model in part}
        unsigned = SignedCommitments(session.chain_id, tournament, opened.id, hashes, sequence, bytes(65))
        signature = signer.sign_typed(unsigned.message)
        if signature is None:
            raise CannotDo(f"The account {signer.address} signs no such messages: submit without --sign-only.")
        signed = SignedCommitments(session.chain_id, tournament, opened.id, hashes, sequence, signature.rsv)
        for model, digest in hashes.items():
            _write(folder / f"{digest.hex()}.sealed", sealed[model])
        path = folder / f"round-{opened.id}-{sequence}-{part[0]}.signed.json"
        signed.write(path)
        paths.append(path)
    return paths


def relay(
    staker: Staker, rounds: Rounds, signed: Mapping[Path, SignedCommitments], store: Store
) -> tuple[OpenRound, StakesChange]:
    """Store sealed files that lie beside their signatures, and bring the signatures to the open round.

    Args:
        staker: who brings them; needs no role.
        rounds: of the same tournament.
        signed: by the path of each one's file.
        store: where sealed files go.

    Raises:
        CannotDo: no round is open, nothing counts, a signature is for something else or from the future, or a sealed
            file is nowhere.
    """
    opened = staker.open_round()
    session, now = staker.session, staker.session.now
    logged = rounds.counting(opened.id)
    notes: list[str] = []
    for path, each in signed.items():
        _require_now(path, each, session.chain_id, staker.tournament.address, opened, now)
        notes += _notes(path, each, staker, logged)
    files = {path: list(_sealed(path, each, store)) for path, each in signed.items()}
    batches = [_batch(part) for part in _parts(list(signed.values()))]
    session.try_batches(staker.tournament, batches, sender=staker.account.address, what="file")
    for contents in files.values():
        for content in contents:
            store.put(content)
    receipts = session.send_batches(staker.tournament, batches, sender=staker.account, what="file")
    return opened, StakesChange(receipts, notes=tuple(notes))


def _require_now(
    path: Path, signed: SignedCommitments, chain_id: int, tournament: str, opened: OpenRound, now: int
) -> None:
    if (signed.chain_id, signed.tournament) != (chain_id, tournament):
        raise CannotDo(
            f"{path} is for the tournament {signed.tournament} on chain {signed.chain_id}, and not this one."
        )
    if signed.round != opened.id:
        raise CannotDo(f"{path} is for round {signed.round}, and round {opened.id} is open.")
    if signed.sequence > now:
        raise CannotDo(f"{path} was signed {signed.sequence - now} seconds ahead of the chain: bring it later.")
    if signed.signer is None:
        raise CannotDo(f"{path} has a signature of nobody.")


def _notes(path: Path, signed: SignedCommitments, staker: Staker, logged: Mapping[int, Commitment]) -> Iterator[str]:
    """What of a signature will not count, and why."""
    models = list(signed.hashes)
    staker.require_models(models)
    owners, submitters = staker.each("owner_of", models), staker.each("submitter_of", models)
    others = [model for model in models if signed.signer not in (owners[model], submitters[model])]
    if others:
        yield f"{path}: {name_ids(others)}: {signed.signer} is neither owner nor submitter now, so it is skipped."
    later = [model for model in models if model in logged and logged[model].sequence > signed.sequence]
    if later:
        yield f"{path}: {name_ids(later)}: a commitment with a higher sequence is logged, and counts."


def _sealed(path: Path, signed: SignedCommitments, store: Store) -> Iterator[bytes]:
    """The sealed files that lie beside a file of signatures; the store may have others already."""
    for model, digest in signed.hashes.items():
        beside = path.parent / f"{digest.hex()}.sealed"
        try:
            content = beside.read_bytes()
        except OSError:
            try:
                store.get(digest)
            except NotDelivered:
                raise CannotDo(f"The sealed file of model {model} is neither {beside} nor in the store.") from None
            continue
        if bytes(keccak(content)) != digest:
            raise CannotDo(f"{beside} has another content than its name says.")
        yield content


def _parts(signed: Sequence[SignedCommitments]) -> Iterator[list[SignedCommitments]]:
    """Signatures of at most `MAX_SIGNED` models together."""
    part: list[SignedCommitments] = []
    count = 0
    for each in signed:
        if count + len(each.hashes) > MAX_SIGNED:
            yield part
            part, count = [], 0
        part.append(each)
        count += len(each.hashes)
    if part:
        yield part


def _batch(part: Sequence[SignedCommitments]) -> Batch:
    models = [model for each in part for model in each.hashes]
    hashes = [digest for each in part for digest in each.hashes.values()]
    return Batch("submit_signed", ([each.entry for each in part], models, hashes), ())


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise SignedInvalid(f"{path} cannot be written: {error.strerror}.") from error
