# SPDX-License-Identifier: MIT
"""A terminal at which the commands of `nmr` are typed, on a suite in this process."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from nmr.chain.node import NodeError
from nmr.cli import main
from nmr.cli.command import REFUSED, Door
from nmr.client.signers import KeySigner
from nmr.deploy.record import write_record
from nmr.text.amounts import NMR
from tests.support.evm_suite import OPERATOR, RIVAL, STAKER, EvmSuite, terms

NAMES = {"staker": STAKER, "rival": RIVAL, "operator": OPERATOR}


def open_round(suite: EvmSuite, **changed: Any) -> None:
    """Open the round whose turn it is."""
    due = suite.read(suite["classic"], "due_round")
    chosen = terms(suite.node.now)._replace(**changed)
    suite.call(suite["classic"], "open_round", due, tuple(chosen), b"\6" * 32, sender=OPERATOR)


class Signer(KeySigner):
    """Sends straight to the chain, until something stops it."""

    def __init__(self, suite: EvmSuite, name: str, stops: list[BaseException | None]) -> None:
        super().__init__(NAMES[name])
        self._suite, self._key, self._stops = suite, NAMES[name], stops

    def send(self, rpc: object, to: str, payload: bytes) -> str:
        stop = self._stops.pop(0) if self._stops else None
        if isinstance(stop, NodeError):
            raise stop
        receipt = self._suite.node.send(self._key, to, payload)
        if stop is not None:
            raise stop
        return str(receipt["transactionHash"])


class Terminal:
    """Where commands are typed."""

    def __init__(self, suite: EvmSuite, record: Path) -> None:
        self.suite = suite
        self.stops: list[BaseException | None] = []
        """What happens at each of the next transactions: an error before it, Ctrl-C after it, or nothing."""
        write_record(suite.record, record)
        self.door = Door(
            rpc=suite.node,
            record_path=record,
            folder=record.parent,
            program="nmr",
            options="",
            signer=lambda name: Signer(suite, name, self.stops),
            address_of=lambda name: str(NAMES[name].address),
            development=lambda: True,
        )

    def type(self, command: str, account: str | None = "staker") -> Result:
        arguments = [*command.split(), *([] if account is None else ["--account", account])]
        return CliRunner(mix_stderr=False).invoke(main.cli, arguments, catch_exceptions=False)

    def do(self, command: str, account: str | None = "staker") -> Any:
        result = self.type(f"{command} --json", account)
        assert result.exit_code == 0, result.stdout
        return json.loads(result.stdout)

    def refused(self, command: str, account: str | None = "staker") -> str:
        height = self.suite.node.ask("eth_blockNumber")
        result = self.type(command, account)
        assert (result.exit_code, result.stdout) == (REFUSED, ""), result.stdout + result.stderr
        assert self.suite.node.ask("eth_blockNumber") == height
        return result.stderr

    def idle(self) -> list[int]:
        """NMR that each model has idle."""
        classic = self.suite["classic"]
        count = self.suite.read(classic, "model_count")
        lens = self.suite["lens"]
        return [self.suite.read(lens, "idle_of", classic.address, model) // NMR for model in range(count)]

    def paid(self) -> int:
        """NMR that the staker no longer holds."""
        return 10**6 - self.suite.read(self.suite["numeraire"], "balanceOf", STAKER.address) // NMR
