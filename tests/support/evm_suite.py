# SPDX-License-Identifier: MIT
"""The suite deployed on a chain of py-evm by its builds, with a buyback on a pair of Uniswap V2, and its record.

A test may forge a contract: see `Forge`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from eth_abi.abi import decode, encode
from eth_account.signers.local import LocalAccount
from eth_hash.auto import keccak
from eth_utils.abi import collapse_if_tuple, function_abi_to_4byte_selector
from eth_utils.address import to_checksum_address
from rlp import encode as rlp_encode
from vyper.cli.vyper_compile import compile_files

from nmr.chain.blueprints import blueprint_creation
from nmr.chain.builds import build
from nmr.deploy.record import Compiler, PartRecord, Record, hash_of
from nmr.deploy.suite import SuiteParameters, TournamentParameters, default_bounds, deploy_suite
from nmr.protocol.reference.buyback import PRICE, Programme
from nmr.protocol.reference.rounds import Terms
from nmr.protocol.reference.treasury import Limits
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR, RATIO, SUPPLY
from tests.support.contracts import source_path
from tests.support.evm_node import EvmNode, account

PROJECT = Path(__file__).parents[2]
CHAIN_ID = 4_242
DAY = 86_400
DEPLOYER, OPERATOR, GUARDIAN, PROPOSER, STAKER, RIVAL, MARKET, THIEF = map(account, range(1, 9))
ACCOUNTS = (DEPLOYER, OPERATOR, GUARDIAN, PROPOSER, STAKER, RIVAL, MARKET, THIEF)
DOLLAR = 10**6
LIMITS = Limits(100_000 * NMR, 600_000 * NMR, 100_000 * NMR)
PROGRAMME = Programme(
    lifetime_cap=1_000_000 * DOLLAR,
    lot_cap=5_000 * DOLLAR,
    min_lot=100 * DOLLAR,
    length=3_600,
    gap=3_600,
    discount=500,
    premium=200,
    max_price=40 * PRICE,
    max_age=2 * DAY,
    restart_delay=0,
    burns=False,
)
TWAP = (1_800, 7_200, 300, 200_000 * DOLLAR)
"""Window, longest window, deviation and least reserve of the feed."""

Forge = Callable[[bytes, bytes], bytes]
"""Makes the code that is deployed instead, of what creates a contract and of its encoded arguments."""


@dataclass(frozen=True)
class Handle:
    """A contract that was deployed."""

    name: str
    address: str
    transaction: str
    block: int
    arguments: tuple[Any, ...]


class Chain(Protocol):
    """A chain on which something is deployed."""

    def ask(self, method: str, *parameters: Any) -> Any:
        """The answer to one request."""

    def send(self, account: LocalAccount, to: str | None, data: bytes) -> dict[str, Any]:
        """Put a transaction of an account into a block, and give its receipt."""


@dataclass
class EvmDeployer:
    """An account that deploys builds on a chain; some of them forged, by their contracts' names."""

    node: Chain
    account: LocalAccount
    forge: Mapping[str, Forge] = field(default_factory=dict)
    gas: dict[str, int] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return str(self.account.address)

    @property
    def nonce(self) -> int:
        return int(self.node.ask("eth_getTransactionCount", self.address), 16)

    def predict(self, nonce: int) -> str:
        return str(to_checksum_address(keccak(rlp_encode([bytes.fromhex(self.address[2:]), nonce]))[12:]))

    def deploy(self, name: str, arguments: Sequence[Any]) -> Handle:
        code, inputs = creation_of(name)
        encoded = encode([collapse_if_tuple(each) for each in inputs], arguments)
        data = self.forge[name](code, encoded) if name in self.forge else code + encoded
        receipt = self.node.send(self.account, None, data)
        address = str(to_checksum_address(receipt["contractAddress"]))
        return Handle(name, address, receipt["transactionHash"], int(receipt["blockNumber"], 16), tuple(arguments))

    def declare(self, name: str) -> str:
        code, _ = creation_of(name)
        data = self.forge[f"blueprint of {name}"](code, b"") if f"blueprint of {name}" in self.forge else code
        receipt = self.node.send(self.account, None, blueprint_creation(data))
        self.gas[f"blueprint of {name}"] = int(receipt["cumulativeGasUsed"], 16)
        return str(to_checksum_address(receipt["contractAddress"]))


