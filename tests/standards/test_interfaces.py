# SPDX-License-Identifier: MIT
"""The ABIs of token and timelock, against the interfaces that OpenZeppelin publishes in its package."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

HERE: Final = Path(__file__).parent
PUBLISHED: Final = HERE / "node_modules" / "@openzeppelin" / "contracts" / "build" / "contracts"
CLAIMED: Final = {
    "Numeraire": ("IERC20", "IERC20Metadata", "IERC20Permit", "IERC5267"),
    "Timelock": ("IAccessControl", "IERC165"),
}
ERRORS: Final = "error"
"""Custom errors are OpenZeppelin's own choice, or ERC-6093's: these contracts revert with reasons."""
OPTIONAL: Final = ("event", "EIP712DomainChanged", (), (), ())
"""EIP-5267 has it for domains that change. This one changes only with the chain's id, and nobody can log that."""


def shape(entry: dict[str, Any]) -> tuple[Any, ...]:
    """What callers and readers of logs depend on: kind, name, types, mutability or what is indexed. No names."""
    inputs = tuple(argument["type"] for argument in entry["inputs"])
    if entry["type"] == "event":
        return "event", entry["name"], inputs, tuple(argument["indexed"] for argument in entry["inputs"]), ()
    outputs = tuple(argument["type"] for argument in entry["outputs"])
    return "function", entry["name"], inputs, outputs, entry["stateMutability"]


def published(interface: str) -> set[tuple[Any, ...]]:
    abi = json.loads((PUBLISHED / f"{interface}.json").read_text())["abi"]
    return {shape(entry) for entry in abi if entry["type"] != ERRORS} - {OPTIONAL}


@pytest.fixture(scope="session")
def ours(project) -> dict[str, set[tuple[Any, ...]]]:
    """By contract."""
    return {
        name: {
            shape(entry)
            for entry in json.loads(project.get_contract(name).contract_type.model_dump_json())["abi"]
            if entry["type"] in ("function", "event")
        }
        for name in CLAIMED
    }


@pytest.mark.parametrize(
    ("contract", "interface"), [(name, interface) for name, claimed in CLAIMED.items() for interface in claimed]
)
def test_abi__interface_of_openzeppelin__is_there_whole(ours, contract, interface):
    wanted = published(interface)
    assert wanted
    assert wanted <= ours[contract]


def test_abi__burns__are_those_of_openzeppelin(ours):
    burns = {entry for entry in published("ERC20Burnable") if entry[1].startswith("burn")}
    assert len(burns) == 2
    assert burns <= ours["Numeraire"]


def test_abi__token__has_nothing_else(ours):
    wanted = set().union(*(published(interface) for interface in (*CLAIMED["Numeraire"], "ERC20Burnable")))
    assert {entry for entry in ours["Numeraire"] if entry[0] == "function"} <= wanted
