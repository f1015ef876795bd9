# SPDX-License-Identifier: MIT
"""A chain of py-evm with a pool on it, and `nmr pool …` typed there."""

import json
from collections.abc import Callable, Mapping
from copy import copy
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from eth_account.signers.local import LocalAccount
from rich.console import Console

from nmr.cli import pool as command
from nmr.cli import tables
from nmr.cli.command import Door, FrontCommand, one_sentence
from nmr.deploy.record import write_record
from tests.support.pool_node import BACKER, MANAGER, OTHER, STRANGER, PoolNode

ACCOUNTS = {"manager": MANAGER, "backer": BACKER, "other": OTHER, "stranger": STRANGER}
Run = Callable[..., Result]


class Sending:
    """An account that sends by itself, and signs nothing."""

    def __init__(self, chain: PoolNode, account: LocalAccount) -> None:
        self._chain, self._account = chain, account
        self.address = account.address

    def send(self, _: Any, to: str, payload: bytes) -> str:
        return str(self._chain.node.send(self._account, to, payload)["transactionHash"])


@pytest.fixture
def chain() -> PoolNode:
    """A ring of two places, and nobody has allowed a pool anything."""
    return PoolNode(ring=2)


@pytest.fixture
def run(chain: PoolNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on the chain, in 80 columns, in the block after the last."""
    monkeypatch.setattr(tables, "wide_console", lambda: Console(width=80, force_terminal=True, color_system=None))
    path = tmp_path / "record.json"
    write_record(chain.suite.record, path)
    door = Door(
        rpc=chain.node,
        record_path=path,
        folder=tmp_path,
        program="nmr",
        options="",
        signer=lambda name: Sending(chain, ACCOUNTS[name]),
        address_of=lambda name: str(ACCOUNTS[name].address),
        development=lambda: True,
    )

    class Front(FrontCommand):
        def run(self, ctx: click.Context) -> Any:
            with one_sentence():
                return ctx.invoke(self.callback, door=door, **ctx.params)

    group = copy(command.cli)
    group.commands = {
        name: Front(name, callback=each.callback, params=each.params) for name, each in command.cli.commands.items()
    }

    def call(*arguments: object, account: str | None = None, as_json: bool = False) -> Result:
        chain.node.mine()
        chosen = [] if account is None else ["--account", account]
        options = [*chosen, *(["--json"] if as_json else [])]
        return CliRunner().invoke(group, [*map(str, arguments), *options])

    return call


@pytest.fixture
def pool(run: Run) -> str:
    """A pool of the manager's with a fee of 20% and a skin of 10%."""
    made = run("create", "ridge", "--fee", "0.2", "--skin", "0.1", account="manager", as_json=True)
    assert made.exit_code == 0, made.output
    return str(json.loads(made.output)["pool"])


@pytest.fixture
def opened(run: Run, chain: PoolNode, pool: str) -> int:
    """Round 2 is open, and at its place the manager has 100 NMR and the backer 50, all claimed; until when it is."""
    locks_at = chain.open(2)
    for account, amount in (("manager", 100), ("backer", 50)):
        assert run("enter", "ridge", "--amount", amount, "--place", 0, account=account).exit_code == 0
    assert run("fill", "ridge", account="stranger").exit_code == 0
    assert run("claim", pool, account="backer").exit_code == 0
    return locks_at


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def events(result: Result) -> list[tuple[str, Mapping[str, Any]]]:
    return [(each["event"], each) for each in told(result)["events"]]


def refused(result: Result) -> str:
    assert result.exit_code != 0 and "Traceback" not in result.output
    return result.output.strip().removeprefix("Error: ")
