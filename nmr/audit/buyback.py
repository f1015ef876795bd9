# SPDX-License-Identifier: MIT
"""The log of a buyback replayed through the pure reference: what each kick and fill has to say, and the NMR it moved.

Four things no log of the suite tells: what the feed said, whether the sequencer of an L2 was up, how much stablecoin
the treasury held, and what was donated to the buyback. They are taken to be what the event needs, within what the
programme allows.
"""

from collections import Counter, deque
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from nmr.chain.builds import Build
from nmr.deploy.code import decimals_in
from nmr.deploy.record import PartRecord, RecordInvalid
from nmr.errors import Mismatch, Refused
from nmr.protocol.reference.buyback import BASIS, UNLIMITED, Answer, Buyback, Lot, Programme, Tokens
from nmr.protocol.reference.events import Event
from nmr.text.addresses import ZERO_ADDRESS

PRICE_DECIMALS: Final = 18
LARGEST_DECIMALS: Final = 18
"""Of a stablecoin."""


class BuybackSetup(NamedTuple):
    """What a buyback's constructor fixed: its tokens' and treasury's addresses, its programme, the coin's decimals."""

    numeraire: str
    treasury: str
    stablecoin: str
    programme: Programme
    decimals: int

    @classmethod
    def of(cls, part: PartRecord, code: bytes, build: Build) -> "BuybackSetup":
        """By the record, with which the code is compared, and by the code, which tells the decimals.

        Raises:
            RecordInvalid: an argument of the constructor is missing.
        """
        fields = part.struct("programme")
        for name in Programme._fields:
            if not isinstance(fields.get(name), int):
                raise RecordInvalid(f"programme.{name} of {part.contract} is no number")
        programme = Programme(**{name: fields[name] for name in Programme._fields})  # type: ignore[arg-type]
        if programme.length < 1:
            raise RecordInvalid(f"programme.length of {part.contract} is not above 0")
        decimals = decimals_in(code, build)
        return cls(
            part.address_of("token"),
            part.address_of("treasury"),
            part.address_of("stablecoin"),
            programme,
            # More cannot be deployed; then it is other code, which is named, or not there yet.
            LARGEST_DECIMALS if decimals is None else min(decimals, LARGEST_DECIMALS),
        )


