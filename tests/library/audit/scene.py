# SPDX-License-Identifier: MIT
"""A node of the test's own: it serves the log of a reference suite as raw logs, and storage written from its views.

The slots are those that the compiler tells, so that a wrong one in the audit shows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_utils.abi import collapse_if_tuple, event_abi_to_log_topic
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from rlp import encode as rlp_encode
from trie import HexaryTrie
from vyper.cli.vyper_compile import compile_files

from nmr.chain.node import NodeError
from nmr.deploy.record import Compiler, Record
from nmr.deploy.suite import SuiteParameters, TournamentParameters
from nmr.protocol.reference import Event, Policy, ReferenceSuite, Setup
from nmr.protocol.reference.rounds import Terms
from nmr.protocol.reference.views import IDLE_ROW
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from tests.support.contracts import source_path
from tests.support.evm_suite import EvmSuite
from tests.support.example_suite import (
    BOUNDS,
    DEPLOYER,
    GUARDIAN,
    LIMITS,
    NUMERAIRE,
    OPERATOR,
    OWNER,
    RIVAL,
    STAKER,
    TERMS_CHECK,
    TOURNAMENT,
    TREASURY,
    created,
)

PROJECT = Path(__file__).parents[3]
TIMELOCK = OWNER
PROPOSER = STAKER
CHAIN_ID = 31_337
DELAY = 60
DEPLOYED = f"0x{64 * 'd'}"
LENS = created(5)
BLUEPRINT = created(6)
FACTORY = created(7)
BUYBACK = created(10)
"""Of the suites that have one; see `buyback_audit_scene`."""
CONTRACTS = {
    TIMELOCK: "Timelock",
    TREASURY: "Treasury",
    NUMERAIRE: "Numeraire",
    TOURNAMENT: "Tournament",
    FACTORY: "PoolFactory",
    BUYBACK: "Buyback",
}
PARTS = {
    TIMELOCK: "timelock",
    TREASURY: "treasury",
    NUMERAIRE: "numeraire",
    TERMS_CHECK: "terms-check",
    TOURNAMENT: "classic",
    LENS: "lens",
    FACTORY: "classic-pools",
}
PROPOSER_ROLE, OPERATION = keccak(text="PROPOSER_ROLE"), keccak(text="operation")
MODELS_A_WORD, COMPOUND_BITS, GROUPS, PAGES = 240, 240, 16_777_200, 279_620


@cache
def compiled() -> dict[str, dict[str, Any]]:
    """ABI and storage layout of each contract, by its name."""
    files = [str(source_path(name)) for name in (*CONTRACTS.values(), "Pool")]
    outputs = compile_files(files, ["abi", "layout"], paths=[str(PROJECT)])
    return {Path(path).stem: output for path, output in outputs.items()}


@cache
def abis() -> dict[str, list[Any]]:
    """The events of each contract."""
    return {name: [item for item in each["abi"] if item["type"] == "event"] for name, each in compiled().items()}


@cache
def slots(contract: str) -> dict[str, int]:
    """Where the compiler puts each variable of a contract."""
    found: dict[str, int] = {}

    def walk(layout: dict[str, Any]) -> None:
        for name, value in layout.items():
            if "slot" in value:
                found[name] = value["slot"]
            else:
                walk(value)

    walk(compiled()[contract]["layout"]["storage_layout"])
    return found


class FakeNode:
    """JSON-RPC over one reference suite; `fail` makes the next calls of a method raise, in order."""

    def __init__(self, world: ReferenceSuite) -> None:
        self.world = world
        events = [*_roles(world.events[0].timestamp), *(replace(e, block=e.block + 1) for e in world.events)]
        self.logs = [_raw(event) for event in events]
        self.times = {
            int(log["blockNumber"], 16): event.timestamp for log, event in zip(self.logs, events, strict=True)
        }
        self.head = max(self.times) + 3
        self.storage = dict(_storage(world))
        self.deploy()
        self.client = "Geth/v1.16.0"
        self.chain_id = CHAIN_ID
        self.zeros: set[tuple[str, int]] = set()
        self.fork = 0
        self.fork_from = 1
        self.limit: int | None = None
        self.fail: dict[str, list[Exception]] = {}
        self.asked: list[str] = []

    def deploy(self) -> None:
        """Take code, and the transactions that created it, from a real deployment."""
        self.deployed = self._deployed(self.world.deployment.tournaments[TOURNAMENT])
        self.parts = {name: replace(part, block=0) for name, part in self.deployed.record.parts.items()}
        addresses = [*(part.address.lower() for part in self.parts.values()), BLUEPRINT]
        self.codes = {address: self.deployed.code_at(address) for address in addresses}

    def sleepless(self, _: float) -> None:
        """Instead of a pause: this node is never late by itself."""
        raise AssertionError("there is nothing to wait for")

    @property
    def record(self) -> Record:
        """The record of the suite, as it was written when it was deployed."""
        compiler = Compiler("vyper", "0.4.3", "prague", "gas")
        return Record(self.chain_id, "ethereum", "local", to_checksum_address(DEPLOYER), 0, compiler, self.parts)

    def _deployed(self, setup: Setup) -> EvmSuite:
        return deployed(setup)

    def reorganise(self, first: int) -> None:
        """Let blocks from `first` on be others with the same content."""
        self.fork += 1
        self.fork_from = first

    def hash_of(self, number: int) -> str:
        """The hash of a block."""
        fork = self.fork if number >= self.fork_from else 0
        return f"0x{keccak(text=f'block {number} of fork {fork}').hex()}"

    def ask(self, method: str, *parameters: Any) -> Any:
        """One answer."""
        self.asked.append(method)
        if self.fail.get(method):
            raise self.fail[method].pop(0)
        return self._answer(method, parameters)

    def ask_all(self, method: str, parameters: Sequence[Sequence[Any]]) -> list[Any]:
        """Many answers; a failure is one of the whole batch."""
        self.asked.append(method)
        if self.fail.get(method):
            raise self.fail[method].pop(0)
        return [self._answer(method, each) for each in parameters]

    def _answer(self, method: str, parameters: Sequence[Any]) -> Any:
        answer = getattr(self, f"_{method}", None)
        if answer is None:
            raise NodeError(method, -32_601, "the method does not exist")
        return answer(*parameters)

    def _web3_clientVersion(self) -> str:  # noqa: N802 - as the method is called
        return self.client

    def _eth_chainId(self) -> str:  # noqa: N802
        return hex(self.chain_id)

    def _eth_blockNumber(self) -> str:  # noqa: N802
        return hex(self.head)

    def _eth_getBlockByNumber(self, number: str, _: bool) -> Any:  # noqa: N802
        at = int(number, 16)
        if at > self.head:
            return None
        known = [time for block, time in self.times.items() if block <= at]
        return {"number": number, "hash": self.hash_of(at), "timestamp": hex(max(known))}

    def _eth_getLogs(self, scope: dict[str, Any]) -> list[dict[str, Any]]:  # noqa: N802
        first, last = int(scope["fromBlock"], 16), int(scope["toBlock"], 16)
        if self.limit is not None and last - first >= self.limit:
            raise NodeError("eth_getLogs", -32_005, "query returned more than 10000 results")
        wanted = {address.lower() for address in scope["address"]}
        return [
            {**log, "blockHash": self.hash_of(int(log["blockNumber"], 16))}
            for log in self.logs
            if log["address"] in wanted and first <= int(log["blockNumber"], 16) <= last
        ]

    def _eth_getCode(self, address: str, _: str) -> str:  # noqa: N802
        return f"0x{self.codes[address.lower()].hex()}"

    def _eth_getStorageAt(self, address: str, slot: str, block: str) -> str:  # noqa: N802
        assert int(block, 16) <= self.head
        return f"{self.storage.get((address.lower(), int(slot, 16)), 0):#066x}"

    def _eth_getTransactionByHash(self, transaction: str) -> Any:  # noqa: N802
        found = self.deployed.node.ask("eth_getTransactionByHash", transaction)
        return None if found is None else {**found, "blockNumber": "0x0"}

    def _eth_getProof(self, address: str, keys: list[str], block: str) -> dict[str, Any]:  # noqa: N802
        trie = HexaryTrie({})
        for (at, slot), word in self.storage.items():
            if at == address.lower() and word:
                trie[keccak(slot.to_bytes(32, "big"))] = rlp_encode(word)
        # As anvil, which keeps words that were zeroed.
        for at, slot in self.zeros:
            if at == address.lower():
                trie[keccak(slot.to_bytes(32, "big"))] = rlp_encode(0)
        code = self.codes[address.lower()]
        return {
            "storageHash": f"0x{trie.root_hash.hex()}",
            "codeHash": f"0x{keccak(code).hex()}",
            "accountProof": [],
            "storageProof": [
                {"key": key, "value": "0x0", "proof": proof_of(trie, keccak(bytes.fromhex(key[2:])))} for key in keys
            ],
        }

    def log_index(self, name: str, nth: int = -1) -> int:
        """Where in the list of logs the last (or nth) log of an event is."""
        topics = {
            f"0x{event_abi_to_log_topic(event).hex()}"
            for each in abis().values()
            for event in each
            if event["name"] == name
        }
        return [i for i, log in enumerate(self.logs) if log["topics"][0] in topics][nth]


@cache
def deployed(setup: Setup) -> EvmSuite:
    """A suite that was deployed with what the reference's was given."""
    tournament = TournamentParameters(
        *(to_checksum_address(role) for role in (OPERATOR, GUARDIAN)),
        setup.ring,
        setup.min_stake,
        LIMITS,
        BOUNDS,
        setup.first_round,
    )
    members = (to_checksum_address(PROPOSER),)
    holders = {to_checksum_address(STAKER): 4_000_000 * NMR, to_checksum_address(RIVAL): 3_000_000 * NMR}
    decided = SuiteParameters(DELAY, members, members, holders, {"classic": tournament}, setup.hour)
    return EvmSuite(chain_id=CHAIN_ID, buyback=False, decided=decided)


