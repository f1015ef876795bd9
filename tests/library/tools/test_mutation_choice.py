# SPDX-License-Identifier: MIT
from pathlib import Path

from tests.tools.coverage.sources import ROOT, deployable
from tests.tools.mutation.choice import FOLDERS


def test_folders__each_contract__has_one_with_its_tests():
    for name in (Path(contract).name for contract in deployable()):
        folder = ROOT / "tests/unit" / FOLDERS.get(name, name.lower())
        assert list(folder.glob("test_*.py")), name
