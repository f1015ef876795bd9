# SPDX-License-Identifier: MIT
"""A contract at an address: how its functions are called, and what they answer."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from nmr.chain.abi import AbiError, canonical_type, decode, encode, selector
from nmr.chain.logs import EventAbi


class Function:
    """A function of a contract, by its ABI."""

    def __init__(self, abi: Mapping[str, Any]) -> None:
        self.name = str(abi["name"])
        self.inputs = [canonical_type(field) for field in abi["inputs"]]
        self.outputs = [canonical_type(field) for field in abi["outputs"]]
        self.selector = selector(f"{self.name}({','.join(self.inputs)})")

    def encode(self, arguments: Sequence[Any]) -> bytes:
        """The data of a call. Raises `AbiError`."""
        return self.selector + encode(self.inputs, arguments)

    def decode(self, answer: bytes) -> Any:
        """The value, or the values in order if there are several. Raises `AbiError`."""
        values = decode(self.outputs, answer)
        return values[0] if len(values) == 1 else values


class Contract:
    """A contract at an address, by its ABI and no other: no explorer, cache or proxy adds to it."""

    def __init__(self, name: str, address: str, abi: Sequence[Mapping[str, Any]]) -> None:
        """
        Args:
            name: the contract's, such as `Tournament`.
            address: where it is, with its checksum.
            abi: in JSON.
        """
        self.name = name
        self.address = address
        self._abi = abi

    def __str__(self) -> str:
        return self.address

    @cached_property
    def events(self) -> list[EventAbi]:
        """Its events, as the ABI has them."""
        return [item for item in self._abi if item["type"] == "event"]

    def event(self, name: str) -> EventAbi:
        """One of its events."""
        return next(event for event in self.events if event["name"] == name)

    def function(self, name: str, count: int) -> Function:
        """One of its functions, by its name and the number of its arguments: a default makes two of one name.

        Raises:
            AbiError: it has none such.
        """
        if (name, count) not in self._functions:
            raise AbiError(f"{self.name} has no function {name} of {count} arguments")
        return self._functions[name, count]

    def encode(self, name: str, *arguments: Any) -> bytes:
        """The data of a call. Raises `AbiError`."""
        return self.function(name, len(arguments)).encode(arguments)

    @cached_property
    def _functions(self) -> dict[tuple[str, int], Function]:
        functions = [item for item in self._abi if item["type"] == "function"]
        return {(str(item["name"]), len(item["inputs"])): Function(item) for item in functions}
