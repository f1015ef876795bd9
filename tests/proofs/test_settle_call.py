# SPDX-License-Identifier: MIT
"""That the paths of `settle` and `settle_expired` are what the EVM does: storage, calls and refusals of concrete calls
on py-evm."""

from collections.abc import Iterable
from functools import cache
from random import Random
from typing import Final, NamedTuple

import pytest
from boa.util.abi import Address
from eth.abc import ComputationAPI

from tests.proofs.code import TOURNAMENT, compiled
from tests.proofs.machine import Path
from tests.proofs.settle_call import HOUR, IMMUTABLES, ROOT, TOKEN, TREASURY, Scene, before, settled
from tests.proofs.settlement_claims import ENDING, EXPIRED, GROUP, SETTLED
from tests.proofs.terms import Term, value
from tests.stateful.chain import Chain

CALLS: Final = 30
"""Calls of each scene."""
NOW: Final = 10**6
AT: Final = Address(f"0x{0xE5C0:040x}")


class Done(NamedTuple):
    """What a call that went through left in storage, where it says so, and which calls it made: to whom, with what."""

    storage: dict[int, int]
    calls: list[tuple[int, bytes]]


def _lanes(random: Random, tag: int) -> int:
    """A word of four amounts, each zero now and then, under a tag."""
    return sum(random.choice((0, random.getrandbits(50))) << 60 * n for n in range(4)) | tag << 240


def _names(random: Random, scene: Scene) -> dict[str, int]:
    """Numbers for the symbols, of which most let the call through and some do not."""
    round_ = scene.round
    position = _lanes(random, random.choice((round_, round_, round_, round_, round_ + 4)))
    held = sum(position >> 60 * n & (1 << 60) - 1 for n in range(4))
    until = NOW + random.choice((-1, 0, 1, HOUR - 1, HOUR, HOUR + 1))
    names = {
        "now": NOW,
        "primary": random.randrange(10**6 + 1),
        "contribution": random.randrange(10**6 + 1),
        "locks_at": random.choice((NOW - 100 * HOUR, NOW - 24 * HOUR, NOW - HOUR, NOW - HOUR, 0)),
        "expires_at": random.choice((NOW, NOW + 1, NOW + 1)),
        "staked": random.choice((held, held + 1 + random.getrandbits(40), random.getrandbits(50))),
        "locked": random.randrange(2),
        "void": random.choice((0, 1, 1, 1)),
        "factor": random.randrange(10**9 + 1),
        "clip": random.randrange(10**12 + 1),
        "opened_list": random.randrange(2),
        "final_at": random.choice((NOW, NOW - 1, NOW - 1, NOW + 1, 0)),
        "turn": random.choice((round_, round_ + 4, round_ + 8, round_ + 8, round_ + 12)) | until << 32,
        "min_stake": random.choice((2, random.getrandbits(30) or 2, 10**9)) * 10**9,
        "idle_sum": random.getrandbits(50),
        f"position.{GROUP}": position,
        f"idle.{GROUP}": _lanes(random, random.randrange(2)),
        f"targets.{GROUP}": _lanes(random, 0),
        f"compounding.{GROUP // 60}": random.choice((2**240 - 1, random.getrandbits(240))),
        f"submitted.{GROUP // 60}": random.choice((round_, round_, round_ - 4)) << 240
        | random.choice((2**240 - 1, random.getrandbits(240))),
        "scores.0": random.getrandbits(256),
        "sibling": random.getrandbits(256),
        "answer": random.getrandbits(256),
        "root": random.getrandbits(256),
    }
    totals = (0, random.getrandbits(50), random.getrandbits(50), 2**256 - 1)
    names |= {f"staked.{other}": random.choice(totals) for other in (0, scene.next, scene.after)}
    if random.randrange(8) and not scene.expired:
        names["root"] = value(_proven(scene), names)
    return names


@cache
def _proven(scene: Scene) -> Term:
    """The hash that `settle` compares with the root."""
    [asked] = {fact.term for path in settled(None, scene) for fact in path.truths if ROOT in fact.term.arguments}
    [proven] = [argument for argument in asked.arguments if argument is not ROOT]
    return proven


def _on_terms(scene: Scene, names: dict[str, int]) -> Done | None:
    """What the machine makes of a call: the one path whose truths hold. None if it reverts."""
    known: dict[int, int] = {}

    def holds(path: Path) -> bool:
        return all((value(fact.term, names, known) != 0) == fact.holds for fact in path.truths)

    [path] = [path for path in settled(None, scene) if holds(path)]
    if path.returned is None:
        return None
    storage = {slot: value(word, names, known) for slot, word in path.storage.items()}
    calls = []
    for to, *words in path.calls:
        selector, *arguments = [value(word, names, known).to_bytes(32, "big") for word in words]
        calls.append((value(to, names), selector[:4] + b"".join(arguments)))
    return Done(storage, calls)


def _executed(chain: Chain, scene: Scene, names: dict[str, int]) -> Done | None:
    """What py-evm makes of it. The treasury and the token are code that returns a word."""
    answer = bytes.fromhex(f"7f{names['answer']:064x}5f5260205ff3")
    for called in (TREASURY, TOKEN):
        chain.env.set_code(Address(f"0x{called:040x}"), answer)
    for slot, word in before(scene).items():
        chain.env.set_storage(AT, slot, value(word, names))
    chain.forget_written()
    function = "settle_expired" if scene.expired else "settle"
    data = compiled(TOURNAMENT).selectors[function] + _packed(scene.arguments, names)
    code = compiled(TOURNAMENT).code + _packed(IMMUTABLES, names)
    computation: ComputationAPI = chain.env.execute_code(to_address=AT, data=data, override_bytecode=code)
    if computation.is_error:
        return None
    slots = {*before(scene), *chain.env.sstore_trace.get(AT, ())}
    storage = {slot: chain.env.get_storage(AT, slot) for slot in slots}
    calls = [(int.from_bytes(child.msg.to, "big"), bytes(child.msg.data)) for child in computation.children]
    return Done(storage, calls)


def _packed(words: Iterable[Term], names: dict[str, int]) -> bytes:
    return b"".join(value(word, names).to_bytes(32, "big") for word in words)


@pytest.mark.parametrize("scene", [SETTLED, EXPIRED, ENDING], ids=["settled", "expired", "at the last ids"])
def test_settle__any_numbers__does_what_the_evm_does(scene: Scene) -> None:
    random = Random(21)
    chain = Chain(NOW)
    seen: list[Done | None] = []
    for _ in range(CALLS):
        names = _names(random, scene)
        with chain.anchor():
            seen.append(_executed(chain, scene, names))
        assert _on_terms(scene, names) == seen[-1], str(names)
    done = [one for one in seen if one is not None]
    assert len(done) > 5
    assert seen.count(None) > 5
    assert max(len(one.calls) for one in done) == (1 if scene.expired else 3)
