# SPDX-License-Identifier: MIT
"""What an operator publishes by hash: the opening list of a round, and the evidence for its scores.

Both are JSON in one canonical form: keys sorted, no spaces, ASCII, one line end. So the same facts give the same hash,
and a file that says them in other bytes is refused.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from eth_hash.auto import keccak

from nmr.errors import NmrError

OPENING_FORMAT: Final = "nmr-opening 1"
EVIDENCE_FORMAT: Final = "nmr-evidence 1"


class DocumentInvalid(NmrError, ValueError):
    """A file that is no such document, in one sentence."""


@dataclass(frozen=True)
class Entry:
    """One submission of an opening list: the hash of its file, and why it does not count; None if it does."""

    model: int
    file: bytes
    reason: str | None = None


@dataclass(frozen=True)
class OpeningList:
    """Which submissions of a round count.

    Attributes:
        chain_id, tournament, round, sealing_key: which round.
        universe: hash of the universe's canonical file.
        entries: one for each model that committed to a file, by model.
    """

    chain_id: int
    tournament: str
    round: int
    sealing_key: bytes
    universe: bytes
    entries: tuple[Entry, ...]

    @property
    def valid(self) -> tuple[int, ...]:
        """The models whose submissions count."""
        return tuple(entry.model for entry in self.entries if entry.reason is None)

    @property
    def content(self) -> bytes:
        """Its canonical file."""
        return canonical_json(
            {
                "format": OPENING_FORMAT,
                "chain": self.chain_id,
                "tournament": self.tournament.lower(),
                "round": self.round,
                "sealing_key": _hex(self.sealing_key),
                "universe": _hex(self.universe),
                "submissions": [
                    {"model": entry.model, "file": _hex(entry.file), "valid": entry.reason is None}
                    | ({} if entry.reason is None else {"reason": entry.reason})
                    for entry in self.entries
                ],
            }
        )

    @property
    def digest(self) -> bytes:
        """What `publish_opened` takes."""
        return bytes(keccak(self.content))

    @classmethod
    def parse(cls, content: bytes) -> "OpeningList":
        """An opening list from its canonical file.

        Raises:
            DocumentInvalid: it is none.
        """
        facts = _parse(content, "opening list")
        try:
            listing = cls(
                chain_id=_integer(facts["chain"]),
                tournament=str(facts["tournament"]),
                round=_integer(facts["round"]),
                sealing_key=_bytes32(facts["sealing_key"]),
                universe=_bytes32(facts["universe"]),
                entries=tuple(
                    Entry(_integer(one["model"]), _bytes32(one["file"]), None if one["valid"] else str(one["reason"]))
                    for one in facts["submissions"]
                ),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise DocumentInvalid("The file is no opening list.") from None
        models = [entry.model for entry in listing.entries]
        if listing.content != content or models != sorted(set(models)):
            raise DocumentInvalid("The file is no opening list in its canonical form.")
        return listing


@dataclass(frozen=True)
class Evidence:
    """Everything that is needed to check a round's scores, by hash.

    Attributes:
        chain_id, tournament, round: which round.
        opening: hash of its opening list, as on the chain.
        universe, targets: hashes of the canonical files.
        scores: hash of the scores file.
        meta_model: hash of the meta model; None if there is none.
        weights: model -> gwei, for the models with a stake whose submissions count.
        versions: of what computed the scores.
    """

    chain_id: int
    tournament: str
    round: int
    opening: bytes
    universe: bytes
    targets: bytes
    scores: bytes
    meta_model: bytes | None
    weights: Mapping[int, int]
    versions: Mapping[str, str]

    @property
    def content(self) -> bytes:
        """Its canonical file."""
        return canonical_json(
            {
                "format": EVIDENCE_FORMAT,
                "chain": self.chain_id,
                "tournament": self.tournament.lower(),
                "round": self.round,
                "opening": _hex(self.opening),
                "universe": _hex(self.universe),
                "targets": _hex(self.targets),
                "scores": _hex(self.scores),
                "meta_model": None if self.meta_model is None else _hex(self.meta_model),
                # Texts, since not every reader of JSON has integers of 60 bits.
                "weights": [[model, str(self.weights[model])] for model in sorted(self.weights)],
                "versions": dict(self.versions),
            }
        )

    @property
    def digest(self) -> bytes:
        """What `propose` takes as evidence."""
        return bytes(keccak(self.content))

    @classmethod
    def parse(cls, content: bytes) -> "Evidence":
        """Evidence from its canonical file.

        Raises:
            DocumentInvalid: it is none.
        """
        facts = _parse(content, "evidence")
        try:
            evidence = cls(
                chain_id=_integer(facts["chain"]),
                tournament=str(facts["tournament"]),
                round=_integer(facts["round"]),
                opening=_bytes32(facts["opening"]),
                universe=_bytes32(facts["universe"]),
                targets=_bytes32(facts["targets"]),
                scores=_bytes32(facts["scores"]),
                meta_model=None if facts["meta_model"] is None else _bytes32(facts["meta_model"]),
                weights={_integer(model): int(weight) for model, weight in facts["weights"]},
                versions={str(name): str(version) for name, version in facts["versions"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise DocumentInvalid("The file is no evidence.") from None
        if evidence.content != content:
            raise DocumentInvalid("The file is no evidence in its canonical form.")
        return evidence


def canonical_json(value: Any) -> bytes:
    """The one form in which documents are hashed."""
    return (json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True) + "\n").encode("ascii")


def _parse(content: bytes, what: str) -> dict[str, Any]:
    try:
        # It refuses what is nested too deep, where `json` may overflow the stack.
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise DocumentInvalid(f"The file is no {what}.") from None
    if not isinstance(value, dict):
        raise DocumentInvalid(f"The file is no {what}.")
    return value


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"


def _bytes32(text: str) -> bytes:
    value = bytes.fromhex(text.removeprefix("0x"))
    if len(value) != 32:
        raise ValueError("not 32 bytes")
    return value


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("no integer")
    return value
