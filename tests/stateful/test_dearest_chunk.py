# SPDX-License-Identifier: MIT
"""The dearest chunk that stakers can make of one: they change their policies when its root stands already."""

from eth_utils.crypto import keccak

from nmr.deploy.suite import SuiteParameters, TournamentParameters, deploy_suite
from nmr.protocol import chunk_tree
from nmr.protocol.reference import UNLIMITED, Limits, Terms
from nmr.protocol.score_words import GROUPS_PER_CHUNK, MAX_SCORE, MIN_SCORE, encode_chunks
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR
from tests.stateful.chain import BoaDeployer, Chain
from tests.stateful.stage import (
    DEPLOYER,
    GUARDIAN,
    HOLDINGS,
    HOUR,
    LOOSE,
    OPERATOR,
    START,
    STRANGER,
    WHALE,
)
from tests.support.terms import terms

LIMITS = Limits(*3 * (100_000 * NMR,))
LIMIT = 16_777_216
"""Gas that a transaction may use at most, by EIP-7825."""
MODELS = 4 * GROUPS_PER_CHUNK
DEPTH = 16
"""Siblings of the longest proof: of a chunk of 55,924."""


class Scene:
    """A tournament with a full chunk, whose root is final and as deep as can be, and the next round of its place."""

    def __init__(self) -> None:
        self.chain = Chain(START)
        suite = deploy_suite(
            BoaDeployer(self.chain.env, DEPLOYER),
            SuiteParameters(
                delay=0,
                proposers=(STRANGER,),
                executors=(STRANGER,),
                holders=HOLDINGS,
                tournaments={"classic": TournamentParameters(OPERATOR, GUARDIAN, 1, NMR, LIMITS, LOOSE)},
                hour=HOUR,
            ),
        )
        self.tournament = suite["classic"]
        self.rounds = 0
        approve = suite.numeraire, "approve", self.tournament.address, UNLIMITED
        assert self.chain.call(*approve, sender=WHALE).reason is None
        models = list(range(MODELS))
        for model in models:
            self.call("register", str(model), ZERO_ADDRESS, sender=WHALE)
        opened = self.open()
        for model in models:
            # Straight to stake: no idle word was ever written.
            self.call("stake", model, 100 * NMR + model * GWEI, sender=WHALE)
            self.call("set_policy", model, 100 * NMR, True, sender=WHALE)
        for first in range(0, MODELS, 128):
            some = models[first : first + 128]
            self.call("submit", some, [b"\1" * 32] * len(some), sender=WHALE)
        self.chain.now = opened.locks_at
        self.call("lock", 0, sender=STRANGER)
        self.call("publish_opened", 0, b"\2" * 32, sender=OPERATOR)
        self.chain.now = opened.resolves_at
        # Some win and some lose, so that rewards are drawn and burns burned.
        scores = {model: (MAX_SCORE, MAX_SCORE) if model % 2 else (MIN_SCORE, MIN_SCORE) for model in models}
        [words] = encode_chunks(scores)
        self.chunk = chunk_tree.encode(words)
        self.proof = [bytes([level + 1]) * 32 for level in range(DEPTH)]
        root = chunk_tree.leaf_of(self.chunk)
        for sibling in self.proof:
            root = keccak(root + sibling)
        self.call("propose", 0, root, chunk_tree.MAX_CHUNKS, b"\3" * 32, sender=OPERATOR)
        self.chain.now += opened.window
        self.open()

    def open(self) -> Terms:
        times = {"opens_for": 100 * HOUR, "resolves_in": 24 * HOUR, "expires_in": 300 * HOUR}
        opened = terms(self.chain.now, HOUR, primary=20_000, contribution=10_000, **times)
        self.call("open_round", self.rounds, tuple(opened), b"\5" * 32, sender=OPERATOR)
        self.rounds += 1
        return opened

    def call(self, function: str, *arguments: object, sender: str) -> None:
        outcome = self.chain.call(self.tournament, function, *arguments, sender=sender)
        assert outcome.reason is None, f"{function}: {outcome.reason}"

    def settle(self) -> int:
        """Settle the chunk, undo it, and tell the gas of a transaction that does it."""
        data = self.tournament.settle.prepare_calldata(0, 0, self.chunk, self.proof)
        state = self.chain.env.evm.vm.state
        # As at the start of a transaction: what was written before counts as old, and nothing is warm.
        state.lock_changes()
        state._account_db._reset_access_counters()
        with self.chain.env.anchor():
            done = self.chain.env.execute_code(
                to_address=self.tournament.address, sender=STRANGER, data=data, contract=self.tournament
            )
        assert not done.is_error
        zeros = data.count(0)
        return 21_000 + 4 * zeros + 16 * (len(data) - zeros) + done.get_gas_used()


def test_dearest_chunk__policies_changed_after_the_root_stands__fits_a_transaction() -> None:
    scene = Scene()
    compounding = scene.settle()
    for model in range(MODELS):
        # Some of every lane comes home, into idle words that were empty.
        scene.call("set_policy", model, 50 * NMR, False, sender=WHALE)
    dearest = scene.settle()
    assert dearest > 2 * compounding
    assert dearest < LIMIT
    print(f"{compounding:,} gas while all compound, {dearest:,} at the dearest")
