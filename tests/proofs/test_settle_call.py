# SPDX-License-Identifier: MIT
"""That the paths of `settle` are what the EVM does: storage, calls and refusals of concrete calls on py-evm."""

from functools import cache
from random import Random
from typing import Final, NamedTuple

import pytest
from boa.util.abi import Address
from eth.abc import ComputationAPI

from tests.proofs.code import TOURNAMENT, compiled
from tests.proofs.machine import Path
from tests.proofs.settle_call import ARGUMENTS, NOW, ROOT, ROUND, TOKEN, TREASURY, before, code, settled
from tests.proofs.terms import Term, value
from tests.stateful.chain import Chain

CALLS: Final = 30
"""Calls with the next round open, and as many without."""
AT: Final = Address(f"0x{0xE5C0:040x}")


class Done(NamedTuple):
    """What a call that went through left in storage, where it says so, and which calls it made: to whom, with what."""

    storage: dict[int, int]
    calls: list[tuple[int, bytes]]


def _lanes(random: Random, tag: int) -> int:
    """A word of four amounts, each zero now and then, under a tag."""
    return sum(random.choice((0, random.getrandbits(50))) << 60 * n for n in range(4)) | tag << 240


def _names(random: Random, restaked: bool) -> dict[str, int]:
    """Numbers for the symbols, of which most let the call through and some do not."""
    position = _lanes(random, random.choice((ROUND, ROUND, ROUND, ROUND, ROUND + 4)))
    held = sum(position >> 60 * n & (1 << 60) - 1 for n in range(4))
    names = {
        "primary": random.randrange(10**6 + 1),
        "contribution": random.randrange(10**6 + 1),
        "staked": random.choice((held, held + 1 + random.getrandbits(40), random.getrandbits(50))),
        "factor": random.randrange(10**9 + 1),
        "clip": random.randrange(10**12 + 1),
        "min_stake": random.choice((0, random.getrandbits(50) * 10**9)),
        "next_staked": random.choice((0, random.getrandbits(50), random.getrandbits(50), 2**256 - 1)),
        "position": position,
        "idle": _lanes(random, random.randrange(2)),
        "targets": _lanes(random, 0),
        "compounding": random.choice((2**256 - 1, random.getrandbits(256))),
        "idle_sum": random.getrandbits(50),
        "submitted": random.choice((ROUND, ROUND, ROUND - 4)) << 240 | random.getrandbits(240),
        "scores": random.getrandbits(256),
        "sibling": random.getrandbits(256),
        "answer": random.getrandbits(256),
        "root": random.getrandbits(256),
    }
    if random.randrange(8):
        names["root"] = value(_proven(restaked), names)
    return names


@cache
def _proven(restaked: bool) -> Term:
    """The hash that `settle` compares with the root."""
    [asked] = {fact.term for path in settled(None, restaked) for fact in path.truths if ROOT in fact.term.arguments}
    [proven] = [argument for argument in asked.arguments if argument is not ROOT]
    return proven


def _on_terms(restaked: bool, names: dict[str, int]) -> Done | None:
    """What the machine makes of a call: the one path whose truths hold. None if it reverts."""
    known: dict[int, int] = {}

    def holds(path: Path) -> bool:
        return all((value(fact.term, names, known) != 0) == fact.holds for fact in path.truths)

    [path] = [path for path in settled(None, restaked) if holds(path)]
    if path.returned is None:
        return None
    storage = {slot: value(word, names, known) for slot, word in path.storage.items()}
    calls = []
    for to, *words in path.calls:
        selector, *arguments = [value(word, names, known).to_bytes(32, "big") for word in words]
        calls.append((value(to, names), selector[:4] + b"".join(arguments)))
    return Done(storage, calls)


def _executed(chain: Chain, restaked: bool, names: dict[str, int]) -> Done | None:
    """What py-evm makes of it. The treasury and the token are code that returns a word."""
    answer = bytes.fromhex(f"7f{names['answer']:064x}5f5260205ff3")
    for called in (TREASURY, TOKEN):
        chain.env.set_code(Address(f"0x{called:040x}"), answer)
    for slot, word in before(restaked).items():
        chain.env.set_storage(AT, slot, value(word, names))
    chain.forget_written()
    data = compiled(TOURNAMENT).selectors["settle"] + b"".join(
        value(word, names).to_bytes(32, "big") for word in ARGUMENTS
    )
    computation: ComputationAPI = chain.env.execute_code(to_address=AT, data=data, override_bytecode=code(None))
    if computation.is_error:
        return None
    slots = {*before(restaked), *chain.env.sstore_trace.get(AT, ())}
    storage = {slot: chain.env.get_storage(AT, slot) for slot in slots}
    calls = [(int.from_bytes(child.msg.to, "big"), bytes(child.msg.data)) for child in computation.children]
    return Done(storage, calls)


@pytest.mark.parametrize("restaked", [True, False])
def test_settle__any_numbers__does_what_the_evm_does(restaked: bool) -> None:
    random = Random(21)
    chain = Chain(NOW)
    seen: list[Done | None] = []
    for _ in range(CALLS):
        names = _names(random, restaked)
        with chain.anchor():
            seen.append(_executed(chain, restaked, names))
        assert _on_terms(restaked, names) == seen[-1], str(names)
    done = [one for one in seen if one is not None]
    assert len(done) > 5
    assert seen.count(None) > 5
    assert {len(one.calls) for one in done} == {0, 1, 2, 3}
