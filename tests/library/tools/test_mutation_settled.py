# SPDX-License-Identifier: MIT
from tests.tools.coverage.sources import compile_contract
from tests.tools.mutation.settled import leaving_settled_trees


def test_leaving_settled_trees__a_contract__compiles_to_the_same_bytes():
    plain = compile_contract("Treasury").bytecode
    with leaving_settled_trees():
        assert compile_contract("Treasury").bytecode == plain
