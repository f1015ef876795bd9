# SPDX-License-Identifier: MIT
"""Every command through a node with bad manners, a manner each."""

from tests.integration.ill_walk import ill_walk
from tests.support.ill_node import MODES


def test_commands__each_on_a_node_with_other_manners__do_what_they_do_on_a_good_one(tmp_path, monkeypatch):
    modes = list(MODES)
    with ill_walk(tmp_path, monkeypatch) as walk:
        walk.walk(lambda number: walk.node.behave(modes[number % len(modes)]))
