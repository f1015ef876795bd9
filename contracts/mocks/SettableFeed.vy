# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
"""
@title SettableFeed
@author NMR contributors
@license AGPL-3.0-only
@notice For local chains and tests: a feed in Chainlink's interface that says what
        its owner told it, wrong or not. Without an owner anyone tells it.
"""


from ..interfaces import IAggregatorV3


implements: IAggregatorV3


description: public(constant(String[64])) = "NMR / USD of a local chain"
version: public(constant(uint256)) = 1


OWNER: immutable(address)
decimals: public(uint8)
round: uint80
answered_in: uint80
answer: int256
updated_at: uint256


@deploy
def __init__(owner: address, decimals: uint8, answer: int256):
    """
    @param owner Who tells it; the zero address for anyone.
    """
    OWNER = owner
    self.decimals = decimals
    self._set(answer, block.timestamp)


@external
def set(answer: int256):
    """
    @notice A new round with this answer, at this moment.
    """
    self._check_owner()
    self._set(answer, block.timestamp)


@external
def set_round(round: uint80, answer: int256, updated_at: uint256, answered_in: uint80):
    """
    @notice Any round whatever.
    """
    self._check_owner()
    self._set(answer, updated_at)
    self.round = round
    self.answered_in = answered_in


@external
def set_decimals(decimals: uint8):
    self._check_owner()
    self.decimals = decimals


@external
@view
def latestRoundData() -> (uint80, int256, uint256, uint256, uint80):
    return self.round, self.answer, self.updated_at, self.updated_at, self.answered_in


@external
@view
def getRoundData(round_id: uint80) -> (uint80, int256, uint256, uint256, uint80):
    raise "feed: no history"


@internal
def _set(answer: int256, updated_at: uint256):
    self.round += 1
    self.answered_in = self.round
    self.answer = answer
    self.updated_at = updated_at


@internal
@view
def _check_owner():
    assert OWNER in [empty(address), msg.sender], "feed: caller is not the owner"
