# SPDX-License-Identifier: MIT
"""The check of a deployment: everything a record says about a chain, read from it again.

A difference is a fault, unless it is one that governance may have made since: operator, guardian, bounds, the
treasury's list and limits, the timelock's delay and its members. The check asks about the addresses that a record names
and no others: who else was given a role of the timelock, or authorised in the treasury, is in the log and not in a
getter.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from eth_hash.auto import keccak

from nmr.chain.blueprints import blueprint_of
from nmr.chain.builds import build
from nmr.deploy.record import PartRecord, Record, hash_of
from nmr.errors import NmrError
from nmr.protocol.reference.buyback import Programme
from nmr.protocol.reference.rounds import Bounds
from nmr.protocol.reference.treasury import Budget, Limits
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import SUPPLY

ADMIN: Final = bytes(32)
ROLES: Final = {
    "DEFAULT_ADMIN_ROLE": ADMIN,
    "PROPOSER_ROLE": keccak(b"PROPOSER_ROLE"),
    "CANCELLER_ROLE": keccak(b"CANCELLER_ROLE"),
    "EXECUTOR_ROLE": keccak(b"EXECUTOR_ROLE"),
}
"""The roles of the timelock."""


class CallFailed(NmrError, RuntimeError):
    """A getter that gave no answer."""


class Reader(Protocol):
    """Reads one chain."""

    def chain_id(self) -> int:
        """The chain's id."""

    def code(self, address: str) -> bytes:
        """The runtime code at an address; empty where there is none."""

    def call(self, address: str, contract: str, getter: str, *arguments: Any) -> Any:
        """What a getter of a contract at an address says.

        Integers, booleans and strings as such, addresses checksummed, bytes as bytes; a list or a struct is a tuple.

        Raises:
            CallFailed: it gave no answer.
        """


@dataclass(frozen=True)
class Finding:
    """One comparison of a record with its chain.

    Attributes:
        part: the part's name in the record, or `chain`.
        what: the getter, or what else was compared.
        expected: what follows from the record.
        found: what the chain says.
        agrees: whether the two agree.
        governed: they differ, and governance may have changed it since the deployment: no fault.
    """

    part: str
    what: str
    expected: object
    found: object
    agrees: bool
    governed: bool = False

    @property
    def is_fault(self) -> bool:
        """Whether the two differ and must not."""
        return not self.agrees and not self.governed

    def __str__(self) -> str:
        found, expected = shown(self.found), shown(self.expected)
        if self.agrees:
            return f"{self.part}: {self.what} is {found}"
        if self.governed:
            return (
                f"{self.part}: {self.what} was {expected} when deployed and is {found} now, which governance may change"
            )
        return f"{self.part}: {self.what} should be {expected} and is {found}"


def check_record(record: Record, reader: Reader) -> list[Finding]:
    """Compare a record with the chain that a reader reads.

    On a chain with another id nothing else is compared, and without code at a part's address nothing else of this part.

    Raises:
        RecordInvalid: the record lacks a constructor argument that its contract has.
    """
    chain_id = reader.chain_id()
    findings = [Finding("chain", "id", record.chain_id, chain_id, chain_id == record.chain_id)]
    if findings[0].is_fault:
        return findings
    for name, part in record.parts.items():
        code = reader.code(part.address)
        if not code:
            findings.append(Finding(name, "code", part.code_hash, "missing", agrees=False))
            continue
        found = hash_of(code)
        findings.append(Finding(name, "code", part.code_hash, found, found == part.code_hash))
        if part.contract in _CHECKS:
            findings += _CHECKS[part.contract](_Part(record, reader, name))
    return findings


