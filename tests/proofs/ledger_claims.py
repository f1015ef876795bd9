# SPDX-License-Identifier: MIT
"""Claims about calls of `contracts/modules/ledger.vy`, of the code of the whole `Tournament`: what an owner takes back,
and what `enter` moves."""

from collections.abc import Iterable, Iterator
from typing import Final

import z3

from nmr.audit.layout import TOURNAMENT as SLOTS
from nmr.audit.layout import entry
from tests.proofs.claims import LANEWISE, Claim
from tests.proofs.code import TOURNAMENT, Change, compiled
from tests.proofs.lane_claims import entering
from tests.proofs.lane_words import FULL, LANES, MAX_AMOUNT, LaneWords, Word
from tests.proofs.machine import Machine, Path
from tests.proofs.settle_call import IMMUTABLES, MAX_ROUND, MIN_STAKE, RING, TOKEN, Scene, position
from tests.proofs.settlement_claims import SUPPLY, UNIT
from tests.proofs.solving import Bits, Integers, Misshapen, prove
from tests.proofs.terms import ONE, Term, Truth, apply, constant, parts, symbol

SCENE: Final = Scene()
ROUND: Final = SCENE.round
GROUP: Final = SCENE.groups[0]
LANE: Final = 2
MODEL: Final = 4 * GROUP + LANE
ALL: Final = 2**256 - 1
POSITION: Final = position(ROUND, GROUP)
IDLE: Final = SLOTS["idle"] + GROUP
SUMS: Final = {SCENE.staked: "staked", SLOTS["idle_sum"]: "idle_sum"}
_POSITION, _IDLE, _TARGETS = map(symbol, ("position", "idle", "targets"))
_BEFORE: Final = {
    POSITION: _POSITION,
    IDLE: _IDLE,
    SLOTS["targets"] + GROUP: _TARGETS,
    SCENE.turn: symbol("turn"),
    SLOTS["last_opened"]: constant(ROUND),
    SLOTS["paused_until"]: symbol("paused_until"),
    entry(SLOTS["owner_of"], MODEL): symbol("owner"),
    **{slot: symbol(name) for slot, name in SUMS.items()},
}
_HELD: Final = apply("AND", _POSITION, constant(2**240 - 1))
"""What the group has at the place, without the tag."""
_OF_ROUND: Final = apply("EQ", apply("SHR", constant(240), _POSITION), constant(ROUND))
_OTHERS: Final = {
    Truth(_OF_ROUND, False),
    Truth(apply("LT", apply("SHR", constant(240), _POSITION), constant(ROUND)), True),
}
"""What says that the stakes are of another round."""
_LEAST: Final = apply("DIV", MIN_STAKE, constant(UNIT))


def _paths(change: Change | None, function: str, *arguments: Term) -> Iterator[Path]:
    context = {"TIMESTAMP": symbol("now"), "CALLER": symbol("caller"), "ADDRESS": symbol("tournament")}
    tournament = compiled(TOURNAMENT, change)
    machine = Machine(tournament.code, context, _BEFORE, lambda _: [ONE], IMMUTABLES)
    return machine.run(tournament.selectors[function], list(arguments))


def _names(term: Term) -> set[str]:
    return {str(part.key) for part in parts(term) if part.op == "symbol"}


def _knows_nothing_of(path: Path, *names: str) -> None:
    """That a path asks for none of these words."""
    asked = {name for fact in path.truths for name in _names(fact.term)}
    if not asked.isdisjoint(names):
        raise Misshapen(f"it depends on {', '.join(sorted(asked.intersection(names)))}")


def _writes_only(path: Path, *slots: int) -> None:
    if {slot for slot, word in path.storage.items() if word is not _BEFORE.get(slot)} - set(slots):
        raise Misshapen("another slot is written")


