# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma nonreentrancy on
"""
@title Settlement
@author NMR contributors
@license AGPL-3.0-only
@notice Pays and burns the stakes of a round chunk by chunk, and moves what is
        kept into the next round of its place.
@dev The ledger is written before the token and the treasury are called; both
     belong to the suite and call nobody.
"""


from . import chunk_tree
from . import guard
from . import lanes
from . import ledger
from . import payout
from . import rounds
from . import submissions

from ..interfaces import ITournament


uses: ledger
uses: rounds
uses: submissions


_SCORE: constant(uint256) = 2**28 - 1
# The sign bits of a word's eight scores.
_SIGNS: constant(uint256) = 2**27 * (1 + 2**28 + 2**56 + 2**84 + 2**112 + 2**140 + 2**168 + 2**196)


@external
def settle(
    round: uint256,
    index: uint256,
    words: DynArray[uint256, chunk_tree.MAX_WORDS],
    proof: DynArray[bytes32, chunk_tree.MAX_DEPTH],
):
    """
    @notice Settles one chunk of a round whose root is final: burns, rewards,
            and restaking while the next round of the place is open. Anyone.
    @param index The number of the chunk, which holds groups
           [256 × index, 256 × (index + 1)) only, strictly increasing.
    @param words One score word a group: its id on top (32 bits), then for each
           of its four models contribution and primary score (28 bits each,
           two's complement, 8 decimals), lowest model lowest.
    @param proof The siblings of the chunk's path in the tree, bottom up.
    """
    guard._require(rounds._state(round) == ITournament.State.FINAL, "settlement: round is not final")
    root: bytes32 = rounds.book[round].root
    chunks: uint256 = rounds.book[round].chunks
    proven: bool = chunk_tree._holds(root, chunks, index, chunk_tree._leaf(words), proof)
    guard._require(proven, "settlement: not in the root")
    restaked: bool = self._restakes(round)
    staked: uint256 = 0
    rewards: uint256 = 0
    burns: uint256 = 0
    idled: uint256 = 0
    staked, rewards, burns, idled = self._settle_groups(round, index, words, restaked)
    guard._require(staked > 0, "settlement: nothing to settle")

    rounds.book[round].staked -= staked
    rounds.book[round + rounds.RING].staked += staked + rewards - burns - idled
    ledger.idle_sum += idled
    if rewards > 0:
        extcall rounds.TREASURY.draw(round, rewards * rounds.UNIT)
    if burns > 0:
        extcall ledger.TOKEN.burn(burns * rounds.UNIT)
    log ITournament.Settled(
        round=round,
        index=index,
        words=words,
        restaked=restaked,
        staked=staked * rounds.UNIT,
        rewards=rewards * rounds.UNIT,
        burns=burns * rounds.UNIT,
        idled=idled * rounds.UNIT,
    )
    rounds._close_if_empty(round)


@external
def settle_expired(round: uint256, groups: DynArray[uint256, ledger.MAX_ENTERED]):
    """
    @notice Brings the stakes of a void or expired round home to idle, without
            burns or rewards. Anyone.
    """
    cancelled: bool = rounds._state(round) in (ITournament.State.VOID | ITournament.State.EXPIRED)
    guard._require(cancelled, "settlement: not void or expired")
    total: uint256 = 0
    for group: uint256 in groups:
        slot: uint256 = ledger._slot(round, group)
        word: uint256 = ledger.positions[slot]
        if lanes._is_tagged(word, round):
            amounts: uint256 = lanes._amounts(word)
            ledger.positions[slot] = lanes._tagged(0, round)
            ledger._add_idle(group, amounts)
            total += lanes._total(amounts)
    guard._require(total > 0, "settlement: nothing to settle")
    rounds.book[round].staked -= total
    ledger.idle_sum += total
    log ITournament.SettledExpired(round=round, groups=groups, amount=total * rounds.UNIT)
    rounds._close_if_empty(round)


@external
@view
def waiting_groups(round: uint256, first: uint256, count: uint256) -> DynArray[uint256, ledger.MAX_WORDS]:
    """
    @return Those of `count` groups from `first` on with stakes of the round that
            wait to be settled.
    """
    waiting: DynArray[uint256, ledger.MAX_WORDS] = []
    ledger._require_groups(first, count)
    for i: uint256 in range(count, bound=ledger.MAX_WORDS):
        if lanes._is_tagged(ledger.positions[ledger._slot(round, first + i)], round):
            waiting.append(first + i)
    return waiting


