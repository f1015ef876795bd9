# SPDX-License-Identifier: MIT
"""The report of an audit: plain values, one spelling of them in JSON, and a signature over it."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import orjson
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_hash.auto import keccak
from eth_keys.exceptions import BadSignature
from eth_utils.address import is_address, to_checksum_address
from eth_utils.exceptions import ValidationError

from nmr.audit.books import AuditBooks
from nmr.audit.buyback import BuybackBooks
from nmr.audit.chain import Header
from nmr.audit.compare import Compared
from nmr.audit.expected import OPTIONAL, SUBJECTS
from nmr.audit.findings import Disagreement, Tally
from nmr.audit.page import render_page
from nmr.deploy.record import Record
from nmr.errors import NmrError
from nmr.text.amounts import GWEI
from nmr.text.files import FileError, put_file

FORMAT: Final = "nmr audit"
VERSION: Final = 1
REPORT_FILE: Final = "audit.json"
SIGNATURE_FILE: Final = "audit.signature.json"
PAGE_FILE: Final = "audit.html"

_SIGNATURE: Final = re.compile(r"0x[0-9a-f]{130}", re.ASCII)


class ReportInvalid(NmrError, RuntimeError):
    """Not a report, or one that is not what was signed."""


class Signer(Protocol):
    """An account that signs a text as wallets do (EIP-191)."""

    @property
    def address(self) -> str:
        """The account's address."""

    def sign(self, text: str) -> bytes:
        """The signature of a text: 65 bytes."""


@dataclass(frozen=True)
class Report:
    """What an audit found. Amounts are strings of decimal digits; nothing in it depends on when or where it was made.

    Attributes:
        content: as JSON has it.
        disagreements: those that are listed.
    """

    content: dict[str, Any]
    disagreements: tuple[Disagreement, ...]

    @property
    def agrees(self) -> bool:
        """Whether everything agrees."""
        return bool(self.content["agrees"])

    @property
    def count(self) -> int:
        """How many disagreements there are."""
        return int(self.content["disagreement_count"])

    def canonical(self) -> bytes:
        """The report's bytes: JSON with sorted keys and no spaces."""
        return canonical(self.content)


def build_report(record: Record, header: Header, books: AuditBooks, compared: Compared, codes: Tally) -> Report:
    """The report of an audit that is over.

    Args:
        record: what was audited.
        header: the block to which it was.
        books: after the last event.
        compared: storage with the books.
        codes: the code of the parts with the record.
    """
    tallies = (books.tally, codes, compared.tally)
    disagreements = tuple(each for tally in tallies for each in tally.listed)
    count = sum(tally.count for tally in tallies)
    content = {
        "format": FORMAT,
        "version": VERSION,
        "chain_id": record.chain_id,
        "first_block": record.first_block,
        "block": header._asdict(),
        "parts": {
            name: {"contract": part.contract, "address": part.address, "code_hash": part.code_hash}
            for name, part in record.parts.items()
        },
        "agrees": count == 0,
        "disagreement_count": count,
        "disagreements": [asdict(each) for each in disagreements],
        "compared": {
            "log": {"compared": books.events.total(), "differ": books.tally.count},
            "code": {"compared": len(record.parts), "differ": codes.count},
            **{
                subject: {"compared": compared.words[subject], "differ": compared.differ[subject]}
                for subject in SUBJECTS
                if subject not in OPTIONAL or compared.words[subject]
            },
            "roots": {"compared": compared.roots, "differ": compared.open_roots},
        },
        "settlements": books.settlements,
        "figures": _figures(record, books),
    }
    return Report(content, disagreements)


def canonical(content: Mapping[str, Any]) -> bytes:
    """One spelling of a report's content.

    Raises:
        TypeError: it is no content of a report.
    """
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def digest(report: bytes) -> str:
    """What is signed: the hash of a report, as hex."""
    return f"0x{keccak(report).hex()}"


def sign_report(report: Report, signer: Signer) -> dict[str, str]:
    """The signature over a report (EIP-191, of its hash as text), as its file has it."""
    hashed = digest(report.canonical())
    return {
        "format": "nmr audit signature",
        "report": hashed,
        "signature": f"0x{signer.sign(hashed).hex()}",
        "signer": to_checksum_address(signer.address),
    }


