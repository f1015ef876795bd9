# SPDX-License-Identifier: MIT
"""`ape run buyback …` on the embedded chain: the owner's set-up, the keeper's work, and what each command refuses."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from ape.utils import ZERO_ADDRESS

from nmr.ape.buyback_setup import LOCAL_BUDGET, LOCAL_PROGRAMME
from nmr.deploy.record import read_record, record_path, write_record
from tests.integration.buyback_file import PARAMETERS

GUARDIAN, GOVERNOR, KEEPER, MARKET = "TEST::2", "TEST::3", "TEST::4", "TEST::10"
DOLLAR = 10**6
LOT = LOCAL_PROGRAMME.lot_cap
CYCLE = LOCAL_PROGRAMME.length + LOCAL_PROGRAMME.gap


@pytest.fixture
def done(run):
    """Runs `ape run buyback …`, which has to go through, and gives what it printed."""

    def invoke(*arguments):
        result = run("buyback", *arguments)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    return invoke


@pytest.fixture
def refused(run, chain):
    """Runs `ape run buyback …`, which has to fail with a code and send nothing, and gives what it said."""

    def invoke(code, *arguments):
        height = chain.blocks.height
        result = run("buyback", *arguments)
        assert (result.exit_code, chain.blocks.height) == (code, height), result.stderr
        said = result.stderr.strip().splitlines()[-1]
        assert said.startswith("Error: ")
        return said.removeprefix("Error: ")

    return invoke


@pytest.fixture
def market(local_suite, done, project, records):
    """All that `ape run buyback local` makes, by its name in the record."""
    done("local")
    parts = read_record(record_path(records, "ethereum", "local")).parts
    return {
        name: project.get_contract(part.contract).at(part.address, fetch_from_explorer=False)
        for name, part in parts.items()
        if name.startswith("buyback") or name == "stablecoin"
    }


@pytest.fixture
def late(done, market, chain):
    """A lot that was kicked, five minutes before its end."""
    done("kick", "--account", KEEPER)
    chain.pending_timestamp += LOCAL_PROGRAMME.length - 300
    chain.mine()
    return market


def status(done) -> dict:
    return json.loads(done("status", "--json"))


# Setting up


def test_local__devnet__makes_a_buyback_that_may_spend(market, local_suite, done):
    buyback, coin = market["buyback"], market["stablecoin"]
    assert buyback.owner() == local_suite.timelock
    assert tuple(buyback.programme()) == LOCAL_PROGRAMME
    assert coin.balanceOf(local_suite.treasury) == coin.allowance(local_suite.treasury, buyback) == LOCAL_BUDGET
    assert market["buyback-filler"].BUYBACK() == buyback
    assert status(done)["state"] == "waits for the next lot"


def test_local__twice__is_refused(market, refused):
    assert refused(1, "local").startswith(f"The buyback at {market['buyback'].address} runs: end it first")


def test_status__no_buyback__says_what_to_do(local_suite, refused):
    assert refused(1, "status").startswith(
        "No buyback is recorded: make one from a checkout with `ape run buyback create`"
    )


def test_deployment__with_a_buyback__checks_it_too(market, run):
    result = run("deploy", "check", "--json")
    assert result.exit_code == 0, result.stderr
    whats = {finding["what"] for finding in json.loads(result.stdout)["findings"] if finding["part"] == "buyback"}
    assert {"owner", "guardian", "FEED", "SEQUENCER", "STABLECOIN", "programme.min_lot", "programme.burns"} <= whats


def test_deployment__record_with_another_premium__is_a_fault(market, run, records):
    path = record_path(records, "ethereum", "local")
    record = read_record(path)
    part = record.parts["buyback"]
    arguments = {**part.arguments, "programme": {**part.struct("programme"), "premium": 100}}
    write_record(replace(record, parts={**record.parts, "buyback": replace(part, arguments=arguments)}), path)
    result = run("deploy", "check")
    assert result.exit_code == 1
    assert "programme.premium" in result.stdout + result.stderr


TWAP = '[twap]\nwindow = "30m"\nmax_window = "1d"\nmax_deviation = 0.03\nmin_reserve = "200000"\n'


@pytest.fixture
def write_parameters(market, accounts, tmp_path):
    """A file of parameters for the local market, whose first buyback has ended."""

    def write(price: str | None = None, **changes):
        values = {
            "guardian": accounts[2].address,
            "stablecoin": market["stablecoin"].address,
            "pair": market["buyback-filler"].PAIR(),
            "price": f'feed = "{market["buyback-feed"].address}"' if price is None else price,
        }
        path = tmp_path / "buyback.toml"
        path.write_text(PARAMETERS.format(**values | changes))
        return path

    return write


@pytest.fixture
def ended(done, market):
    done("end", "--account", GOVERNOR)


@pytest.mark.parametrize("price", [None, TWAP])
def test_create__file__deploys_what_it_says_and_allows_nothing(
    ended, done, write_parameters, records, project, local_suite, price
):
    printed = done("create", "--parameters", write_parameters(price), "--account", "TEST::0")
    assert "allow" in printed
    parts = read_record(record_path(records, "ethereum", "local")).parts
    assert ("buyback-feed" in parts) == (price is TWAP)
    buyback = project.Buyback.at(parts["buyback"].address, fetch_from_explorer=False)
    programme = buyback.programme()
    assert (programme.lifetime_cap, programme.lot_cap, programme.burns) == (50_000_500_000, 5_000 * DOLLAR, True)
    assert (programme.discount, programme.premium, programme.max_price) == (500, 150, 40 * 10**18)
    assert buyback.owner() == local_suite.timelock
    assert buyback.next_amount() == 0
    assert "may draw $50,000.50" in done("allow", "--account", GOVERNOR)
    assert buyback.next_amount() == 5_000 * DOLLAR


def test_create__one_runs__is_refused(refused, write_parameters):
    assert "runs: end it first" in refused(1, "create", "--parameters", write_parameters(), "--account", "TEST::0")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("burns = true", "", "programme.burns is missing"),
        ('max_price = "40"', 'max_price = "14"', "above max_price $14.0000: no lot would ever be taken."),
    ],
)
def test_create__wrong_file__is_one_sentence_and_sends_nothing(ended, refused, write_parameters, old, new, said):
    path = write_parameters()
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert said in refused(2, "create", "--parameters", path, "--account", "TEST::0")


SEQUENCER = '[sequencer]\nfeed = "{feed}"\nrestart_delay = "1h"\n[programme]'


@pytest.fixture
def write_with_sequencer(write_parameters, project, accounts):
    """A file of parameters with a sequencer's feed, and that feed, which answers 0 or whatever."""

    def write(answer: int):
        feed = accounts[0].deploy(project.SettableFeed, ZERO_ADDRESS, 0, answer)
        path = write_parameters()
        path.write_text(path.read_text().replace("[programme]", SEQUENCER.format(feed=feed.address)))
        return path, feed

    return write


