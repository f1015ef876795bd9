# SPDX-License-Identifier: MIT
"""The code that is proved: compiled from the sources, or from the sources with one line changed."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import snekmate
from vyper.compiler.input_bundle import FileInput, FilesystemInputBundle
from vyper.compiler.phases import CompilerData
from vyper.compiler.settings import Settings

ROOT: Final = Path(__file__).parents[2]
HARNESS: Final = "tests/proofs/Harness.vy"
TOURNAMENT: Final = "contracts/Tournament.vy"
TREASURY: Final = "contracts/Treasury.vy"


class Change(NamedTuple):
    """A mistake put into a source on purpose: `old` becomes `new`."""

    source: str
    old: str
    new: str


class Compiled(NamedTuple):
    """Code without immutables, and the selectors of its functions by their names."""

    code: bytes
    selectors: dict[str, bytes]


class _Sources(FilesystemInputBundle):
    """Sources as they stand on disk, but for a change."""

    def __init__(self, change: Change | None) -> None:
        super().__init__([Path(snekmate.__path__[0]).parent, ROOT])
        self._change = change

    def _load_from_path(self, resolved_path: Path, original_path: Path) -> FileInput:
        source: FileInput = super()._load_from_path(resolved_path, original_path)
        if self._change is None or Path(resolved_path) != ROOT / self._change.source:
            return source
        return replace(source, contents=source.contents.replace(self._change.old, self._change.new))


@cache
def compiled(source: str, change: Change | None = None) -> Compiled:
    """A contract as ape-config.yaml has it compiled, for the hardfork Prague; the rest the source says itself."""
    if change and (ROOT / change.source).read_text().count(change.old) != 1:
        raise ValueError(f"{change.source} does not have exactly once: {change.old}")
    sources = _Sources(change)
    data = CompilerData(sources.load_file(source), sources, settings=Settings(evm_version="prague"))
    selectors = {
        signature.split("(")[0]: number.to_bytes(4, "big")
        for function in data.global_ctx.exposed_functions
        for signature, number in function.method_ids.items()
    }
    return Compiled(data.bytecode_runtime, selectors)
