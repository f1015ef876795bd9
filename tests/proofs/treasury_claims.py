# SPDX-License-Identifier: MIT
"""Claims about `contracts/Treasury.vy`: what a tournament is granted, and that time and releases are no credit."""

from collections.abc import Iterator
from typing import Final

import z3
from eth_utils.abi import function_signature_to_4byte_selector

from nmr.audit.layout import TREASURY as SLOTS
from nmr.audit.layout import entry
from tests.proofs.claims import INTEGERS, Claim
from tests.proofs.code import TREASURY, Change, compiled
from tests.proofs.machine import Machine, Path
from tests.proofs.solving import Integers, Misshapen, Range
from tests.proofs.terms import Term, apply, constant, symbol

SUPPLY: Final = 11_000_000 * 10**18
DAY: Final = 86_400
TOKEN: Final = 0x70CE
TOURNAMENT: Final = 0x7012
ROUND: Final = 5
_BUDGET: Final = entry(SLOTS["budgets"], TOURNAMENT)
_GRANT: Final = entry(SLOTS["grants"], TOURNAMENT, ROUND)
WORDS: Final = {
    "cap": _BUDGET,
    "ceiling": _BUDGET + 1,
    "rate": _BUDGET + 2,
    "used": _BUDGET + 3,
    "at": _BUDGET + 4,
    "granted": _GRANT,
    "released": _GRANT + 1,
    "left": _GRANT + 2,
    "reserved": SLOTS["reserved"],
    "running": entry(SLOTS["running"], TOURNAMENT),
    "owner": SLOTS["owner"],
}
"""The slots that may hold any word, by the names of the symbols in them."""
_LISTED: Final = entry(SLOTS["listed"], TOURNAMENT)
_TIME: Final[Range] = (0, 2**40)
_ANY: Final[Range] = (0, 2**256 - 1)
_NMR: Final[Range] = (0, SUPPLY)
RANGES: Final[dict[str, Range]] = {
    **dict.fromkeys(("cap", "ceiling", "rate", "used", "granted", "released", "left", "reserved", "balance"), _NMR),
    **dict.fromkeys(("at", "now"), _TIME),
    "running": (0, 2**32),
    "amount": _ANY,
    "new_cap": _ANY,
    "new_ceiling": _ANY,
    "new_rate": _ANY,
}
_BEFORE: Final = {slot: symbol(name) for name, slot in WORDS.items()} | {_LISTED: constant(1)}
_TRANSFER: Final = int.from_bytes(function_signature_to_4byte_selector("transfer(address,uint256)"), "big") << 224
FREED: Final = apply("DIV", apply("MUL", symbol("rate"), apply("SUB", symbol("now"), symbol("at"))), constant(DAY))
"""What the time frees: rate × (now - at) // 86400."""


def _paths(change: Change | None, function: str, *arguments: Term) -> Iterator[Path]:
    """Every path of a call by the tournament, or by anyone for `authorise`."""
    caller = symbol("caller") if function == "authorise" else constant(TOURNAMENT)
    context = {"TIMESTAMP": symbol("now"), "CALLER": caller, "ADDRESS": symbol("treasury")}

    def answer(call: list[Term]) -> list[Term]:
        return [constant(1) if call[1].number == _TRANSFER else symbol("balance")]

    treasury = compiled(TREASURY, change)
    machine = Machine(treasury.code, context, _BEFORE, answer, [constant(TOKEN)])
    return machine.run(treasury.selectors[function], list(arguments))


