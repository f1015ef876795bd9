# SPDX-License-Identifier: MIT
"""A round checked with an auditor's key, and with targets of their own if they have some."""

from collections.abc import Callable
from pathlib import Path

from nmr.sealing.crew import Crew
from nmr.sealing.facts import RoundOnChain
from nmr.sealing.keys import PrivateKey
from nmr.sealing.publishing import published_key, published_opening
from nmr.sealing.store import Store
from nmr.sealing.tables import read_targets
from nmr.sealing.verify import Verification, verify_round


def verify_as_auditor(
    facts: RoundOnChain,
    store: Store,
    own: PrivateKey,
    targets: Path | None = None,
    progress: Callable[[int], None] = lambda done: None,
    crew: Crew | None = None,
) -> Verification:
    """Check a round.

    Args:
        facts: what the chain says about it.
        store: where its files are.
        own: the auditor's key, to which the round's was handed over, or the round's own.
        targets: a file with the outcome as the auditor knows it; without it the operator's is taken.
        progress: told how many submissions were looked at.
        crew: who looks at predictions and computes the scores; this process if left out.

    Raises:
        NotVerifiable: it has no opening list yet.
        OpeningError, HandoverInvalid: the key is not the round's, and the round's was not handed over to it.
        TableInvalid, TableFileError: the targets cannot be read.
        StoreError: the store cannot be read.
    """
    key = published_key(facts, own, store)
    outcome = None if targets is None else read_targets(targets, published_opening(facts, store)[1])
    return verify_round(facts, store, key, targets=outcome, progress=progress, crew=crew)
