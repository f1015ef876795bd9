# SPDX-License-Identifier: MIT
"""Three rounds by every command that takes a node, typed in one process, each through a node with bad manners."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from nmr.chain import node as nodes
from nmr.cli.main import cli
from nmr.deploy.anvil import Anvil, find_anvil
from nmr.sealing.keys import FOLDER_VARIABLE, PrivateKey, write_key
from tests.integration.conftest import PROJECT
from tests.integration.sealed_round import UNIVERSE, predictions_of, targets
from tests.support.anvil_suite import deploy_on_anvil
from tests.support.ill_node import IllNode, ill_node

OPERATOR, GUARDIAN, STAKER, OTHER = "TEST::1", "TEST::2", "TEST::4", "TEST::5"
MODELS = 31
HASH = "0x" + "22" * 32

COMPARED = ("audit", "tvl", "verify", "stake")
"""Commands whose output is that of a good node, as far as no clock moves it."""

Step = tuple[tuple[object, ...], int]
"""A command, and the exit code that it ends with."""


class IllWalk:
    """The commands, on a chain of their own; `before` is told the number of each before it is typed."""

    def __init__(self, anvil: Anvil, node: IllNode, folder: Path) -> None:
        self.node = node
        self.folder = folder
        self.record = folder / "record.json"
        self._good = anvil.url
        deploy_on_anvil(anvil.node, self.record)
        (folder / "universe.csv").write_bytes(UNIVERSE.content)
        (folder / "predictions").mkdir()
        for model in range(3):
            predictions_of(model).to_csv(folder / "predictions" / f"{model}.csv", index=False)
        targets().to_csv(folder / "targets.csv", index=False)
        (folder / "scores.csv").write_text("model,primary,contribution\n")
        self.auditor = PrivateKey.generate()
        write_key(folder / "auditor.key", self.auditor, "an auditor's")

    def type(self, *arguments: object, url: str | None = None) -> Any:
        """A command as somebody types it, through the node with bad manners unless another is named."""
        options = ["--node", url or self.node.url, "--record", str(self.record)]
        return CliRunner(mix_stderr=False).invoke(cli, [*map(str, arguments), *options], catch_exceptions=False)

    def walk(self, before: Callable[[int], None]) -> None:
        """Type them all."""
        for number, (arguments, code) in enumerate(self.steps()):
            before(number)
            result = self.type(*arguments)
            typed = f"{' '.join(map(str, arguments))}, {self.node.mode}"
            assert result.exit_code == code, f"{typed}: {result.stdout}{result.stderr}"
            if arguments[0] in COMPARED and "--json" in arguments:
                assert plain(result.stdout) == plain(self.type(*arguments, url=self._good).stdout), typed

    def steps(self) -> Iterator[Step]:
        """What is typed, and the exit code that it ends with."""
        folder, store = self.folder, ("--store", self.folder / "store")
        staker, operator = ("--account", STAKER), ("--account", OPERATOR)
        yield ("stake", "register", *(f"model {i}" for i in range(MODELS)), *staker), 0
        yield ("stake", "deposit", f"0-{MODELS - 1}=20", *staker), 0
        yield ("stake", "policy", f"0-{MODELS - 1}=5", *staker), 0
        yield ("keys", "new"), 0
        yield ("keys", "show", 0), 0
        yield ("round", "open", "--contribution", 2, *operator), 0
        yield ("stake", "enter", "--all", *staker), 0
        yield ("stake", "now", "3=1", "4=1", *staker), 0
        yield ("stake", "leave", "5", *staker), 0
        yield ("stake", "move", "6=1", "--to", 5, *staker), 0
        yield ("stake", "withdraw", "7=1", *staker), 0
        yield ("stake", "transfer", "30", "--to", OTHER, *staker), 0
        yield ("stake", "accept", "30", "--account", OTHER), 0
        yield ("stake", "submitter", "29", "--to", OTHER, *staker), 0
        yield (
            (
                *("submit", "--folder", folder / "predictions", "--universe", folder / "universe.csv"),
                *(*store, *staker, "--json"),
            ),
            0,
        )
        yield ("stake", "show", "--mine", *staker, "--json"), 0
        yield ("clock", "locks_at", "--round", 0), 0
        yield ("round", "lock", 0, *staker), 0
        yield ("round", "status", 0), 0
        yield ("round", "opening", 0, "--universe", folder / "universe.csv", *store, *operator, "--json"), 0
        yield ("clock", "resolves_at", "--round", 0), 0
        yield ("resolve", 0, "--targets", folder / "targets.csv", *store, *operator, "--json"), 4
        yield ("clock", "final_at", "--round", 0), 0
        yield ("round", "open", *operator), 0
        yield ("clock", "+2m"), 0
        yield ("resolve", 0, *store, *staker, "--json"), 0
        yield ("keys", "hand-over", 0, "--to", self.auditor.recipient, *store), 0
        yield ("verify", 0, "--key", folder / "auditor.key", *store, "--json"), 0
        yield ("stake", "show", "--all", "--json"), 0
        yield ("round", "list"), 0
        yield ("round", "void", 1, "--account", GUARDIAN), 0
        yield ("round", "settle-expired", 1, *staker), 0
        yield ("round", "open", *operator), 0
        yield ("stake", "enter", "0-7", *staker), 0
        yield ("clock", "locks_at", "--round", 2), 0
        yield ("round", "lock", 2, *staker), 0
        yield ("round", "publish", 2, "--hash", HASH, *operator), 0
        yield ("clock", "resolves_at", "--round", 2), 0
        yield ("resolve", 2, "--scores", folder / "scores.csv", *operator), 4
        yield ("round", "veto", 2, "--root", self.root(2), "--account", GUARDIAN), 0
        yield ("clock", "expires_at", "--round", 2), 0
        yield ("resolve", 2, "--expired", *staker), 0
        yield ("deploy", "check"), 0
        yield ("tvl", "--json"), 0
        yield ("audit", "--json"), 0

    def root(self, number: int) -> str:
        """The root of a round, by the good node."""
        result = self.type("round", "status", number, "--json", url=self._good)
        return str(json.loads(result.stdout)["root"])


def plain(printed: str) -> Any:
    """What a command printed as JSON, without the time at which it did, which is also when one can leave."""

    def timeless(each: dict[str, Any]) -> dict[str, Any]:
        clocked = ("time", "free_from", "free_by") if each.get("state") in (None, "open", "waiting") else ()
        return {name: value for name, value in each.items() if name not in clocked}

    return json.loads(printed, object_hook=timeless)


@contextmanager
def ill_walk(folder: Path, monkeypatch: Any) -> Iterator[IllWalk]:
    """A walk on an anvil of its own, where nobody waits long between two attempts."""
    monkeypatch.setattr(nodes, "FIRST_PAUSE", 0.001)
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder / "keys"))
    with Anvil(find_anvil(PROJECT)) as anvil, ill_node(anvil.url) as node:
        yield IllWalk(anvil, node, folder)
