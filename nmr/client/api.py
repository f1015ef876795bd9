# SPDX-License-Identifier: MIT
"""A suite as a data scientist holds it: what `nmr.connect` gives."""

from collections.abc import Mapping
from functools import cached_property
from os import urandom
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nmr.chain.node import Node
from nmr.client.lens import LensReader
from nmr.client.rounds import Rounds
from nmr.client.session import Session, Signer
from nmr.client.stakes import CannotDo, Holding, Leaving, OpenRound, Registered, Staker, Stakes, StakesChange
from nmr.deploy.record import read_record
from nmr.errors import AmountTypeError
from nmr.rounds.places import NextOfPlace, read_places
from nmr.rounds.status import RoundView, view_round
from nmr.text.amounts import parse_nmr
from nmr.text.selection import ALL
from nmr.tvl.figures import Figures

if TYPE_CHECKING:
    from nmr.audit.report import Report

LARGEST_ID_DIGITS: Final = 9
"""Digits of the largest id of a model."""


def connect(record: str | Path, *, node: str, tournament: str | None = None, store: str | None = None) -> "Suite":
    """A recorded suite through a node.

    Args:
        record: the path of the suite's deployment record.
        node: the node's URL.
        tournament: its name, where the record has several.
        store: where sealed files are, a folder or a URL that fsspec reaches; needed to submit.

    Raises:
        RecordFileError, RecordInvalid: there is no record, or none that can be read.
        SuiteNotFound: the chain is another one, or has no such suite.
        NoSuchTournament: the record has several, or none of that name.
        NodeUnreachable, NodeError: the node does not answer, or with an error.
    """
    session = Session(read_record(Path(record)), Node(node))
    session.require_suite()
    return Suite(session, tournament, store)


class Suite:
    """A suite and one of its tournaments, read at the newest block each time."""

    def __init__(self, session: Session, tournament: str | None = None, store: str | None = None) -> None:
        """See `connect`."""
        self.session = session
        self.tournament = session.tournament(tournament)
        self.store = store

    def figures(self, block: int | None = None) -> Figures:
        """Every figure of the suite at a block, the newest if left out; amounts are wei. TVL is its `tvl`."""
        lens = LensReader(self.session)
        return lens.figures(lens.block(block))

    def rounds(self) -> list[RoundView]:
        """All rounds that were opened, with their states."""
        rounds = Rounds(self.session, self.tournament)
        return [view_round(rounds, number) for number in rounds.opened()]

    def places(self) -> list[NextOfPlace]:
        """What opens next at each place of the ring, whether it can, and what waits for it."""
        return read_places(Rounds(self.session, self.tournament))

    def round(self, number: int) -> RoundView:
        """A round with its terms and state. Raises `NoSuchRound`."""
        return view_round(Rounds(self.session, self.tournament), number)

    def model(self, model: int | str) -> Holding:
        """A model, by its id or its label: owner, policy, and where each NMR of it is; amounts are wei.

        Raises:
            CannotDo: no model has that label, or several have.
            NoSuchModel: there is no such id.
        """
        [holding] = self._stakes.holdings([self.id_of(model)])
        return holding

    def models(self, owner: str) -> list[Holding]:
        """The models of an owner."""
        return self._stakes.holdings(self._stakes.owned_by(owner))

    def id_of(self, model: int | str, owner: str | None = None) -> int:
        """The id of a model; what is an id is not taken for a label.

        Args:
            model: an id, or a label.
            owner: only a model of this owner, so that nobody else's label stands in the way.

        Raises:
            CannotDo: no model has that label, or several have.
        """
        if isinstance(model, int) or (model.isascii() and model.isdigit() and len(model) <= LARGEST_ID_DIGITS):
            return int(model)
        return self._stakes.labelled(model, owner)

    def audit(self, block: int | None = None, confirmations: int = 0) -> "Report":
        """An audit of the whole suite from its log and storage; see docs/audit.md."""
        from nmr.client.auditing import audit_chain

        return audit_chain(self.session.rpc, self.session.record, block=block, confirmations=confirmations)

    def as_(self, account: Any) -> "Account":
        """The suite in the hands of an account.

        Args:
            account: a `LocalAccount` of eth_account, or a `Signer`, such as `nmr.ape.signer.ApeSigner(account)`.
        """
        from nmr.client.signers import KeySigner

        signer: Signer = account if hasattr(account, "sign_typed") else KeySigner(account)
        return Account(self, signer)

    @cached_property
    def _stakes(self) -> Stakes:
        return Stakes(self.session, self.tournament)


