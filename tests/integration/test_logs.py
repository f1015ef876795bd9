# SPDX-License-Identifier: MIT
"""The log of a tournament as commands read it."""

from collections.abc import Mapping

import pytest

from nmr.ape.rpc import rpc_of
from nmr.chain.logs import decode_logs, read_logs
from nmr.chain.node import NodeError
from nmr.client.session import Session
from nmr.client.stakes import StakesOnChain
from nmr.deploy.local import GUARDIAN
from nmr.protocol.lifetimes import EVENTS
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
    tournament.deposit(0, 20 * NMR, staker, sender=staker)
    tournament.move_idle(0, 4, NMR, sender=staker)
    tournament.withdraw(4, NMR, staker, sender=staker)
    tournament.set_policy(0, 5 * NMR, True, sender=staker)
    number = rounds.open()
    tournament.enter([0], sender=staker)
    tournament.stake(4, NMR, sender=staker)
    tournament.leave(4, number, NMR, sender=staker)
    tournament.submit([0, 4], [b"\x55" * 32] * 2, sender=staker)
    rounds.lock(number)
    chunks = rounds.finalise(number, {0: (10**6, 0)})
    rounds.until(chain.pending_timestamp + 100 * 60)
    rounds.settle(number, chunks)
    number = rounds.open()
    tournament.enter([0], sender=staker)
    tournament.void(number, sender=accounts[GUARDIAN])
    tournament.settle_expired(number, [0], sender=staker)


@pytest.fixture
def session(local_deployment, chain):
    return Session(local_deployment[1], rpc_of(chain.provider))


def plain(value):
    """A value as this project has it: web3's structs and lists are tuples, its bytes are bytes."""
    if isinstance(value, Mapping):
        return tuple(map(plain, value.values()))
    if isinstance(value, list | tuple):
        return tuple(map(plain, value))
    return bytes(value) if isinstance(value, bytes) else value


def test_decode_logs__every_event_of_a_round__as_web3_decodes_it(session, tournament, chain, history):
    contract = session.tournament()
    logs = read_logs(session.rpc, [contract.address], 0, session.latest)
    found = list(decode_logs(logs, {contract.address: contract.events}))
    web3_contract = chain.provider.web3.eth.contract(address=tournament.address, abi=contract.events)
    receipts = {log.transaction: chain.provider.web3.eth.get_transaction_receipt(log.transaction) for log in logs}
    assert {event.name for event in found} >= set(EVENTS) - {"SubmittedSigned"}
    for event in found:
        told = web3_contract.events[event.name]().process_receipt(receipts[event.transaction])
        [theirs] = [each for each in told if each["logIndex"] == event.log_index]
        assert event.args == {name: plain(value) for name, value in theirs["args"].items()}
        assert (event.block, event.address) == (theirs["blockNumber"], theirs["address"])


def test_events__some_models__leaves_out_what_is_about_others_alone(session, history):
    stakes = StakesOnChain(session, session.tournament())

    def events(*models):
        found = stakes.events(EVENTS, session.latest, frozenset(models))
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
    assert "model      0 \\xff[/red]\\x1b\n" in result.stdout
    tournament.register("[red]", ZERO, sender=staker)
    shown = run("stake", "show", "--all").stdout
    assert "\\xff[/red]\\x1b" in shown
    assert "[red]" in shown


class LimitedNode:
    """A node that gives logs of so many blocks at most."""

    def __init__(self, blocks: int) -> None:
        self.blocks = blocks
        self.asked: list[tuple[int, int]] = []

    def ask(self, method, wanted):
        first, last = int(wanted["fromBlock"], 16), int(wanted["toBlock"], 16)
        if last - first >= self.blocks:
            raise NodeError(method, -32_000, "query exceeds max block range")
        self.asked.append((first, last))
        return []


def test_read_logs__node_limits_the_range__asks_for_all_blocks_in_parts():
    node = LimitedNode(3)
    assert read_logs(node, [ZERO], 5, 14, [[b"\x01" * 32]]) == []
    assert node.asked == [(5, 6), (7, 8), (9, 10), (11, 12), (13, 14)]


def test_read_logs__node_gives_not_even_a_block__fails():
    with pytest.raises(NodeError, match="query exceeds max block range"):
        read_logs(LimitedNode(0), [ZERO], 5, 14)


def test_read_logs__node_answers_nonsense__fails_in_a_sentence():
    class Odd(LimitedNode):
        def ask(self, method, wanted):
            return [{"address": 3}]

    with pytest.raises(NodeError, match="the answer makes no sense"):
        read_logs(Odd(1), [ZERO], 5, 5)


def log_of(**changed):
    """A log of the zero address in block 5, with a topic."""
    log = {"address": ZERO, "topics": [f"0x{'01' * 32}"], "data": "0x", "blockNumber": "0x5", "logIndex": "0x0"}
    return {**log, "transactionHash": f"0x{'02' * 32}", "blockHash": f"0x{'03' * 32}", **changed}


def node_of(log):
    class OneLog(LimitedNode):
        def ask(self, method, wanted):
            return [log]

    return OneLog(1)


@pytest.mark.parametrize(
    "changed",
    [
        {"address": f"0x{'01' * 20}"},
        {"blockNumber": "0x6"},
        {"topics": [f"0x{'09' * 32}"]},
        {"topics": []},
    ],
    ids=["contract", "block", "topic", "no topic"],
)
def test_read_logs__node_gives_another_log_than_asked_for__fails_in_a_sentence(changed):
    wanted = [[b"\x01" * 32, b"\x02" * 32]]
    assert len(read_logs(node_of(log_of()), [ZERO], 5, 5, wanted)) == 1
    assert len(read_logs(node_of(log_of()), [ZERO], 5, 5, [None])) == 1
    with pytest.raises(NodeError, match=r"a log of 0x0\w+ in block [56] is none that was asked for"):
        read_logs(node_of(log_of(**changed)), [ZERO], 5, 5, wanted)


@pytest.mark.parametrize("topics", [[], [f"0x{'09' * 32}"]], ids=["none", "another"])
def test_decode_logs__log_of_no_event_of_the_contract__fails_in_a_sentence(topics):
    [log] = read_logs(node_of(log_of(topics=topics)), [ZERO], 5, 5)
    with pytest.raises(NodeError, match="in block 5 is no event of its contract"):
        list(decode_logs([log], {ZERO: []}))
