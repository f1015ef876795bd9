# SPDX-License-Identifier: MIT
"""`ape run stake …`, as a staker uses it: each command, and what it refuses."""

import json
from dataclasses import replace

import pytest
from ape.types.signatures import MessageSignature
from eth_account import Account

from nmr.client.session import Reverts, Session
from nmr.client.stakes import StakesOnChain
from nmr.deploy.local import GUARDIAN, RING
from nmr.deploy.record import record_path, write_record
from nmr.text.amounts import NMR, SCORE, format_nmr
from tests.integration.round_walk import RoundWalk

STAKER, RIVAL, STRANGER = "TEST::4", "TEST::5", "TEST::11"
ZERO = "0x" + "0" * 40
EVENTS_OF = StakesOnChain.events
UP, DOWN = (SCORE // 50, SCORE // 100), (-SCORE // 100, 0)


@pytest.fixture
def tournament(local_suite):
    return local_suite.tournaments["classic"]


@pytest.fixture
def token(local_suite):
    return local_suite.numeraire


@pytest.fixture(scope="session")
def staker(accounts):
    return accounts[4]


@pytest.fixture(scope="session")
def rival(accounts):
    return accounts[5]


@pytest.fixture
def rounds(tournament, accounts, chain):
    return RoundWalk(tournament, accounts, chain)


@pytest.fixture
def models(tournament, token, staker, rival):
    """Models 0 to 4 are the staker's, with 100 NMR idle in each of 0 to 2; 5 is the rival's, with 50."""
    for owner, amount in ((staker, 300), (rival, 50)):
        token.approve(tournament, amount * NMR, sender=owner)
    encode = tournament.register.encode_input
    tournament.multicall([encode(f"model {i}", ZERO) for i in range(5)], sender=staker)
    tournament.register("rival", ZERO, sender=rival)
    encode = tournament.deposit.encode_input
    tournament.multicall([encode(model, 100 * NMR, staker) for model in range(3)], sender=staker)
    tournament.deposit(5, 50 * NMR, rival, sender=rival)


@pytest.fixture
def stake(run, chain):
    """Runs `ape run stake … --json` and gives what it printed, with the number of its transactions as `sent`."""

    def call(*arguments, account=STAKER):
        height = chain.blocks.height
        result = run("stake", *arguments, *([] if account is None else ["--account", account]), "--json")
        assert result.exit_code == 0, result.stderr
        printed = json.loads(result.stdout)
        mined = [chain.blocks[number] for number in range(height + 1, chain.blocks.height + 1)]
        sent = [transaction.txn_hash.to_0x_hex() for block in mined for transaction in block.transactions]
        assert printed.pop("transactions", []) == sent
        return {**printed, "sent": len(sent)} if sent else printed

    return call


@pytest.fixture
def refuses(run, chain):
    """Runs `ape run …` that has to be refused in one sentence, with nothing sent."""

    def call(*arguments, code, message, **options):
        height = chain.blocks.height
        result = run(*arguments, **options)
        assert result.exit_code == code, result.stderr
        assert result.stdout == ""
        assert result.stderr.splitlines()[-1] == f"Error: {message}"
        assert "Traceback" not in result.stderr
        assert chain.blocks.height == height

    return call


def unsubmitted(number, models):
    """The note about named models with a stake in a round and no submission."""
    if not models:
        return []
    names = f"model {models[0]}" if len(models) == 1 else f"models {', '.join(map(str, models))}"
    return [f"No submission for round {number} yet: {names}. A stake without one wins nothing."]


# register


def test_register__two_labels__registers_both_in_one_transaction(stake, tournament, staker, models):
    assert stake("register", "alpha", "beta") == {
        "models": [
            {"model": 6, "label": "alpha", "owner": staker.address, "submitter": staker.address},
            {"model": 7, "label": "beta", "owner": staker.address, "submitter": staker.address},
        ],
        "notes": [],
        "sent": 1,
    }
    assert tournament.model_count() == 8


def test_register__submitter__may_submit_for_it(stake, tournament, rival):
    assert stake("register", "alpha", "--submitter", RIVAL)["models"][0]["submitter"] == rival.address
    assert tournament.submitter_of(0) == rival


def test_register__more_than_fit_a_transaction__sends_several(stake, tournament):
    printed = stake("register", *(f"model {i}" for i in range(65)))
    assert printed["sent"] == 2
    assert [new["label"] for new in printed["models"]] == [f"model {i}" for i in range(65)]
    assert tournament.model_count() == 65


def test_register__second_transaction_is_refused__says_that_the_first_went_through(
    run, tournament, local_suite, monkeypatch
):
    def refuse(*_, **__):
        raise Reverts("roles: paused")

    tried = Session.try_call
    monkeypatch.setattr(
        Session, "try_call", lambda *args, **named: refuse() if tournament.model_count() else tried(*args, **named)
    )
    result = run("stake", "register", *(f"model {i}" for i in range(65)), "--account", STAKER)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "Error: 1 transaction went through: labels 0-63 done; label 64 not. The tournament is paused: only exits and "
        "settlements work until the guardian or the owner ends the pause, or it lapses. (roles: paused) Go on by "
        "typing the command again, or for those alone.\n"
    )
    assert tournament.model_count() == 64


def test_register__for_people__prints_a_table(run, local_suite):
    result = run("stake", "register", "alpha", "--account", STAKER)
    assert result.exit_code == 0
    assert "│ 0     │ alpha │ 0x" in result.stdout


UNNAMEABLE = (
    "The label '{}' could not be typed for its model: begin and end without a space, use no comma and no equals sign, "
    "and nothing like an id."
)


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("é" * 17, f"The label '{'é' * 17}' has 34 bytes, and 32 is the most."),
        ("", "'' is no label: write some printable characters."),
        ("a\nb", "'a\\nb' is no label: write some printable characters."),
        ("5", UNNAMEABLE.format("5")),
        ("0-3", UNNAMEABLE.format("0-3")),
        ("c,d", UNNAMEABLE.format("c,d")),
        ("a=b", UNNAMEABLE.format("a=b")),
        (" a", UNNAMEABLE.format(" a")),
    ],
)
def test_register__bad_label__is_refused(refuses, local_suite, label, message):
    refuses("stake", "register", "fine", label, "--account", STAKER, code=2, message=message)


