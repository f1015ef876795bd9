# SPDX-License-Identifier: MIT
"""A suite as a data scientist holds it: what `nmr.connect` gives."""

from collections.abc import Mapping, Sequence
from os import urandom
from pathlib import Path
from typing import TYPE_CHECKING, Any
from warnings import warn

from nmr.chain.node import Node, NodeUnreachable, url_refused
from nmr.client.arguments import (
    address_of,
    flag_of,
    mapping_of,
    maybe_address,
    maybe_whole,
    name_of,
    part_of,
    path_of,
    pool_name,
    text_of,
    wei_of,
    whole,
)
from nmr.client.lens import LensReader
from nmr.client.pools import Backer, PoolChange, PoolOf, Pools, PoolView
from nmr.client.rounds import Rounds
from nmr.client.session import Session, Signer
from nmr.client.stakes import ModelHolding, OpenRound, StakesOnChain
from nmr.client.staking import Leaving, Registered, Staker, StakesChange
from nmr.deploy.record import read_record
from nmr.errors import ArgumentError, NmrWarning
from nmr.protocol.lanes import LANES
from nmr.protocol.reference.pool import HoldingView
from nmr.protocol.reference.pool_rules import BASIS, LARGEST_FEE, LARGEST_SKIN, SMALLEST_SKIN
from nmr.rounds.places import NextOfPlace, read_places
from nmr.rounds.status import RoundView, view_round
from nmr.text.selection import ALL, ModelName
from nmr.tvl.figures import Figures

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]

    from nmr.audit.report import Report
    from nmr.sealing.keys import PrivateKey
    from nmr.sealing.store import Store
    from nmr.sealing.verify import Verification


def connect(
    record: str | Path, *, node: str, tournament: str | None = None, store: str | Path | None = None
) -> "Suite":
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
    if problem := url_refused(text_of(node, "node")):
        raise NodeUnreachable(problem)
    session = Session(read_record(path_of(record, "record")), Node(node))
    session.require_suite()
    return Suite(session, tournament, store)


