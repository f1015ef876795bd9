# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title Uptime
@author NMR contributors
@license AGPL-3.0-only
@notice Reads from a feed of Chainlink's whether the sequencer of an L2 is up, and
        since when: an answer of 0 means up, and the round starts when that changed.
@dev The feed is called in a way that cannot revert by itself, so that whatever is
     wrong with it has a reason of ours.
"""


@internal
@view
def _check(feed: address, delay: uint256, moment: uint256):
    """
    @notice Makes sure that the sequencer is up, and was for the whole of `delay`
            before a moment and ever since.
    @param feed Where to ask.
    @param delay In seconds.
    @param moment Now, or earlier.
    """
    round: uint256 = 0
    answer: uint256 = 0
    started_at: uint256 = 0
    updated_at: uint256 = 0
    answered_in: uint256 = 0
    success: bool = False
    response: Bytes[160] = b""
    success, response = raw_call(
        feed,
        method_id("latestRoundData()"),
        max_outsize=160,
        is_static_call=True,
        revert_on_failure=False,
    )
    assert success and len(response) == 160, "sequencer: no answer"
    # As words: a value that does not fit its type would revert without a reason.
    round, answer, started_at, updated_at, answered_in = abi_decode(
        response, (uint256, uint256, uint256, uint256, uint256)
    )
    assert answer == 0, "sequencer: is down"
    # As Arbitrum's feed answers before its first round.
    assert started_at > 0, "sequencer: round has not started"
    assert started_at <= moment and moment - started_at >= delay, "sequencer: was down too recently"
