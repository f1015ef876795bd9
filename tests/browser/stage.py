# SPDX-License-Identifier: MIT
"""A devnet with a season on it, and the page of it on a server, for the command that comes behind.

Run it by `python -m tests.browser.stage COMMAND …`: the command finds in the environment variable STAGE, as JSON, the
URLs of `node` and `site`, the accounts of anvil, and the deployment record.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from eth_account.signers.local import LocalAccount

from benchmarks.page.serving import served
from nmr.audit.chain import RpcChain
from nmr.chain.node import Node
from nmr.client.auditing import suite_abis
from nmr.client.lens import LensReader
from nmr.client.session import Session
from nmr.deploy.anvil import Anvil, find_anvil
from nmr.deploy.local import GUARDIAN, HOUR, OPERATOR, STAKERS
from nmr.deploy.record import Record, plain_record
from nmr.page.export import take_snapshot
from nmr.page.site import write_site
from nmr.protocol.chunk_tree import ChunkTree
from nmr.protocol.chunk_tree import encode as encode_chunk
from nmr.protocol.score_words import encode_chunks
from nmr.sealing.documents import Evidence, ListedSubmission, OpeningList
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR
from tests.support.anvil_suite import AnvilChain, deploy_on_anvil, local_accounts
from tests.support.evm_suite import calldata
from tests.support.programme import DOLLAR, FEED_DECIMALS
from tests.support.terms import terms

PROJECT: Final = Path(__file__).parents[2]
HASH: Final = b"\1" * 32
LABELS: Final = ("ridge", "<img src=x onerror=alert(1)>", "\u202egpj.exe", "'\"><script>", "a b", "forest")
"""Of the models, in their order; some are hostile."""
LOT: Final = 3_000 * DOLLAR
"""What the buyback may spend, in one lot."""
PRICE: Final = 125 * 10 ** (FEED_DECIMALS - 1)
"""$12.50, as its feed says it."""
SCORES: Final = ((2, 1), (-3, 2), (1, 0), (4, -2), (-1, -1), (0, 3), (5, 1))
"""CORR and MMC of each model in percent; the last is the pool's."""