def test_register__paused__is_refused(refuses, tournament, accounts):
    tournament.pause(sender=accounts[GUARDIAN])
    message = (
        "Label 0: The tournament is paused: only exits and settlements work until the guardian or the owner ends the "
        "pause, or it lapses. (roles: paused)"
    )
    refuses("stake", "register", "alpha", "--account", STAKER, code=1, message=message)


@pytest.mark.parametrize(
    ("labels", "notes"),
    [
        (["rival"], ["Model 5 has the label 'rival' already: others have to name your model by its id."]),
        (["new", "new"], ["Several new models have the label 'new': name them by their ids."]),
    ],
)
def test_register__label_is_taken__warns(stake, models, labels, notes):
    assert stake("register", *labels)["notes"] == notes
    assert stake("register", "rival", "--again", account=RIVAL)["models"][0]["label"] == "rival"


def test_register__taken_by_several__names_them_all(run, stake, models):
    stake("register", "rival")
    result = run("stake", "register", "rival", "--account", STRANGER)
    assert "Models 5-6 have the label 'rival' already: others have to name your model by its id.\n" in result.stderr


# deposit


def test_deposit__several_models__takes_one_transaction_with_a_permit(stake, tournament, token, staker, models):
    assert stake("deposit", "0-1=10", "3", "--amount", "2.5") == {
        "models": [{"model": 0, "amount": "10"}, {"model": 1, "amount": "10"}, {"model": 3, "amount": "2.5"}],
        "total": "22.5",
        "approved": None,
        "notes": [],
        "sent": 1,
    }
    assert [tournament.idle_of(model) for model in (0, 1, 3)] == [110 * NMR, 110 * NMR, 5 * NMR // 2]
    assert token.allowance(staker, tournament) == 0


def test_deposit__one_model__takes_one_transaction(stake, tournament, models):
    assert stake("deposit", "4=0.000000001")["sent"] == 1
    assert tournament.idle_of(4) == 10**9


def test_deposit__more_than_fit_a_transaction__one_permit_serves_all(stake, tournament, token, staker):
    encode = tournament.register.encode_input
    for count in (64, 2):
        tournament.multicall([encode("", ZERO)] * count, sender=staker)
    assert stake("deposit", "0-65", "--amount", "1")["sent"] == 2
    assert {tournament.idle_of(model) for model in range(66)} == {NMR}
    assert token.allowance(staker, tournament) == 0


def test_deposit__enough_was_approved_before__keeps_the_rest_approved(stake, tournament, token, staker, models):
    token.approve(tournament, 2**256 - 1, sender=staker)
    assert stake("deposit", "0=10")["sent"] == 1
    assert token.allowance(staker, tournament) == 2**256 - 1


def test_deposit__account_signs_no_permit__approves_exactly_the_sum_and_says_so(
    stake, run, tournament, token, staker, models, monkeypatch
):
    monkeypatch.setattr(type(staker), "sign_message", lambda *_, **__: None)
    printed = stake("deposit", "0-1=10")
    assert (printed["approved"], printed["sent"]) == ("20", 2)
    assert token.allowance(staker, tournament) == 0
    result = run("stake", "deposit", "0=1", "--account", STAKER)
    assert "The first transaction allowed the tournament to take exactly 1 NMR." in result.stdout


def test_deposit__account_signs_in_another_way__approves(stake, tournament, staker, models, monkeypatch):
    key = Account.create().key

    def sign(_, message, **__):
        signed = Account.sign_message(message, key)
        return MessageSignature(v=signed.v, r=signed.r.to_bytes(32), s=signed.s.to_bytes(32))

    monkeypatch.setattr(type(staker), "sign_message", sign)
    assert stake("deposit", "0=10")["approved"] == "10"


def test_deposit__for_others__gives_it_to_them(stake, tournament, models):
    assert stake("deposit", "5=1", "--for-others")["models"] == [{"model": 5, "amount": "1"}]
    assert tournament.idle_of(5) == 51 * NMR


def test_deposit__somebody_elses_model__is_refused(refuses, models):
    message = "Model 5 is somebody else's: its owner alone can take the NMR out again. Add --for-others if it is meant."
    refuses("stake", "deposit", "0,5=1", "--account", STAKER, code=1, message=message)


def test_deposit__unknown_model__is_refused(refuses, models):
    message = "There are no models 6-7: the last is 5."
    refuses("stake", "deposit", "4-7=1", "--account", STAKER, code=1, message=message)


def test_deposit__finer_than_the_unit__is_refused(refuses, models):
    message = "0.0000000001 NMR is finer than the ledger's unit, 0.000000001 NMR"
    refuses("stake", "deposit", "0=0.0000000001", "--account", STAKER, code=2, message=message)


def test_deposit__more_than_the_account_holds__is_refused(refuses, models, staker, token):
    held = format_nmr(token.balanceOf(staker))
    message = f"The account holds {held} NMR, and 15000 are needed."
    refuses("stake", "deposit", "0-2=5000", "--account", STAKER, code=1, message=message)


def test_deposit__paused__is_refused(refuses, models, tournament, accounts):
    tournament.pause(sender=accounts[GUARDIAN])
    message = (
        "The tournament is paused: only exits and settlements work until the guardian or the owner ends the pause, "
        "or it lapses. (roles: paused)"
    )
    refuses("stake", "deposit", "0-2=5", "--account", STAKER, code=1, message=message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["0-9,3=1"], "Model 3 is named twice."),
        (["0"], "How much for 0? Write 0=AMOUNT or add --amount AMOUNT."),
        (["0=1", "--amount", "2"], "Every model has an amount of its own: leave --amount out."),
        (["0=0"], "the amount is 0 NMR: there is nothing to do"),
        (["0=1e3"], "'1e3' is not an amount of NMR: write plain digits, such as 12.5"),
        (["1-=1"], "'1-' is no model: write ids, ranges or labels, such as 0-9,12 or ridge."),
    ],
)
def test_deposit__bad_arguments__is_refused(refuses, models, arguments, message):
    refuses("stake", "deposit", *arguments, "--account", STAKER, code=2, message=message)