class EvmSuite:
    """The suite, a buyback with its feed and filler, a pool, and what people do with them."""

    def __init__(
        self,
        *,
        chain_id: int = CHAIN_ID,
        forge: Mapping[str, Forge] | None = None,
        buyback: bool = True,
        decided: SuiteParameters | None = None,
        more: Sequence[LocalAccount] = (),
    ) -> None:
        self.node = EvmNode(chain_id, (*ACCOUNTS, *more))
        self.deployer = EvmDeployer(self.node, DEPLOYER, forge or {})
        suite = deploy_suite(self.deployer, decided or parameters())
        self.handles: dict[str, Handle] = {name: part.handle for name, part in suite.parts.items()}
        if buyback:
            self._deploy_buyback()

    def _deploy_buyback(self) -> None:
        numeraire = self["numeraire"].address
        coin = self.deployer.deploy("Stablecoin", (6, MARKET.address, 10_000_000 * DOLLAR))
        self.stablecoin = coin.address
        self.pair = self._deploy_pair(numeraire, coin.address)
        deploy, handles = self.deployer.deploy, self.handles
        handles["buyback-feed"] = deploy("UniswapV2TwapFeed", (self.pair, numeraire, *TWAP))
        owner = (self["timelock"].address, GUARDIAN.address)
        arguments = (numeraire, self["treasury"].address, *owner, coin.address, handles["buyback-feed"].address)
        handles["buyback"] = deploy("Buyback", (*arguments, ZERO_ADDRESS, tuple(PROGRAMME)))
        handles["buyback-filler"] = deploy("UniswapV2Filler", (handles["buyback"].address, self.pair))

    def _deploy_pair(self, *tokens: str) -> str:
        """A pool with liquidity."""
        factory = self.deployer.deploy("UniswapV2Factory", (DEPLOYER.address,))
        self.call(factory, "createPair", *tokens, sender=DEPLOYER)
        address = to_checksum_address(self.read(factory, "getPair", *tokens))
        pair = Handle("UniswapV2Pair", address, "", 0, ())
        self.call(self["numeraire"], "transfer", pair.address, 50_000 * NMR, sender=MARKET)
        coin = Handle("Stablecoin", self.stablecoin, "", 0, ())
        self.call(coin, "transfer", pair.address, 750_000 * DOLLAR, sender=MARKET)
        self.call(pair, "mint", MARKET.address, sender=MARKET)
        return pair.address

    def __getitem__(self, name: str) -> Handle:
        return self.handles[name]

    def call(self, handle: Handle, function: str, *arguments: Any, sender: LocalAccount) -> dict[str, Any]:
        """Send a call, and give its receipt."""
        return self.node.send(sender, handle.address, calldata(handle.name, function, arguments))

    def read(self, handle: Handle, function: str, *arguments: Any) -> Any:
        """What a view says."""
        [entry] = [each for each in abi_of(handle.name) if each.get("name") == function]
        call = {"to": handle.address, "data": f"0x{calldata(handle.name, function, arguments).hex()}"}
        answer = self.node.ask("eth_call", call)
        values = decode([collapse_if_tuple(each) for each in entry["outputs"]], bytes.fromhex(answer[2:]))
        return values[0] if len(values) == 1 else values

    def play(self) -> None:
        """A round that is opened, staked in, submitted to and locked, an approval, and a model of a rival."""
        numeraire, classic = self["numeraire"], self["classic"]
        for staker in (STAKER, RIVAL):
            self.call(numeraire, "approve", classic.address, 2**256 - 1, sender=staker)
            self.call(classic, "register", "model", ZERO_ADDRESS, sender=staker)
        self.call(classic, "deposit", 0, 100 * NMR, STAKER.address, sender=STAKER)
        self.call(classic, "deposit", 1, 50 * NMR, RIVAL.address, sender=RIVAL)
        self.call(classic, "open_round", 0, tuple(terms(self.node.now)), b"\6" * 32, sender=OPERATOR)
        self.call(classic, "set_policy", 0, 40 * NMR, True, sender=STAKER)
        self.call(classic, "enter", [0], sender=STAKER)
        self.call(classic, "submit", [0], [b"\1" * 32], sender=STAKER)
        self.call(classic, "withdraw", 1, 50 * NMR, RIVAL.address, sender=RIVAL)
        self.node.wait(2 * DAY + 3_600)
        self.call(classic, "lock", 0, sender=RIVAL)

    @property
    def record(self) -> Record:
        """The record, as a deployer would write it."""
        return record_of_handles(self.deployer, self.handles, self.node.chain_id, "evm")

    def code_at(self, address: str) -> bytes:
        """The code at an address."""
        return bytes.fromhex(self.node.ask("eth_getCode", address, "latest")[2:])

    def part(self, handle: Handle) -> PartRecord:
        """The record of a part."""
        return _part_record(self.node, handle)


