"""What the README says to type on a devnet, typed there."""

import re
import shlex

import pytest

from tests.integration.conftest import DEVNET, PROJECT

SECTION = "## A devnet to work on"
WALK = re.compile(r"```console\n(.*?)```", re.DOTALL)
SCORES = re.compile(r"`scores.csv` has .*?```\n(.*?)```", re.DOTALL)
SHOWN = re.compile(r"`stake show` print:\n\n```\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def section() -> str:
    """The README's section about the devnet."""
    readme = (PROJECT / "README.md").read_text()
    return readme[readme.index(SECTION) :].split("\n## ", 1)[0]


@pytest.fixture
def files(section, tmp_path):
    """The files that the walk names, by their names."""
    [scores] = SCORES.findall(section)
    predictions = "id,prediction\na,0.25\nb,0.75\n"
    contents = {"scores.csv": scores, "first.csv": predictions, "second.csv": predictions, "opened.json": "[]"}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    return {name: tmp_path / name for name in contents}


def test_readme__walk_on_a_devnet__prints_what_it_says(live_devnet, section, files):
    [walk] = WALK.findall(section)
    lines = [line.removeprefix("$ ") for line in walk.splitlines()]
    assert lines[0] == "source .venv/bin/activate"
    assert lines[1] == f'N="--network {DEVNET}"'
    printed = []
    for line in lines[2:]:
        command = line.removeprefix("ape run ").removesuffix(" $N")
        assert f"ape run {command} $N" == line
        words = [
            re.sub(r"[a-z]+\.(?:csv|json)$", lambda name: str(files[name[0]]), word) for word in shlex.split(command)
        ]
        result = live_devnet.run(*words)
        # The first half of a resolve ends with something to wait for.
        expected_code = 4 if "Round 0 is proposed." in result.stdout else 0
        assert result.returncode == expected_code, f"{line}: {result.stderr}"
        printed.append(result.stdout)
    settled, shown, _ = printed[-3:]
    [expected] = SHOWN.findall(section)
    assert f"{settled}{shown}".split() == expected.split()
