# SPDX-License-Identifier: MIT
"""Which contracts a fault in a file is compiled into: one that is left out lets the fault pass for another reason."""

import pytest

from tests.support.contracts import module_paths, name_in_contracts
from tests.tools.mutation.build import contracts_with


@pytest.mark.parametrize(
    ("source", "contracts"),
    [
        ("buyback/modules/lots.vy", ["buyback/Buyback", "mocks/Lots"]),
        ("modules/lanes.vy", ["Lens", "Tournament"]),
        ("Treasury.vy", ["Treasury"]),
    ],
)
def test_contracts_with__a_file__names_each_that_is_made_of_it(source, contracts):
    assert contracts_with(source) == contracts


@pytest.mark.parametrize("module", sorted(name_in_contracts(path) for path in module_paths()))
def test_contracts_with__every_module__is_in_a_contract_that_is_deployed(module):
    assert [name for name in contracts_with(module) if not name.startswith("mocks/")]
