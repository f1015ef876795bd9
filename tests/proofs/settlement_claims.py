# SPDX-License-Identifier: MIT
"""Claims about `contracts/modules/settlement.vy`, of the code of the whole `Tournament`."""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Final, NamedTuple

import z3
from eth_utils.abi import function_signature_to_4byte_selector

from nmr.audit.layout import TOURNAMENT as SLOTS
from nmr.audit.layout import entry
from tests.proofs.claims import BITS, INTEGERS, LANEWISE, Claim, paths
from tests.proofs.code import Change
from tests.proofs.lane_words import FULL, LANES, MAX_AMOUNT, LaneWords, Word, lesser
from tests.proofs.machine import Path
from tests.proofs.settle_call import (
    HOUR,
    IDLE_SUM,
    MAX_ROUND,
    MIN_STAKE,
    RING,
    ROOT,
    TOKEN,
    TREASURY,
    Scene,
    before,
    position,
    settled,
    word,
)
from tests.proofs.solving import Bits, Integers, Misshapen, Range, choice, prove
from tests.proofs.terms import Term, Truth, apply, constant, parts, symbol

SOURCE: Final = "contracts/modules/settlement.vy"
SUBMISSIONS_SOURCE: Final = "contracts/modules/submissions.vy"
LEDGER_SOURCE: Final = "contracts/modules/ledger.vy"
ROUNDS_SOURCE: Final = "contracts/modules/rounds.vy"
SUPPLY: Final = 11_000_000 * 10**9
"""All NMR there is, gwei."""
FACTOR_ONE: Final = 10**9
RATIO_ONE: Final = 10**12
DELTA_ONE: Final = FACTOR_ONE * RATIO_ONE
UNIT: Final = 10**9
SCORE_ZERO: Final = 2**27
WEIGHTED_ZERO: Final = 2**55
LARGEST_SCORE: Final = 2**49
MAX_MULTIPLIER: Final = 1_000_000
OPENING: Final = 24 * HOUR
EACH: Final = sum(1 << 56 * n for n in LANES)

SETTLED: Final = Scene()
EXPIRED: Final = Scene(expired=True)
LAST: Final = Scene(round=MAX_ROUND - 2 * RING)
"""The last round of its place whose stakes go on, and the next one, whose stakes do not."""
ENDING: Final = Scene(round=MAX_ROUND - 2 * RING + 1)
GROUP: Final = SETTLED.groups[0]
IDLE: Final = SLOTS["idle"] + GROUP
_POSITION, _IDLE, _TARGETS = (symbol(f"{name}.{GROUP}") for name in ("position", "idle", "targets"))
_SUBMITTED, _COMPOUNDING = (symbol(f"{name}.{GROUP // 60}") for name in ("submitted", "compounding"))
_FLAGS_AT: Final = 4 * (GROUP % 60)
"""The first of the group's bits in its words of submissions and of compounding models."""
_LEAST: Final = apply("DIV", MIN_STAKE, constant(UNIT))


def _bits(word_: Term) -> Term:
    """A word of submissions without its tag."""
    return apply("AND", word_, constant(2**240 - 1))


def _held(scene: Scene) -> Term:
    """What the group has in the round: its position without the tag."""
    return apply("XOR", _POSITION, constant(scene.round << 240))


def _in_round(scene: Scene) -> Term:
    """Asks whether the group has stakes in the round."""
    return apply("LT", apply("SUB", _held(scene), constant(1)), constant(2**240 - 1))


def _of_round(scene: Scene) -> Term:
    """Asks whether the submissions are of the round."""
    return apply("EQ", apply("SHR", constant(240), _SUBMITTED), constant(scene.round))


@cache
def _only(change: Change | None, function: str, *arguments: Term) -> Term:
    """What a function of the harness returns, on the one path on which it does."""
    [path] = [path for path in paths(change, function, *arguments) if path.returned is not None]
    assert path.returned is not None
    return path.returned[0]


class Delta(NamedTuple):
    """What a stake wins or loses, as the code computes it: the whole, and what it is made from."""

    term: Term
    lane: int
    stake: Term
    size: Term
    clip: Term


class Scored(NamedTuple):
    """What `settle` computes from a score word: the payouts, which lanes lose, their mask, the four weighted scores in
    a word, and the two words of scores that these are made from."""

    deltas: list[Delta]
    lost: Term
    mask: Term
    weighted: Term
    primary: Term
    contribution: Term


def _one(found: Iterable[Term], what: str) -> Term:
    different = {id(term): term for term in found}
    if len(different) != 1:
        raise Misshapen(f"{len(different)} terms are {what}")
    return next(iter(different.values()))


def _has(term: Term, number: int) -> bool:
    return any(argument.number == number for argument in term.arguments)


