# SPDX-License-Identifier: MIT
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from eth_hash.auto import keccak

from nmr.deploy.check import CallFailed, Finding, check_record
from nmr.deploy.record import (
    Compiler,
    PartRecord,
    Record,
    RecordFileError,
    RecordInvalid,
    RecordMissing,
    hash_of,
    read_record,
    record_path,
    write_record,
)
from nmr.errors import NmrError
from nmr.protocol.reference import Bounds, Budget, Limits
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR, SUPPLY
from tests.support.actors import address

TIMELOCK, TREASURY, NUMERAIRE = address("timelock"), address("treasury"), address("numeraire")
TERMS_CHECK = address("terms-check")
CLASSIC, SIGNALS, BUYBACK = address("classic"), address("signals"), address("buyback")
DEPLOYER, STRANGER, STAKER = address("deployer"), address("stranger"), address("staker")
PROPOSER, EXECUTOR = address("proposer"), address("executor")
OPERATOR, GUARDIAN = address("operator"), address("guardian")
BOUNDS = Bounds(100_000, 100_000, 2 * 10**11, 1_000 * NMR, 7_200, 864_000, 10**7, 5 * 10**6, 86_400)
LIMITS = Limits(1_000 * NMR, 6_000 * NMR, 1_000 * NMR)
HALF = Limits(500 * NMR, 3_000 * NMR, 500 * NMR)
DELAY = 172_800

ADMIN = bytes(32)
ROLES = {name: keccak(name.encode()) for name in ("PROPOSER_ROLE", "CANCELLER_ROLE", "EXECUTOR_ROLE")}
ROLES["DEFAULT_ADMIN_ROLE"] = ADMIN


def code_of(name: str) -> bytes:
    return b"\xfe" + name.encode()


def part(name: str, contract: str, block: int, arguments: dict[str, Any]) -> PartRecord:
    return PartRecord(
        contract=contract,
        address=address(name),
        transaction=hash_of(b"transaction" + name.encode()),
        block=block,
        arguments=arguments,
        code_hash=hash_of(code_of(name)),
    )


def tournament(name: str, block: int) -> PartRecord:
    arguments = {
        "token": NUMERAIRE,
        "treasury": TREASURY,
        "terms_check": TERMS_CHECK,
        "owner": TIMELOCK,
        "operator": OPERATOR,
        "guardian": GUARDIAN,
        "ring": 64,
        "first_round": 7,
        "hour": 3_600,
        "min_stake": NMR // 10,
        "bounds": BOUNDS._asdict(),
    }
    return part(name, "Tournament", block, arguments)


RECORD = Record(
    chain_id=1,
    ecosystem="ethereum",
    network="mainnet",
    deployer=DEPLOYER,
    first_block=100,
    compiler=Compiler("vyper", "0.4.3", "prague", "gas"),
    parts={
        "timelock": part(
            "timelock", "Timelock", 100, {"delay": DELAY, "proposers": (PROPOSER,), "executors": (EXECUTOR,)}
        ),
        "treasury": part(
            "treasury",
            "Treasury",
            101,
            {
                "token": NUMERAIRE,
                "owner": TIMELOCK,
                "tournaments": (CLASSIC, SIGNALS),
                "limits": (LIMITS._asdict(), HALF._asdict()),
            },
        ),
        "numeraire": part("numeraire", "Numeraire", 101, {"receivers": (STAKER, TREASURY), "amounts": (1, SUPPLY - 1)}),
        "terms-check": part("terms-check", "TermsCheck", 101, {"hour": 3_600}),
        "classic": tournament("classic", 102),
        "signals": tournament("signals", 103),
        "lens": part("lens", "Lens", 104, {"token": NUMERAIRE, "treasury": TREASURY}),
    },
)


def changed(name: str, **changes: Any) -> Record:
    """The record with a part of it changed."""
    return replace(RECORD, parts={**RECORD.parts, name: replace(RECORD.parts[name], **changes)})


def given(name: str, **arguments: Any) -> Record:
    """The record with arguments of a part changed."""
    return changed(name, arguments={**RECORD.parts[name].arguments, **arguments})


