# SPDX-License-Identifier: MIT
"""The suite with pools on a chain of py-evm with real transactions, for receipts and audits."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from nmr.deploy.suite import SuiteParameters, TournamentParameters
from nmr.protocol.chunk_tree import ChunkTree
from nmr.protocol.chunk_tree import encode as encode_chunk
from nmr.protocol.reference import Limits
from nmr.protocol.score_words import encode_chunks
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import NMR, RATIO, SUPPLY
from tests.stateful.stage import LOOSE
from tests.support.evm_suite import GUARDIAN, OPERATOR, PROPOSER, EvmSuite, Forge, Handle
from tests.support.evm_suite import STAKER as HOLDER
from tests.support.terms import terms

HOUR: Final = 3_600
HASH: Final = b"\1" * 32
MANAGER, BACKER, OTHER, STRANGER = (
    Account.from_key(keccak(name.encode())) for name in ("manager", "backer", "other", "stranger")
)
VAST: Final = Limits(3_000_000 * NMR, 3_000_000 * NMR, 3_000_000 * NMR)


class PoolNode:
    """One tournament with a smallest stake of 1 NMR, on a ring of one if left out, and a factory of pools."""

    def __init__(
        self, more: Sequence[LocalAccount] = (), forge: Mapping[str, Forge] | None = None, ring: int = 1
    ) -> None:
        people = (MANAGER, BACKER, OTHER, STRANGER, *more)
        self.suite = EvmSuite(chain_id=31_337, forge=forge, buyback=False, decided=_parameters(ring), more=people)
        self.node = self.suite.node
        self.numeraire, self.tournament, self.factory = (
            self.suite[name].address for name in ("numeraire", "classic", "classic-pools")
        )
        for who in (MANAGER, BACKER, OTHER):
            self.call("Numeraire", self.numeraire, "transfer", who.address, 100_000 * NMR, sender=HOLDER)
        self.call("Numeraire", self.numeraire, "approve", self.tournament, 2**256 - 1, sender=HOLDER)
        self.call("Tournament", self.tournament, "register", "other", ZERO_ADDRESS, sender=HOLDER)
        # Else the tournament's sum of idle NMR begins at 0 in every call, which is dearer.
        self.call("Tournament", self.tournament, "deposit", 0, NMR, HOLDER.address, sender=HOLDER)

    def create(self, fee: int, skin: int = 1_000) -> str:
        """A pool of the manager's; gives its address."""
        number = self.read("PoolFactory", self.factory, "pool_count")
        sent = (fee, skin, ZERO_ADDRESS, "pool")
        self.call("PoolFactory", self.factory, "create", *sent, sender=MANAGER)
        pool = to_checksum_address(self.read("PoolFactory", self.factory, "pool_at", number))
        for who in (MANAGER, BACKER, OTHER):
            self.call("Numeraire", self.numeraire, "approve", pool, 2**256 - 1, sender=who)
        return pool

    def call(self, name: str, to: str, function: str, *arguments: Any, sender: LocalAccount) -> int:
        """Send a call; gives the gas of its receipt."""
        receipt = self.suite.call(Handle(name, to, "", 0, ()), function, *arguments, sender=sender)
        return int(receipt["cumulativeGasUsed"], 16)

    def pool(self, pool: str, function: str, *arguments: Any, sender: LocalAccount = STRANGER) -> int:
        """Call a pool."""
        return self.call("Pool", pool, function, *arguments, sender=sender)

    def read(self, name: str, to: str, function: str, *arguments: Any) -> Any:
        """What a view says."""
        return self.suite.read(Handle(name, to, "", 0, ()), function, *arguments)

    # rounds

    def open(self, round_id: int) -> int:
        """Open a round; gives when it locks."""
        now = self.node.now
        times = {"primary": 10_000, "contribution": 0, "clip": RATIO, "expires_in": 300 * HOUR}
        told = terms(now, HOUR, **times)
        self.call("Tournament", self.tournament, "open_round", round_id, tuple(told), HASH, sender=OPERATOR)
        return told.locks_at

    def resolve(self, round_id: int, locks_at: int, scores: dict[int, int]) -> None:
        """Take an open round to its settlement, with scores of 8 decimals by model."""

        def call(function: str, *arguments: Any, sender: LocalAccount = OPERATOR) -> None:
            self.call("Tournament", self.tournament, function, *arguments, sender=sender)

        for model in scores:
            call("submit", [model], [HASH], sender=MANAGER)
        self.node.wait(locks_at - self.node.now)
        call("lock", round_id)
        call("publish_opened", round_id, HASH)
        self.node.wait(49 * HOUR)
        chunks = encode_chunks({model: (score, 0) for model, score in scores.items()})
        tree = ChunkTree.of(chunks)
        call("propose", round_id, tree.root, 1, HASH)
        self.node.wait(25 * HOUR)
        call("settle", round_id, 0, encode_chunk(chunks[0]), tree.proof(0))


def _parameters(ring: int) -> SuiteParameters:
    bounds = LOOSE._replace(min_threshold=0)
    roles = OPERATOR.address, GUARDIAN.address
    tournament = TournamentParameters(*roles, ring, NMR, VAST, bounds, first_round=2)
    members = (PROPOSER.address,)
    holders = {HOLDER.address: SUPPLY - 4_000_000 * NMR}
    return SuiteParameters(0, members, members, holders, {"classic": tournament}, HOUR)