def _rest(term: Term, known: Term | int) -> Term:
    """The other argument."""
    one, other = term.arguments
    return other if one is known or one.number == known else one


@cache
def _delta(change: Change | None, scene: Scene, part: Term) -> Delta:
    """The payout that a term is: a product with the lesser of two, divided."""
    product = part.arguments[0]
    if product.op != "MUL":
        raise Misshapen("a payout that is no product")
    least = next((argument for argument in product.arguments if choice(argument)), None)
    if least is None:
        raise Misshapen("a payout without a clip")
    stake, held = _rest(product, least), _held(scene)
    lanes = [n for n in LANES if stake in (_only(change, "get", held, constant(n)), _top(held, n))]
    if len(lanes) != 1:
        raise Misshapen("a payout of no lane's stake")
    asked = choice(least)
    assert asked is not None
    scored = [term for term in asked[1:] if term.op == "MUL" and symbol("factor") in term.arguments]
    if len(scored) != 1:
        raise Misshapen("a payout without a factor")
    return Delta(part, lanes[0], stake, _rest(scored[0], symbol("factor")), _rest_of(asked[1:], scored[0]))


def _top(held: Term, n: int) -> Term | None:
    """The highest lane needs no mask: what is held has no tag."""
    return apply("SHR", constant(180), held) if n == 3 else None


def _rest_of(pair: tuple[Term, ...], known: Term) -> Term:
    return pair[1] if pair[0] is known else pair[0]


def _scored(change: Change | None, scene: Scene, path: Path) -> Scored | None:
    """What a path pays by; None if it pays nothing, having no submissions of the round."""
    used = parts(path.storage[position(scene.round, GROUP)], path.storage[IDLE])
    return _scored_of(change, scene, tuple(part for part in used if part.op == "DIV" and _has(part, DELTA_ONE)))


@cache
def _scored_of(change: Change | None, scene: Scene, divided: tuple[Term, ...]) -> Scored | None:
    if not divided:
        return None
    deltas = sorted((_delta(change, scene, part) for part in divided), key=lambda delta: delta.lane)
    if [delta.lane for delta in deltas] != list(LANES):
        raise Misshapen(f"payouts of lanes {[delta.lane for delta in deltas]}")
    made = parts(*(delta.size for delta in deltas))
    above = _one((part for part in made if part.op == "NOT"), "the signs of weighted scores")
    lost = _one((part for part in made if part.op == "AND" and above in part.arguments), "the lanes that lose")
    weighted = _rest(above.arguments[0], 55)
    products = [part for part in parts(weighted) if part.op == "MUL"]
    words = [
        _one((_rest(part, symbol(name)) for part in products if symbol(name) in part.arguments), f"the {name} scores")
        for name in ("primary", "contribution")
    ]
    return Scored(deltas, lost, _spread(change, scene, lost), weighted, words[0], words[1])


@cache
def _spread(change: Change | None, scene: Scene, lost: Term) -> Term:
    """The mask that is made from the lanes that lose."""
    storages = [path.storage for path in settled(change, scene) if path.returned is not None]
    used = parts(*{storage[position(scene.round, GROUP)] for storage in storages})
    masks = [part for part in used if part.op == "MUL" and _has(part, FULL) and lost in parts(part)]
    return _one((part for part in masks if not any(term.op == "DIV" for term in parts(part))), "the mask of losses")


@cache
def _done(change: Change | None, scene: Scene) -> list[Path]:
    """Every path that returns. Each lane has its payout, unless the path says that the submissions are of another
    round."""
    returned = [path for path in settled(change, scene) if path.returned is not None]
    if not returned:
        raise Misshapen("every call reverts")
    for path in returned:
        if Truth(_in_round(scene), True) not in path.truths:
            raise Misshapen("a group without a position in the round was settled")
        if Truth(_of_round(scene), True) in path.truths and _scored(change, scene, path) is None:
            raise Misshapen("submissions without payouts")
    return returned


def _distinct(change: Change | None, scene: Scene) -> Scored:
    """What is computed from the score word, which is the same on every path."""
    found = {id(scored.weighted): scored for path in _done(change, scene) if (scored := _scored(change, scene, path))}
    if len(found) != 1:
        raise Misshapen(f"{len(found)} ways to weigh a word")
    return next(iter(found.values()))


def _scores(change: Change | None) -> None:
    scored, bits = _distinct(change, SETTLED), Bits()
    given = bits.of(word(GROUP, 0))
    for scores, first in ((scored.contribution, 28), (scored.primary, 0)):
        for n in LANES:
            score = z3.Extract(56 * n + first + 27, 56 * n + first, given)
            lane = z3.Extract(56 * n + 55, 56 * n, bits.of(scores))
            prove(lane == z3.SignExt(28, score) + SCORE_ZERO, [])
        prove(z3.Extract(255, 224, bits.of(scores)) == 0, [])


