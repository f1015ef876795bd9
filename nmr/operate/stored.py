# SPDX-License-Identifier: MIT
"""What stands in the store for whoever leads a round on."""

from nmr.client.rounds import Rounds
from nmr.rounds.scores_file import ScoresFile
from nmr.sealing.publishing import published_scores
from nmr.sealing.store import Store


def stored_scores(rounds: Rounds, number: int, store: Store) -> tuple[ScoresFile, bytes]:
    """The scores that were proposed for a round, from the store, and the hash of their evidence.

    Raises:
        NmrError: as `published_scores` does.
    """
    facts = rounds.facts(number)
    return published_scores(facts, store), facts.evidence