class _Books:
    """What a path makes of the books: of each word its value before and after."""

    def __init__(self, path: Path, *given: tuple[str, str]) -> None:
        """`given` are pairs of which the first is at most the second."""
        self.path = path
        self.integers = Integers({symbol(name): size for name, size in RANGES.items()})
        pairs = [("at", "now"), ("reserved", "balance"), ("left", "reserved"), *given]
        self.integers.facts += [self[one] <= self[other] for one, other in pairs]
        # A grant of which something is left is one of those that run.
        self.integers.facts.append(z3.Implies(self["left"] > 0, self["running"] > 0))
        self.freed = self.integers.of(FREED)
        self.integers.true(path.truths)

    def __getitem__(self, name: str) -> z3.ArithRef:
        return self.integers.of(symbol(name))

    def after(self, name: str) -> z3.ArithRef:
        """A word after the call."""
        return self.integers.of(self.path.storage[WORDS[name]])

    @property
    def used(self) -> z3.ArithRef:
        """What is used of the ceiling now, before the call."""
        return _beyond(self["used"], self.freed)

    def returned(self) -> z3.ArithRef:
        """What the call returns. Raises `Refuted` if it reverts."""
        if self.path.returned is None:
            self.integers.prove(z3.BoolVal(False))
            raise Misshapen("a path that cannot be")
        return self.integers.of(self.path.returned[0])

    def only(self, **words: z3.ArithRef) -> None:
        """Prove what each word is afterwards, and that others are as before."""
        others = {slot for slot, word in self.path.storage.items() if word is not _BEFORE.get(slot)}
        if not others <= set(WORDS.values()):
            raise Misshapen("another slot is written")
        for name in WORDS:
            if name == "owner":
                if WORDS[name] in others:
                    raise Misshapen("the owner is written")
                continue
            self.integers.prove(self.after(name) == words.get(name, self[name]))


def _beyond(one: z3.ArithRef, other: z3.ArithRef) -> z3.ArithRef:
    return z3.If(one > other, one - other, 0)


def _least(*numbers: z3.ArithRef) -> z3.ArithRef:
    least = numbers[0]
    for number in numbers[1:]:
        least = z3.If(number < least, number, least)
    return least


def _possible(books: _Books) -> bool:
    """Whether a path that reverts is possible: then a claim is false of it, and proving raises so."""
    if books.path.returned is not None:
        return True
    books.integers.prove(z3.BoolVal(False))
    return False


def _reserve(change: Change | None) -> None:
    for path in _paths(change, "reserve", constant(ROUND), symbol("amount")):
        books = _Books(path)
        if not _possible(books):
            continue
        rooms = _beyond(books["cap"], books["granted"]), _beyond(books["ceiling"], books.used)
        exact = _least(books["amount"], *rooms, books["balance"] - books["reserved"])
        granted = books.returned()
        books.integers.prove(granted == exact)
        books.only(
            used=z3.If(exact > 0, books.used + exact, books["used"]),
            at=z3.If(exact > 0, books["now"], books["at"]),
            granted=books["granted"] + exact,
            left=books["left"] + exact,
            reserved=books["reserved"] + exact,
            running=books["running"] + z3.If(z3.And(exact > 0, books["left"] == 0), 1, 0),
        )


def _release(change: Change | None) -> None:
    for path in _paths(change, "release", constant(ROUND)):
        books = _Books(path)
        if not _possible(books):
            continue
        left = books["left"]
        books.integers.prove(books.returned() == left)
        books.only(
            used=z3.If(left > 0, _beyond(books.used, left), books["used"]),
            at=z3.If(left > 0, books["now"], books["at"]),
            released=books["released"] + left,
            left=z3.IntVal(0),
            reserved=books["reserved"] - left,
            running=books["running"] - z3.If(left > 0, 1, 0),
        )


def _draw(change: Change | None) -> None:
    for path in _paths(change, "draw", constant(ROUND), symbol("amount")):
        books = _Books(path)
        if path.returned is None:
            books.integers.prove(books["amount"] > books["left"])
            continue
        books.integers.prove(books["amount"] <= books["left"])
        books.only(
            left=books["left"] - books["amount"],
            reserved=books["reserved"] - books["amount"],
            running=books["running"] - z3.If(z3.And(books["amount"] > 0, books["amount"] == books["left"]), 1, 0),
        )
        for call in path.calls:
            if [part.number for part in call[:3]] != [TOKEN, _TRANSFER, TOURNAMENT]:
                raise Misshapen("a call other than a transfer to the tournament")
        paid = z3.Sum(z3.IntVal(0), *[books.integers.of(call[3]) for call in path.calls])
        books.integers.prove(paid == books["amount"])


def _authorise(change: Change | None) -> None:
    limits = [symbol(name) for name in ("new_cap", "new_ceiling", "new_rate")]
    for path in _paths(change, "authorise", constant(TOURNAMENT), *limits):
        books = _Books(path)
        cap, ceiling, rate = map(books.integers.of, limits)
        owner = books.integers.of(symbol("owner")) == books.integers.of(symbol("caller"))
        allowed = z3.And(owner, cap <= SUPPLY, ceiling <= SUPPLY, rate <= SUPPLY)
        if path.returned is None:
            books.integers.prove(z3.Not(allowed))
            continue
        books.integers.prove(allowed)
        books.only(cap=cap, ceiling=ceiling, rate=rate, used=books.used, at=books["now"])


