# SPDX-License-Identifier: MIT
"""The commands on a network that is not local, with keystores: an anvil that says that it is Sepolia."""

import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from eth_account import Account
from eth_utils.crypto import keccak
from web3 import Web3
from web3.providers import BaseProvider

from nmr.ape.front import announce_transactions
from nmr.deploy.anvil import Anvil, find_anvil
from nmr.deploy.record import FOLDER_VARIABLE, read_record, record_path
from nmr.text.amounts import NMR
from tests.integration.conftest import APE, PATIENCE, PROJECT

SEPOLIA = 11_155_111
PASSPHRASE = "correct horse"
ROLES = ("proposer", "executor", "holder", "operator", "guardian")
EXAMPLE = (PROJECT / "docs" / "deployment.example.toml").read_text()
PLACES = dict(
    zip(
        ROLES,
        (
            "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
            "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
            "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
            "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65",
            "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc",
        ),
        strict=True,
    )
)


def account_of(name: str):
    return Account.from_key(keccak(text=name))


@pytest.fixture(scope="module")
def node(project):
    with Anvil(find_anvil(PROJECT), chain_id=SEPOLIA, options=("--block-time", "1")) as anvil:
        for name in ("deployer", "operator", "rich", "unset"):
            anvil.node.ask("anvil_setBalance", account_of(name).address, hex(NMR))
        yield anvil


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Ape's own folder, with a keystore for everybody, the parameters, and the records."""
    folder = tmp_path_factory.mktemp("public")
    (folder / "ape" / "accounts").mkdir(parents=True)
    for name in ("deployer", "poor", "rich", "unset", *ROLES):
        keystore = Account.encrypt(account_of(name).key, PASSPHRASE, kdf="pbkdf2", iterations=2)
        (folder / "ape" / "accounts" / f"{name}.json").write_text(json.dumps(keystore))
    text = EXAMPLE.replace("max_clip = 0.05", "max_clip = 0.2")
    for name, place in PLACES.items():
        text = text.replace(place, account_of(name).address)
    (folder / "parameters.toml").write_text(text)
    return folder


@pytest.fixture(scope="module")
def run(node, folder):
    """A command in a process of its own, which knows the passphrases of some accounts."""
    environment = {
        **os.environ,
        "APE_DATA_FOLDER": str(folder / "ape"),
        FOLDER_VARIABLE: str(folder / "deployments"),
        **{f"APE_ACCOUNTS_{name}_PASSPHRASE": PASSPHRASE for name in ("deployer", "poor")},
        "APE_ACCOUNTS_operator_PASSPHRASE": "wrong",
        "APE_ACCOUNTS_unset_PASSPHRASE": "",
    }

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*APE, *map(str, arguments), "--network", f"ethereum:sepolia:{node.url}"],
            cwd=PROJECT,
            env=environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=PATIENCE,
        )

    return run


@pytest.fixture
def refused(run, folder, node):
    """The one sentence of a deployment that is refused before anything is sent, and its exit code."""

    def refused(*arguments: object) -> tuple[str, int]:
        result = run("deploy", *arguments)
        assert result.stdout == ""
        assert not (folder / "deployments").exists()
        for name in ("deployer", "rich"):
            assert node.node.number("eth_getTransactionCount", account_of(name).address, "pending") == 0
        [sentence] = [line for line in result.stderr.splitlines() if not line.startswith("Warning: ")]
        return sentence.removeprefix("Error: "), result.returncode

    return refused


@pytest.fixture(scope="module")
def deployment(run, folder):
    """The command that deploys the suite there."""
    result = run("deploy", "--account", "deployer", "--parameters", folder / "parameters.toml", "--json")
    assert result.returncode == 0, result.stderr + result.stdout
    return result


@pytest.fixture(scope="module")
def deployed(deployment):
    """The suite, deployed there."""
    return json.loads(deployment.stdout)


def test_deploy__no_account__is_refused(refused):
    assert refused() == ("Whose account deploys? Choose one with --account.", 2)


def test_deploy__no_parameters__is_refused(refused):
    sentence, code = refused("--account", "deployer")
    assert sentence.startswith("What is to be deployed? Name a file with --parameters;")
    assert code == 2


