# SPDX-License-Identifier: MIT
"""The buyback beside TVL: what it spent, holds and may still spend, and the NMR it bought, at one block."""

from typing import Any, Final, NamedTuple

from nmr.text.amounts import format_fixed, format_nmr, format_stablecoin

HEADINGS: Final = ("buyback", "amount")
"""Of the table."""


class BuybackFigures(NamedTuple):
    """A buyback at one block: stablecoin in its smallest unit, NMR in wei.

    Attributes:
        decimals: of the stablecoin.
        in_treasury: stablecoin that the treasury holds.
        allowed: what of it the treasury lets the buyback draw.
        held: stablecoin that the buyback holds: what is left of its lot, and donations.
        left: what is left of its lot.
        spent: stablecoin that all fills paid.
        lifetime_cap: the most that they ever may.
        bought: NMR that they brought.
        burns: whether that was burned; else it came to the treasury.
        ended: whether the programme has ended.
    """

    decimals: int
    in_treasury: int
    allowed: int
    held: int
    left: int
    spent: int
    lifetime_cap: int
    bought: int
    burns: bool
    ended: bool

    @property
    def remaining(self) -> int:
        """What the programme may still spend, what its lot holds included."""
        return 0 if self.ended else self.lifetime_cap - self.spent

    @property
    def counted_in(self) -> str:
        """The line of the TVL breakdown that the NMR is part of already."""
        return "burned so far" if self.burns else "treasury: balance"


def buyback_rows(figures: BuybackFigures) -> list[tuple[str, str]]:
    """Rows of what and how much."""

    def money(amount: int) -> str:
        return format_stablecoin(amount, figures.decimals)

    donated = figures.held - figures.left
    return [
        ("stablecoin in the treasury", money(figures.in_treasury)),
        ("of it allowed to the buyback", money(min(figures.allowed, figures.in_treasury))),
        ("held by the buyback for its lot", money(figures.left)),
        *([("held beyond that, the treasury's after a sweep", money(donated))] if donated > 0 else []),
        ("spent so far", money(figures.spent)),
        ("may still be spent" if not figures.ended else "may still be spent: it has ended", money(figures.remaining)),
        (f"NMR bought so far, part of {figures.counted_in!r}", f"{format_nmr(figures.bought)} NMR"),
    ]


def plain_buyback(figures: BuybackFigures) -> dict[str, Any]:
    """The figures for programs: amounts are strings, of whole stablecoins and of NMR."""
    amounts = {
        "in_treasury": figures.in_treasury,
        "allowed": figures.allowed,
        "held": figures.held,
        "left": figures.left,
        "spent": figures.spent,
        "lifetime_cap": figures.lifetime_cap,
        "remaining": figures.remaining,
    }
    return {
        **{name: format_fixed(amount, figures.decimals) for name, amount in amounts.items()},
        "bought": format_nmr(figures.bought),
        "burns": figures.burns,
        "counted_in": "burned" if figures.burns else "treasury_balance",
        "ended": figures.ended,
    }
