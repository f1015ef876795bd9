# SPDX-License-Identifier: MIT
"""The lens on titanoboa: beside the reference while a round is played, short of what it should hold, and its gas."""

import pickle
from collections.abc import Iterator

import pytest
from boa.util.abi import Address

from nmr.deploy.suite import SuiteParameters, TournamentParameters, default_bounds, deploy_suite
from nmr.protocol.chunk_tree import ChunkTree, encode
from nmr.protocol.lanes import pack
from nmr.protocol.reference import Limits
from nmr.protocol.reference.rounds import State
from nmr.protocol.score_words import MAX_GROUP, encode_chunks
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import GWEI, NMR, SCORE, SUPPLY
from nmr.tvl.figures import PAGE_MODELS, Figures, decode_page
from tests.stateful.chain import BoaDeployer, Chain, plain
from tests.stateful.lens_reference import models_of
from tests.stateful.lockstep import Lockstep
from tests.stateful.stage import DEPLOYER, GUARDIAN, HOUR, OPERATOR, STRANGER, WHALE, stage
from tests.support.actors import account
from tests.support.terms import terms

PAGE_GAS = 30_000_000
CALL_GAS = 21_000 + 16 * 132
"""Of a transaction or `eth_call` with these arguments, before the contract runs."""
MODELS = 5_000
RING = 64


@pytest.fixture
def lockstep() -> Iterator[Lockstep]:
    """The stage's first tournament on both sides; what is done to it is undone."""
    with stage().chain.anchor():
        yield Lockstep(stage(), pickle.loads(stage().world), "classic")


def seen(lockstep: Lockstep) -> Figures:
    return Figures.decode(lockstep.chain.view(stage().suite.lens, "figures", ZERO_ADDRESS))


def agree(lockstep: Lockstep) -> bool:
    """Whether lens and reference tell the same: all figures, and every model with its stakes."""
    lockstep.compare_figures()
    tournament = lockstep.address["tournament"]
    count, models = lockstep.tournament.model_count, []
    for first in range(0, count, PAGE_MODELS):
        answer = lockstep.chain.view(stage().suite.lens, "models", tournament, first, PAGE_MODELS, 0)
        models += decode_page(first, answer)
    assert models == models_of(lockstep.world, tournament, lockstep.chain.now)
    return seen(lockstep).agrees and len(models) == count