class FakeChain:
    """A chain on which the suite of `RECORD` is as it was deployed; tests change its answers."""

    def __init__(self) -> None:
        self.id = 1
        self.codes = {address(name): code_of(name) for name in RECORD.parts}
        self.answers: dict[tuple[str, str, *tuple[Any, ...]], Any] = {
            ("numeraire", "name"): "Numeraire",
            ("numeraire", "symbol"): "NMR",
            ("numeraire", "decimals"): 18,
            ("numeraire", "totalSupply"): SUPPLY,
            ("treasury", "TOKEN"): NUMERAIRE,
            ("treasury", "owner"): TIMELOCK,
            ("treasury", "pending_owner"): ZERO_ADDRESS,
            ("treasury", "budget_of", CLASSIC): Budget(LIMITS, 7, 8),
            ("treasury", "budget_of", SIGNALS): Budget(HALF),
            ("treasury", "cap_of", DEPLOYER): 0,
            ("treasury", "tournament_count"): 2,
            ("treasury", "tournament_at", 0): CLASSIC,
            ("treasury", "tournament_at", 1): SIGNALS,
            ("terms-check", "HOUR"): 3_600,
            ("lens", "TOKEN"): NUMERAIRE,
            ("lens", "TREASURY"): TREASURY,
            ("timelock", "get_minimum_delay"): DELAY,
        }
        for name in ("classic", "signals"):
            self.answers |= {
                (name, "TOKEN"): NUMERAIRE,
                (name, "TREASURY"): TREASURY,
                (name, "RING"): 64,
                (name, "FIRST_ROUND"): 7,
                (name, "HOUR"): 3_600,
                (name, "MIN_STAKE"): NMR // 10,
                (name, "TERMS_CHECK"): TERMS_CHECK,
                (name, "owner"): TIMELOCK,
                (name, "pending_owner"): ZERO_ADDRESS,
                (name, "operator"): OPERATOR,
                (name, "guardian"): GUARDIAN,
                (name, "bounds"): tuple(BOUNDS),
            }
        everybody = (*map(address, RECORD.parts), DEPLOYER, PROPOSER, EXECUTOR, OPERATOR, GUARDIAN, ZERO_ADDRESS)
        for value in ROLES.values():
            self.answers["timelock", "getRoleAdmin", value] = ADMIN
            for account in everybody:
                self.answers["timelock", "hasRole", value, account] = False
        for role, account in (
            ("DEFAULT_ADMIN_ROLE", TIMELOCK),
            ("PROPOSER_ROLE", PROPOSER),
            ("CANCELLER_ROLE", PROPOSER),
            ("EXECUTOR_ROLE", EXECUTOR),
        ):
            self.answers["timelock", "hasRole", ROLES[role], account] = True

    def chain_id(self) -> int:
        return self.id

    def code(self, address: str) -> bytes:
        return self.codes.get(address, b"")

    def call(self, address: str, contract: str, getter: str, *arguments: Any) -> Any:
        [name] = [name for name, part in RECORD.parts.items() if part.address == address]
        assert contract == RECORD.parts[name].contract
        answer = self.answers[(name, getter, *arguments)]
        if isinstance(answer, CallFailed):
            raise answer
        return answer


@pytest.fixture
def fake() -> FakeChain:
    return FakeChain()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mainnet.json"


def differences(findings: list[Finding]) -> set[tuple[str, str, bool]]:
    """Part, what, and whether governance may have done it, for all that differs."""
    return {(finding.part, finding.what, finding.governed) for finding in findings if not finding.agrees}


# Writing and reading


def test_record__written__reads_back_the_same(path: Path) -> None:
    write_record(RECORD, path)
    record = read_record(path)
    assert record == RECORD
    assert list(record.parts) == list(RECORD.parts)
    assert list(record.parts["classic"].arguments) == list(RECORD.parts["classic"].arguments)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, 0),
        (2**53, 2**53),
        (2**53 + 1, "9007199254740993"),
        (2**256 - 1, str(2**256 - 1)),
        (-(2**53), -(2**53)),
        (-(2**53) - 1, "-9007199254740993"),
    ],
)
def test_record__number__is_a_string_where_readers_of_json_would_round_it(
    path: Path, number: int, written: int | str
) -> None:
    record = given("timelock", delay=number)
    write_record(record, path)
    assert json.loads(path.read_text(encoding="utf-8"))["parts"]["timelock"]["arguments"]["delay"] == written
    assert read_record(path) == record


