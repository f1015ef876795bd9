# SPDX-License-Identifier: MIT
"""Plain ASCII locales: nothing is read or written in the encoding that a locale names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
READ_AND_WRITE = """
import sys
from pathlib import Path
from nmr.rounds.terms import read_terms
from nmr.sealing.keys import PrivateKey, read_recipients, write_key
from nmr.sealing.tables import read_targets, read_universe
folder = Path(sys.argv[1])
assert sys.stdout.encoding.lower() != "utf-8"
universe = read_universe(folder / "universe.csv")
assert universe.ids == ("\\xe9", "\\u2026")
assert read_targets(folder / "targets.csv", universe).content == (folder / "targets.csv").read_bytes()
assert read_terms(folder / "terms.toml") == {"locks_at": "2h"}
key = PrivateKey.generate()
write_key(folder / "own.key", key, "an auditor\\u2019s")
assert "\\u2019" in (folder / "own.key").read_text("utf-8")
assert len(read_recipients(folder / "own.pub")) == 1
"""


@pytest.mark.parametrize("name", ["pyproject.toml", "ape-config.yaml"])
def test_file_that_ape_reads_by_the_locale__is_ascii(name):
    assert (PROJECT / name).read_bytes().isascii()


def test_library__in_a_locale_of_ascii__reads_and_writes_utf_8(tmp_path):
    for name, text in {
        "universe.csv": "id\né\n…\n",
        "targets.csv": "id,target\né,0.0\n…,1.0\n",
        "terms.toml": '# ½ a day\nlocks_at = "2h"\n',
        "own.pub": "# naïve\nage1g3nwzy285gs7zf7xd7jg5efny22pejw25g3m5tfjt0t0z7xrmguq0c8fkv\n",
    }.items():
        (tmp_path / name).write_text(text, "utf-8")
    command = [sys.executable, "-c", READ_AND_WRITE, str(tmp_path)]
    subprocess.run(command, cwd=PROJECT, env={**os.environ, **ASCII, "PYTHONPATH": str(PROJECT)}, check=True)