# policy


def test_policy__target_and_compounding__are_set(stake, tournament, models):
    assert stake("policy", "0-1=5", "2", "--target", "7", "--compound") == {
        "models": [
            {"model": 0, "target": "5", "compound": True},
            {"model": 1, "target": "5", "compound": True},
            {"model": 2, "target": "7", "compound": True},
        ],
        "sent": 1,
    }
    assert tuple(tournament.policy_of(2)) == (7 * NMR, True)


@pytest.mark.parametrize(
    ("arguments", "target", "compound"),
    [
        (["0=9"], 9, True),
        (["0", "--no-compound"], 5, False),
        (["0=0"], 0, False),
    ],
)
def test_policy__something_left_out__stays_as_it_is(stake, tournament, staker, models, arguments, target, compound):
    tournament.set_policy(0, 5 * NMR, True, sender=staker)
    stake("policy", *arguments)
    assert tuple(tournament.policy_of(0)) == (target * NMR, compound)


def test_policy__compounds_without_target__is_refused(refuses, models):
    message = "Models 0-1: Compounding needs a target of more than 0. (ledger: compounds without target)"
    refuses("stake", "policy", "0-1=0", "--compound", "--account", STAKER, code=1, message=message)


def test_policy__one_of_many_is_not_the_owners__is_refused_by_its_id(refuses, models):
    message = "Model 5: Only the model's owner may do that: choose its account with --account. (models: not the owner)"
    refuses("stake", "policy", "0-5=1", "--account", STAKER, code=1, message=message)


def test_policy__nothing_to_set__is_refused(refuses, models):
    message = "Which policy? Give a --target, --compound or --no-compound."
    refuses("stake", "policy", "0", "--account", STAKER, code=2, message=message)


# now


def test_now__open_round__stakes_straight_into_it(stake, tournament, token, staker, models, rounds):
    number = rounds.open()
    assert stake("now", "0,3=10", "4=0.1") == {
        "round": number,
        "models": [{"model": 0, "amount": "10"}, {"model": 3, "amount": "10"}, {"model": 4, "amount": "0.1"}],
        "total": "20.1",
        "approved": "20.1",
        "notes": [f"No submission for round {number} yet: models 0, 3-4. A stake without one wins nothing."],
        "sent": 2,
    }
    assert [tournament.position(number, model) for model in (0, 3, 4)] == [10 * NMR, 10 * NMR, NMR // 10]
    assert token.allowance(staker, tournament) == 0


def test_now__enough_was_approved_before__sends_one_transaction(stake, tournament, token, staker, models, rounds):
    rounds.open()
    token.approve(tournament, 30 * NMR, sender=staker)
    printed = stake("now", "0=10")
    assert (printed["approved"], printed["sent"]) == (None, 1)


def test_now__no_round_yet__is_refused(refuses, models):
    refuses("stake", "now", "0=1", "--account", STAKER, code=1, message="No round is open: none was opened yet.")


def test_now__window_closed__is_refused(refuses, models, rounds):
    number = rounds.open()
    rounds.lock(number)
    message = f"No round is open: the latest, {number}, is closed."
    refuses("stake", "now", "0=1", "--account", STAKER, code=1, message=message)


def test_now__locks_in_the_next_block__is_refused(refuses, models, rounds, tournament):
    number = rounds.open()
    rounds.until(tournament.round_info(number).terms.locks_at)
    message = f"No round is open: the latest, {number}, is past its deadline."
    refuses("stake", "now", "0=1", "--account", STAKER, code=1, message=message)


def test_now__not_the_owner__is_refused_before_anything_is_approved(refuses, models, rounds):
    rounds.open()
    message = "Models 0-1 are somebody else's: only the owner stakes on it."
    refuses("stake", "now", "0-1=1", "--account", RIVAL, code=1, message=message)


def test_now__below_min_stake__is_refused_before_anything_is_approved(refuses, models, rounds):
    rounds.open()
    message = "Model 1: the position would end below 0.1 NMR, what every position is at least."
    refuses("stake", "now", "0=1", "1=0.09", "--account", STAKER, code=1, message=message)


def test_now__earlier_round_waits_to_be_settled__is_refused_before_anything_is_approved(
    refuses, models, rounds, tournament, token, staker
):
    token.approve(tournament, NMR, sender=staker)
    first = rounds.open()
    tournament.stake(0, NMR, sender=staker)
    rounds.lock(first)
    for _ in range(RING - 1):
        rounds.lock(rounds.open())
    rounds.finalise(first, {0: UP})
    rounds.open()
    message = f"Models 0-1: round {first} of the same place waits to be settled: resolve it first."
    refuses("stake", "now", "0-1,4=1", "--account", STAKER, code=1, message=message)


def test_now__paused__is_refused(refuses, models, rounds, tournament, accounts):
    rounds.open()
    tournament.pause(sender=accounts[GUARDIAN])
    message = (
        "The tournament is paused: only exits and settlements work until the guardian or the owner ends the pause, "
        "or it lapses. (roles: paused)"
    )
    refuses("stake", "now", "0=1", "--account", STAKER, code=1, message=message)


# enter


@pytest.fixture
def targets(tournament, staker, rival, models):
    """A target of 10 NMR for models 0 to 3 and 5; there is nothing idle in 3."""
    encode = tournament.set_policy.encode_input
    tournament.multicall([encode(model, 10 * NMR, False) for model in range(4)], sender=staker)
    tournament.set_policy(5, 10 * NMR, False, sender=rival)


@pytest.mark.parametrize(
    ("arguments", "entered"),
    [(["0"], [0, 1, 2]), (["--groups", "1"], [5]), (["--all"], [0, 1, 2, 5]), (["1,5"], [0, 1, 2, 5])],
)
def test_enter__by_anyone__raises_positions_to_their_targets(stake, tournament, targets, rounds, arguments, entered):
    number = rounds.open()
    named = [] if arguments[0].startswith("--") else [int(model) for model in arguments[0].split(",")]
    left_out = ["Left out: model 3, nothing is idle."] if arguments == ["--all"] else []
    assert stake("enter", *arguments, account=STRANGER) == {
        "round": number,
        "models": [{"model": model, "amount": "10"} for model in entered],
        "total": str(10 * len(entered)),
        "approved": None,
        "notes": left_out + unsubmitted(number, named),
        "sent": 1,
    }
    assert [tournament.position(number, model) for model in entered] == [10 * NMR] * len(entered)


def test_enter__nothing_below_its_target__is_refused(refuses, stake, targets, rounds):
    rounds.open()
    stake("enter", "--all")
    message = "Nothing to enter: no idle NMR is below its target, or it is too little."
    refuses("stake", "enter", "--all", "--account", STAKER, code=1, message=message)


def test_enter__some_wait_to_be_settled__all_leaves_them_out_and_names_refuse(
    refuses, stake, targets, rounds, tournament, token, staker
):
    token.approve(tournament, NMR, sender=staker)
    first = rounds.open()
    tournament.stake(0, NMR, sender=staker)
    rounds.lock(first)
    for _ in range(RING - 1):
        rounds.lock(rounds.open())
    rounds.finalise(first, {0: UP})
    rounds.open()
    message = f"Group 0: round {first} of the same place waits to be settled: resolve it first."
    refuses("stake", "enter", "0", "--account", STAKER, code=1, message=message)
    printed = stake("enter", "--all")
    assert printed["models"] == [{"model": 5, "amount": "10"}]
    assert printed["notes"] == [message, "Left out: model 3, nothing is idle."]


def test_enter__paused__is_refused(refuses, targets, rounds, tournament, accounts):
    rounds.open()
    tournament.pause(sender=accounts[GUARDIAN])
    message = (
        "The tournament is paused: only exits and settlements work until the guardian or the owner ends the pause, "
        "or it lapses. (roles: paused)"
    )
    refuses("stake", "enter", "--all", "--account", STAKER, code=1, message=message)


@pytest.mark.parametrize("arguments", [[], ["0", "--all"], ["--groups", "0", "--all"]])
def test_enter__nobody_or_twice__is_refused(refuses, models, arguments):
    message = "Who enters? Name models, or --groups, or --all."
    refuses("stake", "enter", *arguments, "--account", STAKER, code=2, message=message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["6"], "There is no model 6: the last is 5."), (["--groups", "1-2"], "There is no model 8: the last is 5.")],
)
def test_enter__unknown__is_refused(refuses, models, rounds, arguments, message):
    rounds.open()
    refuses("stake", "enter", *arguments, "--account", STAKER, code=1, message=message)


