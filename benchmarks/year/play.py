# SPDX-License-Identifier: MIT
"""A year of daily rounds: some of them led whole by `nmr operate`, the others driven in bulk.

A day is half an hour of the chain's time, where an hour of the contracts' limits has 60 seconds. A round is open for
ten minutes, and as many days as the ring has places less two lie between its lock and its outcome.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar

import coincurve
import numpy as np
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from benchmarks.rounds.bulk import UnlockedSender
from benchmarks.year.chain import OWNERS, YearChain
from benchmarks.year.serving import run_nmr
from nmr.chain.submission_message import signed_entry, submission_message
from nmr.client.rounds import Rounds
from nmr.protocol.chunk_tree import ChunkTree
from nmr.protocol.chunk_tree import encode as encode_chunk
from nmr.protocol.lanes import group_count
from nmr.protocol.reference.rounds import Terms
from nmr.protocol.score_words import Score, encode_chunks
from nmr.sealing.envelope import SALT_BYTES, Purpose, seal
from nmr.sealing.store import Store
from nmr.sealing.tables import Table, Universe
from nmr.text.amounts import NMR, RATIO, SCORE

T = TypeVar("T")
START: Final = 1_830_297_000
"""2028-01-01 02:50 in UTC."""
PREPARED: Final = 600
"""Seconds from then to the first opening."""
DAY: Final = 1_800
OPEN: Final = 600
WINDOW: Final = 1_440
EXPIRE: Final = 7_200
ENTERING: Final = 300
"""Seconds before a lock at which `nmr operate` enters."""
TARGET: Final = 2 * NMR
IDS: Final = 20
"""Ids in a file."""
SIGNED: Final = 64
"""Signed commitments in a transaction."""
TOGETHER: Final = 64
"""Calls in one transaction, as many as `multicall` takes."""
ENTERED: Final = 256
"""Groups that one call enters."""
ZERO: Final = "0x" + "00" * 20
SALT: Final = bytes(SALT_BYTES)
UNIVERSE: Final = Universe.of([f"n{number:04d}" for number in range(IDS)])
SEASON: Final = """
[opening]
cron = "*/30 * * * *"
late = "20m"
prepare = "5m"

[terms]
primary = 0.5
contribution = 2
clip = 0.05
open = "10m"
resolve = "{resolve}s"
expire = "2h"
window = "24m"

[package]
files = ["data/{{round}}/universe.csv"]
universe = "universe.csv"

[targets]
file = "data/{{round}}/targets.csv"
done = "data/{{round}}/done"
again = "1s"

[keys]
backup = "second"
hand_over = []