class BuybackBooks:
    """The books of one buyback.

    Attributes:
        reference: its state. Of the tokens, only what it holds and may draw of the stablecoin is kept.
        fills: how many there were.
    """

    def __init__(self, address: str, setup: BuybackSetup, disagree: Callable[[Mismatch], None]) -> None:
        self.reference = Buyback(
            programme=setup.programme,
            decimals=setup.decimals,
            address=address,
            treasury=setup.treasury,
            owner=ZERO_ADDRESS,
            guardian=ZERO_ADDRESS,
            stablecoin=Tokens(),
            nmr=Tokens(),
        )
        self.fills = 0
        self._setup = setup
        self._disagree = disagree
        self._last: Event | None = None
        # Of one transaction: what the reference says should be logged, and what was.
        self._told: deque[tuple[str, dict[str, Any]]] = deque()
        self._logged: deque[Event] = deque()
        # Fills whose NMR did not come yet, and what else came from whoever owes it.
        self._unpaid: list[Event] = []
        self._came: Counter[str] = Counter()

    def apply(self, event: Event) -> None:
        """Apply the next event of the suite; one that is of no interest changes nothing."""
        if self._last is not None and event.transaction != self._last.transaction:
            self.finish()
        self._last = event
        args, at = event.args, event.address
        if at == self.reference.address:
            self._apply(event)
        elif at == self._setup.numeraire and event.name == "Transfer":
            self._transfer(args["sender"], args["receiver"], args["value"])
        elif at == self._setup.treasury and event.name == "Allowed":
            self._allow(args["token"], args["spender"], args["amount"])

    def finish(self) -> None:
        """Check what has to hold after a whole transaction."""
        for event in self._logged:
            self._differ(event, "event", "none without the call that it belongs to", event.name)
        if self._last is not None:
            for name, _ in self._told:
                self._differ(self._last, "event", name, "none")
        for event in self._unpaid:
            filler = event.args["filler"]
            self._differ(event, f"NMR from {filler} for its fill (wei)", event.args["bought"], self._came[filler])
        self._told.clear()
        self._logged.clear()
        self._unpaid.clear()
        self._came.clear()
        self._last = None

    def dump(self) -> dict[str, Any]:
        """The books after a whole transaction, as values of JSON."""
        reference = self.reference
        return {
            "lot": list(reference.lot),
            "total_paid": reference.total_paid,
            "total_bought": reference.total_bought,
            "paused": reference.paused,
            "ended": reference.ended,
            "owner": reference.owner,
            "guardian": reference.guardian,
            "held": reference.stablecoin.balance(reference.address),
            "allowed": reference.stablecoin.allowed.get(reference.treasury, 0),
            "fills": self.fills,
        }

    def load(self, state: Any) -> None:
        """Take over what `dump` gave. Raises KeyError, TypeError or ValueError for anything else."""
        reference = self.reference
        reference.lot = Lot(*map(int, state["lot"]))
        reference.total_paid, reference.total_bought = int(state["total_paid"]), int(state["total_bought"])
        reference.paused, reference.ended = bool(state["paused"]), bool(state["ended"])
        reference.owner, reference.guardian = str(state["owner"]), str(state["guardian"])
        reference.stablecoin.held = {reference.address: int(state["held"])}
        reference.stablecoin.allowed = {reference.treasury: int(state["allowed"])}
        self.fills = int(state["fills"])

    def _apply(self, event: Event) -> None:
        if event.name == "OwnershipTransferred":
            self.reference.owner = event.args["new_owner"]
            return
        if event.name == "GuardianSet":
            self.reference.guardian = event.args["guardian"]
            return
        if event.name == "OwnershipTransferStarted":
            return
        try:
            self._call(event)
        except Refused as error:
            self._differ(event, event.name, "what the books allow", error)
            return
        finally:
            # Of others' tokens nothing is known from one call to the next.
            coin = self.reference.stablecoin
            coin.held = {self.reference.address: coin.balance(self.reference.address)}
        self._told.extend(self.reference.events)
        self.reference.events.clear()
        self._logged.append(event)
        self._compare()

    def _call(self, event: Event) -> None:
        """Let the reference do what an event says was done."""
        reference, args, now = self.reference, event.args, event.timestamp
        match event.name:
            case "Kicked":
                reference.stablecoin.held[reference.treasury] = args["drawn"]
                reference.kick(Answer(args["reference"], PRICE_DECIMALS, now), now)
            case "Filled":
                fresh = self._fresh(args["price"], now)
                filler = args["filler"]
                reference.nmr.held, reference.nmr.allowed = {filler: UNLIMITED}, {filler: UNLIMITED}
                answer = Answer(fresh, PRICE_DECIMALS, now)
                reference.take(answer, now, filler, args["paid"], 0, args["receiver"])
                self.fills += 1
                self._unpaid.append(event)
            case "Paused":
                reference.pause(args["account"])
            case "Unpaused":
                reference.unpause(args["account"])
            case "Ended":
                reference.end(reference.owner)
            case "Swept":
                held = reference.stablecoin.balance(reference.address)
                reference.stablecoin.held[reference.address] = max(held, args["amount"])
                reference.sweep(reference.owner)

    def _fresh(self, price: int, now: int) -> int:
        """The lowest fresh reference that lets a price be paid: it is then the lot's curve, `max_price`, or this."""
        programme = self.reference.programme
        # Of a lot that is over, or not yet begun, the reference says so.
        elapsed = min(max(now - self.reference.lot.started_at, 0), programme.length)
        weight = (BASIS - programme.discount) * programme.length + (programme.discount + programme.premium) * elapsed
        return -(-price * BASIS * programme.length // max(weight, 1))

    def _compare(self) -> None:
        """Compare what was logged with what should be; a call that stops a lot logs two events."""
        while self._told and self._logged:
            (name, fields), event = self._told.popleft(), self._logged.popleft()
            if event.name != name:
                self._differ(event, "event", name, event.name)
                continue
            for field, value in fields.items():
                if event.args[field] != value:
                    self._differ(event, f"{field} of {name}", value, event.args[field])

    def _transfer(self, sender: str, receiver: str, amount: int) -> None:
        """NMR that came to where the programme wants it is for a fill, or a gift."""
        if receiver != (ZERO_ADDRESS if self.reference.programme.burns else self.reference.treasury):
            return
        owing = [event for event in self._unpaid if event.args["filler"] == sender]
        paid = [event for event in owing if event.args["bought"] == amount]
        if paid:
            self._unpaid.remove(paid[0])
        elif owing:
            self._came[sender] += amount

    def _allow(self, token: str, spender: str, amount: int) -> None:
        if (token, spender) == (self._setup.stablecoin, self.reference.address):
            self.reference.stablecoin.allowed[self.reference.treasury] = amount

    def _differ(self, event: Event, what: str, expected: object, found: object) -> None:
        self._disagree(Mismatch(event.block, event.transaction, what, expected, found))