class _Books:
    """The group's words and the sums around it: lane by lane, and as integers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.words = LaneWords()
        self.held = self.words.any(_POSITION, SUPPLY, z3.BitVec("position.tag", 16))
        self.idle = self.words.any(_IDLE, SUPPLY, z3.BitVec("idle.tag", 16))
        self.targets = self.words.any(_TARGETS, MAX_AMOUNT, z3.BitVecVal(0, 16))
        self.integers = Integers(
            {
                MIN_STAKE: (2 * UNIT, 10**18),
                symbol("staked"): (0, SUPPLY),
                symbol("idle_sum"): (0, SUPPLY),
                symbol("turn"): (0, 2**256 - 1),
                symbol("now"): (0, 2**64 - 1),
                symbol("caller"): (0, 2**160 - 1),
                symbol("owner"): (0, 2**160 - 1),
            }
        )
        self.least = self.integers.of(_LEAST)
        sums = ((SCENE.staked, self.held), (SLOTS["idle_sum"], self.idle))
        for slot, word in sums:
            self.integers.facts.append(self.integers.of(symbol(SUMS[slot])) >= z3.Sum(word.lanes))
        tag = z3.Int("tag")
        for term, word, above in ((_HELD, self.held, 0), (_IDLE, self.idle, tag)):
            self.integers.facts += [fact for lane in word.lanes for fact in (lane >= 0, lane <= SUPPLY)]
            packed = z3.Sum([lane * 2 ** (60 * n) for n, lane in enumerate(word.lanes)])
            self.integers.take(term, packed + above * 2**240, (0, 2**241 - 1))
        self.integers.facts += [tag >= 0, tag <= 1]

    def know(self, *terms: Term) -> None:
        """Let integers know the lanes of the group wherever these terms read one."""
        for part in parts(*terms):
            if part.op != "AND" or part.arguments[1].number != FULL:
                continue
            word, shift = part.arguments[0], 0
            if word.op == "SHR":
                shift, word = word.arguments[0].number or 0, word.arguments[1]
            if shift in range(0, 240, 60) and _names(word) & {"position", "idle"} and word.op != "SHR":
                self.integers.take(part, self.words.of(word).lanes[shift // 60], (0, FULL))

    def true(self, facts: Iterable[Truth]) -> None:
        """What a path says."""
        for fact in facts:
            self.know(fact.term)
            self.integers.true([fact])

    def moved(self, word: int) -> Term | None:
        """The amount that is added to the model's lane of a word, or taken from it."""
        found = [part for part in parts(self.path.storage[word]) if part.op == "SHL" and _first(part) == 60 * LANE]
        return found[0].arguments[1] if len(found) == 1 else None


def _first(shifted: Term) -> int | None:
    return shifted.arguments[0].number


def _taken(books: _Books, word: int) -> z3.ArithRef:
    """The amount that leaves a word of the group, known lane by lane from then on."""
    term = books.moved(word)
    if term is None:
        raise Misshapen("no single amount leaves")
    books.know(term)
    lane = books.held if word == POSITION else books.idle
    amount = z3.Int("taken")
    books.integers.facts.append(amount == books.integers.of(term))
    books.integers.prove(z3.And(amount > 0, amount <= lane.lanes[LANE]))
    books.words.facts[LANE] += [amount > 0, amount <= lane.lanes[LANE]]
    lanes = [amount if n == LANE else z3.IntVal(0) for n in LANES]
    books.words.take(apply("SHL", constant(60 * LANE), term), Word(lanes, z3.BitVecVal(0, 16)))
    return amount


def _time_left(bits: Bits) -> z3.BoolRef:
    """Whether the round is not opened yet, or open: whether stakes can leave it, as the docs have it."""
    turn, now = bits.of(symbol("turn")), bits.of(symbol("now"))
    opens, until = turn & 2**32 - 1, z3.LShR(turn, 32)
    return z3.Or(z3.ULE(opens, ROUND), z3.And(z3.ULE(opens, ROUND + RING), z3.ULT(now, until)))


def _told_of_time(path: Path, time_left: bool) -> None:
    """Prove that what a path says of turn and time is that stakes can leave, or that they cannot."""
    bits = Bits()
    told = bits.true(fact for fact in path.truths if _names(fact.term) <= {"turn", "now"})
    prove(_time_left(bits) == time_left, [*told, z3.ULE(bits.of(symbol("turn")) & 2**32 - 1, MAX_ROUND + RING)])


