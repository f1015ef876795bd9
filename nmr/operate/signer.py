# SPDX-License-Identifier: MIT
"""An account that one process of a machine has at a time."""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nmr.chain.node import Rpc
from nmr.client.session import Signature, Signer
from nmr.text.files import FileError, make_folder


class OneAtATime:
    """A signer that waits until no other process of this machine has the account.

    A process has it from a look at the chain to the end of what it does by that. So two services on a machine neither
    take a nonce twice nor do a thing twice; on two machines the chain refuses the second, and the service looks again.
    """

    def __init__(self, signer: Signer, folder: Path) -> None:
        """
        Args:
            signer: who signs.
            folder: of the file that is locked; made if need be.
        """
        self._signer = signer
        self._path = folder / f"{signer.address.lower()}.lock"
        self._held = False

    @property
    def address(self) -> str:
        """The account's address."""
        return self._signer.address

    def send(self, rpc: Rpc, to: str, payload: bytes) -> str:
        """Sign and send a call once it is this process's turn, and wait until it is in a block.

        Raises:
            FileError: the file cannot be locked.
            NodeError, NmrError: the node does not take it.
        """
        with self.turn():
            return self._signer.send(rpc, to, payload)

    def sign_text(self, text: str) -> Signature | None:
        """As the signer does."""
        return self._signer.sign_text(text)

    def sign_typed(self, message: Mapping[str, Any]) -> Signature | None:
        """As the signer does."""
        return self._signer.sign_typed(message)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Have the account, once no other process has it.

        Raises:
            FileError: the file cannot be locked.
        """
        if self._held:
            yield
            return
        try:
            make_folder(self._path.parent)
            file = self._path.open("ab")
        except OSError as error:
            raise FileError(f"{self._path} cannot be locked: {error.strerror}.") from error
        # The lock goes with the file, also if the process is killed.
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._held = True
            try:
                yield
            finally:
                self._held = False
