# SPDX-License-Identifier: MIT
"""What an operator publishes by hash: the opening list of a round, and the evidence for its scores.

Both are JSON in one canonical form: keys sorted, no spaces, ASCII, one line end. So the same facts give the same hash,
and a file that says them in other bytes is refused. Its form is known before it is parsed: a few megabytes of brackets
would be hundreds in memory.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from eth_hash.auto import keccak

from nmr.errors import NmrError

OPENING_FORMAT: Final = "nmr-opening 1"
EVIDENCE_FORMAT: Final = "nmr-evidence 2"
LONGEST_REASON: Final = 200
"""Characters of ASCII."""

_NUMBER: Final = "(?:0|[1-9][0-9]{0,18}+)"
_TEXT: Final = r'"(?:[^"\\]|\\.)*+"'
_HASH: Final = '"0x[0-9a-f]{64}"'
_ENTRY: Final = rf'\{{"file":{_HASH},"model":{_NUMBER},(?:"reason":{_TEXT},)?"valid":(?:true|false)\}}'
_OPENING_FORM: Final = re.compile(
    rf'\{{"chain":{_NUMBER},"format":{_TEXT},"round":{_NUMBER},"sealing_key":{_HASH},'
    rf'"submissions":\[(?:{_ENTRY},?)*+\],"tournament":{_TEXT},"universe":{_HASH}\}}\n',
    re.ASCII,
)
_EVIDENCE_FORM: Final = re.compile(
    rf'\{{"chain":{_NUMBER},"format":{_TEXT},"meta_model":(?:null|{_HASH}),'
    rf'"meta_model_corr":(?:null|-?{_NUMBER}),"opening":{_HASH},"round":{_NUMBER},'
    rf'"scores":{_HASH},"targets":{_HASH},"tournament":{_TEXT},"universe":{_HASH},'
    rf'"versions":\{{(?:{_TEXT}:{_TEXT},?){{0,16}}+\}},"weights":\[(?:\[{_NUMBER},{_TEXT}\],?)*+\]\}}\n',
    re.ASCII,
)


class DocumentInvalid(NmrError, ValueError):
    """A file that is no such document, in one sentence."""


@dataclass(frozen=True)
class ListedSubmission:
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
    entries: tuple[ListedSubmission, ...]

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
        wrong = DocumentInvalid("The file is no opening list in its canonical form.")
        try:
            facts = _parse(content, _OPENING_FORM)
            listing = cls(
                chain_id=facts["chain"],
                tournament=facts["tournament"],
                round=facts["round"],
                sealing_key=_bytes(facts["sealing_key"]),
                universe=_bytes(facts["universe"]),
                entries=tuple(
                    ListedSubmission(one["model"], _bytes(one["file"]), None if one["valid"] else one["reason"])
                    for one in facts["submissions"]
                ),
            )
        except (KeyError, ValueError):
            raise wrong from None
        models = [entry.model for entry in listing.entries]
        reasons = (entry.reason for entry in listing.entries if entry.reason is not None)
        if listing.content != content or models != sorted(set(models)) or not all(map(_is_reason, reasons)):
            raise wrong
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
        meta_model_corr: its CORR, 8 decimals; None if there is none.
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
    meta_model_corr: int | None
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
                "meta_model_corr": self.meta_model_corr,
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
        wrong = DocumentInvalid("The file is no evidence in its canonical form.")
        try:
            facts = _parse(content, _EVIDENCE_FORM)
            evidence = cls(
                chain_id=facts["chain"],
                tournament=facts["tournament"],
                round=facts["round"],
                opening=_bytes(facts["opening"]),
                universe=_bytes(facts["universe"]),
                targets=_bytes(facts["targets"]),
                scores=_bytes(facts["scores"]),
                meta_model=None if facts["meta_model"] is None else _bytes(facts["meta_model"]),
                meta_model_corr=facts["meta_model_corr"],
                weights={model: int(weight) for model, weight in facts["weights"]},
                versions=facts["versions"],
            )
        except ValueError:
            raise wrong from None
        if evidence.content != content:
            raise wrong
        return evidence


def canonical_json(value: Any) -> bytes:
    """The one form in which documents are hashed."""
    return (json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True) + "\n").encode("ascii")


def _parse(content: bytes, form: re.Pattern[str]) -> dict[str, Any]:
    """The facts of a document of this form.

    Raises:
        ValueError: it has another one.
    """
    text = content.decode("ascii")
    if form.fullmatch(text) is None:
        raise ValueError("another form")
    facts: dict[str, Any] = json.loads(text)
    return facts


def _is_reason(text: str) -> bool:
    return len(text) <= LONGEST_REASON and text.isascii() and text.isprintable()


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
