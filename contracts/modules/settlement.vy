# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma nonreentrancy on
"""
@title Settlement
@author NMR contributors
@license AGPL-3.0-only
@notice Pays and burns the stakes of a round chunk by chunk, and keeps what each
        owner's policy says at stake for the round's successor.
@dev The ledger is written before the token and the treasury are called; both
     belong to the suite and call nobody.
"""


from . import chunk_tree
from . import guard
from . import hours
from . import lanes
from . import ledger
from . import payout
from . import rounds
from . import submissions

from ..interfaces import ITournament


uses: hours
uses: ledger
uses: rounds
uses: submissions


# In hours: how long before a round locks a kept stake has to be there, so that
# its owner can still leave.
NOTICE: constant(uint256) = 1

# A score word has four lanes of 56 bits: a 1 in each, the lower of each lane's
# two scores, the highest bit of each, and the bits below that.
_EACH: constant(uint256) = 1 + 2**56 + 2**112 + 2**168
_SCORES: constant(uint256) = _EACH * (2**28 - 1)
_TOPS: constant(uint256) = _EACH << 55
_SIZE: constant(uint256) = 2**55 - 1
# The sign bits of a word's eight scores.
_SIGNS: constant(uint256) = 2**27 * (1 + 2**28 + 2**56 + 2**84 + 2**112 + 2**140 + 2**168 + 2**196)
# Copies bit 56 × i of a word to 60 × i, and to bits that no lane begins with.
_SPREAD: constant(uint256) = 1 + 2**4 + 2**8 + 2**12
_ONE: constant(uint256) = payout.RATIO_ONE * payout.FACTOR_ONE


@external
def settle(
    round: uint256,
    index: uint256,
    chunk: Bytes[chunk_tree.MAX_BYTES],
    proof: DynArray[bytes32, chunk_tree.MAX_DEPTH],
):
    """
    @notice Settles one chunk of a round whose root is final: burns, rewards,
            and restaking into the round's successor. Anyone.
    @param index The number of the chunk, which holds groups
           [300 × index, 300 × (index + 1)) only.
    @param chunk `abi.encode` of a list of words, one score word a group: its id
           on top (32 bits), then for each of its four models contribution and
           primary score (28 bits each, two's complement, 8 decimals), lowest
           model lowest. Of two words for a group the first counts.
    @param proof The siblings of the chunk's path in the tree, bottom up.
    """
    guard._require(rounds._is_final(round), "settlement: round is not final")
    root: bytes32 = rounds.book[round].root
    chunks: uint256 = rounds.book[round].chunks
    proven: bool = chunk_tree._holds(root, chunks, index, chunk_tree._leaf(chunk), proof)
    guard._require(proven, "settlement: not in the root")
    guard._require(chunk_tree._is_encoded(chunk), "settlement: malformed chunk")
    successor: uint256 = 0
    staked: uint256 = 0
    rewards: uint256 = 0
    burns: uint256 = 0
    idled: uint256 = 0
    successor, staked, rewards, burns, idled = self._settle(
        round, abi_decode(chunk, DynArray[uint256, chunk_tree.MAX_WORDS]), index * chunk_tree.PAGES, chunk_tree.PAGES
    )
    if rewards > 0:
        extcall rounds.TREASURY.draw(round, rewards)
    if burns > 0:
        extcall ledger.TOKEN.burn(burns)
    log ITournament.Settled(
        round=round,
        index=index,
        chunk=chunk,
        successor=successor,
        staked=staked,
        rewards=rewards,
        burns=burns,
        idled=idled,
    )
    rounds._close_if_empty(round)


@external
def settle_expired(round: uint256, groups: DynArray[uint256, ledger.MAX_ENTERED]):
    """
    @notice Sends the stakes of a void or expired round where their policies say,
            without burns or rewards. Anyone.
    @dev As by words of blank scores, which win and lose nothing.
    """
    cancelled: bool = rounds._state(round) in (ITournament.State.VOID | ITournament.State.EXPIRED)
    guard._require(cancelled, "settlement: not void or expired")
    words: DynArray[uint256, chunk_tree.MAX_WORDS] = []
    highest: uint256 = 0
    for group: uint256 in groups:
        highest = max(highest, group)
        words.append(group << 224)
    guard._require(highest < ledger.MAX_GROUPS, "ledger: no such group")
    successor: uint256 = 0
    staked: uint256 = 0
    rewards: uint256 = 0
    burns: uint256 = 0
    idled: uint256 = 0
    successor, staked, rewards, burns, idled = self._settle(
        round, words, 0, chunk_tree.PAGES * chunk_tree.MAX_CHUNKS
    )
    log ITournament.SettledExpired(round=round, groups=groups, successor=successor, staked=staked, idled=idled)
    rounds._close_if_empty(round)


@internal
@view
def _successor(round: uint256) -> uint256:
    """
    @return The round that kept stakes go on into: the next of the place while
            that is not opened yet, or open for as long as `NOTICE` still; else
            the one after, which cannot open before this one is closed. 0, which
            keeps nothing, where that has no id: whatever the next one is, lest
            the moment decide what is kept.
    """
    next: uint256 = round + rounds.RING
    after: uint256 = next + rounds.RING
    if after > rounds.MAX_ROUND:
        return 0
    return next if rounds._time_left(next) >= NOTICE * hours.HOUR else after


