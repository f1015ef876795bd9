# SPDX-License-Identifier: MIT
"""Which submissions of a round count: found right after the lock, and published by hash before the outcome is known.

Every model that committed to a file stands in the list, with the hash of the file and, if it does not count, the
reason. What is missing, unreadable, altered, too large, not to be opened or not valid scores nothing and never stops
the round; a file that turns up later stays out, since the list is on the chain.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from nmr.errors import NmrError
from nmr.sealing.documents import LONGEST_REASON, Entry, OpeningList
from nmr.sealing.envelope import SealBroken, open_sealed
from nmr.sealing.facts import RoundOnChain
from nmr.sealing.keys import PrivateKey
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
        predictions: float64 frame of shape (ids, models that count); index: id, sorted; columns: model, rising.
    """

    entries: tuple[Entry, ...]
    predictions: pd.DataFrame


def open_submissions(
    facts: RoundOnChain,
    universe: Universe,
    key: PrivateKey,
    store: Store,
    progress: Callable[[int], None] = lambda done: None,
) -> Opened:
    """Fetch and open every submission of a round, and see which are valid.

    Args:
        facts: the round's.
        universe: its ids.
        key: its private key.
        store: where its files are.
        progress: told how many were looked at.

    Raises:
        OpeningError: the key is not the round's.
        StoreError: the store is not there, or a file of it cannot be read and none can before and after.
    """
    if key.public != facts.sealing_key:
        raise OpeningError(
            f"The key is not that of round {facts.round}: its submissions are sealed to 0x{facts.sealing_key.hex()}, "
            f"and this is 0x{key.public.hex()}."
        )
    store.require()
    models = sorted(facts.commitments)
    # Column by column in memory, as the models come.
    values = np.empty((len(universe.ids), len(models)), order="F")
    entries: list[Entry] = []
    valid: list[int] = []
    for done, model in enumerate(models):
        progress(done)
        file, reason = facts.commitments[model], None
        try:
            content = _fetch(store, file, facts.commitments.values())
            values[:, len(valid)] = open_sealed(content, key, facts.purpose(model), universe)
            valid.append(model)
        except NotDelivered as error:
            reason = error.reason
        except SealBroken as error:
            # It may repeat an id that anybody chose, in any script.
            reason = str(error).encode("ascii", "backslashreplace").decode("ascii")[:LONGEST_REASON]
        entries.append(Entry(model, file, reason))
    progress(len(models))
    return Opened(tuple(entries), _frame(values[:, : len(valid)], universe, valid))


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


def opening_list(facts: RoundOnChain, universe: Universe, entries: tuple[Entry, ...]) -> OpeningList:
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
) -> pd.DataFrame:
    """The predictions that count by a published list, as `Opened.predictions`.

    Raises:
        OpeningError: one of them is not in the store any more, or the key is not the round's.
        StoreError: the store cannot be read.
    """
    listed = {entry.model: entry.file for entry in listing.entries if entry.reason is None}
    counted = RoundOnChain(
        facts.chain_id, facts.tournament, facts.round, facts.sealing_key, commitments=listed, stakes=facts.stakes
    )
    opened = open_submissions(counted, universe, key, store, progress)
    for entry in opened.entries:
        if entry.reason is not None:
            raise OpeningError(f"The submission of model {entry.model} counts by the opening list, and: {entry.reason}")
    return opened.predictions


def _frame(values: np.ndarray, universe: Universe, models: list[int]) -> pd.DataFrame:
    index = pd.Index(universe.ids, dtype=object, name="id")
    return pd.DataFrame(values, index=index, columns=pd.Index(models, dtype=np.int64, name="model"), copy=False)