@pytest.mark.parametrize("value", [True, "name", "0x", "12", (), ((1, 2), (3,)), {"a": (True, {"b": 2**64})}])
def test_record__argument_of_any_shape__reads_back_the_same(path: Path, value: Any) -> None:
    record = given("timelock", other=value)
    write_record(record, path)
    read = read_record(path).parts["timelock"].arguments["other"]
    assert read == value
    assert type(read) is type(value)


def test_record__text_that_would_be_read_as_a_number__is_not_written(path: Path) -> None:
    with pytest.raises(RecordInvalid, match="would not be read back"):
        write_record(given("timelock", other=str(2**64)), path)
    assert not path.exists()


def test_record__written_twice__is_the_same_file(path: Path) -> None:
    write_record(RECORD, path)
    before = path.read_bytes()
    write_record(read_record(path), path)
    assert path.read_bytes() == before
    assert before.endswith(b"}\n")


def test_record__imported__brings_nothing_that_is_slow() -> None:
    """Every command reads a record."""
    code = "import sys, nmr.deploy.record; print(sorted({'pydantic', 'eth_utils', 'numpy'} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_record_path__always__is_named_for_ecosystem_and_network(tmp_path: Path) -> None:
    assert record_path(tmp_path, "ethereum", "sepolia") == tmp_path / "ethereum" / "sepolia.json"


def test_write_record__folder_is_missing__is_created(tmp_path: Path) -> None:
    path = record_path(tmp_path / "deployments", "ethereum", "mainnet")
    write_record(RECORD, path)
    assert read_record(path) == RECORD


def fail(*_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("step", [(os, "fsync"), (Path, "replace")], ids=["writing", "renaming"])
def test_write_record__fails_on_the_way__leaves_what_was_there(
    tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch, step: tuple[Any, str]
) -> None:
    write_record(RECORD, path)
    monkeypatch.setattr(*step, fail)
    with pytest.raises(RecordFileError, match=r"mainnet\.json cannot be written: No space left on device\.$"):
        write_record(replace(RECORD, network="sepolia"), path)
    assert read_record(path) == RECORD
    assert os.listdir(tmp_path) == ["mainnet.json"]


def test_write_record__folder_is_a_file__says_so(tmp_path: Path) -> None:
    (tmp_path / "deployments").touch()
    with pytest.raises(RecordFileError, match="cannot be written"):
        write_record(RECORD, tmp_path / "deployments" / "mainnet.json")


def test_read_record__no_file__says_so(path: Path) -> None:
    with pytest.raises(RecordMissing) as caught:
        read_record(path)
    assert str(caught.value) == f"There is no deployment record {path}."
    assert isinstance(caught.value, FileNotFoundError)
    assert isinstance(caught.value, NmrError)


def test_read_record__folder__says_so(tmp_path: Path) -> None:
    with pytest.raises(RecordFileError) as caught:
        read_record(tmp_path)
    assert str(caught.value) == f"The deployment record {tmp_path} cannot be read: Is a directory."


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfe", "it is not text"),
        (b"", "it is not JSON"),
        (b'{"format": "nmr deployment", "version"', "it is not JSON"),
        (b"9" * 10_000, "it is not JSON"),
        (b"[]", "it is some other file"),
        (b"7", "it is some other file"),
        (b"{}", "it is some other file"),
        (b'{"name": "nmr", "version": "1.0.0"}', "it is some other file"),
        (b'{"format": "nmr deployment"}', "its version is no integer: None"),
        (b'{"format": "nmr deployment", "version": true}', "its version is no integer: True"),
        (b'{"format": "nmr deployment", "version": 2}', "its version is 2, and this release reads 1"),
        (b'{"format": "nmr deployment", "version": 1.0}', "it holds 1.0, which is no integer"),
        (b'{"format": "nmr deployment", "version": NaN}', "it holds NaN, which is no integer"),
        (b'{"format": "nmr deployment", "version": null}', "it holds null"),
        (b'{"format": "nmr deployment", "format": "nmr deployment"}', "it has 'format' twice"),
        (b'{"format": "nmr deployment", "version": 1}', "the record lacks 'chain_id'"),
    ],
)
def test_read_record__other_content__one_sentence_says_why(path: Path, content: bytes, reason: str) -> None:
    path.write_bytes(content)
    with pytest.raises(RecordInvalid) as caught:
        read_record(path)
    assert isinstance(caught.value, ValueError)
    assert str(caught.value).startswith(f"{path} is not a ")
    assert str(caught.value).endswith(f"deployment record: {reason}.")


