# SPDX-License-Identifier: MIT
"""What anybody can do for a tournament without a role: lock, enter, settle, bring stakes home, kick, take, and make
checkpoints of pools.

Nobody is paid for a round's steps; a take pays by itself. So gas has limits: a price, and a budget a day.
"""

from dataclasses import dataclass

from nmr.buyback.keeper import BuybackView, Gas, NotYet, plan_fill, require_kick
from nmr.chain.contracts import Contract
from nmr.chain.node import number as quantity
from nmr.client.buyback import BuybackOnChain
from nmr.client.rounds import Rounds
from nmr.client.session import Session, Signer
from nmr.client.stakes import StakesOnChain
from nmr.client.staking import Staker
from nmr.operate.duties import Duty, DutyKind, Plan, Wait, by_urgency
from nmr.operate.pooling import Checkpoint, PoolKeeper, paying
from nmr.operate.signer import OneAtATime
from nmr.operate.stored import stored_scores
from nmr.operate.working import Pass, ReportStep, resolve_step, work
from nmr.protocol.lanes import group_count
from nmr.protocol.reference.rounds import FREED, State
from nmr.rounds.resolution import StepTaken
from nmr.rounds.status import RoundView, view_round
from nmr.sealing.store import Store
from nmr.text.amounts import format_fixed, format_nmr

GWEI_PLACES = 9
ETHER_PLACES = 18


@dataclass(frozen=True)
class Rules:
    """What a keeper does, and what gas may cost.

    Attributes:
        enter: seconds before a lock from which positions are raised to their targets; None for never.
        settle: whether final rounds are settled, for which the store is needed.
        kick: whether lots of the buyback are kicked.
        min_profit: what a take has to leave after gas, in the stablecoin's smallest unit; None to take nothing.
        coin_price: what one unit of the chain's own coin costs, in the stablecoin's smallest unit.
        nmr_price: what an NMR costs, in the same.
        gas_price: wei for a unit of gas above which nothing is sent; None for no limit.
        budget: wei that gas may cost in a day; None for no limit.
    """

    enter: int | None = None
    settle: bool = True
    kick: bool = False
    min_profit: int | None = None
    coin_price: int = 0
    nmr_price: int = 0
    gas_price: int | None = None
    budget: int | None = None


@dataclass(frozen=True)
class KeeperSees:
    """What a keeper read.

    Attributes:
        now: the chain's time.
        views: the rounds that are not closed.
        enterable: groups of the open round that `enter` would raise.
        kick, take: whether a lot can be kicked, and whether a take leaves enough.
        checkpoints: of pools that can be made and would bring something.
        gas_price: wei for a unit of gas.
        spent: wei that gas has cost in the last day.
    """

    now: int
    views: tuple[RoundView, ...]
    enterable: int = 0
    kick: bool = False
    take: bool = False
    checkpoints: tuple[Checkpoint, ...] = ()
    gas_price: int = 0
    spent: int = 0


def chores(rules: Rules, seen: KeeperSees) -> Plan:
    """What is due, and what waits since gas costs too much."""
    found = []
    for view in seen.views:
        terms = view.info.terms
        match view.state:
            case State.OPEN if rules.enter is not None and seen.enterable and view.now >= terms.locks_at - rules.enter:
                found.append(Duty(DutyKind.ENTER, view.id, terms.locks_at))
            case State.ENDED:
                found.append(Duty(DutyKind.LOCK, view.id, view.published_by))
            case State.FINAL if rules.settle:
                found.append(Duty(DutyKind.SETTLE, view.id, terms.expires_at))
            case state if state in FREED:
                found.append(Duty(DutyKind.FREE, view.id))
    pools = bool(worth_making(rules, seen))
    of_none = ((DutyKind.KICK, seen.kick), (DutyKind.TAKE, seen.take), (DutyKind.CHECKPOINT, pools))
    found += [Duty(kind, None) for kind, is_due in of_none if is_due]
    found.sort(key=by_urgency)
    why = ""
    if rules.gas_price is not None and seen.gas_price > rules.gas_price:
        price, limit = (format_fixed(each, GWEI_PLACES) for each in (seen.gas_price, rules.gas_price))
        why = f"Gas costs {price} gwei, and the limit is {limit}"
    elif rules.budget is not None and seen.spent >= rules.budget:
        spent, budget = (format_fixed(each, ETHER_PLACES) for each in (seen.spent, rules.budget))
        why = f"Gas has cost {spent} of the chain's coin in a day, and the budget is {budget}"
    return Plan((), tuple(Wait(duty, why) for duty in found)) if why else Plan(tuple(found), ())


def worth_making(rules: Rules, seen: KeeperSees) -> tuple[Checkpoint, ...]:
    """The checkpoints that bring more than their gas costs."""
    return paying(seen.checkpoints, Gas(seen.gas_price, rules.coin_price), rules.nmr_price)