def write_report(report: Report, folder: Path, signature: Mapping[str, str] | None = None) -> None:
    """Write a report into a folder: its JSON, a page for people, and its signature if there is one.

    A signature of an earlier report in the folder is removed.

    Raises:
        FileError: a file cannot be written.
    """
    raw = report.canonical()
    try:
        (folder / SIGNATURE_FILE).unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"{folder / SIGNATURE_FILE} cannot be removed: {error.strerror}.") from error
    put_file(folder / REPORT_FILE, raw)
    put_file(folder / PAGE_FILE, render_page(report.content, digest(raw)).encode())
    if signature is not None:
        put_file(folder / SIGNATURE_FILE, canonical(signature))


def verify_report(folder: Path, signer: str | None = None) -> tuple[dict[str, Any], str]:
    """Read a signed report from its folder, and make sure that it is what was signed.

    Args:
        folder: with the report and its signature.
        signer: who has to have signed; whoever did if left out.

    Returns:
        The report's content, and who signed it.

    Raises:
        ReportInvalid: a file is missing or is none, the report is not what was signed, or somebody else signed.
    """
    raw, content = _read(folder / REPORT_FILE)
    _, signature = _read(folder / SIGNATURE_FILE)
    known = content.get("format") == FORMAT and content.get("version") == VERSION
    if not known or not isinstance(content.get("block"), dict):
        raise ReportInvalid(f"{folder / REPORT_FILE} is no audit report of version {VERSION}.")
    if raw != canonical(content):
        raise ReportInvalid(f"{folder / REPORT_FILE} was written again since it was signed: its spelling differs.")
    hashed = digest(raw)
    if signature.get("report") != hashed:
        raise ReportInvalid(f"The report was changed: its hash is {hashed}, and signed was {signature.get('report')}.")
    if _SIGNATURE.fullmatch(str(signature.get("signature"))) is None:
        raise ReportInvalid(f"{folder / SIGNATURE_FILE} holds no signature.")
    try:
        found = str(Account.recover_message(encode_defunct(text=hashed), signature=signature["signature"]))
    except (ValueError, BadSignature, ValidationError) as error:
        raise ReportInvalid(f"{folder / SIGNATURE_FILE} holds no signature.") from error
    claimed = signature.get("signer")
    if claimed != found:
        raise ReportInvalid(f"The signature is of {found}, and not of {claimed} as its file says.")
    if signer is not None:
        if not is_address(signer):
            raise ReportInvalid(f"{signer!r} is no address.")
        if to_checksum_address(signer) != found:
            raise ReportInvalid(f"The report was signed by {found}, and not by {to_checksum_address(signer)}.")
    return content, found


def _read(path: Path) -> tuple[bytes, dict[str, Any]]:
    try:
        raw = path.read_bytes()
        content = orjson.loads(raw)
    except FileNotFoundError as error:
        raise ReportInvalid(f"There is no {path}.") from error
    except OSError as error:
        raise ReportInvalid(f"{path} cannot be read: {error.strerror}.") from error
    except orjson.JSONDecodeError as error:
        raise ReportInvalid(f"{path} is no JSON.") from error
    if not isinstance(content, dict):
        raise ReportInvalid(f"{path} is no audit report.")
    return raw, content


def _figures(record: Record, books: AuditBooks) -> dict[str, Any]:
    """The sums of the books; wei."""
    treasury = books.deployment.treasury
    tournaments = {}
    for name, part in record.tournaments.items():
        book = books.books[part.address]
        tournaments[name] = {
            "models": len(book.models),
            "rounds": len(book.rounds.records),
            "idle": str(book.stakes.idle_total * GWEI),
            "staked": str(sum(book.stakes.staked.values()) * GWEI),
            "balance": str(books.balances.of(part.address)),
            "rewards": str(books.rewards[part.address]),
            "burns": str(books.burns[part.address]),
        }
    return {
        "supply": str(books.balances.total_supply),
        "burned": str(books.balances.burned),
        "treasury": {"balance": str(books.balances.of(treasury)), "reserved": str(books.reserves.reserved)},
        "tournaments": tournaments,
        "buybacks": {books.names[at]: _buyback_figures(buyback) for at, buyback in books.buybacks.items()},
    }


def _buyback_figures(books: BuybackBooks) -> dict[str, Any]:
    """The sums of a buyback: NMR in wei, stablecoin in its smallest unit."""
    buyback = books.reference
    return {
        "lots": buyback.lot.number,
        "fills": books.fills,
        "paid": str(buyback.total_paid),
        "lifetime_cap": str(buyback.programme.lifetime_cap),
        "left": str(buyback.lot.left),
        "decimals": buyback.decimals,
        "bought": str(buyback.total_bought),
        "burns": buyback.programme.burns,
        "ended": buyback.ended,
    }
