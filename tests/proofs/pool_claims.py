# SPDX-License-Identifier: MIT
"""Claims about the arithmetic of pools: `contracts/pools/modules/shares.vy`."""

from typing import Final

import z3

from tests.proofs.claims import INTEGERS, Claim, holds_of_integers
from tests.proofs.code import Change
from tests.proofs.solving import Range

SOURCE: Final = "contracts/pools/modules/shares.vy"
BASIS: Final = 10_000
CAP: Final = 2**127
GWEI: Final[Range] = (1, 2**60 - 1)
SHARES: Final[Range] = (1, CAP)
MARK: Final[Range] = (0, CAP)
RATE: Final[Range] = (0, 3_000)
SKIN: Final[Range] = (1_000, 5_000)


def _over(change: Change | None) -> None:
    holds_of_integers(
        change,
        "over",
        {"product": (0, 2**191), "divisor": (1, CAP)},
        lambda product, divisor, over: z3.And(over * divisor >= product, over * divisor < product + divisor),
    )


def _fee(change: Change | None) -> None:
    def claim(*values: z3.ArithRef) -> z3.BoolRef:
        worth, mark, shares, rate, fee, minted = values
        gain, rest = worth - mark, worth - fee
        due = z3.And(fee * BASIS <= rate * gain, rate * gain < (fee + 1) * BASIS)
        paid = z3.And(minted * rest <= fee * shares, fee * shares < (minted + 1) * rest)
        nothing = z3.And(fee == 0, minted == 0)
        return z3.And(
            z3.Implies(worth <= mark, nothing),
            z3.Or(nothing, z3.And(due, paid)),
            z3.Or(minted == 0, shares + minted <= CAP),
        )

    holds_of_integers(change, "fee_of", {"worth": GWEI, "mark": MARK, "shares": SHARES, "rate": RATE}, claim)


def _scaled(change: Change | None) -> None:
    holds_of_integers(
        change,
        "scaled",
        {"mark": MARK, "worth": GWEI, "after": (0, 2**60 - 1)},
        lambda mark, worth, after, scaled: z3.And(
            scaled >= after,
            scaled * worth >= mark * after,
            z3.Or(scaled == after, scaled * worth < mark * after + worth),
        ),
    )


def _minted(change: Change | None) -> None:
    holds_of_integers(
        change,
        "minted",
        {"amount": GWEI, "worth": GWEI, "shares": SHARES, "mark": MARK},
        lambda amount, worth, shares, mark, minted: z3.And(
            minted * worth <= amount * shares,
            z3.Or(minted == 0, z3.And(amount * shares < (minted + 1) * worth, shares + minted <= CAP)),
        ),
    )


def _needed(change: Change | None) -> None:
    holds_of_integers(
        change,
        "needed",
        {"others": (0, CAP), "skin": SKIN},
        lambda others, skin, needed: z3.And(
            needed * (BASIS - skin) >= skin * others, needed * (BASIS - skin) < skin * others + BASIS - skin
        ),
    )


def _room(change: Change | None) -> None:
    holds_of_integers(
        change,
        "room",
        {"manager": (0, CAP), "others": (0, CAP), "skin": SKIN},
        lambda manager, others, skin, room: z3.And(
            z3.Or(room == 0, (others + room) * skin <= manager * (BASIS - skin)),
            (others + room + 1) * skin > manager * (BASIS - skin),
        ),
    )


_WITHIN: Final = "amounts below 2^60 gwei, shares and mark at most 2^127"
CLAIMS: Final = [
    Claim(
        "shares._over",
        "the quotient, rounded up; never reverts",
        "product at most 2^191, divisor from 1 to 2^127",
        INTEGERS,
        _over,
        (Change(SOURCE, "product + divisor - 1", "product"),),
    ),
    Claim(
        "shares._fee",
        "nothing up to the mark; else rate × gain, rounded down, in shares worth no more; never above the cap, "
        "never reverts",
        f"{_WITHIN}, a fee from 0 to 30%",
        INTEGERS,
        _fee,
        (
            Change(SOURCE, "fee * shares // (worth - fee)", "fee * shares // worth"),
            Change(SOURCE, "if shares + minted > CAP:", "if shares > CAP:"),
        ),
    ),
    Claim(
        "shares._scaled",
        "mark × after / worth, rounded up, and never below what is at stake; never reverts",
        _WITHIN,
        INTEGERS,
        _scaled,
        (Change(SOURCE, "max(self._over(mark * after, worth), after)", "self._over(mark * after, worth)"),),
    ),
    Claim(
        "shares._minted",
        "amount × shares / worth, rounded down, or nothing; never above the cap, never reverts",
        _WITHIN,
        INTEGERS,
        _minted,
        (Change(SOURCE, "if shares + minted > CAP or", "if"),),
    ),
    Claim(
        "shares._needed",
        "the least shares that are `skin` of all beside those of others; never reverts",
        "shares at most 2^127, skin from 10% to 50%",
        INTEGERS,
        _needed,
        (Change(SOURCE, "self._over(skin * others, BASIS - skin)", "skin * others // (BASIS - skin)"),),
    ),
    Claim(
        "shares._room",
        "the most that others may add so that the manager keeps `skin`, or nothing; never reverts",
        "shares at most 2^127, skin from 10% to 50%",
        INTEGERS,
        _room,
        (Change(SOURCE, "manager * (BASIS - skin) // skin", "manager * BASIS // skin"),),
    ),
]
