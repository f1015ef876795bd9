# SPDX-License-Identifier: MIT
"""A buyback in the midst of the suite, on both sides: its stablecoin may misbehave, and others call in between."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from fractions import Fraction
from typing import Any, Final

from boa.contracts.vyper.vyper_contract import VyperContract

from nmr.errors import Refused, require
from nmr.protocol.reference import Event, ReferenceSuite
from nmr.protocol.reference.buyback import PRICE, Answer, Buyback, Tokens
from nmr.text.addresses import ZERO_ADDRESS
from tests.stateful.chain import Outcome
from tests.stateful.lockstep import Lockstep
from tests.stateful.market_stage import BUDGET, DONOR, PROGRAMME, MarketStage
from tests.stateful.stage import GUARDIAN, START, STRANGER
from tests.stateful.tally import CALLS

CHARGE: Final = 1
"""What `OddStablecoin` keeps or charges, in its smallest unit."""
GETTERS: Final = ("lot", "next_kick_at", "next_amount", "total_paid", "total_bought", "paused", "ended")


class Habit(IntEnum):
    """How the stablecoin behaves, by the values of the mock's flag."""

    NONE = 0
    FEE = 1
    SURCHARGE = 2
    REFUSE = 4
    REVERT = 8


@dataclass
class Coin(Tokens):
    """`OddStablecoin`: it may keep a fee, charge on top, return false or revert."""

    habit: Habit = Habit.NONE
    lost: int = 0
    """What it kept."""

    def check(self, owner: str, amount: int) -> None:
        """Refuse what the token would.

        Raises:
            Refused: it reverts, or its user does because it returned false.
        """
        require(self.habit != Habit.REVERT, "odd: no transfers today")
        require(self.habit != Habit.REFUSE, "stablecoin: refuses")
        charged = CHARGE if self.habit == Habit.SURCHARGE else 0
        require(amount + charged <= self.balance(owner), "odd: more than the balance")

    def move(self, owner: str, receiver: str | None, amount: int) -> None:
        """Move an amount that `check` lets through."""
        assert receiver is not None, "nobody burns it"
        # Nobody calls a token for nothing.
        if amount == 0:
            return
        fee = CHARGE if self.habit == Habit.FEE else 0
        charged = CHARGE if self.habit == Habit.SURCHARGE else 0
        super().move(owner, receiver, amount - fee)
        self.held[owner] -= fee + charged
        self.lost += fee + charged


class Still(Coin):
    """The same token in an attempt that moves nothing: to see what is refused before any token is called."""

    def move(self, owner: str, receiver: str | None, amount: int) -> None:
        pass

    def spend(self, owner: str, receiver: str | None, amount: int) -> None:
        pass


class Nmr(Tokens):
    """NMR of the reference's world, as the buyback takes it."""

    def __init__(self, world: ReferenceSuite, spender: str, now: Callable[[], int]) -> None:
        super().__init__()
        self._world, self._spender, self._now = world, spender, now

    def balance(self, owner: str) -> int:
        return self._world.numeraire.balance_of(owner)

    def check(self, owner: str, amount: int) -> None:
        """Refuse what the buyback cannot take.

        Raises:
            Refused: the owner has allowed less, or holds less.
        """
        allowed = self._world.numeraire.allowance(owner, self._spender)
        require(amount <= allowed, "erc20: insufficient allowance")
        require(amount <= self.balance(owner), "erc20: transfer amount exceeds balance")

    def spend(self, owner: str, receiver: str | None, amount: int) -> None:
        assert receiver is not None, "the programme does not burn"
        numeraire = self._world.numeraire
        numeraire.transfer_from(owner, receiver, amount, sender=self._spender, now=self._now())


@dataclass(frozen=True)
class Inner:
    """A call that is made in the midst of another.

    Attributes:
        contract, function, arguments: the call.
        reference: what stands for it on the reference; refuses what the contract would.
        after: told what was logged if it was made.
    """

    contract: VyperContract
    function: str
    arguments: tuple[Any, ...]
    reference: Callable[[], Any]
    after: Callable[[Sequence[Event]], None] = lambda _: None

    @property
    def target(self) -> str:
        """The address that is called."""
        return str(self.contract.address)

    @property
    def data(self) -> bytes:
        """What it is called with."""
        return bytes(getattr(self.contract, self.function).prepare_calldata(*self.arguments))