def test_read_record__endless__is_refused() -> None:
    with pytest.raises(RecordInvalid, match=r"^/dev/zero is not a deployment record: it is larger than 4 MiB\.$"):
        read_record(Path("/dev/zero"))


def test_read_record__nested_beyond_all_reason__is_refused(path: Path) -> None:
    path.write_bytes(b"[" * 10_000)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000)  # py-evm raises it
    try:
        with pytest.raises(RecordInvalid, match="it is not JSON"):
            read_record(path)
    finally:
        sys.setrecursionlimit(before)


def edit(*keys: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Sets the value at a path of keys."""

    def apply(content: dict[str, Any]) -> None:
        *outer, last = keys
        for key in outer:
            content = content[key]
        content[last] = value

    return apply


def drop(*keys: str) -> Callable[[dict[str, Any]], None]:
    """Removes the value at a path of keys."""

    def apply(content: dict[str, Any]) -> None:
        *outer, last = keys
        for key in outer:
            content = content[key]
        del content[last]

    return apply


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (edit("rpc", value="name"), "the record has 'rpc', which is unknown"),
        (
            edit("network", value="https://node.example/v1/key"),
            "the network of the record is no name: 'https://node.example/v1/key'",
        ),
        (edit("network", value="../mainnet"), "the network of the record is no name: '../mainnet'"),
        (edit("ecosystem", value=7), "the ecosystem of the record is no name: 7"),
        (edit("chain_id", value=0), "the chain id of the record is no positive integer: 0"),
        (edit("chain_id", value="1"), "the chain id of the record is no positive integer: '1'"),
        (edit("chain_id", value=True), "the chain id of the record is no positive integer: True"),
        (edit("deployer", value=DEPLOYER.lower()), "the deployer of the record is no checksummed address"),
        (edit("first_block", value=99), "the first block is not 100, of its first part"),
        (edit("compiler", value="vyper"), "the compiler is no object"),
        (drop("compiler", "version"), "the compiler lacks 'version'"),
        (edit("compiler", "version", value=4), "the version of the compiler is no name: 4"),
        (edit("parts", value=[]), "the value of parts is no object: ()"),
        (edit("parts", "classic", value=[]), "the part 'classic' is no object: ()"),
        (edit("parts", "classic", "note", value="name"), "the part 'classic' has 'note', which is unknown"),
        (edit("parts", "classic", "contract", value=None), "it holds null"),
        (edit("parts", "classic", "contract", value=5), "the contract of classic is no name: 5"),
        (edit("parts", "classic", "address", value=CLASSIC[:-1]), "the address of classic is no checksummed address"),
        (edit("parts", "classic", "address", value=SIGNALS), "two parts have the same address"),
        (edit("parts", "classic", "transaction", value="0x12"), "the transaction of classic is no hash: '0x12'"),
        (edit("parts", "classic", "code_hash", value=1), "the code hash of classic is no hash: 1"),
        (edit("parts", "classic", "block", value=-1), "the block of classic is no natural number: -1"),
        (edit("parts", "classic", "block", value=[1]), "the block of classic is no natural number: (1,)"),
        (edit("parts", "classic", "arguments", value=[]), "the arguments of classic is no object: ()"),
        (edit("parts", "classic", "arguments", "a", value={"b": ["x:y"]}), "b of a of classic is no name: 'x:y'"),
        (drop("parts", "timelock"), "it has 0 parts that are a Timelock, not one"),
        (edit("parts", "classic", "contract", value="Treasury"), "it has 2 parts that are a Treasury, not one"),
    ],
)
def test_read_record__edited__one_sentence_says_what_is_wrong(
    path: Path, change: Callable[[dict[str, Any]], None], reason: str
) -> None:
    write_record(RECORD, path)
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(RecordInvalid) as caught:
        read_record(path)
    message = str(caught.value)
    assert message.startswith(f"{path} is not a valid deployment record: {reason}")
    assert message.endswith(".")
    assert "\n" not in message


@pytest.mark.parametrize("field", sorted(set(asdict(RECORD)) | {"format", "version"}))
def test_read_record__field_is_missing__is_refused(path: Path, field: str) -> None:
    write_record(RECORD, path)
    content = json.loads(path.read_text(encoding="utf-8"))
    del content[field]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(RecordInvalid):
        read_record(path)


@pytest.mark.parametrize("value", [None, 1.5, [1], b"\x00", "https://node.example", ""])
def test_record__argument_of_another_type__is_refused(value: Any) -> None:
    with pytest.raises(RecordInvalid, match="other of timelock is"):
        given("timelock", other=value)


# The check


def test_check_record__as_deployed__agrees_in_everything(fake: FakeChain) -> None:
    findings = check_record(RECORD, fake)
    assert differences(findings) == set()
    assert not any(finding.is_fault for finding in findings)
    assert {finding.part for finding in findings} == {"chain", *RECORD.parts}


def test_check_record__as_deployed__names_each_comparison_once(fake: FakeChain) -> None:
    findings = check_record(RECORD, fake)
    assert len({(finding.part, finding.what) for finding in findings}) == len(findings)


def test_check_record__as_deployed__asks_every_getter(fake: FakeChain) -> None:
    asked = set()

    class Listener(FakeChain):
        def call(self, address: str, contract: str, getter: str, *arguments: Any) -> Any:
            asked.add((contract, getter))
            return super().call(address, contract, getter, *arguments)

    check_record(RECORD, Listener())
    assert asked == {(RECORD.parts[name].contract, getter) for name, getter, *_ in fake.answers}


def test_check_record__other_chain__says_only_that(fake: FakeChain) -> None:
    fake.id = 11_155_111
    [finding] = check_record(RECORD, fake)
    assert finding == Finding("chain", "id", 1, 11_155_111, agrees=False)
    assert finding.is_fault


@pytest.mark.parametrize("name", RECORD.parts)
def test_check_record__no_code__says_only_that_of_the_part(fake: FakeChain, name: str) -> None:
    del fake.codes[address(name)]
    findings = check_record(RECORD, fake)
    assert differences(findings) == {(name, "code", False)}
    assert [finding.found for finding in findings if finding.part == name] == ["missing"]


@pytest.mark.parametrize("name", RECORD.parts)
def test_check_record__other_code__is_found_and_the_getters_still_asked(fake: FakeChain, name: str) -> None:
    fake.codes[address(name)] += b"\x00"
    findings = check_record(RECORD, fake)
    assert differences(findings) == {(name, "code", False)}
    assert len([finding for finding in findings if finding.part == name]) > 1


FIXED: list[tuple[str, tuple[Any, ...], Any, set[str]]] = [
    ("numeraire", ("name",), "numeraire", {"name"}),
    ("numeraire", ("symbol",), "nmr", {"symbol"}),
    ("numeraire", ("decimals",), 9, {"decimals"}),
    ("numeraire", ("totalSupply",), SUPPLY + 1, {"totalSupply"}),
    ("treasury", ("TOKEN",), STRANGER, {"TOKEN"}),
    ("treasury", ("owner",), STRANGER, {"owner"}),
    ("treasury", ("owner",), DEPLOYER, {"owner", "deployer as owner"}),
    ("treasury", ("pending_owner",), STRANGER, {"pending_owner"}),
    ("treasury", ("pending_owner",), DEPLOYER, {"pending_owner", "deployer as pending_owner"}),
    ("treasury", ("cap_of", DEPLOYER), 1, {"cap_of(deployer)"}),
    ("signals", ("TOKEN",), STRANGER, {"TOKEN"}),
    ("signals", ("TREASURY",), STRANGER, {"TREASURY"}),
    ("signals", ("RING",), 63, {"RING"}),
    ("signals", ("FIRST_ROUND",), 8, {"FIRST_ROUND"}),
    ("signals", ("HOUR",), 60, {"HOUR"}),
    ("signals", ("owner",), STRANGER, {"owner"}),
    ("signals", ("owner",), DEPLOYER, {"owner", "deployer as owner"}),
    ("signals", ("pending_owner",), STRANGER, {"pending_owner"}),
    ("signals", ("pending_owner",), DEPLOYER, {"pending_owner", "deployer as pending_owner"}),
    ("timelock", ("hasRole", ADMIN, TIMELOCK), False, {"hasRole(DEFAULT_ADMIN_ROLE, itself)"}),
    ("timelock", ("hasRole", ADMIN, PROPOSER), True, {f"hasRole(DEFAULT_ADMIN_ROLE, {PROPOSER})"}),
    ("timelock", ("hasRole", ADMIN, EXECUTOR), True, {f"hasRole(DEFAULT_ADMIN_ROLE, {EXECUTOR})"}),
    ("timelock", ("hasRole", ADMIN, ZERO_ADDRESS), True, {"hasRole(DEFAULT_ADMIN_ROLE, anyone)"}),
    ("timelock", ("hasRole", ADMIN, TREASURY), True, {"hasRole(DEFAULT_ADMIN_ROLE, treasury)"}),
    ("timelock", ("hasRole", ADMIN, SIGNALS), True, {"hasRole(DEFAULT_ADMIN_ROLE, signals)"}),
    ("timelock", ("hasRole", ADMIN, OPERATOR), True, {"hasRole(DEFAULT_ADMIN_ROLE, operator of signals)"}),
    ("timelock", ("hasRole", ADMIN, GUARDIAN), True, {"hasRole(DEFAULT_ADMIN_ROLE, guardian of signals)"}),
    *[("timelock", ("hasRole", ROLES[role], DEPLOYER), True, {f"hasRole({role}, deployer)"}) for role in ROLES],
]


@pytest.mark.parametrize(("name", "call", "wrong", "found"), FIXED)
def test_check_record__getter_that_nothing_may_change__is_a_fault(
    fake: FakeChain, name: str, call: tuple[Any, ...], wrong: Any, found: set[str]
) -> None:
    fake.answers[(name, *call)] = wrong
    findings = check_record(RECORD, fake)
    assert differences(findings) == {(name, what, False) for what in found}
    [finding] = [finding for finding in findings if finding.is_fault and "deployer as" not in finding.what]
    assert finding.found == wrong
    assert " should be " in str(finding)


GOVERNED: list[tuple[str, tuple[Any, ...], Any, str]] = [
    ("treasury", ("budget_of", CLASSIC), Budget(LIMITS._replace(cap=0)), "cap of classic"),
    ("treasury", ("budget_of", SIGNALS), Budget(HALF._replace(rate=1)), "rate of signals"),
    ("treasury", ("tournament_at", 1), CLASSIC, "tournament_at(1)"),
    ("classic", ("operator",), STRANGER, "operator"),
    ("signals", ("guardian",), STRANGER, "guardian"),
    *[("classic", ("bounds",), tuple(BOUNDS._replace(**{field: 17})), f"bounds.{field}") for field in BOUNDS._fields],
    ("timelock", ("get_minimum_delay",), 1, "get_minimum_delay"),
    ("timelock", ("hasRole", ROLES["PROPOSER_ROLE"], PROPOSER), False, f"hasRole(PROPOSER_ROLE, {PROPOSER})"),
    ("timelock", ("hasRole", ROLES["CANCELLER_ROLE"], PROPOSER), False, f"hasRole(CANCELLER_ROLE, {PROPOSER})"),
    ("timelock", ("hasRole", ROLES["EXECUTOR_ROLE"], EXECUTOR), False, f"hasRole(EXECUTOR_ROLE, {EXECUTOR})"),
    ("timelock", ("hasRole", ROLES["PROPOSER_ROLE"], ZERO_ADDRESS), True, "hasRole(PROPOSER_ROLE, anyone)"),
    ("timelock", ("hasRole", ROLES["CANCELLER_ROLE"], ZERO_ADDRESS), True, "hasRole(CANCELLER_ROLE, anyone)"),
    ("timelock", ("hasRole", ROLES["EXECUTOR_ROLE"], ZERO_ADDRESS), True, "hasRole(EXECUTOR_ROLE, anyone)"),
    *[("timelock", ("getRoleAdmin", ROLES[role]), b"\x01" * 32, f"getRoleAdmin({role})") for role in ROLES],
]


@pytest.mark.parametrize(("name", "call", "other", "what"), GOVERNED)
def test_check_record__getter_that_governance_may_change__is_worded_so(
    fake: FakeChain, name: str, call: tuple[Any, ...], other: Any, what: str
) -> None:
    fake.answers[(name, *call)] = other
    findings = check_record(RECORD, fake)
    assert differences(findings) == {(name, what, True)}
    assert not any(finding.is_fault for finding in findings)
    [finding] = [finding for finding in findings if not finding.agrees]
    assert str(finding).startswith(f"{name}: {what} was ")
    assert str(finding).endswith(" now, which governance may change")


@pytest.mark.parametrize("role", ["operator", "guardian"])
def test_check_record__deployer_became_operator_or_guardian__is_a_fault(fake: FakeChain, role: str) -> None:
    fake.answers["classic", role] = DEPLOYER
    findings = check_record(RECORD, fake)
    assert differences(findings) == {("classic", role, True), ("classic", f"deployer as {role}", False)}


def test_check_record__deployer_deployed_as_a_proposer__is_a_fault(fake: FakeChain) -> None:
    record = given("timelock", proposers=(PROPOSER, DEPLOYER))
    for role in ("PROPOSER_ROLE", "CANCELLER_ROLE"):
        fake.answers["timelock", "hasRole", ROLES[role], DEPLOYER] = True
    assert differences(check_record(record, fake)) == {
        ("timelock", "hasRole(PROPOSER_ROLE, deployer)", False),
        ("timelock", "hasRole(CANCELLER_ROLE, deployer)", False),
    }


@pytest.mark.parametrize("call", dict.fromkeys((name, *call) for name, call, *_ in [*FIXED, *GOVERNED]))
def test_check_record__getter_without_an_answer__is_a_fault(fake: FakeChain, call: tuple[Any, ...]) -> None:
    fake.answers[call] = CallFailed("reverted")
    differing = [finding for finding in check_record(RECORD, fake) if not finding.agrees]
    assert differing
    for finding in differing:
        assert finding.part == call[0]
        assert finding.is_fault
        assert str(finding).endswith(" and is without an answer (reverted)")


@pytest.mark.parametrize("answer", [None, 1, "True"])
def test_check_record__answer_of_another_type__is_a_fault(fake: FakeChain, answer: Any) -> None:
    fake.answers["timelock", "hasRole", ROLES["PROPOSER_ROLE"], PROPOSER] = answer
    [finding] = [finding for finding in check_record(RECORD, fake) if not finding.agrees]
    assert finding.is_fault


@pytest.mark.parametrize("answer", [None, (), tuple(BOUNDS)[:-1]])
def test_check_record__bounds_of_another_shape__are_faults(fake: FakeChain, answer: Any) -> None:
    fake.answers["classic", "bounds"] = answer
    expected = {("classic", f"bounds.{field}", False) for field in BOUNDS._fields}
    assert differences(check_record(RECORD, fake)) == expected


def test_check_record__some_supply_was_burned__agrees(fake: FakeChain) -> None:
    fake.answers["numeraire", "totalSupply"] = SUPPLY - NMR
    assert differences(check_record(RECORD, fake)) == set()


@pytest.mark.parametrize(
    ("name", "argument", "getter", "contract"),
    [
        ("treasury", "token", "TOKEN", "numeraire"),
        ("treasury", "owner", "owner", "timelock"),
        ("classic", "token", "TOKEN", "numeraire"),
        ("classic", "treasury", "TREASURY", "treasury"),
        ("classic", "owner", "owner", "timelock"),
        ("lens", "token", "TOKEN", "numeraire"),
        ("lens", "treasury", "TREASURY", "treasury"),
    ],
)
def test_check_record__built_for_a_contract_outside_the_record__is_a_fault(
    fake: FakeChain, name: str, argument: str, getter: str, contract: str
) -> None:
    fake.answers[name, getter] = STRANGER
    findings = check_record(given(name, **{argument: STRANGER}), fake)
    assert differences(findings) == {(name, getter, False), (name, f"argument {argument}", False)}
    assert {finding.expected for finding in findings if not finding.agrees} == {address(contract)}


def test_check_record__recorded_argument_is_not_what_was_given__is_found(fake: FakeChain) -> None:
    assert differences(check_record(given("classic", ring=32), fake)) == {("classic", "RING", False)}


def test_check_record__tournament_that_came_later__has_its_cap_from_governance(fake: FakeChain) -> None:
    findings = check_record(given("treasury", tournaments=(CLASSIC,), limits=(LIMITS._asdict(),)), fake)
    governed = {("treasury", f"{field} of signals", True) for field in Limits._fields}
    assert differences(findings) == governed | {("treasury", "tournament_count", True)}


def test_check_record__treasury_lists_another_tournament__may_be_governance(fake: FakeChain) -> None:
    fake.answers["treasury", "tournament_at", 1] = STRANGER
    assert differences(check_record(RECORD, fake)) == {("treasury", "tournament_at(1)", True)}


def test_check_record__fewer_limits_than_tournaments__is_a_fault(fake: FakeChain) -> None:
    findings = check_record(given("treasury", limits=(LIMITS._asdict(),)), fake)
    assert ("treasury", "number of argument limits", False) in differences(findings)


def test_check_record__part_without_getters_to_compare__only_its_code_is(fake: FakeChain) -> None:
    record = replace(RECORD, parts={**RECORD.parts, "buyback": part("buyback", "UniswapV2Filler", 105, {})})
    fake.codes[BUYBACK] = code_of("buyback")
    fake.answers["timelock", "hasRole", ADMIN, BUYBACK] = False
    findings = check_record(record, fake)
    assert [finding.what for finding in findings if finding.part == "buyback"] == ["code"]
    assert differences(findings) == set()


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (changed("timelock", arguments={}), "Timelock lacks the constructor argument delay"),
        (given("timelock", delay=True), "delay of Timelock is no integer: True"),
        (given("timelock", proposers=PROPOSER), f"proposers of Timelock is no list: {PROPOSER!r}"),
        (given("timelock", executors=(1,)), "executors of Timelock is no checksummed address: 1"),
        (given("treasury", limits=("1",)), "limits of Treasury is no object: '1'"),
        (given("classic", operator="nobody"), "operator of Tournament is no checksummed address: 'nobody'"),
        (given("classic", bounds=tuple(BOUNDS)), f"bounds of Tournament is no object: {tuple(BOUNDS)}"),
    ],
)
def test_check_record__argument_of_another_shape__is_refused(fake: FakeChain, record: Record, reason: str) -> None:
    with pytest.raises(RecordInvalid) as caught:
        check_record(record, fake)
    assert str(caught.value) == reason


def test_finding__that_agrees__says_what_is() -> None:
    assert str(Finding("classic", "RING", 64, 64, agrees=True)) == "classic: RING is 64"


def test_finding__of_bytes__shows_them_in_hex() -> None:
    finding = Finding("timelock", "getRoleAdmin(X)", b"\x01", b"\x02", agrees=False)
    assert str(finding) == "timelock: getRoleAdmin(X) should be 0x01 and is 0x02"