def _asked(books: _Books, held: z3.ArithRef) -> tuple[z3.ArithRef, z3.BoolRef]:
    """The amount that is meant, gwei, and whether there is so much."""
    amount = books.integers.of(symbol("amount"))
    meant = z3.If(amount == ALL, held, amount / UNIT)
    fine = z3.Or(amount == ALL, z3.And(amount % UNIT == 0))
    return meant, z3.And(fine, meant > 0, meant <= held)


def _leave(change: Change | None) -> None:
    for path in _paths(change, "leave", constant(MODEL), constant(ROUND), symbol("amount")):
        _knows_nothing_of(path, "paused_until")
        books = _Books(path)
        books.true(path.truths)
        held = books.held.lanes[LANE]
        meant, there = _asked(books, held)
        owner = books.integers.of(symbol("owner")) == books.integers.of(symbol("caller"))
        if path.returned is None:
            last = path.truths[-1]
            if _names(last.term) <= {"turn", "now"}:
                _told_of_time(path, False)
            elif last not in _OTHERS:
                books.integers.prove(z3.Not(z3.And(owner, there)))
            continue
        _told_of_time(path, True)
        _writes_only(path, POSITION, IDLE, *SUMS)
        left = _taken(books, POSITION)
        books.integers.prove(z3.And(owner, there))
        books.integers.prove(left == z3.If(held - meant < books.least, held, meant))
        books.integers.prove(books.integers.of(path.returned[0]) == left * UNIT)
        books.integers.prove(z3.Or(held - left == 0, held - left >= books.least))
        for name, change_ in (("staked", -left), ("idle_sum", left)):
            slot = next(slot for slot in SUMS if SUMS[slot] == name)
            before = books.integers.of(symbol(name))
            books.integers.prove(books.integers.of(path.storage[slot]) == before + change_)
        position_, idle = books.words.of(path.storage[POSITION]), books.words.of(path.storage[IDLE])
        prove(position_.tag == ROUND, [])
        for n in LANES:
            taken = left if n == LANE else z3.IntVal(0)
            books.words.prove(n, position_.lanes[n] == books.held.lanes[n] - taken)
            books.words.prove(n, idle.lanes[n] == books.idle.lanes[n] + taken)


def _withdraw(change: Change | None) -> None:
    for path in _paths(change, "withdraw", constant(MODEL), symbol("amount"), symbol("receiver")):
        _knows_nothing_of(path, "paused_until", "turn", "now", "position", "staked")
        books = _Books(path)
        books.true(path.truths)
        held = books.idle.lanes[LANE]
        meant, there = _asked(books, held)
        owner, caller, receiver, escrow = (
            books.integers.of(symbol(name)) for name in ("owner", "caller", "receiver", "tournament")
        )
        allowed = z3.And(owner == caller, receiver != escrow, receiver != TOKEN, receiver < 2**160, there)
        if path.returned is None:
            books.integers.prove(z3.Not(allowed))
            continue
        _writes_only(path, IDLE, SLOTS["idle_sum"])
        taken = _taken(books, IDLE)
        books.integers.prove(z3.And(allowed, taken == meant))
        before = books.integers.of(symbol("idle_sum"))
        books.integers.prove(books.integers.of(path.storage[SLOTS["idle_sum"]]) == before - taken)
        [call] = path.calls
        if call[0].number != TOKEN or call[2] is not symbol("receiver"):
            raise Misshapen("a call other than a transfer to the receiver")
        books.integers.prove(books.integers.of(call[3]) == taken * UNIT)
        idle = books.words.of(path.storage[IDLE])
        for n in LANES:
            books.words.prove(n, idle.lanes[n] == books.idle.lanes[n] - (taken if n == LANE else 0))