def test_deploy__accounts_whose_keys_everybody_has__is_refused(refused):
    sentence, code = refused("--account", "deployer", "--parameters", PROJECT / "docs" / "deployment.example.toml")
    assert sentence.endswith("would be a proposer, and is a test account whose key everybody has.")
    assert code == 2


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('delay = "42d"', "delay = 0", "timelock.delay is 0s: only a local chain may have less than 1d."),
        (
            "[timelock]",
            "hour = 60\n[timelock]",
            "hour is 60 seconds: only a local chain may have shorter hours than 3600.",
        ),
    ],
)
def test_deploy__parameters_for_a_local_chain__is_refused(refused, folder, old, new, problem):
    path = folder / "local.toml"
    path.write_text((folder / "parameters.toml").read_text().replace(old, new))
    assert refused("--account", "deployer", "--parameters", path) == (f"{path}: {problem}", 2)


def test_deploy__too_little_ether__is_refused(refused, folder):
    sentence, code = refused("--account", "poor", "--parameters", folder / "parameters.toml")
    assert sentence.startswith(f"{account_of('poor').address} holds 0.000000 ETH, and a deployment takes up to 0.0")
    assert code == 1


@pytest.mark.parametrize(
    ("account", "sentence"),
    [
        ("rich", "The account rich is locked: put its passphrase into APE_ACCOUNTS_rich_PASSPHRASE."),
        ("unset", "The account unset is locked, and APE_ACCOUNTS_unset_PASSPHRASE is set to nothing."),
    ],
)
def test_deploy__account_is_locked__is_refused(refused, folder, account, sentence):
    assert refused("--account", account, "--parameters", folder / "parameters.toml") == (sentence, 2)


def test_deploy__keystore__deploys_and_records(deployed, folder, node):
    path = record_path(folder / "deployments", "ethereum", "sepolia")
    record = read_record(path)
    assert deployed["record"] == str(path)
    assert (record.chain_id, record.network, record.deployer) == (SEPOLIA, "sepolia", account_of("deployer").address)
    assert record.parts["classic"].address_of("operator") == account_of("operator").address
    assert node.url not in path.read_text()


def test_deploy__parameters_that_undo_a_protection__says_so_before(deployment):
    assert deployment.stderr.splitlines()[0] == (
        "Warning: max_clip of classic is 20%: one false root can pay or burn so much of a stake, above 5%."
    )


def test_check__deployed_there__agrees(deployed, run):
    result = run("deploy", "check")
    assert result.returncode == 0, result.stderr + result.stdout
    assert "0 changed by governance, 0 wrong." in result.stdout


def test_deploy__suite_is_there__is_refused(deployed, run, folder):
    result = run("deploy", "--account", "deployer", "--parameters", folder / "parameters.toml")
    assert result.returncode == 1
    assert "is there already; --force deploys another and replaces the record." in result.stderr


def test_stake__keystore__signs(deployed, run):
    result = run("stake", "register", "alpha", "--account", "deployer", "--json")
    assert result.returncode == 0, result.stderr + result.stdout
    [transaction] = json.loads(result.stdout)["transactions"]
    # Ape counts confirmations behind it.
    assert result.stderr.splitlines()[0] == f"Sending {transaction}"


class Unreachable(BaseProvider):
    """A node that takes nothing."""

    def make_request(self, method, params):
        raise ConnectionError(method)


def test_announced__node_does_not_take_it__hash_was_said_before(capsys):
    provider = SimpleNamespace(web3=Web3(Unreachable()), network=SimpleNamespace(is_local=False))
    announce_transactions(provider)
    announce_transactions(provider)
    with pytest.raises(ConnectionError, match="eth_sendRawTransaction"):
        provider.web3.eth.send_raw_transaction(b"signed")
    assert capsys.readouterr().err == f"Sending 0x{keccak(b'signed').hex()}\n"


def test_round_open__wrong_passphrase__is_one_sentence(deployed, run):
    key = "0x" + "11" * 32
    file = "docs/example/universe.csv"
    terms = ("--threshold", "1000", "--package", file, "--sealing-key", key)
    result = run("round", "open", "--account", "operator", *terms)
    assert result.returncode == 1
    assert result.stderr.strip() == "Error: Invalid password"


def test_clock__public_network__is_refused(run):
    result = run("clock", "+2h")
    assert (result.returncode, result.stderr) == (
        2,
        "Error: The time of this chain is everybody's, and moves by itself.\n",
    )
