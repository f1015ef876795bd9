# SPDX-License-Identifier: MIT
"""What the commands about sealed submissions have in common: their options, the store and the keys."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nmr.cli.command import FILE, Door
from nmr.cli.tables import print_line
from nmr.client.rounds import Rounds
from nmr.client.session import Session
from nmr.deploy.record import LOCAL_CHAINS
from nmr.sealing.keys import KeyFolder, PrivateKey, is_exposed, key_root, read_key, read_recipients

if TYPE_CHECKING:
    from nmr.sealing.store import Store


def store_option() -> Callable[[Any], Any]:
    """`--store URL`: a folder, or anything that fsspec reaches."""
    return click.option(
        "--store",
        "store_url",
        metavar="URL",
        help="Where sealed files are and what is published about them: a folder, by default the chain's own in store, "
        "or a URL.",
    )


def dask_option() -> Callable[[Any], Any]:
    """`--dask ADDRESS`: who looks at predictions and computes scores; `nmr.sealing.crew.crew_of` makes a crew of it."""
    return click.option(
        "--dask",
        "dask_address",
        envvar="NMR_DASK",
        metavar="ADDRESS",
        help="Check predictions and compute scores on a Dask cluster, by its tls://host:port; else on this machine.",
    )


def key_option() -> Callable[[Any], Any]:
    """`--key FILE`: a round's private key, if it is not in the folder of keys."""
    return click.option("--key", "key_file", type=FILE, help="The round's private key, if not the one in keys.")


def open_store(door: Door, session: Session, url: str | None, *, existing: bool = False) -> "Store":
    """The store of `--store`, of the environment, or the chain's own folder in `store`, which may have to exist."""
    # Most commands open no store, and fsspec takes a tenth of a second to import.
    from nmr.sealing.store import Store, store_of

    return Store(url or store_of(door.folder, session.chain), existing=existing)


def key_folder(door: Door, rounds: Rounds) -> KeyFolder:
    """The private keys of a tournament's rounds: below what `NMR_KEYS` says, or the folder `keys`."""
    return KeyFolder(key_root(door.folder / "keys"), rounds.chain, rounds.address)


def private_key(path: Path) -> PrivateKey:
    """The pair in a key file; says so if others may read it.

    Raises:
        KeyFileError, KeyInvalid: there is none, or it cannot be read.
    """
    key = read_key(path)
    if is_exposed(path):
        print_line(f"Others may read {path}: chmod 600 keeps it to yourself.", err=True)
    return key


def round_key(door: Door, rounds: Rounds, round_id: int, key_file: Path | None) -> PrivateKey:
    """A round's private key.

    Raises:
        KeyFileError, KeyInvalid: there is none, or it cannot be read.
    """
    if key_file is None:
        key_file = key_folder(door, rounds).locate(round_id, rounds.round(round_id).terms.sealing_key)
    return private_key(key_file)


def sealing_key_of(door: Door, rounds: Rounds, round_id: int, key_file: Path | None) -> bytes | None:
    """The public key for a round that is to open, if its pair was made; on a local chain it is made now."""
    if key_file is not None:
        return private_key(key_file).public
    keys = key_folder(door, rounds)
    if keys.has(round_id):
        return private_key(keys.path(round_id)).public
    return keys.make(round_id).public if rounds.chain_id in LOCAL_CHAINS else None


def named_recipients(names: Sequence[str]) -> list[str]:
    """Public keys such as `age1…`, each as such or by a file that has some.

    Raises:
        KeyFileError, KeyInvalid: a file cannot be read, or has none.
    """
    recipients: list[str] = []
    for name in names:
        recipients += [name] if name.startswith("age1") else read_recipients(Path(name))
    return list(dict.fromkeys(recipients))
