# SPDX-License-Identifier: MIT
"""Which files of tests can find a fault, and which are asked first."""

from collections import Counter
from pathlib import Path
from typing import Final

from tests.tools.coverage.points import statements
from tests.tools.coverage.saved import Reach
from tests.tools.forks import Session
from tests.tools.mutation.build import contracts_with
from tests.tools.mutation.operators import Mutant

FOLDERS: Final = {
    "Pool": "pools",
    "PoolFactory": "pools",
    "TermsCheck": "tournament",
    "UniswapV2Filler": "uniswap",
    "UniswapV2TwapFeed": "uniswap",
}
"""Where a contract's tests are, if not in a folder of its name."""
LEFT_OUT: Final = frozenset({"tests/unit/coverage/test_recorder.py", "tests/unit/uniswap/test_gas.py"})
"""A fault is not found by its bytecode being another, nor by what it costs."""


Kills = Counter[tuple[str, str]]
"""How many mutants of a function or of a file, by either's name, were found by a file of tests."""


def files_for(mutant: Mutant, session: Session, reached: dict[str, Reach] | None, kills: Kills) -> list[str]:
    """The files that run the mutant's statement, or all of its contracts if that is not known.

    First come those that are named for the function or the file, then those that found the most mutants of the
    function, then of the file, then the quick ones.

    Args:
        reached: what each file reaches, if that was recorded.
        kills: what was found so far.
    """
    files = [file for file in session.files if file not in LEFT_OUT]
    module = Path(mutant.source).stem
    contracts = contracts_with(mutant.source)
    names = [Path(name).name for name in contracts if not name.startswith("mocks/")]
    folders = {FOLDERS.get(name, name.lower()) for name in names}
    chosen = [file for file in files if file.split("/")[2] in folders]
    if reached is not None:
        line = _statement(mutant)
        runs = {file for file, reach in reached.items() for point in reach.points if point[:2] == (mutant.source, line)}
        chosen = [file for file in files if file in runs] or chosen
    # Of the contracts of tests a recording knows one.
    chosen += [file for file in files if file.endswith(f"/test_{module}.py") and file not in chosen]
    named = (f"test_{mutant.function.strip('_')}", f"test_{module}.py")
    cost = {file: reached[file].seconds if reached and file in reached else 0 for file in chosen}
    return sorted(
        chosen,
        key=lambda file: (
            not any(name in file for name in named),
            -kills[mutant.function, file],
            -kills[mutant.source, file],
            cost[file],
        ),
    )


def _statement(mutant: Mutant) -> int:
    lines = {point.line for point in statements() if point.source == mutant.source and point.line <= mutant.line}
    return max(lines, default=0)