def proof_of(trie: HexaryTrie, key: bytes) -> list[str]:
    """The nodes of a trie on the way to a key."""
    return [f"0x{rlp_encode(node).hex()}" for node in trie.get_proof(key) if node != b""]


def entry(slot: int, *keys: int) -> int:
    """An entry of nested HashMaps."""
    for key in keys:
        slot = int.from_bytes(keccak(slot.to_bytes(32, "big") + key.to_bytes(32, "big")), "big")
    return slot


def _roles(timestamp: int) -> list[Event]:
    """What the constructors log about roles, which the reference does not."""
    at = {"block": 0, "timestamp": timestamp, "transaction": DEPLOYED}
    granted = {"role": PROPOSER_ROLE, "account": PROPOSER, "sender": OWNER}
    scheduled = {"id": OPERATION, "index": 0, "target": TREASURY, "amount": 0, "payload": b"", "predecessor": bytes(32)}
    owned = {"previous_owner": ZERO_ADDRESS, "new_owner": OWNER}
    found = [
        (TIMELOCK, "RoleGranted", granted),
        (TIMELOCK, "MinimumDelayChange", {"old_duration": 0, "new_duration": DELAY}),
        (TIMELOCK, "CallScheduled", {**scheduled, "delay": DELAY}),
        (TREASURY, "OwnershipTransferred", owned),
        (NUMERAIRE, "OwnershipTransferred", {**owned, "new_owner": ZERO_ADDRESS}),
        (TOURNAMENT, "OwnershipTransferred", owned),
    ]
    return [
        Event(name=name, args=args, address=address, log_index=i, **at) for i, (address, name, args) in enumerate(found)
    ]


