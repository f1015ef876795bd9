# SPDX-License-Identifier: MIT
"""Claims about the buyback's arithmetic: `contracts/buyback/modules/auction.vy` and `lots.vy`."""

from collections.abc import Iterator
from typing import Final

import z3

from tests.proofs.claims import BITS, INTEGERS, Claim, holds_of_integers, paths
from tests.proofs.code import Change
from tests.proofs.solving import Bits, Integers, Range, prove
from tests.proofs.terms import Term, constant, symbol

AUCTION_SOURCE: Final = "contracts/buyback/modules/auction.vy"
LOTS_SOURCE: Final = "contracts/buyback/modules/lots.vy"
BASIS: Final = 10_000
LARGEST_PRICE: Final = 10**27
LARGEST_PROGRAMME: Final = 10**7
DECIMALS: Final = range(19)
LIMITS: Final[dict[str, Range | int]] = {
    "lifetime_cap": 0,
    "lot_cap": 0,
    "min_lot": 0,
    "length": (600, 7 * 86_400),
    "gap": 0,
    "discount": (1, 2_000),
    "premium": (0, 500),
    "max_price": (1, 2**256 - 1),
    "max_age": 0,
    "restart_delay": 0,
    "burns": 0,
}
"""A programme as `programme_limits._check` lets it be; what the arithmetic does not read is 0."""
SIZES: Final = {"number": 24, "started_at": 40, "reference": 96, "left": 96}


def _curve(change: Change | None) -> None:
    def claim(*values: z3.ArithRef) -> z3.BoolRef:
        length, discount, premium, reference, elapsed, curve = values[3], values[5], values[6], *values[11:]
        low = reference * (BASIS - discount)
        high = reference * (BASIS + premium)
        risen = reference * (discount + premium) * elapsed
        return z3.And(
            curve * BASIS * length <= low * length + risen,
            low * length + risen < (curve + 1) * BASIS * length,
            z3.Implies(elapsed == 0, z3.And(curve * BASIS <= low, low < (curve + 1) * BASIS)),
            z3.Implies(elapsed == length, z3.And(curve * BASIS <= high, high < (curve + 1) * BASIS)),
        )

    holds_of_integers(
        change,
        "curve",
        {**LIMITS, "reference": (0, LARGEST_PRICE), "elapsed": (0, 7 * 86_400)},
        claim,
        lambda *values: [values[12] <= values[3]],
    )


def _between(change: Change | None) -> None:
    """From what `_curve` proves of the code, two moments of it: `first` is not after `second`."""
    names = ["length", "discount", "premium", "reference", "first", "second"]
    length, discount, premium, reference, first, second = map(z3.Int, names)
    results: list[z3.ArithRef] = []
    facts: list[z3.BoolRef] = [first <= second, second <= length]
    ranges = {symbol(name): size for name, size in LIMITS.items() if not isinstance(size, int)}
    ranges |= {symbol("reference"): (0, LARGEST_PRICE), symbol("first"): (0, 7 * 86_400)}
    ranges |= {symbol("second"): (0, 7 * 86_400)}
    programme = [constant(size) if isinstance(size, int) else symbol(name) for name, size in LIMITS.items()]
    integers = Integers(ranges)
    integers.facts += facts
    for moment in ("first", "second"):
        for path in paths(change, "curve", *programme, symbol("reference"), symbol(moment)):
            if path.returned is not None:
                integers.true(path.truths)
                results += map(integers.of, path.returned)
    early, late = results
    slope = reference * (discount + premium)
    integers.prove(early <= late, slope >= 0, slope * (second - first) >= 0)
    low = reference * (BASIS - discount)
    high = reference * (BASIS + premium)
    integers.prove(low < (early + 1) * BASIS, slope * first >= 0)
    integers.prove(late * BASIS <= high, slope * (length - second) >= 0)


def _price(change: Change | None) -> None:
    """For each of the two references as the lower one: the curve of that one, or `max_price` if that is less."""

    def holds(lower: int) -> None:
        def claim(*values: z3.ArithRef) -> z3.BoolRef:
            length, discount, premium, most = values[3], *values[5:8]
            start, elapsed, price = values[lower], *values[13:]
            exact = start * (BASIS - discount) * length + start * (discount + premium) * elapsed
            return z3.And(
                price <= most,
                price * BASIS * length <= exact,
                z3.Or(price == most, exact < (price + 1) * BASIS * length),
            )

        holds_of_integers(
            change,
            "price",
            {**LIMITS, "reference": (0, LARGEST_PRICE), "fresh": (0, LARGEST_PRICE), "elapsed": (0, 7 * 86_400)},
            claim,
            lambda *values: [values[13] <= values[3], values[lower] <= values[23 - lower]],
        )

    for lower in (11, 12):
        holds(lower)


