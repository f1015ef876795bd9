# SPDX-License-Identifier: MIT
"""`ape run audit` and `ape run tvl` of a suite with a buyback, on the embedded chain."""

import json
from dataclasses import replace

import pytest

from nmr.ape.buyback_setup import LOCAL_BUDGET, LOCAL_PROGRAMME
from nmr.deploy.record import read_record, record_path, write_record
from nmr.text.amounts import NMR, format_fixed, format_nmr

GUARDIAN, GOVERNOR, KEEPER = "TEST::2", "TEST::3", "TEST::4"
LOT = LOCAL_PROGRAMME.lot_cap


@pytest.fixture
def done(run):
    """Runs a command that has to go through, and gives what it printed."""

    def invoke(*arguments):
        result = run(*arguments)
        assert result.exit_code == 0, result.stderr + result.stdout
        return result.stdout

    return invoke


@pytest.fixture
def filled(local_suite, done, chain, project, records):
    """A buyback with two lots and a fill of each, the second at a higher reference; its contract."""

    def wait(seconds):
        chain.pending_timestamp += seconds
        chain.mine()

    done("buyback", "local")
    for _ in range(2):
        done("buyback", "kick", "--account", KEEPER)
        wait(LOCAL_PROGRAMME.length - 300)
        done("buyback", "take", "--account", KEEPER)
        done("buyback", "set-price", "15.40", "--account", KEEPER)
        wait(LOCAL_PROGRAMME.length + LOCAL_PROGRAMME.gap)
    part = read_record(record_path(records, "ethereum", "local")).parts["buyback"]
    return project.Buyback.at(part.address, fetch_from_explorer=False)


def test_audit__after_a_buyback__agrees_and_counts_it(filled, done):
    report = json.loads(done("audit", "--json"))
    assert report["agrees"] is True
    figures = report["figures"]["buybacks"]["buyback"]
    assert (figures["paid"], figures["bought"]) == (str(filled.total_paid()), str(filled.total_bought()))
    assert (figures["lots"], figures["fills"]) == (2, 2)
    assert report["compared"]["buyback"] == {"compared": 3, "differ": 0}


def test_audit__programme_in_the_record_with_a_lower_cap__log_and_code_tell(filled, run, records):
    path = record_path(records, "ethereum", "local")
    record = read_record(path)
    part = record.parts["buyback"]
    arguments = {**part.arguments, "programme": {**part.struct("programme"), "lot_cap": LOT - 1}}
    write_record(replace(record, parts={**record.parts, "buyback": replace(part, arguments=arguments)}), path)
    result = run("audit", "--json")
    assert result.exit_code == 1
    found = [
        (each["source"], each["what"], each["expected"], each["found"])
        for each in json.loads(result.stdout)["disagreements"]
    ]
    assert found[0] == ("log", "amount of Kicked", str(LOT - 1), str(LOT))
    assert ("code", "PROGRAMME.lot_cap in the code", str(LOT - 1), str(LOT)) in found


def test_audit__block_before_the_buyback__agrees(filled, done, records):
    block = read_record(record_path(records, "ethereum", "local")).parts["stablecoin"].block - 1
    assert json.loads(done("audit", "--json", "--block", block))["agrees"] is True


def test_audit__paused_ended_and_swept__agrees(filled, done):
    done("buyback", "kick", "--account", KEEPER)
    done("buyback", "pause", "--account", GUARDIAN)
    assert json.loads(done("audit", "--json"))["agrees"] is True
    done("buyback", "end", "--account", GOVERNOR)
    report = json.loads(done("audit", "--json"))
    assert report["agrees"] is True
    assert report["figures"]["buybacks"]["buyback"]["ended"] is True
    done("buyback", "sweep", "--account", GOVERNOR)
    assert json.loads(done("audit", "--json"))["agrees"] is True


def test_tvl__after_a_buyback__tells_it_at_each_block(filled, done, local_suite, records):
    done("buyback", "kick", "--account", KEEPER)
    told = json.loads(done("tvl", "--json"))
    spent, bought = filled.total_paid(), filled.total_bought()
    assert told["buyback"] == {
        "in_treasury": format_fixed(LOCAL_BUDGET - spent - LOT, 6),
        "allowed": format_fixed(LOCAL_BUDGET - spent - LOT, 6),
        "held": format_fixed(LOT, 6),
        "left": format_fixed(LOT, 6),
        "spent": format_fixed(spent, 6),
        "lifetime_cap": "1000000",
        "remaining": format_fixed(LOCAL_BUDGET - spent, 6),
        "bought": format_nmr(bought),
        "burns": False,
        "counted_in": "treasury_balance",
        "ended": False,
    }
    # The NMR that it bought is in the treasury's balance, once.
    assert told["treasury_balance"] == format_nmr(local_suite.numeraire.balanceOf(local_suite.treasury))
    assert told["treasury_balance"] == format_nmr(3_000_000 * NMR + bought)
    before = read_record(record_path(records, "ethereum", "local")).parts["buyback"].block
    assert json.loads(done("tvl", "--json", "--block", before - 1))["buyback"] is None
    earlier = json.loads(done("tvl", "--json", "--block", before))["buyback"]
    assert (earlier["spent"], earlier["in_treasury"]) == ("0", "1000000")


def test_tvl__table__has_the_buyback(filled, done):
    printed = done("tvl")
    assert "The buyback at that block" in printed
    assert f"{format_nmr(filled.total_bought())} NMR" in printed


def test_tvl__no_buyback__is_null_and_no_table(local_suite, done):
    assert json.loads(done("tvl", "--json"))["buyback"] is None
    assert "buyback" not in done("tvl")
