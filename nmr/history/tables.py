# SPDX-License-Identifier: MIT
"""The rows of a tournament's past, from its log alone. `docs/export.md` says what stands in each column.

Amounts are integers of the ledger's unit, `10**9` of them an NMR, so that sums are exact.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from nmr.protocol.commitments import Commitment
from nmr.protocol.lifetimes import EVENTS
from nmr.protocol.reference.events import Event
from nmr.protocol.reference.rounds import State, Terms
from nmr.rounds.history import History
from nmr.text.amounts import FACTOR, GWEI, MULTIPLIER, RATIO

Row = dict[str, Any]


class Tables:
    """Gathers the rows: `apply` all events of a tournament, and of its buyback, in the order of the chain."""

    def __init__(self, ring: int, min_stake: int, models: int) -> None:
        """
        Args:
            ring: how many rounds may be unresolved at once.
            min_stake: what every position is at least, wei.
            models: how many there are.
        """
        self.history = History(ring, min_stake, range(models))
        self._rounds: defaultdict[int, Row] = defaultdict(lambda: {"vetoes": 0, "settled": 0, "rewards": 0, "burns": 0})
        self._models: dict[int, Row] = {}
        self._rows: dict[str, list[Row]] = {name: [] for name in ("submissions", "settlements", "fills", "tvl")}
        self._idle = self._staked = 0
        self._handlers: dict[str, Callable[[Event], None]] = {
            "ModelRegistered": self._registered,
            "OwnershipMoved": self._moved,
            "Deposited": lambda event: self._hold(event, event.args["amount"], 0),
            "Withdrawn": lambda event: self._hold(event, -event.args["amount"], 0),
            "Staked": lambda event: self._hold(event, 0, event.args["amount"]),
            "Left": lambda event: self._hold(event, event.args["amount"], -event.args["amount"]),
            "Entered": lambda event: self._hold(event, -event.args["amount"], event.args["amount"]),
            "RoundOpened": self._opened,
            "Submitted": self._submitted,
            "SubmittedSigned": self._submitted_signed,
            "RoundLocked": self._locked,
            "SubmissionsOpened": lambda event: self._note(event, listed_at=event.timestamp),
            "Proposed": self._proposed,
            "Vetoed": self._vetoed,
            "Settled": self._settled,
            "SettledExpired": self._settled,
            "Filled": self._filled,
        }

    def apply(self, event: Event) -> None:
        """Apply the next event.

        Raises:
            LogIncomplete: it cannot follow what came before it.
        """
        if event.name in _LIVES:
            self.history.apply(event)
        if event.name in self._handlers:
            self._handlers[event.name](event)

    def rows(self, states: Mapping[int, State]) -> dict[str, list[Row]]:
        """The rows of all tables but the positions, by the tables' names; what a row lacks is not known yet.

        Args:
            states: of every round that was opened.
        """
        lives = self.history.lives
        models = [
            {
                "model": model,
                **row,
                "held": lives[model].left // GWEI,
                **{name: getattr(lives[model], name) // GWEI for name in _LIFETIME},
            }
            for model, row in sorted(self._models.items())
        ]
        rounds = [
            {"round": number, "state": states[number].name.lower(), **row}
            for number, row in sorted(self._rounds.items())
        ]
        return {"rounds": rounds, "models": models, **self._rows}

    def _note(self, event: Event, **row: Any) -> None:
        self._rounds[event.args["round"]] |= row

    def _hold(self, event: Event, idle: int, staked: int) -> None:
        """Note what the tournament holds after an event, in wei; a block has one row."""
        self._idle += idle // GWEI
        self._staked += staked // GWEI
        series = self._rows["tvl"]
        if series and series[-1]["block"] == event.block:
            series.pop()
        series.append({"block": event.block, "time": event.timestamp, "idle": self._idle, "staked": self._staked})

    def _registered(self, event: Event) -> None:
        args = event.args
        self._models[args["model"]] = {
            "label": args["label"],
            "owner": args["owner"],
            "registered_at": event.timestamp,
        }

    def _moved(self, event: Event) -> None:
        self._models[event.args["model"]]["owner"] = event.args["owner"]

    def _opened(self, event: Event) -> None:
        terms = Terms.of(event.args["terms"])
        self._note(
            event,
            opened_at=event.timestamp,
            package=f"0x{event.args['package'].hex()}",
            primary=terms.primary / MULTIPLIER,
            contribution=terms.contribution / MULTIPLIER,
            clip=terms.clip / RATIO,
            threshold=terms.threshold // GWEI,
            locks_at=terms.locks_at,
            resolves_at=terms.resolves_at,
            expires_at=terms.expires_at,
        )

    def _submitted(self, event: Event) -> None:
        pairs = zip(event.args["models"], event.args["hashes"], strict=True)
        self._submissions(event, [Commitment(model, file, event.timestamp) for model, file in pairs], signed=False)

    def _submitted_signed(self, event: Event) -> None:
        self._submissions(event, [Commitment.of(each) for each in event.args["commitments"]], signed=True)

    def _submissions(self, event: Event, commitments: Sequence[Commitment], *, signed: bool) -> None:
        self._rows["submissions"] += [
            {
                "round": event.args["round"],
                "model": each.model,
                "file": f"0x{each.hash.hex()}",
                "time": event.timestamp,
                "sequence": each.sequence,
                "signed": signed,
                "transaction": event.transaction,
            }
            for each in commitments
        ]

    def _locked(self, event: Event) -> None:
        args = event.args
        self._note(
            event,
            locked_at=event.timestamp,
            at_risk=args["at_risk"] // GWEI,
            factor=args["factor"] / FACTOR,
            effective_clip=args["clip"] / RATIO,
            granted=args["granted"] // GWEI,
        )

    def _proposed(self, event: Event) -> None:
        self._note(event, proposed_at=event.timestamp, root=f"0x{event.args['root'].hex()}")

    def _vetoed(self, event: Event) -> None:
        vetoes = self._rounds[event.args["round"]]["vetoes"]
        self._note(event, proposed_at=None, root=None, vetoes=vetoes + 1)

    def _settled(self, event: Event) -> None:
        args = event.args
        rewards, burns = args.get("rewards", 0), args.get("burns", 0)
        self._hold(event, args["idled"], rewards - burns - args["idled"])
        sums = {"settled": args["staked"] // GWEI, "rewards": rewards // GWEI, "burns": burns // GWEI}
        row = self._rounds[args["round"]]
        self._note(event, **{name: row[name] + change for name, change in sums.items()})
        self._rows["settlements"].append(
            {
                "round": args["round"],
                "time": event.timestamp,
                "scored": event.name == "Settled",
                "staked": args["staked"] // GWEI,
                "rewards": rewards // GWEI,
                "burns": burns // GWEI,
                "idled": args["idled"] // GWEI,
                "transaction": event.transaction,
            }
        )

    def _filled(self, event: Event) -> None:
        args = event.args
        self._rows["fills"].append(
            {
                "lot": args["lot"],
                "time": event.timestamp,
                "filler": args["filler"],
                "paid": args["paid"],
                "bought": args["bought"] // GWEI,
                "transaction": event.transaction,
            }
        )


_LIVES: Final = frozenset(EVENTS)
_LIFETIME: Final = ("deposited", "received", "given", "rewards", "burns", "withdrawn")
