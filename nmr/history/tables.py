# SPDX-License-Identifier: MIT
"""The tables of a tournament's past, from its log alone. `docs/export.md` says what stands in each column.

Amounts are integers of the ledger's unit, `10**9` of them an NMR, so that sums are exact.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import polars as pl

from nmr.protocol.commitments import Commitment
from nmr.protocol.lifetimes import EVENTS
from nmr.protocol.reference.events import Event
from nmr.protocol.reference.rounds import State, Terms
from nmr.rounds.history import History
from nmr.text.amounts import FACTOR, GWEI, MULTIPLIER, RATIO, SCORE

Row = dict[str, Any]

SCHEMAS: Final[Mapping[str, Mapping[str, type[pl.DataType]]]] = {
    "rounds": {
        "round": pl.Int64,
        "state": pl.String,
        "opened_at": pl.Int64,
        "package": pl.String,
        "primary": pl.Float64,
        "contribution": pl.Float64,
        "clip": pl.Float64,
        "threshold": pl.Int64,
        "locks_at": pl.Int64,
        "resolves_at": pl.Int64,
        "expires_at": pl.Int64,
        "locked_at": pl.Int64,
        "at_risk": pl.Int64,
        "factor": pl.Float64,
        "effective_clip": pl.Float64,
        "granted": pl.Int64,
        "listed_at": pl.Int64,
        "proposed_at": pl.Int64,
        "root": pl.String,
        "vetoes": pl.Int64,
        "settled": pl.Int64,
        "rewards": pl.Int64,
        "burns": pl.Int64,
    },
    "positions": {
        "round": pl.Int64,
        "model": pl.Int64,
        "stake": pl.Int64,
        "submitted": pl.Boolean,
        "corr": pl.Float64,
        "mmc": pl.Float64,
        "payout": pl.Int64,
        "rank": pl.Int64,
        "scored": pl.Int64,
    },
    "submissions": {
        "round": pl.Int64,
        "model": pl.Int64,
        "file": pl.String,
        "time": pl.Int64,
        "sequence": pl.Int64,
        "signed": pl.Boolean,
        "transaction": pl.String,
    },
    "settlements": {
        "round": pl.Int64,
        "time": pl.Int64,
        "scored": pl.Boolean,
        "staked": pl.Int64,
        "rewards": pl.Int64,
        "burns": pl.Int64,
        "idled": pl.Int64,
        "transaction": pl.String,
    },
    "models": {
        "model": pl.Int64,
        "label": pl.String,
        "owner": pl.String,
        "registered_at": pl.Int64,
        "held": pl.Int64,
        "deposited": pl.Int64,
        "received": pl.Int64,
        "given": pl.Int64,
        "rewards": pl.Int64,
        "burns": pl.Int64,
        "withdrawn": pl.Int64,
    },
    "fills": {
        "lot": pl.Int64,
        "time": pl.Int64,
        "filler": pl.String,
        "paid": pl.Int64,
        "bought": pl.Int64,
        "transaction": pl.String,
    },
    "tvl": {
        "block": pl.Int64,
        "time": pl.Int64,
        "idle": pl.Int64,
        "staked": pl.Int64,
    },
}
"""The columns of each table."""


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

    def frames(self, states: Mapping[int, State]) -> dict[str, pl.DataFrame]:
        """The tables by name.

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
        rows = {"rounds": rounds, "models": models, **self._rows}
        frames = {name: _frame(name, found) for name, found in rows.items()}
        frames["positions"] = self._positions(states)
        return {name: frames[name] for name in SCHEMAS}

    def _positions(self, states: Mapping[int, State]) -> pl.DataFrame:
        """A column at a time: a year has more than a million rows."""
        played = self.history.rounds(states)
        columns = {
            "round": [row.round for row in played],
            "model": [row.model for row in played],
            "stake": [row.stake // GWEI for row in played],
            "submitted": [row.submitted for row in played],
            "corr": [row.score[0] / SCORE if row.score else None for row in played],
            "mmc": [row.score[1] / SCORE if row.score else None for row in played],
            "payout": [None if row.payout is None else row.payout // GWEI for row in played],
            "rank": [row.rank for row in played],
            "scored": [row.scored for row in played],
        }
        return pl.DataFrame(columns, schema=SCHEMAS["positions"])

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


def _frame(name: str, rows: Iterable[Row]) -> pl.DataFrame:
    columns = SCHEMAS[name]
    filled = [{column: row.get(column) for column in columns} for row in rows]
    return pl.DataFrame(filled, schema=columns, orient="row")
