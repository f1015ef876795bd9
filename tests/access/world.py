# SPDX-License-Identifier: MIT
"""The whole suite on titanoboa, with everybody who may call it, and what a call came to."""

import gc
from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

from boa.contracts.vyper.vyper_contract import VyperContract
from boa.util.abi import Address, abi_decode, abi_encode
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from nmr.buyback.pool import Pool, read_artifact
from nmr.deploy.suite import SuiteParameters, TournamentParameters, default_bounds, deploy_suite
from nmr.protocol.reference import UNLIMITED, Limits
from nmr.protocol.reference.buyback import SHORTEST_RESTART_DELAY
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR
from tests.access import rules
from tests.access.rules import CALLERS, CONTRACT, NOTHING, OWNER, SILENT
from tests.stateful.chain import BoaDeployer, Chain, compiled
from tests.support.actors import account
from tests.support.programme import DOLLAR, FEED_DECIMALS, FIFTEEN, programme

START: Final = 1_700_000_000
HOUR: Final = 60
"""Seconds in an hour of the tournament's hard limits."""
FIRST_ROUND: Final = 7
HELD: Final = 10_000 * NMR
"""What each caller has of NMR."""
CAP: Final = 5_000 * NMR
MIN_STAKE: Final = NMR
DELAY: Final = 600
"""Of the timelock, seconds."""
RESERVED_ROUND: Final = 40_000
"""A round that the tournament has a reservation for, and that no scene gets to."""
WINDOW, MAX_WINDOW = 1_800, 86_400
POOL_NMR, POOL_DOLLARS = 50_000 * NMR, 650_000 * DOLLAR
"""$13 for an NMR, less than a lot of the buyback pays from its first moment on: $14.25."""
MODELS: Final = range(4)
"""One group: of the model owner 0 and 2, of the other model owner 1 and 3."""

_EOAS: Final = (
    *(caller for caller in CALLERS if caller not in (OWNER, CONTRACT)),
    *(rules.MANAGER, rules.BACKER, rules.OTHER_GUARDIAN),
)
_ERROR: Final = keccak(b"Error(string)")[:4]


class Reply(NamedTuple):
    """What a call came to: None if it did something, else why not, and whatever it returned."""

    reason: str | None
    output: bytes


