# SPDX-License-Identifier: MIT
"""What the commands of stakes print."""

from nmr.cli.command import print_json
from nmr.cli.tables import print_facts, print_line, print_table, print_transactions
from nmr.client.stakes import ModelHolding, OpenRound
from nmr.client.staking import Registered, StakesChange
from nmr.protocol.reference.rounds import FREED, State
from nmr.rounds.status import STATE_WORDS
from nmr.text.amounts import format_nmr
from nmr.text.selection import ranges, total
from nmr.text.times import format_local

AT_RISK = ("model", "round", "state", "NMR", "free from", "at the latest")
OVERVIEW = (
    "model",
    "label",
    "idle",
    "at risk",
    "waiting",
    "target",
    "deposited",
    "moved",
    "rewards",
    "burns",
    "withdrawn",
)
SPARE_OF_ALL = ("withdrawn", "moved", "deposited", "burns", "rewards", "target", "waiting")
MANY = 50
"""Models from which on a table has a row for all that are alike, and not for each."""


def print_amounts(title: str, done: StakesChange, as_json: bool, opened: OpenRound | None = None) -> None:
    """Print what a command moved, by model."""
    if as_json:
        models = [{"model": model, "amount": format_nmr(amount)} for model, amount in done.amounts.items()]
        print_json(
            {
                **({} if opened is None else {"round": opened.id}),
                "models": models,
                "total": format_nmr(total(done.amounts)),
                "approved": None if done.approved is None else format_nmr(done.approved),
                "notes": list(done.notes),
                "transactions": done.transactions,
            }
        )
        return
    rows = by_models({model: (format_nmr(amount),) for model, amount in done.amounts.items()})
    if len(done.amounts) > 1:
        rows.append(("all", format_nmr(total(done.amounts))))
    where = title if opened is None else f"{title}, round {opened.id}"
    print_table(where, ("model", "NMR"), rows)
    if done.approved is not None:
        print_line(f"The first transaction allowed the tournament to take exactly {format_nmr(done.approved)} NMR.")
    print_transactions(done.notes, done.transactions)


def print_models(
    title: str, value: str, models: list[int], done: StakesChange, as_json: bool, known: dict[str, str | None]
) -> None:
    """Print what a command set to one value for several models."""
    if as_json:
        print_json({"models": [{"model": model, **known} for model in models], "transactions": done.transactions})
        return
    print_table("Models", ("model", title), by_models(dict.fromkeys(models, (value,))), left=2)
    print_transactions(done.notes, done.transactions)


def plain_model_holding(holding: ModelHolding) -> dict[str, object]:
    """A model's stake, for JSON: amounts are strings of NMR, times unix seconds."""
    life = holding.lifetime
    return {
        "model": holding.model,
        "label": life.label,
        "owner": holding.owner,
        "submitter": holding.submitter,
        "offered_to": holding.offered_to,
        "target": format_nmr(holding.target),
        "compound": holding.compound,
        "idle": format_nmr(holding.idle),
        "staked": format_nmr(holding.staked),
        "waiting": format_nmr(holding.waiting),
        "at_risk": [
            {
                "round": stake.round,
                "amount": format_nmr(stake.amount),
                "state": "waiting" if stake.state == State.UNKNOWN else stake.state.name.lower(),
                "free_from": stake.free_from,
                "free_by": stake.free_by,
            }
            for stake in holding.at_risk
        ],
        "lifetime": {
            "deposited": format_nmr(life.deposited),
            "received": format_nmr(life.received),
            "given": format_nmr(life.given),
            "rewards": format_nmr(life.rewards),
            "burns": format_nmr(life.burns),
            "withdrawn": format_nmr(life.withdrawn),
        },
    }


def print_holdings(holdings: list[ModelHolding], now: int, *, compact: bool) -> None:
    """Print what models have, at a moment in unix seconds; `compact` is without a row for each of many."""
    if len(holdings) == 1:
        _print_facts(holdings[0])
    elif compact:
        _print_sums(holdings)
    else:
        _print_overview(holdings)
    at_risk: dict[tuple[str, int, str, str, str], list[int]] = {}
    for holding in holdings:
        for stake in holding.at_risk:
            earliest, latest = format_local(stake.free_from, now), format_local(stake.free_by, now)
            if stake.state in (State.OPEN, State.UNKNOWN):
                earliest = latest = "now, by `leave`"
            elif stake.state in FREED:
                earliest = latest = "now, once settled"
            elif stake.state == State.FINAL and stake.free_from <= now:
                earliest = "now, once settled"
            model = "" if compact else str(holding.model)
            at_risk.setdefault((model, stake.round, _state(stake.state), earliest, latest), []).append(stake.amount)
    rows = [
        (f"{len(amounts)} in all" if compact else model, str(number), state, format_nmr(sum(amounts)), earliest, latest)
        for (model, number, state, earliest, latest), amounts in at_risk.items()
    ]
    if rows:
        print_table(
            "At stake or waiting, and when it comes free if the target is 0",
            AT_RISK,
            sorted(rows, key=lambda row: int(row[1])) if compact else rows,
            left=3,
        )