class Within:
    """Runs an inner call on the reference when its moment comes, and remembers what became of it."""

    def __init__(self, inner: Inner | None = None, locked: Sequence[str] = ()) -> None:
        """
        Args:
            locked: contracts whose lock is held at that moment: they refuse.
        """
        self.inner = inner
        self.locked = locked
        self.called = False
        self.succeeded = False

    def __call__(self) -> None:
        if self.inner is None or self.called:
            return
        self.called = True
        if self.inner.target in self.locked:
            return
        try:
            self.inner.reference()
            self.succeeded = True
            CALLS[self.inner.contract.contract_name, self.inner.function, ""] += 1
        except Refused:
            pass


NOBODY: Final = Within()
"""Calls nobody."""


class Market:
    """The buyback of a suite, its stablecoin and its feed, and their reference."""

    def __init__(self, lockstep: Lockstep, stage: MarketStage) -> None:
        self._lockstep, self._stage = lockstep, stage
        self._chain = lockstep.chain
        self.address = str(stage.traded.buyback.address)
        self.treasury = lockstep.address["treasury"]
        self.filler = str(stage.traded.filler.address)
        self.answer = Answer(15 * 10**8, 8, START)
        self.coin = Coin({self.treasury: BUDGET, STRANGER: DONOR})
        self.reference = Buyback(
            programme=PROGRAMME,
            decimals=6,
            address=self.address,
            treasury=self.treasury,
            owner=lockstep.owner,
            guardian=GUARDIAN,
            stablecoin=self.coin,
            nmr=Nmr(lockstep.world, self.address, lambda: self._chain.now),
        )
        # What the test's own arithmetic says was paid, by lot.
        self.taken: dict[int, int] = {}
        self._begun = len(self._chain.events)

    # what stands for a call

    def kick_on_reference(self, within: Callable[[], None] = NOBODY) -> int:
        """Start a lot; `within` is called while the stablecoin moves.

        Raises:
            Refused: the buyback or its stablecoin refuses.
        """
        before = self.reference.lot.left
        drawn = self._attempt().kick(self.answer, self._chain.now) - before
        if drawn:
            self.coin.check(self.treasury, drawn)
            require(self.coin.habit != Habit.FEE, "stablecoin: takes a fee")
            within()
        return self.reference.kick(self.answer, self._chain.now)

    def take_on_reference(
        self, filler: str, amount: int, min_price: int, receiver: str, within: Callable[[], None] = NOBODY
    ) -> tuple[int, int]:
        """Fill a part of a lot; `within` is called before NMR are collected.

        Raises:
            Refused: the buyback, its stablecoin or NMR refuse.
        """
        now, attempt = self._chain.now, self._attempt()
        paid, owed = attempt.take(self.answer, now, filler, amount, min_price, receiver)
        self.coin.check(self.address, paid)
        charged = CHARGE if self.coin.habit == Habit.SURCHARGE else 0
        left = self.coin.balance(self.address) - paid - charged
        require(left >= attempt.lot.left, "buyback: stablecoin is missing")
        assert isinstance(self.reference.nmr, Nmr)
        self.reference.nmr.check(filler, owed)
        within()
        return self.reference.take(self.answer, now, filler, amount, min_price, receiver)

    def sweep_on_reference(self) -> int:
        """Return what an ended programme holds.

        Raises:
            Refused: the buyback or its stablecoin refuses.
        """
        owner = self.reference.owner
        self.coin.check(self.address, self._attempt().sweep(owner))
        return self.reference.sweep(owner)

    def _attempt(self) -> Buyback:
        still = Still(self.coin.held, self.coin.allowed)
        return replace(self.reference, nmr=Still(), stablecoin=still, events=[])

    # calls

    def kick(self, sender: str, within: Within | None = None) -> Outcome:
        """Start a lot, with a call in the midst of it if there is one."""
        within = within or Within()
        self._arm_coin(within.inner)
        outcome = self._both("kick", sender=sender, reference=lambda: self.kick_on_reference(within))
        self._compare_coin(outcome, within)
        return outcome

    def take(self, filler: str, amount: int, min_price: int, within: Within | None = None) -> Outcome:
        """Fill by an account, with a call of the stablecoin's in the midst of it if there is one."""
        within = within or Within()
        self._arm_coin(within.inner)
        outcome = self._both(
            "take",
            *(amount, min_price, filler),
            sender=filler,
            reference=lambda: self.take_on_reference(filler, amount, min_price, filler, within),
        )
        self._compare_coin(outcome, within)
        self._account(outcome)
        return outcome

    def take_with_callback(self, amount: int, within: Within) -> Outcome:
        """Fill by the contract that is called back."""
        assert within.inner is not None
        filler = self._stage.traded.filler
        self._send(filler, "arm", within.inner.target, within.inner.data, sender=STRANGER)
        outcome = self._lockstep.both(
            filler,
            "take",
            *(self.address, amount, b"call me back"),
            sender=STRANGER,
            reference=lambda: self.take_on_reference(self.filler, amount, 0, self.filler, within),
            returns=False,
        )
        if outcome.reason is None:
            assert self._chain.view(filler, "succeeded") == within.succeeded
            self._tell(outcome, within)
        self._account(outcome)
        return outcome

    def pause(self, sender: str) -> Outcome:
        """Pause it."""
        return self._both("pause", sender=sender, reference=lambda: self.reference.pause(sender))

    def tell(self, answer: Answer) -> None:
        """Let the feed say something."""
        self._send(self._stage.traded.feed, "set_decimals", answer.decimals, sender=STRANGER)
        told = (answer.round, answer.answer, answer.updated_at, answer.answered_in)
        self._send(self._stage.traded.feed, "set_round", *told, sender=STRANGER)
        self.answer = answer

    def behave(self, habit: Habit) -> None:
        """Let the stablecoin change its ways."""
        self._send(self._stage.traded.coin, "behave", int(habit), sender=STRANGER)
        self.coin.habit = habit

    def donate(self, receiver: str, amount: int) -> None:
        """Let the stranger give stablecoin away, while the coin behaves."""
        if self.coin.habit == Habit.NONE:
            amount = min(amount, self.coin.balance(STRANGER))
            self._send(self._stage.traded.coin, "transfer", receiver, amount, sender=STRANGER)
            self.coin.move(STRANGER, receiver, amount)

    # what has to hold

    def check(self) -> None:
        """Getters, log and every balance are what the reference says."""
        view = self._chain.view
        assert {name: view(self._stage.traded.buyback, name) for name in GETTERS} == {
            name: getattr(self.reference, name) for name in GETTERS
        }
        assert [(event.name, dict(event.args)) for event in self._logged()] == self.reference.events
        holders = {*self.coin.held, self.treasury, self.address}
        balances = {holder: view(self._stage.traded.coin, "balanceOf", holder) for holder in holders}
        assert balances == {holder: self.coin.balance(holder) for holder in holders}
        assert sum(balances.values()) + self.coin.lost == BUDGET + DONOR
        # What a lot still offers is there.
        assert balances[self.address] >= self.reference.lot.left

    def check_spending(self) -> None:
        """Every fill stayed within the caps, by arithmetic of the test's own."""
        assert sum(self.taken.values()) <= PROGRAMME.lifetime_cap
        assert all(paid <= PROGRAMME.lot_cap for paid in self.taken.values())
        assert sum(self.taken.values()) == self._chain.view(self._stage.traded.buyback, "total_paid")

    def _account(self, outcome: Outcome) -> None:
        """Follow a fill, and see what was paid for each NMR, exactly and not as the contract rounds it."""
        for event in outcome.events:
            if event.name == "Filled":
                self.taken[event.args["lot"]] = self.taken.get(event.args["lot"], 0) + event.args["paid"]
                paid = Fraction(event.args["paid"] * 10**30, event.args["bought"])
                fresh = Fraction(self.answer.answer * PRICE, 10**self.answer.decimals)
                assert paid <= fresh * (10_000 + PROGRAMME.premium) / 10_000
                assert paid <= PROGRAMME.max_price

    def _both(self, function: str, *arguments: Any, sender: str, reference: Callable[[], Any]) -> Outcome:
        return self._lockstep.both(self._stage.traded.buyback, function, *arguments, sender=sender, reference=reference)

    def _send(self, contract: VyperContract, function: str, *arguments: Any, sender: str) -> None:
        outcome = self._chain.call(contract, function, *arguments, sender=sender)
        assert outcome.reason is None, f"{function}{arguments}: {outcome.reason}"

    def _arm_coin(self, inner: Inner | None) -> None:
        if inner is not None:
            self._send(self._stage.traded.coin, "arm", inner.target, inner.data, sender=STRANGER)

    def _compare_coin(self, outcome: Outcome, within: Within) -> None:
        if within.inner is None:
            return
        if outcome.reason is None:
            found = tuple(self._chain.view(self._stage.traded.coin, name) for name in ("called", "succeeded"))
            assert found == (within.called, within.succeeded)
            self._tell(outcome, within)
        self._send(self._stage.traded.coin, "arm", ZERO_ADDRESS, b"", sender=STRANGER)

    @staticmethod
    def _tell(outcome: Outcome, within: Within) -> None:
        if within.inner is not None and within.succeeded:
            within.inner.after(outcome.events)

    def _logged(self) -> list[Event]:
        """What the reference would tell, too: it knows no event of a new guardian."""
        events = self._chain.events[self._begun :]
        return [event for event in events if event.address == self.address and event.name != "GuardianSet"]