class World:
    """Contracts by name, callers by role."""

    def __init__(self) -> None:
        self.chain = Chain(START)
        self.env = self.chain.env
        self.keys: dict[str, LocalAccount] = {caller: account(caller) for caller in _EOAS}
        self.who: dict[str, str] = {caller: key.address for caller, key in self.keys.items()}
        self.deployer = BoaDeployer(self.env, self.who[rules.DEPLOYER])
        self.contracts: dict[str, VyperContract] = {}
        self._deploy_suite()
        self._deploy_market()
        self._give_roles()
        self._create_pool()

    def __getitem__(self, name: str) -> VyperContract:
        """A contract."""
        return self.contracts[name]

    def address(self, name: str) -> str:
        """A contract's address."""
        return str(self.contracts[name].address)

    # calls

    def data(self, contract: str, function: str, arguments: Sequence[Any]) -> bytes:
        """What a call sends."""
        return getattr(self[contract], function).prepare_calldata(*arguments)

    def send(self, caller: str, contract: str, data: bytes) -> Reply:
        """Let a caller send a transaction to a contract; the one that is a contract itself does so from within."""
        if caller != CONTRACT:
            return self.transact(self.who[caller], self.address(contract), data)
        inner = abi_encode("(address,bytes)", (Address(self.address(contract)), data))
        done = self.transact(self.who[rules.STRANGER], self.who[CONTRACT], keccak(b"call(address,bytes)")[:4] + inner)
        assert done.reason in (None, NOTHING)
        output = self.chain.view(self["CallingFiller"], "response")
        if not self.chain.view(self["CallingFiller"], "succeeded"):
            return Reply(_reason(output), output)
        return Reply(done.reason, output)

    def ask(self, caller: str, contract: str, data: bytes) -> Reply:
        """Let a caller call a view."""
        done = self.env.execute_code(
            to_address=self.address(contract), sender=self.who[caller], data=data, is_modifying=False
        )
        return Reply(_reason(done.output) if done.is_error else None, done.output)

    def transact(self, sender: str, target: str, data: bytes, value: int = 0) -> Reply:
        """Send a transaction, with ether or without, from any address whatever."""
        done = self.env.execute_code(to_address=target, sender=sender, data=data, value=value)
        if done.is_error:
            return Reply(_reason(done.output), done.output)
        return Reply(None if done.get_raw_log_entries() else NOTHING, done.output)

    def do(self, caller: str, contract: str, function: str, *arguments: Any) -> None:
        """A call of a scene, which has to go through."""
        reply = self.send(caller, contract, self.data(contract, function, arguments))
        assert reply.reason is None, f"{caller}: {contract}.{function}{arguments}: {reply.reason!r}"

    def tell_feed(self, answer: int) -> None:
        """Let the buyback's feed say a price, at this moment."""
        self.raw(self.who[rules.DEPLOYER], self.address("Feed"), "set(int256)", answer)

    def tell_sequencer(self, answer: int) -> None:
        """Let the feed of the sequencer say that it is up, which is 0, or down, and for ages."""
        signature = "set_round(uint80,int256,uint256,uint80)"
        self.raw(self.who[rules.DEPLOYER], self.address("SequencerFeed"), signature, 1, answer, 1, 1)

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.chain.now += seconds

    def raw(self, sender: str, target: str, signature: str, *arguments: Any) -> bytes:
        """A call of a contract that is known by the signatures of its functions only."""
        kinds = signature[signature.index("(") :]
        data = keccak(signature.encode())[:4] + abi_encode(kinds, arguments)
        reply = self.transact(sender, target, data)
        assert reply.reason in (None, NOTHING), f"{signature}: {reply.reason!r}"
        return reply.output

    def sell_to_pool(self, amount: int) -> None:
        """Let the deployer sell NMR to the pool."""
        deployer = Address(self.who[rules.DEPLOYER])
        held = abi_decode("(uint112,uint112,uint32)", self.raw(deployer, self.pair, "getReserves()"))
        nmr, stablecoin = held[:2] if self.nmr_first else held[1::-1]
        dollars = Pool(stablecoin=stablecoin, nmr=nmr).sold_for(amount)
        self.do(rules.DEPLOYER, "Numeraire", "transfer", self.pair, amount)
        out = (0, dollars) if self.nmr_first else (dollars, 0)
        self.raw(deployer, self.pair, "swap(uint256,uint256,address,bytes)", *out, deployer, b"")

    def written(self) -> dict[tuple[str, int], int]:
        """The words that were written since the scene began, as they are now, but for the notes of who calls."""
        trace = self.env.sstore_trace
        return self.words(
            (address, slot) for address in trace if address != self.who[CONTRACT] for slot in trace[address]
        )

    def words(self, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """The words of storage at some places: addresses and slots."""
        state = self.env.evm.vm.state
        return {
            (address, slot): state.get_storage(Address(address).canonical_address, slot) for address, slot in places
        }

    # how it is set up

    def _deploy_suite(self) -> None:
        def tournament(operator: str, guardian: str) -> TournamentParameters:
            return TournamentParameters(
                operator,
                guardian,
                ring=1,
                min_stake=MIN_STAKE,
                limits=Limits(CAP, 2 * CAP, CAP),
                bounds=default_bounds(HOUR),
                first_round=FIRST_ROUND,
            )

        suite = deploy_suite(
            self.deployer,
            SuiteParameters(
                delay=DELAY,
                proposers=(self.who[rules.PROPOSER],),
                executors=(self.who[rules.EXECUTOR],),
                holders={self.who[rules.DEPLOYER]: 5_000_000 * NMR},
                tournaments={
                    "classic": tournament(self.who[rules.OPERATOR], self.who[rules.GUARDIAN]),
                    "signals": tournament(self.who[rules.NEIGHBOUR], self.who[rules.OTHER_GUARDIAN]),
                },
                hour=HOUR,
            ),
        )
        self.contracts |= {
            "Timelock": suite.timelock,
            "Treasury": suite.treasury,
            "Numeraire": suite.numeraire,
            "Tournament": suite["classic"],
            "OtherTournament": suite["signals"],
            "TermsCheck": suite.terms_check,
            "Lens": suite.lens,
            "PoolFactory": suite.factory("signals"),
        }
        self.who |= {
            OWNER: self.address("Timelock"),
            rules.TOURNAMENT: self.address("Tournament"),
            rules.OTHER_TOURNAMENT: self.address("OtherTournament"),
            rules.TREASURY: self.address("Treasury"),
        }

    def _deploy_market(self) -> None:
        """A stablecoin, its pool with NMR on Uniswap V2, two feeds, the buyback with its filler, a calling contract."""
        deploy, deployer, numeraire = self.deployer.deploy, self.who[rules.DEPLOYER], self.address("Numeraire")
        coin = deploy("Stablecoin", [6, deployer, 10_000_000 * DOLLAR])
        self.contracts["Stablecoin"] = coin
        creation = read_artifact(Path(__file__).parents[2], "UniswapV2Factory").creation_code
        factory, _ = self.env.deploy_code(sender=deployer, bytecode=creation + bytes(12) + bytes.fromhex(deployer[2:]))
        tokens = (Address(numeraire), Address(coin.address))
        self.raw(deployer, str(factory), "createPair(address,address)", *tokens)
        found = self.raw(deployer, str(factory), "getPair(address,address)", *tokens)
        self.pair = str(abi_decode("(address)", found)[0])
        self.nmr_first = int(numeraire, 16) < int(str(coin.address), 16)
        self.do(rules.DEPLOYER, "Numeraire", "transfer", self.pair, POOL_NMR)
        self.do(rules.DEPLOYER, "Stablecoin", "transfer", self.pair, POOL_DOLLARS)
        self.raw(deployer, self.pair, "mint(address)", Address(deployer))

        feed = deploy("SettableFeed", [ZERO_ADDRESS, FEED_DECIMALS, FIFTEEN])
        average = deploy("UniswapV2TwapFeed", [self.pair, numeraire, WINDOW, MAX_WINDOW, 300, POOL_DOLLARS // 2])
        roles = [numeraire, self.address("Treasury"), self.who[OWNER], self.who[rules.BUYBACK_GUARDIAN]]
        sequencer = deploy("SettableFeed", [ZERO_ADDRESS, 0, 0])
        terms = programme(lot_cap=20_000 * DOLLAR, restart_delay=SHORTEST_RESTART_DELAY)
        buyback = deploy("Buyback", [*roles, *(str(each.address) for each in (coin, feed, sequencer)), tuple(terms)])
        self.contracts |= {
            "Feed": feed,
            "SequencerFeed": sequencer,
            "UniswapV2TwapFeed": average,
            "Buyback": buyback,
            "UniswapV2Filler": deploy("UniswapV2Filler", [str(buyback.address), self.pair]),
            "CallingFiller": deploy("CallingFiller", []),
        }
        self.who |= {
            rules.BUYBACK: str(buyback.address),
            rules.FILLER: self.address("UniswapV2Filler"),
            CONTRACT: self.address("CallingFiller"),
        }
        self.do(rules.DEPLOYER, "Stablecoin", "transfer", self.address("Treasury"), 1_000_000 * DOLLAR)
        self.do(OWNER, "Treasury", "allow", str(coin.address), str(buyback.address), 1_000_000 * DOLLAR)
        self.tell_sequencer(0)
        # What they hold is somebody's donation; so that a lack of it refuses nothing.
        for holder in (rules.BUYBACK, rules.FILLER):
            self.do(rules.DEPLOYER, "Numeraire", "transfer", self.who[holder], HELD)
        # For `on_buyback` called straight by the buyback, which has paid nothing before.
        self.do(rules.DEPLOYER, "Stablecoin", "transfer", self.address("UniswapV2Filler"), 1_000 * DOLLAR)

    def _give_roles(self) -> None:
        tournament, who = self.address("Tournament"), self.who
        for caller in CALLERS:
            if caller != rules.DEPLOYER:
                self.do(rules.DEPLOYER, "Numeraire", "transfer", who[caller], HELD)
            self.do(caller, "Numeraire", "approve", tournament, UNLIMITED)
            self.do(caller, "Numeraire", "approve", self.address("Buyback"), UNLIMITED)
        self.do(rules.MODEL_OWNER, "Numeraire", "approve", who[rules.SPENDER], HELD)
        for contract in ("Tournament", "Treasury", "Buyback"):
            self.do(OWNER, contract, "transfer_ownership", who[rules.NEXT_OWNER])
        canceller = self.chain.view(self["Timelock"], "CANCELLER_ROLE")
        self.do(OWNER, "Timelock", "grantRole", canceller, who[rules.CANCELLER])
        self.do(rules.TOURNAMENT, "Treasury", "reserve", RESERVED_ROUND, 100 * NMR)
        # By mistake, and with nothing to reserve: what the owner may take off the list.
        self.do(OWNER, "Treasury", "authorise", who[rules.FILLER], 0, 0, 0)

        for model in MODELS:
            owner = rules.OTHER_MODEL_OWNER if model % 2 else rules.MODEL_OWNER
            self.do(owner, "Tournament", "register", f"model {model}", who[rules.SUBMITTER])
            self.do(owner, "Tournament", "deposit", model, 200 * NMR, who[owner])
            self.do(owner, "Tournament", "set_policy", model, 50 * NMR, False)
        self.do(rules.MODEL_OWNER, "Tournament", "offer_model", 0, who[rules.NEXT_MODEL_OWNER])
        self.do(rules.NEIGHBOUR, "OtherTournament", "register", "neighbour", ZERO_ADDRESS)

    def _create_pool(self) -> None:
        """A pool of the other tournament, in whose rounds no other scene is, with orders to enter."""
        arguments = (2_000, 1_000, ZERO_ADDRESS, "pool")
        self.do(rules.MANAGER, "PoolFactory", "create", *arguments)
        at = str(self.chain.view(self["PoolFactory"], "pool_at", 0))
        pool = compiled("Pool").deploy(override_address=at, skip_initcode=True, env=self.env)
        self.env.register_contract(at, pool)
        self.contracts["Pool"] = pool
        for holder in (rules.MANAGER, rules.BACKER):
            self.do(rules.DEPLOYER, "Numeraire", "transfer", self.who[holder], HELD)
        for caller in (*CALLERS, rules.MANAGER, rules.BACKER):
            self.do(caller, "Numeraire", "approve", at, UNLIMITED)
        self.do(rules.DEPLOYER, "Numeraire", "transfer", at, NMR)
        self.do(rules.MANAGER, "Pool", "enter_order", 0, 100 * NMR)
        self.do(rules.BACKER, "Pool", "enter_order", 0, 50 * NMR)

    @cached_property
    def coin(self) -> str:
        """The address of the stablecoin."""
        return self.address("Stablecoin")


@cache
def world() -> World:
    """The one world, as it is before any scene."""
    ready = World()
    # The compiler leaves millions of objects that the collector need not look through again and again.
    gc.collect()
    gc.freeze()
    return ready


def _reason(output: bytes) -> str:
    if output[:4] != _ERROR:
        return SILENT
    return str(abi_decode("(string)", output[4:])[0])
