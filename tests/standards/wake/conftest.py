# SPDX-License-Identifier: MIT
"""Which properties of the suite Numeraire does not have, and why."""

import pytest

NOT_SO = {
    "test_increaseAllowance_abi": "no part of ERC-20; OpenZeppelin has dropped it",
    "test_decreaseAllowance_abi": "no part of ERC-20; OpenZeppelin has dropped it",
    "test_infinite_approval_not_constant": "the largest allowance is unlimited: test_infinite_approval_constant holds",
    "test_reverts_on_infinite_approval": "the largest allowance is unlimited",
    "test_reverts_if_approval_greater_than_balance": "an allowance may exceed the balance",
    "test_maintains_approval_lower_than_balance": "an allowance may exceed the balance",
    "test_transferFrom_decrease_allowance_gt_expected": "an allowance falls by what was moved",
    "test_transferFrom_decrease_allowance_lt_expected": "an allowance falls by what was moved",
}


def pytest_collection_modifyitems(items):
    """
    Puts our list of expected failures in the place of the suite's.

    The suite expects what the standard leaves open to fail, and takes it for right if it does not.
    Here each of its tests has to pass, or has to fail by the suite's assertion and is in the list.
    """
    for item in items:
        item.own_markers = [marker for marker in item.own_markers if marker.name != "xfail"]
        if item.originalname in NOT_SO:
            item.add_marker(pytest.mark.xfail(reason=NOT_SO[item.originalname], raises=AssertionError, strict=True))
