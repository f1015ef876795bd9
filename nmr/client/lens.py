# SPDX-License-Identifier: MIT
"""The lens of a recorded suite, at any block."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, Final

from nmr.buyback.figures import BuybackFigures
from nmr.chain.abi import AbiError
from nmr.chain.builds import abi
from nmr.chain.contracts import Contract
from nmr.chain.logs import decode_logs, read_logs, topic_of
from nmr.client.session import ReadFailed, Reverts, Session
from nmr.protocol.reference.buyback import Lot, Programme
from nmr.protocol.reference.treasury import Budget, Limits
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.times import format_moment
from nmr.tvl.definitions import TvlError
from nmr.tvl.figures import PAGE_MODELS, PAGE_PLACES, Figures, InPools, ModelStakes, decode_page
from nmr.tvl.series import block_at, blocks_at

BUYBACK: Final = "buyback"
"""Its name in a record."""


class LensReader:
    """Reads the lens of a session, each time by one call at one block."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lens = session.only("Lens")
        self.first_block = session.record.only("Lens")[1].block
        self.time_of = cache(session.timestamp)
        """Unix seconds of a block."""

    @property
    def latest(self) -> int:
        """The number of the latest block."""
        return self._session.latest

    def block(self, number: int | None) -> int:
        """The number of a block that has a suite, the latest one for None.

        Raises:
            TvlError: it is still to come, or from before the suite.
        """
        latest = self.latest
        if number is None:
            return latest
        if number > latest:
            raise TvlError(f"Block {number} is still to come: the latest is {latest}.")
        if number < self.first_block:
            raise TvlError(f"At block {number} the suite was not there yet: it is since block {self.first_block}.")
        return number

    def block_at(self, moment: int) -> int:
        """The latest block that is not after a moment, unix seconds.

        Raises:
            TvlError: the moment is still to come, or from before the suite.
        """
        low, high = self.first_block, self.latest
        if moment > self.time_of(high):
            raise TvlError(
                f"{format_moment(moment)} is after the latest block, of {format_moment(self.time_of(high))}."
            )
        if moment < self.time_of(low):
            raise TvlError(f"The suite is there since {format_moment(self.time_of(low))}, block {low}.")
        return block_at(moment, low, high, self.time_of)

    def blocks_at(self, moments: Sequence[int]) -> list[int]:
        """`block_at` for each of rising moments. Raises as it does."""
        if not moments:
            return []
        first, last = self.block_at(moments[0]), self.block_at(moments[-1])
        return blocks_at(moments, first, last, self.time_of)

    def blocks_with_events(self, first: int, last: int) -> list[int]:
        """The blocks in a range in which a part of the suite logged something, and both ends.

        Raises:
            NodeError, NodeUnreachable: the node does not give its logs.
        """
        parts = [part.address for part in self._session.record.parts.values()]
        logs = read_logs(self._session.rpc, parts, first, last)
        return sorted({first, last, *(log.block for log in logs)})

    def figures(self, number: int, feed: str | None = None) -> Figures:
        """The figures of the whole suite at a block.

        Raises:
            TvlError: the block has no suite, or the lens cannot read it.
            ReadFailed: the node does not have the state of that block.
        """
        return Figures.decode(self._ask(self._lens, "figures", [feed or ZERO_ADDRESS], number))

    def balances(self, addresses: Sequence[str], number: int) -> dict[str, int]:
        """Wei of NMR that addresses hold at a block. Raises as `figures` does."""
        token = self._session.only("Numeraire")
        return {address: self._ask(token, "balanceOf", [address], number) for address in addresses}

    def budgets(self, tournaments: Sequence[str], number: int) -> dict[str, Budget]:
        """What the treasury may grant tournaments, and what they used, at a block. Raises as `figures` does."""
        treasury = self._session.only("Treasury")
        found = self.read(treasury, [("budget_of", address) for address in tournaments], number)
        return {
            address: Budget(Limits(*limits), used, at)
            for address, (limits, used, at) in zip(tournaments, found, strict=True)
        }

    def freed(self, listed: Collection[str], number: int) -> list[str]:
        """Tournaments that the treasury took off its list, and that are not on it at a block, from the log."""
        treasury = self._session.only("Treasury")
        topics = [topic_of(treasury.event("Unlisted"))]
        logs = read_logs(self._session.rpc, [treasury.address], self.first_block, number, topics)
        events = decode_logs(logs, {treasury.address: treasury.events})
        return sorted({str(event.args["tournament"]) for event in events} - set(listed))

    def models(self, tournament: Contract, number: int) -> list[ModelStakes]:
        """All models of a tournament with all their stakes at a block, page by page. Raises as `figures` does."""
        ring = self._ask(tournament, "RING", [], number)
        found: list[ModelStakes] = []
        while True:
            first = len(found)
            pages = [(tournament.address, first, PAGE_MODELS, place) for place in range(0, ring, PAGE_PLACES)]
            halves = [decode_page(first, self._ask(self._lens, "models", page, number)) for page in pages]
            for model, *others in zip(*halves, strict=True):
                for other in others:
                    model.positions.update(other.positions)
                found.append(model)
            if len(found) < first + PAGE_MODELS:
                return found

    def read(self, contract: Contract, calls: Sequence[tuple[Any, ...]], number: int) -> list[Any]:
        """What getters of a contract say at a block, as `Session.read_many` tells it. Raises as `figures` does."""
        return self._read_each([(contract, *call) for call in calls], number)

    def _read_each(self, calls: Sequence[tuple[Any, ...]], number: int) -> list[Any]:
        try:
            return self._session.read_each(calls, number)
        except Reverts as error:
            raise TvlError(f"The lens cannot read block {number}: {error.reason}.") from error
        except ReadFailed as error:
            if isinstance(error.__cause__, AbiError):
                raise TvlError(f"At block {number} there is no suite at the recorded addresses.") from error
            raise

    def in_pools(self, number: int) -> InPools:
        """How many pools there are at a block, and what waits in them. Raises as `figures` does."""
        session = self._session
        names = [name for name, part in session.record.parts.items() if part.contract == "PoolFactory"]
        factories = [session.part(name) for name in names if session.record.parts[name].block <= number]
        pools: list[str] = []
        for factory in factories:
            count = self._ask(factory, "pool_count", [], number)
            pools += self.read(factory, [("pool_at", index) for index in range(count)], number)
        owed = self._read_each([(pool_at(address), "owed") for address in pools], number)
        return InPools(len(pools), sum(owed))

    def buyback(self, number: int) -> BuybackFigures | None:
        """The figures of the suite's buyback at a block; None if it had none. Raises as `figures` does."""
        part = self._session.record.parts.get(BUYBACK)
        if part is None or part.block > number:
            return None
        contract, treasury = self._session.part(BUYBACK), self._session.only("Treasury").address
        getters = ("programme", "lot", "total_paid", "total_bought", "ended")
        programme, lot, spent, bought, ended = self.read(contract, [(getter,) for getter in getters], number)
        coin = stablecoin_at(part.address_of("stablecoin"))
        calls = [
            ("decimals",),
            ("balanceOf", treasury),
            ("allowance", treasury, contract.address),
            ("balanceOf", contract.address),
        ]
        decimals, in_treasury, allowed, held = self.read(coin, calls, number)
        return BuybackFigures(
            decimals=decimals,
            in_treasury=in_treasury,
            allowed=allowed,
            held=held,
            left=Lot(*lot).left,
            spent=spent,
            lifetime_cap=Programme(*programme).lifetime_cap,
            bought=bought,
            burns=Programme(*programme).burns,
            ended=ended,
        )

    def _ask(self, contract: Contract, getter: str, arguments: Sequence[Any], number: int) -> Any:
        [answer] = self.read(contract, [(getter, *arguments)], number)
        return answer


def pool_at(address: str) -> Contract:
    """A pool."""
    return Contract("Pool", address, abi("Pool"))


def stablecoin_at(address: str) -> Contract:
    """A stablecoin, of which the getters of any ERC-20 are read."""
    return Contract("Stablecoin", address, abi("Numeraire"))
