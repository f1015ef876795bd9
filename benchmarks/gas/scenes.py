# SPDX-License-Identifier: MIT
"""What the gas benchmark does on the chain: every figure comes from the receipts of these scenes."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from benchmarks.gas.buyback import buyback
from benchmarks.gas.chain import Actor, Creator, GasChain, Handle
from benchmarks.gas.pools import pools
from benchmarks.gas.ring import largest_ring
from benchmarks.gas.season import People, Proposal, Season, groups_of, scores_of
from benchmarks.gas.signed import signed
from nmr.chain.permit_message import permit_message
from nmr.deploy.suite import Suite, SuiteParameters, TournamentParameters, default_bounds, deploy_suite
from nmr.protocol.lanes import LANES, group_count
from nmr.protocol.reference.treasury import Limits
from nmr.protocol.score_words import GROUPS_PER_CHUNK
from nmr.text.amounts import NMR

Figures = dict[str, int]

RING: Final = 64
FIRST_ROUND: Final = 1_001
LIMITS: Final = Limits(cap=10_000 * NMR, ceiling=100_000 * NMR, rate=1_000 * NMR)
MIN_STAKE: Final = NMR // 10
HELD: Final = 5_500_000 * NMR
DEPOSIT: Final = 20 * NMR
TARGET: Final = 5 * NMR
RAISED: Final = 6 * NMR
AMOUNT: Final = 1_234_567_890_123 * 10**9
"""An amount like any other, about 1,234 NMR, for single calls."""
ALL: Final = 2**256 - 1
NOTHING: Final = bytes(32)
SPARE: Final = 8
"""Models that no bulk call touches, for single calls."""
LABEL: Final = "a model of the benchmark"
HIGH: Final = 0x7654321
"""A score beyond any clip, without a zero byte."""


def measure(chain: GasChain, models: int, announce: Callable[[str], None]) -> Figures:
    """All figures, at so many models; those of a model are rounded up.

    Args:
        chain: a fresh chain.
        models: how many stake; the last lanes of the last group may stay empty.
        announce: told what is done next.
    """
    people = People(*chain.actors[:8])
    figures: Figures = {}
    announce("deploy")
    suite = _deployed(chain, people, figures)
    announce("token and treasury")
    _token(chain, suite, people, figures)
    _treasury(chain, suite, people, figures)
    announce("buyback")
    buyback(chain, suite, people, figures)
    announce("pools")
    pools(chain, suite, people, figures)
    announce("the largest ring")
    largest_ring(chain, suite, people, figures)
    season = Season(chain, suite["classic"], people, RING, FIRST_ROUND)
    chain.send(people.staker, suite.numeraire, "approve", season.tournament.address, ALL)
    announce("register")
    spare = LANES * group_count(models)
    registrations = [(LABEL, people.submitter.address)] * (spare + SPARE - 1)
    figures["register_many"] = _share([season.each("register", registrations)], len(registrations))
    figures["register"] = season.call(people.staker, "register", *registrations[0])
    announce("the dearest chunk")
    before = season.snapshot()
    _dearest(season, _last_chunk(models), figures)
    season.restore(before)
    announce("deposits and policies")
    _stakers(season, suite, list(range(models)), spare, figures)
    _rounds(season, list(range(models)), spare, figures, announce)
    return figures


def _deployed(chain: GasChain, people: People, figures: Figures) -> Suite:
    creator = Creator(chain, people.creator)
    parameters = SuiteParameters(
        delay=0,
        proposers=(people.proposer.address,),
        executors=(people.executor.address,),
        holders={people.staker.address: HELD},
        tournaments={
            "classic": TournamentParameters(
                operator=people.operator.address,
                guardian=people.guardian.address,
                ring=RING,
                min_stake=MIN_STAKE,
                limits=LIMITS,
                bounds=default_bounds(),
                first_round=FIRST_ROUND,
            )
        },
    )
    suite = deploy_suite(creator, parameters)
    handles = {part.contract: part.handle for part in suite.parts.values()}
    for name in chain.deployables:
        figures[f"init_{name}"] = chain.init_code_size(name)
        if name in handles:
            figures[f"deploy_{name}"] = creator.gas[name]
            figures[f"size_{name}"] = chain.code_size(handles[name])
        else:
            figures[f"size_{name}"] = chain.compiled_size(name)
    return suite


def _token(chain: GasChain, suite: Suite, people: People, figures: Figures) -> None:
    numeraire, staker, receiver = suite.numeraire, people.staker, people.receiver

    def call(sender: Actor, name: str, *arguments: Any) -> int:
        return chain.send(sender, numeraire, name, *arguments)

    figures["transfer_new"] = call(staker, "transfer", receiver.address, AMOUNT)
    figures["transfer"] = call(staker, "transfer", receiver.address, AMOUNT)
    figures["approve"] = call(staker, "approve", receiver.address, 2 * AMOUNT)
    figures["transfer_from"] = call(receiver, "transferFrom", staker.address, receiver.address, AMOUNT // 2)
    figures["burn"] = call(staker, "burn", AMOUNT)
    figures["burn_from"] = call(receiver, "burnFrom", staker.address, AMOUNT // 2)
    signature = _permit(chain, numeraire, staker, people.operator.address, AMOUNT, 0)
    figures["permit"] = call(staker, "permit", staker.address, people.operator.address, AMOUNT, *signature)


def _treasury(chain: GasChain, suite: Suite, people: People, figures: Figures) -> None:
    """Through the timelock, its owner."""
    calls = {
        "authorise": ("authorise", suite["classic"].address, LIMITS.cap + NMR, *LIMITS[1:]),
        "spend": ("spend", people.staker.address, AMOUNT),
    }
    for key, (name, *arguments) in calls.items():
        payload = suite.treasury.encode(name, *arguments)
        operation = suite.treasury.address, 0, payload, NOTHING, NOTHING
        figures["schedule"] = chain.send(people.proposer, suite.timelock, "schedule", *operation, 0)
        figures[key] = chain.send(people.executor, suite.timelock, "execute", *operation)


def _dearest(season: Season, models: Sequence[int], figures: Figures) -> None:
    """One chunk whose groups each cost as much as can be.

    The models of the tournament's last full chunk are the only ones with stakes. They staked directly and nobody ever
    deposited, so no idle slot is in use; a lane of each group compounds and three have a lower target, so targets are
    read and idle is written; all but one lose, which takes longer than winning, but with both there is a burn and a
    draw; no byte of a score is zero; the proof is as long as proofs get; the chunk closes the round.

    Tried and found to cost up to 0.4% less: no targets, all winning, as many winning as losing, random scores, a round
    that stays open. All on a target cost the same, all compounding a quarter.
    """
    groups = groups_of(models)
    season.open(FIRST_ROUND)
    season.each("stake", [(model, DEPOSIT + 10**9) for model in models])
    season.each("set_policy", [(model, TARGET, model % LANES == 0) for model in models])
    season.submit(models)
    before = season.snapshot()
    season.call(season.people.guardian, "void", FIRST_ROUND)
    figures["settle_expired_dearest"] = max(season.settle_expired(FIRST_ROUND, groups))
    season.restore(before)
    scores = {model: (HIGH, HIGH) if model == models[0] else (-HIGH, -HIGH) for model in models}
    proposal = Proposal.deepest(scores)
    season.resolve(FIRST_ROUND, proposal)
    season.open_after(FIRST_ROUND)
    figures["settle_dearest"] = max(season.settle(FIRST_ROUND, proposal))


def _stakers(season: Season, suite: Suite, models: Sequence[int], spare: int, figures: Figures) -> None:
    """What stakers do while no round is open."""
    chain, staker = season.chain, season.people.staker
    owner = staker.address
    deposits = [(model, DEPOSIT, owner) for model in models]
    figures["deposit_many"] = _share([season.each("deposit", deposits)], len(models))
    season.each("set_policy", [(model, TARGET, False) for model in models])
    figures["deposit_first"] = season.call(staker, "deposit", spare, AMOUNT, owner)
    figures["deposit"] = season.call(staker, "deposit", spare, AMOUNT, owner)
    figures["set_policy_first"] = season.call(staker, "set_policy", spare, AMOUNT, True)
    figures["set_policy"] = season.call(staker, "set_policy", spare, 2 * AMOUNT, False)
    figures["withdraw"] = season.call(staker, "withdraw", spare, AMOUNT // 2 // NMR * NMR, owner)
    figures["move_idle"] = season.call(staker, "move_idle", spare, 0, NMR)
    season.call(staker, "move_idle", 0, spare, NMR)
    season.call(staker, "deposit", spare + 2, AMOUNT, owner)
    figures["withdraw_all"] = season.call(staker, "withdraw", spare + 2, ALL, owner)
    # As one does who has no standing allowance: the permit gives it and the deposit takes it.
    chain.send(staker, suite.numeraire, "approve", season.tournament.address, 0)
    signature = _permit(chain, suite.numeraire, staker, season.tournament.address, AMOUNT, 1)
    permitted = spare, AMOUNT, owner, AMOUNT, *signature
    figures["deposit_with_permit"] = season.call(staker, "deposit_with_permit", *permitted)
    chain.send(staker, suite.numeraire, "approve", season.tournament.address, 2 * AMOUNT)
    figures["deposit_allowed"] = season.call(staker, "deposit", spare, AMOUNT, owner)
    chain.send(staker, suite.numeraire, "approve", season.tournament.address, ALL)
    figures["set_submitter"] = season.call(staker, "set_submitter", spare, season.people.receiver.address)
    figures["offer_model"] = season.call(staker, "offer_model", spare + 1, season.people.receiver.address)
    figures["accept_model"] = season.call(season.people.receiver, "accept_model", spare + 1)


def _rounds(
    season: Season, models: Sequence[int], spare: int, figures: Figures, announce: Callable[[str], None]
) -> None:
    """One place of the ring in its first, second and third turn, and the next place in its first.

    All models are on a target until the third turn, and compound from then on.
    """
    people, groups, count = season.people, groups_of(models), len(models)

    def settled(key: str, round_id: int, proposal: Proposal) -> None:
        announce(f"settle round {round_id}")
        figures[key] = _share(season.settle(round_id, proposal), count)

    first = FIRST_ROUND
    announce(f"round {first}")
    season.open(first)
    entered = season.enter(groups)
    figures["enter_first"] = _share(entered, count)
    figures["enter_dearest"] = max(entered)
    figures["stake_first"] = season.call(people.staker, "stake", spare, AMOUNT)
    figures["stake"] = season.call(people.staker, "stake", spare, AMOUNT)
    figures["leave_part"] = season.call(people.staker, "leave", spare, first, AMOUNT)
    figures["leave"] = season.call(people.staker, "leave", spare, first, ALL)
    [figures["submit_new"]] = season.submit(models[:1])
    season.submit(models)
    figures["lock"] = season.lock(first)
    figures["publish_opened"] = season.publish(first)
    proposal = Proposal.of(scores_of(models, first))
    figures["propose"] = season.propose(first, proposal)
    figures["veto"] = season.call(people.guardian, "veto", first, proposal.root)
    season.propose(first, proposal)
    season.stand(first)
    second = season.open_after(first)
    settled("settle_target_first", first, proposal)

    announce(f"round {second}")
    figures["enter_half"] = _share(season.enter(groups), count)
    season.submit(models)
    before = season.snapshot()
    season.call(people.guardian, "void", second)
    figures["settle_expired_target"] = _share(season.settle_expired(second, groups), count)
    season.restore(before)
    proposal = Proposal.of(scores_of(models, second))
    season.resolve(second, proposal)
    third = season.open_after(second)
    settled("settle_target", second, proposal)

    announce("policies")
    season.each("set_policy", [(model, RAISED, True) for model in models])
    announce(f"round {third}")
    figures["enter"] = _share(season.enter(groups), count)
    # The words of the bitmap are those of the first round.
    brought = signed(season, third, models, figures)
    [figures["submit"]] = season.submit(models[:1])
    owner_submits = people.staker, "submit", models[1:2], [keccak(text="file")]
    figures["submit_owner"] = season.call(*owner_submits)
    submitted = season.submit(models)
    figures["submit_next"] = _share([submitted[0] - figures["submit"]], min(count, 128) - 1)
    steps = [season.lock(third), season.publish(third)]
    beside = third + 1
    announce(f"round {beside}")
    season.open(beside)
    season.enter(groups)
    season.submit(models)
    season.lock(beside)
    season.publish(beside)
    proposal = Proposal.of(scores_of(models, third))
    beside_proposal = Proposal.of(scores_of(models, beside))
    steps.append(season.propose(third, proposal))
    season.propose(beside, beside_proposal)
    season.stand(beside)
    last = third + RING
    figures["open_round"] = season.open(last)
    steps.append(figures["open_round"])
    settlement = season.settle(third, proposal)
    figures["settle_compounding"] = _share(settlement, count)
    for size, gas in brought.items():
        figures[f"round_{size}"] = _share([*steps, *settlement, gas], count)

    figures["void"] = season.call(people.guardian, "void", last)
    season.open_after(beside)
    settled("settle_compounding_first", beside, beside_proposal)
    announce(f"settle void round {last}")
    figures["settle_expired"] = _share(season.settle_expired(last, groups), count)
    figures["pause"] = season.call(people.guardian, "pause")
    figures["leave_waiting"] = season.call(people.staker, "leave", models[0], last + RING, ALL)
    figures["unpause"] = season.call(people.guardian, "unpause")


def _last_chunk(models: int) -> list[int]:
    """The models of the last full chunk, or all if there is none."""
    size = GROUPS_PER_CHUNK * LANES
    full = models // size
    return list(range((full - 1) * size, full * size)) if full else list(range(models))


def _share(gas: Sequence[int], parts: int) -> int:
    """The gas of transactions a part, rounded up."""
    return -(-sum(gas) // parts)


def _permit(
    chain: GasChain, numeraire: Handle, owner: Actor, spender: str, amount: int, nonce: int
) -> tuple[int, int, bytes, bytes]:
    """Deadline and signature of an EIP-2612 permit."""
    deadline = chain.now + 3_600
    domain = {"name": "Numeraire", "version": "1", "chainId": chain.chain_id, "verifyingContract": numeraire.address}
    message = permit_message(domain, owner=owner.address, spender=spender, value=amount, nonce=nonce, deadline=deadline)
    signed = Account.sign_message(encode_typed_data(full_message=message), owner.key)
    return deadline, signed.v, signed.r.to_bytes(32), signed.s.to_bytes(32)