class _Part:
    """A part of a record and its getters on the chain, each called once."""

    def __init__(self, record: Record, reader: Reader, name: str) -> None:
        self.record = record
        self.name = name
        self.itself: PartRecord = record.parts[name]
        self._reader = reader
        self._answers: dict[tuple[Any, ...], Any] = {}

    def ask(self, getter: str, *arguments: Any) -> Any:
        """What a getter says, or the `CallFailed` that it ended with."""
        if (getter, *arguments) not in self._answers:
            try:
                answer = self._reader.call(self.itself.address, self.itself.contract, getter, *arguments)
            except CallFailed as error:
                answer = error
            self._answers[(getter, *arguments)] = answer
        return self._answers[(getter, *arguments)]

    def code_at(self, address: str) -> bytes:
        """The code at another address."""
        return self._reader.code(address)

    def fixed(self, what: str, expected: object, getter: str, *arguments: Any) -> Finding:
        """A getter that nobody can change."""
        return self.compare(what, expected, self.ask(getter, *arguments))

    def governed(self, what: str, expected: object, getter: str, *arguments: Any) -> Finding:
        """A getter that governance may have changed; no answer, or one of another type, is a fault all the same."""
        return self.compare(what, expected, self.ask(getter, *arguments), governed=True)

    def compare(self, what: str, expected: object, found: object, *, governed: bool = False) -> Finding:
        """What was found beside what was expected."""
        alike = type(found) is type(expected)  # so that 1 is not True
        agrees = alike and found == expected
        return Finding(self.name, what, expected, found, agrees, governed and alike and not agrees)

    def linked(self, getter: str, argument: str, contract: str) -> Iterator[Finding]:
        """A getter, and the constructor argument that fixed it, that are the address of another part."""
        _, part = self.record.only(contract)
        yield self.compare(f"argument {argument}", part.address, self.itself.address_of(argument))
        yield self.fixed(getter, part.address, getter)

    def not_the_deployer(self, getter: str) -> Finding:
        """That a getter does not say the deployer."""
        answer = self.ask(getter)
        found = answer == self.record.deployer if isinstance(answer, str) else answer
        return self.compare(f"deployer as {getter}", False, found)

    def owned(self) -> Iterator[Finding]:
        """That the timelock owns it, for good."""
        yield from self.linked("owner", "owner", "Timelock")
        yield self.fixed("pending_owner", ZERO_ADDRESS, "pending_owner")
        yield self.not_the_deployer("owner")
        yield self.not_the_deployer("pending_owner")


def _numeraire(part: _Part) -> Iterator[Finding]:
    yield part.fixed("name", "Numeraire", "name")
    yield part.fixed("symbol", "NMR", "symbol")
    yield part.fixed("decimals", 18, "decimals")
    supply = part.ask("totalSupply")
    agrees = isinstance(supply, int) and supply <= SUPPLY
    yield Finding(part.name, "totalSupply", f"at most {SUPPLY}", supply, agrees)


def _treasury(part: _Part) -> Iterator[Finding]:
    yield from part.linked("TOKEN", "token", "Numeraire")
    yield from part.owned()
    names = {tournament.address: name for name, tournament in part.record.tournaments.items()}
    named, given = part.itself.addresses("tournaments"), part.itself.structs("limits")
    yield part.compare("number of argument limits", len(named), len(given))
    # A tournament that the constructor does not know came later, and got its limits from governance.
    limits = dict.fromkeys(names, Limits()._asdict()) | dict(zip(named, given, strict=False))
    for address, expected in limits.items():
        found = part.ask("budget_of", address)
        fits = isinstance(found, tuple) and len(found) == len(Budget._fields)
        held = found[0] if fits else found
        fits = isinstance(held, tuple) and len(held) == len(Limits._fields)
        for i, field in enumerate(Limits._fields):
            what = f"{field} of {names.get(address, address)}"
            yield part.compare(what, expected.get(field), held[i] if fits else held, governed=True)
    yield part.fixed("cap_of(deployer)", 0, "cap_of", part.record.deployer)
    for index, address in enumerate(dict.fromkeys(named)):
        yield part.governed(f"tournament_at({index})", address, "tournament_at", index)
    yield part.governed("tournament_count", len(set(named)), "tournament_count")


def _tournament(part: _Part) -> Iterator[Finding]:
    yield from part.linked("TOKEN", "token", "Numeraire")
    yield from part.linked("TREASURY", "treasury", "Treasury")
    yield from part.linked("TERMS_CHECK", "terms_check", "TermsCheck")
    for argument in ("ring", "first_round", "hour", "min_stake"):
        yield part.fixed(argument.upper(), part.itself.number(argument), argument.upper())
    yield from part.owned()
    for role in ("operator", "guardian"):
        yield part.governed(role, part.itself.address_of(role), role)
        yield part.not_the_deployer(role)
    given, found = part.itself.struct("bounds"), part.ask("bounds")
    fits = isinstance(found, tuple) and len(found) == len(Bounds._fields)
    for i, field in enumerate(Bounds._fields):
        answer = found[i] if fits else found
        yield part.compare(f"bounds.{field}", given.get(field), answer, governed=True)