def _bound(change: Change | None) -> None:
    """By induction over calls under the same limits, from any time on. What was granted since then less what was given
    back is at most what is used now and what the rate came to; of what is used, a grant leaves at most the ceiling."""
    net, start = z3.Ints("net start")
    for function, arguments in (("reserve", [symbol("amount")]), ("release", [])):
        for path in _paths(change, function, constant(ROUND), *arguments):
            books = _Books(path)
            if not _possible(books):
                continue
            rate, now, at = books["rate"], books["now"], books["at"]
            moved = books.returned() if function == "reserve" else -books.returned()
            before = z3.Or(
                z3.And(at >= start, net * DAY <= books["used"] * DAY + rate * at - rate * start),
                z3.And(at < start, net <= 0),
            )
            books.integers.facts += [now >= start, rate * now >= rate * start, rate * now >= rate * at, before]
            changed = books.after("at") != at
            after = (net + moved) * DAY <= books.after("used") * DAY + rate * now - rate * start
            books.integers.prove(z3.Implies(z3.Or(changed, moved != 0), after))
            books.integers.prove(z3.Implies(moved > 0, books.after("used") <= books["ceiling"]))
            books.integers.prove(
                z3.Implies(moved > 0, (net + moved) * DAY <= books["ceiling"] * DAY + rate * now - rate * start)
            )


SOURCE: Final = "contracts/Treasury.vy"
_BOUNDS: Final = "all amounts and limits at most the supply; reserved at most the balance"

CLAIMS: Final = [
    Claim(
        "Treasury.reserve",
        "grants min(amount, cap - what the round has, ceiling - used, free); used = max(0, used - rate × days) before,"
        " and rises by the grant; a grant of 0 writes nothing; never reverts",
        _BOUNDS + "; any amount",
        INTEGERS,
        _reserve,
        (
            Change(SOURCE, "limits.cap - grant.granted, limits.ceiling - used)", "limits.cap, limits.ceiling - used)"),
            Change(SOURCE, "self.budgets[msg.sender].used = used + amount_granted", ""),
            Change(SOURCE, "min(room, self._free())", "room"),
            Change(SOURCE, "return unsafe_sub(one, other) if one > other else 0", "return unsafe_sub(one, other)"),
        ),
    ),
    Claim(
        "Treasury.release",
        "gives back all that is left; used = max(0, max(0, used - rate × days) - left); never reverts",
        _BOUNDS,
        INTEGERS,
        _release,
        (
            Change(SOURCE, "used = self._beyond(used, left)", "used = used - left"),
            Change(SOURCE, "self.grants[msg.sender][round].left = 0", ""),
        ),
    ),
    Claim(
        "Treasury.draw",
        "pays the amount to the tournament out of what is left; reverts for more than that, and for nothing else",
        _BOUNDS + "; any amount",
        INTEGERS,
        _draw,
        (Change(SOURCE, "self.reserved -= amount\n", "self.reserved -= left\n"),),
    ),
    Claim(
        "Treasury.authorise",
        "keeps what is used, less what the old rate freed until now; refuses strangers and limits above the supply, and"
        " nothing else, of a tournament that is listed",
        _BOUNDS + "; any new limits",
        INTEGERS,
        _authorise,
        (
            Change(SOURCE, "limits=limits, used=self._used(tournament)", "limits=limits, used=0"),
            Change(SOURCE, "limits.rate <= SUPPLY", "limits.rate <= max_value(uint256)"),
        ),
    ),
    Claim(
        "Treasury.reserve, release",
        "grants less what is given back, since any time, come to at most the ceiling and what the rate frees since",
        _BOUNDS + "; under the same limits",
        INTEGERS,
        _bound,
        (
            Change(SOURCE, "used = self._beyond(used, left)", "used = 0"),
            Change(SOURCE, "self.budgets[msg.sender].used = used + amount_granted", ""),
            Change(SOURCE, "limits.rate * (block.timestamp - budget.at)", "limits.rate * block.timestamp"),
        ),
    ),
]