class Season:
    """Rounds on a devnet, by transactions of anvil's accounts."""

    def __init__(self, node: Node, record: Record) -> None:
        self.chain = AnvilChain(node)
        self.record = record
        self.accounts = local_accounts()
        self.people = [self.accounts[number] for number in STAKERS]
        self.rounds = 0
        self.files: dict[str, bytes] = {}
        """What the operator publishes by hash, by name."""

    def call(self, name: str, function: str, *arguments: Any, sender: LocalAccount, to: str | None = None) -> None:
        """Send a call to a part of the suite, or to a contract of its kind."""
        part = self.record.only(name)[1] if to is None else None
        address = to if part is None else part.address
        assert address is not None
        self.chain.send(sender, address, calldata(name, function, arguments))

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.chain.node.ask("evm_increaseTime", seconds)
        self.chain.node.ask("evm_mine")

    @property
    def tournament(self) -> str:
        """Its address."""
        return self.record.only("Tournament")[1].address

    @property
    def now(self) -> int:
        """Unix seconds of the latest block."""
        return int(self.chain.node.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def register(self) -> str:
        """Six models with deposits and policies, and a pool; gives the pool's address."""
        for model, (person, label) in enumerate(zip(self.people, LABELS, strict=True)):
            self.call("Numeraire", "approve", self.tournament, 2**255, sender=person)
            self.call("Tournament", "register", label, ZERO_ADDRESS, sender=person)
            self.call("Tournament", "deposit", model, 3_000 * NMR, person.address, sender=person)
            self.call("Tournament", "set_policy", model, (300 + 100 * model) * NMR, model % 2 == 0, sender=person)
        manager, backer = self.people[:2]
        self.call("PoolFactory", "create", 2_000, 1_000, ZERO_ADDRESS, "pool", sender=manager)
        factory = self.record.only("PoolFactory")[1].address
        at = calldata("PoolFactory", "pool_at", (0,))
        pool = "0x" + str(self.chain.ask("eth_call", {"to": factory, "data": f"0x{at.hex()}"}, "latest"))[-40:]
        for person, amount in ((manager, 100), (backer, 50)):
            self.call("Numeraire", "approve", pool, 2**255, sender=person)
            for place in range(4):
                self.call("Pool", "enter_order", place, amount * NMR, sender=person, to=pool)
        # Orders run in a later block, and blocks are told apart by their time.
        self.wait(1)
        return pool

    def open(self, pool: str) -> int:
        """Open the next round, and give it stakes and submissions; gives its id."""
        round_id, operator = self.rounds, self.accounts[OPERATOR]
        self.rounds += 1
        told = terms(self.now, HOUR, threshold=1_000 * NMR)
        self.call("Tournament", "open_round", round_id, tuple(told), HASH, sender=operator)
        self.call("Tournament", "enter", [0, 1], sender=operator)
        self.call("Pool", "fill", round_id % 4, sender=operator, to=pool)
        for model, person in enumerate([*self.people, self.people[0]]):
            self.call("Tournament", "submit", [model], [HASH], sender=person)
        return round_id

    def opening(self, round_id: int) -> OpeningList:
        """The opening list of a round, in which one submission does not count."""
        reasons = {2: "It is not sealed to the <b>round's</b> key."}
        entries = tuple(ListedSubmission(model, HASH, reasons.get(model)) for model in range(len(SCORES)))
        return OpeningList(self.record.chain_id, self.tournament, round_id, HASH, HASH, entries)

    def evidence(self, of: OpeningList) -> Evidence:
        """Evidence beside an opening list; nobody computed its scores."""
        weights = {model: (300 + 100 * model) * GWEI for model in of.valid if model < len(self.people)}
        hashes = of.digest, HASH, HASH, HASH, HASH
        return Evidence(of.chain_id, of.tournament, of.round, *hashes, 2_345_678, weights, {"numerai-tools": "0.7.2"})

    def resolve(self, round_id: int, scale: int) -> None:
        """Take an open round to its settlement; scores are of a percent times the scale."""
        operator = self.accounts[OPERATOR]
        self.wait(25 * HOUR)
        self.call("Tournament", "lock", round_id, sender=operator)
        opening = self.opening(round_id)
        self.files[f"opening-{round_id}.json"] = opening.content
        self.call("Tournament", "publish_opened", round_id, opening.digest, sender=operator)
        self.wait(49 * HOUR)
        point = 10**6 * scale
        chunks = encode_chunks({model: (point * one, point * two) for model, (one, two) in enumerate(SCORES)})
        tree = ChunkTree.of(chunks)
        evidence = self.evidence(opening)
        self.files[f"evidence-{round_id}.json"] = evidence.content
        self.call("Tournament", "propose", round_id, tree.root, len(chunks), evidence.digest, sender=operator)
        self.wait(25 * HOUR)
        for index, chunk in enumerate(chunks):
            proof = tree.proof(index)
            self.call("Tournament", "settle", round_id, index, encode_chunk(chunk), proof, sender=operator)

    def buy_back(self) -> None:
        """A lot at $15, half of which a staker takes."""
        timelock = self.record.only("Timelock")[1].address
        treasury, buyback = (self.record.only(name)[1] for name in ("Treasury", "Buyback"))
        allow = calldata("Treasury", "allow", (buyback.address_of("stablecoin"), buyback.address, LOT))
        ask, filler = self.chain.node.ask, self.people[-1]
        ask("anvil_setBalance", timelock, hex(10**18))
        ask("anvil_impersonateAccount", timelock)
        ask("eth_sendTransaction", {"from": timelock, "to": treasury.address, "data": f"0x{allow.hex()}"})
        ask("anvil_stopImpersonatingAccount", timelock)
        self.call("Buyback", "kick", sender=filler)
        self.call("Numeraire", "approve", buyback.address, 2**255, sender=filler)
        self.call("Buyback", "take", LOT // 2, 0, filler.address, b"", sender=filler)

    def play(self) -> None:
        """Two settled rounds, a void one, an open one, and a feed that says $12.50 at the end."""
        pool = self.register()
        self.buy_back()
        for scale in (2, -1):
            self.resolve(self.open(pool), scale)
        void = self.open(pool)
        self.call("Tournament", "void", void, sender=self.accounts[GUARDIAN])
        self.call("Tournament", "settle_expired", void, [0, 1], sender=self.accounts[OPERATOR])
        self.open(pool)
        self.call("SettableFeed", "set", PRICE, sender=self.accounts[OPERATOR])


@contextmanager
def staged(folder: Path) -> Iterator[Mapping[str, Any]]:
    """A devnet with a season on it, and its page."""
    with Anvil(find_anvil(PROJECT)) as anvil:
        record = deploy_on_anvil(anvil.node, folder / "record.json", buyback=True)
        season = Season(anvil.node, record)
        season.play()
        feed = record.only("SettableFeed")[1].address
        lens = LensReader(Session(record, anvil.node))
        snapshot = take_snapshot(
            RpcChain(anvil.node, time.sleep),
            record,
            suite_abis(),
            price_at=lambda block: lens.figures(block, feed).price,
            feed=feed,
        )
        files, plain = list(snapshot.files()), plain_record(record)
        write_site(folder / "site/nmr", files, record=plain, node=anvil.url)
        write_site(folder / "site/any", files, record=plain, node=anvil.url, any_node=True)
        write_site(folder / "site/live", [], record=plain, node=anvil.url)
        for name, content in season.files.items():
            (folder / "site" / name).write_bytes(content)
        with served(folder / "site") as site:
            accounts = [account.address for account in season.accounts]
            yield {"node": anvil.url, "site": site, "accounts": accounts, "record": plain}


def main(command: Sequence[str]) -> int:
    """Run a command on the stage, and give its exit code."""
    with tempfile.TemporaryDirectory() as folder, staged(Path(folder)) as stage:
        return subprocess.run(command, env={**os.environ, "STAGE": json.dumps(stage)}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