class Suite:
    """A suite and one of its tournaments, read at the newest block each time.

    Raises:
        ArgumentError, SelectionError, AddressError: what a call was given is of a wrong type, or names nothing.
        ReadFailed, NodeError, NodeUnreachable: the node does not answer a call, or with an error.
    """

    def __init__(self, session: Session, tournament: str | None = None, store: str | Path | None = None) -> None:
        """See `connect`."""
        self.session = session
        self.tournament = session.tournament(None if tournament is None else text_of(tournament, "tournament"))
        self.store = None if store is None else text_of(str(store) if isinstance(store, Path) else store, "store")

    def figures(self, block: int | None = None) -> Figures:
        """Every figure of the suite at a block, the newest if left out; amounts are wei. TVL is its `tvl`.

        Raises:
            TvlError: the block is still to come, or from before the suite.
            StateGone: the node no longer has the state of the block.
        """
        lens = LensReader(self.session)
        return lens.figures(lens.block(maybe_whole(block, "block")))

    def rounds(self) -> list[RoundView]:
        """All rounds that were opened, with their states, the oldest first.

        Raises:
            ReadFailed, NodeError, NodeUnreachable: the node does not answer.
        """
        rounds = Rounds(self.session, self.tournament)
        return [view_round(rounds, number) for number in rounds.opened()]

    def places(self) -> list[NextOfPlace]:
        """What opens next at each place of the ring, whether it can, and what waits for it; wei.

        Raises:
            ReadFailed, NodeError, NodeUnreachable: the node does not answer.
        """
        return read_places(Rounds(self.session, self.tournament))

    def round(self, number: int) -> RoundView:
        """A round with its terms and state. Raises `NoSuchRound`."""
        wanted = whole(number, "a round")
        return view_round(Rounds(self.session, self.tournament), wanted)

    def model(self, model: ModelName) -> ModelHolding:
        """A model, by its id or its label: owner, policy, and where each NMR of it is; amounts are wei.

        Raises:
            CannotDo: no model has that label, or several have.
            NoSuchModel: there is no such id.
            LogIncomplete: the node's log lacks labels, or does not account for what the model has.
        """
        [holding] = self._stakes.holdings([self.id_of(model)])
        return holding

    def models(self, owner: str) -> list[ModelHolding]:
        """The models of an owner, by rising id; amounts are wei.

        Raises:
            AddressError: that is no address.
            LogIncomplete: the node's log does not account for what a model has.
        """
        return self._stakes.holdings(self._stakes.owned_by(address_of(owner, "owner")))

    def id_of(self, model: ModelName, owner: str | None = None) -> int:
        """The id of a model; what is an id is not taken for a label.

        Args:
            model: an id, or a label.
            owner: only a model of this owner, so that nobody else's label stands in the way.

        Raises:
            CannotDo: no model has that label, or several have.
            SelectionError: neither an id nor a label.
            LogIncomplete: the node's log lacks labels.
        """
        [found] = self._stakes.ids([name_of(model)], maybe_address(owner, "owner"))
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

        return leaderboard_frame(read_leaderboard(self._stakes, whole(last, "last", 1)))

    def pools(self) -> list[PoolView]:
        """All pools of the tournament, with their places, the oldest first; see docs/pools.md. Amounts are wei.

        Raises:
            NoSuchPool: the suite has no factory of pools.
            LogIncomplete: the node's log lacks some.
        """
        pools = Pools(self.session, self.tournament)
        return pools.views(pools.all())

    def pool(self, name: ModelName) -> PoolView:
        """A pool by its address, the id of its model, or its label; amounts are wei.

        Raises:
            NoSuchPool: there is none, or several have the label.
            LogIncomplete: the node's log lacks some.
        """
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
        from nmr.client.verifying import verify_as_auditor
        from nmr.sealing.keys import PrivateKey, read_key

        wanted, outcome = whole(number, "a round"), None if targets is None else path_of(targets, "targets")
        own = key if isinstance(key, PrivateKey) else read_key(path_of(key, "key"))
        store, rounds = self.sealed_files(), Rounds(self.session, self.tournament)
        view_round(rounds, wanted)
        return verify_as_auditor(rounds.facts(wanted), store, own, outcome)

    def sealed_files(self) -> "Store":
        """The store of sealed files.

        Raises:
            StoreError: there is no such store.
        """
        from nmr.sealing.store import Store, store_of

        return Store(self.store or store_of(Path.cwd(), self.session.chain))

    def audit(self, block: int | None = None, confirmations: int = 0) -> "Report":
        """An audit of the whole suite from its log and storage; see docs/audit.md.

        Args:
            block: at which; the newest if left out.
            confirmations: how many blocks must be on top of it.

        Raises:
            NoSuchBlock: there is no such block, or it is from before the suite.
            OtherChain, Unsettled: the chain is another one, or was reorganised again and again.
            NodeError, NodeUnreachable: the node does not answer, or its answer is false.
        """
        from nmr.client.auditing import audit_chain

        at, depth = maybe_whole(block, "block"), whole(confirmations, "confirmations")
        return audit_chain(self.session.rpc, self.session.record, block=at, confirmations=depth)

    def as_(self, account: Any) -> "Account":
        """The suite in the hands of an account.

        Args:
            account: a `LocalAccount` of eth_account, or a `Signer`, such as `nmr.ape.signer.ApeSigner(account)`.

        Raises:
            ArgumentError: neither of these.
        """
        from nmr.client.signers import KeySigner

        if hasattr(account, "sign_typed"):
            return Account(self, account)
        kinds = {each.__name__ for each in type(account).__mro__}
        signs = all(hasattr(account, name) for name in ("address", "sign_transaction", "sign_message"))
        if not signs or "AccountAPI" in kinds:
            hint = "eth_account.Account makes one of a key, and nmr.ape.signer.ApeSigner one of Ape's account"
            kind = type(account).__name__
            raise ArgumentError(f"an account is what signs, such as a LocalAccount of eth_account, not {kind}: {hint}")
        return Account(self, KeySigner(account))

    @property
    def _stakes(self) -> StakesOnChain:
        return StakesOnChain(self.session, self.tournament)


