# SPDX-License-Identifier: MIT
"""One tournament, walked through its rounds by the gas benchmark."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from eth_utils.crypto import keccak

from benchmarks.gas.chain import Actor, GasChain, Handle
from nmr.protocol.chunk_tree import MAX_CHUNKS, ChunkTree, depth_of, encode, leaf_of
from nmr.protocol.lanes import LANES
from nmr.protocol.reference.rounds import Terms
from nmr.protocol.reference.tournament import MAX_ENTERED
from nmr.protocol.score_words import Score, encode_chunks
from nmr.text.amounts import NMR

HOUR: Final = 3_600
CALLS: Final = 64
"""Calls in a multicall."""
SUBMISSIONS: Final = 128
"""Models in a submission."""
SEALING_KEY: Final = keccak(text="sealing key")
OPENED_LIST: Final = keccak(text="opened list")
EVIDENCE: Final = keccak(text="evidence")
PACKAGE: Final = keccak(text="package")

Item = TypeVar("Item")


@dataclass(frozen=True)
class People:
    """Who sends the transactions."""

    creator: Actor
    operator: Actor
    guardian: Actor
    staker: Actor
    submitter: Actor
    receiver: Actor
    proposer: Actor
    executor: Actor


@dataclass(frozen=True)
class Chunk:
    """The arguments of `settle` but for the round."""

    index: int
    encoded: bytes
    proof: Sequence[bytes]


@dataclass(frozen=True)
class Proposal:
    """A root, and the chunks to settle with their proofs."""

    root: bytes
    number: int
    chunks: Sequence[Chunk]

    @classmethod
    def of(cls, scores: Mapping[int, Score]) -> "Proposal":
        """All chunks of a round's scores."""
        words = encode_chunks(scores)
        tree = ChunkTree.of(words)
        chunks = [Chunk(index, encode(chunk), tree.proof(index)) for index, chunk in enumerate(words)]
        return cls(tree.root, len(words), chunks)

    @classmethod
    def deepest(cls, scores: Mapping[int, Score]) -> "Proposal":
        """The last chunk of the scores alone, in the largest tree there can be: nobody has to know its other leaves."""
        words = encode_chunks(scores)
        index = len(words) - 1
        chunk = encode(words[-1])
        proof = [keccak(text=f"sibling {level}") for level in range(depth_of(MAX_CHUNKS))]
        node = leaf_of(chunk)
        for level, sibling in enumerate(proof):
            node = keccak(sibling + node if index >> level & 1 else node + sibling)
        return cls(node, MAX_CHUNKS, [Chunk(index, chunk, proof)])


