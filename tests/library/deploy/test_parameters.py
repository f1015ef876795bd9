# SPDX-License-Identifier: MIT
"""The parameters file of a deployment, and the parameters of a local chain."""

from pathlib import Path

import pytest

from nmr.deploy.local import HOUR, LIMITS, MIN_STAKE, RING, STAKER_NMR, TooFewAccounts, account_names, local_parameters
from nmr.deploy.parameters import ParametersInvalid, read_parameters, require_no_role, require_private
from nmr.deploy.suite import DAY, default_bounds
from nmr.protocol.reference.treasury import Limits
from nmr.text.amounts import NMR, RATIO, SUPPLY

EXAMPLE = (Path(__file__).parents[3] / "docs" / "deployment.example.toml").read_text()
PROPOSER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
OPERATOR = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"
GUARDIAN = "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc"
HOLDER = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
ZERO = "0x" + "0" * 40
ADDRESSES = [f"account {i}" for i in range(20)]


@pytest.fixture
def read(tmp_path):
    """The parameters in a text."""

    def parameters(text: str, *, local: bool = False):
        path = tmp_path / "parameters.toml"
        path.write_text(text)
        return read_parameters(path, local=local)

    return parameters


def changed(old: str, new: str) -> str:
    assert old in EXAMPLE
    return EXAMPLE.replace(old, new)


def test_read_parameters__example__is_what_it_says(read):
    parameters = read(EXAMPLE)
    assert (parameters.delay, parameters.hour) == (42 * DAY, 3_600)
    assert parameters.proposers == (PROPOSER,)
    assert parameters.executors == (PROPOSER, "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC")
    assert parameters.holders == {HOLDER: 8_000_000 * NMR}
    assert list(parameters.tournaments) == ["classic"]
    classic = parameters.tournaments["classic"]
    assert (classic.operator, classic.guardian) == (OPERATOR, GUARDIAN)
    assert (classic.ring, classic.first_round, classic.min_stake) == (4, 0, NMR // 10)
    assert classic.limits == Limits(50_000 * NMR, 300_000 * NMR, 7_500 * NMR)
    assert classic.bounds == default_bounds()._replace(
        max_clip=RATIO // 20, min_open=DAY, max_open=7 * DAY, max_resolve=28 * DAY, max_expiry=14 * DAY
    )


def test_read_parameters__decimals__are_exact(read):
    text = changed("max_clip = 0.05", "max_clip = 0.123456789012").replace("cap = 50000", "cap = 0.1")
    classic = read(text).tournaments["classic"]
    assert classic.bounds.max_clip == 123_456_789_012
    assert classic.limits.cap == NMR // 10


def test_read_parameters__local_chain__may_have_no_delay_and_short_hours(read):
    text = "hour = 60\n" + changed('delay = "42d"', "delay = 0")
    for days in (1, 7, 14, 28):
        text = text.replace(f'= "{days}d"', f'= "{24 * days}m"')
    parameters = read(text, local=True)
    assert (parameters.hour, parameters.delay) == (60, 0)
    hours = read(EXAMPLE).tournaments["classic"].bounds[5:]
    assert parameters.tournaments["classic"].bounds[5:] == tuple(length // 60 for length in hours)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('delay = "42d"', "delay = 0", "timelock.delay is 0s: only a local chain may"),
        ("[timelock]", "hour = 60\n[timelock]", "hour is 60 seconds: only a local chain may have shorter"),
        ("[timelock]", "hour = 7200\n[timelock]", "hour is 7200: it has to be at most 3600."),
        ("[timelock]", "delay = 1\n[timelock]", "delay is unknown"),
        ('delay = "42d"', "", "timelock.delay is missing"),
        ('delay = "42d"', 'delay = "366d"', "timelock.delay is 366d: it has to be between 0s and 365d"),
        ('delay = "42d"', 'delay = "soon"', "timelock.delay is 'soon', not a duration such as 90s, 2h or 1d12h"),
        ('delay = "42d"', "delay = false", "timelock.delay is neither a number nor a text"),
        ("[timelock]", "timelock = 1\n[other]", "timelock is no table."),
        ("[tournaments.classic.bounds]", "[tournaments.classic.other]", "tournaments.classic.bounds is missing."),
        (f'proposers = ["{PROPOSER}"]', "proposers = [7]", "timelock.proposers.0 is 7: Input should be"),
        ('delay = "42d"', "delay = true", "timelock.delay is neither a number nor a text"),
        (f'proposers = ["{PROPOSER}"]', "proposers = []", "timelock.proposers has 0 entries: it has to have at"),
        (f'proposers = ["{PROPOSER}"]', 'proposers = "me"', "timelock.proposers is no list."),
        (
            f'proposers = ["{PROPOSER}"]',
            f'proposers = ["{PROPOSER}", "{PROPOSER}"]',
            "timelock.proposers has an address twice",
        ),
        (
            f'operator = "{OPERATOR}"',
            f'operator = "{OPERATOR.lower()}"',
            f"classic.operator is '{OPERATOR.lower()[:40]}'…, not an address with its checksum: "
            "the case of letters counts",
        ),
        (f'operator = "{OPERATOR}"', f'operator = "{ZERO}"', "classic.operator is the zero address"),
        (
            f'operator = "{OPERATOR}"',
            f'operator = "{GUARDIAN}"',
            "tournaments.classic has one account as operator and guardian, and one is to watch the other.",
        ),
        (f"{HOLDER} = 8000000", f"{HOLDER} = 11000000", "holders get 11000000 NMR, which leaves nothing of the"),
        (f"{HOLDER} = 8000000", f"{HOLDER} = 11000001", f"holders.{HOLDER} is wrong: 11000001 NMR is more than ever"),
        (f"{HOLDER} = 8000000", f"{HOLDER} = 0", f"holders.{HOLDER} is 0 NMR: it has to be between"),
        (f"{HOLDER} = 8000000", "treasury = 1", "holders.treasury is 'treasury', not an address with its checksum"),
        ("ring = 4 ", "ring = 0", "classic.ring is 0: it has to be at least 1."),
        ("ring = 4 ", "ring = 4.5 ", "classic.ring is '4.5', not a whole number"),
        ("ring = 4 ", "ring = true", "classic.ring is True, not a whole number"),
        ("first_round = 0", "first_round = 65533", "classic has the first_round 65533: it can be at most 65532"),
        ("cap = 50000", "cap = -1", "classic.cap is wrong: '-1' is not an amount of NMR"),
        ("cap = 50000", "cup = 50000", "classic.cap is missing"),
        ("cap = 50000", "cap = 1\ncup = 2", "classic.cup is unknown"),
        ("min_stake = 0.1", "min_stake = 1.1", "classic.min_stake is 1.1 NMR: it has to be between"),
        ("ceiling = 300000", "", "classic.ceiling is missing"),
        ("rate = 7500", "rate = 11000001", "classic.rate is wrong: 11000001 NMR is more than ever"),
        ("max_clip = 0.05", "max_clip = 1.1", "classic.bounds.max_clip is 1.1: it has to be between 0 and 1"),
        ("max_clip = 0.05", "max_clip = 0", "classic.bounds let no round pay anything"),
        ("max_clip = 0.05", "max_clip = nan", "classic.bounds.max_clip is 'nan', not a plain number"),
        ("max_primary = 10", "max_primary = 0.00001", "classic.bounds.max_primary is '0.00001', with 5 decimals"),
        ('min_open = "1d"', 'min_open = "8d"', "classic.bounds let no round open: min_open is longer than max_open"),
        ('min_window = "1d"', 'min_window = "23h"', "classic.bounds.min_window is 23h: it has to be between 1d"),
        ('max_expiry = "14d"', 'max_expiry = "1d"', "classic.bounds let no round open: max_expiry is"),
        ("[tournaments.classic]", "[tournaments.treasury]", "tournaments.treasury is no name that a"),
        ("[tournaments.classic]", "[tournaments.lens]", "tournaments.lens is no name that a tournament can have."),
    ],
)  # fmt: skip
def test_read_parameters__wrong_entry__is_named_in_one_sentence(read, old, new, problem):
    with pytest.raises(ParametersInvalid) as error:
        read(changed(old, new))
    sentence = str(error.value)
    assert problem in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_read_parameters__no_tournament__is_refused(read):
    with pytest.raises(ParametersInvalid, match=r"tournaments has 0 entries: it has to have at least 1\."):
        read(EXAMPLE.split("# One table for each")[0] + "[tournaments]\n")


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"=", "is not TOML"), (b"\xff", "is not text in UTF-8"), (b"a=" + 9999 * b"[", "is not TOML")],
    ids=["no TOML", "no text", "nested"],
)
def test_read_parameters__no_toml__is_refused(tmp_path, content, problem):
    path = tmp_path / "parameters.toml"
    path.write_bytes(content)
    with pytest.raises(ParametersInvalid, match=problem):
        read_parameters(path, local=True)


