# SPDX-License-Identifier: MIT
"""All that a staker does, for one model or many: register, deposit, stake, leave, withdraw, see where the NMR is."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from nmr.cli.again import again_option
from nmr.cli.command import (
    Door,
    SuiteCommand,
    Whole,
    json_option,
    print_json,
    sender_option,
    tournament_option,
)
from nmr.cli.stake_tables import (
    MANY,
    by_models,
    plain_model_holding,
    print_amounts,
    print_holdings,
    print_models,
    print_registered,
)
from nmr.cli.tables import print_line, print_table, print_transactions
from nmr.client.reminders import not_entered, without_submission
from nmr.client.repeats import (
    HOURS,
    Left,
    left_to_deposit,
    left_to_leave,
    left_to_move,
    left_to_register,
    left_to_stake,
    left_to_withdraw,
)
from nmr.client.stakes import StakesOnChain
from nmr.client.staking import Staker, StakesChange
from nmr.client.upgrading import move_models
from nmr.protocol.lanes import LANES, group_count
from nmr.protocol.score_words import MAX_GROUP, MAX_MODEL
from nmr.text.amounts import format_nmr
from nmr.text.selection import SelectionError, parse_amounts, parse_ids, parse_model, parse_models, total

MODELS = "MODELS..."
AMOUNTS = "MODELS[=NMR]..."


@click.group()
def cli() -> None:
    """Stake NMR on models: register, deposit, stake, leave, withdraw, and see where every NMR is.

    MODELS are ids, ranges of ids and labels, such as 3 or 0-9,ridge. An amount of NMR is given for each model, as in
    0-9=10 ridge=2.5, or once for all, as in 0-9,ridge --amount 10. What only an owner can send looks a label up among
    the account's own models; elsewhere one model alone may have it.
    """


def models_argument(metavar: str = MODELS, *, required: bool = True) -> Callable[[Any], Any]:
    """Models, with amounts where the metavar says so."""
    return click.argument("models", nargs=-1, required=required, metavar=metavar)


def amount_option(help_text: str) -> Callable[[Any], Any]:
    """`--amount`, for models that have none of their own."""
    return click.option("--amount", metavar="NMR", help=help_text)


@cli.command(
    cls=SuiteCommand,
    epilog="Example: nmr stake register alpha beta --account TEST::4",
)
@click.argument("labels", nargs=-1, required=True, metavar="LABELS...")
@click.option("--submitter", metavar="ADDRESS", help="Who may submit for the models beside their owner.")
@again_option()
@tournament_option()
@sender_option()
@json_option()
def register(
    door: Door,
    labels: tuple[str, ...],
    submitter: str | None,
    again: bool,
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Register a model under each label; the account owns them.

    Labels under which the account registered models in the last 24 hours are left out, unless --again is given.
    """
    chosen = None if submitter is None else door.address(submitter)
    stakes = staker(door, tournament_name, account)
    left, there = (labels, ()) if again else left_to_register(stakes, labels)
    registered, done = stakes.register(left, chosen)
    done = replace(done, notes=(*there, *done.notes))
    if as_json:
        models = [
            {"model": new.model, "label": new.label, "owner": new.owner, "submitter": new.submitter}
            for new in registered
        ]
        print_json({"models": models, "notes": list(done.notes), "transactions": done.transactions})
        return
    if len(registered) < MANY:
        rows = [(str(new.model), new.label, new.submitter) for new in registered]
        print_table("Registered", ("model", "label", "submitter"), rows, left=3)
    else:
        print_registered(registered)
    print_transactions(done.notes, done.transactions)


