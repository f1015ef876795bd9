# SPDX-License-Identifier: MIT
"""The recorded buyback on a chain: what it is like at this moment, and what is sent to it."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from nmr.buyback.keeper import BuybackView, Fill, Gas, NotYet
from nmr.buyback.pool import Pool
from nmr.chain.contracts import Contract
from nmr.chain.node import number
from nmr.client.lens import BUYBACK, stablecoin_at
from nmr.client.session import Receipt, Reverts, Session, Signer
from nmr.client.timelock import OwnerCall
from nmr.errors import NmrError
from nmr.protocol.reference.buyback import Lot, Programme

FEED: Final = "buyback-feed"
FILLER: Final = "buyback-filler"
STABLECOIN: Final = "stablecoin"
"""Names of its parts in the record; only `BUYBACK` is always there."""
TWAP: Final = "UniswapV2TwapFeed"


def _getter(name: str, *outputs: str) -> dict[str, Any]:
    fields = [{"name": "", "type": kind} for kind in outputs]
    return {"type": "function", "name": name, "inputs": [], "outputs": fields, "stateMutability": "view"}


_PAIR: Final = (
    _getter("token0", "address"),
    _getter("token1", "address"),
    _getter("getReserves", "uint112", "uint112", "uint32"),
)
"""What is read of a pair of Uniswap V2."""


class NoBuyback(NmrError, LookupError):
    """The record has no buyback, or lacks a part of it."""


class BuybackOnChain:
    """A buyback with its filler and feed."""

    def __init__(self, session: Session) -> None:
        """
        Args:
            session: of the suite.

        Raises:
            NoBuyback: none is recorded.
        """
        if not session.has(BUYBACK):
            raise NoBuyback(
                "No buyback is recorded: make one from a checkout with `ape run buyback create`, or on a devnet with "
                "`ape run buyback local`."
            )
        self._session = session
        self.contract = session.part(BUYBACK)
        self.stablecoin = str(session.read(self.contract, "STABLECOIN"))
        self.decimals = int(self._read_coin("decimals"))

    @cached_property
    def programme(self) -> Programme:
        """What it may do."""
        return Programme(*self._session.read(self.contract, "programme"))

    @property
    def filler(self) -> Contract | None:
        """The filler on Uniswap, if one is recorded."""
        return self._session.part(FILLER) if self._session.has(FILLER) else None

    @property
    def feed(self) -> Contract | None:
        """The feed, if it is one of ours."""
        return self._session.part(FEED) if self._session.has(FEED) else None

    def read(self) -> BuybackView:
        """Its state in the next block."""
        getters = ("lot", "next_kick_at", "next_amount", "total_paid", "total_bought", "paused", "ended")
        lot, *rest = self._session.read_many(self.contract, [(getter,) for getter in getters])
        next_kick_at, next_amount, total_paid, total_bought, paused, ended = rest
        treasury = self._treasury
        price, problem = self._price()
        return BuybackView(
            now=self._session.now,
            programme=self.programme,
            decimals=self.decimals,
            lot=Lot(*lot),
            next_kick_at=next_kick_at,
            next_amount=next_amount,
            total_paid=total_paid,
            total_bought=total_bought,
            paused=paused,
            ended=ended,
            held=self._read_coin("balanceOf", self.contract.address),
            funds=self._read_coin("balanceOf", treasury),
            allowed=self._allowed(),
            price=price,
            problem=problem,
            pool=self._pool(),
        )

    def gas(self, coin_price: int) -> Gas:
        """What gas costs now.

        Args:
            coin_price: what one unit of the chain's own coin costs, in the stablecoin's smallest unit.
        """
        return Gas(number("eth_gasPrice", self._session.rpc.ask("eth_gasPrice")), coin_price)

    def kick(self, sender: Signer) -> Receipt:
        """Start the next lot. Raises `Reverts` if the contract refuses."""
        return self._session.send(self.contract, "kick", sender=sender)

    def fill(self, fill: Fill, min_margin: int, sender: Signer) -> Receipt:
        """Take with NMR from the pool; what is left goes to the sender. Raises `Reverts` if it does not pay."""
        assert self.filler is not None, "a fill is planned with a filler"
        return self._session.send(self.filler, "fill", fill.paid, min_margin, sender.address, sender=sender)

    def next_amount(self) -> int:
        """What the next lot would offer, in the stablecoin's smallest unit."""
        return int(self._session.read(self.contract, "next_amount"))

    def take(self, paid: int, min_price: int, sender: Signer) -> Receipt:
        """Take with the sender's own NMR, which it has allowed. Raises `Reverts` if the contract refuses."""
        return self._session.send(self.contract, "take", paid, min_price, sender.address, sender=sender)

    def observe(self, sender: Signer) -> Receipt | None:
        """Let a feed of ours observe the pool if a window is over; None if it is not, or there is no such feed."""
        feed = self.feed
        if feed is None or feed.name != TWAP:
            return None
        try:
            return self._session.send(feed, "update", sender=sender)
        except Reverts as error:
            if error.reason == "twap: window is not over":
                return None
            raise

    def pause(self, sender: Signer) -> Receipt:
        """Stop it. The guardian's."""
        return self._session.send(self.contract, "pause", sender=sender)

    def filled(self, receipt: Receipt) -> Mapping[str, Any]:
        """The fill that a transaction logged."""
        return self._logged(self.contract, receipt, "Filled")

    def margin(self, receipt: Receipt) -> int:
        """What a fill through the filler left, before gas."""
        assert self.filler is not None, "only a filler reports it"
        return int(self._logged(self.filler, receipt, "Profit")["amount"])

    def kicked(self, receipt: Receipt) -> Mapping[str, Any]:
        """The kick that a transaction logged."""
        return self._logged(self.contract, receipt, "Kicked")

    def allow_calls(self, amount: int) -> list[OwnerCall]:
        """The owner's calls that let it spend an amount of the treasury's stablecoin; none if it is allowed that."""
        return [] if self._allowed() == amount else self._allow(amount)

    def end_calls(self) -> list[OwnerCall]:
        """The owner's call that ends it; none if that was done.

        Its allowance is taken back by `sweep_calls`: a stablecoin that refuses must not keep a programme from ending.
        """
        return [] if self.read().ended else [OwnerCall(self.contract, "end")]

    def sweep_calls(self) -> list[OwnerCall]:
        """The owner's calls that return the stablecoin of an ended programme and take back its allowance; none if done.

        Raises:
            NotYet: the programme has not ended.
        """
        if not self.read().ended:
            raise NotYet("The programme has not ended: end it first.")
        held = self._read_coin("balanceOf", self.contract.address)
        return [*self.allow_calls(0), *([OwnerCall(self.contract, "sweep")] if held else [])]

    def unpause_calls(self) -> list[OwnerCall]:
        """The owner's calls that end a pause; none if there is none."""
        return [OwnerCall(self.contract, "unpause")] if self.read().paused else []

    def _allow(self, amount: int) -> list[OwnerCall]:
        # Some coins change an allowance to 0 first only. Which calls these are must not hang on the allowance that it
        # has: it may be used up while they wait in the timelock, and others would be scheduled anew.
        treasury, spender = self._session.only("Treasury"), self.contract.address
        steps = [0, amount] if amount else [0]
        return [OwnerCall(treasury, "allow", (self.stablecoin, spender, step)) for step in steps]

    def _allowed(self) -> int:
        return self._read_coin("allowance", self._treasury, self.contract.address)

    def _price(self) -> tuple[int | None, str]:
        try:
            self._session.try_call(self.contract, "price", sender=self._session.record.deployer)
        except Reverts as error:
            return None, error.reason
        return self._session.read(self.contract, "price"), ""

    def _pool(self) -> Pool | None:
        """What the filler's pair holds."""
        if self.filler is None:
            return None
        pair = pair_contract(self._session.read(self.filler, "PAIR"))
        return read_pair(self._session, pair, self._session.only("Numeraire").address)

    @property
    def _treasury(self) -> str:
        return self._session.only("Treasury").address

    def _logged(self, contract: Contract, receipt: Receipt, name: str) -> Mapping[str, Any]:
        [event] = self._session.events(contract, [receipt], name)
        return event.args

    def _read_coin(self, getter: str, *arguments: Any) -> int:
        return int(self._session.read(stablecoin_at(self.stablecoin), getter, *arguments))


def pair_contract(address: str) -> Contract:
    """A pair of Uniswap V2."""
    return Contract("UniswapV2Pair", address, _PAIR)


def read_pair(session: Session, pair: Contract, nmr: str) -> Pool:
    """What a pair of NMR and a stablecoin holds."""
    (first, second, _), token0 = session.read_many(pair, [("getReserves",), ("token0",)])
    nmr_first = token0 == nmr
    return Pool(stablecoin=int(second if nmr_first else first), nmr=int(first if nmr_first else second))