def _terms_check(part: _Part) -> Iterator[Finding]:
    yield part.fixed("HOUR", part.itself.number("hour"), "HOUR")


def _timelock(part: _Part) -> Iterator[Finding]:
    record, itself, deployer = part.record, part.itself.address, part.record.deployer
    yield part.governed("get_minimum_delay", part.itself.number("delay"), "get_minimum_delay")
    proposers, executors = part.itself.addresses("proposers"), part.itself.addresses("executors")
    members = {"PROPOSER_ROLE": proposers, "CANCELLER_ROLE": proposers, "EXECUTOR_ROLE": executors}
    for role, accounts in members.items():
        for account in accounts:
            yield part.governed(f"hasRole({role}, {account})", True, "hasRole", ROLES[role], account)
        yield part.governed(f"hasRole({role}, anyone)", False, "hasRole", ROLES[role], ZERO_ADDRESS)
    for role, value in ROLES.items():
        yield part.governed(f"getRoleAdmin({role})", ADMIN, "getRoleAdmin", value)
        yield part.fixed(f"hasRole({role}, deployer)", False, "hasRole", value, deployer)

    yield part.fixed("hasRole(DEFAULT_ADMIN_ROLE, itself)", True, "hasRole", ADMIN, itself)
    others = {account: account for account in (*proposers, *executors)}
    for name, tournament in record.tournaments.items():
        others |= {tournament.address_of(role): f"{role} of {name}" for role in ("operator", "guardian")}
    others |= {other.address: name for name, other in record.parts.items()} | {ZERO_ADDRESS: "anyone"}
    for account, label in others.items():
        if account not in (itself, deployer):
            yield part.fixed(f"hasRole(DEFAULT_ADMIN_ROLE, {label})", False, "hasRole", ADMIN, account)


def _lens(part: _Part) -> Iterator[Finding]:
    yield from part.linked("TOKEN", "token", "Numeraire")
    yield from part.linked("TREASURY", "treasury", "Treasury")


def _pool_factory(part: _Part) -> Iterator[Finding]:
    tournament, blueprint = part.itself.address_of("tournament"), part.itself.address_of("blueprint")
    known = tournament in {each.address for each in part.record.tournaments.values()}
    yield part.compare("argument tournament is of the record", True, known)
    yield part.fixed("TOURNAMENT", tournament, "TOURNAMENT")
    yield part.fixed("BLUEPRINT", blueprint, "BLUEPRINT")
    expected = hash_of(blueprint_of(build("Pool").creation_code))
    yield part.compare("code of the blueprint", expected, hash_of(part.code_at(blueprint)))


def _buyback(part: _Part) -> Iterator[Finding]:
    yield from part.linked("TOKEN", "token", "Numeraire")
    yield from part.linked("TREASURY", "treasury", "Treasury")
    for getter, argument in (("STABLECOIN", "stablecoin"), ("FEED", "feed"), ("SEQUENCER", "sequencer")):
        yield part.fixed(getter, part.itself.address_of(argument), getter)
    yield from part.owned()
    yield part.governed("guardian", part.itself.address_of("guardian"), "guardian")
    yield part.not_the_deployer("guardian")
    given, found = part.itself.struct("programme"), part.ask("programme")
    fits = isinstance(found, tuple) and len(found) == len(Programme._fields)
    for i, field in enumerate(Programme._fields):
        yield part.compare(f"programme.{field}", given.get(field), found[i] if fits else found)


def shown(value: object) -> str:
    """What was expected or found, as text."""
    if isinstance(value, CallFailed):
        return f"without an answer ({value})"
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


_CHECKS: Final[dict[str, Callable[[_Part], Iterator[Finding]]]] = {
    "Numeraire": _numeraire,
    "Treasury": _treasury,
    "TermsCheck": _terms_check,
    "Tournament": _tournament,
    "Timelock": _timelock,
    "Lens": _lens,
    "PoolFactory": _pool_factory,
    "Buyback": _buyback,
}