def _weighing(scored: Scored) -> tuple[Integers, list[z3.ArithRef]]:
    """Integers that know the scores of a word, from -2**27 on (`_scores`), and the four exact weighted scores. Of a sum
    of scores times a multiplier they know the sum of the products."""
    integers = Integers({symbol("primary"): (0, MAX_MULTIPLIER), symbol("contribution"): (0, MAX_MULTIPLIER)})
    exact = [z3.IntVal(0)] * 4
    for name, scores in (("primary", scored.primary), ("contribution", scored.contribution)):
        by = integers.of(symbol(name))
        if scores.number is None:
            products = z3.Ints(" ".join(f"{name}.{n}" for n in LANES))
            integers.facts += [fact for product in products for fact in (product >= 0, product <= (2**28 - 1) * by)]
            packed = z3.Sum([product * 2 ** (56 * n) for n, product in enumerate(products)])
            for order in ((scores, symbol(name)), (symbol(name), scores)):
                integers.take(apply("MUL", *order), packed, (0, EACH * (2**28 - 1) * MAX_MULTIPLIER))
        else:
            products = [(scores.number >> 56 * n & 2**56 - 1) * by for n in LANES]
        exact = [sum_ + product - SCORE_ZERO * by for sum_, product in zip(exact, products, strict=True)]
    return integers, exact


def _weights(change: Change | None) -> None:
    for scene in (SETTLED, EXPIRED):
        scored = _distinct(change, scene)
        integers, exact = _weighing(scored)
        for score in exact:
            integers.prove(z3.And(score > -LARGEST_SCORE, score < LARGEST_SCORE))
        packed = z3.Sum([(score + WEIGHTED_ZERO) * 2 ** (56 * n) for n, score in enumerate(exact)])
        integers.prove(integers.of(scored.weighted) == packed)
        if scene is EXPIRED:
            integers.prove(integers.of(scored.weighted) == EACH * WEIGHTED_ZERO)


def _sizes(change: Change | None) -> None:
    """Of any four weighted scores from -2**49 to 2**49, as `_weights` proves them to be."""
    for scene in (SETTLED, EXPIRED):
        scored, bits = _distinct(change, scene), Bits()
        weighted = z3.BitVec("weighted", 256)
        bits.take(scored.weighted, weighted)
        lanes = [z3.ZeroExt(200, z3.Extract(56 * n + 55, 56 * n, weighted)) for n in LANES]
        least, most = WEIGHTED_ZERO - LARGEST_SCORE, WEIGHTED_ZERO + LARGEST_SCORE
        given = [z3.And(z3.UGE(lane, least), z3.ULE(lane, most)) for lane in lanes]
        mask = bits.of(scored.mask)
        for delta, lane in zip(scored.deltas, lanes, strict=True):
            loses = z3.ULT(lane, WEIGHTED_ZERO)
            size = z3.If(loses, WEIGHTED_ZERO - lane, lane - WEIGHTED_ZERO)
            prove(bits.of(delta.size) == size, given)
            marked = z3.Extract(60 * delta.lane + 59, 60 * delta.lane, mask)
            prove(marked == z3.If(loses, z3.BitVecVal(FULL, 60), z3.BitVecVal(0, 60)), given)
        prove(z3.Extract(255, 240, mask) == 0, given)


def _paying(delta: Delta) -> Integers:
    integers = Integers({symbol("factor"): (0, FACTOR_ONE), symbol("clip"): (0, RATIO_ONE)})
    integers.take(delta.stake, z3.Int("stake"), (0, MAX_AMOUNT))
    integers.take(delta.size, z3.Int("size"), (0, LARGEST_SCORE))
    stake, size = z3.Ints("stake size")
    integers.facts += [stake >= 0, stake <= MAX_AMOUNT, size >= 0, size <= LARGEST_SCORE]
    return integers


def _payouts(change: Change | None) -> None:
    stake, size = z3.Ints("stake size")
    for scene in (SETTLED, EXPIRED):
        for delta in _distinct(change, scene).deltas:
            integers = _paying(delta)
            scaled = size * integers.of(symbol("factor"))
            clip = integers.of(symbol("clip")) * FACTOR_ONE
            exact = z3.If(scaled <= clip, stake * scaled, stake * clip)
            paid = integers.of(delta.term)
            integers.prove(z3.And(paid * DELTA_ONE <= exact, exact < (paid + 1) * DELTA_ONE))
            integers.prove(paid <= stake)
            if scene is EXPIRED:
                integers.prove(z3.Implies(size == 0, paid == 0))


