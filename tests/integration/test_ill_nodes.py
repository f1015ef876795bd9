# SPDX-License-Identifier: MIT
"""Every command through nodes of all bad manners."""

import pytest

from tests.integration.ill_walk import ill_walk
from tests.support.ill_node import MODES


@pytest.mark.parametrize("mode", MODES)
def test_commands__node_with_bad_manners__do_what_they_do_on_a_good_one(mode, tmp_path, monkeypatch):
    with ill_walk(tmp_path, monkeypatch) as walk:
        walk.walk(lambda number: walk.node.behave(mode))