def _enter(change: Change | None) -> None:
    for path in _paths(change, "enter", constant(32), constant(1), constant(GROUP)):
        if path.returned is None:
            continue
        books = _Books(path)
        _writes_only(path, POSITION, IDLE, *SUMS)
        least = z3.Int("least")
        for facts in books.words.facts:
            facts += [least >= 2, least <= 10**9]
        same = [part for word in path.storage.values() for part in parts(word) if _is_least(part)]
        for term in same:
            books.words.take(term, Word([least] * 4, z3.BitVecVal(0, 16)))
        if Truth(_HELD, False) in path.truths:
            for facts, lane in zip(books.words.facts, books.held.lanes, strict=True):
                facts.append(lane == 0)
        elif Truth(_OF_ROUND, True) not in path.truths:
            raise Misshapen("stakes of another round are raised")
        if path.storage[POSITION] is _POSITION:
            if any(path.storage[slot] is not _BEFORE[slot] for slot in (IDLE,)):
                raise Misshapen("idle is taken, and nothing raised")
            continue
        position_, idle = books.words.of(path.storage[POSITION]), books.words.of(path.storage[IDLE])
        prove(position_.tag == ROUND, [])
        for n in LANES:
            held, free, target = (word.lanes[n] for word in (books.held, books.idle, books.targets))
            moved = entering(held, free, target, least)
            books.words.prove(n, z3.And(position_.lanes[n] == held + moved, idle.lanes[n] == free - moved))
            books.words.prove(n, z3.Implies(moved > 0, position_.lanes[n] >= least))
        after = [path.storage[slot] for slot in SUMS]
        for facts in books.words.facts:
            books.integers.facts += facts
        books.know(*after)
        total = z3.Sum(position_.lanes) - z3.Sum(books.held.lanes)
        for slot, sign in ((SCENE.staked, 1), (SLOTS["idle_sum"], -1)):
            before = books.integers.of(symbol(SUMS[slot]))
            books.integers.prove(books.integers.of(path.storage[slot]) == before + sign * total)


def _is_least(part: Term) -> bool:
    return part.op == "MUL" and _LEAST in part.arguments and _names(part) == {"min_stake"}


SOURCE: Final = "contracts/modules/ledger.vy"
_BOUNDS: Final = "each amount at most the supply; MIN_STAKE within its limits; sums at least their lanes"

CLAIMS: Final = [
    Claim(
        "ledger.leave",
        "takes the amount, or all where less than MIN_STAKE would stay, from the model's position to its idle, and from"
        " one sum to the other; nothing else changes; refuses nobody but strangers, locked and void rounds, stakes of"
        " another round and amounts that are not there; no pause is asked for",
        _BOUNDS + "; any amount, turn and time",
        LANEWISE,
        _leave,
        (
            Change(SOURCE, "    if unsafe_sub(held, left) < MIN_STAKE // rounds.UNIT:\n        left = held\n", ""),
            Change(SOURCE, "rounds.book[round].staked -= left\n", "rounds.book[round].staked -= held\n"),
            Change(SOURCE, 'rounds._time_left(round) > 0, "ledger: round', 'rounds._is_open(round), "ledger: round'),
        ),
    ),
    Claim(
        "ledger.withdraw",
        "pays idle NMR of the model to whom its owner says; refuses nobody but strangers, amounts that are not idle,"
        " and escrow and token as receivers; asks for no round, time or pause",
        _BOUNDS + "; any amount",
        LANEWISE,
        _withdraw,
        (
            Change(SOURCE, "    self.idle_sum -= taken\n", ""),
            Change(SOURCE, "    models._only_owner_of(model)\n    # It would", "    # It would"),
        ),
    ),
    Claim(
        "ledger.enter",
        "moves what `_entering` says from idle to positions of the open round, in every lane of a group and in the"
        " sums; who is raised has at least MIN_STAKE; stakes of another round are never raised",
        _BOUNDS,
        LANEWISE,
        _enter,
        (
            Change(SOURCE, "self.idle[group] = unsafe_sub(idle, moved)", "self.idle[group] = idle"),
            Change(SOURCE, "    self.idle_sum -= total\n", ""),
        ),
    ),
]