class Account:
    """An account's dealings with a suite. Whatever a contract would refuse is refused before it is sent."""

    def __init__(self, suite: Suite, signer: Signer) -> None:
        self.suite = suite
        self.address = signer.address
        self._staker = Staker(suite.session, suite.tournament, signer)

    def register(self, label: str, submitter: str | None = None) -> Registered:
        """Register a model; the account owns it."""
        [registered], _ = self._staker.register([label], submitter)
        return registered

    def deposit(self, model: int | str, amount: str | int) -> StakesChange:
        """Deposit NMR for a model: a decimal string of NMR, or an int of wei. In one transaction, with a permit."""
        return self._staker.deposit({self._own(model): wei_of(amount)})

    def stake(self, model: int | str, amount: str | int) -> tuple[OpenRound, StakesChange]:
        """Stake NMR of the account on a model in the open round; the amount as in `deposit`."""
        return self._staker.stake_now({self._own(model): wei_of(amount)})

    def set_policy(self, model: int | str, target: str | int, *, compound: bool = False) -> StakesChange:
        """Say what a model keeps at stake in every round: up to a target, or all when compounding."""
        number = self._own(model)
        return self._staker.set_policy([number], {number: wei_of(target)}, compound)

    def leave(
        self, model: int | str, amount: str | int = "all", round_id: int | None = None
    ) -> tuple[list[Leaving], StakesChange]:
        """Take a model's stake back to its withdrawable balance from a round that is open, or not opened yet.

        Args:
            model: an id, or a label.
            amount: as in `deposit`; `"all"` is all that the model has there.
            round_id: from which round; left out it is every round that the model can leave, or the only one where an
                amount is given.
        """
        return self._staker.leave({self._own(model): ALL if amount == "all" else wei_of(amount)}, round_id)

    def withdraw(self, model: int | str, amount: str | int = "all", receiver: str | None = None) -> StakesChange:
        """Withdraw a model's idle NMR, to the account if left out; `"all"` is all that is idle."""
        wei = ALL if amount == "all" else wei_of(amount)
        return self._staker.withdraw({self._own(model): wei}, receiver or self.address)

    def submit(self, predictions: Mapping[int | str, Any], *, universe: Any = None) -> StakesChange:
        """Seal models' predictions for the open round, store them, and commit to them.

        Args:
            predictions: by model, each a path of a CSV or Parquet file, or a pandas or polars frame with the columns id
                and prediction.
            universe: the round's ids to check them against: a path, a frame with the column id, or a sequence of ids.

        Raises:
            CannotDo: no store was named, or no round is open.
            PredictionsInvalid, TableInvalid: predictions that would not count.
        """
        from nmr.client.submitting import submit, table_of, universe_of
        from nmr.sealing.store import Store

        if self.suite.store is None:
            raise CannotDo("Where do sealed files go? Name the store when you connect: nmr.connect(…, store=…).")
        ids = universe_of(universe)
        tables = {self._own(model): table_of(each, ids, f"model {model}") for model, each in predictions.items()}
        _, _, done = submit(self._staker, tables, ids, Store(self.suite.store), urandom)
        return done

    def _own(self, model: int | str) -> int:
        return self.suite.id_of(model, self.address)


def wei_of(amount: str | int) -> int:
    """Wei of an amount: a decimal string of NMR such as `"12.5"`, or an int, which is wei already.

    Raises:
        AmountTypeError: a float, which is not exact, or something else.
        AmountError: no amount that the ledger can count.
    """
    if isinstance(amount, str):
        return parse_nmr(amount)
    if isinstance(amount, int) and not isinstance(amount, bool):
        return amount
    raise AmountTypeError(f'an amount is a string of NMR such as "12.5" or an int of wei, not {amount!r}')