[enter]
before = "5m"
"""


@dataclass(frozen=True)
class Size:
    """How large a year is.

    Attributes:
        models, staked: all models, and those of them that stake and submit.
        ring: places of the ring.
        rounds: how many open.
        led: how many of these `nmr operate` leads.
    """

    models: int
    staked: int
    ring: int
    rounds: int
    led: int

    def is_led(self, number: int) -> bool:
        """Whether the service leads a round; those are spread over the year."""
        return number * self.led // self.rounds != (number + 1) * self.led // self.rounds


@dataclass(frozen=True)
class Step:
    """What was done once in a round, and what it took; seconds by the clock, bytes of calldata.

    `service` steps are runs of `nmr operate`, with the seconds of their processors and their largest memory.
    """

    round: int
    name: str
    seconds: float
    transactions: int = 0
    gas: int = 0
    calldata: int = 0
    processor: float = 0.0
    memory: int = 0


@dataclass
class Progress:
    """How far a year is.

    Attributes:
        block: of the chain when this was written.
        slot: the day that comes next.
        steps: all that was done.
        sealed: bytes of all sealed files, and how many there were.
        node: bytes of memory of anvil at its peak; what it takes to give its chain is left out.
    """

    block: int = -1
    slot: int = 0
    steps: list[Step] = field(default_factory=list)
    sealed: tuple[int, int] = (0, 0)
    node: int = 0

    @property
    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def of(cls, plain: dict[str, Any]) -> "Progress":
        """From JSON."""
        steps = [Step(**each) for each in plain["steps"]]
        return cls(plain["block"], plain["slot"], steps, tuple(plain["sealed"]), plain["node"])


class Year:
    """A tournament through a year."""

    def __init__(
        self, chain: YearChain, folder: Path, size: Size, progress: Progress, told: Callable[[str], None]
    ) -> None:
        """
        Args:
            chain: with the suite on it.
            folder: for the operator's files.
            size: how large the year is.
            progress: how far it is.
            told: takes what is done.
        """
        self._chain = chain
        self._folder = folder
        self._size = size
        self.progress = progress
        self._told = told
        self._groups = range(group_count(size.staked))
        self._store = Store(str(folder / "store"), lasting=False)
        self._signing = [coincurve.PrivateKey(bytes(chain.accounts[number].key)) for number in OWNERS]
        self._resolve = (size.ring - 2) * DAY
        self._domain = domain_separator(chain.session.chain_id, chain.tournament.address)

    @property
    def slots(self) -> int:
        """Days from the first opening to the last settlement."""
        return self._size.rounds + self._size.ring - 1

    def begin(self) -> None:
        """Register all models, and bring in the stakes of those that have one."""
        for name in ("keys", "second", "store", "data"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        (self._folder / "season.toml").write_text(SEASON.format(resolve=self._resolve))
        self._chain.move_to(START)
        chain, tournament, size = self._chain, self._chain.tournament, self._size
        for number, owner in enumerate(chain.owners):
            owned = [model for model in range(size.models) if self._owner_of(model) == number]
            self._told(f"registering and funding models for owner {number + 1} of {len(chain.owners)}")
            registered = [tournament.encode("register", f"model {model}", ZERO) for model in owned]
            self._drive_together(owner, registered, "ModelRegistered")
            chain.send(owner, chain.session.only("Numeraire"), "approve", tournament.address, 2**256 - 1)
            provided = [call for model in owned if model < size.staked for call in self._provided(model)]
            self._drive_together(owner, provided, "PolicySet")

    def _drive_together(self, owner: UnlockedSender, calls: Sequence[bytes], event: str) -> None:
        """Calls of one owner in their order, many in a transaction."""
        encode_call = self._chain.tournament.encode
        self._chain.drive([(owner, encode_call("multicall", part)) for part in _parts(calls, TOGETHER)], event)

    def play(self, slot: int) -> None:
        """A day: a round opens, is entered, submitted to and locked; an earlier one is proposed, an earlier settled."""
        size = self._size
        opens_at = self._opens_at(slot)
        self._chain.move_to(opens_at)
        opens, led = slot < size.rounds, size.is_led(slot)
        proposed, settled = slot - (size.ring - 2), slot - (size.ring - 1)
        if opens and led:
            self._provide(slot, "universe.csv", UNIVERSE.content)
            self._operate(slot, "open")
            self._submit(slot, self._seal(slot))
        elif opens:
            self._open(slot)
            self._enter(slot)
            self._submit(slot, {model: keccak(text=f"{slot} {model}") for model in range(size.staked)})
        self._chain.move_to(opens_at + OPEN - ENTERING)
        if 0 <= settled < size.rounds and not size.is_led(settled):
            self._settle(settled)
        if opens and led:
            self._operate(slot, "enter")
        self._chain.move_to(opens_at + OPEN)
        if opens and not led:
            self._lock(slot)
        if 0 <= proposed < size.rounds and not size.is_led(proposed):
            self._propose(proposed)
        if opens and led:
            self._operate(slot, "lock and list")
        if 0 <= proposed < size.rounds and size.is_led(proposed):
            content = "".join(f"{name},{value}\n" for name, value in zip(UNIVERSE.ids, _targets(proposed), strict=True))
            self._provide(proposed, "targets.csv", f"id,target\n{content}".encode())
            self._provide(proposed, "done", b"")
            self._operate(proposed, "score and propose")
        if 0 <= settled < size.rounds and size.is_led(settled):
            self._operate(settled, "settle")
            self._prune(settled)

    def _owner_of(self, model: int) -> int:
        """The number of a model's owner; ids follow the order of registration, which is owner by owner."""
        return model * len(OWNERS) // self._size.models

    def _opens_at(self, slot: int) -> int:
        return START + PREPARED + slot * DAY

    def _terms(self, slot: int) -> Terms:
        locks_at = self._opens_at(slot) + OPEN
        resolves_at = locks_at + self._resolve
        return Terms(
            primary=5_000,
            contribution=20_000,
            clip=RATIO // 20,
            threshold=0,
            sealing_key=keccak(text="sealing key"),
            locks_at=locks_at,
            resolves_at=resolves_at,
            expires_at=resolves_at + EXPIRE,
            window=WINDOW,
        )

    def _provided(self, model: int) -> tuple[bytes, bytes]:
        """Calls that bring in a model's NMR and set its policy; every other model compounds."""
        tournament, deposit = self._chain.tournament, (self._size.ring + 2) * TARGET
        return (
            tournament.encode("deposit", model, deposit, self._chain.owners[self._owner_of(model)].address),
            tournament.encode("set_policy", model, TARGET, model % 2 == 1),
        )

    # in bulk

    def _open(self, number: int) -> None:
        terms = tuple(self._terms(number))
        sent = self._chain.tournament.encode("open_round", number, terms, keccak(text="package"))
        self._drive(number, "open", [(self._chain.operator, sent)], "RoundOpened")

    def _enter(self, number: int) -> None:
        encode_call = self._chain.tournament.encode
        calls = [
            (self._chain.owners[0], encode_call("enter", list(part))) for part in _parts(list(self._groups), ENTERED)
        ]
        self._drive(number, "enter", calls, "Entered")

    def _submit(self, number: int, hashes: dict[int, bytes]) -> None:
        began = time.perf_counter()
        sequence = self._chain.now
        calls = []
        for models in _parts(sorted(hashes), SIGNED):
            entries = [self._signed(number, model, hashes[model], sequence) for model in models]
            sent = self._chain.tournament.encode("submit_signed", entries, models, [hashes[model] for model in models])
            calls.append((self._chain.owners[0], sent))
        self._drive(number, "submit", calls, "SubmittedSigned", began)

    def _signed(self, number: int, model: int, digest: bytes, sequence: int) -> tuple[int, int, int]:
        key = self._signing[self._owner_of(model)]
        hashed = submission_hash(self._domain, number, [model], [digest], sequence)
        signature = key.sign_recoverable(hashed, hasher=None)
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
        return signed_entry(1, sequence, 27 + signature[64], r, s)

    def _lock(self, number: int) -> None:
        encode_call, operator = self._chain.tournament.encode, self._chain.operator
        self._drive(number, "lock", [(operator, encode_call("lock", number))], "RoundLocked")
        listed = encode_call("publish_opened", number, keccak(text="opened"))
        self._drive(number, "list", [(operator, listed)], "SubmissionsOpened")

    def _propose(self, number: int) -> None:
        began = time.perf_counter()
        tree = ChunkTree.of(encode_chunks(_scores(number, self._size.staked)))
        sent = self._chain.tournament.encode("propose", number, tree.root, tree.chunks, keccak(text="evidence"))
        self._drive(number, "propose", [(self._chain.operator, sent)], "Proposed", began)

    def _settle(self, number: int) -> None:
        began = time.perf_counter()
        words = encode_chunks(_scores(number, self._size.staked))
        tree, encode_call = ChunkTree.of(words), self._chain.tournament.encode
        calls = [
            (self._chain.owners[0], encode_call("settle", number, i, encode_chunk(chunk), tree.proof(i)))
            for i, chunk in enumerate(words)
        ]
        self._drive(number, "settle", calls, "Settled", began)

    def _drive(
        self,
        number: int,
        name: str,
        calls: Sequence[tuple[UnlockedSender, bytes]],
        event: str,
        began: float | None = None,
    ) -> None:
        began = time.perf_counter() if began is None else began
        self._told(f"round {number:,}: {name}")
        spans = self._chain.drive(calls, event)
        self.progress.steps.append(
            Step(
                number,
                name,
                time.perf_counter() - began,
                len(calls),
                sum(span.gas for span in spans),
                sum(len(content) for _, content in calls),
            )
        )

    # by the service

    def _seal(self, number: int) -> dict[int, bytes]:
        """Sealed files of all models in the store, by their hashes."""
        began = time.perf_counter()
        self._told(f"round {number:,}: seal")
        key = Rounds(self._chain.session, self._chain.tournament).round(number).terms.sealing_key
        random = np.random.default_rng(number)
        hashes, size = {}, 0
        for model in range(self._size.staked):
            purpose = Purpose(self._chain.session.chain_id, self._chain.tournament.address, number, model)
            content = seal(Table(UNIVERSE.ids, random.random(IDS)), purpose, key, salt=SALT, universe=UNIVERSE)
            hashes[model] = self._store.put(content)
            size += len(content)
        self._provide(number, "sealed", b"".join(hashes.values()))
        before = self.progress.sealed
        self.progress.sealed = before[0] + size, before[1] + len(hashes)
        self.progress.steps.append(Step(number, "seal", time.perf_counter() - began))
        return hashes

    def _provide(self, number: int, name: str, content: bytes) -> None:
        folder = self._folder / "data" / str(number)
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)

    def _prune(self, number: int) -> None:
        """Remove the sealed files of a round, which is closed, and what it came from."""
        folder = self._folder / "data" / str(number)
        sealed = (folder / "sealed").read_bytes()
        for at in range(0, len(sealed), 32):
            name = sealed[at : at + 32].hex()
            (self._folder / "store" / name[:2] / name).unlink()
        shutil.rmtree(folder)

    def _operate(self, number: int, name: str) -> None:
        """Run the service once, as cron would."""
        self._told(f"round {number:,}: nmr operate, {name}")
        options = ("--once", "--json", "--confirmations", "0", "--account", "TEST::1")
        where = ("--node", self._chain.node.url, "--record", str(self._chain.record_path))
        environment = {"NMR_KEYS": str(self._folder / "keys"), "NMR_STORE": str(self._folder / "store")}
        arguments = ["operate", str(self._folder / "season.toml"), *options, *where]
        run = run_nmr(arguments, environment, self._folder / "output")
        self.progress.steps.append(
            Step(number, f"operate: {name}", run.seconds, processor=run.processor, memory=run.peak)
        )