def test_create__sequencer_feed__is_deployed_with_it_and_checked(
    ended, done, refused, write_with_sequencer, records, project, run
):
    path, feed = write_with_sequencer(0)
    done("create", "--parameters", path, "--account", "TEST::0")
    part = read_record(record_path(records, "ethereum", "local")).parts["buyback"]
    buyback = project.Buyback.at(part.address, fetch_from_explorer=False)
    assert (buyback.SEQUENCER(), buyback.programme().restart_delay) == (feed, 3_600)
    assert (part.address_of("sequencer"), buyback.programme().min_lot) == (feed, 12_500_000)
    result = run("deploy", "check", "--json")
    assert result.exit_code == 0, result.stderr
    done("allow", "--account", GOVERNOR)
    assert refused(1, "kick", "--account", KEEPER).startswith("The chain's sequencer was down a short time ago")


@pytest.mark.parametrize(("answer", "said"), [(1, "sequencer: is down"), (15 * 10**8, "sequencer: is down")])
def test_create__feed_does_not_say_that_a_sequencer_is_up__is_refused(
    ended, refused, write_with_sequencer, answer, said
):
    path, feed = write_with_sequencer(answer)
    problem = refused(2, "create", "--parameters", path, "--account", "TEST::0")
    assert problem == f"The feed {feed.address} does not say that a sequencer is up: {said}."


