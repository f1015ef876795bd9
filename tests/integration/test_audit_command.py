# SPDX-License-Identifier: MIT
"""`ape run audit`, as a user types it: on the embedded chain, and on a live anvil whose storage is changed."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from eth_utils.address import to_checksum_address

from nmr.ape.rpc import rpc_of
from nmr.audit.chain import RpcChain
from nmr.audit.layout import TOURNAMENT, entry
from nmr.audit.run import OtherChain, Unsettled
from nmr.chain.node import NodeError, NodeUnreachable
from nmr.client.auditing import audit_chain
from nmr.deploy.local import GUARDIAN, HOUR
from nmr.deploy.record import read_record, record_path, write_record
from nmr.text.amounts import GWEI, NMR
from tests.integration.conftest import PROJECT
from tests.integration.round_walk import RoundWalk

ZERO = "0x" + "0" * 40


@pytest.fixture
def history(local_suite, accounts, chain):
    """A settled round, a void one, and models whose labels are hostile."""
    tournament, staker = local_suite.tournaments["classic"], accounts[4]
    rounds = RoundWalk(tournament, accounts, chain)
    local_suite.numeraire.approve(tournament, 100 * NMR, sender=staker)
    for label in ("alpha", "<script>", "[red]", "x", "y"):
        tournament.register(label, ZERO, sender=staker)
    tournament.deposit(0, 20 * NMR, staker, sender=staker)
    tournament.move_idle(0, 4, NMR, sender=staker)
    tournament.set_policy(0, 5 * NMR, True, sender=staker)
    number = rounds.open()
    tournament.enter([0], sender=staker)
    tournament.submit([0, 4], [b"\x55" * 32] * 2, sender=staker)
    rounds.lock(number)
    chunks = rounds.finalise(number, {0: (-(10**6), 0)})
    rounds.until(chain.pending_timestamp + 100 * HOUR)
    rounds.settle(number, chunks)
    number = rounds.open()
    tournament.enter([0], sender=staker)
    tournament.void(number, sender=accounts[GUARDIAN])
    tournament.settle_expired(number, [0], sender=staker)
    return tournament


def test_audit__embedded_chain__everything_agrees(run, history, tmp_path):
    result = run("audit", "--report", tmp_path / "audit")
    said = "This node gives no roots of storage (eth_getProof): that nothing else is stored was not checked.\n"
    assert (result.exit_code, result.stderr) == (0, said)
    assert result.stdout.startswith("Everything agrees up to block ")
    report = json.loads((tmp_path / "audit" / "audit.json").read_bytes())
    assert report["agrees"] is True
    assert report["settlements"] == 1
    assert report["figures"]["tournaments"]["classic"]["burns"] == report["figures"]["burned"] != "0"
    assert all(figures["differ"] == 0 for figures in report["compared"].values())
    page = (tmp_path / "audit" / "audit.html").read_text()
    assert "<script>" not in page


def test_audit__json__is_the_report(run, history, tmp_path):
    result = run("audit", "--json", "--report", tmp_path)
    assert json.loads(result.stdout) == json.loads((tmp_path / "audit.json").read_bytes())


def test_audit_chain__suite_of_this_process__agrees_without_a_file(chain, local_deployment, history):
    _, record = local_deployment
    report = audit_chain(rpc_of(chain.provider), record)
    assert report.disagreements == ()


def test_audit__record_with_another_code_hash__exit_code_1_and_named(run, history, records):
    path = record_path(records, "ethereum", "local")
    record = read_record(path)
    wrong = replace(record.parts["treasury"], code_hash=f"0x{'11' * 32}")
    write_record(replace(record, parts={**record.parts, "treasury": wrong}), path)
    result = run("audit", "--json")
    assert result.exit_code == 1
    [entry_] = json.loads(result.stdout)["disagreements"]
    assert (entry_["part"], entry_["what"]) == ("treasury", "hash of the code")


def test_audit__block_and_confirmations__refused(run, history):
    result = run("audit", "--block", 5, "--confirmations", 2)
    assert result.exit_code == 2
    assert "Choose the last block with one of --block, --block-hash and --confirmations." in result.stderr


def test_audit__sign_without_account_or_folder__refused(run, history, tmp_path):
    for options in (("--sign",), ("--sign", "--report", tmp_path), ("--sign", "--account", "TEST::4")):
        result = run("audit", *options)
        assert result.exit_code == 2
        assert "--sign takes an --account to sign with, and a --report folder to write to." in result.stderr


def test_audit__block_that_is_not_there__one_sentence(run, history):
    result = run("audit", "--block", 10**6)
    assert result.exit_code == 2
    assert "Block 1000000 cannot be audited" in result.stderr


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (NodeUnreachable("No node answers at there."), 3, "The node stopped answering: No node answers at there."),
        (NodeError("eth_getLogs", -1, "no"), 3, "The node answers with an error: eth_getLogs: no"),
        (Unsettled("Reorganised."), 4, "Reorganised."),
        (OtherChain("Another chain."), 3, "Another chain."),
    ],
)
def test_audit__does_not_come_to_its_end__is_no_disagreement(run, history, monkeypatch, error, code, sentence):
    def fail(self):
        raise error

    monkeypatch.setattr(RpcChain, "chain_id", fail)
    result = run("audit")
    assert result.exit_code == code
    assert sentence in result.stderr


def test_audit__no_record__exit_code_3(run, records):
    assert run("audit").exit_code == 3


def test_verify__signed_by_an_account__and_refused_once_changed(run, history, accounts, tmp_path):
    assert run("audit", "--report", tmp_path, "--sign", "--account", "TEST::4").exit_code == 0
    result = run("audit", "verify", tmp_path, "--signer", accounts[4].address, network=None)
    assert result.exit_code == 0, result.stderr
    assert f"signed by  {accounts[4].address}" in result.stdout
    result = run("audit", "verify", tmp_path, "--signer", accounts[5].address, network=None)
    assert result.exit_code == 1
    assert f"The report was signed by {accounts[4].address}, and not by {accounts[5].address}." in result.stderr
    report = tmp_path / "audit.json"
    report.write_bytes(report.read_bytes().replace(b'"settlements":1', b'"settlements":2'))
    result = run("audit", "verify", tmp_path, network=None)
    assert result.exit_code == 1
    assert "The report was changed" in result.stderr


def test_audit__live_anvil_whose_storage_was_changed__named_and_exit_code_1(live_devnet, tmp_path):
    def audit(*options, code):
        done = live_devnet.run("audit", *options)
        assert done.returncode == code, done.stderr + done.stdout
        return done

    live_devnet.run("stake", "register", "alpha", "beta", "--account", "TEST::4")
    live_devnet.run("stake", "deposit", "0=10", "1=20", "--account", "TEST::4")
    checkpoint, folder = tmp_path / "checkpoint", tmp_path / "audit"
    audit("--checkpoint", checkpoint, "--report", folder, code=0)
    # Over blocks without logs the audit goes by hashes that the state keeps, but for a state that was changed.
    live_devnet.node.ask("anvil_mine", hex(3))
    live_devnet.run("stake", "withdraw", "1=5", "--account", "TEST::4")

    tournament = read_record(live_devnet.record).tournaments["classic"].address
    idle = hex(TOURNAMENT["idle"])
    [before] = live_devnet.node.ask_all("eth_getStorageAt", [(tournament, idle, "latest")])
    changed = int(before, 16) + (1 << 60)  # a gwei more for model 1
    live_devnet.node.ask("anvil_setStorageAt", tournament, idle, f"{changed:#066x}")
    owner = f"{entry(TOURNAMENT['owner_of'], 0):#066x}"
    live_devnet.node.ask("anvil_setStorageAt", tournament, owner, f"{0xBAD:#066x}")

    done = audit("--checkpoint", checkpoint, "--report", folder, code=1)
    assert "The audit goes on after block" in done.stderr
    assert "2 figures disagree up to block" in done.stdout
    report = json.loads((folder / "audit.json").read_bytes())
    owner, idle = sorted(report["disagreements"], key=lambda each: each["model"])
    assert (owner["what"], owner["model"], owner["found"]) == ("owner", 0, f"{0xBAD:#042x}")
    assert (idle["what"], idle["model"]) == ("idle (gwei)", 1)
    assert (idle["expected"], idle["found"]) == (str(15 * NMR // GWEI), str(15 * NMR // GWEI + 1))
    last = live_devnet.node.ask("eth_getTransactionByHash", idle["transaction"])
    assert int(last["blockNumber"], 16) == idle["block"] == report["block"]["number"]
    assert to_checksum_address(last["to"]) == tournament


@pytest.fixture
def checkout(tmp_path):
    """Another checkout, installed at the same state: what is deployed is of its contracts."""
    root = tmp_path / "checkout"
    shutil.copytree(PROJECT / "contracts", root / "contracts")
    shutil.copytree(PROJECT / "nmr", root / "nmr", ignore=shutil.ignore_patterns("__pycache__", "built"))
    shutil.copy(PROJECT / "compile_contracts.py", root)
    return root


def test_audit__contract_changed_since_the_builds_were_made__compiled_anew_and_named(live_devnet, checkout, tmp_path):
    command = [sys.executable, "-m", "nmr.cli.main", "audit", "--report", tmp_path / "audit"]
    command += ["--node", live_devnet.url, "--record", live_devnet.record]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}

    def audit(code):
        done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)
        assert done.returncode == code, done.stderr + done.stdout
        return done, json.loads((tmp_path / "audit/audit.json").read_bytes())

    done, before = audit(code=0)
    assert done.stderr == ""
    assert "; from contracts/ of this checkout\n" in done.stdout

    treasury = checkout / "contracts/Treasury.vy"
    source = treasury.read_text()
    treasury.write_text(source.replace('"treasury: owner is the zero address"', '"treasury: no owner"'))
    done, after = audit(code=1)
    assert done.stderr == "The contracts are not compiled as they stand: compiling them takes a minute.\n"
    assert {(each["part"], each["what"]) for each in after["disagreements"]} == {
        ("treasury", "hash of the code that created it")
    }
    codes_before, codes_after = before["builds"]["contracts"], after["builds"]["contracts"]
    assert [name for name in codes_after if codes_after[name] != codes_before[name]] == ["Treasury"]
    assert after["builds"]["sources"] != before["builds"]["sources"]

    treasury.write_text("@")
    done, _ = audit(code=3)
    assert done.stderr.endswith(
        f"Error: The contracts in {checkout} are not compiled as they stand, and compiling them failed: "
        "`python compile_contracts.py` there says why.\n"
    )
