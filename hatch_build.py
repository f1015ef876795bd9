# SPDX-License-Identifier: MIT
"""Compiles the suite's contracts into the wheel: `nmr/chain/builds.json`, which `nmr.chain.builds` reads."""

import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ContractsHook(BuildHookInterface[Any]):
    """Compiles before a wheel is built, an editable one too, unless what stands there comes from the same sources."""

    def initialize(self, _version: str, _build_data: dict[str, Any]) -> None:
        """Write the builds."""
        sys.path.insert(0, self.root)
        from compile_contracts import renew

        renew()