def test_figures__through_a_whole_round__are_those_of_the_reference(lockstep):
    chain, model, other = lockstep.chain, lockstep.cast.acting[0], lockstep.cast.acting[3]
    assert agree(lockstep)
    opened = terms(
        chain.now,
        HOUR,
        primary=20_000,
        contribution=10_000,
        clip=10**11,
        expires_in=152 * HOUR,
    )
    number = lockstep.tournament.due_round(chain.now)
    lockstep.call("open_round", number, opened, b"\5" * 32, sender=OPERATOR)
    for staked in (model, other):
        lockstep.call("stake", staked, 50 * NMR, sender=lockstep.cast.owner(staked))
        lockstep.call("submit", [staked], [b"\2" * 32], sender=lockstep.cast.owner(staked))
    lockstep.call("transfer", lockstep.address["tournament"], 7, sender=WHALE, part="numeraire")
    assert agree(lockstep)
    assert seen(lockstep).at_risk == 100 * NMR
    assert seen(lockstep).donations == 7
    chain.now = opened.locks_at
    assert agree(lockstep)
    lockstep.call("lock", number, sender=STRANGER)
    assert agree(lockstep)
    assert seen(lockstep).reserved == 10 * NMR
    lockstep.call("publish_opened", number, b"\3" * 32, sender=OPERATOR)
    chain.now = opened.resolves_at
    [chunk, *_] = chunks = encode_chunks({model: (SCORE // 50, 0), other: (-SCORE // 50, 0)})
    tree = ChunkTree.of(chunks)
    lockstep.call("propose", number, tree.root, len(chunks), b"\4" * 32, sender=OPERATOR)
    assert agree(lockstep)
    chain.now += opened.window
    lockstep.call("settle", number, 0, encode(chunk), tree.proof(0), sender=STRANGER)
    assert agree(lockstep)
    assert seen(lockstep).burned == 2 * NMR
    # Both stakes compound: they wait for the next round of the place.
    assert [(each.state, each.staked) for each in seen(lockstep).rounds] == [(State.UNKNOWN, 100 * NMR)]
    # Every stored word, too: the treasury's list of tournaments among them.
    lockstep.compare()


def test_figures__escrow_holds_less_than_it_owes__is_a_shortfall(lockstep):
    before = seen(lockstep)
    state, token = lockstep.chain.env.evm.vm.state, Address(lockstep.address["numeraire"]).canonical_address
    holder = lockstep.address["tournament"]
    state.set_storage(
        token, lockstep.storage["numeraire"].slot("erc20.balanceOf", holder), before.escrows[0].balance - 5
    )
    after = seen(lockstep)
    assert before.agrees
    assert not after.agrees
    assert (after.escrows[0].shortfall, after.shortfall, after.donations) == (5, 5, 0)
    assert after.tvl == before.tvl - 5
    assert after.idle == before.idle


def test_figures__treasury_holds_less_than_is_reserved__is_a_shortfall(lockstep):
    held = seen(lockstep).treasury_balance
    state, treasury = lockstep.chain.env.evm.vm.state, Address(lockstep.address["treasury"]).canonical_address
    state.set_storage(treasury, lockstep.storage["treasury"].slot("reserved"), held + 3)
    after = seen(lockstep)
    assert not after.agrees
    assert (after.treasury_shortfall, after.treasury_free, after.reserved_elsewhere) == (3, 0, held + 3)


def test_models__page_on_a_ring_of_64__takes_less_than_30_million_gas():
    chain = Chain(1_700_000_000)
    owner = account("owner of all").address
    suite = deploy_suite(
        BoaDeployer(chain.env, DEPLOYER),
        SuiteParameters(
            delay=0,
            proposers=(STRANGER,),
            executors=(STRANGER,),
            holders={WHALE: SUPPLY // 2},
            tournaments={
                "classic": TournamentParameters(OPERATOR, GUARDIAN, RING, NMR, Limits(NMR, NMR, NMR), default_bounds())
            },
        ),
    )
    tournament = suite["classic"]
    storage, state = chain.storage(tournament), chain.env.evm.vm.state
    address = Address(tournament.address).canonical_address
    # The last page but one of 5,000 models, with every lane in use in every place: by transactions it takes minutes.
    first = 6 * PAGE_MODELS
    state.set_storage(address, storage.slot("models.model_count"), MODELS)
    for model in range(first, first + PAGE_MODELS):
        state.set_storage(address, storage.slot("models.owner_of", model), int(owner, 16))
    for group in range(first // 4, (first + PAGE_MODELS) // 4):
        lanes = [group + lane + 1 for lane in range(4)]
        for name in ("ledger.idle", "ledger.targets"):
            state.set_storage(address, storage.slot(name) + group, pack(lanes))
        for place in range(RING):
            slot = storage.slot("ledger.positions") + place * (MAX_GROUP + 1) + group
            state.set_storage(address, slot, pack([lane + place for lane in lanes], place + RING))
    # titanoboa leaves what was touched before warm; a node does not.
    state._account_db._reset_access_counters()
    view = suite.lens.models
    done = chain.env.execute_code(
        to_address=suite.lens.address,
        sender=STRANGER,
        data=view.prepare_calldata(tournament.address, first, PAGE_MODELS, 0),
        contract=suite.lens,
        is_modifying=False,
    )
    gas = CALL_GAS + done.get_gas_used()
    found = decode_page(first, plain(suite.lens.marshal_to_python(done, view.func_t.return_type)))
    assert 9 * PAGE_MODELS >= MODELS
    assert gas <= PAGE_GAS
    # It was read cold: its position words alone take that much.
    assert gas > 2_100 * PAGE_MODELS // 4 * RING
    assert [model.model for model in found] == list(range(first, first + PAGE_MODELS))
    last = found[-1]
    amount = (first + PAGE_MODELS) // 4 + 3
    assert (last.owner, last.idle, last.target) == (owner, amount * GWEI, amount * GWEI)
    assert last.positions == {place + RING: (amount + place) * GWEI for place in range(RING)}