@internal
def _settle(
    round: uint256, words: DynArray[uint256, chunk_tree.MAX_WORDS], first_page: uint256, pages: uint256
) -> (uint256, uint256, uint256, uint256, uint256):
    """
    @param words Of groups of `pages` pages from `first_page` on.
    @return The successor, and what was at stake, rewarded, burned and sent to
            idle, wei.
    @dev Four lanes at once wherever no lane can reach the next one. Scores are
         read with their sign bits flipped, so that they count from -2**27 on;
         `zeros` takes that back and adds 2**55. A score is below 2**28 then and
         a multiplier below 2**20, so a weighted score lies within 2**49 of 2**55:
         it fits its 56 bits, and its highest bit says whether it is a gain. Sums
         are kept four lanes wide to the end: all NMR fit one lane.
    """
    factor: uint256 = rounds.book[round].factor
    primary: uint256 = rounds.book[round].terms.primary
    contribution: uint256 = rounds.book[round].terms.contribution
    zeros: uint256 = _TOPS - 2**27 * (primary + contribution) * _EACH
    clip: uint256 = rounds.book[round].clip * payout.FACTOR_ONE
    successor: uint256 = self._successor(round)
    # What a kept stake has to reach, in every lane.
    least: uint256 = ledger._least() if successor > 0 else lanes.MAX_AMOUNTS
    tag: uint256 = round << lanes.TAG_SHIFT
    # Takes `tag` to that of the successor.
    retag: uint256 = tag ^ (successor << lanes.TAG_SHIFT)
    place: uint256 = ledger._slot(round, 0)

    staked: uint256 = 0
    moved: uint256 = 0
    burns: uint256 = 0
    idled: uint256 = 0
    # The first group of the page at hand, and the page's words. No group is one
    # of the page at the beginning.
    first: uint256 = 2**255
    submitted: uint256 = 0
    compounding: uint256 = 0

    for word: uint256 in words:
        group: uint256 = word >> 224
        bit: uint256 = unsafe_sub(group, first)
        if bit >= 60:
            page: uint256 = group // 60
            guard._require(unsafe_sub(page, first_page) < pages, "settlement: not in the chunk")
            first = unsafe_mul(60, page)
            bit = unsafe_sub(group, first)
            submitted = submissions._bits(round, page)
            compounding = ledger.compounding[page]
        bit = unsafe_mul(4, bit)
        slot: uint256 = unsafe_add(place, group)
        held: uint256 = ledger.positions[slot] ^ tag
        # Of another round, or without stakes.
        if unsafe_sub(held, 1) >= lanes.LANES:
            continue

        scores: uint256 = word ^ _SIGNS
        weighted: uint256 = unsafe_add(
            unsafe_add(unsafe_mul(scores & _SCORES, primary), unsafe_mul((scores >> 28) & _SCORES, contribution)),
            zeros,
        )
        lost: uint256 = ~(weighted >> 55) & _EACH
        # Below 2**55 a score is turned over: 2**55 - weighted.
        sizes: uint256 = unsafe_add(weighted ^ unsafe_mul(lost, _SIZE), lost)
        # `payout`'s rule for each lane, written out: as a call it costs 19 gas
        # more a model. Stakes have 59 bits, sizes 50, factors 30 and clips 70.
        deltas: uint256 = (
            unsafe_div(unsafe_mul(held & lanes.LANE, min(unsafe_mul(sizes & _SIZE, factor), clip)), _ONE)
            | unsafe_div(
                unsafe_mul((held >> 60) & lanes.LANE, min(unsafe_mul((sizes >> 56) & _SIZE, factor), clip)), _ONE
            ) << 60
            | unsafe_div(
                unsafe_mul((held >> 120) & lanes.LANE, min(unsafe_mul((sizes >> 112) & _SIZE, factor), clip)), _ONE
            ) << 120
            | unsafe_div(unsafe_mul(held >> 180, min(unsafe_mul((sizes >> 168) & _SIZE, factor), clip)), _ONE) << 180
        )
        # Who did not submit wins and loses nothing.
        if (submitted >> bit) & 15 != 15:
            deltas &= lanes._mask(submitted >> bit)
        losses: uint256 = deltas & unsafe_mul(unsafe_mul(lost, _SPREAD) & lanes.ONES, lanes.LANE)
        values: uint256 = unsafe_sub(unsafe_add(held, deltas), unsafe_mul(2, losses))
        # Up to the target, which is beyond all amounts of who compounds.
        kept: uint256 = values
        if (compounding >> bit) & 15 != 15:
            kept = lanes._lesser(
                values, ledger.targets[group] | (lanes._mask(compounding >> bit) & lanes.MAX_AMOUNTS)
            )
        # `lanes._at_least`, written out: as a call it costs 15 gas more a model.
        kept &= unsafe_mul(lanes.LANE, (unsafe_sub(kept | lanes.GUARDS, least) & lanes.GUARDS) >> 59)
        ledger.positions[slot] = kept | (tag ^ unsafe_mul(retag, convert(kept != 0, uint256)))
        if values != kept:
            sent: uint256 = unsafe_sub(values, kept)
            ledger._add_idle(group, sent)
            idled = unsafe_add(idled, sent)
        staked = unsafe_add(staked, held)
        moved = unsafe_add(moved, deltas)
        burns = unsafe_add(burns, losses)
    total: uint256 = lanes._total(staked)
    guard._require(total > 0, "settlement: nothing to settle")
    rewards: uint256 = lanes._total(unsafe_sub(moved, burns))
    burned: uint256 = lanes._total(burns)
    freed: uint256 = lanes._total(idled)
    rounds.book[round].staked -= total
    # No overflow in what follows: all NMR have 54 bits.
    rounds.book[successor].staked += unsafe_sub(unsafe_add(total, rewards), unsafe_add(burned, freed))
    ledger.idle_sum += freed
    return (
        successor,
        unsafe_mul(total, rounds.UNIT),
        unsafe_mul(rewards, rounds.UNIT),
        unsafe_mul(burned, rounds.UNIT),
        unsafe_mul(freed, rounds.UNIT),
    )
