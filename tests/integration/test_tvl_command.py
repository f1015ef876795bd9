# SPDX-License-Identifier: MIT
"""`ape run tvl`: a block, a series, each definition, the scenario, and what it refuses."""

import csv
import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from nmr.ape.rpc import EmbeddedRpc, rpc_of
from nmr.chain.node import NodeError
from nmr.client.lens import LensReader
from nmr.client.session import Session
from nmr.deploy.local import MARKET
from nmr.deploy.record import read_record, record_path, write_record
from nmr.text.amounts import NMR
from nmr.text.times import format_moment
from tests.integration.round_walk import RoundWalk

ZERO = "0x" + "0" * 40
HOW = "name its number, a date such as 2027-01-31, a moment, or latest."
NOBODY = "0x" + "12" * 20


@pytest.fixture
def tournament(local_suite):
    return local_suite.tournaments["classic"]


@pytest.fixture
def staked(tournament, local_suite, accounts, chain):
    """70 NMR idle and 20 at risk in round 0, 3 wei donated; gives the blocks before and after."""
    before = chain.blocks.height
    staker = accounts[4]
    local_suite.numeraire.approve(tournament, 2**255, sender=staker)
    tournament.register("tvl", ZERO, sender=staker)
    tournament.deposit(0, 70 * NMR, staker, sender=staker)
    RoundWalk(tournament, accounts, chain).open()
    tournament.stake(0, 20 * NMR, sender=staker)
    local_suite.numeraire.transfer(tournament, 3, sender=accounts[MARKET])
    return before, chain.blocks.height


@pytest.fixture
def tvl(run):
    """Runs `ape run tvl … --json` and gives what it printed."""

    def call(*arguments):
        result = run("tvl", *arguments, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return call


@pytest.fixture
def refused(run):
    """Runs `ape run tvl …` that has to be refused; gives its exit code and the sentence."""

    def call(*arguments, network="ethereum:local:test"):
        result = run("tvl", *arguments, network=network)
        assert result.exit_code != 0
        assert result.stdout == ""
        assert "Traceback" not in result.stderr
        return result.exit_code, result.stderr.splitlines()[-1].removeprefix("Error: ")

    return call


# A block


def test_tvl__latest_block__tells_every_part(tvl, tournament, staked, chain):
    printed = tvl("--price", "12.50")
    assert printed == {
        "block": staked[1],
        "timestamp": chain.blocks.head.timestamp,
        "agrees": True,
        "tournaments": [
            {
                "name": "classic",
                "address": tournament.address,
                "models": 1,
                "balance": "90.000000000000000003",
                "idle": "70",
                "at_risk": "20",
                "waiting": "0",
                "donations": "0.000000000000000003",
                "shortfall": "0",
                "reserved": "0",
                "room": "600000",
                "rounds": [{"round": 0, "state": "open", "staked": "20", "reserved": "0"}],
            }
        ],
        "idle": "70",
        "at_risk": "20",
        "waiting": "0",
        "donations": "0.000000000000000003",
        "shortfall": "0",
        "tvl": "90",
        "pools": 0,
        "in_pools": "0",
        "reserved": "0",
        "reserved_elsewhere": "0",
        "treasury_free": "3000000",
        "treasury_shortfall": "0",
        "treasury_balance": "3000000",
        "supply": "11000000",
        "circulating": "8000000",
        "burned": "0",
        "price": {"status": "known", "dollars": "12.5", "age": None},
        "tvl_dollars": "1125",
        "budgets": [
            {
                "tournament": "classic",
                "cap": "100000",
                "ceiling": "600000",
                "rate": "100000",
                "used": "0",
                "room": "600000",
            }
        ],
        "freed": [],
        "buyback": None,
    }


def test_tvl__earlier_block__tells_what_was_then(tvl, staked):
    before, after = staked
    assert tvl("--block", before)["tvl"] == "0"
    assert tvl("--block", after - 2)["tvl"] == "70"
    assert tvl("--block", "latest") == tvl()


def test_tvl__table__has_a_line_for_each_part(run, staked):
    result = run("tvl", "--price", "12.50")
    assert result.exit_code == 0, result.stderr
    assert "Price of an NMR: $12.5, as named" in result.stdout
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in result.stdout.splitlines() if "│" in line]
    assert ["classic: idle", "70", "$875.00"] in lines
    assert ["classic: at risk in round 0, open for submissions", "20", "$250.00"] in lines
    assert ["classic: donations", "0.000000000000000003", "$0.00"] in lines
    assert ["TVL: idle, at risk and waiting", "90", "$1,125.00"] in lines