def _print_facts(holding: ModelHolding) -> None:
    life = holding.lifetime
    print_facts(
        {
            "model": f"{holding.model} {life.label}",
            "owner": holding.owner,
            "submitter": "the owner" if holding.submitter == holding.owner else holding.submitter,
            **({"offered to": holding.offered_to} if holding.offered_to else {}),
            "policy": f"target {format_nmr(holding.target)} NMR a round{', compounding' if holding.compound else ''}",
            "idle": f"{format_nmr(holding.idle)} NMR",
            "at risk": f"{format_nmr(holding.staked - holding.waiting)} NMR",
            "waiting": f"{format_nmr(holding.waiting)} NMR",
            "deposited": f"{format_nmr(life.deposited)} NMR",
            **({"moved in": f"{format_nmr(life.received)} NMR"} if life.received else {}),
            **({"moved out": f"{format_nmr(life.given)} NMR"} if life.given else {}),
            "rewards": f"{format_nmr(life.rewards)} NMR",
            "burns": f"{format_nmr(life.burns)} NMR",
            "withdrawn": f"{format_nmr(life.withdrawn)} NMR",
        }
    )


def _print_sums(holdings: list[ModelHolding]) -> None:
    """What many models have in all."""
    lives = [holding.lifetime for holding in holdings]
    sums = {
        "idle": sum(holding.idle for holding in holdings),
        "at risk": sum(holding.staked - holding.waiting for holding in holdings),
        "waiting": sum(holding.waiting for holding in holdings),
        "deposited": sum(life.deposited for life in lives),
        "moved": sum(life.received - life.given for life in lives),
        "rewards": sum(life.rewards for life in lives),
        "burns": sum(life.burns for life in lives),
        "withdrawn": sum(life.withdrawn for life in lives),
    }
    models = f"{len(holdings)} in all: {', '.join(ranges([holding.model for holding in holdings]))}"
    print_facts({"models": models, **{name: f"{format_nmr(wei)} NMR" for name, wei in sums.items()}})
    print_line("A row for each model: --each.")


def _print_overview(holdings: list[ModelHolding]) -> None:
    rows = [
        (
            str(holding.model),
            life.label,
            format_nmr(holding.idle),
            format_nmr(holding.staked - holding.waiting),
            format_nmr(holding.waiting),
            f"{format_nmr(holding.target)}{' + all' if holding.compound else ''}",
            format_nmr(life.deposited),
            format_nmr(life.received - life.given),
            format_nmr(life.rewards),
            format_nmr(life.burns),
            format_nmr(life.withdrawn),
        )
        for holding in holdings
        for life in (holding.lifetime,)
    ]
    print_table("Models, in NMR", OVERVIEW, rows, left=2, optional=SPARE_OF_ALL)


def print_registered(registered: list[Registered]) -> None:
    """What many new models have in common."""
    print_facts(
        {
            "registered": f"{len(registered)} in all: {', '.join(ranges([new.model for new in registered]))}",
            "labels": f"{registered[0].label} … {registered[-1].label}",
            "submitter": registered[0].submitter,
        }
    )
    print_line("A row for each model: stake show --mine --each.")


def by_models(cells: dict[int, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """A row for each model; from `MANY` on one for all models with the same cells."""
    if len(cells) < MANY:
        return [(str(model), *row) for model, row in cells.items()]
    alike: dict[tuple[str, ...], list[int]] = {}
    for model, row in sorted(cells.items()):
        alike.setdefault(row, []).append(model)
    return [(", ".join(ranges(models)), *row) for row, models in alike.items()]


def _state(state: State) -> str:
    """The word for the state of a stake's round."""
    return "waiting" if state == State.UNKNOWN else STATE_WORDS[state]