# leave


def test_leave__positions_of_the_open_round__come_home(stake, tournament, targets, rounds, staker):
    number = rounds.open()
    tournament.enter([0], sender=staker)
    assert stake("leave", "0,2") == {
        "models": [{"model": 0, "round": number, "amount": "10"}, {"model": 2, "round": number, "amount": "10"}],
        "total": "20",
        "notes": [],
        "sent": 1,
    }
    assert [tournament.idle_of(model) for model in range(3)] == [100 * NMR, 90 * NMR, 100 * NMR]


def test_leave__some_of_a_position__stays_unless_too_little_would(stake, tournament, targets, rounds, staker):
    number = rounds.open()
    tournament.enter([0], sender=staker)
    printed = stake("leave", "0=4", "1=9.95", "--round", number)
    assert [(each["model"], each["amount"]) for each in printed["models"]] == [(0, "4"), (1, "10")]
    assert printed["notes"] == ["Model 1: what would have stayed was too little, and left, too."]
    assert [tournament.position(number, model) // NMR for model in range(2)] == [6, 0]


def test_leave__round_that_is_not_opened__takes_back_what_waits(stake, tournament, targets, rounds, staker):
    number = rounds.open()
    tournament.enter([0], sender=staker)
    rounds.lock(number)
    rounds.settle(number, rounds.finalise(number, {0: (0, 0)}))
    printed = stake("show", "0", account=None)
    [waiting] = printed["models"][0]["at_risk"]
    assert (waiting["round"], waiting["state"], waiting["amount"]) == (number + RING, "waiting", "10")
    assert printed["models"][0]["waiting"] == "10"
    assert stake("leave", "0")["models"] == [{"model": 0, "round": number + RING, "amount": "10"}]
    assert tournament.idle_of(0) == 100 * NMR


def test_leave__several_rounds_and_an_amount__asks_for_one(refuses, stake, tournament, targets, rounds, staker):
    first = rounds.open()
    tournament.enter([0], sender=staker)
    rounds.lock(first)
    rounds.settle(first, rounds.finalise(first, {0: (0, 0)}))
    second = rounds.open()
    tournament.enter([0], sender=staker)
    message = f"Model 0 can leave the rounds {second}, {first + RING}: name one with --round."
    refuses("stake", "leave", "0=1", "--account", STAKER, code=1, message=message)
    assert [each["round"] for each in stake("leave", "0")["models"]] == [second, first + RING]


NOTHING_TO_LEAVE = (
    "no stake waits for a round or is in the open one. What is locked stays until its round settles, and with a target "
    "of 0 all goes to idle then."
)


def test_leave__no_position__is_refused_by_its_id(refuses, tournament, targets, rounds, staker):
    rounds.open()
    tournament.enter([0], sender=staker)
    refuses("stake", "leave", "0-4", "--account", STAKER, code=1, message=f"Models 3-4: {NOTHING_TO_LEAVE}")


def test_leave__locked__is_refused(refuses, tournament, targets, rounds, staker):
    number = rounds.open()
    tournament.enter([0], sender=staker)
    rounds.lock(number)
    refuses("stake", "leave", "0", "--account", STAKER, code=1, message=f"Model 0: {NOTHING_TO_LEAVE}")
    message = (
        "Model 0: The round is locked, so its stakes stay until it settles; those of a void round come back by "
        "settle_expired. (ledger: round is locked or void)"
    )
    refuses("stake", "leave", "0", "--round", str(number), "--account", STAKER, code=1, message=message)


# move


def test_move__some_and_all__go_to_the_other_model(stake, tournament, models):
    assert stake("move", "0=12.5", "1=all", "--to", "3") == {
        "models": [{"model": 0, "amount": "12.5"}, {"model": 1, "amount": "100"}],
        "total": "112.5",
        "approved": None,
        "notes": [],
        "sent": 1,
    }
    assert [tournament.idle_of(model) for model in (0, 1, 3)] == [175 * NMR // 2, 0, 225 * NMR // 2]


def test_move__paused__works(stake, models, tournament, accounts):
    tournament.pause(sender=accounts[GUARDIAN])
    assert stake("move", "0=1", "--to", "3")["total"] == "1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["0=100.5", "--to", "1"], "Model 0 has 100 NMR idle, less than that."),
        (["0-1=1", "--to", "1"], "Model 1: Source and destination are the same model. (ledger: model moves to itself)"),
        (["0=1", "--to", "6"], "There is no model 6: the last is 5."),
        (
            ["0=1", "--to", "5"],
            "Model 0: Only the model's owner may do that: choose its account with --account. (models: not the owner)",
        ),
        (["3-4=all", "--to", "1"], "Nothing is idle in models 3-4."),
    ],
)
def test_move__impossible__is_refused(refuses, models, arguments, message):
    refuses("stake", "move", *arguments, "--account", STAKER, code=1, message=message)


