# SPDX-License-Identifier: MIT
"""The audit's benchmark at a small size: its season plays, and the audit agrees."""

import re

from click.testing import CliRunner

from benchmarks.audit.__main__ import PAGE, cli
from benchmarks.audit.season import RING


def test_audit_benchmark__small_season__agrees_and_leaves_the_page_alone():
    page = PAGE.read_bytes()
    result = CliRunner().invoke(cli, ["--models", "64", "--rounds", "2"], catch_exceptions=False)
    assert result.exit_code == 0
    figures = dict(re.findall(r"^ (\S.*?) {2,}(\S.*?) *$", result.stdout, re.MULTILINE))
    assert (figures["model-settlements replayed"], figures["disagreements"]) == (str(2 * 64), "0")
    assert f"and {RING} more that are unresolved" in " ".join(result.stdout.split())
    assert PAGE.read_bytes() == page
