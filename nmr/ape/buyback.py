# SPDX-License-Identifier: MIT
"""The recorded buyback on a chain that Ape reaches: what it is like at this moment, and what is sent to it."""

from functools import cached_property
from typing import Any, Final

from ape.api import AccountAPI, ReceiptAPI
from ape.contracts import ContractInstance
from ape.managers.project import LocalProject

from nmr.ape.project import ApeReader
from nmr.ape.session import Reverts, Session
from nmr.ape.timelock import OwnerCall
from nmr.ape.uniswap import pair_at, pool_of
from nmr.buyback.keeper import Buyback, Fill, Gas
from nmr.errors import NmrError
from nmr.protocol.reference.buyback import Lot, Programme

BUYBACK: Final = "buyback"
FEED: Final = "buyback-feed"
FILLER: Final = "buyback-filler"
STABLECOIN: Final = "stablecoin"
"""Names of its parts in the record; only the first is always there."""
TWAP: Final = "UniswapV2TwapFeed"


class NoBuyback(NmrError, LookupError):
    """The record has no buyback, or lacks a part of it."""


class ApeBuyback:
    """A buyback with its filler and feed."""

    def __init__(self, session: Session, project: LocalProject) -> None:
        """
        Args:
            session: of the suite.
            project: with the contracts.

        Raises:
            NoBuyback: none is recorded.
        """
        if BUYBACK not in session.suite.parts:
            raise NoBuyback(
                "No buyback is recorded: make one with `ape run buyback create`, or on a devnet with "
                "`ape run buyback local`."
            )
        self._session = session
        self._project = project
        self.contract: ContractInstance = session.suite[BUYBACK]
        self.stablecoin = str(self.contract.STABLECOIN())
        self.decimals = int(self._read_coin("decimals"))

    @cached_property
    def programme(self) -> Programme:
        """What it may do."""
        return Programme(*self._session.read_many(self.contract, [("programme",)])[0])

    @property
    def filler(self) -> ContractInstance | None:
        """The filler on Uniswap, if one is recorded."""
        return self._session.suite[FILLER] if FILLER in self._session.suite.parts else None

    @property
    def feed(self) -> ContractInstance | None:
        """The feed, if it is one of ours."""
        return self._session.suite[FEED] if FEED in self._session.suite.parts else None

    def read(self) -> Buyback:
        """Its state in the next block."""
        getters = ("lot", "next_kick_at", "next_amount", "total_paid", "total_bought", "paused", "ended")
        lot, *rest = self._session.read_many(self.contract, [(getter,) for getter in getters])
        next_kick_at, next_amount, total_paid, total_bought, paused, ended = rest
        treasury = str(self._session.suite.treasury.address)
        price, problem = self._price()
        return Buyback(
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
            held=self._read_coin("balanceOf", str(self.contract.address)),
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
        return Gas(int(self._session.provider.gas_price), coin_price)

    def kick(self, sender: AccountAPI) -> ReceiptAPI:
        """Start the next lot. Raises `Reverts` if the contract refuses."""
        return self._session.send(self.contract, "kick", sender=sender)

    def fill(self, fill: Fill, min_margin: int, sender: AccountAPI) -> ReceiptAPI:
        """Take with NMR from the pool; what is left goes to the sender. Raises `Reverts` if it does not pay."""
        assert self.filler is not None, "a fill is planned with a filler"
        return self._session.send(self.filler, "fill", fill.paid, min_margin, sender.address, sender=sender)

    def observe(self, sender: AccountAPI) -> ReceiptAPI | None:
        """Let a feed of ours observe the pool if a window is over; None if it is not, or there is no such feed."""
        feed = self.feed
        if feed is None or feed.contract_type.name != TWAP:
            return None
        try:
            return self._session.send(feed, "update", sender=sender)
        except Reverts as error:
            if error.reason == "twap: window is not over":
                return None
            raise

    def pause(self, sender: AccountAPI) -> ReceiptAPI:
        """Stop it. The guardian's."""
        return self._session.send(self.contract, "pause", sender=sender)

    def filled(self, receipt: ReceiptAPI) -> Any:
        """The fill that a transaction logged."""
        [event] = receipt.decode_logs([self.contract.Filled.abi])
        return event

    def margin(self, receipt: ReceiptAPI) -> int:
        """What a fill through the filler left, before gas."""
        assert self.filler is not None, "only a filler reports it"
        [event] = receipt.decode_logs([self.filler.Profit.abi])
        return int(event.amount)

    def kicked(self, receipt: ReceiptAPI) -> Any:
        """The kick that a transaction logged."""
        [event] = receipt.decode_logs([self.contract.Kicked.abi])
        return event

    def allow_calls(self, amount: int) -> list[OwnerCall]:
        """The owner's calls that let it spend an amount of the treasury's stablecoin; none if it is allowed that."""
        return [] if self._allowed() == amount else self._allow(amount)

    def end_calls(self) -> list[OwnerCall]:
        """The owner's calls that end it and take its allowance back; none if that was done."""
        return self.allow_calls(0) if self.read().ended else [OwnerCall(self.contract, "end"), *self._allow(0)]

    def unpause_calls(self) -> list[OwnerCall]:
        """The owner's calls that end a pause; none if there is none."""
        return [OwnerCall(self.contract, "unpause")] if self.read().paused else []

    def _allow(self, amount: int) -> list[OwnerCall]:
        # Some coins change an allowance to 0 first only. Which calls these are must not hang on the allowance that it
        # has: it may be used up while they wait in the timelock, and others would be scheduled anew.
        treasury, spender = self._session.suite.treasury, str(self.contract.address)
        steps = [0, amount] if amount else [0]
        return [OwnerCall(treasury, "allow", (self.stablecoin, spender, step)) for step in steps]

    def _allowed(self) -> int:
        return self._read_coin("allowance", str(self._session.suite.treasury.address), str(self.contract.address))

    def _price(self) -> tuple[int | None, str]:
        try:
            self._session.try_call(self.contract, "price", sender=self._session.record.deployer)
        except Reverts as error:
            return None, error.reason
        return self._session.read_many(self.contract, [("price",)])[0], ""

    def _pool(self) -> Any:
        if self.filler is None:
            return None
        return pool_of(pair_at(self._project, str(self.filler.PAIR())), str(self._session.suite.numeraire.address))

    def _read_coin(self, getter: str, *arguments: Any) -> int:
        # Any token's getters are those of the one for local chains.
        return int(ApeReader(self._project).call(self.stablecoin, "Stablecoin", getter, *arguments))