# withdraw


def test_withdraw__amount__comes_to_the_owner(stake, token, staker, models):
    before = token.balanceOf(staker)
    assert stake("withdraw", "0=12.5") == {
        "models": [{"model": 0, "amount": "12.5"}],
        "total": "12.5",
        "approved": None,
        "notes": [],
        "sent": 1,
    }
    assert token.balanceOf(staker) == before + 25 * NMR // 2


def test_withdraw__all_of_many_to_a_receiver__leaves_out_what_is_empty(stake, token, accounts, models):
    printed = stake("withdraw", "0-4", "--amount", "all", "--receiver", STRANGER)
    assert printed["models"] == [{"model": model, "amount": "100"} for model in range(3)]
    assert printed["notes"] == ["Nothing is idle in models 3-4."]
    assert token.balanceOf(accounts[11]) == 300 * NMR


def test_withdraw__paused__works(stake, models, tournament, accounts):
    tournament.pause(sender=accounts[GUARDIAN])
    assert stake("withdraw", "0-1=all")["total"] == "200"


def test_withdraw__not_the_owner__is_refused(refuses, models):
    message = "Model 0: Only the model's owner may do that: choose its account with --account. (models: not the owner)"
    refuses("stake", "withdraw", "0=all", "--account", RIVAL, code=1, message=message)


def test_withdraw__one_more_than_is_idle__is_refused(refuses, models):
    message = "Model 0 has 100 NMR idle, less than that."
    refuses("stake", "withdraw", "0=100.000000001", "--account", STAKER, code=1, message=message)


def test_withdraw__several_have_less__is_refused_by_their_ids(refuses, models):
    message = "Models 1-2: The model has less idle NMR than that. (ledger: more than is idle)"
    refuses("stake", "withdraw", "0=1", "1-2=101", "--account", STAKER, code=1, message=message)


def test_withdraw__to_the_tournament__is_refused(refuses, models, tournament):
    message = (
        "Model 0: NMR sent to the tournament itself would be nobody's: name another receiver. "
        "(ledger: receiver is the escrow)"
    )
    receiver = tournament.address
    refuses("stake", "withdraw", "0=1", "--receiver", receiver, "--account", STAKER, code=1, message=message)


@pytest.mark.parametrize(
    ("receiver", "message"),
    [
        ("0x" + "0" * 40, "The zero address is nobody's."),
        (
            "0x12",
            "'0x12' is no address: it has 40 hexadecimal digits, and the case of each counts.",
        ),
        ("nobody", "Account with alias 'nobody' not found."),
        ("5", "'5' is no address."),
    ],
)
def test_withdraw__bad_receiver__is_refused(refuses, models, receiver, message):
    refuses("stake", "withdraw", "0=1", "--receiver", receiver, "--account", STAKER, code=2, message=message)


# transfer, accept, submitter


def test_transfer__accepted__moves_the_models(stake, tournament, staker, rival, models):
    assert stake("transfer", "0-1", "--to", RIVAL) == {
        "models": [{"model": 0, "offered_to": rival.address}, {"model": 1, "offered_to": rival.address}],
        "sent": 1,
    }
    assert tournament.owner_of(0) == staker
    owned = {"owner": rival.address, "submitter": rival.address}
    assert stake("accept", "0-1", account=RIVAL) == {
        "models": [{"model": 0, **owned}, {"model": 1, **owned}],
        "sent": 1,
    }
    assert [tournament.owner_of(model) for model in range(3)] == [rival, rival, staker]


def test_transfer__taken_back__is_offered_to_nobody(stake, tournament, models):
    stake("transfer", "0", "--to", RIVAL)
    assert stake("transfer", "0", "--take-back")["models"] == [{"model": 0, "offered_to": None}]
    assert tournament.offered_to(0) == ZERO


@pytest.mark.parametrize("arguments", [[], ["--to", RIVAL, "--take-back"]])
def test_transfer__to_nobody_or_both__is_refused(refuses, models, arguments):
    message = "To whom? Give either --to or --take-back."
    refuses("stake", "transfer", "0", *arguments, "--account", STAKER, code=2, message=message)


