# SPDX-License-Identifier: MIT
"""A suite as a data scientist holds it: what `nmr.connect` gives."""

from collections.abc import Mapping
from os import urandom
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nmr.chain.node import Node, NodeUnreachable, url_refused
from nmr.client.lens import LensReader
from nmr.client.pools import ALL_SHARES, Backer, PoolChange, PoolOf, Pools, PoolView
from nmr.client.rounds import Rounds
from nmr.client.session import Session, Signer
from nmr.client.stakes import Holding, OpenRound, Stakes
from nmr.client.staking import Leaving, Registered, Staker, StakesChange
from nmr.deploy.record import read_record
from nmr.errors import AmountTypeError
from nmr.protocol.lanes import LANES
from nmr.protocol.score_words import MAX_MODEL
from nmr.rounds.places import NextOfPlace, read_places
from nmr.rounds.status import RoundView, view_round
from nmr.text.amounts import GWEI, parse_fixed, parse_nmr, to_gwei
from nmr.text.selection import ALL, ModelName, parse_model
from nmr.tvl.figures import Figures

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]

    from nmr.audit.report import Report
    from nmr.sealing.keys import PrivateKey
    from nmr.sealing.store import Store
    from nmr.sealing.verify import Verification


def connect(record: str | Path, *, node: str, tournament: str | None = None, store: str | None = None) -> "Suite":
    """A recorded suite through a node.

    Args:
        record: the path of the suite's deployment record.
        node: the node's URL.
        tournament: its name, where the record has several.
        store: where sealed files are, a folder or a URL that fsspec reaches. If left out, where the commands find
            them: what `NMR_STORE` says, or the chain's folder in `store`.

    Raises:
        RecordFileError, RecordInvalid: there is no record, or none that can be read.
        SuiteNotFound: the chain is another one, or has no such suite.
        NoSuchTournament: the record has several, or none of that name.
        NodeUnreachable, NodeError: the node does not answer, or with an error.
    """
    if problem := url_refused(node):
        raise NodeUnreachable(problem)
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

    def model(self, model: ModelName) -> Holding:
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

    def id_of(self, model: ModelName, owner: str | None = None) -> int:
        """The id of a model; what is an id is not taken for a label.

        Args:
            model: an id, or a label.
            owner: only a model of this owner, so that nobody else's label stands in the way.

        Raises:
            CannotDo: no model has that label, or several have.
            SelectionError: neither an id nor a label.
        """
        [found] = self._stakes.ids([name_of(model)], owner)
        return found

    def history(self, model: ModelName) -> "pd.DataFrame":
        """The rounds of a model, a row a round; imports pandas.

        The index is `round`. The columns:

        - `state`: of the round, such as open or closed.
        - `submitted`: whether the model committed to a file.
        - `stake`: NMR at the lock, before it as things stand; a Decimal.
        - `corr`, `mmc`: the scores, floats; NaN until they are settled, and where the model has none.
        - `factor`: the payout factor, a float; NaN before the lock.
        - `payout`: NMR won, or burned if negative; a Decimal, None until it is settled.
        - `rank`: by CORR and MMC times the round's multipliers, 1 being the best of `scored` models; integers, NA until
          all stakes of the round are settled.

        Raises:
            CannotDo, NoSuchModel: there is no such model, or several have that label.
            LogIncomplete: the node's log does not account for what the model has.
        """
        from nmr.client.frames import history_frame
        from nmr.client.results import read_history

        return history_frame(read_history(self._stakes, self.id_of(model)))

    def leaderboard(self, last: int = 20) -> "pd.DataFrame":
        """The models that had a stake or a score in the last settled rounds, the best first; imports pandas.

        The index is `model`. The columns:

        - `label`, `owner`.
        - `stake`: NMR, the sum of the stakes at the locks of these rounds; a Decimal.
        - `rounds`: in how many of them the model has a score.
        - `corr`, `mmc`: the means of its scores, floats; NaN without one.
        - `payout`: NMR, rewards less burns; a Decimal.
        - `return`: payout by stake, a float; NaN without a stake.
        - `rank`: by the mean of CORR and MMC times the multipliers; integers, NA without a score.

        Args:
            last: how many rounds, of those whose stakes were all settled by scores.

        Raises:
            LogIncomplete: the node's log does not account for what the models have.
        """
        from nmr.client.frames import leaderboard_frame
        from nmr.client.results import read_leaderboard

        return leaderboard_frame(read_leaderboard(self._stakes, last))

    def pools(self) -> list[PoolView]:
        """All pools of the tournament, with their places; see docs/pools.md. Amounts are wei."""
        pools = Pools(self.session, self.tournament)
        return pools.views(pools.all())

    def pool(self, name: ModelName) -> PoolView:
        """A pool by its address, the id of its model, or its label. Raises `NoSuchPool`."""
        pools = Pools(self.session, self.tournament)
        return pools.view(pools.named(pool_name(name)))

    def verify(
        self, number: int, key: "str | Path | PrivateKey", *, targets: str | Path | None = None
    ) -> "Verification":
        """Compute a round's scores once more, from the chain and the store; see docs/sealing.md.

        Args:
            number: of the round.
            key: your private key, or a file with it; the round's key was handed over to it, or is it.
            targets: a file with the outcome as you know it; without it the operator's is taken.

        Raises:
            NoSuchRound, NotVerifiable: there is no such round, or nothing of it to verify yet.
            KeyFileError, KeyInvalid, OpeningError: the key cannot be read, or does not open the round.
            StoreError: the store cannot be read.
        """
        from nmr.client.verifying import verify
        from nmr.sealing.keys import read_key

        store, rounds = self.sealed_files(), Rounds(self.session, self.tournament)
        view_round(rounds, number)
        own = read_key(Path(key)) if isinstance(key, str | Path) else key
        return verify(rounds.facts(number), store, own, None if targets is None else Path(targets))

    def sealed_files(self) -> "Store":
        """The store of sealed files.

        Raises:
            StoreError: there is no such store.
        """
        from nmr.sealing.store import Store, store_of

        return Store(self.store or store_of(Path.cwd(), self.session.chain))

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

    @property
    def _stakes(self) -> Stakes:
        return Stakes(self.session, self.tournament)