def test_create__sequencer_feed_does_not_answer__is_refused(ended, refused, write_with_sequencer, market):
    path, feed = write_with_sequencer(0)
    path.write_text(path.read_text().replace(feed.address, market["stablecoin"].address))
    assert "sequencer: no answer" in refused(2, "create", "--parameters", path, "--account", "TEST::0")


def test_kick__treasury_has_less_than_the_least_lot__says_the_figures(market, done, refused):
    done("allow", "--amount", "99.999999", "--account", GOVERNOR)
    assert refused(4, "kick", "--account", KEEPER).startswith(
        "The next lot would offer $99.999999, and has to offer at least $100.00: the treasury holds "
    )


def test_create__pair_is_none__is_refused(ended, refused, write_parameters, market):
    path = write_parameters(pair=market["stablecoin"].address)
    said = refused(2, "create", "--parameters", path, "--account", "TEST::0")
    assert "is no pair of Uniswap V2 of NMR and" in said


def test_allow__less__changes_what_can_be_drawn(market, done, local_suite):
    assert "may draw $123.45 of" in done("allow", "--amount", "123.45", "--account", GOVERNOR)
    assert market["buyback"].next_amount() == 123_450_000
    assert "may draw $123.45 of" in done("allow", "--amount", "123.45", "--account", GOVERNOR)


def test_allow__by_a_stranger__is_refused(market, refused):
    refused(1, "allow", "--amount", "1", "--account", KEEPER)


def test_end__governor__ends_and_moves_nothing(late, done):
    assert "The programme has ended" in done("end", "--account", GOVERNOR)
    assert late["stablecoin"].balanceOf(late["buyback"]) == LOT
    assert status(done)["state"] == "ended"
    assert "The programme has ended" in done("end", "--account", GOVERNOR)


def test_sweep__ended__returns_everything_and_takes_the_allowance_back(late, done, local_suite, accounts):
    done("end", "--account", GOVERNOR)
    said = "The treasury has what the buyback held, and the allowance is taken back."
    assert said in done("sweep", "--account", GOVERNOR)
    assert late["stablecoin"].balanceOf(local_suite.treasury) == LOCAL_BUDGET
    assert late["stablecoin"].allowance(local_suite.treasury, late["buyback"]) == 0
    assert said in done("sweep", "--account", GOVERNOR)
    late["stablecoin"].transfer(late["buyback"], 7, sender=accounts[10])
    done("sweep", "--account", GOVERNOR)
    assert late["stablecoin"].balanceOf(local_suite.treasury) == LOCAL_BUDGET + 7


def test_sweep__runs__is_refused(late, refused):
    assert refused(4, "sweep", "--account", GOVERNOR) == "The programme has not ended: end it first."


def test_sweep__by_a_stranger__is_refused(ended, refused, market, done):
    refused(1, "sweep", "--account", KEEPER)


def test_pause__guardian__stops_until_the_owner_unpauses(late, done, refused):
    done("pause", "--account", GUARDIAN)
    assert status(done)["state"] == "paused"
    assert refused(4, "take", "--account", KEEPER).startswith("The programme is paused")
    done("unpause", "--account", GOVERNOR)
    assert refused(4, "take", "--account", KEEPER).startswith("No lot is on offer")


# Keeping