def test_transfer__not_the_owner__is_refused(refuses, models):
    message = "Model 5: Only the model's owner may do that: choose its account with --account. (models: not the owner)"
    refuses("stake", "transfer", "0,5", "--to", STRANGER, "--account", STAKER, code=1, message=message)


def test_accept__not_offered__is_refused(refuses, models):
    message = "Models 0-1: The model was not offered to this account. (models: not offered to you)"
    refuses("stake", "accept", "0-1", "--account", RIVAL, code=1, message=message)


def test_submitter__set_and_reset__says_who_submits(stake, tournament, staker, rival, models):
    assert stake("submitter", "0-1", "--to", RIVAL) == {
        "models": [{"model": 0, "submitter": rival.address}, {"model": 1, "submitter": rival.address}],
        "sent": 1,
    }
    assert tournament.submitter_of(1) == rival
    assert stake("submitter", "0", "--owner")["models"] == [{"model": 0, "submitter": staker.address}]
    assert tournament.submitter_of(0) == staker


def test_submitter__not_the_owner__is_refused(refuses, models):
    message = "Model 0: Only the model's owner may do that: choose its account with --account. (models: not the owner)"
    refuses("stake", "submitter", "0", "--owner", "--account", RIVAL, code=1, message=message)


# show


def test_show__whole_life__is_what_the_chain_says_to_the_gwei(
    stake, chain, tournament, token, staker, rival, targets, rounds
):
    """Two rounds at stake, one of them won and lost, after deposits, moves, a transfer and a withdrawal."""
    first = rounds.open()
    tournament.enter([0, 1], sender=staker)
    token.approve(tournament, 7 * NMR, sender=staker)
    tournament.stake(4, 7 * NMR, sender=staker)
    tournament.submit([0, 1, 4], [b"\x55" * 32] * 3, sender=staker)
    tournament.submit([5], [b"\x55" * 32], sender=rival)
    tournament.set_policy(0, 10 * NMR, True, sender=staker)
    tournament.move_idle(1, 3, 3 * NMR + 1_000_000_000, sender=staker)
    tournament.withdraw(0, 20 * NMR, staker, sender=staker)
    rounds.lock(first)
    second = rounds.open()
    tournament.enter([0], sender=staker)
    rounds.lock(second)
    for _ in range(RING - 2):
        rounds.lock(rounds.open())
    chunks = rounds.finalise(first, {0: UP, 1: DOWN, 2: UP, 4: DOWN, 5: (SCORE, SCORE)})
    third = rounds.open()
    assert third == first + RING
    rounds.settle(first, chunks)
    # Model 0 compounds: 10 + 10 × (0.02 × 0.5 + 0.01 × 2). Model 2 never submitted, 5 won the clip of 5%.
    printed = stake("show", "0-5", account=None)
    assert [model["lifetime"] for model in printed["models"]] == [
        lifetime(deposited="100", rewards="0.3", withdrawn="20"),
        lifetime(deposited="100", burns="0.05", given="3.000000001"),
        lifetime(deposited="100"),
        lifetime(received="3.000000001"),
        lifetime(deposited="7", burns="0.035"),
        lifetime(deposited="50", rewards="0.5"),
    ]
    for shown in printed["models"]:
        model = shown["model"]
        assert shown["idle"] == format_nmr(tournament.idle_of(model))
        stakes = sorted(tournament.stakes_of(model, block_id="pending"), key=lambda stake: stake.round)
        keys = ("round", "amount", "free_from", "free_by")
        assert [tuple(stake[key] for key in keys) for stake in shown["at_risk"]] == [
            (stake.round, format_nmr(stake.amount), stake.free_from, stake.free_by) for stake in stakes
        ]
    assert [(s["round"], s["amount"], s["state"]) for s in printed["models"][0]["at_risk"]] == [
        (second, "10", "opened"),
        (third, "10.3", "open"),
    ]


def lifetime(**amounts: str) -> dict[str, str]:
    """A lifetime with some amounts other than 0."""
    none = dict.fromkeys(("deposited", "received", "given", "rewards", "burns", "withdrawn"), "0")
    return {**none, **amounts}


def test_show__one_model__is_exactly_this(stake, tournament, staker, rival, targets, rounds, chain):
    number = rounds.open()
    tournament.enter([0], sender=staker)
    tournament.offer_model(0, rival, sender=staker)
    printed = stake("show", "0", account=None)
    assert printed.pop("time") == chain.pending_timestamp
    assert printed == {
        "models": [
            {
                "model": 0,
                "label": "model 0",
                "owner": staker.address,
                "submitter": staker.address,
                "offered_to": rival.address,
                "target": "10",
                "compound": False,
                "idle": "90",
                "staked": "10",
                "waiting": "0",
                "at_risk": [
                    {
                        "round": number,
                        "amount": "10",
                        "state": "open",
                        "free_from": chain.pending_timestamp,
                        "free_by": chain.pending_timestamp,
                    }
                ],
                "lifetime": lifetime(deposited="100"),
            }
        ]
    }


def test_show__void_round__is_free_now(run, tournament, accounts, staker, targets, rounds):
    number = rounds.open()
    tournament.enter([0], sender=staker)
    tournament.void(number, sender=accounts[GUARDIAN])
    result = run("stake", "show", "0")
    assert "now, once settled" in result.stdout
    tournament.settle_expired(number, [0], sender=staker)
    result = run("stake", "show", "0")
    assert "at risk    0 NMR" in result.stdout
    assert "waiting    10 NMR" in result.stdout


def test_show__mine__follows_ownership(stake, tournament, staker, rival, models):
    def mine(account):
        return [model["model"] for model in stake("show", "--mine", account=account)["models"]]

    tournament.offer_model(3, rival, sender=staker)
    tournament.accept_model(3, sender=rival)
    tournament.offer_model(5, staker, sender=rival)
    tournament.accept_model(5, sender=staker)
    assert mine(STAKER) == [0, 1, 2, 4, 5]
    assert mine(RIVAL) == [3]
    assert mine(STRANGER) == []