def _granted(change: Change | None) -> None:
    """By induction over the stakes: 10^12 × rewards so far <= stakes so far × clip. Nothing is at stake at first; a
    stake keeps it; and at the end it leaves no more than the grant."""
    rewards, stakes = z3.Ints("rewards stakes")
    for delta in _distinct(change, SETTLED).deltas:
        integers = _paying(delta)
        clip, paid = integers.of(symbol("clip")), integers.of(delta.term)
        integers.facts.append(rewards * RATIO_ONE <= stakes * clip)
        integers.prove((rewards + paid) * RATIO_ONE <= (stakes + z3.Int("stake")) * clip)
    names = [symbol(name) for name in ("clip", "granted", "at_risk")]
    for path in paths(change, "effective_clip", *names):
        integers = Integers(dict(zip(names, ((0, RATIO_ONE), (0, FULL), (1, FULL)), strict=True)))
        integers.true(path.truths)
        if path.returned is None:
            integers.prove(z3.BoolVal(False))
            continue
        [effective] = map(integers.of, path.returned)
        granted, risk = map(integers.of, names[1:])
        integers.facts += [rewards * RATIO_ONE <= stakes * effective, stakes >= 0, stakes <= risk]
        spared = (risk - stakes) * effective
        integers.prove(rewards <= granted, spared >= 0, spared == risk * effective - stakes * effective)


def _staked(scene: Scene, round_: int) -> int:
    """The slot of what is staked in a round."""
    return entry(SLOTS["book"], round_) + 9


def _successor(scene: Scene, path: Path) -> int:
    """The round whose total a path writes beside that of the round itself."""
    known = before(scene)
    rounds = [scene.next, scene.after, 0]
    written = [round_ for round_ in rounds if path.storage[_staked(scene, round_)] is not known[_staked(scene, round_)]]
    if len(written) != 1:
        raise Misshapen(f"stakes go on into {len(written)} rounds")
    return written[0]


def _successors(change: Change | None) -> None:
    """Of any turn and time: what the path says of them decides the successor, and nothing else does."""
    bits = Bits()
    turn, now = map(bits.of, map(symbol, ("turn", "now")))
    opens, until = turn & 2**32 - 1, z3.LShR(turn, 32)
    for scene in (SETTLED, EXPIRED, LAST, ENDING):
        opened = z3.ULT(scene.next, opens)
        in_time = z3.And(z3.ULE(opens, scene.after), z3.ULT(now, until), z3.UGE(until - now, HOUR))
        takes = z3.Or(z3.Not(opened), in_time)
        seen: set[frozenset[Truth]] = set()
        for path in _done(change, scene):
            told = frozenset(fact for fact in path.truths if _symbols(fact.term) <= {"turn", "now"})
            if told in seen:
                continue
            seen.add(told)
            given = [*bits.true(told), z3.ULE(opens, MAX_ROUND + RING)]
            if scene is ENDING:
                prove(z3.BoolVal(_successor(scene, path) == 0), given)
                continue
            prove(takes == (_successor(scene, path) == scene.next), given)
            prove(z3.Not(takes) == (_successor(scene, path) == scene.after), given)


@cache
def _symbols(term: Term) -> frozenset[str]:
    return frozenset(str(part.key) for part in parts(term) if part.op == "symbol")


