# SPDX-License-Identifier: MIT
"""`ape run devnet` as a user starts and ends it: anvil, records and processes are real."""

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import closing
from dataclasses import replace

import pytest

from nmr.chain.node import NodeUnreachable
from nmr.deploy.anvil import free_port
from nmr.deploy.local import HOUR, RING
from nmr.deploy.record import read_record, write_record
from nmr.sealing.store import STORE_VARIABLE
from tests.integration.conftest import APE, DEVNET, PATIENCE, PROJECT


def children_of(pid: int) -> list[int]:
    """The processes that a process started, as /proc knows them."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
        return [int(child) for child in file.read().split()]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def listens(port: int) -> bool:
    with closing(socket.socket()) as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def wait_until(holds) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def refused(run, records):
    """What `ape run devnet` says that does not start."""

    def start(*options) -> str:
        result = run("devnet", *options, network=None)
        assert result.exit_code != 0
        [sentence] = result.stderr.strip().splitlines()
        return sentence

    return start


# Starting


def test_devnet__started__says_who_is_there_and_what_to_type(running_devnet):
    printed = running_devnet.printed
    for name, account in (("operator", "TEST::1"), ("guardian", "TEST::2"), ("staker 6", "TEST::9")):
        assert any(name in line and account in line for line in printed.splitlines()), printed
    assert "10000" in printed
    assert f"export APE_FOUNDRY_HOST={running_devnet.url}" in printed
    assert "ape run deploy check --network ethereum:local:foundry" in printed


def test_devnet__started__is_recorded_and_agrees_from_another_process(running_devnet):
    record = read_record(running_devnet.record)
    assert (record.chain_id, record.network, list(record.tournaments)) == (31_337, "local", ["classic"])
    result = running_devnet.run("deploy", "check", "--json")
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["agrees"]
    found = {(finding["part"], finding["what"]): finding["found"] for finding in answer["findings"]}
    assert (found["classic", "RING"], found["classic", "HOUR"]) == (str(RING), str(HOUR))


def test_devnet__what_it_says_to_type__works(live_devnet):
    lines = [line.strip() for line in live_devnet.printed.splitlines()]
    commands = [line.removeprefix("ape run ").split() for line in lines if line.startswith("ape run ")]
    assert len(commands) > 3
    for command in commands:
        result = live_devnet.run(*command, network=None)
        assert result.returncode == 0, f"{command}: {result.stderr}"


def test_devnet__time__is_that_of_the_clock(live_devnet):
    result = live_devnet.run("clock", "--json")
    assert abs(json.loads(result.stdout)["ahead"]) < 30, result.stderr


def test_clock__on_a_devnet__moves_on_and_stays_ahead(live_devnet):
    assert live_devnet.run("clock", "+2h").returncode == 0
    live_devnet.node.ask("evm_mine")
    result = live_devnet.run("clock", "--json")
    assert 7_190 < json.loads(result.stdout)["ahead"] < 7_290


def test_devnet__port_is_taken__is_refused_and_leaves_nothing(running_devnet, refused, records):
    assert refused("--port", running_devnet.port) == (
        f"Error: Port {running_devnet.port} is taken: end what listens there, or name another with --port."
    )
    assert not records.exists()


def test_devnet__another_has_the_record__is_refused(running_devnet, refused, monkeypatch):
    before = running_devnet.record.read_text()
    monkeypatch.setenv("NMR_DEPLOYMENTS", str(running_devnet.records))
    said = refused("--port", free_port())
    assert said.startswith(f"Error: Another devnet has the record {running_devnet.record}: end it, or set ")
    assert running_devnet.record.read_text() == before


def test_deploy__suite_is_there__is_refused(live_devnet):
    before = live_devnet.record.read_text()
    result = live_devnet.run("deploy")
    assert result.returncode == 1
    assert "is there already; --force deploys another" in result.stderr
    assert live_devnet.record.read_text() == before


def test_deploy__forced__replaces_the_record(live_devnet):
    before = read_record(live_devnet.record)
    result = live_devnet.run("deploy", "--force", "--json")
    try:
        assert result.returncode == 0, result.stderr
        after = read_record(live_devnet.record)
        assert {part.address for part in after.parts.values()}.isdisjoint(p.address for p in before.parts.values())
        assert json.loads(result.stdout)["parts"]["classic"]["address"] == after.parts["classic"].address
        assert live_devnet.run("deploy", "check").returncode == 0
    finally:
        write_record(before, live_devnet.record)


# Ending


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_devnet__ended__leaves_nothing(start_devnet, how):
    devnet = start_devnet()
    [anvil] = children_of(devnet.process.pid)
    assert devnet.end(how) == 0
    assert not is_running(anvil)
    assert not listens(devnet.port)
    assert not devnet.records.exists()
    assert "Traceback" not in devnet.printed


def test_devnet__ended_after_a_sealed_round__leaves_no_keys_or_sealed_files(start_devnet):
    devnet = start_devnet()
    chain = f"31337-{devnet.node.ask('eth_getBlockByNumber', '0x0', False)['hash'][2:10]}"
    environment = {name: value for name, value in devnet.environment.items() if name != STORE_VARIABLE}
    for line in (
        "round open --account TEST::1",
        "stake register first --account TEST::4",
        "stake now 0=50 --account TEST::4",
        "submit 0=docs/example/first.csv --account TEST::4",
    ):
        command = [*APE, *line.split(), "--network", DEVNET]
        done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    keys, store = devnet.records.parent / "keys", PROJECT / "store" / chain
    assert [path.name for path in keys.iterdir()] == [chain]
    assert any(path.is_file() for path in store.rglob("*"))
    assert devnet.end() == 0
    assert not keys.exists()
    assert not store.exists()


def test_devnet__ended__leaves_the_keys_of_another_chain(start_devnet):
    devnet = start_devnet()
    other = devnet.records.parent / "keys" / "1-00000000" / "round-0.key"
    other.parent.mkdir(parents=True)
    other.write_text("of another")
    assert devnet.end() == 0
    assert other.read_text() == "of another"


def test_devnet__kept__keeps_its_keys(start_devnet, tmp_path):
    devnet = start_devnet("--state", tmp_path / "chain.json")
    assert devnet.run("round", "open", "--account", "TEST::1").returncode == 0
    keys = devnet.records.parent / "keys"
    made = sorted(path.relative_to(keys) for path in keys.rglob("*"))
    assert devnet.end() == 0
    assert sorted(path.relative_to(keys) for path in keys.rglob("*")) == made
    assert made


def test_devnet__ended_while_it_deploys__leaves_nothing(start_devnet, tmp_path):
    state = tmp_path / "chain.json"
    devnet = start_devnet("--state", state, ready="Deploying")
    assert devnet.end() == 0
    assert not listens(devnet.port)
    assert not devnet.records.exists()
    assert list(tmp_path.iterdir()) == []


def test_devnet__anvil_dies__says_so_and_leaves_nothing(start_devnet):
    devnet = start_devnet()
    [anvil] = children_of(devnet.process.pid)
    os.kill(anvil, signal.SIGKILL)
    assert devnet.process.wait(PATIENCE) == 1
    assert "Error: anvil has ended by itself" in devnet.printed
    assert not devnet.records.exists()


def test_devnet__record_of_one_that_was_killed__is_replaced(start_devnet, running_devnet, tmp_path):
    record = tmp_path / "records" / "ethereum" / "local.json"
    write_record(read_record(running_devnet.record), record)
    record.write_text(record.read_text().replace("prague", "cancun"))
    devnet = start_devnet(records=tmp_path / "records")
    assert read_record(record).compiler.evm_version == "prague"
    devnet.end()
    assert not record.exists()


# A state in a file


@pytest.fixture(scope="module")
def kept(start_devnet, tmp_path_factory):
    """The file of a chain that ran, with what it was like at its end: an hour ahead, with a model and a buyback."""
    state = tmp_path_factory.mktemp("kept") / "chain.json"
    devnet = start_devnet("--state", state)
    assert devnet.run("stake", "register", "first", "--account", "TEST::4").returncode == 0
    assert devnet.run("buyback", "local").returncode == 0
    assert devnet.run("clock", "+1h").returncode == 0
    record, block = read_record(devnet.record), devnet.node.ask("eth_getBlockByNumber", "latest", False)
    assert devnet.end() == 0
    assert not devnet.records.exists()
    return state, record, block


def test_devnet__with_a_state__leaves_it_and_its_record(kept):
    state, record, _ = kept
    assert sorted(file.name for file in state.parent.iterdir()) == ["chain.json", "chain.json.record.json"]
    assert read_record(state.with_name("chain.json.record.json")) == record
    assert "buyback" in record.parts


def test_devnet__comes_back__goes_on_with_the_same_suite(kept, start_devnet):
    state, record, block = kept
    devnet = start_devnet("--state", state)
    assert "Deploying" not in devnet.printed
    assert read_record(devnet.record) == record
    latest = devnet.node.ask("eth_getBlockByNumber", "latest", False)
    assert latest["hash"] == block["hash"]
    shown = devnet.run("stake", "show", "0", "--json")
    assert shown.returncode == 0, shown.stderr
    [model] = json.loads(shown.stdout)["models"]
    assert (model["model"], model["label"]) == (0, "first")
    devnet.node.ask("evm_mine")
    later = int(devnet.node.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    assert later > int(block["timestamp"], 16) > time.time() + 3_000
    assert devnet.end() == 0


def test_devnet__another_keeps_its_chain_in_the_file__is_refused(start_devnet, refused, tmp_path):
    state = tmp_path / "chain.json"
    devnet = start_devnet("--state", state)
    assert devnet.records != tmp_path / "deployments"
    before = state.read_bytes()
    assert refused("--port", free_port(), "--state", state) == (
        f"Error: Another devnet keeps its chain in {state}: end it, or name another file with --state."
    )
    assert state.read_bytes() == before
    assert devnet.end() == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["chain.json", "chain.json.record.json"]


def test_devnet__state_in_no_folder__is_refused(refused, tmp_path):
    (tmp_path / "file").write_text("of another")
    state = tmp_path / "file" / "chain.json"
    assert refused("--port", free_port(), "--state", state) == (
        f"Error: The chain cannot be kept in {state}: File exists."
    )


def test_devnet__killed__its_anvil_ends_and_the_chain_comes_back_as_it_was_saved(start_devnet, tmp_path):
    state = tmp_path / "chain.json"
    devnet = start_devnet("--state", state)
    somebody, balance = "0x" + "ab" * 20, "0x123456789abcdef"
    devnet.node.ask("anvil_setBalance", somebody, balance)
    wait_until(lambda: balance in state.read_text())
    devnet.process.kill()
    devnet.process.wait()
    wait_until(lambda: not listens(devnet.port))
    back = start_devnet("--state", state, records=devnet.records)
    assert "Deploying" not in back.printed
    assert back.node.ask("eth_getBalance", somebody, "latest") == balance
    assert back.end() == 0


def test_devnet__state_without_its_record__is_refused(refused, tmp_path):
    state = tmp_path / "chain.json"
    state.write_text("{}")
    assert refused("--port", free_port(), "--state", state) == (
        f"Error: {state} has no record chain.json.record.json beside it, so it is no devnet's: name another file."
    )
    assert state.read_text() == "{}"


def test_devnet__state_is_no_chain__is_refused(refused, kept, tmp_path):
    state = tmp_path / "chain.json"
    state.write_text("nonsense")
    write_record(kept[1], tmp_path / "chain.json.record.json")
    assert refused("--port", free_port(), "--state", state).startswith("Error: anvil ended at once: ")
    assert state.read_text() == "nonsense"


def test_devnet__record_beside_the_state_is_of_another_chain__is_refused(start_devnet, kept, tmp_path):
    state = tmp_path / "chain.json"
    state.write_bytes(kept[0].read_bytes())
    record = tmp_path / "chain.json.record.json"
    write_record(kept[1], record)
    code_hash = kept[1].parts["classic"].code_hash
    record.write_text(record.read_text().replace(code_hash, "0x" + "11" * 32))
    with pytest.raises(
        AssertionError, match=r"Error: .*chain\.json is not the chain that chain\.json\.record\.json records"
    ):
        start_devnet("--state", state)


# A node that is not there


def test_command__no_devnet_runs__is_one_sentence(running_devnet, tmp_path):
    gone = replace(running_devnet, port=free_port(), records=tmp_path)
    write_record(read_record(running_devnet.record), gone.record)
    result = gone.run("deploy", "check")
    assert result.returncode == 3
    assert result.stderr.startswith("Error: No node answers at the chosen network: ")
    assert len(result.stderr.strip().splitlines()) == 1
    with pytest.raises(NodeUnreachable):
        gone.node.ask("eth_chainId")
