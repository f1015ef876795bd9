# SPDX-License-Identifier: MIT
"""The private keys of a season's rounds, each in two places and named by its public half.

Two services that make a key for the same round at once make two files. The chain takes one of them, and both services
find that one by what the chain says. A second place that both reach lets either go on with a round that the other
opened.
"""

from nmr.errors import NmrError
from nmr.sealing.keys import KeyFolder, PrivateKey


class KeyLost(NmrError, LookupError):
    """A round's key that is in neither place."""


class Keyring:
    """The keys of a tournament's rounds."""

    def __init__(self, first: KeyFolder, second: KeyFolder) -> None:
        """
        Args:
            first: where keys are made.
            second: where they have to be as well before a round is opened with them.
        """
        self._places = (first, second)

    def prepared(self, round_id: int) -> PrivateKey | None:
        """The key that a round opens with, the same at each call as long as no file goes; None if none was made.

        Raises:
            KeyFileError, KeyInvalid: a file cannot be read.
        """
        made = self._places[0].made(round_id)
        return min(made, key=lambda key: key.public, default=None)

    def is_backed_up(self, round_id: int, key: PrivateKey) -> bool:
        """Whether a key can be read back from the second place.

        Raises:
            KeyFileError, KeyInvalid: a file there cannot be read.
        """
        return self._places[1].find(round_id, key.public) is not None

    def make(self, round_id: int) -> PrivateKey:
        """Make a key in the first place.

        Raises:
            KeyFileError: it cannot be written.
        """
        key = PrivateKey.generate()
        self._places[0].keep(round_id, key)
        return key

    def back_up(self, round_id: int, key: PrivateKey) -> None:
        """Write a key to the second place.

        Raises:
            KeyFileError: it cannot be written.
        """
        self._places[1].keep(round_id, key)

    def has(self, round_id: int, public: bytes) -> bool:
        """Whether the key of a public half is in either place. Raises as `of` does."""
        return any(place.find(round_id, public) is not None for place in self._places)

    def of(self, round_id: int, public: bytes) -> PrivateKey:
        """The key of a public half, from either place.

        Raises:
            KeyLost: it is in neither.
            KeyFileError, KeyInvalid: a file cannot be read.
        """
        for place in self._places:
            key = place.find(round_id, public)
            if key is not None:
                return key
        raise KeyLost(f"The private key of round {round_id}, to 0x{public.hex()}, is in neither place.")