class _Group:
    """What a path makes of the group, lane by lane."""

    def __init__(self, change: Change | None, scene: Scene, path: Path) -> None:
        self.scene = scene
        self.words = LaneWords()
        self.held = self.words.any(_POSITION, SUPPLY, z3.BitVecVal(scene.round, 16))
        self.idle = self.words.any(_IDLE, SUPPLY, z3.BitVec("idle.tag", 16))
        self.targets = self.words.any(_TARGETS, MAX_AMOUNT, z3.BitVecVal(0, 16))
        self.least = z3.Int("least")
        self._everywhere(z3.And(self.least >= 2, self.least <= 10**9))
        self.words.take(_only(change, "same", _LEAST), Word([self.least] * 4, z3.BitVecVal(0, 16)))
        submitted = apply("SHR", constant(_FLAGS_AT), _bits(_SUBMITTED))
        flags = self._flags(change, "submitted", submitted)
        current = z3.Bool("current")
        self.submitted = [z3.And(current, flag) for flag in flags]
        compounding = apply("SHR", constant(_FLAGS_AT), _COMPOUNDING)
        self.compounds = self._flags(change, "compounds", compounding)
        for holds in (True, False):
            if Truth(_of_round(scene), holds) in path.truths:
                self._everywhere(current == holds)
        for asked, known in ((submitted, flags), (compounding, self.compounds)):
            if Truth(apply("EQ", apply("AND", asked, constant(15)), constant(15)), True) in path.truths:
                self._everywhere(z3.And(known))
        self.gains: list[z3.ArithRef] = [z3.IntVal(0)] * 4
        self.losses: list[z3.ArithRef] = [z3.IntVal(0)] * 4
        if scored := _scored(change, scene, path):
            self._take(scored)
        for fact in path.truths:
            if fact.term.op == "EQ" and fact.holds:
                self._equal(*fact.term.arguments)
            if fact in _kept_asked(path) and not fact.holds:
                for facts, lane in zip(self.words.facts, self.words.of(fact.term).lanes, strict=True):
                    facts.append(lane == 0)

    def _everywhere(self, fact: z3.BoolRef) -> None:
        for facts in self.words.facts:
            facts.append(fact)

    def _flags(self, change: Change | None, name: str, flags: Term) -> list[z3.BoolRef]:
        """Flags of the four models, and what `lanes._mask` makes of them."""
        known = [z3.Bool(f"{name}.{n}") for n in LANES]
        self._mask(_only(change, "mask", flags), known)
        return known

    def _mask(self, term: Term, flags: list[z3.BoolRef]) -> None:
        mask = [z3.If(flag, z3.IntVal(FULL), z3.IntVal(0)) for flag in flags]
        self.words.take(term, Word(mask, z3.BitVecVal(0, 16), flags))

    def _take(self, scored: Scored) -> None:
        """A payout is at most the stake, and nothing where the round is void or expired, says the claim about
        payouts; the mask has the lanes that lose, says the one about sizes."""
        lost = [z3.Bool(f"lost.{n}") for n in LANES]
        self._mask(scored.mask, lost)
        for n, delta in enumerate(scored.deltas):
            value = z3.Int(f"delta.{n}")
            self.words.facts[n] += [value >= 0, value <= (0 if self.scene.expired else self.held.lanes[n])]
            self.gains[n] = z3.If(z3.And(self.submitted[n], z3.Not(lost[n])), value, 0)
            self.losses[n] = z3.If(z3.And(self.submitted[n], lost[n]), value, 0)
            lanes = [value if n == m else z3.IntVal(0) for m in LANES]
            self.words.take(apply("SHL", constant(60 * n), delta.term), Word(lanes, z3.BitVecVal(0, 16)))

    def _equal(self, one: Term, other: Term) -> None:
        """Equal words have equal lanes."""
        if _POSITION not in parts(one) or one.op == "SHR":
            return
        first, second = self.words.of(one), self.words.of(other)
        for n in LANES:
            self.words.facts[n].append(first.lanes[n] == second.lanes[n])

    def kept(self, n: int, value: z3.ArithRef) -> z3.ArithRef:
        """What stays at stake of a value, as the docs have it."""
        if self.scene is ENDING:
            return z3.IntVal(0)
        kept = z3.If(self.compounds[n], value, lesser(value, self.targets.lanes[n]))
        return z3.If(kept >= self.least, kept, 0)


def _kept_asked(path: Path) -> set[Truth]:
    """What a path says of whether anything is kept."""
    return {fact for fact in path.truths if fact.term.op == "AND" and _POSITION in parts(fact.term)}


def _asked(path: Path) -> frozenset[Truth]:
    """The truths of a path that a proof takes for given: what it says of equal words, and whether anything is kept."""
    return frozenset(fact for fact in path.truths if fact.term.op == "EQ" or fact in _kept_asked(path))


def _lanes(change: Change | None) -> None:
    for scene in (SETTLED, EXPIRED, ENDING):
        seen: set[tuple[object, ...]] = set()
        for path in _done(change, scene):
            place = position(scene.round, GROUP)
            key = (path.storage[place], path.storage[IDLE], _successor(scene, path), _asked(path))
            if key not in seen:
                seen.add(key)
                _lanes_of(_Group(change, scene, path), path)


def _lanes_of(group: _Group, path: Path) -> None:
    idle = path.storage[IDLE]
    after, idle_after = group.words.of(path.storage[position(group.scene.round, GROUP)]), group.words.of(idle)
    prove(z3.Or(idle_after.tag == 1, z3.BoolVal(idle is _IDLE)), [z3.ULE(group.idle.tag, 1)])
    successor = _successor(group.scene, path)
    for n in LANES:
        value = group.held.lanes[n] + group.gains[n] - group.losses[n]
        kept = after.lanes[n]
        freed = idle_after.lanes[n] - group.idle.lanes[n]
        group.words.prove(n, kept == group.kept(n, value))
        group.words.prove(n, z3.And(freed >= 0, kept + freed == value))
        group.words.prove(n, z3.Or(group.compounds[n], kept <= group.targets.lanes[n]))
        group.words.prove(n, z3.Or(kept == 0, kept >= group.least))
        group.words.prove(n, z3.Or(kept == 0, z3.And(after.tag == successor, after.tag != group.scene.round)))
        if group.scene.expired:
            group.words.prove(n, value == group.held.lanes[n])


