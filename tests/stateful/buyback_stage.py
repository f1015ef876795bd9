# SPDX-License-Identifier: MIT
"""A buyback on titanoboa and its reference, side by side: the same calls, and what both came to."""

from collections.abc import Callable
from typing import Any, Final

from nmr.errors import Refused
from nmr.protocol.reference import Event
from nmr.protocol.reference.buyback import Answer, Buyback, Programme, Tokens, Uptime
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR, SUPPLY
from tests.stateful.chain import BoaDeployer, Chain

START: Final = 1_800_000_000

OWNER, GUARDIAN, STRANGER, RICH, POOR, DEPLOYER = (f"0x{number:040d}" for number in range(11, 17))
FILLERS: Final = (RICH, POOR)
HELD: Final = {RICH: 6_000_000 * NMR, POOR: 3 * NMR}
"""What the fillers hold; the treasury has the rest."""


GETTERS: Final = ("lot", "next_kick_at", "next_amount", "total_paid", "total_bought", "paused", "ended")


class BuybackLockstep:
    """The contract and the reference, with one treasury, one stablecoin, one clock and the feeds."""

    def __init__(self, programme: Programme, decimals: int, budget: int, donor: int) -> None:
        """
        Args:
            budget: what the treasury holds of the stablecoin, in its smallest unit.
            donor: what the stranger holds of it.
        """
        self.chain = Chain(START)
        deployer = BoaDeployer(self.chain.env, DEPLOYER)
        numeraire = deployer.predict(deployer.nonce + 1)
        self.treasury = deployer.deploy("Treasury", [numeraire, OWNER, [], []])
        reserve = SUPPLY - sum(HELD.values())
        self.numeraire = deployer.deploy("Numeraire", [[*HELD, str(self.treasury.address)], [*HELD.values(), reserve]])
        self.coin = deployer.deploy("Stablecoin", [decimals, STRANGER, budget + donor])
        self.feed = deployer.deploy("SettableFeed", [ZERO_ADDRESS, 8, 15 * 10**8])
        arguments = [numeraire, str(self.treasury.address), OWNER, GUARDIAN, str(self.coin.address)]
        self.sequencer = deployer.deploy("SettableFeed", [ZERO_ADDRESS, 0, 0])
        feeds = [str(self.feed.address), str(self.sequencer.address) if programme.restart_delay else ZERO_ADDRESS]
        self.buyback = deployer.deploy("Buyback", [*arguments, *feeds, tuple(programme)])
        self.address, self.treasury_address = str(self.buyback.address), str(self.treasury.address)
        self.send(self.coin, "transfer", self.treasury_address, budget, sender=STRANGER)
        self.answer = Answer(15 * 10**8, 8, START)
        self.uptime = Uptime(0, START)
        self.reference = Buyback(
            programme=programme,
            decimals=decimals,
            address=self.address,
            treasury=self.treasury_address,
            owner=OWNER,
            guardian=GUARDIAN,
            stablecoin=Tokens({self.treasury_address: budget, STRANGER: donor}),
            nmr=Tokens({**HELD, self.treasury_address: reserve}),
        )
        self.supply = budget + donor
        self._seen = -1, {}, {}, {}
        self.donated = 0
        self.chain.events.clear()

    @property
    def now(self) -> int:
        """Unix seconds of the next call."""
        return self.chain.now

    def send(self, contract: Any, method: str, *arguments: Any, sender: str) -> None:
        """A call that goes through."""
        outcome = self.chain.call(contract, method, *arguments, sender=sender)
        assert outcome.reason is None, f"{method}: {outcome.reason}"

    def both(self, method: str, *arguments: Any, sender: str, reference: Callable[[], Any]) -> str | None:
        """A call of the contract and of the reference; the reason if both refuse, None if neither does."""
        outcome = self.chain.call(self.buyback, method, *arguments, sender=sender)
        try:
            value, reason = reference(), None
        except Refused as error:
            value, reason = None, error.reason
        assert outcome.reason == reason, f"{method}{arguments}: {outcome.reason!r} instead of {reason!r}"
        if reason is None and value is not None:
            assert outcome.value == value, f"{method}{arguments}: {outcome.value} instead of {value}"
        return reason

    def tell(self, answer: Answer) -> None:
        """Let the feed say something."""
        self.send(self.feed, "set_decimals", answer.decimals, sender=STRANGER)
        told = (answer.round, answer.answer, answer.updated_at, answer.answered_in)
        self.send(self.feed, "set_round", *told, sender=STRANGER)
        self.answer = answer

    def tell_of_sequencer(self, uptime: Uptime) -> None:
        """Let the sequencer's feed say something."""
        self.send(self.sequencer, "set_round", 1, uptime.answer, uptime.started_at, 1, sender=STRANGER)
        self.uptime = uptime

    def allow(self, amount: int) -> None:
        """Let the treasury allow the buyback an amount."""
        self.send(self.treasury, "allow", str(self.coin.address), self.address, amount, sender=OWNER)
        self.reference.stablecoin.allowed[self.treasury_address] = amount

    def approve(self, filler: str, amount: int) -> None:
        """Let a filler allow the buyback an amount of NMR."""
        self.send(self.numeraire, "approve", self.address, amount, sender=filler)
        self.reference.nmr.allowed[filler] = amount

    def give(self, receiver: str, amount: int) -> None:
        """Let the stranger send stablecoin to the buyback or the treasury."""
        self.send(self.coin, "transfer", receiver, amount, sender=STRANGER)
        self.reference.stablecoin.move(STRANGER, receiver, amount)
        if receiver == self.address:
            self.donated += amount

    def seen(self) -> tuple[dict[str, Any], dict[str, int], dict[str, int]]:
        """What the buyback's getters say, and everybody's stablecoin and NMR; read anew after a transaction only."""
        if self._seen[0] != self.chain.transactions:
            view, holders = self.chain.view, (self.treasury_address, self.address, STRANGER, *FILLERS)
            self._seen = (
                self.chain.transactions,
                {getter: view(self.buyback, getter) for getter in GETTERS},
                {holder: view(self.coin, "balanceOf", holder) for holder in holders},
                {holder: view(self.numeraire, "balanceOf", holder) for holder in holders},
            )
        return self._seen[1:]

    def logged(self) -> list[Event]:
        """What the buyback has emitted."""
        return [event for event in self.chain.events if event.address == self.address]
