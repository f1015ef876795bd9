# SPDX-License-Identifier: MIT
"""A season on an anvil: its operator's folder, its crowd, and the time that passes for both.

The chain is the devnet's suite. A block is a second later than the one before, however long that took, and time passes
by `pass_time` alone. So a season plays the same again, whatever is killed in it.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from copy import copy
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import pandas as pd
from click.testing import CliRunner

from nmr.chain.logs import decode_logs, read_logs
from nmr.chain.node import Node
from nmr.cli.front import for_nodes
from nmr.cli.guard import cli as guard_command
from nmr.cli.keep import cli as keep_command
from nmr.cli.operate import cli as operate_command
from nmr.cli.watch import cli as watch_command
from nmr.client.api import Suite
from nmr.client.auditing import audit_chain
from nmr.client.rounds import Rounds
from nmr.client.session import Session
from nmr.client.signers import KeySigner
from nmr.client.staking import Staker
from nmr.client.submitting import submit
from nmr.deploy.anvil import Anvil
from nmr.deploy.local import OPERATOR, STAKERS
from nmr.deploy.record import read_record
from nmr.operate import loop, telling  # noqa: F401 - what the command imports, once for all its processes
from nmr.protocol.reference.rounds import State
from nmr.rounds.status import view_round
from nmr.sealing.keys import FOLDER_VARIABLE as KEYS_VARIABLE
from nmr.sealing.keys import PrivateKey, write_key
from nmr.sealing.store import STORE_VARIABLE, Store
from nmr.sealing.tables import Table, Universe
from nmr.text.amounts import NMR
from tests.integration.killing import Outcome, Stage, end
from tests.support.anvil_suite import deploy_on_anvil, local_accounts

IDS: Final = [f"n{number:04d}" for number in range(30)]
UNIVERSE: Final = Universe.of(IDS)
MODELS: Final = 6
START: Final = 1_830_297_000
"""2028-01-01 02:50 in UTC, ten minutes before an opening."""
LOOK: Final = 720
"""Seconds between two looks at most, while a round is not closed."""
MOST_MOMENTS: Final = 400

SEASON: Final = """
[opening]
cron = "*/30 * * * *"
late = "20m"
prepare = "5m"
until = "{until}"

[terms]
primary = 0.5
contribution = 2
clip = 0.05
open = "10m"
resolve = "24m"
expire = "60m"
window = "24m"

[package]
files = ["data/{{round}}/universe.csv", "terms.md"]
universe = "universe.csv"

[targets]
file = "data/{{round}}/targets.csv"
done = "data/{{round}}/done"
again = "1s"

[keys]
backup = "second"
hand_over = ["guardian.pub"]

