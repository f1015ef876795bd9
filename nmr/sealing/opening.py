# SPDX-License-Identifier: MIT
"""Which submissions of a round count: found right after the lock, and published by hash before the outcome is known.

Every model that committed to a file stands in the list, with the hash of the file and, if it does not count, the
reason. What is missing, unreadable, altered, too large, not to be opened or not valid scores nothing and never stops
the round; a file that turns up later stays out, since the list is on the chain.

This process fetches and decrypts, and compares head and ids; a crew sees whether the numbers are valid, and ranks them.
So the key stays here, and of the predictions their ranks are kept.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from nmr.errors import NmrError
from nmr.sealing.crew import Alone, Crew
from nmr.sealing.documents import LONGEST_REASON, ListedSubmission, OpeningList
from nmr.sealing.envelope import SealBroken, unseal
from nmr.sealing.facts import RoundOnChain
from nmr.sealing.keys import PrivateKey
from nmr.sealing.predictions import clearly_valid, values_refused
from nmr.sealing.ranks import BLOCK, doubled_ranks
from nmr.sealing.store import ALTERED, MISSING, TOO_LARGE, UNREADABLE, NotDelivered, Store, Unreadable
from nmr.sealing.tables import Universe

UNDELIVERED: Final = frozenset({MISSING, UNREADABLE, ALTERED, TOO_LARGE})
"""Reasons that lie with the store: they may be others when it is asked again."""


class OpeningError(NmrError, ValueError):
    """A round that cannot be opened: the fault is not with one submission."""


@dataclass(frozen=True, eq=False)
class Opened:
    """What was in a round's submissions.

    Attributes:
        entries: one for each commitment, by model.
        ranks: frame of shape (ids, models that count), what `doubled_ranks` makes of the predictions: all that scores
            depend on; index: id, sorted; columns: model, rising.
    """

    entries: tuple[ListedSubmission, ...]
    ranks: pd.DataFrame


def open_submissions(
    facts: RoundOnChain,
    universe: Universe,
    key: PrivateKey,
    store: Store,
    progress: Callable[[int], None] = lambda done: None,
    crew: Crew | None = None,
) -> Opened:
    """Fetch and open every submission of a round, and see which are valid.

    Args:
        facts: the round's.
        universe: its ids.
        key: its private key.
        store: where its files are.
        progress: told how many were looked at.
        crew: who looks at the numbers; this process if left out.

    Raises:
        OpeningError: the key is not the round's.
        StoreError: the store is not there, or a file of it cannot be read and none can before and after.
        CrewError: the crew did not do it.
    """
    if key.public != facts.sealing_key:
        raise OpeningError(
            f"The key is not that of round {facts.round}: its submissions are sealed to 0x{facts.sealing_key.hex()}, "
            f"and this is 0x{key.public.hex()}."
        )
    store.require()
    models = sorted(facts.commitments)
    reasons: dict[int, str] = {}
    readable: list[int] = []

    def blocks() -> Iterator[tuple[np.ndarray]]:
        """The predictions of all files that open and are for this round, block by block."""
        found: list[np.ndarray] = []
        for done, model in enumerate(models):
            progress(done)
            try:
                content = _fetch(store, facts.commitments[model], facts.commitments.values())
                found.append(unseal(content, key, facts.purpose(model), universe))
                readable.append(model)
            except NotDelivered as error:
                reasons[model] = error.reason
            except SealBroken as error:
                reasons[model] = _shown(str(error))
            if len(found) == BLOCK:
                yield (np.array(found).T,)
                found = []
        progress(len(models))
        if found:
            yield (np.array(found).T,)

    # Column by column in memory, as the models come.
    ranks = np.empty((len(universe.ids), len(models)), dtype=np.uint16, order="F")
    valid: list[int] = []
    looked = 0
    for ranked, doubtful in (crew or Alone()).map(_look, blocks(), ranks.size):
        for column in range(ranked.shape[1]):
            model = readable[looked + column]
            reason = values_refused(doubtful[column], universe.ids) if column in doubtful else None
            if reason is not None:
                reasons[model] = _shown(reason)
                continue
            ranks[:, len(valid)] = ranked[:, column]
            valid.append(model)
        looked += ranked.shape[1]
    entries = tuple(ListedSubmission(model, facts.commitments[model], reasons.get(model)) for model in models)
    return Opened(entries, _frame(ranks[:, : len(valid)], universe, valid))


def _look(values: np.ndarray) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """The ranks of a block of predictions, and by its number each column that may not be valid."""
    columns = range(values.shape[1])
    return doubled_ranks(values), {each: values[:, each] for each in columns if not clearly_valid(values[:, each])}


def _shown(reason: str) -> str:
    """A reason for the list: it may repeat an id that anybody chose, in any script."""
    return reason.encode("ascii", "backslashreplace").decode("ascii")[:LONGEST_REASON]


def _fetch(store: Store, file: bytes, others: Collection[bytes]) -> bytes:
    """A file; one that cannot be read is tried again when another of the round was read.

    Raises:
        NotDelivered, Unreadable: as `Store.get` does.
    """
    try:
        return store.get(file)
    except NotDelivered as error:
        if error.reason != UNREADABLE:
            raise
    except Unreadable:
        for other in others:
            try:
                store.get(other)
            except (NotDelivered, Unreadable):
                continue
            break
    return store.get(file)


def opening_list(facts: RoundOnChain, universe: Universe, entries: tuple[ListedSubmission, ...]) -> OpeningList:
    """The list of a round, to be stored and published by its hash."""
    return OpeningList(
        facts.chain_id, facts.tournament.lower(), facts.round, facts.sealing_key, universe.digest, entries
    )


def reopen(
    facts: RoundOnChain,
    listing: OpeningList,
    universe: Universe,
    key: PrivateKey,
    store: Store,
    progress: Callable[[int], None] = lambda done: None,
    crew: Crew | None = None,
) -> pd.DataFrame:
    """The ranks of the predictions that count by a published list, as `Opened.ranks`.

    Raises:
        OpeningError: one of them is not in the store any more, or the key is not the round's.
        StoreError: the store cannot be read.
        CrewError: the crew did not do it.
    """
    listed = {entry.model: entry.file for entry in listing.entries if entry.reason is None}
    counted = RoundOnChain(
        facts.chain_id, facts.tournament, facts.round, facts.sealing_key, commitments=listed, stakes=facts.stakes
    )
    opened = open_submissions(counted, universe, key, store, progress, crew)
    for entry in opened.entries:
        if entry.reason is not None:
            raise OpeningError(f"The submission of model {entry.model} counts by the opening list, and: {entry.reason}")
    return opened.ranks


def _frame(ranks: np.ndarray, universe: Universe, models: list[int]) -> pd.DataFrame:
    index = pd.Index(universe.ids, dtype=object, name="id")
    return pd.DataFrame(ranks, index=index, columns=pd.Index(models, dtype=np.int64, name="model"), copy=False)
