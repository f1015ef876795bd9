# SPDX-License-Identifier: MIT
"""A round of sealed submissions without a chain: what its people have, and what the chain would say."""

from dataclasses import replace

import numpy as np

from nmr.protocol.chunk_tree import ChunkTree
from nmr.protocol.lanes import LANES
from nmr.protocol.score_words import encode_chunks
from nmr.sealing.envelope import seal
from nmr.sealing.facts import RoundOnChain
from nmr.sealing.keys import PrivateKey
from nmr.sealing.publishing import publish_opening, publish_scores
from nmr.sealing.store import Store
from nmr.sealing.tables import Table, Targets, Universe

TOURNAMENT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
UNIVERSE = Universe.of([f"n{number:02d}" for number in range(20)])
KEY = PrivateKey.generate()
OUTCOME = np.random.default_rng(42).choice([0, 0.25, 0.5, 0.75, 1], len(UNIVERSE.ids))
TARGETS = Targets.of(Table(UNIVERSE.ids, OUTCOME), UNIVERSE)
STAKES = {0: 5 * 10**9, 1: 3 * 10**9, 2: 10**9, 5: 2 * 10**9, 6: 10**9}
"""Models 0 to 3 submit, 3 without a stake; 5 and 6 have a stake and submit nothing."""


def table_of(model: int) -> Table:
    """Predictions of a model."""
    return Table(UNIVERSE.ids, np.random.default_rng(model).random(len(UNIVERSE.ids)))


class Scene:
    """A round, submitted to by models 0 to 3; the operator goes on with it step by step."""

    def __init__(self, folder) -> None:
        self.store = Store(str(folder))
        self.facts = RoundOnChain(31_337, TOURNAMENT, 3, KEY.public, {}, STAKES)
        for model in range(4):
            self.commit(model, self.sealed(model))

    def sealed(self, model: int, table: Table | None = None, **purpose: object) -> bytes:
        """A model's file, for its own purpose unless told otherwise."""
        wanted = replace(self.facts.purpose(model), **purpose)
        return seal(table or table_of(model), wanted, KEY.public, salt=(model + 1).to_bytes(32, "big"))

    def commit(self, model: int, content: bytes, *, deliver: bool = True) -> bytes:
        """Commit to a file, and store it or not."""
        digest = self.store.put(content)
        if not deliver:
            self.remove(digest)
        self.facts = replace(self.facts, commitments=dict(self.facts.commitments) | {model: digest})
        return digest

    def remove(self, digest: bytes) -> None:
        """Let the store lose a file."""
        self.store._fs.rm(self.store.path_of(digest))

    def overwrite(self, digest: bytes, content: bytes) -> None:
        """Put another file in the place of one."""
        with open(self.store.path_of(digest), "wb") as file:
            file.write(content)

    def publish(self):
        """Open the round, and let the chain have the hash of the list."""
        listing = publish_opening(self.facts, UNIVERSE, KEY, self.store)
        return self.announce(listing)

    def announce(self, listing):
        """Let the chain have the hash of a list that is in the store."""
        self.store.put(listing.content)
        self.facts = replace(self.facts, opened_list=listing.digest)
        return listing

    def propose(self):
        """Score the round, and let the chain have root and evidence."""
        scored = publish_scores(self.facts, lambda universe: TARGETS, KEY, self.store)
        self.state(scored.scored.scores, scored.evidence)
        return scored

    def state(self, scores, evidence) -> None:
        """Let the chain have the root of scores, and the hash of evidence that is put into the store."""
        self.store.put(evidence.content)
        chunks = encode_chunks(scores, {model // LANES for model in self.facts.stakes})
        tree = ChunkTree.of(chunks)
        self.facts = replace(self.facts, root=tree.root, chunks=tree.chunks, evidence=evidence.digest)
