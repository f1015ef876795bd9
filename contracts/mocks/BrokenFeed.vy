# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
"""
@title BrokenFeed
@author NMR contributors
@license AGPL-3.0-only
@notice For tests: a feed that gives raw words for an answer, or reverts.
"""


ANSWER: constant(uint256) = 15 * 10**8

# How many bytes `latestRoundData` and `decimals` answer with; 0 for a revert.
answer_size: public(uint256)
decimals_size: public(uint256)
decimals_word: public(uint256)


@external
def behave(answer_size: uint256, decimals_size: uint256, decimals_word: uint256):
    self.answer_size = answer_size
    self.decimals_size = decimals_size
    self.decimals_word = decimals_word


@external
@view
@raw_return
def latestRoundData() -> Bytes[160]:
    assert self.answer_size > 0
    words: Bytes[160] = abi_encode(convert(1, uint256), ANSWER, block.timestamp, block.timestamp, convert(1, uint256))
    return slice(words, 0, self.answer_size)


@external
@view
@raw_return
def decimals() -> Bytes[32]:
    assert self.decimals_size > 0
    return slice(convert(self.decimals_word, bytes32), 0, self.decimals_size)