def _raw(event: Event) -> dict[str, Any]:
    """An event as a node tells its log."""
    [abi] = [each for each in abis()[CONTRACTS[event.address]] if each["name"] == event.name]
    indexed = [field for field in abi["inputs"] if field["indexed"]]
    plain = [field for field in abi["inputs"] if not field["indexed"]]
    topics = [event_abi_to_log_topic(abi), *(encode([each["type"]], [event.args[each["name"]]]) for each in indexed)]
    data = encode([collapse_if_tuple(dict(each)) for each in plain], [_abi_value(event.args[f["name"]]) for f in plain])
    return {
        "address": event.address,
        "topics": [f"0x{topic.hex()}" for topic in topics],
        "data": f"0x{data.hex()}",
        "blockNumber": hex(event.block),
        "logIndex": hex(event.log_index),
        "transactionHash": event.transaction,
    }


def _abi_value(value: Any) -> Any:
    return tuple(value) if isinstance(value, tuple | list) else value


def _word(value: int | str) -> bytes:
    return (int(value, 16) if isinstance(value, str) else value).to_bytes(32, "big")


def _storage(world: ReferenceSuite) -> Iterable[tuple[tuple[str, int], int]]:
    """Every word that the contracts would hold, by the reference's views."""
    at = {address: slots(name) for address, name in CONTRACTS.items()}
    lock, treasury, token = at[TIMELOCK], at[TREASURY], at[NUMERAIRE]
    start = world.events[0].timestamp
    yield (TIMELOCK, entry(lock["hasRole"], int.from_bytes(PROPOSER_ROLE, "big"), int(PROPOSER, 16))), 1
    yield (TIMELOCK, lock["get_minimum_delay"]), DELAY
    yield (TIMELOCK, entry(lock["get_timestamp"], int.from_bytes(OPERATION, "big"))), start + DELAY
    for owned in (TREASURY, TOURNAMENT):
        yield (owned, at[owned]["owner"]), int(OWNER, 16)
    yield (NUMERAIRE, token["totalSupply"]), world.numeraire.total_supply
    for holder, amount in world.numeraire.balances.held.items():
        yield (NUMERAIRE, entry(token["balanceOf"], int(holder, 16))), amount
    yield (TREASURY, treasury["reserved"]), world.treasury.reserved()
    yield (TREASURY, treasury["tournament_count"]), len(world.treasury.tournaments())
    for index, tournament in enumerate(world.treasury.tournaments()):
        yield (TREASURY, entry(treasury["tournament_at"], index)), int(tournament, 16)
        yield (TREASURY, entry(treasury["listed"], int(tournament, 16))), index + 1
    reserves = world.treasury.books
    for tournament, budget in reserves.budgets.items():
        first = entry(treasury["budgets"], int(tournament, 16))
        for offset, amount in enumerate((*budget.limits, budget.used, budget.at)):
            yield (TREASURY, first + offset), amount
        running = sum(owner == tournament and grant.left > 0 for (owner, _), grant in reserves.reservations.items())
        yield (TREASURY, entry(treasury["running"], int(tournament, 16))), running
    for (tournament, number), grant in reserves.reservations.items():
        first = entry(treasury["grants"], int(tournament, 16), number)
        for offset, amount in enumerate((grant.granted, grant.released, grant.left)):
            yield (TREASURY, first + offset), amount
    for slot, value in _tournament(world):
        yield (TOURNAMENT, slot), value