def test_show__all_for_people__is_a_table(run, models):
    result = run("stake", "show", "--all")
    assert result.exit_code == 0
    lines = [line for line in result.stdout.splitlines() if line.startswith("│")]
    assert len(lines) == 6
    assert "rival" in lines[-1]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["6"], 1, "There is no model 6: the last is 5."),
        ([], 2, "Which models? Name some, or --mine, or --all."),
        (["--mine"], 2, "Whose models? Choose the account with --account."),
        (["67108800"], 2, "There can be no model 67108800: the last is 67108799."),
    ],
)
def test_show__nobody__is_refused(refuses, models, arguments, code, message):
    refuses("stake", "show", *arguments, code=code, message=message)


def test_show__nothing_registered__says_so(refuses, run, local_suite):
    refuses("stake", "show", "0", code=1, message="There is no model 0: none was registered yet.")
    assert run("stake", "show", "--all").stdout == "There is no model yet.\n"


def test_show__log_lacks_a_deposit__is_refused(refuses, models, monkeypatch):
    monkeypatch.setattr("nmr.client.stakes.EVENTS", ("ModelRegistered",))
    message = "The node's log accounts for 0 NMR of model 0, which has 100: ask a node that keeps all logs."
    refuses("stake", "show", "0", code=1, message=message)


# The suite, the account, the node


def test_stake__no_account__is_refused(refuses, models):
    message = "Whose account? Choose one with --account, such as TEST::4 on a local chain."
    refuses("stake", "deposit", "0=1", code=2, message=message)


def test_stake__no_record__is_refused(refuses, records):
    path = record_path(records, "ethereum", "local")
    result_message = f"There is no deployment record {path}."
    refuses("stake", "show", "0", code=3, message=result_message)


def test_stake__no_network__names_the_option(refuses, records):
    path = record_path(records, "ethereum", "local")
    message = f"There is no deployment record {path}. Which network? Name it, such as --network ethereum:local:foundry."
    refuses("stake", "show", "0", network=None, code=3, message=message)


def test_stake__record_for_another_chain__is_refused(refuses, local_deployment, records):
    _, record = local_deployment
    write_record(replace(record, chain_id=31_337), record_path(records, "ethereum", "local"))
    message = "The suite was deployed on chain 31337, and this is chain 1337."
    refuses("stake", "show", "0", code=3, message=message)


def test_stake__nobody_at_the_node__is_refused(run, models, monkeypatch):
    monkeypatch.setenv("APE_FOUNDRY_HOST", "http://192.0.2.1:8545")
    result = run("stake", "show", "0", network="ethereum:local:foundry")
    assert result.exit_code == 3
    [sentence] = result.stderr.splitlines()
    assert sentence.startswith("Error: No node answers at the chosen network: ")


@pytest.mark.parametrize("command", ["register", "deposit", "policy", "now", "enter", "leave", "move", "withdraw",
                                     "transfer", "accept", "submitter", "show"])  # fmt: skip
def test_stake__help__shows_an_example(run, command):
    result = run("stake", command, "--help", network=None)
    assert result.exit_code == 0
    assert f"Example: ape run stake {command} " in result.stdout


# labels


@pytest.fixture
def planted(models, tournament, rival):
    """The rival's models 6 to 8, with labels of the staker's models and with one that looks like an id."""
    for label, submitter in (("model 0", ZERO), ("model 1", ZERO), ("0", ZERO)):
        tournament.register(label, submitter, sender=rival)


def test_label__what_only_an_owner_sends__is_of_the_owners_own(stake, tournament, token, staker, rounds, planted):
    assert [model["model"] for model in stake("policy", "model 0=20", "model 1=30")["models"]] == [0, 1]
    assert stake("deposit", "model 0=5")["models"] == [{"model": 0, "amount": "5"}]
    rounds.open()
    assert stake("now", "model 1=3")["models"] == [{"model": 1, "amount": "3"}]
    assert stake("leave", "model 1")["models"] == [{"model": 1, "round": 0, "amount": "3"}]
    assert stake("move", "model 0=7", "--to", "model 2")["models"] == [{"model": 0, "amount": "7"}]
    assert stake("withdraw", "model 2=all", "model 0=1")["total"] == "108"
    assert stake("submitter", "model 1", "--to", RIVAL)["models"][0]["model"] == 1
    assert stake("transfer", "model 1", "--to", RIVAL)["models"][0]["model"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("enter", "model 0"),
        ("show", "model 0"),
        ("accept", "model 0"),
        ("deposit", "model 0=1", "--for-others"),
    ],
)
def test_label__of_several_models__is_refused_with_their_ids(refuses, rounds, planted, arguments):
    rounds.open()
    message = "Models 0, 6 have the label 'model 0': name one by its id."
    refuses("stake", *arguments, "--account", STAKER, code=1, message=message)


def test_label__of_several_models__has_no_history(refuses, planted):
    refuses("history", "model 0", code=1, message="Models 0, 6 have the label 'model 0': name one by its id.")


def test_label__of_one_model__is_as_good_as_its_id(stake, rounds, models, rival):
    assert stake("deposit", "rival=1", "--for-others")["models"] == [{"model": 5, "amount": "1"}]
    stake("policy", "rival=2", account=RIVAL)
    rounds.open()
    assert stake("enter", "rival")["models"] == [{"model": 5, "amount": "2"}]
    assert stake("show", "rival", account=None) == stake("show", "5", account=None)
    stake("transfer", "rival", "--to", STAKER, account=RIVAL)
    assert stake("accept", "rival")["models"][0]["model"] == 5