def test_kick__due__starts_a_lot(market, done):
    kicked = json.loads(done("kick", "--account", KEEPER, "--json"))
    assert (kicked["lot"], kicked["amount"], kicked["reference"]) == (1, str(LOT // DOLLAR), "15")
    assert 0 < kicked["gas"] <= 150_000
    assert market["buyback"].lot().left == LOT


def test_kick__early__says_when(late, refused):
    assert refused(4, "kick", "--account", KEEPER).startswith("The next lot is due at ")


def test_take__lot_has_just_begun__says_the_prices(market, done, refused):
    done("kick", "--account", KEEPER)
    said = refused(4, "take", "--account", KEEPER)
    assert said.startswith("The buyback offers $14.25")
    assert said.endswith("the first on the pool costs $15.0451, fee included: wait until the offer rises.")


def test_take__it_pays__earns_more_than_it_promised(late, done, accounts):
    before = late["stablecoin"].balanceOf(accounts[4])
    filled = json.loads(done("take", "--account", KEEPER, "--json", "--min-profit", "2.5"))
    earned = late["stablecoin"].balanceOf(accounts[4]) - before
    margin, cost, profit, paid = (Decimal(filled[name]) for name in ("margin", "gas_cost", "profit", "paid"))
    assert earned == margin * DOLLAR > 0
    assert profit == margin - cost >= Decimal("2.5")
    assert late["buyback"].total_paid() == paid * DOLLAR
    assert filled["gas"] < 250_000


def test_take__gas_is_dear__says_the_figures(late, refused):
    said = refused(4, "take", "--account", KEEPER, "--coin-price", str(10**16))
    assert "would bring $" in said
    assert "on the pool, $" in said
    assert said.endswith("at least $1.00 should be left.")


def test_take__sold_once__does_not_pay_again_at_once(late, done, refused):
    done("take", "--account", KEEPER)
    assert "The buyback offers $15." in refused(4, "take", "--account", KEEPER)


def test_run__once__kicks_when_due_and_says_why_it_waits(market, done):
    printed = done("run", "--once", "--account", KEEPER)
    assert printed.startswith("Kicked lot 1: $10,000.00 at a reference of $15.0000, until ")
    assert "wait until the offer rises." in printed


def test_run__once_late__fills(late, done):
    assert done("run", "--once", "--account", KEEPER).startswith("Filled $")
    assert late["buyback"].total_paid() > 0


def test_run__twap_feed__observes_when_a_window_is_over(ended, done, write_parameters, chain):
    done("create", "--parameters", write_parameters(TWAP), "--account", "TEST::0")
    done("allow", "--account", GOVERNOR)
    assert "feed: no answer" in done("run", "--once", "--account", KEEPER)
    chain.pending_timestamp += 1_800
    chain.mine()
    printed = done("run", "--once", "--account", KEEPER)
    assert printed.startswith(
        "Observed the pool for the average price.\nKicked lot 1: $5,000.00 at a reference of $14.99"
    )


def test_set_price__local_feed__is_what_the_next_kick_goes_by(market, done, refused):
    done("set-price", "15.25", "--account", KEEPER)
    done("kick", "--account", KEEPER)
    assert market["buyback"].lot().reference == 1525 * 10**16
    assert refused(2, "set-price", "0", "--account", KEEPER) == "The price has to be more than 0."
    assert refused(2, "set-price", "x", "--account", KEEPER).startswith("The price is 'x', not a plain number")


def test_programme__weeks_of_lots__buys_and_rolls_over(market, done, local_suite, chain, accounts):
    """The feed follows the pool, as the market would: a keeper that runs once a phase buys lot after lot."""
    reserve = local_suite.numeraire.balanceOf(local_suite.treasury)
    for price in ("15.00", "15.20", "15.40"):
        done("set-price", price, "--account", KEEPER)
        done("kick", "--account", KEEPER)
        chain.pending_timestamp += LOCAL_PROGRAMME.length - 60
        chain.mine()
        done("run", "--once", "--account", KEEPER)
        chain.pending_timestamp += CYCLE
        chain.mine()
    shown = status(done)
    assert 5_000 < Decimal(shown["total_paid"]) <= 3 * LOT // DOLLAR
    bought = local_suite.numeraire.balanceOf(local_suite.treasury) - reserve
    assert market["buyback"].total_bought() == bought > 0
