# SPDX-License-Identifier: MIT
"""The report of an audit: plain values, one spelling of them in JSON, and a signature over it."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Protocol

import orjson
from eth_abi.exceptions import EncodingError
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_hash.auto import keccak
from eth_keys.exceptions import BadSignature
from eth_utils.address import is_address, to_checksum_address
from eth_utils.exceptions import ValidationError
from jinja2 import TemplateError

from nmr.audit.books import AuditBooks
from nmr.audit.buyback import BuybackBooks
from nmr.audit.compare import Compared
from nmr.audit.evidence import AuditEvidence
from nmr.audit.expected import OPTIONAL, SUBJECTS
from nmr.audit.findings import Disagreement, Tally
from nmr.audit.page import render_page
from nmr.chain import builds
from nmr.chain.headers import Header
from nmr.deploy.code import IMMUTABLES, MADE, BuildOf
from nmr.deploy.record import LOCAL_CHAINS, Record
from nmr.errors import NmrError
from nmr.text.amounts import GWEI, shorten
from nmr.text.files import FileError, put_file

FORMAT: Final = "nmr audit"
VERSION: Final = 4
REPORT_FILE: Final = "audit.json"
SIGNATURE_FILE: Final = "audit.signature.json"
PAGE_FILE: Final = "audit.html"

PROJECT: Final = "NMR suite audit"
"""What a signature is for: the name of its domain."""
LARGEST: Final = 64 * 2**20
"""Bytes of a file of a report; a thousand disagreements of each source take less than one million."""

_TYPES: Final = {
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
    ],
    "AuditReport": [
        {"name": "block", "type": "uint256"},
        {"name": "blockHash", "type": "bytes32"},
        {"name": "report", "type": "bytes32"},
        {"name": "page", "type": "bytes32"},
    ],
}
_SIGNATURE: Final = re.compile(r"0x[0-9a-f]{130}", re.ASCII)


class ReportInvalid(NmrError, RuntimeError):
    """Not a report, or one that is not what was signed."""


class TypedDataSigner(Protocol):
    """An account that signs typed data as wallets do (EIP-712)."""

    @property
    def address(self) -> str:
        """The account's address."""

    def sign_typed(self, message: Mapping[str, Any]) -> bytes:
        """The signature of typed data: 65 bytes."""


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
        """Whether everything agrees, and what a public chain has to prove was proved."""
        return bool(self.content["agrees"])

    @property
    def count(self) -> int:
        """How many disagreements there are."""
        return int(self.content["disagreement_count"])

    def canonical(self) -> bytes:
        """The report's bytes: JSON with sorted keys and no spaces."""
        return canonical_content(self.content)


def build_report(
    record: Record,
    header: Header,
    books: AuditBooks,
    compared: Compared,
    codes: Tally,
    evidence: AuditEvidence,
    build: BuildOf = builds.build,
) -> Report:
    """The report of an audit that is over.

    Args:
        record: what was audited.
        header: the block to which it was.
        books: after the last event.
        compared: storage with the books.
        codes: the code of the parts with the sources and the record.
        evidence: how much of what was read was proved.
        build: what a contract's sources compile to, by its name.
    """
    tallies = (books.tally, codes, compared.tally)
    disagreements = tuple(each for tally in tallies for each in tally.listed)
    count = sum(tally.count for tally in tallies)
    own = sum(part.contract in IMMUTABLES for part in record.parts.values())
    # The others were created by a factory, whose code tells how.
    recorded = own - sum(part.contract in MADE for part in record.parts.values())
    # A local chain is its owner's, who can set every word: nothing there has to be proved.
    whole = record.chain_id in LOCAL_CHAINS or (compared.roots == own and evidence.shown == recorded)
    proof = asdict(evidence)
    content = {
        "format": FORMAT,
        "version": VERSION,
        "chain_id": record.chain_id,
        "first_block": record.first_block,
        "block": {"number": header.number, "hash": header.hash, "timestamp": header.timestamp},
        "parts": {
            name: {"contract": part.contract, "address": part.address, "code_hash": part.code_hash}
            for name, part in record.parts.items()
        },
        "builds": _builds(build),
        "agrees": count == 0 and whole,
        "unproved": not whole,
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
        "believed": proof.pop("believed"),
        "proof": {**proof, "contracts": own, "recorded": recorded, "roots": compared.roots},
        "figures": _figures(record, books),
    }
    return Report(content, disagreements)