class Keeper:
    """Does what anybody can."""

    DAY = 86_400

    def __init__(
        self,
        rules: Rules,
        session: Session,
        rounds: Rounds,
        store: Store,
        signer: OneAtATime,
        pools: PoolKeeper | None = None,
    ) -> None:
        """
        Args:
            rules: what it does.
            session: of the suite.
            rounds: of the tournament, with the same sender.
            store: where the scores of rounds are.
            signer: who pays the gas.
            pools: finds and makes checkpoints, by the same signer; None for none.
        """
        self._rules = rules
        self._session = session
        self._rounds = rounds
        self._tournament = rounds.tournament
        self._store = store
        self._signer = signer
        self._pools = pools
        self._spent: list[tuple[int, int]] = []
        """When gas was paid, by the chain's time, and wei. A keeper that is started again begins anew."""

    def run(self, report: ReportStep) -> Pass:
        """Do all that is due now.

        Args:
            report: told each step that was taken.

        Raises:
            NmrError: the node does not answer.
        """
        seen, due, troubles, done = work(self.look, lambda duty, seen: self._do(duty, seen, report), self._signer.turn)
        return Pass(seen.now, due, troubles, done)

    def look(self) -> tuple[KeeperSees, Plan]:
        """What is due now, and nothing done."""
        rounds, rules = self._rounds, self._rules
        rounds.refresh()
        now = rounds.now()
        views = [view_round(rounds, number) for number in rounds.recent()]
        self._spent = [(at, wei) for at, wei in self._spent if at > now - self.DAY]
        kick = take = False
        if rules.kick or rules.min_profit is not None:
            buyback = BuybackOnChain(self._session)
            found = buyback.read()
            kick, take = rules.kick and can_kick(found), self._pays(buyback, found)
        seen = KeeperSees(
            now,
            tuple(view for view in views if view.state != State.CLOSED),
            enterable=self._enterable(views),
            kick=kick,
            take=take,
            checkpoints=self._pools.look() if self._pools is not None else (),
            gas_price=quantity("eth_gasPrice", self._session.rpc.ask("eth_gasPrice")),
            spent=sum(wei for _, wei in self._spent),
        )
        return seen, chores(rules, seen)

    def _enterable(self, views: list[RoundView]) -> int:
        before = self._rules.enter
        near = [view for view in views if view.state == State.OPEN and before is not None]
        if not any(view.now >= view.info.terms.locks_at - (before or 0) for view in near):
            return 0
        return len(enterable(self._session, self._tournament))

    def _pays(self, buyback: BuybackOnChain, found: BuybackView) -> bool:
        if self._rules.min_profit is None:
            return False
        try:
            plan_fill(found, buyback.gas(self._rules.coin_price), self._rules.min_profit)
        except NotYet:
            return False
        return True

    def _do(self, duty: Duty, seen: KeeperSees, report: ReportStep) -> None:
        def paid(step: StepTaken) -> None:
            self._spent.append((seen.now, int(step.facts.get("gas", 0)) * seen.gas_price))
            report(step)

        number = duty.round
        if number is None:
            paid(self._alone(duty.kind, seen))
            return
        if duty.kind == DutyKind.ENTER:
            paid(enter_all(self._session, self._tournament, self._signer, number))
            return
        source = None if duty.kind == DutyKind.FREE else lambda: stored_scores(self._rounds, number, self._store)
        resolve_step(self._rounds, number, source, paid)

    def _alone(self, kind: DutyKind, seen: KeeperSees) -> StepTaken:
        """What belongs to no round."""
        if kind == DutyKind.KICK:
            return kick_buyback(self._session, self._signer)
        if kind == DutyKind.TAKE:
            return self._take()
        assert self._pools is not None, "checkpoints are seen by it alone"
        return self._pools.make(worth_making(self._rules, seen))

    def _take(self) -> StepTaken:
        buyback, least = BuybackOnChain(self._session), self._rules.min_profit or 0
        fill = plan_fill(buyback.read(), buyback.gas(self._rules.coin_price), least)
        # Until the transaction is in a block others may trade: what has to be left is certain.
        receipt = buyback.fill(fill, least + fill.gas, self._signer)
        bought = format_nmr(int(buyback.filled(receipt)["bought"]))
        return StepTaken(f"Took from the buyback with {bought} NMR.", {"action": "take", "gas": receipt.gas_used})


def enterable(session: Session, tournament: Contract) -> list[int]:
    """What `StakesOnChain.enterable` says of all groups."""
    stakes = StakesOnChain(session, tournament)
    return stakes.enterable(range(group_count(stakes.model_count)))


def enter_all(session: Session, tournament: Contract, signer: Signer, number: int) -> StepTaken:
    """Raise all positions in the open round to their targets. Raises as `Staker.enter` does."""
    staker = Staker(session, tournament, signer)
    _, change = staker.enter(range(group_count(staker.model_count)), skip=True)
    amount = format_nmr(sum(change.amounts.values()))
    count = len(change.amounts)
    text = f"Entered {amount} NMR of {count} {'model' if count == 1 else 'models'} into round {number}."
    gas = sum(receipt.gas_used for receipt in change.receipts)
    return StepTaken(text, {"action": "enter", "round": number, "amount": amount, "gas": gas})


def kick_buyback(session: Session, signer: Signer) -> StepTaken:
    """Start the next lot of the buyback. Raises `Reverts` if the contract refuses."""
    buyback = BuybackOnChain(session)
    buyback.observe(signer)
    receipt = buyback.kick(signer)
    return StepTaken(
        f"Kicked lot {buyback.kicked(receipt)['lot']} of the buyback.", {"action": "kick", "gas": receipt.gas_used}
    )


def can_kick(found: BuybackView) -> bool:
    """Whether the next lot of the buyback can be started."""
    try:
        require_kick(found)
    except NotYet:
        return False
    return True