def submission_hash(domain: bytes, number: int, models: Sequence[int], hashes: Sequence[bytes], sequence: int) -> bytes:
    """What is signed: the EIP-712 hash of `submission_message`, which eth_account takes a hundred times as long for."""
    content = encode(
        ["bytes32", "uint256", "bytes32", "bytes32", "uint256"],
        [
            _SUBMISSION_TYPE,
            number,
            keccak(b"".join(model.to_bytes(32, "big") for model in models)),
            keccak(b"".join(hashes)),
            sequence,
        ],
    )
    return bytes(keccak(b"\x19\x01" + domain + keccak(content)))


def domain_separator(chain_id: int, tournament: str) -> bytes:
    """The EIP-712 hash of the domain that commitments are signed for."""
    kinds = ["bytes32", "bytes32", "bytes32", "uint256", "address"]
    values = [_DOMAIN_TYPE, keccak(text="NMR Tournament"), keccak(text="1"), chain_id, tournament]
    return bytes(keccak(encode(kinds, values)))


def _type(name: str, content: dict[str, Any]) -> bytes:
    fields = ",".join(f"{each['type']} {each['name']}" for each in content["types"][name])
    return bytes(keccak(text=f"{name}({fields})"))


_MESSAGE: Final = submission_message(chain_id=1, tournament=ZERO, round_id=0, models=[], hashes=[], sequence=0)
_DOMAIN_TYPE: Final = _type("EIP712Domain", _MESSAGE)
_SUBMISSION_TYPE: Final = _type("Submission", _MESSAGE)


def _parts(whole: Sequence[T], size: int) -> Iterator[list[T]]:
    for start in range(0, len(whole), size):
        yield list(whole[start : start + size])


def _targets(number: int) -> list[float]:
    return [float(value) for value in np.random.default_rng([1, number]).choice([0, 0.25, 0.5, 0.75, 1], IDS)]


def _scores(number: int, models: int) -> dict[int, Score]:
    """Scores of the size that real ones have, the same at each call."""
    random = Random(number)  # noqa: S311 - no secret is made of it
    return {
        model: (round(random.gauss(0, 0.02) * SCORE), round(random.gauss(0, 0.005) * SCORE)) for model in range(models)
    }