def _owed(change: Change | None) -> None:
    for decimals in DECIMALS:
        scale = 10 ** (36 - decimals)
        holds_of_integers(
            change,
            "owed",
            {"paid": (0, LARGEST_PROGRAMME * 10**decimals), "price": (1, LARGEST_PRICE * 2), "decimals": decimals},
            lambda paid, price, _, owed, scale=scale: z3.And(
                paid * scale <= owed * price, owed * price < paid * scale + price, owed <= 10**43
            ),
        )


def _pack(change: Change | None) -> None:
    """A lot that fits comes back as it was, one that does not is refused, and a word comes back as it was."""
    fields = [symbol(name) for name in SIZES]
    bits = Bits()
    fits = z3.And([z3.ULT(bits.of(field), 2**size) for field, size in zip(fields, SIZES.values(), strict=True)])
    for path in paths(change, "pack", *fields):
        if path.returned is None:
            prove(z3.Not(fits), bits.true(path.truths))
        else:
            prove(fits, bits.true(path.truths))
            for again in _results(change, "unpack", path.returned):
                for field, result in zip(fields, again, strict=True):
                    prove(bits.of(field) == bits.of(result), bits.true(path.truths))
    word = symbol("word")
    for lot in _results(change, "unpack", [word]):
        for path in paths(change, "pack", *lot):
            known = bits.true(path.truths)
            prove(z3.BoolVal(False) if path.returned is None else bits.of(path.returned[0]) == bits.of(word), known)


def _results(change: Change | None, function: str, arguments: list[Term]) -> Iterator[list[Term]]:
    for path in paths(change, function, *arguments):
        assert path.returned is not None
        yield path.returned


def _totals(change: Change | None) -> None:
    paid, bought, word = map(symbol, ("paid", "bought", "word"))
    bits = Bits()
    fits = z3.And(z3.ULT(bits.of(paid), 2**96), z3.ULT(bits.of(bought), 2**160))
    for path in paths(change, "pack_totals", paid, bought):
        known = bits.true(path.truths)
        if path.returned is None:
            prove(z3.Not(fits), known)
            continue
        prove(fits, known)
        for again in _results(change, "unpack_totals", path.returned):
            prove(z3.And(bits.of(again[0]) == bits.of(paid), bits.of(again[1]) == bits.of(bought)), known)
    for totals in _results(change, "unpack_totals", [word]):
        for path in paths(change, "pack_totals", *totals):
            known = bits.true(path.truths)
            prove(z3.BoolVal(False) if path.returned is None else bits.of(path.returned[0]) == bits.of(word), known)


_PROGRAMME: Final = "programme within its hard limits, reference <= 10^9"

CLAIMS: Final = [
    Claim(
        "auction._curve",
        "a straight line from reference × (1 - discount) to reference × (1 + premium), rounded down; never reverts",
        _PROGRAMME,
        INTEGERS,
        _curve,
        (Change(AUCTION_SOURCE, "(BASIS - programme.discount)", "(BASIS + programme.discount)"),),
    ),
    Claim(
        "auction._curve",
        "never falls, never is below reference × (1 - discount) nor above reference × (1 + premium)",
        _PROGRAMME,
        INTEGERS,
        _between,
        (Change(AUCTION_SOURCE, "slope * elapsed)", "slope * (programme.length - elapsed))"),),
    ),
    Claim(
        "auction._price",
        "the curve from the lower of two references, at most max_price; never reverts",
        _PROGRAMME,
        INTEGERS,
        _price,
        (
            Change(AUCTION_SOURCE, "min(programme.max_price", "max(programme.max_price"),
            Change(AUCTION_SOURCE, "min(reference, fresh)", "max(reference, fresh)"),
            Change(AUCTION_SOURCE, "min(reference, fresh)", "reference"),
        ),
    ),
    Claim(
        "auction._owed",
        "paid / price, rounded up to a wei; at most 10^43; never reverts",
        "paid <= 10^7 coins of 0 to 18 decimals, price from 10^-18 to 2 × 10^9",
        INTEGERS,
        _owed,
        (Change(AUCTION_SOURCE, "+ price - 1)", ")"),),
    ),
    Claim(
        "lots._pack, _unpack",
        "unpack what was packed, and pack what was unpacked; refuse what does not fit, and nothing else",
        "none",
        BITS,
        _pack,
        (
            Change(LOTS_SOURCE, "TIME_AT: constant(uint256) = 2 * AMOUNT_BITS", "TIME_AT: constant(uint256) = 191"),
            Change(LOTS_SOURCE, "lot.number <= LARGEST_NUMBER", "lot.number <= LARGEST_NUMBER + 1"),
        ),
    ),
    Claim(
        "lots._pack_totals, _unpack_totals",
        "unpack what was packed, and pack what was unpacked; refuse what does not fit, and nothing else",
        "none",
        BITS,
        _totals,
        (
            Change(
                LOTS_SOURCE,
                "LARGEST_BOUGHT: constant(uint256) = 2**160 - 1",
                "LARGEST_BOUGHT: constant(uint256) = 2**161",
            ),
        ),
    ),
]