def test_tvl__feed__gives_price_and_age(tvl, run, staked, project, accounts, chain):
    feed = accounts[0].deploy(project.Feed, 8)
    feed.set(1, 2 * 10**8, chain.blocks.head.timestamp, 1, sender=accounts[0])
    printed = tvl("--feed", feed.address)
    age = chain.blocks.head.timestamp - chain.blocks[-2].timestamp
    assert printed["price"] == {"status": "known", "dollars": "2", "age": age}
    assert printed["tvl_dollars"] == "180"


def test_tvl__feed_without_an_answer__leaves_the_price_unknown_and_tells_the_rest(tvl, run, staked, accounts):
    printed = tvl("--feed", accounts[15].address)
    assert printed["price"] == {"status": "unanswered", "dollars": None, "age": None}
    assert (printed["tvl"], printed["tvl_dollars"]) == ("90", None)
    result = run("tvl", "--feed", accounts[15].address)
    assert "Price of an NMR: unknown: the feed gives no answer that is a price" in result.stdout


# Definitions


def test_explain__earmarked_wallets__gives_each_figure_and_the_reason(tvl, staked, local_suite, accounts):
    wallets = [accounts[15], accounts[16]]
    for wallet, amount in zip(wallets, (100, 60), strict=True):
        local_suite.numeraire.transfer(wallet, amount * NMR, sender=accounts[MARKET])
    earmarked = [word for wallet in wallets for word in ("--earmarked", wallet.address)]
    printed = tvl("--explain", *earmarked, "--price", "10")
    found = {each["definition"]: (each["nmr"], each["dollars"]) for each in printed["definitions"]}
    assert found == {
        "at risk only": ("20", "200"),
        "at risk and waiting": ("20", "200"),
        "everything in escrow": ("90", "900"),
        "registry instances": ("90.000000000000000003", "900"),
        "escrow and reserved rewards": ("90", "900"),
        "escrow and treasury": ("3000090", "30000900"),
        "earmarked wallets": ("160", "1600"),
        "instances and earmarked wallets": ("250.000000000000000003", "2500"),
    }
    assert [reason.split(":")[0] for reason in printed["reasons"]] == [
        "Escrow is more than what is at risk by what is idle, 70 NMR",
        "Registry instances are more than escrow by donations, 0.000000000000000003 NMR",
        "The treasury holds 3,000,000 NMR that nobody has reserved",
        '160 NMR lie in wallets of the operator, "earmarked" by accounts that the chain does not have',
    ]


def test_scenario__built_with_the_real_contracts__is_4_million_against_20(run, records):
    result = run("tvl", "--scenario")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[-1] == (
        "An adapter saw $4M where $20M was staked, since $16M lay in the operator's wallets. "
        "With everything in escrow the same adapter, unchanged, sees $20M."
    )


def test_scenario__as_json__has_both_acts(tvl, records):
    before, after = tvl("--scenario")

    def dollars(act):
        return {each["definition"]: each["dollars"] for each in act["definitions"]}

    assert dollars(before) == {
        "at risk only": "1000000",
        "at risk and waiting": "1000000",
        "everything in escrow": "4000000",
        "registry instances": "4000000",
        "escrow and reserved rewards": "4000000",
        "escrow and treasury": "34000000",
        "earmarked wallets": "16000000",
        "instances and earmarked wallets": "20000000",
    }
    assert dollars(after) == {
        **dollars(before),
        "everything in escrow": "20000000",
        "registry instances": "20000000",
        "escrow and reserved rewards": "20000000",
        "escrow and treasury": "50000000",
        "earmarked wallets": "0",
    }


# Series


def test_series__range__is_csv(run, staked):
    before, after = staked
    result = run("tvl", "--from", before, "--to", after, "--events", "--price", "3")
    assert result.exit_code == 0, result.stderr
    rows = list(csv.DictReader(result.stdout.splitlines()))
    assert (int(rows[0]["block"]), int(rows[-1]["block"])) == (before, after)
    told = list(dict.fromkeys((row["tvl"], row["at_risk"], row["tvl_dollars"]) for row in rows))
    assert told[0] == ("0", "0", "0")
    assert told[-2:] == [("70", "0", "210"), ("90", "20", "270")]
    assert {row["buyback_bought"] for row in rows} == {""}


