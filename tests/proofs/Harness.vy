# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
"""
@title Harness
@license AGPL-3.0-only
@notice The internal functions that are proved, each called and nothing else. Never
        deployed: `python -m tests.proofs` executes its bytecode with symbols.
"""


from contracts.interfaces import IBuyback
from contracts.buyback.modules import auction
from contracts.modules import chunk_tree
from contracts.modules import lanes
from contracts.modules import ledger
from contracts.buyback.modules import lots
from contracts.modules import payout
from contracts.pools.modules import shares as pool_shares


@external
@pure
def get(word: uint256, model: uint256) -> uint256:
    return lanes._get(word, model)


@external
@pure
def at(model: uint256, amount: uint256) -> uint256:
    return lanes._at(model, amount)


@external
@pure
def set(word: uint256, model: uint256, amount: uint256) -> uint256:
    return lanes._set(word, model, amount)


@external
@pure
def amounts(word: uint256) -> uint256:
    return lanes._amounts(word)


@external
@pure
def tag(word: uint256) -> uint256:
    return lanes._tag(word)


@external
@pure
def tagged(word: uint256, round: uint256) -> uint256:
    return lanes._tagged(word, round)


@external
@pure
def is_tagged(word: uint256, round: uint256) -> bool:
    return lanes._is_tagged(word, round)


@external
@pure
def total(word: uint256) -> uint256:
    return lanes._total(word)


@external
@pure
def mask(flags: uint256) -> uint256:
    return lanes._mask(flags)


@external
@pure
def same(amount: uint256) -> uint256:
    return lanes._same(amount)


@external
@pure
def at_least(word: uint256, least: uint256) -> uint256:
    return lanes._at_least(word, least)


@external
@pure
def lesser(one: uint256, other: uint256) -> uint256:
    return lanes._lesser(one, other)


@external
@pure
def entering(held: uint256, idle: uint256, targets: uint256, least: uint256) -> uint256:
    return ledger._entering(held, idle, targets, least)


@external
@pure
def factor(threshold: uint256, at_risk: uint256) -> uint256:
    return payout._factor(threshold, at_risk)


@external
@pure
def reservation(at_risk: uint256, clip: uint256) -> uint256:
    return payout._reservation(at_risk, clip)


@external
@pure
def effective_clip(clip: uint256, granted: uint256, at_risk: uint256) -> uint256:
    return payout._effective_clip(clip, granted, at_risk)


@external
@pure
def pack(lot: IBuyback.Lot) -> uint256:
    return lots._pack(lot)


@external
@pure
def unpack(word: uint256) -> IBuyback.Lot:
    return lots._unpack(word)


@external
@pure
def pack_totals(paid: uint256, bought: uint256) -> uint256:
    return lots._pack_totals(paid, bought)


@external
@pure
def unpack_totals(word: uint256) -> (uint256, uint256):
    return lots._unpack_totals(word)


@external
@pure
def curve(programme: IBuyback.Programme, reference: uint256, elapsed: uint256) -> uint256:
    return auction._curve(programme, reference, elapsed)


@external
@pure
def price(
    programme: IBuyback.Programme, reference: uint256, fresh: uint256, elapsed: uint256
) -> uint256:
    return auction._price(programme, reference, fresh, elapsed)


@external
@pure
def owed(paid: uint256, price: uint256, decimals: uint256) -> uint256:
    return auction._owed(paid, price, decimals)


@external
@pure
def is_encoded(chunk: Bytes[chunk_tree.MAX_BYTES]) -> bool:
    return chunk_tree._is_encoded(chunk)


@external
@pure
def depth(chunks: uint256) -> uint256:
    return chunk_tree._depth(chunks)


@external
@pure
def over(product: uint256, divisor: uint256) -> uint256:
    return pool_shares._over(product, divisor)


@external
@pure
def fee_of(worth: uint256, mark: uint256, shares: uint256, rate: uint256) -> (uint256, uint256):
    return pool_shares._fee(worth, mark, shares, rate)


@external
@pure
def scaled(mark: uint256, worth: uint256, after: uint256) -> uint256:
    return pool_shares._scaled(mark, worth, after)


@external
@pure
def minted(amount: uint256, worth: uint256, shares: uint256, mark: uint256) -> uint256:
    return pool_shares._minted(amount, worth, shares, mark)


@external
@pure
def needed(others: uint256, skin: uint256) -> uint256:
    return pool_shares._needed(others, skin)


@external
@pure
def room(manager: uint256, others: uint256, skin: uint256) -> uint256:
    return pool_shares._room(manager, others, skin)