class Account:
    """An account's dealings with a suite. Whatever a contract would refuse is refused before it is sent.

    A call that sends waits until the transaction is in a block. `transactions` of what it returns has the hashes.

    Raises:
        ArgumentError, SelectionError, AddressError: what a call was given is of a wrong type, or names nothing.
        AmountError, AmountTypeError: an amount that the ledger cannot count, or a float.
        LogIncomplete: the node's log lacks what a label is looked up in.
        Reverts: the contract refuses a call, in its own words; nothing was sent.
        NoEther: the account cannot pay for the gas; nothing was sent.
        NotMined: the transaction was sent, and is in no block after ten minutes.
        ReadFailed, NodeError, NodeUnreachable: the node does not answer a call, or with an error.
    """

    def __init__(self, suite: Suite, signer: Signer) -> None:
        self.suite = suite
        self.address = signer.address
        self._signer = signer
        self._staker = Staker(suite.session, suite.tournament, signer)

    def register(self, label: str, submitter: str | None = None) -> Registered:
        """Register a model; the account owns it.

        Args:
            label: its name, for people; need not be unique.
            submitter: who else may submit for it.

        Returns:
            the model, whose id is `model`.

        Raises:
            LabelError: no model can have that label.

        Warns:
            NmrWarning: a model has the label already, or the node's log does not tell.
        """
        [registered], done = self._staker.register([text_of(label, "label")], maybe_address(submitter, "submitter"))
        _warn(done.notes)
        return registered

    def deposit(self, model: ModelName, amount: str | int) -> StakesChange:
        """Deposit NMR of the account for a model of its own, in one transaction if it signs a permit.

        Args:
            model: an id, or a label.
            amount: a decimal string of NMR, or an int of wei.

        Returns:
            what was done; its `amounts` are wei by model.

        Raises:
            NoSuchModel, CannotDo: there is no such model, it is somebody else's, or the account holds too little.
            NotGenuine, PermitRefused: the suite is not what its record says; nothing was signed.
        """
        wei = wei_of(amount)
        return self._staker.deposit({self._own(model): wei})

    def stake(self, model: ModelName, amount: str | int) -> tuple[OpenRound, StakesChange]:
        """Stake NMR of the account on a model in the open round.

        Args:
            model: an id, or a label.
            amount: as in `deposit`.

        Returns:
            the round, and what was done; its `amounts` are wei by model.

        Raises:
            NoSuchModel, CannotDo: there is no such model, it is somebody else's, no round is open, the account holds
                too little, the position would end below MIN_STAKE, or another round still has the model's group.
            NotGenuine: the suite is not what its record says; nothing was approved.
        """
        wei = wei_of(amount)
        return self._staker.stake_now({self._own(model): wei})

    def set_policy(self, model: ModelName, target: str | int, *, compound: bool = False) -> StakesChange:
        """Say what a model keeps at stake in every round: up to a target, or all when compounding.

        Args:
            model: an id, or a label.
            target: for each round, an amount as in `deposit`.
            compound: whether all stays at stake.

        Returns:
            what was done, without amounts: no NMR moves.

        Raises:
            NoSuchModel, CannotDo: there is no such model, or several have that label.
        """
        wei, compounds = wei_of(target), flag_of(compound, "compound")
        number = self._own(model)
        return self._staker.set_policy([number], {number: wei}, compounds)

    def enter(self, model: ModelName) -> tuple[OpenRound, StakesChange]:
        """Raise a model's position in the open round to its target, out of what is idle.

        The four models of a group always enter together: model 5 with 4, 6 and 7.

        Returns:
            the round, and what was done; its `amounts` are wei by model.

        Raises:
            NoSuchModel, CannotDo: there is no such model, no round is open, nothing would move, or another round still
                has the group.
        """
        return self._staker.enter([self._own(model) // LANES], skip=False)

    def leave(
        self, model: ModelName, amount: str | int = "all", round_id: int | None = None
    ) -> tuple[list[Leaving], StakesChange]:
        """Take a model's stake back to its withdrawable balance from a round that is open, or not opened yet.

        Args:
            model: an id, or a label.
            amount: as in `deposit`; `"all"` is all that the model has there. What would stay below MIN_STAKE leaves,
                too.
            round_id: from which round; left out it is every round that the model can leave, or the only one where an
                amount is given.

        Returns:
            what left each round, in wei, and what was done; its `amounts` are the sums by model.

        Raises:
            NoSuchModel, CannotDo: there is no such model, it can leave no round, or several where an amount is given.
        """
        wei = ALL if isinstance(amount, str) and amount == "all" else wei_of(amount)
        wanted = maybe_whole(round_id, "a round")
        return self._staker.leave({self._own(model): wei}, wanted)

    def withdraw(self, model: ModelName, amount: str | int = "all", receiver: str | None = None) -> StakesChange:
        """Withdraw a model's idle NMR.

        Args:
            model: an id, or a label.
            amount: as in `deposit`; `"all"` is all that is idle.
            receiver: who gets it; the account if left out.

        Returns:
            what was done; its `amounts` are wei by model.

        Raises:
            NoSuchModel, CannotDo: there is no such model, or less is idle in it.
        """
        wei = ALL if isinstance(amount, str) and amount == "all" else wei_of(amount)
        to = maybe_address(receiver, "receiver") or self.address
        return self._staker.withdraw({self._own(model): wei}, to)

    def create_pool(self, label: str, *, fee: str = "0", skin: str = "0.1", submitter: str | None = None) -> PoolOf:
        """Create a pool whose manager is the account.

        Args:
            label: of its model, for people; need not be unique.
            fee: the manager's part of gains, such as `"0.2"`, which is 20%; it never changes.
            skin: the manager's least part of each place; it never changes.
            submitter: who submits for its model; the account if left out.

        Returns:
            the pool; its `fee` and `skin` are integers, 10,000 being all.

        Raises:
            NoSuchPool: the suite has no factory of pools.
            LabelError, FixedPointError: no pool can have that label, or a part is no plain decimal.

        Warns:
            NmrWarning: a pool has the label already, or the node's log does not tell.
        """
        terms = part_of(fee, "fee", 0, LARGEST_FEE), part_of(skin, "skin", SMALLEST_SKIN, LARGEST_SKIN)
        called, chosen = text_of(label, "label"), maybe_address(submitter, "submitter")
        made, done = self._backer.create(called, *terms, chosen)
        _warn(done.notes)
        return made

    def pool_holdings(self, pool: ModelName) -> list[HoldingView]:
        """What the account has in a pool, by place: shares, their worth after the fee, orders, what it can claim; wei.

        What a manager can claim is of all places, the same at each.

        Raises:
            NoSuchPool: there is none, or several have the label.
        """
        return self._backer.holdings(self._pool(pool), self.address)

    def enter_pool(self, pool: ModelName, amount: str | int, place: int | None = None) -> PoolChange:
        """Order shares of a pool for NMR at a place of the ring, or so much at each; the amount as in `deposit`.

        Raises:
            NoSuchPool: there is none, or several have the label.
            CannotDo: there is no such place, the account holds too little, or an order is below MIN_STAKE.
            NotGenuine: the suite or the pool is not what it claims; nothing was approved.
        """
        wei = wei_of(amount)
        places = self._places(place)
        return self._backer.enter(self._pool(pool), dict.fromkeys(places, wei))

    def exit_pool(self, pool: ModelName, place: int | None = None, part: str = "1") -> PoolChange:
        """Order shares at a place out, or at all places: all of them, or a part of those that are not on order.

        Raises:
            NoSuchPool: there is none, or several have the label.
            CannotDo: there is no such place, or no shares there that are not on order.
            FixedPointError: the part is no plain decimal.
        """
        wanted = part_of(part, "part", 1, BASIS)
        places = self._places(place)
        return self._backer.exit_part(self._pool(pool), places, wanted)

    def cancel_pool_orders(self, pool: ModelName, place: int | None = None) -> PoolChange:
        """Take back all orders that did not run, at a place or at all.

        Raises:
            NoSuchPool: there is none, or several have the label.
            CannotDo: there is no such place, or no such order.
        """
        places, found = self._places(place), self._pool(pool)
        return self._backer.cancel(found, places, entries=True, exits=True)

    def claim_pool(self, pool: ModelName, place: int | None = None) -> PoolChange:
        """Collect what orders gave, at a place or at all: NMR, and shares.

        Raises:
            NoSuchPool: there is none, or several have the label.
            CannotDo: there is no such place, or nothing to collect.
        """
        places, found = self._places(place), self._pool(pool)
        return self._backer.claim(found, places)

    def checkpoint_pool(self, pool: ModelName, place: int | None = None) -> PoolChange:
        """Book the fee and run exits, at a place or wherever something is due. Anyone may.

        Raises:
            NoSuchPool: there is none, or several have the label.
            CannotDo: there is no such place, or nothing is due.
        """
        places, found = self._places(place), self._pool(pool)
        return self._backer.checkpoint(found, places)

    def fill_pool(self, pool: ModelName, place: int | None = None) -> PoolChange:
        """Do what `checkpoint_pool` does, and run entries where the round is open. Anyone may.

        Raises:
            NoSuchPool: there is none, or several have the label.
            CannotDo: there is no such place, or nothing is due.
        """
        places, found = self._places(place), self._pool(pool)
        return self._backer.fill(found, places)

    def sweep_pool(self, pool: ModelName) -> PoolChange:
        """Burn NMR of a pool that is nobody's, such as donations. Anyone may.

        Raises:
            NoSuchPool: there is none, or several have the label.
        """
        return self._backer.sweep(self._pool(pool))

    def set_pool_submitter(self, pool: ModelName, submitter: str | None = None) -> PoolChange:
        """Change who submits for a pool's model: an address, or the manager if left out. Its manager alone may.

        Raises:
            NoSuchPool: there is none, or several have the label.
        """
        chosen = maybe_address(submitter, "submitter")
        return self._backer.set_submitter(self._backer.named(pool_name(pool), self.address), chosen)

    def submit(self, predictions: Mapping[ModelName, Any], *, universe: Any = None) -> StakesChange:
        """Seal models' predictions for the open round, store them, and commit to them.

        Args:
            predictions: by model, each a path of a CSV or Parquet file, or a pandas or polars frame with the columns id
                and prediction.
            universe: the round's ids to check them against: a path, a frame with the column id, or a sequence of ids.

        Returns:
            what was done, without amounts: no NMR moves.

        Raises:
            NoSuchModel, CannotDo: there is no such model, no round is open, or it locks before the next block.
            PredictionsInvalid, TableInvalid, TableFileError: predictions that would not count, or cannot be read.
            StoreError: the store cannot be written.
            Stopped: some of several transactions went through, and then one did not.
        """
        from nmr.client.submitting import given_universe, submit, table_of

        given = mapping_of(predictions, "predictions")
        store, ids = self.suite.sealed_files(), given_universe(universe)
        tables = {name_of(model): table_of(each, ids, f"model {model}") for model, each in given.items()}
        _, _, done = submit(self._staker, self._staker.by_id(tables, self.address, submits=True), ids, store, urandom)
        return done

    @property
    def _backer(self) -> Backer:
        return Backer(self.suite.session, self.suite.tournament, self._signer)

    def _pool(self, name: ModelName) -> PoolOf:
        named = pool_name(name)
        return self._backer.named(named)

    def _places(self, place: int | None) -> list[int]:
        return list(range(self._backer.ring)) if place is None else [whole(place, "a place")]

    def _own(self, model: ModelName) -> int:
        [found] = self._staker.own([name_of(model)])
        return found


def _warn(notes: Sequence[str]) -> None:
    """Warn whoever called a method of the account."""
    for note in notes:
        warn(note, NmrWarning, stacklevel=3)