[enter]
before = "5m"
{more}
"""


class SeasonStage:
    """A chain, a folder, and those who play a season."""

    def __init__(self, anvil: Anvil, folder: Path, *, rounds: int, more: str = "") -> None:
        """
        Args:
            anvil: a new chain.
            folder: for all files.
            rounds: how many rounds open.
            more: further lines of the season's file.
        """
        self.stage = Stage(anvil, folder)
        self.node: Node = anvil.node
        self.folder = self.stage.folder
        self.url = anvil.url
        self.record_path = self.folder / "record.json"
        self.stage.until(START - 60)
        self.record = deploy_on_anvil(self.node, self.record_path)
        self.stage.until(START)
        self.accounts = local_accounts()
        self.session = Session(read_record(self.record_path), self.node)
        self.tournament = self.session.tournament()
        self.use_store(str(self.folder / "store"))
        (folder / "beside").mkdir()
        for name in ("second", "keys", "store", "data"):
            (self.folder / name).mkdir(exist_ok=True)
        self.guardian = PrivateKey.generate()
        write_key(self.folder / "guardian.key", self.guardian, "the guardian's")
        (self.folder / "guardian.pub").write_text(f"{self.guardian.recipient}\n")
        (self.folder / "terms.md").write_text("What counts, in words.\n")
        until = pd.Timestamp(START + 600 + 1_800 * rounds - 900, unit="s", tz="UTC").isoformat()
        self._count = rounds
        self.season = self.folder / "season.toml"
        self.season.write_text(SEASON.format(until=until, more=more))
        for number in range(rounds):
            self.provide_universe(number)
        self.submitted: set[int] = set()
        self._register()

    # the service

    def operate(
        self,
        *options: object,
        kill: int | None = None,
        strike: Callable[[], None] | None = None,
        place: str = "keys",
    ) -> Outcome:
        """`nmr operate --once`, killed at its k-th step or not at all; something else may strike there instead."""
        account = [] if "--dry-run" in options else ["--account", f"TEST::{OPERATOR}"]
        told = ("--confirmations", 0, *account, *options)
        return self._run(operate_command, self.season, *told, kill=kill, strike=strike, place=place)

    def guard(self, *options: object) -> Outcome:
        """`nmr guard --once`, by the key that the season's rounds are handed over to."""
        return self._run(guard_command, "--key", self.folder / "guardian.key", *options)

    def watch(self, *options: object) -> Outcome:
        """`nmr watch --once`."""
        return self._run(watch_command, *options)

    def keep(self, *options: object) -> Outcome:
        """`nmr keep --once` of somebody without a role."""
        return self._run(keep_command, "--account", "TEST::11", *options)

    def at_once(self) -> "SeasonStage":
        """The same season, for a process that runs beside another one of this stage."""
        other = copy(self)
        other.stage = Stage(self.stage.anvil, self.folder.parent / "beside")
        return other

    def save(self) -> None:
        """Keep the chain as it is, for when its process is killed."""
        self.stage.anvil.save()

    def kill_node(self) -> None:
        """End the chain's process at once."""
        end(self.stage.anvil.pid)

    @property
    def node_is_there(self) -> bool:
        """Whether the chain's process runs."""
        return not self.stage.anvil.wait(0)

    def start_node(self) -> None:
        """Let the chain go on from where it was saved."""
        self.stage.anvil.stop()
        self.stage.anvil.__enter__()
        # With an interval anvil begins at its own clock, which nobody moved.
        self.node.ask("anvil_setBlockTimestampInterval", 1)
        self.pass_time(1)

    def use_store(self, url: str) -> None:
        """Let everybody use another store."""
        self.store_url = url
        self.store = Store(url)

    def remove_store(self) -> None:
        """Let the store be away."""
        os.rename(self.folder / "store", self.folder.parent / "away")

    @property
    def store_is_there(self) -> bool:
        """Whether the store is not away."""
        return (self.folder / "store").exists()

    def return_store(self) -> None:
        """Let the store be there again."""
        (self.folder.parent / "away").rename(self.folder / "store")

    def _run(
        self,
        command: click.Command,
        *options: object,
        kill: int | None = None,
        strike: Callable[[], None] | None = None,
        place: str = "keys",
    ) -> Outcome:
        def work() -> list[Any]:
            os.environ.update({KEYS_VARIABLE: str(self.folder / place), STORE_VARIABLE: self.store_url})
            told = [*options, "--once", "--json", "--node", self.url, "--record", self.record_path]
            runner = CliRunner(mix_stderr=False)
            result = runner.invoke(for_nodes(command), [str(each) for each in told], catch_exceptions=False)
            return [result.exit_code, result.stdout, result.stderr]

        answer, steps = self.stage.fork(work, kill, strike)
        return Outcome(*(answer or (None, "", "")), steps)

    # the crowd

    def act(self) -> None:
        """Whatever others than the operator do at this moment: submissions to the open round, and targets."""
        rounds = Rounds(self.session, self.tournament)
        for number in rounds.opened():
            view = view_round(rounds, number)
            if view.state == State.OPEN and number not in self.submitted:
                self.submit(number)
            if view.state == State.OPENED and view.now >= view.info.terms.resolves_at:
                self.provide_targets(number)

    def submit(self, number: int) -> None:
        """Let all models but the last submit to the open round."""
        staker = Staker(self.session, self.tournament, self.staker)
        tables = {model: prediction(number, model) for model in range(MODELS - 1)}
        salt = np.random.default_rng(number).bytes
        submit(staker, tables, UNIVERSE, self.store, salt)
        self.submitted.add(number)

    def provide_universe(self, number: int) -> None:
        """Let a round's universe be there."""
        folder = self.folder / "data" / str(number)
        folder.mkdir(exist_ok=True)
        (folder / "universe.csv").write_bytes(UNIVERSE.content)

    def provide_targets(self, number: int) -> None:
        """Let a round's outcome be there, unless a test brings its own."""
        folder = self.folder / "data" / str(number)
        if not (folder / "targets.csv").exists():
            targets(number).to_csv(folder / "targets.csv", index=False)
            (folder / "done").touch()

    @property
    def now(self) -> int:
        """The time of the newest block."""
        return int(self.node.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def pass_time(self, seconds: int) -> None:
        """Let a block be so much later than the newest."""
        self.stage.until(self.now + seconds)

    def moments(self) -> Iterator[int]:
        """The moments of a season at which something can be done, until it is over; the crowd acts at each twice.

        Before the operator looks it does what it can, and after that what the operator made possible.
        """
        for moment in range(MOST_MOMENTS):
            self.act()
            yield moment
            self.act()
            following = self._following(self.now)
            if following is None:
                return
            self.stage.until(following)
        raise AssertionError("The season does not end.")

    def _following(self, now: int) -> int | None:
        """The next moment at which something can be done."""
        rounds = Rounds(self.session, self.tournament)
        found = {START + 600 + 1_800 * number for number in range(self._count)}
        for number in rounds.opened():
            view = view_round(rounds, number)
            if view.state != State.CLOSED:
                terms = view.info.terms
                found |= {terms.locks_at - 300, terms.locks_at, terms.resolves_at, terms.expires_at, view.info.final_at}
                found.add(now + LOOK)
        return min((moment for moment in found if moment > now), default=None)

    # what came of it

    def outcome(self) -> dict[str, Any]:
        """What matters of a season that is over, and nothing that is random in it, such as keys."""
        rounds, suite = Rounds(self.session, self.tournament), Suite(self.session)
        infos = {number: rounds.round(number) for number in rounds.opened()}
        holdings = [suite.model(model) for model in range(MODELS)]
        return {
            "rounds": {
                number: (view_round(rounds, number).state.name, info.at_risk, info.root.hex(), info.granted)
                for number, info in infos.items()
            },
            "holdings": [(each.idle, each.staked, each.lifetime.rewards, each.lifetime.burns) for each in holdings],
            "events": dict(self._counts()),
        }

    def audit(self) -> bool:
        """Whether the audit of the whole chain agrees."""
        return audit_chain(self.node, self.record).agrees

    def key_of(self, number: int) -> bytes:
        """The public half of a round's key, on the chain."""
        return bytes(Rounds(self.session, self.tournament).round(number).terms.sealing_key)

    def locks_at(self, number: int) -> int:
        """When a round locks."""
        return Rounds(self.session, self.tournament).round(number).terms.locks_at

    def resolves_at(self, number: int) -> int:
        """When a round's outcome is known."""
        return Rounds(self.session, self.tournament).round(number).terms.resolves_at

    def _counts(self) -> Counter[str]:
        """How often the tournament logged each event."""
        logs = read_logs(self.node, [self.tournament.address], 0, self.session.latest)
        return Counter(event.name for event in decode_logs(logs, {self.tournament.address: self.tournament.events}))

    @property
    def staker(self) -> KeySigner:
        """The owner of all models."""
        return KeySigner(self.accounts[STAKERS[0]])

    def _register(self) -> None:
        """Models of one owner: compounding ones, one with a target, and one that never submits."""
        staker = Staker(self.session, self.tournament, self.staker)
        staker.register([f"model-{number}" for number in range(MODELS)], None)
        staker.deposit({model: (50 + model) * NMR for model in range(MODELS)})
        for model in range(MODELS):
            staker.set_policy([model], {model: 10 * NMR}, compound=model % 2 == 0)


def targets(number: int, seed: int = 0) -> pd.DataFrame:
    """The outcome of a round; a lie about it with another seed."""
    values = np.random.default_rng([seed, number]).choice([0, 0.25, 0.5, 0.75, 1], len(IDS))
    return pd.DataFrame({"id": IDS, "target": values})


def prediction(number: int, model: int) -> Table:
    """What a model predicts in a round: random, and its own."""
    return Table(UNIVERSE.ids, np.random.default_rng([number, model]).random(len(IDS)))
