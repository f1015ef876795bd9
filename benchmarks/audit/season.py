# SPDX-License-Identifier: MIT
"""A long season on anvil for the audit's benchmark: a ring of several rounds, all models in each of them."""

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, Final

from eth_utils.crypto import keccak

from benchmarks.rounds.bulk import UnlockedSender
from benchmarks.rounds.chain import RoundsChain, benchmark_terms
from benchmarks.rounds.play import random_score
from nmr.deploy.record import Argument, Compiler, PartRecord, Record, hash_of
from nmr.protocol.chunk_tree import ChunkTree
from nmr.protocol.chunk_tree import encode as encode_chunk
from nmr.protocol.lanes import group_count
from nmr.protocol.reference.rounds import SHORTEST_OPEN, Bounds, Terms
from nmr.protocol.score_words import encode_chunks
from nmr.text.amounts import NMR

RING: Final = 4
"""Rounds that are unresolved at once."""
PERIOD: Final = 14
"""Hours of the hard limits from one round to the next: a quarter of what a round takes to become final, and a bit."""
RESOLVE: Final = 24
"""Hours from lock to outcome."""
TARGET: Final = 8 * NMR
DEPOSIT: Final = 2 * RING * TARGET
TOGETHER: Final = 64
"""Calls in one transaction, as many as `multicall` takes."""
ENTERED: Final = 256
"""Groups in one `enter`, as many as it takes."""
LARGE: Final = 40
"""Such transactions in one batch of requests: anvil takes two megabytes."""
ZERO: Final = "0x" + "00" * 20


class AuditSeason:
    """Rounds that overlap: each settles while the one that takes its place is open, so stakes stay where they are."""

    def __init__(self, chain: RoundsChain, models: int, together: int, told: Callable[[str], None]) -> None:
        """Prepare for so many models, `together` of which are submitted in one transaction."""
        self._chain = chain
        self._told = told
        self._models = models
        self._submitted_together = together
        self._owned: dict[UnlockedSender, list[int]] = {staker: [] for staker in chain.stakers}
        self._words: dict[int, list[list[int]]] = {}
        self._terms: dict[int, Terms] = {}
        self._began = 0

    def play(self, rounds: int) -> None:
        """Play until so many rounds are settled; as many as the ring holds are unresolved then."""
        self._enrol()
        self._began = self._chain.now + 60
        for number in range(rounds + RING):
            self._told(f"round {number + 1} of {rounds + RING}")
            self._play(number)

    def _enrol(self) -> None:
        chain = self._chain
        self._told(f"registering {self._models:,} models")
        shares = [self._models // len(chain.stakers)] * len(chain.stakers)
        shares[0] += self._models - sum(shares)
        calls = [
            (staker, [chain.tournament.encode("register", f"model {i}", ZERO) for i in range(share)])
            for staker, share in zip(chain.stakers, shares, strict=True)
        ]
        by_address = {staker.address.lower(): staker for staker in chain.stakers}
        for log in self._drive_together(calls, "ModelRegistered"):
            self._owned[by_address["0x" + log["topics"][2][-40:]]].append(int(log["topics"][1], 16))
        deposits = []
        for staker, models in self._owned.items():
            chain.send(staker, chain.token, "approve", chain.tournament.address, 2**256 - 1)
            deposits.append((staker, [data for model in models for data in self._provided(staker, model)]))
        self._drive_together(deposits, "PolicySet")

    def _drive_together(self, calls: Sequence[tuple[UnlockedSender, list[bytes]]], event: str) -> list[dict[str, Any]]:
        """Calls of each sender, many in a transaction; gives the logs of the event."""
        encode = self._chain.tournament.encode
        transactions = [
            (sender, encode("multicall", each[i : i + TOGETHER]))
            for sender, each in calls
            for i in range(0, len(each), TOGETHER)
        ]
        logs = []
        for i in range(0, len(transactions), LARGE):
            logs += self._chain.drive(transactions[i : i + LARGE], event).logs
        return logs

    def _provided(self, owner: UnlockedSender, model: int) -> tuple[bytes, bytes]:
        """Calls that bring in a model's NMR and set its policy; every other model compounds."""
        encode = self._chain.tournament.encode
        return encode("deposit", model, DEPOSIT, owner.address), encode("set_policy", model, TARGET, model % 2 == 1)

    def _play(self, number: int) -> None:
        chain, hour, tournament = self._chain, self._chain.hour, self._chain.tournament
        opens_at = self._began + PERIOD * hour * number
        terms = self._terms[number] = benchmark_terms(opens_at, hour, open_for=2 * SHORTEST_OPEN, resolve=RESOLVE)
        chain.move_to(opens_at)
        chain.send(chain.operator, tournament, "open_round", number, tuple(terms), keccak(text="package"))
        anyone = chain.stakers[0]
        if number >= RING:
            words = self._words.pop(number - RING)
            tree = ChunkTree.of(words)
            settle = [
                (anyone, tournament.encode("settle", number - RING, i, encode_chunk(chunk), tree.proof(i)))
                for i, chunk in enumerate(words)
            ]
            chain.drive(settle, "Settled")
        groups = range(group_count(self._models))
        enter = [
            (anyone, tournament.encode("enter", list(groups[i : i + ENTERED]))) for i in range(0, len(groups), ENTERED)
        ]
        chain.drive(enter, "Entered")
        chain.drive(list(self._submissions(number)), "Submitted")
        chain.move_to(terms.locks_at)
        chain.send(chain.operator, tournament, "lock", number)
        chain.send(chain.operator, tournament, "publish_opened", number, keccak(text="opened"))
        if number:
            random = Random(number)  # noqa: S311 - no secret is made of it
            scores = {model: random_score(random) for model in range(self._models)}
            words = self._words[number - 1] = encode_chunks(scores)
            chain.move_to(self._terms[number - 1].resolves_at)
            root, evidence = ChunkTree.of(words).root, keccak(text="evidence")
            chain.send(chain.operator, tournament, "propose", number - 1, root, len(words), evidence)

    def _submissions(self, number: int) -> Iterator[tuple[UnlockedSender, bytes]]:
        sealed = keccak(text=f"round {number}")
        for staker, models in self._owned.items():
            for i in range(0, len(models), self._submitted_together):
                part = models[i : i + self._submitted_together]
                yield staker, self._chain.tournament.encode("submit", part, [sealed] * len(part))


def season_record(chain: RoundsChain) -> Record:
    """The deployment record of the chain's suite."""
    parts = {}
    for name, part in chain.suite.parts.items():
        kind = chain.contracts.get_contract(part.contract).contract_type
        names = [item.name for item in kind.constructor.inputs]
        code = bytes.fromhex(chain.node.ask("eth_getCode", part.handle.address, "latest")[2:])
        arguments = {each: _recorded(each, value) for each, value in zip(names, part.arguments, strict=True)}
        handle = part.handle
        parts[name] = PartRecord(
            part.contract, handle.address, handle.transaction, handle.block, arguments, hash_of(code)
        )
    return Record(
        chain_id=chain.node.number("eth_chainId"),
        ecosystem="ethereum",
        network="local",
        deployer=chain.deployer.address,
        first_block=min(part.block for part in parts.values()),
        compiler=Compiler("vyper", "0.4.3", "prague", "gas"),
        parts=parts,
    )


def _recorded(name: str, value: object) -> Argument:
    if name == "bounds":
        assert isinstance(value, tuple), "bounds are given in their order"
        return dict(Bounds(*value)._asdict())
    if isinstance(value, list):
        return tuple(value)
    assert isinstance(value, int | str), "the suite's other arguments are addresses and numbers"
    return value
