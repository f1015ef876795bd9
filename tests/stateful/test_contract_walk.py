# SPDX-License-Identifier: MIT
"""Contracts and reference agree, whatever anyone calls at whatever time."""

import pytest

from tests.stateful.contract_walk import ContractWalk

CALLS = 400


@pytest.mark.parametrize("seed", range(1, 7))
def test_contracts__random_calls_at_random_times__agree_with_the_reference(seed: int) -> None:
    walk = ContractWalk(seed)
    walk.play(CALLS)
    assert walk.done.total() > 30