def canonical_content(content: Mapping[str, Any]) -> bytes:
    """One spelling of a report's content.

    Raises:
        TypeError: it is no content of a report.
    """
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def digest(report: bytes) -> str:
    """What is signed: the hash of a report, as hex."""
    return f"0x{keccak(report).hex()}"


def signed_message(content: Mapping[str, Any], report: bytes, page: bytes) -> dict[str, Any]:
    """What is signed, as EIP-712 has it: nothing that could be taken for anything but a report on this block.

    Args:
        content: of the report.
        report: the bytes of its file.
        page: the bytes of its page's file.
    """
    return {
        "types": _TYPES,
        "primaryType": "AuditReport",
        "domain": {"name": PROJECT, "version": str(VERSION), "chainId": content["chain_id"]},
        "message": {
            "block": content["block"]["number"],
            "blockHash": content["block"]["hash"],
            "report": digest(report),
            "page": digest(page),
        },
    }


def sign_report(report: Report, signer: TypedDataSigner) -> dict[str, str]:
    """The signature over a report and its page, as its file has it."""
    raw = report.canonical()
    page = page_of(report.content)
    return {
        "format": "nmr audit signature",
        "report": digest(raw),
        "page": digest(page),
        "signature": f"0x{signer.sign_typed(signed_message(report.content, raw, page)).hex()}",
        "signer": to_checksum_address(signer.address),
    }


def page_of(content: dict[str, Any]) -> bytes:
    """The page of a report, which the report's file alone decides.

    Raises:
        TypeError: it is no content of a report.
    """
    raw = canonical_content(content)
    return render_page(orjson.loads(raw), digest(raw)).encode()


def write_report(report: Report, folder: Path, signature: Mapping[str, str] | None = None) -> None:
    """Write a report into a folder: its JSON, a page for people, and its signature if there is one.

    A signature of an earlier report in the folder is removed.

    Raises:
        FileError: a file cannot be written.
    """
    try:
        (folder / SIGNATURE_FILE).unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"{folder / SIGNATURE_FILE} cannot be removed: {error.strerror}.") from error
    put_file(folder / REPORT_FILE, report.canonical())
    put_file(folder / PAGE_FILE, page_of(report.content))
    if signature is not None:
        put_file(folder / SIGNATURE_FILE, canonical_content(signature))


def verify_report(folder: Path, signer: str | None = None) -> tuple[dict[str, Any], str]:
    """Read a signed report from its folder, and make sure that it is what was signed, and the page what it says.

    Args:
        folder: with the report, its page and its signature.
        signer: who has to have signed; whoever did if left out.

    Returns:
        The report's content, and who signed it.

    Raises:
        ReportInvalid: a file is missing or is none, the report or its page are not what was signed, the page is not the
            report's, or somebody else signed.
    """
    raw, content = _read(folder / REPORT_FILE)
    page = _bytes(folder / PAGE_FILE)
    _, signature = _read(folder / SIGNATURE_FILE)
    if content.get("format") != FORMAT or content.get("version") != VERSION:
        raise ReportInvalid(f"{folder / REPORT_FILE} is no audit report of version {VERSION}.")
    if raw != canonical_content(content):
        raise ReportInvalid(f"{folder / REPORT_FILE} was written again since it was signed: its spelling differs.")
    if signature.get("report") != digest(raw):
        raise ReportInvalid("The report was changed: its hash is not the one that was signed.")
    if signature.get("page") != digest(page):
        raise ReportInvalid("The page was changed: its hash is not the one that was signed.")
    found = _signer_of(folder, content, raw, page, signature)
    if signature.get("signer") != found:
        raise ReportInvalid(f"The signature is of {found}, and not of whom its file names.")
    if signer is not None:
        if not is_address(signer):
            raise ReportInvalid(f"{shorten(signer)} is no address.")
        if to_checksum_address(signer) != found:
            raise ReportInvalid(f"The report was signed by {found}, and not by {to_checksum_address(signer)}.")
    try:
        rendered = page_of(content)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, TemplateError) as error:
        raise ReportInvalid(f"{folder / REPORT_FILE} is signed, and no audit report all the same.") from error
    if rendered != page:
        raise ReportInvalid("The page does not say what the report does, or is of another release.")
    return content, found


