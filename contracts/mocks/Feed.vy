# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
"""
@title Feed
@author NMR contributors
@license AGPL-3.0-only
@notice For tests: a Chainlink feed that says what it is told to, in whole words,
        so that nothing stops it from saying what does not fit their types.
"""


# How it fails, or not.
flag Mood:
    HONEST
    REVERTING
    BURNING
    SHORT
    WORDLESS


mood: Mood
decimals_word: uint256
data: uint256[5]


@deploy
def __init__(decimals: uint256):
    self.mood = Mood.HONEST
    self.decimals_word = decimals


@external
def set(round: uint256, answer: int256, updated_at: uint256, answered_in: uint256):
    """
    @notice Sets what `latestRoundData` says.
    """
    self.data = [round, convert(convert(answer, bytes32), uint256), updated_at, updated_at, answered_in]


@external
def set_decimals(decimals: uint256):
    """
    @notice Sets what `decimals` says.
    """
    self.decimals_word = decimals


@external
def set_mood(mood: Mood):
    """
    @notice Sets how `latestRoundData` fails, or `decimals`.
    """
    self.mood = mood


@external
@view
@raw_return
def decimals() -> Bytes[32]:
    if self.mood == Mood.WORDLESS:
        return b""
    return abi_encode(self.decimals_word)


@external
@view
@raw_return
def latestRoundData() -> Bytes[160]:
    assert self.mood != Mood.REVERTING, "feed: no data present"
    assert self.mood != Mood.BURNING, UNREACHABLE
    data: Bytes[160] = abi_encode(self.data)
    if self.mood == Mood.SHORT:
        return slice(data, 0, 128)
    return data