class Account:
    """An account's dealings with a suite. Whatever a contract would refuse is refused before it is sent."""

    def __init__(self, suite: Suite, signer: Signer) -> None:
        self.suite = suite
        self.address = signer.address
        self._signer = signer
        self._staker = Staker(suite.session, suite.tournament, signer)

    def register(self, label: str, submitter: str | None = None) -> Registered:
        """Register a model; the account owns it."""
        [registered], _ = self._staker.register([label], submitter)
        return registered

    def deposit(self, model: ModelName, amount: str | int) -> StakesChange:
        """Deposit NMR for a model: a decimal string of NMR, or an int of wei. In one transaction, with a permit."""
        return self._staker.deposit({self._own(model): wei_of(amount)})

    def stake(self, model: ModelName, amount: str | int) -> tuple[OpenRound, StakesChange]:
        """Stake NMR of the account on a model in the open round; the amount as in `deposit`."""
        return self._staker.stake_now({self._own(model): wei_of(amount)})

    def set_policy(self, model: ModelName, target: str | int, *, compound: bool = False) -> StakesChange:
        """Say what a model keeps at stake in every round: up to a target, or all when compounding."""
        number = self._own(model)
        return self._staker.set_policy([number], {number: wei_of(target)}, compound)

    def enter(self, model: ModelName) -> tuple[OpenRound, StakesChange]:
        """Raise a model's position in the open round to its target, out of what is idle.

        The four models of a group always enter together: model 5 with 4, 6 and 7.
        """
        return self._staker.enter([self._own(model) // LANES], skip=False)

    def leave(
        self, model: ModelName, amount: str | int = "all", round_id: int | None = None
    ) -> tuple[list[Leaving], StakesChange]:
        """Take a model's stake back to its withdrawable balance from a round that is open, or not opened yet.

        Args:
            model: an id, or a label.
            amount: as in `deposit`; `"all"` is all that the model has there.
            round_id: from which round; left out it is every round that the model can leave, or the only one where an
                amount is given.
        """
        return self._staker.leave({self._own(model): ALL if amount == "all" else wei_of(amount)}, round_id)

    def withdraw(self, model: ModelName, amount: str | int = "all", receiver: str | None = None) -> StakesChange:
        """Withdraw a model's idle NMR, to the account if left out; `"all"` is all that is idle."""
        wei = ALL if amount == "all" else wei_of(amount)
        return self._staker.withdraw({self._own(model): wei}, receiver or self.address)

    def create_pool(self, label: str, *, fee: str = "0", skin: str = "0.1", submitter: str | None = None) -> PoolOf:
        """Create a pool whose manager is the account: fee and skin are parts such as `"0.2"`, and never change."""
        made, _ = self._backer.create(label, part_of(fee), part_of(skin), submitter)
        return made

    def enter_pool(self, pool: ModelName, amount: str | int, place: int | None = None) -> PoolChange:
        """Order shares of a pool for NMR at a place of the ring, or so much at each; the amount as in `deposit`."""
        return self._backer.enter(self._pool(pool), dict.fromkeys(self._places(place), wei_of(amount)))

    def exit_pool(self, pool: ModelName, place: int | None = None) -> PoolChange:
        """Order all shares at a place out, or at all places."""
        found = self._pool(pool)
        return self._backer.exit_all(found) if place is None else self._backer.exit(found, {place: ALL_SHARES})

    def cancel_pool_orders(self, pool: ModelName, place: int | None = None) -> PoolChange:
        """Take back all orders that did not run, at a place or at all."""
        return self._backer.cancel(self._pool(pool), self._places(place), entries=True, exits=True)

    def claim_pool(self, pool: ModelName, place: int | None = None) -> PoolChange:
        """Collect what orders gave, at a place or at all: NMR, and shares."""
        return self._backer.claim(self._pool(pool), self._places(place))

    def checkpoint_pool(self, pool: ModelName, place: int | None = None) -> PoolChange:
        """Book the fee and run exits, at a place or wherever something is due. Anyone may."""
        return self._backer.checkpoint(self._pool(pool), self._places(place))

    def fill_pool(self, pool: ModelName, place: int | None = None) -> PoolChange:
        """Do what `checkpoint_pool` does, and run entries where the round is open. Anyone may."""
        return self._backer.fill(self._pool(pool), self._places(place))

    def submit(self, predictions: Mapping[ModelName, Any], *, universe: Any = None) -> StakesChange:
        """Seal models' predictions for the open round, store them, and commit to them.

        Args:
            predictions: by model, each a path of a CSV or Parquet file, or a pandas or polars frame with the columns id
                and prediction.
            universe: the round's ids to check them against: a path, a frame with the column id, or a sequence of ids.

        Raises:
            CannotDo: no round is open.
            PredictionsInvalid, TableInvalid: predictions that would not count.
        """
        from nmr.client.submitting import submit, table_of, universe_of

        store, ids = self.suite.sealed_files(), universe_of(universe)
        tables = {name_of(model): table_of(each, ids, f"model {model}") for model, each in predictions.items()}
        _, _, done = submit(self._staker, self._staker.by_id(tables, self.address, submits=True), ids, store, urandom)
        return done

    @property
    def _backer(self) -> Backer:
        return Backer(self.suite.session, self.suite.tournament, self._signer)

    def _pool(self, name: ModelName) -> PoolOf:
        return self._backer.named(pool_name(name))

    def _places(self, place: int | None) -> list[int]:
        return list(range(self._backer.ring)) if place is None else [place]

    def _own(self, model: ModelName) -> int:
        [found] = self._staker.own([name_of(model)])
        return found


def name_of(model: ModelName) -> ModelName:
    """An id, also if it is written as a text, or a label. Raises `SelectionError`."""
    return parse_model(str(model), MAX_MODEL)


def pool_name(name: ModelName) -> ModelName:
    """What names a pool: its address, the id of its model, or its label. Raises `SelectionError`."""
    return name if isinstance(name, str) and name.startswith("0x") else name_of(name)


def part_of(text: str) -> int:
    """A part such as `"0.2"`, times 10,000. Raises `FixedPointError`."""
    return parse_fixed(text, 4)


def wei_of(amount: str | int) -> int:
    """Wei of an amount: a decimal string of NMR such as `"12.5"`, or an int, which is wei already.

    Raises:
        AmountTypeError: a float, which is not exact, or something else.
        AmountError: no amount that the ledger can count.
    """
    if isinstance(amount, str):
        return parse_nmr(amount)
    if isinstance(amount, int) and not isinstance(amount, bool):
        return to_gwei(amount) * GWEI
    raise AmountTypeError(f'an amount is a string of NMR such as "12.5" or an int of wei, not {amount!r}')
