# SPDX-License-Identifier: MIT
"""The reference refuses in the contracts' words."""

import re
from pathlib import Path

import pytest
import snekmate

import nmr.protocol.reference
from tests.support.contracts import CONTRACTS

REASON = re.compile(r'"([a-z0-9_]+: [^"\n]+)"')
REFERENCE = sorted(Path(nmr.protocol.reference.__file__).parent.glob("*.py"))
SOURCES = [path for folder in (CONTRACTS, *snekmate.__path__) for path in Path(folder).rglob("*.vy")]


def reasons_of(paths: list[Path]) -> set[str]:
    return {reason for path in paths for reason in REASON.findall(path.read_text())}


@pytest.mark.parametrize("path", REFERENCE, ids=lambda path: path.stem)
def test_refused__every_reason_of_the_reference__is_a_contracts(path: Path) -> None:
    assert reasons_of([path]) <= reasons_of(SOURCES)


def test_refused__the_reference__has_reasons() -> None:
    assert len(reasons_of(REFERENCE)) > 60