def test_label__looks_like_an_id__is_named_by_its_own(stake, planted):
    assert [model["label"] for model in stake("show", "0,8", account=None)["models"]] == ["model 0", "0"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["withdraw", "rival=1"], "No model of {staker} has the label 'rival'."),
        (["enter", "none"], "No model has the label 'none'."),
        (["policy", "0,model 0", "--target", "1"], "Model 0 is named twice."),
    ],
)
def test_label__names_nothing_that_is_meant__is_refused(refuses, rounds, models, staker, arguments, message):
    code = 2 if "twice" in message else 1
    rounds.open()
    refuses("stake", *arguments, "--account", STAKER, code=code, message=message.format(staker=staker.address))


# history and leaderboard


@pytest.fixture
def two_rounds(tournament, token, staker, rival, targets, rounds):
    """A settled round of models 0, 1, 2 and 5, of which 2 did not submit, and one that goes on."""
    first = rounds.open()
    tournament.enter([0, 1], sender=staker)
    tournament.submit([0, 1], [b"\x55" * 32] * 2, sender=staker)
    tournament.submit([5], [b"\x55" * 32], sender=rival)
    rounds.lock(first)
    chunks = rounds.finalise(first, {0: UP, 1: DOWN, 2: (0, 0), 5: (SCORE, SCORE)})
    rounds.settle(first, chunks)
    second = rounds.open()
    tournament.enter([0], sender=staker)
    return first, second


def test_history__settled_and_open_round__a_row_each(run, two_rounds):
    first, second = two_rounds
    printed = json.loads(run("history", "model 0", "--json").stdout)
    assert printed == [
        history_row(first, "closed", submitted=True, corr=0.02, mmc=0.01, factor=1, payout="0.3", rank=2, scored=3),
        history_row(second, "open", submitted=False),
    ]


def history_row(number, state, **known):
    """A round of model 0 with 10 NMR at stake."""
    names = ("corr", "mmc", "factor", "payout", "rank", "scored")
    return {"model": 0, "round": number, "state": state, "stake": "10", **dict.fromkeys(names), **known}


def test_history__for_people__is_a_table(run, two_rounds):
    lines = run("history", "1,3").stdout.splitlines()
    assert lines[0].strip() == "Rounds of model 1, in NMR"
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines]
    assert ["1", "0", "closed", "yes", "10", "-0.01", "0", "1", "-0.05", "3 of 3"] in rows
    assert lines[-1] == "Model 3 has not been in a round yet."


def test_history__no_round__says_so(run, models):
    assert run("history", "3").stdout == "Model 3 has not been in a round yet.\n"


def test_history__unknown_model__is_refused(refuses, models):
    refuses("history", "6", code=1, message="There is no model 6: the last is 5.")


def test_history__log_lacks_a_deposit__is_refused(refuses, models, monkeypatch):
    monkeypatch.setattr(StakesOnChain, "events", without_deposits)
    message = "The node's log accounts for 0 NMR, and there are 100: ask a node that keeps all logs."
    refuses("history", "0", code=1, message=message)
    message = "The node's log accounts for 0 NMR, and there are 350: ask a node that keeps all logs."
    refuses("leaderboard", code=1, message=message)


def without_deposits(self, *arguments):
    """The events of a node that forgot some."""
    return [event for event in EVENTS_OF(self, *arguments) if event.name != "Deposited"]


def test_leaderboard__settled_round__ranks_by_scores(run, two_rounds, staker, rival):
    printed = json.loads(run("leaderboard", "--last", "1", "--json").stdout)
    assert printed == [
        place(1, 5, "rival", rival, 1, "10", 1.0, 1.0, "0.5", 0.05),
        place(2, 0, "model 0", staker, 1, "10", 0.02, 0.01, "0.3", 0.03),
        place(3, 1, "model 1", staker, 1, "10", -0.01, 0.0, "-0.05", -0.005),
        place(None, 2, "model 2", staker, 0, "10", None, None, "0", 0.0),
    ]


def place(rank, model, label, owner, rounds, stake, corr, mmc, payout, rate):
    """A line of the leaderboard."""
    known = {"rank": rank, "model": model, "label": label, "owner": owner.address, "rounds": rounds, "stake": stake}
    return known | {"corr": corr, "mmc": mmc, "payout": payout, "return": rate}


def test_leaderboard__for_people__is_a_table(run, two_rounds):
    lines = run("leaderboard").stdout.splitlines()
    assert lines[0].strip() == "The last settled rounds, in NMR"
    assert [cell.strip() for cell in lines[6].split("│")[1:-1]] == [
        *("3", "1", "model 1", "1", "10", "-0.0100", "0.0000", "-0.05", "-0.50%")
    ]


def test_leaderboard__nothing_settled__says_so(run, models):
    assert run("leaderboard").stdout == "No round is settled yet.\n"


def test_leaderboard__as_csv__has_its_columns_and_exact_amounts(run, two_rounds, staker, rival):
    lines = run("leaderboard", "--csv").stdout.splitlines()
    assert lines[0] == "rank,model,label,owner,rounds,stake,corr,mmc,payout,return"
    assert lines[1] == f"1,5,rival,{rival.address},1,10,1.0,1.0,0.5,0.05"
    assert lines[4] == f",2,model 2,{staker.address},0,10,,,0,0.0"


def test_rounds__settled_and_open_round__a_row_each(run, two_rounds):
    first, second = json.loads(run("rounds", "--json").stdout)
    assert (first["round"], first["state"], first["at_risk"], first["settled"]) == (0, "closed", "40", "40")
    assert (first["rewards"], first["burns"], first["factor"], first["vetoes"]) == ("0.8", "0.05", 1.0, 0)
    assert (second["round"], second["state"], second["at_risk"], second["rewards"]) == (1, "open", None, "0")
    lines = run("rounds", "--last", "1").stdout.splitlines()
    assert lines[0].strip() == "Rounds 1 to 1, in NMR"


def test_rounds__none_opened__says_so(run, models):
    assert run("rounds").stdout == "No round was opened yet.\n"


def test_leaderboard__no_round_wanted__is_refused(run, models):
    assert run("leaderboard", "--last", "0").exit_code == 2