@cli.command(
    cls=SuiteCommand,
    epilog="Example: nmr stake deposit 0-9=10 12=2.5 --account TEST::4",
)
@models_argument(AMOUNTS)
@amount_option("For every model without an amount of its own.")
@click.option("--for-others", is_flag=True, help="Also deposit for models of other owners, who then own the NMR.")
@again_option()
@tournament_option()
@sender_option()
@json_option()
def deposit(
    door: Door,
    models: tuple[str, ...],
    amount: str | None,
    for_others: bool,
    again: bool,
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Deposit NMR for models.

    Takes one transaction if the account signs a permit; otherwise an approval of exactly the sum comes first. Models
    for which the account deposited the same amount in the last 24 hours are left out, unless --again is given.
    """
    amounts = parse_amounts(models, amount, largest=MAX_MODEL)
    stakes = staker(door, tournament_name, account)
    owner = None if for_others else stakes.account.address
    chosen = stakes.by_id(amounts, owner)
    left = Left(chosen) if again else left_to_deposit(stakes, chosen)
    print_amounts("Deposited", left.of(stakes.deposit(left.amounts, for_others=for_others)), as_json)


@cli.command(
    cls=SuiteCommand,
    epilog="Example: nmr stake policy 0-9=250 --compound --account TEST::4",
)
@models_argument("MODELS[=TARGET]...")
@click.option("--target", metavar="NMR", help="For every model without a target of its own; 0 is a full exit.")
@click.option("--compound/--no-compound", default=None, help="Whether all that a round leaves stays at stake.")
@tournament_option()
@sender_option()
@json_option()
def policy(
    door: Door,
    models: tuple[str, ...],
    target: str | None,
    compound: bool | None,
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Say what a model keeps at stake in every round: up to a target, or all when compounding.

    What is left out stays as it is, but a target of 0 ends compounding.
    """
    if target is None and not any("=" in text for text in models):
        if compound is None:
            raise SelectionError("Which policy? Give a --target, --compound or --no-compound.")
        named, by_name = parse_models(models, MAX_MODEL), {}
    else:
        by_name = parse_amounts(models, target, largest=MAX_MODEL, option="--target", zero=True)
        named = list(by_name)
    stakes = staker(door, tournament_name, account)
    chosen = stakes.own(named)
    done = stakes.set_policy(chosen, dict(zip(chosen, by_name.values(), strict=False)), compound)
    policies = stakes.each("policy_of", chosen)
    if as_json:
        found = [
            {"model": model, "target": format_nmr(target), "compound": compound}
            for model, (target, compound) in policies.items()
        ]
        print_json({"models": found, "transactions": done.transactions})
        return
    rows = by_models({model: (format_nmr(target), _yes(compound)) for model, (target, compound) in policies.items()})
    print_table("Policy", ("model", "target, NMR a round", "compounds"), rows)
    print_transactions(done.notes, done.transactions)


@cli.command(
    cls=SuiteCommand,
    epilog="Example: nmr stake now 3=25 --account TEST::4",
)
@models_argument(AMOUNTS)
@amount_option("For every model without an amount of its own.")
@again_option()
@tournament_option()
@sender_option()
@json_option()
def now(
    door: Door,
    models: tuple[str, ...],
    amount: str | None,
    again: bool,
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Stake NMR of the account straight into the open round, with an approval of exactly the sum before if need be.

    Models on which the same amount was staked so in this round, in the last 24 hours, are left out, unless --again is
    given.
    """
    amounts = parse_amounts(models, amount, largest=MAX_MODEL)
    stakes = staker(door, tournament_name, account)
    chosen = stakes.own_by_id(amounts)
    left = Left(chosen) if again else left_to_stake(stakes, chosen)
    opened, done = stakes.stake_now(left.amounts)
    done = reminded(left.of(done), without_submission(stakes, opened.id, list(done.amounts)))
    print_amounts("Staked", done, as_json, opened)


@cli.command(
    cls=SuiteCommand,
    epilog="Example: nmr stake enter --all --account TEST::4",
)
@models_argument("[MODELS]...", required=False)
@click.option("--groups", metavar="GROUPS", help="Groups of four models instead, such as 0-3: group 0 is models 0-3.")
@click.option("--all", "everyone", is_flag=True, help="All models, but those that wait to be settled.")
@tournament_option()
@sender_option()
@json_option()
def enter(
    door: Door,
    models: tuple[str, ...],
    groups: str | None,
    everyone: bool,
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Raise positions in the open round to their targets, out of idle. Anyone may, for any models.

    The four models of a group always enter together.
    """
    if bool(models) + (groups is not None) + everyone != 1:
        raise SelectionError("Who enters? Name models, or --groups, or --all.")
    named = parse_models(models, MAX_MODEL)
    chosen = [] if groups is None else parse_ids([groups], MAX_GROUP, "group")
    stakes = staker(door, tournament_name, account)
    ids = stakes.ids(named)
    if everyone:
        chosen = list(range(group_count(stakes.model_count)))
    elif named:
        stakes.require_models(ids)
        chosen = sorted({model // LANES for model in ids})
    opened, done = stakes.enter(chosen, skip=everyone)
    count = stakes.model_count
    meant = ids or [model for group in chosen for model in range(LANES * group, min(LANES * (group + 1), count))]
    done = reminded(done, not_entered(stakes, opened, meant, list(done.amounts), named=bool(ids)))
    done = reminded(done, without_submission(stakes, opened.id, sorted(set(ids) & set(done.amounts))))
    print_amounts("Entered", done, as_json, opened)


@cli.command(
    cls=SuiteCommand,
    epilog="Example: nmr stake leave 0-3 4=12.5 --round 7 --account TEST::4",
)
@models_argument(AMOUNTS)
@amount_option("For every model without an amount of its own; all that it has there if left out.")
@click.option("--round", "round_id", type=Whole(0), help="From which round; all that can be left if left out.")
@again_option()
@tournament_option()
@sender_option()
@json_option()
def leave(
    door: Door,
    models: tuple[str, ...],
    amount: str | None,
    round_id: int | None,
    again: bool,
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Take stakes back to idle from a round that is open, or that is not opened yet, before it locks.

    What would stay of a position below MIN_STAKE leaves, too. Set the target to 0 first, lest somebody enters the NMR
    again: until the lock anybody may raise a position to its target.

    Models of which the same amount left in the last 24 hours are left out, unless --again is given.
    """
    stakes = staker(door, tournament_name, account)
    rest = "all" if amount is None and any("=" not in text for text in models) else amount
    chosen = stakes.own_by_id(parse_amounts(models, rest, largest=MAX_MODEL, everything=True))
    todo = Left(chosen) if again else left_to_leave(stakes, chosen, round_id)
    left, done = stakes.leave(todo.amounts, round_id)
    done = todo.of(done)
    if as_json:
        found = [{"model": each.model, "round": each.round, "amount": format_nmr(each.amount)} for each in left]
        whole = format_nmr(total(done.amounts))
        print_json({"models": found, "total": whole, "notes": list(done.notes), "transactions": done.transactions})
        return
    rows = [(str(each.model), str(each.round), format_nmr(each.amount)) for each in left]
    print_table("Left", ("model", "round", "NMR"), rows)
    print_transactions(done.notes, done.transactions)


@cli.command(
    cls=SuiteCommand,
    epilog="Example: nmr stake move 3=12.5 5=all --to 4 --account TEST::4",
)
@models_argument(AMOUNTS)
@amount_option("For every model without an amount of its own; `all` is all that is idle.")
@click.option("--to", "destination", required=True, metavar="MODEL", help="Where the NMR goes.")
@again_option()
@tournament_option()
@sender_option()
@json_option()
def move(
    door: Door,
    models: tuple[str, ...],
    amount: str | None,
    destination: str,
    again: bool,
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Move idle NMR of models to another model of the same owner.

    Models from which the same amount was moved there in the last 24 hours are left out, unless --again is given.
    """
    amounts, to = parse_amounts(models, amount, largest=MAX_MODEL, everything=True), parse_model(destination, MAX_MODEL)
    stakes = staker(door, tournament_name, account)
    [receiver] = stakes.own([to])
    chosen = stakes.own_by_id(amounts)
    left = Left(chosen) if again else left_to_move(stakes, chosen, receiver)
    print_amounts(f"Moved to model {receiver}", left.of(stakes.move(left.amounts, receiver)), as_json)


@cli.command(
    cls=SuiteCommand,
    epilog="Example: nmr stake withdraw 0-9 --amount all --account TEST::4",
)
@models_argument(AMOUNTS)
@amount_option("For every model without an amount of its own; `all` is all that is idle.")
@click.option("--receiver", metavar="ADDRESS", help="Who gets the NMR; the owner if left out.")
@again_option()
@tournament_option()
@sender_option()
@json_option()
def withdraw(
    door: Door,
    models: tuple[str, ...],
    amount: str | None,
    receiver: str | None,
    again: bool,
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Pay models' idle NMR out.

    Models of which the same receiver got the same amount in the last 24 hours are left out, unless --again is given.
    """
    amounts = parse_amounts(models, amount, largest=MAX_MODEL, everything=True)
    stakes = staker(door, tournament_name, account)
    to = stakes.account.address if receiver is None else door.address(receiver)
    chosen = stakes.own_by_id(amounts)
    left = Left(chosen) if again else left_to_withdraw(stakes, chosen, to)
    print_amounts(f"Withdrawn to {to}", left.of(stakes.withdraw(left.amounts, to)), as_json)


@cli.command(
    cls=SuiteCommand,
    epilog="Example: nmr stake upgrade 0-9 --tournament classic --into classic-2 --account TEST::4",
)
@models_argument()
@click.option("--into", required=True, metavar="NAME", help="The tournament of the same suite that they move to.")
@tournament_option()
@sender_option()
@json_option()
def upgrade(
    door: Door, models: tuple[str, ...], into: str, tournament_name: str | None, account: str, as_json: bool
) -> None:
    """Move models with all their NMR to another tournament of the suite, as far as it goes now.

    Registers each label there, with the policy and the submitter it has here, sets the target here to 0, takes back
    what can be left, and deposits what is idle for the new model. What is locked stays until its round settles: run it
    again then. docs/upgrade.md has the whole way.
    """
    chosen = parse_models(models, MAX_MODEL)
    session, signer = door.open(), door.signer(account)
    old, new = (Staker(session, session.tournament(name), signer) for name in (tournament_name, into))
    if old.tournament.address == new.tournament.address:
        raise SelectionError(f"The models are in {into} already: name another tournament with --into.")
    moved, receipts = move_models(old, new, old.own(chosen))
    missing = [f"{each.new}={format_nmr(each.in_wallet)}" for each in moved if each.in_wallet]
    note = (
        f"In the last {HOURS} hours more was withdrawn here than deposited there. If the command was interrupted, go "
        f"on with: nmr stake deposit {' '.join(missing)} --tournament {into} --account {account}"
    )
    done = StakesChange(receipts, notes=(note,) if missing else ())
    if as_json:
        found = [
            {"label": each.label, "model": each.old, "into": each.new, "amount": format_nmr(each.amount)}
            | {"locked": format_nmr(each.locked), "in_wallet": format_nmr(each.in_wallet)}
            for each in moved
        ]
        gas = sum(each.gas_used for each in receipts)
        print_json({"models": found, "gas": gas, "notes": list(done.notes), "transactions": done.transactions})
        return
    rows = [
        (str(each.old), each.label, str(each.new), format_nmr(each.amount), format_nmr(each.locked)) for each in moved
    ]
    print_table(f"Moved to {into}, NMR", ("model", "label", "is now", "moved", "locked here"), rows, left=3)
    print_transactions(done.notes, done.transactions)


@cli.command(
    cls=SuiteCommand,
    epilog="Example: nmr stake transfer 3 --to TEST::5 --account TEST::4",
)
@models_argument()
@click.option("--to", metavar="ADDRESS", help="Who is offered the models, and has to accept.")
@click.option("--take-back", is_flag=True, help="Offer them to nobody any more.")
@tournament_option()
@sender_option()
@json_option()
def transfer(
    door: Door,
    models: tuple[str, ...],
    to: str | None,
    take_back: bool,
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Offer models with all their stake to a new owner, who has to `accept`."""
    if (to is None) != take_back:
        raise SelectionError("To whom? Give either --to or --take-back.")
    named, who = parse_models(models, MAX_MODEL), None if to is None else door.address(to)
    stakes = staker(door, tournament_name, account)
    chosen = stakes.own(named)
    done = stakes.offer(chosen, who)
    print_models("offered to", who or "nobody", chosen, done, as_json, {"offered_to": who})


@cli.command(
    cls=SuiteCommand,
    epilog="Example: nmr stake accept 3 --account TEST::5",
)
@models_argument()
@tournament_option()
@sender_option()
@json_option()
def accept(door: Door, models: tuple[str, ...], tournament_name: str | None, account: str, as_json: bool) -> None:
    """Accept models that were offered: the account becomes their owner and submitter."""
    named = parse_models(models, MAX_MODEL)
    stakes = staker(door, tournament_name, account)
    chosen = stakes.ids(named)
    done, owner = stakes.accept(chosen), stakes.account.address
    print_models("owner and submitter", owner, chosen, done, as_json, {"owner": owner, "submitter": owner})


@cli.command(
    cls=SuiteCommand,
    epilog="Example: nmr stake submitter 0-9 --to TEST::9 --account TEST::4",
)
@models_argument()
@click.option("--to", metavar="ADDRESS", help="Who may submit for the models beside their owner.")
@click.option("--owner", "owner_alone", is_flag=True, help="The owner alone from now on.")
@tournament_option()
@sender_option()
@json_option()
def submitter(
    door: Door,
    models: tuple[str, ...],
    to: str | None,
    owner_alone: bool,
    tournament_name: str | None,
    account: str,
    as_json: bool,
) -> None:
    """Change who submits for models."""
    if (to is None) != owner_alone:
        raise SelectionError("Who submits? Give either --to or --owner.")
    named, submits = parse_models(models, MAX_MODEL), None if to is None else door.address(to)
    stakes = staker(door, tournament_name, account)
    chosen = stakes.own(named)
    done, who = stakes.set_submitter(chosen, submits), submits or stakes.account.address
    print_models("submitter", who, chosen, done, as_json, {"submitter": who})


@cli.command(
    cls=SuiteCommand,
    epilog="Example: nmr stake show --mine --account TEST::4",
)
@models_argument("[MODELS]...", required=False)
@click.option("--mine", is_flag=True, help="All models of --account.")
@click.option("--all", "everyone", is_flag=True, help="All models there are.")
@click.option("--each", is_flag=True, help=f"A row for each model, also from {MANY} models on.")
@tournament_option()
@sender_option(required=False)
@json_option()
def show(
    door: Door,
    models: tuple[str, ...],
    mine: bool,
    everyone: bool,
    each: bool,
    tournament_name: str | None,
    account: str | None,
    as_json: bool,
) -> None:
    """Where a model's NMR is: what is idle, what is at risk or waits in which round, when that comes free.

    And what it deposited, won, burned and withdrew in its whole life, recomputed from the chain's log to the gwei.
    """
    if bool(models) + mine + everyone != 1:
        raise SelectionError("Which models? Name some, or --mine, or --all.")
    if mine and account is None:
        raise SelectionError("Whose models? Choose the account with --account.")
    named = parse_models(models, MAX_MODEL)
    session = door.open()
    stakes = StakesOnChain(session, session.tournament(tournament_name))
    if mine and account is not None:
        chosen = stakes.owned_by(door.address(account))
    else:
        chosen = list(range(stakes.model_count)) if everyone else stakes.ids(named)
    holdings = stakes.holdings(chosen)
    if as_json:
        print_json({"time": session.now, "models": [plain_model_holding(holding) for holding in holdings]})
    elif not holdings:
        print_line("There is no model of this account." if mine else "There is no model yet.")
    else:
        print_holdings(holdings, session.now, compact=len(holdings) >= MANY and not each)


def staker(door: Door, tournament_name: str | None, account: str) -> Staker:
    """The account's dealings with the tournament of the recorded suite."""
    session = door.open()
    return Staker(session, session.tournament(tournament_name), door.signer(account))


def reminded(done: StakesChange, reminders: tuple[str, ...]) -> StakesChange:
    """What was done, with further notes."""
    return replace(done, notes=(*done.notes, *reminders))


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"