def record_of_handles(deployer: EvmDeployer, handles: Mapping[str, Handle], chain_id: int, network: str) -> Record:
    """The record of what was deployed."""
    parts = {name: _part_record(deployer.node, handle) for name, handle in handles.items()}
    return Record(
        chain_id=chain_id,
        ecosystem="ethereum",
        network=network,
        deployer=deployer.address,
        first_block=min(part.block for part in parts.values()),
        compiler=Compiler("vyper", "0.4.3", "prague", "gas"),
        parts=parts,
    )


def _part_record(node: Chain, handle: Handle) -> PartRecord:
    inputs = creation_of(handle.name)[1]
    arguments = {each["name"]: _recorded(each, value) for each, value in zip(inputs, handle.arguments, strict=True)}
    code = bytes.fromhex(node.ask("eth_getCode", handle.address, "latest")[2:])
    return PartRecord(handle.name, handle.address, handle.transaction, handle.block, arguments, hash_of(code))


def parameters() -> SuiteParameters:
    """One tournament; the treasury keeps three million."""
    holders = {STAKER.address: 1_000_000 * NMR, RIVAL.address: 1_000_000 * NMR}
    holders[MARKET.address] = SUPPLY - 5_000_000 * NMR
    tournament = TournamentParameters(OPERATOR.address, GUARDIAN.address, 4, NMR // 10, LIMITS, default_bounds())
    return SuiteParameters(3 * DAY, (PROPOSER.address,), (PROPOSER.address,), holders, {"classic": tournament})


def terms(now: int) -> Terms:
    """Terms of a round that is open for two days."""
    return Terms(5_000, 20_000, RATIO // 20, 0, b"\7" * 32, *(now + days * DAY for days in (2, 4, 12)), DAY)


def calldata(contract: str, function: str, arguments: Sequence[Any]) -> bytes:
    """The data of a call."""
    [entry] = [
        each
        for each in abi_of(contract)
        if each.get("name") == function and len(each["inputs"]) == len(arguments) and each["type"] == "function"
    ]
    types = [collapse_if_tuple(each) for each in entry["inputs"]]
    return bytes(function_abi_to_4byte_selector(entry)) + encode(types, arguments)


@cache
def abi_of(contract: str) -> list[dict[str, Any]]:
    """The ABI of a contract: of the suite, a mock, or Uniswap's pair."""
    return [dict(each) for each in _compiled(contract)[0]]


def creation_of(contract: str) -> tuple[bytes, list[dict[str, Any]]]:
    """What creates a contract, and what its constructor takes."""
    inputs = [each["inputs"] for each in abi_of(contract) if each["type"] == "constructor"]
    return _compiled(contract)[1], inputs[0] if inputs else []


@cache
def _compiled(contract: str) -> tuple[Any, bytes]:
    if contract in ("UniswapV2Pair", "UniswapV2Factory"):
        path = PROJECT / "node_modules" / "@uniswap" / "v2-core" / "build" / f"{contract}.json"
        content = json.loads(path.read_text())
        return content["abi"], bytes.fromhex(content["evm"]["bytecode"]["object"])
    if contract in ("Stablecoin", "SettableFeed"):
        output = compile_files([str(source_path(contract))], ["abi", "bytecode"], paths=[str(PROJECT)])
        [found] = output.values()
        return found["abi"], bytes.fromhex(found["bytecode"][2:])
    built = build(contract)
    return built.abi, built.creation_code


def _recorded(field: Mapping[str, Any], value: Any) -> Any:
    if field["type"].endswith("[]"):
        return tuple(_recorded({**field, "type": field["type"][:-2]}, each) for each in value)
    if field["type"] == "tuple":
        return {part["name"]: _recorded(part, each) for part, each in zip(field["components"], value, strict=True)}
    return tuple(value) if isinstance(value, list | tuple) else value
