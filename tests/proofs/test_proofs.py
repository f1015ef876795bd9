# SPDX-License-Identifier: MIT
"""That the proofs are about the code: the machine on terms does what the EVM does, and what is too much is refused.

The claims themselves are proved by `make prove`; those about single functions here too.
"""

from collections.abc import Iterator
from random import Random
from typing import Final

import pytest
import z3
from eth.abc import ComputationAPI

from tests.proofs.__main__ import CLAIMS, QUICK, Verdict, judged
from tests.proofs.claims import Claim
from tests.proofs.code import HARNESS, Change, compiled
from tests.proofs.lane_words import LANES, RULES, is_any, lane, rule_holds, tag
from tests.proofs.machine import Beyond, Machine
from tests.proofs.solving import Integers, Misshapen, Refuted, Undecided, prove
from tests.proofs.terms import WORD, apply, constant, symbol, value
from tests.stateful.chain import Chain

ARGUMENTS: Final = dict(
    zip(
        (
            *("get", "at", "set", "amounts", "tag", "tagged", "is_tagged", "total", "mask", "same", "at_least"),
            *("lesser", "entering", "factor", "reservation", "effective_clip", "pack", "unpack"),
            *("pack_totals", "unpack_totals", "curve", "price", "depth"),
            *("over", "fee_of", "scaled", "minted", "needed", "room"),
        ),
        (2, 2, 3, 1, 1, 2, 2, 1, 1, 1, 2, 2, 4, 2, 2, 3, 4, 1, 2, 1, 11, 10, 1, 2, 4, 3, 4, 2, 3),
        strict=True,
    )
)
"""How many words each function of the harness takes; `owed` and `is_encoded` are apart, since an exponent and places
have to be numbers."""


def _words(random: Random, count: int) -> list[int]:
    """Words of all sizes."""
    return [random.getrandbits(random.choice((1, 4, 12, 30, 60, 96, 160, 240, 256))) for _ in range(count)]


@pytest.fixture(scope="module")
def chain() -> Chain:
    return Chain(1_000)


def _executed(chain: Chain, selector: bytes, words: list[int]) -> list[int] | None:
    """What py-evm makes of a call of the harness; None if it reverts."""
    data = selector + b"".join(word.to_bytes(32, "big") for word in words)
    computation: ComputationAPI = chain.env.execute_code(
        data=data, override_bytecode=compiled(HARNESS).code, is_modifying=False
    )
    if computation.is_error:
        return None
    output = computation.output
    return [int.from_bytes(output[i : i + 32], "big") for i in range(0, len(output), 32)]


def _on_terms(selector: bytes, words: list[int], numbers: int) -> list[int] | None:
    """What the machine makes of it: the one path whose truths hold. The last `numbers` words are no symbols, or the
    first ones if `numbers` is negative."""
    names = {f"word{i}": word for i, word in enumerate(words)}
    arguments = [symbol(name) for name in names]
    fixed = slice(len(words) - numbers, None) if numbers > 0 else slice(0, -numbers)
    arguments[fixed] = map(constant, words[fixed])
    [path] = [
        path
        for path in Machine(compiled(HARNESS).code).run(selector, arguments)
        if all((value(fact.term, names) != 0) == fact.holds for fact in path.truths)
    ]
    return None if path.returned is None else [value(word, names) for word in path.returned]


def _calls() -> Iterator[tuple[str, list[int], int]]:
    random = Random(20)
    for function, count in ARGUMENTS.items():
        for _ in range(20):
            yield function, _words(random, count), 0
    for decimals in range(19):
        yield "owed", [*_words(random, 2), decimals], 1
    for count in range(8):
        yield "is_encoded", [32, 32 * count, *_words(random, count)], -2
        yield "is_encoded", [32, 64 + 32 * count, 32, count, *_words(random, count)], -2


def test_machine__any_words__does_what_the_evm_does(chain: Chain) -> None:
    reverted = 0
    for function, words, numbers in _calls():
        selector = compiled(HARNESS).selectors[function]
        executed = _executed(chain, selector, words)
        reverted += executed is None
        assert _on_terms(selector, words, numbers) == executed, f"{function}{words}"
    assert reverted > 20


def test_machine__place_from_a_symbol__is_refused() -> None:
    jump_to_argument = bytes.fromhex("60043556")

    with pytest.raises(Beyond, match="depends on a symbol"):
        list(Machine(jump_to_argument).run(b"\0\0\0\0", [symbol("place")]))


def test_integers__product_that_may_overflow__is_any_word() -> None:
    one, other = symbol("one"), symbol("other")
    product = apply("MUL", one, other)
    small = Integers({one: (0, 2**128 - 1), other: (0, 2**128)})
    large = Integers({one: (0, 2**128), other: (0, 2**128)})

    small.prove(small.of(product) == small.of(one) * small.of(other))
    with pytest.raises(Refuted):
        large.prove(large.of(product) == large.of(one) * large.of(other))


def test_integers__difference_below_zero__comes_back_from_the_other_end() -> None:
    integers = Integers({})
    difference = integers.of(apply("SUB", constant(1), symbol("taken")))

    integers.prove(z3.Implies(integers.of(symbol("taken")) == 2, difference == WORD - 1))


@pytest.mark.parametrize("name", ["ADD", "SUB", "OR", "XOR", "doubled", "at least"])
def test_rule__without_its_need__is_refuted(name: str) -> None:
    rule = RULES[name]._replace(need=lambda *_: z3.BoolVal(True))

    with pytest.raises(Refuted):
        rule_holds(rule)


@pytest.mark.parametrize("name", ["AND", "NOT", "chosen"])
def test_rule__of_what_is_no_mask__is_refuted(name: str) -> None:
    with pytest.raises(Refuted):
        rule_holds(RULES[name]._replace(masks=False))


def test_is_any__any_word__says_whether_it_is_other_than_zero() -> None:
    word = z3.BitVec("word", 256)

    prove(is_any([lane(word, n) for n in LANES], tag(word)) == (word != 0), [])


@pytest.mark.parametrize("claim", QUICK, ids=lambda claim: f"{claim.where}: {claim.what}")
def test_claim__of_the_sources__is_proved(claim: Claim) -> None:
    claim.check(None)


def test_claims__of_code__name_a_mistake() -> None:
    assert [claim.where for claim in CLAIMS if not claim.controls] == ["words of lanes"]


def _judged(**outcomes: Exception | None) -> Verdict:
    """A claim with a mistake for each outcome: what its check raises, if anything."""

    def check(change: Change | None) -> None:
        error = outcomes[change.new] if change else None
        if error:
            raise error

    return judged(Claim("", "", "", "", check, tuple(Change("", "", name) for name in outcomes)))


def test_judged__mistakes_found__counts_values_and_shapes_apart() -> None:
    verdict = _judged(one=Refuted("x = 1"), other=Misshapen("no payout"), third=Misshapen("no sign"))

    assert verdict[2:] == (1, 2, "")


def test_judged__mistake_that_is_proved_or_undecided__is_wrong() -> None:
    assert _judged(one=Refuted("x = 1"), other=None).wrong == "proved of a mistake: other"
    assert _judged(one=Undecided("time")).wrong == "not decided of one: time"
