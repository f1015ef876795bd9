# SPDX-License-Identifier: MIT
"""The log of a tournament as commands read it."""

from types import SimpleNamespace

import pytest
from web3.exceptions import Web3RPCError

from nmr.ape.logs import logs_of, model_events
from nmr.chain.logs import RawLog, decode_logs, decode_raw
from nmr.deploy.local import GUARDIAN
from nmr.protocol.lifetimes import EVENTS
from nmr.protocol.reference.rounds import Terms
from nmr.text.amounts import NMR
from tests.integration.round_walk import RoundWalk

ZERO = "0x" + "0" * 40


@pytest.fixture
def tournament(local_suite):
    return local_suite.tournaments["classic"]


@pytest.fixture
def staker(accounts):
    return accounts[4]


@pytest.fixture
def history(tournament, local_suite, staker, accounts, chain):
    """A round with stakes, submissions and settlement, of two groups."""
    rounds = RoundWalk(tournament, accounts, chain)
    local_suite.numeraire.approve(tournament, 100 * NMR, sender=staker)
    for i in range(5):
        tournament.register(f"model {i}", ZERO, sender=staker)
    tournament.deposit(0, 20 * NMR, sender=staker)
    tournament.move_idle(0, 4, NMR, sender=staker)
    tournament.withdraw(4, NMR, staker, sender=staker)
    tournament.set_policy(0, 5 * NMR, True, sender=staker)
    number = rounds.open()
    tournament.enter([0], sender=staker)
    tournament.stake(4, NMR, sender=staker)
    tournament.leave(4, sender=staker)
    tournament.submit([0, 4], [b"\x55" * 32] * 2, sender=staker)
    rounds.lock(number)
    chunks = rounds.finalise(number, {0: (10**6, 0)})
    rounds.until(chain.pending_timestamp + 100 * 60)
    rounds.settle(number, chunks)
    number = rounds.open()
    tournament.enter([0], sender=staker)
    tournament.void(number, sender=accounts[GUARDIAN])
    tournament.settle_expired(number, [0], sender=staker)


def as_web3(tournament, chain):
    filter_ = {"address": tournament.address, "fromBlock": 0, "toBlock": "latest"}
    return chain.provider.web3.eth.get_logs(filter_)


def test_decode_raw__any_event__as_web3_decodes_it(tournament, chain, history):
    abis = [event.model_dump() for event in tournament.contract_type.events]
    logs = as_web3(tournament, chain)
    expected = decode_logs(logs, {tournament.address: abis}, lambda _: 0)
    found = decode_raw(map(RawLog.of_web3, logs), abis)
    assert {event.name for event in found} >= set(EVENTS)
    for ours, theirs in zip(found, expected, strict=True):
        args = dict(theirs.args)
        if "terms" in args:
            assert Terms.of(ours.args["terms"]) == Terms.of(args.pop("terms"))
        if "bounds" in args:
            assert ours.args["bounds"] == tuple(args.pop("bounds").values())
        assert {name: listed(ours.args[name]) for name in args} == {name: listed(args[name]) for name in args}
        assert ours.args.keys() == theirs.args.keys()
        for field in ("name", "block", "log_index", "transaction", "address"):
            assert getattr(ours, field) == getattr(theirs, field)


def listed(value):
    return list(value) if isinstance(value, list | tuple) else value


def test_raw_log__of_json__is_that_of_web3(tournament, chain, history):
    log = as_web3(tournament, chain)[-1]
    in_json = {
        "address": log["address"].lower(),
        "topics": [topic.to_0x_hex() for topic in log["topics"]],
        "data": log["data"].to_0x_hex(),
        "blockNumber": hex(log["blockNumber"]),
        "logIndex": hex(log["logIndex"]),
        "transactionHash": log["transactionHash"].to_0x_hex(),
    }
    assert RawLog.of_json(in_json) == RawLog.of_web3(log)


def test_model_events__some_models__leaves_out_what_is_about_others_alone(tournament, chain, history):
    def events(*models):
        height = chain.blocks.height
        found = model_events(tournament, chain.provider, EVENTS, 0, height, frozenset(models))
        return [event.name for event in found]

    common = ["RoundOpened", "Entered", "Submitted", "RoundLocked", "Settled", "RoundOpened", "Entered"]
    assert events(1) == ["ModelRegistered", *common, "SettledExpired"]
    assert events(4)[:3] == ["ModelRegistered", "IdleMoved", "Withdrawn"]
    assert "PolicySet" not in events(4)
    assert "PolicySet" in events(0, 4)


def test_decode__label_that_is_no_text__keeps_nobody_from_reading_the_log(tournament, chain, staker, run):
    call = bytes(tournament.register.encode_input("A" * 8, ZERO)).replace(b"A" * 8, b"\xff[/red]\x1b")
    ecosystem = chain.provider.network.ecosystem
    staker.call(ecosystem.create_transaction(receiver=tournament.address, data=call))
    result = run("stake", "show", "0")
    assert result.exit_code == 0, result.stderr
    assert "model      0 \\xff[/red]\N{REPLACEMENT CHARACTER}\n" in result.stdout
    tournament.register("[red]", ZERO, sender=staker)
    shown = run("stake", "show", "--all").stdout
    assert "\\xff[/red]\N{REPLACEMENT CHARACTER}" in shown
    assert "[red]" in shown
    abis = [event.model_dump() for event in tournament.contract_type.events]
    assert decode_logs(as_web3(tournament, chain), {tournament.address: abis}, lambda _: 0)


class LimitedNode:
    """A node that gives logs of so many blocks at most."""

    def __init__(self, blocks: int) -> None:
        self.blocks = blocks
        self.asked: list[tuple[int, int]] = []
        self.web3 = SimpleNamespace(provider=None, eth=SimpleNamespace(get_logs=self.get_logs))

    def get_logs(self, wanted):
        first, last = wanted["fromBlock"], wanted["toBlock"]
        if last - first >= self.blocks:
            raise Web3RPCError("query exceeds max block range")
        self.asked.append((first, last))
        return []


def test_logs_of__node_limits_the_range__asks_for_all_blocks_in_parts():
    node = LimitedNode(3)
    assert logs_of(ZERO, node, [[b"\x01" * 32]], 5, 14) == []
    assert node.asked == [(5, 7), (8, 9), (10, 12), (13, 14)]


def test_logs_of__node_gives_not_even_a_block__fails():
    with pytest.raises(Web3RPCError):
        logs_of(ZERO, LimitedNode(0), [None], 5, 14)