def _signer_of(folder: Path, content: dict[str, Any], raw: bytes, page: bytes, signature: dict[str, Any]) -> str:
    """Who signed a report and its page."""
    if _SIGNATURE.fullmatch(str(signature.get("signature"))) is None:
        raise ReportInvalid(f"{folder / SIGNATURE_FILE} holds no signature.")
    try:
        message = encode_typed_data(full_message=signed_message(content, raw, page))
    except (LookupError, TypeError, ValueError, ValidationError, EncodingError) as error:
        raise ReportInvalid(f"{folder / REPORT_FILE} names no block of a chain.") from error
    try:
        return str(Account.recover_message(message, signature=signature["signature"]))
    except (ValueError, BadSignature, ValidationError) as error:
        raise ReportInvalid(f"{folder / SIGNATURE_FILE} holds no signature.") from error


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise ReportInvalid(f"There is no {path}.") from error
    except OSError as error:
        raise ReportInvalid(f"{path} cannot be read: {error.strerror}.") from error
    if len(raw) > LARGEST:
        raise ReportInvalid(f"{path} is larger than {LARGEST // 2**20} MB, which no report is.")
    return raw


def _read(path: Path) -> tuple[bytes, dict[str, Any]]:
    raw = _bytes(path)
    try:
        content = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ReportInvalid(f"{path} is no JSON.") from error
    if not isinstance(content, dict):
        raise ReportInvalid(f"{path} is no audit report.")
    return raw, content


def _builds(build: BuildOf) -> dict[str, Any]:
    """What the code was compared with: SHA-256 of each contract's codes, and of all of these in their one spelling."""
    built = [build(name) for name in builds.names()]
    contracts = {
        each.name: {
            "creation_code": sha256(each.creation_code).hexdigest(),
            "runtime_code": sha256(each.runtime_code).hexdigest(),
        }
        for each in built
    }
    [compiler] = {(each.compiler["vyper"], each.compiler["snekmate"]) for each in built}
    return {
        "sha256": sha256(canonical_content(contracts)).hexdigest(),
        "compiler": dict(zip(("vyper", "snekmate"), compiler, strict=True)),
        "sources": builds.sources(),
        "contracts": contracts,
    }


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
            **_pool_figures(books, part.address),
        }
    return {
        "supply": str(books.balances.total_supply),
        "burned": str(books.balances.burned),
        "treasury": {"balance": str(books.balances.of(treasury)), "reserved": str(books.reserves.reserved)},
        "tournaments": tournaments,
        "buybacks": {books.names[at]: _buyback_figures(buyback) for at, buyback in books.buybacks.items()},
    }


def _pool_figures(books: AuditBooks, tournament: str) -> dict[str, Any]:
    """How many pools a tournament has, and what waits in them for its owners; wei."""
    pools = [pool for pool in books.pools.values() if pool.terms.tournament == tournament]
    return {"pools": len(pools), "in_pools": str(sum(pool.books.owed for pool in pools) * GWEI)}


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