@internal
@view
def _restakes(round: uint256) -> bool:
    """
    @return Whether stakes go on into the next round of the place. They have to
            wait for it until the grace period after the window is over, so
            that nobody pushes them out by settling early.
    """
    next: uint256 = round + rounds.RING
    if next < rounds.next_round:
        return rounds._is_open(next)
    graced_until: uint256 = rounds.book[round].final_at + rounds.book[round].terms.grace
    guard._require(block.timestamp >= graced_until, "settlement: next round not open")
    return False


@internal
def _settle_groups(
    round: uint256, index: uint256, words: DynArray[uint256, chunk_tree.MAX_WORDS], restaked: bool
) -> (uint256, uint256, uint256, uint256):
    """
    @return What was at stake, rewarded, burned and sent to idle, gwei.
    @dev Sums are kept four lanes wide to the end: all NMR fit one lane. Scores
         are read with their sign bits flipped, so that they count from -2**27
         on and one subtraction of `zero` finds the sign of a weighted score.
    """
    factor: uint256 = rounds.book[round].factor
    primary_weight: uint256 = rounds.book[round].terms.primary * factor
    contribution_weight: uint256 = rounds.book[round].terms.contribution * factor
    zero: uint256 = 2**27 * (primary_weight + contribution_weight)
    clip: uint256 = rounds.book[round].clip * payout.FACTOR_ONE
    next: uint256 = round + rounds.RING
    min_stakes: uint256 = 0
    if restaked:
        min_stakes = lanes._same(rounds.book[next].terms.min_stake // rounds.UNIT)

    staked: uint256 = 0
    rewards: uint256 = 0
    burns: uint256 = 0
    idled: uint256 = 0
    submitted_page: uint256 = max_value(uint256)
    submitted: uint256 = 0
    compounding_page: uint256 = max_value(uint256)
    compounding: uint256 = 0
    place: uint256 = ledger._slot(round, 0)
    above: uint256 = index * chunk_tree.MAX_WORDS
    end: uint256 = above + chunk_tree.MAX_WORDS

    for word: uint256 in words:
        group: uint256 = word >> 224
        assert group >= above and group < end, "settlement: groups out of order"
        above = unsafe_add(group, 1)
        slot: uint256 = unsafe_add(place, group)
        held: uint256 = ledger.positions[slot]
        # `lanes._is_tagged`, inlined: as a call it costs 20 gas more a model.
        if held >> lanes.TAG_SHIFT != round or held & lanes.LANES == 0:
            continue
        held &= lanes.LANES
        if group // 60 != submitted_page:
            submitted_page = group // 60
            submitted = submissions._bits(round, submitted_page)
        if group // 64 != compounding_page:
            compounding_page = group // 64
            compounding = ledger.compounding[compounding_page]

        gains: uint256 = 0
        losses: uint256 = 0
        counting: uint256 = held & lanes._mask(submitted >> unsafe_mul(4, group % 60))
        scores: uint256 = word ^ _SIGNS
        bits: uint256 = 0
        for lane: uint256 in range(4):
            stake: uint256 = (counting >> bits) & lanes.LANE
            weighted: uint256 = unsafe_add(
                unsafe_mul(scores & _SCORE, primary_weight),
                unsafe_mul((scores >> 28) & _SCORE, contribution_weight),
            )
            if weighted > zero:
                gains |= payout._delta(stake, unsafe_sub(weighted, zero), clip) << bits
            else:
                losses |= payout._delta(stake, unsafe_sub(zero, weighted), clip) << bits
            bits = unsafe_add(bits, 60)
            scores >>= 56

        values: uint256 = unsafe_sub(unsafe_add(held, gains), losses)
        kept: uint256 = 0
        if restaked:
            kept = values
            flags: uint256 = (compounding >> unsafe_mul(4, group % 64)) & 15
            if flags != 15:
                compounds: uint256 = lanes._mask(flags)
                kept = (values & compounds) | (lanes._lesser(values, ledger.targets[group]) & ~compounds)
            kept &= lanes._at_least(kept, min_stakes)
        ledger.positions[slot] = kept | (next << lanes.TAG_SHIFT)
        if values != kept:
            freed: uint256 = unsafe_sub(values, kept)
            ledger._add_idle(group, freed)
            idled = unsafe_add(idled, freed)
        staked = unsafe_add(staked, held)
        rewards = unsafe_add(rewards, gains)
        burns = unsafe_add(burns, losses)
    return lanes._total(staked), lanes._total(rewards), lanes._total(burns), lanes._total(idled)
