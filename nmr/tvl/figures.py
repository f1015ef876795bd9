# SPDX-License-Identifier: MIT
"""What the lens says: every figure of the suite at one block, in plain values. Amounts are wei."""

from enum import IntEnum
from typing import Any, Final, NamedTuple

from nmr.errors import NmrError
from nmr.protocol.lanes import LANES, unpack
from nmr.protocol.reference.rounds import State
from nmr.text.addresses import checksummed
from nmr.text.amounts import GWEI, NMR, FixedPointError, parse_fixed

DOLLAR: Final = 10**6
"""Amounts of dollars have six decimals, as USDC has."""
PRICE_PLACES: Final = 18
"""Decimals of a price that somebody types."""
PAGE_MODELS: Final = 608
"""Models of a page that takes less than 30 million gas on a ring of 64 places."""
PAGE_PLACES: Final = 64
"""Places of the ring in a page."""


class PriceError(NmrError, ValueError):
    """A price that is no positive number of dollars."""


class PriceStatus(IntEnum):
    """What became of the price, by the values of ILens's flag."""

    UNASKED = 1
    KNOWN = 2
    UNANSWERED = 4
    NOT_POSITIVE = 8
    INCOMPLETE = 16


class Price(NamedTuple):
    """Dollars for an NMR, times 10**decimals, as a feed said it; all is 0 unless it is known."""

    status: PriceStatus
    answer: int = 0
    decimals: int = 0
    updated_at: int = 0
    age: int = 0

    @classmethod
    def parse(cls, text: str) -> "Price":
        """A price that somebody names, such as `12.50`.

        Raises:
            PriceError: no plain decimal, or not positive.
        """
        try:
            answer = parse_fixed(text, PRICE_PLACES)
        except FixedPointError as error:
            raise PriceError(f"The price {error}.") from None
        if answer <= 0:
            raise PriceError(f"The price is {text}: it has to be positive.")
        return cls(PriceStatus.KNOWN, answer, PRICE_PLACES)

    def dollars(self, wei: int) -> int | None:
        """What an amount is worth, in millionths of a dollar, rounded down; None if the price is not known."""
        if self.status is not PriceStatus.KNOWN:
            return None
        worth: int = wei * self.answer * DOLLAR // NMR // 10**self.decimals
        return worth


UNASKED: Final = Price(PriceStatus.UNASKED)


class Escrow(NamedTuple):
    """What one tournament holds: balance + shortfall = idle + at_risk + waiting + donations."""

    tournament: str
    models: int
    balance: int
    idle: int
    at_risk: int
    waiting: int
    donations: int
    shortfall: int
    reserved: int
    room: int


class RoundAtStake(NamedTuple):
    """A round that has stakes, or that some wait for to open, and what the treasury reserves for its rewards."""

    tournament: str
    round: int
    state: State
    staked: int
    reserved: int


class Figures(NamedTuple):
    """The contract's struct of the same name; see ILens.vyi. `dollars` is 0 unless the price is known."""

    number: int
    timestamp: int
    escrows: tuple[Escrow, ...]
    rounds: tuple[RoundAtStake, ...]
    idle: int
    at_risk: int
    waiting: int
    donations: int
    shortfall: int
    reserved: int
    reserved_elsewhere: int
    treasury_balance: int
    treasury_free: int
    treasury_shortfall: int
    supply: int
    burned: int
    circulating: int
    tvl: int
    price: Price
    dollars: int
    agrees: bool

    @classmethod
    def decode(cls, answer: tuple[Any, ...]) -> "Figures":
        """The figures out of nested tuples, as `figures` of the lens returns them."""
        plain = cls(*answer)
        status, *rest = plain.price
        return plain._replace(
            escrows=tuple(Escrow(checksummed(address), *amounts) for address, *amounts in plain.escrows),
            rounds=tuple(
                RoundAtStake(checksummed(address), number, State(state), staked, reserved)
                for address, number, state, staked, reserved in plain.rounds
            ),
            price=Price(PriceStatus(status), *rest),
        )

    def priced(self, price: Price) -> "Figures":
        """The same at another price."""
        return self._replace(price=price, dollars=price.dollars(self.tvl) or 0)


class InPools(NamedTuple):
    """How many pools there are, and the wei that wait in them in orders and claims, in no escrow and at no risk."""

    pools: int
    waiting: int


NO_POOLS: Final = InPools(0, 0)


class ModelStakes(NamedTuple):
    """A model with all that it has in a page: `positions` is wei by round."""

    model: int
    owner: str
    idle: int
    target: int
    compound: bool
    positions: dict[int, int]


def decode_page(first: int, answer: tuple[Any, ...]) -> list[ModelStakes]:
    """The models of a page, as `models` of the lens returns it.

    Args:
        first: the page's first model, a multiple of 4.
        answer: nested tuples: the models, and position words by place and group.
    """
    models, places = answer
    positions: list[dict[int, int]] = [{} for _ in models]
    for words in places:
        for group, word in enumerate(words):
            for lane, amount in enumerate(unpack(word)):
                index = group * LANES + lane
                if amount and index < len(models):
                    positions[index][word >> 240] = amount * GWEI
    return [
        ModelStakes(first + index, checksummed(owner), idle, target, compound, positions[index])
        for index, (owner, idle, target, compound) in enumerate(models)
    ]
