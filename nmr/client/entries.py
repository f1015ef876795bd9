# SPDX-License-Identifier: MIT
"""What models have in the rounds that are not closed: submissions, stakes, and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass

from nmr.client.rounds import Rounds
from nmr.client.stakes import StakesOnChain
from nmr.protocol.commitments import Commitment
from nmr.protocol.reference.rounds import State
from nmr.rounds.status import RoundView, view_round
from nmr.sealing.store import NotDelivered, Store


@dataclass(frozen=True)
class Entry:
    """A model in a round.

    Attributes:
        model: its id.
        view: the round.
        stake: what it has at stake there, wei.
        commitment: its file that counts; None if it submitted none.
        missing: why the store does not give that file; empty if it does, None if nobody asked.
    """

    model: int
    view: RoundView
    stake: int
    commitment: Commitment | None
    missing: str | None = None


def read_entries(stakes: StakesOnChain, models: Sequence[int], store: Store | None = None) -> list[Entry]:
    """Where models have a stake or a submission among the rounds that are not closed, by model and round.

    Args:
        stakes: of the tournament.
        models: their ids.
        store: where sealed files are; None not to look there.

    Raises:
        NoSuchModel: one was never registered.
        StoreError: the store cannot be read.
    """
    stakes.require_models(models)
    rounds = Rounds(stakes.session, stakes.tournament)
    found = []
    for view in (view_round(rounds, number) for number in rounds.recent()):
        if view.state == State.CLOSED:
            continue
        held, counting = stakes.positions(view.id, models), rounds.counting(view.id)
        for model in models:
            commitment = counting.get(model)
            if held[model] or commitment is not None:
                missing = None if store is None or commitment is None else _missing(store, commitment.hash)
                found.append(Entry(model, view, held[model], commitment, missing))
    return sorted(found, key=lambda entry: (entry.model, entry.view.id))


def _missing(store: Store, digest: bytes) -> str:
    try:
        store.get(digest)
    except NotDelivered as error:
        return error.reason
    return ""