def _integers(group: _Group, *terms: Term) -> Integers:
    """Integers that know the lanes of the group wherever terms read one."""
    ranges = {symbol(name): size for name, size in _RANGES.items()}
    ranges |= {symbol(f"staked.{round_}"): (0, SUPPLY) for round_ in (0, group.scene.next, group.scene.after)}
    integers = Integers(ranges)
    for facts in group.words.facts:
        integers.facts += facts
    for part in parts(*terms):
        if part.op != "AND" or part.arguments[1].number != FULL:
            continue
        word_, shift = part.arguments[0], 0
        if word_.op == "SHR":
            shift, word_ = word_.arguments[0].number or 0, word_.arguments[1]
        if shift in range(0, 240, 60) and _POSITION in parts(word_) and word_.op not in {"SHR", "MUL"}:
            integers.take(part, group.words.of(word_).lanes[shift // 60], (0, FULL))
    # A word other than zero has a lane other than zero.
    integers.facts += [z3.Sum(group.held.lanes) > 0, integers.of(symbol("staked")) >= z3.Sum(group.held.lanes)]
    return integers


def _sums(change: Change | None) -> None:
    for scene in (SETTLED, EXPIRED, ENDING):
        known, place = before(scene), position(scene.round, GROUP)
        totals = {scene.round: "staked"} | {round_: f"staked.{round_}" for round_ in (0, scene.next, scene.after)}
        slots = {_staked(scene, round_): name for round_, name in totals.items()} | {IDLE_SUM: "idle_sum"}
        seen: set[tuple[object, ...]] = set()
        for path in _done(change, scene):
            written = {slot for slot, word_ in path.storage.items() if word_ is not known.get(slot)}
            if not written <= {place, IDLE, *slots}:
                raise Misshapen("another slot is written")
            _nothing_else_called(scene, path)
            calls = [tuple(call) for call in path.calls]
            sums = [fact for fact in path.truths if fact.term.op == "ADD" or _has(fact.term, UNIT)]
            after = [path.storage[slot] for slot in slots]
            key = (*after, path.storage[place], path.storage[IDLE], *calls, _asked(path), frozenset(sums))
            if key in seen:
                continue
            seen.add(key)
            group = _Group(change, scene, path)
            integers = _integers(group, *after, *chain(*calls), *(fact.term for fact in sums))
            integers.true(sums)
            kept = z3.Sum(group.words.of(path.storage[place]).lanes)
            freed = z3.Sum(group.words.of(path.storage[IDLE]).lanes) - z3.Sum(group.idle.lanes)
            moved = {"staked": -z3.Sum(group.held.lanes), "idle_sum": freed}
            moved[totals[_successor(scene, path)]] = kept
            for slot, name in slots.items():
                change_ = moved.get(name, z3.IntVal(0))
                integers.prove(integers.of(path.storage[slot]) == integers.of(symbol(name)) + change_)
            for function, amount in ((_DRAW, z3.Sum(group.gains)), (_BURN, z3.Sum(group.losses))):
                paid = [integers.of(call[-1]) for call in calls if _called(call) == function]
                integers.prove(z3.Sum(z3.IntVal(0), *paid) == amount * UNIT)


def _nothing_else_called(scene: Scene, path: Path) -> None:
    """That a path calls nothing but a draw and a release of the round and a burn, each once at most."""
    called = [_called(call) for call in path.calls]
    if called != [function for function in (_DRAW, _BURN, _RELEASE) if function in called]:
        raise Misshapen("calls other than a draw, a burn and a release")
    if any(call[2].number != scene.round for call in path.calls if _called(call) != _BURN):
        raise Misshapen("a draw or a release of another round")


def _called(call: Sequence[Term]) -> tuple[int | None, int]:
    """The address that is called, and the selector."""
    return call[0].number, (call[1].number or 0) >> 224


_STATE: Final = frozenset(
    {"now", "locks_at", "expires_at", "locked", "void", "opened_list", "final_at", "root", "sibling", "scores.0"}
)
"""What says whether a round can be settled at all, and with which words."""


def _due(scene: Scene, integers: Integers) -> z3.BoolRef:
    """Whether a round with stakes can be settled, as the docs have it, apart from the proof."""
    now, locks_at, expires_at, void, opened_list, final_at = (
        integers.of(symbol(name)) for name in ("now", "locks_at", "expires_at", "void", "opened_list", "final_at")
    )
    if not scene.expired:
        return z3.And(final_at != 0, now >= final_at, now < expires_at)
    expired = z3.Or(now >= expires_at, z3.And(opened_list == 0, now >= locks_at + OPENING))
    return z3.And(locks_at != 0, z3.Or(void != 0, expired))


def _refusals(change: Change | None) -> None:
    """Each way to revert is refuted by what it asked last, but for a round that is not due, a wrong proof and a group
    that is not there."""
    for scene in (SETTLED, EXPIRED, ENDING):
        seen: set[tuple[Truth, frozenset[Truth]]] = set()
        for path in settled(change, scene):
            told = [fact for fact in path.truths if _symbols(fact.term) <= _STATE - {"root"}]
            last, asked = path.truths[-1], _asked(path)
            if path.returned is not None:
                asked, last = frozenset(told), told[-1]
            if (last, asked) in seen:
                continue
            seen.add((last, asked))
            if path.returned is not None:
                integers = Integers({symbol(name): size for name, size in _RANGES.items()})
                integers.true(told)
                # Without stakes it is closed; a group that is in the round has some of them.
                integers.facts.append(integers.of(symbol("staked")) > 0)
                integers.prove(_due(scene, integers))
                continue
            if Truth(_in_round(scene), False) in path.truths:
                continue
            if any(ROOT in fact.term.arguments and not fact.holds for fact in path.truths):
                continue
            if _symbols(last.term) <= _STATE | {"staked"} and Truth(_in_round(scene), True) not in path.truths:
                integers = Integers({symbol(name): size for name, size in _RANGES.items()})
                integers.true(fact for fact in path.truths if _symbols(fact.term) <= _STATE | {"staked"})
                integers.prove(z3.Not(_due(scene, integers)))
                continue
            group = _Group(change, scene, path)
            integers = _integers(group, last.term)
            integers.true([last])
            integers.prove(z3.BoolVal(False))


_DRAW: Final = TREASURY, int.from_bytes(function_signature_to_4byte_selector("draw(uint256,uint256)"), "big")
_BURN: Final = TOKEN, int.from_bytes(function_signature_to_4byte_selector("burn(uint256)"), "big")
_RELEASE: Final = TREASURY, int.from_bytes(function_signature_to_4byte_selector("release(uint256)"), "big")
_TIME: Final[Range] = (0, 2**64 - 1)
_RANGES: Final[dict[str, Range]] = {
    "primary": (0, MAX_MULTIPLIER),
    "contribution": (0, MAX_MULTIPLIER),
    "factor": (0, FACTOR_ONE),
    "clip": (0, RATIO_ONE),
    "min_stake": (2 * UNIT, 10**18),
    "staked": (1, SUPPLY),
    "idle_sum": (0, SUPPLY),
    "now": _TIME,
    "locks_at": _TIME,
    "expires_at": _TIME,
    "final_at": _TIME,
}
_SCORES: Final = "factor, clip <= 1; multipliers <= 100"
_WHOLE: Final = "each amount at most the supply; targets < 2^59; MIN_STAKE within its limits; " + _SCORES
_SUMMED: Final = _WHOLE + "; the round's total at least its lanes"
_BURNED: Final = "extcall ledger.TOKEN.burn(burns)"
_TURNED: Final = "kept | (tag ^ unsafe_mul(retag, convert(kept != 0, uint256)))"
_WRITTEN: Final = f"ledger.positions[slot] = {_TURNED}"
_CANCELLED: Final = "in (ITournament.State.VOID | ITournament.State.EXPIRED)"

CLAIMS: Final = [
    Claim(
        "settlement._settle: scores",
        "a score with its sign bit flipped is the signed score + 2^27, for all eight scores of a word",
        "none",
        BITS,
        _scores,
        (Change(SOURCE, "(1 + 2**28 + 2**56", "(1 + 2**28 + 2**57"),),
    ),
    Claim(
        "settlement._settle: weighted scores",
        "each is 2^55 + primary × its multiplier + contribution × its multiplier, within 2^49 of 2^55, and carries"
        " nothing into another; where a round is void or expired, each is 2^55",
        "multipliers <= 100",
        INTEGERS,
        _weights,
        (Change(SOURCE, "2**27 * (primary + contribution)", "2**26 * (primary + contribution)"),),
    ),
    Claim(
        "settlement._settle: signs and sizes",
        "the mask of losses has the lanes with a weighted score below zero; a size is its absolute value",
        "weighted scores within 2^49 of 2^55",
        BITS,
        _sizes,
        (
            Change(
                SOURCE, "unsafe_add(weighted ^ unsafe_mul(lost, _SIZE), lost)", "weighted ^ unsafe_mul(lost, _SIZE)"
            ),
            Change(SOURCE, "= 1 + 2**4 + 2**8 + 2**12", "= 1 + 2**4 + 2**8 + 2**11"),
            Change(SOURCE, "(sizes >> 112) & _SIZE", "(sizes >> 56) & _SIZE"),
        ),
    ),
    Claim(
        "settlement._settle: payouts",
        "stake × min(|score| × factor, clip), rounded down, so no reward or burn exceeds the exact value; at most the"
        " stake; 0 for a score of 0",
        "stake < 2^59; |score| <= 2^49; factor, clip <= 1",
        INTEGERS,
        _payouts,
        (Change(SOURCE, "unsafe_mul(held >> 180, min(", "unsafe_mul(held >> 180, max("),),
    ),
    Claim(
        "settlement._settle, payout._effective_clip",
        "the rewards of any number of stakes, of at_risk together, sum up to no more than the grant",
        "stakes < 2^59; amounts < 2^60; factor, clip <= 1",
        INTEGERS,
        _granted,
        (
            Change("contracts/modules/payout.vy", "min(clip, granted * RATIO_ONE // at_risk)", "clip"),
            Change(SOURCE, "unsafe_mul(held >> 180, min(", "unsafe_mul(held >> 180, max("),
        ),
    ),
    Claim(
        "settlement._successor",
        "n + RING where that is not opened yet or locks in an hour or more, else n + 2·RING; none where n + 2·RING is"
        " above 65,535, whatever n + RING is",
        "any turn and time; rounds 5, 65,527 and 65,528",
        BITS,
        _successors,
        (
            Change(SOURCE, "rounds._time_left(next) >= NOTICE", "rounds._time_left(next) > NOTICE"),
            Change(SOURCE, "NOTICE: constant(uint256) = 1", "NOTICE: constant(uint256) = 0"),
            Change(SOURCE, "if after > rounds.MAX_ROUND:", "if next > rounds.MAX_ROUND:"),
            Change(SOURCE, "if after > rounds.MAX_ROUND:", "if after >= rounds.MAX_ROUND:"),
        ),
    ),
    Claim(
        "settlement.settle, settle_expired: lanes",
        "value = stake ± payout; kept = value if compounding, else up to the target, 0 below MIN_STAKE, whatever the"
        " successor and the time; the rest to idle; who did not submit keeps the value, and everyone where the round is"
        " void or expired; no lane touches another; what is kept has the successor's tag, and settles no second time",
        _WHOLE + "; any turn and time",
        LANEWISE,
        _lanes,
        (
            Change(SOURCE, "unsafe_sub(kept | lanes.GUARDS, least)", "unsafe_sub(values | lanes.GUARDS, least)"),
            Change(SOURCE, "lanes._mask(compounding >> bit) & lanes.MAX_AMOUNTS", "lanes._mask(compounding >> bit)"),
            Change(SOURCE, _TURNED, "kept | tag"),
            Change(SOURCE, "ledger._least() if successor > 0 else lanes.MAX_AMOUNTS", "ledger._least()"),
            Change(SOURCE, "if unsafe_sub(held, 1) >= lanes.LANES:", "if held >= lanes.LANES:"),
            Change(SUBMISSIONS_SOURCE, "    if word >> _TAG_SHIFT != round:\n        return 0\n", ""),
        ),
    ),
    Claim(
        "settlement.settle, settle_expired: sums",
        "the round's total falls by what was staked; the successor's grows by what is kept; idle's by what is freed;"
        " exactly the rewards are drawn and the losses burned; no other slot is written, nothing else called but the"
        " release",
        _SUMMED + "; any turn and time",
        LANEWISE,
        _sums,
        (
            Change(
                SOURCE, "unsafe_add(total, rewards), unsafe_add(burned, freed))", "unsafe_add(total, rewards), freed)"
            ),
            Change(SOURCE, "ledger.idle_sum += freed", "ledger.idle_sum += total"),
            Change(SOURCE, _BURNED, _BURNED + "\n        " + _BURNED),
            Change(SOURCE, _WRITTEN, _WRITTEN + "\n        ledger.targets[group] = 0"),
            Change(SOURCE, _WRITTEN, _WRITTEN + "\n        ledger.positions[slot + 1] = 0"),
        ),
    ),
    Claim(
        "settlement.settle, settle_expired: refusals",
        "settle takes a root that is final until the round expires, settle_expired what is void or expired; of these"
        " they revert for nothing but a wrong proof or a group that has nothing in the round, whatever comes next",
        _SUMMED + "; any turn and time, times < 2^64",
        LANEWISE,
        _refusals,
        (
            Change(SOURCE, "rounds.book[round].staked -= total", "rounds.book[round].staked -= total + 1"),
            Change(
                ROUNDS_SOURCE,
                "block.timestamp >= final_at and block.timestamp <",
                "block.timestamp > final_at and block.timestamp <",
            ),
            Change(SOURCE, _CANCELLED, "in (ITournament.State.EXPIRED | ITournament.State.FINAL)"),
        ),
    ),
]
