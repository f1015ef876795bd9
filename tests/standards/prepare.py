# SPDX-License-Identifier: MIT
"""`python -m tests.standards.prepare`: put the compiled token, and solmate's tests with our hook, below `.build`."""

import json
import shutil
from pathlib import Path
from typing import Final

from ape import project

from nmr.ape.project import compiled
from nmr.audit.layout import NUMERAIRE
from nmr.text.amounts import SUPPLY

HERE: Final = Path(__file__).parent
BUILD: Final = HERE.parents[1] / ".build" / "standards"
SOLMATE: Final = HERE / "node_modules" / "solmate" / "src" / "test"


def write_token(abi: list[dict[str, object]], creation_code: str) -> None:
    """Write the token for wake: its ABI and its creation code, in hex with 0x."""
    BUILD.mkdir(parents=True, exist_ok=True)
    token = {"abi": abi, "creation_code": creation_code, "supply": SUPPLY}
    (BUILD / "numeraire.json").write_text(json.dumps(token))


def write_solmate(creation_code: str) -> None:
    """Lay out a project for forge: solmate's tests out of their package, and our hook in the place of their token."""
    root = BUILD / "solmate"
    shutil.rmtree(root, ignore_errors=True)
    (root / "src" / "utils" / "mocks").mkdir(parents=True)
    (root / "ds-test").mkdir()
    for name in ("ERC20.t.sol", "utils/DSInvariantTest.sol", "utils/DSTestPlus.sol", "utils/Hevm.sol"):
        shutil.copy(SOLMATE / name, root / "src" / name)
    ours = HERE / "solmate"
    shutil.copy(ours / "foundry.toml", root)
    shutil.copy(ours / "DSTest.sol", root / "ds-test" / "test.sol")
    shutil.copy(ours / "Numeraire.t.sol", root / "src")
    shutil.copy(ours / "MockERC20.sol", root / "src" / "utils" / "mocks")
    (root / "src" / "utils" / "mocks" / "NumeraireCode.sol").write_text(
        "// SPDX-License-Identifier: MIT\n"
        "pragma solidity >=0.8.0;\n\n"
        f'bytes constant CREATION_CODE = hex"{creation_code.removeprefix("0x")}";\n'
        f"uint256 constant BALANCES = {NUMERAIRE['balanceOf']};\n"
        f"uint256 constant TOTAL_SUPPLY = {NUMERAIRE['totalSupply']};\n"
        f"uint256 constant SUPPLY = {SUPPLY};\n"
    )


def main() -> None:
    """Compile, if anything changed, and write both."""
    contract = json.loads(compiled(project).get_contract("Numeraire").contract_type.model_dump_json())
    creation_code = contract["deploymentBytecode"]["bytecode"]
    write_token(contract["abi"], creation_code)
    write_solmate(creation_code)


if __name__ == "__main__":
    main()