def test_read_parameters__endless__is_refused():
    with pytest.raises(ParametersInvalid, match=r"^/dev/zero is larger than 1 MiB\.$"):
        read_parameters(Path("/dev/zero"), local=True)


def test_read_parameters__byte_order_mark__is_read_over(tmp_path):
    (tmp_path / "parameters.toml").write_text(f"\ufeff{EXAMPLE}", "utf-8")
    assert read_parameters(tmp_path / "parameters.toml", local=True)


def test_read_parameters__no_file__is_refused(tmp_path):
    with pytest.raises(ParametersInvalid, match=r"none\.toml cannot be read: No such file or directory\."):
        read_parameters(tmp_path / "none.toml", local=True)


def test_require_no_role__deployer_has_one__is_refused(read):
    parameters = read(EXAMPLE)
    for deployer, role in ((PROPOSER, "a proposer"), (OPERATOR, "operator of classic"), (HOLDER, "a holder")):
        with pytest.raises(ParametersInvalid, match=f"{deployer} would be {role}: let an account deploy"):
            require_no_role(parameters, deployer)
    require_no_role(parameters, "0x2279B7A0a67DB372996a5FaB50D91eAA73d2eBe6")


def test_require_private__published_key__is_refused(read):
    with pytest.raises(ParametersInvalid, match=f"{GUARDIAN} would be guardian of classic, and is a test account"):
        require_private(read(EXAMPLE), [GUARDIAN])
    require_private(read(EXAMPLE), [ZERO])


def test_local_parameters__accounts__have_the_roles_of_their_numbers():
    parameters = local_parameters(ADDRESSES)
    names = {name: ADDRESSES[number] for name, number in account_names().items()}
    classic = parameters.tournaments["classic"]
    assert (classic.operator, classic.guardian) == (names["operator"], names["guardian"])
    assert parameters.proposers == parameters.executors == (names["governor"],)
    assert (parameters.delay, parameters.hour, classic.ring) == (0, HOUR, RING)
    assert (classic.limits, classic.min_stake) == (LIMITS, MIN_STAKE)
    assert [parameters.holders[names[f"staker {n}"]] for n in range(1, 7)] == [STAKER_NMR] * 6
    assert SUPPLY - sum(parameters.holders.values()) == 3_000_000 * NMR
    require_no_role(parameters, names["deployer"])


def test_local_parameters__too_few_accounts__is_refused():
    with pytest.raises(TooFewAccounts, match="needs 11 accounts, and this one has 10"):
        local_parameters(ADDRESSES[:10])