def _tournament(world: ReferenceSuite) -> Iterable[tuple[int, int]]:
    at, tournament = slots("Tournament"), world.tournaments[TOURNAMENT]
    ring, books = tournament.books.rounds.ring, tournament.books
    yield at["paused_at"], books.pause.since
    yield at["paused_until"], tournament.paused_until
    yield at["rested_at"], tournament.rested_at
    yield at["operator"], int(tournament.operator, 16)
    yield at["guardian"], int(tournament.guardian, 16)
    yield at["model_count"], tournament.model_count
    yield at["last_opened"], tournament.last_opened
    yield at["idle_sum"], tournament.idle_total() // 10**9
    for offset, bound in enumerate(books.bounds):
        yield at["bounds"] + offset, bound
    told = [event for event in world.events if event.address == TOURNAMENT and event.name == "Voided"]
    voided = {event.args["round"]: event.timestamp for event in told}
    compounding: dict[int, int] = {}
    submitted: dict[tuple[int, int], int] = {}
    targets: dict[int, int] = {}
    for model in range(tournament.model_count):
        yield entry(at["owner_of"], model), int(tournament.owner_of(model), 16)
        yield entry(at["submitter_of"], model), int(tournament.submitter_of(model), 16)
        yield entry(at["offered_to"], model), int(tournament.offered_to(model), 16)
        policy: Policy = tournament.policy_of(model)
        targets[model // 4] = targets.get(model // 4, 0) | policy.target // 10**9 << 60 * (model % 4)
        page, bit = divmod(model, COMPOUND_BITS)
        compounding[page] = compounding.get(page, 0) | policy.compound << bit
        for number in books.rounds.records:
            if tournament.submitted(number, model):
                key = number % (2 * ring), model // MODELS_A_WORD
                tagged = submitted.get(key, number << MODELS_A_WORD)
                submitted[key] = tagged | 1 << model % MODELS_A_WORD
    groups = -(-tournament.model_count // 4)
    for group, word in enumerate(tournament.words(IDLE_ROW, 0, groups)):
        yield at["idle"] + group, word | 1 << 240  # the contract keeps used words from becoming zero
    for place in range(ring):
        for group, word in enumerate(tournament.words(place, 0, groups)):
            yield at["positions"] + place * GROUPS + group, word
        latest = tournament.next_round(place) - ring
        if latest in books.rounds.records:
            # What a void of an open round takes away, a later one does not.
            locks_at = books.rounds[latest].terms.locks_at
            until = 0 if voided.get(latest, locks_at) < locks_at else locks_at
            yield at["turns"] + place, latest + ring | until << 32
    for group, word in targets.items():
        yield at["targets"] + group, word
    for page, word in compounding.items():
        yield at["compounding"] + page, word
    for (place, page), word in submitted.items():
        yield at["words"] + place * PAGES + page, word
    for number in books.rounds.records:
        info = tournament.round_info(number)
        in_gwei = info._replace(staked=info.staked // 10**9, at_risk=info.at_risk // 10**9)
        for offset, value in enumerate([*in_gwei.terms, *in_gwei[1:]]):
            yield (
                entry(at["book"], number) + offset,
                int.from_bytes(value, "big") if isinstance(value, bytes) else value,
            )
    for number, waiting in books.stakes.staked.items():
        if number not in books.rounds.records:
            yield entry(at["book"], number) + len(Terms._fields), waiting
