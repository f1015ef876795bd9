# SPDX-License-Identifier: MIT
"""What the page shows of a suite, out of the replay of its log: figures, models, rounds, payouts.

The page computes the same from the same log, in its own words, and compares. Amounts are wei and strings, scores have
8 decimals; docs/page.md lists the fields.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from nmr.errors import ChunkError
from nmr.protocol.chunk_tree import decode
from nmr.protocol.lanes import LANES
from nmr.protocol.pool_replay import PoolReplay, PoolTerms
from nmr.protocol.reference.books import Books
from nmr.protocol.reference.events import Event
from nmr.protocol.reference.rounds import Terms
from nmr.protocol.reference.suite import Deployment
from nmr.protocol.replay import Replay
from nmr.protocol.score_words import BLANK, GROUP_SHIFT, lane_scores
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI

MODELS_EACH: Final = 32
"""Models of a shard."""
ROW: Final = ("round", "model", "stake", "primary", "contribution", "submitted", "payout", "kept")
"""Of a model in a settled round; amounts in the arrays are gwei, which 64 bits hold."""

_SAMPLED: Final = frozenset({"RoundOpened", "RoundLocked", "RoundClosed"})
"""Events after whose blocks the series has a point."""
_COUNTS: Final = ("staked", "rewards", "burns", "idled")


class PageBooks(Replay):
    """The replay of a suite, which keeps what the page shows.

    Attributes:
        tournaments: what each did, by its name.
        buybacks: what each did, by its name.
    """

    def __init__(self, deployment: Deployment, names: Mapping[str, str], buybacks: Mapping[str, str]) -> None:
        """Empty books.

        Args:
            deployment: the suite.
            names: of its tournaments, by their addresses.
            buybacks: names of its buybacks, by their addresses.
        """
        super().__init__(deployment)
        self.tournaments = {name: _Tournament(self, address) for address, name in names.items()}
        self.buybacks = {name: _Buyback() for name in buybacks.values()}
        self._watched: dict[str, _Tournament | _Buyback | _Pool] = {
            **{address: self.tournaments[name] for address, name in names.items()},
            **{address: self.buybacks[name] for address, name in buybacks.items()},
        }
        self._came_in = self._went_out = 0
        self._series: list[list[str | int]] = []
        self._sample_after: Event | None = None

    def apply(self, event: Event) -> None:
        """Apply the next event. Raises as `Replay.apply` does."""
        if self._sample_after is not None and event.block != self._sample_after.block:
            self._sample(self._sample_after)
        if event.name == "Transfer" and event.address == self._deployment.numeraire:
            self._note_flow(event)
        watched = self._watched.get(event.address)
        if watched is not None:
            watched.before(event)
        super().apply(event)
        if watched is not None:
            watched.after(event)
        if event.name in _SAMPLED and event.address in self.books:
            self._sample_after = event

    def add_pool(self, address: str, terms: PoolTerms) -> PoolReplay:
        """Know a pool, and watch it from then on."""
        pool = super().add_pool(address, terms)
        watched = self._watched[address] = _Pool(pool, self.books[terms.tournament])
        if isinstance(tournament := self._watched[terms.tournament], _Tournament):
            tournament.pools.append(watched)
        return pool

    def content(self) -> dict[str, Any]:
        """What the summary says of the books, as values of JSON."""
        if self._sample_after is not None:
            self._sample(self._sample_after)
        treasury = self.balances.of(self._deployment.treasury)
        return {
            "supply": str(self.balances.total_supply),
            "burned": str(self.balances.burned),
            "treasury": {"balance": str(treasury), "reserved": str(self.reserves.reserved)},
            "tournaments": {name: each.content() for name, each in self.tournaments.items()},
            "buybacks": {name: each.content() for name, each in self.buybacks.items()},
            "series": self._series,
        }

    def _note_flow(self, event: Event) -> None:
        """Add what people brought to tournaments or took away; rewards and burns are neither."""
        sender, receiver, value = (event.args[name] for name in ("sender", "receiver", "value"))
        if receiver in self.books and sender != self._deployment.treasury:
            self._came_in += value
        if sender in self.books and receiver not in (self._deployment.treasury, ZERO_ADDRESS):
            self._went_out += value

    def _sample(self, event: Event) -> None:
        """A point of the series: block, time, idle, at risk, waiting, supply, treasury, reserved, came in, went out."""
        self._sample_after = None
        idle = at_risk = waiting = 0
        for books in self.books.values():
            idle += books.stakes.idle_total
            for round_id, amount in books.stakes.staked.items():
                if books.rounds.opened(round_id):
                    at_risk += amount
                else:
                    waiting += amount
        treasury = self.balances.of(self._deployment.treasury)
        amounts = idle * GWEI, at_risk * GWEI, waiting * GWEI, self.balances.total_supply, treasury
        more = self.reserves.reserved, self._came_in, self._went_out
        self._series.append([event.block, event.timestamp, *map(str, amounts + more)])


class _Tournament:
    """What one tournament did: its models, its rounds, and a row for each model in each settled round."""

    def __init__(self, replay: PageBooks, address: str) -> None:
        self._replay = replay
        self._address = address
        self._books = replay.books[address]
        self._labels: list[str] = []
        self._rows: list[array[int]] = []
        self._events: list[list[list[Any]]] = []
        self._rounds: dict[int, dict[str, Any]] = {}
        self._submitted: defaultdict[int, set[int]] = defaultdict(set)
        self._sums: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._seen: defaultdict[int, set[int]] = defaultdict(set)
        # Of the settlement that is being applied: model -> stake, idle before, primary, contribution, submitted.
        self._open: dict[int, tuple[int, int, int, int, bool]] = {}
        self.totals: Counter[str] = Counter()
        self.pools: list[_Pool] = []

    def before(self, event: Event) -> None:
        """Note what a settlement is about to change."""
        self._open = {}
        if event.name == "Settled":
            try:
                words = decode(event.args["chunk"])
            except ChunkError:
                return
            self._expect(event.args["round"], words)
        elif event.name == "SettledExpired":
            self._expect(event.args["round"], [group << GROUP_SHIFT for group in event.args["groups"]])

    def after(self, event: Event) -> None:
        """Note what an event did."""
        args = event.args
        if event.name == "ModelRegistered":
            self._labels.append(args["label"])
            self._rows.append(array("q"))
            self._events.append([])
        if event.name in _TOLD:
            kind, field, rest = _TOLD[event.name]
            self._tell(event, args[field], kind, *(_plain(args[name]) for name in rest))
        elif event.name == "IdleMoved":
            amount = str(args["amount"])
            self._tell(event, args["source"], "given", amount, args["destination"])
            self._tell(event, args["destination"], "received", amount, args["source"])
        elif event.name == "Submitted":
            self._submitted[args["round"]].update(args["models"])
        elif event.name == "SubmittedSigned":
            self._submitted[args["round"]].update(stamp & 2**64 - 1 for stamp, _ in args["commitments"])
        elif event.name in ("Settled", "SettledExpired"):
            self._settle(event)
        elif event.name in _MOMENTS:
            self._rounds.setdefault(args["round"], {})[_MOMENTS[event.name]] = event.timestamp
            if event.name == "RoundOpened":
                self._rounds[args["round"]]["package"] = _plain(args["package"])

    def content(self) -> dict[str, Any]:
        """What the summary says of the tournament."""
        stakes = self._books.stakes
        staked = sum(stakes.staked.values())
        return {
            "balance": str(self._replay.balances.of(self._address)),
            "idle": str(stakes.idle_total * GWEI),
            "staked": str(staked * GWEI),
            "rewards": str(self.totals["rewards"] * GWEI),
            "burns": str(self.totals["burns"] * GWEI),
            "settlements": self.totals["models"],
            "in_pools": str(sum(pool.owed for pool in self.pools) * GWEI),
            "pools": [pool.content() for pool in self.pools],
            "paused_until": self._books.pause.until,
            "models": self._models(),
            "rounds": [self._round(round_id) for round_id in sorted(self._books.rounds.records)],
        }

    def model_shards(self) -> Iterator[list[dict[str, Any]]]:
        """The models in their order, `MODELS_EACH` in a shard: events, positions, and a row for each round."""
        for first in range(0, len(self._labels), MODELS_EACH):
            yield [
                {
                    "events": self._events[model],
                    "positions": [[number, str(amount * GWEI)] for number, amount in self._positions(model)],
                    "rounds": [_shown(row, without="model") for row in self._sorted_rows(model)],
                }
                for model in range(first, min(first + MODELS_EACH, len(self._labels)))
            ]

    def round_rows(self) -> Iterator[tuple[int, list[list[Any]]]]:
        """Each round that has settled models, with a row for each of these, by model."""
        rows: defaultdict[int, list[list[Any]]] = defaultdict(list)
        for model in range(len(self._labels)):
            for row in self._sorted_rows(model):
                rows[row[0]].append(_shown(row, without="round"))
        yield from sorted(rows.items())

    def _expect(self, round_id: int, words: list[int]) -> None:
        stakes, models = self._books.stakes, len(self._labels)
        for word in words:
            group = word >> GROUP_SHIFT
            if group in self._seen[round_id] or LANES * group >= models:
                continue
            for model, score in enumerate(lane_scores(word), LANES * group):
                stake = stakes.position(round_id, model) if model < models else 0
                if stake or (score != BLANK and model < models):
                    self._open[model] = (stake, stakes.idle[model], *score, stakes.submitted(round_id, model))
            self._seen[round_id].add(group)

    def _settle(self, event: Event) -> None:
        round_id, stakes, sums = event.args["round"], self._books.stakes, self._sums[event.args["round"]]
        successor = event.args["successor"]
        for model, (stake, idle, primary, contribution, submitted) in self._open.items():
            kept = stakes.position(successor, model) if successor and stake else 0
            payout = stakes.idle[model] + kept - idle - stake if stake else 0
            self._rows[model].extend((round_id, model, stake, primary, contribution, submitted, payout, kept))
            if event.name == "Settled" and (primary, contribution) != BLANK:
                sums["scored"] += 1
                sums["primary"] += primary
                sums["contribution"] += contribution
                sums["weight"] += stake
                sums["weighted_primary"] += stake * primary
                sums["weighted_contribution"] += stake * contribution
            if stake:
                sums["models"] += 1
                self.totals["models"] += event.name == "Settled"
        for name in _COUNTS:
            amount = event.args.get(name, 0) // GWEI
            sums[name] += amount
            self.totals[name] += amount

    def _sorted_rows(self, model: int) -> list[tuple[int, ...]]:
        values = self._rows[model]
        return sorted(tuple(values[at : at + len(ROW)]) for at in range(0, len(values), len(ROW)))

    def _positions(self, model: int) -> list[tuple[int, int]]:
        """Rounds in which a model has something at stake or waiting, and how much, gwei."""
        stakes, found = self._books.stakes, []
        for place in range(stakes.ring):
            number, amount = stakes.tags[place][model // LANES], stakes.positions[place][model]
            if amount:
                found.append((number, amount))
        return sorted(found)

    def _tell(self, event: Event, model: int, kind: str, *rest: Any) -> None:
        self._events[model].append([event.block, event.timestamp, kind, *rest])

    def _models(self) -> dict[str, list[Any]]:
        """The leaderboard, a column each."""
        books, owners = self._books, list(dict.fromkeys(self._books.models.owners))
        number = {owner: index for index, owner in enumerate(owners)}
        columns: dict[str, list[Any]] = {
            "owners": owners,
            "label": self._labels,
            "owner": [number[owner] for owner in books.models.owners],
        }
        names = ("at_risk", "waiting", "rounds", "primary", "contribution", "turnover", "payout", "streak")
        columns |= {name: [] for name in names}
        for model in range(len(self._labels)):
            positions = self._positions(model)
            at_risk = sum(amount for number, amount in positions if books.rounds.opened(number))
            rows = [dict(zip(ROW, row, strict=True)) for row in self._sorted_rows(model)]
            scored = [row for row in rows if (row["primary"], row["contribution"]) != BLANK]
            columns["at_risk"].append(str(at_risk * GWEI))
            columns["waiting"].append(str((sum(amount for _, amount in positions) - at_risk) * GWEI))
            columns["rounds"].append(len(scored))
            columns["primary"].append(sum(row["primary"] for row in scored))
            columns["contribution"].append(sum(row["contribution"] for row in scored))
            columns["turnover"].append(str(sum(row["stake"] for row in rows) * GWEI))
            columns["payout"].append(str(sum(row["payout"] for row in rows) * GWEI))
            columns["streak"].append(_streak([row["payout"] for row in scored if row["stake"]]))
        count = len(self._labels)
        columns["idle"] = [str(amount * GWEI) for amount in books.stakes.idle[:count]]
        columns["target"] = [str(amount * GWEI) for amount in books.stakes.target[:count]]
        columns["compound"] = [int(flag) for flag in books.stakes.compound[:count]]
        return columns

    def _round(self, round_id: int) -> dict[str, Any]:
        record, sums = self._books.rounds[round_id], self._sums[round_id]
        terms = dict(zip(Terms._fields, map(_plain, record.terms), strict=True))
        amounts = {name: str(sums[name] * GWEI) for name in (*_COUNTS, "weight")}
        amounts["settled"] = amounts.pop("staked")
        scores = {name: sums[name] for name in ("models", "scored", "primary", "contribution")}
        weighted = {name: str(sums[name]) for name in ("weighted_primary", "weighted_contribution")}
        return {
            "id": round_id,
            "terms": terms,
            "staked": str(self._books.staked(round_id) * GWEI),
            "locked": int(record.locked),
            "void": int(record.void),
            "at_risk": str(record.at_risk),
            "factor": record.factor,
            "clip": str(record.clip),
            "granted": str(record.granted),
            "opened_list": _plain(record.opened_list),
            "root": _plain(record.root),
            "chunks": record.chunks,
            "evidence": _plain(record.evidence),
            "final_at": record.final_at,
            "submitted": len(self._submitted[round_id]),
            **self._rounds[round_id],
            **amounts,
            **scores,
            **weighted,
        }


class _Buyback:
    """What one buyback did, by its events."""

    def __init__(self) -> None:
        self._lots: list[list[Any]] = []
        self._fills: list[list[Any]] = []
        self._left = self._paid = self._bought = 0
        self._ended = False

    def before(self, event: Event) -> None:
        """Nothing is noted."""

    def after(self, event: Event) -> None:
        """Note what an event says."""
        args, when = event.args, [event.block, event.timestamp]
        if event.name == "Kicked":
            self._left = args["amount"]
            self._lots.append([args["lot"], *when, str(args["amount"]), str(args["reference"]), args["ends_at"]])
        elif event.name == "Filled":
            self._left, self._paid, self._bought = args["left"], args["total_paid"], args["total_bought"]
            amounts = [str(args[name]) for name in ("paid", "bought", "price")]
            self._fills.append([args["lot"], *when, args["filler"], *amounts])
        elif event.name == "Ended":
            self._ended = True
        elif event.name == "Swept":
            self._left = 0

    def content(self) -> dict[str, Any]:
        """What the summary says of it: stablecoin in its smallest unit, NMR in wei."""
        return {
            "paid": str(self._paid),
            "bought": str(self._bought),
            "left": str(self._left),
            "ended": int(self._ended),
            "lots": self._lots,
            "fills": self._fills,
        }


class _Pool:
    """What one pool did, by its events, and its books."""

    def __init__(self, pool: PoolReplay, books: Books) -> None:
        self._pool = pool
        self._stakes = books.stakes
        self._events: list[list[Any]] = []
        # Who ever ordered at a place, besides the manager.
        self._backers: set[tuple[int, str]] = set()

    @property
    def owed(self) -> int:
        """Gwei that the pool holds for anyone."""
        return self._pool.books.owed

    @property
    def model(self) -> int:
        """The model that the pool owns."""
        return self._pool.terms.model

    def before(self, event: Event) -> None:
        """Nothing is noted."""

    def after(self, event: Event) -> None:
        """Note what an event says."""
        args, terms = event.args, self._pool.terms
        kind, nmr, shares = _POOL_TOLD[event.name]
        holder = args.get("holder", terms.manager if event.name in _OF_MANAGER else "")
        sums = (str(sum(args[name] for name in names)) for names in (nmr, shares))
        self._events.append([event.block, event.timestamp, kind, args.get("place", -1), holder, *sums])
        if "holder" in args and holder != terms.manager:
            self._backers.add((args["place"], holder))

    def content(self) -> dict[str, Any]:
        """What the summary says of it: NMR in wei, shares as they are, fee and skin with 4 decimals."""
        terms, books = self._pool.terms, self._pool.books
        return {
            "address": self._pool.address,
            "model": terms.model,
            "manager": terms.manager,
            "fee": terms.fee,
            "skin": terms.skin,
            "owed": str(books.owed * GWEI),
            "credit": str(books.credit * GWEI),
            "backers": len({holding[1] for holding in self._holdings() if holding[3] != "0"}),
            "places": [self._place(number) for number in range(len(books.places))],
        }

    def shard(self) -> dict[str, Any]:
        """What backers have at each place, with what ran claimed, and all that happened."""
        return {"holdings": self._holdings(), "events": self._events}

    def _place(self, number: int) -> dict[str, Any]:
        place = self._pool.books.places[number]
        group = self.model // LANES
        tag, gwei = self._stakes.tags[number][group], self._stakes.positions[number][self.model]
        amounts = {
            "value": gwei,
            "mark": place.mark,
            "fees": place.fees,
            "entries": place.entries.total,
            "manager_entry": place.manager_entry.amount,
        }
        shares = {
            "shares": place.shares,
            "manager_shares": place.manager_shares,
            "exits": place.exits.total,
            "manager_exit": place.manager_exit.amount,
        }
        return {
            "round": tag if gwei else 0,
            "epoch": place.epoch,
            **{name: str(amount * GWEI) for name, amount in amounts.items()},
            **{name: str(count) for name, count in shares.items()},
        }

    def _holdings(self) -> list[list[Any]]:
        """Place, holder, epoch, shares, round of the last ones, shares to leave, wei to enter, wei to claim."""
        found = []
        for number, holder in sorted(self._backers):
            held, paid = self._pool.books.collect(number, holder)
            bought_in = -1 if held.bought_in is None else held.bought_in
            counts = str(held.shares), bought_in, str(held.exit.amount)
            found.append([number, holder, held.epoch, *counts, str(held.entry.amount * GWEI), str(paid * GWEI)])
        return found


_TOLD: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    "ModelRegistered": ("registered", "model", ("owner",)),
    "OwnershipMoved": ("sold", "model", ("owner",)),
    "SubmitterSet": ("submitter", "model", ("submitter",)),
    "PolicySet": ("policy", "model", ("target", "compound")),
    "Deposited": ("deposited", "model", ("amount", "payer")),
    "Withdrawn": ("withdrawn", "model", ("amount", "receiver")),
    "Staked": ("staked", "model", ("amount", "round")),
    "Left": ("left", "model", ("amount", "round")),
}
"""Events of one model: the word for it, the field that names the model, and the fields that a shard has."""
_POOL_TOLD: Final[Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...]]]] = {
    "EntryOrdered": ("entry ordered", ("amount",), ()),
    "ExitOrdered": ("exit ordered", (), ("shares",)),
    "EntryCancelled": ("entry cancelled", ("amount",), ()),
    "ExitCancelled": ("exit cancelled", (), ("shares",)),
    "Booked": ("fee", ("fee",), ("shares",)),
    "ExitsRun": ("exits run", ("paid", "manager_paid"), ("shares", "manager_shares")),
    "EntriesRun": ("entries run", ("used", "manager_used"), ("shares", "manager_shares")),
    "EpochEnded": ("paid out", ("value",), ("shares",)),
    "Claimed": ("claimed", ("paid",), ("shares",)),
    "ManagerPaid": ("claimed", ("amount",), ()),
    "Swept": ("swept", ("amount",), ()),
}
"""Events of a pool: the word for each, and the fields whose sum is its NMR, and its shares."""
_OF_MANAGER: Final = frozenset({"Booked", "ManagerPaid"})
"""Those about the manager, which name nobody."""
_MOMENTS: Final[Mapping[str, str]] = {
    "RoundOpened": "opened_at",
    "RoundLocked": "locked_at",
    "SubmissionsOpened": "published_at",
    "Proposed": "proposed_at",
    "RoundClosed": "closed_at",
}
"""Events of one round, and the name of their time."""


def _plain(value: Any) -> Any:
    """A value of an event as JSON has it: bytes in hex, amounts as strings, flags as 0 or 1."""
    match value:
        case bool():
            return int(value)
        case bytes():
            return f"0x{value.hex()}"
        case int():
            return str(value)
    return value


def _shown(row: tuple[int, ...], without: str) -> list[Any]:
    """A row for people's programs: amounts in wei, as strings."""
    named = zip(ROW, row, strict=True)
    amounts = ("stake", "payout", "kept")
    return [str(value * GWEI) if name in amounts else value for name, value in named if name != without]


def _streak(payouts: list[int]) -> int:
    """How many of the last payouts in a row brought something; below 0, cost something."""
    streak = 0
    for payout in reversed(payouts):
        if payout == 0 or (streak and (payout > 0) != (streak > 0)):
            break
        streak += 1 if payout > 0 else -1
    return streak