class Season:
    """A tournament on its ring, one round after the other; each step gives the gas of its transactions."""

    def __init__(
        self, chain: GasChain, tournament: Handle, people: People, ring: int, first_round: int, hours: int = 24
    ) -> None:
        """Begin with no round.

        Args:
            chain: the chain.
            tournament: deployed on it, without rounds.
            people: who sends the transactions.
            ring: of the tournament.
            first_round: of the tournament.
            hours: how long each round is open.
        """
        self.chain = chain
        self.tournament = tournament
        self.people = people
        self._ring = ring
        self._next = first_round
        self._hours = hours
        self._terms: dict[int, Terms] = {}

    def call(self, sender: Actor, name: str, *arguments: Any) -> int:
        """A call of the tournament."""
        return self.chain.send(sender, self.tournament, name, *arguments)

    def each(self, name: str, arguments: Sequence[tuple[Any, ...]]) -> int:
        """A call of the staker for each of the arguments, many a transaction; gives the gas of all."""
        calls = [self.tournament.encode(name, *each) for each in arguments]
        return sum(self.call(self.people.staker, "multicall", part) for part in _batches(calls, CALLS))

    def open(self, round_id: int) -> int:
        """Open a round; those before it that were not opened are opened and void."""
        while self._next < round_id:
            self.open_due(self._next)
            self.call(self.people.guardian, "void", self._next - 1)
        return self.open_due(round_id)

    def open_due(self, round_id: int) -> int:
        """Open the round whose turn it is."""
        terms = terms_at(self.chain.now, self._hours)
        gas = self.call(self.people.operator, "open_round", round_id, tuple(terms), PACKAGE)
        self._terms[round_id] = terms
        self._next = round_id + 1
        return gas

    def open_after(self, round_id: int) -> int:
        """Open the next round of a round's place, and give its id."""
        following = round_id + self._ring
        self.open(following)
        return following

    def enter(self, groups: Sequence[int]) -> list[int]:
        """Enter groups into the open round."""
        return [self.call(self.people.staker, "enter", part) for part in _batches(groups, MAX_ENTERED)]

    def submit(self, models: Sequence[int]) -> list[int]:
        """Submit for models in the open round, each its own hash."""
        return [
            self.call(self.people.submitter, "submit", part, [file_hash(model) for model in part])
            for part in _batches(models, SUBMISSIONS)
        ]

    def lock(self, round_id: int) -> int:
        """Lock a round when it is due."""
        self.chain.warp(self._terms[round_id].locks_at)
        return self.call(self.people.staker, "lock", round_id)

    def publish(self, round_id: int) -> int:
        """Publish what was opened."""
        return self.call(self.people.operator, "publish_opened", round_id, OPENED_LIST)

    def propose(self, round_id: int, proposal: Proposal) -> int:
        """Propose a root when it is due."""
        self.chain.warp(self._terms[round_id].resolves_at)
        arguments = round_id, proposal.root, proposal.number, EVIDENCE
        return self.call(self.people.operator, "propose", *arguments)

    def stand(self, round_id: int) -> None:
        """Let a root that was just proposed stand through its window."""
        self.chain.warp(self.chain.now + self._terms[round_id].window)

    def resolve(self, round_id: int, proposal: Proposal) -> None:
        """Lock an open round and go on until its root is final."""
        self.lock(round_id)
        self.publish(round_id)
        self.propose(round_id, proposal)
        self.stand(round_id)

    def settle(self, round_id: int, proposal: Proposal) -> list[int]:
        """Settle all chunks of a round that is final."""
        return [
            self.call(self.people.staker, "settle", round_id, chunk.index, chunk.encoded, chunk.proof)
            for chunk in proposal.chunks
        ]

    def settle_expired(self, round_id: int, groups: Sequence[int]) -> list[int]:
        """Settle the groups of a void round."""
        return [
            self.call(self.people.staker, "settle_expired", round_id, part) for part in _batches(groups, MAX_ENTERED)
        ]

    def snapshot(self) -> Any:
        """What `restore` goes back to."""
        return self.chain.snapshot(), self._next

    def restore(self, snapshot: Any) -> None:
        """Undo everything since a snapshot."""
        chain, self._next = snapshot
        self.chain.restore(chain)


def terms_at(now: int, hours: int) -> Terms:
    """Terms of a round opened at a time for so many hours: CORR × 0.5 + MMC × 2, a clip of 5%, every field in use."""
    locks_at = now + hours * HOUR
    resolves_at = locks_at + 48 * HOUR
    return Terms(
        primary=5_000,
        contribution=20_000,
        clip=5 * 10**10,
        threshold=10_000 * NMR,
        sealing_key=SEALING_KEY,
        locks_at=locks_at,
        resolves_at=resolves_at,
        expires_at=resolves_at + 1_000 * HOUR,
        window=24 * HOUR,
    )


def scores_of(models: Sequence[int], seed: int) -> dict[int, Score]:
    """Scores of models, primary and contribution anywhere within 0.1 of 0, the same for a seed each time."""
    scores = {}
    for model in models:
        digest = keccak(text=f"score {seed} {model}")
        primary, contribution = (int.from_bytes(digest[at : at + 8]) % 20_000_001 - 10_000_000 for at in (0, 8))
        scores[model] = (primary, contribution)
    return scores


def file_hash(model: int) -> bytes:
    """The hash of a model's sealed file."""
    return keccak(text=f"file {model}")


def groups_of(models: Sequence[int]) -> list[int]:
    """The groups of models."""
    return sorted({model // LANES for model in models})


def _batches(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