def test_series__even_in_time__tells_the_latest_block_of_each_moment(run, session, staked, tmp_path):
    begin, end = (session.timestamp(block) for block in staked)
    prices = tmp_path / "prices.csv"
    prices.write_text(f"time,price\n{moment(begin)},2\n{moment(end)},3\n")
    result = run("tvl", "--from", moment(begin), "--to", moment(end), "--points", 4, "--prices", prices)
    assert (result.exit_code, result.stderr) == (0, "")
    rows = list(csv.DictReader(result.stdout.splitlines()))
    asked = [begin + (end - begin) * i // 3 for i in range(4)]
    assert [row["time"] for row in rows] == [moment(at) for at in asked]
    for at, row in zip(asked, rows, strict=True):
        block = int(row["block"])
        assert session.timestamp(block) <= at
        assert block == staked[1] or session.timestamp(block + 1) > at
    assert [row["price"] for row in rows] == ["2", "2", "2", "3"]


def moment(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(("name", "magic"), [("tvl.svg", b"<?xml"), ("tvl.PNG", b"\x89PNG")])
def test_series__csv_and_picture__are_written(run, staked, tmp_path, name, magic):
    table, picture = tmp_path / "tvl.csv", tmp_path / name
    result = run("tvl", "--from", staked[0], "--points", 3, "--csv", table, "--picture", picture)
    written = f"Wrote {table}: 3 moments.\nWrote {picture}: 3 moments.\n"
    assert (result.exit_code, result.stderr) == (0, written)
    assert result.stdout == ""
    assert len(table.read_text().splitlines()) == 4
    assert picture.read_bytes().startswith(magic)
    assert {path.name for path in tmp_path.glob("*.*")} == {"tvl.csv", name}


def test_series__as_json__is_a_list(tvl, staked):
    assert [each["tvl"] for each in tvl("--from", staked[1] - 1, "--to", "latest", "--points", 2)] == ["90", "90"]


# Bad input


def test_tvl__block_to_come__is_refused(refused, staked):
    assert refused("--block", staked[1] + 1) == (
        2,
        f"Block {staked[1] + 1} is still to come: the latest is {staked[1]}.",
    )


def test_tvl__block_from_before_the_suite__is_refused(refused, local_suite, records):
    first = read_record(record_path(records, "ethereum", "local")).parts["lens"].block
    assert refused("--block", first - 1) == (
        2,
        f"At block {first - 1} the suite was not there yet: it is since block {first}.",
    )
    assert refused("--from", 0)[0] == 2


def test_tvl__no_record__says_so(refused, records):
    code, message = refused()
    assert code == 3
    assert message == f"There is no deployment record {record_path(records, 'ethereum', 'local')}."


def test_tvl__lens_cannot_read_the_suite__says_why(refused, local_suite, project, accounts):
    # What looks like a tournament, with more places than anybody could count.
    other = accounts[15].deploy(project.SettableTournament, local_suite.numeraire, 2**255)
    encode = local_suite.treasury.authorise.encode_input
    operation = (local_suite.treasury.address, 0, encode(other, 1, 1, 0), bytes(32), bytes(32))
    local_suite.timelock.schedule(*operation, 0, sender=accounts[3])
    local_suite.timelock.execute(*operation, sender=accounts[3])
    code, message = refused()
    assert code == 2
    assert re.fullmatch(r"The lens cannot read block \d+: execution reverted\.", message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--block", "-1"), f"Invalid value for '--block': '-1' is no block: {HOW}"),
        (("--block", "soon"), f"Invalid value for '--block': 'soon' is no block: {HOW}"),
        (("--block", "9" * 30), f"Invalid value for '--block': '{'9' * 30}' is no block: {HOW}"),
        (("--price", "twelve"), "The price is 'twelve', not a plain number such as 0.0125."),
        (("--price", "0"), "The price is 0: it has to be positive."),
        (("--price", "-1.5"), "The price is -1.5: it has to be positive."),
        (("--price", "1", "--feed", NOBODY), "Name one of --feed, --price and --prices."),
        (("--feed", ZERO), "The zero address is nobody's."),
        (("--earmarked", NOBODY), "--earmarked goes with --explain."),
        (("--explain", "--earmarked", NOBODY, "--earmarked", NOBODY), f"{'0x' + '12' * 20} is named twice."),
        (("--block", "1", "--from", "1"), "--block and --explain tell one block: leave out what makes a series."),
        (("--explain", "--csv", "x.csv"), "--block and --explain tell one block: leave out what makes a series."),
        (("--every", "1d", "--points", "2"), "Say one of --every, --points and --events."),
        (("--events", "--points", "2"), "Say one of --every, --points and --events."),
        (("--every", "0s"), "Invalid value for '--every': It is no time at all."),
        (("--every", "7"), "Invalid value for '--every': It is '7', not a duration such as 90s, 2h or 1d12h."),
        (("--block", "2027-02-30"), f"Invalid value for '--block': '2027-02-30' is no block: {HOW}"),
        (("--picture", "tvl.jpg"), "tvl.jpg is no picture: end its name with .svg or .png."),
        (("--scenario", "--price", "1"), "--scenario goes with --json and nothing else."),
    ],
)
def test_tvl__bad_input__is_one_sentence(refused, local_suite, arguments, message):
    assert refused(*arguments) == (2, message)


def test_explain__contract_of_the_suite_as_a_wallet__is_refused(refused, local_suite, tournament):
    assert refused("--explain", "--earmarked", tournament.address) == (
        2,
        f"{tournament.address} is the suite's classic, and no wallet of the operator.",
    )


def test_tvl__moment_without_a_suite__is_refused(refused, local_suite):
    code, said = refused("--block", "2199-01-01")
    assert (code, said[:55]) == (2, "2199-01-01 00:00:00 UTC is after the latest block, of 2")
    code, said = refused("--block", "1999-01-01")
    assert (code, said[:25]) == (2, "The suite is there since ")


def test_series__ends_before_it_begins__is_refused(refused, staked, session):
    ends = [format_moment(session.timestamp(block)) for block in staked]
    assert refused("--from", staked[1], "--to", staked[0]) == (
        2,
        f"The range ends at {ends[0]}, before it begins at {ends[1]}.",
    )


def test_series__picture_of_one_block__is_refused_and_nothing_written(refused, staked, tmp_path):
    arguments = ("--from", staked[1], "--csv", tmp_path / "tvl.csv", "--picture", tmp_path / "tvl.svg")
    assert refused(*arguments) == (2, "A picture needs two moments at least: name a wider range.")
    assert list(tmp_path.glob("*.*")) == []


def test_series__folder_that_is_not_there__is_refused(refused, staked, tmp_path):
    path = tmp_path / "none" / "tvl.csv"
    assert refused("--csv", path) == (2, f"{path} cannot be written: No such file or directory.")


# The lens, read by the library


@pytest.fixture
def session(local_deployment, chain):
    return Session(local_deployment[1], rpc_of(chain.provider))


def test_models__of_the_tournament__have_their_stakes(session, staked, accounts):
    [model] = LensReader(session).models(session.tournament(), staked[1])
    assert (model.model, model.owner, model.idle) == (0, accounts[4].address, 70 * NMR)
    assert model.positions == {0: 20 * NMR}


@pytest.mark.parametrize(
    "said", ["missing trie node 0xab", "required historical state unavailable", "state at block #1 is pruned"]
)
def test_figures__node_without_that_state__says_so(run, staked, monkeypatch, said):
    ask = EmbeddedRpc.ask

    def no_state(self, method, *parameters):
        if method == "eth_call":
            raise NodeError(method, -32_000, said)
        return ask(self, method, *parameters)

    monkeypatch.setattr(EmbeddedRpc, "ask", no_state)
    result = run("tvl", "--block", staked[0])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == (
        f"Error: The node no longer has the state of block {staked[0]}: ask an archive node, or a later block."
    )


def test_tvl__record_of_a_lens_elsewhere__is_refused(refused, local_deployment, records):
    _, record = local_deployment
    moved = replace(record.parts["lens"], address=record.deployer)
    write_record(replace(record, parts={**record.parts, "lens": moved}), record_path(records, "ethereum", "local"))
    code, message = refused()
    assert code == 3
    assert message == f"{record.deployer} has no code, unlike the Lens recorded as lens."
