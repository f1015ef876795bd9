# SPDX-License-Identifier: MIT
"""Keys in two places, files from elsewhere, and an account that one process has at a time."""

import fcntl
from datetime import date
from pathlib import Path

import pytest

from nmr.operate.keyring import KeyLost, Keyring
from nmr.operate.season import fill_pattern
from nmr.operate.signer import OneAtATime
from nmr.operate.sources import NotThere, SourceError, fetch, is_there, run_command, tell_command
from nmr.sealing.keys import KeyFolder, PrivateKey
from nmr.text.files import FileError

TOURNAMENT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"


def folder(root: Path, name: str) -> KeyFolder:
    return KeyFolder(root / name, "31337-00000000", TOURNAMENT)


@pytest.fixture
def places(tmp_path: Path) -> tuple[KeyFolder, KeyFolder]:
    return folder(tmp_path, "first"), folder(tmp_path, "second")


def test_keyring__key_was_made__is_the_same_until_it_is_backed_up(places):
    ring = Keyring(*places)
    made = ring.make(3)

    assert ring.prepared(3).public == made.public
    assert not ring.is_backed_up(3, made)
    ring.back_up(3, made)
    ring.back_up(3, made)
    assert ring.is_backed_up(3, made)
    assert ring.prepared(4) is None


def test_keyring__two_made_at_once__both_services_choose_the_same_and_find_either(places, tmp_path):
    here, there = Keyring(*places), Keyring(folder(tmp_path, "third"), places[1])
    mine, theirs, more = here.make(3), there.make(3), here.make(3)
    there.back_up(3, theirs)

    assert here.prepared(3).public == min(mine.public, more.public)
    assert here.of(3, theirs.public).public == theirs.public
    assert here.has(3, more.public)
    assert not there.has(3, more.public)


def test_keyring__first_place_is_lost__the_second_gives_the_key(places):
    ring = Keyring(*places)
    made = ring.make(3)
    ring.back_up(3, made)
    places[0].path_of(3, made.public).unlink()

    assert ring.of(3, made.public).public == made.public
    assert ring.prepared(3) is None


def test_keyring__key_in_neither_place__says_so(places):
    public = PrivateKey.generate().public

    with pytest.raises(KeyLost, match=f"^The private key of round 3, to 0x{public.hex()}, is in neither place.$"):
        Keyring(*places).of(3, public)


def test_key_folder__key_made_by_the_command__is_found_by_its_public_half(places):
    made = places[0].make(3)

    assert places[0].locate(3, made.public) == places[0].path(3)
    assert Keyring(*places).of(3, made.public).public == made.public
    assert places[0].find(3, PrivateKey.generate().public) is None


def test_fill_pattern__pattern__has_round_and_day_in_it():
    assert fill_pattern("s3://data/{date}/{round}.csv", 7, date(2027, 3, 1)) == "s3://data/2027-03-01/7.csv"


def test_fetch__file__is_read_up_to_its_limit(tmp_path: Path):
    path = tmp_path / "targets.csv"
    path.write_bytes(b"id")

    assert is_there(str(path))
    assert fetch(str(path), 2) == b"id"
    with pytest.raises(SourceError, match=r"is larger than 1 bytes\.$"):
        fetch(str(path), 1)


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_fetch__no_file__is_not_there(tmp_path: Path, name: str):
    assert not is_there(f"{tmp_path}/{name}")
    with pytest.raises(SourceError):
        fetch(f"{tmp_path}/{name}")


def test_fetch__unknown_scheme__says_so_without_its_secret():
    with pytest.raises(SourceError, match="cannot be looked for") as caught:
        is_there("nothing://user:secret@host/targets.csv")

    assert "secret" not in str(caught.value)


def test_run_command__output__is_the_file():
    assert run_command(["printf", "id,target"]) == b"id,target"


@pytest.mark.parametrize(
    ("command", "kind", "reason"),
    [
        (["false"], NotThere, "false ends with exit code 1."),
        (["no-such-program"], SourceError, "no-such-program cannot be run: No such file or directory."),
        (["sleep", "5"], SourceError, "sleep has not ended after 0.2 seconds."),
        (["printf", "12345"], SourceError, "The output of printf is larger than 4 bytes."),
    ],
)
def test_run_command__no_file_comes_of_it__says_why(command, kind, reason):
    with pytest.raises(kind) as caught:
        run_command(command, 4, 0.2)

    assert str(caught.value) == reason


def test_tell_command__input__is_what_it_is_told(tmp_path: Path):
    tell_command(["tee", str(tmp_path / "told")], b"alarm")

    assert (tmp_path / "told").read_bytes() == b"alarm"


class Sender:
    """An account that sees whether its file is locked while it sends."""

    address = "0xABCD"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.alone = False

    def send(self, rpc, to, payload):
        with self.path.open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.alone = True
        return "0x1"


def test_one_at_a_time__sends__holds_the_lock_of_its_account_meanwhile(tmp_path: Path):
    path = tmp_path / "keys" / "0xabcd.lock"
    sender = Sender(path)
    signer = OneAtATime(sender, path.parent)

    assert signer.send(None, "0x2", b"") == "0x1"
    assert sender.alone
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_one_at_a_time__has_its_turn__sends_within_it_and_keeps_it_to_the_end(tmp_path: Path):
    path = tmp_path / "0xabcd.lock"
    sender = Sender(path)
    signer = OneAtATime(sender, tmp_path)

    with signer.turn():
        signer.send(None, "0x2", b"")
        sender.alone = False
        sender.send(None, "0x2", b"")
        assert sender.alone
    sender.alone = False
    sender.send(None, "0x2", b"")
    assert not sender.alone


def test_one_at_a_time__no_folder_can_be_made__says_so(tmp_path: Path):
    (tmp_path / "keys").write_text("a file")

    with pytest.raises(FileError, match=r"0xabcd\.lock cannot be locked"):
        OneAtATime(Sender(tmp_path), tmp_path / "keys").send(None, "0x2", b"")
