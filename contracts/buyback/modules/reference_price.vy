# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title Reference price
@author NMR contributors
@license AGPL-3.0-only
@notice Reads the price of one NMR from a feed with Chainlink's interface, and
        refuses an answer that is missing, wrong, incomplete or old.
@dev The feed is called in a way that cannot revert by itself, so that whatever is
     wrong with it has a reason of ours.
"""


# 18 decimals, as all prices here. A billion for one NMR is beyond all reason, and
# leaves room for the arithmetic that follows.
UNIT: constant(uint256) = 10**18
LARGEST_PRICE: constant(uint256) = 10**9 * UNIT
LARGEST_DECIMALS: constant(uint256) = 36


@internal
@view
def _read(feed: address, max_age: uint256) -> uint256:
    """
    @notice The price with 18 decimals; what is beyond them is cut off.
    @param feed Where to ask.
    @param max_age The seconds that an answer counts as fresh.
    """
    round: uint256 = 0
    answer: int256 = 0
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
    assert success and len(response) == 160, "feed: no answer"
    # As words: a value that does not fit its type would revert without a reason.
    round, answer, started_at, updated_at, answered_in = abi_decode(
        response, (uint256, int256, uint256, uint256, uint256)
    )
    assert answer > 0, "feed: price is not positive"
    assert updated_at > 0, "feed: round is not complete"
    assert answered_in >= round, "feed: answer of an earlier round"
    assert updated_at <= block.timestamp, "feed: answer from the future"
    assert block.timestamp - updated_at <= max_age, "feed: answer is too old"

    success, response = raw_call(
        feed, method_id("decimals()"), max_outsize=32, is_static_call=True, revert_on_failure=False
    )
    assert success and len(response) == 32, "feed: no decimals"
    decimals: uint256 = abi_decode(response, uint256)
    assert decimals <= LARGEST_DECIMALS, "feed: too many decimals"
    price: uint256 = self._scaled(convert(answer, uint256), decimals)
    assert price > 0, "feed: price is zero"
    return price


@internal
@pure
def _scaled(answer: uint256, decimals: uint256) -> uint256:
    """
    @dev Compared before the multiplication, which so cannot overflow.
    """
    if decimals >= 18:
        price: uint256 = answer // 10**(decimals - 18)
        assert price <= LARGEST_PRICE, "feed: price is too large"
        return price
    factor: uint256 = 10**(18 - decimals)
    assert answer <= LARGEST_PRICE // factor, "feed: price is too large"
    return answer * factor
